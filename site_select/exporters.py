"""Entries of JupyterLab's export menu that save a notebook as a report page."""

from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode

from site_select import pages
from site_select.messages import Language


class ReportExporter(Exporter):
    """Write the report page of a notebook in one language."""

    export_from_notebook = ""
    file_extension = ".html"
    output_mimetype = "text/html"
    language: Language = "en"

    def from_notebook_node(
        self,
        nb: NotebookNode,
        resources: dict[str, Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - passed on
    ) -> tuple[Any, dict[str, Any]]:
        """Convert a notebook that has been run.

        Parameters
        ----------
        nb
            The notebook.
        resources
            What nbconvert knows of it; its name is the title of a notebook that has none.
        **kwargs
            Passed on to nbconvert.

        Returns
        -------
        tuple
            The page, and the resources.
        """
        copy, resources = super().from_notebook_node(nb, resources, **kwargs)
        name = resources.get("metadata", {}).get("name", "")
        return pages.render(copy, language=self.language, name=name), resources


class KoreanReport(ReportExporter):
    """Write the Korean report page of a notebook."""

    export_from_notebook = "Site Select report (Korean)"
    language = "ko"


class EnglishReport(ReportExporter):
    """Write the English report page of a notebook."""

    export_from_notebook = "Site Select report (English)"
    language = "en"

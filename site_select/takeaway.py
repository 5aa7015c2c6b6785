"""What a reader takes away from a report: results, figures, the brief as PDF, an annex to agree on.

Made from the notebooks of the same run. What a closed office may lack (Chromium, which prints)
costs only its own files.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import nbformat
import resvg_py
from joblib import Parallel, delayed
from markupsafe import Markup
from PIL import Image

from site_select import annex, exhibits, fonts, machine, messages, records, result_files
from site_select import study as studies
from site_select.errors import WriteError
from site_select.exhibits import Exhibit
from site_select.messages import LANGUAGES, Language, Text
from site_select.pages import Link
from site_select.study import Study

FOLDER = "files"
DOTS_PER_INCH, POINTS_PER_INCH = 200, 72
SECONDS = 90  # to print a page
SWITCHES = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-extensions", "--disable-sync", "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000",
    "--no-pdf-header-footer",
)  # fmt: skip
_HEAD = re.compile(
    r'<svg (?P<opening>[^>]*?viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"[^>]*)>'
)
_ON_PAPER = re.compile(r'<div class="on-paper" hidden>(<svg .*</svg>)</div>', re.DOTALL)
_DATED = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}")


class Found(NamedTuple):
    """What of an executed notebook can be taken away.

    Attributes
    ----------
    name
        Name of the notebook.
    figures
        Body and caption of each figure by the name of its file.
    record
        Record of the run, if the notebook is the brief.
    has_costs
        Whether the notebook compares existing logistics with the milk run.
    """

    name: str
    figures: dict[str, tuple[Text, Text]]
    record: Mapping[str, Any] | None
    has_costs: bool


def write(
    study_folder: Path, executed: Path, pages: Path, *,
    languages: Sequence[Language] = LANGUAGES, workers: int = 2,
    changes: Mapping[str, object] | None = None,
) -> list[str]:  # fmt: skip
    """Write the files beside the pages of a report, into its folder ``files``.

    Results need the record of the brief, the annex a comparison of logistics; what the report
    does not have is not made.

    Parameters
    ----------
    study_folder
        Folder of the study.
    executed
        Folder of its executed notebooks.
    pages
        Folder of the finished pages.
    languages
        Languages of the pages.
    workers
        Files made at once.
    changes
        Settings that the notebooks were run with, as `study.read` takes them.

    Returns
    -------
    list of str
        What could not be made, and why; nothing else depends on it.

    Raises
    ------
    WriteError
        If results, drawings or the annex cannot be written.
    """
    folder, every = pages / FOLDER, [found(path) for path in sorted(executed.glob("*.ipynb"))]
    record = next((one.record for one in every if one.record), None)
    has_costs = any(one.has_costs for one in every)
    drawn = [one for one in every if one.figures]
    if not (drawn or record or has_costs):
        return []
    jobs = []
    if record or has_costs:
        study = studies.read(study_folder, changes)
        jobs.append(delayed(_write_results)(study, record, folder, has_costs=has_costs))
    jobs += [delayed(_write_figures)(one.figures, folder / "figures", language)
             for one in drawn for language in languages]  # fmt: skip
    jobs += [delayed(print_page)(pages / f"{one.name}.{language}.html",
                                 folder / f"brief.{language}.pdf")
             for one in every if one.record for language in languages]  # fmt: skip
    try:
        (folder / "figures").mkdir(parents=True)
        notes = Parallel(n_jobs=workers)(jobs)
    except OSError as error:
        raise WriteError(f"{folder} cannot be written: {error}") from error
    return [note for some in notes for note in some]


def found(path: Path) -> Found:
    """Read from an executed notebook what can be taken away.

    Parameters
    ----------
    path
        The notebook.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    shown = list(exhibits.in_notebook(notebook))
    figures: dict[str, tuple[Text, Text]] = {}
    for one in shown:
        body = one.body if one.kind == "figure" else _on_paper(one)
        if body:
            name = f"{path.stem[:2]}_{re.sub(r'[^A-Za-z0-9]+', '_', one.key)}"
            own = chain([name], (f"{name}_{number}" for number in count(2)))
            figures[next(one for one in own if one not in figures)] = body, one.caption
    bodies = [one.body.en for one in shown if one.kind == "record"]
    return Found(
        path.stem, figures, records.of_page(bodies[0]) if bodies else None,
        any(one.key == "economics.results" for one in shown),
    )  # fmt: skip


def _on_paper(exhibit: Exhibit) -> Text | None:
    """What paper shows in place of a map, if anything."""
    drawn = [_ON_PAPER.search(exhibit.body.in_(language)) for language in LANGUAGES]
    is_map = exhibit.kind == "map"
    return Text(*(one[1] for one in drawn if one)) if is_map and all(drawn) else None


def _write_results(
    study: Study, record: Mapping[str, Any] | None, folder: Path, *, has_costs: bool
) -> list[str]:
    if record:
        result_files.write(study, record, folder)
    if has_costs:
        annex.write(study, record, folder)
    return []


def _write_figures(
    figures: Mapping[str, tuple[Text, Text]], folder: Path, language: Language
) -> list[str]:
    """Write each figure of a notebook as SVG and PNG; they share the glyphs of all of them."""
    notes = []
    faces = fonts.faces("".join(body.in_(language) for body, _ in figures.values()))
    for name, (body, caption) in figures.items():
        title = Markup(caption.in_(language)).striptags()  # noqa: S704 - only to take tags off
        path = folder / f"{name}.{language}.svg"
        try:
            drawing = standalone(body.in_(language), title=title, faces=faces)
            image = picture(drawing)
        except ValueError as error:
            notes.append(f"{path.name} and its PNG were not made: {error}")
            continue
        path.write_text(drawing, encoding="utf-8")
        path.with_suffix(".png").write_bytes(image)
    return notes


def standalone(svg: str, *, title: str, faces: str = "") -> str:
    """Make a drawing of a page into a file of its own.

    Parameters
    ----------
    svg
        The drawing, an ``svg`` element with a ``viewBox`` from 0, 0 in points.
    title
        What programs show as its title; plain text.
    faces
        Style rules that carry its font.

    Raises
    ------
    ValueError
        If it is no such drawing.

    Examples
    --------
    >>> print(standalone('<svg viewBox="0 0 9 5"></svg>', title="A < B"))
    <?xml version="1.0" encoding="UTF-8"?>
    <svg width="9pt" height="5pt" viewBox="0 0 9 5"><title>A &lt; B</title><style></style></svg>
    """
    head = _HEAD.match(svg)
    if head is None:
        raise ValueError("the drawing has no viewBox from 0, 0")
    own = Markup("<title>{}</title><style>{}</style>").format(title, Markup(faces))  # noqa: S704
    size = f'width="{head["width"]}pt" height="{head["height"]}pt"'
    whole = f"<svg {size} {head['opening']}>{own}{svg[head.end() :]}"
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + annex.FORBIDDEN.sub("\ufffd", whole)


def picture(svg: str) -> bytes:
    """Draw a drawing of its own as PNG on white, so many dots to the inch.

    Parameters
    ----------
    svg
        Result of `standalone`.

    Raises
    ------
    ValueError
        If it cannot be drawn.
    """
    plain = re.sub(r"<style>.*?</style>", "", svg, count=1, flags=re.DOTALL)  # fonts are here
    size = re.sub(r'(width|height)="([\d.]+)pt"', r'\1="\2"', plain, count=2)
    drawn = resvg_py.svg_to_bytes(
        size, zoom=DOTS_PER_INCH / POINTS_PER_INCH, background="white", skip_system_fonts=True,
        font_files=[str(fonts.path(weight)) for weight in fonts.WEIGHTS],
        font_dirs=[str(Path(mpl.get_data_path()) / "fonts" / "ttf")],
    )  # fmt: skip
    written = BytesIO()
    with Image.open(BytesIO(drawn)) as image:
        image.convert("RGB").save(written, "png", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return written.getvalue()


def print_page(page: Path, path: Path) -> list[str]:
    """Print a page to PDF with the Chromium of this machine, the network off.

    Parameters
    ----------
    page
        The page.
    path
        The PDF.

    Returns
    -------
    list of str
        Why it was not made; nothing where it was.
    """
    browser = machine.browser()
    if browser is None:
        return [f"{path.name} was not made: there is no Chromium on this machine to print with"]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="print-", ignore_cleanup_errors=True) as own:
        command = [browser, *SWITCHES, *(["--no-sandbox"] if is_root else []),
                   f"--user-data-dir={own}", f"--print-to-pdf={path}",
                   page.resolve().as_uri()]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603
            path.write_bytes(_DATED.sub(rb"\g<1>19800101000000", path.read_bytes()))
        except (OSError, subprocess.SubprocessError) as error:
            path.unlink(missing_ok=True)
            return [f"{path.name} was not made: {type(error).__name__} of {Path(browser).name}"]
    return []


def links(folder: Path, language: Language) -> Iterator[Link]:
    """Ways from the index of a report to its files, in one language.

    Parameters
    ----------
    folder
        Folder of the report.
    language
        Language of the reader.
    """
    every = {name: key for key, name in {
        "brief": f"brief.{language}.pdf", "workbook": f"results.{language}.xlsx",
        "annex": f"annex.{language}.docx", "layers": "results.gpkg", "ranking":
        "results_ranking.csv", "values": "results_values.csv", "weights": "results_weights.csv",
        "facts": "results_facts.csv", "national": "results_national.csv",
        "dictionary": "dictionary.csv", "figures": "figures",
    }.items()}  # fmt: skip
    for name, key in every.items():
        if (folder / FOLDER / name).exists():
            yield Link(f"{FOLDER}/{name}", messages.text(f"takeaway.{key}").in_(language))

"""Record of a run as plain data: what was read, weighed and found, for a page to carry."""

import json
import math
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from site_select import challenges, origins, summaries
from site_select import study as studies
from site_select.assessment import Assessment
from site_select.errors import Fault, InputError
from site_select.messages import Text
from site_select.study import Study

FORMAT = 1
ID = "record"


def record(study: Study, result: Assessment) -> dict[str, Any]:
    """Write down a run so that its scores can be computed anew from the record alone.

    Score of an alternative = sum over the indicators of weight × partial value.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.

    Returns
    -------
    dict
        Plain JSON values, numbers with all their digits, None for what nobody knows: ``format,
        study, seed, settings, inputs`` (SHA-256 by file), ``code, libraries``,
        ``criteria, indicators`` (weights sum to 1 each), ``alternatives`` (best first), ``values``
        (by alternative, in the order of the indicators), ``verdict, manifest``.
    """
    parts = studies.origin(study)
    return {
        "format": FORMAT,
        "study": _study(study, parts["changes"]),
        **{name: part for name, part in parts.items() if name != "changes"},
        "criteria": _criteria(study, result),
        "indicators": _indicators(study, result),
        "alternatives": _alternatives(study, result),
        "values": {
            label: _plain(row)
            for label, row in result.values[result.weights.index].T.to_dict("list").items()
        },
        "verdict": _plain(result.verdict._asdict()),
        "manifest": origins.manifest_id(parts),
    }


def manifest_id(record: Mapping[str, Any]) -> str:
    """Compute the manifest id of a record anew, from what it says it was made from."""
    return origins.manifest_id({**record, "changes": record["study"]["changes"]})


def of_page(html: str) -> dict[str, Any]:
    """Read the record back from a page; nothing of the page is run.

    Parameters
    ----------
    html
        The page.

    Raises
    ------
    InputError
        If it carries no record, several, or one that is no JSON or of another format.
    """
    finder = _Finder()
    finder.feed(html)
    finder.close()
    found = finder.found
    try:
        read = json.loads(found[0]) if len(found) == 1 else None
    except (ValueError, RecursionError):
        read = None
    if isinstance(read, dict) and read.get("format") == FORMAT:
        return read
    said = f"{len(found)} records" if len(found) != 1 else "a record that cannot be read"
    raise InputError([Fault("the page", 0, "", said, f"one record of format {FORMAT}",
                            "take the page as site-select wrote it")])  # fmt: skip


class _Finder(HTMLParser):
    """Collects the text of scripts that are records."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("id", ID) in attrs
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def _study(study: Study, changes: Mapping[str, str]) -> dict[str, Any]:
    settings = study.settings
    return {
        "name": study.name, "name_ko": settings.name_ko, "name_en": settings.name_en,
        "as_of": settings.as_of.isoformat(), "synthetic": settings.synthetic,
        "changes": changes,
    }  # fmt: skip


def _criteria(study: Study, result: Assessment) -> list[dict[str, Any]]:
    _, weights = challenges.on_criteria(result)
    return [
        {"criterion": name, **_names(study.labels[str(name)]), "weight": weight}
        for name, weight in weights.to_dict().items()
    ]


def _indicators(study: Study, result: Assessment) -> list[dict[str, Any]]:
    tree = study.criteria.loc[result.weights.index]
    return [
        {"indicator": name, "criterion": parent, **_names(study.labels[str(name)]), "unit": unit,
         "weight": weight}
        for (name, weight), parent, unit in zip(
            result.weights.to_dict().items(), tree["parent"], tree["unit"], strict=True)
    ]  # fmt: skip


def _alternatives(study: Study, result: Assessment) -> list[dict[str, Any]]:
    rows = summaries.ranking(study, result)
    figures = rows[["rank", "score", "expected_rank", "first", "coverage"]].astype(object)
    return [
        {"complex_id": label, **_names(study.names[str(label)]), **_plain(row)}
        for label, row in figures.to_dict("index").items()
    ]


def _names(name: Text) -> dict[str, str]:
    return {"name_ko": name.ko, "name_en": name.en}


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Plain JSON of a value; None for what is no number."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value

"""Executed notebooks in, offline HTML pages out."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from site_select import exhibits, fonts, messages, offline, origins
from site_select.exhibits import Exhibit
from site_select.messages import Language, Text
from site_select.offline import POLICY, assert_self_contained

_NUMBERED = {"figure": "figure", "map": "figure", "live": "figure", "table": "table"}
_APART = {"title", "record", "provenance"}  # set where the template wants them
_NOTHING = Markup()
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Link:
    """A way to another page: its address, beside this page, and its title."""

    href: str
    title: str


@dataclass(frozen=True)
class Links:
    """Where a reader may go from a page; what is left out is not offered."""

    index: str = ""
    other_language: str = ""
    previous: Link | None = None
    next: Link | None = None


@dataclass(frozen=True)
class Card:
    """What the index says of one page.

    Parameters
    ----------
    name
        File name of the page, without language and ending.
    title, question
        HTML of the title and of the line below it.
    notices
        Kinds of its warnings.
    """

    name: str
    title: Text
    question: Text
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """One block of a page, as the template sets it."""

    kind: str
    body: Markup
    caption: Markup = _NOTHING
    label: str = ""
    anchor: str = ""
    sources: tuple[Markup, ...] = ()
    notes: tuple[int, ...] = ()


def render(
    notebook: Mapping[str, Any], *, language: Language, links: Links | None = None, name: str = ""
) -> str:
    """Write the report page of an executed notebook, one file that loads nothing.

    Parameters
    ----------
    notebook
        The executed notebook, as nbformat reads it; its markdown cells are for the analyst and
        stay out.
    language
        Language of the page.
    links
        Where a reader may go from here.
    name
        Title of a notebook that gives itself none.

    Returns
    -------
    str
        The page.

    Raises
    ------
    WriteError
        If an output of the notebook would load something.
    """
    pieces = list(_numbered(_pieces(notebook, language), language))
    titles, sections, records, provenance = (
        [piece for piece in pieces if piece.kind == kind]
        for kind in ("title", "section", "record", "provenance")
    )
    is_live = any(piece.kind == "live" for piece in pieces)
    manifest = re.search(r"\b[0-9a-f]{64}\b", " ".join(piece.body for piece in provenance))
    html = _template("report.html").render(
        name=name, manifest=manifest[0] if manifest else "", language=language,
        label=_labels(language), policy=POLICY, sections=sections,
        title=titles[0] if titles else Piece("title", escape(name)), provenance=provenance,
        pieces=_joined(piece for piece in pieces if piece.kind not in _APART), records=records[:1],
        sources=dict.fromkeys(source for piece in pieces for source in piece.sources),
        programs=offline.vega_programs() if is_live else "", links=links or Links(),
        made_on=origins.made_on().isoformat(),
    )  # fmt: skip
    return _finished(html)


def index(
    cards: Sequence[Card], *, languages: Sequence[Language], study: Text | str,
    files: Mapping[Language, Sequence[Link]] | None = None,
) -> str:  # fmt: skip
    """Write the page that leads to all others, in every language of the report.

    Parameters
    ----------
    cards
        The pages, in reading order.
    languages
        Languages of the report; the first is shown first.
    study
        Name of the study.
    files
        Ways to the files to take away, by language.
    """
    labels = {language: _labels(language) for language in languages}
    html = _template("index.html").render(
        cards=cards, languages=languages, labels=labels, policy=POLICY,
        study=study if isinstance(study, Text) else Text(study, study),
        files=files or {},
        made_on=origins.made_on().isoformat(),
    )  # fmt: skip
    return _finished(html)


def card(notebook: Mapping[str, Any], name: str) -> Card:
    """Read from an executed notebook what the index says of it.

    Parameters
    ----------
    notebook
        The executed notebook.
    name
        File name of its page, without language and ending.
    """
    shown = list(exhibits.in_notebook(notebook))
    title = next((exhibit for exhibit in shown if exhibit.kind == "title"), None)
    own = exhibits.plain(name)
    return Card(
        name=name,
        title=title.body if title else own,
        question=title.caption if title else Text(ko="", en=""),
        notices=tuple(dict.fromkeys(exhibit.key for exhibit in shown if exhibit.kind == "notice")),
    )


def _finished(html: str) -> str:
    style = f"<style>{fonts.faces(html)}</style>"
    whole = html.replace("</head>", f"{style}\n</head>", 1)
    assert_self_contained(whole)
    return whole


def _pieces(notebook: Mapping[str, Any], language: Language) -> Iterator[Piece]:
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        for output in cell.get("outputs", []):
            exhibit = exhibits.from_output(output)
            yield _set(exhibit, language) if exhibit else _ordinary(output, language)
        # What the runner put in names folders of this machine.
        if cell["source"] and "injected-parameters" not in cell["metadata"].get("tags", []):
            yield Piece("code", escape(cell["source"]))


def _set(exhibit: Exhibit, language: Language) -> Piece:
    # Exhibits escaped what they were given when they were made.
    body, caption, *sources = (
        Markup(text.in_(language))  # noqa: S704
        for text in (exhibit.body, exhibit.caption, *exhibit.sources)
    )
    anchor = re.sub(r"[^\w-]+", "-", exhibit.key)
    return Piece(exhibit.kind, body, caption, anchor=anchor, sources=tuple(sources))


def _ordinary(output: Mapping[str, Any], language: Language) -> Piece:
    kind = output["output_type"]
    if kind == "stream":
        return Piece("output", _preformatted(output["text"]))
    if kind == "error":
        heading = messages.text("common.error").in_(language)
        said = f"{heading}: {output['ename']}: {output['evalue']}"
        return Piece("output", _preformatted("\n".join([said, *output["traceback"]])))
    data, about = output["data"], output.get("metadata", {})
    if "text/html" in data:
        return Piece("output", Markup(data["text/html"]))  # noqa: S704 - the analyst wrote it
    for mime in ("image/svg+xml", "image/png", "image/jpeg"):
        if mime in data:
            return Piece("output", _image(mime, data[mime], about.get(mime, {}).get("alt", "")))
    return Piece("output", _preformatted(data.get("text/plain", "")))


def _image(mime: str, data: str, alt: str) -> Markup:
    source = f"data:{mime};base64,{data.strip()}"
    if mime == "image/svg+xml":
        # In a frame of its own a foreign drawing can neither run nor restyle anything.
        source = f"data:{mime};utf8,{data}".replace("#", "%23")
    return Markup('<img src="{}" alt="{}">').format(source, alt)


def _preformatted(words: str) -> Markup:
    return Markup("<pre>{}</pre>").format(_ANSI.sub("", words))


def _numbered(pieces: Iterator[Piece], language: Language) -> Iterator[Piece]:
    counts = {"figure": 0, "table": 0}
    anchors: dict[str, int] = {}
    notes: dict[Markup, int] = {}
    for piece in pieces:
        anchors[piece.anchor] = repeated = anchors.get(piece.anchor, 0) + 1
        anchor = piece.anchor if repeated == 1 else f"{piece.anchor}-{repeated}"
        series, label = _NUMBERED.get(piece.kind), ""
        if series:
            counts[series] += 1
            label = messages.text(f"common.{series}", number=counts[series]).in_(language)
        own = tuple(notes.setdefault(source, len(notes) + 1) for source in piece.sources)
        yield replace(piece, anchor=anchor, label=label, notes=own)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Lay cells between which nothing is shown into one fold."""
    for is_code, run in groupby(pieces, lambda piece: piece.kind == "code"):
        if is_code:
            yield Piece("code", Markup("\n\n").join(piece.body for piece in run))
        else:
            yield from run


def _quoted(words: str) -> Markup:
    """Write words as a string of CSS that cannot end before its end."""
    return Markup('"{}"').format("".join(f"\\{ord(letter):x} " for letter in words))


def _labels(language: Language) -> Callable[..., str]:
    return lambda key, **values: messages.text(f"common.{key}", **values).in_(language)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("site_select"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"quoted": _quoted, "tongue": exhibits.tongue}
    return environment


def _template(name: str) -> Any:  # noqa: ANN401 - a template of jinja2
    return _environment().get_template(name)

"""What a notebook shows: a piece of a report, in both languages, as Jupyter can carry it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup, escape

from site_select.messages import LANGUAGES, Language, Text

MIME = "application/vnd.site-select.exhibit+json"

Kind = Literal[
    "title", "notice", "section", "sheet", "text", "figure", "map", "live", "table", "record",
    "provenance",
]  # fmt: skip

_NOTHING = Text(ko="", en="")
_HEADING = {"title": "h1", "section": "h2"}


@dataclass(frozen=True)
class Exhibit:
    """One piece of a report.

    Parameters
    ----------
    kind
        What the piece is; figures and maps are numbered together, tables by themselves.
    body
        HTML that may be set into a page as it is.
    caption
        HTML below a figure, above a table; the second line of a title.
    key
        Message key or kind of notice, from which the page makes an address.
    language
        What JupyterLab shows.
    sources
        HTML of where it comes from; the page numbers them and lists them at its end.
    """

    kind: Kind
    body: Text
    caption: Text = _NOTHING
    key: str = ""
    language: Language = "en"
    sources: tuple[Text, ...] = ()

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        tag = _HEADING.get(self.kind, "div")
        body = Markup(self.body.in_(self.language))  # noqa: S704 - a body is HTML by promise
        caption = Markup(self.caption.in_(self.language))  # noqa: S704 - and so is a caption
        shown = Markup("<{0}>{1}</{0}><p>{2}</p>").format(tag, body, caption)
        return {
            "text/html": shown,
            "text/plain": f"<{self.kind} {self.key}>",
            MIME: {
                "kind": self.kind,
                "key": self.key,
                "body": _both(self.body),
                "caption": _both(self.caption),
                "sources": [_both(source) for source in self.sources],
            },
        }


def plain(words: Text | str) -> Text:
    """Make HTML of plain text in one or both languages; what is HTML already stays."""
    both = words if isinstance(words, Text) else Text(ko=words, en=words)
    return Text(ko=escape(both.ko), en=escape(both.en))


def as_json(value: object) -> Markup:
    r"""Write plain data into a script, where nothing in it can end the script or be a template.

    Parameters
    ----------
    value
        Plain data, without a number that is none.

    Examples
    --------
    >>> print(as_json({"a": ["</script>", "{{ 7 * 7 }}"]}))
    {"a":["\u003c/script>","\u007b{ 7 * 7 }}"]}
    """
    # braces that are not part of a text never stand side by side
    said = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    safe = re.sub(r"[<`$]|\{(?=[{%#])", lambda sign: f"\\u{ord(sign[0]):04x}", said)
    return Markup(safe)  # noqa: S704 - no tag is left


def tongue(html: str, language: Language) -> Markup:
    """Mark words that are wholly in the other language, so that they are read aloud in it.

    Parameters
    ----------
    html
        The words; tags and web addresses do not count.
    language
        Language of the page.

    Returns
    -------
    Markup
        An attribute for the element that holds them, or nothing.

    Examples
    --------
    >>> tongue("광주", "en"), tongue("Gwangju (광주)", "en")
    (Markup(' lang="ko"'), Markup(''))
    """
    said = Markup(html).striptags()  # noqa: S704 - only to take tags off
    said = re.sub(r"https?://\S+", "", said)  # an address is of no language
    is_korean, is_english = re.search("[가-힣]", said), re.search("[a-z]{3}", said)
    if bool(is_korean) == bool(is_english) or bool(is_korean) == (language == "ko"):
        return Markup()
    return Markup(' lang="{}"').format("ko" if is_korean else "en")


def in_notebook(notebook: Mapping[str, Any]) -> Iterator[Exhibit]:
    """Give the exhibits of an executed notebook in order.

    Parameters
    ----------
    notebook
        The notebook, as nbformat reads it.
    """
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            exhibit = from_output(output)
            if exhibit:
                yield exhibit


def from_output(output: Mapping[str, Any]) -> Exhibit | None:
    """Read the exhibit that a cell has put out, if it is one."""
    carried = output.get("data", {}).get(MIME)
    if not carried:
        return None
    return Exhibit(
        kind=carried["kind"],
        key=carried["key"],
        body=Text(**carried["body"]),
        caption=Text(**carried["caption"]),
        sources=tuple(Text(**source) for source in carried["sources"]),
    )


def _both(text: Text) -> dict[str, str]:
    return {language: str(text.in_(language)) for language in LANGUAGES}

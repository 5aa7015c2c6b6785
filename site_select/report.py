"""Sections and exhibits of a notebook in both languages; knows nothing of criteria.

A notebook makes one `Page` and calls it top to bottom. Each call shows an exhibit in JupyterLab
and lays both languages into the notebook, from which the report is made.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from io import StringIO
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
from folium import Map
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from markupsafe import Markup, escape
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from site_select import fonts, messages
from site_select.exhibits import Exhibit, as_json, plain, tongue
from site_select.messages import LANGUAGES, Language, Text
from site_select.offline import offline

_STYLE: dict[Any, Any] = {
    "font.family": [fonts.FAMILY, "DejaVu Sans"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.unicode_minus": False,
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "site-select",
}

_WARNING = "#9c1c1c"
_MARKED = Markup('<em class="synthetic">{}</em> {}')
_ON_MAP = Markup(
    '<p style="position:absolute;z-index:1000;top:50px;left:54px;margin:0;padding:.2em .8em;'
    'pointer-events:none;background:#fff;color:#9c1c1c;font:bold 14px sans-serif">{}</p>'
)

Words = Text | str
PHRASE, LONG_TEXT = 24, 90  # characters from which a cell asks for room
Provenance = Mapping[Any, object]


@dataclass(frozen=True)
class Page:
    """The report page that a notebook fills, call by call.

    Parameters
    ----------
    language
        What JupyterLab shows; the report always has both languages.
    is_synthetic
        Whether figures, maps and tables are marked as made up, so that a picture says so alone.
    """

    language: Language = "en"
    is_synthetic: bool = False

    def title(self, key: str, /, *, subtitle: str = "", **values: object) -> Exhibit | None:
        """Give the page its title, once.

        Parameters
        ----------
        key
            Message of the title.
        subtitle
            Message of the line below, best the question that the page answers.
        **values
            What both messages name.
        """
        below = messages.markup(subtitle, **values) if subtitle else Text(ko="", en="")
        return self._show(Exhibit("title", messages.markup(key, **values), below, key))

    def notice(self, kind: Literal["variant", "synthetic"], words: Words = "", /) -> Exhibit | None:
        """Warn that what is shown is not the study as it stands.

        Parameters
        ----------
        kind
            ``variant`` for changed settings, ``synthetic`` for data that were made up.
        words
            What was changed, or how the data were made; plain text.
        """
        label, said = messages.markup(f"common.notice.{kind}"), plain(words)
        body = _each(lambda language: _notice(label.in_(language), said.in_(language)))
        return self._show(Exhibit("notice", body, key=kind))

    def section(self, key: str, /, **values: object) -> Exhibit | None:
        """Begin a section; its heading stands in the table of contents."""
        return self._show(Exhibit("section", messages.markup(key, **values), key=key))

    def sheet(self, key: str, /, **values: object) -> Exhibit | None:
        """Begin a sheet of a printed brief: paper is changed before it."""
        return self._show(Exhibit("sheet", messages.markup(key, **values), key=key))

    def say(self, key: str, /, *, sources: Sequence[str] = (), **values: object) -> Exhibit | None:
        """Write one or more paragraphs; an empty line in the message parts them."""
        said = messages.markup(key, **values)
        body = _each(lambda lang: _paragraphs(said.in_(lang)))
        return self._show(Exhibit("text", body, key=key, sources=_linked(sources)))

    def figure(
        self,
        key: str,
        /,
        draw: Callable[..., Axes | Figure],
        *args: object,
        values: Mapping[str, object] | None = None,
        sources: Sequence[str] = (),
        **kwargs: object,
    ) -> Exhibit | None:
        """Show a figure, drawn once per language.

        Parameters
        ----------
        key
            Its caption is message ``KEY.caption``, its text for those who do not see it
            ``KEY.alt``.
        draw
            Draws with `matplotlib`; called with `args`, `kwargs` and ``language=``.
        *args, **kwargs
            Passed on to `draw`.
        values
            What caption and alternative text name.
        sources
            Where what is shown comes from; footnotes of the page.

        A first argument without rows is not drawn: message ``KEY.absent`` says so instead.
        """
        if _is_empty(args):
            return self.say(f"{key}.absent")
        alt, mark = messages.text(f"{key}.alt", **(values or {})), self._mark()

        def body(language: Language) -> Markup:
            with drawing_style():
                drawn = draw(*args, language=language, **kwargs)
                return _svg(drawn, key, alt.in_(language), mark.in_(language))

        return self._numbered("figure", key, _each(body), values, sources)

    def map(
        self,
        key: str,
        /,
        draw: Callable[..., Map],
        *args: object,
        printed: Callable[..., Axes] | None = None,
        values: Mapping[str, object] | None = None,
        sources: Sequence[str] = (),
        **kwargs: object,
    ) -> Exhibit | None:
        """Show an interactive map that needs no network, drawn once per language.

        Parameters
        ----------
        key
            Its caption is message ``KEY.caption``, its title for those who do not see it
            ``KEY.alt``.
        draw
            Draws with `folium`, without tiles; called with `args`, `kwargs` and ``language=``.
        *args, **kwargs
            Passed on to `draw`.
        printed
            Draws what paper shows instead, with `matplotlib`; called with ``language=``.
        values
            What caption and title name.
        sources
            Where what is shown comes from; footnotes of the page.
        """
        alt, mark = messages.text(f"{key}.alt", **(values or {})), self._mark()

        def body(language: Language) -> Markup:
            drawn = draw(*args, language=language, **kwargs).get_root().render()
            document = offline(drawn, language=language, title=alt.in_(language))
            if self.is_synthetic:
                own = _ON_MAP.format(mark.in_(language))
                document = document.replace("<body>", f"<body>{own}", 1)
            return Markup(
                '<iframe class="map" title="{}" '
                'sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox" '
                'style="width:100%;height:40rem;border:0" srcdoc="{}"></iframe>{}',
            ).format(alt.in_(language), document, on_paper(language))

        def on_paper(language: Language) -> Markup:
            if printed is None:
                return Markup()
            with drawing_style():
                drawn = _svg(printed(language=language), f"{key}.printed", alt.in_(language),
                             mark.in_(language))  # fmt: skip
            return Markup('<div class="on-paper" hidden>{}</div>').format(drawn)

        return self._numbered("map", key, _each(body), values, sources)

    def live(
        self,
        key: str,
        /,
        draw: Callable[..., Markup],
        *args: object,
        values: Mapping[str, object] | None = None,
        sources: Sequence[str] = (),
        **kwargs: object,
    ) -> Exhibit | None:
        """Show a chart that answers to its reader, made with Vega, which the page carries once.

        Parameters
        ----------
        key
            Its caption is message ``KEY.caption``.
        draw
            Gives the HTML of the chart, without the programs of Vega; called with `args`,
            `kwargs` and ``language=``.
        *args, **kwargs
            Passed on to `draw`.
        values
            What the caption names.
        sources
            Where what is shown comes from; footnotes of the page.
        """
        body = _each(lambda language: draw(*args, language=language, **kwargs))
        return self._numbered("live", key, body, values, sources)

    def table(
        self,
        key: str,
        /,
        frame: pd.DataFrame,
        *,
        values: Mapping[str, object] | None = None,
        headers: Mapping[str, Words] | None = None,
        formats: Mapping[str, str] | None = None,
        sources: Sequence[str] = (),
    ) -> Exhibit | None:
        """Show a table.

        Parameters
        ----------
        key
            Its caption is message ``KEY.caption``.
        frame
            A row per row; an index that has a name becomes the heading of each row. A cell is
            text in one or both languages, a number, or nothing, which is shown as unknown.
        values
            What the caption names.
        headers
            Heading of each column (and of the index), where it is not the column's own name.
        formats
            How the numbers of a column are written, as in `messages.formatted`; else whole
            numbers as counts, others as scores.
        sources
            Where what is shown comes from; footnotes of the page.

        A table without rows is not shown where message ``KEY.absent`` says so instead.
        """
        if frame.empty and f"{key}.absent" in messages.catalogue():
            return self.say(f"{key}.absent")
        body = _each(lambda lang: _table(frame, headers or {}, formats or {}, lang))
        return self._numbered("table", key, body, values, sources)

    def record(self, mapping: Mapping[str, object], /) -> Exhibit | None:
        """Let the page carry its own numbers, so that a browser can add them up again.

        Parameters
        ----------
        mapping
            Plain data, without a number that is none.
        """
        carried = Markup('<script type="application/json" id="record">{}</script>')
        body = carried.format(as_json(mapping))
        return self._show(Exhibit("record", Text(body, body)))

    def provenance(self, mapping: Provenance, /) -> Exhibit | None:
        """Record what the page was made from: settings, file hashes, versions, seed.

        Parameters
        ----------
        mapping
            Values by name, or groups of them by the name of the group; names and values are
            plain text.
        """
        return self._show(Exhibit("provenance", _each(lambda lang: _listed(mapping, lang))))

    def _numbered(
        self,
        kind: Literal["figure", "map", "live", "table"],
        key: str,
        body: Text,
        values: Mapping[str, object] | None,
        sources: Sequence[str],
    ) -> Exhibit | None:
        caption = messages.markup(f"{key}.caption", **(values or {}))
        if kind in {"table", "live"} and self.is_synthetic:  # the others carry it in the picture
            mark = self._mark()
            caption = _each(lambda language: _MARKED.format(
                mark.in_(language), caption.in_(language)))  # fmt: skip
        return self._show(Exhibit(kind, body, caption, key, sources=_linked(sources)))

    def _mark(self) -> Text:
        """What stands on exhibits of data that were made up; nothing on others."""
        return messages.text("common.notice.synthetic") if self.is_synthetic else Text("", "")

    def _show(self, exhibit: Exhibit) -> Exhibit | None:
        """Show the exhibit, or hand it back where nothing can show it."""
        own = replace(exhibit, language=self.language)
        if not InteractiveShell.initialized():
            return own
        display(own)  # type: ignore[no-untyped-call]
        return None


@contextmanager
def drawing_style() -> Iterator[None]:
    """Draw in the style of the report: Korean font, calm axes, bytes that repeat."""
    _register_fonts()
    with mpl.rc_context(_STYLE):
        yield


def source_link(source: str) -> Markup:
    """Show a source, its web addresses as links and everything else as plain text.

    Examples
    --------
    >>> source_link("KICOX, javascript:alert(1)")
    Markup('KICOX, javascript:alert(1)')
    """
    link = Markup('<a href="{0}" rel="noreferrer noopener">{0}</a>')
    parts = re.split(r"(https?://[^\s<>\"';|]*[^\s<>\"';|.,)])", source)
    return Markup().join(
        link.format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def sourced(source: str) -> Text:
    """Show a source, in both languages where it is our own arithmetic."""
    said = messages.translated("sources", source)
    return Text(source_link(said.ko), source_link(said.en))


def _linked(sources: Sequence[str]) -> tuple[Text, ...]:
    return tuple(dict.fromkeys(sourced(source) for source in sources))


@cache
def _register_fonts() -> None:
    for weight in fonts.WEIGHTS:
        entry = font_manager.ttfFontProperty(font_manager.get_font(fonts.path(weight)))
        # The bold file calls itself 600, which matplotlib would warn of at every bold title.
        font_manager.fontManager.ttflist.append(replace(entry, weight=weight))


def _is_empty(args: tuple[object, ...]) -> bool:
    return bool(args) and isinstance(args[0], pd.DataFrame) and args[0].empty


def _each(body: Callable[[Language], str]) -> Text:
    return Text(**{language: body(language) for language in LANGUAGES})


def _notice(label: str, words: str) -> Markup:
    said = Markup(": {}").format(words) if words else ""
    return Markup("<strong>{}</strong>{}").format(label, said)


def _paragraphs(html: str) -> Markup:
    blocks = [block.strip() for block in re.split(r"\n\s*\n", html) if block.strip()]
    return Markup("\n").join(
        Markup(block if block.startswith(("<ul", "<ol")) else f"<p>{block}</p>")  # noqa: S704
        for block in blocks
    )


def _svg(drawn: Axes | Figure, key: str, alt: str, mark: str = "") -> Markup:
    figure = drawn if isinstance(drawn, Figure) else drawn.figure.get_figure(root=True)
    if mark:
        figure.draw_without_rendering()  # lays it out
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        at = box.x0 / width, box.y1 / height
        figure.text(*at, mark, color=_WARNING, weight="bold", va="bottom")
        alt = f"{mark}. {alt}"
    written = StringIO()
    silent = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(written, format="svg", bbox_inches="tight", metadata=silent)
    plt.close(figure)
    opening, _, content = written.getvalue().partition("<svg ")[2].partition(">")
    # A style element inside a drawing would hold for the whole page.
    content = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", content, count=1, flags=re.DOTALL)
    size = dict(re.findall(r'(width|height|viewBox)="([^"]+)"', opening))
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'viewBox="{}" style="width:{};stroke-linejoin:round" role="img" aria-label="{}">',
    ).format(size["viewBox"], size["width"], alt)
    # Several drawings share a page, so their ids must differ.
    own = re.sub(r"<[^>]+>", lambda tag: _own_ids(tag[0], _address(key)), content)
    return head + Markup(own)  # noqa: S704 - matplotlib escapes what it writes


def _own_ids(tag: str, prefix: str) -> str:
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\1{prefix}-", tag)


def _address(key: str) -> str:
    return re.sub(r"[^\w-]+", "-", key)


def _table(
    frame: pd.DataFrame,
    headers: Mapping[str, Words],
    formats: Mapping[str, str],
    language: Language,
) -> Markup:
    indexed = [name for name in frame.index.names if name is not None]
    flat = frame.reset_index() if indexed else frame
    heads = Markup().join(
        Markup('<th scope="col" data-column="{}"{}>{}</th>').format(
            name,
            _kind_of_column(flat[name], str(name), formats),
            plain(headers.get(str(name), str(name))).in_(language),
        )
        for name in flat.columns
    )
    rows = Markup("\n").join(
        Markup("<tr>{}</tr>").format(
            Markup().join(
                _cell(value, name, formats, language, is_head=name in indexed)
                for name, value in zip(flat.columns, row, strict=True)
            ),
        )
        for row in flat.itertuples(index=False, name=None)
    )
    table = "<table><thead><tr>{}</tr></thead>\n<tbody>{}</tbody></table>"
    return Markup(table).format(heads, rows)  # noqa: S704 - both parts are fixed


def _kind_of_column(column: "pd.Series[Any]", name: str, formats: Mapping[str, str]) -> Markup:
    is_number = name in formats or pd.api.types.is_numeric_dtype(column)
    return Markup(' class="number"') if is_number else Markup("")


def _cell(
    value: object,
    name: Hashable,
    formats: Mapping[str, str],
    language: Language,
    *,
    is_head: bool,
) -> Markup:
    kind = ""
    if pd.api.types.is_bool(value):
        value = messages.text("common.yes" if value else "common.no")
    if isinstance(value, Text | str):
        written = plain(value).in_(language)
        length = len(written)
        kind = "long" if length > LONG_TEXT else "phrase" if length > PHRASE else ""
    else:
        unknown = messages.is_unknown(value)
        kind = "unknown" if unknown else "number"
        written = messages.formatted(value, formats.get(str(name)) or _usual(value)).in_(language)
    mark = Markup(' class="{}"').format(kind) if kind else Markup()
    mark += tongue(written, language)
    opening, closing = ('<th scope="row"{}>', "</th>") if is_head else ("<td{}>", "</td>")
    return Markup(opening + "{}" + closing).format(mark, written)  # noqa: S704 - fixed tags


def _usual(value: object) -> str:
    return "score" if isinstance(value, float) else "count"


def _listed(mapping: Provenance, language: Language) -> Markup:
    rows = []
    for name, value in mapping.items():
        told, mark = _said(value, language), Markup()
        if isinstance(value, Mapping):
            told = _listed(value, language)
        elif language == "en":  # Latin letters of codes and hashes are of no language
            mark = tongue(escape(told), language)
        row = Markup("<div><dt>{}</dt><dd{}>{}</dd></div>")
        rows.append(row.format(_said(name, language), mark, told))
    return Markup("<dl>{}</dl>").format(Markup().join(rows))


def _said(value: object, language: Language) -> str:
    return value.in_(language) if isinstance(value, Text) else str(value)

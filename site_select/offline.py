"""Documents that ask for nothing: scripts, styles and pictures put inside, and proof of it."""

import base64
import re
from functools import cache
from html.parser import HTMLParser
from importlib import metadata
from pathlib import Path

from markupsafe import escape

from site_select import fonts
from site_select.errors import WriteError

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)

# What folium asks for, and the installed package that carries it.
_CARRIED = {
    "leaflet.js": ("django-js-lib-leaflet", "leaflet.js"),
    "leaflet.css": ("django-js-lib-leaflet", "leaflet.css"),
}
# All that folium asks of jQuery is to make the element of a popup from its HTML.
_JQUERY = "jquery-3.7.1.min.js"
_ELEMENT_OF = """<script>
const $ = (html) => Object.assign(document.createElement("template"), { innerHTML: html }).content.children;
</script>"""  # noqa: E501
# What only folium.Icon would need.
_NOT_NEEDED = {
    "bootstrap.bundle.min.js", "bootstrap.min.css", "bootstrap-glyphicons.css", "all.min.css",
    "leaflet.awesome-markers.js", "leaflet.awesome-markers.css", "leaflet.awesome.rotate.min.css",
}  # fmt: skip
_LOADING = {"src", "srcset", "poster", "data", "background", "action", "formaction", "manifest"}

_RESOURCE = re.compile(
    r'<script src="(?P<script>[^"]+)"></script>'
    r'|<link rel="stylesheet" href="(?P<style>[^"]+)" ?/?>',
)
_MAP_STYLE = """
html, body { background: #fff; }
body, body * {
  font-family: NanumGothic, "Apple SD Gothic Neo", "Malgun Gothic", sans-serif !important;
}
.leaflet-container { background: #eef3f7; }
.leaflet-attribution-flag { display: none !important; }
@media print { * { print-color-adjust: exact; } }
@media (prefers-reduced-motion: reduce) { .leaflet-container * { transition: none !important; } }
"""


def offline(html: str, *, language: str = "en", title: str = "") -> str:
    """Put inside a folium map what it would load, so that it opens on a closed network.

    The random names that folium gives its layers become numbers in order, so that the same map
    has the same bytes.

    Parameters
    ----------
    html
        The rendered map.
    language, title
        Language and title of the document, for those who do not see it.

    Returns
    -------
    str
        The same document, which asks for nothing.

    Raises
    ------
    WriteError
        If an address is left, such as that of a plugin, or the map asks for background tiles.
    """
    if "L.tileLayer(" in html:
        raise WriteError("the map would load tiles: draw it with tiles=None")
    order: dict[str, str] = {}
    named = re.sub(
        r"(?<=_)[0-9a-f]{32}(?![0-9a-f])",
        lambda found: order.setdefault(found[0], f"{len(order):04d}"),
        html,
    )
    # A canvas is painted only while it is in sight, so it would be empty on paper.
    named = named.replace('"preferCanvas": true', '"preferCanvas": false')
    # Whoever needs it larger may have it larger.
    named = re.sub(r'(<meta name="viewport" content="width=device-width),[^>]*>', r'\1">', named)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    head = f"<head>{policy}<title>{escape(title)}</title>"
    style = f"<style>{fonts.faces(html)}{_MAP_STYLE}</style>"
    inside = _RESOURCE.sub(_inside, named).replace("<head>", head, 1)
    inside = inside.replace("<html>", f'<html lang="{language}">', 1)
    inside = inside.replace("</head>", f"{style}</head>", 1)
    assert_self_contained(inside)
    return inside


def vega_programs() -> str:
    """Programs of Vega, without Vega-Lite, as a page with a live chart carries them once.

    They evaluate expressions by walking them where they are told to (``ast``), never by making
    code of text, which the policy of a page forbids.
    """
    package = "django-js-lib-vega-embed"
    return "\n".join(_carried(package, name) for name in ("vega5.js", "vega-embed6.js"))


def assert_self_contained(html: str) -> None:
    """Refuse a document from which a browser would load anything.

    A link that a reader follows is allowed, to a page or to the web; a link that runs a script
    is not.

    Parameters
    ----------
    html
        The document; documents inside frames are read too.

    Raises
    ------
    WriteError
        Naming every address that is left.

    Examples
    --------
    >>> assert_self_contained('<a href="https://example.org">source</a>')
    >>> assert_self_contained('<img src="a.png">')
    Traceback (most recent call last):
    site_select.errors.WriteError: the page would load from outside: img src a.png
    """
    finder = _Finder()
    finder.feed(html)
    finder.close()
    if finder.found:
        listed = "; ".join(dict.fromkeys(finder.found))
        raise WriteError(f"the page would load from outside: {listed}")


class _Finder(HTMLParser):
    """Collects the addresses that a browser would load by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            self._read(tag, name, (value or "").strip())

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._read_style("style", data)

    def _read(self, tag: str, name: str, value: str) -> None:
        if name == "srcdoc":
            inner = _Finder()
            inner.feed(value)
            inner.close()
            self.found += [f"{tag} srcdoc: {address}" for address in inner.found]
        elif name in {"href", "xlink:href"} and tag in {"a", "area"}:
            if re.match(r"(javascript|vbscript|data):", re.sub(r"\s", "", value).lower()):
                self.found.append(f"{tag} {name} {value[:80]}")
        elif name in _LOADING or name in {"href", "xlink:href"}:
            if not _is_inside(value):
                self.found.append(f"{tag} {name} {value[:80]}")
        elif name == "content" and value.lower().startswith(("0;", "1;")):
            self.found.append(f"{tag} {name} {value[:80]}")
        else:
            self._read_style(f"{tag} {name}", value)

    def _read_style(self, where: str, style: str) -> None:
        if "@import" in style.lower():
            self.found.append(f"{where} @import")
        for address in re.findall(r"url\(\s*['\"]?([^'\")]*)", style, re.IGNORECASE):
            if not _is_inside(address):
                self.found.append(f"{where} url({address[:80]})")


def _is_inside(address: str) -> bool:
    return not address or address.lower().startswith(("data:", "blob:", "#", "about:"))


def _inside(found: re.Match[str]) -> str:
    name = (found["script"] or found["style"]).rpartition("/")[2]
    if name == _JQUERY:
        return _ELEMENT_OF
    if name in _NOT_NEEDED:
        return ""
    if name not in _CARRIED:
        return found[0]
    content = _carried(*_CARRIED[name])
    return f"<script>{content}</script>" if found["script"] else f"<style>{content}</style>"


@cache
def _carried(package: str, name: str) -> str:
    file = next(f for f in metadata.files(package) or [] if f.name == name)
    path = Path(str(file.locate()))
    content = path.read_text(encoding="utf-8")
    content = re.sub(r"^/[/*][#@] sourceMappingURL=.*$", "", content, flags=re.MULTILINE)
    if name.endswith(".js"):
        return re.sub(r"</(script)", r"<\\/\1", content, flags=re.IGNORECASE)
    return re.sub(
        r"url\((images/[^)]+)\)", lambda found: f"url({_picture(path.parent / found[1])})", content
    )


def _picture(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"

"""What the maps for the screen are made of; they work without a network and by keyboard.

folium lays out the page; ``templates/map.js`` draws what would be too large in folium's own words.
Text from data is escaped wherever it goes: a popup is HTML made here, all else is JSON.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import shapely
from branca.element import Element, MacroElement
from folium.map import Layer
from folium.template import Template
from markupsafe import Markup, escape

from site_select.exhibits import as_json
from site_select.figures import words
from site_select.messages import Language

if TYPE_CHECKING:
    import pandas as pd

STEPS_PER_DEGREE = 1000
COARSE_DEGREES = 0.008  # less than a pixel where a whole country is in sight


class Fixed(Element):
    """HTML that is set into a page as it is: branca would read it as a template."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html

    def render(self, **_: object) -> str:
        """Give the HTML."""
        return self.html


class Call(MacroElement):
    """A call of ``map.js`` that makes no layer."""

    _template = Template("{% macro script(this, kwargs) %}{{ this.code }};{% endmacro %}")

    def __init__(self, code: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.code = code


class Drawn(Layer):
    """A layer that a function of ``map.js`` draws from plain data."""

    _template = Template(
        "{% macro script(this, kwargs) %}var {{ this.get_name() }} = {{ this.code }};{% endmacro %}"
    )

    def __init__(
        self, name: str, function: str, *data: object, is_choice: bool = False, show: bool = False
    ) -> None:
        super().__init__(in_script(escape(name)), overlay=not is_choice, show=show)
        self.code = f"drawn.{function}({', '.join(map(as_json, data))})"


def board(*, zooms: tuple[int, int]) -> folium.Map:
    """Begin a map without background tiles that opens on a closed network.

    Parameters
    ----------
    zooms
        Farthest and closest zoom.
    """
    empty = folium.Map(
        tiles=None, prefer_canvas=True, zoom_control=False, zoomSnap=0.25,
        minZoom=zooms[0], maxZoom=zooms[1],
    )  # fmt: skip
    root: Any = empty.get_root()
    root.header.add_child(Fixed(f"<script>{_carried('map.js')}</script>"))
    root.html.add_child(Fixed(f"<style>{_carried('map.css')}</style>"))
    return empty


def finished(
    board: folium.Map, legend: Markup, bounds: list[list[float]], *, language: Language
) -> folium.Map:
    """Add to a map its legend, its scale, the switch of its layers and the fit to its frame.

    Parameters
    ----------
    board
        The map with all of its layers.
    legend
        What signs and colours mean.
    bounds
        South-west and north-east corner of what is shown first.
    language
        Language of labels.
    """
    root: Any = board.get_root()
    folded = Markup('<details class="legend" open><summary>{}</summary>{}</details>')
    root.html.add_child(Fixed(folded.format(words("map.legend", language), legend)))
    control = folium.LayerControl(collapsed=False).add_to(board)
    own = f"{board.get_name()}, {control.get_name()}"
    Call(f"drawn.finish({own}, {as_json(bounds)})").add_to(board)
    return board


def begin(
    board: folium.Map, places: Sequence[Mapping[str, object]], language: Language,
    **own: object,
) -> None:  # fmt: skip
    """Hand a map its places and the words that are said while it is used.

    Parameters
    ----------
    board
        The map, before its layers.
    places
        ``id``, ``name`` and ``said`` (what is searched), ``at`` (latitude and longitude) and
        ``popup`` (HTML), the most important first.
    language
        Language of the words.
    **own
        Further words.
    """
    keys = ("zoom_in", "zoom_out", "close", "layers", "none")
    said = {key: words(f"map.{key}", language) for key in keys}
    said["several"] = words("map.several", language, count="#")
    given = {"places": places, "words": {**said, **own}}
    Call(f"drawn.begin({as_json(given)})").add_to(board)


def search(board: folium.Map, said: Sequence[str], language: Language) -> None:
    """Put a field above a map in which a place is looked for.

    Parameters
    ----------
    board
        The map.
    said
        What is offered.
    language
        Language of the labels.
    """
    options = Markup().join(Markup('<option value="{}">').format(words) for words in said)
    box = Markup(
        '<div class="search" role="search"><input type="search" list="places" aria-label="{0}" '
        'placeholder="{0}"><datalist id="places">{1}</datalist>'
        '<button type="button">{2}</button><output></output></div>'
    )
    root: Any = board.get_root()
    root.html.add_child(
        Fixed(box.format(words("map.search", language), options, words("map.find", language)))
    )


def outline(
    board: folium.Map, shapes: gpd.GeoDataFrame, name: str, *, weight: float, filled: bool,
    show: bool,
) -> None:  # fmt: skip
    """Add a layer with the outline of shapes to a map, coarser than a pixel and without names.

    Parameters
    ----------
    board
        The map.
    shapes
        Polygons in EPSG:4326.
    name
        Name of the layer.
    weight
        Width of the line [pixels].
    filled
        Whether the shapes are land; else only their borders are drawn, each once.
    show
        Whether the layer is shown first.
    """
    coarse = shapely.coverage_simplify(shapes.geometry.to_numpy(), COARSE_DEGREES)
    borders = shapely.boundary(coarse)
    if not filled:
        borders = shapely.line_merge(shapely.union_all(borders))
    style: dict[str, object] = {"color": "#8a8f98", "weight": weight}
    if filled:  # below every other layer, also when it is switched on last
        style |= {"fill": True, "fillColor": "#fff", "fillOpacity": 1, "pane": "tilePane"}
    lines = [_steps(line) for line in shapely.get_parts(borders)]
    Drawn(name, "outline", lines, style, show=show).add_to(board)


def _steps(line: shapely.LineString) -> list[int]:
    """Points of a line as whole steps of latitude and longitude, each from the one before."""
    points = np.rint(shapely.get_coordinates(line)[:, ::-1] * STEPS_PER_DEGREE).astype(int)
    steps = np.diff(points, axis=0, prepend=0)
    return [int(step) for step in steps[steps.any(axis=1)].ravel()]


def sign(
    row: "pd.Series[Any]", character: str, name: Markup, popup: Markup | None = None
) -> folium.Marker:
    """Mark a place by a character, with its name.

    Parameters
    ----------
    row
        ``latitude`` and ``longitude``.
    character
        The sign.
    name, popup
        HTML of what is said on touch and on click.
    """
    shown = popup and folium.Popup(in_script(popup), max_width=300)
    return folium.Marker(
        [row["latitude"], row["longitude"]], popup=shown, tooltip=folium.Tooltip(in_script(name)),
        icon=folium.DivIcon(character, icon_size=(16, 16), class_name="sign"),
    )  # fmt: skip


def in_script(html: str) -> Markup:
    """Keep escaped text from ending the script template that folium writes it into.

    branca reads what is written there once more as a template, which braces could begin.

    Parameters
    ----------
    html
        Escaped text.

    Examples
    --------
    >>> in_script("{{ 7 * 7 }}")
    Markup('&#123;&#123; 7 * 7 }}')
    """
    plain = str(html)  # Markup would escape what replaces the signs
    for sign in ("\\", "`", "$", "{"):
        plain = plain.replace(sign, f"&#{ord(sign)};")
    return Markup(plain)  # noqa: S704 - escaped by whoever made it


@cache
def _carried(name: str) -> str:
    return resources.files("site_select").joinpath("templates", name).read_text("utf-8")

"""One function per map: one for the screen that works without a network, one for print."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from branca.element import Element
from markupsafe import Markup, escape
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from site_select import messages
from site_select.fares import ROAD_CONSTANT_KM, ROAD_FACTOR
from site_select.figures import ACCENT, MARKED, MUTED, blank_axes, short_name, words
from site_select.messages import Language, Text
from site_select.report import source_link

RANK_EDGES = (1, 5, 10, 20, 30, 60)
RANK_CLASSES = tuple(pairwise(RANK_EDGES))
SHARE_EDGES = (0.0, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0)
MIDDLE_DEGREES = 127.6  # names go to the nearer margin of the printed map
OFTEN = 0.5
KOREA = ([33.1, 125.8], [38.4, 129.7])
# a frame has no size before it is laid out, and gets another when a phone is turned
FIT = """window.addEventListener("load", function () {{
  new ResizeObserver(function () {{
    {map}.invalidateSize(); {map}.fitBounds({bounds});
  }}).observe({map}.getContainer());
}});"""
PHONE_STYLE = Markup(
    "<style>@media (max-width: 600px) {.leaflet-control-layers {font-size: 11px; line-height: 1.3}"
    " .leaflet-popup-content {max-width: 62vw; font-size: 12px}}</style>"
)
SPREAD_DEGREES = 0.045  # apart far enough to be told from each other at the first zoom
SOURCES_SHOWN = 6
GATE_SIGNS = {"port": "▲", "airport": "✈"}


class Places(NamedTuple):
    """Everything a map shows, one row per complex unless said otherwise.

    Attributes
    ----------
    complexes
        ``latitude``, ``longitude``, ``location_precision`` and, for alternatives,
        ``expected_rank``, ``first``, ``top_ten``, ``coverage``.
    criteria
        Value by complex and criterion, in [0, 1].
    qualities
        Number of cells by complex and quality.
    sources
        Sources by complex, a list each.
    gates
        Ports and airports: ``kind, name_ko, name_en, latitude, longitude``, a row per place.
    counties, provinces
        Boundaries in EPSG:4326.
    """

    complexes: pd.DataFrame
    criteria: pd.DataFrame
    qualities: pd.DataFrame
    sources: "pd.Series[Any]"
    gates: pd.DataFrame
    counties: gpd.GeoDataFrame
    provinces: gpd.GeoDataFrame


def ranking(
    places: Places, names: Mapping[Any, Text], labels: Mapping[Any, Text], *,
    catchment_km: float, language: Language,
) -> folium.Map:  # fmt: skip
    """Interactive map of the complexes by expected rank.

    Layers: complexes (colour: expected rank; fill: how much is known; ring: often in the first
    ten), complexes that may not stand, ports and airport, catchments of the first ten, provinces
    and counties. Text from data is escaped.

    Parameters
    ----------
    places
        What to show.
    names, labels
        Names of complexes and criteria.
    catchment_km
        Radius of the catchments [km].
    language
        Language of labels and popups.
    """
    board = folium.Map(
        tiles=None, prefer_canvas=True, minZoom=5, maxZoom=12, zoomSnap=0.25, zoom_control=True
    )
    outline(board, places.provinces, words("map.provinces", language), weight=1.2, show=True)
    outline(board, places.counties, words("map.counties", language), weight=0.5, show=False)
    located = _apart(places.complexes.dropna(subset=["latitude", "longitude"]))
    _catchments(board, located, catchment_km, words("map.catchments", language))
    _gates(board, places.gates, language)
    out = folium.FeatureGroup(words("map.not_eligible", language)).add_to(board)
    inside = folium.FeatureGroup(words("map.complexes", language)).add_to(board)
    by_rank = located.sort_values("expected_rank", ascending=False, na_position="first")
    for label, row in by_rank.iterrows():
        layer, colour, popup = out, MUTED, _head(str(label), row, names, language)
        if pd.notna(row["expected_rank"]):
            layer, colour = inside, rank_colour(row["expected_rank"])
            popup += _body(str(label), row, places, labels, language)
        _marker(row, colour, names[label].in_(language), popup).add_to(layer)
    return finished(board, _legend(language), list(KOREA))


def finished(board: folium.Map, legend: Markup, bounds: list[list[float]]) -> folium.Map:
    """Add to a map the switch of its layers, its legend and the fit to its frame."""
    folium.LayerControl(collapsed=False).add_to(board)
    page: Any = board.get_root()
    page.html.add_child(Element(legend + PHONE_STYLE))
    page.script.add_child(Element(FIT.format(map=board.get_name(), bounds=bounds)))
    return board


def rank_colour(expected_rank: float) -> str:
    """Colour of the class an expected rank falls in, dark blue for the first."""
    classes = len(RANK_CLASSES)
    place = int(np.clip(np.digitize(expected_rank, RANK_EDGES) - 1, 0, classes - 1))
    return str(to_hex(colormaps["cividis"](place / (classes - 1))))


def share_colour(share: float) -> str:
    """Colour of the class a probability falls in, dark blue for the highest."""
    last = len(SHARE_EDGES) - 2
    place = int(np.clip(np.digitize(share, SHARE_EDGES) - 1, 0, last))
    return str(to_hex(colormaps["cividis"](1 - place / last)))


def printed(
    places: Places, names: Mapping[Any, Text], *,
    marked: str = "", named: int = 10, language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw a map for print: probability of being among the first three, the likeliest named.

    Parameters
    ----------
    places
        What to show; the complexes with ``top_three``.
    names
        Names of the complexes.
    marked
        Complex that is named and ringed in any case.
    named
        How many of the likeliest complexes are named.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.0, 7.4)
    places.provinces.plot(ax=ax, facecolor="#f5f6f8", edgecolor="#b8bdc5", linewidth=0.6)
    located = _apart(places.complexes.dropna(subset=["latitude", "longitude"]))
    located = located.dropna(subset=["top_three"]).sort_values("top_three")
    ports = places.gates[places.gates["kind"] == "port"]
    ax.scatter(ports["longitude"], ports["latitude"], marker="^", s=46, color="#333", zorder=3,
               label=words("map.port", language))  # fmt: skip
    ax.scatter(
        located["longitude"], located["latitude"], s=44, zorder=4, linewidths=0.8,
        c=[share_colour(share) for share in located["top_three"]],
        edgecolors=[MARKED if label == marked else "white" for label in located.index],
    )  # fmt: skip
    first = located[::-1].head(named).index.union([marked] if marked in located.index else [])
    _names_beside(ax, located.loc[first].sort_values("latitude"), names, marked, language)
    for low, high in reversed(tuple(pairwise(SHARE_EDGES))):
        ax.scatter([], [], s=44, color=share_colour(low), edgecolors="#333", linewidths=0.3,
                   label=f"{low:.0%}–{high:.0%}")  # fmt: skip
    ax.legend(loc="lower left", frameon=False, fontsize=8, title=words("map.top_three", language))
    ax.set(xlim=(124.0, 132.4), ylim=(33.0, 38.7), aspect=1.26)
    ax.set_axis_off()
    return ax


def _names_beside(
    ax: Axes, rows: pd.DataFrame, names: Mapping[Any, Text], marked: str, language: Language
) -> None:
    """Names at the nearer margin, in the order of latitude, so that none covers another."""
    for is_west, side in rows.groupby(rows["longitude"] < MIDDLE_DEGREES):
        heights = _spaced(side["latitude"].to_numpy(), 0.21)
        x_text, align = (125.9, "right") if is_west else (129.75, "left")
        for (label, row), height in zip(side.iterrows(), heights, strict=True):
            colour = MARKED if label == marked else ACCENT
            name = f"{short_name(names[label].in_(language))} {label}"
            ax.annotate(
                name, (row["longitude"], row["latitude"]),
                (x_text, height), ha=align, va="center", fontsize=7, color=colour,
                arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5,
                            "relpos": (1.0 if is_west else 0.0, 0.5)},
            )  # fmt: skip


def _spaced(heights: np.ndarray, gap: float) -> np.ndarray:
    """Move ascending heights apart to at least ``gap``, around where they were."""
    spaced = heights.astype(float).copy()
    for _ in range(200):
        short = gap - np.diff(spaced)
        push = np.where(short > 0, short / 2, 0.0)
        spaced[1:] += push
        spaced[:-1] -= push
    return spaced


def outline(
    board: folium.Map, shapes: gpd.GeoDataFrame, name: str, *, weight: float, show: bool
) -> None:
    """Add a layer with the outline of shapes to a map."""
    # folium writes every attribute of a layer into the page, so none is handed over
    bare = gpd.GeoDataFrame(geometry=shapes.geometry, crs=shapes.crs)
    style = {"color": "#8a8f98", "weight": weight, "fillColor": "#f5f6f8", "fillOpacity": 0.6}
    folium.GeoJson(
        bare, name=name, show=show, interactive=False, style_function=lambda _: style
    ).add_to(board)


def _apart(located: pd.DataFrame) -> pd.DataFrame:
    """Set complexes that share a point on a small ring around it."""
    moved = located.assign(is_shared=located.duplicated(["latitude", "longitude"], keep=False))
    together = moved.groupby(["latitude", "longitude"])["is_shared"]
    angle = 2 * np.pi * together.cumcount() / together.transform("size")
    radius = SPREAD_DEGREES * moved["is_shared"]
    moved["latitude"] += radius * np.sin(angle)
    moved["longitude"] += radius * 1.25 * np.cos(angle)
    return moved


def _catchments(board: folium.Map, located: pd.DataFrame, radius_km: float, name: str) -> None:
    layer = folium.FeatureGroup(name, show=False).add_to(board)
    # the reach is a road distance; a straight line is shorter by the fitted factor
    straight_km = (radius_km - ROAD_CONSTANT_KM) / ROAD_FACTOR
    for _, row in located.nsmallest(10, "expected_rank").iterrows():
        folium.Circle(
            [row["latitude"], row["longitude"]], radius=straight_km * 1000,
            color=ACCENT, weight=1, fill=True, fill_opacity=0.05, interactive=False,
        ).add_to(layer)  # fmt: skip


def _gates(board: folium.Map, gates: pd.DataFrame, language: Language) -> None:
    layer = folium.FeatureGroup(words("map.ports", language)).add_to(board)
    for _, row in gates.dropna(subset=["latitude"]).iterrows():
        kind = words(f"map.{row['kind']}", language)
        name = Markup("{} ({})").format(row[f"name_{language}"], kind)
        sign(row, GATE_SIGNS[row["kind"]], name).add_to(layer)


def sign(
    row: "pd.Series[Any]", character: str, name: Markup, popup: folium.Popup | None = None
) -> folium.Marker:
    """Mark a place by a character, with its name."""
    shown = Markup('<span style="font-size:15px;line-height:1;color:#222">{}</span>')
    return folium.Marker(
        [row["latitude"], row["longitude"]], popup=popup, tooltip=folium.Tooltip(in_script(name)),
        icon=folium.DivIcon(shown.format(character), icon_anchor=(7, 9)),
    )  # fmt: skip


def in_script(html: str) -> Markup:
    """Keep escaped text from ending the script template that folium writes it into.

    branca reads what folium wrote once more, as a template of jinja2, in which a brace begins code.
    """
    plain = str(html)  # Markup would escape what replaces the signs
    for sign in ("\\", "`", "$", "{"):
        plain = plain.replace(sign, f"&#{ord(sign)};")
    return Markup(plain)  # noqa: S704 - escaped by whoever made it


def _marker(row: pd.Series, colour: str, name: str, popup: Markup) -> folium.CircleMarker:
    often = row.get("top_ten", 0.0) >= OFTEN
    return folium.CircleMarker(
        [row["latitude"], row["longitude"]], radius=8, color="#111" if often else colour,
        weight=3 if often else 2, fill=True, fill_color=colour,
        fill_opacity=0.1 + 0.85 * float(np.nan_to_num(row.get("coverage", 0.0))),
        tooltip=folium.Tooltip(in_script(str(escape(name)))),
        popup=folium.Popup(in_script(popup), max_width=340, maxHeight=340),
    )  # fmt: skip


def _head(label: str, row: pd.Series, names: Mapping[Any, Text], language: Language) -> Markup:
    head = Markup("<b>{}</b> ({})<br>{}<br>").format(
        names[label].in_(language), label, names[label].in_("en" if language == "ko" else "ko")
    )
    if row["is_shared"]:
        head += Markup("<i>{}</i><br>").format(words("map.shared_point", language))
    code = row["location_precision"]
    precision = messages.text_or(f"figures.precision.{code}", code.replace("_", " "))
    return head + Markup("<small>{}</small>").format(
        words("map.place", language, precision=precision)
    )


def _body(
    label: str, row: pd.Series, places: Places, labels: Mapping[Any, Text], language: Language
) -> Markup:
    facts = {
        "map.expected_rank": f"{row['expected_rank']:.1f}", "map.first": f"{row['first']:.1%}",
        "map.top_ten": f"{row['top_ten']:.0%}", "map.coverage": f"{row['coverage']:.0%}",
    }  # fmt: skip
    line = Markup("<tr><th style='text-align:left;font-weight:normal'>{}</th><td>{}</td></tr>")
    rows = [line.format(words(key, language), value) for key, value in facts.items()]
    rows += [
        line.format(labels[criterion].in_(language), f"{value:.2f}")
        for criterion, value in places.criteria.loc[label].items()
    ]
    counts = places.qualities.loc[label]
    said = ", ".join(
        f"{words(f'quality.{name}', language)} {count}" for name, count in counts.items() if count
    )
    sources = [source_link(source) for source in places.sources.get(label, [])[:SOURCES_SHOWN]]
    return Markup("<table>{}</table><small>{}: {}<br>{}:<br>{}</small>").format(
        Markup().join(rows), words("map.qualities", language), said,
        words("map.sources", language), Markup("<br>").join(sources),
    )  # fmt: skip


def _legend(language: Language) -> Markup:
    swatch = Markup(
        '<span style="display:inline-block;width:.9em;height:.9em;border-radius:50%;'
        'background:{};margin-right:.4em"></span>{}<br>'
    )
    classes = Markup().join(
        swatch.format(rank_colour(low), words("map.rank_from_to", language, low=low, high=high - 1))
        for low, high in RANK_CLASSES
    )
    title, known, attribution = (
        words(f"map.{name}", language) for name in ("expected_rank", "known", "attribution")
    )
    said = Markup("<b>{}</b><br>{}<small>{}<br>{}</small>")
    return framed(said.format(title, classes, known, attribution), width_em=15)


def framed(legend: Markup, *, width_em: int) -> Markup:
    """Set a legend in the lower left corner of a map."""
    return Markup(
        '<div style="position:fixed;bottom:8px;left:8px;z-index:640;background:white;'
        "max-width:{}em;padding:.6em .8em;border:1px solid #b8bdc5;border-radius:4px;"
        'font:12px sans-serif">{}</div>'
    ).format(width_em, legend)

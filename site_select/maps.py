"""One function per map: one for the screen that works without a network, one for print."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from site_select import flow_maps, map_layers, messages
from site_select.fares import ROAD_CONSTANT_KM, ROAD_FACTOR
from site_select.figures import ACCENT, MARKED, MUTED, blank_axes, short_name, words
from site_select.flow_maps import Flows
from site_select.map_layers import Drawn, outline, sign
from site_select.messages import Language, Text
from site_select.report import source_link

RANK_EDGES = (1, 5, 10, 20, 30, 60)
RANK_CLASSES = tuple(pairwise(RANK_EDGES))
SHARE_EDGES = (0.0, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0)
VALUE_EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MIDDLE_DEGREES = 127.6  # names go to the nearer margin of the printed map
OFTEN, NAMED = 0.5, 10
KOREA = ([33.1, 125.8], [38.4, 129.7])
SPREAD_DEGREES = 0.045  # apart far enough to be told from each other at the first zoom
SMALLEST_PIXELS, GROWTH_PIXELS = 16, 14
SOURCES_SHOWN = 6
NATIONAL = ("name_ko", "kind", "operating_firms", "unsold_1000m2")
GATE_SIGNS = {"port": "▲", "depot": "◆", "ferry_terminal": "△", "airport": "✈"}
OUT = "×"


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
        Ports, depots and the airport, a row per place: ``kind, name_ko, name_en, latitude,
        longitude, throughput, unit, source``.
    national
        Industrial complexes of the country at the centres of their counties, as table
        ``industrial_complexes``.
    counties, provinces
        Boundaries in EPSG:4326.
    """

    complexes: pd.DataFrame
    criteria: pd.DataFrame
    qualities: pd.DataFrame
    sources: "pd.Series[Any]"
    gates: pd.DataFrame
    national: pd.DataFrame
    counties: gpd.GeoDataFrame
    provinces: gpd.GeoDataFrame


def ranking(
    places: Places, names: Mapping[Any, Text], labels: Mapping[Any, Text], *,
    catchment_km: float, flows: Flows | None = None, language: Language,
) -> folium.Map:  # fmt: skip
    """Interactive map of the complexes by expected rank, or by value on one criterion.

    Colour and number give the expected rank, the size how much is known, a ring that the complex
    is often among the first ten. Further layers: complexes that may not stand, ports and depots,
    existing logistics and milk run, catchments of the first ten, all industrial complexes of the
    country, counties and provinces. A complex is found by name or code. Text from data is escaped.

    Parameters
    ----------
    places
        What to show.
    names, labels
        Names of complexes and criteria.
    catchment_km
        Radius of the catchments [km].
    flows
        Ways of the goods of one complex, of which those in and around Korea are drawn.
    language
        Language of labels and popups.
    """
    located = apart(places.complexes.dropna(subset=["latitude", "longitude"]))
    located = located.sort_values("expected_rank")
    board = map_layers.board(zooms=(5, 12))
    map_layers.begin(
        board,
        [_place(row, places, names, labels, language) for _, row in located.iterrows()],
        language, cluster=words("map.cluster", language, count="#"),
        heads=[words(f"map.national.{name}", language) for name in NATIONAL],
        national=_national_note(places.national, language),
    )  # fmt: skip
    map_layers.search(board, [_said(str(label), names) for label in located.index], language)
    _choices(board, located, places.criteria, labels, language)
    stays_out = located["expected_rank"].isna().to_numpy()
    Drawn(
        words("map.not_eligible", language), "marks",
        [[int(number), OUT, 18, f'class="first" style="{_style("#fff", MUTED)}"']
         for number in np.flatnonzero(stays_out)], show=True,
    ).add_to(board)  # fmt: skip
    _gates(board, places.gates, language)
    if flows is not None:
        flow_maps.near(board, flows, language=language)
    _catchments(board, located, catchment_km, words("map.catchments", language))
    Drawn(
        words("map.national", language), "clusters", _by_county(places.national, language)
    ).add_to(board)
    for name, shapes, weight, filled in (
        ("counties", places.counties, 0.5, False), ("provinces", places.provinces, 1.2, True),
    ):  # fmt: skip
        outline(board, shapes, words(f"map.{name}", language), weight=weight, filled=filled,
                show=filled)  # fmt: skip
    legend = _legend(language, with_flows=flows is not None)
    return map_layers.finished(board, legend, list(KOREA), language=language)


def rank_colour(expected_rank: float) -> str:
    """Colour of the class an expected rank falls in, dark blue for the first."""
    classes = len(RANK_CLASSES)
    place = int(np.clip(np.digitize(expected_rank, RANK_EDGES) - 1, 0, classes - 1))
    return str(to_hex(colormaps["cividis"](place / (classes - 1))))


def share_colour(share: float) -> str:
    """Colour of the class a probability falls in, dark blue for the highest."""
    return _colour(share, SHARE_EDGES)


def value_colour(value: float) -> str:
    """Colour of the class a value in [0, 1] falls in, dark blue for the best."""
    return _colour(value, VALUE_EDGES)


def _colour(share: float, edges: tuple[float, ...]) -> str:
    last = len(edges) - 2
    place = int(np.clip(np.digitize(share, edges) - 1, 0, last))
    return str(to_hex(colormaps["cividis"](1 - place / last)))


def printed(
    places: Places, names: Mapping[Any, Text], *,
    by: Literal["top_three", "expected_rank"] = "top_three", marked: str = "", named: int = NAMED,
    language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw a map for print, the leading complexes named.

    Parameters
    ----------
    places
        What to show.
    names
        Names of the complexes.
    by
        What the colour says: probability of being among the first three, or expected rank.
    marked
        Complex that is named and ringed in any case.
    named
        How many of the leading complexes are named.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.0, 7.4)
    places.provinces.plot(ax=ax, facecolor="#f5f6f8", edgecolor="#b8bdc5", linewidth=0.6)
    located = apart(places.complexes.dropna(subset=["latitude", "longitude"]))
    located = located.dropna(subset=[by]).sort_values(by, ascending=by == "top_three")
    colour, classes = _printed_classes(by, language)
    ports = places.gates[places.gates["kind"] == "port"]
    ax.scatter(ports["longitude"], ports["latitude"], marker="^", s=46, color="#333", zorder=3,
               label=words("map.port", language))  # fmt: skip
    ax.scatter(
        located["longitude"], located["latitude"], s=44, zorder=4, linewidths=0.8,
        c=[colour(value) for value in located[by]],
        edgecolors=[MARKED if label == marked else "white" for label in located.index],
    )  # fmt: skip
    first = located[::-1].head(named).index.union([marked] if marked in located.index else [])
    _names_beside(ax, located.loc[first].sort_values("latitude"), names, marked, language)
    for low, label in classes:
        ax.scatter([], [], s=44, color=colour(low), edgecolors="#333", linewidths=0.3, label=label)
    ax.legend(loc="lower left", frameon=False, fontsize=8, title=words(f"map.{by}", language))
    ax.set(xlim=(124.0, 132.4), ylim=(33.0, 38.7), aspect=1.26)
    ax.set_axis_off()
    return ax


def _printed_classes(
    by: str, language: Language
) -> tuple[Callable[[float], str], list[tuple[float, str]]]:
    """Colour of a value, and the lower end and the name of each class, best first."""
    if by == "expected_rank":
        return rank_colour, [(low, _rank_class(low, high, language)) for low, high in RANK_CLASSES]
    shares = reversed(tuple(pairwise(SHARE_EDGES)))
    return share_colour, [(low, f"{low:.0%}–{high:.0%}") for low, high in shares]


def _rank_class(low: int, high: int, language: Language) -> str:
    return words("map.rank_from_to", language, low=low, high=high - 1)


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


def apart(located: pd.DataFrame) -> pd.DataFrame:
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
        popup = Markup("<b>{}</b><br>").format(name)
        if pd.notna(row["throughput"]):
            unit = messages.text_or(f"units.{row['unit']}", row["unit"])
            much = words("map.throughput", language, much=row["throughput"], unit=unit)
            popup += Markup("{}<br>").format(much)
        popup += Markup("<small>{}: {}</small>").format(
            words("map.sources", language), source_link(row["source"])
        )
        sign(row, GATE_SIGNS[row["kind"]], name, popup).add_to(layer)


def _choices(
    board: folium.Map, located: pd.DataFrame, criteria: pd.DataFrame,
    labels: Mapping[Any, Text], language: Language,
) -> None:  # fmt: skip
    """Add the layers of which one is shown: expected rank, then the value on each criterion."""
    ranked = located.dropna(subset=["expected_rank"])
    rows = [_mark(number, f"{row['expected_rank']:.0f}", rank_colour(row["expected_rank"]), row)
            for number, (_, row) in enumerate(ranked.iterrows())]  # fmt: skip
    Drawn(
        words("map.complexes", language), "marks", rows, "rank", is_choice=True, show=True
    ).add_to(board)
    for name, values in criteria.loc[ranked.index].items():
        rows = [_mark(number, f"{value:.1f}", value_colour(value), row)
                for number, (value, (_, row))
                in enumerate(zip(values, ranked.iterrows(), strict=True))]  # fmt: skip
        said = words("map.on_criterion", language, name=labels[name].in_(language))
        Drawn(said, "marks", rows, "value", is_choice=True).add_to(board)


def _mark(number: int, label: str, colour: str, row: "pd.Series[Any]") -> list[object]:
    """One mark: the place, what is written on it, its size and its look."""
    ring = MARKED if row["top_ten"] >= OFTEN else "#fff"
    first = ' class="first"' if number < NAMED else ""
    size = SMALLEST_PIXELS + GROWTH_PIXELS * float(row["coverage"])
    return [number, label, round(size), f'{first} style="{_style(colour, ring)}"']


def _style(colour: str, ring: str = "#fff") -> str:
    width = 3 if ring == MARKED else 1
    return f"background:{colour};color:{_ink(colour)};box-shadow:0 0 0 {width}px {ring}"


def _ink(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour (WCAG relative luminance)."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels > 0.04045, ((channels + 0.055) / 1.055) ** 2.4, channels / 12.92)  # noqa: PLR2004
    is_dark = linear @ (0.2126, 0.7152, 0.0722) < 0.179  # noqa: PLR2004 - equal contrast to both
    return "#fff" if is_dark else "#000"


def _said(label: str, names: Mapping[Any, Text]) -> str:
    """What a complex is found by."""
    return f"{label} · {names[label].ko} · {names[label].en}"


def _place(
    row: "pd.Series[Any]", places: Places, names: Mapping[Any, Text],
    labels: Mapping[Any, Text], language: Language,
) -> dict[str, object]:  # fmt: skip
    label = str(row.name)
    popup = _head(label, row, names, language)
    if pd.notna(row["expected_rank"]):
        popup += _body(label, row, places, labels, language)
    return {
        "id": label, "name": f"{names[label].in_(language)} ({label})",
        "said": _said(label, names), "at": [round(row["latitude"], 5), round(row["longitude"], 5)],
        "popup": popup,
    }  # fmt: skip


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
    sources = [
        source_link(messages.translated("sources", source).in_(language))
        for source in places.sources.get(label, [])[:SOURCES_SHOWN]
    ]
    return Markup("<table>{}</table><small>{}: {}<br>{}:<br>{}</small>").format(
        Markup().join(rows), words("map.qualities", language), said,
        words("map.sources", language), Markup("<br>").join(sources),
    )  # fmt: skip


def _by_county(national: pd.DataFrame, language: Language) -> list[dict[str, object]]:
    """Industrial complexes by county: where its centre is and a row for each of them."""
    kind = national["type_ko"] if language == "ko" else national["type"].str.replace("_", " ")
    figures = {name: national[name].map("{:,.0f}".format) for name in NATIONAL[2:]}
    rows = national.assign(kind=kind, **figures)[[*NATIONAL]].to_numpy()
    names = national["county_ko"] + ", " + national[f"province_{language}"]
    groups: Any = national.groupby(["latitude", "longitude", names], sort=False).indices
    return [
        {"name": name, "at": [float(latitude), float(longitude)], "rows": rows[own].tolist()}
        for (latitude, longitude, name), own in groups.items()
    ]


def _national_note(national: pd.DataFrame, language: Language) -> Markup:
    sources = [source_link(source) for source in national["source"].unique()]
    return Markup("{}<br>{}: {}").format(
        words("map.national.note", language, day=national["as_of"].max()),
        words("map.sources", language), Markup("; ").join(sources),
    )  # fmt: skip


def _legend(language: Language, *, with_flows: bool) -> Markup:
    swatch = Markup('<span class="swatch" style="{}">{}</span>{}<br>')
    ranks = [
        swatch.format(_style(rank_colour(low)), "", _rank_class(low, high, language))
        for low, high in RANK_CLASSES
    ]
    values = [
        swatch.format(_style(value_colour(low)), "", f"{low:.1f}–{high:.1f}")
        for low, high in reversed(tuple(pairwise(VALUE_EDGES)))
    ]
    part = Markup('<div data-of="{}"{}>{}<br>{}</div>')
    signs = [(OUT, "map.not_eligible"), *((GATE_SIGNS[kind], f"map.{kind}")
             for kind in ("port", "depot", "airport"))]  # fmt: skip
    return Markup("{}{}<p>{}</p><p>{}<br>{}</p><p><small>{}</small></p>").format(
        part.format("rank", "", words("map.expected_rank", language), Markup().join(ranks)),
        part.format("value", Markup(" hidden"), words("map.value", language),
                    Markup().join(values)),
        words("map.known", language),
        Markup("<br>").join(f"{sign} {words(key, language)}" for sign, key in signs),
        flow_maps.chain_lines(language) if with_flows else "",
        words("map.attribution", language),
    )  # fmt: skip

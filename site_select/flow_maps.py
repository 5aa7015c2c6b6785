"""Map of the ways that goods take today and on the milk run, which works without a network."""

from typing import Any, NamedTuple

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup, escape

from site_select import map_layers
from site_select.cost_figures import words
from site_select.figures import ACCENT, MARKED
from site_select.map_layers import begin, finished, in_script, outline, sign
from site_select.messages import Language

SIGNS = {"supplier": "●", "port": "▲", "airport": "✈", "warehouse": "■", "complex": "★"}
CHAINS = (("milk_run", ACCENT, 7, 0.45), ("existing", MARKED, 2.5, 0.95))
DASHES = {"air": "9 7", "ship": "", "road": "2 6", "local": "2 6"}
POINTS_OF_ARC = 65
AROUND_KOREA = shapely.box(32.0, 122.0, 39.5, 133.0)  # latitude comes first in a course
RINGS, SMALLEST_RING = {False: 1.5, True: 4}, 9  # pixels; a heavy one where no way leads around


class Flows(NamedTuple):
    """Everything the map shows.

    Attributes
    ----------
    land
        Outline of land in EPSG:4326.
    sea
        Course of the ships from the port of departure to the port of arrival, in EPSG:4326.
    points
        Places by key: ``kind`` (``supplier, port, airport, warehouse, complex``), ``name`` (Text),
        ``latitude``, ``longitude``; may have ``share`` (of the weight that passes the place, 0..1
        or missing) and ``critical`` (whether there is no way around it).
    legs
        Stretches: ``chain`` (``existing`` or ``milk_run``), ``way`` (``air, ship, road, local``),
        ``start`` and ``end``, keys of the points.
    """

    land: gpd.GeoDataFrame
    sea: shapely.LineString
    points: pd.DataFrame
    legs: pd.DataFrame


def flows(places: Flows, *, language: Language) -> folium.Map:
    """Interactive map of existing logistics and the milk run, a layer each.

    Air goes dashed along the great circle, ships along their course, roads dotted and straight.
    The milk run is drawn broad below existing logistics, so that a common way shows both. A place
    whose share is known has a ring, the wider the more passes it. Text from data is escaped.

    Parameters
    ----------
    places
        What to show.
    language
        Language of labels and popups.
    """
    board = map_layers.board(zooms=(1, 10))
    begin(board, [], language)
    outline(board, places.land, words("map.land", language), weight=0.6, filled=True, show=True)
    courses = [_course(leg, places) for _, leg in places.legs.iterrows()]
    _chains(board, places.legs, courses, "", language=language)
    signs = folium.FeatureGroup(words("map.places", language)).add_to(board)
    for _, row in places.points.iterrows():
        _sign(row, language).add_to(signs)
        if pd.notna(row.get("share")):
            folium.CircleMarker(
                [row["latitude"], row["longitude"]], radius=SMALLEST_RING + 14 * row["share"],
                color="#222", weight=RINGS[bool(row.get("critical", False))],
            ).add_to(signs)  # fmt: skip
    every = np.concatenate([*courses, places.points[["latitude", "longitude"]].to_numpy(float)])
    bounds = [every.min(axis=0).tolist(), every.max(axis=0).tolist()]
    return finished(board, _legend(places.points, language), bounds, language=language)


def near(board: folium.Map, places: Flows, *, language: Language) -> None:
    """Add to a map of Korea the ways in and around it, a layer for each chain, off at first.

    Parameters
    ----------
    board
        The map.
    places
        What to show.
    language
        Language of labels.
    """
    courses = [_clipped(_course(leg, places)) for _, leg in places.legs.iterrows()]
    whose = f": {places.points['name']['complex'].in_(language)}"
    _chains(board, places.legs, courses, whose, language=language, show=False)


def _clipped(course: list[list[float]]) -> list[list[float]]:
    """The last part of a course that lies around Korea; nothing if it passes elsewhere."""
    parts = shapely.get_parts(shapely.intersection(shapely.LineString(course), AROUND_KOREA))
    return shapely.get_coordinates(parts[-1]).tolist() if len(parts) else []


def _chains(
    board: folium.Map, legs: pd.DataFrame, courses: list[list[list[float]]], whose: str, *,
    language: Language, show: bool = True,
) -> None:  # fmt: skip
    """Add a layer for each chain with the course of each of its stretches, if it has one."""
    for chain, colour, weight, opacity in CHAINS:
        name = words(f"chain.{chain}", language)
        layer = folium.FeatureGroup(in_script(escape(name + whose)), show=show).add_to(board)
        for (_, leg), course in zip(legs.iterrows(), courses, strict=True):
            if leg["chain"] != chain or not course:
                continue
            said = Markup("{}: {}").format(name, words(f"way.{leg['way']}", language))
            folium.PolyLine(
                course, in_script(said), color=colour, weight=weight, opacity=opacity,
                dash_array=DASHES[leg["way"]] or None,
            ).add_to(layer)  # type: ignore[no-untyped-call]  # fmt: skip


def _course(leg: "pd.Series[Any]", places: Flows) -> list[list[float]]:
    """Points of a stretch as latitude and longitude."""
    ends = places.points.loc[[leg["start"], leg["end"]], ["latitude", "longitude"]].to_numpy(float)
    if leg["way"] == "ship":
        course = shapely.get_coordinates(places.sea)[:, ::-1]
        return [ends[0].tolist(), *course.tolist(), ends[1].tolist()]
    return great_circle(*ends) if leg["way"] == "air" else ends.tolist()


def great_circle(start: np.ndarray, end: np.ndarray) -> list[list[float]]:
    """Points on the shortest way over the globe, as latitude and longitude [degrees].

    They divide the chord between the ends evenly, seen from the centre of the globe.

    Parameters
    ----------
    start, end
        Latitude and longitude [degrees], not opposite each other on the globe.

    Examples
    --------
    >>> np.round(great_circle(np.array([0.0, 0.0]), np.array([0.0, 90.0]))[32], 6).tolist()
    [0.0, 45.0]
    """
    latitude, longitude = np.radians([start, end]).T
    flat, share = np.cos(latitude), np.linspace(0, 1, POINTS_OF_ARC)
    x, y, z = (
        ends[0] * (1 - share) + ends[1] * share
        for ends in (flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude))
    )
    arc = np.degrees([np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)]).T
    return [[float(north), float(east)] for north, east in arc]


def _sign(row: "pd.Series[Any]", language: Language) -> folium.Marker:
    name = escape(row["name"].in_(language))
    said = [words(f"map.{row['kind']}", language)]
    if pd.notna(row.get("share")):
        said.append(words("map.share", language, share=row["share"]))
    if row.get("critical", False):
        said.append(words("map.critical", language))
    popup = Markup("<b>{}</b><br>{}").format(name, Markup("<br>").join(said))
    return sign(row, SIGNS[row["kind"]], name, popup)


def chain_lines(language: Language) -> Markup:
    """Legend of the chains."""
    return Markup().join(
        _line(colour, width, opacity, "", words(f"chain.{chain}", language))
        for chain, colour, width, opacity in CHAINS
    )


def _line(colour: str, width: float, opacity: float, dashes: str, name: str) -> Markup:
    return Markup(
        '<svg width="34" height="9" aria-hidden="true"><path d="M0 4H34" stroke="{}" '
        'stroke-width="{}" stroke-opacity="{}" stroke-dasharray="{}"/></svg> {}<br>'
    ).format(colour, width, opacity, dashes, name)


def _legend(points: pd.DataFrame, language: Language) -> Markup:
    rows = [chain_lines(language)]
    rows += [_line("#222", 2, 1, DASHES[way], words(f"way.{way}", language))
             for way in ("air", "ship", "road")]  # fmt: skip
    ring = Markup('<svg width="34" height="20" style="vertical-align:middle" aria-hidden="true">'
                  '<circle cx="17" cy="10" r="7" fill="none" stroke="#222" stroke-width="{}"/>'
                  "</svg> {}<br>")  # fmt: skip
    if "share" in points and points["share"].notna().any():
        rows += [ring.format(RINGS[False], words("map.ring", language)),
                 ring.format(RINGS[True], words("map.critical", language))]  # fmt: skip
    said = Markup("{}<p><small>{}</small></p>")
    return said.format(Markup().join(rows), words("map.attribution", language))

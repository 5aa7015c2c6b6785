"""Both flows are on the map, along the courses they take; nothing is fetched, no text is script."""

import re

import made_up
import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

from site_select import flow_maps, messages
from site_select.messages import LANGUAGES, Text
from site_select.offline import offline

POINTS = pd.DataFrame(
    [
        ("supplier", Text("공급사", "Supplier"), 49.0, 9.0),
        ("port", Text("로테르담항", "Rotterdam"), 51.95, 4.05),
        ("airport", Text("프랑크푸르트공항", "Frankfurt"), 50.03, 8.57),
        ("port", Text("부산신항", "Busan New Port"), 35.08, 128.83),
        ("airport", Text("인천국제공항", "Incheon"), 37.47, 126.45),
        ("complex", Text("광주", "Gwangju"), 35.14, 126.85),
    ],
    index=["supplier", "from_port", "from_airport", "to_port", "to_airport", "complex"],
    columns=["kind", "name", "latitude", "longitude"],
)
LEGS = pd.DataFrame(
    [
        ("existing", "road", "supplier", "from_airport"),
        ("existing", "air", "from_airport", "to_airport"),
        ("existing", "road", "to_airport", "complex"),
        ("milk_run", "road", "supplier", "from_port"),
        ("milk_run", "ship", "from_port", "to_port"),
        ("milk_run", "road", "to_port", "complex"),
    ],
    columns=["chain", "way", "start", "end"],
)

SIGN = r"var marker_\w+ = L\.marker\("


def flows(**changed):
    everything = made_up.desk().survey
    sea = everything.sea_lanes.set_index("route").geometry["shortest"]
    return flow_maps.Flows(everything.land, sea, POINTS, LEGS)._replace(**changed)


def html(places, language="en"):
    return flow_maps.flows(places, language=language).get_root().render()


@pytest.fixture(scope="module", params=LANGUAGES)
def drawn(request):
    return request.param, html(flows(), request.param)


def words(key, language):
    return messages.text(f"cost_figures.{key}").in_(language)


def test_there_is_a_layer_for_each_chain_in_the_language_of_the_map(drawn):
    language, _ = drawn
    board = flow_maps.flows(flows(), language=language)
    layers = {child.layer_name for child in board._children.values()
              if hasattr(child, "layer_name")}  # fmt: skip
    keys = ("chain.existing", "chain.milk_run", "map.land", "map.places")
    assert layers == {words(key, language) for key in keys}


def test_every_leg_is_a_line_and_every_place_a_sign(drawn):
    assert drawn[1].count("L.polyline(") == len(LEGS)
    assert len(re.findall(SIGN, drawn[1])) == len(POINTS)


def test_air_is_dashed_ships_are_solid_and_roads_dotted(drawn):
    dashes = re.findall(r'"dashArray": ("[\d ]+"|null)', drawn[1])
    lines = dashes[-len(LEGS) :]
    assert sorted(lines) == sorted(['"9 7"', "null", *['"2 6"'] * 4])


def test_map_asks_for_nothing(drawn):
    """`offline` raises where an address or a background tile is left."""
    assert "L.tileLayer" not in drawn[1]
    assert 'src="http' not in offline(drawn[1])


def test_popups_name_the_place_and_its_kind_and_the_source_of_the_land_is_said(drawn):
    language, page = drawn
    assert (
        f"<b>{POINTS['name']['to_port'].in_(language)}</b><br>{words('map.port', language)}" in page
    )
    assert str(escape(words("map.attribution", language))) in page


def test_air_goes_along_the_great_circle():
    """Halfway from 60°N 0°E to 60°N 180°E is the pole; along the equator it stays there."""
    arc = np.array(flow_maps.great_circle(np.array([60.0, 0.0]), np.array([60.0, 180.0])))
    assert arc[32, 0] == pytest.approx(90)
    flat = np.array(flow_maps.great_circle(np.array([0.0, 10.0]), np.array([0.0, 30.0])))
    np.testing.assert_allclose(flat[:, 0], 0, atol=1e-12)
    assert flat[[0, 32, -1], 1].tolist() == pytest.approx([10, 20, 30])


def test_places_at_one_point_make_an_arc_of_no_length():
    here = np.array([37.5, 126.5])
    np.testing.assert_allclose(flow_maps.great_circle(here, here), np.tile(here, (65, 1)))


def test_ship_goes_from_port_to_port_by_its_course():
    places = flows()
    course = flow_maps._course(LEGS.iloc[4], places)
    assert course[0] == [51.95, 4.05]
    assert course[-1] == [35.08, 128.83]
    assert len(course) == len(places.sea.coords) + 2
    assert course[1] == [places.sea.coords[0][1], places.sea.coords[0][0]]


@pytest.mark.parametrize("route", ["shortest", "suez_and_panama_closed"])
def test_courses_are_as_long_as_the_sea_routes_against_searoute(route):
    """Length over the globe of the course that is drawn and of the row of `sea_routes`."""
    everything = made_up.desk().survey
    lane = everything.sea_lanes.set_index("route").loc[route]
    lon, lat = np.radians(lane.geometry.coords).T
    chord = np.sin(np.diff(lat) / 2) ** 2
    chord += np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
    length_nm = (2 * 6371.0088 * np.arcsin(np.sqrt(chord))).sum() / 1.852
    routes = everything.sea_routes.set_index(["origin", "destination", "route"])["distance_nm"]
    expected = routes[(lane["origin"], lane["destination"], route)]
    assert length_nm == pytest.approx(expected, rel=0.005)


def test_one_course_goes_by_suez_and_the_other_round_the_cape():
    lanes = made_up.desk().survey.sea_lanes.set_index("route").geometry
    south = lanes.bounds["miny"]
    assert south["shortest"] > 0
    assert south["suez_and_panama_closed"] < -34


def test_land_is_one_valid_outline_of_the_old_world_and_small():
    land = made_up.desk().survey.land
    assert land.geometry.is_valid.all()
    assert land.total_bounds[[0, 2, 3]].tolist() == [-20, 150, 75]
    file = made_up.REFERENCE / "boundaries" / "land_110m.geojson"
    assert file.stat().st_size < 120_000


HOSTILE = "<script>alert(7)</script>${alert(8)}`\\`"


def test_hostile_name_never_becomes_markup_or_script():
    """Popups and tooltips stand in script templates, which `, $ and \\ could end."""
    hostile = html(flows(points=POINTS.assign(name=[Text(HOSTILE, HOSTILE)] * len(POINTS))))
    plain = html(flows(points=POINTS.assign(name=[Text("N", "N")] * len(POINTS))))
    for sign in ("<script", "</script", "${", "`"):
        assert hostile.count(sign) == plain.count(sign), sign


def test_places_without_a_way_are_still_shown():
    page = html(flows(legs=LEGS.iloc[:0]))
    assert page.count("L.polyline(") == 0
    assert len(re.findall(SIGN, page)) == len(POINTS)


RINGED = POINTS.assign(
    share=[np.nan, 0.9, 0.1, 0.9, 0.1, 1.0], critical=[False, False, False, True, False, True]
)


def alike(page):
    """Page with the ids that folium draws at random numbered in the order they come."""
    ids = {}
    return re.sub(r"[0-9a-f]{32}", lambda found: ids.setdefault(found[0], str(len(ids))), page)


def test_place_with_a_share_says_it_and_whether_a_way_leads_around():
    pages = {language: html(flows(points=RINGED), language) for language in LANGUAGES}
    assert "<b>Rotterdam</b><br>port<br>90% of the weight passes here</div>" in pages["en"]
    assert "port<br>90% of the weight passes here<br>no way around</div>" in pages["en"]
    assert "<b>Supplier</b><br>supplier</div>" in pages["en"]
    assert "항만<br>중량의 90%가 이곳을 통과<br>우회로 없음</div>" in pages["ko"]


def test_ring_grows_with_the_share_and_is_heavy_where_no_way_leads_around(drawn):
    language, _ = drawn
    page = html(flows(points=RINGED), language)
    rings = [
        (
            float(re.search(r'"radius": ([\d.]+)', ring)[1]),
            float(re.search(r'"weight": ([\d.]+)', ring)[1]),
        )
        for ring in re.findall(r"L\.circleMarker\(.*?\)\.addTo", page, flags=re.DOTALL)
    ]
    assert rings == [
        (pytest.approx(radius), weight)
        for radius, weight in ((21.6, 1.5), (10.4, 1.5), (21.6, 4), (10.4, 1.5), (23, 4))
    ]
    assert page.count("<circle") == 2
    assert words("map.ring", language) in page


def test_without_any_share_the_map_is_as_without_the_columns(drawn):
    language, page = drawn
    bare = POINTS.assign(share=np.nan, critical=False)
    assert alike(html(flows(points=bare), language)) == alike(page)
    assert "circleMarker" not in page
    assert "<circle" not in page

"""Every complex with a place is on the map, nothing is fetched, no text becomes script."""

import re

import made_up
import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from matplotlib import pyplot as plt

from site_select import maps, messages, report, summaries
from site_select.messages import LANGUAGES, Text

LAYERS = ("provinces", "counties", "catchments", "ports", "not_eligible", "complexes")


@pytest.fixture(scope="module")
def places():
    return summaries.places(made_up.desk(), made_up.desk_result())


def board(places, language="en", names=None):
    desk = made_up.desk()
    return maps.ranking(
        places, desk.names if names is None else names, desk.labels, catchment_km=50,
        language=language,
    )  # fmt: skip


@pytest.fixture(scope="module", params=LANGUAGES)
def drawn(request, places):
    language = request.param
    return language, board(places, language).get_root().render()


def word(key, language):
    return messages.text(f"figures.map.{key}").in_(language)


def test_layers_are_named_in_the_language_of_the_map(places, drawn):
    language, _ = drawn
    layers = {child.layer_name for child in board(places, language)._children.values()
              if hasattr(child, "layer_name")}  # fmt: skip
    assert layers == {word(name, language) for name in LAYERS}


def test_nothing_is_a_tile_layer(drawn):
    assert "L.tileLayer" not in drawn[1]
    assert "tile.openstreetmap" not in drawn[1]


def test_every_complex_with_a_place_has_one_marker(drawn):
    """56 of the 58; RC57 and RC58 have no point."""
    assert drawn[1].count("L.circleMarker(") == 56


def test_first_ten_have_a_catchment_shorter_than_the_road(drawn):
    """50 km of road are (50 - 4.78) / 1.258 = 35.9 km as the crow flies."""
    assert len(re.findall(r"L\.circle\(", drawn[1])) == 10
    radius = re.findall(r'"radius": (\d+)\.', drawn[1])
    assert radius.count("35945") == 10


def test_every_gate_with_a_point_has_a_sign(places, drawn):
    """Eight bases of five ports, of which seven have a point, and the airport."""
    located = places.gates.dropna(subset=["latitude"])
    assert set(located["kind"]) == {"port", "airport"}
    assert drawn[1].count("L.marker(") == len(located)
    assert located[f"name_{drawn[0]}"].isin([""]).sum() == 0


def test_popup_has_the_four_partial_values_the_quality_and_the_sources(places, drawn):
    language, html = drawn
    labels = made_up.desk().labels
    for criterion, value in places.criteria.loc["RC15"].items():
        cell = f"{labels[criterion].in_(language)}</th><td>{value:.2f}</td>"
        assert cell in html
    assert word("sources", language) in html
    assert 'rel="noreferrer noopener"' in html


def test_boundaries_carry_no_attribute_and_the_attribution_is_there(drawn):
    language, html = drawn
    assert '"properties": {}' in html
    assert "NGII" in word("attribution", language)
    assert str(escape(word("attribution", language))) in html


def test_complexes_that_share_a_point_are_set_apart_and_the_others_stay():
    """Two at one point lie 0.045 degrees of it, on opposite sides."""
    frame = pd.DataFrame({"latitude": [36.0, 36.0, 37.0], "longitude": [127.0, 127.0, 128.0]},
                         index=list("ABC"))  # fmt: skip
    moved = maps._apart(frame)
    assert moved.loc["C", ["latitude", "longitude"]].tolist() == [37, 128]
    assert moved["is_shared"].tolist() == [True, True, False]
    assert moved.loc[["A", "B"], "latitude"].mean() == pytest.approx(36)
    assert moved.loc[["A", "B"], "longitude"].mean() == pytest.approx(127)
    points = moved.loc[["A", "B"], ["latitude", "longitude"]].to_numpy(float)
    assert np.hypot(*np.diff(points, axis=0)[0]) > maps.SPREAD_DEGREES


def test_no_two_markers_of_the_desk_study_cover_each_other(places):
    moved = maps._apart(places.complexes.dropna(subset=["latitude"]))
    assert not moved.duplicated(["latitude", "longitude"]).any()


HOSTILE = (
    "<script>alert(7)</script>", "${alert(7)}", "`+alert(7)+`", "\\`+alert(7)//", "</script>",
    '"><img src=x onerror=alert(7)>', '=HYPERLINK("http://x")',
)  # fmt: skip


def test_name_never_becomes_markup_or_script(places):
    """Popups and tooltips stand in script templates, which `, $ and \\ could end."""
    names, plain = made_up.desk().names.copy(), made_up.desk().names.copy()
    for label, hostile in zip(names.index, HOSTILE, strict=False):
        names[label], plain[label] = Text(hostile, hostile), Text("N", "N")
    html, usual = (board(places, "ko", some).get_root().render() for some in (names, plain))
    for sign in ("<script", "</script", "<img", "${", "`"):
        assert html.count(sign) == usual.count(sign), sign


def test_name_source_or_gate_is_never_read_as_a_template(places):
    said = "{{7000*7001}}{% if 1 %}shown{% endif %}{# hidden #}"
    desk, first = made_up.desk(), places.complexes["expected_rank"].idxmin()
    names = desk.names.copy()
    names.loc[first] = Text(ko=said, en=said)
    sources = places.sources.copy()
    sources.loc[first] = [said]
    gates = places.gates.assign(name_ko=said, name_en=said)
    html = board(places._replace(sources=sources, gates=gates), names=names).get_root().render()
    assert "49007000" not in html
    whole = said.replace("{", "&#123;")
    # tooltip, and both languages and the source in the popup; a tooltip for each gate
    assert html.count(whole) == 4 + places.gates["latitude"].notna().sum()


def test_hostile_source_and_gate_never_become_markup_or_script(places):
    hostile = "<script>alert(7)</script>${alert(8)}`"
    sources = places.sources.copy()
    sources["RC15"] = [hostile]
    gates = places.gates.assign(name_ko=hostile, name_en=hostile)
    plain = places._replace(
        sources=sources.map(lambda own: ["source"] if own == [hostile] else own),
        gates=gates.assign(name_ko="gate", name_en="gate"),
    )
    hostile_places = places._replace(sources=sources, gates=gates)
    html, usual = (board(some).get_root().render() for some in (hostile_places, plain))
    for sign in ("<script", "${", "`"):
        assert html.count(sign) == usual.count(sign), sign


def test_colours_go_by_class_of_expected_rank():
    assert maps.rank_colour(1) == maps.rank_colour(4.9)
    assert maps.rank_colour(4.9) != maps.rank_colour(5)
    colours = [maps.rank_colour(low) for low, _ in maps.RANK_CLASSES]
    assert len(set(colours)) == len(maps.RANK_CLASSES)
    assert maps.rank_colour(99) == colours[-1]


def test_printed_map_has_a_dot_for_every_alternative_with_a_place(places):
    desk = made_up.desk()
    with report.drawing_style():
        axes = maps.printed(places, desk.names, marked="RC15", language="ko")
        axes.figure.canvas.draw()
    located = places.complexes.dropna(subset=["latitude", "top_three"])
    dots = [len(dots.get_offsets()) for dots in axes.collections if len(dots.get_offsets()) > 20]
    assert dots == [len(located)]
    said = [text.get_text() for text in axes.texts]
    assert any("RC15" in text for text in said)
    first = located["top_three"].nlargest(10).index
    assert all(any(text.endswith(label) for text in said) for label in first)
    plt.close("all")


def test_names_beside_the_printed_map_do_not_cover_each_other():
    heights = maps._spaced(np.array([36.0, 36.0, 36.05, 37.5]), 0.2)
    assert (np.diff(heights) >= 0.2 - 1e-3).all()
    assert heights[-1] == pytest.approx(37.5)

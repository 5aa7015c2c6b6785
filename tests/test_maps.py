"""Every complex with a place is on the map, nothing is fetched, no text becomes script."""

import json
import re

import made_up
import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from site_select import costings, economics, maps, messages, summaries
from site_select.figures import MARKED
from site_select.messages import LANGUAGES, Text
from site_select.offline import offline

CHOICES = ("Expected rank", "Value: Supply-chain stability", "Value: Economic effect",
           "Value: Basic infrastructure", "Value: Geographic conditions")  # fmt: skip
HOSTILE = (
    "<script>alert(7)</script>", "${alert(7)}", "`+alert(7)+`", "\\`+alert(7)//", "</script>",
    '"><img src=x onerror=alert(7)>', '=HYPERLINK("http://x")', "<!--<script>", "-->",
    "]]><script>alert(7)</script>", "<svg/onload=alert(7)>", "{{7000*7001}}", "{% raw %}", "{# x",
    "<iframe srcdoc='<script>parent.alert(7)</script>'>", "javascript:alert(7)", "');alert(7);//",
    "&lt;img src=x onerror=alert(7)&gt;", "</title></style><b onclick=alert(7)>", "\u2028alert(7)",
)  # fmt: skip


@pytest.fixture(scope="module")
def places():
    return summaries.places(made_up.desk(), made_up.desk_result())


@pytest.fixture(scope="module")
def flows():
    desk = made_up.desk()
    return costings.flows(desk, economics.sites(desk, ["RC05"])["RC05"])


def board(places, language="en", names=None, labels=None, **options):
    desk = made_up.desk()
    return maps.ranking(
        places, desk.names if names is None else names, desk.labels if labels is None else labels,
        catchment_km=50, language=language, **options,
    )  # fmt: skip


@pytest.fixture(scope="module", params=LANGUAGES)
def drawn(request, places, flows):
    language = request.param
    return language, board(places, language, flows=flows).get_root().render()


def word(key, language):
    return messages.text(f"figures.map.{key}").in_(language)


def calls(html, function):
    """Arguments of every call of a function of ``map.js``."""
    written = re.findall(rf"drawn\.{function}\((.*)\);", html)
    return [json.loads(f"[{own}]") for own in written]


def begun(html):
    return calls(html, "begin")[0][0]


def layers_of(board, *, is_choice):
    return [child.layer_name for child in board._children.values()
            if hasattr(child, "layer_name") and child.overlay != is_choice]  # fmt: skip


def test_rank_and_each_criterion_are_layers_of_which_one_is_shown(places):
    assert tuple(layers_of(board(places), is_choice=True)) == CHOICES


def test_layers_are_named_in_the_language_of_the_map(places, flows):
    drawn = board(places, "ko", flows=flows)
    assert layers_of(drawn, is_choice=False) == [
        "제외된 단지", "항만·내륙기지·공항", "밀크런: 안산 스마트허브 피앤피단지",
        "기존 물류: 안산 스마트허브 피앤피단지", "앞선 열 단지의 배후권", "전국 산업단지",
        "시군구 경계", "시도 경계",
    ]  # fmt: skip


def test_a_map_without_flows_has_no_layer_of_them(places):
    assert len(layers_of(board(places), is_choice=False)) == 6


def test_nothing_is_a_tile_layer(drawn):
    assert "L.tileLayer" not in drawn[1]
    assert "tile.openstreetmap" not in drawn[1]


def test_document_is_small_and_asks_for_nothing(drawn):
    """`offline` raises where an address is left; the map of the desk study has 700 KB at most."""
    assert len(offline(drawn[1], language=drawn[0], title="map").encode()) < 700_000


def test_every_complex_with_a_place_can_be_found_and_has_a_mark(places, drawn):
    """56 of the 58; RC57 and RC58 have no point."""
    known = [place["id"] for place in begun(drawn[1])["places"]]
    assert len(known) == len(set(known)) == 56
    marks = calls(drawn[1], "marks")
    ranked, out = marks[0][0], marks[5][0]
    assert sorted(row[0] for row in ranked + out) == list(range(56))
    expected = places.complexes["expected_rank"]
    assert {known[row[0]] for row in out} == set(expected.index[expected.isna()]) & set(known)


def test_first_ten_are_named_by_their_rank_at_every_zoom(places, drawn):
    rows = calls(drawn[1], "marks")[0][0]
    ranks = places.complexes["expected_rank"].dropna().sort_values()
    assert [row[1] for row in rows[:3]] == [f"{rank:.0f}" for rank in ranks.iloc[:3]]
    assert ["first" in row[3] for row in rows] == [True] * 10 + [False] * (len(rows) - 10)


def test_size_says_how_much_is_known_and_the_ring_who_is_often_in_front():
    row = pd.Series({"top_ten": 0.5, "coverage": 0.5})
    assert maps._mark(0, "3", "#ffffff", row)[:3] == [0, "3", 23]
    assert f"3px {MARKED}" in maps._mark(0, "3", "#ffffff", row)[3]
    rarely = pd.Series({"top_ten": 0.49, "coverage": 1.0})
    assert maps._mark(10, "3", "#ffffff", rarely)[2] == 30
    assert MARKED not in maps._mark(10, "3", "#ffffff", rarely)[3]


def test_marks_of_a_criterion_say_its_value(places, drawn):
    marks = calls(drawn[1], "marks")
    known = [place["id"] for place in begun(drawn[1])["places"]]
    for (rows, legend), (_, values) in zip(marks[1:5], places.criteria.items(), strict=True):
        assert legend == "value"
        assert [row[1] for row in rows] == [f"{values[known[row[0]]]:.1f}" for row in rows]


def luminance(colour):
    """Relative luminance of WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [
    *(maps.rank_colour(low) for low in maps.RANK_EDGES[:-1]),
    *(maps.value_colour(low) for low in maps.VALUE_EDGES[:-1]),
])  # fmt: skip
def test_number_on_a_mark_has_contrast_enough(colour):
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    light, dark = sorted((luminance(colour), luminance(maps._ink(colour))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_first_ten_have_a_catchment_shorter_than_the_road(drawn):
    """50 km of road are (50 - 4.78) / 1.258 = 35.9 km as the crow flies."""
    assert len(re.findall(r"L\.circle\(", drawn[1])) == 10
    radius = re.findall(r'"radius": (\d+)\.', drawn[1])
    assert radius.count("35945") == 10


def test_every_gate_with_a_point_has_a_sign_and_its_source(places, drawn):
    """Eleven bases with a point, the depot of Uiwang among them, and the airport."""
    language, html = drawn
    located = places.gates.dropna(subset=["latitude"])
    assert set(located["kind"]) == {"port", "depot", "airport"}
    assert len(re.findall(r"var marker_\w+ = L\.marker", html)) == len(located) == 12
    assert {"en": "24,400,000 TEU a year", "ko": "연 24,400,000 TEU"}[language] in html
    assert "MOLIT notice 2026-55" in html


def test_popup_has_the_four_partial_values_the_quality_and_the_sources(places, drawn):
    language, html = drawn
    labels = made_up.desk().labels
    popup = next(place["popup"] for place in begun(html)["places"] if place["id"] == "RC15")
    for criterion, value in places.criteria.loc["RC15"].items():
        assert f"{labels[criterion].in_(language)}</th><td>{value:.2f}</td>" in popup
    assert word("sources", language) in popup
    assert 'rel="noreferrer noopener"' in popup


def test_complexes_that_may_not_stand_have_a_popup_without_a_rank(drawn):
    language, html = drawn
    number = calls(html, "marks")[5][0][0][0]
    popup = begun(html)["places"][number]["popup"]
    assert word("expected_rank", language) not in popup
    assert "<b>" in popup


def test_a_complex_is_found_by_code_and_by_both_names(drawn):
    said = [place["said"] for place in begun(drawn[1])["places"] if place["id"] == "RC15"]
    name = made_up.desk().names["RC15"]
    assert said == [f"RC15 · {name.ko} · {name.en}"]
    assert f'<option value="{escape(said[0])}">' in drawn[1]


def test_all_industrial_complexes_stand_at_the_centre_of_their_county(drawn):
    """1,363 complexes in 190 counties; 구로구 has two, with 13,970 and 199 firms running."""
    language, html = drawn
    counties = calls(html, "clusters")[0][0]
    assert len(counties) == 190
    assert sum(len(county["rows"]) for county in counties) == 1363
    first = counties[0]
    assert first["name"] == {"ko": "구로구, 서울", "en": "구로구, Seoul"}[language]
    assert first["at"] == [37.49407, 126.86057]
    kinds = {"ko": ("국가", "일반"), "en": ("national", "general")}[language]
    assert first["rows"] == [
        ["한국수출산업", kinds[0], "13,970", "0"], ["서울온수", kinds[1], "199", "0"]
    ]  # fmt: skip
    note = begun(html)["words"]["national"]
    assert {"ko": "시군구의 중심", "en": "centre of the county"}[language] in note
    assert "2025-12-31" in note
    assert "KICOX" in note


def test_ways_are_cut_to_the_surroundings_of_korea(drawn):
    """For both chains ship and road from the port, for existing logistics also air and on."""
    lines = [json.loads(own) for own in re.findall(r"L\.polyline\(\s*(\[\[.*?\]\])", drawn[1])]
    points = np.concatenate(lines)
    assert points.min(axis=0)[0] == pytest.approx(32)
    assert points.min(axis=0)[1] >= 122
    assert points.max(axis=0)[0] <= 39.5
    assert len(lines) == 6


def test_attribution_is_there_and_no_attribute_of_a_boundary_is(drawn):
    language, html = drawn
    assert "NGII" in word("attribution", language)
    assert str(escape(word("attribution", language))) in html
    assert "properties" not in html


def test_complexes_that_share_a_point_are_set_apart_and_the_others_stay():
    """Two at one point lie 0.045 degrees of it, on opposite sides."""
    frame = pd.DataFrame({"latitude": [36.0, 36.0, 37.0], "longitude": [127.0, 127.0, 128.0]},
                         index=list("ABC"))  # fmt: skip
    moved = maps.apart(frame)
    assert moved.loc["C", ["latitude", "longitude"]].tolist() == [37, 128]
    assert moved["is_shared"].tolist() == [True, True, False]
    assert moved.loc[["A", "B"], "latitude"].mean() == pytest.approx(36)
    assert moved.loc[["A", "B"], "longitude"].mean() == pytest.approx(127)
    points = moved.loc[["A", "B"], ["latitude", "longitude"]].to_numpy(float)
    assert np.hypot(*np.diff(points, axis=0)[0]) > maps.SPREAD_DEGREES


def test_no_two_markers_of_the_desk_study_cover_each_other(places):
    moved = maps.apart(places.complexes.dropna(subset=["latitude"]))
    assert not moved.duplicated(["latitude", "longitude"]).any()


def everywhere(places, text):
    """The places, with one text in every slot that holds words."""
    complexes = places.complexes.assign(location_precision=text)
    gates = places.gates.assign(name_ko=text, name_en=text, unit=text, source=text)
    words = dict.fromkeys(["name_ko", "type_ko", "type", "county_ko", "province_ko",
                           "province_en", "as_of", "source"], text)  # fmt: skip
    sources = places.sources.map(lambda _: [text])
    return places._replace(complexes=complexes, gates=gates, sources=sources,
                           national=places.national.iloc[:2].assign(**words))  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_slot_never_becomes_markup_or_script(places, text, flows):
    """Signs that could end a script, a template or a tag are as many as with a harmless text."""
    desk = made_up.desk()

    def html(words):
        names = desk.names.map(lambda _: Text(words, words))
        labels = {name: Text(words, words) for name in desk.labels.index}
        points = flows.points.assign(name=[Text(words, words)] * len(flows.points))
        return board(everywhere(places, words), "ko", names, labels,
                     flows=flows._replace(points=points)).get_root().render()  # fmt: skip

    hostile, plain = (
        re.sub("<datalist.*?</datalist>", "", html(words), flags=re.DOTALL) for words in (text, "N")
    )
    for sign in (
        "<script",
        "</script",
        "<img",
        "<svg/",
        "<iframe",
        "<b onclick",
        "<!--",
        "${",
        "`",
        "49007000",
    ):
        assert hostile.count(sign) == plain.count(sign), sign


def test_colours_go_by_class_of_expected_rank():
    assert maps.rank_colour(1) == maps.rank_colour(4.9)
    assert maps.rank_colour(4.9) != maps.rank_colour(5)
    colours = [maps.rank_colour(low) for low, _ in maps.RANK_CLASSES]
    assert len(set(colours)) == len(maps.RANK_CLASSES)
    assert maps.rank_colour(99) == colours[-1]


def test_colours_of_values_and_shares_are_dark_for_the_best():
    assert maps.value_colour(1.0) == maps.value_colour(0.8) == maps.share_colour(1.0)
    assert maps.value_colour(0.0) == maps.value_colour(0.19) == maps.share_colour(0.0)
    assert luminance(maps.value_colour(1.0)) < luminance(maps.value_colour(0.0))


@pytest.mark.parametrize("by", ["top_three", "expected_rank"])
@pytest.mark.usefixtures("style")
def test_printed_map_has_a_dot_for_every_alternative_and_names_the_leaders(places, by):
    desk = made_up.desk()
    axes = maps.printed(places, desk.names, by=by, marked="RC15", language="ko")
    axes.figure.canvas.draw()
    located = places.complexes.dropna(subset=["latitude", by])
    dots = [len(dots.get_offsets()) for dots in axes.collections if len(dots.get_offsets()) > 20]
    assert dots == [len(located)]
    said = [text.get_text() for text in axes.texts]
    assert any("RC15" in text for text in said)
    best = located[by].nlargest(10) if by == "top_three" else located[by].nsmallest(10)
    assert all(any(text.endswith(label) for text in said) for label in best.index)
    assert axes.get_legend().get_title().get_text() == word(by, "ko")
    plt.close("all")


def test_names_beside_the_printed_map_do_not_cover_each_other():
    heights = maps._spaced(np.array([36.0, 36.0, 36.05, 37.5]), 0.2)
    assert (np.diff(heights) >= 0.2 - 1e-3).all()
    assert heights[-1] == pytest.approx(37.5)

"""What each figure of the decision brief draws: places, bars, chains, in colour and without it."""

import geopandas as gpd
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from shapely import box

from site_select import brief_figures, messages
from site_select.messages import LANGUAGES, Text

HOSTILE = Text("<script>alert(7)</script> $x_1$", '"><img onerror=alert(7)> $x_1$')
LAND = gpd.GeoDataFrame(geometry=[box(126, 34, 129, 38)], crs="EPSG:4326")
POINTS = pd.DataFrame(
    [(37.3, 126.8, 1, True), (37.3, 126.8, 2, True), (35.1, 129.0, 3, True),
     (36.0, 128.0, 4, False), (None, None, 5, True)],
    index=list("ABCDE"), columns=["latitude", "longitude", "rank", "is_shown"],
)  # fmt: skip
STRETCHES = pd.DataFrame(
    [("existing", 0, "road", 1.5, 2.3), ("existing", 1, "air", 1.0, 1.0),
     ("existing", 1, "ship", 32.0, 32.0), ("existing", 2, "road", 0.4, 0.6),
     ("milk_run", 0, "road", 2.0, 2.0), ("milk_run", 1, "ship", 32.0, 32.0),
     ("milk_run", 2, "road", 0.4, 0.4), ("milk_run", 3, "local", 0.0, 0.0)],
    columns=["chain", "step", "way", "low", "high"],
)  # fmt: skip
BY_TRUCK = pd.DataFrame(
    [("existing", 0, "road", 0.5, 0.5), ("milk_run", 0, "road", 0.7, 0.7),
     ("milk_run", 1, "local", 0.0, 0.0)], columns=STRETCHES.columns,
)  # fmt: skip
NODES = {
    (chain, node): Text(f"{node} 곳", f"{node} place")
    for chain in ("existing", "milk_run")
    for node in ("supplier", "departure", "arrival", "warehouse", "complex")
}
SPREAD = pd.DataFrame(
    [(49, 56, 66), (50, 99, 180), (222e6, 500e6, 980e6), (-0.4, 45, 90)],
    index=pd.Index(["days", "shipments", "cost", "co2e"], name="measure"),
    columns=["low", "middle", "high"], dtype=float,
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("style")


def measures(*chains):
    return pd.concat(dict.fromkeys(chains, SPREAD), names=["chain", "measure"])


def drawn(stretches=STRETCHES, of=("surveyed", "own_best", "milk_run"), nodes=NODES, language="en"):
    return brief_figures.chains(stretches, measures(*of), nodes, language=language)


def texts(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def arrows(axes):
    return [text for text in axes.texts if getattr(text, "arrow_patch", None) is not None]


# the small map


def test_map_numbers_the_shown_complexes_and_leaves_out_who_has_no_place():
    axes = brief_figures.locations(POINTS, LAND, language="en")
    assert sorted(texts(axes)) == ["1", "2", "3"]
    dots = axes.collections[1].get_offsets()
    assert len(dots) == 4


def test_map_sets_the_marked_complex_off_by_shape_and_colour():
    axes = brief_figures.locations(POINTS, LAND, marked="C", language="ko")
    looks = {text.get_text(): text.get_bbox_patch() for text in axes.texts}
    assert type(looks["3"].get_boxstyle()).__name__ == "Square"
    assert type(looks["1"].get_boxstyle()).__name__ == "Circle"
    assert to_hex(looks["3"].get_facecolor()) == brief_figures.MARKED


def test_map_keeps_numbers_of_one_place_apart():
    axes = brief_figures.locations(POINTS, LAND, language="en")
    heights = sorted(text.xyann[1] for text in axes.texts if text.get_text() in "12")
    assert heights[1] - heights[0] == pytest.approx(brief_figures.LABEL_DEGREES)
    assert sum(heights) / 2 == pytest.approx(37.3)


def test_map_writes_numbers_at_the_nearer_side():
    axes = brief_figures.locations(POINTS, LAND, language="en")
    sides = {text.get_text(): text.xyann[0] for text in axes.texts}
    assert sides == {"1": 125.15, "2": 125.15, "3": 129.95}


# the bars


def test_bars_are_the_parts_of_the_score_in_the_order_given():
    parts = pd.DataFrame({"near": [0.3, 0.1], "large": [0.2, 0.3]}, index=["A", "B"])
    names = {"A": Text("1. 가", "1. A"), "B": HOSTILE}
    labels = {"near": Text("가까움", "near"), "large": Text("큼", "large")}
    axes = brief_figures.leaders(parts, names, labels, marked="B", language="en")
    assert [bar.get_width() for bar in axes.patches] == [0.3, 0.1, 0.2, 0.3]
    assert len({bar.get_hatch() for bar in axes.patches}) == 2
    assert [text.get_text() for text in axes.texts] == ["0.50", "0.40"]
    assert axes.get_yticklabels()[0].get_text() == "1. A A"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["near", "large"]


# the two chains


@pytest.mark.parametrize("language", LANGUAGES)
def test_chains_say_title_days_and_measures(language):
    said = texts(drawn(language=language))
    for chain in ("surveyed", "milk_run"):
        assert messages.text(f"brief.chart.lane.{chain}").in_(language) in said
    for chain in ("surveyed", "own_best", "milk_run"):
        assert messages.text(f"cost_figures.chain.{chain}").in_(language) in said


def test_chains_write_each_measure_with_its_spread():
    said = texts(drawn())
    assert said.count("56 days (49–66)") == 3
    assert said.count("99 shipments a year (50–180)") == 3
    assert said.count("KRW 500 M a year (222–980)") == 3
    assert said.count("CO2e 45 t a year (0–90)") == 3


def test_stretches_carry_way_and_days_as_a_range_where_modes_differ():
    said = texts(drawn())
    assert {"road 1.5–2.3 d", "air 1.0 d", "ship 32.0 d", "road 2.0 d"} <= set(said)
    assert "local distribution" in said


def test_ways_differ_without_colour():
    styles = {(arrow.arrow_patch.get_linestyle(), arrow.arrow_patch.get_linewidth())
              for arrow in arrows(drawn())}  # fmt: skip
    assert len(styles) == 4


def test_every_stretch_is_an_arrow_and_two_modes_run_side_by_side():
    found = arrows(drawn())
    assert len(found) == 8
    heights = {round(arrow.xyann[1], 2) for arrow in found}
    assert len(heights) == 4  # road, air and ship above each other, and the milk run


def test_the_milk_run_alone_passes_a_warehouse():
    said = texts(drawn())
    assert said.count("warehouse place") == 1
    assert said.count("departure place") == 2


def test_goods_by_truck_pass_no_gate():
    said = texts(drawn(BY_TRUCK, ("own_best", "milk_run")))
    assert "departure place" not in said
    assert "arrival place" not in said
    assert said.count("supplier place") == 2


def test_where_nobody_asked_the_chain_says_so():
    said = texts(drawn(of=("own_best", "milk_run")))
    assert messages.text("brief.chart.lane.own_best").en in said
    assert messages.text("brief.chart.lane.surveyed").en not in said
    assert said.count("56 days (49–66)") == 2


def test_hostile_names_of_places_stay_text():
    nodes = {key: Text("$x_1$ <b>", "$x_1$ <b>") for key in NODES}
    assert texts(drawn(nodes=nodes)).count("$x_1$ <b>") == 9

"""What each figure of costs draws: labels, lengths, order and what is told apart without colour."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb

from site_select import cost_figures, messages, milkrun, report
from site_select.messages import LANGUAGES, Text

HOSTILE = Text("<script>alert(7)</script> $x_1$", '"><img onerror=alert(7)> $x_1$')
PARAMETERS = pd.Series({name: Text(f"{name} 값", f"{name} value") for name in "xyz"})
STRETCHES = pd.DataFrame(
    [
        ("air", 0, "air", 18.0, 14.0, "road", 2e6, 1.5, 3.0),
        ("air", 1, "air", 18.0, 14.0, "air", 80e6, 1.0, 85.5),
        ("air", 2, "air", 18.0, 14.0, "road", 7e6, 0.5, 1.4),
        ("milk_run", 0, "sea_fcl20", 1.0, 55.0, "road", 8e6, 1.5, 3.3),
        ("milk_run", 1, "sea_fcl20", 1.0, 55.0, "ship", 7e6, 32.0, 16.0),
        ("milk_run", 2, "sea_fcl20", 1.0, 55.0, "road", 5e6, 0.4, 2.6),
        ("milk_run", 9, "sea_fcl20", 1.0, 55.0, "local", 3.1e6, 0.0, 0.0),
    ],
    columns=["chain", "step", "mode", "shipments", "lead_days", "way", "krw", "days", "co2e_t"],
).set_index(["chain", "step"])
STEPS = pd.DataFrame({
    "existing": [200e6, 300e6], "mode_and_lot": [10e6, 30e6], "pooling": [-10e6, -30e6],
    "collection_tour": [0.0, 0.0], "stock": [40e6, 60e6], "milk_run": [160e6, 240e6],
    "price_effect": [70e6, 90e6],
})  # fmt: skip
SAVINGS = pd.DataFrame(
    [[-2e6, 1e6, 4e6, 0.5e6, 2e6, 3e6], [-1e6, 2e6, 5e6, 2e6, 3e6, 4e6]],
    index=["A", "B"],
    columns=["per_firm_low", "per_firm", "per_firm_high", "own_low", "own", "own_high"],
)


pytestmark = pytest.mark.usefixtures("style")


def words(key, language, **values):
    return messages.text(f"cost_figures.{key}", **values).in_(language)


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def arrows(axes):
    return [text for text in axes.texts if getattr(text, "arrow_patch", None) is not None]


def segments(lines):
    return [segment[:, 0].tolist() for segment in lines.get_segments()]


def test_chains_have_a_lane_each_with_their_places_from_left_to_right(language):
    axes = cost_figures.chains(STRETCHES, {}, language=language)
    nodes = [
        ["supplier", "departure_airport", "arrival_airport", "complex"],
        ["supplier", "departure_port", "arrival_port", "warehouse", "complex"],
    ]
    boxes = [text for text in axes.texts if text.get_bbox_patch() is not None]
    lanes = [[box for box in boxes if box.xy[1] == y] for y in (0, -cost_figures.LANE_INCHES)]
    assert [[box.get_text().replace("\n", " ") for box in lane] for lane in lanes] == [
        [words(f"node.{node}", language) for node in lane] for lane in nodes
    ]
    for lane in lanes:
        assert all(one.xy[0] < other.xy[0] for one, other in pairwise(lane))
    assert lanes[0][-1].xy[0] == lanes[1][-1].xy[0]


def test_chains_tell_mode_shipments_and_lead_time_of_each_lane():
    titles = {
        language: [text for text in texts(cost_figures.chains(STRETCHES, {}, language=language))
                   if ":" in text]
        for language in LANGUAGES
    }  # fmt: skip
    assert titles["en"] == [
        "Existing logistics, air: 18 shipments a year, lead time 14 days",
        "Milk run, sea, 20 ft container (FCL): 1 shipment a year, lead time 55 days",
    ]
    assert titles["ko"] == [
        "기존 물류, 항공: 연 18회 선적, 조달기간 14일",
        "밀크런, 해상 20피트 컨테이너(FCL): 연 1회 선적, 조달기간 55일",
    ]


def test_arrows_carry_days_cost_and_emissions_and_leave_out_what_is_zero():
    axes = cost_figures.chains(STRETCHES, {}, language="en")
    assert len(arrows(axes)) == len(STRETCHES)
    said = texts(axes)
    assert "1.0 days\n80.0 M KRW" in said
    assert "85.5 t CO2e" in said
    assert "3.1 M KRW" in said
    assert not any(text.startswith("0.0 ") for text in said)


def test_arrows_of_each_way_differ_in_colour_and_dashes_and_the_legend_names_those_drawn(language):
    axes = cost_figures.chains(STRETCHES.loc[["air"]], {}, language=language)
    assert legend(axes) == [words(f"way.{way}", language) for way in ("air", "road")]
    drawn = [(to_hex(arrow.arrow_patch.get_edgecolor()), arrow.arrow_patch.get_linestyle())
             for arrow in arrows(axes)]  # fmt: skip
    assert drawn[0] == drawn[2] != drawn[1]
    colours, dashes, _ = zip(*cost_figures.WAYS.values(), strict=True)
    assert len(set(colours)) == len(set(dashes)) == 4


def test_truck_goes_from_supplier_to_firms_and_with_the_milk_run_by_the_warehouse():
    row = {"shipments": 2.0, "lead_days": 3.0, "krw": 1e6, "days": 1.0, "co2e_t": 1.0,
           "mode": "truck"}  # fmt: skip
    rows = [("truck", 0, "road"), ("milk_run", 0, "road"), ("milk_run", 9, "local")]
    table = pd.DataFrame([{"chain": chain, "step": step, "way": way, **row}
                          for chain, step, way in rows])  # fmt: skip
    axes = cost_figures.chains(table.set_index(["chain", "step"]), {}, language="en")
    assert len(arrows(axes)) == 3
    assert texts(axes).count("shared\nwarehouse") + texts(axes).count("shared warehouse") == 1


def test_given_names_of_places_are_used_and_long_ones_are_cut(language):
    names = {"departure_airport": Text("공항 " * 40, "airport " * 40), "supplier": HOSTILE}
    axes = cost_figures.chains(STRETCHES, names, language=language)
    (written,) = [text for text in texts(axes) if text.endswith("…")]
    assert written.count("\n") == 3


def test_components_are_stacked_in_millions_and_end_with_their_sum(language):
    table = pd.DataFrame(0.0, index=["own_best", "milk_run"], columns=milkrun.COMPONENTS)
    table[["freight", "warehouse", "cycle_stock"]] = [[60e6, 0, 40e6], [20e6, 10e6, 30e6]]
    axes = cost_figures.components(table, language=language)
    widths = [[bar.get_width() for bar in bars] for bars in axes.containers]
    assert widths == [[60, 20], [0, 10], [40, 30]]
    assert [bar.get_x() for bar in axes.containers[2]] == [60, 30]
    assert texts(axes) == ["100", "60"]
    assert ticks(axes.yaxis) == [words(f"chain.{chain}", language) for chain in table.index]
    assert legend(axes) == [
        words(f"component.{name}", language) for name in ("freight", "warehouse", "cycle_stock")
    ]


def test_every_component_has_a_style_that_differs_in_hatching_or_lightness():
    """Luminance of the sRGB colours, so that a black-and-white print tells them apart."""
    names = [name for group, _, _ in cost_figures.GROUPS for name in group]
    assert names == list(milkrun.COMPONENTS)
    for _, _, colours in cost_figures.GROUPS:
        light = [np.dot([0.2126, 0.7152, 0.0722], to_rgb(colour)) for colour in colours]
        assert all(other - one > 0.1 for one, other in pairwise(light))
    assert len({hatch for _, hatch, _ in cost_figures.GROUPS}) == len(cost_figures.GROUPS)


def test_waterfall_goes_down_by_the_mean_of_each_step_to_the_milk_run(language):
    """Means 250 - 20 + 20 - 0 - 50 = 200; the price effect of 80 stands on its own."""
    axes = cost_figures.waterfall(STEPS, language=language)
    bars = [(bars[0].get_y(), bars[0].get_height()) for bars in axes.containers]
    assert bars == [(0, 250), (250, -20), (230, 20), (250, 0), (250, -50), (0, 200), (0, 80)]
    assert texts(axes) == ["250", "-20", "+20", "+0", "-50", "200", "80"]
    assert [label.replace("\n", " ") for label in ticks(axes.xaxis)] == [
        words(f"step.{name}", language) for name in STEPS
    ]
    assert axes.get_ylabel() == words("axis.waterfall", language)


def test_price_effect_is_hatched_and_set_apart_and_a_step_that_costs_looks_different():
    axes = cost_figures.waterfall(STEPS, language="en")
    hatches = [bars[0].get_hatch() for bars in axes.containers]
    assert hatches == ["", "", "...", "", "", "", "///"]
    places = [bars[0].get_x() for bars in axes.containers]
    assert places[-1] - places[-2] > places[-2] - places[-3] + 0.5


def test_whiskers_of_the_waterfall_are_5_and_95_percent_of_the_draws():
    """Between two draws of 10 and 30: 11 and 29, taken from 250."""
    axes = cost_figures.waterfall(STEPS, language="en")
    whiskers = [lines.get_segments()[0] for lines in axes.collections]
    upright = [line[:, 1].tolist() for line in whiskers if line[0, 0] == line[1, 0]]
    assert upright[0] == pytest.approx([205, 295])
    assert upright[1] == pytest.approx([239, 221])
    assert len(upright) == len(STEPS.columns)


def test_tornado_has_a_bar_to_either_side_of_the_base_for_each_parameter(language):
    table = pd.DataFrame({"at_low": [10e6, 50e6], "at_high": [60e6, 35e6]}, index=["y", "x"])
    axes = cost_figures.tornado(table, PARAMETERS, 40e6, language=language)
    high, low = axes.containers
    assert [bar.get_width() for bar in high] == [20, -5]
    assert [bar.get_width() for bar in low] == [-30, 10]
    assert {bar.get_x() for bar in [*high, *low]} == {40}
    assert high[0].get_hatch() != low[0].get_hatch()
    assert ticks(axes.yaxis) == [PARAMETERS[name].in_(language) for name in "yx"]
    assert legend(axes) == [words(f"tornado.{end}", language) for end in ("at_high", "at_low")]
    assert "40.0" in axes.get_xlabel()


def test_sobol_indices_are_paired_bars_in_the_order_given(language):
    table = pd.DataFrame({"first": [0.5, -0.01], "total": [0.6, 0.02]}, index=["z", "x"])
    axes = cost_figures.sobol(table, PARAMETERS, language=language)
    assert [[bar.get_width() for bar in bars] for bars in axes.containers] == [
        [0.5, -0.01], [0.6, 0.02],
    ]  # fmt: skip
    assert ticks(axes.yaxis) == [PARAMETERS[name].in_(language) for name in "zx"]
    assert legend(axes) == [words(f"sobol.{index}", language) for index in table]


def test_firms_go_by_cost_alone_and_a_mark_is_filled_where_a_firm_pays_more(language):
    shares = {"alone": np.array([3e6, 1e6]), "equal": np.array([2e6, 2e6]),
              "proportional": np.array([2.4e6, 0.8e6]),
              "square_root": np.array([3e6, 1e6])}  # fmt: skip
    axes = cost_figures.firm_costs(shares, language=language)
    assert axes.lines[0].get_ydata().tolist() == [1, 3]
    drawn = [marks for marks in axes.collections if len(marks.get_offsets())]
    assert [marks.get_offsets()[:, 1].tolist() for marks in drawn] == [[2, 2], [0.8, 2.4], [1, 3]]
    faces = [[to_hex(face) for face in marks.get_facecolors()] for marks in drawn]
    assert faces == [["#e69f00", "#ffffff"], ["#ffffff"] * 2, ["#ffffff"] * 2]
    assert legend(axes) == [
        words(f"rule.{rule}", language)
        for rule in ("alone", "equal", "proportional", "square_root")
    ]
    shapes = {tuple(marks.get_paths()[0].vertices.ravel()) for marks in drawn}
    assert len(shapes) == 3


def test_published_figures_stand_beside_the_interval_of_the_model(language):
    rows = pd.DataFrame({
        "label": [Text("계획", "plan"), Text("결과", "result")], "low": [20, 30], "value": [45, 60],
        "high": [70, 95], "published_low": [np.nan, 130], "published": [140, 135],
        "published_high": [np.nan, 140],
    })  # fmt: skip
    axes = cost_figures.against_published(rows, axis="saving", language=language)
    model, middles, published, told = axes.collections
    assert segments(model) == [[20, 70], [30, 95]]
    assert published.get_segments()[-1][:, 0].tolist() == [130, 140]
    assert [marks.get_offsets()[:, 0].tolist() for marks in (middles, told)] == [
        [45, 60], [140, 135],
    ]  # fmt: skip
    assert ticks(axes.yaxis) == [label.in_(language) for label in rows["label"]]
    assert axes.get_xlabel() == words("axis.saving", language)


@pytest.mark.parametrize("axis", ["saving", "rate", "share_of_purchase", "runs"])
def test_every_published_quantity_has_an_axis_in_both_languages(axis):
    assert words(f"axis.{axis}", "ko") != words(f"axis.{axis}", "en")


def test_nearest_settings_are_drawn_in_the_range_of_those_tried(language):
    """On a prior of 10 to 20, 12 to 18 is 0.2 to 0.8; only the one that has to move is filled."""
    names = {"a": Text("가", "A"), "b": Text("나", "B")}
    table = pd.DataFrame({
        "prior_low": [10.0, 0], "prior": [15.0, 1], "prior_high": [20.0, 4], "low": [12.0, 3],
        "value": [16.0, 3.6], "high": [18.0, 5], "is_moved": [False, True],
    }, index=["a", "b"])  # fmt: skip
    axes = cost_figures.prior_posterior(table, names, language=language)
    lines, dots = axes.collections
    np.testing.assert_allclose(segments(lines), [[0.2, 0.8], [0.75, 1.25]])
    assert dots.get_offsets()[:, 0].tolist() == pytest.approx([0.6, 0.9])
    first, second = dots.get_facecolors().tolist()
    assert first == [1, 1, 1, 1]
    assert second != first
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(0, 1), (0, 1)]
    assert ticks(axes.yaxis) == [names[name].in_(language) for name in "ab"]
    assert axes.get_xlabel() == words("axis.prior", language)
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert set(told) == {words(f"prior.{kind}", language) for kind in ("tried", "moved", "kept")}


def test_savings_go_from_the_largest_down_with_two_intervals_each(language):
    names = {label: Text(f"단지{label}", f"Complex {label}") for label in "AB"}
    axes = cost_figures.savings(SAVINGS, names, marked="A", language=language)
    every, own, dots = axes.collections
    assert segments(every) == [[-1, 5], [-2, 4]]
    assert segments(own) == [[2, 4], [0.5, 3]]
    assert own.get_linewidth() > every.get_linewidth()
    assert dots.get_offsets()[:, 0].tolist() == [3, 2]
    assert ticks(axes.yaxis) == [f"{names[label].in_(language)} {label}" for label in "BA"]
    weights = [tick.get_fontweight() for tick in axes.get_yticklabels()]
    assert weights == ["normal", "bold"]
    assert texts(axes) == []


def test_few_large_losses_end_at_the_axis_with_an_arrow_and_their_value():
    """Of eight complexes one may go beyond the axis."""
    table = pd.concat([SAVINGS.iloc[[0]]] * 8).set_axis(list("ABCDEFGH"))
    table.loc["H"] = [-90e6, -70e6, -60e6, -80e6, -75e6, -65e6]
    names = {label: Text(label, label) for label in table.index}
    axes = cost_figures.savings(table, names, language="en")
    assert texts(axes) == ["◀ -75"]
    assert axes.get_xlim()[0] == -2


def test_no_name_becomes_markup_or_mathematics(language):
    table = pd.DataFrame({"at_low": [1e6], "at_high": [3e6]}, index=["x"])
    tornado = cost_figures.tornado(table, {"x": HOSTILE}, 2e6, language=language)
    chains = cost_figures.chains(STRETCHES, {"supplier": HOSTILE}, language=language)
    for axes in (tornado, chains):
        svg = report._svg(axes, "figure", "figure")
        assert "<script" not in svg
        assert "<img" not in svg
        assert "&lt;" in svg or "&gt;" in svg
        assert "$x_1$" in svg


def test_where_nothing_varies_or_travels_the_axes_stay_empty(language):
    drawn = [
        cost_figures.tornado(pd.DataFrame(columns=["at_low", "at_high"], dtype=float), {}, 0.0,
                             language=language),
        cost_figures.sobol(pd.DataFrame(columns=["first", "total"], dtype=float), {},
                           language=language),
        cost_figures.chains(STRETCHES.iloc[:0], {}, language=language),
    ]  # fmt: skip
    for axes in drawn:
        axes.figure.canvas.draw()
        assert texts(axes) == []


def test_one_draw_and_one_firm_are_enough(language):
    waterfall = cost_figures.waterfall(STEPS.iloc[:1], language=language)
    assert texts(waterfall)[0] == "200"
    one = dict.fromkeys(("alone", "equal", "proportional", "square_root"), np.array([2e6]))
    assert ticks(cost_figures.firm_costs(one, language=language).xaxis) == ["1"]


def test_figure_is_drawn_on_the_axes_it_is_given_and_the_table_stays_as_it_was():
    given, before = plt.subplots()[1], SAVINGS.copy()
    names = {label: Text(label, label) for label in "AB"}
    assert cost_figures.savings(SAVINGS, names, ax=given, language="en") is given
    pd.testing.assert_frame_equal(before, SAVINGS)

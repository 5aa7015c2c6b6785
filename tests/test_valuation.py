"""Anchors are fixed, so value depends on nothing but the performance and the stated shape."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_select import valuation
from site_select.errors import SettingsError

FEW = settings(max_examples=40)  # each builds tables
FINITE = st.floats(-1e6, 1e6)
ANCHORS = st.tuples(FINITE, FINITE).filter(lambda pair: abs(pair[0] - pair[1]) > 1e-3)


def criterion(worst, best, shape="", shape_points=""):
    return pd.Series(
        {"worst": float(worst), "best": float(best), "shape": shape, "shape_points": shape_points},
        name="x", dtype=object,
    )  # fmt: skip


def shaped(performance, *row):
    """Values of one indicator of a shape."""
    cells = pd.MultiIndex.from_product(
        [range(len(performance)), ["x"]], names=["complex_id", "indicator"]
    )
    frame = pd.DataFrame({"value": np.asarray(performance, dtype=float)}, cells)
    criteria = criterion(*row).to_frame().T
    return valuation.partial_values(frame, criteria)["value"].to_numpy()


def value_of(performance, worst, best):
    cells = pd.MultiIndex.from_product(
        [range(len(performance)), ["x"]], names=["complex_id", "indicator"]
    )
    frame = pd.DataFrame({"value": np.asarray(performance, dtype=float)}, cells)
    criteria = pd.DataFrame({"worst": [worst], "best": [best]}, index=["x"], dtype=float)
    return valuation.partial_values(frame, criteria)["value"].to_numpy()


def test_value_is_linear_between_the_anchors_and_level_outside():
    """Fare: worst 900, best 100; 700 is a quarter of the way up."""
    found = value_of([1000, 900, 700, 500, 100, 0], 900, 100)
    assert found.tolist() == [0, 0, 0.25, 0.5, 1, 1]


@FEW
@given(ANCHORS)
def test_anchors_are_worth_0_and_1(anchors):
    worst, best = anchors
    assert value_of([worst, best], worst, best).tolist() == [0, 1]


@FEW
@given(FINITE, FINITE, ANCHORS)
def test_nearer_to_the_best_is_never_worth_less(one, other, anchors):
    worst, best = anchors
    far, near = sorted([one, other], key=lambda x: (x - worst) / (best - worst))
    lower, higher = value_of([far, near], worst, best)
    assert 0 <= lower <= higher <= 1


@FEW
@given(st.lists(FINITE, min_size=1, max_size=6), ANCHORS, st.floats(0.01, 100), FINITE)
def test_change_of_unit_together_with_its_anchors_changes_nothing(values, anchors, scale, shift):
    worst, best = anchors
    other = [x * scale + shift for x in values]
    np.testing.assert_allclose(
        value_of(values, worst, best),
        value_of(other, worst * scale + shift, best * scale + shift), atol=1e-4,
    )  # fmt: skip


@FEW
@given(st.lists(FINITE, min_size=1, max_size=6), FINITE, ANCHORS)
def test_adding_a_complex_changes_the_value_of_no_other(values, added, anchors):
    alone = value_of(values, *anchors)
    np.testing.assert_array_equal(value_of([*values, added], *anchors)[:-1], alone)


def test_unknown_stays_unknown():
    assert np.isnan(value_of([np.nan], 0, 1)).all()


def test_cells_beyond_an_anchor_are_named():
    cells = pd.MultiIndex.from_product([["A", "B", "C"], ["x"]], names=["complex_id", "indicator"])
    frame = pd.DataFrame({"value": [-1.0, 5.0, 11.0]}, cells)
    criteria = pd.DataFrame({"worst": [10.0], "best": [0.0]}, index=["x"])
    beyond = valuation.outside_anchors(frame, criteria)
    assert beyond.index.unique("complex_id").tolist() == ["A", "C"]


def test_anchors_of_the_desk_study_hold_every_fare():
    """They are the extremes of the 3,480 towns of the notice."""
    result = made_up.desk_result()
    beyond = valuation.outside_anchors(result.performance, made_up.desk().criteria)
    indicators = set(beyond.index.get_level_values("indicator"))
    assert not indicators & {"port_haulage_fare", "second_port_extra_km", "shared_logistics"}


@pytest.mark.parametrize("bound", ["worst", "best"])
def test_every_indicator_of_the_desk_study_says_why_its_anchors_are_there(bound):
    criteria = made_up.desk().criteria
    indicators = criteria[criteria["parent"] != "pilot_site"]
    assert indicators[bound].notna().all()
    assert (indicators[["anchors_ko", "anchors_en", "why_ko", "why_en"]] != "").all(axis=None)


PIECEWISE = (900, 100, "piecewise", "700=0.6; 300=0.9")
STEP = (0, 40, "step", "10=0.5; 30=0.8")
CONCAVE = (0, 100, "exponential", "25=0.5")
CONVEX = (0, 100, "exponential", "75=0.5")
TARGET = (0, 20, "target", "50=0")
SHAPED = [(900, 100), PIECEWISE, STEP, CONCAVE, CONVEX, TARGET, (20, 0, "target")]


def test_no_shape_and_an_empty_shape_are_linear():
    assert shaped([700, 300], 900, 100).tolist() == [0.25, 0.75]
    assert shaped([700, 300], 900, 100, "linear").tolist() == [0.25, 0.75]
    assert shaped([700, 300], 900, 100, np.nan, np.nan).tolist() == [0.25, 0.75]


def test_piecewise_joins_the_anchors_and_the_points_by_straight_lines():
    """(900, 0), (700, 0.6), (300, 0.9), (100, 1): half-way between two points is their mean."""
    found = shaped([1000, 900, 800, 700, 500, 300, 200, 100, 50], *PIECEWISE)
    assert found == pytest.approx([0, 0, 0.3, 0.6, 0.75, 0.9, 0.95, 1, 1])


def test_order_in_which_points_are_written_and_anchors_among_them_change_nothing():
    written = "300=0.9;100=1; 900=0 ;700=0.6;"
    found = shaped([800, 500, 200], 900, 100, "piecewise", written)
    assert found == pytest.approx([0.3, 0.75, 0.95])


def test_step_has_the_value_of_the_last_point_reached():
    found = shaped([-5, 0, 9.99, 10, 29.99, 30, 39.99, 40, 50], *STEP)
    assert found.tolist() == [0, 0, 0, 0.5, 0.5, 0.8, 0.8, 1, 1]


def test_step_counts_downwards_where_less_is_better():
    found = shaped([100, 60.01, 60, 20, 19.99, 0], 100, 0, "step", "60=0.4; 20=1")
    assert found.tolist() == [0, 0, 0.4, 1, 1, 1]


def test_exponential_through_half_the_value_at_a_quarter_of_the_way():
    """With x = exp(-c/4): 1 + x + x² + x³ = 2, so x = 0.5436890 (the tribonacci constant is 1/x)
    and v(1/2) = 1 / (1 + x²) = 0.7718445."""
    found = shaped([-10, 0, 25, 50, 100, 110], *CONCAVE)
    assert found == pytest.approx([0, 0, 0.5, 0.7718445063460382, 1, 1], abs=1e-12)


def test_convex_exponential_is_the_concave_one_seen_from_best():
    found = shaped([0, 50, 75, 100], *CONVEX)
    assert found == pytest.approx([0, 1 - 0.7718445063460382, 0.5, 1], abs=1e-12)


def test_exponential_where_less_is_better():
    """Worst 8, best 0, 0.8 at the middle: exp(-c/2) = 1/4, v(1/4) = (1 - 1/2) / (1 - 1/16)."""
    found = shaped([8, 6, 4, 0], 8, 0, "exponential", "4=0.8")
    assert found == pytest.approx([0, 8 / 15, 0.8, 1], abs=1e-12)


def test_exponential_through_the_line_is_the_line():
    found = shaped([10, 40, 90], 0, 100, "exponential", "40=0.4")
    assert found == pytest.approx([0.1, 0.4, 0.9])


def test_target_falls_on_both_sides_to_its_own_zeros():
    """Best 20: from 0 over 20 units below, to 0 over 30 units above."""
    found = shaped([-1, 0, 5, 20, 35, 50, 60], *TARGET)
    assert found == pytest.approx([0, 0, 0.25, 1, 0.5, 0, 0])


def test_target_without_a_point_is_mirrored():
    assert shaped([5, 15, 25, 35, 45], 0, 20, "target") == pytest.approx(
        [0.25, 0.75, 0.75, 0.25, 0]
    )
    assert shaped([35, 25, 15, 5], 40, 20, "target") == pytest.approx([0.25, 0.75, 0.75, 0.25])


@pytest.mark.parametrize("row", SHAPED)
def test_unknown_stays_unknown_under_every_shape(row):
    known, unknown = shaped([row[1], np.nan], *row)
    assert known == 1
    assert np.isnan(unknown)


@pytest.mark.parametrize("row", SHAPED[:5])
def test_every_shape_but_target_rises_from_0_at_worst_to_1_at_best(row):
    worst, best = row[:2]
    found = shaped(np.linspace(worst - (best - worst), best + (best - worst), 301), *row)
    assert (np.diff(found) >= 0).all()
    assert found[100] == 0
    assert found[200] == 1


def test_each_indicator_keeps_its_own_shape_in_every_column():
    cells = pd.MultiIndex.from_tuples(
        [("A", "step"), ("A", "line"), ("B", "step"), ("B", "line")],
        names=["complex_id", "indicator"],
    )
    criteria = pd.DataFrame(
        {"worst": [0.0, 0.0, np.nan], "best": [40.0, 10.0, np.nan], "shape": ["step", "", ""],
         "shape_points": ["20=0.5", "", ""]}, index=["step", "line", "criterion"],
    )  # fmt: skip
    frame = pd.DataFrame({"low": [0.0, 1.0, 20.0, 9.0], "high": [25.0, 4.0, 40.0, 12.0]}, cells)
    before = frame.copy()
    found = valuation.partial_values(frame, criteria)
    assert found["low"].tolist() == [0, 0.1, 0.5, 0.9]
    assert found["high"].tolist() == [0.5, 0.4, 1, 1]
    pd.testing.assert_frame_equal(frame, before)


def test_cells_beyond_either_zero_of_a_target_are_named():
    cells = pd.MultiIndex.from_product([range(5), ["x"]], names=["complex_id", "indicator"])
    frame = pd.DataFrame({"value": [-1.0, 0.0, 30.0, 50.0, 51.0]}, cells)
    beyond = valuation.outside_anchors(frame, criterion(*TARGET).to_frame().T)
    assert beyond.index.unique("complex_id").tolist() == [0, 4]


def test_steps_and_curves_are_outside_their_anchors_as_lines_are():
    cells = pd.MultiIndex.from_product([range(4), ["x"]], names=["complex_id", "indicator"])
    frame = pd.DataFrame({"value": [-0.1, 0.0, 40.0, np.nan]}, cells)
    beyond = valuation.outside_anchors(frame, criterion(*STEP).to_frame().T)
    assert beyond.index.unique("complex_id").tolist() == [0]


@pytest.mark.parametrize("row", [row for row in SHAPED if row != STEP])
def test_performance_at_a_value_has_that_value(row):
    values = np.linspace(0, 1, 41)
    back = [valuation.performance_at(value, criterion(*row)) for value in values]
    np.testing.assert_allclose(shaped(back, *row), values, rtol=0, atol=1e-12)
    assert (back[0], back[-1]) == row[:2]


@FEW
@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.floats(0, 1), st.booleans())
def test_exponential_passes_through_its_point_and_can_be_undone(place, value, wanted, flip):
    row = (1000, 0) if flip else (0, 1000)
    x = 1000 * (1 - place) if flip else 1000 * place
    row = (*row, "exponential", f"{x:.17g}={value:.17g}")
    assert shaped([x], *row)[0] == pytest.approx(value, abs=1e-9)
    back = valuation.performance_at(wanted, criterion(*row))
    assert shaped([back], *row)[0] == pytest.approx(wanted, abs=1e-9)


def test_performance_at_a_value_between_steps_is_the_next_threshold():
    values = [0, 0.01, 0.5, 0.51, 0.8, 0.81, 1]
    found = [valuation.performance_at(value, criterion(*STEP)) for value in values]
    assert found == [0, 10, 10, 30, 30, 40, 40]


def test_performance_at_a_level_stretch_is_its_end_nearest_to_worst():
    row = criterion(0, 100, "piecewise", "20=0.5; 60=0.5")
    assert valuation.performance_at(0.5, row) == 20
    assert valuation.performance_at(0.75, row) == 80


def test_value_may_stay_0_for_a_while():
    flat = criterion(0, 1, "piecewise", "0.5=0")
    assert valuation.performance_at(0.5, flat) == pytest.approx(0.75)


def test_performance_at_takes_a_row_without_shape():
    assert valuation.performance_at(0.25, pd.Series({"worst": 900.0, "best": 100.0})) == 700


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_performance_at_what_is_no_value_is_refused(value):
    with pytest.raises(SettingsError, match=r"value = .*: allowed 0 to 1"):
        valuation.performance_at(value, criterion(0, 1))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((0, 1, "curved"), "shape = 'curved': allowed linear, piecewise, step, exponential"),
        ((0, 1, "Linear"), "shape = 'Linear': allowed linear"),
        ((0, 1, "", "0.5=0.5"), "1 given, a linear shape takes at most 0"),
        ((0, 1, "linear", "0.5=0.5"), "1 given, a linear shape takes at most 0"),
        ((0, 1, "piecewise"), "0 given, a piecewise shape takes at least 1"),
        ((0, 1, "step", " ; "), "0 given, a step shape takes at least 1"),
        ((0, 1, "exponential", "0.2=0.1; 0.4=0.5"), "2 given, a exponential shape takes at most 1"),
        ((0, 1, "target", "2=0; 3=0"), "2 given, a target shape takes at most 1"),
        ((0, 1, "step", "0.5"), "shape_points '0.5': allowed performance=value, such as 12.5=0.4"),
        ((0, 1, "step", "0.5=0.2=0.3"), "shape_points '0.5=0.2=0.3': allowed"),
        ((0, 1, "step", "far=0.2"), "shape_points 'far=0.2': allowed"),
        ((0, 1, "step", "nan=0.2"), "shape_points 'nan=0.2': allowed"),
        ((0, 1, "step", "__import__('os')=1"), "shape_points \"__import__('os')=1\": allowed"),
        ((0, 1, "step", "0.5=inf"), "shape_points '0.5=inf': allowed"),
        ((0, 1, "piecewise", "2=0.5"), "2=0.5: allowed performances between worst"),
        ((0, 1, "piecewise", "-1=0.5"), "-1=0.5: allowed performances between worst"),
        ((0, 1, "piecewise", "0.5=1.5"), "0.5=1.5: allowed performances between worst"),
        ((0, 1, "piecewise", "0.5=-0.5"), "0.5=-0.5: allowed performances between worst"),
        ((0, 1, "piecewise", "1=0.5"), "1=0.5: allowed performances between worst"),
        ((0, 1, "step", "0=0.5"), "0=0.5: allowed performances between worst"),
        ((0, 1, "piecewise", "0.2=0.6; 0.4=0.5"), "value falls on the way from worst to best"),
        ((1, 0, "step", "0.2=0.6; 0.4=0.7"), "value falls on the way from worst to best"),
        ((0, 1, "step", "0.2=0.6; 0.2=0.7"), "a performance twice"),
        ((0, 1, "exponential", "0=0.5"), "0=0.5: allowed a performance between worst and best"),
        ((0, 1, "exponential", "0.5=1"), "0.5=1: allowed a performance between worst and best"),
        ((0, 1, "target", "0.5=0"), "0.5=0: allowed a performance beyond best, worth 0"),
        ((0, 1, "target", "1=0"), "1=0: allowed a performance beyond best, worth 0"),
        ((0, 1, "target", "2=0.1"), "2=0.1: allowed a performance beyond best, worth 0"),
        ((1, 0, "target", "2=0"), "2=0: allowed a performance beyond best, worth 0"),
        ((1, 1), "worst = 1, best = 1: allowed two different numbers"),
        ((np.nan, 1), "worst = nan, best = 1: allowed two different numbers"),
        ((np.nan, np.nan, "step"), "worst = nan, best = nan: allowed two different numbers"),
        ((np.nan, np.nan, "", "1=1"), "worst = nan, best = nan: allowed two different numbers"),
        ((np.nan, np.nan, "step", "1=1"), "worst = nan, best = nan: allowed two different numbers"),
    ],
)  # fmt: skip
def test_faulty_shape_is_refused_with_what_is_allowed(row, said):
    with pytest.raises(SettingsError) as refused:
        valuation.checked_shapes(criterion(*row).to_frame().T)
    assert str(refused.value).startswith("x: ")
    assert said in str(refused.value)


def test_all_faulty_shapes_are_said_at_once():
    criteria = pd.DataFrame([
        criterion(0, 0, "bent", "a=b; 1=c").rename("first"),
        criterion(0, 1, "step", "0.5=2; 0.4=-1").rename("second"),
        criterion(0, 1).rename("sound"),
    ])  # fmt: skip
    with pytest.raises(SettingsError) as refused:
        valuation.checked_shapes(criteria)
    parts = ["first: shape_points 'a=b'", "'1=c'", "worst = 0, best = 0", "shape = 'bent'",
             "second: shape_points = '0.5=2; 0.4=-1': 0.5=2", "0.4=-1: allowed"]  # fmt: skip
    assert [part for part in parts if part not in str(refused.value)] == []
    assert "sound" not in str(refused.value)


def test_points_are_read_as_numbers_of_a_table_are():
    curve = valuation.checked_shapes(
        criterion(1057100, 159600, "step", "1,000,000=0.25; 50만=0.5").to_frame().T
    )["x"]
    assert curve.performance.tolist() == [1057100, 1000000, 500000, 159600]
    assert curve.value.tolist() == [0, 0.25, 0.5, 1]


def test_nodes_without_anchors_have_no_curve_and_indicators_without_are_refused():
    criteria = pd.DataFrame(
        {"worst": [np.nan, 0.0], "best": [np.nan, 1.0]}, index=["criterion", "x"]
    )
    assert list(valuation.checked_shapes(criteria)) == ["x"]
    cells = pd.MultiIndex.from_tuples([("A", "criterion")], names=["complex_id", "indicator"])
    with pytest.raises(SettingsError, match="criterion: no anchors; state worst and best"):
        valuation.partial_values(pd.DataFrame({"value": [1.0]}, cells), criteria)


@pytest.mark.parametrize(
    ("row", "other"),
    [
        ((0, 10, "piecewise", "2=0.5"), (5, 105, "piecewise", "25=0.5")),
        ((0, 10, "step", "2=0.5"), (5, 105, "step", "25=0.5")),
        ((0, 10, "exponential", "2=0.5"), (5, 105, "exponential", "25=0.5")),
        ((0, 10, "target", "14=0"), (5, 105, "target", "145=0")),
    ],
)
def test_change_of_unit_with_its_points_changes_no_shape(row, other):
    performance = np.array([-1.0, 1, 2, 3, 9, 11, 13, 15])
    np.testing.assert_allclose(
        shaped(performance, *row), shaped(performance * 10 + 5, *other), atol=1e-12
    )

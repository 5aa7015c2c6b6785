"""Anchors are fixed, so value depends on nothing but the performance."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_select import valuation

FEW = settings(max_examples=40)  # each builds tables
FINITE = st.floats(-1e6, 1e6)
ANCHORS = st.tuples(FINITE, FINITE).filter(lambda pair: abs(pair[0] - pair[1]) > 1e-3)


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

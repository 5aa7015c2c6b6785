"""Additive value, ranks and the reasons behind them."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from site_select import scoring

FEW = settings(max_examples=40)  # each builds tables
VALUES = hnp.arrays(float, (4, 3), elements=st.floats(0, 1))
WEIGHTS = st.lists(st.floats(0.01, 1), min_size=3, max_size=3).map(
    lambda points: pd.Series(points, index=list("xyz")) / sum(points)
)


def frame(values):
    return pd.DataFrame(values, index=list("ABCD")[: len(values)], columns=list("xyz"))


@FEW
@given(VALUES, WEIGHTS)
def test_score_lies_between_the_worst_and_the_best_value_of_a_complex(values, weights):
    scores = scoring.additive_value(frame(values), weights)
    assert (scores >= values.min(axis=1) - 1e-12).all()
    assert (scores <= values.max(axis=1) + 1e-12).all()


@FEW
@given(VALUES, WEIGHTS, st.permutations(list("xyz")))
def test_order_of_indicators_and_complexes_changes_no_score(values, weights, order):
    scores = scoring.additive_value(frame(values), weights)
    turned = scoring.additive_value(frame(values).loc[::-1, order], weights[order])
    np.testing.assert_allclose(turned[scores.index], scores)


@FEW
@given(VALUES, WEIGHTS)
def test_adding_a_complex_changes_no_score(values, weights):
    scores = scoring.additive_value(frame(values), weights)
    fewer = scoring.additive_value(frame(values[:3]), weights)
    np.testing.assert_array_equal(scores[:3], fewer)


@FEW
@given(VALUES, WEIGHTS)
def test_dominated_complex_never_ranks_before_the_one_that_dominates_it(values, weights):
    values[1] = values[0] * 0.9
    ranks = scoring.ranks(scoring.additive_value(frame(values), weights))
    assert ranks["A"] <= ranks["B"]


def test_ties_share_the_better_rank_and_the_next_rank_is_left_out():
    assert scoring.ranks(pd.Series([0.5, 0.9, 0.5, 0.1])).tolist() == [2, 1, 2, 4]


def test_contributions_of_the_criteria_add_up_to_the_score():
    """A: 0.2 · 1 + 0.3 · 0.5 = 0.35 of the first criterion, 0.5 · 0.4 = 0.2 of the second."""
    criteria = pd.DataFrame({"parent": ["root", "root", "p", "p", "q"]}, index=list("pqxyz"))
    weights = pd.Series({"x": 0.2, "y": 0.3, "z": 0.5})
    parts = scoring.contributions(frame([[1.0, 0.5, 0.4]]), weights, criteria)
    assert parts.loc["A"].to_dict() == pytest.approx({"p": 0.35, "q": 0.2})


def test_contributions_of_the_desk_study_add_up_to_its_scores():
    result = made_up.desk_result()
    parts = scoring.contributions(result.values, result.weights, result.criteria)
    np.testing.assert_allclose(parts.sum(axis=1), result.scores)


def test_reasons_name_the_farthest_indicators_and_the_greatest_lift():
    """Means 0.5, 0.5, 0.5; weights 0.5, 0.3, 0.2. A is 0.25 ahead on x and 0.15 behind on y.

    A scores 0.5 + 0 + 0.1 = 0.6, B 0 + 0.3 + 0.1 = 0.4. B could gain 0.5 on x, which it cannot
    change, or 0.1 on z, which it can: 0.5 < 0.6, so it stays second. A could gain 0.3 on y.
    """
    values = frame([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
    weights = pd.Series({"x": 0.5, "y": 0.3, "z": 0.2})
    changeable = pd.Series({"x": False, "y": True, "z": True})
    known = frame([[True, True, True], [True, True, True]]).astype(bool)
    found = scoring.reasons(values, weights, known, changeable)
    assert found.loc["A"].to_dict() == {
        "up": "x", "back": "y", "lift": "y", "rank": 1, "rank_after": 1,
    }  # fmt: skip
    assert found.loc["B"].to_dict() == {
        "up": "y", "back": "x", "lift": "z", "rank": 2, "rank_after": 2,
    }  # fmt: skip


@FEW
@given(VALUES, WEIGHTS)
def test_being_lifted_never_worsens_a_rank(values, weights):
    changeable = pd.Series(data=True, index=list("xyz"))
    known = frame(values).notna()
    found = scoring.reasons(frame(values), weights, known, changeable)
    assert (found["rank_after"] <= found["rank"]).all()


def test_unknown_cells_neither_hold_up_nor_back():
    """A leads on x, which is unknown of it, and knows only z; nothing is known of B."""
    values = frame([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
    known = frame([[False, False, True], [False, False, False]]).astype(bool)
    weights, changeable = pd.Series(1 / 3, list("xyz")), pd.Series(data=True, index=list("xyz"))
    found = scoring.reasons(values, weights, known, changeable)
    assert found[["up", "back"]].to_numpy().tolist() == [["z", "z"], ["", ""]]

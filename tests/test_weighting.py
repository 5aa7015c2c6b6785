"""Stated weights are shares of points; random weights favour no branch of the tree."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_select import weighting
from site_select.errors import SettingsError


def tree(**indicators):
    """A tree with a number of indicators for each criterion."""
    parents = dict.fromkeys(indicators, "root")
    parents |= {f"{name}{i}": name for name, count in indicators.items() for i in range(count)}
    return pd.DataFrame({"parent": pd.Series(parents)})


def test_no_points_mean_equal_criteria_and_equal_indicators_within_each():
    weights = weighting.from_points(tree(a=1, b=4))
    assert weights.to_dict() == pytest.approx(
        {"a0": 0.5, **dict.fromkeys(["b0", "b1", "b2", "b3"], 0.125)}
    )


def test_points_are_shared_among_siblings():
    """Criteria 3 : 1 give 0.75 and 0.25; within b 1 : 4 give 0.05 and 0.20."""
    weights = weighting.from_points(tree(a=1, b=2), {"a": 3, "b1": 4})
    assert weights.to_dict() == pytest.approx({"a0": 0.75, "b0": 0.05, "b1": 0.20})


def test_node_with_no_points_at_all_weighs_nothing():
    assert weighting.from_points(tree(a=1, b=1), {"a": 0}).tolist() == [0, 1]


def test_siblings_that_all_have_no_points_are_refused_with_their_names():
    with pytest.raises(SettingsError, match=r"points of b0, b1 are all 0: give at least one"):
        weighting.from_points(tree(a=1, b=2), {"b0": 0, "b1": 0})


@given(st.lists(st.floats(0.1, 100), min_size=5, max_size=5), st.floats(0.01, 100))
def test_weights_sum_to_1_and_only_the_ratio_of_points_counts(points, scale):
    nodes = ["a", "b", "a0", "b0", "b1"]
    given_points = dict(zip(nodes, points, strict=True))
    scaled = {node: value * scale for node, value in given_points.items()}
    weights = weighting.from_points(tree(a=1, b=2), given_points)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights, weighting.from_points(tree(a=1, b=2), scaled))


def test_indicators_are_the_leaves_in_the_order_of_the_tree():
    assert weighting.indicators_of(tree(a=1, b=2)) == ["a0", "b0", "b1"]


def test_tree_within_some_indicators_loses_criteria_that_have_none():
    assert weighting.within(tree(a=1, b=2), ["b1"]).index.tolist() == ["b", "b1"]


def drawn(criteria, count=40_000):
    return weighting.random(criteria, count, np.random.default_rng(1))


@pytest.mark.parametrize("count", [2, 3, 5])
def test_random_weights_of_one_level_are_uniform_on_the_simplex(count):
    """Flat Dirichlet: mean 1/n, variance (n - 1) / (n² (n + 1)); within 4 standard errors."""
    weights = drawn(tree(**{f"c{number}x": 1 for number in range(count)}))
    mean, variance = 1 / count, (count - 1) / (count**2 * (count + 1))
    error = np.sqrt(variance / len(weights))
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights.mean(axis=0), mean, atol=4 * error)
    np.testing.assert_allclose(weights.var(axis=0), variance, rtol=0.05)


def test_least_of_three_uniform_weights_has_the_mean_of_the_closed_form():
    """Order statistics of the simplex: (1/3, 1/3 + 1/2, 1/3 + 1/2 + 1) / 3 (the ROC weights)."""
    weights = np.sort(drawn(tree(ax=1, bx=1, cx=1)), axis=1)
    np.testing.assert_allclose(weights.mean(axis=0), [1 / 9, 5 / 18, 11 / 18], atol=0.004)


def test_criterion_with_more_indicators_does_not_count_more():
    """Each criterion has 1/2 in the mean, so the one of four indicators gives each 1/8."""
    weights = drawn(tree(a=1, b=4))
    np.testing.assert_allclose(weights.mean(axis=0), [1 / 2, *[1 / 8] * 4], atol=0.006)
    assert weights[:, 0].var() == pytest.approx(1 / 12, rel=0.05)


def test_shares_within_a_criterion_do_not_hang_on_its_weight():
    weights = drawn(tree(a=1, b=2))
    share = weights[:, 1] / weights[:, 1:].sum(axis=1)
    assert abs(np.corrcoef(share, weights[:, 0])[0, 1]) < 4 / np.sqrt(len(weights))


def test_indicators_of_a_criterion_need_not_stand_together():
    criteria = pd.DataFrame({"parent": pd.Series(
        {"a": "root", "b": "root", "a0": "a", "b0": "b", "a1": "a"}
    )})  # fmt: skip
    weights = drawn(criteria)
    np.testing.assert_allclose(weights.mean(axis=0), [0.25, 0.5, 0.25], atol=0.006)


def test_four_criteria_of_the_desk_study_weigh_the_same_unless_points_are_given():
    weights, criteria = made_up.desk_result().weights, made_up.desk().criteria
    assert weights.groupby(criteria.loc[weights.index, "parent"]).sum().tolist() == [0.25] * 4

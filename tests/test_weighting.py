"""Stated weights are shares of points; random weights are uniform on what they are drawn from."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

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


DEEP = pd.DataFrame({"parent": pd.Series({
    "a": "root", "b": "root", "a1": "a", "a2": "a", "a11": "a1", "a12": "a1", "b1": "b",
    "a121": "a12", "a122": "a12",
})})  # fmt: skip


def test_weight_in_a_deep_tree_is_the_product_of_the_shares_on_its_way():
    """a 3 : b 1; a1 1 : a2 2; a11 1 : a12 4; a121 9 : a122 1."""
    points = {"a": 3, "a2": 2, "a12": 4, "a121": 9}
    weights = weighting.from_points(DEEP, points)
    expected = {"a2": 0.5, "a11": 0.05, "b1": 0.25, "a121": 0.18, "a122": 0.02}
    assert list(weights.index) == list(expected)
    assert weights.to_dict() == pytest.approx(expected)


def test_order_of_the_rows_does_not_change_the_weights():
    shuffled = DEEP.iloc[[8, 3, 0, 6, 5, 1, 7, 2, 4]]
    points = {"a": 3, "a2": 2, "a12": 4, "a121": 9}
    pd.testing.assert_series_equal(
        weighting.from_points(shuffled, points), weighting.from_points(DEEP, points),
        check_like=True,
    )  # fmt: skip


def test_tree_within_some_indicators_keeps_everything_above_them():
    assert weighting.within(DEEP, ["a122"]).index.tolist() == ["a", "a1", "a12", "a122"]
    assert weighting.within(DEEP, ["b1", "a2"]).index.tolist() == ["a", "b", "a2", "b1"]
    assert weighting.within(DEEP, []).empty
    with pytest.raises(KeyError, match="nowhere"):
        weighting.within(DEEP, ["nowhere"])


def test_criterion_without_indicators_takes_no_weight_from_the_others():
    criteria = pd.concat([DEEP, pd.DataFrame({"parent": ["root"]}, index=["bare"])])
    weights = weighting.from_points(criteria, {"bare": 5})
    assert weights.to_dict() == pytest.approx(weighting.from_points(DEEP).to_dict())
    assert drawn(criteria, 100).sum(axis=1) == pytest.approx(np.ones(100))


def test_faulty_points_and_roots_are_refused_together():
    criteria = tree(a=1, b=2)
    criteria.loc["b", "parent"] = "rot"
    points = {"a": float("nan"), "b0": -1, "b1": float("inf")}
    with pytest.raises(SettingsError) as refused:
        weighting.from_points(criteria, points)
    for part in ["points of a = nan", "points of b0 = -1", "points of b1 = inf",
                 "parents that are no rows: root, rot: allowed one root"]:  # fmt: skip
        assert part in str(refused.value)


def test_nodes_that_stand_above_themselves_are_refused():
    criteria = pd.DataFrame({"parent": pd.Series(
        {"a": "root", "a0": "a", "b": "c", "c": "b", "b0": "b"}
    )})  # fmt: skip
    with pytest.raises(SettingsError, match="b, c stand above themselves"):
        weighting.from_points(criteria)


def test_random_weights_of_a_deep_tree_have_the_moments_of_independent_levels():
    """E of a Dirichlet share 1/k, E of its square 2 / (k (k + 1)); levels multiply."""
    weights = drawn(DEEP, 80_000)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(
        weights.mean(axis=0), [1 / 4, 1 / 8, 1 / 2, 1 / 16, 1 / 16], atol=0.004
    )
    np.testing.assert_allclose(
        (weights**2).mean(axis=0), [1/9, 1/27, 1/3, 1/81, 1/81], rtol=0.03
    )  # fmt: skip
    a1 = weights[:, 1] + weights[:, 3] + weights[:, 4]
    for share in (weights[:, 1] / a1, weights[:, 3] / (weights[:, 3] + weights[:, 4])):
        assert stats.kstest(share, "uniform").pvalue > 0.001
        assert abs(np.corrcoef(share, a1)[0, 1]) < 4 / np.sqrt(len(a1))


# ---------------------------------------------------------------- direct and swing points


def test_swing_points_are_shared_out_in_proportion():
    """100, 60, 40 of 200."""
    weights = weighting.direct(pd.Series({"fare": 100, "land": 60, "airport": 40}))
    assert weights.to_dict() == {"fare": 0.5, "land": 0.3, "airport": 0.2}
    assert weights.name == "weight"


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ({"a": 1, "b": -1}, "points of b = -1: allowed a finite number, 0 or more"),
        ({"a": 1, "b": float("nan")}, "points of b = nan"),
        ({"a": float("inf")}, "points of a = inf"),
        ({"a": "much"}, "points of a = nan"),
        ({"a": 0, "b": 0}, "points of a, b are all 0: give at least one of them more"),
        ({}, "points of  are all 0"),
    ],
)
def test_faulty_points_are_refused(points, said):
    with pytest.raises(SettingsError, match=said):
        weighting.direct(points)


# ---------------------------------------------------------------- order of importance

BARRON_BARRETT = {
    "roc": {
        2: [0.75, 0.25],
        3: [0.6111111111, 0.2777777778, 0.1111111111],
        4: [0.5208333333, 0.2708333333, 0.1458333333, 0.0625],
        5: [0.4566666667, 0.2566666667, 0.1566666667, 0.09, 0.04],
        8: [0.3397321429, 0.2147321429, 0.1522321429, 0.1105654762, 0.0793154762, 0.0543154762,
            0.0334821429, 0.015625],
    },
    "rs": {
        2: [0.6666666667, 0.3333333333],
        3: [0.5, 0.3333333333, 0.1666666667],
        4: [0.4, 0.3, 0.2, 0.1],
        5: [0.3333333333, 0.2666666667, 0.2, 0.1333333333, 0.0666666667],
        8: [0.2222222222, 0.1944444444, 0.1666666667, 0.1388888889, 0.1111111111, 0.0833333333,
            0.0555555556, 0.0277777778],
    },
    "rr": {
        2: [0.6666666667, 0.3333333333],
        3: [0.5454545455, 0.2727272727, 0.1818181818],
        4: [0.48, 0.24, 0.16, 0.12],
        5: [0.4379562044, 0.2189781022, 0.1459854015, 0.1094890511, 0.0875912409],
        8: [0.3679369251, 0.1839684625, 0.1226456417, 0.0919842313, 0.073587385, 0.0613228208,
            0.0525624179, 0.0459921156],
    },
}  # fmt: skip


@pytest.mark.parametrize("method", ["roc", "rs", "rr"])
@pytest.mark.parametrize("count", [2, 3, 4, 5, 8])
def test_rank_order_weights_of_barron_and_barrett_1996(method, count):
    order = pd.Series({f"c{rank}": rank for rank in range(count, 0, -1)})
    weights = weighting.rank_order(order, method=method)
    assert list(weights.index) == list(order.index)
    assert weights[::-1].tolist() == pytest.approx(BARRON_BARRETT[method][count], abs=1e-9)


def test_tied_criteria_share_the_weights_of_their_places():
    """Places 2 and 3 of 4: (0.2708333 + 0.1458333) / 2, however the tie is written."""
    for ranks in ([1, 2, 2, 4], [1, 2, 2, 3], [1, 2.5, 2.5, 4]):
        weights = weighting.rank_order(dict(zip("abcd", ranks, strict=True)))
        assert weights.tolist() == pytest.approx([25 / 48, 10 / 48, 10 / 48, 3 / 48])
    alike = weighting.rank_order(dict.fromkeys("abcd", 1), method="rr")
    assert alike.tolist() == pytest.approx([0.25] * 4, abs=1e-15)


def test_faulty_order_is_refused_with_all_that_is_wrong():
    with pytest.raises(SettingsError) as refused:
        weighting.rank_order({"a": 0, "b": None}, method="ROC")
    for part in ["rank of a = 0: allowed a finite number, 1 or more", "rank of b = nan",
                 "method = 'ROC': allowed roc, rs, rr"]:  # fmt: skip
        assert part in str(refused.value)
    with pytest.raises(SettingsError, match="no criterion is ranked"):
        weighting.rank_order({})


# ---------------------------------------------------------------- weights read from the sample

FIGHTERS = [
    [2.0, 1500, 20000, 5.5, 5, 9], [2.5, 2700, 18000, 6.5, 3, 5],
    [1.8, 2000, 21000, 4.5, 7, 7], [2.2, 1800, 20000, 5.0, 5, 5],
]  # fmt: skip
EIGHT = [
    [2, 1, 4, 7, 6, 6, 7, 3000], [4, 1, 5, 6, 7, 7, 6, 3500], [3, 2, 6, 6, 5, 6, 8, 4000],
    [5, 1, 5, 7, 6, 7, 7, 3000], [4, 2, 5, 6, 7, 7, 6, 3000], [3, 2, 6, 6, 6, 6, 6, 3500],
]  # fmt: skip
FIRMS = pd.DataFrame(
    [[61, 1.08, 4.33], [20.7, 0.26, 4.34], [16.3, 1.98, 2.53], [9, 3.29, 1.65], [5.4, 2.77, 2.33],
     [4, 4.12, 1.21], [-6.1, 3.52, 2.1], [-34.6, 3.31, 0.98]],
    columns=["profitability", "share", "productivity"],
)  # fmt: skip


def directions(*words):
    return pd.DataFrame({"direction": words}, index=FIRMS.columns[: len(words)])


def test_entropy_weights_of_the_fighter_aircraft_of_hwang_and_yoon_1981():
    weights = weighting.entropy(pd.DataFrame(FIGHTERS))
    expected = [0.0641897346, 0.2060881642, 0.0134445909, 0.0813256286, 0.3586800243, 0.2762718573]
    assert weights.tolist() == pytest.approx(expected, abs=1e-9)


def test_entropy_weights_agree_with_jmcdm_on_eight_criteria():
    weights = weighting.entropy(pd.DataFrame(EIGHT))
    expected = [0.2996736096, 0.4413673389, 0.0700908872, 0.0212382371, 0.0490229289, 0.0230803789,
                0.0477633097, 0.0477633097]  # fmt: skip
    assert weights.tolist() == pytest.approx(expected, abs=1e-9)


def test_entropy_counts_a_zero_as_nothing_and_a_constant_as_no_weight():
    """(1, 0): entropy 0, 1 - E = 1; (1, 3): E = 2 - 0.75 ld 3, 1 - E = 0.1887219 in bits."""
    table = pd.DataFrame({"all": [1, 0], "part": [1, 3], "none": [7.1, 7.1]})
    weights = weighting.entropy(table)
    assert weights.tolist() == pytest.approx([1 / 1.1887218755, 0.1887218755 / 1.1887218755, 0])
    assert weights["none"] == 0


def test_unit_of_a_criterion_does_not_change_the_weights_read_from_the_sample():
    scale = [1, 10, 1e-3]
    pd.testing.assert_series_equal(
        weighting.entropy(FIRMS.abs() * scale), weighting.entropy(FIRMS.abs())
    )
    both = directions("max", "min", "max")
    pd.testing.assert_series_equal(
        weighting.critic(FIRMS * scale + 5, both), weighting.critic(FIRMS, both)
    )


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([1, np.nan], "x: 1 cells missing or not finite"),
        ([1, np.inf], "x: 1 cells missing or not finite"),
        ([1, "many"], "x: 1 cells missing or not finite"),
        ([2, -1], "x: allowed 0 or more"),
        ([0, 0], "x sums to 0: leave it out"),
        ([3, 3], "x: the sample gives none of them weight"),
        ([3], "x: the sample gives none of them weight"),
    ],
)
def test_table_without_entropy_weights_is_refused(column, said):
    with pytest.raises(SettingsError, match=said):
        weighting.entropy(pd.DataFrame({"x": column}))


def test_critic_weights_of_diakoulaki_mavrotas_and_papayannakis_1995():
    weights = weighting.critic(FIRMS, directions("max", "max", "max"))
    assert weights.tolist() == pytest.approx([0.2022255398, 0.480901729, 0.3168727312], abs=1e-9)


def test_critic_of_less_is_better_is_that_of_the_turned_column():
    found = weighting.critic(FIRMS, directions("max", "min", "max"))
    turned = weighting.critic(FIRMS.assign(share=-FIRMS["share"]), directions("max", "max", "max"))
    pd.testing.assert_series_equal(found, turned)
    assert abs(found["share"] - 0.4809) > 0.1


def test_critic_of_a_constant_criterion_is_0_and_leaves_the_others_alone():
    table = FIRMS.assign(share=3.3)
    found = weighting.critic(table, directions("max", "max", "max"))
    rest = table[["profitability", "productivity"]]
    alone = weighting.critic(rest, directions("max", "max", "max"))
    assert found["share"] == 0
    assert found[rest.columns].tolist() == alone.tolist()


def test_critic_of_a_criterion_that_alone_varies_is_1():
    table = pd.DataFrame({"profitability": [1, 2], "share": [3, 3]})
    assert weighting.critic(table, directions("min", "max")).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("columns", "words", "said"),
    [
        ([[1, np.nan], [1, 2]], ("max", "max"), "profitability: 1 cells missing or not finite"),
        ([[1, 2], [1, 3]], ("Max", "max"), "direction of profitability = 'Max': allowed max, min"),
        ([[1, 2], [1, 3]], ("max",), "direction of share = nan: allowed max, min"),
        ([[1, 1], [2, 2]], ("max", "max"), "the sample gives none of them weight"),
        ([[1, 2, 4], [2, 4, 8]], ("max", "max"), "the sample gives none of them weight"),
    ],
)
def test_table_without_critic_weights_is_refused(columns, words, said):
    table = pd.DataFrame(dict(zip(FIRMS.columns, columns, strict=False)))
    with pytest.raises(SettingsError, match=said):
        weighting.critic(table, directions(*words))
    with pytest.raises(SettingsError, match="direction of profitability = nan"):
        weighting.critic(table, pd.DataFrame({"worst": [0]}))


# ---------------------------------------------------------------- random weights of a flat list

DRAWS = 40_000


def generator(seed=7):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_uniform_weights_have_the_moments_of_the_flat_dirichlet(count):
    weights = weighting.uniform(count, DRAWS, generator())
    variance = (count - 1) / (count**2 * (count + 1))
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights.mean(axis=0), 1 / count, atol=0.005)
    np.testing.assert_allclose(weights.var(axis=0), variance, rtol=0.05, atol=1e-12)


@pytest.mark.parametrize("count", [3, 8])
def test_mean_of_ordered_weights_is_the_rank_order_centroid(count):
    order = {f"c{rank}": rank for rank in range(count, 0, -1)}
    weights = weighting.ordered(order, DRAWS, generator())
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert (np.diff(weights, axis=1) >= 0).all()
    error = 4 * weights.std(axis=0) / np.sqrt(DRAWS)
    expected = BARRON_BARRETT["roc"][count][::-1]
    assert (abs(weights.mean(axis=0) - expected) < error).all()


def test_ordered_weights_give_the_exact_rank_acceptability_of_smaa_2():
    """Shares of the simplex w1 >= w2 >= w3 by exact geometry, complexes by rank."""
    values = np.array([
        [0.9, 0.2, 0.4], [0.5, 0.6, 0.6], [0.1, 0.9, 0.5], [0.3, 0.3, 0.95], [0.6, 0.55, 0.35],
    ])  # fmt: skip
    exact = np.array([
        [0.8328513592, 0.1131007985, 0.0537749166, 0.0002729258, 0.0],
        [0.1285030759, 0.176760082, 0.6947368421, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.4615384615, 0.5384615385],
        [0.0, 0.0016657956, 0.0013651169, 0.535430626, 0.4615384615],
        [0.038645565, 0.708473324, 0.2501231244, 0.0027579867, 0.0],
    ])  # fmt: skip
    weights = weighting.ordered({"c1": 1, "c2": 2, "c3": 3}, DRAWS, generator())
    ranks = (-weights @ values.T).argsort(axis=1).argsort(axis=1)
    found = np.stack([(ranks == rank).mean(axis=0) for rank in range(5)], axis=1)
    assert (abs(found - exact) <= 4 * np.sqrt(exact * (1 - exact) / DRAWS) + 1e-9).all()


def test_ordered_weights_with_a_tie_are_uniform_on_all_that_keep_the_rest_of_the_order():
    """Against rejection from the whole simplex: a above b and c, b and c free."""
    weights = weighting.ordered({"b": 2, "a": 1, "c": 2}, DRAWS, generator())
    assert (weights[:, 1] >= weights[:, [0, 2]].max(axis=1)).all()
    assert (weights[:, 0] > weights[:, 2]).mean() == pytest.approx(0.5, abs=0.01)
    free = weighting.uniform(3, 3 * DRAWS, generator(8))
    free = free[free[:, 1] >= free[:, [0, 2]].max(axis=1)]
    assert_same_distribution(weights, free)


def test_ordered_weights_without_any_order_are_uniform():
    weights = weighting.ordered(dict.fromkeys("abc", 4), DRAWS, generator())
    assert_same_distribution(weights, weighting.uniform(3, DRAWS, generator(8)))


def test_faulty_order_is_refused_by_the_draw_too():
    with pytest.raises(SettingsError, match="rank of a = 0"):
        weighting.ordered({"a": 0}, 1, generator())


def assert_same_distribution(one, other):
    """Each weight, and some mixtures of them, by the two-sample Kolmogorov-Smirnov test."""
    mixtures = np.random.default_rng(3).normal(size=(one.shape[1], 4))
    for a, b in zip(np.hstack([one, one @ mixtures]).T, np.hstack([other, other @ mixtures]).T,
                    strict=True):  # fmt: skip
        if np.ptp(a) > 1e-9 or np.ptp(b) > 1e-9:
            assert stats.ks_2samp(a, b).pvalue > 0.001


WIDE = [
    ([0, 0, 0], [1, 1, 1]),
    ([0.1, 0.2, 0.3], [0.5, 0.6, 0.7]),
    ([0, 0, 0, 0], [0.5, 0.4, 0.3, 0.2]),
    ([0.2, 0, 0.1, 0.05, 0], [0.3, 0.3, 0.4, 0.2, 1]),
    ([0, 0, 0, 0.25], [1, 0.1, 0.5, 0.25]),
    ([0.05] * 6, [0.25] * 6),
]


@pytest.mark.parametrize(("low", "high"), WIDE)
def test_weights_within_ranges_are_those_of_rejection_from_the_whole_simplex(low, high):
    """A fixed weight cannot be hit by rejection: the others are then drawn on what it leaves."""
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    weights = weighting.within_ranges(low, high, DRAWS, generator())
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert ((weights >= low) & (weights <= high)).all()
    fixed = low == high
    free = np.tile(low, (40 * DRAWS, 1))
    free[:, ~fixed] = weighting.uniform((~fixed).sum(), 40 * DRAWS, generator(8))
    free[:, ~fixed] *= 1 - low[fixed].sum()
    free = free[((free >= low) & (free <= high)).all(axis=1)]
    assert len(free) > 1000
    assert_same_distribution(weights, free[:DRAWS])


def test_weights_within_tight_ranges_fill_the_hexagon_evenly():
    """Three weights within e of 1/3: |x|, |y|, |x + y| <= e, where E x² = 5 e² / 18."""
    e = 1e-6
    weights = weighting.within_ranges([1 / 3 - e] * 3, [1 / 3 + e] * 3, DRAWS, generator())
    scaled = (weights - 1 / 3) / e
    assert abs(scaled).max() <= 1 + 1e-9
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=0.011)
    np.testing.assert_allclose((scaled**2).mean(axis=0), 5 / 18, rtol=0.02)


def test_mean_within_ranges_is_the_centroid_on_a_fine_grid():
    """Triangle of 2,000 steps a side, cut by the ranges, all cells alike."""
    low, high = [0.12, 0.05, 0.2], [0.55, 0.3, 0.8]
    first, second = np.meshgrid(*[(np.arange(2000) + 0.5) / 2000] * 2)
    grid = np.stack([first, second, 1 - first - second]).reshape(3, -1).T
    inside = grid[((grid >= low) & (grid <= high)).all(axis=1)]
    weights = weighting.within_ranges(low, high, DRAWS, generator())
    error = 4 * weights.std(axis=0) / np.sqrt(DRAWS) + 1 / 2000
    assert (abs(weights.mean(axis=0) - inside.mean(axis=0)) < error).all()


def test_two_weights_within_ranges_are_uniform_on_what_is_left():
    """0.2 to 0.9 and 0.3 to 0.4: the first from 0.6 to 0.7."""
    first, second = weighting.within_ranges([0.2, 0.3], [0.9, 0.4], DRAWS, generator()).T
    assert stats.kstest(first, "uniform", (0.6, 0.1)).pvalue > 0.001
    np.testing.assert_allclose(first + second, 1)


def test_ten_narrow_ranges_beside_two_wide_ones_are_drawn_at_once():
    """Of uniform vectors of the simplex hardly one ever falls into them. What the narrow ones
    leave, about half of everything, the wide ones share evenly."""
    low, high = np.array([0.05] * 10 + [0, 0]), np.array([0.051] * 10 + [1, 1])
    weights = weighting.within_ranges(low, high, 5000, generator())
    assert ((weights >= low) & (weights <= high)).all()
    np.testing.assert_allclose(weights[:, :10].mean(axis=0), 0.0505, atol=2e-5)
    rest = 1 - weights[:, :10].sum(axis=1)
    assert stats.kstest(weights[:, 10] / rest, "uniform").pvalue > 0.001


def test_random_ranges_of_any_width_are_respected():
    chance = np.random.default_rng(5)
    for _ in range(200):
        count = chance.integers(2, 25)
        middle = weighting.uniform(count, 1, chance)[0]
        reach = 10 ** chance.uniform(-9, 0, (2, count))
        low, high = np.maximum(middle - reach[0], 0), np.minimum(middle + reach[1], 1)
        weights = weighting.within_ranges(low, high, 50, chance)
        assert weights.shape == (50, count)
        assert ((weights >= low) & (weights <= high)).all()
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=0, atol=1e-12)


def test_ranges_that_leave_one_point_give_it():
    low = weighting.within_ranges([0.2, 0.3, 0.5], [0.9, 0.9, 0.9], 3, generator())
    high = weighting.within_ranges([0, 0, 0], [0.2, 0.3, 0.5], 3, generator())
    np.testing.assert_allclose([*low, *high], [[0.2, 0.3, 0.5]] * 6)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        ([0.6, 0.5], [1, 1], "ranges sum to 1.1 at least and 2 at most"),
        ([0, 0], [0.5, 0.4], "ranges sum to 0 at least and 0.9 at most"),
        ([0.5, 0.2], [0.4, 1], "range of 0 = 0.5 to 0.4: allowed two weights from 0 to 1"),
        ([-0.1, 0], [1, 1.1], "range of 0 = -0.1 to 1: .*; range of 1 = 0 to 1.1"),
        ([np.nan, 0], [1, 1], "range of 0 = nan to 1"),
        ([0, 0, 0], [1, 1], "low and high name different criteria"),
        ([], [], "ranges sum to 0 at least and 0 at most"),
    ],
)
def test_ranges_that_no_weights_meet_are_refused(low, high, said):
    with pytest.raises(SettingsError, match=said):
        weighting.within_ranges(low, high, 10, generator())


def test_ranges_by_criterion_must_name_the_same_criteria_in_the_same_order():
    low, high = pd.Series({"a": 0.0, "b": 0.1}), pd.Series({"b": 1.0, "a": 0.5})
    with pytest.raises(SettingsError, match="low and high name different criteria"):
        weighting.within_ranges(low, high, 10, generator())
    weights = weighting.within_ranges(low, high[["a", "b"]], 10, generator())
    assert (weights[:, 0] <= 0.5).all()


def test_spread_around_a_group_is_that_of_the_bayesian_bootstrap():
    """Log ratios are means of n values with flat Dirichlet importances: mean their mean, variance
    their variance over n + 1."""
    group = pd.DataFrame({"a": [0.6, 0.2, 0.5], "b": [0.3, 0.3, 0.1], "c": [0.1, 0.5, 0.4]})
    weights = weighting.around(group, DRAWS, generator())
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    for one, other in ((0, 1), (1, 2)):
        stated = np.log(group.iloc[:, one] / group.iloc[:, other])
        found = np.log(weights[:, one] / weights[:, other])
        assert found.mean() == pytest.approx(stated.mean(), abs=4 * found.std() / DRAWS**0.5)
        assert found.var() == pytest.approx(stated.var(ddof=0) / 4, rel=0.03)
        assert stated.min() < found.min() < found.max() < stated.max()


def test_group_that_agrees_has_no_spread_whatever_the_scale_of_its_weights():
    group = pd.DataFrame({"a": [0.6, 6, 60], "b": [0.4, 4, 40]})
    np.testing.assert_allclose(weighting.around(group, 5, generator()), [[0.6, 0.4]] * 5)


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ({"a": [0.5, 0], "b": [0.5, 1]}, "weights of a: allowed above 0"),
        ({"a": [0.5, np.nan], "b": [0.5, 1]}, "a: 1 cells missing or not finite"),
        ({"a": []}, "no evaluator's weights"),
    ],
)
def test_group_without_a_geometric_mean_is_refused(group, said):
    with pytest.raises(SettingsError, match=said):
        weighting.around(pd.DataFrame(group, dtype=float), 5, generator())


@pytest.mark.parametrize(
    "draw",
    [
        lambda source: weighting.uniform(3, 20, source),
        lambda source: weighting.ordered({"a": 1, "b": 2}, 20, source),
        lambda source: weighting.within_ranges([0, 0.1], [0.8, 1], 20, source),
        lambda source: weighting.around(pd.DataFrame({"a": [1.0, 2], "b": [2.0, 1]}), 20, source),
        lambda source: weighting.random(DEEP, 20, source),
    ],
)
def test_same_seed_draws_the_same_weights(draw):
    np.testing.assert_array_equal(draw(generator(1)), draw(generator(1)))
    assert (draw(generator(1)) != draw(generator(2))).any()


def test_entropy_of_small_differences_between_large_numbers_still_weighs():
    found = weighting.entropy(pd.DataFrame({"a": [1e6, 1e6 + 1], "b": [1e6, 1e6 + 2]}))
    assert found.tolist() == pytest.approx([0.2, 0.8], abs=0.01)

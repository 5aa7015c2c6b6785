"""Additive value, the other methods, ranks and the reasons behind them."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from site_select import decision_tables, scoring
from site_select.errors import SettingsError

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


def table(rows, directions, weights, **columns):
    """Decision table with alternatives A, B, ... and criteria p, q, ...; its weights, criteria."""
    names = list("pqrstu")[: len(weights)]
    performance = pd.DataFrame(rows, list("ABCDEF")[: len(rows)], names, dtype=float)
    criteria = pd.DataFrame({"direction": directions, **columns}, index=names)
    return performance, pd.Series(weights, names), criteria


CARS = table(
    [[5490, 51.4, 8.5, 285], [6500, 70.6, 7.0, 288], [6489, 54.3, 7.5, 290]],
    ["min", "max", "max", "max"], [0.35, 0.25, 0.25, 0.15],
)  # fmt: skip
FIGHTER = table(
    [[2.0, 1500, 20000, 5.5, 5, 9], [2.5, 2700, 18000, 6.5, 3, 5],
     [1.8, 2000, 21000, 4.5, 7, 7], [2.2, 1800, 20000, 5.0, 5, 5]],
    ["max", "max", "max", "min", "max", "max"], [0.2, 0.1, 0.1, 0.1, 0.2, 0.3],
)  # fmt: skip
MOUNTAIN = table([[1, 3000], [2, 3750], [5, 4500]], ["min", "max"], [0.5, 0.5])
PARIS = table(
    [[1, 10, 1], [4, 20, 2], [2, 20, 0], [6, 40, 0], [30, 30, 3]], ["min", "min", "max"],
    [0.2, 0.3, 0.5], preference_function=["gaussian", "level", "linear"],
    q=[np.nan, 11, 1], p=[np.nan, 15, 3], s=[4, np.nan, np.nan],
)  # fmt: skip
SITES = table(
    [[8, 7, 2, 1], [5, 3, 7, 5], [7, 5, 6, 4], [9, 9, 7, 3], [11, 10, 3, 7], [6, 9, 5, 4]],
    ["max"] * 4, [0.4, 0.3, 0.1, 0.2], preference_function="linear", q=1, p=2,
)  # fmt: skip
EVERY_METHOD = {
    "additive": lambda *given: scoring.additive_value(*given[:2]),
    "geometric": lambda *given: scoring.geometric_mean(*given[:2]),
    "topsis": lambda *given: scoring.topsis(*given[:2], criteria=given[2]).scores,
    "vikor": lambda *given: scoring.vikor(*given[:2], criteria=given[2]).scores,
    "promethee": lambda *given: scoring.promethee(*given[:2], criteria=given[2]).scores,
}
every_method = pytest.mark.parametrize("method", EVERY_METHOD.values(), ids=EVERY_METHOD)


def test_geometric_mean_of_the_weighted_product_model_on_wikipedia():
    """Its ratio of the first to the second is 1.007; columns here over their sums 65, 60, 65, 70.

    The log10 of the scores is given by scikit-criteria.
    """
    rows = np.array([[25, 20, 15, 30], [10, 30, 20, 30], [30, 10, 30, 10]])
    performance, weights, _ = table(rows / rows.sum(axis=0), "max", [0.2, 0.15, 0.4, 0.25])
    scores = scoring.geometric_mean(performance, weights)
    assert scores.tolist() == pytest.approx([0.3152928388, 0.3129790649, 0.2954796264], abs=1e-7)
    assert np.log10(scores).tolist() == pytest.approx(
        [-0.5012858932, -0.5044847114, -0.5294724587], abs=1e-7
    )
    assert scores["A"] / scores["B"] == pytest.approx(1.0073927436, abs=1e-7)


def test_geometric_mean_is_vetoed_by_a_0_only_where_the_criterion_weighs():
    performance, weights, _ = table([[0.0, 1.0], [1.0, 0.0]], "max", [1.0, 0.0])
    assert scoring.geometric_mean(performance, weights).tolist() == [0.0, 1.0]


def test_geometric_mean_of_a_negative_value_is_refused():
    performance, weights, _ = table([[-0.5, 1.0]], "max", [0.5, 0.5])
    with pytest.raises(SettingsError, match=r"alternative A, criterion p: found -0.5; .* from 0"):
        scoring.geometric_mean(performance, weights)


def test_topsis_of_hwang_and_yoon_1981_fighter_aircraft():
    """Published: 0.643, 0.268, 0.613, 0.312; further digits by pyDecision and scikit-criteria."""
    performance, weights, criteria = FIGHTER
    result = scoring.topsis(performance, weights, criteria=criteria)
    expected = [0.6432770006, 0.2683835677, 0.6135422900, 0.3122910656]
    assert result.scores.tolist() == pytest.approx(expected, abs=1e-6)
    assert result.ranks.tolist() == [1, 4, 2, 3]


def test_topsis_of_hodgett_three_cars():
    """Published: 0.4817, 0.5182, 0.1780; further digits by the R package MCDA."""
    performance, weights, criteria = CARS
    result = scoring.topsis(performance, weights, criteria=criteria)
    expected = [0.4816852902, 0.5182076659, 0.1779553619]
    assert result.scores.tolist() == pytest.approx(expected, abs=1e-9)


def test_topsis_says_every_step_of_a_small_table():
    """Columns 3, 4 (length 5, less is better) and 6, 8 (length 10), weights 0.5."""
    performance, weights, criteria = table([[3, 6], [4, 8]], ["min", "max"], [0.5, 0.5])
    result = scoring.topsis(performance, weights, criteria=criteria)
    np.testing.assert_allclose(result.normalised, [[0.6, 0.6], [0.8, 0.8]])
    np.testing.assert_allclose(result.weighted, [[0.3, 0.3], [0.4, 0.4]])
    np.testing.assert_allclose(result.ideal.loc["ideal"], [0.3, 0.4])
    np.testing.assert_allclose(result.ideal.loc["anti_ideal"], [0.4, 0.3])
    np.testing.assert_allclose(result.distances, [[0.1, 0.1], [0.1, 0.1]])
    assert result.scores.tolist() == pytest.approx([0.5, 0.5])
    assert result.ranks.tolist() == [1, 1]


def test_topsis_of_numbers_whose_square_is_no_number():
    performance, weights, criteria = FIGHTER
    huge = scoring.topsis(performance * 1e300, weights, criteria=criteria).scores
    expected = scoring.topsis(performance, weights, criteria=criteria).scores
    np.testing.assert_allclose(huge, expected, atol=1e-12)


def test_ideal_distances_of_many_tables_at_once_are_those_of_each():
    generator = np.random.default_rng(3)
    tables, is_benefit = generator.normal(size=(5, 4, 3)), np.array([True, False, True])
    together = scoring.ideal_distances(tables, is_benefit)
    for number, matrix in enumerate(tables):
        for all_of_them, alone in zip(
            together, scoring.ideal_distances(matrix, is_benefit), strict=True
        ):
            np.testing.assert_allclose(all_of_them[number], alone)


def test_vikor_of_opricovic_and_tzeng_2004_mountain_climbing():
    """European Journal of Operational Research 156, section 4; TOPSIS there prefers the first."""
    performance, weights, criteria = MOUNTAIN
    result = scoring.vikor(performance, weights, criteria=criteria)
    assert result.measures["S"].tolist() == pytest.approx([0.5, 0.375, 0.5], abs=1e-9)
    assert result.measures["R"].tolist() == pytest.approx([0.5, 0.25, 0.5], abs=1e-9)
    assert result.scores.tolist() == pytest.approx([1.0, 0.0, 1.0], abs=1e-9)
    assert result.ranks.tolist() == [2, 1, 2]
    assert result.compromise == ["B"]
    assert result.has_acceptable_advantage
    assert result.has_acceptable_stability
    rival = scoring.topsis(performance, weights, criteria=criteria)
    expected = [0.7621405801, 0.7221778332, 0.2378594199]
    assert rival.scores.tolist() == pytest.approx(expected, abs=1e-9)


def test_vikor_without_acceptable_advantage_names_all_that_are_near_the_leader():
    """S = R = 0, 0.4, 1 on one criterion: Q = 0, 0.4, 1, and 1 / (n - 1) is 0.5."""
    performance, weights, criteria = table([[10], [6], [0]], "max", [1.0])
    result = scoring.vikor(performance, weights, criteria=criteria)
    assert result.scores.tolist() == pytest.approx([0.0, 0.4, 1.0])
    assert (result.has_acceptable_advantage, result.compromise) == (False, ["A", "B"])


def test_vikor_advantage_of_exactly_one_over_n_less_1_suffices():
    """Q = 0, 0.5, 1."""
    performance, weights, criteria = table([[0.3], [0.2], [0.1]], "max", [1.0])
    result = scoring.vikor(performance, weights, criteria=criteria)
    assert (result.has_acceptable_advantage, result.compromise) == (True, ["A"])


def test_vikor_without_acceptable_stability_names_the_second_too():
    """C leads by Q, F by S (0.4375 against 0.45), B by R (0.257 against 0.3).

    C: regrets 0, 1, 3/4, so S = 0.3 + 0.15. F: 7/8, 0, 0, so S = 0.4375. B: 1/2, 6/7, 1, so
    R = 0.3 * 6/7. Second is B: Q = (0.7071 - 0.4375) / (0.8464 - 0.4375) / 2.
    """
    rows = [[1, 5, 4], [4, 4, 2], [8, 3, 4], [0, 6, 3], [0, 9, 3], [1, 10, 10]]
    performance, weights, criteria = table(rows, "max", [0.5, 0.3, 0.2])
    result = scoring.vikor(performance, weights, criteria=criteria)
    assert result.scores[["C", "B"]].tolist() == pytest.approx([0.1035191, 0.3296943], abs=1e-7)
    assert result.has_acceptable_advantage
    assert not result.has_acceptable_stability
    assert result.compromise == ["C", "B"]


def test_vikor_is_stable_where_the_leader_is_first_by_one_of_the_two_measures():
    """B: regrets 0, 1, 0, so S = R = 0.3, first by S; first by R is D with 1/2, 2/3, 1: 0.25."""
    rows = [[2, 3, 5], [6, 0, 6], [3, 2, 4], [4, 1, 2]]
    performance, weights, criteria = table(rows, "max", [0.5, 0.3, 0.2])
    result = scoring.vikor(performance, weights, criteria=criteria)
    assert result.scores[["B", "D"]].tolist() == pytest.approx([0.1, 0.5])
    assert result.measures["R"].idxmin() == "D"
    assert result.has_acceptable_stability
    assert result.compromise == ["B"]


@pytest.mark.parametrize("strategy", [-0.1, 1.1, np.nan])
def test_vikor_with_a_strategy_out_of_range_is_refused(strategy):
    performance, weights, criteria = MOUNTAIN
    with pytest.raises(SettingsError, match="allowed 0 to 1"):
        scoring.vikor(performance, weights, criteria=criteria, strategy=strategy)


def test_vikor_strategy_weighs_the_sum_against_the_worst_regret():
    performance, weights, criteria = FIGHTER
    sums, worst = (
        scoring.vikor(performance, weights, criteria=criteria, strategy=strategy)
        for strategy in (1.0, 0.0)
    )
    assert sums.ranks.tolist() == scoring.ranks(-sums.measures["S"]).tolist()
    assert worst.ranks.tolist() == scoring.ranks(-worst.measures["R"]).tolist()


def test_promethee_of_transport_to_paris_in_the_r_package_mcda():
    """RER, METRO1, METRO2, BUS, TAXI; MCDA 0.1.0 divides by n, these flows by n - 1."""
    performance, weights, criteria = PARIS
    flows = scoring.promethee(performance, weights, criteria=criteria).flows
    expected = {
        "plus": [0.2409046901, 0.2558751548, 0.1505486219, 0.0499999992, 0.3125],
        "minus": [0.0625, 0.0181331748, 0.1890383383, 0.4651569538, 0.2749999992],
        "net": [0.1784046901, 0.2377419801, -0.0384897164, -0.4151569546, 0.0375000008],
    }
    for name, numbers in expected.items():
        assert flows[name].tolist() == pytest.approx(numbers, abs=1e-9)


def test_promethee_2_of_the_example_of_pydecision():
    """Linear preference with q 0.3, p 0.5; mcda-promethee and pymcdm agree. Weights sum to 31.7."""
    rows = [
        [8.84, 8.79, 6.43, 6.95], [8.57, 8.51, 5.47, 6.91], [7.76, 7.75, 5.34, 8.76],
        [7.97, 9.12, 5.93, 8.09], [9.03, 8.97, 8.19, 8.1], [7.41, 7.87, 6.77, 7.23],
    ]  # fmt: skip
    performance, weights, criteria = table(
        rows, "max", [9, 8.24, 5.98, 8.48], preference_function="linear", q=0.3, p=0.5
    )
    with pytest.warns(UserWarning, match="weights sum to 31.7, not 1: each was divided by it"):
        flows = scoring.promethee(performance, weights, criteria=criteria).flows
    expected = {
        "plus": [0.3875078864, 0.2743217666, 0.28170347, 0.4489589905, 0.7104858044, 0.1260820189],
        "minus": [0.2135772871, 0.4482271293, 0.5292113565, 0.3370347003, 0.0535015773,
                  0.6475078864],
        "net": [0.1739305994, -0.1739053628, -0.2475078864, 0.1119242902, 0.6569842271,
                -0.5214258675],
    }  # fmt: skip
    for name, numbers in expected.items():
        assert flows[name].tolist() == pytest.approx(numbers, abs=1e-9)


def test_promethee_2_of_papathanasiou_and_ploskas_2018_facility_location():
    """Multiple Criteria Decision Aid, pp. 57-89: six sites, linear with q 1 and p 2."""
    performance, weights, criteria = SITES
    result = scoring.promethee(performance, weights, criteria=criteria)
    expected = [-0.26, -0.52, -0.22, 0.36, 0.70, -0.06]
    assert result.scores.tolist() == pytest.approx(expected, abs=1e-9)
    assert result.ranks.tolist() == [5, 6, 4, 2, 1, 3]


def test_promethee_1_tells_preferred_indifferent_and_incomparable_apart():
    """On p A > B = C > D, on q the other way round.

    With equal weights all net flows are 0; A and D win three of six and lose three (plus and minus
    1/2), B and C win one of three on either criterion and lose one (1/3).
    """
    performance, weights, criteria = table([[9, 0], [5, 5], [5, 5], [0, 9]], "max", [0.5, 0.5])
    result = scoring.promethee(performance, weights, criteria=criteria)
    assert result.ranks.tolist() == [1, 1, 1, 1]
    assert result.relation.to_numpy().tolist() == [
        ["I", "R", "R", "I"], ["R", "I", "I", "R"], ["R", "I", "I", "R"], ["I", "R", "R", "I"],
    ]  # fmt: skip
    better = scoring.promethee(performance, pd.Series({"p": 1.0, "q": 0.0}), criteria=criteria)
    assert better.relation.to_numpy().tolist() == [
        ["I", "P", "P", "P"], ["", "I", "I", "P"], ["", "I", "I", "P"], ["", "", "", "I"],
    ]  # fmt: skip


def _preference(lead, function, q, p, s):
    """Preference of one lead as Brans and Vincke (1985) define it, ties to 1e-9."""
    lead = np.where(abs(lead) < 1e-9, 0.0, lead)
    above_q, above_p = lead > q + 1e-9, lead > p + 1e-9
    return {
        "usual": (lead > 0) * 1.0, "u": above_q * 1.0, "v": np.clip(lead / p, 0, 1),
        "level": (1.0 * above_q + above_p) / 2, "linear": np.clip((lead - q) / (p - q), 0, 1),
        "gaussian": np.where(lead > 0, 1 - np.exp(-(lead**2) / (2 * s**2)), 0),
    }[function]  # fmt: skip


@pytest.mark.parametrize("function", decision_tables.THRESHOLDS)
@pytest.mark.parametrize("offset", [0.0, -3.0, 1e6])
def test_net_flows_by_sorting_are_those_of_all_pairs(function, offset):
    """Tenths, so that leads meet the thresholds 0.3, 0.7 but for rounding, and ties and all."""
    generator = np.random.default_rng(5)
    for size in (1, 2, 3, 40, 700):
        matrix = generator.integers(0, 20, (size, 2)) / 10 + offset
        matrix[:, 1] += generator.random(size)
        found = scoring.net_flows(matrix, [(function, 0.3, 0.7, 0.5)] * 2)
        lead = matrix[:, None] - matrix
        preference = _preference(lead, function, 0.3, 0.7, 0.5)
        expected = (preference - preference.transpose(1, 0, 2)).sum(axis=1) / max(size - 1, 1)
        np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("function", ["v", "linear", "level", "gaussian"])
def test_net_flows_far_from_0_are_those_near_0(function):
    """Eighths on top of 2 ** 43 are exact, their sums over hundreds of alternatives are not."""
    near = np.random.default_rng(8).integers(0, 80, (700, 1)) / 8
    preferences = [(function, 0.25, 4.0, 1.0)]
    far = scoring.net_flows(near + 2.0**43, preferences)
    np.testing.assert_allclose(far, scoring.net_flows(near, preferences), rtol=0, atol=1e-12)


def test_net_flows_that_are_0_but_for_rounding_share_a_rank():
    """0.3 - 0.1 and 0.7 - 0.5 differ in the last digit."""
    performance, weights, criteria = table(
        [[0.1, 0.7], [0.3, 0.5]], "max", [0.5, 0.5], preference_function="v", p=1.0
    )
    result = scoring.promethee(performance, weights, criteria=criteria)
    assert result.ranks.tolist() == [1, 1]
    assert result.relation.to_numpy().tolist() == [["I", "I"], ["I", "I"]]


def test_spread_that_is_rounding_alone_has_no_say():
    assert scoring._spread(np.array([0.3, 0.1 + 0.2])).tolist() == [0.0, 0.0]
    assert scoring._spread(np.array([0.3, 0.3 + 1e-9, 0.3])).tolist() == [0.0, 1.0, 0.0]


def test_gaussian_flows_of_more_pairs_than_a_chunk_holds(monkeypatch):
    matrix = np.random.default_rng(6).normal(size=(50, 1))
    whole = scoring.net_flows(matrix, [("gaussian", 0.0, 0.0, 1.0)])
    monkeypatch.setattr(scoring, "PAIRS", 150)
    parts = scoring.net_flows(matrix, [("gaussian", 0.0, 0.0, 1.0)])
    np.testing.assert_allclose(parts, whole, atol=1e-14)


def test_net_flow_is_the_weighted_sum_over_the_criteria_and_all_sum_to_0():
    performance, weights, criteria = PARIS
    result = scoring.promethee(performance, weights, criteria=criteria)
    np.testing.assert_allclose(result.unicriterion @ weights, result.scores, atol=1e-12)
    assert result.scores.sum() == pytest.approx(0.0, abs=1e-12)


def test_dominance_is_weak_and_alternatives_that_are_alike_do_not_dominate_each_other():
    rows = [[3, 200, 5], [3, 250, 4], [2, 300, 5], [4, 180, 3], [3, 200, 5]]
    performance, _, criteria = table(rows, ["max", "min", "max"], [1 / 3] * 3)
    assert scoring.dominance(performance, criteria).astype(int).to_numpy().tolist() == [
        [0, 1, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 1, 1, 0, 0],
    ]  # fmt: skip
    assert scoring.pareto_set(performance, criteria) == ["A", "D", "E"]


def test_ruled_out_names_the_limits_broken_on_the_bad_side_only():
    """Less is better on p, more on q by its anchors; at the limit an alternative stands."""
    performance = pd.DataFrame({"p": [5, 6, 6.0], "q": [9, 9, 1.0], "r": [0, 0, 0]}, list("ABC"))
    criteria = pd.DataFrame(
        {"worst": [9, 0, 0], "best": [0, 9, 1], "veto": [5, 2, np.nan]}, list("pqr")
    )
    assert scoring.ruled_out(performance, criteria).to_dict() == {"B": "p", "C": "p, q"}
    assert scoring.ruled_out(performance, criteria.drop(columns="veto")).empty


def test_unknown_performance_breaks_no_limit():
    performance = pd.DataFrame({"p": [np.nan, 1.0], "q": [None, 1.0]}, list("AB"))
    criteria = pd.DataFrame({"direction": "max", "veto": [0.5, 2.0]}, list("pq"))
    assert scoring.ruled_out(performance, criteria).to_dict() == {"B": "q"}


def test_all_ruled_out_is_said():
    performance, _, criteria = table([[1], [2]], "max", [1.0], veto=3)
    with pytest.raises(SettingsError, match="no eligible alternative: A by p; B by p"):
        scoring.ruled_out(performance, criteria)


def test_scores_that_differ_by_rounding_share_a_rank():
    assert scoring.ranks(pd.Series([0.3, 0.1 + 0.2, 0.3 - 1e-9])).tolist() == [1, 1, 3]
    assert scoring.ranks(pd.Series([1e-17, -1e-17]), scale=1.0).tolist() == [1, 1]
    assert scoring.ranks(pd.Series([1e-17, -1e-17])).tolist() == [1, 2]
    assert scoring.ranks(pd.Series([np.inf, 2.0, np.inf, -np.inf])).tolist() == [1, 3, 1, 4]


def test_missing_score_has_no_rank():
    with pytest.raises(SettingsError, match="no score of B"):
        scoring.ranks(pd.Series({"A": 1.0, "B": np.nan}))


@every_method
def test_faulty_table_is_refused_by_every_method(method):
    performance, weights, criteria = CARS
    spoiled = performance.mask(performance == 54.3)
    with pytest.raises(SettingsError, match="alternative C, criterion q: found nan"):
        method(spoiled, weights, criteria)
    with pytest.raises(SettingsError, match="criterion s, weight: found none"):
        method(performance, weights.drop("s"), criteria)


@every_method
def test_weights_of_sum_1_0154_are_divided_by_it_with_a_warning(method):
    performance, weights, criteria = CARS
    with pytest.warns(UserWarning, match="weights sum to 1.0154, not 1: each was divided by it"):
        found = method(performance, weights * 1.0154, criteria)
    np.testing.assert_allclose(found, method(performance, weights, criteria))


@every_method
@pytest.mark.parametrize("constant", [0.0, 7.0])
def test_constant_column_has_no_say_and_makes_nothing_missing(method, constant):
    """The ranks of the other criteria at the same ratio of weights."""
    performance, weights, criteria = CARS
    spoiled = performance.assign(s=constant)
    without, ratio = performance.drop(columns="s"), weights.drop("s") / weights.drop("s").sum()
    found, expected = method(spoiled, weights, criteria), method(without, ratio, criteria)
    assert np.isfinite(found).all()
    if constant or method is not EVERY_METHOD["geometric"]:  # 0 on a criterion is a veto there
        assert scoring.ranks(found).tolist() == scoring.ranks(expected).tolist()


@pytest.mark.parametrize(
    ("method", "expected"),
    [("additive", 0.5), ("geometric", 0.5), ("topsis", 0.5), ("vikor", 0.0), ("promethee", 0.0)],
)
def test_one_alternative_alone_is_first_with_the_score_stated(method, expected):
    scores = EVERY_METHOD[method](*table([[0.5, 0.5]], ["max", "min"], [0.5, 0.5]))
    assert scores.tolist() == pytest.approx([expected])
    assert scoring.ranks(scores).tolist() == [1]


def test_vikor_and_promethee_of_one_alternative_are_complete():
    performance, weights, criteria = table([[0.5, 0.5]], ["max", "min"], [0.5, 0.5])
    alone = scoring.vikor(performance, weights, criteria=criteria)
    assert (alone.compromise, alone.has_acceptable_advantage) == (["A"], True)
    relation = scoring.promethee(performance, weights, criteria=criteria).relation
    assert relation.to_numpy().tolist() == [["I"]]


def test_all_alternatives_alike_are_all_first_under_every_method():
    for method in EVERY_METHOD.values():
        scores = method(*table([[0.1, 0.7]] * 3, ["max", "min"], [0.3, 0.7]))
        assert scoring.ranks(scores).tolist() == [1, 1, 1]


# faults found in review


@pytest.mark.parametrize("direction", ["min", "max"])
@pytest.mark.parametrize("size", [10.0, 1e17])
def test_constant_criterion_is_worth_1_to_everybody_whatever_its_direction(direction, size):
    table = pd.DataFrame({"km": [size] * 3, "firms": [5.0, 9.0, 7.0]}, index=list("ABC"))
    criteria = pd.DataFrame({"direction": [direction, "max"]}, index=["km", "firms"])
    weights = pd.Series({"km": 0.5, "firms": 0.5})
    found = scoring.ranked(table, weights, criteria, method="geometric")["score"]
    assert found[list("ABC")].tolist() == pytest.approx([0, 1, 0.5**0.5])


def test_method_that_is_none_is_refused():
    table = pd.DataFrame({"km": [1.0, 2.0]})
    criteria = pd.DataFrame({"direction": ["max"]}, index=["km"])
    with pytest.raises(SettingsError, match="method = 'saw': allowed additive"):
        scoring.ranked(table, pd.Series({"km": 1.0}), criteria, method="saw")


@pytest.mark.parametrize("far", [1e6, 1e9, 1e12])
def test_one_far_number_takes_no_precision_from_the_flows_of_the_near_ones(far):
    """Linear, q 0.1, p 3: against each pair by itself."""
    column = np.array([0.3, 0.9, 1.7, 2.2, 4.1, far])
    found = scoring.net_flows(column[:, None], [("linear", 0.1, 3.0, 0.0)])[:, 0]
    gap = column[:, None] - column
    preference = np.clip((gap - 0.1) / 2.9, 0, 1)
    expected = (preference - preference.T).sum(axis=1) / 5
    assert found == pytest.approx(expected, abs=1e-12)


# what mutants showed to be untold


@pytest.mark.parametrize(
    ("method", "ranks", "scores"),
    [
        ("topsis", {"B": 1, "A": 2}, [1, 0]),
        ("vikor", {"B": 1, "A": 2}, [0, 1]),
        ("promethee", {"B": 1, "A": 2}, [1, -1]),
    ],
)
def test_ranked_gives_score_and_rank_of_any_method_best_first(method, ranks, scores):
    found = scoring.ranked(*table([[9, 3], [2, 7]], ["min", "max"], [0.5, 0.5]), method=method)
    assert found["rank"].to_dict() == ranks
    assert list(found.index) == list(ranks)
    assert found["score"].tolist() == pytest.approx(scores)


def test_ranked_by_topsis_of_hodgett_three_cars():
    found = scoring.ranked(*CARS, method="topsis")["score"].round(4)
    assert found.to_dict() == {"B": 0.5182, "A": 0.4817, "C": 0.1780}


def test_ranked_values_lie_between_anchors_where_there_are_any_else_between_the_ends():
    """p on anchors 0 to 100: 0.25, 0.75, 0.5; q and r from 10 to 30: 1, 0, 0.5 and 0, 1, 0.5."""
    performance, weights, criteria = table(
        [[25, 10, 10], [75, 30, 30], [50, 20, 20]], ["max", "min", "max"], [0.5, 0.25, 0.25],
        worst=[0, np.nan, ""], best=[100, np.nan, ""],
    )  # fmt: skip
    with pytest.warns(UserWarning, match=r"ends of the table: q, r$"):
        found = scoring.ranked(performance, weights, criteria, method="additive")
    assert found["score"].to_dict() == pytest.approx({"B": 0.625, "C": 0.5, "A": 0.375})
    shaped = table([[1], [2]], ["max"], [1], shape="linear")
    with pytest.warns(UserWarning, match=r"ends of the table: p$"):
        scoring.ranked(*shaped, method="additive")


@pytest.mark.parametrize("anchor", [{"worst": 0}, {"best": 100}, {"worst": 0, "best": np.nan}])
def test_one_anchor_of_two_is_none(anchor):
    given = table([[25], [75]], ["max"], [1], **anchor)
    with pytest.warns(UserWarning, match=r"ends of the table: p$"):
        found = scoring.ranked(*given, method="additive")
    assert found["score"].to_dict() == {"B": 1, "A": 0}


def test_results_are_named_by_what_they_are():
    performance, weights, criteria = MOUNTAIN
    topsis = scoring.topsis(performance, weights, criteria=criteria)
    vikor = scoring.vikor(performance, weights, criteria=criteria)
    outranking = scoring.promethee(performance, weights, criteria=criteria)
    values = frame([[1.0, 0.0, 0.5]])
    means = [mean(values, pd.Series({"x": 0.5, "y": 0.3, "z": 0.2}))
             for mean in (scoring.additive_value, scoring.geometric_mean)]  # fmt: skip
    scores = [topsis.scores, vikor.scores, outranking.scores, *means]
    assert {score.name for score in scores} == {"score"}
    assert {found.ranks.name for found in (topsis, vikor, outranking)} == {"rank"}
    assert list(topsis.distances) == ["to_ideal", "to_anti_ideal"]
    assert scoring.ruled_out(performance, criteria).name == "ruled_out"


def test_topsis_of_very_large_beside_very_small_numbers():
    """A is best on the one as B is on the other, so they are alike."""
    given = table([[1e200, 2e-200], [2e200, 1e-200]], ["max", "max"], [0.5, 0.5])
    assert scoring.topsis(given[0], given[1], criteria=given[2]).scores.tolist() == [0.5, 0.5]


def test_vikor_of_numbers_whose_difference_is_no_number():
    given = table([[1.7e308], [0], [-1.7e308]], ["max"], [1])
    assert scoring.vikor(given[0], given[1], criteria=given[2]).scores.tolist() == [0, 0.5, 1]


def test_vikor_of_two_needs_an_advantage_of_1():
    """A is worse on p: S = R = 0.4; B on q and r: S 0.6, R 0.35. Q is 0.2 and 0.8 at v 0.8."""
    given = table([[0, 1, 1], [1, 0, 0]], ["max"] * 3, [0.4, 0.35, 0.25])
    found = scoring.vikor(given[0], given[1], criteria=given[2], strategy=0.8)
    assert found.scores.tolist() == pytest.approx([0.2, 0.8])
    assert not found.has_acceptable_advantage
    assert found.compromise == ["A", "B"]


def test_regrets_of_many_tables_at_once_are_those_of_each():
    tables, weights = np.random.default_rng(3).normal(size=(5, 4, 3)), np.array([0.5, 0.3, 0.2])
    together = scoring._regrets(tables, weights, 0.5)
    for number, matrix in enumerate(tables):
        alone = scoring._regrets(matrix, weights, 0.5)
        for all_of_them, own in zip(together, alone, strict=True):
            np.testing.assert_allclose(all_of_them[number], own)


def test_linear_preference_whose_thresholds_are_equal_is_a_step():
    """Leads of 1 do not count, of 2 and 3 in full: over A nobody; C over A; D over A and B."""
    given = table([[0], [1], [2], [3]], ["max"], [1], preference_function="linear", q=1, p=1)
    found = scoring.promethee(given[0], given[1], criteria=given[2])
    assert found.flows["plus"].tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3])


def test_faults_of_preferences_and_of_weights_are_said_at_once():
    performance, weights, criteria = PARIS
    with pytest.raises(SettingsError) as refused:
        scoring.promethee(
            performance, weights.mask(weights == 0.5, -1), criteria=criteria.assign(s=np.nan)
        )
    assert "weight" in str(refused.value)
    assert "gaussian" in str(refused.value)


def test_all_missing_scores_are_named():
    with pytest.raises(SettingsError, match="no score of A, B: allowed"):
        scoring.ranks(pd.Series({"A": np.nan, "B": np.nan}))


def test_contributions_keep_the_order_of_the_criteria():
    criteria = pd.DataFrame({"parent": ["supply", "effect", "supply"]}, index=list("xyz"))
    found = scoring.contributions(frame([[1, 1, 1]]), pd.Series(0.2, list("xyz")), criteria)
    assert list(found) == ["supply", "effect"]


def test_reasons_weigh_the_distance_from_the_mean_and_a_lift_to_a_tie_is_a_lift():
    """A is 0.1 ahead on x, 0.08 weighted, and 0.2 on y, 0.04; lifted on y it has what B has."""
    values = pd.DataFrame({"x": [1.0, 0.8], "y": [0.4, 0.0]}, index=["A", "B"])
    weights, known = pd.Series({"x": 0.8, "y": 0.2}), values.notna()
    found = scoring.reasons(values, weights, known, pd.Series({"x": True, "y": True}))
    assert found.loc["A", "up"] == "x"
    even = pd.DataFrame({"x": [1.0, 0.5], "y": [0.5, 0.0]}, index=["A", "B"])
    lifted = scoring.reasons(
        even, pd.Series({"x": 0.5, "y": 0.5}), known, pd.Series({"x": False, "y": True})
    )
    assert lifted.loc["B", ["rank", "rank_after"]].tolist() == [2, 1]

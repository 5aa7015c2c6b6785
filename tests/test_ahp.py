"""Pairwise judgements: published weights and ratios, completion, repair, groups, faults."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_select import ahp, tables
from site_select.errors import SettingsError

COLUMNS = ["evaluator", "parent", "first", "second", "ratio"]
SAATY = [1 / number for number in range(9, 1, -1)] + list(range(1, 10))

DRINKS = ["coffee", "wine", "tea", "beer", "soda", "milk", "water"]
DRINKS_ROWS = [
    [9, 5, 2, 1, 1, 1 / 2],
    [1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9],
    [1 / 3, 1 / 4, 1 / 3, 1 / 9],
    [1 / 2, 1, 1 / 3],
    [2, 1 / 2],
    [1 / 3],
]
HOUSE = ["size", "transport", "neighborhood", "age", "yard", "modern", "condition", "financing"]
HOUSE_ROWS = [
    [5, 3, 7, 6, 6, 1 / 3, 1 / 4],
    [1 / 3, 5, 3, 3, 1 / 5, 1 / 7],
    [6, 3, 4, 6, 1 / 5],
    [1 / 3, 1 / 4, 1 / 7, 1 / 8],
    [1 / 2, 1 / 5, 1 / 6],
    [1 / 5, 1 / 6],
    [1 / 2],
]
HOUSES = {
    "size": [[6, 8], [4]], "transport": [[7, 1 / 5], [1 / 8]], "neighborhood": [[8, 6], [1 / 4]],
    "age": [[1, 1], [1]], "yard": [[5, 4], [1 / 3]], "modern": [[8, 6], [1 / 5]],
    "condition": [[1 / 2, 1 / 2], [1]], "financing": [[1 / 7, 1 / 5], [3]],
}  # fmt: skip
CARS = {
    "style": [[1 / 4, 4, 1 / 6], [4, 1 / 4], [1 / 5]],
    "reliability": [[2, 5, 1], [3, 2], [1 / 4]],
    "fuel": [[2, 4, 1], [3, 2], [1 / 5]],
}
INCOMPLETE_HOUSE = {
    "ab": 5, "ac": 3, "ad": 7, "ae": 6, "af": 6, "bd": 5, "bf": 3, "ce": 3, "cg": 6, "fd": 4,
    "ga": 3, "ge": 5, "ha": 4, "hb": 7, "hd": 8, "hf": 6,
}  # fmt: skip


def matrix(items, rows):
    """Reciprocal matrix from its rows right of the diagonal."""
    items = list(items)
    values = np.ones((len(items), len(items)))
    values[np.triu_indices(len(items), 1)] = [ratio for row in rows for ratio in row]
    lower = np.tril_indices(len(items), -1)
    values[lower] = 1 / values.T[lower]
    return pd.DataFrame(values, index=items, columns=items)


def judgements(who, parent, items, rows):
    """Long table of one evaluator's judgements, the rows right of the diagonal."""
    pairs = itertools.combinations(items, 2)
    ratios = [ratio for row in rows for ratio in row]
    return pd.DataFrame(
        [(who, parent, *pair, ratio) for pair, ratio in zip(pairs, ratios, strict=True)],
        columns=COLUMNS,
    )


def long(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def of_weights(who, parent, weights):
    """Consistent judgements of an evaluator who holds these weights."""
    return long(*[
        (who, parent, first, second, weights[first] / weights[second])
        for first, second in itertools.combinations(weights, 2)
    ])  # fmt: skip


def cars():
    """Three judges of four cars, the matrices of the car example."""
    return pd.concat(
        judgements(who, "goal", ["Corsa", "Clio", "Fiesta", "Sandero"], rows)
        for who, rows in CARS.items()
    )


# published examples


def test_drinks_of_saaty_2008():
    """IJSSCI 1(1), 83-98: .177 .019 .042 .116 .190 .129 .327, ratio .022; more digits by eig."""
    found = ahp.priorities(matrix(DRINKS, DRINKS_ROWS))
    np.testing.assert_allclose(
        found.weights,
        [0.1774567474, 0.019149476, 0.0418311817, 0.1164170317, 0.1895723753, 0.1287805485,
         0.3267926393], atol=1e-8,
    )  # fmt: skip
    assert found.lambda_max == pytest.approx(7.1766290393, abs=1e-8)
    assert found.consistency_ratio == pytest.approx(0.0223016464, abs=1e-8)
    assert found.n_missing == 0
    assert found.weights.index.tolist() == DRINKS


def test_drinks_by_the_row_geometric_mean():
    found = ahp.priorities(matrix(DRINKS, DRINKS_ROWS), method="geometric_mean")
    np.testing.assert_allclose(
        found.weights,
        [0.1787233846, 0.0184606162, 0.0422343873, 0.1164983978, 0.1911355092, 0.1286246593,
         0.3243230457], atol=1e-8,
    )  # fmt: skip
    assert found.consistency_ratio == pytest.approx(0.0223016464, abs=1e-8)


def test_house_of_saaty_1990():
    """EJOR 48, 9-26: lambda 9.669, ratio .169, composite .396 .341 .263."""
    found = ahp.priorities(matrix(HOUSE, HOUSE_ROWS))
    np.testing.assert_allclose(
        found.weights,
        [0.1730174746, 0.053975723, 0.1881102989, 0.0175079113, 0.0310437364, 0.0363222022,
         0.1668336736, 0.33318898], atol=1e-8,
    )  # fmt: skip
    assert found.lambda_max == pytest.approx(9.6688873171, abs=1e-8)
    assert found.consistency_ratio == pytest.approx(0.1690868609, abs=1e-8)
    local = {name: ahp.priorities(matrix("ABC", rows)).weights for name, rows in HOUSES.items()}
    np.testing.assert_allclose(local["size"], [0.753553899, 0.1811354645, 0.0653106365], atol=1e-8)
    composite = ahp.hierarchy({"goal": found.weights, **local})
    assert composite.to_dict() == pytest.approx(
        {"A": 0.3959129077, "B": 0.3407193401, "C": 0.2633677522}, abs=1e-8
    )


def test_house_from_the_long_table_of_one_evaluator():
    table = pd.concat([
        judgements("Saaty", "goal", HOUSE, HOUSE_ROWS),
        *(judgements("Saaty", name, "ABC", rows) for name, rows in HOUSES.items()),
    ])  # fmt: skip
    found = ahp.group(table, ratio_limit=0.3)
    assert found.weights.round(3).to_dict() == {"A": 0.396, "B": 0.341, "C": 0.263}
    assert found.consensus == 1


def test_random_index_by_number_of_items_is_the_published_one():
    """Saaty (1980), p. 21; judgements as inconsistent as random ones have the ratio 1."""
    index = dict(enumerate(
        [0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59], 3
    ))  # fmt: skip
    for n, expected in index.items():
        rows = np.split(np.resize([2, 1 / 3, 5], n * (n - 1) // 2), np.cumsum(range(n - 1, 1, -1)))
        found = ahp.priorities(matrix(range(n), rows))
        assert (found.lambda_max - n) / (n - 1) / found.consistency_ratio == pytest.approx(expected)


def test_cars_of_hodgett():
    """R package MCDA 0.1.0: .2922 .2767 .0697 .3613."""
    names = ["Corsa", "Clio", "Fiesta", "Sandero"]
    goal = ahp.priorities(matrix(CARS, [[0.5, 3], [4]])).weights
    local = {name: ahp.priorities(matrix(names, rows)).weights for name, rows in CARS.items()}
    np.testing.assert_allclose(
        ahp.hierarchy({"goal": goal, **local})[names],
        [0.2922256268, 0.2767499241, 0.0697400909, 0.3612843582], atol=1e-8,
    )  # fmt: skip


def test_cities_of_saaty_2005():
    """Theory and Applications of the ANP: .229 .275 .385 .111, as the tests of AHPy give them."""
    cities = ["Bethesda", "Boston", "Pittsburgh", "Santa Fe"]
    goal = matrix(["culture", "family", "housing", "jobs", "transport"],
                  [[1 / 5, 3, 1 / 2, 5], [7, 1, 7], [1 / 4, 3], [7]])  # fmt: skip
    local = {
        "culture": [[1 / 2, 1, 1 / 2], [2.5, 1], [1 / 2.5]],
        "family": [[2, 1 / 3, 4], [1 / 8, 2], [9]],
        "housing": [[5, 1 / 2, 2.5], [1 / 9, 1 / 4], [7]],
        "jobs": [[1 / 2, 3, 4], [6, 8], [1]],
        "transport": [[1.5, 1 / 2, 4], [1 / 3.5, 2.5], [9]],
    }
    found = ahp.hierarchy({
        "goal": ahp.priorities(goal).weights,
        **{name: ahp.priorities(matrix(cities, rows)).weights for name, rows in local.items()},
    })  # fmt: skip
    assert found[cities].round(3).tolist() == [0.229, 0.275, 0.385, 0.111]


def test_facility_of_papathanasiou_and_ploskas_2018():
    """Multiple Criteria Decision Aid, ch. 5: six sites .117 .071 .095 .212 .350 .155."""
    sites = [f"Site {number}" for number in range(1, 7)]
    goal = ahp.priorities(matrix(["C1", "C2", "C3", "C4"], [[1, 5, 3], [5, 3], [1 / 3]]))
    local = {
        "C1": [[5, 1, 1, 1 / 3, 3], [1 / 3, 1 / 5, 1 / 7, 1], [1 / 3, 1 / 5, 1], [1 / 3, 3], [7]],
        "C2": [[7, 3, 1 / 3, 1 / 3, 1 / 3], [1 / 3, 1 / 7, 1 / 9, 1 / 7], [1 / 5, 1 / 5, 1 / 5],
               [1, 1], [1]],
        "C3": [[1 / 9, 1 / 7, 1 / 9, 1, 1 / 5], [1, 1, 5, 3], [1, 5, 1], [7, 3], [1 / 3]],
        "C4": [[1 / 5, 1 / 5, 1 / 3, 1 / 7, 1 / 5], [1, 3, 1 / 3, 1], [1, 1 / 3, 1], [1 / 7, 1],
               [5]],
    }  # fmt: skip
    found = {name: ahp.priorities(matrix(sites, rows)) for name, rows in local.items()}
    assert goal.lambda_max == pytest.approx(4.043493461607889)
    assert goal.consistency_ratio == pytest.approx(0.01610868948440318)
    assert [round(result.consistency_ratio, 6) for result in found.values()] == [
        0.033491, 0.026437, 0.022145, 0.039785,
    ]  # fmt: skip
    scores = ahp.hierarchy({
        "goal": goal.weights, **{name: result.weights for name, result in found.items()},
    })  # fmt: skip
    assert scores[sites].round(3).tolist() == [0.117, 0.071, 0.095, 0.212, 0.350, 0.155]


def test_copy_of_an_alternative_reverses_ranks_but_not_in_the_ideal_mode_belton_gear_1983():
    """Omega 11, 228-230: .45 .47 .08, and with D, a copy of B, .37 .29 .06 .29."""
    three = {"a": {"A": 1, "B": 9, "C": 1}, "b": {"A": 9, "B": 1, "C": 1},
             "c": {"A": 8, "B": 9, "C": 1}}  # fmt: skip
    four = {name: {**scores, "D": scores["B"]} for name, scores in three.items()}
    goal = pd.Series(1 / 3, index=list(three))
    for scores, distributive, ideal in [
        (three, [0.4511784512, 0.4696969697, 0.0791245791], [2 / 3, 19 / 27, 1 / 9]),
        (four, [0.3654320988, 0.2888888889, 0.0567901235, 0.2888888889],
         [2 / 3, 19 / 27, 1 / 9, 19 / 27]),
    ]:  # fmt: skip
        table = pd.concat(of_weights("x", name, column) for name, column in scores.items())
        local = {
            parent: ahp.priorities(judged).weights
            for (_, parent), judged in ahp.matrices(table).items()
        }
        np.testing.assert_allclose(ahp.hierarchy({"goal": goal, **local}), distributive, atol=1e-9)
        best = {name: weights / weights.max() for name, weights in local.items()}
        np.testing.assert_allclose(ahp.hierarchy({"goal": goal, **best}), ideal, atol=1e-9)


def test_joint_judgements_of_three_judges_forman_peniwati_1998():
    """EJOR 108, 165-169; values by pyDecision and ahpy."""
    options = {"aggregate": "AIJ", "ratio_limit": math.inf}
    np.testing.assert_allclose(
        ahp.group(cars(), **options).weights,
        [0.2672642012, 0.2894778519, 0.0750562982, 0.3682016487], atol=1e-8,
    )  # fmt: skip
    np.testing.assert_allclose(
        ahp.group(cars(), **options, method="geometric_mean").weights,
        [0.267216265, 0.2902751578, 0.0755385459, 0.3669700313], atol=1e-8,
    )  # fmt: skip


def test_geometric_mean_of_priorities_forman_peniwati_1998():
    """EJOR 108, 165-169; the same as of judgements by row geometric means, not by eigenvectors."""
    np.testing.assert_allclose(
        ahp.group(cars(), ratio_limit=math.inf, method="geometric_mean").weights,
        [0.267216265, 0.2902751578, 0.0755385459, 0.3669700313], atol=1e-8,
    )  # fmt: skip
    np.testing.assert_allclose(
        ahp.group(cars(), ratio_limit=math.inf).weights,
        [0.26683876, 0.29391217, 0.07383551, 0.36541356], atol=1e-8,
    )  # fmt: skip


# missing judgements


def partial(ratios):
    items = sorted({item for pair in ratios for item in pair})
    table = long(*[("x", "goal", *pair, ratio) for pair, ratio in ratios.items()])
    return ahp.matrices(table)["x", "goal"].loc[items, items]


@pytest.mark.parametrize("fourth", [1 / 9, 1, 7])
def test_one_missing_of_four_is_the_mean_of_both_ways_round_bozoki_2010(fourth):
    """Example 3: x = sqrt(2/5 4/3) = .7303, whatever the judgement between the go-betweens."""
    found = ahp.priorities(partial({"ab": fourth, "ac": 5, "ad": 2, "bc": 3, "bd": 4}))
    assert found.matrix.loc["c", "d"] == pytest.approx(math.sqrt(8 / 15), abs=1e-10)
    assert found.matrix.loc["d", "c"] == pytest.approx(math.sqrt(15 / 8), abs=1e-10)
    assert found.n_missing == 1


def test_weights_of_an_incomplete_matrix_as_ahpy_gives_them():
    found = ahp.priorities(partial({"ab": 1, "ac": 5, "ad": 2, "bc": 3, "bd": 4}))
    assert found.weights.round(4).to_dict() == {"a": 0.3738, "b": 0.392, "c": 0.0985, "d": 0.1357}


def test_twelve_missing_of_the_house_bozoki_2010():
    """Example 4, as ahpy completes it with a tolerance of 1e-4."""
    filled = ahp.priorities(partial(INCOMPLETE_HOUSE)).matrix
    expected = {
        "bc": 0.33002, "be": 1.71974, "bg": 0.46635, "cd": 9.92051, "cf": 4.85249, "ch": 0.56961,
        "de": 0.52528, "dg": 0.14244, "ef": 0.93120, "eh": 0.10931, "fg": 0.29121, "gh": 0.40309,
    }  # fmt: skip
    found = {pair: filled.loc[pair[0], pair[1]] for pair in expected}
    assert found == pytest.approx(expected, rel=5e-5)
    np.testing.assert_allclose(filled * filled.T, 1)


def test_ratio_of_an_incomplete_matrix_is_held_against_a_lower_random_index():
    """Ágoston & Csató (2022): one missing of four leaves two of three, .90 x 2/3 = .60."""
    found = ahp.priorities(partial({"ab": 1, "ac": 5, "ad": 2, "bc": 3, "bd": 4}))
    assert found.consistency_ratio == pytest.approx((found.lambda_max - 4) / 3 / 0.6)
    assert found.consistency_ratio > 0.01


def test_no_other_value_of_the_missing_judgements_has_a_lower_eigenvalue():
    """Steps of 1% to every side of the completed house."""
    found = ahp.priorities(partial(INCOMPLETE_HOUSE))
    for first, second in [("b", "c"), ("c", "d"), ("e", "h"), ("g", "h")]:
        for factor in (0.99, 1.01):
            other = found.matrix.copy()
            other.loc[first, second] *= factor
            other.loc[second, first] /= factor
            largest = max(np.linalg.eigvals(other).real)  # beyond 9 no evaluator may judge
            assert largest > found.lambda_max + 1e-7


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_deleted_from_consistent_judgements_comes_back_exactly(seed):
    generator = np.random.default_rng(seed)
    n = int(generator.integers(3, 10))
    weights = generator.uniform(1, 9, n)
    full = pd.DataFrame(weights[:, None] / weights)
    judged = full.copy()
    chain = generator.permutation(n)
    kept = {frozenset(pair) for pair in itertools.pairwise(chain.tolist())}
    for i, j in itertools.combinations(range(n), 2):
        if frozenset((i, j)) not in kept and generator.random() < 0.7:
            judged.iloc[i, j] = judged.iloc[j, i] = math.nan
    for method in ("eigenvector", "geometric_mean"):
        found = ahp.priorities(judged, method=method)
        np.testing.assert_allclose(found.matrix, full, rtol=1e-8)
        np.testing.assert_allclose(found.weights, weights / weights.sum(), rtol=1e-8)
        assert found.lambda_max == pytest.approx(n)
        assert found.consistency_ratio < 1e-9


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_completion_is_where_the_eigenvalue_does_not_change_however_wild_the_judgements(seed):
    """Slope by log of a missing judgement: left_i a_ij right_j - left_j a_ji right_i = 0."""
    generator = np.random.default_rng(seed)
    n = int(generator.integers(4, 9))
    judged = matrix(range(n), [generator.choice(SAATY, n - 1 - i) for i in range(n - 1)])
    missing = [(i, j) for i, j in itertools.combinations(range(n), 2)
               if j > i + 1 and generator.random() < 0.6]  # fmt: skip
    for i, j in missing:
        judged.iloc[i, j] = judged.iloc[j, i] = math.nan
    filled = ahp.priorities(judged).matrix.to_numpy()
    right, left = (abs(np.linalg.eig(side)[1][:, np.linalg.eig(side)[0].real.argmax()].real)
                   for side in (filled, filled.T))  # fmt: skip
    flow = left[:, None] * filled * right / (left @ right)
    assert [flow[i, j] for i, j in missing] == pytest.approx(
        [flow[j, i] for i, j in missing], rel=1e-8
    )


# laws of one matrix


@given(st.lists(st.sampled_from(SAATY), min_size=3, max_size=3))
def test_of_three_items_the_row_geometric_mean_is_the_eigenvector(ratios):
    """Closed form: lambda = 1 + q + 1/q with q the cube root of ab bc / ac."""
    judged = matrix("abc", [ratios[:2], ratios[2:]])
    found = ahp.priorities(judged)
    means = np.exp(np.log(judged).mean(axis=1))
    np.testing.assert_allclose(found.weights, means / means.sum(), rtol=1e-9)
    cube = (ratios[0] * ratios[2] / ratios[1]) ** (1 / 3)
    assert found.lambda_max == pytest.approx(1 + cube + 1 / cube)
    assert found.consistency_ratio == pytest.approx(
        (cube + 1 / cube - 2) / 2 / 0.58, rel=1e-6, abs=1e-12
    )


@settings(max_examples=30)
@given(st.permutations(HOUSE))
def test_order_of_the_items_changes_nothing(order):
    judged = matrix(HOUSE, HOUSE_ROWS)
    found = ahp.priorities(judged.loc[order, order])
    reference = ahp.priorities(judged)
    np.testing.assert_allclose(found.weights[HOUSE], reference.weights, rtol=1e-9)
    assert found.consistency_ratio == pytest.approx(reference.consistency_ratio)


def test_one_and_two_items_cannot_contradict():
    assert ahp.priorities(matrix("a", [])).weights.to_dict() == {"a": 1.0}
    two = ahp.priorities(matrix("ab", [[4]]))
    assert two.weights.to_dict() == pytest.approx({"a": 0.8, "b": 0.2})
    assert two.consistency_ratio == 0
    assert ahp.worst_judgement(matrix("ab", [[4]])) is None


def test_of_a_judgement_and_its_rounded_reciprocal_the_judgement_counts():
    """Products of .99 would take the eigenvalue below 3."""
    judged = pd.DataFrame([[1, 3, 3], [0.33, 1, 1], [0.33, 1, 1]], list("abc"), list("abc"))
    found = ahp.priorities(judged)
    assert found.lambda_max == pytest.approx(3)
    assert found.consistency_ratio == 0
    assert found.weights.tolist() == pytest.approx([0.6, 0.2, 0.2])


def test_matrix_printed_with_two_decimals_is_read():
    """.14 for 1/7, .17 for 1/6 and .13 for 1/8."""
    printed = pd.DataFrame([[1, 7, 6], [0.14, 1, 0.13], [0.17, 8, 1]], list("abc"), list("abc"))
    exact = matrix("abc", [[7, 6], [1 / 8]])
    pd.testing.assert_series_equal(ahp.priorities(printed).weights, ahp.priorities(exact).weights)


@pytest.mark.parametrize("ratio", [11, 0.05])
def test_judgement_off_the_scale_is_refused_in_a_matrix_too(ratio):
    with pytest.raises(SettingsError, match="allowed numbers from 1/9 to 9"):
        ahp.priorities(pd.DataFrame([[1, ratio], [1 / ratio, 1]]))


def test_evaluator_whose_judgements_are_not_joined_is_left_out_and_stops_nobody():
    table = pd.concat([
        of_weights("Kim", "goal", {"a": 4, "b": 2, "c": 1}), long(("Lee", "goal", "a", "b", 2)),
    ])  # fmt: skip
    found = ahp.group(table)
    assert list(found.left_out) == ["Lee"]
    assert "nothing joins" in found.left_out["Lee"]
    assert found.weights["a"] == pytest.approx(4 / 7)
    assert ahp.group(table, aggregate="AIJ").left_out == {}


# repair


def test_one_reversed_judgement_is_found_and_mended():
    """Weights 8 : 4 : 2 : 1 with a to d answered 1/8 instead of 8."""
    repair = ahp.worst_judgement(matrix("abcd", [[2, 4, 1 / 8], [2, 4], [2]]))
    assert repair[:4] == pytest.approx(("a", "d", 1 / 8, 8.0))
    assert repair.ratio_before > 1
    assert repair.ratio_after == pytest.approx(0, abs=1e-9)


def test_every_single_reversed_judgement_of_eight_is_found():
    weights = pd.Series([8, 4, 4, 2, 2, 1, 1, 1], list("abcdefgh"), dtype="float64")
    full = pd.DataFrame(np.divide.outer(weights.to_numpy(), weights.to_numpy()),
                        weights.index, weights.index)  # fmt: skip
    for first, second in itertools.combinations(weights.index, 2):
        right = full.loc[first, second]
        if right == 1:
            continue
        judged = full.copy()
        judged.loc[first, second], judged.loc[second, first] = 1 / right, right
        repair = ahp.worst_judgement(judged)
        assert repair[:4] == pytest.approx((first, second, 1 / right, right))


def test_worst_judgement_of_the_house_is_the_best_of_all_single_changes():
    """Neighborhood 6 times condition becomes 1/2; every pair and value of the scale was tried."""
    judged = matrix(HOUSE, HOUSE_ROWS)
    repair = ahp.worst_judgement(judged)
    assert repair[:4] == ("neighborhood", "condition", 6.0, 0.5)
    assert repair.ratio_before == pytest.approx(0.1690868609)
    tried = []
    for (first, second), ratio in itertools.product(itertools.combinations(HOUSE, 2), SAATY):
        other = judged.copy()
        other.loc[first, second], other.loc[second, first] = ratio, 1 / ratio
        eigenvalue = np.linalg.eigvals(other).real.max()
        tried.append(((eigenvalue - 8) / 7 / 1.41, first, second, ratio))
    assert min(tried)[1:] == ("neighborhood", "condition", 0.5)
    assert repair.ratio_after == pytest.approx(min(tried)[0])


def test_reversed_judgement_of_an_incomplete_matrix_is_found():
    """A ring of 1 : 1 : 1 : 1 with a tail e, one side of the ring answered 9."""
    judged = partial({"ab": 1, "bc": 1, "cd": 1, "ad": 1, "ac": 1, "bd": 9, "ae": 5})
    repair = ahp.worst_judgement(judged)
    assert repair[:4] == ("b", "d", 9.0, 1.0)
    assert repair.ratio_after == pytest.approx(0, abs=1e-9)


def test_consistent_judgements_need_no_repair_nor_do_thirds_with_two_decimals():
    assert ahp.worst_judgement(matrix("abc", [[2, 4], [2]])) is None
    assert ahp.worst_judgement(matrix("abc", [[3, 1], [0.333]])) is None
    assert ahp.worst_judgement(partial({"ab": 3, "bc": 5})) is None


def test_mended_value_is_the_nearest_of_the_scale_by_ratio():
    """a to d follows as 1.45: times 1.38 to 2, but divided by 1.45 to 1."""
    judged = matrix("abcd", [[1.45, 1.45, 9], [1, 1], [1]])
    assert ahp.worst_judgement(judged)[:4] == ("a", "d", 9.0, 2.0)


def test_no_repair_where_no_value_of_the_scale_would_help():
    """1.45 x 1.45 = 2.1025: 2.2 is nearer than 2; 2.2 / 1.45 = 1.52: 1.45 is nearer than 2."""
    judged = matrix("abc", [[1.45, 2.2], [1.45]])
    assert ahp.priorities(judged).consistency_ratio > 1e-4
    assert ahp.worst_judgement(judged) is None
    assert ahp.worst_judgement(matrix("abc", [[1.45, 2.3], [1.45]]))[:4] == ("a", "c", 2.3, 2.0)


# tree


def test_weights_are_multiplied_down_a_tree_of_any_depth():
    """.6 ; .4 x .5 ; .4 x .5 x .25, x .75."""
    found = ahp.hierarchy({
        "b": pd.Series({"x": 0.5, "y": 0.5}),
        "y": pd.Series({"u": 0.25, "v": 0.75}),
        "goal": pd.Series({"a": 0.6, "b": 0.4}),
    })  # fmt: skip
    assert found.to_dict() == pytest.approx({"a": 0.6, "x": 0.2, "u": 0.05, "v": 0.15})


@pytest.mark.parametrize(
    ("local", "message"),
    [
        ({"g": ["a", "b"], "h": ["c"]}, r"under no other: g, h; allowed one goal"),
        ({"a": ["b"], "b": ["a"]}, r"under no other: none; allowed one goal"),
        ({"g": ["a", "c"], "a": ["b"], "b": ["a", "d"]}, r"a.* below themselves: allowed a tree"),
        ({"g": ["c"], "a": ["b"], "b": ["a"]}, r"a, b below themselves: allowed a tree"),
    ],
)
def test_what_is_no_tree_is_refused(local, message):
    shares = {parent: pd.Series(1 / len(nodes), nodes) for parent, nodes in local.items()}
    with pytest.raises(SettingsError, match=message):
        ahp.hierarchy(shares)


# consensus


def shares(*rows):
    return pd.DataFrame(rows, dtype="float64")


def test_consensus_is_1_of_identical_and_0_of_opposite_evaluators():
    """Each of n evaluators holds another of n items 9 times as important."""
    assert ahp.consensus(shares([0.5, 0.3, 0.2], [0.5, 0.3, 0.2])) == pytest.approx(1)
    assert ahp.consensus(shares([0.5, 0.3, 0.2])) == pytest.approx(1)
    for n in (2, 3, 5, 7):
        opposite = (np.eye(n) * 8 + 1) / (n + 8)
        assert ahp.consensus(pd.DataFrame(opposite)) == pytest.approx(0, abs=1e-12)


def test_consensus_by_hand_of_goepel_2013():
    """.8 .2 and .2 .8: entropy .500402 within, .693147 across, similarity exp(-.192745) = .824693.

    .9 .1: entropy .325083, exp(.325083) / 2 = .692073; (.824693 - .692073) / .307927 = .430686.
    """
    assert ahp.consensus(shares([0.8, 0.2], [0.2, 0.8])) == pytest.approx(0.430686, abs=5e-6)


def test_consensus_weighs_the_entropies_of_unlike_evaluators_alike():
    """.9 .1 and .5 .5: entropies .325083 and .693147, mean .509115; of .7 .3 .610864.

    exp(-.101749) = .903256; (.903256 - .692073) / .307927 = .685822.
    """
    assert ahp.consensus(shares([0.9, 0.1], [0.5, 0.5])) == pytest.approx(0.685822, abs=5e-6)


def test_consensus_stays_in_its_range_for_weights_further_apart_than_the_scale_allows():
    assert ahp.consensus(shares([1, 0], [0, 1])) == 0
    assert ahp.consensus(shares([1], [1])) == 1


# group


def test_group_of_one_level_worked_by_hand():
    """Priorities .8 .2 and .5 .5: sqrt(.4) : sqrt(.1) = 2 : 1; half of |.3| + |.3| apart."""
    table = long(("Kim", "goal", "a", "b", 4), ("Lee", "goal", "a", "b", 1))
    found = ahp.group(table)
    assert found.weights.to_dict() == pytest.approx({"a": 2 / 3, "b": 1 / 3})
    assert found.by_evaluator.loc["Kim"].to_dict() == pytest.approx({"a": 0.8, "b": 0.2})
    assert found.agreement.loc["Kim", "Lee"] == pytest.approx(0.7)
    assert found.agreement.loc["Lee", "Lee"] == 1
    assert found.left_out == {}
    assert found.consensus == pytest.approx(ahp.consensus(shares([0.8, 0.2], [0.5, 0.5])))


def two_levels(who, goal, under_b):
    return pd.concat([of_weights(who, "goal", goal), of_weights(who, "b", under_b)])


def test_group_of_two_levels_worked_by_hand():
    """Means 2 : 1 of 4 : 1 and 1 : 1 at the goal, 1 : 1 of 3 : 1 and 1 : 3 under b."""
    table = pd.concat([
        two_levels("Kim", {"a": 4, "b": 1}, {"x": 3, "y": 1}),
        two_levels("Lee", {"a": 1, "b": 1}, {"x": 1, "y": 3}),
    ])  # fmt: skip
    for aggregate in ("AIP", "AIJ"):
        found = ahp.group(table, aggregate=aggregate)
        assert found.weights.to_dict() == pytest.approx({"a": 2 / 3, "x": 1 / 6, "y": 1 / 6})
        points = found.local.droplevel("parent").to_dict()
        assert points == pytest.approx({"a": 2 / 3, "b": 1 / 3, "x": 0.5, "y": 0.5})
        assert found.by_evaluator.loc["Kim"].to_dict() == pytest.approx(
            {"a": 0.8, "x": 0.15, "y": 0.05}
        )


def test_only_child_is_told_by_comparing_it_with_itself():
    table = long(("Kim", "goal", "a", "b", 3), ("Kim", "b", "x", "x", 1))
    found = ahp.group(table)
    assert found.weights.to_dict() == pytest.approx({"a": 0.75, "x": 0.25})
    assert found.consistency["ratio"].tolist() == [0, 0]


def test_evaluator_over_the_limit_is_left_out_with_the_judgement_to_ask_again():
    """a > b > c > a, 3 times each: lambda = 1 + 3 + 1/3, ratio (4/3) / 2 / .58 = 1.149."""
    table = pd.concat([
        of_weights("Kim", "goal", {"a": 4, "b": 2, "c": 1}),
        judgements("Lee", "goal", "abc", [[3, 1 / 3], [3]]),
    ])  # fmt: skip
    for aggregate in ("AIP", "AIJ"):
        found = ahp.group(table, aggregate=aggregate)
        assert found.left_out == {"Lee": "consistency ratio 1.149 of goal over the limit"}
        assert found.weights.to_dict() == pytest.approx({"a": 4 / 7, "b": 2 / 7, "c": 1 / 7})
        assert found.by_evaluator.index.tolist() == ["Kim"]
    kim, lee = found.consistency.to_dict("records")
    assert kim["ratio"] == pytest.approx(0, abs=1e-9)
    assert (kim["is_over"], kim["first"], kim["second"]) == (False, "", "")
    assert math.isnan(kim["found"])
    assert math.isnan(kim["mended"])
    assert lee["ratio"] == pytest.approx(1.149425287)
    assert lee["is_over"]
    assert (lee["found"], lee["mended"]) == pytest.approx((3.0, 1 / 9))
    assert ahp.group(table, ratio_limit=1.2).left_out == {}


def test_ratio_on_the_limit_is_good_enough():
    table = judgements("Kim", "goal", "abc", [[2, 3], [2]])
    ratio = ahp.group(table).consistency["ratio"][0]
    assert ahp.group(table, ratio_limit=ratio).left_out == {}
    with pytest.raises(SettingsError, match=r"nobody left to judge goal \(Kim: consistency ratio"):
        ahp.group(table, ratio_limit=ratio - 1e-4)


def test_who_missed_a_parent_is_left_out_of_priorities_but_not_of_judgements():
    table = pd.concat([
        two_levels("Kim", {"a": 4, "b": 1}, {"x": 3, "y": 1}),
        of_weights("Lee", "goal", {"a": 1, "b": 1}),
    ])  # fmt: skip
    own = ahp.group(table)
    assert own.left_out == {"Lee": "b: not judged"}
    assert own.weights["a"] == pytest.approx(0.8)
    joint = ahp.group(table, aggregate="AIJ")
    assert joint.left_out == {}
    assert joint.weights.to_dict() == pytest.approx({"a": 2 / 3, "x": 0.25, "y": 1 / 12})
    assert joint.by_evaluator.index.tolist() == ["Kim"]


def test_experts_for_one_parent_each_can_judge_jointly_without_a_consensus():
    table = pd.concat([
        of_weights("Kim", "goal", {"a": 4, "b": 1}), of_weights("Lee", "b", {"x": 3, "y": 1}),
    ])  # fmt: skip
    found = ahp.group(table, aggregate="AIJ")
    assert found.weights.to_dict() == pytest.approx({"a": 0.8, "x": 0.15, "y": 0.05})
    assert math.isnan(found.consensus)
    assert found.agreement.shape == (0, 0)
    with pytest.raises(SettingsError, match=r"nobody left to judge goal, b .*Kim: b: not judged"):
        ahp.group(table)


def test_judgement_is_averaged_over_those_who_judged_the_pair():
    """a to b 2 and 8 give 4; only Kim judged a to c, nobody b to c, which follows as 3/4."""
    table = long(
        ("Kim", "goal", "a", "b", 2), ("Kim", "goal", "a", "c", 3),
        ("Lee", "goal", "a", "b", 8), ("Lee", "goal", "c", "a", 1 / 3),
    )  # fmt: skip
    found = ahp.group(table, aggregate="AIJ")
    assert found.weights.to_dict() == pytest.approx({"a": 12 / 19, "b": 3 / 19, "c": 4 / 19})


def four_evaluators():
    """Local weights of a: 1/2, 2/3, 4/5, 9/10."""
    return long(*[(who, "goal", "a", "b", ratio) for who, ratio in zip("KLMN", [1, 2, 4, 9],
                                                                      strict=True)])  # fmt: skip


def test_dropping_the_highest_and_lowest_of_each_node_by_hand():
    """Kept of a 2/3 and 4/5, of b 1/5 and 1/3: sqrt(8/15) : sqrt(1/15) = sqrt 8 : 1."""
    found = ahp.group(four_evaluators(), drop_extremes=True)
    assert found.weights["a"] == pytest.approx(math.sqrt(8) / (1 + math.sqrt(8)))
    assert len(found.by_evaluator) == 4
    outlier = four_evaluators().replace({"ratio": {9: 5}})
    assert ahp.group(outlier, drop_extremes=True).weights["a"] == pytest.approx(found.weights["a"])
    assert ahp.group(outlier).weights["a"] != pytest.approx(
        ahp.group(four_evaluators()).weights["a"]
    )


def test_extremes_of_three_evaluators_cannot_be_dropped():
    with pytest.raises(SettingsError, match=r"with 3 evaluators who count: allowed 4 or more"):
        ahp.group(four_evaluators()[:3], drop_extremes=True)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(18)), st.permutations(["style", "reliability", "fuel"]))
def test_order_of_rows_and_names_of_evaluators_change_nothing(order, names):
    table = cars().reset_index(drop=True)
    shuffled = table.loc[list(order)].replace({"evaluator": dict(zip(CARS, names, strict=True))})
    for aggregate in ("AIP", "AIJ"):
        options = {"aggregate": aggregate, "ratio_limit": 1}
        found, reference = ahp.group(shuffled, **options), ahp.group(table, **options)
        assert found.weights.to_dict() == pytest.approx(reference.weights.to_dict())
        assert found.consensus == pytest.approx(reference.consensus)


def test_identical_judges_are_one_judge():
    one = judgements("Kim", "goal", HOUSE, HOUSE_ROWS)
    three = pd.concat([one, one.assign(evaluator="Lee"), one.assign(evaluator="Choi")])
    expected = ahp.priorities(matrix(HOUSE, HOUSE_ROWS)).weights
    for aggregate in ("AIP", "AIJ"):
        found = ahp.group(three, aggregate=aggregate, ratio_limit=0.2)
        np.testing.assert_allclose(found.weights, expected, rtol=1e-9)
        assert found.consensus == pytest.approx(1)
        np.testing.assert_allclose(found.agreement, 1)


def test_table_is_not_changed():
    table = cars()
    before = table.copy()
    ahp.group(table, ratio_limit=1)
    pd.testing.assert_frame_equal(table, before)


# the table of judgements


def test_matrices_stand_in_the_order_of_the_table_whoever_came_first():
    table = long(
        ("Kim", "goal", "c", "a", 2), ("Kim", "goal", "b", "c", 1 / 4),
        ("Lee", "goal", "b", "a", 3), ("Lee", "goal", "b", "c", 5),
    )  # fmt: skip
    found = ahp.matrices(table)
    assert list(found) == [("Kim", "goal"), ("Lee", "goal")]
    assert found["Lee", "goal"].index.tolist() == ["c", "a", "b"]
    assert found["Kim", "goal"].loc["c"].tolist() == pytest.approx([1, 2, 4])
    assert found["Lee", "goal"].isna().sum().sum() == 2


def test_ninths_and_thirds_may_be_rounded_and_a_pair_judged_twice_alike():
    table = long(
        ("Kim", "goal", "a", "b", 0.111), ("Kim", "goal", "b", "c", 0.33),
        ("Kim", "goal", "c", "b", 3), ("Kim", "goal", "a", "a", 1), ("Kim", "goal", "a", "c", "1"),
    )  # fmt: skip
    found = ahp.matrices(table)["Kim", "goal"]
    assert found.loc["a", "b"] == pytest.approx(0.111)
    assert found.loc["b", "c"] == pytest.approx(math.sqrt(0.33 / 3))
    assert found.loc["c", "b"] == pytest.approx(math.sqrt(3 / 0.33))
    assert found.loc["a", "c"] == 1
    ahp.priorities(found)


@pytest.mark.parametrize("ratio", [0, -3, 11, 9.1, 0.1, math.nan, math.inf, "three", None])
def test_ratio_out_of_range_is_refused_with_its_pair(ratio):
    table = long(("Kim", "goal", "a", "b", ratio), ("Kim", "goal", "b", "c", 2))
    with pytest.raises(
        SettingsError, match=r"^Kim, goal, a to b: ratio .*; allowed 1/9 to 9; write [^;]*$"
    ):
        ahp.matrices(table)


def test_every_fault_is_told_at_once():
    table = long(
        ("Kim", "goal", "a", "b", 3), ("Kim", "goal", "b", "a", 3), ("Kim", "goal", "c", "c", 2),
        ("Lee", "goal", "a", "b", 12), ("Lee", "goal", "b", "c", 2), ("", "goal", "a", "c", 2),
        ("Choi", "goal", "a", "b", 2), ("Choi", "goal", "b", "a", 0.5),
        ("Choi", "goal", "b", "c", 2), ("Choi", "goal", "b", "c", 2.1),
    )  # fmt: skip
    with pytest.raises(SettingsError) as caught:
        ahp.matrices(table)
    message = str(caught.value)
    for part in [
        "Kim, goal, c to c: ratio 2.0 to itself; allowed 1",
        "Lee, goal, a to b: ratio 12.0; allowed 1/9 to 9",
        ", goal, a to c: a name is missing; allowed four names; write it",
        "Kim, goal: a to b: ratios 0.3333 and 3 (one pair, judged twice); allowed one answer",
        "Kim, goal: nothing joins a, b | c; allowed one group",
        "Choi, goal: b to c: ratios 2 and 2.1 (one pair, judged twice)",
    ]:
        assert part in message
    assert "Lee, goal: nothing joins" not in message
    assert "Choi, goal: a to b" not in message


def test_missing_name_is_refused():
    with pytest.raises(SettingsError, match=r"Kim, goal, a to nan: a name is missing"):
        ahp.matrices(long(("Kim", "goal", "a", math.nan, 2), ("Kim", "goal", "a", "b", 2)))


def test_groups_that_no_judgement_joins_are_named():
    table = long(
        ("Kim", "goal", "a", "b", 2), ("Kim", "goal", "c", "d", 2), ("Lee", "goal", "a", "b", 2),
        ("Lee", "goal", "b", "c", 2), ("Lee", "goal", "c", "d", 2),
    )  # fmt: skip
    with pytest.raises(SettingsError, match=r"^Kim, goal: nothing joins a, b \| c, d; [^|]*$"):
        ahp.matrices(table)


def test_table_without_rows_or_columns_is_refused():
    with pytest.raises(SettingsError, match=r"without rows: allowed evaluator, parent"):
        ahp.matrices(long())
    with pytest.raises(SettingsError, match=r"without the columns parent, ratio"):
        ahp.matrices(pd.DataFrame({"evaluator": ["Kim"], "first": ["a"], "second": ["b"]}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"aggregate": "mean"}, r"aggregate = 'mean': allowed AIP or AIJ"),
        ({"method": "mean"}, r"method = 'mean': allowed eigenvector or geometric_mean"),
        ({"ratio_limit": -0.1}, r"ratio_limit = -0.1: allowed 0 or more"),
        ({"ratio_limit": math.nan}, r"ratio_limit = nan: allowed 0 or more"),
        ({"aggregate": "AIJ", "drop_extremes": True}, r"drop_extremes with aggregate AIJ"),
        ({"aggregate": "x", "ratio_limit": -1}, r"aggregate = 'x'.*; ratio_limit = -1"),
    ],
)
def test_unknown_settings_are_refused(options, message):
    with pytest.raises(SettingsError, match=message):
        ahp.group(four_evaluators(), **options)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            [[1, 3], [3, 1]],
            r"a to b: 3, and back 3; allowed numbers from 1/9 to 9 whose product is 1",
        ),
        ([[1, 0], [0, 1]], r"a to b: 0, and back 0"),
        ([[1, 1], [0, 1]], r"a to b: 1, and back 0"),
        ([[1, -2], [-0.5, 1]], r"a to b: -2, and back -0.5"),
        ([[1, math.inf], [0, 1]], r"a to b: inf, and back 0"),
        ([[2, 1], [1, 1]], r"a to a: 2, and back 2"),
        ([[math.nan, 1], [1, 1]], r"a to a: nan, and back nan"),
        ([[1, 2], [math.nan, 1]], r"a to b: 2, and back nan"),
        ([[1, math.nan], [math.nan, 1]], r"nothing joins a \| b; allowed one group"),
    ],
)
def test_what_is_no_reciprocal_matrix_is_refused(values, message):
    for function in (ahp.priorities, ahp.worst_judgement):
        with pytest.raises(SettingsError, match=message):
            function(pd.DataFrame(values, list("ab"), list("ab")))


def test_matrix_of_other_columns_or_more_items_than_have_a_random_index_is_refused():
    with pytest.raises(
        SettingsError, match=r"2 rows and 2 columns: allowed the same 1 to 15 items"
    ):
        ahp.priorities(pd.DataFrame(1.0, index=list("ab"), columns=list("ac")))
    with pytest.raises(SettingsError, match=r"16 rows and 16 columns: allowed the same 1 to 15"):
        ahp.priorities(pd.DataFrame(np.ones((16, 16))))
    assert ahp.priorities(pd.DataFrame(np.ones((15, 15)))).consistency_ratio < 1e-12


def test_schema_has_the_columns_the_functions_need_and_the_same_range():
    schema = tables.schema("judgements")
    assert schema.index.tolist() == [*COLUMNS, "source", "quality"]
    assert schema.index[schema["key"] == "yes"].tolist() == COLUMNS[:4]
    for bound in schema.loc["ratio", ["minimum", "maximum"]].astype(float):
        ahp.matrices(long(("Kim", "goal", "a", "b", bound)))
    assert set(schema["required"]) == {"yes"}

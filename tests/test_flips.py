"""Smallest changes: published table, closed forms, brute force that nothing smaller exists."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog, minimize

from site_select import flips
from site_select.errors import SettingsError

NORMS = ("L1", "L2", "Linf")
LENGTHS = {
    "L1": lambda change: np.abs(change).sum(axis=-1) / 2,
    "L2": lambda change: np.sqrt((change**2).sum(axis=-1)),
    "Linf": lambda change: np.abs(change).max(axis=-1),
}
# Triantaphyllou & Sanchez (1997), example of the weighted sum model
PUBLISHED = [
    [0.3088, 0.2897, 0.3867, 0.1922],
    [0.2163, 0.3458, 0.1755, 0.6288],
    [0.4509, 0.2473, 0.1194, 0.0575],
    [0.0240, 0.1172, 0.3184, 0.1215],
]
PUBLISHED_WEIGHTS = [0.3277, 0.3058, 0.2876, 0.0790]
PUBLISHED_CHANGES = {  # (pair, criterion): (delta, percent, feasible)
    ("A1", "A2", "c1"): (0.4260171892, 130.0021938325, False),
    ("A1", "A2", "c2"): (-0.7024347594, -229.7039762454, True),
    ("A1", "A2", "c3"): (0.186584233, 64.8762979675, True),
    ("A1", "A2", "c4"): (-0.0902578791, -114.2504798298, True),
    ("A1", "A3", "c1"): (-0.3794266714, -115.7847639177, True),
    ("A1", "A3", "c2"): (1.2716162736, 415.8326597727, False),
    ("A1", "A3", "c3"): (0.2017079312, 70.1348856619, True),
    ("A1", "A3", "c4"): (0.4002711952, 506.672399049, False),
    ("A1", "A4", "c1"): (0.6015022472, 183.5527150415, False),
    ("A1", "A4", "c2"): (0.9930889275, 324.7511208425, False),
    ("A1", "A4", "c3"): (2.5081674963, 872.1027455979, False),
    ("A1", "A4", "c4"): (2.423024611, 3067.1197608007, False),
    ("A2", "A3", "c1"): (-0.0618497016, -18.8738790417, True),
    ("A2", "A3", "c2"): (0.1473090355, 48.1716924568, True),
    ("A2", "A3", "c3"): (0.2586442068, 89.9319216876, True),
    ("A2", "A3", "c4"): (0.0253981096, 32.1495057907, True),
    ("A2", "A4", "c1"): (0.6859139366, 209.3115460963, False),
    ("A2", "A4", "c2"): (0.5769958443, 188.684056334, False),
    ("A2", "A4", "c3"): (-0.9230318404, -320.942920879, True),
    ("A2", "A4", "c4"): (0.2600064065, 329.1220335008, False),
    ("A3", "A4", "c1"): (0.2749855001, 83.9137931392, True),
    ("A3", "A4", "c2"): (0.9023159877, 295.0673602687, False),
    ("A3", "A4", "c3"): (-0.5899060804, -205.1133798338, True),
    ("A3", "A4", "c4"): (-1.8342392187, -2321.8217958861, True),
}


def table(matrix, labels=None):
    """Complexes A1, A2, ... by criteria c1, c2, ..."""
    matrix = np.asarray(matrix, dtype=float)
    return pd.DataFrame(
        matrix,
        index=labels or [f"A{number + 1}" for number in range(len(matrix))],
        columns=[f"c{number + 1}" for number in range(matrix.shape[1])],
    )


def weight(*numbers):
    return pd.Series(numbers, [f"c{number + 1}" for number in range(len(numbers))], dtype=float)


def evaluators(*rows):
    return table(rows, [f"e{number + 1}" for number in range(len(rows))])


def random_cases(count, *, complexes, criteria, seed, levels=None):
    """Seeded tables and weights; with levels, values on a coarse grid, full of ties and clones."""
    generator = np.random.default_rng(seed)
    for _ in range(count):
        matrix = generator.random((complexes, criteria))
        if levels:
            matrix = np.round(matrix * levels) / levels
        yield table(matrix), weight(*generator.dirichlet(np.ones(criteria)))


def lead_of(values, weights, label):
    scores = values @ weights
    return scores[label] - scores.drop(label).max()


def first_of(values, weights, top):
    return set((values @ weights).sort_values(ascending=False, kind="stable").index[:top])


# one weight: published table


def test_critical_changes_of_triantaphyllou_and_sanchez_1997():
    found = flips.critical_changes(table(PUBLISHED), weight(*PUBLISHED_WEIGHTS))
    found = found.set_index(["ahead", "behind", "criterion"])
    assert list(found.index) == list(PUBLISHED_CHANGES)
    expected = pd.DataFrame(PUBLISHED_CHANGES, index=found.columns).T
    np.testing.assert_allclose(found["delta"], expected["delta"].astype(float), atol=1e-6)
    np.testing.assert_allclose(found["percent"], expected["percent"].astype(float), atol=1e-4)
    assert found["feasible"].tolist() == expected["feasible"].tolist()


def test_critical_criteria_of_triantaphyllou_and_sanchez_1997():
    """Smallest percentage: c3 for the first place, c1 for any; smallest change: c4 for both."""
    found = flips.critical_changes(table(PUBLISHED), weight(*PUBLISHED_WEIGHTS))
    feasible = found[found["feasible"]]
    top = feasible[feasible["ahead"] == "A1"]
    pairs = ["ahead", "behind", "criterion"]
    assert top.loc[top["percent"].abs().idxmin(), pairs].tolist() == ["A1", "A2", "c3"]
    assert feasible.loc[feasible["percent"].abs().idxmin(), pairs].tolist() == ["A2", "A3", "c1"]
    assert top.loc[top["delta"].abs().idxmin(), pairs].tolist() == ["A1", "A2", "c4"]
    assert feasible.loc[feasible["delta"].abs().idxmin(), pairs].tolist() == ["A2", "A3", "c4"]


def test_critical_change_makes_the_pair_tie_and_pairs_stand_in_order_of_score():
    for values, weights in random_cases(20, complexes=4, criteria=3, seed=1):
        for row in flips.critical_changes(values, weights).itertuples():
            changed = weights.copy()
            changed[row.criterion] -= row.delta
            scores = values @ changed
            assert scores[row.ahead] == pytest.approx(scores[row.behind], abs=1e-9)
            assert row.feasible == (changed[row.criterion] >= 0)
            assert (values @ weights)[row.ahead] >= (values @ weights)[row.behind]


def test_critical_change_where_a_weight_cannot_decide_or_is_0():
    """On c1 both are alike: no change decides. On c3, of weight 0, any is endless."""
    found = flips.critical_changes(table([[0.5, 1, 0.5], [0.5, 0, 1]]), weight(0.5, 0.5, 0))
    assert found["delta"].tolist() == [math.inf, 0.5, -1.0]
    assert found["percent"].tolist() == [math.inf, 100.0, -math.inf]
    assert found["feasible"].tolist() == [False, True, True]


def test_critical_change_of_a_tie_is_0():
    found = flips.critical_changes(table([[1, 0], [0, 1], [0, 1]]), weight(0.5, 0.5))
    assert found["delta"].tolist() == [0.0] * 6
    assert found["percent"].tolist() == [0.0] * 6
    assert found["feasible"].all()


# one weight: intervals


def test_interval_of_two_criteria_by_hand():
    """A 0.9/0.2, B 0.5/0.7: A leads where 0.9u + 0.2(1-u) >= 0.5u + 0.7(1-u), u >= 5/9."""
    found = flips.stability_intervals(table([[0.9, 0.2], [0.5, 0.7]]), weight(0.6, 0.4))
    assert found.index.name == "criterion"
    assert found.loc["c1", ["low", "weight", "high"]].tolist() == pytest.approx([5 / 9, 0.6, 1.0])
    assert found.loc["c2", ["low", "weight", "high"]].tolist() == pytest.approx([0.0, 0.4, 4 / 9])
    assert found[["next_below", "next_above"]].to_numpy().tolist() == [["A2", ""], ["", "A2"]]


def test_interval_of_three_complexes_names_another_at_either_end():
    """Lines 0.8u, 0.5 and 0.9(1-u): A2 leads between 4/9 and 5/8."""
    found = flips.stability_intervals(table([[0.8, 0], [0.5, 0.5], [0, 0.9]]), weight(0.5, 0.5))
    assert found.loc["c1", ["low", "high"]].tolist() == pytest.approx([4 / 9, 5 / 8])
    assert found.loc["c1", ["next_below", "next_above"]].tolist() == ["A3", "A1"]


@pytest.mark.parametrize("top", [1, 2, 3])
@pytest.mark.parametrize("levels", [None, 4])
def test_the_first_stay_within_the_interval_and_not_beyond(top, levels):
    """Scored anew at 41 weights within, and one thousandth beyond either end."""
    for values, weights in random_cases(30, complexes=6, criteria=4, seed=top, levels=levels):
        first = first_of(values, weights, top)
        for name, row in flips.stability_intervals(values, weights, top=top).iterrows():
            others = values.index.drop(list(first))
            within = along(values, weights, name, np.linspace(row["low"], row["high"], 41))
            assert row["low"] <= row["weight"] <= row["high"]
            assert (within[list(first)].min(axis=1) - within[others].max(axis=1)).min() >= -1e-9
            for end, step, successor in (
                (row["low"], -1e-6, row["next_below"]), (row["high"], 1e-6, row["next_above"]),
            ):  # fmt: skip
                assert (successor == "") == (end in {0.0, 1.0})
                if successor:
                    beyond = along(values, weights, name, np.array([end + step])).loc[0]
                    assert beyond[successor] > beyond[list(first)].min()
                    assert beyond[successor] == pytest.approx(beyond[others].max(), abs=1e-12)


def along(values, weights, name, levels):
    """Scores by complex as one weight takes these levels, the others in proportion."""
    moved = np.outer((1 - levels) / (1 - weights[name]), weights)
    moved[:, weights.index.get_loc(name)] = levels
    return pd.DataFrame(moved @ values.to_numpy().T, columns=values.index)


def test_where_lines_cross_in_one_point_the_one_that_leads_beyond_takes_over():
    """All three have 0.5 at u = 0.5; beyond it A3 rises most."""
    values = table([[0.4, 0.6], [0.6, 0.4], [0.9, 0.1]])
    found = flips.stability_intervals(values, weight(0.25, 0.75))
    assert found.loc["c1", ["high", "next_above"]].tolist() == [pytest.approx(0.5), "A3"]


def test_clones_never_take_over_and_of_tied_ones_the_first_in_the_table_leads():
    values = table([[0.5, 0.5], [0.8, 0.2], [0.8, 0.2], [0.2, 0.8]])
    found = flips.stability_intervals(values, weight(0.5, 0.5))
    assert found.loc["c1"].tolist() == [0.5, 0.5, 0.5, "A4", "A2"]
    found = flips.stability_intervals(values, weight(0.75, 0.25))
    assert found.loc["c1"].tolist() == [0.5, 0.75, 1.0, "A4", ""]


@pytest.mark.parametrize("labels", [["A1", "A2", "A3"], ["A2", "A1", "A3"]])
def test_complexes_alike_in_all_but_rounding_tie_whichever_stands_first(labels):
    """0.3 and 0.3 + 4e-16 differ in the last digits: nobody takes over, the first one leads."""
    values = table([[0.6, 0.3], [0.6, 0.3 + 4e-16], [0.1, 0.1]]).loc[labels]
    weights = weight(0.4, 0.6)
    assert len(set((values @ weights).iloc[:2])) == 2
    found = flips.stability_intervals(values, weights).loc["c1"]
    assert found.tolist() == [0.0, pytest.approx(0.4), 1.0, "", ""]
    assert flips.weight_flips(values, weights).index.tolist() == labels[1:]
    assert flips.cell_flips(values, weights)["change"].iloc[0] == 0
    changes = flips.critical_changes(values, weights)
    assert changes["ahead"].iloc[0] == labels[0]
    assert changes["delta"].iloc[:2].tolist() == [0.0, 0.0]


def test_dominant_complex_stays_first_whatever_one_weight_is():
    found = flips.stability_intervals(table([[1, 1], [0.5, 0.9]]), weight(0.3, 0.7))
    assert found["low"].tolist() == [0, 0]
    assert found["high"].tolist() == [1, 1]
    assert (found[["next_below", "next_above"]] == "").all(axis=None)


def test_beside_a_weight_of_1_what_it_gives_up_is_shared_evenly():
    """A 1/0/0, B 0.5/1/0.8: with c1 at u, u against 0.5u + 0.9(1-u): a tie at 9/14."""
    found = flips.stability_intervals(table([[1, 0, 0], [0.5, 1, 0.8]]), weight(1, 0, 0))
    assert found.loc["c1", ["low", "high"]].tolist() == pytest.approx([9 / 14, 1.0])
    assert found.loc["c2", ["low", "high"]].tolist() == pytest.approx([0.0, 1 / 3])


def test_as_many_places_as_complexes_and_one_criterion_only_decide_nothing():
    found = flips.stability_intervals(table([[1, 0], [0, 1]]), weight(0.5, 0.5), top=2)
    assert found[["low", "high"]].to_numpy().tolist() == [[0, 1], [0, 1]]
    found = flips.stability_intervals(table([[1], [0]]), weight(1))
    assert found.loc["c1"].tolist() == [0, 1, 1, "", ""]


# all weights


def test_weight_flip_of_two_criteria_by_hand():
    """A 1/0, B 0/1 at 0.7/0.3: a tie at 0.5/0.5, 0.2 of the weight moves."""
    values, weights = table([[1, 0], [0, 1]]), weight(0.7, 0.3)
    for norm, distance in (("L1", 0.2), ("L2", 0.2 * math.sqrt(2)), ("Linf", 0.2)):
        row = flips.weight_flips(values, weights, norm=norm).loc["A2"]
        assert row["distance"] == pytest.approx(distance, abs=1e-12)
        assert row[["c1", "c2"]].tolist() == pytest.approx([0.5, 0.5])
        assert row["feasible"]


def test_weight_flip_of_three_criteria_by_hand():
    """A 1/0/0, B 0/1/0 at 0.6/0.2/0.2: w1 - w2 has to fall by 0.4.

    Sum: 0.2 moves from c1 to c2. Length: the same. Largest: 0.2.
    With B 0/1/1 it is w1 - w2 - w3 = 0.2 that has to fall: 0.1 moves, at best to c2 and c3 evenly.
    """
    values = table([[1, 0, 0], [0, 1, 0]])
    for norm, distance in (("L1", 0.2), ("L2", math.sqrt(0.08)), ("Linf", 0.2)):
        found = flips.weight_flips(values, weight(0.6, 0.2, 0.2), norm=norm)
        assert found.loc["A2", "distance"] == pytest.approx(distance, abs=1e-12)
    values = table([[1, 0, 0], [0, 1, 1]])
    for norm, distance in (("L1", 0.1), ("L2", math.sqrt(0.015)), ("Linf", 0.1)):
        found = flips.weight_flips(values, weight(0.6, 0.2, 0.2), norm=norm)
        assert found.loc["A2", "distance"] == pytest.approx(distance, abs=1e-12)


def test_a_third_complex_in_between_makes_the_way_longer():
    """B ties with A at 0.5/0.5, but there C has 0.6; B is first from c2 = 0.6 on."""
    values = table([[1, 0], [0, 1], [0.6, 0.6]])
    found = flips.weight_flips(values, weight(0.7, 0.3))
    assert found["distance"].to_dict() == pytest.approx({"A2": 0.3, "A3": 0.1})


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("levels", [None, 3])
def test_new_weights_are_weights_that_make_a_tie_at_that_distance(norm, levels):
    for values, weights in random_cases(15, complexes=12, criteria=5, seed=4, levels=levels):
        found = flips.weight_flips(values, weights, norm=norm)
        assert (found["distance"].isna() == ~found["feasible"]).all()
        assert found["feasible"].any()
        for label, row in found[found["feasible"]].iterrows():
            moved = row[list(weights.index)].astype(float)
            assert moved.min() >= 0
            assert moved.sum() == pytest.approx(1, abs=1e-12)
            assert abs(lead_of(values, moved, label)) <= 1e-9
            assert abs(row["tie"]) <= 1e-9
            assert row["distance"] == pytest.approx(
                LENGTHS[norm]((moved - weights).to_numpy()), abs=1e-12
            )


@pytest.mark.parametrize("norm", NORMS)
def test_no_weights_of_a_fine_grid_are_nearer(norm):
    """All 20,301 weights of three criteria in steps of 1/200; the nearest is at most a step off."""
    steps = np.array([(i, j, 200 - i - j) for i in range(201) for j in range(201 - i)]) / 200
    for values, weights in random_cases(25, complexes=5, criteria=3, seed=5):
        found = flips.weight_flips(values, weights, norm=norm)
        scores = steps @ values.to_numpy().T
        distances = LENGTHS[norm](steps - weights.to_numpy())
        for label, row in found.iterrows():
            position = values.index.get_loc(label)
            is_first = scores[:, position] >= scores.max(axis=1) - 1e-12
            if row["feasible"]:
                assert row["distance"] <= distances[is_first].min(initial=9) + 1e-9
            else:
                assert not is_first.any()


def test_euclidean_flips_against_sequential_quadratic_programming():
    for values, weights in random_cases(12, complexes=8, criteria=5, seed=6):
        found = flips.weight_flips(values, weights, norm="L2")
        for label, row in found[found["feasible"]].iterrows():
            ahead = values.loc[label].to_numpy() - values.drop(label).to_numpy()
            other = minimize(
                lambda moved, weights=weights: ((moved - weights.to_numpy()) ** 2).sum(),
                np.full(5, 0.2), method="SLSQP", bounds=[(0, 1)] * 5, options={"ftol": 1e-14},
                constraints=[
                    {"type": "eq", "fun": lambda moved: moved.sum() - 1},
                    {"type": "ineq", "fun": lambda moved, ahead=ahead: ahead @ moved},
                ],
            )  # fmt: skip
            assert row["distance"] == pytest.approx(math.sqrt(other.fun), abs=1e-5)


def test_euclidean_flips_are_the_best_of_all_active_sets():
    """Every choice of conditions that hold with equality, solved as a linear system."""
    for values, weights in random_cases(10, complexes=4, criteria=3, seed=7, levels=5):
        found = flips.weight_flips(values, weights, norm="L2")
        for label, row in found.iterrows():
            ahead = values.loc[label].to_numpy() - values.drop(label).to_numpy()
            best = nearest_of_active_sets(ahead, weights.to_numpy())
            assert row["feasible"] == (best < math.inf)
            if row["feasible"]:
                assert row["distance"] == pytest.approx(best, abs=1e-9)


def nearest_of_active_sets(ahead, start):
    conditions = np.vstack([ahead, np.eye(len(start))])
    best = math.inf
    for size in range(len(start)):
        for active in itertools.combinations(range(len(conditions)), size):
            equal = np.vstack([np.ones(len(start)), conditions[list(active)]])
            target = np.append(1.0, np.zeros(size)) - equal @ start
            change = np.linalg.pinv(equal) @ target
            if (
                np.abs(equal @ change - target).max() < 1e-9
                and (conditions @ (start + change)).min() > -1e-9
            ):
                best = min(best, float(np.linalg.norm(change)))
    return best


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("levels", [None, 2, 4])
def test_a_rival_is_infeasible_exactly_if_a_mixture_of_the_others_beats_it(norm, levels):
    """Duality: never first under any weights = strictly below some mixture on every criterion."""
    seen = set()
    for values, weights in random_cases(15, complexes=9, criteria=3, seed=8, levels=levels):
        for label, row in flips.weight_flips(values, weights, norm=norm).iterrows():
            others = values.drop(label).to_numpy()
            margin = linprog(
                np.append(np.zeros(len(others)), -1.0),
                A_ub=np.column_stack([-others.T, np.ones(3)]), b_ub=-values.loc[label].to_numpy(),
                A_eq=[[1.0] * len(others) + [0.0]], b_eq=[1.0],
                bounds=[(0, None)] * len(others) + [(None, None)],
            )  # fmt: skip
            assert row["feasible"] == (-margin.fun <= 1e-9)
            seen.add(row["feasible"])
    assert seen == {True, False}


@pytest.mark.parametrize("norm", NORMS)
def test_dominated_and_convex_dominated_rivals_are_infeasible_and_all_numbers_missing(norm):
    """A3 is below A1; A4 is below the even mixture of A1 and A2, yet below neither alone."""
    values = table([[1, 0.2], [0.2, 1], [0.9, 0.1], [0.55, 0.55]])
    found = flips.weight_flips(values, weight(0.7, 0.3), norm=norm)
    assert found["feasible"].to_dict() == {"A2": True, "A3": False, "A4": False}
    assert found.loc[["A3", "A4"], ["distance", "tie", "c1", "c2"]].isna().all(axis=None)


@pytest.mark.parametrize("norm", NORMS)
def test_on_the_edge_of_a_mixture_a_rival_is_feasible_in_one_point(norm):
    values = table([[1, 0], [0, 1], [0.5, 0.5]])
    found = flips.weight_flips(values, weight(0.7, 0.3), norm=norm)
    assert found["feasible"].all()
    assert found.loc["A3", ["c1", "c2"]].tolist() == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("norm", NORMS)
def test_a_clone_of_the_leader_needs_no_change(norm):
    values = table([[1, 0], [1, 0], [0, 1]])
    found = flips.weight_flips(values, weight(0.7, 0.3), norm=norm)
    assert list(found.index) == ["A2", "A3"]
    assert found.loc["A2", "distance"] == pytest.approx(0, abs=1e-12)
    assert found.loc["A2", ["c1", "c2"]].tolist() == pytest.approx([0.7, 0.3])


@pytest.mark.parametrize("norm", NORMS)
def test_with_one_criterion_no_rival_can_be_first(norm):
    assert not flips.weight_flips(table([[1], [0.5]]), weight(1), norm=norm)["feasible"].any()


@pytest.mark.parametrize("norm", NORMS)
def test_order_of_complexes_and_criteria_does_not_change_the_distances(norm):
    for values, weights in random_cases(5, complexes=8, criteria=4, seed=9):
        straight = flips.weight_flips(values, weights, norm=norm)["distance"]
        turned = flips.weight_flips(values.iloc[::-1, ::-1], weights.iloc[::-1], norm=norm)
        pd.testing.assert_series_equal(straight, turned["distance"][straight.index], atol=1e-9)


def test_distances_of_the_norms_stand_in_their_order():
    """``Linf <= L1 (half the sum)`` and ``Linf <= L2 <= sqrt(2) L1`` for changes that sum to 0."""
    for values, weights in random_cases(10, complexes=10, criteria=6, seed=10):
        half, length, largest = (
            flips.weight_flips(values, weights, norm=norm)["distance"].dropna() for norm in NORMS
        )
        assert (largest <= half + 1e-9).all()
        assert (largest <= length + 1e-9).all()
        assert (length <= math.sqrt(2) * half + 1e-9).all()


# cells


def test_cell_flip_by_hand():
    """A 0.6 + 0.2 = 0.8, B 0.3 + 0.2 = 0.5: 0.3 more is 0.5 on c1 or 0.75 on c2 (beyond 1).

    A's own c1 may fall by 0.5, its c2 only to 0.
    """
    values = table([[1, 0.5], [0.5, 0.5]])
    found = flips.cell_flips(values, weight(0.6, 0.4), every=True)
    assert found["rival"].tolist() == ["A2", "A2"]
    assert found[["whose", "criterion"]].to_numpy().tolist() == [["A2", "c1"], ["A1", "c1"]]
    assert found["value_from"].tolist() == [0.5, 1.0]
    assert found["value_to"].tolist() == pytest.approx([1.0, 0.5])
    assert found["change"].tolist() == pytest.approx([0.5, -0.5])


def test_the_leader_is_lowered_only_where_it_alone_is_ahead():
    """A3 is behind A2 as well; lowering A1 alone would make A2 first."""
    values = table([[0.9, 0.9], [0.85, 0.85], [0.87, 0.8]])
    found = flips.cell_flips(values, weight(0.5, 0.5), every=True)
    assert set(found.loc[found["rival"] == "A3", "whose"]) == {"A3"}
    assert set(found.loc[found["rival"] == "A2", "whose"]) == {"A1", "A2"}


def test_a_rival_level_with_a_third_may_be_helped_by_lowering_the_leader():
    values = table([[0.9, 0.9], [0.95, 0.45], [0.95, 0.45]])
    found = flips.cell_flips(values, weight(0.5, 0.5), every=True)
    assert (found["whose"] == "A1").any()
    assert found["tie"].abs().max() <= 1e-9


@pytest.mark.parametrize("levels", [None, 4])
def test_cell_flips_are_all_there_are_and_each_makes_a_tie(levels):
    """Each cell is tried anew: at its far end the rival must be first, and never short of it."""
    for values, weights in random_cases(12, complexes=6, criteria=4, seed=11, levels=levels):
        found = flips.cell_flips(values, weights, every=True)
        assert found["tie"].abs().max() <= 1e-9
        leader = (values @ weights).idxmax()
        kept = {(row.rival, row.whose, row.criterion): row for row in found.itertuples()}
        assert len(kept) == len(found)
        for rival, criterion in itertools.product(values.index.drop(leader), weights.index):
            for whose, end in ((rival, 1.0), (leader, 0.0)):
                changed = values.copy()
                changed.loc[whose, criterion] = end
                can = lead_of(changed, weights, rival) >= -1e-12
                # the others stay as they are, so only the leader may stand in the way
                key = (rival, whose, criterion)
                assert can == (key in kept)
                if can:
                    row = kept[key]
                    assert 0 <= row.value_to <= 1
                    assert row.value_from == values.loc[whose, criterion]
                    assert row.change == pytest.approx(row.value_to - row.value_from)
                    changed.loc[whose, criterion] = row.value_to
                    assert abs(lead_of(changed, weights, rival)) <= 1e-9
                    if abs(row.change) > 1e-9:
                        changed.loc[whose, criterion] = row.value_from + 0.999 * row.change
                        assert lead_of(changed, weights, rival) < 0


def test_the_smallest_cell_of_each_rival_stands_alone_or_first():
    for values, weights in random_cases(10, complexes=8, criteria=4, seed=12):
        every = flips.cell_flips(values, weights, every=True)
        smallest = flips.cell_flips(values, weights)
        assert smallest["rival"].is_unique
        sizes = every.assign(size=every["change"].abs()).groupby("rival", sort=False)["size"]
        np.testing.assert_allclose(smallest["change"].abs(), sizes.min())
        np.testing.assert_allclose(smallest["change"].abs(), sizes.first())


def test_only_cells_of_the_criteria_named_and_with_a_weight_change():
    values = table([[1, 0.5, 0], [0.8, 0.6, 0]])
    found = flips.cell_flips(values, weight(0.5, 0.5, 0), ["c2", "c3"], every=True)
    assert set(found["criterion"]) == {"c2"}
    assert flips.cell_flips(values, weight(0.5, 0.5, 0), ["c3"]).empty


def test_a_rival_too_far_behind_for_any_cell_has_no_row():
    found = flips.cell_flips(table([[1, 1, 1], [0.1, 0.1, 0.1]]), weight(0.4, 0.3, 0.3))
    assert found.empty
    assert list(found.columns) == [
        "rival", "whose", "criterion", "value_from", "value_to", "change", "tie",
    ]  # fmt: skip


# evaluators


def test_count_of_an_evaluator_in_closed_form():
    """Two criteria: the group's log odds are the counted mean of the evaluators' log odds.

    A 1/0 against B 0/1 ties at odds 1. Odds 4, 4 and 1/2: ln 4 + m ln 4 + ln 1/2 = 0 never for the
    first two; for e3 2 ln 4 = m ln 2, so m = 4.
    """
    group = evaluators([0.8, 0.2], [0.8, 0.2], [1 / 3, 2 / 3])
    found = flips.evaluator_flips(table([[1, 0], [0, 1]]), group)
    assert found[["rival", "evaluator"]].to_numpy().tolist() == [["A2", "e3"]]
    row = found.iloc[0]
    assert row["say_from"] == 1
    assert row["say_to"] == pytest.approx(4, abs=1e-10)
    assert not row["without"]
    assert abs(row["tie"]) <= 1e-9


def test_count_below_1_and_leaving_out_in_closed_form():
    """Odds 8 and 1/2: m ln 8 + ln 1/2 = 0 at m = 1/3; ln 8 + m ln 1/2 = 0 at m = 3."""
    group = evaluators([8 / 9, 1 / 9], [1 / 3, 2 / 3])
    found = flips.evaluator_flips(table([[1, 0], [0, 1]]), group).set_index("evaluator")
    assert found["say_to"].to_dict() == pytest.approx({"e1": 1 / 3, "e2": 3.0}, abs=1e-10)
    assert found["without"].to_dict() == {"e1": True, "e2": False}


def test_counts_between_leaving_out_and_a_hundredth_are_found():
    """Odds 2^400 and 1/2 by e1 and e2: a tie at m = 1/400."""
    strong = 2.0**-400
    group = evaluators([1.0, strong], [1 / 3, 2 / 3])
    found = flips.evaluator_flips(table([[1, 0], [0, 1]]), group).set_index("evaluator")
    assert found.loc["e1", "say_to"] == pytest.approx(1 / 400, abs=1e-10)
    assert found.loc["e1", "without"]
    assert list(found.index) == ["e1"]  # e2 would have to count 400 times


def test_a_rival_first_between_two_points_of_the_search_only_is_found():
    """A 1/0, B 0/1 and C a hair above 1/2 on both: C is first only near odds 1, m near 4.

    Where A and C tie, (4 ln 2 - m ln 2) / (2 + m) is the logarithm of the odds.
    """
    group = evaluators([0.8, 0.2], [0.8, 0.2], [1 / 3, 2 / 3])
    for excess in (1e-5, 1e-7):
        values = table([[1, 0], [0, 1], [0.5 + excess, 0.5 + excess]])
        found = flips.evaluator_flips(values, group)
        row = found[(found["rival"] == "A3") & (found["evaluator"] == "e3")].iloc[0]
        odds = math.log((0.5 + excess) / (0.5 - excess))
        expected = (4 * math.log(2) - 2 * odds) / (math.log(2) + odds)
        assert row["say_to"] == pytest.approx(expected, abs=1e-9)
        assert abs(row["tie"]) <= 1e-9


def test_counts_against_a_dense_scan():
    """20,001 counts from 1/100 to 100: none nearer to 1 makes the rival first."""
    generator = np.random.default_rng(13)
    counts = np.geomspace(0.01, 100, 20_001)
    found_any = 0
    for values, _ in random_cases(8, complexes=6, criteria=4, seed=14):
        group = evaluators(*generator.dirichlet(np.ones(4), 3))
        found = flips.evaluator_flips(values, group).set_index(["rival", "evaluator"])
        found_any += len(found)
        leader = scored(values, group, [1, 1, 1]).idxmax()
        for number, evaluator in enumerate(group.index):
            many = np.ones((len(counts) + 1, 3))
            many[:, number] = np.append(counts, 0.0)
            means = many @ np.log(group.to_numpy()) / many.sum(axis=1, keepdims=True)
            weights = np.exp(means) / np.exp(means).sum(axis=1, keepdims=True)
            scores = weights @ values.to_numpy().T
            for rival in values.index.drop(leader):
                position = values.index.get_loc(rival)
                is_first = scores[:, position] >= scores.max(axis=1)
                near = np.abs(np.log(counts[is_first[:-1]])).min(initial=math.inf)
                if (rival, evaluator) in found.index:
                    row = found.loc[(rival, evaluator)]
                    each = [1.0, 1.0, 1.0]
                    each[number] = row["say_to"]
                    again = scored(values, group, each)
                    assert abs(again[rival] - again.drop(rival).max()) <= 1e-9
                    assert abs(row["tie"]) <= 1e-9
                    assert row["without"] == is_first[-1]
                    if row["say_to"] >= 0.01:
                        assert abs(math.log(row["say_to"])) <= near + 1e-9
                        assert abs(math.log(row["say_to"])) >= near - 1e-3
                else:
                    assert not is_first.any()
    assert found_any >= 12


def scored(values, group, counts):
    """Scores under the counted geometric mean, the slow way."""
    product = np.prod(group.to_numpy() ** (np.array(counts)[:, None] / sum(counts)), axis=0)
    return values @ (product / product.sum())


def test_a_tie_of_the_group_needs_no_other_count():
    group = evaluators([0.8, 0.2], [0.2, 0.8])
    found = flips.evaluator_flips(table([[1, 0], [0, 1]]), group)
    assert found["say_to"].tolist() == [1.0, 1.0]
    assert found["rival"].tolist() == ["A2", "A2"]


def test_a_clone_of_the_winner_needs_no_other_count_of_anyone():
    group = evaluators([0.8, 0.2], [0.7, 0.3])
    found = flips.evaluator_flips(table([[1, 0], [1, 0]]), group)
    assert found[["rival", "evaluator", "say_to"]].to_numpy().tolist() == [
        ["A2", "e1", 1.0], ["A2", "e2", 1.0],
    ]  # fmt: skip
    assert found["without"].all()


def test_units_of_the_weights_and_order_of_the_evaluators_do_not_matter():
    group = evaluators([0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.3, 0.3, 0.4])
    values = table([[1, 0.2, 0], [0.3, 1, 0.2], [0, 0.3, 1]])
    straight = flips.evaluator_flips(values, group)
    turned = flips.evaluator_flips(values, 100 * group.iloc[::-1])
    key = ["rival", "evaluator"]
    assert len(straight) >= 3
    pd.testing.assert_frame_equal(
        straight.sort_values(key, ignore_index=True).drop(columns="tie"),
        turned.sort_values(key, ignore_index=True).drop(columns="tie"),
        rtol=1e-9,
    )


def test_evaluator_flips_stand_nearest_first():
    group = evaluators([0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.3, 0.3, 0.4])
    found = flips.evaluator_flips(table([[1, 0.2, 0], [0.3, 1, 0.2], [0, 0.3, 1]]), group)
    ratios = [max(count, 1 / count) for count in found["say_to"]]
    assert ratios == sorted(ratios)


def test_winners_with_each_evaluator_left_out_by_hand():
    """Without e1 the odds are 1/2: B leads by 1/3; without e2 they are 8: A leads by 7/9."""
    group = evaluators([8 / 9, 1 / 9], [1 / 3, 2 / 3])
    found = flips.leave_one_out(table([[1, 0], [0, 1]]), group)
    assert found.index.name == "evaluator"
    assert found["winner"].to_dict() == {"e1": "A2", "e2": "A1"}
    assert found["lead"].tolist() == pytest.approx([1 / 3, 7 / 9])


def test_left_out_agrees_with_the_others_alone():
    generator = np.random.default_rng(15)
    for values, _ in random_cases(10, complexes=6, criteria=4, seed=16):
        group = evaluators(*generator.dirichlet(np.ones(4), 4))
        for label, row in flips.leave_one_out(values, group).iterrows():
            scores = scored(values, group.drop(label), [1, 1, 1]).sort_values(ascending=False)
            assert row["winner"] == scores.index[0]
            assert row["lead"] == pytest.approx(scores.iloc[0] - scores.iloc[1])


def test_a_group_of_one_has_neither_flips_nor_anyone_to_leave_out():
    values, group = table([[1, 0], [0, 1]]), evaluators([0.8, 0.2])
    assert flips.evaluator_flips(values, group).empty
    assert flips.leave_one_out(values, group).empty


# answers

ANSWERS = pd.DataFrame(
    [
        ["B", "days", "f1", 10.0, 0.5], ["B", "days", "f2", 20.0, 0.3],
        ["B", "days", "f3", 40.0, 0.2], ["A", "days", "f4", 30.0, 1.0],
    ],
    columns=["complex_id", "indicator", "firm", "answer", "share"],
)  # fmt: skip
BOUNDS = pd.DataFrame({"low": [0.0], "high": [60.0]}, index=["days"])


def cell(target, whose="B"):
    return pd.DataFrame(
        [["B", whose, "days", target]], columns=["rival", "whose", "criterion", "target"]
    )


def test_answer_flip_by_hand():
    """Mean 5 + 6 + 8 = 19; to 21, f1 has to answer 2 / 0.5 = 4 more."""
    row = flips.answer_flips(cell(21.0), ANSWERS, bounds=BOUNDS).iloc[0]
    assert row[["rival", "whose", "indicator", "firm"]].tolist() == ["B", "B", "days", "f1"]
    assert row[["answer_from", "answer_to"]].tolist() == pytest.approx([10, 14])
    assert row["mean"] == pytest.approx(21, abs=1e-12)
    assert abs(row["tie"]) <= 1e-9


def test_a_firm_at_its_bound_leaves_it_to_the_next():
    """To 13, f1 would have to answer -2 and f2 0: f2 just may; to 12, f3 alone: 40 - 35 = 5."""
    assert flips.answer_flips(cell(13.0), ANSWERS, bounds=BOUNDS)["firm"].tolist() == ["f2"]
    found = flips.answer_flips(cell(12.0), ANSWERS, bounds=BOUNDS)
    assert found[["firm", "answer_to"]].to_numpy().tolist() == [["f3", pytest.approx(5.0)]]


def test_an_answer_of_the_leaders_firm_helps_the_rival():
    found = flips.answer_flips(cell(25.0, whose="A"), ANSWERS, bounds=BOUNDS)
    assert found[["rival", "whose", "firm"]].to_numpy().tolist() == [["B", "A", "f4"]]


def test_cells_out_of_reach_or_without_answers_have_no_row():
    asked = pd.concat([cell(59.0), cell(30.0, whose="C")])
    found = flips.answer_flips(asked, ANSWERS, bounds=BOUNDS)
    assert found.empty
    assert list(found.columns) == [
        "rival", "whose", "indicator", "firm", "answer_from", "answer_to", "mean", "tie",
    ]  # fmt: skip


def test_firms_of_share_0_change_nothing_even_without_bounds():
    answers = ANSWERS.assign(share=[0.0, 0.8, 0.2, 1.0])
    bounds = pd.DataFrame({"low": [-math.inf], "high": [math.inf]}, index=["days"])
    assert flips.answer_flips(cell(90.0), answers, bounds=bounds)["firm"].tolist() == ["f2"]


def test_answer_flips_against_every_firm_tried():
    generator = np.random.default_rng(17)
    for _ in range(40):
        answers = pd.DataFrame({
            "complex_id": "B", "indicator": "days", "firm": list("fghij"),
            "answer": generator.uniform(0, 60, 5), "share": generator.dirichlet(np.ones(5)),
        })  # fmt: skip
        target = generator.uniform(0, 60)
        found = flips.answer_flips(cell(target), answers, bounds=BOUNDS)
        sizes = {}
        for number, row in answers.iterrows():
            rest = answers.drop(number)
            needed = (target - (rest["answer"] * rest["share"]).sum()) / row["share"]
            if 0 <= needed <= 60:
                sizes[row["firm"]] = abs(needed - row["answer"])
        assert len(found) == bool(sizes)
        if sizes:
            assert found["firm"].iloc[0] == min(sizes, key=sizes.get)
            assert found["tie"].abs().max() <= 1e-9


# speed and input


def test_one_complex_gives_empty_tables():
    values, weights = table([[0.5, 0.5]]), weight(0.5, 0.5)
    group = evaluators([0.5, 0.5], [0.4, 0.6])
    for found in (
        flips.stability_intervals(values, weights), flips.critical_changes(values, weights),
        *(flips.weight_flips(values, weights, norm=norm) for norm in NORMS),
        flips.cell_flips(values, weights), flips.evaluator_flips(values, group),
        flips.leave_one_out(values, group),
    ):  # fmt: skip
        assert found.empty
        assert len(found.columns) >= 2


def test_rounding_of_the_input_does_not_reach_the_result():
    """A sum of 1.0000005 and a value of 1.0000000005 are taken as 1."""
    values = table([[1 + 5e-10, 0.5], [0.9, 0.55]])
    weights = weight(0.7000005, 0.3)
    assert flips.stability_intervals(values, weights)["weight"].sum() == pytest.approx(1, abs=1e-12)
    found = flips.cell_flips(values, weights, every=True)
    assert found.loc[found["whose"] == "A1", "value_from"].tolist() == [1.0, 0.5]


def test_arguments_stay_as_they_are():
    values, weights = table(PUBLISHED), weight(0.3, 0.3, 0.3, 0.1)
    group = evaluators([0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1])
    copies = values.copy(), weights.copy(), group.copy(), ANSWERS.copy()
    flips.stability_intervals(values, weights)
    flips.weight_flips(values, weights)
    flips.cell_flips(values, weights)
    flips.evaluator_flips(values, group)
    flips.answer_flips(cell(13.0), ANSWERS, bounds=BOUNDS)
    for before, after in zip(copies, (values, weights, group, ANSWERS), strict=True):
        assert before.equals(after)


@pytest.mark.parametrize(
    ("matrix", "weights", "parts"),
    [
        ([[0.5, math.nan], [0.5, 1.1]], [0.5, 0.5], ["A1, c2: found nan", "A2, c2: found 1.1"]),
        ([[0.5, -1e-6], [0.5, 1.0]], [0.5, 0.5], ["A1, c2: found -1e-06: allowed 0 to 1"]),
        ([[0.5, 0.5], [0.5, 1.0]], [0.5, 0.4], ["weights sum to 0.9: allowed 1"]),
        ([[0.5, 0.5], [0.5, 1.0]], [1.5, -0.5], ["c2: found -0.5: allowed a weight of 0 or more"]),
        ([[0.5, 0.5], [0.5, 1.0]], [math.nan, 1.0], ["c1: found nan: allowed a weight"]),
        ([[0.5, 0.5], [0.5, 2.0]], [0.5, 0.6], ["A2, c2: found 2.0", "weights sum to 1.1"]),
        ([[0.5], [0.5]], [0.5, 0.5], ["c2: found c2: allowed criteria with values"]),
    ],
)
def test_every_fault_of_values_and_weights_is_said_at_once(matrix, weights, parts):
    for function in (flips.stability_intervals, flips.weight_flips, flips.cell_flips):
        with pytest.raises(SettingsError) as caught:
            function(table(matrix), weight(*weights))
        for part in parts:
            assert part in str(caught.value)


def test_text_doubled_complexes_and_doubled_criteria_are_refused():
    values = table([[0.5, 0.5], [0.5, 0.5]], ["A", "A"])
    with pytest.raises(SettingsError, match="A: found A: allowed each complex once"):
        flips.weight_flips(values, weight(0.5, 0.5))
    with pytest.raises(SettingsError, match="c1: found c1: allowed criteria with values, each"):
        flips.weight_flips(table([[1, 0], [0, 1]]), pd.Series([0.5, 0.5], ["c1", "c1"]))
    mixed = table([[1, 0], [0, 1]]).astype(object)
    mixed.loc["A1", "c2"] = "high"
    with pytest.raises(SettingsError, match="A1, c2: found nan: allowed 0 to 1"):
        flips.weight_flips(mixed, weight(0.5, 0.5))


def test_no_complex_unknown_norm_unknown_criterion_and_no_place_are_refused():
    values, weights = table([[1, 0], [0, 1]]), weight(0.5, 0.5)
    with pytest.raises(SettingsError, match="no complex"):
        flips.stability_intervals(values.iloc[:0], weights)
    with pytest.raises(SettingsError, match=r"norm = 'L3': allowed L1, L2, Linf"):
        flips.weight_flips(values, weights, norm="L3")
    with pytest.raises(SettingsError, match="criterion 'far': has no weight"):
        flips.cell_flips(values, weights, ["far"])
    with pytest.raises(SettingsError, match="top = 0: allowed 1 or more"):
        flips.stability_intervals(values, weights, top=0)
    with pytest.raises(SettingsError, match=r"weights sum to 0\.0: allowed above 0"):
        flips.critical_changes(values, 0 * weights)


def test_weights_of_evaluators_that_are_not_above_0_are_refused():
    values = table([[1, 0], [0, 1]])
    group = evaluators([0.0, 1.0], [math.nan, 0.5])
    for function in (flips.evaluator_flips, flips.leave_one_out):
        with pytest.raises(SettingsError) as caught:
            function(values, group)
        assert "e1, c1: found 0.0: allowed a weight above 0" in str(caught.value)
        assert "e2, c1: found nan" in str(caught.value)
    with pytest.raises(SettingsError, match="e1: found e1: allowed each evaluator once"):
        flips.evaluator_flips(values, table([[0.5, 0.5], [0.5, 0.5]], ["e1", "e1"]))


def test_every_fault_of_answers_is_said_at_once():
    answers = pd.concat([
        ANSWERS.assign(share=[0.5, 1.5, -0.2, 1.0], answer=[math.nan, 20.0, 40.0, 30.0]),
        ANSWERS.iloc[[3]],
    ])  # fmt: skip
    with pytest.raises(SettingsError) as caught:
        flips.answer_flips(cell(math.inf), answers, bounds=BOUNDS.iloc[:0])
    for part in (
        "B, days, f1: found nan: allowed a number",
        "B, days, f2: found 1.5: allowed a share from 0 to 1",
        "A, days, f4: found 30.0: allowed one answer of a firm",
        "B, days: found 1.8: allowed shares that sum to 1",
        "A, days: found 2.0: allowed shares that sum to 1",
        "B, days: found inf: allowed a number as target",
        "days: found nan: allowed bounds low and high",
    ):
        assert part in str(caught.value)


def test_evaluator_flip_is_exact_for_a_rival_with_a_twin():
    """B and C are the same: 0.9017 = ln(.672/.328) / ln(.689/.311), as without C."""
    values = pd.DataFrame([[0.75, 0], [0.5, 0.25], [0.5, 0.25]], list("ABC"), ["u", "v"])
    group = pd.DataFrame([[0.689, 0.311], [0.328, 0.672]], ["e0", "e1"], ["u", "v"])
    for table in (values, values.drop("C")):
        found = flips.evaluator_flips(table, group).query("rival == 'B' and evaluator == 'e0'")
        assert found["say_to"].item() == pytest.approx(
            np.log(0.672 / 0.328) / np.log(0.689 / 0.311), abs=1e-9
        )

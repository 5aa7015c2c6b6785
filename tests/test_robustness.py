"""Acceptability against exact cases and laws; advice in both directions."""

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, robustness, study

DRAWS = 40_000
TWO = [[1.0, 0.0], [0.7, 0.5], [0.2, 0.9], [0.0, 1.0]]
# Exact SMAA-2 indices (Lahdelma & Salminen 2001) from the intersections of the score lines.
TWO_ACCEPTABILITY = [
    [0.375, 0.0955882353, 0.0294117647, 0.5],
    [0.1805555556, 0.4027777778, 0.4166666667, 0.0],
    [0.1111111111, 0.4183006536, 0.4705882353, 0.0],
    [0.3333333333, 0.0833333333, 0.0833333333, 0.5],
]
TWO_CENTRAL = [[0.8125, 0.1875], [0.5347222222, 0.4652777778], [0.3888888889, 0.6111111111],
               [0.1666666667, 0.8333333333]]  # fmt: skip
THREE = [[0.9, 0.2, 0.4], [0.5, 0.6, 0.6], [0.1, 0.9, 0.5], [0.3, 0.3, 0.95], [0.6, 0.55, 0.35]]
# The same for w1 >= w2 >= w3, by exact geometry on the ordinal simplex.
THREE_ORDINAL = [
    [0.8328513592, 0.1131007985, 0.0537749166, 0.0002729258, 0.0],
    [0.1285030759, 0.176760082, 0.6947368421, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.4615384615, 0.5384615385],
    [0.0, 0.0016657956, 0.0013651169, 0.535430626, 0.4615384615],
    [0.038645565, 0.708473324, 0.2501231244, 0.0027579867, 0.0],
]


def tree(count):
    """One indicator for each criterion, so that weights are uniform on one simplex."""
    names = [f"c{number}" for number in range(count)]
    return pd.DataFrame(
        {"parent": ["root"] * count + names}, index=names + [f"{name}x" for name in names]
    )


def levels(matrix, labels=None):
    """Equally likely values of cells; a cell is a number or a list of numbers."""
    labels = labels or [f"A{number}" for number in range(len(matrix))]
    names = [f"c{number}x" for number in range(len(matrix[0]))]
    index = pd.MultiIndex.from_product([labels, names], names=["complex_id", "indicator"])
    width = max(np.size(cell) for row in matrix for cell in row)
    cells = [np.broadcast_to(np.sort(np.atleast_1d(cell)), width) for row in matrix for cell in row]
    return pd.DataFrame(np.array(cells, dtype=float), index)


def smaa(matrix, *, n_samples=DRAWS, seed=7, labels=None):
    return robustness.smaa(
        levels(matrix, labels), tree(len(matrix[0])), n_samples=n_samples, seed=seed
    )


def four_errors(share, n_samples=DRAWS):
    share = np.asarray(share)
    return 4 * np.sqrt(share * (1 - share) / n_samples) + 1e-12


# exact cases


def test_acceptability_of_two_criteria_against_exact_geometry():
    found = smaa(TWO).rank_acceptability.to_numpy()
    assert (np.abs(found - TWO_ACCEPTABILITY) <= four_errors(TWO_ACCEPTABILITY)).all()


def test_central_weights_of_two_criteria_against_exact_geometry():
    """The mean of a uniform w1 over an interval of length a has deviation a / √12."""
    result = smaa(TWO)
    length = np.array(TWO_ACCEPTABILITY)[:, :1]
    error = 4 * length / np.sqrt(12 * DRAWS * length)
    assert (np.abs(result.central_weights.to_numpy() - TWO_CENTRAL) <= error).all()


def test_acceptability_of_ordered_weights_against_exact_geometry():
    """Ordered weights are averages of the corners (1,0,0), (1/2,1/2,0), (1/3,1/3,1/3).

    So the ordinal case is the free one on the scores at those corners.
    """
    matrix = np.array(THREE)
    corners = matrix @ np.array([[1, 1 / 2, 1 / 3], [0, 1 / 2, 1 / 3], [0, 0, 1 / 3]])
    found = smaa(corners.tolist()).rank_acceptability.to_numpy()
    assert (np.abs(found - THREE_ORDINAL) <= four_errors(THREE_ORDINAL)).all()


def test_uncertain_value_wins_as_often_as_it_is_higher():
    """A is 0.5, B evenly one of 0.1, 0.3, 0.7, 0.9: B is first in half of the draws."""
    result = smaa([[0.5], [[0.1, 0.3, 0.7, 0.9]]])
    assert result.first["A1"] == pytest.approx(0.5, abs=four_errors(0.5))


def test_two_equal_uncertain_complexes_are_drawn_apart():
    """Both evenly 0 or 1: A first in 1/4, B in 1/4, a tie in 1/2 that is split: 1/2 each."""
    result = smaa([[[0.0, 1.0]], [[0.0, 1.0]], [0.5]])
    assert result.first.to_numpy() == pytest.approx([0.375, 0.375, 0.25], abs=0.01)


# laws


def test_rows_and_columns_of_acceptability_sum_to_1():
    share = made_up.desk_result().smaa.rank_acceptability
    np.testing.assert_allclose(share.sum(axis=1), 1)
    np.testing.assert_allclose(share.sum(axis=0), 1)


def test_dominated_complex_is_never_first():
    assert smaa([[0.5, 0.5], [0.4, 0.5], [0.2, 0.9]]).first["A1"] == 0


def test_ties_are_split_evenly_wherever_they_stand():
    first = smaa([[0.5, 0.5]] * 4).first
    assert first.to_numpy() == pytest.approx([0.25] * 4, abs=four_errors(0.25))


def test_order_of_the_complexes_changes_nothing():
    straight = smaa(TWO, labels=list("ABCD")).rank_acceptability
    turned = smaa(TWO[::-1], labels=list("DCBA")).rank_acceptability
    pd.testing.assert_frame_equal(turned.loc[straight.index], straight)


def test_same_seed_gives_the_same_result_and_another_one_does_not():
    one, again, other = (smaa(TWO, n_samples=5000, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.rank_acceptability, again.rank_acceptability)
    pd.testing.assert_series_equal(one.confidence, again.confidence)
    assert not one.rank_acceptability.equals(other.rank_acceptability)


@pytest.mark.parametrize("n_samples", [1, 2047, 2048, 2049])
def test_every_draw_is_counted_once(n_samples):
    share = smaa(TWO, n_samples=n_samples).rank_acceptability
    counts = share.to_numpy() * n_samples
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-6)
    assert counts.sum() == pytest.approx(4 * n_samples)


def test_expected_rank_is_the_mean_of_the_ranks():
    """Exact rows: 1 · 0.375 + 2 · 0.0956 + 3 · 0.0294 + 4 · 0.5 = 2.6544."""
    assert smaa(TWO).expected_rank["A0"] == pytest.approx(2.6544, abs=0.03)


def test_confidence_is_full_without_uncertainty_in_the_data_and_shared_with_it():
    assert (smaa(TWO).confidence == 1).all()
    assert smaa([[0.5], [[0.1, 0.9]]]).confidence["A0"] == pytest.approx(0.5, abs=0.05)


def test_central_weights_are_weights_and_only_of_those_that_are_ever_first():
    result = smaa([[0.5, 0.5], [0.4, 0.5], [0.2, 0.9]])
    assert result.central_weights.index.tolist() == ["A0", "A2"]
    np.testing.assert_allclose(result.central_weights.sum(axis=1), 1)


def test_sampling_error_is_the_half_width_at_one_half():
    """1.96 · 0.5 / √10,000 = 0.0098."""
    assert smaa([[1.0], [0.0]], n_samples=10_000).sampling_error == pytest.approx(0.0098)


def test_order_of_indicators_in_the_table_does_not_matter():
    values = levels(TWO)
    turned = values.iloc[::-1]
    result = robustness.smaa(turned, tree(2), n_samples=DRAWS, seed=7).rank_acceptability
    expected = pd.DataFrame(TWO_ACCEPTABILITY, [f"A{n}" for n in range(4)], range(1, 5))
    assert (
        abs(result - expected.loc[result.index]) <= four_errors(expected.loc[result.index])
    ).all(axis=None)


# advice


def named(*leaders):
    """Results led by these complexes, by treatment."""
    share = {leader: pd.DataFrame(
        {1: [0.9 if name == leader else 0.05 for name in "AB"]}, index=list("AB")
    ) for leader in "AB"}  # fmt: skip
    return {
        f"t{number}": robustness.Smaa(share[leader], None, None, None, 1000)
        for number, leader in enumerate(leaders)
    }


@pytest.mark.parametrize(
    ("leaders", "known", "complex_id", "is_covered", "is_stable"),
    [
        ("AAAA", 0.65, "A", True, True), ("AAAA", 0.64, None, False, True),
        ("AABA", 0.90, None, True, False), ("AABA", 0.10, None, False, False),
    ],
)  # fmt: skip
def test_recommendation_needs_coverage_and_one_leader(
    leaders, known, complex_id, is_covered, is_stable
):
    coverage = pd.Series({"A": known, "B": 1.0})
    advice = robustness.recommend(named(*leaders), coverage, coverage_needed=0.65)
    assert advice.leader == "A"
    assert advice.coverage == known
    assert advice.complex_id == complex_id
    assert (advice.is_covered, advice.is_stable) == (is_covered, is_stable)
    assert advice.rivals == (["B"] if "B" in leaders else [])


@pytest.mark.parametrize(("second", "rivals"), [(0.46, ["B"]), (0.44, [])])
def test_lead_within_the_sampling_error_is_no_lead(second, rivals):
    """Of 1,000 draws, 1.96 · √((0.5 + 0.46 − 0.04²) / 1000) = 0.061 and 0.44 lies 0.06 below.

    0.5 − 0.46 = 0.04 < 0.061 hides the lead; of 10,000 draws 0.06 > 0.019 does not.
    """
    share = pd.DataFrame({1: [0.5, second]}, index=list("AB"))
    draws = 1000 if rivals else 10_000
    result = robustness.Smaa(share, None, None, None, draws)
    advice = robustness.recommend(
        {"prior": result}, pd.Series({"A": 1.0, "B": 1.0}), coverage_needed=0.65
    )
    assert advice.rivals == rivals
    assert advice.complex_id == (None if rivals else "A")


def test_later_of_two_indicators_that_say_the_same_is_dropped():
    x = pd.Series(range(12), dtype=float)
    values = pd.DataFrame({"x": x, "cube": x**3, "other": [5, 1, 9, 3] * 3})
    found = robustness.redundant(values)
    assert found[["kept", "dropped"]].to_numpy().tolist() == [["x", "cube"]]
    assert found["correlation"].tolist() == pytest.approx([1])


def test_indicators_that_go_against_each_other_both_stay():
    x = pd.Series(range(12), dtype=float)
    assert robustness.redundant(pd.DataFrame({"x": x, "inverse": -(x**3)})).empty


def test_few_common_complexes_are_no_evidence_of_redundancy():
    x = pd.Series(range(9), dtype=float)
    assert robustness.redundant(pd.DataFrame({"x": x, "same": x})).empty


def test_question_with_the_greatest_influence_is_asked_first():
    """Deviations of evenly 0 or 1 are 0.5 (0.502 of a sample of 100): 0.7 · 0.5 · 0.8 for A."""
    values = levels([[[0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], 0.5]], labels=["A", "B"])
    known = pd.DataFrame({"c0x": [False, False], "c1x": [True, True]}, index=["A", "B"])
    weights, first = pd.Series({"c0x": 0.7, "c1x": 0.3}), pd.Series({"A": 0.8, "B": 0.2})
    found = robustness.questions(values, known, weights, first)
    assert found.iloc[:, :2].to_numpy().tolist() == [["A", "c0x"], ["B", "c0x"]]
    spread = np.std([0, 1], ddof=1)
    assert found["influence"].tolist() == pytest.approx([0.56 * spread, 0.14 * spread])


def test_adding_a_complex_changes_neither_value_nor_score_of_another(tmp_path):
    """The whole study with and without its last complex."""
    _, every = made_up.assessed(made_up.best_and_known)
    made_up.best_and_known(tmp_path)
    for name in ("complexes", "complex_facts", "port_distances"):
        rows = made_up.rows_of(tmp_path / f"{name}.csv")
        made_up.write_table(tmp_path, name, [row for row in rows if row["complex_id"] != "S6"])
    fewer = assessment.assess(study.read(tmp_path))
    assert len(fewer.scores) == len(every.scores) - 1
    pd.testing.assert_frame_equal(every.values.loc[fewer.values.index], fewer.values)
    pd.testing.assert_series_equal(every.scores[fewer.scores.index], fewer.scores)


def test_change_of_unit_with_its_anchors_changes_no_result():
    """Lead time in hours, with anchors in hours, ranks as lead time in days."""
    read, result = made_up.assessed(made_up.leader_by_prior)
    cells = result.performance
    in_hours = cells.copy()
    rows = cells.index.get_level_values("indicator") == "lead_time_days"
    in_hours.loc[rows, ["low", "value", "high"]] *= 24
    criteria = read.criteria.copy()
    criteria.loc["lead_time_days", ["worst", "best"]] *= 24
    days = assessment.partial_levels(read, cells, read.criteria, read.settings.unknowns)
    hours = assessment.partial_levels(read, in_hours, criteria, read.settings.unknowns)
    pd.testing.assert_frame_equal(days, hours)

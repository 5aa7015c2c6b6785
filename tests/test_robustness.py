"""Acceptability against exact cases, single tables and laws."""

import itertools
from functools import partial

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, robustness, scoring, study, weighting
from site_select.errors import SettingsError

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


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (None, [0.5575980392, 0.5208333333, 0.477124183, 0.5277777778]),
        ([1, 2 / 3, 1 / 3, 0], [0.4485294118, 0.587962963, 0.5468409586, 0.4166666667]),
    ],
)
def test_holistic_acceptability_of_two_criteria_against_exact_geometry(meta, expected):
    found = smaa(TWO, n_samples=200_000).holistic(meta)
    assert found.tolist() == pytest.approx(expected, abs=0.005)


def test_pairwise_winning_of_two_criteria_against_exact_geometry():
    """A0 beats A1 where w1 - 0.7 w1 > 0.5 (1 - w1): w1 > 5/8; A2 beats A3 where w1 > 1/3."""
    found = smaa(TWO).pairwise_winning
    assert found.loc["A0", "A1"] == pytest.approx(3 / 8, abs=four_errors(3 / 8))
    assert found.loc["A2", "A3"] == pytest.approx(2 / 3, abs=four_errors(2 / 3))
    both_ways = found.to_numpy() + found.to_numpy().T
    np.testing.assert_allclose(both_ways[~np.eye(4, dtype=bool)], 1)
    assert (np.diag(found) == 0).all()


def test_more_complexes_than_a_byte_counts_keep_their_places():
    """300 complexes in a row on one criterion: each has its rank for certain."""
    result = smaa([[number / 299] for number in range(300)], n_samples=3_000)
    assert result.expected_rank.tolist() == list(range(300, 0, -1))
    assert result.pairwise_winning.to_numpy()[299, 0] == 1
    assert result.pairwise_winning.to_numpy()[0, 299] == 0


def one_by_one(matrix, weights, method):
    """Winner under each weight vector, by the methods of single tables."""
    values = pd.DataFrame(matrix, [f"A{n}" for n in range(len(matrix))])
    criteria = pd.DataFrame({
        "direction": "max", "preference_function": "linear", "q": 0.05, "p": 0.3, "s": 0.0,
    }, index=values.columns)  # fmt: skip
    score = {
        "additive": lambda w: scoring.additive_value(values, w),
        "geometric": lambda w: scoring.geometric_mean(values, w),
        "topsis": lambda w: scoring.topsis(values, w, criteria=criteria).scores,
        "promethee": lambda w: scoring.promethee(values, w, criteria=criteria).scores,
    }[method]
    return [score(pd.Series(row, values.columns)).idxmax() for row in weights]


@pytest.mark.parametrize("method", robustness.METHODS)
@pytest.mark.parametrize("is_spread", [False, True], ids=["exact", "drawn"])
def test_every_method_agrees_with_the_same_method_on_one_table_at_a_time(method, is_spread):
    """A complex that is beaten by all is known to chance or not: it sets the two ways apart."""
    generator = np.random.default_rng(5)
    matrix = generator.uniform(0.2, 1, (5, 3))
    weights = generator.dirichlet(np.ones(3), 400)
    nearly = [[[cell, cell + 1e-7] if is_spread else cell for cell in row] for row in matrix]
    drawn = robustness.smaa(
        levels(nearly), tree(3), n_samples=400, seed=1, method=method, draw=lambda *_: weights
    )
    expected = pd.Series(one_by_one(matrix, weights, method)).value_counts()
    assert (drawn.first[drawn.first > 0] * 400).round().to_dict() == expected.to_dict()


def test_plain_table_is_the_same_as_levels_that_are_all_alike():
    values = pd.DataFrame(TWO, [f"A{n}" for n in range(4)], ["c0x", "c1x"])
    plain = robustness.smaa(values, tree(2), n_samples=5_000, seed=7)
    pd.testing.assert_frame_equal(
        plain.rank_acceptability, smaa(TWO, n_samples=5_000).rank_acceptability, check_names=False
    )


@pytest.mark.parametrize("spread", [0.0, 0.2])
def test_number_of_workers_changes_no_bit(spread):
    matrix = [[[max(cell - spread, 0), min(cell + spread, 1)] for cell in row] for row in THREE]
    one, two = (
        robustness.smaa(levels(matrix), tree(3), n_samples=80_000, seed=7, workers=workers)
        for workers in (1, 2)
    )
    pd.testing.assert_frame_equal(one.rank_acceptability, two.rank_acceptability, check_exact=True)
    pd.testing.assert_frame_equal(one.central_weights, two.central_weights, check_exact=True)
    pd.testing.assert_frame_equal(one.pairwise_winning, two.pairwise_winning, check_exact=True)


def test_weights_around_a_panel_decide_more_narrowly_than_free_ones():
    group = pd.DataFrame({"c0x": [0.8, 0.9, 0.85], "c1x": [0.2, 0.1, 0.15]})
    draw = partial(weighting.around, group)
    narrow = robustness.smaa(levels(TWO), tree(2), n_samples=5_000, seed=1, draw=draw)
    assert narrow.first["A0"] == 1


def test_given_weights_may_tie_and_the_tie_goes_to_nobody_by_place():
    """A and B differ only where no weight is: a quarter of the draws each, wherever they stand."""
    values = pd.DataFrame(
        {"land": [0.8, 0.8, 0.5], "road": [0.6, 0.6, 0.9], "fare": [0.2, 0.9, 0.4]},
        index=["A", "B", "C"],
    )
    draw = partial(weighting.within_ranges, [0, 0, 0], [1, 1, 0])
    for method in robustness.METHODS[:2]:
        for table in (values, values.iloc[::-1]):
            first = robustness.smaa(table, n_samples=20_000, seed=1, draw=draw, method=method).first
            assert first["A"] == pytest.approx(first["B"], abs=0.02)
            assert first["A"] > 0.2


def test_confidence_of_two_alike_is_a_half_each_for_any_seed():
    values = pd.DataFrame({"a": [1.0, 1.0, 0.2], "b": [0.5, 0.5, 0.1]}, index=list("ABC"))
    for seed in (1, 2, 3):
        found = robustness.smaa(values, n_samples=2_000, seed=seed).confidence
        assert found[["A", "B"]].tolist() == pytest.approx([0.5, 0.5], abs=0.05)


# bad input


@pytest.mark.parametrize("weights", [[np.nan, np.nan], [-0.5, 1.5], [1.0, 1.0]])
def test_drawn_weights_that_are_none_are_refused(weights):
    with pytest.raises(SettingsError, match="each 0 or more, that sum to 1"):
        robustness.smaa(
            levels(TWO), tree(2), n_samples=10, seed=1,
            draw=lambda count, _: np.tile(weights, (count, 1)),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("index", "columns", "told"), [("AA", "xy", "row A"), ("AB", "xx", "column x")]
)
def test_labels_that_stand_twice_are_named(index, columns, told):
    values = pd.DataFrame([[0.5, 0.5], [0.4, 0.2]], list(index), list(columns))
    with pytest.raises(SettingsError, match=f"{told}: allowed once"):
        robustness.smaa(values, n_samples=10, seed=1)


@pytest.mark.parametrize("error", [0, -1, np.nan])
def test_wanted_error_must_be_one(error):
    with pytest.raises(SettingsError, match="wanted_error"):
        robustness.smaa(levels(TWO), tree(2), n_samples=10, seed=1, wanted_error=error)


def test_every_fault_of_the_settings_is_said_at_once():
    values = levels([[0.5, 1.5], [0.2, 0.1]])
    with pytest.raises(SettingsError) as caught:
        robustness.smaa(values, tree(2), n_samples=0, seed=1, method="Topsis", workers=0)
    said = str(caught.value)
    assert "method = 'Topsis': allowed additive, geometric, topsis, promethee" in said
    assert "partial value in [0, 1]" in said
    assert "n_samples = 0" in said
    assert "workers = 0" in said


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.2])
def test_values_that_are_no_values_are_refused(bad):
    with pytest.raises(SettingsError, match="none missing"):
        smaa([[0.5, bad], [0.2, 0.1]])


def test_tree_with_other_indicators_is_refused_by_name():
    with pytest.raises(SettingsError, match="c2x: allowed the same indicators"):
        robustness.smaa(levels(TWO), tree(3), n_samples=10, seed=1)


def test_single_complex_is_first_in_every_draw():
    result = smaa([[0.5, 0.5]], n_samples=100)
    assert result.first.tolist() == [1]
    assert result.expected_rank.tolist() == [1]


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


@pytest.mark.parametrize("method", ["additive", "geometric"])
def test_confidence_is_the_share_of_all_equally_likely_tables_counted_one_by_one(method):
    levels = np.random.default_rng(5).random((3, 2, 4)).round(2) * 0.8 + 0.1
    index = pd.MultiIndex.from_product([["A", "B", "C"], ["near", "large"]])
    found = robustness.smaa(
        pd.DataFrame(levels.reshape(6, 4), index), n_samples=4_000, seed=3, method=method
    )
    picks = np.array(list(itertools.product(range(4), repeat=6))).reshape(-1, 3, 2)
    tables = np.take_along_axis(levels[None], picks[..., None], axis=3)[..., 0]
    if method == "geometric":
        tables = np.log(tables)
    for label, weights in found.central_weights.iterrows():
        first = (tables @ weights.to_numpy()).argmax(axis=1)
        share = (first == "ABC".index(label)).mean()
        assert found.confidence[label] == pytest.approx(share, abs=0.04)  # 3.6 standard errors


def test_central_weights_are_weights_and_only_of_those_that_are_ever_first():
    result = smaa([[0.5, 0.5], [0.4, 0.5], [0.2, 0.9]])
    assert result.central_weights.index.tolist() == ["A0", "A2"]
    np.testing.assert_allclose(result.central_weights.sum(axis=1), 1)


def test_sampling_error_is_that_of_the_least_certain_share():
    """Agresti & Coull: a tie in 9,996 draws is 1.96 · √(0.5² / 10,000) = 0.0098 wide each way."""
    assert smaa([[0.5], [0.5]], n_samples=9_996).sampling_error == pytest.approx(0.0098, abs=1e-5)


def test_sampling_error_of_a_sure_result_is_small_and_not_nothing():
    """Two hits and two misses added to 9,996 hits: p = 0.9998, 1.96 · √(p (1 - p) / 10,000)."""
    found = smaa([[1.0], [0.0]], n_samples=9_996).sampling_error
    assert found == pytest.approx(0.000277, abs=1e-6)


def test_draws_stop_at_the_wanted_error_and_not_much_later():
    values, criteria = levels(TWO), tree(2)
    result = robustness.smaa(values, criteria, n_samples=1_000_000, seed=3, wanted_error=0.004)
    assert 0.0035 < result.sampling_error <= 0.00405
    assert result.n_samples < 70_000


def test_wanted_error_never_takes_more_draws_than_allowed():
    result = robustness.smaa(levels(TWO), tree(2), n_samples=5_000, seed=3, wanted_error=1e-4)
    assert result.n_samples == 5_000


def test_complexes_may_be_numbered():
    values = pd.DataFrame(TWO, columns=["c0x", "c1x"])
    result = robustness.smaa(values, tree(2), n_samples=5_000, seed=7)
    assert result.first.tolist() == smaa(TWO, n_samples=5_000).first.tolist()
    assert (result.confidence == 1).all()


def test_order_of_indicators_in_the_table_does_not_matter():
    values = levels(TWO)
    turned = values.iloc[::-1]
    result = robustness.smaa(turned, tree(2), n_samples=DRAWS, seed=7).rank_acceptability
    expected = pd.DataFrame(TWO_ACCEPTABILITY, [f"A{n}" for n in range(4)], range(1, 5))
    assert (
        abs(result - expected.loc[result.index]) <= four_errors(expected.loc[result.index])
    ).all(axis=None)


# the whole study


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

"""Value of information against closed forms, full enumeration and what must hold."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from site_select import errors, information

NAMES = ["near", "large", "able"]
LABELS = ["A", "B", "C"]


def table(cells):
    """Levels from {(complex, indicator): levels}; shorter lists are repeated."""
    width = int(np.lcm.reduce([np.size(cell) for cell in cells.values()]))
    rows = [np.tile(np.atleast_1d(cell), width // np.size(cell)) for cell in cells.values()]
    index = pd.MultiIndex.from_tuples(cells, names=["complex_id", "indicator"])
    return pd.DataFrame(np.array(rows, dtype="float64"), index)


def made_up(seed, *, levels=2, labels=LABELS, names=NAMES):
    generator = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([labels, names], names=["complex_id", "indicator"])
    values = generator.random((len(index), levels))
    values[generator.random(len(index)) < 0.2] = 0.5
    return pd.DataFrame(values, index), pd.Series(generator.dirichlet(np.ones(len(names))), names)


def enumerated(levels, weights, asked):
    """Mean best score after the asked cells are learned, over every outcome, less the best now."""
    means = levels.mean(axis=1)
    outcomes = np.array(list(product(*(levels.loc[cell] for cell in asked))))
    known = np.tile(means.to_numpy(), (len(outcomes), 1))
    known[:, [levels.index.get_loc(cell) for cell in asked]] = outcomes
    scores = known.reshape(len(outcomes), -1, len(weights)) @ weights.to_numpy()
    return scores.max(axis=1).mean() - (means.unstack()[weights.index] @ weights).max()


# one cell


def test_two_point_cell_of_the_second_worked_by_hand():
    """A has 0.5; B has 0.2 or 0.7: half the time B gains 0.2 on A."""
    levels = table({("A", "near"): 0.5, ("B", "near"): [0.2, 0.7]})
    found = information.cells(levels, pd.Series({"near": 1.0})).iloc[0]
    assert found.tolist() == ["B", "near", pytest.approx(0.1), 0.5]


def test_two_point_cell_of_the_leader_worked_by_hand():
    """A has 0.1 or 0.9 at weight 0.5, B 0.4: in the bad half B gains 0.15 on A."""
    levels = table({
        ("A", "near"): [0.1, 0.9], ("A", "large"): 0.5, ("B", "near"): 0.4, ("B", "large"): 0.5,
    })  # fmt: skip
    found = information.cells(levels, pd.Series({"near": 0.5, "large": 0.5}))
    assert found.to_numpy().tolist() == [["A", "near", pytest.approx(0.075), 0.5]]


@pytest.mark.parametrize("lead", [0.0, 0.05, 0.1, 0.2])
def test_normal_cell_is_worth_the_unit_normal_loss(lead):
    """Sd L(lead / sd), L(z) = pdf(z) - z (1 - cdf(z)): Raiffa & Schlaifer 1961."""
    sd = 0.1
    quantiles = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    levels = table({("A", "near"): 0.5, ("B", "near"): 0.5 - lead + sd * quantiles})
    found = information.cells(levels, pd.Series({"near": 1.0})).iloc[0]
    z = lead / sd
    assert found["gain"] == pytest.approx(sd * (norm.pdf(z) - z * norm.sf(z)), abs=1e-6)
    assert found["changes"] == pytest.approx(norm.sf(z), abs=1e-4)


@pytest.mark.parametrize("seed", range(20))
def test_every_cell_against_enumeration(seed):
    levels, weights = made_up(seed, levels=3)
    found = information.cells(levels, weights).set_index(["complex_id", "indicator"])["gain"]
    for cell, gain in found.items():
        assert gain == pytest.approx(enumerated(levels, weights, [cell]), abs=1e-12)
    assert found.is_monotonic_decreasing
    assert set(found.index) == set(levels.index[np.ptp(levels, axis=1) > 0])


def test_known_cells_and_cells_without_weight_are_not_asked():
    levels = table({
        ("A", "near"): 0.5, ("A", "large"): [0.0, 1.0],
        ("B", "near"): [0.2, 0.9], ("B", "large"): [0.0, 1.0],
    })  # fmt: skip
    found = information.cells(levels, pd.Series({"near": 1.0, "large": 0.0}))
    assert found[["complex_id", "indicator"]].to_numpy().tolist() == [["B", "near"]]


def test_a_cell_of_a_hopeless_complex_is_worth_nothing():
    levels = table({
        ("A", "near"): [0.8, 0.9], ("B", "near"): [0.6, 0.7, 0.9], ("C", "near"): [0.0, 0.3],
    })  # fmt: skip
    found = information.cells(levels, pd.Series({"near": 1.0})).set_index("complex_id")
    assert found.loc["C", ["gain", "changes"]].tolist() == [0.0, 0.0]
    assert found.loc["B", "gain"] > 0


def test_uncertain_weights_count_with_their_means():
    levels, _ = made_up(4)
    drawn = [pd.Series(weight, NAMES) for weight in np.random.default_rng(2).dirichlet([1] * 3, 50)]
    mean = pd.concat(drawn, axis=1).mean(axis=1)
    expected = levels.mean(axis=1)
    asked = ("B", "large")
    best = []
    for value in levels.loc[asked]:
        known = expected.copy()
        known[asked] = value
        scores = [(known.unstack()[NAMES] * weight).sum(axis=1) for weight in drawn]
        best.append(pd.concat(scores, axis=1).mean(axis=1).max())
    scores = [(expected.unstack()[NAMES] * weight).sum(axis=1) for weight in drawn]
    gain = np.mean(best) - pd.concat(scores, axis=1).mean(axis=1).max()
    found = information.cells(levels, mean).set_index(["complex_id", "indicator"])
    assert found.loc[asked, "gain"] == pytest.approx(gain, abs=1e-12)


def test_one_complex_alone_has_no_choice_to_change():
    levels = table({("A", "near"): [0.0, 1.0]})
    weights = pd.Series({"near": 1.0})
    assert information.cells(levels, weights)["gain"].tolist() == [0.0]
    assert information.indicators(levels, weights)["gain"].tolist() == [0.0]
    assert information.everything(levels, weights, n_samples=9, seed=1)["gain"] == 0.0


def test_nothing_is_asked_where_everything_is_known():
    levels = table({("A", "near"): [0.5, 0.5], ("B", "near"): [0.2, 0.2]})
    weights = pd.Series({"near": 1.0})
    assert information.cells(levels, weights).empty
    assert information.indicators(levels, weights).empty
    assert information.everything(levels, weights, n_samples=9, seed=1).tolist() == [0.0, 0.0, 0.0]


# one indicator of all, and everything


@pytest.mark.parametrize("seed", range(20))
def test_every_indicator_against_enumeration(seed):
    levels, weights = made_up(seed, levels=3)
    found = information.indicators(levels, weights).set_index("indicator")["gain"]
    assert found.is_monotonic_decreasing
    for name, gain in found.items():
        asked = [(label, name) for label in LABELS]
        assert gain == pytest.approx(enumerated(levels, weights, asked), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_probability_of_another_leader_against_enumeration(seed):
    """One indicator alone: its levels are the scores, and whoever is above A's changes the lead."""
    levels = made_up(seed, levels=4, names=["near"])[0].sort_values(by=[0])
    scores = levels.mean(axis=1)
    found = information.indicators(levels, pd.Series({"near": 1.0})).loc[0, "changes"]
    leader = levels.index.get_loc(scores.idxmax())
    outcomes = np.array(list(product(*levels.to_numpy())))
    is_other = outcomes.max(axis=1) > outcomes[:, leader] + 1e-12
    assert found == pytest.approx(is_other.mean(), abs=1e-12)


def test_two_normal_complexes_learned_at_once():
    """The lead is normal as well: its sd is that of one cell times the root of 2."""
    quantiles = norm.ppf((np.arange(2_000) + 0.5) / 2_000)
    levels = table({("A", "near"): 0.5 + 0.1 * quantiles, ("B", "near"): 0.4 + 0.1 * quantiles})
    sd = 0.1 * np.sqrt(2)
    z = 0.1 / sd
    found = information.indicators(levels, pd.Series({"near": 1.0})).loc[0, "gain"]
    assert found == pytest.approx(sd * (norm.pdf(z) - z * norm.sf(z)), abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_everything_against_enumeration_within_four_standard_errors(seed):
    levels, weights = made_up(seed)
    expected = enumerated(levels, weights, list(levels.index))
    found = information.everything(levels, weights, n_samples=20_000, seed=seed)
    assert abs(found["gain"] - expected) <= 4 * found["standard_error"] + 1e-12


def test_standard_error_is_the_spread_of_repeated_runs():
    levels, weights = made_up(3)
    runs = pd.DataFrame([
        information.everything(levels, weights, n_samples=400, seed=seed) for seed in range(300)
    ])  # fmt: skip
    assert runs["gain"].std() == pytest.approx(runs["standard_error"].mean(), rel=0.15)


def test_more_answers_are_never_worth_less():
    for seed in range(40):
        levels, weights = made_up(seed)
        cells = information.cells(levels, weights)
        indicators = information.indicators(levels, weights).set_index("indicator")["gain"]
        whole = enumerated(levels, weights, list(levels.index))
        assert (cells["gain"] >= 0).all()
        best_cell = cells.groupby("indicator")["gain"].max()
        assert (indicators[best_cell.index] >= best_cell - 1e-12).all()
        assert (indicators <= whole + 1e-12).all()


def test_the_same_seed_gives_the_same_result_and_another_one_does_not():
    levels, weights = made_up(3)
    first, again, other = (
        information.everything(levels, weights, n_samples=20_000, seed=seed) for seed in (3, 3, 4)
    )
    pd.testing.assert_series_equal(first, again)
    assert first["gain"] != other["gain"]


def test_rows_in_any_order_give_the_same():
    levels, weights = made_up(9, levels=4)
    shuffled = levels.sample(frac=1, random_state=1)
    for function in (information.cells, information.indicators):
        keys = [name for name in ("complex_id", "indicator") if name in function(levels, weights)]
        one, other = (
            function(rows, weights).set_index(keys)["gain"].sort_index()
            for rows in (levels, shuffled)
        )
        pd.testing.assert_series_equal(one, other)


# the door


def test_all_faults_of_the_tables_are_told_at_once():
    levels, weights = made_up(1)
    weights[:] = [0.7, -0.1, 0.5]
    extra = pd.concat([levels, levels.loc[[("A", "near")]]])
    extra.loc[("C", "price"), :] = 0.5
    with pytest.raises(errors.SettingsError) as told:
        information.cells(extra, weights)
    message = str(told.value)
    for words in ("large is -0.1", "sum to 1.1", "('A', 'near') is there twice",
                  "('C', 'price') has no weight"):  # fmt: skip
        assert words in message


def test_missing_cells_and_gaps_are_told():
    levels, weights = made_up(1)
    levels.loc[("B", "near"), 0] = np.nan
    with pytest.raises(errors.SettingsError, match=r"'B', 'near'.*'C', 'able'"):
        information.indicators(levels.drop(("C", "able")), weights)


def test_too_few_draws_are_refused():
    levels, weights = made_up(1)
    with pytest.raises(errors.SettingsError, match="2 or more"):
        information.everything(levels, weights, n_samples=1, seed=1)

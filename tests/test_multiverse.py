"""Variance shares in closed form, Yager's averages, every world against the scoring room."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from site_select import errors, multiverse, scoring

PREFERENCE = {"preference_function": "linear", "q": 0.05, "p": 0.3}


def made_up(seed, *, count=6, indicators=4):
    """Two treatments of the same complexes and three weightings."""
    generator = np.random.default_rng(seed)
    labels, names = [*"ABCDEFGH"][:count], [*"stuvwxyz"][:indicators]
    values = {
        treatment: pd.DataFrame(generator.random((count, indicators)), labels, names)
        for treatment in ("mean", "worst")
    }
    weights = {
        name: pd.Series(generator.dirichlet(np.ones(indicators)), names)
        for name in ("stated", "equal", "entropy")
    }
    return values, weights


def full(*sizes):
    """Worlds of that many options by choice, and the position of each option."""
    table = multiverse.worlds({
        f"c{number}": [str(option) for option in range(size)] for number, size in enumerate(sizes)
    })  # fmt: skip
    return table, table.astype("int64").to_numpy()


# worlds


def test_worlds_are_every_combination_once():
    table, _ = full(2, 3, 4)
    assert len(table.drop_duplicates()) == len(table) == 24
    assert table.iloc[1].tolist() == ["0", "0", "1"]


@pytest.mark.parametrize(
    ("choices", "words"),
    [({}, "no choices"), ({"a": []}, "a has 0"), ({"a": ["x"], "b": ["y", "y"]}, "b has 2")],
)
def test_empty_and_doubled_choices_are_refused(choices, words):
    with pytest.raises(errors.SettingsError, match=words):
        multiverse.worlds(choices)


# shares of variance


def test_ishigami_function_of_ishigami_and_homma_1990():
    """Closed form for a = 7, b = 0.1, on 40 equally likely midpoints of each input."""
    table, place = full(40, 40, 40)
    x, y, z = (np.pi * (2 * (place + 0.5) / 40 - 1)).T
    outcome = pd.Series(np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x))
    found = multiverse.variance_shares(table, outcome)
    assert found["first"].tolist() == pytest.approx([0.3139051911, 0.4424111448, 0.0], abs=0.01)
    expected = [0.5575888552, 0.4424111448, 0.2436836641]
    assert found["total"].tolist() == pytest.approx(expected, abs=0.01)


def test_additive_model_in_closed_form():
    """First = total = (w_j s_j)² / sum, with weights 0.4 to 0.1 and deviations 1 to 4."""
    table, place = full(2, 2, 2, 2)
    outcome = pd.Series((2 * place - 1) @ (np.array([0.4, 0.3, 0.2, 0.1]) * [1, 2, 3, 4]))
    found = multiverse.variance_shares(table, outcome)
    expected = [0.1538461538, 0.3461538462, 0.3461538462, 0.1538461538]
    assert found["first"].tolist() == pytest.approx(expected)
    assert found["total"].tolist() == pytest.approx(expected)


def test_two_by_two_worked_by_hand():
    """1, 2, 4, 9: means 1.5 and 6.5, 2.5 and 5.5; variance 9.5, of rows 6.25, of columns 2.25."""
    table, _ = full(2, 2)
    found = multiverse.variance_shares(table, pd.Series([1.0, 2.0, 4.0, 9.0]))
    assert found["first"].tolist() == pytest.approx([6.25 / 9.5, 2.25 / 9.5])
    assert found["total"].tolist() == pytest.approx([7.25 / 9.5, 3.25 / 9.5])


def test_pure_interaction_has_no_first_share():
    table, place = full(2, 2)
    found = multiverse.variance_shares(table, pd.Series(place.sum(axis=1) % 2))
    assert found.to_numpy().tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_variances_of_several_outcomes_are_summed_first():
    """The first outcome hangs on one choice with variance 1, the second on the other with 9."""
    table, place = full(2, 2)
    found = multiverse.variance_shares(table, pd.DataFrame((2 * place - 1) * [1, 3]))
    assert found["first"].tolist() == pytest.approx([0.1, 0.9])


def test_totals_are_not_below_firsts_and_firsts_leave_room():
    generator = np.random.default_rng(1)
    table, _ = full(3, 2, 4)
    for _ in range(50):
        found = multiverse.variance_shares(table, pd.DataFrame(generator.random((24, 2))))
        assert (found["total"] >= found["first"] - 1e-12).all()
        assert found["first"].sum() <= 1 + 1e-12 <= found["total"].sum() + 2e-12


def test_order_of_worlds_and_of_options_does_not_matter():
    table, _ = full(3, 2, 4)
    outcome = pd.Series(np.random.default_rng(2).random(24))
    order = np.random.default_rng(3).permutation(24)
    found = multiverse.variance_shares(table.iloc[order], outcome.iloc[order])
    pd.testing.assert_frame_equal(found, multiverse.variance_shares(table, outcome))


def test_what_never_varies_has_shares_of_zero():
    table, _ = full(2, 3)
    for constant in (0.0, 0.1):
        found = multiverse.variance_shares(table, pd.Series([constant] * 6))
        assert found.to_numpy().tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_one_choice_alone_makes_everything():
    table, _ = full(3)
    found = multiverse.variance_shares(table, pd.Series([1.0, 2.0, 4.0]))
    assert found.to_numpy().tolist() == [[pytest.approx(1.0), pytest.approx(1.0)]]


def test_missing_worlds_and_outcomes_are_refused():
    table, _ = full(2, 2)
    with pytest.raises(errors.SettingsError, match=r"3 worlds: allowed each of 4.*outcomes"):
        multiverse.variance_shares(table.head(3), pd.Series([1.0, np.nan, 2.0]))
    doubled = pd.concat([table.head(3), table.head(1)])
    with pytest.raises(errors.SettingsError, match="each of 4"):
        multiverse.variance_shares(doubled, pd.Series([1.0, 2.0, 3.0, 4.0]))


# ordered weighted average


def test_owa_of_yager_1988():
    """Order weights 0.4, 0.3, 0.2, 0.1 on 0.9, 0.3, 0.6, 0.1 make 0.61."""
    values, equal = np.array([[0.9, 0.3, 0.6, 0.1]]), np.full((1, 4), 0.25)

    def ordered(*reached):
        return multiverse.ordered_value(
            values, equal, lambda part: np.interp(part, [0, 0.25, 0.5, 0.75, 1], [0, *reached])
        ).item()

    assert ordered(0.4, 0.7, 0.9, 1) == pytest.approx(0.61, abs=1e-9)
    assert ordered(1, 1, 1, 1) == pytest.approx(0.9, abs=1e-9)
    assert ordered(0, 0, 0, 1) == pytest.approx(0.1, abs=1e-9)
    assert ordered(0.25, 0.5, 0.75, 1) == pytest.approx(0.475, abs=1e-9)


def test_owa_of_unequal_importances_worked_by_hand():
    """1.0 at weight 0.3 comes first: 0.3² 1.0 + (1 - 0.3²) 0.2 = 0.272."""
    found = multiverse.ordered_value(np.array([[0.2, 1.0]]), np.array([[0.7, 0.3]]), np.square)
    assert found.tolist() == [[pytest.approx(0.272)]]


def test_the_worst_value_counts_alone_though_ten_tenths_sum_to_less_than_one():
    values, tenths = np.linspace(0.3, 0.9, 10)[None], np.full((1, 10), 0.1)
    found = multiverse.ordered_value(values, tenths, lambda part: (part >= 1).astype(float))
    assert found.tolist() == [[0.3]]


def test_owa_lies_between_the_worst_and_the_additive_value():
    generator = np.random.default_rng(4)
    values, weights = generator.random((200, 5)), generator.dirichlet(np.ones(5), 30)
    found = multiverse.ordered_value(values, weights, np.square)
    assert (found <= weights @ values.T + 1e-12).all()
    assert (found >= values.min(axis=1) - 1e-12).all()
    same = multiverse.ordered_value(values, weights, lambda part: part)
    np.testing.assert_allclose(same, weights @ values.T)


# value functions


def test_exponential_curves_have_their_midvalues():
    table = np.array([[0.0], [0.25], [0.75], [1.0]])
    concave = multiverse.VALUE_FUNCTIONS["concave"](table)[:, 0]
    convex = multiverse.VALUE_FUNCTIONS["convex"](table)[:, 0]
    assert concave[[0, 1, 3]].tolist() == pytest.approx([0.0, 0.5, 1.0], abs=1e-12)
    assert convex[[0, 2, 3]].tolist() == pytest.approx([0.0, 0.5, 1.0], abs=1e-12)
    # (1 - e^(-ct)) / (1 - e^(-c)) bends alike everywhere: equal steps, equal ratios
    steps = np.diff(multiverse.VALUE_FUNCTIONS["concave"](np.linspace(0, 1, 5)[:, None])[:, 0])
    assert (steps[1:] / steps[:-1]).tolist() == pytest.approx([0.5436890126920764] * 3)


def test_functions_of_the_sample_worked_by_hand():
    table = np.array([[0.2, 0.7], [0.4, 0.7], [0.6, 0.7], [0.4, 0.7]])
    found = multiverse.VALUE_FUNCTIONS["min-max"](table)
    assert found[:, 0].tolist() == pytest.approx([0.0, 0.5, 1.0, 0.5])
    assert found[:, 1].tolist() == [0.7] * 4
    found = multiverse.VALUE_FUNCTIONS["ranks"](table)
    assert found.T.tolist() == [[0.0, 0.5, 1.0, 0.5], [0.5] * 4]


# the run


def expected_scores(aggregation, values, weights):
    """Scores of the scoring room, more being better."""
    criteria = pd.DataFrame(PREFERENCE | {"direction": "max"}, index=values.columns)
    if aggregation == "additive":
        return scoring.additive_value(values, weights)
    if aggregation == "geometric":
        return scoring.geometric_mean(values.clip(lower=0.01), weights)
    if aggregation == "topsis":
        return scoring.topsis(values, weights, criteria=criteria).scores
    if aggregation == "vikor":
        return -scoring.vikor(values, weights, criteria=criteria).scores
    return scoring.promethee(values, weights, criteria=criteria).scores


@pytest.mark.parametrize("seed", range(5))
def test_ranks_of_every_world_against_the_scoring_room(seed):
    values, weights = made_up(seed)
    aggregations = [name for name in multiverse.AGGREGATIONS if name != "owa"]
    found = multiverse.run(values, weights, aggregations=aggregations)
    assert len(found.worlds) == 2 * 5 * 5 * 3
    for (_, world), (_, ranks) in zip(found.worlds.iterrows(), found.ranks.iterrows(), strict=True):
        bend = multiverse.VALUE_FUNCTIONS[world["value_function"]]
        table = values[world["treatment"]]
        bent = pd.DataFrame(bend(table.to_numpy()), table.index, table.columns)
        scores = expected_scores(world["aggregation"], bent, weights[world["weighting"]])
        assert ranks.tolist() == scoring.ranks(scores).tolist(), world.to_dict()


@pytest.mark.parametrize("aggregation", ["additive", "geometric", "topsis", "vikor", "promethee"])
def test_scores_of_each_aggregation_against_the_scoring_room(aggregation):
    values, weights = made_up(8)
    table = values["mean"]
    found = multiverse.AGGREGATIONS[aggregation](
        table.to_numpy(), np.array([weight.to_numpy() for weight in weights.values()])
    )
    for row, weight in zip(found, weights.values(), strict=True):
        expected = expected_scores(aggregation, table, weight).to_numpy()
        np.testing.assert_allclose(row, expected, atol=1e-12)


def test_shares_of_first_ranks_and_of_choices():
    values, weights = made_up(3)
    found = multiverse.run(values, weights)
    assert found.share.sum() == pytest.approx(1.0)
    counted = found.first.value_counts(normalize=True)
    assert found.share[found.share > 0].to_dict() == pytest.approx(counted.to_dict())
    shares = multiverse.variance_shares(found.worlds, found.ranks)
    pd.testing.assert_frame_equal(found.shares_of_choice, shares)
    assert shares.index.tolist() == ["treatment", "value_function", "aggregation", "weighting"]


def test_joint_leaders_share_a_world():
    values = pd.DataFrame({"x": [0.3, 0.1 + 0.2, 0.0]}, index=["A", "B", "C"])
    found = multiverse.run({"known": values}, {"all": pd.Series({"x": 1.0})})
    assert set(found.first) == {"A, B"}
    assert found.share.tolist() == [0.5, 0.5, 0.0]
    assert found.ranks.drop_duplicates().to_numpy().tolist() == [[1, 1, 3]]
    assert found.shares_of_choice.to_numpy().max() == 0.0


def test_one_zero_is_no_veto_under_the_geometric_mean():
    values = pd.DataFrame({"x": [0.0, 0.1], "y": [1.0, 0.1]}, index=["A", "B"])
    weights = {"y mostly": pd.Series({"y": 0.9, "x": 0.1})}
    found = multiverse.run({"known": values}, weights, aggregations=["geometric"],
                           value_functions=["linear"])  # fmt: skip
    assert found.first.tolist() == ["A"]


def test_dominated_complexes_are_never_ahead_and_clones_share_their_rank():
    for seed in range(60):
        values, weights = made_up(seed, count=5, indicators=3)
        for table in values.values():
            table.loc["B"] = table.loc["A"] * np.random.default_rng(seed).random(3)
            table.loc["C"] = table.loc["A"]
        ranks = multiverse.run(values, weights).ranks
        assert (ranks["A"] <= ranks["B"]).all()
        assert (ranks["A"] == ranks["C"]).all()


def test_order_of_rows_and_columns_does_not_matter():
    values, weights = made_up(6)
    other = {name: table.iloc[::-1, ::-1] for name, table in values.items()}
    found = multiverse.run(other, weights).ranks[list("ABCDEF")]
    pd.testing.assert_frame_equal(found, multiverse.run(values, weights).ranks)


def test_tables_that_differ_in_order_are_matched_by_name():
    values, weights = made_up(6)
    other = {"mean": values["mean"], "worst": values["worst"].iloc[::-1, ::-1]}
    found, expected = multiverse.run(other, weights), multiverse.run(values, weights)
    pd.testing.assert_frame_equal(found.ranks, expected.ranks)


def test_edges_of_the_table_are_no_faults():
    one = pd.DataFrame({"x": [0.2], "y": [0.2]}, index=["A"])
    flat = pd.DataFrame({"x": [0.0, 0.0], "y": [0.0, 0.0]}, index=["A", "B"])
    weights = {"equal": pd.Series({"x": 0.5, "y": 0.5})}
    assert set(multiverse.run({"known": one}, weights).first) == {"A"}
    assert set(multiverse.run({"known": flat}, weights).first) == {"A, B"}


@pytest.mark.parametrize("aggregation", multiverse.AGGREGATIONS)
def test_no_aggregation_leaves_a_gap_where_all_are_alike(aggregation):
    for table in (np.zeros((3, 2)), np.ones((3, 2)), np.full((1, 2), 0.4)):
        found = multiverse.AGGREGATIONS[aggregation](table, np.array([[0.5, 0.5], [1.0, 0.0]]))
        assert np.isfinite(found).all()
        assert np.ptp(found, axis=1).tolist() == [0.0, 0.0]


def test_all_faults_are_told_at_once():
    values, weights = made_up(1)
    values["worst"] = values["worst"].drop(index="A")
    values["worst"].loc["B", "s"] = 1.2
    weights["short"] = weights["stated"].drop("s")
    weights["negative"] = pd.Series([-0.5, 0.5, 0.5, 0.5], weights["stated"].index)
    with pytest.raises(errors.SettingsError) as told:
        multiverse.run(
            values, weights, value_functions=["linear", "cubic"], aggregations=["topsis", "wpm"]
        )
    message = str(told.value)
    for words in ("value function 'cubic'", "aggregation 'wpm'", "treatment worst: allowed values",
                  "treatment worst: allowed the complexes", "weighting short: allowed one",
                  "weighting short: allowed weights", "weighting negative"):  # fmt: skip
        assert words in message
    assert "treatment mean" not in message


def test_gaps_and_empty_tables_are_refused():
    values, weights = made_up(1)
    values["worst"].loc["B", "s"] = np.nan
    with pytest.raises(errors.SettingsError, match=r"treatment worst: .* no gap"):
        multiverse.run(values, weights)
    with pytest.raises(errors.SettingsError, match="treatment has 0 options"):
        multiverse.run({}, weights)
    with pytest.raises(errors.SettingsError, match=r"treatment mean: .* no gap"):
        multiverse.run({"mean": values["mean"].head(0)}, weights)


def test_every_world_is_in_the_list_of_choices():
    values, weights = made_up(2)
    found = multiverse.run(values, weights)
    expected = product(values, multiverse.VALUE_FUNCTIONS, multiverse.AGGREGATIONS, weights)
    assert list(found.worlds.itertuples(index=False, name=None)) == list(expected)


def test_outcomes_are_matched_to_their_worlds_by_label():
    worlds = multiverse.worlds({"a": ["x", "y"], "b": ["x", "y", "z"]})
    outcome = pd.Series([0.0, 1.0, 5.0, 2.0, 2.0, 9.0])
    pd.testing.assert_frame_equal(
        multiverse.variance_shares(worlds, outcome.iloc[::-1]),
        multiverse.variance_shares(worlds, outcome),
    )

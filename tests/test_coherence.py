"""The published ASEM pipeline whole; outliers, correlations and says in closed form and by hand."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from site_select import coherence, errors, scoring, valuation, weighting

PUBLISHED = Path(__file__).parent / "published"
# points pulled in, counted when its published scores were recomputed
ASEM_POINTS = {
    "Flights": 1, "Bord": 3, "Gas": 3, "Services": 4, "FDI": 2, "ForPort": 3, "CostImpEx": 1,
    "Tariff": 3, "StMob": 2, "CultServ": 3, "Forest": 2, "Poverty": 3, "NGOs": 3, "FemLab": 1,
    "PubDebt": 1,
}  # fmt: skip
# Lehman's television example, as printed in Wikipedia's article on Spearman's coefficient
TELEVISION = {
    "iq": [106, 100, 86, 101, 99, 103, 97, 113, 112, 110],
    "hours": [7, 27, 2, 50, 28, 29, 20, 12, 6, 17],
}


# the published pipeline


def asem_tree():
    return pd.read_csv(PUBLISHED / "asem_tree.csv", index_col="node")


def asem_filled():
    """Denominated performance, gaps filled by the mean of Europe or Asia."""
    raw = pd.read_csv(PUBLISHED / "asem_performance.csv", index_col="unit")
    tree = asem_tree()
    denominator = tree["denominator"].dropna()
    performance = raw[weighting.indicators_of(tree)].astype("float64")
    for indicator, name in denominator.items():
        performance[indicator] /= raw[name]
    return performance.fillna(performance.groupby(raw["group"]).transform("mean"))


def asem_values():
    """Values in [0, 1] between the worst and the best of the treated sample."""
    performance = coherence.treated(asem_filled())
    low, high = performance.min(), performance.max()
    is_cost = asem_tree()["direction"].reindex(performance.columns) == "min"
    anchors = pd.DataFrame({"worst": low.where(~is_cost, high), "best": high.where(~is_cost, low)})
    cells = performance.rename_axis("complex_id").rename_axis("indicator", axis=1).stack()
    values = valuation.partial_values(cells.to_frame("value"), anchors)
    return values["value"].unstack("indicator")[performance.columns]


def test_asem_index_of_becker_2022_to_two_decimals_and_every_rank():
    published = pd.read_csv(PUBLISHED / "asem_scores.csv", index_col="unit")
    weights = weighting.from_points(asem_tree())
    scores = 100 * scoring.additive_value(asem_values(), weights)
    assert len(published) == 51
    assert scores.round(2)[published.index].tolist() == published["index"].tolist()
    assert scoring.ranks(scores)[published.index].tolist() == published["rank"].tolist()


@pytest.mark.parametrize(
    ("branch", "column"), [("Conn", "connectivity"), ("Sust", "sustainability")]
)
def test_asem_sub_indices_of_becker_2022_to_two_decimals(branch, column):
    published = pd.read_csv(PUBLISHED / "asem_scores.csv", index_col="unit")[column]
    tree, values = asem_tree(), asem_values()
    pillars = list(tree.index[tree["parent"] == branch])
    means = [values[list(tree.index[tree["parent"] == pillar])].mean(axis=1) for pillar in pillars]
    scores = 100 * pd.concat(means, axis=1).mean(axis=1)
    assert scores.round(2)[published.index].tolist() == published.tolist()


def test_asem_outliers_are_those_that_coinr_treats():
    found = coherence.outliers(asem_filled())
    assert found["points"][found["points"] > 0].to_dict() == ASEM_POINTS
    assert set(found.index[found["flagged"]]) == set(ASEM_POINTS)
    assert set(found["treatment"]) == {"", "winsorised"}


# outliers


def test_skewness_and_kurtosis_are_corrected_for_the_sample():
    """Of n values one is 1 and the others 0: G1 = sqrt(n) and G2 = n in closed form."""
    found = coherence.outliers(pd.DataFrame({"one": [0.0] * 8 + [1.0]})).loc["one"]
    assert found["skewness"] == pytest.approx(3.0)
    assert found["kurtosis"] == pytest.approx(9.0)
    assert found["known"] == 9


def test_skewed_without_far_values_is_not_flagged():
    """Two 1 and ten 0: G1 = (4/√5) √132 / 10 = 2.055, G2 = 11/90 (13 · 1.2 + 6) = 2.64."""
    found = coherence.outliers(pd.DataFrame({"x": [0.0] * 10 + [1.0] * 2})).loc["x"]
    assert found["skewness"] == pytest.approx(4 / np.sqrt(5) * np.sqrt(132) / 10)
    assert found["kurtosis"] == pytest.approx(2.64)
    assert not found["flagged"]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_far_values_of_either_side_become_the_next_ones(sign):
    column = sign * np.array([10.0, 11, 12, 13, 14, 15, 16, 17, 800, 800, 900])
    table = pd.DataFrame({"x": column})
    # 900 becomes 800, three points then lie there together and still pass: few far values are many
    assert coherence.outliers(table).loc["x", ["flagged", "points"]].tolist() == [False, 0]
    table.loc[8:9, "x"] = sign * np.array([18.0, 19.0])
    assert coherence.treated(table)["x"].tolist() == (
        sign * np.array([10.0, 11, 12, 13, 14, 15, 16, 17, 18, 19, 19])
    ).tolist()  # fmt: skip
    assert coherence.outliers(table).loc["x", "points"] == 1


def test_what_winsorising_cannot_mend_becomes_a_logarithm_of_the_untouched_values():
    table = pd.DataFrame({"x": [*np.arange(100.0) / 100, *10.0 ** np.arange(1, 9)]})
    assert coherence.outliers(table).loc["x", ["treatment", "points"]].tolist() == ["log", 0]
    found = coherence.treated(table)["x"]
    assert found.iloc[0] == pytest.approx(np.log(1e6))
    assert found.iloc[104] == pytest.approx(np.log(1e6 + 1e5))
    assert found.iloc[107] == pytest.approx(np.log(1.01e8))


def test_more_points_allowed_may_make_the_logarithm_needless():
    far = [100.0, 110.0, 120.0]
    table = pd.DataFrame({"x": [*np.arange(60.0) / 60, *far]})
    assert coherence.outliers(table, limit=2).loc["x", "treatment"] == "log"
    assert coherence.outliers(table, limit=5).loc["x", ["treatment", "points"]].tolist() == [
        "winsorised", 3,
    ]  # fmt: skip


def test_ties_count_as_points():
    table = pd.DataFrame({"x": [*np.arange(60.0) / 60, 100.0, 100.0]})
    assert coherence.outliers(table).loc["x", "points"] == 2


def test_the_only_difference_of_a_column_is_never_pulled_in():
    table = pd.DataFrame({"x": [0.0] * 20 + [1.0]})
    found = coherence.treated(table)["x"]
    assert coherence.outliers(table).loc["x", "treatment"] == "log"
    assert found.iloc[20] - found.iloc[0] == pytest.approx(np.log(101))


def test_columns_that_cannot_be_judged_stay():
    table = pd.DataFrame({
        "flat": [3.0] * 6, "few": [1.0, 2.0, 900.0, None, None, None], "none": [np.nan] * 6,
    })  # fmt: skip
    found = coherence.outliers(table)
    assert found["known"].tolist() == [6, 3, 0]
    assert not found["flagged"].any()
    pd.testing.assert_frame_equal(coherence.treated(table), table)


def test_gaps_stay_gaps_and_arguments_stay_as_they_were():
    table = pd.DataFrame({"x": [None, *np.arange(20.0), 900.0, None]})
    before = table.copy()
    found = coherence.treated(table)["x"]
    assert found.isna().tolist() == before["x"].isna().tolist()
    assert found.max() == 19.0
    pd.testing.assert_frame_equal(table, before)


def test_treatment_never_turns_an_order_round():
    generator = np.random.default_rng(5)
    for _ in range(60):
        table = pd.DataFrame({"x": generator.standard_t(1.2, 25) * generator.choice([1, 9])})
        found = coherence.treated(table)["x"].to_numpy()[np.argsort(table["x"].to_numpy())]
        assert (np.diff(found) >= 0).all()


def test_infinite_values_are_refused_by_name_all_at_once():
    table = pd.DataFrame({"a": [np.inf, 1.0], "b": [1.0, 2.0], "c": [-np.inf, np.inf]})
    for function in (coherence.outliers, coherence.treated, coherence.correlations):
        with pytest.raises(errors.SettingsError, match=r"a has 1 infinite.*c has 2 infinite"):
            function(table)


# correlations


def test_spearman_of_intelligence_and_television():
    found = coherence.correlations(pd.DataFrame(TELEVISION))
    assert found.loc["iq", "hours"] == pytest.approx(-29 / 165)
    assert found.loc["iq", "iq"] == 1.0


def test_correlations_use_the_complexes_that_have_both():
    table = pd.DataFrame(TELEVISION).astype("float64")
    more = pd.concat([table, pd.DataFrame({"iq": [1.0, None], "hours": [None, 1.0]})])
    assert coherence.correlations(more).loc["iq", "hours"] == pytest.approx(-29 / 165)
    assert np.isnan(coherence.correlations(more, fewest=11).loc["iq", "hours"])


def test_what_orders_nothing_has_no_correlation():
    found = coherence.correlations(pd.DataFrame({"a": [1.0, 2.0, 3.0], "flat": [1.0, 1.0, 1.0]}))
    assert np.isnan(found.loc["a", "flat"])


# effective weights


def test_say_of_independent_criteria_in_closed_form():
    """Uncorrelated: say_j = (w_j s_j)² / sum; weights 0.4 to 0.1 and deviations 1 to 4."""
    deviation = np.array([1.0, 2.0, 3.0, 4.0])
    values = pd.DataFrame(np.array(list(product([-1, 1], repeat=4))) * deviation, columns=[*"abcd"])
    found = coherence.effective_weights(values, pd.Series([0.4, 0.3, 0.2, 0.1], [*"abcd"]))
    expected = [0.1538461538, 0.3461538462, 0.3461538462, 0.1538461538]
    assert found["say"].tolist() == pytest.approx(expected)
    assert found["spread"].tolist() == pytest.approx(deviation)
    assert found["weight"].tolist() == [0.4, 0.3, 0.2, 0.1]
    assert found["scores_differ"].all()


def test_a_criterion_that_runs_against_the_others_has_less_than_no_say():
    values = pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0]})
    found = coherence.effective_weights(values, pd.Series({"a": 0.75, "b": 0.25}))
    assert found["say"].tolist() == pytest.approx([1.5, -0.5])


def test_says_sum_to_one():
    generator = np.random.default_rng(3)
    for _ in range(50):
        values = pd.DataFrame(generator.random((7, 4)), columns=[*"abcd"])
        weights = pd.Series(generator.dirichlet(np.ones(4)), [*"dbca"])
        found = coherence.effective_weights(values, weights)
        assert found["say"].sum() == pytest.approx(1.0)
        assert found["weight"].to_dict() == pytest.approx(weights.to_dict())


def test_nobody_has_a_say_where_all_scores_are_equal():
    values = pd.DataFrame({"a": [0.1, 0.7, 0.4], "b": [0.7, 0.1, 0.4]})
    found = coherence.effective_weights(values, pd.Series({"a": 0.5, "b": 0.5}))
    assert found["say"].tolist() == [0.0, 0.0]
    assert not found["scores_differ"].any()
    alone = coherence.effective_weights(values.head(1), pd.Series({"a": 0.5, "b": 0.5}))
    assert alone[["say", "spread"]].to_numpy().tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_weights_of_another_sum_are_divided_with_a_warning():
    values = pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0]})
    with pytest.warns(UserWarning, match="4"):
        found = coherence.effective_weights(values, pd.Series({"a": 3.0, "b": 1.0}))
    assert found["say"].tolist() == pytest.approx([1.5, -0.5])


def test_gaps_and_missing_weights_are_refused():
    values = pd.DataFrame({"a": [0.0, None], "b": [1.0, 0.0]})
    with pytest.raises(errors.SettingsError, match=r"a.*c"):
        coherence.effective_weights(values, pd.Series({"a": 0.5, "c": 0.5}))


# indicators that say the same


def test_later_of_two_indicators_that_say_the_same_is_dropped():
    x = pd.Series(range(12), dtype=float)
    values = pd.DataFrame({"x": x, "cube": x**3, "other": [5, 1, 9, 3] * 3})
    found = coherence.redundant(values)
    assert found[["kept", "dropped"]].to_numpy().tolist() == [["x", "cube"]]
    assert found["correlation"].tolist() == pytest.approx([1])


def test_indicators_that_go_against_each_other_both_stay():
    x = pd.Series(range(12), dtype=float)
    assert coherence.redundant(pd.DataFrame({"x": x, "inverse": -(x**3)})).empty


def test_few_common_complexes_are_no_evidence_of_redundancy():
    x = pd.Series(range(9), dtype=float)
    assert coherence.redundant(pd.DataFrame({"x": x, "same": x})).empty

"""What a hostile meeting would try, on the synthetic panel: each proof is worked out anew."""

import importlib.util
from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, challenges, scoring, study, valuation

PANEL = made_up.ROOT / "data" / "studies" / "panel"


@pytest.fixture(scope="module")
def panel():
    read = study.read(PANEL, {"n_samples": 4_000, "logistics.n_draws": 100})
    return read, assessment.assess(read)


@pytest.fixture(scope="module")
def without_firms(panel):
    """Of the first two complexes; of three it is a third more of the same."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(challenges, "WITH_FIRMS", 2)
        return challenges.left_out_firms(*panel)


@pytest.fixture(scope="module")
def flips(panel):
    return challenges.smallest_changes(*panel)


def leads(scores, rival):
    return scores[rival] - scores.drop(rival).max()


# the study itself


def test_tables_of_the_panel_are_those_its_generator_writes(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("make_panel", PANEL / "make.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    (tmp_path / "desk").mkdir()
    (tmp_path / "panel").mkdir()
    (tmp_path / "desk" / "criteria.csv").write_bytes((made_up.DESK / "criteria.csv").read_bytes())
    monkeypatch.setattr(made, "HERE", tmp_path / "panel")
    made.main()
    written = sorted(path.name for path in (tmp_path / "panel").iterdir())
    assert written == sorted(path.name for path in PANEL.glob("*.csv"))
    for name in written:
        assert (tmp_path / "panel" / name).read_bytes() == (PANEL / name).read_bytes(), name


def test_every_row_of_the_panel_is_marked_synthetic_but_the_tree_of_the_desk_study():
    for path in PANEL.glob("*.csv"):
        if path.name != "criteria.csv":
            assert {row["quality"] for row in made_up.rows_of(path)} == {"synthetic"}, path.name
    assert study.read(PANEL).settings.synthetic


def test_weights_are_the_geometric_mean_of_the_evaluators_who_count(panel):
    """E6, who contradicts itself, is left out."""
    read, result = panel
    assert list(result.panel.left_out) == ["E6"]
    own = assessment.by_evaluator(read, result.panel, result.criteria)
    assert own.index.tolist() == ["E1", "E2", "E3", "E4", "E5"]
    np.testing.assert_allclose(own.sum(axis=1), 1)
    mean = np.exp(np.log(own).mean())
    pd.testing.assert_series_equal(result.weights, mean / mean.sum(), check_names=False)


def test_points_of_the_settings_multiply_the_evaluators(panel):
    """Twice the points double the odds of a criterion with one indicator, none take it away."""
    _, result = panel
    plain = assessment.group_weights(study.read(PANEL), result.panel, result.criteria)
    for points in (2, 0):
        read = study.read(PANEL, {"points.economic_effect": points})
        found = assessment.group_weights(read, result.panel, result.criteria)
        own = assessment.by_evaluator(study.read(PANEL), result.panel, result.criteria)
        own["saving_per_firm"] *= points
        own = own.div(own.sum(axis=1), axis=0)
        mean = own.prod() ** (1 / len(own))
        pd.testing.assert_series_equal(found, mean / mean.sum(), check_names=False)
        assert (found["saving_per_firm"] > plain["saving_per_firm"]) == (points == 2)


def test_complex_beyond_the_veto_is_ruled_out_and_nowhere_scored(panel):
    _, result = panel
    assert result.ruled_out.to_dict() == {"S7": "port_haulage_fare"}
    assert "S7" not in result.scores.index


def test_random_weights_stay_around_the_panel(panel):
    """No draw leaves the range that the evaluators' own weights span after renormalising."""
    read, result = panel
    own = assessment.by_evaluator(read, result.panel, result.criteria)
    drawn = result.draw(2_000, np.random.default_rng(1))
    ratios = drawn[:, 0] / drawn[:, 4]
    spanned = own.iloc[:, 0] / own.iloc[:, 4]
    assert spanned.min() * 0.999 <= ratios.min() < ratios.max() <= spanned.max() * 1.001


# flips, each computed anew


def test_new_weights_of_the_criteria_make_the_rival_first(panel, flips):
    _, result = panel
    values, weights = challenges.on_criteria(result)
    assert flips.criteria["feasible"].sum() >= 2
    for rival, row in flips.criteria[flips.criteria["feasible"]].iterrows():
        anew = values @ row[weights.index].astype(float)
        assert leads(anew, rival) == pytest.approx(0, abs=1e-9)
        assert row["distance"] == pytest.approx(abs(row[weights.index] - weights).sum() / 2)


def test_new_weights_of_the_indicators_never_have_to_move_more_than_those_of_the_criteria(flips):
    both = flips.criteria["feasible"] & flips.indicators["feasible"]
    assert (flips.indicators["distance"][both] <= flips.criteria["distance"][both] + 1e-9).all()
    assert (flips.indicators["feasible"] | ~flips.criteria["feasible"]).all()


def test_one_new_fact_in_its_own_unit_makes_the_rival_first(panel, flips):
    read, result = panel
    assert len(flips.cells) >= 3
    for row in flips.cells.itertuples():
        cell = pd.MultiIndex.from_tuples(
            [(row.whose, row.criterion)], names=["complex_id", "indicator"]
        )
        performance = pd.DataFrame({"value": [row.performance_to]}, cell)
        value = valuation.partial_values(performance, read.criteria)["value"].iloc[0]
        changed = result.values.copy()
        changed.loc[row.whose, row.criterion] = value
        anew = scoring.additive_value(changed, result.weights)
        assert leads(anew, row.rival) == pytest.approx(0, abs=1e-9)


def test_another_say_of_one_evaluator_makes_the_rival_first(panel, flips):
    read, result = panel
    own = assessment.by_evaluator(read, result.panel, result.criteria)
    assert len(flips.evaluators) >= 1
    for row in flips.evaluators.itertuples():
        say = pd.Series(1.0, own.index)
        say[row.evaluator] = row.say_to
        mean = np.exp(np.log(own).mul(say, axis=0).sum() / say.sum())
        anew = scoring.additive_value(result.values, mean / mean.sum())
        if row.say_to > 0:
            assert leads(anew, row.rival) == pytest.approx(0, abs=1e-9)
        else:
            assert leads(anew, row.rival) >= -1e-9


def test_one_new_answer_makes_the_rival_first(panel):
    """The whole study again, with the one answer changed in its orders."""
    read, result = panel
    row = challenges.answer_flips(read, result).iloc[0]
    columns = {"lead_time_days": "lead_time_days", "stock_cover_days": "stock_days"}
    column = columns[row["indicator"]]
    orders = read.survey.orders
    own = (orders["complex_id"] == row["whose"]) & (orders["firm"] == row["firm"])
    before = np.average(orders.loc[own, column], weights=orders.loc[own, "weight_t"])
    assert before == pytest.approx(row["answer_from"])
    others = orders["complex_id"] == row["whose"]
    answers = orders[column].mask(own, row["answer_to"])[others].astype(float)
    mean = np.average(answers, weights=orders.loc[others, "weight_t"])
    cell = pd.MultiIndex.from_tuples(
        [(row["whose"], row["indicator"])], names=["complex_id", "indicator"]
    )
    performance = pd.DataFrame({"value": [mean]}, cell)
    changed = result.values.copy()
    changed.loc[row["whose"], row["indicator"]] = valuation.partial_values(
        performance, read.criteria
    )["value"].iloc[0]
    anew = scoring.additive_value(changed, result.weights)
    assert leads(anew, row["rival"]) == pytest.approx(0, abs=1e-9)


# weights, worlds, members


def test_first_complex_changes_just_beyond_the_interval_of_a_weight_and_not_within(panel):
    _, result = panel
    found = challenges.weight_intervals(result)
    values, weights = result.values, result.weights
    leader, moved = result.scores.idxmax(), 0
    for name in weights.index:
        for end, step in ((found.loc[name, "low"], -1e-6), (found.loc[name, "high"], 1e-6)):
            if not 0 < end < 1:
                continue
            inside, beyond = (
                values @ (weights * (1 - weight) / (1 - weights[name])).where(
                    weights.index != name, weight
                ) for weight in (end - step, end + step)
            )  # fmt: skip
            assert inside.idxmax() == leader
            assert beyond.idxmax() != leader
            moved += 1
    assert moved >= 3


def test_worlds_with_the_weights_of_the_score_and_the_reference_model_rank_as_the_score(panel):
    _, result = panel
    found = challenges.worlds(result)
    own = found.worlds.eval(
        "treatment == 'prior' and value_function == 'linear' and aggregation == 'additive'"
        " and weighting == 'group'"
    )
    assert own.sum() == 1
    pd.testing.assert_series_equal(
        found.ranks[own].iloc[0].astype("int64"), scoring.ranks(result.scores), check_names=False
    )
    assert found.share.sum() == pytest.approx(1)
    assert len(found.worlds) == 4 * 5 * 6 * found.worlds["weighting"].nunique()


def test_weightings_that_say_the_same_are_one_world_each():
    """Without points and panel the stated weights are those of criteria alike."""
    result = made_up.assessed(made_up.best_and_known)[1]
    names = challenges.worlds(result).worlds["weighting"].unique()
    assert "group" in names
    assert "criteria_alike" not in names


def test_left_out_members_and_firms_are_all_there(panel, without_firms):
    read, result = panel
    rows = challenges.left_out(read, result)
    count = rows["kind"].value_counts()
    assert count["criterion"] == 4
    assert count["indicator"] == len(result.weights)
    assert count["evaluator"] == 5
    assert count["complex"] == 1
    assert set(count.index) == {"criterion", "indicator", "evaluator", "complex"}
    orders = read.survey.orders
    first = orders[orders["complex_id"].isin(result.scores.nlargest(2).index)]
    expected = first.groupby("complex_id")["firm"].nunique()
    assert without_firms.groupby("complex_id")["firm"].count().to_dict() == expected.to_dict()
    own = assessment.by_evaluator(read, result.panel, result.criteria).drop("E4")
    mean = np.exp(np.log(own).mean())
    anew = scoring.additive_value(result.values, mean / mean.sum())
    row = rows[rows["name"] == "E4"].iloc[0]
    assert row["leader"] == anew.idxmax()
    assert row["lead"] == pytest.approx(anew.nlargest(2).diff().abs().iloc[1])


def test_left_out_firm_takes_all_its_orders_along(panel, without_firms):
    """The whole study assessed again without the orders of one firm: saving, origins, stops too."""
    read, result = panel
    leader = result.scores.idxmax()
    rows = without_firms.set_index(["complex_id", "firm"])
    orders = read.survey.orders
    rest = orders[(orders["complex_id"] != leader) | (orders["firm"] != "F02")]
    again = assessment.assess(replace(read, survey=replace(read.survey, orders=rest)))
    row = rows.loc[(leader, "F02")]
    assert row["leader"] == again.scores.idxmax()
    assert row["changes"] == (again.scores.idxmax() != leader)
    assert row["lead"] == pytest.approx(again.scores.nlargest(2).diff().abs().iloc[1], abs=1e-6)


def test_tornado_bars_are_the_lead_at_the_ends_of_a_cell(panel):
    _, result = panel
    found, lead = challenges.tornado(result)
    first = result.scores.idxmax()
    assert lead == pytest.approx(leads(result.scores, first))
    own, other = found.loc[[first]], found.drop(first, level=0)
    assert (own["low"] <= own["high"] + 1e-9).all()
    assert (other["low"] >= other["high"] - 1e-9).all()  # the more the rival has, the less the lead
    label, indicator = found.index[0]
    low, high = np.quantile(result.levels.loc[label, indicator], [0.05, 0.95])
    ends = []
    for value in (low, high):
        changed = result.values.copy()
        changed.loc[label, indicator] = value
        ends.append(leads(scoring.additive_value(changed, result.weights), first))
    assert found.iloc[0].tolist() == pytest.approx(ends)


def test_questions_are_unknown_cells_and_worth_something_in_descending_order():
    result = made_up.desk_result()
    asked = challenges.questions(result)
    known = result.performance["value"].notna() & (result.performance["basis"] == "own")
    keys = pd.MultiIndex.from_frame(asked[["complex_id", "indicator"]])
    assert not known[keys].any()
    assert asked["gain"].is_monotonic_decreasing
    assert asked["gain"].iloc[0] > 0
    assert (asked["changes"] <= 1).all()


def test_error_rates_cover_all_made_up_studies(panel):
    _, result = panel
    assert challenges.error_rates(result, seed=3)["studies"].sum() == challenges.MADE_UP_STUDIES


def test_one_complex_alone_has_no_rival_and_nothing_fails(panel):
    """A veto that only S4 passes."""
    read, _ = panel
    land = {"S4": 9.0}
    own = read.survey.complex_facts
    is_land = own["indicator"] == "warehouse_land"
    facts = own.assign(value=own["value"].mask(is_land, own["complex_id"].map(land).fillna(1.0)))
    criteria = read.criteria.assign(veto=[5.0 if name == "warehouse_land" else np.nan
                                          for name in read.criteria.index])  # fmt: skip
    alone = replace(read, criteria=criteria, survey=replace(read.survey, complex_facts=facts))
    result = assessment.assess(alone)
    assert result.scores.index.tolist() == ["S4"]
    assert result.verdict.share == 1
    found = challenges.smallest_changes(alone, result)
    assert found.cells.empty
    assert found.evaluators.empty
    assert challenges.tornado(result)[0].empty
    assert challenges.weight_intervals(result)[["low", "high"]].to_numpy().tolist() == [
        [0, 1]
    ] * len(challenges.weight_intervals(result))
    assert challenges.worlds(result).share.tolist() == [1]
    assert set(challenges.left_out(alone, result)["leader"]) == {"S4"}
    assert challenges.gains(alone, result)[0].empty

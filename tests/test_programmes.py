"""Candidates, worth and limits of a study's rollout, its plans, and what is said of them."""

from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import (
    assessment,
    consolidation,
    infrastructure,
    programme_figures,
    programmes,
    report,
    scoring,
    study,
)
from site_select.errors import SettingsError

# RC15 and RC03 cannot be compared on public facts; RC01 has a joint warehouse of its own
FEW = ["RC01", "RC02", "RC03", "RC12", "RC13", "RC15", "RC33"]
YEARS = {"expansion.years": 2, "expansion.warehouses": 2}
DRAWS = 60


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Fewer plans, so that each test takes a second."""
    for name, number in {"PLANS": 4, "POINTS": 3, "SOLVED": 3, "TONNE_DRAWS": 4}.items():
        monkeypatch.setattr(programmes, name, number)


def cut(labels, **changes):
    """The desk study of some complexes."""
    whole = study.changed(made_up.desk(), YEARS | changes)
    return replace(whole, complexes=whole.complexes.loc[labels])


@pytest.fixture(scope="module")
def few():
    return cut(FEW)


@pytest.fixture(scope="module")
def result(few):
    return assessment.assess(few)


@pytest.fixture(scope="module")
def found(few, result):
    return programmes.prospects(few, result, n_samples=DRAWS)


@pytest.fixture
def plans(found):
    return programmes.rollout(found)


def test_drawn_scores_are_the_score_where_weights_are_stated_and_every_value_is_known(result):
    known = result._replace(
        levels=result.levels.mul(0.0).add(0.25),
        draw=lambda n_samples, _: np.tile(result.weights.to_numpy(), (n_samples, 1)),
    )
    drawn = programmes.scores_drawn(known, n_samples=5, seed=1)
    assert drawn.to_numpy() == pytest.approx(0.25)


def test_drawn_scores_lie_around_the_expected_score(result):
    fixed = result._replace(
        draw=lambda n_samples, _: np.tile(result.weights.to_numpy(), (n_samples, 1))
    )
    drawn = programmes.scores_drawn(fixed, n_samples=4_000, seed=1)
    expected = scoring.additive_value(result.values, result.weights)
    error = 4.0 * drawn.std() / np.sqrt(4_000) + 1e-12
    assert ((drawn.mean() - expected[drawn.columns]).abs() <= error).all()


def test_worth_nobody_knows_is_drawn_from_the_complexes_that_can_be_compared(found):
    own = found.candidates["is_compared"]
    assert set(own.index[~own]) == {"RC03", "RC15"}
    known = found.npv_krw[own.index[own]].to_numpy()
    for label in own.index[~own]:
        drawn = found.npv_krw[label].to_numpy()[:, None]
        assert (drawn == known).any(axis=1).all()
        assert len(set((drawn == known).argmax(axis=1))) > 1  # not one complex throughout
    assert found.candidates["npv_krw"].tolist() == found.npv_krw.mean().tolist()


def test_a_start_needs_the_point_abroad_and_the_nearest_warehouse_unless_it_has_one(
    few, result, found
):
    level = result.performance["value"].unstack("indicator")["shared_logistics"]
    own = infrastructure.LOGISTICS_LEVELS["shared_logistics_parent"]  # of its parent, or its own
    near = consolidation.plan(few, n_samples=4, counts=(1, 2)).assignment["site"].loc[2]
    for label, cell in found.candidates["hubs"].items():
        needs = cell.split(";")
        assert needs[0] == "abroad"
        assert needs[1:] == ([] if level[label] >= own or label not in near else [near[label]])
    assert {cell.count(";") for cell in found.candidates["hubs"]} == {0, 1}


def test_limits_of_the_settings_hold_in_every_plan(few, found, plans):
    of = few.settings.expansion
    assert list(found.programme.budgets_krw) == [300e6, 300e6]
    for plan in [*plans.plans, *plans.efficient]:
        assert (plan.years["spent_krw"] <= of.budget_krw * (1 + 1e-9)).all()
        assert (plan.years["starts"] <= of.starts_per_year).all()
        provinces = few.complexes.loc[plan.complexes.index, "province_en"].value_counts()
        assert (provinces <= of.most_per_province).all()
        first = plan.complexes["year"].map(str)
        assert set(first) <= {"2027", "2028"}
        for label, cell in found.candidates["hubs"][plan.complexes.index].items():
            opened = plan.hubs["year"].reindex(cell.split(";"))
            assert (opened <= plan.complexes["year"][label]).all()


def test_plans_differ_and_no_efficient_one_is_beaten_by_more_than_the_gap(plans):
    starts = [frozenset(plan.complexes.index) for plan in plans.plans]
    assert len(set(starts)) == len(starts) == 4
    values = [plan.value for plan in plans.plans]
    assert values[0] >= max(values) * (1 - programmes.GAP)
    for one in plans.efficient:
        for other in [*plans.plans, *plans.efficient]:
            beaten = other.value > one.value * 1.02 + 1e-9 and other.npv_krw > one.npv_krw * 1.02
            assert not beaten


def test_what_is_said_of_a_plan_is_what_its_tables_hold(few, found, plans):
    said = programmes.said(few, found, plans)
    best = plans.plans[0]
    starts = programmes.starts(few, found, best, plans.robust)
    assert said["starts"] == len(starts) == programmes.years(best)["starts"].sum()
    assert said["spent"] == pytest.approx(programmes.years(best)["spent"].sum())
    costs = starts["cost"].sum() + programmes.hubs(few, best)["cost"].sum()
    assert costs == pytest.approx(said["spent"])
    assert (said["drawn"], said["of"]) == (2, 7)
    assert said["asked"] == sum("unknown" in cell.en for cell in starts["npv"])
    often = (found.npv_krw[list(best.complexes.index)] < 0).sum() > DRAWS / 2
    assert said["losing"] == often.sum()
    assert said["pool"] == 4 + len(plans.efficient) + 3
    assert all(isinstance(year, str) for year in starts["year"])  # 2027, never 2,027


def test_tables_of_plans_name_what_each_changes_against_the_first(few, plans):
    table = programmes.compared(few, plans)
    assert table.index.tolist() == [1, 2, 3, 4]
    assert (table["added"].iloc[0].en, table["dropped"].iloc[0].en) == ("", "")
    second = set(plans.plans[1].complexes.index) - set(plans.plans[0].complexes.index)
    assert all(label in table["added"].iloc[1].en for label in second)
    efficient = programmes.compared(few, plans, efficient=True)
    assert efficient["npv"].is_monotonic_increasing
    assert efficient["value"].is_monotonic_decreasing
    stand = plans.robust.plans["is_good"].tolist()
    assert [*table["is_good"], *efficient["is_good"]] == stand


def test_shares_over_the_draws_are_those_of_a_count_by_hand(found, plans):
    """Every plan's value in every draw, added up complex by complex."""
    pool = [*plans.plans, *plans.efficient]
    discount = {2027: 1.0, 2028: 1 / 1.045}
    worth = np.array([
        [sum(found.values.loc[draw, label] * discount[year]
             for label, year in plan.complexes["year"].items()) for draw in range(DRAWS)]
        for plan in pool
    ])  # fmt: skip
    shares = plans.robust.plans
    at_least = (worth[0] >= 0.95 * worth.max(axis=0)).mean()
    assert shares["is_good"].iloc[0] <= at_least + 1e-12  # the pool holds three plans more
    regret = np.quantile(worth.max(axis=0) - worth[0], 0.95)
    assert shares["regret_95"].iloc[0] >= regret - 1e-9


@pytest.mark.parametrize(("budget", "said"), [
    (0.0, "the largest budget of a year is KRW 0"),
    (80e6, "the largest budget of a year is KRW 80,000,000"),
])  # fmt: skip
@pytest.mark.usefixtures("style")
def test_budget_below_the_cheapest_complex_starts_nothing_and_says_so(result, budget, said):
    poor = cut(FEW, **{"expansion.budget_krw": budget})
    found = programmes.prospects(poor, result, n_samples=DRAWS)
    plans = programmes.rollout(found)
    text = programmes.said(poor, found, plans)
    assert text["starts"] == 0
    assert said in text["notes"].en
    best = plans.plans[0]
    assert programmes.starts(poor, found, best, plans.robust).empty
    assert len(programmes.compared(poor, plans)) == 1
    places = programmes.places(poor, found, best)
    drawn = programme_figures.years(places, poor.survey.provinces, language="en")
    assert drawn.get_title(loc="left") == "no start"
    programme_figures.sureness(programmes.sure(plans), poor.names, language="en")


def test_one_candidate_makes_one_plan_and_the_plan_without_it():
    alone = cut(["RC02"])
    found = programmes.prospects(alone, assessment.assess(alone), n_samples=DRAWS)
    plans = programmes.rollout(found)
    assert [list(plan.complexes.index) for plan in plans.plans] == [["RC02"], []]
    assert programmes.said(alone, found, plans)["plans"] == 2


def test_settings_that_no_programme_can_have_are_refused_together():
    wrong = {"expansion.years": 11, "expansion.warehouses": 4, "expansion.budget_krw": -1.0,
             "expansion.learning": 1.5, "expansion.most_per_branch": 0}  # fmt: skip
    with pytest.raises(SettingsError) as error:
        study.changed(made_up.desk(), wrong)
    for name in wrong:
        assert name in str(error.value)


def test_a_study_without_any_comparison_has_no_worth_and_says_so():
    nowhere = cut(["RC03", "RC15"])
    with pytest.raises(SettingsError, match="survey"):
        programmes.prospects(nowhere, assessment.assess(nowhere), n_samples=DRAWS)


@pytest.mark.usefixtures("style")
def test_figures_show_every_year_every_efficient_plan_and_the_surest_first(
    few, found, plans, language
):
    best = plans.plans[0]
    maps = programme_figures.years(
        programmes.places(few, found, best), few.survey.provinces, language=language
    )
    titles = [ax.get_title(loc="left") for ax in maps.figure.axes]
    starts = best.complexes["year"].value_counts()
    told = {"en": "{year}: {count} new", "ko": "{year}년: {count}곳"}[language]
    wanted = [told.format(year=year, count=starts[year]) for year in sorted(starts.index)]
    assert [title for title in titles if title] == wanted
    curve = programme_figures.trade_off(programmes.efficient(plans), language=language)
    assert curve.lines[0].get_xdata().tolist() == [
        plan.npv_krw / 1e6 for plan in plans.efficient
    ]  # fmt: skip
    shares = programmes.sure(plans)
    assert shares["in_every_good"].is_monotonic_decreasing
    dots = programme_figures.sureness(shares, few.names, language=language)
    names = [text.get_text() for text in dots.get_yticklabels()]
    assert [name.split()[-1] for name in names] == list(shares.index)
    bold = {text.get_text().split()[-1] for text in dots.get_yticklabels()
            if text.get_fontweight() == "bold"}  # fmt: skip
    assert bold == set(best.complexes.index) & set(shares.index)
    assert "<svg" in report._svg(dots, "figure", "figure")


def test_warehouses_are_listed_if_opened_or_often_chosen(few, found):
    table = programmes.warehouse_table(few, found)
    rows = found.warehouses.hubs
    opened = rows.index[rows[["opened_1", "opened_2"]].any(axis=1)]
    assert set(opened) <= set(table.index)
    reached = programmes.warehouse_counts(few, found)
    assert reached.index.tolist() == [1, 2]
    assert reached["tonne_km"].is_monotonic_decreasing
    assert (reached["covered"] <= reached["most_covered"] + 1e-12).all()
    assert reached["places"].iloc[1].en.count(" and ") == 1
    left = rows.drop(index=table.index)
    assert (left[["share_1", "share_2"]].max(axis=1) < 0.1).all()
    assert pd.Series(table["name"]).map(lambda name: bool(name.ko and name.en)).all()

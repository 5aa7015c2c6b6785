"""The decision brief says what the results say, for studies of every kind, in both languages."""

import re
from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, briefs, challenges, economics, messages, study
from site_select.messages import Text

PANEL = made_up.ROOT / "data" / "studies" / "panel"
CHANGES = {"n_samples": 4_000, "logistics.n_draws": 100}
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def desk():
    return made_up.desk(), made_up.desk_result()


@pytest.fixture(scope="module")
def panel():
    read = study.read(PANEL, CHANGES)
    return read, assessment.assess(read)


@pytest.fixture(scope="module")
def chains(panel):
    return briefs.chains(*panel)


def both(texts):
    return all(isinstance(text, Text) and text.ko and text.en for text in texts)


def with_leader(result, label):
    return result._replace(verdict=result.verdict._replace(leader=label))


# who is shown


def test_first_sheet_shows_the_first_eight_and_the_complex_chosen_in_2020(desk):
    points = briefs.points(*desk)
    assert list(points["rank"]) == sorted(points["rank"])
    assert list(points.index[points["is_shown"]]) == [*points.index[:8], "RC15"]
    assert len(points) == len(desk[1].scores)


def test_a_study_of_few_complexes_shows_all_of_them(panel):
    assert briefs.points(*panel)["is_shown"].tolist() == [True] * 6


def test_names_carry_the_rank(desk):
    points = briefs.points(*desk)
    names = briefs.ranked_names(desk[0], points)
    assert names.iloc[0].en.startswith("1. ")
    assert names["RC15"].ko == f"{points['rank']['RC15']}. 광주 금형특화단지"


def test_sources_are_those_of_known_scored_facts_each_once(desk):
    _, result = desk
    found = briefs.sources(result, "RC52")
    assert found
    assert len(found) == len(set(found))
    cells = result.performance.xs("RC52")
    assert set(found) <= set(cells["source"])
    asked = cells.loc[result.questions, "source"]
    assert not set(found) & set(asked[asked != ""])


# the two chains


def test_measures_are_the_quantiles_of_the_comparison_drawn_anew(panel, chains):
    read, result = panel
    site = economics.sites(read, [result.verdict.leader])[result.verdict.leader]
    draws = economics.drawn(site, n_samples=100, seed=read.settings.seed)
    found = site.compare(draws)
    measures = chains.measures
    assert list(measures.index.unique("chain")) == ["surveyed", "own_best", "milk_run"]
    cost = np.quantile(found.milk_run.total(), [0.05, 0.5, 0.95])
    assert measures.loc["milk_run", "cost"].to_numpy() == pytest.approx(cost)
    co2e = np.quantile(found.surveyed.total("co2e_t"), [0.05, 0.5, 0.95])
    assert measures.loc["surveyed", "co2e"].to_numpy() == pytest.approx(co2e)
    low, high = np.quantile(found.saving / 1e6, [0.05, 0.95])
    assert f"KRW {low:,.0f} to {high:,.0f} million a year" in chains.saving["headline"].en
    assert f"연 {low:,.0f}~{high:,.0f}백만 원" in chains.saving["headline"].ko


def test_lead_time_is_the_mean_over_the_weight(chains):
    """A lead time lies between those of air (14 days) and of sea (55 days) at their value."""
    days = chains.measures.xs("days", level="measure")["middle"]
    assert 14 < days["surveyed"] < 55 < days["milk_run"] < 60


def test_surveyed_orders_are_drawn_by_the_modes_they_used(chains):
    ways = chains.stretches.set_index(["chain", "way"]).index
    assert ("existing", "air") in ways
    assert ("existing", "ship") in ways
    assert chains.nodes["existing", "departure"].en == "Port of Rotterdam, Helsinki Airport"
    assert chains.nodes["milk_run", "departure"].en == "Port of Rotterdam"
    assert chains.saving["detail"].en.endswith("Orders are as its firms told them.")


def test_a_mode_that_nobody_asked_of_is_drawn_only_if_it_is_used(desk):
    read = study.changed(desk[0], {"logistics.n_draws": 50})
    found = briefs.chains(read, desk[1])
    assert set(found.stretches["way"]) == {"road", "ship", "local"}
    assert list(found.measures.index.unique("chain")) == ["own_best", "milk_run"]
    assert "volumes are assumed" in found.saving["detail"].en


def test_a_leader_that_cannot_be_compared_is_told_and_the_next_best_is_shown(desk):
    read = study.changed(desk[0], {"logistics.n_draws": 50})
    result = with_leader(desk[1], "RC15")
    found = briefs.chains(read, result)
    assert "Gwangju Mold Complex (RC15), which leads, cannot be" in found.saving["detail"].en
    assert "RC15" not in found.name.en


def test_where_no_complex_can_be_compared_the_saving_is_unknown(panel):
    read, result = panel
    nobody = replace(
        read, survey=replace(read.survey, port_distances=read.survey.port_distances.iloc[:0])
    )
    found = briefs.chains(nobody, result)
    assert found.stretches.empty
    assert found.risks == []
    assert found.saving["headline"].en.startswith("What a milk run would save is unknown")
    assert briefs.risks(nobody, result, found.risks)["risk"].map(lambda text: text.en).tolist() == [
        "Another complex is better", "Volumes shrink, as in the pilot", "The need is small"
    ]  # fmt: skip


def test_modes_of_too_few_firms_are_not_drawn():
    read = study.read(PANEL, {**CHANGES, "limits.minimum_firms": 10})
    found = briefs.chains(read, with_leader(assessment.assess(read), "S4"))
    assert found.stretches.empty
    assert "S4" in found.name.en


# what would change it


def test_nearest_change_of_the_weights_ties_leader_and_rival(panel):
    read, result = panel
    found = challenges.smallest_changes(read, result)
    table = briefs.flips(read, result, found)
    assert [text.en for text in table["kind"]] == [
        "Weights of the criteria", "One fact", "One evaluator", "Answers of firms"
    ]  # fmt: skip
    possible = found.criteria[found.criteria["feasible"]]
    rival = table["leader"].iloc[0].en.rpartition("(")[2].rstrip(")")
    assert possible.loc[rival, "distance"] == possible["distance"].min()
    values, weights = challenges.on_criteria(result)
    scores = values @ possible.loc[rival, weights.index].astype(float)
    assert scores[rival] == pytest.approx(scores[result.scores.idxmax()])


def test_the_nearest_fact_is_the_smallest_change_of_all(desk):
    read, result = desk
    found = challenges.smallest_changes(read, result)
    table = briefs.flips(read, result, found)
    assert len(table) == 2  # nobody judged, nobody answered
    smallest = found.cells.loc[found.cells["change"].abs().idxmin(), "rival"]
    assert f"({smallest})" in table["leader"].iloc[1].en
    assert both(table["change"])


def test_the_evaluator_whose_say_has_to_change_least_is_told(panel):
    """Counting one 0.60 times is nearer than counting another 1.76 times."""
    read, result = panel
    found = challenges.smallest_changes(read, result)
    rows = pd.DataFrame({
        "rival": ["S6", "S2"], "evaluator": ["E3", "E4"], "say_from": 1.0, "say_to": [1.76, 0.60],
        "without": False, "tie": 0.0,
    })  # fmt: skip
    table = briefs.flips(read, result, found._replace(evaluators=rows))
    assert table["change"].iloc[2].en == "if E4 counted 0.60 times"
    assert "(S2)" in table["leader"].iloc[2].en


def test_nothing_is_told_where_nothing_changes_the_result(panel):
    read, result = panel
    found = challenges.smallest_changes(read, result)
    nothing = found._replace(
        criteria=found.criteria.assign(feasible=False), cells=found.cells.iloc[:0],
        evaluators=found.evaluators.iloc[:0], answers=found.answers.assign(able=0),
    )  # fmt: skip
    assert briefs.flips(read, result, nothing).empty


# every complex


def test_every_eligible_complex_is_there_best_first(desk):
    table = briefs.every(*desk)
    assert set(table.index) == set(desk[1].scores.index)
    assert list(table["rank"]) == sorted(table["rank"])
    assert (table["rank_after"] <= table["rank"]).all()
    assert table["score"].to_dict() == desk[1].scores[table.index].to_dict()
    for column in ("name", "up", "back", "lift"):
        assert both(table[column])


def test_reasons_of_a_complex_that_lacks_one_thing_name_that_thing():
    """All but S1 lack the hall; with it S2, level with the others, would still be second."""
    table = briefs.every(*made_up.assessed(made_up.best_and_known))
    assert table.loc["S2", "rank"] == 2
    assert table.loc["S2", "lift"].en == "hall name"
    assert table.loc["S2", "rank_after"] == 2
    assert table["coverage"].tolist() == [1.0] * 6


def test_second_sheet_holds_ten_and_the_chosen_one(desk):
    every = briefs.every(*desk)
    assert list(briefs.held(desk[0], every).index) == [*every.index[:10], "RC15"]


def test_every_column_has_a_heading(desk):
    named = set(briefs.headers())
    assert {*briefs.every(*desk).columns, "complex_id", "kind", "change", "leader"} <= named
    assert {"risk", "found"} <= named


# who disagrees, what nobody knows


def test_evaluators_who_would_choose_another_are_counted_and_named(panel):
    read, result = panel
    own = assessment.by_evaluator(read, result.panel, result.criteria)
    first = {
        who: (result.values @ own.loc[who, result.weights.index]).idxmax() for who in own.index
    }
    others = [who for who, label in first.items() if label != result.scores.idxmax()]
    said = briefs.dissenters(read, result)
    assert others
    assert said.en.startswith(f"{len(others)} of {len(own)} evaluators would")
    assert all(who in said.en and who in said.ko for who in others)
    assert not any(who in said.en for who in set(own.index) - set(others))


def test_evaluators_who_agree_or_see_a_tie_are_no_dissenters(panel):
    read, result = panel
    level = {assessment.MAIN: result.values * 0 + 0.5}
    alike = result._replace(expected={**result.expected, **level})
    assert briefs.dissenters(read, alike).en == (
        "By their own weights all 5 evaluators would choose the same complex."
    )
    assert "stays first" in briefs.tilted(read, alike).en


def test_without_a_panel_nobodys_disagreement_is_known(desk):
    assert briefs.dissenters(*desk).en.startswith("No evaluator has judged")


def test_doubling_a_criterion_names_who_leads_then(panel):
    read, result = panel
    values, weights = challenges.on_criteria(result)
    said = briefs.tilted(read, result).en
    for name in weights.index:
        first = (values @ weights.where(weights.index != name, weights * 2)).idxmax()
        assert (read.labels[name].en in said) == (first != result.scores.idxmax())


def test_unknown_facts_are_counted():
    """Of S1 lead time, hall and logistics are unknown, of the other five nothing: 3 of 30."""
    said = briefs.unknown(*made_up.assessed(made_up.best_but_unknown))
    assert said.en.startswith("Nobody knows 3 of the 30 facts that are scored (10%)")
    assert said.en.endswith("too few complexes are known: none.")


# risks and next steps


def test_risks_are_tied_to_numbers_and_published_ones_have_sources(panel, chains):
    read, result = panel
    table = briefs.risks(read, result, chains.risks)
    assert len(table) == 5
    assert all(re.search(r"\d", text.en) and re.search(r"\d", text.ko) for text in table["found"])
    assert (table["source"] != "").tolist() == [False, False, False, True, True]
    share = 1 - result.verdict.share
    assert table["found"][0].en.startswith(f"In {share:.0%} of the draws another is first")


def test_the_pilots_own_result_is_told_as_published(panel):
    """Plan and result as in kbiz 149176, newsis NISX20201223_0001280766 and hotn 357422."""
    told = briefs.risks(*panel, [])["found"][1].en
    assert told == (
        "Planned in 2020: 2 parts and KRW 140 million a year. Told of 2021: 1 part, 12 orders made "
        "3, KRW 13 million of logistics cost saved."
    )


def test_a_past_day_does_not_know_the_result_of_the_pilot(desk):
    past = study.changed(desk[0], {"as_of": "2020-07-01"})
    told = [text.en for text in briefs.risks(past, desk[1], [])["risk"]]
    assert told == ["Another complex is better", "The need is small"]


def test_a_single_alternative_has_no_rival(panel):
    read, result = panel
    label = result.verdict.leader
    smaa = result.smaa._replace(rank_acceptability=result.smaa.rank_acceptability.loc[[label]])
    alone = result._replace(treatments={**result.treatments, assessment.MAIN: smaa})
    assert "Another" not in briefs.risks(read, alone, [])["risk"][0].en
    assert briefs.invited(read, alone)["rival"].en == "the next best"


def test_bills_that_fall_in_no_draw_are_a_risk_in_all_of_them(desk):
    read = study.changed(desk[0], {"logistics.n_draws": 50})
    site = economics.sites(read, ["RC05"])["RC05"]
    draws = economics.drawn(site, n_samples=50, seed=read.settings.seed)
    found = site.compare(draws)
    free = found._replace(own_best=found.own_best._replace(cells=found.own_best.cells * 0))
    (_, bills), (_, stock) = briefs._money_risks(free, draws)
    assert bills.en.startswith("In 100% of the draws logistics bills do not fall")
    peak = found.milk_run.total("peak_t") * draws["part_price"].to_numpy() * 1000 / 1e6
    low, high = np.quantile(peak, [0.05, 0.95])
    assert f"KRW {low:,.0f} to {high:,.0f} million" in stock.en


@pytest.mark.parametrize("word", ["firm", "conditional", "too_close", "no_recommendation"])
def test_next_steps_fit_the_verdict_and_never_say_build(word, panel):
    said = messages.markup(f"brief.steps.{word}", **briefs.invited(*panel))
    assert HANGUL.search(said.ko)
    assert "build" not in said.en
    is_open = word in {"too_close", "no_recommendation"}
    assert ("Sign with nobody yet" in said.en) == is_open
    assert ("evaluators see them" in said.en) == is_open


def test_without_a_panel_the_next_steps_ask_for_one(desk):
    assert "evaluators' weights" in briefs.invited(*desk)["again"].en

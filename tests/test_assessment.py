"""The rule for a recommendation, in both directions, on a small made-up study."""

from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import (
    assessment,
    challenges,
    economics,
    estimates,
    geography,
    robustness,
    scoring,
    study,
    survey,
    weighting,
)


def test_complex_that_is_best_and_known_is_recommended():
    """S1: (60/60 + 90/100 + (4/4 + 1)/2 + 7/8) / 4 = (1 + 0.9 + 1 + 0.875) / 4 = 0.94375."""
    result = made_up.assessed(made_up.best_and_known)[1]
    said = result.verdict
    assert (said.word, said.complex_id, said.rivals, said.share) == ("firm", "S1", [], 1)
    assert result.scores["S1"] == pytest.approx(0.94375)
    assert result.coverage["S1"] == pytest.approx(1)
    assert result.smaa.first["S1"] == 1


def test_same_complex_is_not_recommended_when_too_little_of_it_is_known():
    """Known are firms (0.25) and fare (0.25); lead time, hall and logistics are not."""
    result = made_up.assessed(made_up.best_but_unknown)[1]
    said = result.verdict
    assert (said.word, said.leader, said.complex_id, said.rivals) == (
        "no_recommendation", "S1", None, [],
    )  # fmt: skip
    assert said.coverage == pytest.approx(0.5)


def test_leader_that_changes_with_the_prior_is_not_recommended():
    result = made_up.assessed(made_up.leader_by_prior)[1]
    said = result.verdict
    assert (said.word, said.complex_id) == ("too_close", None)
    assert result.treatments["low_prior"].leader == "S1"
    assert result.treatments["high_prior"].leader == "S2"
    assert "S2" in said.rivals


def test_both_conditions_may_fail_at_once():
    said = made_up.assessed(made_up.best_if_present)[1].verdict
    assert (said.word, said.complex_id) == ("no_recommendation", None)
    assert said.rivals


def test_coverage_needed_is_the_one_of_the_study(tmp_path):
    folder = made_up.best_but_unknown(tmp_path)
    lenient = study.read(folder, {"limits.coverage_needed": 0.5})
    assert assessment.assess(lenient).verdict.complex_id == "S1"


def test_unknown_presence_scores_between_absent_and_present(tmp_path):
    """S2 has no hall, S3 one, of S4 nobody knows: at a prior of 0.5 it lies half way."""
    rows = [row for row in made_up.MIDDLING if row["indicator"] != "hall"]
    halls = {"S1": 0, "S2": 0, "S3": 1, "S5": 0, "S6": 0}
    facts = [*rows, *made_up.facts_of("S1", firms=20, lead=30, logistics="neighbour"),
             *[made_up.fact(label, "hall", value) for label, value in halls.items()]]  # fmt: skip
    read = study.read(made_up.write_study(tmp_path, facts, fares=made_up.FAR))
    result = assessment.assess(read)
    absent, present, unknown = result.scores[["S2", "S3", "S4"]]
    assert unknown == pytest.approx((absent + present) / 2)
    first = result.smaa.first
    assert first["S2"] < first["S4"] < first["S3"]


def test_unknown_number_scores_as_the_known_complexes_of_its_branch():
    """Lead times of the others are 30 of 60 days each, so the unknown one is worth 0.5 too."""
    result = made_up.assessed(made_up.best_but_unknown)[1]
    assert result.values.loc["S1", "lead_time_days"] == pytest.approx(0.5)


def test_indicator_that_nobody_is_known_on_becomes_a_question(tmp_path):
    criteria = [*made_up.CRITERIA, made_up.numeric("stock_days", "supply", 60, 0)]
    facts = [*made_up.MIDDLING, *made_up.facts_of("S1", firms=90, lead=60, hall=1)]
    folder = made_up.write_study(tmp_path, facts, fares=made_up.FAR, criteria=criteria)
    result = assessment.assess(study.read(folder))
    assert result.questions == ["stock_days"]
    assert "stock_days" not in result.weights.index
    assert result.weights["lead_time_days"] == 0.25


def test_indicator_that_says_the_same_as_an_earlier_one_goes(monkeypatch):
    """The desk study has no such pair; a limit of 0.1 makes some."""
    monkeypatch.setattr(robustness, "CONFIDENCE_SAMPLES", 10)
    assert made_up.desk_result().redundant.empty
    strict = study.read(made_up.DESK, {"limits.redundant_correlation": 0.1, "n_samples": 10})
    result = assessment.assess(strict)
    assert len(result.redundant) > 0
    assert not set(result.redundant["dropped"]) & set(result.weights.index)
    assert result.weights.sum() == pytest.approx(1)


def test_score_is_the_mean_of_the_drawn_values():
    result = made_up.assessed(made_up.leader_by_prior)[1]
    values = result.levels.mean(axis=1).unstack("indicator")[list(result.weights.index)]
    np.testing.assert_allclose(
        scoring.additive_value(values, result.weights)[result.scores.index], result.scores
    )


def test_question_asked_first_is_about_a_complex_that_could_lead():
    result = made_up.assessed(made_up.leader_by_prior)[1]
    asked = challenges.questions(result)
    assert asked.iloc[0]["complex_id"] == "S2"
    assert set(asked["indicator"]) == {"shared_logistics", "hall"}
    assert asked["gain"].is_monotonic_decreasing


# the desk study


def test_every_complex_of_the_desk_study_has_every_indicator_once():
    cells = assessment.performance(made_up.desk())
    indicators = weighting.indicators_of(made_up.desk().criteria)
    assert len(cells) == 58 * len(indicators)
    assert not cells.index.duplicated().any()


def test_desk_study_recommends_only_by_the_rule():
    """Whatever comes out, it obeys the conditions."""
    result, limits = made_up.desk_result(), made_up.desk().settings.limits
    said = result.verdict
    leads = {name: smaa.leader for name, smaa in result.treatments.items()}
    if said.word == "firm":
        assert set(leads.values()) == {said.leader}
        assert said.share >= limits.firm_share
    if said.complex_id:
        assert said.coverage >= limits.coverage_needed
        assert said.share >= limits.conditional_share
    assert said.coverage == result.coverage[said.leader]


def test_least_known_complexes_do_not_lead_the_desk_study():
    """In a first trial the least-known complex was first in 58% of the draws."""
    result = made_up.desk_result()
    least = result.coverage.nsmallest(5).index
    assert result.smaa.first[least].sum() < 5 * 2 / len(result.scores)


def test_coverage_of_the_desk_study_is_the_weight_of_its_known_cells():
    result = made_up.desk_result()
    known = estimates.is_known(result.performance)
    by_hand = sum(result.weights[name] for name in result.weights.index if known.loc["RC15", name])
    assert result.coverage["RC15"] == pytest.approx(by_hand)


def test_firms_planned_for_an_empty_complex_are_bounded_by_who_is_there():
    """RC23: 27 firms planned in 2017, none at work in 2025; without that statistic, up to 27."""
    past = study.read(made_up.DESK, {"as_of": "2020-07-01"})
    assert economics.root_firms(past).loc["RC23", "high"] == 0
    bare = replace(past, survey=survey.without_later(past.survey, past.settings.as_of))
    row = economics.root_firms(bare).loc["RC23"]
    assert (row["low"], row["high"]) == (0, 27)


def test_own_answer_takes_the_place_of_a_computed_proxy():
    """RC15 told its imports with the pilot: 0.4074 = 2 · (20/90)² + (50/90)², known of itself."""
    desk = study.changed(made_up.desk(), {"with_outcomes": True})
    cells = assessment.performance(desk).xs("origin_concentration", level="indicator")
    assert cells.loc["RC15", ["low", "value", "high"]].tolist() == [0.0988, 0.4074, 0.5062]
    assert cells.loc["RC15", "basis"] == "own"
    assert (cells.drop("RC15")["basis"].isin(["proxy", ""])).all()


def test_indicator_that_nobody_knows_lowers_the_coverage_of_all():
    result = made_up.desk_result()
    weights = weighting.from_points(made_up.desk().criteria)
    unasked = weights[["import_dependence", "lead_time_days", "stock_cover_days"]].sum()
    assert result.coverage.max() <= 1 - unasked - weights["saving_per_firm"]


# what surveyed orders and opposite indicators do


def test_orders_make_lead_time_stock_and_origins_known_of_their_complex_alone(tmp_path):
    """RC15: 30 t from Sweden, 20 and 9 days; 10 t from Germany, 40 and 17 days.

    By weight 25 days of lead time and 11 of stock; (3/4)² + (1/4)² = 0.625.
    """
    order = {"complex_id": "RC15", "firm": "A", "firms": 3, "part": "pin", "supplier": "O05",
             "mode": "sea_lcl", "incoterm": "unknown", "weight_t": 30.0, "orders_per_year": 4.0,
             "lead_time_days": 20.0, "stock_days": 9.0, "year": 2025,
             **made_up.SYNTHETIC}  # fmt: skip
    other = {"part": "plate", "supplier": "O06", "weight_t": 10.0, "lead_time_days": 40.0,
             "stock_days": 17.0}  # fmt: skip
    made_up.write_table(made_up.desk_copy(tmp_path), "orders", [order, order | other])
    read = study.read(tmp_path)
    read = replace(read, complexes=read.complexes.loc[["RC02", "RC04", "RC15"]])
    cells = assessment.performance(read)
    told = {"origin_concentration": 0.625, "lead_time_days": 25, "stock_cover_days": 11}
    known = estimates.is_known(cells)
    for name, value in told.items():
        assert cells.loc[("RC15", name), ["low", "value", "high"]].tolist() == [value] * 3, name
        assert cells.loc[("RC15", name), "basis"] == "own", name
        assert known.loc["RC15", name], name
        assert not known.loc[["RC02", "RC04"], name].any(), name
    rest = cells.drop("RC15")["value"].unstack("indicator")
    assert rest[["lead_time_days", "stock_cover_days"]].isna().all(axis=None)
    assert pd.isna(cells.loc[("RC15", "import_dependence"), "value"])  # imports tell no home buys
    assert rest["origin_concentration"].notna().all()  # national shares stay, as a proxy
    assert cells.loc[("RC02", "origin_concentration"), "basis"] == "proxy"
    assert known.loc["RC15", ["saving_per_firm", "shortage_days_avoided"]].all()
    assert cells.loc[("RC02", "shortage_days_avoided"), "basis"] == "proxy"


@pytest.mark.parametrize(("is_same", "dropped"), [(True, ["mirror"]), (False, [])])
def test_indicators_that_go_against_each_other_are_kept_and_equal_ones_are_not(
    monkeypatch, is_same, dropped
):
    """A copy of the distance to the airport: as good when short, or as good when long."""
    monkeypatch.setattr(robustness, "CONFIDENCE_SAMPLES", 10)
    monkeypatch.setattr(assessment, "COMPARED", {})
    desk = study.changed(made_up.desk(), {"n_samples": 10})
    km = geography.airport_km(desk.complexes, desk.survey.facilities, "A01")["value"].dropna()
    facts = pd.DataFrame([made_up.fact(label, "mirror", value) for label, value in km.items()])
    known = pd.concat([desk.survey.complex_facts, facts.assign(published="2026-01-05", unit="km")])
    row = desk.criteria.loc[["airport_km"]].rename({"airport_km": "mirror"})
    if not is_same:
        row = row.assign(worst=row["best"], best=row["worst"])
    changed = replace(
        desk, criteria=pd.concat([desk.criteria, row]),
        survey=replace(desk.survey, complex_facts=known),
    )  # fmt: skip
    result = assessment.assess(changed)
    pairs = result.redundant
    assert pairs.loc[pairs["kept"] == "airport_km", "dropped"].tolist() == dropped
    assert ("mirror" in result.weights.index) == (not is_same)


def _next_complex_km(complexes):
    """Road to the nearest other complex, as an indicator of its own would have it."""
    road = geography.road_km(complexes)["value"]
    others = road.mask(np.eye(len(road), dtype=bool)).min().dropna()
    told = {"unit": "km", "quality": "computed", "basis": "own", "source": "points"}
    rows = {label: {"low": km, "value": km, "high": km, **told} for label, km in others.items()}
    return estimates.table(rows, complexes.index)


def test_indicator_added_by_the_book_is_assessed_from_end_to_end(tmp_path, monkeypatch):
    """0.2 degrees of latitude are 22.19 km, by road 1.258 x 22.19 + 4.78 = 32.7: worth 1 - 32.7/50.

    S2 has a fact of 10 km, worth 0.8; S6 has no point and the mean of the five others.
    """
    own = assessment._computed
    monkeypatch.setattr(
        assessment, "_computed",
        lambda study: own(study) | {"next_complex_km": _next_complex_km(study.complexes)},
    )  # fmt: skip
    criteria = [*made_up.CRITERIA, made_up.numeric("next_complex_km", "gates", 50, 0, unit="km")]
    facts = [
        *made_up.MIDDLING, *made_up.facts_of("S1", firms=20, lead=30, hall=0, logistics="own"),
        made_up.fact("S2", "next_complex_km", 10, unit="km"),
    ]  # fmt: skip
    folder = made_up.write_study(tmp_path, facts, fares=made_up.FAR, criteria=criteria)
    result = assessment.assess(study.read(folder))
    worth = result.values["next_complex_km"]
    assert worth[["S1", "S3", "S4", "S5"]].tolist() == pytest.approx([0.346] * 4, abs=0.001)
    assert worth[["S2", "S6"]].tolist() == pytest.approx([0.8, (4 * 0.346 + 0.8) / 5], abs=0.001)
    assert result.weights["next_complex_km"] == pytest.approx(0.125)
    assert result.scores["S2"] - result.scores["S3"] == pytest.approx(0.0567, abs=0.001)
    assert result.coverage[["S5", "S6"]].tolist() == pytest.approx([1, 0.875])

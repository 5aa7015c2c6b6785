"""Sentences and tables made from results say what the results say, in both languages."""

import dataclasses
import re

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, messages, scoring, study, summaries, weighting
from site_select.messages import Text


def both(texts):
    return all(isinstance(text, Text) and text.ko.strip() and text.en.strip() for text in texts)


def verdict(write):
    return summaries.verdict(*made_up.assessed(write))


# the verdict


def test_verdict_recommends_the_complex_that_is_best_and_known():
    said = verdict(made_up.best_and_known)
    assert said.en == (
        "Firm: Made-up 1 (S1) is recommended for agreement and a feasibility study. It is first in "
        "100.0% of the draws and stays first however unknown cells are drawn; 100% of its weight "
        "is known."
    )
    assert said.ko.startswith("확정 추천: 가상1단지(S1)를 ")


def test_verdict_says_that_too_little_is_known():
    said = verdict(made_up.best_but_unknown)
    assert said.en.startswith("No recommendation on public facts. Made-up 1 (S1) is first most")
    assert said.en.endswith("but: only 50% of its weight is known and 65% are needed.")
    assert "50%" in said.ko
    assert "passes" not in said.en


def asked(read):
    """Give the same study after one complex returned its form."""
    forms = pd.DataFrame({"complex_id": ["S1"], "answered": [3]})
    return dataclasses.replace(read, survey=dataclasses.replace(read.survey, participation=forms))


def test_verdict_on_returned_forms_does_not_say_that_only_public_facts_were_used():
    read, result = made_up.assessed(made_up.best_but_unknown)
    said = summaries.verdict(asked(read), result)
    assert said.en.startswith("No recommendation yet on public facts and answers. Made-up 1 (S1)")
    assert said.ko.startswith("공개 자료와 회신으로는 아직 추천하지 않는다. 가상1단지(S1)가 ")


@pytest.mark.parametrize("key", ["stability.unknown", "stability.found", "economics.found"])
def test_pages_say_that_nobody_asked_only_where_nobody_did(key):
    read = made_up.assessed(made_up.best_but_unknown)[0]
    public, told = (
        messages.catalogue()[f"{key}.{summaries.evidence(one)}"]["en"]
        for one in (read, asked(read))
    )
    assert re.search("nobody has asked|until firms are asked|for every complex", public)
    assert re.search("firms told of", told)
    assert not re.search("nobody has asked|until firms are asked|for every complex", told)


def test_verdict_says_to_whom_the_lead_passes():
    said = verdict(made_up.leader_by_prior)
    assert "the unknown cells hand the lead to Made-up 2 (S2)" in said.en
    assert "가상2단지(S2)" in said.ko
    assert "needed" not in said.en


def test_verdict_says_both_when_both_conditions_fail():
    said = verdict(made_up.best_if_present)
    assert "hand the lead to Made-up 2 (S2)" in said.en
    assert "only 50% of its weight is known" in said.en
    assert "가상2단지(S2)" in said.ko
    assert "50%" in said.ko


# tables


def test_ranking_has_every_alternative_best_first():
    result = made_up.desk_result()
    table = summaries.ranking(made_up.desk(), result)
    assert set(table.index) == set(result.scores.index)
    assert table["score"].is_monotonic_decreasing
    assert table["rank"].iloc[0] == 1
    assert both(table["name"])
    np.testing.assert_allclose(table["first"].sum(), 1)
    np.testing.assert_allclose(table["top_ten"].sum(), 10)
    assert table["coverage"].between(0, 1).all()


def test_every_alternative_has_a_reason_that_names_what_is_unknown():
    desk, result = made_up.desk(), made_up.desk_result()
    table = summaries.reasons(desk, result)
    assert set(table.index) == set(result.scores.index)
    assert both(table["sentence"])
    sentence = table.loc["RC15", "sentence"]
    for name in ("ordering_body", "saving_per_firm"):
        assert desk.labels[name].en in sentence.en
        assert desk.labels[name].ko in sentence.ko


def test_candidates_are_all_58_with_the_reason_of_the_verdict():
    desk = made_up.desk()
    table = summaries.candidates(desk, assessment.screen(desk))
    assert len(table) == 58
    for column in ("name", "place", "branches", "status", "reason"):
        assert both(table[column]), column
    assert table.loc["RC43", "reason"].en.count("1") >= 1
    assert table.loc["RC23", "status"] == table.loc["RC43", "status"]
    assert table.loc["RC23", "status"] != table.loc["RC01", "status"]


def test_grades_say_proxy_for_national_shares_and_unknown_for_gaps():
    result = made_up.desk_result()
    grades = summaries.grades(result.performance, ["origin_concentration", "ordering_body"])
    assert set(grades["origin_concentration"]) <= {"proxy", "unknown"}
    assert grades.loc["RC15", "ordering_body"] == "unknown"


def test_indicator_coverage_flags_what_is_known_of_too_few():
    desk = made_up.desk()
    table = summaries.indicator_coverage(desk, assessment.performance(desk))
    assert table.loc["origin_concentration", "known"] == 0
    assert table.loc["port_haulage_fare", "known"] == 1
    assert table.loc["port_haulage_fare", "flag"] != table.loc["ordering_body", "flag"]
    assert table.loc["lead_time_days", "scored"] != table.loc["airport_km", "scored"]
    for column in ("name", "flag", "scored"):
        assert both(table[column]), column


def test_tree_shows_every_indicator_with_weight_or_without():
    desk, result = made_up.desk(), made_up.desk_result()
    table = summaries.tree(desk, result)
    assert len(table) == len(weighting.indicators_of(desk.criteria))
    for column in ("criterion", "name", "why", "anchors", "unit"):
        assert both(table[column]), column


def test_tree_of_a_study_with_a_unit_of_its_own_is_shown(tmp_path):
    criteria = [row | ({"unit": "pallets"} if row["criterion"] == "lead_time_days" else {})
                for row in made_up.CRITERIA]  # fmt: skip
    facts = [*made_up.facts_of("S1", firms=90, lead=60, hall=1, logistics="own"), *made_up.MIDDLING]
    facts = [fact | ({"unit": "pallets"} if fact["indicator"] == "lead_time_days" else {})
             for fact in facts]  # fmt: skip
    own = study.read(made_up.write_study(tmp_path, facts, fares=made_up.FAR, criteria=criteria))
    table = summaries.tree(own, assessment.assess(own))
    assert "pallets" in {str(getattr(unit, "en", unit)) for unit in table["unit"]}


def test_chosen_complex_is_placed_and_never_favoured():
    desk, result = made_up.desk(), made_up.desk_result()
    said = summaries.chosen(desk, result)
    rank = scoring.ranks(result.scores)["RC15"]
    assert "RC15" in said.en
    assert str(rank) in said.ko
    assert str(rank) in said.en


def test_chosen_complex_that_does_not_stand_is_said_so():
    desk = study.read(made_up.DESK, {"limits.chosen_in_2020": "RC43", "n_samples": 10})
    said = summaries.chosen(desk, made_up.desk_result())
    assert "RC43" in said.en
    assert "RC43" in said.ko


def test_central_weights_by_criterion_sum_to_1():
    desk, result = made_up.desk(), made_up.desk_result()
    table = summaries.central_weights(desk, result, 5)
    assert len(table) == 5
    criteria = list(dict.fromkeys(desk.criteria.loc[result.weights.index, "parent"]))
    np.testing.assert_allclose(table[criteria].sum(axis=1), 1)
    assert table["first"].is_monotonic_decreasing


def test_shares_by_treatment_are_those_of_the_results():
    result = made_up.desk_result()
    table = summaries.first_by_treatment(result)
    assert list(table.columns) == list(result.treatments)
    np.testing.assert_allclose(table.sum(), 1)
    assert both(summaries.treatment_names(table))


def test_variants_are_told_with_leader_and_place_of_the_chosen():
    desk = made_up.desk()
    results = {"now": made_up.desk_result(), "then": made_up.desk_result()}
    table = summaries.by_variant(desk, results)
    assert len(table) == 2
    assert both(table["leader"])
    assert both(table["verdict"])
    assert table["chosen_rank"].iloc[0] == scoring.ranks(made_up.desk_result().scores)["RC15"]


def test_places_have_all_complexes_and_values_that_average_the_indicators():
    desk, result = made_up.desk(), made_up.desk_result()
    places = summaries.places(desk, result)
    assert len(places.complexes) == 58
    by_hand = result.values.loc["RC15", ["saving_per_firm"]].iloc[0]
    assert places.criteria.loc["RC15", "economic_effect"] == pytest.approx(by_hand)
    parts = scoring.contributions(result.values, result.weights, result.criteria)
    np.testing.assert_allclose(places.criteria[parts.columns] * 0.25, parts)
    assert (places.qualities.sum(axis=1) == len(result.weights)).all()


@pytest.mark.parametrize(("changes", "kinds"), [({}, []), ({"seed": 7}, ["variant"])])
def test_page_of_a_changed_study_is_marked_as_a_variant(monkeypatch, changes, kinds):
    said = []
    monkeypatch.setattr("site_select.report.Page.notice", lambda _, *args: said.append(args))
    summaries.opening(study.read(made_up.DESK, changes), "scores", "ko")
    assert [notice[0] for notice in said] == kinds
    assert all("seed = 7" in str(notice[1:]) for notice in said)


def test_page_of_a_made_up_study_is_marked_as_synthetic(monkeypatch):
    said = []
    monkeypatch.setattr("site_select.report.Page.notice", lambda _, *args: said.append(args[0]))
    page = summaries.opening(made_up.assessed(made_up.best_and_known)[0], "scores", "en")
    assert said == ["synthetic"]
    assert page.is_synthetic
    assert not summaries.opening(study.read(made_up.DESK), "scores", "en").is_synthetic

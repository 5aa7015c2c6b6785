"""The verdict on other days, and under the rules of other days."""

import re
from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import backtests, economics, evaluations, listings, messages, pilot, report, study

HANGUL = re.compile("[가-힣]")
DAYS = ["2016-07-01", "2019-07-01", "2026-07-01"]


@pytest.fixture(scope="module")
def desk():
    return made_up.desk()


@pytest.fixture(scope="module")
def piloted(desk):
    return evaluations.as_piloted(desk)


@pytest.fixture(scope="module")
def evaluation(desk, piloted):
    site = economics.sites(piloted, ["RC15"])["RC15"]
    return pilot.evaluation(desk.survey.pilot_gwangju, site, n_samples=32, seed=1)


@pytest.fixture(scope="module")
def ruled(desk, evaluation):
    rows = backtests.under_rules(desk, evaluation, DAYS)
    keys = {messages.text(f"backtests.rules.{name}"): name for name in (
        "screening", "eligible", "doubt", "excluded", "out", "enter", "leave",
        "social_discount_rate", "years", "subsidy_share", "output_multiplier", "npv", "members",
        "verdict", "first", "rank",
    )}  # fmt: skip
    return rows.set_index(rows["item"].map(keys))


# the rules alone


def test_rules_are_counted_by_hand(ruled):
    """58 candidates of which two are never eligible: no more than one firm operates there.

    The calls of 2015-18 asked for ten root firms without an alternative: RC04 and RC26 have
    fewer. No condition is known of 2019; that of 2022 takes half of the tenants as well.
    """
    assert ruled.loc["excluded", DAYS].tolist() == ["4", "2", "2"]
    assert ruled.loc["eligible", DAYS].tolist() == ["26", "26", "26"]
    assert ruled.loc["doubt", DAYS].tolist() == ["28", "30", "30"]
    first, second, third = ruled.loc["out", DAYS]
    assert [re.findall(r"RC\d\d", text.en) for text in (first, second, third)] == [
        ["RC04", "RC23", "RC26", "RC43"], ["RC23", "RC43"], ["RC23", "RC43"],
    ]  # fmt: skip
    enter = [re.findall(r"RC\d\d", text.en) for text in ruled.loc["enter", DAYS]]
    assert enter == [[], ["RC04", "RC26"], []]
    assert [text.en for text in ruled.loc["leave", DAYS]] == ["–"] * 3


def test_rates_and_shares_are_those_in_force(ruled):
    assert [text.en for text in ruled.loc["social_discount_rate", DAYS]] == ["5.5%", "4.5%", "4.5%"]
    assert [text.en for text in ruled.loc["subsidy_share", DAYS]] == ["30%", "50%", "50%"]
    assert [text.en for text in ruled.loc["output_multiplier", DAYS]] == [
        "not in force", "not in force", "1.791",
    ]  # fmt: skip
    assert ["call condition" in text.en for text in ruled.loc["screening", DAYS]] == [
        True, False, True,
    ]  # fmt: skip


def test_same_rules_change_nothing(desk, evaluation):
    """Under the rules of its own day the study stays as it is."""
    own = backtests.under_rules(desk, evaluation, ["2026-11-23", "2026-01-01"])
    assert own["2026-11-23"].tolist() == own["2026-01-01"].tolist()


def test_worth_follows_the_rate_and_the_subsidy(desk, evaluation):
    """Five years at 5.5% give 4.2703 times the yearly net, at 4.5% 4.3900 times."""
    run = evaluation.independent["plan", "complex"]["all"]
    outlay = evaluation.drawn["investment"]
    price = run["saving_and_price"] - run["saving"]
    for day, factor, subsidy in (("2016-07-01", 4.270284, 0.3), ("2019-07-01", 4.389977, 0.5)):
        found = backtests._worth(study.changed(desk, {"rules_day": day}), evaluation)
        public = factor * run["net"] - outlay
        members = factor * (run["net"] + price) - outlay + subsidy * outlay
        for name, worth in (("npv", public), ("members", members)):
            middle = float(found[name].split(" ")[0].replace(",", ""))
            assert middle == pytest.approx(worth.median() / 1e6, abs=0.06), (day, name)


def test_day_of_the_rules_is_that_of_the_decision_unless_it_is_set(desk):
    past = study.changed(desk, {"as_of": "2016-07-01"})
    assert "call_condition" in set(backtests.assessment.rules(past).index)
    assert past.settings.rules_day is None
    ruled = study.changed(desk, {"rules_day": "2019-07-01"})
    assert "call_condition" not in set(backtests.assessment.rules(ruled).index)
    assert len(ruled.complexes) == len(desk.complexes)
    assert len(ruled.survey.complex_facts) == len(desk.survey.complex_facts)


def test_survey_of_one_complex_gives_no_rank(piloted, evaluation):
    """Orders of the pilot alone would favour it among all."""
    assert backtests.asks_one(piloted)
    found = backtests.under_rules(piloted, evaluation, ["2019-07-01"])
    assert messages.text("backtests.rules.npv") in set(found["item"])
    assert messages.text("backtests.rules.rank") not in set(found["item"])


def test_study_without_orders_or_with_those_of_several_may_rank(desk):
    assert not backtests.asks_one(desk)
    two = desk.survey.orders.reindex(range(2)).assign(complex_id=["RC15", "RC01"])
    assert not backtests.asks_one(replace(desk, survey=replace(desk.survey, orders=two)))


# the pilot alone


def test_pilot_alone_is_read_from_its_draws(piloted, evaluation):
    found = backtests.pilot_alone(piloted, evaluation)
    assert len(found) == 5
    run = evaluation.independent["result", "sea_lcl"]["all"]
    assert found["positive"].iloc[4] == (run["credited"] > 0).mean()
    npv = 4.389977 * run["net"] - evaluation.drawn["investment"]
    assert found["pays"].iloc[4] == (npv > 0).mean() == 0
    assert found["word"].iloc[4] == messages.text("backtests.alone.loses")


@pytest.mark.parametrize(
    ("net", "word"), [([100.0] * 10, "pays"), ([0.0] * 10, "loses"),
                      ([100.0] * 9 + [0.0], "pays"), ([100.0] * 8 + [0.0] * 2, "open"),
                      ([100.0] + [0.0] * 9, "loses"), ([100.0] * 2 + [0.0] * 8, "open")],
)  # fmt: skip
def test_word_on_the_pilot_needs_nine_draws_in_ten(piloted, net, word):
    """At an outlay of 300 M a net saving of 100 M a year over five years pays, none does not."""
    run = {"all": pd.DataFrame({"net": net, "credited": net}) * 1e6}
    drawn = pd.DataFrame({"investment": np.full(10, 300e6)})
    made = pilot.Evaluation(pd.DataFrame(), {("plan", "complex"): run}, {}, 0, drawn, drawn)
    found = backtests.pilot_alone(piloted, made)
    assert found["word"].tolist() == [messages.text(f"backtests.alone.{word}")]


# the choice on other days


def test_back_test_knows_only_what_was_public(desk):
    """On 23 December 2020 33 complexes or fewer; nothing told later; no firms without the pilot."""
    found = backtests.back_test(desk)
    assert found["day"].map(lambda text: text.en[:10]).tolist() == [
        "2020-12-23", "2020-12-23", "2022-05-04", "2022-05-04", "2026-11-23",
    ]  # fmt: skip
    assert found["facts"].is_monotonic_increasing
    assert (found["alternatives"].iloc[:2] <= 33).all()
    assert [text is messages.UNKNOWN for text in found["saving"]] == [
        True, False, True, False, True,
    ]  # fmt: skip
    plan, told = found["new"].iloc[0].en, found["new"].iloc[1].en
    assert "root firms" in told
    assert "root firms" not in plan
    assert "joint purchasing" in found["new"].iloc[3].en
    today = found.iloc[4]
    assert today["facts"] == len(desk.survey.complex_facts)
    assert today["verdict"] == messages.text("findings.verdict.no_recommendation")


def test_tables_have_headings_and_words_in_both_languages(piloted, evaluation, ruled):
    page = report.Page()
    for name, key, frame in (
        ("alone", "alone", backtests.pilot_alone(piloted, evaluation)),
        ("by_rules", "rules", ruled.reset_index(drop=True)),
    ):
        headers = listings.headers(name)
        assert set(frame) - set(DAYS) <= set(headers), name
        body = page.table(f"evaluation.{key}", frame, headers=headers).body
        assert not HANGUL.search(body.en), name
        assert HANGUL.search(body.ko), name

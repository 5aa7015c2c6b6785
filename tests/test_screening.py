"""Rules hold on their days; what is not known never excludes."""

import datetime as dt

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, estimates, screening, tables
from site_select.screening import CANNOT_TELL, MET, NOT_MET

RULES = tables.read(made_up.REFERENCE / "rules.csv", "rules").table
LABELS = pd.Index(["A"], name="complex_id")


def rule(name, day=dt.date(2026, 11, 23)):
    return screening.rules_on(RULES, day).loc[[name]]


def judge(name, *, complexes=None, facts=None, firms=None, tenants=None):
    """Verdict on one complex by one rule."""
    usual = {"branch_set": frozenset({"mold"}), "branches": "mold", "designated_year": 2015,
             "parent_ids": "I", "in_yard": False, "note": "", "source": "s"}  # fmt: skip
    frame = pd.DataFrame([{**usual, **(complexes or {})}], index=LABELS)
    columns = ["complex_id", "indicator", "value", "text", "source"]
    told = pd.DataFrame([{"complex_id": "A", "source": "s", **fact} for fact in facts or []])
    low, value, high = firms or (np.nan,) * 3
    counts = {"A": {"low": low, "value": value, "high": high, "source": "s"}}
    parents = pd.DataFrame({"ic_id": ["I"], "operating_firms": [tenants]}, dtype=object)
    return screening.verdicts(
        frame, told.reindex(columns=columns), estimates.table(counts, ["A"]), parents, rule(name)
    ).iloc[0]


def verdict(name, **given):
    return judge(name, **given)["verdict"]


def test_firms_to_pool_needs_two_counted_firms():
    assert verdict("firms_to_pool", firms=(2, 2, 2), tenants=9) == MET
    assert verdict("firms_to_pool", firms=(0, 27, 27), tenants=9) == CANNOT_TELL


def test_fewer_tenants_than_two_exclude_whatever_was_planned():
    excluded = judge("firms_to_pool", firms=(0, 27, 27), tenants=1)
    assert excluded.tolist() == [NOT_MET, 1, "KICOX statistics of industrial complexes"]


def test_tenants_say_nothing_of_partners_in_a_yard():
    assert verdict("firms_to_pool", complexes={"in_yard": True}, tenants=0) == CANNOT_TELL


def test_unknown_firms_and_unknown_tenants_cannot_tell():
    assert verdict("firms_to_pool", tenants=None) == CANNOT_TELL
    assert verdict("call_condition", tenants=None) == CANNOT_TELL


def test_call_of_2022_asks_for_ten_firms_or_half_of_the_tenants():
    half = [{"indicator": "root_share_pct", "value": 50.0}]
    assert verdict("call_condition", firms=(10, 10, 10)) == MET
    assert verdict("call_condition", firms=(4, 4, 4), facts=half) == MET
    assert verdict("call_condition", firms=(9, 9, 9)) == CANNOT_TELL  # of how many tenants?
    few = [{"indicator": "root_share_pct", "value": 49.0}]
    assert verdict("call_condition", firms=(9, 9, 9), facts=few) == NOT_MET
    assert verdict("call_condition", firms=(8, 9, 10)) == CANNOT_TELL


def test_branch_that_is_not_published_cannot_be_told():
    assert verdict("root_branch") == MET
    assert verdict("root_branch", complexes={"branch_set": frozenset()}) == CANNOT_TELL


def test_designation_that_is_about_to_end_is_a_doubt_with_its_words():
    ending = [{"indicator": "designation_ending", "text": "city decided"}]
    assert judge("designated", facts=ending)[["verdict", "found"]].tolist() == [
        CANNOT_TELL, "city decided",
    ]  # fmt: skip
    assert verdict("designated") == MET


def test_partner_in_a_yard_is_a_doubt():
    assert verdict("own_receiving", complexes={"in_yard": True}) == CANNOT_TELL
    assert verdict("own_receiving") == MET


@pytest.mark.parametrize(
    ("day", "versions"),
    [(dt.date(2011, 12, 31), 0), (dt.date(2012, 6, 1), 4), (dt.date(2015, 1, 1), 5),
     (dt.date(2018, 12, 31), 5), (dt.date(2020, 7, 1), 4), (dt.date(2022, 1, 1), 5)],
)  # fmt: skip
def test_rule_is_applied_only_on_the_days_it_holds(day, versions):
    """The call condition held from 2015 to 2018 and again from 2022."""
    in_force = screening.rules_on(RULES, day)
    assert len(in_force) == versions
    assert ("call_condition" in in_force.index) == (versions == 5)


def test_rule_that_begins_on_a_day_does_not_hold_before_it():
    rules = pd.DataFrame({"rule_id": ["r"], "valid_from": ["2022-05-10"], "valid_to": ["2024-05"]})
    held = [
        len(screening.rules_on(rules, day))
        for day in (dt.date(2022, 5, 9), dt.date(2022, 5, 10), dt.date(2024, 5, 31),
                    dt.date(2024, 6, 1))
    ]  # fmt: skip
    assert held == [0, 1, 1, 0]


def test_one_rule_not_met_excludes_and_a_doubt_is_said():
    judged = pd.DataFrame(
        {"verdict": [MET, MET, MET, CANNOT_TELL, CANNOT_TELL, NOT_MET]},
        index=pd.MultiIndex.from_product(
            [["A", "B", "C"], ["x", "y"]], names=["complex_id", "rule_id"]
        ),
    )
    assert screening.status(judged).to_dict() == {
        "A": "eligible", "B": "cannot tell", "C": "not eligible",
    }  # fmt: skip
    steps = screening.funnel(judged, pd.DataFrame(index=pd.Index(["x", "y"], name="rule_id")))
    assert steps.to_numpy().tolist() == [[3, 0, 1], [2, 1, 1]]


def test_only_complexes_with_a_fact_against_them_are_excluded_from_the_desk_study():
    """RC23 was never built, RC43 has one tenant; a few firms of unknown share exclude nobody."""
    judged = assessment.screen(made_up.desk())
    against = judged[judged["verdict"] == NOT_MET]
    rules = against.groupby("complex_id").apply(lambda rows: set(rows.index.unique("rule_id")))
    assert {label for label in rules.index if "firms_to_pool" in rules[label]} == {"RC23", "RC43"}
    assert set(rules.index) == {"RC23", "RC43"}
    assert judged.loc[("RC23", "firms_to_pool"), "found"] == 0
    assert judged.loc[("RC43", "firms_to_pool"), "found"] == 1
    assert (against["source"] != "").all()


def test_nothing_unknown_excludes_in_the_desk_study():
    judged = assessment.screen(made_up.desk())
    unknown = judged[judged["found"].isna() | judged["found"].eq("")]
    assert len(unknown) > 20
    assert NOT_MET not in set(unknown["verdict"])


def test_funnel_of_the_desk_study_adds_up():
    desk = made_up.desk()
    judged = assessment.screen(desk)
    steps = screening.funnel(judged, assessment.rules(desk))
    status = screening.status(judged)
    assert steps["standing"].iloc[0] + steps["excluded"].iloc[0] == len(desk.complexes) == 58
    assert (steps["standing"].diff().iloc[1:] == -steps["excluded"].iloc[1:]).all()
    assert steps["excluded"].sum() == (status == "not eligible").sum()
    assert steps["standing"].iloc[-1] == len(assessment.alternatives(desk)) == 56
    assert (steps["cannot_tell"] <= steps["standing"]).all()

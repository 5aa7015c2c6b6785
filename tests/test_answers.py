"""Where returned answers meet public facts."""

import pandas as pd
import pytest

from site_select import answers, infrastructure, tables

FACT = {"complex_id": "A", "indicator": "root_firms", "status": "existing", "value": 30.0,
        "unit": "firms", "year": 2024, "quality": "press", "role": "evidence", "published": "2024",
        "source": "paper", "text": "", "note": ""}  # fmt: skip
ANSWER = {"complex_id": "A", "question": "root_firms", "reply": "given", "status": "",
          "value": 41.0, "unit": "firms", "year": 2026, "source": "A, 단지 D6, 0123",
          "quality": "surveyed"}  # fmt: skip


def facts(*changes):
    rows = [{**FACT, **change} for change in changes or [{}]]
    frame = pd.DataFrame(rows).reindex(columns=tables.schema("complex_facts").index)
    return frame.astype(tables.empty("complex_facts").dtypes.to_dict())


def told(*changes):
    frame = pd.DataFrame([{**ANSWER, **change} for change in changes])
    frame = frame.reindex(columns=tables.schema("answers").index)
    return frame.astype(tables.empty("answers").dtypes.to_dict())


def test_newer_answer_takes_the_place_of_an_older_fact_and_both_are_told():
    met = answers.met(facts(), told({}))
    assert met.facts[["value", "source"]].to_numpy().tolist() == [[41.0, "A, 단지 D6, 0123"]]
    row = met.meetings.iloc[0]
    assert (row["public"], row["answer"], row["used"], row["differs"]) == (30, 41, "answer", True)


@pytest.mark.parametrize(
    ("fact", "answer", "used"),
    [
        ({"year": 2027}, {}, "public"),  # the newer year
        ({"year": 2026, "quality": "official"}, {}, "public"),  # of one year the more reliable
        ({"year": 2026, "quality": "press"}, {}, "answer"),
        ({"year": None}, {"year": 2001}, "answer"),  # undated is oldest
        ({"year": 2026, "quality": "surveyed"}, {}, "answer"),  # a tie goes to the answer
    ],
)
def test_newer_then_more_reliable_is_used(fact, answer, used):
    met = answers.met(facts(fact), told(answer))
    assert met.meetings["used"].tolist() == [used]
    assert met.facts["value"].tolist() == [41.0 if used == "answer" else 30.0]


def test_answer_inside_the_public_range_does_not_differ():
    met = answers.met(facts({"low": 30.0, "value": 40.0, "high": 45.0}), told({}))
    assert met.meetings["differs"].tolist() == [False]


def test_planned_is_neither_yes_nor_no():
    known = facts({"indicator": "ordering_body", "value": 1.0, "unit": "presence"})
    change = {"question": "ordering_body", "value": 1.0, "unit": "presence", "status": "planned"}
    row = answers.met(known, told(change)).meetings.iloc[0]
    assert (row["public_status"], row["status"], row["differs"]) == ("existing", "planned", True)


def test_only_given_values_meet_and_the_rest_stays_unknown():
    silent = [{"reply": reply, "value": None} for reply in ("unknown", "refused", "not_asked")]
    for change in silent:
        met = answers.met(facts(), told(change))
        assert met.facts["value"].tolist() == [30.0]
        assert met.meetings.empty


def test_answer_about_what_nobody_published_is_added():
    met = answers.met(facts(), told({"complex_id": "B"}))
    assert met.facts["complex_id"].tolist() == ["A", "B"]
    assert met.meetings.empty


def test_facts_that_only_describe_and_outcomes_stay():
    met = answers.met(facts({}, {"role": "outcome", "value": 99.0}), told({}))
    assert sorted(met.facts["value"]) == [41.0, 99.0]


def test_no_answers_change_nothing():
    before = facts({}, {"complex_id": "B"})
    pd.testing.assert_frame_equal(answers.met(before, tables.empty("answers")).facts, before)


def test_order_of_rows_does_not_matter():
    public = facts({"year": 2020, "value": 20.0}, {"year": 2027, "value": 35.0})
    one = answers.met(public, told({})).meetings["public"].tolist()
    assert one == answers.met(public[::-1], told({})).meetings["public"].tolist() == [35.0]


def presence(*rows):
    return facts(*[{"indicator": name, "status": status, "unit": "presence",
                    "value": float(status != "absent")} for name, status in rows])  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "level"),
    [
        ([("ordering_body", "absent"), ("joint_purchasing", "absent")], 0.0),
        ([("ordering_body", "absent")], None),  # it may buy jointly all the same
        ([("ordering_body", "existing"), ("joint_purchasing", "absent")], 1.0),
    ],
)
def test_answered_absence_is_known_only_where_every_step_was_answered(rows, level):
    found = infrastructure.ordering_body(presence(*rows), pd.Index(["A"]))["value"]["A"]
    assert found == level if level is not None else pd.isna(found)

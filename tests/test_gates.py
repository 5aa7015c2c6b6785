"""Gates: the plan as drawn, what a freeze holds fast, what a change leaves, and who is late."""

import csv
import datetime as dt
import hashlib
import json
import unicodedata
from pathlib import Path

import made_up
import pandas as pd
import pytest

from site_select import assessment, decision_figures, freezes, gates, messages, study, tables
from site_select.errors import InputError, SettingsError, WriteError

FIRST, LATER = dt.date(2027, 1, 22), dt.date(2027, 3, 2)
WHY = {"reason": "anchor of the lead time was read off the wrong column", "name": "Steering group"}
EVALUATORS = [{"evaluator": code, "name": f"Name {code}", "organisation": "Institute",
               "email": f"{code}@example.org"} for code in ("E1", "E2")]  # fmt: skip
TASKS = pd.DataFrame(
    [("a", 1, 1, 3), ("b", 2, 4, 4), ("c", 2, 4, 8), ("d", 3, 8, 12), ("e", 4, 16, 16)],
    columns=["task_id", "gate", "week_from", "week_to"],
).assign(who_ko="맡은 이", who_en="whoever", what_ko="할 일", what_en="something to do")


@pytest.fixture
def folder(tmp_path):
    return made_up.best_and_known(tmp_path)


@pytest.fixture
def frozen(folder):
    """A study with two evaluators, frozen once."""
    evaluators(folder, EVALUATORS)
    gates.freeze(folder, day=FIRST)
    return folder


def evaluators(folder, rows):
    (folder / "identified").mkdir(exist_ok=True)
    made_up.write_table(folder / "identified", "evaluators", rows)


def change(folder, name, row, **cells):
    """Change cells of one row of a table of the study, the first row whose key is this one."""
    rows = made_up.rows_of(folder / f"{name}.csv")
    next(found for found in rows if row in found.values()).update(cells)
    made_up.write_table(folder, name, rows)


def faults(folder):
    with pytest.raises(InputError) as caught:
        study.read(folder)
    return [(fault.file, fault.column, fault.found, fault.allowed) for fault in caught.value.faults]


def content(folder):
    place = folder / "frozen"
    return {str(path): path.read_bytes() for path in place.rglob("*") if path.is_file()}


# freeze


def test_first_freeze_needs_no_reason_and_its_hashes_are_those_of_the_copies(frozen):
    rows = made_up.rows_of(frozen / "frozen" / "record.csv")
    copies = frozen / "frozen" / "01"
    assert [(row["version"], row["day"], row["name"], row["reason"], row["returns"])
            for row in rows] == [("1", "2027-01-22", "", "", "0")]  # fmt: skip
    for part, file in [("criteria", "criteria.csv"), ("rules", "rules.csv"),
                       ("settings", "settings.json")]:  # fmt: skip
        assert hashlib.sha256((copies / file).read_bytes()).hexdigest() == rows[0][part]
    assert list(study.read(frozen).changes) == []


def test_names_of_evaluators_are_hashed_and_not_copied(frozen):
    whole = (
        "evaluator,name,organisation,email\n"
        "E1,Name E1,Institute,E1@example.org\nE2,Name E2,Institute,E2@example.org\n"
    )
    rows = made_up.rows_of(frozen / "frozen" / "record.csv")
    assert rows[0]["evaluators"] == hashlib.sha256(whole.encode()).hexdigest()
    assert (frozen / "frozen/01/evaluators.csv").read_text("utf-8") == "evaluator\nE1\nE2\n"
    assert not any(b"Name" in raw or b"example.org" in raw for raw in content(frozen).values())


def test_changed_anchor_is_refused_by_its_name_with_both_values_and_the_way_to_record_it(frozen):
    change(frozen, "criteria", "lead_time_days", best="30")
    assert faults(frozen) == [
        ("criteria.csv", "lead_time_days, best", "30", "60, as frozen on 2027-01-22")
    ]
    with pytest.raises(InputError, match=r"site-select freeze STUDY --reason \"…\" --name \"…\""):
        study.read(frozen)
    assert gates.changed_since_freeze(study.read(frozen, as_frozen=False)) == [
        "criteria.csv, lead_time_days, best: 30 (60, as frozen on 2027-01-22)"
    ]


def test_changed_anchor_with_reason_gives_both_results_worked_by_hand(frozen):
    """A lead time of 30 days is worth 0.5 to 60 days and 1 to 30 days; it weighs a quarter."""
    change(frozen, "criteria", "lead_time_days", best="30")
    made = gates.freeze(frozen, day=LATER, **WHY)
    assert made == gates.Freeze(
        version=2, is_new=True,
        changes=["criteria.csv, lead_time_days, best: 30 (60, as frozen on 2027-01-22)"],
    )  # fmt: skip
    now = study.read(frozen)
    found = gates.both_results(now, assessment.assess(now))
    gain = found["score"] - found["score_first"]
    assert gain.round(12).to_dict() == {"S1": 0} | dict.fromkeys(made_up.LABELS[1:], 0.125)
    assert found["name"]["S1"] == now.names["S1"]
    assert list(found["rank_first"]) == sorted(found["rank_first"])
    said = gates.record(now)
    assert said[["day", "name", "reason"]].to_numpy().tolist() == [
        ["2027-01-22", gates.NOBODY, gates.NOBODY],
        ["2027-03-02", "Steering group", "anchor of the lead time was read off the wrong column"],
    ]
    assert [text.en for text in said["parts"]] == [
        "criteria and anchors, rules, points and thresholds and evaluators", "criteria and anchors",
    ]  # fmt: skip


def test_a_rule_that_let_another_stand_shows_in_one_result_only(tmp_path):
    """S4 has 90 firms, the others 20: only S4 may stand where the call asks for 50."""
    firms = dict.fromkeys(made_up.LABELS, 20) | {"S4": 90}
    facts = [row for label, count in firms.items() for row in made_up.facts_of(label, firms=count)]
    folder = made_up.write_study(tmp_path, facts, fares=made_up.FAR)
    made_up.write_table(folder, "rules", made_up.rows_of(made_up.REFERENCE / "rules.csv"))
    change(folder, "rules", "2022", least_share_percent="")
    gates.freeze(folder, day=FIRST)
    change(folder, "rules", "2022", least_firms="50")
    assert faults(folder) == [
        ("rules.csv", "call_condition 2022, least_firms", "50", "10, as frozen on 2027-01-22")
    ]
    gates.freeze(folder, day=LATER, **WHY)
    now = study.read(folder)
    found = gates.both_results(now, assessment.assess(now))
    assert found["rank"].notna().to_dict() == {label: label == "S4" for label in found.index}
    assert found["rank_first"].to_dict() == dict.fromkeys(made_up.LABELS, 2) | {"S4": 1}
    assert found.index[0] == "S4"
    assert (
        gates.record(now)["parts"][1].en == "criteria and anchors, rules and points and thresholds"
    )


def test_rule_that_no_longer_holds_may_be_mended_without_a_reason(folder):
    made_up.write_table(folder, "rules", made_up.rows_of(made_up.REFERENCE / "rules.csv"))
    gates.freeze(folder, day=FIRST)
    change(folder, "rules", "2018", text_en="The call of 2015 to 2018.")
    assert gates.changed_since_freeze(study.read(folder)) == []


def test_same_content_in_another_dress_is_no_change(frozen):
    """Byte order mark, Windows lines, decomposed letters, quotation marks, numbers, columns."""
    path = frozen / "criteria.csv"
    rows = made_up.rows_of(path)
    for row in rows:
        row["best"] = f"{float(row['best']):.1f}" if row["best"] else ""
    columns = list(reversed(tables.schema("criteria").index))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    path.write_bytes(unicodedata.normalize("NFD", path.read_bytes().decode()).encode())
    settings = (frozen / "study.toml").read_text("utf-8").replace("\n", "\r\n")
    (frozen / "study.toml").write_bytes(b"\xef\xbb\xbf# a remark\r\n" + settings.encode())
    copies = frozen / "frozen" / "01"
    for copy in copies.iterdir():  # as git may write them
        copy.write_bytes(copy.read_bytes().replace(b"\n", b"\r\n"))
    read = study.read(frozen)
    assert gates.changed_since_freeze(read) == []
    before = content(frozen)
    assert gates.freeze(frozen, day=LATER, **WHY) == gates.Freeze(1, is_new=False, changes=[])
    assert content(frozen) == before
    assert gates.both_results(read, None).empty


def test_rows_in_another_order_are_a_change_since_the_first_of_two_alike_is_kept(frozen):
    rows = made_up.rows_of(frozen / "criteria.csv")
    made_up.write_table(frozen, "criteria", [*rows[2:], *rows[:2]])
    assert [found for _, _, found, _ in faults(frozen)] == ["another order of the rows"]


def test_added_and_removed_rows_are_told_by_name(frozen):
    rows = made_up.rows_of(frozen / "criteria.csv")
    kept = [row for row in rows if row["criterion"] != "hall"]
    own = made_up.numeric("wages", "place", 5, 1, unit="KRW")
    made_up.write_table(frozen, "criteria", [*kept, own])
    told = [(column, found) for _, column, found, _ in faults(frozen)]
    assert told == [("hall", "no such row"), ("wages", "a new row")]


@pytest.mark.parametrize(
    ("lines", "where", "found", "was"),
    [
        ("firm_share = 0.8\n", "limits.firm_share", "0.8", "0.9"),
        ("\n[judging]\nratio_limit = 0.2\n", "judging.ratio_limit", "0.2", "0.1"),
        ("\n[points]\nplace = 2\n", "points.place", "a new row", "no such row"),
    ],
)
def test_changed_setting_is_refused_by_its_name(frozen, lines, where, found, was):
    with (frozen / "study.toml").open("a", encoding="utf-8") as file:
        file.write(lines)
    assert faults(frozen) == [("study.toml", where, found, f"{was}, as frozen on 2027-01-22")]


def test_default_that_is_written_down_is_no_change_nor_is_a_point_as_whole_number(folder):
    path = folder / "study.toml"
    path.write_text(path.read_text("utf-8") + "\n[points]\nplace = 2.0\n", "utf-8")
    gates.freeze(folder, day=FIRST)
    text = path.read_text("utf-8").replace("[limits]", "[limits]\nfirm_share = 0.9")
    path.write_text(text.replace("place = 2.0", "place = 2"), "utf-8")
    assert study.read(folder).settings.points == {"place": 2}


def test_setting_of_a_later_version_of_the_program_is_no_change_at_its_default(folder):
    read = study.read(folder)
    now = study.frozen_parts(folder, read.everything)
    freezes.write(folder, now, reason="", name="", day=FIRST)
    settings = json.loads(now.settings)
    usual = {"limits": {"least_firms": 3}}
    for value, told in [(3, []), (5, [("limits.least_firms", "a new row")])]:
        settings["limits"]["least_firms"] = value
        later = now._replace(settings=json.dumps(settings))
        found = freezes.changes(folder, later, usual)
        assert [(fault.column, fault.found) for fault in found] == told


def test_optional_column_of_a_later_version_of_the_program_is_no_change_while_it_is_empty(folder):
    table = study.read(folder).everything.criteria
    text = freezes.canonical(table, "criteria")
    assert freezes.canonical(table.drop(columns=["shape", "veto"]), "criteria") == text
    assert freezes.canonical(table.assign(veto=5.0), "criteria") != text


def test_changes_by_hand_are_variants_and_refused_by_no_freeze(frozen):
    varied = study.read(frozen, {"limits.firm_share": 0.7, "as_of": "2014-01-01"})
    assert varied.settings.limits.firm_share == 0.7


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([*EVALUATORS, {**EVALUATORS[0], "evaluator": "E3"}], ("E3", "a new row")),
        (EVALUATORS[:1], ("E2", "no such row")),
        ([EVALUATORS[0], {**EVALUATORS[1], "name": "Somebody"}],
         ("", "another name, organisation or address")),
    ],
)  # fmt: skip
def test_other_evaluators_are_refused_by_their_code_and_never_by_name(frozen, rows, told):
    evaluators(frozen, rows)
    found = faults(frozen)
    assert [(file, *words[:2]) for file, *words in found] == [("identified/evaluators.csv", *told)]
    assert "Somebody" not in str(found)


def test_list_of_evaluators_that_is_kept_elsewhere_stands_as_it_was_frozen(frozen):
    (frozen / "identified" / "evaluators.csv").unlink()
    assert gates.changed_since_freeze(study.read(frozen)) == []
    change(frozen, "criteria", "lead_time_days", best="30")
    gates.freeze(frozen, day=LATER, **WHY)
    first, second = made_up.rows_of(frozen / "frozen" / "record.csv")
    assert first["evaluators"] == second["evaluators"] != ""
    assert (frozen / "frozen/02/evaluators.csv").read_text("utf-8") == "evaluator\nE1\nE2\n"


def test_first_result_counts_the_evaluators_and_pairs_of_the_first_freeze(frozen):
    pairs = [("supply", "effect"), ("effect", "hinterland")]
    judged = [
        {"evaluator": code, "parent": "site", "first": first, "second": second, "ratio": 2}
        | made_up.SYNTHETIC
        for code in ("E1", "E3") for first, second in pairs
    ]  # fmt: skip
    made_up.write_table(frozen, "judgements", judged)
    evaluators(frozen, [*EVALUATORS, {**EVALUATORS[0], "evaluator": "E3"}])
    rows = made_up.rows_of(frozen / "criteria.csv")
    own = [made_up.node("hinterland", "site"), made_up.numeric("wages", "hinterland", 5, 1)]
    made_up.write_table(frozen, "criteria", [*rows, *own])
    gates.freeze(frozen, day=LATER, **WHY)
    first = gates.first_frozen(study.read(frozen))
    assert first.everything.judgements[["evaluator", "first", "second"]].to_numpy().tolist() == [
        ["E1", "supply", "effect"]
    ]
    assert "hinterland" not in first.criteria.index


def test_first_result_has_the_points_and_thresholds_of_the_first_freeze(folder):
    path = folder / "study.toml"
    before = path.read_text("utf-8")
    path.write_text(f"{before}firm_share = 0.85\n[points]\nplace = 2\n", "utf-8")
    gates.freeze(folder, day=FIRST)
    path.write_text(f"{before}firm_share = 0.95\n[points]\neffect = 3\n", "utf-8")
    gates.freeze(folder, day=LATER, **WHY)
    path.write_text(f"{before}firm_share = 0.99\n[points]\neffect = 3\n", "utf-8")
    gates.freeze(folder, day=LATER, **WHY)
    first = gates.first_frozen(study.read(folder, {"seed": 7}))
    assert (first.settings.limits.firm_share, first.settings.points) == (0.85, {"place": 2})
    assert (first.settings.seed, first.settings.limits.chosen_in_2020) == (7, "S2")


def test_change_without_reason_name_or_on_an_earlier_day_is_refused_at_once(frozen):
    change(frozen, "criteria", "lead_time_days", best="30")
    before = content(frozen)
    with pytest.raises(SettingsError) as caught:
        gates.freeze(frozen, day=dt.date(2027, 1, 21), reason=" ", name="\n")
    assert str(caught.value) == (
        "a freeze without reason or name, though it was frozen before: say --reason and --name; "
        "day 2027-01-21: allowed from 2027-01-22, the day of the last freeze; set the clock"
    )
    for said in ({"reason": "why"}, {"name": "who"}):
        with pytest.raises(SettingsError, match="without reason or name"):
            gates.freeze(frozen, day=LATER, **said)
    assert content(frozen) == before


def test_first_freeze_after_returns_were_opened_needs_a_reason_and_says_how_many(folder):
    (folder / "collected").mkdir()
    made_up.write_table(folder / "collected", "returns", RETURNS)
    with pytest.raises(SettingsError, match="though 7 returns were opened before it"):
        gates.freeze(folder, day=FIRST)
    gates.freeze(folder, day=FIRST, **WHY)
    assert made_up.rows_of(folder / "frozen" / "record.csv")[0]["returns"] == "7"


def test_altered_copy_is_found_out(frozen):
    copy = frozen / "frozen" / "01" / "criteria.csv"
    copy.write_text(copy.read_text("utf-8").replace(",60,", ",30,"), "utf-8")
    change(frozen, "criteria", "lead_time_days", best="30")
    file, _, found, _ = faults(frozen)[0]
    assert (file, found) == ("frozen/01/criteria.csv", "other content than the record says")


@pytest.mark.parametrize("failing", ["rename", "replace"])
def test_freeze_that_cannot_be_written_leaves_the_former_record_in_force(
    frozen, failing, monkeypatch
):
    change(frozen, "criteria", "lead_time_days", best="30")
    before = (frozen / "frozen" / "record.csv").read_bytes()

    def fail(*_):
        raise OSError(28, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(Path, failing, fail)
        with pytest.raises(WriteError):
            gates.freeze(frozen, day=LATER, **WHY)
    assert (frozen / "frozen" / "record.csv").read_bytes() == before
    assert not [path for path in (frozen / "frozen").iterdir() if path.name.startswith(".")]
    assert len(faults(frozen)) == 1
    assert gates.freeze(frozen, day=LATER, **WHY).version == 2
    assert study.read(frozen).criteria.loc["lead_time_days", "best"] == 30


def test_study_that_was_never_frozen_reads_as_before_and_has_one_result():
    desk = made_up.desk()
    assert gates.record(desk).empty
    assert gates.both_results(desk, made_up.desk_result()).empty
    assert gates.first_frozen(desk) is None


# status

ASKED = [
    {"form_id": form, "kind": kind, "about": about, "gate": gate, "due": due, "version": "v1"}
    for form, kind, about, gate, due in [
        ("RC01", "complex", "RC01", 2, "2027-03-01"), ("RC02", "complex", "RC02", 2, "2027-03-01"),
        ("RC03", "complex", "RC03", 2, "2027-03-01"), ("RC04", "complex", "RC04", 2, "2027-03-12"),
        ("RC01-visit", "visit", "RC01", 3, "2027-03-10"),
        ("E1-1", "evaluator", "E1", 3, "2027-03-11"), ("E2-1", "evaluator", "E2", 3, "2027-04-01"),
    ]
]  # fmt: skip
RETURNS = [
    {"form_id": form, "file": f"{form or 'aa'}.xlsx", "sha256": sha, "received": day,
     "status": status, "flaws": flaws, "queries": 0}
    for form, sha, day, status, flaws in [
        ("RC01", "12", "2027-02-20", "accepted", 0), ("RC01", "11", "2027-02-27", "replaced", 3),
        ("RC02", "21", "2027-02-27", "accepted", 0), ("RC02", "22", "2027-03-03", "faulty", 2),
        ("RC04", "41", "2027-03-05", "refused", 1), ("E1-1", "e1", "2027-03-11", "faulty", 1),
        ("", "99", "2027-03-05", "refused", 1),
    ]
]  # fmt: skip


@pytest.fixture
def running(tmp_path):
    made_up.write_table(tmp_path, "asked", ASKED)
    (tmp_path / "collected").mkdir()
    made_up.write_table(tmp_path / "collected", "returns", RETURNS)
    return tmp_path


def test_status_counts_each_form_once_by_gate_worked_by_hand(running):
    """On 11 March RC02 and RC03 are 10 days late; E1 is due today, and a visit is never late."""
    found = gates.status(running, dt.date(2027, 3, 11))
    assert list(found.gates) == ["asked", "returned", "accepted", "faulty", "overdue", "missing"]
    assert found.gates.T.to_dict("list") == {
        1: [0, 0, 0, 0, 0, 0], 2: [4, 3, 1, 2, 2, 1], 3: [3, 1, 0, 1, 0, 2], 4: [0, 0, 0, 0, 0, 0],
    }  # fmt: skip
    waiting = found.waiting[["form_id", "days_late", "status", "flaws"]].astype(object)
    assert waiting.where(waiting.notna(), None).to_numpy().tolist() == [
        ["RC02", 10, "faulty", 2], ["RC03", 10, "missing", None],
        ["E1-1", 0, "faulty", 1], ["RC04", 0, "refused", 1],
        ["aa.xlsx", None, "refused", 1],
    ]  # fmt: skip
    assert found.freezes.empty


def test_status_before_anything_was_sent_or_returned_is_zero_and_says_it_is_frozen(frozen):
    found = gates.status(frozen, FIRST)
    assert (found.gates.to_numpy() == 0).all()
    assert list(found.gates.index) == [1, 2, 3, 4]
    assert found.waiting.empty
    assert list(found.freezes["day"]) == ["2027-01-22"]
    (frozen / "collected").mkdir()
    made_up.write_table(frozen / "collected", "returns", [])
    made_up.write_table(frozen, "asked", ASKED)
    assert gates.status(frozen, FIRST).gates["missing"].tolist() == [0, 4, 3, 0]


def test_lists_that_are_faulty_are_refused_with_their_row(running):
    made_up.write_table(running, "asked", [{**ASKED[0], "due": "soon"}])
    with pytest.raises(InputError, match=r"asked.csv, row 2, column due: found 'soon'"):
        gates.status(running, FIRST)


# plan


def test_plan_of_the_survey_has_sixteen_weeks_and_four_gates_in_order():
    plan = made_up.desk().everything.plan
    assert plan.groupby("gate")["week_to"].max().to_dict() == {1: 3, 2: 8, 3: 12, 4: 16}
    assert len(plan) == 16


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"week_from": "4"}, "row 2, column week_from, week_to: found 4, 2; allowed: "
         "week_from <= week_to; to mend: put the two figures in order"),
        ({"gate": "5"}, "column gate: found 5; allowed: 1 to 4"),
    ],
)  # fmt: skip
def test_plan_of_a_study_of_its_own_is_checked(folder, change, found):
    rows = made_up.rows_of(made_up.REFERENCE / "plan.csv")
    made_up.write_table(folder, "plan", [rows[0] | change, *rows[1:]])
    with pytest.raises(InputError) as caught:
        study.read(folder)
    assert found in str(caught.value)


def test_plan_without_a_gate_is_refused_by_its_number(folder):
    rows = made_up.rows_of(made_up.REFERENCE / "plan.csv")
    made_up.write_table(folder, "plan", [row for row in rows if row["gate"] not in "13"])
    with pytest.raises(InputError, match="no task for gate 1, 3"):
        study.read(folder)


def test_words_on_the_plan_name_each_gate_with_its_day(folder):
    path = folder / "study.toml"
    path.write_text("begins = 2027-01-04\n" + path.read_text("utf-8"), "utf-8")
    said = gates.plan_said(study.read(folder))
    assert (said["tasks"], said["weeks"]) == (16, 16)
    assert said["gates"].en == (
        "gate 1, criteria, rules and evaluators frozen, after 3 weeks (2027-01-25), "
        "gate 2, forms returned, after 8 weeks (2027-03-01), "
        "gate 3, visits and judgements in, after 12 weeks (2027-03-29) and "
        "gate 4, decision, after 16 weeks (2027-04-26)"
    )
    for key in ("gates.plan.alt", "gates.plan.text", "gates.plan.caption"):
        assert "{" not in messages.text(key, **said).ko + messages.text(key, **said).en


@pytest.mark.usefixtures("style")
def test_plan_draws_a_bar_per_task_from_its_first_to_its_last_week_by_gate(language):
    axes = decision_figures.plan(TASKS.sample(frac=1, random_state=1), language=language)
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.containers[0]]
    assert bars == [(0, 3), (3, 4), (3, 8), (7, 12), (15, 16)]
    assert len({bar.get_facecolor() for bar in axes.containers[0]}) == 4
    texts = [text.get_text() for text in axes.texts]
    assert texts[:10:2] == ["1", "2", "2", "3", "4"]  # in grey the number tells the gate
    assert set(texts[1:10:2]) == {"맡은 이" if language == "ko" else "whoever"}
    what = "할 일" if language == "ko" else "something to do"
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [what] * 5
    assert axes.get_xlabel() == messages.text("gates.chart.weeks").in_(language)


@pytest.mark.usefixtures("style")
def test_plan_marks_each_gate_at_the_end_of_its_last_week_with_its_name_and_day(language):
    axes = decision_figures.plan(TASKS, begins=dt.date(2027, 1, 4), language=language)
    diamonds = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    lines = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert diamonds == lines == [3, 8, 12, 16]
    names = [messages.text(f"gates.chart.gate_{gate}").in_(language) for gate in (1, 2, 3, 4)]
    days = ["01-25", "03-01", "03-29", "04-26"]
    assert [text.get_text() for text in axes.texts[10:]] == [
        f"{name}\n{day}" for name, day in zip(names, days, strict=True)
    ]
    ticks = [tick.get_text() for tick in axes.get_xticklabels()]
    assert ticks == ["0\n2027-01-04", "4\n2027-02-01", "8\n2027-03-01", "12\n2027-03-29",
                     "16\n2027-04-26"]  # fmt: skip


@pytest.mark.usefixtures("style")
def test_who_does_it_stands_on_the_side_with_more_room_and_inside_the_figure(language):
    axes = decision_figures.plan(TASKS, language=language)
    axes.figure.canvas.draw()
    sides = [text.get_ha() for text in axes.texts[1:10:2]]
    assert sides == ["left", "left", "left", "right", "right"]
    frame = axes.figure.bbox
    for text in axes.texts:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1

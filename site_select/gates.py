"""Gates of a survey: freeze what decides before the first return, ask who is late, show changes."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from site_select import assessment, freezes, listings, messages, scoring
from site_select import study as studies
from site_select.assessment import Assessment
from site_select.messages import Text
from site_select.study import Study
from site_select.survey import ASKED, GATES, last_day

BOTH_FORMATS = {"score_first": "score3", "score": "score3"}
DRAWS = 1_000  # scores do not depend on it
NOBODY = Text("–", "–")


class Freeze(NamedTuple):
    """The freeze that holds.

    Attributes
    ----------
    version
        Its number, the first being 1.
    is_new
        Whether it was made now; else nothing had changed.
    changes
        What differs from the freeze before.
    """

    version: int
    is_new: bool
    changes: list[str]


class Status(NamedTuple):
    """Where a survey stands on a day.

    Attributes
    ----------
    gates
        By gate: forms ``asked``, ``returned``, ``accepted``, ``faulty`` (to be sent again),
        ``overdue`` (due before the day and not accepted; not of visits,
        which are made where they are worth it) and ``missing`` (not returned).
    waiting
        Forms that are overdue or faulty, the latest first, and at the end workbooks that name no
        form that was asked.
    freezes
        Every freeze, by version.
    """

    gates: pd.DataFrame
    waiting: pd.DataFrame
    freezes: pd.DataFrame


def headers(table: str) -> dict[str, Text]:
    """Headings of the columns of `record` or, of `both_results`, ``both``."""
    return messages.under(f"gates.head.{table}.")


def plan_said(study: Study) -> dict[str, object]:
    """What sentences on the plan name: number of tasks and weeks, and the gates with their days."""
    plan, begins = study.everything.plan, study.settings.begins
    weeks = plan.groupby("gate")["week_to"].max()
    said = [
        messages.text(
            "gates.plan.gate", gate=gate, what=messages.text(f"gates.what.gate_{gate}"),
            weeks=week, day=f" ({begins + dt.timedelta(weeks=int(week))})" if begins else "",
        ) for gate, week in weeks.items()
    ]  # fmt: skip
    return {"tasks": len(plan), "weeks": weeks.max(), "gates": listings.listed(said)}


def freeze(folder: str | Path, *, day: dt.date, reason: str = "", name: str = "") -> Freeze:
    """Fix criteria, anchors, rules, settings and evaluators of a study, or record a change.

    Parameters
    ----------
    folder
        Folder of the study.
    day
        Day of the freeze.
    reason, name
        Why something was changed, and who decided so; needed after the first freeze, and for a
        first one after returns were opened.

    Raises
    ------
    SettingsError
        If a reason, a name or a possible day is missing.
    InputError
        If the study is faulty, or a former copy was changed.
    WriteError
        If it cannot be written; the former record stands.
    """
    read = studies.read(folder, as_frozen=False)
    made = freezes.record(read.folder)
    found = changed_since_freeze(read)
    if len(made) and not found:
        return Freeze(len(made), is_new=False, changes=[])
    now = studies.frozen_parts(read.folder, read.everything)
    freezes.write(read.folder, now, reason=reason, name=name, day=day)
    return Freeze(len(made) + 1, is_new=True, changes=found)


def changed_since_freeze(study: Study) -> list[str]:
    """Say what differs from the last freeze without being on record; nothing without a freeze.

    Parameters
    ----------
    study
        The study, read with ``as_frozen=False``.
    """
    found = studies.changes_since_freeze(study.folder, study.everything)
    return [f"{fault.file}, {fault.column}: {fault.found} ({fault.allowed})" for fault in found]


def first_frozen(study: Study) -> Study | None:
    """Return the study as it was first frozen, or nothing where nothing was changed since.

    Judgements count that compare two nodes of the tree of then, by evaluators of the list of then.
    """
    first = freezes.first(study.folder)
    if first is None:
        return None
    judged = study.everything.judgements
    parent = first.criteria.set_index("criterion")["parent"]
    counts = judged[["first", "second"]].apply(lambda side: side.map(parent) == judged["parent"])
    stands = counts.all(axis=1)
    if freezes.record(study.folder)["evaluators"].iloc[-1]:
        stands &= judged["evaluator"].isin(first.evaluators)
    then = replace(study.everything, criteria=first.criteria, rules=first.rules,
                   judgements=judged[stands])  # fmt: skip
    return studies.changed(replace(study, everything=then), first.settings)


def both_results(study: Study, result: Assessment) -> pd.DataFrame:
    """Score and rank by complex as first frozen and as changed since; empty without a change.

    Parameters
    ----------
    study
        The study as it is.
    result
        Its assessment.
    """
    first = first_frozen(study)
    if first is None:
        return pd.DataFrame()
    before = assessment.assess(studies.changed(first, {"n_samples": DRAWS})).scores
    table = pd.DataFrame({
        "score_first": before, "rank_first": scoring.ranks(before).astype("Int64"),
        "score": result.scores, "rank": scoring.ranks(result.scores).astype("Int64"),
    })  # fmt: skip
    table.insert(0, "name", study.names[table.index])
    return table.sort_values(["rank", "rank_first"]).rename_axis("complex_id")


def record(study: Study) -> pd.DataFrame:
    """Every freeze by version: day, who decided, why, and the parts that were changed."""
    rows = freezes.record(study.folder)
    parts = list(freezes.Parts._fields)
    differs = rows[parts].ne(rows[parts].shift(fill_value=""))
    named = [
        listings.listed([messages.text(f"gates.part.{part}") for part in parts if changed[part]])
        for _, changed in differs.iterrows()
    ]
    said = rows[["day", "name", "reason"]].map(lambda cell: cell or NOBODY)
    return said.assign(parts=pd.Series(named, rows.index, dtype=object))


def status(folder: Path, today: dt.date) -> Status:
    """Count the forms of a study by gate, and list those to run after.

    A form counts by the latest of its workbooks that no other replaced; one that was refused has
    to be sent again and counts as faulty.

    Parameters
    ----------
    folder
        Folder of the study.
    today
        A form due today is not overdue yet.

    Raises
    ------
    InputError
        If one of the lists is faulty.
    """
    asked = freezes.listed(folder / ASKED, "asked")
    log = freezes.returns(folder)  # in the order they came, whatever the clock said
    log = log[log["status"] != "replaced"]
    latest = log.drop_duplicates("form_id", keep="last").set_index("form_id")
    forms = asked.join(latest[["status", "flaws", "queries"]], on="form_id")
    late = forms["due"].map(lambda due: max((today - last_day(due)).days, 0)).astype("int64")
    is_accepted, is_missing = forms["status"] == "accepted", forms["status"].isna()
    flags = pd.DataFrame({
        "asked": True, "returned": ~is_missing, "accepted": is_accepted,
        "faulty": ~is_missing & ~is_accepted,
        "overdue": ~is_accepted & (late > 0) & (forms["kind"] != "visit"), "missing": is_missing,
    }, index=forms.index)  # fmt: skip
    gates = flags.groupby(forms["gate"].astype("int64")).sum().astype("int64")
    waiting = forms.assign(days_late=late, status=forms["status"].fillna("missing"))
    waiting = waiting[flags["faulty"] | flags["overdue"]].sort_values(
        ["days_late", "form_id"], ascending=[False, True]
    )
    strays = log[~log["form_id"].isin(asked["form_id"])]
    strays = strays.assign(form_id=strays["form_id"].where(strays["form_id"] != "", strays["file"]))
    columns = ["form_id", "kind", "about", "gate", "due", "days_late", "status", "flaws", "queries"]
    whole = pd.concat([waiting, strays], ignore_index=True)[columns]
    return Status(
        gates.reindex(list(GATES), fill_value=0).rename_axis("gate"), whole, freezes.record(folder)
    )

"""Forms out: a workbook for every eligible complex, a checklist of its visit, a ballot each."""

import datetime as dt
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from openpyxl import Workbook
from tqdm import tqdm

from site_select import (
    accepted,
    assessment,
    ballots,
    folders,
    forms,
    freezes,
    layouts,
    messages,
    workbooks,
)
from site_select.errors import Fault, InputError, WriteError
from site_select.messages import Text
from site_select.study import Study
from site_select.survey import ASKED

STUDY_FILE = "study.txt"  # in the folder of forms: where the study is, seen from there
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")
GATES = {"complex": 2, "visit": 3, "evaluator": 3}


class _Form(NamedTuple):
    """A form that is to be written."""

    form_id: str
    kind: str
    about: str
    version: str
    round: int = 1


def send(study: Study, out: Path, *, judging: int = 1, today: dt.date) -> pd.DataFrame:
    """Write the forms of a study and the list of what was asked.

    Parameters
    ----------
    study
        The study.
    out
        A folder that does not exist or is empty.
    judging
        1 for all forms; 2 for the second round, ballots alone, of evaluators whose judgements
        contradict each other, filled in as they judged.
    today
        Day the plan begins where the study names none.

    Returns
    -------
    pandas.DataFrame
        Table ``asked``: what was asked before and now.

    Raises
    ------
    InputError
        If there is nobody to ask, or a code is no plain name.
    WriteError
        If the folder holds anything, or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WriteError(f"{out} is not an empty folder; name a new one with --out")
    wanted = list(_wanted(study, judging))
    _check(wanted)
    dues = _dues(study, today)
    with folders.staged(out) as staging:
        (whole := staging / "whole").mkdir()
        for form in tqdm(wanted, unit="form", disable=None):
            workbooks.save(_workbook(study, form, dues[form.kind]), whole / f"{form.form_id}.xlsx")
        place = os.path.relpath(study.folder, out.resolve())
        (whole / STUDY_FILE).write_text(f"{place}\n", encoding="utf-8")
        asked = _asked(study, wanted, dues)
        if out.exists():
            out.rmdir()
        folders.swap(whole, out)
    workbooks.write_csv(asked, study.folder / ASKED)
    return asked


def evaluators(folder: Path) -> pd.DataFrame:
    """Evaluators of a study, from ``identified/evaluators.csv``; none where there is no list.

    Parameters
    ----------
    folder
        Folder of the study.

    Raises
    ------
    InputError
        If the list is faulty.
    """
    return freezes.listed(folder / "identified" / "evaluators.csv", "evaluators")


def _wanted(study: Study, judging: int) -> Iterator[_Form]:
    codes = evaluators(study.folder)["evaluator"]
    on_ballot = layouts.version(study.criteria.drop(columns=["why_ko", "why_en"]))
    if judging > 1:
        rounds = accepted.latest(study.everything.rounds, study.everything.rounds)
        worst = rounds.groupby("evaluator")["consistency_ratio"].max()
        again = worst.index[worst > study.settings.judging.ratio_limit]
        for code in codes[codes.isin(again)]:
            yield _Form(f"{code}-{judging}", "evaluator", str(code), on_ballot, judging)
        return
    version = layouts.version(study.everything.questions)
    for label in assessment.alternatives(study):
        yield _Form(str(label), "complex", str(label), version)
        yield _Form(f"{label}-visit", "visit", str(label), version)
    for code in codes:
        yield _Form(f"{code}-1", "evaluator", str(code), on_ballot)


def _check(wanted: list[_Form]) -> None:
    faults = [
        Fault("complexes.csv or evaluators.csv", 0, form.kind, repr(form.about),
              "letters, digits, - and _, at most 40", "give it a plain code")
        for form in wanted if not _PLAIN.fullmatch(form.about)
    ]  # fmt: skip
    if not wanted:
        faults = [Fault("study", 0, "", "nobody to ask", "an eligible complex or an evaluator",
                        "see 01_long_list, and identified/evaluators.csv")]  # fmt: skip
    if faults:
        raise InputError(faults)


def _workbook(study: Study, form: _Form, due: dt.date) -> Workbook:
    everything, said = study.everything, {"due": str(due), "contact": study.settings.contact}
    stamp = {"kind": form.kind, "study": study.name, "form_id": form.form_id, "about": form.about,
             "version": form.version, "round": str(form.round)}  # fmt: skip
    if form.kind == "evaluator":
        judged = everything.judgements
        earlier = judged[judged["evaluator"] == form.about] if form.round > 1 else None
        return ballots.form(
            stamp, criteria=study.criteria, complexes=study.names, earlier=earlier,
            ratio_limit=study.settings.judging.ratio_limit, **said,
        )  # fmt: skip
    name, questions = study.names[form.about], everything.questions
    if study.settings.synthetic:
        mark = messages.text("forms.synthetic")
        name = Text(f"{mark.ko} {name.ko}", f"{mark.en} {name.en}")
    if form.kind == "visit":
        return forms.visit_form(stamp, name, questions=questions, **said)
    return forms.complex_form(
        stamp, name, questions=questions, places=everything.overseas_places, **said
    )


def _dues(study: Study, today: dt.date) -> dict[str, dt.date]:
    """Day by which each kind of form is to be returned: the end of the gate that waits for it."""
    begins = study.settings.begins or today
    weeks = study.everything.plan.groupby("gate")["week_to"].max()
    return {kind: begins + dt.timedelta(weeks=int(weeks[gate])) for kind, gate in GATES.items()}


def _asked(study: Study, wanted: list[_Form], dues: dict[str, dt.date]) -> pd.DataFrame:
    """What was asked before and now; a form that is asked again takes its new version."""
    now = pd.DataFrame({
        "form_id": form.form_id, "kind": form.kind, "about": form.about, "gate": GATES[form.kind],
        "due": dues[form.kind].isoformat(), "version": form.version,
    } for form in wanted)  # fmt: skip
    before = freezes.listed(study.folder / ASKED, "asked")
    return pd.concat([before[~before["form_id"].isin(now["form_id"])], now], ignore_index=True)

"""Forms in: every returned workbook read, checked and joined to the tables of the study.

Every workbook that could be opened is kept, so that a run starts from all of them and gives the
same tables whatever was collected before. What a study may show goes to ``collected``; names, cells
and letters stay in ``identified/returned``. Both folders are replaced as a whole.
"""

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

from site_select import (
    ballot_box,
    crosschecks,
    filing,
    folders,
    freezes,
    layouts,
    returns,
    workbooks,
)
from site_select.errors import Fault, InputError, SettingsError
from site_select.messages import Text
from site_select.study import Study
from site_select.survey import ASKED, COLLECTED

SUFFIXES = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}  # others are no return
LOG = ("form_id", "file", "sha256", "received", "status", "flaws", "queries")
ACCEPTED, FAULTY, REPLACED, REFUSED = "accepted", "faulty", "replaced", "refused"


class Collected(NamedTuple):
    """What came in.

    Attributes
    ----------
    log
        Every workbook ever collected, in the order it came.
    letters
        Letters that were written, by form.
    queries
        Questions to ask that keep no form from being accepted.
    """

    log: pd.DataFrame
    letters: list[Path]
    queries: pd.DataFrame


@dataclass(frozen=True)
class _Rules:
    """What a worker needs to read a form."""

    asked: Mapping[str, Mapping[str, str]]
    questions: pd.DataFrame
    suppliers: Mapping[str, str]
    criteria: pd.DataFrame
    names: "pd.Series[Any]"
    ratio_limit: float
    quality: str


def collect(
    folder: Path, study: Study, *, today: dt.date, workers: int = 2, show_progress: bool = True
) -> Collected:
    """Read every returned workbook of a folder into the study.

    Parameters
    ----------
    folder
        Folder of returned workbooks.
    study
        The study; its forms were sent and its rules are frozen.
    today
        Day on which what is new was received.
    workers
        Workbooks read at once.
    show_progress
        Whether a bar is shown.

    Raises
    ------
    InputError
        If the folder or the list of forms that were asked is missing.
    SettingsError
        If nothing was frozen.
    WriteError
        If the tables cannot be written; the former ones stay.
    """
    if freezes.record(study.folder).empty:
        raise SettingsError(
            "nothing is frozen yet: criteria, rules and evaluators are fixed before the first "
            f"return is opened; run: site-select freeze {study.folder}"
        )
    asked = _asked(study.folder)
    target, shown = study.folder / "identified" / "returned", study.folder / COLLECTED
    with folders.staged(target) as staging, folders.staged(shown) as showing:
        log = freezes.returns(study.folder)[list(LOG)]
        (whole := staging / "whole").mkdir()
        for name in ("cells", "letters", "originals"):
            (whole / name).mkdir()
        paths = _workbooks(folder, target / "originals", log)
        rules = _rules(study, asked)
        jobs = (delayed(_read)(path, file, whole, rules) for file, path in paths)
        results = Parallel(n_jobs=workers, return_as="generator")(jobs)
        bar = tqdm(results, "read", len(paths), unit="form", disable=not show_progress)
        read = _without_twins(list(bar), log)
        log = _logged(log, read, today)
        _carried(target, whole, log)
        replaced = set(log.loc[log["status"] == REPLACED, "sha256"])
        read = [one for one in read if one.sha256 not in replaced]
        kinds = _counting(log, read)
        ordered = filing.orders(study, kinds["complex"])
        queries = filing.queries(study, kinds, read, ordered)
        log = _counted(log, queries)
        written = filing.write_letters(study, read, whole, asked, workers=workers)
        filing.write_identified(kinds, read, queries, whole, target)
        (public := showing / "public").mkdir()
        filing.write_public(study, kinds, ordered, public)
        workbooks.write_csv(log, public / "returns.csv")
        folders.swap(whole, target)
        folders.swap(public, shown)
    return Collected(log, [target / "letters" / name for name in written], queries)


def _asked(folder: Path) -> pd.DataFrame:
    asked = freezes.listed(folder / ASKED, "asked")
    if asked.empty:
        fault = Fault(ASKED, 0, "", "no form", f"the list of forms in {folder}",
                      "write the forms first: site-select forms STUDY --out FOLDER")  # fmt: skip
        raise InputError([fault])
    return asked.set_index("form_id")


def _workbooks(folder: Path, originals: Path, log: pd.DataFrame) -> list[tuple[str, Path]]:
    """Workbooks to read, with their names: those kept that still count, then the new ones."""
    if not folder.is_dir():
        raise InputError([Fault(str(folder), 0, "", "no such folder", "a folder of workbooks",
                                "check the path")])  # fmt: skip
    names = filing.file_names(originals.parent)
    counting = log.loc[log["status"].isin([ACCEPTED, FAULTY]), "sha256"]
    known = [
        (names.get(sha, f"{sha}.xlsx"), path)
        for sha in counting if (path := originals / f"{sha}.xlsx").is_file()
    ]  # fmt: skip
    lost = set(counting) - {path.stem for _, path in known}  # gathered on another machine
    seen = set(log.loc[log["status"] != REFUSED, "sha256"]) - lost
    new: dict[str, tuple[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        is_temporary = path.name.startswith(("~$", "."))  # of an Excel that has it open
        if path.suffix.lower() not in SUFFIXES or is_temporary:
            continue
        sha256, name = _sha256(path), path.name.encode("utf-8", "replace").decode("utf-8")
        if sha256 not in seen:
            new.setdefault(sha256 or name, (name, path))
    faults = [
        Fault(row["file"], 0, "", "a workbook that was collected, and is in no folder here",
              "the workbook, or identified/returned of the study", "bring one of the two back")
        for _, row in log[log["sha256"].isin(lost - set(new))].iterrows()
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    return known + list(new.values())


def _sha256(path: Path) -> str:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return ""  # refused when it is read
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


_MOST_BYTES = workbooks.Limits().file_bytes


def _rules(study: Study, asked: pd.DataFrame) -> _Rules:
    tables_ = study.everything
    return _Rules(
        _expected(study, asked), tables_.questions,
        layouts.supplier_names(tables_.overseas_places), study.criteria, study.names,
        study.settings.judging.ratio_limit,
        filing.quality_of(study),
    )  # fmt: skip


def _expected(study: Study, asked: pd.DataFrame) -> dict[str, dict[str, str]]:
    """What each form must say of itself."""
    return {
        str(form_id): {
            "study": study.name, "kind": row["kind"], "about": row["about"],
            "version": row["version"],
            "round": str(form_id).rpartition("-")[2] if row["kind"] == "evaluator" else "1",
        }
        for form_id, row in asked.iterrows()
    }  # fmt: skip


def _read(path: Path, file: str, whole: Path, rules: _Rules) -> filing.Form:
    """Read one workbook in a process of its own, and keep it and the places of its cells."""
    sha256 = _sha256(path)
    found = returns.read(
        path, asked=rules.asked, questions=rules.questions, suppliers=rules.suppliers
    )
    form_id, flaws = found.stamp.get("form_id", ""), list(found.flaws)
    read_tables, places = found.tables, found.cells
    source = f"{form_id}, {sha256[:12]}"
    if found.stamp.get("kind") == "evaluator" and not flaws:
        ballot = ballot_box.read(
            found.sheets, found.stamp, criteria=rules.criteria, complexes=rules.names,
            ratio_limit=rules.ratio_limit,
        )  # fmt: skip
        flaws += ballot.flaws
        places = ballot.cells
        read_tables = {"judgements": ballot.judgements, "interests": ballot.interests,
                       "rounds": ballot.rounds}  # fmt: skip
    elif found.stamp.get("kind") == "complex":
        flaws += crosschecks.within(found.tables)
        read_tables = {**found.tables, "answers": found.answers}
    if found.stamp and sha256:
        cells = places.assign(file=file, sha256=sha256)
        workbooks.write_csv(cells, whole / "cells" / f"{sha256}.csv")
        _keep(path, whole / "originals" / f"{sha256}.xlsx")
    place = (
        {}
        if found.stamp.get("kind") == "evaluator"
        else {"complex_id": found.stamp.get("about", "")}
    )
    stamped = {
        name: table.assign(form_id=form_id, source=source, **place)
        for name, table in read_tables.items()
    }
    return filing.Form(sha256, file, form_id, found.stamp, stamped, flaws)


def _keep(path: Path, place: Path) -> None:
    """Copy a return, which its folder's owner may write over; link what is a copy already."""
    if path.name == place.name:
        try:
            os.link(path, place)
        except OSError:  # a disk that has no links
            shutil.copyfile(path, place)
    else:
        shutil.copyfile(path, place)


def _carried(former: Path, whole: Path, log: pd.DataFrame) -> None:
    """Keep the workbooks that others replaced, and the places of their cells."""
    for name, suffix in (("originals", "xlsx"), ("cells", "csv")):
        for sha256 in filter(None, log["sha256"]):
            old, new = (folder / name / f"{sha256}.{suffix}" for folder in (former, whole))
            if old.is_file() and not new.exists():
                _keep(old, new)


def _without_twins(read: Sequence[filing.Form], log: pd.DataFrame) -> list[filing.Form]:
    """Refuse new workbooks of one form that came at once: nobody can tell which counts."""
    seen = set(log.loc[log["status"] != REFUSED, "sha256"])
    new: dict[str, list[str]] = {}
    for one in read:
        if one.stamp and one.sha256 not in seen:
            new.setdefault(one.form_id, []).append(one.file)
    marked = []
    for one in read:
        files = new.get(one.form_id, []) if one.sha256 not in seen else []
        if len(files) > 1:
            said = {"form_id": one.form_id, "others": ", ".join(sorted(files))[:200]}
            twin = layouts.flaw("two_forms", ("", 0, ""), Text("", ""), **said)  # type: ignore[arg-type]
            marked.append(one._replace(stamp={}, flaws=[*one.flaws, twin]))
        else:
            marked.append(one)
    return marked


def _logged(log: pd.DataFrame, read: Sequence[filing.Form], today: dt.date) -> pd.DataFrame:
    """The log with what is new at its end; an accepted workbook replaces the earlier ones."""
    rows = {_key(row["sha256"], row["file"]): row for row in log.to_dict("records")}
    for one in read:
        name = f"{filing.stem_of(one)}.xlsx"
        key = _key(one.sha256, name)
        status = (FAULTY if filing.faults(one) else ACCEPTED) if one.stamp else REFUSED
        if status != REFUSED and key in rows and rows[key]["status"] == REFUSED:
            del rows[key]  # it counts from today
        received = rows[key]["received"] if key in rows else today.isoformat()
        values = (one.form_id, name, one.sha256, received, status, filing.faults(one), 0)
        rows[key] = dict(zip(LOG, values, strict=True))
    later: dict[str, str] = {}  # status of the newest workbook of a form
    for row in reversed(rows.values()):
        newer = later.get(row["form_id"], "")
        if newer == ACCEPTED or (newer == FAULTY and row["status"] == FAULTY):
            row["status"] = REPLACED if row["status"] != REFUSED else REFUSED
        if row["status"] in {ACCEPTED, FAULTY} and newer != ACCEPTED:
            later[row["form_id"]] = row["status"]
    return pd.DataFrame(rows.values(), columns=list(LOG))


def _key(sha256: str, file: str) -> str:
    return sha256 or file


def _counting(log: pd.DataFrame, read: Sequence[filing.Form]) -> dict[str, list[filing.Form]]:
    """Accepted workbooks by kind, in the order of their forms."""
    counts = set(log.loc[log["status"] == ACCEPTED, "sha256"])
    kinds: dict[str, list[filing.Form]] = {"complex": [], "evaluator": [], "visit": []}
    for one in sorted(read, key=lambda one: one.form_id):
        if one.sha256 in counts and one.stamp:
            kinds[one.stamp["kind"]].append(one)
    return kinds


def _counted(log: pd.DataFrame, queries: pd.DataFrame) -> pd.DataFrame:
    counts = log["form_id"].map(queries["form_id"].value_counts()).fillna(0).astype("int64")
    return log.assign(queries=counts.where(log["status"].isin([ACCEPTED, FAULTY]), 0))

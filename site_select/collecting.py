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
    accepted,
    ballot_box,
    crosschecks,
    folders,
    freezes,
    layouts,
    letters,
    messages,
    returns,
    tables,
    workbooks,
)
from site_select.errors import Fault, InputError, SettingsError
from site_select.layouts import Flaw
from site_select.messages import Text
from site_select.study import Study
from site_select.survey import ASKED, COLLECTED

ORDERING = ("orders", "firms", "consents")
QUERY = ("form_id", "firm", "kind", "other_form", "other_firm", "said_ko", "said_en")
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


class _Read(NamedTuple):
    """One workbook, read: its stamp, tables, and what is wrong with it."""

    sha256: str
    file: str
    form_id: str
    stamp: Mapping[str, str]
    tables: Mapping[str, pd.DataFrame]
    flaws: Sequence[Flaw]


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
        log = freezes.listed(study.folder / freezes.RETURNS, "returns")[list(LOG)]
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
        forms, firms, consents = (_joined(kinds["complex"], f"form_{name}") for name in ORDERING)
        ordered = accepted.orders(forms, firms, consents, study.everything.overseas_places)
        queries = _queries(study, kinds, read, ordered)
        log = _counted(log, queries)
        contact = study.settings.contact
        written = _letters(read, whole, asked, contact=contact, workers=workers)
        _identified(kinds, read, queries, whole, target)
        (public := showing / "public").mkdir()
        _public(study, kinds, ordered, public)
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
    names = _names(originals.parent)
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


def _names(returned: Path) -> dict[str, str]:
    """Names under which workbooks came, by their hash."""
    path = returned / "files.csv"
    if not path.is_file():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return dict(zip(table["sha256"], table["file"], strict=True))


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
        _quality(study),
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


def _read(path: Path, file: str, whole: Path, rules: _Rules) -> _Read:
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
    return _Read(sha256, file, form_id, found.stamp, stamped, flaws)


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


def _without_twins(read: Sequence[_Read], log: pd.DataFrame) -> list[_Read]:
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


def _faults(one: _Read) -> int:
    return sum(not flaw.is_query for flaw in one.flaws)


def _logged(log: pd.DataFrame, read: Sequence[_Read], today: dt.date) -> pd.DataFrame:
    """The log with what is new at its end; an accepted workbook replaces the earlier ones."""
    rows = {_key(row["sha256"], row["file"]): row for row in log.to_dict("records")}
    for one in read:
        name = f"{_stem(one)}.xlsx"
        key = _key(one.sha256, name)
        status = (FAULTY if _faults(one) else ACCEPTED) if one.stamp else REFUSED
        if status != REFUSED and key in rows and rows[key]["status"] == REFUSED:
            del rows[key]  # it counts from today
        received = rows[key]["received"] if key in rows else today.isoformat()
        values = (one.form_id, name, one.sha256, received, status, _faults(one), 0)
        rows[key] = dict(zip(LOG, values, strict=True))
    later: dict[str, str] = {}  # status of the newest workbook of a form
    for row in reversed(rows.values()):
        newer = later.get(row["form_id"], "")
        if newer == ACCEPTED or (newer == FAULTY and row["status"] == FAULTY):
            row["status"] = REPLACED if row["status"] != REFUSED else REFUSED
        if row["status"] in {ACCEPTED, FAULTY} and newer != ACCEPTED:
            later[row["form_id"]] = row["status"]
    return pd.DataFrame(rows.values(), columns=list(LOG))


def _stem(one: _Read) -> str:
    """Name of a workbook that nobody's name can be in."""
    if one.stamp:
        return one.form_id
    hidden = hashlib.sha256(one.file.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return one.sha256[:12] or f"refused-{hidden}"


def _key(sha256: str, file: str) -> str:
    return sha256 or file


def _counting(log: pd.DataFrame, read: Sequence[_Read]) -> dict[str, list[_Read]]:
    """Accepted workbooks by kind, in the order of their forms."""
    counts = set(log.loc[log["status"] == ACCEPTED, "sha256"])
    kinds: dict[str, list[_Read]] = {"complex": [], "evaluator": [], "visit": []}
    for one in sorted(read, key=lambda one: one.form_id):
        if one.sha256 in counts and one.stamp:
            kinds[one.stamp["kind"]].append(one)
    return kinds


def _joined(forms: Sequence[_Read], name: str) -> pd.DataFrame:
    parts = [one.tables[name] for one in forms if len(one.tables.get(name, ()))]
    if not parts and name.startswith("form_"):
        return tables.empty(name).assign(form_id="", complex_id="", source="")
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _letters(
    read: Sequence[_Read], whole: Path, asked: pd.DataFrame, *, contact: str, workers: int
) -> list[str]:
    """Write a letter and a marked copy for each faulty workbook."""
    faulty = [one for one in read if _faults(one)]
    jobs = (
        delayed(_letter)(one, whole, asked["due"].get(one.form_id, ""), contact) for one in faulty
    )
    return sorted(Parallel(n_jobs=workers)(jobs))


def _letter(one: _Read, whole: Path, due: str, contact: str) -> str:
    stem, name = _stem(one), one.form_id or one.file
    page = letters.html(stem, Text(name, name), one.flaws, due=due, contact=contact)
    (whole / "letters" / f"{stem}.html").write_text(page, encoding="utf-8")
    original = whole / "originals" / f"{one.sha256}.xlsx"
    if original.is_file():
        workbooks.save(letters.marked(original, one.flaws), whole / "letters" / f"{stem}.xlsx")
    return f"{stem}.html"


def _queries(study: Study, kinds: Mapping[str, Sequence[_Read]], read: Sequence[_Read],
             ordered: pd.DataFrame) -> pd.DataFrame:  # fmt: skip
    """Questions to ask: of single cells, between forms, and against public facts."""
    forms, everything = kinds["complex"], study.everything
    own = [
        {"form_id": one.form_id, "kind": "cell", "said_ko": _sentence(flaw, "ko"),
         "said_en": _sentence(flaw, "en")}
        for one in read for flaw in one.flaws if flaw.is_query
    ]  # fmt: skip
    parts = [pd.DataFrame(own)]
    if forms:
        parts.append(crosschecks.between(_joined(forms, "form_firms"), ordered))
        parts.append(crosschecks.against_facts(
            _joined(forms, "answers"), everything.complex_facts, everything.industrial_complexes,
            study.complexes, importing=_importing(ordered),
        ))  # fmt: skip
    whole = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=QUERY)])
    whole = whole.reindex(columns=list(QUERY)).astype(object)
    return whole.where(whole.notna(), "").sort_values("form_id", kind="stable")


def _importing(ordered: pd.DataFrame) -> pd.Series:
    """Firms with orders from abroad, by complex."""
    abroad = ordered[ordered["mode"] != "truck"]
    return abroad.groupby("complex_id")["firm"].nunique()


def _sentence(flaw: Flaw, language: messages.Language) -> str:
    where = f"{flaw.sheet} {flaw.cell} {flaw.name.in_(language)}".strip()
    return f"{where}: {flaw.found.in_(language)}; {flaw.allowed.in_(language)}"


def _counted(log: pd.DataFrame, queries: pd.DataFrame) -> pd.DataFrame:
    counts = log["form_id"].map(queries["form_id"].value_counts()).fillna(0).astype("int64")
    return log.assign(queries=counts.where(log["status"].isin([ACCEPTED, FAULTY]), 0))


def _identified(kinds: Mapping[str, Sequence[_Read]], read: Sequence[_Read],
                queries: pd.DataFrame, whole: Path, former: Path) -> None:  # fmt: skip
    """Write what names firms and people."""
    forms = kinds["complex"]
    for sheet in layouts.TABLE_SHEETS:
        name = sheet.table
        workbooks.write_csv(_joined(forms, name), whole / f"{name.removeprefix('form_')}.csv")
    workbooks.write_csv(_joined(forms, "answers"), whole / "answers.csv")
    workbooks.write_csv(queries, whole / "queries.csv")
    names = _names(former) | {one.sha256: one.file for one in read if one.sha256}
    files = pd.DataFrame(sorted(names.items()), columns=["sha256", "file"])
    workbooks.write_csv(files, whole / "files.csv")


def _public(study: Study, kinds: Mapping[str, Sequence[_Read]], ordered: pd.DataFrame,
            folder: Path) -> None:  # fmt: skip
    """Write the tables that a report may see."""
    forms, ballots_, visits = kinds["complex"], kinds["evaluator"], kinds["visit"]
    rounds = _joined(ballots_, "rounds")
    found = {
        "orders": ordered[ordered["is_used"].astype(bool)],
        "answers": accepted.answers(_joined(forms, "answers"), year=study.settings.as_of.year),
        "participation": accepted.participation(
            _joined(forms, "form_firms"), _joined(forms, "form_consents"), ordered
        ),
        "judgements": accepted.latest(_joined(ballots_, "judgements"), rounds),
        "interests": accepted.latest(_joined(ballots_, "interests"), rounds),
        "rounds": rounds,
        "visits": _joined(visits, "form_visits"),
    }
    quality = _quality(study)
    for name, table in found.items():
        if len(table):
            shaped = accepted.shaped(name, table, quality)
            workbooks.write_csv(shaped, folder / f"{name}.csv")
    faults = [fault for path in folder.iterdir() for fault in tables.read(path, path.stem).faults]
    if faults:  # accepted, and yet no table of a study: nothing is replaced
        raise InputError(faults)


def _quality(study: Study) -> str:
    return "synthetic" if study.settings.synthetic else "surveyed"

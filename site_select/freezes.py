"""What a study fixed before the first return was opened, and every change of it since.

A freeze is a row of ``frozen/record.csv`` and a folder ``frozen/NN`` with copies. Copies are
*canonical*: the table as it was read, so that byte order mark, line ends, spelling of letters (NFC)
and of numbers, quotation marks and empty optional columns make no difference. The SHA-256 in the
record is that of the copy. Of the evaluators only the codes are copied, and the hash is that of the
whole canonical list, so it tells a change and no name.
"""

import datetime as dt
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from site_select import folders, tables, workbooks
from site_select.errors import Fault, InputError, SettingsError
from site_select.survey import COLLECTED

SETTINGS = ("points", "judging", "limits", "unknowns")
KEYS = {"criteria": ["criterion"], "rules": ["rule_id", "valid_from"]}
FILES = {"criteria": "criteria.csv", "rules": "rules.csv", "settings": "settings.json",
         "evaluators": "evaluators.csv"}  # fmt: skip
OTHERWISE = {  # where no cell differs that may be shown
    "criteria": "another order of the rows", "rules": "another order of the rows",
    "evaluators": "another name, organisation or address",
}  # fmt: skip
FOLDER = "frozen"


class Parts(NamedTuple):
    """Canonical text of each part that is frozen; the list of evaluators may be empty."""

    criteria: str
    rules: str
    settings: str
    evaluators: str


class First(NamedTuple):
    """Parts as they were first frozen; of the evaluators their codes."""

    criteria: pd.DataFrame
    rules: pd.DataFrame
    settings: Mapping[str, Mapping[str, object]]
    evaluators: frozenset[str]


def parts(
    folder: Path, *, criteria: pd.DataFrame, rules: pd.DataFrame,
    settings: Mapping[str, Mapping[str, object]],
) -> Parts:  # fmt: skip
    """Canonical text of everything that a freeze fixes.

    Parameters
    ----------
    folder
        Folder of the study, for its list of evaluators.
    criteria, rules
        Tables of these names; the rules that are in force.
    settings
        Settings of each of `SETTINGS` by name.
    """
    evaluators = listed(folder / "identified" / "evaluators.csv", "evaluators")
    text = json.dumps(settings, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    return Parts(
        canonical(criteria, "criteria"), canonical(rules, "rules"), f"{text}\n",
        "" if evaluators.empty else canonical(evaluators, "evaluators"),
    )  # fmt: skip


def canonical(table: pd.DataFrame, name: str) -> str:
    r"""Write a table as it was read: its columns in the order of the schema, numbers plain.

    Parameters
    ----------
    table
        A checked table.
    name
        Its name; of its optional columns those without any cell are left out.

    Examples
    --------
    >>> canonical(pd.DataFrame({"evaluator": ["E1"], "name": ["n, n"]}), "evaluators")
    'evaluator,name\nE1,"n, n"\n'
    """
    spare = [
        column for column, need in tables.schema(name)["required"].items()
        if need == "optional" and column in table
        and (table[column].isna() | (table[column] == "")).all()
    ]  # fmt: skip
    return table.drop(columns=spare).to_csv(index=False, lineterminator="\n", float_format="%.15g")


def listed(path: Path, name: str) -> pd.DataFrame:
    """Read a list that a study may not have yet; no rows where there is none.

    Parameters
    ----------
    path
        The file.
    name
        Name of its schema.

    Raises
    ------
    InputError
        If it is faulty.
    """
    reading = tables.read(path, name) if path.is_file() else None
    if reading is None or [fault.found for fault in reading.faults] == ["no rows"]:
        return tables.empty(name)
    if reading.faults:
        raise InputError(reading.faults)
    return reading.table


def returns(folder: Path) -> pd.DataFrame:
    """Every workbook that a study collected, in the order it came; no rows where there is none.

    Raises
    ------
    InputError
        If the list is faulty.
    """
    return listed(folders.current(folder / COLLECTED) / "returns.csv", "returns")


def record(folder: Path) -> pd.DataFrame:
    """Every freeze of a study in order, by version; no rows where nothing was frozen.

    Raises
    ------
    InputError
        If the record is faulty, or a copy is not what the record says.
    """
    rows = listed(folder / FOLDER / "record.csv", "freezes").set_index("version").sort_index()
    faults = [
        Fault(f"frozen/{version:02d}/{FILES[part]}", 0, "", "other content than the record says",
              f"the copy of {row['day']}, SHA-256 {row[part][:12]}…", "bring the copy back")
        for version, row in rows.iterrows() for part in ("criteria", "rules", "settings")
        if _digest(_copy(folder, int(str(version)), part)) != row[part]
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    return rows


def changes(folder: Path, now: Parts, defaults: Mapping[str, Mapping[str, object]]) -> list[Fault]:
    """What differs from the last freeze, a fault for each cell; none where nothing was frozen.

    Parameters
    ----------
    folder
        Folder of the study.
    now
        Its parts.
    defaults
        Settings as they are where a study says nothing: one that came with a later version of the
        program and still has its default is no change.
    """
    rows = record(folder)
    if rows.empty:
        return []
    version, last = int(rows.index[-1]), rows.iloc[-1]
    found = []
    for part, text in now._asdict().items():
        # identified data stay where they were gathered: elsewhere there is no list to compare
        if _digest(text) == last[part] or (part == "evaluators" and not text):
            continue
        old, new = _cells(part, _copy(folder, version, part)), _cells(part, text)
        if part == "settings":
            usual = _cells(part, json.dumps(defaults, default=str))["value"].reindex(new.index)
            new = new[new.index.isin(old.index) | (new["value"] != usual)]
        told = _unlike(old, new)
        if not told and part != "settings":
            told = [("", OTHERWISE[part], "as it was")]
        found += [_fault(part, *one, str(last["day"])) for one in told]
    return found


def _cells(part: str, text: str) -> pd.DataFrame:
    """Cells of a part as text, a row per thing that a reader would name."""
    if part == "settings":
        values = {f"{group}.{name}": json.dumps(value, ensure_ascii=False)
                  for group, own in json.loads(text).items()
                  for name, value in own.items()}  # fmt: skip
        return pd.DataFrame({"value": pd.Series(values, dtype=object)})
    if part == "evaluators":  # names stay out of messages
        return pd.DataFrame(index=pd.Index(_codes(text).splitlines()[1:]))
    table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    return table.set_index(pd.Index(table[KEYS[part]].agg(" ".join, axis=1)))


def _unlike(old: pd.DataFrame, new: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Place, what stands there and what stood there, of every difference."""
    told = [(str(key), "a new row", "no such row") for key in new.index.difference(old.index)]
    told += [(str(key), "no such row", "this row") for key in old.index.difference(new.index)]
    both = [key for key in old.index if key in new.index]
    columns = old.columns.union(new.columns, sort=False)
    was, stands = (frame.loc[both].reindex(columns=columns, fill_value="") for frame in (old, new))
    for row, column in zip(*(was != stands).to_numpy().nonzero(), strict=True):
        now, before = (str(frame.iloc[row, column]) or "nothing" for frame in (stands, was))
        told.append((f"{both[row]}, {columns[column]}", now, before))
    return told


def _fault(part: str, where: str, found: str, was: str, day: str) -> Fault:
    file = {"settings": "study.toml", "evaluators": "identified/evaluators.csv"}
    return Fault(
        file.get(part, FILES[part]), 0, where.removesuffix(", value"), found,
        f"{was}, as frozen on {day}",
        'put it back, or record the change: site-select freeze STUDY --reason "…" --name "…"',
    )  # fmt: skip


def write(folder: Path, now: Parts, *, reason: str, name: str, day: dt.date) -> None:
    """Freeze the parts as they are now; the record is written last and makes it count.

    Parameters
    ----------
    folder
        Folder of the study.
    now
        Its parts.
    reason, name, day
        Why, who decided, and when. A first freeze before any return was opened needs no reason.

    Raises
    ------
    SettingsError
        If reason or name are missing, or the day cannot be.
    WriteError
        If it cannot be written; the former record stands.
    """
    rows = record(folder)
    opened = len(returns(folder))
    reason, name = " ".join(reason.split()), " ".join(name.split())
    faults = []
    if (len(rows) or opened) and not (reason and name):
        why = "it was frozen before" if len(rows) else f"{opened} returns were opened before it"
        faults.append(f"a freeze without reason or name, though {why}: say --reason and --name")
    last = rows["day"].iloc[-1] if len(rows) else ""
    if day.isoformat() < last:
        faults.append(f"day {day}: allowed from {last}, the day of the last freeze; set the clock")
    if faults:
        raise SettingsError("; ".join(faults))
    hashes = {part: _digest(text) for part, text in now._asdict().items()}
    codes = _codes(now.evaluators)
    if len(rows) and not now.evaluators:  # the list is elsewhere, and stands as it did
        hashes["evaluators"] = rows["evaluators"].iloc[-1]
        codes = _copy(folder, len(rows), "evaluators")
    version = len(rows) + 1
    target = folder / FOLDER / f"{version:02d}"
    with folders.staged(target) as staging:
        (whole := staging / "whole").mkdir()
        for part, text in now._replace(evaluators=codes)._asdict().items():
            (whole / FILES[part]).write_text(text, encoding="utf-8", newline="\n")
        folders.swap(whole, target)
    row = {"version": version, "day": day.isoformat(), "name": name, "reason": reason,
           "returns": opened, **hashes}  # fmt: skip
    table = pd.DataFrame([*rows.reset_index().to_dict("records"), row], columns=list(row))
    workbooks.write_csv(table, folder / FOLDER / "record.csv")


def first(folder: Path) -> First | None:
    """Parts as they were first frozen, where they were changed since; else nothing.

    Raises
    ------
    InputError
        If a copy is not what the record says.
    """
    if len(record(folder)) <= 1:
        return None
    criteria, rules = (
        listed(folder / FOLDER / "01" / FILES[part], part) for part in ("criteria", "rules")
    )
    codes = _cells("evaluators", _copy(folder, 1, "evaluators")).index
    return First(criteria, rules, json.loads(_copy(folder, 1, "settings")), frozenset(codes))


def _codes(text: str) -> str:
    """The list of evaluators without its names."""
    codes = list(pd.read_csv(io.StringIO(text), dtype=str)["evaluator"]) if text else []
    return "\n".join(["evaluator", *codes, ""])


def _copy(folder: Path, version: int, part: str) -> str:
    path = folder / FOLDER / f"{version:02d}" / FILES[part]
    return path.read_text("utf-8-sig") if path.is_file() else ""


def _digest(text: str) -> str:
    """SHA-256 of a text; nothing of nothing."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""

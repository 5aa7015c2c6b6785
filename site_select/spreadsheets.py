"""Cells of a file as text: CSV in two encodings and Excel workbooks, each with its row number."""

import csv
import io
import unicodedata
from pathlib import Path
from typing import NamedTuple

from openpyxl.utils import get_column_letter

from site_select import workbooks
from site_select.errors import Fault

KINDS = {"formula": "the formula", "error": "the error value"}
MOST_PLACES = 5_000_000


class Rows(NamedTuple):
    """What stands in a file.

    Attributes
    ----------
    rows
        Stripped text of the cells by row number, the first row being 1; empty rows are left out.
    faults
        What keeps the file from being read.
    notes
        What was read differently from how it was written.
    """

    rows: dict[int, list[str]]
    faults: list[Fault]
    notes: list[str]


def rows(path: Path) -> Rows:
    """Read the cells of a file as text in composed (NFC) spelling.

    Parameters
    ----------
    path
        A ``.csv`` file in UTF-8 (with or without byte order mark) or CP949, or an ``.xlsx``
        workbook, of which the first sheet is read. A formula is a fault: its value is not ours to
        guess.
    """
    written, faults, notes = _workbook(path) if path.suffix.lower() == ".xlsx" else _text(path)
    cells = {line: [_composed(cell) for cell in row] for line, row in written.items()}
    if cells != written:
        notes.append(f"{path.name}: decomposed (NFD) text was composed (NFC)")
    stripped = {line: [cell.strip() for cell in row] for line, row in cells.items()}
    return Rows({line: row for line, row in stripped.items() if any(row)}, faults, notes)


def _composed(cell: str) -> str:
    return unicodedata.normalize("NFC", cell)


def _text(path: Path) -> Rows:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        fault = Fault(path.name, 0, "", "bytes of an unknown encoding", "UTF-8 or CP949",
                      "save the file as 'CSV UTF-8'")  # fmt: skip
        return Rows({}, [fault], [])
    notes = [f"{path.name}: read as CP949; save as UTF-8 to be safe"] if encoding == "cp949" else []
    try:
        records = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        fault = Fault(path.name, 0, "", str(error), "cells of at most 131,072 characters",
                      "look for a quotation mark that is never closed")  # fmt: skip
        return Rows({}, [fault], notes)
    return Rows(dict(enumerate(records, start=1)), [], notes)


def _workbook(path: Path) -> Rows:
    try:
        first = next(iter(workbooks.opened(path, only=())), "")
        cells = workbooks.opened(path, only={first})[first].cells if first else {}
    except workbooks.Refused as refused:
        fault = Fault(path.name, 0, "", refused.found.en, refused.allowed.en, refused.remedy.en)
        return Rows({}, [fault], [])
    faults = [
        Fault(path.name, line, get_column_letter(column),
              f"{KINDS[cell.kind]} {cell.text!r}", "a value",
              "copy the cell and paste it as a value", first)
        for (line, column), cell in cells.items()
        if cell.kind in KINDS
    ]  # fmt: skip
    lines = sorted({line for line, _ in cells})
    width = max((column for _, column in cells), default=0)
    if len(lines) * width > MOST_PLACES:  # a few cells far off span what fills the memory
        found = f"a table of {len(lines):,} rows and {width:,} columns"
        fault = Fault(path.name, 0, "", found, f"{MOST_PLACES:,} places or less",
                      "clear the cells far off", first)  # fmt: skip
        return Rows({}, [fault], [])
    rows = {line: [""] * width for line in lines}
    for (line, column), cell in cells.items():
        rows[line][column - 1] = cell.text
    return Rows(rows, faults, [])

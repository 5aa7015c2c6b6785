"""Cells of a file as text: CSV in two encodings and Excel workbooks, each with its row number."""

import csv
import io
import unicodedata
import zipfile
from pathlib import Path
from typing import NamedTuple

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from site_select.errors import Fault

CELLS = {"f": "the formula", "e": "the error value"}  # by openpyxl's data type


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
        book = openpyxl.load_workbook(path, read_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError):
        fault = Fault(path.name, 0, "", "a file that is no workbook", "an Excel workbook (.xlsx)",
                      "save it from Excel as .xlsx, or as CSV with the ending .csv")  # fmt: skip
        return Rows({}, [fault], [])
    sheet = book.worksheets[0]
    written: dict[int, list[str]] = {}
    faults = []
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        faults += [
            Fault(path.name, line, str(cell.column_letter),
                  f"{CELLS[cell.data_type]} {cell.value!r}", "a value",
                  "copy the cell and paste it as a value", sheet.title)
            for cell in cells
            if cell.data_type in CELLS
        ]  # fmt: skip
        written[line] = ["" if cell.value is None else str(cell.value) for cell in cells]
    book.close()
    return Rows(written, faults, [])

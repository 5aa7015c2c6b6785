"""Other people's spreadsheets, opened and written safely.

A workbook that comes back is hostile until it is read: whatever is wrong with it becomes
`Refused`. What we write is opened by others: no text of ours ever becomes a formula.
"""

import contextlib
import datetime as dt
import io
import math
import os
import re
import unicodedata
import uuid
import zipfile
from collections.abc import Callable, Collection, Iterator
from functools import cache, partial
from numbers import Integral, Real
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell as OwnCell
from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel
from openpyxl.worksheet.worksheet import Worksheet
from pandas.api.types import is_any_real_numeric_dtype, is_datetime64_any_dtype

from site_select import messages, packages
from site_select.errors import WriteError
from site_select.packages import Element, Limits, Package, Refused

__all__ = ["Cell", "Limits", "Refused", "Sheet", "harmless", "opened", "put", "save", "write_csv"]

LONGEST_TEXT = 32_767  # characters of a cell, Excel's own limit
LONGEST_FORMAT = 255
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
# ECMA-376 part 1, 18.8.30: 27 to 36 and 50 to 58 are dates in Korean and have no code in the file.
DATE_FORMATS = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}
EXACT = 1e16  # from here on, floating-point numbers leave out integers
REPLACEMENT = "\ufffd"
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by XML
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_AREA = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}(:[A-Z]{1,3}[1-9]\d{0,6})?", re.ASCII)
_FORMULA = re.compile(r"[\t\r\n]|[\s\ufeff\u200b]*[=+\-@＝＋－＠]")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_MADE_ON = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_TRUTH = {"1": "TRUE", "true": "TRUE", "0": "FALSE", "false": "FALSE"}
Place = tuple[int, int]  # row and column, from 1


class Cell(NamedTuple):
    """What stands in a cell.

    Attributes
    ----------
    text
        In composed (NFC) spelling, stripped. A text stays as it was typed (``007``, ``1e5``); a
        number is written shortest (``7``, ``0.1``; a duration in days), a date in ISO (time after
        ``T`` unless midnight), a truth as ``TRUE`` or ``FALSE``, a formula with its ``=`` and
        without the value that was stored with it, an error as ``#N/A``.
    kind
        ``text``, ``number``, ``date``, ``truth``, ``formula`` or ``error``.
    """

    text: str
    kind: str


class Sheet(NamedTuple):
    """One sheet.

    Attributes
    ----------
    title
        Its title.
    is_hidden
        Whether it is hidden, be it that Excel offers to show it or not (*very hidden*).
    cells
        Filled cells by row and column, both from 1.
    merged
        Merged areas, such as ``A1:C1``; what they show stands in their first cell.
    """

    title: str
    is_hidden: bool
    cells: dict[tuple[int, int], Cell]
    merged: tuple[str, ...]


def opened(
    path: Path,
    *,
    limits: Limits = Limits(),  # noqa: B008 - never changes
    only: Collection[str] | None = None,
) -> dict[str, Sheet]:
    """Read a workbook, whoever sent it.

    Parameters
    ----------
    path
        An ordinary file in the format of Excel 2007 and later; its macros and links are not
        looked at.
    limits
        How large it may be.
    only
        Titles of the sheets whose cells are wanted; the others come without cells. All if left
        out.

    Returns
    -------
    dict[str, Sheet]
        Sheets by title in their order; charts that are sheets are left out.

    Raises
    ------
    Refused
        For whatever is wrong with it; no other exception.
    """
    package = packages.opened(path, limits)
    try:
        return _sheets(package, only)
    except packages.BROKEN as error:
        raise packages.refused("damaged", part=package.part) from error


def _sheets(package: Package, only: Collection[str] | None) -> dict[str, Sheet]:
    main, epoch, listed = package.main(), WINDOWS_EPOCH, list[tuple[str, bool, str]]()
    for tag, attributes, _ in package.elements(main):
        if tag == "workbookPr" and attributes.get("date1904") in {"1", "true"}:
            epoch = MAC_EPOCH
        elif tag == "sheet":
            (identifier,) = (value for name, value in attributes.items() if name.endswith(":id"))
            is_hidden = attributes.get("state", "visible") != "visible"
            title = unicodedata.normalize("NFC", attributes["name"])
            listed.append((title, is_hidden, identifier))
            package.check(cells=len(listed))
    if not listed:
        raise packages.refused("foreign")
    related = package.related(main)
    parts = dict(related.values())
    sheets, book = dict[str, Sheet](), None
    for title, is_hidden, identifier in listed:
        kind, part = related[identifier]
        if title in sheets:
            raise ValueError("one title twice")
        if kind != "worksheet":
            continue
        cells, merged = dict[Place, Cell](), tuple[str, ...]()
        if only is None or title in only:
            book = book or _Book(package, parts, epoch)
            cells, merged = book.sheet(part)
        sheets[title] = Sheet(title, is_hidden, cells, merged)
    return sheets


class _Written(NamedTuple):
    """A cell as the file has it."""

    place: Place
    attributes: dict[str, str]
    value: str
    formula: str | None
    made_by: dict[str, str]  # attributes of the formula


def _written(elements: Iterator[Element]) -> Iterator[_Written | str]:
    """Cells of a sheet, and merged areas; a declared size and empty rows cost nothing."""
    row, column, value = 0, 0, ""
    formula: str | None = None
    attributes, made_by = dict[str, str](), dict[str, str]()
    for tag, found, text in elements:
        if tag == "c":
            row, column = _place(found.get("r", ""), row, column + 1)
            attributes, made_by, value, formula = found, {}, "", None
        elif tag in {"/v", "/t"}:
            value += text
        elif tag == "/c":
            yield _Written((row, column), attributes, value, formula, made_by)
        elif tag == "row":
            row, column = int(found.get("r", row + 1)), 0
        elif tag == "f":
            made_by = found
        elif tag == "/f":
            formula = text
        elif tag == "mergeCell":
            yield found["ref"]


def _place(reference: str, row: int, column: int) -> Place:
    """Row and column of a cell; one without reference follows the one before."""
    if reference:
        letters = reference.rstrip("0123456789")
        row, column = int(reference[len(letters) :]), _column(letters)
    if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
        raise ValueError(reference)
    return row, column


@cache
def _column(letters: str) -> int:
    return int(column_index_from_string(letters))


class _Book:
    """What the cells of all sheets share: texts, styles of dates, first day of the calendar."""

    def __init__(self, package: Package, parts: dict[str, str], epoch: dt.datetime) -> None:
        self._package, self._epoch, self._filled = package, epoch, 0
        self._texts = self._read_texts(parts["sharedStrings"]) if "sharedStrings" in parts else []
        self._dates = self._read_dates(parts["styles"]) if "styles" in parts else set[str]()

    def _read_texts(self, part: str) -> list[str]:
        texts, runs = list[str](), list[str]()
        for tag, _, text in self._package.elements(part):
            if tag == "si":
                runs = []
            elif tag == "/t":
                runs.append(text)
            elif tag == "/si":
                texts.append(_read_text("".join(runs)))
                self._package.check(cells=len(texts))
        return texts

    def _read_dates(self, part: str) -> set[str]:
        """Read the styles whose number format is a date or a time of day."""
        inside, codes, formats = "", dict[int, str](), list[int]()
        for tag, attributes, _ in self._package.elements(part):
            if tag in {"numFmts", "cellXfs", "/numFmts", "/cellXfs"}:
                inside = tag
            elif (inside, tag) == ("numFmts", "numFmt"):
                codes[int(attributes["numFmtId"])] = attributes["formatCode"][:LONGEST_FORMAT]
            elif (inside, tag) == ("cellXfs", "xf"):
                formats.append(int(attributes.get("numFmtId", "0")))
            self._package.check(cells=max(len(codes), len(formats)))
        dates = DATE_FORMATS - set(codes) | {
            number for number, code in codes.items()
            if is_date_format(code) and not is_timedelta_format(code)
        }  # fmt: skip
        return {str(style) for style, number in enumerate(formats) if number in dates}

    def sheet(self, part: str) -> tuple[dict[Place, Cell], tuple[str, ...]]:
        """Read filled cells and merged areas."""
        cells, merged = dict[Place, Cell](), list[str]()
        formulas, filled_by = dict[str | None, str](), dict[str, str]()  # by number, by area
        for written in _written(self._package.elements(part)):
            found = max(len(cells), len(merged), len(filled_by))
            self._package.check(cells=self._filled + found)
            if isinstance(written, str):
                merged.append(_area(written))
                continue
            cell = self._cell(written) if written.formula is None else None
            if written.formula is not None:
                # a shared formula is spelt once; an array fills cells that have none
                number = written.made_by.get("si")
                formula = written.formula or formulas.get(number, "")
                formulas |= {number: formula} if number else {}
                if written.made_by.get("t") in {"array", "dataTable"}:
                    filled_by[_area(written.made_by["ref"])] = formula
                cell = _formula(formula)
            if cell and cells.setdefault(written.place, cell) is not cell:
                raise ValueError("one cell twice")
        self._filled += len(cells)
        self._package.check(cells=max(self._filled, len(merged), len(filled_by)))
        return self._with_arrays(cells, filled_by), tuple(merged)

    def _with_arrays(
        self, cells: dict[Place, Cell], filled_by: dict[str, str]
    ) -> dict[Place, Cell]:
        found = dict(cells)
        for area, formula in filled_by.items():
            left, top, right, bottom = range_boundaries(area)
            self._package.hurry()
            found |= {
                (row, column): _formula(formula)
                for row, column in cells
                if top <= row <= bottom and left <= column <= right
            }
        return found

    def _cell(self, written: _Written) -> Cell | None:
        """Read one cell; none where it is empty."""
        value, kind = written.value, written.attributes.get("t", "n")
        if not value:
            return None
        if kind == "s":
            text, named = self._texts[_positive(value)], "text"
        elif kind == "n" and written.attributes.get("s", "0") in self._dates:
            text, named = _date(_number(value), self._epoch)
        else:
            read, named = _READERS[kind]
            text = read(value)
        return Cell(text, named) if text else None


def _positive(value: str) -> int:
    if not value.isdecimal():  # minus one would be the last
        raise IndexError(value)
    return int(value)


def _read_text(written: str) -> str:
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), written)
    text = unicodedata.normalize("NFC", _FORBIDDEN.sub(REPLACEMENT, text)).strip()
    if len(text) > LONGEST_TEXT:
        raise ValueError("longer than a cell can be")
    return text


def _number(written: str) -> str:
    """Write a number shortest; digits that were written whole stay."""
    text = written.strip()
    if not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
        raise ValueError(text)
    if text.lstrip("+-").isdigit():
        return str(int(text))
    return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)


def _date(number: str, epoch: dt.datetime) -> tuple[str, str]:
    """Write a serial number as a date; one beyond the calendar of Excel stays a number."""
    if not 0 <= float(number) < (dt.date.max - epoch.date()).days + 1:  # to 9999-12-31
        return number, "number"
    found = from_excel(float(number), epoch)
    return (found.isoformat() if isinstance(found, dt.time) else _moment(found)), "date"


def _moment(found: dt.datetime) -> str:
    return found.isoformat().removesuffix("T00:00:00")


_READERS: dict[str, tuple[Callable[[str], str], str]] = {
    "n": (_number, "number"), "str": (_read_text, "text"), "inlineStr": (_read_text, "text"),
    "e": (_read_text, "error"), "b": (lambda written: _TRUTH[written.strip()], "truth"),
    "d": (lambda written: _moment(dt.datetime.fromisoformat(written.strip())), "date"),
}  # fmt: skip


def _formula(written: str) -> Cell:
    return Cell(_read_text(f"={written}"), "formula")


def _area(reference: str) -> str:
    if not _AREA.fullmatch(reference):
        raise ValueError(reference)
    return reference


def harmless(text: str) -> str:
    """Keep a text of a CSV file from being taken for a formula, by an apostrophe before it.

    Parameters
    ----------
    text
        Any; one that is a plain number stays as it is.

    References
    ----------
    OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection

    Examples
    --------
    >>> harmless("=1+1"), harmless("-5"), harmless("광주")
    ("'=1+1", '-5', '광주')
    """
    is_number = _NUMBER.fullmatch(text) or _GROUPED.fullmatch(text)
    return f"'{text}" if _FORMULA.match(text) and not is_number else text


def put(sheet: Worksheet, row: int, column: int, value: object) -> OwnCell:
    """Write a value into a cell of a workbook of ours; a text never becomes a formula.

    Parameters
    ----------
    sheet
        The sheet, which is changed.
    row, column
        Where, from 1.
    value
        A number, truth, date or text; nothing and missing values leave the cell empty, anything
        else is written as the text it has. Characters that XML forbids become U+FFFD, a text
        longer than a cell can be ends in an ellipsis.

    Returns
    -------
    OwnCell
        The cell, to be styled.
    """
    cell = sheet.cell(row, column)
    cell.value = None
    if messages.is_unknown(value):
        return cell
    if isinstance(value, bool | np.bool_):
        cell.value = bool(value)
    elif isinstance(value, Real) and math.isfinite(value):
        cell.value = int(value) if isinstance(value, Integral) else float(value)
    elif isinstance(value, dt.date | dt.time) and not getattr(value, "tzinfo", None):
        cell.value = value
    else:
        text = _FORBIDDEN.sub(REPLACEMENT, str(value))
        text = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
        cell.quotePrefix = harmless(text) != text
        cell.value = _LOOKS_ESCAPED.sub("_x005F_", text)
        cell.data_type = "s"
    return cell


def save(book: Workbook, path: Path, *, mode: int = 0o666) -> None:
    """Write a workbook of ours, with the same bytes each time, and whole or not at all.

    Parameters
    ----------
    book
        The workbook; the dates on which it was made are left out.
    path
        Where; a file that is there is replaced.
    mode
        Who may read and write it, from its first byte, less what the umask takes.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    made, kept = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as dated, zipfile.ZipFile(kept, "w") as undated:
        for name in dated.namelist():
            entry = zipfile.ZipInfo(name)  # of 1980
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
            undated.writestr(entry, _MADE_ON.sub(rb"\g<1>1980-01-01T00:00:00Z", dated.read(name)))
    _replace(path, kept.getvalue(), mode=mode)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV in UTF-8 that is safe to open in a spreadsheet, whole or not at all.

    Parameters
    ----------
    table
        The table; its index is left out.
    path
        Where; a file that is there is replaced.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    columns = [column if is_any_real_numeric_dtype(column) or is_datetime64_any_dtype(column)
               else pd.Series(map(_csv_cell, column), column.index, dtype=object)
               for _, column in table.items()]  # fmt: skip
    safe = pd.DataFrame(dict(enumerate(columns)))
    heads = [str(_csv_cell(name)) for name in table.columns]
    _replace(path, safe.to_csv(header=heads, index=False, lineterminator="\n").encode())


def _csv_cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = harmless(_FORBIDDEN.sub(REPLACEMENT, value))
    return text.replace("\r\n", "\n").replace("\r", "\n")  # csv does not quote a lone one


def _replace(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    beside = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        with open(beside, "xb", opener=partial(os.open, mode=mode)) as file:
            file.write(content)
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise WriteError(
            f"{path} cannot be written ({error.strerror}); close it where it is open, or name "
            "another place"
        ) from error

"""Returned forms for tests: filled in as people do, and broken in every way a return can be.

A function takes a good return and writes a broken copy of it. `BROKEN` names what becomes of each:
``accepted``, ``faulty`` with the kind of its first flaw, or ``refused``.
"""

import sys
import unicodedata
from functools import partial
from pathlib import Path

import openpyxl

from site_select import layouts, workbooks

EXAMPLE = Path(__file__).parents[1] / "data" / "studies" / "example"
sys.path.insert(0, str(EXAMPLE))  # its makers are scripts of that folder

import make  # noqa: E402
import people  # noqa: E402
import truth  # noqa: E402

__all__ = ["BROKEN", "EXAMPLE", "fill", "make", "people", "truth"]

fill = people.fill
OLE = bytes.fromhex("D0CF11E0A1B11AE1")


def changed(good, target, change):
    """Open a good return, change it, save it under another name."""
    book = openpyxl.load_workbook(good)
    change(book)
    workbooks.save(book, target)
    return target


def _renamed(book):
    book["주문"].title = "주문서"


def _hidden(book):
    book["주문"].sheet_state = "hidden"


def _extra(book):
    book.create_sheet("메모")["A1"] = "회의록"


def _other_version(book):
    next(row for row in book["_form"] if row[0].value == "version")[1].value = "0123456789ab"


def _no_stamp(book):
    del book["_form"]


def _cell(title, name, value, line=layouts.FIRST_ROW):
    def write(book):
        cell = book[title].cell(line, people.columns(book[title])[name])
        cell.value = value
        cell.data_type = "s" if isinstance(value, str) else "n"  # a text, whatever it begins with

    return write


def _twice(book):
    sheet = book["주문"]
    for number in people.columns(sheet).values():
        if number < sheet.max_column:
            sheet.cell(layouts.FIRST_ROW + 30, number).value = sheet.cell(
                layouts.FIRST_ROW, number
            ).value


def _decomposed(book):
    for sheet in book:
        for row in sheet.iter_rows(min_row=layouts.FIRST_ROW):
            for cell in row:
                if cell.data_type == "s":
                    cell.value = unicodedata.normalize("NFD", cell.value)


def _live_name(book):
    book["기업"].cell(layouts.FIRST_ROW, 2).value = '=HYPERLINK("http://example.invalid","x")'


def _replaced(make_content):
    def write(good, target):
        target.write_bytes(make_content(good.read_bytes()))
        return target

    return write


_IN_BOOK = {
    "renamed_sheet": (_renamed, "sheet"),
    "hidden_sheet": (_hidden, "accepted"),
    "extra_sheet": (_extra, "accepted"),
    "merged_cells": (people.merged, "merged"),
    "formula": (people.formula, "formula"),
    "other_version": (_other_version, "version"),
    "no_stamp": (_no_stamp, "stamp"),
    "text_in_number": (_cell("주문", "weight_t", "약 2톤"), "number"),
    "kilograms": (people.kilograms, "lot_kg"),
    "shares": (people.shares, "shares"),
    "duplicate_rows": (_twice, "twice"),
    "wrong_word": (_cell("주문", "mode", "드론"), "choice"),
    "too_large": (_cell("주문", "weight_t", 1e9), "bounds"),
    "unknown_firm": (_cell("주문", "firm", "F39"), "firm_unlisted"),
    "wrong_business_number": (people.wrong_number, "check_digit"),
    "decomposed_text": (_decomposed, "accepted"),
    "full_width_digits": (_cell("주문", "price_krw_per_kg", "２８，０００"), "accepted"),
    "formula_as_text": (_cell("기업", "name", '=HYPERLINK("http://example.invalid")'), "accepted"),
    "live_name": (_live_name, "formula"),
}
_OF_BYTES = {
    "empty": lambda _: b"",
    "no_workbook": lambda _: b"%PDF-1.7 not a workbook",
    "password": lambda _: OLE + b"\0" * 4_096,
    "truncated": lambda content: content[: len(content) // 2],
}
BROKEN = {
    name: (partial(changed, change=change), kind) for name, (change, kind) in _IN_BOOK.items()
} | {name: (_replaced(content), "refused") for name, content in _OF_BYTES.items()}

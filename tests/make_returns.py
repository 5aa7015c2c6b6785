"""Returned forms for tests: filled in as people do, and broken in every way a return can be.

A function takes a good return and writes a broken copy of it. `BROKEN` tells what the letter says
was found in each; ``""`` where a return is unusual and still accepted.
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
    "renamed_sheet": (_renamed, "no such sheet"),
    "hidden_sheet": (_hidden, ""),
    "extra_sheet": (_extra, ""),
    "merged_cells": (people.merged, "merged cells D6:D7"),
    "formula": (people.formula, "the formula =2*3"),
    "other_version": (_other_version, "version 0123456789ab"),
    "no_stamp": (_no_stamp, "no stamp of a form"),
    "text_in_number": (_cell("주문", "weight_t", "약 2톤"), "'약 2톤'"),
    "kilograms": (people.kilograms, "400 t an order"),
    "shares": (people.shares, "shares that sum to 90%"),
    "duplicate_rows": (_twice, "again, after row 6"),
    "wrong_word": (_cell("주문", "mode", "드론"), "'드론'"),
    "too_large": (_cell("주문", "weight_t", 1e9), "1000000000"),
    "unknown_firm": (_cell("주문", "firm", "F39"), "firm 'F39'"),
    "wrong_business_number": (people.wrong_number, "whose last digit"),
    "decomposed_text": (_decomposed, ""),
    "full_width_digits": (_cell("주문", "price_krw_per_kg", "２８，０００"), ""),
    "formula_as_text": (_cell("기업", "name", "=1+1"), "the formula =1+1"),
    "sign_before_text": (_cell("기업", "name", "@가상정밀"), ""),
    "live_name": (_live_name, "the formula =HYPERLINK"),
}
_OF_BYTES = {
    "empty": (lambda _: b"", "0 bytes"),
    "no_workbook": (lambda _: b"%PDF-1.7 not a workbook", "no workbook"),
    "password": (lambda _: OLE + b"\0" * 4_096, "password-protected"),
    "truncated": (lambda content: content[: len(content) // 2], "a damaged workbook"),
}
BROKEN = {name: (partial(changed, change=change), said)
          for name, (change, said) in _IN_BOOK.items()}  # fmt: skip
BROKEN |= {name: (_replaced(content), said) for name, (content, said) in _OF_BYTES.items()}

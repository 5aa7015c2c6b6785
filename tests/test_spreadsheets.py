import zipfile

import openpyxl
import pytest

from site_select import spreadsheets
from site_select.errors import Fault


@pytest.fixture
def book(tmp_path):
    """Make a workbook by a function of its first sheet; give what is read of it."""

    def read(change, **sheets):
        made = openpyxl.Workbook()
        change(made.active)
        for title, other in sheets.items():
            other(made.create_sheet(title))
        made.save(tmp_path / "table.xlsx")
        return spreadsheets.rows(tmp_path / "table.xlsx")

    return read


def test_first_sheet_is_read_by_row_number_and_empty_rows_left_out(book):
    def fill(sheet):
        sheet.append(["complex", "since", "ready"])
        sheet["A4"], sheet["B4"], sheet["C4"] = "007", 7.0, True

    read = book(fill, other=lambda sheet: sheet.append(["=1+1"]))
    assert read == ({1: ["complex", "since", "ready"], 4: ["007", "7", "TRUE"]}, [], [])


def test_short_rows_are_as_long_as_the_longest(book):
    def fill(sheet):
        sheet.append(["a", "b"])
        sheet["A2"], sheet["D3"] = 1, 2

    assert book(fill).rows == {1: ["a", "b", "", ""], 2: ["1", "", "", ""], 3: ["", "", "", "2"]}


def test_formulas_and_errors_are_faults_with_their_place(book):
    def fill(sheet):
        sheet.append(["a", "=SUM(A1:A2)"])
        sheet["AA3"] = "#DIV/0!"

    allowed = ("a value", "copy the cell and paste it as a value", "Sheet")
    assert book(fill).faults == [
        Fault("table.xlsx", 1, "B", "the formula '=SUM(A1:A2)'", *allowed),
        Fault("table.xlsx", 3, "AA", "the error value '#DIV/0!'", *allowed),
    ]


def test_cells_far_off_do_not_fill_the_memory(book):
    def fill(sheet):
        for row in range(1, 400):
            sheet.cell(row, 1, "a")
        sheet["XFD1048576"] = 1

    (fault,) = book(fill).faults
    assert fault.found == "a table of 400 rows and 16,384 columns"


def test_empty_workbook_has_no_rows(book):
    assert book(lambda _: None) == ({}, [], [])


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", "an empty file (0 bytes)"),
        (b"branch,name_ko", "a file that is no workbook"),
        (b"PK\3\4", "a damaged workbook (zip)"),
        (bytes.fromhex("D0CF11E0A1B11AE1"), "a password-protected file or an old .xls"),
    ],
)
def test_refused_workbook_is_a_fault_of_the_file(tmp_path, raw, found):
    (tmp_path / "table.xlsx").write_bytes(raw)
    rows, (fault,), _ = spreadsheets.rows(tmp_path / "table.xlsx")
    assert (rows, fault.file, fault.found) == ({}, "table.xlsx", found)
    assert fault.allowed.startswith("an Excel workbook") or "Excel opens" in fault.allowed
    assert fault.remedy


def test_composed_spelling_of_a_workbook_needs_no_note(book):
    assert book(lambda sheet: sheet.append(["\u1100\u116a"])) == ({1: ["\uacfc"]}, [], [])


def test_sheets_behind_the_first_are_not_looked_at(book, tmp_path):
    book(lambda sheet: sheet.append(["a"]), other=lambda sheet: sheet.append(["b"]))
    with zipfile.ZipFile(tmp_path / "table.xlsx") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "table.xlsx", "w") as archive:
        for name, content in (members | {"xl/worksheets/sheet2.xml": b"<<<"}).items():
            archive.writestr(name, content)
    assert spreadsheets.rows(tmp_path / "table.xlsx") == ({1: ["a"]}, [], [])

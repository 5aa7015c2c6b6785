"""Read one returned form."""

import unicodedata
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from site_select import forms, layouts, returns, tables, workbooks
from site_select.messages import Text

REFERENCE = Path(__file__).parent.parent / "data" / "reference"
QUESTIONS = tables.read(REFERENCE / "questions.csv", "questions").table
PLACES = tables.read(REFERENCE / "overseas_places.csv", "overseas_places").table
VERSION = layouts.version(QUESTIONS)
STAMP = {"kind": "complex", "study": "made up", "form_id": "A", "about": "A", "version": VERSION,
         "round": "1"}  # fmt: skip
SUPPLIER = next(name for name in layouts.supplier_names(PLACES) if name.startswith("O05"))
FIRM = {"firm": "F01", "name": "가상정밀", "business_number": "124-81-00998",
        "branch": "금형 / mold", "employees": 12, "year": 2026}  # fmt: skip
STOCK = layouts.columns("form_orders")["stock_days"]
ORDER = {"firm": "F01", "part": "가스 스프링", "origin": "SE", "supplier": SUPPLIER,
         "incoterm": "FCA", "weight_t": 2, "orders_per_year": 4, "mode": "항공 / air"}  # fmt: skip


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    path = tmp_path_factory.mktemp("forms") / "A.xlsx"
    book = forms.complex_form(STAMP, Text("가상", "made up"), questions=QUESTIONS, places=PLACES)
    workbooks.save(book, path)
    return path


@pytest.fixture
def form(blank, tmp_path):
    """Give a workbook to fill, and read what was filled in."""

    class Form:
        book = openpyxl.load_workbook(blank)

        def row(self, title, line=layouts.FIRST_ROW, /, **values):
            sheet = self.book[title]
            names = {cell.value: cell.column for cell in sheet[layouts.NAME_ROW]}
            for name, value in values.items():
                sheet.cell(line, names[name], value)

        def answer(self, title, question, value):
            sheet = self.book[title]
            line = next(row[0].row for row in sheet if row[0].value == question)
            sheet.cell(line, layouts.QUESTION_COLUMNS.index("answer") + 1, value)

        def read(self, asked=None):
            path = tmp_path / "returned.xlsx"
            self.book.save(path)
            return read(path, asked)

        def only_flaw(self):
            (flaw,) = self.read().flaws
            return flaw

    return Form()


def read(path, asked=None):
    return returns.read(
        path, asked=asked or {"A": STAMP}, questions=QUESTIONS,
        suppliers=layouts.supplier_names(PLACES),
    )  # fmt: skip


def test_blank_form_has_no_flaw_and_no_row(blank):
    found = read(blank)
    assert found.flaws == []
    assert {name: len(table) for name, table in found.tables.items()} == dict.fromkeys(
        ("form_firms", "form_parts", "form_orders", "form_consents"), 0
    )
    assert found.stamp == STAMP
    assert set(found.answers["reply"]) == {"not_asked"}


def test_what_was_written_is_read_with_its_place(form):
    form.row("기업", **FIRM)
    form.row("주문", 9, **ORDER, lead_time_days="1,2", stock_days=0)
    found = form.read()
    assert [flaw.found.en for flaw in found.flaws] == ["'1,2'"]
    row = found.tables["form_orders"].loc[9]
    assert (row["supplier"], row["mode"], row["weight_t"]) == ("O05", "air", 2.0)
    assert row["stock_days"] == 0
    places = found.cells.set_index(["table", "row", "column"])
    assert places.loc[("form_orders", 9, "stock_days")].tolist() == ["given", "주문", f"{STOCK}9"]


def test_codes_stay_apart_from_zero_and_from_each_other(form):
    form.row("기업", **FIRM)
    form.row("주문", 6, **ORDER, stock_days=0, lead_time_days="모름", payment_days="refused",
             qualify_days="미조사 / not asked")  # fmt: skip
    found = form.read()
    assert found.flaws == []
    replies = found.cells[found.cells["row"] == 6].set_index("column")["reply"]
    assert [replies[name] for name in ("stock_days", "lead_time_days", "payment_days",
                                       "qualify_days", "packed_m3")] == [
        "given", "unknown", "refused", "not_asked", "not_asked",
    ]  # fmt: skip
    row = found.tables["form_orders"].loc[6]
    assert row["stock_days"] == 0
    assert pd.isna(row["lead_time_days"])


@pytest.mark.parametrize(
    ("value", "number"),
    [("１２", 12.0), ("12", 12.0), ("1,200", 1200.0), (12.5, 12.5), ("1.2만", 12000.0)],
)
def test_numbers_as_people_write_them(form, value, number):
    form.row("기업", **FIRM)
    form.row("주문", **{**ORDER, "weight_t": value})
    assert form.read().tables["form_orders"]["weight_t"].tolist() == [number]


@pytest.mark.parametrize("name", [unicodedata.normalize("NFD", "가스 스프링"), " 가스 스프링 "])
def test_decomposed_text_joins(form, name):
    form.row("기업", **FIRM)
    form.row("주문", **{**ORDER, "part": name})
    assert form.read().tables["form_orders"]["part"].tolist() == ["가스 스프링"]


@pytest.mark.parametrize("identifier", ["007", "1e5"])
def test_text_that_looks_like_a_number_stays_text(form, identifier):
    form.row("기업", **FIRM)
    form.row("주문", **{**ORDER, "part": identifier})
    assert form.read().tables["form_orders"]["part"].tolist() == [identifier]


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("weight_t", "두 톤", "a number such as"),
        ("weight_t", "2 t", "a number such as"),
        ("weight_t", -1, "0.000001 to 100000"),
        ("weight_t", 1e9, "0.000001 to 100000"),
        ("weight_t", "=1+1", "a value"),
        ("weight_t", None, "an answer"),
        ("other_suppliers", 1.5, "a whole number"),
        ("mode", "자전거", "항공 / air"),
        ("mode", "모름", "an answer; this cell cannot be left unknown"),
        ("supplier", "어디선가", "O05"),
        ("origin", "Sweden", "two letters"),
        ("hs_code", "12ab", "six to ten digits"),
        ("firm", "1번", "F01 to F99"),
        ("part", "가" * 1001, "1,000 characters"),
    ],
)
def test_each_flaw_names_its_cell_and_what_is_allowed(form, column, value, allowed):
    form.row("기업", **FIRM)
    form.row("주문", 7, **{**ORDER, column: value})
    flaw = form.only_flaw()
    letter = layouts.columns("form_orders")[column]
    assert (flaw.sheet, flaw.cell, flaw.is_query) == ("주문", f"{letter}7", False)
    assert allowed in flaw.allowed.en
    assert all(part.ko and part.en for part in (flaw.found, flaw.allowed, flaw.remedy))


def test_all_flaws_are_told_at_once(form):
    form.row("기업", **{**FIRM, "year": "작년"})
    form.row("주문", **{**ORDER, "mode": "?", "weight_t": "?"})
    assert [flaw.cell for flaw in form.read().flaws] == ["I6", "J6", "O6"]


def test_formula_is_refused_by_its_cell_and_never_computed(form):
    form.row("기업", **{**FIRM, "name": '=HYPERLINK("http://x","y")'})
    flaw = form.only_flaw()
    assert flaw.cell == "B6"
    assert "HYPERLINK" in flaw.found.en


def test_formula_kept_as_text_is_refused_too(form):
    form.row("기업", **FIRM)
    form.row("주문", **{**ORDER, "part": "x"})
    cell = form.book["주문"].cell(6, 2)
    cell.value, cell.data_type = "=A1", "s"
    assert form.only_flaw().cell == "B6"


def test_repeated_key_names_the_first_row(form):
    form.row("기업", **FIRM)
    form.row("주문", 6, **ORDER)
    form.row("주문", 8, **ORDER)
    flaw = form.only_flaw()
    assert flaw.cell == "A8"
    assert "after row 6" in flaw.found.en


def test_merged_cells_are_named_and_merged_heads_are_not(form):
    form.row("기업", **FIRM)
    form.book["주문"].merge_cells("A7:A9")
    form.book["주문"].merge_cells("A1:C1")
    assert "A7:A9" in form.only_flaw().found.en


def test_renamed_sheet_is_missed_and_extra_or_hidden_ones_are_not_read(form):
    form.row("기업", **FIRM)
    extra = form.book.create_sheet("비밀")
    extra["A1"] = "=1+1"
    extra.sheet_state = "hidden"
    assert form.read().flaws == []
    form.book["주문"].title = "주문서"
    flaw = form.only_flaw()
    assert flaw.sheet == "주문"
    assert "주문서" in flaw.found.en


def test_removed_column_and_question_are_missed(form):
    form.book["주문"].cell(layouts.NAME_ROW, 1).value = None
    form.book["단지"].cell(layouts.FIRST_ROW, 1).value = None
    assert [flaw.sheet for flaw in form.read().flaws] == ["주문", "단지"]


def test_other_version_and_unasked_form_are_refused(form):
    assert "version" in form.read({"A": {**STAMP, "version": "0" * 12}}).flaws[0].found.en
    assert "not asked" in form.read({"B": STAMP}).flaws[0].found.en
    for key in ("kind", "about", "study", "round"):
        found = form.read({"A": {**STAMP, key: "another"}})
        assert "a changed stamp" in found.flaws[0].found.en
        assert found.stamp == {}
    del form.book[layouts.STAMP_SHEET]
    found = form.read()
    assert "no stamp" in found.flaws[0].found.en
    assert found.stamp == {}


def test_workbook_that_is_none_becomes_one_flaw(tmp_path):
    path = tmp_path / "A.xlsx"
    path.write_bytes(b"")
    found = read(path)
    assert len(found.flaws) == 1
    assert found.stamp == {}


@pytest.mark.parametrize(
    ("value", "status", "number"),
    [("예 / yes", "existing", 1.0), ("아니오", "absent", 0.0), ("계획", "planned", 1.0)],
)
def test_presence_is_yes_no_or_planned(form, value, status, number):
    form.answer("기반시설", "ordering_body", value)
    row = form.read().answers.set_index("question").loc["ordering_body"]
    assert (row["reply"], row["status"], row["value"]) == ("given", status, number)


def test_number_question_keeps_its_bounds_and_words_stay_words(form):
    form.answer("단지", "root_firms", 5001)
    form.answer("단지", "imported_items", "<script>alert(1)</script>")
    found = form.read()
    assert [flaw.allowed.en for flaw in found.flaws] == ["0 to 5000"]
    row = found.answers.set_index("question").loc["imported_items"]
    assert row["words"] == "<script>alert(1)</script>"
    assert pd.isna(row["value"])


def test_rows_beyond_what_a_form_can_hold_are_refused(form, monkeypatch):
    monkeypatch.setattr(returns, "MOST_ROWS", 3)
    for line in range(6, 10):
        form.row("주문", line, **{**ORDER, "part": f"p{line}"})
    assert "more than 3 rows" in form.only_flaw().found.en

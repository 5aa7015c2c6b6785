import re
import time

import openpyxl
import pandas as pd
import pytest

from site_select import forms, input_rules, layouts, live_checks, messages, returns, workbooks
from site_select.messages import Text

NAME = Text(ko="시험단지", en="Test complex")
STAMP = {"kind": "complex", "study": "test", "form_id": "T01-complex", "about": "T01",
         "version": "0123456789ab", "round": ""}  # fmt: skip
COLUMNS = ["question", "sheet", "kind", "unit", "minimum", "maximum", "text_ko", "text_en"]
QUESTIONS = pd.DataFrame(
    [("root_firms", "complex", "integer", "firms", 0.0, 5000.0, "뿌리기업 수", "Root firms"),
     ("items", "complex", "text", "", None, None, "품목", "Items"),
     ("container_access", "infrastructure", "presence", "", None, None, "진입", "Access"),
     ("floor", "infrastructure", "number", "m2", 0.0, 1e6, "바닥", "Floor"),
     ("visit_road", "visit", "score", "", 1.0, 5.0, "진입로", "Access road"),
     ("visit_body", "visit", "score", "", 1.0, 5.0, "조직", "Body")],
    columns=COLUMNS,
)  # fmt: skip
PLACES = pd.DataFrame(
    [("O01", "port", "Port", "NL"), ("O05", "supplier", "Springs AB", "SE;DE"),
     ("O06", "supplier", "Dies", "MY;*")], columns=["place_id", "kind", "name", "country"],
)  # fmt: skip
HOSTILE = [
    '=HYPERLINK("http://evil.example","x")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1",
    "<script>alert(1)</script>", "a\x00b\x0bc\ufffe", '"&A1&"', "# [firm] [=truck]",
]  # fmt: skip
ORDERS = layouts.columns("form_orders")


def complex_form(**changed):
    given = {"questions": QUESTIONS, "places": PLACES} | changed
    return forms.complex_form(STAMP, changed.pop("name", NAME), **{
        key: value for key, value in given.items() if key != "name"})  # fmt: skip


@pytest.fixture(scope="module")
def form():
    return complex_form()


@pytest.fixture(scope="module")
def visit():
    return forms.visit_form({**STAMP, "kind": "visit"}, NAME, questions=QUESTIONS)


def rule(sheet, cell):
    (found,) = [rule for rule in sheet.data_validations.dataValidation if cell in rule.cells]
    return found


def offered(book, cells):
    return [cell.value for (cell,) in book[layouts.LISTS_SHEET][cells.split("!")[1]]]


def reopened(book, tmp_path):
    workbooks.save(book, tmp_path / "form.xlsx")
    return openpyxl.load_workbook(tmp_path / "form.xlsx")


def formulas(book):
    return [
        cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


def test_sheets_stand_in_the_order_of_the_contract_and_the_reader_s_own_are_hidden(form):
    assert {sheet.title: sheet.sheet_state for sheet in form} == {
        "안내": "visible", "단지": "visible", "기업": "visible", "품목": "visible",
        "주문": "visible", "기반시설": "visible", "참여동의": "visible",
        "_lists": "hidden", "_form": "veryHidden",
    }  # fmt: skip
    assert form.sheetnames == ["안내", "단지", "기업", "품목", "주문", "기반시설", "참여동의",
                               "_lists", "_form"]  # fmt: skip


def test_the_stamp_comes_back(form, visit, tmp_path):
    for book, kind in ((form, "complex"), (visit, "visit")):
        workbooks.save(book, tmp_path / "form.xlsx")
        cells = workbooks.opened(tmp_path / "form.xlsx")["_form"].cells
        said = {cells[row, 1].text: cells[row, 2].text for row in range(1, 6)}
        assert said == {key: value for key, value in (STAMP | {"kind": kind}).items() if value}


@pytest.mark.parametrize(("title", "table", "rows"), layouts.TABLE_SHEETS)
def test_a_table_sheet_has_the_columns_of_its_schema_and_a_check(form, title, table, rows):
    sheet, names = form[title], [*layouts.columns(table), "~check"]
    assert [cell.value for cell in sheet[layouts.NAME_ROW]] == names
    assert sheet.row_dimensions[layouts.NAME_ROW].hidden
    checks = [sheet.cell(line, len(names)).value for line in range(6, 6 + rows)]
    assert all(check.startswith("=IF(COUNTA(") for check in checks)
    assert sheet.max_row == 5 + rows


def test_heads_name_the_unit_and_mark_what_cannot_be_left_empty(form):
    letter = ORDERS["weight_t"]
    assert form["주문"][f"{letter}3"].value == "연간 주문량 [t/년] *"
    assert form["주문"][f"{letter}4"].value == "Weight ordered a year [t/year] *"
    assert form["주문"][f"{ORDERS['price_krw_per_kg']}3"].value == "단가 [원/kg]"


def test_every_unit_of_a_form_has_korean_words():
    units = {
        unit
        for _, table, _ in (*layouts.TABLE_SHEETS, layouts.VISIT_SHEET)
        for unit in layouts.tables.schema(table)["unit"]
        if unit
    }
    assert {unit for unit in units if f"units.{unit}" not in messages.catalogue()} == set()


def test_firm_numbers_are_printed_and_locked_and_may_go_on_below(form):
    sheet = form["기업"]
    assert [sheet.cell(line, 1).value for line in (6, 7, 45)] == ["F01", "F02", "F40"]
    assert sheet["A6"].protection.locked
    assert not sheet.column_dimensions["A"].protection.locked


def test_only_input_cells_can_be_written_and_no_password_is_needed(form):
    assert form.security.lockStructure
    assert form.security.workbookPassword is None
    for sheet in form:
        assert sheet.protection.sheet
        assert sheet.protection.password is None
        locked = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert all(cell.protection.locked for cell in locked)
    for title, table, _ in layouts.TABLE_SHEETS:
        sheet, letters = form[title], layouts.columns(table).values()
        assert not any(sheet.column_dimensions[letter].protection.locked for letter in letters)
        heads = [cell for row in sheet.iter_rows(max_row=5) for cell in row]
        assert all(cell.protection.locked for cell in heads)
        assert sheet.column_dimensions[chr(ord(max(letters)) + 1)].protection.locked
    assert [form["단지"][f"{letter}6"].protection.locked for letter in "ABCDEFG"] == [
        True, True, True, False, False, False, True,
    ]  # fmt: skip


def test_text_stays_text_and_numbers_are_shown_in_full(form):
    shown = {name: form["주문"].column_dimensions[letter].number_format
             for name, letter in ORDERS.items()}  # fmt: skip
    assert {shown[name] for name in ("firm", "part", "hs_code", "mode")} == {"@"}
    assert shown["weight_t"] == "#,##0.######"
    assert shown["other_suppliers"] == "#,##0.######"  # 2.5 is seen, and shown to be wrong
    assert form["기업"].column_dimensions["C"].number_format == "@"  # business number
    assert form["기업"].column_dimensions["I"].number_format == "0"  # year
    assert form["참여동의"].column_dimensions["G"].number_format == "yyyy-mm-dd"


def test_drop_downs_offer_what_the_schema_allows_and_codes_where_they_are_answers(form):
    orders = form["주문"]
    channel = rule(orders, f"{ORDERS['channel']}6")
    assert (channel.type, channel.errorStyle) == ("list", "stop")
    assert offered(form, channel.formula1) == [
        "직거래 / direct", "대리점 / agent", "모름 / unknown", "거부 / refused",
        "미조사 / not asked",
    ]  # fmt: skip
    mode = rule(orders, f"{ORDERS['mode']}6")
    assert offered(form, mode.formula1) == [
        "항공 / air", "해상 혼재(LCL) / sea, part load (LCL)",
        "해상 20피트(FCL) / sea, 20 ft container (FCL)",
        "해상 40피트(FCL) / sea, 40 ft container (FCL)", "트럭(국내) / truck (within Korea)",
    ]  # fmt: skip
    supplier = rule(orders, f"{ORDERS['supplier']}6")
    assert offered(form, supplier.formula1) == ["O05 Springs AB", "O06 Dies", "기타 / other"]
    access = rule(form["기반시설"], "D6")
    assert offered(form, access.formula1) == [
        "예 / yes", "아니오 / no", "계획 / planned", "모름 / unknown", "거부 / refused",
        "미조사 / not asked",
    ]  # fmt: skip


def test_origins_are_codes_of_the_study_s_places_too_and_others_may_be_written(form):
    origin = rule(form["주문"], f"{ORDERS['origin']}6")
    countries = offered(form, origin.formula1)
    assert countries[:3] == ["KR", "JP", "CN"]
    assert "MY" in countries
    assert "*" not in countries
    assert len(countries) == len(set(countries))
    assert origin.errorStyle == "warning"


def test_what_is_offered_is_what_the_reader_understands(form):
    for name, row in layouts.tables.schema("form_orders").iterrows():
        if row["allowed"]:
            shown = offered(form, rule(form["주문"], f"{ORDERS[name]}6").formula1)
            values = row["allowed"].split(";")
            codes = [] if name in layouts.NEVER_CODES else list(layouts.CODES)
            assert [layouts.understood(text, [*values, *codes]) for text in shown] == [
                *values, *codes,
            ]  # fmt: skip


def test_numbers_are_held_to_the_bounds_of_the_schema_or_are_codes(form):
    codes = f"COUNTIF({form_codes(form)},"
    weight = rule(form["주문"], "J6")
    assert (weight.type, weight.errorStyle) == ("custom", "stop")
    assert weight.formula1 == f"OR(AND(ISNUMBER(J6),J6>=0.000001,J6<=100000),{codes}J6)>0)"
    assert rule(form["기업"], "H6").formula1 == (
        f"OR(AND(ISNUMBER(H6),H6>=0,H6<=10000,H6=INT(N(H6))),{codes}H6)>0)"
    )
    assert rule(form["기업"], "I6").formula1 == (
        "AND(ISNUMBER(I6),I6>=2015,I6<=2035,I6=INT(N(I6)))"  # a year cannot be left unknown
    )


def form_codes(book):
    found = re.search(r"COUNTIF\((_lists![^,]+),", rule(book["주문"], "J6").formula1)[1]
    assert offered(book, found) == [
        "모름 / unknown", "unknown", "모름", "unknown", "거부 / refused", "refused", "거부",
        "refused", "미조사 / not asked", "not_asked", "미조사", "not asked",
    ]  # fmt: skip
    return found


def test_prompts_name_unit_bounds_and_codes_in_both_languages(form):
    assert rule(form["주문"], "J6").prompt == (
        "연간 주문량 [t/년]: 숫자, 0.000001에서 100,000까지, 모르면 '모름', 거부는 '거부', "
        "묻지 않았으면 '미조사'\n"
        "Weight ordered a year [t/year]: number, 0.000001 to 100,000, or: unknown, refused, "
        "not asked"
    )
    assert "식별 정보 표에만 남음" in rule(form["기업"], "B6").prompt
    assert "2015에서 2035까지" in rule(form["기업"], "I6").prompt  # not 2,015


def test_prompts_and_errors_are_short_enough_for_excel():
    questions = QUESTIONS.assign(text_ko="가" * 400, text_en="a" * 400)
    book = complex_form(questions=questions)
    for sheet in book:
        for each in sheet.data_validations.dataValidation:
            assert len(each.prompt) <= 255
            assert len(each.error) <= 225
            assert len(each.errorTitle) <= 32


def test_formulas_are_those_that_old_excel_and_libreoffice_know(form, visit):
    known = {"ABS", "AND", "COUNT", "COUNTA", "COUNTIF", "COUNTIFS", "FIND", "IF", "IFERROR", "INT",
             "ISNUMBER", "ISTEXT", "LEN", "MID", "MOD", "N", "OR", "RIGHT", "ROUND", "SUBSTITUTE",
             "SUM", "SUMPRODUCT", "VALUE"}  # fmt: skip
    found = formulas(form) + formulas(visit)
    assert {name for formula in found for name in re.findall(r"([A-Z.]+)\(", formula)} <= known
    assert max(map(len, found)) < 8192
    assert not any("[" in formula or "#" in formula for formula in found)


def test_a_formula_looks_at_its_own_row(form):
    sheet = form["주문"]
    for line in (6, 205):
        own = set(re.findall(r"(?<![$A-Z])[A-Z]{1,2}(\d+)", sheet[f"W{line}"].value))
        assert own == {str(line)}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_of_the_data_gets_into_a_formula_or_becomes_one(hostile, tmp_path):
    questions = QUESTIONS.assign(text_ko=hostile, text_en=hostile, unit=hostile)
    places = PLACES.assign(name=hostile)
    words = Text(hostile, hostile)
    kept = formulas(complex_form())
    book = complex_form(
        questions=questions, places=places, name=words, contact=hostile, due=hostile
    )
    assert formulas(reopened(book, tmp_path)) == kept
    visit = forms.visit_form({**STAMP, "kind": "visit"}, words, questions=questions)
    expected = forms.visit_form({**STAMP, "kind": "visit"}, NAME, questions=QUESTIONS)
    assert formulas(reopened(visit, tmp_path)) == formulas(expected)


@pytest.mark.parametrize("kind", ["form", "visit"])
def test_nothing_is_merged_and_pages_fit_their_width(kind, request):
    for sheet in request.getfixturevalue(kind):
        assert not sheet.merged_cells.ranges
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0


def test_heads_and_keys_stay_in_sight(form, visit):
    assert {sheet.title: sheet.freeze_panes for sheet in form if sheet.freeze_panes} == {
        "단지": "C6", "기업": "C6", "품목": "C6", "주문": "C6", "기반시설": "C6", "참여동의": "B6",
    }  # fmt: skip
    assert form["주문"].print_title_rows == "$3:$4"
    assert visit["방문"].freeze_panes == "C6"


def test_a_question_sheet_has_a_row_per_question_and_hides_our_names(form):
    sheet = form["기반시설"]
    assert [cell.value for cell in sheet[5]] == list(layouts.QUESTION_COLUMNS)
    assert [sheet.cell(line, 1).value for line in (6, 7)] == ["container_access", "floor"]
    assert sheet["B7"].value == "바닥\nFloor"
    assert sheet["C7"].value == "m²"
    assert sheet.column_dimensions["A"].hidden
    assert sheet["B1"].value == "기반시설 / Infrastructure"  # in a column that is seen
    assert sheet.max_row == 7
    assert [sheet[f"{letter}7"].number_format for letter in "DEF"] == ["#,##0.######", "0", "@"]


def test_a_checklist_has_a_row_per_item_with_its_words_last(visit):
    sheet = visit["방문"]
    assert [cell.value for cell in sheet[5]] == [
        "item", "before", "after", "reason", "visited_on", "~item", "~check",
    ]  # fmt: skip
    assert [sheet.cell(line, 1).value for line in (6, 7)] == ["visit_road", "visit_body"]
    assert sheet["F6"].value == "진입로\nAccess road"
    assert sheet.column_dimensions["A"].hidden
    assert rule(sheet, "B6").formula1 == "AND(ISNUMBER(B6),B6>=1,B6<=5,B6=INT(N(B6)))"


def test_the_guide_says_who_asks_until_when_and_what_becomes_of_the_answers():
    book = complex_form(due="2027-03-31", contact="survey@example.org")
    said = "\n".join(str(cell.value) for (cell, *_) in book["안내"].iter_rows())
    for words in ("2027-03-31", "survey@example.org", "세 기업 미만", "fewer than three firms",
                  "시험단지", "Test complex"):  # fmt: skip
        assert words in said
    assert said.index("누가 묻나") < said.index("Who asks") < said.index("왜 묻나")


def test_a_study_without_questions_of_a_sheet_still_has_the_sheet(tmp_path):
    book = reopened(complex_form(questions=QUESTIONS.iloc[:0]), tmp_path)
    assert book["단지"].max_row == 5
    assert book["안내"]["B5"].value == "=COUNTIF('단지'!$G$6:$G$6,\"▶*\")"


def test_the_same_form_is_the_same_file(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        workbooks.save(complex_form(), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_form_is_made_in_less_than_a_second_and_is_small(tmp_path):
    started = time.process_time()
    workbooks.save(complex_form(questions=pd.concat([QUESTIONS] * 5)), tmp_path / "form.xlsx")
    assert time.process_time() - started < 1
    assert (tmp_path / "form.xlsx").stat().st_size < 60_000


def test_a_form_filled_by_openpyxl_is_read_as_it_was_filled(form, tmp_path):
    book = reopened(form, tmp_path)
    rows = {
        "기업": ("F01", "가나금형", "124-81-00998", None, "010", None, "주조 / casting", 0, 2026),
        "품목": ("F01", "=A1"[1:], 12.5, 20, 80, 0),
        "주문": ("F01", "A1", "007007", "SE", "O05 Springs AB", "모름", "own firm", None, "FOB",
               "1,234.5", None, "해당 없음 / none", 4, "거부", "항공"),
        "참여동의": ("F01", "미정", None, None, "conditions", "예", "2027-03-02"),
    }  # fmt: skip
    for title, values in rows.items():
        for column, value in enumerate(values, start=1):
            book[title].cell(6, column).value = value
    book["단지"]["D6"], book["단지"]["E6"], book["기반시설"]["D6"] = 0, 2026, "no"
    book.save(tmp_path / "filled.xlsx")
    read = returns.read(
        tmp_path / "filled.xlsx", asked={"T01-complex": {"version": "0123456789ab"}},
        questions=QUESTIONS, suppliers=layouts.supplier_names(PLACES),
    )  # fmt: skip
    assert read.flaws == []
    order = read.tables["form_orders"].loc[6]
    assert order[["hs_code", "supplier", "channel", "weight_t", "mode"]].to_list() == [
        "007007", "O05", "", 1234.5, "air",
    ]  # fmt: skip
    assert read.tables["form_firms"].loc[6, ["business_number", "employees"]].to_list() == [
        "124-81-00998", 0,
    ]  # fmt: skip
    replies = read.cells.set_index(["table", "column"])["reply"]
    assert replies["form_orders", "channel"] == "unknown"
    assert replies["form_orders", "lot_t"] == "refused"
    assert replies["form_orders", "packed_m3"] == "not_asked"
    answers = read.answers.set_index("question")
    assert answers.loc["root_firms", ["value", "year", "reply"]].to_list() == [0, 2026, "given"]
    assert answers.loc["container_access", "status"] == "absent"


def test_texts_of_checks_are_placed_once():
    placed = []
    live_checks.of_row("form_orders", lambda *texts: placed.append(texts) or "_lists!$A$1")
    assert all(len(texts) == 1 for texts in placed)
    assert {texts[0][:1] for texts in placed} == {"▶", "트"}


def test_a_column_with_one_bound_says_so():
    column = input_rules.Column("number", Text("무게", "Weight"), low=0, takes_codes=False)
    said = input_rules.validation(column, "A1", str)
    assert said.prompt == "무게: 숫자, 0 이상\nWeight: number, 0 or more"
    assert said.formula1 == "AND(ISNUMBER(A1),A1>=0)"

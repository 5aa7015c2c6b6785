"""The live checks of the forms, worked out by LibreOffice, and forms filled in by LibreOffice."""

import contextlib
import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from site_select import forms, layouts, returns, workbooks
from site_select.messages import Text

pytestmark = pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")

SYSTEM_PYTHON = Path("/usr/bin/python3")  # the one that LibreOffice's own module is for
HAS_UNO = (
    SYSTEM_PYTHON.exists()
    and subprocess.run([SYSTEM_PYTHON, "-c", "import uno"], check=False, capture_output=True)
    .returncode == 0
)  # fmt: skip
NAME = Text(ko="시험단지", en="Test complex")
STAMP = {"kind": "complex", "study": "test", "form_id": "T01-complex", "about": "T01",
         "version": "0123456789ab", "round": ""}  # fmt: skip
QUESTIONS = pd.DataFrame(
    [("root_firms", "complex", "integer", "firms", 0.0, 5000.0, "뿌리기업 수", "Root firms"),
     ("items", "complex", "text", "", None, None, "품목", "Items"),
     ("container_access", "infrastructure", "presence", "", None, None, "진입", "Access"),
     ("floor", "infrastructure", "number", "m2", 0.0, 1e6, "바닥", "Floor"),
     ("visit_road", "visit", "score", "", 1.0, 5.0, "진입로", "Access road"),
     ("visit_body", "visit", "score", "", 1.0, 5.0, "조직", "Body"),
     ("visit_dock", "visit", "score", "", 1.0, 5.0, "도크", "Dock")],
    columns=["question", "sheet", "kind", "unit", "minimum", "maximum", "text_ko", "text_en"],
)  # fmt: skip
PLACES = pd.DataFrame(
    [("O01", "port", "Port", "NL"), ("O05", "supplier", "Springs AB", "SE;DE"),
     ("O06", "supplier", "Dies", "JP;*")], columns=["place_id", "kind", "name", "country"],
)  # fmt: skip
SPRINGS = "O05 Springs AB"
AIR, SEA, TRUCK = map(layouts.shown, ("air", "sea_fcl20", "truck"))
YES, NO = layouts.shown("yes"), layouts.shown("no")
CASTING, UNKNOWN = layouts.shown("casting"), layouts.shown("unknown")

FIRMS = [  # name, number, contact, phone, e-mail, branch, employees, year
    (("가나금형", "124-81-00998", None, None, None, CASTING, 40, 2026), "✓"),
    (("다라", "2208162517", "김", "02-1", "a@b.kr", CASTING, None, 2026), "✓"),
    (("마바", "124-81-00999", None, None, None, CASTING, 1, 2026), "끝자리"),
    (("사아", "120-81-4752", None, None, None, CASTING, 1, 2026), "끝자리"),
    (("자차", "120-81-4752O", None, None, None, CASTING, 1, 2026), "끝자리"),
    (("카타", "126-81-03725", None, None, None, None, 1, 2026), "빈 칸"),
    (("파하", "107 86 14075", None, None, None, CASTING, 1, 2026), "같은 사업자등록번호"),
    (("거너", "1078614075", None, None, None, CASTING, 1, 2026), "같은 사업자등록번호"),
    (("더러", 1018109147, None, None, None, CASTING, 1, 2026), "동의 여부가 없음"),
    ((None,) * 8, None),
]  # fmt: skip
PARTS = [  # firm, part, t/year, air, sea, from Korea
    (("F01", "스프링", 10, 20, 80, 0), "✓"),  # 2 by air and 8 by sea on the orders
    (("F01", "핀", 10, 30, 30, 39), "100이 아님|: 99"),
    (("F01", "볼트", None, 33.3, 33.3, 33.3), "✓"),
    (("F01", "판", 0.5, 100, 50, None), "100이 아님|: 150"),
    (("F01", "링", None, 60, 40.6, None), "100이 아님|: 100.6"),
    (("F01", "강재", 900, None, None, None), "kg"),
    (("F77", "핀", 1, None, None, None), "기업 시트에 없는"),
    (("F02", "M6*20", 4, None, None, 50), "사용량과 다름|: 5"),  # 2 t would be imports
    (("F02", "M6x20", 4, None, None, 0), "사용량과 다름|: 0"),  # * is no pattern
    (("F02", ">1", 5, 0, 50, 50), "✓"),  # 2.5 by sea, 2.5 by truck from Korea
    (("F02", "모름품", 4, None, None, None), "✓"),  # its order is not known
    ((None, "핀", 1, None, None, None), "빈 칸"),
    (("F03", "핀", 1, None, None, None), "두 번"),
    (("F03", "핀", 2, None, None, None), "두 번"),
    (("F03", "밸브", 10, None, None, None), "사용량과 다름|: 401"),
    ((None,) * 6, None),
]  # fmt: skip


def order(firm, part, weight, orders, lot, *, price=None, mode=SEA, origin="SE"):
    return (firm, part, None, origin, SPRINGS, None, None, None, "FOB", weight, None, None, orders,
            lot, mode, None, None, price)  # fmt: skip


ORDERS = [
    (order("F01", "스프링", 2, 4, 0.5, mode=AIR, price=30_000), "✓"),
    (order("F01", "스프링", 8, 4, 2), "✓"),
    (order("F02", "M6*20", 5, 2, 2.5), "✓"),
    (order("F02", ">1", 2.5, 1, 2.75), "✓"),  # ten per cent, not more
    (order("F02", ">1", 2.5, 1, 2.5, mode=TRUCK, origin="KR"), "✓"),
    (order("F02", "모름품", UNKNOWN, 4, 1), "✓"),
    (order("F03", "밸브", 1, 4, 250), "1회 주문량을 t가 아니라 kg"),
    (order("F03", "밸브", 400, 4, 0.1, mode=AIR), "연간 주문량을 t가 아니라 kg"),
    (order("F09", "밸브", 1, 4, 0.25), "이 품목이 없음"),
    (order("F03", "핀", 10, 4, 2), "연간 주문량과 다름|: 8"),
    (order("F03", "핀", 900, 9, 100, mode=AIR), "kg으로 적었는지"),
    (order("F03", "핀", 1, 4, None, price=300, mode=layouts.shown("sea_lcl")), "천원"),
    (order("F03", "핀", 1, 4, None, price=3_000_001, mode=layouts.shown("sea_fcl40")), "kg당"),
    (order("F01", "볼트", 1, 4, None, mode=TRUCK), "국내(KR)"),
    (order("F01", "볼트", 1, 4, None, origin="KR"), "국내(KR)"),
    (order("F01", "판", 1, None, None, mode=AIR), "빈 칸"),
    (order("F01", "판", 1, 4, UNKNOWN), "두 번"),
    (order("F01", "판", 1, 4, UNKNOWN, price=UNKNOWN), "두 번"),
    (order(*[None] * 5, mode=None, origin=None)[:4], None),
]
CONSENTS = [  # firm, joins, share, wait, conditions, consent
    (("F01", YES, 50, 14, None, YES), "✓"),
    (("F02", NO, None, None, None, NO), "✓"),
    (("F03", YES, None, None, None, None), "빈 칸"),
    (("F50", YES, None, None, None, YES), "기업 시트에 없는"),
    (("F04", YES, None, None, None, YES), "두 번"),
    (("F04", YES, None, None, None, YES), "두 번"),
]
SHEETS = {"기업": (2, FIRMS), "품목": (1, PARTS), "주문": (1, ORDERS), "참여동의": (1, CONSENTS)}
ANSWERS = {  # answer, year, remark
    "단지": [((12.5, 2026, None), "적을 수 없는 값"), (("스프링", None, "x"), "✓")],
    "기반시설": [((None, 2026, None), "답이 없음"), ((0, None, None), "✓")],
}
VISITS = [((3, 3, None), "✓"), ((3, 4, None), "이유"), ((3, 5, "넓다"), "✓")]


def converted(path, folder):
    """Let LibreOffice open a workbook, work it out and store it."""
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
         "--convert-to", "xlsx", "--outdir", folder / "out", path],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return openpyxl.load_workbook(folder / "out" / path.name, data_only=True)


def fill(sheet, column, rows):
    for line, values in enumerate(rows, start=layouts.FIRST_ROW):
        for number, value in enumerate(values, start=column):
            if value is not None:
                sheet.cell(line, number, value)


def found(sheet, rows):
    column = next(cell.column for cell in sheet[layouts.NAME_ROW] if cell.value == layouts.CHECK)
    checks = [sheet.cell(line + layouts.FIRST_ROW, column).value for line in range(len(rows))]
    return [said if said and all(part in (check or "") for part in said.split("|")) else check
            for check, (_, said) in zip(checks, rows, strict=True)]  # fmt: skip


@pytest.fixture(scope="module")
def worked_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    form = forms.complex_form(STAMP, NAME, questions=QUESTIONS, places=PLACES)
    for title, (column, rows) in SHEETS.items():
        fill(form[title], column, [values for values, _ in rows])
    for title, rows in ANSWERS.items():
        fill(form[title], 4, [values for values, _ in rows])
    workbooks.save(form, folder / "filled.xlsx")
    return converted(folder / "filled.xlsx", folder)


@pytest.mark.parametrize("title", SHEETS)
def test_each_live_check_says_what_is_wrong_and_nothing_of_what_is_right(worked_out, title):
    _, rows = SHEETS[title]
    assert found(worked_out[title], rows) == [said for _, said in rows]


ALLOWED = {  # column of the orders: value, whether it may stand
    "weight_t": [
        (0.000001, True),
        (0, False),
        (100_000, True),
        (100_001, False),
        ("모름", True),
        (UNKNOWN, True),
        ("REFUSED", True),
        ("12 kg", False),
    ],
    "other_suppliers": [(0, True), (2, True), (2.5, False), (-1, False), ("not asked", True)],
    "payment_days": [(-30, True), (-366, False), ("30", False)],
    "hs_code": [("8" * 1000, True), ("8" * 1001, False)],
}


def rule(sheet, cell):
    (found_,) = [rule for rule in sheet.data_validations.dataValidation if cell in rule.cells]
    return found_


def test_what_a_cell_takes_is_what_its_schema_allows(tmp_path):
    form = forms.complex_form(STAMP, NAME, questions=QUESTIONS, places=PLACES)
    sheet, letters = form["주문"], layouts.columns("form_orders")
    for column, values in ALLOWED.items():
        first = f"{letters[column]}6"
        for line, (value, _) in enumerate(values, start=6):
            sheet[f"{letters[column]}{line}"] = value
            test = rule(sheet, first).formula1.replace(first, f"{letters[column]}{line}")
            sheet[f"A{letters[column]}{line}"] = f"={test}"
    workbooks.save(form, tmp_path / "rules.xlsx")
    sheet = converted(tmp_path / "rules.xlsx", tmp_path)["주문"]
    for column, values in ALLOWED.items():
        said = [sheet[f"A{letters[column]}{line}"].value for line in range(6, 6 + len(values))]
        assert said == [is_allowed for _, is_allowed in values], column


def test_days_are_days_of_these_years(tmp_path):
    form = forms.complex_form(STAMP, NAME, questions=QUESTIONS, places=PLACES)
    sheet = form["참여동의"]
    for line, value in enumerate(("2027-03-02", dt.date(2027, 3, 2), 2027, "모름"), start=6):
        sheet[f"G{line}"] = value
        sheet[f"Z{line}"] = "=" + rule(sheet, "G6").formula1.replace("G6", f"G{line}")
    workbooks.save(form, tmp_path / "days.xlsx")
    sheet = converted(tmp_path / "days.xlsx", tmp_path)["참여동의"]
    assert [sheet[f"Z{line}"].value for line in range(6, 10)] == [False, True, False, True]


@pytest.mark.parametrize("title", ANSWERS)
def test_answers_to_questions_are_checked(worked_out, title):
    rows = ANSWERS[title]
    assert found(worked_out[title], rows) == [said for _, said in rows]


def test_checks_speak_both_languages(worked_out):
    assert worked_out["품목"]["G7"].value == (
        "▶ 세 비중의 합이 100이 아님 / the shares do not sum to 100: 99"
    )


def test_the_guide_counts_the_open_checks(worked_out):
    counts = [worked_out["안내"].cell(line, 2).value for line in range(4, 11)]
    assert counts == [36, 1, 7, 11, 12, 1, 4]


def test_no_formula_is_an_error(worked_out):
    errors = [
        (sheet.title, cell.coordinate)
        for sheet in worked_out
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "e"
    ]
    assert errors == []


def test_checks_of_an_empty_form_are_silent(tmp_path):
    form = forms.complex_form(STAMP, NAME, questions=QUESTIONS, places=PLACES)
    workbooks.save(form, tmp_path / "empty.xlsx")
    book = converted(tmp_path / "empty.xlsx", tmp_path)
    assert book["안내"]["B4"].value == 0
    assert book["주문"]["W6"].value in {None, ""}


def test_a_changed_score_of_a_visit_needs_a_reason(tmp_path):
    form = forms.visit_form({**STAMP, "kind": "visit"}, NAME, questions=QUESTIONS)
    fill(form["방문"], 2, [(*values, "2027-03-02") for values, _ in VISITS])
    workbooks.save(form, tmp_path / "visit.xlsx")
    book = converted(tmp_path / "visit.xlsx", tmp_path)
    assert found(book["방문"], VISITS) == [said for _, said in VISITS]
    assert book["안내"]["B4"].value == 1


TYPIST = """
import json, os, sys, time, uno
from com.sun.star.beans import PropertyValue

source, target, pipe, typed = sys.argv[1:]
local = uno.getComponentContext()
resolver = local.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
for attempt in range(120):
    try:
        office = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        break
    except Exception:
        time.sleep(0.5)

def given(name, value):
    return PropertyValue(name, 0, value, 0)

def tell(command, name, value):
    frame = book.CurrentController.Frame
    typist.executeDispatch(frame, ".uno:" + command, "", 0, (given(name, value),))

desktop = office.ServiceManager.createInstance("com.sun.star.frame.Desktop")
typist = office.ServiceManager.createInstanceWithContext(
    "com.sun.star.frame.DispatchHelper", office)
book = desktop.loadComponentFromURL(source, "_blank", 0, (given("Hidden", True),))
for title, cell, text in json.loads(typed):  # as from a keyboard
    book.CurrentController.setActiveSheet(book.Sheets.getByName(title))
    tell("GoToCell", "ToPoint", cell)
    tell("EnterString", "StringName", text)
parts = book.Sheets.getByName("\\ud488\\ubaa9")
locked = {cell: parts.getCellRangeByName(cell).CellProtection.IsLocked
          for cell in ("A3", "A5", "A6", "F125", "F900", "G6")}
shown = parts.getCellRangeByName("G7").getString()
book.storeToURL(target, (given("FilterName", "Calc MS Excel 2007 XML"),))
print(json.dumps([shown, parts.isProtected(), locked]), flush=True)
try:
    book.close(True)
    desktop.terminate()
finally:
    os._exit(0)  # the bridge breaks with the office, and may take its client along
"""


@pytest.mark.skipif(not HAS_UNO, reason="the system Python has no module uno (python3-uno)")
def test_a_form_filled_by_libreoffice_is_read_as_it_was_filled(tmp_path):
    source, target = tmp_path / "form.xlsx", tmp_path / "filled.xlsx"
    form = forms.complex_form(STAMP, NAME, questions=QUESTIONS, places=PLACES)
    workbooks.save(form, source)
    typed = [
        ("기업", "B6", "가나금형"), ("기업", "C6", "1248100998"), ("기업", "E6", "0212345678"),
        ("기업", "G6", CASTING), ("기업", "H6", "0"), ("기업", "I6", "2026"),
        ("기업", "A46", "F41"), ("기업", "B46", "마흔하나"), ("기업", "C46", "2208162517"),
        ("기업", "G46", CASTING), ("기업", "I46", "2025"),
        ("품목", "A6", "F01"), ("품목", "B6", "007"), ("품목", "C6", "12.5"),
        ("품목", "A7", "F01"), ("품목", "B7", "1e5"), ("품목", "D7", "50"), ("품목", "E7", "20"),
        ("품목", "F7", "20"), ("참여동의", "A6", "F01"), ("참여동의", "B6", YES),
        ("참여동의", "F6", YES), ("참여동의", "G6", "2027-03-02"),
        ("단지", "D6", "1200"), ("기반시설", "D6", layouts.shown("planned")),
        ("기반시설", "D7", UNKNOWN),
    ]  # fmt: skip
    pipe = f"forms{time.time_ns()}"
    office = subprocess.Popen(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--norestore", f"--accept=pipe,name={pipe};urp"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    arguments = [source.as_uri(), target.as_uri(), pipe, json.dumps(typed)]
    try:
        said = subprocess.run(
            [SYSTEM_PYTHON, "-c", TYPIST, *arguments],
            check=True, capture_output=True, timeout=180, text=True,
        )  # fmt: skip
        office.wait(60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(office.pid, signal.SIGKILL)  # its own group, with what it started
        office.wait()
    shown, is_protected, locked = json.loads(said.stdout)
    assert shown == "▶ 세 비중의 합이 100이 아님 / the shares do not sum to 100: 90"
    assert is_protected
    assert locked == {
        "A3": True, "A5": True, "A6": False, "F125": False, "F900": False, "G6": True,
    }  # fmt: skip
    read = returns.read(
        target, asked={"T01-complex": {"version": "0123456789ab"}}, questions=QUESTIONS,
        suppliers=layouts.supplier_names(PLACES),
    )  # fmt: skip
    assert read.flaws == []
    assert read.stamp == STAMP
    firms = read.tables["form_firms"]
    assert firms["firm"].to_dict() == {6: "F01", 46: "F41"}
    assert firms["phone"].to_dict() == {6: "0212345678", 46: ""}
    assert firms["employees"].fillna(-1).to_dict() == {6: 0, 46: -1}
    assert read.tables["form_parts"]["part"].to_dict() == {6: "007", 7: "1e5"}
    assert read.tables["form_consents"]["consented_on"].to_dict() == {6: "2027-03-02"}
    answers = read.answers.set_index("question")
    assert answers["value"].to_dict()["root_firms"] == 1200
    assert answers.loc["container_access", "status"] == "planned"
    assert answers.loc["floor", "reply"] == "unknown"

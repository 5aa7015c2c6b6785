"""Letters about faults, and copies of the workbook with the cells marked."""

import io
import re
import subprocess
import time
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from site_select import ballots, forms, layouts, letters, returns, tables, workbooks
from site_select.layouts import Flaw
from site_select.messages import Text

REFERENCE = Path(__file__).parent.parent / "data" / "reference"
QUESTIONS = tables.read(REFERENCE / "questions.csv", "questions").table
PLACES = tables.read(REFERENCE / "overseas_places.csv", "overseas_places").table
VERSION = layouts.version(QUESTIONS)
STAMP = {"kind": "complex", "study": "made up", "form_id": "A", "about": "A", "version": VERSION,
         "round": "1"}  # fmt: skip
NAME = Text("가상 단지", "made-up complex")
HOSTILE = ["<script>alert(1)</script>", '=HYPERLINK("http://x","y")', "{{ 7 * 7 }}", "{found}",
           '"><img src=x onerror=alert(1)>', "가" * 10_000]  # fmt: skip
TURNED = "\u202etxt.exe"


def flaw(sheet="주문", row=6, letter="J", *, is_query=False, found="12", remedy="고치기"):
    words = Text(found, found)
    return Flaw(sheet, row, letter, Text("무게", "Weight"), words, Text("값", "a value"),
                Text(remedy, "mend it"), is_query)  # fmt: skip


@pytest.fixture(scope="module")
def blank():
    content = io.BytesIO()
    forms.complex_form(STAMP, NAME, questions=QUESTIONS, places=PLACES).save(content)
    return content.getvalue()


@pytest.fixture
def book(blank):
    return openpyxl.load_workbook(io.BytesIO(blank))


@pytest.fixture
def returned(book, tmp_path):
    """Save the book, mark it, and give the copy as a reader gets it."""

    def mark(*flaws, book=book):
        book.save(tmp_path / "returned.xlsx")
        workbooks.save(letters.marked(tmp_path / "returned.xlsx", flaws), tmp_path / "copy.xlsx")
        return openpyxl.load_workbook(tmp_path / "copy.xlsx")

    return mark


def read(path):
    return returns.read(
        path, asked={"A": {"version": VERSION}}, questions=QUESTIONS,
        suppliers=layouts.supplier_names(PLACES),
    )  # fmt: skip


def formulas(book):
    return {f"{sheet.title}!{cell.coordinate}" for sheet in book for row in sheet for cell in row
            if cell.data_type == "f"}  # fmt: skip


# the letter


class Page(HTMLParser):
    """Tags and texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self.attributes = [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text += data


def test_letter_names_sheet_cell_found_allowed_and_remedy_in_both_languages():
    page = letters.html("RC01", NAME, [flaw()], due="2027-03-02", contact="조사팀 02-000-0000")
    text = Page(page).text
    for said in ("주문", "J6", "무게", "Weight", "12", "값", "a value", "고치기", "mend it",
                 "가상 단지", "made-up complex", "RC01", "2027-03-02", "조사팀 02-000-0000",
                 "아래 1곳을", "following 1 place and"):  # fmt: skip
        assert said in text
    assert text.index("회신 양식에서 고칠 곳") < text.index("What to mend in the returned form")


def test_queries_stand_apart_below_what_must_be_mended():
    page = letters.html("A", NAME, [flaw(is_query=True, found="묻기"), flaw(found="틀림")])
    assert page.index("틀림") < page.index("Also please confirm") < page.index("묻기")
    only = letters.html("A", NAME, [flaw(is_query=True)])
    assert "Nothing has to be mended" in only
    assert "To mend" not in only
    assert "please confirm" not in letters.html("A", NAME, [flaw()])


def test_what_is_not_known_is_left_out():
    page = letters.html("A", NAME, [flaw()])
    assert "회신 기한" not in page
    assert "문의" not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_of_the_letter_is_shown_and_not_run(text):
    def page(text):
        words = Text(text, f"{text} in English")
        hostile = Flaw(text, 6, "J", words, words, words, words)
        return Page(letters.html(text, words, [hostile], due=text, contact=text))

    shown, plain = page(text), page("plain")
    assert (shown.tags, shown.attributes) == (plain.tags, plain.attributes)
    assert shown.text.count(text) == plain.text.count("plain")


def test_letters_that_turn_the_line_around_or_cannot_be_seen_are_shown_as_such():
    page = letters.html("A", NAME, [flaw(found=TURNED + "\x00\u200b")])
    assert "\ufffdtxt.exe\ufffd\ufffd" in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", page)


def test_letter_loads_nothing_and_may_run_nothing():
    page = letters.html("A", NAME, [flaw()])
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src &#39;none&#39;" in policy
    assert "script-src" not in policy
    assert not {"script", "img", "iframe", "form"} & set(Page(page).tags)
    assert "http://" not in page.replace("http-equiv", "")
    assert "https://" not in page


def test_a_letter_lists_a_thousand_flaws_and_says_how_many_are_left():
    page = letters.html("A", NAME, [flaw(is_query=True), *[flaw()] * 1_200])
    assert page.count('<td data-head="칸">') == 1_000
    assert "201곳이 더" in page
    assert "아래 1,200곳을" in page


# the copy


def test_cells_are_marked_and_say_how_to_mend_them(returned):
    copy = returned(flaw(), flaw(letter="K", is_query=True), flaw(letter="K", row=7, is_query=True),
                    flaw(letter="K", row=7, remedy="둘째"))  # fmt: skip
    sheet = copy["주문"]
    fills = {name: sheet[name].fill.start_color.rgb[-6:] for name in ("J6", "K6", "K7", "L6")}
    assert (fills["J6"], fills["K6"], fills["K7"]) == ("F4B183", "DDEBF7", "F4B183")
    assert fills["L6"] not in {"F4B183", "DDEBF7"}
    assert sheet["J6"].comment.text == "12\n→ 고치기"
    assert sheet["K7"].comment.text == "12\n→ 둘째\n\n12\n→ 고치기"
    assert sheet["L6"].comment is None


def test_a_marked_cell_can_be_corrected_and_keeps_texts_as_texts(returned):
    copy = returned(flaw(letter="C"), flaw(sheet="기업", letter="C"))
    assert copy["주문"].protection.sheet
    for title in ("주문", "기업"):
        cell = copy[title]["C6"]
        assert (cell.protection.locked, cell.number_format) == (False, "@")


def test_dropdowns_protection_stamp_and_live_checks_stay(book, returned, tmp_path):
    copy = returned(flaw())
    for sheet in book:
        other = copy[sheet.title]
        assert other.sheet_state == sheet.sheet_state
        assert other.protection.sheet == sheet.protection.sheet
        assert {
            (str(rule.sqref), rule.formula1) for rule in other.data_validations.dataValidation
        } == {(str(rule.sqref), rule.formula1) for rule in sheet.data_validations.dataValidation}
    assert copy.security.lockStructure
    assert formulas(copy) == formulas(book)
    assert len(formulas(copy)) > 200
    assert read(tmp_path / "copy.xlsx").stamp == STAMP


def test_a_copy_that_was_corrected_is_read_without_flaws_and_loses_its_marks(
    book, returned, tmp_path
):
    book["주문"]["J6"] = "많이"
    wrong = [flaw for flaw in read_saved(book, tmp_path).flaws if flaw.cell == "J6"]
    assert [found.found.en for found in wrong] == ["'많이'"]
    copy = returned(*wrong)
    for name, value in {"A6": "F01", "B6": "볼트", "D6": "SE", "E6": "기타", "I6": "FCA", "J6": 2,
                        "M6": 4, "O6": "항공"}.items():  # fmt: skip
        copy["주문"][name] = value
    second = returned(flaw(letter="K"), book=copy)
    assert read(tmp_path / "returned.xlsx").flaws == []
    assert second["주문"]["J6"].fill.start_color.rgb[-6:] == "FFF8DC"
    assert second["주문"]["J6"].comment is None
    assert second.sheetnames == [letters.LIST_SHEET, *book.sheetnames]


def read_saved(book, folder):
    book.save(folder / "saved.xlsx")
    return read(folder / "saved.xlsx")


def test_everything_is_listed_on_a_sheet_in_front_that_is_not_read(returned, tmp_path):
    lost = flaw(sheet="기반시설", row=0, letter="", found="시트가 없음")
    copy = returned(flaw(is_query=True), lost, flaw(found="=1+1"))
    assert copy.sheetnames[0] == letters.LIST_SHEET
    assert copy.active.title == letters.LIST_SHEET
    assert [sheet.title for sheet in copy if sheet.sheet_view.tabSelected] == [letters.LIST_SHEET]
    rows = [[cell.value for cell in row] for row in copy[letters.LIST_SHEET].iter_rows(min_row=7)]
    assert [row[:2] for row in rows] == [["기반시설", None], ["주문", "J6"], ["주문", "J6"]]
    assert rows[1][3] == "=1+1"
    assert copy[letters.LIST_SHEET]["D8"].data_type == "s"
    assert read(tmp_path / "copy.xlsx").flaws == []


@pytest.mark.parametrize("text", [*HOSTILE, TURNED, "\x00\x1f"])
def test_hostile_text_in_every_field_of_the_copy_stays_text(returned, book, text):
    words = Text(text, text)
    copy = returned(
        Flaw("주문", 6, "J", words, words, words, words), Flaw(text, 6, "J", *[words] * 4)
    )
    assert formulas(copy) == formulas(book)
    note = copy["주문"]["J6"].comment.text
    assert len(note) <= letters.LONGEST_NOTE
    assert not re.search("[\u202a-\u202e\x00]", note)
    shown = copy[letters.LIST_SHEET]["D7"]
    assert (shown.data_type, shown.value[:5]) == (
        "s",
        re.sub("[\u202e\x00\x1f]", "\ufffd", text)[:5],
    )


@pytest.mark.parametrize(
    ("cell", "formula"),
    [
        ("J6", "=1+1"),  # flagged
        ("W6", '=HYPERLINK("http://x","y")'),  # where our check stood
        ("W7", "=cmd|'/c calc'!A0"), ("W8", "='[1]x'!A1"), ("W9", '=WEBSERVICE("http://x")'),
        ("AB500", "=RTD(1)"), ("W10", "=_xlfn.ANYTHING(1)"), ("W11", '=sum ("(",call(1))'),
    ],
)  # fmt: skip
def test_formulas_that_respondents_wrote_are_text_with_their_sign(book, returned, cell, formula):
    book["주문"][cell] = formula
    copy = returned(flaw())
    assert copy["주문"][cell].data_type == "s"
    assert copy["주문"][cell].value == formula
    assert copy["주문"][cell].quotePrefix
    assert formulas(copy) <= formulas(book)


def test_formulas_in_cells_that_may_be_written_in_and_of_arrays_are_text(book, returned):
    book["단지"]["D6"] = "=1+1"
    book["주문"]["J7"] = ArrayFormula("J7:J8", "=CALL(1)")
    copy = returned()
    assert (copy["단지"]["D6"].data_type, copy["단지"]["D6"].value) == ("s", "=1+1")
    assert (copy["주문"]["J7"].data_type, copy["주문"]["J7"].value) == ("s", "=CALL(1)")


def test_our_own_check_is_plain_arithmetic():
    assert letters._is_pure('=IF(COUNTA(A6:V6)=0,"",SUM(B1))')
    assert letters._is_pure('="[text] | (t)"&A1')
    assert not letters._is_pure("=INDIRECT(A1)")


def test_merged_answers_come_apart_and_merged_heads_stay(book, returned):
    for area in ("A2:F2", "D7:D9", "B4:B6", "AA3:AB3"):
        book["단지"].merge_cells(area)
    assert [str(area) for area in returned(flaw())["단지"].merged_cells.ranges] == ["A2:F2"]


def test_a_ballot_keeps_its_live_ratio_its_words_and_its_heads(tmp_path):
    columns = {"parent": "goal", "name_ko": "기준", "name_en": "criterion", "unit": "days",
               "worst": 0.0, "best": 60.0}  # fmt: skip
    criteria = pd.DataFrame(dict.fromkeys(["cost", "time", "risk"], columns)).T
    ballot = ballots.form(
        STAMP | {"kind": "evaluator"}, criteria=criteria, complexes=pd.Series({"A": NAME})
    )
    ballot.save(tmp_path / "ballot.xlsx")
    copy = letters.marked(tmp_path / "ballot.xlsx", [])
    assert formulas(copy) == formulas(ballot)
    assert len(formulas(copy)) > 20
    for sheet in ballot:
        rules, merged = copy[sheet.title].data_validations, copy[sheet.title].merged_cells
        assert len(rules.dataValidation) == len(sheet.data_validations.dataValidation)
        assert merged.ranges == sheet.merged_cells.ranges


def edited(path, part, change):
    """Change one part of a workbook, as no program of ours would write it."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            new.writestr(name, change(raw) if name == part else raw)
    path.write_bytes(content.getvalue())


ORDERS = "xl/worksheets/sheet5.xml"


def test_a_merged_area_of_the_whole_sheet_costs_no_time(blank, tmp_path):
    path = tmp_path / "A.xlsx"
    path.write_bytes(blank)
    whole = b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells><pageMargins'
    edited(path, ORDERS, lambda raw: raw.replace(b"<pageMargins", whole, 1))
    assert workbooks.opened(path)["주문"].merged == ("A1:XFD1048576",)
    started = time.perf_counter()
    copy = letters.marked(path, [flaw()])
    assert time.perf_counter() - started < 10
    assert copy["주문"]["J6"].comment


def test_dropdowns_as_excel_saves_them_become_plain_ones(blank, tmp_path):
    """Excel 2010 and later keep a list that stands on another sheet in an extension."""
    path = tmp_path / "A.xlsx"
    path.write_bytes(blank)
    later = b"""<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"
        xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">
        <x14:dataValidations xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"
        count="1"><x14:dataValidation type="list" allowBlank="1" showErrorMessage="1"
        xr:uid="{1}" xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision">
        <x14:formula1><xm:f>_lists!$A$1:$A$3</xm:f></x14:formula1><xm:sqref>Z6:Z1005</xm:sqref>
        </x14:dataValidation></x14:dataValidations></ext></extLst></worksheet>"""
    edited(path, ORDERS, lambda raw: raw.replace(b"</worksheet>", later))
    rules = letters.marked(path, [])["주문"].data_validations.dataValidation
    (rule,) = [rule for rule in rules if str(rule.sqref) == "Z6:Z1005"]
    assert (rule.type, rule.formula1, rule.allowBlank) == ("list", "_lists!$A$1:$A$3", True)
    assert len(rules) > 20


def test_rules_that_call_out_are_left_behind(blank, tmp_path):
    path = tmp_path / "A.xlsx"
    path.write_bytes(blank)
    rules = b"""<conditionalFormatting sqref="A1"><cfRule type="expression" priority="9">
        <formula>WEBSERVICE("http://x")</formula></cfRule></conditionalFormatting>
        <dataValidations count="1"><dataValidation type="custom" sqref="A1">
        <formula1>[1]x!A1</formula1></dataValidation></dataValidations>"""
    edited(path, ORDERS, lambda raw: re.sub(b"<dataValidations.*</dataValidations>", rules, raw))
    sheet = letters.marked(path, [])["주문"]
    assert sheet.data_validations.dataValidation == []
    assert not any("WEBSERVICE" in formula for area in sheet.conditional_formatting
                   for rule in area.rules for formula in rule.formula)  # fmt: skip


def test_links_pictures_macros_and_names_stay_behind(book, tmp_path):
    path = tmp_path / "A.xlsx"
    book["기업"]["B6"].hyperlink = "http://example.org/"
    book["기업"]["B6"].value = "가상정밀"
    book.defined_names["Evil"] = openpyxl.workbook.defined_name.DefinedName(
        "Evil", attr_text="CALL(1)"
    )
    book.save(path)
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/vbaProject.bin", b"macro")
        package.writestr("xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    workbooks.save(letters.marked(path, [flaw()]), tmp_path / "copy.xlsx")
    with zipfile.ZipFile(tmp_path / "copy.xlsx") as package:
        names = package.namelist()
        content = b"".join(map(package.read, names))
    assert not [name for name in names if "vba" in name or "external" in name or "media" in name]
    assert b"example.org" not in content
    assert b"Evil" not in content


@pytest.mark.parametrize(
    "content", [b"", b"no workbook", b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1"), None]
)
def test_what_cannot_be_opened_gets_the_list_alone(tmp_path, content):
    path = tmp_path / "A.xlsx"
    if content is not None:
        path.write_bytes(content)
    copy = letters.marked(path, [flaw("", 0, "", found="빈 파일")])
    assert copy.sheetnames == [letters.LIST_SHEET]
    assert copy.worksheets[0]["D7"].value == "빈 파일"


@pytest.mark.parametrize(
    "part", [ORDERS, "xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_part_with_entities_gets_the_list_alone(blank, tmp_path, part, encoding):
    path = tmp_path / "A.xlsx"
    path.write_bytes(blank)

    def bomb(raw):
        text = raw.decode().partition("?>")[2] if raw.startswith(b"<?xml") else raw.decode()
        return f"<!DOCTYPE x [<!ENTITY a 'b'>]>{text}".encode(encoding)

    edited(path, part, bomb)
    assert letters.marked(path, [flaw()]).sheetnames == [letters.LIST_SHEET]


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_whatever_is_changed_in_a_part_a_copy_comes_out(blank, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzzed.xlsx"
    path.write_bytes(blank)
    parts = (ORDERS, "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    pieces = (b's="1"', b'r="A6"', b"sheetId", b"numFmtId", b'count="', b'sqref="', b"<f>",
              b'type="', b"Target", b"<v>", b'"1"', b'"0"', b"true")  # fmt: skip
    part, attributes = data.draw(st.sampled_from(parts)), data.draw(st.sampled_from(pieces))
    new = data.draw(st.sampled_from([b"", b'"-1"', b'"x"', b's="99999"', b'"1e99"', b'="']))
    edited(path, part, lambda raw: raw.replace(attributes, new, data.draw(st.integers(1, 3))))
    book = letters.marked(path, [flaw()])
    assert letters.LIST_SHEET in book.sheetnames
    workbooks.save(book, path)


def test_a_full_form_is_marked_in_well_under_a_second(book, tmp_path):
    for row in range(6, 206):
        for column in range(1, 23):
            book["주문"].cell(row, column, "모름")
    book.save(tmp_path / "A.xlsx")
    flaws = [flaw(row=row) for row in range(6, 36)]
    started = time.perf_counter()
    letters.marked(tmp_path / "A.xlsx", flaws)
    letters.html("A", NAME, flaws)
    assert time.perf_counter() - started < 5  # about 0.4 when nothing else runs


@pytest.mark.skipif(
    subprocess.run(["which", "soffice"], capture_output=True, check=False).returncode != 0,
    reason="needs LibreOffice",
)
def test_libreoffice_opens_and_saves_the_copy_which_is_read_and_marked_again(
    book, returned, tmp_path
):
    book["단지"]["D6"] = "=1+1"
    returned(flaw(), *read_saved(book, tmp_path).flaws)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    kind = "xlsx:Calc MS Excel 2007 XML"
    subprocess.run(["soffice", profile, "--headless", "--convert-to", kind, "--outdir",
                    tmp_path / "office", tmp_path / "copy.xlsx"], check=True, capture_output=True,
                   timeout=180)  # fmt: skip
    path = tmp_path / "office" / "copy.xlsx"
    saved = openpyxl.load_workbook(path)
    assert saved["주문"]["J6"].comment.text == "12\n→ 고치기"
    found = read(path)
    assert found.stamp == STAMP
    assert [flaw.found.en for flaw in found.flaws] == ["'=1+1'"]  # a text now
    again = letters.marked(path, [])
    assert again["주문"]["J6"].fill.start_color.rgb[-6:] == "FFF8DC"
    assert again["주문"]["W6"].data_type == "f"
    assert again["주문"].data_validations.dataValidation

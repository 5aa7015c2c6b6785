"""The workbook that a complex and a visitor get: guide, questions, tables, live checks, stamp."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import openpyxl
import pandas as pd
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from site_select import input_rules, layouts, live_checks, messages, tables, workbooks
from site_select.layouts import CHECK, FIRST_ROW, HEAD_ROW, NAME_ROW
from site_select.live_checks import LAST_ROW, NEEDED, OPEN
from site_select.messages import Text

COUNTRIES = ("KR", "JP", "CN", "US", "DE", "SE", "IT", "FR", "CH", "AT", "TW", "VN", "TH", "IN",
             "CZ", "PL", "GB", "ES", "NL", "BE", "FI")  # fmt: skip
ITEM = "~item"  # words of an item of the checklist
_GUIDE = ("who", "why", "privacy", "due", "firms", "codes", "units", "rows", "checks")
_VISIT_GUIDE = ("who", "due", "rows", "checks")
_KEPT = {"form_firms": 2, "form_parts": 2, "form_orders": 2, "form_consents": 1}
_OURS = ("complex", "infrastructure", "form_visits")  # sheets whose column A is for the reader
_PAGE, _WIDE, _MIDDLE, _NARROW = 100, 50, 22, 13  # widths of columns, in characters

_FONT, _LINE = "맑은 고딕", Side(style="thin", color="B0B7C0")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = {"fill": PatternFill("solid", start_color="DCE3EA"), "border": _BORDER,
         "alignment": Alignment("center", "center", wrap_text=True)}  # fmt: skip
_INPUT = {"fill": PatternFill("solid", start_color="FFF8DC"), "border": _BORDER,
          "protection": Protection(locked=False), "font": Font(_FONT, 10)}  # fmt: skip
_FORMATS = {
    "text": "@", "number": "#,##0.######", "integer": "#,##0.######", "year": "0",
    "date": "yyyy-mm-dd",
}  # fmt: skip
_WHOLE = DifferentialStyle(numFmt=NumberFormat(numFmtId=3, formatCode="#,##0"))  # 40, not "40."
_MISSING = DifferentialStyle(fill=PatternFill("lightUp", start_color="9C1C1C"))
_TOP, _WRAPPED = Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)
_STYLES: Mapping[str, Mapping[str, object]] = {
    "heading": {"font": Font(_FONT, 14, bold=True)},
    "task": {"font": Font(_FONT, 10)},
    "ko": {"font": Font(_FONT, 11), "alignment": _WRAPPED},
    "en": {"font": Font(_FONT, 9, color="444444"), "alignment": _WRAPPED},
    "head": {**_HEAD, "font": Font(_FONT, 10, bold=True)},
    "head_en": {**_HEAD, "font": Font(_FONT, 9)},
    "printed": {"border": _BORDER, "font": Font(_FONT, 10), "alignment": _WRAPPED},
    "check": {"font": Font(_FONT, 10, bold=True, color="9C1C1C"), "alignment": _TOP},
    **{name: {**_INPUT, "number_format": code, "alignment": _TOP}
       for name, code in _FORMATS.items()},
}  # fmt: skip


def complex_form(
    stamp: Mapping[str, str],
    name: Text,
    *,
    questions: pd.DataFrame,
    places: pd.DataFrame,
    due: str = "",
    contact: str = "",
) -> openpyxl.Workbook:
    """Make the form of one complex: guide, questions and tables, with drop-downs and live checks.

    Parameters
    ----------
    stamp
        What the form says of itself, on a hidden sheet.
    name
        Name of the complex.
    questions, places
        Tables ``questions`` and ``overseas_places``.
    due, contact
        When it is to be returned, and whom to ask.
    """
    titles = [sheet.title for sheet in layouts.TABLE_SHEETS]
    before, after = (layouts.QUESTION_SHEETS[key] for key in ("complex", "infrastructure"))
    form = _Form([before, *titles[:-1], after, titles[-1]])
    for key in ("complex", "infrastructure"):
        form.question_sheet(key, questions[questions["sheet"] == key])
    for sheet in layouts.TABLE_SHEETS:
        form.table_sheet(sheet, form.sources(sheet.table, places))
    firms = layouts.TABLE_SHEETS[0]
    for number in range(1, firms.rows + 1):
        _print(form.book[firms.title], FIRST_ROW + number - 1, 1, f"F{number:02d}")
    return form.finished(_GUIDE, stamp, name, due=due, contact=contact)


def visit_form(
    stamp: Mapping[str, str],
    name: Text,
    *,
    questions: pd.DataFrame,
    due: str = "",
    contact: str = "",
) -> openpyxl.Workbook:
    """Make the checklist of a visit to one complex: scores before and after, with reasons.

    Parameters
    ----------
    stamp
        What the form says of itself, on a hidden sheet.
    name
        Name of the complex.
    questions
        Table ``questions``; its sheet ``visit`` holds the items.
    due, contact
        When it is to be returned, and whom to ask.
    """
    items = questions[questions["sheet"] == "visit"]
    layout = layouts.VISIT_SHEET._replace(rows=len(items))
    form, words = _Form([layout.title]), len(layouts.columns(layout.table)) + 1
    form.table_sheet(layout, {}, ITEM)
    sheet = form.book[layout.title]
    sheet.column_dimensions[get_column_letter(words)].width = _WIDE
    for line, (_, item) in enumerate(items.iterrows(), start=FIRST_ROW):
        _print(sheet, line, 1, item["question"])
        _print(sheet, line, words, Text(item["text_ko"], item["text_en"]))
    return form.finished(_VISIT_GUIDE, stamp, name, due=due, contact=contact)


@dataclass
class _Form:
    """A workbook in the making: its sheets, what its hidden lists hold, where its checks stand."""

    titles: Sequence[str]
    book: openpyxl.Workbook = field(default_factory=openpyxl.Workbook)
    lists: dict[tuple[str, ...], str] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out empty sheets."""
        for name, style in _STYLES.items():
            self.book.add_named_style(NamedStyle(name, **style))
        self.book.active.title = messages.text("forms.name.guide").ko
        for title in (*self.titles, layouts.LISTS_SHEET, layouts.STAMP_SHEET):
            self.book.create_sheet(title)

    def listed(self, *values: str) -> str:
        """Place texts on the hidden sheet of lists, once, and give their range."""
        if values not in self.lists:
            column = len(self.lists) + 1
            for row, value in enumerate(values, start=1):
                workbooks.put(self.book[layouts.LISTS_SHEET], row, column, value)
            letter = get_column_letter(column)
            end = f":${letter}${len(values)}" if len(values) > 1 else ""
            self.lists[values] = f"{layouts.LISTS_SHEET}!${letter}$1{end}"
        return self.lists[values]

    def sources(self, table: str, places: pd.DataFrame) -> dict[str, str]:
        """Drop-downs of a table that its schema does not list."""
        if table == "form_firms":
            return {}
        firms = {"firm": live_checks.filled("form_firms", "firm")}
        if table != "form_orders":
            return firms
        codes = ";".join(places["country"]).split(";")
        known = sorted(code for code in codes if re.fullmatch("[A-Z]{2}", code))
        return firms | {
            "part": live_checks.filled("form_parts", "part"),
            "origin": self.listed(*dict.fromkeys((*COUNTRIES, *known))),
            "supplier": self.listed(*map(layouts.shown, layouts.supplier_names(places))),
        }

    def table_sheet(self, layout: layouts.Sheet, sources: Mapping[str, str], *extra: str) -> None:
        """Lay out a sheet that holds a table; an extra column holds no answer."""
        sheet, letters = self.book[layout.title], layouts.columns(layout.table)
        heads = {name: _head(layout.table, name) for name in letters}
        heads |= {name: messages.text("forms.head.item") for name in extra}
        _frame(sheet, layout.table, heads)
        for name, letter in letters.items():
            column = input_rules.of_schema(layout.table, name, sources.get(name, ""), self.listed)
            is_narrow = column.kind != "text" or name == "firm"
            sheet.column_dimensions[letter].width = _NARROW if is_narrow else _MIDDLE
            for part, style in _STYLES[column.kind].items():  # rows may be added below
                setattr(sheet.column_dimensions[letter], part, style)
            self.restrict(sheet, column, f"{letter}{FIRST_ROW}", f"{letter}{LAST_ROW}")
        first, last = live_checks.ends(layout.table)
        test = (f'AND(COUNTA(${first}{FIRST_ROW}:${last}{FIRST_ROW})>0,{first}{FIRST_ROW}="",'
                f'RIGHT({first}${HEAD_ROW},1)="{NEEDED}")')  # fmt: skip
        missing = Rule("expression", dxf=_MISSING, formula=[test])
        sheet.conditional_formatting.add(f"{first}{FIRST_ROW}:{last}{LAST_ROW}", missing)
        formula = live_checks.of_row(layout.table, self.listed)
        self.check(sheet, [formula] * layout.rows)

    def question_sheet(self, key: str, questions: pd.DataFrame) -> None:
        """Lay out a sheet that holds questions."""
        sheet, formulas = self.book[layouts.QUESTION_SHEETS[key]], list[str]()
        heads = {name: messages.text_or(f"forms.head.{name}", name)
                 for name in layouts.QUESTION_COLUMNS if name != CHECK}  # fmt: skip
        _frame(sheet, key, heads)
        for letter, width in (("B", _WIDE), ("D", _MIDDLE), ("F", _WIDE)):
            sheet.column_dimensions[letter].width = width
        for line, (_, row) in enumerate(questions.iterrows(), start=FIRST_ROW):
            words = Text(row["text_ko"], row["text_en"])
            unit = messages.text_or(f"units.{row['unit']}", row["unit"])
            for number, text in enumerate((row["question"], words, unit), start=1):
                _print(sheet, line, number, text)
            answer = input_rules.of_question(
                row["kind"], words, row["minimum"], row["maximum"], self.listed
            )
            self.restrict(sheet, answer, f"D{line}", f"D{line}")
            for letter, kind in (("D", answer.kind), ("E", "year"), ("F", "text")):
                sheet[f"{letter}{line}"].style = kind
            fits = input_rules.allowed(answer, "D#", self.listed)
            formulas.append(live_checks.of_answer("D#", "E#:F#", fits, self.listed))
        year = input_rules.Column("year", heads["year"], *layouts.ANSWER_YEARS)
        self.restrict(sheet, year, f"E{FIRST_ROW}", f"E{LAST_ROW}")
        self.restrict(
            sheet, input_rules.Column("text", heads["remark"]), f"F{FIRST_ROW}", f"F{LAST_ROW}"
        )
        self.check(sheet, formulas)

    def check(self, sheet: Worksheet, formulas: Sequence[str]) -> None:
        """Write the last column: a live check of each row."""
        letter = get_column_letter(sheet.max_column)
        for line, formula in enumerate(formulas, start=FIRST_ROW):
            _live(sheet, f"{letter}{line}", formula.replace("#", str(line)))
        last = FIRST_ROW + max(len(formulas) - 1, 0)
        self.checks[sheet.title] = f"'{sheet.title}'!${letter}${FIRST_ROW}:${letter}${last}"

    def restrict(self, sheet: Worksheet, column: input_rules.Column, first: str, last: str) -> None:
        """Let cells take only what the column may hold; whole numbers are shown without a dot."""
        rule = input_rules.validation(column, first, self.listed)
        rule.add(f"{first}:{last}")
        sheet.add_data_validation(rule)
        if column.kind in {"number", "integer"}:
            whole = Rule("expression", dxf=_WHOLE, formula=[f"{first}=INT({first})"])
            sheet.conditional_formatting.add(f"{first}:{last}", whole)

    def finished(
        self, guide: Sequence[str], stamp: Mapping[str, str], name: Text, *, due: str, contact: str
    ) -> openpyxl.Workbook:
        """Write guide and stamp, and lock the structure."""
        said = {"due": due or messages.text("forms.guide.when"),
                "contact": contact or messages.text("forms.guide.whom")}  # fmt: skip
        words = [messages.text(f"forms.guide.{key}", **said) for key in guide]
        self.guide(name, messages.text(f"forms.kind.{stamp['kind']}"), words)
        hidden = self.book[layouts.STAMP_SHEET]
        for row, pair in enumerate(stamp.items(), start=1):
            for column, text in enumerate(pair, start=1):
                workbooks.put(hidden, row, column, text)
        hidden.sheet_state, self.book[layouts.LISTS_SHEET].sheet_state = "veryHidden", "hidden"
        for sheet in self.book.worksheets:
            sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", "9"  # A4
            sheet.page_setup.fitToHeight = 0
            sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
            sheet.protection.sheet = True
            sheet.protection.formatColumns = sheet.protection.formatRows = False  # are allowed
        self.book.security = WorkbookProtection(lockStructure=True)
        return self.book

    def guide(self, name: Text, kind: Text, words: Sequence[Text]) -> None:
        """Write the first sheet: what the form is, open checks by sheet, what to know."""
        sheet = self.book.worksheets[0]
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _PAGE, 10
        _print(sheet, 1, 1, f"{name.ko} · {kind.ko}", "heading")
        _print(sheet, 2, 1, f"{name.en} · {kind.en}", "task")
        total = " / ".join(_both(messages.text("forms.guide.open")))
        counts = {total: f"=SUM(B5:B{4 + len(self.titles)})"}
        counts |= {title: f'=COUNTIF({self.checks[title]},"{OPEN}*")' for title in self.titles}
        for line, (title, formula) in enumerate(counts.items(), start=4):
            _print(sheet, line, 1, title)
            _live(sheet, f"B{line}", formula)
        lines = [(said.in_(language), language) for said in words
                 for language in messages.LANGUAGES]  # fmt: skip
        for line, (text, language) in enumerate(lines, start=len(counts) + 5):
            _print(sheet, line, 1, text, language)


def _frame(sheet: Worksheet, key: str, heads: Mapping[str, Text]) -> None:
    """Write title and heads, the last column being that of checks; set up the page."""
    title, task = (messages.text(f"forms.{part}.{key}") for part in ("name", "task"))
    heads = {**heads, CHECK: messages.text("forms.head.check")}
    for number, (name, words) in enumerate(heads.items(), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = _NARROW
        for row in (1, 2):
            sheet.cell(row, number).style = "task"  # columns may be tinted as a whole
        _print(sheet, HEAD_ROW, number, words.ko, "head")
        _print(sheet, HEAD_ROW + 1, number, words.en, "head_en")
        _print(sheet, NAME_ROW, number, name, "head_en")
    is_ours = key in _OURS
    sheet.column_dimensions["A"].hidden = is_ours
    _print(sheet, 1, 1 + is_ours, " / ".join(_both(title)), "heading")
    _print(sheet, 2, 1 + is_ours, " / ".join(_both(task)), "task")
    sheet.column_dimensions[get_column_letter(len(heads))].width = _WIDE
    sheet.row_dimensions[NAME_ROW].hidden = True
    sheet.freeze_panes = sheet.cell(FIRST_ROW, _KEPT.get(key, 2) + 1)
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW + 1}"


def _head(table: str, name: str) -> Text:
    words, is_required = layouts.heading(table, name), tables.schema(table).loc[name, "required"]
    return Text(f"{words.ko} {NEEDED}", f"{words.en} {NEEDED}") if is_required == "yes" else words


def _print(
    sheet: Worksheet, row: int, column: int, words: Text | str, style: str = "printed"
) -> None:
    """Write a text into a cell, and make the row high enough."""
    text = words if isinstance(words, str) else "\n".join(dict.fromkeys(_both(words)))
    sheet.cell(row, column).style = style
    workbooks.put(sheet, row, column, text)
    if _STYLES[style].get("alignment"):
        width = sheet.column_dimensions[get_column_letter(column)].width
        lines = sum(math.ceil(_length(line) * 1.05 / width) for line in text.split("\n"))
        height = sheet.row_dimensions[row].height or 0
        sheet.row_dimensions[row].height = max(height, 15 * lines + 3)


def _live(sheet: Worksheet, cell: str, formula: str) -> None:
    sheet[cell] = formula
    sheet[cell].style = "check"


def _length(text: str) -> int:
    """Characters of a text, those of Korean being twice as wide."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _both(words: Text) -> tuple[str, str]:
    return words.ko, words.en

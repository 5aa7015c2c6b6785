"""Read one returned form: its answers cell by cell, and everything that is wrong with it.

A cell holds an answer, a code (unknown, refused, not asked) or nothing; nothing is read as *not
asked*. Zero is an answer.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from openpyxl.utils import get_column_letter

from site_select import layouts, messages, tables, workbooks
from site_select.layouts import Flaw
from site_select.messages import Text

GIVEN, NOT_ASKED = "given", "not_asked"
MOST_ROWS = 5_000
STAMP_KEYS = ("kind", "study", "form_id", "about", "version", "round")
PROVENANCE = ("table", "row", "column", "reply", "sheet", "cell")
PATTERNS = {
    "firm": re.compile(r"F\d\d"), "origin": re.compile(r"[A-Z]{2}"),
    "hs_code": re.compile(r"\d{6,10}"), "date": tables.DATE,
}  # fmt: skip
PRESENCE = {"yes": ("existing", 1.0), "no": ("absent", 0.0), "planned": ("planned", 1.0)}


class Returned(NamedTuple):
    """What one workbook says.

    Attributes
    ----------
    stamp
        What the form says of itself; empty where it says nothing we know.
    sheets
        Cells by sheet, for whoever reads further sheets.
    tables
        Table sheets, typed by their schema; the index is the row of the sheet.
    answers
        Answers to questions: ``question, reply, status, value, words, remark, unit, year, sheet,
        cell``.
    cells
        Where every answer stands: ``table, row, column, reply, sheet, cell``.
    flaws
        What is wrong, in the order of the sheets.
    """

    stamp: Mapping[str, str]
    sheets: Mapping[str, workbooks.Sheet]
    tables: Mapping[str, pd.DataFrame]
    answers: pd.DataFrame
    cells: pd.DataFrame
    flaws: Sequence[Flaw]


class _Column(NamedTuple):
    """What one cell may hold."""

    name: str
    dtype: str
    words: Text
    minimum: str = ""
    maximum: str = ""
    is_required: bool = False
    choices: Mapping[str, str] = {}


class _Found(NamedTuple):
    """One cell, read: its value, how it was replied, what is wrong with it."""

    value: str | float | None
    reply: str
    flaw: Flaw | None = None


def read(
    path: Path,
    *,
    asked: Mapping[str, Mapping[str, str]],
    questions: pd.DataFrame,
    suppliers: Mapping[str, str],
) -> Returned:
    """Read a returned workbook; nothing is raised for what stands in it.

    Parameters
    ----------
    path
        The workbook.
    asked
        What each form that was asked must say of itself, by ``form_id``: fields of the stamp.
    questions
        Table ``questions``.
    suppliers
        Place by name on the drop-down, `layouts.supplier_names`.
    """
    nothing = pd.DataFrame()
    try:
        sheets = workbooks.opened(path)
    except workbooks.Refused as refused:
        flaw = Flaw("", 0, "", Text("", ""), refused.found, refused.allowed, refused.remedy)
        return Returned({}, {}, {}, nothing, nothing, [flaw])
    stamp, flaws = _stamp(sheets, asked)
    form, read_tables = _Form(sheets, suppliers, flaws), {}
    if not flaws:
        layout = {"complex": layouts.TABLE_SHEETS, "visit": (layouts.VISIT_SHEET,)}
        for title, name, _ in layout.get(stamp["kind"], ()):
            read_tables[name] = form.table(title, name)
        form.flaws += _unexplained(read_tables.get("form_visits", nothing))
    if not flaws or read_tables:
        for key in ("complex", "infrastructure") if stamp["kind"] == "complex" else ():
            own = questions[questions["sheet"] == key].set_index("question")
            form.questions(layouts.QUESTION_SHEETS[key], own)
    cells = pd.DataFrame(form.cells, columns=list(PROVENANCE))
    return Returned(stamp, sheets, read_tables, pd.DataFrame(form.answers), cells, form.flaws)


def _stamp(
    sheets: Mapping[str, workbooks.Sheet], asked: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, str], list[Flaw]]:
    """What the form says of itself, and whether it is one that was asked, in this version."""
    title, words = layouts.STAMP_SHEET, Text("양식 표시", "stamp of the form")
    place = (title, 0, "")
    if title not in sheets:
        others = ", ".join(name[:40] for name in sheets)
        return {}, [layouts.flaw("stamp", place, words, sheets=others)]
    cells = sheets[title].cells
    said = {cell.text: cells[row, 2].text for (row, column), cell in cells.items()
            if column == 1 and (row, 2) in cells}  # fmt: skip
    stamp = {key: said.get(key, "") for key in STAMP_KEYS}
    form_id, version = stamp["form_id"], stamp["version"]
    wanted = asked.get(form_id)
    if wanted is None:
        return {}, [layouts.flaw("form_id", place, words, form_id=form_id[:40])]
    if any(stamp[key] != wanted[key] for key in wanted if key != "version"):
        return {}, [layouts.flaw("changed", place, words, form_id=form_id)]
    if wanted["version"] != version:
        found = layouts.flaw("version", place, words, found=version[:40], wanted=wanted["version"])
        return stamp, [found]
    return stamp, []


@dataclass
class _Form:
    """A form that is being read; answers, their places and flaws gather in it."""

    sheets: Mapping[str, workbooks.Sheet]
    suppliers: Mapping[str, str]
    flaws: list[Flaw]
    answers: list[dict[str, object]] = field(default_factory=list)
    cells: list[tuple[object, ...]] = field(default_factory=list)

    def sheet(self, title: str) -> workbooks.Sheet | None:
        """Give a sheet that holds answers; merged cells are flaws."""
        if title not in self.sheets:
            others = ", ".join(name[:40] for name in self.sheets if not name.startswith("_"))
            self.add("sheet", (title, 0, ""), Text(title, title), sheets=others)
            return None
        for area in self.sheets[title].merged:
            first = re.match(r"([A-Z]+)(\d+)", area)
            if first and int(first[2]) >= layouts.FIRST_ROW:
                self.add("merged", (title, int(first[2]), first[1]), Text(title, title), area=area)
        return self.sheets[title]

    def add(self, kind: str, place: tuple[str, int, str], words: Text, **values: object) -> None:
        """Note a flaw."""
        self.flaws.append(layouts.flaw(kind, place, words, **values))  # type: ignore[arg-type]

    def cell(self, sheet: workbooks.Sheet, at: tuple[int, int], column: _Column) -> _Found:
        """Read a cell and note what is wrong with it."""
        place = (sheet.title, at[0], get_column_letter(at[1]))
        found = _answer(sheet.cells.get(at), column, place)
        if found.flaw:
            self.flaws.append(found.flaw)
        return found

    def table(self, title: str, name: str) -> pd.DataFrame:
        """Read one table sheet."""
        schema, nothing, sheet = tables.schema(name), tables.empty(name), self.sheet(title)
        if sheet is None:
            return nothing
        at = {cell.text: column for (row, column), cell in sheet.cells.items()
              if row == layouts.NAME_ROW}  # fmt: skip
        missing = [str(column) for column in schema.index if column not in at]
        for lost in missing:
            words = layouts.heading(name, lost)
            self.add("column", (title, layouts.NAME_ROW, ""), words, column=words)
        lines = [] if missing else _lines(sheet, at, name)
        if len(lines) > MOST_ROWS:
            place = (title, lines[MOST_ROWS], "")
            self.add("rows", place, Text(title, title), most=MOST_ROWS)
            lines = []
        rows: dict[int, dict[str, str | float | None]] = {line: {} for line in lines}
        for column in _columns(name, self.suppliers) if lines else ():
            letter = get_column_letter(at[column.name])
            for line in lines:
                found = self.cell(sheet, (line, at[column.name]), column)
                rows[line][column.name] = found.value
                row = (name, line, column.name, found.reply, title, f"{letter}{line}")
                self.cells.append(row)
        self.flaws += _repeated(rows, title, name)
        if not rows:
            return nothing
        frame = pd.DataFrame(list(rows.values()), index=list(rows), columns=list(schema.index))
        return frame.astype(nothing.dtypes.to_dict())

    def questions(self, title: str, asked: pd.DataFrame) -> None:
        """Read the answers of one sheet of questions."""
        sheet = self.sheet(title)
        if sheet is None:
            return
        at = {name: number for number, name in enumerate(layouts.QUESTION_COLUMNS, start=1)}
        lines = {cell.text: row for (row, column), cell in sheet.cells.items()
                 if column == at["question"] and row >= layouts.FIRST_ROW}  # fmt: skip
        for question, row in asked.iterrows():
            words, line = Text(row["text_ko"], row["text_en"]), lines.get(str(question))
            if line is None:
                self.add("column", (title, 0, ""), words, column=words)
                continue
            found = self.cell(sheet, (line, at["answer"]), _question(row, words))
            year = self.cell(sheet, (line, at["year"]), _YEAR._replace(words=words))
            remark = sheet.cells.get((line, at["remark"]))
            cell = f"{get_column_letter(at['answer'])}{line}"
            said = remark.text[: layouts.MOST_CHARACTERS] if remark else ""
            self.answers.append({
                "question": question, "reply": found.reply or NOT_ASKED, **_said(row, found),
                "remark": said, "year": year.value, "sheet": title, "cell": cell,
            })  # fmt: skip
            self.cells.append(("answers", line, question, found.reply, title, cell))


def _lines(sheet: workbooks.Sheet, at: Mapping[str, int], name: str) -> list[int]:
    """Rows somebody wrote in; firm numbers and items of a checklist are printed beforehand."""
    columns = set(tables.schema(name).index)
    columns = {"form_firms": columns - {"firm"}, "form_visits": {"item"}}.get(name, columns)
    asked = {at[column] for column in columns}
    return sorted({row for row, column in sheet.cells
                   if row >= layouts.FIRST_ROW and column in asked})  # fmt: skip


def _columns(name: str, suppliers: Mapping[str, str]) -> Iterator[_Column]:
    """Columns of a table sheet as its schema defines them."""
    for column, row in tables.schema(name).iterrows():
        allowed = {value: value for value in row["allowed"].split(";") if value}
        yield _Column(
            str(column), row["dtype"], layouts.heading(name, str(column)), row["minimum"],
            row["maximum"], row["required"] == "yes",
            suppliers if column == "supplier" else allowed,
        )  # fmt: skip


def _question(row: "pd.Series[str]", words: Text) -> _Column:
    """What the answer to a question may be."""
    kind = row["kind"]
    if kind == "presence":
        return _Column("answer", "text", words, choices={value: value for value in PRESENCE})
    low, high = (f"{end:g}" if pd.notna(end) else "" for end in (row["minimum"], row["maximum"]))
    return _Column("answer", kind, words, low, high)


_FIRST, _LAST = map(str, layouts.ANSWER_YEARS)
_YEAR = _Column("answer_year", "integer", Text("", ""), _FIRST, _LAST)


def _said(row: "pd.Series[str]", found: _Found) -> dict[str, object]:
    """The answer to a question as status, value and words."""
    if row["kind"] == "presence":
        status, value = PRESENCE.get(str(found.value), ("", None))
        return {"status": status, "value": value, "words": "", "unit": "presence"}
    is_text = row["kind"] == "text"
    return {"status": "", "value": None if is_text else found.value,
            "words": found.value if is_text else "", "unit": row["unit"]}  # fmt: skip


def _repeated(rows: Mapping[int, Mapping[str, object]], title: str, name: str) -> Iterator[Flaw]:
    """Rows that stand there before, by their key."""
    schema, seen = tables.schema(name), dict[tuple[object, ...], int]()
    keys = [str(key) for key in schema.index[schema["key"] == "yes"]]
    for line, values in rows.items():
        key = tuple(values[column] for column in keys)
        first = seen.setdefault(key, line)
        if first != line and all(key):
            place = (title, line, layouts.columns(name)[keys[0]])
            words, said = layouts.heading(name, keys[0]), " · ".join(map(str, key))
            yield layouts.flaw("twice", place, words, said=said, first=first)


def _unexplained(visits: pd.DataFrame) -> Iterator[Flaw]:
    """Scores that a visit changed without a reason."""
    sheet, letters = layouts.VISIT_SHEET, layouts.columns("form_visits")
    words = layouts.heading("form_visits", "reason")
    if visits.empty:
        return
    silent = visits["reason"].eq("") & (visits["after"] - visits["before"]).fillna(0).ne(0)
    for line in visits.index[silent]:
        yield layouts.flaw("unexplained", (sheet.title, int(line), letters["reason"]), words)


def _answer(cell: workbooks.Cell | None, column: _Column, place: tuple[str, int, str]) -> _Found:
    """Read one cell by what its column may hold."""
    nothing: str | float | None = "" if column.dtype in {"text", "date"} else None
    text = cell.text if cell else ""
    code = layouts.understood(text, layouts.CODES)
    kind, said = "", dict[str, object](found=text[:80])
    if not text:
        if not column.is_required:
            return _Found(nothing, NOT_ASKED)
        kind = "required"
    elif cell and cell.kind in {"formula", "error"}:
        kind = cell.kind
    elif code and column.name not in layouts.NEVER_CODES:
        return _Found(nothing, code)
    elif code:
        kind = "code"
    elif column.choices:
        value = layouts.understood(text, column.choices)
        if value is not None:
            return _Found(column.choices[value], GIVEN)
        kind, said["listed"] = "choice", " | ".join(map(layouts.shown, column.choices))
    elif column.dtype in {"number", "integer"}:
        return _number(text, column, place)
    else:
        return _text(text, column, place)
    return _Found(nothing, "", layouts.flaw(kind, place, column.words, **said))  # type: ignore[arg-type]


def _number(text: str, column: _Column, place: tuple[str, int, str]) -> _Found:
    try:
        value = tables.number(text)
    except ValueError:
        return _Found(None, "", layouts.flaw("number", place, column.words, found=text[:80]))
    if column.dtype == "integer" and not value.is_integer():
        return _Found(None, "", layouts.flaw("integer", place, column.words, found=text[:80]))
    low, high = column.minimum, column.maximum
    if not float(low or "-inf") <= value <= float(high or "inf"):
        key = "between" if low and high else "least" if low else "most"
        span = messages.text(f"forms.span.{key}", low=low, high=high)
        flaw = layouts.flaw("bounds", place, column.words, found=text[:80], span=span)
        return _Found(None, "", flaw)
    return _Found(value, GIVEN)


def _text(text: str, column: _Column, place: tuple[str, int, str]) -> _Found:
    if text.startswith("="):  # a formula that somebody, or a letter's copy, keeps as text
        return _Found("", "", layouts.flaw("formula", place, column.words, found=text[:80]))
    key = "date" if column.dtype == "date" else column.name
    text = re.sub(r"[.\-\s]", "", text) if key == "hs_code" else text
    if key in PATTERNS and not PATTERNS[key].fullmatch(text):
        return _Found("", "", layouts.flaw(key, place, column.words, found=text[:80]))
    if len(text) > layouts.MOST_CHARACTERS:
        words, most = column.words, layouts.MOST_CHARACTERS
        return _Found("", "", layouts.flaw("long", place, words, count=len(text), most=most))
    return _Found(text, GIVEN)

"""People who fill in the forms of the made-up survey: how they write, and what they get wrong.

They open the workbook that was sent, look for the cell by the name of its column or question, and
write. Some write numbers as text, with commas or in full width; what they do not know or will not
say they leave empty or write so.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from site_select import ballots, layouts, tables, workbooks

Row = Mapping[str, object]
Weights = Mapping[str, float]  # of the children of a node
Answers = Mapping[str, Sequence[Row]]  # rows by title of the sheet
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
AS_TEXT, IN_FULL_WIDTH = 0.05, 0.02  # share of the numbers
WITH_YEAR, WITH_REMARK = 0.7, 0.05  # share of the answers
IN_BOTH = 0.5  # share of the codes that are chosen from the list, in both languages
SWING = next(word for word, method in ballots.METHODS.items() if method == "swing")
SILENT = {None} | {word for code in layouts.CODES
                   for word in (layouts.shown(code), layouts.choice(code).ko)}  # fmt: skip
MAY_BE_UNKNOWN = ("weight_t", "orders_per_year")  # must hold an answer or a code


def fill(form: Path, answers: Answers, target: Path, *mistakes: Callable[[Workbook], None]) -> Path:
    """Fill in a form as it was sent and save it under another name.

    Parameters
    ----------
    form
        The workbook that was sent.
    answers
        By title of a sheet, rows of values by our name of the column. A row that names what is
        printed in its first column (a question, an item, the number of a firm) goes there, any
        other into the next row.
    target
        Where the filled form goes.
    *mistakes
        What goes wrong with the workbook at last.
    """
    book = openpyxl.load_workbook(form)
    for title, rows in answers.items():
        write(book[title], rows)
    for mistake in mistakes:
        mistake(book)
    workbooks.save(book, target)
    return target


def write(sheet: Worksheet, rows: Iterable[Row]) -> None:
    """Write rows into a sheet, see `fill`."""
    at = columns(sheet)
    printed = {sheet.cell(line, 1).value: line
               for line in range(layouts.FIRST_ROW, sheet.max_row + 1)}  # fmt: skip
    line = layouts.FIRST_ROW
    for row in rows:
        known = printed.get(next(iter(row.values())))
        for name, value in row.items():
            if known is None or at[name] > 1:
                sheet.cell(known or line, at[name], value)
        line += 1


def columns(sheet: Worksheet) -> dict[Any, int]:
    """Number of each column by our name, which stands in a hidden row."""
    return {cell.value: cell.column for cell in sheet[layouts.NAME_ROW] if cell.value}


class Silence(NamedTuple):
    """Share of the cells that are answered with a code, or left empty."""

    unknown: float = 0.0
    refused: float = 0.0
    empty: float = 0.0


def said(
    table: str, rows: Iterable[Row], generator: np.random.Generator, silence: Silence
) -> list[Row]:
    """Rows of a table sheet as people write them.

    Parameters
    ----------
    table
        Name of the schema.
    rows
        True values by column.
    generator
        Draws who writes how.
    silence
        How often a cell that need not be answered is not.
    """
    schema = tables.schema(table)
    by_column = {
        name: silence if need != "yes"
        else silence._replace(empty=0.0) if name in MAY_BE_UNKNOWN else Silence()
        for name, need in schema["required"].items()
    }  # fmt: skip
    is_chosen = (schema["allowed"] != "") | (schema.index == "supplier")
    rows = list(rows)
    written = [
        {name: _said(value, generator, by_column[name], is_choice=bool(is_chosen[name]))
         for name, value in row.items()}
        for row in rows
    ]  # fmt: skip
    first, *others = [name for name in schema.index if name.endswith("_share_percent")] or [""]
    # shares of one whole are known together or not at all
    for row, true in zip(written, rows, strict=True):
        if row.get(first) in SILENT:
            row.update(dict.fromkeys(others, row.get(first)))
        elif others:
            row.update({name: true[name] for name in others})
    return written


def answered(
    answers: Row, generator: np.random.Generator, silence: Silence, *, year: int
) -> list[Row]:
    """Rows of a sheet of questions as people write them, most with the year they speak of."""
    rows: list[Row] = []
    for question, value in answers.items():
        is_choice = value in {"yes", "no", "planned"}
        answer = _said(value, generator, silence, is_choice=is_choice)
        row: dict[str, object] = {"question": question, "answer": answer}
        if answer is not None and generator.random() < WITH_YEAR:
            row["year"] = year
        if answer is not None and generator.random() < WITH_REMARK:
            row["remark"] = "담당자 확인"
        rows.append(row)
    return rows


def copied(*tables: list[Row]) -> list[list[Row]]:
    """Rows of sheets where the second firm writes what the first wrote."""
    one, other = list(dict.fromkeys(row["firm"] for row in tables[0]))[:2]
    return [
        [row for row in rows if row["firm"] != other]
        + [{**row, "firm": other} for row in rows if row["firm"] == one]
        for rows in tables
    ]


def _said(
    value: object, generator: np.random.Generator, silence: Silence, *, is_choice: bool
) -> object:
    chance = generator.random()
    if chance < silence.unknown + silence.refused:
        code = "unknown" if chance < silence.unknown else "refused"
        return layouts.shown(code) if generator.random() < IN_BOTH else layouts.choice(code).ko
    if chance < sum(silence):
        return None
    if is_choice:
        return layouts.shown(str(value))
    return _number(value, generator) if isinstance(value, int | float) else value


def _number(value: float, generator: np.random.Generator) -> object:
    chance = generator.random()
    if chance < AS_TEXT:
        return f"{value:,}"
    if chance < AS_TEXT + IN_FULL_WIDTH:
        return str(value).translate(FULL_WIDTH)
    return value


def judge(book: Workbook, weights: Mapping[str, Weights], *, twist: str = "") -> None:
    """Judge every pair of each node as the weights have it, rounded to the scale.

    Parameters
    ----------
    book
        The ballot, which is filled in.
    weights
        Weights of the children by parent.
    twist
        Parent of which one pair is turned round, so that the judgements contradict each other.
    """
    for sheet in book:
        at = columns(sheet)
        if "judgement" not in at:
            continue
        for line in range(layouts.FIRST_ROW, sheet.max_row + 1):
            first, second = (sheet.cell(line, at[name]).value for name in ("first", "second"))
            own = [(parent, one) for parent, one in weights.items() if {first, second} <= set(one)]
            for parent, one in own:
                ratio = one[first] / one[second]
                names = list(one)
                if parent == twist and (first, second) == (names[0], names[-1]):
                    ratio = 1 / 9 if ratio >= 1 else 9.0
                sheet.cell(line, at["judgement"]).value = min(
                    ballots.SCALE, key=lambda word: abs(np.log(ballots.SCALE[word] / ratio))
                )


def give_points(book: Workbook, weights: Mapping[str, Weights]) -> None:
    """Give swing points instead: 100 to the most important child of each node."""
    sheet = book[ballots.POINTS]
    at = columns(sheet)
    for line in range(layouts.FIRST_ROW, sheet.max_row + 1):
        parent, child = (sheet.cell(line, at[name]).value for name in ("parent", "child"))
        if child:
            points = 100 * weights[parent][child] / max(weights[parent].values())
            sheet.cell(line, at["points"]).value = max(round(points, -1), 20)
        elif parent:
            sheet.cell(line, at["points"]).value = SWING


def declare(book: Workbook, complexes: Collection[str]) -> None:
    """Say in which complexes one has an interest."""
    sheet = book[ballots.INTERESTS]
    at = columns(sheet)
    for line in range(layouts.FIRST_ROW, sheet.max_row + 1):
        label = sheet.cell(line, at["complex_id"]).value
        is_so = label in complexes or (label == ballots.EVERYONE and not complexes)
        if label:
            sheet.cell(line, at["interest"]).value = layouts.shown("yes" if is_so else "no")
        if label in complexes:
            sheet.cell(line, at["nature"]).value = "자문 계약"


def formula(book: Workbook) -> None:
    """Write a weight as a calculation."""
    _cell(book, "주문", "weight_t").value = "=2*3"


def kilograms(book: Workbook) -> None:
    """Write the weight of an order in kilograms."""
    _cell(book, "주문", "weight_t").value = 2.4
    _cell(book, "주문", "orders_per_year").value = 6
    _cell(book, "주문", "lot_t").value = 400


def shares(book: Workbook) -> None:
    """Give shares that do not sum to 100."""
    for name in ("air_share_percent", "sea_share_percent", "domestic_share_percent"):
        _cell(book, "품목", name).value = 30


def merged(book: Workbook) -> None:
    """Merge two cells of answers."""
    first = _cell(book, "주문", "origin").coordinate
    book["주문"].merge_cells(f"{first}:{first[:-1]}{layouts.FIRST_ROW + 1}")


def wrong_number(book: Workbook) -> None:
    """Get the last digit of a business number wrong."""
    cell = _cell(book, "기업", "business_number")
    cell.value = f"{cell.value[:-1]}{(int(cell.value[-1]) + 1) % 10}"


def _cell(book: Workbook, title: str, name: str) -> Any:  # noqa: ANN401 - a cell of openpyxl
    """The cell of a column in the first row of answers."""
    return book[title].cell(layouts.FIRST_ROW, columns(book[title])[name])

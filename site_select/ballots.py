"""The workbook an evaluator gets: pairs with their swings, a live consistency ratio, points.

Each node of the value tree has a sheet of pairs. The pair to look at again departs most from what
the others imply, the geometric mean over every third item. The ratio on it is that of the principal
eigenvector, by `STEPS` power steps from the geometric mean in plain formulas; `ahp` computes it
again, exactly, when the ballot comes back.

References
----------
Saaty, T. L. (1980). The Analytic Hierarchy Process. McGraw-Hill, New York.
Crawford, G. & Williams, C. (1985). A note on the analysis of subjective judgment matrices. J. Math.
Psychol. 29(4), 387-405. doi:10.1016/0022-2496(85)90002-1 (least squares, for the advice)
"""

import itertools
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from site_select import ahp, layouts, messages, workbooks
from site_select.errors import SettingsError
from site_select.layouts import CHECK, FIRST_ROW, HEAD_ROW, NAME_ROW
from site_select.messages import Text

GUIDE, INTERESTS, POINTS = "안내", "이해관계", "점수"
EVERYONE = "*"  # row of the sheet of interests that speaks for all complexes
DIRECT = "직접 배점 / direct"
METHODS = {"쌍대비교 / pairs": "pairs", DIRECT: "direct", "스윙 배점 / swing": "swing"}
STEPS = 12  # power steps; 4 digits where the ratio is below 0.5
WIDE = 100
MATRIX = 11  # column of the hidden matrix
EQUAL = "● 1"
SCALE = {**{f"◀ {n}": float(n) for n in range(9, 1, -1)}, EQUAL: 1.0,
         **{f"▶ {n}": 1.0 / n for n in range(2, 10)}}  # fmt: skip
PAIR_COLUMNS = ("first", "second", "first_words", "judgement", "second_words", CHECK)
POINT_COLUMNS = ("parent", "child", "words", "swing", "points", CHECK)
INTEREST_COLUMNS = ("complex_id", "words", "interest", "nature", CHECK)
_INPUT = PatternFill("solid", start_color="FFFFF8DC", end_color="FFFFF8DC")
_HEAD = PatternFill("solid", start_color="FFE3E8EF", end_color="FFE3E8EF")
_LINE = Border(*(Side("thin", "FF8A8F98") for _ in range(4)))
_WRAP = Alignment(wrap_text=True, vertical="top")


class Node(NamedTuple):
    """A node whose children are compared.

    Attributes
    ----------
    parent
        Its name in the value tree.
    title
        Title of its sheet.
    children
        Names of its children.
    """

    parent: str
    title: str
    children: tuple[str, ...]


def nodes(criteria: pd.DataFrame) -> list[Node]:
    """Nodes with two children or more, each with a title that Excel takes.

    Parameters
    ----------
    criteria
        Value tree, indexed by criterion.
    """
    found = list[Node]()
    used = {GUIDE, INTERESTS, POINTS, "history"}  # Excel keeps the last for itself
    for parent, own in criteria.groupby("parent", sort=False):
        if len(own) < 2:  # noqa: PLR2004 - nothing to compare
            continue
        name = criteria["name_ko"].get(parent, messages.text("ballots.goal").ko)
        spelt = unicodedata.normalize("NFC", str(name))
        printed = "".join(letter if letter.isprintable() else " " for letter in spelt)
        plain = re.sub(r"[\[\]:*?/\\']", " ", printed).strip()[:25] or "비교"
        titles = (plain if n == 1 else f"{plain} {n}" for n in itertools.count(1))
        title = next(title for title in titles if title.casefold() not in used)
        used.add(title.casefold())
        found.append(Node(str(parent), title, tuple(map(str, own.index))))
    return found


def swing(row: "Mapping[str, object] | pd.Series[Any]") -> Text:
    """Say the way from worst to best, with its unit; nothing for a criterion.

    Examples
    --------
    >>> swing({"worst": 0.0, "best": 60.0, "unit": "days"}).en
    '0 → 60 days'
    """
    if messages.is_unknown(row["worst"]):
        return messages.text("ballots.whole")
    unit = messages.text_or(f"units.{row['unit']}", str(row["unit"]))
    ends = " → ".join(f"{row[end]:,.10g}" for end in ("worst", "best"))
    return Text(f"{ends} {unit.ko}", f"{ends} {unit.en}")


def form(
    stamp: Mapping[str, str], *, criteria: pd.DataFrame, complexes: "pd.Series[Any]",
    earlier: pd.DataFrame | None = None, ratio_limit: float = 0.10, due: str = "",
    contact: str = "",
) -> Workbook:  # fmt: skip
    """Make the ballot of one evaluator.

    Parameters
    ----------
    stamp
        What the form says of itself, on a hidden sheet.
    criteria
        Value tree, indexed by criterion.
    complexes
        Names of the complexes by number, in which an interest may be declared.
    earlier
        Judgements of the round before, filled in; the pair to look at is named.
    ratio_limit
        Consistency ratio above which the sheet asks to look again.
    due, contact
        When it is to be returned, and whom to ask.

    Raises
    ------
    SettingsError
        If a node has more children than can be compared.
    """
    judged = nodes(criteria)
    if large := [node for node in judged if len(node.children) >= len(ahp.RANDOM_INDEX)]:
        raise SettingsError("; ".join(
            f"{node.parent} has {len(node.children)} children: allowed "
            f"{len(ahp.RANDOM_INDEX) - 1}; put some under nodes of their own" for node in large
        ))  # fmt: skip
    before = _before(earlier, stamp["about"])
    book = Workbook()
    guide = book.active
    guide.title = GUIDE
    for row, key in enumerate(("title", "why", "swing", "pairs", "points", "interests", "names")):
        _say(guide, row + 1, 1, messages.text(f"ballots.guide.{key}"), WIDE)
    said = {"due": due or "–", "contact": contact or "–"}
    _say(guide, 9, 1, messages.text("ballots.guide.return", **said), WIDE)
    guide.column_dimensions["A"].width = WIDE
    _interests(book.create_sheet(INTERESTS), complexes)
    points = {parent: _as_points(matrix) for parent, matrix in before.items()}
    for node in judged:
        matrix = None if points.get(node.parent) else before.get(node.parent)
        _pairs(book.create_sheet(node.title), node, criteria, matrix, ratio_limit)
    _points(book.create_sheet(POINTS), criteria, points)
    _finish(book, stamp)
    return book


def _before(earlier: pd.DataFrame | None, evaluator: str) -> dict[str, pd.DataFrame]:
    """Judgements of the round before as a matrix for each parent."""
    if earlier is None or earlier.empty:
        return {}
    found = ahp.matrices(earlier, must_join=False)
    return {parent: matrix for (who, parent), matrix in found.items() if who == evaluator}


def _as_points(matrix: pd.DataFrame) -> dict[str, float]:
    """Points that were given where a judgement lies between two steps of the scale; else none."""
    ratios = matrix.to_numpy()[~matrix.isna()]
    is_step = [abs(math.log(SCALE[_nearest(ratio)] / ratio)) < ahp.APART for ratio in ratios]
    if all(is_step) or matrix.isna().any(axis=None):
        return {}
    weights, _, ratio, *_ = ahp.priorities(matrix)
    if ratio > ahp.ROUNDING:  # pairs that were written as numbers
        return {}
    return {str(item): round(100.0 * weight / weights.max(), 6) for item, weight in weights.items()}


def _say(sheet: Worksheet, row: int, column: int, words: Text, width: int = 40) -> None:
    """Write both languages, in a row that is as high as they need."""
    cell = workbooks.put(sheet, row, column, f"{words.ko}\n{words.en}".strip())
    cell.alignment = _WRAP
    lines = sum(-(-_width(line) // width) for line in (words.ko, words.en) if line)
    place = sheet.row_dimensions[row]
    place.height = max(place.height or 0, 14.0 * lines + 3)


def _width(text: str) -> int:
    """Width of a text in letters; those of Korean are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _head(sheet: Worksheet, key: str, columns: tuple[str, ...], hidden: int) -> None:
    """Title, guide and heads; our own names stand in a hidden row."""
    _say(sheet, 1, hidden + 1, messages.text(f"ballots.{key}.title"), WIDE)
    _say(sheet, 2, hidden + 1, messages.text(f"ballots.{key}.guide"), WIDE)
    sheet.cell(1, hidden + 1).font = Font(bold=True, size=13)
    for column, name in enumerate(columns, start=1):
        workbooks.put(sheet, NAME_ROW, column, name)
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].hidden = column <= hidden
        sheet.column_dimensions[letter].width = 40 if name.endswith("words") else 22
        if column > hidden:
            words = messages.text(f"ballots.head.{name.removeprefix('~')}")
            for row, text in ((HEAD_ROW, words.ko), (HEAD_ROW + 1, words.en)):
                workbooks.put(sheet, row, column, text).fill = _HEAD
    sheet.row_dimensions[NAME_ROW].hidden = True
    sheet.freeze_panes = f"A{FIRST_ROW}"
    for row in (1, 2):
        sheet.merge_cells(start_row=row, end_row=row, start_column=hidden + 1,
                          end_column=len(columns))  # fmt: skip


def _input(sheet: Worksheet, row: int, column: int, offered: list[str] | None = None) -> None:
    cell = sheet.cell(row, column)
    cell.protection, cell.fill, cell.number_format = Protection(locked=False), _INPUT, "@"
    cell.border, cell.alignment = _LINE, _WRAP
    if offered:
        rule = DataValidation("list", formula1=f'"{",".join(offered)}"', allow_blank=True)
        rule.add(cell.coordinate)
        sheet.add_data_validation(rule)


def _interests(sheet: Worksheet, complexes: "pd.Series[Any]") -> None:
    _head(sheet, "interests", INTEREST_COLUMNS, 1)
    everyone = {EVERYONE: messages.text("ballots.no_interest")}
    rows = everyone | {str(label): name for label, name in complexes.items()}
    for line, (label, words) in enumerate(rows.items(), start=FIRST_ROW):
        workbooks.put(sheet, line, 1, label)
        _say(sheet, line, 2, words)
        _input(sheet, line, 3, [layouts.shown("yes"), layouts.shown("no")])
        _input(sheet, line, 4)
        everywhere = f'$C${FIRST_ROW}="{layouts.shown("yes")}"'
        sheet.cell(line, 5).value = f'=IF(OR(C{line}<>"",{everywhere}),"✓","▶ 예/아니오 · yes/no")'


def _pairs(
    sheet: Worksheet, node: Node, criteria: pd.DataFrame, matrix: pd.DataFrame | None, limit: float
) -> None:
    _head(sheet, "pairs", PAIR_COLUMNS, 2)
    rows = criteria.loc[list(node.children)]
    names = {str(child): _words(row) for child, row in rows.iterrows()}
    pairs = list(itertools.combinations(range(len(node.children)), 2))
    for line, (i, j) in enumerate(pairs, start=FIRST_ROW):
        first, second = node.children[i], node.children[j]
        for column, value in ((1, first), (2, second)):
            workbooks.put(sheet, line, column, value)
        _say(sheet, line, 3, names[first])
        _input(sheet, line, 4, list(SCALE))
        _say(sheet, line, 5, names[second])
        if matrix is not None and first in matrix and second in matrix:
            workbooks.put(sheet, line, 4, _nearest(float(matrix[second][first])))
    _live(sheet, node, names, pairs, limit)


def _nearest(ratio: float) -> str:
    """Word of the scale for a ratio; nothing where the pair was not judged."""
    if math.isnan(ratio):
        return ""
    return min(SCALE, key=lambda word: abs(math.log(SCALE[word] / ratio)))


def _words(row: "pd.Series[Any]") -> Text:
    said = swing(row)
    return Text(f"{row['name_ko']} ({said.ko})", f"{row['name_en']} ({said.en})")


def _live(
    sheet: Worksheet, node: Node, names: Mapping[str, Text], pairs: list[tuple[int, int]],
    limit: float,
) -> None:  # fmt: skip
    """Consistency ratio, weights and the worst pair, in formulas of ours alone."""
    n, count = len(node.children), len(pairs)
    letters = [get_column_letter(MATRIX + i) for i in range(n)]
    left, right, ratio = letters[0], letters[-1], "G"
    end = FIRST_ROW + count - 1
    rows = range(FIRST_ROW, FIRST_ROW + n)
    for i, j in itertools.product(range(n), range(n)):
        known = f"{ratio}{FIRST_ROW + pairs.index((min(i, j), max(i, j)))}" if i != j else "1"
        sheet[f"{letters[j]}{rows[i]}"] = _cell(known, is_below=i > j)
    start = FIRST_ROW + n + 1  # the steps, each in a row
    for i, letter in enumerate(letters):
        row = f"${left}{rows[i]}:${right}{rows[i]}"
        sheet[f"{letter}{start}"] = f"=GEOMEAN({row})"
        for step in range(1, STEPS + 1):
            before = f"${left}{start + step - 1}:${right}{start + step - 1}"
            sheet[f"{letter}{start + step}"] = f"=SUMPRODUCT({row},{before})"
    last, before = (f"${left}${at}:${right}${at}" for at in (start + STEPS, start + STEPS - 1))
    for line, (i, j) in enumerate(pairs, start=FIRST_ROW):
        others = [
            f"{letters[k]}{rows[i]}*{letters[j]}{rows[k]}" for k in range(n) if k not in {i, j}
        ]
        implied = f"({'*'.join(others)})^(1/{n - 2})" if others else f"{letters[j]}{rows[i]}"
        _compare(sheet, line, implied)
    for column in ("G", "H", "I", "J", *letters):
        sheet.column_dimensions[column].hidden = True
    where = _Ranges(end, last, before, letters, start + STEPS)
    _summary(sheet, names, where, limit)


def _compare(sheet: Worksheet, line: int, implied: str) -> None:
    """Ratio of a pair, what the others imply, the step nearest to it, and what that would mend.

    By logarithmic least squares: whatever one pair is changed to, the others imply the same, so
    that the sum of squares falls by the fall of its own square alone, times one number for all.
    """
    said, number, nearest = f"D{line}", f"VALUE(MID(D{line},3,1))", f"MAX(I{line},1/I{line})"
    formulas = {
        "F": f'IF(G{line}="","▶ 판단 필요 · to judge","✓")',
        "G": f'IFERROR(IF({said}="{EQUAL}",1,IF(LEFT({said},2)="◀ ",{number},'
             f'IF(LEFT({said},2)="▶ ",1/{number},""))),"")',
        "H": f'IF(G{line}="",0,ROUND(LN(G{line}/I{line})^2-(LN(J{line})-ABS(LN(I{line})))^2,9))',
        "I": implied,
        "J": f"MIN(9,INT({nearest})+IF({nearest}^2>=INT({nearest})*(INT({nearest})+1),1,0))",
    }  # fmt: skip
    for letter, formula in formulas.items():
        sheet[f"{letter}{line}"] = f"={formula}"


def _cell(known: str, *, is_below: bool) -> str:
    """A cell of the matrix; 1 until the pair is judged, so that no error spreads."""
    return f'=IF({known}="",1,{"1/" if is_below else ""}{known})'


class _Ranges(NamedTuple):
    """Where the hidden formulas stand."""

    end: int
    last: str
    before: str
    letters: list[str]
    row: int


def _summary(sheet: Worksheet, names: Mapping[str, Text], where: _Ranges, limit: float) -> None:
    """What the evaluator sees below the pairs."""
    n, end = len(names), where.end
    at = end + 2
    missing = f"(ROWS(G{FIRST_ROW}:G{end})-COUNT(G{FIRST_ROW}:G{end}))"
    index = ahp.RANDOM_INDEX[n] or 1.0
    value = f"MAX(0,(SUM({where.last})/SUM({where.before})-{n})/{max(n - 1, 1)}/{index})"
    _say(sheet, at, 3, messages.text("ballots.ratio", limit=f"{limit:.2f}"))
    sheet[f"D{at}"] = f'=IF({missing}>0,"▶ "&{missing}&"쌍 남음 · pairs left",{value})'
    sheet[f"D{at}"].number_format = "0.000"
    gain = f"H{FIRST_ROW}:H{end}"
    at_worst = {
        letter: f"INDEX({letter}{FIRST_ROW}:{letter}{end},MATCH(MAX({gain}),{gain},0))"
        for letter in "CEIJ"
    }
    mended = f'IF({at_worst["J"]}=1,"{EQUAL}",IF({at_worst["I"]}>1,"◀ ","▶ ")&{at_worst["J"]})'
    _say(sheet, at + 1, 3, messages.text("ballots.advice"))
    sheet[f"D{at + 1}"] = (
        f'=IF({missing}>0,"–",IF(OR(MAX({gain})<=0,D{at}<={limit}),"✓",'
        f'{at_worst["C"]}&" : "&{at_worst["E"]}&" → "&{mended}))'
    )  # fmt: skip
    sheet[f"D{at + 1}"].alignment, sheet.row_dimensions[at + 1].height = _WRAP, 120
    _say(sheet, at + 3, 3, messages.text("ballots.weights"))
    for line, (child, letter) in enumerate(zip(names, where.letters, strict=True)):
        row = at + 4 + line
        _say(sheet, row, 3, names[child])
        sheet[f"D{row}"] = f'=IF({missing}>0,"",{letter}{where.row}/SUM({where.last}))'
        sheet[f"D{row}"].number_format = "0.0%"
        sheet[f"E{row}"] = f'=IF({missing}>0,"",REPT("█",ROUND(D{row}*40,0)))'


def _points(
    sheet: Worksheet, criteria: pd.DataFrame, before: Mapping[str, Mapping[str, float]]
) -> None:
    _head(sheet, "points", POINT_COLUMNS, 2)
    line = FIRST_ROW
    for node in nodes(criteria):
        workbooks.put(sheet, line, 1, node.parent)
        _say(sheet, line, 3, messages.text("ballots.method", node=node.title))
        _input(sheet, line, 5, list(METHODS))
        given = before.get(node.parent, {})
        workbooks.put(sheet, line, 5, DIRECT if given else None)
        first, last = line + 1, line + len(node.children)
        values = f"E{first}:E{last}"
        sheet.cell(line, 6).value = (
            f'=IF(OR(E{line}="",LEFT(E{line},2)="쌍대"),"✓",IF(COUNT({values})<ROWS({values}),'
            f'"▶ 점수 필요 · points needed",IF(AND(LEFT(E{line},2)="스윙",MAX({values})<>100),'
            f'"▶ 가장 큰 것이 100 · largest is 100",IF(OR(MIN({values})<=0,MAX({values})>100),'
            f'"▶ 0 초과 100 이하 · above 0, up to 100",IF(MAX({values})>9*MIN({values}),'
            f'"▶ 아홉 배까지 · up to nine times","✓")))))'
        )  # fmt: skip
        rows = criteria.loc[list(node.children)].iterrows()
        for row, (child, own) in enumerate(rows, start=first):
            for column, value in ((1, node.parent), (2, child)):
                workbooks.put(sheet, row, column, value)
            _say(sheet, row, 3, Text(own["name_ko"], own["name_en"]))
            _say(sheet, row, 4, swing(own))
            _input(sheet, row, 5)
            workbooks.put(sheet, row, 5, given.get(str(child))).number_format = "General"
        line = last + 2


def _finish(book: Workbook, stamp: Mapping[str, str]) -> None:
    hidden = book.create_sheet(layouts.STAMP_SHEET)
    for row, pair in enumerate(stamp.items(), start=1):
        for column, text in enumerate(pair, start=1):
            workbooks.put(hidden, row, column, text)
    hidden.sheet_state = "veryHidden"
    for sheet in book.worksheets:
        sheet.protection.sheet = True
        sheet.protection.formatColumns = sheet.protection.formatRows = False
        sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    book.security.lockStructure = True

"""Tables of official workbooks, whose columns are found by their headings, never by position.

Blanks, dots, brackets, merged cells and the number of header rows may differ from year to year.
What is not recognised becomes a fault that lists what was found and what was wanted.
"""

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from openpyxl.utils import range_boundaries

from site_select import tables, workbooks
from site_select.errors import Fault, InputError

LIMITS = workbooks.Limits(cells=5_000_000, seconds=300.0)  # a notice has half a million cells
MOST_COLUMNS, MOST_HEADER_ROWS = 60, 30
LEAST_FIGURES = 3  # that make a row one of data
AREA_UNITS = {"천m2": 1.0, "천제곱미터": 1.0, "m2": 1e-3, "제곱미터": 1e-3, "km2": 1e3}
OTHER_UNITS = {"": 1.0, "원": 1.0, "천원": 1e3, "km": 1.0, "%": 1.0, "개": 1.0, "개사": 1.0,
               "업체": 1.0}  # fmt: skip
_BRACKET = re.compile(r"[(\[（［]([^)\]）］]*)[)\]）］]")
_TOTAL = re.compile(r"(전국)?[총소합]?계($|\W|\d)|.*(총계|소계|합계)$")


class Layout(NamedTuple):
    """What a table is to have.

    Attributes
    ----------
    columns
        Headings that are accepted for each column, by our name; plain (see `plain`).
    texts
        Columns that are no figures.
    carried
        Columns whose empty cells stand for the one above, the outermost first.
    areas
        Columns that are areas, told in thousand square metres.
    has_zero
        Whether 0 is a figure, and a dash means it.
    """

    columns: Mapping[str, tuple[str, ...]]
    texts: Collection[str]
    carried: Sequence[str]
    areas: Collection[str] = ()
    has_zero: bool = False


class Listing(NamedTuple):
    """A sheet, split below its headings.

    Attributes
    ----------
    file, title
        Name of the file and title of the sheet.
    headings
        Texts above each column, from the top.
    rows
        Texts by row and column of the sheet.
    units
        What lines above the headings say of units.
    """

    file: str
    title: str
    headings: dict[int, list[str]]
    rows: pd.DataFrame
    units: list[str]

    def last(self, column: int) -> str:
        """Return the lowest heading of a column, plain and without unit."""
        return next(filter(None, map(_heading, reversed(self.headings[column]))), "")

    def roles(self, columns: Mapping[str, Collection[str]]) -> dict[int, str]:
        """Return our name of each column whose lowest heading is accepted for it."""
        return {column: role for column in self.headings
                for role, words in columns.items() if self.last(column) in words}  # fmt: skip

    def whole(self, column: int) -> str:
        """Return all headings of a column as they stand there."""
        return " ".join(dict.fromkeys(self.headings[column]))

    def fault(self, row: object, column: str, found: str, allowed: str, remedy: str) -> Fault:
        """Return what is wrong with a row of the sheet, or with all of it (row 0)."""
        return Fault(self.file, int(str(row)), column, found, allowed, remedy, self.title)

    def factor(self, column: int, *, is_area: bool) -> float:
        """Return what turns the unit of a column into ours; missing where it is unknown."""
        said = [unit for text in self.headings[column] for unit in _BRACKET.findall(text)]
        units = [_squeezed(unit) for unit in said]
        if is_area and not units:
            units = [unit for unit in self.units if unit in AREA_UNITS][:1]
        return (AREA_UNITS if is_area else OTHER_UNITS).get(units[-1] if units else "", math.nan)


def plain(text: str) -> str:
    """Spell a name without blanks, dots and brackets, in lower case.

    Examples
    --------
    >>> plain("시·도") == plain("시 . 도"), plain("의왕 (ICD)")
    (True, '의왕icd')
    """
    return re.sub(r"[^0-9a-z가-힣]", "", unicodedata.normalize("NFKC", text).lower())


def keyed(names: pd.Series) -> pd.Series:
    """Spell a column of names plain."""
    return names.map({name: plain(name) for name in names.unique()})


def opened(path: Path) -> dict[str, workbooks.Sheet]:
    """Open a workbook.

    Raises
    ------
    InputError
        If it is refused.
    """
    try:
        return workbooks.opened(path, limits=LIMITS)
    except workbooks.Refused as refused:
        said = refused.found.en, refused.allowed.en, refused.remedy.en
        raise InputError([Fault(path.name, 0, "", *said)]) from refused


def listing(sheet: workbooks.Sheet, layout: Layout, file: str) -> Listing:
    """Split a sheet above the first row of figures that follows a heading we know.

    Parameters
    ----------
    sheet
        The sheet.
    layout
        What the table is to have.
    file
        Name of the file.
    """
    grid = _grid(sheet)
    top = grid.iloc[:MOST_HEADER_ROWS]
    words = {word for words in layout.columns.values() for word in words}
    is_heading = top.map(_heading).isin(words).any(axis=1)
    if not is_heading.any():
        return Listing(file, sheet.title, {}, grid.iloc[:0], [])
    first = int(top.index[is_heading][0])
    is_data = (top.apply(_numbers).notna().sum(axis=1) >= LEAST_FIGURES) & (top.index > first)
    start = int(min(top.index[is_data], default=top.index[-1] + 1))
    above = top.loc[: start - 1]
    said = [_squeezed(text) for text in above.to_numpy().ravel() if "단위" in text]
    units = [unit for text in said for unit in re.split(r"[:,/·()\[\]]", text)]
    headings = {int(str(column)): [text for text in texts if text]
                for column, texts in above.loc[first:].items()}  # fmt: skip
    return Listing(file, sheet.title, headings, grid.loc[start:], units)


def figures(
    found: Listing, roles: Mapping[int, str], layout: Layout
) -> tuple[pd.DataFrame, list[Fault]]:
    """Columns of a sheet under our names, in our units, and all that is wrong.

    Totals and rows without any figure are left out.

    Parameters
    ----------
    found
        The sheet.
    roles
        Our name of each column.
    layout
        What the table is to have.

    Returns
    -------
    tuple
        The table, by row of the sheet (empty where a heading is missing), and the faults.
    """
    if faults := _unrecognised(found, roles, layout):
        return pd.DataFrame(columns=list(layout.columns)), faults
    at = {role: column for column, role in roles.items()}
    measured = [role for role in layout.columns if role not in layout.texts]
    factors = pd.Series({role: found.factor(at[role], is_area=role in layout.areas)
                         for role in measured})  # fmt: skip
    faults = [
        found.fault(0, found.whole(at[role]), "no unit that is known",
                    ", ".join(filter(None, AREA_UNITS if role in layout.areas else OTHER_UNITS)),
                    "write the unit into the heading, in brackets")
        for role in factors.index[factors.isna()]
    ]  # fmt: skip
    table = _rows(pd.DataFrame({role: found.rows[at[role]] for role in layout.columns}), layout)
    numbers = table[measured].replace("-", "0").apply(_numbers)
    is_sound = numbers >= 0 if layout.has_zero else numbers > 0
    faults += [
        found.fault(row, found.whole(at[role]), repr(text),
                    "0 or more" if layout.has_zero else "a number above 0",
                    "write the figure; paste formulas as values")
        for role in measured
        for row, text in table[role][~is_sound[role]].items()
    ]  # fmt: skip
    if table.empty:
        faults.append(found.fault(0, "", "no rows below the headings", "at least one", "fill it"))
    return table.assign(**numbers * factors), faults


def _unrecognised(found: Listing, roles: Mapping[int, str], layout: Layout) -> list[Fault]:
    times = pd.Series(roles, dtype=object).value_counts()
    wrong = [role for role in layout.columns if times.get(role, 0) != 1]
    seen = ", ".join(filter(None, map(found.whole, found.headings))) or "none that is known"
    lacks = "; ".join(" / ".join(layout.columns[role]) for role in wrong)
    said = f"the headings {seen}", f"one column each for {lacks}", "correct them in the workbook"
    return [found.fault(0, "", *said)] if wrong else []


def _rows(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Rows with figures that are no totals, with cells that stand for the one above filled."""
    texts = [role for role in layout.columns if role in layout.texts]
    table = table[~table[texts].map(lambda text: bool(_TOTAL.match(text))).any(axis=1)]
    for position, column in enumerate(layout.carried):
        outer = table[list(layout.carried[:position])]
        run = (outer != outer.shift()).any(axis=1).cumsum()
        filled = table[column].where(table[column] != "").groupby(run).ffill().fillna("")
        table = table.assign(**{column: filled})
    return table[(table.drop(columns=texts) != "").any(axis=1)]


def _grid(sheet: workbooks.Sheet) -> pd.DataFrame:
    """Texts by row and column of the sheet; a merged area shows its text in every cell."""
    texts = {at: cell.text for at, cell in sheet.cells.items() if at[1] <= MOST_COLUMNS}
    if not texts:
        return pd.DataFrame()
    rows, columns = (sorted(set(side)) for side in zip(*texts, strict=True))
    for area in sheet.merged:
        left, top, right, bottom = range_boundaries(area)
        if shown := texts.get((top, left)):
            texts |= {
                (row, column): shown
                for row in rows[bisect_left(rows, top) : bisect_right(rows, bottom)]
                for column in columns[bisect_left(columns, left) : bisect_right(columns, right)]
            }
    return pd.Series(texts).unstack(fill_value="")


def _numbers(texts: pd.Series) -> pd.Series:
    """Figures of a column; missing where the text is none."""
    found = pd.to_numeric(texts, errors="coerce").replace([math.inf, -math.inf], math.nan)
    rest = texts[found.isna() & (texts != "")]
    return found.astype("float64").fillna(rest.map(_number).astype("float64"))


def _number(text: str) -> float:
    try:
        return tables.number(text.rstrip("% "))
    except ValueError:
        return math.nan


def _heading(text: str) -> str:
    return plain(_BRACKET.sub("", text))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower()

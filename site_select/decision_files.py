"""Anyone's decision table, judgements and weights, read from files for the command line.

What a file says is checked by the rules of `decision_tables`, and each fault is told with its row.
"""

import math
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from site_select import decision_tables, spreadsheets, tables
from site_select.errors import Fault, InputError

NUMBERS = ("weight", "worst", "best", "q", "p", "s", "veto")
WEIGHTS, MOST_WEIGHT, LONGEST = "weights", 1e12, 80
TEXTS = ("direction", "preference_function", "name", "unit", "shape", "shape_points")


def read(table: Path, criteria: Path) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Read a decision table and its criteria from two files.

    Parameters
    ----------
    table
        CSV (UTF-8 or CP949) or workbook: the first column names the alternative, every other column
        is a criterion with a number in each cell.
    criteria
        Columns ``criterion, direction, weight`` (``worst`` and ``best`` may stand for the
        direction) and optionally ``preference_function, q, p, s, veto, name, unit, shape,
        shape_points``.

    Returns
    -------
    tuple
        Performance, weights and criteria as the methods take them; names stay as written, the id
        007 stays ``"007"``.

    Raises
    ------
    InputError
        If a file, a column or a cell cannot be read, or the two files do not speak of the same
        criteria, all in one message.
    """
    body, faults = _grid(table)
    heads, own = _grid(criteria)
    if "criterion" in heads:  # it may stand anywhere
        heads = heads[["criterion", *heads.columns.drop("criterion")]]
    performance, more = _numbers(body.iloc[:, 1:], table.name)
    faults += [*more, *_key_faults(body, table.name)]
    numeric = [name for name in heads.columns.unique() if name in NUMBERS]
    numbers, more = _numbers(heads[numeric], criteria.name, may_be_empty=True)
    own += [*more, *_column_faults(heads, criteria.name), *_key_faults(heads, criteria.name)]
    if not own:
        own += [*_row_faults(heads.assign(**numbers), criteria.name),
                *_stranger_faults(body, heads, table.name, criteria.name)]  # fmt: skip
    if faults + own:
        raise InputError(faults + own)
    described = heads.assign(**numbers).set_index("criterion")
    performance = performance.set_axis(pd.Index(body.iloc[:, 0], name=body.columns[0]))
    return performance, described["weight"], described.drop(columns="weight")


def read_judgements(path: Path) -> pd.DataFrame:
    """Read judgements of pairs from a file, for `ahp.group`.

    Parameters
    ----------
    path
        CSV or workbook with columns ``first, second, ratio`` and optionally ``evaluator`` and
        ``parent``; a ratio may be written as 1/3. Other columns are left alone.

    Raises
    ------
    InputError
        If the file, a column or a ratio cannot be read, all in one message.
    """
    cells, faults = _grid(path)
    faults += [
        Fault(path.name, 1, name, "no such column", "first, second, ratio, and evaluator, parent",
              f"add the column {name}")
        for name in ("first", "second", "ratio") if name not in cells and not cells.empty
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    ratios, faults = _numbers(cells[["ratio"]].map(_decimal), path.name)
    if faults:
        raise InputError(faults)
    names = {"evaluator": "everyone", "parent": "goal"}
    return cells.assign(**{name: cells.get(name, word) for name, word in names.items()}, **ratios)


def read_weights(path: Path, indicators: Collection[str]) -> dict[str, float]:
    """Read the weights that a decision brief gives out as text.

    Parameters
    ----------
    path
        TOML in UTF-8: a line ``[weights]``, below it a line ``indicator = weight`` for each
        indicator that is to count, on any scale; what is not named has no weight.
    indicators
        Indicators there are.

    Raises
    ------
    InputError
        If the file cannot be read, a line is no weight of an indicator, one stands twice, or all
        are 0, all in one message.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        fault = Fault(path.name, 0, "", str(error), "a text file in UTF-8",
                      "correct the path, or save the file as UTF-8")  # fmt: skip
        raise InputError([fault]) from error
    weights: dict[str, Any] = {}
    faults = []
    for number, line in enumerate(lines, 1):
        try:
            found = tomllib.loads(line)
        except tomllib.TOMLDecodeError:
            found = {"": line}
        for name, value in found.items():
            complaint = _weight_complaint(name, value, indicators, weights)
            if complaint:
                said = repr(line.strip()[:LONGEST])
                faults.append(Fault(path.name, number, "", said, *complaint))
            weights.setdefault(name, value)
    weights.pop(WEIGHTS, None)
    if not faults and not any(weights.values()):
        faults.append(Fault(path.name, 0, "", "no weight above 0", "a line [weights] and weights",
                            "copy the text anew from the brief"))  # fmt: skip
    if faults:
        raise InputError(faults)
    return {name: float(value) for name, value in weights.items()}


def _weight_complaint(
    name: str, value: Any, indicators: Collection[str], before: Collection[str]  # noqa: ANN401 - of TOML
) -> tuple[str, str] | None:  # fmt: skip
    """What may stand in a line of a file of weights that is wrong, and how to mend it."""
    if name in before and name:
        return "each name once", "remove one of the two lines"
    if name == WEIGHTS and value == {}:
        return None
    if name not in indicators:
        return f"indicator = weight, of {', '.join(indicators)}", "correct or remove the line"
    if WEIGHTS not in before:
        return "weights below the line [weights]", "write [weights] above all weights"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= MOST_WEIGHT:
        return f"a number, 0 to {MOST_WEIGHT:g}", "write the weight, such as 0.25"
    return None


def _decimal(cell: str) -> str:
    """Write 1/3 as a decimal; what is no such fraction stays as it is."""
    try:
        above, below = map(tables.number, cell.split("/"))
        return str(above / below)
    except (ValueError, ZeroDivisionError):
        return cell


def _grid(path: Path) -> tuple[pd.DataFrame, list[Fault]]:
    """Cells of a file as text by line and heading."""
    try:
        rows, faults, _ = spreadsheets.rows(path)
    except OSError as error:
        rows, faults = {}, [Fault(path.name, 0, "", str(error.strerror), "a file that can be read",
                                  "correct the path")]  # fmt: skip
    if len(rows) <= 1:
        faults = faults or [Fault(path.name, 0, "", "no rows", "a header and at least one row",
                                  "fill the table")]  # fmt: skip
        return pd.DataFrame(), faults
    (line, header), *lines = rows.items()
    wrong = {name for name in header[1:] if not name} | {
        name for name in header if header.count(name) > 1
    }
    faults += [
        Fault(path.name, line, name, "this heading twice" if name else "an empty heading",
              "a name of its own for each column", "rename or remove the column")
        for name in wrong
    ] + [
        Fault(path.name, number, "", f"{len(row)} cells", f"{len(header)} cells, as the header",
              "look for a missing or unquoted comma")
        for number, row in lines
        if len(row) != len(header)
    ]  # fmt: skip
    padded = [(row + [""] * len(header))[: len(header)] for _, row in lines]
    return pd.DataFrame(padded, [line for line, _ in lines], header, dtype=object), faults


def _numbers(
    cells: pd.DataFrame, file: str, *, may_be_empty: bool = False
) -> tuple[pd.DataFrame, list[Fault]]:
    """Cells as numbers, empty ones as NaN where they may be."""
    numbers, faults = np.full(cells.shape, math.nan), []
    for (row, column), cell in np.ndenumerate(cells.to_numpy()):
        try:
            numbers[row, column] = math.nan if may_be_empty and not cell else tables.number(cell)
        except ValueError:
            faults.append(
                Fault(file, int(str(cells.index[row])), str(cells.columns[column]),
                      repr(cell) if cell else "an empty cell",
                      "a number such as 1234.5, 1,234 or 1.2억", "write the number without words")
            )  # fmt: skip
    return pd.DataFrame(numbers, cells.index, cells.columns), faults


def _key_faults(cells: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Names in the first column that are empty or stand there before."""
    if cells.empty:
        return
    names = cells.iloc[:, 0]
    for line, name in names[names.duplicated() | (names == "")].items():
        yield Fault(file, int(str(line)), str(cells.columns[0]),
                    f"{name!r} again" if name else "an empty cell", "each name only once",
                    "rename or remove the row" if name else "write the name")  # fmt: skip


def _column_faults(heads: pd.DataFrame, file: str) -> Iterator[Fault]:
    if heads.empty:
        return
    known = ("criterion", *NUMBERS, *TEXTS)
    allowed = f"the columns {', '.join(known)}"
    needed = {"criterion", "weight"} | (set() if {"worst", "best"} <= {*heads} else {"direction"})
    for name in needed - {*heads}:
        yield Fault(file, 1, name, "no such column", allowed, f"add the column {name}")
    for name in {*heads} - {*known, ""}:
        yield Fault(file, 1, name, f"the extra column {name!r}", allowed,
                    "remove the column or correct its name")  # fmt: skip


def _row_faults(heads: pd.DataFrame, file: str) -> Iterator[Fault]:
    for line, row in zip(heads.index, heads.to_dict("records"), strict=True):
        complaints = list(decision_tables.direction_complaints(row))
        complaints += decision_tables.preference_complaints(row)
        if not row["weight"] >= 0:
            complaints.append(decision_tables.weight_complaint(row["weight"]))
        for complaint in complaints:
            yield Fault(file, int(line), *complaint)


def _stranger_faults(
    body: pd.DataFrame, heads: pd.DataFrame, table: str, criteria: str
) -> Iterator[Fault]:
    """Criteria that stand in one file only."""
    for line, name in heads["criterion"].items():
        if name not in body.columns[1:]:
            yield Fault(criteria, int(str(line)), "criterion", repr(name), f"a column of {table}",
                        "correct the name, add the column, or remove the row")  # fmt: skip
    for name in body.columns[1:].difference(list(heads["criterion"]), sort=False):
        yield Fault(table, 1, str(name), "a column without criterion", f"a criterion of {criteria}",
                    "correct the name, add the criterion, or remove the column")  # fmt: skip

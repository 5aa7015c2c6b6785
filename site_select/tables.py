"""What a sound table is: columns, units, bounds and labels, and how one is read.

Each table has one definition, ``schema/NAME.csv``. It makes the reader, the checks and the data
dictionary. Text is kept as text (an empty cell is ``""``); numbers that are not known are missing
(``NaN`` or ``<NA>``), never zero.
"""

import io
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from site_select import spreadsheets
from site_select.errors import Fault
from site_select.messages import Text

SCHEMA_COLUMNS = (
    "column", "dtype", "unit", "minimum", "maximum", "required", "key", "references", "allowed",
    "description",
)  # fmt: skip
SCALES = {"천": 1e3, "만": 1e4, "백만": 1e6, "억": 1e8, "조": 1e12}
_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<digits>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?P<scale>\D*)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?\D*")
DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_DTYPES = {"number": "float64", "integer": "Int64", "boolean": "boolean"}
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass
class Reading:
    """A table as read from one file, with everything there is to say about the reading.

    Attributes
    ----------
    table
        The typed table; its index is the row of the file, the header being row 1.
    faults
        What must be mended before the table may be used.
    notes
        What was read differently from how it was written (encodings, numbers written as text).
    """

    table: pd.DataFrame
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@cache
def schema(name: str) -> pd.DataFrame:
    """Definition of one table, a row per column.

    Parameters
    ----------
    name
        Name of the table.

    Returns
    -------
    pandas.DataFrame
        Columns ``dtype, unit, minimum, maximum, required, key, references, allowed, description``,
        indexed by column name in the order of the file. ``required`` is yes, no (a cell may be
        empty) or optional (a file may leave the column out).

    Examples
    --------
    >>> schema("complexes").loc["complex_id", "key"]
    'yes'
    """
    text = resources.files("site_select").joinpath(f"schema/{name}.csv").read_text("utf-8")
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).set_index("column")


def names() -> list[str]:
    """Names of all tables that have a definition, in alphabetical order."""
    folder = resources.files("site_select").joinpath("schema")
    return sorted(entry.name.removesuffix(".csv") for entry in folder.iterdir())


def empty(name: str) -> pd.DataFrame:
    """Return a table without rows, with the columns and types of its schema.

    Examples
    --------
    >>> empty("orders")["weight_t"].dtype
    dtype('float64')
    """
    types = schema(name)["dtype"].map(_DTYPES).fillna("str")
    return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in types.items()})


def number(text: str) -> float:
    """Read a number as Korean spreadsheets write it.

    Thousands commas, full-width digits, ``△`` or ``−`` for minus and the scales 천, 만, 백만, 억
    and 조 are understood. Anything else is refused rather than guessed.

    Raises
    ------
    ValueError
        If the text is not one number.

    Examples
    --------
    >>> number("1,234"), number("1.2억"), number("△５")
    (1234.0, 120000000.0, -5.0)
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    plain = re.sub(r"^[△▲]\s*", "-", plain)
    if "," in plain:
        if not _GROUPED.fullmatch(plain):
            raise ValueError(text)
        plain = plain.replace(",", "")
    match = _NUMBER.fullmatch(plain)
    scale = match["scale"].strip() if match else "?"
    if match is None or (scale and scale not in SCALES):
        raise ValueError(text)
    value = float(match["sign"] + match["digits"]) * SCALES.get(scale, 1.0)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def read(path: Path, name: str) -> Reading:
    """Read one file and check it against its schema.

    Parameters
    ----------
    path
        A ``.csv`` file in UTF-8 (with or without byte order mark) or CP949, or an ``.xlsx``
        workbook whose first sheet holds the table.
    name
        Name of the table whose schema the file must meet.

    Returns
    -------
    Reading
        The table with all faults and notes; nothing is raised for a fault in the file.
    """
    rows, faults, notes = spreadsheets.rows(path)
    reading = Reading(pd.DataFrame(), faults, notes)
    if faults:
        return reading
    if len(rows) <= 1:
        reading.faults.append(
            Fault(path.name, 0, "", "no rows", "a header and at least one row", "fill the table"),
        )
        return reading
    _check_header(rows[min(rows)], path, name, reading)
    if not reading.faults:
        reading.table = _typed(rows, path, name, reading)
        # a cell that could not be read is empty by now, which is no fault of its own
        told = {(fault.row, fault.column) for fault in reading.faults}
        broken = _broken_rules(reading.table, path, name)
        reading.faults += [fault for fault in broken if (fault.row, fault.column) not in told]
    return reading


def _check_header(header: Sequence[str], path: Path, name: str, reading: Reading) -> None:
    expected = list(schema(name).index)
    for column in expected:
        if column not in header and schema(name).loc[column, "required"] != "optional":
            reading.faults.append(
                Fault(path.name, 1, column, "no such column", f"the columns {', '.join(expected)}",
                      f"add the column {column}"),
            )  # fmt: skip
    for column in header:
        if column not in expected or header.count(column) > 1:
            found = "this column twice" if column in expected else f"the extra column {column!r}"
            reading.faults.append(
                Fault(path.name, 1, column, found, f"the columns {', '.join(expected)}",
                      "remove the column or correct its name"),
            )  # fmt: skip


def _typed(rows: dict[int, list[str]], path: Path, name: str, reading: Reading) -> pd.DataFrame:
    first, *lines = rows
    header = rows[first]
    for line in lines:
        row = rows[line]
        if len(row) != len(header):
            reading.faults.append(
                Fault(path.name, line, "", f"{len(row)} cells",
                      f"{len(header)} cells, as the header",
                      "look for a missing or unquoted comma"),
            )  # fmt: skip
            row[:] = (row + [""] * len(header))[: len(header)]
    written = pd.DataFrame([rows[line] for line in lines], columns=header, index=lines, dtype=str)
    definition = schema(name)
    written = written.reindex(columns=definition.index, fill_value="")
    typed = {
        column: _column(written[column], str(definition.loc[column, "dtype"]), path, reading)
        for column in definition.index
    }
    return pd.DataFrame(typed, index=written.index)


def _column(written: pd.Series, dtype: str, path: Path, reading: Reading) -> pd.Series:
    if dtype in {"text", "date"}:
        wrong = (
            written[(written != "") & ~written.map(lambda cell: bool(DATE.fullmatch(cell)))]
            if dtype == "date"
            else written.iloc[:0]
        )
        for line, cell in wrong.items():
            reading.faults.append(_unreadable(path, line, written.name, cell, dtype))
        return written
    convert = _CONVERTERS[dtype]
    values: list[float | bool | None] = []
    for line, cell in written.items():
        try:
            value = None if cell == "" else convert(cell)
        except (ValueError, KeyError):
            reading.faults.append(_unreadable(path, line, written.name, cell, dtype))
            value = None
        if value is not None and dtype != "boolean" and not _is_plain(cell):
            reading.notes.append(
                f"{path.name}, row {line}, column {written.name}: {cell!r} was read as {value:g}",
            )
        values.append(value)
    return pd.Series(values, index=written.index, dtype=_DTYPES[dtype], name=written.name)


def _whole_number(text: str) -> float:
    value = number(text)
    if not value.is_integer():
        raise ValueError(text)
    return value


def _truth(text: str) -> bool:
    return _TRUTH[text.lower()]


_CONVERTERS: dict[str, Callable[[str], float | bool]] = {
    "number": number, "integer": _whole_number, "boolean": _truth,
}  # fmt: skip


def _is_plain(cell: str) -> bool:
    return cell.isascii() and "," not in cell


def _unreadable(path: Path, line: object, column: object, cell: str, dtype: str) -> Fault:
    allowed = {
        "number": "a number such as 1234.5, 1,234 or 1.2억",
        "integer": "a whole number",
        "boolean": "true or false",
        "date": "a date such as 2020, 2020-08 or 2020-08-18",
    }[dtype]
    remedy = (
        "write the value without words; leave the cell empty if it is not known, 0 if it is none"
    )
    return Fault(path.name, int(str(line)), str(column), repr(cell), allowed, remedy)


@cache
def _rules(name: str) -> pa.DataFrameSchema:
    columns: dict[Any, pa.Column] = {}
    for column, row in schema(name).iterrows():
        numeric = row["dtype"] in {"number", "integer"}
        checks = []
        if numeric and row["minimum"]:
            checks.append(pa.Check.ge(float(row["minimum"])))
        if numeric and row["maximum"]:
            checks.append(pa.Check.le(float(row["maximum"])))
        empty = [] if row["required"] == "yes" else [""]
        if row["allowed"]:
            checks.append(pa.Check.isin([*row["allowed"].split(";"), *empty]))
        elif not numeric and row["dtype"] != "boolean" and not empty:
            checks.append(pa.Check.str_length(min_value=1))
        columns[column] = pa.Column(checks=checks, nullable=bool(empty))
    return pa.DataFrameSchema(columns)


def _broken_rules(table: pd.DataFrame, path: Path, name: str) -> list[Fault]:
    """Faults of bounds, gaps, lists and keys, found by pandera and said in our words."""
    definition, faults = schema(name), []
    try:
        _rules(name).validate(table, lazy=True)
    except SchemaErrors as broken:
        for _, case in broken.failure_cases.iterrows():
            row = definition.loc[case["column"]]
            missing = pd.isna(case["failure_case"]) or case["failure_case"] == ""
            found = "an empty cell" if missing else repr(case["failure_case"])
            faults.append(
                Fault(path.name, int(case["index"]), str(case["column"]), found, _allowed(row),
                      _remedy(row, missing=bool(missing))),
            )  # fmt: skip
    if {"low", "value", "high"} <= set(table.columns):
        spread = table[["low", "value", "high"]].astype("float64")
        for line, row in spread[
            spread.diff(axis=1).lt(0).any(axis=1) | (spread["low"] > spread["high"])
        ].iterrows():
            faults.append(
                Fault(path.name, int(str(line)), "low, value, high",
                      ", ".join(f"{bound:g}" for bound in row), "low <= value <= high",
                      "put the three figures in order"),
            )  # fmt: skip
    keys = list(definition.index[definition["key"] == "yes"])
    repeated = table[table.duplicated(keys)] if keys else table.iloc[:0]
    for line, row in repeated[keys].iterrows():
        faults.append(
            Fault(path.name, int(str(line)), ", ".join(keys), f"{'; '.join(map(str, row))} again",
                  "each only once", "remove the repeated row or correct its key"),
        )  # fmt: skip
    return faults


def _allowed(row: "pd.Series[str]") -> str:
    if row["allowed"]:
        return "one of " + ", ".join(row["allowed"].split(";"))
    unit = f" [{row['unit']}]" if row["unit"] else ""
    bounds = (row["minimum"], row["maximum"])
    if all(bounds):
        return f"{bounds[0]} to {bounds[1]}{unit}"
    if any(bounds):
        return (f"at least {bounds[0]}" if bounds[0] else f"at most {bounds[1]}") + unit
    return f"a {row['dtype']}"


def _remedy(row: "pd.Series[str]", *, missing: bool) -> str:
    if missing:
        return f"fill in: {row['description']}"
    return f"correct the value: {row['description']}"


def broken_references(tables: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Faults where a cell names a row of another table that is not there.

    Parameters
    ----------
    tables
        Tables by name.
    files
        File name of each table, for the message.
    """
    faults = []
    for name, table in tables.items():
        definition = schema(name)
        for column, row in definition[definition["references"] != ""].iterrows():
            other, _, key = row["references"].partition(".")
            known, cells = set(tables[other][key]), table[str(column)]
            if row["required"] == "no":  # what must be there names one row
                cells = cells.str.split(";").explode()
            for line, cell in cells[(cells != "") & ~cells.isin(known)].items():
                faults.append(
                    Fault(files[name], int(str(line)), str(column), repr(cell),
                          f"a {key} of the table {other}",
                          "correct it, or add the missing row there"),
                )  # fmt: skip
    return faults


def texts(frame: pd.DataFrame, column: str = "name") -> "pd.Series[Any]":
    """Words of two columns ``COLUMN_ko`` and ``COLUMN_en`` as one column of both languages."""
    pairs = zip(frame[f"{column}_ko"], frame[f"{column}_en"], strict=True)
    return pd.Series([Text(*pair) for pair in pairs], index=frame.index, dtype=object)


def data_dictionary() -> str:
    """Every column of every table as Markdown, for ``docs/data_dictionary.md``."""
    lines = ["# Data dictionary", "", "Made from `site_select/schema`; do not edit by hand.", ""]
    for name in names():
        heading = "| column | type | unit | bounds or values | required | meaning |"
        lines += [f"## {name}", "", heading, "|---|---|---|---|---|---|"]
        for column, row in schema(name).iterrows():
            limits = row["allowed"].replace(";", ", ") or " … ".join(
                filter(None, [row["minimum"], row["maximum"]])
            )
            need = "key" if row["key"] == "yes" else row["required"]
            lines.append(
                f"| `{column}` | {row['dtype']} | {row['unit']} | {limits} | {need} | "
                f"{row['description']} |",
            )
        lines.append("")
    return "\n".join(lines)

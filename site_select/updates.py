"""A table refreshed from an official file: what changed, and how it is written."""

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from site_select import messages, tables, workbooks
from site_select.errors import InputError, WriteError

SAID = ("year", "as_of", "source", "quality")  # of a row, not of what it speaks of


class Update(NamedTuple):
    """What an official file makes of our tables.

    Attributes
    ----------
    tables
        The refreshed tables by name, with the columns of their schema.
    changes
        Only what changed: ``table, row, column, old, new`` as written in the file, and
        ``percent`` where both are numbers and the old one is not 0. Rows and texts that came,
        went or changed first, then the largest change.
    notes
        What else there is to know, a sentence each.
    """

    tables: dict[str, pd.DataFrame]
    changes: pd.DataFrame
    notes: list[str]


def compared(
    found: Mapping[str, pd.DataFrame], present: Mapping[str, pd.DataFrame], notes: list[str]
) -> Update:
    """Compare refreshed tables with those there are.

    Parameters
    ----------
    found
        Refreshed tables by name, with at least the needed columns of their schema.
    present
        The tables as they are.
    notes
        What else there is to know.

    Examples
    --------
    >>> old = pd.DataFrame({"capacity_t": [5], "long_km": [400]})
    >>> changed = compared({"truck_fares": old.assign(long_km=420)}, {"truck_fares": old}, [])
    >>> changed.changes[["row", "column", "old", "new"]].iloc[0].tolist()
    ['5', 'long_km', '400', '420']
    >>> changed.changes["percent"].round(6).tolist()
    [5.0]
    """
    shaped = {name: table.reindex(columns=list(tables.schema(name).index)).reset_index(drop=True)
              for name, table in found.items()}  # fmt: skip
    changes = {name: _changes(name, present[name], table) for name, table in shaped.items()}
    counts = [f"{name}: {len(table)} rows, {len(changes[name])} figures and words changed"
              for name, table in shaped.items()]  # fmt: skip
    return Update(shaped, pd.concat(changes.values(), ignore_index=True), counts + notes)


def _changes(name: str, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    schema = tables.schema(name)
    keys = list(schema.index[schema["key"] == "yes"])
    sides = []
    for table in (old, new):
        cells = table.drop(columns=[*SAID], errors="ignore").map(_written)
        cells.index = pd.Index(cells[keys].agg(" ".join, axis=1), name="row")
        sides.append(cells.drop(columns=keys))
    both = pd.concat([cells.stack() for cells in sides], axis=1, keys=["old", "new"]).fillna("")
    both = both[both["old"] != both["new"]].rename_axis(["row", "column"]).reset_index()
    # a row that came or went is told once, by its first column
    is_whole = ~both["row"].isin(sides[0].index.intersection(sides[1].index))
    both = both[~(is_whole & both.duplicated("row"))]
    numbers = both[["old", "new"]].apply(pd.to_numeric, errors="coerce")
    percent = (100 * (numbers["new"] / numbers["old"] - 1)).where(numbers["old"] != 0)
    largest = percent.abs().fillna(math.inf).sort_values(ascending=False, kind="stable").index
    told = both.assign(table=name, percent=percent).reindex(largest)
    return pd.DataFrame(told, columns=["table", "row", "column", "old", "new", "percent"])


def write(update: Update, folder: Path) -> None:
    """Write the tables of an update as ``NAME.csv``, all or none.

    Parameters
    ----------
    update
        Result of `fares` or `industrial_complexes`.
    folder
        Folder of a study, or of the reference tables.

    Raises
    ------
    InputError
        If a table does not meet its schema.
    WriteError
        If they cannot be written; what was there stays.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".update-", dir=folder) as beside:
            fresh = {folder / f"{name}.csv": Path(beside) / f"{name}.csv" for name in update.tables}
            for path, table in zip(fresh.values(), update.tables.values(), strict=True):
                workbooks.write_csv(table.map(_written), path)
            faults = [fault for path in fresh.values()
                      for fault in tables.read(path, path.stem).faults]  # fmt: skip
            if faults:
                raise InputError(faults)
            _replace_all(fresh)
    except OSError as error:
        raise WriteError(
            f"{folder} cannot be written ({error.strerror}), nothing was changed; close its "
            "tables where they are open, or name another folder"
        ) from error


def _replace_all(fresh: Mapping[Path, Path]) -> None:
    former = {path: path.read_bytes() for path in fresh if path.exists()}
    done: list[Path] = []
    try:
        for path, new in fresh.items():
            new.replace(path)
            done.append(path)
    except OSError:
        for path in done:
            path.unlink() if path not in former else path.write_bytes(former[path])
        raise


def _written(value: object) -> str:
    """Write a cell as our tables do: numbers shortest, unknown ones empty."""
    if messages.is_unknown(value):
        return ""
    return value if isinstance(value, str) else f"{value:.15g}"

"""What can go wrong, in the surveyor's words."""

from collections.abc import Iterable
from dataclasses import dataclass


class SiteSelectError(Exception):
    """Anything this package refuses to do, said in one message."""


class SettingsError(SiteSelectError):
    """A setting of a study is unknown or out of range."""


class WriteError(SiteSelectError):
    """A report cannot be written where it was asked for."""


class NotebookError(SiteSelectError):
    """A notebook stopped before its last cell."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with one place in a file.

    Parameters
    ----------
    file
        Name of the file, as the surveyor knows it.
    row
        Line of the file, the header being 1; 0 where the fault has no row.
    column
        Column name, empty where the fault has none.
    found
        What stands there.
    allowed
        What may stand there.
    remedy
        How to mend it.
    sheet
        Sheet of a workbook, empty for a text file.
    """

    file: str
    row: int
    column: str
    found: str
    allowed: str
    remedy: str
    sheet: str = ""

    def __str__(self) -> str:
        """Say the fault in one line: where, found, allowed, remedy."""
        where = [self.file]
        if self.sheet:
            where.append(f"sheet {self.sheet}")
        if self.row:
            where.append(f"row {self.row}")
        if self.column:
            where.append(f"column {self.column}")
        return (
            f"{', '.join(where)}: found {self.found}; allowed: {self.allowed}; "
            f"to mend: {self.remedy}"
        )


class InputError(SiteSelectError):
    """Every fault found in what was read, raised once.

    Examples
    --------
    >>> fault = Fault("complexes.csv", 3, "latitude", "'3512'", "33 to 39", "write degrees")
    >>> print(InputError([fault]))
    1 fault in the input:
      complexes.csv, row 3, column latitude: found '3512'; allowed: 33 to 39; to mend: write degrees
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        count = len(self.faults)
        heading = f"{count} fault{'s' if count != 1 else ''} in the input:"
        super().__init__("\n  ".join([heading, *map(str, self.faults)]))

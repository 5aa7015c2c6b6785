"""Folders that are replaced as a whole: built beside, put in place when complete.

A run that is killed leaves at most two hidden folders beside its target, ``.NAME.building-…`` and
``.NAME.former``. Nothing reads the first; the next run removes it. The second is the former folder,
in the instant between two renames: `current` gives it, and the next run puts it back.
"""

import glob
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from site_select.errors import WriteError

# The runner of notebooks would read braces in a path as the name of a parameter.
NOT_IN_PATHS = re.compile(r"[{}]|\.\.")


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Make a folder beside the target to build in, and leave nothing of it behind.

    Parameters
    ----------
    target
        Folder that is to be replaced, see `swap`.

    Raises
    ------
    WriteError
        If anything cannot be written.
    """
    former, building = _former(target), f".{target.name}.building"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if current(target) != target:
            former.rename(target)
        for left in [former, *target.parent.glob(f"{glob.escape(building)}*")]:
            shutil.rmtree(left, ignore_errors=True)
        # a name of its own: processes that outlive a killed run may still write into theirs
        with tempfile.TemporaryDirectory(
            prefix=f"{building}-", dir=target.parent, ignore_cleanup_errors=True
        ) as staging:
            yield Path(staging)
    except OSError as error:
        raise WriteError(
            f"{target} cannot be written ({error}), what was there stays; make room, or take the "
            "right to write there, or name another place"
        ) from error


def swap(whole: Path, target: Path) -> None:
    """Put a folder in the place of the target.

    Parameters
    ----------
    whole
        Folder that is complete, on the same disk as the target.
    target
        Folder it replaces, if there is one.
    """
    former = _former(target)
    if target.exists():
        target.rename(former)
    whole.rename(target)
    shutil.rmtree(former, ignore_errors=True)


def current(target: Path) -> Path:
    """Where the content of a folder is: beside it, if a run was killed between two renames.

    Parameters
    ----------
    target
        Folder that `swap` replaces; it need not exist.
    """
    former = _former(target)
    return former if former.exists() and not target.exists() else target


def _former(target: Path) -> Path:
    return target.with_name(f".{target.name}.former")

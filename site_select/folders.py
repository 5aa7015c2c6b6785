"""Folders that are replaced as a whole: built beside, put in place when complete."""

import re
import shutil
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
    staging, former = _beside(target, "building"), _beside(target, "former")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if former.exists() and not target.exists():  # stopped between two renames
            former.rename(target)
        shutil.rmtree(former, ignore_errors=True)
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        yield staging
    except OSError as error:
        raise WriteError(f"{target} cannot be written: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def swap(whole: Path, target: Path) -> None:
    """Put a folder in the place of the target.

    Parameters
    ----------
    whole
        Folder that is complete, on the same disk as the target.
    target
        Folder it replaces, if there is one.
    """
    former = _beside(target, "former")
    if target.exists():
        target.rename(former)
    whole.rename(target)
    shutil.rmtree(former, ignore_errors=True)


def _beside(target: Path, mark: str) -> Path:
    return target.with_name(f".{target.name}.{mark}")

"""What a run was made from: hashes of files and code, versions of libraries, and one id of all."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from site_select import installed
from site_select.errors import SettingsError

CODE_FILES = {".py", ".toml", ".csv", ".html", ".css", ".js"}
LIBRARIES = (
    "numpy", "pandas", "scipy", "pyvrp", "geopandas", "matplotlib", "folium", "pandera",
    "scikit-learn", "jinja2",
)  # fmt: skip
PARTS = ("inputs", "settings", "changes", "code", "libraries", "seed")


def sha256(paths: Iterable[Path]) -> str:
    """SHA-256 of files one after the other, in hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def code() -> str:
    """Name, version and hash of this program, the way it computes now."""
    data = installed.folder("data")  # inside the package once it is installed
    files = sorted(
        path for path in Path(__file__).parent.rglob("*")
        if path.suffix in CODE_FILES and data not in path.parents
    )  # fmt: skip
    return f"site-select {metadata.version('site-select')} {sha256(files)[:12]}"


def made_on() -> dt.date:
    """Day of making in UTC: today, or the one that ``SOURCE_DATE_EPOCH`` asks for.

    Raises
    ------
    SettingsError
        If that is no whole number of seconds since 1970, or beyond the calendar.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch else dt.datetime.now(dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SettingsError(
            f"environment variable SOURCE_DATE_EPOCH = {epoch!r}: allowed a whole number, seconds "
            "since 1970; correct it, or take it away for the day of today"
        ) from error
    return now.date()


def libraries() -> dict[str, str]:
    """Version of each library that computes or draws."""
    return {name: metadata.version(name) for name in LIBRARIES}


def manifest_id(parts: Mapping[str, Any]) -> str:
    """One number for all that a run was made from: the same parts give the same id.

    SHA-256 of the parts named in `PARTS` as JSON without spaces, names sorted, in UTF-8.

    Parameters
    ----------
    parts
        Plain JSON values by name; more names than `PARTS` do not count.

    Examples
    --------
    >>> parts = dict.fromkeys(PARTS, 0)
    >>> manifest_id(parts) == manifest_id(parts | {"study": "any"})
    True
    >>> manifest_id(parts) == manifest_id(parts | {"seed": 1})
    False
    """
    own = {name: parts[name] for name in PARTS}
    written = json.dumps(own, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()

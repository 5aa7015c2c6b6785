"""What this machine has of what a report needs, and what it costs not to have it."""

import os
import platform
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import psutil
from fontTools.ttLib import TTLibError
from packaging.requirements import Requirement

from site_select import fonts, installed
from site_select.errors import WriteError
from site_select.installed import Finding

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
MEMORY_GIB, DISK_GIB, CORES = 2.0, 0.2, 2
GIB = 2**30


def browser() -> str | None:
    """Find the Chromium of this machine, which prints pages to PDF."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def examine(reports: Path) -> list[Finding]:
    """Look for everything that a report needs, or is better with.

    Parameters
    ----------
    reports
        Folder that reports are written to; it may not exist yet.
    """
    return [
        _python(), *installed.libraries(), *installed.pins(), _bundle(), _font(), _browser(),
        _memory(), _cores(), _disk("folder of reports", reports),
        _disk("temporary folder", Path(tempfile.gettempdir())), _encoding(),
    ]  # fmt: skip


def _python() -> Finding:
    allowed = metadata.metadata(installed.NAME)["Requires-Python"]
    version = platform.python_version()
    return Finding(
        installed.state(Requirement(f"python{allowed}"), version), "Python", version,
        f"the program needs {allowed}", "install such a Python and make a new environment with it",
    )  # fmt: skip


def _bundle() -> Finding:
    places = [installed.folder("data") / "reference", installed.folder("notebooks")]
    lost = [str(place) for place in places if not place.is_dir()]
    return Finding(
        "missing" if lost else "ok", "tables and notebooks",
        f"no {', '.join(lost)}" if lost else f"in {places[0].parents[1]}",
        "nothing to make a report from", "install the program again",
    )  # fmt: skip


def _font() -> Finding:
    try:
        fonts.faces("한글")
        fault = ""
    except WriteError:
        fault = f"{fonts.FAMILY} is not installed"
    except (OSError, TTLibError) as error:
        fault = f"{fonts.FAMILY} does not load ({type(error).__name__})"
    return Finding(
        "missing" if fault else "ok", "Korean font", fault or fonts.FAMILY,
        "no figure can be drawn in Korean", f"pip install --force-reinstall {fonts.PACKAGE}",
    )  # fmt: skip


def _browser() -> Finding:
    found = browser()
    return Finding(
        "ok" if found else "missing", "Chromium", found or f"none of {', '.join(BROWSERS)}",
        "reports have no PDF of the brief",
        "install Chromium, Chrome or Edge (Debian: apt-get install chromium)", is_needed=False,
    )  # fmt: skip


def _memory() -> Finding:
    free = psutil.virtual_memory().available / GIB
    return Finding(
        "ok" if free >= MEMORY_GIB else "missing", "memory", f"{free:.1f} GiB free",
        f"a report with two workers takes {MEMORY_GIB:g} GiB and may be stopped",
        "close other programs; site-select report --workers 1 takes half",
    )  # fmt: skip


def _cores() -> Finding:
    count = len(psutil.Process().cpu_affinity()) if sys.platform == "linux" else os.cpu_count()
    return Finding(
        "ok" if (count or 1) >= CORES else "missing", "cores", str(count or 1),
        "a report takes about twice as long", "nothing, or give this machine another one",
        is_needed=False,
    )  # fmt: skip


def _disk(what: str, folder: Path) -> Finding:
    place = next(one for one in (folder, *folder.resolve().parents) if one.is_dir())
    free = shutil.disk_usage(place).free / GIB
    found = f"{free:.1f} GiB free in {place}"
    try:
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        found = f"{place} cannot be written ({error.strerror})"
        free = 0
    return Finding(
        "ok" if free >= DISK_GIB else "missing", what, found,
        f"a report needs a folder it may write to, with {DISK_GIB:g} GiB",
        "make room, or name another folder",
    )  # fmt: skip


def _encoding() -> Finding:
    names = {(sys.stdout.encoding or "none").lower(), sys.getfilesystemencoding()}
    is_utf8 = {name.replace("-", "") for name in names} == {"utf8"}
    return Finding(
        "ok" if is_utf8 else "missing", "UTF-8", " and ".join(sorted(names)),
        "Korean letters are printed as codes, and files with Korean names may not open",
        "set the environment variable PYTHONUTF8=1", is_needed=False,
    )  # fmt: skip

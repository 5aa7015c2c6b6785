"""What happens when a run is killed, the disk is full or the machine lacks something.

``KILLS=20`` kills twenty runs in place of three and writes what was found to ``benchmarks/kills.md``.
"""

import datetime as dt
import errno
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import made_up
import nbformat
import openpyxl
import psutil
import pytest
from test_collecting import CONSENT, PART, TODAY
from test_publish import write_notebook
from test_returns import FIRM, ORDER

from site_select import cli, fieldwork, folders, fonts, freezes, gates, layouts, origins, publish
from site_select import sending, study, workbooks
from site_select.errors import InputError, SettingsError, WriteError

pytestmark = pytest.mark.filterwarnings(
    # joblib's workers are told apart by forking, which Python 3.12 warns of under threads
    "ignore:.*use of fork.*:DeprecationWarning",
)

KILLS = int(os.environ.get("KILLS", "3"))
WORKERS = 2 if "KILLS" in os.environ else 1  # each starts slowly
LOG = made_up.ROOT / "benchmarks" / "kills.md"
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "1577836800", "TQDM_DISABLE": "1"}
PAGE = """
import csv, pathlib
from site_select import figures, report
page = report.Page()
page.title("overview.title")
rows = csv.DictReader((pathlib.Path(study_folder) / "complexes.csv").open(encoding="utf-8"))
names = [row["name_ko"] for row in rows]

def draw(names, language):
    axes = figures.blank_axes(None, 5, 2)
    axes.barh(names, range(len(names)))
    return axes

page.figure("overview.map", draw, names)
"""
HEAD = """# Runs that were killed

`KILLS={count} python -m pytest -n0 tests/test_faults.py -k killed`, {day}: a report and a collection
of five complexes, ended with SIGKILL at random moments of a whole run. *All*: every process of the
run; *first*: the first alone, as a machine out of memory does. {found}

| kill | command | killed | at [s] | of [s] | what counted then | left beside | others ended after [s] |
|--:|---|---|--:|--:|---|---|--:|
"""
FOUND = """After each, what counted was whole, former or new; the next run ended well, gave the bytes of a run that nobody disturbed and left nothing beside them."""
DAY = "from site_select import cli, fieldwork; import datetime as dt, sys; "
DAY += f"fieldwork._today = lambda: dt.date({TODAY.year}, {TODAY.month}, {TODAY.day}); "


def words(folder, command, workers):
    """Words of a command on the fixture."""
    own = {
        "collect": ["collect", folder / "study"],
        "report": ["report", folder / "study", "--out", folder / "out" / "report",
                   "--notebooks", folder / "notebooks", "--language", "ko"],
    }  # fmt: skip
    return [*map(str, own[command]), "--workers", str(workers)]


def started(folder, command, **environment):
    """Start a command in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", f"{DAY} sys.exit(cli.main())", *words(folder, command, WORKERS)],
        env=ENVIRONMENT | environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def run_here(folder, command, monkeypatch, workers=1):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", ENVIRONMENT["SOURCE_DATE_EPOCH"])
    monkeypatch.setattr(fieldwork, "_today", lambda: TODAY)
    assert cli.main(words(folder, command, workers)) == cli.DONE


def hashes(folder):
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def replaced(folder, command):
    """Folders that a command replaces."""
    return {"report": [folder / "out" / "report"],
            "collect": [folder / "study" / "identified" / "returned",
                        folder / "study" / "collected"]}[command]  # fmt: skip


def returned(folder, form_id):
    """Return a form: a firm, a part, an order and a consent."""
    book = openpyxl.load_workbook(folder / "forms" / f"{form_id}.xlsx")
    for title, values in (("기업", FIRM), ("품목", PART), ("주문", ORDER), ("참여동의", CONSENT)):
        heads = {cell.value: cell.column for cell in book[title][layouts.NAME_ROW]}
        for column, value in values.items():
            book[title].cell(layouts.FIRST_ROW, heads[column], value)
    book.save(folder / "study" / "returned" / f"{form_id}.xlsx")


class Sound(NamedTuple):
    """A fixture with what stood there before, what undisturbed runs make of it, and how long."""

    folder: Path
    former: dict
    new: dict
    seconds: dict


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    for name in ("study/returned", "notebooks"):
        (folder / name).mkdir(parents=True)
    settings = made_up.five_complexes(folder / "study") / "study.toml"
    every = settings.read_text("utf-8").splitlines(keepends=True)
    settings.write_text("".join(one for one in every if not one.startswith("notebooks =")), "utf-8")
    write_notebook(folder / "notebooks", "00_overview", PAGE)
    sending.send(study.read(folder / "study"), folder / "forms", today=TODAY)
    gates.freeze(folder / "study", day=TODAY)
    former, new = {}, {}
    with pytest.MonkeyPatch.context() as patched:
        returned(folder, "RC01")
        for command in ("report", "collect"):
            run_here(folder, command, patched)
            former[command] = [hashes(place) for place in replaced(folder, command)]
        write_notebook(folder / "notebooks", "00_overview", PAGE, "page.section('overview.title')")
        returned(folder, "RC02")
        shutil.copytree(folder, folder / "before")
        for command in ("report", "collect"):
            run_here(folder, command, patched)
            new[command] = [hashes(place) for place in replaced(folder, command)]
            assert former[command] != new[command]
    began = time.monotonic()
    run = started(folder, "report", LC_ALL="C", PYTHONUTF8="0", OMP_NUM_THREADS="2")
    assert run.wait() == cli.DONE
    seconds = time.monotonic() - began
    # most of both is to start
    return Sound(folder, former, new, {"report": seconds, "collect": seconds / 2})


@pytest.fixture(scope="module")
def log(sound):
    """Rows of what was killed and found, written when many were."""
    rows = []
    yield rows
    if "KILLS" in os.environ:
        day = dt.datetime.now(dt.UTC).date()
        is_all = len(rows) == KILLS
        found = FOUND if is_all else f"**{KILLS - len(rows)} of {KILLS} failed** and are not listed."
        LOG.write_text(HEAD.format(count=KILLS, day=day, found=found) + "\n".join(rows) + "\n", "utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("number", range(KILLS))
def test_run_that_is_killed_leaves_a_whole_result_and_the_next_run_gives_the_same_bytes(
    number, sound, log, tmp_path, monkeypatch
):
    command = "collect" if number % 3 == 2 else "report"
    is_alone = number % 2 == 1
    folder = shutil.copytree(sound.folder / "before", tmp_path / "run")
    after = random.Random(number).random() * sound.seconds[command]
    print(f"kill {number}: {command} after {after:.2f} s")
    run = started(folder, command)
    time.sleep(after)
    others = psutil.Process(run.pid).children(recursive=True)
    (os.kill if is_alone else os.killpg)(run.pid, signal.SIGKILL)
    run.wait()

    places = replaced(folder, command)
    states = zip(places, sound.former[command], sound.new[command], strict=True)
    state = []
    for place, former, new in states:
        counts = hashes(folders.current(place))
        assert counts in (former, new), place
        state.append("new" if counts == new else "former")
    study.read(folder / "study")
    left = [path.name.partition("-")[0] for place in places for path in place.parent.glob(".*.*")]

    run_here(folder, command, monkeypatch, workers=1 + (number == 0))
    assert [hashes(place) for place in places] == sound.new[command]
    assert [path.name for place in places for path in place.parent.glob(".*.*")] == []
    ended = ends(others) if command == "report" else 0.0
    log.append(
        f"| {number} | {command} | {'first' if is_alone else 'all'} | {after:.2f} "
        f"| {sound.seconds[command]:.2f} | {', '.join(state)} | {', '.join(left) or 'nothing'} "
        f"| {ended:.1f} |"
    )


def test_report_in_locale_c_and_of_more_threads_has_the_same_bytes(sound):
    assert [hashes(place) for place in replaced(sound.folder, "report")] == sound.new["report"]
    page = (sound.folder / "out" / "report" / "00_overview.ko.html").read_text("utf-8")
    assert "어디서" in page


def ends(processes):
    """Time until all of them have ended [s]."""
    began = time.monotonic()
    assert psutil.wait_procs(processes, timeout=30)[1] == []
    return time.monotonic() - began

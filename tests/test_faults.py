"""What happens when a run is killed, the disk is full or the machine lacks something.

``KILLS=20`` kills twenty runs in place of three and writes ``benchmarks/kills.md``.
"""

import datetime as dt
import errno
import hashlib
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

import joblib
import made_up
import numpy as np
import openpyxl
import pandas as pd
import psutil
import pytest
from test_collecting import CONSENT, PART, TODAY
from test_publish import write_notebook
from test_returns import FIRM, ORDER
from threadpoolctl import threadpool_limits

from site_select import (
    assessment,
    cli,
    fieldwork,
    folders,
    fonts,
    gates,
    layouts,
    origins,
    publish,
    robustness,
    sending,
    study,
)
from site_select.errors import InputError, SettingsError, WriteError

pytestmark = pytest.mark.filterwarnings(
    # joblib's workers are told apart by forking, which Python 3.12 warns of under threads
    "ignore:.*use of fork.*:DeprecationWarning",
)

KILLS = int(os.environ.get("KILLS", "3"))
BARE = {"LC_ALL": "C", "PYTHONUTF8": "0", "OMP_NUM_THREADS": "2"}
if "KILLS" in os.environ:  # then matplotlib looks for its fonts anew, in every process
    BARE |= {"HOME": "/proc/none", "MPLCONFIGDIR": "/proc/none"}
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

`KILLS={count} python -m pytest -n0 tests/test_faults.py -k killed`, {day}: a report and a
collection of five complexes, ended with SIGKILL at random moments of a whole run. *All*: every
process of the run; *first*: the first alone, as a machine out of memory does. {found}

| | command | killed | at [s] | of [s] | what counted then | left beside | waited for the rest [s] |
|--:|---|---|--:|--:|---|---|--:|
"""
FOUND = """What
counted was whole each time, former or new; the next run gave the bytes of a run that nobody
disturbed and left nothing beside them."""
FAILED = "**{count} of them failed** and are not in the table."
DAY = (
    "from site_select import cli, fieldwork; import datetime as dt, sys; "
    f"fieldwork._today = lambda: dt.date({TODAY.year}, {TODAY.month}, {TODAY.day});"
)


def words(folder, command, workers):
    """Words of a command on the fixture."""
    own = {
        "collect": ["collect", folder / "study"],
        "report": ["report", folder / "study", "--out", folder / "out" / "report",
                   "--notebooks", folder / "notebooks", "--language", "ko"],
    }  # fmt: skip
    return [*map(str, own[command]), "--workers", str(workers)]


def started(folder, command, workers, **environment):
    """Start a command in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", f"{DAY} sys.exit(cli.main())", *words(folder, command, workers)],
        env=ENVIRONMENT | environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def run_here(folder, command, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", ENVIRONMENT["SOURCE_DATE_EPOCH"])
    monkeypatch.setattr(fieldwork, "_today", lambda: TODAY)
    assert cli.main(words(folder, command, 1)) == cli.DONE


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
    shutil.copytree(folder / "before", folder / "plain")
    began = time.monotonic()
    run = started(folder / "plain", "report", WORKERS, **BARE)
    assert run.wait() == cli.DONE
    seconds = time.monotonic() - began
    # most of both is to start
    return Sound(folder, former, new, {"report": seconds, "collect": seconds / 2})


@pytest.fixture(scope="module")
def log():
    """Rows of what was killed and found, written when many were."""
    rows = []
    yield rows
    if "KILLS" in os.environ:
        found = FOUND if len(rows) == KILLS else FAILED.format(count=KILLS - len(rows))
        head = HEAD.format(count=KILLS, day=dt.datetime.now(dt.UTC).date(), found=found)
        LOG.write_text(head + "\n".join([*rows, ""]), "utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("number", range(KILLS))
def test_run_that_is_killed_leaves_a_whole_result_and_the_next_run_gives_the_same_bytes(
    number, sound, log, tmp_path, monkeypatch
):
    command = "collect" if number % 3 == 2 else "report"
    is_alone = number % 2 == 1
    folder = shutil.copytree(sound.folder / "before", tmp_path / "run")
    after = random.Random(number).random() * sound.seconds[command]  # noqa: S311 - no secret
    print(f"kill {number}: {command} after {after:.2f} s")  # noqa: T201 - where it failed
    run = started(folder, command, WORKERS)
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

    run_here(folder, command, monkeypatch)
    assert [hashes(place) for place in places] == sound.new[command]
    assert [path.name for place in places for path in place.parent.glob(".*.*")] == []
    ended = ends(others)
    log.append(
        f"| {number} | {command} | {'first' if is_alone else 'all'} | {after:.2f} "
        f"| {sound.seconds[command]:.2f} | {', '.join(state)} | {', '.join(left) or 'nothing'} "
        f"| {ended:.1f} |"
    )


def test_report_in_locale_c_and_of_two_threads_has_the_same_bytes(sound):
    (place,) = replaced(sound.folder / "plain", "report")
    assert [hashes(place)] == sound.new["report"]
    assert hashes(sound.folder / "plain" / "study") == hashes(sound.folder / "before" / "study")
    assert "개요" in (place / "00_overview.ko.html").read_text("utf-8")


def ends(processes):
    """Time until all of them have ended [s]."""
    began = time.monotonic()
    assert psutil.wait_procs(processes, timeout=30)[1] == []
    return time.monotonic() - began


def test_tables_of_an_assessment_have_the_same_bits_with_one_and_two_threads(tmp_path):
    made_up.five_complexes(tmp_path)
    drawn = np.random.default_rng(1).random((58, 14))
    values = pd.DataFrame(drawn, [f"A{n}" for n in range(58)], [f"c{n}" for n in range(14)])
    found = []
    for threads in (1, 2):
        assessment.KEPT.clear()
        with threadpool_limits(threads):
            result = assessment.assess(study.read(tmp_path))
            many = robustness.smaa(values, n_samples=20_000, seed=1)
        found.append([*result._replace(draw=None), many])
    assert joblib.hash(found[0]) == joblib.hash(found[1])


# what a machine may lack


def notebook(folder, *sources):
    """A study, and a notebook that does not read it."""
    (folder / "study").mkdir()
    write_notebook(folder / "notebooks", "00_overview", *sources)
    return {"out": folder / "out" / "report", "notebooks": folder / "notebooks", "workers": 1}


def former_report(folder):
    (place := folder / "out" / "report").mkdir(parents=True)
    (place / "index.html").write_text("former", "utf-8")
    return place / "index.html"


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of this kind")
def test_disk_without_room_for_a_page_is_told_and_the_former_report_stays(tmp_path):
    former, asked = former_report(tmp_path), notebook(tmp_path, "pass")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))  # bytes; a page has more
    try:
        with pytest.raises(WriteError, match=r"report cannot be written .*; make room"):
            publish.report(tmp_path / "study", **asked)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert former.read_text("utf-8") == "former"
    assert [path.name for path in former.parents[1].iterdir()] == ["report"]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_folder_that_takes_nothing_is_told_with_exit_code_3(error, tmp_path, monkeypatch, capsys):
    former, asked = former_report(tmp_path), notebook(tmp_path, "pass")
    made_up.best_and_known(tmp_path / "study")

    def refuse(*_, **__):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(folders.tempfile, "TemporaryDirectory", refuse)
    words = ["report", tmp_path / "study", "--out", asked["out"], "--notebooks", asked["notebooks"]]
    assert cli.main(list(map(str, words))) == cli.NOT_WRITTEN
    (said,) = capsys.readouterr().err.splitlines()
    assert said == (
        f"site-select: {asked['out']} cannot be written ([Errno {error}] {os.strerror(error)}), "
        "what was there stays; make room, or take the right to write there, or name another place"
    )
    assert former.read_text("utf-8") == "former"


@pytest.mark.parametrize("is_installed", [True, False])
def test_missing_font_is_told_before_a_notebook_runs(is_installed, tmp_path, monkeypatch):
    asked = notebook(tmp_path, "1 / 0")

    def files(name):
        if is_installed:
            return []
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(fonts.metadata, "files", files)
    with pytest.raises(WriteError, match=r"font NanumGothic\.ttf is missing.*pip install"):
        publish.report(tmp_path / "study", **asked)


@pytest.mark.parametrize("epoch", ["1577836800000", "-1e9", "today"])
def test_day_of_making_that_cannot_be_is_told_before_a_notebook_runs(epoch, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(SettingsError, match=f"SOURCE_DATE_EPOCH = '{epoch}': allowed a whole"):
        publish.report(tmp_path / "study", **notebook(tmp_path, "1 / 0"))


@pytest.mark.parametrize(
    ("epoch", "day"), [("0", dt.date(1970, 1, 1)), ("-86400", dt.date(1969, 12, 31))]
)
def test_day_of_making_may_be_long_ago(epoch, day, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert origins.made_on() == day


def test_files_of_the_future_are_read_as_any_other(tmp_path):
    made_up.best_and_known(tmp_path)
    before = study.origin(study.read(tmp_path))
    for path in tmp_path.iterdir():
        os.utime(path, (4e9, 4e9))  # 2096
    assert study.origin(study.read(tmp_path)) == before


def test_latest_return_is_the_one_that_came_last_though_the_clock_was_set_back(tmp_path):
    (tmp_path / "collected").mkdir()
    asked = {"form_id": "S1", "kind": "complex", "about": "S1", "gate": 2, "version": "v"}
    pd.DataFrame([asked | {"due": TODAY}]).to_csv(tmp_path / "asked.csv", index=False)
    log = pd.DataFrame({
        "form_id": "S1", "file": ["S1.xlsx", "S1.xlsx"], "sha256": ["0" * 64, "1" * 64],
        "received": ["2027-03-09", "2027-03-01"], "status": ["accepted", "faulty"],
        "flaws": [0, 2], "queries": 0,
    })  # fmt: skip
    log.to_csv(tmp_path / "collected" / "returns.csv", index=False)
    assert gates.status(tmp_path, TODAY).waiting["flaws"].tolist() == [2]


def test_letters_that_are_none_in_the_locale_are_told_before_a_notebook_runs(tmp_path):
    asked = notebook(tmp_path, "1 / 0")
    name = "연구".encode().decode("ascii", "surrogateescape")
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=r"none in this locale.*PYTHONUTF8=1"):
        publish.report(tmp_path / name, **asked)


def test_helper_process_that_was_ended_from_outside_is_told(monkeypatch, capsys):
    def lose(_):
        raise BrokenProcessPool

    monkeypatch.setattr(cli.study, "read", lose)
    assert cli.main(["check", "any"]) == cli.NOTEBOOK_FAILED
    assert capsys.readouterr().err == f"site-select: {cli.LOST}\n"

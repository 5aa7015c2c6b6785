"""Tasks at once: the same results on one process, on two and on a real cluster that loses parts."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from threadpoolctl import threadpool_info

from site_select import parallel
from site_select.errors import SettingsError

QUIET = ["--no-dashboard"]
HERE = Path(__file__).parent
PATH = os.pathsep.join(map(str, (HERE, HERE.parent)))  # a cluster imports what it is to do


@contextmanager
def cluster(folder):
    """A scheduler and two workers, each a process of its own, on the loopback device."""
    told, log = folder / "scheduler.json", (folder / "log").open("w")

    def started(program, *words):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *words, *QUIET]
        return subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": PATH}
        )

    ports = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told)]
    everyone = [started("scheduler", *ports)]
    try:
        while not told.is_file() or not told.read_text():
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        everyone += [started("worker", address, "--nthreads", "1", "--no-nanny", "--host",
                             "127.0.0.1") for _ in range(2)]  # fmt: skip
        with Client(address) as client:
            client.wait_for_workers(2, timeout=30)
        yield address, everyone
    finally:
        for process in everyone:
            process.kill()
            process.wait()
        log.close()


def slow_square(number):
    time.sleep(0.3)
    return os.getpid(), number**2


def threads(_):
    np.ones((9, 9)) @ np.ones((9, 9))
    return max(one["num_threads"] for one in threadpool_info())


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_computes_on_one_thread(workers):
    with parallel.crew(workers=workers) as each:
        assert list(each(threads, [0, 1])) == [1, 1]


def test_a_cluster_does_all_tasks_though_a_worker_is_killed_in_the_middle(tmp_path):
    with cluster(tmp_path) as (address, everyone), parallel.crew(cluster=address) as each:
        results = each(slow_square, range(12))
        who, first = next(results)
        by_pid = {process.pid: process for process in everyone}
        by_pid[who].kill()
        rest = list(results)
    assert sorted([first, *(square for _, square in rest)]) == [n**2 for n in range(12)]
    assert {pid for pid, _ in rest} - {who}


def test_a_cluster_whose_scheduler_is_killed_is_told_as_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "ANSWER_SECONDS", 2)
    with cluster(tmp_path) as (address, everyone):

        def work():
            with parallel.crew(cluster=address) as each:
                for _ in each(slow_square, range(40)):
                    everyone[0].kill()

        with pytest.raises(parallel.ClusterError, match=r"after \d+ of 40 tasks .* is kept"):
            work()


def test_a_cluster_that_cannot_read_a_task_is_told_and_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PATH", str(HERE.parent))
    with cluster(tmp_path) as (address, _), parallel.crew(cluster=address) as each:
        results = each(slow_square, [1])
        with pytest.raises(parallel.ClusterError, match="same versions"):
            next(results)


def test_an_address_where_nothing_answers_is_told_with_how_to_start_one(monkeypatch):
    monkeypatch.setattr(parallel, "ANSWER_SECONDS", 1)
    crew = parallel.crew(cluster="tcp://127.0.0.1:9")
    with pytest.raises(SettingsError, match="dask scheduler"):
        crew.__enter__()


def test_without_the_extra_the_message_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    crew = parallel.crew(cluster="tcp://127.0.0.1:8786")
    with pytest.raises(SettingsError, match=r"site-select\[cluster\]"):
        crew.__enter__()

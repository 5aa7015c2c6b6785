"""Tasks at once: the same results on one process, on two and on a real cluster that loses parts."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from distributed import Client
from threadpoolctl import threadpool_info

from site_select import parallel
from site_select.errors import SettingsError

QUIET = ["--no-dashboard"]


@contextmanager
def cluster(folder):
    """A scheduler and two workers, each a process of its own, on the loopback device."""
    told, log = folder / "scheduler.json", (folder / "log").open("w")

    def started(program, *words):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *words, *QUIET]
        own = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # tasks are of this module
        return subprocess.Popen(command, stdout=log, stderr=log, env=own)

    ports = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told)]
    everyone = [started("scheduler", *ports)]
    try:
        while not told.is_file() or not told.read_text():
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        everyone += [started("worker", address, "--nthreads", "1", "--no-nanny", "--host",
                             "127.0.0.1") for _ in range(2)]  # fmt: skip
        with Client(address) as client:  # on a single core joblib would do all of it here
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


@pytest.mark.filterwarnings("ignore")  # of dask, about the worker that is killed
def test_a_cluster_does_all_tasks_though_a_worker_is_killed_in_the_middle(tmp_path):
    with cluster(tmp_path) as (address, everyone), parallel.crew(cluster=address) as each:
        done = []
        for _, square in each(slow_square, range(12)):
            done.append(square)
            if len(done) == 2:
                everyone[1].kill()
    assert sorted(done) == [number**2 for number in range(12)]
    assert everyone[1].wait() != 0


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_whose_scheduler_is_killed_is_told_as_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "ANSWER_SECONDS", 2)
    with cluster(tmp_path) as (address, everyone):

        def work():
            with parallel.crew(cluster=address) as each:
                for _ in each(slow_square, range(40)):
                    everyone[0].kill()

        with pytest.raises(parallel.ClusterError, match=r"gone after .* of 40 tasks; .* kept"):
            work()


def test_an_address_where_nothing_answers_is_told_with_how_to_start_one(monkeypatch):
    monkeypatch.setattr(parallel, "ANSWER_SECONDS", 1)
    with (
        pytest.raises(SettingsError, match="dask scheduler"),
        parallel.crew(cluster="tcp://127.0.0.1:9"),
    ):
        pass


def test_without_the_extra_the_message_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(SettingsError, match=r"site-select\[cluster\]"),
        parallel.crew(cluster="tcp://127.0.0.1:8786"),
    ):
        pass

"""Tasks at once give the same as one after the other, on processes and on a real cluster."""

import os
import signal
import subprocess
import sys
import time

import pytest

from site_select import parallel
from site_select.errors import SettingsError

WAIT = 30  # seconds for a scheduler or worker to be there


def slowly_squared(number):
    time.sleep(0.1)
    return number**2


def threads(_):
    from threadpoolctl import threadpool_info  # noqa: PLC0415 - asked inside the task

    return max((pool["num_threads"] for pool in threadpool_info()), default=1)


def failing(number):
    raise SettingsError(f"{number} cannot be done")


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler with two workers, each a process of its own, and the workers."""
    file, started = tmp_path / "scheduler.json", []

    def start(program, *more):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *more,
                   "--scheduler-file", str(file), "--no-dashboard"]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment,
                                        stderr=subprocess.DEVNULL))  # fmt: skip
        return started[-1]

    start("scheduler", "--host", "127.0.0.1", "--port", "0")
    workers = [start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]
    distributed = pytest.importorskip("distributed")
    with distributed.Client(scheduler_file=str(file), timeout=WAIT) as client:
        client.wait_for_workers(2, timeout=WAIT)
        yield client.scheduler.address, workers
    for process in started:
        process.kill()
        process.wait()


def test_two_processes_give_what_one_gives():
    one, two = (sorted(parallel.each(slowly_squared, range(5), workers=n)) for n in (1, 2))
    assert one == two == [0, 1, 4, 9, 16]


def test_a_task_computes_on_one_thread():
    assert set(parallel.each(threads, range(3), workers=1)) == {1}


def test_an_error_of_a_task_reaches_the_caller():
    with pytest.raises(SettingsError, match="1 cannot be done"):
        list(parallel.each(failing, [1], workers=1))


def test_no_scheduler_is_said_with_how_to_start_one(monkeypatch):
    monkeypatch.setattr(parallel, "ANSWER_SECONDS", 1)
    with pytest.raises(SettingsError, match="dask scheduler"):
        list(parallel.each(slowly_squared, [1], cluster="tcp://127.0.0.1:9"))


def test_missing_extra_is_said_with_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError, match=r"pip install 'site-select\[cluster\]'"):
        list(parallel.each(slowly_squared, [1], cluster="tcp://127.0.0.1:9"))


@pytest.mark.filterwarnings("ignore")  # of dask, about the worker that is killed
def test_cluster_of_which_a_worker_is_killed_midway_gives_the_same(cluster):
    address, workers = cluster
    done = []
    for result in parallel.each(slowly_squared, range(40), cluster=address):
        done.append(result)
        if len(done) == 5:
            workers[0].send_signal(signal.SIGKILL)
    assert sorted(done) == [number**2 for number in range(40)]
    assert workers[0].wait() == -signal.SIGKILL

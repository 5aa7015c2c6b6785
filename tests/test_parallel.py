"""Tasks at once: one thread each, and a cluster that is gone or differs is told, never waited for.

That a cluster that loses a worker finishes with the same bytes is in ``test_sweeps.py``.
"""

import sys
import time

import loopback
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from site_select import parallel
from site_select.errors import SettingsError


def slow_square(number):
    time.sleep(0.3)
    return number**2


def threads(_):
    np.ones((9, 9)) @ np.ones((9, 9))
    return max(one["num_threads"] for one in threadpool_info())


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_computes_on_one_thread(workers):
    with parallel.crew(workers=workers) as each:
        assert list(each(threads, [0, 1])) == [1, 1]


def test_a_cluster_whose_scheduler_is_killed_is_told_as_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "ANSWER_SECONDS", 2)
    with loopback.cluster(tmp_path, loopback.HERE) as (address, everyone):

        def work():
            with parallel.crew(cluster=address) as each:
                for _ in each(slow_square, range(40)):
                    everyone[0].kill()

        with pytest.raises(parallel.ClusterError, match=r"after \d+ of 40 tasks .* is kept"):
            work()


def test_a_cluster_that_cannot_read_a_task_is_told_and_not_waited_for(tmp_path):
    with loopback.cluster(tmp_path) as (address, _), parallel.crew(cluster=address) as each:
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

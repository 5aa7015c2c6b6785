"""Independent tasks at once, on processes of this machine or on a Dask cluster.

Each task computes alone, on one thread, from what it is given, so that the results are the same
bits on one process, on several and on a cluster.
"""

import itertools
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from site_select.errors import SettingsError, SiteSelectError

Each: TypeAlias = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
ANSWER_SECONDS = 10
LOST = (CancelledError, futures.CancelledError, OSError, RuntimeError)  # RuntimeError: not read
TASKS_AHEAD = 3  # for each core of a cluster: enough to keep it busy, few enough to hold


class ClusterError(SiteSelectError):
    """The cluster is gone before its work was done."""


@contextmanager
def crew(*, workers: int = 1, cluster: str = "", show_progress: bool = False) -> Iterator[Each]:
    """Have a function done with many tasks: each result is handed on when it is there, in no order.

    Parameters
    ----------
    workers
        Processes of this machine; of no effect on a cluster.
    cluster
        Address of the scheduler of a Dask cluster, such as ``tcp://127.0.0.1:8786``.
    show_progress
        Whether to show a bar on standard error.

    Raises
    ------
    SettingsError
        If the extra ``cluster`` is not installed or no scheduler answers.
    ClusterError
        If the cluster is gone before a task is done.

    Examples
    --------
    >>> with crew() as each:
    ...     sorted(each(abs, [-2, 1]))
    [1, 2]
    """
    if not cluster:
        with parallel_config(n_jobs=workers):
            yield partial(_each_here, show_progress)
        return
    with _client(cluster) as client:
        yield partial(_each_there, client, show_progress)


def _each_here(
    show_progress: bool,  # noqa: FBT001 - bound by name
    function: Callable[[Any], Any], tasks: Sequence[Any],
) -> Iterator[Any]:  # fmt: skip
    jobs = (delayed(_on_one_thread)(function, task) for task in tasks)
    found = Parallel(return_as="generator_unordered")(jobs)
    yield from tqdm(found, "computed", len(tasks), unit="task", disable=not show_progress)


def _each_there(
    client: Any,  # noqa: ANN401 - of an optional extra
    show_progress: bool,  # noqa: FBT001
    function: Callable[[Any], Any], tasks: Sequence[Any],
) -> Iterator[Any]:  # fmt: skip
    """Do the same on a cluster; what a worker that dies was at, another one does again."""
    from distributed import KilledWorker, as_completed  # noqa: PLC0415

    # by Dask itself: joblib's backend waits for ever where the scheduler cannot read a task
    waiting = (client.submit(_on_one_thread, function, task, pure=False) for task in tasks)
    ahead = TASKS_AHEAD * sum(client.ncores().values())
    running = as_completed(itertools.islice(waiting, ahead))  # type: ignore[no-untyped-call]
    bar = tqdm(running, "computed", len(tasks), unit="task", disable=not show_progress)
    for done, future in enumerate(bar):
        try:
            result = future.result()
            running.update(itertools.islice(waiting, 1))  # type: ignore[no-untyped-call]
        except (*LOST, KilledWorker) as error:
            why = f"{type(error).__name__} {error}".splitlines()[0]
            raise ClusterError(
                f"the cluster is gone, or is not of the same versions, after {done} of "
                f"{len(tasks)} tasks ({why}); what it finished is kept: "
                "start it again and run the same command, or run it without --cluster"
            ) from error
        yield result


def _on_one_thread(function: Callable[[Any], Any], task: Any) -> Any:  # noqa: ANN401
    with threadpool_limits(1):
        return function(task)


def _client(address: str) -> Any:  # noqa: ANN401
    try:
        from distributed import Client  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise SettingsError(
            "--cluster needs the extra 'cluster': pip install 'site-select[cluster]'"
        ) from error
    try:
        client: Any = Client(address, timeout=ANSWER_SECONDS)  # type: ignore[no-untyped-call]
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"no Dask scheduler with a worker answers at {address!r} within {ANSWER_SECONDS} s: "
            "start one with 'dask scheduler', workers with 'dask worker ADDRESS', and give its "
            "address, such as tcp://127.0.0.1:8786"
        ) from error
    return client

"""Independent tasks at once, on processes of this machine or on a Dask cluster.

Each task computes alone, on one thread, from what it is given, so that the results are the same
bits on one process, on several and on a cluster.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from site_select.errors import SettingsError, SiteSelectError

Each: TypeAlias = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
ANSWER_SECONDS = 10
SILENT_SECONDS = 600  # a task takes seconds: a cluster that says nothing for so long is gone


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
            yield partial(_each, show_progress=show_progress)
        return
    with _client(cluster) as client, parallel_config(backend="dask", client=client):
        yield partial(_each_there, client, show_progress=show_progress)


def _each(
    function: Callable[[Any], Any], tasks: Sequence[Any], *, show_progress: bool,
    timeout: float | None = None,
) -> Iterator[Any]:  # fmt: skip
    jobs = (delayed(_on_one_thread)(function, task) for task in tasks)
    run = Parallel(return_as="generator_unordered", timeout=timeout)
    yield from tqdm(run(jobs), "computed", len(tasks), unit="task", disable=not show_progress)


def _each_there(
    client: Any,  # noqa: ANN401 - of an optional extra
    function: Callable[[Any], Any], tasks: Sequence[Any], *, show_progress: bool,
) -> Iterator[Any]:  # fmt: skip
    """Do the same on a cluster, and say so when it is gone, however that shows."""
    done = 0
    try:
        found = _each(function, tasks, show_progress=show_progress, timeout=SILENT_SECONDS)
        for done, result in enumerate(found, 1):  # noqa: B007 - counted for the message
            yield result
    except SiteSelectError:
        raise
    except Exception as error:
        raise _gone(done, len(tasks)) from error
    if done < len(tasks) or client.status != "running":
        raise _gone(done, len(tasks))


def _gone(done: int, wanted: int) -> ClusterError:
    return ClusterError(
        f"the cluster is gone after {done} of {wanted} tasks; what it finished is kept: start it "
        "again and run the same command, or run it without --cluster"
    )


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

"""Independent tasks at once, on processes of this machine or on a Dask cluster.

Each task computes alone, on one thread, from what it is given, so that the results are the same
bits on one process, on several and on a cluster.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from site_select.errors import SettingsError, SiteSelectError

Task = TypeVar("Task")
Result = TypeVar("Result")
ANSWER_SECONDS = 10
SILENT_SECONDS = 600  # a task takes seconds; of a cluster that is gone nobody hears


class ClusterError(SiteSelectError):
    """The cluster is gone before its work was done."""


def each(
    function: Callable[[Task], Result], tasks: Sequence[Task], *,
    workers: int = 1, cluster: str = "", what: str = "task", show_progress: bool = False,
) -> Iterator[Result]:  # fmt: skip
    """Do every task, and hand on each result as soon as it is there, in no order.

    Parameters
    ----------
    function
        What is done with a task; importable by name.
    tasks
        What is to be done.
    workers
        Processes of this machine; of no effect on a cluster.
    cluster
        Address of the scheduler of a Dask cluster, such as ``tcp://127.0.0.1:8786``.
    what
        Name of a task in the progress bar.
    show_progress
        Whether to show it, on standard error.

    Raises
    ------
    SettingsError
        If the extra ``cluster`` is not installed or no scheduler answers.
    ClusterError
        If the cluster is gone.

    Examples
    --------
    >>> sorted(each(abs, [-2, 1]))
    [1, 2]
    """
    with _cluster(cluster) if cluster else contextlib.nullcontext():
        jobs = (delayed(_on_one_thread)(function, task) for task in tasks)
        run = Parallel(
            n_jobs=-1 if cluster else workers, return_as="generator_unordered",
            timeout=SILENT_SECONDS if cluster else None,
        )  # fmt: skip
        yield from tqdm(run(jobs), what, len(tasks), unit=what, disable=not show_progress)


def _on_one_thread(function: Callable[[Task], Result], task: Task) -> Result:
    with threadpool_limits(1):
        return function(task)


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[None]:
    """Tasks go to a cluster that is there already."""
    try:
        from distributed import Client  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise SettingsError(
            "--cluster needs the extra 'cluster': pip install 'site-select[cluster]'"
        ) from error
    try:
        client: Any = Client(address, timeout=ANSWER_SECONDS)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"no Dask scheduler answers at {address!r} within {ANSWER_SECONDS} s: start one with "
            "'dask scheduler', workers with 'dask worker ADDRESS', and give its address, such as "
            "tcp://127.0.0.1:8786"
        ) from error
    with client, parallel_config(backend="dask", client=client):
        yield

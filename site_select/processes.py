"""Helper processes that end with the one they work for."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from joblib import parallel_config


@contextmanager
def followed() -> Iterator[None]:
    """Let the workers that are started meanwhile end when this process is killed.

    Left alone they would work on, and then wait five minutes for more. Their kernels look after
    themselves.
    """
    with parallel_config(backend="loky", initializer=_follow, initargs=(os.getpid(),)):
        yield


def _follow(owner: int) -> None:
    threading.Thread(target=_end_without, args=(owner,), daemon=True).start()


def _end_without(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(1)
    os._exit(1)

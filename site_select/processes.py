"""Helper processes: how many, and that they end with the one they work for."""

import argparse
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from joblib import parallel_config

MOST_WORKERS = 256


def add_workers(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option ``--workers`` to a command, the same for all.

    Parameters
    ----------
    parser
        Parser of the command.
    what
        What is worked on at once, for its help.
    """
    help_text = f"{what} [%(default)s]"
    parser.add_argument("--workers", type=_count, default=2, metavar="N", help=help_text)


def _count(word: str) -> int:
    number = int(word) if word.isdecimal() else 0
    if not 1 <= number <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{word}: allowed 1 to {MOST_WORKERS}")
    return number


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

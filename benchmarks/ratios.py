"""Ratios that benchmarks are held to: how many times as fast as something else, larger is better.

A row against a *peer*, the same task done another way, is slower than ours: its ratio is the peer's
time over ours. A row of ours is held against the *machine*: the time of the least that cannot be
avoided, or of `yardstick`, over ours. Fast and slow machines, idle and busy ones so are alike.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd

COMMITTED = Path(__file__).with_name("ratios.csv")
COLUMNS = ("peer", "machine", "measured")
KINDS = ("peer", "machine")
WORST = 0.5  # of the committed ratio
REPEATS = 3


class Line(NamedTuple):
    """One measured thing.

    Attributes
    ----------
    what
        Its name, told once in all benchmarks.
    seconds
        Wall time.
    limit_s
        Time that it must not exceed; none for a peer.
    note
        What else was found; the word MISSED marks a limit other than time.
    ratio
        Time of the peer over ours, or of the machine's limit over ours; none where only
        `yardstick` is there to compare with.
    """

    what: str
    seconds: float
    limit_s: float | None = None
    note: str = ""
    ratio: float | None = None

    @property
    def is_missed(self) -> bool:
        """Whether a limit was missed."""
        return "MISSED" in self.note or (self.limit_s is not None and self.seconds > self.limit_s)


def best_of(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Least wall time of several runs [s]: the one the machine disturbed least."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)


def yardstick() -> float:
    """Time of a plain loop, a sort and a matrix product on this machine, now [s]."""

    def task() -> None:
        drawn = np.random.default_rng(1).random((1_000, 1_000))
        np.sort(drawn, axis=None)
        drawn @ drawn
        sum(number % 7 for number in range(1_000_000))

    return best_of(task)


def of_lines(lines: Iterable[Line], *, yardstick_s: float, day: str) -> pd.DataFrame:
    """Ratios of lines by name; one that has neither limit nor ratio is held to nothing.

    Parameters
    ----------
    lines
        What was measured.
    yardstick_s
        Time of `yardstick` beside them.
    day
        Day they were measured.

    Examples
    --------
    >>> ours, peer = Line("ours", 2.0, limit_s=9.0), Line("loop", 60.0, ratio=30.0)
    >>> of_lines([ours, peer], yardstick_s=0.5, day="2027-01-01")
          peer  machine    measured
    what
    ours   NaN     0.25  2027-01-01
    loop  30.0      NaN  2027-01-01
    """
    rows = {}
    for line in lines:
        if line.limit_s is not None:
            rows[line.what] = (None, line.ratio or yardstick_s / line.seconds, day)
        elif line.ratio is not None:
            rows[line.what] = (line.ratio, None, day)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    return table.astype({"peer": float, "machine": float}).rename_axis("what")


def read(path: Path = COMMITTED) -> pd.DataFrame:
    """Read the committed ratios; none where there is no file."""
    if not path.is_file():
        return of_lines([], yardstick_s=1.0, day="")
    return pd.read_csv(path, index_col="what", dtype={"measured": str})


def merged(committed: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """What was measured now, and for the rest the committed ratios with the day of theirs."""
    return pd.concat([committed[~committed.index.isin(now.index)], now])


def worse(committed: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """Sentences about ratios worse than half of the committed ones.

    What is new, or was not measured now, is no fault.

    Examples
    --------
    >>> before = of_lines([Line("loop", 60.0, ratio=30.0)], yardstick_s=1.0, day="")
    >>> worse(before, of_lines([Line("loop", 60.0, ratio=14.9)], yardstick_s=1.0, day=""))
    ['loop: ratio to the peer 14.9, committed 30, allowed 15 or more']
    """
    both = committed.index.intersection(now.index, sort=False)
    return [
        f"{what}: ratio to the {kind} {now[kind][what]:.3g}, committed {held:.3g}, "
        f"allowed {WORST * held:.3g} or more"
        for kind in KINDS for what, held in committed.loc[both, kind].items()
        if now[kind][what] < WORST * held
    ]  # fmt: skip

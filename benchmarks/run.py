"""How long the simulation and the whole report take, against their limits and other ways.

Run by ``make bench``; prints a table, writes it to ``benchmarks/results.md`` and ends with 1 when a
limit is missed.
"""

import datetime as dt
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import decisions
import disruptions
import facility
import national
import numpy as np
import pages
import pandas as pd
import routing as tours
import sweeps

from site_select import assessment, economics, robustness, study, weighting

ROOT = Path(__file__).parents[1]
DESK = ROOT / "data" / "studies" / "desk"
PILOT = ROOT / "data" / "studies" / "gwangju-2020"
RESULTS = Path(__file__).with_name("results.md")
DRAWS, LOOP_DRAWS, REPEATS = 100_000, 1_000, 3
COMPLEXES = 58
COLUMNS = ("| what | s | limit [s] | note |", "|---|--:|--:|---|")
SMAA_LIMIT_S, REPORT_LIMIT_S = 3.0, 120.0
ONE_DRAWS, EVERY_DRAWS, LOOPED_DRAWS = 10_000, 1_000, 50
ONE_LIMIT_S, EVERY_LIMIT_S, MEMORY_LIMIT_GIB = 10.0, 60.0, 1.0


class Line(NamedTuple):
    """One measured thing; no limit where it is only compared with."""

    what: str
    seconds: float
    limit_s: float | None = None
    note: str = ""


def best_of(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Least wall time of several runs [s]: the one the machine disturbed least."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)


def desk_levels() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Equally likely values of the desk study for all 58 complexes, and its tree.

    The complexes that no rule lets stand are replaced by copies of others, so that the size is
    that of the whole pool.
    """
    result = assessment.assess(study.read(DESK, {"n_samples": 1}))
    labels = list(result.scores.index)
    parts = {label: result.levels.xs(label) for label in labels}
    parts |= {f"copy {label}": parts[label] for label in labels[: COMPLEXES - len(labels)]}
    return pd.concat(parts, names=["complex_id"]), result.criteria


def loop(values: pd.DataFrame, criteria: pd.DataFrame, draws: int) -> np.ndarray:
    """Count ranks draw by draw, as one would write it first."""
    indicators = weighting.indicators_of(criteria)
    labels = list(values.index.unique("complex_id"))
    order = pd.MultiIndex.from_product([labels, indicators])
    cells = values.loc[order].to_numpy().reshape(len(labels), len(indicators), -1)
    generator = np.random.default_rng(1)
    parents = criteria.loc[indicators, "parent"]
    hits = np.zeros((len(labels), len(labels)))
    rows, columns = np.indices(cells.shape[:2])
    for _ in range(draws):
        weights = np.empty(len(indicators))
        shares = generator.dirichlet(np.ones(parents.nunique()))
        for share, parent in zip(shares, parents.unique(), strict=True):
            own = np.flatnonzero(parents == parent)
            weights[own] = share * generator.dirichlet(np.ones(len(own)))
        level = generator.integers(0, cells.shape[2], cells.shape[:2])
        scores = cells[rows, columns, level] @ weights
        hits[np.argsort(-scores), np.arange(len(labels))] += 1
    return hits


def floor(values: pd.DataFrame, criteria: pd.DataFrame) -> None:
    """Do what no way around it can avoid: draw the weights and multiply once."""
    generator = np.random.default_rng(1)
    expected = values.mean(axis=1).unstack().to_numpy()
    for _ in range(DRAWS // robustness.CHUNK + 1):
        weighting.random(criteria, robustness.CHUNK, generator) @ expected.T


def simulation() -> list[Line]:
    """Time the simulation, the loop on a hundredth of its draws, and the floor."""
    values, criteria = desk_levels()
    shape = f"{DRAWS:,} draws × {COMPLEXES} complexes × {len(values) // COMPLEXES} indicators"
    ours = best_of(lambda: robustness.smaa(values, criteria, n_samples=DRAWS, seed=1))
    looped = best_of(lambda: loop(values, criteria, LOOP_DRAWS), 1) * DRAWS / LOOP_DRAWS
    least = best_of(lambda: floor(values, criteria))
    return [
        Line(f"SMAA, {shape}", ours, SMAA_LIMIT_S),
        Line("the same, draw by draw in a numpy loop", looped, None,
             f"extrapolated from {LOOP_DRAWS:,} draws; {looped / ours:.0f} times ours"),
        Line("weights and one matrix product of the same size", least, None,
             f"the machine's limit; ours takes {ours / least:.1f} times as long"),
    ]  # fmt: skip


def one_complex() -> list[Line]:
    """Time the comparison of 24 firms and 2 parts, and the same draw by draw."""
    site = economics.sites(study.read(PILOT), ["RC15"])["RC15"]
    draws = economics.drawn(site, n_samples=ONE_DRAWS, seed=1)
    ours = best_of(lambda: site.compare(draws))

    def one_by_one() -> None:
        for row in range(LOOPED_DRAWS):
            site.compare(draws.iloc[[row]])

    looped = best_of(one_by_one, 1) * ONE_DRAWS / LOOPED_DRAWS
    tour = tours.ten_stops()[0] * ONE_DRAWS
    return [
        Line(f"milk run of 24 firms × 2 parts × {ONE_DRAWS:,} draws", ours, ONE_LIMIT_S),
        Line("the same, draw by draw in a Python loop", looped, None,
             f"extrapolated from {LOOPED_DRAWS} draws; {looped / ours:.0f} times ours"),
        Line("a tour of 10 stops solved anew by PyVRP in each of these draws", tour, None,
             f"extrapolated from one; {tour / ours:.0f} times ours, which solves it once"),
    ]  # fmt: skip


def every_complex() -> list[Line]:
    """Time all 58 complexes; those that cannot be compared are copies of others."""
    found = economics.sites(study.read(DESK, {"n_samples": 1}))
    copies = (COMPLEXES // len(found) + 1) * list(found.values())
    every = {f"{number} {site.complex_id}": site
             for number, site in enumerate(copies[:COMPLEXES])}  # fmt: skip

    def outcomes() -> None:
        economics.outcomes(every, lambda site: economics.drawn(site, n_samples=EVERY_DRAWS, seed=1))

    what = f"milk run of {COMPLEXES} complexes × {EVERY_DRAWS:,} draws"
    seconds = best_of(outcomes, 1)
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    note = f"largest memory so far {peak_gib:.2f} GiB, limit {MEMORY_LIMIT_GIB:g}"
    return [Line(what, seconds, EVERY_LIMIT_S, note + missed(peak_gib > MEMORY_LIMIT_GIB))]


def missed(is_missed: bool) -> str:  # noqa: FBT001 - a word for the table
    """Mark of a limit other than time that was missed."""
    return ", MISSED" if is_missed else ""


def report() -> list[Line]:
    """Time ``site-select report`` of the desk study, the whole process, and what it made."""
    command = Path(sys.executable).with_name("site-select")
    with tempfile.TemporaryDirectory() as out:
        start = perf_counter()
        subprocess.run(  # noqa: S603 - our own command
            [command, "report", DESK, "--out", out], check=True, stdout=subprocess.DEVNULL
        )
        seconds = perf_counter() - start
        made = [Line(*row) for row in pages.lines(Path(out))]
    return [Line("report of the desk study, both languages", seconds, REPORT_LIMIT_S), *made]


def table(lines: list[Line]) -> str:
    """Write the lines as a Markdown table with date and class of machine."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    rows = [
        f"| {line.what} | {line.seconds:.2f} | "
        f"{'' if line.limit_s is None else f'{line.limit_s:g}'} | {line.note} |"
        for line in lines
    ]
    head = f"{dt.datetime.now(dt.UTC).date()}, {machine}, numpy {np.__version__}"
    return "\n".join(["# Results", "", head, "", *COLUMNS, *rows, ""])


def main() -> int:
    """Measure everything, print and write the table; 1 when a limit is missed."""
    economy = [*one_complex(), *every_complex()]
    decision = [Line(*row) for row in decisions.lines()]
    stability = [Line(*row) for row in disruptions.lines()]
    country = [Line(*row) for row in national.lines()]
    places = [*(Line(*row) for row in facility.lines()), *(Line(*row) for row in sweeps.lines())]
    found = [Line(*row) for row in tours.lines([tours.solved(one) for one in tours.ALL])]
    lines = [*economy, *stability, *country, *places, *decision, *simulation(), *report(), *found]
    written = table(lines)
    print(written)
    RESULTS.write_text(written, encoding="utf-8")
    wrong = [line for line in lines if "MISSED" in line.note
             or (line.limit_s is not None and line.seconds > line.limit_s)]  # fmt: skip
    for line in wrong:
        print(f"limit missed: {line.what}: {line.seconds:.1f} s; {line.note}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

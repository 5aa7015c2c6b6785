"""How fast everything is, against its limits, other ways to do it, and the machine.

``python benchmarks/run.py [PART ...] [--accept]``, by ``make bench`` of every part: writes
``results.md`` and ``results.svg``, and ends with 1 when a limit is missed or a ratio is worse than
half of the committed one in ``ratios.csv``. ``--accept`` commits the ratios found. Parts that were
not run, and programs that are not here (``make peers``), keep theirs.
"""

import argparse
import datetime as dt
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from time import perf_counter

import collecting
import decisions
import disruptions
import drawing
import facility
import national
import numpy as np
import pages
import pandas as pd
import ratios
import routing as tours
import sweeps
from ratios import Line, best_of

from site_select import assessment, economics, robustness, study, weighting

ROOT = Path(__file__).parents[1]
DESK = ROOT / "data" / "studies" / "desk"
PILOT = ROOT / "data" / "studies" / "gwangju-2020"
RESULTS = Path(__file__).with_name("results.md")
DRAWS, LOOP_DRAWS = 100_000, 1_000
COMPLEXES = 58
COLUMNS = (
    "| what | s | limit [s] | ratio to the peer | to the machine | note |",
    "|---|--:|--:|--:|--:|---|",
)
SMAA_LIMIT_S, REPORT_LIMIT_S = 3.0, 120.0
ONE_DRAWS, EVERY_DRAWS, LOOPED_DRAWS = 10_000, 1_000, 50
ONE_LIMIT_S, EVERY_LIMIT_S, MEMORY_LIMIT_GIB = 10.0, 60.0, 1.0


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
        Line(f"SMAA, {shape}", ours, SMAA_LIMIT_S, "", least / ours),
        Line("that SMAA, draw by draw in a numpy loop", looped, None,
             f"extrapolated from {LOOP_DRAWS:,} draws; {looped / ours:.0f} times ours",
             looped / ours),
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
        Line("that milk run, draw by draw in a Python loop", looped, None,
             f"extrapolated from {LOOPED_DRAWS} draws; {looped / ours:.0f} times ours",
             looped / ours),
        Line("a tour of 10 stops solved anew by PyVRP in each of these draws", tour, None,
             f"extrapolated from one; {tour / ours:.0f} times ours, which solves it once",
             tour / ours),
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
        made = list(pages.lines(Path(out)))
    return [Line("report of the desk study, both languages", seconds, REPORT_LIMIT_S), *made]


PARTS: Mapping[str, Callable[[], Iterable[Line]]] = {
    "one_complex": one_complex,
    "every_complex": every_complex,
    "disruptions": disruptions.lines,
    "national": national.lines,
    "facility": facility.lines,
    "decisions": decisions.lines,
    "simulation": simulation,
    "collecting": collecting.lines,
    "sweeps": sweeps.lines,
    "report": report,
    "routing": tours.lines,
}


def measured(parts: Iterable[str], day: str) -> Iterator[tuple[list[Line], pd.DataFrame]]:
    """Lines and ratios of each part, with the yardstick taken before and after."""
    before = ratios.yardstick()
    for part in parts:
        print(f"measuring {part}", file=sys.stderr)
        try:
            lines = list(PARTS[part]())
        except subprocess.CalledProcessError as error:  # the others are measured all the same
            lines = [Line(part, 0.0, note=f"MISSED: it ended with {error.returncode}")]
        after = ratios.yardstick()
        yield lines, ratios.of_lines(lines, yardstick_s=(before + after) / 2, day=day)
        before = after


def table(lines: list[Line], every: pd.DataFrame, head: str) -> str:
    """Write lines and ratios as a Markdown table; what was not measured has its day."""
    here = {line.what: line for line in lines}
    rows = []
    for what in [*here, *every.index.difference(list(here), sort=False)]:
        line = here.get(what)
        peer, machine, day = every.loc[what] if what in every.index else (np.nan, np.nan, "")
        times = ["", ""] if line is None else [
            f"{line.seconds:.2f}", "" if line.limit_s is None else f"{line.limit_s:g}"]  # fmt: skip
        note = f"not measured here, ratio of {day}" if line is None else line.note
        shown = ["" if np.isnan(ratio) else f"{ratio:.3g}" for ratio in (peer, machine)]
        rows.append(f"| {' | '.join([what, *times, *shown, note])} |")
    return "\n".join(["# Results", "", head, "", *COLUMNS, *rows, ""])


def machine(now: dt.datetime) -> str:
    """Day, class of machine and how busy it is, in one line."""
    cores = f"{os.cpu_count()} cores, {os.getloadavg()[0]:.1f} of them busy before"
    programs = f"Python {platform.python_version()}, numpy {np.__version__}"
    return f"{now:%Y-%m-%d}, {cores}, {platform.machine()}, {programs}"


def main() -> int:
    """Measure, write table and figure; 1 when a limit is missed or a ratio is much worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"all, or some of {', '.join(PARTS)}")
    parser.add_argument("--accept", action="store_true", help="commit the ratios that are found")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}: allowed {', '.join(PARTS)}")
    now, committed = dt.datetime.now(dt.UTC), ratios.read()
    head = machine(now)
    parts = list(measured(asked.parts or PARTS, f"{now:%Y-%m-%d}"))
    lines, found = [line for own, _ in parts for line in own], pd.concat([own for _, own in parts])
    every = ratios.merged(committed, found)
    written = table(lines, every, head)
    print(written)
    RESULTS.write_text(written, encoding="utf-8")
    drawing.draw(every, committed)
    faults = [f"limit missed: {line.what}: {line.seconds:.1f} s; {line.note}"
              for line in lines if line.is_missed]  # fmt: skip
    faults += ratios.worse(committed, found)
    if asked.accept:
        every.to_csv(ratios.COMMITTED, float_format="%.3g")
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

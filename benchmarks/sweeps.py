"""How time and memory of a sweep grow with complexes and scenarios; a table and a figure of it.

``python benchmarks/sweeps.py`` prints a table, writes ``sweeps.csv`` and ``sweeps.svg`` and ends
with 1 when a limit is missed.
"""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

import drawing
import numpy as np
from ratios import Line

from site_select import study, sweeps

HERE = Path(__file__).parent
DESK = HERE.parent / "data" / "studies" / "desk"
TABLE, FIGURE = HERE / "sweeps.csv", HERE / "sweeps.svg"
WORKERS, LIMIT_S, LIMIT_GIB = 2, 600.0, 2.0
COMPLEXES, SCENARIOS = (170, 681, 1_363), (10, 100, 1_000)
FEW = 10  # scenarios of changed rates, each of which draws every indicator anew
GIB = 2**20  # KiB


def changes(kind: str, count: int) -> list[dict[str, object]]:
    """Scenarios: weights and rules, or rates, drawn from wide ranges."""
    generator = np.random.default_rng(1)
    days = ("2013-01-01", "2019-06-30", "2026-01-01")
    if kind == "rates":
        names = ("rates.air_freight_eu", "rates.lcl_freight_eu", "rates.warehouse_rent")
        drawn = generator.uniform(0.5, 2.0, (count, len(names)))
        return [dict(zip(names, map(float, row), strict=True)) for row in drawn]
    names = ("points.supply_chain_stability", "points.economic_effect",
             "points.basic_infrastructure", "points.geographic_conditions")  # fmt: skip
    drawn = generator.uniform(0.2, 5.0, (count, len(names)))
    return [
        dict(zip(names, map(float, row), strict=True)) | {"rules_day": days[number % len(days)]}
        for number, row in enumerate(drawn)
    ]


def measure(kind: str, complexes: int, scenarios: int) -> tuple[float, float]:
    """Seconds, and the largest memory of this process and its workers together [GiB]."""
    desk = study.read(DESK)
    country = desk.survey.industrial_complexes
    step = len(country) / complexes
    some = country.iloc[[int(place * step) for place in range(complexes)]]
    # those around the candidates stay: the rules ask for them
    parents = desk.complexes["parent_ids"].str.split(";").explode()
    own = country[country["ic_id"].isin(set(parents) | set(some["ic_id"]))]
    small = replace(desk, survey=replace(desk.survey, industrial_complexes=own))
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        sweeps.run(small, changes(kind, scenarios), out=Path(folder) / "out",
                   cache=Path(folder) / "cache", workers=WORKERS)  # fmt: skip
        seconds = perf_counter() - start
    largest = getrusage(RUSAGE_SELF).ru_maxrss + WORKERS * getrusage(RUSAGE_CHILDREN).ru_maxrss
    return seconds, largest / GIB


def apart(kind: str, complexes: int, scenarios: int) -> tuple[float, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, kind, str(complexes), str(scenarios)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def lines() -> Iterable[Line]:
    """Every size, each in a process of its own; the table and the figure are written at the end."""
    rows = []
    for kind, complexes, scenarios in [
        *(("weights and rules", COMPLEXES[-1], count) for count in SCENARIOS),
        *(("weights and rules", count, SCENARIOS[-2]) for count in COMPLEXES[:-1]),
        ("rates", COMPLEXES[-1], FEW),
    ]:
        seconds, memory = apart(kind, complexes, scenarios)
        rows.append((kind, complexes, scenarios, round(seconds, 1), round(memory, 2)))
        over = "; MISSED" if memory > LIMIT_GIB else ""
        yield Line(
            f"sweep of {kind}, {complexes:,} complexes × {scenarios:,} scenarios", seconds,
            LIMIT_S, f"{memory:.2f} GiB with {WORKERS} workers, limit {LIMIT_GIB:g}{over}",
        )  # fmt: skip
    write(rows)


def write(rows: Sequence[tuple[str, int, int, float, float]]) -> None:
    """Write the table, and the figure of seconds by scenarios and by complexes."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["kind", "complexes", "scenarios", "seconds", "memory_gib"])
        table.writerows(rows)
    weights = [row for row in rows if row[0] == "weights and rules"]
    drawing.growth(
        {"scenarios, all complexes": [(row[2], row[3]) for row in weights
                                      if row[1] == COMPLEXES[-1]],
         f"complexes, {SCENARIOS[-2]:,} scenarios": [(row[1], row[3]) for row in weights
                                                     if row[2] == SCENARIOS[-2]]},
        FIGURE, limit_s=LIMIT_S,
    )  # fmt: skip


def main() -> int:
    """Measure one size, or all and print them; 1 when a limit is missed."""
    if len(sys.argv) > 1:
        seconds, memory = measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
        print(f"{seconds} {memory}")
        return 0
    found = list(lines())
    for line in found:
        print(f"{line.what:70}{line.seconds:8.1f} s  {line.note}")
    return int(any(line.is_missed for line in found))


if __name__ == "__main__":
    sys.exit(main())

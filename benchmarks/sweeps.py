"""How the time and memory of a sweep grow with complexes × scenarios, saved beside this file.

``python benchmarks/sweeps.py`` measures the whole table (about a quarter of an hour on two cores),
writes ``sweeps.csv`` and draws ``sweeps.svg``; it ends with 1 when a limit is missed. `lines` is
the short form for `run.py`.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import drawing
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from ratios import Line

from site_select import scenarios, study, sweeps

DESK = Path(__file__).parents[1] / "data" / "studies" / "desk"
TABLE, FIGURE = (Path(__file__).with_name(f"sweeps.{ending}") for ending in ("csv", "svg"))
WORKERS, CANDIDATES = 2, 58
INDUSTRIAL, COUNTS = (100, 400, 1_363), (10, 100, 1_000)
LIMIT_S, LIMIT_GIB = 600.0, 2.0
SHORT, SHORT_LIMIT_S = 10, 60.0
# of 1,000: 25 weights x 2 days of rules x 20 of rates and open ports, the dear ones
GRID = """
[grid]
points.economic_effect = [0.25, 0.5, 1, 2, 4]
points.geographic_conditions = [0.25, 0.5, 1, 2, 4]
rules_day = [2020-07-01, 2026-11-23]
logistics.ports = ["busan_new", "busan_new;gwangyang"]
logistics.sea_route = ["shortest", "suez_closed"]
rates.fcl20_freight_eu = [0.6, 0.8, 1, 1.5, 2]
"""
# every scenario has rates of its own, so that nothing is shared
SAMPLE = """
[sample]
count = 1000
seed = 1
rates.fcl20_freight_eu = [0.5, 2.0]
rates.air_freight_eu = [0.5, 2.0]
"""
KINDS = {"grid": GRID, "sample": SAMPLE}


def measure(kind: str, industrial: int, count: int) -> None:
    """Print seconds and GiB of one sweep with an empty cache; a process of its own."""
    desk = study.read(DESK)
    rows = desk.survey.industrial_complexes.head(industrial)
    desk = replace(
        desk, survey=replace(desk.survey, industrial_complexes=rows),
        everything=replace(desk.everything, industrial_complexes=rows),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenarios.toml"
        file.write_text(KINDS[kind], encoding="utf-8")
        every = scenarios.read(file, desk)[1:]
        spread = every[:: len(every) // count][:count]
        start = perf_counter()
        sweeps.run(
            desk, spread, out=Path(folder) / "out", cache=Path(folder) / "cache", workers=WORKERS
        )
        seconds = perf_counter() - start
    get_reusable_executor().shutdown(wait=True)  # only of ended processes is the memory told
    own, largest = (resource.getrusage(who).ru_maxrss / 2**20
                    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # fmt: skip
    print(f"{seconds:.1f} {own + WORKERS * largest:.2f}")


def measured(kind: str, industrial: int, count: int) -> dict[str, object]:
    """One row of the table."""
    command = [sys.executable, __file__, kind, str(industrial), str(count)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    seconds, gib = map(float, told.stdout.split())
    return {"kind": kind, "complexes": CANDIDATES + industrial, "scenarios": count,
            "seconds": seconds, "gib": gib}  # fmt: skip


def lines() -> Iterable[Line]:
    """One line: a short sweep of the whole country, with an empty cache."""
    row = measured("grid", INDUSTRIAL[-1], SHORT)
    whole = pd.read_csv(TABLE).query("kind == 'grid'").iloc[-1]
    note = (f"largest memory {row['gib']} GiB; {whole['scenarios']:,} took {whole['seconds']} s "
            f"and {whole['gib']} GiB when sweeps.csv was measured")  # fmt: skip
    what = f"sweep of {row['complexes']:,} complexes × {SHORT} scenarios"
    yield Line(what, float(str(row["seconds"])), SHORT_LIMIT_S, note)


def main() -> int:
    """Measure the table, draw it; 1 when a limit is missed."""
    cases = [("grid", industrial, count) for industrial in INDUSTRIAL for count in COUNTS]
    cases += [("sample", INDUSTRIAL[-1], count) for count in (10, 100)]
    table = pd.DataFrame([measured(*case) for case in cases])
    table.to_csv(TABLE, index=False)
    print(table.to_string())
    drawing.growth(table, FIGURE, limit_s=LIMIT_S, limit_gib=LIMIT_GIB)
    grid = table[table["kind"] == "grid"]
    return int((grid["seconds"] > LIMIT_S).any() or (grid["gib"] > LIMIT_GIB).any())


if __name__ == "__main__":
    if sys.argv[1:]:
        measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(main())

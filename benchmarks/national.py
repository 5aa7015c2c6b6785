"""How long the screening of all industrial complexes takes, and the search for look-alikes.

``python benchmarks/national.py`` prints a table and ends with 1 when a limit is missed.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter

from ratios import Line

from site_select import lookalikes, national, study

DESK = Path(__file__).parents[1] / "data" / "studies" / "desk"
LIMIT_S, DRAWS, SAMPLES = 60.0, 1_000, 100


def lines() -> Iterable[Line]:
    """One run each, the first of its process."""
    desk = study.read(DESK, {"n_samples": 1})
    start = perf_counter()
    count = len(national.screened(desk))
    yield Line(f"screening of {count:,} industrial complexes", perf_counter() - start, LIMIT_S)
    reference = lookalikes.reference_complex(desk)
    start = perf_counter()
    cells = lookalikes.complex_features(desk)
    levels = lookalikes.levels(desk, cells)
    lookalikes.nearest(cells, levels, reference, seed=1, n_draws=DRAWS)
    what = f"look-alikes among {len(desk.complexes)} complexes, {DRAWS:,} draws"
    yield Line(what, perf_counter() - start, LIMIT_S)
    start = perf_counter()
    lookalikes.clusters(levels, reference, seed=1, n_samples=SAMPLES)
    yield Line(f"their groups, {SAMPLES} pairs of samples", perf_counter() - start, LIMIT_S)
    start = perf_counter()
    cells = lookalikes.national_features(desk)
    around = str(desk.complexes.loc[reference, "parent_ids"])
    lookalikes.nearest(cells, lookalikes.levels(desk, cells), around, seed=1, n_draws=DRAWS)
    yield Line(f"look-alikes among {count:,}, {DRAWS:,} draws", perf_counter() - start, LIMIT_S)


def main() -> int:
    """Measure, print the rows; 1 when a limit is missed."""
    found = list(lines())
    for line in found:
        print(f"{line.what:60}{line.seconds:8.2f} s  {line.note}")
    return int(any(line.is_missed for line in found))


if __name__ == "__main__":
    sys.exit(main())

"""How long the screening of all industrial complexes takes, and the search for look-alikes.

``python benchmarks/national.py`` prints a table and ends with 1 when a limit is missed.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter

from site_select import lookalikes, national, study

DESK = Path(__file__).parents[1] / "data" / "studies" / "desk"
LIMIT_S, DRAWS, SAMPLES = 60.0, 1_000, 100

Row = tuple[str, float, float | None, str]


def lines() -> Iterable[Row]:
    """Rows of what, time [s], its limit and note; one run each, the first of its process."""
    desk = study.read(DESK, {"n_samples": 1})
    start = perf_counter()
    count = len(national.screened(desk))
    yield f"screening of {count:,} industrial complexes", perf_counter() - start, LIMIT_S, ""
    reference = lookalikes.reference_complex(desk)
    start = perf_counter()
    cells = lookalikes.complex_features(desk)
    levels = lookalikes.levels(desk, cells)
    lookalikes.nearest(cells, levels, reference, seed=1, n_draws=DRAWS)
    what = f"look-alikes among {len(desk.complexes)} complexes, {DRAWS:,} draws"
    yield what, perf_counter() - start, LIMIT_S, ""
    start = perf_counter()
    lookalikes.clusters(levels, reference, seed=1, n_samples=SAMPLES)
    yield f"their groups, {SAMPLES} pairs of samples", perf_counter() - start, LIMIT_S, ""
    start = perf_counter()
    cells = lookalikes.national_features(desk)
    around = str(desk.complexes.loc[reference, "parent_ids"])
    lookalikes.nearest(cells, lookalikes.levels(desk, cells), around, seed=1, n_draws=DRAWS)
    yield f"look-alikes among {count:,}, {DRAWS:,} draws", perf_counter() - start, LIMIT_S, ""


def main() -> int:
    """Measure, print the rows; 1 when a limit is missed."""
    found = list(lines())
    for what, seconds, _, note in found:
        print(f"{what:60}{seconds:8.2f} s  {note}")
    return int(any(limit and took > limit for _, took, limit, _ in found))


if __name__ == "__main__":
    sys.exit(main())

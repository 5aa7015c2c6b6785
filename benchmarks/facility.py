"""How quickly `site_select.hubs` proves public optima, beside the textbook's formulation and spopt.

``python benchmarks/facility.py`` prints a table and ends with 1 when an optimum or the limit is
missed. spopt is measured where someone installed it, the textbook's program everywhere.
"""

import importlib.util
import io
import sys
import zipfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from ratios import Line
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, kron

from site_select import hubs

FILES = Path(__file__).parents[1] / "tests" / "published" / "facility.zip"
OPTIMA = (5819, 4093, 4250, 3034, 1355, 7824, 5631, 4445, 2734, 1255, 7696, 6634, 4374, 2968, 1729)
COVERED = 875_247
COMPARED = (1, 2, 3, 4, 5)  # numbers of the instances that others solve too
LIMIT_S = 60.0


def read(number: int) -> tuple[pd.DataFrame, int]:
    """Distances of an instance of OR-Library and the number of its sites."""
    with zipfile.ZipFile(FILES) as files:
        _, _, count, *rest = map(int, files.read(f"pmed{number}.txt").split())
    roads = pd.DataFrame(np.reshape(rest, (-1, 3)), columns=["start", "end", "km"])
    return hubs.network_km(roads), count


def textbook(km: pd.DataFrame, count: int) -> float:
    """Total of the formulation by ReVelle and Swain (1970), solved by the same HiGHS."""
    rows, sites = km.shape
    pairs = rows * sites
    is_site = np.r_[np.zeros(pairs), np.ones(sites)]
    goes = hstack([kron(eye_array(rows), np.ones((1, sites))), csr_array((rows, sites))])
    is_open = hstack([-eye_array(pairs), kron(np.ones((rows, 1)), eye_array(sites))])
    limits = [
        LinearConstraint(csr_array(goes), 1, 1), LinearConstraint(is_site[None], count, count),
        LinearConstraint(csr_array(is_open), 0, np.inf),
    ]  # fmt: skip
    cost = np.r_[km.to_numpy().ravel(), np.zeros(sites)]
    found = milp(cost, constraints=limits, bounds=(0, 1), integrality=is_site,
                 options={"mip_rel_gap": 0.0})  # fmt: skip
    return float(found.fun)


def spopt(km: pd.DataFrame, count: int) -> float:
    """Total of spopt with the solver that PuLP brings, CBC."""
    import pulp  # noqa: PLC0415 - only where it is installed
    from spopt.locate import PMedian  # noqa: PLC0415

    model = PMedian.from_cost_matrix(km.to_numpy(), np.ones(len(km)), p_facilities=count)
    return float(model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective.value())


def compared(name: str, other: object, ours: float) -> Line:
    """Time another program on the smaller instances, in ratio to ours on the same ones."""
    start = perf_counter()
    found = [other(*read(number)) for number in COMPARED]  # type: ignore[operator]
    seconds = perf_counter() - start
    assert np.allclose(found, [OPTIMA[number - 1] for number in COMPARED])
    note = f"{seconds / ours:.0f} times ours"
    return Line(f"pmed1-5 by {name}", seconds, None, note, seconds / ours)


def lines() -> list[Line]:
    """Ours, then other programs on the smaller instances."""
    times, missed = [], []
    for number, optimum in enumerate(OPTIMA, start=1):
        start = perf_counter()
        km, count = read(number)
        found = hubs.p_median(km, pd.Series(1.0, km.index), count=count)
        times.append(perf_counter() - start)
        missed += [number] if found.weighted_km != optimum else []
    with zipfile.ZipFile(FILES) as files:
        metres, people = (
            pd.read_csv(io.BytesIO(files.read(name)), dtype={"tract": str}).set_index("tract")
            for name in ("sf_metres.csv", "sf_demand.csv")
        )
    start = perf_counter()
    weights = people["population"]
    cover = hubs.maximal_cover(metres, weights, count=4, radius_km=5_000)
    cover_s, ours = perf_counter() - start, sum(times[number - 1] for number in COMPARED)
    is_missed = not np.isclose(cover.covered * weights.sum(), COVERED)
    slowest = f"slowest {max(times):.1f} s (pmed{int(np.argmax(times)) + 1})"
    note = f", MISSED: pmed{missed}" if missed else ", all optima exact"
    rows = [
        Line("p-median of pmed1-15, proven", sum(times), LIMIT_S, slowest + note),
        Line("maximal cover of San Francisco, proven", cover_s, None, "MISSED" * is_missed),
        compared("the textbook's program, same solver", textbook, ours),
    ]
    if importlib.util.find_spec("spopt"):
        rows.append(compared("spopt and CBC", spopt, ours))
    return rows


def main() -> int:
    """Solve all instances, print the rows; 1 when an optimum or the limit is missed."""
    found = lines()
    for what, seconds, limit_s, note, _ in found:
        print(f"{what:48}{seconds:8.2f} s  limit {limit_s or '-'}  {note}")
    return int(any(line.is_missed for line in found))


if __name__ == "__main__":
    sys.exit(main())

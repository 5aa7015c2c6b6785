"""How near `site_select.routing` comes to the best known tours of public instances.

``python benchmarks/routing.py`` prints a table and ends with 1 when a gap is above its limit.
"""

import sys
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd
import vrplib
from joblib import Parallel, delayed
from pyvrp.stop import MaxRuntime
from ratios import Line

from site_select import routing

INSTANCES = Path(__file__).with_name("instances")
SECONDS = 20.0
SEEDS = (1, 2)  # two searches side by side on two cores


class Instance(NamedTuple):
    """A public instance: its file, the best known distance and the gap allowed [%]."""

    file: str
    best_known: int
    limit_percent: float

    @property
    def name(self) -> str:
        """Name in the literature."""
        return Path(self.file).stem


class Found(NamedTuple):
    """Distance found for an instance and the time it took [s]."""

    instance: Instance
    distance: float
    seconds: float

    @property
    def gap_percent(self) -> float:
        """How much longer than the best known [%]."""
        return 100 * (self.distance / self.instance.best_known - 1)

    @property
    def is_missed(self) -> bool:
        """Whether the gap is above its limit."""
        return self.gap_percent > self.instance.limit_percent


ALL = (
    Instance("E-n22-k4.txt", 375, 0.5),
    Instance("X-n101-k25.vrp", 27_591, 0.5),
    Instance("X-n200-k36.vrp", 58_578, 2.5),
    Instance("R101.txt", 16_377, 0.5),
    Instance("RC208.vrp", 7_761, 0.5),
)


def task(instance: Instance) -> routing.Model:
    """Read an instance; its unit of distance is a km, of demand a t, of time an hour at 1 km/h."""
    path = INSTANCES / instance.file
    data = vrplib.read_instance(path, "solomon" if instance.name == "R101" else "vrplib")
    is_timed = "time_window" in data
    count, customers = len(data["demand"]), slice(1, None)
    km = np.floor(10 * data["edge_weight"]) if is_timed else np.round(data["edge_weight"])
    stops = pd.DataFrame({"load_t": data["demand"]}, index=range(count))
    vehicle = {"depot": 0, "capacity_t": data["capacity"], "cost_per_km": 1.0, "fixed_cost": 0.0}
    fleet = pd.DataFrame(vehicle | {"count": data.get("vehicles", count - 1)}, index=["vehicle"])
    if is_timed:
        early, late = 10 * np.asarray(data["time_window"]).T
        service = 10 * np.broadcast_to(data["service_time"], count)
        stops = stops.assign(earliest_h=early, latest_h=late, service_h=service)
        fleet = fleet.assign(earliest_h=early[0], latest_h=late[0])
    return routing.model(stops[customers], fleet, pd.DataFrame(km), speed_km_h=1.0)


def _searched(instance: Instance, seed: int) -> float:
    return routing.search(task(instance), MaxRuntime(SECONDS), seed=seed).distance_km


def solved(instance: Instance) -> Found:
    """Search an instance for 20 s on each core, a seed each, and keep the shorter tours."""
    start = perf_counter()
    jobs = (delayed(_searched)(instance, seed) for seed in SEEDS)
    distance = min(Parallel(n_jobs=len(SEEDS))(jobs))
    return Found(instance, distance, perf_counter() - start)


def ten_stops() -> tuple[float, float]:
    """Time of the search and of the exact solution of one tour task with 10 stops [s]."""
    points = np.random.default_rng(1).uniform(0, 300, (11, 2))
    km = pd.DataFrame(np.hypot(*(points[:, None] - points).transpose(2, 0, 1)))
    stops = pd.DataFrame({"load_t": np.arange(1.0, 11.0)}, index=range(1, 11))
    truck = {"depot": 0, "capacity_t": 24.0, "count": 10, "cost_per_km": 1.0, "fixed_cost": 100.0}
    vehicles = pd.DataFrame(truck, index=["truck"])
    times = [perf_counter()]
    found = routing.solve(stops, vehicles, km)
    times.append(perf_counter())
    exact = routing.solve_exactly(stops, vehicles, km)
    times.append(perf_counter())
    assert np.isclose(found.cost, exact.cost)
    return times[1] - times[0], times[2] - times[1]


def lines() -> list[Line]:
    """Tours of all instances, whose gap has a limit and not their time; ten stops, and exactly."""
    rows = []
    for one in map(solved, ALL):
        limit = f"limit {one.instance.limit_percent}%{', MISSED' if one.is_missed else ''}"
        lengths = f"found {one.distance:g}, best known {one.instance.best_known}"
        note = f"{lengths}, gap {one.gap_percent:.2f}%, {limit}"
        rows.append(Line(f"tours of {one.instance.name}", one.seconds, None, note))
    search, exact = ten_stops()
    rows.append(Line(f"tours of 10 stops, {routing.FEW_ITERATIONS} iterations", search))
    note = f"search takes {search / exact:.2f} times as long"
    return [*rows, Line("tours of 10 stops, exactly", exact, None, note, exact / search)]


def main() -> int:
    """Search all instances, print the rows; 1 when a gap is above its limit."""
    found = lines()
    for line in found:
        print(f"{line.what:36}{line.seconds:8.2f} s  {line.note}")
    return int(any(line.is_missed for line in found))


if __name__ == "__main__":
    sys.exit(main())

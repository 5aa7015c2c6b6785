"""Tours over stops: which vehicle calls where, and in what order.

A tour collects from suppliers or distributes to firms; only the loads count, not the direction.
Whether it beats separate feeders is for the caller to compare.
"""

import warnings
from collections import defaultdict
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.stop import MaxIterations, StoppingCriterion

from site_select import fares
from site_select.errors import SettingsError

KG_PER_T, SECONDS_PER_HOUR = 1000, 3600
# The solver counts in whole numbers: the dearest leg or vehicle costs so many steps, and a kg or
# second too much at most so many. With the usual 100,000 overloading by 9 kg beat a second truck.
COST_STEPS, PENALTY = 1_000_000, 100_000_000
LARGEST, BEYOND_REACH = 1e12, 10**9  # allowed to be given; kg or seconds, no sum of which overflows
FEW_STOPS, FEW_ITERATIONS, ITERATIONS_PER_STOP = 15, 200, 50
EXACT_STOPS = 10
STOP, VEHICLE = ["load_t"], ["capacity_t", "count", "cost_per_km", "fixed_cost"]
OPTIONAL = {"earliest_h": 0.0, "latest_h": np.inf, "service_h": 0.0}
MAY_BE_INFINITE = ["capacity_t", "latest_h"]

Visits = tuple[int, ...]


class Tour(NamedTuple):
    """One vehicle's closed sequence of places.

    Attributes
    ----------
    vehicle
        Label of the vehicle.
    depot
        Place where it starts and ends.
    stops
        Places in the order of the visits.
    distance_km
        Length, back to the depot [km].
    load_t
        Load of all its stops [t].
    duration_h
        Least time from leaving the depot to being back, with service and waiting [h].
    """

    vehicle: str
    depot: str
    stops: list[str]
    distance_km: float
    load_t: float
    duration_h: float


class Plan(NamedTuple):
    """Tours that visit every stop once.

    Attributes
    ----------
    tours
        The tours, by vehicle and first stop in the order of the tables.
    distance_km
        Length of all tours [km].
    cost
        Fixed and distance cost of all tours [currency of the vehicles].
    """

    tours: list[Tour]
    distance_km: float
    cost: float


class Model(NamedTuple):
    """A checked task in the caller's units and, as ``data``, in the whole numbers of the solver."""

    stops: pd.DataFrame
    vehicles: pd.DataFrame
    km: np.ndarray
    data: pyvrp.ProblemData


def solve(
    stops: pd.DataFrame, vehicles: pd.DataFrame, distances_km: pd.DataFrame, *,
    speed_km_h: float = 60.0, iterations: int | None = None, seed: int = 0,
) -> Plan:  # fmt: skip
    """Cheapest tours that a fixed number of iterations finds.

    ``min Σ_r (f_k(r) + c_k(r) Σ_(i,j)∈r d_ij)``; every stop lies on one tour, the loads of a tour
    fit its vehicle, each service starts within its stop's window and the vehicle is back within
    its own.

    *Where* ``r`` is a tour, ``k(r)`` its vehicle, ``f`` the fixed cost, ``c`` the cost per km and
    ``d`` the distance. Loads count in whole kg, times in whole seconds.

    Of random tasks all 274 with one kind of vehicle and up to 10 stops came out optimal; with two
    or three kinds and up to 7 stops 4 of 565 did not, by up to 35%, and a longer search need not
    help: up to 10 stops prefer `solve_exactly`.

    Parameters
    ----------
    stops
        One row per stop, indexed by place: ``load_t`` [t] and, where wanted, ``earliest_h`` and
        ``latest_h`` (start of service, infinite for no limit) and ``service_h`` [h].
    vehicles
        One row per kind of vehicle: ``depot``, ``capacity_t`` [t], ``count``, ``cost_per_km``,
        ``fixed_cost`` per tour and, where wanted, ``earliest_h`` and ``latest_h`` [h].
    distances_km
        Distance from row to column [km].
    speed_km_h
        Mean speed on the road [km/h].
    iterations
        How long to search; 200 up to 15 stops and 50 per stop above where not given.
    seed
        Seed; the same seed and iterations give the same plan on any machine.

    Raises
    ------
    SettingsError
        Naming every fault of the tables, or when no plan was found.

    References
    ----------
    Wouda, N. A., Lan, L. & Kool, W. (2024). PyVRP. INFORMS Journal on Computing 36(4), 943-955.
    doi:10.1287/ijoc.2023.0055

    Examples
    --------
    >>> corners = ["depot", "A", "B"]
    >>> km = pd.DataFrame([[0, 30, 40], [30, 0, 50], [40, 50, 0]], corners, corners)
    >>> stops = pd.DataFrame({"load_t": [8, 9]}, index=["A", "B"])
    >>> vehicles = pd.DataFrame({"depot": "depot", "capacity_t": 24, "count": 2,
    ...                          "cost_per_km": 1.5, "fixed_cost": 100}, index=["truck"])
    >>> plan = solve(stops, vehicles, km)  # 30 + 50 + 40 km; 100 + 1.5 · 120
    >>> plan.distance_km, plan.cost, plan.tours[0].duration_h
    (120.0, 280.0, 2.0)
    """
    if iterations is not None and iterations < 1:
        raise SettingsError(f"iterations = {iterations}: allowed 1 or more")
    usual = FEW_ITERATIONS if len(stops) <= FEW_STOPS else ITERATIONS_PER_STOP * len(stops)
    task = model(stops, vehicles, distances_km, speed_km_h=speed_km_h)
    return search(task, MaxIterations(iterations or usual), seed=seed)


def search(task: Model, until: StoppingCriterion, *, seed: int) -> Plan:
    """Cheapest tours found until a criterion of PyVRP stops the search."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # an infeasible task raises below
        strict = pyvrp.SolveParams(penalty=pyvrp.PenaltyParams(max_penalty=PENALTY))
        found = pyvrp.solve(task.data, until, seed, collect_stats=False, params=strict).best
    return _plan(task, found.routes() if found.is_feasible() else [])


def solve_exactly(
    stops: pd.DataFrame, vehicles: pd.DataFrame, distances_km: pd.DataFrame, *,
    speed_km_h: float = 60.0,
) -> Plan:  # fmt: skip
    r"""Cheapest tours of all, for up to 10 stops, by dynamic programming over sets of stops.

    ``F(S) = min_(k, T) [tour_k(T) + F(S \ T)]`` over vehicles ``k`` still free and sets
    ``T ⊆ S`` with the first stop of ``S``; ``tour_k(T)`` is the cheapest tour of ``T``.

    Parameters
    ----------
    stops, vehicles, distances_km, speed_km_h
        As in `solve`.

    Raises
    ------
    SettingsError
        As `solve`, and above 10 stops.

    References
    ----------
    Held, M. & Karp, R. M. (1962). A dynamic programming approach to sequencing problems. Journal
    of the Society for Industrial and Applied Mathematics 10(1), 196-210. doi:10.1137/0110015

    Examples
    --------
    >>> km = pd.DataFrame([[0, 7], [9, 0]], ["depot", "A"], ["depot", "A"])
    >>> vehicles = pd.DataFrame({"depot": "depot", "capacity_t": 1, "count": 1,
    ...                          "cost_per_km": 2, "fixed_cost": 3}, index=["van"])
    >>> solve_exactly(pd.DataFrame({"load_t": [1]}, index=["A"]), vehicles, km).cost  # 3 + 2 · 16
    35.0
    """
    if len(stops) > EXACT_STOPS:
        raise SettingsError(f"{len(stops)} stops: allowed {EXACT_STOPS} at most")
    task = model(stops, vehicles, distances_km, speed_km_h=speed_km_h)
    tours = [_cheapest_tours(task, kind) for kind in range(len(vehicles))]

    @cache
    def cheapest(rest: int, free: Visits) -> tuple[float, tuple[tuple[int, Visits], ...]]:
        options = [(np.inf if rest else 0.0, tuple[tuple[int, Visits], ...]())]
        for kind, subset in ((k, s) for k in range(len(free)) if free[k] for s in tours[k]):
            if subset & rest & -rest and subset & rest == subset:
                left, (cost, visits) = rest ^ subset, tours[kind][subset]
                # More vehicles than stops make no difference, and fewer cases to remember.
                fewer = (min(n - (k == kind), left.bit_count()) for k, n in enumerate(free))
                others, chosen = cheapest(left, tuple(fewer))
                options.append((cost + others, ((kind, visits), *chosen)))
        return min(options)

    count = vehicles["count"].clip(upper=len(stops)).astype(int)
    _, chosen = cheapest((1 << len(stops)) - 1, tuple(count))
    return _plan(task, [pyvrp.Route(task.data, list(visits), kind) for kind, visits in chosen])


def _cheapest_tours(task: Model, kind: int) -> dict[int, tuple[float, Visits]]:
    """Cost and visits of the cheapest tour through each set of stops that a vehicle can serve.

    Ways to a set's last stop are kept unless another is both as short and as early.
    """
    vehicle, clients = task.data.vehicle_type(kind), task.data.clients()
    depot, km = vehicle.start_depot, task.km.tolist()
    seconds = task.data.duration_matrix(0).tolist()
    fixed_cost, cost_per_km = task.vehicles[["fixed_cost", "cost_per_km"]].iloc[kind].astype(float)
    tours: dict[int, tuple[float, Visits]] = {}
    ways = {(0, depot): [(0.0, vehicle.tw_early, vehicle.capacity[0], tuple[int, ...]())]}
    while ways:
        longer = defaultdict(list)
        for (subset, here), candidates in ways.items():
            earliest = np.inf
            for way, ready, room, visits in sorted(candidates):
                if ready >= earliest:
                    continue
                earliest = ready
                if visits and ready + seconds[here][depot] <= vehicle.tw_late:
                    cost = fixed_cost + cost_per_km * (way + km[here][depot])
                    tours[subset] = min(tours.get(subset, (np.inf, ())), (cost, visits))
                for i, client in enumerate(clients):
                    there, left = client.location, room - client.delivery[0]
                    start = max(ready + seconds[here][there], client.tw_early)
                    if not subset >> i & 1 and left >= 0 and start <= client.tw_late:
                        reached = way + km[here][there], start + client.service_duration, left
                        longer[subset | 1 << i, there].append((*reached, (*visits, i)))
        ways = longer
    return tours


def road_distances(places: pd.DataFrame) -> pd.DataFrame:
    """Estimated road distance between all places [km].

    The great circle (`fares.great_circle_km`) made a road by `fares.estimated_road_km`, which was
    fitted in Korea. 0 is the same point.

    Parameters
    ----------
    places
        ``latitude`` and ``longitude`` [degrees], indexed by place.

    Raises
    ------
    SettingsError
        Naming every coordinate that is missing or off the globe.

    Examples
    --------
    >>> places = pd.DataFrame({"latitude": [0, 0], "longitude": [0, 1]}, index=["A", "B"])
    >>> road_distances(places).loc["A", "B"].round(2).item()  # 1.258 · 6371.0088 π / 180 + 4.78
    144.66
    """
    wrong = [
        f"{column} of {place} = {found}: allowed -{limit} to {limit}"
        for column, limit in (("latitude", 90), ("longitude", 180))
        for place, found in places[column].items()
        if not -limit <= found <= limit
    ]
    _refuse(wrong)
    crow_km = fares.great_circle_km(places)
    road_km = fares.estimated_road_km(pd.Series(crow_km.to_numpy().ravel()))["value"].to_numpy()
    return pd.DataFrame(road_km.reshape(crow_km.shape), places.index, places.index)


def model(
    stops: pd.DataFrame, vehicles: pd.DataFrame, distances_km: pd.DataFrame, *, speed_km_h: float
) -> Model:
    """Check a task and count it in whole kg, seconds and cost steps; arguments as in `solve`.

    Raises
    ------
    SettingsError
        Naming every fault.
    """
    stops, vehicles = _completed(stops, STOP), _completed(vehicles, ["depot", *VEHICLE])
    places = pd.Index([*vehicles["depot"], *stops.index]).unique()
    wrong = _faults(stops, vehicles) + _distance_faults(places, distances_km)
    if not 0 < speed_km_h < np.inf:
        wrong.append(f"speed_km_h = {speed_km_h}: allowed above 0")
    _refuse(wrong)
    km = distances_km.loc[places, places].to_numpy(dtype="float64")
    costs = vehicles["cost_per_km"].to_numpy(dtype="float64")[:, None, None] * km
    scale = COST_STEPS / (max(costs.max(), vehicles["fixed_cost"].max()) or 1.0)
    clients = zip(
        places.get_indexer(stops.index), _whole(stops["load_t"], KG_PER_T),
        *_whole(stops[[*OPTIONAL]].T, SECONDS_PER_HOUR), strict=True,
    )  # fmt: skip
    fleet = zip(
        vehicles["count"].astype(int), _whole(vehicles["capacity_t"], KG_PER_T),
        places.get_indexer(vehicles["depot"]), _whole(vehicles["fixed_cost"], scale),
        *_whole(vehicles[["earliest_h", "latest_h"]].T, SECONDS_PER_HOUR), strict=True,
    )  # fmt: skip
    data = pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in places],
        [pyvrp.Client(at, [kg], [], service, *window) for at, kg, *window, service in clients],
        [pyvrp.Depot(at) for at in range(len(places))],
        [
            pyvrp.VehicleType(count, [kg], at, at, fixed, early, late, profile=kind)
            for kind, (count, kg, at, fixed, early, late) in enumerate(fleet)
        ],
        [*_whole(costs, scale)],
        [*_whole(np.broadcast_to(km / speed_km_h, costs.shape), SECONDS_PER_HOUR)],
    )
    return Model(stops, vehicles, km, data)


def _refuse(wrong: list[str]) -> None:
    if wrong:
        raise SettingsError("; ".join(wrong))


def _completed(table: pd.DataFrame, needed: list[str]) -> pd.DataFrame:
    absent = [column for column in [*needed, *OPTIONAL] if column not in table]
    return table.assign(**{column: OPTIONAL.get(column, np.nan) for column in absent})


def _whole(amounts: pd.DataFrame | pd.Series | np.ndarray, steps: float) -> np.ndarray:
    scaled = np.asarray(amounts, dtype="float64") * steps
    return np.asarray(np.rint(np.minimum(scaled, BEYOND_REACH)), dtype=np.int64)


def _faults(stops: pd.DataFrame, vehicles: pd.DataFrame) -> list[str]:
    wrong = []
    for name, table, needed in (("stop", stops, STOP), ("vehicle", vehicles, VEHICLE)):
        wrong += [f"no {name}s: allowed one or more"] if table.empty else []
        amounts = table[[*needed, *OPTIONAL]].astype("float64")
        most = {column: np.inf if column in MAY_BE_INFINITE else LARGEST for column in amounts}
        wrong += [
            f"{column} of {name} {label} = {found}: allowed 0 to {most[column]:g}"
            for column in amounts for label, found in amounts[column].items()
            if not 0 <= found <= most[column]
        ]  # fmt: skip
        wrong += [
            f"latest_h of {name} {label} = {latest}: allowed from earliest_h = {earliest}"
            for label, earliest, latest in table[["earliest_h", "latest_h"]].itertuples()
            if latest < earliest
        ]
    wrong += [
        f"count of vehicle {label} = {count}: allowed whole numbers from 1"
        for label, count in vehicles["count"].items()
        if count == 0 or count % 1 > 0
    ]
    load_t = stops["load_t"].astype("float64").round(3)
    capacity_t = vehicles["capacity_t"].astype("float64").round(3)
    wrong += [
        f"load_t of stop {label} = {load}: allowed {capacity_t.max()}, the largest capacity_t"
        for label, load in load_t.items()
        if load > capacity_t.max()
    ]
    fleet_t = (capacity_t * vehicles["count"]).sum()
    if load_t.sum() > fleet_t + 0.5 / KG_PER_T:
        wrong.append(f"load_t of all stops = {load_t.sum():g}: allowed {fleet_t:g} (all vehicles)")
    return wrong


def _distance_faults(places: pd.Index, distances_km: pd.DataFrame) -> list[str]:
    if not (distances_km.index.is_unique and distances_km.columns.is_unique):
        return ["a place stands twice in the distances: allowed once"]
    known = places.intersection(distances_km.index).intersection(distances_km.columns)
    km = distances_km.loc[known, known].to_numpy(dtype="float64")
    wrong = ~((km >= 0) & (km <= LARGEST)) | (np.eye(len(km), dtype=bool) & (km != 0))
    return [f"{place} is not in the distances" for place in places if place not in known] + [
        f"distance from {known[i]} to {known[j]} = {km[i, j]} km: allowed 0 or more, 0 to itself"
        for i, j in np.argwhere(wrong)
    ]


def _plan(task: Model, routes: list[pyvrp.Route]) -> Plan:
    """Write the solver's routes in the caller's labels and units."""
    if not routes:
        raise SettingsError(_why_no_plan(task))
    tours, cost = [], 0.0
    visited = [([step.idx for step in route if step.is_client()], route) for route in routes]
    for visits, route in sorted(visited, key=lambda pair: (pair[1].vehicle_type(), pair[0])):
        vehicle, stops = task.vehicles.iloc[route.vehicle_type()], task.stops.iloc[visits]
        at = [task.data.client(visit).location for visit in visits]
        km = float(task.km[[route.start_depot(), *at], [*at, route.end_depot()]].sum())
        cost += float(vehicle["fixed_cost"] + vehicle["cost_per_km"] * km)
        load_t, duration_h = float(stops["load_t"].sum()), route.duration() / SECONDS_PER_HOUR
        names = str(vehicle.name), str(vehicle["depot"]), [str(place) for place in stops.index]
        tours.append(Tour(*names, km, load_t, duration_h))
    return Plan(tours, sum(tour.distance_km for tour in tours), cost)


def _why_no_plan(task: Model) -> str:
    alone = [
        str(place)
        for i, place in enumerate(task.stops.index)
        if not any(pyvrp.Route(task.data, [i], k).is_feasible() for k in range(len(task.vehicles)))
    ]
    late = f"even alone it is too late for {', '.join(alone)}" if alone else "alone each stop fits"
    return f"no plan found, no vehicle can do this tour within capacities and time windows; {late}"

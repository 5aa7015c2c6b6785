"""Tours are the cheapest that capacities and time windows allow."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyvrp.stop import MaxIterations

from site_select import routing
from site_select.errors import SettingsError

FEW = settings(max_examples=15, deadline=None, derandomize=True)  # each solves tours
SEEDS = st.integers(0, 10_000)
# Christofides & Eilon (1969), CVRPLIB E-n22-k4: x, y, demand; the first is the depot.
E_N22_K4 = [
    (145, 215, 0), (151, 264, 1100), (159, 261, 700), (130, 254, 800), (128, 252, 1400),
    (163, 247, 2100), (146, 246, 400), (161, 242, 800), (142, 239, 100), (163, 236, 500),
    (148, 232, 600), (128, 231, 1200), (156, 217, 1300), (129, 214, 1300), (146, 208, 300),
    (164, 208, 900), (141, 206, 2100), (147, 193, 1000), (164, 193, 900), (129, 189, 2500),
    (155, 185, 1800), (139, 182, 700),
]  # fmt: skip


def square(rows, places):
    return pd.DataFrame(rows, list(places), list(places), dtype="float64")


def stops(loads_t, **columns):
    return pd.DataFrame({"load_t": loads_t, **columns}, index=list("ABCDEFGHIJ"[: len(loads_t)]))


def vehicles(*rows):
    columns = ["depot", "capacity_t", "count", "cost_per_km", "fixed_cost"]
    return pd.DataFrame(rows, [f"truck {i}" for i in range(1, len(rows) + 1)], columns)


def line(*positions_km):
    """Distances along a road: the depot X at 0, then A, B, C ... at the positions."""
    at = np.array([0, *positions_km])
    return square(np.abs(at[:, None] - at), "XABCDEFGHIJ"[: len(at)])


def any_task(seed, *, kinds=1, most=8, is_timed=True):
    """Random places, loads, windows and vehicles; at least one vehicle per stop and kind."""
    generator = np.random.default_rng(seed)
    count = int(generator.integers(2, most + 1))
    points = generator.uniform(0, 300, (count + 2, 2))
    km = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    km = km * generator.uniform(1, 1.4, km.shape)
    early = generator.uniform(6, 12, count)
    windows = {"earliest_h": early, "latest_h": early + 4, "service_h": 0.5} if is_timed else {}
    fleet = vehicles(*(
        (depot, generator.uniform(6, 16), count, generator.uniform(0.8, 2), fixed)
        for depot, fixed in zip("XYX"[:kinds], (50, 200, 0), strict=False)
    ))  # fmt: skip
    there = stops(generator.uniform(0.1, 6, count), **windows)
    return there, fleet, square(np.where(np.eye(len(km)), 0, km), ["X", "Y", *there.index])


def sequences(plan):
    return [(tour.vehicle, "".join(tour.stops)) for tour in plan.tours]


def both(*task, **settings):
    """Solve both ways, see that they agree on the cost, and return the exact plan."""
    exact = routing.solve_exactly(*task, **settings)
    assert routing.solve(*task, **settings).cost == pytest.approx(exact.cost, rel=1e-9)
    return exact


def enumerated(there, fleet, distances_km):
    """Least cost of one vehicle's single tour by trying every order."""
    vehicle = fleet.iloc[0]
    return min(
        vehicle["fixed_cost"] + vehicle["cost_per_km"] * sum(
            distances_km.loc[i, j] for i, j in itertools.pairwise([vehicle["depot"], *order,
                                                                   vehicle["depot"]])
        )
        for order in itertools.permutations(there.index)
    )  # fmt: skip


def test_e_n22_k4_of_christofides_and_eilon_takes_375_on_four_tours():
    """Optimal value in the file of CVRPLIB; distances are rounded Euclidean."""
    x, y, demand = np.array(E_N22_K4).T
    km = np.hypot(x[:, None] - x, y[:, None] - y).round()
    there = pd.DataFrame({"load_t": demand[1:]}, index=range(1, 22))
    plan = routing.solve(there, vehicles((0, 6000, 21, 1, 0)), pd.DataFrame(km))
    assert (plan.cost, plan.distance_km, len(plan.tours)) == (375, 375, 4)
    assert max(tour.load_t for tour in plan.tours) <= 6000
    assert sorted(int(stop) for tour in plan.tours for stop in tour.stops) == list(range(1, 22))


def test_tour_past_two_suppliers_by_hand():
    """30 + 50 + 40 km at 1.5 each and 100 for the truck; 2 h at 60 km/h."""
    km = square([[0, 30, 40], [30, 0, 50], [40, 50, 0]], "XAB")
    plan = both(stops([8, 9]), vehicles(("X", 24, 2, 1.5, 100)), km)
    assert plan.cost == 280
    assert plan.distance_km == 120
    assert sorted(plan.tours[0].stops) == ["A", "B"]
    assert plan.tours[0][0:2] + plan.tours[0][3:] == ("truck 1", "X", 120, 17, 2)


def test_two_suppliers_that_do_not_fit_one_truck_take_two_tours():
    """2 · 30 + 2 · 40 km at 1.5 each and 100 twice."""
    km = square([[0, 30, 40], [30, 0, 50], [40, 50, 0]], "XAB")
    plan = both(stops([18, 9]), vehicles(("X", 24, 2, 1.5, 100)), km)
    assert plan.cost == 410
    assert sequences(plan) == [("truck 1", "A"), ("truck 1", "B")]


def test_loads_and_capacities_count_to_the_kg():
    """8,001 + 16,000 kg are 1 kg too much for 24 t, however dear a second truck is."""
    fleet = vehicles(("X", 24, 2, 1, 1e6))
    assert len(both(stops([8.001, 16]), fleet, line(10, 20)).tours) == 2
    assert len(both(stops([8.000, 16]), fleet, line(10, 20)).tours) == 1


def test_time_windows_force_an_order():
    """Round a square of 10 km, 20 km across: free, 4 · 10 km; X-B-A-C-X is 20 + 10 + 20 + 10."""
    ring = square([[0, 10, 20, 10], [10, 0, 10, 20], [20, 10, 0, 10], [10, 20, 10, 0]], "XABC")
    fleet = vehicles(("X", 9, 1, 1, 0))
    assert both(stops([1, 1, 1]), fleet, ring).cost == 40
    first = stops([1, 1, 1], earliest_h=[2, 0, 4], latest_h=[3, 1, 5])
    plan = both(first, fleet, ring, speed_km_h=30)
    assert sequences(plan) == [("truck 1", "BAC")]
    assert plan.cost == 60


def test_duration_holds_driving_service_and_the_waiting_that_cannot_be_avoided():
    """A at 60 km opens from 5 to 6 h, B at 120 km at 9 h: leave A at 6.5, wait at B from 7.5 to 9.

    Start at 5 h (an hour before 6), back from B at 9.5 + 2 = 11.5 h: 6.5 h.
    """
    there = stops([1, 1], earliest_h=[5, 9], latest_h=[6, 10], service_h=[0.5, 0.5])
    plan = both(there, vehicles(("X", 9, 1, 1, 0)), line(60, 120))
    assert plan.tours[0].stops == ["A", "B"]
    assert plan.tours[0].duration_h == pytest.approx(6.5)


def test_longer_way_is_taken_when_only_it_is_in_time():
    """A, B, C at 10, 20, 30 km; B closes first. 20 back to 10 and on to 30: 20 + 10 + 20 + 30."""
    there = stops([1, 1, 1], latest_h=[9, 2, 9], earliest_h=[2.5, 0, 0])
    plan = both(there, vehicles(("X", 9, 1, 1, 0)), line(10, 20, 30), speed_km_h=10)
    assert plan.cost == 60
    assert sequences(plan) == [("truck 1", "BCA")]


def test_each_stop_is_served_from_the_nearer_of_two_depots():
    """X at 0, A at 10, B at 90, Y at 100 km: 20 + 20 km, and 2 · 90 more from one depot alone."""
    at = np.array([0, 10, 90, 100])
    km = square(np.abs(at[:, None] - at), "XABY")
    plan = both(stops([1, 1]), vehicles(("X", 9, 1, 1, 0), ("Y", 9, 1, 1, 0)), km)
    assert sequences(plan) == [("truck 1", "A"), ("truck 2", "B")]
    assert [tour.depot for tour in plan.tours] == ["X", "Y"]
    assert plan.cost == 40


def test_small_load_takes_the_small_van_and_large_the_truck():
    """Van: 5 + 0.5 · 20 = 15 for A; truck: 50 + 1 · 40 = 90 for B; one truck for both: 90."""
    fleet = vehicles(("X", 1.5, 1, 0.5, 5), ("X", 10, 1, 1, 50))
    apart = square([[0, 10, 20], [10, 0, 30], [20, 30, 0]], "XAB")
    assert sequences(both(stops([1, 10]), fleet, apart)) == [("truck 1", "A"), ("truck 2", "B")]
    assert both(stops([1, 10]), fleet, apart).cost == 105
    assert sequences(both(stops([1, 9]), fleet, line(10, 20))) == [("truck 2", "AB")]
    assert both(stops([1, 9]), fleet, line(10, 20)).cost == 90


def test_vehicle_that_must_be_back_early_leaves_the_far_stop_to_another():
    """B is 2 h away: only the dear truck may take 4 h. 2 · 60 km · 1 + 2 · 120 km · 3."""
    fleet = vehicles(("X", 1, 2, 1, 0), ("X", 1, 2, 3, 0)).assign(latest_h=[3, np.inf])
    plan = both(stops([1, 1]), fleet, line(60, 120))
    assert sequences(plan) == [("truck 1", "A"), ("truck 2", "B")]
    assert plan.cost == 840


def test_vehicle_starts_no_earlier_than_its_own_window():
    """From 8 h it cannot be at A, 1 h away, by 8:30; it can by 9."""
    fleet = vehicles(("X", 1, 1, 1, 0)).assign(earliest_h=8)
    assert both(stops([1], latest_h=[9.0]), fleet, line(60)).cost == 120
    with pytest.raises(SettingsError, match="no vehicle can do this tour"):
        routing.solve_exactly(stops([1], latest_h=[8.5]), fleet, line(60))


def test_one_way_roads_are_driven_the_short_way_round():
    """X-A-B-X is 3 km, X-B-A-X 30 km."""
    km = square([[0, 1, 10], [10, 0, 1], [1, 10, 0]], "XAB")
    plan = both(stops([1, 1]), vehicles(("X", 9, 1, 1, 0)), km)
    assert plan.tours[0].stops == ["A", "B"]
    assert plan.cost == 3


def test_way_back_to_an_end_that_is_not_counted_leaves_an_open_tour():
    """Legs from X cost nothing: C, B, A and home, 10 + 10 + 10 km."""
    km = line(10, 20, 30)
    km.loc["X"] = 0.0
    plan = both(stops([0, 0, 0]), vehicles(("X", 24, 1, 1, 0)), km)
    assert plan.tours[0].stops == ["C", "B", "A"]
    assert plan.cost == 30


def test_suppliers_at_one_place_or_at_the_depot_are_stops_of_their_own():
    there = pd.DataFrame({"load_t": [1.0, 2.0, 3.0]}, index=["A", "A", "X"])
    plan = both(there, vehicles(("X", 6, 1, 1, 0)), line(10))
    assert sorted(plan.tours[0].stops) == ["A", "A", "X"]
    assert (plan.cost, plan.tours[0].load_t) == (20, 6)


@pytest.mark.parametrize("seed", range(40))
def test_search_finds_the_exact_cost_with_one_kind_of_vehicle(seed):
    both(*any_task(seed, most=10 if seed % 2 else 7, is_timed=seed % 4 > 1))


def test_exact_cost_is_never_above_the_search_and_mostly_equal_with_several_kinds():
    """The search may stay with a dearer plan; the docstring says how often."""
    gaps = []
    for seed in range(40):
        task = any_task(seed, kinds=2 + seed % 2, most=6, is_timed=seed % 4 > 1)
        gaps.append(routing.solve(*task).cost / routing.solve_exactly(*task).cost - 1)
    assert min(gaps) > -1e-9
    assert sum(gap < 1e-9 for gap in gaps) >= 36


@FEW
@given(SEEDS)
def test_single_tour_is_as_cheap_as_the_best_of_all_orders(seed):
    there, fleet, km = any_task(seed, most=6, is_timed=False)
    fleet = fleet.assign(capacity_t=np.inf, count=1)
    assert both(there, fleet, km).cost == pytest.approx(enumerated(there, fleet, km))


@FEW
@given(SEEDS)
def test_plan_visits_all_stops_once_and_keeps_capacities_and_its_own_sums(seed):
    there, fleet, km = any_task(seed, kinds=3)
    plan = routing.solve(there, fleet, km)
    assert sorted(stop for tour in plan.tours for stop in tour.stops) == sorted(there.index)
    cost = 0.0
    for tour in plan.tours:
        vehicle = fleet.loc[tour.vehicle]
        way = [tour.depot, *tour.stops, tour.depot]
        assert tour.depot == vehicle["depot"]
        assert tour.load_t == pytest.approx(there.loc[tour.stops, "load_t"].sum())
        assert tour.load_t <= vehicle["capacity_t"] + 0.005  # half a kg a stop
        assert tour.distance_km == pytest.approx(
            sum(map(km.at.__getitem__, itertools.pairwise(way)))
        )
        clock = -np.inf
        for here, stop in itertools.pairwise(way[:-1]):
            clock = max(clock + km.loc[here, stop] / 60, there.loc[stop, "earliest_h"])
            assert clock <= there.loc[stop, "latest_h"] + 0.01  # seconds are whole
            clock += there.loc[stop, "service_h"]
        cost += vehicle["fixed_cost"] + vehicle["cost_per_km"] * tour.distance_km
    assert plan.cost == pytest.approx(cost)
    assert plan.distance_km == pytest.approx(sum(tour.distance_km for tour in plan.tours))


@FEW
@given(SEEDS, st.sampled_from([1e-3, 0.5, 1300.0]))
def test_other_currency_changes_the_cost_alone(seed, factor):
    there, fleet, km = any_task(seed, most=5)
    dear = fleet.assign(
        cost_per_km=fleet["cost_per_km"] * factor, fixed_cost=fleet["fixed_cost"] * factor
    )
    plan, other = (routing.solve_exactly(there, each, km) for each in (fleet, dear))
    assert other.tours == plan.tours
    assert other.cost == pytest.approx(factor * plan.cost)
    assert routing.solve(there, dear, km).cost == pytest.approx(other.cost)


@FEW
@given(SEEDS)
def test_other_unit_of_length_changes_the_lengths_alone(seed):
    there, fleet, km = any_task(seed, most=5)
    miles = km / 1.609344
    plan = both(there, fleet, km)
    other = both(there, fleet.assign(cost_per_km=fleet["cost_per_km"] * 1.609344), miles,
                 speed_km_h=60 / 1.609344)  # fmt: skip
    assert sequences(other) == sequences(plan)
    assert other.distance_km * 1.609344 == pytest.approx(plan.distance_km)
    assert other.cost == pytest.approx(plan.cost)


@FEW
@given(SEEDS)
def test_more_vehicles_capacity_or_time_never_cost_more(seed):
    there, fleet, km = any_task(seed, kinds=2, most=5)
    cost = routing.solve_exactly(there, fleet, km).cost
    larger = fleet.assign(capacity_t=fleet["capacity_t"] + 3)
    more = fleet.assign(count=fleet["count"] + 1)
    later = there.assign(latest_h=there["latest_h"] + 3)
    for task in ((there, larger, km), (there, more, km), (later, fleet, km)):
        assert routing.solve_exactly(*task).cost <= cost * (1 + 1e-12)


def test_same_seed_gives_the_same_plan_and_nothing_given_is_changed():
    task = any_task(3, kinds=3, most=10)
    before = [table.copy() for table in task]
    assert routing.solve(*task, seed=5) == routing.solve(*task, seed=5)
    routing.solve_exactly(*task)
    for table, copy in zip(task, before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def test_longer_search_never_costs_more():
    there = pd.DataFrame({"load_t": np.linspace(1, 5, 20)}, index=range(1, 21))
    points = np.random.default_rng(1).uniform(0, 300, (21, 2))
    km = pd.DataFrame(np.hypot(*(points[:, None] - points).transpose(2, 0, 1)))
    task = there, vehicles((0, 24, 20, 1, 100)), km
    costs = [routing.solve(*task, iterations=count).cost for count in (1, 100, 1000)]
    assert costs[0] >= costs[1] >= costs[2]
    assert routing.solve(*task).cost == costs[2]  # 50 for each of the 20 stops
    model = routing.model(*task, speed_km_h=60.0)
    assert routing.search(model, MaxIterations(1000), seed=0).cost == costs[2]


@pytest.mark.parametrize("solve", [routing.solve, routing.solve_exactly])
def test_impossible_time_windows_name_the_stops_that_no_vehicle_reaches(solve):
    late = stops([1, 1], latest_h=[1.0, 9.0])
    fleet = vehicles(("X", 9, 2, 1, 0))
    with pytest.raises(SettingsError, match=r"no vehicle can do this tour .* too late for A$"):
        solve(late, fleet, line(120, 130))


@pytest.mark.parametrize("solve", [routing.solve, routing.solve_exactly])
def test_stops_that_fit_alone_but_not_together_are_said_to(solve):
    """Three of 6 t do not fit into two trucks of 10 t, though 18 t are less than 20 t."""
    with pytest.raises(SettingsError, match=r"no vehicle can do this tour .* alone each stop fits"):
        solve(stops([6, 6, 6]), vehicles(("X", 10, 2, 1, 0)), line(1, 2, 3))


def test_long_search_in_vain_ends_in_the_error_without_a_warning():
    """PyVRP warns when its penalties reach their bound."""
    with pytest.raises(SettingsError, match="no vehicle can do this tour"):
        routing.solve(
            stops([6, 6, 6]), vehicles(("X", 10, 2, 1, 0)), line(1, 2, 3), iterations=5000
        )


FLEET = vehicles(("X", 9, 2, 1, 0))
ROAD = line(10, 20)
WRONG = [
    (stops([]), FLEET, ROAD, "no stops"),
    (stops([1]), FLEET[:0], ROAD, "no vehicles"),
    (stops([10, 1]), FLEET, ROAD, "load_t of stop A = 10.0: allowed 9.0, the largest capacity_t"),
    (stops([9, 9, 1]), FLEET, line(1, 2, 3), "load_t of all stops = 19: allowed 18"),
    (stops([-1]), FLEET, ROAD, "load_t of stop A = -1.0: allowed 0 to"),
    (stops([np.nan]), FLEET, ROAD, "load_t of stop A = nan"),
    (stops([1]).drop(columns="load_t"), FLEET, ROAD, "load_t of stop A = nan"),
    (stops([1], service_h=[-1]), FLEET, ROAD, "service_h of stop A = -1.0"),
    (stops([1], earliest_h=[np.inf]), FLEET, ROAD, "earliest_h of stop A = inf"),
    (stops([1], earliest_h=[3], latest_h=[2]), FLEET, ROAD,
     "latest_h of stop A = 2: allowed from earliest_h = 3"),
    (stops([1]), FLEET.assign(earliest_h=3, latest_h=2), ROAD, "latest_h of vehicle truck 1 = 2"),
    (stops([1]), FLEET.assign(capacity_t=-9), ROAD, "capacity_t of vehicle truck 1 = -9.0"),
    (stops([1]), FLEET.assign(cost_per_km=np.inf), ROAD, "cost_per_km of vehicle truck 1 = inf"),
    (stops([1]), FLEET.assign(fixed_cost=-1), ROAD, "fixed_cost of vehicle truck 1 = -1.0"),
    (stops([1]), FLEET.assign(count=0), ROAD, "count of vehicle truck 1 = 0: allowed whole"),
    (stops([1]), FLEET.assign(count=1.5), ROAD, "count of vehicle truck 1 = 1.5: allowed whole"),
    (stops([1]), FLEET.assign(depot="Q"), ROAD, "Q is not in the distances"),
    (stops([1, 1, 1]), FLEET, ROAD, "C is not in the distances"),
    (stops([1]), FLEET, ROAD.drop(columns="A"), "A is not in the distances"),
    (stops([1]), FLEET, ROAD.replace(10, np.nan), "distance from X to A = nan km"),
    (stops([1]), FLEET, ROAD.replace(10, -10), "distance from A to X = -10.0 km"),
    (stops([1]), FLEET, ROAD + 1, "distance from A to A = 1.0 km: allowed 0 or more, 0 to itself"),
    (stops([1]), FLEET, pd.concat([ROAD, ROAD]), "a place stands twice in the distances"),
]  # fmt: skip


@pytest.mark.parametrize("solve", [routing.solve, routing.solve_exactly])
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong[-1])
def test_fault_is_named(solve, wrong):
    *task, message = wrong
    with pytest.raises(SettingsError) as error:
        solve(*task)
    assert message in str(error.value)


@pytest.mark.parametrize("speed_km_h", [0, -1, np.nan, np.inf])
def test_speed_must_lie_above_0(speed_km_h):
    with pytest.raises(SettingsError, match="speed_km_h = "):
        routing.solve(stops([1]), FLEET, ROAD, speed_km_h=speed_km_h)


def test_all_faults_are_named_at_once():
    fleet = FLEET.assign(depot="Q", fixed_cost=-1)
    with pytest.raises(SettingsError) as error:
        routing.solve(stops([10, -1]), fleet, ROAD.replace(20, np.nan), speed_km_h=0)
    for part in (
        "load_t of stop A = 10", "load_t of stop B = -1", "fixed_cost", "Q is", "speed_km_h",
    ):  # fmt: skip
        assert part in str(error.value)


def test_search_takes_at_least_one_iteration_and_exact_at_most_ten_stops():
    with pytest.raises(SettingsError, match="iterations = 0: allowed 1 or more"):
        routing.solve(stops([1]), FLEET, ROAD, iterations=0)
    eleven = pd.DataFrame({"load_t": 1.0}, index=["A"] * 11)
    with pytest.raises(SettingsError, match="11 stops: allowed 10 at most"):
        routing.solve_exactly(eleven, vehicles(("X", 20, 1, 1, 0)), ROAD)


def test_road_is_the_great_circle_made_longer():
    """A quarter of the meridian: 6371.0088 · π / 2 = 10,007.557 km; 1.258 · 10,007.557 + 4.78."""
    places = pd.DataFrame({"latitude": [0, 90, 0], "longitude": [0, 0, 90]}, index=list("ABC"))
    road = routing.road_distances(places)
    assert road.loc["A", "B"] == pytest.approx(12_594.29, abs=0.01)
    np.testing.assert_allclose(road.to_numpy()[~np.eye(3, dtype=bool)], road.loc["A", "B"])
    assert np.diag(road).tolist() == [0, 0, 0]


def test_road_from_stuttgart_to_rotterdam_is_near_the_distance_driven():
    """About 630 km by motorway; the formula was fitted in Korea."""
    cities = pd.DataFrame(
        {"latitude": [48.78, 51.92], "longitude": [9.18, 4.48]}, index=["Stuttgart", "Rotterdam"]
    )
    assert routing.road_distances(cities).iloc[0, 1] == pytest.approx(630, rel=0.1)


def test_tours_run_on_estimated_roads():
    cities = pd.DataFrame(
        {"latitude": [35.1, 37.5, 36.4], "longitude": [129.0, 127.0, 127.4]}, index=list("XAB")
    )
    km = routing.road_distances(cities)
    plan = both(stops([1, 1]), vehicles(("X", 9, 1, 1, 0)), km)
    assert plan.distance_km == pytest.approx(km.loc["X", "A"] + km.loc["A", "B"] + km.loc["B", "X"])


def test_coordinates_off_the_globe_are_all_named():
    places = pd.DataFrame({"latitude": [91, 0, np.nan], "longitude": [0, -181, 0]}, list("ABC"))
    with pytest.raises(SettingsError) as error:
        routing.road_distances(places)
    for part in ("latitude of A = 91", "longitude of B = -181", "latitude of C = nan"):
        assert part in str(error.value)

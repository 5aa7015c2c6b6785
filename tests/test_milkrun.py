"""Only firms that buy the same part share an order; what that saves beyond each own best."""

import math
from functools import cache

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from site_select import demand as demands
from site_select import economics, estimates, freight, milkrun, parameters, tables
from site_select.errors import SettingsError

FEW = settings(max_examples=10, deadline=None)  # each compares three chains
SEA_LANE = freight.Lane(
    pick_up_km=np.array([1_100.0, 560]), airport_pick_up_km=np.array([900.0, 1_900]),
    tour_km=1_300, flight_km=7_300, sea_nm=10_895, detour_nm=0, airport_km=340, port_km=269,
    via_km=269, fare_20ft_krw=751_500, fare_40ft_krw=858_000,
)  # fmt: skip
ROAD_LANE = freight.Lane(np.array([300.0, 120]), np.array([300.0, 120]), 350, *[0.0] * 8)
LANES = {"eu": SEA_LANE, "kr": ROAD_LANE}
WEIGHTS = hnp.arrays(float, st.tuples(st.integers(1, 3), st.just(2)),
                     elements=st.just(0.0) | st.floats(0.05, 30))  # fmt: skip
REGIONS = st.sampled_from(["eu", "kr"])
ONLY_LCL = ["air_freight_eu", "fcl20_freight_eu"]  # without them


def shared(branches, low, value, high):
    complexes = pd.DataFrame({"branch_set": [frozenset(branches)]}, index=["A"])
    firms = estimates.table({"A": {"low": low, "value": value, "high": high, "quality": "press"}},
                            ["A"])  # fmt: skip
    return milkrun.firms_sharing_one_order(complexes, firms).loc["A"]


def bounds(*args):
    return shared(*args)[["low", "value", "high"]].tolist()


def test_one_branch_pools_all_its_firms():
    assert bounds(["mold"], 15, 20, 25) == [15, 20, 25]


def test_largest_of_three_branches_has_a_third_at_least_and_all_but_two_at_most():
    """30 firms: 30 / 3 = 10; 30 - 2 = 28."""
    assert bounds(["mold", "casting", "welding"], 30, 30, 30) == [10, 10, 28]


def test_few_firms_of_many_branches_never_turn_the_interval_round():
    """2 firms of 3 branches: 2 / 3 at least; 2 - 2 = 0 would lie below."""
    low, value, high = bounds(["mold", "casting", "welding"], 2, 2, 2)
    assert low <= value <= high


def test_quality_says_that_a_split_was_computed():
    assert shared(["mold"], 1, 2, 3)["quality"] == "press"
    assert shared(["mold", "casting"], 1, 2, 3)["quality"] == "computed"


@pytest.mark.parametrize("branches", [[], ["mold"]])
def test_unknown_firms_or_branches_stay_unknown(branches):
    value = 20.0 if not branches else float("nan")
    row = shared(branches, value, value, value)
    assert row[["low", "value", "high"]].isna().all()
    assert row["quality"] == "unknown"


def test_no_complex_pools_more_firms_than_it_has():
    desk = made_up.desk()
    firms = economics.root_firms(desk)
    pooled = milkrun.firms_sharing_one_order(desk.complexes, firms)
    assert (pooled["high"] <= firms["high"]).where(pooled["high"].notna(), other=True).all()


def test_no_complex_has_more_root_firms_than_firms_at_work_in_its_parent():
    desk = made_up.desk()
    firms = economics.root_firms(desk)
    statistics = desk.survey.industrial_complexes.set_index("ic_id")["operating_firms"]
    tenants = desk.complexes["parent_ids"].str.split(";").explode().map(statistics)
    bound = tenants.astype("float64").groupby(level=0).sum(min_count=1)
    bounded = bound[~desk.complexes["in_yard"].astype(bool)].dropna()
    assert (firms.loc[bounded.index, "high"].fillna(0) <= bounded).all()


# what the laws below are tried on


@cache
def reference():
    names = ("logistics_parameters", "exchange_rates", "price_levels", "truck_fares")
    *of, levels, fares = (
        tables.read(made_up.REFERENCE / f"{name}.csv", name).table for name in names
    )
    ranges = parameters.ranges(*of, levels, price_year=2020)
    return ranges, freight.truck_fares(fares, parameters.level(levels, 2022, 2020))


@cache
def drawn(n_samples=6):
    return parameters.draws(reference()[0], n_samples=n_samples, seed=1)


def demand(weight_t, draws=None, *, suppliers=("S1", "S2"), count=1.0):
    """Firms by items, the same in every draw."""
    weight_t = np.atleast_2d(weight_t)
    n_draws, n_firms = len(drawn() if draws is None else draws), len(weight_t)
    items = pd.DataFrame({
        "part": [f"part {number}" for number in range(weight_t.shape[1])],
        "supplier": list(suppliers[: weight_t.shape[1]]),
    })  # fmt: skip
    return milkrun.Demand(
        [f"firm {number}" for number in range(n_firms)], items,
        np.repeat(weight_t[None], n_draws, axis=0), np.full((n_draws, n_firms, 1), count),
        np.arange(n_firms), {},
    )  # fmt: skip


def market(draws=None, *, region="eu", money=1.0, **lane):
    """Reference rates; ``money`` times every amount of money."""
    ranges, fares = reference()
    draws = drawn() if draws is None else draws
    is_money = [name for name in ranges.index[ranges["currency"] != ""] if name in draws]
    draws = draws.assign(**{name: draws[name] * money for name in is_money})
    at = LANES[region]._replace(**lane)
    at = at._replace(fare_20ft_krw=at.fare_20ft_krw * money, fare_40ft_krw=at.fare_40ft_krw * money)
    scaled = fares._replace(fixed_krw=fares.fixed_krw * money, per_km_krw=fares.per_km_krw * money)
    return milkrun.Market(region, at, freight.rates(draws, region), scaled)


def compare(weight_t, *, region="eu", **kwargs):
    return milkrun.compare(demand(weight_t), market(region=region), **kwargs)


def orders(*rows):
    """``firm, firms, part, supplier, mode, weight_t, orders_per_year``."""
    names = ["firm", "firms", "part", "supplier", "mode", "weight_t", "orders_per_year"]
    return pd.DataFrame(rows, columns=names)


def surveyed(table, draws=None, **kwargs):
    draws = drawn() if draws is None else draws
    return milkrun.compare(demands.from_orders(table, draws), market(draws, **kwargs))


PILOT = orders(
    ("group", 24, "spring", "S1", "air", 8.6, 9), ("group", 24, "spring", "S1", "sea_lcl", 11.4, 6),
    ("own", 1, "spring", "S1", "sea_lcl", 2.0, 4), ("own", 1, "plate", "S2", "sea_fcl20", 30.0, 3),
)  # fmt: skip


def chains(found):
    return [costs for costs in (found.surveyed, found.own_best, found.milk_run) if costs]


def assert_same(one, other, factor=1.0):
    """Same totals of every quantity, money times a factor."""
    for costs, others in zip(chains(one), chains(other), strict=True):
        for name in milkrun.QUANTITIES:
            is_money = name in milkrun.COMPONENTS or name == "tour_saving"
            expected = costs.total(name) * (factor if is_money else 1.0)
            np.testing.assert_allclose(others.total(name), expected, rtol=1e-9, atol=1e-6)


# against an independent reckoning


def truck(weight_t, km, fares):
    """Fare of the smallest truck, after full ones of the largest."""
    trips = fares.fixed_krw + fares.per_km_krw * km
    if weight_t > fares.capacity_t[-1]:
        return trips[-1] + truck(weight_t - fares.capacity_t[-1], km, fares)
    return next(krw for size, krw in zip(fares.capacity_t, trips, strict=True) if weight_t <= size)


def lcl_by_loop(at, firms, weight_t, times, *, is_pooled):
    """Components of one part by LCL, so many times a year, from the formulas."""
    lane, fares = SEA_LANE, reference()[1]
    lot = firms * weight_t / times
    revenue_t = max(lot, lot / at["packed_density"], 1)
    value = lot * 1_000 * at["part_price"]
    first = at["groupage_pickup"] * max(lot, at["groupage_minimum"])
    stuffing, ocean = at["lcl_origin_fee"] * revenue_t, at["lcl_freight_eu"] * revenue_t
    port = at["lcl_destination_fee"] * revenue_t + at["lcl_destination_fixed"]
    delivery = truck(lot, lane.port_km, fares) * at["truck_level"]
    border = value + first + stuffing + ocean
    moving = lane.pick_up_km[0] / 600 + lane.sea_nm / at["ship_speed"] + lane.port_km / 600
    lead = max(at["sea_lead_time"], moving)
    deviation = weight_t / 12 * at["demand_variation"] / math.sqrt(365 / 12)
    deviation *= math.sqrt(firms * (1 + (firms - 1) * at["demand_correlation"]))
    late = firms * weight_t / 365 * lead * at["lead_time_variation"]
    interval = lead + (365 / times if is_pooled else 0)
    safety = at["service_factor"] * math.sqrt(interval * deviation**2 + late**2)
    holding = 1_000 * at["part_price"] * at["holding_rate"]
    found = {
        "freight": times * (first + ocean + delivery), "handling": times * (stuffing + port),
        "customs": times * max(at["customs_broker_minimum"], at["customs_broker_rate"] * border),
        "duty": times * at["duty_rate"] * border, "ordering": times * at["order_administration"],
        "warehouse": 0.0, "coordination": 0.0, "distribution": 0.0,
        "cycle_stock": lot / 2 * holding, "safety_stock": safety * holding,
        "pipeline_stock": firms * weight_t * moving / 365 * holding,
    }  # fmt: skip
    if is_pooled:
        floor = (lot + safety) / at["packed_density"] / at["storage_height"] / at["usable_floor"]
        rent = 12 * at["warehouse_rent"] * max(at["warehouse_area"], floor)
        trips = max(at["distribution_rounds"], math.ceil(firms * weight_t))
        found["ordering"] += firms * times * at["call_off_administration"]
        found["warehouse"] = rent + at["warehouse_staff"]
        found["coordination"] = at["coordination"]
        found["distribution"] = trips * at["distribution_trip"]
    return found


@pytest.mark.parametrize(("weight_t", "firms"), [(0.2, 1), (1.67, 1), (9.0, 1), (1.67, 6)])
@pytest.mark.parametrize("chain", ["own_best", "milk_run"])
def test_one_part_by_lcl_equals_a_plain_loop_over_the_formulas(chain, weight_t, firms):
    draws = drawn(24).drop(columns=ONLY_LCL)
    pooled = chain == "milk_run"
    cells = getattr(milkrun, chain)(
        demand([[weight_t]] * firms, draws), market(draws, tour_km=1e9)
    )  # fmt: skip
    of = milkrun.Costs(cells, np.ones((24, firms)))
    for place, (_, at) in enumerate(draws.iterrows()):
        tried = [lcl_by_loop(at, firms if pooled else 1, weight_t, times, is_pooled=pooled)
                 for times in milkrun.FREQUENCIES]  # fmt: skip
        best = min(tried, key=lambda found: sum(found.values()))
        for name, krw in best.items():
            expected = krw if pooled else krw * firms
            assert of.total(name)[place] == pytest.approx(expected, rel=1e-9), name


# sums


@FEW
@given(WEIGHTS, REGIONS, st.sampled_from([None, 5.5]))
def test_components_firms_and_steps_add_up_to_the_last_won_in_every_draw(weight_t, region, runs):
    assume(weight_t.sum() > 0)
    runs = None if runs is None else np.full(6, runs)
    found = compare(weight_t, region=region, runs_per_year=runs)
    assert_sums(found)
    share = weight_t.sum(axis=1) / weight_t.sum()
    np.testing.assert_allclose(found.milk_run.of(), share * found.milk_run.total()[:, None])


def test_components_firms_and_steps_add_up_where_orders_were_surveyed():
    assert_sums(surveyed(PILOT))


def assert_sums(found):
    for costs in chains(found):
        assert (costs.cells >= 0).all()
        parts = [costs.of(name) for name in milkrun.COMPONENTS]
        np.testing.assert_allclose(sum(parts), costs.of(), rtol=0, atol=0.5)
        np.testing.assert_allclose(costs.of().sum(axis=1), costs.total(), rtol=0, atol=0.5)
    steps = milkrun.waterfall(found)
    left = steps["existing"] - steps[["mode_and_lot", "pooling", "collection_tour", "stock"]].sum(
        axis=1
    )
    np.testing.assert_allclose(left, steps["milk_run"], rtol=0, atol=0.5)
    np.testing.assert_allclose(steps["existing"], found.existing.total(), rtol=0, atol=0.5)
    credited = steps[["pooling", "collection_tour", "stock"]].sum(axis=1)
    np.testing.assert_allclose(credited, found.saving, rtol=0, atol=0.5)


def test_step_of_mode_and_lot_is_nothing_where_nobody_asked_for_orders():
    found = compare([[2.0, 3.0]])
    assert found.surveyed is None
    assert (milkrun.waterfall(found)["mode_and_lot"] == 0).all()


# who gains


@FEW
@given(st.lists(st.floats(0.05, 60), min_size=2, max_size=2), REGIONS,
       st.none() | st.floats(0.5, 60))  # fmt: skip
def test_firm_pooled_alone_never_gains(weight_t, region, runs):
    runs = None if runs is None else np.full(6, runs)
    found = compare([weight_t], region=region, runs_per_year=runs)
    assert (found.saving <= 0).all()


def test_pooling_step_of_a_firm_alone_is_a_loss_at_equal_mode_and_lot(monkeypatch):
    """Apart from the lot nothing can differ but what the shared chain adds."""
    monkeypatch.setattr(milkrun, "FREQUENCIES", (6,))
    draws = drawn().drop(columns=ONLY_LCL)
    for weight_t in (0.5, 4.0, 60.0):
        found = milkrun.compare(demand([[weight_t]], draws), market(draws))
        steps = milkrun.waterfall(found)
        assert (steps[["pooling", "stock"]] < 0).all(axis=None)
        np.testing.assert_array_equal(found.milk_run.total("shipments"), 6)


@FEW
@given(st.floats(0.05, 1.5), st.integers(1, 2))
def test_twice_as_many_equal_firms_never_pay_more_each(weight_t, firms):
    """Containers, trucks and rounds for 2n are at most twice those for n."""
    few, many = (compare([[weight_t, weight_t / 2]] * n).milk_run.of()[:, 0]
                 for n in (firms, 2 * firms))  # fmt: skip
    assert (many <= few * (1 + 1e-12)).all()


def test_every_further_equal_firm_makes_it_cheaper_for_each_at_reference_rates():
    """No law, for containers are whole; it holds at these rates."""
    each = [milkrun.compare(demand([[0.8, 0.8]], count=n), market()).milk_run.of()[:, 0]
            for n in (1, 2, 3, 5, 9, 15)]  # fmt: skip
    assert (np.diff(each, axis=0) < 0).all()


@FEW
@given(
    hnp.arrays(float, (2, 2), elements=st.floats(0.1, 20)),
    st.sampled_from([*freight.NEEDS]), st.sampled_from(milkrun.FREQUENCIES),
)  # fmt: skip
def test_own_best_never_costs_more_than_a_surveyed_way_it_may_choose_itself(weight_t, mode, times):
    draws = drawn().assign(surveyed_orders_level=1.0)
    table = orders(*(
        (f"firm {firm}", 1, part, supplier, "sea_lcl" if part == "b" else mode, weight, times)
        for firm, row in enumerate(weight_t)
        for part, supplier, weight in zip("ab", ("S1", "S2"), row, strict=True)
    ))  # fmt: skip
    found = surveyed(table, draws)
    assert (found.own_best.of() <= found.surveyed.of() * (1 + 1e-12)).all()


def test_surveyed_goods_go_by_the_depot_of_the_forwarder_and_the_milk_run_does_not():
    near, far = (surveyed(PILOT, via_km=km) for km in (269.0, 690.0))
    assert (far.surveyed.total("freight") > near.surveyed.total("freight")).all()
    assert (far.own_best.of() >= near.own_best.of()).all()  # it may be to stay as it is
    np.testing.assert_array_equal(far.milk_run.cells, near.milk_run.cells)


# rates


@pytest.mark.parametrize("region", ["eu", "kr"])
def test_doubling_all_money_doubles_all_cost_and_leaves_shipments_and_emissions(region):
    some = demand([[0.3, 2.0], [9.0, 0.0]])
    once, twice = (milkrun.compare(some, market(region=region, money=money)) for money in (1, 2))
    assert_same(once, twice, factor=2)
    np.testing.assert_allclose(twice.price_effect_krw, 2 * once.price_effect_krw)


def test_doubling_all_money_doubles_all_cost_as_surveyed():
    assert_same(surveyed(PILOT), surveyed(PILOT, money=2), factor=2)


@pytest.mark.parametrize(("name", "component"), [
    ("groupage_pickup", "freight"), ("groupage_minimum", "freight"), ("truck_level", "freight"),
    ("lcl_freight_eu", "freight"), ("lcl_origin_fee", "handling"),
    ("lcl_destination_fee", "handling"), ("lcl_destination_fixed", "handling"),
    ("customs_broker_minimum", "customs"), ("customs_broker_rate", "customs"),
    ("duty_rate", "duty"), ("order_administration", "ordering"),
    ("call_off_administration", "ordering"), ("warehouse_area", "warehouse"),
    ("warehouse_rent", "warehouse"), ("warehouse_staff", "warehouse"),
    ("coordination", "coordination"), ("distribution_trip", "distribution"),
    ("distribution_rounds", "distribution"), ("holding_rate", "cycle_stock"),
    ("holding_rate", "safety_stock"), ("holding_rate", "pipeline_stock"),
    ("service_factor", "safety_stock"), ("demand_variation", "safety_stock"),
    ("demand_correlation", "safety_stock"), ("lead_time_variation", "safety_stock"),
    ("sea_lead_time", "safety_stock"), ("part_price", "cycle_stock"),
])  # fmt: skip
def test_higher_rate_lowers_no_component_of_a_fixed_chain_and_raises_its_own(name, component):
    before, after = (_pooled_by_lcl(drawn().assign(**{name: drawn()[name] * factor}))
                     for factor in (1.0, 1.5))  # fmt: skip
    for other in milkrun.COMPONENTS:
        assert (after.total(other) >= before.total(other) * (1 - 1e-12)).all(), other
    assert (after.total(component) > before.total(component)).any()


def _pooled_by_lcl(draws):
    draws = draws.drop(columns=ONLY_LCL)
    cells = milkrun.milk_run(demand([[0.7, 1.0], [2.0, 0.3]], draws), market(draws, tour_km=1e9), 6)
    return milkrun.Costs(cells, np.ones((6, 2)))


def test_price_effect_is_the_discount_on_the_purchase_and_in_no_component():
    """2 t at 30,000 KRW/kg less 5%: 3 M KRW."""
    draws = drawn().assign(part_price=30_000.0, price_discount=0.0)
    without = milkrun.compare(demand([[0.5, 1.5]], draws), market(draws))
    draws = draws.assign(price_discount=0.05)
    found = milkrun.compare(demand([[0.5, 1.5]], draws), market(draws))
    np.testing.assert_allclose(found.purchase_krw, 60_000_000)
    np.testing.assert_allclose(found.price_effect_krw, 3_000_000)
    np.testing.assert_allclose(milkrun.waterfall(found)["price_effect"], 3_000_000)
    assert (without.price_effect_krw == 0).all()
    assert_same(without, found)


# firms, items and draws


@pytest.mark.parametrize("region", ["eu", "kr"])
def test_row_that_stands_for_three_firms_equals_three_rows(region):
    at = market(region=region)
    counted = milkrun.compare(demand([[0.8, 2.0]], count=3), at)
    apart = milkrun.compare(demand([[0.8, 2.0]] * 3), at)
    assert_same(counted, apart)
    np.testing.assert_allclose(counted.milk_run.of(), apart.milk_run.of()[:, :1])
    for column in ("pooling", "stock", "price_effect", "milk_run"):
        np.testing.assert_allclose(milkrun.waterfall(counted)[column],
                                   milkrun.waterfall(apart)[column], atol=1e-3)  # fmt: skip


@FEW
@given(WEIGHTS, st.randoms(use_true_random=False))
def test_order_of_firms_and_items_changes_nothing(weight_t, random):
    assume(weight_t.sum() > 0)
    firms = random.sample(range(len(weight_t)), len(weight_t))
    turned = milkrun.compare(
        demand(weight_t[firms][:, ::-1], suppliers=("S2", "S1")),
        market(pick_up_km=SEA_LANE.pick_up_km[::-1],
               airport_pick_up_km=SEA_LANE.airport_pick_up_km[::-1]),
    )  # fmt: skip
    found = compare(weight_t)
    assert_same(found, turned)
    np.testing.assert_allclose(turned.own_best.of(), found.own_best.of()[:, firms], rtol=1e-9)


def test_order_of_surveyed_rows_changes_nothing():
    assert_same(surveyed(PILOT), surveyed(PILOT.iloc[[2, 1, 0, 3]]))


def test_several_parts_of_one_supplier_are_collected_once():
    """A part load of 0.2 t and one of 0.1 t of one supplier are one of 0.3 t, charged as 0.5 t."""
    draws = drawn().drop(columns=ONLY_LCL).assign(groupage_minimum=0.5, groupage_pickup=200_000.0)
    at = market(draws, tour_km=1e9, pick_up_km=np.array([560.0, 560]))
    one, two, idle, apart = (
        milkrun.Costs(milkrun.milk_run(demand([tonnes], draws, suppliers=names), at, 1), 1)
        for tonnes, names in (
            ([0.3], "S"), ([0.2, 0.1], "SS"), ([0.3, 0.0], "ST"), ([0.2, 0.1], "ST")
        )
    )  # fmt: skip
    for name in ("freight", "handling", "customs", "duty", "co2e_t", "cycle_stock"):
        np.testing.assert_allclose(two.of(name), one.of(name))
        np.testing.assert_allclose(idle.of(name), one.of(name))
    np.testing.assert_allclose(apart.of("freight") - two.of("freight"), 100_000)


def test_comparison_of_more_draws_than_fit_at_once_equals_that_of_two_halves():
    draws = drawn(1_100)
    assert len(draws) > milkrun.CHUNK
    runs = draws["milk_runs"].to_numpy()
    whole = _surveyed_at(draws, runs)
    halves = [_surveyed_at(draws[cut], runs[cut]) for cut in (slice(550), slice(550, None))]
    for place, costs in enumerate(chains(whole)):
        parts = [chains(half)[place].cells for half in halves]
        np.testing.assert_array_equal(costs.cells, np.concatenate(parts, axis=1))


def test_firms_counted_by_draw_stay_with_their_draw():
    draws = drawn(1_100)
    some = demand([[0.5, 1.0]], draws)
    count = np.arange(1.0, 1_101)[:, None, None]
    whole = milkrun.compare(some._replace(count=count), market(draws))
    last = milkrun.compare(demand([[0.5, 1.0]], draws[-3:]), market(draws[-3:]))
    own = last.own_best.total() * [1_098, 1_099, 1_100]
    np.testing.assert_allclose(whole.own_best.total()[-3:], own)
    counted = demand([[0.5, 1.0]], draws[-1:], count=1_100.0)
    np.testing.assert_allclose(milkrun.compare(counted, market(draws[-1:])).milk_run.total(),
                               whole.milk_run.total()[-1:])  # fmt: skip


def _surveyed_at(draws, runs):
    some = demands.from_orders(PILOT[2:], draws)
    return milkrun.compare(some, market(draws), runs_per_year=runs)


def test_runs_a_year_are_those_given_else_the_cheapest_number_tried():
    weight_t = [[2.0, 3.0], [1.0, 0.5]]
    totals = [compare(weight_t, runs_per_year=np.full(6, float(times))).milk_run.total()
              for times in milkrun.FREQUENCIES]  # fmt: skip
    np.testing.assert_allclose(compare(weight_t).milk_run.total(), np.min(totals, axis=0))
    given_runs = compare(weight_t, runs_per_year=np.full(6, 5.5)).milk_run
    np.testing.assert_allclose(given_runs.total("shipments"), 5.5)


def test_own_best_also_tries_the_runs_of_the_milk_run(monkeypatch):
    some = demand([[9.0, 0.3]])
    monkeypatch.setattr(milkrun, "FREQUENCIES", (1,))
    both = milkrun.own_best(some, market(), np.full((6, 1, 1), 6.0))
    seldom = milkrun.own_best(some, market())
    monkeypatch.setattr(milkrun, "FREQUENCIES", (1, 6))
    np.testing.assert_allclose(both, milkrun.own_best(some, market()))
    assert (both[:11].sum(axis=0) < seldom[:11].sum(axis=0)).any()


# orders as surveyed


def test_group_of_24_shares_its_lots_while_own_best_treats_24_firms_apart():
    draws = drawn().assign(surveyed_orders_level=1.0, surveyed_weight_level=1.0)
    group = surveyed(PILOT[:2], draws)
    np.testing.assert_allclose(group.surveyed.total("shipments"), 9 + 6)
    np.testing.assert_allclose(group.weight_t, 20 / 24)
    one = milkrun.compare(demand([[20 / 24]], draws, suppliers=["S1"]), market(draws))
    np.testing.assert_allclose(group.own_best.total(), 24 * one.own_best.total())
    np.testing.assert_allclose(group.own_best.total("shipments"),
                               24 * one.own_best.total("shipments"))  # fmt: skip


def test_group_is_split_between_its_firms_by_their_sizes():
    """Sizes 0.5 and 1.5 of a group of two beside a firm alone."""
    table = orders(("two", 2, "a", "S1", "sea_lcl", 4.0, 6), ("one", 1, "a", "S1", "air", 3.0, 2))
    draws = drawn().assign(surveyed_weight_level=1.0)
    sizes = np.repeat([[0.5, 1.5, 1.0]], 6, axis=0)
    some = demands.from_orders(table, draws, sizes=sizes)
    assert some.firms == ["two 1", "two 2", "one"]
    np.testing.assert_allclose(some.weight_t[0, :, 0], [1, 3, 3])
    costs = milkrun.compare(some, market(draws)).surveyed.of()
    np.testing.assert_allclose(costs[:, 1], 3 * costs[:, 0])


@pytest.mark.parametrize("level", [0.9, 1.1])
def test_surveyed_weights_and_orders_scale_with_their_levels(level):
    base, other = (
        demands.from_orders(
            PILOT, drawn().assign(surveyed_weight_level=by, surveyed_orders_level=2 * by)
        )
        for by in (1, level)
    )
    np.testing.assert_allclose(base.weight_t.sum(axis=(1, 2)), 52)
    np.testing.assert_allclose(other.weight_t, level * base.weight_t)
    for mode, (weight_t, times) in base.surveyed.items():
        np.testing.assert_allclose(other.surveyed[mode][0], level * weight_t)
        np.testing.assert_allclose(other.surveyed[mode][1], level * times)
    assert [times.max() for _, times in base.surveyed.values()] == [18, 6, 12]


def test_surveyed_weights_keep_firm_part_and_mode_apart():
    some = demands.from_orders(PILOT, drawn().assign(surveyed_weight_level=1.0))
    assert some.items["part"].tolist() == ["spring", "plate"]
    assert len(some.firms) == 25
    assert some.firms[-1] == "own"
    assert some.group_of.tolist() == [0] * 24 + [1]
    np.testing.assert_allclose(some.surveyed["air"][0][0], [[8.6, 0], [0, 0]])
    np.testing.assert_allclose(some.surveyed["sea_lcl"][0][0], [[11.4, 0], [2, 0]])
    np.testing.assert_allclose(some.surveyed["sea_fcl20"][0][0], [[0, 0], [0, 30]])


# tours, stores and rates


@pytest.mark.parametrize("region", ["eu", "kr"])
def test_tour_is_taken_where_it_is_cheaper_than_feeders_and_never_where_it_is_dearer(region):
    some, runs = demand([[40.0, 50.0]]), np.full(6, 6)
    feeders, tour = (milkrun.compare(some, market(region=region, tour_km=km), runs_per_year=runs)
                     for km in (1e9, 10.0))  # fmt: skip
    assert (feeders.milk_run.total("tour_saving") == 0).all()
    saved = tour.milk_run.total("tour_saving")
    assert (saved > 0).all()
    np.testing.assert_allclose(feeders.milk_run.total("freight") - tour.milk_run.total("freight"),
                               saved)  # fmt: skip
    np.testing.assert_allclose(milkrun.waterfall(tour)["collection_tour"], saved)


def test_tour_saving_is_part_loads_less_truck_kilometres():
    """15 t of two suppliers at 200,000 KRW/t against one truck of 1,300 km at 1,500: 1.05 M."""
    draws = drawn().assign(groupage_pickup=200_000.0, tour_truck=1_500.0, groupage_minimum=0.5)
    found = gathered_by_lcl(draws)
    np.testing.assert_allclose(found.total("tour_saving"), 1_050_000)
    dear = gathered_by_lcl(draws.assign(tour_truck=1e9))
    # 15 t over 1,300 km against 6 t over 1,100 and 9 t over 560 km
    more = (19_500 - 6_600 - 5_040) * draws["co2e_articulated"] / 1e6
    np.testing.assert_allclose(found.total("co2e_t") - dear.total("co2e_t"), more)


def test_gathered_goods_wait_for_the_longest_feeder_or_the_tour():
    """1,100 or 1,300 km at 600 a day, 10,895 nm at 389, 269 km: 30.29 or 30.62 days."""
    draws = drawn().assign(sea_lead_time=0.0, ship_speed=389.0, tour_truck=1e9)
    days = (1_100 + 269) / 600 + 10_895 / 389
    np.testing.assert_allclose(gathered_by_lcl(draws).total("tonne_days"), 15 * days)
    tour = gathered_by_lcl(draws.assign(tour_truck=0.0))
    np.testing.assert_allclose(tour.total("tonne_days"), 15 * (days + 200 / 600))
    near = gathered_by_lcl(draws, tonnes=(0.0, 15.0))
    np.testing.assert_allclose(near.total("tonne_days"), 15 * (days - 540 / 600))


def gathered_by_lcl(draws, *, tonnes=(6.0, 9.0)):
    """One firm's goods of two suppliers in one run a year."""
    draws = draws.drop(columns=ONLY_LCL)
    cells = milkrun.milk_run(demand([tonnes], draws), market(draws), 1)
    return milkrun.Costs(cells, np.ones(1))


def test_stock_is_half_a_lot_and_its_peak_a_whole_one_above_safety_stock():
    """15 t in one run: 7.5 and 15 t; the safety stock is what its cost says."""
    found = gathered_by_lcl(drawn())
    unit = 1_000 * drawn()["part_price"] * drawn()["holding_rate"]
    safety_t = found.total("safety_stock") / unit
    np.testing.assert_allclose(found.total("stock_t"), 7.5 + safety_t)
    np.testing.assert_allclose(found.total("peak_t"), 15 + safety_t)


def test_domestic_milk_run_goes_by_truck_without_customs_duty_or_handling():
    found = compare([[2.0, 3.0], [1.0, 0.5]], region="kr")
    for costs in chains(found):
        assert (costs.total("freight") > 0).all()
        assert (costs.total("handling", "customs", "duty") == 0).all()


def test_domestic_orders_as_surveyed_are_truck_trips():
    """4 trips of 0.5 t over 300 km and 12 of 1/12 t over 120 km: 600 and 120 t-km at 250 g."""
    table = orders(("a", 1, "x", "S1", "truck", 2.0, 4), ("b", 1, "y", "S2", "truck", 1.0, 12))
    one = drawn().assign(surveyed_orders_level=1.0, surveyed_weight_level=1.0, truck_level=1.0)
    costs = surveyed(table, one.assign(co2e_rigid=250.0), region="kr").surveyed
    fares = reference()[1]
    trips = [4 * truck(0.5, 300, fares), 12 * truck(1 / 12, 120, fares)]
    np.testing.assert_allclose(costs.of("freight"), [trips] * 6)
    np.testing.assert_allclose(costs.of("co2e_t"), [[0.15, 0.03]] * 6)


def test_storage_area_is_volume_over_height_and_usable_floor():
    """9 t of 1.5 t/m³ are 6 m³; 2 m high on half the floor: 6 m²; at least the area rented."""
    of = {"packed_density": 1.5, "storage_height": 2.0, "usable_floor": 0.5}
    assert milkrun.storage_area_m2(np.array(9.0), of) == 6.0


def test_warehouse_is_the_larger_of_the_area_rented_and_the_area_needed():
    """80 m² at 8,000 KRW a month and 15 M of staff: 22.68 M; 900 t need more."""
    draws = drawn().assign(warehouse_area=80.0, warehouse_rent=8_000.0, warehouse_staff=15e6)
    draws = draws.assign(packed_density=1.5, storage_height=2.0, usable_floor=0.5)
    small, large = (
        milkrun.Costs(milkrun.milk_run(demand([[1.0, t]], draws), market(draws), 4), np.ones(1))
        for t in (1, 900)
    )
    np.testing.assert_allclose(small.total("warehouse"), 22_680_000)
    area = large.total("peak_t") / 1.5
    assert (area > 80).all()
    np.testing.assert_allclose(large.total("warehouse"), area * 96_000 + 15e6)


# bad input


@pytest.mark.parametrize(("weight_t", "count"), [(0.0, 1.0), (1.0, 0.0), (np.nan, 1.0)])
def test_zero_volume_is_refused_and_its_draws_are_counted(weight_t, count):
    some = demand([[1.0, 1.0]])
    weights, counts = some.weight_t.copy(), some.count.copy()
    weights[3:5], counts[3:5] = weight_t, count
    with pytest.raises(SettingsError, match="zero volume in 2 of 6 draws"):
        milkrun.compare(some._replace(weight_t=weights, count=counts), market())


def test_region_with_air_rates_only_has_an_own_best_but_no_milk_run():
    draws = drawn().drop(columns=["lcl_freight_eu", "fcl20_freight_eu"])
    some, at = demand([[1.0, 2.0]], draws), market(draws)
    least = 2 * min(milkrun.FREQUENCIES)  # two parts, each by itself
    assert (milkrun.own_best(some, at)[milkrun.QUANTITIES.index("shipments")] >= least).all()
    with pytest.raises(SettingsError, match="no sea or road rate"):
        milkrun.compare(some, at)


# what stands between a stop and an idle machine


def test_buffers_by_hand():
    """10 t a year in lots of 4 t above 1 t of safety stock, 50 days of lead, 40 of them on the way.

    Half a lot and the safety stock are 3 t, a lot and it 5 t; 4.5 t fly.
    """
    cells = np.zeros((len(milkrun.QUANTITIES), 1, 1))
    known = {"stock_t": 3.0, "peak_t": 5.0, "tonne_days": 500.0, "transit_tonne_days": 400.0,
             "air_t": 4.5, "shipments": 5.0}  # fmt: skip
    for name, amount in known.items():
        cells[milkrun.QUANTITIES.index(name)] = amount
    buffers = milkrun.Costs(cells, np.ones((1, 1))).buffers(np.array([[10.0]]))
    assert {name: days.item() for name, days in buffers.items()} == pytest.approx({
        "stock_days": 36.5, "interval_days": 146, "lead_days": 50, "transit_days": 40,
        "air_share": 0.45, "ships_at_once": 2.0,
    })  # fmt: skip


@FEW
@given(WEIGHTS, st.sampled_from([2, 4, 12]))
def test_firms_of_a_milk_run_share_its_interval_and_its_stock_in_days(weight_t, runs):
    """365 / runs days between two arrivals, whatever a firm buys."""
    assume((weight_t.sum(axis=1) > 0).all())
    found = compare(weight_t, runs_per_year=np.full(len(drawn()), float(runs)))
    buffers = found.milk_run.buffers(found.weight_t)
    np.testing.assert_allclose(buffers["interval_days"], 365 / runs)
    first = np.repeat(buffers["stock_days"][:, :1], len(weight_t), axis=1)
    np.testing.assert_allclose(buffers["stock_days"], first)
    assert (buffers["stock_days"] > 0).all()
    assert (buffers["air_share"] == 0).all()
    assert (buffers["transit_days"] <= buffers["lead_days"]).all()


def test_surveyed_firm_by_air_and_sea_waits_the_mean_of_both_by_weight():
    """9 t in 9 lots and 11 t in 6 of each part: 0.45 · 365 / 9 + 0.55 · 365 / 6 days."""
    draws = drawn().assign(surveyed_weight_level=1.0, surveyed_orders_level=1.0)
    rows = [("own", 1, part, supplier, mode, weight_t, times)
            for part, supplier in (("spring", "S1"), ("plate", "S2"))
            for mode, weight_t, times in (("air", 9.0, 9), ("sea_lcl", 11.0, 6))]  # fmt: skip
    found = surveyed(orders(*rows), draws)
    buffers = found.surveyed.buffers(found.weight_t)
    np.testing.assert_allclose(buffers["interval_days"], 0.45 * 365 / 9 + 0.55 * 365 / 6)
    np.testing.assert_allclose(buffers["air_share"], 0.45)

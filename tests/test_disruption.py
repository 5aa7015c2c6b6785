"""Stops of nodes: time to survive, days short, and the orders that are left."""

import runpy

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_select import disruption, networks, stability, tables
from site_select.disruption import Stops
from site_select.networks import Chain

FEW = settings(max_examples=25, deadline=None, derandomize=True)  # each simulates years
SOON = 1e-9  # days: arrivals so often that nobody waits for one
SUPPLIER, SPRING = ("supplier", "S"), [("spring", "S", "KR", "truck")]
BY_BOTH = [
    ("spring", "A", "SE", "air"), ("spring", "A", "SE", "sea_lcl"),
    ("plate", "B", "DE", "air"), ("plate", "B", "DE", "sea_lcl"),
]  # fmt: skip
HAZARDS = {
    "origin_stops": 0.1, "origin_days": 200.0, "origin_share": 0.5, "supplier_stops": 0.2,
    "supplier_days": 90.0, "supplier_share": 1.0, "departure_port_stops": 0.5,
    "departure_port_days": 5.0, "departure_port_share": 1.0, "canal_stops": 0.4,
    "canal_days": 150.0, "canal_share": 0.9, "canal_detour_days": 8.5, "port_stops": 1.5,
    "port_days": 2.0, "port_share": 1.0, "road_stops": 0.4, "road_days": 12.0, "road_share": 0.75,
    "air_stops": 0.1, "air_days": 120.0, "air_share": 0.3, "late_shipments": 0.35,
    "late_days": 5.0, "duration_variation": 1.0, "switched_within_180_days": 0.231,
    "switched_within_365_days": 0.58, "switching_longest_days": 730.0,
}  # fmt: skip
CALM = HAZARDS | {name: 0.0 for name in HAZARDS if name.endswith("_stops")}


def chain(weight_t=((1.0,),), rows=SPRING, *, is_pooled=False, **times):
    """Chain with a row of weights per firm, the same in every draw; ``times`` by firm."""
    sources = pd.DataFrame(rows, columns=["part", "supplier", "origin", "mode"])
    known = {"count": 1, "stock_days": 0, "deviation_days": 0, "interval_days": SOON,
             "lead_days": 40, "transit_days": 0, "is_gathered": 0} | times  # fmt: skip
    spare = np.atleast_1d(known.pop("spare_share", 0.0))
    weight = np.broadcast_to(weight_t, (len(spare), *np.shape(weight_t))).astype(float)
    known = {name: np.broadcast_to(value, weight.shape[:2]) * 1.0 for name, value in known.items()}
    return Chain(
        sources, networks.passes(sources, by_canal=True), weight, **known,
        is_pooled=is_pooled, spare_share=spare,
    )  # fmt: skip


def network(*, is_pooled, draws=1, **times):
    """Two firms and two parts by air and sea, of which all nodes can stop."""
    own = {"stock_days": [4, 9], "interval_days": [10, 30], "deviation_days": [2, 3]}
    shared = {"stock_days": 6, "interval_days": 14, "deviation_days": 2}
    return chain(
        [[1, 3, 2, 6], [2, 6, 0.5, 1.5]], BY_BOTH, is_pooled=is_pooled,
        **(shared if is_pooled else own) | {"spare_share": np.zeros(draws)} | times,
    )  # fmt: skip


def frame(of, draws=1, **changes):
    return pd.DataFrame(of | changes, index=range(draws))


def supplier(stops=1.0, days=20.0, **others):
    return frame({"supplier_stops": stops, "supplier_days": days, "supplier_share": 1.0} | others)


def drawn(nodes, draws, *, years, seed=1):
    """Stops of nodes ``(kind, name)``."""
    index = pd.MultiIndex.from_tuples(nodes, names=["kind", "name"])
    return disruption.drawn_stops(index, draws, years=years, seed=seed)


def scenario(of, days, *, years=1, node=SUPPLIER, seed=1):
    """One stop of a node in each year; a row of days by draw."""
    events = disruption.one_stop(of, node, np.atleast_1d(days) * 1.0, years=years)
    return disruption.outcome(of, events, years=years, seed=seed)


def near(found, expected, error, *, errors=4.0):
    """Whether two means agree within so many standard errors, said in numbers where not."""
    far = np.max(np.abs(np.subtract(found, expected)) / error)
    assert far < errors, f"{found} against {expected}: {far:.1f} standard errors of {error}"


WEEKS = pytest.mark.parametrize(
    ("alpha", "length", "stock", "expected"),
    [(0.2, 8, 3, 1.0997), (0.2, 8, 0, 1.6), (0.5, 4, 6, 0.4463)],
)


@WEEKS
def test_weeks_short_are_stops_times_length_times_what_outlasts_the_stock(
    alpha, length, stock, expected
):
    """α R exp(-S/R) weeks a year; a sum of Poisson many X = (L - S)+ has variance α E[X²].

    E[X²] = 2 R² exp(-S/R), as what is left of an exponential length is exponential again.
    """
    years = 200_000
    draws, of = supplier(alpha, 7.0 * length), chain(stock_days=7.0 * stock)
    found = disruption.simulate(of, draws, years=years, seed=1)
    outlasts = np.exp(-stock / length)
    error = length * np.sqrt(2 * alpha * outlasts / years)
    near(found.short_days[0, 0] / 7, expected, error)
    near(found.failures[0, 0], alpha * outlasts, np.sqrt(alpha * outlasts / years))
    near(found.failure_days[0, 0] / found.failures[0, 0] / 7, stock + length,
         length / np.sqrt(alpha * outlasts * years))  # fmt: skip
    near(found.by_node[0], found.short_days[0], 1e-12)


@WEEKS
def test_availability_and_years_without_shortage_of_a_poisson_source(
    alpha, length, stock, expected
):
    """1 - α R of the time, R in years; no shortage of a day in exp(-α exp(-(S + 1)/R)) of years."""
    years = 200_000
    draws, of = supplier(alpha, 7.0 * length), chain(stock_days=7.0 * stock)
    found = disruption.simulate(of, draws, years=years, seed=2)
    error = 7 * length * np.sqrt(2 * alpha / years) / 365
    near(1 - found.node_days[0, 0, 0] / 365, 1 - alpha * 7 * length / 365, error)
    day = np.exp(-1 / (7 * length))  # chance that a shortage lasts a day
    calm = np.exp(-day * expected / length)  # α exp(-S/R) is the expected weeks divided by R
    near(1 - found.half_years[0], calm, np.sqrt(calm * (1 - calm) / years))


def test_waiting_for_the_next_arrival_is_worth_stock_on_average():
    """α R exp(-S/R) (1 - exp(-T/R)) R/T: 0.5 a year, R 20, S 15, T 30 days give 2.4463 days."""
    years = 200_000
    of = chain(stock_days=15, interval_days=30)
    found = disruption.simulate(of, supplier(0.5), years=years, seed=1)
    square = 0.5 * 2 * 20**2 * np.exp(-15 / 20) * (1 - np.exp(-30 / 20)) * 20 / 30
    near(found.short_days[0, 0], 2.4463, np.sqrt(square / years))
    expected = disruption.expected_short_days(of, supplier(0.5), samples=years, seed=1)
    near(expected, 2.4463, np.sqrt(0.5 * square / years))


@pytest.mark.parametrize("variation", [0.5, 2.0])
def test_lognormal_lengths_keep_their_mean_and_have_the_variation(variation):
    """The logarithm has variance ln(1 + variation²), whose sampling error is known."""
    found = drawn([SUPPLIER], supplier(duration_variation=variation), years=400_000).days
    near(found.mean(), 20, 20 * variation / np.sqrt(len(found)))
    spread = np.sqrt(np.log1p(variation**2))
    near(np.log(found).std(), spread, spread / np.sqrt(2 * len(found)))


def test_time_to_survive_is_the_least_over_the_products():
    """Stock of 12, 40 and 25 days, another source for half of the second: 12, 80 and 25 days.

    Formulation after Simchi-Levi et al. (2015), Interfaces 45(5): stock / (1 - share of another).
    """
    by_firm = chain(np.ones((3, 1)), stock_days=[12, 40, 25], spare_share=[0.0, 0.5])
    days = disruption.time_to_survive(by_firm, SUPPLIER, samples=1, seed=1)
    product = days[[0, 1, 0], 0, [0, 1, 2]]
    np.testing.assert_allclose(product, [12, 80, 25])
    assert product.min() == pytest.approx(12)


def test_time_to_survive_of_a_firm_is_that_of_the_part_most_held_back():
    """S sends half of the springs and all plates: 40 / 0.5 = 80 and 40 / 1 = 40 days."""
    rows = [("spring", "S", "KR", "truck"), ("spring", "Z", "KR", "truck"),
            ("plate", "S", "KR", "truck")]  # fmt: skip
    of = chain([[1, 1, 5], [1, 1, 0]], rows, stock_days=40)
    days = disruption.time_to_survive(of, SUPPLIER, samples=1, seed=1)
    np.testing.assert_allclose(days[0, 0], [40, 80])
    other = disruption.time_to_survive(of, ("supplier", "Z"), samples=1, seed=1)
    np.testing.assert_allclose(other[0, 0], [80, 80])


def test_goods_under_way_still_arrive_when_their_origin_stops_but_not_when_the_port_does():
    of = chain([[0, 1, 0, 0]], BY_BOTH, stock_days=12, transit_days=45)
    days = {kind: disruption.time_to_survive(of, (kind, name), samples=1, seed=1)[0, 0, 0]
            for kind, name in (("origin", "SE"), ("supplier", "A"), ("departure_port", ""),
                               ("canal", ""), ("port", ""), ("road", ""), ("air", ""))}  # fmt: skip
    begin = dict.fromkeys(["origin", "supplier", "departure_port"], 57.0)
    later = dict.fromkeys(["canal", "port", "road"], 12.0)
    assert days == pytest.approx({**begin, **later, "air": np.inf})


def test_canal_delays_by_its_detour_at_most_and_is_not_left_for_another_source():
    draws = frame(HAZARDS, canal_stops=1.0, canal_share=1.0)
    found = drawn([("canal", "")], draws, years=20_000)
    assert found.days.max() == 8.5
    assert (found.days == 8.5).mean() > 0.9
    assert found.days.min() < 8.5
    assert not found.moved_days.any()


@pytest.mark.parametrize("kind", ["origin", "supplier"])
def test_firms_leave_a_stopped_source_as_269_small_makers_said(kind):
    """KBIZ, July 2019: 23.1% within 180 days, 34.9% from there to a year; our longest 730 days."""
    endless = {f"{kind}_stops": 1.0, f"{kind}_days": 1e12, f"{kind}_share": 1.0}
    found = drawn([(kind, "X")], frame(HAZARDS | endless), years=100_000).days
    for limit, share in ((180, 0.231), (365, 0.58), (90, 0.231 / 2), (547.5, 0.79)):
        error = np.sqrt(share * (1 - share) / len(found))
        near((found <= limit).mean(), share, error)
    assert 365 < found.max() <= 730


def test_other_source_delivers_for_the_rest_of_the_stop():
    draws = frame(HAZARDS, supplier_stops=1.0, supplier_days=400.0)
    left, held = (
        drawn([SUPPLIER], of, years=1_000)
        for of in (draws, draws.drop(columns="switching_longest_days"))
    )
    np.testing.assert_allclose(left.days + left.moved_days, held.days)
    assert not held.moved_days.any()
    assert (left.moved_days > 0).any()


def test_partial_stop_lasts_as_long_and_holds_back_its_share():
    whole, part = (
        drawn([("road", "")], frame(HAZARDS, road_share=share), years=1_000)
        for share in (1.0, 0.75)
    )
    np.testing.assert_allclose(part.days, whole.days)
    assert set(part.share) == {0.75}
    assert set(whole.share) == {1.0}


def test_partial_stop_stretches_the_stock():
    """10 days of stock meet 0.5 of the need for 20 days: 30 - 20 days short, half of each unmet."""
    of = chain(rows=[("spring", "S", "SE", "air")], stock_days=10)
    events = disruption.one_stop(of, ("air", ""), np.array([30.0]), years=3, share=0.5)
    found = disruption.outcome(of, events, years=3, seed=1)
    assert found.short_days[0, 0] == pytest.approx(10)
    assert found.unmet_t[0, 0] == pytest.approx(10 * 0.5 * of.need_t[0, 0].sum() / 365)


def batches(run, draws=64):
    """Mean over equal draws of what ``run`` finds of them, and its standard error."""
    found = run(draws)
    return found.mean(), found.std(ddof=1) / np.sqrt(draws)


@pytest.mark.parametrize("is_pooled", [False, True])
def test_expected_short_days_are_the_mean_of_the_simulation(is_pooled):
    def simulated(draws):
        of = network(is_pooled=is_pooled, draws=draws, count=[1, 3])
        found = disruption.simulate(of, frame(HAZARDS, draws), years=2_000, seed=1)
        return (found.short_days * [0.25, 0.75]).sum(axis=1)

    def expected(draws):
        of = network(is_pooled=is_pooled, draws=draws, count=[1, 3])
        return disruption.expected_short_days(of, frame(HAZARDS, draws), samples=2_000, seed=1)

    (mean, error), (other, smaller) = batches(simulated), batches(expected)
    near(mean, other, np.hypot(error, smaller))
    assert smaller < error


@pytest.mark.parametrize("is_pooled", [False, True])
def test_late_ships_alone(is_pooled):
    """0.35 x 365/20 ships late a year by 5 days on average, 3 days of stock: rate x 5 exp(-3/5).

    Half of the shipments go by sea. The part that is short longest counts where both travel
    together; where each has its own ship, both do.
    """
    of = chain([[1, 1, 1, 1]], BY_BOTH, is_pooled=is_pooled, stock_days=3, interval_days=20)
    often = (1 if is_pooled else 2) * 0.5 * 0.35 * 365 / 20 * np.exp(-3 / 5)
    found = disruption.simulate(of, frame(CALM), years=50_000, seed=1)
    near(found.short_days[0, 0], often * 5, 5 * np.sqrt(2 * often / 50_000))
    assert found.failures[0, 0] == 0  # a late ship is no stop
    np.testing.assert_allclose(found.by_node[0, -1], found.short_days[0, 0])
    expected = disruption.expected_short_days(of, frame(CALM), samples=1, seed=1)
    assert expected[0] == pytest.approx(often * 5, rel=1e-9)


def test_late_ship_meets_a_stock_that_varies():
    """E exp(-(S+)/m), S normal (4, 3), m 5: Φ(-4/3) + exp(-4/5 + 9/50) Φ(4/3 - 3/5) = 0.5045.

    Φ(-1.3333) = 0.0912, exp(-0.62) = 0.5379, Φ(0.7333) = 0.7683; a late ship in two, T 10 days.
    """
    of = chain([[0, 1, 0, 0]], BY_BOTH, stock_days=4, deviation_days=3, interval_days=10)
    late = frame(CALM, late_shipments=0.5)
    expected = disruption.expected_short_days(of, late, samples=1, seed=1)
    assert expected[0] == pytest.approx(0.5 * 36.5 * 5 * 0.5045, rel=2e-3)


@pytest.mark.parametrize(
    ("stock", "interval", "days"), [(10, 14, 20.0), (0, 30, 8.0), (25, 5, 40.0)]
)
def test_another_program_that_follows_the_inventory_event_by_event(
    stock, interval, days, monkeypatch
):
    """Days short by stop of a plain event loop, stops not overlapping, in 24 runs."""
    monkeypatch.syspath_prepend(made_up.ROOT / "benchmarks")
    loop = runpy.run_path(str(made_up.ROOT / "benchmarks" / "disruptions.py"))
    runs = [
        loop["event_loop"]([loop["Stop"](2.0, days)], stock_days=stock, interval_days=interval,
                           years=400, seed=seed, are_apart=True) for seed in range(24)
    ]  # fmt: skip
    each = np.array([run.short_days / run.stops for run in runs])
    of, years = chain(stock_days=stock, interval_days=interval), 100_000
    found = disruption.simulate(of, supplier(1.0, days), years=years, seed=1).short_days[0, 0]
    error = np.hypot(each.std(ddof=1) / np.sqrt(24), days * np.sqrt(2 / years))
    near(each.mean(), found, error)
    assert each.std(ddof=1) / np.sqrt(24) < 0.05 * found


def test_one_stop_by_hand():
    """30 days against 10 of stock: 20 short, 20/365 of the need late, 30 to recover."""
    of = chain([[73.0]], stock_days=10)
    found = scenario(of, 30)
    single = [found.short_days, found.unmet_t, found.failures, found.failure_days]
    assert np.ravel(single) == pytest.approx([20, 4, 1, 30])
    assert found.half_days == pytest.approx([20])
    assert found.half_years.tolist() == [1]
    assert found.fill_rate(of)[0, 0] == pytest.approx(1 - 20 / 365)
    outlasted = scenario(of, 10)
    assert not outlasted.short_days.any()
    assert outlasted.failures.tolist() == outlasted.failure_days.tolist() == [[0]]


@pytest.mark.parametrize(("days", "expected"), [(50.0, 25.0), (24.0, 3.2667), (9.0, 0.0)])
def test_one_stop_in_the_mean_of_the_days_on_which_it_begins(days, expected):
    """S 10, T 30: L - S - T/2 where it outlasts every wait, else (L - S)²/(2 T)."""
    found = scenario(chain(stock_days=10, interval_days=30), days, years=100_000)
    near(found.short_days[0, 0], expected, 30 / np.sqrt(12 * 100_000))


def test_half_of_the_firms_are_short_until_the_stop_ends():
    """Run-out after 5, 10, 20 and 40 days of 30: short 25, 20, 10 and 0; two of four for 20."""
    found = scenario(chain(np.ones((4, 1)), stock_days=[5, 10, 20, 40]), 30)
    np.testing.assert_allclose(found.short_days[0], [25, 20, 10, 0])
    assert found.half_days == pytest.approx([20])
    assert scenario(chain(np.ones((4, 1)), stock_days=[5, 30, 30, 30]), 30).half_years == [0]


def test_mean_firm_counts_each_group_by_its_firms():
    """25, 20, 10 and 0 days short, twice as many firms in the third: 65 / 5."""
    of = chain(np.ones((4, 1)), stock_days=[5, 10, 20, 40], count=[1, 1, 2, 1])
    assert scenario(of, 30).by_node[0] == pytest.approx([13])


@FEW
@given(st.integers(0, 1_000))
def test_without_stops_nothing_is_short(seed):
    calm = frame(CALM, late_shipments=0.0)
    for is_pooled in (False, True):
        found = disruption.simulate(network(is_pooled=is_pooled), calm, years=20, seed=seed)
        assert not any(np.any(part) for part in found)


@FEW
@given(st.floats(0, 60), st.floats(0.01, 40), st.booleans(), st.integers(0, 1_000))
def test_more_stock_never_shortens_survival_nor_lengthens_shortage(stock, more, is_pooled, seed):
    on_time = frame(HAZARDS).drop(columns=["late_shipments", "late_days"])
    lean, rich = (network(is_pooled=is_pooled, stock_days=days) for days in (stock, stock + more))
    for node in lean.passes.index:
        few, many = (disruption.time_to_survive(of, node, samples=5, seed=seed)
                     for of in (lean, rich))  # fmt: skip
        assert (many >= few).all()
    few, many = (disruption.simulate(of, on_time, years=50, seed=seed) for of in (lean, rich))
    assert (many.short_days <= few.short_days).all()
    assert (many.unmet_t <= few.unmet_t).all()
    assert (many.failures <= few.failures).all()
    expected = [disruption.expected_short_days(of, frame(HAZARDS), samples=9, seed=seed)[0]
                for of in (rich, lean)]  # fmt: skip
    assert expected[0] <= expected[1]


@pytest.mark.parametrize("is_pooled", [False, True])
def test_twice_the_stops_are_twice_the_expected_days_short(is_pooled):
    of = network(is_pooled=is_pooled)
    often = [name for name in HAZARDS if name.endswith("_stops")] + ["late_shipments"]
    doubled = frame(HAZARDS | {name: 2 * HAZARDS[name] for name in often})
    once, twice = (disruption.expected_short_days(of, draws, samples=200, seed=1)
                   for draws in (frame(HAZARDS), doubled))  # fmt: skip
    assert once[0] > 0
    np.testing.assert_allclose(twice, 2 * once)


def test_same_seed_gives_the_same_and_another_seed_another_answer():
    of, draws = network(is_pooled=False), frame(HAZARDS)
    one, same, other = (disruption.simulate(of, draws, years=200, seed=seed) for seed in (1, 1, 2))
    for before, after in zip(one, same, strict=True):
        np.testing.assert_array_equal(before, after)
    assert (one.short_days != other.short_days).all()


def test_both_chains_meet_the_same_stops():
    draws = frame(HAZARDS)
    apart, pooled = (
        disruption.simulate(network(is_pooled=is_pooled), draws, years=200, seed=3)
        for is_pooled in (False, True)
    )
    np.testing.assert_array_equal(apart.node_days, pooled.node_days)


def test_events_in_slices_are_the_same_events(monkeypatch):
    """Exactly so where neither wait nor stock is drawn, which come slice by slice."""
    of = network(is_pooled=False, interval_days=SOON, deviation_days=0)
    draws = frame(HAZARDS).drop(columns=["late_shipments", "late_days"])
    whole = disruption.simulate(of, draws, years=300, seed=1)
    monkeypatch.setattr(disruption, "CELLS", 8)
    sliced = disruption.simulate(of, draws, years=300, seed=1)
    for one, other in zip(whole, sliced, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("is_pooled", [False, True])
@pytest.mark.parametrize(("name", "size"), [("CELLS", 500), ("YEARS_AT_ONCE", 48 * 300)])
def test_slices_and_blocks_of_years_change_nothing_beyond_sampling_error(
    monkeypatch, name, size, is_pooled
):
    def run(draws):
        found = disruption.simulate(
            network(is_pooled=is_pooled, draws=draws), frame(HAZARDS, draws), years=1_000, seed=1
        )
        return np.stack([found.short_days.mean(axis=1), found.half_days, found.half_years,
                         found.fill_rate(network(is_pooled=is_pooled)).mean(axis=1)])  # fmt: skip

    whole = run(48)
    monkeypatch.setattr(disruption, name, size)
    cut = run(48)
    assert (whole != cut).any()
    error = np.hypot(*(part.std(axis=1, ddof=1) for part in (whole, cut))) / np.sqrt(48)
    near(cut.mean(axis=1), whole.mean(axis=1), error)


def test_blocks_count_by_their_years(monkeypatch):
    """400 years at 300 at once: the 300 alone, and 100 of the next seed."""
    of, draws = network(is_pooled=False), frame(HAZARDS)
    monkeypatch.setattr(disruption, "YEARS_AT_ONCE", 300)
    both = disruption.simulate(of, draws, years=400, seed=1)
    first = disruption.simulate(of, draws, years=300, seed=1)
    events = disruption.drawn_stops(of.passes.index, draws, years=100, seed=(1, 1))
    rest = disruption.outcome(of, events, years=100, seed=(1, 1), late=draws)
    for whole, one, other in zip(both, first, rest, strict=True):
        np.testing.assert_allclose(whole, 0.75 * one + 0.25 * other)


def test_firms_that_share_a_shipment_are_short_together():
    of = network(is_pooled=True)
    found = disruption.simulate(of, frame(HAZARDS), years=500, seed=1)
    np.testing.assert_allclose(found.short_days[0], found.half_days[0])
    apart = network(is_pooled=False, interval_days=[10, 90], stock_days=[1, 60])
    lone = disruption.simulate(apart, frame(HAZARDS), years=500, seed=1).short_days[0]
    assert lone[1] < lone[0]


@pytest.mark.parametrize("is_pooled", [False, True])
def test_unit_of_weight_changes_only_the_weight_that_came_late(is_pooled):
    of, draws = network(is_pooled=is_pooled), frame(HAZARDS)
    in_kg = of._replace(weight_t=of.weight_t * 1000)
    tonnes, kilos = (disruption.simulate(one, draws, years=200, seed=1) for one in (of, in_kg))
    np.testing.assert_allclose(kilos.unmet_t, 1000 * tonnes.unmet_t)
    for one, other in zip(tonnes, kilos._replace(unmet_t=tonnes.unmet_t), strict=True):
        np.testing.assert_allclose(one, other)


@FEW
@given(st.floats(0, 40), st.booleans(), st.integers(0, 1_000))
def test_fill_rate_lies_between_none_and_all(stock, is_pooled, seed):
    of = network(is_pooled=is_pooled, stock_days=stock)
    found = disruption.simulate(of, frame(HAZARDS), years=100, seed=seed).fill_rate(of)
    assert ((found >= 0) & (found <= 1)).all()


def test_stop_of_a_node_that_nobody_passes_touches_nobody():
    by_air = network(is_pooled=False)._replace(weight_t=np.array([[[1.0, 0, 0, 0], [0, 0, 1, 0]]]))
    found = scenario(by_air, 900, node=("port", ""))
    assert not np.any([found.short_days, found.failures])
    only = scenario(by_air, 900, node=("origin", "DE"))
    assert only.failures.tolist() == [[0, 1]]


def test_node_without_goods_changes_nothing_whether_it_stops_or_not():
    of = network(is_pooled=False, interval_days=SOON, deviation_days=0, spare_share=[0.0])
    of = of._replace(weight_t=of.weight_t * [1.0, 0, 1, 0])
    stops = drawn(of.passes.index.tolist(), frame(HAZARDS), years=2_000)
    passed = of.held().any(axis=(0, 1, 2))[stops.node]
    assert not passed.all()
    fewer = Stops(*(part[passed] for part in stops))
    every, some = (disruption.outcome(of, one, years=2_000, seed=1) for one in (stops, fewer))
    for one, other in zip(every[:-1], some[:-1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


PLACES = pd.DataFrame({"place_id": ["A", "B", "another"], "country": ["SE", "DE", "*"]})


def orders(of, draws, years=2_000):
    found = disruption.simulate(of, draws, years=years, seed=1)
    return disruption.orders(of, found, ["F1", "F2"], complex_id="S1", year=2020)


def test_simulated_orders_are_a_sound_table_of_orders(tmp_path):
    rows = orders(network(is_pooled=False), frame(HAZARDS))
    path = tmp_path / "orders.csv"
    rows.to_csv(path, index=False)
    reading = tables.read(path, "orders")
    assert not reading.faults
    assert len(reading.table) == len(rows) == 16


def test_simulated_orders_add_up_to_the_need_and_name_what_moved():
    of = network(is_pooled=False, draws=3, count=[1, 3])
    rows = orders(of, frame(HAZARDS, 3))
    need = rows.groupby(["firm", "part", "mode"], sort=True)["weight_t"].sum()
    np.testing.assert_allclose(need, [2, 6, 1, 3, 1.5, 4.5, 6, 18])
    moved = rows["supplier"] == "another"
    share = rows.loc[moved, "weight_t"].sum() / rows["weight_t"].sum()
    assert 0 < share < 0.5
    assert rows.loc[rows["firm"] == "F2", "firms"].unique().tolist() == [3]
    one = rows[(rows["firm"] == "F1") & ~moved]
    assert one["stock_days"].unique() == pytest.approx([4 + 10 / 2])
    assert one["orders_per_year"].unique() == pytest.approx([36.5])


def test_stops_lengthen_lead_times_and_vary_them_by_hand():
    """A stop of 73 days each year delays a fifth of the goods by 36.5 days on average: 7.3.

    Half of the second moment is 73³/3/365 = 355.27, less 7.3²: standard deviation 17.38 days.
    """
    of = chain([[3.65], [1.0]])
    found = scenario(of, 73)
    rows = disruption.orders(of, found, ["F1", "F2"], complex_id="S1", year=2020)
    assert rows["lead_time_days"].tolist() == pytest.approx([47.3, 47.3])
    assert rows["lead_time_deviation_days"].tolist() == pytest.approx([17.378] * 2, rel=1e-4)


def test_exposure_is_measured_of_simulated_orders_and_undisturbed_ones():
    of = network(is_pooled=False)
    hit, quiet = (stability.exposure(orders(of, frame(known)), PLACES).loc["S1"]
                  for known in (HAZARDS, CALM))  # fmt: skip
    assert quiet["lead_time_days_value"] == pytest.approx(40)
    assert quiet["lead_time_variation_value"] == pytest.approx(0)
    assert hit["lead_time_days_value"] > 40
    assert hit["lead_time_variation_value"] > 0
    assert hit["weight"] == pytest.approx(quiet["weight"])
    assert hit["origin_hhi_low"] < quiet["origin_hhi_low"]


def test_without_stops_the_orders_are_those_of_the_chain():
    of = network(is_pooled=False)
    rows = orders(of, frame(CALM))
    own = of.sources.loc[[0, 1, 2, 3] * 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows[["part", "supplier", "mode"]],
                                  own[["part", "supplier", "mode"]])  # fmt: skip
    np.testing.assert_allclose(rows["weight_t"], of.weight_t.ravel())


def test_what_two_suppliers_of_a_part_lose_to_another_is_one_row():
    """The table knows one row by firm, part, supplier and mode."""
    rows = [("spring", "S", "SE", "air"), ("spring", "T", "SE", "air")]
    of = chain([[1.0, 3.0]], rows)
    found = disruption.simulate(of, frame(HAZARDS, origin_stops=1.0), years=2_000, seed=1)
    orders = disruption.orders(of, found, ["F1"], complex_id="RC02", year=2026)
    assert not orders.duplicated(["complex_id", "firm", "part", "supplier", "mode"]).any()
    assert list(orders["supplier"]) == ["S", "T", "another"]
    assert orders["weight_t"].sum() == pytest.approx(4.0)


def test_half_of_the_firms_is_unknown_where_one_row_stands_for_many():
    draws = frame(HAZARDS)
    many = disruption.simulate(chain(count=12), draws, years=100, seed=1)
    assert np.isnan([many.half_days, many.half_years]).all()
    assert np.isfinite(many.short_days).all()
    pooled = disruption.simulate(chain(count=12, is_pooled=True), draws, years=100, seed=1)
    assert np.isfinite([pooled.half_days, pooled.half_years]).all()


def test_long_closure_of_the_canal_delays_all_that_passes_while_it_lasts():
    """150 days once a year, 8.5 days each: 150 · 8.5 / 365 days on average."""
    of = chain(rows=[("spring", "S", "SE", "sea_lcl")])
    draws = frame(CALM, canal_stops=1.0, canal_share=1.0, duration_variation=1e-9)
    found = disruption.simulate(of, draws, years=20_000, seed=1)
    canal = list(of.passes.index).index(("canal", ""))
    assert found.node_days[2, 0, canal] == pytest.approx(150 * 8.5 / 365, rel=0.03)
    assert found.node_days[3, 0, canal] == pytest.approx(150 * 8.5**2 / 365, rel=0.03)


def test_parts_gathered_in_one_shipment_wait_and_are_late_together():
    """Two parts from one port; apart the firm is short from the shorter wait on, and by two ships.

    30 days less a wait of U(0, 30): 15 days on average together, 20 for the shorter wait of two.
    """
    rows = [("spring", "A", "SE", "sea_lcl"), ("plate", "B", "DE", "sea_lcl")]
    expected = {True: (15.0, 1), False: (20.0, 2)}
    for is_gathered, (days, ships) in expected.items():
        of = chain([[1.0, 1.0]], rows, interval_days=30, is_gathered=is_gathered)
        events = disruption.one_stop(of, ("port", ""), np.array([30.0]), years=50_000)
        found = disruption.outcome(of, events, years=50_000, seed=1)
        assert found.short_days[0, 0] == pytest.approx(days, abs=0.2)
        late = disruption.simulate(of, frame(CALM), years=50_000, seed=1).short_days[0, 0]
        often = ships * 0.35 * 365 / 30
        assert late == pytest.approx(often * 5, rel=0.03)
        mean = disruption.expected_short_days(of, frame(CALM), samples=1, seed=1)[0]
        assert mean == pytest.approx(often * 5)

"""Existing logistics against the milk run: what each costs a year, by component and by firm.

Three chains are compared at the same demand: the orders *as surveyed*; each firm's *own best*, for
a firm may change mode and lot without anybody's help; and the *milk run*, one pooled order gathered
on one tour, shipped by sea, kept in a shared warehouse. Only own best less milk run is credited to
the milk run. Arrays are ``[quantity, draw, firm]``; money is KRW a year.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select import freight, replenishment
from site_select.demand import Demand
from site_select.errors import SettingsError
from site_select.freight import Lane, Leg, Rates, TruckFares

TRANSPORT = ("freight", "handling", "customs", "duty")
SHARED = ("warehouse", "coordination", "distribution")
STOCK = ("cycle_stock", "safety_stock", "pipeline_stock")
COMPONENTS = (*TRANSPORT, "ordering", *SHARED, *STOCK)
PAID = ("freight", "handling", "customs", *SHARED)  # what a logistics bill shows
MEASURES = ("shipments", "co2e_t", "tonne_days", "transit_tonne_days", "air_t", "stock_t",
            "peak_t", "tour_saving")  # fmt: skip
QUANTITIES = (*COMPONENTS, *MEASURES)
FREQUENCIES = (0.5, 1, 2, 3, 4, 6, 8, 12, 24)  # orders or runs a year that are tried
DISTRIBUTION_TRUCK_T = 1.0
DAYS_A_MONTH = 365 / 12
CHUNK = 1_024  # draws at once, so that memory does not grow with their number


class Market(NamedTuple):
    """Where and at what rates one complex buys transport."""

    region: str
    lane: Lane
    rates: Rates
    fares: TruckFares


class Costs(NamedTuple):
    """One chain: every quantity by draw and firm, and the firms each row stands for."""

    cells: np.ndarray
    count: np.ndarray  # type: ignore[assignment]

    def of(self, *names: str) -> np.ndarray:
        """Sum of some quantities ``[draw, firm]``; of all components when none is named."""
        places = [QUANTITIES.index(name) for name in names or COMPONENTS]
        return np.asarray(self.cells[places].sum(axis=0))

    def total(self, *names: str) -> np.ndarray:
        """The same for the whole complex ``[draw]``."""
        return np.asarray((self.of(*names) * self.count).sum(axis=-1))

    def buffers(self, weight_t: np.ndarray) -> dict[str, np.ndarray]:
        """What stands between a stop and an idle machine, by the weight imported a year.

        ``stock_days`` of safety stock, ``interval_days`` between two arrivals, ``lead_days`` from
        order to receipt, ``transit_days`` on the way [days], ``air_share``, and
        ``ships_at_once``, 1 where all items of a firm come together; all ``[draw, firm]``.
        """
        cycle, peak, lead, transit, air = (self.of(name) / weight_t for name in (
            "stock_t", "peak_t", "tonne_days", "transit_tonne_days", "air_t"))  # fmt: skip
        interval = 2 * (peak - cycle) * 365
        return {
            "stock_days": (2 * cycle - peak) * 365, "interval_days": interval, "lead_days": lead,
            "ships_at_once": self.of("shipments") * interval / 365, "transit_days": transit,
            "air_share": air,
        }  # fmt: skip


class Comparison(NamedTuple):
    """The three chains at the same demand.

    Attributes
    ----------
    surveyed
        Existing logistics as surveyed, ``None`` where nobody asked.
    own_best, milk_run
        Each firm's cheapest way alone, as it is today included; the pooled chain.
    weight_t, purchase_krw
        Imports a year ``[draw, firm]``.
    price_effect_krw
        What pooled buying takes off the purchase a year ``[draw, firm]``; never logistics.
    """

    surveyed: Costs | None
    own_best: Costs
    milk_run: Costs
    weight_t: np.ndarray
    purchase_krw: np.ndarray
    price_effect_krw: np.ndarray

    @property
    def existing(self) -> Costs:
        """As surveyed where known, else each firm's own best."""
        return self.surveyed or self.own_best

    @property
    def saving(self) -> np.ndarray:
        """What the milk run is credited with: own best less milk run ``[draw]``."""
        return np.asarray(self.own_best.total() - self.milk_run.total())


def firms_sharing_one_order(complexes: pd.DataFrame, root_firms: pd.DataFrame) -> pd.DataFrame:
    """Root firms of the largest branch, which could put the same part on one order [firms].

    A complex of one branch pools all its firms. For a mixture the split is unpublished: the
    largest of n branches has at least ``firms / n`` firms (the value, an even split) and at most
    all but one for each other branch.

    Parameters
    ----------
    complexes
        Complexes with ``branch_set``, indexed by complex.
    root_firms
        Estimates of root firms by complex.

    Examples
    --------
    >>> from site_select import estimates
    >>> complexes = pd.DataFrame({"branch_set": [frozenset({"mold", "welding"})]}, index=["A"])
    >>> firms = estimates.table({"A": {"low": 20, "value": 20, "high": 20}}, ["A"])
    >>> shared = firms_sharing_one_order(complexes, firms).loc["A"]
    >>> [float(shared[name]) for name in ("low", "value", "high")]
    [10.0, 10.0, 19.0]
    """
    branches = complexes["branch_set"].map(len).where(lambda count: count > 0)
    shared = root_firms.copy()
    shared["low"] = root_firms["low"] / branches
    shared["value"] = root_firms["value"] / branches
    shared["high"] = (root_firms["high"] - (branches - 1)).clip(lower=shared["value"])
    unknown = shared["value"].isna()
    shared.loc[unknown, ["low", "value", "high"]] = float("nan")
    shared.loc[unknown, "quality"] = "unknown"
    shared.loc[~unknown & (branches > 1), "quality"] = "computed"
    return shared


def compare(
    demand: Demand, market: Market, *, runs_per_year: np.ndarray | None = None
) -> Comparison:
    """Existing logistics, as surveyed and at each firm's own best, against the milk run.

    Parameters
    ----------
    demand
        What the firms import.
    market
        Lane and rates; its draws are those of the demand.
    runs_per_year
        Runs of the milk run ``[draw]``; the cheapest number by draw when left out.

    Raises
    ------
    SettingsError
        If in some draw nobody imports anything, or orders travel by a mode without a rate.

    References
    ----------
    Baumol, W. J. & Vinod, H. D. (1970). An inventory theoretic model of freight transport demand.
    Management Science 16(7), 413-421; Burns, L. D., Hall, R. W., Blumenfeld, D. E. & Daganzo,
    C. F. (1985). Distribution strategies that minimize transportation and inventory costs.
    Operations Research 33(3), 469-490. doi:10.1287/opre.33.3.469
    """
    empty = ~((demand.weight_t * demand.count).sum(axis=(1, 2)) > 0)
    if empty.any():
        raise SettingsError(
            f"zero volume in {int(empty.sum()):,} of {len(empty):,} draws: a milk run needs "
            "imports; allowed: at least one firm with weight_t above 0"
        )
    closed = set(demand.surveyed) - set(freight.modes(market.region, market.rates))
    if closed:
        raise SettingsError(
            f"orders by {', '.join(sorted(closed))} from region {market.region!r}, which has no "
            "rate for it: add the rate to logistics_parameters, or correct the mode"
        )
    parts: dict[str, list[np.ndarray]] = {"surveyed": [], "own_best": [], "milk_run": []}
    for some, at, runs in _chunks(demand, market, runs_per_year):
        own = own_best(some, at, runs)
        parts["milk_run"].append(milk_run(some, at, runs))
        if some.surveyed:
            parts["surveyed"].append(_as_surveyed(some, at))
            own = _cheapest([own, parts["surveyed"][-1]])  # a firm may stay as it is
        parts["own_best"].append(own)
    count = demand.count[..., 0]
    chains = {name: Costs(np.concatenate(cells, axis=1), count) if cells else None
              for name, cells in parts.items()}  # fmt: skip
    weight_t = demand.weight_t.sum(axis=-1)
    purchase = weight_t * 1000 * market.rates["part_price"][..., 0]
    return Comparison(
        **chains, weight_t=weight_t, purchase_krw=purchase,  # type: ignore[arg-type]
        price_effect_krw=purchase * market.rates["price_discount"][..., 0],
    )  # fmt: skip


def _chunks(
    demand: Demand, market: Market, runs_per_year: np.ndarray | None
) -> Iterator[tuple[Demand, Market, np.ndarray | None]]:
    for start in range(0, len(demand.weight_t), CHUNK):
        cut = slice(start, start + CHUNK)
        some = demand._replace(
            weight_t=demand.weight_t[cut], count=demand.count[cut],
            surveyed={mode: (weight[cut], orders[cut])
                      for mode, (weight, orders) in demand.surveyed.items()},
        )  # fmt: skip
        lane = {name: part[cut] if np.ndim(part) > 1 else part
                for name, part in market.lane._asdict().items()}  # fmt: skip
        at = market._replace(
            lane=Lane(**lane), rates={name: rate[cut] for name, rate in market.rates.items()}
        )
        runs = None if runs_per_year is None else runs_per_year[cut][:, None, None]
        yield some, at, runs


def own_best(demand: Demand, market: Market, runs: np.ndarray | None = None) -> np.ndarray:
    """Cheapest way of each firm alone ``[quantity, draw, firm]``.

    Every item apart by the best mode and frequency, or all items gathered into the firm's own
    consolidated shipment, whichever costs less in all.

    Parameters
    ----------
    demand, market
        What is imported, where and at what rates.
    runs
        A further frequency to try ``[draw, 1, 1]``, so that nothing open to the milk run is closed
        to a firm.
    """
    available = freight.modes(market.region, market.rates)
    tried: list[np.ndarray | float] = [*FREQUENCIES, *([] if runs is None else [runs])]
    apart = _cheapest(
        _alone(demand.weight_t, times, mode, market) for mode in available for times in tried
    )
    gathered = (
        _gathered(demand, demand.weight_t, times, mode, market)
        for mode in available if mode != "air" for times in tried
    )  # fmt: skip
    return _cheapest(itertools.chain([apart.sum(axis=-1, keepdims=True)], gathered))[..., 0]


def milk_run(demand: Demand, market: Market, runs: np.ndarray | None = None) -> np.ndarray:
    """The pooled chain ``[quantity, draw, firm]``, each firm's part by its weight.

    Parameters
    ----------
    demand, market
        What is imported, where and at what rates.
    runs
        Runs a year ``[draw, 1, 1]``; the cheapest number when left out.
    """
    pooled_t = (demand.weight_t * demand.count).sum(axis=1, keepdims=True)
    available = [mode for mode in freight.modes(market.region, market.rates) if mode != "air"]
    if not available:
        raise SettingsError("no sea or road rate: a milk run needs one, such as fcl20_freight_eu")
    cells = _cheapest(
        _with_overheads(
            _gathered(demand, pooled_t, times, mode, market, is_pooled=True),
            demand, pooled_t, times, market,
        )
        for mode in available for times in (FREQUENCIES if runs is None else [runs])
    )[..., 0]  # fmt: skip
    share = demand.weight_t.sum(axis=-1) / pooled_t.sum(axis=-1)
    return np.asarray(cells * share)


def _as_surveyed(demand: Demand, market: Market) -> np.ndarray:
    by_forwarder = market._replace(lane=market.lane._replace(port_km=market.lane.via_km))
    modes = demand.surveyed.items()
    cells = sum(_alone(weight_t, orders, mode, by_forwarder) for mode, (weight_t, orders) in modes)
    of_group = sum(weight_t for _, (weight_t, _) in modes)
    own, whole = (np.asarray(weight).sum(axis=-1) for weight in (demand.weight_t, of_group))
    share = own / np.maximum(whole, 1e-12)[:, demand.group_of]
    return np.asarray(np.asarray(cells).sum(axis=-1)[..., demand.group_of] * share)


def _cheapest(options: Iterable[np.ndarray]) -> np.ndarray:
    """Option of least total cost, cell by cell, with everything that belongs to it."""
    every = iter(options)
    best = next(every).copy()
    least = best[: len(COMPONENTS)].sum(axis=0)
    for option in every:
        total = option[: len(COMPONENTS)].sum(axis=0)
        better = total < least
        np.copyto(best, option, where=better)
        np.copyto(least, total, where=better)
    return best


def _alone(
    weight_t: np.ndarray, times: np.ndarray | float, mode: str, market: Market
) -> np.ndarray:
    """Every item by itself, by one mode, so many times a year."""
    of, is_bought = market.rates, weight_t > 0
    runs = np.where(is_bought, times, 0.0)
    lot_t = np.divide(weight_t, runs, out=np.zeros_like(weight_t), where=runs > 0)
    legs = freight.chain(mode, freight.load(lot_t, of), market.lane, of, market.fares)
    deviation = _deviation_per_day(weight_t, of)
    return _filled(legs, runs, weight_t, of, orders=runs, lot_t=lot_t, deviation=deviation)


def _gathered(
    demand: Demand, weight_t: np.ndarray, times: np.ndarray | float, mode: str, market: Market, *,
    is_pooled: bool = False,
) -> np.ndarray:  # fmt: skip
    """All items of a group in one shipment, so many times a year."""
    of, is_bought = market.rates, weight_t > 0
    runs = np.where(is_bought.any(axis=-1, keepdims=True), times, 0.0)
    lot_t = weight_t / times
    first, tour_saving = collection(demand.items["supplier"], lot_t, market)
    total = freight.load(lot_t.sum(axis=-1, keepdims=True), of)
    legs = freight.chain(mode, total, market.lane, of, market.fares, collected=first)
    deviation = _deviation_per_day(demand.weight_t if is_pooled else weight_t, of)
    if is_pooled:
        deviation = np.asarray(replenishment.pooled_deviation(
            deviation, correlation=of["demand_correlation"][:, 0], axis=1, count=demand.count,
        ))[:, None, :]  # fmt: skip
    cells = _filled(
        legs, runs, weight_t, of, orders=is_bought.sum(axis=-1, keepdims=True) * runs, lot_t=lot_t,
        deviation=deviation, blocked_days=365 / times if is_pooled else 0.0,
    )  # fmt: skip
    cells[QUANTITIES.index("tour_saving")] = tour_saving * runs
    return cells


def collection(suppliers: pd.Series, lot_t: np.ndarray, market: Market) -> tuple[Leg, np.ndarray]:
    """Cheaper of feeders from every supplier and one tour past all, and what the tour saves.

    Parameters
    ----------
    suppliers
        Supplier of each item.
    lot_t
        Weight of one lot ``[draw, group, item]``.
    market
        Where and at what rates.
    """
    of, lane = market.rates, market.lane
    _, first, codes = np.unique(suppliers, return_index=True, return_inverse=True)
    by_supplier = lot_t @ (codes[:, None] == np.arange(len(first)))
    there = by_supplier > 0
    km = np.asarray(lane.pick_up_km)[..., first]
    total = lot_t.sum(axis=-1, keepdims=True)
    if market.region == freight.KOREA:
        feeders = freight.domestic(by_supplier, km, of, market.fares)
        tour = freight.domestic(total, lane.tour_km, of, market.fares)
    else:
        feeders = freight.pick_up(freight.load(by_supplier, of), lane._replace(pick_up_km=km), of)
        tour = freight.tour(freight.load(total, of), lane, of)
    apart = np.where(there, feeders.krw, 0.0).sum(axis=-1, keepdims=True)
    is_tour = tour.krw < apart
    co2e = np.where(is_tour, tour.co2e_kg, feeders.co2e_kg.sum(axis=-1, keepdims=True))
    longest = np.where(there, feeders.days, 0.0).max(axis=-1, keepdims=True)
    days = np.where(is_tour, tour.days, longest)
    leg = feeders._replace(krw=np.where(is_tour, tour.krw, apart), days=days, co2e_kg=co2e)
    return leg, np.where(is_tour, apart - tour.krw, 0.0)


def _with_overheads(
    cells: np.ndarray, demand: Demand, pooled_t: np.ndarray, times: np.ndarray | float,
    market: Market,
) -> np.ndarray:  # fmt: skip
    """Add what only the pooled chain has: warehouse, staff, coordination, distribution."""
    of = market.rates
    peak_t = cells[QUANTITIES.index("peak_t")]
    area = np.maximum(of["warehouse_area"], storage_area_m2(peak_t, of))
    call_offs = (demand.count * (demand.weight_t > 0)).sum(axis=(1, 2), keepdims=True) * times
    full = np.ceil(pooled_t.sum(axis=-1, keepdims=True) / DISTRIBUTION_TRUCK_T)
    trips = np.maximum(of["distribution_rounds"], full)
    added = {
        "warehouse": area * of["warehouse_rent"] * 12 + of["warehouse_staff"],
        "coordination": of["coordination"], "distribution": trips * of["distribution_trip"],
        "ordering": call_offs * of["call_off_administration"],
    }  # fmt: skip
    for name, krw in added.items():
        cells[QUANTITIES.index(name)] += krw
    return cells


def storage_area_m2(peak_t: np.ndarray, of: Rates) -> np.ndarray:
    """Floor that a stock needs: its volume over storage height and usable share of the floor."""
    return np.asarray(peak_t / of["packed_density"] / (of["storage_height"] * of["usable_floor"]))


def _deviation_per_day(weight_t: np.ndarray, of: Rates) -> np.ndarray:
    """Daily deviation of demand [t] from its monthly variation."""
    return np.asarray(weight_t / 12 * of["demand_variation"] / np.sqrt(DAYS_A_MONTH))


def _filled(
    legs: list[Leg], runs: np.ndarray, weight_t: np.ndarray, of: Rates, *, orders: np.ndarray,
    lot_t: np.ndarray, deviation: np.ndarray, blocked_days: np.ndarray | float = 0.0,
) -> np.ndarray:  # fmt: skip
    """Every quantity a year, ``[quantity, draw, firm, item]``, stock summed to the shape of runs.

    Between two pooled runs nothing can be ordered for the ``blocked_days``.
    """
    cells = np.zeros((len(QUANTITIES), *runs.shape))

    def add(name: str, amount: np.ndarray) -> None:
        is_wider = amount.shape[-1] > runs.shape[-1]
        cells[QUANTITIES.index(name)] += amount.sum(axis=-1, keepdims=True) if is_wider else amount

    for leg in legs:
        add(leg.component, leg.krw * runs)
        add("co2e_t", leg.co2e_kg * runs / 1000)
    lead, transit = (np.asarray(sum(leg.days for leg in some)) for some in (legs, legs[:-1]))
    safety_t = np.asarray(replenishment.safety_stock(
        of["service_factor"], deviation_per_day=deviation, lead_time_days=lead + blocked_days,
        demand_per_day=weight_t / 365, lead_time_deviation_days=lead * of["lead_time_variation"],
    ))  # fmt: skip
    stock = replenishment.stock_cost(
        demand_per_year=weight_t, lot=lot_t, unit_value=of["part_price"] * 1000,
        holding_rate=of["holding_rate"], safety_stock=safety_t, transit_days=transit,
    )  # fmt: skip
    for name, krw in zip(STOCK, stock, strict=True):
        add(name, np.asarray(krw))
    add("ordering", orders * of["order_administration"])
    add("shipments", runs)
    add("tonne_days", weight_t * lead)
    add("transit_tonne_days", weight_t * transit)
    if any(leg.name == "flight" for leg in legs):
        add("air_t", weight_t)
    add("stock_t", lot_t / 2 + safety_t)
    add("peak_t", lot_t + safety_t)
    return cells


def waterfall(comparison: Comparison) -> pd.DataFrame:
    """What each step from existing logistics to the milk run saves, by draw [KRW/year].

    ``existing - mode_and_lot - pooling - collection_tour - stock = milk_run``. Change of mode and
    lot is open to every firm alone and is not credited to the milk run; it is zero where existing
    logistics is not known.

    Parameters
    ----------
    comparison
        Result of `compare`.
    """
    own, run, existing = comparison.own_best, comparison.milk_run, comparison.existing
    stock = ("warehouse", *STOCK)
    moved = [name for name in COMPONENTS if name not in stock]
    tour = run.total("tour_saving")
    return pd.DataFrame({
        "existing": existing.total(), "mode_and_lot": existing.total() - own.total(),
        "pooling": own.total(*moved) - run.total(*moved) - tour, "collection_tour": tour,
        "stock": own.total(*stock) - run.total(*stock), "milk_run": run.total(),
        "price_effect": (comparison.price_effect_krw * run.count).sum(axis=-1),
    })  # fmt: skip

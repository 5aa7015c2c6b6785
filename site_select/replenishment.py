"""Replenishment: how often to order, what ordering together saves, and which stock it leaves.

Money is KRW of one price year; demand is known and even over the year.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from site_select.errors import SettingsError

DAYS_PER_YEAR = 365
ITEM_COLUMNS = ("minor_cost", "holding_cost", "demand_rate")
METHODS = ("auto", "exact", "rand", "power_of_two")
ITEMS_SOLVED_EXACTLY = 20
RAND_STARTS = 20
FAULTS_SHOWN = 9
BOUNDS = {"above 0": (np.nextafter(0, 1), np.inf), "0 or more": (0.0, np.inf), "0 to 1": (0.0, 1.0)}

Numbers: TypeAlias = float | np.ndarray | pd.Series


class Lot(NamedTuple):
    """An order of the cheapest size.

    Attributes
    ----------
    quantity
        Order quantity [units].
    cost
        Ordering and holding cost [KRW per year].
    orders_per_year
        Orders [per year].
    """

    quantity: Numbers
    cost: Numbers
    orders_per_year: Numbers


class JointPlan(NamedTuple):
    """Items ordered in multiples of a common cycle.

    Attributes
    ----------
    cycle_years
        Time between two joint orders [years].
    multiples
        Cycles between two orders of each item; plans of equal cost may differ here.
    cost
        Ordering and holding cost [KRW per year].
    lower_bound
        Cost below which no policy comes, cyclic or not [KRW per year].
    method
        ``exact``, ``rand`` or ``power_of_two``.
    """

    cycle_years: float
    multiples: pd.Series
    cost: float
    lower_bound: float
    method: str

    @property
    def gap(self) -> float:
        """Share by which the cost exceeds the lower bound; the plan is at most so much too dear."""
        return self.cost / self.lower_bound - 1


class StockCost(NamedTuple):
    """What it costs to hold the goods of one flow [KRW per year].

    Attributes
    ----------
    cycle
        Stock that waits for its turn between two orders.
    safety
        Stock against variation.
    pipeline
        Goods on the way.
    """

    cycle: Numbers
    safety: Numbers
    pipeline: Numbers


def economic_order_quantity(
    fixed_cost: Numbers, holding_cost: Numbers, demand_rate: Numbers
) -> Lot:
    """Order quantity at which ordering and holding cost the same, and least together.

    ``Q = √(2 K D / h)``, ``cost = √(2 K D h)``. The optimum is flat: an order 25% too large costs
    2.5% more.

    Parameters
    ----------
    fixed_cost
        Cost K of an order whatever its size [KRW].
    holding_cost
        Cost h of holding one unit for a year [KRW per unit and year].
    demand_rate
        Demand D [units per year].

    Raises
    ------
    SettingsError
        If a number is not above 0.

    References
    ----------
    Harris, F. W. (1913), reprinted 1990. How many parts to make at once. Operations Research
    38(6), 947-950. doi:10.1287/opre.38.6.947

    Examples
    --------
    >>> lot = economic_order_quantity(50.0, 4.0, 100.0)
    >>> float(lot.quantity), float(lot.cost), float(lot.orders_per_year)
    (50.0, 200.0, 2.0)
    """
    _refuse("above 0", fixed_cost=fixed_cost, holding_cost=holding_cost, demand_rate=demand_rate)
    quantity = np.sqrt(2 * fixed_cost * demand_rate / holding_cost)
    return Lot(quantity, holding_cost * quantity, demand_rate / quantity)


def joint_replenishment(
    items: pd.DataFrame, *, major_cost: float, method: str = "auto"
) -> JointPlan:
    """Cheapest common cycle, and the multiple of it at which each item joins the order.

    ``minimise C(T, m) = (A + Σ aⱼ/mⱼ)/T + T/2 · Σ mⱼ hⱼ dⱼ`` over ``T > 0``, ``mⱼ = 1, 2, 3, …``

    *Where* A is the major cost, aⱼ the minor cost, hⱼ the holding cost, dⱼ the demand rate of item
    j, T the cycle and mⱼ the multiple. The major cost is paid every cycle, so the plan may cost
    more than `independent_cost`; then the items are better ordered alone.

    ``exact`` is the global optimum. ``rand`` improves several cycles until they stay and keeps the
    best; it promises nothing, so look at the gap. ``power_of_two`` is the optimum over 1, 2, 4, …,
    which is easier to run and at most 2.02% dearer than any policy.

    Parameters
    ----------
    items
        ``minor_cost`` of adding the item to an order [KRW], ``holding_cost`` [KRW per unit and
        year], ``demand_rate`` [units per year], by item.
    major_cost
        Cost of an order whatever is in it [KRW].
    method
        ``exact``, ``rand``, ``power_of_two``, or ``auto``: exact up to 20 items, RAND above.

    Raises
    ------
    SettingsError
        If there are no items, a column is missing, a number is not above 0 or the method unknown.

    References
    ----------
    van Eijs, M. J. G. (1993). A note on the joint replenishment problem under constant demand.
    Journal of the Operational Research Society 44(2), 185-191.
    Wildeman, R. E., Frenk, J. B. G. & Dekker, R. (1997). An efficient optimal solution method for
    the joint replenishment problem. European Journal of Operational Research 99(2), 433-444.
    Kaspi, M. & Rosenblatt, M. J. (1991). On the economic ordering quantity for jointly replenished
    items. International Journal of Production Research 29(1), 107-114.
    Jackson, P., Maxwell, W. & Muckstadt, J. (1985). The joint replenishment problem with a
    powers-of-two restriction. IIE Transactions 17(1), 25-32.
    Roundy, R. (1985). 98%-effective integer-ratio lot-sizing for one-warehouse multi-retailer
    systems. Management Science 31(11), 1416-1430. doi:10.1287/mnsc.31.11.1416

    Examples
    --------
    Two orders of both parts at 30 each and holding 2 x 60 / 2 units cost 60 + 60.

    >>> part = {"minor_cost": 10.0, "holding_cost": 1.0, "demand_rate": 120.0}
    >>> plan = joint_replenishment(pd.DataFrame([part, part]), major_cost=10.0)
    >>> plan.cycle_years, plan.multiples.tolist(), plan.cost, plan.gap
    (0.5, [1, 1], 120.0, 0.0)
    """
    minor, holding = _rates(items, major_cost, method)
    if method == "auto":
        method = "exact" if len(items) <= ITEMS_SOLVED_EXACTLY else "rand"
    if method == "rand":
        multiples = _rand(major_cost, minor, holding)
    else:
        multiples = _enumerated(major_cost, minor, holding, by_doubling=method == "power_of_two")
    ordering = major_cost + minor @ (1 / multiples)
    cycle_years = np.sqrt(2 * ordering / (holding @ multiples))
    return JointPlan(
        float(cycle_years), pd.Series(multiples.astype(int), items.index, name="multiple"),
        float(2 * ordering / cycle_years), _lower_bound(major_cost, minor, holding), method,
    )  # fmt: skip


def independent_cost(items: pd.DataFrame, *, major_cost: float) -> float:
    """Cost of ordering every item alone, each at its economic order quantity [KRW per year].

    ``Σ √(2 (A + aⱼ) hⱼ dⱼ)``: each item pays the major cost itself.

    Parameters
    ----------
    items
        As for `joint_replenishment`.
    major_cost
        Cost of an order whatever is in it [KRW].

    Raises
    ------
    SettingsError
        As for `joint_replenishment`.

    Examples
    --------
    >>> part = {"minor_cost": 10.0, "holding_cost": 1.0, "demand_rate": 40.0}
    >>> independent_cost(pd.DataFrame([part, part]), major_cost=10.0)
    80.0
    """
    minor, holding = _rates(items, major_cost)
    return float(np.sqrt(2 * (major_cost + minor) * holding).sum())


def safety_stock(
    service_factor: Numbers, *, deviation_per_day: Numbers, lead_time_days: Numbers,
    demand_per_day: Numbers = 0.0, lead_time_deviation_days: Numbers = 0.0,
) -> Numbers:  # fmt: skip
    """Stock against demand and lead time that vary [units].

    ``z √(L s_d² + d² s_L²)``, demand of different days and the lead time being independent.
    0 when nothing varies.

    Parameters
    ----------
    service_factor
        Standard normal quantile z of the chance that no cycle runs short; 1.645 for 95%.
    deviation_per_day
        Standard deviation s_d of a day's demand [units].
    lead_time_days
        Mean time L from order to receipt [days].
    demand_per_day
        Mean demand d [units per day].
    lead_time_deviation_days
        Standard deviation s_L of the lead time [days].

    Raises
    ------
    SettingsError
        If a number is below 0.

    References
    ----------
    Silver, E. A., Pyke, D. F. & Peterson, R. (1998). Inventory Management and Production Planning
    and Scheduling, 3rd ed. Wiley, ch. 7.

    Examples
    --------
    Of four days' demand 2 x 3, of the lead time 4 x 2; together √(36 + 64).

    >>> float(safety_stock(1.0, deviation_per_day=3.0, lead_time_days=4.0, demand_per_day=4.0,
    ...                    lead_time_deviation_days=2.0))
    10.0
    """
    _refuse(
        "0 or more", service_factor=service_factor, deviation_per_day=deviation_per_day,
        lead_time_days=lead_time_days, demand_per_day=demand_per_day,
        lead_time_deviation_days=lead_time_deviation_days,
    )  # fmt: skip
    of_demand = lead_time_days * deviation_per_day**2
    of_lead_time = (demand_per_day * lead_time_deviation_days) ** 2
    return service_factor * np.sqrt(of_demand + of_lead_time)


def pooled_deviation(
    deviations: Numbers, *, correlation: Numbers, axis: int = -1, count: Numbers = 1.0
) -> Numbers:
    """Standard deviation of several demands met from one stock [units].

    ``√(Σ sᵢ² + 2ρ Σ sᵢ sⱼ) = √((1 - ρ) Σ sᵢ² + ρ (Σ sᵢ)²)``. Independent demands of n equal firms
    need √n times the stock of one; at correlation 1 pooling saves nothing.

    Parameters
    ----------
    deviations
        Standard deviation of each demand [units].
    correlation
        Correlation ρ of every two demands. Below 0 it could not hold for many at once.
    axis
        Axis over which demands are pooled.
    count
        Number of equal demands that each one stands for.

    Raises
    ------
    SettingsError
        If a deviation is below 0 or the correlation outside 0 to 1.

    References
    ----------
    Eppen, G. D. (1979). Effects of centralization on expected costs in a multi-location newsboy
    problem. Management Science 25(5), 498-501. doi:10.1287/mnsc.25.5.498

    Examples
    --------
    >>> [float(pooled_deviation(np.array([3.0, 4.0]), correlation=rho)) for rho in (0.0, 1.0)]
    [5.0, 7.0]
    """
    _refuse("0 to 1", *_faults("0 or more", deviations=deviations), correlation=correlation)
    each = np.asarray(deviations, dtype="float64")
    apart = (count * each**2).sum(axis=axis)
    together = (count * each).sum(axis=axis) ** 2
    deviation: Numbers = np.sqrt((1 - correlation) * apart + correlation * together)
    return deviation


def stock_cost(
    *, demand_per_year: Numbers, lot: Numbers, unit_value: Numbers, holding_rate: Numbers,
    safety_stock: Numbers, transit_days: Numbers,
) -> StockCost:  # fmt: skip
    """Cost of holding cycle, safety and pipeline stock, by which slow and fast modes compare.

    ``Q/2 · v i``, ``S · v i`` and ``D t/365 · v i``. With freight and the cost of ordering they
    make the total logistics cost of a mode.

    Parameters
    ----------
    demand_per_year
        Demand D [units per year].
    lot
        Order quantity Q [units].
    unit_value
        Value v of a unit [KRW].
    holding_rate
        Share i of the value that holding costs in a year.
    safety_stock
        Stock S against variation [units].
    transit_days
        Time t that the firm owns the goods on the way [days].

    Raises
    ------
    SettingsError
        If a number is below 0.

    References
    ----------
    Baumol, W. J. & Vinod, H. D. (1970). An inventory theoretic model of freight transport demand.
    Management Science 16(7), 413-421.

    Examples
    --------
    >>> cost = stock_cost(demand_per_year=365.0, lot=40.0, unit_value=10.0, holding_rate=0.5,
    ...                   safety_stock=6.0, transit_days=30.0)
    >>> cost.cycle, cost.safety, cost.pipeline
    (100.0, 30.0, 150.0)
    """
    _refuse(
        "0 or more", demand_per_year=demand_per_year, lot=lot, unit_value=unit_value,
        holding_rate=holding_rate, safety_stock=safety_stock, transit_days=transit_days,
    )  # fmt: skip
    unit_cost = unit_value * holding_rate
    on_the_way = demand_per_year * transit_days / DAYS_PER_YEAR
    return StockCost(lot / 2 * unit_cost, safety_stock * unit_cost, on_the_way * unit_cost)


def _enumerated(
    major: float, minor: np.ndarray, holding: np.ndarray, *, by_doubling: bool
) -> np.ndarray:
    """Best multiples of all that are best at some cycle.

    At ``T = √(2aⱼ / (hⱼdⱼ p q))`` item j passes from multiple p to the next one, q. Between two
    such cycles the multiples stay, and running sums give their cost. Items cost at least
    ``Σ√(2 aⱼ hⱼ dⱼ)``, so no cycle shorter than ``A / (best - Σ√(2 aⱼ hⱼ dⱼ))`` can be better.
    """
    natural = np.sqrt(2 * minor / holding)
    alone = np.sqrt(2 * minor * holding).sum()
    shortest = np.sqrt(2 * (major + minor.sum()) / holding.sum())
    while True:
        largest = natural.max() / shortest + 2
        levels = 2 ** np.arange(np.log2(largest) + 1) if by_doubling else np.arange(1, largest + 1)
        lower, upper = levels[:-1], levels[1:]
        passings = natural[:, None] / np.sqrt(lower * upper)
        item, step = np.nonzero(passings > shortest)
        order = np.argsort(-passings[item, step], kind="stable")
        item, step = item[order], step[order]
        saved = np.cumsum(minor[item] * (1 / lower - 1 / upper)[step])
        added = np.cumsum(holding[item] * (upper - lower)[step])
        ordering = major + minor.sum() - np.append(0, saved)
        costs = np.sqrt(2 * ordering * (holding.sum() + np.append(0, added)))
        best = int(costs.argmin())
        if shortest * (costs[best] - alone) <= major:
            return levels[np.bincount(item[:best], minlength=len(minor))]
        shortest /= 2


def _rand(major: float, minor: np.ndarray, holding: np.ndarray) -> np.ndarray:
    """Best multiples from cycles between the shortest of one item and that of all together."""
    natural = np.sqrt(2 * minor / holding)
    longest = np.sqrt(2 * (major + minor.sum()) / holding.sum())
    cycles, before = np.linspace(natural.min(), longest, RAND_STARTS), np.zeros(RAND_STARTS)
    while not np.allclose(cycles, before, rtol=1e-12, atol=0):
        # smallest m with m (m + 1) >= (natural / cycle)²
        roots = np.sqrt(0.25 + (natural[:, None] / cycles) ** 2) - 0.5
        multiples = np.maximum(np.ceil(roots), 1)
        ordering, held = major + minor @ (1 / multiples), holding @ multiples
        cycles, before = np.sqrt(2 * ordering / held), cycles
    return np.asarray(multiples[:, (ordering * held).argmin()])


def _lower_bound(major: float, minor: np.ndarray, holding: np.ndarray) -> float:
    """Cost if no item is ordered more often than the major cost is paid, with free multiples."""
    order = np.argsort(minor / holding)
    minor, holding = minor[order], holding[order]
    shared = minor / holding < (major + minor.cumsum()) / holding.cumsum()
    together = np.sqrt(2 * (major + minor[shared].sum()) * holding[shared].sum())
    return float(together + np.sqrt(2 * minor * holding)[~shared].sum())


def _rates(
    items: pd.DataFrame, major_cost: float, method: str = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """Minor cost [KRW] and holding cost of a year's demand, ``hⱼdⱼ``, of sound items."""
    faults = [] if method in METHODS else [f"method = {method!r}: allowed {', '.join(METHODS)}"]
    faults += [] if len(items) else ["items = none: allowed one or more"]
    faults += [f"column {name} is missing" for name in ITEM_COLUMNS if name not in items]
    columns = {name: items[name] for name in ITEM_COLUMNS if name in items}
    _refuse("above 0", *faults, major_cost=major_cost, **columns)
    minor, holding_cost, demand_rate = items[list(ITEM_COLUMNS)].to_numpy(dtype="float64").T
    return minor, holding_cost * demand_rate


def _faults(allowed: str, **quantities: Numbers) -> list[str]:
    faults = []
    low, high = BOUNDS[allowed]
    for name, values in quantities.items():
        is_plain, most = isinstance(values, float | np.ndarray), min(high, np.finfo(float).max)
        if is_plain and np.min(values) >= low and np.max(values) <= most:
            continue  # the usual case, and a hot path
        labels = values.index if isinstance(values, pd.Series) else None
        found = pd.Series(np.ravel(values), labels)
        numbers = pd.to_numeric(found, errors="coerce")
        wrong = found[~(numbers.between(low, high) & np.isfinite(numbers))]
        shown = [str(value) if labels is None else f"{value} ({label})"
                 for label, value in wrong.head(FAULTS_SHOWN).items()]  # fmt: skip
        more = f" and {len(wrong) - len(shown)} more" if len(wrong) > len(shown) else ""
        faults += [f"{name} = {', '.join(shown)}{more}: allowed {allowed}"] if shown else []
    return faults


def _refuse(allowed: str, *others: str, **quantities: Numbers) -> None:
    """Refuse quantities out of bounds, in one message with other faults."""
    if faults := [*others, *_faults(allowed, **quantities)]:
        raise SettingsError("; ".join(faults))

"""Suppliers, ports and routes that stop and recover: how long firms survive, how short they run.

A stop of a node (an origin, a supplier, a port, …) holds up for some days what passes it. A firm
lives on until its next arrival fails to come and its stock is used up: ``wait + stock / share``,
``share`` being the part of its need that the stop holds back. What is short after that is made up
when the goods come. A stop that begins while another lasts counts after it, so a simulated year
adds up its stops.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from site_select import tables
from site_select.networks import LEFT_FOR_ANOTHER, Chain

DAYS = 365.0
BEHIND = ("origin", "supplier", "departure_port", "air")  # goods under way are past these already
HOLDING = ("switched_within_180_days", "switched_within_365_days", "switching_longest_days",
           "canal_detour_days")  # fmt: skip
STOPS, BEGINS, SURVIVAL, TRIALS = range(1, 5)  # streams of random numbers
CELLS = 1 << 20  # event, firm and part at once, so that memory does not grow with the years
YEARS_AT_ONCE = 1 << 18
NORMAL = stats.norm.ppf((np.arange(64) + 0.5) / 64)


class Stops(NamedTuple):
    """Stops in order of draw and year.

    Attributes
    ----------
    draw, year, node
        Where each belongs, by position.
    days, share
        Days by which goods that pass the node come later at first, and the share of them held back.
    lasting_days
        Days for which goods come later: all of a stop, and all that a canal is closed.
    moved_days
        Days for which another source then delivers.
    """

    draw: np.ndarray
    year: np.ndarray
    node: np.ndarray
    days: np.ndarray
    share: np.ndarray
    lasting_days: np.ndarray
    moved_days: np.ndarray


class Outcome(NamedTuple):
    """Means of a year, every one of which adds up over years.

    Attributes
    ----------
    short_days, unmet_t
        Days on which some part falls short, and weight that came too late ``[draw, firm]``.
    failures, failure_days
        Stops that outlast the firm (time to recover above time to survive) and their length
        ``[draw, firm]``; single late ships are no stops.
    by_node
        Short days of the mean firm by the node that stopped ``[draw, node]``.
    half_days, half_years
        Days with half of the firms short (ships of single firms left out), and share of years in
        which half were short for a day or more ``[draw]``. Missing where a row stands for several
        firms that do not stop together.
    node_days
        Of each node: days stopped, days for which another source delivers, and the first and
        second moment of the delay of what passes it ``[4, draw, node]``.
    """

    short_days: np.ndarray
    unmet_t: np.ndarray
    failures: np.ndarray
    failure_days: np.ndarray
    by_node: np.ndarray
    half_days: np.ndarray
    half_years: np.ndarray
    node_days: np.ndarray

    def fill_rate(self, chain: Chain) -> np.ndarray:
        """Share of the need that is met on time ``[draw, firm]``; 0 where stops add up to more."""
        return np.asarray(np.maximum(1 - self.unmet_t / chain.need_t.sum(axis=-1), 0))


def drawn_stops(
    nodes: pd.Index, draws: pd.DataFrame, *, years: int, seed: int | tuple[int, int]
) -> Stops:
    """Stops of every node in independent years.

    Each node stops as a Poisson process, ``KIND_stops`` times a year; a stop lasts ``KIND_days``
    on average, lognormal with coefficient of variation ``duration_variation``, exponential where
    the draws have none, and holds back ``KIND_share`` of the goods. A canal delays by
    ``canal_detour_days`` at most, for firms order earlier once ships go round; an origin or
    supplier until the firm has changed it.

    Parameters
    ----------
    nodes
        ``kind, name`` of the nodes.
    draws
        Parameters by draw.
    years
        Years of each draw.
    seed
        Seed; the same seed gives the same stops to all chains of the same nodes.
    """
    rng = np.random.default_rng((STOPS, *np.atleast_1d(seed)))
    count = rng.poisson(_by_node(nodes, draws, "stops") * years)
    draw, node = (np.repeat(place.ravel(), count.ravel()) for place in np.indices(count.shape))
    year = rng.integers(years, size=len(draw))
    order = np.lexsort((year, draw))
    return _lasting(nodes, draws, (draw[order], year[order], node[order]), rng)


def _by_node(nodes: pd.Index, draws: pd.DataFrame, what: str) -> np.ndarray:
    """Parameter ``KIND_WHAT`` of each node ``[draw, node]``; a late ship is no stop."""
    names = [f"{kind}_{what}" for kind in nodes.get_level_values("kind")]
    return draws.assign(**{f"ship_{what}": 0.0})[names].to_numpy(float)


def _lasting(
    nodes: pd.Index, draws: pd.DataFrame, at: tuple[np.ndarray, ...], rng: np.random.Generator
) -> Stops:
    """Stops of given draw, year and node with the days that they last."""
    draw, year, node = at
    mean, share = (_by_node(nodes, draws, what)[draw, node] for what in ("days", "share"))
    length = mean * _relative_lengths(draws, draw, rng)
    kinds, own = nodes.get_level_values("kind"), draws.columns.intersection(list(HOLDING))
    is_left, is_canal = np.asarray(kinds.isin(LEFT_FOR_ANOTHER))[node], (kinds == "canal")[node]
    days, moved = held_days(length, draws[own].iloc[draw], rng, is_left=is_left, is_canal=is_canal)
    lasting = np.where(is_canal, length, days)
    return Stops(draw, year, node, days, share, lasting, moved * share)


def held_days(
    length: np.ndarray, draws: pd.DataFrame, rng: np.random.Generator, *, is_left: np.ndarray,
    is_canal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Days for which stops hold goods up, and for which another source then delivers.

    Parameters
    ----------
    length
        Length of each stop [days].
    draws
        Parameters of each stop.
    rng
        Of the time to change supplier.
    is_left, is_canal
        Whether firms can change what stops for another; whether ships go round it.
    """
    ends = np.full(len(length), np.inf)
    if "switching_longest_days" in draws:
        ends[is_left] = _switching_days(draws[is_left], rng)
    days, moved = np.minimum(length, ends), np.maximum(length - ends, 0)
    if is_canal.any():
        detour = np.minimum(days, draws["canal_detour_days"].to_numpy(float))
        days = np.where(is_canal, detour, days)
    return days, moved


def _relative_lengths(
    draws: pd.DataFrame, draw: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Lengths of mean 1."""
    if "duration_variation" not in draws:
        return rng.standard_exponential(len(draw))
    spread = np.sqrt(np.log1p(draws["duration_variation"].to_numpy(float) ** 2))[draw]
    return np.asarray(np.exp(spread * rng.standard_normal(len(draw)) - spread**2 / 2))


def _switching_days(draws: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Time to change supplier, even within the classes in which firms answered."""
    chance = rng.random(len(draws))
    half, whole, longest = (
        draws[name].to_numpy(float)
        for name in ("switched_within_180_days", "switched_within_365_days",
                     "switching_longest_days")
    )  # fmt: skip
    least = 1e-12  # of the share that answered with a class
    return np.asarray(np.select(
        [chance < half, chance < whole],
        [180 * chance / np.maximum(half, least),
         180 + 185 * (chance - half) / np.maximum(whole - half, least)],
        365 + (longest - 365) * (chance - whole) / np.maximum(1 - whole, least),
    ))  # fmt: skip


def one_stop(
    chain: Chain, node: tuple[str, str], days: np.ndarray, *, years: int, share: float = 1.0
) -> Stops:
    """The same stop once in every year, for a scenario.

    Parameters
    ----------
    chain
        The chain.
    node
        ``kind, name`` of a node that it passes.
    days
        Days by which it holds goods up, by draw.
    years
        How often it is tried with another day of its begin.
    share
        Share of the goods that it holds back.
    """
    draw = np.repeat(np.arange(len(days)), years)
    year = np.tile(np.arange(years), len(days))
    place = np.full(len(draw), chain.passes.index.get_loc(node))
    held = days[draw]
    return Stops(draw, year, place, held, np.full(len(draw), share), held, np.zeros(len(draw)))


def simulate(chain: Chain, draws: pd.DataFrame, *, years: int, seed: int) -> Outcome:
    """What stops of its nodes do to a chain in a mean year.

    Parameters
    ----------
    chain
        The chain.
    draws
        Parameters by draw: those of `drawn_stops`, and ``late_shipments`` and ``late_days`` where
        ships may be late.
    years
        Years of each draw.
    seed
        Seed; the same seed gives the same stops to all chains of the same nodes.

    References
    ----------
    Simchi-Levi, D. et al. (2015). Identifying risks and mitigating disruptions in the automotive
    supply chain. Interfaces 45(5), 375-390. doi:10.1287/inte.2015.0804

    Examples
    --------
    One stop in 5 years of 56 days on average, and 21 days of stock: 0.2 x 56 exp(-21/56) days.

    >>> from site_select import networks
    >>> sources = pd.DataFrame({"part": ["spring"], "supplier": ["S"], "origin": ["KR"],
    ...                         "mode": ["truck"]})
    >>> one, passes = np.ones((1, 1)), networks.passes(sources, by_canal=False)
    >>> chain = Chain(sources, passes, one[None], one, stock_days=21 * one, deviation_days=0 * one,
    ...               interval_days=1e-9 * one, lead_days=one, transit_days=one,
    ...               is_gathered=one > 0, is_pooled=False,
    ...               spare_share=np.zeros(1))
    >>> draws = pd.DataFrame({"supplier_stops": [0.2], "supplier_days": 56.0,
    ...                       "supplier_share": 1.0})
    >>> found = simulate(chain, draws, years=200_000, seed=1)
    >>> round(float(found.short_days[0, 0]), 1)
    7.7
    """
    most = max(1, YEARS_AT_ONCE // len(draws))
    total: Any = None
    for block, first in enumerate(range(0, years, most)):
        some = min(most, years - first)
        events = drawn_stops(chain.passes.index, draws, years=some, seed=(seed, block))
        found = outcome(chain, events, years=some, seed=(seed, block), late=draws)
        parts = [part * (some / years) for part in found]
        total = parts if total is None else [a + b for a, b in zip(total, parts, strict=True)]
    return Outcome(*total)


def expected_short_days(
    chain: Chain, draws: pd.DataFrame, *, samples: int, seed: int
) -> np.ndarray:
    """Days short a year of the mean firm ``[draw]``, by trying every node equally often.

    ``Σ rate · E[short days of a stop]``: the mean of `simulate` with far less sampling error, where
    only the mean is wanted.

    Parameters
    ----------
    chain, draws
        As for `simulate`.
    samples
        Stops tried of each node and draw.
    seed
        Seed.
    """
    nodes, rng = chain.passes.index, np.random.default_rng((TRIALS, seed))
    is_node = nodes.get_level_values("kind") != "ship"
    at = np.indices((len(draws), samples, int(is_node.sum()))).reshape(3, -1)
    events = _lasting(nodes, draws, tuple(at), rng)
    found = outcome(chain, events, years=samples, seed=seed)
    held = chain.held()
    rate = _late_ships(chain, held, draws)
    late = np.where(chain.is_gathered, rate.max(axis=2), rate.sum(axis=2))
    if chain.is_pooled:
        late = rate.max(axis=(1, 2))[:, None] * (held[..., -1] > 0).any(axis=2)
    late = late * draws.reindex(columns=["late_days"], fill_value=0.0).to_numpy(float)
    stops = found.by_node * _by_node(nodes, draws, "stops")
    return np.asarray(stops.sum(axis=1) + (late * chain.firm_shares).sum(axis=1))


def outcome(
    chain: Chain, events: Stops, *, years: int, seed: int | tuple[int, int],
    late: pd.DataFrame | None = None,
) -> Outcome:  # fmt: skip
    """What given stops do to a chain, in the mean of their years.

    Parameters
    ----------
    chain
        The chain.
    events
        The stops.
    years
        Years of each draw.
    seed
        Seed of the day on which a stop begins and of the stock it meets.
    late
        Parameters of late ships, ``late_shipments`` and ``late_days``, where they count too.
    """
    rng = np.random.default_rng((BEGINS, *np.atleast_1d(seed)))
    tally, held = _Tally(chain, years), chain.held()
    for cut in _slices(len(events.draw), chain):
        some = Stops(*(part[cut] for part in events))
        share = held[some.draw, :, :, some.node] * some.share[:, None, None]
        out = _run_out(chain, some.draw, share, rng)
        tally.add(some, np.maximum(some.days[:, None, None] - out, 0), share)
    if late is not None and "late_shipments" in late and chain.has_ships:
        _add_late_ships(tally, held, late, rng)
    shape = (4, *tally.by_node.shape)
    place = events.draw * shape[2] + events.node
    moments = (events.lasting_days, events.moved_days, *_delays(chain, events))
    sums = [np.bincount(place, of, minlength=shape[1] * shape[2]) for of in moments]
    return tally.outcome(np.reshape(sums, shape))


def _delays(chain: Chain, events: Stops) -> tuple[np.ndarray, np.ndarray]:
    """First and second moment of the delay of what passes while each stop lasts, per year.

    Goods that come later into a stop wait less; round a closed canal all take as long.
    """
    is_canal = (chain.passes.index.get_level_values("kind") == "canal")[events.node]
    first = events.lasting_days * events.days * np.where(is_canal, 1, 1 / 2)
    second = events.lasting_days * events.days**2 * np.where(is_canal, 1, 1 / 3)
    return first * events.share / DAYS, second * events.share / DAYS


def _slices(events: int, chain: Chain) -> Iterator[slice]:
    most = max(1, CELLS // (chain.weight_t.shape[1] * chain.sources["part"].nunique()))
    for start in range(0, events, most):
        yield slice(start, start + most)


def _run_out(
    chain: Chain, draw: np.ndarray, share: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Days from the stop, seen at the firm's gate, to the end of its stock ``[event, firm, part]``.

    What comes in one shipment waits for the same day and meets the same stock.
    """
    shape = (len(draw), 1, 1) if chain.is_pooled else share.shape
    luck, phase = rng.standard_normal(shape), rng.random(shape)
    if not chain.is_pooled:
        is_one = chain.is_gathered[draw][..., None]
        luck, phase = (np.where(is_one, of[..., :1], of) for of in (luck, phase))
    stock = chain.stock_days[draw][..., None] + chain.deviation_days[draw][..., None] * luck
    wait = chain.interval_days[draw][..., None] * phase
    lasts = np.full(share.shape, np.inf)
    np.divide(np.maximum(stock, 0), share, out=lasts, where=share > 0)
    lasts += wait
    return lasts


def _late_ships(chain: Chain, held: np.ndarray, draws: pd.DataFrame) -> np.ndarray:
    """Late shipments a year that outlast the stock ``[draw, firm, part]``.

    Lateness is exponential, hence so is what is left of it when the stock is gone. The chance that
    it comes so far is averaged over the stock met, so only these few need be drawn.
    """
    if "late_shipments" not in draws or not chain.has_ships:
        return np.zeros(held.shape[:3])
    mean, often = (draws[name].to_numpy(float)[:, None] for name in ("late_days", "late_shipments"))
    stock = chain.stock_days[..., None] + chain.deviation_days[..., None] * NORMAL
    chance = np.exp(-np.maximum(stock, 0) / mean[..., None]).mean(axis=-1)
    return np.asarray((often * chance * DAYS / chain.interval_days)[..., None] * held[..., -1])


def _add_late_ships(
    tally: "_Tally", held: np.ndarray, draws: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Add late ships; where each firm has its own, only their number and sum are drawn."""
    rate, chain = _late_ships(tally.chain, held, draws), tally.chain
    mean = draws["late_days"].to_numpy(float)
    if not chain.is_pooled:
        is_one, longest = chain.is_gathered[..., None], rate.max(axis=2, keepdims=True)
        apart, together = (
            mean[:, None, None] * rng.standard_gamma(rng.poisson(often * tally.years))
            for often in (np.where(is_one, 0, rate), np.where(is_one, longest, 0))
        )
        tally.add_apart(apart.sum(axis=2) + together[..., 0], apart + together * (rate > 0))
        return
    count = rng.poisson(rate.max(axis=(1, 2)) * tally.years)
    draw = np.repeat(np.arange(len(count)), count)
    year = rng.integers(tally.years, size=len(draw))
    order, ship = np.lexsort((year, draw)), np.full(len(draw), len(chain.passes) - 1)
    days = mean[draw] * rng.standard_exponential(len(draw))
    events = Stops(draw, year[order], ship, days, days * 0 + 1, days, days * 0)
    for cut in _slices(len(draw), chain):
        share = (held[draw[cut], :, :, -1] > 0).astype(float)
        short = days[cut, None, None] * share
        tally.add(Stops(*(part[cut] for part in events)), short, share, is_stop=False)


class _Tally:
    """Sums over events, which come in order of draw and year."""

    def __init__(self, chain: Chain, years: int) -> None:
        self.chain, self.years, shape = chain, years, chain.weight_t.shape[:2]
        self.need_t = chain.need_t / DAYS
        self.short, self.unmet, self.failures, self.lost = (np.zeros(shape) for _ in range(4))
        self.by_node = np.zeros((shape[0], len(chain.passes)))
        self.half = np.zeros(shape[0] * years)

    def add(
        self, events: Stops, short: np.ndarray, share: np.ndarray, *, is_stop: bool = True
    ) -> None:
        """Add events: short days and share held back ``[event, firm, part]``."""
        draw, of_firm = events.draw, short.max(axis=2)
        if not len(draw):
            return
        failed, half = (of_firm > 0) & is_stop, of_firm.shape[1] // 2
        for total, values in (
            (self.short, of_firm), (self.failures, failed),
            (self.lost, failed * events.days[:, None]),
            (self.unmet, np.einsum("efp,efp,efp->ef", short, share, self.need_t[draw])),
        ):  # fmt: skip
            _add_by(total, draw, values)
        mean = np.einsum("ef,ef->e", of_firm, self.chain.firm_shares[draw])
        place = draw * self.by_node.shape[1] + events.node
        self.by_node += np.bincount(place, mean, self.by_node.size).reshape(self.by_node.shape)
        at_half = np.partition(of_firm, half, axis=1)[:, half]
        _add_by(self.half, draw * self.years + events.year, at_half)

    def add_apart(self, short: np.ndarray, by_part: np.ndarray) -> None:
        """Add the short days of late ships of single firms, by firm and by part."""
        self.short += short
        self.unmet += (by_part * self.need_t).sum(axis=2)
        self.by_node[:, -1] += (short * self.chain.firm_shares).sum(axis=1)

    def outcome(self, node_days: np.ndarray) -> Outcome:
        """Means of a year."""
        is_told = self.chain.is_pooled or bool((self.chain.count == 1).all())
        half = (self.half if is_told else self.half * np.nan).reshape(-1, self.years)
        sums = (self.short, self.unmet, self.failures, self.lost, self.by_node)
        half_years = np.where(np.isnan(half), half, half >= 1).mean(axis=1)
        means = [total / self.years for total in sums]
        return Outcome._make([*means, half.mean(axis=1), half_years, node_days / self.years])


def _add_by(total: np.ndarray, group: np.ndarray, values: np.ndarray) -> None:
    """Add values to the row of their group; groups come in order."""
    first = np.flatnonzero(np.diff(group, prepend=-1))
    total[group[first]] += np.add.reduceat(values.astype(float), first, axis=0)


def time_to_survive(chain: Chain, node: tuple[str, str], *, samples: int, seed: int) -> np.ndarray:
    """Days that each firm runs on after a stop begins for good ``[draw, sample, firm]``.

    Goods already under way still arrive where the node lies at the begin of the way. Infinite
    where nothing of the firm passes the node.

    Parameters
    ----------
    chain
        The chain.
    node
        ``kind, name`` of a node that it passes.
    samples
        Days of begin tried by draw.
    seed
        Seed.
    """
    rng = np.random.default_rng((SURVIVAL, seed))
    share = chain.held()[..., chain.passes.index.get_loc(node)]
    draw = np.repeat(np.arange(len(share)), samples)
    days = _run_out(chain, draw, share[draw], rng).min(axis=2)
    if node[0] in BEHIND:
        days += chain.transit_days[draw]
    return np.asarray(days.reshape(len(share), samples, -1))


def orders(
    chain: Chain, found: Outcome, firms: list[str], *, complex_id: str, year: int
) -> pd.DataFrame:
    """The simulated world as rows of the table ``orders``, means of all draws.

    Lead times carry the delays of the stops; what firms move to another source while theirs is
    stopped stands in rows of the supplier ``another``. So exposure is measured of what was
    simulated just as of what was surveyed.

    Parameters
    ----------
    chain, found
        A chain and what was simulated of it.
    firms
        Labels of the firms.
    complex_id, year
        Complex and year of the rows.
    """
    passed = chain.passes.to_numpy(float)
    moved, delay, squared = (part @ passed for part in found.node_days[1:])
    moved = np.minimum(moved / DAYS, 1.0)[:, None, :]
    lead = chain.lead_days[..., None] + delay[:, None, :]
    spread = np.sqrt(np.maximum(squared - delay**2, 0))[:, None, :]
    rows = []
    for name, weight in (("", chain.weight_t * (1 - moved)), ("another", chain.weight_t * moved)):
        columns = {
            "weight_t": weight * chain.count[..., None], "lead_time_days": lead,
            "lead_time_deviation_days": spread,
            "stock_days": (chain.stock_days + chain.interval_days / 2)[..., None],
            "orders_per_year": DAYS / chain.interval_days[..., None],
            "firms": chain.count[..., None],
        }  # fmt: skip
        table = pd.DataFrame({
            column: np.broadcast_to(values, chain.weight_t.shape).mean(axis=0).ravel()
            for column, values in columns.items()
        })  # fmt: skip
        own = chain.sources.loc[np.tile(chain.sources.index, len(firms))].reset_index(drop=True)
        rows.append(table.join(own).assign(
            firm=np.repeat(firms, len(chain.sources)), supplier=name or own["supplier"],
        ))  # fmt: skip
    every = _summed(pd.concat(rows, ignore_index=True))
    return every[every["weight_t"] > 0].assign(
        complex_id=complex_id, year=year, incoterm="unknown", quality="computed",
        source="simulated stops", firms=lambda table: table["firms"].round().astype("int64"),
        value_krw=np.nan, other_suppliers=np.nan, qualify_days=np.nan,
    )[list(tables.schema("orders").index)].reset_index(drop=True)  # fmt: skip


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    """One row by firm, part, supplier and mode: two sources may move to the same other one."""
    weight = rows["weight_t"]
    means = ["lead_time_days", "lead_time_deviation_days", "stock_days", "firms"]
    by = rows[means].mul(weight, axis=0).join(rows[["weight_t", "orders_per_year"]])
    keys = [rows[name] for name in ("firm", "part", "supplier", "mode")]
    found = by.groupby(keys, sort=False).sum()
    found[means] = found[means].div(found["weight_t"], axis=0)
    return found.reset_index()

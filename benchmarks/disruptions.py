"""How long simulated disruptions take, and how near they come to a plain event loop.

``python benchmarks/disruptions.py`` prints a table and ends with 1 when a limit is missed.
"""

import heapq
import random
import resource
import sys
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd
from ratios import Line

from site_select import disruption, networks
from site_select.networks import Chain

DAYS = 365.0
FIRMS, PARTS, COMPLEXES = 24, 2, 58
ORIGINS = ("SE", "DE", "JP", "CN", "US")
ONE_YEARS, EVERY_YEARS, LOOP_YEARS, OVERLAP_YEARS = 100_000, 10_000, 200, 400_000
ONE_LIMIT_S, EVERY_LIMIT_S, MEMORY_LIMIT_GIB = 10.0, 60.0, 1.0
STOPS = {  # a year, mean days, share held back: middle of data/reference/disruption_parameters.csv
    "origin": (0.03, 365.0, 0.5), "supplier": (0.02, 90.0, 1.0),
    "departure_port": (0.5, 1.5, 1.0), "canal": (0.33, 150.0, 0.9), "port": (1.5, 1.47, 1.0),
    "road": (0.35, 12.0, 0.75), "air": (0.05, 120.0, 0.3),
}  # fmt: skip
OTHERS = {
    "canal_detour_days": 8.5, "late_shipments": 0.35, "late_days": 5.0, "duration_variation": 1.0,
    "switched_within_180_days": 0.231, "switched_within_365_days": 0.58,
    "switching_longest_days": 730.0,
}  # fmt: skip


class Stop(NamedTuple):
    """Stops of one node: how many a year, and mean days of an exponential length."""

    a_year: float
    days: float


class Walk(NamedTuple):
    """What the event loop counted."""

    short_days: float
    stops: int


def event_loop(
    nodes: Sequence[Stop], *, stock_days: float, interval_days: float, years: float, seed: int,
    are_apart: bool = False,
) -> Walk:  # fmt: skip
    """Follow the inventory of one firm and part, event by event, as one would write it first.

    An order comes every ``interval_days`` and brings so many days of use; due while a node is
    stopped, it comes with all others when every node has recovered. Days of use that are missing
    are handed out later. Stops of all nodes overlap as they come; ``are_apart`` lets a node's next
    stop begin only after the last.
    """
    dice = random.Random(seed)  # noqa: S311 - a simulation
    due = dice.random() * interval_days
    events = [(due, "due", 0)]
    for number, node in enumerate(nodes):
        events.append((dice.expovariate(node.a_year / DAYS), "stop", number))
    heapq.heapify(events)
    last, level, waiting, stopped_until, short, stops = 0.0, stock_days + due, 0, 0.0, 0.0, 0
    while events[0][0] < years * DAYS:
        now, what, number = heapq.heappop(events)
        short += now - last - min(max(level, 0.0), now - last)
        level, last = level - (now - last), now
        if what == "due":
            is_held = now < stopped_until
            waiting += is_held
            level += 0.0 if is_held else interval_days
            heapq.heappush(events, (now + interval_days, "due", 0))
        elif what == "stop":
            end = now + dice.expovariate(1 / nodes[number].days)
            stopped_until, stops = max(stopped_until, end), stops + 1
            heapq.heappush(events, (stopped_until, "recovery", number))
            again = dice.expovariate(nodes[number].a_year / DAYS)
            heapq.heappush(events, ((end if are_apart else now) + again, "stop", number))
        elif now >= stopped_until:
            level, waiting = level + waiting * interval_days, 0
    return Walk(short, stops)


def chain(weight_t: np.ndarray, sources: pd.DataFrame, *, is_pooled: bool) -> Chain:
    """Chain of made-up times for weights ``[draw, firm, source]``; firms wait apart or together."""
    every = np.ones(weight_t.shape[:2])
    stock = 20.0 if is_pooled else np.linspace(5, 60, weight_t.shape[1]) * every
    return Chain(
        sources, networks.passes(sources, by_canal=True), weight_t, every, stock * every,
        0.3 * stock * every, 30 * every, 60 * every, 45 * every, is_gathered=every < 1,
        is_pooled=is_pooled, spare_share=np.zeros(len(weight_t)),
    )  # fmt: skip


def sources() -> pd.DataFrame:
    """Two parts from five origins each, by air and by sea."""
    return pd.DataFrame([
        {"part": f"part {part}", "supplier": f"{part} {origin}", "origin": origin, "mode": mode}
        for part in range(PARTS) for origin in ORIGINS for mode in ("air", "sea_lcl")
    ])  # fmt: skip


def hazards(draws: int) -> pd.DataFrame:
    """The same parameters in every draw."""
    columns = {
        f"{kind}_{of}": value for kind, row in STOPS.items()
        for of, value in zip(("stops", "days", "share"), row, strict=True)
    }  # fmt: skip
    return pd.DataFrame(columns | OTHERS, index=range(draws))


def simulated(draws: int, firms: int, years: int) -> float:
    """Time to simulate both chains [s]."""
    of = sources()
    weight = np.random.default_rng(1).uniform(0.1, 3, (draws, firms, len(of)))
    both = [chain(weight, of, is_pooled=is_pooled) for is_pooled in (False, True)]
    parameters, start = hazards(draws), perf_counter()
    for one in both:
        disruption.simulate(one, parameters, years=years, seed=1)
    return perf_counter() - start


def looped() -> float:
    """Time of the event loop over the firms, parts and nodes of both chains, extrapolated [s]."""
    kinds = [*("origin", "supplier") * len(ORIGINS), *list(STOPS)[2:]]
    nodes, start = [Stop(*STOPS[kind][:2]) for kind in kinds], perf_counter()
    for seed in range(FIRMS * PARTS):
        event_loop(nodes, stock_days=20, interval_days=30, years=LOOP_YEARS, seed=seed)
    return 2 * (perf_counter() - start) * ONE_YEARS / LOOP_YEARS


def added_up() -> tuple[float, float]:
    """Days short a year where stops overlap, by the event loop, and with stops added up.

    One part by sea, interval 30 and stock 20 days: every node of `STOPS` but the air, at the mean
    days for which it holds goods up.
    """
    held = {kind: days * share for kind, (_, days, share) in STOPS.items() if kind != "air"}
    held["canal"] = OTHERS["canal_detour_days"] * STOPS["canal"][2]
    nodes = [Stop(STOPS[kind][0], days) for kind, days in held.items()]
    exact = event_loop(nodes, stock_days=20, interval_days=30, years=OVERLAP_YEARS, seed=1)
    return exact.short_days / OVERLAP_YEARS, sum(closed_form(node, 20, 30) for node in nodes)


def closed_form(node: Stop, stock_days: float, interval_days: float) -> float:
    """Days short a year ``α R exp(-S/R) (1 - exp(-T/R)) R / T``, stops of one node added up."""
    mean = node.days
    left = mean * np.exp(-stock_days / mean) * -np.expm1(-interval_days / mean) * mean
    return float(node.a_year * left / interval_days)


def lines() -> Iterable[Line]:
    """Both chains of one complex and of many, and the loop."""
    one, every = simulated(1, FIRMS, ONE_YEARS), simulated(COMPLEXES, 1, EVERY_YEARS)
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    note = f"largest memory so far {peak_gib:.2f} GiB, limit {MEMORY_LIMIT_GIB:g}"
    note += ", MISSED" if peak_gib > MEMORY_LIMIT_GIB else ""
    slow, (exact, sums) = looped(), added_up()
    loop_note = (
        f"extrapolated from {LOOP_YEARS} years; {slow / one:.0f} times ours; stops that overlap "
        f"make {exact:.2f} days short a year, added up {sums:.2f}"
    )
    years = f"{FIRMS} firms × {PARTS} parts × {len(ORIGINS)} origins × {ONE_YEARS:,} years"
    return [
        Line(f"disruptions of both chains, {years}", one, ONE_LIMIT_S),
        Line("those disruptions, event by event in a Python loop", slow, None, loop_note,
             slow / one),
        Line(f"disruptions of both chains, {COMPLEXES} complexes × {EVERY_YEARS:,} years", every,
             EVERY_LIMIT_S, note),
    ]  # fmt: skip


def main() -> int:
    """Measure, print the rows; 1 when a limit is missed."""
    found = list(lines())
    for line in found:
        print(f"{line.what:80}{line.seconds:8.2f} s  {line.note}")
    return int(any(line.is_missed for line in found))


if __name__ == "__main__":
    sys.exit(main())

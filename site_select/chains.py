"""The chains as they are drawn: stretch by stretch from the suppliers to the firms."""

import numpy as np
import pandas as pd

from site_select import freight, milkrun, parameters
from site_select.demand import Demand
from site_select.economics import Site
from site_select.milkrun import Market

WAYS = {"pick_up": "road", "truck": "road", "flight": "air", "ship": "ship",
        "delivery": "road", "haulage": "road"}  # fmt: skip


def stretches(site: Site) -> pd.DataFrame:
    """Every stretch of existing logistics and of the milk run, at the value of all parameters.

    Existing logistics is drawn by its surveyed modes; where nobody asked, by air and by part load
    at one shipment a year and firm. Duty is left out.

    Parameters
    ----------
    site
        The complex.

    Returns
    -------
    pandas.DataFrame
        By ``chain`` (mode, or ``milk_run``) and ``step``: ``way`` (``road, air, ship, local``),
        ``krw`` [KRW/year], ``days``, ``co2e_t`` [t/year], ``shipments`` [per year], ``lead_days``.
    """
    draws = parameters.central(site.of)
    market = site.market(draws)
    demand, found = site.demand(draws), site.compare(draws)
    tonnes = float(pooled_t(demand).sum())
    existing = {mode: (float(weight.sum()), float(orders.sum()))
                for mode, (weight, orders) in demand.surveyed.items()}  # fmt: skip
    if not existing:
        firms = float(demand.count.sum()) * len(site.items)
        existing = dict.fromkeys(freight.modes(site.region, market.rates)[:2], (tonnes, firms))
    runs = float(found.milk_run.total("shipments")[0])
    rows, own = [], site.lane
    lane = own._replace(  # suppliers at their mean distance, part loads by the forwarder's depot
        pick_up_km=own.pick_up_km.mean(keepdims=True), port_km=own.via_km,
        airport_pick_up_km=own.airport_pick_up_km.mean(keepdims=True),
    )  # fmt: skip
    for chain, (weight, times) in existing.items():
        lot = freight.load(np.full((1, 1, 1), weight / times), market.rates)
        legs = freight.chain(chain, lot, lane, market.rates, site.fares)
        rows += _stretches(chain, chain, legs, times)
    mode, legs = _pooled_legs(site, market, pooled_t(demand) / runs)
    pooled = _stretches("milk_run", mode, legs, runs)
    local = pooled[-1] | {
        "step": len(pooled), "way": "local", "days": 0.0, "co2e_t": 0.0,
        "krw": float(found.milk_run.total("distribution")[0]),
    }  # fmt: skip
    rows += [*pooled, local]
    return pd.DataFrame(rows).set_index(["chain", "step"])


def pooled_t(demand: Demand) -> np.ndarray:
    """Weight a year of all firms together, by item, of a single draw [t]."""
    return np.asarray((demand.weight_t * demand.count)[0].sum(axis=0))


def _pooled_legs(site: Site, market: Market, lot_t: np.ndarray) -> tuple[str, list[freight.Leg]]:
    """Mode in which a pooled lot, by item, costs least on the way, and its legs."""
    of = market.rates
    first, _ = milkrun.collection(site.items["supplier"], lot_t[None, None], market)
    load = freight.load(np.full((1, 1, 1), lot_t.sum()), of)
    ways = {mode: freight.chain(mode, load, site.lane, of, site.fares, collected=first)
            for mode in freight.modes(site.region, of) if mode != "air"}  # fmt: skip
    best = min(ways, key=lambda mode: _krw(ways[mode]))
    return best, ways[best]


def _krw(legs: list[freight.Leg]) -> float:
    return sum(float(np.sum(leg.krw)) for leg in legs if leg.component != "duty")


def pooled_krw(site: Site, market: Market, lot_t: np.ndarray) -> float:
    """Cost of the way of one pooled lot, by item, duty left out [KRW]."""
    return _krw(_pooled_legs(site, market, lot_t)[1])


def _stretches(
    chain: str, mode: str, legs: list[freight.Leg], times: float
) -> list[dict[str, object]]:
    """Stretches on the way; handling and customs go to the stretch that follows them."""
    lead = float(np.mean(sum(leg.days for leg in legs)))
    rows: list[dict[str, object]] = []
    held = 0.0
    for leg in legs:
        held += _krw([leg]) * times
        if leg.name in WAYS:
            rows.append({
                "chain": chain, "step": len(rows), "mode": mode, "shipments": times,
                "lead_days": lead, "way": WAYS[leg.name], "krw": held,
                "days": float(np.mean(leg.days)),
                "co2e_t": float(np.sum(leg.co2e_kg)) * times / 1000,
            })  # fmt: skip
            held = 0.0
    return rows

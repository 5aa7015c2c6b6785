"""Is the milk run of one complex worth doing, and who gains: appraisal, sharing, joint cycle."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from site_select import (
    appraisal,
    chains,
    confidentiality,
    milkrun,
    networks,
    parameters,
    replenishment,
    sharing,
    survey,
)
from site_select.economics import Site
from site_select.errors import SettingsError
from site_select.milkrun import Comparison
from site_select.study import Study


def rule(study: Study, name: str) -> float:
    """Value of an appraisal rule in force on the day whose rules hold.

    Raises
    ------
    SettingsError
        If no row of ``appraisal_rules`` is in force.
    """
    day = study.settings.rules_day or study.settings.as_of
    rows = survey.in_force(study.survey.appraisal_rules, day)
    own = rows[rows["rule"] == name]
    if own.empty:
        raise SettingsError(f"no rule {name!r} is in force on {day}")
    return float(own["value"].iloc[-1])


def yearly_benefit(found: Comparison) -> tuple[np.ndarray, np.ndarray]:
    """Gross saving and running cost of the milk run a year, duty left out as a transfer."""
    gross = [name for name in milkrun.COMPONENTS if name not in (*milkrun.SHARED, "duty")]
    own, run = found.own_best, found.milk_run
    return own.total(*gross) - run.total(*gross), run.total(*milkrun.SHARED)


def npv_of(study: Study, saving_krw: np.ndarray, investment_krw: np.ndarray) -> np.ndarray:
    """Net present value of a yearly saving against an outlay in year 0 [KRW]."""
    rate, years = rule(study, "social_discount_rate"), int(rule(study, "years"))
    flows = np.stack([-investment_krw, *[saving_krw] * years], axis=-1)
    return appraisal.net_present_value(flows, rate)


def npv(study: Study, site: Site) -> Callable[[pd.DataFrame], np.ndarray]:
    """Net present value of the milk run by draw [KRW], as a function of the parameters."""

    def value(draws: pd.DataFrame) -> np.ndarray:
        benefit, running = yearly_benefit(site.compare(draws))
        return npv_of(study, benefit - running, np.asarray(draws["investment"], dtype="float64"))

    return value


def appraise(study: Study, site: Site) -> appraisal.Appraisal:
    """Appraise the milk run of a site at the value of every parameter."""
    draws = parameters.central(site.of)
    found = site.compare(draws)
    benefit, running = yearly_benefit(found)
    outlay = float(draws["investment"].iloc[0])
    project = appraisal.Project(
        outlay, float(running[0]), subsidy_krw=outlay * rule(study, "subsidy_share"),
        years=int(rule(study, "years")),
    )  # fmt: skip
    price = (found.price_effect_krw * found.own_best.count).sum()
    return appraisal.appraise(
        project, logistics_saving_krw=float(benefit[0]), price_saving_krw=float(price),
        rate=rule(study, "social_discount_rate"),
    )  # fmt: skip


def spillover(study: Study, spending_krw: float) -> appraisal.Spillover:
    """Effects of spending by the coefficients in force; never added to a benefit."""
    output, value_added, jobs = (rule(study, name) for name in (
        "output_multiplier", "value_added_multiplier", "jobs_per_billion"))  # fmt: skip
    per_1000m = appraisal.Spillover(output * 1e9, value_added * 1e9, jobs)
    return appraisal.spillover(spending_krw, per_1000m=per_1000m)


def switching_values(study: Study, site: Site, names: Iterable[str]) -> "pd.Series[float]":
    """Value of each parameter, within its range, at which the net present value is zero."""
    middle, value = parameters.central(site.of), npv(study, site)

    def turns_at(name: str) -> float | None:
        low, high = map(float, site.of[["low", "high"]].loc[name].to_numpy())
        return appraisal.switching_value(
            lambda at: float(value(middle.assign(**{name: at}))[0]), low, high
        )

    return pd.Series({name: turns_at(name) for name in names}, dtype="float64")


def told_apart(site: Site, draws: pd.DataFrame) -> Comparison:
    """Compare a site with its firms one by one, so that their shares can differ.

    Where no orders were surveyed, the central number of firms takes part, of drawn sizes.

    Parameters
    ----------
    site
        The complex.
    draws
        Parameters by draw.
    """
    if not site.orders.empty:
        return site.compare(draws)
    return site.compare(draws, told_apart=site.joining)


def firms_told(site: Site) -> int:
    """Firms whose own answers a figure on single firms would show; none where they are made up."""
    return int(confidentiality.firms(site.orders).sum()) if site.split_is_known else 0


def hidden(study: Study, site: Site, by: Sequence[str]) -> "pd.Series[bool]":
    """Whether each group of the surveyed orders of a site has to be hidden."""
    least = study.settings.limits.minimum_firms
    return confidentiality.hidden(site.orders, by=by, minimum_firms=least)


def few_nodes(study: Study, site: Site) -> set[tuple[str, str]]:
    """Nodes (kind, name) whose figures would tell of too few of the firms that were surveyed."""
    places = study.survey.overseas_places.set_index("place_id")
    orders = site.orders.assign(
        origin=site.orders["supplier"].map(places["country"]),
        way=site.orders["mode"].str.split("_").str[0],
    )
    few, told = set(), replace(site, orders=orders)
    for by in (["origin"], ["origin", "supplier"], ["way"]):
        is_hidden = hidden(study, told, by)
        few |= {(by[-1], str(name)) for name in is_hidden.index[is_hidden].get_level_values(-1)}
    ways = {"air": ("air",), "sea": (*networks.SEA_NODES, "ship")}
    return few | {(kind, "") for way, kinds in ways.items() if ("way", way) in few
                  for kind in kinds}  # fmt: skip


def shares(found: Comparison) -> dict[str, np.ndarray]:
    """What each firm pays of the milk run under each rule ``[draw, firm]``, and alone."""
    alone, joint, count = found.own_best.of(), found.milk_run.total(), found.own_best.count
    return {"alone": alone} | {
        rule: sharing.share(alone, joint, rule=rule, count=count)
        for rule in ("equal", "proportional", "square_root")
    }


def joint_plan(site: Site, draws: pd.DataFrame) -> tuple[replenishment.JointPlan, float]:
    """Cheapest common cycle of all firms and items, and what they cost ordering apart.

    The major cost is the fixed part of a pooled shipment (two lots on one line) and of its orders,
    the minor one a firm's call-off.

    Parameters
    ----------
    site
        The complex.
    draws
        One draw of its parameters.
    """
    market, imports = site.market(draws), site.demand(draws)
    weight_t = np.repeat(imports.weight_t[0], imports.count[0, :, 0].astype(int), axis=0).ravel()
    weight_t = weight_t[weight_t > 0]  # not every firm buys every part
    lot_t = chains.pooled_t(imports) / 12
    once, twice = (chains.pooled_krw(site, market, lot_t * times) for times in (1, 2))
    of = market.rates
    orders = float(of["order_administration"].item()) * site.items["supplier"].nunique()
    items = pd.DataFrame({
        "minor_cost": of["call_off_administration"].item(), "demand_rate": weight_t,
        "holding_cost": of["part_price"].item() * 1000 * of["holding_rate"].item(),
    })  # fmt: skip
    major = max(2 * once - twice, 0.0) + orders
    plan = replenishment.joint_replenishment(items, major_cost=major)
    return plan, replenishment.independent_cost(items, major_cost=major)

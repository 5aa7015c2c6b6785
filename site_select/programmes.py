"""Where next: candidates, worth and limits of a study's rollout, and what the plans say."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from site_select import (
    benefits,
    consolidation,
    economics,
    infrastructure,
    listings,
    messages,
    rollout_plans,
)
from site_select.assessment import Assessment
from site_select.consolidation import Consolidation
from site_select.errors import SettingsError
from site_select.messages import Text
from site_select.rollout import Plan
from site_select.rollout_model import Programme
from site_select.rollout_plans import Robust
from site_select.study import Study

DRAWS, TONNE_DRAWS = 400, 100
PLANS, POINTS, SOLVED = 10, 5, 10
OFTEN = 0.1  # of the draws, to be listed
MOSTLY = 0.5  # of the draws
GOOD = 0.05  # share by which a good plan may miss the best one
GAP, ROUGH_GAP = 5e-3, 2e-2  # of the optimum, of the best and of the others; said with every plan
ABROAD, OPERATOR = "abroad", "operator"
MILLION = 1e6
FORMATS = {
    "cost": ",.0f", "value": ".3f", "npv": ",.0f", "in_good": "percent", "budget": ",.0f",
    "spent": ",.0f", "factor": ".2f", "is_best": "percent", "is_good": "percent",
    "regret_95": ".3f", "share_1": "percent", "share_2": "percent", "share_3": "percent",
    "among_nearest": "percent", "distance": ".2f", "low": ".2f", "high": ".2f",
    "share_percent": ".0f", "imports": ",.1f", "value_per_kg": ",.2f", "starts": "count",
    "tonne_km": ",.0f",
    "mean_km": ",.0f", "covered": "percent", "most_covered": "percent",
    "operating_firms": "count", "unsold_1000m2": "count",
}  # fmt: skip
OF_THE_COMPLEX = min(infrastructure.LOGISTICS_LEVELS["shared_logistics_parent"],
                     infrastructure.LOGISTICS_LEVELS["shared_logistics_own"])  # fmt: skip


class Prospects(NamedTuple):
    """What a rollout can choose from.

    Attributes
    ----------
    candidates
        By eligible complex, as `rollout.plan` takes them: ``cost_krw, value, npv_krw, region,
        branch, operator, hubs``; and ``is_compared``, whether its net present value is its own.
    values, npv_krw
        Score and net present value by draw (row) and complex. A complex whose logistics cannot be
        compared takes in every draw the worth of one that can, drawn at random.
    programme
        Budgets and limits of the study.
    warehouses
        Where joint warehouses should stand.
    """

    candidates: pd.DataFrame
    values: pd.DataFrame
    npv_krw: pd.DataFrame
    programme: Programme
    warehouses: Consolidation


class Rollout(NamedTuple):
    """Plans of a programme.

    Attributes
    ----------
    plans
        The best by value, best first.
    robust
        How these, the efficient ones and the best of some draws stand over all draws.
    efficient
        Plans that no other beats in value and net present value at once.
    """

    plans: list[Plan]
    robust: Robust
    efficient: list[Plan]


def prospects(study: Study, result: Assessment, *, n_samples: int = DRAWS) -> Prospects:
    """Gather candidates, their worth by draw, and the limits of the programme.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.
    n_samples
        Draws of score and worth.

    Raises
    ------
    SettingsError
        If no complex can be compared.
    """
    labels = result.scores.sort_index().index
    worth, is_compared = _npv(study, labels, n_samples)
    values = scores_drawn(result, n_samples=n_samples, seed=study.settings.seed)[labels]
    counts = range(1, study.settings.expansion.warehouses + 1)
    warehouses = consolidation.plan(study, n_samples=TONNE_DRAWS, counts=counts)
    complexes = study.complexes.loc[labels]
    cost = float(economics.ranges(study)["value"]["investment"])
    candidates = pd.DataFrame({
        "cost_krw": cost, "value": values.mean(), "npv_krw": worth.mean(),
        "region": complexes["province_en"], "branch": complexes["branch_set"].map(_joined_names),
        "operator": OPERATOR, "hubs": _hubs(result, warehouses, labels), "is_compared": is_compared,
    }, index=labels)  # fmt: skip
    return Prospects(candidates, values, worth, _programme(study, candidates), warehouses)


def scores_drawn(result: Assessment, *, n_samples: int, seed: int) -> pd.DataFrame:
    """Scores by draw (row) and complex: one weight vector and one value of every cell a draw."""
    generator = np.random.default_rng(seed)
    weights = result.draw(n_samples, generator)
    names = list(result.weights.index)
    labels = result.levels.index.unique("complex_id")
    order = pd.MultiIndex.from_product([labels, names])
    cells = result.levels.reindex(order).to_numpy().reshape(len(labels), len(names), -1)
    rows, columns = np.indices(cells.shape[:2])
    drawn = [cells[rows, columns, generator.integers(0, cells.shape[2], cells.shape[:2])] @ row
             for row in weights]  # fmt: skip
    return pd.DataFrame(drawn, columns=labels)


def _npv(study: Study, labels: pd.Index, n_samples: int) -> "tuple[pd.DataFrame, pd.Series[bool]]":
    """Net present value by draw [KRW], and whether it is the complex's own."""
    seed, found = study.settings.seed, economics.sites(study, labels)
    own: dict[str, np.ndarray] = {}
    for whole in economics.compared(
        found, lambda site: economics.drawn(site, n_samples=n_samples, seed=seed)
    ):
        benefit, running = benefits.yearly_benefit(whole.found)
        outlay = whole.draws["investment"].to_numpy("float64")
        worth = benefits.npv_of(study, benefit - running, outlay)
        own |= {str(label): worth[whole.labels == label] for label in dict.fromkeys(whole.labels)}
    if not own:
        raise SettingsError("no complex can be compared, so nobody knows a net present value: "
                            "survey the orders of one at least")  # fmt: skip
    known = np.array(list(own.values()))
    generator = np.random.default_rng(seed)
    others = {label: known[generator.integers(0, len(known), n_samples), np.arange(n_samples)]
              for label in labels if label not in own}  # fmt: skip
    return pd.DataFrame(own | others)[labels], labels.to_series().isin(list(own))


def _hubs(result: Assessment, warehouses: Consolidation, labels: pd.Index) -> "pd.Series[Any]":
    """What a start needs: the point abroad, and a joint warehouse where it has none of its own."""
    facility = result.performance["value"].unstack("indicator").get("shared_logistics")
    has_own = labels.to_series().isin(
        () if facility is None else facility.index[facility >= OF_THE_COMPLEX]
    )
    most = warehouses.assignment.index.get_level_values("count").max()
    near = warehouses.assignment["site"].loc[most]
    return pd.Series([
        ";".join([ABROAD, *([str(near[label])] if label in near and not has_own[label] else [])])
        for label in labels
    ], labels)  # fmt: skip


def _programme(study: Study, candidates: pd.DataFrame) -> Programme:
    of = study.settings.expansion
    years = range(of.first_year, of.first_year + of.years)
    most = {"region": of.most_per_province, "branch": of.most_per_branch}
    names = {group: sorted({name for cell in candidates[group] for name in cell.split(";") if name})
             for group in most}  # fmt: skip
    balance = pd.DataFrame([(group, name, 0, most[group]) for group in most
                            for name in names[group]],
                           columns=["group", "name", "least", "most"])  # fmt: skip
    hubs = sorted({name for cell in candidates["hubs"] for name in cell.split(";")} - {ABROAD})
    costs = {ABROAD: of.consolidation_krw, **dict.fromkeys(hubs, of.warehouse_krw)}
    return Programme(
        pd.Series(of.budget_krw, index=pd.Index(years)),
        benefits.rule(study, "social_discount_rate"), balance,
        pd.Series({OPERATOR: float(of.starts_per_year)}), pd.Series(costs, dtype="float64"),
        pd.Series({0: 1.0, of.learning_after: 1.0 - of.learning}),
    )  # fmt: skip


def rollout(found: Prospects) -> Rollout:
    """Plan a rollout: the ten best by value, how they stand over the draws, the efficient ones.

    Parameters
    ----------
    found
        Result of `prospects`.
    """
    own, programme = found.candidates, found.programme
    plans = rollout_plans.best_plans(own, programme, objective="value", k=PLANS, gap=GAP)
    efficient = rollout_plans.pareto(own, programme, points=POINTS, gap=ROUGH_GAP)
    robust = rollout_plans.robust(
        own, programme, found.values, plans=[*plans, *efficient], objective="value", within=GOOD,
        solve=SOLVED, gap=ROUGH_GAP,
    )  # fmt: skip
    return Rollout(plans, robust, efficient)


def _joined_names(names: Sequence[str]) -> str:
    return ";".join(sorted(names))


def starts(study: Study, found: Prospects, plan: Plan, robust: Robust) -> pd.DataFrame:
    """The complexes of a plan by year, with what they cost and bring, and how sure each is."""
    own = found.candidates.loc[plan.complexes.index]
    spread = found.npv_krw[own.index].quantile([0.05, 0.95]) / MILLION
    return pd.DataFrame({
        "year": plan.complexes["year"].astype(str),
        "name": [listings.name_of(study, label) for label in own.index],
        "cost": plan.complexes["cost_krw"] / MILLION, "value": own["value"],
        "npv": [_range(low, high, is_own=is_own) for (low, high), is_own
                in zip(spread.T.to_numpy(), own["is_compared"], strict=True)],
        "needs": [_hub_names(study, cell) for cell in own["hubs"]],
        "in_good": robust.complexes["in_good"].reindex(own.index),
    }).rename_axis("complex_id")  # fmt: skip


def _range(low: float, high: float, *, is_own: bool) -> Text:
    return messages.text(f"programmes.npv.{'own' if is_own else 'drawn'}", low=low, high=high)


def _hub_names(study: Study, cell: str) -> Text:
    return listings.listed([hub_name(study, hub) for hub in cell.split(";")])


def hub_name(study: Study, hub: str) -> Text:
    """Name of a hub: the point abroad, or the place of a joint warehouse."""
    if hub == ABROAD:
        return messages.text("programmes.abroad")
    places = consolidation.candidates(study)
    return Text(ko=str(places["name_ko"][hub]), en=str(places["name_en"][hub]))


def hubs(study: Study, plan: Plan) -> pd.DataFrame:
    """Hubs of a plan in the order of their opening."""
    rows = plan.hubs.sort_values("year", kind="stable")
    return pd.DataFrame({
        "year": rows["year"].astype(str), "name": [hub_name(study, str(hub)) for hub in rows.index],
        "cost": rows["cost_krw"] / MILLION,
    }).reset_index(drop=True)  # fmt: skip


def years(plan: Plan) -> pd.DataFrame:
    """Budget, spending and starts by year."""
    rows = plan.years
    return pd.DataFrame({
        "starts": rows["starts"], "budget": rows["budget_krw"] / MILLION,
        "spent": rows["spent_krw"] / MILLION, "factor": rows["cost_factor"],
    }).rename(index=str)  # fmt: skip


def compared(study: Study, found: Rollout, *, efficient: bool = False) -> pd.DataFrame:
    """The best plans or the efficient ones: what each changes, and how it stands over the draws."""
    first, before = set(found.plans[0].complexes.index), len(found.plans)
    plans = found.efficient if efficient else found.plans

    def names(labels: set[str]) -> Text:
        if efficient:  # they change too many to be read by name
            return Text(*[", ".join(sorted(labels))] * 2)
        return listings.listed([listings.name_of(study, label) for label in sorted(labels)])

    rows = [
        {"value": plan.value, "npv": plan.npv_krw / MILLION, "starts": len(plan.complexes),
         "hubs": listings.listed([hub_name(study, str(hub)) for hub in plan.hubs.index]),
         "added": names(set(plan.complexes.index) - first),
         "dropped": names(first - set(plan.complexes.index))}
        for plan in plans
    ]  # fmt: skip
    table = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="plan"))
    stand = found.robust.plans[["is_best", "is_good", "regret_95"]]
    stand = stand[before:] if efficient else stand[:before]
    return table.join(stand.set_axis(table.index))


def said(study: Study, found: Prospects, plans: Rollout) -> dict[str, object]:
    """What the sentences of the page name: the best plan, its cost, and what is sure of it."""
    best, sure = plans.plans[0], plans.robust.complexes["in_every_good"] == 1
    core = [listings.name_of(study, label) for label in sorted(sure.index[sure])]
    return {
        "budget": study.settings.expansion.budget_krw, "starts": len(best.complexes),
        "spent": float(best.years["spent_krw"].sum()) / MILLION,
        "drawn": int((~found.candidates["is_compared"]).sum()), "of": len(found.candidates),
        "losing": int(((found.npv_krw[best.complexes.index] < 0).mean() > MOSTLY).sum()),
        "asked": int((~found.candidates["is_compared"][best.complexes.index]).sum()),
        "positive": float((found.npv_krw > 0).to_numpy().mean()), "many": len(core),
        "plans": len(plans.plans), "pool": plans.robust.pool, "solved": SOLVED,
        "draws": len(found.values), "first": float(plans.robust.plans["is_best"].iloc[0]),
        "good": float(plans.robust.plans["is_good"].iloc[0]),
        "core": listings.listed(core) if core else messages.text("programmes.nobody"),
        "notes": Text(ko=" ".join(one.ko for one in best.said),
                      en=" ".join(one.en for one in best.said)),
    }  # fmt: skip


def places(study: Study, found: Prospects, plan: Plan) -> pd.DataFrame:
    """Place of every candidate and the year of its start, missing where it does not start."""
    rows = study.complexes.loc[found.candidates.index, ["latitude", "longitude"]]
    return rows.assign(year=plan.complexes["year"])


def warehouse_table(study: Study, found: Prospects) -> pd.DataFrame:
    """Places that are opened for some number of joint warehouses, and how sure each is."""
    rows = found.warehouses.hubs
    counts = list(found.warehouses.counts.index)
    opened = rows[[f"opened_{count}" for count in counts]].any(axis=1)
    often = rows[[f"share_{count}" for count in counts]].max(axis=1) >= OFTEN
    rows = rows[opened | often]
    shares = {f"share_{count}": rows[f"share_{count}"] for count in counts}
    names = [hub_name(study, str(hub)) for hub in rows.index]
    return pd.DataFrame({"name": names, **shares}, index=rows.index)


def warehouse_counts(study: Study, found: Prospects) -> pd.DataFrame:
    """What one, two and three joint warehouses reach at the expected tonnes."""
    rows = found.warehouses.counts
    names = [listings.listed([hub_name(study, hub) for hub in cell.split(";")])
             for cell in rows["hubs"]]  # fmt: skip
    return rows.drop(columns="hubs").assign(places=pd.Series(names, rows.index, dtype=object))


def efficient(found: Rollout) -> pd.DataFrame:
    """Value and net present value [M KRW] of the efficient plans and of the ten best by value."""
    rows = [(plan.value, plan.npv_krw / MILLION, len(plan.complexes), name)
            for name, plans in (("efficient", found.efficient), ("best", found.plans))
            for plan in plans]  # fmt: skip
    return pd.DataFrame(rows, columns=["value", "npv", "starts", "kind"])


def sure(found: Rollout) -> pd.DataFrame:
    """Complexes that some good plan starts in a tenth of the draws or more, the surest first."""
    shares = found.robust.complexes
    starts = shares.index.isin(found.plans[0].complexes.index)
    rows = shares.assign(is_first=starts)[shares["in_good"] >= OFTEN]
    return rows.sort_values(["in_every_good", "in_good"], ascending=False, kind="stable")

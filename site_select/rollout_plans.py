"""More than one plan of a rollout: the next best, worth against value, and how sure they are."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select import rollout
from site_select.errors import SettingsError
from site_select.rollout import Plan
from site_select.rollout_model import OBJECTIVES, SCALE, Model, Programme, model

APART = 1e-7
TILT = 0.1  # of the gap, which net present value weighs beside value; ours


class Robust(NamedTuple):
    """How plans stand over the draws.

    Attributes
    ----------
    complexes
        By complex, shares of the draws in which it is in the best plan of the pool (``in_best``),
        in a good one (``in_good``) and in all good ones (``in_every_good``).
    plans
        By plan: shares of the draws in which it ``is_best`` and ``is_good``; regret against the
        best plan of the pool: ``regret_mean``, ``regret_95``, ``regret_most``.
    pool
        Number of plans compared.
    minimax
        Position of the plan whose largest regret is smallest.
    """

    complexes: pd.DataFrame
    plans: pd.DataFrame
    pool: int
    minimax: int


def best_plans(
    candidates: pd.DataFrame, programme: Programme, *, objective: str = "npv_krw", k: int = 10,
    gap: float = 0.0, seconds: float = np.inf,
) -> list[Plan]:  # fmt: skip
    """Best plans that differ in at least one complex, each with its best years.

    Every plan found is cut off by ``sum over S of (1 - y_i) + sum over the rest of y_i >= 1``,
    ``y_i`` telling whether complex ``i`` starts at all.

    Parameters
    ----------
    candidates, programme, objective
        As in `rollout.plan`.
    k
        Number of plans.
    gap, seconds
        As in `rollout.plan`, for each plan; the order is exact at a gap of 0.

    Returns
    -------
    list of Plan
        Best first; fewer where there are no more; empty where no plan meets every limit.

    Examples
    --------
    >>> sites = pd.DataFrame({"cost_krw": 1.0, "value": [4.0, 3.0, 2.0]}, index=list("ABC"))
    >>> found = best_plans(sites, Programme(pd.Series({2027: 2.0})), objective="value", k=3)
    >>> [("".join(plan.complexes.index), plan.value) for plan in found]
    [('AB', 7.0), ('AC', 6.0), ('BC', 5.0)]
    """
    if k < 1:
        raise SettingsError(f"k = {k}: allowed 1 or more")
    problem, plans = model(candidates, programme, objective), list[Plan]()
    while len(plans) < k:
        found = rollout.search(problem, objective, gap=gap, seconds=seconds)
        if found is None:
            break
        plans.append(found)
        problem = _without(problem, found)
    return plans


def _without(problem: Model, found: Plan) -> Model:
    """Leave out every schedule of the same complexes."""
    sites, _, years, levels = problem.shape
    taken = problem.candidates.index.isin(found.complexes.index)
    row = np.zeros(len(problem.upper))
    row[: sites * years * levels] = np.repeat(np.where(taken, 1.0, -1.0), years * levels)
    return problem._replace(cuts=(*problem.cuts, (row, taken.sum() - 1.0)))


def pareto(
    candidates: pd.DataFrame, programme: Programme, *, points: int = 11, gap: float = 0.0,
    seconds: float = np.inf,
) -> list[Plan]:  # fmt: skip
    """Plans that no other beats in value and in net present value: the epsilon constraint.

    From the most valuable plan on, the least net present value is raised by equal steps; at every
    step value is maximised first, then net present value at that value, so each plan is efficient.
    With a gap both are maximised at once, net present value at a tenth of the gap's weight (the
    augmented constraint): a plan may be about as far from efficient as the gap.

    Parameters
    ----------
    candidates, programme
        As in `rollout.plan`, with both ``value`` and ``npv_krw``.
    points
        Largest number of plans; with as many as there are, all are found that lie a step apart.
    gap, seconds
        As in `rollout.plan`.

    Returns
    -------
    list of Plan
        Most valuable first.

    References
    ----------
    Mavrotas, G. (2009). Effective implementation of the epsilon-constraint method. Applied
    Mathematics and Computation 213(2), 455-465. doi:10.1016/j.amc.2009.03.037

    Examples
    --------
    >>> worth = {"value": [1.0, 0.5, 0.4], "npv_krw": [1.0, 5.0, 4.0]}
    >>> sites = pd.DataFrame({"cost_krw": 1.0, **worth})
    >>> found = pareto(sites, Programme(pd.Series({2027: 1.0})))
    >>> [(plan.value, plan.npv_krw) for plan in found]
    [(1.0, 1.0), (0.5, 5.0)]
    """
    if points < 2:  # noqa: PLR2004 - a set has two ends
        raise SettingsError(f"points = {points}: allowed 2 or more")
    problem = model(candidates, programme, *OBJECTIVES)
    plans, last = list[Plan](), rollout.search(problem, "npv_krw", gap=gap, seconds=seconds)
    floor = -np.inf
    while last is not None:
        own = problem if np.isinf(floor) else _at_least(problem, "npv_krw", floor)
        best = rollout.search(_tilted(own, TILT * gap), "value", gap=gap, seconds=seconds)
        if best is None:
            break
        if gap == 0:
            held = _at_least(own, "value", best.value - 1e-9 * max(abs(best.value), APART))
            best = rollout.search(held, "npv_krw", seconds=seconds) or best
        if plans and best.npv_krw <= plans[-1].npv_krw:
            break
        plans.append(best)
        step = (last.npv_krw - plans[0].npv_krw) / (points - 1)
        floor = best.npv_krw + max(step, APART * abs(last.npv_krw))
        if floor > last.npv_krw and best.npv_krw < last.npv_krw:
            floor = last.npv_krw
    return plans


def _tilted(problem: Model, share: float) -> Model:
    """Let a share of value stand for net present value: of two plans of a value, the better."""
    value, npv = (problem.gains[name] for name in OBJECTIVES)
    weight = share * abs(value).max() / (abs(npv).max() or 1.0)
    return problem._replace(gains={**problem.gains, "value": value + weight * npv})


def _at_least(problem: Model, objective: str, floor: float) -> Model:
    gain = problem.gains[objective]
    size = abs(gain).max() / SCALE or 1.0
    return problem._replace(cuts=(*problem.cuts, (-gain / size, -floor / size)))


def robust(
    candidates: pd.DataFrame, programme: Programme, draws: pd.DataFrame, *, plans: Sequence[Plan],
    objective: str = "npv_krw", within: float = 0.05, solve: int = 0, gap: float = 0.0,
) -> Robust:  # fmt: skip
    """How the plans stand if value or worth is drawn: shares of the draws, and regret.

    The years of a plan stay; costs are as given. A plan is good in a draw if it is within a share
    of the best plan of the pool. Regret is what the best of the pool would bring more: with every
    draw solved it is exact, else a lower bound. A complex in every good plan can be decided now,
    one in none can be left.

    Parameters
    ----------
    candidates, programme, objective
        As in `rollout.plan`.
    draws
        Value or net present value, draws × complexes.
    plans
        Plans to be held against each other, such as those of `best_plans`.
    within
        Share of the best by which a good plan may miss it.
    solve
        So many first draws are solved as well, and their plans join the pool.
    gap
        As in `rollout.plan`, of these.

    References
    ----------
    Liesiö, J., Mild, P. & Salo, A. (2007). Preference programming for robust portfolio modeling and
    project selection. European Journal of Operational Research 181(3), 1488-1505.
    doi:10.1016/j.ejor.2005.12.041

    Examples
    --------
    >>> sites = pd.DataFrame({"cost_krw": 1.0, "value": [3.0, 2.0]}, index=list("AB"))
    >>> only_one = Programme(pd.Series({2027: 1.0}))
    >>> plans = best_plans(sites, only_one, objective="value", k=2)
    >>> draws = pd.DataFrame({"A": [3.0, 3.0, 3.0, 0.0], "B": 2.0})
    >>> found = robust(sites, only_one, draws, plans=plans, objective="value")
    >>> found.complexes["in_best"].tolist(), found.plans["regret_mean"].tolist()
    ([0.75, 0.25], [0.5, 0.75])
    """
    problem = model(candidates, programme, objective)
    sites = problem.candidates
    _check(sites.index, draws, plans, within=within)
    change = draws[sites.index].to_numpy("float64") - sites[objective].to_numpy("float64")
    pool = [*plans, *(_of_draw(problem, objective, own, gap) for own in change[:solve])]
    started = np.array([sites.index.isin(plan.complexes.index) for plan in pool])
    discount = pd.Series(programme.discount, index=programme.budgets_krw.index)
    share = np.array([plan.complexes["year"].map(discount).reindex(sites.index).fillna(0.0)
                      for plan in pool])  # fmt: skip
    worth = np.array([getattr(plan, objective) for plan in pool])[:, None] + share @ change.T
    best = worth.max(axis=0)
    good = worth >= best - within * abs(best) - 1e-9 * abs(worth).max()
    first = worth.argmax(axis=0)
    regret = (best - worth)[: len(plans)]
    in_good = good.T.astype(float) @ started
    complexes = pd.DataFrame({
        "in_best": started[first].mean(axis=0), "in_good": (in_good > 0).mean(axis=0),
        "in_every_good": (in_good == good.sum(axis=0)[:, None]).mean(axis=0),
    }, index=sites.index)  # fmt: skip
    table = pd.DataFrame({
        "is_best": [(regret[place] <= 0).mean() for place in range(len(plans))],
        "is_good": good[: len(plans)].mean(axis=1), "regret_mean": regret.mean(axis=1),
        "regret_95": np.quantile(regret, 0.95, axis=1), "regret_most": regret.max(axis=1),
    }).rename_axis("plan")  # fmt: skip
    return Robust(complexes, table, len(pool), int(table["regret_most"].argmin()))


def _of_draw(problem: Model, objective: str, change: np.ndarray, gap: float) -> Plan:
    """Best plan where the complexes are worth so much more than expected."""
    _, hubs, _, levels = problem.shape
    discount = np.repeat(problem.programme.discount, levels)
    more = np.outer(change, discount).ravel()
    gain = problem.gains[objective] + np.r_[more, np.zeros((hubs + 1) * len(discount))]
    found = rollout.search(problem._replace(gains={**problem.gains, objective: gain}), objective,
                           gap=gap)  # fmt: skip
    if found is None:
        raise SettingsError("no plan meets every limit: see the reasons that rollout.plan gives")
    return found


def _check(
    labels: pd.Index, draws: pd.DataFrame, plans: Sequence[Plan], *, within: float
) -> None:  # fmt: skip
    faults = [] if 0 <= within < np.inf else [f"within = {within}: allowed 0 or more"]
    if not plans:
        faults.append("no plans: give at least one")
    if missing := [str(name) for name in labels if name not in draws]:
        faults.append(f"draws have no column {', '.join(missing)}: add it")
    elif draws.empty or not np.isfinite(draws[labels].to_numpy("float64")).all():
        faults.append("draws: allowed at least one, and finite numbers only")
    if faults:
        raise SettingsError("; ".join(faults))

"""Which complexes start in which year: an integer program, solved to the optimum by HiGHS.

The model is written out in ``docs/rollout.md``. Money is in prices of one year; a start in year
``t`` counts ``(1 + rate)^-(t - first year)`` of one today, in value and in net present value.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from site_select import messages
from site_select.errors import SettingsError
from site_select.messages import Text
from site_select.rollout_model import OBJECTIVES, SCALE, Model, Programme, indicator, model

ROUNDING = 1e-12
INFEASIBLE = 2
HALF = 0.5
LIMIT_COLUMNS = ["limit", "name", "year", "given", "needed"]
LEAST = ("least_region", "least_branch", "value", "npv_krw")


class Plan(NamedTuple):
    """What starts when.

    Attributes
    ----------
    complexes
        By complex, those that start, earliest first: ``year``, ``cost_krw`` after learning, and
        discounted ``value`` and ``npv_krw``, NaN where not given.
    hubs
        By hub that opens: ``year, cost_krw``.
    years
        By year: ``budget_krw, spent_krw, starts, cost_factor``.
    value, npv_krw
        Discounted sums, hubs paid for; NaN where one of the parts is not known.
    gap
        Share by which a better plan can at most exceed this one; 0 at the optimum.
    said
        Remarks in words.
    blocked
        If no plan meets every limit: the smallest set of limits to be loosened, with ``limit, name,
        year, given, needed``; empty otherwise.
    """

    complexes: pd.DataFrame
    hubs: pd.DataFrame
    years: pd.DataFrame
    value: float
    npv_krw: float
    gap: float
    said: tuple[Text, ...]
    blocked: pd.DataFrame


def plan(
    candidates: pd.DataFrame, programme: Programme, *, objective: str = "npv_krw", gap: float = 0.0,
    seconds: float = np.inf,
) -> Plan:  # fmt: skip
    """Best plan: which complexes start in which year, which hubs open, within every limit.

    A complex without a known net present value is not given 0: it is refused and named. Leave it
    out and say so, or enter the mean of its draws here and the draws in `rollout_plans.robust`.

    Parameters
    ----------
    candidates
        By complex: ``cost_krw`` and ``value`` or ``npv_krw`` (net of ``cost_krw``, seen from the
        year of its start); where there are any ``region``, ``branch``, ``operator``, ``hubs`` it
        needs (several in a set or parted by ``;``) and ``earliest``, its first possible year.
    programme
        Budgets and limits.
    objective
        ``npv_krw`` or ``value``.
    gap
        Share of the optimum that may be missed, to be quicker; 0 is exact.
    seconds
        Time after which the best plan so far is taken, its ``gap`` said.

    Raises
    ------
    SettingsError
        If candidates or programme are faulty, or no plan was found in time.

    References
    ----------
    Salo, A., Keisler, J. & Morton, A. (2011). Portfolio Decision Analysis. Springer.
    doi:10.1007/978-1-4419-9943-6

    Examples
    --------
    Budgets of 10 a year. A needs the hub: 6 + 4 fill the first year and bring 12 - 4. With the hub
    there, B would bring 8, but C brings 9.

    >>> sites = pd.DataFrame({"cost_krw": [6.0, 5.0, 10.0], "npv_krw": [12.0, 8.0, 9.0],
    ...                       "hubs": ["H", "H", ""]}, index=["A", "B", "C"])
    >>> budgets = pd.Series(10.0, index=[2027, 2028])
    >>> best = plan(sites, Programme(budgets, 0.0, hub_costs_krw=pd.Series({"H": 4.0})))
    >>> best.complexes["year"].to_dict(), best.npv_krw
    ({'A': 2027, 'C': 2028}, 17.0)
    """
    problem = model(candidates, programme, objective)
    found = search(problem, objective, gap=gap, seconds=seconds)
    return _blocked(problem) if found is None else found


def search(
    problem: Model, objective: str, *, gap: float = 0.0, seconds: float = np.inf
) -> Plan | None:
    """Best plan of a model; nothing where no plan meets every limit.

    Parameters
    ----------
    problem
        Result of `rollout_model.model`.
    objective, gap, seconds
        As in `plan`.
    """
    gain, budgets = problem.gains[objective], problem.programme.budgets_krw.to_numpy("float64")
    size, levels = abs(gain).max() / SCALE or 1.0, len(problem.programme.learning)
    while True:
        rows, bounds = zip(*problem.cuts, strict=True) if problem.cuts else ((), ())
        matrix = sparse.vstack([problem.matrix, *(sparse.csr_array(row[None]) for row in rows)])
        found = milp(
            -gain / size, integrality=np.ones(len(gain)), bounds=Bounds(0.0, problem.upper),
            constraints=LinearConstraint(matrix, ub=np.r_[problem.high, bounds]),
            options={"mip_rel_gap": gap, "time_limit": seconds},
        )  # fmt: skip
        if found.x is None and found.status == INFEASIBLE:
            return None
        if found.x is None:
            raise SettingsError(f"no plan was found in {seconds} seconds: give it more")
        starts, opens = _schedule(problem, found.x)
        if (_spent(problem, starts, opens)[0].sum(axis=0) <= budgets * (1.0 + ROUNDING)).all():
            is_exact = gap == 0 and found.status == 0
            return _plan(problem, starts, opens, 0.0 if is_exact else float(found.mip_gap))
        # the solver's tolerance let a budget be overdrawn: leave this very schedule out
        taken = np.vstack([starts, opens]) > 0
        row = np.repeat(np.where(taken, 1.0, -1.0), levels, axis=1).ravel()
        cut = (np.r_[row, np.zeros(len(gain) - row.size)], taken.sum() - 1.0)
        problem = problem._replace(cuts=(*problem.cuts, cut))


def _schedule(problem: Model, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts ``[complex, year]`` and openings ``[hub, year]``, each hub as late as it can be."""
    sites, hubs, years, levels = problem.shape
    units = (
        columns.round()[: (sites + hubs) * years * levels].reshape(-1, years, levels).sum(axis=2)
    )
    starts, opens = units[:sites], units[sites:].copy()
    needs = indicator(problem.candidates, "hubs", problem.programme.hub_costs_krw.index)
    budgets = problem.programme.budgets_krw.to_numpy("float64")
    for hub, first in enumerate((needs @ starts > 0).argmax(axis=1)):
        now = int(opens[hub].argmax())
        opens[hub] = 0.0
        if not (needs[hub] @ starts).any():
            continue
        left = budgets - _spent(problem, starts, opens)[0].sum(axis=0)
        fits = np.flatnonzero(left >= problem.programme.hub_costs_krw.iloc[hub])
        later = fits[(fits > now) & (fits <= first)]
        opens[hub, later[-1] if len(later) else now] = 1.0
    return starts, opens


def _spent(
    problem: Model, starts: np.ndarray, opens: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Money spent ``[complex or hub, year]``, and the factor on costs in each year."""
    learning = problem.programme.learning
    before = np.cumsum(starts.sum(axis=0)) - starts.sum(axis=0)
    level = np.searchsorted(learning.index.to_numpy("float64"), before, side="right") - 1
    factors = learning.to_numpy("float64")[level]
    costs = problem.candidates["cost_krw"].to_numpy("float64")[:, None] * starts * factors
    hubs = problem.programme.hub_costs_krw.to_numpy("float64")[:, None] * opens
    return np.vstack([costs, hubs]), factors


def _plan(problem: Model, starts: np.ndarray, opens: np.ndarray, missed: float) -> Plan:
    """Tables of a schedule."""
    programme, sites = problem.programme, problem.candidates
    spent, factors = _spent(problem, starts, opens)
    years = pd.Index(programme.budgets_krw.index, name="year")
    discount = programme.discount
    own = sites.reindex(columns=list(OBJECTIVES)).to_numpy("float64")
    saved = sites["cost_krw"].to_numpy("float64")[:, None] - spent[: len(sites)]
    worth = {"value": own[:, 0], "npv_krw": own[:, 1] + (saved * starts).sum(axis=1)}
    when = starts.argmax(axis=1)
    complexes = pd.DataFrame({
        "year": years[when], "cost_krw": spent[: len(sites)].sum(axis=1),
        **{name: amount * discount[when] for name, amount in worth.items()},
    }, index=sites.index)  # fmt: skip
    complexes = complexes.iloc[np.flatnonzero(starts.any(axis=1))].sort_values(
        "year", kind="stable"
    )
    paid = spent[len(sites) :]
    hubs = pd.DataFrame({
        "year": years[opens.argmax(axis=1)], "cost_krw": paid.sum(axis=1),
    }, index=programme.hub_costs_krw.index).iloc[np.flatnonzero(opens.any(axis=1))]  # fmt: skip
    table = pd.DataFrame({
        "budget_krw": programme.budgets_krw.to_numpy("float64"), "spent_krw": spent.sum(axis=0),
        "starts": starts.sum(axis=0).astype(int), "cost_factor": factors,
    }, index=years)  # fmt: skip
    total = complexes[["value", "npv_krw"]].sum(skipna=False)
    return Plan(
        complexes, hubs.rename_axis("hub"), table,
        float(total["value"]) if "value" in sites else np.nan,
        float(total["npv_krw"] - (paid @ discount).sum()) if "npv_krw" in sites else np.nan,
        missed, tuple(_remarks(problem, table, missed)), pd.DataFrame(columns=LIMIT_COLUMNS),
    )  # fmt: skip


def _remarks(problem: Model, table: pd.DataFrame, missed: float) -> Iterable[Text]:
    sites, years = problem.candidates, list(table.index)
    cheapest = sites["cost_krw"].idxmin()
    cost = float(sites["cost_krw"].min() * problem.programme.learning.iloc[0])
    if table["budget_krw"].max() < cost:
        yield messages.text("rollout.too_little", name=str(cheapest), cost=cost,
                            budget=float(table["budget_krw"].max()))  # fmt: skip
    elif not table["starts"].any():
        yield messages.text("rollout.nothing")
    first = sites["earliest"].min() if "earliest" in sites else years[0]
    if early := [int(year) for year in years if year < first]:
        yield messages.text("rollout.no_candidate", years=early)
    if missed > 0:
        yield messages.text("rollout.gap", gap=missed)


def _blocked(problem: Model) -> Plan:
    """No plan: say which limits are in the way, the fewest, and of these the least loosening."""
    columns, count, limits = len(problem.upper), len(problem.limits), problem.limits
    eye, none = sparse.eye_array(count), np.zeros(columns)
    matrix = sparse.block_array([
        [problem.matrix, -problem.loosening, None],
        [sparse.csr_array((count, columns)), eye, -eye],
    ])  # fmt: skip
    found = milp(
        np.r_[none, np.full(count, 1.0 / (1.0 + count)), np.ones(count)],
        integrality=np.r_[none + 1.0, np.zeros(count), np.ones(count)],
        bounds=Bounds(0.0, np.r_[problem.upper, np.ones(2 * count)]),
        constraints=LinearConstraint(matrix, ub=np.r_[problem.high, np.zeros(count)]),
    )
    loosened = found.x[columns : columns + count]
    sign = np.where(limits["limit"].isin(LEAST), -1.0, 1.0)
    amount = (loosened * limits["room"] * limits["unit"]).round(6)
    table = limits.assign(needed=limits["given"] + sign * amount)[found.x[-count:] > HALF]
    table = table[LIMIT_COLUMNS].reset_index(drop=True)
    each = [messages.text(f"rollout.limit.{row['limit']}", **row)
            for row in table.to_dict("records")]  # fmt: skip
    words = Text(ko="; ".join(text.ko for text in each), en="; ".join(text.en for text in each))
    nothing = np.zeros((sum(problem.shape[:2]), problem.shape[2]))
    empty = _plan(problem, nothing[: problem.shape[0]], nothing[problem.shape[0] :], np.nan)
    said = (messages.text("rollout.blocked", limits=words),)
    return empty._replace(value=np.nan, npv_krw=np.nan, said=said, blocked=table)

"""What would make another complex first? The smallest changes, exactly, under the additive model.

``V_i = sum_j w_j v_ij`` with values in [0, 1] and weights that sum to 1. The leader is the complex
with the highest score, of tied ones the first in the table; every other complex is a rival. A
change makes a rival first if its score is then at least that of every other complex; the smallest
such change makes a tie, and ``tie`` is that gap scored anew: 0 but for rounding.
"""

import math
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.linalg import null_space
from scipy.optimize import bisect, linprog, minimize_scalar, nnls

from site_select.errors import SettingsError, SiteSelectError

ROUNDING = 1e-12
TOLERANCE = 1e-9
SUM_TOLERANCE = 1e-6
MOST_COUNTS = 100.0
SOLVER = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
SOLVED, INFEASIBLE = 0, 2
NORMS = {"L1": 1, "L2": 2, "Linf": np.inf}

CELL_COLUMNS = ["rival", "whose", "criterion", "value_from", "value_to", "change", "tie"]
ANSWER_COLUMNS = [
    "rival", "whose", "indicator", "firm", "answer_from", "answer_to", "mean", "tie",
]  # fmt: skip


def stability_intervals(values: pd.DataFrame, weights: pd.Series, *, top: int = 1) -> pd.DataFrame:
    """Interval in which one weight can move while the same complexes stay first.

    The other weights keep their proportions: ``(1 - w') / (1 - w)`` of what they were. Every score
    is then a line in ``w'`` and the ends of the interval are crossings of lines. From 0 to 1, the
    weight decides nothing; at the ends of an interval there is a tie.

    Parameters
    ----------
    values
        Complex by criterion, in [0, 1].
    weights
        Weight by criterion; sums to 1. Beside a weight of 1, what it gives up is shared evenly.
    top
        How many first complexes must stay so, in any order. Of complexes that tie for the last of
        these places, those first in the table have them.

    Returns
    -------
    pandas.DataFrame
        By criterion: ``low, weight, high`` and ``next_below, next_above``, the complex that comes
        in beyond either end; empty where the interval ends at 0 or 1. No rows for one complex.

    Raises
    ------
    SettingsError
        If a value is outside [0, 1], the weights do not sum to 1 or ``top`` is below 1.

    References
    ----------
    Mareschal, B. (1988). Weight stability intervals in multicriteria decision aid. EJOR 33(1),
    54-64. doi:10.1016/0377-2217(88)90254-8

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.0], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> intervals = stability_intervals(values, pd.Series({"near": 0.75, "large": 0.25}))
    >>> intervals.values.tolist()
    [[0.5, 0.75, 1.0, 'B', ''], [0.0, 0.25, 0.5, '', 'B']]
    """
    faults = [] if top >= 1 else [f"top = {top}: allowed 1 or more"]
    matrix, shares = _checked(values, weights, faults)
    order = _order(matrix @ shares)
    at_0, at_1 = matrix @ _without_each(shares), matrix
    first, others = order[:top], order[top:]
    gap_0 = _snapped(at_0[first][:, None] - at_0[others])
    gap_1 = _snapped(at_1[first][:, None] - at_1[others])
    crossing = gap_0 / np.where(gap_0 == gap_1, 1.0, gap_0 - gap_1)
    lows = np.where(gap_0 < 0, crossing, 0.0).max(axis=0, initial=0.0)
    falls = np.where(gap_1 < 0, 1.0 - crossing, 0.0).max(axis=0, initial=0.0)
    labels = values.index[others]
    result = pd.DataFrame({
        "low": np.minimum(lows.max(axis=0, initial=0.0), shares), "weight": shares,
        "high": np.maximum(1.0 - falls.max(axis=0, initial=0.0), shares),
        "next_below": _successors(lows, at_0[others], labels),
        "next_above": _successors(falls, at_1[others], labels),
    }, index=pd.Index(weights.index, name="criterion"))  # fmt: skip
    return result if len(values) > 1 else result.iloc[:0]


def _without_each(shares: np.ndarray) -> np.ndarray:
    """Weights, one column per criterion, once that criterion has weight 0."""
    is_other = ~np.eye(len(shares), dtype=bool)
    left = np.where(is_other, shares[:, None], 0.0)
    left = np.where(left.sum(axis=0) > 0, left, is_other)
    shared: np.ndarray = left / np.maximum(left.sum(axis=0), np.finfo("float64").tiny)
    return shared


def _successors(distances: np.ndarray, ends: np.ndarray, labels: pd.Index) -> list[str]:
    """Who comes in first from an end of the scale; where lines cross in one point, the steepest."""
    far = distances.max(axis=0, initial=0.0)
    steepest = np.where(distances >= far - ROUNDING, ends, -np.inf)
    return [
        str(labels[column.argmax()]) if is_met else ""
        for column, is_met in zip(steepest.T, far > 0, strict=True)
    ]


def critical_changes(values: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Change of one weight that makes two complexes tie: ``(V_b - V_a) / (v_bk - v_ak)``.

    The change is taken off the weight, so a negative one adds to it; the others stay, and all are
    then divided by their sum. The criterion with the smallest feasible percentage is the critical
    one.

    Parameters
    ----------
    values
        Complex by criterion, in [0, 1].
    weights
        Weight by criterion, 0 or more, as given: they need not sum to 1.

    Returns
    -------
    pandas.DataFrame
        Columns ``ahead, behind, criterion, delta, percent, feasible``, pairs in order of score;
        infinite where no change of the weight makes a tie, infeasible where more would have to go
        than there is.

    Raises
    ------
    SettingsError
        If a value is outside [0, 1], a weight is negative or all weights are 0.

    References
    ----------
    Triantaphyllou, E. & Sanchez, A. (1997). A sensitivity analysis approach for some deterministic
    multi-criteria decision-making methods. Decision Sciences 28(1), 151-194.
    doi:10.1111/j.1540-5915.1997.tb01306.x

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.0], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> changes = critical_changes(values, pd.Series({"near": 0.75, "large": 0.25}))
    >>> changes[["delta", "feasible"]].values.tolist()
    [[0.5, True], [-0.5, True]]
    """
    matrix, given = _checked(values, weights, is_share=False)
    scores = matrix @ given
    order = _order(scores)
    ahead, behind = (order[side] for side in np.triu_indices(len(order), 1))
    gap = np.repeat(_snapped(scores[behind] - scores[ahead])[:, None], len(given), axis=1)
    slope = _snapped(matrix[behind] - matrix[ahead])
    delta = np.divide(gap, slope, out=np.where(gap < 0, np.inf, 0.0), where=slope != 0)
    endless = np.where(delta == 0, 0.0, np.copysign(np.inf, delta))
    percent = 100 * np.divide(delta, given, out=endless, where=given > 0)
    count = len(given)
    return pd.DataFrame({
        "ahead": np.repeat(values.index[ahead], count),
        "behind": np.repeat(values.index[behind], count),
        "criterion": np.tile(weights.index, len(ahead)),
        "delta": delta.ravel(), "percent": percent.ravel(),
        "feasible": (delta <= given + ROUNDING).ravel(),
    })  # fmt: skip


def weight_flips(
    values: pd.DataFrame, weights: pd.Series, *, norm: Literal["L1", "L2", "Linf"] = "L1"
) -> pd.DataFrame:
    """Smallest change of all the weights together that makes each rival first.

    ``min ||w' - w||`` over weights ``w' >= 0`` that sum to 1 and with which the rival scores at
    least as much as every other complex. 0 is a tie already; 1 in `L1` says that all of the weight
    has to move.

    Parameters
    ----------
    values
        Complex by criterion, in [0, 1].
    weights
        Weight by criterion; sums to 1.
    norm
        `L1`: the share of the weight that has to move, half the sum of the changes; `L2`: their
        Euclidean length; `Linf`: the largest of them.

    Returns
    -------
    pandas.DataFrame
        By rival: ``feasible, distance, tie`` and the new weights, one column each, one of the best
        where there are several. A rival that no weights make first is not feasible, and all
        numbers of its row are missing.

    Raises
    ------
    SettingsError
        If a value is outside [0, 1], the weights do not sum to 1 or the norm is unknown.

    References
    ----------
    Lawson, C. L. & Hanson, R. J. (1995). Solving Least Squares Problems. SIAM, ch. 23 (least
    distance programming). doi:10.1137/1.9781611971217

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.0], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> flips = weight_flips(values, pd.Series({"near": 0.75, "large": 0.25}))
    >>> flips.values.tolist()
    [[True, 0.25, 0.0, 0.5, 0.5]]
    """
    faults = [] if norm in NORMS else [f"norm = {norm!r}: allowed {', '.join(NORMS)}"]
    matrix, shares = _checked(values, weights, faults)
    rivals = np.sort(_order(matrix @ shares)[1:])
    nearest = _nearest_euclidean if norm == "L2" else partial(_nearest_linear, norm=norm)
    rows = [nearest(matrix[rival] - np.delete(matrix, rival, axis=0), shares) for rival in rivals]
    found = np.reshape(rows, (-1, len(shares)))
    length = np.linalg.norm(found - shares, NORMS[norm], axis=1) / (2 if norm == "L1" else 1)
    tie = _leads(found @ matrix.T)[np.arange(len(rivals)), rivals]
    return pd.DataFrame(
        {"feasible": ~np.isnan(length), "distance": length, "tie": tie}
        | dict(zip(weights.index, found.T, strict=True)),
        index=pd.Index(values.index[rivals], name="rival"),
    )  # fmt: skip


def _nearest_linear(ahead: np.ndarray, shares: np.ndarray, norm: str) -> np.ndarray:
    """Weights nearest in the sum or the largest of the changes, by a linear programme.

    ``ahead`` is what the rival's values are above those of every other complex. The unknowns are
    the weights and bounds of their changes, one each or one of all. Missing where nothing fits.
    """
    unit = np.eye(len(shares))
    reach = unit if norm == "L1" else np.ones((len(shares), 1))
    count, bounds = reach.shape
    free = np.zeros((len(ahead), bounds))
    result = linprog(
        np.repeat([0.0, 1.0], [count, bounds]),
        A_ub=np.block([[-ahead, free], [unit, -reach], [-unit, -reach]]),
        b_ub=np.concatenate([free[:, 0], shares, -shares]),
        A_eq=np.repeat([[1.0, 0.0]], [count, bounds], axis=1), b_eq=[1.0],
        method="highs", options=SOLVER,
    )  # fmt: skip
    if result.status not in (SOLVED, INFEASIBLE):
        raise SiteSelectError(f"no nearest weights found: {result.message}")
    return _as_shares(result.x[:count] if result.status == SOLVED else np.full(count, np.nan))


def _nearest_euclidean(ahead: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Weights nearest in length, by least distance programming; missing where nothing fits.

    With changes that sum to 0 written in a basis of theirs, ``min ||y||`` subject to ``G y >= h``
    is the residual of a nonnegative least squares problem, and that is 0 where nothing fits.
    """
    basis = null_space(np.ones((1, len(shares))))
    conditions = np.concatenate([ahead, np.eye(len(shares))])
    system = np.vstack([(conditions @ basis).T, -conditions @ shares])
    goal = np.append(np.zeros(len(system) - 1), 1.0)
    residual = system @ nnls(system, goal, maxiter=100 * len(conditions))[0] - goal
    # a change within the simplex is no longer than √2, so where one fits this is 1/3 or more
    if residual[-1] > -1 / 4:
        return np.full_like(shares, np.nan)
    return _as_shares(shares - basis @ residual[:-1] / residual[-1])


def _as_shares(weights: np.ndarray) -> np.ndarray:
    positive: np.ndarray = np.maximum(weights, 0.0)
    return positive / float(positive.sum())


def cell_flips(
    values: pd.DataFrame,
    weights: pd.Series,
    criteria: Collection[str] | None = None,
    *,
    every: bool = False,
) -> pd.DataFrame:
    """Smallest change of a single cell that makes each rival first: ``gap / w_j``.

    A cell of the rival rises, or, where only the leader is ahead of the rival, one of the leader
    falls; neither beyond 0 or 1.

    Parameters
    ----------
    values
        Complex by criterion, in [0, 1].
    weights
        Weight by criterion; sums to 1.
    criteria
        Criteria whose cells may change; all of them where not given.
    every
        All cells that will do, smallest change first, not only the smallest of each rival.

    Returns
    -------
    pandas.DataFrame
        Columns ``rival, whose`` (the complex whose cell it is), ``criterion, value_from, value_to,
        change, tie``. A rival that no single cell makes first has no row.

    Raises
    ------
    SettingsError
        If a value is outside [0, 1], the weights do not sum to 1 or a criterion has no weight.

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.5], "large": [0.5, 0.5]}, index=["A", "B"])
    >>> flips = cell_flips(values, pd.Series({"near": 0.5, "large": 0.5}), every=True)
    >>> flips[["whose", "criterion", "change"]].values.tolist()
    [['B', 'near', 0.5], ['B', 'large', 0.5], ['A', 'near', -0.5], ['A', 'large', -0.5]]
    """
    names = weights.index if criteria is None else criteria
    unknown = [f"criterion {name!r}: has no weight" for name in names if name not in weights.index]
    matrix, shares = _checked(values, weights, unknown)
    scores = matrix @ shares
    leader = _order(scores)[0]
    rivals = np.delete(np.arange(len(scores)), leader)
    can_change = (shares > 0) & weights.index.isin(list(names))
    step = -_leads(scores)[rivals, None] / np.where(can_change, shares, np.nan)
    owners = np.stack([rivals, np.full_like(rivals, leader)])
    targets = matrix[owners] + np.stack([step, -step])
    fits = abs(targets - 0.5) <= 0.5 + ROUNDING
    # to lower the leader is of no use where a third is ahead of the rival too
    fits[1] &= ((scores[:, None] > scores[rivals] + ROUNDING).sum(axis=0) <= 1)[:, None]
    side, row, column = np.nonzero(fits)
    order = np.lexsort([column, side, step[row, column], row])
    chosen = order if every else order[np.diff(row[order], prepend=-1) > 0]
    side, row, column = side[chosen], row[chosen], column[chosen]
    rival, whose, each = rivals[row], owners[side, row], np.arange(len(chosen))
    start, target = matrix[whose, column], targets[side, row, column].clip(0.0, 1.0)
    changed, after = matrix[whose], np.tile(scores, (len(chosen), 1))
    changed[each, column] = target
    after[each, whose] = changed @ shares
    return pd.DataFrame(dict(zip(CELL_COLUMNS, [
        values.index[rival], values.index[whose], weights.index[column], start, target,
        target - start, _leads(after)[each, rival],
    ], strict=True)))  # fmt: skip


def evaluator_flips(values: pd.DataFrame, by_evaluator: pd.DataFrame) -> pd.DataFrame:
    """How often one evaluator would have to count for another complex to be first.

    Group weights are the weighted geometric mean of the evaluators' weights, normalised:
    ``w_j ~ prod_e w_ej^(c_e / sum c)``. Every count is 1 but that of the one evaluator, which is
    moved to the nearest count, as a ratio, that makes the rival first.

    Parameters
    ----------
    values
        Complex by criterion, in [0, 1].
    by_evaluator
        Weight by evaluator and criterion, all above 0, in any unit.

    Returns
    -------
    pandas.DataFrame
        Columns ``rival, evaluator, say_from, say_to, without, tie``, nearest first. ``say_from`` is
        1, ``say_to`` from 0 (left out) to 100; ``without`` is whether the rival is first with the
        evaluator left out. Where no count up to 100 will do there is no row, nor for a group of
        one.

    Raises
    ------
    SettingsError
        If a value is outside [0, 1] or a weight is not above 0.

    References
    ----------
    Forman, E. & Peniwati, K. (1998). Aggregating individual judgments and priorities with the
    Analytic Hierarchy Process. EJOR 108(1), 165-169. doi:10.1016/S0377-2217(97)00244-0

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.0], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> group = pd.DataFrame({"near": [0.8, 0.5], "large": [0.2, 0.5]}, index=["e1", "e2"])
    >>> evaluator_flips(values, group)[["rival", "evaluator", "say_to", "without"]].values.tolist()
    [['B', 'e1', 0.0, True]]
    """
    matrix, logs = _checked_group(values, by_evaluator)
    more = np.geomspace(1.0, MOST_COUNTS, 1001)[1:]
    grid = np.concatenate([[0.0], 1 / more[::-1], [1.0], more])
    rows = []
    for number, evaluator in enumerate(by_evaluator.index if len(logs) > 1 else []):
        leads = _group_leads(grid, matrix, logs, number)
        rivals = np.delete(np.arange(len(matrix)), leads[len(more) + 1].argmax())
        for rival in rivals.tolist():

            def lead_at(counts: ArrayLike, number: int = number, rival: int = rival) -> np.ndarray:
                return _group_leads(counts, matrix, logs, number)[..., rival]

            count = _nearest_count(grid, leads[:, rival], lead_at)
            if count is not None:
                without, tie = bool(leads[0, rival] >= 0), float(lead_at(count))
                rows.append([values.index[rival], evaluator, 1.0, count, without, tie])
    columns = ["rival", "evaluator", "say_from", "say_to", "without", "tie"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        "say_to", key=lambda counts: counts.map(_ratio), kind="stable", ignore_index=True
    )


def _ratio(count: float) -> float:
    """How far a count is from 1 on the scale of ratios; leaving out is farthest."""
    return max(count, 1 / count) if count else math.inf


def _nearest_count(
    counts: np.ndarray, leads: np.ndarray, lead_at: Callable[..., np.ndarray]
) -> float | None:
    """Count nearest to 1, as a ratio, at which the lead reaches 0."""
    before, here, after = leads[:-2], leads[1:-1], leads[2:]
    # a lead may reach 0 and be lost again between two points, but rises no more than it just did
    reach = here + 2 * np.maximum(here - before, here - after)
    is_peak = (here < 0) & (here > before) & (here >= after) & (reach >= 0)
    peaks = [
        minimize_scalar(
            lambda count: -lead_at(count), bounds=(counts[number], counts[number + 2]),
            method="bounded", options={"xatol": TOLERANCE * counts[number + 2]},
        ).x
        for number in np.flatnonzero(is_peak)
    ]  # fmt: skip
    places = np.searchsorted(counts, peaks)
    is_first = np.insert(leads, places, lead_at(np.array(peaks))) >= 0
    counts = np.insert(counts, places, peaks)
    if is_first[counts == 1].any():
        return 1.0
    changes = np.flatnonzero(np.diff(is_first))
    # by the sign alone: the lead of a rival with a twin stays at 0 once it is first
    is_behind = lambda count: 0.5 - (lead_at(count) >= 0)  # noqa: E731
    roots = [bisect(is_behind, *counts[left : left + 2], xtol=1e-15) for left in changes]
    # scores that close are tied, so the root of a tie at 0 comes out a rounding above it
    return min((float(root) * (root > TOLERANCE) for root in roots), key=_ratio, default=None)


def _group_leads(
    counts: ArrayLike, matrix: np.ndarray, logs: np.ndarray, evaluator: int
) -> np.ndarray:
    """Leads (count, complex) under the group's weights when one evaluator counts so often."""
    count = np.asarray(counts, dtype="float64")[..., None]
    others = np.delete(logs, evaluator, axis=0)
    mean = (others.sum(axis=0) + count * logs[evaluator]) / (len(others) + count)
    weights = np.exp(mean - mean.max(axis=-1, keepdims=True))
    return _leads(weights / weights.sum(axis=-1, keepdims=True) @ matrix.T)


def leave_one_out(values: pd.DataFrame, by_evaluator: pd.DataFrame) -> pd.DataFrame:
    """Complex that is first when each evaluator in turn is left out.

    Parameters
    ----------
    values
        Complex by criterion, in [0, 1].
    by_evaluator
        Weight by evaluator and criterion, all above 0, in any unit.

    Returns
    -------
    pandas.DataFrame
        By evaluator left out: ``winner`` and its ``lead`` over the second; a lead of 0 is a tie,
        and the winner the first of the tied in the table. No rows for one evaluator or complex.

    Raises
    ------
    SettingsError
        If a value is outside [0, 1] or a weight is not above 0.

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.0], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> group = pd.DataFrame({"near": [0.8, 0.375], "large": [0.2, 0.625]}, index=["e1", "e2"])
    >>> leave_one_out(values, group).round(6).reset_index().values.tolist()
    [['e1', 'B', 0.25], ['e2', 'A', 0.6]]
    """
    matrix, logs = _checked_group(values, by_evaluator)
    count = len(logs) if min(len(logs), len(matrix)) > 1 else 0
    rows = [_group_leads(0.0, matrix, logs, left_out) for left_out in range(count)]
    leads = np.reshape(rows, (count, len(matrix)))
    winners, index = leads.argmax(axis=1), by_evaluator.index[:count].rename("evaluator")
    return pd.DataFrame({"winner": values.index[winners], "lead": leads.max(axis=1)}, index=index)


def answer_flips(
    cells: pd.DataFrame, answers: pd.DataFrame, *, bounds: pd.DataFrame
) -> pd.DataFrame:
    """Smallest change of one firm's answer that brings a complex's performance to its target.

    Performance is the mean of the firms' answers weighted by their shares, so one answer has to
    move by ``(target - mean) / share``.

    Parameters
    ----------
    cells
        ``rival, whose, criterion`` as of `cell_flips`, and ``target``, the performance needed, in
        the indicator's unit.
    answers
        ``complex_id, indicator, firm, answer, share``; the shares of a complex in an indicator sum
        to 1.
    bounds
        ``low, high`` by indicator: the least and the largest answer allowed.

    Returns
    -------
    pandas.DataFrame
        Columns ``rival, whose, indicator, firm, answer_from, answer_to, mean`` (all answers scored
        anew), ``tie`` (that mean less the target). A cell that no answers are known of, or that no
        single firm can move so far, has no row.

    Raises
    ------
    SettingsError
        If a number is missing, the shares do not sum to 1 or an indicator has no bounds.

    Examples
    --------
    >>> cells = pd.DataFrame([["B", "B", "days", 15.0]])
    >>> cells.columns = ["rival", "whose", "criterion", "target"]
    >>> answers = pd.DataFrame([["B", "days", "f1", 10.0, 0.75], ["B", "days", "f2", 14.0, 0.25]])
    >>> answers.columns = ["complex_id", "indicator", "firm", "answer", "share"]
    >>> bounds = pd.DataFrame({"low": [0.0], "high": [60.0]}, index=["days"])
    >>> flips = answer_flips(cells, answers, bounds=bounds)
    >>> flips[["firm", "answer_to", "mean"]].round(6).values.tolist()
    [['f1', 15.333333, 15.0]]
    """
    _check_answers(cells, answers, bounds)
    groups = dict(list(answers.groupby(["complex_id", "indicator"])))
    rows = []
    asked = cells[["rival", "whose", "criterion", "target"]]
    for rival, whose, criterion, target in asked.itertuples(index=False):
        group = groups.get((whose, criterion), answers.iloc[:0])
        low, high = bounds.loc[criterion, ["low", "high"]]
        answer, share = group[["answer", "share"]].to_numpy(dtype="float64").T
        step = (target - answer @ share) / np.where(share > 0, share, np.nan)
        changed = (answer + step).clip(low, high)
        fits = abs(changed - answer - step) <= ROUNDING * np.maximum(1.0, abs(changed))
        if fits.any():
            firm = np.where(fits, abs(step), np.inf).argmin()
            mean = np.where(np.arange(len(share)) == firm, changed, answer) @ share
            rows.append([
                rival, whose, criterion, group["firm"].iloc[firm], answer[firm], changed[firm],
                mean, mean - target,
            ])  # fmt: skip
    return pd.DataFrame(rows, columns=ANSWER_COLUMNS)


def _check_answers(cells: pd.DataFrame, answers: pd.DataFrame, bounds: pd.DataFrame) -> None:
    """Refuse missing numbers, shares that are none, firms asked twice and missing bounds."""
    given = answers.set_index(["complex_id", "indicator", "firm"])
    totals = given["share"].groupby(level=[0, 1]).sum()
    targets = cells.set_index(["whose", "criterion"])["target"]
    limits = bounds.reindex(cells["criterion"].unique())
    _refuse([
        *_faults(given["answer"], np.isfinite(given["answer"]), "a number"),
        *_faults(given["share"], given["share"].between(0, 1), "a share from 0 to 1"),
        *_faults(given["answer"], ~given.index.duplicated(), "one answer of a firm"),
        *_faults(totals, abs(totals - 1) <= SUM_TOLERANCE, "shares that sum to 1"),
        *_faults(targets, np.isfinite(targets), "a number as target"),
        *_faults(limits["low"], limits["low"] <= limits["high"], "bounds low and high, low first"),
    ])  # fmt: skip


def _leads(scores: np.ndarray) -> np.ndarray:
    """How far each complex (last axis) is ahead of the best other one, infinite if alone."""
    padded = np.insert(scores, 0, -np.inf, axis=-1)
    second, best = np.moveaxis(np.partition(padded, -2, axis=-1)[..., -2:, None], -2, 0)
    return _snapped(scores - np.where(scores == best, second, best))


def _snapped(gaps: np.ndarray) -> np.ndarray:
    """Gaps, those within rounding being ties."""
    return np.where(abs(gaps) <= ROUNDING, 0.0, gaps)


def _order(scores: np.ndarray) -> np.ndarray:
    """Positions from the highest score down, tied ones as in the table."""
    return np.argsort(-scores.round(12), kind="stable")


def _checked(
    values: pd.DataFrame, weights: pd.Series, faults: Iterable[str] = (), *, is_share: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights as arrays; weights that must sum to 1 do so to the last digit."""
    total = weights.sum()
    is_total = abs(total - 1) <= SUM_TOLERANCE if is_share else total > 0
    allowed = "1: divide each by the sum" if is_share else "above 0"
    _refuse([
        *faults,
        *_value_faults(values, weights.index),
        *_faults(weights, (weights >= 0) & (weights < np.inf), "a weight of 0 or more"),
        *([] if is_total else [f"weights sum to {total}: allowed {allowed}"]),
    ])  # fmt: skip
    given = weights.to_numpy(dtype="float64")
    matrix = values[list(weights.index)].to_numpy(dtype="float64").clip(0.0, 1.0)
    return matrix, given / total if is_share else given


def _checked_group(
    values: pd.DataFrame, by_evaluator: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Values, and logarithms of the evaluators' weights."""
    weights = _cells(by_evaluator)
    evaluators = by_evaluator.index.to_series()
    _refuse([
        *_value_faults(values, by_evaluator.columns),
        *_faults(weights, (weights > 0) & (weights < np.inf), "a weight above 0"),
        *_faults(evaluators, ~evaluators.duplicated(), "each evaluator once"),
    ])  # fmt: skip
    matrix = values[list(by_evaluator.columns)].to_numpy(dtype="float64").clip(0.0, 1.0)
    return matrix, np.log(by_evaluator.to_numpy(dtype="float64"))


def _value_faults(values: pd.DataFrame, names: pd.Index) -> list[str]:
    """Say which complexes and criteria are doubled or missing, and which values out of range."""
    labels, columns, criteria = (axis.to_series() for axis in (*values.axes, names))
    cells = _cells(values.loc[:, columns.isin(names).to_numpy()])
    has_values = criteria.isin(columns[~columns.duplicated(keep=False)])
    return [
        *([] if len(labels) else ["no complex: allowed one or more"]),
        *_faults(labels, ~labels.duplicated(), "each complex once"),
        *_faults(criteria, has_values & ~criteria.duplicated(), "criteria with values, each once"),
        *_faults(cells, abs(cells - 0.5) <= 0.5 + TOLERANCE, "0 to 1"),
    ]


def _cells(table: pd.DataFrame) -> pd.Series:
    """Numbers of a table by row and column; what is no number is missing."""
    index = pd.MultiIndex.from_product(table.axes)
    return pd.to_numeric(pd.Series(table.to_numpy().ravel(), index), errors="coerce")


def _faults(found: pd.Series, is_allowed: ArrayLike, allowed: str) -> list[str]:
    """Say what was found where it is not allowed."""
    return [
        f"{', '.join(map(str, label if isinstance(label, tuple) else [label]))}: "
        f"found {value}: allowed {allowed}"
        for label, value in found[~np.asarray(is_allowed)].items()
    ]


def _refuse(faults: list[str]) -> None:
    if faults:
        raise SettingsError("; ".join(faults))

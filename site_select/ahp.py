"""Weights from pairwise judgements, of one evaluator and of a group: analytic hierarchy process."""

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from scipy.special import entr

from site_select.errors import SettingsError

Aggregate = Literal["AIP", "AIJ"]
Method = Literal["eigenvector", "geometric_mean"]
Key = tuple[str, str]

NAMES = ["evaluator", "parent", "first", "second"]
# mean inconsistency of random judgements by number of items, 0 to 15 (Saaty 1980, p. 21)
RANDOM_INDEX = (
    0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59,
)  # fmt: skip
TOP = 9.0
SCALE = np.r_[1.0 / np.arange(TOP, 1.0, -1.0), np.arange(1.0, TOP + 1.0)]
# 1/9 may be written 0.11, and 1/3 as 0.33: 1% off, in logs
LEAST, MOST, APART = 0.109999, 9.00001, 0.0101
# and 1/8 as 0.13 in a matrix that says 8 on its other side
DECIMALS = 0.05
# a consistency ratio below this comes from thirds written with a few decimals
ROUNDING = 1e-6
LEAST_TO_DROP = 4
# 15 items joined by little more than a chain of judgements need up to 5,000 steps, others 20
MOST_STEPS, STILL = 20_000, 1e-12


class Priorities(NamedTuple):
    """What one matrix of judgements says of its items.

    Attributes
    ----------
    weights
        Weight by item; sums to 1.
    lambda_max
        Principal eigenvalue of the completed matrix: the number of items when consistent.
    consistency_ratio
        0 is consistent, 1 as bad as random judgements; up to 0.10 is held to be good enough.
    matrix
        The judgements with the missing ones filled in.
    n_missing
        Number of pairs that were not judged.
    """

    weights: pd.Series
    lambda_max: float
    consistency_ratio: float
    matrix: pd.DataFrame
    n_missing: int


class Repair(NamedTuple):
    """The one judgement whose change would do most for consistency.

    Attributes
    ----------
    first, second
        The pair.
    found, mended
        How many times as important first is as second: as judged, and as the other judgements
        would have it, on the scale 1/9 to 9.
    ratio_before, ratio_after
        Consistency ratio with the one and with the other.
    """

    first: str
    second: str
    found: float
    mended: float
    ratio_before: float
    ratio_after: float


class Group(NamedTuple):
    """What a group of evaluators says, and how far its members agree.

    Attributes
    ----------
    local
        Weight of each node among its siblings, by parent and node; within a parent it sums to 1.
        ``local.droplevel("parent").to_dict()`` are points of the nodes.
    weights
        Weight of each leaf of the tree; sums to 1.
    priorities
        Weight of each node among its siblings by evaluator who was kept and judged every parent;
        columns parent and node.
    by_evaluator
        Leaf weights of the same evaluators.
    consistency
        By evaluator and parent, where the judgements join all items: ``ratio, is_over``, and the
        judgement to ask again as ``first, second, found, mended`` (missing where no change of one
        judgement would help).
    left_out
        Reason by evaluator who does not count.
    consensus
        `consensus` of by_evaluator.
    agreement
        Evaluator by evaluator, the share of weight they place alike: ``1 - sum |w - v| / 2``.
    """

    local: pd.Series
    weights: pd.Series
    priorities: pd.DataFrame
    by_evaluator: pd.DataFrame
    consistency: pd.DataFrame
    left_out: dict[str, str]
    consensus: float
    agreement: pd.DataFrame


def matrices(judgements: pd.DataFrame, *, must_join: bool = True) -> dict[Key, pd.DataFrame]:
    """Reciprocal matrices of the judgements, one for each evaluator and parent.

    Row i, column j says how many times as important i is as j; NaN where the pair was not judged.
    A pair judged twice, either way round, is taken once if both agree within 1%.

    Parameters
    ----------
    judgements
        Columns ``evaluator, parent, first, second, ratio``: the full swing of first is ``ratio``
        times as important as that of second. An only child is told by comparing it with itself, 1.
    must_join
        Whether items of a matrix that no chain of judgements joins are a fault.

    Returns
    -------
    dict
        Matrix by (evaluator, parent); its items stand in the order in which the table names them.

    Raises
    ------
    SettingsError
        With every fault: names or ratios that are missing or out of range, an item that is not as
        important as itself, a pair with two answers, items that no chain of judgements joins.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     [["Kim", "goal", "cost", "time", 2.0], ["Kim", "goal", "risk", "time", 0.5]],
    ...     columns=["evaluator", "parent", "first", "second", "ratio"],
    ... )
    >>> matrices(table)["Kim", "goal"].loc["time"].tolist()
    [0.5, 1.0, 2.0]
    """
    absent = [column for column in [*NAMES, "ratio"] if column not in judgements]
    if absent or judgements.empty:
        lack = f"without the columns {', '.join(absent)}" if absent else "without rows"
        raise SettingsError(f"judgements {lack}: allowed {', '.join(NAMES)}, ratio; add them")
    ratio = pd.to_numeric(judgements["ratio"], errors="coerce")
    faults = _row_faults(judgements, ratio.to_numpy(dtype="float64"))
    sound = judgements[NAMES].astype(str)
    sound["ratio"] = ratio.where(ratio.between(LEAST, MOST))
    items = {
        str(parent): pd.Index(pd.unique(rows[["first", "second"]].to_numpy().ravel()))
        for parent, rows in sound.groupby("parent", sort=False)
    }
    result = {}
    for names, rows in sound.groupby(["evaluator", "parent"], sort=False):
        evaluator, parent = map(str, names)
        result[evaluator, parent], more = _matrix(rows, items[parent], must_join=must_join)
        faults += [f"{evaluator}, {parent}: {fault}" for fault in more]
    if faults:
        raise SettingsError("; ".join(faults))
    return result


def _row_faults(judgements: pd.DataFrame, ratio: np.ndarray) -> list[str]:
    """Faults that a row of the table shows by itself."""
    faults = []
    rows = judgements[[*NAMES, "ratio"]].itertuples(index=False, name=None)
    for (*names, found), value in zip(rows, ratio, strict=True):
        place = "{}, {}, {} to {}".format(*names)
        if any(pd.isna(name) or name == "" for name in names):
            faults.append(f"{place}: a name is missing; allowed four names; write it")
        elif not LEAST <= value <= MOST:
            faults.append(
                f"{place}: ratio {found}; allowed 1/9 to 9; write how many times as important the "
                "first is, or leave the row out where nothing was judged"
            )
        elif names[2] == names[3] and abs(value - 1.0) > ROUNDING:
            faults.append(f"{place}: ratio {found} to itself; allowed 1; name the other item")
    return faults


def _matrix(
    rows: pd.DataFrame, items: pd.Index, *, must_join: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Matrix of one evaluator and parent, and what is wrong with it."""
    first, second = (items.get_indexer(pd.Index(rows[side])) for side in ("first", "second"))
    highest = np.full((len(items), len(items)), math.nan)
    np.fmax.at(highest, (first, second), rows["ratio"])
    np.fmax.at(highest, (second, first), 1.0 / rows["ratio"])
    np.fill_diagonal(highest, 1.0)
    # the lowest answer to one side of a pair is one over the highest to the other
    lowest = 1.0 / highest.T
    faults = [
        f"{items[i]} to {items[j]}: ratios {lowest[i, j]:.4g} and {highest[i, j]:.4g} (one pair, "
        "judged twice); allowed one answer; keep one row"
        for i, j in np.argwhere(np.triu(np.log(highest / lowest) > APART))
    ]
    is_judged = np.eye(len(items), dtype=bool)
    is_judged[first, second] = is_judged[second, first] = True
    faults += _separate(is_judged, items) if must_join else []
    return pd.DataFrame(np.sqrt(highest * lowest), index=items, columns=items), faults


def _reach(is_judged: np.ndarray) -> np.ndarray:
    """Whether a chain of judgements joins two items, by matrix; each item is judged with itself."""
    return np.linalg.matrix_power(is_judged, is_judged.shape[-1])


def _separate(is_judged: np.ndarray, items: pd.Index) -> list[str]:
    """Say which groups of items no chain of judgements joins, if there is more than one."""
    groups = dict.fromkeys(", ".join(map(str, items[row])) for row in _reach(is_judged))
    told = f"nothing joins {' | '.join(groups)}; allowed one group; judge a pair between the groups"
    return [told] if len(groups) > 1 else []


def priorities(matrix: pd.DataFrame, *, method: Method = "eigenvector") -> Priorities:
    """Weights and consistency of one matrix of judgements.

    Weights are the principal eigenvector, ``A w = lambda_max w``; missing judgements take the
    values that make lambda_max least [2]_. The consistency ratio is ``(lambda_max - n) / (n - 1)``
    over its mean for random judgements [1]_, which ``m`` missing pairs lower by the factor
    ``1 - 2 m / ((n - 1)(n - 2))`` [3]_; it is 0 for two items, or where no pair can contradict.

    Parameters
    ----------
    matrix
        Reciprocal, item by item, from 1/9 to 9, NaN where not judged; at most 15 items. Of 7 and
        its rounded reciprocal 0.14 the 7 counts.
    method
        The eigenvector, or the row geometric mean: logarithmic least squares on what was judged.
        Both agree on three items and on consistent judgements.

    Raises
    ------
    SettingsError
        If the matrix is none, out of range, or its judgements do not join all items.

    References
    ----------
    .. [1] Saaty, T. L. (1980). The Analytic Hierarchy Process. McGraw-Hill, p. 21.
    .. [2] Bozóki, S., Fülöp, J. & Rónyai, L. (2010). On optimal completion of incomplete pairwise
       comparison matrices. Math. Comput. Model. 52, 318-333. doi:10.1016/j.mcm.2010.02.047
    .. [3] Ágoston, K. C. & Csató, L. (2022). Inconsistency thresholds for incomplete pairwise
       comparison matrices. Omega 108, 102576. doi:10.1016/j.omega.2021.102576

    Examples
    --------
    >>> items = ["a", "b", "c"]
    >>> matrix = pd.DataFrame([[1, 2, np.nan], [0.5, 1, 2], [np.nan, 0.5, 1]], items, items)
    >>> found = priorities(matrix)
    >>> found.weights.round(4).tolist(), round(float(found.matrix.loc["a", "c"]), 9)
    ([0.5714, 0.2857, 0.1429], 4.0)
    """
    if method not in get_args(Method):
        raise SettingsError(f"method = {method!r}: allowed {' or '.join(get_args(Method))}")
    values = _judgements(matrix)
    completed, weights, lambda_max, ratio = _solved(values)
    if method == "geometric_mean":
        shares = np.exp(_least_squares(values))
        weights = shares / shares.sum()
    return Priorities(
        pd.Series(weights, index=matrix.index, name="weight"), float(lambda_max), float(ratio),
        pd.DataFrame(completed, index=matrix.index, columns=matrix.columns),
        int(np.isnan(values).sum()) // 2,
    )  # fmt: skip


def _judgements(matrix: pd.DataFrame) -> np.ndarray:
    """Judgements of a reciprocal matrix that joins all its items; anything else is refused."""
    values, items = matrix.to_numpy(dtype="float64"), matrix.index
    if not items.equals(matrix.columns) or not 1 <= len(items) < len(RANDOM_INDEX):
        raise SettingsError(
            f"a matrix of {len(items)} rows and {len(matrix.columns)} columns: allowed the same 1 "
            "to 15 items in both; put items under nodes of their own where there are more"
        )
    is_number = (values >= LEAST) & (values <= 1 / LEAST)
    numbers = np.where(is_number, values, np.nan)
    is_pair = abs(numbers * numbers.T - 1) <= DECIMALS
    is_pair &= (abs(values - 1) <= ROUNDING) | ~np.eye(len(items), dtype=bool)
    is_empty = np.isnan(values) & np.isnan(values.T) & ~np.eye(len(items), dtype=bool)
    faults = [
        f"{items[i]} to {items[j]}: {values[i, j]:g}, and back {values[j, i]:g}; allowed numbers "
        "from 1/9 to 9 whose product is 1, or both empty; mend one of them"
        for i, j in np.argwhere(np.triu(~is_pair & ~is_empty))
    ]
    faults += _separate(~is_empty, items)
    if faults:
        raise SettingsError("; ".join(faults))
    return np.where(values >= values.T, values, 1.0 / values.T)


def _principal(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvector of the largest eigenvalue, summing to 1, and that eigenvalue, by matrix."""
    eigenvalues, vectors = np.linalg.eig(values)
    largest = eigenvalues.real.argmax(axis=-1)[..., None]
    vector = abs(np.take_along_axis(vectors, largest[..., None], axis=-1)[..., 0].real)
    value = np.take_along_axis(eigenvalues, largest, axis=-1)[..., 0].real
    return vector / vector.sum(axis=-1, keepdims=True), value


def _least_squares(values: np.ndarray) -> np.ndarray:
    """Log weights that fit the log judgements best: their row means, where all are given."""
    is_given = ~np.isnan(values)
    laplacian = is_given.sum(axis=-1)[..., None] * np.eye(values.shape[-1]) - is_given
    sums = np.log(values, where=is_given, out=np.zeros_like(values)).sum(axis=-1)
    # adding 1 makes the matrix regular and the log weights sum to 0
    solution: np.ndarray = np.linalg.solve(laplacian + 1.0, sums[..., None])[..., 0]
    return solution


def _completed(values: np.ndarray) -> np.ndarray:
    """Judgements with the missing ones filled in so that the principal eigenvalue is least."""
    is_missing = np.isnan(values)
    scores = _least_squares(values)
    for _ in range(MOST_STEPS):
        logs = scores[..., :, None] - scores[..., None, :]
        result: np.ndarray = np.where(is_missing, np.exp(logs), values)
        # the eigenvalue is convex in the logs and least where left_i a_ij right_j is symmetric
        scores = np.log(_principal(result)[0] / _principal(result.swapaxes(-1, -2))[0]) / 2
        step = scores[..., :, None] - scores[..., None, :] - logs
        if (abs(step[is_missing]) < STILL).all():
            break
    return result


def _solved(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Completed judgements, eigenvector, eigenvalue and consistency ratio, by matrix."""
    completed = _completed(values)
    weights, lambda_max = _principal(completed)
    n = values.shape[-1]
    n_free = (n - 1) * (n - 2) - np.isnan(values).sum(axis=(-1, -2))
    excess = np.maximum(0.0, lambda_max - n) * (n - 2)
    # where nothing is free, as in a tree, nothing can contradict
    ratio = excess / (RANDOM_INDEX[n] * n_free) if n_free.min() else np.zeros_like(excess)
    return completed, weights, lambda_max, ratio


def worst_judgement(matrix: pd.DataFrame) -> Repair | None:
    """Judgement to ask again first: the one whose change lowers the consistency ratio most.

    Each judgement is tried at the value the others imply, rounded to the scale 1/9 to 9.

    Parameters
    ----------
    matrix
        Positive and reciprocal, item by item, NaN where not judged.

    Returns
    -------
    Repair or None
        None where the judgements are consistent or no change of one of them would help.

    Raises
    ------
    SettingsError
        If the matrix is none, or its judgements do not join all items.

    Examples
    --------
    >>> table = [[1, 2, 4, 1 / 8], [1 / 2, 1, 2, 4], [1 / 4, 1 / 2, 1, 2], [8, 1 / 4, 1 / 2, 1]]
    >>> repair = worst_judgement(pd.DataFrame(table, list("abcd"), list("abcd")))
    >>> repair.first, repair.second, float(repair.found), float(repair.mended)
    ('a', 'd', 0.125, 8.0)
    """
    values = _judgements(matrix)
    before, items = _solved(values)[-1], matrix.index
    if before <= ROUNDING:
        return None
    first, second = np.nonzero(np.triu(~np.isnan(values), 1))
    number = np.arange(len(first))
    tried = np.repeat(values[None], len(first), axis=0)
    tried[number, first, second] = tried[number, second, first] = math.nan
    # a judgement that alone joins two groups contradicts nothing and stays
    tried[~_reach(~np.isnan(tried)).all(axis=(1, 2))] = values
    implied = _completed(tried)[number, first, second]
    mended = SCALE[abs(np.log(SCALE / implied[:, None])).argmin(axis=1)]
    tried[number, first, second], tried[number, second, first] = mended, 1.0 / mended
    after = _solved(tried)[-1]
    best = after.round(9).argmin()
    if after[best] >= before - ROUNDING:
        return None
    i, j = first[best], second[best]
    found, better = float(values[i, j]), float(mended[best])
    return Repair(items[i], items[j], found, better, float(before), float(after[best]))


def hierarchy(local: Mapping[str, pd.Series]) -> pd.Series:
    """Weights of the leaves of a tree: the product of the local weights on the way down.

    A leaf under several parents collects from each, so that alternatives may be the lowest level:
    distributive synthesis. With their local weights divided by the largest it is the ideal mode,
    in which a copy of an alternative reverses no ranks.

    Parameters
    ----------
    local
        Weights of the children by parent.

    Raises
    ------
    SettingsError
        If there is not one goal at the top, or a node stands below itself.

    References
    ----------
    Saaty, T. L. (1990). How to make a decision: the analytic hierarchy process. EJOR 48(1), 9-26.
    doi:10.1016/0377-2217(90)90057-I

    Examples
    --------
    >>> local = {"goal": pd.Series({"a": 0.6, "b": 0.4}), "b": pd.Series({"x": 0.5, "y": 0.5})}
    >>> hierarchy(local).to_dict()
    {'a': 0.6, 'x': 0.2, 'y': 0.2}
    """
    nodes = dict.fromkeys(child for weights in local.values() for child in weights.index)
    goals = [parent for parent in local if parent not in nodes]
    if len(goals) != 1:
        found = ", ".join(map(str, goals)) or "none"
        raise SettingsError(f"nodes under no other: {found}; allowed one goal; name the parents so")
    weights, reached = pd.Series({goals[0]: 1.0}), set(goals)
    for _ in local:
        own = {node: pd.Series({node: 1.0}) for node in weights.index} | dict(local)
        parts = [share * own[node] for node, share in weights.items()]
        weights = pd.concat(parts).groupby(level=0, sort=False).sum()
        reached |= set(weights.index)
    if circle := [node for node in local if node in weights.index or node not in reached]:
        raise SettingsError(f"{', '.join(circle)} below themselves: allowed a tree; rename one")
    return weights.rename("weight")


def consensus(weights: pd.DataFrame) -> float:
    """How alike evaluators weigh, from the Shannon entropy within and across them.

    ``(1 / exp(H_gamma - H_alpha) - s) / (1 - s)``: H_alpha is the mean entropy of an evaluator's
    weights, H_gamma that of the mean weights, and s the least similarity the scale allows, reached
    when each evaluator holds another item 9 times as important as the rest. 1 is full consensus,
    0 none; above 0.75 is high. Leaf weights of a deep tree can lie apart further than s: 0 too.

    Parameters
    ----------
    weights
        Evaluator by item, rows sum to 1.

    Returns
    -------
    float
        In [0, 1]; NaN without any evaluator.

    References
    ----------
    Goepel, K. D. (2013). Implementing the analytic hierarchy process as a standard method for
    multi-criteria decision making in corporate enterprises. ISAHP, Kuala Lumpur; with the largest
    gamma entropy ``ln n`` of his later software, doi:10.13033/ijahp.v10i3.590.

    Examples
    --------
    >>> round(consensus(pd.DataFrame([[0.9, 0.1], [0.1, 0.9]])), 9)
    0.0
    """
    n_evaluators, n_items = weights.shape
    if n_evaluators == 0 or n_items == 1:
        return 1.0 if n_evaluators else math.nan
    alpha = entr(weights.to_numpy()).sum(axis=1).mean()
    gamma = entr(weights.to_numpy().mean(axis=0)).sum()
    rest = 1.0 / (n_items + TOP - 1.0)
    least = np.exp(entr(TOP * rest) + (n_items - 1) * entr(rest)) / n_items
    return float(np.clip((np.exp(alpha - gamma) - least) / (1.0 - least), 0.0, 1.0))


def group(
    judgements: pd.DataFrame,
    *,
    aggregate: Aggregate = "AIP",
    drop_extremes: bool = False,
    ratio_limit: float = 0.10,
    method: Method = "eigenvector",
) -> Group:
    """Weights of a group of evaluators, and how far they agree.

    ``AIP`` takes the geometric mean of their priorities within each parent, as of experts who
    each speak for themselves; ``AIJ`` the geometric mean of their judgements, over those who
    judged the pair, as of a group that acts as one [1]_. Evaluators over the limit are left out.

    Parameters
    ----------
    judgements
        As for `matrices`.
    aggregate
        ``AIP`` leaves out whoever did not judge every parent by a chain of judgements that joins
        all its items; ``AIJ`` takes what there is, which has to join them together only.
    drop_extremes
        Drop the highest and the lowest priority of every node before the mean (``AIP`` of four
        evaluators or more), so that nobody alone can move a weight far. It follows the rule of
        Korean preliminary feasibility studies, which drop the evaluators with the highest and the
        lowest result: there a result is one number, here each node has its own extremes.
    ratio_limit
        Largest consistency ratio of an evaluator who counts: 0.10 by Saaty, 0.15 in Korean
        preliminary feasibility studies.
    method
        As for `priorities`.

    Raises
    ------
    SettingsError
        If a setting or the table is wrong, or a parent has nobody left to judge it.

    References
    ----------
    .. [1] Forman, E. & Peniwati, K. (1998). Aggregating individual judgments and priorities with
       the analytic hierarchy process. EJOR 108(1), 165-169. doi:10.1016/S0377-2217(97)00244-0

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     [["Kim", "goal", "cost", "time", 8.0], ["Lee", "goal", "cost", "time", 2.0]],
    ...     columns=["evaluator", "parent", "first", "second", "ratio"],
    ... )
    >>> group(table, aggregate="AIJ").weights.round(9).to_dict()
    {'cost': 0.8, 'time': 0.2}
    """
    _check_settings(aggregate, ratio_limit, drop_extremes=drop_extremes)
    judged = matrices(judgements, must_join=False)
    apart = {key: _separate(matrix.notna().to_numpy(), matrix.index)
             for key, matrix in judged.items()}  # fmt: skip
    found = {key: priorities(judged[key], method=method) for key in judged if not apart[key]}
    consistency = _consistency(judged, found, ratio_limit)
    parents = list(dict.fromkeys(parent for _, parent in judged))
    left_out = _left_out(consistency, apart, parents if aggregate == "AIP" else [])
    kept = [key for key in judged if key[0] not in left_out]
    if bare := [parent for parent in parents if parent not in {parent for _, parent in kept}]:
        reasons = "; ".join(f"{who}: {reason}" for who, reason in left_out.items())
        raise SettingsError(f"nobody left to judge {', '.join(bare)} ({reasons}): ask them again")
    own = _own_priorities({key: found[key] for key in kept if key in found}, parents)
    if aggregate == "AIP":
        local = _mean_priorities(own, drop_extremes=drop_extremes)
    else:
        joint = {p: _joint([judged[key] for key in kept if key[1] == p]) for p in parents}
        weights = {p: priorities(joint[p], method=method).weights for p in parents}
        local = pd.concat(weights, names=["parent", "node"])
    by_evaluator = pd.DataFrame({who: _leaves(own.loc[who]) for who in own.index}).T
    values = by_evaluator.to_numpy()
    apart = abs(values[:, None] - values).sum(axis=2) / 2
    return Group(
        local, _leaves(local), own, by_evaluator, consistency, left_out, consensus(by_evaluator),
        pd.DataFrame(1 - apart, index=own.index, columns=own.index),
    )  # fmt: skip


def _check_settings(aggregate: str, ratio_limit: float, *, drop_extremes: bool) -> None:
    """Refuse settings of `group` that are unknown or out of range, all in one message."""
    faults = []
    if aggregate not in get_args(Aggregate):
        faults.append(f"aggregate = {aggregate!r}: allowed {' or '.join(get_args(Aggregate))}")
    if not ratio_limit >= 0:
        faults.append(f"ratio_limit = {ratio_limit}: allowed 0 or more")
    if drop_extremes and aggregate == "AIJ":
        faults.append("drop_extremes with aggregate AIJ: allowed with AIP; choose one of the two")
    if faults:
        raise SettingsError("; ".join(faults))


def _consistency(
    judged: dict[Key, pd.DataFrame], found: dict[Key, Priorities], limit: float
) -> pd.DataFrame:
    """Consistency of every evaluator and parent, with the judgement to ask again first."""
    rows = []
    for key, result in found.items():
        repair = worst_judgement(judged[key])
        ask = repair[:4] if repair else ("", "", math.nan, math.nan)
        ratio = result.consistency_ratio
        rows.append((*key, ratio, ratio > limit + ROUNDING, *ask))
    columns = ["evaluator", "parent", "ratio", "is_over", "first", "second", "found", "mended"]
    return pd.DataFrame(rows, columns=columns)


def _left_out(
    consistency: pd.DataFrame, apart: dict[Key, list[str]], needed: list[str]
) -> dict[str, str]:
    """Reason by evaluator who was too inconsistent somewhere or did not judge what is needed."""
    reasons: dict[str, list[str]] = {who: [] for who, _ in apart}
    for who, parent, ratio, is_over, *_ in consistency.itertuples(index=False):
        if is_over:
            reasons[who] += [f"consistency ratio {ratio:.3f} of {parent} over the limit"]
    for who, told in reasons.items():
        for node in needed:
            told += [f"{node}: {fault}" for fault in apart.get((who, node), ["not judged"])]
    return {who: "; ".join(told) for who, told in reasons.items() if told}


def _own_priorities(kept: dict[Key, Priorities], parents: list[str]) -> pd.DataFrame:
    """Priorities by evaluator who judged every parent, columns (parent, node)."""
    everyone = dict.fromkeys(who for who, _ in kept)
    complete = [who for who in everyone if all((who, parent) in kept for parent in parents)]
    return pd.DataFrame({
        who: pd.concat({p: kept[who, p].weights for p in parents}, names=["parent", "node"])
        for who in complete
    }).T  # fmt: skip


def _mean_priorities(own: pd.DataFrame, *, drop_extremes: bool) -> pd.Series:
    """Geometric mean of the priorities of each node, summing to 1 within each parent."""
    logs = np.sort(np.log(own.to_numpy()), axis=0)
    if drop_extremes:
        if len(own) < LEAST_TO_DROP:
            found = f"drop_extremes with {len(own)} evaluators who count"
            raise SettingsError(f"{found}: allowed {LEAST_TO_DROP} or more; ask more of them")
        logs = logs[1:-1]
    mean = pd.Series(np.exp(logs.mean(axis=0)), index=own.columns, name="weight")
    return mean / mean.groupby(level="parent").transform("sum")


def _joint(judged: list[pd.DataFrame]) -> pd.DataFrame:
    """Geometric mean of the judgements of each pair over those who judged it."""
    logs = pd.DataFrame(np.log(pd.concat(judged)))
    return pd.DataFrame(np.exp(logs.groupby(level=0, sort=False).mean()))


def _leaves(local: pd.Series) -> pd.Series:
    """Leaf weights from local weights by (parent, node)."""
    return hierarchy({parent: local.loc[parent] for parent in local.index.unique("parent")})

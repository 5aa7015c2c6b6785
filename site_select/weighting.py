"""Weights of the criteria: stated, drawn at random, or read from the sample for contrast.

Stated weights come from points on the value tree, from direct or swing points or from an order of
importance. Random weights are exactly uniform on the set they are drawn from, so that no criterion
is favoured unseen. Entropy and CRITIC weights depend on the sample: contrasts, not opinions.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import rel_entr

from site_select.errors import SettingsError

ROUNDING = 1e-12


def from_points(criteria: pd.DataFrame, points: Mapping[str, float] | None = None) -> pd.Series:
    """Weights of the indicators from points given to siblings of the tree.

    A node's share is its points over those of its siblings; an indicator's weight is the product
    of the shares on its way down, however deep the tree is. A node without points has 1, so no
    points at all means equal weights on the criteria and equal weights within each. Criteria with
    no indicator below them are passed over.

    Parameters
    ----------
    criteria
        ``parent`` by node: criteria have the root as parent, indicators a criterion.
    points
        Points by node, 0 or more.

    Returns
    -------
    pandas.Series
        Weight by indicator; sums to 1.

    Raises
    ------
    SettingsError
        If points are negative or not finite, all siblings have 0 points, there is more than one
        root, or a node stands above itself.

    Examples
    --------
    >>> tree = pd.DataFrame(
    ...     {"parent": ["pilot", "pilot", "a", "b", "b"]}, index=["a", "b", "a1", "b1", "b2"]
    ... )
    >>> from_points(tree).tolist()
    [0.5, 0.25, 0.25]
    """
    stated = points or {}
    indicators = indicators_of(criteria)
    tree = within(criteria, indicators)
    given = _numbers({node: stated.get(str(node), 1.0) for node in tree.index})
    totals = given.groupby(tree["parent"], dropna=False).transform("sum")
    faults = _out_of_range("points", given, least=0)
    if (totals == 0).any():
        faults.append(_all_zero(totals.index[totals == 0]))
    roots = criteria.loc[~criteria["parent"].isin(criteria.index), "parent"].unique()
    if len(roots) > 1:
        faults.append(
            f"parents that are no rows: {', '.join(map(str, roots))}: allowed one root; correct "
            "the names of the others or add their rows"
        )
    if faults:
        raise SettingsError("; ".join(faults))
    line = _ancestry(tree)[:, tree.index.isin(indicators)]
    weights = np.where(line, (given / totals).to_numpy()[:, None], 1.0).prod(axis=0)
    return pd.Series(weights, index=indicators, name="weight")


def _numbers(values: "Mapping[str, float] | pd.Series[float]") -> "pd.Series[float]":
    """As numbers; what is no number is missing, for the check that follows."""
    return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").astype("float64")


def _out_of_range(name: str, values: pd.Series, *, least: float) -> list[str]:
    return [
        f"{name} of {key} = {value:g}: allowed a finite number, {least:g} or more"
        for key, value in values[~np.isfinite(values) | (values < least)].items()
    ]


def _all_zero(nodes: pd.Index) -> str:
    return f"points of {', '.join(map(str, nodes))} are all 0: give at least one of them more"


def _ancestry(criteria: pd.DataFrame) -> np.ndarray:
    """Whether each node (row) is, or stands above, each node (column)."""
    parent = criteria.index.get_indexer(pd.Index(criteria["parent"]))
    line = np.zeros((len(parent), len(parent)), dtype=bool)
    node = below = np.arange(len(parent))
    while len(node):
        if (again := line[node, below]).any():
            names = ", ".join(map(str, criteria.index[np.unique(node[again])]))
            raise SettingsError(f"{names} stand above themselves: correct the parent of one")
        line[node, below] = True
        is_top = parent[node] < 0
        node, below = parent[node][~is_top], below[~is_top]
    return line


def indicators_of(criteria: pd.DataFrame) -> list[str]:
    """Indicators of the tree, in its order: the nodes that are nobody's parent and have one."""
    has_parent = criteria["parent"].isin(criteria.index)
    return list(criteria.index[has_parent & ~criteria.index.isin(criteria["parent"])])


def within(criteria: pd.DataFrame, indicators: list[str]) -> pd.DataFrame:
    """Return the tree with these indicators only, and every node that stands above one of them."""
    below = criteria.index.isin(criteria.loc[indicators].index)
    return criteria.iloc[np.flatnonzero(_ancestry(criteria)[:, below].any(axis=1))]


def direct(points: "Mapping[str, float] | pd.Series[float]") -> pd.Series:
    """Weights in proportion to points given to criteria that all stand side by side.

    ``w_j = points_j / sum of points``. Direct rating and swing weighting end in the same division:
    in swing weighting the points say how much the swing of a criterion from worst to best is worth,
    100 for the swing worth most and the others relative to it.

    Parameters
    ----------
    points
        Points by criterion, 0 or more.

    Raises
    ------
    SettingsError
        If points are negative or not finite, or all are 0.

    References
    ----------
    von Winterfeldt, D. & Edwards, W. (1986). Decision Analysis and Behavioral Research.
    Cambridge University Press, ch. 8.

    Examples
    --------
    >>> direct({"fare": 100, "land": 60, "airport": 40}).tolist()
    [0.5, 0.3, 0.2]
    """
    given = _numbers(points)
    faults = _out_of_range("points", given, least=0)
    if (given == 0).all():
        faults.append(_all_zero(given.index))
    if faults:
        raise SettingsError("; ".join(faults))
    return (given / given.sum()).rename("weight")


def rank_order(
    order: "Mapping[str, float] | pd.Series[float]",
    *,
    method: Literal["roc", "rs", "rr"] = "roc",
) -> pd.Series:
    """Weights from an order of importance alone.

    Of n places the k-th has, up to a common factor, ``sum of 1/i from k to n`` (``roc``, rank-order
    centroid: the mean of all weights in that order), ``n + 1 - k`` (``rs``, rank sum) or ``1 / k``
    (``rr``, rank reciprocal). Tied criteria share the mean of the weights of their places.

    Parameters
    ----------
    order
        Rank by criterion, 1 the most important.
    method
        How places become weights.

    Raises
    ------
    SettingsError
        If a rank is missing or below 1, nothing is ranked, or the method is unknown.

    References
    ----------
    Barron, F. H. & Barrett, B. E. (1996). Decision quality using ranked attribute weights.
    Management Science 42(11), 1515-1523. doi:10.1287/mnsc.42.11.1515

    Examples
    --------
    >>> rank_order({"land": 2, "fare": 1}).tolist()
    [0.25, 0.75]
    """
    ranks, faults = _ranks(order)
    place = np.arange(1.0, len(ranks) + 1)
    shapes = {"roc": (1 / place)[::-1].cumsum()[::-1], "rs": place[::-1], "rr": 1 / place}
    if method not in shapes:
        faults.append(f"method = {method!r}: allowed {', '.join(shapes)}")
    if faults:
        raise SettingsError("; ".join(faults))
    own = shapes[method][ranks.rank(method="first").astype("int64") - 1] / shapes[method].sum()
    weights: pd.Series = pd.Series(own, ranks.index).groupby(ranks).transform("mean")
    return weights.rename("weight")


def _ranks(order: "Mapping[str, float] | pd.Series[float]") -> tuple[pd.Series, list[str]]:
    ranks = _numbers(order)
    empty = ["no criterion is ranked: rank at least one"] if ranks.empty else []
    return ranks, empty + _out_of_range("rank", ranks, least=1)


def entropy(performance: pd.DataFrame) -> pd.Series:
    """Shannon-entropy weights: a contrast read from the sample, nobody's opinion.

    ``w_j ~ 1 - E_j``, ``E_j = -sum_i p_ij ln p_ij / ln n``, ``p_ij = x_ij / sum_i x_ij``. A
    criterion on which the n alternatives are alike has 0, one on which a single alternative has
    everything the most. Adding an alternative changes every weight, and so does shifting the zero
    of a unit.

    Parameters
    ----------
    performance
        Alternative by criterion, 0 or more.

    Raises
    ------
    SettingsError
        If a cell is missing, infinite or negative, a column sums to 0, or no column varies.

    References
    ----------
    Hwang, C. L. & Yoon, K. (1981). Multiple Attribute Decision Making. Springer, pp. 52-57.
    doi:10.1007/978-3-642-48318-9

    Examples
    --------
    >>> entropy(pd.DataFrame({"alike": [2.0, 2.0], "apart": [1.0, 3.0]})).tolist()
    [0.0, 1.0]
    """
    table, faults = _sample(performance)
    faults += [f"{name}: allowed 0 or more" for name in table.columns[(table < 0).any()]]
    faults += [f"{name} sums to 0: leave it out" for name in table.columns[(table == 0).all()]]
    if faults:
        raise SettingsError("; ".join(faults))
    share = table / table.sum()
    # p ln(n p) = p ln n + p ln p: the difference from an even share, without 1 - E cancelling
    apart = rel_entr(share, 1 / len(table)).sum().clip(lower=0.0)
    return _in_proportion(apart.where(table.max() > table.min(), 0.0))


def critic(performance: pd.DataFrame, criteria: pd.DataFrame) -> pd.Series:
    """CRITIC weights: a contrast read from the sample, nobody's opinion.

    ``w_j ~ s_j sum_k (1 - r_jk)`` with the standard deviation s and the correlation r of the
    performances scaled between the worst and the best of the sample. A criterion that spreads the
    alternatives and disagrees with the others weighs most. A constant criterion has 0 and leaves
    the others as they are without it. Adding an alternative changes every weight.

    Parameters
    ----------
    performance
        Alternative by criterion.
    criteria
        ``direction`` by criterion, ``max`` or ``min``.

    Raises
    ------
    SettingsError
        If a cell is missing or infinite, a direction is missing or unknown, no column varies, or
        all that vary agree wholly.

    References
    ----------
    Diakoulaki, D., Mavrotas, G. & Papayannakis, L. (1995). Determining objective weights in
    multiple criteria problems: the CRITIC method. Computers & Operations Research 22(7), 763-770.
    doi:10.1016/0305-0548(94)00059-H

    Examples
    --------
    >>> table = pd.DataFrame({"fare": [1.0, 2.0, 3.0], "land": [1.0, 5.0, 9.0], "x": [4.0] * 3})
    >>> criteria = pd.DataFrame({"direction": ["min", "max", "max"]}, index=["fare", "land", "x"])
    >>> critic(table, criteria).round(9).tolist()
    [0.5, 0.5, 0.0]
    """
    table, faults = _sample(performance)
    direction = criteria.get("direction", pd.Series(dtype=object)).reindex(table.columns)
    faults += [
        f"direction of {name} = {found!r}: allowed max, min"
        for name, found in direction[~direction.isin(["max", "min"])].items()
    ]
    if faults:
        raise SettingsError("; ".join(faults))
    varying = table.loc[:, table.max() > table.min()]
    scaled = (varying - varying.min()) / (varying.max() - varying.min())
    scaled *= np.where(direction[varying.columns] == "max", 1.0, -1.0)
    # a criterion alone has nothing to disagree with, and all the say
    conflict = (1 - scaled.corr()).sum() if scaled.shape[1] > 1 else 1.0
    apart = scaled.std(ddof=0) * conflict
    return _in_proportion(apart.reindex(table.columns, fill_value=0.0))


def _sample(performance: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    table = performance.apply(pd.to_numeric, errors="coerce").astype("float64")
    gaps = (~np.isfinite(table)).sum()
    return table, [
        f"{name}: {count} cells missing or not finite: fill them in or leave the criterion out"
        for name, count in gaps[gaps > 0].items()
    ]


def _in_proportion(apart: pd.Series) -> pd.Series:
    if not apart.sum() > 0:  # what is the same for all weighs exactly nothing
        raise SettingsError(
            f"{', '.join(map(str, apart.index)) or 'no criteria'}: the sample gives none of them "
            "weight, because they are constant or say the same; state the weights instead"
        )
    return (apart / apart.sum()).rename("weight")


def random(criteria: pd.DataFrame, n_samples: int, generator: np.random.Generator) -> np.ndarray:
    """Weights uniform over the criteria and uniform within each, down the whole tree.

    Flat Dirichlet draws on every level of the tree [1]_: a criterion with more indicators does not
    count more. Normalised uniform numbers would crowd in the middle.

    Parameters
    ----------
    criteria
        ``parent`` by node.
    n_samples
        Number of weight vectors.
    generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (n_samples, indicators), rows sum to 1, columns in the order of `indicators_of`.

    References
    ----------
    .. [1] Tervonen, T. & Lahdelma, R. (2007). Implementing stochastic multicriteria acceptability
       analysis. EJOR 178(2), 500-513. doi:10.1016/j.ejor.2005.12.037
    """
    has_parent = criteria["parent"].isin(criteria.index).to_numpy()
    ancestry = _ancestry(criteria)
    line = ancestry[:, has_parent & (ancestry.sum(axis=1) == 1)]
    used = np.flatnonzero(line.any(axis=1))
    family, parents = pd.factorize(criteria["parent"].to_numpy()[used], use_na_sentinel=False)
    weights = np.ones((line.shape[1], n_samples))
    for number in range(len(parents)):
        siblings = used[family == number]
        shares = uniform(len(siblings), n_samples, generator)
        for node, share in zip(siblings, shares.T, strict=True):
            weights[line[node]] *= share
    return weights.T


def uniform(count: int, n_samples: int, generator: np.random.Generator) -> np.ndarray:
    """Weights uniform on the simplex: every vector that sums to 1 is equally likely.

    Parameters
    ----------
    count
        Number of criteria.
    n_samples
        Number of weight vectors.
    generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (n_samples, count), rows sum to 1.

    References
    ----------
    Rubin, D. B. (1981). The Bayesian bootstrap. The Annals of Statistics 9(1), 130-134 (the gaps
    between sorted uniform numbers are the flat Dirichlet). doi:10.1214/aos/1176345338

    Examples
    --------
    >>> uniform(1, 2, np.random.default_rng(0)).tolist()
    [[1.0], [1.0]]
    """
    return generator.dirichlet(np.ones(count), n_samples)


def ordered(
    order: "Mapping[str, float] | pd.Series[float]",
    n_samples: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Weights uniform over all that agree with an order of importance.

    Uniform weights are sorted into the order; tied criteria are free among themselves. Without
    ties the mean is the rank-order centroid of `rank_order`.

    Parameters
    ----------
    order
        Rank by criterion, 1 the most important.
    n_samples
        Number of weight vectors.
    generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (n_samples, criteria), rows sum to 1.

    Raises
    ------
    SettingsError
        If a rank is missing or below 1, or nothing is ranked.

    References
    ----------
    Tervonen, T. & Lahdelma, R. (2007). Implementing stochastic multicriteria acceptability
    analysis. EJOR 178(2), 500-513. doi:10.1016/j.ejor.2005.12.037

    Examples
    --------
    >>> fare, land = ordered({"fare": 1, "land": 2}, 100, np.random.default_rng(0)).T
    >>> bool((fare >= land).all())
    True
    """
    ranks, faults = _ranks(order)
    if faults:
        raise SettingsError("; ".join(faults))
    falling = -np.sort(-uniform(len(ranks), n_samples, generator), axis=1)
    level = ranks.rank(method="dense").to_numpy()
    # a random part below 1 orders the tied and nobody else
    places = np.argsort(level + generator.random(falling.shape), axis=1)
    weights = np.empty_like(falling)
    np.put_along_axis(weights, places, falling, axis=1)
    return weights


def within_ranges(
    low: "ArrayLike | pd.Series[float]",
    high: "ArrayLike | pd.Series[float]",
    n_samples: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Weights uniform over all that sum to 1 and keep each criterion within its range.

    Exact for ranges of any width: independent draws of density ``exp(-rate x)`` are all equally
    likely once their sum is given, because the product of their densities hangs on the sum alone.
    The rate puts the mean sum at 1; the criterion of the widest range takes what the others leave,
    kept with the probability that its own density gives it.

    Parameters
    ----------
    low, high
        Least and largest weight by criterion, in the same order.
    n_samples
        Number of weight vectors.
    generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (n_samples, criteria), rows sum to 1.

    Raises
    ------
    SettingsError
        If a range is not within 0 to 1, or no weights within the ranges sum to 1.

    References
    ----------
    Devroye, L. (1986). Non-Uniform Random Variate Generation. Springer, ch. II.3 (rejection).
    doi:10.1007/978-1-4613-8643-8

    Examples
    --------
    >>> within_ranges([0.5, 0.25], [0.5, 1.0], 1, np.random.default_rng(0)).tolist()
    [[0.5, 0.5]]
    """
    least, most = _ranges(low, high)
    to_give, to_take = 1.0 - least.sum(), most.sum() - 1.0
    # counted from the nearer end, so that the rate is never negative
    base, sign = (least, 1.0) if to_give <= to_take else (most, -1.0)
    parts = _parts(most - least, min(to_give, to_take), n_samples, generator)
    return np.clip(base + sign * parts, least, most)


def _ranges(low: ArrayLike, high: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    names = pd.Series(low).index
    if not names.equals(pd.Series(high).index):
        raise SettingsError("low and high name different criteria: give both for each, in order")
    least, most = np.asarray(low, dtype="float64"), np.asarray(high, dtype="float64")
    faults = [
        f"range of {name} = {bottom:g} to {top:g}: allowed two weights from 0 to 1, least first"
        for name, bottom, top in zip(names, least, most, strict=True)
        if not 0 <= bottom <= top <= 1
    ]
    if not faults and not least.sum() - ROUNDING <= 1 <= most.sum() + ROUNDING:
        faults.append(
            f"ranges sum to {least.sum():.12g} at least and {most.sum():.12g} at most: "
            "allowed ranges that can sum to 1; widen some"
        )
    if faults:
        raise SettingsError("; ".join(faults))
    return least, most


def _parts(
    width: np.ndarray, total: float, n_samples: int, generator: np.random.Generator
) -> np.ndarray:
    """Uniform over ``0 <= x_j <= width_j`` with the given sum, at most half of all widths."""
    if total <= ROUNDING:
        return np.zeros((n_samples, len(width)))
    rates = np.linspace(0.0, len(width) / total, 256)  # the last has a mean sum below the total
    steepness = np.maximum(np.multiply.outer(rates, width), 1e-6)
    means = width * (1 / steepness - np.exp(-steepness) / -np.expm1(-steepness))
    # how near the mean sum comes decides how many draws are kept, not where they lie
    best = np.argmin(abs(means.sum(axis=1) - total))
    rate, steep = rates[best], steepness[best]
    rest = np.argmax(width * -np.expm1(-steep) / steep)
    kept, count = [np.empty((0, len(width)))], 0
    while count < n_samples:
        chance = generator.random((n_samples + 256, len(width)))
        parts = width * -np.log1p(chance * np.expm1(-steep)) / steep
        parts[:, rest] = 0.0
        parts[:, rest] = left = total - parts.sum(axis=1)
        is_kept = (left >= 0) & (left <= width[rest])
        is_kept &= chance[:, rest] < np.exp(-rate * np.maximum(left, 0.0))
        kept.append(parts[is_kept])
        count += int(is_kept.sum())
    return np.concatenate(kept)[:n_samples]


def around(
    by_evaluator: pd.DataFrame, n_samples: int, generator: np.random.Generator
) -> np.ndarray:
    """Weights around the mean of a group: the more its evaluators agree, or are, the nearer.

    Bayesian bootstrap [1]_: the importances of the evaluators are drawn from a flat Dirichlet, and
    each draw is the geometric mean of their weights with these importances, scaled to sum to 1.
    One evaluator, or a group that agrees, gives the same weights in every draw.

    Parameters
    ----------
    by_evaluator
        Weights, evaluator by criterion, above 0: a mean of products with a 0 in it is 0.
    n_samples
        Number of weight vectors.
    generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (n_samples, criteria), rows sum to 1.

    Raises
    ------
    SettingsError
        If a weight is missing, infinite, 0 or less, or there is no evaluator.

    References
    ----------
    .. [1] Rubin, D. B. (1981). The Bayesian bootstrap. The Annals of Statistics 9(1), 130-134.
       doi:10.1214/aos/1176345338

    Examples
    --------
    >>> group = pd.DataFrame({"fare": [0.75, 0.75], "land": [0.25, 0.25]})
    >>> around(group, 1, np.random.default_rng(0)).round(9).tolist()
    [[0.75, 0.25]]
    """
    table, faults = _sample(by_evaluator)
    faults += [f"weights of {name}: allowed above 0" for name in table.columns[(table <= 0).any()]]
    if table.empty:
        faults.append("no evaluator's weights: give those of at least one")
    if faults:
        raise SettingsError("; ".join(faults))
    importances = uniform(len(table), n_samples, generator)
    means = np.exp(importances @ np.log(table.to_numpy()))
    weights: np.ndarray = means / means.sum(axis=1, keepdims=True)
    return weights

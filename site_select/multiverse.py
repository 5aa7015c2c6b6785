"""Every combination of defensible choices: who is first in which world, and by whose doing.

A world is one way through the choices an analyst must make and could have made otherwise: how gaps
are filled, how performance becomes value, who weighs, and how values are put together. Where the
same complex is first in nearly all of them, method is no argument; where it is not, the shares of
variance say which choice to argue about.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from site_select import robustness, scoring
from site_select.errors import SettingsError

ROUNDING = 1e-12
SUM_TOLERANCE = 1e-6
# the root of x³ + x² + x = 1: then (1 - x^4t) / (1 - x^4) is 1/2 at t = 1/4
MIDVALUE_BASE = 0.5436890126920764


class Multiverse(NamedTuple):
    """What every combination of choices leads to.

    Attributes
    ----------
    worlds
        Choices by world: ``treatment, value_function, aggregation, weighting``.
    ranks
        Rank by world and complex; 1 is best, ties share the better rank.
    first
        Who is first by world; joint leaders joined by commas.
    share
        Share of the worlds in which a complex is first, joint leaders sharing theirs; sums to 1.
    shares_of_choice
        Share of the variance of all ranks by choice, ``first`` and ``total``, as in
        `variance_shares`.
    """

    worlds: pd.DataFrame
    ranks: pd.DataFrame
    first: pd.Series
    share: pd.Series
    shares_of_choice: pd.DataFrame


def worlds(choices: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Every combination of the choices, a world each; the last choice changes fastest.

    Parameters
    ----------
    choices
        What may be chosen, by choice.

    Raises
    ------
    SettingsError
        If there is no choice, or one of them is empty or names something twice.

    Examples
    --------
    >>> worlds({"weights": ["equal", "stated"], "mean": ["sum", "product"]}).to_numpy().tolist()
    [['equal', 'sum'], ['equal', 'product'], ['stated', 'sum'], ['stated', 'product']]
    """
    faults = [
        f"choice {name} has {len(options)} options, {len(set(options))} different: allowed one or "
        "more, each once"
        for name, options in choices.items()
        if not options or len(set(options)) < len(options)
    ]
    if not choices:
        faults.append("no choices: allowed one or more")
    if faults:
        raise SettingsError("; ".join(faults))
    return pd.DataFrame(list(product(*choices.values())), columns=list(choices))


def ordered_value(
    values: np.ndarray, weights: np.ndarray, quantifier: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Ordered weighted average: the best values of each complex first, the worst ones last.

    ``sum_k (Q(s_k) - Q(s_(k-1))) v_(k)`` with ``v_(1) >= v_(2) >= ...`` the values of a complex in
    descending order and ``s_k`` the weight of the first k of them. ``Q(s) = s`` gives the additive
    value; the more convex Q, the less a strong value makes good a weak one.

    Parameters
    ----------
    values
        Complex by indicator, in [0, 1].
    weights
        Weighting by indicator; rows sum to 1.
    quantifier
        Rises from Q(0) = 0 to Q(1) = 1: the say of the best part s of a complex.

    Returns
    -------
    numpy.ndarray
        Weighting by complex.

    References
    ----------
    Yager, R. R. (1988). On ordered weighted averaging aggregation operators in multicriteria
    decisionmaking. IEEE Transactions on Systems, Man, and Cybernetics 18(1), 183-190.
    doi:10.1109/21.87068

    Yager, R. R. (1996). Quantifier guided aggregation using OWA operators. International Journal
    of Intelligent Systems 11(1), 49-73, for weights of unequal importance.

    Examples
    --------
    >>> two, equal = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])
    >>> ordered_value(two, equal, np.square).tolist()  # the better half has a quarter of the say
    [[0.25]]
    """
    order = np.argsort(-values, axis=1)
    reached = weights[:, order].cumsum(axis=2)
    reached[:, :, -1] = 1.0  # sums of decimals fall short of it
    say = np.diff(quantifier(reached), axis=2, prepend=0.0)
    value: np.ndarray = (say * np.take_along_axis(values, order, axis=1)).sum(axis=2)
    return value


def _linear(values: np.ndarray) -> np.ndarray:
    return values


def _concave(values: np.ndarray) -> np.ndarray:
    curve: np.ndarray = (1 - MIDVALUE_BASE ** (4 * values)) / (1 - MIDVALUE_BASE**4)
    return curve


def _convex(values: np.ndarray) -> np.ndarray:
    return 1 - _concave(1 - values)


def _min_max(values: np.ndarray) -> np.ndarray:
    swing = np.ptp(values, axis=0)
    # where all are alike there is no worst and no best: the value stays
    is_flat = swing <= ROUNDING
    scaled = (values - values.min(axis=0)) / np.where(is_flat, 1.0, swing)
    return np.where(is_flat, values, scaled)


def _ranked(values: np.ndarray) -> np.ndarray:
    places: np.ndarray = rankdata(values.round(12), axis=0) - 1
    return places / max(len(values) - 1, 1)


VALUE_FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": _linear, "concave": _concave, "convex": _convex, "min-max": _min_max,
    "ranks": _ranked,
}  # fmt: skip


def _additive(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    score: np.ndarray = weights @ values.T
    return score


def _geometric(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    # without a floor a single 0 would rule a complex out
    mean: np.ndarray = np.exp(weights @ np.log(values.clip(min=robustness.LEAST_VALUE)).T)
    return mean


def _owa(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return ordered_value(values, weights, np.square)


def _topsis(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    squared = scoring.ideal_distances(values, np.ones(values.shape[1], dtype=bool))
    to_ideal, to_anti_ideal = (np.sqrt(weights**2 @ part.T) for part in squared)
    whole = to_ideal + to_anti_ideal
    closeness: np.ndarray = np.divide(
        to_anti_ideal, whole, out=np.full_like(whole, 0.5), where=whole > ROUNDING
    )
    return closeness


def _vikor(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    swing = np.ptp(values, axis=0)
    regret = (values.max(axis=0) - values) / np.where(swing > ROUNDING, swing, 1.0)
    utility, worst = weights @ regret.T, (weights[:, None, :] * regret).max(axis=2)
    score: np.ndarray = -(_above_least(utility) + _above_least(worst)) / 2
    return score


def _above_least(measure: np.ndarray) -> np.ndarray:
    swing = np.ptp(measure, axis=1, keepdims=True)
    share: np.ndarray = measure - measure.min(axis=1, keepdims=True)
    return share / np.where(swing > ROUNDING, swing, 1.0)


def _promethee(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    preferences = [robustness.PREFERENCE] * values.shape[1]
    flow: np.ndarray = weights @ scoring.net_flows(values, preferences).T
    return flow


AGGREGATIONS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "additive": _additive, "geometric": _geometric, "owa": _owa, "topsis": _topsis,
    "vikor": _vikor, "promethee": _promethee,
}  # fmt: skip


def run(
    values: Mapping[str, pd.DataFrame],
    weights: Mapping[str, pd.Series],
    *,
    value_functions: Sequence[str] = tuple(VALUE_FUNCTIONS),
    aggregations: Sequence[str] = tuple(AGGREGATIONS),
) -> Multiverse:
    """Rank the complexes in every world.

    Value functions bend the given value t, linear between fixed anchors: ``linear`` t, ``concave``
    and ``convex`` the exponential curve through 1/2 at t = 1/4 and at t = 3/4. Two more depend on
    the sample: ``min-max``, from its worst to its best, and ``ranks``, from last to first. An
    indicator on which all are alike keeps its value.

    Aggregations: ``additive``; ``geometric``, values below 0.01 counted as 0.01; ``owa``, ordered
    with Q(s) = s², so that the weaker values have more say; ``topsis``; ``vikor`` with strategy
    0.5; ``promethee`` II, differences of value up to 0.05 not counted and from 0.3 in full.

    Parameters
    ----------
    values
        Partial values in [0, 1], complex by indicator, by treatment of the gaps.
    weights
        Weight by indicator, which sums to 1, by name of the weighting.
    value_functions, aggregations
        Names of those to go through.

    Raises
    ------
    SettingsError
        If a name is unknown or tables do not fit each other or hold no values or weights.

    References
    ----------
    Steegen, S., Tuerlinckx, F., Gelman, A. & Vanpaemel, W. (2016). Increasing transparency through
    a multiverse analysis. Perspectives on Psychological Science 11(5), 702-712.
    doi:10.1177/1745691616658637

    Saisana, M., Saltelli, A. & Tarantola, S. (2005). Uncertainty and sensitivity analysis
    techniques as tools for the quality assessment of composite indicators. Journal of the Royal
    Statistical Society A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.4], "large": [0.0, 0.5]}, index=["A", "B"])
    >>> equal = pd.Series({"near": 0.5, "large": 0.5})
    >>> found = run(
    ...     {"known": values}, {"equal": equal},
    ...     value_functions=["linear"], aggregations=["additive", "geometric"],
    ... )
    >>> found.first.tolist(), found.share.tolist()
    (['A', 'B'], [0.5, 0.5])
    """
    table = worlds({
        "treatment": list(values), "value_function": value_functions,
        "aggregation": aggregations, "weighting": list(weights),
    })  # fmt: skip
    _check(values, weights, value_functions, aggregations)
    labels, names = next(iter(values.values())).axes
    weighting = np.array([weight[names] for weight in weights.values()], dtype="float64")
    tables = [table.loc[labels, names].to_numpy(dtype="float64") for table in values.values()]
    bent = [VALUE_FUNCTIONS[name](matrix) for matrix in tables for name in value_functions]
    scores = [AGGREGATIONS[name](matrix, weighting) for matrix in bent for name in aggregations]
    ranks = pd.DataFrame(_ranks(np.concatenate(scores)), columns=labels)
    is_first = ranks == 1
    return Multiverse(
        table, ranks,
        pd.Series([", ".join(map(str, labels[row])) for row in is_first.to_numpy()], name="first"),
        is_first.div(is_first.sum(axis=1), axis=0).mean().rename("share"),
        variance_shares(table, ranks),
    )  # fmt: skip


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Rank in each row, 1 is best; scores that differ by rounding alone share the better rank."""
    order = np.argsort(-scores, axis=1, kind="stable")
    falls = -np.diff(np.take_along_axis(scores, order, axis=1), axis=1) > ROUNDING
    places = np.where(np.pad(falls, ((0, 0), (1, 0))), np.arange(scores.shape[1]), 0)
    ranks = np.empty(scores.shape, dtype="int64")
    np.put_along_axis(ranks, order, np.maximum.accumulate(places, axis=1) + 1, axis=1)
    return ranks


def _check(
    values: Mapping[str, pd.DataFrame],
    weights: Mapping[str, pd.Series],
    value_functions: Sequence[str],
    aggregations: Sequence[str],
) -> None:
    faults = [
        f"{kind} {name!r}: allowed {', '.join(known)}"
        for kind, found, known in (
            ("value function", value_functions, VALUE_FUNCTIONS),
            ("aggregation", aggregations, AGGREGATIONS),
        )
        for name in found if name not in known
    ]  # fmt: skip
    labels, names = (set(axis) for axis in next(iter(values.values())).axes)
    for treatment, table in values.items():
        found = table.to_numpy(dtype="float64")
        if not found.size or not ((found >= -ROUNDING) & (found <= 1 + ROUNDING)).all():
            faults.append(f"treatment {treatment}: allowed values from 0 to 1, no gap")
        if not _fits(table.index, labels) or not _fits(table.columns, names):
            faults.append(
                f"treatment {treatment}: allowed the complexes and indicators of the first"
            )
    for weighting, weight in weights.items():
        if not _fits(weight.index, names):
            faults.append(f"weighting {weighting}: allowed one weight for every indicator")
        if not ((weight >= 0).all() and abs(weight.sum() - 1) <= SUM_TOLERANCE):
            faults.append(f"weighting {weighting}: allowed weights of 0 or more that sum to 1")
    if faults:
        raise SettingsError("; ".join(faults))


def _fits(index: pd.Index, labels: set[Hashable]) -> bool:
    return index.is_unique and set(index) == labels


def variance_shares(worlds: pd.DataFrame, outcome: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Share of the variance of an outcome that each choice makes, exact for every combination.

    Sobol's indices with all worlds alike: ``first = Var(E[y | choice]) / Var(y)``, what settling
    this choice alone would take away; ``total = E[Var(y | all others)] / Var(y)``, what would be
    left if all others were settled. A total above the first is interaction. Variances of several
    outcomes are summed before they are divided.

    Parameters
    ----------
    worlds
        Choices by world, each combination once, as `worlds` makes them.
    outcome
        Outcomes by world.

    Returns
    -------
    pandas.DataFrame
        By choice: ``first, total``; all 0 where the outcome never varies.

    Raises
    ------
    SettingsError
        If combinations are missing or doubled or outcomes are not finite.

    References
    ----------
    Sobol', I. M. (2001). Global sensitivity indices for nonlinear mathematical models and their
    Monte Carlo estimates. Mathematics and Computers in Simulation 55(1-3), 271-280.
    doi:10.1016/S0378-4754(00)00270-6

    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer
    Physics Communications 181(2), 259-270. doi:10.1016/j.cpc.2009.09.018

    Examples
    --------
    >>> table = worlds({"weights": ["equal", "stated"], "mean": ["sum", "product"]})
    >>> variance_shares(table, pd.Series([1.0, 2.0, 4.0, 5.0]))["first"].round(9).tolist()
    [0.9, 0.1]
    """
    codes = [pd.factorize(worlds[name])[0] for name in worlds]
    sizes = [int(code.max(initial=-1)) + 1 for code in codes]
    if len(outcome) == len(worlds) and set(outcome.index) == set(worlds.index):
        outcome = outcome.loc[worlds.index]
    found = outcome.to_numpy(dtype="float64").reshape(len(outcome), -1)
    faults = []
    if len(worlds) != np.prod(sizes) or worlds.duplicated().any():
        faults.append(f"{len(worlds)} worlds: allowed each of {np.prod(sizes)} combinations once")
    if len(found) != len(worlds) or not np.isfinite(found).all():
        faults.append(f"outcomes of {len(found)} worlds: allowed a number for each world")
    if faults:
        raise SettingsError("; ".join(faults))
    cube = found[np.lexsort(codes[::-1])].reshape(*sizes, -1)
    axes = range(len(sizes))
    whole = float(found.var(axis=0).sum())
    if whole <= (ROUNDING * np.abs(found).max()) ** 2:
        return pd.DataFrame(0.0, worlds.columns.rename("choice"), ["first", "total"])
    others = [tuple(other for other in axes if other != axis) for axis in axes]
    return pd.DataFrame({
        "first": [cube.mean(axis=other).var(axis=0).sum() / whole for other in others],
        "total": [cube.var(axis=axis).reshape(-1, found.shape[1]).mean(axis=0).sum() / whole
                  for axis in axes],
    }, index=worlds.columns.rename("choice"))  # fmt: skip

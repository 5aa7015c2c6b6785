"""Scores and ranks from values and weights, and three other methods to hold them against.

The additive value on fixed anchors is the reference: adding an alternative never reorders the
others. TOPSIS, VIKOR and PROMETHEE compare the alternatives with each other instead, so their
scores hang on who else is in the table.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select import decision_tables, valuation
from site_select.decision_tables import Preference, Weights
from site_select.errors import SettingsError

METHODS = ("additive", "geometric", "topsis", "vikor", "promethee")
TIE = 1e-12
THRESHOLD_ROUNDING = 1e-14
PAIRS = 1 << 17


class Topsis(NamedTuple):
    """Alternatives between the best and the worst there is of everything.

    Attributes
    ----------
    scores
        Closeness to the ideal, from 0 (worst on everything) to 1 (best on everything).
    ranks
        Rank by closeness, 1 is best.
    normalised, weighted
        Performance over the length of its column, and that times the weight.
    ideal
        Best (row ``ideal``) and worst (``anti_ideal``) weighted performance by criterion.
    distances
        Distance ``to_ideal`` and ``to_anti_ideal`` by alternative.
    """

    scores: pd.Series
    ranks: pd.Series
    normalised: pd.DataFrame
    weighted: pd.DataFrame
    ideal: pd.DataFrame
    distances: pd.DataFrame


class Vikor(NamedTuple):
    """Compromise between the regret of all criteria and the regret of the worst one.

    Attributes
    ----------
    scores
        Q, from 0 (best) to 1 (worst): the smaller the better.
    ranks
        Rank by Q, 1 is best.
    measures
        S (weighted sum of the regrets), R (largest weighted regret) and Q by alternative.
    compromise
        The compromise set, best Q first: the leader alone if both conditions hold.
    has_acceptable_advantage
        Condition C1: Q of the second is at least ``1 / (n - 1)`` above that of the first.
    has_acceptable_stability
        Condition C2: the first by Q is also first by S or by R.
    """

    scores: pd.Series
    ranks: pd.Series
    measures: pd.DataFrame
    compromise: list[str]
    has_acceptable_advantage: bool
    has_acceptable_stability: bool


class Promethee(NamedTuple):
    """How strongly each alternative outranks the others and is outranked by them.

    Attributes
    ----------
    scores
        Net flow, from -1 (outranked by all on everything) to 1; sums to 0.
    ranks
        Rank by net flow (PROMETHEE II), 1 is best.
    flows
        Flows ``plus``, ``minus`` and ``net`` by alternative.
    unicriterion
        Net flow by alternative and criterion; its weighted sum is the net flow.
    """

    scores: pd.Series
    ranks: pd.Series
    flows: pd.DataFrame
    unicriterion: pd.DataFrame

    @property
    def relation(self) -> pd.DataFrame:
        """PROMETHEE I, row over column: preferred P, indifferent I, incomparable R, or empty.

        P where both flows speak for the row or one does and the other is equal; empty where the
        column is preferred. Takes the square of the number of alternatives in room.
        """
        plus, minus = self.flows["plus"].to_numpy(), self.flows["minus"].to_numpy()
        more, less = plus[:, None] - plus, minus - minus[:, None]
        for_row, for_column = (more > TIE) | (less > TIE), (more < -TIE) | (less < -TIE)
        letters = np.select(
            [for_row & for_column, for_row, for_column], ["R", "P", ""], default="I"
        )
        return pd.DataFrame(letters, self.flows.index, self.flows.index)


def additive_value(values: pd.DataFrame, weights: Weights) -> pd.Series:
    """Weighted mean of the partial values, the reference model.

    ``V_i = sum_j w_j v_ij``; 1 is best on everything, 0 worst on everything.

    Parameters
    ----------
    values
        Complex by indicator, in [0, 1].
    weights
        Weight by indicator; sums to 1.

    Raises
    ------
    SettingsError
        If the table or the weights do not pass `decision_tables.checked`.

    References
    ----------
    Keeney, R. L. & Raiffa, H. (1976). Decisions with Multiple Objectives. Wiley, ch. 3.

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.5], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> additive_value(values, pd.Series({"near": 0.6, "large": 0.4})).round(2).tolist()
    [0.6, 0.7]
    """
    values, weights, _ = decision_tables.checked(values, weights)
    return (values * weights).sum(axis=1).rename("score")


def geometric_mean(values: pd.DataFrame, weights: Weights) -> pd.Series:
    """Weighted geometric mean of the partial values: weak spots are hard to make up for.

    ``V_i = prod_j v_ij ^ w_j``, the weighted product model. A 0 on any criterion with a weight
    makes the whole 0, whatever the rest (a full veto); 1 is best on everything.

    Parameters
    ----------
    values
        Alternative by criterion, 0 or more, more being better.
    weights
        Weight by criterion; sums to 1.

    Raises
    ------
    SettingsError
        If a value is negative, or the input does not pass `decision_tables.checked`.

    References
    ----------
    Bridgman, P. W. (1922). Dimensional Analysis. Yale University Press, pp. 21-22.

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.25], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> geometric_mean(values, pd.Series({"near": 0.5, "large": 0.5})).tolist()
    [0.0, 0.5]
    """
    values, weights, _ = decision_tables.checked(values, weights, minimum=0.0)
    return (values**weights).prod(axis=1).rename("score")


def ideal_distances(matrix: np.ndarray, is_benefit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared differences from the best and the worst of each criterion, before weights.

    With them ``a`` and ``i`` from the worst and the best, the closeness of TOPSIS under weights
    ``w`` is ``√(sum w² a) / (√(sum w² i) + √(sum w² a))``.

    Parameters
    ----------
    matrix
        Performance (..., alternative, criterion), finite.
    is_benefit
        Whether more is better, by criterion.

    Returns
    -------
    tuple of numpy.ndarray
        To the ideal and to the anti-ideal, of the shape of the matrix, in squared lengths of
        the column; 0 for a constant column.

    Examples
    --------
    >>> to_ideal, to_anti_ideal = ideal_distances(np.array([[3.0], [4.0]]), np.array([True]))
    >>> to_ideal.round(2).tolist(), to_anti_ideal.round(2).tolist()
    ([[0.04], [0.0]], [[0.0], [0.04]])
    """
    oriented = _vector_normalised(matrix) * np.where(is_benefit, 1.0, -1.0)
    best, worst = oriented.max(axis=-2, keepdims=True), oriented.min(axis=-2, keepdims=True)
    return (best - oriented) ** 2, (oriented - worst) ** 2


def _vector_normalised(matrix: np.ndarray) -> np.ndarray:
    # by the largest first: the square of a large number is no number
    largest = abs(matrix).max(axis=-2, keepdims=True)
    scaled = matrix / np.where(largest > 0, largest, 1.0)
    length = np.sqrt((scaled**2).sum(axis=-2, keepdims=True))
    normalised: np.ndarray = scaled / np.where(length > 0, length, 1.0)
    return normalised


def topsis(performance: pd.DataFrame, weights: Weights, *, criteria: pd.DataFrame) -> Topsis:
    """Closeness to the ideal solution (TOPSIS) with vector normalisation.

    ``C = d⁻ / (d⁺ + d⁻)`` with the weighted distances ``d⁺`` to the best and ``d⁻`` to the worst
    of every criterion: 1 is best on everything, 0 worst; 0.5 where there is nothing to tell apart
    (one alternative, or all alike). To improve on a criterion makes its column longer and may so,
    rarely, cost a rank; of criteria with numbers below 0 more often.

    Parameters
    ----------
    performance
        Alternative by criterion, in any units.
    weights
        Weight by criterion.
    criteria
        ``direction`` by criterion, ``max`` or ``min``, or the anchors ``worst`` and ``best``.

    Raises
    ------
    SettingsError
        If the input does not pass `decision_tables.checked`.

    References
    ----------
    Hwang, C. L. & Yoon, K. (1981). Multiple Attribute Decision Making. Springer, pp. 128-140.
    doi:10.1007/978-3-642-48318-9

    Examples
    --------
    >>> table = pd.DataFrame({"km": [3.0, 4.0], "firms": [8.0, 6.0]}, index=["A", "B"])
    >>> criteria = pd.DataFrame({"direction": ["min", "max"]}, index=["km", "firms"])
    >>> topsis(table, pd.Series({"km": 0.5, "firms": 0.5}), criteria=criteria).scores.tolist()
    [1.0, 0.0]
    """
    performance, weights, direction = decision_tables.checked(performance, weights, criteria)
    is_benefit = (direction == "max").to_numpy()
    matrix, labels = performance.to_numpy(), performance.index
    squared = [square @ weights.to_numpy() ** 2 for square in ideal_distances(matrix, is_benefit)]
    distances = pd.DataFrame(
        np.sqrt(squared).T, labels, ["to_ideal", "to_anti_ideal"],
    )  # fmt: skip
    scores = pd.Series(_closeness(*squared), labels, name="score")
    normalised = pd.DataFrame(_vector_normalised(matrix), labels, performance.columns)
    weighted = normalised * weights
    high, low = weighted.max(), weighted.min()
    ideal = pd.DataFrame({
        "ideal": high.where(is_benefit, low), "anti_ideal": low.where(is_benefit, high),
    }).T  # fmt: skip
    return Topsis(scores, ranks(scores), normalised, weighted, ideal, distances)


def _closeness(to_ideal: np.ndarray, to_anti_ideal: np.ndarray) -> np.ndarray:
    """Closeness from the squared weighted distances."""
    near, far = np.sqrt(to_ideal), np.sqrt(to_anti_ideal)
    total = near + far
    closeness: np.ndarray = np.divide(far, total, out=np.full_like(total, 0.5), where=total > 0)
    return closeness


def vikor(
    performance: pd.DataFrame,
    weights: Weights,
    *,
    criteria: pd.DataFrame,
    strategy: float = 0.5,
) -> Vikor:
    """Compromise ranking (VIKOR) by the regret of all criteria and of the worst one.

    ``S = sum_j w_j r_ij``, ``R = max_j w_j r_ij`` with the regret ``r`` from 0 (best in the table)
    to 1 (worst), and ``Q = v (S - S⁺)/(S⁻ - S⁺) + (1 - v) (R - R⁺)/(R⁻ - R⁺)``: 0 is best on both.
    What is the same for all (a constant criterion, S or R) has no say. If the leader is far enough
    ahead but first neither by S nor by R, the second stands beside it; if it is not, all do whose
    Q is less than ``1 / (n - 1)`` behind. To improve on a criterion may stretch its range and so,
    rarely, cost a rank.

    Parameters
    ----------
    performance
        Alternative by criterion, in any units.
    weights
        Weight by criterion.
    criteria
        ``direction`` by criterion, ``max`` or ``min``, or the anchors ``worst`` and ``best``.
    strategy
        Weight ``v`` of S against R, from 0 (the worst regret alone) to 1 (the sum alone).

    Raises
    ------
    SettingsError
        If the strategy is out of range, or the input does not pass `decision_tables.checked`.

    References
    ----------
    Opricovic, S. & Tzeng, G.-H. (2004). Compromise solution by MCDM methods. EJOR 156(2),
    445-455. doi:10.1016/S0377-2217(03)00020-1

    Examples
    --------
    >>> table = pd.DataFrame({"risk": [1, 2, 5], "height": [3000, 3750, 4500]}, list("ABC"))
    >>> criteria = pd.DataFrame({"direction": ["min", "max"]}, index=["risk", "height"])
    >>> result = vikor(table, pd.Series({"risk": 0.5, "height": 0.5}), criteria=criteria)
    >>> result.scores.tolist(), result.compromise
    ([1.0, 0.0, 1.0], ['B'])
    """
    if not 0 <= strategy <= 1:
        raise SettingsError(f"strategy = {strategy}: allowed 0 to 1; to mend: write 0.5")
    performance, weights, direction = decision_tables.checked(performance, weights, criteria)
    oriented = performance.to_numpy() * np.where(direction == "max", 1.0, -1.0)
    measures = pd.DataFrame(
        dict(zip("SRQ", _regrets(oriented, weights.to_numpy(), strategy), strict=True)),
        performance.index,
    )
    scores = measures["Q"].rename("score")
    places = measures.apply(lambda measure: ranks(-measure, scale=1.0))
    behind = scores - scores.min()
    needed = 1 / max(len(scores) - 1, 1)
    rivals = places["Q"] > 1
    has_advantage = len(scores) == 1 or bool(behind.sort_values().iloc[1] >= needed - TIE)
    has_stability = bool((places.loc[places["Q"] == 1, ["S", "R"]] == 1).any(axis=None))
    if not has_advantage:
        stands = behind < needed - TIE
    elif has_stability:
        stands = ~rivals
    else:
        stands = places["Q"] <= places.loc[rivals, "Q"].min()
    compromise = list(scores[stands].sort_values(kind="stable").index)
    return Vikor(
        scores, places["Q"].rename("rank"), measures, compromise, has_advantage, has_stability
    )


def _regrets(
    oriented: np.ndarray, weights: np.ndarray, strategy: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """S, R and Q (..., alternative) of performance where more is better."""
    regret = weights * _spread(-oriented, axis=-2)
    total, largest = regret.sum(axis=-1), regret.max(axis=-1)
    both = strategy * _spread(total) + (1 - strategy) * _spread(largest)
    return total, largest, both


def _spread(numbers: np.ndarray, *, axis: int = -1) -> np.ndarray:
    """Position from the least (0) to the most (1); 0 where all are the same but for rounding."""
    numbers = numbers / 2  # the difference of two large numbers may be no number
    least, most = numbers.min(axis=axis, keepdims=True), numbers.max(axis=axis, keepdims=True)
    is_apart = most - least > THRESHOLD_ROUNDING * np.maximum(abs(least), abs(most))
    spread: np.ndarray = (numbers - least) / np.where(is_apart, most - least, np.inf)
    return spread


def promethee(performance: pd.DataFrame, weights: Weights, *, criteria: pd.DataFrame) -> Promethee:
    """Outranking flows of PROMETHEE I and II.

    ``plus = 1/(n-1) sum_b sum_j w_j P_j(a, b)``, ``minus`` the same with a and b exchanged, net the
    difference [1]_. ``P`` grows from 0 to 1 with the lead ``d`` of a over b: *usual* 1 above 0; *u*
    1 above q; *v* ``d/p``; *level* 1/2 above q, 1 above p; *linear* ``(d - q)/(p - q)``; *gaussian*
    ``1 - exp(-d²/2s²)``. A lead equal to a threshold but for rounding counts as equal. All but
    the gaussian are exact by sorting [2]_, so that thousands of alternatives take no time.

    Parameters
    ----------
    performance
        Alternative by criterion, in any units.
    weights
        Weight by criterion.
    criteria
        By criterion: ``direction`` (or ``worst`` and ``best``) and optionally
        ``preference_function`` (without it: usual) and its thresholds ``q, p, s``, in the unit
        of the criterion.

    Raises
    ------
    SettingsError
        If the input does not pass `decision_tables.checked` or a threshold is wrong.

    References
    ----------
    .. [1] Brans, J.-P. & Vincke, P. (1985). A preference ranking organisation method. Management
       Science 31(6), 647-656. doi:10.1287/mnsc.31.6.647
    .. [2] Calders, T. & Van Assche, D. (2018). PROMETHEE is not quadratic. Omega 76, 63-69.
       doi:10.1016/j.omega.2017.04.003, arXiv:1603.00091

    Examples
    --------
    >>> table = pd.DataFrame({"km": [1.0, 2.0, 3.0]}, index=["A", "B", "C"])
    >>> criteria = pd.DataFrame({"direction": ["min"]}, index=["km"])
    >>> result = promethee(table, pd.Series({"km": 1.0}), criteria=criteria)
    >>> result.scores.tolist(), result.relation.loc["A"].tolist()
    ([1.0, 0.0, -1.0], ['I', 'P', 'P'])
    """
    performance, weights, direction = decision_tables.checked(
        performance, weights, criteria, with_preferences=True
    )
    preferences = decision_tables.preferences(criteria, performance.columns)
    oriented = performance.to_numpy() * np.where(direction == "max", 1.0, -1.0)
    plus, minus = _flows(oriented, preferences)
    flows = pd.DataFrame({
        "plus": plus @ weights.to_numpy(), "minus": minus @ weights.to_numpy(),
    }, performance.index)  # fmt: skip
    flows["net"] = flows["plus"] - flows["minus"]
    scores = flows["net"].rename("score")
    unicriterion = pd.DataFrame(plus - minus, performance.index, performance.columns)
    return Promethee(scores, ranks(scores, scale=1.0), flows, unicriterion)


def net_flows(matrix: np.ndarray, preferences: Sequence[Preference]) -> np.ndarray:
    """Net flow of each alternative on each criterion, before weights.

    The net flow of PROMETHEE II under weights ``w`` is ``net_flows(...) @ w``.

    Parameters
    ----------
    matrix
        Performance (alternative, criterion), finite, more being better.
    preferences
        ``(function, q, p, s)`` by criterion, as `decision_tables.preferences` gives them; what a
        function does not need is not looked at.

    Examples
    --------
    >>> net_flows(np.array([[1.0], [2.0], [4.0]]), [("linear", 0.0, 2.0, 0.0)]).T.tolist()
    [[-0.75, -0.25, 1.0]]
    """
    plus, minus = _flows(matrix, preferences)
    net: np.ndarray = plus - minus
    return net


def _flows(matrix: np.ndarray, preferences: Sequence[Preference]) -> tuple[np.ndarray, np.ndarray]:
    """Plus and minus flow (alternative, criterion)."""
    both = np.empty((2, *matrix.shape))
    for column, (function, q, p, s) in enumerate(preferences):
        order = np.argsort(matrix[:, column], kind="stable")
        ascending = matrix[order, column]
        if function == "gaussian":
            both[:, order, column] = _gaussian(ascending / s)
            continue
        both[0, order, column] = _preferred(ascending, function, q, p)
        both[1, order, column] = _preferred(-ascending[::-1], function, q, p)[::-1]
    both /= max(len(matrix) - 1, 1)
    return both[0], both[1]


def _preferred(ascending: np.ndarray, function: str, q: float, p: float) -> np.ndarray:
    """Preference of each over all others, summed: of numbers in ascending order."""
    if function == "v" or (function == "linear" and q < p):
        return _ramp(ascending, q if function == "linear" else 0.0, p)
    thresholds = {"usual": [0.0], "u": [q], "linear": [q], "level": [q, p]}[function]
    counts = [
        # 0.3 - 0.1 exceeds 0.2 by rounding alone
        ascending.searchsorted(
            ascending - threshold - THRESHOLD_ROUNDING * (abs(ascending) + threshold)
        )
        for threshold in thresholds
    ]
    preferred: np.ndarray = np.mean(counts, axis=0)
    return preferred


def _ramp(ascending: np.ndarray, q: float, p: float) -> np.ndarray:
    whole = ascending.searchsorted(ascending - p, side="right")
    some = np.maximum(ascending.searchsorted(ascending - q), whole)
    # sums of numbers far from 0 would lose the differences between them, which count up to p only
    opens = np.flatnonzero(np.append(True, ascending[1:] - p > ascending[:-1]))
    near = ascending - np.repeat(ascending[opens], np.diff(opens, append=len(ascending)))
    sums = np.concatenate([[0.0], near.cumsum()])
    part = (some - whole) * (near - q) - (sums[some] - sums[whole])
    preferred: np.ndarray = whole + part / (p - q)
    return preferred


def _gaussian(ascending: np.ndarray) -> np.ndarray:
    """Plus and minus sums over all pairs, in chunks that fit into the cache."""
    sums = np.zeros((2, len(ascending)))
    rows = max(PAIRS // len(ascending), 1)
    for start in range(0, len(ascending), rows):
        stop = start + rows
        # nobody later in the order is behind: one half of the pairs says it all
        lead = np.maximum(ascending[start:stop, None] - ascending[:stop], 0.0)
        preference = -np.expm1(-0.5 * lead**2)
        sums[0, start:stop] = preference.sum(axis=1)
        sums[1, :stop] += preference.sum(axis=0)
    return sums


def dominance(performance: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Whether the row dominates the column: nowhere worse and somewhere better.

    Alternatives that are alike on everything do not dominate each other.

    Parameters
    ----------
    performance
        Alternative by criterion.
    criteria
        ``direction`` by criterion, ``max`` or ``min``, or the anchors ``worst`` and ``best``.

    Raises
    ------
    SettingsError
        If the input does not pass `decision_tables.checked`.

    Examples
    --------
    >>> table = pd.DataFrame({"km": [1.0, 2.0], "won": [5.0, 5.0]}, index=["A", "B"])
    >>> criteria = pd.DataFrame({"direction": ["min", "min"]}, index=["km", "won"])
    >>> dominance(table, criteria).loc["A"].tolist()
    [False, True]
    """
    performance, _, direction = decision_tables.checked(performance, None, criteria)
    oriented = performance.to_numpy() * np.where(direction == "max", 1.0, -1.0)
    is_as_good = np.ones((len(oriented), len(oriented)), dtype=bool)
    for column in oriented.T:
        is_as_good &= column[:, None] >= column
    return pd.DataFrame(is_as_good & ~is_as_good.T, performance.index, performance.index)


def pareto_set(performance: pd.DataFrame, criteria: pd.DataFrame) -> list[str]:
    """Alternatives that no other dominates, in the order of the table.

    Parameters
    ----------
    performance, criteria
        As for `dominance`.
    """
    is_dominated = dominance(performance, criteria).any(axis=0)
    return list(is_dominated.index[~is_dominated])


def ruled_out(performance: pd.DataFrame, criteria: pd.DataFrame) -> pd.Series:
    """Criteria whose limit an alternative breaks, whatever else speaks for it.

    Parameters
    ----------
    performance
        Alternative by criterion; what is not known (NaN) breaks no limit.
    criteria
        ``direction`` by criterion (or ``worst`` and ``best``) and optionally ``veto``: the
        performance beyond which, on the bad side, an alternative may not stand; at the limit it
        may. Empty where there is none.

    Returns
    -------
    pandas.Series
        By alternative that is ruled out, the names of the criteria, parted by commas.

    Raises
    ------
    SettingsError
        If no alternative stands, or the input does not pass `decision_tables.checked`.

    Examples
    --------
    >>> table = pd.DataFrame({"km": [90.0, 250.0]}, index=["A", "B"])
    >>> criteria = pd.DataFrame({"direction": ["min"], "veto": [200.0]}, index=["km"])
    >>> ruled_out(table, criteria).to_dict()
    {'B': 'km'}
    """
    is_known = performance.notna()
    known, _, direction = decision_tables.checked(performance.where(is_known, 0.0), None, criteria)
    limits = decision_tables.veto_limits(criteria, performance.columns)
    sign = np.where(direction == "max", 1.0, -1.0)
    is_broken = is_known & ((known - limits) * sign < 0)
    broken = pd.Series({
        label: ", ".join(map(str, row.index[row]))
        for label, row in is_broken[is_broken.any(axis=1)].iterrows()
    }, name="ruled_out", dtype=object)  # fmt: skip
    if len(broken) == len(performance):
        told = "; ".join(f"{label} by {names}" for label, names in broken.items())
        raise SettingsError(f"no eligible alternative: {told}; to mend: move a limit")
    return broken


def ranked(
    performance: pd.DataFrame, weights: Weights, criteria: pd.DataFrame, *, method: str
) -> pd.DataFrame:
    """Score and rank of every alternative of anyone's table, by one of `METHODS`.

    Additive value and geometric mean need values: of a criterion with ``worst`` and ``best`` by
    `valuation.partial_values`, of another on a straight line from the worst to the best of the
    table, which then depends on who is compared; with a warning where others have anchors or it
    has a shape. There a criterion on which all are alike is worth 1 to everybody.

    Parameters
    ----------
    performance, weights, criteria
        As for `topsis`.
    method
        Which method.

    Returns
    -------
    pandas.DataFrame
        By alternative, best first: ``rank, score`` (of VIKOR Q, less is better).

    Raises
    ------
    SettingsError
        If the method is unknown or the input does not pass `decision_tables.checked`.

    Examples
    --------
    >>> table = pd.DataFrame({"km": [10.0, 30.0, 20.0]}, index=["A", "B", "C"])
    >>> criteria = pd.DataFrame({"direction": ["min"]}, index=["km"])
    >>> ranked(table, pd.Series({"km": 1.0}), criteria, method="additive")["score"].to_dict()
    {'A': 1.0, 'C': 0.5, 'B': 0.0}
    """
    if method not in METHODS:
        raise SettingsError(f"method = {method!r}: allowed {', '.join(METHODS)}")
    whole: dict[str, Callable[..., Topsis | Vikor | Promethee]]
    whole = {"topsis": topsis, "vikor": vikor, "promethee": promethee}
    if method in whole:
        found = whole[method](performance, weights, criteria=criteria)
        return pd.DataFrame({"rank": found.ranks, "score": found.scores}).sort_values("rank")
    table, weights, direction = decision_tables.checked(performance, weights, criteria)
    mean = geometric_mean if method == "geometric" else additive_value
    scores = mean(_values(table, direction, criteria), weights)
    return pd.DataFrame({"rank": ranks(scores), "score": scores}).sort_values("rank")


def _values(
    performance: pd.DataFrame, direction: pd.Series, criteria: pd.DataFrame
) -> pd.DataFrame:
    """Partial values between the anchors, else between the ends of the table."""
    spread = _spread(performance.to_numpy() * np.where(direction == "max", 1.0, -1.0), axis=0)
    values = performance.copy()
    values[:] = np.where(spread.any(axis=0), spread, 1.0)
    anchors = criteria.reindex(columns=["worst", "best"]).loc[performance.columns]
    is_bare = (anchors.isna() | (anchors == "")).any(axis=1)
    if is_bare.any() and {"worst", "best", "shape"} & {*criteria}:
        names = ", ".join(map(str, performance.columns[is_bare]))
        warnings.warn(
            f"without worst and best, scaled on a straight line between the ends of the table: "
            f"{names}", UserWarning, stacklevel=3,
        )  # fmt: skip
    if not is_bare.all():
        cells = pd.DataFrame({"value": performance.loc[:, ~is_bare].stack()})
        found = valuation.partial_values(cells.rename_axis([None, "indicator"]), criteria)
        values.update(found["value"].unstack("indicator"))
    return values


def ranks(scores: pd.Series, *, scale: float = 0.0) -> pd.Series:
    """Rank of each score, 1 is best; ties share the better rank.

    Scores that differ by no more than rounding are ties: by 1e-12 of the largest.

    Parameters
    ----------
    scores
        More is better.
    scale
        Size of the numbers whose differences the scores are, if that may be larger.

    Raises
    ------
    SettingsError
        If a score is missing.

    Examples
    --------
    >>> ranks(pd.Series([0.2, 0.9, 0.9])).tolist()
    [3, 1, 1]
    """
    if scores.isna().any():
        missing = ", ".join(map(str, scores.index[scores.isna()]))
        raise SettingsError(f"no score of {missing}: allowed a number; to mend: leave it out")
    array = scores.to_numpy(dtype="float64")
    rounding = TIE * abs(array[np.isfinite(array)]).max(initial=scale)
    order = np.argsort(-array, kind="stable")
    is_lower = array[order[1:]] < array[order[:-1]] - rounding
    places = np.ones(len(array), dtype="int64")
    places[order[1:]] = np.maximum.accumulate(np.where(is_lower, np.arange(2, len(array) + 1), 1))
    return pd.Series(places, scores.index, name="rank")


def contributions(values: pd.DataFrame, weights: pd.Series, criteria: pd.DataFrame) -> pd.DataFrame:
    """What each criterion adds to each score, complex by criterion; rows sum to the score."""
    weighted = values[weights.index] * weights
    return weighted.T.groupby(criteria.loc[weights.index, "parent"], sort=False).sum().T


def reasons(
    values: pd.DataFrame, weights: pd.Series, known: pd.DataFrame, changeable: pd.Series
) -> pd.DataFrame:
    """What holds each complex up, what holds it back and what would lift it most.

    Up and back are the known indicators whose weighted value lies farthest above and below the
    mean of all complexes; the lift is the changeable indicator with the most left to gain,
    ``w (1 - v)``.

    Parameters
    ----------
    values
        Complex by indicator, in [0, 1].
    weights
        Weight by indicator; sums to 1.
    known
        Whether each cell is known of the complex itself, complex by indicator.
    changeable
        Whether a complex could change the indicator by its own effort.

    Returns
    -------
    pandas.DataFrame
        By complex: ``up, back`` (empty where nothing is known), ``lift, rank, rank_after`` (rank
        if that one indicator were best).
    """
    scores = additive_value(values, weights)
    ahead = ((values - values.mean()) * weights).where(known.loc[values.index, weights.index])
    is_told = ahead.notna().any(axis=1)
    gain = ((1 - values) * weights).loc[:, changeable[weights.index].to_numpy(dtype=bool)]
    after = [
        int((scores.drop(label) > scores[label] + gain.loc[label].max()).sum()) + 1
        for label in values.index
    ]
    return pd.DataFrame({
        "up": ahead.fillna(-np.inf).idxmax(axis=1).where(is_told, ""),
        "back": ahead.fillna(np.inf).idxmin(axis=1).where(is_told, ""),
        "lift": gain.idxmax(axis=1),
        "rank": ranks(scores), "rank_after": after,
    }, index=values.index)  # fmt: skip

"""Is the table sound, before any score is read from it? Outliers, twins, and who has the say.

The reference model treats no outliers: its anchors are fixed beforehand and a performance beyond
an anchor counts as the anchor. `treated` is for models scaled by the sample, where one far value
presses all others together.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select import decision_tables
from site_select.errors import SettingsError

SKEWNESS = 2.0
KURTOSIS = 3.5
LOG_OFFSET = 0.01
ROUNDING = 1e-12


class _Treatment(NamedTuple):
    values: pd.Series
    name: str
    points: int


def correlations(values: pd.DataFrame, *, fewest: int = 3) -> pd.DataFrame:
    """Rank correlation of every two indicators, over the complexes that have both.

    Spearman's rho: 1 where they order the complexes alike, -1 where one reverses the other.

    Parameters
    ----------
    values
        Complex by indicator, with gaps where unknown.
    fewest
        Complexes with both values that a correlation needs.

    Returns
    -------
    pandas.DataFrame
        Indicator by indicator; empty where fewer complexes have both, or where an indicator is
        the same for all of them and orders nothing.

    Raises
    ------
    SettingsError
        If a value is infinite.

    References
    ----------
    Spearman, C. (1904). The proof and measurement of association between two things. American
    Journal of Psychology 15(1), 72-101. doi:10.2307/1412159

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 2.0, 3.0, None], "large": [9.0, 8.0, 1.0, 5.0]})
    >>> correlations(values)["large"].tolist()
    [-1.0, 1.0]
    """
    _check(values)
    return values.corr(method="spearman", min_periods=fewest)


def outliers(performance: pd.DataFrame, *, limit: int = 5) -> pd.DataFrame:
    """Indicators whose far values would rule a scale made from the sample.

    Flagged where skewness is 2 or more either way and excess kurtosis 3.5 or more, both corrected
    for the size of the sample (Joanes & Gill's G1 and G2).

    Parameters
    ----------
    performance
        Complex by indicator, with gaps where unknown.
    limit
        Most points that `treated` may pull in.

    Returns
    -------
    pandas.DataFrame
        By indicator: ``known`` (number of values), ``skewness, kurtosis`` (empty below 4 values,
        which cannot be judged and are not flagged), ``flagged``, ``treatment`` (``"winsorised"``,
        ``"log"`` or empty) and ``points`` pulled in.

    Raises
    ------
    SettingsError
        If a performance is infinite.

    References
    ----------
    Becker, W., Caperna, G., Del Sorbo, M., Norlen, H., Papadimitriou, E. & Saisana, M. (2022).
    COINr: An R package for developing composite indicators. Journal of Open Source Software
    7(78), 4567. doi:10.21105/joss.04567

    Joanes, D. N. & Gill, C. A. (1998). Comparing measures of sample skewness and kurtosis. The
    Statistician 47(1), 183-189. doi:10.1111/1467-9884.00122

    Examples
    --------
    >>> firms = pd.DataFrame({"firms": [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 900.0]})
    >>> outliers(firms)[["treatment", "points"]].to_numpy().tolist()
    [['winsorised', 1]]
    """
    _check(performance)
    treatments = [_treatment(performance[name], limit) for name in performance]
    skewness, kurtosis = performance.skew(), performance.kurt()
    return pd.DataFrame({
        "known": performance.notna().sum(),
        "skewness": skewness, "kurtosis": kurtosis,
        "flagged": (skewness.abs() >= SKEWNESS) & (kurtosis >= KURTOSIS),
        "treatment": [treatment.name for treatment in treatments],
        "points": [treatment.points for treatment in treatments],
    }, index=performance.columns.rename("indicator"))  # fmt: skip


def treated(performance: pd.DataFrame, *, limit: int = 5) -> pd.DataFrame:
    """Pull in the far values of every flagged indicator, or take its logarithm.

    The farthest value, with its ties, becomes the next one (winsorising) until the indicator
    passes. If that takes more than `limit` points, the untouched indicator becomes
    ``log(x - min + 0.01 (max - min))`` instead. The order of the complexes is kept, but for those
    pulled in; so many that all become equal are never pulled in.

    Parameters
    ----------
    performance
        Complex by indicator, with gaps where unknown.
    limit
        Points after which no further step is taken; ties may carry the last step beyond it.

    Raises
    ------
    SettingsError
        If a performance is infinite.

    References
    ----------
    Becker, W. et al. (2022), as in `outliers`; its functions ``winsorise`` and ``log_CT``.

    Examples
    --------
    >>> treated(pd.DataFrame({"firms": [10.0, 11.0, 12.0, 13.0, 900.0]}))["firms"].tolist()
    [10.0, 11.0, 12.0, 13.0, 13.0]
    """
    _check(performance)
    columns = {name: _treatment(performance[name], limit).values for name in performance}
    return pd.DataFrame(columns, index=performance.index, columns=performance.columns)


def _treatment(column: pd.Series, limit: int) -> _Treatment:
    values, points = column, {1: 0, -1: 0}
    # a column of two values would lose the only difference it tells
    while _is_far(values) and sum(points.values()) < limit and values.nunique() > 2:  # noqa: PLR2004
        side = 1 if float(values.agg("skew")) >= 0 else -1
        is_end = side * values == (side * values).max()
        values = values.mask(is_end, side * (side * values[~is_end]).max())
        points[side] = int(is_end.sum())
    if _is_far(values):
        low, high = column.min(), column.max()
        return _Treatment(np.log(column - low + LOG_OFFSET * (high - low)), "log", 0)
    pulled = sum(points.values())
    return _Treatment(values, "winsorised" if pulled else "", pulled)


def _is_far(column: pd.Series) -> bool:
    skewness, kurtosis = column.agg(["skew", "kurt"])
    return bool(abs(skewness) >= SKEWNESS and kurtosis >= KURTOSIS)


def effective_weights(values: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Weight that each indicator was given, beside the say it has in the differences of scores.

    ``say_j = cov(w_j v_j, S) / var(S)`` with ``S = sum_j w_j v_j``. The says sum to 1. An indicator
    on which the complexes hardly differ has none, whatever its weight; one that runs against the
    others may have less than none. A say far from the weight calls for a second look at both.

    Parameters
    ----------
    values
        Complex by indicator, in [0, 1].
    weights
        Weight by indicator; divided by their sum, with a warning, where that is not 1.

    Returns
    -------
    pandas.DataFrame
        By indicator: ``weight``, ``say``, ``spread`` (standard deviation of the values) and
        ``scores_differ``; where the scores are all equal nobody has a say, so it stands at 0.

    Raises
    ------
    SettingsError
        If a value or a weight is missing, not finite or without the other, or a weight negative.

    References
    ----------
    Paruolo, P., Saisana, M. & Saltelli, A. (2013). Ratings and rankings: voodoo or science? Journal
    of the Royal Statistical Society A 176(3), 609-634. doi:10.1111/j.1467-985X.2012.01059.x

    Examples
    --------
    >>> values = pd.DataFrame({"near": [0.5, 0.5], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> effective_weights(values, pd.Series({"near": 0.8, "large": 0.2}))["say"].tolist()
    [0.0, 1.0]
    """
    values, weights, _ = decision_tables.checked(values, weights)
    apart = ((values - values.mean()) * weights).to_numpy()
    scores = apart.sum(axis=1)
    differ = bool(np.ptp(scores) > ROUNDING)
    return pd.DataFrame({
        "weight": weights,
        "say": apart.T @ scores / (scores @ scores) if differ else 0.0,
        "spread": values.std(ddof=0),
        "scores_differ": differ,
    }, index=weights.index.rename("indicator"))  # fmt: skip


def _check(table: pd.DataFrame) -> None:
    infinite = np.isinf(table.to_numpy(dtype="float64")).sum(axis=0)
    faults = [
        f"indicator {name} has {count} infinite values: allowed numbers, or a gap where unknown"
        for name, count in zip(table.columns, infinite, strict=True) if count
    ]  # fmt: skip
    if faults:
        raise SettingsError("; ".join(faults))


def redundant(values: pd.DataFrame, *, limit: float = 0.9) -> pd.DataFrame:
    """Pairs of indicators that say the same: rank correlation beyond the limit.

    Indicators that go against each other say two things, however closely: leaving one out would
    hide what is paid for the other.

    Parameters
    ----------
    values
        Complex by indicator, more being better, with gaps where unknown.
    limit
        Spearman correlation above which the later indicator leaves the score.

    Returns
    -------
    pandas.DataFrame
        Columns ``kept, dropped, correlation``.
    """
    matrix = values.corr(method="spearman", min_periods=10)
    pairs = [
        {"kept": first, "dropped": second, "correlation": matrix.loc[first, second]}
        for position, first in enumerate(matrix.index)
        for second in matrix.index[position + 1 :]
        if matrix.loc[first, second] > limit
    ]
    return pd.DataFrame(pairs, columns=["kept", "dropped", "correlation"])

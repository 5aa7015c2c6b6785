"""Scores and ranks from values and weights."""

import numpy as np
import pandas as pd


def additive_value(values: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Weighted mean of the partial values, the reference model.

    ``V_i = sum_j w_j v_ij``; 1 is best on everything, 0 worst on everything.

    Parameters
    ----------
    values
        Complex by indicator, in [0, 1].
    weights
        Weight by indicator; sums to 1.

    References
    ----------
    Keeney, R. L. & Raiffa, H. (1976). Decisions with Multiple Objectives. Wiley, ch. 3.

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.5], "large": [0.0, 1.0]}, index=["A", "B"])
    >>> additive_value(values, pd.Series({"near": 0.6, "large": 0.4})).round(2).tolist()
    [0.6, 0.7]
    """
    return (values[weights.index] * weights).sum(axis=1).rename("score")


def ranks(scores: pd.Series) -> pd.Series:
    """Rank of each score, 1 is best; ties share the better rank.

    Examples
    --------
    >>> ranks(pd.Series([0.2, 0.9, 0.9])).tolist()
    [3, 1, 1]
    """
    return scores.rank(ascending=False, method="min").astype("int64").rename("rank")


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

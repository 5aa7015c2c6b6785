"""Value functions: from performance in its unit to value between 0 (worst) and 1 (best).

Anchors are fixed before the scores are seen and belong to the indicator, not to the sample, so
adding a complex cannot change the value of another. Their order is the direction; nothing after
this room asks which way a criterion points.
"""

import pandas as pd


def partial_values(performance: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Linear value between the anchors, level outside them.

    ``v = clip((x - worst) / (best - worst), 0, 1)``

    Parameters
    ----------
    performance
        Any numeric columns, indexed by complex and ``indicator``, in the indicators' units.
    criteria
        ``worst`` and ``best`` by indicator.

    Returns
    -------
    pandas.DataFrame
        Same shape; 0 at ``worst`` or beyond, 1 at ``best`` or beyond.

    References
    ----------
    Belton, V. & Stewart, T. (2002). Multiple Criteria Decision Analysis. Springer, ch. 5.

    Examples
    --------
    >>> cell = pd.MultiIndex.from_tuples([("A", "fare")], names=["complex_id", "indicator"])
    >>> criteria = pd.DataFrame({"worst": [900.0], "best": [100.0]}, index=["fare"])
    >>> partial_values(pd.DataFrame({"value": [300.0]}, index=cell), criteria)["value"].tolist()
    [0.75]
    """
    anchors = criteria.loc[performance.index.get_level_values("indicator"), ["worst", "best"]]
    worst = anchors["worst"].to_numpy()[:, None]
    swing = anchors["best"].to_numpy()[:, None] - worst
    values: pd.DataFrame = ((performance - worst) / swing).clip(0.0, 1.0)
    return values


def outside_anchors(performance: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Cells whose value lies beyond an anchor, where a difference no longer counts.

    Parameters
    ----------
    performance
        Estimates by complex and indicator with a column ``value``.
    criteria
        ``worst`` and ``best`` by indicator.
    """
    anchors = criteria.loc[performance.index.get_level_values("indicator"), ["worst", "best"]]
    bottom, top = anchors.min(axis=1).to_numpy(), anchors.max(axis=1).to_numpy()
    return performance[(performance["value"] < bottom) | (performance["value"] > top)]

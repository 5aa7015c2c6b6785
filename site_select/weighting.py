"""Weights of the value tree: stated points, and random weights that favour no branch of it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from site_select.errors import SettingsError


def from_points(criteria: pd.DataFrame, points: Mapping[str, float] | None = None) -> pd.Series:
    """Weights of the indicators from points given to siblings of the tree.

    A node's share is its points over those of its siblings; an indicator's weight is the product
    of the shares on its way down. A node without points has 1, so no points at all means equal
    weights on the criteria and equal weights within each.

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
        If all siblings have 0 points.

    Examples
    --------
    >>> tree = pd.DataFrame(
    ...     {"parent": ["pilot", "pilot", "a", "b", "b"]}, index=["a", "b", "a1", "b1", "b2"]
    ... )
    >>> from_points(tree).tolist()
    [0.5, 0.25, 0.25]
    """
    given = pd.Series(points or {}, dtype="float64").reindex(criteria.index).fillna(1.0)
    totals = given.groupby(criteria["parent"]).transform("sum")
    if (totals == 0).any():
        nodes = ", ".join(map(str, criteria.index[totals == 0]))
        raise SettingsError(f"points of {nodes} are all 0: give at least one of them more")
    share = given / totals
    indicators = indicators_of(criteria)
    parents = criteria.loc[indicators, "parent"]
    weights = share[indicators] * share[parents].to_numpy()
    return pd.Series(weights, index=indicators, name="weight")


def indicators_of(criteria: pd.DataFrame) -> list[str]:
    """Indicators of the tree, in its order: the nodes that are nobody's parent and have one."""
    leaf = criteria["parent"].isin(criteria.index)
    return list(criteria.index[leaf])


def within(criteria: pd.DataFrame, indicators: list[str]) -> pd.DataFrame:
    """Return the tree with these indicators only, and the criteria that still have one."""
    parents = set(criteria.loc[indicators, "parent"])
    keep = criteria.index.isin(indicators) | criteria.index.isin(parents)
    return criteria[keep]


def random(criteria: pd.DataFrame, n_samples: int, generator: np.random.Generator) -> np.ndarray:
    """Weights uniform over the criteria and uniform within each.

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
    parents = criteria.loc[indicators_of(criteria), "parent"]
    position = {parent: np.flatnonzero(parents == parent) for parent in parents.unique()}
    weights = np.empty((n_samples, len(parents)))
    shares = generator.dirichlet(np.ones(len(position)), n_samples)
    for share, columns in zip(shares.T, position.values(), strict=True):
        inner = generator.dirichlet(np.ones(len(columns)), n_samples)
        weights[:, columns] = share[:, None] * inner
    return weights

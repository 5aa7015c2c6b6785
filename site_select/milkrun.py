"""Existing logistics against the milk run: who could share one order."""

import pandas as pd


def firms_sharing_one_order(complexes: pd.DataFrame, root_firms: pd.DataFrame) -> pd.DataFrame:
    """Root firms of the largest branch, which could put the same part on one order [firms].

    A complex of one branch pools all its firms. For a mixture the split is unpublished: the
    largest of n branches has at least ``firms / n`` firms (the value, an even split) and at most
    all but one for each other branch.

    Parameters
    ----------
    complexes
        Complexes with ``branch_set``, indexed by complex.
    root_firms
        Estimates of root firms by complex.

    Examples
    --------
    >>> from site_select import estimates
    >>> complexes = pd.DataFrame({"branch_set": [frozenset({"mold", "welding"})]}, index=["A"])
    >>> firms = estimates.table({"A": {"low": 20, "value": 20, "high": 20}}, ["A"])
    >>> firms_sharing_one_order(complexes, firms).loc["A", ["low", "value", "high"]].tolist()
    [10.0, 10.0, 19.0]
    """
    branches = complexes["branch_set"].map(len).where(lambda count: count > 0)
    shared = root_firms.copy()
    shared["low"] = root_firms["low"] / branches
    shared["value"] = root_firms["value"] / branches
    shared["high"] = (root_firms["high"] - (branches - 1)).clip(lower=shared["value"])
    unknown = shared["value"].isna()
    shared.loc[unknown, ["low", "value", "high"]] = float("nan")
    shared.loc[unknown, "quality"] = "unknown"
    shared.loc[~unknown & (branches > 1), "quality"] = "computed"
    return shared

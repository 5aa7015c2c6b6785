"""Only firms that buy the same part can put it on one order."""

import made_up
import pandas as pd
import pytest

from site_select import economics, estimates, milkrun


def shared(branches, low, value, high):
    complexes = pd.DataFrame({"branch_set": [frozenset(branches)]}, index=["A"])
    firms = estimates.table({"A": {"low": low, "value": value, "high": high, "quality": "press"}},
                            ["A"])  # fmt: skip
    return milkrun.firms_sharing_one_order(complexes, firms).loc["A"]


def bounds(*args):
    return shared(*args)[["low", "value", "high"]].tolist()


def test_one_branch_pools_all_its_firms():
    assert bounds(["mold"], 15, 20, 25) == [15, 20, 25]


def test_largest_of_three_branches_has_a_third_at_least_and_all_but_two_at_most():
    """30 firms: 30 / 3 = 10; 30 - 2 = 28."""
    assert bounds(["mold", "casting", "welding"], 30, 30, 30) == [10, 10, 28]


def test_few_firms_of_many_branches_never_turn_the_interval_round():
    """2 firms of 3 branches: 2 / 3 at least; 2 - 2 = 0 would lie below."""
    low, value, high = bounds(["mold", "casting", "welding"], 2, 2, 2)
    assert low <= value <= high


def test_quality_says_that_a_split_was_computed():
    assert shared(["mold"], 1, 2, 3)["quality"] == "press"
    assert shared(["mold", "casting"], 1, 2, 3)["quality"] == "computed"


@pytest.mark.parametrize("branches", [[], ["mold"]])
def test_unknown_firms_or_branches_stay_unknown(branches):
    value = 20.0 if not branches else float("nan")
    row = shared(branches, value, value, value)
    assert row[["low", "value", "high"]].isna().all()
    assert row["quality"] == "unknown"


def test_no_complex_pools_more_firms_than_it_has():
    desk = made_up.desk()
    firms = economics.root_firms(desk)
    pooled = milkrun.firms_sharing_one_order(desk.complexes, firms)
    assert (pooled["high"] <= firms["high"]).where(pooled["high"].notna(), other=True).all()


def test_no_complex_has_more_root_firms_than_firms_at_work_in_its_parent():
    desk = made_up.desk()
    firms = economics.root_firms(desk)
    statistics = desk.survey.industrial_complexes.set_index("ic_id")["operating_firms"]
    tenants = desk.complexes["parent_ids"].str.split(";").explode().map(statistics)
    bound = tenants.astype("float64").groupby(level=0).sum(min_count=1)
    bounded = bound[~desk.complexes["in_yard"].astype(bool)].dropna()
    assert (firms.loc[bounded.index, "high"].fillna(0) <= bounded).all()

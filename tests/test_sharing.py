"""A joint cost is shared to the last won, and whoever pays more than alone is found."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from site_select import sharing
from site_select.errors import SettingsError

RULES = ["equal", "proportional", "square_root"]
COSTS = hnp.arrays(float, st.integers(2, 6), elements=st.floats(1, 1e8))
# three firms with ordering cost 600, demand 500, 300, 400 and holding cost 9.6, 11, 10
INVENTORY = np.array([2400.0, 1989.975, 2190.890])


def setup_cost_of(alone):
    return lambda firms: float(sharing.joint_setup_cost(alone[list(firms)]))


@pytest.mark.parametrize(
    ("firms", "joint_cost", "shares"),
    [
        ([0], 2400.0, [2400.0]),
        ([0, 1], 3117.691, [1847.521, 1270.171]),
        ([0, 2], 3249.615, [1772.517, 1477.098]),
        ([1, 2], 2959.730, [1337.960, 1621.770]),
        ([0, 1, 2], 3810.512, [1511.608, 1039.230, 1259.673]),
    ],
)
def test_square_root_rule_against_inventorymodel_of_r(firms, joint_cost, shares):
    """Functions ``inventorygames`` and ``SOC`` of the CRAN package, printed to 0.001."""
    alone = INVENTORY[firms]
    assert sharing.joint_setup_cost(alone) == pytest.approx(joint_cost, abs=1e-3)
    found = sharing.share(alone, joint_cost, rule="square_root")
    assert found == pytest.approx(shares, abs=1e-3)


@pytest.mark.parametrize(
    ("rule", "shares"),
    [("equal", [10, 10, 0]), ("proportional", [5, 15, 0]), ("square_root", [2, 18, 0])],
)
def test_rules_by_hand_and_a_firm_without_a_cost_pays_nothing(rule, shares):
    """Costs alone 10, 30 and 0; 20 to share: 1 : 1, 1 : 3 and 1 : 9."""
    assert sharing.share([10.0, 30.0, 0.0], 20.0, rule=rule) == pytest.approx(shares)


def test_small_firm_that_an_equal_split_makes_pay_more_is_found():
    """Firms of 10, 100 and 100 alone; 150 together, 50 each: the small one loses 40."""
    alone = np.array([10.0, 100.0, 100.0])
    losers = {
        rule: sharing.pays_more(sharing.share(alone, 150.0, rule=rule), alone).tolist()
        for rule in RULES
    }
    assert losers == {
        "equal": [True, False, False],
        "proportional": [False, False, False],
        "square_root": [False, False, False],
    }


def test_paying_the_same_but_for_rounding_is_not_paying_more():
    assert not sharing.pays_more([0.1 + 0.2, 0.0], [0.3, 0.0]).any()


def test_joint_order_dearer_than_all_alone_makes_every_firm_pay_more():
    alone = np.array([10.0, 20.0])
    assert sharing.pays_more(sharing.share(alone, 33.0, rule="proportional"), alone).all()


@pytest.mark.parametrize(
    ("shares", "is_stable"),
    [
        ([18.0, 32.0], True),
        ([30.0, 20.0], True),
        ([31.0, 19.0], False),  # the first pays 30 alone
        ([18.0, 31.0], False),  # 1 is not covered
        ([18.0, 33.0], False),  # 1 too many
    ],
)
def test_core_of_two_firms_of_30_and_40_that_pay_50_together(shares, is_stable):
    assert sharing.is_in_core(shares, setup_cost_of(np.array([30.0, 40.0]))) is is_stable


def test_core_looks_at_pairs_too():
    """Two firms pay 10, three 18: at 6 each nobody pays more than alone, but every pair does."""
    costs = {1: 9.0, 2: 10.0, 3: 18.0}
    assert not sharing.is_in_core([6.0, 6.0, 6.0], lambda firms: costs[len(firms)])


# laws


@given(COSTS, st.floats(0, 1e9), st.sampled_from(RULES))
def test_shares_sum_to_the_joint_cost(alone, joint_cost, rule):
    shares = sharing.share(alone, joint_cost, rule=rule)
    assert shares.sum() == pytest.approx(joint_cost)
    assert (shares >= 0).all()


@given(COSTS)
def test_square_root_rule_lies_in_the_core_of_joint_ordering(alone):
    shares = sharing.share(alone, sharing.joint_setup_cost(alone), rule="square_root")
    assert sharing.is_in_core(shares, setup_cost_of(alone))
    assert not sharing.pays_more(shares, alone).any()


def test_square_root_rule_lies_in_the_core_of_twelve_firms():
    alone = np.arange(1.0, 13.0)
    shares = sharing.share(alone, sharing.joint_setup_cost(alone), rule="square_root")
    assert sharing.is_in_core(shares, setup_cost_of(alone))


@pytest.mark.parametrize("rule", RULES)
def test_each_draw_is_shared_as_if_it_stood_alone(rule):
    alone = np.array([[10.0, 30.0, 0.0], [0.0, 0.0, 0.0], [5.0, 5.0, 5.0]])
    joint_cost = np.array([20.0, 0.0, 12.0])
    shares = sharing.share(alone, joint_cost, rule=rule)
    for draw in range(3):
        expected = sharing.share(alone[draw], joint_cost[draw], rule=rule)
        np.testing.assert_allclose(shares[draw], expected)
    np.testing.assert_allclose(shares.sum(axis=1), joint_cost)
    np.testing.assert_allclose(sharing.joint_setup_cost(alone), [1000**0.5, 0, 75**0.5])
    assert sharing.pays_more(shares, alone).shape == (3, 3)


# bad input


def test_every_fault_of_a_sharing_is_said_at_once():
    with pytest.raises(SettingsError) as caught:
        sharing.share([1.0, -2.0], -5.0, rule="fair")
    assert str(caught.value) == (
        "rule = 'fair': allowed equal, proportional, square_root; "
        "alone = [ 1. -2.]: allowed 0 or more; joint_cost = -5.0: allowed 0 or more"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sharing.share([], 0.0, rule="equal"), "no firm has a cost of its own"),
        (lambda: sharing.share([0.0, 0.0], 1.0, rule="equal"), "no firm has a cost of its own"),
        (lambda: sharing.share([math.nan], 1.0, rule="equal"), "alone = "),
        (lambda: sharing.share([1.0], math.inf, rule="equal"), "joint_cost = inf"),
        (lambda: sharing.joint_setup_cost([1.0, math.nan]), "alone = "),
        (lambda: sharing.pays_more([math.nan], [1.0]), "allowed finite amounts"),
        (lambda: sharing.is_in_core([], lambda _: 1.0), "amounts of 1 to 12 firms"),
        (lambda: sharing.is_in_core([1.0] * 13, lambda _: 1.0), "amounts of 1 to 12 firms"),
        (lambda: sharing.is_in_core([[1.0, 2.0]], lambda _: 1.0), "amounts of 1 to 12 firms"),
        (lambda: sharing.is_in_core([math.nan], lambda _: 1.0), "amounts of 1 to 12 firms"),
        (lambda: sharing.is_in_core([1.0], lambda _: math.nan), r"cost of the firms \(0,\) = nan"),
    ],
)
def test_what_is_no_cost_or_no_firm_is_refused(call, message):
    with pytest.raises(SettingsError, match=message):
        call()

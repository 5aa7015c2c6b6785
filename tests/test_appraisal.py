"""What a project is worth is read from its cash flows, and a transfer is no part of it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_select import appraisal
from site_select.appraisal import Project, SettingsError

MONEY = st.floats(1e3, 1e9)
RATES = st.floats(0, 0.5)
PROJECTS = st.builds(
    Project, MONEY, MONEY, subsidy_krw=MONEY, residual_krw=st.floats(0, 1e3),
    years=st.integers(1, 30),
)  # fmt: skip
SIMPLE = Project(300e6, 0.0)


# published values and values by hand


def test_net_present_value_against_the_example_of_numpy_financial():
    flows = [-40_000, 5_000, 8_000, 12_000, 30_000]
    assert appraisal.net_present_value(flows, 0.08) == pytest.approx(3065.22267, abs=5e-6)


def test_internal_rate_against_the_example_of_numpy_financial():
    assert appraisal.internal_rates([-100, 39, 59, 55, 20]) == pytest.approx([0.28095], abs=5e-6)


def test_oil_pump_of_lorie_and_savage_1955_has_two_internal_rates():
    flows = [-1_600, 10_000, -10_000]
    assert appraisal.internal_rates(flows) == pytest.approx([0.25, 4.0])
    assert appraisal.net_present_value(flows, 0.10) == pytest.approx(-773.5537190082632)


def test_saving_of_the_pilot_over_five_years_is_worth_614_6_million():
    """140 M · (1 - 1.045^-5) / 0.045, the end of each year; 700 M undiscounted."""
    flows = appraisal.cash_flows(Project(0.0, 0.0, years=5), 140e6)
    assert appraisal.net_present_value(flows, 0.045) == pytest.approx(614_596_744.220095)
    assert appraisal.net_present_value(flows, 0.0) == pytest.approx(700e6)


def test_saving_of_the_pilot_against_an_outlay_of_300_million():
    """B/C 614.6 / 300; 300 / 140 years."""
    found = appraisal.appraise(SIMPLE, logistics_saving_krw=140e6).logistics
    assert found.npv_krw == pytest.approx(314_596_744.2200951)
    assert found.benefit_cost_ratio == pytest.approx(2.0486558140669833)
    assert found.internal_rates == pytest.approx([0.36995623749185835])
    assert found.payback_years == pytest.approx(2.142857142857143)


def test_running_cost_and_residual_worth_count_as_costs_in_the_ratio():
    """At 0%: benefits 2 · 90 = 180; costs 100 + 2 · 30 - 40 = 120."""
    project = Project(100.0, 30.0, residual_krw=40.0, years=2)
    assert appraisal.cash_flows(project, 90.0).tolist() == [-100, 60, 100]
    assert appraisal.benefit_cost_ratio(project, 90.0, rate=0.0) == pytest.approx(1.5)


def test_price_effect_and_subsidy_stand_apart_from_the_logistics_saving():
    """At 0%, one year: 50 - 10 - 30 = 10; with 5 of price effect 15; with 20 of subsidy 35."""
    found = appraisal.appraise(
        Project(30.0, 10.0, subsidy_krw=20.0, years=1),
        logistics_saving_krw=50.0, price_saving_krw=5.0, rate=0.0,
    )  # fmt: skip
    assert found.logistics.npv_krw == pytest.approx(10)
    assert found.with_price_effect.npv_krw == pytest.approx(15)
    assert found.npv_to_members_krw == pytest.approx(35)
    alone = appraisal.appraise(
        Project(30.0, 10.0, years=1), logistics_saving_krw=50.0, price_saving_krw=5.0, rate=0.0
    )
    assert alone.npv_to_members_krw == pytest.approx(15)


def test_spending_has_the_effects_of_the_bank_of_korea_table_of_2019():
    """300 M · 1.791, · 0.780, and 0.3 · 10.1 jobs."""
    effects = appraisal.Spillover(1_791e6, 780e6, 10.1)
    assert appraisal.spillover(300e6, per_1000m=effects) == pytest.approx((537.3e6, 234e6, 3.03))


def test_small_spending_has_small_effects_and_none_has_none():
    effects = appraisal.Spillover(1.5e9, 0.5e9, 6.2)
    assert appraisal.spillover(0.5, per_1000m=effects) == pytest.approx((0.75, 0.25, 3.1e-9))
    assert appraisal.spillover(0.0, per_1000m=effects) == (0, 0, 0)


def test_other_table_has_other_effects():
    effects = appraisal.Spillover(1.5e9, 0.5e9, 6.2)
    assert appraisal.spillover(2e9, per_1000m=effects) == pytest.approx((3e9, 1e9, 12.4))


# internal rates


@pytest.mark.parametrize(
    ("flows", "rates"),
    [
        ([100, 50], []),
        ([-100, -50], []),
        ([1, -2, 2], []),  # (1 - x)² + x² is never 0
        ([0, 0, 0], []),
        ([0, -100, 110, 0], [0.1]),
        ([-100, 50], [-0.5]),
        ([-100, 220, -121], [0.1]),  # a double root, found as two real ones
        ([-10_000, 22_800, -12_996], [0.14]),  # a double root, found as two complex ones
        ([-1e9, 100], [-0.9999999]),
        ([-1000, 6000, -11_000, 6000], [0, 1, 2]),
    ],
)
def test_every_internal_rate_is_found_and_none_is_made_up(flows, rates):
    assert appraisal.internal_rates(flows) == pytest.approx(rates, abs=1e-7)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=8))
def test_net_present_value_is_0_at_every_internal_rate(flows):
    for rate in appraisal.internal_rates(flows):
        size = appraisal.net_present_value(np.abs(flows), rate)
        assert appraisal.net_present_value(flows, rate) == pytest.approx(0, abs=1e-9 * size)


@given(PROJECTS, MONEY)
def test_outlay_followed_by_returns_has_one_internal_rate(project, surplus):
    flows = appraisal.cash_flows(project, project.running_cost_krw + surplus)
    assert len(appraisal.internal_rates(flows)) == 1


# payback


@pytest.mark.parametrize(
    ("flows", "years"),
    [
        ([-300, 100, 100, 100], 3),
        ([-0.9, 0.3, 0.3, 0.3], 3),  # the sum misses 0 by a rounding error
        ([-1e9, 1e9 / 3, 1e9 / 3, 1e9 / 3], 3),  # and by one of its size
        ([-300, 100, 100, 99], math.nan),
        ([0, 50], 0),
        ([0, -50, 100], 1.5),
        ([-100, 150, -100, 100], 2.5),  # back at first, and out again
        ([-100, 0, 0, 400], 2.25),
    ],
)
def test_payback_is_when_the_sum_comes_back_to_stay(flows, years):
    assert appraisal.payback_years(flows) == pytest.approx(years, nan_ok=True)


def test_small_project_is_not_paid_back_by_the_rounding_of_a_large_one():
    found = appraisal.payback_years([[-1e13, 1e13, 0.0], [-300.0, 200.0, 99.0]])
    assert found.tolist() == pytest.approx([1, math.nan], nan_ok=True)


# laws


@given(PROJECTS, MONEY, MONEY, RATES)
def test_doubling_all_money_doubles_the_value_and_leaves_the_ratios(project, saving, price, rate):
    doubled = Project(
        2 * project.investment_krw, 2 * project.running_cost_krw, 2 * project.subsidy_krw,
        2 * project.residual_krw, project.years,
    )  # fmt: skip
    once = appraisal.appraise(
        project, logistics_saving_krw=saving, price_saving_krw=price, rate=rate
    )
    twice = appraisal.appraise(
        doubled, logistics_saving_krw=2 * saving, price_saving_krw=2 * price, rate=rate
    )
    for one, two in zip(once[:2], twice[:2], strict=True):
        assert two.npv_krw == pytest.approx(2 * one.npv_krw)
        assert two.benefit_cost_ratio == pytest.approx(one.benefit_cost_ratio)
        assert two.internal_rates == pytest.approx(one.internal_rates)
        assert two.payback_years == pytest.approx(one.payback_years, nan_ok=True)
    assert twice.npv_to_members_krw == pytest.approx(2 * once.npv_to_members_krw)


@given(PROJECTS, MONEY, RATES, st.floats(0.001, 0.5))
def test_higher_rate_lowers_the_value_of_an_outlay_followed_by_returns(
    project, surplus, rate, more
):
    flows = appraisal.cash_flows(project, project.running_cost_krw + surplus)
    high, low = (appraisal.net_present_value(flows, each) for each in (rate, rate + more))
    assert low < high


@given(PROJECTS, MONEY, MONEY, RATES, MONEY)
def test_subsidy_changes_only_what_the_members_gain(project, saving, price, rate, subsidy):
    savings = {"logistics_saving_krw": saving, "price_saving_krw": price, "rate": rate}
    other = Project(
        project.investment_krw, project.running_cost_krw, subsidy,
        project.residual_krw, project.years,
    )  # fmt: skip
    one, two = appraisal.appraise(project, **savings), appraisal.appraise(other, **savings)
    np.testing.assert_equal(tuple(one[:2]), tuple(two[:2]))
    assert two.npv_to_members_krw == two.with_price_effect.npv_krw + subsidy


@given(PROJECTS, MONEY, RATES)
def test_value_and_ratio_agree_on_whether_the_project_is_worth_it(project, saving, rate):
    value = appraisal.net_present_value(appraisal.cash_flows(project, saving), rate)
    ratio = appraisal.benefit_cost_ratio(project, saving, rate=rate)
    assert (value > 1e-3) <= (ratio > 1)
    assert (value < -1e-3) <= (ratio < 1)


def test_each_draw_is_appraised_as_if_it_stood_alone():
    project, draws = Project(300.0, 20.0, residual_krw=5.0), np.linspace(-50, 250, 12).reshape(3, 4)
    flows = appraisal.cash_flows(project, draws)
    assert flows.shape == (3, 4, 6)
    ratios = appraisal.benefit_cost_ratio(project, draws, rate=0.045)
    values, paybacks = appraisal.net_present_value(flows, 0.045), appraisal.payback_years(flows)
    for place in np.ndindex(3, 4):
        alone = appraisal.appraise(project, logistics_saving_krw=draws[place]).logistics
        assert values[place] == pytest.approx(alone.npv_krw)
        assert ratios[place] == pytest.approx(alone.benefit_cost_ratio)
        assert paybacks[place] == pytest.approx(alone.payback_years, nan_ok=True)


@pytest.mark.parametrize("residual", [0.0, 200.0])
def test_ratio_is_unknown_where_there_is_no_cost_to_compare_with(residual):
    project = Project(residual / 2, 0.0, residual_krw=residual)
    assert np.isnan(appraisal.benefit_cost_ratio(project, [0.0, 50.0], rate=0.0)).all()


# switching values


def npv_of_saving(saving_krw):
    return float(appraisal.net_present_value(appraisal.cash_flows(SIMPLE, saving_krw), 0.045))


def test_switching_value_of_the_saving_is_the_annuity_of_the_outlay():
    """300 M / 4.38998, the sum of 1.045^-1 to 1.045^-5."""
    annuity = 300e6 * 0.045 / (1 - 1.045**-5)
    assert appraisal.switching_value(npv_of_saving, 0, 140e6) == pytest.approx(annuity)
    assert npv_of_saving(annuity) == pytest.approx(0, abs=1e-3)


def test_switching_value_of_the_rate_is_the_internal_rate():
    flows = appraisal.cash_flows(SIMPLE, 140e6)
    found = appraisal.switching_value(lambda rate: appraisal.net_present_value(flows, rate), 0, 1)
    assert found == pytest.approx(0.36995623749185835)


def test_nothing_switches_where_the_sign_stays_the_same():
    assert appraisal.switching_value(npv_of_saving, 100e6, 140e6) is None
    assert appraisal.switching_value(npv_of_saving, 0, 50e6) is None


def test_end_of_the_range_may_be_the_switching_value():
    assert appraisal.switching_value(lambda x: x - 3, 3, 5) == pytest.approx(3)
    assert appraisal.switching_value(lambda x: x - 5, 3, 5) == pytest.approx(5)


# bad input


def test_every_fault_of_a_project_is_said_at_once():
    with pytest.raises(SettingsError) as caught:
        Project(-1.0, math.nan, math.inf, -2.0, years=0)
    assert str(caught.value) == (
        "investment_krw = -1.0: allowed 0 or more; running_cost_krw = nan: allowed 0 or more; "
        "subsidy_krw = inf: allowed 0 or more; residual_krw = -2.0: allowed 0 or more; "
        "years = 0: allowed whole years, 1 or more"
    )


def test_half_years_are_refused():
    with pytest.raises(SettingsError, match=r"years = 2\.5: allowed whole years, 1 or more"):
        Project(1.0, 1.0, years=2.5)


def test_every_fault_of_an_appraisal_is_said_at_once():
    with pytest.raises(SettingsError) as caught:
        appraisal.appraise(
            SIMPLE, logistics_saving_krw=math.nan, price_saving_krw=math.inf, rate=-1.0
        )
    assert str(caught.value) == (
        "logistics_saving_krw = nan: allowed finite amounts; "
        "price_saving_krw = inf: allowed finite amounts; rate = -1.0: allowed above -1"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: appraisal.cash_flows(SIMPLE, [1.0, math.nan]), "benefit_krw ="),
        (lambda: appraisal.benefit_cost_ratio(SIMPLE, 1.0, rate=math.nan), "rate = nan"),
        (lambda: appraisal.net_present_value([1.0, math.inf], 0.0), "flows_krw ="),
        (lambda: appraisal.net_present_value([], 0.0), "flows_krw ="),
        (lambda: appraisal.internal_rates([1.0, math.nan]), "flows_krw ="),
        (lambda: appraisal.internal_rates([[-1.0, 2.0]]), "flows_krw has 2 axes: allowed one row"),
        (lambda: appraisal.payback_years([math.nan, 1.0]), "flows_krw ="),
        (
            lambda: appraisal.spillover(-1.0, per_1000m=appraisal.Spillover(1, 1, 1)),
            "spending_krw = -1.0: allowed 0 or more",
        ),
        (
            lambda: appraisal.spillover(math.nan, per_1000m=appraisal.Spillover(1, 1, 1)),
            "spending_krw = nan: allowed 0 or more",
        ),
        (
            lambda: appraisal.spillover(math.inf, per_1000m=appraisal.Spillover(1, 1, 1)),
            "spending_krw = inf: allowed 0 or more",
        ),
        (lambda: appraisal.net_present_value([1.0], math.inf), "rate = inf: allowed above -1"),
        (lambda: appraisal.switching_value(npv_of_saving, 2, 1), "range 2 to 1: allowed a lower"),
        (lambda: appraisal.switching_value(npv_of_saving, 1, 1), "range 1 to 1: allowed a lower"),
        (lambda: appraisal.switching_value(npv_of_saving, 0, math.nan), "range 0 to nan"),
        (lambda: appraisal.switching_value(npv_of_saving, 0, math.inf), "range 0 to inf"),
        (lambda: appraisal.switching_value(npv_of_saving, -math.inf, 0), "range -inf to 0"),
        (lambda: appraisal.switching_value(lambda x: 1 / x, 1e-320, 1), "npv_of_low = inf"),
        (lambda: appraisal.switching_value(lambda x: x * 1e308, 1, 10), "npv_of_high = inf"),
        (lambda: appraisal.switching_value(lambda _: math.nan, 0, 1), "npv_of_low = nan"),
    ],
)
def test_what_is_no_number_or_out_of_range_is_refused(call, message):
    with pytest.raises(SettingsError, match=message):
        call()

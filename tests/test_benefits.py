"""Whether the milk run of a complex is worth its outlay, and who gains from it."""

from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import benefits, chains, economics, milkrun, parameters, study
from site_select.errors import SettingsError

ANNUITY = 4.389976744  # of 1 a year over five years at 4.5%: (1 - 1.045^-5) / 0.045


@pytest.fixture(scope="module")
def pilot():
    return study.read(made_up.ROOT / "data" / "studies" / "gwangju-2020")


@pytest.fixture(scope="module")
def surveyed(pilot):
    return economics.sites(pilot, ["RC15"])["RC15"]


@pytest.fixture(scope="module")
def desk():
    return replace(made_up.desk(), complexes=made_up.desk().complexes.loc[["RC02", "RC04", "RC37"]])


@pytest.fixture(scope="module")
def assumed(desk):
    return economics.sites(desk)


def test_published_saving_of_140_m_is_worth_614_596_744_over_five_years(pilot):
    """At 4.5%, less the outlay; 130 M, which two sources print, are worth 570.7 M."""
    saving, outlay = np.array([140e6, 140e6, 130e6]), np.array([0.0, 80e6, 0.0])
    worth = benefits.npv_of(pilot, saving, outlay)
    assert worth.tolist() == pytest.approx([614_596_744, 534_596_744, 570_696_977], abs=1)


def test_rate_and_years_are_those_of_the_rules(pilot):
    """At 5.5% for three years: 100 / 1.055 + 100 / 1.113025 + 100 / 1.174241375."""
    rules = pilot.survey.appraisal_rules.copy()
    rules.loc[rules["rule"] == "years", "value"] = 3
    rules.loc[rules["rule"] == "social_discount_rate", "value"] = 0.055
    changed = replace(pilot, survey=replace(pilot.survey, appraisal_rules=rules))
    worth = benefits.npv_of(changed, np.array([100.0]), np.array([0.0]))
    assert worth.tolist() == pytest.approx([269.79333], abs=1e-5)


def test_rule_that_nobody_wrote_is_refused(pilot):
    with pytest.raises(SettingsError, match="no rule 'colour' is in force on 2021-12-31"):
        benefits.rule(pilot, "colour")


def with_duty(costs, krw):
    cells = costs.cells.copy()
    cells[milkrun.QUANTITIES.index("duty")] += krw
    return costs._replace(cells=cells)


def test_duty_is_a_transfer_and_no_benefit(surveyed):
    found = surveyed.compare(economics.drawn(surveyed, n_samples=32, seed=1))
    benefit, running = benefits.yearly_benefit(found)
    dearer = found._replace(own_best=with_duty(found.own_best, 1e9),
                            milk_run=with_duty(found.milk_run, 5e8))  # fmt: skip
    after = benefits.yearly_benefit(dearer)
    np.testing.assert_array_equal(after[0], benefit)
    np.testing.assert_array_equal(after[1], running)
    duty = found.own_best.total("duty") - found.milk_run.total("duty")
    np.testing.assert_allclose(benefit - running, found.saving - duty)


def test_running_cost_is_warehouse_coordination_and_distribution(surveyed):
    """By hand at 2020: 80 m2 x 8,000 x 12, 15 M of staff, 6 M, 52 rounds of 60,000."""
    found = surveyed.compare(parameters.central(surveyed.of))
    _, running = benefits.yearly_benefit(found)
    assert running.tolist() == pytest.approx([7_680_000 + 15e6 + 6e6 + 3_120_000])


def test_net_present_value_turns_at_the_switching_value_of_the_investment(pilot, surveyed):
    """Closed form: an outlay of five years' net benefit, discounted."""
    middle = parameters.central(surveyed.of)
    found = benefits.switching_values(pilot, surveyed, ["investment"])
    at = middle.assign(investment=found["investment"])
    assert benefits.npv(pilot, surveyed)(at)[0] == pytest.approx(0, abs=1)
    benefit, running = benefits.yearly_benefit(surveyed.compare(middle))
    assert found["investment"] == pytest.approx(ANNUITY * float((benefit - running)[0]))


def test_lower_price_and_emissions_turn_no_logistics_project(pilot, surveyed):
    """Neither is part of the logistics saving, so no value of theirs makes it zero."""
    names = ["price_discount", "co2e_air"]
    assert benefits.switching_values(pilot, surveyed, names).isna().all()


def test_every_switching_value_makes_the_net_present_value_zero_and_else_its_sign_stays(
    desk, assumed
):
    names = ["import_volume_per_firm", "part_price", "warehouse_staff", "air_freight_eu",
             "investment"]  # fmt: skip
    turned = 0
    for site in assumed.values():
        middle, value = parameters.central(site.of), benefits.npv(desk, site)
        for name, at in benefits.switching_values(desk, site, names).items():
            low, high = site.of.loc[name, ["low", "high"]]
            if np.isnan(at):
                ends = [value(middle.assign(**{name: end}))[0] for end in (low, high)]
                assert ends[0] * ends[1] > 0, (site.complex_id, name)
            else:
                assert low <= at <= high
                left = value(middle.assign(**{name: at}))[0]
                assert abs(left) < 1e3, (site.complex_id, name)  # KRW, of tens of millions
                turned += 1
    assert 0 < turned < len(names) * len(assumed)


def test_appraisal_is_that_of_the_net_present_value_by_draw(pilot, surveyed):
    """The members bear half of the outlay (subsidy of 2019) and keep the lower price."""
    found = benefits.appraise(pilot, surveyed)
    middle = parameters.central(surveyed.of)
    plain = float(benefits.npv(pilot, surveyed)(middle)[0])
    assert found.logistics.npv_krw == pytest.approx(plain)
    price = 0.05 * float(surveyed.compare(middle).purchase_krw.sum())
    assert found.with_price_effect.npv_krw == pytest.approx(plain + ANNUITY * price)
    subsidy = 0.5 * float(middle["investment"].iloc[0])
    members = plain + ANNUITY * price + subsidy
    assert found.npv_to_members_krw == pytest.approx(members)


@pytest.mark.parametrize("label", ["RC02", "RC04", "surveyed"])
def test_shares_of_all_firms_sum_to_the_joint_cost(label, assumed, surveyed):
    site = surveyed if label == "surveyed" else assumed[label]
    found = site.compare(economics.drawn(site, n_samples=32, seed=2))
    count, joint = found.own_best.count, found.milk_run.total()
    told = benefits.shares(found)
    assert set(told) == {"alone", "equal", "proportional", "square_root"}
    for rule in ("equal", "proportional", "square_root"):
        np.testing.assert_allclose((told[rule] * count).sum(axis=1), joint, err_msg=rule)
    np.testing.assert_allclose((told["alone"] * count).sum(axis=1), found.own_best.total())


def test_joint_plan_costs_no_more_than_ordering_apart_and_no_less_than_its_bound(assumed, surveyed):
    for site in (*assumed.values(), surveyed):
        draws = economics.drawn(site, n_samples=8, seed=4)
        for number in range(len(draws)):
            plan, apart = benefits.joint_plan(site, draws.iloc[[number]])
            assert plan.cost <= apart * (1 + 1e-12)
            assert plan.lower_bound <= plan.cost * (1 + 1e-12)
            assert plan.gap < 0.1


def test_joint_plan_of_one_firm_and_item_is_the_economic_order_quantity(assumed):
    """Cycle √(2 (A + a) / h D), where A is what two pooled lots cost more than one double lot."""
    site = replace(assumed["RC04"], items=pd.DataFrame({"part": ["O05"], "supplier": ["O05"]}))
    draws = parameters.central(site.of).assign(firms=1.0, participation=1.0)
    tonnes, market = draws["import_volume_per_firm"].item(), site.market(draws)
    once, twice = (
        chains.pooled_krw(site, market, np.array([tonnes / 12 * times])) for times in (1, 2)
    )
    major = 2 * once - twice + draws["order_administration"].item()
    held = tonnes * 1_000 * (draws["part_price"] * draws["holding_rate"]).item()
    plan, apart = benefits.joint_plan(site, draws)
    fixed = major + draws["call_off_administration"].item()
    assert plan.cycle_years == pytest.approx((2 * fixed / held) ** 0.5)
    assert plan.cost == pytest.approx(apart) == pytest.approx((2 * fixed * held) ** 0.5)


def test_assumed_firms_are_told_apart_by_size_and_import_as_much_as_equal_ones(assumed):
    site = assumed["RC04"]
    draws = parameters.central(site.of)
    middle = site.of["value"]
    firms = max(1, round(middle["firms"] * middle["participation"]))
    found = benefits.told_apart(site, draws)
    assert found.weight_t.shape == (1, firms)
    assert found.weight_t.sum() == pytest.approx(firms * middle["import_volume_per_firm"])
    assert (np.diff(found.weight_t[0]) > 0).all()
    paid = benefits.shares(found)["proportional"][0]
    assert paid.sum() == pytest.approx(found.milk_run.total()[0])

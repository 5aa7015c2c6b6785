"""The pilot as published against the model: nothing tuned that somebody published."""

from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import benefits, economics, milkrun, parameters, pilot, study
from site_select.errors import SettingsError

DRAWS, SEED = 64, 7


@pytest.fixture(scope="module")
def read():
    return study.read(made_up.ROOT / "data" / "studies" / "gwangju-2020")


@pytest.fixture(scope="module")
def published(read):
    return read.survey.pilot_gwangju


@pytest.fixture(scope="module")
def site(read):
    return economics.sites(read, ["RC15"])["RC15"]


@pytest.fixture(scope="module")
def evaluation(published, site):
    return pilot.evaluation(published, site, n_samples=DRAWS, seed=SEED)


def told(published, stage, quantity, value):
    """The published figures with another value of one of them."""
    rows = published.copy()
    is_meant = (rows["stage"] == stage) & (rows["quantity"] == quantity)
    assert is_meant.sum() == 1
    rows.loc[is_meant, "value"] = value
    return rows


# what was published


@pytest.mark.parametrize(("reading", "lots"), [("complex", 30), ("each_firm", 720)])
def test_orders_of_the_plan_sum_to_40_t_in_30_lots_of_all_or_of_each_firm(published, reading, lots):
    rows = pilot.orders(published, "RC15", reading)
    assert rows["weight_t"].sum() == pytest.approx(40)
    assert rows["orders_per_year"].sum() == pytest.approx(lots)
    assert rows.drop_duplicates("firm")["firms"].sum() == 24
    modes = rows.groupby("mode")["weight_t"].sum()
    assert modes.to_dict() == pytest.approx({"air": 18, "sea_lcl": 22})


def test_orders_in_the_study_are_those_that_the_published_figures_make(read, published):
    made = pilot.orders(published, "RC15", "complex")
    assert len(made) == 4
    pd.testing.assert_frame_equal(
        read.survey.orders.reset_index(drop=True)[list(made)], made, check_dtype=False
    )


def test_orders_follow_the_table(published):
    """20 firms with 24 air lots and 12 sea lots each; 24 of the 40 t fly."""
    rows = told(published, "plan_2020", "member_firms", 20)
    rows = told(rows, "plan_2020", "air_lots_per_year", 24)
    each = pilot.orders(rows, "RC15", "each_firm")
    assert each["firm"].nunique() == 20
    assert each["orders_per_year"].sum() == pytest.approx(20 * 36)
    assert each.groupby("mode")["weight_t"].sum().to_dict() == pytest.approx(
        {"air": 24, "sea_lcl": 16}
    )


def test_figure_that_is_missing_or_empty_is_named(published):
    with pytest.raises(SettingsError, match="has no figure 'colour' of stage 'plan_2020'"):
        pilot.figure(published, "plan_2020", "colour")
    with pytest.raises(SettingsError, match="'note' of stage 'result_2022'"):
        pilot.figure(published, "result_2022", "note")


@pytest.mark.parametrize(
    ("stage", "quantity"),
    [("plan_2020", "orders_after"), ("plan_2020", "logistics_saving_rate"),
     ("result_2021", "logistics_saving"), ("result_2021", "purchase_saving_rate")],
)  # fmt: skip
def test_case_without_one_of_its_figures_is_refused(published, site, stage, quantity):
    without = told(published, stage, quantity, float("nan"))
    with pytest.raises(SettingsError, match=f"{quantity!r} of stage {stage!r}"):
        pilot.cases(without, site)


def test_five_cases_carry_the_published_figures(published, site):
    """52 M are 10% of 520 M bought; 13 M saved are 71% of 18.3 M, and those 3.5% of 520 M."""
    every = pilot.cases(published, site)
    assert [case[:2] for case in every] == [
        ("plan", "complex"), ("plan", "each_firm"), ("restated", "one_part"), ("result", "air"),
        ("result", "sea_lcl"),
    ]  # fmt: skip
    plan, _, restated, result, _ = every
    assert plan.ends == {"saving": (130e6, 140e6)}
    assert restated.published == {"saving_and_price": 150e6}
    assert restated.ends == {"saving_and_price": (100e6, 200e6)}
    assert restated.site.orders["part"].unique().tolist() == ["gas spring"]
    assert restated.site.orders[["weight_t", "orders_per_year"]].sum().tolist() == [20, 15]
    assert restated.fixed["milk_runs"] == 6
    assert result.ends == {}
    assert plan.published == {"rate": 0.4, "saving": 140e6, "runs": 6}
    assert plan.purchase_krw is None
    assert result.purchase_krw == pytest.approx(520e6)
    assert result.published == pytest.approx(
        {"rate": 0.71, "saving": 13e6, "share_of_purchase": 13 / 0.71 / 520, "runs": 3}
    )


@pytest.mark.parametrize(
    ("figure", "number", "expected"),
    [
        (("plan_2020", "saving_per_year", 99), 0, ("saving", 99e6)),
        (("plan_2020", "orders_after", 8), 1, ("runs", 8)),
        (("plan_2021", "saving_per_year", 99), 2, ("saving_and_price", 99e6)),
        (("result_2021", "logistics_saving_rate", 0.5), 3, ("rate", 0.5)),
        (("result_2021", "orders_after", 4), 4, ("runs", 4)),
    ],
)
def test_changed_figure_of_the_table_is_a_changed_case(published, site, figure, number, expected):
    case = pilot.cases(told(published, *figure), site)[number]
    name, value = expected
    assert case.published[name] == value
    if name == "runs":
        assert case.fixed["milk_runs"] == value


def test_published_purchase_makes_the_unknown_tonnage_in_every_draw(published, site):
    """However dear the part, price times weight is 520 M KRW."""
    draws = economics.drawn(site, n_samples=16, seed=1)
    case = pilot.cases(published, site)[3]
    found = case.site.compare(pilot._known(case, draws))
    np.testing.assert_allclose(found.purchase_krw.sum(axis=1), 520e6)
    weight = found.weight_t.sum(axis=1)
    assert weight.max() > 1.5 * weight.min()


def test_outcomes_are_read_from_the_two_chains_in_the_scope_asked_for(published, site):
    case = pilot.cases(published, site)[0]
    draws = parameters.central(site.of)
    found = pilot.outcomes(case, draws)
    compared = case.site.compare(draws)
    way = ("freight", "handling", "customs")
    for scope, names in (
        ("on_the_way", way),
        ("paid", (*way, "warehouse", "coordination", "distribution")),
        ("all", milkrun.COMPONENTS),
    ):
        before = compared.existing.total(*names)[0]
        after = compared.milk_run.total(*names)[0]
        row = found[scope].iloc[0]
        assert row["saving"] == pytest.approx(before - after)
        assert row["rate"] == pytest.approx(1 - after / before)
        purchase = 40_000 * draws["part_price"].item()
        assert row["share_of_purchase"] == pytest.approx(before / purchase)
        price = (compared.price_effect_krw * compared.own_best.count).sum()
        assert row["saving_and_price"] == pytest.approx(before - after + price)
    every = found["all"]
    assert every["credited"].tolist() == pytest.approx(compared.saving)
    duty = (compared.own_best.total("duty") - compared.milk_run.total("duty"))[0]
    assert every["net"].item() == pytest.approx(compared.saving[0] - duty)
    assert every["orders_rate"].item() == pytest.approx(6 / 30)
    assert 0 < every["lead_days"].item() < 90


def test_net_saving_is_the_yearly_benefit_less_the_running_cost(published, site):
    """The same as the appraisal of the site takes, which leaves duty out as a transfer."""
    draws = parameters.central(site.of).assign(duty_rate=0.08)
    case = pilot.cases(published, site)[0]
    benefit, running = benefits.yearly_benefit(case.site.compare(pilot._known(case, draws)))
    net = pilot.outcomes(case, draws)["all"]["net"]
    assert net.tolist() == pytest.approx((benefit - running).tolist())


def test_cheapest_number_of_runs_is_cheaper_than_the_planned_one(published, site):
    case = pilot.cases(published, site)[0]
    draws = economics.drawn(site, n_samples=16, seed=1)
    runs = pilot.cheapest_runs(case, draws)
    assert set(runs.round(9)) <= set(milkrun.FREQUENCIES)
    known = pilot._known(case, draws)
    free = case.site.compare(known, is_planned=False).milk_run.total()
    assert (free <= case.site.compare(known).milk_run.total() * (1 + 1e-12)).all()


# what may be calibrated


def test_only_assumptions_are_free(site):
    free = pilot.free_parameters(site.of)
    assert set(site.of.loc[free, "kind"]) == {"assumed"}
    assert {"part_price", "warehouse_staff", "air_origin_fee"} <= set(free)
    bound = {"milk_runs", "co2e_air", "customs_broker_rate", "air_freight_eu", "groupage_pickup",
             "surveyed_orders_level", "sea_lead_time", "warehouse_rent"}  # fmt: skip
    assert not bound & set(free)
    assert bound <= set(site.of.index)


def test_calibration_leaves_published_and_derived_parameters_at_their_value(evaluation, site):
    free = pilot.free_parameters(site.of)
    held = site.of.index.difference(free)
    assert len(held) == 23
    for key, fit in evaluation.calibrations.items():
        assert (fit.nearest[held] == site.of.loc[held, "value"]).all(axis=None), key
        assert (fit.nearest[free] >= site.of.loc[free, "low"] - 1e-12).all(axis=None), key
        assert (fit.nearest[free] <= site.of.loc[free, "high"] * (1 + 1e-12)).all(axis=None), key


def test_range_of_zero_width_is_not_free(site):
    of = site.of.copy()
    of.loc["part_price", ["low", "high"]] = of.loc["part_price", "value"]
    assert set(pilot.free_parameters(site.of)) - set(pilot.free_parameters(of)) == {"part_price"}


def test_calibrated_settings_are_the_nearest_of_those_tried(published, site, evaluation):
    """Distance is the largest relative miss of a figure; the number of runs is not one of them."""
    draws = pilot.assumption_draws(site.of, n_samples=DRAWS, seed=SEED)
    for case in [case for case in pilot.cases(published, site) if case.stage != "restated"]:
        for scope in ("paid", "on_the_way"):
            found = pilot.outcomes(case, draws)[scope]
            names = [name for name in case.published if name != "runs"]
            misses = np.max([np.abs(found[name] / case.published[name] - 1) for name in names],
                            axis=0)  # fmt: skip
            fit = evaluation.calibrations[(*case[:2], scope)]
            nearest = np.argsort(misses)[:40]
            assert fit.tried == DRAWS
            assert fit.fitting == (misses <= 0.1).sum()
            assert fit.worst_miss == pytest.approx(misses.min())
            np.testing.assert_allclose(
                np.sort(fit.nearest["part_price"]), np.sort(draws.loc[nearest, "part_price"])
            )


def test_calibration_by_hand():
    """Of three settings the second misses by 5% at most and fits; figures not computed are left.

    Misses: 50% and 0; 0 and 5%; 5% and 20%.
    """
    found = pd.DataFrame({"rate": [0.6, 0.4, 0.42], "saving": [100.0, 105.0, 80.0]})
    draws = pd.DataFrame({"part_price": [1.0, 2.0, 3.0]})
    fit = pilot.calibrate(found, {"rate": 0.4, "saving": 100.0, "runs": 6}, draws)
    assert fit.nearest["part_price"].tolist() == [2, 3, 1]
    assert (fit.fitting, fit.tried) == (1, 3)
    assert fit.worst_miss == pytest.approx(0.05)


# the evaluation


def test_evaluation_has_a_row_for_every_published_figure_case_and_scope(
    published, site, evaluation
):
    """Plan: 2 figures in 2 scopes and the runs, twice; result: 3 in 2 and the runs, twice.

    The restated plan tells one amount, in 2 scopes; it is predicted and never calibrated on.
    """
    keys = ["stage", "variant", "scope", "quantity"]
    expected = {
        (*case[:2], scope, name)
        for case in pilot.cases(published, site) for name in case.published
        for scope in (("paid",) if name == "runs" else ("paid", "on_the_way"))
    }  # fmt: skip
    table = evaluation.table
    assert set(table[keys].itertuples(index=False, name=None)) == expected
    assert len(table) == len(expected) == 26
    assert {key[0] for key in evaluation.calibrations} == {"plan", "result"}
    restated = table[table["stage"] == "restated"]
    assert restated["calibrated"].isna().all()
    assert restated[["published_low", "published_high"]].to_numpy().tolist() == [[100e6, 200e6]] * 2
    assert evaluation.n_published == 7
    assert evaluation.n_free == len(pilot.free_parameters(site.of)) == 35


def test_miss_is_the_middle_of_the_prediction_less_the_published_figure(evaluation):
    table = evaluation.table
    is_runs = table["quantity"] == "runs"
    middle = table["predicted"].where(~is_runs, table["independent"])
    np.testing.assert_allclose(table["miss"], middle - table["published"])
    assert table.loc[is_runs, "predicted"].isna().all()
    assert table.loc[~is_runs, "predicted"].notna().all()


def test_bounds_lie_around_the_middle(evaluation):
    for way in ("independent", "calibrated", "predicted"):
        rows = evaluation.table.dropna(subset=[way])
        assert len(rows) >= 20
        assert (rows[f"{way}_low"] <= rows[way]).all()
        assert (rows[way] <= rows[f"{way}_high"]).all()


def test_prediction_of_a_stage_comes_from_calibrations_on_the_other(published, site, evaluation):
    case = pilot.cases(published, site)[0]
    others = [
        evaluation.calibrations["result", mode, "paid"].nearest for mode in pilot.RESULT_MODES
    ]
    found = pilot.outcomes(case, pd.concat(others, ignore_index=True))["paid"]["rate"]
    row = evaluation.table.query("stage == 'plan' and variant == 'complex' and scope == 'paid'")
    row = row.set_index("quantity").loc["rate"]
    assert row["predicted"] == pytest.approx(found.median())
    assert row["predicted_low"] == pytest.approx(found.quantile(0.05))


def test_other_published_rate_moves_the_miss_and_not_the_independent_run(
    published, site, evaluation
):
    """Plan rate of 50% instead of 40%: its prediction stays, so its miss falls by 0.1."""
    other = pilot.evaluation(
        told(published, "plan_2020", "logistics_saving_rate", 0.5), site,
        n_samples=DRAWS, seed=SEED,
    )  # fmt: skip
    before, after = evaluation.table, other.table
    independent = [name for name in before if name.startswith("independent")]
    pd.testing.assert_frame_equal(after[independent], before[independent])
    for key, tables in evaluation.independent.items():
        for scope, table in tables.items():
            pd.testing.assert_frame_equal(other.independent[key][scope], table)
    is_rate = (before["stage"] == "plan") & (before["quantity"] == "rate")
    assert after.loc[is_rate, "published"].tolist() == [0.5] * 4
    moved = after["miss"] - before["miss"]
    np.testing.assert_allclose(moved[is_rate], -0.1)
    still = (before["stage"] == "plan") & ~is_rate
    np.testing.assert_allclose(moved[still], 0, atol=1e-9)


def test_calibration_reads_the_published_figures_and_nothing_else(published, site):
    """A saving of 20 M instead of 140 M is met by other settings."""
    draws = pilot.assumption_draws(site.of, n_samples=DRAWS, seed=SEED)
    case = pilot.cases(published, site)[0]
    less = pilot.cases(told(published, "plan_2020", "saving_per_year", 20), site)[0]
    found = pilot.outcomes(case, draws)["paid"]
    pd.testing.assert_frame_equal(pilot.outcomes(less, draws)["paid"], found)
    fits = [pilot.calibrate(found, one.published, draws) for one in (case, less)]
    first, second = (set(fit.nearest["part_price"]) for fit in fits)
    assert first != second
    means = [pilot.outcomes(case, fit.nearest)["paid"]["saving"].mean() for fit in fits]
    assert means[1] < means[0]


def made(drawn, low, high, published):
    """An evaluation of one amount, by hand."""
    row = {"stage": "plan", "variant": "complex", "scope": "paid", "quantity": "saving",
           "published": published, "published_low": low, "published_high": high}  # fmt: skip
    runs = {("plan", "complex"): {"paid": pd.DataFrame({"saving": drawn})}}
    return pilot.Evaluation(pd.DataFrame([row, row | {"quantity": "runs"}]), runs, {}, 0,
                            pd.DataFrame(), pd.DataFrame())  # fmt: skip


def test_reach_by_hand():
    """Within a tenth of 100 to 200 is 90 to 220: of six draws two lie below, one above."""
    found = pilot.reach(made([10.0, 89.0, 90.0, 150.0, 219.0, 221.0], 100.0, 200.0, 150.0))
    assert len(found) == 1
    assert found.iloc[0][["below", "within", "above"]].tolist() == pytest.approx(
        [2 / 6, 0.5, 1 / 6]
    )


def test_shares_of_reach_sum_to_one(evaluation):
    found = pilot.reach(evaluation)
    assert len(found) == 22
    np.testing.assert_allclose(found[["below", "within", "above"]].sum(axis=1), 1)
    assert found[["below", "within", "above"]].ge(-1e-12).all(axis=None)


def test_posterior_lies_inside_the_support_of_the_prior(evaluation, site):
    for key in evaluation.calibrations:
        found = pilot.prior_posterior(evaluation, key)
        of = site.of.loc[found.index]
        assert set(found.index) == set(pilot.free_parameters(site.of))
        for low, middle, high in (("prior_low", "prior", "prior_high"), ("low", "value", "high")):
            assert (found[low] >= of["low"]).all(), key
            assert (found[high] <= of["high"] * (1 + 1e-12)).all(), key
            assert (found[low] <= found[middle]).all(), key
            assert (found[middle] <= found[high]).all(), key
        assert found["distance"].is_monotonic_decreasing
        assert found["distance"].between(0, 1).all()


def test_assumption_that_has_to_move_is_told_from_one_that_need_not():
    """Of 0 to 999 the nearest 40 are the largest of one and every 25th of the other.

    The largest lie beyond all but 40 of the 1,000: distance 0.96. Before the first of every 25th
    stand 12 of the 1,000, and from it on 13 against 1 of 40: distance 0.012.
    """
    prior = pd.DataFrame({"kept": np.arange(1000.0), "moved": np.arange(1000.0)})
    nearest = pd.DataFrame({"kept": np.arange(12.0, 1000, 25), "moved": np.arange(960.0, 1000)})
    fit = pilot.Calibration(nearest, 0, 1000, 0.5)
    key = ("plan", "complex", "paid")
    found = pilot.prior_posterior(
        pilot.Evaluation(pd.DataFrame(), {}, {key: fit}, 2, pd.DataFrame(), prior), key
    )
    assert found["is_moved"].to_dict() == {"moved": True, "kept": False}
    assert found["distance"].tolist() == pytest.approx([0.96, 0.012])
    assert found.loc["moved", ["prior_low", "prior", "prior_high"]].tolist() == pytest.approx(
        [49.95, 499.5, 949.05]
    )
    assert found.loc["moved", ["low", "value", "high"]].tolist() == pytest.approx(
        [961.95, 979.5, 997.05]
    )


@pytest.mark.parametrize(("count", "is_moved"), [(1, True), (2, False)])
def test_move_that_one_of_two_would_make_by_chance_does_not_count(count, is_moved):
    """40 evenly from 230 to 999 lie 0.23 from 0 to 999: p = 0.029 by SciPy, 0.058 for two."""
    key, names = ("plan", "complex", "paid"), ["a", "b"][:count]
    prior = pd.DataFrame(dict.fromkeys(names, np.arange(1000.0)))
    nearest = pd.DataFrame({name: np.linspace(230, 999, 40) for name in names})
    fit = pilot.Calibration(nearest, 0, 1000, 0.5)
    found = pilot.prior_posterior(
        pilot.Evaluation(pd.DataFrame(), {}, {key: fit}, count, pd.DataFrame(), prior), key
    )
    assert found["is_moved"].tolist() == [is_moved] * count


def test_nothing_moves_where_the_nearest_are_drawn_at_random():
    """Of 100 random halves of nothing in particular, at most one in ten moves anything at 5%."""
    generator = np.random.default_rng(3)
    key, moved = ("plan", "complex", "paid"), 0
    prior = pd.DataFrame(generator.random((256, 5)), columns=list("abcde"))
    for _ in range(100):
        nearest = prior.sample(40, random_state=generator).reset_index(drop=True)
        fit = pilot.Calibration(nearest, 0, 256, 0.5)
        found = pilot.prior_posterior(
            pilot.Evaluation(pd.DataFrame(), {}, {key: fit}, 5, pd.DataFrame(), prior), key
        )
        moved += found["is_moved"].any()
    assert moved <= 10


def test_ends_are_those_of_the_sources_and_else_the_figure_itself(published):
    assert pilot.ends(published, "plan_2020", "saving_per_year") == (130, 140)
    assert pilot.ends(published, "result_2021", "logistics_saving") == (13, 13)


def test_readings_differ_in_orders_alone(published, site):
    """720 orders cost each firm more than 30 cost all; the milk run of both is the same."""
    plan, each = pilot.cases(published, site)[:2]
    split = replace(site, split_is_known=True)  # else 24 firms of one group differ in size
    draws = parameters.central(site.of)
    found = [replace(split, orders=case.site.orders).compare(draws) for case in (plan, each)]
    assert found[1].existing.total("freight")[0] > found[0].existing.total("freight")[0]
    runs = [one.milk_run.total("freight", "handling", "warehouse")[0] for one in found]
    assert runs[0] == pytest.approx(runs[1])

"""Stops of one complex: chains by hand, scenarios in closed form, which chain is safer when."""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import benefits, disruption, economics, networks, parameters, resilience, study
from site_select.errors import SettingsError

GWANGJU = made_up.ROOT / "data" / "studies" / "gwangju-2020"
FEW = ["RC02", "RC04", "RC15", "RC37"]  # RC15 has no firms on public facts
KINDS = ["desk", "pilot"]
ORDER = {"complex_id": "RC15", "firm": "A", "firms": 1, "part": "pin", "supplier": "O05",
         "mode": "sea_lcl", "incoterm": "unknown", "weight_t": 2.0, "orders_per_year": 4.0,
         "stock_days": float("nan"), "year": 2025, **made_up.SYNTHETIC}  # fmt: skip


class Case(NamedTuple):
    """One complex of one study with its chains."""

    read: study.Study
    site: economics.Site
    draws: pd.DataFrame
    every: dict[str, networks.Chain]


@cache
def few():
    """The desk study of four complexes."""
    return replace(made_up.desk(), complexes=made_up.desk().complexes.loc[FEW])


@cache
def pilot():
    read = study.read(GWANGJU)
    return replace(read, complexes=read.complexes.loc[["RC15"]])


def case_of(read, label, *, n_samples=16, **held):
    """Chains of a complex, some parameters held."""
    site = economics.sites(read, [label])[label]
    draws = resilience.drawn(read, site, n_samples=n_samples).assign(**held)
    return Case(read, site, draws, resilience.chains(
        read, site, benefits.told_apart(site, draws), draws
    ))  # fmt: skip


@cache
def case(kind):
    return case_of(few(), "RC02") if kind == "desk" else case_of(pilot(), "RC15")


@cache
def central(kind):
    """All parameters at their value: one draw."""
    read, site, *_ = case(kind)
    draws = parameters.central(pd.concat([site.of, resilience.hazards(read)]))
    found = benefits.told_apart(site, draws)
    return found, resilience.chains(read, site, found, draws)


def with_orders(*rows):
    """The desk study with surveyed orders."""
    return replace(few(), survey=replace(few().survey, orders=pd.DataFrame(list(rows))))


def with_table(read, name, change):
    return replace(read, survey=replace(
        read.survey, **{name: change(getattr(read.survey, name))}
    ))  # fmt: skip


def at_level(read, level):
    """The study with the stock that firms hold at one level."""

    def told(table):
        rows = table["parameter"] == resilience.OWN_LEVEL
        return table.mask(rows, table.assign(low=level, value=level, high=level))

    return with_table(read, "disruption_parameters", told)


# chains


def test_buffers_of_the_pilot_by_hand():
    """Two parts, by air 9 t in lots of 1 t each and by sea 11 t in lots of 11/6 t each, of 40 t."""
    found, every = central("pilot")
    own = every["existing"]
    lots_t = 2 * (1 + 11 / 6)
    assert own.interval_days == pytest.approx(np.full((1, 24), 365 * lots_t / 40))
    safety_t = found.existing.total("stock_t")[0] - lots_t / 2
    assert safety_t == pytest.approx(found.existing.total("peak_t")[0] - lots_t)
    assert own.stock_days == pytest.approx(np.full((1, 24), 0.6 * 365 * safety_t / 40))
    shared = every["milk_run"]
    assert shared.interval_days == pytest.approx(np.full((1, 24), 365 / 6))  # the planned runs
    safety_t = found.milk_run.total("peak_t")[0] - 40 / 6
    assert shared.stock_days == pytest.approx(np.full((1, 24), 365 * safety_t / 40))


def test_spread_of_the_stock_is_that_of_demand_whatever_firms_hold():
    """The model's stock over the service factor, not the smaller stock that firms may hold."""
    _, _, draws, every = case("pilot")
    names = ("service_factor", resilience.OWN_LEVEL)
    factor, level = (draws[name].to_numpy()[:, None] for name in names)
    own, run = every["existing"], every["milk_run"]
    np.testing.assert_allclose(own.deviation_days * factor * level, own.stock_days)
    np.testing.assert_allclose(run.deviation_days * factor, run.stock_days)
    np.testing.assert_array_equal(every["pooled_shipments"].deviation_days, own.deviation_days)


def test_firms_of_the_desk_study_gather_their_parts_and_those_of_the_pilot_do_not():
    assert case("desk").every["existing"].is_gathered.all()
    assert not case("pilot").every["existing"].is_gathered.any()


def test_air_share_of_the_pilot_is_that_of_its_orders_and_the_milk_run_sails():
    """18 of 40 t by air, 9 of each part."""
    own, run = (central("pilot")[1][name] for name in ("existing", "milk_run"))
    by_source = (own.weight_t * own.count[..., None]).sum(axis=(0, 1))
    assert by_source == pytest.approx([9, 9, 11, 11])
    assert own.sources["mode"].tolist() == ["air", "air", "sea_lcl", "sea_lcl"]
    assert (run.weight_t * run.count[..., None]).sum(axis=(0, 1)) == pytest.approx([0, 0, 20, 20])


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_the_sources_add_up_to_the_demand_of_every_firm(kind):
    _, site, draws, every = case(kind)
    found = benefits.told_apart(site, draws)
    for chain in every.values():
        np.testing.assert_allclose(chain.weight_t.sum(axis=2), found.weight_t)
        need = chain.need_t
        np.testing.assert_allclose(need[..., 0], need[..., 1])  # two parts, evenly


@pytest.mark.parametrize("kind", KINDS)
def test_steps_change_one_thing_each(kind):
    """First the shipment is shared, then the stock, then a second origin could deliver too."""
    _, _, draws, every = case(kind)
    assert tuple(every) == ("existing", "pooled_shipments", "milk_run", "second_origin")
    assert [chain.is_pooled for chain in every.values()] == [False, True, True, True]
    own, pooled, run, second = every.values()
    np.testing.assert_array_equal(pooled.stock_days, own.stock_days)
    np.testing.assert_array_equal(pooled.interval_days, run.interval_days)
    assert all((chain.spare_share == 0).all() for chain in (own, pooled, run))
    np.testing.assert_array_equal(second.spare_share, draws["second_origin_share"])
    assert (second.spare_share > 0).all()
    np.testing.assert_array_equal(second.stock_days, run.stock_days)


@pytest.mark.parametrize(("kind", "lots"), [("desk", 0.5), ("pilot", 1.0)])
def test_level_scales_stock_and_lots_only_where_no_orders_were_surveyed(kind, lots):
    read, site, draws, _ = case(kind)
    found = benefits.told_apart(site, draws)
    whole, half = (
        resilience.chains(read, site, found, draws.assign(own_stock_level=level))
        for level in (1.0, 0.5)
    )
    own, less = whole["existing"], half["existing"]
    np.testing.assert_allclose(own.stock_days, found.existing.buffers(found.weight_t)["stock_days"])
    np.testing.assert_allclose(less.stock_days, 0.5 * own.stock_days)
    np.testing.assert_allclose(less.interval_days, lots * own.interval_days)
    np.testing.assert_array_equal(less.lead_days, own.lead_days)
    np.testing.assert_array_equal(half["milk_run"].stock_days, whole["milk_run"].stock_days)


def test_told_stock_takes_the_place_of_the_models_firm_by_firm_less_half_a_lot():
    """A: (3 · 100 + 1 · 60) / 4 = 90 days, two firms; B told nothing; C told less than half a lot.

    A row of unknown stock says nothing of its firm.
    """
    read = with_orders(
        ORDER | {"firms": 2, "weight_t": 3.0, "stock_days": 100.0},
        ORDER | {"firms": 2, "part": "plate", "supplier": "O06", "weight_t": 1.0,
                 "stock_days": 60.0},
        ORDER | {"firms": 2, "part": "ring", "supplier": "O06", "weight_t": 5.0},
        ORDER | {"firm": "B"},
        ORDER | {"firm": "C", "stock_days": 1.0},
    )  # fmt: skip
    _, site, draws, every = case_of(read, "RC15")
    found = site.compare(draws)
    model, own = found.existing.buffers(found.weight_t), every["existing"]
    np.testing.assert_allclose(own.interval_days, model["interval_days"])
    half = own.interval_days / 2
    assert (half[:, :2] < 90).all()
    np.testing.assert_allclose(own.stock_days[:, :2], 90 - half[:, :2])
    level = draws[resilience.OWN_LEVEL].to_numpy()
    np.testing.assert_allclose(own.stock_days[:, 2], model["stock_days"][:, 2] * level)
    assert (half[:, 3] > 1).all()
    assert (own.stock_days[:, 3] == 0).all()


def test_only_ships_from_europe_pass_the_canal():
    read, site, draws, every = case("pilot")
    found = site.compare(draws)
    near = resilience.chains(read, replace(site, region="jp"), found, draws)["existing"]
    left = every["existing"].passes.index.difference(near.passes.index)
    assert left.tolist() == [("canal", "")]


def test_supplier_in_korea_is_reached_by_road_and_only_its_own_stop_is_felt():
    def with_maker(table):
        maker = table.iloc[[0]].assign(
            place_id="K01", country="KR", region="kr", latitude=35.22, longitude=128.68
        )
        return pd.concat([table, maker], ignore_index=True)

    domestic = ORDER | {"supplier": "K01", "mode": "truck"}
    read = with_table(with_orders(domestic), "overseas_places", with_maker)
    _, _, draws, every = case_of(read, "RC15")
    chain = every["existing"]
    assert chain.passes.index.tolist() == [("supplier", "K01")]
    felt = {
        name: resilience.scenario(read, every, draws, name)
        for name in read.survey.scenarios["scenario"]
    }
    assert [name for name, found in felt.items() if found] == ["supplier_fire"]
    assert felt["supplier_fire"]["existing"].short_days.max() > 0
    assert np.isnan(resilience.break_even_days(read, economics.sites(read, ["RC15"])["RC15"]))


def test_draws_hold_the_parameters_of_the_site_and_of_its_hazards():
    read, site, draws, _ = case("pilot")
    of = resilience.hazards(read)
    assert set(draws.columns) == set(site.of.index) | set(of.index)
    pd.testing.assert_frame_equal(draws, resilience.drawn(read, site, n_samples=16))
    for name, row in of.iterrows():
        assert draws[name].between(row["low"], row["high"]).all(), name


# what one firm loses


def one_firm(*, stock, interval, n_draws=256, air_share=0.0):
    """A firm of one part by air and sea, its stock without spread."""
    sources = pd.DataFrame({"part": "pin", "supplier": "O05", "origin": "SE",
                            "mode": ["air", "sea_lcl"]})  # fmt: skip
    by_source = np.full((n_draws, 1, 2), [air_share, 1 - air_share])
    days = np.ones((n_draws, 1))
    return networks.Chain(
        sources, networks.passes(sources, by_canal=True), by_source, days, stock * days, 0 * days,
        interval * days, 60 * days, 50 * days, is_gathered=days > 0, is_pooled=False,
        spare_share=np.zeros(n_draws),
    )  # fmt: skip


def short_days(chain, *, kind, days, share=1.0):
    """Days short ``[draw]`` of a made-up scenario, its parameters those of the pilot."""

    def only(table):
        return table.iloc[[0]].assign(scenario="made_up", kind=kind, target="", days_low=days,
                                      days=days, days_high=days, share=share)  # fmt: skip

    read = with_table(pilot(), "scenarios", only)
    value = resilience.hazards(read)["value"]
    draws = pd.DataFrame([value] * len(chain.count)).reset_index(drop=True)
    return resilience.scenario(read, {"own": chain}, draws, "made_up")["own"].short_days[:, 0]


@pytest.mark.parametrize(
    ("stock", "interval", "expected"),
    [
        (10.0, 20.0, 30.0),  # always outlasts it: 50 - 10 - 20 / 2
        (20.0, 60.0, 7.5),  # (50 - 20)² / (2 · 60)
        (50.0, 60.0, 0.0),
    ],
)
def test_closed_port_in_closed_form(stock, interval, expected):
    """Mean of (50 days - wait - stock)+, the wait even from 0 to the interval."""
    found = short_days(one_firm(stock=stock, interval=interval), kind="port", days=50.0)
    assert found.mean() == pytest.approx(expected, abs=0.3)  # of 16,384 stops


@pytest.mark.parametrize(
    ("kind", "days", "share", "air_share", "expected"),
    [
        ("port", 50.0, 1.0, 0.0, 39.0),  # 50 - 11
        ("port", 50.0, 1.0, 0.45, 30.0),  # of 0.55 of the need the stock lasts 11 / 0.55 = 20 days
        ("air", 30.0, 0.42, 1.0, 30 - 11 / 0.42),  # capacity down by 0.42: the stock lasts 26 days
        ("canal", 365.0, 1.0, 0.0, 0.0),  # a detour of 8.5 days is met from 11
        ("port", 11.0, 1.0, 0.0, 0.0),
    ],
)
def test_firm_without_waiting_is_short_for_the_stop_less_its_stock(
    kind, days, share, air_share, expected
):
    chain = one_firm(stock=11.0, interval=0.0, n_draws=2, air_share=air_share)
    found = short_days(chain, kind=kind, days=days, share=share)
    assert found == pytest.approx([expected] * 2)


def test_year_long_way_round_the_canal_costs_the_detour_alone():
    """8.5 days, not 365."""
    found = short_days(one_firm(stock=0.0, interval=0.0, n_draws=2), kind="canal", days=365.0)
    assert found == pytest.approx([8.5, 8.5])


def test_control_of_an_origin_lasts_until_the_firm_has_changed_it():
    """KBIZ (2019): 23.1% within 180 days, 58.0% within 365; 730 days at most, not 1,358."""
    found = short_days(one_firm(stock=0.0, interval=0.0), kind="origin", days=1358.0)
    assert found.max() <= 730
    assert (found <= 180).mean() == pytest.approx(0.231, abs=0.08)
    assert (found <= 365).mean() == pytest.approx(0.58, abs=0.1)


def test_missing_parts_cost_their_value_times_the_loss_by_hand():
    """Two firms of 1 kg each, at 10,000 KRW/kg and 5 KRW lost per KRW."""
    chain = one_firm(stock=0.0, interval=0.0, n_draws=1)._replace(count=np.array([[2.0]]))
    outcome = disruption.outcome(
        chain, disruption.one_stop(chain, ("port", ""), np.array([0.365]), years=1),
        years=1, seed=1,
    )  # fmt: skip
    assert outcome.unmet_t == pytest.approx(np.array([[0.001]]))
    draws = pd.DataFrame({"part_price": [10_000.0], "shortage_cost": [5.0]})
    assert resilience.shortage_cost(chain, outcome, draws) == pytest.approx([100_000])


def test_mean_of_a_complex_counts_every_firm_of_a_row():
    """(1 · 10 + 3 · 2) / 4."""
    chain = one_firm(stock=0.0, interval=0.0)._replace(count=np.array([[1.0, 3.0]]))
    assert resilience.of_complex(chain, np.array([[10.0, 2.0]])).tolist() == [4.0]


def test_heaviest_node_of_a_kind_is_taken_or_the_one_named_or_none():
    sources = pd.DataFrame({"part": ["pin", "plate"], "supplier": ["O05", "O06"],
                            "origin": ["SE", "DE"], "mode": "sea_lcl"})  # fmt: skip
    chain = one_firm(stock=0.0, interval=0.0)._replace(
        sources=sources, passes=networks.passes(sources, by_canal=True)
    )
    chain = chain._replace(weight_t=np.full((256, 1, 2), [3.0, 1.0]))
    assert resilience.main_node(chain, "origin", "largest") == ("origin", "SE")
    assert resilience.main_node(chain, "supplier", "largest") == ("supplier", "O05")
    assert resilience.main_node(chain, "origin", "DE") == ("origin", "DE")
    assert resilience.main_node(chain, "port") == ("port", "")
    assert resilience.main_node(chain, "origin", "JP") is None
    assert resilience.main_node(chain, "air") is None


# named scenarios


@cache
def scenarios(kind):
    read, _, draws, every = case(kind)
    return {
        name: resilience.scenario(read, every, draws, name)
        for name in read.survey.scenarios["scenario"]
    }


def median_short(kind, name, chain):
    found = scenarios(kind)[name][chain].short_days
    return float(np.median(resilience.of_complex(case(kind).every[chain], found)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_scenario_runs_on_every_chain_of_both_studies(kind):
    found = scenarios(kind)
    assert len(found) == 8
    for name, own in found.items():
        assert set(own) <= set(case(kind).every), name
        for chain in own.values():
            assert np.isfinite(chain.short_days).all(), name
            assert (chain.short_days >= 0).all(), name


def test_chains_of_which_nothing_passes_what_stops_are_left_out():
    """No source is in Japan; nothing flies in the desk study, nor ever on the milk run."""
    for kind in KINDS:
        assert scenarios(kind)["japan_control_2019"] == {}
        assert set(scenarios(kind)["suez_2021"]) == set(case(kind).every)
    assert scenarios("desk")["air_capacity_2020"] == {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chain", ["existing", "milk_run"])
def test_fire_at_the_supplier_is_worse_than_a_typhoon_and_the_control_of_the_origin_worst(
    kind, chain
):
    typhoon, fire, control = (
        median_short(kind, name, chain)
        for name in ("typhoon_2022", "supplier_fire", "control_of_largest_origin")
    )
    assert typhoon < fire < control


@pytest.mark.parametrize("kind", KINDS)
def test_two_years_off_the_canal_are_no_worse_than_the_detour(kind):
    """730 days of the Red Sea against the 7 to 10 days of the way round."""
    for own in scenarios(kind)["red_sea_2023"].values():
        assert own.short_days.max() <= 10


def test_air_scenario_is_felt_only_where_goods_fly():
    own = scenarios("pilot")["air_capacity_2020"]
    assert set(own) == {"existing"}
    assert own["existing"].short_days.max() > 0


def test_second_origin_shortens_a_control_and_never_a_closed_port():
    for name, is_shorter in (("control_of_largest_origin", True), ("typhoon_2022", False)):
        own = scenarios("pilot")[name]
        run, second = own["milk_run"].short_days, own["second_origin"].short_days
        assert (second <= run + 1e-9).all()
        assert (second.sum() < run.sum()) == is_shorter, name


def test_same_seed_gives_the_same_scenario_and_another_seed_another():
    read, _, draws, every = case("pilot")
    first = scenarios("pilot")["supplier_fire"]["existing"].short_days
    again = resilience.scenario(read, every, draws, "supplier_fire")["existing"].short_days
    np.testing.assert_array_equal(first, again)
    other = study.changed(read, {"seed": 7})
    moved = resilience.scenario(other, every, draws, "supplier_fire")["existing"].short_days
    assert (moved != first).any()


def test_unknown_scenario_is_refused_and_those_allowed_are_listed():
    read, _, draws, every = case("pilot")
    with pytest.raises(SettingsError) as raised:
        resilience.scenario(read, every, draws, "flood")
    said = str(raised.value)
    assert said.startswith("no scenario 'flood': allowed japan_control_2019, ")
    assert all(name in said for name in read.survey.scenarios["scenario"])


def test_simulated_chains_meet_the_same_stops():
    """A node that is in both chains is stopped as long in both."""
    read, _, draws, every = case("pilot")
    found = resilience.simulated(read, every, draws, years=5)
    for own in found.values():
        np.testing.assert_array_equal(own.node_days[0], found["existing"].node_days[0])
    assert found["existing"].node_days[0].sum() > 0


# survival


@cache
def survival(kind, node):
    read, _, _, every = case(kind)
    return resilience.survival(read, every, node, samples=8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("node", [("origin", "SE"), ("port", "")])
def test_survival_starts_at_all_firms_and_falls_within_its_band(kind, node):
    found = survival(kind, node)
    bounds = found[["low", "middle", "high"]]
    assert ((bounds >= 0) & (bounds <= 1)).all(axis=None)
    assert (found["low"] <= found["middle"]).all()
    assert (found["middle"] <= found["high"]).all()
    for chain, curve in found.groupby("chain", sort=False):
        assert curve["days"].tolist() == list(range(0, 366, 3)), chain
        assert (curve[["low", "middle", "high"]].diff().dropna() <= 0).all(axis=None), chain
        assert curve[["middle", "high"]].iloc[0].tolist() == [1, 1], chain
        assert curve["middle"].iloc[-1] < 1, chain


@pytest.mark.parametrize("kind", KINDS)
def test_firms_outlast_a_stopped_origin_longer_than_a_closed_port_by_what_is_under_way(kind):
    """All goods of the milk run sail, so both nodes hold all of some part back."""
    gate, origin = (
        table[table["chain"] == "milk_run"].set_index("days")["middle"]
        for table in (survival(kind, ("port", "")), survival(kind, ("origin", "SE")))
    )
    assert (gate <= origin).all()
    assert gate.sum() < origin.sum()


# every complex


@cache
def avoided():
    return resilience.shortage_days_avoided(few())


def test_every_comparable_complex_has_days_avoided_as_a_proxy_and_no_other():
    found = avoided()
    known = found.dropna(subset="value")
    assert set(known.index) == set(economics.sites(few())) == {"RC02", "RC04", "RC37"}
    assert known["basis"].eq("proxy").all()
    assert known["unit"].eq("days/year").all()
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()
    assert found.loc["RC15", ["low", "value", "high"]].isna().all()


def test_days_avoided_have_either_sign():
    assert avoided().loc["RC02", "value"] < 0 < avoided().loc["RC04", "value"]


def test_days_avoided_are_the_same_for_the_same_seed():
    pd.testing.assert_frame_equal(avoided(), resilience.shortage_days_avoided(few()))


def test_firms_that_hold_more_today_gain_less_from_the_milk_run():
    """From 0.18 of the model's stock to all of it."""
    rich, poor = (
        resilience.shortage_days_avoided(at_level(few(), level))["value"].dropna()
        for level in (1.0, 0.18)
    )
    middle = avoided()["value"].dropna()
    assert (rich < middle).all()
    assert (middle < poor).all()
    assert (rich < 0).all()
    assert (poor > 0).all()


def test_days_avoided_are_the_complexs_own_where_orders_were_surveyed():
    found = resilience.shortage_days_avoided(with_orders(ORDER, ORDER | {"firm": "B"}))
    assert found.loc["RC15", "basis"] == "own"
    assert found["basis"].drop("RC15").eq("proxy").all()
    assert found.loc["RC15", ["low", "value", "high"]].is_monotonic_increasing


# where the answer turns


@cache
def turning_days():
    read, site, *_ = case("desk")
    return resilience.break_even_days(read, site)


def expected(level, *, seed):
    """Stock at hand of the desk's complex, and days short of both chains, at one level."""
    read, site, *_ = case("desk")
    draws = parameters.central(pd.concat([site.of, resilience.hazards(read)]))
    draws = draws.assign(own_stock_level=level)
    every = resilience.chains(read, site, site.compare(draws), draws)
    own, run = every["existing"], every["milk_run"]
    held = resilience.of_complex(own, own.stock_days + own.interval_days / 2).item()
    return held, *(
        disruption.expected_short_days(chain, draws, samples=1_000, seed=seed).item()
        for chain in (own, run)
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_at_the_turning_stock_both_chains_are_short_equally_often(seed):
    """Within half a step of the levels tried and the sampling error; a step away they differ."""
    level = turning_days() / expected(1.0, seed=seed)[0]
    held, before, after = expected(level, seed=seed)
    assert held == pytest.approx(turning_days())
    assert before == pytest.approx(after, abs=0.4)
    _, less, after = expected(level - 0.1, seed=seed)
    assert less > after + 0.4
    _, more, after = expected(level + 0.1, seed=seed)
    assert more < after - 0.4


@pytest.mark.parametrize("levels", [[0.05, 0.1], [1.2, 1.5]])
def test_no_stock_is_named_where_one_chain_is_the_safer_at_all_tried(monkeypatch, levels):
    monkeypatch.setattr(resilience, "LEVELS_TRIED", np.array(levels))
    read, site, *_ = case("desk")
    assert np.isnan(resilience.break_even_days(read, site))


def test_parts_fly_or_sail_each_for_itself():
    """Springs all by air and plates all by sea: neither port nor air can be gone around."""
    rows = [ORDER | {"part": "spring", "mode": "air"}, ORDER | {"part": "plate", "supplier": "O06"}]
    read = with_orders(*rows)
    site = economics.sites(read, ["RC15"])["RC15"]
    draws = resilience.drawn(read, site, n_samples=4)
    chain = resilience.chains(read, site, site.compare(draws), draws)["existing"]
    whole = networks.critical_nodes(chain)["firms_share"]
    assert whole[("air", "")] == whole[("port", "")] == 1

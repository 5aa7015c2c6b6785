"""Chains as drawn: their stretches add up to what the comparison counts."""

from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import chains, economics, freight, parameters, study

WAY = ("freight", "handling", "customs")


@pytest.fixture(scope="module")
def surveyed():
    """The pilot's complex with its orders."""
    read = study.read(made_up.ROOT / "data" / "studies" / "gwangju-2020")
    return economics.sites(read, ["RC15"])["RC15"]


@pytest.fixture(scope="module")
def assumed():
    """A complex of which nobody asked anything, 20 firms of which 0.6 join."""
    desk = made_up.desk()
    few = replace(desk, complexes=desk.complexes.loc[["RC02"]])
    return economics.sites(few)["RC02"]


def sums(site, column):
    return chains.stretches(site).groupby("chain")[column].sum()


def test_stretches_of_surveyed_modes_add_up_to_the_surveyed_bill_for_the_way(surveyed):
    found = surveyed.compare(parameters.central(surveyed.of)).surveyed
    for column, names in (("krw", WAY), ("co2e_t", ["co2e_t"])):
        drawn = sums(surveyed, column)[["air", "sea_lcl"]].sum()
        assert drawn == pytest.approx(found.total(*names)[0]), column


@pytest.mark.parametrize("kind", ["surveyed", "assumed"])
def test_stretches_of_the_milk_run_add_up_to_its_way_and_its_distribution(kind, request):
    site = request.getfixturevalue(kind)
    run = site.compare(parameters.central(site.of)).milk_run
    drawn = sums(site, "krw")["milk_run"]
    assert drawn == pytest.approx(run.total(*WAY, "distribution")[0])
    assert sums(site, "co2e_t")["milk_run"] == pytest.approx(run.total("co2e_t")[0])


def test_local_distribution_costs_its_rounds_and_takes_no_way_of_its_own(surveyed):
    """52 rounds of 60,000 KRW at the level of 2020."""
    row = chains.stretches(surveyed).loc[("milk_run", 3)]
    assert row["way"] == "local"
    assert row["krw"] == pytest.approx(52 * 60_000)
    assert (row["days"], row["co2e_t"]) == (0, 0)


def test_ways_follow_each_other_from_the_supplier_to_the_firms(surveyed):
    table = chains.stretches(surveyed)
    ways = {chain: rows["way"].tolist() for chain, rows in table.groupby("chain")}
    assert ways == {
        "air": ["road", "air", "road"], "sea_lcl": ["road", "ship", "road"],
        "milk_run": ["road", "ship", "road", "local"],
    }  # fmt: skip
    for chain, rows in table.groupby("chain"):
        steps = rows.index.get_level_values("step").tolist()
        assert steps == list(range(len(rows))), chain


def test_shipments_are_the_orders_of_each_mode_and_the_runs(surveyed):
    """18 air lots and 12 sea lots a year become 6 runs."""
    table = chains.stretches(surveyed).groupby("chain")["shipments"].first()
    assert table.to_dict() == pytest.approx({"air": 18, "sea_lcl": 12, "milk_run": 6})


def test_where_nobody_asked_every_firm_is_drawn_with_one_shipment_a_year(assumed):
    of = assumed.of["value"]
    firms = round(of["firms"] * of["participation"])
    table = chains.stretches(assumed).groupby("chain")["shipments"].first()
    assert table[["air", "sea_lcl"]].tolist() == pytest.approx([2 * firms] * 2)  # two suppliers


def test_lead_time_is_the_days_on_the_way_and_the_waiting(surveyed):
    """By air 14 days, of which one in the air; roads at 600 km a day; by sea 55."""
    table, lane = chains.stretches(surveyed), surveyed.lane
    days = table.loc["air", "days"].tolist()
    pick_up = lane.airport_pick_up_km.mean() / 600
    assert days == pytest.approx([pick_up, 1, lane.airport_km / 600])
    lead = table.groupby("chain")["lead_days"].first()
    assert lead.to_dict() == pytest.approx({"air": 14, "sea_lcl": 55, "milk_run": 55})
    of = freight.rates(parameters.central(surveyed.of), "eu")
    lot = freight.load(np.full((1, 1, 1), 1.0), of)
    legs = freight.chain("air", lot, lane, of, surveyed.fares)
    waiting = float(next(leg.days for leg in legs if leg.name == "waiting").mean())
    assert sum(days) + waiting == pytest.approx(14)


def test_long_way_makes_the_lead_time_itself(surveyed):
    """A ship for 340 days: nothing is waited for, and the stretches are the whole lead time."""
    far = replace(surveyed, lane=surveyed.lane._replace(sea_nm=340.0**2))
    table = chains.stretches(far).loc["sea_lcl"]
    assert table["days"].sum() == pytest.approx(table["lead_days"].iloc[0])
    assert table["days"].tolist()[1] == pytest.approx(340)


def test_existing_part_loads_pass_the_forwarders_depot_and_the_milk_run_does_not(surveyed):
    table, lane = chains.stretches(surveyed), surveyed.lane
    assert table.loc[("sea_lcl", 2), "days"] == pytest.approx(lane.via_km / 600)
    assert table.loc[("milk_run", 2), "days"] == pytest.approx(lane.port_km / 600)


def test_duty_is_no_part_of_a_stretch(surveyed):
    of = surveyed.of.copy()
    of.loc["duty_rate", parameters.BOUNDS] = 0.08
    pd.testing.assert_frame_equal(
        chains.stretches(replace(surveyed, of=of)), chains.stretches(surveyed)
    )


def test_pooled_lot_goes_by_the_cheapest_way_that_is_not_the_air(surveyed):
    market = surveyed.market(parameters.central(surveyed.of))
    of = market.rates
    for lot_t in (1.0, 10.0, 40.0):
        each = max(lot_t / 2, of["groupage_minimum"].item())
        tour = of["tour_truck"].item() * surveyed.lane.tour_km * np.ceil(lot_t / 24)
        pick_up = min(2 * each * of["groupage_pickup"].item(), tour)
        nothing = np.zeros(1)
        first = freight.Leg("pick_up", "freight", "pick_up", np.full((1, 1, 1), pick_up),
                            nothing, nothing)  # fmt: skip
        lot = freight.load(np.full((1, 1, 1), lot_t), of)
        cheapest = min(
            sum(
                float(np.sum(leg.krw))
                for leg in freight.chain(
                    mode, lot, surveyed.lane, of, surveyed.fares, collected=first
                )
                if leg.component != "duty"
            )
            for mode in ("sea_lcl", "sea_fcl20", "sea_fcl40")
        )
        assert chains.pooled_krw(surveyed, market, np.full(2, lot_t / 2)) == pytest.approx(cheapest)

"""Cost, days and emissions of a shipment, leg by leg, against calculations by hand."""

import itertools

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_select import freight, tables
from site_select.errors import SettingsError

FEW = settings(max_examples=60)
RATES = {
    "part_price": 10_000, "packed_density": 0.5, "air_freight_eu": 4_000,
    "air_origin_fee": 200_000, "air_destination_fee": 150_000, "air_lead_time": 14,
    "groupage_pickup": 200_000, "groupage_minimum": 0.5, "tour_truck": 1_500, "cross_dock": 400_000,
    "lcl_origin_fee": 80_000, "lcl_freight_eu": 90_000, "lcl_destination_fee": 25_000,
    "lcl_destination_fixed": 120_000, "fcl20_freight_eu": 900_000, "fcl40_to_fcl20": 1.5,
    "port_charge_fcl20": 230_000, "sea_lead_time": 55, "ship_speed": 400,
    "container_20ft_payload": 20, "container_40ft_payload": 23, "container_20ft_volume": 28,
    "haulage_level": 0.75, "truck_level": 1.2, "customs_broker_minimum": 30_000,
    "customs_broker_rate": 0.001, "duty_rate": 0.05, "truck_lead_time": 3, "co2e_air": 600,
    "co2e_sea": 20, "co2e_articulated": 100, "co2e_rigid": 250,
}  # fmt: skip
MONEY = {
    "air_freight_eu": "freight", "air_origin_fee": "freight", "air_destination_fee": "handling",
    "groupage_pickup": "freight", "groupage_minimum": "freight", "cross_dock": "handling",
    "lcl_origin_fee": "handling", "lcl_freight_eu": "freight", "lcl_destination_fee": "handling",
    "lcl_destination_fixed": "handling", "fcl20_freight_eu": "freight", "fcl40_to_fcl20": "freight",
    "port_charge_fcl20": "handling", "haulage_level": "freight", "truck_level": "freight",
    "customs_broker_minimum": "customs", "customs_broker_rate": "customs", "duty_rate": "duty",
}  # fmt: skip
FARES = freight.TruckFares(np.array([1.0, 5]), np.array([20_000.0, 50_000]), np.array([500.0, 700]))
LANE = freight.Lane(
    pick_up_km=np.array([600.0]), airport_pick_up_km=np.array([300.0]), tour_km=1_500,
    flight_km=9_000, sea_nm=12_000, detour_nm=0, airport_km=240, port_km=180, via_km=480,
    fare_20ft_krw=800_000, fare_40ft_krw=900_000,
)  # fmt: skip
COLUMNS = ["component", "stage", "krw", "days", "co2e_kg"]
MODES = (*freight.NEEDS, "truck")


def rates(**changed):
    return freight.rates(pd.DataFrame([RATES | changed]), "eu")


def chain(mode, weight_t, *, lane=LANE, collected=None, **changed):
    of = rates(**changed)
    load = freight.load(np.full((1, 1, 1), weight_t), of)
    return freight.chain(mode, load, lane, of, FARES, collected=collected)


def table(*args, **changed):
    """Legs by name, every figure a number."""
    legs = {leg.name: (leg.component, leg.stage, *(np.ravel(part).item() for part in leg[3:]))
            for leg in chain(*args, **changed)}  # fmt: skip
    return pd.DataFrame.from_dict(legs, orient="index", columns=COLUMNS)


def krw(mode, leg, weight_t, **changed):
    return table(mode, weight_t, **changed).loc[leg, "krw"]


def components(*args, **changed):
    return table(*args, **changed).groupby("component")["krw"].sum()


def by_hand(*legs):
    cells = {name: cells for name, *cells in legs}
    found = pd.DataFrame.from_dict(cells, orient="index", columns=COLUMNS)
    return found.astype(dict.fromkeys(COLUMNS[2:], float))


# whole shipments


def test_air_shipment_leg_by_leg():
    """1.2 t at 0.1 t/m³ are 12 m³, charged as 2 t; value 12 M, at the border 20.2 M."""
    expected = by_hand(
        ("pick_up", "freight", "pick_up", 200_000, 0.5, 36),
        ("flight", "freight", "main", 2_000 * 4_000, 1, 600 * 1.2 * 9_000 / 1_000),
        ("airport", "handling", "rest", 150_000, 0, 0),
        ("clearance", "customs", "border", 30_000, 0, 0),  # 0.001 · 20.2 M = 20,200 is less
        ("duty", "duty", "border", 1_010_000, 0, 0),
        ("delivery", "freight", "rest", 261_600, 0.4, 72),  # 1.2 (50,000 + 240 · 700)
        ("waiting", "handling", "rest", 0, 14 - 1.9, 0),
    )
    pd.testing.assert_frame_equal(table("air", 1.2, packed_density=0.1), expected)


def test_lcl_shipment_leg_by_leg():
    """1.2 t at 0.5 t/m³ are 2.4 revenue tonnes; at the border 12 M + 240 k + 192 k + 216 k."""
    expected = by_hand(
        ("pick_up", "freight", "pick_up", 240_000, 1, 72),
        ("stuffing", "handling", "pick_up", 192_000, 0, 0),
        ("ship", "freight", "main", 216_000, 30, 533.376),  # 20 · 1.2 · 12,000 · 1.852 / 1,000
        ("port", "handling", "rest", 180_000, 0, 0),  # 25,000 · 2.4 + 120,000
        ("clearance", "customs", "border", 30_000, 0, 0),
        ("duty", "duty", "border", 632_400, 0, 0),
        ("delivery", "freight", "rest", 211_200, 0.3, 54),  # 1.2 (50,000 + 180 · 700)
        ("waiting", "handling", "rest", 0, 55 - 31.3, 0),
    )
    pd.testing.assert_frame_equal(table("sea_lcl", 1.2), expected)


@pytest.mark.parametrize(("mode", "ratio", "fare", "border"), [
    ("sea_fcl20", 1.0, 800_000, 308_600_000), ("sea_fcl40", 1.5, 900_000, 309_500_000),
])  # fmt: skip
def test_container_shipment_leg_by_leg(mode, ratio, fare, border):
    """30 t of 20 m³ fill two containers of either size; value 300 M, pick-up 6 M."""
    expected = by_hand(
        ("pick_up", "freight", "pick_up", 6_000_000, 1, 1_800),
        ("stuffing", "handling", "pick_up", 800_000, 0, 0),
        ("ship", "freight", "main", 1_800_000 * ratio, 30, 13_334.4),
        ("port", "handling", "rest", 460_000 * ratio, 0, 0),
        ("clearance", "customs", "border", border * 0.001, 0, 0),
        ("duty", "duty", "border", border * 0.05, 0, 0),
        ("haulage", "freight", "rest", 2 * fare * 0.75, 0.3, 540),
        ("waiting", "handling", "rest", 0, 55 - 31.3, 0),
    )
    pd.testing.assert_frame_equal(table(mode, 30.0, packed_density=1.5), expected)


def test_domestic_shipment_leg_by_leg():
    """12 t over 600 km: three trucks of 5 t at 1.2 (50,000 + 600 · 700)."""
    expected = by_hand(
        ("truck", "freight", "main", 1_692_000, 1, 1_800),
        ("waiting", "handling", "rest", 0, 2, 0),
    )
    pd.testing.assert_frame_equal(table("truck", 12.0), expected)


def test_arrays_of_draws_firms_and_items_give_what_each_gives_alone():
    of = freight.rates(pd.DataFrame([RATES, RATES | {"part_price": 20_000}]), "eu")
    lane = LANE._replace(pick_up_km=np.array([600.0, 100, 900]))
    weight_t = np.random.default_rng(1).uniform(0.1, 40, (2, 4, 3))
    for mode in MODES:
        legs = freight.chain(mode, freight.load(weight_t, of), lane, of, FARES)
        krw_of_all = sum(np.broadcast_to(leg.krw, weight_t.shape) for leg in legs)
        days = np.broadcast_to(sum(leg.days for leg in legs), weight_t.shape)
        for place in ((0, 0, 0), (1, 3, 2), (1, 0, 1)):
            one = table(mode, weight_t[place], part_price=10_000 * (1 + place[0]),
                        lane=LANE._replace(pick_up_km=lane.pick_up_km[[place[2]]]))  # fmt: skip
            assert krw_of_all[place] == pytest.approx(one["krw"].sum(), rel=1e-12)
            assert days[place] == pytest.approx(one["days"].sum(), rel=1e-12)


# rules of each charge


@pytest.mark.parametrize(("weight_t", "density", "tonnes"), [
    (3.0, 2.0, 3.0), (1.0, 0.25, 4.0), (0.2, 0.5, 1.0), (0.2, 0.1, 2.0),
])  # fmt: skip
def test_revenue_tonnes_are_the_larger_of_weight_and_volume_and_one_at_least(
    weight_t, density, tonnes
):
    assert krw("sea_lcl", "ship", weight_t, packed_density=density) == 90_000 * tonnes
    assert krw("sea_lcl", "stuffing", weight_t, packed_density=density) == 80_000 * tonnes


@pytest.mark.parametrize(("weight_t", "charged_t"), [(0.1, 0.5), (0.5, 0.5), (0.75, 0.75)])
def test_part_load_is_charged_at_least_the_least_weight_but_emits_its_own(weight_t, charged_t):
    leg = table("sea_lcl", weight_t).loc["pick_up"]
    assert leg["krw"] == 200_000 * charged_t
    assert leg["co2e_kg"] == pytest.approx(100 * weight_t * 600 / 1_000)


@pytest.mark.parametrize(("density", "charged_kg"), [(1.0, 600), (1 / 6, 600), (0.05, 2_000)])
def test_air_charges_a_kilogram_for_every_6000_cubic_centimetres_or_the_weight(density, charged_kg):
    """600 kg at 0.05 t/m³ are 12 m³ = 12,000,000 cm³: 2,000 kg."""
    assert krw("air", "flight", 0.6, packed_density=density) == pytest.approx(4_000 * charged_kg)


@pytest.mark.parametrize(("weight_t", "density", "boxes_20", "boxes_40"), [
    (0.1, 1.5, 1, 1), (20.0, 1.5, 1, 1), (20.1, 1.5, 2, 1), (23.0, 1.5, 2, 1), (46.1, 1.5, 3, 3),
    (14.0, 0.25, 2, 1), (14.1, 0.25, 3, 2),
])  # fmt: skip
def test_containers_fill_by_weight_or_volume_and_are_rounded_up(
    weight_t, density, boxes_20, boxes_40
):
    assert krw("sea_fcl20", "stuffing", weight_t, packed_density=density) == 400_000 * boxes_20
    assert krw("sea_fcl40", "stuffing", weight_t, packed_density=density) == 400_000 * boxes_40


@pytest.mark.parametrize(("weight_t", "trucks"), [
    (0.0, [1]), (1.0, [1]), (1.1, [5]), (5.0, [5]), (5.5, [5, 1]), (10.0, [5, 5]),
    (12.0, [5, 5, 5]),
])  # fmt: skip
def test_truck_is_the_smallest_that_carries_the_load_full_ones_before_it(weight_t, trucks):
    trip = {1: 20_000 + 100 * 500, 5: 50_000 + 100 * 700}
    assert freight.truck_krw(np.array([weight_t]), 100.0, FARES) == sum(
        trip[kind] for kind in trucks
    )


def test_truck_fares_repeat_the_published_trips_at_the_level_asked_for():
    """KOTI truck freight survey of 2022/2023: capital area to Busan and to Daejeon."""
    published = tables.read(made_up.REFERENCE / "truck_fares.csv", "truck_fares").table
    fares = freight.truck_fares(published.iloc[::-1], 1.1)
    assert fares.capacity_t.tolist() == [1, 3, 5, 8, 12]
    for km, expected in (("long", 220_952), ("short", 102_857)):
        fare = freight.truck_krw(np.array([0.7]), float(published[f"{km}_km"].iloc[0]), fares)
        assert fare == pytest.approx(1.1 * expected)


def test_tour_is_paid_by_the_truck_of_24_tonnes_and_kilometre():
    """25 t: two trucks of 1,500 km; CO2e counts every tonne over the whole way."""
    of = rates()
    leg = freight.tour(freight.load(np.full((1, 1, 1), 25.0), of), LANE, of)
    assert (leg.krw.item(), leg.days.item()) == (2 * 1_500 * 1_500, 2.5)
    assert leg.co2e_kg.item() == 100 * 25 * 1_500 / 1_000
    assert freight.tour(freight.load(np.full((1, 1, 1), 24.0), of), LANE, of).krw == 2_250_000


@pytest.mark.parametrize("mode", ["sea_lcl", "sea_fcl20", "sea_fcl40", "truck"])
def test_collected_load_replaces_the_first_leg_and_its_days_and_cost_at_the_border(mode):
    one, nothing = np.ones((1, 1, 1)), np.zeros((1, 1, 1))
    first = freight.Leg("tour", "freight", "pick_up", 5_000_000 * one, 2 * one, nothing)
    own, given_leg = table(mode, 1.2), table(mode, 1.2, collected=first)
    assert given_leg.index[0] == "tour"
    more = 5_000_000 - own["krw"].iloc[0]
    if mode != "truck":
        assert given_leg.loc["duty", "krw"] == own.loc["duty", "krw"] + 0.05 * more
    assert given_leg["days"].sum() == pytest.approx(own["days"].sum())
    assert given_leg.loc["waiting", "days"] == pytest.approx(own.loc["waiting", "days"] - 1)


# duty, terms of delivery


@pytest.mark.parametrize("mode", MODES[:-1])
def test_every_leg_before_the_border_and_none_after_is_dutiable(mode):
    """Customs Act of Korea, art. 30: price, freight and other charges to the port of entry."""
    legs = table(mode, 2.0)
    before = legs.loc[legs["stage"].isin(["pick_up", "main"]), "krw"].sum()
    assert legs.loc["duty", "krw"] == pytest.approx(0.05 * (20_000_000 + before))
    dearer = {name: RATES[name] * 3 for name in (
        "air_destination_fee", "lcl_destination_fee", "lcl_destination_fixed", "port_charge_fcl20",
        "haulage_level", "truck_level", "customs_broker_minimum",
    )}  # fmt: skip
    assert krw(mode, "duty", 2.0, **dearer) == legs.loc["duty", "krw"]


def test_broker_takes_the_larger_of_a_rate_and_a_least_fee():
    value = 1.2e6 * 10 + 240_000 + 192_000 + 216_000
    assert krw("sea_lcl", "clearance", 1.2, customs_broker_rate=0.01) == pytest.approx(
        0.01 * value)  # fmt: skip
    assert krw("sea_lcl", "clearance", 1.2, customs_broker_minimum=500_000) == 500_000


def test_buyer_pays_every_stage_ex_works_none_delivered_duty_paid_and_fewer_between():
    stages = {stage for mode in MODES for stage in table(mode, 1.0)["stage"]}
    assert set(freight.PAID_BY_BUYER["EXW"]) == stages
    paid = [set(part) for part in freight.PAID_BY_BUYER.values()]
    assert all(later <= earlier for earlier, later in itertools.pairwise(paid))
    assert freight.PAID_BY_BUYER["DAP"] == ("border",)  # import clearance is the buyer's
    assert not freight.PAID_BY_BUYER["DDP"]


# days


@pytest.mark.parametrize(("mode", "name"), [("air", "air_lead_time"), ("sea_lcl", "sea_lead_time"),
                                            ("truck", "truck_lead_time")])  # fmt: skip
@pytest.mark.parametrize("lead", [0.0, 1.0, 40.0])
def test_waiting_fills_up_the_lead_time_and_is_never_below_0(mode, name, lead):
    days = table(mode, 1.2, **{name: lead})["days"]
    moving = days.drop("waiting").sum()
    assert days["waiting"] == pytest.approx(max(lead - moving, 0))
    assert days.sum() == pytest.approx(max(lead, moving))


def test_closed_canal_adds_its_detour_at_sea_to_moving_days_lead_time_and_emissions():
    """3,000 of 15,000 nautical miles at 400 a day: 7.5 days; ocean freight stays."""
    open_canal = table("sea_lcl", 1.2)
    closed = table("sea_lcl", 1.2, lane=LANE._replace(sea_nm=15_000, detour_nm=3_000))
    assert closed["days"].sum() - open_canal["days"].sum() == pytest.approx(7.5)
    assert closed.loc["ship", "days"] == 37.5
    assert closed.loc["waiting", "days"] == pytest.approx(open_canal.loc["waiting", "days"])
    assert closed.loc["ship", "co2e_kg"] == pytest.approx(533.376 * 15 / 12)
    pd.testing.assert_series_equal(closed["krw"], open_canal["krw"])


# regions


def test_rates_of_the_region_lose_its_name_and_those_of_others_keep_theirs():
    of = freight.rates(pd.DataFrame({"lcl_freight_eu": [1.0, 2], "lcl_freight_jp": [3.0, 4]}), "eu")
    assert sorted(of) == ["lcl_freight", "lcl_freight_jp"]
    assert of["lcl_freight"].tolist() == [[[1.0]], [[2.0]]]


@pytest.mark.parametrize(("names", "expected"), [
    (["air_freight_eu"], ("air",)), (["lcl_freight_eu"], ("sea_lcl",)),
    (["fcl20_freight_eu", "air_freight_eu"], ("air", "sea_fcl20", "sea_fcl40")),
])  # fmt: skip
def test_modes_are_those_with_a_rate(names, expected):
    of = freight.rates(pd.DataFrame([{name: RATES[name] for name in names}]), "eu")
    assert freight.modes("eu", of) == expected
    assert freight.modes("kr", of) == ("truck",)


def test_region_without_rates_is_refused_and_the_rows_it_needs_are_named():
    of = freight.rates(pd.DataFrame([RATES]), "jp")
    with pytest.raises(SettingsError, match=r"'jp' has no freight rate: .*air_freight_jp or fcl20"):
        freight.modes("jp", of)


# laws


@FEW
@given(st.sampled_from(sorted(MONEY)), st.floats(1, 5), st.sampled_from(MODES), st.floats(0.01, 60),
       st.floats(0.1, 3))  # fmt: skip
def test_higher_rate_lowers_no_component_and_touches_only_its_own_and_what_rests_on_it(
    name, factor, mode, weight_t, density
):
    before = components(mode, weight_t, packed_density=density)
    after = components(mode, weight_t, packed_density=density, **{name: RATES[name] * factor})
    assert (after >= before * (1 - 1e-12)).all()
    resting = {MONEY[name], "customs", "duty"} | (
        {"handling"} if name == "fcl40_to_fcl20" else set()
    )
    moved = after.index[after > before * (1 + 1e-12)]
    assert set(moved) <= resting


@pytest.mark.parametrize(("name", "mode"), [
    *((name, "air") for name in ("air_freight_eu", "air_origin_fee", "air_destination_fee")),
    *((name, "sea_lcl") for name in MONEY if name.startswith(("lcl", "customs_broker_min"))),
    *((name, "sea_fcl40") for name in ("cross_dock", "fcl20_freight_eu", "fcl40_to_fcl20",
                                       "port_charge_fcl20", "haulage_level")),
    ("truck_level", "truck"), ("duty_rate", "sea_lcl"), ("groupage_pickup", "sea_lcl"),
])  # fmt: skip
def test_every_rate_is_charged_somewhere(name, mode):
    before, after = (components(mode, 1.2, **{name: RATES[name] * k})[MONEY[name]] for k in (1, 2))
    assert after > before


@FEW
@given(st.sampled_from(MODES), st.floats(0.01, 60), st.floats(1, 4))
def test_heavier_shipment_never_costs_or_emits_less_and_takes_as_long(mode, weight_t, factor):
    light, heavy = table(mode, weight_t), table(mode, weight_t * factor)
    assert (heavy["krw"] >= light["krw"] * (1 - 1e-12)).all()
    assert heavy["co2e_kg"].to_numpy() == pytest.approx(light["co2e_kg"].to_numpy() * factor)
    pd.testing.assert_series_equal(heavy["days"], light["days"])

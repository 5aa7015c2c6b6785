"""Places, firms and rates of a study made into numbers: what the milk run saves in each complex."""

import itertools
import math
from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_select import benefits, demand, economics, freight, lanes, parameters, study
from site_select.errors import SettingsError

GWANGJU = made_up.ROOT / "data" / "studies" / "gwangju-2020"
FEW = ["RC02", "RC04", "RC11", "RC15", "RC37"]  # RC15 has no firms on public facts
DRAWS = 64
ORDER = {"complex_id": "RC15", "firm": "F1", "firms": 1, "part": "pin", "supplier": "O05",
         "mode": "air", "incoterm": "unknown", "weight_t": 2.0, "orders_per_year": 4.0,
         "year": 2025, **made_up.SYNTHETIC}  # fmt: skip


@pytest.fixture(scope="module")
def pilot():
    return study.read(GWANGJU)


@pytest.fixture(scope="module")
def few():
    """The desk study of five complexes."""
    return replace(made_up.desk(), complexes=made_up.desk().complexes.loc[FEW])


@pytest.fixture(scope="module")
def sites(few):
    return economics.sites(few)


def with_orders(read, *rows):
    """The study with surveyed orders in place of its own."""
    return replace(read, survey=replace(read.survey, orders=pd.DataFrame(list(rows))))


def crow_km(one, other):
    """Spherical law of cosines, points in degrees."""
    (lat, lon), (lat_other, lon_other) = (map(math.radians, point) for point in (one, other))
    cosine = math.sin(lat) * math.sin(lat_other)
    cosine += math.cos(lat) * math.cos(lat_other) * math.cos(lon - lon_other)
    return 6371.0088 * math.acos(cosine)


# which complexes can be compared


def test_complex_whose_firms_are_an_outcome_of_the_pilot_is_left_out(few, sites):
    """The 24 firms of RC15 are known only from the pilot itself."""
    assert set(sites) == {"RC02", "RC04", "RC11", "RC37"}
    told = study.changed(made_up.desk(), {"with_outcomes": True})
    found = economics.sites(told, ["RC15"])["RC15"]
    assert found.of.loc["firms", "value"] == 24
    assert economics.sites(few, ["RC15"]) == {}


def test_complex_without_a_point_or_a_port_leg_is_left_out(few):
    complexes = few.complexes.copy()
    complexes.loc["RC02", ["latitude", "longitude"]] = float("nan")
    legs = few.survey.port_distances
    placed = replace(few, complexes=complexes, survey=replace(
        few.survey, port_distances=legs[legs["complex_id"] != "RC04"]
    ))  # fmt: skip
    assert set(economics.sites(placed)) == {"RC11", "RC37"}


def test_complex_of_unknown_firms_is_compared_once_its_orders_are_surveyed(few):
    found = economics.sites(with_orders(few, ORDER))
    assert set(found) == {"RC02", "RC04", "RC11", "RC15", "RC37"}
    assert "firms" not in found["RC15"].of.index
    assert found["RC15"].items.to_numpy().tolist() == [["pin", "O05"]]


# where its goods travel


def test_lane_of_the_pilot_has_the_official_port_leg_and_the_flight_by_hand(pilot):
    """MOLIT notice 2026-55, Pyeongdong to Busan New Port; Helsinki to Incheon and 95 km."""
    lane = economics.sites(pilot, ["RC15"])["RC15"].lane
    assert (lane.port_km, lane.fare_20ft_krw, lane.fare_40ft_krw) == (269, 751_500, 858_000)
    assert (lane.sea_nm, lane.detour_nm) == (10_895, 0)
    flight = crow_km((60.3172, 24.9633), (37.4691, 126.451)) + 95
    assert lane.flight_km == pytest.approx(flight)
    assert lane.flight_km == pytest.approx(7_127.13, abs=0.01)


def test_closed_canals_add_3320_nautical_miles(pilot):
    closed = study.changed(pilot, {"logistics.sea_route": "suez_and_panama_closed"})
    lane = economics.sites(closed, ["RC15"])["RC15"].lane
    assert (lane.sea_nm, lane.detour_nm) == (14_215, 3_320)


def test_part_loads_go_round_by_the_forwarders_depot(pilot):
    """Busan New Port to Uiwang as estimated, then the official 284 km."""
    lane = economics.sites(pilot, ["RC15"])["RC15"].lane
    bases = pilot.survey.fare_bases.set_index("base")[["latitude", "longitude"]]
    crow = crow_km(*bases.loc[["busan_new", "uiwang_icd"]].to_numpy())
    assert lane.via_km == pytest.approx(1.258 * crow + 4.78 + 284)
    assert lane.via_km > lane.port_km
    straight = study.changed(pilot, {"logistics.forwarder_depot": ""})
    assert economics.sites(straight, ["RC15"])["RC15"].lane.via_km == 269


def test_port_of_the_lowest_fare_serves_and_the_next_one_when_it_is_closed(pilot):
    """Gwangyang: 117 km for 434,800; from Rotterdam 10,858 nautical miles."""
    both = {"logistics.ports": "busan_new;gwangyang"}
    near = economics.sites(study.changed(pilot, both), ["RC15"])["RC15"].lane
    assert (near.port_km, near.fare_20ft_krw, near.fare_40ft_krw) == (117, 434_800, 492_700)
    assert near.sea_nm == 10_858
    shut = study.changed(pilot, both | {"logistics.closed_ports": "gwangyang"})
    far = economics.sites(shut, ["RC15"])["RC15"].lane
    assert (far.port_km, far.sea_nm) == (269, 10_895)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"closed_ports": "busan_new"},
         "no open port for RC15: logistics.ports = 'busan_new', closed_ports = 'busan_new'"),
        ({"sea_route": "northern"}, "no sea route 'northern' from O01 to busan_new: sea_routes "
                                    "knows shortest, suez_and_panama_closed, suez_closed"),
    ],
)  # fmt: skip
def test_place_or_route_that_leads_nowhere_is_named(pilot, change, said):
    changes = {f"logistics.{name}": value for name, value in change.items()}
    with pytest.raises(SettingsError, match=said):
        economics.sites(study.changed(pilot, changes), ["RC15"])


@pytest.mark.parametrize(
    ("suppliers", "said"),
    [
        ("O08", "no route from O08: overseas_places has no point for it"),
        ("O05;O08", "O05, O08 lie in the regions eu, jp: one milk run gathers one region"),
    ],
)
def test_supplier_without_a_point_or_of_another_region_is_refused(suppliers, said):
    changed = study.changed(made_up.desk(), {"logistics.suppliers": suppliers})
    with pytest.raises(SettingsError, match=said):
        economics.sites(changed, ["RC02"])


def test_gate_of_another_region_than_the_suppliers_is_refused():
    """Goods of Sweden and Germany do not leave by Tokyo."""
    changed = study.changed(made_up.desk(), {"logistics.departure_port": "O09"})
    with pytest.raises(SettingsError, match="O05, O06, O09, O14 lie in the regions eu, jp"):
        economics.sites(changed, ["RC02"])


def shortest_open_path(km, stops, end):
    ways = ([*order, end] for order in itertools.permutations(stops))
    return min(sum(km.loc[a, b] for a, b in itertools.pairwise(way)) for way in ways)


def test_tour_past_the_two_suppliers_is_the_shorter_of_both_orders(pilot):
    """Road as estimated from the crow: from Tranås past Hassmersheim, or the other way round."""
    points = {"O05": (58.03717, 14.9782), "O06": (49.3, 9.15), "O01": (51.92, 4.5)}
    km = pd.DataFrame({a: {b: 0.0 if a == b else 1.258 * crow_km(points[a], points[b]) + 4.78
                           for b in points} for a in points})  # fmt: skip
    lane = economics.sites(pilot, ["RC15"])["RC15"].lane
    assert lane.tour_km == pytest.approx(shortest_open_path(km, ["O05", "O06"], "O01"))
    assert lane.tour_km == pytest.approx(1_874.35, abs=0.01)
    np.testing.assert_allclose(lane.pick_up_km, [km.loc["O05", "O01"], km.loc["O06", "O01"]])


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_tour_ends_at_the_port_and_is_the_shortest_open_path(count, seed):
    names = [*"ABCD"[:count], "port"]
    km = np.random.default_rng(seed).uniform(1, 1_000, (count + 1, count + 1))
    np.fill_diagonal(km, 0)
    table = pd.DataFrame(km, names, names)
    found = lanes.collection_tour(table, names[:-1], "port")
    assert found.distance_km == pytest.approx(shortest_open_path(table, names[:-1], "port"))


def test_truck_fares_are_brought_from_their_survey_to_the_price_year(pilot):
    """KOTI 2022: 220,952 KRW for 1 t over 395 km; consumer prices 107.71 then, 100 in 2020."""
    fares = economics.sites(pilot, ["RC15"])["RC15"].fares
    trip = freight.truck_krw(np.array([1.0]), 395.0, fares)
    assert trip.tolist() == pytest.approx([220_952 * 100 / 107.71])


# what the firms import


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 3), min_size=1, max_size=5), st.integers(1, 60))
def test_sizes_of_firms_have_the_mean_one(variation, firms):
    sizes = demand.firm_sizes(np.array(variation), firms)
    np.testing.assert_allclose(sizes.mean(axis=1), 1)
    assert (sizes > 0).all()


def test_sizes_of_firms_differ_as_much_as_was_asked_for():
    """The coefficient of variation of many quantiles is that of the lognormal distribution."""
    sizes = demand.firm_sizes(np.array([0.0, 0.3, 0.6, 1.0]), 100_000)
    np.testing.assert_allclose(sizes.std(axis=1), [0, 0.3, 0.6, 1.0], atol=0.01)
    few = demand.firm_sizes(np.array([0.0, 0.3, 0.6, 1.0]), 24).std(axis=1)
    assert (np.diff(few) > 0).all()


def test_assumed_imports_are_firms_that_join_times_their_volume():
    """24 firms of whom 0.6 join are 14; 2 t each over two items; of 1 firm 0.25 is still one."""
    draws = pd.DataFrame({"firms": [24.0, 1.0], "participation": [0.6, 0.25],
                          "import_volume_per_firm": [2.0, 3.0]})  # fmt: skip
    items = pd.DataFrame({"part": ["a", "b"], "supplier": ["O05", "O06"]})
    found = demand.assumed(items, draws)
    assert found.count.ravel().tolist() == [14, 1]
    assert found.weight_t[:, 0].tolist() == [[1.0, 1.0], [1.5, 1.5]]


def test_surveyed_orders_make_the_demand_and_twice_the_weight_is_twice_the_imports(few):
    """2 t by 4 orders; the milk run then makes its planned runs."""
    one, twice = (
        economics.sites(with_orders(few, ORDER | {"weight_t": weight}), ["RC15"])["RC15"]
        for weight in (2.0, 4.0)
    )
    central = parameters.central(one.of)
    of_one = one.demand(central)
    assert of_one.weight_t.ravel().tolist() == [2]
    assert [part.item() for part in of_one.surveyed["air"]] == [2, 4]
    draws = economics.drawn(one, n_samples=DRAWS, seed=1)
    np.testing.assert_allclose(twice.demand(draws).weight_t, 2 * one.demand(draws).weight_t)
    small, large = one.compare(draws), twice.compare(draws)
    np.testing.assert_allclose(large.purchase_krw, 2 * small.purchase_krw)
    np.testing.assert_allclose(small.milk_run.total("shipments"), draws["milk_runs"])


def test_unknown_split_spreads_the_same_orders_over_firms_of_different_size(pilot):
    site = economics.sites(pilot, ["RC15"])["RC15"]
    draws = parameters.central(site.of)
    apart = site.demand(draws).weight_t.sum(axis=-1)[0]
    equal = replace(site, split_is_known=True).demand(draws).weight_t.sum(axis=-1)[0]
    np.testing.assert_allclose(equal, 40 / 24)
    assert apart.sum() == pytest.approx(40)
    assert apart.max() > 2 * apart.min()


def test_supplier_in_korea_is_compared_by_truck_from_end_to_end(tmp_path):
    """From Changwon, 35.22 N 128.68 E, as estimated from the crow; no sea, no airport."""
    supplier = {"place_id": "K01", "kind": "supplier", "name": "Maker", "country": "KR",
                "region": "kr", "latitude": 35.22, "longitude": 128.68}  # fmt: skip
    supplier |= made_up.SYNTHETIC | {"location_source": "made up", "role": "supplier"}
    made_up.desk_copy(tmp_path)
    made_up.spoil(tmp_path, "overseas_places", lambda rows: rows.append(supplier))
    order = ORDER | {"supplier": "K01", "mode": "truck"}
    firms = [order | {"firm": f"F{number}"} for number in range(6)]
    made_up.write_table(tmp_path, "orders", firms)
    read = study.read(tmp_path)
    site = economics.sites(read, ["RC15"])["RC15"]
    here = read.complexes.loc["RC15", ["latitude", "longitude"]]
    km = 1.258 * crow_km((35.22, 128.68), tuple(here)) + 4.78
    assert site.region == freight.KOREA
    assert site.lane.pick_up_km.tolist() == [pytest.approx(km)]
    assert site.lane.tour_km == pytest.approx(km)
    assert (site.lane.sea_nm, site.lane.flight_km, site.lane.port_km) == (0, 0, 0)
    draws = economics.drawn(site, n_samples=DRAWS, seed=1)
    found = site.compare(draws)
    assert np.isfinite(found.saving).all()
    assert found.existing.total("customs", "duty", "handling").max() == 0
    # 24 trips a year of 0.5 t, at the fare of the smallest truck
    central = site.compare(parameters.central(site.of))
    trip = float(freight.truck_krw(np.array([0.5]), km, site.fares)[0])
    assert central.existing.total("freight")[0] == pytest.approx(24 * trip)
    row = economics.every_complex(read, n_samples=8).loc["RC15"]
    assert row["is_surveyed"]
    assert np.isfinite(row.drop("is_surveyed").astype(float)).all()


# what it saves


def test_single_firm_never_gains(sites):
    """Whatever is open to a run of one firm is open to the firm without its overheads."""

    def alone(site):
        draws = economics.drawn(site, n_samples=DRAWS, seed=3)
        return draws.assign(firms=1.0, participation=1.0)

    for label, found in economics.outcomes(sites, alone).items():
        assert (found["firms"] == 1).all(), label
        assert (found["saving"] <= 0).all(), label


def test_single_surveyed_firm_never_gains_at_the_planned_runs(few):
    site = economics.sites(with_orders(few, ORDER), ["RC15"])["RC15"]
    assert (site.saving(economics.drawn(site, n_samples=DRAWS, seed=3)) <= 0).all()


def test_complexes_compared_at_once_are_compared_as_each_alone(sites):
    """More draws in all than are computed at once, so that lanes are parted too."""

    def draws_of(site):
        draws = economics.drawn(site, n_samples=300, seed=5)
        return draws.assign(part_price=np.geomspace(1e4, 1e8, 300))  # some fly, some sail

    together = economics.outcomes(sites, draws_of)
    assert sum(map(len, together.values())) > 1_024
    for label, site in sites.items():
        alone = site.compare(draws_of(site))
        np.testing.assert_allclose(together[label]["saving"], alone.saving, err_msg=label)
        np.testing.assert_allclose(together[label]["firms"], alone.own_best.count.sum(axis=1))
        purchase = (alone.purchase_krw * alone.own_best.count).sum(axis=1)
        np.testing.assert_allclose(together[label]["purchase"], purchase)


def test_every_complex_has_the_quantiles_of_its_own_comparison(few, sites):
    table = economics.every_complex(few, n_samples=DRAWS)
    assert set(table.index) == set(sites)
    site, row = sites["RC37"], table.loc["RC37"]
    found = site.compare(economics.drawn(site, n_samples=DRAWS, seed=few.settings.seed))
    firms = found.own_best.count.sum(axis=1)
    expected = np.quantile(found.saving / firms, [0.05, 0.5, 0.95])
    assert row[["per_firm_low", "per_firm", "per_firm_high"]].tolist() == pytest.approx(expected)
    assert row["total"] == pytest.approx(np.quantile(found.saving, 0.5))
    purchase = (found.purchase_krw * found.own_best.count).sum(axis=1)
    assert row["share"] == pytest.approx(np.median(found.saving / purchase))
    assert row["positive"] == (found.saving > 0).mean()
    assert not table["is_surveyed"].any()


def test_saving_per_firm_is_a_proxy_where_assumed_and_own_where_surveyed(few):
    surveyed = with_orders(few, ORDER)
    found = economics.saving_per_firm(surveyed)
    assert found["basis"].drop("RC15").eq("proxy").all()
    assert found.loc["RC15", ["basis", "quality", "unit"]].tolist() == [
        "own", "computed", "KRW/year",
    ]  # fmt: skip
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()
    assert pd.isna(economics.saving_per_firm(few).loc["RC15", "value"])


def test_rates_common_to_all_complexes_do_not_widen_the_saving_in_a_ranking(few, sites):
    """Only firms, participation, volume and price differ from place to place."""
    site = sites["RC02"]
    draws = economics.drawn(site, n_samples=256, seed=few.settings.seed)
    middle = parameters.central(site.of)
    for name in draws.columns.difference(
        ["firms", "participation", "import_volume_per_firm", "part_price"]
    ):
        draws[name] = middle.loc[0, name]
    found = site.compare(draws)
    expected = np.quantile(found.saving / found.own_best.count.sum(axis=1), [0.05, 0.5, 0.95])
    row = economics.saving_per_firm(few).loc["RC02", ["low", "value", "high"]]
    assert row.tolist() == pytest.approx(expected)


def test_with_one_firm_fewer_than_needed_pooling_does_not_win_in_half_of_the_draws(few, sites):
    least = economics.least_size(few)
    assert set(least.index) == set(sites)
    assert (least["firms"] >= 2).all()
    for label, site in sites.items():
        middle = site.of["value"]
        own = ["import_volume_per_firm", "part_price"]
        draws = economics.drawn(site, n_samples=32, seed=few.settings.seed)
        draws = draws.assign(**middle[own], participation=1.0)
        needed = least.loc[label, "firms"]
        fewer, enough = (
            (site.saving(draws.assign(firms=firms)) > 0).mean() for firms in (needed - 1, needed)
        )
        assert fewer < 0.5 <= enough, label
        joining = max(1, round(middle["firms"] * middle["participation"]))
        assert least.loc[label, "joining"] == joining
        tonnes = least.loc[label, "tonnes"]
        if np.isfinite(tonnes) and least.loc[label, "volume"] > 0.4:  # one size less was tried
            tried = draws.assign(firms=float(joining))
            less, more = (
                (site.saving(tried.assign(import_volume_per_firm=volume)) > 0).mean()
                for volume in (tonnes / joining / 1.25, tonnes / joining)
            )
            assert less < 0.5 <= more, label


def test_no_size_is_said_where_orders_were_surveyed(few):
    assert "RC15" not in economics.least_size(with_orders(few, ORDER)).index


# rules with a date


@pytest.mark.parametrize(
    ("day", "rate"),
    [("2005-06-01", 0.065), ("2010-01-01", 0.055), ("2017-08-31", 0.055), ("2017-09-01", 0.045),
     ("2021-12-31", 0.045)],
)  # fmt: skip
def test_discount_rate_is_the_one_in_force_on_the_day(pilot, day, rate):
    """Reform of the Ministry of Economy and Finance in 2017: 5.5% to 4.5%."""
    dated = study.changed(pilot, {"as_of": day})
    assert benefits.rule(dated, "social_discount_rate") == rate


def test_day_before_every_rule_is_refused(pilot):
    early = study.changed(pilot, {"as_of": "1999-01-01"})
    with pytest.raises(SettingsError, match="no rule 'years' is in force on 1999-01-01"):
        benefits.rule(early, "years")


# many sites through one door


def test_sites_of_assumed_demand_are_compared_in_one_go_and_surveyed_ones_alone(few):
    """Each with its own draws, in order; lanes differ by draw."""
    every = economics.sites(with_orders(few, ORDER))
    sizes = {"RC02": 3, "RC04": 5, "RC11": 2, "RC37": 4, "RC15": 6}

    def draws_of(site):
        return economics.drawn(site, n_samples=sizes[site.complex_id], seed=2)

    alone, together = economics.compared(every, draws_of)
    assert set(alone.labels) == {"RC15"}
    assert len(alone.draws) == 6
    assert not alone.site.orders.empty
    assert together.site.orders.empty
    assert pd.Series(together.labels).value_counts(sort=False).to_dict() == {
        label: size for label, size in sizes.items() if label != "RC15"
    }
    km = [every[label].lane.port_km for label in together.labels]
    np.testing.assert_array_equal(together.site.lane.port_km.ravel(), km)
    own = together.draws[together.labels == "RC04"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, draws_of(every["RC04"]))
    saving = every["RC04"].compare(own).saving
    np.testing.assert_allclose(together.found.saving[together.labels == "RC04"], saving)


def test_one_site_keeps_its_lane_and_none_is_compared_where_there_is_none(sites):
    (whole,) = economics.compared({"RC02": sites["RC02"]}, lambda site: economics.drawn(
        site, n_samples=2, seed=1))  # fmt: skip
    assert whole.site.lane.port_km == sites["RC02"].lane.port_km
    assert list(economics.compared({}, lambda site: economics.drawn(
        site, n_samples=2, seed=1))) == []  # fmt: skip


def test_comparisons_of_what_differs_may_be_made_once_and_handed_on(few):
    found = economics.own_comparisons(few)
    pd.testing.assert_frame_equal(
        economics.saving_per_firm(few, found), economics.saving_per_firm(few)
    )
    (whole,) = found
    own = list(economics.OWN_PARAMETERS)
    assert (whole.draws[own].std() > 0).all()
    assert np.ptp(whole.draws.drop(columns=own), axis=0).max() == 0

"""Saving everywhere at once: as site by site where both can, by hand elsewhere."""

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import economics, parameters, routing, savings, study


@pytest.fixture(scope="module")
def desk():
    return made_up.desk()


@pytest.fixture(scope="module")
def places(desk):
    return savings.places(desk)


@pytest.fixture(scope="module")
def found(desk, places):
    return savings.everywhere(desk, places)


def test_every_candidate_saves_what_it_saves_site_by_site(desk, found):
    sites = economics.sites(desk)
    alone = economics.outcomes(sites, lambda site: parameters.central(site.of))
    expected = [one["saving"].item() for one in alone.values()]
    assert len(expected) > 30
    assert found.loc[list(alone), "saving_krw"].tolist() == pytest.approx(expected, rel=1e-12)
    assert (found.loc[list(alone), "basis"] == savings.COUNTED).all()
    rest = desk.complexes.index.difference(list(alone))
    assert found.loc[rest, "saving_krw"].isna().all()


def test_orders_of_a_study_take_the_place_of_assumed_volumes():
    pilot = study.read(made_up.ROOT / "data" / "studies" / "gwangju-2020", {"n_samples": 1})
    places = savings.places(pilot).loc[["RC15", "RC02"]]
    found = savings.everywhere(pilot, places)
    site = economics.sites(pilot, ["RC15"])["RC15"]
    expected = site.saving(parameters.central(site.of)).item()
    assert found["basis"].tolist() == [savings.SURVEYED, savings.COUNTED]
    assert found["saving_krw"]["RC15"] == pytest.approx(expected, rel=1e-12)


def test_an_industrial_complex_pays_the_legal_fare_of_its_road_to_the_port(desk, places):
    at = desk.survey.industrial_complexes.set_index("ic_id").loc[["IC0001"]]
    port = desk.survey.fare_bases.set_index("base").loc[["busan_new"]]
    points = at[["latitude", "longitude"]], port[["latitude", "longitude"]].astype(float)
    km = routing.road_distances(pd.concat(points)).loc["IC0001", "busan_new"]
    fare = desk.survey.distance_fares.set_index("one_way_km").loc[int(np.ceil(km))]
    own = places.loc["IC0001"]
    assert own["distance_km"] == pytest.approx(km)
    assert own["fare_20ft_krw"] == fare["fare_20ft_shipper_krw"]
    assert own["fare_40ft_krw"] == fare["fare_40ft_shipper_krw"]


def test_firms_of_an_industrial_complex_are_its_operating_firms_that_take_part(found):
    # IC0001 has 13,970 operating firms, of which 0.6 take part
    assert found.loc["IC0001", ["firms", "basis"]].tolist() == [8_382.0, savings.BOUND]


def test_a_complex_without_operating_firms_or_place_stays_unknown(desk, found):
    industrial = desk.survey.industrial_complexes.set_index("ic_id")
    empty = industrial.index[industrial["operating_firms"].fillna(0) == 0]
    assert len(empty) > 100
    assert found.loc[empty].isna().all(axis=None)


def test_some_places_alone_save_what_they_save_among_all(desk, places, found):
    some = places.loc[["RC02", "IC0001", "IC0700"]]
    assert savings.everywhere(desk, some).equals(found.loc[some.index])


def test_a_second_open_port_is_taken_where_its_fare_is_lower_and_never_costs_more(desk, places):
    both = savings.places(study.changed(desk, {"logistics.ports": "busan_new;gwangyang"}))
    assert set(both["base"].dropna()) == {"busan_new", "gwangyang"}
    known = places["fare_20ft_krw"].notna()
    assert (both["fare_20ft_krw"] <= places["fare_20ft_krw"])[known].all()

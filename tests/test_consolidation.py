"""Joint warehouses for the complexes of a study."""

from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, consolidation, fares, geography
from site_select.errors import SettingsError

FEW = ["RC02", "RC04", "RC11", "RC15", "RC37"]  # RC15 has no firms on public facts
DRAWS = 8


@pytest.fixture(scope="module")
def few():
    """The desk study of five complexes."""
    return replace(made_up.desk(), complexes=made_up.desk().complexes.loc[FEW])


@pytest.fixture(scope="module")
def plan(few):
    return consolidation.plan(few, n_samples=DRAWS, counts=(1, 2, 4))


def test_candidates_are_complexes_ports_and_depots_with_a_point_each_point_once():
    places = consolidation.candidates(made_up.desk())
    assert set(places["kind"]) == {"complex", "container_port", "inland_depot"}
    assert not places.duplicated(["latitude", "longitude"]).any()
    assert places.loc["RC01", "also"] == "RC02;RC05;RC21;RC52"
    assert "P11" not in places.index  # Daesan has no known point
    named = [one for label, also in places["also"].items() for one in (label, *also.split(";"))]
    assert set(made_up.desk().complexes["latitude"].dropna().index) <= set(named)
    assert len(named) == len(set(named)) + named.count("") - (1 if "" in named else 0)


def test_distances_to_a_port_are_official_and_to_others_estimated(few):
    """Ansan to Busan New Port is 397 km in the notice of 2026."""
    places = consolidation.candidates(few)
    km = consolidation.distance_km(few, places)
    assert km.shape == (len(FEW), len(places))
    assert list(km.columns) == list(places.index)
    assert km.loc["RC02", "P01"] == 397.0
    assert km.loc["RC02", "RC02"] == 0.0
    globe = fares.great_circle_km(pd.concat([few.complexes, places.loc[["I03"]]])[
        ["latitude", "longitude"]])  # fmt: skip
    estimated = fares.estimated_road_km(globe.loc[["RC04"], "I03"])["value"].iloc[0]
    assert km.loc["RC04", "I03"] == pytest.approx(estimated, rel=0.005)
    road = geography.road_km(few.complexes)["value"]
    assert km.loc["RC04", "RC37"] == road.loc["RC04", "RC37"]
    assert km.notna().all(axis=None)


def test_each_complex_is_drawn_for_itself_and_unknown_ones_are_left_out(few):
    tonnes = consolidation.import_tonnes(few, n_samples=64)
    assert set(tonnes) == {"RC02", "RC04", "RC11", "RC37"}
    assert (tonnes > 0).all(axis=None)
    between = tonnes.corr().to_numpy()[np.triu_indices(4, 1)]
    assert (np.abs(between) < 0.5).all()
    assert tonnes.equals(consolidation.import_tonnes(few, n_samples=64))


def test_plan_adds_up(few, plan):
    assert plan.left_out == ["RC15"]
    shares = plan.hubs.filter(like="share_").sum()
    assert shares.to_numpy() == pytest.approx([1, 2, 4])
    assert plan.hubs.filter(like="opened_").sum().tolist() == [1, 2, 4]
    tonnes = consolidation.import_tonnes(few, n_samples=DRAWS).mean()
    for count, row in plan.counts.iterrows():
        own = plan.assignment.loc[count]
        assert row["tonne_km"] == pytest.approx((own["km"] * own["weight"]).sum())
        assert row["mean_km"] == pytest.approx(row["tonne_km"] / tonnes.sum())
        assert row["covered"] == pytest.approx(own.loc[own["km"] <= 50, "weight"].sum()
                                               / tonnes.sum())  # fmt: skip
        assert row["covered"] <= row["most_covered"]
        assert plan.hubs.index[plan.hubs[f"opened_{count}"]].tolist() == row["hubs"].split(";")
    assert plan.counts["tonne_km"].is_monotonic_decreasing


def test_as_many_hubs_as_complexes_stand_in_them(plan):
    assert plan.counts.loc[4, "tonne_km"] == 0
    assert plan.hubs.loc[["RC02", "RC04", "RC11", "RC37"], "share_4"].tolist() == [1, 1, 1, 1]


def test_one_hub_is_the_best_of_all_candidates_tried(few, plan):
    km = consolidation.distance_km(few, consolidation.candidates(few))
    tonnes = consolidation.import_tonnes(few, n_samples=DRAWS).mean()
    totals = km.loc[tonnes.index].mul(tonnes, axis=0).sum()
    assert plan.counts.loc[1, "hubs"] == totals.idxmin()
    assert plan.counts.loc[1, "tonne_km"] == pytest.approx(totals.min())


def test_study_of_complexes_without_known_firms_has_no_hubs(few):
    unknown = replace(few, complexes=few.complexes.loc[["RC15"]])
    assert "RC15" in assessment.alternatives(unknown)
    with pytest.raises(SettingsError, match="survey them"):
        consolidation.plan(unknown, n_samples=2)

"""Official fares are looked up, other distances estimated; a harbour is one gate."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_select import assessment, fares, geography


def estimated(*crow_km):
    return fares.estimated_road_km(pd.Series(crow_km, dtype="float64"))


def test_road_distance_follows_the_fitted_line_above_15_km():
    """1.258 · 20 + 4.78 = 29.94; 1.258 · 300 + 4.78 = 382.18."""
    assert estimated(20, 300)["value"].tolist() == pytest.approx([29.94, 382.18])


def test_road_distance_is_proportional_up_to_15_km():
    """1.55 · 10 = 15.5; 1.55 · 15 = 23.25."""
    assert estimated(0, 10, 15)["value"].tolist() == pytest.approx([0, 15.5, 23.25])


def test_low_and_high_lie_two_mean_errors_away():
    """15% up to 15 km, 8.5% up to 40 km, 5.8% beyond, each doubled."""
    road = estimated(10, 30, 100)
    half_width = (road["high"] - road["low"]) / 2 / road["value"]
    assert half_width.tolist() == pytest.approx([0.30, 0.17, 0.116])


def test_unknown_distance_stays_unknown():
    assert estimated(np.nan).isna().all(axis=None)


@given(st.floats(0, 15), st.floats(0, 15))
def test_farther_is_never_shorter_on_short_ways(one, other):
    near, far = sorted([one, other])
    assert estimated(near)["value"][0] <= estimated(far)["value"][0]


def test_estimate_is_within_12_percent_of_the_official_distances_of_the_complexes():
    """Benchmark: 56 complexes with a point by 11 bases with a point, official km of the notice."""
    survey, complexes = made_up.desk().survey, made_up.desk().complexes
    bases = survey.fare_bases.dropna(subset=["latitude"]).set_index("base")
    places = pd.concat([complexes.dropna(subset=["latitude"]), bases])
    metres = geography._metres(places)
    apart = np.hypot(*(metres[:, None] - metres[None]).transpose(2, 0, 1)) / 1000
    crow = pd.DataFrame(apart, places.index, places.index).loc[complexes.index[:56], bases.index]
    official = survey.port_distances.set_index(["complex_id", "base"])["distance_km"]
    estimate = fares.estimated_road_km(pd.Series(crow.stack()))["value"]
    official = official.reindex(estimate.index)
    assert len(official) == 616
    error = (estimate / official - 1).abs()
    assert error.mean() < 0.12
    assert error.median() < 0.06


def test_gates_of_the_pilot_complex_are_those_of_the_official_table():
    """Gwangyang at 117 km and KRW 492,700; by fare, Busan New Port at 269 km comes second."""
    gates = assessment.harbours(made_up.desk())
    own = gates[gates["complex_id"] == "RC15"].set_index("order")
    assert own.loc[1, ["base", "distance_km", "fare_40ft_krw"]].tolist() == [
        "gwangyang", 117, 492_700,
    ]  # fmt: skip
    assert own.loc[2, ["base", "distance_km"]].tolist() == ["busan_new", 269]


def legs(**fares_krw):
    return pd.DataFrame({
        "complex_id": "A", "base": list(fares_krw), "fare_40ft_krw": list(fares_krw.values()),
    })  # fmt: skip


BASES = pd.DataFrame({
    "base": ["one", "two", "other", "small", "silent", "depot"],
    "harbour": ["north", "north", "south", "bay", "cape", ""],
    "kind": ["port", "port", "port", "port", "port", "depot"],
    "throughput_teu": [900, 900, 800, 10, np.nan, 5000],
})  # fmt: skip


def test_two_terminals_of_one_harbour_count_once():
    gates = fares.nearest_harbours(legs(one=5, two=4, other=9), BASES, minimum_teu=100)
    assert gates[["base", "order"]].to_numpy().tolist() == [["two", 1], ["other", 2]]


def test_small_unknown_and_inland_places_are_no_gates():
    gates = fares.nearest_harbours(
        legs(small=1, silent=2, depot=3, other=4), BASES, minimum_teu=100
    )
    assert gates["base"].tolist() == ["other"]


def test_every_complex_has_as_many_gates_as_there_are_harbours():
    """Busan, Gwangyang, Incheon, Pyeongtaek and Ulsan handle 0.5 million TEU or more."""
    gates = assessment.harbours(made_up.desk())
    assert set(gates["harbour"]) == {"busan", "gwangyang", "incheon", "pyeongtaek", "ulsan"}
    assert (gates.groupby("complex_id")["order"].max() == 5).all()
    assert gates["complex_id"].nunique() == 58

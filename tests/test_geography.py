"""How near the gates are and who else could join, counted by hand."""

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, estimates, geography

MOLD, CASTING = frozenset({"mold"}), frozenset({"casting"})


def places(latitudes, branches, precision="dong_centroid"):
    """Complexes on the meridian 127.5 E, where 0.1 degrees of latitude are 11.1 km."""
    return pd.DataFrame(
        {"latitude": latitudes, "longitude": 127.5, "branch_set": branches,
         "location_precision": precision, "published": "2015"},
        index=pd.Index(list("ABCDEF")[: len(latitudes)], name="complex_id"),
    )  # fmt: skip


def firms(*counts):
    rows = {
        label: {"low": count, "value": count, "high": count}
        for label, count in zip("ABCDEF", counts, strict=False)
        if count is not None
    }
    return estimates.table(rows, list("ABCDEF")[: len(counts)])


def joined(complexes, counts, label, catchment_km=50):
    found = geography.neighbour_root_firms(complexes, counts, catchment_km=catchment_km)
    return found.loc[label, ["low", "value", "high"]].tolist()


def test_neighbours_of_the_same_branch_within_reach_are_added():
    """B is 22 km away as the crow flies (32.7 km by road) and of the branch; C casts."""
    complexes = places([36.0, 36.2, 36.1], [MOLD, MOLD, CASTING])
    assert joined(complexes, firms(10, 20, 40), "A") == [20, 20, 20]
    assert joined(complexes, firms(10, 20, 40), "B") == [10, 10, 10]
    assert joined(complexes, firms(10, 20, 40), "C") == [0, 0, 0]


def test_neighbour_beyond_reach_does_not_count():
    """0.9 degrees are 99.8 km, 130 km by road, at least 115."""
    complexes = places([36.0, 36.9], [MOLD, MOLD])
    assert joined(complexes, firms(10, 20), "A") == [0, 0, 0]


def test_neighbour_at_the_edge_counts_only_as_far_as_the_distance_is_sure():
    """0.35 degrees are 38.8 km: 53.6 km by road, 44.5 to 62.7; so only the high counts it."""
    complexes = places([36.0, 36.35], [MOLD, MOLD])
    assert joined(complexes, firms(10, 20), "A") == [0, 0, 20]


def test_neighbour_nobody_counted_adds_the_median_and_at_most_the_90th_percentile():
    """C is near and uncounted. Counted are 10, 20, 30: median 20; 90th percentile 28."""
    complexes = places([36.0, 39.0, 36.1, 38.5], [MOLD, MOLD, MOLD, MOLD])
    assert joined(complexes, firms(10, 20, None, 30), "A") == [0, 20, pytest.approx(28)]


def test_complex_of_several_branches_joins_each_of_them():
    complexes = places([36.0, 36.1, 36.2], [MOLD | CASTING, MOLD, CASTING])
    assert joined(complexes, firms(1, 2, 4), "A") == [6, 6, 6]


def test_complex_without_a_point_or_a_branch_is_unknown_and_joins_nobody():
    complexes = places([36.0, np.nan, 36.1, 36.1], [MOLD, MOLD, frozenset(), MOLD])
    found = geography.neighbour_root_firms(complexes, firms(1, 2, 4, 8), catchment_km=50)
    assert found["value"].isna().tolist() == [False, True, True, False]
    assert found.loc["A", "value"] == 8


def test_road_between_complexes_is_symmetric_and_nothing_to_oneself():
    road = geography.road_km(made_up.desk().complexes)
    value = road["value"].dropna(how="all").dropna(axis=1, how="all")
    np.testing.assert_allclose(value, value.T)
    assert (np.diag(value) == 0).all()
    assert value.loc["RC01", "RC02"] == 0
    assert ((road["low"] <= road["value"]) | road["value"].isna()).all(axis=None)


def test_airport_of_the_capital_is_as_far_as_the_map_says():
    """RC13 (Bucheon) is some 31 km from Incheon airport as the crow flies: about 44 km."""
    desk = made_up.desk()
    km = geography.airport_km(desk.complexes, desk.survey.facilities, "A01")
    assert km.loc["RC13", "value"] == pytest.approx(44, abs=6)
    assert km["value"].isna().sum() == 2


@pytest.mark.parametrize(
    ("precision", "error_km"),
    [("dong_centroid", 1.5), ("eup_centroid", 3), ("mean_of_3_dong_centroids", 3)],
)  # fmt: skip
def test_airport_distance_is_widened_by_what_the_point_may_be_off(precision, error_km):
    complexes = places([36.0], [MOLD], precision)
    airport = pd.DataFrame({"facility_id": ["A"], "latitude": [37.0], "longitude": [127.5]})
    found = geography.airport_km(complexes, airport, "A").loc["A"]
    fitted = 2 * 0.058 * found["value"]
    assert found["high"] - found["value"] == pytest.approx(fitted + error_km)


def test_county_point_is_off_by_more_than_a_village_point():
    """A county is larger than a village, so its centre says less."""
    places_of = ["ri_centroid", "eup_centroid", "county_centroid", "county_mean_of_dong_centroids"]
    assert geography.location_error_km(pd.Series(places_of)).tolist() == [1.5, 3, 10, 10]


def test_every_precision_in_the_data_has_an_error_but_the_points_that_are_missing():
    precision = made_up.desk().complexes["location_precision"]
    error = geography.location_error_km(precision)
    assert (error > 0).equals(precision != "none")


def test_nearest_port_of_the_pilot_complex_costs_the_official_fare():
    desk = made_up.desk()
    gates = assessment.harbours(desk)
    fare = geography.port_haulage_fare(gates, desk.complexes.index).loc["RC15"]
    extra = geography.second_port_extra_km(gates, desk.complexes.index).loc["RC15"]
    assert (fare["value"], fare["quality"], fare["unit"]) == (492_700, "official", "KRW")
    assert (extra["value"], extra["unit"]) == (269 - 117, "km")


def test_every_complex_has_a_fare_and_a_second_port():
    cells = assessment.performance(made_up.desk())
    for indicator in ("port_haulage_fare", "second_port_extra_km"):
        assert cells.xs(indicator, level="indicator")["value"].notna().all()


def test_second_port_nearer_than_the_cheapest_is_no_advantage_below_zero():
    harbours = pd.DataFrame({
        "complex_id": ["A", "A"], "order": [1, 2], "distance_km": [50.0, 40.0],
        "distance_low_km": [50.0, 40.0], "distance_high_km": [50.0, 40.0],
        "year": 2026, "quality": "official", "source": "s",
    })  # fmt: skip
    found = geography.second_port_extra_km(harbours, pd.Index(["A"]))
    assert found.loc["A", ["low", "value", "high"]].tolist() == [0, 0, 0]

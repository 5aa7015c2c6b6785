"""Sites of joint warehouses: published optima, other formulations, every choice tried, laws."""

import io
import itertools
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, kron

from site_select import hubs
from site_select.errors import SettingsError

PUBLISHED = Path(__file__).with_name("published") / "facility.zip"
# proven optima of OR-Library (Beasley 1985) and least largest distances (Daskin 1995; Elloumi,
# Labbe and Pochet 2004) by number of instance
MEDIAN = {1: 5819, 2: 4093, 3: 4250, 4: 3034, 5: 1355, 6: 7824, 7: 5631, 8: 4445, 9: 2734,
          10: 1255, 11: 7696, 12: 6634, 13: 4374, 14: 2968, 15: 1729}  # fmt: skip
CENTER = {1: 127, 2: 98, 3: 93, 4: 74, 5: 48, 9: 37, 10: 20, 15: 18}
KM = pd.DataFrame({"A": [0.0, 4, 9], "B": [4.0, 0, 5], "C": [9.0, 5, 0]}, index=list("ABC"))
TONNES = pd.Series({"A": 1.0, "B": 1.0, "C": 3.0})


def published(name):
    with zipfile.ZipFile(PUBLISHED) as files:
        return files.read(name).decode()


@cache
def roads(number):
    """Roads of an instance of OR-Library and the number of its sites."""
    places, _, count, *rest = map(int, published(f"pmed{number}.txt").split())
    table = pd.DataFrame(np.reshape(rest, (-1, 3)), columns=["start", "end", "km"])
    assert {*table["start"], *table["end"]} == set(range(1, places + 1))
    return table, count


def san_francisco():
    """Network distance [m] of 205 tracts to 16 stores, and people by tract; names are text."""
    metres, people = (
        pd.read_csv(io.StringIO(published(name)), dtype={"tract": str}).set_index("tract")
        for name in ("sf_metres.csv", "sf_demand.csv")
    )
    return metres, people["population"]


def tried(cost, count):
    """Least sum of row minima over every choice of columns."""
    choices = itertools.combinations(range(cost.shape[1]), count)
    return min(cost[:, list(choice)].min(axis=1).sum() for choice in choices)


def textbook(cost, count):
    """ReVelle and Swain (1970): who goes where, no one to a site that is not open."""
    rows, sites = cost.shape
    goes = hstack([kron(eye_array(rows), np.ones((1, sites))), csr_array((rows, sites))])
    is_open = hstack([-eye_array(rows * sites), kron(np.ones((rows, 1)), eye_array(sites))])
    number = csr_array(np.r_[np.zeros(rows * sites), np.ones(sites)][None])
    found = milp(
        np.r_[cost.ravel(), np.zeros(sites)], bounds=(0, 1), options={"mip_rel_gap": 0.0},
        integrality=np.r_[np.zeros(rows * sites), np.ones(sites)],
        constraints=[LinearConstraint(csr_array(goes), 1, 1),
                     LinearConstraint(number, count, count),
                     LinearConstraint(csr_array(is_open), 0, np.inf)],
    )  # fmt: skip
    return found.fun


def random_case(seed, *, rows=12, sites=9, whole=False):
    generator = np.random.default_rng(seed)
    km = generator.uniform(0, 50, (rows, sites))
    km = np.rint(km / 10) if whole else km
    labels = [f"D{row}" for row in range(rows)]
    weights = generator.integers(0, 4, rows) + (np.arange(rows) == 0)
    distance = pd.DataFrame(km, labels, [f"S{site}" for site in range(sites)])
    return distance, pd.Series(weights, labels).sample(frac=1, random_state=seed)


# published optima


@pytest.mark.parametrize("number", MEDIAN)
def test_p_median_of_or_library_is_the_proven_optimum(number):
    table, count = roads(number)
    km = hubs.network_km(table)
    found = hubs.p_median(km, pd.Series(1, km.index), count=count)
    assert len(set(found.sites)) == count
    assert found.weighted_km == MEDIAN[number]
    assert km[found.sites].min(axis=1).sum() == MEDIAN[number]


@pytest.mark.parametrize("number", CENTER)
def test_p_center_of_or_library_is_the_proven_optimum(number):
    table, count = roads(number)
    found = hubs.p_center(hubs.network_km(table), count=count)
    assert len(found.sites) <= count
    assert found.assignment["km"].max() == CENTER[number]


def test_of_a_road_listed_twice_the_last_counts_in_or_library():
    """The shorter one would make pmed1 5718, which nobody published."""
    table, count = roads(1)
    ends = pd.DataFrame(np.sort(table[["start", "end"]], axis=1))
    shorter = table.loc[table["km"].groupby([ends[0], ends[1]]).idxmin()]
    assert len(shorter) < len(table)
    km = hubs.network_km(shorter)
    assert hubs.p_median(km, pd.Series(1, km.index), count=count).weighted_km == 5718


def test_a_road_listed_again_from_its_other_end_counts_last():
    table = pd.DataFrame([("A", "B", 1), ("B", "C", 2), ("B", "A", 7), ("D", "D", 3)],
                         columns=["start", "end", "km"])  # fmt: skip
    km = hubs.network_km(table)
    assert km.loc["A", ["A", "B", "C", "D"]].tolist() == [0, 7, 9, np.inf]
    assert km.equals(km.T)


def test_road_of_no_length_joins_its_ends():
    table = pd.DataFrame({"start": ["A", "B"], "end": ["B", "C"], "km": [0, 2]})
    assert hubs.network_km(table).loc["A"].tolist() == [0, 0, 2]


def test_san_francisco_is_solved_as_published_by_spopt():
    metres, people = san_francisco()
    median = hubs.p_median(metres, people, count=4, radius_km=5000)
    assert median.weighted_km == pytest.approx(
        2848268129.7145104, rel=1e-10
    )  # rounded to a micrometre
    cover = hubs.maximal_cover(metres, people, count=4, radius_km=5000)
    assert cover.covered * people.sum() == pytest.approx(875247, abs=1e-6)
    assert median.covered <= cover.covered
    assert len(hubs.fewest_sites(metres, radius_km=5000)) == 8
    farthest = hubs.p_center(metres, count=4).assignment["km"].max()
    assert farthest == pytest.approx(7403.063810849859, rel=1e-9)


def test_san_francisco_people_are_joined_by_name_of_tract():
    """Its files list the tracts in different orders: by position the coverage is 870187."""
    metres, people = san_francisco()
    assert set(metres.index) == set(people.index)
    metres = metres.sort_index()  # as a pivot of the published long table comes
    by_position = pd.Series(people.to_numpy(), metres.index)
    wrong = hubs.maximal_cover(metres, by_position, count=4, radius_km=5000)
    assert wrong.covered * people.sum() == pytest.approx(870187, abs=1e-6)
    wrong = hubs.p_median(metres, by_position, count=4)
    assert wrong.weighted_km == pytest.approx(2938326503.94, abs=0.02)
    with pytest.raises(SettingsError, match="weights are joined by name; found none of 0607"):
        hubs.p_median(metres, people.reset_index(drop=True), count=4)


# against every choice and the textbook's program


@pytest.mark.parametrize("seed", range(100))
def test_no_choice_of_a_small_table_is_better(seed):
    distance, weights = random_case(seed, whole=seed % 2 == 0)
    count = 1 + seed % distance.shape[1]
    cost = distance.to_numpy() * weights[distance.index].to_numpy()[:, None]
    assert hubs.p_median(distance, weights, count=count).weighted_km == pytest.approx(
        tried(cost, count), rel=1e-9, abs=1e-9
    )
    far = (distance > 12).mul(weights, axis=0).loc[distance.index].to_numpy()
    found = hubs.maximal_cover(distance, weights, count=count, radius_km=12)
    total = weights.sum()
    assert found.covered * total == pytest.approx(total - tried(far, count), abs=1e-9)
    farthest = min(
        distance.iloc[:, list(choice)].min(axis=1).max()
        for choice in itertools.combinations(range(distance.shape[1]), count)
    )
    assert hubs.p_center(distance, count=count).assignment["km"].max() == farthest


@pytest.mark.parametrize("seed", range(6))
def test_textbook_formulation_finds_the_same_total(seed):
    distance, weights = random_case(seed, rows=40, sites=25)
    for count in (2, 5, 9):
        cost = distance.mul(weights, axis=0).loc[distance.index].to_numpy()
        found = hubs.p_median(distance, weights, count=count)
        assert found.weighted_km == pytest.approx(textbook(cost, count), rel=1e-8)


def test_integer_program_alone_finds_the_optimum_with_sites_settled_or_not():
    distance, weights = random_case(3, rows=30, sites=14)
    cost = distance.mul(weights, axis=0).loc[distance.index].to_numpy()
    may, must = np.ones(14, bool), np.zeros(14, bool)
    for count in (1, 2, 4, 12, 13):
        free = hubs._program(cost, count, may, must)
        assert cost[:, free].min(axis=1).sum() == pytest.approx(tried(cost, count))
    must[13] = True
    forced = hubs._program(cost, 4, may, must)
    best = min(cost[:, [*choice, 13]].min(axis=1).sum()
               for choice in itertools.combinations(range(13), 3))  # fmt: skip
    assert 13 in forced
    assert cost[:, forced].min(axis=1).sum() == pytest.approx(best)


def test_integer_program_counts_the_way_to_the_farthest_site():
    """One site: the first leaves 1 km, the second 10 km."""
    cost, may, must = np.array([[0.0, 10], [1, 0]]), np.ones(2, bool), np.zeros(2, bool)
    assert hubs._program(cost, 1, may, must).tolist() == [0]
    assert hubs._program(cost[:, ::-1], 1, may, must).tolist() == [1]


def test_relaxation_never_settles_a_site_against_an_optimum():
    for seed in range(40):
        distance, weights = random_case(seed, whole=True)
        cost = distance.mul(weights, axis=0).loc[distance.index].to_numpy()
        may, must, _ = hubs._settled(cost, hubs._greedy(cost, 3))
        choices = map(list, itertools.combinations(range(9), 3))
        optima = [one for one in choices if np.isclose(hubs._total(cost, one), tried(cost, 3))]
        assert any(may[one].all() and set(must.nonzero()[0]) <= set(one) for one in optima)


def test_exchange_changes_the_total_by_what_is_said():
    distance, _ = random_case(5)
    cost, chosen = distance.to_numpy(), np.array([1, 4, 7])
    change = hubs._exchanges(cost, chosen)
    for out, into in itertools.product(range(3), set(range(9)) - {1, 4, 7}):
        swapped = [*np.delete(chosen, out), into]
        expected = hubs._total(cost, swapped) - hubs._total(cost, chosen)
        assert change[out, into] == pytest.approx(expected)
    assert np.isinf(change[:, chosen]).all()


# what the result says


def test_assignment_by_hand():
    found = hubs.p_median(KM, TONNES, count=2, radius_km=3)
    assert found.sites == ["A", "C"]  # B is 4 km away; A and B would cost 3 · 5
    assert found.assignment.loc["B"].tolist() == ["A", 4.0, 1.0, False]
    assert (found.weighted_km, found.covered) == (4.0, 0.8)
    assert found.opened["demands"].to_dict() == {"A": 2, "C": 1}
    assert found.opened["weight"].to_dict() == {"A": 2.0, "C": 3.0}
    assert found.opened["second"].to_dict() == {"A": "B", "C": "B"}
    assert found.opened["second_loss"].to_dict() == {"A": 0.0, "C": 11.0}


def test_with_every_site_open_nothing_could_replace_one():
    found = hubs.p_median(KM, TONNES, count=3)
    assert found.weighted_km == 0
    assert found.covered == 1
    assert found.opened["second"].isna().all()


def test_radius_includes_its_edge():
    found = hubs.maximal_cover(KM, TONNES, count=1, radius_km=5)
    assert (found.sites, found.covered) == (["B"], 1)
    assert found.assignment["is_within"].all()
    assert hubs.maximal_cover(KM, TONNES, count=1, radius_km=4.99).sites == ["C"]


def test_of_equal_choices_the_earlier_sites_are_taken_each_time():
    distance = pd.DataFrame(1.0, list("abcd"), [f"S{number}" for number in range(6)])
    for _ in range(3):
        assert hubs.p_median(distance, pd.Series(1, distance.index), count=2).sites == ["S0", "S1"]
    twins = pd.concat([KM, KM.add_suffix("2")], axis=1)
    for table in (twins, twins.iloc[:, ::-1]):
        found = hubs.p_median(table, TONNES, count=2)
        assert found.sites == sorted(found.sites, key=list(table.columns).index)
        assert {site[-1] == "2" for site in found.sites} == {table.columns[0] == "C2"}


def test_of_equal_coverage_the_nearer_sites_are_taken():
    distance = pd.DataFrame({"far": [5.0, 5, 99], "near": [1.0, 1, 99]}, index=list("abc"))
    found = hubs.maximal_cover(distance, pd.Series(1, list("abc")), count=1, radius_km=10)
    assert found.sites == ["near"]


# laws


@pytest.mark.parametrize("seed", range(20))
def test_laws_of_more_sites_of_units_and_of_order(seed):
    distance, weights = random_case(seed)
    totals = [hubs.p_median(distance, weights, count=n).weighted_km for n in range(1, 10)]
    assert (np.diff(totals) <= 1e-9).all()
    covered = [hubs.maximal_cover(distance, weights, count=n, radius_km=10).covered
               for n in range(1, 10)]  # fmt: skip
    assert (np.diff(covered) >= -1e-12).all()
    found = hubs.p_median(distance, weights, count=3)
    in_metres = hubs.p_median(1000 * distance, weights / 7, count=3)
    turned = hubs.p_median(distance.iloc[::-1, ::-1], weights, count=3)
    assert in_metres.sites == found.sites
    assert turned.weighted_km == pytest.approx(found.weighted_km)


def test_arguments_stay_as_they_are():
    distance, weights = random_case(1)
    before = distance.copy(), weights.copy()
    hubs.p_median(distance, weights, count=3)
    hubs.maximal_cover(distance, weights, count=3, radius_km=9)
    hubs.p_center(distance, count=3)
    assert distance.equals(before[0])
    assert weights.equals(before[1])


# faults


def test_all_faults_are_told_at_once():
    distance = KM.copy()
    distance.loc["A", "B"], distance.loc["B", "B"] = -1, np.inf
    weights = pd.Series({"A": np.nan, "B": -2.0, "X": 1.0})
    with pytest.raises(SettingsError) as told:
        hubs.p_median(distance, weights, count=4, radius_km=-1)
    assert str(told.value) == (
        "distances must be finite numbers from 0; found others from A, B; "
        "weights must be finite numbers from 0; found others of A, B; "
        "weights are joined by name; found none of C; "
        "distances are joined by name; found none from X; "
        "count = 4: allowed whole numbers from 1 to 3 sites; radius_km = -1: allowed numbers from 0"
    )


@pytest.mark.parametrize("count", [0, -1, 4, 1.5, True, np.nan])
def test_count_that_is_no_number_of_sites_is_refused(count):
    with pytest.raises(SettingsError, match="allowed whole numbers from 1 to 3 sites"):
        hubs.p_median(KM, TONNES, count=count)


def test_names_that_stand_twice_are_refused():
    with pytest.raises(SettingsError, match="one row; found more of A; each site has one column"):
        hubs.p_center(KM.set_axis(list("AAB")).set_axis(list("XXY"), axis=1), count=1)
    with pytest.raises(SettingsError, match="one weight; found more of A"):
        hubs.p_median(KM, pd.concat([TONNES, TONNES[:1]]), count=1)


def test_weights_of_nothing_words_and_empty_tables_are_refused():
    with pytest.raises(SettingsError, match="weights are all 0"):
        hubs.p_median(KM, 0 * TONNES, count=1)
    with pytest.raises(SettingsError, match=r"found others from A$"):
        hubs.p_center(KM.astype(object).replace(9.0, "far").iloc[[0]], count=1)
    with pytest.raises(SettingsError, match="from 1 to 0 sites"):
        hubs.p_center(pd.DataFrame(), count=1)
    with pytest.raises(SettingsError, match="radius_km = nan"):
        hubs.fewest_sites(KM, radius_km=np.nan)


def test_demand_out_of_reach_of_every_site_is_named():
    with pytest.raises(SettingsError, match="no site within 3 km of A, C: widen it"):
        hubs.fewest_sites(KM[["B"]], radius_km=3)


def test_roads_without_a_sound_length_are_named():
    table = pd.DataFrame({"start": list("AB"), "end": list("BC"), "km": [-1.0, np.nan]})
    with pytest.raises(SettingsError, match=r"length of the roads 0, 1: allowed"):
        hubs.network_km(table)

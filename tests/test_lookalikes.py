"""Likeness by hand, against SciPy and scikit-learn, and the laws it has to keep."""

from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from site_select import assessment, listings, lookalikes, messages, national, rollout_figures
from site_select.errors import SettingsError
from site_select.estimates import LEVELS


def exact(values, features=("x", "y", "z")):
    """Cells that are known exactly, and their levels; a missing one may be anything of the rest."""
    table = (
        pd.DataFrame(values, list(values), list(features)) if isinstance(values, dict) else values
    )
    cells = table.stack(future_stack=True).rename_axis(["label", "indicator"]).to_frame("value")
    share = (np.arange(LEVELS) + 0.5) / LEVELS
    rows = {
        (label, name): np.quantile(table[name].dropna(), share) if np.isnan(value)
        else np.full(LEVELS, value)
        for (label, name), value in cells["value"].items()
    }  # fmt: skip
    levels = pd.DataFrame.from_dict(rows, orient="index")
    return cells, levels.set_axis(cells.index)


def drawn(seed=1, missing=0.0, count=8):
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(count, 3)) * [1.0, 50.0, 0.01]
    values[generator.random(values.shape) < missing] = np.nan
    return pd.DataFrame(values, [f"L{number}" for number in range(count)], ["x", "y", "z"])


def nearest(table, reference, **given):
    return lookalikes.nearest(*exact(table), reference, **{"seed": 1, "neighbours": 2, **given})


@pytest.fixture(scope="module")
def desk():
    study = made_up.desk()
    cells = lookalikes.complex_features(study)
    return study, cells, lookalikes.levels(study, cells)


def test_distances_of_known_features_are_those_of_scipy():
    """``cdist`` with the variance over the labels, ddof 0."""
    table = drawn()
    found = nearest(table, "L0")
    by_scipy = cdist(table.loc[["L0"]], table, "seuclidean", V=table.var(ddof=0).to_numpy())[0]
    expected = pd.Series(by_scipy, table.index).drop("L0")
    for column in ("distance", "low", "high", "distance_known"):
        pd.testing.assert_series_equal(
            found[column], expected.loc[found.index], check_names=False, atol=1e-9
        )
    assert (found["known"] == 3).all()


def test_the_nearest_two_are_always_the_nearest_where_everything_is_known():
    found = nearest(drawn(), "L0")
    assert found["among_nearest"].tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert found["distance"].is_monotonic_increasing


def test_distance_by_hand():
    """x is 0, 0, 2, 2: mean 1, standard deviation 1; y is 5 everywhere and says nothing."""
    table = pd.DataFrame({"x": [0.0, 0, 2, 2], "y": 5.0}, list("ABCD"))
    cells, levels = exact(table, ["x", "y"])
    found = lookalikes.nearest(cells, levels, "A", seed=3, neighbours=1)
    assert found["distance"].to_dict() == {"B": 0.0, "C": 2.0, "D": 2.0}
    assert found["among_nearest"].tolist() == [1.0, 0.0, 0.0]


def test_distance_over_known_features_is_scaled_up_to_all_of_them():
    """Dixon 1979: of two features one is known of both, so its square counts twice."""
    table = pd.DataFrame({"x": [0.0, 2.0, 0.0, 2.0], "y": [1.0, np.nan, 3.0, 3.0]}, list("ABCD"))
    cells, levels = exact(table, ["x", "y"])
    levels.loc[("B", "y")] = 2.0
    found = lookalikes.nearest(cells, levels, "A", seed=1, neighbours=1)
    assert found.loc["B", "distance_known"] == pytest.approx(np.sqrt(2 * 2.0**2))
    assert found["known"].to_dict() == {"B": 1, "C": 2, "D": 2}


def test_reference_is_drawn_once_a_draw_for_all_the_others():
    """Two that are known and alike are equally far from a reference that is unknown."""
    table = drawn()
    table.loc["twin"] = table.loc["L3"]
    table.loc["L2"] = [np.nan, np.nan, 0.0]
    found = nearest(table, "L2")
    assert "L2" not in found.index
    assert found.loc["twin"].equals(found.loc["L3"])
    assert found.loc["twin", "high"] > found.loc["twin", "low"]


def test_twin_of_the_reference_comes_first_at_no_distance():
    table = drawn()
    table.loc["twin"] = table.loc["L3"]
    found = nearest(table, "L3")
    assert found.index[0] == "twin"
    assert found.loc["twin", ["among_nearest", "distance", "high"]].tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("seed", range(5))
def test_units_change_nothing(seed):
    table = drawn(seed, missing=0.2)
    other = table * [1000.0, 0.001, 7.0] + [0.0, 40.0, -3.0]
    pd.testing.assert_frame_equal(nearest(table, "L1"), nearest(other, "L1"), atol=1e-9)
    one, two = (lookalikes.clusters(exact(some)[1], "L1", seed=2, most=3, n_samples=20)
                for some in (table, other))  # fmt: skip
    pd.testing.assert_series_equal(one.cluster, two.cluster)


@pytest.mark.parametrize("seed", range(5))
def test_order_of_rows_and_of_features_changes_nothing(seed):
    table = drawn(seed, missing=0.2)
    mixed = table.sample(frac=1, random_state=seed)[["z", "x", "y"]]
    pd.testing.assert_frame_equal(nearest(table, "L1"), nearest(mixed, "L1"))
    one, two = (lookalikes.clusters(exact(some)[1], "L1", seed=2, most=3, n_samples=20)
                for some in (table, mixed))  # fmt: skip
    pd.testing.assert_frame_equal(one.stability, two.stability)
    pd.testing.assert_series_equal(one.together, two.together)


@pytest.mark.parametrize("seed", range(5))
def test_an_unknown_feature_widens_the_distance_and_is_counted(seed):
    table = drawn(seed)
    hidden = table.copy()
    hidden.loc["L5", "y"] = np.nan
    known, unknown = nearest(table, "L0").loc["L5"], nearest(hidden, "L0").loc["L5"]
    assert known["high"] - known["low"] == pytest.approx(0, abs=1e-9)
    assert unknown["high"] - unknown["low"] > 0.1
    assert (known["known"], unknown["known"]) == (3, 2)


def test_shares_of_the_nearest_add_up_to_their_number_where_none_tie():
    found = nearest(drawn(missing=0.3), "L0", neighbours=3)
    assert found["among_nearest"].sum() == pytest.approx(3)
    assert ((found["among_nearest"] > 0) & (found["among_nearest"] < 1)).any()


def test_same_seed_same_answer_and_another_seed_much_the_same():
    table = drawn(missing=0.3)
    pd.testing.assert_frame_equal(nearest(table, "L0"), nearest(table, "L0"))
    one, two = nearest(table, "L0"), nearest(table, "L0", seed=9)
    assert (one["among_nearest"] - two["among_nearest"].loc[one.index]).abs().max() < 0.06


def test_two_clear_groups_are_found_whole_and_surely():
    generator = np.random.default_rng(4)
    points = generator.normal(size=(20, 3)) * 0.1
    points[10:] += 5
    table = pd.DataFrame(points, [f"L{number:02d}" for number in range(20)], ["x", "y", "z"])
    found = lookalikes.clusters(exact(table)[1], "L15", seed=1)
    assert found.word == "excellent"
    assert len(found.stability) == 5
    assert found.stability["value"].idxmax() == 2
    assert found.stability.loc[2, "value"] == 1
    assert found.cluster.tolist() == [2] * 10 + [1] * 10
    assert found.together["L15"] == 1
    assert found.together.tolist() == [0.0] * 10 + [1.0] * 10


def test_noise_has_no_groups_worth_the_name():
    found = lookalikes.clusters(exact(drawn(2, count=40))[1], "L0", seed=1, n_samples=40)
    assert found.word == "poor"
    assert "no groups to speak of" in lookalikes.sure(found).en


def test_groups_are_those_of_a_plain_run_of_ward():
    """SciPy's linkage, cut into as many groups."""
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415

    table = drawn(3, count=30)
    found = lookalikes.clusters(exact(table)[1], "L0", seed=1, n_samples=10)
    ordered = table.loc[found.cluster.index]
    tree = linkage((ordered - ordered.mean()) / ordered.std(ddof=0), "ward")
    by_scipy = fcluster(tree, found.cluster.max(), "maxclust")
    assert adjusted_rand_score(by_scipy, found.cluster) == 1
    assert found.cluster["L0"] == 1


@pytest.mark.parametrize(("word", "value"), [("excellent", 0.9), ("good", 0.8),
                                             ("moderate", 0.65), ("poor", 0.649)])  # fmt: skip
def test_words_of_stability_begin_where_steinley_2004_has_them(word, value):
    assert next(name for name, least in lookalikes.STABLE.items() if value >= least) == word


def test_every_fault_of_the_call_is_named_at_once():
    table = drawn()
    with pytest.raises(SettingsError, match=r"n_draws = 0.*reference = 'none'.*neighbours = 8"):
        nearest(table, "none", n_draws=0, neighbours=8)
    with pytest.raises(SettingsError, match=r"n_samples = 0.*most - 1 = 0.*reference"):
        lookalikes.clusters(exact(table)[1], "none", seed=1, most=1, n_samples=0)
    with pytest.raises(SettingsError, match=r"size = 0.*labels in a sample"):
        lookalikes.clusters(exact(table)[1], "L0", seed=1, share=1.5)


def test_study_without_a_chosen_complex_is_refused():
    desk = made_up.desk()
    settings = replace(desk.settings, limits=replace(desk.settings.limits, chosen_in_2020=""))
    with pytest.raises(SettingsError, match="chosen_in_2020"):
        lookalikes.complex_features(replace(desk, settings=settings))


def test_features_of_the_complexes_are_those_of_the_assessment(desk):
    study, cells, _ = desk
    performance = assessment.performance(study)
    for name in ("shared_logistics", "ordering_body", "port_haulage_fare", "airport_km"):
        own, theirs = (some["value"].xs(name, level="indicator") for some in (cells, performance))
        pd.testing.assert_series_equal(own, theirs)
    land = performance["value"].xs("warehouse_land", level="indicator")
    own = cells["value"].xs("warehouse_land", level="indicator")
    pd.testing.assert_series_equal(own, np.log10(1 + land))


def test_items_in_common_are_counted_by_branch(desk):
    """Mold has seven items: three also used by precision machining, two by plastic forming."""
    study, cells, _ = desk
    common = cells["value"].xs("items_in_common", level="indicator")
    sets = study.complexes["branch_set"]
    assert common["RC15"] == 1
    assert common[[label for label, some in sets.items() if "mold" in some]].eq(1).all()
    assert common[sets == {"casting"}].eq(0).all()
    assert common[sets == {"precision_machining"}].iloc[0] == pytest.approx(3 / 7)
    assert common[sets == {"plastic_forming"}].iloc[0] == pytest.approx(2 / 7)
    assert common[[not some for some in sets]].isna().all()
    assert common[sets == {"dyeing"}].isna().all()  # no item of theirs is known


def test_the_pilot_is_compared_with_57_others_and_a_third_of_the_features_may_be_unknown(desk):
    study, cells, levels = desk
    found = lookalikes.nearest(cells, levels, "RC15", seed=2020)
    assert len(found) == 57
    assert (found["features"] == len(lookalikes.FEATURES)).all()
    assert found["known"].between(2, 7).all()  # of two the pilot itself is unknown
    assert found["among_nearest"].sum() == pytest.approx(5, abs=0.01)
    rules = assessment.rules(study)
    hurdles = national.hurdles(assessment.screen(study), rules)
    table = lookalikes.table(found, study.names, hurdles)
    assert set(table.columns) <= set(listings.headers("lookalikes"))
    assert table.loc["RC17", "standing"].en == "eligible"


def test_branches_that_buy_the_same_parts_are_nearest_to_mold():
    study = made_up.desk()
    cells = lookalikes.branch_features(study, "mold")
    found = lookalikes.nearest(cells, lookalikes.levels(study, cells), "mold", seed=1, neighbours=3)
    assert set(found.index[:2]) == {"plastic_forming", "precision_machining"}
    assert found.loc["engineering_design", "known"] == 2
    assert "known" in lookalikes.table(found, listings.branch_texts(study)).columns


def test_features_of_the_industrial_complexes_are_those_of_the_file():
    """Pyeongdong (IC0090) has 702 operating firms and 3,372 thousand m² of industrial land."""
    study = made_up.desk()
    cells = lookalikes.national_features(study)
    own = cells["value"].loc["IC0090"]
    assert len(cells) == 1363 * 6
    assert cells[lookalikes.BOUNDS].notna().all(axis=None)
    assert (cells["low"] <= cells["value"]).all()
    assert (cells["value"] <= cells["high"]).all()
    assert own["operating_firms"] == pytest.approx(np.log10(703))
    assert own["industrial_area"] == pytest.approx(np.log10(3373))
    assert own["unsold_land"] == 0
    assert own["port_km"] == pytest.approx(119.8, abs=0.1)  # Gwangyang


def test_firms_in_reach_are_those_of_counties_within_the_catchment_without_ones_own():
    study = made_up.desk()
    industrial = study.survey.industrial_complexes.iloc[:3].assign(
        latitude=[36.0, 36.0, 36.9], longitude=127.5, operating_firms=pd.array([1, 2, 4], "Int64")
    )
    survey = replace(study.survey, industrial_complexes=industrial)
    cells = lookalikes.national_features(replace(study, survey=survey))
    reach = cells["value"].xs("firms_in_reach", level="indicator")
    assert (10**reach - 1).round(9).tolist() == [2, 1, 0]


def test_a_number_known_of_nobody_is_left_out():
    study = made_up.desk()
    cells = lookalikes.branch_features(study, "mold")
    cells.loc[(slice(None), "root_firms"), lookalikes.BOUNDS] = np.nan
    names = lookalikes.levels(study, cells).index.unique("indicator")
    assert list(names) == ["items_in_common", "origin_concentration", "designated_complexes"]


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_figures_mark_what_is_unknown_and_name_every_row(desk, language):
    study, cells, levels = desk
    found = lookalikes.nearest(cells, levels, "RC15", seed=1, n_draws=50).head(8)
    dots = rollout_figures.likeness(found, study.names, language=language)
    assert [tick.get_text().split()[-1] for tick in dots.get_yticklabels()] == list(found.index)
    profile, known = lookalikes.profile(levels), cells["value"].notna().unstack("indicator")
    shown = ["RC15", *found.index[:5]]
    axes = rollout_figures.profiles(
        profile, known, shown, study.names, lookalikes.feature_names(levels), marked="RC15",
        language=language,
    )  # fmt: skip
    assert len(axes.get_legend().get_texts()) == 6
    pilot = axes.collections[len(profile) - 6]
    hollow = (pilot.get_facecolors() == 1).all(axis=1)
    assert hollow.tolist() == (~known.loc["RC15", profile.columns]).tolist()
    groups = lookalikes.clusters(levels, "RC15", seed=1, most=3, n_samples=3)
    rollout_figures.stability(groups.stability, lookalikes.STABLE, language=language)

"""Unknown neither wins nor loses, and what is known keeps its spread."""

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_select import assessment, estimates, study, valuation
from site_select.estimates import Unknowns

CRITERIA = pd.DataFrame(
    {
        "worst": [0.0, 100.0], "best": [4.0, 0.0], "unknown": ["presence", "numeric"],
        "if_absent": [0.0, np.nan], "if_present": [3.0, np.nan],
    },
    index=["facility", "fare"],
)  # fmt: skip


def known(values):
    """Estimates that are known exactly, unknown where there is nothing."""
    rows = {
        label: {"low": value, "value": value, "high": value, "basis": "own", "quality": "press"}
        for label, value in values.items()
        if value is not None
    }
    return estimates.table(rows, list(values))


def draws(values, indicator, branches=None, **settings):
    """Equally likely values of one indicator, a row per complex."""
    branches = branches or dict.fromkeys(values, "mold")
    sets = pd.Series({label: frozenset({branch}) for label, branch in branches.items()})
    cells = estimates.stack({indicator: known(values)})
    drawn = estimates.equally_likely(cells, CRITERIA, sets, Unknowns(**settings))
    return drawn.xs(indicator, level="indicator")


# drawing


@given(st.tuples(*[st.floats(-1000, 1000)] * 3).map(sorted))
def test_triangle_has_the_mean_of_its_three_corners_and_stays_between_them(corners):
    """Closed form: (low + mode + high) / 3; a hundred midpoints leave 0.1% of the width."""
    low, mode, high = (pd.Series([corner]) for corner in corners)
    levels = estimates.triangular(low, mode, high).to_numpy()[0]
    width = corners[2] - corners[0]
    assert levels.mean() == pytest.approx(sum(corners) / 3, abs=2e-3 * width + 1e-9)
    assert levels.min() >= corners[0] - 1e-9
    assert levels.max() <= corners[2] + 1e-9
    assert (np.diff(levels) >= -1e-9).all()


def test_symmetric_triangle_has_the_variance_of_the_closed_form():
    """(a² + b² + c² - ab - ac - bc) / 18 = (1 + 4 - 2) / 18 = 1/6 for 0, 1, 2."""
    levels = estimates.triangular(*(pd.Series([corner]) for corner in (0.0, 1.0, 2.0)))
    assert levels.var(axis=1, ddof=0)[0] == pytest.approx(1 / 6, rel=2e-3)


def test_known_number_repeats_itself():
    assert (draws({"A": 7, "B": 3}, "fare").loc["A"] == 7).all()


@pytest.mark.parametrize(
    ("prior", "present"), [(0.0, 0), (0.1, 10), (0.5, 50), (0.9, 90), (1, 100)]
)
def test_unknown_presence_is_present_in_exactly_its_prior(prior, present):
    drawn = draws({"A": 4, "B": None}, "facility", presence_prior=prior).loc["B"]
    assert (drawn == 3).sum() == present
    assert (drawn == 0).sum() == 100 - present


def test_unknown_presence_scores_between_absent_and_present():
    drawn = draws({"absent": 0, "unknown": None, "present": 3}, "facility")
    values = valuation.partial_values(
        drawn.assign(indicator="facility").set_index("indicator", append=True), CRITERIA
    ).mean(axis=1)
    assert values.tolist() == [0.0, pytest.approx(0.375), 0.75]


BRANCHES = {**dict.fromkeys("abcde", "mold"), **dict.fromkeys("vwxyz", "casting"), "U": "mold"}


def test_unknown_number_comes_from_five_known_complexes_of_its_branch():
    """Molds cost 10 to 14, castings 90 to 94: the median of the donors is 12, not 52."""
    values = {**dict(zip("abcde", range(10, 15), strict=True)),
              **dict(zip("vwxyz", range(90, 95), strict=True)), "U": None}  # fmt: skip
    drawn = draws(values, "fare", BRANCHES).loc["U"]
    assert drawn.between(10, 14).all()
    assert drawn.median() == pytest.approx(12)


def test_unknown_number_comes_from_all_when_fewer_than_five_of_its_branch_are_known():
    values = {**dict(zip("abcd", range(10, 14), strict=True)), "e": None,
              **dict(zip("vwxyz", range(90, 95), strict=True)), "U": None}  # fmt: skip
    drawn = draws(values, "fare", BRANCHES).loc["U"]
    assert drawn.min() < 14
    assert drawn.max() > 90


def test_whole_anchor_range_is_drawn_evenly_as_a_sensitivity():
    drawn = draws({"A": 4, "B": None}, "fare", whole_anchor_range=True).loc["B"]
    assert drawn.tolist() == pytest.approx([level + 0.5 for level in range(100)])
    drawn = draws({"A": 4, "B": None}, "facility", whole_anchor_range=True).loc["B"]
    assert drawn.mean() == pytest.approx(2)


def test_donors_keep_their_own_spread():
    rows = {label: {"low": 0, "value": 5, "high": 10, "basis": "own"} for label in "abcde"}
    cells = estimates.stack({"fare": estimates.table(rows, [*"abcde", "U"])})
    branches = pd.Series({label: frozenset({"mold"}) for label in "abcdeU"})
    drawn = estimates.equally_likely(cells, CRITERIA, branches, Unknowns())
    own, borrowed = drawn.xs("a"), drawn.xs("U")
    assert borrowed.std(axis=1).iloc[0] == pytest.approx(own.std(axis=1).iloc[0], rel=0.01)


# what may enter the score


def test_numeric_indicator_enters_the_score_when_ten_complexes_are_known():
    def scorable(count):
        values = {f"c{number}": 1.0 if number < count else None for number in range(12)}
        cells = estimates.stack({"fare": known(values)})
        return estimates.scorable(cells, CRITERIA.loc[["fare"], "unknown"], Unknowns())

    assert scorable(9) == ([], ["fare"])
    assert scorable(10) == (["fare"], [])


def test_few_complexes_that_are_all_known_are_enough():
    cells = estimates.stack({"fare": known({"A": 1, "B": 2})})
    assert estimates.scorable(cells, CRITERIA.loc[["fare"], "unknown"], Unknowns())[0] == ["fare"]


def test_presence_enters_the_score_with_one_known_complex_and_not_with_none():
    kind = CRITERIA.loc[["facility"], "unknown"]
    one = estimates.stack({"facility": known({"A": 4, "B": None})})
    none = estimates.stack({"facility": known({"A": None, "B": None})})
    assert estimates.scorable(one, kind, Unknowns())[0] == ["facility"]
    assert estimates.scorable(none, kind, Unknowns())[1] == ["facility"]


def test_coverage_adds_the_weights_of_known_cells_and_no_proxy():
    """A knows both: 0.3 + 0.7; B only the first: 0.3; C has a national share, so 0."""
    first, second = known({"A": 1, "B": 1, "C": 1}), known({"A": 1, "B": None, "C": None})
    first.loc["C", "basis"] = "proxy"
    cells = estimates.stack({"x": first, "y": second})
    coverage = estimates.coverage(cells, pd.Series({"x": 0.3, "y": 0.7}))
    assert coverage.to_dict() == pytest.approx({"A": 1.0, "B": 0.3, "C": 0.0})
    assert estimates.is_known(cells).loc["C"].tolist() == [False, False]


def test_table_has_a_row_for_every_label_and_says_unknown():
    frame = estimates.table({"B": {"low": 1, "value": 2, "high": 3, "year": 2020}}, ["A", "B"])
    assert frame.index.tolist() == ["A", "B"]
    assert frame.columns.tolist() == list(estimates.COLUMNS)
    assert frame.loc["A", "quality"] == "unknown"
    assert frame["year"].tolist() == [pd.NA, 2020]
    assert frame.loc["A", "source"] == ""


# counts


def count(year, value, low=np.nan, high=np.nan, status="existing"):
    return {"complex_id": "A", "indicator": "root_firms", "year": year, "value": value, "low": low,
            "high": high, "status": status, "unit": "firms", "published": "2020",
            "quality": "press", "source": "s"}  # fmt: skip


def counted(*rows, drift=0.0):
    facts = pd.DataFrame(list(rows)).astype({"year": "Int64", "low": float, "high": float})
    found = estimates.latest_number(
        facts, "root_firms", ["A", "B"], drift_per_year=drift, year=2026
    )
    assert np.isnan(found.loc["B", "value"])
    return found.loc["A", ["low", "value", "high"]].tolist()


def test_newest_count_wins():
    assert counted(count(2015, 50), count(2022, 18)) == [18, 18, 18]


def test_counts_of_one_year_or_the_year_before_span_the_interval():
    """RC34: 63 in 2021 and 54 in 2022; RC37: 55 and 27 of one year, so 41 in the middle."""
    assert counted(count(2021, 63), count(2022, 54)) == [54, 54, 63]
    assert counted(count(2022, 55), count(2022, 27)) == [27, 41, 55]


def test_planned_count_may_turn_out_to_be_nothing():
    assert counted(count(2022, 27, status="planned")) == [0, 27, 27]


def test_age_widens_a_count_by_the_drift_a_year():
    """Six years at 3%: 100 · (1 - 0.18) = 82 and 100 · (1 + 0.18) = 118."""
    assert counted(count(2020, 100), drift=0.03) == pytest.approx([82, 100, 118])


def test_age_never_makes_a_count_negative():
    assert counted(count(1990, 100), drift=0.03)[0] == 0


def test_range_of_the_source_is_kept():
    assert counted(count(2020, 20, 15, 30)) == [15, 20, 30]


def test_count_of_no_year_is_used_as_it_stands():
    assert counted(count(pd.NA, 24), drift=0.03)[1] == 24


# the desk study


def test_every_estimate_of_the_desk_study_lies_between_its_low_and_high():
    cells = assessment.performance(made_up.desk()).dropna(subset=["value"])
    assert (cells["low"] <= cells["value"]).all()
    assert (cells["value"] <= cells["high"]).all()
    assert (cells[["unit", "quality", "source", "basis"]] != "").all(axis=None)


def test_levels_of_the_desk_study_are_complete_and_ascending():
    desk, result = made_up.desk(), made_up.desk_result()
    used = result.performance.loc[
        result.performance.index.get_level_values("indicator").isin(result.weights.index)
    ]
    drawn = estimates.equally_likely(
        used, result.criteria, desk.complexes["branch_set"], desk.settings.unknowns
    )
    assert drawn.shape == (len(used), estimates.LEVELS)
    assert drawn.notna().all(axis=None)
    assert (np.diff(drawn.to_numpy(), axis=1) >= -1e-9).all()


def test_prior_of_the_study_is_the_prior_of_the_draws():
    changed = study.read(made_up.DESK, {"unknowns.presence_prior": 0.9, "n_samples": 10})
    assert assessment.treatments(changed.settings.unknowns)["prior"].presence_prior == 0.9

"""Concentration in closed form, and only of what the branches themselves import."""

import made_up
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_select import assessment, stability

SHARES = st.lists(st.floats(0.01, 1), min_size=1, max_size=8).map(
    lambda parts: [part / sum(parts) for part in parts]
)


@pytest.mark.parametrize("count", [1, 2, 4, 10, 100])
def test_equal_origins_have_concentration_one_over_their_number(count):
    assert stability.concentration([1 / count] * count) == pytest.approx(1 / count)


@given(SHARES, st.floats(0, 1), st.integers(0, 7))
def test_splitting_an_origin_never_raises_concentration(shares, part, place):
    whole = shares[place % len(shares)]
    rest = [share for number, share in enumerate(shares) if number != place % len(shares)]
    split = [*rest, whole * part, whole * (1 - part)]
    assert stability.concentration(split) <= stability.concentration(shares) + 1e-12


@given(SHARES)
def test_concentration_lies_between_one_over_n_and_one(shares):
    index = stability.concentration(shares)
    assert 1 / len(shares) - 1e-12 <= index <= 1 + 1e-12


@given(SHARES, st.integers(0, 8))
def test_bounds_hold_the_index_of_all_origins(shares, known):
    low, high = stability.concentration_bounds(shares[:known])
    assert low - 1e-6 <= stability.concentration(shares) <= high + 1e-6


def test_bounds_of_a_share_of_70_percent():
    """0.7² = 0.49; with the rest in one hand 0.49 + 0.09 = 0.58; in three 0.49 + 0.03 = 0.52."""
    assert stability.concentration_bounds([0.7]) == (0.49, 0.58)
    assert stability.concentration_bounds([0.7], rest_origins=3) == (0.52, 0.58)


def test_pilot_imports_have_the_interval_of_the_announcement():
    """40 of 90 t from Europe: 2 · (2/9)² = 0.0988 at least; (4/9)² + (5/9)² = 0.5062 at most."""
    pilot = made_up.desk().survey.pilot_gwangju
    assert stability.pilot_concentration(pilot) == (0.0988, 0.5062)


def imports(*rows):
    usual = {"item_id": "valve", "branches": "mold", "upstream": False, "item": "valve",
             "year": 2024, "period": "2024", "origin": "Japan", "share_percent": None, "hhi": None,
             "published": "2026-01", "quality": "press", "grade": "H", "source": "s"}  # fmt: skip
    frame = pd.DataFrame([{**usual, **row} for row in rows])
    return frame.astype({"share_percent": "float64", "hhi": "float64"})


def concentration_of(*rows, year=2026):
    found = stability.item_concentration(imports(*rows), year=year, branches=["mold", "all"])
    return {label: (row["low"], row["high"]) for label, row in found.iterrows()}


def test_index_printed_by_the_source_is_taken_as_it_is():
    rows = {"origin": "_WORLD", "hhi": 0.3}, {"share_percent": 50.0}
    assert concentration_of(*rows) == {"valve": (0.3, 0.3)}


def test_shares_of_the_largest_origins_only_give_an_interval():
    assert concentration_of({"share_percent": 70.0}) == {"valve": (0.49, 0.58)}


def test_newest_period_counts():
    rows = (
        {"share_percent": 50.0, "year": 2023, "period": "2023"},
        {"share_percent": 90.0, "year": 2024, "period": "2024"},
    )
    assert concentration_of(*rows)["valve"][0] == 0.81


@pytest.mark.parametrize(
    "unfit",
    [
        {"branches": "robots"}, {"branches": "all"}, {"upstream": True}, {"grade": "L"},
        {"year": 2015},
        {"origin": "domestic"}, {"origin": "Europe (SE, DE)"}, {"origin": "Japan etc."},
    ],
)  # fmt: skip
def test_upstream_pilot_doubtful_general_and_old_rows_are_left_out(unfit):
    assert concentration_of({"share_percent": 70.0, **unfit}) == {}


def test_no_unfit_row_enters_the_desk_study():
    survey = made_up.desk().survey
    items = assessment.import_items(made_up.desk())
    rows = survey.branch_imports.set_index("item_id")
    assert len(items) == 47
    assert not rows.loc[items.index, "upstream"].any()
    assert not items["item"].str.contains("pilot").any()
    assert items[["low", "high"]].stack().between(0, 1).all()
    assert (items["year"] >= 2016).all()


def test_index_of_the_customs_table_is_the_printed_one():
    """BACI rows carry the index over all origins in 2024."""
    survey = made_up.desk().survey
    items = assessment.import_items(made_up.desk())
    world = survey.branch_imports[
        (survey.branch_imports["origin"] == "_WORLD") & survey.branch_imports["hhi"].notna()
    ]
    newest = world.sort_values("period").drop_duplicates("item_id", keep="last")
    printed = newest.set_index("item_id")["hhi"].reindex(items.index).dropna()
    assert len(printed) >= 15
    assert (items.loc[printed.index, "low"] == printed).all()
    assert (items.loc[printed.index, "high"] == printed).all()


def test_complex_takes_the_median_and_quartiles_of_the_items_of_its_branches():
    """Indices 0.1, 0.2, 0.5 for molds: median 0.2, quartiles 0.15 and 0.35; casting apart."""
    items = pd.DataFrame({
        "branches": ["mold", "mold;casting", "mold", "casting"], "value": [0.1, 0.2, 0.5, 0.9],
        "year": 2024, "published": "2026-01",
    })  # fmt: skip
    complexes = pd.DataFrame(
        {"branch_set": [frozenset({"mold"}), frozenset({"welding"}), frozenset()]},
        index=pd.Index(["A", "B", "C"], name="complex_id"),
    )
    found = stability.origin_concentration(complexes, items)
    assert found.loc["A", ["low", "value", "high"]].tolist() == pytest.approx([0.15, 0.2, 0.35])
    assert found["value"].isna().tolist() == [False, True, True]
    assert found.loc["A", "basis"] == "proxy"


def test_national_shares_never_count_as_known_of_a_complex():
    cells = assessment.performance(made_up.desk()).xs("origin_concentration", level="indicator")
    assert set(cells.loc[cells["value"].notna(), "basis"]) == {"proxy"}

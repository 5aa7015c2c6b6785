"""Concentration in closed form, only of what the branches import; exposure of orders by hand."""

import itertools
import math
import re

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from site_select import assessment, stability
from site_select.errors import SettingsError

FEW = settings(max_examples=30, deadline=None)  # each builds tables
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
    weights = {str(number): share for number, share in enumerate(shares[:known])}
    low, high = stability.concentration_bounds({**weights, "*": sum(shares[known:])})
    assert low - 1e-9 <= stability.concentration(shares) <= high + 1e-9


@pytest.mark.parametrize(
    ("weights", "index", "origins"),
    [
        ({"A": 25, "B": 25, "C": 25, "D": 25}, 0.25, 4),
        ({"Japan": 50, "Sweden": 20, "Germany": 20}, 0.40740740740740744, 2.454545454545454),
    ],
)
def test_certain_origins_have_one_index_and_effective_number(weights, index, origins):
    assert stability.concentration_bounds(weights) == pytest.approx((index, index))
    orders, places = table(*({"supplier": name, "weight_t": t} for name, t in weights.items()))
    found = stability.exposure(orders, places.assign(country=places["place_id"])).loc["RC1"]
    assert found[["origin_hhi_low", "origin_hhi_high"]].tolist() == pytest.approx([index] * 2)
    assert found[["origins_low", "origins_high"]].tolist() == pytest.approx([origins] * 2)


@pytest.mark.parametrize(
    ("weights", "low", "high"),
    [
        # 0.7²; with the rest in one hand 0.49 + 0.09
        ({"JP": 70, "*": 30}, 0.49, 0.58),
        # 20 and 20; all 40 from one
        ({"SE": 20, "SE;DE": 20}, 0.5, 1.0),
        # what is uncertain fills the lower one up to 20, then both: 25 and 25; 40 and 10
        ({"SE": 20, "DE": 10, "SE;DE": 20}, 0.5, 0.68),
        # it cannot fill it up: 30 and 20; 40 and 10
        ({"SE": 30, "DE": 10, "DE;SE": 10}, 0.52, 0.68),
        # 40 / 3 each; all from DE
        ({"SE;DE": 20, "DE;FR": 20}, 1 / 3, 1.0),
        # SE and DE 25 each, FR 10: 1350 / 3600; SE 50, DE 10: 2600 / 3600
        ({"SE;DE": 30, "DE;FR": 10, "SE": 20}, 0.375, 13 / 18),
        # A and B 30 each, C and D 20 each; B 80, D 20
        ({"A;B": 60, "B;C": 20, "C;D": 10, "D": 10}, 0.26, 0.68),
        # spread thin; one origin
        ({"*": 5}, 0.0, 1.0),
        # others of two labels are not the same: 60 and 40
        ({"JP;*": 60, "CN;*": 40}, 0.0, 0.52),
        # spaces, order and repetition say nothing
        ({"SE; DE": 10, "DE;SE": 10, "SE;SE": 20}, 0.5, 1.0),
    ],
)
def test_bounds_of_uncertain_origins_by_hand(weights, low, high):
    for given_as in (weights, pd.Series(weights)):
        assert stability.concentration_bounds(given_as) == pytest.approx((low, high), abs=1e-12)


CANDIDATES = st.frozensets(st.sampled_from("ABCDE"), min_size=1, max_size=4)


@given(st.dictionaries(CANDIDATES, st.floats(0.01, 100), min_size=1, max_size=5))
def test_lowest_index_against_nonnegative_least_squares_of_scipy(groups):
    """Shares of the groups are kept by rows of weight 10,000, so to about 1e-8."""
    pairs = [(number, name) for number, names in enumerate(groups) for name in sorted(names)]
    total = sum(groups.values())
    rows = [[float(own == name) for _, own in pairs] for name in "ABCDE"]
    kept = [[1e4 * (own == number) for own, _ in pairs] for number in range(len(groups))]
    goal = [0.0] * 5 + [1e4 * weight / total for weight in groups.values()]
    _, residual = optimize.nnls(np.array(rows + kept), np.array(goal))
    weights = {";".join(names): weight for names, weight in groups.items()}
    assert stability.concentration_bounds(weights)[0] == pytest.approx(residual**2, abs=1e-6)


@given(st.data())
def test_bounds_hold_every_split_of_every_group(data):
    labels = st.frozensets(st.sampled_from("ABC*"), min_size=1)
    groups = data.draw(st.dictionaries(labels, st.floats(0.01, 100), min_size=1, max_size=5))
    loads = dict.fromkeys("ABC", 0.0)
    for number, (names, weight) in enumerate(groups.items()):
        others = [f"{number}-{other}" for other in range(3)] if "*" in names else []
        own = [*sorted(names - {"*"}), *others]
        parts = data.draw(st.lists(st.integers(0, 20), min_size=len(own), max_size=len(own)))
        parts = parts if any(parts) else [1] * len(own)
        for name, part in zip(own, parts, strict=True):
            loads[name] = loads.get(name, 0.0) + weight * part / sum(parts)
    index = stability.concentration(load / sum(groups.values()) for load in loads.values())
    weights = {";".join(sorted(names)): weight for names, weight in groups.items()}
    low, high = stability.concentration_bounds(weights)
    assert low - 1e-9 <= index <= high + 1e-9


def test_bounds_name_every_fault():
    with pytest.raises(SettingsError) as raised:
        stability.concentration_bounds({"SE": -1.0, "DE": math.nan, "JP": math.inf, "SE;": 1.0})
    assert [label in str(raised.value) for label in ("'SE'", "'DE'", "'JP'", "'SE;'")] == [True] * 4
    for nothing in ({}, {"SE": 0.0, "*": 0.0}):
        with pytest.raises(SettingsError, match="all weights are 0"):
            stability.concentration_bounds(nothing)


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


COUNTRIES = {
    "P1": "SE", "P2": "DE", "P3": "JP", "P4": "KR", "P5": "SE;DE", "P6": "JP;*", "P7": "KR;CN",
    "P8": "*",
}  # fmt: skip


def table(*rows):
    usual = {
        "complex_id": "RC1", "firm": "F1", "firms": 1, "part": "spring", "supplier": "P1",
        "mode": "air", "weight_t": 10.0, "value_krw": None, "lead_time_days": None,
        "lead_time_deviation_days": None, "stock_days": None, "qualify_days": None,
        "other_suppliers": None,
    }  # fmt: skip
    orders = pd.DataFrame([{**usual, **row} for row in rows], columns=list(usual))
    orders = orders.astype({"value_krw": "float64", "other_suppliers": "Int64"})
    names = sorted({*orders["supplier"], *COUNTRIES})
    countries = [COUNTRIES.get(name, name) for name in names]
    return orders, pd.DataFrame({"place_id": names, "country": countries})


def exposure_of(*rows, **options):
    return stability.exposure(*table(*rows), **options)


TWO_FIRMS = (
    {"weight_t": 30.0, "value_krw": 10.0},
    {"weight_t": 10.0, "value_krw": 10.0, "supplier": "P2", "mode": "sea_lcl"},
    {"weight_t": 20.0, "value_krw": 10.0, "supplier": "P3", "mode": "sea_fcl20", "part": "plate"},
    {"weight_t": 40.0, "value_krw": 20.0, "supplier": "P4", "mode": "truck", "firm": "F2"},
)
ROW_OF_INDICES = [
    "weight", "origin_hhi_low", "origin_hhi_high", "supplier_hhi_low", "supplier_hhi_high",
    "route_hhi", "single_sourced_low", "single_sourced_high", "import_dependence_low",
    "import_dependence_high",
]  # fmt: skip


@pytest.mark.parametrize(
    ("by", "weight", "label", "expected"),
    [
        # SE 30, DE 10, JP 20, KR 40; air 30, sea 30, road 40; plate 20 and F2's spring 40 single
        ("complex_id", "weight_t", "RC1", [100, 0.30, 0.30, 0.34, 0.6, 0.6]),
        # values 10, 10, 10, 20 of 50: 0.04 · 3 + 0.16; air 0.2, sea 0.4, road 0.4
        ("complex_id", "value_krw", "RC1", [50, 0.28, 0.28, 0.36, 0.6, 0.6]),
        # of 60 t: 1/4 + 1/36 + 1/9; air 1/2, sea 1/2; plate 20
        ("firm", "weight_t", "F1", [60, 7 / 18, 7 / 18, 0.5, 1 / 3, 1.0]),
        ("firm", "weight_t", "F2", [40, 1.0, 1.0, 1.0, 1.0, 0.0]),
        # of 80 t: (9 + 1 + 16) / 64, by air, sea and road alike; F2's 40 single and from Korea
        ("part", "weight_t", "spring", [80, 13 / 32, 13 / 32, 13 / 32, 0.5, 0.5]),
        ("part", "weight_t", "plate", [20, 1.0, 1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_indices_of_certain_orders_by_hand(by, weight, label, expected):
    total, origin, supplier, route, single, imported = expected
    found = exposure_of(*TWO_FIRMS, by=[by], weight=weight).loc[label, ROW_OF_INDICES]
    pairs = [origin] * 2 + [supplier] * 2 + [route] + [single] * 2 + [imported] * 2
    assert found.tolist() == pytest.approx([total, *pairs])


def test_index_is_what_was_asked_for_and_all_is_numbers():
    found = exposure_of(*TWO_FIRMS, by=["firm", "part"])
    assert found.index.names == ["firm", "part"]
    assert list(found.index) == [("F1", "plate"), ("F1", "spring"), ("F2", "spring")]
    assert (found.dtypes == "float64").all()
    assert exposure_of().shape == (0, found.shape[1])


def test_pilot_as_orders_has_its_interval_and_unknown_suppliers():
    """Origins 0.0988 to 0.5062 as announced; suppliers are unknown: 0 to 1."""
    found = exposure_of(
        {"supplier": "P5", "weight_t": 40.0}, {"supplier": "P6", "weight_t": 50.0, "part": "plate"}
    ).loc["RC1"]
    assert found[["origin_hhi_low", "origin_hhi_high"]].round(4).tolist() == [0.0988, 0.5062]
    assert found["origins_low"] == pytest.approx(8100 / 4100)
    assert found["origins_high"] == pytest.approx(81 / 8)
    assert found[["supplier_hhi_low", "supplier_hhi_high"]].tolist() == [0.0, 1.0]
    assert found[["single_sourced_low", "single_sourced_high"]].tolist() == [0.0, 1.0]
    assert found[["import_dependence_low", "import_dependence_high"]].tolist() == pytest.approx(
        [4 / 9, 1.0]
    )


@pytest.mark.parametrize(
    ("suppliers", "single", "imported"),
    [
        (["P1", "P1"], (1, 1), (1, 1)),
        (["P1", "P2"], (0, 0), (1, 1)),
        (["P5", "P5"], (0, 1), (1, 1)),
        (["P5", "P8"], (0, 1), (0.5, 1)),
        (["P1", "P5"], (0, 0), (1, 1)),
        (["P4", "P7"], (0, 0), (0, 0.5)),
    ],
)
def test_unknown_supplier_may_be_the_only_one_and_unknown_origin_may_be_korea(
    suppliers, single, imported
):
    found = exposure_of(*({"supplier": name, "mode": "air"} for name in suppliers)).loc["RC1"]
    assert (found["single_sourced_low"], found["single_sourced_high"]) == single
    assert (found["import_dependence_low"], found["import_dependence_high"]) == imported


def test_only_uncertain_groups_get_an_interval():
    """RC1: 20 from SE, 20 from SE or DE; RC2: SE and JP; RC3 is known by no origin at all."""
    found = exposure_of(
        {}, {"weight_t": 10.0}, {"supplier": "P5", "weight_t": 20.0},
        {"complex_id": "RC2"}, {"complex_id": "RC2", "supplier": "P3"},
        {"complex_id": "RC3", "supplier": "P8"},
    )  # fmt: skip
    assert found["origin_hhi_low"].tolist() == pytest.approx([0.5, 0.5, 0.0])
    assert found["origin_hhi_high"].tolist() == pytest.approx([1.0, 0.5, 1.0])
    assert found["supplier_hhi_low"].tolist() == pytest.approx([0.25, 0.5, 0.0])
    assert found["supplier_hhi_high"].tolist() == pytest.approx([0.5, 0.5, 1.0])
    assert found["origins_high"].tolist() == pytest.approx([2.0, 2.0, math.inf])


def three(name, bounds=("low", "value", "high")):
    return [f"{name}_{bound}" for bound in bounds]


def test_missing_days_lie_between_the_smallest_and_the_largest_known():
    """10 t at 20 days, 30 t at 40 days, 60 t unknown: 14 + 60% of 20 or 40; known mean 35."""
    days = {"lead_time_days": 20.0, "stock_days": 20.0, "qualify_days": 20.0}
    rows = (
        {**days, "weight_t": 10.0, "lead_time_deviation_days": 5.0},
        {**dict.fromkeys(days, 40.0), "weight_t": 30.0, "lead_time_deviation_days": 20.0},
        {"weight_t": 60.0, "lead_time_deviation_days": 20.0},
    )
    found = exposure_of(*rows).loc["RC1"]
    for name in days:
        assert found[three(name)].tolist() == pytest.approx([26.0, 35.0, 38.0])
    # 0.25 of 10 t, 0.5 of 30 t, unknown of 60 t: 0.175 + 0.6 · 0.25 or 0.5; known mean 0.4375
    variation = found[three("lead_time_variation")]
    assert variation.tolist() == pytest.approx([0.325, 0.4375, 0.475])


def test_known_days_are_one_number_and_days_nobody_knows_are_none():
    """15 t at 10 and 5 t at 30 days: 15 days; the other complex is not mixed in."""
    found = exposure_of(
        {"stock_days": 10.0, "weight_t": 15.0}, {"stock_days": 30.0, "weight_t": 5.0},
        {"complex_id": "RC2"},
    )  # fmt: skip
    assert found.loc["RC1", three("stock_days")].tolist() == pytest.approx([15.0] * 3)
    assert found.loc["RC2", three("stock_days")].isna().all()
    assert found[three("qualify_days") + three("lead_time_variation")].isna().all(axis=None)


def test_lead_time_of_zero_has_no_variation():
    zero = {"lead_time_days": 0.0, "lead_time_deviation_days": 5.0}
    found = exposure_of(zero, {"lead_time_days": 20.0, "lead_time_deviation_days": 5.0}).loc["RC1"]
    assert found[three("lead_time_variation")].tolist() == [0.25] * 3
    assert found[three("lead_time_days")].tolist() == [10.0] * 3


def test_substitutes_by_hand():
    """10 t with, 30 t without, in RC1 60 t unknown: 0.1 to 0.7; 10 of 40 in RC2."""
    known = ({"other_suppliers": 2}, {"other_suppliers": 0, "weight_t": 30.0})
    found = exposure_of(
        *known, {"weight_t": 60.0}, *({**row, "complex_id": "RC2"} for row in known)
    )[three("substitutes")]
    assert found.loc["RC1"].tolist() == pytest.approx([0.1, math.nan, 0.7], nan_ok=True)
    assert found.loc["RC2"].tolist() == pytest.approx([0.25] * 3)


ROWS = st.lists(
    st.fixed_dictionaries({
        "complex_id": st.sampled_from(["RC1", "RC2"]), "firm": st.sampled_from(["F1", "F2"]),
        "part": st.sampled_from(["spring", "plate"]), "supplier": st.sampled_from(list(COUNTRIES)),
        "mode": st.sampled_from(["air", "sea_lcl", "sea_fcl40", "truck"]),
        "weight_t": st.floats(0.1, 100), "value_krw": st.floats(1e3, 1e9),
        "lead_time_days": st.none() | st.floats(1, 90),
        "lead_time_deviation_days": st.none() | st.floats(0, 30),
        "stock_days": st.none() | st.floats(0, 90), "qualify_days": st.none() | st.floats(0, 900),
        "other_suppliers": st.none() | st.integers(0, 3),
    }), min_size=1, max_size=8,
)  # fmt: skip


@FEW
@given(ROWS, st.sampled_from(["weight_t", "value_krw"]))
def test_bounds_are_in_order_and_shares_in_range(rows, weight):
    found = exposure_of(*rows, by=["complex_id", "firm"], weight=weight)
    for name in {column.rsplit("_", 1)[0] for column in found if column.endswith("_low")}:
        own = found.filter([f"{name}_{bound}" for bound in ("low", "value", "high")])
        steps = [own[a] <= own[b] + 1e-9 * own[b].abs() + 1e-12
                 for a, b in itertools.pairwise(own)]  # fmt: skip
        unknown = own.isna().any(axis=1)
        assert all((step | unknown).all() for step in steps), name
        if not name.endswith("_days") and name not in {"origins", "lead_time_variation"}:
            assert own.stack().dropna().between(0, 1 + 1e-12).all(), name


@FEW
@given(ROWS, st.sampled_from([("weight_t", 1e3), ("value_krw", 1e-6)]))
def test_neither_unit_nor_order_nor_labels_of_rows_change_a_figure(rows, unit):
    weight, factor = unit
    orders, places = table(*rows)
    changed = orders.assign(**{weight: orders[weight] * factor}).iloc[::-1]
    before = stability.exposure(orders, places, weight=weight)
    after = stability.exposure(changed.set_axis([7] * len(changed)), places, weight=weight)
    after["weight"] /= factor
    pd.testing.assert_frame_equal(before, after, rtol=1e-9, atol=1e-12)


@FEW
@given(ROWS)
def test_rows_cut_in_two_change_nothing(rows):
    halves = [{**row, "weight_t": row["weight_t"] / 2} for row in rows]
    whole, cut = exposure_of(*rows), exposure_of(*halves, *halves)
    pd.testing.assert_frame_equal(whole, cut, rtol=1e-9, atol=1e-12)


def test_exposure_leaves_orders_as_they_are():
    orders, places = table(*TWO_FIRMS, {"supplier": "P5"})
    before = orders.copy(deep=True)
    stability.exposure(orders, places)
    pd.testing.assert_frame_equal(orders, before)


def test_every_fault_is_named():
    orders, places = table({"weight_t": 0.0}, {"firm": "F2", "weight_t": math.nan}, {})
    with pytest.raises(SettingsError) as raised:
        stability.exposure(orders.assign(supplier="P9"), places, by=["branch"])
    for fault in ("by = ('branch',): allowed one or more of complex_id, firm, part", "RC1, F1, ",
                  "RC1, F2, ", "supplier P9: allowed a place_id"):  # fmt: skip
        assert fault in str(raised.value)


def test_orders_without_value_are_named_and_weight_is_offered():
    with pytest.raises(SettingsError, match="weight by weight_t") as raised:
        exposure_of({"value_krw": 5.0}, {"part": "plate"}, {"firm": "F2"}, weight="value_krw")
    named = re.findall(r"value_krw of (\w+, \w+, \w+)", str(raised.value))
    assert named == ["RC1, F1, plate", "RC1, F2, spring"]


@pytest.mark.parametrize(
    "options", [{"weight": "orders_per_year"}, {"by": []}, {"by": ["part", "part"]}]
)
def test_other_weights_and_groupings_are_refused(options):
    with pytest.raises(SettingsError, match=rf"^{next(iter(options))} = .*: allowed"):
        exposure_of({}, **options)


# estimates that surveyed orders tell


LABELS = pd.Index(["RC1", "RC2", "RC3"])


def surveyed(*rows, year=(2024, 2025)):
    """Estimates of RC1 to RC3; the years of the rows in turn."""
    orders, places = table(*rows)
    years = [year[number % len(year)] for number in range(len(rows))]
    return stability.surveyed(orders.assign(year=years), places, LABELS)


def test_orders_tell_the_indicators_of_their_complex_by_hand():
    """30 t from SE after 20 days with 9 days of stock; 10 t from SE or DE after 40 with 17."""
    found = surveyed(
        {"weight_t": 30.0, "lead_time_days": 20.0, "stock_days": 9.0},
        {"weight_t": 10.0, "lead_time_days": 40.0, "stock_days": 17.0, "supplier": "P5",
         "part": "plate"},
        {"complex_id": "RC2", "supplier": "P4"},
    )  # fmt: skip
    bounds = ["low", "value", "high"]
    imports = found.pop("import_dependence")  # a list of imports does not tell what is not one
    assert imports.loc["RC1", bounds].isna().all()
    assert {name: own.loc["RC1", bounds].tolist() for name, own in found.items()} == {
        "origin_concentration": [0.625, 0.8125, 1.0],
        "lead_time_days": [25, 25, 25],
        "stock_cover_days": [11, 11, 11],
    }
    units = {name: own.loc["RC1", "unit"] for name, own in found.items()}
    assert units == {"origin_concentration": "HHI", "lead_time_days": "days",
                     "stock_cover_days": "days"}  # fmt: skip
    for own in found.values():
        assert own.loc["RC1", ["basis", "quality", "year", "published"]].tolist() == [
            "own", "computed", 2025, "2025",
        ]  # fmt: skip
        assert list(own.index) == list(LABELS)
        assert pd.isna(own.loc["RC3", "value"])
    assert imports.loc["RC2", "value"] == 0


def test_what_no_order_of_a_complex_tells_stays_unknown():
    found = surveyed({"stock_days": 9.0}, {"complex_id": "RC2"})
    assert found["stock_cover_days"].loc["RC1", "value"] == 9
    assert pd.isna(found["stock_cover_days"].loc["RC2", "value"])
    assert found["lead_time_days"]["value"].isna().all()
    assert found["origin_concentration"]["value"].tolist()[:2] == [1, 1]


def test_without_orders_nothing_is_told():
    orders, places = table()
    assert stability.surveyed(orders, places, LABELS) == {}


def test_unknown_split_of_two_origins_makes_an_interval():
    """Of SE and DE: 0.5 if even, 1 if all comes from one; who sells is unknown then."""
    rows = ({"weight_t": 20.0}, {"weight_t": 20.0, "supplier": "P3", "part": "plate"})
    known = exposure_of(*rows).iloc[0]
    countries = {COUNTRIES["P1"], COUNTRIES["P3"]}
    assert len(countries) == 2
    assert known["origin_hhi_low"] == known["origin_hhi_high"] == 0.5
    split = exposure_of(*rows, split_is_known=False).iloc[0]
    assert (split["origin_hhi_low"], split["origin_hhi_high"]) == (0.5, 1.0)
    assert (split["single_sourced_low"], split["single_sourced_high"]) == (0.0, 1.0)

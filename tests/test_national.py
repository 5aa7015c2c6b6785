"""Every industrial complex through the rules, held against counts and against made-up complexes."""

from dataclasses import replace

import made_up
import pandas as pd
import pytest

from site_select import (
    assessment,
    figures,
    listings,
    messages,
    national,
    rollout_figures,
    screening,
)
from site_select.screening import CANNOT_TELL, ELIGIBLE, MET, NOT_ELIGIBLE, NOT_MET


@pytest.fixture(scope="module")
def found():
    return national.screened(made_up.desk())


def made(operating, inside=(("", False),), facts=(), *, with_share=True):
    """Screen industrial complexes I1, I2, ... with these operating firms.

    ``inside`` are designated complexes ``(parent_ids, in_yard)`` A1, A2, ...; ``facts`` are counts
    of root firms ``(complex, firms)``; without its share the call condition is that of 2015-18.
    """
    desk = made_up.desk()
    tables = desk.survey
    ids = [f"I{number}" for number in range(1, len(operating) + 1)]
    industrial = tables.industrial_complexes.iloc[: len(ids)].assign(
        ic_id=ids, operating_firms=pd.array(operating, dtype="Int64")
    )
    pool = desk.complexes.iloc[: len(inside)].assign(
        parent_ids=[parents for parents, _ in inside], in_yard=[yard for _, yard in inside],
        branch_set=[frozenset({"mold"})] * len(inside), branches="mold",
    )  # fmt: skip
    pool.index = pd.Index([f"A{number}" for number in range(1, len(inside) + 1)], name="complex_id")
    counts = tables.complex_facts.query("indicator == 'root_firms'").iloc[: len(facts)]
    counts = counts.assign(
        complex_id=[label for label, _ in facts], value=[float(firms) for _, firms in facts],
        low=float("nan"), high=float("nan"), status="existing", year=2026,
    )  # fmt: skip
    rules = tables.rules if with_share else tables.rules.assign(least_share_percent=float("nan"))
    survey = replace(tables, industrial_complexes=industrial, complex_facts=counts, rules=rules)
    return national.screened(replace(desk, survey=survey, complexes=pool))


def test_all_1363_are_screened_and_their_counts_are_those_of_the_file(found):
    """By pandas: 415 have fewer than two firms, 13 of which hold yards or nobody else's firms."""
    raw = pd.read_csv(made_up.REFERENCE / "industrial_complexes.csv").set_index("ic_id")
    pool = pd.read_csv(made_up.REFERENCE / "complexes.csv", dtype={"parent_ids": str})
    pool = pool.assign(ic=pool["parent_ids"].str.split(";")).explode("ic").dropna(subset=["ic"])
    yards = set(pool.loc[pool["in_yard"], "ic"])
    empty = raw.index[raw["operating_firms"] < 2].difference(yards)
    assert len(found) == 1363
    assert set(found.index[found["standing"] == NOT_ELIGIBLE]) == set(empty)
    assert set(found.index[found["designated"] == MET]) <= set(pool["ic"])
    assert found["standing"].value_counts().to_dict() == {
        CANNOT_TELL: 942, NOT_ELIGIBLE: 402, ELIGIBLE: 19
    }  # fmt: skip


def test_only_complexes_around_a_designated_one_with_counted_firms_are_eligible(found):
    desk = made_up.desk()
    firms = assessment.economics.root_firms(desk, drift_per_year=0.0)["low"]
    counted = desk.complexes.loc[firms >= 10, "parent_ids"]
    assert set(found.index[found["standing"] == ELIGIBLE]) <= set(counted)


def test_complex_without_two_firms_is_out_and_any_other_cannot_be_told():
    table = made([0, 1, 2, 500])
    assert table["standing"].tolist() == [NOT_ELIGIBLE, NOT_ELIGIBLE, CANNOT_TELL, CANNOT_TELL]
    assert table["firms_to_pool"].tolist() == [NOT_MET, NOT_MET, CANNOT_TELL, CANNOT_TELL]
    assert (table["designated"] == CANNOT_TELL).all()
    assert (table["own_receiving"] == CANNOT_TELL).all()
    assert table["reason"].tolist() == ["firms_to_pool"] * 2 + ["designated"] * 2


def test_designated_complex_with_ten_firms_makes_the_one_around_it_eligible():
    table = made([50, 50, 50], [("I1", False), ("I2", False)], [("A1", 10), ("A2", 9)])
    assert table["standing"].tolist() == [ELIGIBLE, CANNOT_TELL, CANNOT_TELL]
    assert table.loc["I2", "cannot_tell"] == "call_condition"
    assert table.loc["I2", "firms_to_pool"] == MET
    assert table.loc["I3", "designated"] == CANNOT_TELL


def test_count_that_spans_two_complexes_is_no_count_of_either():
    table = made([50, 50], [("I1;I2", False)], [("A1", 40)])
    assert table["designated"].tolist() == [MET, MET]
    assert table["firms_to_pool"].tolist() == [CANNOT_TELL, CANNOT_TELL]


def test_partners_in_a_yard_are_no_tenants_so_none_operating_excludes_nobody():
    table = made([0, 0], [("I1", True)])
    assert table["firms_to_pool"].tolist() == [CANNOT_TELL, NOT_MET]
    assert table["own_receiving"].tolist() == [CANNOT_TELL, CANNOT_TELL]


def test_of_two_designated_complexes_in_one_the_better_known_decides():
    table = made([50], [("I1", True), ("I1", False)], [("A1", 10), ("A2", 3)])
    assert table["standing"].tolist() == [ELIGIBLE]
    assert table["own_receiving"].tolist() == [MET]


def test_ten_operating_firms_are_needed_where_no_share_of_tenants_can_make_up_for_it():
    """But partners in a yard do not count among the operating firms."""
    table = made([9, 10, 9], [("I3", True)], with_share=False)
    assert table["call_condition"].tolist() == [NOT_MET, CANNOT_TELL, CANNOT_TELL]


def test_order_of_rows_changes_no_verdict():
    pairs = [(0, "I1"), (3, "I2"), (40, "I3")]
    table = made([firms for firms, _ in pairs])
    again = made([firms for firms, _ in reversed(pairs)])
    assert again["standing"].tolist() == table["standing"].tolist()[::-1]


def test_designated_complex_that_may_lose_its_designation_leaves_a_doubt(found):
    """RC28 in IC0095: its city decided in March 2026 to apply for de-designation."""
    assert found.loc["IC0095", "designated"] == CANNOT_TELL
    assert found.loc["IC0090", "designated"] == MET


def test_hurdles_name_every_rule_broken_or_in_doubt_in_the_order_of_the_rules():
    index = pd.MultiIndex.from_product([["A", "B"], list("xyz")], names=["ic_id", "rule_id"])
    words = [CANNOT_TELL, NOT_MET, NOT_MET, MET, MET, MET]
    rules = pd.DataFrame(index=pd.Index(list("zyx"), name="rule_id"))
    hurdles = national.hurdles(pd.DataFrame({"verdict": words}, index=index), rules)
    assert hurdles.loc["A"].tolist() == [NOT_ELIGIBLE, "z;y", "x", "z"]
    assert hurdles.loc["B"].tolist() == [ELIGIBLE, "", "", ""]


def test_counts_by_province_kind_and_county_add_up_to_all(found):
    provinces = national.counts(found, "province_en")
    assert provinces.to_numpy().sum() == 1363
    assert provinces.index[0] == "Gyeonggi"
    assert provinces.sum(axis=1)["Gyeonggi"] == 212
    assert national.counts(found, "type").sum(axis=1)["national"] == 59
    assert national.by_county(found)[national.STANDINGS].to_numpy().sum() == 1363


def test_standing_agrees_with_the_designated_complexes_inside(found):
    """No industrial complex is out that holds an eligible designated complex alone in it."""
    desk = made_up.desk()
    status = screening.status(assessment.screen(desk))
    inside = desk.complexes.loc[status.index[status == ELIGIBLE], "parent_ids"]
    held = found.loc[found.index.intersection(inside)]
    assert len(held) > 15
    assert set(held["standing"]) <= {ELIGIBLE, CANNOT_TELL}


def test_table_begins_with_the_eligible_and_says_why_in_both_languages(found):
    table = national.table(found)
    assert [text.en for text in table["standing"].iloc[[0, 18, 19]]] == [
        "eligible", "eligible", "cannot tell",
    ]  # fmt: skip
    last = table.iloc[-1]
    assert last["standing"].ko == "부적격"
    assert "two firms to pool" in last["not_met"].en
    assert set(table.columns) | {"ic_id"} == set(listings.headers("national"))


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_figures_show_every_province_and_county(found, language):
    counts, names = national.counts(found, "province_en"), national.province_names(found)
    bars = rollout_figures.standing(counts, names, language=language)
    assert len(bars.get_yticklabels()) == 17
    assert len(bars.patches) == 3 * 17
    drawn = rollout_figures.standing_map(
        national.by_county(found), made_up.desk().survey.provinces, language=language
    )
    rings, filled = drawn.collections[1:3]
    assert len(rings.get_offsets()) == len(filled.get_offsets()) == 190
    assert (filled.get_sizes() <= rings.get_sizes()).all()


@pytest.mark.usefixtures("style")
def test_funnel_of_the_country_is_drawn_as_that_of_the_designated_complexes():
    desk = made_up.desk()
    steps = screening.funnel(national.judge(desk), assessment.rules(desk))
    assert steps["standing"].tolist() == [1363, 1363, 961, 961, 961]
    figures.funnel(steps, listings.rule_names(steps), language="en")

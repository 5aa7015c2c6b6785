"""Goods by branch: only what a source says, and sentences that follow from the columns."""

from dataclasses import replace

import made_up
import pandas as pd
import pytest

from site_select import goods, listings

ADDED = {"injection", "film_paper", "robots", "sensors", "industrial_software"}


@pytest.fixture(scope="module")
def table():
    return made_up.desk().survey.branch_goods


def judged(**cells):
    """One good with these cells, judged as in the desk study."""
    desk = made_up.desk()
    row = desk.survey.branch_goods.iloc[:1].assign(
        **{"branch": "casting", "kind": "classical", "item_id": "x", "mode": "", "note": "",
           "dangerous_goods": "", "imports_1000_usd": 1.0, "imports_t": 1.0, **cells}
    )  # fmt: skip
    study = replace(desk, survey=replace(desk.survey, branch_goods=row))
    return goods.judged(study).iloc[0], goods.by_branch(study)["meaning"].iloc[0]


def test_every_branch_and_every_added_technique_has_a_row(table):
    branches = made_up.desk().survey.branches.set_index("branch")["kind"]
    assert set(table["branch"]) == set(branches.index) | ADDED
    kinds = table.drop_duplicates("branch").set_index("branch")["kind"]
    assert kinds.drop(list(ADDED)).sort_index().to_dict() == branches.sort_index().to_dict()
    assert (kinds[list(ADDED)] == "extension").all()


def test_every_good_is_an_item_of_the_imports_that_its_branch_uses(table):
    imports = made_up.desk().survey.branch_imports
    used = imports.assign(branch=imports["branches"].str.split(";")).explode("branch")
    pairs = set(zip(used["branch"], used["item_id"], strict=True))
    own = table[table["item_id"] != "none"]
    # anthracite of heat treatment is told by its national total
    assert set(zip(own["branch"], own["item_id"], strict=True)) <= pairs
    assert not imports.set_index("item_id")["upstream"].loc[own["item_id"]].any()


def test_a_branch_without_a_good_says_so_in_its_only_row(table):
    none = table[table["item_id"] == "none"]
    assert set(none["branch"]) == {"dyeing", "engineering_design", "film_paper",
                                   "industrial_software"}  # fmt: skip
    assert (table.groupby("branch").size()[none["branch"]] == 1).all()
    assert (none["quality"] == "unknown").all()
    assert none["imports_1000_usd"].isna().all()


def test_dangerous_goods_name_their_number_and_their_source(table):
    named = table[table["dangerous_goods"] != ""]
    assert named["dangerous_goods"].str.fullmatch(r"UN \d{4}, class [\d.]+( \([\d.]+\))?").all()
    assert all(words[:7] in source for words, source
               in zip(named["dangerous_goods"], named["source"], strict=True))  # fmt: skip


def test_value_per_kilogram_of_gold_and_of_anthracite_by_hand():
    """BACI 2024: 1,727.036 M USD for 22.879 t; 857.799 M USD for 5,292,277.02 t."""
    rows = goods.judged(made_up.desk()).set_index("item_id")
    assert rows.loc["gold_unwrought_plating_metal_710812", "value_per_kg"] == pytest.approx(
        75485.6, abs=0.1
    )
    coal = rows.loc["anthracite_270111"]
    assert coal["value_per_kg"] == pytest.approx(0.16208, abs=1e-5)
    assert coal["air_share"] == pytest.approx(5725 / 1421.52 / 0.16208, rel=1e-4)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(8.05, "bulk"), (8.06, "between"), (402.7, "between"), (402.8, "slight"),
     (float("nan"), "unpriced")],
)  # fmt: skip
def test_classes_begin_where_air_freight_is_half_and_a_hundredth_of_the_value(value, kind):
    """Air freight is 5,725 KRW/kg at 1,421.52 KRW a dollar in 2025: 4.0274 USD/kg."""
    assert judged(imports_1000_usd=value)[0]["class"] == kind


def test_goods_flown_and_shipped_and_those_unknown_have_their_own_sentences():
    assert judged(mode="air;sea", imports_1000_usd=float("nan"))[0]["class"] == "moved"
    row, said = judged(item_id="none")
    assert row["class"] == "none"
    assert said.en.startswith("No good is known publicly")


def test_sentence_follows_from_the_columns():
    said = judged(dangerous_goods="UN 1408, class 4.3 (6.1)", imports_1000_usd=20.0)[1]
    assert "20.0 USD/kg" in said.en
    assert "20% of the value" in said.en
    assert "Dangerous goods (UN 1408, class 4.3 (6.1))" in said.en
    assert "위험물(유엔번호 1408, 4.3급 (6.1))" in said.ko
    plain = judged(dangerous_goods="no", imports_1000_usd=20.0)[1]
    assert "Dangerous" not in plain.en


def test_one_origin_is_said_from_half_of_the_imports_on():
    rows = goods.judged(made_up.desk())
    table = goods.by_branch(made_up.desk())
    said = table["meaning"].map(lambda text: "shared stock" in text.en)
    assert said.tolist() == (rows["share_percent"] >= 50).tolist()
    niobium = table["meaning"][rows["item_id"] == "ferro_niobium_720293"].iloc[0]
    assert "92.8% of the imports come from Brazil" in niobium.en
    assert "브라질로부터" in niobium.ko


def test_added_techniques_are_marked_as_scenarios_and_the_six_are_not():
    table = goods.by_branch(made_up.desk())
    names = {text.en for text in table["name"]}
    assert {"Robots (scenario)", "Precision machining (scenario)", "Casting", "Mold making"} < names
    assert sum(name.endswith("(scenario)") for name in names) == 8
    assert set(table.columns) == set(listings.headers("goods"))


def test_counts_by_branch_part_the_goods_by_class():
    counts = goods.counts(made_up.desk())
    parts = counts[["between", "bulk", "slight", "unpriced"]].sum(axis=1)
    pd.testing.assert_series_equal(parts, counts["goods"], check_names=False)
    assert counts.loc["surface_treatment", ["goods", "slight", "dangerous"]].tolist() == [7, 4, 1]
    assert counts.loc["dyeing", "goods"] == 0
    assert list(counts.columns) == [
        "name", "goods", "between", "bulk", "slight", "unpriced", "dangerous", "one_origin",
    ]  # fmt: skip

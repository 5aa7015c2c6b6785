"""Tables and sentences on the economics: both languages, checked by hand, hostile text escaped."""

import itertools
import re
from dataclasses import replace
from html import unescape

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import (
    costings,
    economics,
    flow_maps,
    freight,
    listings,
    messages,
    milkrun,
    parameters,
    report,
    study,
)
from site_select.messages import Text

HANGUL = re.compile("[가-힣]")
HOSTILE = "<script>alert(7)</script>"
FEW = ["RC02", "RC04", "RC37"]
IN_WORDS = {
    "component": ["quantity"], "spread": ["result"], "sharing": ["rule"], "appraisal": ["view"],
    "switching": ["name"], "savings": ["name"], "terms": [],
    "parameters": ["name", "kind", "spread", "quality"],
    "comparators": ["who", "what", "note", "quality"],
}  # fmt: skip


@pytest.fixture(scope="module")
def desk():
    return replace(made_up.desk(), complexes=made_up.desk().complexes.loc[FEW])


@pytest.fixture(scope="module")
def pilot():
    read = study.read(made_up.ROOT / "data" / "studies" / "gwangju-2020")
    return replace(read, complexes=read.complexes.loc[["RC15", "RC02", "RC04"]])


def detail(read):
    """Savings, the complex shown in detail, its draws and its comparison."""
    savings = economics.every_complex(read, n_samples=16)
    site = costings.detailed(read, savings["per_firm"])
    draws = economics.drawn(site, n_samples=32, seed=1)
    return savings, site, draws, site.compare(draws)


@pytest.fixture(scope="module")
def of_desk(desk):
    return detail(desk)


@pytest.fixture(scope="module")
def of_pilot(pilot):
    return detail(pilot)


def every_table(read, found):
    savings, site, draws, comparison = found
    names = ["investment", "air_freight_eu"]
    return [
        ("component", costings.components(comparison)),
        ("spread", costings.results(read, comparison, draws)),
        ("spread", costings.warehouse(site, draws, comparison)),
        ("sharing", costings.sharing_table(read, site, comparison)),
        ("terms", costings.terms(site)),
        ("appraisal", costings.appraisal_table(read, site)),
        ("switching", costings.switching_table(read, site, names)),
        ("savings", costings.savings_table(read, savings, economics.least_size(read))),
        ("parameters", costings.parameter_table(economics.ranges(read))),
        ("comparators", costings.comparators(read)),
    ]


@pytest.fixture(scope="module")
def tables(desk, pilot, of_desk, of_pilot):
    return every_table(desk, of_desk) + every_table(pilot, of_pilot)


def flat(frame):
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index() if named else frame


def test_every_column_has_a_heading_in_both_languages(tables):
    for name, frame in tables:
        headers = listings.headers(name)
        for column in flat(frame):
            heading = headers[column]
            assert heading.ko.strip(), (name, column)
            assert heading.en.strip(), (name, column)
            assert not HANGUL.search(heading.en), (name, column)


def test_every_cell_in_words_has_both_languages(tables):
    for name, frame in tables:
        whole = flat(frame)
        assert len(whole) > 0, name
        for column in IN_WORDS[name]:
            assert all(isinstance(cell, Text) for cell in whole[column]), (name, column)
        for cell in whole.to_numpy().ravel():
            if isinstance(cell, Text):
                assert cell.ko.strip(), (name, cell)
                assert cell.en.strip(), (name, cell)


def test_no_korean_is_left_in_an_english_table_and_no_english_result_in_a_korean_one(tables):
    """Sources and their notes are quoted as they stand, so tables of them are left out."""
    page = report.Page()
    for name, frame in tables:
        if name in {"parameters", "comparators"}:
            continue
        body = page.table("economics.terms", frame, headers=listings.headers(name)).body
        assert not HANGUL.search(body.en), name
        assert HANGUL.search(body.ko), name
        assert "NaN" not in body.en, name
        assert "nan" not in re.sub(r"<[^>]+>", "", body.en).split(), name


def test_complex_chosen_in_2020_is_shown_where_it_is_known_else_that_of_the_largest_saving(
    of_pilot, of_desk
):
    assert of_pilot[1].complex_id == "RC15"
    savings, site, *_ = of_desk
    assert site.complex_id == savings["per_firm"].idxmax()


def test_basis_says_whether_the_imports_were_surveyed(of_pilot, of_desk):
    assert costings.basis(of_desk[1]) == messages.text("economics.basis.assumed")
    assert costings.basis(of_pilot[1]) == messages.text("economics.basis.surveyed")


def test_terms_of_delivery_are_named_where_known(pilot, of_pilot):
    site = of_pilot[1]
    assert costings.known_terms(pilot, site) == messages.text("economics.terms.unknown")
    orders = site.orders.assign(incoterm=["FOB", "EXW", "unknown", "FOB"])
    assert "EXW, FOB" in costings.known_terms(pilot, replace(site, orders=orders)).en


# numbers


@pytest.mark.parametrize(
    ("value", "written"),
    [(80_000_000.0, "80,000,000"), (1_234.5, "1,234"), (0.743, "0.743"), (0.0, "0"), (6.0, "6"),
     (-2_500.0, "-2,500"), (0.123456, "0.1235"), (0.00003, "0.00003"), (999.96, "1,000"),
     (123.456, "123.5"), (-0.5, "-0.5")],
)  # fmt: skip
def test_number_of_any_size_is_written_without_powers_of_ten(value, written):
    assert costings.figure(value) == written


@pytest.mark.parametrize("kind", ["of_desk", "of_pilot"])
def test_mean_components_add_up_to_the_mean_total_and_the_bill_is_part_of_it(kind, request):
    _, _, _, found = request.getfixturevalue(kind)
    table = costings.components(found)
    table.index = list(map(str, [cell.en for cell in table.index]))
    parts = table.iloc[: len(milkrun.COMPONENTS)]
    total = table.loc[messages.text("costings.measure.total").en]
    np.testing.assert_allclose(parts.sum(), total)
    np.testing.assert_allclose(total["milk_run"], found.milk_run.total().mean() / 1e6)
    places = [milkrun.COMPONENTS.index(name) for name in milkrun.PAID]
    paid = table.loc[messages.text("costings.measure.paid").en]
    np.testing.assert_allclose(parts.iloc[places].sum(), paid)
    drawn = costings.mean_components(found)
    np.testing.assert_allclose(drawn.sum(axis=1) / 1e6, total[drawn.index])
    assert ("surveyed" in table) == (kind == "of_pilot")


def test_results_hold_credit_and_price_apart(pilot, of_pilot):
    _, _, draws, found = of_pilot
    table = costings.results(pilot, found, draws)
    rows = {cell.en: row for cell, row in zip(table.index, table["middle"], strict=True)}
    credited = messages.text("costings.result.credited").en
    assert rows[credited] == pytest.approx(np.median(found.saving) / 1e6)
    price = messages.text("costings.result.price_effect").en
    expected = np.median(draws["price_discount"] * found.purchase_krw.sum(axis=1)) / 1e6
    assert rows[price] == pytest.approx(expected)
    assert (table["low"] <= table["middle"]).all()
    assert (table["middle"] <= table["high"]).all()


def test_interval_is_the_5th_50th_and_95th_percentile():
    """Of 0 to 100."""
    table = costings.intervals({"npv": np.arange(101.0)}, scale=10)
    assert table.iloc[0].tolist() == pytest.approx([0.5, 5, 9.5])
    named = costings.named(table, "costings.result")
    assert named.index[0] == messages.text("costings.result.npv")
    assert named.index.name == "result"


def test_warehouse_of_one_draw_by_hand(of_pilot):
    """1.5 t/m3 stacked 1.5 m high on 0.4 of the floor is 0.9 t/m2 of floor; 80 m2 are there."""
    site = of_pilot[1]
    middle = parameters.central(site.of)
    found = site.compare(middle)
    peak = found.milk_run.total("peak_t").item()
    table = costings.warehouse(site, middle, found)
    needed = peak / 0.9
    assert needed < 80
    assert table["middle"].tolist() == pytest.approx([peak, needed, peak / (80 * 0.4), 0.8])
    assert table["held"].tolist() == ["–", "100%", "100%", "100%"]
    tight = middle.assign(warehouse_area=needed / 2, floor_limit=0.1, handler_limit=0.5)
    small = costings.warehouse(site, tight, site.compare(tight))
    assert small["middle"].tolist()[2] == pytest.approx(peak / (needed * 0.4))
    assert small["held"].tolist() == ["–", "0%", "0%", "0%"]


@pytest.mark.parametrize("kind", ["of_desk", "of_pilot"])
def test_buyer_pays_all_of_the_way_ex_works_nothing_delivered_and_less_with_every_term(
    kind, request
):
    share = costings.terms(request.getfixturevalue(kind)[1])["share"]
    assert share.index.tolist() == ["EXW", "FCA", "FOB", "CFR", "CIF", "DAP", "DDP"]
    assert share["EXW"] == pytest.approx(1)
    assert share["DDP"] == 0
    assert (share.diff().dropna() <= 1e-12).all()
    assert 0 < share["DAP"] < share["CIF"] < share["FOB"] < 1


def test_buyer_of_goods_delivered_at_place_pays_the_customs_broker_alone(of_pilot):
    site = of_pilot[1]
    found = site.compare(parameters.central(site.of)).existing
    expected = found.total("customs") / found.total("freight", "handling", "customs")
    assert costings.terms(site)["share"]["DAP"] == pytest.approx(expected.item())


def test_sharing_by_hand_of_two_draws(desk, of_desk):
    """Equal firms pay the same under every rule, and all pay more wherever pooling loses."""
    found = of_desk[3]
    table = costings.sharing_table(desk, of_desk[1], found)
    each = found.milk_run.total() / found.own_best.count.sum(axis=1)
    np.testing.assert_allclose(table["least"], np.median(each) / 1e6)
    np.testing.assert_allclose(table["most"], np.median(each) / 1e6)
    np.testing.assert_allclose(table["nobody_worse"], (found.saving > 0).mean())


def test_firms_of_different_size_pay_different_shares(pilot, of_pilot):
    table = costings.sharing_table(pilot, of_pilot[1], of_pilot[3])
    proportional = table.loc[messages.text("cost_figures.rule.proportional")]
    equal = table.loc[messages.text("cost_figures.rule.equal")]
    assert proportional["least"] < equal["least"]
    assert equal["least"] == pytest.approx(equal["most"])
    assert proportional["most"] > equal["most"]
    medians = costings.median_shares(of_pilot[1], of_pilot[3])
    assert {len(paid) for paid in medians.values()} == {24}


def test_savings_are_listed_from_the_largest_with_least_sizes_in_words_where_none_is_known(
    pilot, of_pilot
):
    savings = of_pilot[0]
    table = costings.savings_table(pilot, savings, economics.least_size(pilot))
    assert savings["own"][table.index].is_monotonic_decreasing
    surveyed = messages.text("costings.surveyed")
    assert table.loc["RC15", ["joining", "firms", "tonnes"]].tolist() == [surveyed] * 3
    none = costings._least(pd.DataFrame({"is_surveyed": [False, False],
                                         "firms": [float("nan"), 12.0]}), "firms")  # fmt: skip
    assert none.tolist() == [messages.text("costings.none_tried"), "12"]


def test_drivers_are_the_swings_of_the_credited_saving(of_pilot):
    site = of_pilot[1]
    swings, base = costings.drivers(site)
    middle = parameters.central(site.of)
    assert base == pytest.approx(site.saving(middle).item())
    assert swings["swing"].is_monotonic_decreasing
    assert (swings["swing"] > 0).all()
    name = swings.index[0]
    high = middle.assign(**{name: site.of.loc[name, "high"]})
    assert swings["at_high"].iloc[0] == pytest.approx(site.saving(high).item())
    assert "price_discount" not in swings.index  # never part of the logistics saving


def test_variance_is_shared_among_the_parameters_that_move_the_saving(of_desk):
    """Of two that barely interact the first-order shares nearly add up to one."""
    site = of_desk[1]
    swings, _ = costings.drivers(site)
    two = costings.variance_shares(site, swings.loc[["coordination", "warehouse_staff"]], seed=1)
    assert set(two.index) == {"coordination", "warehouse_staff"}
    assert two["first"].sum() == pytest.approx(1, abs=0.1)


def test_parameters_are_listed_but_the_count_of_firms_which_is_the_complexs_own(of_desk):
    of = of_desk[1].of
    assert len(costings.parameter_table(of)) == len(of) - 1
    assert costings.parameter_names(of)["firms"] == messages.text("costings.firms")
    ranges = of.drop(index="firms")
    kinds = costings.counted_kinds(ranges)
    assert kinds == {"published": 12, "derived": 11, "assumed": 35}
    assert sum(kinds.values()) == len(ranges)


def test_switching_table_says_never_where_nothing_turns(pilot, of_pilot):
    table = costings.switching_table(pilot, of_pilot[1], ["investment", "price_discount"])
    assert table["turns"].iloc[1] == messages.text("costings.never")
    assert table["low"].tolist() == ["30,000,000", "0"]


def test_joint_plan_is_told_in_days_and_runs(of_pilot):
    told = costings.joint_plan(of_pilot[1])
    assert told["days"] * told["runs"] == pytest.approx(365)
    assert told["cost"] <= told["alone"]


def test_spillover_is_spending_times_the_national_multipliers(pilot, of_pilot):
    """80 M of outlay and a year's running cost; 1.791 and 10.1 jobs per 1,000 M."""
    found = costings.spillover(pilot, of_pilot[1])
    assert found["spending"] == pytest.approx(80 + 7.68 + 15 + 6 + 3.12)
    assert found["output"] == pytest.approx(1.791 * found["spending"])
    assert found["jobs"] == pytest.approx(10.1 * found["spending"] / 1_000)


def test_last_paragraph_counts_complexes_that_gain(desk, of_desk):
    savings, _, _, found = of_desk
    told = costings.findings(found, savings)
    assert told["known"] == 3
    assert told["positive"] == int((savings["per_firm"] > 0).sum())
    assert told["share"] == (found.saving > 0).mean()
    assert told["saving"] == pytest.approx(np.median(found.saving) / 1e6)
    assert len(desk.complexes) == 3


# places


def test_places_of_the_chains_lie_where_the_tables_say(pilot, of_pilot):
    places = costings.places_of(pilot, of_pilot[1])
    assert places.loc["departure_port", ["latitude", "longitude"]].tolist() == [51.92, 4.5]
    assert places.loc["arrival_port", "name"].en == "Busan New Port"
    assert places.loc["complex", "name"].ko == "광주 금형특화단지"
    assert [name for name in places.index if name.startswith("supplier")] == [
        "supplier", "supplier1",
    ]  # fmt: skip
    assert "supplier" not in costings.node_names(places).index


def test_flows_join_into_a_way_from_every_supplier_to_the_complex(pilot, of_pilot):
    flows = costings.flows(pilot, of_pilot[1])
    for chain, legs in flows.legs.groupby("chain"):
        reached = {"complex"}
        for _ in range(len(legs)):
            reached |= set(legs.loc[legs["end"].isin(reached), "start"])
        assert {"supplier", "supplier1"} <= reached, chain
        assert set(legs["start"]) | set(legs["end"]) <= set(flows.points.index)


# hostile text


def hostile(read):
    """The study with a supplier, a part, a firm and a parameter named by an attacker."""
    tables = read.survey
    places = tables.overseas_places.assign(name=HOSTILE)
    orders = tables.orders.assign(firm=f"F {HOSTILE}", part=tables.orders["part"] + HOSTILE)
    of = tables.logistics_parameters.assign(name_en=HOSTILE, name_ko=HOSTILE, source=HOSTILE)
    return replace(read, survey=replace(
        tables, overseas_places=places, orders=orders, logistics_parameters=of
    ))  # fmt: skip


def test_hostile_names_are_escaped_in_every_table_and_on_the_map(pilot):
    read = hostile(pilot)
    savings, site, draws, found = detail(read)
    assert HOSTILE in site.items["part"].iloc[0]
    page, bodies = report.Page(), []
    for name, frame in every_table(read, (savings, site, draws, found)):
        exhibit = page.table("economics.terms", frame, headers=listings.headers(name))
        bodies.append(exhibit.body.en)
        bodies.append(exhibit.body.ko)
    # firms and parts as row and cell, as somebody may list them
    bodies.append(page.table("economics.terms", site.orders.set_index("firm")).body.en)
    assert all("<script" not in body for body in bodies)
    assert sum("&lt;script&gt;alert(7)" in body for body in bodies) >= 3
    drawn = [
        unescape(page.map("economics.map", flow_maps.flows, costings.flows(one, of),
                          values={"name": HOSTILE}).body.en)
        for one, of in ((read, site), (pilot, costings.detailed(pilot, savings["per_firm"])))
    ]  # fmt: skip
    assert drawn[0].count("<script") == drawn[1].count("<script")
    assert "alert(7)" in drawn[0]


def test_places_of_a_domestic_milk_run_need_no_gate_abroad(pilot, of_pilot):
    """Only suppliers and the complex are left on the map."""
    site = replace(of_pilot[1], region=freight.KOREA)
    flows = costings.flows(pilot, site)
    assert set(flows.points.index) == {"supplier", "supplier1", "complex"}
    assert set(flows.legs["way"]) == {"road"}
    pairs = set(itertools.product(["existing", "milk_run"], ["supplier", "supplier1"]))
    assert set(zip(flows.legs["chain"], flows.legs["start"], strict=True)) == pairs

"""Tables and names on exposure and stops: both languages, by hand, hostile text escaped."""

import re
from dataclasses import replace
from functools import cache
from html import unescape
from typing import NamedTuple

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import (
    benefits,
    disruption,
    economics,
    exposures,
    flow_maps,
    listings,
    messages,
    networks,
    report,
    resilience,
    stability,
    study,
)
from site_select.messages import UNKNOWN, Text

HANGUL = re.compile("[가-힣]")
HOSTILE = "<script>alert(7)</script>"
GWANGJU = made_up.ROOT / "data" / "studies" / "gwangju-2020"
KINDS = ["desk", "pilot"]
IN_WORDS = {
    "exposure": [], "critical": ["kind", "name"], "disruption": [],
    "scenario": ["name", "kind", "quality"], "evidence": ["side", "text", "effect", "quality"],
    "endurance": [],
}  # fmt: skip


class Case(NamedTuple):
    """One complex of one study, its chains and what was simulated of them."""

    read: study.Study
    site: economics.Site
    draws: pd.DataFrame
    every: dict[str, networks.Chain]
    found: dict[str, disruption.Outcome]


def case_of(read, label):
    site = economics.sites(read, [label])[label]
    draws = resilience.drawn(read, site, n_samples=16)
    every = resilience.chains(read, site, benefits.told_apart(site, draws), draws)
    return Case(read, site, draws, every, resilience.simulated(read, every, draws, years=20))


@cache
def case(kind):
    if kind == "desk":
        few = made_up.desk().complexes.loc[["RC02"]]
        return case_of(replace(made_up.desk(), complexes=few), "RC02")
    read = study.read(GWANGJU)
    return case_of(replace(read, complexes=read.complexes.loc[["RC15"]]), "RC15")


def every_table(case):
    read, site, draws, every, found = case
    hit = exposures.scenarios(read, site, every, draws)
    short = resilience.short_days(read, every, draws)
    return [
        ("exposure", exposures.surveyed(read)),
        ("exposure", exposures.simulated(read, site, every, found)),
        ("critical", exposures.critical(read, site, every)),
        ("disruption", exposures.results(every, found, short, draws)),
        ("disruption", exposures.by_kind(read, site, every, found)),
        ("scenario", exposures.scenario_table(read, hit)),
        ("evidence", exposures.evidence(read)),
        ("endurance", exposures.endurance(read, site, every)),
    ]


@cache
def tables():
    return [pair for kind in KINDS for pair in every_table(case(kind))]


def flat(frame):
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index() if named else frame


def rows_by_name(table, column):
    """Cells of a column by the English name of their row."""
    return {name.en: cell for name, cell in zip(table.index, table[column], strict=True)}


def said(key):
    return messages.text(f"exposures.{key}").en


# both languages


def test_every_column_has_a_heading_in_both_languages_but_those_named_by_a_complex():
    for name, frame in tables():
        headers = listings.headers(name)
        for column in flat(frame).columns.difference(["RC15"]):
            heading = headers[column]
            assert heading.ko.strip(), (name, column)
            assert heading.en.strip(), (name, column)
            assert not HANGUL.search(heading.en), (name, column)


def test_every_cell_in_words_has_both_languages():
    for name, frame in tables():
        whole = flat(frame)
        assert len(whole) > 0, name
        for column in IN_WORDS[name]:
            assert all(isinstance(cell, Text) for cell in whole[column]), (name, column)
        if frame.index.name:
            assert all(isinstance(cell, Text) for cell in frame.index), name
        for cell in whole.to_numpy().ravel():
            if isinstance(cell, Text):
                assert cell.ko.strip(), (name, cell)
                assert cell.en.strip(), (name, cell)


def test_no_korean_is_left_in_an_english_table_and_no_gap_in_any():
    page = report.Page()
    for name, frame in tables():
        body = page.table("stability.critical", frame, headers=listings.headers(name)).body
        assert not HANGUL.search(re.sub(r'href="[^"]*"', "", body.en)), name
        assert HANGUL.search(body.ko), name
        assert "nan" not in re.sub(r"<[^>]+>", " ", body.en).lower().split(), name


def test_every_country_with_one_known_supplier_and_every_kind_of_stop_has_a_name():
    read = case("desk").read
    places = read.survey.overseas_places
    countries = set(places.loc[places["kind"] == "supplier", "country"])
    assert {"SE", "DE", "JP"} <= countries
    for country in countries:
        name = exposures.node_name(read, case("desk").site, "origin", country)
        assert HANGUL.search(name.ko), country
        assert not HANGUL.search(name.en), country
    for kind in read.survey.scenarios["kind"]:
        assert messages.text(f"exposures.kind.{kind}").ko, kind


# names


def test_nodes_are_named_as_a_meeting_reads_them():
    read, site, *_ = case("desk")
    assert exposures.node_name(read, site, "origin", "SE") == Text("스웨덴", "Sweden")
    seller = "Stroemsholmen AB (gas springs)"
    named = Text("Stroemsholmen AB(가스스프링)", seller)
    assert exposures.node_name(read, site, "supplier", "O05") == named
    assert exposures.node_name(read, site, "part", "O05").en == f"part of {seller} (assumed)"
    assert exposures.node_name(read, site, "part", "gas spring").en == "gas spring"
    assert exposures.node_name(read, site, "port", "").en == "port of arrival"
    assert exposures.node_name(read, site, "complex", "") == read.names["RC02"]
    assert exposures.node_name(read, site, "origin", "SE;DE") == Text("SE;DE", "SE;DE")


def test_network_of_the_pilot_has_its_ways_and_weights_by_name():
    """18 of 40 t fly: 20 t of each part, 22 t through the port; levels of the draws have mean 1."""
    read, site, _, every, _ = case("pilot")
    nodes, links = exposures.network(read, site, every["existing"])
    assert all(isinstance(name, Text) for name in nodes["name"])
    weight = {name.en: t for name, t in zip(nodes["name"], nodes["weight"], strict=True)}
    assert weight == pytest.approx({
        "air freight": 18, "Suez canal": 22, "port of departure": 22, "port of arrival": 22,
        "Germany": 20, "Sweden": 20, "gas spring": 20, "wear plate": 20,
        "Stroemsholmen AB (gas springs)": 20, "Gwangju Mold Complex": 40,
        "FIBRO GmbH - Hassmersheim plant (standard parts / gas springs)": 20,
    }, rel=1e-3)  # fmt: skip
    assert set(links["start"]) | set(links["end"]) == set(nodes.index)


def test_basis_says_whether_the_imports_were_surveyed():
    assert exposures.basis(case("desk").site) == messages.text("exposures.basis.assumed")
    assert exposures.basis(case("pilot").site) == messages.text("exposures.basis.surveyed")


# numbers


def test_critical_nodes_of_the_pilot_by_hand():
    """11 of 20 t of each part sail, 9 fly, one of two parts is from each origin; then all sails."""
    read, site, _, every, _ = case("pilot")
    table = exposures.critical(read, site, every)
    shares = {
        (kind.en, name.en): row
        for kind, name, *row in table.itertuples(index=False)
        if kind.en != "supplier"
    }
    gates = ["port of departure", "Suez canal", "port of arrival", "container trucks in Korea",
             "single late ships"]  # fmt: skip
    assert shares == {
        **{(gate, gate): pytest.approx([0.55, 1, 0, 1]) for gate in gates},
        ("air freight", "air freight"): pytest.approx([0.45, 0, 0, 0]),
        ("origin", "Sweden"): pytest.approx([0.5, 0.5, 1, 1]),
        ("origin", "Germany"): pytest.approx([0.5, 0.5, 1, 1]),
    }
    assert len(table) == len(shares) + 2
    assert table["firms_share_after"].is_monotonic_decreasing


def test_nodes_that_nothing_passes_are_not_listed():
    """Where every firm alone sails too, nobody flies."""
    read, site, _, every, _ = case("desk")
    assert ("air", "") in every["existing"].passes.index
    kinds = {kind.en for kind in exposures.critical(read, site, every)["kind"]}
    assert said("kind.air") not in kinds


def test_places_are_ringed_by_the_share_that_passes_them():
    read, site, _, every, _ = case("pilot")
    points = exposures.places(read, site, every["existing"]).points
    assert points["share"].drop("complex").to_dict() == pytest.approx({
        "supplier": 0.5, "supplier1": 0.5, "departure_port": 0.55, "arrival_port": 0.55,
        "departure_airport": 0.45, "arrival_airport": 0.45,
    })  # fmt: skip
    assert np.isnan(points.loc["complex", "share"])
    assert points.index[points["critical"]].tolist() == ["supplier", "supplier1"]
    pooled = exposures.places(read, site, every["milk_run"]).points
    assert set(pooled.index[pooled["critical"]]) == {
        "supplier", "supplier1", "departure_port", "arrival_port",
    }  # fmt: skip


def test_rings_stand_at_the_supplier_that_they_are_of():
    """All but a tenth from the second supplier."""
    read, _, _, _, _ = case("pilot")
    orders = read.survey.orders
    heavy = orders["weight_t"].where(orders["supplier"] == "O05", orders["weight_t"] * 9)
    uneven = replace(read, survey=replace(read.survey, orders=orders.assign(weight_t=heavy)))
    _, site, _, every, _ = case_of(uneven, "RC15")
    points = exposures.places(uneven, site, every["existing"]).points
    assert points.loc[["supplier", "supplier1"], "share"].tolist() == pytest.approx([0.1, 0.9])
    assert points.loc["supplier1", "name"].en.startswith("FIBRO")


def test_days_short_by_kind_of_stop_add_up_to_the_mean_of_the_firms():
    for kind in KINDS:
        read, site, _, every, found = case(kind)
        table = exposures.by_kind(read, site, every, found)
        assert table["existing"].is_monotonic_decreasing
        for name in table:
            short = resilience.of_complex(every[name], found[name].short_days)
            assert table[name].sum() == pytest.approx(short.mean()), (kind, name)


def test_steps_are_the_5th_50th_and_95th_percentile_of_the_mean_firm():
    read, _, draws, every, _ = case("pilot")
    days = resilience.short_days(read, every, draws)
    table = exposures.steps(days)
    assert table.index.tolist() == ["existing", "pooled_shipments", "shared_stock", "second_origin"]
    assert table.loc["shared_stock"].tolist() == pytest.approx(
        np.quantile(days["milk_run"], [0.05, 0.5, 0.95])
    )


def test_results_by_hand_of_an_outcome_set_by_hand():
    """Every firm: 3 days short in 2 stops of 40 days each, of 40 t a year 0.4 t late."""
    _, _, draws, every, found = case("pilot")
    own = found["existing"]
    firms, one = np.ones_like(own.short_days), np.ones_like(own.half_days)
    need = every["existing"].need_t.sum(axis=2)
    told = own._replace(
        short_days=3 * firms, unmet_t=0.01 * need, failures=2 * firms, failure_days=80 * firms,
        half_days=4 * one, half_years=0.25 * one,
    )  # fmt: skip
    same = dict.fromkeys(exposures.SHOWN, told)
    draws = draws.assign(part_price=1_000.0, shortage_cost=5.0)
    chains = dict.fromkeys(exposures.SHOWN, every["existing"])
    days = dict.fromkeys(exposures.SHOWN, 3 * one)
    cells = rows_by_name(exposures.results(chains, same, days, draws), "existing")
    assert cells[said("measure.short_days")] == "3.0 (3.0 … 3.0)"
    assert cells[said("measure.half_days")] == "4.0 (4.0 … 4.0)"
    assert cells[said("measure.half_years")] == "25.0 (25.0 … 25.0)"
    assert cells[said("measure.fill_rate")] == "99.0 (99.0 … 99.0)"
    assert cells[said("measure.failures")] == "2.0 (2.0 … 2.0)"
    assert cells[said("measure.recovery_days")] == "40.0 (40.0 … 40.0)"
    cost = [float(number) for number in re.findall(r"[\d.]+", cells[said("measure.cost")])]
    low, middle, high = np.quantile(need.sum(axis=1), [0.05, 0.5, 0.95])
    # 0.01 of the need in t, 1 M KRW a tonne, 5 KRW lost per KRW: 2 M KRW for 40 t
    assert cost == pytest.approx([0.05 * t for t in (middle, low, high)], abs=0.051)
    assert cost[0] == pytest.approx(2, abs=0.15)


def test_scenarios_of_both_chains_are_in_order_and_named():
    read, site, draws, every, _ = case("pilot")
    table = exposures.scenarios(read, site, every, draws)
    assert table.columns.tolist() == [
        "existing_low", "existing", "existing_high", "milk_run_low", "milk_run", "milk_run_high",
    ]  # fmt: skip
    for key in ("existing", "milk_run"):
        known = table.dropna(subset=key)
        assert (known[f"{key}_low"] <= known[key]).all()
        assert (known[key] <= known[f"{key}_high"]).all()
    names = exposures.scenario_names(read)
    assert set(names.index) == set(table.index)
    assert names["suez_2021"].en == "Suez blocked in 2021"
    found = resilience.scenario(read, every, draws, "supplier_fire")["milk_run"].short_days
    by_hand = np.median(resilience.of_complex(every["milk_run"], found))
    assert table.loc["supplier_fire", "milk_run"] == pytest.approx(by_hand)


def test_scenario_table_says_what_stops_when_and_how_long():
    read, site, draws, every, _ = case("pilot")
    hit = exposures.scenarios(read, site, every, draws)
    table = exposures.scenario_table(read, hit).set_index(hit.index)
    suez = table.loc["suez_2021"]
    assert (suez["kind"].en, suez["start"], suez["days"]) == (
        "Suez canal",
        "2021-03-23",
        "6 / 6 / 12",
    )
    assert (table.loc["supplier_fire", ["start", "days"]]).tolist() == ["–", "30 / 90 / 270"]
    assert table.loc["strike_2022", "share"] == 0.75
    assert table.loc["supplier_fire", "existing"] == f"{hit.loc['supplier_fire', 'existing']:,.2f}"
    assert table.loc["japan_control_2019", "existing"].en == "nothing passes"


@pytest.mark.parametrize("chain", ["existing", "milk_run"])
@pytest.mark.parametrize("kind", KINDS)
def test_stops_lengthen_and_spread_lead_times_and_bring_other_suppliers(kind, chain):
    read, site, _, every, found = case(kind)
    table = exposures.simulated(read, site, every, found)
    calm, hit = (rows_by_name(table, name) for name in (f"{chain}_calm", chain))
    lead, spread, stock = (
        said(f"index.{name}") for name in ("lead_time_days", "lead_time_variation", "stock_days")
    )
    by_hand = (every[chain].lead_days * every[chain].count).mean(axis=0)
    assert float(calm[lead]) == pytest.approx(
        np.average(by_hand, weights=every[chain].count.mean(axis=0)), rel=0.02
    )
    assert float(calm[lead]) < float(hit[lead])
    assert float(calm[spread]) == 0 < float(hit[spread])
    assert calm[stock] == hit[stock]
    assert calm[said("index.origin_hhi")] == "0.5"  # two origins, evenly
    assert calm[said("index.single_sourced")] == "1"
    assert calm[said("index.import_dependence")] == "1"
    assert float(hit[said("index.origin_hhi")].split(" … ")[0]) < 0.5
    assert hit[said("index.qualify_days")] == UNKNOWN


def test_routes_of_the_simulated_pilot_by_hand():
    """0.45² + 0.55² = 0.505 by air and sea; the milk run has one route."""
    read, site, _, every, found = case("pilot")
    table = exposures.simulated(read, site, every, found)
    route = said("index.route_hhi")
    assert rows_by_name(table, "existing_calm")[route] == "0.505"
    assert rows_by_name(table, "milk_run_calm")[route] == "1"


def test_where_no_orders_were_surveyed_every_index_is_unknown():
    table = exposures.surveyed(case("desk").read)
    assert table.columns.tolist() == ["nobody"]
    assert len(table) == len(stability.INTERVALS) + 1
    assert set(table["nobody"]) == {UNKNOWN}


def test_surveyed_orders_have_a_column_per_complex_by_hand():
    """RC02: 30 t from Sweden after 20 days, 10 t from Germany after an unknown time."""
    read = case("pilot").read
    own = read.survey.orders.iloc[[0, 2]].assign(
        complex_id="RC02", weight_t=[30.0, 10.0], lead_time_days=[20.0, np.nan], other_suppliers=1
    )
    orders = pd.concat([read.survey.orders, own], ignore_index=True)
    settings = replace(
        read.settings, logistics=replace(read.settings.logistics, split_is_known=True)
    )
    known = replace(read, settings=settings, survey=replace(read.survey, orders=orders))
    table = exposures.surveyed(known)
    assert table.columns.tolist() == ["RC02", "RC15"]
    new, old = (rows_by_name(table, label) for label in ("RC02", "RC15"))
    assert new[said("index.origin_hhi")] == "0.625"
    assert new[said("index.origins")] == "1.6"
    assert new[said("index.lead_time_days")] == "20"
    assert new[said("index.substitutes")] == "1"
    assert new[said("index.route_hhi")] == "1"
    assert old[said("index.origin_hhi")] == "0.5"
    assert old[said("index.route_hhi")] == "0.505"
    assert old[said("index.lead_time_days")] == UNKNOWN
    assert old[said("index.substitutes")] == "0 … 1"
    open_split = rows_by_name(exposures.surveyed(read), "RC15")  # as the study says
    assert open_split[said("index.origin_hhi")] == "0.5 … 1"


def test_surveyed_orders_are_also_listed_by_part_and_by_value():
    """Both parts are bought by air and sea, 9 and 11 t, but are worth 3 and 1 by air and sea."""
    read = case("pilot").read
    orders = read.survey.orders.assign(value_krw=[3.0, 1.0, 3.0, 1.0])
    read = replace(read, survey=replace(read.survey, orders=orders))
    table = exposures.surveyed(read, by=["complex_id", "part"], weight="value_krw")
    assert table.columns.tolist() == ["RC15 · gas spring", "RC15 · wear plate"]
    for part in table:
        assert rows_by_name(table, part)[said("index.route_hhi")] == "0.625", part
        assert rows_by_name(table, part)[said("index.origin_hhi")] == "0.5 … 1", part


def test_endurance_stands_beside_what_firms_told():
    """KBIZ: 25.8 days of stock in 2007; 28.9, 59.0 and 79.5% would endure less, in 2019."""
    read, site, _, every, _ = case("desk")
    table = exposures.endurance(read, site, every)
    assert table["told"].tolist() == pytest.approx([25.8, 28.9, 59.0, 79.5])
    middle = [float(cell.split(" ")[0]) for cell in table["modelled"]]
    own = every["existing"]
    held = resilience.of_complex(own, own.stock_days + own.interval_days / 2)
    assert middle[0] == pytest.approx(np.median(held), abs=0.051)
    assert middle[1] <= middle[2] <= middle[3] <= 100


def test_captions_name_the_node_and_the_last_day_on_which_half_still_run():
    read, site, draws, every, _ = case("pilot")
    gate = exposures.survival(read, site, every, "port")
    assert gate.said["name"].en == "port of arrival"
    assert set(gate.curves["chain"]) == set(exposures.SHOWN)
    for key, chain in (("before", "existing"), ("after", "milk_run")):
        curve = gate.curves[gate.curves["chain"] == chain].set_index("days")["middle"]
        day = gate.said[key]
        assert curve[day] >= 0.5 > curve[day + 3], chain
    origin = exposures.survival(read, site, every, "origin")
    assert origin.said["name"].en in {"Sweden", "Germany"}
    assert exposures.size(draws) == {"draws": 16, "years": 400}


def test_survival_of_a_kind_that_no_goods_pass_is_that_of_the_heaviest_node():
    read, site, _, every, _ = case("pilot")
    assert resilience.heaviest(every["existing"], "border") == ("origin", "DE")
    found = exposures.survival(read, site, every, "border")
    assert found.said["name"].en == "Germany"


@pytest.mark.parametrize(
    ("days", "safer", "begins"),
    [
        (57.6, 0.9, "The answer turns with the stock that firms hold: at the mean rates"),
        (float("nan"), 0.9, "Whatever stock firms hold today within the range tried, the milk run"),
        (float("nan"), 0.1, "Whatever stock firms hold today within the range tried, existing"),
    ],
)
def test_answer_turns_at_a_stock_or_never(monkeypatch, days, safer, begins):
    monkeypatch.setattr(resilience, "break_even_days", lambda *_: days)
    read, site, *_ = case("desk")
    assert exposures.flip(read, site, safer).en.startswith(begins)


def test_findings_count_draws_in_which_the_milk_run_is_safer_and_complexes_that_gain():
    read, _, draws, every, found = case("pilot")
    ends = {"low": [0.5, -3.0, -1.0, np.nan], "value": [1.0, -2.0, 3.0, np.nan],
            "high": [2.0, -1.0, 4.0, np.nan]}  # fmt: skip
    days = resilience.short_days(read, every, draws)
    told = exposures.findings(every, found, days, pd.DataFrame(ends))
    assert (told["known"], told["gain"], told["open"]) == (3, 2, 1)
    assert told["safer"] == (days["milk_run"] < days["existing"]).mean()
    assert told["existing"] == np.median(days["existing"])
    assert told["half_after"] == found["milk_run"].half_years.mean()


def test_evidence_speaks_on_both_sides_with_what_it_does_to_the_weight():
    table = exposures.evidence(case("desk").read)
    sides = {cell.en for cell in table["side"]}
    assert {"for", "against"} <= sides <= {"for", "against", "unclear"}
    assert all(cell.ko and cell.en for cell in table["effect"])
    assert table["source"].ne("").all()


# hostile text


def hostile(read):
    """The study with suppliers, parts, scenarios and evidence written by an attacker."""
    of = read.survey
    texts = {
        f"{name}_{language}": HOSTILE for name in ("text", "effect") for language in ("ko", "en")
    }
    return replace(read, survey=replace(
        of, overseas_places=of.overseas_places.assign(name=HOSTILE),
        orders=of.orders.assign(part=of.orders["part"] + HOSTILE, firm=HOSTILE),
        scenarios=of.scenarios.assign(name_ko=HOSTILE, name_en=HOSTILE, start=HOSTILE,
                                      source=HOSTILE),
        evidence=of.evidence.assign(source=f"https://example.org/{HOSTILE}", **texts),
    ))  # fmt: skip


def test_hostile_names_are_escaped_in_every_table_and_on_the_map():
    spoilt, clean = case_of(hostile(case("pilot").read), "RC15"), case("pilot")
    page, escaped = report.Page(), dict.fromkeys(IN_WORDS, 0)
    by_part = exposures.surveyed(spoilt.read, by=["firm", "part"])
    for name, frame in [*every_table(spoilt), ("exposure", by_part)]:
        exhibit = page.table("stability.critical", frame, headers=listings.headers(name))
        for body in (exhibit.body.ko, exhibit.body.en):
            assert "<script" not in body, name
            escaped[name] += body.count("&lt;script&gt;alert(7)")
    assert all(escaped[name] > 0 for name in ("critical", "exposure", "scenario", "evidence"))
    drawn = [
        unescape(page.map(
            "stability.map", flow_maps.flows,
            exposures.places(one.read, one.site, one.every["existing"]), values={"name": HOSTILE},
        ).body.en) for one in (spoilt, clean)
    ]  # fmt: skip
    assert drawn[0].count("<script") == drawn[1].count("<script")
    assert "alert(7)" in drawn[0]


def test_hostile_names_stand_in_captions_only_escaped():
    read, site, _, every, _ = case_of(hostile(case("pilot").read), "RC15")
    told = exposures.survival(read, site, every, "supplier").said
    assert told["name"].en == HOSTILE
    caption = messages.markup("stability.origin.caption", **told)
    assert HOSTILE not in caption.en
    assert "&lt;script&gt;" in caption.en

"""The facts: complete, sourced, in bounds, and nothing in a cell that no source says."""

import datetime as dt
import json
import re

import made_up
import pytest

from site_select import messages, study, survey, tables

REFERENCE = made_up.REFERENCE
FILES = sorted(REFERENCE.glob("*.csv"))
QUALITIES = {"official", "press", "computed", "assumed", "unknown"}


@pytest.fixture(scope="module")
def readings():
    return {path.stem: tables.read(path, path.stem) for path in FILES}


def test_every_reference_table_has_a_schema_and_every_schema_a_table(readings):
    """But for what only a study can bring: its value tree, and what was surveyed."""
    assert set(readings) | {"criteria", *survey.OPTIONAL} == set(survey.TABLES)
    assert not set(readings) & {"criteria", *survey.OPTIONAL}


def test_every_table_passes_its_schema_with_nothing_read_differently(readings):
    assert {name: reading.faults for name, reading in readings.items() if reading.faults} == {}
    assert {name: reading.notes for name, reading in readings.items() if reading.notes} == {}


def test_every_row_says_where_it_comes_from_and_how_far_it_can_be_trusted(readings):
    for name, reading in readings.items():
        assert (reading.table["source"].str.len() > 3).all(), name
        if "quality" in reading.table:
            assert set(reading.table["quality"]) <= QUALITIES, name
    assert [name for name in readings if "quality" not in readings[name].table] == []


def test_no_reference_row_is_synthetic(readings):
    assert not any((r.table["quality"] == "synthetic").any() for r in readings.values())


def test_files_are_utf_8_without_byte_order_mark_and_with_unix_lines():
    for path in [*FILES, made_up.DESK / "criteria.csv"]:
        raw = path.read_bytes()
        raw.decode("utf-8")
        assert not raw.startswith(b"\xef\xbb\xbf"), path.name
        assert b"\r" not in raw, path.name
        assert raw.endswith(b"\n"), path.name


def test_all_58_complexes_are_there_with_running_numbers():
    complexes = study.read(made_up.DESK).complexes
    assert complexes.index.tolist() == [f"RC{number:02d}" for number in range(1, 59)]
    assert (complexes["designated_year"] <= 2024).sum() == 55
    assert (complexes["designated_year"] == 2025).sum() == 3
    assert complexes["latitude"].isna().sum() == 2


def test_six_complexes_are_partners_in_a_yard():
    in_yard = made_up.desk().complexes["in_yard"].astype(bool)
    assert set(in_yard[in_yard].index) == {"RC33", "RC34", "RC38", "RC39", "RC45", "RC49"}


def test_official_distances_are_there_for_every_complex_and_base(readings):
    """58 complexes by 14 ports and depots."""
    table = readings["port_distances"].table
    assert len(table) == 58 * 14
    assert (table["distance_low_km"] <= table["distance_km"]).all()
    assert (table["distance_km"] <= table["distance_high_km"]).all()
    for size in (20, 40):
        assert (table[f"fare_{size}ft_low_krw"] <= table[f"fare_{size}ft_krw"]).all()
        assert (table[f"fare_{size}ft_krw"] <= table[f"fare_{size}ft_high_krw"]).all()


def test_matched_fares_are_those_of_their_distance_but_for_two_ports(readings):
    """Only Incheon and Pyeongtaek carry a surcharge on the fare by kilometre."""
    table = readings["port_distances"].table
    exact = table[table["match_level"].isin(["exact", "alias"]) & ~table["base"].str.contains(
        "incheon|pyeongtaek")]  # fmt: skip
    by_km = readings["distance_fares"].table.set_index("one_way_km")["fare_40ft_shipper_krw"]
    single = exact[exact["distance_low_km"] == exact["distance_high_km"]]
    expected = by_km.reindex(single["distance_km"].astype(int)).to_numpy()
    assert len(single) > 200
    assert (single["fare_40ft_krw"].to_numpy() == expected).all()


def test_fare_never_falls_with_distance(readings):
    table = readings["distance_fares"].table
    assert table["one_way_km"].tolist() == list(range(1, 551))
    assert (table["fare_40ft_shipper_krw"].diff().dropna() >= 0).all()


def test_industrial_complexes_are_all_1363_and_add_up(readings):
    table = readings["industrial_complexes"].table
    assert len(table) == 1363
    gap = table["sale_target_1000m2"] - table["sold_1000m2"] - table["unsold_1000m2"]
    assert (gap.abs() <= 2).mean() > 0.97


def test_concentration_of_the_customs_table_follows_from_its_shares(readings):
    """BACI rows list the origins of an item; their squared shares cannot exceed the index."""
    table = readings["branch_imports"].table
    world = table[(table["origin"] == "_WORLD") & table["hhi"].notna()]
    single = table[table["origin"] != "_WORLD"].groupby(["item_id", "period"])["share_percent"]
    squares = single.agg(lambda shares: ((shares / 100) ** 2).sum())
    printed = world.set_index(["item_id", "period"])["hhi"]
    both = printed.to_frame("hhi").join(squares.rename("squares"), how="inner")
    assert len(both) > 100
    assert (both["squares"] <= both["hhi"] + 0.01).all()


def test_presence_facts_are_known_only_when_present(readings):
    facts = readings["complex_facts"].table
    assert (facts.loc[facts["unit"] == "presence", "value"] == 1).all()


def test_every_fact_has_a_value_or_words(readings):
    facts = readings["complex_facts"].table
    assert (facts["value"].notna() | facts["low"].notna() | (facts["text"] != "")).all()
    ranges = facts.dropna(subset=["low", "value", "high"])
    assert len(ranges) > 0
    assert ranges["value"].between(ranges["low"], ranges["high"]).all()


def test_outcomes_are_the_pilots_and_of_the_announcement_or_later(readings):
    facts = readings["complex_facts"].table
    outcomes = facts[facts["role"] == "outcome"]
    assert set(outcomes["complex_id"]) == {"RC15"}
    assert (outcomes["published"] >= "2020-12-23").all()


def test_pilot_area_is_merged_into_the_facts(readings):
    """The pilot table knows the area of the Gwangju cluster; the complexes table does not."""
    facts = readings["complex_facts"].table
    own = facts[(facts["complex_id"] == "RC15") & (facts["indicator"] == "designated_area_m2")]
    assert own["value"].tolist() == [201_756]


# money and rates


@pytest.fixture(scope="module")
def parameters(readings):
    return readings["logistics_parameters"].table


def test_every_money_parameter_can_be_exchanged_and_brought_to_other_years(readings, parameters):
    rates = readings["exchange_rates"].table
    known = set(zip(rates["currency"], rates["year"], strict=True))
    years = set(readings["price_levels"].table["year"])
    money = parameters[parameters["currency"] != ""]
    assert set(money["currency"]) == {"KRW", "EUR", "USD"}
    assert set(money["year"]) <= years
    foreign = money[money["currency"] != "KRW"]
    assert set(zip(foreign["currency"], foreign["year"], strict=True)) <= known


def test_every_currency_has_a_rate_for_every_year_of_the_price_levels(readings):
    years = readings["price_levels"].table["year"].tolist()
    rates = readings["exchange_rates"].table
    assert years == list(range(2018, 2026))
    assert {name: rows["year"].tolist() for name, rows in rates.groupby("currency")} == (
        dict.fromkeys(["CNY", "EUR", "JPY", "SEK", "USD"], years)
    )


def test_won_for_a_euro_and_a_dollar_make_the_published_rate_between_the_two(readings):
    """Yearly means of the ECB, dollars for a euro; a mean of quotients differs a little."""
    published = {2018: 1.1810, 2019: 1.1195, 2020: 1.1422, 2021: 1.1827, 2022: 1.0530, 2023: 1.0813,
                 2024: 1.0824}  # fmt: skip
    won = readings["exchange_rates"].table.pivot_table("krw", "year", "currency")
    implied = (won["EUR"] / won["USD"]).loc[list(published)]
    assert implied.to_dict() == pytest.approx(published, rel=0.003)


def test_prices_rose_as_statistics_korea_said(readings):
    """Consumer prices rose by 2.5, 5.1, 3.6, 2.3 and 2.1% in the years from 2021."""
    index = readings["price_levels"].table.set_index("year")["index"]
    assert index[2020] == 100
    rises = (index.astype("float64").pct_change() * 100).round(1)
    assert rises.loc[2021:2025].tolist() == [2.5, 5.1, 3.6, 2.3, 2.1]


def test_no_parameter_stands_twice_in_a_year_and_its_other_years_measure_the_same(parameters):
    assert not parameters.duplicated(["parameter", "year"]).any()
    same = ["group", "name_ko", "name_en", "currency", "unit"]
    assert (parameters.groupby("parameter")[same].nunique() == 1).all(axis=None)


@pytest.mark.parametrize("name", ["logistics_parameters", "disruption_parameters"])
def test_every_parameter_says_whether_its_value_was_published_derived_or_is_ours(readings, name):
    parameters = readings[name].table
    allowed = {"published": {"official", "press"}, "derived": {"computed"}, "assumed": {"assumed"}}
    found = parameters.groupby("kind")["quality"].agg(set).to_dict()
    assert set(found) == set(allowed)
    assert all(found[kind] <= allowed[kind] for kind in allowed)


@pytest.mark.parametrize("name", ["logistics_parameters", "disruption_parameters"])
def test_spread_that_is_ours_is_not_called_published(readings, name):
    parameters = readings[name].table
    words = "low and value ours|low and high ours|spread ours|; ours|^ours"
    ours = parameters[parameters["source"].str.contains(words)]
    assert len(ours) > 0
    assert set(ours["spread"]) == {"assumed"}


def test_figures_of_the_pilot_inside_the_parameters_are_those_it_published(readings, parameters):
    """40 t over 24 firms is 1.67 t each, 90 t over 24 firms is 3.75."""
    pilot = readings["pilot_gwangju"].table
    plan = pilot[pilot["stage"] == "plan_2020"].set_index("quantity")["value"]
    own = parameters.set_index("parameter")
    assert own.loc["milk_runs", "value"] == plan["orders_after"] == 6
    volume = own.loc["import_volume_per_firm"]
    assert volume["value"] == round(plan["import_volume_europe"] / plan["member_firms"], 2) == 1.67
    assert volume["high"] == plan["import_volume_total"] / plan["member_firms"] == 3.75


def test_parameters_that_quote_another_table_say_what_stands_there(readings, parameters):
    own = parameters.set_index(["parameter", "year"])
    series = readings["freight_series"].table
    europe = series[(series["lane"] == "EU") & (series["direction"] == "import")]
    june = europe[europe["period"] == "2025-06"].set_index("mode")["value"]
    assert own.loc[("air_freight_eu", 2025), "value"] == june["air"] == 5725
    ocean = own.loc[("fcl20_freight_eu", 2025), "value"]
    assert ocean == pytest.approx(0.65 * june["sea"] * 1000, rel=0.001)
    fares = readings["distance_fares"].table.set_index("one_way_km")["fare_40ft_shipper_krw"]
    assert own.loc[("haulage_level", 2020), "value"] == round(829_000 / fares[383], 3) == 0.743


def test_sea_route_of_a_port_abroad_is_one_there_is(readings):
    places = readings["overseas_places"].table
    routes = set(readings["sea_routes"].table["origin"])
    assert set(places["sea_route"]) - {""} <= routes
    assert set(places.loc[places["sea_route"] != "", "kind"]) == {"port"}


@pytest.mark.parametrize(
    ("day", "rate"),
    [("2006-12-31", 0.065), ("2007-01-01", 0.055), ("2017-08-31", 0.055), ("2017-09-01", 0.045)],
)
def test_one_social_discount_rate_holds_on_a_day(day, rate, readings):
    rules = survey.in_force(readings["appraisal_rules"].table, dt.date.fromisoformat(day))
    held = rules[rules["rule"] == "social_discount_rate"]
    assert held["value"].tolist() == [rate]


def test_longer_trip_and_larger_truck_cost_more(readings):
    fares = readings["truck_fares"].table
    assert fares["capacity_t"].is_monotonic_increasing
    assert (fares["long_krw"] > fares["short_krw"]).all()
    for trip in ("long_krw", "short_krw"):
        assert fares[trip].is_monotonic_increasing
        assert (fares[trip] / fares["capacity_t"]).is_monotonic_decreasing


# disruptions


@pytest.fixture(scope="module")
def hazards(readings):
    return readings["disruption_parameters"].table.set_index("parameter")


@pytest.mark.parametrize(
    ("node", "kind", "count_in"),
    [("port", "port_typhoon", (9, range(2018, 2024))), ("road", "strike", (7, range(2003, 2023))),
     ("canal", "canal", (2, range(2019, 2025)))],
)  # fmt: skip
def test_rate_of_stops_is_the_count_of_events_by_year(node, kind, count_in, readings, hazards):
    events, (count, years) = readings["disruptions"].table, count_in
    rate = hazards.loc[f"{node}_stops"]
    assert ((events["type"] == kind) & events["year"].isin(years)).sum() == count
    assert rate["value"] == round(count / len(years), 2)
    assert "lower bound" in rate["source"]


def test_air_capacity_fell_once_in_22_years(readings, hazards):
    """The rows of the year 2020 and of its worst month are one event."""
    events = readings["disruptions"].table
    falls = events[events["type"] == "air_capacity"]
    assert falls["year"].unique().tolist() == [2020]
    assert hazards.loc["air_stops", "value"] == round(1 / (2024 - 2003 + 1), 2) == 0.05
    assert hazards.loc["air_days", ["low", "high"]].tolist() == sorted(falls["days"]) == [30, 366]
    assert hazards.loc["air_share", ["low", "high"]].tolist() == [0.23, 0.42]


def test_controls_of_origins_that_were_hit_bound_the_rate_from_above(readings, hazards):
    """Four controls or bans of China, Viet Nam and Japan in 18 years, 2007 to 2024."""
    events = readings["disruptions"].table
    controls = events[events["type"].isin(["trade_control", "export_ban"])]
    assert controls["year"].tolist() == [2007, 2016, 2019, 2019]
    assert controls["event"].str.contains("China|Viet Nam|Japan").all()
    assert hazards.loc["origin_stops", "high"] == round(4 / (3 * 18), 2) == 0.07
    assert hazards.loc["origin_days", "high"] == pytest.approx(controls["days"].mean(), rel=0.01)


@pytest.mark.parametrize(
    ("parameter", "kind", "lengths"),
    [("port_days", "port_typhoon", [0.71, 1.49, 1.71, 1.71, 1.75]),
     ("road_days", "strike", [7, 13, 16])],
)  # fmt: skip
def test_length_of_a_stop_is_the_mean_of_the_known_ones(
    parameter, kind, lengths, readings, hazards
):
    events = readings["disruptions"].table
    known = events.loc[events["type"] == kind, "days"].dropna()
    assert sorted(known) == lengths
    assert hazards.loc[parameter, "value"] == round(known.mean(), 2)
    assert hazards.loc[parameter, "low"] == known.min()


def test_stoppage_of_truckers_holds_back_what_did_not_pass_the_gates_of_busan(readings, hazards):
    events = readings["disruptions"].table
    told = " ".join(events.loc[events["type"] == "strike", "effect"])
    passed = [float(share) for share in re.findall(r"(2\d\.\d) %", told)]
    assert passed == [29.3, 23.9, 25.4]
    held = sorted(round(1 - share / 100, 2) for share in passed)
    assert hazards.loc["road_share", ["low", "value", "high"]].tolist() == held


def test_shares_and_survey_answers_lie_between_none_and_all(hazards):
    shares = hazards[hazards["unit"].str.startswith("share")]
    assert len(shares) == 15
    assert shares[["low", "value", "high"]].stack().between(0, 1).all()
    for answers in (["switched_within_180_days", "switched_within_365_days"],
                    [f"endured_under_{days}_days" for days in (90, 180, 365)]):  # fmt: skip
        assert hazards.loc[answers, "value"].is_monotonic_increasing
        assert hazards.loc[answers, "source"].str.contains("https://.* 269 small makers").all()


def test_every_kind_of_node_has_how_often_how_long_and_how_far_it_stops(readings, hazards):
    allowed = tables.schema("scenarios").loc["kind", "allowed"].split(";")
    needed = {f"{kind}_{of}" for kind in allowed for of in ("stops", "days", "share")}
    assert needed <= set(hazards.index)
    assert set(readings["scenarios"].table["kind"]) <= set(allowed)


def test_scenario_with_a_date_is_an_event_and_lasts_as_long(readings):
    """But for the Red Sea, whose end no source tells."""
    kinds = {"origin": "trade_control", "air": "air_capacity", "canal": "canal", "road": "strike",
             "port": "port_typhoon"}  # fmt: skip
    scenarios = readings["scenarios"].table.set_index("scenario")
    dated = scenarios[scenarios["start"] != ""]
    events = readings["disruptions"].table.set_index(["start", "type"])
    found = events.loc[list(zip(dated["start"], dated["kind"].map(kinds), strict=True))]
    assert dated["source"].tolist() == found["source"].tolist()
    assert dated["year"].tolist() == found["year"].tolist()
    is_open = found["days"].isna().to_numpy()
    assert dated.index[is_open].tolist() == ["red_sea_2023"]
    assert dated["days"][~is_open].tolist() == found["days"][~is_open].tolist()


def test_scenario_that_never_happened_or_whose_days_are_ours_is_marked_as_assumed(readings):
    scenarios = readings["scenarios"].table.set_index("scenario")
    never = scenarios.index[scenarios["start"] == ""].tolist()
    assert never == ["control_of_largest_origin", "supplier_fire"]
    is_assumed = scenarios["quality"] == "assumed"
    assert set(scenarios.index[is_assumed]) == {*never, "red_sea_2023"}
    assert scenarios.loc[scenarios["target"] != "", "kind"].isin(["origin", "supplier"]).all()
    assert scenarios.loc[scenarios["kind"].isin(["origin", "supplier"]), "target"].ne("").all()


def test_evidence_speaks_for_and_against_and_quotes_the_imports_right(readings):
    evidence = readings["evidence"].table.set_index("evidence")
    assert evidence["side"].value_counts().to_dict() == {"for": 5, "against": 4, "unclear": 1}
    imports = readings["branch_imports"].table
    china = imports[(imports["origin"] == "China") & (imports["year"] == 2024)]
    shares = china.set_index("item_id")["share_percent"]
    items = ["tungsten_powders_carbide_hs92_code_810110",
             "natural_graphite_powder_or_flakes_250410"]  # fmt: skip
    assert shares[items].round().tolist() == [93, 93]
    text = evidence.loc["single_origin_items", "text_en"]
    assert "93% of the tungsten powder and 93% of the graphite powder" in text


# names, documents, shapes


def test_every_branch_of_a_complex_has_a_name_in_both_languages(readings):
    branches = readings["branches"].table.set_index("branch")
    codes = set(readings["complexes"].table["branches"].str.split(";").explode()) - {""}
    assert codes <= set(branches.index)
    assert (branches[["name_ko", "name_en"]] != "").all(axis=None)


def test_facts_and_units_have_words_in_the_catalogue(readings):
    known = set(messages.catalogue())
    assert {f"facts.{name}" for name in readings["complex_facts"].table["indicator"]} <= known
    units = set(made_up.desk().criteria["unit"]) - {""}
    assert {f"units.{unit}" for unit in units} <= known


def test_tree_of_the_desk_study_counts_the_port_distance_once():
    criteria = made_up.desk().criteria
    assert len(criteria[criteria["parent"] == "pilot_site"]) == 4
    assert [name for name in criteria.index if "port_haulage" in name or name == "port_km"] == [
        "port_haulage_fare"
    ]
    assert (criteria["source"] != "").all()


def test_data_dictionary_in_docs_is_the_one_of_the_schemas():
    written = (made_up.ROOT / "docs" / "data_dictionary.md").read_text("utf-8")
    assert written.rstrip("\n") == tables.data_dictionary().rstrip("\n")


def test_data_readme_names_every_file():
    readme = (made_up.ROOT / "data" / "README.md").read_text("utf-8")
    files = [path for path in REFERENCE.rglob("*") if path.is_file() and "__" not in str(path)]
    missing = [path.name for path in files if path.name not in readme]
    assert missing == []


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_data_readme_counts_the_rows_right(name, readings):
    readme = (made_up.ROOT / "data" / "README.md").read_text("utf-8")
    told = re.search(rf"^\| `{name}\.csv` \| ([\d,]+) \|", readme, re.MULTILINE)
    assert told is not None, f"{name}.csv has no count"
    assert int(told[1].replace(",", "")) == len(readings[name].table)


@pytest.mark.parametrize(("name", "count"), [("counties", 229), ("provinces", 17)])
def test_boundaries_are_those_of_2025(name, count):
    path = REFERENCE / "boundaries" / f"{name}_400m.geojson"
    shapes = json.loads(path.read_text("utf-8"))
    assert len(shapes["features"]) == count
    readme = (made_up.ROOT / "data" / "README.md").read_text("utf-8")
    assert re.search(rf"`(boundaries/)?{name}_400m\.geojson` \({count}\)", readme)


def test_boundaries_are_valid_shapes_in_degrees():
    survey = made_up.desk().survey
    assert survey.counties.geometry.is_valid.all()
    assert survey.provinces.geometry.is_valid.all()
    assert survey.counties.crs == survey.provinces.crs == "EPSG:4326"

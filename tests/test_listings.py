"""Tables that a meeting reads, in both languages, from the facts as they stand."""

import made_up
import pandas as pd
import pytest

from site_select import assessment, listings, messages
from site_select.messages import Text


def both(texts):
    """Every text has words in both languages."""
    return all(isinstance(text, Text) and text.ko.strip() and text.en.strip() for text in texts)


def test_complex_is_named_with_its_number():
    name = listings.name_of(made_up.desk(), "RC15")
    assert name == Text("광주 금형특화단지(RC15)", "Gwangju Mold Complex (RC15)")


def test_list_is_joined_as_each_language_does():
    texts = [Text("가", "a"), Text("나", "b"), Text("다", "c")]
    assert listings.listed(texts) == Text("가, 나, 다", "a, b and c")


def test_branches_of_a_cell_are_named_and_none_is_unknown():
    assert listings.branch_names(made_up.desk(), "mold;casting").en == "Mold making and Casting"
    assert listings.branch_names(made_up.desk(), "") == messages.UNKNOWN


def test_every_fact_of_every_candidate_is_listed_with_quality_role_and_source():
    desk = made_up.desk()
    facts = desk.survey.complex_facts
    listed = listings.known_facts(desk, facts)
    assert len(listed) == len(facts)
    for column in ("name", "fact", "quality", "role"):
        assert both(listed[column]), column
    assert (listed["source"].str.len() > 3).all()
    assert (listed["known"].map(str) != "").mean() > 0.7


def test_facts_of_some_indicators_only():
    listed = listings.facts_named(made_up.desk(), ["shared_logistics_own"])
    facts = made_up.desk().survey.complex_facts
    assert len(listed) == (facts["indicator"] == "shared_logistics_own").sum() == 8


def test_fact_that_the_catalogue_does_not_know_is_listed_under_its_own_name():
    """A study may ask what nobody asked before; an indicator of its tree has a name there."""
    read, _ = made_up.assessed(made_up.best_and_known)
    listed = listings.known_facts(read, read.survey.complex_facts)["fact"]
    told = {getattr(words, "en", words) for words in listed}
    assert told & {"hall", read.labels["hall"].en}
    assert told & {"lead_time_days", read.labels["lead_time_days"].en}


def test_estimates_are_listed_best_known_first_and_unknown_last():
    desk = made_up.desk()
    cells = assessment.performance(desk).xs("airport_km", level="indicator")
    listed = listings.estimates_table(desk, cells)
    assert listed["value"].dropna().is_monotonic_decreasing
    assert listed.index[-2:].tolist() in (["RC57", "RC58"], ["RC58", "RC57"])
    assert both(listed["quality"])
    assert listed.loc["RC57", "published"] == "–"


def test_rules_in_force_have_text_and_quality_in_both_languages():
    listed = listings.rules(assessment.rules(made_up.desk()))
    assert len(listed) == 5
    assert both(listed["rule"])
    assert both(listed["quality"])
    assert both(listings.rule_names(assessment.rules(made_up.desk())))


def test_items_are_listed_from_the_most_concentrated_one():
    desk = made_up.desk()
    table = assessment.import_items(desk)
    listed = listings.items(desk, table)
    assert len(listed) == len(table)
    assert both(listed["branches"])
    assert listed["high"].iloc[0] >= listed["high"].iloc[-1]


def test_events_come_newest_first_and_a_missing_end_is_a_dash():
    listed = listings.events(made_up.desk())
    assert listed["start"].is_monotonic_decreasing
    assert "" not in set(listed["end"])
    assert len(listed) == len(made_up.desk().survey.disruptions)


def test_pilot_is_listed_stage_by_stage_with_every_row():
    listed = listings.pilot(made_up.desk())
    assert len(listed) == 27
    assert both(listed["stage"])
    assert both(listed["quantity"])


def test_nearest_ports_are_the_official_ones():
    desk = made_up.desk()
    row = listings.nearest_ports(desk, assessment.harbours(desk)).loc["RC15"]
    assert (row["port"].en, row["fare"], row["km"]) == ("Gwangyang Port", 492_700, 117)
    assert (row["second_port"].en, row["second_km"]) == ("Busan New Port", 269)
    assert both([row["matched"]])


def test_sea_routes_are_longer_when_canals_are_closed():
    """Rotterdam: 10,895 nautical miles by Suez, 14,215 round the Cape."""
    routes = listings.sea_routes(made_up.desk())
    rotterdam = routes.set_axis([name.en for name in routes.index]).loc["Rotterdam"]
    assert rotterdam["shortest"] == pytest.approx(10_895, abs=5)
    assert rotterdam["suez_and_panama_closed"] == pytest.approx(14_215, abs=5)
    far = routes.dropna()
    assert len(far) == 4
    assert (far.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)


def test_undated_facts_name_the_facility_of_the_pilot():
    listed = listings.undated_facts(made_up.desk())
    assert "RC15" in listed.ko
    assert "RC15" in listed.en


def test_known_values_are_missing_where_the_complex_itself_is_unknown():
    desk, result = made_up.desk(), made_up.desk_result()
    indicators = list(result.weights.index)
    values = listings.known_values(desk, result.performance, indicators)
    assert values["origin_concentration"].isna().all()
    assert values.loc["RC15", "shared_logistics"] == 1
    assert pd.isna(values.loc["RC15", "ordering_body"])
    assert values.stack().dropna().between(0, 1).all()


def test_names_and_counts_of_indicators_are_joined_or_none():
    desk = made_up.desk()
    assert listings.named(desk, ["airport_km"]) == desk.labels["airport_km"]
    assert listings.named(desk, []) == messages.text("scores.nothing")
    cells = assessment.performance(desk)
    few = cells[cells.index.get_level_values("indicator") == "airport_km"]
    assert listings.counted(desk, few).en.endswith("58")
    assert listings.counted(desk, few.iloc[:0]) == messages.text("scores.nothing")


def test_thousands_divide_the_bounds_only():
    estimate = pd.DataFrame({"low": [1000.0], "value": [2000.0], "high": [3000.0], "year": [2020]})
    assert listings.in_thousands(estimate).iloc[0].tolist() == [1, 2, 3, 2020]


def test_headers_of_a_table_have_both_languages():
    headers = listings.headers("scores", made_up.desk().labels)
    assert both(headers.values())
    assert "rank" in headers
    assert "airport_km" in headers

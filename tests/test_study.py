"""A study is what its folder says, as it stood on its day, with everything it was made from."""

import datetime as dt
import hashlib
import tomllib

import made_up
import pytest

from site_select import assessment, economics, robustness, settings, study, summaries, survey
from site_select.errors import SettingsError

EVE = dt.date(2020, 7, 1)


@pytest.fixture(scope="module")
def then():
    return study.read(made_up.DESK, {"as_of": EVE, "n_samples": 1000})


def test_settings_are_those_of_the_file():
    read = study.read(made_up.DESK)
    written = tomllib.loads((made_up.DESK / "study.toml").read_text("utf-8"))
    assert read.settings.seed == written["seed"] == 2020
    assert read.settings.unknowns.presence_prior == written["unknowns"]["presence_prior"]
    assert read.settings.limits.compared_day == EVE
    assert dict(read.settings.points) == written["points"] == {}
    assert (read.name, read.changes) == ("desk", {})


def test_change_applies_to_the_setting_it_names_and_is_remembered():
    changes = {"seed": 7, "unknowns.presence_prior": 0.9, "points.economic_effect": 2}
    read = study.read(made_up.DESK, changes)
    assert read.settings.seed == 7
    assert read.settings.unknowns.presence_prior == 0.9
    assert read.settings.points == {"economic_effect": 2}
    assert read.changes == changes


def test_points_double_the_weight_of_a_criterion():
    """2 : 1 : 1 : 1 gives 0.4, and the criterion has one indicator that is scored."""
    read = study.read(made_up.DESK, {"points.economic_effect": 2, "n_samples": 10})
    assert assessment.assess(read).weights["saving_per_firm"] == pytest.approx(0.4)


def test_day_may_be_written_as_text_or_as_a_day():
    for day in ("2020-07-01", EVE):
        assert study.read(made_up.DESK, {"as_of": day}).settings.as_of == EVE


def test_day_of_the_rules_is_a_day():
    with pytest.raises(SettingsError, match="rules_day = 'soon': allowed a day"):
        study.read(made_up.DESK, {"rules_day": "soon"})
    assert study.read(made_up.DESK, {"rules_day": "2020-07-01"}).settings.rules_day == EVE


def test_freeze_fixes_the_rules_of_the_day_whose_rules_hold(tmp_path):
    """On 1 July 2016 the call of 2015-18 holds, on the day of the decision that of 2022."""
    made_up.desk_copy(tmp_path)
    read = study.read(tmp_path)
    settings = (tmp_path / "study.toml").read_text("utf-8")
    now = study.frozen_parts(tmp_path, read.everything).rules
    (tmp_path / "study.toml").write_text("rules_day = 2016-07-01\n" + settings, "utf-8")
    then = study.frozen_parts(tmp_path, read.everything).rules
    assert ("2015" in now, "2018" in then) == (False, True)


def test_unknown_settings_are_refused_with_all_their_names():
    with pytest.raises(SettingsError) as caught:
        study.read(made_up.DESK, {"colour": 1, "sead": 2})
    assert str(caught.value) == (
        "unknown settings: colour, sead; missing settings: none; known are name_ko, name_en, "
        "as_of, gathered, reference, begins, rules_day, contact, synthetic, with_outcomes, "
        "with_undated, without_later, seed, n_samples, "
        "unknowns, limits, logistics, judging, expansion, notebooks, points, weights"
    )


def test_logistics_of_the_desk_study_are_the_defaults_and_a_change_applies_to_them():
    assert study.read(made_up.DESK).settings.logistics == settings.Logistics()
    changes = {"logistics.price_year": 2020, "logistics.forwarder_depot": "uiwang_icd"}
    changed = study.read(made_up.DESK, changes).settings.logistics
    assert (changed.price_year, changed.forwarder_depot) == (2020, "uiwang_icd")
    assert changed.departure_port == "O01"


def test_unknown_places_of_the_logistics_are_named_all_at_once():
    changes = {
        "logistics.ports": "busan_new;nampo", "logistics.closed_ports": "wonsan",
        "logistics.forwarder_depot": "depot", "logistics.suppliers": "O05;O97",
        "logistics.departure_port": "O98", "logistics.departure_airport": "O99",
    }  # fmt: skip
    with pytest.raises(SettingsError) as caught:
        study.read(made_up.DESK, changes)
    assert str(caught.value).startswith(
        "settings that name nothing: logistics.ports = 'nampo', logistics.closed_ports = 'wonsan', "
        "logistics.suppliers = 'O97', logistics.forwarder_depot = 'depot', "
        "logistics.departure_port = 'O98', logistics.departure_airport = 'O99'; criteria and "
    )
    assert str(caught.value).endswith(
        "places are in facilities.csv, fare_bases.csv and overseas_places.csv"
    )


@pytest.mark.parametrize(
    ("name", "place"),
    [("ports", ""), ("suppliers", ""), ("suppliers", "O05;"), ("departure_port", ""),
     ("departure_port", "O01;O02"), ("forwarder_depot", "uiwang_icd;incheon")],
)  # fmt: skip
def test_place_that_must_be_there_or_be_one_is_refused(name, place):
    with pytest.raises(SettingsError, match=rf"name nothing: logistics\.{name} = '"):
        study.read(made_up.DESK, {f"logistics.{name}": place})


def test_closed_ports_and_depot_may_be_none():
    none = {"logistics.closed_ports": "", "logistics.forwarder_depot": ""}
    assert study.read(made_up.DESK, none).settings.logistics.closed_ports == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logistics.n_draws": 0}, "logistics.n_draws = 0: allowed above 0"),
        ({"logistics": 3}, "logistics = 3: allowed a table of settings"),
        ({"logistics.n_draws": "many"}, "logistics.n_draws = 'many': allowed a int"),
        ({"logistics.price_year": 2020.5}, "logistics.price_year = 2020.5: allowed a int"),
        ({"logistics.split_is_known": "no"}, "logistics.split_is_known = 'no': allowed a bool"),
        ({"logistics.suppliers": ["O05"]}, "logistics.suppliers = ['O05']: allowed a str"),
        ({"logistics.colour": 1}, "unknown settings: logistics.colour; missing settings: none; "
         "known are logistics.price_year, logistics.n_draws, "),
        ({"notebooks": 7}, "notebooks = 7: allowed a str"),
    ],
)  # fmt: skip
def test_logistics_of_the_wrong_kind_are_refused_with_their_name(changes, message):
    with pytest.raises(SettingsError) as caught:
        study.read(made_up.DESK, changes)
    assert str(caught.value).startswith(message)


def test_study_without_orders_has_an_empty_table_of_them_and_no_file():
    read = study.read(made_up.DESK).survey
    assert read.orders.empty
    assert read.orders["weight_t"].dtype == "float64"
    assert "orders" not in read.files


def test_missing_setting_is_named(tmp_path):
    folder = made_up.desk_copy(tmp_path)
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(text.replace("as_of =", "# as_of ="), "utf-8")
    with pytest.raises(SettingsError, match="missing settings: as_of; known are name_ko"):
        study.read(folder)


# as of a day


def test_pool_of_the_eve_of_the_survey_has_33_complexes(then):
    """Designations of 2013 to 2019, as the year alone is published."""
    assert len(then.complexes) == 33
    assert then.complexes["designated_year"].max() == 2019
    assert then.complexes["designated_year"].min() == 2013
    assert len(study.read(made_up.DESK).complexes) == 58


def test_no_fact_of_the_past_study_was_published_later(then):
    """A bare 2020 or 2020-07 may mean a later day, so the newest are of June 2020."""
    facts, imports = then.survey.complex_facts, then.survey.branch_imports
    assert len(facts) > 50
    for published in (facts["published"], imports["published"]):
        assert (published.map(survey.last_day) <= EVE).all()
        assert not published.isin(["", "2020", "2020-07", "2020-12"]).any()


def test_undated_facts_are_out_on_a_past_day_and_in_when_asked_for(then):
    undated = {"as_of": EVE, "with_undated": True}
    wide = study.read(made_up.DESK, undated).survey.complex_facts
    assert (wide["published"] == "").sum() > 5
    assert len(wide) - (wide["published"] == "").sum() == len(then.survey.complex_facts)


def test_pilot_on_the_eve_has_no_facility_that_was_told_without_a_date(then):
    before = assessment.performance(then).loc["RC15"]
    assert before.loc["shared_logistics", "quality"] == "unknown"
    undated = study.read(made_up.DESK, {"as_of": EVE, "with_undated": True})
    after = assessment.performance(undated).loc["RC15"]
    assert after.loc["shared_logistics", "value"] == 4


def test_outcomes_of_the_pilot_never_enter_a_score_unless_asked_for():
    facts = made_up.desk().survey.complex_facts
    assert "outcome" not in set(facts["role"])
    cells = assessment.performance(made_up.desk()).loc["RC15"]
    assert cells.loc[["ordering_body", "saving_per_firm"], "value"].isna().all()
    shown = study.read(made_up.DESK, {"with_outcomes": True})
    cells = assessment.performance(shown).loc["RC15"]
    assert cells.loc["ordering_body", "value"] == 2
    assert economics.root_firms(shown).loc["RC15", "value"] == 24


def test_only_the_pilot_complex_has_outcomes():
    facts = study.read(made_up.DESK, {"with_outcomes": True}).survey.complex_facts
    assert set(facts.loc[facts["role"] == "outcome", "complex_id"]) == {"RC15"}


def test_later_dated_inputs_name_the_fares_of_2026_and_the_land_of_2025(then):
    cells = assessment.performance(then)
    late = cells[assessment.later_dated(cells, EVE, then.settings.gathered)]
    indicators = set(late.index.get_level_values("indicator"))
    assert indicators == {
        "port_haulage_fare", "second_port_extra_km", "warehouse_land", "airport_km",
        "neighbour_root_firms", "saving_per_firm", "shortage_days_avoided",
    }  # fmt: skip
    listed = summaries.later_inputs(made_up.desk())
    assert set(listed["published"]) == {"2026", "2025-12-31"}
    assert any("2026-55" in source for source in listed["source"].map(str))
    assert any("KICOX" in source for source in listed["source"].map(str))


def test_nothing_is_later_dated_on_the_day_the_facts_were_gathered():
    result, gathered = made_up.desk_result(), made_up.desk().settings.gathered
    assert not assessment.later_dated(result.performance, gathered, gathered).any()


def test_rerun_without_later_inputs_has_none_left(monkeypatch):
    monkeypatch.setattr(robustness, "CONFIDENCE_SAMPLES", 10)
    results = assessment.variants(made_up.desk(), n_samples=50)
    bare = results["then_without_later"]
    assert not assessment.later_dated(bare.performance, EVE, dt.date(2026, 11, 23)).any()
    assert "port_haulage_fare" in bare.questions
    assert "port_haulage_fare" in results["then"].weights.index
    assert len(results["now"].scores) == 56
    assert len(results["then"].scores) <= 33
    assert set(results) == {
        "now", "now_with_outcomes", "then", "then_with_undated", "then_without_later",
    }  # fmt: skip


# provenance


def provenance(read):
    """Groups of what the study was made from, by the first word of their English name."""
    told = study.provenance(read)
    return {group.en.partition(" ")[0]: values for group, values in told.items()}


def test_provenance_hashes_every_file_and_names_settings_seed_versions_and_day(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1577836800")
    groups = provenance(made_up.desk())
    for path in [made_up.DESK / "study.toml", *made_up.desk().survey.files.values()]:
        expected = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        assert groups["Files"][path.name] == expected
    assert groups["Settings"]["seed"] == "2020"
    assert groups["Settings"]["unknowns.presence_prior"] == "0.5"
    assert set(groups["Libraries"]) == set(study.origins.LIBRARIES)
    said = {name.en: value for name, value in groups["Study"].items()}
    assert said["made on"] == "2020-01-01"
    assert said["changed by hand"] == "n_samples = 2000"
    assert said["code"].startswith("site-select 0.")


def test_provenance_names_the_boundaries_too():
    files = provenance(made_up.desk())["Files"]
    assert {"counties_400m.geojson", "provinces_400m.geojson"} <= set(files)


def test_changed_file_changes_its_hash_and_no_other(tmp_path):
    folder = made_up.desk_copy(tmp_path)
    made_up.spoil(folder, "wages", lambda rows: rows.pop())
    files, original = provenance(study.read(folder))["Files"], provenance(made_up.desk())["Files"]
    changed = {name for name in files if files[name] != original[name]}
    assert changed == {"wages.csv", "study.toml"}


def test_provenance_tells_what_was_read_differently(tmp_path):
    folder = made_up.desk_copy(tmp_path)
    made_up.spoil(folder, "branches", lambda _: None, encoding="cp949")
    said = {name.en: value for name, value in provenance(study.read(folder))["Study"].items()}
    assert said["read differently from how it was written"] == (
        "branches.csv: read as CP949; save as UTF-8 to be safe"
    )

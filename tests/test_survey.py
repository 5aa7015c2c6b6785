"""What was public on a day, and who stood on it."""

import datetime as dt

import made_up
import pandas as pd
import pytest

from site_select import study, survey, tables
from site_select.errors import InputError

GATHERED = dt.date(2026, 11, 23)
EVE = dt.date(2020, 7, 1)


def test_every_table_of_the_survey_has_a_schema_and_no_schema_is_unused():
    # forms, the lists of who was asked and what came back, and names are no part of a survey
    apart = {"asked", "returns", "evaluators", "freezes"}
    own = {name for name in tables.names() if not name.startswith("form_")} - apart
    assert set(survey.TABLES) == own


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("2020", dt.date(2020, 12, 31)), ("2020-02", dt.date(2020, 2, 29)),
        ("2021-02", dt.date(2021, 2, 28)), ("2020-12", dt.date(2020, 12, 31)),
        ("2020-07-01", EVE), ("", dt.date.max),
    ],
)  # fmt: skip
def test_partial_date_counts_as_its_last_day(published, day):
    assert survey.last_day(published) == day


@pytest.mark.parametrize(
    ("published", "is_public"),
    [("2019", True), ("2020", False), ("2020-06", True), ("2020-07", False), ("2020-07-01", True),
     ("2020-07-02", False), ("", False)],
)  # fmt: skip
def test_fact_counts_from_the_day_on_which_it_was_surely_public(published, is_public):
    table = pd.DataFrame({"published": [published]})
    assert survey.published_by(table, EVE, GATHERED).tolist() == [is_public]
    assert survey.published_by(table, GATHERED, GATHERED).tolist() == [True]


def test_undated_fact_counts_on_a_past_day_only_when_asked_for():
    table = pd.DataFrame({"published": ["", "2021"]})
    counted = survey.published_by(table, EVE, GATHERED, with_undated=True)
    assert counted.tolist() == [True, False]


def test_complex_of_a_year_counts_from_the_year_after_on_a_past_day():
    everything = made_up.desk().survey
    pool = survey.complexes_by(everything, dt.date(2014, 6, 1), GATHERED)
    assert set(pool["designated_year"]) == {2013}
    assert pool.index.tolist() == [f"RC{number:02d}" for number in range(1, len(pool) + 1)]


def test_branch_sets_are_the_codes_of_the_cell():
    pool = survey.complexes_by(made_up.desk().survey, GATHERED, GATHERED)
    assert pool.loc["RC15", "branch_set"] == {"mold"}
    assert pool.loc["RC43", "branch_set"] == frozenset()


def test_as_of_drops_later_facts_outcomes_and_imports_and_keeps_the_rest():
    facts = pd.DataFrame({
        "published": ["2019", "2020-06", "2021", "", "2019"],
        "role": ["evidence", "context", "evidence", "evidence", "outcome"],
    })  # fmt: skip
    imports = pd.DataFrame({"published": ["2020-01", "2020"]})
    everything = survey.replace(made_up.desk().survey, complex_facts=facts, branch_imports=imports)
    then = survey.as_of(everything, EVE, GATHERED, with_outcomes=False, with_undated=False)
    assert then.complex_facts.index.tolist() == [0, 1]
    assert then.branch_imports.index.tolist() == [0]
    wide = survey.as_of(everything, EVE, GATHERED, with_outcomes=True, with_undated=True)
    assert wide.complex_facts.index.tolist() == [0, 1, 3, 4]
    assert everything.complex_facts is facts


def test_own_table_of_a_study_takes_the_place_of_the_reference_table(tmp_path):
    folder = made_up.desk_copy(tmp_path)
    made_up.spoil(folder, "wages", lambda rows: rows.__delitem__(slice(1, None)))
    read = survey.read(folder, made_up.REFERENCE)
    assert len(read.wages) == 1
    assert read.files["wages"] == folder / "wages.csv"
    assert read.files["branches"] == made_up.REFERENCE / "branches.csv"


def test_days_of_a_scenario_out_of_order_are_refused(tmp_path):
    folder = made_up.desk_copy(tmp_path)
    made_up.spoil(folder, "scenarios", lambda rows: rows[0].update(days_low="1400"))
    with pytest.raises(InputError) as refused:
        survey.read(folder, made_up.REFERENCE)
    (line,) = str(refused.value).splitlines()[-1:]
    assert line.strip().startswith(
        "scenarios.csv, row 2, column days_low, days, days_high: found 1400, 1358, 1358; "
        "allowed: days_low <= days <= days_high; to mend: put the three figures in order"
    )


def test_orders_may_tell_of_value_days_and_other_suppliers_or_leave_it_open(tmp_path):
    folder = made_up.desk_copy(tmp_path)
    row = {"complex_id": "RC15", "firm": "F1", "firms": "1", "part": "springs", "supplier": "O05",
           "mode": "air", "incoterm": "FCA", "weight_t": "1", "orders_per_year": "6",
           "year": "2026", **made_up.SYNTHETIC}  # fmt: skip
    told = {"value_krw": "1.2억", "lead_time_days": "14", "lead_time_deviation_days": "0",
            "stock_days": "20", "other_suppliers": "0", "qualify_days": "90"}  # fmt: skip
    made_up.write_table(folder, "orders", [row | told, row | {"firm": "F2"}])
    orders = survey.read(folder, made_up.REFERENCE).orders[list(told)]
    assert orders.iloc[0].tolist() == [1.2e8, 14, 0, 20, 0, 90]
    assert orders.iloc[1].isna().all()


def test_orders_without_the_optional_columns_are_read_as_unknown(tmp_path):
    folder = made_up.desk_copy(tmp_path)
    (folder / "orders.csv").write_text(
        "complex_id,firm,firms,part,supplier,mode,incoterm,weight_t,orders_per_year,year,source,"
        "quality\nRC13,F01,1,gas spring,O05,air,FCA,0.4,4,2026,answer of the firm,official\n"
    )
    orders = study.read(folder).survey.orders
    told = ["value_krw", "lead_time_days", "stock_days", "other_suppliers", "qualify_days"]
    assert list(orders.columns) == list(tables.schema("orders").index)
    assert orders[told].isna().all(axis=None)

"""A table is read as it was meant, or refused; nothing is lost on the way."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_select import survey, tables
from site_select.errors import Fault, InputError


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0), ("12", 12), ("-3.5", -3.5), ("+2", 2), ("1e3", 1000), ("1,234,567.5", 1234567.5),
        ("1.2억", 1.2e8), ("3만", 30_000), ("2 백만", 2e6), ("1조", 1e12), ("5천", 5000),
        ("△5", -5), ("▲5", -5), ("−5", -5), ("１，２３４", 1234), ("  7 ", 7),
    ],
)  # fmt: skip
def test_number_is_read_as_korean_spreadsheets_write_it(written, value):
    assert tables.number(written) == value


@pytest.mark.parametrize(
    "written",
    ["", "없음", "12개", "1,23", "1,2345", ",5", "1.2.3", "--1", "△-5", "5%", "(5)", "1 2", "억",
     "nan", "inf", "1e400", "1억2천"],
)  # fmt: skip
def test_number_that_could_be_guessed_only_is_refused(written):
    with pytest.raises(ValueError, match=r".*"):
        tables.number(written)


@given(st.integers(-(10**12), 10**12))
def test_thousands_commas_full_width_digits_and_triangles_change_no_number(value):
    grouped = f"{value:,}"
    wide = grouped.translate(str.maketrans("0123456789,-", "０１２３４５６７８９，△"))
    assert tables.number(str(value)) == tables.number(grouped) == tables.number(wide) == value


@given(st.text())
def test_number_is_read_or_refused_and_never_becomes_missing(text):
    try:
        value = tables.number(text)
    except ValueError:
        return
    assert float("-inf") < value < float("inf")


def write(folder, text):
    path = folder / "branches.csv"
    path.write_text("branch,name_ko,name_en,root_branch_since,kind,source,quality,note\n" + text)
    return path


def test_index_is_the_row_of_the_file_and_empty_is_missing_or_empty_text(tmp_path):
    path = write(tmp_path, "a,가,A,2011,classical,s,press,\nb,나,B,,extension,s,press,n\n")
    reading = tables.read(path, "branches")
    assert reading.faults == []
    assert reading.table.index.tolist() == [2, 3]
    assert reading.table["root_branch_since"].dtype == "Int64"
    assert reading.table["root_branch_since"].isna().tolist() == [False, True]
    assert reading.table["note"].tolist() == ["", "n"]


def test_comma_and_quote_inside_a_cell_are_kept(tmp_path):
    path = write(tmp_path, 'a,"가, 나","a ""b""",2011,classical,s,press,\n')
    row = tables.read(path, "branches").table.iloc[0]
    assert (row["name_ko"], row["name_en"]) == ("가, 나", 'a "b"')


def test_truth_is_read_from_its_words():
    written = pd.Series(["true", "FALSE", "yes", "0", ""])
    reading = tables.Reading(pd.DataFrame())
    read = tables._column(written, "boolean", Path("x.csv"), reading)
    assert read.tolist() == [True, False, True, False, pd.NA]
    assert reading.faults == []


def test_every_schema_says_type_need_and_meaning_of_every_column():
    for name in tables.names():
        definition = tables.schema(name)
        own = ("name_ko", "name_en", "personal") if name.startswith("form_") else ()
        assert tuple(definition.reset_index().columns) == (*tables.SCHEMA_COLUMNS, *own)
        assert set(definition["dtype"]) <= {"text", "number", "integer", "boolean", "date"}
        assert set(definition["required"]) <= {"yes", "no", "optional"}
        assert set(definition["key"]) <= {"yes", "no"}
        assert definition["description"].str.endswith(".").all(), name
        assert "source" in definition.index or name not in survey.TABLES, name


def test_reference_in_a_schema_leads_to_a_column_of_another_schema():
    for name in tables.names():
        for target in filter(None, tables.schema(name)["references"]):
            table, _, column = target.partition(".")
            assert column in tables.schema(table).index


def test_reference_of_several_codes_is_checked_code_by_code():
    complexes = pd.DataFrame({"branches": ["mold;steel", ""], "parent_ids": ["", ""]}, index=[2, 3])
    others = {
        "branches": pd.DataFrame({"branch": ["mold"]}),
        "industrial_complexes": pd.DataFrame({"ic_id": ["I"], "trend_key": [""]}),
        "national_complex_trends": pd.DataFrame({"trend_key": ["x"]}),
    }
    every = {"complexes": complexes, **others}
    assert tables.broken_references(every, {name: f"{name}.csv" for name in every}) == [
        Fault("complexes.csv", 2, "branches", "'steel'", "a branch of the table branches",
              "correct it, or add the missing row there")
    ]  # fmt: skip


def test_data_dictionary_has_every_column_of_every_table_once():
    written = tables.data_dictionary()
    assert [line[3:] for line in written.splitlines() if line[:3] == "## "] == tables.names()
    columns = sum(len(tables.schema(name)) for name in tables.names())
    assert sum(line.startswith("| `") for line in written.splitlines()) == columns


def test_error_sorts_faults_and_says_each_once():
    first, second = Fault("a.csv", 2, "x", "1", "2", "do"), Fault("b.csv", 1, "", "1", "2", "do")
    error = InputError([second, first, second])
    assert error.faults == (first, second)
    assert str(error).startswith("2 faults in the input:\n  a.csv, row 2, column x: found 1;")

"""Published tables are whole, ours reproduces them, and the page of agreement says so today."""

import datetime as dt
import runpy

import made_up
import numpy as np
import pytest

AGREEMENT = runpy.run_path(str(made_up.ROOT / "benchmarks" / "agreement.py"))
PAGE = (made_up.ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
RECORDS = AGREEMENT["records"]()
EXAMPLES = list(AGREEMENT["examples"]())
TABLES = {name: record for name, record in RECORDS.items() if "matrix" in record}
OURS = ("site-select",)


def page_row(start):
    """Line of the page that begins so, up to our own column."""
    rows = [line for line in PAGE.splitlines() if line.startswith(start + " |")]
    assert len(rows) == 1
    return rows[0]


def test_there_are_31_published_tables_with_a_source():
    assert len(RECORDS) == 31
    for record in RECORDS.values():
        assert record["title"]
        assert record["source"]
        assert record["read_from"]
        assert record["expected"]
        assert 0 <= record["tolerance"] <= 0.005


@pytest.mark.parametrize("name", TABLES)
def test_published_table_is_whole(name):
    record = TABLES[name]
    matrix = np.array(record["matrix"], dtype="float64")
    assert matrix.shape == (len(record["alternatives"]), len(record["criteria"]))
    assert np.isfinite(matrix).all()
    assert len(record["direction"]) == len(record["criteria"])
    assert set(record["direction"]) <= {"max", "min"}
    if "weights" in record and name != "promethee_products":  # points that sum to 31.7
        assert sum(record["weights"]) == pytest.approx(1, abs=0.0011)
    if "ranks" in record["expected"]:
        assert sorted(record["expected"]["ranks"]) == list(range(1, len(matrix) + 1))


@pytest.mark.parametrize(("name", "what"), EXAMPLES)
def test_our_method_gives_the_published_numbers(name, what):
    assert AGREEMENT["cell"](name, what, "site-select") == "agrees"


def test_a_number_that_is_off_does_not_agree():
    compared = AGREEMENT["compared"]
    assert compared([0.6, 0.4], [0.604, 0.396], 0.0005) == "differs by 0.004, same ranks"
    assert compared([0.4, 0.6], [0.6, 0.4], 0.0005) == "differs by 0.2, other ranks"
    assert compared([0.15], [0.1], 0.01) == "differs by 0.05"
    assert compared([np.nan, 0.4], [0.6, 0.4], 0.5) == "returns NaN"
    assert compared(["P", "I"], ["P", "R"], 0) == "1 of 2 differ"
    assert compared([0.6005, 0.3995], [0.6, 0.4], 0.0005) == "agrees"


@pytest.mark.parametrize(("name", "what"), EXAMPLES)
def test_page_holds_every_published_example(name, what):
    start = AGREEMENT["example_row"](name, what, OURS).removesuffix(" |")
    assert len(page_row(start).split(" | ")) == 5


@pytest.mark.parametrize("what", AGREEMENT["unusual"]())
def test_page_says_what_we_make_of_an_unusual_table(what):
    start = AGREEMENT["unusual_row"](what, OURS).removesuffix(" |")
    assert len(page_row(start).split(" | ")) == 5


def test_page_holds_what_the_published_cases_are_today():
    for line in AGREEMENT["cases_section"]():
        assert line in PAGE


def test_page_names_every_source_program_version_and_the_day():
    for line in AGREEMENT["sources"]():
        assert line in PAGE
    head = PAGE.split("## Published examples")[0]
    assert AGREEMENT["RUN"] in head
    day = head.split("`make peers`, ")[1][:10]
    assert dt.date.fromisoformat(day).year >= 2026
    for line in (made_up.ROOT / "benchmarks" / "peers.txt").read_text("utf-8").splitlines():
        name, number = line.split("==")
        assert name in {"pymcdm", "scikit-criteria", "pyDecision"}
        assert f"{name} {number}" in head

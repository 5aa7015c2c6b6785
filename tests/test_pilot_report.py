"""The report of the pilot's study as a meeting opens it: three pages, offline, misses as found."""

import subprocess
import sys

import conftest
import made_up
import pytest
from markupsafe import escape
from test_languages import foreign_words

from site_select import messages

PAGES = ("02_supply_chain_stability", "03_economic_effect", "10_evaluation")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("reports") / "gwangju-2020"
    command = [sys.executable, "-m", "site_select.cli", "report", "data/studies/gwangju-2020",
               "--out", out, "--workers", "1"]  # fmt: skip
    done = subprocess.run(command, cwd=made_up.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return out


def test_a_study_runs_only_the_notebooks_it_names(report):
    expected = {f"{name}.{language}.html" for name in PAGES for language in ("ko", "en")}
    assert {path.name for path in report.glob("*.html")} == {"index.html", *expected}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_evaluation_shows_both_readings_all_misses_and_says_what_it_is_not(report, language):
    html = (report / f"10_evaluation.{language}.html").read_text("utf-8")
    cases = ("plan_complex", "plan_each_firm", "restated_one_part", "result_air", "result_sea_lcl")
    for case in cases:
        assert messages.text(f"costings.case.{case}").in_(language) in html
    assert {"ko": "검증이 아니라 정합성", "en": "not a validation"}[language] in html
    assert html.count("<svg") == 4
    for word in ("stop", "mend", "measure"):
        assert messages.text(f"kpis.word.{word}").in_(language) in html
    for published in ("40.0%", "71.0%", "140.0", "13.0"):
        assert f"<td>{published}</td>" in html


@pytest.mark.parametrize("language", ["ko", "en"])
def test_economic_page_shows_every_exhibit(report, language):
    html = (report / f"03_economic_effect.{language}.html").read_text("utf-8")
    assert html.count("<svg") == 8
    assert html.count("<iframe") == 1
    parameters = made_up.rows_of(made_up.REFERENCE / "logistics_parameters.csv")
    for name in {row[f"name_{language}"] for row in parameters}:
        assert str(escape(name)) in html


def test_every_page_keeps_to_its_language(report):
    for path in sorted(report.glob("*.html")):
        assert foreign_words(path.read_text("utf-8")) == [], path.name


def test_pages_ask_for_nothing_complain_of_nothing_and_fit_a_phone(report, browser):
    conftest.assert_pages_open_offline(browser, report)

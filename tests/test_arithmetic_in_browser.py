"""The browser of a reader adds up the scores that a page carries and prints."""

import json
import re

import pandas as pd
import pytest
from conftest import notebook_of

from site_select import pages, report

# 0.25 · 0.5 + 0.75 · 0.9 = 0.8 and 0.25 · 0.8 + 0.75 · 0.4 = 0.5
RECORD = {
    "indicators": [{"weight": 0.25}, {"weight": 0.75}],
    "values": {"RC01": [0.5, 0.9], "RC02": [0.8, 0.4]},
    "alternatives": [{"complex_id": "RC01", "score": 0.8}, {"complex_id": "RC02", "score": 0.5}],
}
ENGLISH = "Arithmetic agrees: weight times value"
KOREAN = "계산 일치: 이 브라우저에서"


@pytest.fixture
def marked(browser, tmp_path, example_notebook):
    """What the mark of a page says, and how it looks."""

    def mark(record, printed, language="en", *, runs=True, change=lambda html: html):
        page = report.Page()
        index = pd.Index(list(printed), name="complex_id")
        table = pd.DataFrame({"name": "any", "score": list(printed.values())}, index)
        shown = [
            page.table("example.scores", table, values={"name": "x"}, formats={"score": "score3"}),
            page.record(record),
        ]
        html = change(pages.render(notebook_of(shown), language=language))
        (tmp_path / "page.html").write_text(html, "utf-8")
        context = browser.new_context(offline=True, java_script_enabled=runs)
        opened = context.new_page()
        opened.goto((tmp_path / "page.html").as_uri())
        found = opened.locator("#arithmetic")
        said = found.text_content(), found.get_attribute("class")
        context.close()
        return said

    assert example_notebook
    return mark


def changed(path, value):
    copy = json.loads(json.dumps(RECORD))
    *way, last = path
    part = copy
    for step in way:
        part = part[step]
    part[last] = value
    return copy


@pytest.mark.parametrize(("language", "begins"), [("en", ENGLISH), ("ko", KOREAN)])
def test_scores_that_add_up_are_said_to_agree(language, begins, marked):
    said, kind = marked(RECORD, {"RC01": 0.8, "RC02": 0.5}, language)
    assert said.startswith(begins)
    assert re.search(r" 2 ?(rows|개)|표 2개", said)
    assert "site-select verify" in said
    assert kind == "agrees"


def test_last_digit_may_be_rounded_but_not_changed(marked):
    near = changed(["values", "RC02"], [0.8, 0.4006])
    near["alternatives"][1]["score"] = 0.50045
    assert marked(near, {"RC01": 0.8, "RC02": 0.50045})[1] == "agrees"
    said, kind = marked(near, {"RC01": 0.8, "RC02": 0.502})
    assert (said, kind) == ("Arithmetic differs: RC02: 0.502 ≠ 0.50045", "differs")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (changed(["alternatives", 0, "score"], 0.81), "RC01: 0.81 ≠ 0.8"),
        (changed(["alternatives", 0, "score"], None), "RC01: null ≠ 0.8"),
        (changed(["values", "RC02"], [0.8, 0.8]), "RC02: 0.5 ≠ 0.8; RC02: 0.500 ≠ 0.8"),
        (changed(["indicators", 1, "weight"], 0.5), "RC01: 0.8 ≠ 0.575"),
        (changed(["values"], {"RC01": [0.5, 0.9]}), "RC02: 0.5 ≠ undefined"),
        (changed(["values"], None), "TypeError"),
    ],
)
def test_record_that_does_not_add_up_is_named(record, said, marked):
    found, kind = marked(record, {"RC01": 0.8, "RC02": 0.5})
    assert found.startswith(f"Arithmetic differs: {said}")
    assert kind == "differs"


def test_row_of_a_complex_that_was_never_scored_is_named(marked):
    said, _ = marked(RECORD, {"RC01": 0.8, "RC99": 0.9}, "ko")
    assert said == "계산 불일치: RC99: 0.900 ≠ undefined"


def test_forged_score_of_the_visible_table_is_named(marked):
    said, kind = marked(
        RECORD, {"RC01": 0.8, "RC02": 0.5}, change=lambda html: html.replace(">0.500<", ">0.900<")
    )
    assert (said, kind) == ("Arithmetic differs: RC02: 0.900 ≠ 0.5", "differs")


def test_without_scripts_the_page_says_that_nothing_was_checked(marked):
    said, kind = marked(RECORD, {"RC01": 0.8, "RC02": 0.5}, runs=False)
    assert said == "The arithmetic was not checked: this needs a browser that runs scripts."
    assert kind is None


def test_page_without_a_record_has_no_mark(example_notebook):
    assert example_notebook
    shown = [report.Page().title("example.map_heading")]
    assert "arithmetic" not in pages.render(notebook_of(shown), language="en").split("</style>")[-1]

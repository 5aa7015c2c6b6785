"""The desk report as `make report` writes it and as a meeting opens it."""

import re
import subprocess
import sys
from pathlib import Path

import conftest
import nbformat
import papermill
import pytest
from test_languages import foreign_words

from site_select import pages
from site_select.pages import Links

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).parents[1]
PAGES = 11


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    out = tmp_path_factory.mktemp("reports") / "desk"
    command = [sys.executable, "-m", "site_select.cli", "report", "data/studies/desk", "--out", out]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == str(out / "index.html")
    return out


def test_report_holds_every_page_in_both_languages(desk):
    pages_made = sorted(desk.glob("*.html"))
    assert len(pages_made) == 2 * PAGES + 1
    for path in pages_made:
        limit = 3_000_000 if "decision_brief" in path.name else 6_000_000
        assert path.stat().st_size < limit, path.name
        html = path.read_text("utf-8")
        assert not re.search(r'(?:src|@import|url\()\s*=?\s*["\']?https?:', html), path.name
        assert "Content-Security-Policy" in html


def test_every_complex_stands_in_the_long_list_and_none_is_said_to_be_all(desk):
    for language, phrase in (("en", "55 of the 58"), ("ko", "58곳 가운데 55곳")):
        html = (desk / f"01_long_list.{language}.html").read_text("utf-8")
        for number in range(1, 59):
            assert f"RC{number:02d}" in html
        assert phrase in html


def test_every_page_keeps_to_its_language(desk):
    for path in sorted(desk.glob("*.html")):
        assert foreign_words(path.read_text("utf-8")) == [], path.name


def test_pages_open_offline_without_request_or_complaint_and_fit_a_phone(desk, browser):
    conftest.assert_pages_open_offline(browser, desk)


def test_map_has_its_layers_a_marker_for_each_place_and_popups_with_four_values(desk, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((desk / "00_overview.ko.html").as_uri())
    page.locator("iframe").scroll_into_view_if_needed()
    drawn = page.frame_locator("iframe")
    layers = drawn.locator(".leaflet-control-layers-overlays label")
    sync_api.expect(layers).to_have_count(8)
    marks = drawn.locator(".mark")
    sync_api.expect(marks).to_have_count(56)  # 58 less two without a place
    marks.first.click(force=True)
    popup = drawn.locator(".leaflet-popup-content")
    for words in ("공급망 안정성", "경제적 효과", "기본 인프라", "지리적 여건", "기대순위", "출처"):
        sync_api.expect(popup).to_contain_text(words)
    page.close()


def test_changed_setting_makes_a_variant_that_names_the_change(tmp_path):
    copy = tmp_path / "06_scores.ipynb"
    papermill.execute_notebook(
        ROOT / "notebooks" / "06_scores.ipynb", copy,
        parameters={"changes": {"points.economic_effect": 2, "n_samples": 2000}},
        cwd=ROOT / "notebooks", progress_bar=False,
    )  # fmt: skip
    html = pages.render(nbformat.read(copy, as_version=4), language="en", links=Links())
    notice = re.search(r'<p class="notice[^"]*"[^>]*>(.*?)</p>', html, flags=re.DOTALL)
    assert "Variant" in notice[1]
    assert "points.economic_effect = 2" in notice[1]
    assert "40.0%" in html  # two of five points for the economic effect

"""How long the pages of a report take to open, and the live part of the brief to answer.

Chromium, headless and without a network. Part of ``run.py``, which makes the report.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from ratios import Line

OPEN_LIMIT_S, STEP_LIMIT_S = 2.0, 0.1
BRIEF_LIMIT_MB, PAGE_LIMIT_MB = 3.0, 6.0
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
STEPS = """async () => {
  const board = document.querySelector(".board"), input = board.querySelector("input"), times = [];
  for (let step = 0; step < 21; step++) {
    const start = performance.now();
    input.value = 4 * step;
    input.dispatchEvent(new Event("input"));
    await board.view.runAsync();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[10] / 1000;
}"""
OPENED = "(({ loadEventEnd, startTime }) => (loadEventEnd - startTime) / 1000)"


def lines(report: Path) -> Iterator[Line]:
    """Time the slowest page of a report and a step of a slider of its brief.

    Parameters
    ----------
    report
        Folder of the report of a study with a brief, in both languages.
    """
    pages = sorted(report.glob("*.html"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=list(SWITCHES),
        )
        times = {page: opened(browser, page) for page in pages}
        slowest, seconds = max(times.items(), key=lambda item: item[1])
        note = f"{slowest.name}; {sizes(pages)}"
        yield Line("opening the slowest page", seconds, OPEN_LIMIT_S, note)
        page = browser.new_context(offline=True).new_page()
        page.goto((report / "08_decision_brief.en.html").as_uri())
        wait_until(page, "!!document.querySelector('.board').view")
        what = "a step of a slider of the brief, the median"
        yield Line(what, page.evaluate(STEPS), STEP_LIMIT_S)
        browser.close()


def opened(browser: Browser, path: Path) -> float:
    """Time from asking for a page to the end of its loading [s]."""
    page = browser.new_context(offline=True).new_page()
    page.goto(path.as_uri())
    wait_until(page, "performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    seconds: float = page.evaluate(f"{OPENED}(performance.getEntriesByType('navigation')[0])")
    page.close()
    return seconds


def wait_until(page: Page, expression: str) -> None:
    """Wait for a page without making code of text in it, which its policy forbids."""
    while not page.evaluate(expression):
        page.wait_for_timeout(20)


def sizes(pages: list[Path]) -> str:
    """Say how large the largest brief and the largest page are."""
    size_mb = {page: page.stat().st_size / 1e6 for page in pages}
    brief = max(size for page, size in size_mb.items() if page.name.startswith("08_"))
    largest = max(size_mb.values())
    is_missed = brief > BRIEF_LIMIT_MB or largest > PAGE_LIMIT_MB
    return (
        f"brief {brief:.1f} MB, limit {BRIEF_LIMIT_MB:g}; largest page {largest:.1f} MB, "
        f"limit {PAGE_LIMIT_MB:g}{', MISSED' if is_missed else ''}"
    )

"""Take the pictures of the README from a finished report, in Debian's Chromium without a network.

Run ``.venv/bin/python docs/make_screenshots.py`` after ``make report``,
``make report STUDY=gwangju-2020``, ``make report STUDY=panel`` and ``make test``.
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
REPORTS = HERE.parent / "reports"
PAGES = {
    "brief": ("desk/08_decision_brief.en.html", 1500),
    "live": ("desk/08_decision_brief.en.html#brief-live-heading", 1000),
    "overview": ("desk/00_overview.en.html", 1650),
    "robustness": ("panel/07_robustness.en.html#robustness-flips-heading", 1500),
    "rollout": ("desk/09_rollout.en.html#programmes-maps", 1000),
    "economic_effect": ("gwangju-2020/03_economic_effect.en.html", 1000),
}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
        args=list(FLAGS),
    )
    for name, (file, height) in PAGES.items():
        page = browser.new_page(viewport={"width": 1180, "height": height})
        page.context.set_offline(True)
        page.goto(f"{REPORTS.as_uri()}/{file}")
        page.wait_for_timeout(2000)
        (HERE / "images").mkdir(exist_ok=True)
        page.screenshot(path=HERE / "images" / f"{name}.png")
    browser.close()

"""Pages for everybody: axe-core in Chromium, the keyboard, a phone, paper, forced colours.

axe-core comes from npm (`make axe`). It counts what it cannot decide as incomplete; figures are
checked here by their own means: contrast of the words inside them, and a text that says what they
show.
"""

import re
import shutil
from pathlib import Path

import conftest
import nbformat
import pandas as pd
import pytest

from site_select import flow_maps, letters, messages, pages, report
from site_select.layouts import Flaw
from site_select.messages import Text
from site_select.pages import Link, Links

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(__file__).parent / "axe/node_modules/axe-core/axe.min.js"
KINDS = ["index.html", "page.ko.html", "page.en.html", "letter.html"]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (apt install chromium)"
)
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (make axe)")


def letter():
    flaw = Flaw(
        sheet="단지", cell="D6", name=Text("이름", "Name"), found=Text("빈칸", "empty"),
        allowed=Text("이름", "a name"), remedy=Text("쓰기", "write it"),
    )  # fmt: skip
    return letters.html("RC01", Text("광주", "Gwangju"), [flaw])

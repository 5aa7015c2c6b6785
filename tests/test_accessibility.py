"""Pages for everybody: axe-core in Chromium, the keyboard, a phone, paper, forced colours.

axe-core comes from npm (`make axe`). It does not look into figures: whether the words in them
stand out is measured here, on the pixels behind them.
"""

import io
import re
import shutil
import subprocess
from pathlib import Path

import conftest
import numpy as np
import pandas as pd
import pytest
import shapely
import test_brief_figures
import test_comparison
import test_decision_figures
import test_flow_maps
import test_live
import test_live_in_browser
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from PIL import Image

from site_select import brief_figures, comparison, figures, flow_maps, letters, messages, pages
from site_select import report as reports
from site_select.layouts import Flaw
from site_select.messages import LANGUAGES, Text
from site_select.pages import Link, Links

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

AXE = Path(__file__).parent / "axe/node_modules/axe-core/axe.min.js"
# A page of a report, the live part, figures and a map, `compare`; the index; a letter of a survey.
PAGES = [*(f"{name}.{language}.html" for name in ("page", "live", "compare")
           for language in LANGUAGES), "pictures.en.html"]  # fmt: skip
EVERY = [*PAGES, "index.html", "letter.html"]
TEXT_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
STOPS_FOLLOWED = """() => [...document.querySelectorAll(".scroll, pre")].every(box =>
  box.tabIndex === 0 || (box.scrollWidth <= box.clientWidth
    && box.scrollHeight <= box.clientHeight))"""  # the page does so when it is drawn
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
A4_WIDTH, A4_HEIGHT = 665, 978  # of the page without its margins, in CSS pixels


def letter():
    flaws = [
        Flaw("주문", 6, "J", Text("무게", "Weight"), Text("빈칸", "empty"), Text("값", "a value"),
             Text("쓰기", "write it"), is_query)
        for is_query in (False, True)
    ]  # fmt: skip
    return letters.html("RC01", Text("광주", "Gwangju"), flaws)


def drawings(language):
    """Figures of the report that write on colours: cells, bars, boxes and signs."""
    names = {label: Text(f"{label} 단지", f"Complex {label}") for label in "AB"}
    labels = {"x": Text("가", "x"), "y": Text("나", "y")}
    parts = pd.DataFrame({"x": [0.3, 0.1], "y": [0.2, 0.3]}, index=["A", "B"])
    steps = pd.DataFrame(
        {"standing": [58, 9], "excluded": [0, 49], "cannot_tell": [1, 5]}, ["x", "y"]
    )
    grades = pd.DataFrame([list(figures.QUALITIES)] * 2, index=["A", "B"])
    items = {item: Text(f"지표 {item}", f"Item {item}") for item in grades}
    points, land = test_brief_figures.POINTS, test_brief_figures.LAND
    with reports.drawing_style(), plt.rc_context({"figure.max_open_warning": 0}):
        return [
            figures.quality(grades, pd.Series({"A": 0.7, "B": 0.3}), names, items, needed=0.6,
                            language=language),
            figures.funnel(steps, labels, language=language),
            figures.contributions(parts, names, labels, marked="A", language=language),
            brief_figures.locations(points, land, marked="C", language=language),
            brief_figures.leaders(parts, names, labels, marked="B", language=language),
            test_brief_figures.drawn(language=language),
            *test_decision_figures.drawn(language).values(),
        ]  # fmt: skip


def pictures():
    """A notebook of figures and of a map with both flows."""
    drawn, page, name = drawings("en"), reports.Page(), {"name": "광주"}
    sea = shapely.LineString([(4, 52), (40, 12), (129, 35)])
    flows = flow_maps.Flows(
        test_brief_figures.LAND, sea, test_flow_maps.POINTS, test_flow_maps.LEGS
    )
    shown = [
        page.figure(f"example.picture{number}", lambda at, language: drawn[at], number)  # noqa: ARG005
        for number in range(len(drawn))
    ]
    board = page.map("example.map", flow_maps.flows, flows, values=name)
    return conftest.notebook_of([page.title("example.title", **name), *shown, board])


@pytest.fixture(scope="module")
def folder(example_notebook, tmp_path_factory):
    made = tmp_path_factory.mktemp("everybody")
    words = {f"example.picture{number}.{part}": {"en": "A figure", "ko": "그림"}
             for number in range(99) for part in ("caption", "alt")}  # fmt: skip
    case = test_live.made_up()
    written = {
        "letter.html": letter(),
        "index.html": pages.index(
            [pages.card(example_notebook, "page")],
            languages=LANGUAGES, study=Text("광주", "Gwangju"),
            files={own: [Link("files/a.csv", "a.csv")] for own in LANGUAGES},
        ),
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        everything = {**messages.catalogue(), **conftest.ENTRIES, **words}
        patched.setattr(messages, "catalogue", lambda: everything)
        written["pictures.en.html"] = pages.render(pictures(), language="en")
        for own, other in (LANGUAGES, LANGUAGES[::-1]):
            links = Links(f"index.html#{own}", f"page.{other}.html", Link("a.html", "A"))
            written[f"page.{own}.html"] = pages.render(example_notebook, language=own, links=links)
        for own in LANGUAGES:
            written[f"live.{own}.html"] = test_live_in_browser.page_with(
                case, patched, language=own
            )
    for name, html in written.items():
        (made / name).write_text(html, encoding="utf-8")
    runs = test_comparison.run(), test_comparison.run(weights=test_comparison.TILTED)
    for own in LANGUAGES:
        comparison.write(*runs, out=made / f"compare.{own}.html", languages=[own])
    return made


@pytest.fixture
def opened(browser, folder):
    contexts = []

    def open_page(name, width=1280, **options):
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(offline=True, viewport=size, **options))
        page = contexts[-1].new_page()
        page.goto((folder / name).as_uri())
        for frame in page.locator("iframe").all():
            frame.scroll_into_view_if_needed()
            frame.content_frame.locator(".leaflet-pane").first.wait_for(state="attached")
        conftest.wait_until(
            page, "() => [...document.querySelectorAll('.board')].every(one => one.view)"
        )
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (make axe)")
@pytest.mark.parametrize("name", EVERY)
def test_axe_finds_nothing_serious_in_a_page_or_in_its_maps(opened, name):
    page = opened(name)
    page.evaluate(UNFOLD)
    for frame in page.frames:
        frame.evaluate(AXE.read_text("utf-8"))
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        conftest.wait_until(page, STOPS_FOLLOWED)
        for frame in page.frames:
            found = frame.evaluate("axe.run(document, {iframes: false})")
            assert found["passes"]
            assert [
                (width, one["id"], [node["html"][:150] for node in one["nodes"]])
                for one in found["violations"] if one["impact"] in {"serious", "critical"}
            ] == []  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_phone_scrolls_down_only_also_with_all_unfolded(opened, name):
    page = opened(name)
    page.evaluate(UNFOLD)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for frame in page.frames:
            wider = frame.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, (width, frame.url)


# the keyboard

STOPS = """() => {
  const able = "a[href], button, summary, input, textarea, iframe, [tabindex='0']";
  const all = [...document.querySelectorAll(able)].filter(one => one.checkVisibility());
  all.forEach((one, at) => { one.dataset.stop = at; });
  return all.length;
}"""
FOCUSED = """() => {
  const one = document.activeElement, look = getComputedStyle(one);
  const {left, width, height} = one.getBoundingClientRect();
  return {
    stop: one.dataset.stop ?? null,
    seen: one.tagName === "IFRAME"
      || look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
    shown: left > -1 && width > 0 && height > 0,
  };
}"""


@pytest.mark.parametrize(("name", "width"), [
    ("page.en.html", 1280), ("page.ko.html", 390), ("live.en.html", 1280), ("index.html", 1280),
])  # fmt: skip
def test_tab_reaches_all_that_can_be_used_in_the_order_of_reading(opened, name, width):
    page, walked = opened(name, width), []
    page.evaluate("scrollTo(0, 0)")
    count = page.evaluate(STOPS)
    assert count > 0
    for _ in range(3 * count + 20):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["stop"] is None:
            break
        assert focused["seen"], focused
        assert focused["shown"], focused
        if int(focused["stop"]) not in walked[-1:]:  # a map has stops of its own
            walked.append(int(focused["stop"]))
    assert walked == list(range(count))


def test_first_stop_skips_to_the_text(opened):
    page = opened("page.en.html")
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("Tab")
    link = page.locator(".skip")
    sync_api.expect(link).to_be_focused()
    sync_api.expect(link).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    sync_api.expect(page.locator("main")).to_be_focused()


def test_wide_table_is_scrolled_by_arrows(opened):
    page = opened("page.en.html", 390)
    box = page.locator(".table .scroll")
    box.focus()
    page.keyboard.press("ArrowRight")
    conftest.wait_until(page, "() => document.querySelector('.table .scroll').scrollLeft > 0")


def test_code_and_provenance_open_by_the_keyboard(opened):
    page = opened("page.en.html")
    for folded in ("details.code", "details.provenance"):
        page.locator(f"{folded} summary").first.press("Enter")
        sync_api.expect(page.locator(folded).first).to_have_attribute("open", "")
    page.locator("#code").press("Space")
    assert page.locator("details.code:not([open])").count() == 0


# language

SPOKEN = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node; node = walk.nextNode();) {
    const holder = node.parentElement;
    if (!holder.closest("script, style, svg, textarea, code") && !holder.querySelector("a"))
      found.push([node.textContent.trim(), holder.closest("[lang]").lang]);
  }
  return found;
}"""


@pytest.mark.parametrize("name", EVERY)
def test_korean_words_are_marked_as_korean(opened, name):
    said = opened(name).evaluate(SPOKEN)
    assert len(said) > 10
    purely = [(words, tongue) for words, tongue in said
              if re.search("[가-힣]", words) and not re.search("[A-Za-z]{2}", words)]  # fmt: skip
    assert [words for words, tongue in purely if tongue != "ko"] == []


@pytest.mark.parametrize(("name", "words"), [
    ("page.ko.html", "a rather long remark"), ("letter.html", "Also please confirm"),
])  # fmt: skip
def test_english_words_in_a_korean_page_are_marked_as_english(opened, name, words):
    holder = opened(name).get_by_text(words, exact=True).first
    assert holder.evaluate("one => one.closest('[lang]').lang") == "en"


# words in figures

FIGURES = ".figure svg, .on-paper svg, .board svg"
WORDS = """(figures) => [...document.querySelectorAll(figures)].flatMap(
  (svg) => [...svg.querySelectorAll("text")].map((text) => {
    const {left, top, width, height} = text.getBoundingClientRect();
    const fill = getComputedStyle(text).fill;
    return [text.textContent, fill, left + scrollX, top + scrollY, width, height];
  })).filter(([words, fill, , , width]) => words.trim() && width && fill !== "none")"""


def luminance(colours):
    """Relative luminance of WCAG 2.2 of sRGB colours 0..1."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = np.sort(np.broadcast_arrays(luminance(one), luminance(other)), axis=0)
    return (high + 0.05) / (low + 0.05)


def faint(page):
    """Words in figures that stand out too little from nine tenths of the pixels behind them."""
    words = page.evaluate(WORDS, FIGURES)
    assert len(words) > 5
    page.add_style_tag(content="svg text { visibility: hidden !important; }")
    behind = (
        np.asarray(Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")) / 255
    )
    found = []
    for said, fill, left, top, width, height in words:
        middle = top + height / 2  # above and below the letters there may be something else
        rows = slice(int(middle - height / 4), int(middle + height / 4) + 1)
        box = behind[rows, int(left) : int(left + width) + 1]
        ink = np.array(re.findall(r"[\d.]+", fill)[:3], dtype=float) / 255
        reached = np.quantile(contrast(ink, box.reshape(-1, 3)), 0.1)
        if reached < TEXT_CONTRAST:
            found.append((said, fill, round(float(reached), 2)))
    return found


def test_contrast_of_published_pairs():
    """WebAIM: #777777 on white 4.48, #0000ff on white 8.59; black on white is 21 by definition."""
    pairs = {("#777777", "#ffffff"): 4.48, ("#0000ff", "#ffffff"): 8.59, ("#000000", "#ffffff"): 21}
    for (one, other), expected in pairs.items():
        ratio = contrast(np.array(to_rgb(one)), np.array(to_rgb(other)))
        assert ratio == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    "name", ["page.ko.html", "live.ko.html", "compare.ko.html", "pictures.en.html"]
)
def test_words_in_figures_stand_out(opened, name):
    assert faint(opened(name)) == []


@pytest.mark.parametrize("name", ["pictures.en.html", "live.en.html"])
def test_words_in_figures_stand_out_where_the_reader_has_own_colours(opened, name):
    page = opened(name, forced_colors="active", color_scheme="dark")
    ground = page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
    assert ground == "rgb(0, 0, 0)"
    assert faint(page) == []


def test_notice_and_pressed_button_are_told_apart_without_colours(opened):
    page = opened("page.en.html", forced_colors="active")
    border = "one => getComputedStyle(one).borderTopStyle"
    assert page.locator(".notice").evaluate(border) == "solid"
    button = page.locator("#code")
    button.click()
    assert button.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


# paper

WHOLE = ".figure, .map, .live .chart, .notice, tr"


@pytest.mark.parametrize("name", PAGES)
def test_no_figure_is_cut_on_paper(opened, name):
    page = opened(name, A4_WIDTH)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    found = page.locator(WHOLE).evaluate_all("""every => every.map(one => [
      one.getBoundingClientRect().height, one.getBoundingClientRect().right,
      getComputedStyle(one).breakInside, one.outerHTML.slice(0, 60)])""")
    assert found
    for height, right, inside, html in found:
        assert height < A4_HEIGHT, html
        assert right <= A4_WIDTH + 1 or html.startswith("<tr"), html  # tables are set smaller
        assert inside == "avoid", html


def test_a_table_that_scrolls_on_the_screen_does_not_fade_on_paper(opened):
    page = opened("page.en.html", 390)
    wide = page.locator(".scroll.more").first
    mask = "one => getComputedStyle(one).maskImage"
    assert wide.evaluate(mask) != "none"
    page.emulate_media(media="print")
    assert wide.evaluate(mask) == "none"


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils is not installed")
def test_paper_has_page_numbers_the_title_and_all_of_a_wide_table(opened, tmp_path):
    page = opened("page.en.html")
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    command = ["pdftotext", "-layout", tmp_path / "page.pdf", "-"]
    sheets = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")[
        :-1
    ]
    assert len(sheets) > 1
    for number, sheet in enumerate(sheets, start=1):
        assert re.search(rf"\b{number} ?/ ?{len(sheets)}\n", sheet)
        assert ("Site-selection report ·" in sheet) == (number > 1)
    whole = "".join(sheets)
    assert all(f"note_{number}" in whole for number in range(6))
    assert "Show all code" not in whole

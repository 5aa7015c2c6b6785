"""A small notebook with one exhibit of each kind, every slot filled with hostile text."""

import shutil

import folium
import nbformat
import pandas as pd
import pytest
from hypothesis import settings
from matplotlib import pyplot as plt

from site_select import messages, report
from site_select.messages import Text

# a busy machine makes no law of the package false
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--disable-background-networking", "--disable-component-update", "--disable-gpu",
    "--disable-quic", "--disable-sync", "--no-first-run", "--no-sandbox",
]  # fmt: skip
HOSTILE = "<script>alert(1)</script>"
ENTRIES = {
    "example.title": {"en": "Where should {name} begin?", "ko": "{name:은는} 어디서 시작할까?"},
    "example.question": {"en": "And how sure are we?", "ko": "얼마나 확실한가?"},
    "example.heading": {"en": "Ranking of {name}", "ko": "{name}의 순위"},
    "example.map_heading": {"en": "Map", "ko": "지도"},
    "example.words": {
        "en": "A <strong>first</strong> paragraph on {name}.\n\n<ul><li>and a list</li></ul>",
        "ko": "{name:이가} <strong>첫째</strong> 문단에 나온다.\n\n<ul><li>목록</li></ul>",
    },
    "example.ranking.caption": {"en": "Scores of {name}", "ko": "{name}의 점수"},
    "example.ranking.alt": {"en": "Bars of {name}", "ko": "{name}의 막대그래프"},
    "example.scores.caption": {"en": "Table of {name}", "ko": "{name}의 표"},
    "example.sheet": {"en": "Sheet of {name}", "ko": "{name}의 쪽"},
    "example.map.caption": {"en": "Map of {name}", "ko": "{name}의 지도"},
    "example.map.alt": {"en": "Map of {name}", "ko": "{name}의 지도"},
}


def draw_bars(names, *, language):
    axes = plt.subplots(figsize=(6.5, 3))[1]
    axes.barh(names, range(1, len(names) + 1), color="#0b5394")
    axes.set_xlabel(Text(ko="종합점수 [0–1]", en="score [0–1]").in_(language))
    axes.set_title(HOSTILE, fontweight="bold")
    return axes


def draw_map(name, *, language):
    drawn = folium.Map([36, 127.5], zoom_start=7, tiles=None, prefer_canvas=True)
    label = Text(ko="특화단지", en="Complexes").in_(language)
    layer = folium.FeatureGroup(label).add_to(drawn)
    escaped = messages.markup("example.map.alt", name=name).in_(language)
    folium.CircleMarker([36, 127.5], radius=30, popup=escaped, fill=True).add_to(layer)
    folium.LayerControl(collapsed=False).add_to(drawn)
    return drawn


def example_exhibits():
    page = report.Page()
    name = {"name": f"광주 {HOSTILE}"}
    frame = pd.DataFrame(
        {
            "complex": [HOSTILE, "광주"],
            "share": [0.4213, None],
            "firms": [1234, 7],
            "source": [report.source_link(f"https://example.org/{HOSTILE}"), "javascript:alert(1)"],
            **{f"note_{number}": ["a rather long remark", HOSTILE] for number in range(6)},
        }
    ).set_index("complex")
    return [
        page.title("example.title", subtitle="example.question", **name),
        page.notice("variant", HOSTILE),
        page.section("example.heading", **name),
        page.say("example.words", sources=[HOSTILE, "https://example.org/a"], **name),
        page.figure("example.ranking", draw_bars, ["광주", HOSTILE], values=name),
        page.table(
            "example.scores",
            frame,
            values=name,
            headers={"complex": Text(ko="단지", en=f"Complex {HOSTILE}")},
            formats={"share": "percent"},
            sources=[f"KICOX {HOSTILE}", "한국산업단지공단, https://example.org/a"],
        ),
        page.sheet("example.sheet", **name),
        page.section("example.map_heading"),
        page.map("example.map", draw_map, HOSTILE, values=name, sources=[HOSTILE]),
        page.record({"study": {"name": HOSTILE}, "scores": [0.5, None]}),
        page.provenance({"seed": 2020, "files": {"complexes.csv": HOSTILE}}),
    ]


def notebook_of(exhibits):
    v4 = nbformat.v4
    cells = [
        v4.new_markdown_cell("For the analyst only"),
        v4.new_code_cell('study_folder = "/secret"', metadata={"tags": ["injected-parameters"]}),
    ]
    for exhibit in exhibits:
        data = exhibit._repr_mimebundle_()
        cells.append(
            v4.new_code_cell(
                f'page.show("{HOSTILE}")', outputs=[v4.new_output("display_data", data)]
            )
        )
    cells.append(
        v4.new_code_cell(
            "own_output()",
            outputs=[
                v4.new_output("stream", text=f"printed {HOSTILE}"),
                v4.new_output("execute_result", {"text/plain": HOSTILE}, execution_count=1),
                v4.new_output("display_data", {"text/html": "<em>own html</em>"}),
                v4.new_output("display_data", {"image/svg+xml": f"<svg>{HOSTILE}</svg>"}),
                v4.new_output("error", ename="ValueError", evalue=HOSTILE, traceback=["\x1b[31mx"]),
            ],
        )
    )
    return v4.new_notebook(cells=cells)


@pytest.fixture(scope="session")
def example_notebook():
    with pytest.MonkeyPatch.context() as patched:
        everything = {**messages.catalogue(), **ENTRIES}
        patched.setattr(messages, "catalogue", lambda: everything)
        yield notebook_of(example_exhibits())


@pytest.fixture
def style():
    """The look of figures, and none left open."""
    with report.drawing_style():
        yield
    plt.close("all")


@pytest.fixture(params=["ko", "en"])
def language(request):
    return request.param


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium that asks for nothing by itself; a test without one is skipped."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield started
        started.close()


def assert_pages_open_offline(browser, folder):
    """Every page of a report opens, fits two widths, asks for nothing and complains of nothing."""
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 900})
    for path in sorted(folder.glob("*.html")):
        page, complaints, requests = context.new_page(), [], []
        page.on("console", lambda message, to=complaints: to.append(message.text))
        page.on("pageerror", lambda error, to=complaints: to.append(str(error)))
        page.on("request", lambda request, to=requests: to.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        asked = [url for url in requests if not url.startswith("data:")]
        assert asked[0] == path.as_uri()
        assert set(asked[1:]) <= {"about:srcdoc"}, path.name
        assert complaints == [], path.name
        printed = page.locator("main .output").all_inner_texts()
        assert printed == [], path.name  # a warning of a notebook would stand here
        page.close()
    context.close()


def wait_until(page, expression, arg=None):
    """Wait for a page; `wait_for_function` would evaluate text in it, which its policy forbids."""
    for _ in range(200):
        if page.evaluate(expression, arg):
            return
        page.wait_for_timeout(50)
    raise AssertionError(expression)

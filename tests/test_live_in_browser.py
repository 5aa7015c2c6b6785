"""The live part as a reader uses it: in Chromium, from a file, with the network off."""

import tomllib
from types import SimpleNamespace

import conftest
import nbformat
import numpy as np
import pandas as pd
import pytest
from test_live import HOSTILE, board_of, made_up

from site_select import messages, pages, report, scoring
from site_select.messages import LANGUAGES

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


NAMES = [*HOSTILE[:10], "Last but one", "Last"]
WORDS = {"en": "Move the weights", "ko": "가중치를 움직인다"}
GROUPS = {"c0": ["i0", "i1"], "c1": [], "c2": ["i3", "i4", "i5"]}


def page_with(case, monkeypatch, *, language="en"):
    """A page of a report with two boards, as the notebook makes it."""
    everything = {**messages.catalogue(), "example.live.caption": WORDS, "example.title": WORDS}
    monkeypatch.setattr(messages, "catalogue", lambda: everything)
    page = report.Page()

    other = SimpleNamespace(**vars(case) | {"worlds": case.worlds.iloc[:, ::3]})

    def draw(case, *, language):
        return board_of(case, language=language, study="desk")

    shown = [
        page.title("example.title"),
        page.live("example.live", draw, case),
        page.live("example.live", draw, other),
        page.record({"manifest": "0123abcd"}),
    ]
    v4 = nbformat.v4
    cells = [
        v4.new_code_cell("", outputs=[v4.new_output("display_data", one._repr_mimebundle_())])
        for one in shown
    ]
    return pages.render(v4.new_notebook(cells=cells), language=language)


@pytest.fixture(scope="module")
def case():
    return made_up(names=NAMES)


@pytest.fixture(scope="module")
def folder(case, tmp_path_factory):
    made = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patched:
        for language in LANGUAGES:
            html = page_with(case, patched, language=language)
            (made / f"live.{language}.html").write_text(html, encoding="utf-8")
    return made


@pytest.fixture
def opened(browser, folder):
    """Open a page; at the end, prove that nothing was complained of and nothing asked for."""
    contexts, complaints, requests = [], [], []

    def open_page(name="live.en.html", width=1280):
        context = browser.new_context(offline=True, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((folder / name).as_uri())
        conftest.wait_until(page, "[...document.querySelectorAll('.board')].every(one => one.view)")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith("data:") and ".html" not in url] == []


SET = """([points, which]) => {
  const board = document.querySelectorAll(".board")[which];
  for (const [name, value] of Object.entries(points)) {
    const input = board.querySelector(`[name=${name}]`);
    input.value = value;
    input.dispatchEvent(new Event("input", {bubbles: true}));
  }
  return board.view.runAsync().then(() => null);
}"""
READ = """(which) => {
  const board = document.querySelectorAll(".board")[which];
  const all = (what) => [...board.querySelectorAll(what)], text = (one) => one.textContent;
  return {
    weights: board.view.signal("weights"),
    rows: board.view.data("complexes").map(
      ({id, name, rank, place, score, first}) => ({id, name, rank, place, score, first})),
    leader: all(".leader .name").map(text)[0], share: all(".leader .share").map(text)[0],
    copied: board.querySelector("textarea").value,
    table: all("tbody tr").map((line) => [...line.children].map(text)),
    drawn: all("svg text").map(text),
    outputs: all("form output").map(text),
    spoken: all("input").map((own) => own.getAttribute("aria-valuetext")),
  };
}"""
RINGS = """(board) => [...board.querySelectorAll("path")]
  .filter((one) => one.getAttribute("stroke") === "#d55e00" && one.getAttribute("opacity") !== "0")
  .map((one) => one.getAttribute("transform"))"""


def set_points(page, points, which=0):
    page.evaluate(SET, [points, which])


def read(page, which=0):
    return page.evaluate(READ, which)


def weights_of(points):
    """The weights that points of the sliders mean, worked by hand."""
    weights, total = {}, sum(points[name] for name in GROUPS)
    for name, members in GROUPS.items():
        inner = sum(points[member] for member in members)
        if not members:
            weights["c"] = points[name] / total
        for member in members:
            weights["abcdef"[int(member[1:])]] = points[name] / total * points[member] / inner
    return pd.Series(weights)[list("abcdef")]


def shares_of(case, weights):
    """First in how many worlds, each counted by itself."""
    hits = dict.fromkeys(case.values.index, 0)
    for world in case.worlds:
        drawn = case.values.copy()
        for (label, indicator), value in case.worlds[world].items():
            drawn.loc[label, indicator] = value
        hits[(drawn[weights.index] * weights).sum(axis=1).idxmax()] += 1
    return pd.Series(hits) / case.worlds.shape[1]


def random_points():
    generator = np.random.default_rng(7)
    names = [*GROUPS, *(member for own in GROUPS.values() for member in own)]
    return [dict(zip(names, generator.uniform(0, 100, len(names)), strict=True)) for _ in range(20)]


def test_twenty_weight_sets_give_the_ranking_and_the_scores_of_python(opened, case):
    page = opened()
    leaders = set()
    for points in random_points():
        set_points(page, points)
        found, weights = read(page), weights_of(points)
        assert found["weights"] == pytest.approx(weights.tolist(), abs=1e-12)
        rows = pd.DataFrame(found["rows"]).set_index("id")
        scores = scoring.additive_value(case.values, weights)
        assert rows["score"].to_dict() == pytest.approx(scores.to_dict(), abs=1e-9)
        assert rows["rank"].to_dict() == scoring.ranks(scores).to_dict()
        assert rows["first"].to_dict() == pytest.approx(shares_of(case, weights).to_dict())
        best = scores.sort_values(ascending=False).index
        assert [row[1] for row in found["table"]] == [case.names[label].en for label in best]
        assert [row[2] for row in found["table"]] == [f"{scores[label]:.3f}" for label in best]
        assert found["leader"] == case.names[best[0]].en
        shown = float(found["share"].removesuffix("%")) / 100
        assert shown == pytest.approx(shares_of(case, weights)[best[0]], abs=0.0051)
        for place, label in enumerate(best, start=1):
            assert f"{place}  {label} {case.names[label].en}" in found["drawn"]
        leaders.add(best[0])
    assert len(leaders) >= 3


def test_the_copied_text_is_toml_of_the_shown_weights_to_the_last_digit(opened):
    page = opened()
    for points in random_points()[:5]:
        set_points(page, points)
        found = read(page)
        assert found["copied"].startswith(
            "# weights set in the decision brief of desk, manifest 0123abcd\n[weights]\n"
        )
        read_back = tomllib.loads(found["copied"])["weights"]
        assert list(read_back.values()) == found["weights"]
        assert list(read_back) == list("abcdef")


def test_whole_weights_are_written_as_numbers_with_a_point(opened):
    page = opened()
    set_points(page, {"c0": 0, "c1": 5, "c2": 0})
    assert "\nc = 1.0\n" in read(page)["copied"]
    assert all(
        isinstance(own, float) for own in tomllib.loads(read(page)["copied"])["weights"].values()
    )


def test_the_button_copies_the_text(opened):
    page = opened()
    page.get_by_text("Weights as text").first.click()
    page.get_by_role("button", name="Copy").click()
    sync_api.expect(page.locator(".copy output").first).to_have_text("Copied")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('textarea'), {id: 'into'}))"
    )
    page.locator("#into").focus()
    page.keyboard.press("Control+V")
    pasted = page.locator("#into").input_value()
    assert pasted == read(page)["copied"]


def test_one_button_restores_the_weights_of_the_study(opened, case):
    page = opened()
    before = read(page)
    assert before["weights"] == pytest.approx(case.weights.tolist(), abs=1e-12)
    set_points(page, random_points()[0])
    assert read(page)["weights"] != before["weights"]
    page.get_by_role("button", name="Restore the weights of the study").first.click()
    conftest.wait_until(
        page, "(text) => document.querySelector('.board textarea').value === text", before["copied"]
    )
    assert read(page) == before


def test_two_boards_of_a_page_move_apart(opened, case):
    page = opened()
    before = read(page, 1)
    set_points(page, {"c1": 100})
    assert read(page, 1) == before
    for which, step in enumerate((1, 3)):
        some = SimpleNamespace(values=case.values, worlds=case.worlds.iloc[:, ::step])
        found = read(page, which)
        weights = pd.Series(found["weights"], index=list("abcdef"))
        shares = {row["id"]: row["first"] for row in found["rows"]}
        assert shares == pytest.approx(shares_of(some, weights).to_dict())
    set_points(page, {"c0": 100, "c1": 0, "c2": 0}, 1)
    assert read(page, 1)["weights"][2] == 0
    assert read(page, 0)["weights"][2] > 0.3


def test_where_all_points_are_taken_away_all_count_alike(opened):
    page = opened()
    set_points(page, dict.fromkeys([*GROUPS, "i0", "i1", "i3", "i4", "i5"], 0))
    assert read(page)["weights"] == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 9, 1 / 9, 1 / 9])


def test_few_points_count_by_their_proportions(opened):
    page = opened()
    set_points(page, {"c0": 0.1, "c1": 0.1, "c2": 0.2, "i0": 0.01, "i1": 0.03})
    assert read(page)["weights"][:3] == pytest.approx([0.0625, 0.1875, 0.25])


def test_shown_percentages_are_the_weights_and_are_spoken(opened):
    page = opened()
    set_points(page, {"c0": 30, "c1": 10, "c2": 60, "i0": 1, "i1": 3, "i3": 50, "i4": 25, "i5": 25})
    found = read(page)
    expected = ["30.0%", "10.0%", "60.0%", "25.0%", "75.0%", "50.0%", "25.0%", "25.0%"]
    assert found["outputs"] == expected
    assert found["spoken"] == expected


def test_sliders_are_named_and_answer_to_the_keyboard(opened):
    page = opened()
    slider = page.get_by_role("slider", name="Label north").first
    slider.focus()
    start = float(slider.input_value())
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) == pytest.approx(start + 1)
    page.keyboard.press("Home")
    conftest.wait_until(page, "document.querySelector('.board').view.signal('weights')[0] === 0")
    assert slider.get_attribute("aria-valuetext") == "0.0%"
    page.get_by_text("Weights of the indicators within each criterion").first.click()
    assert page.get_by_role("slider", name="Label e").first.is_visible()


def test_the_chart_and_its_leader_are_told_to_those_who_do_not_see_them(opened):
    page = opened()
    chart = page.locator(".chart").first
    assert chart.get_attribute("aria-label").startswith("Bars of the 12 best complexes")
    sync_api.expect(page.locator("[role=status] > dl.leader")).to_have_count(2)
    page.get_by_text("All 12 complexes at these weights").first.click()
    sync_api.expect(page.get_by_role("row")).to_have_count(13)


def test_the_leader_is_ringed_and_named_on_the_map_and_follows(opened, case):
    page = opened()
    board, seen = page.locator(".board").first, set()
    for points in random_points():
        set_points(page, points)
        rings = board.evaluate(RINGS)
        leader = scoring.additive_value(case.values, weights_of(points)).idxmax()
        is_located = leader != "RC12"
        assert len(rings) == is_located
        seen.update(rings)
        words = [text for text in read(page)["drawn"] if text.startswith(f"1  {leader} ")]
        assert len(words) == (3 if is_located else 1)  # beside its bar, on the map and its halo
    assert len(seen) >= 2


def test_hostile_names_are_shown_as_they_are_written(opened, case):
    page = opened("live.ko.html")
    shown = {row[1] for row in read(page)["table"]}
    assert shown == {text.ko for text in case.names}
    assert page.evaluate("document.querySelectorAll('img, script[src]').length") == 0


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_the_chart_fits_its_page_and_follows_its_width(opened, width):
    page = opened("live.ko.html", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    box = page.locator(".chart svg").first.bounding_box()
    room = page.locator(".board").first.bounding_box()
    assert box["width"] == pytest.approx(room["width"], abs=1)
    page.set_viewport_size({"width": 700, "height": 900})
    conftest.wait_until(
        page,
        "document.querySelector('.chart svg').getBoundingClientRect().width > 600 && "
        "document.querySelector('.chart svg').getBoundingClientRect().width < 700",
    )


def test_paper_has_bars_and_map_but_no_sliders(opened):
    page = opened()
    page.emulate_media(media="print")
    for hidden in ("input", ".restore", "details", "textarea"):
        sync_api.expect(page.locator(f".board {hidden}").first).to_be_hidden()
    for shown in ("svg", ".leader", ".weights output", ".classes"):
        sync_api.expect(page.locator(f".board {shown}").first).to_be_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")

"""The map as a reader uses it: layers, search, clusters and popups, with the network off."""

import made_up
import pytest
import test_maps

from site_select import costings, economics, maps, summaries
from site_select.messages import Text
from site_select.offline import offline

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Maps of the desk study in both languages, and one with hostile text everywhere."""
    folder, desk = tmp_path_factory.mktemp("maps"), made_up.desk()
    places = summaries.places(desk, made_up.desk_result())
    flows = costings.flows(desk, economics.sites(desk, ["RC05"])["RC05"])
    hostile = desk.names.copy()
    for label, text in zip(hostile.index, test_maps.HOSTILE * 3, strict=False):
        hostile[label] = Text(text, text)
    every = test_maps.everywhere(places, "".join(test_maps.HOSTILE))
    labels = {name: Text(*test_maps.HOSTILE[:2]) for name in desk.labels.index}
    for name, own in {
        "ko": (places, desk.names, desk.labels), "en": (places, desk.names, desk.labels),
        "hostile": (every, hostile, labels),
    }.items():  # fmt: skip
        language = "en" if name == "hostile" else name
        board = maps.ranking(*own, catchment_km=50, flows=flows, language=language)
        page = offline(board.get_root().render(), language=language, title="Map of <b>complexes")
        (folder / f"{name}.html").write_text(page, "utf-8")
    return folder


@pytest.fixture
def opened(browser, drawn):
    """Open a map; at the end, prove that nothing was complained of and nothing asked for."""
    complaints, requests, contexts = [], [], []

    def open_map(name, width=1100):
        context = browser.new_context(offline=True, viewport={"width": width, "height": 640})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((drawn / f"{name}.html").as_uri())
        page.locator(".leaflet-marker-icon").first.wait_for()
        return page

    yield open_map
    for context in contexts:
        context.close()
    assert [url for url in requests if not url.startswith(("data:", drawn.as_uri()))] == []
    assert complaints == []


def popup(page):
    return page.locator(".leaflet-popup-content")


@pytest.mark.parametrize(("name", "language"), [
    ("광주 금형", "ko"), ("gwangju mold", "en"), ("RC15", "en"), ("rc15", "ko"),
])  # fmt: skip
def test_search_finds_by_either_name_and_by_code_from_the_keyboard(opened, name, language):
    page = opened(language)
    page.locator(".search input").fill(name)
    page.keyboard.press("Enter")
    sync_api.expect(popup(page)).to_contain_text("RC15")
    sync_api.expect(popup(page)).to_contain_text({"ko": "출처", "en": "Sources"}[language])
    assert popup(page).locator("a[rel~=noopener]").count() > 0
    page.keyboard.press("Escape")
    sync_api.expect(popup(page)).to_have_count(0)
    assert page.evaluate("document.activeElement.type") == "search"


def test_search_says_when_nothing_or_more_than_one_is_found(opened):
    page = opened("en")
    field, said = page.locator(".search input"), page.locator(".search output")
    field.fill("no such place")
    field.press("Enter")
    sync_api.expect(said).to_have_text("No complex of that name on the map")
    sync_api.expect(popup(page)).to_have_count(0)
    field.fill("plating")
    page.locator(".search button").click()
    sync_api.expect(said).to_contain_text("found; this is the best ranked")
    sync_api.expect(popup(page)).to_be_visible()


def test_layers_switch_and_the_legend_follows(opened):
    page = opened("en")
    marks = page.locator(".mark")
    sync_api.expect(marks).to_have_count(56)
    rank, value = (page.locator(f".legend [data-of={kind}]") for kind in ("rank", "value"))
    sync_api.expect(rank).to_be_visible()
    page.get_by_label("Value: Economic effect").check()
    sync_api.expect(value).to_be_visible()
    sync_api.expect(rank).to_be_hidden()
    sync_api.expect(marks).to_have_count(56)
    page.get_by_label("Complexes that may not stand").uncheck()
    sync_api.expect(marks).to_have_count(54)
    lines = page.locator("path.leaflet-interactive")
    sync_api.expect(lines).to_have_count(0)
    page.get_by_label("existing logistics").check()
    sync_api.expect(lines).to_have_count(4)


def test_clusters_count_every_complex_and_open_from_the_keyboard(opened):
    page = opened("en")
    page.get_by_label("All industrial complexes").check()
    counts = page.locator(".cluster b").all_inner_texts()
    assert sum(map(int, counts)) == 1363
    for _ in range(8):
        page.locator(".cluster").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(400)
        if popup(page).count():
            break
    sync_api.expect(popup(page)).to_contain_text("centre of the county")
    sync_api.expect(popup(page)).to_contain_text("KICOX")


def test_document_says_its_language_and_title_and_every_control_has_a_name(opened):
    page = opened("ko")
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.title() == "Map of <b>complexes"
    for mark in (".mark", ".sign"):
        first = page.locator(f"{mark}[role=button]").first
        assert first.get_attribute("aria-label")
    assert page.locator(".leaflet-control-zoom-in").get_attribute("aria-label") == "확대"


def test_phone_folds_legend_and_layers_and_nothing_is_wider(opened):
    page = opened("ko", width=390)
    sync_api.expect(page.locator(".legend p").first).to_be_hidden()
    sync_api.expect(page.locator(".leaflet-control-layers-list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    button, layers = (page.locator(mark).bounding_box()
                      for mark in (".search button", ".leaflet-control-layers"))  # fmt: skip
    assert button["x"] + button["width"] <= layers["x"]


def test_hostile_text_stays_text(opened):
    page = opened("hostile")
    for label, text in zip(made_up.desk().names.index, test_maps.HOSTILE, strict=False):
        page.locator(".search input").fill(label)
        page.keyboard.press("Enter")
        if popup(page).count() and label not in ("RC57", "RC58"):
            sync_api.expect(popup(page).locator("b").first).to_have_text(" ".join(text.split()))
            page.keyboard.press("Escape")
    page.get_by_label("All industrial complexes").check()
    page.locator(".cluster").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("body img, body iframe, body script[src]").count() == 0

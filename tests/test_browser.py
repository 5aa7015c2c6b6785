"""Pages as a reader opens them: Debian's Chromium, from a file, with the network off."""

import pytest

from site_select import pages
from site_select.pages import Links

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture(scope="module")
def report_folder(example_notebook, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    for language, other in (("ko", "en"), ("en", "ko")):
        links = Links(f"index.html#{language}", f"00_overview.{other}.html")
        page = pages.render(example_notebook, language=language, links=links)
        (folder / f"00_overview.{language}.html").write_text(page, encoding="utf-8")
    card = pages.card(example_notebook, "00_overview")
    index = pages.index([card], languages=("ko", "en"), study="desk")
    (folder / "index.html").write_text(index, encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, report_folder):
    """Open a page; at the end, prove that nothing was complained of and nothing asked for."""
    contexts, complaints, requests = [], [], []

    def open_page(name, width=1280):
        context = browser.new_context(offline=True, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((report_folder / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    asked = [url for url in requests if not url.startswith(("data:", report_folder.as_uri()))]
    assert asked == []
    assert complaints == []
    assert not [url for url in requests if url.startswith("file:") and ".html" not in url]


def test_page_opens_without_a_network_a_request_or_a_complaint(opened):
    page = opened("00_overview.ko.html")
    assert page.locator("h1").inner_text().startswith("광주 <script>alert(1)</script>는")
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.locator("figure").count() == 3


def test_korean_is_drawn_with_the_font_inside_the_page(opened):
    page = opened("00_overview.ko.html")
    page.evaluate("document.fonts.ready")
    faces = "[...document.fonts].map(face => face.family + face.weight + face.status)"
    assert page.evaluate(faces) == ["NanumGothic400loaded", "NanumGothic700loaded"]
    assert page.evaluate("document.fonts.check('16px NanumGothic', '광주')")
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector in ("h1", ".lead", ".contents", "figure svg text", "td", "th", "footer"):
        found = {"nodeId": root, "selector": selector}
        node = session.send("DOM.querySelector", found)["nodeId"]
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert all(font["isCustomFont"] for font in fonts), (selector, fonts)


def test_map_shows_its_layers_and_lets_them_be_switched(opened):
    page = opened("00_overview.ko.html")
    page.locator("iframe").scroll_into_view_if_needed()
    drawn = page.frame_locator("iframe")
    circles = drawn.locator("path.leaflet-interactive")
    layer = drawn.get_by_label("특화단지")
    sync_api.expect(circles).to_have_count(1)
    layer.uncheck()
    sync_api.expect(circles).to_have_count(0)
    layer.check()
    circles.click()
    sync_api.expect(drawn.locator(".leaflet-popup-content")).to_have_text(
        "<script>alert(1)</script>의 지도"
    )


def test_one_button_opens_and_closes_all_code(opened):
    page = opened("00_overview.en.html")
    code = page.locator("details.code pre").first
    button = page.get_by_role("button", name="Show all code")
    sync_api.expect(code).to_be_hidden()
    button.click()
    sync_api.expect(code).to_be_visible()
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    sync_api.expect(code).to_be_hidden()


@pytest.mark.parametrize("name", ["00_overview.ko.html", "00_overview.en.html", "index.html"])
def test_phone_scrolls_down_only(opened, name):
    page = opened(name, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_wide_table_scrolls_in_its_own_box_and_by_keyboard(opened):
    page = opened("00_overview.en.html", width=390)
    box = page.locator(".table .scroll")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert box.get_attribute("tabindex") == "0"


def test_language_link_leads_to_the_same_page(opened):
    page = opened("00_overview.ko.html")
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/00_overview.en.html")
    assert page.locator("html").get_attribute("lang") == "en"


def test_index_switches_language_and_its_links_follow(opened):
    page = opened("index.html")
    card = page.locator(".cards a:visible")
    assert card.get_attribute("href") == "00_overview.ko.html"
    page.get_by_role("link", name="English").click()
    sync_api.expect(page.locator("h1:visible")).to_have_text("Site-selection report")
    assert card.get_attribute("href") == "00_overview.en.html"
    assert page.title() == "Site-selection report: desk"
    assert page.locator("html").get_attribute("lang") == "en"
    card.click()
    page.get_by_role("link", name="All pages").click()
    sync_api.expect(page.locator("h1:visible")).to_have_text("Site-selection report")


def test_paper_shows_neither_code_nor_navigation(opened):
    page = opened("00_overview.en.html")
    page.emulate_media(media="print")
    for hidden in (".bar", ".contents", ".code"):
        sync_api.expect(page.locator(hidden).first).to_be_hidden()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")

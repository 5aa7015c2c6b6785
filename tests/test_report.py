import html
import re

import folium
import nbformat
import pandas as pd
import pytest
from conftest import HOSTILE, draw_bars, draw_map, example_exhibits, notebook_of
from folium.plugins import Fullscreen
from matplotlib import pyplot as plt
from nbconvert.exporters import get_export_names, get_exporter

from site_select import exhibits, offline, pages, report
from site_select.errors import WriteError
from site_select.exporters import EnglishReport, KoreanReport
from site_select.messages import Text
from site_select.pages import Link, Links


@pytest.fixture(scope="module")
def korean(example_notebook):
    return pages.render(example_notebook, language="ko")


@pytest.fixture(scope="module")
def english(example_notebook):
    return pages.render(example_notebook, language="en")


def test_hostile_text_stays_text_in_every_slot(korean, english):
    for page in (korean, english):
        assert HOSTILE not in page
        frame = re.search(r'srcdoc="([^"]*)"', page)[1]
        assert HOSTILE not in html.unescape(frame)
        assert page.count(html.escape(HOSTILE)) > 15


def test_page_loads_nothing_and_forbids_loading(korean):
    offline.assert_self_contained(korean)
    assert html.unescape(korean).count(offline.POLICY) == 2, "in the page and in the map"


def test_same_notebook_gives_the_same_bytes(example_notebook, monkeypatch):
    again = notebook_of(example_exhibits())
    assert [cell["outputs"] for cell in again.cells[1:]] == [
        cell["outputs"] for cell in example_notebook.cells[1:]
    ]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    first = pages.render(again, language="en")
    assert first == pages.render(again, language="en")
    assert "Made on 1970-01-01" in first


def test_figures_and_maps_are_numbered_together_and_tables_apart(korean, english):
    assert re.findall(r"<b>(.*?)</b>", korean) == ["그림 1", "표 1", "그림 2"]
    assert re.findall(r"<b>(.*?)</b>", english) == ["Figure 1", "Table 1", "Figure 2"]


def test_contents_lead_to_the_sections(english):
    contents = re.search(r'<nav class="contents".*?</nav>', english, re.DOTALL)[0]
    targets = re.findall(r'href="#([^"]+)"', contents)
    assert targets == ["example-heading", "example-map_heading"]
    assert all(f'<h2 id="{target}">' in english for target in targets)


def test_no_id_is_used_twice(english):
    ids = re.findall(r'\sid="([^"]+)"', re.sub(r'srcdoc="[^"]*"', "", english))
    assert len(ids) == len(set(ids))


def test_markdown_and_injected_folders_stay_out(english):
    assert "For the analyst only" not in english
    assert "/secret" not in english


def test_what_an_analyst_puts_out_is_shown(english):
    assert "<em>own html</em>" in english
    assert "This cell stopped with an error: ValueError" in english
    assert "\x1b" not in english


def test_a_heading_used_twice_gets_two_addresses(example_notebook):
    section = next(e for e in exhibits.in_notebook(example_notebook) if e.kind == "section")
    page = pages.render(notebook_of([section, section]), language="en")
    assert '<h2 id="example-heading">' in page
    assert '<h2 id="example-heading-2">' in page


@pytest.mark.parametrize(
    ("language", "own"), [("ko", "이 조사의 주문"), ("en", "orders of the study")]
)
def test_sources_are_listed_once_and_our_own_arithmetic_in_the_language_of_the_page(language, own):
    page = report.Page()
    both = [page.say("common.figure", number=1, sources=["KICOX 2020", "orders of the study"]),
            page.say("common.figure", number=2, sources=["orders of the study"])]  # fmt: skip
    found = pages.render(notebook_of(both), language=language)
    assert re.findall(r'<li id="source-\d"[^>]*>([^<]*)</li>', found) == ["KICOX 2020", own]
    assert f'<li id="source-2">{own}' in found  # and is marked as no other language
    assert re.findall(r'href="#source-(\d)"', found) == ["1", "2", "2"]


def test_links_lead_to_neighbours_index_and_other_language():
    links = Links("index.html#en", "00_a.ko.html", None, Link("01_b.en.html", HOSTILE))
    page = pages.render(notebook_of([]), language="en", links=links, name="00_a")
    for target in ("index.html#en", "00_a.ko.html", "01_b.en.html"):
        assert f'href="{target}"' in page
    assert HOSTILE not in page
    assert "<title>00_a</title>" in page


def test_index_shows_titles_and_marks_in_both_languages(example_notebook):
    card = pages.card(example_notebook, "00_overview")
    page = pages.index([card], languages=("ko", "en"), study=HOSTILE)
    assert HOSTILE not in page
    assert 'href="00_overview.ko.html"' in page
    assert 'href="00_overview.en.html"' in page
    assert "변경안" in page
    assert "Variant" in page


def test_exhibit_is_handed_back_outside_a_notebook_and_shows_its_language():
    shown = report.Page("ko").provenance({"seed": Text(ko="씨앗", en="number")})
    bundle = shown._repr_mimebundle_()
    assert "씨앗" in bundle["text/html"]
    assert bundle[exhibits.MIME]["body"]["en"] == "<dl><div><dt>seed</dt><dd>number</dd></div></dl>"


@pytest.mark.usefixtures("example_notebook")
def test_figure_is_drawn_once_a_language_and_closed():
    seen, open_before = [], plt.get_fignums()

    def draw(*, language):
        seen.append(language)
        return plt.subplots()[0]

    shown = report.Page().figure("example.ranking", draw, values={"name": "광주"})
    assert seen == ["ko", "en"]
    assert plt.get_fignums() == open_before
    assert 'aria-label="광주의 막대그래프"' in shown.body.ko
    assert "<style" not in shown.body.ko


@pytest.mark.usefixtures("example_notebook")
def test_what_was_made_up_says_so_in_the_picture_the_map_and_at_the_table():
    made_up, values = report.Page(is_synthetic=True), {"name": "광주"}
    figure = made_up.figure("example.ranking", draw_bars, ["a"], values=values)
    drawn = made_up.map("example.map", draw_map, "광주", values=values)
    table = made_up.table("example.scores", pd.DataFrame({"a": [1]}), values=values)
    for language in ("ko", "en"):
        svg = figure.body.in_(language)
        assert "SYNTHETIC / 합성 자료</text>" in svg
        assert 'aria-label="SYNTHETIC / 합성 자료. ' in svg
        assert "SYNTHETIC / 합성 자료&lt;/p&gt;" in drawn.body.in_(language)
        assert table.caption.in_(language).startswith(
            '<em class="synthetic">SYNTHETIC / 합성 자료</em> '
        )


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_mark_stands_above_the_drawing(layout):
    figure, axes = plt.subplots(layout=layout)
    axes.set_title("title\nof two lines")
    report._svg(axes, "key", "alt", "SYNTHETIC")
    (mark,) = figure.texts
    assert mark.get_window_extent().y0 >= axes.get_tightbbox().y1 - 1


@pytest.mark.usefixtures("example_notebook")
def test_what_was_not_made_up_is_not_marked():
    values = {"name": "광주"}
    for shown in (
        report.Page().figure("example.ranking", draw_bars, ["a"], values=values),
        report.Page().map("example.map", draw_map, "광주", values=values),
        report.Page().table("example.scores", pd.DataFrame({"a": [1]}), values=values),
    ):
        assert "SYNTHETIC" not in shown.body.ko + shown.caption.ko


@pytest.mark.usefixtures("example_notebook")
def test_two_figures_share_no_id():
    page = report.Page()
    values = {"name": "광주"}
    one = page.figure("example.ranking", draw_bars, ["a"], values=values)
    two = page.figure("example.map", draw_bars, ["a"], values=values)
    ids = [set(re.findall(r'\bid="([^"]+)"', e.body.ko)) for e in (one, two)]
    assert not ids[0] & ids[1]
    assert set(re.findall(r'href="#([^"]+)"', one.body.ko)) <= ids[0]


@pytest.mark.usefixtures("example_notebook")
def test_table_aligns_numbers_and_says_what_is_unknown():
    frame = pd.DataFrame(
        {
            "complex": ["a"],
            "share": [None],
            "firms": [1234],
            "score": [0.421],
            "known": [True],
            "name": [Text(ko="가", en="A")],
        }
    ).set_index("complex")
    shown = report.Page().table(
        "example.scores", frame, values={"name": "x"}, formats={"share": "percent"}
    )
    assert '<th scope="row">a</th><td class="unknown">unknown</td>' in shown.body.en
    assert '<td class="number">1,234</td><td class="number">0.42</td>' in shown.body.en
    assert "<td>yes</td><td>A</td>" in shown.body.en
    assert "<td>예</td><td>가</td>" in shown.body.ko
    assert '<th scope="col" data-column="firms" class="number">firms</th>' in shown.body.en


@pytest.mark.usefixtures("example_notebook")
def test_empty_table_shows_its_headings():
    shown = report.Page().table("example.scores", pd.DataFrame({"a": []}), values={"name": "x"})
    assert "a</th></tr></thead>" in shown.body.en


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("KICOX <b>", "KICOX &lt;b&gt;"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        (
            'https://a.org/?a=1&b="x',
            (
                '<a href="https://a.org/?a=1&amp;b=" rel="noreferrer noopener">'
                "https://a.org/?a=1&amp;b=</a>&#34;x"
            ),
        ),
        (
            "see https://a.org/b.",
            'see <a href="https://a.org/b" rel="noreferrer noopener">https://a.org/b</a>.',
        ),
    ],
)
def test_only_web_addresses_become_links(source, expected):
    assert str(report.source_link(source)) == expected


def test_map_carries_its_scripts_and_repeats():
    documents = [
        offline.offline(draw_map("광주", language="ko").get_root().render()) for _ in range(2)
    ]
    assert documents[0] == documents[1]
    assert "L.map(" in documents[0]
    assert "sourceMappingURL" not in documents[0]
    assert "jsdelivr" not in documents[0]
    assert documents[0].count("font/woff") == 2


@pytest.fixture(autouse=True)
def _messages(example_notebook):
    """Every test knows the messages of the example."""


@pytest.mark.parametrize("make", [folium.TileLayer, Fullscreen])
def test_map_with_anything_from_outside_is_refused(make):
    drawn = folium.Map([36, 127], tiles=None)
    make().add_to(drawn)
    with pytest.raises(WriteError, match="would load"):
        offline.offline(drawn.get_root().render())


@pytest.mark.parametrize(
    "document",
    [
        '<img src="https://a.org/a.png">',
        '<img src="a.png">',
        '<img srcset="a.png 2x">',
        '<script src="//a.org/a.js"></script>',
        '<link rel="stylesheet" href="a.css">',
        '<style>@import "a.css";</style>',
        "<style>p { background: url( 'https://a.org/a.png' ) }</style>",
        '<p style="background:url(http://a.org/a.png)">',
        '<a href=" java\nscript:alert(1)">',
        '<svg><image xlink:href="http://a.org/a.png"/></svg>',
        '<svg><use href="a.svg#b"/></svg>',
        '<iframe srcdoc="&lt;img src=&quot;a.png&quot;&gt;"></iframe>',
        '<iframe src="a.html"></iframe>',
        '<object data="a.pdf"></object>',
        '<form action="https://a.org"></form>',
        '<base href="https://a.org/">',
        '<meta http-equiv="refresh" content="0; url=https://a.org">',
    ],
)
def test_anything_that_would_load_is_refused(document):
    with pytest.raises(WriteError, match="would load from outside"):
        offline.assert_self_contained(document)


@pytest.mark.parametrize(
    "document",
    [
        '<a href="https://a.org">source</a><a href="01_b.ko.html">next</a><a href="#text">up</a>',
        '<img src="data:image/png;base64,AAAA">',
        '<svg><use xlink:href="#a"/><path clip-path="url(#b)"/></svg>',
        "<script>const code = '<img src=a.png>'</script>",
        "<p>url(http://a.org) is said, not loaded</p>",
    ],
)
def test_what_loads_nothing_is_allowed(document):
    offline.assert_self_contained(document)


def test_every_address_left_is_named():
    with pytest.raises(WriteError, match=r"img src a\.png; img src b\.png"):
        offline.assert_self_contained('<img src="a.png"><img src="b.png">')


@pytest.mark.parametrize(("exporter", "language"), [(KoreanReport, "ko"), (EnglishReport, "en")])
def test_jupyterlab_can_export_the_same_page(example_notebook, exporter, language):
    page, resources = exporter().from_notebook_node(example_notebook)
    assert page == pages.render(example_notebook, language=language, name="Notebook")
    assert resources["output_extension"] == ".html"
    assert exporter.export_from_notebook


@pytest.mark.parametrize("name", ["site_select_ko", "site_select_en"])
def test_exporters_are_found_by_name(name):
    assert get_exporter(name).file_extension == ".html"


def test_exhibits_survive_the_notebook_file(example_notebook):
    copy = nbformat.reads(nbformat.writes(example_notebook), as_version=4)
    assert list(exhibits.in_notebook(copy)) == list(exhibits.in_notebook(example_notebook))


@pytest.mark.parametrize("name", ["site_select_ko", "site_select_en"])
def test_a_jupyter_server_can_ask_for_the_exporter(name):
    """Its address takes ``\\w+`` only: a hyphen would be answered with 404."""
    assert re.fullmatch(r"\w+", name)
    assert name in get_export_names()

"""Files to take away: drawings that stand alone, pictures, the brief as PDF, what failures cost."""

import os
import re
import shutil
from io import BytesIO

import made_up
import pytest
from conftest import ENTRIES, draw_bars, notebook_of
from defusedxml import ElementTree
from nbformat import write as write_notebook
from PIL import Image

from site_select import (
    assessment,
    exhibits,
    fonts,
    machine,
    messages,
    records,
    report,
    study,
    takeaway,
)
from site_select.errors import WriteError
from site_select.messages import Text

BROWSER = machine.browser()
CHROMIUM = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
SVG = "{http://www.w3.org/2000/svg}"
MARK = "SYNTHETIC / 합성 자료"
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 36">'
    '<rect width="36" height="36" fill="#ff0000"/></svg>'
)
HOSTILE = ["</title><script>alert(1)</script>", "<style>", "]]>", "&amp; &", '"><g onload="x">',
           "\\1 \\g<0>", "{title}", "a\x0b\x00b", "한\ud800", "=1+1"]  # fmt: skip
BROKEN = ["", "no drawing", '<svg viewBox="9 9 5 5"></svg>', '<svg viewBox="0 0 9 5"><g>',
          '<svg viewBox="0 0 x y"></svg>', '<svg viewBox="0 0 0 5"></svg>']  # fmt: skip
PAGE = ("<!doctype html><title>p</title><style>@page {{ size: A4 }} p {{ break-after: page }}"
        "</style><p>one<p>two<div>{}</div>")  # fmt: skip


def figure(body, caption="A caption", *, kind="figure", key="a.figure"):
    return exhibits.Exhibit(kind, Text(body, body), Text(caption, caption), key)


def executed(folder, name, *shown):
    """An executed notebook in the place where a report keeps it."""
    path = folder / "executed" / f"{name}.ipynb"
    write_notebook(notebook_of(shown), path)
    return path


def report_figure(*, is_synthetic):
    """A figure as a notebook shows it."""
    with pytest.MonkeyPatch.context() as patched:
        everything = {**messages.catalogue(), **ENTRIES}
        patched.setattr(messages, "catalogue", lambda: everything)
        page = report.Page("en", is_synthetic=is_synthetic)
        return page.figure("example.ranking", draw_bars, ["가", "b"], values={"name": "가"})


def write(folder, **options):
    return takeaway.write(folder / "study", folder / "executed", folder / "pages", workers=1,
                          **options)  # fmt: skip


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def names(folder):
    return listed(folder / "pages" / "files" / "figures")


def read(folder, name):
    return (folder / "pages" / "files" / "figures" / name).read_bytes()


@pytest.fixture
def folder(tmp_path):
    for name in ("executed", "pages"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_figures_stand_alone_as_svg_and_png_in_each_language(folder):
    executed(folder, "06_scores", figure(SQUARE, "<em>Parts</em> &amp; all"))
    assert write(folder) == []
    assert listed(folder / "pages" / "files") == ["figures"]
    assert names(folder) == [
        "06_a_figure.en.png", "06_a_figure.en.svg", "06_a_figure.ko.png", "06_a_figure.ko.svg",
    ]  # fmt: skip
    root = ElementTree.fromstring(read(folder, "06_a_figure.en.svg"))
    assert root.find(f"{SVG}title").text == "Parts & all"
    assert (root.get("width"), root.get("height")) == ("72pt", "36pt")


def test_png_is_white_and_has_200_dots_to_the_inch(folder):
    executed(folder, "06_scores", figure(SQUARE))
    write(folder, languages=("en",))
    assert names(folder) == ["06_a_figure.en.png", "06_a_figure.en.svg"]
    with Image.open(BytesIO(read(folder, "06_a_figure.en.png"))) as image:
        assert image.size == (200, 100)  # 72 by 36 points are 1 by 1/2 inch
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.02)
        assert image.mode == "RGB"
        assert image.getpixel((50, 50)) == (255, 0, 0)
        assert image.getpixel((150, 50)) == (255, 255, 255)


@pytest.mark.parametrize("is_synthetic", [False, True])
def test_figure_of_a_report_carries_its_font_and_the_mark_of_made_up_data(folder, is_synthetic):
    executed(folder, "00_overview", report_figure(is_synthetic=is_synthetic))
    assert write(folder) == []
    svg = read(folder, "00_example_ranking.ko.svg").decode()
    root = ElementTree.fromstring(svg)
    said = ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]
    assert (MARK in said) == is_synthetic
    assert any(re.search("[가-힣]", words) for words in said)
    assert svg.count("@font-face") == len(fonts.WEIGHTS)
    plain = re.sub(r'xmlns(:\w+)?="[^"]+"', "", svg)
    assert not re.search(r"https?:|//|@import", re.sub(r"base64,[^)]*", "", plain))
    assert set(re.findall(r'(?:href="|url\()([#\w]+)', plain)) <= {
        "data", *re.findall(r'(?:href="|url\()(#[\w]+)', plain)
    }  # fmt: skip
    with Image.open(BytesIO(read(folder, "00_example_ranking.ko.png"))) as image:
        assert image.width == pytest.approx(float(root.get("width")[:-2]) * 200 / 72, abs=1)
        is_red = [red > 120 and blue < 60 for red, _, blue in image.get_flattened_data()]
        assert any(is_red) == is_synthetic  # the mark, in Korean too, is in the picture


def test_printed_twin_of_a_map_is_a_figure_and_a_map_without_is_none(folder):
    frame = '<iframe class="map" srcdoc="&lt;svg &gt;&lt;/svg&gt;"></iframe>'
    twin = f'{frame}<div class="on-paper" hidden>{SQUARE}</div>'
    none = figure(frame, kind="map", key="no.twin"), figure(SQUARE, kind="table")
    path = executed(folder, "05_geography", figure(twin, kind="map", key="of.map"), *none)
    assert takeaway.found(path).figures == {
        "05_of_map": (Text(SQUARE, SQUARE), Text("A caption", "A caption"))
    }


def test_no_figure_takes_the_name_of_another(folder):
    keys = ["x.2", "x", "x", "x", "x-2", "지도"]
    path = executed(folder, "01_list", *(figure(SQUARE, str(n), key=key)
                                         for n, key in enumerate(keys)))  # fmt: skip
    figures = takeaway.found(path).figures
    assert {name: caption.en for name, (_, caption) in figures.items()} == {
        "01_x_2": "0", "01_x": "1", "01_x_3": "2", "01_x_4": "3", "01_x_2_2": "4", "01__": "5",
    }  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_caption_stays_the_title(words):
    svg = takeaway.standalone(SQUARE, title=words, faces="/* faces */")
    root = ElementTree.fromstring(svg.encode())
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == re.sub("[\x00\x0b\ud800]", "\ufffd", words)
    assert [one.tag.removeprefix(SVG) for one in root.iter()] == ["svg", "title", "style", "rect"]
    assert takeaway.picture(svg) == takeaway.picture(takeaway.standalone(SQUARE, title=""))


@pytest.mark.parametrize("body", BROKEN)
def test_broken_drawing_costs_only_its_own_files(folder, body):
    executed(folder, "06_scores", figure(body, key="bad"), figure(SQUARE, key="good"))
    notes = write(folder, languages=("en",))
    assert names(folder) == ["06_good.en.png", "06_good.en.svg"]
    (note,) = notes
    assert note.startswith("06_bad.en.svg and its PNG were not made: ")


def test_report_without_figures_record_and_costs_has_no_files(folder):
    executed(folder, "00_overview", figure("<p>words</p>", kind="text"))
    assert write(folder) == []
    assert listed(folder / "pages") == []
    assert list(takeaway.links(folder / "pages", "en")) == []


def test_disk_that_cannot_be_written_is_said_as_such(folder):
    executed(folder, "06_scores", figure(SQUARE))
    (folder / "pages" / "files").write_text("in the way")
    with pytest.raises(WriteError, match="files cannot be written"):
        write(folder)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_links_lead_to_what_is_there_in_the_language_of_the_reader(tmp_path, language):
    files = tmp_path / "files"
    (files / "figures").mkdir(parents=True)
    for name in ("results.gpkg", "results_ranking.csv", "annex.ko.docx", "annex.en.docx",
                 "brief.ko.pdf", "results.en.xlsx"):  # fmt: skip
        (files / name).touch()
    links = list(takeaway.links(tmp_path, language))
    own = {"ko": ["brief.ko.pdf", "annex.ko.docx"], "en": ["results.en.xlsx", "annex.en.docx"]}
    assert [link.href for link in links] == [
        f"files/{name}" for name in
        (*own[language], "results.gpkg", "results_ranking.csv", "figures")
    ]  # fmt: skip
    assert all((tmp_path / link.href).exists() for link in links)
    is_korean = [bool(re.search("[가-힣]", link.title)) for link in links]
    assert is_korean == [language == "ko"] * 5


def test_machine_without_chromium_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    page, path = tmp_path / "page.html", tmp_path / "brief.en.pdf"
    page.write_text(PAGE.format(""))
    assert takeaway.print_page(page, path) == [
        "brief.en.pdf was not made: there is no Chromium on this machine to print with"
    ]
    assert listed(tmp_path) == ["page.html"]


@pytest.mark.parametrize(
    ("script", "name"),
    [("exit 3", "CalledProcessError"), ("exit 0", "FileNotFoundError"),
     ("sleep 30", "TimeoutExpired"),
     ('for one; do case $one in --print-to-pdf=*) echo half > "${one#*=}";; esac; done; exit 1',
      "CalledProcessError")],
    ids=["fails", "writes nothing", "hangs", "stops half way"],
)  # fmt: skip
def test_chromium_that_fails_costs_only_the_pdf(tmp_path, monkeypatch, script, name):
    browser = tmp_path / "chromium"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(takeaway, "SECONDS", 1)
    path = tmp_path / "brief.en.pdf"
    assert takeaway.print_page(tmp_path / "page.html", path) == [
        f"brief.en.pdf was not made: {name} of chromium"
    ]
    assert not path.exists()


@CHROMIUM
def test_chromium_prints_every_page_the_same_each_time_and_asks_for_nothing(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(PAGE.format('<img src="http://127.0.0.1:9/x.png" alt="">'), encoding="utf-8")
    made = []
    for name in ("a.pdf", "b.pdf"):
        assert takeaway.print_page(page, tmp_path / name) == []
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", made[0])) == 3
    assert re.findall(rb"D:(\d+)", made[0]) == [b"19800101000000"] * 2


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small study with its record, and the pages of its report."""
    folder = tmp_path_factory.mktemp("run")
    for name in ("executed", "pages", "study"):
        (folder / name).mkdir()
    made_up.best_and_known(folder / "study")
    read = study.read(folder / "study")
    page = report.Page("en", is_synthetic=True)
    executed(folder, "08_decision_brief", report_figure(is_synthetic=True),
             page.record(records.record(read, assessment.assess(read))))  # fmt: skip
    for language in ("ko", "en"):
        (folder / "pages" / f"08_decision_brief.{language}.html").write_text(PAGE.format(language))
    return folder


@CHROMIUM
def test_report_with_a_brief_has_results_and_pdf_with_the_same_bytes_each_time(run):
    made = []
    for _ in range(2):
        assert write(run) == []
        files = run / "pages" / "files"
        made.append({path.relative_to(files).as_posix(): path.read_bytes()
                     for path in files.rglob("*") if path.is_file()})  # fmt: skip
        shutil.rmtree(files)
    assert sorted(made[0]) == [
        "brief.en.pdf", "brief.ko.pdf", "dictionary.csv", "figures/08_example_ranking.en.png",
        "figures/08_example_ranking.en.svg", "figures/08_example_ranking.ko.png",
        "figures/08_example_ranking.ko.svg", "results.en.xlsx", "results.gpkg", "results.ko.xlsx",
        "results_facts.csv", "results_national.csv", "results_ranking.csv", "results_values.csv",
        "results_weights.csv",
    ]  # fmt: skip
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []


def test_results_are_made_where_nothing_can_print(run, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    notes = write(run, languages=("ko",))
    files = listed(run / "pages" / "files")
    shutil.rmtree(run / "pages" / "files")
    assert notes == [
        "brief.ko.pdf was not made: there is no Chromium on this machine to print with"
    ]
    assert {"results.ko.xlsx", "results.gpkg", "figures"} <= set(files)
    assert not [name for name in files if name.endswith(".pdf")]

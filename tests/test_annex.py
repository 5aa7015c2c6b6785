"""The annex for the agreement: what is known with its source, the rest blank, whole as Word."""

import io
import re
import zipfile

import pandas as pd
import pytest
from defusedxml import ElementTree
from made_up import ROOT

from site_select import annex, economics, listings, messages, study
from site_select.annex import Annex, Line, Section
from site_select.messages import Text

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = ["</w:t><w:p/>", "<script>alert(1)</script>", "&amp;", "{{ 7 * 7 }}", "]]>", "\x0b\x00",
           '"><w:instrText>INCLUDETEXT</w:instrText>', "=1+1", "가\ud800나"]  # fmt: skip
RECORD = {"verdict": {"word": "conditional", "leader": "", "share": 0.84, "coverage": 0.7},
          "alternatives": [], "manifest": "ab" * 32}  # fmt: skip


def paragraphs(document):
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        root = ElementTree.fromstring(package.read("word/document.xml"))
    return ["".join(text.text or "" for text in one.iter(f"{W}t")) for one in root.iter(f"{W}p")]


def small(words, *, is_synthetic=False):
    both = Text(words, words)
    lines = (Line(both, both, both), Line(both), Line(both, both, is_open=False))
    return Annex(both, (both,), (Section(both, both, lines),), "0123" * 16, is_synthetic)


@pytest.fixture(scope="module")
def pilot():
    return study.read(ROOT / "data" / "studies" / "gwangju-2020")


@pytest.fixture(scope="module")
def of_pilot(pilot):
    return annex.filled(pilot, None)


def found(filled, key):
    """What the study says of an item, in English."""
    name = messages.text(f"annex.{key}").en
    (line,) = [one for part in filled.sections for one in part.lines if one.item.en == name]
    return line


def test_every_part_that_the_agreement_needs_is_there_in_order(of_pilot):
    assert [part.heading.en for part in of_pilot.sections] == [
        "Parties", "Roles", "Parts", "Volumes", "Cost sharing", "Owner and financing of the stock",
        "Unsold stock", "Baseline and targets", "Exit rule", "Signatures",
    ]  # fmt: skip
    assert [part.is_form for part in of_pilot.sections] == [False] * 9 + [True]


def test_figures_are_those_of_the_comparison_with_their_5_and_95_percent(pilot, of_pilot):
    site = economics.sites(pilot, ["RC15"])["RC15"]
    draws = economics.drawn(site, n_samples=2000, seed=2020)
    saving = site.compare(draws).saving / 1e6
    low, middle, high = (pd.Series(saving).quantile(share) for share in (0.05, 0.5, 0.95))
    expected = f"KRW {middle:,.1f} M a year ({low:,.1f} to {high:,.1f})"
    assert found(of_pilot, "sharing.saving").found.en == expected
    assert found(of_pilot, "exit.saving").found.en == expected
    share = (saving <= 0).mean()
    assert found(of_pilot, "exit.no_saving").found.en == f"{share:.0%} of the draws"


def test_surveyed_firms_and_published_pilot_stand_with_their_sources(of_pilot):
    firms = found(of_pilot, "parties.firms")
    assert (firms.found.en, firms.basis.en) == ("24 firms", "computed on surveyed orders")
    baseline = of_pilot.sections[7].lines
    pilot = [(one.found.en, one.basis.en) for one in baseline if one.item.en.startswith("Pilot")]
    assert [said.split()[0] for said, _ in pilot] == ["30", "6", "40%", "12", "3", "71%"]
    assert all("kbiz" in source or "hotn" in source for _, source in pilot)


def test_every_filled_line_has_a_basis_and_every_other_a_blank(of_pilot):
    for part in of_pilot.sections:
        for line in part.lines:
            assert line.is_open or line.found
            is_filled = line.found not in {None, messages.UNKNOWN}
            assert bool(line.basis.en) == is_filled, line.item.en
            assert bool(line.basis.ko) == is_filled, line.item.ko


@pytest.mark.parametrize(
    "key",
    ["parties.operator", "parts.customs_code", "volumes.least", "sharing.agreed", "stock.owner",
     "stock.financing", "unsold.taker", "unsold.price", "baseline.who", "exit.notice"],
)  # fmt: skip
def test_what_nobody_knows_is_left_open(of_pilot, key):
    assert found(of_pilot, key) == Line(messages.text(f"annex.{key}"))


def test_part_that_too_few_firms_buy_is_not_named(pilot):
    site = economics.sites(pilot, ["RC15"])["RC15"]
    few = site.orders.assign(firm=["f1", *["all"] * (len(site.orders) - 1)],
                             firms=[1, *[24] * (len(site.orders) - 1)], part="common")  # fmt: skip
    few.loc[few.index[0], "part"] = "secret die"
    items = few[["part", "supplier"]].drop_duplicates().reset_index(drop=True)
    own = type(site)(**{**vars(site), "orders": few, "items": items})
    lines = annex._parts(pilot, own)
    said = " ".join(str(line.found) for line in lines)
    assert "secret" not in said
    assert messages.text("confidentiality.hidden").en in said


def test_supplier_that_too_few_firms_told_of_is_not_named(pilot):
    site = economics.sites(pilot, ["RC15"])["RC15"]
    places = pilot.survey.overseas_places.set_index("place_id")["name"]
    common, rare = list(dict.fromkeys(site.orders["supplier"]))[:2]
    orders = pd.concat([site.orders.iloc[[0]].assign(firm=f"f{n}", firms=1, supplier=supplier)
                        for n, supplier in enumerate([common] * 4 + [rare])])  # fmt: skip
    own = type(site)(**{**vars(site), "orders": orders})
    said = annex._sellers(pilot, own, pd.Series([common, rare])).en
    assert listings.place_name(places[rare]).en not in said
    assert messages.text("confidentiality.hidden").en in said


def test_opening_says_what_the_verdict_allows(pilot):
    site = economics.sites(pilot, ["RC15"])["RC15"]
    own = RECORD | {"verdict": RECORD["verdict"] | {"leader": "RC15"}}
    said = [words.en for words in annex._opening(pilot, own, site)]
    assert said[2] == (
        "Verdict of the run: conditional. Gwangju Mold Complex (RC15) is "
        "first in 84.0% of the draws; 70% of the weight rests on known facts."
    )
    assert len(said) == 3
    other = RECORD | {"verdict": RECORD["verdict"] | {"leader": "RC01", "word": "too_close"}}
    said = [words.en for words in annex._opening(pilot, other, site)]
    assert "too close to call" in said[2]
    assert said[3].startswith("The logistics of Ansan Plating Cooperative Complex (RC01) cannot")


@pytest.mark.parametrize("word", ["firm", "conditional", "too_close", "no_recommendation"])
def test_every_verdict_has_its_sentence(word):
    said = messages.text(f"annex.opening.{word}", leader="A", share=0.5, coverage=0.5)
    assert "50" in said.en
    assert "50" in said.ko


def test_document_holds_every_line_in_its_language_and_blanks_to_fill(of_pilot):
    for language in ("ko", "en"):
        said = paragraphs(annex.document(of_pilot, language=language))
        for part in of_pilot.sections:
            assert any(words.endswith(part.heading.in_(language)) for words in said)
            for line in part.lines:
                assert line.item.in_(language) in said
                assert line.found is None or line.found.in_(language) in said
        blanks = sum(re.fullmatch("_+", words) is not None for words in said)
        assert blanks == sum(line.is_open for part in of_pilot.sections for line in part.lines)


def test_document_is_a_whole_package_with_the_same_bytes_each_time():
    made = annex.document(small("한글 text"), language="ko")
    assert made == annex.document(small("한글 text"), language="ko")
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert package.testzip() is None
        for name in package.namelist():
            ElementTree.fromstring(package.read(name))
        dates = {entry.date_time for entry in package.infolist()}
        targets = re.findall(
            r'Target="([^"]+)"', package.read("word/_rels/document.xml.rels").decode()
        )
        assert {f"word/{target}" for target in targets} <= set(package.namelist())
    assert dates == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_stays_text(words):
    safe = paragraphs(annex.document(small("§"), language="en"))
    made = annex.document(small(words), language="en")
    shown = re.sub("[\x00\x0b\ud800]", "\ufffd", words)
    assert paragraphs(made) == [one.replace("§", shown) for one in safe]
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert b"<w:instrText>" not in package.read("word/document.xml")


def test_made_up_study_is_marked_on_the_first_page_and_in_the_footer():
    mark = messages.text("common.notice.synthetic").en
    assert paragraphs(annex.document(small("x", is_synthetic=True), language="en"))[0] == mark
    assert mark not in paragraphs(annex.document(small("x"), language="en"))
    with zipfile.ZipFile(io.BytesIO(annex.document(small("x", is_synthetic=True),
                                                   language="en"))) as package:  # fmt: skip
        assert mark in package.read("word/footer.xml").decode()

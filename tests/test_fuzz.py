"""Whatever comes back, the reader accepts it or says what is wrong; it never stops otherwise.

Half a minute in the tests; ``FUZZ_SECONDS=600 pytest -n0 -s tests/test_fuzz.py`` for a longer run,
whose counts are printed.
"""

import collections
import io
import os
import re
import time
import zipfile

import hypothesis
import openpyxl
import pytest
from hypothesis import strategies as st
from test_returns import FIRM, ORDER, QUESTIONS, STAMP, VERSION, blank, read

from site_select import crosschecks, layouts

__all__ = ["blank"]
SECONDS = float(os.environ.get("FUZZ_SECONDS", "30"))
EXAMPLES = 100  # to one seed
TOKENS = (
    b'<c r="A6" t="s"><v>999999</v></c>', b"<f>1+1</f>", b't="inlineStr"', b't="e"', b't="b"',
    b'<mergeCell ref="A7:B9"/>', b'<row r="1048577">', b'<row r="0">', b'r="XFE1"', b"&#0;", b"&x;",
    b'<!DOCTYPE a [<!ENTITY x "y">]>', b"-1e309", b"NaN", b"1e400", b"</sheetData>", b"</c></row>",
    b"\xff\xfe", b"\x00", b"_x0000_", "１２".encode(), "ᄀ".encode(), b"<si><t/></si>",
    b'state="hidden"', b'date1904="1"', b'Target="../../etc/passwd"', b'TargetMode="External"',
)  # fmt: skip
TEXTS = (  # in the place of what a cell, or anything else, says
    "=1+1", "모름", "refused", "1e999", "-5", "１２", "007", "1e5", "x" * 2000, "&lt;script&gt;",
    "ᄀ",
    "2027-03-02", "F99", "F01", "0", "45000", "TRUE", "#REF!", " ", "아니오", "&#xD7FF;",
)  # fmt: skip
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["text", "text", "text", "flip", "cut", "insert", "double", "digits"]),
        st.integers(0, 2**32), st.sampled_from(TOKENS), st.integers(1, 400),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def filled(blank, tmp_path_factory):
    """Give the parts of a form with a firm, an order and answers."""
    book = openpyxl.load_workbook(blank)
    part = {"firm": "F01", "part": ORDER["part"], "weight_t": 2}
    consent = {"firm": "F01", "joins": "예 / yes", "consent": "예 / yes"}
    for title, values in (("기업", FIRM), ("품목", part), ("주문", ORDER), ("참여동의", consent)):
        names = {cell.value: cell.column for cell in book[title][layouts.NAME_ROW]}
        for name, value in values.items():
            book[title].cell(layouts.FIRST_ROW, names[name], value)
    path = tmp_path_factory.mktemp("filled") / "A.xlsx"
    book.save(path)
    with zipfile.ZipFile(path) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def changed(raw, changes):
    """Apply changes to the bytes of a part."""
    for kind, place, token, size in changes:
        at = place % max(len(raw), 1)
        if kind == "flip":
            raw = raw[:at] + bytes([place % 256]) + raw[at + 1 :]
        elif kind == "cut":
            raw = raw[:at] + raw[at + size :]
        elif kind == "insert":
            raw = raw[:at] + token + raw[at:]
        elif kind == "text" and (said := list(re.finditer(rb">([^<]+)<", raw))):
            start, end = said[place % len(said)].span(1)
            raw = raw[:start] + TEXTS[size % len(TEXTS)].encode() + raw[end:]
        elif kind == "double":
            raw = raw[:at] + raw[at : at + size] + raw[at:]
        elif kind == "digits":
            raw = raw.replace(str(place % 10).encode(), token if size % 2 else b"", size)
    return raw


def packed(parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, raw in parts.items():
            book.writestr(name, raw)
    return file.getvalue()


def outcome(raw, path):
    """Read as the survey does; say how it went."""
    path.write_bytes(raw)
    found = read(path)
    for flaw in found.flaws:
        str(flaw.fault(path.name))
    if not found.stamp:
        return "refused"
    flaws = [*found.flaws, *crosschecks.within(found.tables)]
    return "faulty" if any(not flaw.is_query for flaw in flaws) else "accepted"


def test_reader_accepts_or_says_what_is_wrong(filled, tmp_path):
    assert STAMP["version"] == VERSION
    assert len(QUESTIONS)
    counts = collections.Counter()
    names = sorted(filled)
    end, seed = time.monotonic() + SECONDS, 0

    def check(name, changes, as_zip):
        if as_zip:
            raw = changed(packed(filled), changes)
        else:
            raw = packed({**filled, name: changed(filled[name], changes)})
        counts[outcome(raw, tmp_path / "A.xlsx")] += 1

    while time.monotonic() < end:
        seed += 1
        hypothesis.seed(seed)(
            hypothesis.settings(
                max_examples=EXAMPLES, database=None, deadline=None,
                suppress_health_check=list(hypothesis.HealthCheck),
            )(hypothesis.given(st.sampled_from(names), CHANGES, st.booleans())(check))
        )()  # fmt: skip
    print(f"\n{sum(counts.values())} workbooks, {seed} seeds, {SECONDS:g} s: {dict(counts)}")  # noqa: T201
    assert min(counts[word] for word in ("refused", "faulty", "accepted")) > 0

"""Dozens of returned workbooks at once: every one read, none mixed up with another.

``MANY_RETURNS=1000`` makes it a thousand; `benchmarks/collecting.py` measures them.
"""

import os
import zipfile

import numpy as np
import pandas as pd
from make_returns import truth
from test_collecting import CONSENT, PART, TODAY, panel
from test_returns import FIRM, ORDER

from site_select import collecting, forms, gates, layouts, study, workbooks
from site_select.messages import Text

COUNT = int(os.environ.get("MANY_RETURNS", "80"))
STANDARD = truth.business_number(1)
LABELS = [f"B{number:04d}" for number in range(COUNT)]


def frozen(folder):
    """Make a frozen study of many complexes whose forms were asked for."""
    place = panel(folder)
    rows = pd.read_csv(place / "complexes.csv", dtype=str, keep_default_na=False)
    more = pd.DataFrame([{**rows.iloc[0], "complex_id": label} for label in LABELS])
    pd.concat([rows, more]).to_csv(place / "complexes.csv", index=False)
    version = layouts.version(study.read(place).everything.questions)
    asked = pd.DataFrame({"form_id": LABELS, "kind": "complex", "about": LABELS})
    asked.assign(gate=2, due=TODAY, version=version).to_csv(place / "asked.csv", index=False)
    gates.freeze(place, day=TODAY)
    return study.read(place)


def returned(folder, survey, weights_t):
    """Return a form of one firm for each complex: copies of one, changed in their XML."""
    tables = survey.everything
    stamp = {"kind": "complex", "study": "study", "form_id": "X-FORM", "about": "X-FORM",
             "round": "1", "version": layouts.version(tables.questions)}  # fmt: skip
    book = forms.complex_form(
        stamp, Text("가", "a"), questions=tables.questions, places=tables.overseas_places
    )
    order = {**ORDER, "weight_t": 77_777, "lot_t": 55_555, "orders_per_year": 4}
    firm = {**FIRM, "business_number": STANDARD}
    part = {**PART, "weight_t": 77_777}
    for title, values in (("기업", firm), ("품목", part), ("주문", order), ("참여동의", CONSENT)):
        heads = {cell.value: cell.column for cell in book[title][layouts.NAME_ROW]}
        for column, value in values.items():
            book[title].cell(layouts.FIRST_ROW, heads[column], value)
    workbooks.save(book, folder / "one.xlsx")
    with zipfile.ZipFile(folder / "one.xlsx") as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    (target := folder / "returned").mkdir()
    for number, (label, weight_t) in enumerate(zip(LABELS, weights_t, strict=True)):
        words = {b"X-FORM": label, STANDARD.encode(): truth.business_number(number + 1),
                 b">77777<": f">{weight_t}<", b">55555<": f">{weight_t / 4}<"}  # fmt: skip
        with zipfile.ZipFile(
            target / f"{label}.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as copy:
            for name, content in members.items():
                for old, new in words.items():
                    content = content.replace(old, new.encode())  # noqa: PLW2901
                copy.writestr(name, content)
    return target


def test_dozens_of_returned_workbooks_are_all_read_each_with_its_own_numbers(tmp_path):
    weights_t = (1 + np.random.default_rng(5).permutation(COUNT) / 100).round(2).tolist()
    survey = frozen(tmp_path)
    folder = returned(tmp_path, survey, weights_t)
    found = collecting.collect(folder, survey, today=TODAY, workers=1, show_progress=False)
    assert found.log["status"].value_counts().to_dict() == {"accepted": COUNT}
    assert found.log["form_id"].tolist() == LABELS
    orders = study.read(survey.folder).everything.orders.set_index("complex_id")
    assert orders["weight_t"].to_dict() == dict(zip(LABELS, weights_t, strict=True))
    assert found.letters == []

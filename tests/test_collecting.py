"""Forms out and in: real files from `send` to the tables of the study."""

import datetime as dt
import hashlib
import os
import shutil
from pathlib import Path

import openpyxl
import pytest
from test_returns import FIRM, ORDER

from site_select import collecting, folders, gates, layouts, sending, study, workbooks
from site_select.errors import InputError, SettingsError, WriteError

STUDIES = Path(__file__).parent.parent / "data" / "studies"
TODAY = dt.date(2027, 3, 1)
CONSENT = {"firm": "F01", "joins": "예 / yes", "consent": "예 / yes"}
PART = {"firm": "F01", "part": "가스 스프링", "weight_t": 2}
ASKED = [f"S{n}" for n in range(1, 8)]


def panel(folder):
    """Copy the study of the panel, without what it answers by itself."""
    place = folder / "study"
    place.mkdir(parents=True)
    for name in ("criteria.csv", "complexes.csv", "complex_facts.csv", "port_distances.csv"):
        shutil.copy(STUDIES / "panel" / name, place)
    text = (STUDIES / "panel" / "study.toml").read_text("utf-8")
    reference = (STUDIES.parent / "reference").as_posix()
    (place / "study.toml").write_text(text.replace("../../reference", reference), "utf-8")
    return place


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """Give a frozen study whose forms were sent, to be copied."""
    folder = tmp_path_factory.mktemp("sent")
    place = panel(folder)
    sending.send(study.read(place), folder / "forms", today=TODAY)
    gates.freeze(place, day=TODAY)
    return folder


@pytest.fixture
def survey(sent, tmp_path):
    """Give the study, a folder of returns, and what an analyst does with them."""

    class Survey:
        place, returned = tmp_path / "study", tmp_path / "returned"
        log, queries, letters = None, None, None

        def fill(self, form_id, *changes, name=""):
            """Return a form: a row of firms, parts, orders and consents, then changed."""
            book = openpyxl.load_workbook(sent / "forms" / f"{form_id}.xlsx")
            firm = {**FIRM, "business_number": numbers[form_id]} if form_id in numbers else FIRM
            rows = {("기업", 6): firm, ("품목", 6): PART, ("주문", 6): ORDER,
                    ("참여동의", 6): CONSENT}  # fmt: skip
            for title, line, values in changes:
                rows[title, line] = {**rows.get((title, line), {}), **values}
            for (title, line), values in rows.items():
                heads = {cell.value: cell.column for cell in book[title][layouts.NAME_ROW]}
                for column, value in values.items():
                    book[title].cell(line, heads[column], value)
            path = self.returned / (name or f"{form_id}.xlsx")
            book.save(path)
            return path

        def collect(self, today=TODAY):
            found = collecting.collect(
                self.returned, study.read(self.place), today=today, workers=1, show_progress=False
            )
            self.log, self.queries, self.letters = found.log, found.queries, found.letters
            return found

        def read(self):
            return study.read(self.place).everything

        def hashes(self):
            return {
                path.relative_to(self.place).as_posix(): hashlib.sha256(
                    path.read_bytes()
                ).hexdigest()
                for path in sorted(self.place.rglob("*")) if path.is_file()
            }  # fmt: skip

    shutil.copytree(sent / "study", tmp_path / "study")
    (tmp_path / "returned").mkdir()
    return Survey()


# Made up, with right check digits.
numbers = {"S2": "000-00-00015", "S3": "000-00-00029", "S4": "000-00-00034"}


def statuses(log):
    return dict(zip(log["form_id"], log["status"], strict=True))


def test_forms_are_sent_to_every_eligible_complex_with_the_list_of_what_was_asked(sent):
    names = sorted(path.stem for path in (sent / "forms").glob("*.xlsx"))
    assert names == sorted([*ASKED, *(f"{label}-visit" for label in ASKED)])
    assert (sent / "forms" / "study.txt").read_text("utf-8").strip() == "../study"


def test_forms_never_go_into_a_folder_that_holds_anything(sent, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WriteError, match="not an empty folder"):
        sending.send(study.read(sent / "study"), tmp_path, today=TODAY)
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("label", ["../S1", "S 1", "S1;rm", "=S1", ""])
def test_code_that_could_be_a_path_or_a_formula_is_never_a_file_name(label):
    forms = [sending._Form(label, "complex", label, "v")]
    with pytest.raises(InputError, match="letters, digits"):
        sending._check(forms)


def test_what_was_filled_in_is_in_the_study_with_its_source(survey):
    survey.fill("S1")
    second = {**FIRM, "firm": "F02", "name": "나", "business_number": numbers["S3"]}
    survey.fill("S2", ("기업", 7, second))
    survey.collect()
    assert statuses(survey.log) == {"S1": "accepted", "S2": "accepted"}
    everything = survey.read()
    row = everything.orders.iloc[0]
    names = ("complex_id", "firm", "supplier", "mode", "weight_t", "orders_per_year", "quality")
    assert [row[name] for name in names] == ["S1", "F01", "O05", "air", 2, 4, "synthetic"]
    sha256 = hashlib.sha256((survey.returned / "S1.xlsx").read_bytes()).hexdigest()
    assert row["source"] == f"S1, {sha256[:12]}"
    counts = everything.participation.set_index("complex_id")["answered"].to_dict()
    assert counts == {"S1": 1, "S2": 2}
    cells = (survey.place / "identified" / "returned" / "cells" / f"{sha256}.csv").read_text(
        "utf-8"
    )
    assert "form_orders,6,weight_t,given,주문,J6,S1.xlsx," in cells


def test_nothing_personal_leaves_the_identified_folder(survey):
    person = {"name": "비밀정밀", "contact": "홍길동", "phone": "010-1234-5678"}
    survey.fill("S1", ("기업", 6, person), name="홍길동 회신.xlsx")
    survey.fill("S2", ("기업", 6, {"name": "=SUM(A1)"}), name="비밀정밀.xlsx")
    survey.collect()
    told = "".join(path.read_text("utf-8") for path in (survey.place / "collected").iterdir())
    for word in ("비밀정밀", "홍길동", "1234-5678", "124-81-00998", "1248100998"):
        assert word not in told
    kept = (survey.place / "identified" / "returned" / "firms.csv").read_text("utf-8")
    assert "비밀정밀" in kept


def test_faulty_form_gets_a_letter_and_a_marked_copy_and_stays_out(survey):
    survey.fill("S1", ("주문", 6, {"weight_t": "두 톤"}))
    survey.fill("S2")
    survey.collect()
    assert statuses(survey.log) == {"S1": "faulty", "S2": "accepted"}
    assert survey.read().orders["complex_id"].tolist() == ["S2"]
    (letter,) = survey.letters
    assert "두 톤" in letter.read_text("utf-8")
    marked = openpyxl.load_workbook(letter.with_suffix(".xlsx"))
    assert marked["주문"]["J6"].comment is not None


def test_corrected_workbook_replaces_the_earlier_one_and_the_log_keeps_both(survey):
    survey.fill("S1", ("주문", 6, {"weight_t": "두 톤"}))
    survey.collect()
    survey.fill("S1", name="S1 corrected.xlsx")
    survey.collect(TODAY + dt.timedelta(days=3))
    assert survey.log[["form_id", "status", "received"]].to_numpy().tolist() == [
        ["S1", "replaced", "2027-03-01"], ["S1", "accepted", "2027-03-04"],
    ]  # fmt: skip
    assert len(survey.read().orders) == 1
    assert survey.letters == []


def test_faulty_correction_leaves_the_accepted_form_in_use(survey):
    survey.fill("S1")
    survey.collect()
    survey.fill("S1", ("주문", 6, {"weight_t": -1}))
    survey.collect()
    assert survey.log["status"].tolist() == ["accepted", "faulty"]
    assert survey.read().orders["weight_t"].tolist() == [2]


def test_running_again_changes_nothing_even_on_another_day_or_with_the_returns_gone(survey):
    survey.fill("S1")
    survey.fill("S2", ("주문", 6, {"mode": "?"}))
    (survey.returned / "S3.xlsx").write_bytes(b"no workbook")
    survey.collect()
    before = survey.hashes()
    survey.collect(TODAY + dt.timedelta(days=9))
    assert survey.hashes() == before
    (survey.returned / "S1.xlsx").unlink()
    survey.collect(TODAY + dt.timedelta(days=9))
    assert survey.hashes() == before


def test_replaced_workbook_is_kept_with_the_places_of_its_cells(survey):
    survey.fill("S1", ("주문", 6, {"mode": "?"}))
    survey.collect()
    survey.fill("S1")
    survey.collect()
    before = survey.hashes()
    survey.collect()
    assert survey.hashes() == before
    originals = list((survey.place / "identified" / "returned" / "originals").iterdir())
    assert len(originals) == 2


def test_workbook_that_was_collected_and_is_nowhere_stops_the_run(survey):
    path = survey.fill("S1")
    survey.collect()
    shutil.rmtree(survey.place / "identified" / "returned")
    before = survey.hashes()
    survey.collect()  # it is still in the folder of returns
    assert len(survey.read().orders) == 1
    shutil.rmtree(survey.place / "identified" / "returned")
    path.unlink()
    with pytest.raises(InputError, match="bring one of the two back"):
        survey.collect()
    assert survey.hashes() == {k: v for k, v in before.items() if "identified/returned" not in k}


def test_form_whose_firms_neither_order_nor_consent_is_counted(survey):
    survey.fill("S1", ("품목", 6, dict.fromkeys(PART)), ("주문", 6, dict.fromkeys(ORDER)),
                ("참여동의", 6, dict.fromkeys(CONSENT)))  # fmt: skip
    survey.collect()
    row = survey.read().participation.iloc[0]
    assert (row["answered"], row["consenting"], row["orders_used"]) == (1, 0, 0)


@pytest.mark.parametrize(("key", "value"), [("about", "홍길동"), ("kind", "x"), ("round", "둘")])
def test_stamp_that_was_changed_is_refused_and_stops_nothing_else(survey, key, value):
    path = survey.fill("S1")
    book = openpyxl.load_workbook(path)
    for row in book[layouts.STAMP_SHEET].iter_rows():
        if row[0].value == key:
            row[1].value = value
    book.save(path)
    survey.fill("S2")
    survey.collect()
    assert sorted(survey.log["status"]) == ["accepted", "refused"]
    told = "".join(path.read_text("utf-8") for path in (survey.place / "collected").iterdir())
    assert value not in told or value == "x"


def test_name_of_a_file_that_is_no_utf_8_stops_nothing(survey):
    survey.fill("S1")
    place = os.fsencode(survey.returned) + "회신.xlsx".encode("cp949").join([b"/", b""])
    with open(place, "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(b"no workbook")
    survey.collect()
    assert sorted(survey.log["status"]) == ["accepted", "refused"]


def test_two_new_workbooks_of_one_form_are_refused_until_one_is_left(survey):
    first = survey.fill("S1")
    survey.fill("S1", ("주문", 6, {"weight_t": 3, "stock_days": 9}), name="S1 (2).xlsx")
    survey.collect()
    assert survey.log["status"].tolist() == ["refused", "refused"]
    assert survey.read().orders.empty
    survey.collect()
    assert survey.log["status"].tolist() == ["refused", "refused"]
    first.unlink()
    survey.collect()
    assert sorted(survey.log["status"]) == ["accepted", "refused"]
    assert survey.read().orders["weight_t"].tolist() == [3]


def test_same_workbook_under_two_names_counts_once(survey):
    path = survey.fill("S1")
    shutil.copy(path, survey.returned / "copy.xlsx")
    survey.collect()
    assert survey.log["status"].tolist() == ["accepted"]


def test_what_is_no_workbook_or_a_link_is_refused_with_a_letter(survey, tmp_path):
    survey.fill("S1")
    (survey.returned / "empty.xlsx").write_bytes(b"")
    (survey.returned / "locked.xls").write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600)
    shutil.move(survey.returned / "S1.xlsx", tmp_path / "S1.xlsx")
    (survey.returned / "link.xlsx").symlink_to(tmp_path / "S1.xlsx")
    (survey.returned / "~$open.xlsx").write_bytes(b"")
    survey.collect()
    assert survey.log["status"].tolist() == ["refused"] * 3
    assert len(survey.letters) == 3


def test_firm_without_consent_is_only_counted(survey):
    survey.fill("S1", ("참여동의", 6, {"consent": "아니오"}))
    survey.collect()
    everything = survey.read()
    assert everything.orders.empty
    row = everything.participation.iloc[0]
    assert (row["answered"], row["consenting"], row["orders_set_aside"]) == (1, 0, 1)


def test_one_business_number_in_two_forms_is_a_query(survey):
    survey.fill("S1")
    survey.fill("S2", ("기업", 6, {"business_number": FIRM["business_number"]}))
    survey.collect()
    assert set(survey.log["status"]) == {"accepted"}
    said = survey.queries[survey.queries["form_id"] == "S1"]
    assert len(said) > 0
    assert not said["said_en"].str.contains(FIRM["name"]).any()


def test_nothing_is_collected_before_the_freeze_or_without_forms(sent, tmp_path):
    place = panel(tmp_path)
    (tmp_path / "returned").mkdir()
    with pytest.raises(SettingsError, match="site-select freeze"):
        collecting.collect(tmp_path / "returned", study.read(place), today=TODAY)
    gates.freeze(place, day=TODAY)
    with pytest.raises(InputError, match="site-select forms"):
        collecting.collect(tmp_path / "returned", study.read(place), today=TODAY)
    shutil.copy(sent / "study" / "asked.csv", place)
    with pytest.raises(InputError, match="no such folder"):
        collecting.collect(tmp_path / "nowhere", study.read(place), today=TODAY)


@pytest.mark.parametrize("renames", [1, 2, 3, 4])
def test_crash_at_any_rename_loses_nothing_and_the_next_run_completes(survey, monkeypatch, renames):
    survey.fill("S1")
    survey.collect()
    survey.fill("S2")
    count, rename = [0], Path.rename

    def crash(path, target):
        count[0] += 1
        if count[0] == renames:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(folders.Path, "rename", crash)
    with pytest.raises(KeyboardInterrupt):
        survey.collect()
    monkeypatch.undo()
    survey.collect()
    assert statuses(survey.log) == {"S1": "accepted", "S2": "accepted"}
    assert survey.read().orders["complex_id"].tolist() == ["S1", "S2"]
    left = [path.name for path in survey.place.rglob(".*") if path.name != ".gitignore"]
    assert left == []


def test_full_disk_is_told_and_leaves_the_former_tables(survey, monkeypatch):
    survey.fill("S1")
    survey.collect()
    before = survey.hashes()
    survey.fill("S2")

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(workbooks.Path, "replace", full)
    with pytest.raises(WriteError, match="No space left"):
        survey.collect()
    monkeypatch.undo()
    assert survey.hashes() == before


def test_visit_needs_a_reason_for_a_change_and_is_kept_with_it(survey, sent):
    book = openpyxl.load_workbook(sent / "forms" / "S1-visit.xlsx")
    sheet = book[layouts.VISIT_SHEET.title]
    heads = {cell.value: cell.column for cell in sheet[layouts.NAME_ROW]}
    last = max(row for row in range(6, sheet.max_row + 1) if sheet.cell(row, heads["item"]).value)
    for row in range(6, last + 1):
        for column, value in (("before", 3), ("after", 3), ("visited_on", "2027-03-02")):
            sheet.cell(row, heads[column], value)
    sheet.cell(7, heads["after"], 1)
    book.save(survey.returned / "visit.xlsx")
    survey.collect()
    assert statuses(survey.log) == {"S1-visit": "faulty"}
    sheet.cell(7, heads["reason"], "하역 도크가 없었다")
    book.save(survey.returned / "visit.xlsx")
    survey.collect()
    visits = survey.read().visits
    changed = visits[visits["before"] != visits["after"]]
    assert changed["reason"].tolist() == ["하역 도크가 없었다"]

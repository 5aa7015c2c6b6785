"""The made-up survey: what it draws keeps to public facts, and its files go once round."""

import json
import re
import unicodedata

import numpy as np
import pandas as pd
import pytest
from make_returns import BROKEN, EXAMPLE, make, people, truth

from site_select import crosschecks, layouts, returns, study, tables
from site_select import survey as surveys

NOTEBOOKS = EXAMPLE.parents[2] / "notebooks"
COLLECTED = ("orders", "answers", "participation", "visits", "judgements", "interests", "rounds")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Give the study before anybody answered."""
    folder = tmp_path_factory.mktemp("desk") / "example"
    make.begin(folder)
    return make.asked(study.read(folder))


@pytest.fixture(scope="module")
def known(desk):
    return make.known(desk)


@pytest.fixture(scope="module")
def drawn(known):
    return {label: truth.drawn(label, own) for label, own in known.items()}


def every(drawn, name):
    return pd.concat(
        [pd.DataFrame(getattr(own, name)).assign(complex_id=label) for label, own in drawn.items()]
    )


def test_root_firms_keep_to_the_public_count_and_to_who_is_there(known, drawn):
    for label, own in known.items():
        roots = drawn[label].answers["root_firms"]
        assert roots <= (own.operating_firms or np.inf)
        if own.root_firms is not None:
            most = own.root_firms * 1.03 ** (2026 - own.root_firms_year)
            least = min(own.root_firms, own.operating_firms or np.inf)
            assert np.floor(least) <= roots <= np.ceil(most)
        assert roots <= drawn[label].answers["tenant_firms"]
        assert drawn[label].answers["importing_firms"] <= roots


def test_between_two_and_four_fifths_of_the_root_firms_answer_forty_at_most(drawn):
    for label, own in drawn.items():
        count, roots = len(own.firms), own.answers["root_firms"]
        if label in truth.FEW:
            assert count == {"RC46": 0, "RC51": 1, "RC55": 2, "RC26": 2}[label]
        else:
            assert min(3, roots) <= count <= 40
            assert count == 40 or 0.4 * roots - 0.5 <= count <= max(3, 0.8 * roots + 0.5)
    assert 800 < sum(len(own.firms) for own in drawn.values()) < 1_500


def test_no_form_that_people_fill_in_right_contradicts_itself(drawn):
    parts, orders = every(drawn, "parts"), every(drawn, "orders")
    shares = [f"{way}_share_percent" for way in ("air", "sea", "domestic")]
    assert (parts[shares].sum(axis=1) == 100).all()
    np.testing.assert_allclose(orders["lot_t"] * orders["orders_per_year"], orders["weight_t"],
                               rtol=2e-3)  # fmt: skip
    keys = ["complex_id", "firm", "part"]
    imported = parts.set_index(keys)
    imported = imported["weight_t"] * (1 - imported["domestic_share_percent"] / 100)
    ordered = orders.groupby(keys)["weight_t"].sum()
    np.testing.assert_allclose(ordered, imported[ordered.index], rtol=0.02, atol=2e-3)
    assert orders["price_krw_per_kg"].between(5_000, 60_000).all()
    assert set(orders["mode"]) <= {"air", "sea_lcl", "sea_fcl20", "sea_fcl40"}


def test_air_takes_about_twelve_days_and_sea_about_fifty_five(drawn):
    orders = every(drawn, "orders")
    days = orders["lead_time_days"].groupby(orders["mode"] == "air").mean()
    assert days[True] == pytest.approx(12, abs=1)
    assert days[False] == pytest.approx(55, abs=2)


def test_who_gives_no_consent_and_what_is_public_is_as_rare_as_assumed(known, drawn):
    consents = every(drawn, "consents")["consent"]
    assert (consents == "no").mean() == pytest.approx(0.05, abs=0.02)
    held = [drawn[label].answers[name] == said
            for label, own in known.items() for name, said in own.facilities.items()]  # fmt: skip
    assert 0.8 < np.mean(held) < 1


@pytest.mark.parametrize("serial", [1, 17, 2_419])
def test_business_numbers_are_valid_and_of_no_tax_office(serial):
    number = truth.business_number(serial)
    assert number.startswith("000-00-")
    assert crosschecks.is_business_number(number)


def test_only_one_firm_has_two_sites_and_nobody_has_a_real_name(drawn):
    firms = every(drawn, "firms")
    assert firms["business_number"].duplicated().sum() == 1
    assert firms["name"].str.fullmatch(r"가상정밀 \d+").all()
    assert firms["email"].str.endswith("@example.invalid").all()
    assert firms["phone"].str.startswith("000-").all()


def test_fewer_complexes_leave_the_others_as_they_are(desk, drawn):
    few = make.known(make.asked(desk, only=4))
    assert list(few) == ["RC13", "RC15", "RC40", "RC55"]
    assert {label: truth.drawn(label, own) for label, own in few.items()} == {
        label: drawn[label] for label in few
    }
    assert truth.drawn("RC15", few["RC13"]).answers != drawn["RC13"].answers  # nor are two alike


def test_shares_of_one_whole_are_unknown_together():
    rows = [{"firm": "F01", "part": "p", "weight_t": 1.0, "air_share_percent": 20,
             "sea_share_percent": 80, "domestic_share_percent": 0}] * 300  # fmt: skip
    silence = people.Silence(unknown=0.2, refused=0.1, empty=0.1)
    written = people.said("form_parts", rows, np.random.default_rng(1), silence)
    shares = [
        [row[f"{way}_share_percent"] for way in ("air", "sea", "domestic")] for row in written
    ]
    silent = [own for own in shares if own[0] in people.SILENT]
    assert 80 < len(silent) < 160
    assert all(len(set(own)) == 1 for own in silent)
    assert all(own[1:] == [80, 0] for own in shares if own[0] not in people.SILENT)


# The files


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Send, fill in and collect four complexes and all ballots."""
    folder = tmp_path_factory.mktemp("survey") / "example"
    return make.made(folder, only=4)


def log_of(read):
    return tables.read(read.folder / "collected" / "returns.csv", "returns").table


def test_faulty_forms_come_back_corrected_and_two_never_do(survey):
    log = log_of(survey)
    forms = log.groupby("form_id")["status"].agg(list).to_dict()
    assert forms["RC13"] == forms["RC15"] == ["replaced", "accepted"]
    assert forms["RC55"] == ["accepted"]
    assert not {"RC40", "E9-1"} & set(forms)
    assert log.loc[log["status"] == "replaced", "flaws"].tolist() == [1, 1]
    assert {"E4-2", "E7-2"} == {form for form in forms if form.startswith("E") and form[-1] == "2"}


def test_who_contradicted_themselves_mend_it_in_the_second_round(survey):
    worst = survey.everything.rounds.groupby(["evaluator", "round"])["consistency_ratio"].max()
    worst = worst.unstack()
    assert (worst.loc[["E4", "E7"], 1] > 0.15).all()
    assert (worst.loc[["E4", "E7"], 2] < 0.10).all()
    assert worst[2].count() == 2
    assert (worst[1].drop(["E4", "E7"]) < 0.10).all()
    assert set(survey.everything.rounds.query("evaluator == 'E5'")["method"]) == {"swing"}
    declared = survey.everything.interests
    assert declared.set_index("evaluator")["complex_id"].to_dict() == {
        **dict.fromkeys(("E1", "E2", "E4", "E5", "E6", "E7", "E8"), "none"), "E3": "RC15",
    }  # fmt: skip


def test_collected_orders_are_what_was_true_or_nothing(survey, drawn):
    found = survey.everything.orders
    assert set(found["complex_id"]) == {"RC13", "RC15"}
    true = every({label: drawn[label] for label in ("RC13", "RC15")}, "orders")
    keys = ["complex_id", "firm", "part", "supplier", "mode"]
    both = found.merge(true, on=keys, suffixes=("", "_true"))
    assert len(both) == len(found)
    for name in ("weight_t", "orders_per_year", "lead_time_days", "stock_days", "other_suppliers"):
        known = both[both[name].notna()]
        assert 0.75 * len(both) < len(known)
        np.testing.assert_allclose(known[name].astype(float), known[f"{name}_true"].astype(float))
    consents = every(drawn, "consents").set_index(["complex_id", "firm"])["consent"]
    assert (consents[pd.MultiIndex.from_frame(found[["complex_id", "firm"]])] == "yes").all()


def test_every_row_says_that_it_was_made_up(survey):
    assert survey.settings.synthetic
    for name in COLLECTED:
        assert set(getattr(survey.everything, name)["quality"]) == {"synthetic"}, name


def test_the_same_files_come_again(survey, tmp_path):
    again = make.made(tmp_path / "example", only=1)
    for name in COLLECTED:
        one, other = (getattr(read.everything, name) for read in (survey, again))
        if "complex_id" in one and name != "interests":
            one = one[one["complex_id"] == "RC13"].reset_index(drop=True)
        assert len(one)
        pd.testing.assert_frame_equal(
            one.reset_index(drop=True), other.reset_index(drop=True), check_exact=True, obj=name
        )  # source has the hash of the workbook


def test_the_committed_tables_are_those_that_are_made(survey):
    committed = surveys.read(EXAMPLE, EXAMPLE.parents[1] / "reference")
    for name in COLLECTED:
        made, kept = (
            getattr(of, name).drop(columns="source") for of in (survey.everything, committed)
        )
        if "complex_id" in made and name != "interests":
            kept = kept[kept["complex_id"].isin(made["complex_id"])]
        pd.testing.assert_frame_equal(
            made.reset_index(drop=True), kept.reset_index(drop=True)[made.columns], obj=name
        )


def test_nothing_that_is_committed_names_a_firm_or_a_person():
    kept = [EXAMPLE / "asked.csv", *(EXAMPLE / "collected").glob("*"),
            *(path for path in (EXAMPLE / "frozen").rglob("*") if path.is_file())]  # fmt: skip
    assert len(kept) > 10
    for path in kept:
        text = unicodedata.normalize("NFC", path.read_text("utf-8"))
        assert not re.search("가상정밀|평가자 [0-9]|담당자|000-00|example.invalid", text), path.name


def test_study_reads_as_it_was_frozen():
    read = study.read(EXAMPLE)
    settings = json.loads((EXAMPLE / "frozen" / "01" / "settings.json").read_text("utf-8"))
    assert settings["judging"]["ratio_limit"] == read.settings.judging.ratio_limit == 0.15


def test_every_page_begins_with_its_marks_and_makes_no_other_page():
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert code.count("summaries.opening(") == 1, path.name
        assert "Page(" not in code, path.name


# Broken returns


@pytest.fixture(scope="module")
def read_form(survey):
    """Read a copy of the form of RC13, with its faults."""
    everything = survey.everything
    rules = {
        "asked": {"RC13": {"version": layouts.version(everything.questions)}},
        "questions": everything.questions,
        "suppliers": layouts.supplier_names(everything.overseas_places),
    }

    def read(path):
        found = returns.read(path, **rules)
        flaws = [*found.flaws, *(crosschecks.within(found.tables) if found.tables else ())]
        return found.tables, [flaw.found.en for flaw in flaws if not flaw.is_query]

    return read


@pytest.fixture(scope="module")
def good(survey):
    return survey.folder / "returned" / "RC13 수정.xlsx"


@pytest.mark.parametrize("name", [name for name, (_, said) in BROKEN.items() if said])
def test_what_is_wrong_with_a_broken_return_is_said(name, good, read_form, tmp_path):
    broken, said = BROKEN[name]
    _, faults = read_form(broken(good, tmp_path / "broken.xlsx"))
    assert any(said in fault for fault in faults), faults


CHANGED = {"full_width_digits": ("form_orders", "price_krw_per_kg", 28_000.0),
           "sign_before_text": ("form_firms", "name", "@가상정밀"),
           "": ("", "", "")}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, (_, said) in BROKEN.items() if not said])
def test_an_unusual_return_reads_as_the_good_one(name, good, read_form, tmp_path):
    unusual, _ = BROKEN[name]
    found, faults = read_form(unusual(good, tmp_path / "unusual.xlsx"))
    assert faults == []
    table, column, value = CHANGED.get(name, CHANGED[""])
    expected, _ = read_form(good)
    if table:
        expected[table].loc[layouts.FIRST_ROW, column] = value
    for key, rows in expected.items():
        pd.testing.assert_frame_equal(found[key], rows)

"""Files of results reopened by the programs that will open them, and scored anew in LibreOffice."""

import codecs
import copy
import re
import shutil
import subprocess

import geopandas as gpd
import made_up
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest

from site_select import assessment, records, result_files, scoring, study, workbooks
from site_select.errors import WriteError

HOSTILE = [
    '=HYPERLINK("http://x")',
    "+1+1",
    "@SUM(1)",
    "-2+3",
    "\t=1",
    '"><script>',
    "'; DROP TABLE",
]
OFFICE = pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
FIRST = 5  # first row of every table of the workbook


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    read = study.read(made_up.best_and_known(tmp_path_factory.mktemp("study")))
    result = assessment.assess(read)
    return read, result, records.record(read, result)


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    made = tmp_path_factory.mktemp("files")
    result_files.write(run[0], run[2], made)
    return made


def heads(sheet):
    return {cell.value: cell.column for cell in sheet[FIRST - 1]}


def test_ranking_as_csv_is_the_ranking_of_the_run(run, folder):
    _, result, _ = run
    table = pd.read_csv(folder / "results_ranking.csv", encoding="utf-8-sig", index_col=0)
    assert list(table.columns) == [
        "name_ko", "name_en", "rank", "score", "expected_rank", "first", "coverage", "latitude",
        "longitude", "is_synthetic",
    ]  # fmt: skip
    order = result.scores.sort_values(ascending=False).index
    assert table.index[0] == order[0] == "S1"
    # to the last digit but one: pandas 2 reads it otherwise than it was written
    assert table["score"].to_dict() == pytest.approx(result.scores.to_dict(), rel=1e-14)
    assert table["rank"].to_dict() == scoring.ranks(result.scores).to_dict()
    assert table["first"].to_dict() == pytest.approx(result.smaa.first.to_dict(), rel=1e-14)
    assert table["coverage"].to_dict() == pytest.approx(result.coverage.to_dict(), rel=1e-14)
    assert table["is_synthetic"].all()
    assert table["latitude"].isna().to_dict() == {label: label == "S6" for label in table.index}


def test_values_and_weights_as_csv_give_the_scores(run, folder):
    _, result, _ = run
    values = pd.read_csv(folder / "results_values.csv", encoding="utf-8-sig", index_col=0)
    weights = pd.read_csv(folder / "results_weights.csv", encoding="utf-8-sig", index_col=0)
    pd.testing.assert_frame_equal(
        values[result.values.columns].loc[result.values.index], result.values, check_names=False
    )
    for table in (values, weights):
        assert table.pop("is_synthetic").all()
    scores = scoring.additive_value(values, weights["weight"])
    assert scores[result.scores.index].to_numpy() == pytest.approx(
        result.scores.to_numpy(), abs=1e-12
    )


def test_facts_as_csv_are_those_behind_the_scores_with_their_sources(run, folder):
    _, result, _ = run
    facts = pd.read_csv(folder / "results_facts.csv", encoding="utf-8-sig")
    facts = facts.set_index(["complex_id", "indicator"])
    expected = result.performance.loc[result.scores.index]
    assert facts["value"].to_dict() == pytest.approx(expected["value"].to_dict(), nan_ok=True)
    assert facts["source"].fillna("").to_dict() == expected["source"].to_dict()


def test_csv_begins_with_the_mark_by_which_excel_knows_utf_8(folder):
    files = sorted(folder.glob("*.csv"))
    assert [file.name for file in files] == [
        "dictionary.csv", "results_facts.csv", "results_national.csv", "results_ranking.csv",
        "results_values.csv",
        "results_weights.csv",
    ]  # fmt: skip
    assert all(file.read_bytes().startswith(codecs.BOM_UTF8) for file in files)


def test_dictionary_explains_every_column_of_every_file_in_both_languages(folder):
    words = pd.read_csv(folder / "dictionary.csv", encoding="utf-8-sig")
    told = set(zip(words["file"], words["column"], strict=True))
    for file in folder.glob("results_*.csv"):
        table = pd.read_csv(file, encoding="utf-8-sig")
        assert {(file.stem, column) for column in table.columns} <= told
    for layer in ("complexes", "ports", "catchments"):
        columns = gpd.read_file(folder / "results.gpkg", layer=layer).columns.drop("geometry")
        assert {(f"results.gpkg {layer}", column) for column in columns} <= told
    assert words[["meaning_ko", "meaning_en", "room"]].notna().all(axis=None)
    assert words["meaning_ko"].str.contains("[가-힣]").all()


def test_layers_reopen_with_the_numbers_of_the_tables(run, folder):
    _, result, _ = run
    path = folder / "results.gpkg"
    assert list(gpd.list_layers(path)["name"]) == ["complexes", "ports", "catchments", "dictionary"]
    complexes = gpd.read_file(path, layer="complexes").set_index("complex_id")
    assert complexes.crs.to_epsg() == 4326
    assert complexes["score"].to_dict() == result.scores.to_dict()
    for indicator in result.values.columns:
        assert complexes[indicator].to_dict() == result.values[indicator].to_dict()
    point = complexes.geometry["S1"]
    assert (point.x, point.y) == (127.4, 35.6)
    assert complexes.geometry["S6"] is None
    ports = gpd.read_file(path, layer="ports")
    assert set(ports["base"]) == {"busan_new", "gwangyang"}


def test_catchments_are_circles_of_the_radius_of_the_study(folder):
    around = gpd.read_file(folder / "results.gpkg", layer="catchments").set_index("complex_id")
    assert sorted(around.index) == ["S1", "S2", "S3", "S4", "S5"]  # nobody knows where S6 is
    assert set(around["radius_km"]) == {50.0}
    area = around.to_crs(32652).area / 1e6  # another projection: UTM zone 52N
    assert area.to_numpy() == pytest.approx(np.pi * 50**2, rel=0.01)


def test_same_results_are_the_same_bytes_whenever_they_are_written(run, folder, tmp_path):
    result_files.write(run[0], run[2], tmp_path)
    for file in sorted(folder.iterdir()):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name
    result_files.write(run[0], run[2], tmp_path)  # over what is there
    assert (tmp_path / "results.gpkg").read_bytes() == (folder / "results.gpkg").read_bytes()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_workbook_shows_what_the_run_found_beside_its_formulas(run, folder, language):
    _, result, record = run
    book = openpyxl.load_workbook(folder / f"results.{language}.xlsx")
    assert len(book.sheetnames) == 6
    scores = book.worksheets[0]
    mark = "SYNTHETIC / 합성 자료"
    assert all(sheet["A3"].value == mark for sheet in book.worksheets)
    names = {row[1].value: row[2].value for row in scores.iter_rows(min_row=FIRST)}
    assert names == {one["complex_id"]: one[f"name_{language}"] for one in record["alternatives"]}
    column = heads(scores)[{"ko": "보고서의 점수", "en": "Score in the report"}[language]]
    shown = {row[1].value: row[column - 1].value for row in scores.iter_rows(min_row=FIRST)}
    assert shown == pytest.approx(result.scores.to_dict(), abs=1e-15)
    assert record["manifest"] in {cell.value for cell in book.worksheets[4]["C"]}


def test_every_formula_is_made_of_addresses_and_four_functions(folder):
    book = openpyxl.load_workbook(folder / "results.en.xlsx")
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row
                if cell.data_type == "f"]  # fmt: skip
    assert formulas
    for formula in formulas:
        bare = formula
        for word in ("'Weights'!", "'Partial values'!", "SUMPRODUCT", "SUM", "MAX"):
            bare = bare.replace(word, "")
        assert set(bare) <= set("=()*+-,:$>/1234567890.eABCDEFGHIJKLMNOPQRSTUVWXYZ"), formula


@pytest.mark.parametrize(("language", "words"), [("ko", "[가-힣]"), ("en", "^[^가-힣]*$")])
def test_facts_and_record_are_in_the_words_of_the_language(folder, language, words):
    book = openpyxl.load_workbook(folder / f"results.{language}.xlsx")
    _, _, _, facts, record, _ = book.worksheets
    for column in (3, 10, 11):  # indicator, quality, basis
        cells = [row[column - 1].value for row in facts.iter_rows(min_row=FIRST)]
        assert all(re.search(words, cell) for cell in cells if cell), column
    assert all(re.search(words, row[0].value) for row in record.iter_rows(min_row=FIRST))


def test_layers_that_cannot_be_written_leave_the_former_file(tmp_path, monkeypatch):
    path = tmp_path / "results.gpkg"
    path.write_bytes(b"former")

    def fail(_, made, **__):
        made.write_bytes(b"half")
        raise pyogrio.errors.DataLayerError("disk full")

    monkeypatch.setattr(pyogrio, "write_dataframe", fail)
    with pytest.raises(WriteError, match="disk full"):
        result_files.write_layers({"layer": pd.DataFrame()}, path)
    assert [file.name for file in tmp_path.iterdir()] == ["results.gpkg"]
    assert path.read_bytes() == b"former"
    with pytest.raises(WriteError, match="cannot be written"):
        result_files.write_layers({}, tmp_path / "no folder" / "results.gpkg")


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_never_become_a_formula(run, words, tmp_path):
    read, _, record = run
    forged = copy.deepcopy(record)
    for part in ("alternatives", "indicators", "criteria"):
        for one in forged[part]:
            one["name_ko"] = one["name_en"] = words
    forged["study"]["name_en"] = words
    every = result_files.tables(read, forged)
    every["dictionary"] = result_files.dictionary(every, result_files.weights(record).index)
    book = result_files.workbook(read, forged, every, language="en")
    workbooks.save(book, tmp_path / "x.xlsx")
    cells = [cell for sheet in openpyxl.load_workbook(tmp_path / "x.xlsx")
             for row in sheet.iter_rows() for cell in row]  # fmt: skip
    assert sum(cell.value == words for cell in cells) > 6
    assert all(cell.data_type == "s" for cell in cells if cell.value == words)
    result_files.write_tables(every, tmp_path)
    ranking = pd.read_csv(tmp_path / "results_ranking.csv", encoding="utf-8-sig")
    assert set(ranking["name_en"]) == {workbooks.harmless(words)}


def recalculated(path, folder):
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
         "--convert-to", "xlsx", "--outdir", folder / "out", path],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return openpyxl.load_workbook(folder / "out" / path.name, data_only=True)


@OFFICE
@pytest.mark.parametrize("is_changed", [False, True])
def test_libreoffice_scores_as_python_does_also_after_weights_change(
    run, folder, tmp_path, is_changed
):
    result = run[1]
    weights = result.weights
    book = openpyxl.load_workbook(folder / "results.en.xlsx")
    if is_changed:
        drawn = np.random.default_rng(7).uniform(0, 5, len(weights))
        drawn[0] = 0.0
        weights = pd.Series(drawn, weights.index)
        for row, weight in enumerate(weights, start=FIRST):
            book.worksheets[1].cell(row, 4).value = float(weight)
    book.save(tmp_path / "results.xlsx")
    scores, weighed, *_ = recalculated(tmp_path / "results.xlsx", tmp_path).worksheets
    rows = list(scores.iter_rows(min_row=FIRST, values_only=True))
    expected = scoring.additive_value(result.values, weights / weights.sum())
    assert {row[1]: row[3] for row in rows} == pytest.approx(expected.to_dict(), abs=1e-9)
    assert {row[1]: row[0] for row in rows} == scoring.ranks(expected).to_dict()
    assert [sum(row[4:8]) for row in rows] == pytest.approx([row[3] for row in rows], abs=1e-9)
    differs = {row[1]: row[heads(scores)["Score less that of the report"] - 1] for row in rows}
    assert differs == pytest.approx((expected - result.scores).to_dict(), abs=1e-9)
    parents = result.criteria.loc[weights.index, "parent"]
    by_criterion = (weights / weights.sum()).groupby(parents).sum()
    below = weighed.iter_rows(min_row=FIRST + len(weights) + 1, values_only=True)
    assert {row[2]: row[4] for row in below} == pytest.approx(by_criterion.to_dict(), abs=1e-9)

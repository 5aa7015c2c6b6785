"""Results to take away: a workbook whose formulas score anew, tables as CSV, layers for a map."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from site_select import assessment, listings, messages, national, scoring, workbooks
from site_select.errors import WriteError
from site_select.messages import LANGUAGES, Language, Text
from site_select.study import Study

Record = Mapping[str, Any]

FORMAT_OF = {"rank": "0", "score": "0.0000", "expected_rank": "0.0", "first": "0.0%",
             "coverage": "0%"}  # fmt: skip
ROOM_OF = {
    "rank": "scoring", "score": "scoring", "expected_rank": "robustness", "first": "robustness",
    "coverage": "estimates", "weight": "weighting", "low": "estimates", "value": "estimates",
    "high": "estimates", "unit": "estimates", "year": "estimates", "published": "estimates",
    "quality": "estimates", "basis": "estimates", "source": "estimates", "standing": "national",
    "not_met": "national", "cannot_tell": "national",
}  # fmt: skip
UNIT_OF = {"rank": "1–n", "score": "0–1", "expected_rank": "1–n", "first": "0–1",
           "coverage": "0–1", "weight": "0–1", "latitude": "°", "longitude": "°",
           "radius_km": "km", "unsold_1000m2": "1,000 m²"}  # fmt: skip
NEVER = "1980-01-01T00:00:00Z"  # day of making, left out so that bytes repeat
METRES = 5179  # Korea 2000 / Unified CS
_CHANGEABLE, _HEAD = (PatternFill("solid", start_color=colour) for colour in ("FFF2CC", "E7EEF5"))
_TITLE, _BOLD, _WARNING, _CODE = (
    Font(name="Calibri", **own) for own in (
        {"b": True, "sz": 14}, {"b": True}, {"b": True, "color": "9C1C1C"},
        {"sz": 8, "color": "6B7280"})
)  # fmt: skip
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_WIDEST = 100  # characters of a column
_FIRST = 5  # first row of every table of the workbook, below title, remark and headings


class _Block(NamedTuple):
    """Where the rows of a sheet of the workbook stand."""

    sheet: str
    first: int
    last: int

    def column(self, column: int) -> str:
        """Address of a column in formulas of any sheet."""
        letter = get_column_letter(column)
        return f"'{self.sheet}'!${letter}${self.first}:${letter}${self.last}"


def ranking(record: Record) -> pd.DataFrame:
    """Alternatives of a record with rank, score and how sure they are, best first."""
    return pd.DataFrame(record["alternatives"]).set_index("complex_id")


def partial_values(record: Record) -> pd.DataFrame:
    """Partial value of each alternative of a record on each indicator, best first."""
    names = [one["indicator"] for one in record["indicators"]]
    table = pd.DataFrame.from_dict(record["values"], orient="index", columns=names)
    return table.loc[ranking(record).index].rename_axis("complex_id")


def weights(record: Record) -> pd.DataFrame:
    """Indicators of a record with criterion, unit and weight."""
    return pd.DataFrame(record["indicators"]).set_index("indicator")


def tables(study: Study, record: Record) -> dict[str, pd.DataFrame]:
    """Tables of the results by file name without ending.

    Parameters
    ----------
    study
        The study.
    record
        Record of its run.

    Returns
    -------
    dict
        ``results_ranking`` and ``results_values`` by complex, ``results_weights`` by indicator,
        ``results_facts`` with the estimate and source of every cell, ``results_national`` with
        the standing of every industrial complex of the country.
    """
    ranked = ranking(record)
    places = study.complexes.loc[ranked.index, ["latitude", "longitude"]]
    cells = assessment.performance(study).reset_index()
    cells = cells[cells["complex_id"].isin(ranked.index)].reset_index(drop=True)
    every = {
        "results_ranking": ranked.join(places).reset_index(),
        "results_values": partial_values(record).reset_index(),
        "results_weights": weights(record).reset_index(),
        "results_facts": cells,
        "results_national": national.screened(study)[national.LISTED].reset_index(drop=True),
    }
    mark = record["study"]["synthetic"]  # a file that is passed on alone says so by itself
    return {name: table.assign(is_synthetic=mark) for name, table in every.items()}


def dictionary(every: Mapping[str, pd.DataFrame], indicators: Iterable[str]) -> pd.DataFrame:
    """Every column of the tables with unit, meaning in both languages and the room it is from.

    Parameters
    ----------
    every
        Tables by file name.
    indicators
        Columns that hold partial values.
    """
    scored = set(indicators)

    def row(file: str, column: str) -> dict[str, str]:
        key = "partial_value" if column in scored else column
        said = messages.text(f"result_files.column.{key}", indicator=column)
        return {
            "file": file, "column": column,
            "unit": "0–1" if column in scored else UNIT_OF.get(column, ""),
            "meaning_ko": said.ko, "meaning_en": said.en,
            "room": "valuation" if column in scored else ROOM_OF.get(column, "study"),
        }  # fmt: skip

    rows = [row(file, str(column)) for file, table in every.items() for column in table.columns]
    return pd.DataFrame(rows)


def write_tables(every: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write tables as CSV that Excel opens as UTF-8 and that holds no formula.

    Parameters
    ----------
    every
        Tables by file name without ending.
    folder
        Where.

    Raises
    ------
    WriteError
        If a file cannot be written.
    """
    for name, table in every.items():
        first = str(table.columns[0])
        marked = table.rename(columns={first: f"\ufeff{first}"})  # by which Excel knows UTF-8
        workbooks.write_csv(marked, folder / f"{name}.csv")


def layers(study: Study, every: Mapping[str, pd.DataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Complexes with their results, harbours and catchments as layers in degrees of EPSG:4326.

    Parameters
    ----------
    study
        The study.
    every
        Result of `tables`.
    """
    results = every["results_ranking"].merge(
        every["results_values"].drop(columns="is_synthetic"), on="complex_id"
    )
    complexes = _points(results)
    radius = study.settings.limits.catchment_km
    around = complexes[["complex_id", "name_ko", "name_en", "rank", "geometry"]]
    around = around[around.geometry.notna()].to_crs(METRES)
    around = around.set_geometry(around.buffer(radius * 1000)).to_crs(4326)
    bases = study.survey.fare_bases.set_index("base")
    gates = bases.loc[sorted(set(assessment.harbours(study)["base"]))].reset_index()
    ports = _points(gates[["base", "name_ko", "name_en", "latitude", "longitude", "source"]])
    return {"complexes": complexes, "ports": ports, "catchments": around.assign(radius_km=radius)}


def write_layers(every: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write layers and tables into a GeoPackage, with the same bytes each time, whole or not.

    Parameters
    ----------
    every
        By name, layers and tables without geometry.
    path
        Where; a file that is there is replaced.

    Raises
    ------
    WriteError
        If it cannot be written.

    References
    ----------
    OGC 12-128r19, GeoPackage Encoding Standard 1.4.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".layers-", dir=path.parent) as beside, _undated():
            made = Path(beside) / path.name
            for name, layer in every.items():
                pyogrio.write_dataframe(layer, made, layer=name, driver="GPKG")
            made.replace(path)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise WriteError(f"{path} cannot be written: {error}") from error


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Table with a point a row; none where nobody knows the place."""
    is_known = table["latitude"].notna() & table["longitude"].notna()
    points = gpd.GeoSeries.from_xy(table["longitude"], table["latitude"], crs=4326)
    return gpd.GeoDataFrame(table, geometry=points.where(is_known))


@contextmanager
def _undated() -> Iterator[None]:
    """Keep the day of making out of a GeoPackage, so that the same results are the same bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": NEVER})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def workbook(
    study: Study, record: Record, every: Mapping[str, pd.DataFrame], *, language: Language
) -> Workbook:
    """Put the results into a workbook whose scores and ranks follow from cells of weights.

    Score = Σ weight × partial value / Σ weight. Weights may be changed; everything else is
    computed from them or stands as the run found it.

    Parameters
    ----------
    study
        The study.
    record
        Record of its run.
    every
        Result of `tables`.
    language
        Language of headings and names.
    """
    book = Workbook()
    del book["Sheet"]
    keys = ("scores", "weights", "values", "facts", "record", "dictionary")
    titles = {key: _said(f"sheet.{key}", language) for key in keys}
    count, alternatives = len(record["indicators"]), len(record["alternatives"])
    first, last = _FIRST, _FIRST + count - 1
    weighed = _Block(titles["weights"], first, last)
    valued = _Block(titles["values"], _FIRST + 1, _FIRST + alternatives)
    sheets = {key: _sheet(book, record, key, title, language) for key, title in titles.items()}
    _fill_weights(sheets["weights"], record, weighed, language)
    _fill_values(sheets["values"], record, weighed, language)
    _fill_scores(sheets["scores"], record, valued, language)
    _fill(
        sheets["facts"],
        _named_cells(study, every["results_facts"].drop(columns="is_synthetic"), language),
        language,
    )
    _fill(sheets["record"], _listed(record, language), language)
    _fill(sheets["dictionary"], every["dictionary"], language)
    return book


def _sheet(book: Workbook, record: Record, key: str, title: str, language: Language) -> Worksheet:
    """Begin a sheet: its title, the mark of data that were made up, and what it is for."""
    sheet = book.create_sheet(title)
    name = record["study"][f"name_{language}"]
    workbooks.put(sheet, 1, 1, f"{name} – {title}").font = _TITLE
    workbooks.put(sheet, 2, 1, _said(f"remark.{key}", language))
    if record["study"]["synthetic"]:
        mark = messages.text("common.notice.synthetic").in_(language)
        workbooks.put(sheet, 3, 1, mark).font = _WARNING
    sheet.freeze_panes = f"{'D' if key == 'scores' else 'A'}{_FIRST}"
    if key in {"scores", "weights"}:
        sheet.row_dimensions[_FIRST - 1].height = 48  # three lines
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", "9"  # A4
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes, one wide
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows, sheet.oddFooter.center.text = f"1:{_FIRST - 1}", "&P / &N"
    return sheet


def _fill_weights(sheet: Worksheet, record: Record, own: _Block, language: Language) -> None:
    """Weights that may be changed, their shares of the whole, and the sum of each criterion."""
    criteria = {one["criterion"]: one for one in record["criteria"]}
    _head(sheet, ["criterion", "indicator", "code", "weight", "share", "in_report"], language)
    changeable = DataValidation("decimal", operator="greaterThanOrEqual", formula1="0")
    changeable.error = _said("negative", language)
    sheet.add_data_validation(changeable)
    for row, one in enumerate(record["indicators"], start=own.first):
        parent = criteria[one["criterion"]][f"name_{language}"]
        _row(sheet, row, [parent, one[f"name_{language}"], one["criterion"]])
        cell = workbooks.put(sheet, row, 4, one["weight"])
        cell.fill, cell.number_format = _CHANGEABLE, "0.0000"
        changeable.add(cell)
        _formula(sheet, row, 5, f"=D{row}/SUM({own.column(4)})", "0.0%")
        workbooks.put(sheet, row, 6, one["weight"]).number_format = "0.0000"
    below = own.last + 2
    for row, (code, one) in enumerate(criteria.items(), start=below):
        _row(sheet, row, [one[f"name_{language}"], _said("sum", language), code])
        is_own = f"--({own.column(3)}=$C{row})"
        _formula(sheet, row, 5, f"=SUMPRODUCT({is_own},{own.column(5)})", "0.0%")
        workbooks.put(sheet, row, 6, one["weight"]).number_format = "0.0%"
    _widths(sheet, [28, 44, 26, 20, 16, 16])


def _fill_values(sheet: Worksheet, record: Record, weighed: _Block, language: Language) -> None:
    """Partial values, below the weight and criterion of each column."""
    indicators = record["indicators"]
    _row(sheet, _FIRST - 1, ["", "", ""])
    for column, one in enumerate(indicators, start=3):
        head = workbooks.put(sheet, _FIRST - 1, column, one[f"name_{language}"])
        head.font, head.fill, head.alignment = _BOLD, _HEAD, _WRAPPED
        _code(sheet, column, one["criterion"])
        _formula(
            sheet, _FIRST, column, f"='{weighed.sheet}'!$E${weighed.first + column - 3}", "0.0%"
        )
    workbooks.put(sheet, _FIRST, 2, _said("heading.share", language)).font = _BOLD
    for row, one in enumerate(record["alternatives"], start=_FIRST + 1):
        _row(sheet, row, [one["complex_id"], one[f"name_{language}"]])
        for column, value in enumerate(record["values"][one["complex_id"]], start=3):
            workbooks.put(sheet, row, column, value).number_format = "0.000"
    _widths(sheet, [10, 44, *[14] * len(indicators)])
    sheet.row_dimensions[_FIRST - 1].height = 60
    sheet.freeze_panes = f"C{_FIRST + 1}"


def _fill_scores(sheet: Worksheet, record: Record, valued: _Block, language: Language) -> None:
    """Rank and score by formula, the part of each criterion, and what the report said."""
    criteria, said = record["criteria"], ("rank", "score", "expected_rank", "first", "coverage")
    _head(sheet, ["rank", "complex_id", "name", "score"], language)
    for column, one in enumerate(criteria, start=5):
        _styled_head(sheet, column, one[f"name_{language}"])
        _code(sheet, column, one["criterion"])
    after = 5 + len(criteria)
    for column, key in enumerate((*(f"report_{name}" for name in said[:2]), "difference",
                                  *said[2:]), start=after):  # fmt: skip
        _styled_head(sheet, column, _said(f"heading.{key}", language))
    last = _FIRST + len(record["alternatives"]) - 1
    right = get_column_letter(2 + len(record["indicators"]))
    shares = f"'{valued.sheet}'!$C${_FIRST}:${right}${_FIRST}"
    codes = f"'{valued.sheet}'!$C$3:${right}$3"
    scores = f"$D${_FIRST}:$D${last}"
    for row, one in enumerate(record["alternatives"], start=_FIRST):
        own = f"'{valued.sheet}'!$C${row + 1}:${right}${row + 1}"
        above = f"--({scores}>D{row}+{scoring.TIE}*MAX({scores}))"
        _formula(sheet, row, 1, f"=1+SUMPRODUCT({above})", "0")
        sheet.cell(row, 1).alignment = Alignment(horizontal="center")
        _row(sheet, row, ["", one["complex_id"], one[f"name_{language}"]], skip=1)
        _formula(sheet, row, 4, f"=SUMPRODUCT({shares},{own})", "0.0000")
        for column in range(5, after):
            is_own = f"--({codes}={get_column_letter(column)}$3)"
            _formula(sheet, row, column, f"=SUMPRODUCT({is_own},{shares},{own})", "0.0000")
        for column, name in zip((after, after + 1, after + 3, after + 4, after + 5), said,
                                strict=True):  # fmt: skip
            workbooks.put(sheet, row, column, one[name]).number_format = FORMAT_OF[name]
        reported = get_column_letter(after + 1)
        _formula(sheet, row, after + 2, f"=D{row}-{reported}{row}", "0.0000")
    _widths(sheet, [8, 10, 44, 10, *[14] * (len(criteria) + 6)])


def _named_cells(study: Study, cells: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Cells of the performance table in the words of a language."""

    def said(column: str, words: Callable[[str], Text]) -> "pd.Series[str]":
        own = cells[column].fillna("")
        return own.map({one: words(one).in_(language) if one else "" for one in set(own)})

    shown = cells.assign(
        name=said("complex_id", study.names.__getitem__),
        indicator=said("indicator", study.labels.__getitem__),
        unit=said("unit", listings.unit_name),
        quality=said("quality", lambda one: messages.text(f"figures.quality.{one}")),
        basis=said("basis", lambda one: messages.text(f"result_files.basis.{one}")),
        source=said("source", lambda one: messages.translated("sources", one)),
    )
    return shown[["complex_id", "name", *[c for c in cells.columns if c != "complex_id"]]]


def _listed(record: Record, language: Language) -> pd.DataFrame:
    """What the run was made from, a line each."""
    parts = ("manifest", "study", "verdict", "seed", "code", "settings", "inputs", "libraries")
    rows = []
    for part in parts:
        own, said = record[part], _said(f"part.{part}", language)
        named = own.items() if isinstance(own, Mapping) else [("", own)]
        rows += [(said, name, _plain(value)) for name, value in named]
    return pd.DataFrame(rows, columns=["part", "item", "content"])


def _plain(value: object) -> str:
    """Write a value of a record; nothing stays empty."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _fill(sheet: Worksheet, table: pd.DataFrame, language: Language) -> None:
    _head(sheet, list(map(str, table.columns)), language)
    for number, values in enumerate(table.itertuples(index=False, name=None), start=_FIRST):
        _row(sheet, number, values)
    _widths(sheet, [max(10, *map(_width, table[name])) for name in table])
    right, last = get_column_letter(table.shape[1]), _FIRST + len(table) - 1
    sheet.auto_filter.ref = f"A{_FIRST - 1}:{right}{last}"


def _width(value: object) -> int:
    """Width of a text in a column, Korean letters being twice as wide, up to the widest."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return min(_WIDEST, len(text) + sum(letter > "\u1100" for letter in text))


def _head(sheet: Worksheet, keys: Sequence[str], language: Language) -> None:
    for column, key in enumerate(keys, start=1):
        _styled_head(sheet, column, _said(f"heading.{key}", language))


def _styled_head(sheet: Worksheet, column: int, words: str) -> None:
    cell = workbooks.put(sheet, _FIRST - 1, column, words)
    cell.font, cell.fill, cell.alignment = _BOLD, _HEAD, _WRAPPED


def _code(sheet: Worksheet, column: int, code: str) -> None:
    """Write a code that formulas look for above the head of a column."""
    cell = workbooks.put(sheet, _FIRST - 2, column, code)
    cell.font, cell.alignment = _CODE, Alignment(shrink_to_fit=True)


def _row(sheet: Worksheet, row: int, values: Iterable[object], *, skip: int = 0) -> None:
    for column, value in enumerate(values, start=1):
        if column > skip:
            workbooks.put(sheet, row, column, value)


def _formula(sheet: Worksheet, row: int, column: int, formula: str, number_format: str) -> None:
    """Write a formula of ours, made of addresses only."""
    cell = sheet.cell(row, column)
    cell.value, cell.number_format = formula, number_format


def _widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _said(key: str, language: Language) -> str:
    return messages.text(f"result_files.{key}", indicator="").in_(language)


def write(study: Study, record: Record, folder: Path) -> None:
    """Write every file of the results.

    Parameters
    ----------
    study
        The study.
    record
        Record of its run.
    folder
        Where.

    Raises
    ------
    WriteError
        If a file cannot be written.
    """
    every = tables(study, record)
    drawn = layers(study, every)
    told = every | {f"results.gpkg {name}": table.drop(columns="geometry")
                    for name, table in drawn.items()}  # fmt: skip
    every |= {"dictionary": dictionary(told, weights(record).index)}
    write_tables(every, folder)
    write_layers(drawn | {"dictionary": every["dictionary"]}, folder / "results.gpkg")
    for language in LANGUAGES:
        book = workbook(study, record, every, language=language)
        workbooks.save(book, folder / f"results.{language}.xlsx")

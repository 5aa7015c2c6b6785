"""Every bad input is refused with a message that says where, what, what instead and how to mend."""

import dataclasses
import unicodedata

import made_up
import openpyxl
import pandas as pd
import pytest
from markupsafe import escape

from site_select import figures, maps, report, settings, study, summaries, tables
from site_select import survey as surveys
from site_select.errors import InputError, SettingsError

HOSTILE = ["<script>alert(1)</script>", '=HYPERLINK("http://example.org")', "$x_1$ & <b>"]
COLUMNS = list(tables.schema("complexes").index)


@pytest.fixture
def folder(tmp_path):
    return made_up.desk_copy(tmp_path)


def faults(folder):
    with pytest.raises(InputError) as caught:
        study.read(folder)
    heading, *lines = str(caught.value).split("\n  ")
    count = len(lines)
    assert heading == f"{count} fault{'s' if count > 1 else ''} in the input:"
    return lines


def first_row(**cells):
    return lambda rows: rows[0].update(cells)


# tables


def test_missing_column_is_named_with_all_columns_that_belong(folder):
    columns = [name for name in COLUMNS if name != "latitude"]
    made_up.spoil(
        folder, "complexes", lambda rows: [row.pop("latitude") for row in rows], columns=columns
    )
    assert faults(folder) == [
        "complexes.csv, row 1, column latitude: found no such column; allowed: the columns "
        f"{', '.join(COLUMNS)}; to mend: add the column latitude"
    ]


def test_extra_column_is_named(folder):
    made_up.spoil(folder, "complexes", first_row(colour="red"), columns=[*COLUMNS, "colour"])
    assert faults(folder) == [
        "complexes.csv, row 1, column colour: found the extra column 'colour'; allowed: the "
        f"columns {', '.join(COLUMNS)}; to mend: remove the column or correct its name"
    ]


def test_column_that_stands_twice_is_named(folder):
    made_up.spoil(folder, "complexes", lambda _: None, columns=[*COLUMNS, "note"])
    (line,) = faults(folder)
    assert line.startswith("complexes.csv, row 1, column note: found this column twice; allowed:")


def test_duplicate_id_is_named_with_the_row_that_repeats_it(folder):
    """58 complexes and a header fill 59 lines, so the copy stands in line 60."""
    made_up.spoil(folder, "complexes", lambda rows: rows.append(dict(rows[0])))
    assert faults(folder) == [
        "complexes.csv, row 60, column complex_id: found RC01 again; allowed: each only once; "
        "to mend: remove the repeated row or correct its key"
    ]


def test_unknown_complex_in_another_table_is_named(folder):
    made_up.spoil(folder, "port_distances", first_row(complex_id="RC99"))
    assert faults(folder) == [
        "port_distances.csv, row 2, column complex_id: found 'RC99'; allowed: a complex_id of the "
        "table complexes; to mend: correct it, or add the missing row there"
    ]


def test_empty_table_is_refused(folder):
    made_up.write_table(folder, "complex_facts", [])
    assert faults(folder) == [
        "complex_facts.csv: found no rows; allowed: a header and at least one row; "
        "to mend: fill the table"
    ]


def test_empty_file_is_refused(folder):
    (folder / "complex_facts.csv").write_bytes(b"")
    assert faults(folder)[0].startswith("complex_facts.csv: found no rows; allowed: a header and")


def test_row_that_is_too_short_is_refused(folder):
    path = made_up.spoil(folder, "branches", lambda _: None)
    with path.open("a", encoding="utf-8") as file:
        file.write("forging,단조\n")
    assert (
        "branches.csv, row 12: found 2 cells; allowed: 8 cells, as the header; "
        "to mend: look for a missing or unquoted comma"
    ) in faults(folder)


def test_word_that_is_not_in_the_list_is_refused(folder):
    made_up.spoil(folder, "complexes", first_row(confidence="C"))
    assert faults(folder) == [
        "complexes.csv, row 2, column confidence: found 'C'; allowed: one of A, B; to mend: "
        "correct the value: A: named by an official release or by two outlets; B: probable."
    ]


def test_all_faults_of_all_files_are_said_in_one_error(folder):
    made_up.spoil(folder, "complexes", lambda rows: rows.append(dict(rows[0])))
    made_up.spoil(folder, "industrial_complexes", first_row(designated_area_1000m2="-5"))
    made_up.spoil(folder, "wages", first_row(monthly_wage_1000krw="없음"))
    made_up.write_table(folder, "complex_facts", [])
    told = [line.partition(":")[0] for line in faults(folder)]
    assert {name.partition(",")[0] for name in told} == {
        "complexes.csv", "industrial_complexes.csv", "wages.csv", "complex_facts.csv",
    }  # fmt: skip
    assert told == sorted(told)


# numbers


def test_negative_area_is_refused(folder):
    made_up.spoil(folder, "industrial_complexes", first_row(designated_area_1000m2="-5"))
    (line,) = faults(folder)
    assert line.startswith(
        "industrial_complexes.csv, row 2, column designated_area_1000m2: found -5.0; allowed: 0 to "
        "200000 [1000 m2];"
    )
    assert line.endswith("to mend: correct the value: Area designated, in thousand square metres.")


@pytest.mark.parametrize("indicator", ["designated_area_m2", "root_firms"])
def test_negative_fact_is_refused(folder, indicator):
    def change(rows):
        next(row for row in rows if row["indicator"] == indicator)["value"] = "-5"

    made_up.spoil(folder, "complex_facts", change)
    assert "column value: found -5" in faults(folder)[0]


def test_fact_whose_low_lies_above_its_value_is_refused(folder):
    made_up.spoil(folder, "complex_facts", first_row(low="90", value="18", high="20"))
    assert "90" in faults(folder)[0]


@pytest.mark.parametrize(
    ("written", "read", "noted"),
    [
        ("1,234", 1234, "1234"), ("0.0001억", 10_000, "10000"), ("１２３４", 1234, "1234"),
        ("1.2천", 1200, "1200"),
    ],
)  # fmt: skip
def test_number_written_as_text_is_read_and_noted(folder, written, read, noted):
    made_up.spoil(folder, "industrial_complexes", first_row(designated_area_1000m2=written))
    survey = study.read(folder).survey
    assert survey.industrial_complexes["designated_area_1000m2"].iloc[0] == read
    assert survey.notes == (
        "industrial_complexes.csv, row 2, column designated_area_1000m2: "
        f"{written!r} was read as {noted}",
    )


@pytest.mark.parametrize("written", ["△5", "△５"])
def test_korean_minus_is_read_and_noted(folder, written):
    made_up.spoil(folder, "national_complex_trends", first_row(production_change_percent=written))
    survey = study.read(folder).survey
    assert survey.national_complex_trends["production_change_percent"].iloc[0] == -5
    assert survey.notes == (
        "national_complex_trends.csv, row 2, column production_change_percent: "
        f"{written!r} was read as -5",
    )


@pytest.mark.parametrize("written", ["없음", "12개", "1,23", "#REF!"])
def test_anything_else_in_a_number_is_refused_with_its_cell(folder, written):
    made_up.spoil(folder, "industrial_complexes", first_row(designated_area_1000m2=written))
    assert faults(folder) == [
        f"industrial_complexes.csv, row 2, column designated_area_1000m2: found {written!r}; "
        "allowed: a number such as 1234.5, 1,234 or 1.2억; to mend: write the value without words; "
        "leave the cell empty if it is not known, 0 if it is none"
    ]


def test_number_too_large_to_hold_is_refused(folder):
    made_up.spoil(folder, "complex_facts", first_row(value="1e400"))
    assert "complex_facts.csv, row 2, column value: found '1e400'" in faults(folder)[0]


def test_number_that_must_be_whole_is_refused_when_it_is_not(folder):
    made_up.spoil(folder, "complexes", first_row(designated_year="2013.5"))
    assert faults(folder)[0].startswith(
        "complexes.csv, row 2, column designated_year: found '2013.5'; allowed: a whole number;"
    )


def test_day_that_is_none_is_refused(folder):
    made_up.spoil(folder, "complex_facts", first_row(published="2020-13"))
    assert faults(folder)[0].startswith(
        "complex_facts.csv, row 2, column published: found '2020-13'; allowed: a date such as "
        "2020, 2020-08 or 2020-08-18;"
    )


def test_id_that_looks_like_a_number_stays_text(folder):
    def change(rows):
        rows[1]["place_id"], rows[2]["place_id"] = "007", "1e5"

    made_up.spoil(folder, "overseas_places", change)
    survey = study.read(folder).survey
    assert survey.overseas_places["place_id"].tolist()[1:3] == ["007", "1e5"]
    assert survey.notes == ()


# rates and orders


def parameter(name, **cells):
    return lambda rows: next(row for row in rows if row["parameter"] == name).update(cells)


def test_negative_rate_is_refused(folder):
    made_up.spoil(folder, "logistics_parameters", parameter("part_price", low="-15"))
    assert faults(folder) == [
        "logistics_parameters.csv, row 7, column low: found -15.0; allowed: at least 0; "
        "to mend: correct the value: Low end of the spread, in the unit of the row."
    ]


@pytest.mark.parametrize(("low", "high"), [("41", "40"), ("15", "24"), ("26", "40")])
def test_rate_whose_low_and_high_are_out_of_order_is_refused(folder, low, high):
    made_up.spoil(folder, "logistics_parameters", parameter("part_price", low=low, high=high))
    assert faults(folder) == [
        f"logistics_parameters.csv, row 7, column low, value, high: found {low}, 25, {high}; "
        "allowed: low <= value <= high; to mend: put the three figures in order"
    ]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"currency": "GBP"}, "GBP of 2020"), ({"currency": "eur"}, "eur of 2020"),
        ({"year": "2005"}, "EUR of 2005"), ({"year": "2026"}, "EUR of 2026"),
        ({"currency": "KRW", "year": "2005"}, "KRW of 2005"),
    ],
)  # fmt: skip
def test_rate_in_money_that_cannot_be_exchanged_is_named(folder, cells, found):
    made_up.spoil(folder, "logistics_parameters", parameter("part_price", **cells))
    assert faults(folder) == [
        f"logistics_parameters.csv, row 7, column currency, year: found {found}; allowed: a year "
        "of price_levels, and KRW or a currency of exchange_rates in that year; to mend: add the "
        "exchange rate or the price level, or give the rate in KRW"
    ]


def test_year_without_exchange_rate_is_said_of_every_rate_in_it(folder):
    """Six rates are in euro and one in dollar, all of 2020."""

    def without_2020(rows):
        rows[:] = [row for row in rows if row["year"] != "2020"]

    made_up.spoil(folder, "exchange_rates", without_2020)
    told = [line.partition("; allowed")[0].partition("found ")[2] for line in faults(folder)]
    assert sorted(told) == ["EUR of 2020"] * 6 + ["USD of 2020"]


def test_exchange_rate_without_price_level_does_not_do(folder):
    """An exchange rate alone brings a rate to won of its own year, and no further."""
    made_up.spoil(folder, "price_levels", lambda rows: rows.pop())
    lines = faults(folder)
    assert len(lines) == 2
    assert all("found KRW of 2025; allowed: a year of price_levels, and" in line for line in lines)


def order(**cells):
    """One row of the table of orders; cells say what differs."""
    return {"complex_id": "RC15", "firm": "F1", "firms": "1", "part": "gas springs",
            "supplier": "O05", "mode": "air", "incoterm": "FCA", "weight_t": "1.2",
            "orders_per_year": "6", "year": "2026", **made_up.SYNTHETIC, **cells}  # fmt: skip


def order_faults(folder, *rows):
    made_up.write_table(folder, "orders", rows)
    return faults(folder)


def test_orders_are_read_and_kept_as_written(folder):
    made_up.write_table(folder, "orders", [order(), order(mode="sea_lcl", weight_t="0.3")])
    orders = study.read(folder).everything.orders
    assert orders["weight_t"].tolist() == [1.2, 0.3]
    assert orders["mode"].tolist() == ["air", "sea_lcl"]


@pytest.mark.parametrize(
    ("column", "written", "told"),
    [
        ("weight_t", "0", "found 0.0; allowed: at least 0.000001 [t/year]"),
        ("weight_t", "-1", "found -1.0; allowed: at least 0.000001 [t/year]"),
        ("weight_t", "", "found an empty cell; allowed: at least 0.000001 [t/year]"),
        ("orders_per_year", "0", "found 0.0; allowed: at least 0.000001 [orders/year]"),
        ("firms", "0", "found 0; allowed: at least 1 [firms]"),
        ("firm", "", "found an empty cell; allowed: a text"),
        ("mode", "rail",
         "found 'rail'; allowed: one of air, sea_lcl, sea_fcl20, sea_fcl40, truck"),
        ("incoterm", "DAT",
         "found 'DAT'; allowed: one of EXW, FCA, FOB, CFR, CIF, DAP, DDP, unknown"),
        ("supplier", "O99", "found 'O99'; allowed: a place_id of the table overseas_places"),
        ("supplier", "O05;O06",
         "found 'O05;O06'; allowed: a place_id of the table overseas_places"),
        ("complex_id", "RC99", "found 'RC99'; allowed: a complex_id of the table complexes"),
        ("complex_id", "RC15;RC13",
         "found 'RC15;RC13'; allowed: a complex_id of the table complexes"),
    ],
)  # fmt: skip
def test_order_with_a_cell_that_cannot_be_is_refused(folder, column, written, told):
    (line,) = order_faults(folder, order(), order(**{"firm": "F2", column: written}))
    assert line.startswith(f"orders.csv, row 3, column {column}: {told}; to mend: ")


def test_same_order_twice_is_named_with_the_row_that_repeats_it(folder):
    assert order_faults(folder, order(), order(mode="sea_lcl"), order(weight_t="9")) == [
        "orders.csv, row 4, column complex_id, firm, part, supplier, mode: "
        "found RC15; F1; gas springs; O05; air again; allowed: each only once; "
        "to mend: remove the repeated row or correct its key"
    ]


def test_truck_from_abroad_and_air_from_korea_are_refused(folder):
    def add_a_place_in_korea(rows):
        rows.append({**rows[4], "place_id": "K01", "country": "KR", "region": "kr"})

    made_up.spoil(folder, "overseas_places", add_a_place_in_korea)
    by_truck, by_air = order(mode="truck"), order(supplier="K01")
    rest = "allowed: truck from region 'kr', air or sea from every other; to mend: correct the mode"
    assert order_faults(folder, by_truck, by_air, order(supplier="K01", mode="truck")) == [
        f"orders.csv, row 2, column mode: found 'truck' from region 'eu'; {rest} or the supplier",
        f"orders.csv, row 3, column mode: found 'air' from region 'kr'; {rest} or the supplier",
    ]


def test_group_of_firms_that_changes_its_size_is_refused(folder):
    """The same name in another complex is another group."""
    rows = [order(firms="24"), order(firms="20", mode="sea_lcl"), order(complex_id="RC13")]
    assert order_faults(folder, *rows) == [
        "orders.csv, row 3, column firms: found 20 for 'F1'; allowed: 24, as in its first row; "
        "to mend: give a group the same size in every row"
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_of_a_firm_stays_text(folder, name):
    made_up.write_table(folder, "orders", [order(firm=name, part=name)])
    survey = study.read(folder).everything
    assert survey.orders[["firm", "part"]].to_numpy().tolist() == [[name, name]]
    assert survey.notes == ()


# places


def test_swapped_latitude_and_longitude_are_both_named(folder):
    made_up.spoil(folder, "complexes", first_row(latitude="126.78787", longitude="37.30812"))
    assert [line.partition("; to mend")[0] for line in faults(folder)] == [
        "complexes.csv, row 2, column latitude: found 126.78787; allowed: 33 to 39 [degree]",
        "complexes.csv, row 2, column longitude: found 37.30812; allowed: 124 to 132 [degree]",
    ]


def test_point_in_fukuoka_is_refused_although_it_lies_in_the_bounding_box(folder):
    """The nearest Korean land is Geoje or Busan, about 200 km away."""
    made_up.spoil(folder, "complexes", first_row(latitude="33.59", longitude="130.40"))
    assert faults(folder) == [
        "complexes.csv, row 2, column latitude, longitude: found 33.59, 130.4, 202 km from any "
        "Korean county; allowed: within 5 km of land; to mend: correct the point; look for swapped "
        "digits"
    ]


def test_point_in_tokyo_is_refused_by_the_bounding_box(folder):
    made_up.spoil(folder, "complexes", first_row(latitude="35.68", longitude="139.69"))
    (line,) = faults(folder)
    assert line.startswith(
        "complexes.csv, row 2, column longitude: found 139.69; allowed: 124 to 132 [degree];"
    )


# text and encodings


def test_decomposed_gwangju_is_composed_noted_and_joined(folder):
    """The trends are decomposed, the complexes that refer to them are not; they still meet."""
    text = (made_up.REFERENCE / "national_complex_trends.csv").read_text("utf-8")
    decomposed = unicodedata.normalize("NFD", text)
    assert "광주" not in decomposed
    (folder / "national_complex_trends.csv").write_text(decomposed, "utf-8")
    survey = study.read(folder).survey
    assert survey.notes == (
        "national_complex_trends.csv: decomposed (NFD) text was composed (NFC)",
    )
    trends = survey.national_complex_trends.set_index("trend_key")
    joined = survey.industrial_complexes.set_index("trend_key")
    assert trends.index[trends["province_ko"] == "광주"].isin(joined.index).all()


def test_cp949_file_is_read_and_noted(folder):
    made_up.spoil(folder, "branches", lambda _: None, encoding="cp949")
    survey = study.read(folder).survey
    assert survey.notes == ("branches.csv: read as CP949; save as UTF-8 to be safe",)
    pd.testing.assert_frame_equal(survey.branches, made_up.desk().survey.branches)


def test_byte_order_mark_is_no_part_of_the_first_column(folder):
    made_up.spoil(folder, "branches", lambda _: None, encoding="utf-8-sig")
    survey = study.read(folder).survey
    pd.testing.assert_frame_equal(survey.branches, made_up.desk().survey.branches)


def test_other_encoding_is_refused(folder):
    made_up.spoil(folder, "branches", lambda _: None, encoding="utf-16")
    assert faults(folder) == [
        "branches.csv: found bytes of an unknown encoding; allowed: UTF-8 or CP949; "
        "to mend: save the file as 'CSV UTF-8'"
    ]


# workbooks


def write_workbook(folder, name, change=lambda _: None):
    book = openpyxl.Workbook()
    rows = made_up.rows_of(made_up.REFERENCE / f"{name}.csv")
    for row in [list(rows[0]), *map(list, map(dict.values, rows))]:
        book.active.append(row)
    change(book.active)
    book.save(folder / f"{name}.xlsx")


def test_workbook_is_read_as_the_text_file_is(folder):
    write_workbook(folder, "branches")
    survey = study.read(folder).survey
    assert survey.files["branches"].name == "branches.xlsx"
    pd.testing.assert_frame_equal(survey.branches, made_up.desk().survey.branches)


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://example.org","광주")'])
def test_formula_cell_is_refused_with_sheet_and_cell(folder, formula):
    write_workbook(folder, "branches", lambda sheet: sheet.__setitem__("B3", formula))
    assert faults(folder) == [
        f"branches.xlsx, sheet Sheet, row 3, column B: found the formula {formula!r}; "
        "allowed: a value; to mend: copy the cell and paste it as a value"
    ]


def test_row_of_a_fault_in_a_workbook_is_the_row_that_the_surveyor_sees(folder):
    """An empty row 3 is passed over; the year in row 4, below it, is the one at fault."""

    def change(sheet):
        sheet.insert_rows(3)
        sheet["D4"] = "없음"

    write_workbook(folder, "branches", change)
    assert "row 4, column root_branch_since: found '없음'" in faults(folder)[0]


def test_file_that_only_calls_itself_a_workbook_is_refused(folder):
    (folder / "branches.xlsx").write_text("branch,name_ko", "utf-8")
    assert faults(folder)[0].startswith("branches.xlsx: found ")


def test_table_that_is_there_twice_is_refused(folder):
    made_up.spoil(folder, "branches", lambda _: None)
    write_workbook(folder, "branches")
    assert faults(folder) == [
        "branches.csv: found also branches.xlsx; allowed: one of the two; "
        "to mend: remove the one that is out of date"
    ]


# names that mean harm


@pytest.fixture(scope="module", params=HOSTILE)
def hostile(request, tmp_path_factory):
    name, folder = request.param, made_up.desk_copy(tmp_path_factory.mktemp("hostile"))
    made_up.spoil(folder, "complexes", first_row(name_ko=name, name_en=name, source=name))
    read = study.read(folder)
    assert read.names["RC01"].en == name
    return name, read


def test_hostile_name_is_escaped_in_popup_and_tooltip(hostile):
    name, read = hostile
    result = made_up.desk_result()
    board = maps.ranking(
        summaries.places(read, result), read.names, read.labels, catchment_km=50, language="ko"
    )
    html = board.get_root().render()
    assert "<script>alert" not in html
    assert "$x_1$ & <b>" not in html
    assert str(escape(name)).replace("$", "\\u0024") in html  # the popup
    said = name.replace('"', '\\"').replace("$", "\\u0024").replace("<", "\\u003c")
    assert said in html  # the name of the mark


def test_hostile_name_is_plain_text_in_a_figure(hostile):
    name, read = hostile
    shares = made_up.desk_result().smaa.rank_acceptability.head(3)
    with report.drawing_style():
        axes = figures.rank_acceptability(shares, read.names, language="ko")
        axes.figure.canvas.draw()
    assert axes.get_yticklabels()[0].get_text().startswith(name[:20])


def test_hostile_name_is_escaped_in_a_table(hostile):
    name, read = hostile
    frame = pd.DataFrame({"name": read.names.head(2)})
    html = report.Page().table("long_list.candidates", frame).body.ko
    assert str(escape(name)) in html
    assert "<script>" not in html


# studies and settings


def test_study_that_does_not_exist_is_said_with_its_path(tmp_path):
    place = tmp_path / "nowhere"
    with pytest.raises(InputError) as caught:
        study.read(place)
    assert str(caught.value) == (
        f"1 fault in the input:\n  {place / 'study.toml'}: found no such file; "
        "allowed: a study folder with study.toml; to mend: check the path, or "
        "make one with: site-select init"
    )


def test_settings_that_are_not_toml_are_refused(folder):
    (folder / "study.toml").write_text("as_of = \n", "utf-8")
    (line,) = faults(folder)
    assert "study.toml: found " in line
    assert line.endswith(
        "allowed: TOML in UTF-8, each section once; "
        "to mend: correct the line named; save the file as UTF-8"
    )


def test_reference_folder_that_does_not_exist_is_said_of_every_table(folder):
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(text.replace(str(made_up.REFERENCE), "/nowhere"), "utf-8")
    lines = faults(folder)
    names = ("counties_400m", "provinces_400m", "land_110m", "sea_lanes")
    boundaries = {f"{name}.geojson" for name in names}
    expected = {f"{name}.csv" for name in {*surveys.TABLES} - {"criteria", *surveys.OPTIONAL}}
    told = {line.partition(": found no such file")[0] for line in lines}
    assert told == expected | boundaries
    assert lines[0].endswith("or /nowhere; to mend: put the table there")


def test_missing_boundaries_are_said_as_a_fault(folder, tmp_path):
    reference = tmp_path / "reference"
    reference.mkdir()
    for path in made_up.REFERENCE.glob("*.csv"):
        (reference / path.name).symlink_to(path)
    text = (folder / "study.toml").read_text("utf-8")
    written = text.replace(str(made_up.REFERENCE), str(reference))
    (folder / "study.toml").write_text(written, "utf-8")
    assert "counties_400m.geojson" in faults(folder)[0]


def criterion(name, **cells):
    return lambda rows: next(row for row in rows if row["criterion"] == name).update(cells)


def test_indicator_with_equal_anchors_is_refused(folder):
    made_up.spoil(folder, "criteria", criterion("airport_km", worst="0"))
    assert faults(folder) == [
        "criteria.csv, row 18, column worst, best: found 0.0 and 0.0; "
        "allowed: two different numbers; to mend: state both anchors of the indicator"
    ]


def test_indicator_of_no_kind_is_refused(folder):
    made_up.spoil(folder, "criteria", criterion("airport_km", unknown=""))
    assert faults(folder) == [
        "criteria.csv, row 18, column unknown: found an empty cell; allowed: presence or numeric; "
        "to mend: say what kind of unknown the indicator has"
    ]


def test_presence_indicator_that_does_not_say_what_presence_is_worth_is_refused(folder):
    made_up.spoil(folder, "criteria", criterion("shared_logistics", if_present=""))
    assert "if_present" in faults(folder)[0]


def test_tree_with_two_roots_is_refused(folder):
    made_up.spoil(folder, "criteria", criterion("economic_effect", parent="other"))
    assert faults(folder) == [
        "criteria.csv, column parent: found the roots other, pilot_site; allowed: exactly one "
        "root; to mend: give every criterion the same parent"
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unknowns.presence_prior": 1.5}, "unknowns.presence_prior = 1.5: allowed 0 to 1"),
        ({"n_samples": 0}, "n_samples = 0: allowed above 0"),
        ({"points.airport_km": -1}, "points.airport_km = -1: allowed 0 or more"),
        ({"unknowns.minimum_all": "ten"}, "unknowns.minimum_all = 'ten': allowed a int"),
        ({"as_of": "summer"}, "as_of = 'summer': allowed a day such as 2020-07-01"),
        ({"points.colour": 1}, "settings that name nothing: points.colour; criteria and"),
        ({"limits.airport": "A99"}, "settings that name nothing: limits.airport = A99; criteria"),
        ({"points.airport_km": "much"}, "points.airport_km = 'much'"),
        ({"unknowns": 3}, "unknowns = 3"),
        ({"seed": -1}, "seed = -1"),
        ({"points": 3}, "points = 3"),
    ],
)  # fmt: skip
def test_setting_out_of_range_is_refused_with_its_name(changes, message):
    with pytest.raises(SettingsError) as caught:
        study.read(made_up.DESK, changes)
    assert str(caught.value).startswith(message)


def test_unknown_setting_is_refused_with_the_settings_there_are():
    with pytest.raises(SettingsError) as caught:
        study.read(made_up.DESK, {"limits.colour": 1})
    assert str(caught.value) == (
        "unknown settings: limits.colour; missing settings: none; known are "
        + ", ".join(f"limits.{field.name}" for field in dataclasses.fields(settings.Limits))
    )


def test_fact_in_another_unit_than_its_indicator_is_refused(tmp_path):
    facts = [made_up.fact("S1", "lead_time_days", 5, unit="weeks")]
    with pytest.raises(InputError) as refused:
        study.read(made_up.write_study(tmp_path, facts, fares=made_up.FAR))
    assert str(refused.value.faults[0]) == (
        "complex_facts.csv, row 2, column unit: found 'weeks'; allowed: 'days'; "
        "to mend: convert the figures to the unit of the indicator"
    )

"""Official workbooks read by their words, and the tables they refresh."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook

from site_select import headings, notices, tables, updates
from site_select.errors import InputError, SettingsError, WriteError

REFERENCE = Path(__file__).parents[1] / "data/reference"
NOTICE = "the notice of 2027"
FARES = list(notices.FARES)
# MOLIT notice 2026-55, round trip, by distance: 40 ft and 20 ft, each by haulier to owner, between
# hauliers and by shipper
TARIFF = {
    400: (1_002_800, 1_074_300, 1_151_300, 881_300, 944_100, 1_011_700),
    402: (1_006_300, 1_077_900, 1_154_800, 884_000, 946_800, 1_014_400),
    405: (1_011_700, 1_083_300, 1_160_200, 888_100, 951_000, 1_018_500),
    407: (1_015_000, 1_086_600, 1_163_500, 890_800, 953_700, 1_021_200),
    410: (1_020_400, 1_092_000, 1_168_900, 894_900, 957_800, 1_025_300),
    412: (1_023_900, 1_095_500, 1_172_400, 897_600, 960_500, 1_028_000),
}
# the same notice, Incheon New Port, which carries a surcharge
SURCHARGED = {
    36: (231_800, 247_400, 263_900, 203_400, 217_200, 231_800),
    35: (228_700, 244_100, 260_400, 201_500, 215_200, 229_700),
    37: (234_800, 250_500, 267_200, 205_400, 219_300, 234_100),
    400: (1_203_400, 1_280_000, 1_360_000, 1_057_600, 1_130_000, 1_195_000),  # ours
}
SEOUL = ("서울특별시", "종로구")
TOWNS = [(*SEOUL, "청운효자동"), (*SEOUL, "사직동"), (*SEOUL, "삼청동"),
         ("경기도", "안산시 단원구", "초지동")]  # fmt: skip
KM = {"부산신항": (407, 400, 405, 400), "부산북항": (412, 410, 405, 402),
      "인천신항": (36, 35, 37, 400)}  # fmt: skip
HEADER = [
    ["행선지", "", "", "구간거리(km)", "40FT 컨테이너", "", "", "20FT 컨테이너", "", ""],
    ["시·도", "시·군·구", "읍·면·동", "", *["안전위탁운임(원)", "운수사업자 간 운임(원)",
     "안전운송운임(원)"] * 2],
]  # fmt: skip
MERGED = ("A1:C1", "D1:D2", "E1:G1", "H1:J1")


def rows(title, towns=TOWNS):
    tariff = SURCHARGED if title == "인천신항" else TARIFF
    return [[*town, km, *tariff[km]] for town, km in zip(towns, KM[title], strict=True)]


def saved(path, sheets):
    """Save a workbook of rows by title; a title may have merged areas beside its rows."""
    book = Workbook()
    book.remove(book.active)
    for title, content in sheets.items():
        sheet = book.create_sheet(title)
        lines, merged = content if isinstance(content, tuple) else (content, ())
        for line in lines:
            sheet.append([None if cell == "" else cell for cell in line])
        for area in merged:
            sheet.merge_cells(area)
    book.save(path)
    return path


def noticed(path, **changed):
    """Save a notice in the layout of 2026, some sheets changed or left out (None)."""
    sheets = {title: (HEADER + rows(title), MERGED) for title in KM} | changed
    return saved(path / "notice.xlsx", {name: some for name, some in sheets.items() if some})


BASES = pd.DataFrame({"base": ["busan_new", "busan_north", "incheon_new"], "name_ko": list(KM)})
COMPLEXES = pd.DataFrame({
    "complex_id": ["A", "B", "C"], "province_ko": ["서울", "서울", "경기"],
    "county_ko": ["종로구", "종로구", "안산시"], "parent_ids": ["IC0001", "", "IC0003;IC0001"],
})  # fmt: skip
BLANK = tables.empty("port_distances")


def matched(*matches):
    """Table ``port_distances`` with matches of complexes and figures of 1."""
    frame = pd.DataFrame(
        [(complex_id, base, level, towns) for complex_id, level, towns in matches
         for base in BASES["base"]], columns=list(BLANK.columns[:4]),
    )  # fmt: skip
    figures = dict.fromkeys(BLANK.columns[4:-3], 1)
    return frame.assign(**figures, year=2026, quality="official", source="the notice of 2026")


MATCHES = [("A", "exact", "청운효자동"), ("B", "name", "사직동;삼청동"), ("C", "alias", "초지동")]
DISTANCES = pd.DataFrame(
    [(km, 2 * km, *[1] * 6) for km in (1, 400)], columns=["one_way_km", "round_trip_km", *FARES]
).assign(year=2026, source="the notice of 2026", quality="official")


def present(*matches, complexes=COMPLEXES, distances=DISTANCES, bases=BASES):
    return {"complexes": complexes, "fare_bases": bases, "distance_fares": distances,
            "port_distances": matched(*(matches or MATCHES))}  # fmt: skip


def read(path, *matches, year=2027, source=NOTICE, **own):
    return notices.fares(path, present(*matches, **own), year=year, source=source)


def one(update, complex_id, base):
    table = update.tables["port_distances"]
    return table[(table["complex_id"] == complex_id) & (table["base"] == base)].iloc[0]


def faults(path, *matches, **own):
    with pytest.raises(InputError) as broken:
        read(path, *matches, **own)
    return [str(fault) for fault in broken.value.faults]


# fares


def test_rows_of_the_2026_notice_are_read_as_printed(tmp_path):
    """MOLIT notice 2026-55: Seoul, Jongno-gu, Cheongunhyoja-dong."""
    update = read(noticed(tmp_path))
    row = one(update, "A", "busan_new")
    assert row["distance_km"] == row["distance_low_km"] == row["distance_high_km"] == 407
    assert row["fare_40ft_krw"] == 1_163_500
    assert row["fare_20ft_krw"] == 1_021_200
    assert one(update, "A", "incheon_new")["fare_40ft_krw"] == 263_900
    assert one(update, "A", "busan_north")["distance_km"] == 412


def test_several_towns_give_lowest_median_and_highest(tmp_path):
    # 400 and 405 km: median 402.5; (1,151,300 + 1,160,200) / 2 = 1,155,750
    row = one(read(noticed(tmp_path)), "B", "busan_new")
    assert row[["distance_low_km", "distance_km", "distance_high_km"]].tolist() == [400, 402.5, 405]
    fares = ["fare_40ft_low_krw", "fare_40ft_krw", "fare_40ft_high_krw"]
    assert row[fares].tolist() == [1_151_300, 1_155_750, 1_160_200]
    fares = ["fare_20ft_low_krw", "fare_20ft_krw", "fare_20ft_high_krw"]
    assert row[fares].tolist() == [1_011_700, 1_015_100, 1_018_500]


def test_town_of_a_district_is_found_by_the_city(tmp_path):
    assert one(read(noticed(tmp_path)), "C", "busan_north")["distance_km"] == 402


def test_median_over_a_county_counts_the_towns_of_the_notice(tmp_path):
    update = read(noticed(tmp_path), ("A", "county_median", "종로구 (17 towns)"))
    row = one(update, "A", "busan_new")  # of 407, 400 and 405
    assert (row["distance_km"], row["matched"]) == (405, "종로구 (3 towns)")
    words = update.changes[update.changes["column"] == "matched"]
    assert words[["row", "old", "new"]].iloc[0].tolist() == [
        "A busan_new", "종로구 (17 towns)", "종로구 (3 towns)"]  # fmt: skip


def test_every_row_says_year_source_and_quality(tmp_path):
    for table in read(noticed(tmp_path)).tables.values():
        said = table[["year", "source", "quality"]].drop_duplicates().to_numpy().tolist()
        assert said == [[2027, NOTICE, "official"]]


def test_fares_by_distance_are_those_of_bases_without_surcharge(tmp_path):
    # 400 km stands in Busan New Port and, with surcharge, in Incheon: as many bases, lower fare
    update = read(noticed(tmp_path))
    table = update.tables["distance_fares"].set_index("one_way_km")
    assert table.index.tolist() == sorted(TARIFF)
    assert table["round_trip_km"].tolist() == [2 * km for km in sorted(TARIFF)]
    assert [tuple(table.loc[km, FARES]) for km in TARIFF] == list(TARIFF.values())
    assert "with a surcharge, so not in distance_fares: incheon_new" in update.notes


def test_distances_without_fare_are_left_out_and_listed(tmp_path):
    update = read(noticed(tmp_path))
    (note,) = [note for note in update.notes if "has no fare at" in note]
    told = {int(km) for km in re.search(r"at ([\d, ]+) km", note)[1].split(", ")}
    assert told == set(range(1, 413)) - set(TARIFF)


def test_distances_that_only_the_table_has_stay_if_they_are_of_the_same_notice(tmp_path):
    own = DISTANCES.assign(source=NOTICE)
    for year, expected in ((2027, [1, *sorted(TARIFF)]), (2026, sorted(TARIFF))):
        update = read(noticed(tmp_path), distances=own.assign(year=year))
        table = update.tables["distance_fares"].set_index("one_way_km")
        assert table.index.tolist() == expected
        assert table.loc[400, "fare_40ft_shipper_krw"] == 1_151_300  # the workbook counts
    other = read(noticed(tmp_path), distances=DISTANCES.assign(year=2027))
    assert 1 not in other.tables["distance_fares"]["one_way_km"].to_numpy()


def test_two_fares_for_one_distance_are_refused(tmp_path):
    lines = rows("부산신항")
    lines[2][6] += 100  # 405 km
    assert faults(noticed(tmp_path, 부산북항=HEADER + lines)) == [
        "notice.xlsx: found several fares at 405 km; allowed: one fare per distance in all bases "
        "without surcharge; to mend: look for a mistyped distance or fare in the workbook"
    ]


def test_columns_are_found_by_their_words_not_by_their_place(tmp_path):
    lines = [
        ["2027년 적용 안전운송운임 (단위: 원)"],
        [2025, 2026, 2027],
        ["연번", "40피트", "", "", "20 FT", "", "", "비고", "구간 거리", "읍ㆍ면ㆍ동", "시군구",
         "시 도"],
        ["", *["안전운송운임", "안전위탁 운임", "운수사업자간운임"] * 2, "", "(km)", "", "", ""],
    ]  # fmt: skip
    for number, line in enumerate(rows("부산신항")):
        province, county, town, km, *fares = line
        turned = [fares[index] for index in (2, 0, 1, 5, 3, 4)]
        priced = [f"{fare:,}" for fare in turned]
        lines.append([number, *priced, "", f" {km}", town, county, province])
    lines.append(["※ 부가가치세 별도"])
    found = read(noticed(tmp_path, 부산신항=lines))
    expected = read(noticed(tmp_path))
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], table)


def test_thousands_of_won_are_brought_to_won(tmp_path):
    head = [HEADER[0], [text.replace("(원)", "(천원)") for text in HEADER[1]]]
    lines = [[*line[:4], *(fare / 1000 for fare in line[4:])] for line in rows("부산신항")]
    path = noticed(tmp_path, 부산신항=(head + lines, MERGED))
    assert one(read(path), "A", "busan_new")["fare_40ft_krw"] == 1_163_500


@pytest.mark.parametrize("areas", [(), ("A3:A5", "B3:B5")])
def test_a_place_written_once_holds_for_the_rows_below(tmp_path, areas):
    lines = rows("부산신항")
    for line in lines[1:3]:
        line[:2] = ["", ""]
    path = noticed(tmp_path, 부산신항=(HEADER + lines, (*MERGED, *areas)))
    assert one(read(path), "B", "busan_new")["distance_km"] == 402.5


def test_a_county_is_not_carried_into_another_province(tmp_path):
    towns = [*TOWNS[:3], ("경기도", "", "초지동")]
    path = noticed(tmp_path, **{title: HEADER + rows(title, towns) for title in KM})
    own = COMPLEXES.assign(county_ko="종로구")
    assert "found C: 경기 종로구 초지동 stands 0 times" in faults(path, complexes=own)[0]


def test_titles_of_sheets_may_differ_in_blanks_and_brackets(tmp_path):
    sheet = HEADER + rows("부산신항")
    path = noticed(tmp_path, **{"부산신항": None, "부산 신항(왕복)": sheet, "표지": [["안전운임"]]})
    update = read(path)
    assert one(update, "A", "busan_new")["distance_km"] == 407
    assert "sheet 표지 is not read: fare_bases.csv has no such base" in update.notes


def test_a_missing_sheet_is_told_with_those_there_are(tmp_path):
    (fault,) = faults(noticed(tmp_path, 인천신항=None))
    assert "found the sheets 부산신항, 부산북항, none for 인천신항" in fault
    assert "give the workbook of round-trip fares" in fault


def test_missing_headings_are_told_with_those_found(tmp_path):
    head = [HEADER[0], [text.replace("안전운송운임", "새 운임") for text in HEADER[1]]]
    (fault,) = faults(noticed(tmp_path, 부산신항=(head + rows("부산신항"), MERGED)))
    assert fault.startswith("notice.xlsx, sheet 부산신항: found the headings 행선지 시·도, ")
    assert "40FT 컨테이너 새 운임(원)" in fault
    assert "allowed: one column each for 40ft / 안전운송운임; 20ft / 안전운송운임" in fault


def test_a_sheet_without_headings_or_rows_is_refused(tmp_path):
    assert "none that is known" in faults(noticed(tmp_path, 부산신항=[["준비 중"]]))[0]
    (fault,) = faults(noticed(tmp_path, 부산신항=(HEADER, MERGED)))
    assert "found no rows below the headings" in fault


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("문의", "'문의'"), ("=E3*2", "'=E3*2'"), (0, "'0'"), ("", "''"), ("-", "'-'"), (-5, "'-5'"),
     ("nan", "'nan'"), ("inf", "'inf'")],
)  # fmt: skip
def test_a_fare_that_is_none_is_told_with_its_place(tmp_path, cell, shown):
    lines = rows("부산신항")
    lines[1][6] = cell
    (fault,) = faults(noticed(tmp_path, 부산신항=(HEADER + lines, MERGED)))
    assert fault == (
        "notice.xlsx, sheet 부산신항, row 4, column 40FT 컨테이너 안전운송운임(원): found "
        f"{shown}; allowed: a number above 0; to mend: write the figure; paste formulas as values"
    )


def test_an_unknown_unit_is_refused(tmp_path):
    head = [HEADER[0], [text.replace("(원)", "(달러)") for text in HEADER[1]]]
    found = faults(noticed(tmp_path, 부산신항=(head + rows("부산신항"), MERGED)))
    assert len(found) == 6
    assert "no unit that is known" in found[0]


def test_a_town_twice_and_one_without_name_are_told(tmp_path):
    lines = rows("부산신항")
    lines[1][2] = "청운 효자동"
    lines[2][2] = ""
    found = faults(noticed(tmp_path, 부산신항=HEADER + lines))
    assert ["row 4" in fault for fault in found] == [True, False]
    assert "found 서울특별시 종로구 청운 효자동 again" in found[0]


def test_totals_are_left_out(tmp_path):
    lines = [
        ["합계", "", "", 1, *[1] * 6],
        *rows("부산신항"),
        ["서울특별시", "소계", "", 1, *[1] * 6],
    ]
    path = noticed(tmp_path, 부산신항=(HEADER + lines, MERGED))
    assert one(read(path), "A", "busan_new")["distance_km"] == 407


def test_a_town_that_is_gone_is_told_with_the_nearest_names(tmp_path):
    (fault,) = faults(noticed(tmp_path), ("A", "exact", "청운동"))
    assert fault.startswith(
        "port_distances.csv, column matched: found A: 서울 종로구 청운동 stands 0"
    )
    assert "nearest: 청운효자동, 삼청동" in fault
    assert "correct matched in all rows of A" in fault


def test_a_town_that_moved_is_found_once_its_county_is_written(tmp_path):
    moved = [(*SEOUL, "청운효자동"), ("서울특별시", "북악구", "사직동"), *TOWNS[2:]]
    path = noticed(tmp_path, **{title: HEADER + rows(title, moved) for title in KM})
    (fault,) = faults(path, ("A", "exact", "사직동"))
    assert "it has 북악구 사직동, to be written with the county" in fault
    assert one(read(path, ("A", "exact", "북악구 사직동")), "A", "busan_new")["distance_km"] == 400


def test_a_county_that_is_gone_is_told(tmp_path):
    (fault,) = faults(noticed(tmp_path), ("A", "county_median", "종로군 (3 towns)"))
    assert (
        "found A: 서울 종로군 stands 0 times in the notice; allowed: once; nearest: 종로구" in fault
    )


MERGED_TOWNS = [
    ("전남광주통합특별시", "광산구", "평동"), ("전남광주통합특별시", "북구", "건국동"),
    ("대구광역시", "북구", "건국동"), ("경상남도", "창원시성산구", "중앙동"),
]  # fmt: skip
SOUTH = pd.DataFrame({
    "complex_id": ["A", "B", "C", "D"], "province_ko": ["광주", "광주", "전남", "경남"],
    "county_ko": ["광산구", "북구", "광산구", "창원시"], "parent_ids": "",
})  # fmt: skip


def test_a_merged_province_is_looked_past_where_county_and_town_are_unique(tmp_path):
    path = noticed(tmp_path, **{title: HEADER + rows(title, MERGED_TOWNS) for title in KM})
    update = read(path, ("A", "alias", "평동"), complexes=SOUTH)
    assert one(update, "A", "busan_new")["distance_km"] == 407
    assert "A: 광주 광산구 is now in 전남광주통합특별시" in update.notes
    update = read(path, ("C", "alias", "평동"), ("D", "exact", "중앙동"), complexes=SOUTH)
    assert not any("now in" in note for note in update.notes)
    assert one(update, "D", "busan_new")["distance_km"] == 400


@pytest.mark.parametrize("match", [("exact", "건국동"), ("county_median", "북구 (1 towns)")])
def test_a_merged_province_is_no_excuse_for_two_places(tmp_path, match):
    path = noticed(tmp_path, **{title: HEADER + rows(title, MERGED_TOWNS) for title in KM})
    (fault,) = faults(path, ("B", *match), complexes=SOUTH)
    assert "stands 2 times in the notice; allowed: once" in fault


def test_provinces_of_the_notice_and_ours_are_the_same():
    names = [
        "서울특별시",
        "세종특별자치시",
        "강원특별자치도",
        "전북특별자치도",
        "제주특별자치도",
        "경기도",
        "경기북도",
        "충청북도",
        "충청남도",
        "전라남도",
        "경상북도",
        "경상남도",
        "경남",
    ]
    assert [notices._province(name) for name in names] == [
        "서울", "세종", "강원", "전북", "제주", "경기", "경기", "충북", "충남", "전남", "경북",
        "경남", "경남"]  # fmt: skip


def test_two_matches_of_one_complex_are_told(tmp_path):
    (fault,) = faults(noticed(tmp_path), ("A", "exact", "사직동"), ("A", "exact", "삼청동"))
    assert "found A: two different matches" in fault


def test_a_town_that_one_sheet_lacks_is_told(tmp_path):
    lines = rows("인천신항")[1:]
    (fault,) = faults(noticed(tmp_path, 인천신항=HEADER + lines))
    assert "found 서울특별시 종로구 청운효자동 in 2 sheets; allowed: in all 3" in fault


def test_a_complex_without_match_is_noted(tmp_path):
    update = read(noticed(tmp_path), MATCHES[0])
    assert "not in port_distances.csv, so without fares: B, C" in update.notes
    assert update.tables["port_distances"]["complex_id"].unique().tolist() == ["A"]


def test_rows_stay_in_the_order_of_the_table(tmp_path):
    table = read(noticed(tmp_path), MATCHES[2], MATCHES[0]).tables["port_distances"]
    assert table["complex_id"].tolist() == ["C", "C", "C", "A", "A", "A"]
    assert table["base"].tolist() == [*BASES["base"]] * 2


def test_year_and_source_must_be_said(tmp_path):
    with pytest.raises(SettingsError, match=r"found the year 27; .*; found no source"):
        read(noticed(tmp_path), year=27, source=" ")


def test_a_file_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "notice.xlsx"
    path.write_text("시·도", encoding="utf-8")
    assert "a file that is no workbook" in faults(path)[0]


def test_tables_handed_in_stay_as_they_are(tmp_path):
    given = present()
    kept = {name: table.copy(deep=True) for name, table in given.items()}
    notices.fares(noticed(tmp_path), given, year=2027, source=NOTICE)
    for name, table in kept.items():
        pd.testing.assert_frame_equal(given[name], table)


@pytest.mark.skipif("FARE_NOTICE" not in os.environ, reason="no workbook of 2026 named")
def test_the_workbook_of_2026_gives_the_tables_of_2026():
    names = ("complexes", "fare_bases", "port_distances", "distance_fares")
    given = {name: tables.read(REFERENCE / f"{name}.csv", name).table for name in names}
    source = given["port_distances"]["source"].iloc[0]
    update = notices.fares(Path(os.environ["FARE_NOTICE"]), given, year=2026, source=source)
    # medians between two distances, which the table of 2026 has rounded
    assert set(update.changes["column"]) <= {"distance_km"}
    old, new = (update.changes[side].astype(float) for side in ("old", "new"))
    assert len(update.changes) in {0, 10}
    assert (old == new.round()).all()


# industrial complexes

COLUMNS = list(notices.STATISTICS.columns)
# KICOX, 31 December 2025: name, type, province, county, status, six areas, rate, firms
EXPORT = ("한국수출산업", "국가", "서울", "구로구", "완료", 1922, 1920, 1426, 1426, 1426, 0, 100,
          15250, 13970)  # fmt: skip
ONSU = ("서울온수", "일반", "서울", "구로구", "완료", 158, 158, 123, 123, 123, 0, 100, 199, 199)
MAGOK = (
    "마곡",
    "일반",
    "서울",
    "강서구",
    "조성중",
    1124,
    1124,
    729,
    729,
    603,
    126,
    82.72,
    199,
    149,
)
KNOWN = (EXPORT, ONSU, MAGOK)
ORDER = ["type_ko", "province_ko", "county_ko", "name_ko", *COLUMNS[4:]]  # as published
TOP = ["유형", "시도", "시군", "단지명", "조성상태", "지정면적", "관리면적", "산업시설구역", "",
       "", "", "", "입주업체", "가동업체"]  # fmt: skip
BELOW = ["", "", "", "", "", "", "", "전체면적", "분양대상", "분양", "미분양", "분양률", "", ""]
UNIT = ["(단위 : 천㎡, 개사, %)"]
AREAS = ("H4:L4", *(f"{letter}4:{letter}5" for letter in "ABCDEFGMN"))


def listed(*complexes):
    frame = pd.DataFrame(complexes, columns=COLUMNS)
    codes = {
        "국가": "national",
        "일반": "general",
        "완료": "complete",
        "조성중": "under_construction",
    }
    frame = frame.assign(
        ic_id=[f"IC{number:04d}" for number in range(1, len(frame) + 1)],
        type=frame["type_ko"].map(codes), status=frame["status_ko"].map(codes),
        province_en=frame["province_ko"].map({"서울": "Seoul", "광주": "Gwangju"}),
        latitude=frame["county_ko"].map({"구로구": 37.49407, "강서구": 37.5622, "북구": 35.2}),
        longitude=127.0, location_precision="county_centroid", as_of="2025-12-31", source="KICOX",
        trend_key=["서울", *[""] * (len(frame) - 1)], quality="official",
    )  # fmt: skip
    return frame[tables.schema("industrial_complexes").index]


def counted(path, *complexes, unit=UNIT, top=TOP, below=BELOW, more=()):
    lines = [list(pd.Series(one, COLUMNS)[ORDER]) for one in complexes]
    sheet = [["전국산업단지 현황"], [], unit, top, below, *more, *lines]
    short = [["시도별"], ["구분", "단지수", "지정면적"], ["서울소계", 4, 3204]]
    return saved(path / "kicox.xlsx", {"시도별": short, "전국산업단지현황": (sheet, AREAS)})


def refreshed(path, old=KNOWN, complexes=COMPLEXES):
    given = {"industrial_complexes": listed(*old), "complexes": complexes}
    return notices.industrial_complexes(path, given, as_of="2026-12-31", source="KICOX 2026")


def flaws(path, **own):
    with pytest.raises(InputError) as broken:
        refreshed(path, **own)
    return [str(fault) for fault in broken.value.faults]


def changed(row, **cells):
    return tuple(cells.get(name, cell) for name, cell in zip(COLUMNS, row, strict=True))


def test_statistics_in_the_layout_as_published_give_the_table_there_is(tmp_path):
    """KICOX, data.go.kr 3041272, 31 December 2025: three complexes of Seoul."""
    update = refreshed(counted(tmp_path, *KNOWN))
    expected = listed(*KNOWN).assign(as_of="2026-12-31", source="KICOX 2026")
    pd.testing.assert_frame_equal(
        update.tables["industrial_complexes"], expected, check_dtype=False
    )
    assert update.changes.empty


def test_totals_parts_and_footnotes_are_left_out_and_the_mark_of_the_whole_goes(tmp_path):
    whole = changed(EXPORT, name_ko="한국수출산업 (① + ②)")
    parts = [changed(EXPORT, name_ko=name) for name in ("\u3000서울디지털 ①", "▷ 구로")]
    total = ["총계", "", "", "", "", 3204, *[1] * 8]
    note, region = ["※ 잠정치"], ["", "서울", "", "", "", 3204, *[1] * 8]
    path = counted(tmp_path, whole, *parts, ONSU, MAGOK, more=[total, note, region])
    update = refreshed(path)
    assert update.tables["industrial_complexes"]["name_ko"].tolist() == [row[0] for row in KNOWN]
    assert update.changes.empty
    assert "6 rows, 3 of them parts" in " ".join(update.notes)


def test_areas_are_brought_to_thousand_square_metres(tmp_path):
    top = [text + "(㎡)" if "면적" in text else text for text in TOP]
    below = [text if "률" in text else f"{text} (㎡)" if text else "" for text in BELOW]
    lines = [changed(row, **{name: 1000 * row[COLUMNS.index(name)] for name in notices.AREAS})
             for row in KNOWN]  # fmt: skip
    assert refreshed(counted(tmp_path, *lines, unit=[], top=top, below=below)).changes.empty
    # a unit of its own stands before the line above
    assert refreshed(counted(tmp_path, *lines, top=top, below=below)).changes.empty


def test_areas_without_unit_are_refused(tmp_path):
    found = flaws(counted(tmp_path, *KNOWN, unit=[]))
    assert len(found) == 6
    assert "column 관리면적: found no unit that is known; allowed: 천m2, " in found[0]


def test_headings_that_are_not_recognised_are_listed_with_those_wanted(tmp_path):
    top = [text.replace("조성상태", "단계") for text in TOP]
    (fault,) = flaws(counted(tmp_path, *KNOWN, top=top))
    assert "sheet 전국산업단지현황: found the headings 유형, 시도, 시군, 단지명, 단계, " in fault
    assert "산업시설구역 미분양" in fault
    assert "allowed: one column each for 조성상태 / 조성현황; to mend" in fault


def test_two_columns_of_one_heading_are_refused(tmp_path):
    (fault,) = flaws(counted(tmp_path, *KNOWN, below=[*BELOW[:8], "전체면적", *BELOW[9:]]))
    assert "one column each for 전체면적 / " in fault
    assert "; 분양대상 / 분양대상면적" in fault


def test_known_complexes_keep_number_and_key_new_ones_get_the_next(tmp_path):
    new = changed(ONSU, name_ko="오류", tenant_firms=7)
    other = changed(MAGOK, name_ko="가양", province_ko="서울특별시")
    update = refreshed(counted(tmp_path, other, new, MAGOK, EXPORT, ONSU))
    table = update.tables["industrial_complexes"].set_index("ic_id")
    assert table["name_ko"].to_dict() == {
        "IC0001": "한국수출산업", "IC0002": "서울온수", "IC0003": "마곡", "IC0004": "가양",
        "IC0005": "오류"}  # fmt: skip
    assert table.loc["IC0001", "trend_key"] == "서울"
    row = table.loc["IC0004"]
    assert (row["latitude"], row["province_en"], row["trend_key"]) == (37.5622, "Seoul", "")
    assert "industrial_complexes: 2 new: IC0004 가양, IC0005 오류" in update.notes
    assert update.changes[["row", "old", "new"]].to_numpy().tolist() == [
        ["IC0004", "", "가양"], ["IC0005", "", "오류"]]  # fmt: skip


def test_complexes_no_longer_listed_are_noted_and_their_number_is_not_given_again(tmp_path):
    update = refreshed(counted(tmp_path, EXPORT, changed(ONSU, name_ko="오류"), MAGOK))
    assert update.tables["industrial_complexes"]["ic_id"].tolist() == ["IC0001", "IC0003", "IC0004"]
    assert "industrial_complexes: 1 no longer listed: IC0002 서울온수" in update.notes


def test_a_complex_that_contains_one_of_ours_must_stay(tmp_path):
    (fault,) = flaws(counted(tmp_path, EXPORT, ONSU, changed(MAGOK, name_ko="마곡지구")))
    assert fault == (
        "complexes.csv, column parent_ids: found IC0003 마곡 of C, which the statistics no "
        "longer list; allowed: a complex they list; new and nearest: 마곡지구; to mend: correct "
        "name_ko of IC0003 in industrial_complexes.csv, or parent_ids"
    )


def test_same_name_in_one_county_is_told_apart_by_type(tmp_path):
    farm = changed(ONSU, type_ko="국가", tenant_firms=5)
    update = refreshed(counted(tmp_path, farm, *KNOWN), old=(*KNOWN, farm))
    assert update.changes.empty


def test_a_complex_of_another_type_is_still_the_same(tmp_path):
    update = refreshed(counted(tmp_path, EXPORT, changed(ONSU, type_ko="국가산업단지"), MAGOK))
    assert update.changes[["row", "column", "old", "new"]].to_numpy().tolist() == [
        ["IC0002", "type", "general", "national"],
        ["IC0002", "type_ko", "일반", "국가"],
    ]


def test_complexes_of_a_merged_province_keep_number_and_place(tmp_path):
    south = changed(MAGOK, name_ko="첨단", province_ko="광주", county_ko="북구")
    now = changed(south, province_ko="전남광주통합특별시")
    update = refreshed(counted(tmp_path, *KNOWN, now), old=(*KNOWN, south))
    assert update.changes.empty
    assert update.tables["industrial_complexes"]["province_ko"].tolist()[3] == "광주"


def test_a_new_complex_in_a_county_without_point_is_told(tmp_path):
    (fault,) = flaws(counted(tmp_path, *KNOWN, changed(ONSU, name_ko="신", county_ko="종로구")))
    assert "row 9, column county_ko: found 서울 종로구 신; allowed: a county of" in fault


def test_a_dash_is_none_and_an_empty_cell_is_told(tmp_path):
    update = refreshed(counted(tmp_path, EXPORT, changed(ONSU, unsold_1000m2="-"), MAGOK))
    assert update.changes.empty
    (fault,) = flaws(counted(tmp_path, EXPORT, changed(ONSU, tenant_firms=""), MAGOK))
    assert "row 7, column 입주업체: found ''; allowed: 0 or more" in fault


def test_percent_written_as_fractions_is_told(tmp_path):
    lines = [changed(row, sale_rate_percent=row[11] / 100) for row in KNOWN]
    (fault,) = flaws(counted(tmp_path, *lines))
    assert "found rates that are not sold over target; allowed: percent" in fault
    lines = [changed(row, sale_rate_percent=f"{row[11]}%") for row in KNOWN]
    assert refreshed(counted(tmp_path, *lines)).changes.empty


def test_words_that_are_no_type_or_status_and_repeated_complexes_are_told(tmp_path):
    found = flaws(counted(tmp_path, EXPORT, EXPORT, changed(ONSU, type_ko="자유무역"),
                          changed(MAGOK, status_ko="보류")))  # fmt: skip
    assert [re.search(r"row (\d+), column (\w+)", fault).groups() for fault in found] == [
        ("7", "name_ko"), ("8", "type_ko"), ("9", "status_ko")]  # fmt: skip


def test_changes_are_sorted_by_size_words_first(tmp_path):
    now = changed(MAGOK, status_ko="완료", sold_1000m2=729, unsold_1000m2=0, sale_rate_percent=100,
                  tenant_firms=398)  # fmt: skip
    changes = refreshed(counted(tmp_path, EXPORT, ONSU, now)).changes
    assert changes["column"].tolist() == [
        "status",
        "status_ko",
        "unsold_1000m2",
        "tenant_firms",
        "sold_1000m2",
        "sale_rate_percent",
    ]
    expected = [np.nan, np.nan, -100, 100, 100 * 126 / 603, 100 * (100 / 82.72 - 1)]
    np.testing.assert_allclose(changes["percent"], expected)


@pytest.mark.parametrize(("day", "source"), [("31.12.2026", "KICOX"), ("2026-12-31", "")])
def test_day_and_source_must_be_said(tmp_path, day, source):
    given = {"industrial_complexes": listed(*KNOWN), "complexes": COMPLEXES}
    with pytest.raises(SettingsError, match="found"):
        notices.industrial_complexes(counted(tmp_path, *KNOWN), given, as_of=day, source=source)


# headings


def test_a_merged_area_beyond_rows_and_columns_does_no_harm(tmp_path):
    lines = rows("부산신항")
    path = noticed(tmp_path, 부산신항=(HEADER + lines, (*MERGED, "L1:M2000")))
    assert one(read(path), "A", "busan_new")["distance_km"] == 407


def test_names_are_the_same_whatever_dots_and_blanks_they_have():
    names = ["비산2.3동", "비산2·3동", "비산 2․3동", "비산2ㆍ3동", "비산２，３동"]
    assert {headings.plain(name) for name in names} == {"비산23동"}


# updates


def test_unchanged_tables_are_written_byte_for_byte(tmp_path):
    names = ("port_distances", "distance_fares", "industrial_complexes")
    found = {name: tables.read(REFERENCE / f"{name}.csv", name).table for name in names}
    update = updates.compared(found, found, [])
    assert update.changes.empty
    updates.write(update, tmp_path)
    for name in names:
        written = (tmp_path / f"{name}.csv").read_bytes()
        assert written == (REFERENCE / f"{name}.csv").read_bytes()


def test_a_row_that_came_or_went_is_told_once_and_counted():
    old = DISTANCES.assign(year=2026)
    new = old.assign(one_way_km=[1, 500], fare_40ft_shipper_krw=[3, 1], year=2027)
    update = updates.compared({"distance_fares": new}, {"distance_fares": old}, ["more"])
    assert update.changes.drop(columns="percent").to_numpy().tolist() == [
        ["distance_fares", "400", "round_trip_km", "800", ""],
        ["distance_fares", "500", "round_trip_km", "", "800"],
        ["distance_fares", "1", "fare_40ft_shipper_krw", "1", "3"],
    ]
    assert update.changes["percent"].tolist()[2] == 200
    assert update.notes == ["distance_fares: 2 rows, 3 figures and words changed", "more"]


def official(tmp_path):
    given = present(*MATCHES)
    return notices.fares(noticed(tmp_path), given, year=2026, source="the notice of 2026")


def test_an_update_is_written_as_the_tables_are(tmp_path):
    updates.write(official(tmp_path), tmp_path)
    head, first, *_ = (tmp_path / "port_distances.csv").read_text("utf-8").splitlines()
    assert head == ",".join(tables.schema("port_distances").index)
    assert first == (
        "A,busan_new,exact,청운효자동,407,407,407,1163500,1163500,1163500,1021200,1021200,1021200,"
        "2026,official,the notice of 2026"
    )
    assert ",402.5," in (tmp_path / "port_distances.csv").read_text("utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {
        "notice.xlsx", "port_distances.csv", "distance_fares.csv"}  # fmt: skip


def test_a_table_that_does_not_meet_its_schema_leaves_everything_as_it_was(tmp_path):
    (tmp_path / "port_distances.csv").write_text("as it was", encoding="utf-8")
    update = official(tmp_path)
    update.tables["distance_fares"].loc[0, "fare_20ft_shipper_krw"] = 9e9
    with pytest.raises(InputError, match=r"distance_fares\.csv, row 2"):
        updates.write(update, tmp_path)
    assert (tmp_path / "port_distances.csv").read_text("utf-8") == "as it was"
    assert {path.name for path in tmp_path.iterdir()} == {"notice.xlsx", "port_distances.csv"}


@pytest.mark.parametrize("was_there", [True, False])
def test_a_table_that_cannot_be_replaced_leaves_the_others_as_they_were(
    tmp_path, monkeypatch, was_there
):
    update = official(tmp_path)
    first = tmp_path / "port_distances.csv"
    if was_there:
        first.write_text("as it was", encoding="utf-8")
    replace = Path.replace

    def locked(path, target):
        if Path(target) == tmp_path / "distance_fares.csv":
            raise PermissionError(13, "Permission denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(WriteError, match=r"Permission denied\), nothing was changed"):
        updates.write(update, tmp_path)
    assert [first.read_text("utf-8")] == ["as it was"] if was_there else not first.exists()


def test_a_folder_that_is_none_is_told(tmp_path):
    with pytest.raises(WriteError, match="name another folder"):
        updates.write(official(tmp_path), tmp_path / "nowhere")

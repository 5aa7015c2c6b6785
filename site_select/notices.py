"""Official files in: fares and industrial complexes refreshed from the workbooks as published.

Nothing is filled in that the file does not say; what does not fit our tables stops the update.
"""

import difflib
import math
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from site_select import headings, tables, updates
from site_select.errors import Fault, InputError, SettingsError
from site_select.headings import Layout, Listing
from site_select.updates import Update

NEAREST = 3
YEARS = range(1990, 2100)
COUNTY_MEDIAN = "county_median"
PLACE = {"province": ("시도",), "county": ("시군구",), "town": ("읍면동",)}
KEYS = [f"{side}_key" for side in PLACE]
KINDS = {"carrier_owner": "안전위탁운임", "inter_firm": "운수사업자간운임",
         "shipper": "안전운송운임"}  # fmt: skip
FARES = {f"fare_{size}ft_{kind}_krw": (f"{size}ft", word)
         for size in (40, 20) for kind, word in KINDS.items()}  # fmt: skip
WAY = {**PLACE, "one_way_km": ("구간거리",)}
ROUTES = Layout({**WAY, **FARES}, PLACE, ("province", "county"))
LABELS = {
    "name_ko": ("단지명", "산업단지명"), "type_ko": ("유형", "단지유형"),
    "province_ko": ("시도", "시도명"), "county_ko": ("시군", "시군구", "시군구명"),
    "status_ko": ("조성상태", "조성현황"),
}  # fmt: skip
AREAS = {
    "designated_area_1000m2": ("지정면적",), "managed_area_1000m2": ("관리면적",),
    "industrial_facility_area_1000m2": (
        "전체면적", "산업시설구역", "산업시설용지", "산업시설구역면적", "산업시설용지면적"),
    "sale_target_1000m2": ("분양대상", "분양대상면적"), "sold_1000m2": ("분양", "분양면적"),
    "unsold_1000m2": ("미분양", "미분양면적"),
}  # fmt: skip
COUNTS = {"sale_rate_percent": ("분양률", "분양율"), "tenant_firms": ("입주업체", "입주업체수"),
          "operating_firms": ("가동업체", "가동업체수")}  # fmt: skip
STATISTICS = Layout(LABELS | AREAS | COUNTS, LABELS, ("type_ko", "province_ko", "county_ko"),
                    AREAS, has_zero=True)  # fmt: skip
SAME = ["name_key", "county_key", "province_ko", "type_ko"]
PLACED = ["province_ko", "province_en", "county_ko", "latitude", "longitude", "location_precision"]
_SIZE = re.compile(r"([24]0)(ft|피트)")
_WHOLE = re.compile(r"\s*\([①-⑳](\s*[+,~]\s*[①-⑳])*\)\s*$")  # a complex that has parts
_PART = re.compile(r"▷|[①-⑳]\s*$")
_LONG_PROVINCE = re.compile(r"([충전경])[청라상](.)도")


def fares(path: Path, present: Mapping[str, pd.DataFrame], *, year: int, source: str) -> Update:
    """Refresh ``port_distances`` and ``distance_fares`` from the notice of round-trip fares.

    A complex has the median over its towns in ``matched`` (``;`` between them; a county and a
    blank before the town where it is not that of the complex), the lowest and the highest. The
    fare by kilometre is read off the bases without surcharge: those that, at distances another
    base has too, have the fares of most bases in more than half of their rows. Distances that no
    such row has are left out, but for those that the present table has from the same notice.

    Parameters
    ----------
    path
        Workbook with a sheet per base, titled as ``name_ko`` of ``fare_bases``.
    present
        Tables ``complexes, fare_bases, port_distances, distance_fares`` as they are.
    year, source
        Year and name of the notice, which the workbook does not say.

    Raises
    ------
    SettingsError
        If the year or the source is none.
    InputError
        If a sheet, a heading, a figure or a matched town is missing or wrong; all faults at once.
    """
    _check_said(f"the year {year}", source, is_time=year in YEARS)
    notes: list[str] = []
    routes = _routes(path, present["fare_bases"], notes)
    towns = _matched_towns(routes, present, path.name, notes)
    port_distances, by_distance = (
        table.assign(year=year, source=source, quality="official")
        for table in (_over_towns(towns, routes), _by_distance(routes, path.name, notes))
    )
    old = present["distance_fares"]
    kept = old[(old["year"] == year) & (old["source"] == source)]
    kept = kept[~kept["one_way_km"].isin(by_distance["one_way_km"])]
    if len(kept):
        notes.append(f"distance_fares: {len(kept)} distances that the workbook lacks are kept as "
                     "the table has them from the same notice")  # fmt: skip
    by_distance = pd.concat([by_distance, kept]).sort_values("one_way_km")
    told = set(by_distance["one_way_km"].astype(int))
    if gaps := sorted(set(range(1, max(told) + 1)) - told):
        notes.append(f"distance_fares: the workbook has no fare at {', '.join(map(str, gaps))} km")
    found = {"port_distances": port_distances, "distance_fares": by_distance}
    return updates.compared(found, present, notes)


def industrial_complexes(
    path: Path, present: Mapping[str, pd.DataFrame], *, as_of: str, source: str
) -> Update:
    """Refresh ``industrial_complexes`` from the statistics of all complexes of the country.

    A complex of the same name, province and county keeps its number, point and ``trend_key``; a
    new one gets the next number and the point of its county. Totals and parts of a complex (with
    ①, ② or ▷ in their name) are left out. A dash is 0.

    Parameters
    ----------
    path
        Workbook; the longest sheet with all headings counts. Areas need their unit, in the
        heading or on a line ``(단위: 천㎡)`` above.
    present
        Tables ``complexes, industrial_complexes`` as they are.
    as_of
        Day the statistics speak of, such as 2026-12-31.
    source
        Name of the statistics.

    Raises
    ------
    SettingsError
        If the day or the source is none.
    InputError
        If a heading is not recognised (it lists those found and those wanted), or a row is wrong.
    """
    _check_said(f"the day {as_of!r}", source, is_time=bool(tables.DATE.fullmatch(as_of)))
    notes: list[str] = []
    old = present["industrial_complexes"]
    table = _numbered(*_coded(*_statistics(path, notes), old), old)
    _check_parents(table, present["complexes"], old)
    for title, some, other in (("new", table, old), ("no longer listed", old, table)):
        names = some[~some["ic_id"].isin(other["ic_id"])]
        if len(names):
            shown = ", ".join(names["ic_id"] + " " + names["name_ko"])
            notes.append(f"industrial_complexes: {len(names)} {title}: {shown}")
    table = table.assign(as_of=as_of, source=source, quality="official").sort_values("ic_id")
    return updates.compared({"industrial_complexes": table}, present, notes)


def _check_said(time: str, source: str, *, is_time: bool) -> None:
    faults = [] if is_time else [f"found {time}; allowed: 1990 to 2099, or a day like 2026-12-31"]
    if not source.strip():
        faults.append("found no source; allowed: its name; say which notice or statistics it is")
    if faults:
        raise SettingsError("; ".join(faults))


def _province(text: str) -> str:
    """Shorten a province as our tables do: 경상남도 to 경남, 서울특별시 to 서울."""
    return _LONG_PROVINCE.sub(r"\1\2", text)[:2]


def _routes(path: Path, bases: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Distance and fares by base and town of the notice."""
    opened = headings.opened(path)
    sheets = {headings.plain(title).replace("왕복", ""): opened[title] for title in opened}
    titles = dict(zip(bases["base"], map(headings.plain, bases["name_ko"]), strict=True))
    if lost := [name for name in bases["name_ko"] if headings.plain(name) not in sheets]:
        raise InputError([
            Fault(path.name, 0, "", f"the sheets {', '.join(opened)}, none for {', '.join(lost)}",
                  "a sheet for every base, titled as in fare_bases.csv",
                  "give the workbook of round-trip fares, or correct name_ko there")
        ])  # fmt: skip
    notes += [f"sheet {sheet.title} is not read: fare_bases.csv has no such base"
              for name, sheet in sheets.items() if name not in titles.values()]  # fmt: skip
    frames, faults = list[pd.DataFrame](), list[Fault]()
    for base, title in titles.items():
        listing = headings.listing(sheets[title], ROUTES, path.name)
        frame, wrong = headings.figures(listing, _route_roles(listing), ROUTES)
        keys = pd.DataFrame({f"{side}_key": headings.keyed(frame[side]) for side in PLACE})
        is_wrong = keys.duplicated() | (keys["town_key"] == "")
        faults += wrong
        faults += [
            listing.fault(row, "", f"{' '.join(place)} again, or no town", "every town once",
                          "remove the repeated row, or name the town")
            for row, *place in frame.loc[is_wrong, [*PLACE]].itertuples()
        ]  # fmt: skip
        frames.append(frame.join(keys).assign(base=base))
    if faults:
        raise InputError(faults)
    return pd.concat(frames, ignore_index=True)


def _route_roles(listing: Listing) -> dict[int, str]:
    """Our name of each column; a size stands over the columns to its right as well."""
    roles, size = listing.roles(WAY), ""
    named = {words: role for role, words in FARES.items()}
    for column, texts in listing.headings.items():
        sizes = [f"{match[1]}ft" for text in texts if (match := _SIZE.search(headings.plain(text)))]
        size = (*sizes, size)[0]
        if role := named.get((size, listing.last(column))):
            roles[column] = role
    return roles


def _matched_towns(
    routes: pd.DataFrame, present: Mapping[str, pd.DataFrame], file: str, notes: list[str]
) -> pd.DataFrame:
    """Towns of the notice by complex, as ``matched`` of ``port_distances`` names them."""
    places = routes.groupby(KEYS, sort=False, as_index=False).agg(
        **{side: (side, "first") for side in PLACE}, bases=("base", "size")
    )
    matches = present["port_distances"][["complex_id", "match_level", "matched"]].drop_duplicates()
    complexes = present["complexes"].set_index("complex_id")
    if rest := sorted(set(complexes.index) - set(matches["complex_id"])):
        notes.append(f"not in port_distances.csv, so without fares: {', '.join(rest)}")
    faults = [
        _unmatched(complex_id, "two different matches", "one for all its bases")
        for complex_id in matches.loc[matches["complex_id"].duplicated(), "complex_id"]
    ]
    found = []
    for complex_id, level, matched in matches.itertuples(index=False):
        own = complexes.loc[complex_id]
        towns, wrong = _towns(places, own, level=level, matched=matched)
        faults += wrong
        if len(towns) and _province(now := towns["province"].iloc[0]) != own["province_ko"]:
            notes.append(f"{complex_id}: {own['province_ko']} {own['county_ko']} is now in {now}")
        name = re.sub(r"\(\d+ towns\)$", f"({len(towns)} towns)", matched)
        found.append(towns.assign(complex_id=complex_id, match_level=level, matched=name))
    some, bases = pd.concat(found), routes["base"].nunique()
    faults += [
        Fault(file, 0, "", f"{' '.join(place)} in {count} sheets", f"in all {bases}",
              "add its row there, or match another town in port_distances.csv")
        for *place, count in some[[*PLACE, "bases"]].drop_duplicates().itertuples(index=False)
        if count < bases
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    return some[["complex_id", "match_level", "matched", *KEYS]]


def _towns(
    places: pd.DataFrame, own: pd.Series, *, level: str, matched: str
) -> tuple[pd.DataFrame, list[Fault]]:
    """Rows of the notice for one complex; a province that is gone is looked past."""
    here = places[places["province"].map(_province) == own["province_ko"]]
    here = here if len(here) else places
    asked = [name.strip().rpartition(" ") for name in matched.split(";")]
    if level == COUNTY_MEDIAN:
        asked = [(matched.partition(" (")[0], "", "")]
    found, faults = [places.iloc[:0]], []
    for named, _, town in asked:
        county = named or own["county_ko"]
        near = here[here["county_key"].str.startswith(headings.plain(county))]
        hits = near[near["town_key"] == headings.plain(town)] if town else near
        if len(hits) == 1 or (not town and len(hits.drop_duplicates("province")) == 1):
            found.append(hits)
            continue
        same = here[here["town_key"] == headings.plain(town)]
        where = ", ".join((same["county"] + " " + same["town"]).unique())
        names = near["town"] if len(near) else here["county"]
        close = difflib.get_close_matches(town or county, names.unique(), NEAREST, 0.0)
        faults.append(_unmatched(
            str(own.name), f"{own['province_ko']} {county} {town}".strip()
            + f" stands {len(hits)} times in the notice", f"once; nearest: {', '.join(close)}",
            where and f"; it has {where}, to be written with the county",
        ))  # fmt: skip
    return pd.concat(found), faults


def _unmatched(complex_id: str, found: str, allowed: str, more: str = "") -> Fault:
    return Fault("port_distances.csv", 0, "matched", f"{complex_id}: {found}", allowed,
                 f"correct matched in all rows of {complex_id}{more}")  # fmt: skip


def _over_towns(towns: pd.DataFrame, routes: pd.DataFrame) -> pd.DataFrame:
    """Lowest, median and highest distance and shipper's fare by complex and base."""
    sources = {"distance": "one_way_km", "fare_40ft": "fare_40ft_shipper_krw",
               "fare_20ft": "fare_20ft_shipper_krw"}  # fmt: skip
    by = ["complex_id", "base", "match_level", "matched"]
    groups = towns.merge(routes, on=KEYS).groupby(by, sort=False)
    return pd.DataFrame({
        f"{name}{mark}_{source.rpartition('_')[2]}": groups[source].agg(how)
        for name, source in sources.items()
        for mark, how in (("_low", "min"), ("", "median"), ("_high", "max"))
    }).reset_index()  # fmt: skip


def _by_distance(routes: pd.DataFrame, file: str, notes: list[str]) -> pd.DataFrame:
    """Fares by kilometre of the bases without surcharge."""
    by = ["one_way_km", *FARES]
    whole = routes[routes["one_way_km"] % 1 == 0]
    # where as many bases have either, the lower fare: a surcharge only adds
    spread = whole.groupby(by, as_index=False).agg(bases=("base", "nunique"))
    usual = spread.sort_values(["one_way_km", "bases"], ascending=[True, False], kind="stable")
    usual = usual.drop_duplicates("one_way_km")[by].assign(is_usual=True)
    told = whole[["base", *by]].merge(usual, on=by, how="left")
    told = told[told.groupby("one_way_km")["base"].transform("nunique") > 1]
    share = told["is_usual"].notna().groupby(told["base"]).mean()
    if extra := sorted(set(whole["base"]) - set(share.index[share > 1 / 2])):
        notes.append(f"with a surcharge, so not in distance_fares: {', '.join(extra)}")
    table = whole.loc[~whole["base"].isin(extra), by].drop_duplicates()
    if twice := sorted(set(table.loc[table["one_way_km"].duplicated(), "one_way_km"])):
        raise InputError([
            Fault(file, 0, "", f"several fares at {', '.join(f'{km:g}' for km in twice)} km",
                  "one fare per distance in all bases without surcharge",
                  "look for a mistyped distance or fare in the workbook")
        ])  # fmt: skip
    return table.assign(round_trip_km=2 * table["one_way_km"])


def _statistics(path: Path, notes: list[str]) -> tuple[pd.DataFrame, Listing]:
    """Complexes of the longest sheet with all headings, by row of the sheet."""
    read = []
    for sheet in headings.opened(path).values():
        listing = headings.listing(sheet, STATISTICS, path.name)
        roles = listing.roles(STATISTICS.columns)
        table, faults = headings.figures(listing, roles, STATISTICS)
        read.append((len(table), len(roles), listing, table, faults))
    *_, listing, table, faults = max(read, key=lambda one: one[:2])
    rate = 100 * table["sold_1000m2"] / table["sale_target_1000m2"].replace(0, math.nan)
    if not faults and ((table["sale_rate_percent"] - rate).abs() > 1).mean() > 1 / 2:
        faults.append(listing.fault(0, "sale_rate_percent", "rates that are not sold over target",
                                    "percent", "write 82.7 for 82.7%"))  # fmt: skip
    if faults:
        raise InputError(faults)
    names = table["name_ko"].str.replace(_WHOLE, "", regex=True)
    is_part = names.str.contains(_PART) | (names == "")
    notes.append(f"sheet {listing.title}: {len(table)} rows, {is_part.sum()} of them parts of a "
                 "complex or without name, which are left out")  # fmt: skip
    return table.assign(name_ko=names.str.split().str.join(" "))[~is_part], listing


def _coded(
    listed: pd.DataFrame, listing: Listing, old: pd.DataFrame
) -> tuple[pd.DataFrame, Listing]:
    """Add our codes of type and status, and keys of name and county; shorten the province."""
    faults = []
    for column in ("type", "status"):
        known = old.drop_duplicates(column).set_index(f"{column}_ko")[column]
        words = listed[f"{column}_ko"]
        found = words.str.extract(f"({'|'.join(map(re.escape, known.index))})")[0]
        faults += [
            listing.fault(row, f"{column}_ko", repr(words[row]), ", ".join(known.index),
                          "correct it, or add the word to our table and its schema")
            for row in found.index[found.isna()]
        ]  # fmt: skip
        listed = listed.assign(**{f"{column}_ko": found, column: found.map(known)})
    listed = _with_keys(listed.assign(province_ko=listed["province_ko"].map(_province)))
    faults += [
        listing.fault(row, "name_ko", f"{name!r} again", "every complex once", "remove the row")
        for row, name in listed.loc[listed.duplicated(SAME), "name_ko"].items()
    ]
    if faults:
        raise InputError(faults)
    return listed, listing


def _with_keys(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(name_key=table["name_ko"].str.replace(r"[\s·ㆍ]", "", regex=True),
                        county_key=headings.keyed(table["county_ko"]))  # fmt: skip


def _numbered(listed: pd.DataFrame, listing: Listing, old: pd.DataFrame) -> pd.DataFrame:
    """Give each row the number and place it had, or the next number and the place of its county."""
    old, ids = _with_keys(old), pd.Series(index=listed.index, dtype=object)
    gone = old[~old["province_ko"].isin(listed["province_ko"])]  # merged or under a new name
    for by, some in ((SAME, old), (SAME[:3], old), ([*SAME[:2], "type_ko"], gone)):
        rest = listed[ids.isna()].drop_duplicates(by, keep=False)
        free = some[~some["ic_id"].isin(ids)].drop_duplicates(by, keep=False)
        same = free.set_index(by)["ic_id"].reindex(pd.MultiIndex.from_frame(rest[by]))
        ids = ids.fillna(pd.Series(same.to_numpy(dtype=object), rest.index))
    is_new, where = ids.isna(), SAME[1:3]
    place = old.set_index("ic_id")[[*PLACED, "trend_key"]].reindex(ids).set_index(listed.index)
    county = listed[where].merge(old.drop_duplicates(where)[[*PLACED, "county_key"]], "left", where)
    place = place.where(~is_new, county.set_index(listed.index).assign(trend_key=""))
    lost = listed.loc[place["latitude"].isna(), ["province_ko", "county_ko", "name_ko"]]
    faults = [
        listing.fault(row, "county_ko", " ".join(told), "a county of industrial_complexes.csv, "
                      "which gives the point", "add the complex there, with its county's point")
        for row, *told in lost.itertuples()
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    last = old["ic_id"].str[2:].astype(int).max()
    ids[is_new] = [f"IC{last + number:04d}" for number in range(1, is_new.sum() + 1)]
    return listed.drop(columns=PLACED, errors="ignore").join(place).assign(ic_id=ids)


def _check_parents(table: pd.DataFrame, complexes: pd.DataFrame, old: pd.DataFrame) -> None:
    """Refuse to lose an industrial complex that contains one of ours."""
    parents = complexes.set_index("complex_id")["parent_ids"].str.split(";").explode()
    lost = parents[(parents.fillna("") != "") & ~parents.isin(table["ic_id"])]
    names = old.set_index("ic_id")["name_ko"].reindex(lost).fillna("")
    new = table.loc[~table["ic_id"].isin(old["ic_id"]), "name_ko"]
    faults = []
    for (complex_id, ic_id), name in zip(lost.items(), names, strict=True):
        close = difflib.get_close_matches(name, [*new], NEAREST, 0.0)
        faults.append(
            Fault("complexes.csv", 0, "parent_ids",
                  f"{ic_id} {name} of {complex_id}, which the statistics no longer list",
                  f"a complex they list; new and nearest: {', '.join(close)}",
                  f"correct name_ko of {ic_id} in industrial_complexes.csv, or parent_ids"),
        )  # fmt: skip
    if faults:
        raise InputError(faults)

"""Read a study and hand on only what passed its schema."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from site_select import folders, tables
from site_select.errors import Fault, InputError

GATES = (1, 2, 3, 4)  # rules frozen, forms returned, judgements in, decision
COUNTS = {2: "two", 3: "three"}
OFFSHORE_KM = 5.0  # quays and reclaimed land lie outside the published polygons


@dataclass(frozen=True)
class Survey:
    """Checked tables of one study; keys match across them.

    Every attribute but the last six is the table of that name in the data dictionary.

    Attributes
    ----------
    counties, provinces
        Boundaries in EPSG:4326.
    land, sea_lanes
        Outline of land and ships' courses between Europe and Korea, by ``route``, in EPSG:4326.
    files
        File each table was read from.
    notes
        What was read differently from how it was written.
    """

    complexes: pd.DataFrame
    complex_facts: pd.DataFrame
    criteria: pd.DataFrame
    rules: pd.DataFrame
    branches: pd.DataFrame
    branch_imports: pd.DataFrame
    branch_goods: pd.DataFrame
    port_distances: pd.DataFrame
    fare_bases: pd.DataFrame
    distance_fares: pd.DataFrame
    freight_rules: pd.DataFrame
    facilities: pd.DataFrame
    overseas_places: pd.DataFrame
    sea_routes: pd.DataFrame
    industrial_complexes: pd.DataFrame
    national_complex_trends: pd.DataFrame
    root_industry: pd.DataFrame
    programme_facts: pd.DataFrame
    pilot_gwangju: pd.DataFrame
    logistics_parameters: pd.DataFrame
    truck_fares: pd.DataFrame
    exchange_rates: pd.DataFrame
    price_levels: pd.DataFrame
    appraisal_rules: pd.DataFrame
    kpi: pd.DataFrame
    comparators: pd.DataFrame
    orders: pd.DataFrame
    judgements: pd.DataFrame
    freight_series: pd.DataFrame
    disruptions: pd.DataFrame
    disruption_parameters: pd.DataFrame
    scenarios: pd.DataFrame
    evidence: pd.DataFrame
    hazards: pd.DataFrame
    wages: pd.DataFrame
    context_facts: pd.DataFrame
    questions: pd.DataFrame
    plan: pd.DataFrame
    answers: pd.DataFrame
    participation: pd.DataFrame
    interests: pd.DataFrame
    rounds: pd.DataFrame
    visits: pd.DataFrame
    counties: gpd.GeoDataFrame
    provinces: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    sea_lanes: gpd.GeoDataFrame
    files: Mapping[str, Path]
    notes: tuple[str, ...]


TABLES = tuple(item.name for item in fields(Survey))[:-6]
SHAPES = {"counties": "counties_400m", "provinces": "provinces_400m", "land": "land_110m",
          "sea_lanes": "sea_lanes"}  # fmt: skip
# nobody has published any; a study may bring them, or collect them from returned forms
OPTIONAL = ("orders", "judgements", "answers", "participation", "interests", "rounds", "visits")
ASKED = "asked.csv"  # list of the forms that were sent, in the folder of a study
COLLECTED = "collected"  # folder of a study with the tables that returned forms gave


def read(folder: Path, reference: Path) -> Survey:
    """Read all tables of a study and check each one and their keys.

    A table in the study folder (``NAME.csv`` or ``NAME.xlsx``) takes the place of the reference
    table of that name, so a study may bring its own complexes, facts or rules.

    Parameters
    ----------
    folder
        Folder of the study.
    reference
        Folder of the reference tables, with ``boundaries`` in it.

    Raises
    ------
    InputError
        If anything is missing or wrong; every fault of every table is in the one message.
    """
    files, faults = _find(folder, reference)
    shape_files = {
        name: reference / "boundaries" / f"{stem}.geojson" for name, stem in SHAPES.items()
    }
    faults += [
        Fault(
            path.name, 0, "", "no such file", f"a file in {path.parent}", "put the boundaries there"
        )
        for path in shape_files.values()
        if not path.is_file()
    ]
    readings = {name: tables.read(path, name) for name, path in files.items()}
    faults += [fault for reading in readings.values() for fault in reading.faults]
    if faults:
        raise InputError(faults)
    read_tables = {name: reading.table for name, reading in readings.items()}
    read_tables |= {name: tables.empty(name) for name in OPTIONAL if name not in files}
    shapes = {name: gpd.read_file(path) for name, path in shape_files.items()}
    names = {name: f"{name}.csv" for name in OPTIONAL}
    names |= {name: path.name for name, path in files.items()}
    faults = tables.broken_references(read_tables, names)
    faults += _outside_korea(read_tables["complexes"], shapes["provinces"], names["complexes"])
    faults += _broken_tree(read_tables["criteria"], names["criteria"])
    faults += _foreign_units(read_tables, names["complex_facts"])
    faults += _unknown_money(read_tables, names["logistics_parameters"])
    faults += _unfit_orders(read_tables, names["orders"])
    faults += _foreign_judgements(read_tables, names["judgements"])
    days, weeks = ["days_low", "days", "days_high"], ["week_from", "week_to"]
    faults += _unordered(read_tables["scenarios"][days], names["scenarios"])
    faults += _unordered(read_tables["plan"][weeks], names["plan"])
    faults += _missing_gates(read_tables["plan"], names["plan"])
    if faults:
        raise InputError(faults)
    notes = tuple(note for reading in readings.values() for note in reading.notes)
    return Survey(**read_tables, **shapes, files=files | shape_files, notes=notes)


def _find(folder: Path, reference: Path) -> tuple[dict[str, Path], list[Fault]]:
    files: dict[str, Path] = {}
    faults, collected = [], folders.current(folder / COLLECTED)
    for name in TABLES:
        own = [folder / f"{name}.csv", folder / f"{name}.xlsx", collected / f"{name}.csv"]
        found = [place for place in (*own, reference / f"{name}.csv") if place.is_file()]
        if not found and name in OPTIONAL:
            continue
        own = [place for place in found if place in own]
        if found:
            files[name] = found[0]
        if not found:
            faults.append(
                Fault(f"{name}.csv", 0, "", "no such file", f"a file in {folder} or {reference}",
                      "put the table there"),
            )  # fmt: skip
        if len(own) > 1:
            faults.append(
                Fault(f"{name}.csv", 0, "", f"also {_under(own[1], folder)}", "one of the two",
                      "remove the one that is out of date"),
            )  # fmt: skip
    tables_here = {f"{name}{suffix}" for name in TABLES for suffix in (".csv", ".xlsx")} | {ASKED}
    faults += [
        Fault(path.name, 0, "", "a file that is no table of a study",
              "NAME.csv or NAME.xlsx, NAME as in the data dictionary",
              "correct its name or move it away")
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in {".csv", ".xls", ".xlsx"} and path.name not in tables_here
    ]  # fmt: skip
    return files, faults


def _under(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _outside_korea(complexes: pd.DataFrame, provinces: gpd.GeoDataFrame, file: str) -> list[Fault]:
    located = complexes.dropna(subset=["latitude", "longitude"])
    points = gpd.GeoSeries.from_xy(
        located["longitude"], located["latitude"], index=located.index, crs=4326
    )
    land = provinces.to_crs(5179).union_all()
    away_km = points.to_crs(5179).distance(land) / 1000
    return [
        Fault(file, int(str(line)), "latitude, longitude",
              f"{located.loc[line, 'latitude']}, {located.loc[line, 'longitude']}, "
              f"{km:.0f} km from any Korean county", f"within {OFFSHORE_KM:g} km of land",
              "correct the point; look for swapped digits")
        for line, km in away_km[away_km > OFFSHORE_KM].items()
    ]  # fmt: skip


def _broken_tree(criteria: pd.DataFrame, file: str) -> list[Fault]:
    faults = []
    nodes = set(criteria["criterion"])
    roots = set(criteria["parent"]) - nodes
    if len(roots) != 1:
        faults.append(
            Fault(file, 0, "parent", f"the roots {', '.join(sorted(roots))}", "exactly one root",
                  "give every criterion the same parent"),
        )  # fmt: skip
    leaves = criteria[criteria["parent"].isin(nodes)]
    faults += [
        Fault(file, int(str(line)), "parent", repr(leaves["parent"][line]),
              "a criterion; indicators stand directly below one", "name a criterion")
        for line in leaves.index[leaves["parent"].isin(leaves["criterion"])]
    ]  # fmt: skip
    for line, row in leaves.iterrows():
        if pd.isna(row["worst"]) or pd.isna(row["best"]) or row["worst"] == row["best"]:
            faults.append(
                Fault(file, int(str(line)), "worst, best", f"{row['worst']} and {row['best']}",
                      "two different numbers", "state both anchors of the indicator"),
            )  # fmt: skip
        presence = row["unknown"] == "presence"
        if presence and (pd.isna(row["if_absent"]) or pd.isna(row["if_present"])):
            faults.append(
                Fault(file, int(str(line)), "if_absent, if_present", "an empty cell",
                      "two numbers for a presence indicator",
                      "state the performance when absent and when present"),
            )  # fmt: skip
        if row["unknown"] == "":
            faults.append(
                Fault(file, int(str(line)), "unknown", "an empty cell", "presence or numeric",
                      "say what kind of unknown the indicator has"),
            )  # fmt: skip
    return faults


def _foreign_units(read_tables: Mapping[str, pd.DataFrame], file: str) -> list[Fault]:
    """Facts that are scored under the name of their indicator, but in another unit."""
    criteria, facts = read_tables["criteria"], read_tables["complex_facts"]
    numeric = criteria[criteria["unknown"] == "numeric"]
    units = facts["indicator"].map(numeric.set_index("criterion")["unit"])
    wrong = facts[units.notna() & (facts["unit"] != units)]
    return [
        Fault(file, int(str(line)), "unit", repr(wrong["unit"][line]), f"{units[line]!r}",
              "convert the figures to the unit of the indicator")
        for line in wrong.index
    ]  # fmt: skip


def _unknown_money(read_tables: Mapping[str, pd.DataFrame], file: str) -> list[Fault]:
    """Rates in a currency, or of a year, that cannot be brought to won of another year."""
    rates, years = read_tables["exchange_rates"], set(read_tables["price_levels"]["year"])
    known = set(zip(rates["currency"], rates["year"], strict=True))
    known |= {("KRW", year) for year in years}
    rows = read_tables["logistics_parameters"]
    rows = rows[rows["currency"] != ""]
    return [
        Fault(file, int(str(line)), "currency, year", f"{row['currency']} of {row['year']}",
              "a year of price_levels, and KRW or a currency of exchange_rates in that year",
              "add the exchange rate or the price level, or give the rate in KRW")
        for line, row in rows.iterrows()
        if (row["currency"], row["year"]) not in known or row["year"] not in years
    ]  # fmt: skip


def _unfit_orders(read_tables: Mapping[str, pd.DataFrame], file: str) -> list[Fault]:
    """Orders by a mode that does not come from there, and groups whose size changes."""
    orders, places = read_tables["orders"], read_tables["overseas_places"].set_index("place_id")
    orders = orders.assign(
        region=orders["supplier"].map(places["region"]),
        first=orders.groupby(["complex_id", "firm"])["firms"].transform("first"),
    ).dropna(subset="region")
    is_unfit = (orders["mode"] == "truck") != (orders["region"] == "kr")
    return [
        Fault(file, int(str(line)), "mode", f"{row['mode']!r} from region {row['region']!r}",
              "truck from region 'kr', air or sea from every other",
              "correct the mode or the supplier")
        for line, row in orders[is_unfit].iterrows()
    ] + [
        Fault(file, int(str(line)), "firms", f"{row['firms']} for {row['firm']!r}",
              f"{row['first']}, as in its first row", "give a group the same size in every row")
        for line, row in orders[orders["firms"] != orders["first"]].iterrows()
    ]  # fmt: skip


def _foreign_judgements(read_tables: Mapping[str, pd.DataFrame], file: str) -> list[Fault]:
    """Judgements that compare anything but two children of the node they name."""
    parent = read_tables["criteria"].set_index("criterion")["parent"]
    return [
        Fault(file, int(str(line)), side, repr(row[side]), f"a child of {row['parent']!r}",
              "name the parent and its children as in criteria.csv")
        for line, row in read_tables["judgements"].iterrows()
        for side in ("first", "second")
        if parent.get(row[side]) != row["parent"]
    ]  # fmt: skip


def _unordered(spans: pd.DataFrame, file: str) -> list[Fault]:
    """Spans of days or weeks whose columns do not grow from left to right."""
    columns = list(map(str, spans.columns))
    return [
        Fault(file, int(str(line)), ", ".join(columns), ", ".join(f"{bound:g}" for bound in row),
              " <= ".join(columns), f"put the {COUNTS[len(columns)]} figures in order")
        for line, row in spans[spans.astype("float64").diff(axis=1).lt(0).any(axis=1)].iterrows()
    ]  # fmt: skip


def _missing_gates(plan: pd.DataFrame, file: str) -> list[Fault]:
    missing = [str(gate) for gate in GATES if gate not in set(plan["gate"])]
    return [
        Fault(file, 0, "gate", f"no task for gate {', '.join(missing)}", "a task for every gate",
              "add the task that must be done for it")
    ] if missing else []  # fmt: skip


def complexes_by(survey: Survey, day: dt.date, gathered: dt.date) -> pd.DataFrame:
    """Complexes designated by a day, indexed by ``complex_id``, with ``branch_set``.

    Only the year of designation is published, so on a past day a complex counts from the year
    after it.

    Parameters
    ----------
    survey
        Checked tables.
    day
        Day of the decision.
    gathered
        Day on which the facts were gathered.
    """
    frame = survey.complexes.set_index("complex_id")
    codes = frame["branches"].str.split(";")
    pool = frame.assign(
        published=frame["designated_year"].astype("str"),
        branch_set=codes.map(lambda some: frozenset(filter(None, some))),
    )
    return pool[published_by(pool, day, gathered)]


def first_day(published: str) -> dt.date:
    """Return the first day a partial date may mean.

    Examples
    --------
    >>> first_day("2022"), first_day("2022-05-10")
    (datetime.date(2022, 1, 1), datetime.date(2022, 5, 10))
    """
    year, month, day = (*map(int, published.split("-")), 1, 1)[:3]
    return dt.date(year, month, day)


def last_day(published: str) -> dt.date:
    """Return the last day a partial date may mean; an empty one may mean any day up to now.

    Examples
    --------
    >>> last_day("2020-02")
    datetime.date(2020, 2, 29)
    """
    parts = [int(part) for part in published.split("-") if part]
    if not parts:
        return dt.date.max
    year, month, day = [*parts, 0, 0][:3]
    if day:
        return dt.date(year, month, day)
    following = dt.date(year + (month or 12) // 12, (month or 12) % 12 + 1, 1)
    return following - dt.timedelta(days=1)


def in_force(rules: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Rows with ``valid_from`` and ``valid_to`` that hold on a day."""
    begins, ends = rules["valid_from"].map(first_day), rules["valid_to"].map(last_day)
    return rules[(begins <= day) & (ends >= day)]


def published_by(
    table: pd.DataFrame, day: dt.date, gathered: dt.date, *, with_undated: bool = False
) -> pd.Series:
    """Whether each row was demonstrably public on a day.

    Everything in the tables was public when the facts were gathered. Before that, a row counts
    only from the last day its date may mean; an undated row only when asked for.

    Parameters
    ----------
    table
        A table with a column ``published``.
    day
        Day of the decision.
    gathered
        Day on which the facts were gathered.
    with_undated
        Whether undated rows count on a past day too.
    """
    if day >= gathered:
        return pd.Series(data=True, index=table.index)
    return table["published"].map(
        lambda published: with_undated if published == "" else last_day(published) <= day
    ).astype(bool)  # fmt: skip


def without_later(survey: Survey, day: dt.date) -> Survey:
    """Return the survey without the tables that exist only in editions later than a day.

    These are the statistics of industrial complexes and the official fares and distances.

    Parameters
    ----------
    survey
        Checked tables.
    day
        Day of the decision.
    """
    statistics, distances = survey.industrial_complexes, survey.port_distances
    return replace(
        survey,
        industrial_complexes=statistics[statistics["as_of"].map(last_day) <= day],
        port_distances=distances[distances["year"].astype("str").map(last_day) <= day],
    )


def as_of(
    survey: Survey, day: dt.date, gathered: dt.date, *, with_outcomes: bool, with_undated: bool
) -> Survey:
    """Return the survey with only the facts that were public on a day.

    Parameters
    ----------
    survey
        Checked tables.
    day
        Day of the decision.
    gathered
        Day on which the facts were gathered.
    with_outcomes
        Whether facts that the pilot itself created may stay.
    with_undated
        Whether undated facts count on a past day too.
    """
    facts = survey.complex_facts
    keep = published_by(facts, day, gathered, with_undated=with_undated)
    if not with_outcomes:
        keep &= facts["role"] != "outcome"
    imports, answers = survey.branch_imports, survey.answers
    imports = imports[published_by(imports, day, gathered)]
    told = answers.assign(published=answers["year"].astype("str").replace("<NA>", ""))
    return replace(
        survey, complex_facts=facts[keep], branch_imports=imports,
        answers=answers[published_by(told, day, gathered)],
    )  # fmt: skip

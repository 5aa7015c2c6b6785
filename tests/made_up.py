"""Studies made for tests: a copy of the desk study to spoil, and a small synthetic one."""

import csv
import tempfile
from functools import cache
from pathlib import Path

from site_select import assessment, study, tables

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "data" / "reference"
DESK = ROOT / "data" / "studies" / "desk"
LABELS = ("S1", "S2", "S3", "S4", "S5", "S6")
FIVE = ("RC01", "RC02", "RC15", "RC16", "RC17")
SYNTHETIC = {"source": "made up for a test", "quality": "synthetic"}

SETTINGS = """
name_ko = "가상 조사"
name_en = "Made-up study"
as_of = 2026-06-01
gathered = 2026-06-01
reference = "{reference}"
synthetic = true
seed = 1
n_samples = 4000

[unknowns]
minimum_same_branch = 2
minimum_all = 3

[limits]
count_drift_per_year = 0.0
redundant_correlation = 1.0
chosen_in_2020 = "S2"
"""


def rows_of(path):
    """Rows of a table as written, a dict each."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_table(folder, name, rows, *, columns=None, encoding="utf-8"):
    """Write a table with the columns of its schema; what a row does not say is empty."""
    path = folder / f"{name}.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns or list(tables.schema(name).index), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def desk_copy(folder):
    """Copy the desk study, with the reference tables where they are."""
    settings = (DESK / "study.toml").read_text("utf-8")
    settings = settings.replace('"../../reference"', f'"{REFERENCE}"')
    settings = settings.replace("n_samples = 100_000", "n_samples = 2_000")
    (folder / "study.toml").write_text(settings, "utf-8")
    (folder / "criteria.csv").write_bytes((DESK / "criteria.csv").read_bytes())
    return folder


def spoil(folder, name, change, **options):
    """Override a reference table by a copy of it to which ``change(rows)`` was done."""
    folder_of = DESK if name == "criteria" else REFERENCE
    rows = rows_of(folder_of / f"{name}.csv")
    change(rows)
    return write_table(folder, name, rows, **options)


def node(name, parent, **fields):
    """One row of the value tree."""
    words = {
        "name_ko": f"{name} 이름",
        "name_en": f"{name} name",
        "why_ko": "까닭",
        "why_en": "why",
    }
    return {"criterion": name, "parent": parent, **words, **SYNTHETIC, **fields}


def numeric(name, parent, worst, best, **fields):
    return node(name, parent, worst=worst, best=best, unknown="numeric", changeable="no", **fields)


def presence(name, parent, best, if_present, **fields):
    return node(name, parent, worst=0, best=best, unknown="presence", if_absent=0,
                if_present=if_present, changeable="yes", **fields)  # fmt: skip


CRITERIA = [
    node("supply", "site"),
    numeric("lead_time_days", "supply", 0, 60, unit="days"),
    node("effect", "site"),
    numeric("firms_sharing_one_order", "effect", 0, 100, unit="firms"),
    node("place", "site"),
    presence("shared_logistics", "place", 4, 3, unit="level"),
    presence("hall", "place", 1, 1, unit="level"),
    node("gates", "site"),
    numeric("port_haulage_fare", "gates", 1_000_000, 200_000, unit="KRW"),
]


def fact(label, indicator, value, **fields):
    """One fact about a complex."""
    return {"complex_id": label, "indicator": indicator, "value": value, "status": "existing",
            "unit": "days" if indicator == "lead_time_days" else "unit", "year": 2026,
            "published": "2026-01-05", "role": "evidence",
            **SYNTHETIC, **fields}  # fmt: skip


def complexes():
    """Six complexes of one branch, 0.2 degrees apart, the last without a point."""
    return [
        {
            "complex_id": label,
            "name_ko": f"가상{number + 1}단지", "name_en": f"Made-up {number + 1}",
            "province_ko": "전북", "province_en": "Jeonbuk", "county_ko": "전주시",
            "branches": "mold", "designated_year": 2015,
            "latitude": "" if label == "S6" else f"{35.6 + 0.2 * number:.1f}",
            "longitude": "" if label == "S6" else "127.4",
            "location_precision": "none" if label == "S6" else "dong_centroid",
            "in_yard": "false", "confidence": "A", **SYNTHETIC,
        }
        for number, label in enumerate(LABELS)
    ]  # fmt: skip


def port_rows(fares):
    """Two harbours for every complex; the fare to the second is twice that to the first."""
    rows = []
    for label, fare in fares.items():
        for base, times in (("busan_new", 1), ("gwangyang", 2)):
            money = {f"fare_{size}ft_{bound}krw": fare * times for size in (40, 20)
                     for bound in ("", "low_", "high_")}  # fmt: skip
            km = {f"distance_{bound}km": fare * times / 5000 for bound in ("", "low_", "high_")}
            rows.append(
                {
                    "complex_id": label,
                    "base": base,
                    "match_level": "exact",
                    "matched": "made up",
                    "year": 2026,
                    **money,
                    **km,
                    **SYNTHETIC,
                }
            )
    return rows  # fmt: skip


def write_study(folder, facts, *, fares, criteria=None, settings=""):
    """Write a whole study folder about `LABELS` and return it.

    Parameters
    ----------
    folder
        Where to write; must exist.
    facts
        Rows made by `fact`.
    fares
        40 ft fare to the nearest port by complex [KRW].
    criteria
        Rows made by `node`; `CRITERIA` when left out.
    settings
        Lines added to the table ``limits`` of ``study.toml``.
    """
    written = SETTINGS.format(reference=REFERENCE) + settings
    (folder / "study.toml").write_text(written, "utf-8")
    write_table(folder, "complexes", complexes())
    write_table(folder, "complex_facts", facts)
    write_table(folder, "port_distances", port_rows(fares))
    write_table(folder, "criteria", criteria or CRITERIA)
    return folder


def facts_of(label, *, firms=None, lead=None, hall=None, logistics=None):
    """Facts about one complex; what is left out is unknown."""
    given = {"root_firms": firms, "lead_time_days": lead, "hall": hall}
    rows = [fact(label, name, value) for name, value in given.items() if value is not None]
    return rows + ([fact(label, f"shared_logistics_{logistics}", 1)] if logistics else [])


FAR = dict.fromkeys(LABELS, 900_000)
MIDDLING = [
    row
    for label in LABELS[1:]
    for row in facts_of(label, firms=20, lead=30, hall=0, logistics="neighbour")
]


def best_and_known(folder):
    """S1 is best on everything and everything is known of it."""
    own = facts_of("S1", firms=90, lead=60, hall=1, logistics="own")
    return write_study(folder, own + MIDDLING, fares={**FAR, "S1": 300_000})


def best_but_unknown(folder):
    """S1 is still best, but lead time, hall and logistics are unknown: half of the weight."""
    own = facts_of("S1", firms=90)
    return write_study(folder, own + MIDDLING, fares={**FAR, "S1": 300_000})


def best_if_present(folder):
    """S1 is first only if it has what nobody reported, and half of its weight is unknown."""
    own = facts_of("S1", firms=70)
    rival = facts_of("S2", firms=60, lead=35, hall=0, logistics="neighbour")
    rest = [row for row in MIDDLING if row["complex_id"] != "S2"]
    return write_study(folder, own + rival + rest, fares={**FAR, "S1": 250_000, "S2": 300_000})


def leader_by_prior(folder):
    """S1 leads S2 unless S2 has the hall and the logistics that nobody reported."""
    rows = facts_of("S1", firms=80, lead=40, hall=0, logistics="neighbour")
    rows += facts_of("S2", firms=70, lead=40)
    rows += [row for row in MIDDLING if row["complex_id"] not in {"S1", "S2"}]
    return write_study(folder, rows, fares={**FAR, "S1": 300_000, "S2": 300_000})


@cache
def desk():
    """The desk study with few draws, read once."""
    return study.read(DESK, {"n_samples": 2_000})


@cache
def desk_result():
    """Assessment of `desk`, made once."""
    return assessment.assess(desk())


@cache
def assessed(write):
    """A made-up study and its assessment, by the function that writes it, made once."""
    with tempfile.TemporaryDirectory() as folder:
        read = study.read(write(Path(folder)))
    return read, assessment.assess(read)


def five_complexes(folder):
    """The desk study with five of its complexes and few draws."""
    desk_copy(folder)
    for name in ("complexes", "complex_facts", "port_distances"):
        own = [row for row in rows_of(REFERENCE / f"{name}.csv") if row["complex_id"] in FIVE]
        write_table(folder, name, own)
    return folder

"""Write the synthetic study ``panel``: six evaluators, seven made-up complexes, answers of firms.

Nothing here is a fact. The study shows what judgements of people and answers of firms do to a
result, and holds the package to it. ``python data/studies/panel/make.py`` writes the same files
again, whatever the machine.
"""

import csv
from itertools import combinations
from pathlib import Path

import numpy as np

from site_select import tables

HERE = Path(__file__).parent
SEED = 8
WITH_WAREHOUSE, WITH_BODY = 0.4, 0.6
MADE_UP = {"source": "made up by data/studies/panel/make.py", "quality": "synthetic"}
# Name, province, county, latitude, longitude, 40 ft fare to the port [KRW], usual lead time [days].
COMPLEXES = {
    "S1": ("가람", "Garam", "전북", "Jeonbuk", "전주시", 35.82, 127.11, 640_000, 38),
    "S2": ("누리", "Nuri", "경남", "Gyeongnam", "김해시", 35.23, 128.88, 210_000, 27),
    "S3": ("다온", "Daon", "충남", "Chungnam", "천안시", 36.81, 127.14, 820_000, 33),
    "S4": ("라온", "Raon", "경북", "Gyeongbuk", "구미시", 36.12, 128.34, 520_000, 42),
    "S5": ("마루", "Maru", "전남", "Jeonnam", "순천시", 34.95, 127.49, 260_000, 36),
    "S6": ("바다", "Bada", "울산", "Ulsan", "울주군", 35.52, 129.24, 240_000, 24),
    "S7": ("사랑", "Sarang", "강원", "Gangwon", "춘천시", 37.88, 127.73, 1_020_000, 45),
}
SCALE = np.array([1 / 9, 1 / 7, 1 / 5, 1 / 4, 1 / 3, 1 / 2, 1, 2, 3, 4, 5, 7, 9])
# What each evaluator thinks of the four criteria, before the judgements are rounded to the scale.
EVALUATORS = {
    "E1": (4, 3, 2, 1), "E2": (1, 4, 2, 2), "E3": (3, 3, 3, 2),
    "E4": (2, 5, 1, 1), "E5": (5, 2, 2, 1), "E6": (1, 2, 4, 3),
}  # fmt: skip
CARELESS = "E6"  # turns one judgement round, so that there is something to mend


def complexes() -> list[dict[str, object]]:
    """Seven complexes that do not exist, in towns that do."""
    return [
        {
            "complex_id": label, "name_ko": f"가상 {ko} 단지", "name_en": f"Made-up {en}",
            "province_ko": province_ko, "province_en": province_en, "county_ko": county,
            "branches": "mold", "designated_year": 2015, "latitude": latitude,
            "longitude": longitude, "location_precision": "dong_centroid", "in_yard": "false",
            "confidence": "A", **MADE_UP,
        }
        for label, (ko, en, province_ko, province_en, county, latitude, longitude, *_)
        in COMPLEXES.items()
    ]  # fmt: skip


def facts(generator: np.random.Generator) -> list[dict[str, object]]:
    """Firms and facilities; what is not drawn is unknown."""
    rows = []
    for label in COMPLEXES:
        told = {
            "root_firms": ("firms", int(generator.integers(18, 90))),
            "warehouse_land": ("1000 m2", round(float(generator.uniform(0, 25)), 1)),
            "shared_logistics_own": ("presence", int(generator.random() < WITH_WAREHOUSE)),
            "ordering_body": ("presence", int(generator.random() < WITH_BODY)),
        }
        rows += [
            {"complex_id": label, "indicator": name, "status": "existing", "value": value,
             "unit": unit, "year": 2026, "published": "2026-01-05", "role": "evidence", **MADE_UP}
            for name, (unit, value) in told.items() if value or unit != "presence"
        ]  # fmt: skip
    return rows


def port_distances() -> list[dict[str, object]]:
    """Two ports for each complex, the second half as dear again."""
    rows = []
    for label, (*_, fare, _) in COMPLEXES.items():
        for base, times in (("busan_new", 1.0), ("gwangyang", 1.5)):
            money = {
                f"fare_{size}ft_{bound}krw": round(fare * times * share)
                for size, share in ((40, 1.0), (20, 0.88))
                for bound in ("", "low_", "high_")
            }
            km = {f"distance_{bound}km": round(fare * times / 3000)
                  for bound in ("", "low_", "high_")}  # fmt: skip
            rows.append({"complex_id": label, "base": base, "match_level": "exact",
                         "matched": "made up", "year": 2026, **money, **km, **MADE_UP})  # fmt: skip
    return rows


def orders(generator: np.random.Generator) -> list[dict[str, object]]:
    """Answers of seven to twelve firms of each complex on two imported parts."""
    rows: list[dict[str, object]] = []
    for label, (*_, pull) in COMPLEXES.items():
        for firm in range(1, int(generator.integers(8, 14))):
            for part, supplier in (("gas spring", "O05"), ("wear plate", "O06")):
                rows.append({
                    "complex_id": label, "firm": f"F{firm:02d}", "firms": 1, "part": part,
                    "supplier": supplier, "mode": generator.choice(["air", "sea_lcl"]),
                    "incoterm": "FCA", "weight_t": round(float(generator.uniform(1.0, 12.0)), 1),
                    "orders_per_year": int(generator.integers(2, 9)),
                    "lead_time_days": max(7, round(pull + float(generator.normal(0, 8)))),
                    "stock_days": max(3, round(float(generator.normal(30, 12)))),
                    "year": 2026, **MADE_UP,
                })  # fmt: skip
    return rows


def judgements(
    generator: np.random.Generator, tree: list[dict[str, str]]
) -> list[dict[str, object]]:
    """Pairs of criteria, and of indicators within each, as each evaluator would judge them."""
    rows: list[dict[str, object]] = []
    children: dict[str, list[str]] = {}
    for node in tree:
        children.setdefault(node["parent"], []).append(node["criterion"])
    for evaluator, opinion in EVALUATORS.items():
        for parent, nodes in children.items():
            own = opinion if parent == "pilot_site" else generator.uniform(1, 4, len(nodes))
            for (first, a), (second, b) in combinations(zip(nodes, own, strict=True), 2):
                ratio = SCALE[abs(np.log(SCALE) - np.log(a / b)).argmin()]
                if evaluator == CARELESS and (first, second) == (nodes[0], nodes[2]):
                    ratio = 1 / ratio
                rows.append(
                    {
                        "evaluator": evaluator,
                        "parent": parent,
                        "first": first,
                        "second": second,
                        "ratio": round(float(ratio), 6),
                        **MADE_UP,
                    }
                )
    return rows  # fmt: skip


def criteria() -> list[dict[str, str]]:
    """The value tree of the desk study, without what seven made-up complexes cannot tell."""
    with (HERE.parent / "desk" / "criteria.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    dropped = {"import_dependence", "other_shared_facilities", "neighbour_root_firms"}
    kept = [row for row in rows if row["criterion"] not in dropped]
    own = {
        "stock_cover_days": {"shape": "exponential", "shape_points": "20=0.5"},
        "warehouse_land": {"shape": "piecewise", "shape_points": "10=0.8"},
        "port_haulage_fare": {"veto": "1000000"},
    }
    return [{**row, **own.get(row["criterion"], {})} for row in kept]


def write(name: str, rows: list[dict[str, object]] | list[dict[str, str]]) -> None:
    """Write a table with the columns of its schema, optional ones only where a row has them."""
    schema = tables.schema(name)
    used = {column for row in rows for column in row}
    columns = [column for column in schema.index
               if schema.loc[column, "required"] != "optional" or column in used]  # fmt: skip
    with (HERE / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write every table of the study."""
    generator = np.random.default_rng(SEED)
    tree = criteria()
    write("complexes", complexes())
    write("complex_facts", facts(generator))
    write("port_distances", port_distances())
    write("orders", orders(generator))
    write("criteria", tree)
    write("judgements", judgements(generator, tree))


if __name__ == "__main__":
    main()

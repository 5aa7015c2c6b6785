"""Time and memory of collecting returned workbooks of 30 firms.

``python benchmarks/collecting.py [N]`` collects 1,000, limits 5 minutes and 1 GiB; `run.py` fewer.
Making the workbooks takes about as long again and is not counted.
"""

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from ratios import Line, best_of

from site_select import collecting, forms, gates, layouts, study, workbooks
from site_select.messages import Text

ROOT = Path(__file__).parents[1]
PANEL, DAY = ROOT / "data" / "studies" / "panel", dt.date(2027, 3, 1)
FIRMS = 30
FEW, MANY, LIMIT_S, MEMORY_LIMIT_GIB = 50, 1_000, 0.3, 1.0  # seconds a workbook
PARTS = ("가스 스프링", "습동 플레이트")
ORDER = {
    "origin": "SE", "channel": "direct", "importer": "firm", "incoterm": "FCA", "mode": "air",
    "other_suppliers": 1, "qualify_days": 60,
}  # fmt: skip


def numbered(serial: int) -> str:
    """A business number with its check digit."""
    digits = f"{serial:09d}"
    total = sum(int(a) * b for a, b in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    return f"{digits}{-(total + int(digits[8]) * 5 // 10) % 10}"


def made(folder: Path, count: int) -> study.Study:
    """A frozen study of many complexes, asked for their forms."""
    (folder / "study").mkdir()
    for name in ("criteria.csv", "complex_facts.csv", "port_distances.csv"):
        shutil.copy(PANEL / name, folder / "study")
    rows = pd.read_csv(PANEL / "complexes.csv", dtype=str, keep_default_na=False)
    more = [{**rows.iloc[n % 7], "complex_id": f"B{n:04d}"} for n in range(count)]
    pd.concat([rows, pd.DataFrame(more)]).to_csv(folder / "study/complexes.csv", index=False)
    settings = (PANEL / "study.toml").read_text("utf-8")
    settings = settings.replace("../../reference", (ROOT / "data" / "reference").as_posix())
    (folder / "study/study.toml").write_text(settings, "utf-8")
    version = layouts.version(study.read(folder / "study").everything.questions)
    asked = pd.DataFrame({"form_id": [row["complex_id"] for row in more]})
    asked = asked.assign(kind="complex", about=asked["form_id"], gate=2, due=DAY, version=version)
    asked.to_csv(folder / "study/asked.csv", index=False)
    gates.freeze(folder / "study", day=DAY)
    return study.read(folder / "study")


def filled(folder: Path, made_up: study.Study, count: int) -> None:
    """Return a form for every complex."""
    generator, everything = np.random.default_rng(1), made_up.everything
    supplier = next(iter(layouts.supplier_names(everything.overseas_places)))
    stamp = {"kind": "complex", "study": "study", "form_id": "X", "about": "X", "round": "1",
             "version": layouts.version(everything.questions)}  # fmt: skip
    blank = forms.complex_form(stamp, Text("가", "a"), questions=everything.questions,
                               places=everything.overseas_places)  # fmt: skip
    workbooks.save(blank, folder / "blank.xlsx")
    book = openpyxl.load_workbook(folder / "blank.xlsx")
    heads = {sheet.title: {cell.value: cell.column for cell in book[sheet.title][5]}
             for sheet in layouts.TABLE_SHEETS}  # fmt: skip

    def put(title: str, row: int, values: dict[str, object]) -> None:
        for name, value in values.items():
            book[title].cell(row, heads[title][name]).value = value

    (folder / "returned").mkdir()
    for number in range(count):
        for k in range(FIRMS):
            firm, row = f"F{k + 1:02d}", 6 + k
            put("기업", row, {"firm": firm, "name": f"가상 {number} {k}", "branch": "mold",
                              "business_number": numbered(number * 40 + k + 1), "employees": 20,
                              "year": 2026})  # fmt: skip
            put("참여동의", row, {"firm": firm, "joins": "yes", "consent": "yes"})
            for j, part in enumerate(PARTS):
                weight, times = round(generator.uniform(1, 9), 3), int(generator.integers(2, 9))
                put("품목", 6 + 2 * k + j, {"firm": firm, "part": part, "weight_t": weight})
                put("주문", 6 + 2 * k + j, {
                    **ORDER, "firm": firm, "part": part, "supplier": supplier, "weight_t": weight,
                    "orders_per_year": times, "lot_t": round(weight / times, 4),
                    "lead_time_days": int(generator.integers(5, 60)),
                    "price_krw_per_kg": int(generator.integers(5_000, 60_000)),
                    "stock_days": int(generator.integers(1, 90)),
                })  # fmt: skip
        for row in book[layouts.STAMP_SHEET].iter_rows():
            if row[0].value in {"form_id", "about"}:
                row[1].value = f"B{number:04d}"
        book.save(folder / "returned" / f"B{number:04d}.xlsx")


def memory_gib() -> float:
    """Resident memory of this process and of those it started."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,rss"], capture_output=True, text=True,  # noqa: S607
                            check=True).stdout.split("\n")[1:]  # fmt: skip
    rows = sorted(tuple(map(int, line.split())) for line in listed if line.strip())
    family, total = {os.getpid()}, 0
    for pid, parent, kib in rows:
        if pid in family or parent in family:
            family.add(pid)
            total += kib
    return total / 2**20


def lines(count: int = FEW) -> list[Line]:
    """Collecting, and opening the same workbooks: the least that cannot be avoided."""
    peak = [0.0]

    def watch() -> None:
        while True:
            peak[0] = max(peak[0], memory_gib())
            time.sleep(0.5)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_up = made(folder, count)
        filled(folder, made_up, count)
        threading.Thread(target=watch, daemon=True).start()
        began = time.perf_counter()
        found = collecting.collect(folder / "returned", made_up, today=DAY)
        seconds = time.perf_counter() - began
        paths = sorted((folder / "returned").iterdir())
        least = best_of(lambda: [openpyxl.load_workbook(path) for path in paths], 1)
    accepted = (found.log["status"] == collecting.ACCEPTED).sum()
    is_missed = accepted < count or peak[0] > MEMORY_LIMIT_GIB
    note = (f"{accepted} accepted, {peak[0]:.2f} GiB, limit {MEMORY_LIMIT_GIB:g}"
            f"{', MISSED' * is_missed}; opening them one by one takes {least:.0f} s")  # fmt: skip
    what = f"collecting {count:,} workbooks of {FIRMS} firms"
    return [Line(what, seconds, LIMIT_S * count, note, least / seconds)]


if __name__ == "__main__":
    print(*lines(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))

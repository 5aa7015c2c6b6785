"""Make the synthetic study ``example``: a whole survey, sent, filled in, returned and collected.

No answer here is a fact; what is assumed stands in ``truth.py``. Forms of every eligible complex
are written by the package, filled in as people do (``people.py``), saved as workbooks and read back
by the package: some are faulty and come back corrected, two evaluators contradict themselves and
judge again. ``python data/studies/example/make.py`` gives the same tables again, whatever the
machine.
"""

import argparse
import csv
import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import people
import truth
from joblib import Parallel, delayed

from site_select import (
    assessment,
    ballots,
    collecting,
    economics,
    gates,
    layouts,
    screening,
    sending,
    study,
)
from site_select.study import Study

HERE = Path(__file__).resolve().parent
DESK, REFERENCE = HERE.parent / "desk", HERE.parent.parent / "reference"
MADE = ("identified", "collected", "frozen", "forms", "ballots", "returned")  # folders
SENT, FROZEN, FIRST, SECOND = (
    dt.date(2027, 1, 25), dt.date(2027, 1, 22), dt.date(2027, 3, 15), dt.date(2027, 4, 2),
)  # fmt: skip
EVALUATORS = [f"E{number}" for number in range(1, 10)]
FAULTY: Mapping[str, Callable[..., None]] = {
    "RC15": people.kilograms, "RC13": people.formula, "RC32": people.shares,
    "RC06": people.merged, "RC09": people.wrong_number,
}  # fmt: skip
VISITED = ("RC02", "RC06", "RC09", "RC12", "RC13", "RC15", "RC29", "RC32", "RC36", "RC50")
COPIED = "RC54"  # where a firm copies the answers of another
CONTRADICTING, BY_POINTS, INTERESTED = ("E4", "E7"), "E5", {"E3": ("RC15",)}
NEVER = ("RC40", "E9")  # never send their form back
FIRST_OF_ALL = ("RC15", "RC13", "RC55", "RC40")  # where only some are asked: one of each kind


@dataclass(frozen=True)
class Asked(Study):
    """A study of which some complexes are asked; the ballots name them all."""

    every_name: "pd.Series[object]"

    @property
    def names(self) -> "pd.Series[object]":
        """Name of each complex in both languages."""
        return self.every_name


def made(folder: Path, *, only: int | None = None, workers: int = 2) -> Study:
    """Run the whole survey in a folder.

    Parameters
    ----------
    folder
        Folder of the study; what was made in it before is made again.
    only
        Complexes that are asked; all if left out.
    workers
        Workbooks at once.
    """
    begin(folder)
    sent = asked(study.read(folder), only)
    gates.freeze(folder, day=FROZEN)
    sending.send(sent, folder / "forms", today=SENT)
    (returned := folder / "returned").mkdir()
    _fill_forms(sent, folder / "forms", returned, FAULTY, workers)
    _judge(sent, folder / "forms", returned)
    _collect(folder, FIRST, workers)
    _fill_forms(sent, folder / "forms", returned, {}, workers)
    sending.send(study.read(folder), folder / "ballots", judging=2, today=FIRST)
    _judge(sent, folder / "ballots", returned, again=True)
    _collect(folder, SECOND, workers)
    return study.read(folder)


def begin(folder: Path) -> None:
    """Settings, tree and evaluators, and nothing of a former run."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MADE:
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "asked.csv").unlink(missing_ok=True)
    if folder.resolve() != HERE:
        settings = (HERE / "study.toml").read_text("utf-8")
        settings = settings.replace('"../../reference"', f'"{REFERENCE.as_posix()}"')
        (folder / "study.toml").write_text(settings, "utf-8")
    shutil.copyfile(DESK / "criteria.csv", folder / "criteria.csv")
    (folder / "identified").mkdir()
    with (folder / "identified" / "evaluators.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["evaluator", "name", "organisation", "email"])
        writer.writerows(
            [code, f"평가자 {code[1:]}", "가상기관", f"{code}@example.invalid"]
            for code in EVALUATORS
        )


def asked(desk: Study, only: int | None = None) -> Study:
    """The study with the complexes that are asked."""
    labels = sorted(assessment.alternatives(desk), key=lambda label: label not in FIRST_OF_ALL)
    few = desk.complexes.loc[sorted(labels[:only])]
    return Asked(**{**vars(desk), "complexes": few, "every_name": desk.names})


def known(desk: Study) -> dict[str, truth.Known]:
    """What is public of each complex that is asked."""
    firms, tables = economics.root_firms(desk), desk.survey
    operating = screening.operating_firms(desk.complexes, tables.industrial_complexes)
    operating = operating.mask(desk.complexes["in_yard"].astype(bool))
    unsold = tables.industrial_complexes.set_index("ic_id")["unsold_1000m2"]
    every = tables.complex_facts
    counts = every.loc[(every["indicator"] == "root_firms") & every["value"].notna(), "value"]
    facts = every[every["indicator"].isin(truth.STANDS) & (every["role"] == "evidence")]
    words = {"existing": "yes", "planned": "planned", "absent": "no"}
    told = facts.assign(reply=facts["status"].map(words)).dropna(subset="reply")

    def number(value: float) -> float | None:
        return None if pd.isna(value) else float(value)

    found = {}
    for label, row in desk.complexes.iterrows():
        parents = unsold.reindex([part for part in row["parent_ids"].split(";") if part])
        own = told[told["complex_id"] == label].sort_values("year", kind="stable")
        count = firms.loc[label]
        found[str(label)] = truth.Known(
            tuple(sorted(row["branch_set"])), number(count["value"]),
            truth.YEAR if pd.isna(count["year"]) else int(count["year"]),
            number(operating[label]), number(parents.sum(min_count=1)),
            dict(zip(own["indicator"], own["reply"], strict=True)), tuple(sorted(counts)),
        )  # fmt: skip
    return found


def _fill_forms(
    desk: Study, forms: Path, returned: Path, mistakes: Mapping[str, Callable[..., None]],
    workers: int,
) -> None:  # fmt: skip
    """Fill in the forms of complexes and visits; without mistakes, only those that had one."""
    is_first = bool(mistakes)
    public, places = known(desk), layouts.supplier_names(desk.everything.overseas_places)
    suppliers = {place: name for name, place in places.items()}
    items = desk.everything.questions.set_index("sheet").loc[["visit"], "question"].to_list()
    labels = [label for label in public if label not in NEVER and (is_first or label in FAULTY)]
    jobs = []
    for label in labels:
        rows = _rows(label, truth.drawn(label, public[label]), desk.everything.questions, suppliers)
        name = f"{label}.xlsx" if is_first else f"{label} 수정.xlsx"
        wrong = [mistakes[label]] if label in mistakes else []
        jobs.append(delayed(people.fill)(forms / f"{label}.xlsx", rows, returned / name, *wrong))
    for label in VISITED if is_first else ():
        if label not in labels:
            continue
        rows = {layouts.VISIT_SHEET.title: truth.visit(label, items)}
        name = f"{label}-visit.xlsx"
        jobs.append(delayed(people.fill)(forms / name, rows, returned / name))
    Parallel(n_jobs=workers)(jobs)


def _rows(
    label: str, true: truth.Truth, questions: pd.DataFrame, suppliers: Mapping[str, str]
) -> dict[str, list[people.Row]]:
    """Rows of every sheet of the form of a complex, as people write them."""
    generator = truth.of(label, "writing")
    silence = people.Silence(truth.UNKNOWN, truth.REFUSED, truth.EMPTY)
    orders = [{**row, "supplier": suppliers[str(row["supplier"])]} for row in true.orders]
    tables = {"form_firms": true.firms, "form_parts": true.parts, "form_orders": orders,
              "form_consents": true.consents}  # fmt: skip
    rows = {title: people.said(name, tables[name], generator, silence)
            for title, name, _ in layouts.TABLE_SHEETS}  # fmt: skip
    if label == COPIED:
        rows["품목"], rows["주문"] = people.copied(rows["품목"], rows["주문"])
    for key in ("complex", "infrastructure"):
        asked = questions.loc[questions["sheet"] == key, "question"]
        answers = {name: true.answers[name] for name in asked}
        rows[layouts.QUESTION_SHEETS[key]] = people.answered(
            answers, generator, silence, year=truth.YEAR
        )
    return rows


def _judge(desk: Study, forms: Path, returned: Path, *, again: bool = False) -> None:
    """Fill in the ballots; those who contradict themselves mend it when they are asked again."""
    for path in sorted(forms.glob("E*.xlsx")):
        code = path.stem.partition("-")[0]
        weights = {node.parent: truth.weights(code, node.parent, node.children)
                   for node in ballots.nodes(desk.criteria)}  # fmt: skip
        twist = next(iter(weights)) if code in CONTRADICTING and not again else ""
        judge = (partial(people.give_points, weights=weights) if code == BY_POINTS
                 else partial(people.judge, weights=weights, twist=twist))  # fmt: skip
        declare = partial(people.declare, complexes=INTERESTED.get(code, ()))
        if code not in NEVER:
            people.fill(path, {}, returned / path.name, judge, declare)


def _collect(folder: Path, day: dt.date, workers: int) -> None:
    found = collecting.collect(
        folder / "returned", study.read(folder), today=day, workers=workers, show_progress=False
    )
    counts = found.log["status"].value_counts().to_dict()
    print(f"{day}: {counts}, {len(found.letters)} letters, {len(found.queries)} queries")


def main() -> None:
    """Make the study."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="a new folder [the study's own]")
    parser.add_argument("--only", type=int, help="number of complexes that are asked [all]")
    asked = parser.parse_args()
    if asked.out.resolve() != HERE and asked.out.exists():
        parser.error(f"{asked.out} exists; name a new folder")
    made(asked.out, only=asked.only)


if __name__ == "__main__":
    main()

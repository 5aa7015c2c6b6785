"""What a run of collecting writes: letters, tables with names, and tables that a report may see."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from joblib import Parallel, delayed

from site_select import accepted, crosschecks, layouts, letters, messages, tables, workbooks
from site_select.errors import InputError
from site_select.layouts import Flaw
from site_select.messages import Text
from site_select.study import Study

ORDERING = ("orders", "firms", "consents")
QUERY = ("form_id", "firm", "kind", "other_form", "other_firm", "said_ko", "said_en")


class Form(NamedTuple):
    """One workbook, read: its stamp, tables, and what is wrong with it."""

    sha256: str
    file: str
    form_id: str
    stamp: Mapping[str, str]
    tables: Mapping[str, pd.DataFrame]
    flaws: Sequence[Flaw]


def file_names(returned: Path) -> dict[str, str]:
    """Names under which workbooks came, by their hash."""
    path = returned / "files.csv"
    if not path.is_file():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return dict(zip(table["sha256"], table["file"], strict=True))


def faults(one: Form) -> int:
    """How many flaws keep it from being accepted; queries do not."""
    return sum(not flaw.is_query for flaw in one.flaws)


def stem_of(one: Form) -> str:
    """Name of a workbook that nobody's name can be in."""
    if one.stamp:
        return one.form_id
    hidden = hashlib.sha256(one.file.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return one.sha256[:12] or f"refused-{hidden}"


def joined(forms: Sequence[Form], name: str) -> pd.DataFrame:
    """One table of many forms, with ``form_id, complex_id, source``."""
    parts = [one.tables[name] for one in forms if len(one.tables.get(name, ()))]
    if not parts and name.startswith("form_"):
        return tables.empty(name).assign(form_id="", complex_id="", source="")
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def orders(study: Study, forms: Sequence[Form]) -> pd.DataFrame:
    """Orders on all forms, `accepted.orders`."""
    read, firms, consents = (joined(forms, f"form_{name}") for name in ORDERING)
    return accepted.orders(read, firms, consents, study.everything.overseas_places)


def write_letters(
    study: Study, read: Sequence[Form], whole: Path, asked: pd.DataFrame, *, workers: int
) -> list[str]:
    """Write a letter and a marked copy for each faulty workbook."""
    contact = study.settings.contact
    mark = messages.text("forms.synthetic").ko if study.settings.synthetic else ""
    jobs = (
        delayed(_letter)(one, whole, asked["due"].get(one.form_id, ""), contact, mark)
        for one in read if faults(one)
    )  # fmt: skip
    return sorted(Parallel(n_jobs=workers)(jobs))


def _letter(one: Form, whole: Path, due: str, contact: str, mark: str) -> str:
    stem, name = stem_of(one), f"{mark} {one.form_id or one.file}".strip()
    page = letters.html(stem, Text(name, name), one.flaws, due=due, contact=contact)
    (whole / "letters" / f"{stem}.html").write_text(page, encoding="utf-8")
    original = whole / "originals" / f"{one.sha256}.xlsx"
    if original.is_file():
        workbooks.save(letters.marked(original, one.flaws), whole / "letters" / f"{stem}.xlsx")
    return f"{stem}.html"


def queries(study: Study, kinds: Mapping[str, Sequence[Form]], read: Sequence[Form],
             ordered: pd.DataFrame) -> pd.DataFrame:  # fmt: skip
    """Questions to ask: of single cells, between forms, and against public facts."""
    forms, everything = kinds["complex"], study.everything
    own = [
        {"form_id": one.form_id, "kind": "cell", "said_ko": _sentence(flaw, "ko"),
         "said_en": _sentence(flaw, "en")}
        for one in read for flaw in one.flaws if flaw.is_query
    ]  # fmt: skip
    parts = [pd.DataFrame(own)]
    if forms:
        parts.append(crosschecks.between(joined(forms, "form_firms"), ordered))
        parts.append(crosschecks.against_facts(
            joined(forms, "answers"), everything.complex_facts, everything.industrial_complexes,
            study.complexes, importing=_importing(ordered),
        ))  # fmt: skip
    whole = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=QUERY)])
    whole = whole.reindex(columns=list(QUERY)).astype(object)
    return whole.where(whole.notna(), "").sort_values("form_id", kind="stable")


def _importing(ordered: pd.DataFrame) -> pd.Series:
    """Firms with orders from abroad, by complex."""
    abroad = ordered[ordered["mode"] != "truck"]
    return abroad.groupby("complex_id")["firm"].nunique()


def _sentence(flaw: Flaw, language: messages.Language) -> str:
    where = f"{flaw.sheet} {flaw.cell} {flaw.name.in_(language)}".strip()
    return f"{where}: {flaw.found.in_(language)}; {flaw.allowed.in_(language)}"


def write_identified(kinds: Mapping[str, Sequence[Form]], read: Sequence[Form],
                queries: pd.DataFrame, whole: Path, former: Path) -> None:  # fmt: skip
    """Write what names firms and people."""
    forms = kinds["complex"]
    for sheet in layouts.TABLE_SHEETS:
        name = sheet.table
        workbooks.write_csv(joined(forms, name), whole / f"{name.removeprefix('form_')}.csv")
    workbooks.write_csv(joined(forms, "answers"), whole / "answers.csv")
    workbooks.write_csv(queries, whole / "queries.csv")
    names = file_names(former) | {one.sha256: one.file for one in read if one.sha256}
    files = pd.DataFrame(sorted(names.items()), columns=["sha256", "file"])
    workbooks.write_csv(files, whole / "files.csv")


def write_public(study: Study, kinds: Mapping[str, Sequence[Form]], ordered: pd.DataFrame,
            folder: Path) -> None:  # fmt: skip
    """Write the tables that a report may see."""
    forms, ballots_, visits = kinds["complex"], kinds["evaluator"], kinds["visit"]
    rounds = joined(ballots_, "rounds")
    found = {
        "orders": ordered[ordered["is_used"].astype(bool)],
        "answers": accepted.answers(joined(forms, "answers"), year=study.settings.as_of.year),
        "participation": accepted.participation(
            joined(forms, "form_firms"), joined(forms, "form_consents"), ordered
        ),
        "judgements": accepted.latest(joined(ballots_, "judgements"), rounds),
        "interests": accepted.latest(joined(ballots_, "interests"), rounds),
        "rounds": rounds,
        "visits": joined(visits, "form_visits"),
    }
    quality = quality_of(study)
    for name, table in found.items():
        if len(table):
            shaped = accepted.shaped(name, table, quality)
            workbooks.write_csv(shaped, folder / f"{name}.csv")
    faults = [fault for path in folder.iterdir() for fault in tables.read(path, path.stem).faults]
    if faults:  # accepted, and yet no table of a study: nothing is replaced
        raise InputError(faults)


def quality_of(study: Study) -> str:
    """Quality of what was returned."""
    return "synthetic" if study.settings.synthetic else "surveyed"

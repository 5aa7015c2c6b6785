"""Commands around the survey: machine, new study, scenarios, freeze, forms, status, updates."""

import argparse
import datetime as dt
import json
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from site_select import (
    collecting,
    gates,
    machine,
    new_study,
    notices,
    processes,
    restricted,
    scenarios,
    sending,
    study,
    sweeps,
    tables,
    updates,
)
from site_select.errors import Fault, InputError, WriteError

DONE = 0
PRESENT = {  # tables that an official file refreshes, and those it is joined to
    "fares": ("port_distances", "distance_fares", "fare_bases", "complexes"),
    "complexes": ("industrial_complexes", "complexes"),
}
Adder = Callable[[str, str], argparse.ArgumentParser]


def add(command: Adder) -> None:
    """Add the commands to a parser.

    Parameters
    ----------
    command
        Makes the parser of one command from its name and what it does.
    """
    for one in (
        _add_doctor,
        _add_init,
        _add_scenarios,
        _add_forms,
        _add_freeze,
        _add_collect,
        _add_status,
        _add_update,
        _add_restricted,
    ):
        one(command)


def _add_doctor(command: Adder) -> None:
    does = "say what this machine lacks for a report, what that costs and how to mend it"
    parser = command("doctor", does)
    parser.add_argument(
        "--out", type=Path, default=Path("reports"), help="folder of reports [%(default)s]"
    )
    parser.set_defaults(run=_doctor)


def _add_init(command: Adder) -> None:
    does = "make a new study: a folder with settings, criteria and questions that reads at once"
    parser = command("init", does)
    parser.add_argument("study", type=Path, help="a new folder; its name is that of the study")
    parser.add_argument(
        "--from", dest="start", choices=new_study.STARTS, default="desk",
        help="study that it begins as [%(default)s]",
    )  # fmt: skip
    parser.set_defaults(run=_init)


def _add_scenarios(command: Adder) -> None:
    does = "standing, score and saving of every complex of the country, as one Parquet file"
    one = command("run", does)
    many = command("sweep", "the same under many scenarios, from a file of settings and rates")
    for parser in (one, many):
        _study(parser)
        parser.set_defaults(run=_scenarios, scenarios=None)
    many.add_argument("scenarios", type=Path, help="TOML with [grid], [sample] or both")
    for parser in (one, many):
        parser.add_argument("--out", type=Path, help="folder of results [sweeps/NAME OF STUDY]")
        processes.add_workers(parser, "processes of this machine")
        parser.add_argument(
            "--cluster", default="", metavar="tcp://HOST:PORT",
            help="scheduler of a Dask cluster that does the work instead",
        )  # fmt: skip
        parser.add_argument(
            "--cache", type=Path, default=Path(".cache") / "site-select", metavar="FOLDER",
            help="where parts are kept, so that a stopped run goes on [%(default)s]",
        )  # fmt: skip


def _add_forms(command: Adder) -> None:
    does = "write the forms of a study: a workbook for each eligible complex, visit and evaluator"
    parser = command("forms", does)
    _study(parser)
    parser.add_argument("--out", type=Path, required=True, help="a new folder for the workbooks")
    parser.add_argument(
        "--round", type=int, choices=(1, 2), default=1,
        help="2: ballots alone, of evaluators whose judgements contradict each other [%(default)s]",
    )  # fmt: skip
    parser.set_defaults(run=_forms)


def _add_freeze(command: Adder) -> None:
    does = (
        "fix criteria, rules, settings and evaluators before the first return, or record a change"
    )
    parser = command("freeze", does)
    _study(parser)
    parser.add_argument("--reason", default="", help="why something was changed since")
    parser.add_argument("--name", default="", help="who decided so")
    parser.set_defaults(run=_freeze)


def _add_collect(command: Adder) -> None:
    does = "read every returned workbook into a study, and write letters to those that have faults"
    parser = command("collect", does)
    parser.add_argument(
        "folder", type=Path, help="folder of returned workbooks; or of a study, for its `returned`"
    )
    parser.add_argument(
        "--study", type=Path, help="folder of the study [the one whose forms were written there]"
    )
    processes.add_workers(parser, "workbooks read at once")
    parser.set_defaults(run=_collect)


def _add_status(command: Adder) -> None:
    does = "tell which forms were asked, returned, faulty and overdue, by gate of the plan"
    parser = command("status", does)
    _study(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_status)


def _add_update(command: Adder) -> None:
    does = (
        "refresh tables from an official file: the notice of fares, or the statistics of complexes"
    )
    parser = command("update", does)
    parser.add_argument("what", choices=("fares", "complexes"), help="which file it is")
    parser.add_argument("file", type=Path, help="the workbook as it was published")
    parser.add_argument("--source", required=True, help="name of the notice or of the statistics")
    parser.add_argument("--year", type=int, help="year of the fares")
    parser.add_argument("--as-of", help="day of the statistics, such as 2026-12-31")
    parser.add_argument(
        "--into",
        type=Path,
        default=Path("data/reference"),
        help="folder of the tables [%(default)s]",
    )
    parser.add_argument("--dry-run", action="store_true", help="print what changes, write nothing")
    parser.set_defaults(run=_update)


def _add_restricted(command: Adder) -> None:
    does = "write the results of single firms to a workbook that must not be forwarded"
    parser = command("restricted", does)
    _study(parser)
    parser.add_argument("--out", type=Path, required=True, help="the workbook (.xlsx)")
    parser.set_defaults(run=_restricted)


def _study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", type=Path, help="folder of the study")


def _today() -> dt.date:
    return dt.datetime.now().astimezone().date()


def _doctor(asked: argparse.Namespace) -> int:
    found = machine.examine(asked.out)
    print(*found, sep="\n")
    if lost := [one.what for one in found if one.is_needed and one.state != "ok"]:
        raise WriteError(f"no report can be made here before this is mended: {', '.join(lost)}")
    return DONE


def _init(asked: argparse.Namespace) -> int:
    print(*new_study.make(asked.study, start=asked.start), sep="\n")
    print(f"next: site-select check {asked.study}; site-select report {asked.study}")
    return DONE


def _scenarios(asked: argparse.Namespace) -> int:
    read = study.read(asked.study)
    changes = scenarios.read(asked.scenarios, read) if asked.scenarios else [{}]
    usual = Path("sweeps") / f"{read.name}{f'-{asked.scenarios.stem}' if asked.scenarios else ''}"
    results = sweeps.run(
        read, changes, out=asked.out or usual, cache=asked.cache, workers=asked.workers,
        cluster=asked.cluster, show_progress=True,
    )  # fmt: skip
    print(results)
    return DONE


def _forms(asked: argparse.Namespace) -> int:
    read = study.read(asked.study)
    sent = sending.send(read, asked.out, judging=asked.round, today=_today())
    for kind, forms in sent.groupby("kind"):
        print(f"{kind}: {len(forms)} asked, due {forms['due'].min()}")
    print(asked.out)
    return DONE


def _freeze(asked: argparse.Namespace) -> int:
    made = gates.freeze(asked.study, day=_today(), reason=asked.reason, name=asked.name)
    for change in made.changes:
        print(f"changed: {change}")
    print(f"{asked.study.name}: freeze {made.version}{'' if made.is_new else ', nothing changed'}")
    return DONE


def _collect(asked: argparse.Namespace) -> int:
    place, folder = _study_of(asked.folder, asked.study)
    found = collecting.collect(folder, study.read(place), today=_today(), workers=asked.workers)
    print(found.log["status"].value_counts().to_string())
    for letter in found.letters:
        print(f"letter: {letter}")
    if len(found.queries):
        print(f"questions to ask: {len(found.queries)}, in identified/returned/queries.csv")
    return DONE


def _study_of(folder: Path, named: Path | None) -> tuple[Path, Path]:
    """Folder of the study and folder of the workbooks."""
    if (folder / "study.toml").is_file():
        return folder, folder / "returned"
    note = folder / sending.STUDY_FILE
    if named is None and not note.is_file():
        fault = Fault(str(folder), 0, "", "no sign of the study it belongs to",
                      "a folder that `site-select forms` made, or the folder of a study",
                      "name the study with --study")  # fmt: skip
        raise InputError([fault])
    return named or folder / note.read_text("utf-8").strip(), folder


def _status(asked: argparse.Namespace) -> int:
    found = gates.status(study.read(asked.study).folder, _today())
    if asked.json:
        said = {name: _rows(table) for name, table in found._asdict().items()}
        print(json.dumps(said, ensure_ascii=False, indent=1, default=str))
        return DONE
    print(found.gates.to_string())
    if len(found.waiting):
        print(f"\noverdue or faulty:\n{found.waiting.to_string(index=False)}")
    for version, row in found.freezes.iterrows():
        print(f"\nfreeze {version} of {row['day']} {row['name']} {row['reason']}".rstrip())
    return DONE


def _rows(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    plain = table.reset_index() if table.index.name else table
    return plain.astype(object).where(plain.notna(), None).to_dict("records")


def _update(asked: argparse.Namespace) -> int:
    present = _present(asked.into, PRESENT[asked.what])
    if asked.what == "fares":
        found = notices.fares(asked.file, present, year=asked.year, source=asked.source)
    else:
        found = notices.industrial_complexes(
            asked.file, present, as_of=asked.as_of, source=asked.source
        )
    print(found.changes.to_string(index=False) if len(found.changes) else "nothing changed")
    for note in found.notes:
        print(f"note: {note}")
    if not asked.dry_run:
        updates.write(found, asked.into)
    return DONE


def _present(folder: Path, names: Sequence[str]) -> dict[str, pd.DataFrame]:
    readings = {name: tables.read(folder / f"{name}.csv", name) for name in names}
    faults = [fault for reading in readings.values() for fault in reading.faults]
    if faults:
        raise InputError(faults)
    return {name: reading.table for name, reading in readings.items()}


def _restricted(asked: argparse.Namespace) -> int:
    restricted.write(study.read(asked.study), asked.out)
    print(asked.out)
    return DONE

"""A study under many scenarios: standing, score and saving of every complex of the country.

A scenario is computed in parts. A part sees only the settings, tables and former results whose hash
is its name in the cache, so what is found there is right, and a change redoes just what depends on
it.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from site_select import (
    assessment,
    caches,
    folders,
    national,
    origins,
    parallel,
    savings,
    scenarios,
    scoring,
    screening,
)
from site_select.caches import Cache
from site_select.errors import SettingsError, WriteError
from site_select.scenarios import Changes
from site_select.settings import Settings
from site_select.study import Study, origin
from site_select.survey import Survey

SCENARIOS_AT_ONCE = 256  # whose results are held in memory
COMPLEXES_AT_ONCE = 1_024
RESULTS, SCENARIOS = "results.parquet", "scenarios.csv"
SCHEMA = pa.schema([
    ("scenario", pa.int32()), ("complex_id", pa.string()), ("standing", pa.string()),
    ("score", pa.float64()), ("rank", pa.float64()),
    *((name, pa.string() if name == "basis" else pa.float64()) for name in savings.COLUMNS),
])  # fmt: skip
LOGISTICS = ("exchange_rates", "logistics_parameters", "orders", "overseas_places", "price_levels",
             "sea_routes", "truck_fares", "facilities")  # fmt: skip
JUDGED = ("complexes", "complex_facts", "industrial_complexes", "rules")


class Part(NamedTuple):
    """One thing that is computed of a scenario.

    Attributes
    ----------
    compute
        From a study and former results.
    tables, settings
        All that it sees of the study.
    at_once
        How many make a task of a second or more.
    """

    compute: Callable[..., pd.DataFrame]
    tables: tuple[str, ...]
    settings: tuple[str, ...]
    at_once: int


class Unit(NamedTuple):
    """A part of one scenario, with all that it is made from and the hash of it."""

    key: str
    part: str
    scenario: int
    study: Study
    inputs: tuple[pd.DataFrame, ...] = ()


class Work(NamedTuple):
    """Where the work is done, and where its results are kept."""

    cache: Cache
    each: parallel.Each


def _standing(study: Study) -> pd.DataFrame:
    both = [screening.status(judge(study)) for judge in (assessment.screen, national.judge)]
    table: pd.DataFrame = pd.concat(both).rename_axis("complex_id").to_frame("standing")
    return table


def _scores(study: Study, cells: pd.DataFrame) -> pd.DataFrame:
    scores = assessment.expected_scores(study, cells)
    return pd.DataFrame({"score": scores, "rank": scoring.ranks(scores).astype("float64")})


PARTS: Mapping[str, Part] = {
    "cells": Part(assessment.performance, (
        *LOGISTICS, "complexes", "complex_facts", "criteria", "industrial_complexes",
        "port_distances", "fare_bases", "branch_imports", "branches", "disruption_parameters",
    ), ("as_of", "gathered", "without_later", "seed", "logistics", "limits.minimum_port_teu",
        "limits.airport", "limits.catchment_km", "limits.count_drift_per_year"), 1),
    "standing": Part(_standing, JUDGED, ("as_of", "rules_day"), 4),
    "places": Part(savings.places, (
        "complexes", "complex_facts", "industrial_complexes", "port_distances", "fare_bases",
        "facilities", "distance_fares",
    ), ("as_of", "logistics.ports", "logistics.closed_ports", "limits.airport",
        "limits.count_drift_per_year"), 4),
    "costs": Part(savings.everywhere, (
        *LOGISTICS, "complexes", "complex_facts", "industrial_complexes", "port_distances",
        "fare_bases",
    ), ("as_of", "logistics", "limits.airport", "limits.count_drift_per_year"), 16),
    "scores": Part(_scores, (*JUDGED, "criteria", "judgements"), (
        "as_of", "rules_day", "points", "weights", "unknowns", "judging",
        "limits.redundant_correlation"), 8),
}  # fmt: skip


def run(
    study: Study, changes: Sequence[Changes], *, out: Path, cache: Path, workers: int = 1,
    cluster: str = "", show_progress: bool = False,
) -> Path:  # fmt: skip
    """Compute every scenario for every complex and write the results as a whole.

    Parameters
    ----------
    study
        The study.
    changes
        Changes of each scenario, as `scenarios.read` has them.
    out
        Folder of ``results.parquet`` and ``scenarios.csv``; a former one is replaced.
    cache
        Folder where parts are kept, so that a run that was stopped goes on where it was.
    workers, cluster, show_progress
        As in `parallel.crew`.

    Returns
    -------
    pathlib.Path
        The results: a row by scenario and complex, in this order.

    Raises
    ------
    SettingsError
        If a scenario cannot be computed.
    WriteError
        If anything cannot be written, or the folder holds other things.
    """
    if out.exists() and not {path.name for path in out.iterdir()} <= {RESULTS, SCENARIOS}:
        raise WriteError(f"{out} holds other things than a sweep: name a new folder")
    _check(study, changes)
    crew = parallel.crew(workers=workers, cluster=cluster, show_progress=show_progress)
    with folders.staged(out) as staging, crew as each:
        work = Work(Cache(cache), each)
        schema = SCHEMA.with_metadata({"site_select": json.dumps(_made_from(study, changes))})
        with pq.ParquetWriter(staging / RESULTS, schema, compression="zstd") as writer:
            for start in range(0, len(changes), SCENARIOS_AT_ONCE):
                numbers = range(start, min(start + SCENARIOS_AT_ONCE, len(changes)))
                some = {number: scenarios.applied(study, changes[number]) for number in numbers}
                for rows in _computed(some, work):
                    writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))
        table = pd.DataFrame([dict(own) for own in changes]).rename_axis("scenario")
        table.to_csv(staging / SCENARIOS)
        folders.swap(staging, out)
    return out / RESULTS


def _made_from(study: Study, changes: Sequence[Changes]) -> dict[str, Any]:
    """Provenance, without the day, so that the same run writes the same bytes."""
    parts = origin(study)
    own = json.dumps([dict(some) for some in changes], default=str, sort_keys=True)
    return {
        "study": study.name, "synthetic": study.settings.synthetic,
        "scenarios": hashlib.sha256(own.encode()).hexdigest(),
        "manifest": origins.manifest_id(parts), **parts,
    }  # fmt: skip


def _check(study: Study, changes: Sequence[Changes]) -> None:
    """Refuse settings that are out of range together, before anything is computed."""
    faults = []
    for number, own in enumerate(changes):
        try:
            scenarios.applied(study, own)  # not held: memory must not grow with the scenarios
        except SettingsError as error:
            faults.append(f"scenario {number}: {error}")
    if faults:
        more = f"; and {len(faults) - 9} more" if len(faults) > 9 else ""  # noqa: PLR2004
        raise SettingsError("; ".join(faults[:9]) + more)


def _computed(every: Mapping[int, Study], work: Work) -> Iterator[pd.DataFrame]:
    """Rows of each scenario, once the parts that the cache does not have are computed."""
    named, blocks = _Names(), dict[str, list[pd.DataFrame]]()
    first = {part: {number: named.unit(part, number, study) for number, study in every.items()}
             for part in ("cells", "standing", "places")}  # fmt: skip
    _do([unit for own in first.values() for unit in own.values()], work)
    costs, scores = dict[int, list[Unit]](), dict[int, Unit]()
    for number, study in every.items():
        cells = _result(first["cells"][number], work)
        scores[number] = named.unit("scores", number, study, (cells,))
        place = first["places"][number]
        if place.key not in blocks:
            whole = _result(place, work)
            blocks[place.key] = [whole.iloc[start : start + COMPLEXES_AT_ONCE]
                                 for start in range(0, len(whole), COMPLEXES_AT_ONCE)]  # fmt: skip
        costs[number] = [named.unit("costs", number, study, (some,)) for some in blocks[place.key]]
    _do([*(unit for own in costs.values() for unit in own), *scores.values()], work)
    for number in every:
        rows = _result(first["standing"][number], work).join(_result(scores[number], work))
        rows = rows.join(pd.concat([_result(unit, work) for unit in costs[number]]))
        yield rows.sort_index().reset_index().assign(scenario=number)


def _do(units: Sequence[Unit], work: Work) -> None:
    """Compute what the cache does not have, several units to a task, and keep it as it comes."""
    missing = {unit.key: unit for unit in units if work.cache.read(unit.key) is None}
    tasks = []
    for name, part in PARTS.items():
        own = [unit for unit in missing.values() if unit.part == name]
        tasks += [own[start : start + part.at_once] for start in range(0, len(own), part.at_once)]
    if tasks:
        for done in work.each(partial(_done, _made_by()), tasks):
            for key, whole in done:
                work.cache.write(key, whole)


def _made_by() -> dict[str, str]:
    """Versions on which the bits of a result may hang."""
    return {"program": origins.code(), **origins.libraries()}


def _done(made_by: Mapping[str, str], task: Sequence[Unit]) -> list[tuple[str, bytes]]:
    here = _made_by()
    if here != made_by:
        other = "; ".join(f"{name} {here[name]}, not {made_by[name]}"
                          for name in here if here[name] != made_by[name])  # fmt: skip
        raise SettingsError(f"a worker has {other}: install the same versions everywhere")
    return [(unit.key, caches.packed(_table(unit))) for unit in task]


def _table(unit: Unit) -> pd.DataFrame:
    try:
        return PARTS[unit.part].compute(unit.study, *unit.inputs)
    except SettingsError as error:
        raise SettingsError(f"scenario {unit.scenario}: {error}") from error


def _result(unit: Unit, work: Work) -> pd.DataFrame:
    found = work.cache.read(unit.key)
    if found is None:
        raise WriteError(f"{work.cache.folder} lost {unit.key} during the run: run it again")
    return found


class _Names:
    """Units named by the hash of all that they are made from; a table is hashed once."""

    def __init__(self) -> None:
        self._digests: dict[int, tuple[pd.DataFrame, str]] = {}
        self._made_by = _made_by()

    def unit(
        self, part: str, scenario: int, study: Study, inputs: tuple[pd.DataFrame, ...] = ()
    ) -> Unit:
        """Part of a scenario, seeing only what it names."""
        seen = _seen(study, PARTS[part], inputs[0].index if part == "costs" else None)
        tables = {name: self._digest(_table_of(seen, name)) for name in PARTS[part].tables}
        made_from = {
            "part": part, "settings": asdict(seen.settings), "tables": tables,
            "inputs": [self._digest(frame) for frame in inputs], "made_by": self._made_by,
        }  # fmt: skip
        written = json.dumps(made_from, sort_keys=True, default=str)
        return Unit(hashlib.sha256(written.encode()).hexdigest(), part, scenario, seen, inputs)

    def _digest(self, frame: pd.DataFrame) -> str:
        if id(frame) not in self._digests:
            # a set of branches has no order, and is made from the column `branches`
            written = frame.drop(columns="branch_set", errors="ignore").to_csv()
            digest = hashlib.sha256(written.encode()).hexdigest()
            self._digests[id(frame)] = frame, digest  # held, so that the id stays its own
        return self._digests[id(frame)][1]


def _table_of(study: Study, name: str) -> pd.DataFrame:
    """Table of a study, of complexes those designated by its day."""
    table: pd.DataFrame = getattr(study.survey, name)
    return {"complexes": study.complexes, "criteria": study.criteria}.get(name, table)


def _seen(study: Study, part: Part, labels: "pd.Index[Any] | None") -> Study:
    """Return the study with only what a part names; of some complexes only the rows it reads."""
    shown: dict[str, Any] = dict.fromkeys(field.name for field in fields(Survey))
    shown |= {name: getattr(study.survey, name) for name in part.tables}
    pool = study.complexes if "complexes" in part.tables else None
    if labels is not None:
        pool = study.complexes.loc[savings.one_by_one(study, labels)]
        for name in ("complex_facts", "orders", "port_distances"):
            shown[name] = _rows(shown[name], "complex_id", pool.index)
        parents = pool["parent_ids"].str.split(";").explode()
        shown["industrial_complexes"] = _rows(shown["industrial_complexes"], "ic_id", parents)
    survey: Any = Survey(**shown)
    criteria: Any = study.criteria if "criteria" in part.tables else None
    own, nothing = _settings_seen(study.settings, part), pd.DataFrame()
    return Study("", Path(), own, survey, survey, pool, criteria, nothing, {})  # type: ignore[arg-type]


def _settings_seen(settings: Settings, part: Part) -> Settings:
    """Return settings of which only those that a part names are the study's."""
    seen = Settings("", "", dt.date.min, dt.date.min, "")
    for name in part.settings:
        group, _, last = name.rpartition(".")
        value = getattr(getattr(settings, group) if group else settings, last)
        own = replace(getattr(seen, group), **{last: value}) if group else value
        seen = replace(seen, **{group or last: own})
    return seen


def _rows(table: pd.DataFrame, column: str, values: Any) -> pd.DataFrame:  # noqa: ANN401
    return table[table[column].isin(values)]

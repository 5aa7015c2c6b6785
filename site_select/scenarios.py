"""Scenarios of a study: settings and rates changed over a grid or a sample."""

import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import qmc

from site_select import parameters
from site_select import study as studies
from site_select.errors import Fault, InputError, SettingsError
from site_select.study import Study

RATES, SECTIONS = "rates.", ("grid", "sample")
MOST_SCENARIOS = 100_000
FIXED = ("reference", "seed", "n_samples")  # where the tables are, and what only a simulation reads
SHARE = "share"  # unit of rates that cannot exceed 1

Changes = Mapping[str, Any]


def read(file: Path, study: Study) -> list[Changes]:
    """Changes of every scenario of a file; the first is the study as set.

    ``[grid]`` lists values of a setting, and every combination is a scenario. ``[sample]`` holds
    ``count``, ``seed`` and a lowest and highest value of each setting, drawn as a Latin hypercube.
    With both, every point of the sample meets every combination.

    Parameters
    ----------
    file
        The file, TOML.
    study
        The study whose settings it changes.

    Raises
    ------
    InputError
        If anything in it is wrong; all faults at once.
    """
    try:
        written = tomllib.loads(file.read_text("utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([_fault(file, "", str(error), "TOML in UTF-8", "correct it")]) from error
    grid, ranges = (dict(_flat(written.get(part, {}))) for part in SECTIONS)
    drawn = {name: ranges.pop(name, 0) for name in ("count", "seed")}
    faults = [
        *(_fault(file, name, "an unknown section", "[grid] and [sample]", "rename or remove it")
          for name in written if name not in SECTIONS),
        *_setting_faults(file, grid, ranges), *_number_faults(file, grid, ranges, drawn),
    ]  # fmt: skip
    faults = faults or [*_value_faults(file, study, grid | ranges)]
    if faults:
        raise InputError(faults)
    sample = _sample(ranges, **drawn) if ranges else [{}]
    every = itertools.product(*grid.values())
    combined = [dict(zip(grid, values, strict=True)) for values in every]
    return [{}, *(point | some for point in sample for some in combined)]


def applied(study: Study, changes: Changes) -> Study:
    """Return the study of one scenario; nothing of it is read again.

    Parameters
    ----------
    study
        The study.
    changes
        Settings by dotted name, and factors by ``rates.PARAMETER``.

    Raises
    ------
    SettingsError
        If a setting or rate is unknown or out of range, or every port is closed.
    """
    new = _changed(study, changes)
    logistics = new.settings.logistics
    if not set(logistics.ports.split(";")) - set(logistics.closed_ports.split(";")):
        raise SettingsError(f"every port of {logistics.ports!r} is closed: leave one open")
    return new


def _changed(study: Study, changes: Changes) -> Study:
    rates = {name.removeprefix(RATES): value for name, value in changes.items()
             if name.startswith(RATES)}  # fmt: skip
    own = {name: value for name, value in changes.items() if not name.startswith(RATES)}
    new = studies.scenario(study, own)
    if not rates:
        return new
    table = _scaled(new.survey.logistics_parameters, rates)
    return replace(new, survey=replace(new.survey, logistics_parameters=table))


def _scaled(table: pd.DataFrame, rates: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of logistics_parameters with the whole range of some multiplied."""
    factor = table["parameter"].map(dict.fromkeys(table["parameter"], 1.0) | dict(rates))
    scaled = table.assign(**{bound: table[bound] * factor for bound in parameters.BOUNDS})
    over = scaled["unit"].str.startswith(SHARE) & (scaled["high"] > 1) & (factor != 1)
    allowed = sorted(set(table["parameter"]))
    wrong = [f"{RATES}{name}: no such parameter; logistics_parameters has {', '.join(allowed)}"
             for name in rates if name not in allowed]  # fmt: skip
    wrong += [f"{RATES}{name} = {value!r}: allowed a factor above 0"
              for name, value in rates.items()
              if isinstance(value, bool) or not isinstance(value, int | float)
              or not 0 < value < np.inf]  # fmt: skip
    wrong += [f"{RATES}{name} = {rates[name]}: makes a share of more than 1"
              for name in scaled.loc[over, "parameter"].unique()]  # fmt: skip
    if wrong:
        raise SettingsError("; ".join(wrong))
    return scaled


def _sample(ranges: Mapping[str, Any], *, count: int, seed: int) -> list[dict[str, Any]]:
    low, high = np.array(list(ranges.values()), dtype="float64").T
    engine = qmc.LatinHypercube(len(ranges), rng=np.random.default_rng(seed))
    points = low + (high - low) * engine.random(count)
    return [dict(zip(ranges, map(float, point), strict=True)) for point in points]


def _flat(table: object, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _fault(file: Path, name: str, found: str, allowed: str, remedy: str) -> Fault:
    return Fault(file.name, 0, name, found, allowed, remedy)


def _setting_faults(file: Path, grid: Changes, ranges: Changes) -> Iterator[Fault]:
    for name, values in grid.items():
        if not isinstance(values, list) or not values:
            yield _fault(file, name, repr(values), "a list of values", "write [value, value]")
    for name, ends in ranges.items():
        listed = ends if isinstance(ends, list) else []
        numbers = [end for end in listed if type(end) in {int, float}]
        if len(numbers) != 2 or len(listed) != 2 or not numbers[0] < numbers[1]:  # noqa: PLR2004
            yield _fault(file, name, repr(ends), "[lowest, highest]", "write two numbers in order")
    for name in {*grid, *ranges} & set(FIXED):
        yield _fault(file, name, "a setting that no scenario may change", "others", "remove it")
    for name in grid.keys() & ranges.keys():
        yield _fault(file, name, "in both sections", "one of them", "remove one")


def _number_faults(
    file: Path, grid: Changes, ranges: Changes, drawn: Mapping[str, Any]
) -> Iterator[Fault]:
    count, seed = drawn.values()
    if not grid and not ranges:
        yield _fault(file, "", "no setting", "a setting under [grid] or [sample]", "write one")
    if ranges and (type(count) is not int or count < 1 or type(seed) is not int or seed < 0):
        yield _fault(file, "count, seed", f"{count!r}, {seed!r}", "whole numbers, count above 0",
                     "write count = 1000 and seed = 1")  # fmt: skip
        return
    sizes = [len(values) for values in grid.values() if isinstance(values, list)]
    number = math.prod([count if ranges else 1, *sizes])
    if number > MOST_SCENARIOS:
        yield _fault(file, "", f"{number:,} scenarios", f"up to {MOST_SCENARIOS:,}",
                     "list fewer values, or draw a sample")  # fmt: skip


def _value_faults(file: Path, study: Study, changes: Changes) -> Iterator[Fault]:
    """Every value alone, so that one faulty value is told once and not in each combination."""
    for name, values in changes.items():
        for value in values:
            try:
                _changed(study, {name: value})
            except SettingsError as error:
                yield _fault(file, name, repr(value), str(error), "correct or remove the value")

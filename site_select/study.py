"""A study: its settings, its checked tables as they stood on one day, and its provenance."""

import dataclasses
import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import pandas as pd

from site_select import (
    answers,
    confidentiality,
    freezes,
    installed,
    messages,
    origins,
    tables,
    valuation,
    weighting,
)
from site_select import survey as surveys
from site_select.errors import Fault, InputError, SettingsError
from site_select.messages import Text
from site_select.settings import PARTS, Logistics, Settings

EVIDENCE = tuple(map(attrgetter, (  # settings on which the tables of a study hang
    "as_of", "gathered", "with_outcomes", "with_undated", "without_later", "limits.minimum_firms",
)))  # fmt: skip


@dataclass(frozen=True)
class Study:
    """One run of the survey.

    Attributes
    ----------
    name
        Name of the study's folder.
    folder
        Where it was read from.
    settings
        What was assumed.
    everything
        Checked tables as they were read.
    survey
        Checked tables with only the facts public on the day of the decision.
    complexes
        Candidates on that day, indexed by ``complex_id``, with ``branch_set``.
    criteria
        Value tree, indexed by criterion.
    meetings
        Where a returned answer and a public fact speak of the same thing, `answers.met`.
    changes
        Settings changed by hand; any makes the report a *variant*.
    """

    name: str
    folder: Path
    settings: Settings
    everything: surveys.Survey
    survey: surveys.Survey
    complexes: pd.DataFrame
    criteria: pd.DataFrame
    meetings: pd.DataFrame
    changes: Mapping[str, object]

    @property
    def names(self) -> "pd.Series[Any]":
        """Name of each candidate in both languages."""
        return tables.texts(self.complexes)

    @property
    def labels(self) -> "pd.Series[Any]":
        """Name of each criterion and indicator in both languages."""
        return tables.texts(self.criteria)


def read(
    folder: str | Path, changes: Mapping[str, object] | None = None, *, as_frozen: bool = True
) -> Study:
    """Read a study and everything it refers to.

    Parameters
    ----------
    folder
        Folder with ``study.toml`` and ``criteria.csv``; other tables in it take the place of the
        reference tables of the same name.
    changes
        Settings to change, by dotted name: ``{"points.economic_effect": 2, "seed": 7}``.
    as_frozen
        Whether criteria, rules, settings and evaluators must be those of the last freeze, if
        there is one; changes by hand never are.

    Raises
    ------
    InputError
        If the folder, a file or a cell is missing or wrong, or was changed since the freeze
        without a reason on record; all faults in one message.
    SettingsError
        If a setting is unknown or out of range.
    """
    place = Path(folder).resolve()
    settings = _settings(place, changes or {})
    own, bundled = place / settings.reference, installed.folder("data") / "reference"
    everything = surveys.read(place, (own if settings.reference else bundled).resolve())
    if as_frozen and "reference" not in (changes or {}) and (place / freezes.FOLDER).is_dir():
        found = changes_since_freeze(place, everything)
        if found:
            raise InputError(found)
    return _study(place, settings, everything, changes or {})


def changed(study: Study, changes: Mapping[str, object]) -> Study:
    """Return the same study with further settings changed, without reading its tables again.

    Parameters
    ----------
    study
        The study.
    changes
        Settings to change, as in `read`; ``reference`` stays as it is.
    """
    every = {**study.changes, **changes}
    return _study(study.folder, _settings(study.folder, every), study.everything, every)


def scenario(study: Study, changes: Mapping[str, object]) -> Study:
    """Return the same study under other settings, its tables made anew only where they hang on it.

    Parameters
    ----------
    study
        The study as it was read or changed.
    changes
        As in `changed`.
    """
    every = {**study.changes, **changes}
    settings = _settings(study.folder, every)
    if any(of(settings) != of(study.settings) for of in EVIDENCE):
        return _study(study.folder, settings, study.everything, every)
    _check(settings, study.everything)
    return dataclasses.replace(study, settings=settings, changes=every)


def frozen_parts(folder: Path, everything: surveys.Survey) -> freezes.Parts:
    """What a freeze of a study fixes, as its files stand now.

    Parameters
    ----------
    folder
        Folder of the study.
    everything
        Its checked tables.
    """
    plain = _settings(folder, {})
    settings = {name: dataclasses.asdict(plain)[name] for name in freezes.SETTINGS}
    settings["points"] = {node: float(value) for node, value in plain.points.items()}
    if plain.weights:  # a freeze from before there were any says nothing of them
        settings["weights"] = {name: float(value) for name, value in plain.weights.items()}
    rules = surveys.in_force(everything.rules, plain.rules_day or plain.as_of)
    return freezes.parts(folder, criteria=everything.criteria, rules=rules, settings=settings)


def changes_since_freeze(folder: Path, everything: surveys.Survey) -> list[Fault]:
    """What differs from the last freeze without being on record, a fault for each cell.

    Parameters
    ----------
    folder
        Folder of the study.
    everything
        Its checked tables.
    """
    usual = {name: dataclasses.asdict(part()) for name, part in PARTS.items()}
    return freezes.changes(folder, frozen_parts(folder, everything), usual)


def _study(
    folder: Path,
    settings: Settings,
    everything: surveys.Survey,
    changes: Mapping[str, object],
) -> Study:
    _check(settings, everything)
    day, gathered = settings.as_of, settings.gathered
    public = surveys.as_of(
        everything, day, gathered,
        with_outcomes=settings.with_outcomes, with_undated=settings.with_undated,
    )  # fmt: skip
    if settings.without_later:
        public = surveys.without_later(public, day)
    met = answers.met(public.complex_facts, public.answers)
    orders = confidentiality.withheld(public.orders, minimum_firms=settings.limits.minimum_firms)
    public = dataclasses.replace(public, complex_facts=met.facts, orders=orders)
    criteria = everything.criteria.set_index("criterion")
    valuation.checked_shapes(criteria)
    pool = surveys.complexes_by(everything, day, gathered)
    return Study(
        folder.name, folder, settings, everything, public, pool, criteria, met.meetings,
        dict(changes),
    )  # fmt: skip


def _settings(folder: Path, changes: Mapping[str, object]) -> Settings:
    file = folder / "study.toml"
    if not file.is_file():
        fault = Fault(str(file), 0, "", "no such file", "a study folder with study.toml",
                      "check the path, or make one with: site-select init")  # fmt: skip
        raise InputError([fault])
    try:
        written: dict[str, Any] = tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fault = Fault(str(file), 0, "", str(error), "TOML in UTF-8, each section once",
                      "correct the line named; save the file as UTF-8")  # fmt: skip
        raise InputError([fault]) from error
    for name, value in changes.items():
        table, _, last = name.rpartition(".")
        (written.setdefault(table, {}) if table else written)[last] = value
    settings: Settings = _record(Settings, written, "")
    return settings


def _record(record: type[Any], written: Mapping[str, Any], prefix: str) -> Any:  # noqa: ANN401
    """Fill a record from a table of settings; every unknown or missing name is said at once."""
    if not isinstance(written, Mapping):
        raise SettingsError(f"{prefix.rstrip('.')} = {written!r}: allowed a table of settings")
    known = {item.name: item for item in dataclasses.fields(record)}
    unknown = [f"{prefix}{name}" for name in written if name not in known]
    missing = [
        f"{prefix}{name}"
        for name, item in known.items()
        if name not in written
        and item.default is dataclasses.MISSING
        and item.default_factory is dataclasses.MISSING
    ]
    if unknown or missing:
        raise SettingsError(
            f"unknown settings: {', '.join(unknown) or 'none'}; missing settings: "
            f"{', '.join(missing) or 'none'}; known are "
            f"{', '.join(prefix + name for name in known)}"
        )
    values = {
        name: _record(PARTS[name], value, f"{name}.") if name in PARTS
        else _typed(prefix + name, value, known[name].type)
        for name, value in written.items()
    }  # fmt: skip
    return record(**values)


def _typed(name: str, value: object, kind: object) -> object:
    """Return the setting if it has the type of its record, so that no text reaches a formula."""
    if isinstance(value, str) and dt.date in getattr(kind, "__args__", (kind,)):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError as error:
            raise SettingsError(f"{name} = {value!r}: allowed a day such as 2020-07-01") from error
    if name in {"points", "weights"} and not isinstance(value, Mapping):
        raise SettingsError(f"{name} = {value!r}: allowed a table of settings")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    simple = {str: str, bool: bool, int: int, float: float}
    fits = kind not in simple or isinstance(value, simple[kind])
    if not fits or (kind is int and isinstance(value, bool)):
        raise SettingsError(f"{name} = {value!r}: allowed a {getattr(kind, '__name__', kind)}")
    return value


def _check(settings: Settings, everything: surveys.Survey) -> None:
    """Refuse settings that name nothing in the tables, and points that give no weights."""
    nodes, places = everything.criteria["criterion"], everything.facilities["facility_id"]
    wrong = [f"points.{node}" for node in settings.points if node not in set(nodes)]
    leaves = weighting.indicators_of(everything.criteria.set_index("criterion"))
    wrong += [f"weights.{name}" for name in settings.weights if name not in leaves]
    if settings.limits.airport not in set(places):
        wrong.append(f"limits.airport = {settings.limits.airport}")
    wrong += _unknown_places(settings.logistics, everything)
    if wrong:
        raise SettingsError(
            f"settings that name nothing: {', '.join(wrong)}; criteria and indicators are "
            f"{', '.join(nodes)}; places are in facilities.csv, fare_bases.csv and "
            "overseas_places.csv"
        )
    weighting.from_points(everything.criteria.set_index("criterion"), settings.points)


def _unknown_places(logistics: Logistics, everything: surveys.Survey) -> list[str]:
    bases, abroad = (set(everything.fare_bases["base"]),
                     set(everything.overseas_places["place_id"]))  # fmt: skip
    lists = {"ports": bases, "closed_ports": bases | {""}, "suppliers": abroad}
    single = {"forwarder_depot": bases | {""}, "departure_port": abroad,
              "departure_airport": abroad}  # fmt: skip
    named = [(name, place) for name in lists for place in getattr(logistics, name).split(";")]
    named += [(name, getattr(logistics, name)) for name in single]
    known = lists | single
    return [f"logistics.{name} = {place!r}" for name, place in named if place not in known[name]]


def origin(study: Study) -> dict[str, Any]:
    """What a run of the study is made from, as plain values that tell one run from another."""
    files = [study.folder / "study.toml", *study.survey.files.values()]
    return {
        "seed": study.settings.seed,
        "settings": _flat(dataclasses.asdict(study.settings), ""),
        "changes": {name: str(value) for name, value in study.changes.items()},
        "inputs": {path.name: origins.sha256([path]) for path in files},
        "code": origins.code(),
        "libraries": origins.libraries(),
    }


def provenance(study: Study) -> dict[Text, dict[Any, Text | str]]:
    """Everything needed to make the same report again: settings, files, code, libraries, date.

    Files are named with the first twelve digits of their SHA-256.
    """

    def word(name: str) -> Text:
        return messages.text(f"provenance.{name}")

    parts = origin(study)
    changes = "; ".join(f"{name} = {value}" for name, value in study.changes.items())
    return {
        word("group.study"): {
            word("name"): study.name,
            word("changes"): changes or word("nothing"),
            word("made_on"): origins.made_on().isoformat(),
            word("code"): parts["code"],
            word("manifest"): origins.manifest_id(parts),
            word("notes"): "; ".join(study.survey.notes) or word("nothing"),
        },
        word("group.settings"): parts["settings"],
        word("group.files"): {name: digest[:12] for name, digest in parts["inputs"].items()},
        word("group.libraries"): parts["libraries"],
    }


def _flat(settings: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Every setting by its dotted name."""
    flat: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = "–" if value is None else str(value)
    return flat

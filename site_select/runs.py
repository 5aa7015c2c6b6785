"""A run as its record tells it, checked, and two of them taken apart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import pandas as pd

from site_select import assessment, records, scoring
from site_select import study as studies
from site_select.errors import Fault, InputError
from site_select.messages import Text
from site_select.verdicts import Word

ROUNDING = 1e-9
PARTS = ("inputs", "settings", "changes", "libraries")
ALONE = ("code", "seed")
LIMITS = ("limits.coverage_needed", "limits.firm_share", "limits.conditional_share")
ENDS = "_before", "_after"
NUMBERS = ["score", "first", "coverage"]


class Run(NamedTuple):
    """One run, as its record tells it.

    Attributes
    ----------
    name, day, manifest
        Name of the study, day of the decision, id of all it was made from.
    synthetic
        Whether its data were made up.
    origin
        What it was made from, by kind and name.
    criteria, indicators
        ``name, weight`` by node.
    alternatives
        ``name, rank, score, first, coverage`` by complex.
    values
        Partial value by complex and indicator.
    word, leader, rivals
        The verdict.
    """

    name: Text
    day: str
    manifest: str
    synthetic: bool
    origin: Mapping[tuple[str, str], str]
    criteria: pd.DataFrame
    indicators: pd.DataFrame
    alternatives: pd.DataFrame
    values: pd.DataFrame
    word: str
    leader: str
    rivals: Sequence[str]

    @property
    def weights(self) -> pd.Series:
        """Weight by indicator."""
        return self.indicators["weight"]

    @property
    def scores(self) -> pd.Series:
        """Score by complex."""
        return self.alternatives["score"]


def read(path: Path) -> Run:
    """Read a run from a study, which is assessed now, or from a report or page that tells of one.

    Parameters
    ----------
    path
        Folder of a study, folder of a report, or a page that carries a record.

    Raises
    ------
    InputError
        If it is none of them, or its record is broken or does not add up.
    """
    if (path / "study.toml").is_file():
        study = studies.read(path)
        return of_record(records.record(study, assessment.assess(study)), path.name)
    for file in sorted(path.glob("*.html")) if path.is_dir() else [path]:
        try:
            html = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _wrong(str(file), str(error)) from error
        if path.is_dir() and f'id="{records.ID}"' not in html:
            continue
        try:
            return of_record(records.of_page(html), file.name)
        except InputError as error:
            raise InputError(replace(fault, file=file.name) for fault in error.faults) from error
    raise _wrong(str(path), "no page that carries a record")


def _wrong(where: str, found: str) -> InputError:
    return InputError([Fault(where, 0, "", found, "a study folder, a report, or its decision brief",
                             "check the path, or make the report anew")])  # fmt: skip


def of_record(record: Mapping[str, Any], where: str) -> Run:
    """Take a run from its record, which may come from anywhere: nothing in it is trusted.

    Parameters
    ----------
    record
        Result of `records.record`, or what a page says is one.
    where
        What to name in errors.

    Raises
    ------
    InputError
        If a part is missing or of another kind, or the scores are not what weights and values give.
    """
    try:
        run = _run(record)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        said = f"a record that is not whole ({type(error).__name__}: {error})"[:200]
        raise _wrong(where, said) from error
    faults = _faults(run)
    if faults:
        raise _wrong(where, "; ".join(faults))
    return run._replace(alternatives=run.alternatives.assign(rank=scoring.ranks(run.scores)))


def _run(record: Mapping[str, Any]) -> Run:
    about, said = record["study"], record["verdict"]
    parts = {**record, "changes": about["changes"]}
    origin = {
        (kind, str(name)): str(value) for kind in PARTS for name, value in parts[kind].items()
    }
    alternatives = _table(record["alternatives"], "complex_id", NUMBERS)
    indicators = _table(record["indicators"], "indicator", ["weight"])
    rows = [record["values"][label] for label in alternatives.index]
    values = np.array(rows, dtype="float64").reshape(len(alternatives), len(indicators))
    return Run(
        Text(str(about["name_ko"]), str(about["name_en"])), str(about["as_of"]),
        str(record["manifest"]), bool(about["synthetic"]),
        origin | {(kind, ""): str(parts[kind]) for kind in ALONE},
        _table(record["criteria"], "criterion", ["weight"]), indicators, alternatives,
        pd.DataFrame(values, alternatives.index, indicators.index),
        str(said["word"]), str(said["leader"]), [str(label) for label in said["rivals"]],
    )  # fmt: skip


def _table(rows: Sequence[Mapping[str, Any]], key: str, numbers: list[str]) -> pd.DataFrame:
    labels = pd.Index([str(row[key]) for row in rows], name=key, dtype=object)
    names = [Text(str(row["name_ko"]), str(row["name_en"])) for row in rows]
    found = {name: np.array([row[name] for row in rows], dtype="float64") for name in numbers}
    return pd.DataFrame({"name": pd.Series(names, labels, dtype=object), **found})


def _faults(run: Run) -> list[str]:
    tables = run.criteria, run.indicators, run.alternatives
    numbers = (run.values, run.indicators[["weight"]], run.alternatives[NUMBERS],
               run.criteria[["weight"]])  # fmt: skip
    wrong = {
        "no complex, or no indicator": run.values.empty,
        "a name that stands twice": not all(table.index.is_unique for table in tables),
        "what is no number": not all(np.isfinite(table.to_numpy()).all() for table in numbers),
        "weights that are not 0 or more, with the sum 1": (run.weights < 0).any()
        or abs(run.weights.sum() - 1) > ROUNDING,
        "a verdict on nobody": run.word not in get_args(Word)
        or not {run.leader, *run.rivals} <= set(run.alternatives.index),
    }  # fmt: skip
    found = [said for said, is_wrong in wrong.items() if is_wrong]
    if not found and ((run.values @ run.weights - run.scores).abs() > ROUNDING).any():
        found = ["scores that are not the sum of weight × value"]
    return found


class Mixed(NamedTuple):
    """Values of one run under the weights of another.

    Attributes
    ----------
    first
        Complex that is first ``before``, with the other's ``weights``, with the other's
        ``values``, and ``after``, among the complexes that both have. Empty where they share no
        indicator that counts.
    moved
        How many of these complexes have another rank than before.
    parts
        By complex, the change of its score ``by_weights, by_values, by_indicators``.
    """

    first: Mapping[str, str]
    moved: Mapping[str, int]
    parts: pd.DataFrame


def mixed(before: Run, after: Run) -> Mixed:
    """Part what the weights changed from what the values changed.

    As if each had changed first and last in turn: ``ΔV = Σ v̄ⱼ Δwⱼ + Σ w̄ⱼ Δvⱼ`` over the indicators
    that both score, with means of before and after; the rest is of indicators that one scores.

    Parameters
    ----------
    before, after
        The runs.

    References
    ----------
    Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the American
    Statistical Association 50(272), 1168-1194. doi:10.1080/01621459.1955.10501299
    """
    both = [label for label in before.values.index if label in after.values.index]
    shared = [name for name in before.weights.index if name in after.weights.index]
    (v, w), (v_new, w_new) = (
        (run.values.loc[both, shared], run.weights[shared]) for run in (before, after)
    )
    score, score_new = before.scores[both], after.scores[both]
    parts = pd.DataFrame({
        "by_weights": ((v + v_new) / 2 * (w_new - w)).sum(axis=1),
        "by_values": ((w + w_new) / 2 * (v_new - v)).sum(axis=1),
    })  # fmt: skip
    parts["by_indicators"] = score_new - score - parts.sum(axis=1)
    if not both or not min(w.sum(), w_new.sum()) > 0:
        return Mixed({}, {}, parts)
    every = {"before": score, "weights": v @ (w_new / w_new.sum()),
             "values": v_new @ (w / w.sum()), "after": score_new}  # fmt: skip
    ranks = {name: scoring.ranks(scores) for name, scores in every.items()}
    return Mixed(
        {name: str(own.idxmin()) for name, own in ranks.items()},
        {name: int((own != ranks["before"]).sum()) for name, own in ranks.items()}, parts,
    )  # fmt: skip


def cause(before: Run, after: Run, found: Mixed) -> str:
    """Name the most likely cause of another recommendation.

    Parameters
    ----------
    before, after
        The runs.
    found
        Result of `mixed`.

    Returns
    -------
    str
        ``none`` where verdict and leader are the same; ``word`` where only the verdict differs;
        ``field`` where a leader stands in one run only; ``weights``, ``values``, ``either`` (each
        alone is enough), ``together`` (neither alone is) or ``indicators`` (others are scored);
        ``draws`` where the same complex is first by score.
    """
    if before.leader == after.leader:
        return "none" if before.word == after.word else "word"
    if before.leader not in after.scores.index or after.leader not in before.scores.index:
        return "field"
    if not found.first:
        return "indicators"
    first, by_weights, by_values, last = found.first.values()
    if first == last:
        return "draws"
    names = {(True, True): "either", (True, False): "weights", (False, True): "values"}
    is_alike = set(before.weights.index) == set(after.weights.index)
    return names.get(
        (by_weights == last, by_values == last), "together" if is_alike else "indicators"
    )


def differing(before: Run, after: Run) -> list[str]:
    """Name the kinds of things that differ, what bears on the result first.

    Returns
    -------
    list
        Of ``field, indicators, weights, stated`` (weights are fixed in one), ``values, limits``
        (of the verdict), ``draws, code``.
    """
    old, new = before.origin, after.origin
    keys = {key for key in {*old, *new} if old.get(key) != new.get(key)}
    settings = {name for kind, name in keys if kind == "settings"}
    fixed = [any(kind == "settings" and name.startswith("weights.") for kind, name in run)
             for run in (old, new)]  # fmt: skip
    is_so = {
        "field": set(before.scores.index) != set(after.scores.index),
        "indicators": set(before.weights.index) != set(after.weights.index),
        "weights": (weights(before.indicators, after.indicators)["change"].abs() > ROUNDING).any(),
        "stated": fixed[0] != fixed[1],
        "values": not cells(before, after).empty,
        "limits": bool(settings & set(LIMITS)),
        "draws": "n_samples" in settings or ("seed", "") in keys,
        "code": any(kind in {"code", "libraries"} for kind, _ in keys),
    }
    return [name for name, is_other in is_so.items() if is_other]


def ranks(before: Run, after: Run, parts: pd.DataFrame) -> pd.DataFrame:
    """Every complex of either run: names, ranks, scores with what changed them, first-rank shares.

    Parameters
    ----------
    before, after
        The runs.
    parts
        `Mixed.parts`.

    Returns
    -------
    pandas.DataFrame
        ``name, rank_before, rank_after, score_before, score_after, by_weights, by_values,
        by_indicators, first_before, first_after``; missing where a run lacks the complex.
    """
    named = _either(before.alternatives, after.alternatives)
    sides = (run.alternatives.drop(columns=["name", "coverage"]) for run in (before, after))
    old, new = (side.add_suffix(end) for side, end in zip(sides, ENDS, strict=True))
    table = named.to_frame().join(old).join(new).join(parts)
    order = ("rank", "score", "by", "first")  # what belongs together stands together
    columns = sorted(table.columns[1:], key=lambda name: order.index(name.partition("_")[0]))
    table = table[["name", *columns]].sort_values(["rank_after", "rank_before"], kind="stable")
    return table.rename_axis("complex_id")


def _either(before: pd.DataFrame, after: pd.DataFrame) -> "pd.Series[Any]":
    """Names of what either has, the later ones where both have it."""
    names: pd.Series[Any] = pd.concat([after["name"], before["name"]])
    return names.loc[~names.index.duplicated()]


def weights(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """``name, before, after, change`` of weights; a node that a run does not score has 0.

    Parameters
    ----------
    before, after
        Criteria or indicators of the runs.

    Examples
    --------
    >>> old = pd.DataFrame({"name": ["Near", "Large"], "weight": [0.6, 0.4]}, ["near", "large"])
    >>> new = pd.DataFrame({"name": ["Near"], "weight": [1.0]}, ["near"])
    >>> weights(old, new)["change"].round(2).to_dict()
    {'near': 0.4, 'large': -0.4}
    """
    table = _either(before, after).to_frame()
    table["before"], table["after"] = before["weight"], after["weight"]
    table = table.fillna({"before": 0.0, "after": 0.0})
    return table.assign(change=table["after"] - table["before"])


def cells(before: Run, after: Run) -> pd.DataFrame:
    """Values that differ, what changed scores most first.

    Parameters
    ----------
    before, after
        The runs.

    Returns
    -------
    pandas.DataFrame
        ``complex_id, indicator, before, after, effect``, the last on the score at the mean of both
        weights.
    """
    index = before.values.index.intersection(after.values.index)
    columns = before.weights.index.intersection(after.weights.index)
    old, new = (run.values.loc[index, columns] for run in (before, after))
    weight = (before.weights + after.weights)[columns] / 2
    rows, places = np.nonzero(np.abs((new - old).to_numpy()) > ROUNDING)
    table = pd.DataFrame({
        "complex_id": index[rows], "indicator": columns[places],
        "before": old.to_numpy()[rows, places], "after": new.to_numpy()[rows, places],
        "effect": ((new - old) * weight).to_numpy()[rows, places],
    })  # fmt: skip
    return table.sort_values("effect", key=abs, ascending=False, kind="stable", ignore_index=True)


def origins(before: Run, after: Run) -> pd.DataFrame:
    """``kind, item, before, after`` of files, settings, code, libraries and seed that differ."""
    old, new = before.origin, after.origin
    rows = [(*key, old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new])
            if old.get(key) != new.get(key)]  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "item", "before", "after"], dtype=object)

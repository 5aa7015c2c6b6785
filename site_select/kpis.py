"""What a pilot is measured by, and whether it stops, is mended or goes on.

Targets and stop lines are rows of the table ``kpi``; they are assumed, and the rows say why.
"""

from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from site_select import economics, listings, messages, pilot, tables
from site_select.errors import SettingsError
from site_select.messages import Text
from site_select.study import Study

Word = Literal["stop", "mend", "go_on"]
PROMISES = ("plan_2020", "plan_2021")
QUANTILES = list(economics.QUANTILES)
PLANNED = ("member_firms", "imported_parts", "orders_before", "lead_time_before",
           "logistics_saving_rate", "saving_per_year")  # fmt: skip
SIGNS = {"more": ("≥", "≤"), "less": ("≤", "≥")}  # of a target, of a stop line


class Decision(NamedTuple):
    """What the figures of a pilot ask for.

    Attributes
    ----------
    word
        ``stop``, ``mend`` or ``go_on``.
    reasons
        By KPI: ``value`` and ``word``, which may also be ``measure``: nobody knows the figure.
    """

    word: Word
    reasons: pd.DataFrame


def decide(kpis: "pd.Series[float]", thresholds: pd.DataFrame) -> Decision:
    """Stop, mend or go on: the word of the worst figure.

    ``stop`` where any KPI reaches its stop line, ``go_on`` only where every one reaches its target,
    else ``mend``. A figure that nobody knows has to be measured: with it nothing goes on.

    Parameters
    ----------
    kpis
        Figure of each KPI in the unit of its row; missing or left out where unknown.
    thresholds
        By KPI: ``better`` (less, more), ``go_on`` (target) and ``stop``, missing where the figure
        alone stops nothing.

    Raises
    ------
    SettingsError
        If there is no KPI, a figure has none, is negative or infinite, or a stop line is not worse
        than the target.

    Examples
    --------
    >>> thresholds = pd.DataFrame({"better": ["less", "more"], "go_on": [0.5, 2], "stop": [1, 0]},
    ...                           index=["orders", "parts"])
    >>> decide(pd.Series({"orders": 0.25, "parts": 1.0}), thresholds).word
    'mend'
    >>> decide(pd.Series({"orders": 1.0}), thresholds).reasons["word"].tolist()
    ['stop', 'measure']
    """
    sign = thresholds["better"].map({"less": -1.0, "more": 1.0})
    target, line = (thresholds[name].astype("float64") * sign for name in ("go_on", "stop"))
    _check(kpis, thresholds, line >= target)
    value = kpis.astype("float64").reindex(thresholds.index)
    words = pd.Series("mend", thresholds.index).mask(value.isna(), "measure")
    words = words.mask(value * sign >= target, "go_on").mask(value * sign <= line, "stop")
    word: Word = "mend"
    if (words == "stop").any():
        word = "stop"
    elif (words == "go_on").all():
        word = "go_on"
    return Decision(word, pd.DataFrame({"value": value, "word": words}))


def _check(
    kpis: "pd.Series[float]", thresholds: pd.DataFrame, is_crossed: "pd.Series[bool]"
) -> None:
    faults = [] if len(thresholds) else ["no KPI: allowed one or more"]
    faults += [
        f"KPI {name!r} stands twice: keep one"
        for table in (kpis, thresholds) for name in table.index[table.index.duplicated()]
    ]  # fmt: skip
    faults += [
        f"{name} = {value}: no such KPI; allowed {', '.join(map(str, thresholds.index))}"
        for name, value in kpis.items() if name not in thresholds.index
    ]  # fmt: skip
    faults += [
        f"{name} = {value}: allowed 0 or more, or nothing where it is unknown"
        for name, value in kpis.items() if not (pd.isna(value) or 0 <= value < np.inf)
    ]  # fmt: skip
    faults += [
        f"{name}: stop {row['stop']} is no worse than the target {row['go_on']}"
        for name, row in thresholds[is_crossed.to_numpy()].iterrows()
    ]
    if faults:
        raise SettingsError("; ".join(faults))


def by_gate(kpis: "pd.Series[float]", thresholds: pd.DataFrame) -> dict[int, Decision]:
    """Decide at each stage gate on what is asked for up to it.

    Parameters
    ----------
    kpis, thresholds
        As in `decide`, the thresholds with ``gate``.
    """
    asked = {int(gate): thresholds[thresholds["gate"] <= gate]
             for gate in sorted(thresholds["gate"].unique())}  # fmt: skip
    return {gate: decide(kpis[kpis.index.isin(rows.index)], rows) for gate, rows in asked.items()}


def thresholds(study: Study) -> pd.DataFrame:
    """Rows of the table of KPIs, indexed by KPI."""
    return study.survey.kpi.set_index("kpi")


def told(published: pd.DataFrame, promise: str) -> "pd.Series[float]":
    """What was published of the pilot's result, as KPIs; what was not is left out.

    The cost per part is taken as told, though nobody said whether it holds the shared warehouse.

    Parameters
    ----------
    published
        Published figures of the pilot.
    promise
        ``plan_2020``, of logistics alone, or ``plan_2021``, with the purchase.
    """
    of = partial(pilot.figure, published)
    saving = of("result_2021", "logistics_saving")
    if promise == "plan_2021":
        saving += of("result_2021", "purchase_saving")
    return pd.Series({
        "parts": of("plan_2021", "imported_parts"),
        "orders": of("result_2021", "orders_after") / of("result_2021", "orders_before"),
        "logistics_cost": 1 - of("result_2021", "logistics_saving_rate"),
        "saving": saving / of(promise, "saving_per_year"),
    })  # fmt: skip


def modelled(evaluation: pilot.Evaluation, published: pd.DataFrame) -> pd.DataFrame:
    """KPIs of the pilot's plan by draw of the model, calibrated to nothing.

    Parameters
    ----------
    evaluation
        Result of `pilot.evaluation`.
    published
        Published figures of the pilot.
    """
    run = evaluation.independent["plan", "complex"]
    promised = pilot.figure(published, "plan_2020", "saving_per_year") * pilot.MILLION
    return pd.DataFrame({
        "orders": run["all"]["orders_rate"], "logistics_cost": 1 - run["paid"]["rate"],
        "saving": run["paid"]["saving"] / promised, "co2e": 1 - run["all"]["co2e_rate"],
    })  # fmt: skip


def table(study: Study, evaluation: pilot.Evaluation) -> pd.DataFrame:
    """KPIs of the next pilots: definition, baseline, target, stop line, who and when."""
    rows = thresholds(study)
    published = partial(pilot.figure, study.survey.pilot_gwangju)
    lead = evaluation.independent["plan", "complex"]["all"]["lead_days"].quantile(QUANTILES)
    numbers = {name: published("plan_2020", name) for name in PLANNED}
    numbers |= dict(zip(("low", "middle", "high"), lead, strict=True))
    found = modelled(evaluation, study.survey.pilot_gwangju).quantile(QUANTILES)
    expected = {name: "{1:,.2f} ({0:,.2f} … {2:,.2f})".format(*found[name]) for name in found}
    target, line = (
        [f"{SIGNS[better][place]} {value:g}" if pd.notna(value) else "–"
         for better, value in zip(rows["better"], rows[name], strict=True)]
        for place, name in enumerate(("go_on", "stop"))
    )  # fmt: skip
    return pd.DataFrame({
        "name": tables.texts(rows), "definition": tables.texts(rows, "definition"),
        "unit": rows["unit"].map(listings.unit_name),
        "before": [messages.text(f"kpis.before.{name}", **numbers) for name in rows.index],
        "expected": [expected.get(str(name), "–") for name in rows.index],
        "go_on": target, "stop": line, "why": tables.texts(rows, "why"),
        "who": tables.texts(rows, "who"), "when": tables.texts(rows, "when"),
        "quality": listings.grades_in_words(rows["quality"]),
    }).reset_index(drop=True)  # fmt: skip


def results(study: Study) -> dict[str, Decision]:
    """What the rule says of the pilot's result, held to each of its promises."""
    published = study.survey.pilot_gwangju
    return {promise: decide(told(published, promise), thresholds(study)) for promise in PROMISES}


def decisions(study: Study) -> pd.DataFrame:
    """Each figure of the pilot's result with its word under each promise, the rule's word last."""
    table = pd.DataFrame({"name": tables.texts(thresholds(study))})
    last: dict[str, object] = {"name": messages.text("kpis.rule")}
    for promise, made in results(study).items():
        values = made.reasons["value"]
        table[f"{promise}_value"] = ["–" if pd.isna(one) else f"{one:,.2f}" for one in values]
        table[f"{promise}_word"] = made.reasons["word"].map(word)
        last |= {f"{promise}_value": "–", f"{promise}_word": word(made.word)}
    return pd.concat([table, pd.DataFrame([last])], ignore_index=True)


def stage_gates(study: Study) -> pd.DataFrame:
    """Each stage gate: what it asks for, and what it would have said of the pilot's result."""
    rows, published = thresholds(study), study.survey.pilot_gwangju
    names = tables.texts(rows)
    table = pd.DataFrame({
        promise: {gate: word(made.word)
                  for gate, made in by_gate(told(published, promise), rows).items()}
        for promise in PROMISES
    })  # fmt: skip
    table.insert(0, "gate", [messages.text(f"kpis.gate.{gate}") for gate in table.index])
    table.insert(1, "asks", [listings.listed(list(names[rows["gate"] == gate]))
                             for gate in table.index])  # fmt: skip
    return table.reset_index(drop=True)


def word(of: str) -> Text:
    """Word of a decision, or of one of its figures, in both languages."""
    return messages.text(f"kpis.word.{of}")


def said(study: Study) -> dict[str, object]:
    """What sentences on the rule name: its word under each promise, and what has to be measured."""
    found, names = results(study), tables.texts(thresholds(study))
    is_unknown = found[PROMISES[0]].reasons["word"] == "measure"
    words = {promise: word(made.word) for promise, made in found.items()}
    shares = {f"{promise}_share": made.reasons["value"]["saving"]
              for promise, made in found.items()}  # fmt: skip
    return {**words, **shares, "unknown": listings.listed(list(names[is_unknown])),
            "known": int((~is_unknown).sum()), "count": len(names)}  # fmt: skip

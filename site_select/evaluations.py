"""What a meeting reads of the pilot: published figures, the model beside them, and the misses."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from site_select import benefits, economics, listings, messages, pilot
from site_select.study import Study, changed

MILLION = 1e6
SHOWN = 10
# the pilot as published: prices of its year, ships to Busan, part loads by way of Anyang, and
# nobody told who of the 24 firms bought how much
SET_UP: Mapping[str, object] = {
    "as_of": dt.date(2021, 12, 31), "with_outcomes": True, "with_undated": True,
    "logistics.price_year": 2020, "logistics.ports": "busan_new",
    "logistics.forwarder_depot": "uiwang_icd", "logistics.split_is_known": False,
}  # fmt: skip
STAGES: Mapping[str, str | tuple[str, str]] = {
    "plan": "plan_2020", "plan_model": ("plan", "complex"),
    "restated": "plan_2021", "restated_model": ("restated", "one_part"),
    "result": "result_2021", "result_air": ("result", "air"), "result_sea": ("result", "sea_lcl"),
}  # fmt: skip
STAGED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "parts": {"plan_2020": ("imported_parts",), "plan_2021": ("imported_parts",)},
    "orders": {"plan_2020": ("orders_before",), "result_2021": ("orders_before",)},
    "runs": {"plan_2020": ("orders_after",), "result_2021": ("orders_after",)},
    "rate": {"plan_2020": ("logistics_saving_rate",), "result_2021": ("logistics_saving_rate",)},
    "saving": {"plan_2020": ("saving_per_year",), "result_2021": ("logistics_saving",)},
    "saving_and_price": {"plan_2021": ("saving_per_year",),
                         "result_2021": ("logistics_saving", "purchase_saving")},
}  # fmt: skip


def independent(evaluation: pilot.Evaluation) -> dict[str, float]:
    """Medians of the independent run under the first reading that no publication speaks of."""
    middle = evaluation.independent["plan", "complex"]["all"].median()
    return {"all_rate": middle["rate"], "credited": middle["credited"] / MILLION,
            "co2e": middle["co2e_rate"]}  # fmt: skip


def conclusions(study: Study, evaluation: pilot.Evaluation) -> dict[str, object]:
    """What the last paragraph says, from the draws and the published table."""
    published = partial(pilot.figure, study.survey.pilot_gwangju)
    least = economics.ranges(study)["low"]
    saving, rate = (published("result_2021", f"logistics_saving{end}") for end in ("", "_rate"))
    fit = evaluation.calibrations["plan", "complex", "paid"]
    plan = published("plan_2020", "saving_per_year") * MILLION
    mean = evaluation.independent["plan", "complex"]["all"].mean()
    return {
        "fit": messages.text(f"evaluation.fit.{'some' if fit.fitting else 'none'}",
                             fitting=fit.fitting, tried=fit.tried, miss=fit.worst_miss),
        "each_firm": evaluation.independent["plan", "each_firm"]["paid"]["saving"].median() / plan,
        "after": saving * MILLION * (1 / rate - 1),
        "warehouse": float(least["warehouse_area"] * least["warehouse_rent"] * 12
                           + least["warehouse_staff"]),
        "alone": float(1 - mean["credited"] / mean["saving"]),
    }  # fmt: skip


def evaluation_table(evaluation: pilot.Evaluation) -> pd.DataFrame:
    """Published figure, independent model, calibrated model, prediction and miss, a row each."""
    rows = evaluation.table

    def shown(column: str) -> list[str]:
        return [
            "–" if pd.isna(value) else _number(value, quantity)
            for value, quantity in zip(rows[column], rows["quantity"], strict=True)
        ]

    def ranged(way: str) -> list[str]:
        parts = (shown(f"{way}_low"), shown(way), shown(f"{way}_high"))
        return ["–" if middle == "–" else f"{middle} ({low} … {high})"
                for low, middle, high in zip(*parts, strict=True)]  # fmt: skip

    return pd.DataFrame({
        "case": [messages.text(f"costings.case.{stage}_{variant}") for stage, variant in
                 zip(rows["stage"], rows["variant"], strict=True)],
        "scope": [messages.text(f"costings.scope.{scope}") for scope in rows["scope"]],
        "quantity": [messages.text(f"costings.quantity.{name}") for name in rows["quantity"]],
        "published": shown("published"), "independent": ranged("independent"),
        "calibrated": ranged("calibrated"), "predicted": ranged("predicted"),
        "miss": shown("miss"),
    })  # fmt: skip


def _number(value: float, quantity: str) -> str:
    if quantity.startswith("saving"):
        return f"{value / MILLION:,.1f}"
    return f"{value:,.0f}" if quantity in {"parts", "orders", "runs"} else f"{value:.1%}"


def calibration_table(evaluation: pilot.Evaluation) -> pd.DataFrame:
    """How near the assumptions can be brought to each set of published figures."""
    keys = list(evaluation.calibrations)
    fits = list(evaluation.calibrations.values())
    return pd.DataFrame({
        "case": [messages.text(f"costings.case.{stage}_{variant}") for stage, variant, _ in keys],
        "scope": [messages.text(f"costings.scope.{scope}") for _, _, scope in keys],
        "tried": [fit.tried for fit in fits], "fitting": [fit.fitting for fit in fits],
        "worst_miss": [fit.worst_miss for fit in fits],
    })  # fmt: skip


def against_published(evaluation: pilot.Evaluation, quantity: str) -> pd.DataFrame:
    """Independent result and published figure of one quantity, a row per case and scope."""
    rows = evaluation.table[evaluation.table["quantity"] == quantity]
    scale = MILLION if quantity == "saving" else 0.01
    labels = [
        messages.text("costings.case_and_scope",
                      case=messages.text(f"costings.case.{row['stage']}_{row['variant']}"),
                      scope=messages.text(f"costings.scope.{row['scope']}"))
        for _, row in rows.iterrows()
    ]  # fmt: skip
    ends = {"low": "independent_low", "value": "independent", "high": "independent_high",
            "published": "published", "published_low": "published_low",
            "published_high": "published_high"}  # fmt: skip
    table = pd.DataFrame({name: rows[column] / scale for name, column in ends.items()})
    table["label"] = pd.Series(labels, table.index, dtype=object)
    return table


def contradictions(study: Study) -> pd.DataFrame:
    """Published figures that cannot all be true, each pair recomputed from the table."""
    published = study.survey.pilot_gwangju
    of = partial(pilot.figure, published)
    saving, five = of("plan_2020", "saving_per_year"), of("plan_2020", "saving_five_years")
    rate = benefits.rule(study, "social_discount_rate")
    row = published[(published["stage"] == "plan_2020")
                    & (published["quantity"] == "saving_per_year")].iloc[0]  # fmt: skip
    low, value = (sum(row[name] / (1 + rate) ** year for year in range(1, 6))
                  for name in ("low", "value"))  # fmt: skip
    plan_base = saving / of("plan_2020", "logistics_saving_rate")
    result_base = of("result_2021", "logistics_saving") / of("result_2021", "logistics_saving_rate")
    numbers: dict[str, dict[str, float]] = {
        "amount": {"low": row["low"], "high": row["value"]},
        "five_years": {"five": five, "yearly": five / 5, "low": low, "high": value},
        "scope": {}, "base": {"plan": plan_base * MILLION, "result": result_base * MILLION,
                              "times": plan_base / result_base},
        "parts": {"plan": of("plan_2020", "imported_parts"),
                  "result": of("plan_2021", "imported_parts")},
        "orders": {"plan": of("plan_2020", "orders_before"),
                   "result": of("result_2021", "orders_before")},
    }  # fmt: skip
    return pd.DataFrame({
        "what": [messages.text(f"costings.contradiction.{key}.what") for key in numbers],
        "says": [messages.text(f"costings.contradiction.{key}.says", **values)
                 for key, values in numbers.items()],
    })  # fmt: skip


def as_piloted(study: Study) -> Study:
    """Turn a study to the pilot's own set-up: its orders, its way, and prices of its year.

    So that a page says the same of the pilot, whatever prices and complexes the study is about.

    Parameters
    ----------
    study
        The study; settings of the set-up that were changed by hand stay as changed.
    """
    everything, label = study.everything, study.settings.limits.chosen_in_2020
    orders = pilot.orders(everything.pilot_gwangju, label, pilot.READINGS[0])
    own = replace(study, everything=replace(everything, orders=orders))
    return changed(own, {name: to for name, to in SET_UP.items() if name not in study.changes})


def stages(evaluation: pilot.Evaluation, published: pd.DataFrame) -> pd.DataFrame:
    """Plan, restated plan and result side by side, each with what the model says of it.

    The model runs on independent rates: 50%, and 5% to 95%, of the bills with the shared
    warehouse; of the plan under the first reading, of the result by air and by sea before.

    Parameters
    ----------
    evaluation
        Result of `pilot.evaluation`.
    published
        Published figures of the pilot.
    """
    columns: dict[str, object] = {
        "quantity": [messages.text(f"costings.quantity.{name}") for name in STAGED]
    }
    for column, of in STAGES.items():
        columns[column] = [_told(published, of, name) if isinstance(of, str)
                           else _modelled(evaluation, of, name) for name in STAGED]  # fmt: skip
    return pd.DataFrame(columns)


def _told(published: pd.DataFrame, stage: str, quantity: str) -> str:
    """Published figure of a stage with the ends that its sources give; sums where told apart."""
    names = STAGED[quantity].get(stage, ())
    if not names:
        return "–"
    scale = MILLION if quantity.startswith("saving") else 1.0
    value = sum(pilot.figure(published, stage, name) for name in names) * scale
    ends = [pilot.ends(published, stage, name) for name in names]
    low, high = (_number(sum(end) * scale, quantity) for end in zip(*ends, strict=True))
    said = _number(value, quantity)
    return said if low == high else f"{said} ({low} … {high})"


def _modelled(evaluation: pilot.Evaluation, case: tuple[str, str], quantity: str) -> str:
    runs, rows = evaluation.independent[case]["paid"], evaluation.table
    own = rows[(rows["stage"] == case[0]) & (rows["variant"] == case[1])
               & (rows["quantity"] == quantity)]  # fmt: skip
    if quantity in runs:
        ends = runs[quantity].quantile(list(economics.QUANTILES)).tolist()
    elif len(own):
        ends = own[["independent_low", "independent", "independent_high"]].iloc[0].tolist()
    else:
        return "–"
    low, middle, high = (_number(value, quantity) for value in ends)
    return f"{middle} ({low} … {high})"


def reach_table(evaluation: pilot.Evaluation) -> pd.DataFrame:
    """How many draws could give each published figure, how many give less and how many more."""
    rows = pilot.reach(evaluation)
    figures = zip(rows["published"], rows["quantity"], strict=True)
    return pd.DataFrame({
        "case": [messages.text(f"costings.case.{stage}_{variant}") for stage, variant in
                 zip(rows["stage"], rows["variant"], strict=True)],
        "scope": [messages.text(f"costings.scope.{scope}") for scope in rows["scope"]],
        "quantity": [messages.text(f"costings.quantity.{name}") for name in rows["quantity"]],
        "published": [_number(value, name) for value, name in figures],
        **{name: rows[name] for name in ("below", "within", "above")},
    })  # fmt: skip


def nearest_case(evaluation: pilot.Evaluation, stage: str) -> tuple[str, str, str]:
    """Reading and scope under which the assumptions come nearest to the figures of a stage."""
    fits = {key: fit.worst_miss for key, fit in evaluation.calibrations.items() if key[0] == stage}
    return min(fits, key=fits.__getitem__)


def posterior(evaluation: pilot.Evaluation, stage: str) -> pd.DataFrame:
    """Assumptions before and after coming nearest to a stage, those that move most."""
    return pilot.prior_posterior(evaluation, nearest_case(evaluation, stage)).head(SHOWN)


def moved(evaluation: pilot.Evaluation, names: "pd.Series[Any]") -> dict[str, object]:
    """What a sentence says of the assumptions that have to move, stage by stage.

    Parameters
    ----------
    evaluation
        Result of `pilot.evaluation`.
    names
        Names of the parameters.
    """
    said: dict[str, object] = {}
    for stage in ("plan", "result"):
        key = nearest_case(evaluation, stage)
        table = pilot.prior_posterior(evaluation, key)
        found = [names[name] for name in table.index[table["is_moved"]]]
        said |= {
            stage: listings.listed(found) if found else messages.text("evaluation.moved.none"),
            f"{stage}_case": messages.text(f"costings.case.{key[0]}_{key[1]}"),
            f"{stage}_scope": messages.text(f"costings.scope.{key[2]}"),
            f"{stage}_miss": evaluation.calibrations[key].worst_miss,
        }
    rows = pilot.reach(evaluation)
    amounts = rows[rows["quantity"].isin(["saving", "rate"])]
    return said | {"never": int((amounts["within"] == 0).sum()), "compared": len(amounts)}


def ranged(drawn: "pd.Series[float]") -> str:
    """Median, and 5% to 95%, of drawn values in words."""
    low, middle, high = drawn.quantile(list(economics.QUANTILES))
    return f"{middle:,.1f} ({low:,.1f} … {high:,.1f})"

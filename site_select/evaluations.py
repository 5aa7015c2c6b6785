"""What a meeting reads of the pilot: published figures, the model beside them, and the misses."""

from functools import partial

import pandas as pd

from site_select import benefits, economics, messages, pilot
from site_select.study import Study

MILLION = 1e6


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
    if quantity == "saving":
        return f"{value / MILLION:,.1f}"
    return f"{value:,.0f}" if quantity == "runs" else f"{value:.1%}"


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
            "published": "published", "published_low": "published",
            "published_high": "published"}  # fmt: skip
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

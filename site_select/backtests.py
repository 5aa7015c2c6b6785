"""How the verdict would have read on other days, and under the rules of other days."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from site_select import (
    assessment,
    benefits,
    economics,
    evaluations,
    listings,
    messages,
    pilot,
    scoring,
    screening,
)
from site_select.errors import SettingsError
from site_select.messages import Text
from site_select.study import Study, changed

DRAWS = 10_000
NOTHING = Text("–", "–")
# days of the releases that pilot_gwangju quotes: plan (newspim, kbiz), result (hotn 357422)
TOLD_ON = {"plan_2020": dt.date(2020, 12, 23), "result_2021": dt.date(2022, 5, 4)}
READ_ON = (("plan_2020", False), ("plan_2020", True), ("result_2021", False),
           ("result_2021", True), ("now", False))  # fmt: skip
RULED = {"social_discount_rate": "percent1", "years": "count", "subsidy_share": "percent",
         "output_multiplier": "score3"}  # fmt: skip


def pilot_alone(study: Study, evaluation: pilot.Evaluation) -> pd.DataFrame:
    """What the model would have said of the pilot alone on each set of figures as it became known.

    Saving credited to the milk run over all costs, and net present value over the outlay: where
    nine draws in ten lie on one side of zero, that is said, else it is open.

    Parameters
    ----------
    study
        The study `evaluations.as_piloted`.
    evaluation
        Result of `pilot.evaluation`.
    """
    rows, outlay = [], evaluation.drawn["investment"].to_numpy(dtype="float64")
    enough = study.settings.limits.firm_share
    for (stage, variant), run in evaluation.independent.items():
        npv = benefits.npv_of(study, run["all"]["net"].to_numpy(), outlay)
        pays, loses = float((npv > 0).mean()), float((npv <= 0).mean())
        word = "pays" if pays >= enough else "loses" if loses >= enough else "open"
        rows.append({
            "case": messages.text(f"costings.case.{stage}_{variant}"),
            "saving": evaluations.ranged(run["all"]["credited"] / pilot.MILLION),
            "positive": float((run["all"]["credited"] > 0).mean()),
            "npv": evaluations.ranged(pd.Series(npv) / pilot.MILLION), "pays": pays,
            "word": messages.text(f"backtests.alone.{word}"),
        })  # fmt: skip
    return pd.DataFrame(rows)


def back_test(study: Study) -> pd.DataFrame:
    """How the verdict would have read on the days on which plan and result were told, and now.

    Each day knows the facts published by it, at rates and prices of its year; tables that exist
    only in later editions stay. With what the pilot itself told, its outcomes enter as well.

    Parameters
    ----------
    study
        The study.
    """
    rows, known = [], set()
    days = {**TOLD_ON, "now": study.settings.as_of}
    for stage, with_outcomes in READ_ON:
        then = changed(study, {
            "as_of": days[stage], "with_outcomes": with_outcomes, "n_samples": DRAWS,
            "logistics.price_year": min(days[stage].year, study.settings.logistics.price_year),
        })  # fmt: skip
        facts = then.survey.complex_facts
        own = facts[facts["complex_id"] == study.settings.limits.chosen_in_2020]
        new = [name for name in own["indicator"].unique() if name not in known]
        known |= set(new)
        told = [listings.fact_name(study, name) for name in new]
        rows.append({
            "day": messages.text(f"backtests.day.{stage}", day=days[stage]),
            "evidence": messages.text(f"backtests.evidence.{'all' if with_outcomes else 'own'}"),
            **_read(then), "facts": len(facts),
            "new": listings.listed(told) if told else NOTHING,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _read(study: Study) -> dict[str, object]:
    """Verdict of a study, and rank and expected saving of the complex chosen in 2020."""
    result, label = assessment.assess(study), study.settings.limits.chosen_in_2020
    site = economics.sites(study, [label] if label in study.complexes.index else []).get(label)
    saving: str | Text = messages.UNKNOWN
    if site is not None:
        draws = economics.drawn(site, n_samples=study.settings.logistics.n_draws,
                                seed=study.settings.seed)  # fmt: skip
        saving = evaluations.ranged(pd.Series(site.saving(draws)) / pilot.MILLION)
    stands = label in result.scores.index
    rank = scoring.ranks(result.scores)[label] if stands else NOTHING
    return {
        "verdict": messages.text(f"findings.verdict.{result.verdict.word}"),
        "leader": listings.name_of(study, result.verdict.leader),
        "coverage": result.verdict.coverage, "alternatives": len(result.scores), "rank": rank,
        "saving": saving,
    }  # fmt: skip


def under_rules(study: Study, evaluation: pilot.Evaluation, days: Sequence[str]) -> pd.DataFrame:
    """The same study under the rules of several days: what changes because of the rules alone.

    Facts, candidates, weights and prices stay those of the study; only rows of ``rules`` and
    ``appraisal_rules`` differ.

    Parameters
    ----------
    study
        The study.
    evaluation
        Result of `pilot.evaluation`, for the worth of the pilot's plan.
    days
        Days whose rules are taken, such as ``2019-07-01``.

    Returns
    -------
    pandas.DataFrame
        A row per item, ``item`` and a column per day.
    """
    columns: dict[str, object] = {}
    before: set[str] | None = None
    for day in days:
        then = changed(study, {"rules_day": day, "n_samples": DRAWS})
        status = screening.status(assessment.screen(then))
        stands = set(status.index[status != screening.NOT_ELIGIBLE])
        columns[day] = {
            **_screened(then, status, stands if before is None else before),
            **{name: _rule(then, name, style) for name, style in RULED.items()},
            **_worth(then, evaluation), **({} if asks_one(study) else _chosen(then)),
        }  # fmt: skip
        before = stands
    table = pd.DataFrame(columns, dtype=object)
    table.insert(0, "item", [messages.text(f"backtests.rules.{name}") for name in table.index])
    return table.reset_index(drop=True)


def asks_one(study: Study) -> bool:
    """Whether orders were surveyed of one complex alone, which a ranking would favour for it."""
    return len(set(study.survey.orders["complex_id"])) == 1


def _screened(study: Study, status: "pd.Series[str]", before: set[str]) -> dict[str, object]:
    stands = set(status.index[status != screening.NOT_ELIGIBLE])
    words = {"eligible": screening.ELIGIBLE, "doubt": screening.CANNOT_TELL,
             "excluded": screening.NOT_ELIGIBLE}  # fmt: skip
    return {
        "screening": listings.listed(list(listings.rule_names(assessment.rules(study)))),
        **{name: f"{(status == word).sum():,}" for name, word in words.items()},
        "out": _named(study, set(status.index) - stands),
        "enter": _named(study, stands - before), "leave": _named(study, before - stands),
    }  # fmt: skip


def _chosen(study: Study) -> dict[str, object]:
    result, label = assessment.assess(study), study.settings.limits.chosen_in_2020
    ranks = scoring.ranks(result.scores)
    return {
        "verdict": messages.text(f"findings.verdict.{result.verdict.word}"),
        "first": listings.name_of(study, result.verdict.leader),
        "rank": messages.formatted(ranks[label], "rank") if label in ranks else NOTHING,
    }


def _named(study: Study, labels: set[str]) -> Text:
    names = [listings.name_of(study, label) for label in sorted(labels)]
    return listings.listed(names) if names else NOTHING


def _rule(study: Study, name: str, style: str) -> Text:
    try:
        return messages.formatted(benefits.rule(study, name), style)
    except SettingsError:
        return messages.text("backtests.rules.not_in_force")


def _worth(study: Study, evaluation: pilot.Evaluation) -> dict[str, object]:
    """Net present value of the pilot's plan, public and, with price and subsidy, to members."""
    run = evaluation.independent["plan", "complex"]["all"]
    outlay = evaluation.drawn["investment"].to_numpy(dtype="float64")
    price = run["saving_and_price"] - run["saving"]
    public, members = (benefits.npv_of(study, saving.to_numpy(), outlay)
                       for saving in (run["net"], run["net"] + price))  # fmt: skip
    subsidy = outlay * benefits.rule(study, "subsidy_share")
    return {name: evaluations.ranged(pd.Series(worth) / pilot.MILLION)
            for name, worth in (("npv", public), ("members", members + subsidy))}  # fmt: skip

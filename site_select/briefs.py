"""What a meeting reads in the decision brief, in both languages, all of it said from results."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from site_select import (
    assessment,
    challenges,
    costings,
    economics,
    estimates,
    findings,
    listings,
    messages,
    milkrun,
    scoring,
    summaries,
)
from site_select.assessment import Assessment
from site_select.challenges import Flips
from site_select.economics import Site
from site_select.messages import Text
from site_select.milkrun import Comparison, Costs
from site_select.study import Study

SHOWN = 8  # complexes on the first sheet
HELD = 10  # and in the table of the second
MILLION = 1e6
TIE = 1e-9  # scores that close are the same
PILOT_YEAR = 2021  # its result was told the year after
PILOT = {
    "planned_parts": ("plan_2020", "imported_parts"), "parts": ("plan_2021", "imported_parts"),
    "before": ("result_2021", "orders_before"), "after": ("result_2021", "orders_after"),
    "planned": ("plan_2020", "saving_per_year"), "saving": ("result_2021", "logistics_saving"),
}  # fmt: skip
FORMATS = {"score": "score3", "first": "percent1", "coverage": "percent", "changes": "percent"}


class Chains(NamedTuple):
    """Existing logistics and the milk run of one complex, as the brief shows them.

    Attributes
    ----------
    name
        Its name.
    site
        What its logistics are computed from; none where there is nothing to draw.
    stretches, measures
        What `brief_figures.chains` draws; no rows where there is nothing to draw.
    nodes
        Name of each place passed, by chain.
    saving, risks
        What the milk run is credited with (``headline, detail``), and how that may fail (``risk,
        found``).
    """

    name: Text
    site: Site | None
    stretches: pd.DataFrame
    measures: pd.DataFrame
    nodes: Mapping[tuple[str, str], Text]
    saving: Mapping[str, Text]
    risks: list[tuple[Text, Text]]


def headers() -> dict[str, Text]:
    """Headings of the columns of all tables of the brief."""
    return messages.under("brief.header.")


def points(study: Study, result: Assessment) -> pd.DataFrame:
    """Place and rank of every alternative, best first, and whether the first sheet shows it."""
    ranking = summaries.ranking(study, result)
    places = study.complexes.loc[ranking.index, ["latitude", "longitude"]]
    is_chosen = places.index == study.settings.limits.chosen_in_2020
    is_shown = (np.arange(len(places)) < SHOWN) | is_chosen
    return places.assign(rank=ranking["rank"], is_shown=is_shown)


def ranked_names(study: Study, points: pd.DataFrame) -> "pd.Series[Any]":
    """Name of each complex after its rank."""
    names = [
        messages.text("brief.ranked", rank=rank, name=study.names[str(label)])
        for label, rank in points["rank"].items()
    ]
    return pd.Series(names, points.index, dtype=object)


def sources(result: Assessment, *labels: str) -> list[str]:
    """Where the known facts of some complexes come from, each source once."""
    cells = result.performance.loc[result.performance["source"] != "", "source"]
    own = cells[cells.index.get_level_values("complex_id").isin(labels)]
    scored = own[own.index.get_level_values("indicator").isin(result.weights.index)]
    return list(dict.fromkeys(scored))


def chains(study: Study, result: Assessment) -> Chains:
    """Compare existing logistics and milk run of the leader, else of the best that can be compared.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.
    """
    leader = result.verdict.leader
    order = [leader, *summaries.ranking(study, result).index.drop(leader)]
    site = next(iter(economics.sites(study, order).values()), None)
    if site is None:
        nothing, none = pd.DataFrame(), messages.text("brief.saving.none")
        saving = {"headline": none, "detail": Text("", "")}
        return Chains(listings.name_of(study, leader), None, nothing, nothing, {}, saving, [])
    logistics = study.settings.logistics
    draws = economics.drawn(site, n_samples=logistics.n_draws, seed=study.settings.seed)
    found, name = site.compare(draws), listings.name_of(study, site.complex_id)
    return Chains(
        name, site, _stretches(study, site, found), _measures(found),
        _nodes(study, site, found), _saving(study, result, site, found),
        _money_risks(found, draws),
    )  # fmt: skip


def _is_flown(found: Comparison) -> bool:
    return bool(found.existing.total("air_t").sum() > 0)


def _stretches(study: Study, site: Site, found: Comparison) -> pd.DataFrame:
    """Days by stretch and way of both chains; of modes that nobody asked of, only those used."""
    rows = costings.stretches(study, site).reset_index()
    if site.orders.empty and not _is_flown(found):
        rows = rows[rows["chain"] != "air"]
    is_pooled = rows["chain"] == "milk_run"
    rows["chain"] = np.where(is_pooled, "milk_run", "existing")
    days = rows.groupby(["chain", "step", "way"], sort=False)["days"]
    return days.agg(low="min", high="max").reset_index()


def _measures(found: Comparison) -> pd.DataFrame:
    """Lead time, shipments, cost and emissions of each chain, at 5%, 50% and 95% of the draws."""
    weight = (found.weight_t * found.own_best.count).sum(axis=-1)
    own = {"surveyed": found.surveyed, "own_best": found.own_best, "milk_run": found.milk_run}

    def measured(costs: Costs) -> pd.DataFrame:
        return costings.intervals({
            "days": costs.total("tonne_days") / weight, "shipments": costs.total("shipments"),
            "cost": costs.total(), "co2e": costs.total("co2e_t"),
        })  # fmt: skip

    return pd.concat(
        {name: measured(costs) for name, costs in own.items() if costs}, names=["chain", "measure"]
    )


def _nodes(study: Study, site: Site, found: Comparison) -> dict[tuple[str, str], Text]:
    """Names of the places by chain; where goods fly and sail, both gates of a side."""
    known = costings.node_names(costings.places_of(study, site))
    names = {
        (chain, node): messages.text(f"cost_figures.node.{node}")
        for chain in ("existing", "milk_run") for node in ("supplier", "warehouse", "complex")
    }  # fmt: skip
    for side in ("departure", "arrival"):
        port, airport = known[f"{side}_port"], known[f"{side}_airport"]
        both = Text(f"{port.ko}, {airport.ko}", f"{port.en}, {airport.en}")
        names["milk_run", side] = port
        names["existing", side] = both if _is_flown(found) else port
    return names


def _saving(study: Study, result: Assessment, site: Site, found: Comparison) -> dict[str, Text]:
    """What the milk run is credited with, as a range, and of it on logistics bills."""
    credited = np.quantile(found.saving, economics.QUANTILES) / MILLION
    paid = np.quantile(_paid(found), economics.QUANTILES) / MILLION
    notes = [messages.text(f"brief.saving.{'assumed' if site.orders.empty else 'surveyed'}")]
    if site.complex_id != result.verdict.leader:
        leader = listings.name_of(study, result.verdict.leader)
        notes.append(messages.text("brief.saving.instead", leader=leader))
    name = listings.name_of(study, site.complex_id)
    return {
        "headline": messages.text(
            "brief.saving.headline", name=name, low=credited[0], high=credited[2]
        ),
        "detail": messages.text(
            "brief.saving.detail", middle=credited[1], share=float((found.saving > 0).mean()),
            paid_low=paid[0], paid_high=paid[2], notes=_joined(notes, " "),
        ),
    }  # fmt: skip


def _paid(found: Comparison) -> np.ndarray:
    """What falls off the logistics bills a year, by draw [KRW]."""
    own, pooled = (chain.total(*milkrun.PAID) for chain in (found.own_best, found.milk_run))
    return np.asarray(own - pooled)


def _money_risks(found: Comparison, draws: pd.DataFrame) -> list[tuple[Text, Text]]:
    paid, price = _paid(found), draws["part_price"].to_numpy(float) * 1000
    peak = np.quantile(found.milk_run.total("peak_t") * price, economics.QUANTILES) / MILLION
    return [
        _risk("bills", share=float((paid <= 0).mean())),
        _risk("stock", low=peak[0], high=peak[2]),
    ]


def _risk(key: str, **values: object) -> tuple[Text, Text]:
    return (messages.text(f"brief.risk.{key}"), messages.text(f"brief.risk_found.{key}", **values))


def flips(study: Study, result: Assessment, found: Flips) -> pd.DataFrame:
    """The smallest change of each kind that makes another complex first, and which one."""
    said = findings.flips(study, result, found, len(result.scores))
    sizes = {
        "criteria": found.criteria[found.criteria["feasible"]].reset_index(),
        "cell": found.cells.assign(distance=found.cells["change"].abs()),
        "evaluator": found.evaluators, "answer": found.answers,
    }  # fmt: skip
    if len(found.evaluators):  # half or double the say is as far
        say = found.evaluators["say_to"].clip(lower=1e-9)
        sizes["evaluator"] = found.evaluators.assign(distance=np.log(say).abs())
    if len(found.answers):
        able = found.answers[found.answers["able"] > 0]
        sizes["answer"] = able.assign(distance=-able["able"] / able["firms"])
    nearest = {
        kind: rows.sort_values("distance", kind="stable")["rival"].iloc[0]
        for kind, rows in sizes.items() if len(rows)
    }  # fmt: skip
    rows = [
        {"kind": messages.text(f"brief.flip.{kind}"), "change": said.loc[rival, kind],
         "leader": listings.name_of(study, str(rival))}
        for kind, rival in nearest.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "change", "leader"])


def every(study: Study, result: Assessment) -> pd.DataFrame:
    """Rank, certainty, what held each alternative back and what would lift it, best first."""
    known = estimates.is_known(result.performance)
    changeable = study.criteria["changeable"] == "yes"
    why = scoring.reasons(result.values, result.weights, known, changeable)
    ranking = summaries.ranking(study, result)
    rows = ranking.join(why[["up", "back", "lift", "rank_after"]])
    nothing = messages.text("scores.nothing")
    for column in ("up", "back", "lift"):
        named = [study.labels.get(name, nothing) for name in rows[column]]
        rows[column] = pd.Series(named, rows.index, dtype=object)
    shown = ["rank", "name", "score", "first", "coverage", "up", "back", "lift", "rank_after"]
    return rows[shown].rename_axis("complex_id")


def held(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """The same for the first ten and the complex chosen in 2020, as the second sheet shows it."""
    chosen = rows.index == study.settings.limits.chosen_in_2020
    first = rows[(np.arange(len(rows)) < HELD) | chosen]
    return first[["rank", "name", "coverage", "back", "lift", "rank_after"]]


def dissenters(study: Study, result: Assessment) -> Text:
    """Evaluators whose own weights choose another complex."""
    if result.panel is None:
        return messages.text("brief.disagree.nobody")
    own = assessment.by_evaluator(study, result.panel, result.criteria)[result.weights.index]
    scores = own @ result.values.T
    lead = scores.max(axis=1) - scores[result.scores.idxmax()]
    others = scores.idxmax(axis=1)[lead > TIE]
    if others.empty:
        return messages.text("brief.disagree.none", count=len(own))
    said = [
        messages.text("brief.disagree.one", who=listings.listed([Text(w, w) for w in who]),
                      other=listings.name_of(study, str(label)))
        for label, who in others.index.to_series().groupby(others).agg(list).items()
    ]  # fmt: skip
    return messages.text(
        "brief.disagree.some", others=len(others), count=len(own), said=_joined(said)
    )


def tilted(study: Study, result: Assessment) -> Text:
    """Which complex each criterion at twice its weight puts first."""
    values, weights = challenges.on_criteria(result)
    leader = str(result.scores.idxmax())
    said = []
    for name in weights.index:
        doubled = weights * np.where(weights.index == name, 2.0, 1.0)
        scores = scoring.additive_value(values, doubled / doubled.sum())
        if scores.max() - scores[leader] > TIE:
            other = listings.name_of(study, str(scores.idxmax()))
            said.append(messages.text("brief.disagree.tilt", name=study.labels[name], other=other))
    if not said:
        return messages.text("brief.disagree.steady", leader=listings.name_of(study, leader))
    return messages.text("brief.disagree.tilted", said=_joined(said))


def _joined(said: list[Text], between: str = "; ") -> Text:
    return Text(between.join(text.ko for text in said), between.join(text.en for text in said))


def unknown(study: Study, result: Assessment) -> Text:
    """How much is unknown, and what no complex can be scored on."""
    known = estimates.is_known(result.performance)[list(result.weights.index)]
    asked = listings.named(study, result.questions)
    return messages.text(
        "brief.unknown.said", unknown=int((~known).to_numpy().sum()), cells=known.size,
        share=float((~known).to_numpy().mean()), everyone=asked,
    )  # fmt: skip


def invited(study: Study, result: Assessment) -> dict[str, Text]:
    """What the next steps name: the leader, the one most often first after it, and the weights."""
    others = result.smaa.first.drop(result.verdict.leader)
    rival = messages.text("brief.nobody")
    if len(others):
        rival = listings.name_of(study, str(others.idxmax()))
    again = messages.text(f"brief.again.{'ours' if result.panel is None else 'panel'}")
    return {
        "leader": listings.name_of(study, result.verdict.leader), "rival": rival, "again": again
    }  # fmt: skip


def risks(study: Study, result: Assessment, money: list[tuple[Text, Text]]) -> pd.DataFrame:
    """What may go wrong: ``risk, found``, a number of this run or a published one, ``source``.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.
    money
        Risks of the saving, of `chains`.
    """
    others = result.smaa.first.drop(result.verdict.leader)
    rows = [(*risk, "") for risk in money]
    if len(others):
        rival = listings.name_of(study, str(others.idxmax()))
        found = _risk("rival", share=others.sum(), often=others.max(), rival=rival)
        rows.insert(0, (*found, ""))
    return pd.DataFrame([*rows, *_published(study)], columns=["risk", "found", "source"])


def _published(study: Study) -> list[tuple[Text, Text, str]]:
    """Published misses that were known on the day: of the pilot, and of the need itself."""
    told = study.survey.pilot_gwangju.set_index(["stage", "quantity"])
    year, rows = study.settings.as_of.year, []
    if year > PILOT_YEAR and told.index.isin(PILOT.values()).sum() >= len(PILOT):
        figures = told.loc[list(PILOT.values())]
        said = dict(zip(PILOT, figures["value"], strict=True))
        rows.append((*_risk("pilot", **said), "; ".join(figures["source"].unique())))
    evidence = study.survey.evidence
    against = evidence[(evidence["side"] == "against") & (evidence["year"] < year)].head(1)
    rows += [(messages.text("brief.risk.need"), Text(row["text_ko"], row["text_en"]), row["source"])
             for _, row in against.iterrows()]  # fmt: skip
    return rows

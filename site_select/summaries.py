"""What a meeting reads: tables, sentences and places made from results, in both languages."""

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from site_select import (
    assessment,
    estimates,
    listings,
    messages,
    scoring,
    screening,
    tables,
    weighting,
)
from site_select.assessment import Assessment
from site_select.maps import Places
from site_select.messages import Language, Text
from site_select.report import Page, sourced
from site_select.study import Study, changed

RANKING_FORMATS = {
    "score": "score3",
    "expected_rank": "number",
    "first": "percent1",
    "top_ten": "percent",
    "coverage": "percent",
}
VARIANT_FORMATS = {
    "first": "percent1",
    "chosen_rank": "count",
    "chosen_expected": "number",
    "chosen_first": "percent1",
}
CENTRAL_FORMATS = dict.fromkeys(
    ["first", "confidence", "supply_chain_stability", "economic_effect", "basic_infrastructure",
     "geographic_conditions"], "percent",
)  # fmt: skip
STATUS = {
    screening.ELIGIBLE: "eligible", screening.NOT_ELIGIBLE: "not_eligible",
    screening.CANNOT_TELL: "cannot_tell",
}  # fmt: skip


def opening(study: Study, key: str, language: Language) -> Page:
    """Begin the page of a notebook: title, question and, where needed, its marks.

    Parameters
    ----------
    study
        The study.
    key
        Catalogue file of the notebook, with messages ``title`` and ``question``.
    language
        What JupyterLab shows.
    """
    page = Page(language, is_synthetic=study.settings.synthetic)
    page.title(f"{key}.title", subtitle=f"{key}.question")
    if study.settings.synthetic:
        page.notice("synthetic")
    if study.changes:
        page.notice(
            "variant", "; ".join(f"{name} = {value}" for name, value in study.changes.items())
        )
    page.say("common.study_day", study=study.settings.name, day=study.settings.as_of)
    return page


def candidates(study: Study, judged: pd.DataFrame) -> pd.DataFrame:
    """Every candidate with branch, place, designation and the verdict with its reasons.

    Parameters
    ----------
    study
        The study.
    judged
        Result of `assessment.screen`.
    """
    frame, status = study.complexes, screening.status(judged)
    return pd.DataFrame({
        "name": study.names,
        "place": [Text(f"{a} {b}", f"{c}, {b}") for a, b, c in
                  zip(frame["province_ko"], frame["county_ko"], frame["province_en"], strict=True)],
        "branches": [listings.branch_names(study, codes) for codes in frame["branches"]],
        "designated": frame["designated_year"].astype("str"),
        "status": [
            messages.text(f"long_list.status.{STATUS[status[label]]}") for label in frame.index
        ],
        "reason": [_doubts(study, judged.loc[label]) for label in frame.index],
    }, index=frame.index)  # fmt: skip


def _doubts(study: Study, judged: pd.DataFrame) -> Text:
    """Every rule not met or not decided, with the fact behind it."""
    rows, facts = judged[judged["verdict"] != screening.MET], study.survey.complex_facts
    facts = facts[facts["text"] != ""]
    worded = dict(zip(facts["text"], listings.worded(facts, "text"), strict=True))
    said = [
        messages.text(
            f"long_list.doubt.{rule}", found=_found(worded.get(row["found"], row["found"])),
            verdict=messages.text(f"long_list.verdict.{row['verdict'].replace(' ', '_')}"),
        )
        for rule, row in rows.iterrows()
    ]  # fmt: skip
    return (
        Text("; ".join(text.ko for text in said), "; ".join(text.en for text in said))
        if said
        else Text("–", "–")
    )


def _found(value: object) -> Text | str:
    if isinstance(value, Text | str):
        return value or messages.UNKNOWN
    return messages.formatted(value, "count")


def grades(cells: pd.DataFrame, indicators: list[str]) -> pd.DataFrame:
    """Quality of each cell, complex by indicator; national shares are a grade of their own."""
    quality = cells["quality"].where(cells["basis"] != "proxy", "proxy")
    return quality.where(cells["value"].notna(), "unknown").unstack("indicator")[indicators]


def indicator_coverage(study: Study, cells: pd.DataFrame) -> pd.DataFrame:
    """Share of complexes known per indicator, and what follows from it."""
    indicators = weighting.indicators_of(study.criteria)
    stands = assessment.alternatives(study)
    used = cells.loc[cells.index.get_level_values("complex_id").isin(stands)]
    scored, _ = estimates.scorable(
        used, study.criteria.loc[indicators, "unknown"], study.settings.unknowns
    )
    share = estimates.is_known(used).mean()[indicators]
    needed = study.settings.limits.coverage_needed
    return pd.DataFrame({
        "name": [study.labels[name] for name in indicators],
        "known": share,
        "flag": [
            messages.text(f"long_list.coverage.{'low' if value < needed else 'enough'}")
            for value in share
        ],
        "scored": [
            messages.text(f"long_list.scored.{'yes' if name in scored else 'no'}")
            for name in indicators
        ],
    }, index=indicators)  # fmt: skip


def tree(study: Study, result: Assessment) -> pd.DataFrame:
    """The value tree as it is scored: weight, anchors and why each indicator is there."""
    rows = study.criteria.loc[weighting.indicators_of(study.criteria)]
    return pd.DataFrame({
        "criterion": [study.labels[parent] for parent in rows["parent"]],
        "name": tables.texts(rows),
        "weight": [_weight(result.weights.get(name)) for name in rows.index],
        "worst": rows["worst"].map("{:,.12g}".format), "best": rows["best"].map("{:,.12g}".format),
        "unit": rows["unit"].map(listings.unit_name),
        "shape": [_shape(row) for _, row in rows.iterrows()],
        "why": tables.texts(rows, "why"),
        "anchors": tables.texts(rows, "anchors"),
    }).reset_index(drop=True)  # fmt: skip


def _shape(row: "pd.Series[Any]") -> Text:
    """Value function of an indicator, with the points that it passes."""
    shape, points = row.get("shape") or "linear", row.get("shape_points") or ""
    return messages.text(f"scores.shape.{shape}", points=points)


def _weight(weight: float | None) -> Text:
    if weight is None:
        return messages.text("scores.not_scored")
    return messages.formatted(weight, "percent1")


def ranking(study: Study, result: Assessment) -> pd.DataFrame:
    """Score, rank and how sure each rank is, best score first."""
    smaa = result.smaa
    frame = pd.DataFrame({
        "rank": scoring.ranks(result.scores), "name": study.names[result.scores.index],
        "score": result.scores, "expected_rank": smaa.expected_rank, "first": smaa.first,
        "top_ten": smaa.rank_acceptability.loc[:, 1:10].sum(axis=1), "coverage": result.coverage,
    })  # fmt: skip
    return frame.sort_values(["rank", "expected_rank"])


def _reasons(study: Study, result: Assessment) -> pd.DataFrame:
    known = estimates.is_known(result.performance)
    changeable = study.criteria["changeable"] == "yes"
    return scoring.reasons(result.values, result.weights, known, changeable)


def _label(study: Study, indicator: Any) -> Text:  # noqa: ANN401 - a cell of a table
    return study.labels[indicator] if indicator else messages.text("scores.nothing")


def reasons(study: Study, result: Assessment) -> pd.DataFrame:
    """One sentence per alternative: what holds it up, holds it back, is unknown, would lift it."""
    rows = _reasons(study, result)
    known = estimates.is_known(result.performance)[list(result.weights.index)]
    sentences = []
    for (_, row), is_known in zip(rows.iterrows(), known.loc[rows.index].to_numpy(), strict=True):
        unknown = [study.labels[name] for name in known.columns[~is_known]]
        sentences.append(messages.text(
            "scores.reason", up=_label(study, row["up"]), back=_label(study, row["back"]),
            unknown=listings.listed(unknown) if unknown else messages.text("scores.nothing"),
            lift=study.labels[row["lift"]], rank_after=row["rank_after"],
        ))  # fmt: skip
    frame = pd.DataFrame(
        {"rank": rows["rank"], "name": study.names[rows.index], "sentence": sentences},
        index=rows.index,
    )
    return frame.sort_values("rank")


def evidence(study: Study) -> Literal["public", "asked"]:
    """Whether all that is said rests on public facts, or on returned forms too."""
    return "public" if study.survey.participation.empty else "asked"


def verdict(study: Study, result: Assessment) -> Text:
    """What may be said, in one sentence, and what stands in the way of more."""
    said, limits = result.verdict, study.settings.limits
    why = []
    if said.rivals:
        others = [listings.name_of(study, other) for other in said.rivals]
        why.append(messages.text("scores.verdict.unstable", others=listings.listed(others)))
    if said.word == "no_recommendation":
        why.append(messages.text(
            "scores.verdict.uncovered", coverage=said.coverage, needed=limits.coverage_needed
        ))  # fmt: skip
    needed = limits.firm_share if said.word == "conditional" else limits.conditional_share
    if said.share < needed and said.word != "no_recommendation":
        why.append(messages.text("scores.verdict.not_often", needed=needed))
    key = f"none.{evidence(study)}" if said.word == "no_recommendation" else said.word
    return messages.text(
        f"scores.verdict.{key}", leader=listings.name_of(study, said.leader), share=said.share,
        coverage=said.coverage,
        why=Text("; ".join(text.ko for text in why), "; ".join(text.en for text in why)),
    )  # fmt: skip


def chosen(study: Study, result: Assessment) -> Text:
    """Where the complex chosen in 2020 comes out, how sure that is and what holds it there."""
    label = study.settings.limits.chosen_in_2020
    if not label:
        return messages.text("robustness.chosen.none")
    if label not in result.scores.index:
        return messages.text("scores.chosen.absent", name=label)
    row = ranking(study, result).loc[label]
    why = _reasons(study, result).loc[label]
    return messages.text(
        "scores.chosen.present", name=listings.name_of(study, label),
        rank=row["rank"], count=len(result.scores), expected=row["expected_rank"],
        first=row["first"], top_ten=row["top_ten"], coverage=row["coverage"],
        up=_label(study, why["up"]), back=_label(study, why["back"]),
    )  # fmt: skip


def chosen_with_caveat(study: Study, result: Assessment) -> Text:
    """The same, and what public facts can say of a choice made on a survey."""
    said = chosen(study, result)
    is_scored = study.settings.limits.chosen_in_2020 in result.scores.index
    if not is_scored or evidence(study) == "asked":
        return said
    return messages.text("robustness.chosen.caveat", chosen=said)


def leaders(study: Study, result: Assessment) -> Text:
    """Whether the complex that leads the draws is also first by score."""
    first, leader = str(result.scores.idxmax()), result.verdict.leader
    return messages.text(
        f"robustness.leaders.{'same' if first == leader else 'differ'}",
        first=listings.name_of(study, first), leader=listings.name_of(study, leader),
    )  # fmt: skip


def on_day(study: Study) -> Text:
    """What another day changes, if one is set to compare with."""
    day = study.settings.limits.compared_day
    if day is None:
        return messages.text("robustness.variants.none")
    return messages.text("robustness.variants.day", day=day)


def by_variant(study: Study, results: Mapping[str, Assessment]) -> pd.DataFrame:
    """Leader, verdict and the place of the complex chosen in 2020 in each variant."""
    label = study.settings.limits.chosen_in_2020
    rows = {}
    for key, result in results.items():
        stands = label in result.scores.index
        leader = result.verdict.leader
        rows[key] = {
            "variant": messages.text(
                f"robustness.variant.{key}", day=study.settings.limits.compared_day
            ),
            "alternatives": len(result.scores), "indicators": len(result.weights),
            "leader": listings.name_of(study, leader), "first": result.smaa.first[leader],
            "verdict": messages.text(f"findings.verdict.{result.verdict.word}"),
            "chosen_rank": scoring.ranks(result.scores)[label] if stands else None,
            "chosen_expected": result.smaa.expected_rank[label] if stands else None,
            "chosen_first": result.smaa.first[label] if stands else None,
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").set_index("variant")


def places(study: Study, result: Assessment) -> Places:
    """Everything the maps show."""
    detail = ranking(study, result)[["expected_rank", "first", "top_ten", "coverage"]]
    detail = detail.assign(top_three=result.smaa.among_first(3))
    known = result.performance[result.performance["source"] != ""]
    parents = study.criteria.loc[result.weights.index, "parent"]
    share = result.weights / result.weights.groupby(parents).transform("sum")
    by_criterion = (result.values * share).T.groupby(parents, sort=False).sum().T
    counts = grades(result.performance, list(result.weights.index)).T.apply(pd.Series.value_counts)
    bases = study.survey.fare_bases.rename(columns={"throughput_teu": "throughput"})
    facilities = study.survey.facilities
    airport = facilities[facilities["facility_id"] == study.settings.limits.airport]
    gates = pd.concat(
        [bases.assign(unit="TEU"), airport.rename(columns={"throughput_unit": "unit"})],
        ignore_index=True,
    )
    columns = ["kind", "name_ko", "name_en", "latitude", "longitude", "throughput", "unit",
               "source"]  # fmt: skip
    return Places(
        study.complexes.join(detail), by_criterion, counts.T.fillna(0).astype("int64"),
        known.groupby("complex_id")["source"].agg(lambda own: list(dict.fromkeys(own))),
        gates[columns], study.survey.industrial_complexes,
        study.survey.counties, study.survey.provinces,
    )  # fmt: skip


def first_by_treatment(result: Assessment) -> pd.DataFrame:
    """First-rank share by complex and treatment of unknowns, the highest of the main one first."""
    shares = {name: smaa.first for name, smaa in result.treatments.items()}
    return pd.DataFrame(shares).sort_values(assessment.MAIN, ascending=False)


def treatment_names(first: pd.DataFrame) -> "pd.Series[Any]":
    """Name of each treatment of unknowns."""
    texts = [messages.text(f"robustness.treatment.{name}") for name in first.columns]
    return pd.Series(texts, index=first.columns, dtype=object)


def central_weights(study: Study, result: Assessment, count: int) -> pd.DataFrame:
    """Mean criterion weights that make a complex first, and how sure it then is."""
    smaa = result.smaa
    order = smaa.first.loc[smaa.central_weights.index].sort_values(ascending=False).index[:count]
    parents = study.criteria.loc[result.weights.index, "parent"]
    by_criterion = smaa.central_weights.loc[order].T.groupby(parents, sort=False).sum().T
    head = pd.DataFrame({
        "name": study.names[order], "first": smaa.first[order],
        "confidence": smaa.confidence[order],
    })  # fmt: skip
    return head.join(by_criterion).rename_axis("complex_id")


def later_inputs(study: Study) -> pd.DataFrame:
    """Inputs of the score that were published only after the compared day, if one is set."""
    day = study.settings.limits.compared_day
    if day is None:
        return pd.DataFrame()
    past = changed(study, {"as_of": day})
    cells = assessment.performance(past)
    statistics = past.survey.industrial_complexes
    late = cells[assessment.later_dated(cells, day, past.settings.gathered)]
    rows = late.groupby("indicator", sort=False).agg(
        cells=("value", "size"), published=("published", "max"), source=("source", "first")
    )
    tenants = {
        "cells": int(screening.operating_firms(past.complexes, statistics).notna().sum()),
        "published": statistics["as_of"].max(), "source": statistics["source"].iloc[0],
        "name": messages.text("robustness.later.tenants"),
    }  # fmt: skip
    named = rows.assign(name=[study.labels[name] for name in rows.index])
    everything = pd.concat([named, pd.DataFrame([tenants])], ignore_index=True)
    everything["source"] = everything["source"].map(sourced)
    return everything[["name", "cells", "published", "source"]]

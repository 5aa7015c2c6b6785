"""The whole chain from the checked tables to the recommendation, step by step or in one call."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select import (
    economics,
    estimates,
    fares,
    geography,
    infrastructure,
    milkrun,
    resilience,
    robustness,
    scoring,
    screening,
    stability,
    survey,
    valuation,
    weighting,
)
from site_select.estimates import Unknowns
from site_select.study import Study, changed

MAIN = "prior"
COMPARED = {  # the dearest by far, computed only where the tree has them
    "saving_per_firm": economics.saving_per_firm,
    "shortage_days_avoided": resilience.shortage_days_avoided,
}


class Assessment(NamedTuple):
    """Everything the decision rests on.

    Attributes
    ----------
    performance
        Estimates by alternative and indicator, all indicators of the tree.
    criteria
        The tree with only the indicators that may enter the score.
    questions
        Indicators that too few complexes are known on: to be asked, not scored.
    redundant
        Indicators left out because an earlier one says the same.
    weights
        Stated weights by indicator of the score.
    values
        Expected partial value, alternative by indicator.
    levels
        Equally likely partial values under the main treatment of unknowns.
    scores
        Additive value of the expected partial values.
    treatments
        SMAA result by treatment of unknowns, the main one first.
    coverage
        Share of the whole tree's weight on known cells by alternative.
    recommendation
        What may be said on the evidence.
    """

    performance: pd.DataFrame
    criteria: pd.DataFrame
    questions: list[str]
    redundant: pd.DataFrame
    weights: pd.Series
    values: pd.DataFrame
    levels: pd.DataFrame
    scores: pd.Series
    treatments: Mapping[str, robustness.Smaa]
    coverage: pd.Series
    recommendation: robustness.Recommendation

    @property
    def smaa(self) -> robustness.Smaa:
        """Result under the main treatment of unknowns."""
        return self.treatments[MAIN]


def screen(study: Study) -> pd.DataFrame:
    """Verdict on every complex by every rule in force on the day of the decision."""
    firms = economics.root_firms(study, drift_per_year=0.0)
    return screening.verdicts(
        study.complexes, study.survey.complex_facts, firms, study.survey.industrial_complexes,
        rules(study),
    )  # fmt: skip


def rules(study: Study) -> pd.DataFrame:
    """Screening rules in force on the day of the decision."""
    return screening.rules_on(study.survey.rules, study.settings.as_of)


def alternatives(study: Study) -> pd.Index:
    """Complexes that no rule excludes."""
    status = screening.status(screen(study))
    return study.complexes.index[(status != screening.NOT_ELIGIBLE)[study.complexes.index]]


def harbours(study: Study) -> pd.DataFrame:
    """Distance and fare from each complex to each harbour that counts as a gate."""
    return fares.nearest_harbours(
        study.survey.port_distances, study.survey.fare_bases,
        minimum_teu=study.settings.limits.minimum_port_teu,
    )  # fmt: skip


def performance(study: Study) -> pd.DataFrame:
    """Estimates of every indicator of the tree for every candidate.

    A numeric fact under an indicator's own name takes the place of what a room computes, so a
    study that asked for lead times or origins only has to add the answers to its facts.
    """
    tables, labels = study.survey, study.complexes.index
    computed = _computed(study)
    told = {
        name: estimates.latest_number(
            tables.complex_facts, name, labels, drift_per_year=0.0, year=study.settings.as_of.year
        )
        for name in weighting.indicators_of(study.criteria)
    }
    # presence facts are read by their own room, which knows their levels
    kind = study.criteria["unknown"]
    every = {
        name: computed[name] if name in computed and kind[name] == "presence"
        else estimates.overlaid(computed.get(name), own)
        for name, own in told.items()
    }  # fmt: skip
    cells = estimates.stack(every)
    if study.settings.without_later:
        settings = study.settings
        late = later_dated(cells, settings.as_of, settings.gathered)
        cells.loc[late, ["low", "value", "high"]] = float("nan")
        cells.loc[late, "quality"] = "unknown"
    return cells


def _computed(study: Study) -> dict[str, pd.DataFrame]:
    """Estimates that the rooms compute, those of surveyed orders where there are any."""
    tables, candidates, firms = study.survey, study.complexes, economics.root_firms(study)
    gates, limits, labels = harbours(study), study.settings.limits, study.complexes.index
    items, facts = import_items(study), tables.complex_facts
    computed = {
        "origin_concentration": stability.origin_concentration(candidates, items),
        "firms_sharing_one_order": milkrun.firms_sharing_one_order(candidates, firms),
        "shared_logistics": infrastructure.shared_logistics(facts, labels),
        "ordering_body": infrastructure.ordering_body(facts, labels),
        "warehouse_land": infrastructure.warehouse_land(candidates, tables.industrial_complexes),
        "other_shared_facilities": infrastructure.other_shared_facilities(facts, labels),
        "port_haulage_fare": geography.port_haulage_fare(gates, labels),
        "second_port_extra_km": geography.second_port_extra_km(gates, labels),
        "airport_km": geography.airport_km(candidates, tables.facilities, limits.airport),
        "neighbour_root_firms": geography.neighbour_root_firms(
            candidates, firms, catchment_km=limits.catchment_km
        ),
    }
    wanted = [name for name in COMPARED if name in study.criteria.index]
    found = economics.own_comparisons(study) if wanted else []
    computed |= {name: COMPARED[name](study, found) for name in wanted}
    asked = stability.surveyed(
        tables.orders, tables.overseas_places, labels,
        split_is_known=study.settings.logistics.split_is_known,
    )  # fmt: skip
    for name, own in asked.items():
        computed[name] = estimates.overlaid(computed.get(name), own)
    return computed


def import_items(study: Study) -> pd.DataFrame:
    """Concentration of the imported items that root branches use."""
    return stability.item_concentration(
        study.survey.branch_imports,
        year=study.settings.as_of.year,
        branches=study.survey.branches["branch"],
    )


def later_dated(cells: pd.DataFrame, day: dt.date, gathered: dt.date) -> pd.Series:
    """Whether each known cell rests on something published after the day."""
    public = survey.published_by(cells, day, gathered, with_undated=True)
    return cells["value"].notna() & ~public


def assess(study: Study) -> Assessment:
    """Score the alternatives and see how far the result can be trusted.

    Parameters
    ----------
    study
        The study.
    """
    stands = alternatives(study)
    cells = performance(study)
    cells = cells.loc[cells.index.get_level_values("complex_id").isin(stands)]
    kind = study.criteria.loc[weighting.indicators_of(study.criteria), "unknown"]
    scored, questions = estimates.scorable(cells, kind, study.settings.unknowns)
    known = cells["value"].unstack("indicator")[scored]
    better = np.sign(study.criteria["best"] - study.criteria["worst"])[scored]
    redundant = robustness.redundant(
        known * better, limit=study.settings.limits.redundant_correlation
    )
    tree, weights = _weighted_tree(study, scored, redundant)
    scored = list(weights.index)
    used = cells.loc[cells.index.get_level_values("indicator").isin(scored)]
    levels = {
        name: partial_levels(study, used, tree, unknowns)
        for name, unknowns in treatments(study.settings.unknowns).items()
    }
    results = {
        name: robustness.smaa(
            level, tree, n_samples=study.settings.n_samples, seed=study.settings.seed
        )
        for name, level in levels.items()
    }
    values = levels[MAIN].mean(axis=1).unstack("indicator").loc[stands, scored]
    # over the whole tree: what nobody knows must not make the rest look well known
    coverage = estimates.coverage(
        cells, weighting.from_points(study.criteria, study.settings.points)
    )
    advice = robustness.recommend(
        results, coverage, coverage_needed=study.settings.limits.coverage_needed
    )
    return Assessment(
        cells, tree, questions, redundant, weights, values, levels[MAIN],
        scoring.additive_value(values, weights), results, coverage, advice,
    )  # fmt: skip


def _weighted_tree(
    study: Study, scored: list[str], redundant: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the tree that is scored, without redundant indicators and those of no weight."""
    kept = [name for name in scored if name not in set(redundant["dropped"])]
    weights = weighting.from_points(weighting.within(study.criteria, kept), study.settings.points)
    weights = weights[weights > 0]
    return weighting.within(study.criteria, list(weights.index)), weights


def treatments(unknowns: Unknowns) -> dict[str, Unknowns]:
    """Ways to draw the unknown cells: as set, at other priors, and over the whole anchor range."""
    return {
        MAIN: unknowns,
        "low_prior": replace(unknowns, presence_prior=0.1),
        "high_prior": replace(unknowns, presence_prior=0.9),
        "whole_anchor_range": replace(unknowns, whole_anchor_range=True),
    }


def partial_levels(
    study: Study, cells: pd.DataFrame, tree: pd.DataFrame, unknowns: Unknowns
) -> pd.DataFrame:
    """Equally likely partial values of every cell under one treatment of unknowns."""
    branches = study.complexes["branch_set"]
    drawn = estimates.equally_likely(cells, tree, branches, unknowns)
    return valuation.partial_values(drawn, tree)


def variants(study: Study, *, n_samples: int) -> dict[str, Assessment]:
    """Assess the same study with other evidence: pilot's outcomes, an earlier day, no later facts.

    Parameters
    ----------
    study
        The study as set.
    n_samples
        Draws of each variant.

    Returns
    -------
    dict
        ``now``, ``now_with_outcomes`` and, for the compared day, ``then``, ``then_with_undated``
        and ``then_without_later``, which also does without tables published only after that day.
    """
    now = changed(study, {"n_samples": n_samples})
    day = study.settings.limits.compared_day
    results = {
        "now": assess(now),
        "now_with_outcomes": assess(changed(now, {"with_outcomes": True})),
    }
    if day is None:
        return results
    past = changed(now, {"as_of": day})
    return results | {
        "then": assess(past),
        "then_with_undated": assess(changed(past, {"with_undated": True})),
        "then_without_later": assess(changed(past, {"without_later": True})),
    }


def open_questions(result: Assessment) -> pd.DataFrame:
    """Unknown cells of the score, the one whose answer could move the result most first."""
    known = estimates.is_known(result.performance)
    return robustness.questions(result.levels, known, result.weights, result.smaa.first)

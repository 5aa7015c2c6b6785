"""The whole chain from the checked tables to the recommendation, step by step or in one call."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd

from site_select import (
    ahp,
    coherence,
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
    verdicts,
    weighting,
)
from site_select.errors import SettingsError
from site_select.estimates import Unknowns
from site_select.study import Study, changed

MAIN = "prior"
COMPARED = {  # the dearest by far, computed only where the tree has them
    "saving_per_firm": economics.saving_per_firm,
    "shortage_days_avoided": resilience.shortage_days_avoided,
}
# what they rest on besides the sites of a study and their comparisons
ALSO_READ = ("disruption_parameters", "exchange_rates", "overseas_places", "price_levels")
KEPT: dict[str, dict[str, pd.DataFrame]] = {}  # by all that they rest on
MOST_KEPT = 8


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
    panel
        What the evaluators say, if any judged and no weights are stated.
    weights
        Weights by indicator of the score: as stated, else of the panel, else from points.
    draw
        Random weights: as stated and fixed, else around the panel, else free over the tree.
    ruled_out
        Veto broken by complex that may not stand for it.
    expected
        Expected partial value, alternative by indicator, under each treatment of unknowns.
    levels
        Equally likely partial values under the main treatment of unknowns.
    scores
        Additive value of the expected partial values.
    treatments
        SMAA result by treatment of unknowns, the main one first.
    coverage
        Share of the whole tree's weight on known cells by alternative.
    verdict
        What may be said on the evidence.
    """

    performance: pd.DataFrame
    criteria: pd.DataFrame
    questions: list[str]
    redundant: pd.DataFrame
    panel: ahp.Group | None
    weights: pd.Series
    draw: robustness.Draw
    ruled_out: pd.Series
    expected: Mapping[str, pd.DataFrame]
    levels: pd.DataFrame
    scores: pd.Series
    treatments: Mapping[str, robustness.Smaa]
    coverage: pd.Series
    verdict: verdicts.Verdict

    @property
    def values(self) -> pd.DataFrame:
        """Expected partial value, alternative by indicator, under the main treatment."""
        return self.expected[MAIN]

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
    """Screening rules in force on the day whose rules hold."""
    settings = study.settings
    return screening.rules_on(study.survey.rules, settings.rules_day or settings.as_of)


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
    computed |= _compared(study, [name for name in COMPARED if name in study.criteria.index])
    asked = stability.surveyed(
        tables.orders, tables.overseas_places, labels,
        split_is_known=study.settings.logistics.split_is_known,
    )  # fmt: skip
    for name, own in asked.items():
        computed[name] = estimates.overlaid(computed.get(name), own)
    return computed


def _compared(study: Study, wanted: list[str]) -> dict[str, pd.DataFrame]:
    """Indicators made from the comparison of both chains, once for all variants of equal sites."""
    if not wanted:
        return {}
    tables = [getattr(study.survey, name) for name in ALSO_READ]
    settings, index = study.settings, list(study.complexes.index)
    every = economics.sites(study)
    key = joblib.hash((wanted, index, every, tables, settings.logistics, settings.seed))
    if key not in KEPT:
        found = economics.own_comparisons(study, every)
        if len(KEPT) == MOST_KEPT:
            KEPT.pop(next(iter(KEPT)))
        KEPT[key] = {name: COMPARED[name](study, found) for name in wanted}
    return KEPT[key]


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
    base = _basis(study, performance(study))
    stands, cells, weights, tree = base.stands, base.cells, base.weights, base.tree
    draw = _draw(study, base.judged, tree, weights)
    levels = {
        name: partial_levels(study, base.used, tree, unknowns)
        for name, unknowns in treatments(study.settings.unknowns).items()
    }
    settings, limits = study.settings, study.settings.limits
    results = {
        name: robustness.smaa(
            level, tree, n_samples=settings.n_samples, seed=settings.seed, draw=draw
        ) for name, level in levels.items()
    }  # fmt: skip
    values = {name: level.mean(axis=1).unstack("indicator").loc[stands, list(weights.index)]
              for name, level in levels.items()}  # fmt: skip
    # over the whole tree: what nobody knows must not make the rest look well known
    coverage = estimates.coverage(cells, _whole_weights(study, base.judged, weights, base.kept))
    judged = None if settings.weights else base.judged  # stated weights are nobody's judgement
    said = verdicts.verdict(
        results, coverage, coverage_needed=limits.coverage_needed, firm_share=limits.firm_share,
        conditional_share=limits.conditional_share,
    )  # fmt: skip
    return Assessment(
        cells, tree, base.questions, base.redundant, judged, weights, draw, base.ruled_out,
        values, levels[MAIN],
        scoring.additive_value(values[MAIN], weights), results, coverage, said,
    )  # fmt: skip


class _Basis(NamedTuple):
    """What is scored, of whom and with which weights, before anything is drawn."""

    stands: pd.Index
    ruled_out: pd.Series
    cells: pd.DataFrame
    kept: list[str]
    questions: list[str]
    redundant: pd.DataFrame
    judged: ahp.Group | None
    weights: pd.Series
    tree: pd.DataFrame

    @property
    def used(self) -> pd.DataFrame:
        """Cells of the indicators that are scored."""
        return self.cells.loc[
            self.cells.index.get_level_values("indicator").isin(self.weights.index)
        ]


def _basis(study: Study, cells: pd.DataFrame) -> _Basis:
    stands, ruled_out = _standing(study, cells)
    cells = cells.loc[cells.index.get_level_values("complex_id").isin(stands)]
    kept, questions, redundant = _kept(study, cells)
    judged = panel(study)
    weights = group_weights(study, judged, weighting.within(study.criteria, kept))
    weights = weights[weights > 0]
    tree = weighting.within(study.criteria, list(weights.index))
    return _Basis(stands, ruled_out, cells, kept, questions, redundant, judged, weights, tree)


def expected_scores(study: Study, cells: pd.DataFrame) -> pd.Series:
    """Scores of the alternatives as `assess` has them, without any simulation.

    Parameters
    ----------
    study
        The study.
    cells
        Result of `performance`.
    """
    base = _basis(study, cells)
    levels = partial_levels(study, base.used, base.tree, study.settings.unknowns)
    values = levels.mean(axis=1).unstack("indicator").loc[base.stands, list(base.weights.index)]
    return scoring.additive_value(values, base.weights)


def _kept(study: Study, cells: pd.DataFrame) -> tuple[list[str], list[str], pd.DataFrame]:
    """Indicators that may be scored, those to ask about, and pairs that say the same."""
    kind = study.criteria.loc[weighting.indicators_of(study.criteria), "unknown"]
    scored, questions = estimates.scorable(cells, kind, study.settings.unknowns)
    known = cells["value"].unstack("indicator")[scored]
    better = np.sign(study.criteria["best"] - study.criteria["worst"])[scored]
    limit = study.settings.limits.redundant_correlation
    redundant = coherence.redundant(known * better, limit=limit)
    return [name for name in scored if name not in set(redundant["dropped"])], questions, redundant


def panel(study: Study) -> ahp.Group | None:
    """What the evaluators of a study say together, if any judged."""
    judgements = study.survey.judgements
    return None if judgements.empty else ahp.group(judgements, **asdict(study.settings.judging))


def by_evaluator(study: Study, judged: ahp.Group, tree: pd.DataFrame) -> pd.DataFrame:
    """Weights of each evaluator on the indicators of a tree, times the points of the settings."""
    own = judged.priorities.droplevel("parent", axis=1)
    own = own.reindex(columns=own.columns.union(list(study.settings.points)), fill_value=1.0)
    own = own.mul(pd.Series(study.settings.points, dtype="float64").reindex(own.columns).fillna(1))
    return pd.DataFrame({
        evaluator: weighting.from_points(tree, own.loc[evaluator].to_dict())
        for evaluator in own.index
    }).T  # fmt: skip


def group_weights(study: Study, judged: ahp.Group | None, tree: pd.DataFrame) -> pd.Series:
    """Weights of the indicators of a tree: as stated, or the geometric mean of the evaluators."""
    if study.settings.weights:
        return _stated(study, weighting.indicators_of(tree))
    if judged is None:
        return weighting.from_points(tree, study.settings.points)
    own = by_evaluator(study, judged, tree)
    mean = own.prod() ** (1 / len(own))
    return (mean / mean.sum()).rename("weight")


def _stated(study: Study, indicators: list[str]) -> pd.Series:
    own = pd.Series(study.settings.weights, dtype="float64").reindex(indicators).fillna(0.0)
    if not own.sum() > 0:
        raise SettingsError(
            f"weights of {', '.join(indicators)} are all 0, and no other indicator can be scored: "
            "give at least one of them more"
        )
    return (own / own.sum()).rename("weight")


def _whole_weights(
    study: Study, judged: ahp.Group | None, weights: pd.Series, kept: list[str]
) -> pd.Series:
    """Weights over the whole tree, from which coverage is counted.

    Stated weights speak only of what is scored: each indicator moves as far from its weight by
    panel or points as was stated, and what is not scored keeps its part.
    """
    plain = replace(study, settings=replace(study.settings, weights={}))
    whole = group_weights(plain, judged, study.criteria)
    if not study.settings.weights:
        return whole
    own = group_weights(plain, judged, weighting.within(study.criteria, kept))
    stated = weights.reindex(kept).fillna(0.0)
    moved = (whole[kept] * stated / own).where(own > 0, stated)
    whole = whole.mask(whole.index.isin(kept), moved.reindex(whole.index))
    return whole / whole.sum()


def fixed(weights: pd.Series, n_samples: int, generator: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """Draw the same weights every time: the data alone are uncertain."""
    return np.tile(weights.to_numpy(), (n_samples, 1))


def _draw(
    study: Study, judged: ahp.Group | None, tree: pd.DataFrame, weights: pd.Series
) -> robustness.Draw:
    if study.settings.weights:
        return partial(fixed, weights)
    if judged is None or len(judged.priorities) < 2:  # noqa: PLR2004 - one voice has no spread
        return partial(weighting.random, tree)
    return partial(weighting.around, by_evaluator(study, judged, tree))


def _standing(study: Study, cells: pd.DataFrame) -> tuple[pd.Index, pd.Series]:
    """Complexes that may stand, and the vetoes that rule others out."""
    stands = alternatives(study)
    if "veto" not in study.criteria:
        return stands, pd.Series(dtype=object)
    indicators = weighting.indicators_of(study.criteria)
    known = cells["value"].unstack("indicator").loc[stands, indicators]
    broken = scoring.ruled_out(known, study.criteria.loc[indicators])
    return stands[~stands.isin(broken.index)], broken


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

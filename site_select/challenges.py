"""What a hostile meeting would try: other weights, other data, other methods, other members.

Every function takes an assessment and gives one table, with labels of complexes, criteria and
indicators; sentences are made elsewhere.
"""

from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select import (
    assessment,
    confidentiality,
    estimates,
    flips,
    information,
    multiverse,
    scoring,
    stability,
    valuation,
    verdicts,
    weighting,
)
from site_select.assessment import Assessment
from site_select.errors import SettingsError
from site_select.study import Study

SHOWN = 8
WITH_FIRMS = 3  # complexes whose firms are left out one by one
TAIL = 5  # per cent of the equally likely values beyond the ends of a tornado bar
MADE_UP_STUDIES = 1_000
WORTH_DRAWS = 20_000


class Flips(NamedTuple):
    """Smallest changes that make each rival first, nearest rival first.

    Attributes
    ----------
    criteria, indicators
        Of the weights of the criteria (shares within each kept), and of all indicators.
    cells
        Of one cell, with ``performance_from, performance_to`` in its unit.
    evaluators
        Of the say of one evaluator; empty without a panel.
    answers
        Result of `able_firms`.
    """

    criteria: pd.DataFrame
    indicators: pd.DataFrame
    cells: pd.DataFrame
    evaluators: pd.DataFrame
    answers: pd.DataFrame


def on_criteria(result: Assessment) -> tuple[pd.DataFrame, pd.Series]:
    """Values and weights of the criteria, the indicators of each put together."""
    parent = result.criteria.loc[result.weights.index, "parent"]
    weights = result.weights.groupby(parent, sort=False).sum()
    parts = scoring.contributions(result.values, result.weights, result.criteria)
    return parts[weights.index] / weights, weights


def weight_intervals(result: Assessment) -> pd.DataFrame:
    """Interval of each weight in which the first, and the first three, stay the same.

    Criteria first, then indicators; the other weights keep their proportions.
    """
    pairs = [on_criteria(result), (result.values, result.weights)]
    first, three = (
        pd.concat([flips.stability_intervals(*pair, top=top) for pair in pairs]) for top in (1, 3)
    )
    return first.join(three[["low", "high"]].add_suffix("_top"))


def smallest_changes(study: Study, result: Assessment) -> Flips:
    """Find the smallest change of each kind that makes a rival first.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.
    """
    values, weights = result.values, result.weights
    cells = flips.cell_flips(values, weights)
    ends = {end: _performance(study, cells, f"value_{end}") for end in ("from", "to")}
    cells = cells.assign(**{f"performance_{end}": found for end, found in ends.items()})
    judged = result.panel
    own = assessment.by_evaluator(study, judged, result.criteria) if judged else None
    return Flips(
        flips.weight_flips(*on_criteria(result)), flips.weight_flips(values, weights), cells,
        pd.DataFrame() if own is None else flips.evaluator_flips(values, own),
        able_firms(study, result),
    )  # fmt: skip


def _performance(study: Study, cells: pd.DataFrame, column: str) -> list[float]:
    return [
        valuation.performance_at(value, study.criteria.loc[criterion])
        for criterion, value in zip(cells["criterion"], cells[column], strict=True)
    ]


def able_firms(study: Study, result: Assessment) -> pd.DataFrame:
    """How many firms of each complex could each, by one other answer, make a rival first.

    An answer may lie anywhere from 0 to the larger anchor of its indicator, or to the firm's own.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.

    Returns
    -------
    pandas.DataFrame
        ``rival, whose, able, firms``; empty without surveyed orders.
    """
    told, cells = _targets(study, result)
    on = [["whose", "criterion"], ["complex_id", "indicator"]]
    rows = cells.merge(told, left_on=on[0], right_on=on[1])
    mean = (rows["answer"] * rows["share"]).groupby(
        [rows["rival"], *(rows[name] for name in on[0])]
    )
    needed = rows["answer"] + (rows["target"] - mean.transform("sum")) / rows["share"]
    anchors = study.criteria[["worst", "best"]].astype("float64").max(axis=1)
    most = np.maximum(rows["criterion"].map(anchors), rows["answer"])
    size = study.survey.orders.groupby(confidentiality.FIRM)["firms"].first().rename("firms")
    is_able = needed.between(0, most).groupby([rows["rival"], rows["whose"], rows["firm"]]).any()
    table = is_able.rename("able").reset_index()
    table = table.merge(size, left_on=["whose", "firm"], right_index=True)
    table["able"] *= table["firms"]
    return table.groupby(["rival", "whose"])[["able", "firms"]].sum().reset_index()


def answer_flips(study: Study, result: Assessment) -> pd.DataFrame:
    """Smallest change of one firm's answer that makes each rival first; names the firm: restricted.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.
    """
    told, cells = _targets(study, result)
    asked = cells["criterion"].unique()
    bounds = pd.DataFrame({"low": 0.0, "high": np.inf}, index=asked)
    found = flips.answer_flips(cells, told, bounds=bounds)
    nearest = (found["answer_to"] - found["answer_from"]).abs().groupby(found["rival"]).idxmin()
    return found.loc[nearest]


def _targets(study: Study, result: Assessment) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Firms' answers, and the performance that makes each rival first where it is their mean."""
    told = stability.answers(study.survey.orders)
    asked = sorted(set(told["indicator"]) & set(result.weights.index))
    cells = flips.cell_flips(result.values, result.weights, asked, every=True)
    return told, cells.assign(target=_performance(study, cells, "value_to"))


def worlds(result: Assessment) -> multiverse.Multiverse:
    """Rank the complexes in every combination of treatment, value function, method and weights."""
    flat = pd.Series(1 / len(result.weights), result.weights.index)
    every = {
        "group": result.weights,
        "criteria_alike": weighting.from_points(result.criteria),
        "indicators_alike": flat,
    }
    alike = pd.DataFrame({"direction": "max"}, flat.index)
    with suppress(SettingsError):  # a sample that tells nothing apart weighs nothing
        every["entropy"] = weighting.entropy(result.values)
        every["critic"] = weighting.critic(result.values, alike)
    _, criteria = on_criteria(result)
    parent = result.criteria.loc[result.weights.index, "parent"]
    for name in criteria.index:
        tilted = result.weights * np.where(parent == name, 2.0, 1.0)
        every[f"double:{name}"] = tilted / tilted.sum()
    distinct = {
        name: weights for number, (name, weights) in enumerate(every.items())
        if not any(np.allclose(weights, other) for other in list(every.values())[:number])
    }  # fmt: skip
    return multiverse.run(result.expected, distinct)


def left_out(study: Study, result: Assessment) -> pd.DataFrame:
    """Who is first when one complex, criterion, indicator or evaluator is left out.

    Returns
    -------
    pandas.DataFrame
        ``kind, name, leader, lead`` (score of the leader less that of the next).
    """
    first = result.scores.idxmax()
    rows = [("complex", first, result.scores.drop(first))] if len(result.scores) > 1 else []
    parent = result.criteria.loc[result.weights.index, "parent"]
    for kind, group in (("criterion", parent), ("indicator", parent.index.to_series())):
        for name in group.unique():
            rest = result.weights[group != name]
            if len(rest):
                scores = scoring.additive_value(result.values[rest.index], rest / rest.sum())
                rows.append((kind, name, scores))
    told = [(kind, name, scores.idxmax(), _lead(scores)) for kind, name, scores in rows]
    judged = result.panel
    if judged:
        own = assessment.by_evaluator(study, judged, result.criteria)
        found = flips.leave_one_out(result.values, own)
        told += [("evaluator", *row) for row in found.itertuples(name=None)]
    return pd.DataFrame(told, columns=["kind", "name", "leader", "lead"])


def _lead(scores: pd.Series) -> float:
    first, *rest = scores.nlargest(2)
    return float(first - rest[0]) if rest else float("nan")


def tornado(result: Assessment) -> tuple[pd.DataFrame, float]:
    """Lead of the first complex over the next if one of their cells lies at an end of its spread.

    Returns
    -------
    tuple
        By complex and indicator, the widest first: ``low, high``, the lead over the best other at
        the 5% and the 95% point of the cell; and the lead as it stands.
    """
    first, *others = map(str, result.scores.nlargest(2).index)
    cells = result.levels.loc[[first, *others]] if others else result.levels[:0]
    ends = cells.quantile([TAIL / 100, 1 - TAIL / 100], axis=1).T.to_numpy()
    rows = {}
    for (label, indicator), cell in zip(cells.index, ends, strict=True):
        moved = (cell - result.values.loc[label, indicator]) * result.weights[indicator]
        if cell[0] < cell[1]:
            rows[label, indicator] = [
                _lead_of(result.scores, first, label, change) for change in moved
            ]
    index = pd.MultiIndex.from_arrays(
        [*zip(*rows, strict=True)] or [[], []], names=["complex_id", "indicator"]
    )
    frame = pd.DataFrame(list(rows.values()), index, columns=["low", "high"])
    order = (frame["high"] - frame["low"]).abs().sort_values(ascending=False).index
    return frame.loc[order], _lead(result.scores)


def _lead_of(scores: pd.Series, first: str, label: str, change: float) -> float:
    moved = scores.copy()
    moved[label] += change
    return float(moved[first] - moved.drop(first).max())


def questions(result: Assessment) -> pd.DataFrame:
    """Unknown cells in the order in which asking is worth most."""
    known = estimates.is_known(result.performance).stack()
    asked = information.cells(result.levels, result.weights)
    keys = pd.MultiIndex.from_frame(asked[["complex_id", "indicator"]])
    return asked[~known.reindex(keys).to_numpy(dtype=bool)].reset_index(drop=True)


def gains(study: Study, result: Assessment) -> tuple[pd.Series, float]:
    """Worth of learning one indicator for every complex, most first, and of learning everything.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.
    """
    found = information.indicators(result.levels, result.weights).set_index("indicator")["gain"]
    whole = information.everything(
        result.levels, result.weights, n_samples=WORTH_DRAWS, seed=study.settings.seed
    )
    return found[found > 0], float(whole["gain"])


def error_rates(result: Assessment, *, seed: int) -> pd.DataFrame:
    """How often the leader would be the wrong one, in made-up studies with gaps like these."""
    known = estimates.is_known(result.performance).loc[result.values.index, result.weights.index]
    made_up = verdicts.simulated(
        result.levels, known, result.draw, n_studies=MADE_UP_STUDIES, seed=seed
    )
    return verdicts.error_rates(made_up)


def left_out_firms(study: Study, result: Assessment) -> pd.DataFrame:
    """Who is first without all that one firm of the first three complexes ordered; names the firm.

    Parameters
    ----------
    study
        The study.
    result
        Its assessment.

    Returns
    -------
    pandas.DataFrame
        ``complex_id, firm, firms, leader, lead`` and ``changes``, whether that is another leader;
        pages may show only how many firms change it.
    """
    orders = study.survey.orders
    first = result.scores.nlargest(WITH_FIRMS).index
    found = [
        (str(label), firm, int(own["firms"].iloc[0]),
         _scores_with(study, result, str(label), rows.drop(index=own.index)))
        for label, rows in orders[orders["complex_id"].isin(first)].groupby("complex_id")
        for firm, own in rows.groupby("firm", sort=False)
        if len(own) < len(rows)
    ]  # fmt: skip
    told = [(*who, scores.idxmax(), _lead(scores)) for *who, scores in found]
    table = pd.DataFrame(told, columns=["complex_id", "firm", "firms", "leader", "lead"])
    return table.assign(changes=table["leader"] != result.scores.idxmax())


def _scores_with(study: Study, result: Assessment, label: str, orders: pd.DataFrame) -> pd.Series:
    """Scores with other orders of one complex."""
    alone = replace(
        study, complexes=study.complexes.loc[[label]],
        survey=replace(study.survey, orders=orders),
    )  # fmt: skip
    cells = assessment.performance(alone)
    from_orders = {*stability.SURVEYED, *assessment.COMPARED} & set(result.weights.index)
    is_told = cells.index.get_level_values("indicator").isin(from_orders) & cells["value"].notna()
    cells = cells[is_told]
    drawn = estimates.triangular(cells["low"], cells["value"], cells["high"])
    values = valuation.partial_values(drawn, study.criteria).mean(axis=1).droplevel(0)
    change = (values - result.values.loc[label][values.index]) * result.weights[values.index]
    return result.scores.add(pd.Series({label: change.sum()}), fill_value=0.0)

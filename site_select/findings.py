"""What a meeting reads of weights, flips and worlds: tables and sentences, in both languages."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from site_select import (
    ahp,
    assessment,
    challenges,
    coherence,
    confidentiality,
    estimates,
    listings,
    messages,
    scoring,
)
from site_select.assessment import Assessment
from site_select.challenges import Flips
from site_select.messages import Text
from site_select.multiverse import Multiverse
from site_select.study import Study

COHERENCE_FORMATS = {
    "weight": "percent1", "say": "percent1", "spread": "score", "known": "percent",
    "skewness": "score", "kurtosis": "score",
}  # fmt: skip
CONSISTENCY_FORMATS = {"ratio": "score3"}
RULE_FORMATS = dict.fromkeys(["used", "joint", "without_extremes", "lowest", "highest"], "percent1")
METHODS = ("additive", "geometric", "topsis", "vikor", "promethee")
WORLD_FORMATS = {"share": "percent1"}
LEFT_OUT_FORMATS = {"lead": "score3"}
QUESTION_FORMATS = {"gain": "score3", "changes": "percent1"}
ERROR_FORMATS = {
    "share": "percent",
    "hidden": "percent",
    "wrong": "percent",
    "low": "percent",
    "high": "percent",
    "regret": "score3",
    "worst_regret": "score3",
}
LEAST_CHANGE = 0.0005  # of a weight, as it is printed
NOTHING = Text("–", "–")


def sound(study: Study, result: Assessment) -> pd.DataFrame:
    """Whether each indicator may speak: weight, real say, spread, gaps, outliers, nearest twin."""
    names = list(result.weights.index)
    performance = result.performance["value"].unstack("indicator")[names]
    say = coherence.effective_weights(result.values, result.weights)
    anchors = study.criteria.loc[names, ["worst", "best"]]
    towards_best = np.sign(anchors["best"] - anchors["worst"])
    alike = coherence.correlations(performance * towards_best)
    shape = coherence.outliers(performance).reindex(names)
    known = estimates.is_known(result.performance)[names].mean()
    twins = [alike[name].drop(name).dropna() for name in names]
    return pd.DataFrame({
        "name": [study.labels[name] for name in names],
        "weight": say["weight"], "say": say["say"], "spread": say["spread"], "known": known,
        **{name: shape[name].astype(object).where(shape[name].notna(), NOTHING)
           for name in ("skewness", "kurtosis")},
        "flag": [messages.text(f"findings.outlier.{'yes' if flag else 'no'}")
                 for flag in shape["flagged"]],
        "twin": [
            messages.text("findings.twin", name=study.labels[twin.abs().idxmax()],
                          size=twin[twin.abs().idxmax()])
            if len(twin) else NOTHING for twin in twins
        ],
    }, index=names)  # fmt: skip


def weights_text(study: Study, result: Assessment) -> Text:
    """Say whose the weights are, who was left out, and how far the evaluators agree."""
    judged, points = result.panel, study.settings.points
    stated = listings.listed([
        messages.text("findings.weights.point", name=study.labels[name], points=f"{value:g}")
        for name, value in points.items()
    ]) if points else messages.text("scores.nothing")  # fmt: skip
    if judged is None:
        return messages.text("findings.weights.stated", points=stated)
    left_out = [Text(who, who) for who in judged.left_out]
    return messages.text(
        "findings.weights.panel", count=len(judged.priorities), consensus=judged.consensus,
        left_out=listings.listed(left_out) if left_out else messages.text("scores.nothing"),
        limit=study.settings.judging.ratio_limit, points=stated,
    )  # fmt: skip


def opinions(study: Study, result: Assessment) -> pd.DataFrame:
    """Weight of each criterion by evaluator; empty without a panel."""
    if result.panel is None:
        return pd.DataFrame()
    own = assessment.by_evaluator(study, result.panel, result.criteria)
    parent = result.criteria.loc[own.columns, "parent"]
    return own.T.groupby(parent, sort=False).sum().T


def by_rule(study: Study, result: Assessment) -> pd.DataFrame:
    """Weights of the criteria by other rules of making one of many; empty without a panel."""
    if result.panel is None:
        return pd.DataFrame()
    judgements = study.survey.judgements
    own = opinions(study, result)
    free = ahp.group(judgements, aggregate="AIJ", ratio_limit=float("inf"))
    rules = {"used": challenges.on_criteria(result)[1], "joint": free.local.droplevel("parent")}
    if len(own) >= ahp.LEAST_TO_DROP:
        limit = study.settings.judging.ratio_limit
        rest = ahp.group(judgements, drop_extremes=True, ratio_limit=limit)
        rules["without_extremes"] = rest.local.droplevel("parent")
    table = pd.DataFrame({name: weights[own.columns] for name, weights in rules.items()})
    table = table.assign(lowest=own.min(), highest=own.max())
    table.insert(0, "name", study.labels[own.columns])
    return table.rename_axis(None)


def consistency(study: Study, result: Assessment) -> pd.DataFrame:
    """How far each evaluator's judgements contradict each other, and the one to ask again."""
    if result.panel is None:
        return pd.DataFrame()
    rows = result.panel.consistency
    root = messages.text("findings.goal")
    repairs = [
        messages.text(
            "findings.repair", first=study.labels[row["first"]], second=study.labels[row["second"]],
            found=_judged(row["found"]), mended=_judged(row["mended"]),
        ) if row["is_over"] and row["first"] else NOTHING
        for _, row in rows.iterrows()
    ]  # fmt: skip
    return pd.DataFrame({
        "evaluator": rows["evaluator"],
        "parent": [study.labels.get(parent, root) for parent in rows["parent"]],
        "ratio": rows["ratio"],
        "flag": [messages.text(f"findings.ratio.{'over' if over else 'within'}")
                 for over in rows["is_over"]],
        "repair": repairs,
    })[rows["ratio"].ge(0.0005).to_numpy()]  # fmt: skip


def _judged(ratio: float) -> str:
    """Write a judgement as its evaluator did: 5, or 1/5."""
    return f"{ratio:.2g}" if ratio >= 1 else f"1/{1 / ratio:.2g}"


def by_method(study: Study, result: Assessment, count: int) -> pd.DataFrame:
    """Rank of the first complexes under every method, on the partial values."""
    values, weights = result.values, result.weights
    alike = pd.DataFrame({
        "direction": "max", "preference_function": "linear", "q": 0.05, "p": 0.3, "s": 0.0,
    }, index=weights.index)  # fmt: skip
    ranks = pd.DataFrame({
        "additive": scoring.ranks(scoring.additive_value(values, weights)),
        "geometric": scoring.ranks(scoring.geometric_mean(values.clip(lower=0.01), weights)),
        "topsis": scoring.topsis(values, weights, criteria=alike).ranks,
        "vikor": scoring.vikor(values, weights, criteria=alike).ranks,
        "promethee": scoring.promethee(values, weights, criteria=alike).ranks,
    })  # fmt: skip
    undominated = scoring.pareto_set(values, alike)
    ranks.insert(0, "name", study.names[ranks.index])
    told = ["no" if label in undominated else "yes" for label in ranks.index]
    said = [messages.text(f"findings.dominated.{word}") for word in told]
    ranks["dominated"] = pd.Series(said, ranks.index, dtype=object)
    return ranks.sort_values(list(METHODS)).head(count).rename_axis("complex_id")


def flips(study: Study, result: Assessment, found: Flips, count: int) -> pd.DataFrame:
    """What would make each of the nearest rivals first, a sentence for each kind of change."""
    order = result.smaa.expected_rank.drop(result.scores.idxmax()).nsmallest(count).index
    known = estimates.is_known(result.performance).stack()
    value = result.performance["value"]
    nearest = {
        "cell": _nearest(found.cells.assign(
            told=[value[cell] if known[cell] else float("nan")
                  for cell in zip(found.cells["whose"], found.cells["criterion"], strict=True)]
        )),
        "evaluator": _nearest(found.evaluators),
    }  # fmt: skip
    sentence = {"cell": _cell_flip, "evaluator": _evaluator_flip}
    none = {kind: messages.text(f"findings.flip.no_{kind}") for kind in nearest}
    weights = {"weights": (found.indicators, result.weights),
               "criteria": (found.criteria, challenges.on_criteria(result)[1])}  # fmt: skip
    rows = {
        label: {
            "name": study.names[label],
            **{kind: _weight_flip(study, table.loc[label], now)
               for kind, (table, now) in weights.items()},
            **{kind: sentence[kind](study, rows.loc[label]) if label in rows.index else none[kind]
               for kind, rows in nearest.items() if len(rows)},
            **({"answer": _answer_flip(study, found.answers, label)} if len(found.answers) else {}),
        }
        for label in order
    }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("complex_id")


def _nearest(rows: pd.DataFrame) -> pd.DataFrame:
    """First row of each rival: tables of flips are sorted, the nearest first."""
    return rows if rows.empty else rows.drop_duplicates("rival").set_index("rival")


def _weight_flip(study: Study, row: "pd.Series[Any]", now: "pd.Series[float]") -> Text:
    if not row["feasible"]:
        return messages.text("findings.flip.no_weights")
    after = row[now.index].to_numpy(dtype="float64")
    changes = [
        messages.text("findings.flip.weight", name=study.labels[str(name)], before=old, after=new)
        for name, old, new in zip(now.index, now, after, strict=True)
        if abs(new - old) >= LEAST_CHANGE
    ]
    return messages.text(
        "findings.flip.weights", share=row["distance"], changes=listings.listed(changes)
    )


def _cell_flip(study: Study, row: "pd.Series[Any]") -> Text:
    """From what is told of a known cell; of an unknown one from what its draws are worth."""
    is_unknown = messages.is_unknown(row["told"])
    return messages.text(
        f"findings.flip.{'unknown' if is_unknown else 'cell'}",
        whose=listings.name_of(study, row["whose"]), indicator=study.labels[row["criterion"]],
        before=_figure(row["performance_from"] if is_unknown else row["told"]),
        after=_figure(row["performance_to"]), unit=_unit(study, row["criterion"]),
    )  # fmt: skip


def _evaluator_flip(_: Study, row: "pd.Series[Any]") -> Text:
    if row["say_to"] == 0:
        return messages.text("findings.flip.without", evaluator=row["evaluator"])
    return messages.text("findings.flip.say", evaluator=row["evaluator"], say=row["say_to"])


def _answer_flip(study: Study, rows: pd.DataFrame, rival: str) -> Text:
    """How many firms of which complex could do it alone; neither who nor by what answer."""
    able = rows[(rows["rival"] == rival) & (rows["able"] > 0)]
    said = [_told(study, *row) for row in able[["whose", "able", "firms"]].to_numpy()]
    return listings.listed(said) if said else messages.text("findings.flip.no_answer")


def _told(study: Study, label: str, count: int, of: int) -> Text:
    least = study.settings.limits.minimum_firms
    said = confidentiality.told(int(count), int(of), minimum_firms=least)
    return messages.text("findings.flip.firms", complex_id=label, told=said)


def _figure(number: float) -> str:
    """Four significant digits, thousands parted."""
    return f"{float(f'{number:.4g}'):,.12g}"


def _unit(study: Study, indicator: str) -> Text:
    return listings.unit_name(str(study.criteria.loc[indicator, "unit"]))


def largest_tie(found: Flips) -> float:
    """Largest gap that is left when the tie of each flip is computed anew."""
    tables = [found.criteria, found.indicators, found.cells, found.evaluators]
    ties = [table["tie"].abs().max() for table in tables if len(table)]
    return float(max(1e-12, *ties))  # scores that close are taken as equal


def choice_names(worlds: Multiverse) -> Mapping[str, Text]:
    """Name of every choice of the worlds."""
    return {name: messages.text(f"findings.choice.{name}") for name in worlds.worlds.columns}


def option_names(study: Study, worlds: Multiverse) -> Mapping[tuple[str, str], Text]:
    """Name of every option of every choice."""
    return {
        (str(choice), option): _option_name(study, option)
        for choice in worlds.worlds for option in worlds.worlds[choice].unique()
    }  # fmt: skip


def _option_name(study: Study, option: str) -> Text:
    kind, _, criterion = option.partition(":")
    if criterion:
        return messages.text("findings.option.double", name=study.labels[criterion])
    return messages.text(f"findings.option.{kind.replace('-', '_')}")


def worlds(study: Study, found: Multiverse, count: int) -> pd.DataFrame:
    """Share of the worlds in which each complex is first, and the ranks it takes in them."""
    share = found.share.sort_values(ascending=False).head(count)
    ranks = found.ranks[share.index]
    return pd.DataFrame({
        "name": study.names[share.index], "share": share, "best": ranks.min(),
        "median": ranks.median().round().astype("int64"), "worst": ranks.max(),
    }).rename_axis("complex_id")  # fmt: skip


def left_out(study: Study, rows: pd.DataFrame, firms: pd.DataFrame) -> pd.DataFrame:
    """Who is first when one thing is left out; of firms only how many change it."""
    named = {**study.names.to_dict(), **study.labels.to_dict()}
    table = pd.DataFrame({
        "kind": [messages.text(f"findings.left_out.{kind}") for kind in rows["kind"]],
        "name": [named.get(name, Text(str(name), str(name))) for name in rows["name"]],
        "leader": [listings.name_of(study, label) for label in rows["leader"]],
        "lead": rows["lead"],
    })  # fmt: skip
    counted = firms.assign(count=firms["firms"] * firms["changes"])
    counts = counted.groupby("complex_id")[["count", "firms"]].sum()
    least = study.settings.limits.minimum_firms
    said = [
        messages.text("findings.left_out.firms", told=confidentiality.told(
            *map(int, row), minimum_firms=least)) for row in counts.to_numpy()
    ]  # fmt: skip
    of_firms = pd.DataFrame({
        "kind": messages.text("findings.left_out.firm"), "name": study.names[counts.index],
        "leader": pd.Series(said, counts.index, dtype=object), "lead": NOTHING,
    })  # fmt: skip
    return pd.concat([table.astype({"lead": object}), of_firms], ignore_index=True)


def cell_names(study: Study, index: pd.MultiIndex) -> "pd.Series[Any]":
    """Complex and indicator of each cell, short enough for an axis."""
    texts = [
        messages.text("findings.cell", complex_id=label, indicator=study.labels[indicator])
        for label, indicator in index
    ]
    return pd.Series(texts, index=index, dtype=object)


def gains(study: Study, found: "pd.Series[Any]") -> pd.DataFrame:
    """Worth of each indicator with its name, for a figure."""
    return pd.DataFrame({"label": study.labels[found.index], "gain": found})


def questions(study: Study, asked: pd.DataFrame, count: int) -> pd.DataFrame:
    """What to ask first: the unknown cells whose answers are worth most to the choice."""
    first = asked[asked["gain"] > 0].head(count)
    return pd.DataFrame({
        "order": range(1, len(first) + 1),
        "name": [listings.name_of(study, label) for label in first["complex_id"]],
        "indicator": [study.labels[name] for name in first["indicator"]],
        "gain": first["gain"].to_numpy(), "changes": first["changes"].to_numpy(),
    }).set_index("order")  # fmt: skip


def ruled_out(study: Study, result: Assessment) -> Text:
    """Complexes that a veto rules out, with what they broke."""
    said = [
        messages.text("findings.ruled_out", name=listings.name_of(study, str(label)),
                      broken=listings.listed([study.labels[name] for name in broken.split(", ")]))
        for label, broken in result.ruled_out.astype("str").items()
    ]  # fmt: skip
    return listings.listed(said) if said else messages.text("scores.nothing")


def weights_drawn(result: Assessment) -> Text:
    """Say how the weights of the simulation were drawn."""
    count = 0 if result.panel is None else len(result.panel.priorities)
    kind = ("free", "single", "panel")[min(count, 2)]
    return messages.text(f"robustness.weights.{kind}")


def narrowest(intervals: pd.DataFrame) -> str:
    """Criterion or indicator whose weight has the least room on one side."""
    room = pd.concat(
        [
            intervals["weight"] - intervals["low"].where(intervals["low"] > 0),
            intervals["high"].where(intervals["high"] < 1) - intervals["weight"],
        ],
        axis=1,
    )
    return str(room.min(axis=1).fillna(1.0).idxmin())  # fmt: skip


def shown(worlds: Multiverse) -> list[str]:
    """Complexes that get a colour of their own in the strip of worlds."""
    return list(worlds.share[worlds.share > 0].sort_values(ascending=False).index[:5])


def worlds_said(study: Study, worlds: Multiverse) -> dict[str, Any]:
    """What the sentence on the worlds names."""
    leader = str(worlds.share.idxmax())
    return {
        "count": len(worlds.worlds), "distinct": len(worlds.ranks.drop_duplicates()),
        "leader": listings.name_of(study, leader),
        "share": worlds.share[leader],
        "choice": choice_names(worlds)[str(worlds.shares_of_choice["total"].idxmax())],
    }  # fmt: skip


def choices_first(worlds: Multiverse) -> pd.DataFrame:
    """Choices of every world, the one that matters most first."""
    return worlds.worlds[worlds.shares_of_choice["total"].sort_values(ascending=False).index]

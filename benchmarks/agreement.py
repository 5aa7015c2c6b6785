"""Who agrees with the publications: this package and three others on published examples.

``python benchmarks/agreement.py``, in the environment of ``make peers``, writes
``docs/agreement.md``. Every program is called as its documentation calls it.
"""

import datetime as dt
import json
import math
import platform
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from site_select import ahp, coherence, robustness, scoring, verdicts, weighting

try:
    import pymcdm
    from pyDecision import algorithm as pydecision
    from pymcdm.weights.subjective import AHP
    from skcriteria import agg, mkdm
    from skcriteria.pipelines import mkpipe
    from skcriteria.preprocessing import invert_objectives, scalers, weighters
except ImportError:  # the tests look at our own column only
    pymcdm = None

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "tests" / "published"
PAGE = ROOT / "docs" / "agreement.md"
PROGRAMS = ("site-select", "pymcdm", "scikit-criteria", "pyDecision")
RUN = "python benchmarks/agreement.py"
NO_METHOD, AGREES = "no such method", "agrees"
DRAWS, CASE_DRAWS = 1_000_000, 100_000
FIRM, CONDITIONAL, NOISE = 0.9, 0.7, 0.25
ASEM_SOURCE = (
    "Becker, W. et al. (2022). COINr. Journal of Open Source Software 7(78), 4567. "
    "doi:10.21105/joss.04567"
)

Record = Mapping[str, Any]
Run = Callable[[Record], Any]
Ways = Mapping[str, Run]  # by option, the first as users call it


@cache
def records() -> dict[str, Record]:
    """Published tables by name."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in
            sorted(PUBLISHED.glob("*.json"))}  # fmt: skip


# what the programs take


def performance(record: Record) -> pd.DataFrame:
    """Alternative by criterion."""
    labels, names = record["alternatives"], record["criteria"]
    return pd.DataFrame(record["matrix"], labels, names, dtype="float64")


def weights(record: Record) -> pd.Series:
    """Weight by criterion, printed ones divided by their sum."""
    given = pd.Series(record["weights"], record["criteria"], dtype="float64")
    return given / given.sum()


def criteria(record: Record) -> pd.DataFrame:
    """Direction and, where there is one, preference function by criterion."""
    columns = ("direction", "preference_function", "q", "p", "s")
    given = {name: record[name] for name in columns if name in record}
    return pd.DataFrame(given, record["criteria"])


def judgements(record: Record) -> dict[str, np.ndarray]:
    """Pairwise matrix by what is judged, the goal first."""
    return {
        name: np.array([[float(Fraction(cell)) for cell in row] for row in rows])
        for name, rows in record["judgements"].items()
    }


def table(record: Record) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrix, weights and direction (1, -1) as pymcdm and pyDecision take them."""
    sign = np.where(np.array(record["direction"]) == "max", 1, -1)
    return performance(record).to_numpy(), weights(record).to_numpy(), sign


def decision(record: Record) -> Any:  # noqa: ANN401 - a class of scikit-criteria
    """Decision matrix of scikit-criteria."""
    given = weights(record) if "weights" in record else None
    return mkdm(performance(record).to_numpy(), record["direction"], weights=given)


def composite(local: Callable[[np.ndarray], np.ndarray], record: Record) -> np.ndarray:
    """Priorities of the alternatives from those of the goal and of each criterion."""
    goal, *others = judgements(record).values()
    return local(goal) @ np.array([local(one) for one in others])


# ours


def _acceptability(record: Record, share: str, *, is_ordinal: bool = False) -> np.ndarray:
    order = dict.fromkeys(record["criteria"], 0)
    order = {name: number for number, name in enumerate(order, 1)}
    draw = partial(weighting.ordered, order) if is_ordinal else None
    result = robustness.smaa(performance(record), n_samples=DRAWS, seed=1, draw=draw)
    return getattr(result, share).to_numpy()


def _priorities(matrix: np.ndarray) -> ahp.Priorities:
    return ahp.priorities(pd.DataFrame(matrix))


def _scored(method: Callable[..., Any], record: Record) -> Any:  # noqa: ANN401
    return method(performance(record), weights(record), criteria=criteria(record))


def _relation(record: Record) -> np.ndarray:
    found = _scored(scoring.promethee, record).relation.to_numpy(copy=True)
    np.fill_diagonal(found, "")
    return found


def _log_product(record: Record) -> np.ndarray:
    shares = performance(record) / performance(record).sum()
    return np.log10(scoring.geometric_mean(shares, weights(record)))


def _surrogate(method: str, record: Record) -> np.ndarray:
    del record  # closed forms for 2, 3, 4, 5 and 8 criteria
    ranks = [{f"g{rank}": rank for rank in range(1, count + 1)} for count in (2, 3, 4, 5, 8)]
    return np.concatenate([weighting.rank_order(one, method=method) for one in ranks])


def _not_dominated(record: Record) -> np.ndarray:
    stands = scoring.pareto_set(performance(record), criteria(record))
    return np.isin(record["alternatives"], stands)


# theirs


def _pymcdm_promethee(record: Record) -> np.ndarray:
    q, p = record["q"], record["p"]
    return pymcdm.methods.PROMETHEE_II("vshape_2", q=q, p=p)(*table(record))


def _skcriteria_topsis(record: Record) -> np.ndarray:
    pipe = mkpipe(
        invert_objectives.NegateMinimize(), scalers.VectorScaler("matrix"),
        scalers.SumScaler("weights"), agg.topsis.TOPSIS(),
    )  # fmt: skip
    return pipe.evaluate(decision(record)).e_.similarity


def _skcriteria_product(record: Record) -> np.ndarray:
    pipe = mkpipe(scalers.SumScaler("both"), agg.simple.WeightedProductModel())
    return pipe.evaluate(decision(record)).e_.score


def _pydecision_topsis(record: Record) -> np.ndarray:
    given = performance(record).to_numpy(), weights(record), record["direction"]
    return pydecision.topsis_method(*given, graph=False, verbose=False)


def _pydecision_vikor(record: Record) -> np.ndarray:
    given = performance(record).to_numpy(), weights(record), record["direction"]
    by_q = pydecision.vikor_method(*given, graph=False, verbose=False)[2]
    return by_q[np.argsort(by_q[:, 0]), 1]


def _pydecision_preferences(record: Record) -> tuple[Any, ...]:
    matrix, given, sign = table(record)
    kinds = {"gaussian": "t6", "level": "t4", "linear": "t5"}
    functions = [kinds[name] for name in record["preference_function"]]
    return matrix * sign, given, record["q"], record.get("s"), record["p"], functions


def _pydecision_flows(record: Record) -> np.ndarray:
    given = _pydecision_preferences(record)
    return pydecision.promethee_ii(*given, sort=False, verbose=False)[:, 1]


def _pydecision_relation(record: Record) -> np.ndarray:
    found = pydecision.promethee_i(*_pydecision_preferences(record))
    return np.where(found == "P+", "P", np.where(found == "-", "", found))


def _pydecision_product(record: Record) -> np.ndarray:
    matrix, given, _ = table(record)
    return np.log10(pydecision.waspas_method(matrix, record["direction"], given, 0.5, False)[1])  # noqa: FBT003


def _pydecision_surrogate(method: str, record: Record) -> np.ndarray:
    del record
    ranks = [[f"g{rank}" for rank in range(1, count + 1)] for count in (2, 3, 4, 5, 8)]
    return np.concatenate([getattr(pydecision, method)(one) for one in ranks])


def _pydecision_ahp(wanted: int, derivation: str, record: Record) -> np.ndarray:
    return pydecision.ahp_method(judgements(record)["goal"], wd=derivation)[wanted]


def _pydecision_composite(derivation: str, record: Record) -> np.ndarray:
    return composite(lambda one: pydecision.ahp_method(one, wd=derivation)[0], record)


def _skcriteria_weights(name: str, record: Record) -> np.ndarray:
    return getattr(weighters, name)().transform(decision(record)).weights.to_numpy()


def _surrogates(ours: str, theirs: str) -> dict[str, Ways]:
    return {
        "site-select": {"": partial(_surrogate, ours)},
        "pyDecision": {"": partial(_pydecision_surrogate, theirs)},
    }


PROMETHEE_2 = {
    "site-select": {"": lambda one: _scored(scoring.promethee, one).scores},
    "pymcdm": {"": _pymcdm_promethee},
    "pyDecision": {"": _pydecision_flows},
}
CALLS: Mapping[tuple[str, str], Mapping[str, Ways]] = {
    ("TOPSIS", "scores"): {
        "site-select": {"": lambda one: _scored(scoring.topsis, one).scores},
        "pymcdm": {
            "": lambda one: pymcdm.methods.TOPSIS()(*table(one)),
            "TOPSIS(vector_normalization)": lambda one: pymcdm.methods.TOPSIS(
                pymcdm.normalizations.vector_normalization
            )(*table(one)),
        },
        "scikit-criteria": {"": _skcriteria_topsis},
        "pyDecision": {"": _pydecision_topsis},
    },
    ("VIKOR", "scores"): {
        "site-select": {"": lambda one: _scored(scoring.vikor, one).scores},
        "pymcdm": {"": lambda one: pymcdm.methods.VIKOR()(*table(one))},
        "scikit-criteria": {"": lambda one: agg.vikor.VIKOR().evaluate(decision(one)).e_.q_k},
        "pyDecision": {"": _pydecision_vikor},
    },
    ("PROMETHEE II", "scores"): PROMETHEE_2,
    ("PROMETHEE", "net flows"): {
        name: ways for name, ways in PROMETHEE_2.items() if name != "pymcdm"
    },
    ("PROMETHEE", "relation"): {
        "site-select": {"": _relation}, "pyDecision": {"": _pydecision_relation},
    },
    ("CRITIC", "weights"): {
        "site-select": {"": lambda one: weighting.critic(performance(one), criteria(one))},
        "pymcdm": {"": lambda one: pymcdm.weights.critic_weights(performance(one).to_numpy())},
        "scikit-criteria": {"": partial(_skcriteria_weights, "CRITIC")},
        "pyDecision": {"": lambda one: pydecision.critic_method(
            performance(one).to_numpy(), one["direction"])},
    },
    ("Entropy", "weights"): {
        "site-select": {"": lambda one: weighting.entropy(performance(one))},
        "pymcdm": {"": lambda one: pymcdm.weights.entropy_weights(performance(one).to_numpy())},
        "scikit-criteria": {"": partial(_skcriteria_weights, "EntropyWeighter")},
        "pyDecision": {
            "": lambda one: pydecision.entropy_method(
                performance(one).to_numpy(), one["direction"]),
            "all criteria as max": lambda one: pydecision.entropy_method(
                performance(one).to_numpy(), ["max"] * len(one["criteria"])),
        },
    },
    ("Weighted product", "log10 scores"): {
        "site-select": {"": _log_product},
        "pymcdm": {"": lambda one: np.log10(pymcdm.methods.WPM()(*table(one)))},
        "scikit-criteria": {"": _skcriteria_product},
        "pyDecision": {"": _pydecision_product},
    },
    ("AHP", "weights"): {
        "site-select": {"": lambda one: _priorities(judgements(one)["goal"]).weights},
        "pymcdm": {"": lambda one: AHP(matrix=judgements(one)["goal"])()},
        "pyDecision": {
            "": partial(_pydecision_ahp, 0, "m"), "wd='me'": partial(_pydecision_ahp, 0, "me"),
        },
    },
    ("AHP", "consistency ratio"): {
        "site-select": {"": lambda one: _priorities(judgements(one)["goal"]).consistency_ratio},
        "pymcdm": {"": lambda one: AHP(matrix=judgements(one)["goal"]).get_cr()},
        "pyDecision": {
            "": partial(_pydecision_ahp, 1, "m"), "wd='me'": partial(_pydecision_ahp, 1, "me"),
        },
    },
    ("AHP", "composite"): {
        "site-select": {"": partial(composite, lambda one: _priorities(one).weights.to_numpy())},
        "pymcdm": {"": partial(composite, lambda one: AHP(matrix=one)())},
        "pyDecision": {
            "": partial(_pydecision_composite, "m"),
            "wd='me'": partial(_pydecision_composite, "me"),
        },
    },
    ("Surrogate weights", "rank order centroid"): _surrogates("roc", "roc_method"),
    ("Surrogate weights", "rank sum"): _surrogates("rs", "rsw_method"),
    ("Surrogate weights", "rank reciprocal"): _surrogates("rr", "rrw_method"),
    ("Pareto", "not dominated"): {
        "site-select": {"": _not_dominated},
        "scikit-criteria": {"": lambda one: ~decision(one).dominance.dominated().to_numpy()},
    },
    ("SMAA", "rank acceptability"): {
        "site-select": {"": lambda one: _acceptability(one, "rank_acceptability")},
    },
    ("SMAA", "central weights"): {
        "site-select": {"": lambda one: _acceptability(one, "central_weights")},
    },
    ("SMAA ordinal", "rank acceptability"): {
        "site-select": {
            "": lambda one: _acceptability(one, "rank_acceptability", is_ordinal=True),
        },
    },
}  # fmt: skip
REASONS = {
    ("TOPSIS", "pymcdm"): "by default scales each criterion from its least to its largest value "
    "(min-max); the publications divide by the length of the column",
    ("Entropy", "pyDecision"): "replaces a minimised criterion by 1/x before the entropy",
    ("Weighted product", "pyDecision"): "has the model only inside WASPAS, on 1 + min-max values",
    ("AHP", "pymcdm"): "its random indices are others (Rao Tummala & Ling 1998: 1.3952 for eight "
    "items, Saaty 1.41)",
    ("AHP", "pyDecision"): "by default takes row means of the normalised columns, not the "
    "principal eigenvector",
}


# agreement


def examples() -> Iterator[tuple[str, str]]:
    """Names of the published tables with an expected value of a method, and that value."""
    for name, record in sorted(records().items(), key=lambda item: item[1]["method"]):
        yield from ((name, what) for what in record["expected"] if what != "ranks")


def source_number(name: str) -> str:
    """Place of a table in the list of sources."""
    return f"[{sorted([*records(), 'asem']).index(name) + 1}]"


def compared(found: Any, expected: Any, tolerance: float) -> str:  # noqa: ANN401
    """Say whether an outcome is the published one, else how far off it is."""
    wanted, given = np.asarray(expected), np.asarray(found)
    if wanted.dtype.kind == "U":
        wrong = int((wanted != given).sum())
        return AGREES if not wrong else f"{wrong} of {wanted.size} differ"
    wanted, given = (array.astype("float64").ravel() for array in (wanted, given))
    if np.isnan(given).any():
        return "returns NaN"
    off = float(abs(wanted - given).max())
    if off <= tolerance * (1 + 1e-6):
        return AGREES
    if wanted.size == 1:
        return f"differs by {off:.2g}"
    orders = [scoring.ranks(pd.Series(array)).tolist() for array in (wanted, given)]
    return f"differs by {off:.2g}, {'same' if orders[0] == orders[1] else 'other'} ranks"


def outcome(run: Run, record: Record, expected: Any, tolerance: float) -> str:  # noqa: ANN401
    """Call a program, quietly, and say what came of it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return compared(run(record), expected, tolerance)
        except Exception as error:  # noqa: BLE001 - whatever a program raises
            return f"raises {type(error).__name__}"


@cache
def cell(name: str, what: str, program: str) -> str:
    """What a program makes of one published value."""
    record = records()[name]
    ways = CALLS[record["method"], what].get(program)
    if not ways:
        return NO_METHOD
    said = [
        outcome(run, record, record["expected"][what], record["tolerance"]) for run in ways.values()
    ]
    also = [f"{word} with `{option}`" for option, word in zip(ways, said, strict=True) if option]
    return "; ".join([said[0], *(also if said[0] != AGREES else [])])


def example_row(name: str, what: str, programs: tuple[str, ...] = PROGRAMS) -> str:
    """Write the line of one published value."""
    record = records()[name]
    title = f"{record['method']}, {record['title']}: {what} {source_number(name)}"
    return "| " + " | ".join([title, *(cell(name, what, program) for program in programs)]) + " |"


def reasons() -> list[str]:
    """One line for every program and method with a difference."""
    differing = {
        (records()[name]["method"], program): None
        for name, what in examples() for program in PROGRAMS
        if not cell(name, what, program).startswith((AGREES, NO_METHOD))
    }  # fmt: skip
    return [f"- {program}, {method}: {REASONS[method, program]}." for method, program in differing]


# tables that a program should refuse, or see through


def _called_twice(record: Record) -> np.ndarray:
    method = pymcdm.methods.PROMETHEE_II("vshape_2", q=record["q"], p=record["p"])
    method(*table(record))
    return method(*table(record))


def unusual() -> dict[str, tuple[Record, Any, Mapping[str, Run]]]:
    """Record, expected outcome and calls by what is unusual."""
    fighter, facility = records()["topsis_fighter"], records()["facility_promethee"]
    scores = fighter["expected"]["scores"]
    topsis, vikor = (
        {name: list(ways.values())[-1] for name, ways in CALLS[method, "scores"].items()}
        for method in ("TOPSIS", "VIKOR")
    )
    constant = fighter | {
        "criteria": [*fighter["criteria"], "same"], "direction": [*fighter["direction"], "max"],
        "weights": [*fighter["weights"], 0.25],
        "matrix": [[*row, 5.0] for row in fighter["matrix"]],
    }  # fmt: skip
    empty = fighter | {"matrix": [[math.nan, *fighter["matrix"][0][1:]], *fighter["matrix"][1:]]}
    written = fighter | {"direction": [word.title() for word in fighter["direction"]]}
    by_words = {name: run for name, run in topsis.items() if name != "pymcdm"}
    twice = {name: ways[""] for name, ways in PROMETHEE_2.items()} | {"pymcdm": _called_twice}
    return {
        "TOPSIS, directions written `Max` and `Min`": (written, scores, by_words),
        "TOPSIS, one more criterion that is the same for all": (constant, scores, topsis),
        "VIKOR, one more criterion that is the same for all":
            (constant, _scored(scoring.vikor, fighter).scores, vikor),
        "TOPSIS, an empty cell (NaN)": (empty, scores, topsis),
        "PROMETHEE II, the same object called again":
            (facility, facility["expected"]["scores"], twice),
    }  # fmt: skip


def unusual_row(what: str, programs: tuple[str, ...] = PROGRAMS) -> str:
    """Write the line of one unusual table."""
    record, expected, calls = unusual()[what]
    tolerance = max(record["tolerance"], 1e-9)
    said = [
        outcome(calls[name], record, expected, tolerance) if name in calls else "-"
        for name in programs
    ]
    return "| " + " | ".join([what, *said]) + " |"


# how fragile the published winners are


class Case(NamedTuple):
    """A published decision: who was chosen, and on what."""

    title: str
    method: str
    winner: str
    performance: pd.DataFrame
    weights: pd.Series
    criteria: pd.DataFrame

    @property
    def values(self) -> pd.DataFrame:
        """From 0, the worst of the sample, to 1, its best."""
        oriented = self.performance * np.where(self.criteria["direction"] == "max", 1, -1)
        return (oriented - oriented.min()) / (oriented.max() - oriented.min())


def cases() -> dict[str, Case]:
    """Published decisions by name."""
    return {
        name: Case(
            f"{one['title']} {source_number(name)}", one["method"],
            one["alternatives"][one["expected"]["ranks"].index(1)], performance(one), weights(one),
            criteria(one)[["direction"]],
        )
        for name, one in records().items() if "ranks" in one["expected"]
    } | {"asem": asem()}  # fmt: skip


def asem() -> Case:
    """Connectivity of 51 countries: per head or GDP, gaps by the mean of the group, treated."""
    raw, tree, scores = (
        pd.read_csv(PUBLISHED / f"asem_{name}.csv", index_col=0)
        for name in ("performance", "tree", "scores")
    )
    names = weighting.indicators_of(tree)
    divisors = tree.loc[names, "denominator"].dropna()
    filled = raw[names].astype("float64")
    filled[divisors.index] /= raw[divisors].to_numpy()
    filled = filled.fillna(filled.groupby(raw["group"]).transform("mean"))
    return Case(
        f"Connectivity of 51 countries {source_number('asem')}", "weighted means of a tree",
        str(scores["rank"].idxmin()), coherence.treated(filled),
        weighting.from_points(tree), tree.loc[names, ["direction"]],
    )  # fmt: skip


def winners(case: Case) -> dict[str, str]:
    """Who is first by method; joint winners joined by commas."""
    given, kinds = (case.performance, case.weights), {"criteria": case.criteria}
    values = case.values
    ranks = {
        "additive": scoring.ranks(scoring.additive_value(values, case.weights)),
        "geometric": scoring.ranks(
            scoring.geometric_mean(values.clip(lower=robustness.LEAST_VALUE), case.weights)
        ),
        "TOPSIS": scoring.topsis(*given, **kinds).ranks,
        "VIKOR": scoring.vikor(*given, **kinds).ranks,
        "PROMETHEE": scoring.promethee(*given, **kinds).ranks,
    }
    return {name: ", ".join(found.index[found == 1]) for name, found in ranks.items()}


class Fragility(NamedTuple):
    """First-rank shares of the published winner, and the word of our verdict."""

    near_share: float
    free_share: float
    verdict: verdicts.Verdict


def fragility(case: Case) -> Fragility:
    """Simulate weights within 25% of the published ones, and any weights at all."""

    def near(count: int, generator: np.random.Generator) -> np.ndarray:
        noise = generator.uniform(1 - NOISE, 1 + NOISE, (count, len(case.weights)))
        drawn = case.weights.to_numpy() * noise
        return drawn / drawn.sum(axis=1, keepdims=True)

    around, free = (
        robustness.smaa(case.values, n_samples=CASE_DRAWS, seed=1, draw=draw)
        for draw in (near, None)
    )
    word = verdicts.verdict(
        {"published": around}, pd.Series(1.0, case.values.index), coverage_needed=1.0,
        firm_share=FIRM, conditional_share=CONDITIONAL,
    )  # fmt: skip
    return Fragility(around.first[case.winner], free.first[case.winner], word)


def case_row(case: Case, found: Mapping[str, str], shares: Fragility) -> str:
    """Write the line of one published decision."""
    said = shares.verdict.word.replace("_", " ")
    said += "" if shares.verdict.leader == case.winner else f" ({shares.verdict.leader} leads)"
    size = "{} × {}".format(*case.performance.shape)
    words = [
        f"{case.title}, {size}", case.method, case.winner,
        *("=" if who == case.winner else who for who in found.values()),
        f"{shares.near_share:.0%}", f"{shares.free_share:.0%}", said,
    ]  # fmt: skip
    return "| " + " | ".join(words) + " |"


def cases_section() -> list[str]:
    """Table of the published decisions and what it adds up to."""
    every = [(case, winners(case), fragility(case)) for case in cases().values()]
    count = len(every)
    agreeing = [set(found.values()) == {case.winner} for case, found, _ in every]
    steady = sum(shares.near_share >= 0.95 for _, _, shares in every)  # noqa: PLR2004
    kept = sum(case.winner == shares.verdict.leader for case, _, shares in every)
    words = pd.Series([shares.verdict.word.replace("_", " ") for *_, shares in every])
    told = ", ".join(f"{word} {number}" for word, number in words.value_counts().items())
    apart = int(((words == "firm") & ~np.array(agreeing)).sum())
    names = " | ".join(every[0][1])
    head = f"| decision, alternatives × criteria | method | winner | {names} | "
    return [
        head + "first, weights ±25% | first, any weights | verdict |",
        "|---|---|---|---|---|---|---|---|--:|--:|---|",
        *(case_row(*row) for row in every),
        FOUND.format(
            count=count, agreeing=sum(agreeing), kept=kept, steady=steady, told=told, apart=apart
        ),
    ]


def sources() -> list[str]:
    """Where each table was published, and where its numbers were read."""
    every = {name: (one["source"], one["read_from"]) for name, one in records().items()}
    every["asem"] = ASEM_SOURCE, "its data sets; the pipeline is run again"
    return [
        f"{number}. {source.rstrip('.')}. Read from: {read}."
        for number, (_, (source, read)) in enumerate(sorted(every.items()), 1)
    ]


# the page

INTRODUCTION = """# Who agrees with the publications

Published examples of the methods of this package, run through it and three others. Each program is
called as its documentation calls it; where another option is needed to agree, it is named. Made by
`{run}` in the environment of `make peers`, {date}:
{versions}, Python {python}.

*agrees*: every number is the published one, to the last digit printed (the closeness of the fighter
aircraft to one unit of it: the book rounds on the way; simulated shares to 0.002). *differs by*:
the largest difference of any number, and whether the order is still the published one. Where one of
these programs gave the numbers (see the sources), that it agrees with itself proves nothing.

## Published examples
"""
UNUSUAL = """
## Unusual tables

The fighter aircraft with one thing changed; pymcdm with vector normalisation, so that it would
agree without the change. Expected are the scores without it. `-`: does not apply.
"""
UNUSUAL_REASONS = """
pyDecision takes every word but `max` for min, in silence. A PROMETHEE object of pymcdm works once.
"""
CASES = """
## Published cases

How fragile is a published winner? `=`: first by that method too. Additive and geometric (values
below {least} count as {least}) from the worst to the best of the sample, VIKOR with v = 0.5,
PROMETHEE II with the usual preference. *First*: share of {draws:,} weight vectors with which the
published winner is first by the additive model: each weight within ±25% of the published one, then
divided by their sum; and uniform over all weights. *Verdict*: what `verdicts.verdict` says of the
alternative that leads within ±25%: firm from {firm:.0%}, conditional from {conditional:.0%}, every
cell being known. Most publications have another method: another winner is nobody's error.
"""
FOUND = """
- All five methods agree with the publication in **{agreeing} of {count}** cases.
- Within ±25% of the weights the published winner leads in {kept} of {count} cases, and is first in
  95% of the draws or more in {steady}.
- Verdicts: {told}. In {apart} of the firm cases another method names another winner: a verdict
  speaks of weights and data under one model, not of the choice of the model.
"""


def page() -> str:
    """Write the whole page."""
    names = " | ".join(PROGRAMS)
    packages = ", ".join(f"{name} {version(name)}" for name in PROGRAMS)
    intro = INTRODUCTION.format(
        run=RUN, date=dt.datetime.now(dt.UTC).date(), versions=packages,
        python=platform.python_version(),
    )  # fmt: skip
    told = CASES.format(
        least=robustness.LEAST_VALUE, draws=CASE_DRAWS, firm=FIRM, conditional=CONDITIONAL
    )
    lines = [
        intro, f"| method, example: what [source] | {names} |", "|---|---|---|---|---|",
        *(example_row(*one) for one in examples()), "", "Why they differ:", "", *reasons(),
        UNUSUAL, f"| table | {names} |", "|---|---|---|---|---|", *map(unusual_row, unusual()),
        UNUSUAL_REASONS, told, *cases_section(), "## Sources", "", *sources(), "",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    """Write the page; 1 without the other programs or where ours does not agree."""
    if pymcdm is None:
        print("the other programs are missing: make peers")
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    wrong = [row for row in examples() if cell(*row, "site-select") != AGREES]
    print(f"{PAGE.relative_to(ROOT)}: ours differs in {wrong or 'none'}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

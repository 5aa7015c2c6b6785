"""How fast weights are simulated, alternatives outranked and choices flipped; and who is slower.

``python benchmarks/decisions.py`` prints a table and ends with 1 when a limit is missed. Ours and
the others are measured one after the other, each in a process of its own with one thread for matrix
products. Without the others (``make peers``) ours is measured alone.
"""

import datetime as dt
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.util import find_spec

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from ratios import REPEATS, Line, best_of

from site_select import flips, multiverse, robustness, scoring, weighting

DRAWS, ALTERNATIVES, CRITERIA, WORKERS = 1_000_000, 40, 20, 2
SMALL_DRAWS, PEER_DRAWS = 10_000, 1_000
ADDED, OUTRANKED = 1_000_000, 10_000
PEER_OUTRANKED = {"pymcdm": 1_000, "pyDecision": 200}
COMPLEXES, INDICATORS, TREATMENTS, WEIGHTINGS = 58, 14, 4, 10
LIMITS_S = {"SMAA additive": 2.0, "SMAA topsis": 3.0, "PROMETHEE II": 0.3, "additive": 0.5}
SMALL_LIMIT_S, MULTIVERSE_LIMIT_S, FLIPS_LIMIT_S, MEMORY_LIMIT_GIB = 0.03, 2.0, 5.0, 1.0
# set on some machines, and these slow numpy down
UNWANTED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
LINEAR = {"preference_function": "linear", "q": 0.05, "p": 0.3}

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


def table(count: int, width: int = CRITERIA) -> tuple[pd.DataFrame, pd.Series]:
    """Made-up partial values, and equal weights."""
    names = [f"c{number}" for number in range(width)]
    drawn = np.random.default_rng(1).random((count, width))
    labels = [f"A{number}" for number in range(count)]
    return pd.DataFrame(drawn, labels, names), pd.Series(1 / width, names)


# ours


def sample_and_multiply(matrix: np.ndarray, draws: int, seed: int) -> None:
    """Do what no way around it can avoid: draw the weights and multiply once."""
    generator = np.random.default_rng(seed)
    for _ in range(draws // robustness.CHUNK + 1):
        weighting.uniform(CRITERIA, robustness.CHUNK, generator) @ matrix.T


def simulations() -> Iterator[Line]:
    """Full SMAA on two cores, of few draws on one, and the machine's limit."""
    values, _ = table(ALTERNATIVES)
    share, both = DRAWS // WORKERS, Parallel(n_jobs=WORKERS)
    job = delayed(sample_and_multiply)
    least = best_of(lambda: both(job(values.to_numpy(), share, seed) for seed in range(WORKERS)))
    size = f"{DRAWS:,} weight vectors × {ALTERNATIVES} alternatives × {CRITERIA} criteria"
    get_reusable_executor().shutdown(wait=True)
    cold = best_of(lambda: robustness.smaa(values, seed=1, n_samples=DRAWS, workers=WORKERS), 1)
    yield Line("SMAA additive, the first call, which starts the workers", cold, None, size)
    for method in ("additive", "topsis"):
        run = partial(robustness.smaa, values, seed=1, method=method)
        ours = best_of(partial(run, n_samples=DRAWS, workers=WORKERS))
        few = best_of(partial(run, n_samples=SMALL_DRAWS), 3 * REPEATS)
        what = f"SMAA {method}"
        note = f"{ours / least:.1f} times the machine's limit"
        yield Line(f"{what}, {size}", ours, LIMITS_S[what], note, least / ours)
        yield Line(f"{what}, {SMALL_DRAWS:,} weight vectors, one process", few, SMALL_LIMIT_S)
    yield Line(f"drawing {DRAWS:,} weight vectors and one matrix product", least, None, "the limit")


def scores() -> Iterator[Line]:
    """Outranking flows of thousands, additive values of a million, and a matrix product."""
    values, weights = table(OUTRANKED)
    criteria = pd.DataFrame({"direction": "max", **LINEAR}, index=weights.index)
    outrank = partial(scoring.promethee, values, weights, criteria=criteria)
    size = f"{OUTRANKED:,} × {CRITERIA}, linear preference"
    yield Line(f"PROMETHEE II, {size}", best_of(outrank), LIMITS_S["PROMETHEE II"])
    values, weights = table(ADDED)
    matrix, vector = values.to_numpy(), weights.to_numpy()
    ours, least = (
        best_of(lambda: scoring.additive_value(values, weights)),
        best_of(lambda: matrix @ vector),
    )
    note = f"{ours / least:.1f} times the machine's limit"
    what = f"additive value, {ADDED:,} × {CRITERIA}"
    yield Line(what, ours, LIMITS_S["additive"], note, least / ours)
    yield Line("one matrix product of this size", least, None, "the limit")


def choices() -> Iterator[Line]:
    """Many worlds, and everything that would change the first."""
    values, weights = table(COMPLEXES, INDICATORS)
    generator = np.random.default_rng(2)
    drawn = weighting.uniform(INDICATORS, WEIGHTINGS, generator)
    by_name = {f"w{number}": pd.Series(row, weights.index) for number, row in enumerate(drawn)}
    treatments = {f"t{number}": values ** (1 + number / 10) for number in range(TREATMENTS)}
    count = len(multiverse.run(treatments, by_name).worlds)
    every = best_of(lambda: multiverse.run(treatments, by_name))
    size = f"{COMPLEXES} complexes × {INDICATORS} indicators"
    yield Line(f"multiverse of {count:,} worlds, {size}", every, MULTIVERSE_LIMIT_S)

    def flip() -> None:
        flips.weight_flips(values, weights)
        flips.cell_flips(values, weights)
        flips.stability_intervals(values, weights)

    what = f"exact flips and stability intervals, {size}"
    yield Line(what, best_of(flip), FLIPS_LIMIT_S, memory())


def memory() -> str:
    """Most memory of this process and of its workers together, as a note."""
    get_reusable_executor().shutdown(wait=True)
    own, child = (
        resource.getrusage(who).ru_maxrss / 2**20
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    peak_gib = own + WORKERS * child
    note = f"largest memory with {WORKERS} workers {peak_gib:.2f} GiB, limit {MEMORY_LIMIT_GIB:g}"
    return note + (", MISSED" if peak_gib > MEMORY_LIMIT_GIB else "")


def ours() -> Iterator[Line]:
    """Rows of this package."""
    yield from simulations()
    yield from scores()
    yield from choices()


# the others, called as their users call them


def others(method: str) -> dict[str, Score]:
    """Scores under one weight vector by program."""
    from pyDecision import algorithm  # noqa: PLC0415 - not everyone has them
    from pymcdm.methods import TOPSIS, WSM  # noqa: PLC0415
    from skcriteria import agg, mkdm  # noqa: PLC0415
    from skcriteria.pipelines import mkpipe  # noqa: PLC0415
    from skcriteria.preprocessing import scalers  # noqa: PLC0415

    kind, words, quiet = np.ones(CRITERIA), ["max"] * CRITERIA, {"graph": False, "verbose": False}
    is_topsis = method == "topsis"
    ranker = agg.topsis.TOPSIS() if is_topsis else agg.simple.WeightedSumModel()
    pipe = mkpipe(scalers.VectorScaler("matrix"), scalers.SumScaler("weights"), ranker)
    body = TOPSIS() if is_topsis else WSM()

    def by_pydecision(matrix: np.ndarray, weights: np.ndarray) -> np.ndarray:
        if is_topsis:
            return algorithm.topsis_method(matrix, weights, words, **quiet)
        return algorithm.saw_method(matrix, words, weights, **quiet)[:, 1]

    return {
        "pymcdm": lambda matrix, weights: body(matrix, weights, kind),
        "scikit-criteria": lambda matrix, weights: (
            -pipe.evaluate(mkdm(matrix, words, weights=weights)).rank_
        ),
        "pyDecision": by_pydecision,
    }


def looped(score: Score, matrix: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Count ranks under one weight vector after the other."""
    hits = np.zeros((len(matrix), len(matrix)))
    for row in weights:
        hits[np.argsort(-score(matrix, row)), np.arange(len(matrix))] += 1
    return hits


def outranked() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Net flows by program that has PROMETHEE."""
    from pyDecision import algorithm  # noqa: PLC0415
    from pymcdm.methods import PROMETHEE_II  # noqa: PLC0415

    q, p, weights = [LINEAR["q"]] * CRITERIA, [LINEAR["p"]] * CRITERIA, [1 / CRITERIA] * CRITERIA
    kind = np.ones(CRITERIA)
    return {
        "pymcdm": lambda matrix: PROMETHEE_II("vshape_2", q=q, p=p)(matrix, weights, kind),
        "pyDecision": lambda matrix: algorithm.promethee_ii(
            matrix, weights, q, q, p, ["t5"] * CRITERIA, sort=False, verbose=False
        )[:, 1],
    }


def peers() -> Iterator[Line]:
    """Rows of the others; what of ours they stand against comes first in the text."""
    matrix = table(ALTERNATIVES)[0].to_numpy()
    drawn = weighting.uniform(CRITERIA, PEER_DRAWS, np.random.default_rng(1))
    for method in ("additive", "topsis"):
        for name, score in others(method).items():
            took = best_of(partial(looped, score, matrix, drawn), 1) * DRAWS / PEER_DRAWS
            note = f"extrapolated from {PEER_DRAWS:,} weight vectors"
            yield Line(f"SMAA {method}, {name} in a loop", took, None, note)
    for name, flow in outranked().items():
        count = PEER_OUTRANKED[name]
        few = table(count)[0].to_numpy()
        took = best_of(partial(flow, few), 1) * (OUTRANKED / count) ** 2
        note = f"extrapolated from {count:,} by the square"
        yield Line(f"PROMETHEE II, {name}", took, None, note)


# both, side by side


def measured(part: str) -> list[Line]:
    """Rows of one part, measured in a process of its own."""
    environment = {name: word for name, word in os.environ.items() if name not in UNWANTED}
    run = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, __file__, part], check=True, stdout=subprocess.PIPE, text=True,
        env=environment | {"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    return [Line(*row) for row in json.loads(run.stdout.splitlines()[-1])]


def lines() -> Iterable[Line]:
    """Lines of ours, each of the others after what it stands against."""
    own = measured("ours")
    theirs = measured("peers") if find_spec("pymcdm") and find_spec("pyDecision") else []
    for line in own:
        yield line
        if f"{DRAWS:,}" in line.what or "PROMETHEE" in line.what:
            for other in theirs:
                if other.what.split(", ")[0] == line.what.split(", ")[0]:
                    ratio = other.seconds / line.seconds
                    yield other._replace(note=f"{other.note}; {ratio:,.0f} times ours", ratio=ratio)


def main() -> int:
    """Measure, print the rows as a Markdown table; 1 when a limit is missed."""
    if len(sys.argv) > 1:
        print(json.dumps(list({"ours": ours, "peers": peers}[sys.argv[1]]())))
        return 0
    busy = f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} cores busy before"
    found = list(lines())
    print(
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {busy}\n\n| what | s | limit [s] | note |"
    )
    print("|---|--:|--:|---|")
    for what, took, limit, note, _ in found:
        print(f"| {what} | {took:.3g} | {'' if limit is None else f'{limit:g}'} | {note} |")
    return int(any(line.is_missed for line in found))


if __name__ == "__main__":
    sys.exit(main())

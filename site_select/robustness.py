"""Would other weights or other data choose another complex? Acceptability of every rank.

Every method is reduced to sums over criteria, so that thousands of weight vectors are one matrix
product. Chunks have their own random streams and are added up in blocks of fixed size, so the
result is the same however many processes share the work.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from typing import NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from site_select import scoring, weighting
from site_select.errors import SettingsError

CHUNK = 2048
BLOCK = 8  # chunks
CONFIDENCE_SAMPLES = 2_000
MOST_SUMS = 1_000_000  # held at once, 8 MB
MOST_PAIRS = 2_000_000_000  # comparisons of two complexes, about half a second
METHODS = ("additive", "geometric", "topsis", "promethee")
ROUNDING = 1e-9
LEAST_VALUE = 0.01  # below it a geometric mean would be a veto
PREFERENCE = ("linear", 0.05, 0.3, 0.0)  # indifferent below 5% of the anchor range; ours

Draw = Callable[[int, np.random.Generator], np.ndarray]
Scorer = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Smaa(NamedTuple):
    """Result of stochastic multicriteria acceptability analysis.

    Attributes
    ----------
    rank_acceptability
        Share of draws that give a complex (row) a rank (column, 1 is best); rows sum to 1.
    central_weights
        Mean weights of the draws that make a complex first, only for complexes that ever are.
    confidence
        First-rank share of a complex at its own central weights, over the data alone.
    expected_rank
        Mean rank by complex.
    pairwise_winning
        Share of draws in which the row is ahead of the column.
    n_samples
        Number of draws.
    """

    rank_acceptability: pd.DataFrame
    central_weights: pd.DataFrame
    confidence: pd.Series
    expected_rank: pd.Series
    pairwise_winning: pd.DataFrame
    n_samples: int

    @property
    def sampling_error(self) -> float:
        """Largest half-width of a 95% interval of the rank shares (Agresti & Coull 1998)."""
        return _half_width(self.rank_acceptability.to_numpy() * self.n_samples, self.n_samples)

    @property
    def first(self) -> pd.Series:
        """Share of draws in which each complex is first."""
        return self.rank_acceptability[1].rename("first")

    @property
    def leader(self) -> str:
        """Complex that is first most often."""
        return str(self.first.idxmax())

    def among_first(self, count: int) -> pd.Series:
        """Share of draws in which each complex is among the first ``count``."""
        return self.rank_acceptability.loc[:, 1:count].sum(axis=1).rename("among_first")

    def holistic(self, meta_weights: Sequence[float] | None = None) -> pd.Series:
        """Holistic acceptability: rank shares weighted by rank, ``1/rank`` when left out."""
        ranks = self.rank_acceptability.columns.to_numpy()
        given = 1 / ranks if meta_weights is None else np.asarray(meta_weights)
        return self.rank_acceptability.mul(given).sum(axis=1).rename("holistic")


class _Trial(NamedTuple):
    """What every draw needs."""

    draw: Draw
    scorer: Scorer
    n_complexes: int
    seed: int


class _Tally(NamedTuple):
    """What a block of draws adds up to."""

    hits: np.ndarray
    central: np.ndarray
    ahead: np.ndarray


def smaa(
    values: pd.DataFrame,
    criteria: pd.DataFrame | None = None,
    *,
    n_samples: int = 100_000,
    seed: int,
    draw: Draw | None = None,
    method: str = "additive",
    wanted_error: float | None = None,
    workers: int = 1,
) -> Smaa:
    """Rank acceptability over all weights and all data at once.

    Each draw takes one of the equally likely values of every cell and one weight vector, and ranks
    the complexes. Ties are broken at random.

    Parameters
    ----------
    values
        Partial values in [0, 1]: a complex by indicator where they are known exactly, else equally
        likely ones, index complex and indicator, one column each.
    criteria
        ``parent`` by node of the tree, with exactly the indicators of ``values``: weights uniform
        over the criteria and uniform within each. Left out, they are uniform over the indicators.
    n_samples
        Number of draws; the most of them where an error is wanted.
    seed
        Seed; the same seed gives the same result on any machine.
    draw
        Other weights: takes a number of draws and a generator, returns rows that sum to 1, such as
        `weighting.around` of a group with all but the last two arguments given.
    method
        ``additive``, ``geometric`` (values below 0.01 count as 0.01), ``topsis`` or ``promethee``
        (II; linear preference from 0.05 to 0.3), on the partial values.
    wanted_error
        Largest half-width of a 95% interval that is wanted; a first block of draws tells how many
        that takes.
    workers
        Processes that share the work.

    Raises
    ------
    SettingsError
        If the method is unknown, a value is missing or outside [0, 1], or the tree does not fit.

    References
    ----------
    Lahdelma, R. & Salminen, P. (2001). SMAA-2. Operations Research 49(3), 444-454.
    doi:10.1287/opre.49.3.444.11220

    Tervonen, T. & Lahdelma, R. (2007). Implementing stochastic multicriteria acceptability
    analysis. EJOR 178(2), 500-513. doi:10.1016/j.ejor.2005.12.037

    Examples
    --------
    >>> values = pd.DataFrame({"near": [1.0, 0.4], "large": [0.0, 0.4]}, index=["A", "B"])
    >>> smaa(values, n_samples=20_000, seed=1).first.round(1).tolist()
    [0.6, 0.4]
    """
    _check(values, method, {"n_samples": n_samples, "workers": workers}, wanted_error)
    indicators = _indicators(values, criteria)
    labels = list(values.index.unique(0))
    cells = _cells(values, labels, indicators)
    # free weights never make two different complexes score the same; given ones may
    may_tie = draw is not None or _are_alike(cells)
    drawn = partial(_checked, draw) if draw else _free_weights(criteria, len(indicators))
    trial = _Trial(drawn, _scorer(cells, method, may_tie=may_tie), len(labels), seed)
    run = partial(_run, Parallel(n_jobs=workers), trial)
    total = n_samples
    if wanted_error:
        first = min(n_samples, BLOCK * CHUNK)
        chunks = np.ceil(first * (_half_width(run(first).hits, first) / wanted_error) ** 2 / CHUNK)
        total = min(n_samples, max(first, int(chunks) * CHUNK))
    repeats = CONFIDENCE_SAMPLES if may_tie else 1
    return _result(run(total), trial, labels, indicators, repeats)


def _half_width(hits: np.ndarray, count: int) -> float:
    """Half of the widest 95% interval of counted shares, two hits and two misses added."""
    share = (hits + 2) / (count + 4)
    return float(1.96 * np.sqrt((share * (1 - share)).max() / (count + 4)))


def _indicators(values: pd.DataFrame, criteria: pd.DataFrame | None) -> list[str]:
    own = list(values.index.unique(1) if values.index.nlevels > 1 else values.columns)
    if criteria is None:
        return own
    wanted = weighting.indicators_of(criteria)
    if set(own) != set(wanted):
        odd = ", ".join(map(str, sorted(set(own) ^ set(wanted))))
        raise SettingsError(f"{odd}: allowed the same indicators in the values and in the tree")
    return wanted


def _cells(values: pd.DataFrame, labels: list[Hashable], indicators: list[str]) -> np.ndarray:
    """Array (indicator, complex, level) of equally likely values."""
    if values.index.nlevels == 1:
        return values[indicators].to_numpy(dtype="float64").T[:, :, None].copy()
    order = pd.MultiIndex.from_product([indicators, labels])
    array = values.swaplevel().reindex(order).to_numpy(dtype="float64")
    return array.reshape(len(indicators), len(labels), -1)


def _check(
    values: pd.DataFrame, method: str, counts: Mapping[str, int], wanted_error: float | None
) -> None:
    wrong = []
    if method not in METHODS:
        wrong.append(f"method = {method!r}: allowed {', '.join(METHODS)}")
    cells = values.to_numpy(dtype="float64")
    if not ((cells >= -ROUNDING) & (cells <= 1 + ROUNDING)).all() or not cells.size:
        wrong.append("values: allowed a partial value in [0, 1] in every cell, none missing")
    names = {"row": values.index, "column": values.columns}
    wrong += [f"{kind} {index[index.duplicated()][0]}: allowed once, remove or rename one"
              for kind, index in names.items() if index.has_duplicates]  # fmt: skip
    wrong += [f"{name} = {count!r}: allowed a whole number, 1 or more"
              for name, count in counts.items()
              if not isinstance(count, Integral) or count < 1]  # fmt: skip
    if wanted_error is not None and not wanted_error > 0:
        wrong.append(f"wanted_error = {wanted_error}: allowed more than 0")
    if wrong:
        raise SettingsError("; ".join(wrong))


def _checked(draw: Draw, size: int, generator: np.random.Generator) -> np.ndarray:
    """Weights as drawn, if they are weights."""
    weights = draw(size, generator)
    if weights.shape[:1] != (size,) or not (
        (weights >= 0).all() and np.allclose(weights.sum(axis=1), 1, atol=1e-6)
    ):
        raise SettingsError(
            "draw: allowed a row per draw of weights, each 0 or more, that sum to 1"
        )
    return weights


def _free_weights(criteria: pd.DataFrame | None, count: int) -> Draw:
    if criteria is None:
        return partial(weighting.uniform, count)
    return partial(weighting.random, criteria)


# Scores by draw and complex, higher is better, from cells (indicator, complex, level).


def _scorer(cells: np.ndarray, method: str, *, may_tie: bool) -> Scorer:
    exact = cells[:, :, 0]
    is_exact = bool((cells == cells[:, :, :1]).all())
    if method == "geometric":
        cells = np.log(np.maximum(cells, LEAST_VALUE))
    if method in {"additive", "geometric"}:
        if not is_exact:
            return _Sums(cells)
        return partial(_exact_sums, cells[:, :, 0], may_tie)
    if not is_exact:
        return partial(_closeness_drawn if method == "topsis" else _flows_drawn, cells)
    if method == "promethee":
        flows = scoring.net_flows(exact.T, [PREFERENCE] * len(cells)).T
        return partial(_exact_sums, flows, may_tie or _are_alike(flows[:, :, None]))
    return partial(_closeness, *scoring.ideal_distances(exact.T, np.ones(len(cells), dtype=bool)))


def _are_alike(cells: np.ndarray) -> bool:
    """Whether two complexes may score the same by chance or because they are the same."""
    is_exact = (cells == cells[:, :, :1]).all()
    return bool(not is_exact or len(np.unique(cells[:, :, 0], axis=1).T) < cells.shape[1])


def _exact_sums(
    cells: np.ndarray, may_tie: bool, weights: np.ndarray, generator: np.random.Generator  # noqa: FBT001
) -> np.ndarray:  # fmt: skip
    scores = np.asarray(weights @ cells)
    return _untied(scores, generator) if may_tie else scores


@dataclass(frozen=True)
class _Sums:
    """Weighted sums, each cell at one of its equally likely values."""

    cells: np.ndarray

    def __call__(self, weights: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        _, count, levels = self.cells.shape
        # a tie must not go to whoever stands first in the table
        scores = generator.random((count, len(weights))) * 1e-12
        for weight, cell in zip(weights.T.copy(), self.cells, strict=True):
            is_spread = (cell != cell[:, :1]).any(axis=1)
            scores[~is_spread] += np.outer(cell[~is_spread, 0], weight)
            spread = np.flatnonzero(is_spread)
            picks = _picks(generator, levels, (len(spread), len(weights)))
            for label, pick in zip(spread, picks, strict=True):
                scores[label] += weight * cell[label].take(pick)
        return scores.T

    def wins(
        self, weights: np.ndarray, places: np.ndarray, generator: np.random.Generator, repeats: int
    ) -> np.ndarray:
        """How often each complex is first by its own weights; the same draws of data serve all."""
        found = np.zeros(len(places), dtype=np.int64)
        size = max(1, MOST_SUMS // (self.cells.shape[1] * len(places)))
        for start in range(0, repeats, size):
            drawn = _drawn(self.cells, min(size, repeats - start), generator)
            sums = drawn @ weights.T
            sums += generator.random((*drawn.shape[:2], 1)) * 1e-12
            found += (sums.argmax(axis=1) == places).sum(axis=0)
        return found


def _picks(generator: np.random.Generator, levels: int, shape: tuple[int, ...]) -> np.ndarray:
    """Equally likely numbers below ``levels``, to one part in 65,536 / levels.

    Scaling 16 random bits is three times faster than drawing below a bound that is no power of
    two; the largest error of a probability is 1/65,536, far below the sampling error.
    """
    bits = generator.integers(0, 1 << 16, shape, dtype=np.uint16)
    return np.right_shift(np.multiply(bits, levels, dtype=np.uint32), 16)


def _drawn(cells: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """One value of every cell in each draw (draw, complex, indicator)."""
    indicators, complexes, levels = cells.shape
    picks = _picks(generator, levels, (count, complexes, indicators))
    rows = np.arange(complexes)[:, None]
    return np.asarray(cells[np.arange(indicators), rows, picks])


def _closeness(
    to_ideal: np.ndarray, to_anti_ideal: np.ndarray, weights: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    squared = weights**2
    near, far = np.sqrt(squared @ to_anti_ideal.T), np.sqrt(squared @ to_ideal.T)
    return _untied(near / np.maximum(near + far, 1e-300), generator)


def _closeness_drawn(
    cells: np.ndarray, weights: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    drawn = _drawn(cells, len(weights), generator)
    to_ideal, to_anti_ideal = scoring.ideal_distances(drawn, np.ones(len(cells), dtype=bool))
    far, near = (
        np.sqrt(np.einsum("dnm,dm->dn", distance, weights**2))
        for distance in (to_ideal, to_anti_ideal)
    )
    return _untied(near / np.maximum(near + far, 1e-300), generator)


def _flows_drawn(
    cells: np.ndarray, weights: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Net flows of the linear preference, every pair of complexes in every draw."""
    _, low, high, _ = PREFERENCE
    flows = np.zeros((len(weights), cells.shape[1]))
    drawn = _drawn(cells, len(weights), generator)
    for weight, values in zip(weights.T, drawn.transpose(2, 0, 1), strict=True):
        gap = values[:, :, None] - values[:, None, :]
        preference = np.clip((np.abs(gap) - low) / (high - low), 0, 1)
        flows += weight[:, None] * np.copysign(preference, gap).sum(axis=2)
    return _untied(flows, generator)


def _untied(scores: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return scores + generator.random(scores.shape) * 1e-12


def _run(parallel: Parallel, trial: _Trial, n_samples: int) -> _Tally:
    sizes = [min(CHUNK, n_samples - start) for start in range(0, n_samples, CHUNK)]
    chunks = list(zip(np.random.SeedSequence(trial.seed).spawn(len(sizes)), sizes, strict=True))
    paired = _paired_chunks(trial.n_complexes, n_samples)
    blocks = parallel(
        delayed(_block)(trial, chunks[start : start + BLOCK], paired - start)
        for start in range(0, len(chunks), BLOCK)
    )
    return _added(blocks)


def _added(tallies: Sequence[_Tally]) -> _Tally:
    return _Tally(*(np.sum(parts, axis=0) for parts in zip(*tallies, strict=True)))


def _paired_chunks(count: int, n_samples: int) -> int:
    """Chunks whose pairs are compared: all of them, unless there are very many complexes."""
    return int(np.ceil(min(n_samples, max(MOST_PAIRS // count**2, CHUNK)) / CHUNK))


def _block(
    trial: _Trial, chunks: Sequence[tuple[np.random.SeedSequence, int]], paired: int
) -> _Tally:
    return _added([
        _chunk(trial, np.random.default_rng(stream), size, is_paired=position < paired)
        for position, (stream, size) in enumerate(chunks)
    ])  # fmt: skip


def _chunk(trial: _Trial, generator: np.random.Generator, size: int, *, is_paired: bool) -> _Tally:
    count = trial.n_complexes
    weights = trial.draw(size, generator)
    order = np.argsort(trial.scorer(weights, generator), axis=1)  # the best last
    hits = np.bincount((order * count + np.arange(count)).ravel(), minlength=count * count)
    central = [np.bincount(order[:, -1], column, count) for column in weights.T]
    ahead = np.zeros((count, count), dtype=np.int64)
    if is_paired:
        # small whole numbers compare many times as fast as scores
        places = np.empty((count, size), dtype=np.uint8 if count <= 256 else np.uint16)  # noqa: PLR2004
        places[order, np.arange(size)[:, None]] = np.arange(count)
        for row in range(count - 1):
            ahead[row, row + 1 :] = _counts(places[row] > places[row + 1 :])
    return _Tally(hits.reshape(count, count)[:, ::-1], np.stack(central, axis=1), ahead)


def _counts(flags: np.ndarray) -> np.ndarray:
    """Number of true flags in each row, counted eight at a time."""
    return np.asarray(np.bitwise_count(np.packbits(flags, axis=1)).sum(axis=1, dtype=np.int64))


def _result(
    tally: _Tally, trial: _Trial, labels: list[Hashable], indicators: list[str], repeats: int
) -> Smaa:
    count, n_samples = len(labels), int(tally.hits[0].sum())
    index = pd.Index(labels, name="complex_id")
    share = pd.DataFrame(tally.hits / n_samples, index, range(1, count + 1))
    wins = tally.hits[:, 0]
    means = pd.DataFrame(
        tally.central[wins > 0] / wins[wins > 0, None], index[wins > 0], indicators
    )
    ahead = tally.ahead / min(n_samples, _paired_chunks(count, n_samples) * CHUNK)
    ahead += np.tril(1 - ahead.T, -1)
    return Smaa(
        share, means, _confidence(trial, means, labels, repeats),
        share.mul(share.columns).sum(axis=1).rename("expected_rank"),
        pd.DataFrame(ahead, index, index), n_samples,
    )  # fmt: skip


def _confidence(
    trial: _Trial, central_weights: pd.DataFrame, labels: list[Hashable], repeats: int
) -> pd.Series:
    generator = np.random.default_rng([trial.seed, 1])
    own = central_weights.to_numpy(dtype="float64")
    places = np.array([labels.index(label) for label in central_weights.index], dtype=np.intp)
    if isinstance(trial.scorer, _Sums):
        wins = trial.scorer.wins(own, places, generator, repeats)
    else:
        first = [trial.scorer(np.tile(weights, (repeats, 1)), generator).argmax(axis=1)
                 for weights in own]  # fmt: skip
        wins = (np.array(first) == places[:, None]).sum(axis=1)
    return pd.Series(wins / repeats, central_weights.index, name="confidence")


def contenders(result: Smaa) -> list[str]:
    """Complexes whose first-rank share is not clearly below the largest.

    The difference of two shares p and q of the same n draws has the variance
    ``(p + q - (p - q)²) / n``; a gap within 1.96 standard errors is no lead.

    Parameters
    ----------
    result
        Result of `smaa`.
    """
    share = result.first
    gap = share.max() - share
    error = 1.96 * np.sqrt((share.max() + share - gap**2) / result.n_samples)
    return list(map(str, share.index[gap <= error]))

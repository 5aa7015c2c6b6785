"""Would other weights or other data choose another complex? Acceptability and advice."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select import weighting

CHUNK = 2048
CONFIDENCE_SAMPLES = 2_000


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
    n_samples
        Number of draws.
    """

    rank_acceptability: pd.DataFrame
    central_weights: pd.DataFrame
    confidence: pd.Series
    expected_rank: pd.Series
    n_samples: int

    @property
    def sampling_error(self) -> float:
        """Largest half-width of a 95% interval of any share printed, ``1.96 · 0.5 / √n``."""
        return float(1.96 * 0.5 / np.sqrt(self.n_samples))

    @property
    def first(self) -> pd.Series:
        """Share of draws in which each complex is first."""
        return self.rank_acceptability[1].rename("first")

    @property
    def leader(self) -> str:
        """Complex that is first most often."""
        return str(self.first.idxmax())


class Recommendation(NamedTuple):
    """What may be said on the evidence.

    Attributes
    ----------
    complex_id
        The recommended complex, or ``None`` for *no recommendation on public facts*.
    leader
        The complex that is first most often under the main treatment of unknowns.
    rivals
        Complexes that lead under some treatment, or come so near that the sampling error could
        hide it.
    coverage
        Share of the leader's weight that rests on known cells.
    is_covered
        Whether the coverage suffices.
    """

    complex_id: str | None
    leader: str
    rivals: list[str]
    coverage: float
    is_covered: bool

    @property
    def is_stable(self) -> bool:
        """Whether the leader leads under every treatment, beyond the sampling error."""
        return not self.rivals


def smaa(values: pd.DataFrame, criteria: pd.DataFrame, *, n_samples: int, seed: int) -> Smaa:
    """Rank acceptability over all weights and all data at once.

    Each draw takes one of the equally likely values of every cell and one weight vector, uniform
    over the criteria and uniform within each, and ranks the complexes by additive value. Ties are
    broken at random.

    Parameters
    ----------
    values
        Equally likely partial values: index complex and indicator, one column each.
    criteria
        ``parent`` by node of the tree, with exactly the indicators of ``values``.
    n_samples
        Number of draws.
    seed
        Seed; the same seed gives the same result on any machine.

    References
    ----------
    Lahdelma, R. & Salminen, P. (2001). SMAA-2. Operations Research 49(3), 444-454.
    doi:10.1287/opre.49.3.444.11220
    """
    indicators = weighting.indicators_of(criteria)
    labels = list(values.index.unique("complex_id"))
    cells = _cells(values, labels, indicators)
    count = len(labels)
    hits = np.zeros(count * count, dtype=np.int64)
    central, wins = np.zeros((count, len(indicators))), np.zeros(count)
    for generator, size in _chunks(n_samples, seed):
        weights = weighting.random(criteria, size, generator)
        scores = _scores(cells, weights, generator)
        order = np.argsort(-scores, axis=1)
        hits += np.bincount((order * count + np.arange(count)).ravel(), minlength=count * count)
        np.add.at(central, order[:, 0], weights)
        np.add.at(wins, order[:, 0], 1)
    share = pd.DataFrame(
        hits.reshape(count, count) / n_samples,
        index=pd.Index(labels, name="complex_id"), columns=range(1, count + 1),
    )  # fmt: skip
    ever = wins > 0
    means = pd.DataFrame(central[ever] / wins[ever, None], share.index[ever], indicators)
    return Smaa(
        share, means, _confidence(cells, means, labels, seed),
        share.mul(share.columns).sum(axis=1).rename("expected_rank"), n_samples,
    )  # fmt: skip


def _cells(values: pd.DataFrame, labels: list[str], indicators: list[str]) -> np.ndarray:
    """Array (indicator, complex, level) of equally likely values."""
    order = pd.MultiIndex.from_product([indicators, labels])
    array = values.swaplevel().loc[order].to_numpy(dtype="float64")
    return array.reshape(len(indicators), len(labels), -1)


def _chunks(n_samples: int, seed: int) -> Iterator[tuple[np.random.Generator, int]]:
    """Generators of independent streams, so that the result does not hang on the chunk order."""
    sizes = [CHUNK] * (n_samples // CHUNK)
    sizes += [n_samples % CHUNK] if n_samples % CHUNK else []
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    return zip(map(np.random.default_rng, streams), sizes, strict=True)


def _scores(cells: np.ndarray, weights: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Additive value (draw, complex), each cell at one of its equally likely values."""
    _, count, levels = cells.shape
    # a tie must not go to whoever stands first in the table
    scores = generator.random((count, len(weights))) * 1e-12
    for weight, cell in zip(weights.T.copy(), cells, strict=True):
        is_spread = cell[:, 0] != cell[:, -1]
        scores[~is_spread] += np.outer(cell[~is_spread, 0], weight)
        spread = np.flatnonzero(is_spread)
        picks = _picks(generator, levels, (len(spread), len(weights)))
        for label, pick in zip(spread, picks, strict=True):
            scores[label] += weight * cell[label].take(pick)
    return scores.T


def _picks(generator: np.random.Generator, levels: int, shape: tuple[int, int]) -> np.ndarray:
    """Equally likely numbers below ``levels``, to one part in 65,536 / levels.

    Scaling 16 random bits is three times faster than drawing below a bound that is no power of
    two; the largest error of a probability is 1/65,536, far below the sampling error.
    """
    bits = generator.integers(0, 1 << 16, shape, dtype=np.uint16)
    return np.right_shift(np.multiply(bits, levels, dtype=np.uint32), 16)


def _confidence(
    cells: np.ndarray, central_weights: pd.DataFrame, labels: list[str], seed: int
) -> pd.Series:
    generator = np.random.default_rng([seed, 1])
    shares = {}
    for label, weights in central_weights.iterrows():
        scores = _scores(cells, np.tile(weights.to_numpy(), (CONFIDENCE_SAMPLES, 1)), generator)
        shares[label] = float(np.mean(scores.argmax(axis=1) == labels.index(str(label))))
    return pd.Series(shares, name="confidence", dtype="float64")


def recommend(
    treatments: Mapping[str, Smaa], coverage: pd.Series, *, coverage_needed: float
) -> Recommendation:
    """Recommend the leader only if it is known well enough and leads under every treatment.

    Parameters
    ----------
    treatments
        Results by treatment of the unknown cells; the first is the main one.
    coverage
        Share of weight on known cells by complex.
    coverage_needed
        Least coverage of a recommended complex.
    """
    main = next(iter(treatments.values()))
    leader = main.leader
    near = [label for result in treatments.values() for label in contenders(result)]
    rivals = [label for label in dict.fromkeys(near) if label != leader]
    is_covered = bool(coverage[leader] >= coverage_needed)
    chosen = leader if is_covered and not rivals else None
    return Recommendation(chosen, leader, rivals, float(coverage[leader]), is_covered)


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


def redundant(values: pd.DataFrame, *, limit: float = 0.9) -> pd.DataFrame:
    """Pairs of indicators that say the same: rank correlation beyond the limit.

    Indicators that go against each other say two things, however closely: leaving one out would
    hide what is paid for the other.

    Parameters
    ----------
    values
        Complex by indicator, more being better, with gaps where unknown.
    limit
        Spearman correlation above which the later indicator leaves the score.

    Returns
    -------
    pandas.DataFrame
        Columns ``kept, dropped, correlation``.
    """
    matrix = values.corr(method="spearman", min_periods=10)
    pairs = [
        {"kept": first, "dropped": second, "correlation": matrix.loc[first, second]}
        for position, first in enumerate(matrix.index)
        for second in matrix.index[position + 1 :]
        if matrix.loc[first, second] > limit
    ]
    return pd.DataFrame(pairs, columns=["kept", "dropped", "correlation"])


def questions(
    values: pd.DataFrame, known: pd.DataFrame, weights: pd.Series, first: pd.Series
) -> pd.DataFrame:
    """Unknown cells in the order in which asking would move the result most.

    ``influence = weight x standard deviation of the value x first-rank share``: how far an answer
    could move the score of a complex, times how often that complex is first at all.

    Parameters
    ----------
    values
        Equally likely partial values by complex and indicator.
    known
        Whether each cell is known, complex by indicator.
    weights
        Weight by indicator.
    first
        First-rank share by complex.
    """
    spread = values.std(axis=1).unstack("indicator")[list(weights.index)]
    influence = (spread * weights).mul(first, axis=0).where(~known[list(weights.index)])
    ranked = pd.Series(influence.stack()).sort_values(ascending=False)
    return ranked[ranked > 0].reset_index(name="influence")

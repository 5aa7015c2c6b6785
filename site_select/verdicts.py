"""What may be said on the evidence: firm, conditional, too close to call, no recommendation.

The thresholds are not taste. `simulated` makes decision problems whose true values and weights are
known, cuts gaps into them and lets the method choose; `error_rates` counts how often it chose
wrongly, and what that cost, for each first-rank share it had claimed.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from site_select import robustness
from site_select.errors import SettingsError

Word = Literal["firm", "conditional", "too_close", "no_recommendation"]
EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
DRAWS = 400


class Verdict(NamedTuple):
    """What may be said on the evidence.

    Attributes
    ----------
    word
        ``firm``, ``conditional``, ``too_close`` or ``no_recommendation`` (too little is known).
    leader
        The complex that is first most often under the main treatment of unknowns.
    rivals
        Complexes that lead under some treatment, or come so near that the sampling error could
        hide it.
    share
        First-rank share of the leader.
    coverage
        Share of the leader's weight that rests on known cells.
    """

    word: Word
    leader: str
    rivals: list[str]
    share: float
    coverage: float

    @property
    def complex_id(self) -> str | None:
        """The recommended complex, if any."""
        return self.leader if self.word in {"firm", "conditional"} else None


def verdict(
    treatments: Mapping[str, robustness.Smaa], coverage: pd.Series, *, coverage_needed: float,
    firm_share: float, conditional_share: float,
) -> Verdict:  # fmt: skip
    """Say what the evidence allows; a rank alone allows nothing.

    ``no_recommendation`` where less of the leader is known than needed; else ``firm`` where its
    first-rank share reaches ``firm_share`` and it leads under every treatment of unknowns,
    ``conditional`` where the share reaches ``conditional_share`` and no other comes near under the
    main treatment, else ``too_close``.

    Parameters
    ----------
    treatments
        Results by treatment of the unknown cells; the first is the main one.
    coverage
        Share of weight on known cells by complex.
    coverage_needed
        Least coverage of a recommended complex.
    firm_share, conditional_share
        Least first-rank shares of the two words.
    """
    results = list(treatments.values())
    if not results:
        raise SettingsError("treatments: allowed one or more")
    main = results[0]
    leader = main.leader
    near = [label for result in results for label in robustness.contenders(result)]
    rivals = [label for label in dict.fromkeys(near) if label != leader]
    share, known = float(main.first[leader]), float(coverage[leader])
    word: Word = "too_close"
    if not known >= coverage_needed:  # nor if nobody knows
        word = "no_recommendation"
    elif share >= firm_share and not rivals:
        word = "firm"
    elif share >= conditional_share and robustness.contenders(main) == [leader]:
        word = "conditional"
    return Verdict(word, leader, rivals, share, known)


def simulated(
    levels: pd.DataFrame, known: pd.DataFrame, draw: robustness.Draw, *, n_studies: int, seed: int
) -> pd.DataFrame:
    """Decisions in made-up studies whose truth is known, with gaps like those of this study.

    In each made-up study the true value of a cell is drawn from all equally likely values of its
    indicator, tilted to the better or the worse. Gaps are cut: the rows of ``known`` shuffled,
    thinned to a random part of them. The method then sees an open cell only as any of the values
    that are known of other complexes, and the weights only as a cloud of random width; the true
    weights are one more member of that cloud. It takes the complex that is first most often, which
    is compared with the one that is truly best.

    Parameters
    ----------
    levels
        Equally likely partial values by complex and indicator.
    known
        Whether each cell is known, complex by indicator.
    draw
        Random weights, a number of draws and a generator in, rows that sum to 1 out.
    n_studies
        Number of made-up studies.
    seed
        Seed.

    Returns
    -------
    pandas.DataFrame
        A row per made-up study: ``share`` the method claims for its leader, ``hidden`` part of all
        cells, ``is_wrong`` and ``regret`` (true score of the best less that of the leader).
    """
    generator = np.random.default_rng(seed)
    indicators = list(known.columns)
    pools = [levels.xs(name, level="indicator").to_numpy().ravel() for name in indicators]
    gaps = ~known.to_numpy()
    rows = [_one_study(pools, gaps, draw, generator) for _ in range(n_studies)]
    return pd.DataFrame(rows, columns=["share", "hidden", "is_wrong", "regret"])


def _one_study(
    pools: Sequence[np.ndarray], gaps: np.ndarray, draw: robustness.Draw,
    generator: np.random.Generator,
) -> tuple[float, float, bool, float]:  # fmt: skip
    count = len(gaps)
    truth = np.stack([_true_column(pool, count, generator) for pool in pools], axis=1)
    is_open = generator.permutation(gaps) & (generator.random(gaps.shape) < generator.random())
    seen = np.broadcast_to(truth, (DRAWS, *truth.shape)).copy()
    for column, pool in enumerate(pools):
        hidden = is_open[:, column]
        donors = truth[~hidden, column] if (~hidden).any() else pool
        seen[:, hidden, column] = generator.choice(donors, (DRAWS, int(hidden.sum())))
    cloud, width = draw(DRAWS + 2, generator), generator.random()
    true_weights, *weights = (1 - width) * cloud[0] + width * cloud[1:]
    claimed = np.einsum("dnm,dm->dn", seen, np.array(weights))
    claimed += generator.random(claimed.shape) * 1e-9  # no tie goes to whoever stands first
    shares = np.bincount(claimed.argmax(axis=1), minlength=count)
    leader, scores = int(shares.argmax()), truth @ true_weights
    regret = float(scores.max() - scores[leader])
    return shares[leader] / DRAWS, float(is_open.mean()), regret > 0, regret


def _true_column(pool: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw the truth of an indicator, on the whole better or worse than the method expects."""
    tilt = np.exp(generator.normal(0.0, 0.5))
    return np.asarray(np.quantile(pool, generator.random(count) ** tilt))


def error_rates(simulated: pd.DataFrame, *, edges: Sequence[float] = EDGES) -> pd.DataFrame:
    """How often, and how dearly, the method was wrong, by the share it claimed.

    Parameters
    ----------
    simulated
        Result of `simulated`.
    edges
        Bounds of the classes of shares.

    Returns
    -------
    pandas.DataFrame
        By class (its lower bound): ``studies, hidden`` (mean part of the cells), ``wrong`` with
        the 95% interval ``low, high`` of counting (Agresti & Coull), ``regret, worst_regret`` (95%
        of the studies lose no more); classes without a study are left out.

    Examples
    --------
    >>> made = pd.DataFrame({
    ...     "share": [0.95, 0.92], "hidden": 0.2, "is_wrong": [False, True], "regret": [0, 0.1],
    ... })
    >>> error_rates(made)["wrong"].tolist()
    [0.5]
    """
    lower = np.asarray(edges)[np.digitize(simulated["share"], edges[1:-1])]
    grouped = simulated.groupby(pd.Series(lower, simulated.index, name="share"))
    count, wrong = grouped.size(), grouped["is_wrong"].sum()
    middle = (wrong + 2) / (count + 4)
    half = 1.96 * np.sqrt(middle * (1 - middle) / (count + 4))
    return pd.DataFrame({
        "studies": count, "hidden": grouped["hidden"].mean(), "wrong": wrong / count,
        "low": (middle - half).clip(0, 1), "high": (middle + half).clip(0, 1),
        "regret": grouped["regret"].mean(), "worst_regret": grouped["regret"].quantile(0.95),
    })  # fmt: skip


def threshold(rates: pd.DataFrame, *, wrong: float) -> float:
    """Least share from which on no class of shares was wrong more often than is tolerated.

    Parameters
    ----------
    rates
        Result of `error_rates`.
    wrong
        Rate of wrong leaders that is tolerated.

    Examples
    --------
    >>> rates = pd.DataFrame({"wrong": [0.4, 0.05, 0.2, 0.1]}, index=[0.6, 0.7, 0.8, 0.9])
    >>> threshold(rates, wrong=0.25), threshold(rates, wrong=0.1)
    (0.7, 0.9)
    """
    classes = rates["wrong"][::-1] <= wrong
    return float(classes.index[classes.cummin()].min()) if classes.iloc[:1].any() else float("inf")

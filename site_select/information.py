"""What is one more answer worth? Value of information under the additive model.

Today the complex with the highest expected score is chosen. An answer is worth what the choice
made after it scores more, in expectation, in units of the score: nothing if no answer could change
the choice. Scores are linear in the weights, so weights that are themselves uncertain count with
their means, as long as they do not hang on the answers. Cells are independent of each other.
"""

import numpy as np
import pandas as pd

from site_select.errors import SettingsError

ROUNDING = 1e-12
SUM_TOLERANCE = 1e-6
CHUNK = 8192


def cells(levels: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Value of learning one cell for certain, most worth asking first.

    Expected value of partial perfect information, exact over the levels:
    ``gain = E[max(s_c + w_j (v_cj - E v_cj), best of the others)] - best now``.

    Parameters
    ----------
    levels
        Equally likely partial values: index complex and indicator, one column each.
    weights
        Weight by indicator, or its mean; sums to 1.

    Returns
    -------
    pandas.DataFrame
        Every cell with a weight and levels that differ: ``complex_id, indicator, gain`` and
        ``changes``, the probability that the answer makes another complex first.

    Raises
    ------
    SettingsError
        If a cell or a weight is missing or not finite, or the weights do not sum to 1.

    References
    ----------
    Heath, A., Manolopoulou, I. & Baio, G. (2017). A review of methods for analysis of the expected
    value of information. Medical Decision Making 37(7), 747-758. doi:10.1177/0272989X17697692

    Examples
    --------
    >>> cell = pd.MultiIndex.from_product([["A", "B"], ["fare"]], names=["complex_id", "indicator"])
    >>> levels = pd.DataFrame([[0.5, 0.5], [0.0, 0.9]], cell)  # 0.45 of B may turn out to be 0.9
    >>> cells(levels, pd.Series({"fare": 1.0})).round(9).to_numpy().tolist()
    [['B', 'fare', 0.2, 0.5]]
    """
    scores, swings, names = _model(levels, weights)
    leader = int(scores.argmax())
    # how far an answer lifts a complex over the leader, or drops the leader below the second
    lead = scores - scores[leader]
    lead[leader] = max(np.delete(lead, leader), default=-np.inf)
    sign = np.where(np.arange(len(scores)) == leader, -1.0, 1.0)
    turn = lead[:, None, None] + sign[:, None, None] * swings
    found = pd.DataFrame({
        "gain": turn.clip(0.0).mean(axis=2).ravel(),
        "changes": (turn > ROUNDING).mean(axis=2).ravel(),
    }, index=names)  # fmt: skip
    told = found[_is_spread(swings).ravel()].reset_index()
    return told.sort_values("gain", ascending=False, kind="stable", ignore_index=True)


def indicators(levels: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Value of learning one indicator of every complex, most worth asking first.

    Expected value of partial perfect information. With L first now, the score of each complex
    spread by this indicator alone and F its distribution, it is exact without any draw:
    ``gain = E[max_c x_c] - best now = integral of F_L(t) (1 - prod over the others of F_c(t)) dt``.

    Parameters
    ----------
    levels, weights
        As in `cells`.

    Returns
    -------
    pandas.DataFrame
        Every indicator with such a cell: ``indicator, gain, changes``.

    Raises
    ------
    SettingsError
        As in `cells`.

    References
    ----------
    Strong, M., Oakley, J. E. & Brennan, A. (2014). Estimating multiparameter partial expected value
    of perfect information from a probabilistic sensitivity analysis sample. Medical Decision Making
    34(3), 311-326. doi:10.1177/0272989X13505910

    Examples
    --------
    >>> cell = pd.MultiIndex.from_product([["A", "B"], ["fare"]], names=["complex_id", "indicator"])
    >>> levels = pd.DataFrame([[0.4, 0.6], [0.0, 0.9]], cell)
    >>> indicators(levels, pd.Series({"fare": 1.0})).round(9).to_numpy().tolist()
    [['fare', 0.2, 0.5]]
    """
    scores, swings, _ = _model(levels, weights)
    leader = int(scores.argmax())
    told = np.flatnonzero(_is_spread(swings).any(axis=0))
    answered = [_answered(scores[:, None] + swings[:, position], leader) for position in told]
    found = pd.DataFrame(answered, columns=["gain", "changes"], dtype="float64")
    found.insert(0, "indicator", weights.index[told])
    return found.sort_values("gain", ascending=False, kind="stable", ignore_index=True)


def _answered(outcomes: np.ndarray, leader: int) -> tuple[float, float]:
    """Mean excess of the best other over the leader, and how likely there is one.

    From equally likely scores, complex by level.
    """
    outcomes = np.sort(outcomes, axis=1)
    grid = np.unique(outcomes)
    below = [np.searchsorted(row, grid, side="right") / outcomes.shape[1] for row in outcomes]
    leading = below.pop(leader)
    ahead = 1 - np.prod(below, axis=0) if below else np.zeros(len(grid))
    at = np.searchsorted(grid, outcomes[leader] + ROUNDING, side="right") - 1
    return float(np.sum((leading * ahead)[:-1] * np.diff(grid))), float(ahead[at].mean())


def everything(levels: pd.DataFrame, weights: pd.Series, *, n_samples: int, seed: int) -> pd.Series:
    """Value of learning every cell at once: no survey can be worth more.

    Expected value of perfect information, ``E[max_c S_c] - max_c E[S_c]``, by draws of every cell;
    each draw counts the lead of the best complex over the one chosen now, which is never negative.

    Parameters
    ----------
    levels, weights
        As in `cells`.
    n_samples
        Number of draws, 2 or more.
    seed
        Seed; the same seed gives the same result on any machine.

    Returns
    -------
    pandas.Series
        ``gain``, its ``standard_error`` and ``changes``, the share of draws in which the complex
        chosen now is not the best.

    Raises
    ------
    SettingsError
        As in `cells`, or if there are fewer than 2 draws.

    References
    ----------
    Raiffa, H. & Schlaifer, R. (1961). Applied Statistical Decision Theory. Harvard, ch. 4.

    Examples
    --------
    >>> cell = pd.MultiIndex.from_product([["A", "B"], ["fare"]], names=["complex_id", "indicator"])
    >>> levels = pd.DataFrame([[0.9, 0.9], [0.2, 0.4]], cell)  # A is best whatever is learned
    >>> everything(levels, pd.Series({"fare": 1.0}), n_samples=100, seed=1).tolist()
    [0.0, 0.0, 0.0]
    """
    if n_samples < 2:  # noqa: PLR2004 -- one draw has no error
        raise SettingsError(f"n_samples = {n_samples}: allowed 2 or more")
    scores, swings, _ = _model(levels, weights)
    leader = int(scores.argmax())
    is_spread = _is_spread(swings)
    generator = np.random.default_rng(seed)
    lead = np.empty(n_samples)
    for start in range(0, n_samples, CHUNK):
        drawn = np.repeat(scores[:, None], min(CHUNK, n_samples - start), axis=1)
        for label, cell in zip(np.nonzero(is_spread)[0], swings[is_spread], strict=True):
            drawn[label] += cell[generator.integers(0, cell.size, drawn.shape[1])]
        lead[start : start + CHUNK] = drawn.max(axis=0) - drawn[leader]
    return pd.Series({
        "gain": lead.mean(),
        "standard_error": lead.std(ddof=1) / np.sqrt(n_samples),
        "changes": np.mean(lead > ROUNDING),
    }, name="everything")  # fmt: skip


def _model(
    levels: pd.DataFrame, weights: pd.Series
) -> tuple[np.ndarray, np.ndarray, pd.MultiIndex]:
    """Expected scores, weighted deviations (complex, indicator, level) and names of the cells."""
    labels = levels.index.unique("complex_id")
    names = pd.MultiIndex.from_product([labels, weights.index], names=["complex_id", "indicator"])
    weight = weights.to_numpy(dtype="float64")
    faults = [
        f"weight of {name} is {value}: allowed 0 or more"
        for name, value in weights.items() if not 0 <= value < np.inf
    ]  # fmt: skip
    if not abs(weight.sum() - 1) <= SUM_TOLERANCE:
        faults.append(f"the weights sum to {weight.sum():g}: divide each by their sum")
    faults += [f"cell {cell} is there twice" for cell in levels.index[levels.index.duplicated()]]
    faults += [f"cell {cell} has no weight" for cell in levels.index.difference(names)]
    if not faults:
        ordered = levels.reindex(names)
        known = np.isfinite(ordered.to_numpy(dtype="float64")).all(axis=1)
        faults = [f"cell {cell} is not a number at every level" for cell in names[~known]]
    if faults:
        raise SettingsError("; ".join(faults))
    values = ordered.to_numpy(dtype="float64").reshape(len(labels), len(weight), -1)
    means = values.mean(axis=2)
    return means @ weight, (values - means[:, :, None]) * weight[:, None], names


def _is_spread(swings: np.ndarray) -> np.ndarray:
    spread: np.ndarray = np.ptp(swings, axis=2) > ROUNDING
    return spread

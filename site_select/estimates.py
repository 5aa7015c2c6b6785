"""What is known of a quantity, how well, and what is drawn where it is not known.

An *estimate* is a row ``low, value, high`` with unit, year, day of publication, quality and source.
Unknown has no value. ``basis`` says whose evidence it is: ``own`` (the complex or the place itself)
or ``proxy`` (a class it belongs to, such as national import shares of its branches); only ``own``
evidence counts as known when a complex is to be recommended.

A *draw* replaces every cell by `LEVELS` equally likely values, so that one table shows what the
simulation will see, and a cell that is known exactly repeats one number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

COLUMNS = (
    "low", "value", "high", "unit", "year", "published", "quality", "basis", "source",
)  # fmt: skip
LEVELS = 100
_MIDPOINTS = (np.arange(LEVELS) + 0.5) / LEVELS


@dataclass(frozen=True)
class Unknowns:
    """How unknown cells are drawn.

    Attributes
    ----------
    presence_prior
        Probability that something nobody reported exists all the same.
    minimum_same_branch
        Known complexes of a common branch needed to draw a number from them.
    minimum_all
        Known complexes needed to draw a number from all of them; with fewer the indicator leaves
        the score and becomes a question to ask.
    whole_anchor_range
        Draw every cell that is not known of the complex itself, proxies too, over the whole range
        of its anchors instead (a sensitivity).
    """

    presence_prior: float = 0.5
    minimum_same_branch: int = 5
    minimum_all: int = 10
    whole_anchor_range: bool = False


def table(rows: Mapping[str, Mapping[str, object]], labels: Iterable[str]) -> pd.DataFrame:
    """Estimates by complex; a label without a row is unknown.

    Parameters
    ----------
    rows
        Fields of `COLUMNS` by label; fields left out are empty.
    labels
        Complexes in the order wanted.

    Examples
    --------
    >>> table({"A": {"low": 1, "value": 2, "high": 3}}, ["A", "B"])["value"].tolist()
    [2.0, nan]
    """
    frame = pd.DataFrame.from_dict(dict(rows), orient="index", columns=None)
    frame = frame.reindex(index=list(labels), columns=list(COLUMNS))
    for column in ("low", "value", "high"):
        frame[column] = frame[column].astype("float64")
    frame["year"] = pd.to_numeric(frame["year"]).astype("Int64")
    text = ["unit", "published", "quality", "basis", "source"]
    frame[text] = frame[text].astype("str").where(frame[text].notna(), "")
    frame.loc[frame["value"].isna(), "quality"] = "unknown"
    return frame.rename_axis("complex_id")


def latest_number(
    facts: pd.DataFrame, indicator: str, labels: Iterable[str], *, drift_per_year: float, year: int
) -> pd.DataFrame:
    """Newest figure of each complex, widened by disagreement and by age.

    Facts of the newest year and of the year before it span the interval; the newest is the value
    (the middle where two of one year disagree). A count that was only planned may turn out to be
    anything from none to the plan. An existing count is widened by ``drift_per_year`` for every
    year since, because nobody has counted again.

    Parameters
    ----------
    facts
        Long facts table.
    indicator
        Which fact.
    labels
        Complexes wanted.
    drift_per_year
        Relative widening per year of age.
    year
        Year in which the figure is used.
    """
    chosen = facts[(facts["indicator"] == indicator) & facts["value"].notna()]
    # an undated count may be as old as the oldest
    oldest = chosen["year"].min() if chosen["year"].notna().any() else year
    chosen = chosen.assign(year=chosen["year"].fillna(oldest))
    top = chosen.groupby("complex_id")["year"].transform("max")
    newest, latest = chosen[chosen["year"] >= top - 1], chosen[chosen["year"] == top]
    first = latest.drop_duplicates("complex_id").set_index("complex_id")
    recent = {name: newest[name].fillna(newest["value"]) for name in ("low", "high")}
    low, high = (recent[name].groupby(newest["complex_id"]) for name in ("low", "high"))
    value = latest.groupby("complex_id")["value"]
    planned = (latest["status"] == "planned").groupby(latest["complex_id"]).all()
    drift = drift_per_year * (year - first["year"]).clip(lower=0).astype("float64")
    sources = newest.drop_duplicates(["complex_id", "source"]).groupby("complex_id")["source"]
    rows = pd.DataFrame({
        "low": (low.min() * (1 - drift.clip(upper=1))).mask(planned, 0.0),
        "value": (value.min() + value.max()) / 2,
        "high": high.max() * (1 + drift.mask(planned, 0.0)),
        "unit": first["unit"], "year": first["year"],
        "published": latest.groupby("complex_id")["published"].min(),
        "quality": first["quality"], "basis": "own", "source": sources.agg("; ".join),
    })  # fmt: skip
    return table({str(label): {str(name): cell for name, cell in row.items()}
                  for label, row in rows.to_dict("index").items()}, labels)  # fmt: skip


def overlaid(computed: pd.DataFrame | None, told: pd.DataFrame) -> pd.DataFrame:
    """Estimates of an indicator as told by the complexes, else as computed for them.

    Parameters
    ----------
    computed
        Estimates that a room computed, if any.
    told
        Estimates from facts under the indicator's own name.
    """
    if computed is None:
        return told
    return told.where(told["value"].notna(), computed)


def stack(columns: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Estimates of several indicators on top of each other, indexed by complex and indicator."""
    stacked = pd.concat(columns, names=["indicator"]).swaplevel()
    order = pd.MultiIndex.from_product(
        [next(iter(columns.values())).index, columns], names=["complex_id", "indicator"]
    )
    return stacked.loc[order]


def is_known(performance: pd.DataFrame) -> pd.DataFrame:
    """Whether each cell rests on evidence about the complex itself, complex by indicator."""
    known = performance["value"].notna() & (performance["basis"] == "own")
    return known.unstack("indicator")[list(performance.index.unique("indicator"))]


def scorable(
    performance: pd.DataFrame, kind: pd.Series, unknowns: Unknowns
) -> tuple[list[str], list[str]]:
    """Indicators that may enter the score, and those that are questions to ask.

    A presence indicator needs one known complex; a numeric one needs `Unknowns.minimum_all`
    wherever any complex is unknown.

    Parameters
    ----------
    performance
        Estimates by complex and indicator.
    kind
        ``presence`` or ``numeric`` by indicator.
    unknowns
        How unknown cells are drawn.
    """
    value = performance["value"].unstack("indicator")[list(kind.index)]
    needed = kind.map({"presence": 1, "numeric": unknowns.minimum_all})
    enough = value.notna().all() | (value.notna().sum() >= needed)
    return list(kind.index[enough]), list(kind.index[~enough])


def equally_likely(
    performance: pd.DataFrame, criteria: pd.DataFrame, branches: pd.Series, unknowns: Unknowns
) -> pd.DataFrame:
    """`LEVELS` equally likely values of every cell, in the unit of its indicator.

    A known cell is a triangle ``low, value, high`` [1]_. An unknown presence is absent or present
    at the stated prior; an unknown number is any value of the known complexes of a common branch
    when there are enough, else of all.

    Parameters
    ----------
    performance
        Estimates by complex and indicator.
    criteria
        Rows by indicator with ``unknown`` (``presence`` or ``numeric``), ``worst``, ``best`` and
        ``if_absent``, ``if_present``.
    branches
        Set of branches by complex.
    unknowns
        How unknown cells are drawn.

    Returns
    -------
    pandas.DataFrame
        Index as ``performance``, columns ``0`` to ``LEVELS - 1``, each row ascending.

    References
    ----------
    .. [1] Kotz, S. & van Dorp, J. R. (2004). Beyond Beta. World Scientific, ch. 1.
    """
    spread = triangular(performance["low"], performance["value"], performance["high"])
    filled = []
    for indicator in performance.index.unique("indicator"):
        cells = pd.DataFrame(spread.xs(indicator, level="indicator"))
        known = cells[0].notna()
        if unknowns.whole_anchor_range:  # a sensitivity to all that is not known of the complex
            known &= performance["basis"].xs(indicator, level="indicator") == "own"
        row = criteria.loc[indicator]
        for label in cells.index[~known]:
            cells.loc[label] = _unknown_levels(
                cells[known], _kin(branches, label, cells.index[known]), row, unknowns
            )
        filled.append(cells.assign(indicator=indicator).set_index("indicator", append=True))
    everything: pd.DataFrame = pd.concat(filled).loc[performance.index]
    return everything


def triangular(low: pd.Series, value: pd.Series, high: pd.Series) -> pd.DataFrame:
    """Equally likely values of a triangular distribution, by its inverse.

    Examples
    --------
    >>> one = pd.Series([0.0]), pd.Series([1.0]), pd.Series([2.0])
    >>> float(triangular(*one).mean(axis=1).iloc[0].round(6))
    1.0
    """
    bottom, mode, top = (series.to_numpy(float)[:, None] for series in (low, value, high))
    return pd.DataFrame(triangular_at(bottom, mode, top, _MIDPOINTS), index=value.index)


def triangular_at(
    low: np.ndarray, mode: np.ndarray, high: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """Value below which a share of a triangular distribution lies; arrays broadcast.

    Examples
    --------
    >>> float(triangular_at(np.array(0.0), np.array(1.0), np.array(2.0), np.array(0.125)))
    0.5
    """
    width = np.where(high > low, high - low, 1.0)
    rising = low + np.sqrt(share * width * (mode - low))
    falling = high - np.sqrt((1 - share) * width * (high - mode))
    values = np.where((mode - low) / width > share, rising, falling)
    return np.where(high > low, values, mode)


def _kin(branches: pd.Series, label: str, others: pd.Index) -> pd.Index:
    return others[[bool(branches[label] & branches[other]) for other in others]]


def _unknown_levels(
    known: pd.DataFrame, kin: pd.Index, row: pd.Series, unknowns: Unknowns
) -> np.ndarray:
    if unknowns.whole_anchor_range:
        bottom, top = sorted((row["worst"], row["best"]))
        return np.asarray(bottom + (top - bottom) * _MIDPOINTS)
    if row["unknown"] == "presence":
        present = unknowns.presence_prior > 1 - _MIDPOINTS
        return np.sort(np.where(present, row["if_present"], row["if_absent"]))
    donors = known.loc[kin] if len(kin) >= unknowns.minimum_same_branch else known
    return np.asarray(np.quantile(donors.to_numpy().ravel(), _MIDPOINTS))


def coverage(performance: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Share of each complex's weight that rests on known cells.

    ``sum of w_j over known j``; 1 is everything known, 0 nothing. Below 0.65 a complex may not be
    recommended [1]_.

    Parameters
    ----------
    performance
        Estimates by complex and indicator.
    weights
        Weights by indicator that sum to 1.

    References
    ----------
    .. [1] JRC Competence Centre on Composite Indicators, FAQ: at least 65% of the data per unit.
    """
    return is_known(performance)[list(weights.index)].mul(weights).sum(axis=1).rename("coverage")

"""What the firms of one complex import: as surveyed, or assumed."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats


class Demand(NamedTuple):
    """What the firms of one complex import from one region.

    Attributes
    ----------
    firms
        Labels of the rows of the firm axis.
    items
        ``part, supplier`` by item.
    weight_t
        Weight a year ``[draw, firm, item]``.
    count
        Equal firms that each row stands for ``[draw, firm, 1]``.
    group_of
        Whose lots each firm's goods travel in today, by firm.
    surveyed
        Weight and orders a year by mode, as surveyed, ``[draw, group, item]``; empty where nobody
        asked.
    """

    firms: list[str]
    items: pd.DataFrame
    weight_t: np.ndarray
    count: np.ndarray  # type: ignore[assignment]
    group_of: np.ndarray
    surveyed: Mapping[str, tuple[np.ndarray, np.ndarray]]


def from_orders(
    orders: pd.DataFrame, draws: pd.DataFrame, *, sizes: np.ndarray | None = None
) -> Demand:
    """Demand as surveyed, its weights and orders uncertain by their level.

    Parameters
    ----------
    orders
        Rows of the table ``orders`` of one complex.
    draws
        Parameters by draw: ``surveyed_weight_level``, ``surveyed_orders_level``.
    sizes
        Size of each firm, with mean 1, ``[draw, firm]``, where the split between firms is not
        known; else firms of a group are equal.
    """
    items = orders[["part", "supplier"]].drop_duplicates().reset_index(drop=True)
    groups = orders.drop_duplicates("firm").set_index("firm")["firms"].astype("int64")
    group_of = np.repeat(np.arange(len(groups)), groups)
    firms = [str(name) if count == 1 else f"{name} {number + 1}"
             for name, count in groups.items() for number in range(count)]  # fmt: skip
    by_mode = {
        str(mode): _by_group(rows, groups.index, items)
        for mode, rows in orders.groupby("mode", sort=True)
    }
    weight = np.asarray(sum(weight for weight, _ in by_mode.values()))
    level, times = (
        draws[name].to_numpy()[:, None, None]
        for name in ("surveyed_weight_level", "surveyed_orders_level")
    )
    relative = np.ones((1, len(firms))) if sizes is None else sizes
    of_firm = (weight / groups.to_numpy()[:, None])[group_of] * relative[..., None] * level
    of_group = np.add.reduceat(of_firm, np.flatnonzero(np.diff(group_of, prepend=-1)), axis=1)
    surveyed = {
        mode: (of_group * np.divide(own, weight, out=np.zeros_like(own), where=weight > 0),
               orders_per_year * times)
        for mode, (own, orders_per_year) in by_mode.items()
    }  # fmt: skip
    return Demand(firms, items, of_firm, np.ones((len(draws), len(firms), 1)), group_of, surveyed)


def _by_group(
    rows: pd.DataFrame, groups: pd.Index, items: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Weight and orders a year ``[group, item]`` of the orders of one mode."""
    keys = pd.MultiIndex.from_product([groups, range(len(items))])
    place = {tuple(pair): number for number, pair in enumerate(items.to_numpy())}
    pairs = zip(rows["part"], rows["supplier"], strict=True)
    numbered = rows.assign(item=[place[pair] for pair in pairs])
    sums = numbered.groupby(["firm", "item"])[["weight_t", "orders_per_year"]].sum()
    cells = sums.reindex(keys, fill_value=0.0).to_numpy(float).reshape(len(groups), -1, 2)
    return cells[..., 0], cells[..., 1]


def firm_sizes(variation: np.ndarray, firms: int) -> np.ndarray:
    """Relative sizes of firms, lognormal with mean 1, at evenly spaced quantiles ``[draw, firm]``.

    Examples
    --------
    >>> firm_sizes(np.array([0.0, 1.0]), 3).round(2).tolist()
    [[1.0, 1.0, 1.0], [0.36, 0.81, 1.82]]
    """
    spread = np.sqrt(np.log1p(variation**2))[:, None]
    sizes = np.exp(spread * stats.norm.ppf((np.arange(firms) + 0.5) / firms))
    return np.asarray(sizes / sizes.mean(axis=1, keepdims=True))


def assumed(items: pd.DataFrame, draws: pd.DataFrame, *, firms: int | None = None) -> Demand:
    """Firms that each import an assumed volume, evenly over the items.

    ``round(firms · participation)`` equal firms take part, one at least; or so many firms, told
    apart by their drawn sizes.
    """
    joining = draws["firms"].to_numpy(float) * draws["participation"].to_numpy(float)
    count = np.maximum(np.rint(joining), 1.0)
    each = draws["import_volume_per_firm"].to_numpy()[:, None, None] / len(items)
    weight_t = np.repeat(each, len(items), axis=2)
    if firms is not None:
        sizes = firm_sizes(draws["firm_size_variation"].to_numpy(float), firms)
        names = [f"firm {number + 1}" for number in range(firms)]
        apart = weight_t * sizes[..., None]
        return Demand(names, items, apart, np.ones((len(draws), firms, 1)), np.arange(firms), {})
    return Demand(["firm"], items, weight_t, count[:, None, None], np.zeros(1, dtype=int), {})

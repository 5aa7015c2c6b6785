"""No figure gives a firm away: what rests on too few firms is not shown, nor what reveals it.

A firm is a pair of ``complex_id`` and ``firm`` in the table ``orders``; a row may stand for a group
of firms that is published together, and then counts as so many.

References
----------
Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley. doi:10.1002/9781118348239
(chapter 4: magnitude tables, primary and secondary suppression).
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from site_select import messages
from site_select.messages import Text

FIRM = ["complex_id", "firm"]
ANSWERS = ("lead_time_days", "lead_time_deviation_days", "stock_days", "other_suppliers",
           "qualify_days")  # fmt: skip


def firms(orders: pd.DataFrame, *, by: Sequence[str] = ("complex_id",)) -> pd.Series:
    """Count the distinct firms that stand behind the orders of each group.

    Parameters
    ----------
    orders
        Rows of the table ``orders``.
    by
        Columns of the groups.

    Examples
    --------
    >>> orders = pd.DataFrame({"complex_id": "A", "firm": ["f1", "f1", "rest"],
    ...                        "firms": [1, 1, 24], "part": ["spring", "plate", "plate"]})
    >>> firms(orders).tolist(), firms(orders, by=["part"]).to_dict()
    ([25], {'plate': 25, 'spring': 1})
    """
    distinct = orders.drop_duplicates(list(dict.fromkeys([*by, *FIRM])))
    return distinct.groupby(list(by))["firms"].sum().astype("int64")


def withheld(orders: pd.DataFrame, *, minimum_firms: int) -> pd.DataFrame:
    """Leave out the orders of complexes of which too few firms told, as if nobody had asked there.

    Where too few firms of a complex answered one thing, it is unknown of that complex.

    Parameters
    ----------
    orders
        Rows of the table ``orders``.
    minimum_firms
        Least number of firms behind a figure.

    Examples
    --------
    >>> orders = pd.DataFrame({"complex_id": ["A", "A", "B"], "firm": ["f1", "f2", "all"],
    ...                        "firms": [1, 1, 3]})
    >>> withheld(orders, minimum_firms=3)["complex_id"].tolist()
    ['B']
    """
    count = firms(orders)
    kept = orders[orders["complex_id"].isin(count.index[count >= minimum_firms])]
    return _without(kept, ["complex_id"], lambda known: firms(known) < minimum_firms)


def answered(orders: pd.DataFrame, *, by: Sequence[str], minimum_firms: int) -> pd.DataFrame:
    """Orders without the answers of the groups in which too few firms told them.

    Parameters
    ----------
    orders, by, minimum_firms
        As for `hidden`, by which each answer is left out.

    Examples
    --------
    >>> orders = pd.DataFrame({"complex_id": "A", "firm": ["f1", "f2", "f3"], "firms": 1,
    ...                        "part": "spring", "stock_days": [9.0, 5.0, None]})
    >>> answered(orders, by=["complex_id", "part"], minimum_firms=3)["stock_days"].tolist()
    [nan, nan, nan]
    """
    return _without(
        orders, list(by), lambda known: hidden(known, by=by, minimum_firms=minimum_firms)
    )


def _without(
    orders: pd.DataFrame, by: list[str], hides: Callable[[pd.DataFrame], pd.Series]
) -> pd.DataFrame:
    """Orders without each answer where it hides among those who gave it."""
    groups, columns = orders.set_index(by).index, orders.columns.intersection(list(ANSWERS))
    found = {name: hides(orders.dropna(subset=name)) for name in columns}
    return orders.assign(**{
        name: orders[name].mask(own.reindex(groups, fill_value=False).to_numpy())
        for name, own in found.items()
    })  # fmt: skip


def hidden(orders: pd.DataFrame, *, by: Sequence[str], minimum_firms: int) -> pd.Series:
    """Whether the figure of each group has to be hidden.

    A group of too few firms is hidden. Where the groups hidden within one total (all but the last
    of ``by``) together stand for too few firms, the total less what is shown would give them away,
    so the next smallest is hidden too, until they are enough. Parts of a hidden group are hidden.

    Parameters
    ----------
    orders
        Rows of the table ``orders``.
    by
        Columns of the groups, from the whole to its parts.
    minimum_firms
        Least number of firms behind a figure.

    Returns
    -------
    pandas.Series
        By group, sorted.

    Examples
    --------
    Three firms buy springs, one of them plates and one more wires: plates and wires stand for two
    firms, so springs are hidden with them.

    >>> orders = pd.DataFrame({"complex_id": "A", "firm": ["f1", "f2", "f3", "f3", "f4"],
    ...                        "firms": 1, "part": ["spring"] * 3 + ["plate", "wire"]})
    >>> hidden(orders, by=["complex_id", "part"], minimum_firms=3).tolist()
    [True, True, True]
    >>> hidden(orders, by=["complex_id", "part"], minimum_firms=2).tolist()
    [True, False, True]
    """
    *within, _ = by
    keys = [orders[name] for name in by]
    found = firms(orders, by=by) < minimum_firms
    if orders.empty:
        return found
    if within:
        above = hidden(orders, by=within, minimum_firms=minimum_firms)
        whole = found.reset_index(level=-1, drop=True).index
        found |= above.reindex(whole).to_numpy()
    size = orders.groupby(FIRM)["firms"].first()
    is_behind = pd.crosstab(keys, [orders[name] for name in FIRM]).reindex(columns=size.index) > 0
    totals = is_behind.groupby(level=list(range(len(within)))) if within else [((), is_behind)]
    for _, cells in totals:
        own = _with_next(
            found[cells.index].to_numpy(), cells.to_numpy(), size.to_numpy(), minimum_firms
        )
        found[cells.index] = own
    return found


def _with_next(
    is_hidden: np.ndarray, is_behind: np.ndarray, size: np.ndarray, minimum_firms: int
) -> np.ndarray:
    """Hide the next smallest ``[cell]`` until all that are hidden stand for enough firms."""
    found, count = is_hidden.copy(), is_behind @ size
    while found.any() and not found.all() and is_behind[found].any(axis=0) @ size < minimum_firms:
        found[np.where(found, np.inf, count).argmin()] = True
    return found


def is_rare(count: float, of: float, *, minimum_firms: int) -> bool:
    """Whether a count of firms, or that of all others, is above 0 and too small to be told.

    Examples
    --------
    >>> [count for count in range(8) if is_rare(count, 7, minimum_firms=3)]
    [1, 2, 5, 6]
    """
    return any(0 < part < minimum_firms for part in (count, of - count))


def told(count: int, of: int, *, minimum_firms: int) -> Text:
    """Say how many of the firms of a complex do something, unless it would point at one.

    Examples
    --------
    >>> [told(count, 9, minimum_firms=3).en for count in (0, 2, 4, 8)]
    ['none of 9', 'fewer than 3 of 9', '4 of 9', 'all but fewer than 3 of 9']
    """
    kind = "some"
    if is_rare(count, of, minimum_firms=minimum_firms):
        kind = "few" if count < minimum_firms else "most"
    elif count in {0, of}:
        kind = "all" if count else "none"
    return messages.text(f"confidentiality.{kind}", count=count, of=of, least=minimum_firms)

"""Supply-chain stability: how exposed a complex is to losing its imported parts."""

from collections.abc import Iterable, Sequence

import pandas as pd

from site_select import estimates

NOT_AN_ORIGIN = {"_WORLD", "domestic", "all foreign", "Japan etc.", "Europe (SE, DE)"}
OLDEST_YEARS = 10


def concentration(shares: Iterable[float]) -> float:
    """Herfindahl-Hirschman index ``HHI = sum s²`` of shares that sum to 1.

    1 is a single origin, ``1/n`` is n equal ones.

    References
    ----------
    Hirschman, A. O. (1964). The paternity of an index. American Economic Review 54(5), 761-762.

    Examples
    --------
    >>> concentration([0.5, 0.5])
    0.5
    """
    return float(sum(share**2 for share in shares))


def concentration_bounds(
    shares: Sequence[float], rest_origins: int | None = None
) -> tuple[float, float]:
    """Lowest and highest index when only some shares are known.

    The rest is spread so thin that it adds nothing (or evenly over ``rest_origins``), or comes
    from one origin.

    Examples
    --------
    >>> concentration_bounds([0.7])
    (0.49, 0.58)
    """
    rest = max(0.0, 1.0 - sum(shares))
    known = concentration(shares)
    thin = rest**2 / rest_origins if rest_origins else 0.0
    return round(known + thin, 6), round(known + rest**2, 6)


def item_concentration(
    branch_imports: pd.DataFrame, *, year: int, branches: Iterable[str]
) -> pd.DataFrame:
    """Concentration of Korea's imports of each item by origin, newest year of each item.

    Rows of the smelters (``upstream``), of the pilot itself, of doubtful grade, of all branches
    together or older than ten years are left out. Where a source names only the largest origins,
    the index is an interval.

    Parameters
    ----------
    branch_imports
        Import shares by item, period and origin.
    year
        Year in which the index is used.
    branches
        Root branches; an item that none of them uses is left out.

    Returns
    -------
    pandas.DataFrame
        By item: ``item, branches, low, value, high, origin, share_percent, year, published,
        quality, source``.
    """
    rows = branch_imports
    usable = rows[
        ~rows["upstream"].astype(bool) & ~rows["origin"].isin(NOT_AN_ORIGIN - {"_WORLD"})
        & ~rows["grade"].str.startswith("L") & (rows["branches"] != "all")
        & (rows["year"] >= year - OLDEST_YEARS)
    ]  # fmt: skip
    is_used = usable["branches"].str.split(";").map(frozenset(branches).isdisjoint)
    usable = usable[~is_used.astype(bool)]
    found = {}
    for item, known in usable.groupby("item_id", sort=True):
        for _, period in sorted(known.groupby("period"), reverse=True):
            row = _item_row(period)
            if row:
                found[str(item)] = row
                break
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("item_id")


def _item_row(period: pd.DataFrame) -> dict[str, object]:
    total = period[(period["origin"] == "_WORLD") & period["hhi"].notna()]
    origins = period[(period["origin"] != "_WORLD") & period["share_percent"].notna()]
    if origins.empty:
        return {}
    largest = origins.sort_values("share_percent").iloc[-1]
    if total.empty:
        low, high = concentration_bounds((origins["share_percent"] / 100).tolist())
    else:
        low = high = float(total["hhi"].iloc[0])
    return {
        "item": largest["item"], "branches": largest["branches"],
        "low": low, "value": (low + high) / 2, "high": high,
        "origin": largest["origin"], "share_percent": largest["share_percent"],
        "year": largest["year"], "published": largest["published"],
        "quality": largest["quality"], "source": largest["source"],
    }  # fmt: skip


def origin_concentration(complexes: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Concentration by origin of the items a complex's branches are known to buy [0 to 1].

    The value is the median of the items, low and high their quartiles: which of them a complex
    buys, and from whom, nobody has asked. The shares are national and of all users, so this is a
    proxy and never counts as known of the complex.

    Parameters
    ----------
    complexes
        Complexes with ``branch_set``, indexed by complex.
    items
        Result of `item_concentration`.
    """
    item_branches = [frozenset(codes.split(";")) for codes in items["branches"]]
    rows = {}
    for label in map(str, complexes.index):
        branches = complexes["branch_set"][label]
        is_own = [bool(branches & other) for other in item_branches]
        own = items[pd.Series(is_own, index=items.index)]
        if own.empty:
            continue
        rows[label] = {
            "low": own["value"].quantile(0.25), "value": own["value"].median(),
            "high": own["value"].quantile(0.75), "unit": "HHI", "year": own["year"].max(),
            "published": own["published"].max(), "quality": "computed", "basis": "proxy",
            "source": f"national import shares of {len(own)} items of its branches",
        }  # fmt: skip
    return estimates.table(rows, complexes.index)


def pilot_concentration(pilot: pd.DataFrame) -> tuple[float, float]:
    """Lowest and highest concentration of the pilot complex's own imports by origin.

    Europe's part is split between Sweden and Germany in an unpublished ratio, and the rest comes
    "from Japan and others": lowest is an even split and a rest spread thin, highest one country
    each.

    Parameters
    ----------
    pilot
        Published figures of the pilot.

    Examples
    --------
    >>> rows = {"stage": "plan_2020", "quantity": ["import_volume_europe", "import_volume_total"],
    ...         "value": [40.0, 90.0]}
    >>> pilot_concentration(pd.DataFrame(rows))
    (0.0988, 0.5062)
    """
    plan = pilot[pilot["stage"] == "plan_2020"].set_index("quantity")["value"]
    europe = float(plan["import_volume_europe"] / plan["import_volume_total"])
    return round(2 * (europe / 2) ** 2, 4), round(concentration([europe, 1 - europe]), 4)

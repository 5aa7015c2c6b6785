"""Supply-chain stability: how exposed a complex is to losing its imported parts."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from site_select import estimates
from site_select.errors import SettingsError

NOT_AN_ORIGIN = {"domestic", "all foreign", "Japan etc.", "Europe (SE, DE)"}
OLDEST_YEARS = 10
ITEM_COLUMNS = ("item", "branches", "origin", "share_percent", "year", "published", "quality",
                "source")  # fmt: skip
SURVEYED = {
    "origin_concentration": ("origin_hhi", "HHI"), "lead_time_days": ("lead_time_days", "days"),
    "import_dependence": ("import_dependence", "share"), "stock_cover_days": ("stock_days", "days"),
}  # fmt: skip
INTERVALS = (
    "origin_hhi", "supplier_hhi", "origins", "single_sourced", "import_dependence",
    "lead_time_days", "lead_time_variation", "stock_days", "qualify_days", "substitutes",
)  # fmt: skip
OTHERS = "*"
UNSURE = "[;*]"
HOME = "KR"
GROUPINGS = ("complex_id", "firm", "part")
WEIGHTS = ("weight_t", "value_krw")
NUMERIC = (
    "lead_time_days", "lead_time_deviation_days", "stock_days", "qualify_days", "other_suppliers",
)  # fmt: skip


def concentration(shares: Iterable[float]) -> float:
    """Herfindahl-Hirschman index ``HHI = sum s²`` of shares that sum to 1.

    1 is a single origin, ``1/n`` is n equal ones; ``1/HHI`` is the effective number of origins.

    References
    ----------
    Hirschman, A. O. (1964). The paternity of an index. American Economic Review 54(5), 761-762.

    Examples
    --------
    >>> concentration([0.5, 0.5])
    0.5
    """
    return float(sum(share**2 for share in shares))


def concentration_bounds(weights: Mapping[str, float] | pd.Series) -> tuple[float, float]:
    """Lowest and highest index when it is not known of all the weight whom it comes from.

    Weight of several candidates is split among them in an unknown ratio. Lowest is the most even
    split, and others spread so thin that they add nothing; highest is one candidate each, for a sum
    of squares is convex.

    Parameters
    ----------
    weights
        Weight by who it comes from, in any unit. A label may list candidates, joined by ``;``;
        ``*`` stands for others, any number of them, that no label names; each label has its own.

    Raises
    ------
    SettingsError
        If a weight is negative or not finite, a candidate has no name, or all weights are 0.

    References
    ----------
    Fujishige, S. (1980). Lexicographically optimal base of a polymatroid with respect to a weight
    vector. Mathematics of Operations Research 5(2), 186-196. doi:10.1287/moor.5.2.186

    Examples
    --------
    >>> concentration_bounds({"SE": 20, "SE;DE": 20})
    (0.5, 1.0)
    """
    groups: dict[frozenset[str], float] = defaultdict(float)
    faults = []
    for label, weight in weights.items():
        names = frozenset(name.strip() for name in str(label).split(";"))
        groups[names] += float(weight)
        if "" in names or not 0 <= weight < np.inf:
            faults.append(
                f"{label!r}: {weight}: allowed names joined by ';' and a weight of 0 or more"
            )
    total = sum(groups.values())
    if total == 0:
        faults.append("all weights are 0: allowed at least one above 0")
    if faults:
        raise SettingsError("; ".join(faults))
    shares = {names: weight / total for names, weight in groups.items()}
    low = _most_even({names: share for names, share in shares.items() if OTHERS not in names})
    return low, _least_even(shares)


def _most_even(shares: Mapping[frozenset[str], float]) -> float:
    """Lowest sum of squares: level after level, from the fullest set of origins down.

    However it is split, a set of origins holds at least what only they may have sent. The set with
    most of that per origin is level in the best split; what others could have sent comes from them.
    """
    unsure = [names for names in shares if len(names) > 1]
    if not unsure:
        return concentration(shares.values())

    def level(held: frozenset[str]) -> float:
        return sum(share for names, share in shares.items() if names <= held) / len(held)

    sizes = range(1, len(unsure) + 1)
    subsets = itertools.chain(*(itertools.combinations(unsure, size) for size in sizes))
    fullest = max([*shares, *(frozenset[str]().union(*some) for some in subsets)], key=level)
    rest: dict[frozenset[str], float] = defaultdict(float)
    for names, share in shares.items():
        rest[names - fullest] += share
    del rest[frozenset()]
    return len(fullest) * level(fullest) ** 2 + _most_even(rest)


def _least_even(shares: Mapping[frozenset[str], float]) -> float:
    """Highest sum of squares, over all choices of one origin for each set of candidates."""
    numbers: dict[object, int] = defaultdict(itertools.count().__next__)
    choices = [[numbers[names if name == OTHERS else name] for name in names] for names in shares]
    weights = list(shares.values())
    return max(
        float((np.bincount(choice, weights) ** 2).sum()) for choice in itertools.product(*choices)
    )


def exposure(
    orders: pd.DataFrame, places: pd.DataFrame, *, by: Sequence[str] = ("complex_id",),
    weight: str = "weight_t", split_is_known: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """What the orders of a complex, part or firm depend on, and how long they would hold out.

    Every figure is a mean weighted by ``weight``, or an index of its shares; where rows are
    unknown, it is an interval. Missing days lie between the smallest and the largest known in the
    group; their ``value`` is the mean of the known rows. A supplier whose country is uncertain is
    unknown itself.

    Parameters
    ----------
    orders
        Rows of the table ``orders``.
    places
        Rows of ``overseas_places``; ``country`` as the labels of `concentration_bounds`.
    by
        One or more of ``complex_id``, ``firm``, ``part``.
    weight
        ``weight_t`` or ``value_krw``.
    split_is_known
        Whether the weights of the rows are; else every row of a complex may come from any of its
        suppliers.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``by``, each with its bounds ``_low`` and ``_high``:

        - ``origin_hhi``, ``supplier_hhi``, ``route_hhi`` (air, sea or road; known, so one number):
          1 is all from one; ``origins``: effective number ``1 / HHI``, without end where no origin
          is known;
        - ``single_sourced``, ``import_dependence``: share of the weight in parts that a firm has
          from one supplier; from outside Korea (where ``KR`` or ``*`` is a candidate, unknown);
        - and ``_value``: ``lead_time_days``, ``lead_time_variation`` (standard deviation / mean),
          ``stock_days``, ``qualify_days`` (to another supplier) and ``substitutes``: share of the
          weight with another qualified supplier;
        - ``weight``: total in its unit.

    Raises
    ------
    SettingsError
        If ``by`` or ``weight`` is not allowed, a weight is missing or not above 0, or a supplier is
        not among the places.

    Examples
    --------
    >>> orders = pd.DataFrame({
    ...     "complex_id": "RC15", "firm": "F1", "part": ["spring", "plate"], "mode": "air",
    ...     "supplier": ["P1", "P2"], "weight_t": [30.0, 10.0], "lead_time_days": [20.0, 40.0],
    ...     "lead_time_deviation_days": 5.0, "stock_days": 9.0, "qualify_days": 90.0,
    ...     "other_suppliers": [0, 1]})
    >>> places = pd.DataFrame({"place_id": ["P1", "P2"], "country": ["SE", "SE;DE"]})
    >>> exposure(orders, places).loc["RC15", ["origin_hhi_low", "lead_time_days_value"]].tolist()
    [0.625, 25.0]
    """
    _check(orders, places, by, weight)
    keys, country = list(by), orders["supplier"].map(places.set_index("place_id")["country"])
    if not split_is_known:
        of_complex = country.groupby(orders["complex_id"])
        country = of_complex.transform(lambda own: ";".join(sorted(set(own))))
    rows = orders.assign(
        weight=orders[weight].astype("float64"), origin=country,
        supplier=orders["supplier"].mask(country.str.contains(UNSURE), OTHERS),
        route=orders["mode"].str.split("_").str[0],
    ).reset_index(drop=True)  # fmt: skip
    origin, supplier, route = (
        _bounds(rows, keys, label) for label in ("origin", "supplier", "route")
    )
    figures = pd.concat([_shares(rows), _intervals(rows, keys)], axis=1)
    groups = [rows[key] for key in keys]
    sums = figures.mul(rows["weight"], axis=0).groupby(groups).sum(min_count=1)
    known = figures.notna().mul(rows["weight"], axis=0).groupby(groups).sum()
    table = pd.concat([origin, supplier, sums / known], axis=1)
    return table.assign(
        route_hhi=route["route_hhi_low"], weight=rows.groupby(keys)["weight"].sum(),
        origins_low=1 / origin["origin_hhi_high"], origins_high=1 / origin["origin_hhi_low"],
    )  # fmt: skip


def surveyed(
    orders: pd.DataFrame, places: pd.DataFrame, labels: pd.Index, *, split_is_known: bool = True
) -> dict[str, pd.DataFrame]:
    """Estimates of the indicators that surveyed orders tell of their complexes.

    Where an index is an interval, its value is the middle. Import dependence is told only where
    some order is from Korea: a list of imports does not say what is bought at home.

    Parameters
    ----------
    orders, places, split_is_known
        As for `exposure`.
    labels
        All complexes.
    """
    if orders.empty:
        return {}
    found = exposure(orders, places, split_is_known=split_is_known)
    is_all_abroad = found["import_dependence_low"] == 1
    found.loc[is_all_abroad, ["import_dependence_low", "import_dependence_high"]] = np.nan
    year = orders.groupby("complex_id")["year"].max()
    every = {}
    for name, (figure, unit) in SURVEYED.items():
        low, high = found[f"{figure}_low"], found[f"{figure}_high"]
        value = found.get(f"{figure}_value", (low + high) / 2)  # the last digit may differ
        known = pd.DataFrame({
            "low": np.fmin(low, value), "value": value, "high": np.fmax(high, value),
            "unit": unit, "year": year, "published": year.astype("str"), "quality": "computed",
            "basis": "own", "source": "orders of the study",
        }).dropna(subset="value")  # fmt: skip
        every[name] = estimates.table(known.to_dict("index"), labels)  # type: ignore[arg-type]
    return every


def answers(orders: pd.DataFrame) -> pd.DataFrame:
    """What each firm answered of the indicators that are means of firms' answers.

    Lead time and stock of a complex are means of its orders weighted by weight, so each firm's own
    mean counts with its share of the weight of which the answer is known.

    Parameters
    ----------
    orders
        Orders of the study.

    Returns
    -------
    pandas.DataFrame
        Columns ``complex_id, indicator, firm, answer, share``; the shares of a complex in an
        indicator sum to 1.

    Examples
    --------
    >>> orders = pd.DataFrame({
    ...     "complex_id": "RC15", "firm": ["f1", "f1", "f2"], "weight_t": [1.0, 1.0, 2.0],
    ...     "lead_time_days": [20.0, 40.0, 50.0], "stock_days": np.nan,
    ... })
    >>> answers(orders)[["firm", "answer", "share"]].to_numpy().tolist()
    [['f1', 30.0, 0.5], ['f2', 50.0, 0.5]]
    """
    told = []
    for indicator, (column, _) in SURVEYED.items():
        if column in NUMERIC:
            known = orders.dropna(subset=column)
            weight = known["weight_t"].groupby([known["complex_id"], known["firm"]]).sum()
            parts = known["weight_t"] * known[column].astype("float64")
            total = weight.groupby("complex_id").transform("sum")
            answer = parts.groupby([known["complex_id"], known["firm"]]).sum() / weight
            own = pd.DataFrame({"answer": answer, "share": weight / total}).reset_index()
            told.append(own.assign(indicator=indicator))
    columns = ["complex_id", "indicator", "firm", "answer", "share"]
    return pd.concat(told, ignore_index=True)[columns]


def _check(orders: pd.DataFrame, places: pd.DataFrame, by: Sequence[str], weight: str) -> None:
    faults = []
    if not by or len(set(by)) < len(by) or not set(by) <= set(GROUPINGS):
        faults.append(f"by = {tuple(by)}: allowed one or more of {', '.join(GROUPINGS)}, each once")
    if weight not in WEIGHTS:
        faults.append(f"weight = {weight!r}: allowed {' or '.join(WEIGHTS)}")
    else:
        found = orders[weight].astype("float64")
        unfit = orders[~(found.gt(0) & found.lt(np.inf))]
        rows = unfit[["complex_id", "firm", "part", "supplier", "mode", weight]]
        faults += [
            f"{weight} of {', '.join(map(str, row))} = {cell}: allowed above 0; where values are "
            "missing, weight by weight_t"
            for *row, cell in rows.itertuples(index=False)
        ]
    unknown = sorted(set(orders["supplier"]) - set(places["place_id"]))
    if unknown:
        faults.append(f"supplier {', '.join(unknown)}: allowed a place_id of overseas_places")
    if faults:
        raise SettingsError("; ".join(faults))


def _bounds(rows: pd.DataFrame, by: list[str], label: str) -> pd.DataFrame:
    """Lowest and highest concentration by ``label`` of each group; solved only where unsure."""
    cells = rows.groupby([*by, label])["weight"].sum()
    index = ((cells / cells.groupby(by).transform("sum")) ** 2).groupby(by).sum()
    bounds = pd.DataFrame({f"{label}_hhi_low": index, f"{label}_hhi_high": index})
    labels = cells.index.get_level_values(label)
    is_unsure = pd.Series(labels.str.contains(UNSURE), cells.index).groupby(by)
    found = [
        concentration_bounds(dict(zip(own.index.get_level_values(label), own, strict=True)))
        for _, own in cells[is_unsure.transform("any")].groupby(by)
    ]
    bounds.loc[is_unsure.any()] = np.reshape(found, (-1, 2))
    return bounds


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    suppliers = rows.groupby(["complex_id", "firm", "part"])["supplier"].transform("nunique")
    may_be_home = rows["origin"].str.contains(f"{HOME}|[{OTHERS}]")
    return pd.DataFrame({
        "single_sourced_low": (suppliers == 1) & (rows["supplier"] != OTHERS),
        "single_sourced_high": suppliers == 1,
        "import_dependence_low": ~may_be_home, "import_dependence_high": rows["origin"] != HOME,
    }).astype("float64")  # fmt: skip


def _intervals(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Days and substitutes by order, what is missing put at its lowest and at its highest."""
    lead, deviation, stock, qualify, others = (rows[name].astype("float64") for name in NUMERIC)
    figures = pd.DataFrame({
        "lead_time_days": lead, "lead_time_variation": deviation / lead.where(lead > 0),
        "stock_days": stock, "qualify_days": qualify,
        "substitutes": others.ge(1).astype("float64").where(others.notna()),
    })  # fmt: skip
    groups = [rows[key] for key in by]
    known, is_open = figures.groupby(groups), others.isna().groupby(groups).transform("any")
    bounds = {
        "low": figures.fillna(known.transform("min").assign(substitutes=0.0)),
        "value": figures.assign(substitutes=figures["substitutes"].mask(is_open)),
        "high": figures.fillna(known.transform("max").assign(substitutes=1.0)),
    }
    return pd.concat([found.add_suffix(f"_{bound}") for bound, found in bounds.items()], axis=1)


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
        ~rows["upstream"].astype(bool) & ~rows["origin"].isin(NOT_AN_ORIGIN)
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
        shares = origins.set_index("origin")["share_percent"]
        shares[OTHERS] = max(0.0, 100 - shares.sum())
        low, high = (round(bound, 6) for bound in concentration_bounds(shares))
    else:
        low = high = float(total["hhi"].iloc[0])
    bounds = {"low": low, "value": (low + high) / 2, "high": high}
    return bounds | {name: largest[name] for name in ITEM_COLUMNS}


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
    "from Japan and others".

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
    europe, total = float(plan["import_volume_europe"]), float(plan["import_volume_total"])
    low, high = concentration_bounds({"SE;DE": europe, "JP;*": total - europe})
    return round(low, 4), round(high, 4)

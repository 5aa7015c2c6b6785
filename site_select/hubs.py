"""Where a few joint warehouses should stand so that many complexes are near one.

All answers are exact. A good choice by greedy addition and exchange bounds the total from above,
a Lagrangian relaxation from below; together they settle most sites, and an integer program of the
rest, by distance bands, is solved by HiGHS.
"""

import math
from bisect import bisect_left
from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import csgraph_from_dense, shortest_path

from site_select.errors import SettingsError

ROUNDING = 1e-9
PRICE_STEPS, PATIENCE, LEAST_STEP = 1_000, 20, 0.01
TOTAL_IN_PROGRAM = 1_000.0  # far above the absolute tolerance of HiGHS, 1e-6
MOST_NAMED = 5


class Location(NamedTuple):
    """Sites to open and what each demand gets from them.

    Attributes
    ----------
    sites
        The chosen sites, in the order of the distance table.
    assignment
        By demand: ``site``, the nearest chosen one; ``km``; ``weight``; ``is_within`` the radius.
    opened
        By chosen site: ``demands`` and ``weight`` it serves; ``second``, the site that would
        replace it best, and ``second_loss``, what the objective would lose by it; missing where
        every site is chosen.
    weighted_km
        Total weighted distance.
    covered
        Share of the weight within the radius.
    """

    sites: list[Hashable]
    assignment: pd.DataFrame
    opened: pd.DataFrame
    weighted_km: float
    covered: float


def network_km(roads: pd.DataFrame) -> pd.DataFrame:
    """Shortest way between all places of a road network [km]; infinite where there is none.

    Roads go both ways. A road listed twice counts as it is listed last, as in the OR-Library,
    whose published optima are missed when the shorter one is taken.

    Parameters
    ----------
    roads
        ``start, end, km`` of each road.

    Raises
    ------
    SettingsError
        If a length is not a number from 0.

    References
    ----------
    Beasley, J. E. (1990). OR-Library: distributing test problems by electronic mail. Journal of
    the Operational Research Society 41(11), 1069-1072. doi:10.1057/jors.1990.166

    Examples
    --------
    >>> roads = pd.DataFrame({"start": [1, 2, 2], "end": [2, 3, 1], "km": [1.0, 2.0, 5.0]})
    >>> network_km(roads).loc[1, 3].item()  # 5 + 2: the first road was listed again as 5 km
    7.0
    """
    km = pd.to_numeric(roads["km"], errors="coerce").to_numpy("float64")
    if wrong := list(roads.index[np.flatnonzero(~((km >= 0) & (km < math.inf)))]):
        raise SettingsError(f"length of the roads {_named(wrong)}: allowed numbers from 0 [km]")
    codes, places = pd.factorize(roads[["start", "end"]].to_numpy().ravel(), sort=True)
    pairs = pd.DataFrame(np.sort(codes.reshape(-1, 2), axis=1)).assign(km=km)
    one, other, km = pairs.drop_duplicates([0, 1], keep="last").to_numpy().T
    direct = np.full((len(places), len(places)), math.inf)
    direct[one.astype(int), other.astype(int)] = direct[other.astype(int), one.astype(int)] = km
    found = shortest_path(csgraph_from_dense(direct, null_value=math.inf))
    return pd.DataFrame(found, places, places)


def p_median(
    distance: pd.DataFrame, weights: pd.Series, *, count: int, radius_km: float = math.inf
) -> Location:
    """Sites from which the total weighted distance to the nearest one is least.

    ``min Σ wᵢ min dᵢⱼ over the open j``, in the radius formulation [1]_ [2]_, its sites settled
    beforehand by reduced costs. 0 is a site at every demand. Of choices equally good, exchanging
    one site for an earlier one prefers the earlier.

    Parameters
    ----------
    distance
        Distance from every demand (row) to every candidate site (column) [km].
    weights
        Weight of every demand, such as tonnes a year; joined by name, never by position.
    count
        Sites to open.
    radius_km
        Distance within which a demand counts as covered.

    Raises
    ------
    SettingsError
        If a name is missing, unknown or stands twice, a number is negative or not finite, all
        weights are 0, or the count is not a whole number from 1 to the number of sites.

    References
    ----------
    .. [1] Cornuéjols, G., Nemhauser, G. L., Wolsey, L. A. (1980). A canonical representation of
       simple plant location problems and its applications. SIAM Journal on Algebraic and Discrete
       Methods 1(3), 261-272. doi:10.1137/0601030
    .. [2] García, S., Labbé, M., Marín, A. (2011). Solving large p-median problems with a radius
       formulation. INFORMS Journal on Computing 23(4), 546-556. doi:10.1287/ijoc.1100.0418

    Examples
    --------
    >>> km = pd.DataFrame({"A": [0, 4, 9], "B": [4, 0, 5], "C": [9, 5, 0]}, index=["A", "B", "C"])
    >>> found = p_median(km, pd.Series({"A": 1, "B": 1, "C": 3}), count=1)
    >>> found.sites, found.weighted_km  # at B 4 + 3·5 = 19, at C 9 + 5
    (['C'], 14.0)
    """
    weight = _checked(distance, weights, count=count, radius_km=radius_km)
    cost = weight[:, None] * distance.to_numpy("float64")
    return _located(distance, weight, cost, _best(count, cost), radius_km)


def maximal_cover(
    distance: pd.DataFrame, weights: pd.Series, *, count: int, radius_km: float
) -> Location:
    """Sites that have the most weight within a radius.

    ``max Σ wᵢ [min dᵢⱼ ≤ r]``, which is the median of the distances 0 within and 1 beyond the
    radius. Of choices equally good, exchanging one site prefers less weighted distance.

    Parameters
    ----------
    distance, weights, count
        As in `p_median`.
    radius_km
        Distance within which a demand is covered.

    Raises
    ------
    SettingsError
        As in `p_median`.

    References
    ----------
    Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers of the Regional
    Science Association 32, 101-118. doi:10.1007/BF01942293

    Examples
    --------
    >>> km = pd.DataFrame({"A": [0, 4, 9], "B": [4, 0, 5], "C": [9, 5, 0]}, index=["A", "B", "C"])
    >>> found = maximal_cover(km, pd.Series({"A": 1, "B": 1, "C": 3}), count=1, radius_km=5)
    >>> found.sites, found.covered
    (['B'], 1.0)
    """
    weight = _checked(distance, weights, count=count, radius_km=radius_km)
    km = distance.to_numpy("float64")
    cost = weight[:, None] * (km > radius_km)
    return _located(distance, weight, cost, _best(count, cost, weight[:, None] * km), radius_km)


def fewest_sites(distance: pd.DataFrame, *, radius_km: float) -> list[Hashable]:
    """Fewest sites that have every demand within a radius.

    Parameters
    ----------
    distance
        Distance from every demand (row) to every candidate site (column) [km].
    radius_km
        Distance within which a demand is covered.

    Raises
    ------
    SettingsError
        If the distances or the radius are not sound, or a demand has no site within the radius.

    References
    ----------
    Toregas, C., Swain, R., ReVelle, C., Bergman, L. (1971). The location of emergency service
    facilities. Operations Research 19(6), 1363-1373. doi:10.1287/opre.19.6.1363

    Examples
    --------
    >>> km = pd.DataFrame({"A": [0, 4, 9], "B": [4, 0, 5], "C": [9, 5, 0]}, index=["A", "B", "C"])
    >>> fewest_sites(km, radius_km=5), len(fewest_sites(km, radius_km=4))
    (['B'], 2)
    """
    _checked(distance, radius_km=radius_km)
    is_near = distance.to_numpy("float64") <= radius_km
    if lonely := list(distance.index[np.flatnonzero(~is_near.any(axis=1))]):
        raise SettingsError(f"no site within {radius_km:g} km of {_named(lonely)}: widen it")
    return list(distance.columns[_cover(is_near)])


def p_center(distance: pd.DataFrame, *, count: int) -> Location:
    """At most so many sites from which the farthest demand is as near as can be.

    ``min max min dᵢⱼ``: the least distance at which `fewest_sites` are not too many, found by
    halving.

    Parameters
    ----------
    distance, count
        As in `p_median`.

    Raises
    ------
    SettingsError
        If the distances or the count are not sound.

    References
    ----------
    Minieka, E. (1970). The m-center problem. SIAM Review 12(1), 138-139. doi:10.1137/1012016

    Examples
    --------
    >>> km = pd.DataFrame({"A": [0, 4, 9], "B": [4, 0, 5], "C": [9, 5, 0]}, index=["A", "B", "C"])
    >>> p_center(km, count=1).sites  # A is 4 km and C 5 km away; at A, C would be 9
    ['B']
    """
    weight = _checked(distance, count=count)
    km = distance.to_numpy("float64")
    radii = np.unique(km[km >= km.min(axis=1).max()])
    least = bisect_left(radii, 1, key=lambda radius: len(_cover(km <= radius)) <= count)
    return _located(distance, weight, km, _cover(km <= radii[least]), float(radii[least]))


def _checked(
    distance: pd.DataFrame, weights: pd.Series | None = None, *, count: int = 1,
    radius_km: float = math.inf,
) -> np.ndarray:  # fmt: skip
    """Weights in the order of the rows of a sound table of distances; 1 each where none are."""
    km = pd.to_numeric(distance.to_numpy().ravel(), errors="coerce").astype("float64")
    given = pd.Series(1.0, distance.index.unique()) if weights is None else weights
    rows, names, columns = distance.index, given.index, distance.columns
    number = pd.to_numeric(given, errors="coerce").astype("float64")
    is_sound = ((km >= 0) & (km < math.inf)).reshape(distance.shape)
    listed = {
        "distances must be finite numbers from 0; found others from":
            rows[np.flatnonzero(~is_sound.all(axis=1))],
        "weights must be finite numbers from 0; found others of":
            names[np.flatnonzero(~((number >= 0) & (number < math.inf)))],
        "each demand has one row; found more of": rows[rows.duplicated()].unique(),
        "each demand has one weight; found more of": names[names.duplicated()].unique(),
        "each site has one column; found more of": columns[columns.duplicated()].unique(),
        "weights are joined by name; found none of": rows.difference(names, sort=False),
        "distances are joined by name; found none from": names.difference(rows, sort=False),
    }  # fmt: skip
    faults = [f"{what} {_named(list(found))}" for what, found in listed.items() if len(found)]
    if not number.any():
        faults.append("weights are all 0: give at least one of them more")
    is_whole = isinstance(count, int | np.integer) and not isinstance(count, bool)
    if not (is_whole and 1 <= count <= len(columns)):
        faults.append(f"count = {count}: allowed whole numbers from 1 to {len(columns)} sites")
    if not radius_km >= 0:
        faults.append(f"radius_km = {radius_km}: allowed numbers from 0")
    if faults:
        raise SettingsError("; ".join(faults))
    return number[rows].to_numpy()


def _named(found: list[Hashable]) -> str:
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(map(str, found[:MOST_NAMED])) + more


def _located(
    distance: pd.DataFrame, weight: np.ndarray, cost: np.ndarray, chosen: np.ndarray,
    radius_km: float,
) -> Location:  # fmt: skip
    own = distance.to_numpy("float64")[:, chosen]
    km, nearest, sites = own.min(axis=1), own.argmin(axis=1), distance.columns[chosen]
    assignment = pd.DataFrame(
        {"site": sites[nearest], "km": km, "weight": weight, "is_within": km <= radius_km},
        index=distance.index,
    )
    loss = _exchanges(cost, chosen)
    is_spare = len(chosen) < len(distance.columns)
    opened = pd.DataFrame(
        {"demands": np.bincount(nearest, minlength=len(chosen)),
         "weight": np.bincount(nearest, weight, len(chosen)),
         "second": distance.columns[loss.argmin(axis=1)] if is_spare else None,
         "second_loss": loss.min(axis=1) if is_spare else math.nan}, index=sites,
    )  # fmt: skip
    covered = float(weight[km <= radius_km].sum() / weight.sum())
    return Location(list(sites), assignment, opened, float(weight @ km), covered)


def _total(cost: np.ndarray, chosen: np.ndarray) -> float:
    return float(cost[:, chosen].min(axis=1).sum())


def _best(count: int, cost: np.ndarray, *then: np.ndarray) -> np.ndarray:
    """Columns with the least sum of row minima; of equal ones as `_improved` prefers."""
    chosen = _improved(_greedy(cost, count), cost)
    while True:
        may, must, found = _settled(cost, chosen)
        better = _improved(found, cost)
        if not _total(cost, better) < _total(cost, chosen) * (1 - ROUNDING):
            break
        chosen = better
    if must.sum() < count < may.sum():
        solved = _program(cost * (TOTAL_IN_PROGRAM / _total(cost, chosen)), count, may, must)
        chosen = min(chosen, solved, key=lambda sites: _total(cost, sites))
    return _improved(chosen, cost, *then)


def _greedy(cost: np.ndarray, count: int) -> np.ndarray:
    chosen, nearest = np.empty(0, int), np.full(len(cost), math.inf)
    for _ in range(count):
        totals = np.minimum(cost, nearest[:, None]).sum(axis=0)
        totals[chosen] = math.inf
        chosen = np.append(chosen, totals.argmin())
        nearest = cost[:, chosen].min(axis=1)
    return chosen


def _exchanges(cost: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Change of the total when a site takes the place of a chosen one ``[chosen, site]``."""
    own = cost[:, chosen]
    least = np.sort(np.column_stack([own, np.full(len(own), math.inf)]), axis=1)[:, :2]
    first, second = least[:, :1], least[:, 1:]
    saved = np.minimum(cost - first, 0).sum(axis=0)
    lost = np.maximum(np.minimum(cost, second) - first, 0)
    is_nearest = own.argmin(axis=1) == np.arange(len(chosen))[:, None]
    change = saved + is_nearest.astype("float64") @ lost
    change[:, chosen] = math.inf
    return np.asarray(change)


def _improved(chosen: np.ndarray, *costs: np.ndarray) -> np.ndarray:
    """Exchange one site (Teitz & Bart) for a lower total until none is better.

    Of equal totals the next of the costs decides, at last the earlier site.
    """
    while True:
        chosen = np.sort(chosen)
        is_free = np.ones((len(chosen), costs[0].shape[1]), bool)
        for cost in costs:
            change = np.where(is_free, _exchanges(cost, chosen), math.inf)
            slack = ROUNDING * _total(cost, chosen)
            if change.min() < -slack:
                out, into = np.unravel_index(change.argmin(), change.shape)
                break
            is_free = change <= slack
        else:
            is_free &= np.arange(costs[0].shape[1]) < chosen[:, None]
            if not is_free.any():
                return chosen
            into, out = np.argwhere(is_free.T)[0]
        chosen[out] = into


def _settled(cost: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sites that may and that must be open if the total is to be as low, and the best set met.

    Lagrangian relaxation of "every row is served once": at any prices, a site left out (or in)
    whose forced change lifts the bound above the known total is settled.
    """
    count, sites = len(chosen), cost.shape[1]
    may, must, best = np.ones(sites, bool), np.zeros(sites, bool), _total(cost, chosen)
    price, bound, step, waited = cost[:, chosen].min(axis=1), -math.inf, 1.0, 0
    for _ in range(PRICE_STEPS if count < sites else 0):
        worth = np.minimum(cost - price[:, None], 0).sum(axis=0)
        order = worth.argsort(kind="stable")
        taken, last, spare = order[:count], worth[order[count - 1]], worth[order[count]]
        lower = price.sum() + worth[taken].sum()
        may &= lower + worth - last <= best * (1 + ROUNDING)
        must |= lower + spare - worth > best * (1 + ROUNDING)
        if _total(cost, taken) < _total(cost, chosen):
            chosen = taken
        waited = 0 if lower > bound else waited + 1
        bound = max(bound, lower)
        if waited == PATIENCE:
            step, waited = step / 2, 0
        slope = 1 - (cost[:, taken] < price[:, None]).sum(axis=1)
        if bound >= best * (1 - ROUNDING) or step < LEAST_STEP or not slope.any():
            break
        price = price + step * (best * (1 + ROUNDING) - lower) / (slope @ slope) * slope
    if bound >= best * (1 - ROUNDING):
        may = must = np.isin(np.arange(sites), chosen)
    return may, must, chosen


def _program(cost: np.ndarray, count: int, may: np.ndarray, must: np.ndarray) -> np.ndarray:
    """Solve the radius formulation over the sites that may be open.

    ``z`` of a row and band is 1 if no open site is in this band of equal cost or a nearer one; it
    pays the way to the next band. Bands end where one site is open for certain.
    """
    sites = np.flatnonzero(may)
    cost, spare = cost[:, sites], len(sites) - count
    order = cost.argsort(axis=1, kind="stable")
    ranked = np.take_along_axis(cost, order, axis=1)
    jump = np.diff(ranked, axis=1)
    band = np.concatenate([np.zeros((len(cost), 1), int), (jump > 0).cumsum(axis=1)], axis=1)
    certain = np.where(must[sites][order], band, band[:, -1:]).min(axis=1)
    bands = np.minimum(band[:, spare], certain)
    start = bands.cumsum() - bands
    is_used = band < bands[:, None]
    row, position = np.nonzero(is_used)
    links = start[row] + band[is_used], order[row, position]
    size, is_first = bands.sum(), np.zeros(bands.sum(), bool)
    is_first[start[bands > 0]] = True
    later = np.flatnonzero(~is_first)
    entries = [np.ones(len(row)), np.ones(size), -np.ones(len(later))]
    rows = np.concatenate([links[0], np.arange(size), later])
    columns = np.concatenate([links[1], np.arange(size) + len(sites), later - 1 + len(sites)])
    shape = (size, size + len(sites))
    served = coo_array((np.concatenate(entries), (rows, columns)), shape=shape).tocsr()
    is_site = np.arange(shape[1]) < len(sites)
    found = milp(
        np.concatenate([np.zeros(len(sites)), jump[is_used[:, :-1] & (jump > 0)]]),
        constraints=[LinearConstraint(served, is_first.astype("float64"), math.inf),
                     LinearConstraint(csr_array(is_site[None, :].astype("float64")), count, count)],
        bounds=(np.concatenate([must[sites], np.zeros(size)]), 1), integrality=is_site.astype(int),
        options={"mip_rel_gap": 0.0, "presolve": False},  # the sites are settled already
    )  # fmt: skip
    return np.asarray(sites[found.x[: len(sites)] > 0.5])  # noqa: PLR2004 - 0 or 1, but for rounding


def _cover(is_near: np.ndarray) -> np.ndarray:
    """Fewest columns that have a true cell in every row."""
    rows = csr_array(np.unique(is_near, axis=0).astype("float64"))
    ones = np.ones(rows.shape[1])
    found = milp(ones, constraints=LinearConstraint(rows, 1, math.inf), bounds=(0, 1),
                 integrality=ones, options={"mip_rel_gap": 0.0})  # fmt: skip
    return np.flatnonzero(found.x > 0.5)  # noqa: PLR2004 - 0 or 1, but for rounding

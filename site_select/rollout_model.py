"""The integer program of a rollout: what may be spent, what must be kept, and its matrix.

Written out in ``docs/rollout.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from site_select import messages
from site_select.errors import SettingsError

OBJECTIVES = ("value", "npv_krw")
GROUPS = ("region", "branch")
SCALE = 1e3  # largest coefficient of a row: the solver is exact to 1e-6 of one
LIMIT = ["limit", "name", "year"]


@dataclass(frozen=True)
class Programme:
    """What a rollout may spend and must keep.

    Parameters
    ----------
    budgets_krw
        Budget by year, years ascending [KRW]; what is left over lapses.
    rate
        Social discount rate a year; 4.5% in Korea since September 2017.
    balance
        Columns ``group`` (``region`` or ``branch``), ``name``, ``least`` and ``most``: starts over
        all years; ``most`` is infinite where there is no limit.
    capacity
        Most starts a year by operating body; bodies not named are not limited.
    hub_costs_krw
        Cost of opening each hub [KRW].
    learning
        Factor on the cost of a complex by number of complexes started in earlier years, from 0:
        ``{0: 1.0, 5: 0.9}`` makes every complex 10% cheaper once five have started.
    least_value, least_npv_krw
        Least discounted value and net present value of the plan.
    """

    budgets_krw: "pd.Series[float]"
    rate: float = 0.045
    balance: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["group", "name", "least", "most"])
    )
    capacity: "pd.Series[float]" = field(default_factory=lambda: pd.Series(dtype="float64"))
    hub_costs_krw: "pd.Series[float]" = field(default_factory=lambda: pd.Series(dtype="float64"))
    learning: "pd.Series[float]" = field(default_factory=lambda: pd.Series({0: 1.0}))
    least_value: float = -np.inf
    least_npv_krw: float = -np.inf

    @property
    def discount(self) -> np.ndarray:
        """Worth today of one in each year."""
        years = self.budgets_krw.index.to_numpy("float64")
        return np.asarray((1.0 + self.rate) ** -(years - years[0]))


class Model(NamedTuple):
    """The integer program: ``matrix @ x <= high``, and one level of cost in every year.

    Columns are starts ``[complex, year, level]``, openings ``[hub, year, level]`` and levels
    ``[year, level]``; ``cuts`` are rows that leave out plans already found.
    """

    candidates: pd.DataFrame
    programme: Programme
    matrix: sparse.csr_array
    high: np.ndarray
    upper: np.ndarray
    gains: dict[str, np.ndarray]
    limits: pd.DataFrame
    loosening: sparse.csr_array
    cuts: tuple[tuple[np.ndarray, float], ...] = ()

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Numbers of complexes, hubs, years and levels of cost."""
        programme = self.programme
        return (len(self.candidates), len(programme.hub_costs_krw), len(programme.budgets_krw),
                len(programme.learning))  # fmt: skip


def model(candidates: pd.DataFrame, programme: Programme, *objectives: str) -> Model:
    """Write the integer program; the order of the candidates changes nothing.

    Parameters
    ----------
    candidates, programme
        As in `plan`.
    *objectives
        What will be maximised.
    """
    _check(candidates, programme, objectives)
    sites = candidates.sort_index()
    gains = {name: _gain(sites, programme, name) for name in OBJECTIVES if name in sites}
    limits, matrix, high = _limits(sites, programme, gains)
    frame, frame_high = _frame(sites, programme)
    grouped = limits.groupby(LIMIT, sort=False)
    group, places = grouped.ngroup(), frame.shape[0] + np.arange(len(limits))
    limits["room"] = grouped["room"].transform("max")
    loosening = sparse.csr_array((limits["room"], (places, group)),
                                 shape=(places[-1] + 1, group.max() + 1))  # fmt: skip
    return Model(
        sites, programme, sparse.vstack([frame, matrix]).tocsr(), np.r_[frame_high, high],
        _allowed(sites, programme), gains, limits[~group.duplicated()], loosening,
    )  # fmt: skip


def _rows(units: np.ndarray, times: np.ndarray, levels: np.ndarray | None = None) -> sparse.sparray:
    """Rows over complexes and hubs (``units``) at times ``[row, year and level]``, and levels."""
    main = sparse.kron(sparse.csr_array(np.atleast_2d(units)), sparse.csr_array(times))
    own = np.zeros((main.shape[0], times.shape[1])) if levels is None else levels
    return sparse.hstack([main, sparse.csr_array(own)])


def _times(programme: Programme) -> np.ndarray:
    """Which columns ``[year and level]`` belong to each year."""
    return np.kron(np.eye(len(programme.budgets_krw)), np.ones(len(programme.learning)))


def _frame(sites: pd.DataFrame, programme: Programme) -> tuple[sparse.sparray, np.ndarray]:
    """Rows that no one can loosen: once, hubs first, one level a year and only if it is reached."""
    by_year = _times(programme)
    years, columns = by_year.shape
    until, hubs = np.cumsum(by_year, axis=0), programme.hub_costs_krw.index
    units, is_site = len(sites) + len(hubs), np.arange(len(sites) + len(hubs)) < len(sites)
    site, hub = np.nonzero(indicator(sites, "hubs", hubs).T)
    nothing = np.zeros(units)
    reached = by_year * np.tile(programme.learning.index.to_numpy("float64"), years)
    rows = [
        (_rows(np.eye(units), np.ones((1, columns))), 1.0),
        (_rows(np.eye(units)[site] - np.eye(units)[len(sites) + hub], until), 0.0),
        (sparse.hstack([sparse.eye_array(units * columns),
                        -sparse.kron(np.ones((units, 1)), sparse.eye_array(columns))]), 0.0),
        (_rows(-is_site.astype(float), until - by_year, reached), 0.0),
        (_rows(nothing, by_year, by_year), 1.0), (_rows(nothing, by_year, -by_year), -1.0),
    ]  # fmt: skip
    high = np.concatenate([np.full(block.shape[0], bound) for block, bound in rows])
    return sparse.vstack([block for block, _ in rows]), high


def _gain(sites: pd.DataFrame, programme: Programme, objective: str) -> np.ndarray:
    """Worth of every column: discounted, cheaper by what was learnt, hubs paid for."""
    hubs, levels = programme.hub_costs_krw.to_numpy("float64"), len(programme.learning)
    worth = np.r_[sites[objective].to_numpy("float64"), np.zeros(len(hubs))][:, None]
    discount = np.repeat(programme.discount, levels)
    if objective == "npv_krw":
        saved = np.tile(1.0 - programme.learning.to_numpy("float64"), len(programme.budgets_krw))
        costs = sites["cost_krw"].to_numpy("float64")
        worth = worth + np.vstack([costs[:, None] * saved, np.tile(-hubs[:, None], len(discount))])
    return np.asarray(np.r_[(worth * discount).ravel(), np.zeros(len(discount))])


def _limits(
    sites: pd.DataFrame, programme: Programme, gains: dict[str, np.ndarray]
) -> tuple[pd.DataFrame, sparse.sparray, np.ndarray]:
    """Rows that could be loosened: ``limit, name, year, given``, and ``room`` and its ``unit``."""
    budgets, by_year = programme.budgets_krw, _times(programme)
    capacity, levels, ever = programme.capacity, len(programme.learning), np.ones_like(by_year[:1])
    none = np.zeros(len(programme.hub_costs_krw))
    amounts = budgets.to_numpy("float64")
    paid, unit = _paid(sites, programme)
    parts = [
        _part("budget", "", np.repeat(budgets.index, levels), np.repeat(amounts, levels), unit,
              paid, np.zeros(len(amounts) * levels)),
        _part("operator", np.repeat(capacity.index, len(budgets)),
              np.tile(budgets.index, len(capacity)), most := np.repeat(capacity, len(budgets)), 1.0,
              _rows(_padded(indicator(sites, "operator", capacity.index), none), by_year), most),
    ]  # fmt: skip
    for group, own in programme.balance.groupby("group", sort=False):
        inside = _padded(indicator(sites, str(group), own["name"]), none)
        for end, sign in (("least", -1.0), ("most", 1.0)):
            parts.append(_part(f"{end}_{group}", own["name"], 0, own[end], 1.0,
                               _rows(sign * inside, ever), sign * own[end]))  # fmt: skip
    for name, floor in floors(programme).items():
        size = abs(gains[name]).max() / SCALE or 1.0
        row = sparse.csr_array(-gains[name][None, :] / size)
        parts.append(_part(name, "", 0, floor, size, row, np.array([-floor / size])))
    tables, rows, highs = zip(*parts, strict=True)
    keep = np.isfinite(high := np.concatenate(highs))
    table = pd.concat(tables, ignore_index=True)
    return table[keep].reset_index(drop=True), sparse.vstack(rows).tocsr()[keep], high[keep]


def _part(  # noqa: PLR0917 - the columns of a table, then the rows
    limit: str, name: object, year: object, given: object, unit: float, rows: sparse.sparray,
    high: ArrayLike,
) -> tuple[pd.DataFrame, sparse.sparray, np.ndarray]:  # fmt: skip
    """One kind of limit; no row can be broken by more than all its positive terms."""
    bound = np.asarray(high, dtype="float64")
    room = np.maximum(rows.maximum(0.0).sum(axis=1) - bound, 0.0)
    columns = {"limit": limit, "name": name, "year": year, "given": given}
    table = pd.DataFrame({key: np.broadcast_to(np.asarray(value), len(bound))
                          for key, value in columns.items()})  # fmt: skip
    return table.assign(unit=unit, room=room), rows, bound


def _paid(sites: pd.DataFrame, programme: Programme) -> tuple[sparse.sparray, float]:
    """Spending less budget of each year and level, and the money that a 1 stands for."""
    costs, hubs = sites["cost_krw"].to_numpy("float64"), programme.hub_costs_krw.to_numpy("float64")
    amounts, learning = programme.budgets_krw.to_numpy("float64"), programme.learning
    unit = max(costs.max(), hubs.max(initial=0.0), 1e-300) / SCALE
    factors = np.tile(learning.to_numpy("float64"), len(amounts))
    given = np.repeat(amounts, len(learning))
    rows = _rows(np.r_[costs, 0.0 * hubs], np.diag(factors), -np.diag(given)) + _rows(
        np.r_[0.0 * costs, hubs], np.eye(len(given))
    )
    return (rows / unit).tocsr(), unit


def floors(programme: Programme) -> dict[str, float]:
    """Least value and net present value, where there are any."""
    every = {"value": programme.least_value, "npv_krw": programme.least_npv_krw}
    return {name: floor for name, floor in every.items() if floor != -np.inf}


def _padded(inside: np.ndarray, none: np.ndarray) -> np.ndarray:
    return np.hstack([inside, np.zeros((len(inside), len(none)))])


def names_in(cell: object) -> frozenset[str]:
    """Names in a cell: a set, or text parted by ``;``; none where nothing is known."""
    if isinstance(cell, str):
        return frozenset(name.strip() for name in cell.split(";") if name.strip())
    if isinstance(cell, Iterable):
        return frozenset(map(str, cell))
    return frozenset() if messages.is_unknown(cell) else frozenset([str(cell)])


def indicator(sites: pd.DataFrame, column: str, names: Iterable[object]) -> np.ndarray:
    """Whether each name stands in the column of each complex ``[name, complex]``."""
    cells = [names_in(cell) for cell in sites[column]] if column in sites else [()] * len(sites)
    every = [[str(name) in cell for cell in cells] for name in names]
    return np.array(every, dtype="float64").reshape(-1, len(sites))


def _allowed(sites: pd.DataFrame, programme: Programme) -> np.ndarray:
    """Upper bound of every column: nothing starts before its first possible year."""
    by_year, hubs = _times(programme), programme.hub_costs_krw
    upper = np.ones((len(sites) + len(hubs) + 1, by_year.shape[1]))
    if "earliest" in sites:
        years = programme.budgets_krw.index.to_numpy() @ by_year
        upper[: len(sites)] = years >= sites["earliest"].to_numpy("float64")[:, None]
    return upper.ravel()


def _check(candidates: pd.DataFrame, programme: Programme, objectives: Iterable[str]) -> None:
    """Refuse what cannot be planned, every fault at once."""
    wanted = [*objectives, *floors(programme)]
    faults = [f"objective = {name!r}: allowed {' or '.join(OBJECTIVES)}"
              for name in dict.fromkeys(wanted) if name not in OBJECTIVES]  # fmt: skip
    faults += _programme_faults(programme)
    if candidates.empty:
        faults.append("no candidates: give at least one complex")
    if doubled := sorted({str(name) for name in candidates.index[candidates.index.duplicated()]}):
        faults.append(f"{', '.join(doubled)}: allowed once among the candidates")
    numbers = ["cost_krw", *(name for name in OBJECTIVES if name in wanted)]
    for column in [*numbers, *(["earliest"] if "earliest" in candidates else [])]:
        if column not in candidates:
            faults.append(f"candidates have no column {column}: add it")
            continue
        cells = pd.to_numeric(candidates[column], errors="coerce")
        wrong = candidates.index[~np.isfinite(cells) | ((cells < 0) & (column == "cost_krw"))]
        if len(wrong):
            least = " or negative" if column == "cost_krw" else ""
            faults.append(f"{column} of {', '.join(map(str, wrong))} is unknown, infinite{least}: "
                          "give it, or leave these complexes out and say so")  # fmt: skip
    faults += _name_faults(candidates, programme)
    if faults:
        raise SettingsError("; ".join(faults))


def _programme_faults(programme: Programme) -> list[str]:
    faults, budgets, learning = [], programme.budgets_krw, programme.learning
    years, steps = pd.Index(budgets.index), list(learning.index)
    if budgets.empty:
        faults.append("no budget: budgets_krw names no year; give one amount for every year")
    elif not (pd.api.types.is_integer_dtype(years) and years.is_monotonic_increasing
              and years.is_unique):  # fmt: skip
        faults.append(f"years of budgets_krw are {list(years)}: allowed whole years, ascending")
    amounts = {"budgets_krw": budgets, "capacity": programme.capacity,
               "hub_costs_krw": programme.hub_costs_krw}  # fmt: skip
    for name, series in amounts.items():
        cells = series.astype("float64")
        if wrong := [str(key) for key, cell in cells.items() if not 0 <= cell < np.inf]:
            faults.append(f"{name} of {', '.join(wrong)}: allowed 0 or more")
    if not -1 < programme.rate < np.inf:
        faults.append(f"rate = {programme.rate}: allowed above -1")
    factors = learning.to_numpy("float64")
    if not (steps and steps[0] == 0 and factors[0] == 1 and (np.diff(steps) > 0).all()
            and (np.diff(factors) <= 0).all() and (factors > 0).all()):  # fmt: skip
        faults.append(f"learning = {learning.to_dict()}: allowed factors that begin with 1 at 0 "
                      "starts and fall, above 0")  # fmt: skip
    faults += [f"least_{name} = {floor}: allowed a finite number"
               for name, floor in floors(programme).items() if not floor < np.inf]  # fmt: skip
    return faults


def _name_faults(candidates: pd.DataFrame, programme: Programme) -> list[str]:
    """Names that one side does not know, and limits that contradict each other."""
    hubs: set[str] = set().union(*map(names_in, candidates.get("hubs", [])))
    faults = [f"hub {name} has no cost: add it to hub_costs_krw"
              for name in sorted(hubs - set(map(str, programme.hub_costs_krw.index)))]  # fmt: skip
    bodies: set[str] = set().union(*map(names_in, candidates.get("operator", [])))
    faults += [f"capacity of {name}: no candidate has this operator; allowed {_among(bodies)}"
               for name in map(str, programme.capacity.index) if name not in bodies]  # fmt: skip
    if missing := {"group", "name", "least", "most"} - set(programme.balance.columns):
        return [*faults, f"balance has no column {', '.join(sorted(missing))}: add it"]
    columns = (programme.balance[name] for name in ("group", "name", "least", "most"))
    for group, name, least, most in zip(*columns, strict=True):
        where = f"balance of {group} {name}"
        if group not in GROUPS:
            faults.append(f"{where}: allowed groups {', '.join(GROUPS)}")
            continue
        cells = [names_in(cell) for cell in candidates.get(group, [])]
        inside = sum(str(name) in cell for cell in cells)
        if not inside:
            known: set[str] = set().union(*cells)
            faults.append(f"{where}: no candidate is there; allowed {_among(known)}")
        elif not 0 <= least <= most:
            faults.append(f"{where}: least {least} and most {most} contradict each other; "
                          "allowed 0 <= least <= most")  # fmt: skip
        elif least > inside:
            faults.append(f"{where}: least {least}, but only {inside} candidates are there")
    return faults


def _among(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"

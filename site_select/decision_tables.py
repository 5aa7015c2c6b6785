"""Anyone's decision table: alternatives, criteria and weights, checked at the door.

Every fault is gathered before anything is refused, and nothing is mended in silence. What has
passed here is finite, complete and in one order, so that the methods need not look again.
"""

import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from site_select.errors import SettingsError

Preference = tuple[str, float, float, float]
Weights = pd.Series | Mapping[str, float]

THRESHOLDS = {
    "usual": "", "u": "q", "v": "p", "level": "qp", "linear": "qp", "gaussian": "s",
}  # fmt: skip
# beside the names: the six types in their order, and what other programs write
SPELLINGS = {str(number): function for number, function in enumerate(THRESHOLDS, 1)} | {
    "vwithindifference": "linear", "linearwithindifference": "linear", "v2": "linear",
    "gauss": "gaussian",
}  # fmt: skip
SUM_TOLERANCE = 1e-6
LARGE = 1e300


class Complaint(NamedTuple):
    """One thing wrong with one cell, wherever the cell stands."""

    column: str
    found: str
    allowed: str
    remedy: str

    def at(self, place: str) -> str:
        """Say it in one line."""
        where = ", ".join(filter(None, [place, self.column]))
        return f"{where}: found {self.found}; allowed: {self.allowed}; to mend: {self.remedy}"


def checked(
    performance: pd.DataFrame,
    weights: Weights | None,
    criteria: pd.DataFrame | None = None,
    *,
    minimum: float = -math.inf,
    with_preferences: bool = False,
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Refuse a decision table with all its faults, or return it ready for any method.

    Weights whose sum is not 1 are divided by it, with a warning. One alternative alone and a
    criterion on which all are alike are no faults.

    Parameters
    ----------
    performance
        Alternative by criterion, finite numbers.
    weights
        Weight by criterion, 0 or more; ``None``: each criterion weighs the same.
    criteria
        By criterion ``direction`` (``max`` or ``min``) or the anchors ``worst`` and ``best``, whose
        order says it; rows of other criteria are not looked at. ``None``: more is always better.
    minimum
        Least number allowed in the table.
    with_preferences
        Whether preference functions and their thresholds are checked as well.

    Returns
    -------
    tuple
        Performance as floating-point numbers, weights that sum to 1 and direction (``max`` or
        ``min``), both by criterion in the order of the columns.

    Raises
    ------
    SettingsError
        If something is no table, a label or column stands twice, a cell is no finite number, a
        weight is missing, negative or without a column, all weights are 0, a direction is missing
        or unknown, or nothing is left to choose from.

    Examples
    --------
    >>> table = pd.DataFrame({"km": [3, 4]}, index=["A", "B"])
    >>> anchors = pd.DataFrame({"worst": [9], "best": [0]}, index=["km"])
    >>> _, weights, direction = checked(table, pd.Series({"km": 1}), anchors)
    >>> weights.to_dict(), direction.to_dict()
    ({'km': 1.0}, {'km': 'min'})
    """
    _check_kinds(performance, weights, criteria)
    columns = performance.columns
    if weights is None:
        weights = pd.Series(1 / max(columns.nunique(), 1), columns.unique())
    elif isinstance(weights, Mapping):
        weights = pd.Series(weights, dtype=object)
    faults = [
        *_label_faults(performance), *_cell_faults(performance, minimum),
        *_weight_faults(weights, columns),
        *_criteria_faults(criteria, columns, with_preferences=with_preferences),
    ]  # fmt: skip
    if faults:
        raise SettingsError("; ".join(faults))
    direction = (
        ["max"] * len(columns)
        if criteria is None
        else [_direction(criteria.loc[name].to_dict()) for name in columns]
    )
    return (
        performance.astype("float64"), _of_sum_1(weights, columns),
        pd.Series(direction, columns, name="direction", dtype=object),
    )  # fmt: skip


def _check_kinds(performance: object, weights: object, criteria: object) -> None:
    faults = [
        f"{name}: found a {type(found).__name__}; allowed: {allowed}; to mend: convert it"
        for name, found, kinds, allowed in (
            ("performance", performance, pd.DataFrame, "a DataFrame, alternative by criterion"),
            ("weights", weights, pd.Series | Mapping | None, "a Series or dict by criterion"),
            ("criteria", criteria, pd.DataFrame | None, "a DataFrame, a row by criterion"),
        )
        if not isinstance(found, kinds)
    ]
    if faults:
        raise SettingsError("; ".join(faults))


def _of_sum_1(weights: pd.Series, columns: pd.Index) -> pd.Series:
    weights = (weights if weights.index.equals(columns) else weights[columns]).astype("float64")
    unit = max(1.0, float(weights.max()) / LARGE)  # the sum of large numbers may be no number
    total = math.fsum(weights / unit)
    if abs(total * unit - 1) <= SUM_TOLERANCE:
        return weights
    warnings.warn(
        f"weights sum to {total * unit:.10g}, not 1: each was divided by it", UserWarning,
        stacklevel=4,
    )  # fmt: skip
    return weights / unit / total


def _label_faults(performance: pd.DataFrame) -> Iterator[str]:
    if not len(performance):
        yield "no eligible alternative: found a table without rows; to mend: add an alternative"
    if not len(performance.columns):
        yield "no criterion: found a table without columns; to mend: add a criterion"
    yield from _repeated("alternative", performance.index)
    yield from _repeated("criterion", performance.columns)


def _repeated(kind: str, labels: pd.Index) -> Iterator[str]:
    for label in () if labels.is_unique else labels[labels.duplicated()].unique():
        complaint = Complaint("", "the name again", "each only once", "rename or remove one")
        yield complaint.at(f"{kind} {label}")


def _cell_faults(performance: pd.DataFrame, minimum: float) -> Iterator[str]:
    if all(isinstance(kind, np.dtype) and kind.kind in "biuf" for kind in performance.dtypes):
        cells = performance.to_numpy(dtype="float64")
        if np.isfinite(cells).all() and (cells >= minimum).all():
            return
    allowed = "a finite number" if minimum == -math.inf else f"a finite number from {minimum:g}"
    remedy = "write the number, or leave the alternative or the criterion out"
    for label, row in zip(performance.index, performance.to_numpy(dtype=object), strict=True):
        for name, cell in zip(performance.columns, row, strict=True):
            if not _number(cell) >= minimum:
                complaint = Complaint(f"criterion {name}", _shown(cell), allowed, remedy)
                yield complaint.at(f"alternative {label}")


def _number(cell: object) -> float:
    """Return the finite number in a cell, NaN if there is none."""
    return float(cell) if isinstance(cell, Real) and math.isfinite(cell) else math.nan


def _is_empty(cell: Any) -> bool:  # noqa: ANN401 (whatever stands in a cell)
    return bool(pd.isna(cell) or cell == "")


def _shown(cell: object) -> str:
    return repr(cell) if isinstance(cell, str) else "none" if cell is None else str(cell)


def _weight_faults(weights: pd.Series, columns: pd.Index) -> Iterator[str]:
    yield from _repeated("weight of", weights.index)
    numbers = [_number(weight) for weight in weights]
    for name, weight, number in zip(weights.index, weights, numbers, strict=True):
        if not number >= 0:
            yield weight_complaint(weight).at(f"criterion {name}")
    if numbers and not any(numbers):
        yield "all weights are 0: to mend: give at least one criterion more"
    for name in columns.unique().difference(weights.index, sort=False):
        complaint = Complaint("weight", "none", "a weight of 0 or more", "write one")
        yield complaint.at(f"criterion {name}")
    for name in weights.index.unique().difference(columns, sort=False):
        complaint = Complaint(
            "weight", "one without a column", "none", "add the column, or remove it"
        )
        yield complaint.at(f"criterion {name}")


def weight_complaint(weight: object) -> Complaint:
    """Say what is wrong with a weight that is no weight."""
    return Complaint("weight", _shown(weight), "a finite number, 0 or more", "write the weight")


def _criteria_faults(
    criteria: pd.DataFrame | None, columns: pd.Index, *, with_preferences: bool
) -> Iterator[str]:
    if criteria is None:
        return
    twice = [*_repeated("row of criterion", criteria.index),
             *_repeated("column of criteria", criteria.columns)]  # fmt: skip
    if twice:
        yield from twice
        return
    for name in columns.unique():
        row = criteria.loc[name].to_dict() if name in criteria.index else {}
        complaints = list(direction_complaints(row))
        if with_preferences:
            complaints += preference_complaints(row)
        yield from (complaint.at(f"criterion {name}") for complaint in complaints)


def _direction(row: Mapping[Any, Any]) -> object:
    """Direction as written or as the anchors say it; empty if neither does."""
    if not _is_empty(row.get("direction")):
        return row["direction"]
    worst, best = _number(row.get("worst")), _number(row.get("best"))
    return "max" if best > worst else "min" if best < worst else ""


def direction_complaints(row: Mapping[Any, Any]) -> Iterator[Complaint]:
    """What is wrong with the direction of a criterion, given as a row of its table."""
    direction, by_anchors = _direction(row), _direction({**row, "direction": ""})
    allowed = "max (more is better) or min (less is better)"
    if direction == "":
        remedy = "write max or min, or two different anchors worst and best"
        yield Complaint("direction", "none", allowed, remedy)
    elif direction not in {"max", "min"}:
        written = str(direction).strip().lower()[:3]
        remedy = f"write {written if written in {'max', 'min'} else 'max or min'}"
        yield Complaint("direction", repr(direction), allowed, remedy)
    elif by_anchors not in {"", direction}:
        found = f"{direction} with anchors that say {by_anchors}"
        yield Complaint("direction", found, "one direction", "exchange worst and best, or mend it")


def preferences(criteria: pd.DataFrame, columns: Iterable[str]) -> list[Preference]:
    """Preference function of each criterion with its thresholds ``q, p, s``.

    Parameters
    ----------
    criteria
        By criterion optionally ``preference_function`` (*usual*, *u*, *v*, *level*, *linear* or
        *gaussian*, or the number of the type, 1 to 6 in this order; without it *usual*) and, in the
        unit of the criterion, ``q`` (the largest lead that does not count; *u, level, linear*),
        ``p`` (the least lead that counts in full, q or more; *v, level, linear*) and ``s`` (the
        lead that counts 0.39; *gaussian*).
    columns
        Criteria in the order wanted.

    Returns
    -------
    list
        ``(function, q, p, s)`` by criterion, NaN for what the function does not need.

    Raises
    ------
    SettingsError
        If a function is unknown, or a threshold missing, negative, or p below q.

    Examples
    --------
    >>> table = pd.DataFrame({"preference_function": ["v-shape"], "p": [2.0]}, index=["km"])
    >>> preferences(table, ["km"])
    [('v', nan, 2.0, nan)]
    """
    rows = {name: criteria.loc[name].to_dict() for name in columns}
    faults = [
        complaint.at(f"criterion {name}")
        for name, row in rows.items()
        for complaint in preference_complaints(row)
    ]
    if faults:
        raise SettingsError("; ".join(faults))
    return [
        (_function(row), _number(row.get("q")), _number(row.get("p")), _number(row.get("s")))
        for row in rows.values()
    ]


def _function(row: Mapping[Any, Any]) -> str:
    written = row.get("preference_function")
    plain = re.sub(r"[\s_-]|shape|type|^t(?=\d)|\.0$", "", str(written).lower())
    return "usual" if _is_empty(written) else SPELLINGS.get(plain, plain)


def preference_complaints(row: Mapping[Any, Any]) -> Iterator[Complaint]:
    """What is wrong with the preference function of a criterion and its thresholds."""
    function = _function(row)
    if function not in THRESHOLDS:
        yield Complaint(
            "preference_function", repr(row["preference_function"]), ", ".join(THRESHOLDS),
            "write one of them, or nothing for usual",
        )  # fmt: skip
        return
    numbers = {threshold: _number(row.get(threshold)) for threshold in THRESHOLDS[function]}
    for threshold, number in numbers.items():
        if not (number >= 0 if threshold == "q" else number > 0):
            least = "0 or more" if threshold == "q" else "above 0"
            yield Complaint(threshold, _shown(row.get(threshold)), f"a finite number {least}",
                             f"write the threshold, {function} needs it")  # fmt: skip
    if numbers.keys() == {"q", "p"} and 0 < numbers["p"] < numbers["q"]:
        yield Complaint("p", f"{numbers['p']:g}", f"q = {numbers['q']:g} or more",
                         "write a larger p or a smaller q")  # fmt: skip


def veto_limits(criteria: pd.DataFrame, columns: Iterable[str]) -> pd.Series:
    """Performance beyond which an alternative may not stand, NaN where there is no such limit.

    Parameters
    ----------
    criteria
        By criterion optionally ``veto``, empty where there is none.
    columns
        Criteria in the order wanted.

    Raises
    ------
    SettingsError
        If a limit is no finite number.

    Examples
    --------
    >>> veto_limits(pd.DataFrame({"veto": [None, 200]}, index=["fare", "km"]), ["km"]).to_dict()
    {'km': 200.0}
    """
    written = {name: criteria.loc[name].to_dict().get("veto") for name in columns}
    faults = [
        Complaint("veto", _shown(cell), "a finite number, or empty", "write the limit").at(
            f"criterion {name}"
        )
        for name, cell in written.items()
        if not _is_empty(cell) and math.isnan(_number(cell))
    ]
    if faults:
        raise SettingsError("; ".join(faults))
    return pd.Series({name: _number(cell) for name, cell in written.items()}, dtype="float64")

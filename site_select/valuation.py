"""Value functions: from performance in its unit to value between 0 (worst) and 1 (best).

Anchors are fixed before the scores are seen and belong to the indicator, not to the sample, so
adding a complex cannot change the value of another. Their order is the direction; nothing after
this room asks which way a criterion points. Between the anchors value is a straight line unless
the indicator has a shape of its own.
"""

import math
from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from site_select import tables
from site_select.errors import SettingsError

# fewest and most points each shape takes
SHAPES = {
    "linear": (0, 0), "piecewise": (1, math.inf), "step": (1, math.inf),
    "exponential": (1, 1), "target": (0, 1),
}  # fmt: skip
STRAIGHT = 1e-9


class Curve(NamedTuple):
    """A value function as its shape and the points it passes through.

    Attributes
    ----------
    shape
        One of `SHAPES`.
    performance
        Performance of the points, from worst to best and, for a target, beyond.
    position
        The same with worst at 0 and best at 1.
    value
        Value of the points.
    """

    shape: str
    performance: np.ndarray
    position: np.ndarray
    value: np.ndarray


def partial_values(performance: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Value of each performance, level outside the anchors.

    With the position ``t = (x - worst) / (best - worst)``, cut to [0, 1] except for a target:

    * linear: ``v = t``;
    * piecewise: straight lines from (worst, 0) through the points to (best, 1);
    * step: the value of the last point reached on the way from worst to best, 0 before the first,
      1 from best on;
    * exponential: ``v = (1 - exp(-c t)) / (1 - exp(-c))`` with the c that passes through the one
      point; above the line the first steps count most, below it the last;
    * target: 1 at best and less on either side, 0 at worst and at the point ``x=0`` beyond best,
      or as far beyond as worst lies before it.

    Parameters
    ----------
    performance
        Any numeric columns, indexed by complex and ``indicator``, in the indicators' units.
    criteria
        ``worst`` and ``best`` by indicator; ``shape`` and ``shape_points`` where wanted.

    Returns
    -------
    pandas.DataFrame
        Same shape; 0 at ``worst`` or beyond, 1 at ``best``.

    Raises
    ------
    SettingsError
        If an indicator has no anchors, or a shape is faulty.

    References
    ----------
    Belton, V. & Stewart, T. (2002). Multiple Criteria Decision Analysis. Springer, ch. 5.
    Kirkwood, C. W. (1997). Strategic Decision Making. Duxbury, ch. 4 (exponential).

    Examples
    --------
    >>> cell = pd.MultiIndex.from_tuples([("A", "fare")], names=["complex_id", "indicator"])
    >>> criteria = pd.DataFrame({"worst": [900.0], "best": [100.0]}, index=["fare"])
    >>> partial_values(pd.DataFrame({"value": [300.0]}, index=cell), criteria)["value"].tolist()
    [0.75]
    """
    names = performance.index.get_level_values("indicator")
    curves = _curves_of(names, criteria)
    anchors = criteria.loc[names, ["worst", "best"]].to_numpy(dtype="float64")
    worst, best = anchors[:, :1], anchors[:, 1:]
    position = (performance - worst) / (best - worst)
    values: pd.DataFrame = position.clip(0.0, 1.0)
    for name, curve in curves.items():
        if curve.shape != "linear":
            rows = names == name
            values.loc[rows] = _value_at(position[rows].to_numpy(dtype="float64"), curve)
    return values


def outside_anchors(performance: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Cells whose value lies beyond an anchor, where a difference no longer counts.

    Beyond a target lies what is worth 0 on either side.

    Parameters
    ----------
    performance
        Estimates by complex and indicator with a column ``value``.
    criteria
        ``worst`` and ``best`` by indicator; ``shape`` and ``shape_points`` where wanted.
    """
    names = performance.index.get_level_values("indicator")
    ends = {
        name: (curve.performance.min(), curve.performance.max())
        for name, curve in _curves_of(names, criteria).items()
    }
    bottom, top = np.array([ends[name] for name in names]).reshape(-1, 2).T
    return performance[(performance["value"] < bottom) | (performance["value"] > top)]


def performance_at(value: float, criterion: "pd.Series[Any]") -> float:
    """Performance that has a given value, the inverse of `partial_values`.

    Where more than one has it, the one nearest to worst: of a level stretch its first end, of a
    target the side of worst. Of a step it is the first threshold that reaches the value.

    Parameters
    ----------
    value
        Value from 0 to 1.
    criterion
        The indicator's row: ``worst``, ``best`` and, where wanted, ``shape`` and ``shape_points``.

    Returns
    -------
    float
        Performance in the indicator's unit.

    Raises
    ------
    SettingsError
        If the value is not from 0 to 1, or the shape is faulty.

    Examples
    --------
    >>> performance_at(0.75, pd.Series({"worst": 900.0, "best": 100.0}))
    300.0
    """
    if not 0 <= value <= 1:
        raise SettingsError(f"value = {value}: allowed 0 to 1")
    curve = _curve(criterion)
    after = int(np.argmax(curve.value >= value))
    if after == 0 or curve.shape == "step":
        return float(curve.performance[after])
    ends = [after - 1, after]
    if curve.shape == "exponential":
        ends, share = [0, -1], _straightened(value, curve)
    else:
        share = (value - curve.value[after - 1]) / np.diff(curve.value[ends])[0]
    start, end = curve.performance[ends]
    return float((1 - share) * start + share * end)


def checked_shapes(criteria: pd.DataFrame) -> dict[Hashable, Curve]:
    """Value function of every indicator, once all of them are sound.

    Parameters
    ----------
    criteria
        ``worst`` and ``best`` by node, missing where it has none; ``shape`` and ``shape_points``
        where wanted. Text in ``shape_points`` is ``performance=value``, several separated by ";".

    Returns
    -------
    dict
        Curve by indicator; nodes without anchors have none.

    Raises
    ------
    SettingsError
        If anchors are half missing or equal, a shape is unknown, points cannot be read, lie
        outside the anchors, fall on the way to best, or are too few or too many for the shape.

    Examples
    --------
    >>> criteria = pd.DataFrame({"worst": [0.0], "best": [40.0], "shape": ["step"]}, index=["land"])
    >>> curve = checked_shapes(criteria.assign(shape_points="10=0.5; 30=0.8"))["land"]
    >>> curve.position.tolist(), curve.value.tolist()
    ([0.0, 0.25, 0.75, 1.0], [0.0, 0.5, 0.8, 1.0])
    """
    curves: dict[Hashable, Curve] = {}
    faults = []
    for name, row in criteria.iterrows():
        without = pd.isna(row["worst"]) and pd.isna(row["best"])
        if without and not _word(row, "shape") and not _word(row, "shape_points"):
            continue
        try:
            curves[name] = _curve(row)
        except SettingsError as error:
            faults.append(f"{name}: {error}")
    if faults:
        raise SettingsError("; ".join(faults))
    return curves


def _curves_of(names: pd.Index, criteria: pd.DataFrame) -> dict[Hashable, Curve]:
    """Curves of the indicators that occur, each of which must have one."""
    used = names.unique()
    curves = checked_shapes(criteria.loc[criteria.index.isin(used)])
    if missing := [str(name) for name in used if name not in curves]:
        raise SettingsError(f"{', '.join(missing)}: no anchors; state worst and best of each")
    return curves


def _word(row: "pd.Series[Any]", column: str) -> str:
    cell = row.get(column, "")
    return "" if pd.isna(cell) else str(cell).strip()


def _curve(row: "pd.Series[Any]") -> Curve:
    """Read one indicator's value function and refuse it with all its faults."""
    worst, best = float(row["worst"]), float(row["best"])
    shape, written = _word(row, "shape") or "linear", _word(row, "shape_points")
    points, faults = _points(written)
    if not (math.isfinite(worst) and math.isfinite(best) and worst != best):
        faults.append(f"worst = {worst:g}, best = {best:g}: allowed two different numbers")
    if shape not in SHAPES:
        faults.append(f"shape = {shape!r}: allowed {', '.join(SHAPES)}")
    if faults:
        raise SettingsError("; ".join(faults))
    position = (points[:, 0] - worst) / (best - worst)
    faults = _misfits(shape, position, points)
    if faults:
        raise SettingsError("; ".join(f"shape_points = {written!r}: {fault}" for fault in faults))
    if shape == "target":
        beyond = points if len(points) else np.array([[2 * best - worst, 0.0]])
        knots = np.vstack([[[worst, 0.0], [best, 1.0]], beyond])
    else:
        inner = points[(position > 0) & (position < 1)]
        inner = inner[np.argsort(inner[:, 0] * np.sign(best - worst))]
        knots = np.vstack([[[worst, 0.0]], inner, [[best, 1.0]]])
    return Curve(shape, knots[:, 0], (knots[:, 0] - worst) / (best - worst), knots[:, 1])


def _points(written: str) -> tuple[np.ndarray, list[str]]:
    """Pairs of performance and value, with what could not be read."""
    points, faults = [], []
    for pair in filter(None, map(str.strip, written.split(";"))):
        try:
            performance, value = map(tables.number, pair.split("="))
        except ValueError:
            faults.append(f"shape_points {pair!r}: allowed performance=value, such as 12.5=0.4")
        else:
            points.append((performance, value))
    return np.array(points, dtype="float64").reshape(-1, 2), faults


def _misfits(shape: str, position: np.ndarray, points: np.ndarray) -> list[str]:
    """What keeps points that could be read from being points of the shape."""
    fewest, most = SHAPES[shape]
    faults = []
    if not fewest <= len(points) <= most:
        counts = f"at least {fewest}" if len(points) < fewest else f"at most {most:g}"
        faults.append(f"{len(points)} given, a {shape} shape takes {counts}: add or remove points, "
                      "or name another shape")  # fmt: skip
    t, v = position, points[:, 1]
    if shape == "target":
        fits, allowed = (t > 1) & (v == 0), "a performance beyond best, worth 0"
    elif shape == "exponential":
        fits = (np.minimum(t, v) > STRAIGHT) & (np.maximum(t, v) < 1 - STRAIGHT)
        allowed = "a performance between worst and best, worth between 0 and 1"
    else:
        is_anchor = ((t == 0) | (t == 1)) & (v == t)
        fits = is_anchor | (t > 0) & (t < 1) & (v >= 0) & (v <= 1)
        allowed = "performances between worst (worth 0) and best (worth 1), worth 0 to 1"
    faults += [f"{x:g}={value:g}: allowed {allowed}" for x, value in points[~fits]]
    order = np.argsort(t)
    if (np.diff(t[order]) == 0).any():
        faults.append("a performance twice: allowed one value each")
    elif (np.diff(v[order]) < 0).any():
        faults.append("value falls on the way from worst to best: allowed to rise or stay level")
    return faults


def _value_at(position: np.ndarray, curve: Curve) -> np.ndarray:
    """Value at each position, worst being 0 and best 1; unknown stays unknown."""
    if curve.shape == "exponential":
        return _bent(position.clip(0.0, 1.0), curve)
    if curve.shape == "step":
        reached = np.searchsorted(curve.position, position.clip(0.0, 1.0), side="right") - 1
        return np.where(np.isnan(position), np.nan, curve.value[reached])
    value: np.ndarray = np.interp(position, curve.position, curve.value)
    return value


def _bent(position: np.ndarray, curve: Curve) -> np.ndarray:
    """Exponential value; a convex curve is the concave one seen from best."""
    steepness, is_convex = _bend(curve)
    if steepness == 0:
        return position
    way = 1 - position if is_convex else position
    value: np.ndarray = np.expm1(-steepness * way) / math.expm1(-steepness)
    return 1 - value if is_convex else value


def _straightened(value: float, curve: Curve) -> float:
    """Position of an exponential value, the inverse of `_bent`."""
    steepness, is_convex = _bend(curve)
    rise = 1 - value if is_convex else value
    if 0 < rise < 1 and steepness > 0:
        rise = -math.log1p(rise * math.expm1(-steepness)) / steepness
    return 1 - rise if is_convex else rise


def _bend(curve: Curve) -> tuple[float, bool]:
    """Steepness c of the concave curve through the point, and whether it is seen from best."""
    position, value = curve.position[1], curve.value[1]
    is_convex = bool(value < position)
    if is_convex:
        position, value = 1 - position, 1 - value
    if value - position < STRAIGHT:
        return 0.0, is_convex
    # 1 - exp(-c t) alone passes through the point at half of the upper end and lies below the curve
    steepest = -2 * math.log1p(-value) / position
    return float(brentq(
        lambda c: math.expm1(-c * position) / math.expm1(-c) - value, STRAIGHT, steepest,
        xtol=1e-14,
    )), is_convex  # fmt: skip

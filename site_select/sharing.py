"""Who gains and who loses: how the cost of a joint order is shared among the firms."""

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from site_select.errors import SettingsError

Coalition = tuple[int, ...]
ROUNDING = 1e-9
MOST_FIRMS = 12
POWERS = {"equal": 0, "proportional": 1, "square_root": 2}


def share(
    alone: ArrayLike, joint_cost: ArrayLike, *, rule: str, count: ArrayLike = 1.0
) -> np.ndarray:
    """Share a joint cost among firms by their costs alone, ``joint cost x c_i^p / sum of c_j^p``.

    The power p is 0 (``equal``), 1 (``proportional``) or 2 (``square_root``). A firm without a cost
    of its own takes no part and pays nothing. Where the joint cost is ``sqrt(sum of c_j²)`` the
    last rule lies in the core: no group of firms would pay less on its own.

    Parameters
    ----------
    alone
        Cost of each firm alone, firms on the last axis, draws before it [KRW].
    joint_cost
        Cost to be shared, one for each draw [KRW].
    rule
        ``equal``, ``proportional`` or ``square_root``.
    count
        Equal firms that each one stands for; the share is that of one of them.

    Returns
    -------
    numpy.ndarray
        Shares [KRW] in the shape of ``alone``; over the firms they sum to the joint cost.

    Raises
    ------
    SettingsError
        If a cost is negative or not finite, the rule is unknown, or there is a joint cost but no
        firm that takes part.

    References
    ----------
    Meca, A., Timmer, J., García-Jurado, I. & Borm, P. (2004). Inventory games. European Journal of
    Operational Research 156(1), 127-139.

    Examples
    --------
    >>> share([3.0, 4.0], 5.0, rule="square_root").round(9).tolist()
    [1.8, 3.2]
    """
    costs, joint = np.asarray(alone, dtype="float64"), np.asarray(joint_cost, dtype="float64")
    faults = [] if rule in POWERS else [f"rule = {rule!r}: allowed {', '.join(POWERS)}"]
    if not costs.size or not (costs.any(axis=-1) | (joint == 0)).all():
        faults.append("no firm has a cost of its own: allowed at least one")
    _check(*faults, alone=costs, joint_cost=joint)
    key = np.where(costs > 0, costs ** POWERS[rule], 0.0)
    total = (key * np.asarray(count)).sum(axis=-1, keepdims=True)
    return np.asarray(joint[..., None] * key / np.where(total > 0, total, 1.0))


def pays_more(shares: ArrayLike, alone: ArrayLike) -> np.ndarray:
    """Whether each firm pays more than alone, beyond the rounding error.

    Parameters
    ----------
    shares
        Share of each firm, firms on the last axis [KRW].
    alone
        Cost of each firm alone [KRW].

    Raises
    ------
    SettingsError
        If an amount is not finite.

    Examples
    --------
    >>> pays_more(share([1.0, 9.0], 8.0, rule="equal"), [1.0, 9.0]).tolist()
    [True, False]
    """
    paid, costs = np.asarray(shares, dtype="float64"), np.asarray(alone, dtype="float64")
    if not np.isfinite(paid - costs).all():
        raise SettingsError(f"shares = {paid}, alone = {costs}: allowed finite amounts")
    return paid > costs * (1.0 + ROUNDING)


def joint_setup_cost(alone: ArrayLike) -> np.ndarray:
    """Ordering and stock cost of firms that order together, ``sqrt(sum of c_j²)``.

    One order serves all, so its cost is paid once; never more than the sum, never less than the
    largest.

    Parameters
    ----------
    alone
        Least ordering and stock cost of each firm alone, firms on the last axis [KRW/year].

    Raises
    ------
    SettingsError
        If a cost is negative or not finite.

    References
    ----------
    Meca, A., Timmer, J., García-Jurado, I. & Borm, P. (2004). Inventory games. European Journal of
    Operational Research 156(1), 127-139.

    Examples
    --------
    >>> float(joint_setup_cost([3.0, 4.0]))
    5.0
    """
    _check(alone=alone)
    cost: np.ndarray = np.sqrt(np.square(alone).sum(axis=-1))
    return cost


def is_in_core(shares: ArrayLike, cost_of: Callable[[Coalition], float]) -> bool:
    """Whether the shares cover the joint cost and no coalition would pay less on its own.

    ``sum over S of share_i <= cost(S)`` for every coalition S, equal for all firms together.

    Parameters
    ----------
    shares
        Share of each firm [KRW], at most 12 firms.
    cost_of
        Cost of a coalition on its own [KRW], by the positions of its firms.

    Raises
    ------
    SettingsError
        If there is no firm or more than 12, a share is not finite, or the cost of a coalition is
        negative or not finite.

    Examples
    --------
    >>> is_in_core([1.8, 3.2], lambda firms: [3.0, 4.0, 5.0][sum(firms) + len(firms) - 1])
    True
    """
    paid = np.asarray(shares, dtype="float64")
    count = paid.size
    if paid.ndim != 1 or not 1 <= count <= MOST_FIRMS or not np.isfinite(paid).all():
        raise SettingsError(f"shares = {paid}: allowed finite amounts of 1 to {MOST_FIRMS} firms")
    sizes = range(1, count + 1)
    coalitions = [firms for size in sizes for firms in itertools.combinations(range(count), size)]
    costs = [float(cost_of(firms)) for firms in coalitions]
    named = zip(coalitions, costs, strict=True)
    _check(**{f"cost of the firms {firms}": cost for firms, cost in named})
    spare = np.array(costs) - [paid[list(firms)].sum() for firms in coalitions]
    slack = ROUNDING * max(costs)
    return bool((spare >= -slack).all() and spare[-1] <= slack)


def _check(*faults: str, **costs: ArrayLike) -> None:
    """Refuse costs that are negative or not finite, in one message with other faults."""
    wrong = [
        f"{name} = {np.asarray(cost)}: allowed 0 or more"
        for name, cost in costs.items()
        if not ((np.asarray(cost) >= 0) & np.isfinite(cost)).all()
    ]
    if faults or wrong:
        raise SettingsError("; ".join([*faults, *wrong]))

"""Is a shared-logistics project worth its public money? Cash flows and what is read from them.

With against without the project, before taxes, subsidies and other transfers, in prices of one
year. Year 0 is the year of the investment and is not discounted; savings and running costs fall
due at the end of years 1 to n, what the assets are still worth at the end of year n.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from site_select.errors import SettingsError

ROUNDING = 1e-9
APART = 1e-6


@dataclass(frozen=True)
class Project:
    """What a project costs the public.

    Parameters
    ----------
    investment_krw
        Outlay of year 0, whoever pays it [KRW].
    running_cost_krw
        Cost of running it [KRW/year].
    subsidy_krw
        Part of the costs the state pays in year 0, a transfer from taxpayers to members [KRW].
    residual_krw
        Worth of the assets at the end of the last year [KRW].
    years
        Years of running.

    Raises
    ------
    SettingsError
        If an amount is negative or not finite, or the years are not a whole number from 1.
    """

    investment_krw: float
    running_cost_krw: float
    subsidy_krw: float = 0.0
    residual_krw: float = 0.0
    years: int = 5

    def __post_init__(self) -> None:
        """Check the ranges."""
        faults = [
            f"{name} = {amount}: allowed 0 or more"
            for name, amount in vars(self).items()
            if name != "years" and not 0 <= amount < math.inf
        ]
        if not isinstance(self.years, int) or self.years < 1:
            faults.append(f"years = {self.years}: allowed whole years, 1 or more")
        if faults:
            raise SettingsError("; ".join(faults))


class Measures(NamedTuple):
    """What is read from one row of cash flows; the net present value is to be read first.

    Attributes
    ----------
    npv_krw
        Net present value [KRW]; above 0 the project is worth its cost.
    benefit_cost_ratio
        Above 1 where the net present value is above 0; NaN where there is no cost to compare with.
    internal_rates
        Every rate at which the net present value is 0; empty where there is none.
    payback_years
        Years until the outlay has come back, undiscounted; NaN where it never does.
    """

    npv_krw: float
    benefit_cost_ratio: float
    internal_rates: list[float]
    payback_years: float


class Appraisal(NamedTuple):
    """A project seen by the public and by the firms that take part.

    Attributes
    ----------
    logistics
        On the saving of transport, ordering and stock alone.
    with_price_effect
        With the lower purchase price as well, which is partly a transfer from the supplier.
    npv_to_members_krw
        Net present value to the member firms, if they bear every cost and keep the lower price and
        the subsidy [KRW].
    """

    logistics: Measures
    with_price_effect: Measures
    npv_to_members_krw: float


class Spillover(NamedTuple):
    """Effects of spending on the whole economy: gross, shown apart, never added to a benefit.

    Attributes
    ----------
    output_krw, value_added_krw
        Output set going, and the value added in it [KRW].
    jobs
        Persons employed.
    """

    output_krw: float
    value_added_krw: float
    jobs: float


def cash_flows(project: Project, benefit_krw: ArrayLike) -> np.ndarray:
    """Net flow of every year: ``-investment``, then ``benefit - running cost``.

    Parameters
    ----------
    project
        The project.
    benefit_krw
        Benefit [KRW/year], one or an array of draws.

    Returns
    -------
    numpy.ndarray
        Shape of the draws with a last axis of ``years + 1`` [KRW]; the last year carries the
        residual worth.

    Examples
    --------
    >>> cash_flows(Project(300.0, 10.0, residual_krw=50.0, years=2), 140.0).tolist()
    [-300.0, 130.0, 180.0]
    """
    _check(benefit_krw=benefit_krw)
    benefit = np.asarray(benefit_krw, dtype="float64")[..., None]
    flows = np.repeat(benefit - project.running_cost_krw, project.years + 1, axis=-1)
    flows[..., 0] = -project.investment_krw
    flows[..., -1] += project.residual_krw
    return flows


def net_present_value(flows_krw: ArrayLike, rate: float) -> np.ndarray:
    """Discounted sum of the flows, ``sum of flow_t / (1 + rate)^t`` from year 0, undiscounted.

    Parameters
    ----------
    flows_krw
        Flows with the years 0 to n on the last axis [KRW].
    rate
        Discount rate a year, above -1; at 0 nothing is discounted.

    Raises
    ------
    SettingsError
        If a flow is not finite or the rate is -1 or less.

    Examples
    --------
    >>> float(net_present_value([-100.0, 60.0, 72.0], 0.2).round(9))
    0.0
    """
    _check(rate=rate, flows_krw=flows_krw)
    flows = np.asarray(flows_krw, dtype="float64")
    value: np.ndarray = flows @ (1.0 + rate) ** -np.arange(float(flows.shape[-1]))
    return value


def benefit_cost_ratio(project: Project, benefit_krw: ArrayLike, *, rate: float) -> np.ndarray:
    """Present value of the benefits over that of the costs, ``B/C = 1 + NPV/C``.

    Costs are investment and running costs less the residual worth. Above 1 the project is worth
    its cost; NaN where there is no cost to compare with.

    Parameters
    ----------
    project
        The project.
    benefit_krw
        Benefit [KRW/year], one or an array of draws.
    rate
        Discount rate a year.

    Examples
    --------
    >>> float(benefit_cost_ratio(Project(300.0, 20.0, years=5), 100.0, rate=0.0))
    1.25
    """
    cost = -net_present_value(cash_flows(project, 0.0), rate)
    npv = net_present_value(cash_flows(project, benefit_krw), rate)
    return 1.0 + npv / (cost if cost > 0 else math.nan)


def internal_rates(flows_krw: ArrayLike) -> list[float]:
    """Every real rate above -1 at which the net present value is 0, lowest first.

    Outlay and return have one; flows that change sign twice may have two, and then no rate says
    whether the project is worth its cost. Roots nearer than one millionth count as one.

    Parameters
    ----------
    flows_krw
        Flows of the years 0 to n [KRW].

    Returns
    -------
    list of float
        Empty where no rate does, or where every flow is 0.

    Raises
    ------
    SettingsError
        If a flow is not finite, or there is more than one row of flows.

    References
    ----------
    Lorie, J. H. & Savage, L. J. (1955). Three problems in rationing capital. The Journal of
    Business 28(4), 229-239. doi:10.1086/294081

    Examples
    --------
    >>> [round(rate, 9) for rate in internal_rates([-1600.0, 10000.0, -10000.0])]
    [0.25, 4.0]
    """
    _check(flows_krw=flows_krw)
    if np.ndim(flows_krw) != 1:
        raise SettingsError(f"flows_krw has {np.ndim(flows_krw)} axes: allowed one row of years")
    roots = np.roots(np.asarray(flows_krw, dtype="float64"))
    # a double root comes out as two that differ by the root of the rounding error
    growth = np.sort(roots.real[(roots.real > 0) & (abs(roots.imag) < APART * abs(roots))])
    rates: list[float] = (growth[np.diff(growth, prepend=0.0) > APART * growth] - 1.0).tolist()
    return rates


def payback_years(flows_krw: ArrayLike) -> np.ndarray:
    """Years from which the undiscounted sum of the flows stays at 0 or above.

    ``t - sum_t / flow_(t+1)`` for the last year ``t`` whose sum is below 0: within a year the flow
    is even. 0 without an outlay, NaN where the outlay never comes back.

    Parameters
    ----------
    flows_krw
        Flows with the years 0 to n on the last axis [KRW].

    Raises
    ------
    SettingsError
        If a flow is not finite.

    Examples
    --------
    >>> float(payback_years([-300.0, 200.0, 200.0]))
    1.5
    """
    _check(flows_krw=flows_krw)
    flows = np.asarray(flows_krw, dtype="float64")
    total = flows.cumsum(axis=-1)
    is_back = total >= -ROUNDING * abs(flows).max(axis=-1, keepdims=True)
    stays = np.logical_and.accumulate(is_back[..., ::-1], axis=-1)[..., ::-1]
    # each year counts whole while money is missing, and in part when the last of it comes back
    waiting = np.divide(
        -total[..., :-1], flows[..., 1:],
        out=(~stays[..., 1:]).astype("float64"), where=stays[..., 1:] & ~stays[..., :-1],
    )  # fmt: skip
    return np.where(stays[..., -1], waiting.sum(axis=-1), math.nan)


def appraise(
    project: Project, *, logistics_saving_krw: float, price_saving_krw: float = 0.0,
    rate: float = 0.045,
) -> Appraisal:  # fmt: skip
    """Appraise a project with and without the effect on the purchase price.

    A lower price is partly a transfer from the supplier, so it stands apart; the subsidy is a
    transfer altogether and enters only the members' own view.

    Parameters
    ----------
    project
        The project.
    logistics_saving_krw
        Saving of transport, ordering and stock, before taxes [KRW/year].
    price_saving_krw
        Saving by a lower purchase price [KRW/year].
    rate
        Social discount rate a year; 4.5% in Korea since September 2017.

    Raises
    ------
    SettingsError
        If a saving is not finite or the rate is -1 or less.

    References
    ----------
    Ministry of Economy and Finance (11 August 2017). Reform of preliminary feasibility studies:
    social discount rate from 5.5% to 4.5%.

    Examples
    --------
    >>> appraisal = appraise(Project(300e6, 0.0, subsidy_krw=150e6), logistics_saving_krw=140e6)
    >>> round(appraisal.logistics.npv_krw), round(appraisal.npv_to_members_krw)
    (314596744, 464596744)
    """
    _check(rate=rate, logistics_saving_krw=logistics_saving_krw, price_saving_krw=price_saving_krw)
    logistics = _measures(project, logistics_saving_krw, rate)
    everything = _measures(project, logistics_saving_krw + price_saving_krw, rate)
    return Appraisal(logistics, everything, everything.npv_krw + project.subsidy_krw)


def _measures(project: Project, benefit_krw: float, rate: float) -> Measures:
    flows = cash_flows(project, benefit_krw)
    npv, payback = net_present_value(flows, rate), payback_years(flows)
    ratio = benefit_cost_ratio(project, benefit_krw, rate=rate)
    return Measures(float(npv), float(ratio), internal_rates(flows), float(payback))


def spillover(spending_krw: float, *, per_1000m: Spillover) -> Spillover:
    """Output, value added and jobs that spending sets going: ``spending x effect per KRW``.

    For spending only: a saving is no demand. The effects are gross, as the same money would have
    some wherever it is spent; they belong beside a benefit-cost ratio, never in it.

    Parameters
    ----------
    spending_krw
        Money spent in the country [KRW].
    per_1000m
        Effects of spending 1,000 M KRW in the economy of a dated input-output table.

    Raises
    ------
    SettingsError
        If the spending is negative or not finite.

    Examples
    --------
    >>> round(spillover(2_000e6, per_1000m=Spillover(1_791e6, 780e6, 10.1)).jobs, 9)
    20.2
    """
    if not 0 <= spending_krw < math.inf:
        raise SettingsError(f"spending_krw = {spending_krw}: allowed 0 or more; a saving is none")
    return Spillover(*(spending_krw / 1e9 * effect for effect in per_1000m))


def switching_value(npv_of: Callable[[float], float], low: float, high: float) -> float | None:
    """Value of an input at which the net present value is 0 and the decision turns.

    Parameters
    ----------
    npv_of
        Net present value [KRW] by value of the input, continuous.
    low, high
        Range of the input, in its unit.

    Returns
    -------
    float or None
        None where the sign at ``low`` is the sign at ``high``: within the range nothing turns, or
        it turns twice.

    Raises
    ------
    SettingsError
        If ``low`` is not below ``high`` or the net present value of either is not finite.

    References
    ----------
    Brent, R. P. (1973). Algorithms for Minimization without Derivatives. Prentice-Hall, ch. 4.

    Examples
    --------
    >>> project = Project(300.0, 0.0, years=3)
    >>> npv_of = lambda benefit: float(net_present_value(cash_flows(project, benefit), 0.0))
    >>> switching_value(npv_of, 0.0, 500.0)
    100.0
    """
    if not -math.inf < low < high < math.inf:
        raise SettingsError(f"range {low} to {high}: allowed a lower and a higher value")
    ends = npv_of(low), npv_of(high)
    _check(npv_of_low=ends[0], npv_of_high=ends[1])
    return float(brentq(npv_of, low, high)) if min(ends) <= 0 <= max(ends) else None


def _check(rate: float = 0.0, **amounts_krw: ArrayLike) -> None:
    """Refuse a rate of -1 or less and amounts that are not finite, all in one message."""
    faults = [
        f"{name} = {np.asarray(amount)}: allowed finite amounts"
        for name, amount in amounts_krw.items()
        if not np.size(amount) or not np.isfinite(amount).all()
    ]
    if not -1 < rate < math.inf:
        faults.append(f"rate = {rate}: allowed above -1")
    if faults:
        raise SettingsError("; ".join(faults))

"""Uncertain parameters: a range each, drawn together, and which of them drive a result."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import stats

from site_select import estimates
from site_select.errors import SettingsError

BOUNDS = ["low", "value", "high"]
Model = Callable[[pd.DataFrame], np.ndarray]


def level(price_levels: pd.DataFrame, year: int, price_year: int) -> float:
    """Factor that brings money of one year to the price level of another.

    Parameters
    ----------
    price_levels
        ``year, index``.
    year, price_year
        From and to.

    Raises
    ------
    SettingsError
        If a year has no index.
    """
    index = price_levels.set_index("year")["index"]
    missing = sorted({year, price_year} - set(index.index))
    if missing:
        raise SettingsError(
            f"no price level for {', '.join(map(str, missing))}: allowed years of price_levels.csv "
            f"({index.index.min()} to {index.index.max()})"
        )
    return float(index[price_year] / index[year])


def ranges(
    table: pd.DataFrame, exchange_rates: pd.DataFrame, price_levels: pd.DataFrame, *,
    price_year: int,
) -> pd.DataFrame:  # fmt: skip
    """Range of every parameter, money in KRW of the price year.

    The latest row not after the price year holds, else the earliest. Money is exchanged at the
    mean rate of the row's own year and brought to the price year by consumer prices.

    Parameters
    ----------
    table
        Rows of ``logistics_parameters``.
    exchange_rates
        ``currency, year, krw``.
    price_levels
        ``year, index``.
    price_year
        Year whose prices are wanted.

    Returns
    -------
    pandas.DataFrame
        The chosen rows, indexed by parameter, ``low, value, high`` [KRW where money]; ``unit``
        carries the currency.

    Raises
    ------
    SettingsError
        If a currency has no rate in the row's year; every such row is named.
    """
    year = table["year"]
    nearest_last = year.where(year <= price_year, -year).sort_values(kind="stable").index
    chosen = table.loc[nearest_last].drop_duplicates("parameter", keep="last")
    chosen = chosen.sort_index().set_index("parameter")
    rate = exchange_rates.set_index(["currency", "year"])["krw"]
    keys = pd.MultiIndex.from_frame(chosen[["currency", "year"]])
    krw = pd.Series(rate.reindex(keys).to_numpy(), chosen.index)
    krw = krw.mask(chosen["currency"].isin(["", "KRW"]), 1.0)
    if krw.isna().any():
        raise SettingsError("; ".join(
            f"{name}: no exchange rate for {row['currency']!r} in {row['year']}: allowed KRW and "
            "the currencies and years of exchange_rates.csv"
            for name, row in chosen[krw.isna()].iterrows()
        ))  # fmt: skip
    is_money = chosen["currency"] != ""
    by_year = {year: level(price_levels, int(year), price_year)
               for year in chosen.loc[is_money, "year"].unique()}  # fmt: skip
    factor = krw * chosen["year"].map(by_year).where(is_money, 1.0).astype("float64")
    unit = chosen["unit"].where(~is_money, "KRW/" + chosen["unit"])
    return chosen.assign(**{bound: chosen[bound] * factor for bound in BOUNDS}, unit=unit)


def central(of: pd.DataFrame) -> pd.DataFrame:
    """Every parameter at its value: one draw."""
    return pd.DataFrame([of["value"]]).reset_index(drop=True)


def draws(of: pd.DataFrame, *, n_samples: int, seed: int) -> pd.DataFrame:
    """Draws of all parameters at once, triangular, independent, quasi-random.

    Scrambled Sobol points fill the space more evenly than random ones [1]_; the sampling error
    of a mean falls almost with ``1/n``. Two results are not independent of each other row by row,
    whatever their seeds: their columns of one place correlate by ±0.67 on average. What shall be
    independent is drawn in one call, or shuffled.

    Parameters
    ----------
    of
        Result of `ranges`.
    n_samples
        Number of draws.
    seed
        Seed; the same seed gives the same draws.

    Returns
    -------
    pandas.DataFrame
        A row per draw, a column per parameter.

    References
    ----------
    .. [1] Owen, A. B. (1998). Scrambling Sobol' and Niederreiter-Xing points. Journal of
       Complexity 14(4), 466-489. doi:10.1006/jcom.1998.0487

    Examples
    --------
    >>> of = pd.DataFrame({"low": [0.0], "value": [1.0], "high": [2.0]}, index=["rate"])
    >>> float(draws(of, n_samples=1024, seed=1)["rate"].mean().round(3))
    1.0
    """
    return _at(of, _points(len(of), n_samples, seed))


@lru_cache(maxsize=8)
def _points(dimensions: int, n_samples: int, seed: int) -> np.ndarray:
    """Scrambled Sobol points in the unit cube; many complexes are drawn at the same ones."""
    engine = stats.qmc.Sobol(dimensions, rng=np.random.default_rng(seed))
    return np.asarray(engine.random_base2(int(np.ceil(np.log2(n_samples))))[:n_samples])


def _at(of: pd.DataFrame, share: np.ndarray) -> pd.DataFrame:
    """Parameters at given shares of their distributions, a row per draw."""
    low, value, high = (of[bound].to_numpy() for bound in BOUNDS)
    return pd.DataFrame(estimates.triangular_at(low, value, high, share), columns=of.index)


def tornado(model: Model, of: pd.DataFrame) -> pd.DataFrame:
    """Outcome with one parameter at its low and at its high, all others at their value.

    Parameters
    ----------
    model
        Outcome by draw.
    of
        Result of `ranges`.

    Returns
    -------
    pandas.DataFrame
        ``at_low, at_high, swing`` by parameter, the widest swing first.

    Examples
    --------
    >>> of = pd.DataFrame({"low": [1.0, 2], "value": [2.0, 3], "high": [4.0, 4]}, index=["a", "b"])
    >>> tornado(lambda draws: (draws["a"] * 10 + draws["b"]).to_numpy(), of)["swing"].tolist()
    [30.0, 2.0]
    """
    names = of.index[of["low"] < of["high"]]
    middle = central(of).loc[[0] * (2 * len(names))].reset_index(drop=True)
    for place, name in enumerate(names):
        middle.loc[2 * place, name] = of.loc[name, "low"]
        middle.loc[2 * place + 1, name] = of.loc[name, "high"]
    ends = model(middle).reshape(-1, 2) if len(names) else np.empty((0, 2))
    table = pd.DataFrame(ends, names, ["at_low", "at_high"])
    table["swing"] = (table["at_high"] - table["at_low"]).abs()
    return table.sort_values("swing", ascending=False)


def sobol(model: Model, of: pd.DataFrame, *, n_samples: int, seed: int) -> pd.DataFrame:
    """First-order and total Sobol indices: shares of the outcome's variance.

    ``first`` is the share a parameter explains alone, ``total`` with all its interactions.

    Parameters
    ----------
    model
        Outcome by draw.
    of
        Result of `ranges`.
    n_samples
        Base sample, a power of two; the model is asked for ``(k + 2) n`` draws.
    seed
        Seed.

    Returns
    -------
    pandas.DataFrame
        ``first, total`` by parameter, the largest total first; no rows where nothing varies.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer
    Physics Communications 181(2), 259-270. doi:10.1016/j.cpc.2009.09.018
    """
    free = of[of["low"] < of["high"]]
    if len(free) <= 1:  # SciPy wants two
        return pd.DataFrame({"first": 1.0, "total": 1.0}, free.index)
    fixed = of.index.difference(free.index)

    def outcome(shares: np.ndarray) -> np.ndarray:
        drawn = _at(free, shares.T)
        rest = pd.DataFrame({name: of.loc[name, "value"] for name in fixed}, drawn.index)
        return np.array(model(drawn.join(rest)))  # SciPy writes into it

    found = stats.sobol_indices(
        func=outcome, n=n_samples, dists=[stats.uniform()] * len(free),
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    table = pd.DataFrame({"first": found.first_order, "total": found.total_order}, free.index)
    return table.sort_values("total", ascending=False)

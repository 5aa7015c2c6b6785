"""The pilot as published, and whether plan, result and model can all be true at once.

The plan of 2020 and the result of 2021 are the promoter's own figures and describe different
scopes. The model is first run on independent rates, calibrated to nothing. Then its assumptions,
and only they, are moved within their stated ranges to come near one of the two, and the other is
predicted. That is a test of consistency, not a validation.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from site_select import milkrun, parameters, tables
from site_select.economics import QUANTILES, Site
from site_select.errors import SettingsError

READINGS = ("complex", "each_firm")
PARTS = (("gas spring", "O05"), ("wear plate", "O06"))
RESULT_MODES = ("air", "sea_lcl")  # how the one part came before is not published
# nor is it said whether "logistics cost" holds the shared warehouse or only the way
SCOPES = {"paid": milkrun.PAID, "on_the_way": ("freight", "handling", "customs")}
NEAREST = 40  # settings kept as nearest to the published figures
TOLERANCE = 0.1  # a setting fits when every figure is met within a tenth of it
APART = 0.05
MILLION = 1e6


class Case(NamedTuple):
    """One published set of figures with the orders that it speaks of.

    Attributes
    ----------
    stage, variant
        ``plan`` (30 lots of the ``complex``, or 30 orders of ``each_firm``), ``restated`` plan
        (``one_part``, as the plan would bring it) or ``result`` (before by ``air`` or ``sea_lcl``).
    site
        The complex with these orders.
    fixed
        Parameters that the publication states.
    purchase_krw
        Published purchase, from which the unknown tonnage follows at each price; ``None`` where
        the tonnage itself is published.
    published
        Published figures by outcome.
    ends
        Lowest and highest of those whose sources differ or give a range.
    """

    stage: str
    variant: str
    site: Site
    fixed: Mapping[str, float]
    purchase_krw: float | None
    published: Mapping[str, float]
    ends: Mapping[str, tuple[float, float]]


def figure(published: pd.DataFrame, stage: str, quantity: str) -> float:
    """One published figure, in the unit of its row.

    Raises
    ------
    SettingsError
        If the table has no such figure.
    """
    rows = published[(published["stage"] == stage) & (published["quantity"] == quantity)]
    if rows.empty or rows["value"].isna().all():
        raise SettingsError(f"pilot_gwangju has no figure {quantity!r} of stage {stage!r}")
    return float(rows["value"].iloc[0])


def ends(published: pd.DataFrame, stage: str, quantity: str) -> tuple[float, float]:
    """Lowest and highest of one published figure; the figure itself where no other was told."""
    value = figure(published, stage, quantity)
    row = published[(published["stage"] == stage) & (published["quantity"] == quantity)].iloc[0]
    low, high = (value if pd.isna(row[end]) else float(row[end]) for end in ("low", "high"))
    return low, high


def orders(published: pd.DataFrame, complex_id: str, reading: str) -> pd.DataFrame:
    """Orders of the plan as rows of the table ``orders``.

    18 air lots of 1 t and 12 sea lots share the 40 t a year, evenly over two parts: how much came
    from which supplier and went to which firm was never published. Under the reading ``complex``
    these 30 lots are those of all firms together; under ``each_firm`` every firm places 30 orders.

    Parameters
    ----------
    published
        Published figures of the pilot.
    complex_id
        The pilot's complex.
    reading
        ``complex`` or ``each_firm``.
    """
    plan = {name: figure(published, "plan_2020", name)
            for name in ("member_firms", "import_volume_europe", "air_lot", "air_lots_per_year",
                         "sea_lots_per_year")}  # fmt: skip
    firms = int(plan["member_firms"])
    by_air = plan["air_lot"] * plan["air_lots_per_year"]
    by_sea = plan["import_volume_europe"] - by_air
    ways = {"air": (by_air, plan["air_lots_per_year"]),
            "sea_lcl": (by_sea, plan["sea_lots_per_year"])}  # fmt: skip
    is_joint = reading == "complex"
    groups = [("all", firms)] if is_joint else [(f"F{n + 1:02d}", 1) for n in range(firms)]
    rows = [
        {"complex_id": complex_id, "firm": firm, "firms": count, "part": part,
         "supplier": supplier, "mode": mode, "incoterm": "unknown",
         "weight_t": weight / len(PARTS) * count / firms, "orders_per_year": lots / len(PARTS),
         "year": 2020, "source": "pilot_gwangju.csv, split evenly over parts and firms (ours)",
         "quality": "computed"}
        for firm, count in groups for part, supplier in PARTS
        for mode, (weight, lots) in ways.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(tables.schema("orders").index))


def cases(published: pd.DataFrame, site: Site) -> list[Case]:
    """Plan under both readings of "30 orders", restated plan, result under both modes it may have.

    Parameters
    ----------
    published
        Published figures of the pilot.
    site
        The pilot's complex.
    """
    of = partial(figure, published)
    plan = {"rate": of("plan_2020", "logistics_saving_rate"),
            "saving": of("plan_2020", "saving_per_year") * MILLION}  # fmt: skip
    saving = of("result_2021", "logistics_saving") * MILLION
    rate = of("result_2021", "logistics_saving_rate")
    purchase = (of("result_2021", "purchase_saving") / of("result_2021", "purchase_saving_rate")
                * MILLION)  # fmt: skip
    result = {"rate": rate, "saving": saving, "share_of_purchase": saving / rate / purchase}
    part, supplier = PARTS[0]  # the source speaks of Sweden
    told = {stage: (low * MILLION, high * MILLION) for stage in ("plan_2020", "plan_2021")
            for low, high in [ends(published, stage, "saving_per_year")]}  # fmt: skip
    whole = orders(published, site.complex_id, READINGS[0])
    one = site.orders.iloc[:1].assign(
        firm="all", firms=int(of("plan_2020", "member_firms")), part=part, supplier=supplier,
        weight_t=1.0, orders_per_year=of("result_2021", "orders_before"),
    )  # fmt: skip
    lane = site.lane._replace(
        pick_up_km=site.lane.pick_up_km[:1], airport_pick_up_km=site.lane.airport_pick_up_km[:1],
        tour_km=float(site.lane.pick_up_km[0]),
    )  # fmt: skip
    runs = {"surveyed_orders_level": 1.0, "milk_runs": of("plan_2020", "orders_after")}
    planned = [
        Case("plan", reading,
             replace(site, orders=orders(published, site.complex_id, reading)), runs, None,
             plan | {"runs": runs["milk_runs"]}, {"saving": told["plan_2020"]})
        for reading in READINGS
    ]  # fmt: skip
    restated = Case(
        "restated", "one_part", replace(site, orders=whole[whole["part"] == part], lane=lane), runs,
        None, {"saving_and_price": of("plan_2021", "saving_per_year") * MILLION},
        {"saving_and_price": told["plan_2021"]},
    )  # fmt: skip
    three = runs | {"milk_runs": of("result_2021", "orders_after")}
    return [*planned, restated] + [
        Case("result", mode, replace(site, orders=one.assign(mode=mode), lane=lane), three,
             purchase, result | {"runs": three["milk_runs"]}, {})
        for mode in RESULT_MODES
    ]  # fmt: skip


def outcomes(case: Case, draws: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What the model says of the published quantities, by scope and draw.

    Parameters
    ----------
    case
        The figures and their orders.
    draws
        Parameters by draw.

    Returns
    -------
    dict
        By scope, ``rate`` (saving of logistics cost), ``saving`` and ``saving_and_price`` (with
        the lower price) [KRW/year] and ``share_of_purchase``; under ``all`` with ordering and stock
        too, with ``credited`` (own best less milk run) and ``net`` (the same without duty, a
        transfer) [KRW/year], ``co2e_rate`` (emissions saved), ``orders_rate`` (shipments after to
        before) and ``lead_days`` of existing logistics.
    """
    found = case.site.compare(_known(case, draws))
    own, count = found.own_best, found.own_best.count
    purchase = found.purchase_krw.sum(axis=-1)
    price = (found.price_effect_krw * count).sum(axis=-1)
    tables = {}
    for scope, names in (SCOPES | {"all": milkrun.COMPONENTS}).items():
        before, after = (chain.total(*names) for chain in (found.existing, found.milk_run))
        tables[scope] = pd.DataFrame({
            "rate": 1 - after / before, "saving": before - after,
            "saving_and_price": before - after + price,
            "share_of_purchase": before / purchase,
        })  # fmt: skip
    emitted, shipped, duty = ([chain.total(name) for chain in (found.existing, found.milk_run, own)]
                              for name in ("co2e_t", "shipments", "duty"))  # fmt: skip
    weight_t = (found.weight_t * count).sum(axis=-1)
    tables["all"] = tables["all"].assign(
        credited=found.saving, net=found.saving - duty[2] + duty[1],
        co2e_rate=1 - emitted[1] / emitted[0], orders_rate=shipped[1] / shipped[0],
        lead_days=found.existing.total("tonne_days") / weight_t,
    )  # fmt: skip
    return tables


def _known(case: Case, draws: pd.DataFrame) -> pd.DataFrame:
    """Draws with what the publication states; a published purchase makes the tonnage."""
    known = draws.assign(**case.fixed)
    if case.purchase_krw is not None:
        known["surveyed_weight_level"] = case.purchase_krw / (known["part_price"] * 1000)
    return known


def cheapest_runs(case: Case, draws: pd.DataFrame) -> np.ndarray:
    """Number of runs a year that costs least by the model, by draw."""
    return case.site.compare(_known(case, draws), is_planned=False).milk_run.total("shipments")


def free_parameters(of: pd.DataFrame) -> list[str]:
    """Parameters that may be calibrated: assumptions that have a range, and no others."""
    return list(of.index[(of["kind"] == "assumed") & (of["low"] < of["high"])])


def assumption_draws(of: pd.DataFrame, *, n_samples: int, seed: int) -> pd.DataFrame:
    """Draws of the assumptions alone, every published or derived parameter at its value."""
    free = free_parameters(of)
    drawn = parameters.draws(of.loc[free], n_samples=n_samples, seed=seed)
    held: dict[str, Any] = {str(name): of.loc[name, "value"] for name in of.index.difference(free)}
    return drawn.assign(**held)[list(of.index)]


class Calibration(NamedTuple):
    """Settings of the assumptions that come nearest to one set of published figures.

    Attributes
    ----------
    nearest
        The nearest settings, a row each.
    fitting, tried
        Settings that meet every figure within the tolerance, of those tried.
    worst_miss
        Largest relative miss of the nearest setting.
    """

    nearest: pd.DataFrame
    fitting: int
    tried: int
    worst_miss: float


def calibrate(
    found: pd.DataFrame, published: Mapping[str, float], draws: pd.DataFrame
) -> Calibration:
    """Keep the settings whose largest relative miss of a published figure is smallest.

    Parameters
    ----------
    found
        Outcomes of one scope by draw.
    published
        Published figures by outcome.
    draws
        Settings, as in `assumption_draws`.
    """
    told = [name for name in published if name in found]
    miss = (found[told] / pd.Series(published)[told] - 1).abs().max(axis=1)
    order = miss.sort_values().index
    return Calibration(
        draws.loc[order[:NEAREST]].reset_index(drop=True),
        int((miss <= TOLERANCE).sum()), len(draws), float(miss.min()),
    )  # fmt: skip


class Evaluation(NamedTuple):
    """Model beside the published figures.

    Attributes
    ----------
    table
        By stage, variant, scope and quantity: ``published`` with its ends, then 5%, 50%, 95% of
        the model run independently, ``calibrated`` on the same figures and ``predicted`` from
        calibrations on other stages, and ``miss`` of the prediction's middle (of the independent
        run for the number of runs).
    independent
        Outcomes by stage and variant, calibrated to nothing.
    calibrations
        Result of `calibrate` by stage, variant and scope; not of the restated plan, whose one
        amount almost any setting could meet.
    n_free
        Number of assumptions that were free.
    drawn, prior
        Parameters by draw of the independent run; the free assumptions that calibration tried.
    """

    table: pd.DataFrame
    independent: Mapping[tuple[str, str], dict[str, pd.DataFrame]]
    calibrations: Mapping[tuple[str, str, str], Calibration]
    n_free: int
    drawn: pd.DataFrame
    prior: pd.DataFrame

    @property
    def n_published(self) -> int:
        """Number of published figures that the assumptions are calibrated on."""
        rows = self.table[self.table["stage"] != "restated"]
        return len(rows[["stage", "quantity"]].drop_duplicates())


def evaluation(published: pd.DataFrame, site: Site, *, n_samples: int, seed: int) -> Evaluation:
    """Run the model independently, calibrate on plan and on result, predict the other.

    Parameters
    ----------
    published
        Published figures of the pilot.
    site
        The pilot's complex.
    n_samples
        Draws of each run.
    seed
        Seed.
    """
    every = {case[:2]: case for case in cases(published, site)}
    drawn = parameters.draws(site.of, n_samples=n_samples, seed=seed)
    assumed = assumption_draws(site.of, n_samples=n_samples, seed=seed)
    independent = {key: outcomes(case, drawn) for key, case in every.items()}
    fitted = {key: outcomes(case, assumed) for key, case in every.items()}
    fits = {
        (*key, scope): calibrate(fitted[key][scope], case.published, assumed)
        for key, case in every.items() for scope in SCOPES if case.stage != "restated"
    }  # fmt: skip
    rows = []
    for key, case in every.items():
        if "runs" in case.published:
            rows.append(_row((*key, "paid"), "runs", case, independent=cheapest_runs(case, drawn)))
        for scope in SCOPES:
            others = [fit.nearest for (stage, _, of), fit in fits.items()
                      if stage != case.stage and of == scope]  # fmt: skip
            settings = {"calibrated": fits[(*key, scope)].nearest} if (*key, scope) in fits else {}
            settings["predicted"] = pd.concat(others, ignore_index=True)
            found = {"independent": independent[key][scope]} | {
                way: outcomes(case, nearest)[scope] for way, nearest in settings.items()
            }
            rows += [
                _row((*key, scope), name, case, **{way: run[name] for way, run in found.items()})
                for name in case.published if name != "runs"
            ]  # fmt: skip
    free = free_parameters(site.of)
    return Evaluation(pd.DataFrame(rows), independent, fits, len(free), drawn, assumed[free])


def _row(
    key: tuple[str, str, str], quantity: str, case: Case, **runs: "np.ndarray | pd.Series[float]"
) -> dict[str, object]:
    row: dict[str, object] = dict(zip(("stage", "variant", "scope"), key, strict=True))
    published = case.published[quantity]
    low, high = case.ends.get(quantity, (published, published))
    row |= {"quantity": quantity, "published": published, "published_low": low,
            "published_high": high}  # fmt: skip
    for way, values in runs.items():
        low, middle, high = np.quantile(values, QUANTILES)
        row |= {f"{way}_low": low, way: middle, f"{way}_high": high, "miss": middle - published}
    return row


def reach(evaluation: Evaluation) -> pd.DataFrame:
    """How many draws of the independent model could give each published figure by itself.

    Within a tenth beyond the ends that were published; where no draw comes so near, what is wrong
    is no value within its range but the set-up: the orders, the scope or the published figure.

    Parameters
    ----------
    evaluation
        Result of `evaluation`.

    Returns
    -------
    pandas.DataFrame
        The rows of the evaluation but those of runs, with ``within``, ``below`` and ``above``,
        shares of the draws that sum to 1.
    """
    rows = evaluation.table[evaluation.table["quantity"] != "runs"]
    shares = []
    for _, row in rows.iterrows():
        drawn = evaluation.independent[row["stage"], row["variant"]][row["scope"]][row["quantity"]]
        below = float((drawn < row["published_low"] * (1 - TOLERANCE)).mean())
        above = float((drawn > row["published_high"] * (1 + TOLERANCE)).mean())
        shares.append({"within": 1 - below - above, "below": below, "above": above})
    return rows.join(pd.DataFrame(shares, rows.index))


def prior_posterior(evaluation: Evaluation, key: tuple[str, str, str]) -> pd.DataFrame:
    """Each assumption in all settings tried, and in those nearest to one set of published figures.

    An assumption that has to move to come near is one the figures contradict. It counts as moved
    where the two-sample test of Kolmogorov and Smirnov, corrected for the number of assumptions,
    sets both apart at 5%.

    Parameters
    ----------
    evaluation
        Result of `evaluation`.
    key
        Stage, variant and scope.

    Returns
    -------
    pandas.DataFrame
        By assumption, the one that moves most first: ``prior_low, prior, prior_high`` and ``low,
        value, high`` (5%, 50%, 95%), ``distance`` (0 the same, 1 wholly apart) and ``is_moved``.
    """
    prior = evaluation.prior
    nearest = evaluation.calibrations[key].nearest[prior.columns]
    bounds = [found.quantile(list(QUANTILES)).T for found in (prior, nearest)]
    table = pd.concat(bounds, axis=1)
    table.columns = ["prior_low", "prior", "prior_high", "low", "value", "high"]
    tests = [stats.ks_2samp(nearest[name], prior[name]) for name in prior]
    table["distance"] = [test.statistic for test in tests]
    table["is_moved"] = [test.pvalue * len(tests) < APART for test in tests]
    return table.sort_values("distance", ascending=False, kind="stable")

"""How stops of its suppliers, ports and routes hit one complex, as it is and with the milk run."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from site_select import disruption, economics, estimates, freight, networks, parameters
from site_select.disruption import Outcome
from site_select.economics import QUANTILES, Compared, Site
from site_select.errors import SettingsError
from site_select.milkrun import Comparison
from site_select.networks import Chain
from site_select.study import Study

DRAWS, YEARS = 256, 400
TRIED_IN_RANKING = 16  # stops of each node, draw and complex
TRIED_IN_SCENARIO = 64
TRIED_FOR_BREAK_EVEN, TRIED_ON_A_PAGE = 1_000, 64
APART = 1.5  # ships at once from which on the items of a firm come apart
LEVELS_TRIED = np.linspace(0.05, 1.5, 30)
CURVE_DAYS = np.arange(0, 366, 3)
LARGEST, LENGTHS = "largest", 5  # the last is a stream of random numbers
OWN_LEVEL = "own_stock_level"
COMPARED = ("existing", "milk_run")


def hazards(study: Study) -> pd.DataFrame:
    """Range of every rate, duration and answer that disruptions are drawn from."""
    return economics.ranges(study, study.survey.disruption_parameters)


def mean_rates(study: Study) -> dict[str, float]:
    """Mean of every rate, duration and answer; that of a triangle is the mean of its corners."""
    means = hazards(study)[parameters.BOUNDS].mean(axis=1)
    return {str(name): float(value) for name, value in means.items()}


def drawn(study: Study, site: Site, *, n_samples: int = DRAWS) -> pd.DataFrame:
    """Draws of all parameters of a site and of its hazards together."""
    of = pd.concat([site.of, hazards(study)])
    return parameters.draws(of, n_samples=n_samples, seed=study.settings.seed)


def chains(study: Study, site: Site, found: Comparison, draws: pd.DataFrame) -> dict[str, Chain]:
    """Existing logistics and the milk run as chains that can stop, and the steps between them.

    The stock is what the cost model pays for, or what the orders tell of the firms. From
    ``existing`` to ``pooled_shipments`` only the shipments change and each firm keeps its stock;
    ``milk_run`` has the shared stock; ``second_origin`` could also buy a part of every item
    elsewhere, which no plan says.

    Parameters
    ----------
    study, site
        The study and the complex.
    found
        Result of `milkrun.compare` at the draws.
    draws
        Parameters by draw.
    """
    weight, places = found.weight_t, study.survey.overseas_places.set_index("place_id")
    own, shared = found.existing.buffers(weight), found.milk_run.buffers(weight)
    of_item, by_air = _imports(site, weight, own["air_share"], draws)
    modes = ("truck",) if site.region == freight.KOREA else ("air", "sea_lcl")
    items = site.items.assign(origin=site.items["supplier"].map(places["country"]))
    sources = pd.concat([items.assign(mode=mode) for mode in modes], ignore_index=True)
    way = networks.passes(sources, by_canal=site.region == "eu" and site.lane.detour_nm == 0)

    def chain(
        buffers: Mapping[str, np.ndarray], air_share: np.ndarray | float, *, is_pooled: bool
    ) -> Chain:
        by_mode = [of_item * air_share, of_item * (1 - air_share)] if len(modes) > 1 else [of_item]
        return Chain(
            sources, way, np.concatenate(by_mode, axis=2), found.own_best.count,
            buffers["stock_days"], buffers["deviation_days"], buffers["interval_days"],
            buffers["lead_days"], buffers["transit_days"],
            (buffers["ships_at_once"] < APART) & site.orders.empty,  # orders are item by item
            is_pooled=is_pooled, spare_share=np.zeros(len(draws)),
        )  # fmt: skip

    factor = draws["service_factor"].to_numpy(float)[:, None]  # stock over deviation of demand
    own, shared = (of | {"deviation_days": of["stock_days"] / factor} for of in (own, shared))
    own |= _held_stock(site, own, draws)
    pooled = shared | {name: own[name] for name in ("stock_days", "deviation_days")}
    milk_run, spare = chain(shared, 0.0, is_pooled=True), draws["second_origin_share"]
    return {
        "existing": chain(own, by_air, is_pooled=False),
        "pooled_shipments": chain(pooled, 0.0, is_pooled=True),
        "milk_run": milk_run,
        "second_origin": milk_run._replace(spare_share=spare.to_numpy(float)),
    }


def _imports(
    site: Site, weight_t: np.ndarray, air_share: np.ndarray, draws: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Weight a year and share by air of each item today ``[draw, firm, item]``."""
    if site.orders.empty:  # evenly over the items, as `demand.assumed` has it
        count = len(site.items)
        return np.repeat(weight_t[..., None] / count, count, axis=2), air_share[..., None]
    imports = site.demand(draws)
    every = sum(of_mode for of_mode, _ in imports.surveyed.values())
    flown = imports.surveyed.get("air", (np.zeros_like(every),))[0]
    share = np.divide(flown, every, out=np.zeros_like(flown), where=np.asarray(every) > 0)
    return imports.weight_t, share[:, imports.group_of]


def _held_stock(
    site: Site, own: Mapping[str, np.ndarray], draws: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Stock and lots that firms have today.

    What orders tell is taken as told: the lots where they were surveyed, and days of stock firm by
    firm. Elsewhere firms may hold less than the model's policy: ``own_stock_level`` of it.
    """
    level = draws[OWN_LEVEL].to_numpy(float)[:, None]
    stock, interval = own["stock_days"] * level, own["interval_days"]
    if site.orders.empty:
        return {"stock_days": stock, "interval_days": interval * level}
    known = site.orders.dropna(subset="stock_days")
    days = (known["stock_days"] * known["weight_t"]).groupby(known["firm"]).sum()
    told = days / known["weight_t"].groupby(known["firm"]).sum()
    groups = site.orders.drop_duplicates("firm")
    mean = np.repeat(told.reindex(groups["firm"]).to_numpy(float), groups["firms"].astype("int64"))
    due = np.maximum(mean - interval / 2, 0)  # a firm tells its mean stock, half a lot above this
    return {"stock_days": np.where(np.isnan(mean), stock, due), "interval_days": interval}


def of_complex(chain: Chain, by_firm: np.ndarray) -> np.ndarray:
    """Mean over the firms ``[draw]`` of what is ``[draw, firm]``."""
    return np.asarray((by_firm * chain.firm_shares).sum(axis=1))


def simulated(
    study: Study, every: Mapping[str, Chain], draws: pd.DataFrame, *, years: int = YEARS
) -> dict[str, Outcome]:
    """The same stops on every chain."""
    return {
        name: disruption.simulate(chain, draws, years=years, seed=study.settings.seed)
        for name, chain in every.items()
    }


def short_days(
    study: Study, every: Mapping[str, Chain], draws: pd.DataFrame, *, samples: int = TRIED_ON_A_PAGE
) -> dict[str, np.ndarray]:
    """Expected days short of the mean firm a year ``[draw]``: what is uncertain, without chance."""
    seed = study.settings.seed
    return {name: disruption.expected_short_days(chain, draws, samples=samples, seed=seed)
            for name, chain in every.items()}  # fmt: skip


def _compared(
    study: Study, every: Mapping[str, Chain], draws: pd.DataFrame, *, samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Expected days short of existing logistics and of the milk run ``[draw]``."""
    both = {name: every[name] for name in COMPARED}
    before, after = short_days(study, both, draws, samples=samples).values()
    return before, after


def shortage_cost(chain: Chain, found: Outcome, draws: pd.DataFrame) -> np.ndarray:
    """Cost of missing parts ``[draw]`` [KRW/year]: their value times what is lost with each won."""
    late_t = (found.unmet_t * chain.count).sum(axis=1)
    return np.asarray(late_t * 1000 * draws["part_price"] * draws["shortage_cost"])


def survival(
    study: Study, every: Mapping[str, Chain], node: tuple[str, str], *, samples: int = 64
) -> pd.DataFrame:
    """Share of firms that still run some days after a stop begins for good.

    Parameters
    ----------
    study
        The study.
    every
        Chains by name.
    node
        Where the stop is.
    samples
        Begins tried by draw.

    Returns
    -------
    pandas.DataFrame
        ``chain, days, low, middle, high``: 5%, 50% and 95% of the draws.
    """
    tables = []
    for name, chain in every.items():
        days = disruption.time_to_survive(chain, node, samples=samples, seed=study.settings.seed)
        running = np.stack([of_complex(chain, (days > day).mean(axis=1)) for day in CURVE_DAYS])
        low, middle, high = np.quantile(running, QUANTILES, axis=1)
        tables.append(pd.DataFrame({
            "chain": name, "days": CURVE_DAYS, "low": low, "middle": middle, "high": high,
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def main_node(chain: Chain, kind: str, target: str = "") -> tuple[str, str] | None:
    """Node of a kind that a scenario stops; the one most goods pass where it says ``largest``."""
    shares = networks.critical_nodes(chain)["weight_share"]
    shares = shares[shares > 0]
    own = shares[shares.index.get_level_values("kind") == kind]
    if target not in {"", LARGEST}:
        own = own[own.index.get_level_values("name") == target]
    return None if own.empty else (kind, str(own.sort_values().index.get_level_values("name")[-1]))


def heaviest(chain: Chain, kind: str) -> tuple[str, str]:
    """Node of a kind that most goods pass; of any kind where none has it."""
    kinds = [kind, *chain.passes.index.get_level_values("kind")]
    return next(filter(None, (main_node(chain, own, LARGEST) for own in kinds)))


def scenario(
    study: Study, every: Mapping[str, Chain], draws: pd.DataFrame, name: str
) -> dict[str, Outcome]:
    """What one named disruption does to every chain, with another day of its begin each time.

    Chains of which no goods pass the node that stops are left out.

    Parameters
    ----------
    study
        The study.
    every, draws
        Chains by name and the draws of their parameters.
    name
        Row of the table ``scenarios``.

    Raises
    ------
    SettingsError
        If there is no such scenario.
    """
    rows = study.survey.scenarios.set_index("scenario")
    if name not in rows.index:
        raise SettingsError(f"no scenario {name!r}: allowed {', '.join(map(str, rows.index))}")
    row = rows.loc[name]
    low, days, high = row[["days_low", "days", "days_high"]].to_numpy(float)[:, None]
    rng, found = np.random.default_rng((LENGTHS, study.settings.seed)), {}
    length = estimates.triangular_at(low, days, high, rng.random(len(draws)))
    held, _ = disruption.held_days(
        length, draws, rng, is_canal=np.full(len(draws), row["kind"] == "canal"),
        is_left=np.full(len(draws), row["kind"] in networks.LEFT_FOR_ANOTHER),
    )  # fmt: skip
    share = float(rows["share"][name])
    for key, chain in every.items():
        node = main_node(chain, str(row["kind"]), str(row["target"]))
        if node:
            events = disruption.one_stop(chain, node, held, years=TRIED_IN_SCENARIO, share=share)
            found[key] = disruption.outcome(
                chain, events, years=TRIED_IN_SCENARIO, seed=study.settings.seed
            )
    return found


def break_even_days(study: Study, site: Site) -> float:
    """Days of stock at hand today at which both chains are short equally often.

    Below it the milk run is the safer chain, rates at their mean, all else at its value. Missing
    where one chain is the safer whatever firms hold.

    Parameters
    ----------
    study, site
        The study and the complex.
    """
    one = parameters.central(site.of).assign(**mean_rates(study))
    same = one.loc[[0] * len(LEVELS_TRIED)].reset_index(drop=True)
    draws = same.assign(**{OWN_LEVEL: LEVELS_TRIED})
    every = chains(study, site, site.compare(draws), draws)
    before, after = _compared(study, every, draws, samples=TRIED_FOR_BREAK_EVEN)
    held = every["existing"].stock_days + every["existing"].interval_days / 2
    days = of_complex(every["existing"], held)
    is_safer = before > after.mean()  # the milk run does not depend on what firms hold
    if is_safer.all() or not is_safer.any():
        return float("nan")
    last = int(np.flatnonzero(is_safer)[-1])
    return float(days[last : last + 2].mean())


def shortage_days_avoided(study: Study, own: Iterable[Compared] | None = None) -> pd.DataFrame:
    """Estimates of the days short per firm and year that the milk run takes away [days/year].

    Below zero where the pooled chain is short more often. Rates of stops are at their mean, for
    they move all complexes together; the spread is what differs between them, the stock that firms
    really hold among it. It rests on assumed volumes, so it is a proxy unless orders were surveyed.

    Parameters
    ----------
    study
        The study.
    own
        Result of `economics.own_comparisons`; made anew when left out.
    """
    level = parameters.draws(
        hazards(study).loc[[OWN_LEVEL]], n_samples=economics.OWN_DRAWS, seed=study.settings.seed + 1
    )
    rates = mean_rates(study)

    def avoided(whole: Compared) -> np.ndarray:
        levels = np.tile(level[OWN_LEVEL], len(whole.draws) // economics.OWN_DRAWS)
        draws = whole.draws.assign(**rates | {OWN_LEVEL: levels})
        every = chains(study, whole.site, whole.found, draws)
        before, after = _compared(study, every, draws, samples=TRIED_IN_RANKING)
        return np.asarray(before - after)

    return economics.estimated(
        study, own, avoided, unit="days/year", source="days short in existing logistics less the "
        "milk run, computed from firms, assumed volumes and stock, and base rates of stops",
    )  # fmt: skip

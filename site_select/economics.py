"""What the milk run would save in each complex of a study: places and rates made into numbers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from site_select import (
    appraisal,
    estimates,
    fares,
    freight,
    geography,
    milkrun,
    parameters,
    routing,
    screening,
    sharing,
    survey,
)
from site_select.errors import SettingsError
from site_select.freight import Lane
from site_select.milkrun import Comparison, Demand
from site_select.study import Study

EXTRA_FLIGHT_KM = 95.0  # added to the great circle for taking off and landing, EN 16258
# What differs between complexes; all other parameters are common and move them together.
OWN_PARAMETERS = ("firms", "participation", "import_volume_per_firm", "part_price")
SIZES_TRIED = (*range(1, 21), 24, 32, 48, 64, 128)
SIZE_DRAWS = 64
QUANTILES = (0.05, 0.5, 0.95)
PER_TONNE_TRIED = tuple(0.05 * 1.5**step for step in range(14))


@dataclass(frozen=True)
class Site:
    """One complex with everything that its comparison needs.

    Attributes
    ----------
    complex_id
        The complex.
    of
        Range of every parameter, with ``firms`` where no orders were surveyed.
    orders
        Surveyed orders; empty where nobody asked.
    items
        ``part, supplier`` of what is imported.
    lane, region, fares
        Where and how its goods travel.
    split_is_known
        Whether the weights of the orders are those of each firm.
    """

    complex_id: str
    of: pd.DataFrame
    orders: pd.DataFrame
    items: pd.DataFrame
    lane: Lane
    region: str
    fares: freight.TruckFares
    split_is_known: bool

    def demand(self, draws: pd.DataFrame) -> Demand:
        """Imports of the firms by draw: as surveyed, else firms times an assumed volume."""
        if self.orders.empty:
            return assumed_demand(self.items, draws)
        firms = int(self.orders.drop_duplicates("firm")["firms"].sum())
        sizes = None if self.split_is_known else firm_sizes(draws["firm_size_variation"], firms)
        return milkrun.demand_from_orders(self.orders, draws, sizes=sizes)

    def compare(self, draws: pd.DataFrame) -> Comparison:
        """Existing logistics against the milk run, with its planned runs where orders are known."""
        market = milkrun.Market(
            self.region, self.lane, freight.rates(draws, self.region), self.fares
        )
        runs = None if self.orders.empty else draws["milk_runs"].to_numpy()
        return milkrun.compare(self.demand(draws), market, runs_per_year=runs)


def ranges(study: Study) -> pd.DataFrame:
    """Range of every parameter at the study's price year, money in KRW."""
    tables = study.survey
    return parameters.ranges(
        tables.logistics_parameters, tables.exchange_rates, tables.price_levels,
        price_year=study.settings.logistics.price_year,
    )  # fmt: skip


def firm_sizes(variation: "pd.Series[float]", firms: int) -> np.ndarray:
    """Relative sizes of firms, lognormal with mean 1, at evenly spaced quantiles ``[draw, firm]``.

    Examples
    --------
    >>> firm_sizes(pd.Series([0.0, 1.0]), 3).round(2).tolist()
    [[1.0, 1.0, 1.0], [0.37, 0.83, 1.8]]
    """
    spread = np.sqrt(np.log1p(variation.to_numpy(float) ** 2))[:, None]
    sizes = np.exp(spread * stats.norm.ppf((np.arange(firms) + 0.5) / firms))
    return np.asarray(sizes / sizes.mean(axis=1, keepdims=True))


def assumed_demand(items: pd.DataFrame, draws: pd.DataFrame) -> Demand:
    """Equal firms that each import an assumed volume, evenly over the items.

    ``round(firms · participation)`` firms take part, one at least.
    """
    count = np.maximum(np.rint(draws["firms"] * draws["participation"]), 1).to_numpy()
    each = draws["import_volume_per_firm"].to_numpy()[:, None, None] / len(items)
    weight_t = np.repeat(each, len(items), axis=2)
    return Demand(["firm"], items, weight_t, count[:, None, None], np.zeros(1, dtype=int), {})


def sites(study: Study, labels: Iterable[str] | None = None) -> dict[str, Site]:
    """Every complex that can be compared: its firms and its place are known, or its orders.

    Parameters
    ----------
    study
        The study.
    labels
        Complexes wanted; all when left out.

    Raises
    ------
    SettingsError
        If a supplier has no place or route, or every port is closed.
    """
    settings, tables = study.settings.logistics, study.survey
    of, firms = ranges(study), root_firms(study)
    shared = milkrun.firms_sharing_one_order(study.complexes, firms)
    level = parameters.level(
        tables.price_levels, int(tables.truck_fares["year"].iloc[0]), settings.price_year
    )
    trucks = freight.truck_fares(tables.truck_fares, level)
    airport = geography.airport_km(
        study.complexes, tables.facilities, study.settings.limits.airport
    )
    found = {}
    for label in map(str, study.complexes.index if labels is None else labels):
        own = tables.orders[tables.orders["complex_id"] == label]
        count = shared.loc[label, parameters.BOUNDS].astype("float64")
        if airport["value"].isna()[label] or (own.empty and count.isna().any()):
            continue
        items = own[["part", "supplier"]].drop_duplicates().reset_index(drop=True)
        if own.empty:
            suppliers = settings.suppliers.split(";")
            items = pd.DataFrame({"part": suppliers, "supplier": suppliers})
        wide = of if own.shape[0] else pd.concat([of, count.to_frame("firms").T])
        region = _region(tables, items["supplier"])
        found[label] = Site(
            label, wide, own, items, lane(study, label, items, float(airport["value"][label])),
            region, trucks, settings.split_is_known,
        )  # fmt: skip
    return found


def root_firms(study: Study, *, drift_per_year: float | None = None) -> pd.DataFrame:
    """Estimates of root firms by complex, widened by age and bounded by who is there.

    A complex cannot hold more root firms than firms operate in its parent complex, whatever was
    planned; in-yard partners are not tenants, so no bound holds for them.

    Parameters
    ----------
    study
        The study.
    drift_per_year
        Relative widening per year; the study's own when left out.
    """
    limits, facts = study.settings.limits, study.survey.complex_facts
    firms = estimates.latest_number(
        facts, "root_firms", study.complexes.index, year=study.settings.as_of.year,
        drift_per_year=limits.count_drift_per_year if drift_per_year is None else drift_per_year,
    )  # fmt: skip
    tenants = screening.operating_firms(study.complexes, study.survey.industrial_complexes)
    tenants = tenants.mask(study.complexes["in_yard"].astype(bool))
    firms[parameters.BOUNDS] = firms[parameters.BOUNDS].clip(
        upper=tenants.fillna(float("inf")), axis=0
    )
    return firms


def _region(tables: survey.Survey, suppliers: "pd.Series[Any]") -> str:
    regions = sorted(set(tables.overseas_places.set_index("place_id").loc[suppliers, "region"]))
    if len(regions) > 1:
        raise SettingsError(
            f"suppliers in the regions {', '.join(regions)}: one milk run gathers one region; "
            "keep the orders of one region in the study"
        )
    return regions[0]


def lane(study: Study, complex_id: str, items: pd.DataFrame, airport_km: float) -> Lane:
    """Distances and fares of one complex: official where they exist, fitted elsewhere.

    Raises
    ------
    SettingsError
        If a supplier has no place, no sea route leads to an open port, or every port is closed.
    """
    settings, tables = study.settings.logistics, study.survey
    places = tables.overseas_places.set_index("place_id")
    points = places.loc[[*items["supplier"], settings.departure_port, settings.departure_airport]]
    nowhere = points.index[points["latitude"].isna()].unique()
    if len(nowhere):
        raise SettingsError(
            f"no route from {', '.join(nowhere)}: overseas_places has no point for it; add "
            "latitude and longitude"
        )
    road, suppliers = _road_km(points), list(dict.fromkeys(items["supplier"]))
    if _region(tables, items["supplier"]) == freight.KOREA:
        here = study.complexes.loc[[complex_id], ["latitude", "longitude"]]
        road = _road_km(pd.concat([points[["latitude", "longitude"]], here]))
        km = road.loc[items["supplier"], complex_id].to_numpy()
        tour_km = collection_tour(road, suppliers, complex_id).distance_km
        return Lane(km, km, tour_km, *([0.0] * 8))
    port = settings.departure_port
    gate, sea = _gate(study, complex_id), places.loc[port, "sea_route"]
    routes = tables.sea_routes.set_index(["origin", "destination", "route"])["distance_nm"]
    way = (sea, gate["base"])
    if (*way, settings.sea_route) not in routes.index:
        raise SettingsError(f"no sea route {settings.sea_route!r} from {port} to {gate['base']}")
    nm = float(routes[(*way, settings.sea_route)])
    flight = fares.great_circle_km(pd.concat([
        points.loc[[settings.departure_airport], ["latitude", "longitude"]],
        tables.facilities.set_index("facility_id").loc[
            [study.settings.limits.airport], ["latitude", "longitude"]],
    ]))  # fmt: skip
    return Lane(
        pick_up_km=road.loc[items["supplier"], port].to_numpy(),
        airport_pick_up_km=road.loc[items["supplier"], settings.departure_airport].to_numpy(),
        tour_km=collection_tour(road, suppliers, port).distance_km,
        flight_km=float(flight.iloc[0, 1]) + EXTRA_FLIGHT_KM,
        sea_nm=nm, detour_nm=nm - float(routes[(*way, "shortest")]), airport_km=airport_km,
        port_km=float(gate["distance_km"]), via_km=_via_km(study, complex_id, gate),
        fare_20ft_krw=float(gate["fare_20ft_krw"]), fare_40ft_krw=float(gate["fare_40ft_krw"]),
    )  # fmt: skip


def _road_km(points: pd.DataFrame) -> pd.DataFrame:
    """Road distances of distinct places; solving a tour costs more than all else, so kept."""
    distinct = points[~points.index.duplicated()]
    return routing.road_distances(distinct[["latitude", "longitude"]].astype("float64"))


def collection_tour(road_km: pd.DataFrame, suppliers: list[str], end: str) -> routing.Plan:
    """Shortest way of one truck past all suppliers to the place where they are gathered.

    Parameters
    ----------
    road_km
        Distances between all places.
    suppliers
        Stops.
    end
        Where the tour ends; the way to the first supplier is not counted.
    """
    one_way = road_km.loc[[*suppliers, end], [*suppliers, end]].copy()
    one_way.loc[end] = 0.0
    return _tour(tuple(suppliers), end, tuple(map(tuple, one_way.to_numpy())))


@cache
def _tour(suppliers: tuple[str, ...], end: str, km: tuple[tuple[float, ...], ...]) -> routing.Plan:
    places = [*suppliers, end]
    stops = pd.DataFrame({"load_t": 0.0}, index=list(suppliers))
    truck = pd.DataFrame(
        {"depot": end, "capacity_t": 24.0, "count": 1, "cost_per_km": 1.0, "fixed_cost": 0.0},
        index=["truck"],
    )
    exact = len(suppliers) <= routing.EXACT_STOPS
    return (routing.solve_exactly if exact else routing.solve)(
        stops, truck, pd.DataFrame(km, places, places)
    )


def _gate(study: Study, complex_id: str) -> "pd.Series[Any]":
    """Open port of the region with the lowest legal fare to the complex."""
    settings = study.settings.logistics
    legs = study.survey.port_distances
    bases = set(settings.ports.split(";")) - set(settings.closed_ports.split(";"))
    own = legs[(legs["complex_id"] == complex_id) & legs["base"].isin(bases)]
    if own.empty:
        raise SettingsError(
            f"no open port for {complex_id}: logistics.ports = {settings.ports!r}, closed_ports = "
            f"{settings.closed_ports!r}; name a port of fare_bases that is open"
        )
    return own.sort_values("fare_20ft_krw").iloc[0]


def _via_km(study: Study, complex_id: str, gate: "pd.Series[Any]") -> float:
    """Road from the port to the complex by way of the forwarder's depot, where there is one."""
    depot = study.settings.logistics.forwarder_depot
    if not depot:
        return float(gate["distance_km"])
    bases = study.survey.fare_bases.set_index("base")[["latitude", "longitude"]]
    legs = study.survey.port_distances.set_index(["complex_id", "base"])["distance_km"]
    first = routing.road_distances(bases.loc[[gate["base"], depot]]).iloc[0, 1]
    return float(first + legs[(complex_id, depot)])


def drawn(site: Site, *, n_samples: int, seed: int) -> pd.DataFrame:
    """Draws of all parameters of a site."""
    return parameters.draws(site.of, n_samples=n_samples, seed=seed)


def every_complex(study: Study, *, n_samples: int) -> pd.DataFrame:
    """What the milk run would save in every complex that can be compared.

    Saving is own best less milk run at its cheapest number of runs (the planned one where orders
    were surveyed). ``own_low`` and ``own_high`` hold only what differs between complexes, all
    common parameters at their value; they are what a ranking needs.

    Parameters
    ----------
    study
        The study.
    n_samples
        Draws of each complex.

    Returns
    -------
    pandas.DataFrame
        By complex, 5%, 50% and 95% of the saving: ``per_firm_low, per_firm, per_firm_high``
        [KRW/year], ``share_low, share, share_high`` of the import value, ``total_low, total,
        total_high`` [KRW/year], ``positive`` (share of draws), ``own_low, own, own_high``
        [KRW/year and firm], ``is_surveyed``.
    """
    rows = {}
    for label, site in sites(study).items():
        draws = drawn(site, n_samples=n_samples, seed=study.settings.seed)
        found = site.compare(draws)
        firms = found.own_best.count.sum(axis=-1)
        purchase = (found.purchase_krw * found.own_best.count).sum(axis=-1)
        common = site.of["value"].drop(list(OWN_PARAMETERS), errors="ignore")
        own = site.compare(draws.assign(**common.to_dict()))  # the firms are the same
        rows[label] = {
            **_bounds("per_firm", found.saving / firms), **_bounds("total", found.saving),
            **_bounds("share", found.saving / purchase),
            "positive": float((found.saving > 0).mean()),
            **_bounds("own", own.saving / firms), "is_surveyed": not site.orders.empty,
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("complex_id")


def _bounds(name: str, values: np.ndarray) -> dict[str, float]:
    low, middle, high = np.quantile(values, QUANTILES)
    return {f"{name}_low": low, name: middle, f"{name}_high": high}


def saving_per_firm(study: Study, *, n_samples: int = 512) -> pd.DataFrame:
    """Estimates of the saving per firm by complex [KRW/year].

    The spread is what differs between complexes: firms, participation, volume and price of their
    parts. It rests on assumed volumes, so it is a proxy unless orders were surveyed.

    Parameters
    ----------
    study
        The study.
    n_samples
        Draws of each complex.
    """
    table = every_complex(study, n_samples=n_samples)
    rows = {
        str(label): {
            "low": row["own_low"], "value": row["own"], "high": row["own_high"],
            "unit": "KRW/year", "year": study.settings.logistics.price_year,
            "published": fares.FITTED_ON, "quality": "computed",
            "basis": "own" if row["is_surveyed"] else "proxy",
            "source": "own best less milk run, computed from firms, assumed volumes, rates and "
            "official port legs",
        }
        for label, row in table.iterrows()
    }  # fmt: skip
    return estimates.table(rows, study.complexes.index)


def least_size(study: Study) -> pd.DataFrame:
    """Least number of firms, and least tonnes, at which pooling beats each firm's own best.

    ``firms``: fewest firms of the central volume for which the milk run is cheaper in at least
    half of the draws of the rates. ``tonnes``: least imports a year of the complex's own number of
    firms for which it is. Missing where no size tried suffices.

    Parameters
    ----------
    study
        The study.
    """
    rows = {}
    for label, site in sites(study).items():
        if not site.orders.empty:
            continue
        middle = site.of["value"]
        joining = max(1.0, float(np.rint(middle["firms"] * middle["participation"])))
        by_firms = _least(site, "firms", SIZES_TRIED, study.settings.seed, participation=1.0)
        volume = _least(site, "import_volume_per_firm", PER_TONNE_TRIED, study.settings.seed,
                        firms=joining, participation=1.0)  # fmt: skip
        rows[label] = {"firms": by_firms, "joining": joining, "tonnes": volume * joining}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("complex_id")


def _least(site: Site, name: str, tried: tuple[float, ...], seed: int, **fixed: float) -> float:
    """Least of the values tried from which on the milk run wins in half of the draws."""
    held = {own: site.of.loc[own, "value"] for own in OWN_PARAMETERS} | fixed
    draws = drawn(site, n_samples=SIZE_DRAWS, seed=seed).assign(**held)
    every = pd.concat([draws.assign(**{name: value}) for value in tried], ignore_index=True)
    wins = (site.compare(every).saving > 0).reshape(len(tried), SIZE_DRAWS).mean(axis=1)
    enough = np.flatnonzero(wins < 0.5)  # noqa: PLR2004 - half of the draws
    first = int(enough[-1]) + 1 if len(enough) else 0
    return float(tried[first]) if first < len(tried) else float("nan")


def rule(study: Study, name: str) -> float:
    """Value of an appraisal rule in force on the day of the decision.

    Raises
    ------
    SettingsError
        If no row of ``appraisal_rules`` is in force.
    """
    rows = survey.in_force(study.survey.appraisal_rules, study.settings.as_of)
    own = rows[rows["rule"] == name]
    if own.empty:
        raise SettingsError(f"no rule {name!r} is in force on {study.settings.as_of}")
    return float(own["value"].iloc[-1])


def yearly_benefit(found: Comparison) -> tuple[np.ndarray, np.ndarray]:
    """Gross saving and running cost of the milk run a year, duty left out as a transfer."""
    gross = [name for name in milkrun.COMPONENTS if name not in (*milkrun.SHARED, "duty")]
    own, run = found.own_best, found.milk_run
    return own.total(*gross) - run.total(*gross), run.total(*milkrun.SHARED)


def npv(study: Study, site: Site) -> Callable[[pd.DataFrame], np.ndarray]:
    """Net present value of the milk run by draw [KRW]."""
    rate, years = rule(study, "social_discount_rate"), int(rule(study, "years"))
    factor = float((1 + rate) ** -np.arange(1, years + 1) @ np.ones(years))

    def value(draws: pd.DataFrame) -> np.ndarray:
        benefit, running = yearly_benefit(site.compare(draws))
        return np.asarray((benefit - running) * factor - draws["investment"].to_numpy())

    return value


def appraise(study: Study, site: Site) -> appraisal.Appraisal:
    """Appraise the milk run of a site at the value of every parameter."""
    draws = parameters.central(site.of)
    found = site.compare(draws)
    benefit, running = yearly_benefit(found)
    outlay = float(draws["investment"].iloc[0])
    project = appraisal.Project(
        outlay, float(running[0]), subsidy_krw=outlay * rule(study, "subsidy_share"),
        years=int(rule(study, "years")),
    )  # fmt: skip
    price = (found.price_effect_krw * found.own_best.count).sum()
    return appraisal.appraise(
        project, logistics_saving_krw=float(benefit[0]), price_saving_krw=float(price),
        rate=rule(study, "social_discount_rate"),
    )  # fmt: skip


def switching_values(study: Study, site: Site, names: Iterable[str]) -> "pd.Series[float]":
    """Value of each parameter, within its range, at which the net present value is zero."""
    middle, value = parameters.central(site.of), npv(study, site)

    def turns_at(name: str) -> float:
        low, high = site.of.loc[name, ["low", "high"]].astype("float64")
        found = appraisal.switching_value(
            lambda at: float(value(middle.assign(**{name: at}))[0]), low, high
        )
        return float("nan") if found is None else found

    return pd.Series({name: turns_at(name) for name in names}, dtype="float64")


def shares(found: Comparison) -> dict[str, np.ndarray]:
    """What each firm pays of the milk run under each rule ``[draw, firm]``, and alone."""
    alone, joint = found.own_best.of(), found.milk_run.total()
    rules = ("equal", "proportional", "square_root")
    return {"alone": alone} | {rule: sharing.share(alone, joint, rule=rule) for rule in rules}

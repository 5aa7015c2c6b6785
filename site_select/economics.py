"""What the milk run would save in each complex of a study: places and rates made into numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from site_select import (
    demand,
    estimates,
    fares,
    freight,
    geography,
    milkrun,
    parameters,
    routing,
    screening,
    survey,
)
from site_select.demand import Demand
from site_select.errors import SettingsError
from site_select.freight import Lane
from site_select.milkrun import Comparison
from site_select.study import Study

EXTRA_FLIGHT_KM = 95.0  # added to the great circle for taking off and landing, EN 16258
# What differs between complexes; all other parameters are common and move them together.
OWN_PARAMETERS = ("firms", "participation", "import_volume_per_firm", "part_price")
SIZES_TRIED = (*range(1, 21), 24, 32, 48, 64, 128)
SIZE_DRAWS = 32
OWN_DRAWS = 256
QUANTILES = (0.05, 0.5, 0.95)
TONNES_TRIED = tuple(0.4 * 1.25**step for step in range(15))  # from the low end of the range


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
            return demand.assumed(self.items, draws)
        firms = int(self.orders.drop_duplicates("firm")["firms"].sum())
        spread = np.asarray(draws["firm_size_variation"], dtype="float64")
        sizes = None if self.split_is_known else demand.firm_sizes(spread, firms)
        return demand.from_orders(self.orders, draws, sizes=sizes)

    def compare(self, draws: pd.DataFrame, *, is_planned: bool = True) -> Comparison:
        """Existing logistics against the milk run, at its planned runs where orders are known."""
        market = milkrun.Market(
            self.region, self.lane, freight.rates(draws, self.region), self.fares
        )
        is_free = self.orders.empty or not is_planned
        planned = None if is_free else draws["milk_runs"].to_numpy(dtype="float64")
        return milkrun.compare(self.demand(draws), market, runs_per_year=planned)

    def saving(self, draws: pd.DataFrame) -> np.ndarray:
        """What the milk run is credited with, by draw [KRW/year]."""
        return self.compare(draws).saving


def ranges(study: Study) -> pd.DataFrame:
    """Range of every parameter at the study's price year, money in KRW."""
    tables = study.survey
    return parameters.ranges(
        tables.logistics_parameters, tables.exchange_rates, tables.price_levels,
        price_year=study.settings.logistics.price_year,
    )  # fmt: skip


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
    measured = set(tables.port_distances["complex_id"])
    found = {}
    for label in map(str, study.complexes.index if labels is None else labels):
        own = tables.orders[tables.orders["complex_id"] == label]
        count = shared.loc[label, parameters.BOUNDS].astype("float64")
        is_placed = label in measured and not airport["value"].isna()[label]
        if not is_placed or (own.empty and count.isna().any()):
            continue
        items, wide = own[["part", "supplier"]].drop_duplicates().reset_index(drop=True), of
        if own.empty:
            suppliers = settings.suppliers.split(";")
            items, wide = pd.DataFrame({"part": suppliers, "supplier": suppliers}), of.copy()
            wide.loc["firms", parameters.BOUNDS] = count.to_numpy()
        region = _region(tables, *items["supplier"])
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


def _region(tables: survey.Survey, *places: str) -> str:
    """Region of some places, which must be one."""
    regions = sorted(set(tables.overseas_places.set_index("place_id").loc[[*places], "region"]))
    if len(regions) > 1:
        raise SettingsError(
            f"{', '.join(dict.fromkeys(places))} lie in the regions {', '.join(regions)}: one milk "
            "run gathers one region; keep the orders of one, and name its port and airport in "
            "logistics.departure_port and departure_airport"
        )
    return str(regions[0])


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
    if _region(tables, *items["supplier"]) == freight.KOREA:
        here = study.complexes.loc[[complex_id], ["latitude", "longitude"]]
        road = _road_km(pd.concat([points[["latitude", "longitude"]], here]))
        km = road.loc[items["supplier"], complex_id].to_numpy()
        tour_km = collection_tour(road, suppliers, complex_id).distance_km
        return Lane(km, km, tour_km, *([0.0] * 8))
    port, arrival = settings.departure_port, gate(study, complex_id)
    _region(tables, *points.index)
    nm, shortest_nm = _sea_nm(study, str(arrival["base"]))
    flight = fares.great_circle_km(pd.concat([
        points.loc[[settings.departure_airport], ["latitude", "longitude"]],
        tables.facilities.set_index("facility_id").loc[
            [study.settings.limits.airport], ["latitude", "longitude"]],
    ]))  # fmt: skip
    return Lane(
        pick_up_km=road.loc[items["supplier"], port].to_numpy(),
        airport_pick_up_km=road.loc[items["supplier"], settings.departure_airport].to_numpy(),
        tour_km=collection_tour(road, suppliers, port).distance_km,
        flight_km=float(flight.to_numpy()[0, 1]) + EXTRA_FLIGHT_KM,
        sea_nm=nm, detour_nm=nm - shortest_nm, airport_km=airport_km,
        port_km=float(arrival["distance_km"]), via_km=_via_km(study, complex_id, arrival),
        fare_20ft_krw=float(arrival["fare_20ft_krw"]),
        fare_40ft_krw=float(arrival["fare_40ft_krw"]),
    )  # fmt: skip


def _sea_nm(study: Study, base: str) -> tuple[float, float]:
    """Nautical miles to a Korean port by the route of the settings, and by the shortest."""
    settings, routes = study.settings.logistics, study.survey.sea_routes
    places = study.survey.overseas_places.set_index("place_id")
    origin = places.loc[settings.departure_port, "sea_route"]
    own = routes[(routes["origin"] == origin) & (routes["destination"] == base)]
    nm = own.set_index("route")["distance_nm"].dropna()
    if settings.sea_route not in nm.index:
        raise SettingsError(
            f"no sea route {settings.sea_route!r} from {settings.departure_port} to {base}: "
            f"sea_routes knows {', '.join(nm.index) or 'none'}"
        )
    return float(nm[settings.sea_route]), float(nm.min())


def _road_km(points: pd.DataFrame) -> pd.DataFrame:
    """Road distances between distinct places."""
    distinct = points.loc[~points.index.duplicated(), ["latitude", "longitude"]].astype("float64")
    return _roads(tuple(distinct.itertuples(name=None)))


@cache
def _roads(points: tuple[tuple[str, float, float], ...]) -> pd.DataFrame:
    """Kept, because all complexes share the places abroad."""
    table = pd.DataFrame(points, columns=["place", "latitude", "longitude"]).set_index("place")
    return routing.road_distances(table)


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
    truck = pd.DataFrame({"depot": end, "capacity_t": 24.0, "count": 1, "cost_per_km": 1.0,
                          "fixed_cost": 0.0}, index=["truck"])  # fmt: skip
    is_small = len(suppliers) <= routing.EXACT_STOPS
    solve = routing.solve_exactly if is_small else routing.solve
    return solve(stops, truck, pd.DataFrame(km, places, places))


def gate(study: Study, complex_id: str) -> "pd.Series[Any]":
    """Open port of the region with the lowest legal fare to the complex.

    Raises
    ------
    SettingsError
        If every port named is closed.
    """
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


def _via_km(study: Study, complex_id: str, arrival: "pd.Series[Any]") -> float:
    """Road from the port to the complex by way of the forwarder's depot, where there is one."""
    depot = study.settings.logistics.forwarder_depot
    if not depot:
        return float(arrival["distance_km"])
    bases = study.survey.fare_bases.set_index("base")[["latitude", "longitude"]]
    legs = study.survey.port_distances.set_index(["complex_id", "base"])["distance_km"]
    first = routing.road_distances(bases.loc[[arrival["base"], depot]]).iloc[0, 1]
    return float(first + legs[(complex_id, depot)])


def drawn(site: Site, *, n_samples: int, seed: int) -> pd.DataFrame:
    """Draws of all parameters of a site."""
    return parameters.draws(site.of, n_samples=n_samples, seed=seed)


def every_complex(study: Study, *, n_samples: int) -> pd.DataFrame:
    """What the milk run would save in every complex that can be compared.

    Saving is own best less milk run at its cheapest number of runs (the planned one where orders
    were surveyed), at 5%, 50% and 95% of the draws.

    Parameters
    ----------
    study
        The study.
    n_samples
        Draws of each complex.

    Returns
    -------
    pandas.DataFrame
        By complex: ``per_firm_low, per_firm, per_firm_high`` [KRW/year]; ``share_low, share,
        share_high`` of the import value; ``total_low, total, total_high`` [KRW/year]; ``positive``,
        share of draws; ``own_low, own, own_high`` [KRW/year and firm], the spread of what differs
        between complexes alone; ``is_surveyed``.
    """
    every, seed = sites(study), study.settings.seed
    found = outcomes(every, lambda site: drawn(site, n_samples=n_samples, seed=seed))
    rows = {
        label: {
            **_bounds("per_firm", own["saving"] / own["firms"]), **_bounds("total", own["saving"]),
            **_bounds("share", own["saving"] / own["purchase"]),
            "positive": float((own["saving"] > 0).mean()),
        }
        for label, own in found.items()
    }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("complex_id")
    return table.join(_own_savings(every, seed=seed))


def _own_savings(every: Mapping[str, Site], *, seed: int) -> pd.DataFrame:
    """Saving per firm [KRW/year] with every common parameter at its value.

    Rates move all complexes together; in a ranking only what differs between them may count.
    """

    def own_draws(site: Site) -> pd.DataFrame:
        common = site.of.index.difference(list(OWN_PARAMETERS))
        return _held(drawn(site, n_samples=OWN_DRAWS, seed=seed), site, common)

    rows = {
        label: {**_bounds("own", found["saving"] / found["firms"]),
                "is_surveyed": not every[label].orders.empty}
        for label, found in outcomes(every, own_draws).items()
    }  # fmt: skip
    columns = ["own_low", "own", "own_high", "is_surveyed"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def outcomes(
    every: Mapping[str, Site], draws_of: Callable[[Site], pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Saving [KRW/year], firms and purchase [KRW/year] by draw of many sites.

    Sites of assumed demand differ only in numbers, so all their draws are compared in one go.

    Parameters
    ----------
    every
        Sites by label.
    draws_of
        Parameters by draw of a site.
    """
    assumed = {label: site for label, site in every.items() if site.orders.empty}
    groups = [{label: site} for label, site in every.items() if label not in assumed]
    found: dict[str, pd.DataFrame] = {}
    for group in [*groups, *([assumed] if assumed else [])]:
        draws = {label: draws_of(site) for label, site in group.items()}
        whole = _stacked(list(group.values()), [len(own) for own in draws.values()])
        result = whole.compare(pd.concat(draws.values(), ignore_index=True))
        count = result.own_best.count
        table = pd.DataFrame({
            "saving": result.saving, "firms": count.sum(axis=-1),
            "purchase": (result.purchase_krw * count).sum(axis=-1),
        })  # fmt: skip
        labels = np.repeat(list(draws), [len(own) for own in draws.values()])
        found |= {str(label): own for label, own in table.groupby(labels)}
    return found


def _stacked(group: list[Site], sizes: list[int]) -> Site:
    """One site for the draws of several, its lane by draw."""
    first = group[0]
    by_draw: dict[str, Any] = {
        name: np.repeat([getattr(site.lane, name) for site in group], sizes)[:, None, None]
        for name in ("airport_km", "port_km", "via_km", "fare_20ft_krw", "fare_40ft_krw")
    }
    return replace(first, lane=first.lane._replace(**by_draw)) if len(group) > 1 else first


def _held(draws: pd.DataFrame, site: Site, names: Iterable[str]) -> pd.DataFrame:
    """Draws with some parameters held at their value."""
    held, own = draws.copy(), list(names)
    held[own] = site.of.loc[own, "value"].to_numpy(float)
    return held


def _bounds(name: str, values: "np.ndarray | pd.Series[float]") -> dict[str, float]:
    low, middle, high = np.quantile(values, QUANTILES)
    return {f"{name}_low": low, name: middle, f"{name}_high": high}


def saving_per_firm(study: Study) -> pd.DataFrame:
    """Estimates of the saving per firm by complex [KRW/year].

    The spread is what differs between complexes: firms, participation, volume and price of their
    parts. It rests on assumed volumes, so it is a proxy unless orders were surveyed.

    Parameters
    ----------
    study
        The study.
    """
    table = _own_savings(sites(study), seed=study.settings.seed)
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
    every = {label: site for label, site in sites(study).items() if site.orders.empty}
    middle = {label: site.of["value"].astype("float64").to_dict() for label, site in every.items()}
    joining = {
        label: max(1.0, float(np.rint(own["firms"] * own["participation"])))
        for label, own in middle.items()
    }
    seed = study.settings.seed
    firms = _least(every, "firms", SIZES_TRIED, dict.fromkeys(every, 1.0), seed=seed)
    volume = _least(every, "import_volume_per_firm", TONNES_TRIED, joining, seed=seed)
    table = pd.DataFrame({"firms": firms, "joining": joining, "volume": volume})
    return table.assign(tonnes=table["volume"] * table["joining"]).rename_axis("complex_id")


def _least(
    every: Mapping[str, Site], name: str, tried: Sequence[float], firms: Mapping[str, float], *,
    seed: int,
) -> dict[str, float]:  # fmt: skip
    """Least of the values tried from which on the milk run wins in half of the draws."""

    def all_tried(site: Site) -> pd.DataFrame:
        draws = _held(drawn(site, n_samples=SIZE_DRAWS, seed=seed), site, OWN_PARAMETERS)
        draws = draws.assign(firms=firms[site.complex_id], participation=1.0)
        return pd.concat([draws.assign(**{name: value}) for value in tried], ignore_index=True)

    least = {}
    for label, found in outcomes(every, all_tried).items():
        wins = (found["saving"].to_numpy() > 0).reshape(len(tried), SIZE_DRAWS).mean(axis=1)
        short = np.flatnonzero(wins < 0.5)  # noqa: PLR2004 - half of the draws
        first = int(short[-1]) + 1 if len(short) else 0
        least[label] = float(tried[first]) if first < len(tried) else float("nan")
    return least

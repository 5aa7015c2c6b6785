"""Where the goods of one complex travel: distances, gates and fares of a study."""

from functools import cache
from typing import Any

import pandas as pd

from site_select import fares, freight, routing, survey
from site_select.errors import SettingsError
from site_select.freight import Lane
from site_select.study import Study

EXTRA_FLIGHT_KM = 95.0  # added to the great circle for taking off and landing, EN 16258


def region(tables: survey.Survey, *places: str) -> str:
    """Region of some places, which must be one."""
    regions = sorted(set(tables.overseas_places.set_index("place_id").loc[[*places], "region"]))
    if len(regions) > 1:
        raise SettingsError(
            f"{', '.join(dict.fromkeys(places))} lie in the regions {', '.join(regions)}: one milk "
            "run gathers one region; keep the orders of one, and name its port and airport in "
            "logistics.departure_port and departure_airport"
        )
    return str(regions[0])


def gathered(tables: survey.Survey, orders: pd.DataFrame, departure_port: str) -> pd.DataFrame:
    """Orders from the region where the milk run gathers; all where all are from Korea.

    Orders from elsewhere go on as they do today: they count in supply-chain stability, and pooling
    changes nothing for them.
    """
    places = tables.overseas_places.set_index("place_id")["region"]
    regions = orders["supplier"].map(places)
    if (regions == freight.KOREA).all():
        return orders
    is_gathered = regions.eq(str(places[departure_port])).to_numpy(dtype=bool)
    gathered_orders: pd.DataFrame = orders[is_gathered]
    return gathered_orders


def lane(study: Study, complex_id: str, items: pd.DataFrame, airport_km: float) -> Lane:
    """Distances and fares of one complex: official where they exist, fitted elsewhere.

    Raises
    ------
    SettingsError
        If a supplier has no place, no sea route leads to an open port, or every port is closed.
    """
    if region(study.survey, *items["supplier"]) == freight.KOREA:
        here = study.complexes.loc[[complex_id], ["latitude", "longitude"]]
        road = _road_km(pd.concat([_points(study, items)[["latitude", "longitude"]], here]))
        km = road.loc[items["supplier"], complex_id].to_numpy()
        suppliers = list(dict.fromkeys(items["supplier"]))
        tour_km = collection_tour(road, suppliers, complex_id).distance_km
        return Lane(km, km, tour_km, *([0.0] * 8))
    arrival = gate(study, complex_id)
    nm, shortest_nm = sea_nm(study, str(arrival["base"]))
    return abroad(study, items)._replace(
        sea_nm=nm, detour_nm=nm - shortest_nm, airport_km=airport_km,
        port_km=float(arrival["distance_km"]), via_km=_via_km(study, complex_id, arrival),
        fare_20ft_krw=float(arrival["fare_20ft_krw"]),
        fare_40ft_krw=float(arrival["fare_40ft_krw"]),
    )  # fmt: skip


def abroad(study: Study, items: pd.DataFrame) -> Lane:
    """Part of a lane before any Korean port, the same for every complex; the rest is 0.

    Raises
    ------
    SettingsError
        If a supplier has no place, or suppliers and places of departure lie in several regions.
    """
    settings, tables = study.settings.logistics, study.survey
    points, port = _points(study, items), settings.departure_port
    region(tables, *points.index)
    road, suppliers = _road_km(points), list(dict.fromkeys(items["supplier"]))
    flight = fares.great_circle_km(pd.concat([
        points.loc[[settings.departure_airport], ["latitude", "longitude"]],
        tables.facilities.set_index("facility_id").loc[
            [study.settings.limits.airport], ["latitude", "longitude"]],
    ]))  # fmt: skip
    return Lane(
        road.loc[items["supplier"], port].to_numpy(),
        road.loc[items["supplier"], settings.departure_airport].to_numpy(),
        collection_tour(road, suppliers, port).distance_km,
        float(flight.to_numpy()[0, 1]) + EXTRA_FLIGHT_KM, *([0.0] * 7),
    )  # fmt: skip


def _points(study: Study, items: pd.DataFrame) -> pd.DataFrame:
    """Places of suppliers and of departure, each of which must have a point."""
    settings, places = study.settings.logistics, study.survey.overseas_places.set_index("place_id")
    points = places.loc[[*items["supplier"], settings.departure_port, settings.departure_airport]]
    nowhere = points.index[points["latitude"].isna()].unique()
    if len(nowhere):
        raise SettingsError(
            f"no route from {', '.join(nowhere)}: overseas_places has no point for it; add "
            "latitude and longitude"
        )
    return points


def sea_nm(study: Study, base: str) -> tuple[float, float]:
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
    return routing.road_distances(distinct)


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

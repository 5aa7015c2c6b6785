"""What a shipment costs, how long it takes and what it emits, by leg and mode.

Every figure is an array ``[draw, firm, item]`` or broadcasts to one: rates vary by draw, loads by
all three, distances by item. An item is a part from one supplier.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select.errors import SettingsError

AIR_CHARGEABLE_T_PER_M3 = 1 / 6  # 1 kg for 6,000 cm3, the usual rule of airlines
ROAD_KM_PER_DAY = 600.0  # nine driving hours at 65 km/h; assumed
FLIGHT_DAYS = 1.0
TOUR_TRUCK_T = 24.0  # what an articulated truck of 40 t carries
KOREA = "kr"
NEEDS = {"air": "air_freight", "sea_lcl": "lcl_freight", "sea_fcl20": "fcl20_freight",
         "sea_fcl40": "fcl20_freight"}  # fmt: skip
# stages of a chain that the buyer pays under each term of delivery (Incoterms 2020)
PAID_BY_BUYER: Mapping[str, tuple[str, ...]] = {
    "EXW": ("pick_up", "main", "rest", "border"), "FCA": ("main", "rest", "border"),
    "FOB": ("main", "rest", "border"), "CFR": ("rest", "border"), "CIF": ("rest", "border"),
    "DAP": ("border",), "DDP": (),
}  # fmt: skip

Rates = Mapping[str, np.ndarray]


class TruckFares(NamedTuple):
    """Fare of each class of truck: ``fixed + per_km · distance`` a trip, one way [KRW]."""

    capacity_t: np.ndarray
    fixed_krw: np.ndarray
    per_km_krw: np.ndarray


class Lane(NamedTuple):
    """Distances and legal fares between suppliers and one complex.

    Attributes
    ----------
    pick_up_km
        Supplier to port of departure, by item; to the complex for a supplier in Korea.
    airport_pick_up_km
        Supplier to airport of departure, by item.
    tour_km
        Shortest way past all suppliers to the port of departure (or the complex).
    flight_km, sea_nm, detour_nm
        Airport to airport; port to port, and how much of it a closed canal adds.
    airport_km, port_km, via_km
        Airport of arrival and port of arrival to the complex; the same from the port by way of
        the forwarder's depot.
    fare_20ft_krw, fare_40ft_krw
        Legal container fare, port and back, of the notice of 2026.

    The last five may differ by draw, ``[draw, 1, 1]``, where several complexes are compared at
    once.
    """

    pick_up_km: np.ndarray
    airport_pick_up_km: np.ndarray
    tour_km: float
    flight_km: float
    sea_nm: float
    detour_nm: float
    airport_km: float | np.ndarray
    port_km: float | np.ndarray
    via_km: float | np.ndarray
    fare_20ft_krw: float | np.ndarray
    fare_40ft_krw: float | np.ndarray


class Load(NamedTuple):
    """What one shipment carries."""

    weight_t: np.ndarray
    value_krw: np.ndarray
    volume_m3: np.ndarray


class Leg(NamedTuple):
    """One stretch of a shipment: its cost [KRW], days and CO2e [kg].

    ``component`` is the kind of cost; ``stage`` tells the terms of delivery who pays.
    """

    name: str
    component: str
    stage: str
    krw: np.ndarray
    days: np.ndarray = np.zeros(1)
    co2e_kg: np.ndarray = np.zeros(1)


def rates(draws: pd.DataFrame, region: str) -> dict[str, np.ndarray]:
    """Parameters as arrays ``[draw, 1, 1]``, those of the region under their plain name.

    Examples
    --------
    >>> rates(pd.DataFrame({"air_freight_eu": [4600.0]}), "eu")["air_freight"].shape
    (1, 1, 1)
    """
    return {
        str(name).removesuffix(f"_{region}"): column.to_numpy(float)[:, None, None]
        for name, column in draws.items()
    }


def modes(region: str, of: Rates) -> tuple[str, ...]:
    """Modes for which the region has rates.

    Raises
    ------
    SettingsError
        If it has none.
    """
    if region == KOREA:
        return ("truck",)
    known = tuple(mode for mode, rate in NEEDS.items() if rate in of)
    if not known:
        raise SettingsError(
            f"region {region!r} has no freight rate: allowed are regions with rows such as "
            f"air_freight_{region} or fcl20_freight_{region} in logistics_parameters"
        )
    return known


def load(weight_t: np.ndarray, of: Rates) -> Load:
    """What a shipment of a weight is worth and how much room it takes."""
    return Load(weight_t, weight_t * 1000 * of["part_price"], weight_t / of["packed_density"])


def truck_fares(table: pd.DataFrame, level: float) -> TruckFares:
    """Fixed and kilometre part of each class of truck, from a long and a short published trip.

    Parameters
    ----------
    table
        Rows of ``truck_fares``.
    level
        Factor to the price year.

    Examples
    --------
    >>> table = pd.DataFrame({"capacity_t": [1.0], "long_km": [400.0], "long_krw": [200_000.0],
    ...                       "short_km": [100.0], "short_krw": [80_000.0]})
    >>> [float(part[0]) for part in truck_fares(table, 1.0)]
    [1.0, 40000.0, 400.0]
    """
    rows = table.sort_values("capacity_t")
    per_km = (rows["long_krw"] - rows["short_krw"]) / (rows["long_km"] - rows["short_km"])
    fixed = rows["short_krw"] - per_km * rows["short_km"]
    capacity, *money = (part.to_numpy(float) for part in (rows["capacity_t"], fixed, per_km))
    return TruckFares(capacity, money[0] * level, money[1] * level)


def truck_krw(weight_t: np.ndarray, km: np.ndarray | float, fares: TruckFares) -> np.ndarray:
    """Fare of the smallest truck that carries a load, full ones of the largest class before it.

    Examples
    --------
    >>> fares = TruckFares(np.array([1.0, 5.0]), np.array([10.0, 30.0]), np.array([1.0, 2.0]))
    >>> truck_krw(np.array([0.5, 3.0, 6.0]), 100.0, fares).tolist()
    [110.0, 230.0, 340.0]
    """
    trip = fares.fixed_krw + fares.per_km_krw * np.asarray(km)[..., None]
    full = np.maximum(np.ceil(weight_t / fares.capacity_t[-1]) - 1, 0)
    rest = weight_t - full * fares.capacity_t[-1]
    kind = np.minimum(np.searchsorted(fares.capacity_t, rest), len(fares.capacity_t) - 1)
    last = np.take_along_axis(np.broadcast_to(trip, (*kind.shape, trip.shape[-1])),
                              kind[..., None], -1)[..., 0]  # fmt: skip
    return np.asarray(full * trip[..., -1] + last)


def pick_up(of_item: Load, lane: Lane, of: Rates) -> Leg:
    """Part load from each supplier to the port of departure, at least the least weight charged."""
    charged = np.maximum(of_item.weight_t, of["groupage_minimum"])
    krw = of["groupage_pickup"] * charged
    return _by_road(krw, of["co2e_articulated"], of_item.weight_t, lane.pick_up_km)


def tour(total: Load, lane: Lane, of: Rates) -> Leg:
    """Truck past all suppliers to the port of departure; its CO2e counts the whole way."""
    trucks = np.ceil(total.weight_t / TOUR_TRUCK_T)
    krw = of["tour_truck"] * lane.tour_km * trucks
    return _by_road(krw, of["co2e_articulated"], total.weight_t, lane.tour_km)


def domestic(weight_t: np.ndarray, km: np.ndarray | float, of: Rates, fares: TruckFares) -> Leg:
    """Truck within Korea, from a supplier or past several of them to the complex."""
    krw = truck_krw(weight_t, km, fares) * of["truck_level"]
    return _by_road(krw, of["co2e_rigid"], weight_t, km, name="truck", stage="main")


def _by_road(
    krw: np.ndarray, grams_per_t_km: np.ndarray, weight_t: np.ndarray, km: np.ndarray | float, *,
    name: str = "pick_up", stage: str = "pick_up",
) -> Leg:  # fmt: skip
    days = np.asarray(km) / ROAD_KM_PER_DAY
    return Leg(name, "freight", stage, krw, days, _co2e_kg(grams_per_t_km, weight_t, km))


def chain(
    mode: str, of_shipment: Load, lane: Lane, of: Rates, fares: TruckFares, *,
    collected: Leg | None = None,
) -> list[Leg]:  # fmt: skip
    """Every leg of one shipment from the supplier to the complex.

    The last leg is the waiting: what the lead time holds beyond the days on the way.

    Parameters
    ----------
    mode
        ``air, sea_lcl, sea_fcl20, sea_fcl40`` or, within Korea, ``truck``.
    of_shipment
        What it carries.
    lane
        Distances and fares.
    of
        Result of `rates`.
    fares
        Result of `truck_fares`.
    collected
        First leg of a shipment made of several; else a part load from the supplier.
    """
    if mode == "truck":
        legs = [collected or domestic(of_shipment.weight_t, lane.pick_up_km, of, fares)]
        lead = of["truck_lead_time"]
    elif mode == "air":
        legs, lead = _air(of_shipment, lane, of, fares), of["air_lead_time"]
    else:
        first = collected or pick_up(of_shipment, lane, of)
        legs = _sea(mode, of_shipment, lane, of, fares, first=first)
        lead = of["sea_lead_time"] + lane.detour_nm / of["ship_speed"]
    moving = sum(leg.days for leg in legs)
    wait = Leg("waiting", "handling", "rest", np.zeros(1), np.maximum(lead - moving, 0))
    return [*legs, wait]


def _air(of_shipment: Load, lane: Lane, of: Rates, fares: TruckFares) -> list[Leg]:
    weight = of_shipment.weight_t
    charged = np.maximum(weight, of_shipment.volume_m3 * AIR_CHARGEABLE_T_PER_M3)
    legs = [
        _by_road(of["air_origin_fee"], of["co2e_articulated"], weight, lane.airport_pick_up_km),
        Leg("flight", "freight", "main", charged * 1000 * of["air_freight"],
            np.asarray(FLIGHT_DAYS), _co2e_kg(of["co2e_air"], weight, lane.flight_km)),
    ]  # fmt: skip
    return [
        *legs,
        Leg("airport", "handling", "rest", of["air_destination_fee"]),
        *_clearance(of_shipment, legs, of),
        _delivery(weight, lane.airport_km, of, fares),
    ]


def _sea(
    mode: str, of_shipment: Load, lane: Lane, of: Rates, fares: TruckFares, *, first: Leg
) -> list[Leg]:
    days = lane.sea_nm / of["ship_speed"]
    co2e_kg = _co2e_kg(of["co2e_sea"], of_shipment.weight_t, lane.sea_nm * 1.852)
    if mode == "sea_lcl":
        revenue_t = np.maximum(np.maximum(of_shipment.weight_t, of_shipment.volume_m3), 1.0)
        stuffing, ocean = of["lcl_origin_fee"] * revenue_t, of["lcl_freight"] * revenue_t
        landing = of["lcl_destination_fee"] * revenue_t + of["lcl_destination_fixed"]
        delivery = _delivery(of_shipment.weight_t, lane.port_km, of, fares)
    else:
        is_40 = mode == "sea_fcl40"
        boxes = _containers(of_shipment, of, is_40=is_40)
        ratio = of["fcl40_to_fcl20"] if is_40 else 1.0
        stuffing, ocean = of["cross_dock"] * boxes, of["fcl20_freight"] * ratio * boxes
        landing = of["port_charge_fcl20"] * ratio * boxes
        fare = lane.fare_40ft_krw if is_40 else lane.fare_20ft_krw
        delivery = _by_road(
            fare * of["haulage_level"] * boxes, of["co2e_articulated"], of_shipment.weight_t,
            lane.port_km, name="haulage", stage="rest",
        )  # fmt: skip
    legs = [
        first,
        Leg("stuffing", "handling", "pick_up", stuffing),
        Leg("ship", "freight", "main", ocean, days, co2e_kg),
    ]
    return [
        *legs,
        Leg("port", "handling", "rest", landing),
        *_clearance(of_shipment, legs, of),
        delivery,
    ]


def _containers(of_shipment: Load, of: Rates, *, is_40: bool) -> np.ndarray:
    payload = of["container_40ft_payload" if is_40 else "container_20ft_payload"]
    volume = of["container_20ft_volume"] * (2 if is_40 else 1)
    full = np.maximum(of_shipment.weight_t / payload, of_shipment.volume_m3 / volume)
    return np.asarray(np.ceil(full))


def _clearance(of_shipment: Load, before: list[Leg], of: Rates) -> list[Leg]:
    """Customs broker and duty on the value at the border, cost and freight."""
    at_border = of_shipment.value_krw + sum(leg.krw for leg in before)
    broker = np.maximum(of["customs_broker_minimum"], of["customs_broker_rate"] * at_border)
    return [
        Leg("clearance", "customs", "border", broker),
        Leg("duty", "duty", "border", of["duty_rate"] * at_border),
    ]


def _delivery(weight_t: np.ndarray, km: float | np.ndarray, of: Rates, fares: TruckFares) -> Leg:
    return domestic(weight_t, km, of, fares)._replace(name="delivery", stage="rest")


def _co2e_kg(
    grams_per_t_km: np.ndarray, weight_t: np.ndarray, km: np.ndarray | float
) -> np.ndarray:
    """Well-to-wheel emissions ``g/t-km · t · km`` in kg."""
    return np.asarray(grams_per_t_km * weight_t * km / 1000)

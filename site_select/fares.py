"""Legal container fares and road distances: looked up where official, estimated elsewhere."""

import numpy as np
import pandas as pd

# Fitted on 15,880 official port-town pairs of the 2026 fare notice; the errors are mean absolute.
ROAD_FACTOR, ROAD_CONSTANT_KM = 1.258, 4.78
FITTED_ON = "2026"
SHORT_KM, SHORT_FACTOR = 15.0, 1.55
ERROR_FAR, ERROR_NEAR, ERROR_SHORT = 0.058, 0.085, 0.15
NEAR_KM = 40.0
EARTH_RADIUS_KM = 6371.0088


def estimated_road_km(crow_km: pd.Series) -> pd.DataFrame:
    """Road distance from the distance as the crow flies.

    ``1.258 d + 4.78`` above 15 km, ``1.55 d`` below; low and high lie two mean absolute errors
    away (5.8% of the distance, 8.5% from 15 to 40 km, 15% below 15 km).

    Parameters
    ----------
    crow_km
        Great-circle distance [km].

    Returns
    -------
    pandas.DataFrame
        ``low, value, high`` [km].

    Examples
    --------
    >>> estimated_road_km(pd.Series([100.0])).round(1).iloc[0].tolist()
    [115.4, 130.6, 145.7]
    """
    crow = crow_km.to_numpy(dtype="float64")
    road = np.where(crow > SHORT_KM, ROAD_FACTOR * crow + ROAD_CONSTANT_KM, SHORT_FACTOR * crow)
    error = np.select([crow <= SHORT_KM, crow <= NEAR_KM], [ERROR_SHORT, ERROR_NEAR], ERROR_FAR)
    return pd.DataFrame(
        {"low": road * (1 - 2 * error), "value": road, "high": road * (1 + 2 * error)},
        index=crow_km.index,
    )


def great_circle_km(places: pd.DataFrame) -> pd.DataFrame:
    """Distance between all places over the globe [km]; 0 is the same point.

    By the haversine formula, ``2R asin √(sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2))``.

    Parameters
    ----------
    places
        ``latitude`` and ``longitude`` [degrees], indexed by place.

    References
    ----------
    Sinnott, R. W. (1984). Virtues of the haversine. Sky and Telescope 68(2), 159.

    Moritz, H. (2000). Geodetic Reference System 1980 (mean radius R₁ = 6371.0088 km). Journal of
    Geodesy 74, 128-133. doi:10.1007/s001900050278

    Examples
    --------
    >>> places = pd.DataFrame({"latitude": [0, 0], "longitude": [0, 90]}, index=["A", "B"])
    >>> great_circle_km(places).loc["A", "B"].round(1).item()  # a quarter of the equator
    10007.6
    """
    phi, lam = np.radians(places[["latitude", "longitude"]].to_numpy(dtype="float64")).T
    chord = (
        np.sin((phi[:, None] - phi) / 2) ** 2
        + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    )
    crow_km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord.clip(max=1.0)))
    return pd.DataFrame(crow_km, places.index, places.index)


def nearest_harbours(
    port_distances: pd.DataFrame, fare_bases: pd.DataFrame, *, minimum_teu: float
) -> pd.DataFrame:
    """Distance and fare from each complex to each harbour, nearest base of the harbour first.

    Only harbours known to handle at least ``minimum_teu`` a year count: a port without liner
    services is near but no gate.

    Parameters
    ----------
    port_distances
        Official distances [km] and shipper fares [KRW, round trip, ex VAT] by complex and base.
    fare_bases
        Bases with ``kind``, ``harbour`` and ``throughput_teu`` [TEU/year].
    minimum_teu
        Least throughput [TEU/year].

    Returns
    -------
    pandas.DataFrame
        One row per complex and harbour with ``order`` (1 is nearest by fare).
    """
    ports = fare_bases[
        (fare_bases["kind"] == "port") & (fare_bases["throughput_teu"] >= minimum_teu)
    ]
    legs = port_distances.merge(ports[["base", "harbour"]], on="base")
    legs = legs.sort_values(["complex_id", "fare_40ft_krw", "base"])
    legs = legs.drop_duplicates(["complex_id", "harbour"])
    return legs.assign(order=legs.groupby("complex_id").cumcount() + 1).reset_index(drop=True)

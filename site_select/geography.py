"""Geographic conditions: how near the gates are, and who else could join."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from site_select import estimates, fares

# What a centroid may be off by [km]; assumed, because no source gives a gate.
LOCATION_ERROR_KM = {"dong": 1.5, "ri": 1.5, "eup": 3.0, "myeon": 3.0, "mean": 3.0, "county": 10.0}


def port_haulage_fare(harbours: pd.DataFrame, labels: pd.Index) -> pd.DataFrame:
    """Legal 40 ft shipper fare to the cheapest container port and back [KRW].

    Low is a port next door; high is a trip across the country. Where the official table could be
    matched only to a county, low and high are the cheapest and dearest town of that county.

    Parameters
    ----------
    harbours
        Result of `fares.nearest_harbours`.
    labels
        Complexes wanted.
    """
    nearest = harbours[harbours["order"] == 1].set_index("complex_id")
    rows = nearest.assign(
        low=nearest["fare_40ft_low_krw"], value=nearest["fare_40ft_krw"],
        high=nearest["fare_40ft_high_krw"], unit="KRW",
    )  # fmt: skip
    return _official(rows, labels)


def second_port_extra_km(harbours: pd.DataFrame, labels: pd.Index) -> pd.DataFrame:
    """How much farther the second-nearest harbour is than the nearest [km, one way].

    0 is a second gate as near as the first; a large number means one closed port leaves a long
    detour.

    Parameters
    ----------
    harbours
        Result of `fares.nearest_harbours`.
    labels
        Complexes wanted.
    """
    first, second = (harbours[harbours["order"] == order].set_index("complex_id")
                     for order in (1, 2))  # fmt: skip
    rows = second.assign(
        low=(second["distance_low_km"] - first["distance_high_km"]).clip(lower=0.0),
        value=(second["distance_km"] - first["distance_km"]).clip(lower=0.0),
        high=(second["distance_high_km"] - first["distance_low_km"]).clip(lower=0.0), unit="km",
    )  # fmt: skip
    return _official(rows, labels)


def _official(rows: pd.DataFrame, labels: pd.Index) -> pd.DataFrame:
    rows = rows.assign(published=rows["year"].astype("str"), basis="own")
    return estimates.table(rows.to_dict("index"), labels)  # type: ignore[arg-type]


def airport_km(complexes: pd.DataFrame, facilities: pd.DataFrame, airport: str) -> pd.DataFrame:
    """Estimated road distance to an airport [km].

    Parameters
    ----------
    complexes
        Complexes with ``latitude`` and ``longitude``, indexed by complex.
    facilities
        Facilities with a row for the airport.
    airport
        ``facility_id`` of the airport.
    """
    place = facilities.set_index("facility_id").loc[[airport]]
    crow_km = pd.Series(_crow_km(_metres(complexes), _metres(place))[:, 0], complexes.index)
    road = fares.estimated_road_km(crow_km)
    error = location_error_km(complexes["location_precision"])
    road = road.assign(low=(road["low"] - error).clip(lower=0), high=road["high"] + error).dropna()
    rows = road.assign(
        unit="km", published=fares.FITTED_ON, quality="computed", basis="own",
        source="1.258 × crow + 4.78 km, fitted on the official distances of 2026",
    )  # fmt: skip
    return estimates.table(rows.to_dict("index"), complexes.index)  # type: ignore[arg-type]


def road_km(complexes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Estimated road distance between complexes [km]: ``low, value, high``, complex by complex.

    Low and high hold the error of the fit and what both points may be off by. Complexes that
    share a point are 0 km apart; a complex without a point has no distance.
    """
    metres = _metres(complexes)
    crow_km = pd.DataFrame(_crow_km(metres, metres), complexes.index, complexes.index)
    flat = fares.estimated_road_km(pd.Series(crow_km.stack()).dropna())
    road = {
        bound: flat[bound].unstack().reindex(index=complexes.index, columns=complexes.index)
        for bound in ("low", "value", "high")
    }
    error = location_error_km(complexes["location_precision"]).to_numpy()
    both = error[:, None] + error[None, :]
    return road | {"low": (road["low"] - both).clip(lower=0), "high": road["high"] + both}


def neighbour_root_firms(
    complexes: pd.DataFrame, root_firms: pd.DataFrame, *, catchment_km: float
) -> pd.DataFrame:
    """Root firms of a common branch in other complexes within the catchment [firms].

    A neighbour of several branches adds its firms by the share of branches in common, nothing of
    them to the low and all to the high. A neighbour whose firms nobody counted adds the median of
    the counted complexes to the value, nothing to the low and their 90th percentile to the high,
    and makes the cell a proxy. One that may be near, because its place or branch is unknown or
    the distance has an error, counts only in the high.

    Parameters
    ----------
    complexes
        Complexes with ``branch_set``, ``latitude`` and ``longitude``, indexed by complex.
    root_firms
        Estimates of root firms by complex.
    catchment_km
        Road distance within which firms could join [km].
    """
    road = road_km(complexes)
    typical = root_firms["value"].quantile([0.5, 0.9])
    counts = pd.DataFrame({
        "low": root_firms["low"].fillna(0.0),
        "value": root_firms["value"].fillna(typical[0.5]),
        "high": root_firms["high"].fillna(typical[0.9]),
    })  # fmt: skip
    rows = {}
    for label in map(str, complexes.index):
        branches = complexes["branch_set"][label]
        if not branches or road["value"].loc[label].isna().all():
            continue
        common = complexes["branch_set"].map(
            lambda other, own=branches: len(own & other) / len(other) if other else 0.0
        )
        common[label] = 0.0
        maybe = (common > 0) | (complexes["branch_set"].map(len) == 0)
        maybe[label] = False
        near = {bound: road[bound].T[label] for bound in road}
        inside = common.where(near["value"] <= catchment_km, 0.0)
        sums = {
            "low": float(counts["low"].where((common == 1) & (near["high"] <= catchment_km)).sum()),
            "value": float((counts["value"] * inside).sum()),
            "high": float(counts["high"].where(maybe & ~(near["low"] > catchment_km)).sum()),
        }
        is_counted = root_firms["value"][inside > 0].notna().all()
        rows[label] = {
            **sums, "unit": "firms", "published": fares.FITTED_ON,
            "quality": "computed", "basis": "own" if is_counted else "proxy",
            "source": "computed from root firms and estimated road distances of known complexes",
        }  # fmt: skip
    return estimates.table(rows, complexes.index)


def _metres(places: pd.DataFrame) -> np.ndarray:
    points = gpd.GeoSeries.from_xy(places["longitude"], places["latitude"], crs=4326).to_crs(5179)
    return np.column_stack([points.x, points.y])


def _crow_km(origins: np.ndarray, destinations: np.ndarray) -> np.ndarray:
    """Straight distances (origin, destination) [km] between points in metres."""
    east, north = np.moveaxis(origins[:, None, :] - destinations[None, :, :], -1, 0)
    return np.asarray(np.hypot(east, north) / 1000)


def location_error_km(precision: "pd.Series[Any]") -> "pd.Series[Any]":
    """What a point may be off by [km], by the coarsest word of its precision; assumed.

    Examples
    --------
    >>> location_error_km(pd.Series(["dong_centroid", "county_mean_of_dong_centroids"])).tolist()
    [1.5, 10.0]
    """
    return precision.map(
        lambda words: max(
            (km for word, km in LOCATION_ERROR_KM.items() if word in words), default=0.0
        )
    )

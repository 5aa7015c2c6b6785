"""What the milk run saves in every complex of the country at once, each parameter at its value.

Candidates whose orders were surveyed are compared on them, other candidates on assumed volumes and
their counted firms. Of the other industrial complexes nobody knows how many root firms they hold:
they are compared as if all their operating firms were root firms of one branch, which bounds the
firms from above, at the centre of their county, with roads and fares as fitted.
"""

from typing import Any

import numpy as np
import pandas as pd

from site_select import economics, freight, geography, lanes, milkrun, parameters, routing
from site_select.economics import Site
from site_select.milkrun import Comparison
from site_select.study import Study

SURVEYED, COUNTED, BOUND = "surveyed", "counted", "upper bound"
COLUMNS = ("firms", "basis", "own_best_krw", "milk_run_krw", "saving_krw", "saving_share",
           "own_best_lead_days", "milk_run_lead_days")  # fmt: skip


def places(study: Study) -> pd.DataFrame:
    """Where every candidate and industrial complex lies, and how many firms could take part.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    pandas.DataFrame
        By ``complex_id``: ``firms`` and their ``basis``, ``airport_km``, and of the open port of
        the lowest fare ``base, distance_km, fare_20ft_krw, fare_40ft_krw``; missing where unknown.
    """
    found = pd.concat([_candidates(study), _industrial(study)])
    return found.join(_legs(study, found)).rename_axis("complex_id")


def everywhere(study: Study, places: pd.DataFrame) -> pd.DataFrame:
    """Compare existing logistics with the milk run at every place.

    Parameters
    ----------
    study
        The study.
    places
        Result of `places`, or some of its rows.

    Returns
    -------
    pandas.DataFrame
        By ``complex_id``: ``firms`` that take part and their ``basis``; cost of own best and of the
        milk run, and what it saves [KRW/year]; ``saving_share`` of the import value; lead time of
        both [days]. Missing where firms or place are unknown, no port is open, or suppliers are
        Korean and the complex is no candidate.

    Raises
    ------
    SettingsError
        If a supplier has no place or route.
    """
    alone = one_by_one(study, places.index)
    found = [_one(site) for site in economics.sites(study, alone).values()] if len(alone) else []
    rest = places.drop(index=alone).dropna()
    suppliers = study.settings.logistics.suppliers.split(";")
    if len(rest) and lanes.region(study.survey, *suppliers) != freight.KOREA:
        found.append(_together(study, rest, suppliers))
    table = pd.concat(found) if found else pd.DataFrame(columns=list(COLUMNS))
    numbers = dict.fromkeys(set(COLUMNS) - {"basis"}, "float64")
    return table.reindex(places.index).astype(numbers)


def one_by_one(study: Study, labels: "pd.Index[Any]") -> "pd.Index[Any]":
    """Those of some complexes that differ from all others in more than numbers."""
    candidates = labels.intersection(study.complexes.index)
    suppliers = study.settings.logistics.suppliers.split(";")
    is_korean = lanes.region(study.survey, *suppliers) == freight.KOREA
    return (
        candidates if is_korean else candidates[candidates.isin(study.survey.orders["complex_id"])]
    )


def _one(site: Site) -> pd.DataFrame:
    found = site.compare(parameters.central(site.of))
    basis = COUNTED if site.orders.empty else SURVEYED
    return _told(found, pd.Index([site.complex_id]), np.array([basis]))


def _told(found: Comparison, labels: "pd.Index[Any]", basis: np.ndarray) -> pd.DataFrame:
    count, run = found.own_best.count, found.milk_run
    tonnes, purchase = ((part * count).sum(axis=-1) for part in
                        (found.weight_t, found.purchase_krw))  # fmt: skip
    values = (
        count.sum(axis=-1), basis, found.own_best.total(), run.total(), found.saving,
        found.saving / purchase, found.own_best.total("tonne_days") / tonnes,
        run.total("tonne_days") / tonnes,
    )  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)), index=labels)


def _candidates(study: Study) -> pd.DataFrame:
    """Firms that could share an order, and road to the airport, by candidate."""
    shared = milkrun.firms_sharing_one_order(study.complexes, economics.root_firms(study))
    return pd.DataFrame({"firms": shared["value"], "basis": COUNTED}).join(
        _airport(study, study.complexes)
    )


def _industrial(study: Study) -> pd.DataFrame:
    """Operating firms, and road to the airport from the centre of the county."""
    frame = study.survey.industrial_complexes.set_index("ic_id")
    firms = frame["operating_firms"].astype("float64").replace(0.0, float("nan"))
    return pd.DataFrame({"firms": firms, "basis": BOUND}).join(_airport(study, frame))


def _airport(study: Study, places: pd.DataFrame) -> "pd.Series[Any]":
    spots = places.drop_duplicates(["latitude", "longitude"])
    gate = study.settings.limits.airport
    road = geography.airport_km(spots, study.survey.facilities, gate)["value"]
    keys = pd.MultiIndex.from_frame(spots[["latitude", "longitude"]])
    at = pd.MultiIndex.from_frame(places[["latitude", "longitude"]])
    values = pd.Series(road.to_numpy(), keys).reindex(at).to_numpy()
    return pd.Series(values, places.index, name="airport_km")


def _legs(study: Study, places: pd.DataFrame) -> pd.DataFrame:
    """Open port of the lowest fare for each place: official where there is a fare, else fitted."""
    settings = study.settings.logistics
    bases = set(settings.ports.split(";")) - set(settings.closed_ports.split(";"))
    columns = ["base", "distance_km", "fare_20ft_krw", "fare_40ft_krw"]
    official = study.survey.port_distances.set_index("complex_id")
    every = pd.concat([official[columns], _fitted(study, bases)])
    every = every[every["base"].isin(bases) & every.index.isin(places.index)]
    best = every.sort_values("fare_20ft_krw", kind="stable")
    return best[~best.index.duplicated()]


def _fitted(study: Study, bases: set[str]) -> pd.DataFrame:
    """Road and legal fare between the centres of the counties and some ports."""
    ports = study.survey.fare_bases.set_index("base")
    ports = ports.loc[ports.index.isin(bases) & ports["latitude"].notna()]
    frame = study.survey.industrial_complexes.set_index("ic_id")[["latitude", "longitude"]].dropna()
    spots = frame.drop_duplicates().set_axis(range(len(frame.drop_duplicates())))
    at = frame.merge(spots.reset_index(), on=["latitude", "longitude"], how="left")["index"]
    points = pd.concat([spots, ports[["latitude", "longitude"]].astype("float64")])
    road = routing.road_distances(points).loc[spots.index, ports.index]
    fare = study.survey.distance_fares.sort_values("one_way_km")
    steps = fare["one_way_km"].to_numpy(float)
    rows = []
    for base in ports.index:
        km = road[base].to_numpy()[at]
        row = np.minimum(np.searchsorted(steps, km), len(steps) - 1)
        rows.append(pd.DataFrame({
            "base": base, "distance_km": km,
            "fare_20ft_krw": fare["fare_20ft_shipper_krw"].to_numpy(float)[row],
            "fare_40ft_krw": fare["fare_40ft_shipper_krw"].to_numpy(float)[row],
        }, index=frame.index))  # fmt: skip
    return pd.concat(rows) if rows else pd.DataFrame(columns=["base"])


def _together(study: Study, places: pd.DataFrame, suppliers: list[str]) -> pd.DataFrame:
    """Compare all places of assumed volumes in one go, a row of the arrays for each."""
    items = pd.DataFrame({"part": suppliers, "supplier": suppliers})
    routes = {base: lanes.sea_nm(study, base) for base in sorted(set(places["base"]))}
    nm, shortest = np.array([routes[base] for base in places["base"]]).T
    by_row = {
        "sea_nm": nm, "detour_nm": nm - shortest, "airport_km": places["airport_km"],
        "port_km": places["distance_km"], "via_km": places["distance_km"],
        "fare_20ft_krw": places["fare_20ft_krw"], "fare_40ft_krw": places["fare_40ft_krw"],
    }  # fmt: skip
    columns: dict[str, Any] = {
        name: np.asarray(values, dtype="float64")[:, None, None] for name, values in by_row.items()
    }
    lane = lanes.abroad(study, items)._replace(**columns)
    of, region = economics.ranges(study), lanes.region(study.survey, *suppliers)
    site = Site("", of, study.survey.orders.iloc[:0], items, lane, region,
                economics.trucks(study), split_is_known=True)  # fmt: skip
    draws = pd.concat([parameters.central(of)] * len(places), ignore_index=True)
    draws = draws.assign(firms=places["firms"].to_numpy(float))
    return _told(site.compare(draws), places.index, places["basis"].to_numpy())

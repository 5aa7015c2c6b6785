"""Where joint warehouses of a study's complexes should stand, and how sure that is."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from site_select import assessment, economics, geography, hubs
from site_select.errors import SettingsError
from site_select.study import Study

FACILITIES = ("container_port", "inland_depot")
COUNTS = (1, 2, 3, 4)


class Consolidation(NamedTuple):
    """Which candidate places are opened as hubs, and what they reach.

    Attributes
    ----------
    hubs
        By candidate: ``kind, name_ko, name_en``; ``also``, others at the same point;
        ``opened_1`` ..., whether it is among so many hubs at the expected tonnes;
        ``share_1`` ..., share of the draws in which it is.
    counts
        By number of hubs: ``hubs``; ``tonne_km`` a year and ``mean_km`` of a tonne to the nearest
        hub; ``covered``, share of the tonnes within the radius; ``most_covered``, the share that
        hubs placed for coverage alone would reach.
    assignment
        By number of hubs and complex: ``site, km, weight, is_within``, weight in t/year.
    left_out
        Alternatives whose place or firms nobody knows.
    """

    hubs: pd.DataFrame
    counts: pd.DataFrame
    assignment: pd.DataFrame
    left_out: list[str]


def candidates(study: Study) -> pd.DataFrame:
    """Places where a hub could stand: complexes, container ports and inland depots with a point.

    Of several at one point the first stands for all; ``also`` names the others.

    Parameters
    ----------
    study
        The study.
    """
    facilities = study.survey.facilities.set_index("facility_id")
    facilities = facilities[facilities["kind"].isin(FACILITIES)]
    columns = ["kind", "name_ko", "name_en", "latitude", "longitude", "location_precision"]
    both = [study.complexes.assign(kind="complex")[columns], facilities[columns]]
    placed = pd.concat(both).dropna(subset=["latitude", "longitude"]).rename_axis("hub")
    points = placed.reset_index().groupby(["latitude", "longitude"])["hub"]
    also = {names.iloc[0]: ";".join(names.iloc[1:]) for _, names in points}
    return placed.loc[placed.index.isin(list(also))].assign(also=pd.Series(also))


def distance_km(study: Study, places: pd.DataFrame) -> pd.DataFrame:
    """Road distance from every complex with a point to every candidate place [km].

    Official where the fare notice has the place, else estimated from the straight line.

    Parameters
    ----------
    study
        The study.
    places
        Result of `candidates`.
    """
    points = ["latitude", "longitude", "location_precision"]
    complexes = study.complexes.dropna(subset=["latitude", "longitude"])
    others = places.loc[places.index.difference(complexes.index), points]
    road = geography.road_km(pd.concat([complexes[points], others]))["value"]
    road = road.loc[complexes.index, places.index]
    official = study.survey.port_distances.pivot_table("distance_km", "complex_id", "base")
    bases = study.survey.facilities.set_index("facility_id")["fare_base"]
    bases = bases.reindex(places.index)
    bases = bases[bases.isin(official.columns)]
    known = official.reindex(index=road.index, columns=bases).set_axis(bases.index, axis=1)
    return known.combine_first(road)[places.index]


def import_tonnes(study: Study, *, n_samples: int) -> pd.DataFrame:
    """Imports by draw (row) and alternative [t/year], each alternative drawn for itself.

    An alternative whose place or firms nobody knows has no column.

    Parameters
    ----------
    study
        The study.
    n_samples
        Draws of each alternative.
    """
    tonnes, seed = {}, study.settings.seed
    generator = np.random.default_rng(seed)  # all are drawn at the same points: each shuffled
    for label, site in economics.sites(study, assessment.alternatives(study)).items():
        imports = site.demand(economics.drawn(site, n_samples=n_samples, seed=seed))
        own = (imports.weight_t * imports.count).sum(axis=(1, 2))
        tonnes[label] = generator.permutation(own)
    return pd.DataFrame(tonnes)


def plan(
    study: Study, *, n_samples: int, radius_km: float | None = None, counts: Sequence[int] = COUNTS
) -> Consolidation:
    """Hubs with the least tonne-kilometres to the alternatives of a study, for several numbers.

    The choice at the expected tonnes has the least expected tonne-kilometres; how often a place
    is chosen at drawn tonnes says how much of it hangs on volumes that nobody has counted.

    Parameters
    ----------
    study
        The study.
    n_samples
        Draws of the tonnes.
    radius_km
        Distance within which a tonne counts as covered; the study's catchment when left out.
    counts
        Numbers of hubs.

    Raises
    ------
    SettingsError
        If no alternative is known well enough, or a count or the radius is out of range.
    """
    radius = study.settings.limits.catchment_km if radius_km is None else radius_km
    tonnes, places = import_tonnes(study, n_samples=n_samples), candidates(study)
    if tonnes.empty:
        raise SettingsError("no alternative has a place and firms that are known: survey them")
    km = distance_km(study, places).loc[tonnes.columns]
    best = {n: hubs.p_median(km, tonnes.mean(), count=n, radius_km=radius) for n in counts}
    most = {n: hubs.maximal_cover(km, tonnes.mean(), count=n, radius_km=radius) for n in counts}
    total, listed = float(tonnes.mean().sum()), places.drop(columns=["latitude", "longitude"])
    for n, found in best.items():
        drawn = [hubs.p_median(km, row, count=n).sites for _, row in tonnes.iterrows()]
        share = pd.Series([site for sites in drawn for site in sites]).value_counts() / n_samples
        listed[f"opened_{n}"] = listed.index.isin(found.sites)
        listed[f"share_{n}"] = share.reindex(listed.index, fill_value=0.0)
    rows = {
        n: {"hubs": ";".join(map(str, found.sites)), "tonne_km": found.weighted_km,
            "mean_km": found.weighted_km / total, "covered": found.covered,
            "most_covered": most[n].covered}
        for n, found in best.items()
    }  # fmt: skip
    return Consolidation(
        listed.drop(columns="location_precision"),
        pd.DataFrame.from_dict(rows, orient="index").rename_axis("count"),
        pd.concat({n: found.assignment for n, found in best.items()}, names=["count"]),
        list(assessment.alternatives(study).difference(tonnes.columns)),
    )

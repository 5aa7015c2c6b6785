"""Which complexes and branches are most like one of them, on what made it work.

An unknown feature is never filled in: it is drawn again and again, as in the assessment, so that a
likeness that rests on little is a spread of distances and not a number.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import nan_euclidean_distances
from sklearn.preprocessing import StandardScaler

from site_select import assessment, economics, estimates, geography, messages, national, stability
from site_select.errors import SettingsError
from site_select.estimates import LEVELS
from site_select.messages import Text
from site_select.study import Study

IN_COMMON = "items_in_common"
FEATURES = pd.DataFrame(
    [
        (IN_COMMON, "numeric", False, 0, 0),
        ("firms_sharing_one_order", "numeric", True, 0, 0),
        ("neighbour_root_firms", "numeric", True, 0, 0),
        ("shared_logistics", "presence", False, 0, 3),
        ("ordering_body", "presence", False, 0, 1),
        ("other_shared_facilities", "presence", False, 0, 1),
        ("warehouse_land", "numeric", True, 0, 0),
        ("port_haulage_fare", "numeric", False, 0, 0),
        ("airport_km", "numeric", False, 0, 0),
    ],
    columns=["feature", "unknown", "is_log", "if_absent", "if_present"],
).set_index("feature").assign(parent="lookalikes")  # fmt: skip
BOUNDS = ["low", "value", "high"]
STABLE = {"excellent": 0.9, "good": 0.8, "moderate": 0.65, "poor": -1.0}


class Clusters(NamedTuple):
    """Groups of complexes, and how sure they are.

    Attributes
    ----------
    cluster
        Number by label; 1 is the group of the reference, then the largest first.
    stability
        Adjusted Rand index by number of groups: ``low`` (5%), ``value`` (mean), ``high`` (95%).
    together
        Share of the samples that put a label in one group with the reference.
    word
        ``excellent``, ``good``, ``moderate`` or ``poor``.
    """

    cluster: pd.Series
    stability: pd.DataFrame
    together: pd.Series
    word: str


def reference_complex(study: Study) -> str:
    """Complex that the others are compared with: the one chosen in 2020.

    Raises
    ------
    SettingsError
        If the study names none, or one that is not among its complexes.
    """
    label = study.settings.limits.chosen_in_2020
    if label not in study.complexes.index:
        raise SettingsError(
            f"limits.chosen_in_2020 = {label!r}: allowed a complex_id of the study, for the others "
            "are compared with it"
        )
    return label


def complex_features(study: Study) -> pd.DataFrame:
    """Estimates of what made the pilot work, for every designated complex.

    Imported items in common with the reference, firms that could share an order, root firms near
    by, what is shared already and who may order, land, ports and airport. Sizes are logarithms
    ``log10(1 + x)``. Order sizes are published of no complex and left out.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    pandas.DataFrame
        By ``complex_id`` and ``indicator``, as `assessment.performance`.
    """
    sets, label = study.complexes["branch_set"], reference_complex(study)
    tree = pd.concat([FEATURES, pd.DataFrame({"parent": ""}, index=["lookalikes"])])
    cells = assessment.performance(replace(study, criteria=tree))
    is_common = cells.index.get_level_values("indicator") == IN_COMMON
    common = _exactly(_items_in_common(study, sets, sets[label]))
    cells.loc[is_common, BOUNDS] = common.loc[cells[is_common].index.get_level_values(0)].to_numpy()
    return _in_logarithms(cells)


def branch_features(study: Study, branch: str) -> pd.DataFrame:
    """Estimates of what made the pilot work, for every branch.

    Imported items in common with one branch, how concentrated the origins of the items are, how
    many complexes were designated for the branch and how many root firms its complexes have.

    Parameters
    ----------
    study
        The study.
    branch
        Branch that the others are compared with.

    Returns
    -------
    pandas.DataFrame
        By ``branch`` and ``indicator``, as `assessment.performance`.
    """
    codes = pd.Index(study.survey.branches["branch"])
    sets = pd.Series([frozenset({code}) for code in codes], codes)
    pool = study.complexes.assign(branch=study.complexes["branch_set"].map(list)).explode("branch")
    firms = economics.root_firms(study)["value"].reindex(pool.index)
    by_branch = firms.groupby(pool["branch"].to_numpy())
    quartiles = {
        bound: by_branch.quantile(share).reindex(codes)
        for bound, share in zip(BOUNDS, (0.25, 0.5, 0.75), strict=True)
    }
    common = _items_in_common(study, sets, sets[branch])
    designated = pool["branch"].value_counts().reindex(codes, fill_value=0)
    every = {
        IN_COMMON: _exactly(common),
        "origin_concentration": stability.origin_concentration(
            pd.DataFrame({"branch_set": sets}), assessment.import_items(study)
        )[BOUNDS],
        "designated_complexes": _logarithm(_exactly(designated.astype("float64"))),
        "root_firms": _logarithm(pd.DataFrame(quartiles)),
    }
    return _stacked(every)


def national_features(study: Study) -> pd.DataFrame:
    """Estimates of what is known of every industrial complex of the country.

    Operating firms there and within reach, industrial and unsold land, roads to the nearest
    container port and to the airport, all from the centre of the county. Sizes are logarithms
    ``log10(1 + x)``.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    pandas.DataFrame
        By ``ic_id`` and ``indicator``, as `assessment.performance`.
    """
    survey, limits = study.survey, study.settings.limits
    frame = survey.industrial_complexes.set_index("ic_id")
    places = frame.groupby(["latitude", "longitude"], sort=False)
    spots, at = places.head(1).reset_index(drop=True), places.ngroup().to_numpy()
    firms = frame["operating_firms"].astype("float64")
    road, inside = geography.road_km(spots), np.bincount(at, firms)
    reach = pd.DataFrame({
        bound: (road[way].to_numpy() <= limits.catchment_km)[at] @ inside - firms
        for bound, way in zip(BOUNDS, reversed(BOUNDS), strict=True)
    })  # fmt: skip
    bases = survey.fare_bases.rename(columns={"base": "facility_id"})
    gates = bases[(bases["kind"] == "port") & bases["latitude"].notna()
                  & (bases["throughput_teu"] >= limits.minimum_port_teu)]  # fmt: skip
    ports = [geography.airport_km(spots, gates, gate)[BOUNDS] for gate in gates["facility_id"]]
    roads = {
        "port_km": pd.concat(ports).groupby(level=0).min(),
        "airport_km": geography.airport_km(spots, survey.facilities, limits.airport)[BOUNDS],
    }
    sizes = {
        "operating_firms": _exactly(firms), "firms_in_reach": reach,
        "industrial_area": _exactly(frame["industrial_facility_area_1000m2"]),
        "unsold_land": _exactly(frame["unsold_1000m2"]),
    }  # fmt: skip
    return _stacked(
        {name: _logarithm(size) for name, size in sizes.items()}
        | {name: way.iloc[at].set_index(frame.index) for name, way in roads.items()}
    )


def levels(study: Study, cells: pd.DataFrame) -> pd.DataFrame:
    """Equally likely values of every feature, unknown ones drawn as in the assessment.

    A number that is known of nobody is left out.

    Parameters
    ----------
    study
        The study: branches of its complexes, and how it draws unknown cells.
    cells
        Result of `complex_features`, `branch_features` or `national_features`.
    """
    kinds = FEATURES.reindex(cells.index.unique("indicator")).fillna({"unknown": "numeric"})
    known = cells["value"].groupby(level="indicator").count().reindex(kinds.index) > 0
    kinds = kinds[known | (kinds["unknown"] == "presence")]
    labels = cells.index.unique(0)
    sets = study.complexes["branch_set"].reindex(labels)
    sets = sets.where(sets.notna(), pd.Series([frozenset()] * len(labels), labels))
    used = cells.loc[cells.index.get_level_values("indicator").isin(kinds.index)]
    return estimates.equally_likely(used, kinds, sets, study.settings.unknowns)


def nearest(
    cells: pd.DataFrame, levels: pd.DataFrame, reference: str, *, seed: int,
    n_draws: int = 1_000, neighbours: int = 5,
) -> pd.DataFrame:  # fmt: skip
    """How far each label is from the reference, and how often it is among the nearest.

    ``d = sqrt(sum of ((x_j - r_j) / s_j)²)`` in every draw of all cells, ``s_j`` the standard
    deviation of a feature over all labels and levels, so that units do not matter. 0 is a twin.

    Parameters
    ----------
    cells
        Estimates by label and indicator.
    levels
        Equally likely values of the same cells, result of `levels`.
    reference
        Label that the others are compared with.
    seed
        Seed of the draws.
    n_draws
        Number of draws.
    neighbours
        How many count as nearest; all that tie for the last place do.

    Returns
    -------
    pandas.DataFrame
        By label, without the reference and the most frequent neighbours first: ``among_nearest``
        (share of draws), ``distance`` (median), ``low`` and ``high`` (5% and 95%), ``known`` and
        ``features`` (features known of both, and all), and ``distance_known``, over the known ones
        alone and scaled up to all, missing where there are none.

    Raises
    ------
    SettingsError
        If the reference is not there, or a number is out of range.

    References
    ----------
    Dixon, J. K. (1979). Pattern recognition with partly missing data. IEEE Transactions on Systems,
    Man, and Cybernetics 9(10), 617-621. doi:10.1109/TSMC.1979.4310090 (``distance_known``)

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["A", "B", "C"], ["x"]], names=["id", "indicator"])
    >>> cells = pd.DataFrame({"value": [0.0, 0.0, 3.0]}, index=index)
    >>> same = pd.DataFrame({level: cells["value"] for level in range(100)})
    >>> nearest(cells, same, "A", seed=1, neighbours=1)["distance"].round(3).to_dict()
    {'B': 0.0, 'C': 2.121}
    """
    labels, scaler, points = _scaled(levels)
    _check(labels, reference, {"n_draws": n_draws}, neighbours=neighbours)
    at, generator = list(labels).index(reference), np.random.default_rng(seed)
    rows, squares = np.arange(len(labels))[:, None], np.zeros((len(labels), n_draws))
    for feature in np.moveaxis(points, 2, 0):
        drawn = feature[rows, generator.integers(0, LEVELS, squares.shape)]
        squares += (drawn - drawn[at]) ** 2
    others = labels.delete([at])
    distance = np.sqrt(np.delete(squares, at, axis=0))
    low, median, high = np.quantile(distance, [0.05, 0.5, 0.95], axis=1)
    wide = cells["value"].unstack("indicator").loc[labels, sorted(levels.index.unique("indicator"))]
    table = scaler.transform(wide.to_numpy(dtype="float64"))
    known = np.delete(~np.isnan(table), at, axis=0) & ~np.isnan(table[at])
    alone = nan_euclidean_distances(table[[at]], np.delete(table, at, axis=0))[0]
    frame = pd.DataFrame({
        "among_nearest": (rankdata(distance, "min", axis=0) <= neighbours).mean(axis=1),
        "distance": median, "low": low, "high": high, "known": known.sum(axis=1),
        "features": table.shape[1], "distance_known": alone,
    }, index=others)  # fmt: skip
    return frame.sort_values(["among_nearest", "distance"], ascending=[False, True], kind="stable")


def profile(levels: pd.DataFrame) -> pd.DataFrame:
    """Expected value of every feature in standard deviations from the mean, label by feature."""
    labels, _, points = _scaled(levels)
    names = levels.index.unique("indicator")
    return pd.DataFrame(points.mean(axis=1), labels, sorted(names))[list(names)]


def clusters(
    levels: pd.DataFrame, reference: str, *, seed: int, most: int = 6, n_samples: int = 100,
    share: float = 0.8,
) -> Clusters:  # fmt: skip
    """Groups by Ward's method, as many as come out most alike from one sample to another.

    Two samples of the labels, each with its own draw of all cells, are grouped apart; the adjusted
    Rand index [1]_ compares the groups of those in both: 1 is the same groups, 0 what chance gives.
    The number of groups is the one of the highest mean [2]_, and its words those of [3]_.

    Parameters
    ----------
    levels
        Result of `levels`.
    reference
        Label whose group is the first.
    seed
        Seed of samples and draws.
    most
        Largest number of groups tried; the least is 2.
    n_samples
        Pairs of samples.
    share
        Share of the labels in a sample.

    Raises
    ------
    SettingsError
        If the reference is not there, or a number is out of range.

    References
    ----------
    .. [1] Hubert, L. & Arabie, P. (1985). Comparing partitions. Journal of Classification 2,
       193-218. doi:10.1007/BF01908075
    .. [2] Ben-Hur, A., Elisseeff, A. & Guyon, I. (2002). A stability based method for discovering
       structure in clustered data. Pacific Symposium on Biocomputing 7, 6-17.
    .. [3] Steinley, D. (2004). Properties of the Hubert-Arabie adjusted Rand index. Psychological
       Methods 9(3), 386-396. doi:10.1037/1082-989X.9.3.386
    """
    labels, _, points = _scaled(levels)
    size = int(share * len(labels)) if 0 < share <= 1 else 0
    _check(labels, reference, {"n_samples": n_samples, "most - 1": most - 1}, size=size, most=most)
    at, generator = list(labels).index(reference), np.random.default_rng(seed)
    counts = range(2, most + 1)
    index = np.zeros((len(counts), n_samples))
    both, same = np.zeros(len(labels)), np.zeros((len(counts), len(labels)))
    for sample in range(n_samples):
        members = [np.sort(generator.permutation(len(labels))[:size]) for _ in range(2)]
        found = [_grouped(_drawn(points[own], generator), counts) for own in members]
        _, *inside = np.intersect1d(members[0], members[1], return_indices=True)
        for row, (first, second) in enumerate(zip(*found, strict=True)):
            index[row, sample] = adjusted_rand_score(first[inside[0]], second[inside[1]])
        for own, groups in zip(members, found, strict=True):
            if at in own:
                both[own] += 1
                same[:, own] += groups == groups[:, own == at]
    stability = pd.DataFrame(
        {"low": np.quantile(index, 0.05, axis=1), "value": index.mean(axis=1),
         "high": np.quantile(index, 0.95, axis=1)}, index=pd.Index(counts, name="groups"),
    )  # fmt: skip
    best = int(stability["value"].argmax())
    final = pd.Series(_grouped(points.mean(axis=1), [counts[best]])[0], labels)
    order = [final[reference], *final[final != final[reference]].value_counts(sort=True).index]
    together = pd.Series(same[best] / np.where(both > 0, both, np.nan), labels)
    value = stability["value"].iloc[best]
    word = next(word for word, least in STABLE.items() if value >= least)
    numbers = {group: number for number, group in enumerate(order, 1)}
    return Clusters(final.map(numbers), stability, together, word)


def table(
    found: pd.DataFrame, names: "pd.Series[Any]", hurdles: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Nearest first, with names and how far each is from being eligible.

    Parameters
    ----------
    found
        Result of `nearest`.
    names
        Name of each label.
    hurdles
        Result of `national.hurdles` or `national.screened`, if eligibility is to be shown.
    """
    known = [messages.text("lookalikes.known", known=row.known, features=row.features)
             for row in found.itertuples()]  # fmt: skip
    told = pd.Series(known, found.index, dtype=object)
    frame = found.assign(name=names.reindex(found.index), known=told)
    columns = ["name", "among_nearest", "distance", "low", "high", "known"]
    if hurdles is None:
        return frame[columns]
    return frame[columns].join(national.said(hurdles.loc[found.index]))


def feature_names(levels: pd.DataFrame) -> "pd.Series[Any]":
    """Name of each feature."""
    texts = {name: messages.text(f"lookalikes.feature.{name}")
             for name in levels.index.unique("indicator")}  # fmt: skip
    return pd.Series(texts, dtype=object)


def sure(groups: Clusters) -> Text:
    """How many groups there are, and how far they can be trusted, in one sentence."""
    best = groups.cluster.max()
    return messages.text(
        f"lookalikes.sure.{groups.word}", groups=best, members=int((groups.cluster == 1).sum()),
        index=groups.stability.loc[best, "value"],
    )  # fmt: skip


def _scaled(levels: pd.DataFrame) -> tuple[pd.Index, StandardScaler, np.ndarray]:
    """Labels, scaler and standardised points [label, level, feature], in alphabetical order."""
    ordered = levels.sort_index()
    labels, width = ordered.index.unique(0), ordered.index.unique("indicator").size
    points = ordered.to_numpy().reshape(len(labels), width, LEVELS).transpose(0, 2, 1)
    scaler = StandardScaler().fit(points.reshape(-1, width))
    return labels, scaler, scaler.transform(points.reshape(-1, width)).reshape(points.shape)


def _check(labels: pd.Index, reference: str, positive: Mapping[str, int], **most: int) -> None:
    faults = [f"{name} = {count}: allowed 1 or more" for name, count in positive.items()
              if count < 1]  # fmt: skip
    if reference not in labels:
        faults.append(f"reference = {reference!r}: allowed one of {', '.join(map(str, labels))}")
    faults += [f"{name} = {count}: allowed 1 to {len(labels) - 1}, the other labels"
               for name, count in most.items() if not 1 <= count < len(labels)]  # fmt: skip
    if "size" in most and most["size"] <= most["most"]:
        faults.append(f"{most['size']} labels in a sample: allowed more than the groups; raise "
                      "share or lower most")  # fmt: skip
    if faults:
        raise SettingsError("; ".join(faults))


def _drawn(points: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One draw of every cell [label, feature]."""
    level = generator.integers(0, LEVELS, (len(points), 1, points.shape[2]))
    return np.take_along_axis(points, level, axis=1)[:, 0]


def _grouped(points: np.ndarray, counts: "range | list[int]") -> np.ndarray:
    """Group of each point by number of groups [number, point]."""
    return np.array([AgglomerativeClustering(count).fit_predict(points) for count in counts])


def _items_in_common(study: Study, sets: "pd.Series[Any]", own: "frozenset[str]") -> pd.Series:
    """Share of the items of some branches that each set of branches uses too."""
    users = [frozenset(codes.split(";")) for codes in assessment.import_items(study)["branches"]]
    theirs = [item for item in users if item & own]
    shares = {
        label: sum(bool(item & some) for item in theirs) / len(theirs)
        for label, some in sets.items() if theirs and any(item & some for item in users)
    }  # fmt: skip
    return pd.Series(shares, sets.index, dtype="float64")


def _exactly(values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(dict.fromkeys(BOUNDS, values))


def _stacked(every: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return estimates.stack({name: bounds.rename_axis("label") for name, bounds in every.items()})


def _in_logarithms(cells: pd.DataFrame) -> pd.DataFrame:
    is_size = FEATURES["is_log"].reindex(cells.index.get_level_values("indicator")).to_numpy(bool)
    sizes = _logarithm(cells[BOUNDS])
    return cells.assign(**{bound: cells[bound].mask(is_size, sizes[bound]) for bound in BOUNDS})


def _logarithm(sizes: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(np.log10(1 + sizes.to_numpy()), sizes.index, sizes.columns)

"""Basic infrastructure: can the complex receive, store and hand out, and who runs it.

Facts about facilities and bodies are known only when somebody reported them; silence is unknown,
not absence.
"""

from collections.abc import Mapping

import pandas as pd

from site_select import estimates

# Steps of the two constructed scales; equal steps are an assumption of ours.
LOGISTICS_LEVELS = {"shared_logistics_own": 4.0, "shared_logistics_parent": 3.0,
                    "shared_logistics_neighbour": 2.0}  # fmt: skip
PLANNED_LOGISTICS = 1.0
BODY_LEVELS = {"joint_purchasing": 2.0, "ordering_body": 1.0}


def shared_logistics(facts: pd.DataFrame, labels: pd.Index) -> pd.DataFrame:
    """Nearest shared logistics facility on a scale from 0 to 4.

    0 none, 1 only planned, 2 in a neighbouring complex, 3 in the parent complex, 4 the complex's
    own. One that was announced may never have been built or may stand by now: its low is 0 and
    its high the level it would then have.

    Parameters
    ----------
    facts
        Long facts table.
    labels
        Complexes wanted.
    """
    return _best_level(facts, LOGISTICS_LEVELS, labels, planned=PLANNED_LOGISTICS)


def ordering_body(facts: pd.DataFrame, labels: pd.Index) -> pd.DataFrame:
    """Body that can order for all, on a scale from 0 to 2.

    0 none, 1 an association, cooperative or managing body exists, 2 it already buys jointly. A
    body that is only planned, or joint purchasing still in development, counts half a step.

    Parameters
    ----------
    facts
        Long facts table.
    labels
        Complexes wanted.
    """
    return _best_level(facts, BODY_LEVELS, labels, planned=0.5)


def other_shared_facilities(facts: pd.DataFrame, labels: pd.Index) -> pd.DataFrame:
    """Whether firms already share something else: 0 no, 1 yes, 0.5 only planned.

    Parameters
    ----------
    facts
        Long facts table.
    labels
        Complexes wanted.
    """
    return _best_level(facts, {"other_shared_facilities": 1.0}, labels, planned=0.5)


def _best_level(
    facts: pd.DataFrame, levels: Mapping[str, float], labels: pd.Index, *, planned: float
) -> pd.DataFrame:
    told = facts[facts["indicator"].isin(levels) & facts["complex_id"].isin(labels)]
    is_absent = told["status"] == "absent"
    # none at all is known only where every step was answered with no
    answered = told[is_absent].groupby("complex_id")["indicator"].nunique()
    nothing = answered.index[answered == len(levels)]
    chosen = told[~is_absent | told["complex_id"].isin(nothing)]
    level = chosen["indicator"].map(levels).where(chosen["status"] != "absent", 0.0)
    is_planned = chosen["status"] == "planned"
    chosen = chosen.assign(
        low=level.where(~is_planned, 0.0), value=level.where(~is_planned, planned), high=level
    ).sort_values(["value", "high", "year"])
    rows = {}
    for label, known in chosen.groupby("complex_id"):
        best = known.iloc[-1]
        # an existing neighbour is not worse for a plan of the complex's own
        rows[str(label)] = {
            "low": known["low"].max(), "value": best["value"], "high": known["high"].max(),
            "unit": "level", "year": best["year"], "published": best["published"],
            "quality": best["quality"], "basis": "own", "source": best["source"],
        }  # fmt: skip
    return estimates.table(rows, labels)


def warehouse_land(complexes: pd.DataFrame, industrial_complexes: pd.DataFrame) -> pd.DataFrame:
    """Industrial land of the parent complex still unsold [1000 m2].

    0 is nothing left to build a shared warehouse on.

    Parameters
    ----------
    complexes
        Complexes with ``parent_ids``, indexed by complex.
    industrial_complexes
        Official statistics of all industrial complexes.
    """
    parents = complexes["parent_ids"].str.split(";").explode().rename("ic_id").reset_index()
    land = parents.merge(industrial_complexes, on="ic_id")
    known = land.groupby("complex_id").agg(
        value=("unsold_1000m2", "sum"), published=("as_of", "first"), source=("source", "first")
    )
    rows = known.assign(
        low=known["value"], high=known["value"], unit="1000 m2", year=known["published"].str[:4],
        quality="official", basis="own",
    )  # fmt: skip
    return estimates.table(rows.to_dict("index"), complexes.index)  # type: ignore[arg-type]

"""Where returned answers meet public facts: both are kept, a printed rule chooses one.

The newer year is used; of one year the more reliable, in the order of `RELIABILITY`. An undated
figure is the oldest.
"""

from typing import NamedTuple

import pandas as pd

RELIABILITY = ("official", "surveyed", "synthetic", "press", "computed", "assumed", "unknown")
PAIR = ["complex_id", "indicator"]
MEETING = (
    *PAIR, "public_low", "public", "public_high", "public_year", "public_quality", "answer",
    "answer_year", "unit", "public_status", "status", "used", "differs",
)  # fmt: skip


class Met(NamedTuple):
    """Facts that are used, and where the two kinds met.

    Attributes
    ----------
    facts
        Facts without those that gave way, with the answers that are used.
    meetings
        A row per complex and indicator that both know: ``public_low, public, public_high,
        public_year, public_quality, answer, answer_year, unit``; ``used``, answer or public;
        ``differs``, whether the answer lies outside what was public; ``status``
        and ``public_status`` where it is a presence.
    """

    facts: pd.DataFrame
    meetings: pd.DataFrame


def met(facts: pd.DataFrame, answers: pd.DataFrame) -> Met:
    """Let answers narrow what is unknown, and choose where a public fact says something too.

    Parameters
    ----------
    facts
        Public facts, table ``complex_facts``.
    answers
        Table ``answers``; only values that were given are used.

    Examples
    --------
    >>> fact = {"complex_id": "A", "indicator": "root_firms", "low": None, "value": 30.0,
    ...         "high": None, "status": "", "year": 2019, "quality": "press", "role": "evidence",
    ...         "unit": "firms"}
    >>> answer = {"complex_id": "A", "question": "root_firms", "reply": "given", "value": 41.0,
    ...           "year": 2026, "quality": "surveyed", "unit": "firms", "status": "", "source": "A"}
    >>> found = met(pd.DataFrame([fact]), pd.DataFrame([answer]))
    >>> found.facts["value"].tolist(), found.meetings["used"].tolist()
    ([41.0], ['answer'])
    """
    given = answers[(answers["reply"] == "given") & answers["value"].notna()]
    told = given.rename(columns={"question": "indicator"}).drop(columns="reply")
    years = told["year"].astype("Int64").astype("str").replace("<NA>", "")
    told = told.assign(role="evidence", published=years)
    public = facts[(facts["role"] == "evidence") & facts["value"].notna()]
    newest = public.assign(**_order(public)).sort_values(["newness", "reliability"])
    newest = newest.drop_duplicates(PAIR, keep="last")
    both = told.assign(**_order(told)).merge(newest, on=PAIR, suffixes=("", "_public"))
    answer = both[["newness", "reliability"]].apply(tuple, axis=1)
    known = both[["newness_public", "reliability_public"]].apply(tuple, axis=1)
    wins = (answer >= known).astype(bool)
    low, high = (both[end].fillna(both["value_public"]) for end in ("low", "high"))
    meetings = both[PAIR].assign(
        public_low=low, public=both["value_public"], public_high=high,
        public_year=both["year_public"], public_quality=both["quality_public"],
        answer=both["value"], answer_year=both["year"], unit=both["unit"],
        public_status=both["status_public"], status=both["status"],
        used=wins.map({True: "answer", False: "public"}),
        differs=~both["value"].between(low, high)
        | ((both["unit"] == "presence") & (both["status"] != both["status_public"])),
    )[list(MEETING)]  # fmt: skip
    losing = pd.MultiIndex.from_frame(meetings.loc[~wins.to_numpy(), PAIR])
    gone = pd.MultiIndex.from_frame(meetings.loc[wins.to_numpy(), PAIR])
    is_gone = _pairs(facts).isin(gone) & (facts["role"] == "evidence").to_numpy()
    kept, used = facts[~is_gone], told[~_pairs(told).isin(losing)]
    if used.empty:
        return Met(kept, meetings)
    used = used.reindex(columns=facts.columns).astype(
        {column: kind for column, kind in facts.dtypes.items() if column in facts.columns}
    )
    text = used.columns[[str(kind) in {"str", "object"} for kind in facts.dtypes]]
    used[text] = used[text].where(used[text].notna(), "")
    return Met(pd.concat([kept, used], ignore_index=True), meetings)


def _pairs(table: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[PAIR])


def _order(table: pd.DataFrame) -> dict[str, pd.Series]:
    """How new and how reliable each row is; larger goes before smaller."""
    rank = {quality: -place for place, quality in enumerate(RELIABILITY)}
    newness = pd.to_numeric(table["year"]).astype("float64").fillna(0)
    return {"newness": newness, "reliability": table["quality"].map(rank)}

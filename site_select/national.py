"""Every industrial complex of the country through the rules that its statistics can judge.

Points are centres of counties and shares of root firms are unknown, so complexes are screened here
and never ranked. What a designated complex is known for, the industrial complex around it has too.
"""

from typing import Any

import pandas as pd

from site_select import assessment, economics, listings, messages, screening
from site_select.messages import Text
from site_select.study import Study

INSIDE = ("designation", "root_branch", "own_receiving")  # measures that no statistics tell
LISTED = ["ic_id", "name_ko", "province_en", "county_ko", "type", "operating_firms",
          "unsold_1000m2", "latitude", "longitude", "standing", "not_met",
          "cannot_tell"]  # fmt: skip
STANDINGS = [screening.ELIGIBLE, screening.CANNOT_TELL, screening.NOT_ELIGIBLE]


def judge(study: Study) -> pd.DataFrame:
    """Verdict on every industrial complex by every rule in force, as `screening.verdicts`.

    Root firms are at least those counted in a designated complex inside, and at most the operating
    firms, unless some work in a yard as no tenants. What else a designated complex meets, the
    complex around it meets too; that none is known inside breaks no rule, for a few designated
    complexes are not identified.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    pandas.DataFrame
        By ``ic_id`` and ``rule_id``: ``verdict``, ``found``, ``source``.
    """
    inside = study.complexes["parent_ids"].str.split(";").explode().rename("ic_id")
    rules = assessment.rules(study)
    judged = screening.verdicts(
        *_by_firms(study, inside), study.survey.industrial_complexes, rules
    ).rename_axis(["ic_id", "rule_id"])  # fmt: skip
    untold = rules.index[rules["measure"].isin(INSIDE)]
    known = assessment.screen(study).reset_index("rule_id")
    known = known[known["rule_id"].isin(untold) & (known["verdict"] == screening.MET)]
    met = known.join(inside, how="inner").drop_duplicates(["ic_id", "rule_id"])
    met = met.set_index(["ic_id", "rule_id"])
    is_untold = judged.index.get_level_values("rule_id").isin(untold)
    judged.loc[is_untold, ["verdict", "found"]] = screening.CANNOT_TELL, ""
    judged.update(met[met.index.isin(judged.index)])
    return judged


def _by_firms(study: Study, inside: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Industrial complexes as candidates, no facts, and bounds on their root firms."""
    industrial = study.survey.industrial_complexes.set_index("ic_id", drop=False)
    in_yard = industrial.index.isin(inside[study.complexes["in_yard"].astype(bool)])
    candidates = industrial.assign(
        parent_ids=industrial["ic_id"], branch_set="", branches="", note="", designated_year="",
        in_yard=in_yard,
    )  # fmt: skip
    counted = economics.root_firms(study, drift_per_year=0.0)["low"]
    # a count that spans two complexes is no count of either
    alone = inside[~inside.index.duplicated(keep=False)]
    low = counted.reindex(alone.index).groupby(alone).max().reindex(industrial.index)
    high = industrial["operating_firms"].astype("float64").mask(in_yard)
    bounds = pd.DataFrame({"low": low.fillna(0.0), "value": low, "high": high})
    firms = bounds.assign(source=industrial["source"])
    return candidates, study.survey.complex_facts.iloc[:0], firms


def hurdles(judged: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """How far each complex is from being eligible: rules it breaks, and rules nobody can judge.

    Parameters
    ----------
    judged
        Result of `judge` or `screening.verdicts`.
    rules
        Rules in force, in their order.

    Returns
    -------
    pandas.DataFrame
        ``standing`` (as `screening.status`), ``not_met`` and ``cannot_tell`` (rules, joined by
        ``;``) and ``reason``: the first of them, empty where all rules are met.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["A"], ["x", "y"]], names=["ic_id", "rule_id"])
    >>> judged = pd.DataFrame({"verdict": ["cannot tell", "not met"]}, index=index)
    >>> rules = pd.DataFrame(index=pd.Index(["x", "y"], name="rule_id"))
    >>> hurdles(judged, rules).loc["A"].tolist()
    ['not eligible', 'y', 'x', 'y']
    """
    words = judged["verdict"].unstack("rule_id")[list(rules.index)]
    named = pd.Series([f"{rule};" for rule in words.columns], index=words.columns)
    found = {
        column: ((words == verdict) @ named).str.rstrip(";")
        for column, verdict in (("not_met", screening.NOT_MET), ("cannot_tell",
                                                                 screening.CANNOT_TELL))
    }  # fmt: skip
    first = found["not_met"].where(found["not_met"] != "", found["cannot_tell"])
    return pd.DataFrame(
        {"standing": screening.status(judged), **found, "reason": first.str.split(";").str[0]}
    )


def screened(study: Study) -> pd.DataFrame:
    """Every industrial complex with its statistics, its verdicts and its standing.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    pandas.DataFrame
        Table ``industrial_complexes`` (as `maps.Places` has it) indexed by ``ic_id``, with a column
        of verdicts per rule and the columns of `hurdles`.
    """
    judged, rules = judge(study), assessment.rules(study)
    words = judged["verdict"].unstack("rule_id")[list(rules.index)]
    table = study.survey.industrial_complexes.set_index("ic_id", drop=False)
    return table.join(words).join(hurdles(judged, rules)).rename_axis("ic_id")


def counts(screened: pd.DataFrame, by: str) -> pd.DataFrame:
    """How many complexes of each standing, by a column such as ``province_en`` or ``type``.

    Parameters
    ----------
    screened
        Result of `screened`.
    by
        Column.
    """
    found = pd.crosstab(screened[by], screened["standing"])
    order = found.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return found.reindex(order, columns=STANDINGS, fill_value=0)


def totals(screened: pd.DataFrame) -> dict[str, object]:
    """How many complexes there are and of each standing, and which rules exclude how many."""
    words = screened["standing"].value_counts()
    broken = screened["not_met"].str.split(";").explode().value_counts()
    reasons = [messages.text("national.broken", rule=messages.text(f"long_list.rule.{rule}"),
                             count=int(count))
               for rule, count in broken.items() if rule]  # fmt: skip
    return {"count": len(screened), "reasons": listings.listed(reasons)} | {
        word.replace(" ", "_"): int(words.get(word, 0)) for word in STANDINGS
    }


def province_names(screened: pd.DataFrame) -> "pd.Series[Any]":
    """Name of each province by its English one.

    Parameters
    ----------
    screened
        Result of `screened`.
    """
    pairs = screened[["province_en", "province_ko"]].drop_duplicates().to_numpy()
    return pd.Series({english: Text(korean, english) for english, korean in pairs}, dtype=object)


def by_county(screened: pd.DataFrame) -> pd.DataFrame:
    """How many complexes of each standing at each centre of a county, for a map.

    Parameters
    ----------
    screened
        Result of `screened`.
    """
    keys = ["latitude", "longitude"]
    words = pd.get_dummies(screened["standing"]).reindex(columns=STANDINGS, fill_value=False)
    return words.groupby([screened[key] for key in keys]).sum().reset_index()


def said(hurdles: pd.DataFrame) -> pd.DataFrame:
    """Standing of each complex and the rules behind it, in words.

    Parameters
    ----------
    hurdles
        Result of `hurdles` or `screened`.
    """

    def named(rules: str) -> Text:
        texts = [messages.text(f"long_list.rule.{rule}") for rule in rules.split(";") if rule]
        return listings.listed(texts) if texts else listings.NOTHING

    return pd.DataFrame({
        "standing": [messages.text(f"national.standing.{word.replace(' ', '_')}")
                     for word in hurdles["standing"]],
        "not_met": hurdles["not_met"].map(named), "cannot_tell": hurdles["cannot_tell"].map(named),
    }, index=hurdles.index)  # fmt: skip


def table(screened: pd.DataFrame) -> pd.DataFrame:
    """Complexes as a meeting reads them, those that meet every rule first.

    Parameters
    ----------
    screened
        Result of `screened`.
    """
    order = screened["standing"].map(STANDINGS.index).sort_values(kind="stable").index
    rows = screened.loc[order]
    names = {
        "name": ("name_ko", "name_ko"), "province": ("province_ko", "province_en"),
        "county": ("county_ko", "county_ko"), "kind": ("type_ko", "type"),
    }  # fmt: skip
    frame = pd.DataFrame({
        column: [Text(korean, english.replace("_", " "))
                 for korean, english in rows[list(pair)].set_axis(["ko", "en"], axis=1).to_numpy()]
        for column, pair in names.items()
    }, index=rows.index)  # fmt: skip
    return frame.join(rows[["operating_firms", "unsold_1000m2"]]).join(said(rows))

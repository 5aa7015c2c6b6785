"""What came back, as a meeting reads it: who answered, where answers meet facts, visits, rounds."""

from typing import Any

import pandas as pd

from site_select import messages
from site_select.listings import fact_name, grades_in_words, listed, name_of, quantity
from site_select.messages import Text
from site_select.study import Study

COUNTS = ("consenting", "joining", "orders_used", "orders_set_aside")


def participation(study: Study) -> pd.DataFrame:
    """Firms that answered by complex, most first; counts that could tell on a firm are left out.

    A count is not shown where it, or what it leaves of the firms that answered, is smaller than the
    least number of firms a figure may stand for.
    """
    rows, least = study.survey.participation, study.settings.limits.minimum_firms
    rows = rows.set_index("complex_id").sort_values("answered", ascending=False, kind="stable")

    def shown(count: int, whole: int) -> Text:
        if any(0 < part < least for part in (count, whole - count)):
            return messages.text("responses.few", least=least)
        return messages.formatted(count, "count")

    firms = {name: [shown(count, whole) for count, whole in zip(
        rows[name], rows["answered"], strict=True)] for name in COUNTS[:2]}  # fmt: skip
    return pd.DataFrame({
        "name": study.names[rows.index],
        "answered": [shown(count, count) for count in rows["answered"]],
        **firms,
        **{name: [messages.formatted(count, "count") if whole >= least
                  else messages.text("responses.few", least=least)
                  for count, whole in zip(rows[name], rows["answered"], strict=True)]
           for name in COUNTS[2:]},
    })  # fmt: skip


def meetings(study: Study) -> pd.DataFrame:
    """Where an answer and a public fact speak of the same thing, those that differ first."""
    met = study.meetings
    met = met[met["complex_id"].isin(study.complexes.index)]
    met = met.sort_values("differs", ascending=False, kind="stable").reset_index(drop=True)

    def said(row: "pd.Series[Any]", name: str) -> Text:
        if row["unit"] == "presence":
            status = row["public_status" if name == "public" else "status"]
            planned = "responses.planned" if status == "planned" else "responses.yes"
            return messages.text(planned if row[name] else "responses.no")
        return quantity(row[name], row["unit"])

    def with_year(name: str) -> list[Text]:
        years = ["–" if pd.isna(year) else f"{year:.0f}" for year in met[f"{name}_year"]]
        texts = [said(row, name) for _, row in met.iterrows()]
        return [Text(f"{text.ko} ({year})", f"{text.en} ({year})")
                for text, year in zip(texts, years, strict=True)]  # fmt: skip

    return pd.DataFrame({
        "complex_id": met["complex_id"], "name": met["complex_id"].map(study.names),
        "fact": [fact_name(study, name) for name in met["indicator"]],
        "public": with_year("public"), "quality": grades_in_words(met["public_quality"]),
        "answer": with_year("answer"),
        "used": [messages.text(f"responses.used.{word}") for word in met["used"]],
        "differs": met["differs"].astype(bool),
    }).set_index("complex_id")  # fmt: skip


def returned_said(study: Study) -> Text:
    """Say how many complexes and firms answered."""
    survey = study.survey
    if survey.participation.empty:
        return messages.text("responses.nothing")
    given = int((survey.answers["reply"] == "given").sum())
    answered, least = survey.participation["answered"], study.settings.limits.minimum_firms
    firms = int(answered[answered >= least].sum())  # else the total would tell on the others
    counts = {"complexes": len(answered), "firms": firms, "given": given, "least": least}
    return messages.text("responses.returned", **counts)


def met_said(study: Study) -> Text:
    """Say how often an answer met a public fact, and by which rule one is used."""
    rows = meetings(study)
    if rows.empty:
        return messages.text("responses.nothing_met")
    return messages.text("responses.met", meetings=len(rows), differ=int(rows["differs"].sum()))


def visits(study: Study) -> pd.DataFrame:
    """Scores before and after the visits, the largest changes first, with their reasons."""
    asked = study.survey.questions.set_index("question")
    items = asked.loc[asked["sheet"] == "visit"]
    names = {item: Text(row["text_ko"], row["text_en"]) for item, row in items.iterrows()}
    rows = study.survey.visits
    change = (rows["after"] - rows["before"]).abs().astype("int64")
    rows = rows.loc[change.sort_values(ascending=False, kind="stable").index]
    return pd.DataFrame({
        "complex_id": rows["complex_id"], "name": rows["complex_id"].map(study.names),
        "item": rows["item"].map(names), "before": rows["before"], "after": rows["after"],
        "reason": rows["reason"], "visited_on": rows["visited_on"],
    }).set_index("complex_id")  # fmt: skip


def rounds(study: Study) -> pd.DataFrame:
    """Consistency ratio of each evaluator by round, the largest of the nodes, and interests."""
    rows, declared = study.survey.rounds, study.survey.interests
    worst = rows.groupby(["evaluator", "round"])["consistency_ratio"].max().unstack()
    places: dict[str, list[Text]] = {}
    for _, row in declared[declared["complex_id"].isin(study.names.index)].iterrows():
        places.setdefault(row["evaluator"], []).append(name_of(study, row["complex_id"]))
    ratios = worst.reindex(columns=[1, 2]).astype(object).where(worst.notna(), "–")
    table = ratios.add_prefix("round_")
    none = messages.text("responses.no_interest")
    methods = {
        evaluator: listed([messages.text(f"responses.method.{name}") for name in sorted(set(some))])
        for evaluator, some in rows.groupby("evaluator")["method"]
    }
    interests = [listed(places[name]) if name in places else none for name in table.index]
    said = {
        "method": pd.Series(methods, dtype=object),
        "interests": pd.Series(interests, table.index),
    }
    return table.assign(**said)

"""Facts as a meeting reads them: tables with names, units, quality and source in both languages."""

from typing import Any

import pandas as pd

from site_select import estimates, messages, tables, valuation
from site_select.messages import Text
from site_select.report import source_link, sourced
from site_select.study import Study

TEXT_SHOWN = 160
NOTHING = Text("", "")
WHOLE = {"low": "count", "value": "count", "high": "count"}
LEVELS = {"low": ".1f", "value": ".1f", "high": ".1f"}
PLAIN = {"low": ",.6g", "value": ",.6g", "high": ",.6g"}


def headers(table: str, labels: "pd.Series[Any] | None" = None) -> dict[str, Text]:
    """Headings of a table's columns, from the messages ``headers.TABLE.COLUMN``.

    Parameters
    ----------
    table
        Name of the table in the catalogue.
    labels
        Names of columns that are criteria or indicators.
    """
    named = {} if labels is None else {str(key): text for key, text in labels.items()}
    return named | messages.under(f"headers.{table}.")


def name_of(study: Study, complex_id: str) -> Text:
    """Name a complex with its number, because names look alike."""
    name = study.names[complex_id]
    return Text(f"{name.ko}({complex_id})", f"{name.en} ({complex_id})")


def listed(texts: "list[Text]") -> Text:
    """Join texts as each language joins them."""
    return messages.formatted(texts, "list")


def branch_names(study: Study, codes: str) -> Text:
    """Names of the branches in a cell of codes; unknown where there is none."""
    known = study.survey.branches.set_index("branch")
    names = [Text(*known.loc[code, ["name_ko", "name_en"]]) for code in codes.split(";") if code]
    return listed(names) if names else messages.UNKNOWN


def known_facts(study: Study, facts: pd.DataFrame) -> pd.DataFrame:
    """Facts of the candidates with year, quality, role and source."""
    facts = facts[facts["complex_id"].isin(study.complexes.index)]
    parts = zip(
        [messages.text(f"long_list.stood.{word}") if word else NOTHING for word in facts["status"]],
        [quantity(value, unit) if pd.notna(value) and unit != "presence" else NOTHING
         for value, unit in zip(facts["value"], facts["unit"], strict=True)],
        worded(facts, "text"), worded(facts, "note"), strict=True,
    )  # fmt: skip
    return pd.DataFrame({
        "complex_id": facts["complex_id"], "name": facts["complex_id"].map(study.names),
        "fact": [fact_name(study, name) for name in facts["indicator"]],
        "known": [
            Text(" – ".join(filter(None, (text.ko[:TEXT_SHOWN] for text in some))),
                 " – ".join(filter(None, (text.en[:TEXT_SHOWN] for text in some))))
            for some in parts
        ],
        "year": facts["year"].astype("str").replace("<NA>", ""),
        "quality": grades_in_words(facts["quality"]),
        "role": [messages.text(f"long_list.role.{role}") for role in facts["role"]],
        "source": facts["source"].map(source_link),
    }).set_index("complex_id")  # fmt: skip


def worded(rows: pd.DataFrame, column: str) -> "pd.Series[Any]":
    """Words of a column, in Korean where ``COLUMN_ko`` has them."""
    korean = rows[f"{column}_ko"].where(rows[f"{column}_ko"] != "", rows[column])
    pairs = zip(korean, rows[column], strict=True)
    return pd.Series([Text(*pair) for pair in pairs], rows.index, dtype=object)


def unit_name(unit: str) -> Text:
    """Name a unit by the catalogue, else as it is written."""
    return messages.text_or(f"units.{unit}", unit)


def quantity(value: float, unit: str) -> Text:
    """Write a number with its unit as each language joins them.

    Examples
    --------
    >>> quantity(1200.0, "firms").ko, quantity(1200.0, "m2").ko
    ('1,200개사', '1,200 m²')
    """
    number, name = f"{value:,.12g}", unit_name(unit)
    gap = " " if name.ko[:1].isascii() else ""
    return Text(f"{number}{gap}{name.ko}", f"{number} {name.en}".strip())


def fact_name(study: Study, indicator: str) -> Text:
    """Name a fact by the catalogue, else by the indicator of that name, else as it is written."""
    return messages.text_or(f"facts.{indicator}", study.labels.get(indicator, indicator))


def estimates_table(study: Study, estimate: pd.DataFrame) -> pd.DataFrame:
    """Estimates of one indicator with names, quality and source, known ones first."""
    rows = estimate.sort_values("value", ascending=False, na_position="last")
    return pd.DataFrame({
        "name": study.names[rows.index],
        "low": rows["low"], "value": rows["value"], "high": rows["high"],
        "published": rows["published"].replace("", "–"),
        "quality": grades_in_words(rows["quality"]),
        "source": [sourced(source or "–") for source in rows["source"]],
    }, index=rows.index)  # fmt: skip


def facts_named(study: Study, indicators: list[str]) -> pd.DataFrame:
    """Facts of some indicators only, as `known_facts` lists them."""
    facts = study.survey.complex_facts
    return known_facts(study, facts[facts["indicator"].isin(indicators)])


def branch_texts(study: Study) -> "pd.Series[Any]":
    """Name of every branch, the six classical ones first."""
    frame = study.survey.branches.sort_values("kind", kind="stable").set_index("branch")
    return tables.texts(frame)


def rules(in_force: pd.DataFrame) -> pd.DataFrame:
    """Screening rules in force with their source and quality."""
    return pd.DataFrame({
        "rule": tables.texts(in_force, "text"), "since": in_force["valid_from"],
        "source": in_force["source"].map(source_link),
        "quality": grades_in_words(in_force["quality"]),
    }).reset_index(drop=True)  # fmt: skip


def rule_names(steps: pd.DataFrame) -> "pd.Series[Any]":
    """Each rule in two or three words, for a figure."""
    texts = [messages.text(f"long_list.rule.{rule}") for rule in steps.index]
    return pd.Series(texts, index=steps.index, dtype=object)


def grades_in_words(quality: "pd.Series[Any]") -> "pd.Series[Any]":
    """Quality words in both languages."""
    texts = [messages.text(f"figures.quality.{grade}") for grade in quality]
    return pd.Series(texts, index=quality.index, dtype=object)


def items(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Imported items by branch with their largest origin and concentration, highest first."""
    rows = table.sort_values("value", ascending=False)
    known = set(study.survey.branches["branch"])
    branches = [
        ";".join(code for code in codes.split(";") if code in known) for codes in rows["branches"]
    ]
    return pd.DataFrame({
        "item": [messages.text_or(f"items.{item}", item) for item in rows["item"]],
        "branches": [branch_names(study, codes) for codes in branches],
        "origin": [messages.text_or(f"countries.{origin}", origin) for origin in rows["origin"]],
        "share_percent": rows["share_percent"],
        "low": rows["low"], "high": rows["high"], "year": rows["year"].astype("str"),
        "quality": grades_in_words(rows["quality"]), "source": rows["source"].map(source_link),
    }).reset_index(drop=True)  # fmt: skip


def events(study: Study) -> pd.DataFrame:
    """Dated disruptions, newest first; the list holds only what was found."""
    rows = study.survey.disruptions.sort_values("start", ascending=False)
    return pd.DataFrame({
        "event": worded(rows, "event"),
        "type": [messages.text_or(f"exposures.event.{kind}", kind) for kind in rows["type"]],
        "start": rows["start"], "end": rows["end"].replace("", "–"), "days": rows["days"],
        "effect": worded(rows, "effect"), "source": rows["source"].map(source_link),
    }).reset_index(drop=True)  # fmt: skip


def pilot(study: Study) -> pd.DataFrame:
    """What was published of the pilot, stage by stage, as its sources print it."""
    rows = study.survey.pilot_gwangju
    return pd.DataFrame({
        "stage": [messages.text(f"economics.stage.{stage}") for stage in rows["stage"]],
        "quantity": [messages.text(f"economics.quantity.{name}") for name in rows["quantity"]],
        "low": rows["low"], "value": rows["value"], "high": rows["high"],
        "unit": rows["unit"].map(unit_name),
        "quality": grades_in_words(rows["quality"]), "source": rows["source"].map(source_link),
        "note": worded(rows, "note"),
    }).reset_index(drop=True)  # fmt: skip


def in_thousands(estimate: pd.DataFrame) -> pd.DataFrame:
    """Estimates in thousands of their unit, for an axis."""
    bounds = ["low", "value", "high"]
    return estimate.assign(**{bound: estimate[bound] / 1000 for bound in bounds})


def nearest_ports(study: Study, gates: pd.DataFrame) -> pd.DataFrame:
    """Nearest and second harbour of each complex with fare and distance."""
    first, second = (
        gates[gates["order"] == order].set_index("complex_id").reindex(study.complexes.index)
        for order in (1, 2)
    )
    base_texts = tables.texts(study.survey.fare_bases.set_index("base"))
    return pd.DataFrame({
        "name": study.names, "port": first["base"].map(base_texts), "fare": first["fare_40ft_krw"],
        "km": first["distance_km"], "second_port": second["base"].map(base_texts),
        "second_km": second["distance_km"],
        "matched": [messages.text(f"geography.match.{level}") for level in first["match_level"]],
        "source": first["source"].map(source_link),
    })  # fmt: skip


def sea_routes(study: Study) -> pd.DataFrame:
    """Nautical miles with the canals open and closed, to Busan New Port."""
    routes = study.survey.sea_routes
    to_busan = routes[(routes["destination"] == "busan_new") & routes["distance_nm"].notna()]
    wide = to_busan.pivot(index="origin", columns="route", values="distance_nm")
    shown = wide[["shortest", "suez_closed", "suez_and_panama_closed"]].sort_values("shortest")
    names = [place_name(str(origin)) for origin in shown.index]
    return shown.set_index(pd.Index(names, dtype=object, name="origin"))


def place_name(name: str) -> Text:
    """Name a place abroad by the catalogue, else as it is written."""
    return messages.text_or(f"places.{name}", name)


def undated_facts(study: Study) -> Text:
    """Undated facts that could enter a score, as ``complex: fact``."""
    facts = study.survey.complex_facts
    rows = facts[(facts["published"] == "") & (facts["role"] == "evidence")]
    pairs = zip(rows["complex_id"], rows["indicator"], strict=True)
    said = [
        messages.text("robustness.undated", name=name_of(study, label),
                      fact=fact_name(study, fact))
        for label, fact in pairs
    ]  # fmt: skip
    return listed(said) if said else messages.text("scores.nothing")


def known_values(study: Study, cells: pd.DataFrame, indicators: list[str]) -> pd.DataFrame:
    """Partial value of each known cell, complex by indicator, missing where unknown."""
    used = cells.loc[cells.index.get_level_values("indicator").isin(indicators), ["value"]]
    wide = valuation.partial_values(used, study.criteria)["value"].unstack("indicator")[indicators]
    known = estimates.is_known(cells)[indicators]
    return wide.where(known).loc[wide.sum(axis=1).sort_values(ascending=False).index]


def named(study: Study, indicators: "list[str] | pd.Series[Any]") -> Text:
    """Names of indicators, joined; *none* where there are none."""
    texts = [study.labels[name] for name in indicators]
    return listed(texts) if texts else messages.text("scores.nothing")


def counted(study: Study, cells: pd.DataFrame) -> Text:
    """How many cells of each indicator, joined."""
    counts = cells.index.get_level_values("indicator").value_counts()
    texts = [
        Text(f"{study.labels[name].ko} {count}", f"{study.labels[name].en} {count}")
        for name, count in zip(map(str, counts.index), counts, strict=True)
    ]
    return listed(texts) if texts else messages.text("scores.nothing")

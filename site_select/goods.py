"""Goods that firms of each root branch could order together, and what a milk run would do for them.

Only what some source says is told: which goods firms order is for a survey to ask.
"""

import re

import pandas as pd

from site_select import assessment, listings, messages, parameters
from site_select.messages import Text
from site_select.report import source_link
from site_select.study import Study

NONE_KNOWN = "none"
# share of the value that air freight takes, assumed: above it nobody flies, below it hardly counts
DEAR, SLIGHT = 0.5, 0.01
ONE_ORIGIN_PERCENT = 50.0
COLUMNS = ["name", "item", "hs", "meaning", "imports", "value_per_kg", "origin", "share_percent",
           "mode", "dangerous", "shelf_life", "quality", "source"]  # fmt: skip


def judged(study: Study) -> pd.DataFrame:
    """Goods by branch with value per weight, largest origin and what a milk run finds there.

    The class compares the value with air freight from Europe to Korea, in the year of the study's
    prices: ``none`` known; ``moved`` from air to sea, as the pilot planned; ``unpriced``; ``bulk``,
    freight above half of the value, so it never flies; ``slight``, freight below 1% of it; else
    ``between``.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    pandas.DataFrame
        Table ``branch_goods`` with ``value_per_kg`` [USD/kg], ``air_share``, ``origin``,
        ``share_percent`` and ``class``.
    """
    table = study.survey.branch_goods
    items = assessment.import_items(study)[["origin", "share_percent"]]
    value_per_kg = table["imports_1000_usd"] / table["imports_t"]
    share = _air_usd_per_kg(study) / value_per_kg
    kind = (
        pd.Series("between", table.index).mask(share > DEAR, "bulk").mask(share < SLIGHT, "slight")
    )
    kind = kind.mask(share.isna(), "unpriced").mask(table["mode"].str.contains(";"), "moved")
    return table.assign(
        **{"class": kind.mask(table["item_id"] == NONE_KNOWN, "none")},
        value_per_kg=value_per_kg, air_share=share,
    ).join(items, on="item_id")  # fmt: skip


def by_branch(study: Study) -> pd.DataFrame:
    """Goods of every branch as a meeting reads them, added techniques marked as scenarios.

    Parameters
    ----------
    study
        The study.
    """
    rows = judged(study)
    hidden = messages.UNKNOWN
    return pd.DataFrame({
        "name": [branch_name(study, branch, kind)
                 for branch, kind in zip(rows["branch"], rows["kind"], strict=True)],
        "item": [Text(*row) for row in zip(rows["item_ko"], rows["item_en"], strict=True)],
        "hs": rows["hs"].replace("", "–"), "imports": rows["imports_1000_usd"] / 1000,
        "value_per_kg": rows["value_per_kg"], "share_percent": rows["share_percent"],
        "origin": [messages.text_or(f"countries.{name}", name) if isinstance(name, str) else hidden
                   for name in rows["origin"]],
        "mode": [listings.listed([messages.text(f"goods.mode.{way}") for way in ways.split(";")])
                 if ways else hidden for ways in rows["mode"]],
        "dangerous": [_dangerous(words) for words in rows["dangerous_goods"]],
        "shelf_life": [Text(words, words) if words else hidden for words in rows["shelf_life"]],
        "meaning": [_meaning(row) for _, row in rows.iterrows()],
        "quality": listings.grades_in_words(rows["quality"]),
        "source": rows["source"].map(source_link),
    })[COLUMNS]  # fmt: skip


def counts(study: Study) -> pd.DataFrame:
    """How many goods of each branch are of which class, dangerous, or mostly of one origin.

    Parameters
    ----------
    study
        The study.
    """
    rows = judged(study)
    known = rows["class"] != "none"
    flags = pd.DataFrame({
        "goods": known, "between": rows["class"].isin(["between", "moved"]),
        "bulk": rows["class"] == "bulk", "slight": rows["class"] == "slight",
        "unpriced": rows["class"] == "unpriced",
        "dangerous": rows["dangerous_goods"].str.startswith("UN"),
        "one_origin": rows["share_percent"] >= ONE_ORIGIN_PERCENT,
    })  # fmt: skip
    sums = flags.groupby(rows["branch"], sort=False).sum()
    kinds = rows.drop_duplicates("branch").set_index("branch")["kind"]
    names = [branch_name(study, str(branch), kinds[branch]) for branch in sums.index]
    sums.insert(0, "name", pd.Series(names, sums.index, dtype=object))
    return sums


def branch_name(study: Study, branch: str, kind: str) -> Text:
    """Name of a branch or of an added technique, the added ones marked as scenarios."""
    known = study.survey.branches.set_index("branch")
    name = (Text(*known.loc[branch, ["name_ko", "name_en"]]) if branch in known.index
            else messages.text(f"goods.technique.{branch}"))  # fmt: skip
    return messages.text("goods.scenario", name=name) if kind == "extension" else name


def _air_usd_per_kg(study: Study) -> float:
    """Air freight from Europe [USD/kg] in the year of the study's prices."""
    tables, year = study.survey, study.settings.logistics.price_year
    rates = parameters.ranges(
        tables.logistics_parameters, tables.exchange_rates, tables.price_levels, price_year=year
    )
    won = tables.exchange_rates.set_index(["currency", "year"])["krw"]
    return float(rates.loc["air_freight_eu", "value"] / won["USD", year])


def _dangerous(words: str) -> Text:
    if words == "no":
        return messages.text("goods.not_dangerous")
    korean = re.sub(r"class ([\d.]+)", r"\1급", words).replace("UN ", "유엔번호 ")
    return Text(korean, words) if words else messages.UNKNOWN


def _meaning(row: pd.Series) -> Text:
    said = [messages.text(
        f"goods.meaning.{row['class']}", value=row["value_per_kg"], share=row["air_share"]
    )]  # fmt: skip
    if row["dangerous_goods"].startswith("UN"):
        number = _dangerous(row["dangerous_goods"])
        said.append(messages.text("goods.meaning.dangerous", number=number))
    if row["share_percent"] >= ONE_ORIGIN_PERCENT:
        origin = messages.text_or(f"countries.{row['origin']}", row["origin"])
        said.append(messages.text(
            "goods.meaning.one_origin", origin=origin, percent=row["share_percent"] / 100
        ))  # fmt: skip
    return Text(" ".join(text.ko for text in said), " ".join(text.en for text in said))

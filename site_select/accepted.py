"""From accepted forms to the tables of a study: codes instead of names, one schema each.

Firms are called by their number on the form. A firm that gave no consent is only counted. An order
whose weight or number a firm does not know, or whose supplier is not among our places, cannot be
compared; it is set aside and counted, never filled in.
"""

import pandas as pd

from site_select import layouts, tables

NEEDED = ("weight_t", "orders_per_year")
WILLING = {"joining": "yes", "undecided": "undecided", "declining": "no"}
KG_PER_T = 1_000


def orders(
    forms: pd.DataFrame, firms: pd.DataFrame, consents: pd.DataFrame, places: pd.DataFrame
) -> pd.DataFrame:
    """Orders of firms that consented, with the columns of table ``orders`` and ``is_used``.

    Parameters
    ----------
    forms, firms, consents
        Table sheets of all accepted forms, with ``form_id, complex_id, source``.
    places
        Table ``overseas_places``; a truck comes from a place in Korea and from nowhere else.
    """
    if forms.empty:
        return tables.empty("orders").assign(is_used=pd.Series(dtype=bool))
    keys = ["complex_id", "firm"]
    years = firms.drop_duplicates(keys).set_index(keys)["year"]
    agreed = consents.drop_duplicates(keys).set_index(keys)["consent"]
    by_firm = pd.MultiIndex.from_frame(forms[keys])
    frame = forms.assign(
        firms=1, year=years.reindex(by_firm).to_numpy(),
        value_krw=forms["weight_t"] * KG_PER_T * forms["price_krw_per_kg"],
    )  # fmt: skip
    frame["value_krw"] = frame["value_krw"].where(frame["value_krw"] > 0)
    frame["incoterm"] = frame["incoterm"].where(frame["incoterm"] != "", "unknown")
    region = forms["supplier"].map(places.set_index("place_id")["region"])
    frame["is_used"] = (
        (agreed.reindex(by_firm) == "yes").to_numpy()
        & (forms["supplier"] != layouts.OTHER).to_numpy()
        & ((forms["mode"] == "truck") == (region == "kr")).to_numpy()
        & forms[list(NEEDED)].notna().all(axis=1).to_numpy()
    )
    return frame.sort_values(["complex_id", "firm", "part", "supplier", "mode"], kind="stable")


def answers(replies: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Answers to questions with the columns of table ``answers``; words stay out.

    Parameters
    ----------
    replies
        Answers of all accepted forms, with ``form_id, complex_id, source``.
    year
        Year an answer speaks of where the form says none.
    """
    if replies.empty:
        return tables.empty("answers")
    where = replies["source"] + ", " + replies["sheet"] + " " + replies["cell"]
    return replies.assign(
        source=where, value=pd.to_numeric(replies["value"]),
        year=pd.to_numeric(replies["year"]).fillna(year).astype("Int64"),
    )  # fmt: skip


def participation(
    firms: pd.DataFrame, consents: pd.DataFrame, ordered: pd.DataFrame
) -> pd.DataFrame:
    """How many firms of each complex answered, consent, would join, and what was set aside.

    Parameters
    ----------
    firms, consents
        Table sheets of all accepted forms.
    ordered
        Result of `orders`.
    """
    if firms.empty:
        return tables.empty("participation")
    by_complex = firms.groupby("complex_id")
    table = pd.DataFrame({"answered": by_complex["firm"].nunique(),
                          "source": by_complex["source"].first()})  # fmt: skip
    complexes = consents["complex_id"]
    counts = {
        "consenting": (consents["consent"] == "yes").groupby(complexes).sum(),
        **{name: (consents["joins"] == word).groupby(complexes).sum()
           for name, word in WILLING.items()},
        "orders_used": ordered.groupby("complex_id")["is_used"].sum(),
        "orders_set_aside": (~ordered["is_used"].astype(bool)).groupby(ordered["complex_id"]).sum(),
    }  # fmt: skip
    filled = {name: count.reindex(table.index).fillna(0).astype("int64")
              for name, count in counts.items()}  # fmt: skip
    return table.assign(**filled).reset_index()


def latest(judgements: pd.DataFrame, rounds: pd.DataFrame) -> pd.DataFrame:
    """Judgements, or interests, of the last round of each evaluator.

    Parameters
    ----------
    judgements
        Of all rounds, with ``evaluator, round``.
    rounds
        Table ``rounds``.
    """
    if judgements.empty:
        return judgements
    last = rounds.groupby("evaluator")["round"].max()
    return judgements[judgements["round"] == judgements["evaluator"].map(last)]


def shaped(name: str, table: pd.DataFrame, quality: str) -> pd.DataFrame:
    """Give a table the columns of its schema; optional ones only where something stands.

    Parameters
    ----------
    name
        Name of the schema.
    table
        Rows with at least the needed columns but ``quality``.
    quality
        Quality of every row.
    """
    schema = tables.schema(name)
    frame = table.assign(quality=quality)
    is_optional = schema["required"] == "optional"
    kept = [
        column for column in schema.index
        if not is_optional[column] or (column in frame and frame[column].notna().any())
    ]  # fmt: skip
    return frame.reindex(columns=kept)

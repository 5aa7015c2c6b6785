"""From accepted forms to the tables of a study."""

import pandas as pd
import pytest

from site_select import accepted, layouts, tables

PLACE = {"form_id": "A", "complex_id": "A", "source": "A, 0123456789ab"}


def sheet(name, *rows):
    frame = pd.DataFrame([{**PLACE, **row} for row in rows])
    return frame.astype({column: kind for column, kind in tables.empty(name).dtypes.items()
                         if column in frame})  # fmt: skip


ORDER = {"firm": "F01", "part": "gas spring", "supplier": "O05", "mode": "air", "incoterm": "FCA",
         "weight_t": 2.0, "orders_per_year": 4.0, "price_krw_per_kg": 20_000.0,
         "lead_time_days": 30.0, "stock_days": None}  # fmt: skip
FIRMS = sheet("form_firms", *({"firm": f"F0{n}", "year": 2026} for n in (1, 2, 3, 4)))
CONSENTS = sheet(
    "form_consents",
    {"firm": "F01", "consent": "yes", "joins": "yes"},
    {"firm": "F02", "consent": "no", "joins": "yes"},
    {"firm": "F03", "consent": "yes", "joins": "undecided"},
    {"firm": "F04", "consent": "yes", "joins": "no"},
)


PLACES = pd.DataFrame({"place_id": ["O05", "K01"], "region": ["eu", "kr"]})


def orders(*rows):
    forms = sheet("form_orders", *({**ORDER, **row} for row in rows))
    return accepted.orders(forms, FIRMS, CONSENTS, PLACES)


def test_value_is_weight_times_price():
    # 2 t at 20,000 won a kilogram
    assert orders({})["value_krw"].tolist() == [40_000_000.0]


def test_unknown_price_leaves_the_value_unknown_and_a_price_of_nothing_too():
    found = orders({"price_krw_per_kg": None}, {"price_krw_per_kg": 0.0, "part": "plate"})
    assert found["value_krw"].isna().all()
    assert found["is_used"].all()


@pytest.mark.parametrize(
    "row",
    [{"firm": "F02"}, {"weight_t": None}, {"orders_per_year": None}, {"supplier": layouts.OTHER},
     {"firm": "F09"}, {"mode": "truck"}],
)  # fmt: skip
def test_order_that_cannot_be_compared_is_set_aside(row):
    assert orders({}, {"part": "plate", **row})["is_used"].tolist().count(False) == 1


def test_orders_meet_the_schema_of_the_study(tmp_path):
    table = accepted.shaped("orders", orders({}), "surveyed")
    table.to_csv(tmp_path / "orders.csv", index=False)
    reading = tables.read(tmp_path / "orders.csv", "orders")
    assert reading.faults == []
    row = reading.table.iloc[0]
    assert (row["complex_id"], row["firm"], row["firms"], row["year"]) == ("A", "F01", 1, 2026)
    assert (row["quality"], row["source"]) == ("surveyed", "A, 0123456789ab")
    assert "stock_days" not in table  # nobody told any: an optional column is left out


def test_term_that_nobody_knows_is_a_word_of_the_table():
    assert orders({"incoterm": ""})["incoterm"].tolist() == ["unknown"]


def test_participation_counts_everyone_and_what_was_set_aside():
    ordered = orders({}, {"firm": "F02"}, {"firm": "F03", "weight_t": None})
    row = accepted.participation(FIRMS, CONSENTS, ordered).iloc[0]
    counts = ("answered", "consenting", "joining", "undecided", "declining", "orders_used",
              "orders_set_aside")  # fmt: skip
    assert [row[name] for name in counts] == [4, 3, 2, 1, 1, 1, 2]


def test_answers_carry_cell_and_hash_and_no_words():
    replies = pd.DataFrame([{
        **PLACE, "question": "root_firms", "reply": "given", "status": "", "value": 41,
        "words": "김 과장에게 물어볼 것", "remark": "010-0000-0000", "unit": "firms", "year": None,
        "sheet": "단지", "cell": "D6",
    }])  # fmt: skip
    table = accepted.shaped("answers", accepted.answers(replies, year=2027), "surveyed")
    assert list(table.columns) == list(tables.schema("answers").index)
    assert table.iloc[0].tolist() == [
        "A", "root_firms", "given", "", 41, "firms", 2027, "A, 0123456789ab, 단지 D6", "surveyed",
    ]  # fmt: skip


def test_last_round_of_each_evaluator_counts():
    rounds = pd.DataFrame({"evaluator": ["E1", "E1", "E2"], "round": [1, 2, 1]})
    judged = rounds.assign(ratio=[3.0, 5.0, 7.0])
    assert accepted.latest(judged, rounds)["ratio"].tolist() == [5.0, 7.0]


def test_nothing_returned_gives_empty_tables():
    nothing = pd.DataFrame()
    assert accepted.orders(nothing, nothing, nothing, PLACES).empty
    assert accepted.answers(nothing, year=2027).empty
    assert accepted.participation(nothing, nothing, tables.empty("orders")).empty
    assert accepted.latest(nothing, nothing).empty

"""What cannot be true of a returned form."""

import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_select import crosschecks, layouts, tables

ORDER = {"firm": "F01", "part": "가스 스프링", "origin": "SE", "supplier": "O05", "incoterm": "FCA",
         "weight_t": 8.0, "orders_per_year": 4.0, "lot_t": 2.0, "mode": "air",
         "price_krw_per_kg": 12_000.0}  # fmt: skip
PART = {"firm": "F01", "part": "가스 스프링", "weight_t": 10.0, "air_share_percent": 80.0,
        "sea_share_percent": 0.0, "domestic_share_percent": 20.0}  # fmt: skip
FIRM = {"firm": "F01", "name": "가상정밀", "business_number": "124-81-00998", "branch": "mold",
        "year": 2026}  # fmt: skip
CONSENT = {"firm": "F01", "joins": "yes", "consent": "yes"}


def table(name, *rows, first=layouts.FIRST_ROW):
    """Rows typed by the schema, indexed by the row of the sheet."""
    empty = tables.empty(name)
    nothing = {column: np.nan if kind.kind == "f" else pd.NA if str(kind) == "Int64" else ""
               for column, kind in empty.dtypes.items()}  # fmt: skip
    frame = pd.DataFrame([nothing | row for row in rows], columns=empty.columns)
    return frame.set_axis(range(first, first + len(rows))).astype(empty.dtypes.to_dict())


def form(*, firms=(FIRM,), parts=(PART,), orders=(ORDER,), consents=(CONSENT,)):
    return {"form_firms": table("form_firms", *firms), "form_parts": table("form_parts", *parts),
            "form_orders": table("form_orders", *orders),
            "form_consents": table("form_consents", *consents)}  # fmt: skip


def found(**changes):
    """Sheet and cell of each flaw, with a question mark for queries."""
    return [f"{flaw.sheet}!{flaw.cell}{'?' * flaw.is_query}"
            for flaw in crosschecks.within(form(**changes))]  # fmt: skip


def only(**changes):
    (flaw,) = crosschecks.within(form(**changes))
    return flaw


def order(**changes):
    return {"orders": [ORDER | changes]}


def part(**changes):
    return {"parts": [PART | changes]}


# business numbers


@pytest.mark.parametrize(
    "number",
    [
        "124-81-00998",  # Samsung Electronics, as printed on its pages
        "220-81-62517",  # Naver, as printed on its pages
        "123-45-67891",  # worked out step by step at https://hongpage.kr/96
        "116-82-00276", "1348672683",  # examples of python-stdnum, stdnum.kr.brn
        "120-81-47521",  # example of the Java library kbrn
        "7684934401", "7239800357", "2054105020",  # random, accepted by the npm package stdnum
        "１２４－８１－００９９８", " 124 81 00998 ",
    ],
)  # fmt: skip
def test_published_business_numbers_are_valid(number):
    assert crosschecks.is_business_number(number)


@pytest.mark.parametrize(
    "number",
    ["", "F01", "124-81-0099", "124-81-009988", "124-81-0099O", "٣٤٥٦٧٨٩٠١٢"],
)
def test_what_is_no_ten_digits_is_no_business_number(number):
    assert not crosschecks.is_business_number(number)


@given(st.integers(0, 10**9 - 1), st.integers(0, 9))
def test_one_check_digit_of_ten_fits_and_one_digit_miscopied_of_the_first_eight_is_seen(
    nine, other
):
    """Weights 1, 3 and 7 have no factor in common with ten, so every change shows."""
    valid = [f"{nine:09d}{last}" for last in range(10)
             if crosschecks.is_business_number(f"{nine:09d}{last}")]  # fmt: skip
    assert len(valid) == 1
    for place in range(8):
        changed = f"{valid[0][:place]}{other}{valid[0][place + 1 :]}"
        assert crosschecks.is_business_number(changed) == (changed == valid[0])


def test_check_digit_and_form_of_business_number_are_told_apart():
    wrong, short = (only(firms=[FIRM | {"business_number": number}])
                    for number in ("124-81-00997", "124-81"))  # fmt: skip
    assert (wrong.sheet, wrong.cell, wrong.is_query) == ("기업", "C6", False)
    assert "'124-81-00997', whose last digit" in wrong.found.en
    assert short.allowed.en == "ten digits, such as 123-45-67890"


def test_a_business_number_twice_in_a_form_is_a_flaw_however_it_is_written():
    twin = FIRM | {"firm": "F02", "business_number": "1248100998"}
    flaw = only(firms=[FIRM, twin])
    assert (flaw.cell, flaw.found.en) == ("C7", "'1248100998', the number of the firm in row 6")


def test_what_the_reader_could_not_read_is_not_found_wrong_again():
    assert found(firms=[FIRM | {"business_number": ""}]) == []
    assert found(**order(mode="", origin="KR")) == []
    assert found(**order(mode="truck", origin=""), **part(air_share_percent=0.0,
                 domestic_share_percent=100.0)) == []  # fmt: skip
    assert found(**order(firm=""), consents=[]) == []
    assert found(**order(weight_t=math.nan)) == []


# sheets that do not know each other


def test_a_sound_form_has_no_flaw_nor_has_one_without_answers():
    assert found() == []
    assert found(firms=[], parts=[], orders=[], consents=[]) == []
    assert crosschecks.within({}) == []


def test_a_firm_that_is_not_on_the_sheet_of_firms_is_named_on_every_sheet():
    other = {"firm": "F02"}
    places = found(parts=[PART, PART | other], orders=[ORDER, ORDER | other],
                   consents=[CONSENT, CONSENT | other])  # fmt: skip
    assert places == ["품목!A7", "주문!A7", "참여동의!A7"]


def test_a_part_of_another_firm_is_not_this_firms_part():
    second = FIRM | {"firm": "F02", "business_number": "220-81-62517"}
    consents = [CONSENT, CONSENT | {"firm": "F02"}]
    assert found(firms=[FIRM, second], orders=[ORDER, ORDER | {"firm": "F02"}],
                 consents=consents) == ["주문!B7"]  # fmt: skip


def test_parts_are_compared_as_a_spreadsheet_compares_them():
    spelt = {"parts": [PART | {"part": "Gas ＳＰring"}], "orders": [ORDER | {"part": "gas spring"}]}
    assert found(**spelt) == []
    assert found(**order(part="가스스프링")) == ["품목!C6?", "주문!B6"]


def test_consent_is_asked_of_whoever_orders_and_no_is_an_answer():
    assert found(consents=[CONSENT | {"consent": "no"}]) == []
    flaw = only(consents=[])
    assert (flaw.sheet, flaw.cell) == ("기업", "A6")
    assert "참여동의" in flaw.found.en
    assert found(consents=[], orders=[], parts=[]) == []


# shares and totals


def test_three_shares_sum_to_100_within_half_a_point():
    assert found(**part(sea_share_percent=0.5)) == []
    assert only(**part(sea_share_percent=0.6)).found.en == "shares that sum to 100.6%"
    assert only(**part(domestic_share_percent=19.0)).is_query is False
    assert found(**part(domestic_share_percent=19.6)) == []


def test_one_or_two_shares_are_asked_about_unless_they_are_too_many():
    assert found(**part(sea_share_percent=math.nan)) == ["품목!E6?"]
    assert found(**part(sea_share_percent=math.nan, domestic_share_percent=math.nan)) == [
        "품목!E6?"
    ]
    assert found(**part(sea_share_percent=math.nan, domestic_share_percent=21.0)) == ["품목!D6"]
    nothing = dict.fromkeys(("air_share_percent", "sea_share_percent", "domestic_share_percent"))
    assert found(**part(**nothing)) == []


def test_imports_are_the_use_without_the_domestic_share_within_a_tenth():
    """10 t a year of which a fifth comes from Korea: 8 t are imported."""
    for weight, places in (
        (8.0, []),
        (7.2, []),
        (8.8, []),
        (7.1, ["품목!C6?"]),
        (8.9, ["품목!C6?"]),
    ):
        assert found(**order(weight_t=weight, lot_t=weight / 4)) == places
    flaw = only(**order(weight_t=4.0, lot_t=1.0))
    assert flaw.found.en == "imports of 4 t/year on the sheet of orders"
    assert flaw.allowed.en == "use a year × (1 - share from Korea) = 8 t/year (±10%)"


def test_domestic_orders_are_no_imports_and_a_part_without_orders_is_asked_about():
    truck = ORDER | {"origin": "KR", "mode": "truck", "weight_t": 2.0, "lot_t": 0.5}
    assert found(orders=[ORDER, truck]) == []
    assert found(parts=[PART, PART | {"part": "볼트"}]) == ["품목!C7?"]
    assert found(orders=[]) == []  # nothing ordered by anybody: the sheet was not filled


def test_without_a_domestic_share_only_too_many_imports_are_asked_about():
    shares = {"air_share_percent": math.nan, "sea_share_percent": math.nan,
              "domestic_share_percent": math.nan}  # fmt: skip
    assert found(parts=[PART | shares]) == []
    assert found(parts=[PART | shares | {"weight_t": 5.0}]) == ["품목!C6?"]


def test_orders_by_air_are_compared_with_the_share_by_air():
    flaw = only(**order(mode="sea_lcl"))
    assert (flaw.cell, flaw.is_query) == ("D6", True)
    assert flaw.found.en == "orders by air of 0 t/year"
    assert flaw.allowed.en == "use a year × share by air = 8 t/year (±10%)"


def test_totals_wait_for_every_order_of_the_part():
    assert found(orders=[ORDER, ORDER | {"supplier": "O06", "weight_t": math.nan}]) == []


# single orders


@pytest.mark.parametrize(
    ("lot", "weight", "cell", "mended"),
    [
        (2_000.0, 8.0, "N6", "2 t"),  # lot in kg
        (2.0, 8_000.0, "J6", "8 t"),  # weight in kg
        (1_900.0, 8.0, "N6", "1.9 t"),  # within a tenth of a thousand
        (1.0, 8.0, "N6", "whichever"),
        (0.0, 8.0, "N6", "whichever"),
        (20.0, 8.0, "N6", "whichever"),
    ],
)
def test_orders_times_lot_is_the_weight_and_a_thousand_is_said(lot, weight, cell, mended):
    flaws = crosschecks.within(form(**order(lot_t=lot, weight_t=weight)))
    (flaw,) = [flaw for flaw in flaws if flaw.sheet == "주문"]
    assert (flaw.cell, flaw.is_query) == (cell, False)
    assert mended in flaw.remedy.en


def test_orders_times_lot_may_be_a_tenth_off():
    assert found(**order(lot_t=2.2)) == []
    assert found(**order(lot_t=1.8)) == []
    assert found(**order(lot_t=2.21)) == ["주문!N6"]
    assert found(**order(lot_t=math.nan)) == []


@pytest.mark.parametrize(
    ("price", "place"),
    [(499.0, ["주문!R6?"]), (500.0, []), (3_000_000.0, []), (3_000_001.0, ["주문!R6?"]),
     (0.0, ["주문!R6?"]), (math.nan, [])],
)  # fmt: skip
def test_unusual_prices_are_asked_about(price, place):
    assert found(**order(price_krw_per_kg=price)) == place


def test_the_likely_slip_of_a_price_or_weight_is_said():
    assert "KRW 12,000" in only(**order(price_krw_per_kg=12.0)).remedy.en
    heavy = form(parts=[PART | {"weight_t": 10_000.0}], orders=[])
    (flaw,) = crosschecks.within(heavy)
    assert (flaw.cell, flaw.is_query) == ("C6", True)
    assert "correct it to 10 t" in flaw.remedy.en
    assert "10 t로" in flaw.remedy.ko


def test_a_truck_crosses_no_border_and_nothing_flies_from_korea():
    assert only(**order(mode="truck"), **part(air_share_percent=0.0, domestic_share_percent=100.0)
                ).found.en == "a truck from SE"  # fmt: skip
    assert only(**order(origin="KR")).cell == "O6"


# laws


def drawn(seed, count=40):
    """Orders and parts with slips of every kind."""
    generator = np.random.default_rng(seed)
    names = [f"F{number:02d}" for number in range(1, 7)]
    orders = [
        {"firm": generator.choice(names), "part": f"p{generator.integers(3)}",
         "origin": generator.choice(["SE", "KR"]), "supplier": "O05", "incoterm": "FCA",
         "mode": generator.choice(["air", "sea_lcl", "truck"]),
         "weight_t": generator.choice([1.0, 8.0, 700.0]), "orders_per_year": 4.0,
         "lot_t": generator.choice([0.25, 2.0, 2_000.0]),
         "price_krw_per_kg": generator.choice([12.0, 12_000.0])} for _ in range(count)
    ]  # fmt: skip
    parts = [PART | {"firm": name, "part": f"p{number}", "weight_t": generator.uniform(1, 30)}
             for name in names[:4] for number in range(3)]  # fmt: skip
    firms = [FIRM | {"firm": name} for name in names[:5]]
    consents = [CONSENT | {"firm": name} for name in names[1:]]
    return form(firms=firms, parts=parts, orders=orders, consents=consents)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_does_not_matter(seed):
    forms = drawn(seed)
    turned = {name: frame.iloc[::-1] for name, frame in forms.items()}

    def said(flaws):  # of two equal numbers the later is named
        return sorted(str(flaw) for flaw in flaws if (flaw.sheet, flaw.letter) != ("기업", "C"))

    assert said(crosschecks.within(forms)) == said(crosschecks.within(turned))


@pytest.mark.parametrize("seed", range(5))
def test_in_other_units_the_same_totals_and_lots_are_wrong(seed):
    forms = drawn(seed)
    smaller = {name: frame.assign(**{column: frame[column] / 1_000
                                     for column in ("weight_t", "lot_t") if column in frame})
               for name, frame in forms.items()}  # fmt: skip

    def places(flaws):
        return {(flaw.sheet, flaw.cell, flaw.allowed.en.partition("=")[0])
                for flaw in flaws if "usually" not in flaw.allowed.en
                and "weight a year," not in flaw.allowed.en}  # fmt: skip

    ours = places(crosschecks.within(forms))
    assert ours == places(crosschecks.within(smaller))
    assert len(ours) > 10


def test_a_query_on_a_cell_gives_way_to_a_flaw_and_all_stand_in_the_order_of_the_sheets():
    flaws = crosschecks.within(drawn(3))
    wrong = {flaw[:3] for flaw in flaws if not flaw.is_query}
    assert not any(flaw[:3] in wrong for flaw in flaws if flaw.is_query)
    titles = [sheet.title for sheet in layouts.TABLE_SHEETS]
    places = [(titles.index(flaw.sheet), flaw.row) for flaw in flaws]
    assert places == sorted(places)


HOSTILE = ["<script>alert(1)</script>", '=HYPERLINK("http://x")', "\u202eabc", "가" * 10_000,
           "{found}", "{0.__class__}", "\x00", "' OR 1=1"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_stays_text(text):
    flaws = crosschecks.within(form(
        firms=[FIRM | {"firm": text, "name": text, "business_number": text}],
        parts=[PART | {"firm": text + "2", "part": text}],
        orders=[ORDER | {"firm": text + "3", "part": text, "origin": text, "mode": "truck"}],
        consents=[CONSENT | {"firm": text + "4"}],
    ))  # fmt: skip
    assert {flaw.sheet for flaw in flaws} == {"기업", "품목", "주문", "참여동의"}
    assert sum(text in flaw.found.ko for flaw in flaws) >= 4


# between forms


def orders_of(form_id, firm, *rows):
    return table("form_orders", *(ORDER | row | {"firm": firm} for row in rows)).assign(
        form_id=form_id, complex_id=form_id
    )


def firms_of(form_id, *numbers):
    rows = [FIRM | {"firm": f"F{place:02d}", "business_number": number}
            for place, number in enumerate(numbers, start=1)]  # fmt: skip
    return table("form_firms", *rows).assign(form_id=form_id, complex_id=form_id)


def joined(*parts):
    return pd.concat(parts, ignore_index=True)


def survey(seed, firms, orders=3):
    """Plausible orders: suppliers set price and lead time, firms write round numbers."""
    generator = np.random.default_rng(seed)
    of = np.repeat(np.arange(firms), 1 + generator.poisson(orders - 1, firms))
    count, supplier = len(of), generator.zipf(1.6, len(of)) % 60
    table_ = tables.empty("form_orders").reindex(range(count))
    table_[["part", "hs_code", "origin", "channel", "importer", "brand_prescribed", "incoterm",
            "dangerous_goods"]] = "x"  # fmt: skip
    lots = generator.choice([0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.8, 1, 1.2, 1.5, 2, 3, 5], count)
    times = generator.choice([1, 2, 3, 4, 6, 12, 24, 52], count).astype(float)
    table_ = table_.assign(
        form_id=[f"C{number // 25:04d}" for number in of],
        firm=[f"F{number % 25 + 1:02d}" for number in of],
        supplier=[f"O{number:02d}" for number in supplier],
        mode=generator.choice(["air", "sea_lcl", "sea_fcl20"], count),
        orders_per_year=times, lot_t=lots, weight_t=(times * lots).round(6),
        packed_m3=(times * lots * 3).round(2),
        lead_time_days=generator.choice([7.0, 10, 14, 21, 30, 45, 60, 90], 60)[supplier],
        lead_time_deviation_days=generator.choice([2.0, 3, 5, 7, 10], count),
        price_krw_per_kg=generator.choice([12_000.0, 15_500, 23_400, 50_000, 8_700], 60)[supplier],
        payment_days=generator.choice([0.0, 30, 60, -30], 60)[supplier],
        stock_days=generator.choice([10.0, 15, 20, 30, 45, 60, 90], count),
        other_suppliers=pd.array(generator.choice([0, 1, 2, 3], count), dtype="Int64"),
        qualify_days=generator.choice([30.0, 60, 90, 180], 60)[supplier],
    )  # fmt: skip
    for name in ("packed_m3", "price_krw_per_kg", "stock_days", "qualify_days", "lot_t"):
        table_.loc[generator.random(count) > 0.8, name] = np.nan
    return table_


NO_FIRMS = table("form_firms").assign(form_id="")
ODD = [{"weight_t": 7.35, "orders_per_year": 11.0, "lot_t": 0.668, "lead_time_days": 37.0,
        "price_krw_per_kg": 13_870.0, "stock_days": 23.0, "payment_days": 41.0},
       {"weight_t": 1.28, "orders_per_year": 3.0, "lot_t": 0.427, "lead_time_days": 52.0,
        "price_krw_per_kg": 41_250.0, "stock_days": 64.0, "payment_days": 17.0}]  # fmt: skip
ROUND = [{"weight_t": 2.0, "orders_per_year": 4.0, "lot_t": 0.5, "price_krw_per_kg": 10_000.0}]


def test_one_business_number_on_two_forms_is_asked_of_both_by_code_only():
    firms = joined(firms_of("A", "124-81-00998", "220-81-62517"), firms_of("B", "1248100998"))
    queries = crosschecks.between(firms, pd.DataFrame())
    assert list(queries) == list(crosschecks.QUERY)
    assert queries.iloc[:, :5].to_numpy().tolist() == [
        ["A", "F01", "same_number", "B", "F01"], ["B", "F01", "same_number", "A", "F01"],
    ]  # fmt: skip
    said = " ".join([*queries["said_ko"], *queries["said_en"]])
    assert "00998" not in said
    assert "가상정밀" not in said
    assert "firm F01 has the business number of firm F01 on form B" in said


def test_numbers_that_are_none_and_single_ones_are_not_compared():
    firms = joined(
        firms_of("A", "", "124", "124-81-00998"), firms_of("B", "", "124", "220-81-62517")
    )
    assert crosschecks.between(firms, pd.DataFrame()).empty
    assert crosschecks.between(pd.DataFrame(), pd.DataFrame()).empty
    assert crosschecks.between(NO_FIRMS, table("form_orders").assign(form_id="")).empty


def test_many_forms_with_one_number_make_a_chain_and_not_every_pair():
    firms = joined(*(firms_of(f"C{number:03d}", "124-81-00998") for number in range(100)))
    assert len(crosschecks.between(firms, pd.DataFrame())) == 2 * 99


def test_two_odd_orders_of_two_firms_are_copied_whatever_the_parts_are_called():
    other = [row | {"part": f"볼트 {number}"} for number, row in enumerate(reversed(ODD))]
    orders = joined(orders_of("A", "F01", *ODD), orders_of("B", "F07", *other))
    queries = crosschecks.between(NO_FIRMS, orders)
    assert queries.iloc[:, :5].to_numpy().tolist() == [
        ["A", "F01", "copied", "B", "F07"], ["B", "F07", "copied", "A", "F01"],
    ]  # fmt: skip
    assert queries["said_en"][0] == (
        "all 14 numbers in 2 orders of firm F01 are those of firm F07 on form B: were they copied?"
    )
    assert "기업 F07과 모두 같음" in queries["said_ko"][0]


def test_one_order_with_many_odd_numbers_is_enough_within_a_form_too():
    orders = joined(orders_of("A", "F01", ODD[0]), orders_of("A", "F02", ODD[0]))
    assert crosschecks.between(NO_FIRMS, orders)["kind"].tolist() == ["copied", "copied"]


def test_round_commonplaces_and_nearly_equal_orders_are_not_copies():
    orders = joined(orders_of("A", "F01", *ROUND), orders_of("B", "F01", *ROUND))
    assert crosschecks.between(NO_FIRMS, orders).empty
    near = [row | {"weight_t": row["weight_t"] + 0.01} for row in ODD]
    orders = joined(orders_of("A", "F01", *ODD), orders_of("B", "F01", *near))
    assert crosschecks.between(NO_FIRMS, orders).empty


def test_a_firm_that_repeats_its_own_orders_copies_nobody():
    orders = orders_of("A", "F01", *ODD, *(row | {"part": "다른 것"} for row in ODD))
    assert crosschecks.between(NO_FIRMS, orders).empty


def test_what_everybody_writes_is_no_copy():
    same = survey(1, 300)
    numbers = same.select_dtypes("float").columns
    lazy = same.assign(
        **dict.fromkeys(numbers, 7.25), other_suppliers=pd.array([2] * len(same), "Int64")
    )
    assert (crosschecks.between(NO_FIRMS, lazy)["kind"] != "copied").all()


@pytest.mark.parametrize("firms", [5, 40, 300, 2_000])
def test_independent_firms_are_hardly_ever_called_copies(firms):
    """Promised is one false alarm in more than 100 surveys; none is seen in 12."""
    assert [len(crosschecks.between(NO_FIRMS, survey(seed, firms))) for seed in range(12)] == [
        0
    ] * 12


def test_many_orders_give_no_firm_many_chances_to_be_called_a_copy():
    alike = [len(crosschecks.between(NO_FIRMS, survey(seed, 20, orders=40))) for seed in range(6)]
    assert alike == [0] * 6


@pytest.mark.parametrize("firms", [5, 40, 300])
def test_most_copies_of_three_orders_or_more_are_seen(firms):
    seen = []
    for seed in range(10):
        orders = survey(seed, firms)
        sizes = orders.groupby(["form_id", "firm"]).size()
        form_id, firm = sizes[sizes >= 3].index[0]
        mine = orders[(orders["form_id"] == form_id) & (orders["firm"] == firm)]
        queries = crosschecks.between(
            NO_FIRMS, joined(orders, mine.assign(form_id="Z", firm="F01"))
        )
        kinds = queries.loc[queries["form_id"] == "Z", ["kind", "other_form", "other_firm"]]
        seen.append(["copied", form_id, firm] in kinds.to_numpy().tolist())
    assert sum(seen) >= 9


def test_the_order_of_rows_does_not_matter_between_forms():
    orders = joined(survey(1, 50), orders_of("Y", "F01", *ODD), orders_of("Z", "F01", *ODD))
    turned = orders.sample(frac=1, random_state=2)
    ours, theirs = (crosschecks.between(NO_FIRMS, rows) for rows in (orders, turned))
    assert len(ours) >= 4
    pd.testing.assert_frame_equal(ours, theirs)


def test_a_whole_sheet_of_another_form_is_seen_in_any_order_of_rows():
    rows = [ODD[0] | {"weight_t": float(number), "stock_days": 30.0} for number in range(1, 4)]
    orders = joined(orders_of("A", "F01", *rows), orders_of("B", "F01", *reversed(rows)),
                    orders_of("C", "F01", *rows[:2]))  # fmt: skip
    queries = crosschecks.between(NO_FIRMS, orders)
    sheets = queries[queries["kind"] == "same_sheet"]
    assert sheets[["form_id", "other_form", "firm"]].to_numpy().tolist() == [
        ["A", "B", ""], ["B", "A", ""],
    ]  # fmt: skip
    assert "(3 rows) is that of form B" in sheets["said_en"].iloc[0]


def test_thirty_thousand_firms_with_a_hundred_thousand_orders_take_seconds():
    orders = survey(1, 30_000)
    firms = orders[["form_id", "firm"]].drop_duplicates().assign(business_number="1248100998")
    started = time.perf_counter()
    crosschecks.between(firms, orders)
    assert time.perf_counter() - started < 10  # about 0.7 when nothing else runs


# against public facts


def against(answers, *, facts=(), working=100, importing=None, parents="I1;I2"):
    replies = pd.DataFrame(
        [{"complex_id": "A", "form_id": "A-1", "question": question, "reply": "given",
          "status": "absent" if value == "no" else "", "value": None if value == "no" else value}
         for question, value in answers.items()]
    )  # fmt: skip
    shaped = pd.DataFrame(
        [{"complex_id": "A", "indicator": "", "status": "existing", "low": math.nan, "value": 1.0,
          "high": math.nan, "unit": "firms", "year": 2020, "role": "evidence", "source": "B"} | fact
         for fact in facts], columns=["complex_id", "indicator", "status", "low", "value", "high",
                                      "unit", "year", "role", "source"])  # fmt: skip
    statistics = pd.DataFrame({"ic_id": ["I1", "I2"], "operating_firms": [working, 0]})
    complexes = pd.DataFrame({"complex_id": ["A"], "parent_ids": [parents]})
    counts = None if importing is None else pd.Series({"A": importing})
    return crosschecks.against_facts(replies, shaped, statistics, complexes, importing=counts)


def kinds(answers, **others):
    return against(answers, **others)["kind"].tolist()


@pytest.mark.parametrize(("said", "asked"), [(14, True), (15, False), (60, False), (61, True)])
def test_root_firms_are_asked_about_beyond_half_and_twice_what_is_public(said, asked):
    facts = [{"indicator": "root_firms", "value": 30.0}]
    assert kinds({"root_firms": said}, facts=facts) == ["root_firms"] * asked


def test_a_public_range_and_several_facts_widen_what_is_not_asked_about():
    facts = [{"indicator": "root_firms", "value": 30.0, "low": 20.0, "high": 35.0},
             {"indicator": "root_firms", "value": 50.0}]  # fmt: skip
    assert [said for said in (9, 10, 100, 101) if kinds({"root_firms": said}, facts=facts)] == [
        9,
        101,
    ]


def test_planned_firms_and_outcomes_of_the_pilot_are_no_public_count():
    for change in ({"status": "planned"}, {"role": "outcome"}, {"complex_id": "B"}):
        assert (
            kinds({"root_firms": 300}, facts=[{"indicator": "root_firms", "value": 30.0} | change])
            == []
        )


def test_root_firms_tenants_and_firms_at_work_come_in_this_order():
    assert kinds({"root_firms": 40, "tenant_firms": 40}) == []
    assert kinds({"root_firms": 41, "tenant_firms": 40}) == ["more_roots"]
    assert kinds({"tenant_firms": 100}) == []
    assert kinds({"tenant_firms": 101}) == ["tenants"]
    assert kinds({"tenant_firms": 101}, parents="I1;I9") == []  # one parent is not known
    assert kinds({"tenant_firms": 101}, parents="") == []


def test_more_firms_that_ordered_than_firms_that_import_are_asked_about():
    assert kinds({"importing_firms": 7}, importing=7) == []
    assert kinds({"importing_firms": 7}, importing=6) == []  # not every firm fills in a form
    assert kinds({"importing_firms": 7}, importing=8) == ["importing"]
    assert kinds({"importing_firms": 7}) == []
    said = against({"importing_firms": 1}, importing=8)["said_en"][0]
    assert said == "1 importing firm by the answer, but orders from abroad were written for 8"


def test_no_is_asked_about_where_a_public_fact_says_it_stands():
    fact = {"indicator": "ordering_body", "unit": "presence", "year": 2019, "source": "신문"}
    facts = [fact, fact | {"year": 2021}, fact | {"year": 2015}, fact | {"year": None}]
    queries = against({"ordering_body": "no"}, facts=facts)
    assert queries[["form_id", "firm", "kind", "other_form"]].to_numpy().tolist() == [
        ["A-1", "", "stands", ""]
    ]
    assert "(2021; 신문)" in queries["said_ko"][0]
    assert kinds({"ordering_body": 1.0}, facts=[fact]) == []
    assert kinds({"ordering_body": "no"}, facts=[fact | {"status": "planned"}]) == []
    assert kinds({"joint_purchasing": "no"}, facts=[fact]) == []
    assert (
        "(unknown; 신문)"
        in against({"ordering_body": "no"}, facts=[fact | {"year": None}])["said_en"][0]
    )


def test_what_was_refused_or_not_asked_is_not_compared():
    replies = tables.empty("answers")
    nothing = crosschecks.against_facts(replies, replies, replies, replies)
    assert list(nothing) == list(crosschecks.QUERY)
    row = {"complex_id": "A", "question": "tenant_firms", "reply": "refused", "value": 500.0}
    refused = replies.reindex([0]).assign(**row)
    statistics = pd.DataFrame({"ic_id": ["I1"], "operating_firms": [100]})
    facts = tables.empty("complex_facts")
    complexes = pd.DataFrame({"parent_ids": ["I1"]}, index=["A"])
    assert crosschecks.against_facts(refused, facts, statistics, complexes).empty

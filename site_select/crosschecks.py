"""What cannot be true of a returned form: within it, between forms, against public facts.

Flaws are wrong whatever the truth is; queries may be right and are asked about.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from site_select import layouts, messages, tables
from site_select.layouts import Flaw

KG_PER_T = 1_000  # and won in a thousand won
TOTAL_TOLERANCE = 0.10  # orders of a part against its use a year
ROOT_FIRMS_TIMES = 2.0  # how far an answer may be from the public number of root firms
QUERY = ("form_id", "firm", "kind", "other_form", "other_firm", "said_ko", "said_en")
# Copied answers: see `between`.
MARGIN_BITS = 7.0
PRIOR_ORDERS = 20.0
LEAST_ROWS = 2  # of a sheet, to be called the same as another
_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_SHARES = ("air_share_percent", "sea_share_percent", "domestic_share_percent")
_FOLLOWING = ("lot_t", "packed_m3")  # follow from the weight and say nothing new
_TITLES = {sheet.table: sheet.title for sheet in layouts.TABLE_SHEETS}
_FIRM, _OTHER = ["form_id", "firm"], ["other_form", "other_firm"]

Row = Mapping[Any, Any]
Rows = Mapping[str, Sequence[Row]]  # by table


def is_business_number(text: str) -> bool:
    """Tell whether a text is ten digits of which the last is the check digit of the others.

    The nine digits times 1, 3, 7, 1, 3, 7, 1, 3, 5, summed, with the tens of the ninth product
    once more; the check digit fills the sum up to a multiple of ten. Hyphens and blanks are left
    out.

    Parameters
    ----------
    text
        A business registration number (사업자등록번호) as somebody wrote it.

    References
    ----------
    Digits: OECD, Information on Tax Identification Numbers, Korea. Check digit: as published with
    the example 123-45-67891 at https://hongpage.kr/96; the npm package stdnum has the same.

    Examples
    --------
    >>> is_business_number("123-45-67891"), is_business_number("123-45-67890")
    (True, False)
    """
    digits = _digits(text)
    if not re.fullmatch("[0-9]{10}", digits):
        return False
    *first, ninth, last = map(int, digits)
    total = sum(np.multiply((*first, ninth), _WEIGHTS)) + ninth * _WEIGHTS[-1] // 10
    return bool((total + last) % 10 == 0)


def within(forms: Mapping[str, pd.DataFrame]) -> list[Flaw]:
    """Compare the sheets of one form with each other.

    Parameters
    ----------
    forms
        Table sheets by name of their schema, indexed by the row of the sheet; one that is left out
        is empty. What could not be read is a missing number or an empty text and is not looked at.
    """
    rows = {name: _rows(forms.get(name, tables.empty(name))) for name in _TITLES}
    found = [
        *_numbers(rows),
        *_unlisted(rows),
        *_shares(rows),
        *_totals(rows),
        *_usual(rows),
        *_orders(rows),
    ]
    wrong = {flaw[:3] for flaw in found if not flaw.is_query}
    order = list(_TITLES.values())
    kept = [flaw for flaw in found if not flaw.is_query or flaw[:3] not in wrong]
    return sorted(kept, key=lambda flaw: (order.index(flaw.sheet), flaw.row))


def _rows(table: pd.DataFrame) -> list[Row]:
    records = table.to_dict("records")
    return [{**values, "row": row} for row, values in zip(table.index, records, strict=True)]


def _flaw(key: str, table: str, row: Row, column: str, **values: object) -> Flaw:
    place = (_TITLES[table], int(row["row"]), layouts.columns(table)[column])
    return layouts.flaw(key, place, layouts.heading(table, column), **values)  # type: ignore[arg-type]


def _query(key: str, table: str, row: Row, column: str, **values: object) -> Flaw:
    return _flaw(key, table, row, column, **values)._replace(is_query=True)


def _digits(text: str) -> str:
    return re.sub(r"[\s\-‐‑–]", "", unicodedata.normalize("NFKC", text))


def _same(text: str) -> str:
    """Spell a name as a spreadsheet compares it."""
    return unicodedata.normalize("NFKC", text).casefold()


def _numbers(rows: Rows) -> Iterator[Flaw]:
    """Business numbers, and consent of whoever orders."""
    table, seen = "form_firms", dict[str, int]()
    ordering = {row["firm"] for row in rows["form_orders"]}
    silent = ordering - {row["firm"] for row in rows["form_consents"]}
    for row in rows[table]:
        said, digits = row["business_number"], _digits(row["business_number"])
        if said and not re.fullmatch("[0-9]{10}", digits):
            yield _flaw("business_number", table, row, "business_number", found=said)
        elif said and not is_business_number(said):
            yield _flaw("check_digit", table, row, "business_number", found=said)
        elif said and seen.setdefault(digits, row["row"]) != row["row"]:
            first = seen[digits]
            yield _flaw("same_number", table, row, "business_number", found=said, first=first)
        if row["firm"] and row["firm"] in silent:
            yield _flaw("no_consent", table, row, "firm", firm=row["firm"])


def _unlisted(rows: Rows) -> Iterator[Flaw]:
    """Firms and parts that other sheets do not know."""
    firms = {row["firm"] for row in rows["form_firms"]}
    parts = {(row["firm"], _same(row["part"])) for row in rows["form_parts"]}
    for table in ("form_parts", "form_orders", "form_consents"):
        for row in rows[table]:
            firm, part = row["firm"], row.get("part", "")
            if firm and firm not in firms:
                yield _flaw("firm_unlisted", table, row, "firm", firm=firm)
            elif firm and part and (firm, _same(part)) not in parts:
                yield _flaw("part_unlisted", table, row, "part", firm=firm, part=part)


def _shares(rows: Rows) -> Iterator[Flaw]:
    """Shares of a part by air, by sea and from Korea."""
    for row in rows["form_parts"]:
        given = [row[name] for name in _SHARES if row[name] >= 0]
        total, is_whole = sum(given), len(given) == len(_SHARES)
        gap = (abs if is_whole else float)(total - 100)
        if gap > layouts.SHARE_TOLERANCE + 1e-9:
            yield _flaw("shares", "form_parts", row, _SHARES[0], total=total)
        elif given and not is_whole:
            empty = next(name for name in _SHARES if not row[name] >= 0)
            yield _query("shares_missing", "form_parts", row, empty, total=total)


def _totals(rows: Rows) -> Iterator[Flaw]:
    """Orders of a part, together, against what is used of it a year and comes by air."""
    ordered: dict[tuple[str, str], list[Row]] = {}
    for order in rows["form_orders"]:
        ordered.setdefault((order["firm"], _same(order["part"])), []).append(order)
    firms = {firm for firm, _ in ordered}
    for row in rows["form_parts"]:
        orders = ordered.get((row["firm"], _same(row["part"])), [])
        if row["firm"] not in firms or any(not (o["weight_t"] > 0 and o["mode"]) for o in orders):
            continue
        use, domestic = row["weight_t"], row["domestic_share_percent"]
        imports = sum(o["weight_t"] for o in orders if o["mode"] != "truck")
        most = use if math.isnan(domestic) else use * (1 - domestic / 100)
        by_air = sum(o["weight_t"] for o in orders if o["mode"] == "air")
        air = use * row["air_share_percent"] / 100
        # without the domestic share, less may be imported than is used
        if _is_off(imports, most) and (imports > most or not math.isnan(domestic)):
            yield _query("imports", "form_parts", row, "weight_t", imports=imports, expected=most)
        elif _is_off(by_air, air):
            yield _query("by_air", "form_parts", row, _SHARES[0], by_air=by_air, expected=air)


def _is_off(found: float, expected: float) -> bool:
    return abs(found - expected) > TOTAL_TOLERANCE * expected + 1e-9


def _usual(rows: Rows) -> Iterator[Flaw]:
    """Weights and prices beyond what is usual, with the unit that may have been meant."""
    low, high = layouts.USUAL_PRICE
    for table in ("form_parts", "form_orders"):
        for row in rows[table]:
            weight, price = row["weight_t"], row.get("price_krw_per_kg", math.nan)
            for key, column, is_odd, limit, mended in (
                ("heavy", "weight_t", weight > layouts.LARGEST_USUAL_T, layouts.LARGEST_USUAL_T,
                 weight / KG_PER_T),
                ("cheap", "price_krw_per_kg", price < low, low, price * KG_PER_T),
                ("dear", "price_krw_per_kg", price > high, high, price / KG_PER_T),
            ):  # fmt: skip
                if is_odd:
                    said = {"found": row[column], "limit": limit, "mended": mended}
                    yield _query(key, table, row, column, **said)


def _orders(rows: Rows) -> Iterator[Flaw]:
    """Orders times lot against the weight a year, and modes that do not reach the origin."""
    table = "form_orders"
    for row in rows[table]:
        weight, product = row["weight_t"], row["orders_per_year"] * row["lot_t"]
        if weight > 0 and abs(product / weight - 1) > layouts.LOT_TOLERANCE + 1e-9:
            key, column = _slip(product / weight)
            said = {"product": product, "weight": weight, "mended": row[column] / KG_PER_T}
            yield _flaw(key, table, row, column, found=row[column], **said)
        is_truck = row["mode"] == "truck"
        if row["mode"] and row["origin"] and is_truck != (row["origin"] == "KR"):
            key = "truck_abroad" if is_truck else "not_truck"
            yield _flaw(key, table, row, "mode", origin=row["origin"])


def _slip(ratio: float) -> tuple[str, str]:
    """Say why orders times lot is not the weight: the flaw and its column."""
    slips = (("lot_kg", "lot_t", ratio / KG_PER_T), ("weight_kg", "weight_t", ratio * KG_PER_T))
    for key, column, mended in slips:
        if abs(mended - 1) <= layouts.LOT_TOLERANCE + 1e-9:
            return key, column
    return "lot", "lot_t"


def between(firms: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Compare accepted forms: one business number twice, copied orders, the same sheet twice.

    Orders count as copied where all their numbers, supplier and mode are the same and no chance.
    A number that is a share *p* of its column, among orders of that supplier and mode, says
    ``-log2 p`` bits; with the weight of `PRIOR_ORDERS`, *p* is its share among all orders or one
    tenth to the power of its significant digits, whichever is more. Choosing among *k* orders of
    either firm costs ``2 log2 k`` bits for each order, choosing among *n* firms ``2 log2 n``, and
    `MARGIN_BITS` must be left: one false alarm in more than 100 surveys if numbers were
    independent.

    Parameters
    ----------
    firms, orders
        Table sheets of all forms, with ``form_id``.

    Returns
    -------
    pd.DataFrame
        ``form_id, firm, kind, other_form, other_firm, said_ko, said_en``: a row for each side;
        ``kind`` is ``same_number``, ``copied`` or ``same_sheet``; no names.
    """
    found = [_same_numbers(firms)] if len(firms) else []
    found += [_copied(orders), _same_sheets(orders)] if len(orders) else []
    pairs = [part for part in found if len(part)]
    if not pairs:
        return pd.DataFrame(columns=list(QUERY), dtype=str)
    turned = dict(zip([*_FIRM, *_OTHER], [*_OTHER, *_FIRM], strict=True))
    both = pd.concat([side for part in pairs for side in (part, part.rename(columns=turned))])
    return _asked(both.sort_values([*_FIRM, "kind", *_OTHER]).to_dict("records"))


def _asked(rows: Sequence[Row]) -> pd.DataFrame:
    """Word the queries."""
    said = [messages.text(f"queries.{row['kind']}", **row) for row in rows]
    table = pd.DataFrame(rows, columns=list(QUERY[:5]), dtype=str).fillna("")
    return table.assign(said_ko=[text.ko for text in said], said_en=[text.en for text in said])


def _same_numbers(firms: pd.DataFrame) -> pd.DataFrame:
    digits = firms["business_number"].map(_digits)
    known = firms[_FIRM].assign(number=digits)[digits.str.fullmatch("[0-9]{10}")]
    return _neighbours(known.drop_duplicates(["number", "form_id"]), "number").assign(
        kind="same_number"
    )


def _copied(orders: pd.DataFrame) -> pd.DataFrame:
    table = orders[_FIRM].assign(
        row=orders.groupby(["supplier", "mode", *_numeric()], dropna=False).ngroup(),
        bits=_surprise(orders), numbers=orders[_numeric()].notna().sum(axis=1),
    )  # fmt: skip
    table = table.drop_duplicates([*_FIRM, "row"])
    firms = len(table.drop_duplicates(_FIRM))
    table["bits"] -= 2 * math.log2(len(table) / firms)
    pairs = _neighbours(table[table["bits"] > 0], "row").groupby([*_FIRM, *_OTHER])
    found = pairs.agg(bits=("bits", "sum"), rows=("row", "size"), numbers=("numbers", "sum"))
    unlikely = found[found["bits"] >= 2 * math.log2(firms) + MARGIN_BITS]
    return unlikely.reset_index().assign(kind="copied")


def _numeric() -> list[str]:
    schema = tables.schema("form_orders")
    return [str(name) for name in schema.index[schema["dtype"].isin(["number", "integer"])]]


def _surprise(orders: pd.DataFrame) -> "pd.Series[float]":
    """Bits that the numbers of each order say, beside supplier and mode."""
    kind = orders.groupby(["supplier", "mode"], dropna=False).ngroup()
    alike = kind.groupby(kind).transform("size")
    bits = pd.Series(0.0, orders.index)
    for name in _numeric():
        if name in _FOLLOWING:
            continue
        value = orders[name].astype("float64")
        digits = value.map({number: _significant_digits(number) for number in value.unique()})
        same, common = (value.groupby(by).transform("size") for by in ([kind, value], value))
        prior = PRIOR_ORDERS * np.maximum(10.0**-digits, (common - 2) / len(orders))
        share = (same - 1 + prior) / (alike - 1 + PRIOR_ORDERS)
        bits -= share.map(math.log2, na_action="ignore").fillna(0)
    return bits


def _significant_digits(number: float) -> int:
    return len(f"{abs(number):.9e}".partition("e")[0].replace(".", "").rstrip("0"))


def _same_sheets(orders: pd.DataFrame) -> pd.DataFrame:
    columns = list(tables.schema("form_orders").index)
    rows = pd.util.hash_pandas_object(orders[columns], index=False).groupby(orders["form_id"])
    sheets = pd.DataFrame({"sheet": rows.sum(), "rows": rows.size(), "firm": ""}).reset_index()
    return _neighbours(sheets[sheets["rows"] >= LEAST_ROWS], "sheet").assign(kind="same_sheet")


def _neighbours(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Pair each firm with the one before it among those that share a key, so pairs stay few."""
    ordered = table.sort_values([key, *_FIRM])
    before = ordered.groupby(key)[_FIRM].shift().set_axis(_OTHER, axis=1)
    return ordered.join(before).dropna(subset=_OTHER)


def against_facts(
    answers: pd.DataFrame,
    facts: pd.DataFrame,
    statistics: pd.DataFrame,
    complexes: pd.DataFrame,
    *,
    importing: "pd.Series[int] | None" = None,
) -> pd.DataFrame:
    """Compare answers about complexes with what is public of them, and with each other.

    Asked about are root firms that are less than half or more than `ROOT_FIRMS_TIMES` what is
    public, more root firms than tenants, more tenants than firms at work in the parent complexes,
    another number of importing firms than gave orders, and what stands by a public fact and is
    answered no.

    Parameters
    ----------
    answers
        Table ``answers``; with ``form_id`` where it is not the complex.
    facts, statistics
        Tables ``complex_facts`` and ``industrial_complexes``.
    complexes
        Table ``complexes``, by complex or with a column ``complex_id``.
    importing
        Firms on the form with orders from abroad, by complex.

    Returns
    -------
    pd.DataFrame
        As `between`; ``kind`` is ``root_firms``, ``more_roots``, ``tenants``, ``importing`` or
        ``stands``.
    """
    if answers.empty:
        return _asked([])
    given = answers[answers["reply"] == "given"]
    forms = answers.get("form_id", answers["complex_id"])
    form_of = dict(zip(answers["complex_id"], forms, strict=True))
    named = complexes if "complex_id" not in complexes else complexes.set_index("complex_id")
    operating = statistics.set_index("ic_id")["operating_firms"].astype("float64")
    public = facts[(facts["status"] == "existing") & (facts["role"] == "evidence")]
    counts = {} if importing is None else importing.to_dict()
    rows: list[dict[str, Any]] = []
    for complex_id, mine in given.groupby("complex_id"):
        told = public[public["complex_id"] == complex_id]
        parents = str(named["parent_ids"].get(complex_id, "")).split(";")
        working = float(operating.reindex(parents).sum(skipna=False))
        value = pd.to_numeric(mine.set_index("question")["value"]).to_dict()
        found = [*_of_firms(value, told, working, counts.get(complex_id)), *_standing(mine, told)]
        rows += [{"form_id": form_of[complex_id], **row} for row in found]
    return _asked(rows)


def _of_firms(
    value: Mapping[Any, float], told: pd.DataFrame, working: float, importing: int | None
) -> Iterator[dict[str, object]]:
    """Numbers of firms; what is not known is not a number and compares as false."""
    roots, tenants, importers = (
        value.get(name, math.nan) for name in ("root_firms", "tenant_firms", "importing_firms")
    )
    known = told[told["indicator"] == "root_firms"]
    low, high = (known[end].fillna(known["value"]) for end in ("low", "high"))
    least, most = low.min(), high.max()
    if roots < least / ROOT_FIRMS_TIMES or roots > most * ROOT_FIRMS_TIMES:
        yield {"kind": "root_firms", "said": roots, "least": least, "most": most}
    if roots > tenants:
        yield {"kind": "more_roots", "said": roots, "tenants": tenants}
    if tenants > working:
        yield {"kind": "tenants", "said": tenants, "most": working}
    if importing is not None and importing > importers:
        yield {"kind": "importing", "said": importers, "counted": importing}


def _standing(mine: pd.DataFrame, told: pd.DataFrame) -> Iterator[dict[str, object]]:
    """What is answered no and stands by a public fact."""
    stands = told[(told["unit"] == "presence") & (told["value"] > 0)]
    newest = stands.sort_values("year", na_position="first").drop_duplicates(
        "indicator", keep="last"
    )
    denied = mine.loc[mine["status"] == "absent", "question"]
    for _, fact in newest[newest["indicator"].isin(denied)].iterrows():
        name, year = str(fact["indicator"]), fact["year"]
        said = {"name": messages.text_or(f"facts.{name}", name), "source": fact["source"]}
        yield {"kind": "stands", "year": None if pd.isna(year) else int(year), **said}

"""What is true in the made-up survey ``example``: firms, imports, facilities, visits, opinions.

Nothing here is a fact of a firm; every figure is drawn, and every assumption stands in a constant
below. Totals keep to what is public:

- Root firms: the public count, grown by 0 to 3% a year since, never more than the firms that
  operate in the parent complex; where no count is public, one of the public counts is drawn.
- Of them 40 to 80% fill in a form, at most the rows it offers. How often a firm imports, and what,
  goes by its branch. Weights are lognormal; an order is the weight a year by the number of orders.
- What is public of facilities is confirmed nine times of ten and else contradicted; what is not
  public stands as often as `STANDS` assumes. Land is what the statistics call unsold, give or take
  a tenth.

Each complex draws from a generator of its own, so that fewer complexes leave the others as they
are.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from site_select import layouts

SEED = 2027
YEAR = 2026  # of the figures
GROWTH = (0.0, 0.03)  # of root firms a year since the public count; all figures below are assumed
ANSWERING = (0.4, 0.8)  # share of root firms that fill in a form
MOST_FIRMS = layouts.TABLE_SHEETS[0].rows
FEW = {"RC46": 0, "RC51": 1, "RC55": 2, "RC26": 2}  # complexes from which hardly a firm answers
TWO_SITES = {"RC29": "RC15"}  # where the first firm is also the first of another complex
NO_CONSENT = 0.05  # share of firms
UNKNOWN, REFUSED, EMPTY = 0.08, 0.03, 0.03  # share of the cells that may be so
CONFIRMED = 0.9
LEAD_DAYS = {"air": (12.0, 3.0), "sea": (55.0, 9.0)}  # mean and deviation between firms
FCL_T = {"sea_fcl20": 8.0, "sea_fcl40": 18.0}  # weight of an order from which it fills a container


class Item(NamedTuple):
    """An imported item: who sells it, how much of it a firm uses, what it is worth."""

    part: str
    hs_code: str
    supplier: str
    origin: str
    median_t: float
    price_krw_per_kg: float
    m3_per_t: float
    dangerous_goods: str = "none"


ABROAD = layouts.OTHER  # a supplier that is not among the places of the study
GAS_SPRING = Item("가스 스프링", "841231", "O05", "SE", 0.9, 28_000, 1.4, "2")
WEAR_PLATE = Item("습동 플레이트", "846694", "O06", "DE", 1.3, 16_000, 0.8)
ROTARY_TABLE = Item("회전 테이블", "846620", "O07", "DE", 0.8, 52_000, 2.5)
EJECTOR_PIN = Item("이젝터 핀", "848079", "O08", "JP", 0.4, 24_000, 0.7)
ITEMS: Mapping[str, tuple[tuple[Item, float], ...]] = {  # by branch: item, share of importers
    "mold": ((GAS_SPRING, 0.75), (WEAR_PLATE, 0.6), (EJECTOR_PIN, 0.35)),
    "plastic_forming": (
        (GAS_SPRING, 0.5), (WEAR_PLATE, 0.45),
        (Item("프레스 윤활제", "340319", ABROAD, "DE", 3.0, 9_000, 1.6), 0.4),
    ),
    "casting": (
        (Item("이형제", "340399", ABROAD, "DE", 4.0, 8_000, 1.7), 0.7),
        (WEAR_PLATE, 0.3),
        (Item("열전대", "902519", ABROAD, "JP", 0.05, 60_000, 4.0), 0.4),
    ),
    "welding": (
        (Item("플럭스 코어드 와이어", "831120", ABROAD, "CN", 12.0, 5_000, 0.9), 0.7),
        (ROTARY_TABLE, 0.45),
        (Item("연마재", "680422", ABROAD, "AT", 1.5, 14_000, 1.2), 0.3),
    ),
    "surface_treatment": (
        (Item("니켈 도금약품", "283324", ABROAD, "JP", 6.0, 7_500, 1.5, "8"), 0.6),
        (Item("크롬산", "281910", ABROAD, "CN", 5.0, 5_500, 1.3, "8"), 0.4),
        (Item("여과 부품", "842199", ABROAD, "US", 0.3, 35_000, 6.0), 0.3),
    ),
    "heat_treatment": (
        (Item("로 발열체", "851680", ABROAD, "SE", 0.6, 45_000, 3.0), 0.6),
        (Item("열전대", "902519", ABROAD, "JP", 0.05, 60_000, 4.0), 0.6),
    ),
    "other": ((Item("염료", "320411", ABROAD, "CN", 5.0, 12_000, 1.6, "9"), 0.6),
              (ROTARY_TABLE, 0.2)),
}  # fmt: skip
IMPORTING = {"mold": 0.7, "plastic_forming": 0.5, "casting": 0.45, "welding": 0.5,
             "surface_treatment": 0.55, "heat_treatment": 0.45, "other": 0.35}  # fmt: skip
STANDS = {  # how often a thing stands, and is planned, where nothing is public
    "shared_logistics_own": (0.1, 0.1), "shared_logistics_parent": (0.25, 0.1),
    "shared_logistics_neighbour": (0.2, 0.05), "ordering_body": (0.5, 0.1),
    "joint_purchasing": (0.15, 0.15), "other_shared_facilities": (0.5, 0.1),
    "container_access": (0.8, 0.05), "bonded_warehouse": (0.15, 0.05),
}  # fmt: skip
INCOTERMS = {"FCA": 0.35, "FOB": 0.2, "CIF": 0.2, "EXW": 0.1, "DAP": 0.1, "CFR": 0.05}
EVENTS = ("2026년 봄 항만 적체로 4주 지연", "없음", "공급사 파업으로 3주 중단",
          "우회 항로로 2주 지연")  # fmt: skip
CONDITIONS = ("납기가 지켜지면 참여", "보관료 분담 기준 필요", "품질 검수 절차 필요", "")
CHANGED = 0.4  # share of the scores that a visit changes
SEEN = ("회차 공간이 답보다 좁음", "도크가 새로 놓임", "재고 기록이 전산화됨",
        "창고 바닥이 고르지 않음")  # fmt: skip
OPERATORS = ("관리기관", "협동조합", "없음", "물류 위탁사")

Row = dict[str, object]


class Known(NamedTuple):
    """What is public of one complex."""

    branches: tuple[str, ...]
    root_firms: float | None
    root_firms_year: int
    operating_firms: float | None
    unsold_1000m2: float | None
    facilities: Mapping[str, str]
    counts: tuple[float, ...]


class Truth(NamedTuple):
    """What is true of one complex: rows of its table sheets, and answers by question."""

    firms: list[Row]
    parts: list[Row]
    orders: list[Row]
    consents: list[Row]
    answers: dict[str, object]


def of(label: str, purpose: str = "truth") -> np.random.Generator:
    """Generator of one complex or person, and of one purpose."""
    return np.random.default_rng([SEED, zlib.crc32(f"{purpose} {label}".encode())])


def business_number(serial: int) -> str:
    """A valid number that no firm can have: 000 is no tax office.

    The last digit makes the sum of the digits, weighted 1, 3, 7, 1, 3, 7, 1, 3, 5, and the tens of
    the ninth product a multiple of ten.

    Examples
    --------
    >>> business_number(17)
    '000-00-00179'
    """
    digits = [int(digit) for digit in f"{serial:09d}"]
    total = sum(a * b for a, b in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    text = f"{serial:09d}{-(total + digits[8] * 5 // 10) % 10}"
    return f"{text[:3]}-{text[3:5]}-{text[5:]}"


def drawn(label: str, known: Known) -> Truth:
    """Draw one complex: its firms with their imports, and what its managing body answers.

    Parameters
    ----------
    label
        Complex.
    known
        What is public of it.
    """
    generator = of(label)
    roots = _root_firms(known, generator)
    share = generator.uniform(*ANSWERING)
    count = FEW.get(label, min(max(round(share * roots), 3), roots, MOST_FIRMS))
    firms, parts, orders, consents = [], [], [], []
    for number in range(1, count + 1):
        home = TWO_SITES.get(label, label) if number == 1 else label
        firm = _firm(number, _serial(home, number), known.branches, generator)
        firms.append(firm)
        bought = _imports(firm, generator)
        parts += [part for part, _ in bought]
        orders += [order for _, own in bought for order in own]
        consents.append(_consent(firm, generator))
    importing = len({part["firm"] for part in parts})
    answers = _answers(known, roots, importing / max(count, 1), generator)
    return Truth(firms, parts, orders, consents, answers)


def _serial(label: str, number: int) -> int:
    return int(label.removeprefix("RC")) * (MOST_FIRMS + 1) + number


def _root_firms(known: Known, generator: np.random.Generator) -> int:
    public = known.root_firms
    if public is None:
        public, years = float(generator.choice(known.counts)), 0
    else:
        years = YEAR - known.root_firms_year
    grown = public * (1 + generator.uniform(*GROWTH)) ** years
    most = known.operating_firms or np.inf
    return int(max(min(round(grown), most), min(3, most)))


def _firm(
    number: int, serial: int, branches: tuple[str, ...], generator: np.random.Generator
) -> Row:
    named = [branch for branch in branches if branch in ITEMS] or ["other"]
    return {
        "firm": f"F{number:02d}", "name": f"가상정밀 {serial}",
        "business_number": business_number(serial), "contact": f"담당자 {serial}",
        "phone": f"000-0000-{serial:04d}", "email": f"firm{serial}@example.invalid",
        "branch": str(generator.choice(named)),
        "employees": int(np.ceil(generator.lognormal(np.log(18), 0.8))), "year": YEAR,
    }  # fmt: skip


def _imports(firm: Row, generator: np.random.Generator) -> list[tuple[Row, list[Row]]]:
    """Items a firm imports, each with its orders by mode."""
    branch = str(firm["branch"])
    if generator.random() > IMPORTING[branch]:
        return []
    size = generator.lognormal(0, 0.5)
    likely = ITEMS[branch]
    items = [item for item, share in likely if generator.random() < share] or [likely[0][0]]
    return [_import(str(firm["firm"]), item, size, generator) for item in items]


def _import(
    firm: str, item: Item, size: float, generator: np.random.Generator
) -> tuple[Row, list[Row]]:
    use_t = float(item.median_t * size * generator.lognormal(0, 0.6))
    domestic = int(generator.choice([0, 0, 10, 20, 30, 50]))
    small = use_t < 1 and item.dangerous_goods != "8"
    air = round((100 - domestic) * float(generator.choice([0.0, 0.2, 0.5, 1.0] if small
                                                          else [0.0, 0.0, 0.1, 0.3])))  # fmt: skip
    sea = 100 - domestic - air
    part = {
        "firm": firm, "part": item.part, "weight_t": round(use_t, 3), "air_share_percent": air,
        "sea_share_percent": sea, "domestic_share_percent": domestic,
    }  # fmt: skip
    terms = {
        "channel": generator.choice(["direct", "agent"], p=[0.4, 0.6]),
        "importer": generator.choice(["firm", "agent", "customer"], p=[0.4, 0.5, 0.1]),
        "brand_prescribed": generator.choice(["yes", "no"], p=[0.25, 0.75]),
        "incoterm": generator.choice(list(INCOTERMS), p=list(INCOTERMS.values())),
        "payment_days": int(generator.choice([-30, 0, 30, 60, 90])),
        "stock_days": int(generator.choice([0, *generator.lognormal(np.log(25), 0.5, 9)])),
        "other_suppliers": int(generator.poisson(0.8)),
        "qualify_days": int(generator.choice([30, 60, 90, 180])),
    }  # fmt: skip
    price = np.clip(item.price_krw_per_kg * generator.lognormal(0, 0.2), 5_000, 60_000)
    orders = [
        {"firm": firm, "part": item.part, "hs_code": item.hs_code, "origin": item.origin,
         "supplier": item.supplier, "dangerous_goods": item.dangerous_goods,
         "price_krw_per_kg": round(float(price), -2), **terms,
         **_shipping(way, use_t * share / 100, item.m3_per_t, generator)}
        for way, share in (("air", air), ("sea", sea)) if share
    ]  # fmt: skip
    return part, orders


def _shipping(way: str, weight_t: float, m3_per_t: float, generator: np.random.Generator) -> Row:
    times = int(generator.integers(4, 25) if way == "air" else generator.integers(2, 9))
    lot_t = weight_t / times
    full = [name for name, least in FCL_T.items() if lot_t >= least]
    mean, deviation = LEAD_DAYS[way]
    lead = max(3.0, generator.normal(mean, deviation))
    return {
        "mode": way if way == "air" else (full or ["sea_lcl"])[-1],
        "weight_t": float(f"{weight_t:.4g}"), "orders_per_year": times,
        "lot_t": float(f"{lot_t:.4g}"), "packed_m3": float(f"{weight_t * m3_per_t:.3g}"),
        "lead_time_days": round(lead),
        "lead_time_deviation_days": round(lead * generator.uniform(0.1, 0.3), 1),
    }  # fmt: skip


def _consent(firm: Row, generator: np.random.Generator) -> Row:
    joins = str(generator.choice(["yes", "undecided", "no"], p=[0.5, 0.3, 0.2]))
    return {
        "firm": firm["firm"], "joins": joins,
        "share_percent": int(generator.choice([20, 30, 50, 80, 100])) if joins == "yes" else 0,
        "longest_wait_days": int(generator.choice([7, 14, 30, 45])),
        "conditions": str(generator.choice(CONDITIONS)),
        "consent": "no" if generator.random() < NO_CONSENT else "yes",
        "consented_on": f"2027-02-{generator.integers(1, 27):02d}",
    }  # fmt: skip


def _answers(
    known: Known, roots: int, importing: float, generator: np.random.Generator
) -> dict[str, object]:
    """What the managing body answers, by question."""
    tenants = round(roots * generator.uniform(1.0, 1.8))
    if known.operating_firms and known.operating_firms >= roots:
        tenants = min(tenants, int(known.operating_firms))
    land = known.unsold_1000m2
    if land is None:
        land = float(generator.choice([0, 0, *generator.exponential(20, 3)]))
    stands = {name: _stands(name, known.facilities.get(name), generator) for name in STANDS}
    has_own = stands["shared_logistics_own"] == "yes"
    return {
        "root_firms": roots, "tenant_firms": tenants,
        "employees": round(tenants * generator.lognormal(np.log(17), 0.3)),
        "importing_firms": min(roots, round(roots * importing * generator.uniform(0.9, 1.2))),
        "imported_items": ", ".join(
            f"{item.part}({item.origin})" for branch in known.branches if branch in ITEMS
            for item, _ in ITEMS[branch][:2]
        ) or "염료(CN)",
        "supply_events": str(generator.choice(EVENTS)),
        **stands,
        "warehouse_land": round(land * generator.uniform(0.9, 1.1), 1),
        "joint_warehouse_floor_m2": round(generator.lognormal(np.log(2500), 0.6)) if has_own else 0,
        "loading_docks": int(generator.poisson(3)) if has_own else 0,
        "lifting_capacity_t": float(generator.choice([2.5, 3, 5, 7, 15])),
        "warehouse_operator": str(generator.choice(OPERATORS)),
    }  # fmt: skip


def _stands(name: str, public: str | None, generator: np.random.Generator) -> str:
    if public:
        return public if generator.random() < CONFIRMED else {"no": "yes"}.get(public, "no")
    standing, planned = STANDS[name]
    chance = generator.random()
    return "yes" if chance < standing else "planned" if chance < standing + planned else "no"


def visit(label: str, items: list[str]) -> list[Row]:
    """Scores before and after the visit to a complex; four of ten change, with a reason.

    Parameters
    ----------
    label
        Complex.
    items
        Items of the checklist.
    """
    generator, rows = of(label, "visit"), []
    day = f"2027-03-{generator.integers(1, 20):02d}"
    for item in items:
        before = int(generator.integers(1, 6))
        change = int(generator.choice([-2, -1, 1, 2])) if generator.random() < CHANGED else 0
        after = min(max(before + change, 1), 5)
        row: Row = {"item": item, "before": before, "after": after, "visited_on": day}
        rows.append(row | ({"reason": str(generator.choice(SEEN))} if after != before else {}))
    return rows


def weights(evaluator: str, parent: str, children: Sequence[str]) -> dict[str, float]:
    """Weights an evaluator has in mind for the children of a node, few far apart.

    Parameters
    ----------
    evaluator
        Who judges.
    parent, children
        Node of the value tree.
    """
    drawn_weights = of(f"{evaluator} {parent}", "opinion").lognormal(0, 0.5, len(children))
    return dict(zip(children, map(float, drawn_weights), strict=True))

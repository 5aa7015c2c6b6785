"""No figure gives a firm away: by itself, by subtraction, by a sentence or by its place."""

import itertools
import json
import re
from dataclasses import replace

import made_up
import numpy as np
import openpyxl
import pandas as pd
import pytest

from site_select import (
    assessment,
    benefits,
    challenges,
    confidentiality,
    costings,
    disruption,
    economics,
    estimates,
    exposures,
    findings,
    messages,
    report,
    resilience,
    restricted,
    stability,
    study,
    valuation,
)
from site_select.errors import SettingsError

STUDIES = made_up.ROOT / "data" / "studies"
NOTEBOOKS = made_up.ROOT / "notebooks"
FEW_DRAWS = {"n_samples": 1_000, "logistics.n_draws": 40}
NAME = "SECRETFIRM"
PART = "alloy only of SECRETFIRM 123-45-67890"
HIDDEN = messages.text("confidentiality.hidden")


def order(complex_id, firm, part, *, firms=1, **cells):
    return {"complex_id": complex_id, "firm": firm, "firms": firms, "part": part, **cells}


def panel_folder(folder, change):
    """The synthetic panel with changed orders."""
    panel = STUDIES / "panel"
    for path in panel.glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    settings = (panel / "study.toml").read_text("utf-8")
    settings = settings.replace('"../../reference"', f'"{made_up.REFERENCE}"')
    (folder / "study.toml").write_text(settings, "utf-8")
    rows = made_up.rows_of(panel / "orders.csv")
    made_up.write_table(folder, "orders", change(rows))
    return folder


# few firms and what reveals them: worked by hand


def test_group_counts_as_the_firms_it_stands_for_and_once_however_many_rows_it_has():
    orders = pd.DataFrame([
        order("A", "all", "spring", firms=24), order("A", "all", "plate", firms=24),
        order("B", "f1", "spring"), order("B", "f2", "spring"), order("B", "f1", "plate"),
    ])  # fmt: skip
    assert confidentiality.firms(orders).to_dict() == {"A": 24, "B": 2}
    assert confidentiality.withheld(orders, minimum_firms=3)["complex_id"].unique() == ["A"]
    assert len(confidentiality.withheld(orders, minimum_firms=2)) == 5
    assert confidentiality.withheld(orders, minimum_firms=25).empty


def test_part_of_one_firm_takes_the_smallest_others_with_it_until_three_are_hidden():
    """Wires of f1; plates of f1 and f2 (2 in all hidden: too few); springs of 4; bolts of 6."""
    buys = {"wire": "1", "plate": "12", "spring": "2345", "bolt": "123456"}
    orders = pd.DataFrame([order("A", f, part) for part, who in buys.items() for f in who])
    found = confidentiality.hidden(orders, by=["complex_id", "part"], minimum_firms=3)
    assert found["A"].to_dict() == {"bolt": False, "plate": True, "spring": True, "wire": True}


def test_complexes_are_totals_of_their_own():
    orders = pd.DataFrame(
        [order("A", f, "spring") for f in "123"] + [order("A", f, "plate") for f in "123"]
        + [order("B", f, "spring") for f in "1234"] + [order("B", "1", "plate")]
    )  # fmt: skip
    found = confidentiality.hidden(orders, by=["complex_id", "part"], minimum_firms=3)
    assert found.to_dict() == {
        ("A", "plate"): False, ("A", "spring"): False, ("B", "plate"): True, ("B", "spring"): True,
    }  # fmt: skip


def test_suppliers_of_a_hidden_origin_are_hidden_with_it():
    """The one German supplier would tell what Germany, hidden beside Italy, is."""
    orders = pd.DataFrame([
        *(order("A", f, "x", origin="SE", supplier="S1") for f in "12345"),
        *(order("A", f, "x", origin="DE", supplier="D1") for f in "1234"),
        order("A", "6", "x", origin="IT", supplier="I1"),
    ])  # fmt: skip
    of_origins = confidentiality.hidden(orders, by=["origin"], minimum_firms=3)
    assert of_origins.to_dict() == {"DE": True, "IT": True, "SE": False}
    found = confidentiality.hidden(orders, by=["origin", "supplier"], minimum_firms=3)
    assert found.to_dict() == {("DE", "D1"): True, ("IT", "I1"): True, ("SE", "S1"): False}


def test_nothing_is_hidden_where_one_firm_is_enough_or_nobody_told():
    orders = pd.DataFrame([order("A", "1", "wire"), order("A", "2", "bolt")])
    by = ["complex_id", "part"]
    assert not confidentiality.hidden(orders, by=by, minimum_firms=1).any()
    assert confidentiality.hidden(orders.iloc[:0], by=by, minimum_firms=3).empty


def test_answer_of_too_few_firms_is_unknown_of_their_complex_and_all_others_stay():
    """A: two of four told their stock; B: all three did."""
    orders = pd.DataFrame([
        *(order("A", f, "spring", lead_time_days=9.0) for f in "1234"),
        *(order("B", f, "spring", lead_time_days=9.0) for f in "123"),
    ])  # fmt: skip
    orders = orders.assign(stock_days=[1.0, 2.0, None, None, 3.0, 4.0, 5.0])
    found = confidentiality.withheld(orders, minimum_firms=3)
    assert found["stock_days"].isna().tolist() == [True] * 4 + [False] * 3
    assert found.drop(columns="stock_days").equals(orders.drop(columns="stock_days"))
    assert confidentiality.withheld(orders, minimum_firms=2).equals(orders)


def test_answer_on_a_part_is_left_out_where_its_complex_less_the_rest_would_tell_it():
    """Stock of springs is told by all five, of plates by one of four, of bolts by three."""
    tells = {"spring": "12345", "plate": "1", "bolt": "123"}
    orders = pd.DataFrame([
        order("A", f, part, stock_days=7.0 if f in tells[part] else None)
        for part, who in {"spring": "12345", "plate": "1234", "bolt": "123"}.items() for f in who
    ])  # fmt: skip
    found = confidentiality.answered(orders, by=["complex_id", "part"], minimum_firms=3)
    known = found["stock_days"].notna().groupby(found["part"]).sum()
    assert known.to_dict() == {"bolt": 0, "plate": 0, "spring": 5}


# laws, on random tables


def derivable(known):
    """Every sum of cells that shown figures give by adding and subtracting them, a row each."""
    signs = np.stack(np.meshgrid(*[[-1, 0, 1]] * len(known)), axis=-1).reshape(-1, len(known))
    sums = np.unique(signs @ known, axis=0)
    return sums[((sums == 0) | (sums == 1)).all(axis=1) & sums.any(axis=1)] > 0


def random_orders(seed):
    rng = np.random.default_rng(seed)
    size = rng.choice([1, 1, 1, 1, 2, 5], size=rng.integers(3, 8))
    rows = [
        order("A", str(firm), "x", firms=count, origin=f"o{origin}", supplier=f"s{supplier}")
        for firm, count in enumerate(size)
        for supplier in range(5) for origin in [supplier // 2] if rng.random() < 0.4
    ]  # fmt: skip
    return pd.DataFrame(rows or [order("A", "0", "x", origin="o0", supplier="s0")])


@pytest.mark.parametrize("minimum_firms", [2, 3, 4])
def test_no_sum_or_difference_of_shown_figures_is_from_too_few_firms(minimum_firms):
    """Suppliers within origins within a complex, the complex told and the same firm in many."""
    tried = hid = 0
    for seed in range(150):
        orders = random_orders(seed)
        if confidentiality.firms(orders)["A"] < minimum_firms:
            continue
        by = ["origin", "supplier"]
        origins, sellers = (confidentiality.hidden(orders, by=some, minimum_firms=minimum_firms)
                            for some in (by[:1], by))  # fmt: skip
        cells = list(sellers.index)
        behind = [set(orders["firm"][(orders["supplier"] == cell[1])]) for cell in cells]
        size = orders.groupby("firm")["firms"].first()
        known = [np.ones(len(cells), dtype=int)]
        known += [np.array([cell[0] == name for cell in cells], dtype=int)
                  for name in origins.index[~origins]]  # fmt: skip
        known += [np.array([cell == own for own in cells], dtype=int)
                  for cell in sellers.index[~sellers]]  # fmt: skip
        for row in derivable(np.array(known)):
            firms = set().union(*(own for own, is_in in zip(behind, row, strict=True) if is_in))
            assert size[list(firms)].sum() >= minimum_firms, (seed, row)
        tried, hid = tried + 1, hid + sellers.any()
    assert tried > 100
    assert hid > 20


def test_where_all_parts_have_enough_firms_none_is_hidden():
    for seed in range(100):
        orders = random_orders(seed)
        count = confidentiality.firms(orders, by=["supplier"])
        found = confidentiality.hidden(
            orders, by=["complex_id", "supplier"], minimum_firms=int(count.min())
        )
        assert not found.any(), seed


def test_counts_told_never_point_at_fewer_than_the_least_number():
    for of, least in itertools.product(range(1, 12), range(1, 5)):
        said = [confidentiality.told(count, of, minimum_firms=least).en for count in range(of + 1)]
        for count, words in enumerate(said):
            alike = [other for other, own in enumerate(said) if own == words]
            if 0 < min(count, of - count) < least:
                assert re.match("(all but )?fewer than", words), (count, of, least)
            elif 0 < count < of:
                assert alike == [count]
                assert words == f"{count} of {of}"
    assert confidentiality.told(0, 7, minimum_firms=3).ko == "7곳 가운데 없음"


# the study


def few_of_s3(rows):
    return [row for row in rows if row["complex_id"] != "S3" or row["firm"] in {"F01", "F02"}]


def test_answers_of_two_firms_are_not_used_but_kept_and_the_page_says_so(tmp_path):
    read = study.read(panel_folder(tmp_path, few_of_s3))
    assert set(read.survey.orders["complex_id"]) == {"S1", "S2", "S4", "S5", "S6", "S7"}
    assert set(read.everything.orders["complex_id"]) == {f"S{n}" for n in range(1, 8)}
    told = assessment.performance(read).xs("lead_time_days", level="indicator")["value"]
    assert told.isna().to_dict() == {f"S{n}": n == 3 for n in range(1, 8)}
    known = estimates.is_known(assessment.performance(read))["saving_per_firm"]
    assert known.to_dict() == {f"S{n}": n != 3 for n in range(1, 8)}
    said = exposures.orders_text(read)
    assert said.en.endswith("Answers of Made-up Daon (S3) are not used: fewer than 3 firms.")
    assert said.ko.endswith("가상 다온 단지(S3)의 답은 쓰지 않았다. 기업이 3곳 미만이다.")
    used = study.changed(read, {"limits.minimum_firms": 2})
    assert "S3" in set(used.survey.orders["complex_id"])
    assert "not used" not in exposures.orders_text(used).en


@pytest.mark.parametrize("name", ["panel", "gwangju-2020"])
def test_orders_of_the_studies_that_come_along_are_all_used(name):
    read = study.read(STUDIES / name)
    pd.testing.assert_frame_equal(read.survey.orders, read.everything.orders)


def test_least_number_of_firms_is_one_or_more():
    with pytest.raises(SettingsError, match=r"limits\.minimum_firms = 0: allowed above 0"):
        study.read(STUDIES / "panel", {"limits.minimum_firms": 0})
    with pytest.raises(SettingsError, match=r"limits\.minimum_firms = 2\.5: allowed a int"):
        study.read(STUDIES / "panel", {"limits.minimum_firms": 2.5})


# flips and firms left out


@pytest.fixture(scope="module")
def panel():
    read = study.read(STUDIES / "panel", FEW_DRAWS)
    return read, assessment.assess(read)


def could(read, result, rival, whose, firm):
    """Whether some other answer of a firm makes a rival first, by trying 4,000 of each."""
    orders = read.survey.orders
    own = orders[orders["complex_id"] == whose]
    for indicator, column in (("lead_time_days", "lead_time_days"),
                              ("stock_cover_days", "stock_days")):  # fmt: skip
        if indicator not in result.weights.index:
            continue
        weight, is_firm = own["weight_t"].to_numpy(), (own["firm"] == firm).to_numpy()
        told = own[column].to_numpy(dtype=float)
        mine = np.average(told[is_firm], weights=weight[is_firm])
        most = max(*read.criteria.loc[indicator, ["worst", "best"]].astype(float), mine)
        tried = np.linspace(0, most, 4_000)
        means = ((told * weight)[~is_firm].sum() + tried * weight[is_firm].sum()) / weight.sum()
        cells = pd.MultiIndex.from_product([[whose], [indicator]],
                                           names=["complex_id", "indicator"])  # fmt: skip
        frame = pd.DataFrame([means], index=cells)
        values = valuation.partial_values(frame, read.criteria).to_numpy()[0]
        change = (values - result.values.loc[whose, indicator]) * result.weights[indicator]
        scores = result.scores.to_numpy()[:, None] + np.outer(result.scores.index == whose, change)
        lead = scores[result.scores.index == rival][0] - scores[result.scores.index != rival].max(0)
        if (lead >= -1e-6).any():
            return True
    return False


def test_firms_that_could_flip_alone_are_those_found_by_trying_every_answer(panel):
    read, result = panel
    found = challenges.able_firms(read, result)
    orders = read.survey.orders
    assert len(found) >= 2
    assert 0 < (found["able"] / found["firms"]).mean() < 1
    for rival, whose, able, firms in found.itertuples(index=False):
        names = orders["firm"][orders["complex_id"] == whose].unique()
        assert firms == len(names)
        tried = sum(could(read, result, rival, whose, firm) for firm in names)
        assert able == tried, (rival, whose)


def test_group_counts_in_flips_as_the_firms_it_stands_for(panel):
    read, result = panel
    orders = read.survey.orders.assign(firms=4)
    large = replace(read, survey=replace(read.survey, orders=orders))
    one, four = challenges.able_firms(read, result), challenges.able_firms(large, result)
    assert four[["able", "firms"]].to_numpy().tolist() == [
        [4 * able, 4 * firms] for able, firms in one[["able", "firms"]].to_numpy()
    ]


def test_no_sentence_on_flips_or_on_those_left_out_holds_a_firm_or_an_answer(panel, monkeypatch):
    monkeypatch.setattr(challenges, "WITH_FIRMS", 1)  # dear, and the others are told alike
    read, result = panel
    found = challenges.smallest_changes(read, result)
    assert set(found.answers) == {"rival", "whose", "able", "firms"}
    firms = challenges.left_out_firms(read, result)
    without = challenges.left_out(read, result)
    tables = [findings.flips(read, result, found, 10), findings.left_out(read, without, firms)]
    for cell in pd.concat(tables).to_numpy().ravel():
        for words in (getattr(cell, "en", ""), getattr(cell, "ko", "")):
            assert not re.search(r"F\d\d", words), words
    assert "firm" not in set(without["kind"])
    assert tables[1]["lead"].iloc[-1] == findings.NOTHING


# pages on one complex whose firms told


def one_firm_flies_and_one_has_a_supplier_of_its_own(rows):
    """S2: all by sea but F03; F05 alone has a part from O07; F01 alone told its stock of plates."""
    for row in rows:
        if row["complex_id"] == "S2":
            row["mode"] = "air" if row["firm"] == "F03" else "sea_lcl"
            row["incoterm"] = "EXW" if row["firm"] == "F03" else "FCA"
            if row["part"] == "wear plate" and row["firm"] != "F01":
                row["stock_days"] = ""
    own = next(row for row in rows if (row["complex_id"], row["firm"]) == ("S2", "F05"))
    return [*rows, {**own, "part": PART, "supplier": "O07"}]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("told")
    read = study.read(panel_folder(folder, one_firm_flies_and_one_has_a_supplier_of_its_own))
    site = economics.sites(read, ["S2"])["S2"]
    draws = resilience.drawn(read, site, n_samples=8)
    every = resilience.chains(read, site, benefits.told_apart(site, draws), draws)
    return read, site, draws, every


def test_nodes_of_one_firm_and_those_that_would_give_it_away_are_on_no_exhibit(told):
    """O06 and O07 are both German: the difference of Germany and O06 would be one firm."""
    read, site, draws, every = told
    few = benefits.few_nodes(read, site)
    ways = {(kind, "") for kind in ("air", "departure_port", "canal", "port", "road", "ship")}
    assert few == {("supplier", "O07"), ("supplier", "O06"), ("way", "air"), ("way", "sea"), *ways}
    table = exposures.critical(read, site, every)
    assert {name.en for name in table["name"]} == {
        "Sweden", "Germany", "Stroemsholmen AB (gas springs)"
    }  # fmt: skip
    assert exposures.network(read, site, every["existing"])[0].empty
    points = exposures.places(read, site, every["existing"]).points
    assert points.index[points["share"].notna()].tolist() == ["supplier"]  # Stroemsholmen
    found = {name: disruption.simulate(chain, draws, years=5, seed=1)
             for name, chain in every.items()}  # fmt: skip
    kinds = {name.en for name in exposures.by_kind(read, site, every, found).index}
    assert kinds <= {"origin", "supplier"}
    assert set(exposures.scenarios(read, site, every, draws).index) == {
        "japan_control_2019", "control_of_largest_origin", "supplier_fire",
    }  # fmt: skip
    assert costings.stretches(read, site).empty
    assert "EXW" not in costings.known_terms(read, site).en


def test_exhibits_that_would_show_single_firms_are_not_drawn(told):
    read, site, draws, every = told
    assert exposures.survival(read, site, every, "origin").curves.empty
    apart = benefits.told_apart(site, draws)
    assert costings.median_shares(site, apart).empty
    table = costings.sharing_table(read, site, apart)
    assert table["least"].tolist() == table["most"].tolist() == [HIDDEN] * 3
    assert all(re.search(r"of 12|all 12", words.en) for words in table["worse"])
    shares = benefits.shares(apart)
    assert [len(paid[0]) for paid in shares.values()] == [12] * 4


@pytest.mark.parametrize(
    ("share", "is_rare"), [(0, False), (1 / 12, True), (2 / 12, True), (3 / 12, False),
                           (9 / 12, False), (10 / 12, True), (11 / 12, True), (1, False)]
)  # fmt: skip
def test_share_of_too_few_firms_or_of_all_but_too_few_is_rare(told, share, is_rare):
    read, site, _, _ = told
    assert exposures._is_rare(read, site, [share]).tolist() == [is_rare]
    assumed = replace(site, orders=site.orders.iloc[:0])
    assert exposures._is_rare(read, assumed, [share]).tolist() == [False]
    assert exposures._is_rare(read, replace(site, split_is_known=False), [share]).tolist() == [
        False
    ]


def test_parts_of_too_few_firms_stand_in_one_column_without_figure_or_name(told):
    read = told[0]
    table = exposures.surveyed(read, by=["complex_id", "part"])
    own = [name for name in table if name.startswith("S2")]
    assert own == ["S2 · n < 3", "S2 · wear plate"]
    assert table["S2 · n < 3"].tolist() == [HIDDEN] * len(table)
    assert HIDDEN not in table["S2 · wear plate"].tolist()
    stock = messages.text("exposures.index.stock_days")
    assert table.loc[stock, "S2 · wear plate"] == messages.UNKNOWN
    assert table.loc[stock, "S4 · wear plate"] != messages.UNKNOWN
    by_firm = exposures.surveyed(read, by=["firm", "complex_id", "part"])
    assert all("n < 3" in name for name in by_firm)


# restricted tables


def test_restricted_tables_hold_every_firm_also_those_that_pages_do_not_use(tmp_path, monkeypatch):
    monkeypatch.setattr(challenges, "WITH_FIRMS", 1)
    read = study.read(panel_folder(tmp_path, few_of_s3), FEW_DRAWS)
    found = restricted.results(read)
    assert list(found) == ["exposure", "costs", "answers", "left_out"]
    pairs = read.everything.orders[["complex_id", "firm"]].drop_duplicates()
    for name in ("exposure", "costs"):
        assert set(map(tuple, found[name][["complex_id", "firm"]].to_numpy())) == set(
            map(tuple, pairs.to_numpy())
        ), name
    one = read.everything.orders.query("complex_id == 'S3' and firm == 'F01'")
    row = found["exposure"].set_index(["complex_id", "firm"]).loc[("S3", "F01")]
    mean = np.average(one["stock_days"].astype(float), weights=one["weight_t"])
    assert row["stock_days_value"] == pytest.approx(mean)
    paid = found["costs"].query("complex_id == 'S4'")
    site = economics.sites(read, ["S4"])["S4"]
    draws = economics.drawn(site, n_samples=40, seed=read.settings.seed)
    alone = np.median(benefits.shares(site.compare(draws))["alone"], axis=0)
    np.testing.assert_allclose(paid["alone"], alone)


def test_every_sheet_begins_by_saying_in_both_languages_that_it_is_restricted(
    tmp_path, panel, monkeypatch
):
    monkeypatch.setattr(challenges, "WITH_FIRMS", 1)
    path = restricted.write(panel[0], tmp_path / "restricted.xlsx")
    book = openpyxl.load_workbook(path)
    assert len(book.sheetnames) == 4
    for sheet in book:
        assert sheet["A1"].value.startswith("대외비: ")
        assert "RESTRICTED: results of single firms. Do not forward" in sheet["A1"].value
        assert sheet.max_row > 2
    firms = {row[1] for row in book.worksheets[0].iter_rows(min_row=3, values_only=True)}
    assert firms == set(panel[0].survey.orders["firm"])
    assert path.stat().st_mode & 0o077 == 0


def test_without_orders_there_is_nothing_restricted(tmp_path):
    with pytest.raises(SettingsError, match="desk has no orders of firms: add orders"):
        restricted.write(study.read(STUDIES / "desk"), tmp_path / "out.xlsx")


# whole pages


def secret_names(rows):
    """Firms by name and number; in each complex one part that only one of them buys."""
    for row in rows:
        row["firm"] = f"{NAME}{row['firm'][1:]} 123-45-67890"
        if row["firm"].startswith(f"{NAME}04") and row["part"] == "wear plate":
            row["part"], row["supplier"] = PART, "O07"
    return rows


def exhibits(notebook, folder, monkeypatch):
    """All exhibits of a notebook, run cell by cell in this process."""
    shown = []
    monkeypatch.setattr(challenges, "WITH_FIRMS", 1)
    monkeypatch.setattr(report.Page, "_show", lambda _, exhibit: shown.append(exhibit))
    cells = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text("utf-8"))["cells"]
    names = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)  # noqa: S102 - our own notebook
            if "parameters" in cell["metadata"].get("tags", []):
                names |= {"study_folder": str(folder), "changes": FEW_DRAWS}
    return shown


@pytest.mark.parametrize(
    "notebook",
    ["02_supply_chain_stability", "03_economic_effect", "06_scores", "07_robustness"],
)
def test_no_page_holds_a_firm_or_what_it_alone_buys(notebook, tmp_path, monkeypatch):
    shown = exhibits(notebook, panel_folder(tmp_path, secret_names), monkeypatch)
    assert len(shown) > 15
    for exhibit in shown:
        for text in (exhibit.body, exhibit.caption):
            for words in (getattr(text, "ko", str(text)), getattr(text, "en", str(text))):
                assert NAME not in words, exhibit.key
                assert "123-45" not in words, exhibit.key
    assert stability.answers(study.read(tmp_path).survey.orders)["firm"].str.contains(NAME).all()

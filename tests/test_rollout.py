"""The rollout against full enumeration, by hand, and by its laws."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from site_select import rollout, rollout_model, rollout_plans
from site_select.errors import SettingsError
from site_select.rollout_model import Programme

YEARS = (2027, 2028, 2029)


def _instance(seed, *, n=None, free=False):
    """A small random programme in whole million KRW; ``free`` has no least starts."""
    g = np.random.default_rng(seed)
    n, years = n or int(g.integers(2, 6)), int(g.integers(2, 4))
    hubs = ["H1", "H2"][: int(g.integers(0, 3))]
    sites = pd.DataFrame({
        "cost_krw": g.integers(2, 12, n) * 1e6, "value": g.integers(1, 90, n) / 97,
        "npv_krw": g.normal(4e6, 5e6, n).round(), "region": g.choice(["north", "south"], n),
        "branch": g.choice(["mold", "plating", "mold;plating"], n),
        "operator": g.choice(["P", "Q", ""], n),
        "hubs": [";".join(h for h in hubs if g.random() < 0.5) for _ in range(n)],
        "earliest": g.choice([2027, 2027, 2028], n),
    }, index=[f"RC{i:02d}" for i in g.permutation(n)])  # fmt: skip
    balance = pd.DataFrame(
        [(group, name, 0 if free else int(g.integers(0, 2)), int(g.integers(1, 4)))
         for group, name in (("region", "north"), ("branch", "mold"))
         if sites[group].str.contains(name).any()],
        columns=["group", "name", "least", "most"],
    )  # fmt: skip
    capacity = {name: 1.0 for name in "PQ" if (sites["operator"] == name).any()}
    return sites, Programme(
        pd.Series(g.integers(4, 22, years) * 1e6, index=YEARS[:years]), 0.05, balance,
        pd.Series(capacity, dtype="float64"),
        pd.Series({name: float(g.integers(1, 6)) * 1e6 for name in hubs}, dtype="float64"),
        pd.Series({0: 1.0, 1: 0.8, 3: 0.5} if g.random() < 0.6 else {0: 1.0}),
    )  # fmt: skip


def _enumerated(sites, programme):
    """Every plan as ``starts, value, npv_krw``, written without the integer program."""
    years, budgets = list(programme.budgets_krw.index), programme.budgets_krw.to_numpy()
    hubs, rows = list(programme.hub_costs_krw.index), sites.to_dict("index")
    when = [None, *range(len(years))]
    for starts in itertools.product(when, repeat=len(sites)):
        chosen = {label: t for label, t in zip(sites.index, starts, strict=True) if t is not None}
        if any(years[t] < rows[label]["earliest"] for label, t in chosen.items()):
            continue
        if not _balanced(chosen, rows, programme, len(years)):
            continue
        base, value, npv = np.zeros(len(years)), 0.0, 0.0
        for label, t in chosen.items():
            before = sum(other < t for other in chosen.values())
            factor = [f for least, f in programme.learning.items() if least <= before][-1]
            cost = rows[label]["cost_krw"]
            base[t] += cost * factor
            value += rows[label]["value"] / 1.05**t
            npv += (rows[label]["npv_krw"] + cost * (1 - factor)) / 1.05**t
        needed = {h: min((t for label, t in chosen.items() if h in rows[label]["hubs"]),
                         default=None) for h in hubs}  # fmt: skip
        needed = {h: t for h, t in needed.items() if t is not None}
        best = None
        for opened in itertools.product(*(range(t + 1) for t in needed.values())):
            spent, paid = base.copy(), 0.0
            for h, t in zip(needed, opened, strict=True):
                spent[t] += programme.hub_costs_krw[h]
                paid += programme.hub_costs_krw[h] / 1.05**t
            if (spent <= budgets).all() and (best is None or paid < best):
                best = paid
        if best is not None:
            yield chosen, value, npv - best


def _balanced(chosen, rows, programme, n_years):
    for _, limit in programme.balance.iterrows():
        inside = sum(limit["name"] in rows[label][limit["group"]].split(";") for label in chosen)
        if not limit["least"] <= inside <= limit["most"]:
            return False
    return all(
        sum(rows[label]["operator"] == body and t == year for label, t in chosen.items()) <= most
        for body, most in programme.capacity.items() for year in range(n_years)
    )  # fmt: skip


def _hold(plan, sites, programme):
    """Budgets hold to the KRW, hubs stand when they are needed, and the tables agree."""
    assert (plan.years["spent_krw"] <= programme.budgets_krw * (1 + 1e-12)).all()
    paid = plan.complexes["cost_krw"].sum() + plan.hubs["cost_krw"].sum()
    assert paid == pytest.approx(plan.years["spent_krw"].sum())
    for label, row in plan.complexes.iterrows():
        for hub in filter(None, sites.loc[label, "hubs"].split(";")):
            assert plan.hubs.loc[hub, "year"] <= row["year"]


@pytest.mark.parametrize("block", range(10))
def test_a_hundred_small_programmes_have_the_optimum_and_order_of_full_enumeration(block):
    for seed in range(10 * block, 10 * block + 10):
        sites, programme = _instance(seed)
        every = list(_enumerated(sites, programme))
        for place, objective in ((1, "value"), (2, "npv_krw")):
            best = rollout.plan(sites, programme, objective=objective)
            if not every:
                assert len(best.blocked)
                continue
            assert best.blocked.empty
            assert best.gap == 0
            _hold(best, sites, programme)
            most = max(found[place] for found in every)
            assert getattr(best, objective) == pytest.approx(most, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(200, 212))
def test_ten_best_plans_are_those_of_full_enumeration_in_its_order(seed):
    sites, programme = _instance(seed, free=True)
    by_set = {}
    for chosen, _, npv in _enumerated(sites, programme):
        by_set[frozenset(chosen)] = max(npv, by_set.get(frozenset(chosen), -np.inf))
    found = rollout_plans.best_plans(sites, programme, k=10)
    expected = sorted(by_set.values(), reverse=True)[:10]
    assert [plan.npv_krw for plan in found] == pytest.approx(expected, rel=1e-9, abs=1e-3)
    sets = [frozenset(plan.complexes.index) for plan in found]
    assert len(set(sets)) == len(sets) == len(expected)
    assert [by_set[own] for own in sets] == pytest.approx(expected, rel=1e-9, abs=1e-3)
    for plan in found:
        _hold(plan, sites, programme)


@pytest.mark.parametrize("seed", range(300, 308))
def test_the_pareto_set_is_that_of_full_enumeration(seed):
    sites, programme = _instance(seed, n=4, free=True)
    every = sorted({(round(v, 9), round(w, 3)) for _, v, w in _enumerated(sites, programme)},
                   reverse=True)  # fmt: skip
    efficient, top = [], -np.inf
    for value, npv in every:
        if npv > top:
            efficient.append((value, npv))
            top = npv
    found = rollout_plans.pareto(sites, programme, points=1_000_000)
    assert np.array([(p.value, p.npv_krw) for p in found]) == pytest.approx(np.array(efficient))
    few = rollout_plans.pareto(sites, programme, points=3)
    assert len(few) <= 3
    assert {(round(p.value, 9), round(p.npv_krw, 3)) for p in few} <= set(efficient)
    assert few[-1].npv_krw == pytest.approx(efficient[-1][1])


@pytest.mark.parametrize("seed", range(300, 308))
def test_with_a_gap_no_plan_is_farther_from_efficient_than_the_gap(seed):
    sites, programme = _instance(seed, n=4, free=True)
    every = [(value, npv) for _, value, npv in _enumerated(sites, programme)]
    for plan in rollout_plans.pareto(sites, programme, points=5, gap=0.05):
        best = max(value for value, npv in every if npv >= plan.npv_krw - 1e-3)
        assert best * (1 - 0.06) - 1e-9 <= plan.value <= best + 1e-9


def _worth(sites, programme):
    found = rollout.plan(sites, programme)
    return -np.inf if len(found.blocked) else found.npv_krw


@pytest.mark.parametrize("seed", range(400, 412))
def test_laws_of_budgets_limits_rows_and_units(seed):
    sites, programme = _instance(seed)
    own = _worth(sites, programme)
    assert _worth(sites, replace(programme, budgets_krw=programme.budgets_krw * 1.5)) >= own - 1e-3
    stricter = programme.balance.assign(most=programme.balance["least"])
    assert _worth(sites, replace(programme, balance=stricter)) <= own + 1e-3
    assert _worth(sites.iloc[::-1], programme) == own
    kinds = ["cost_krw", "npv_krw"]
    in_millions = sites.assign(**{name: sites[name] / 1e6 for name in kinds})
    small = replace(programme, budgets_krw=programme.budgets_krw / 1e6,
                    hub_costs_krw=programme.hub_costs_krw / 1e6)  # fmt: skip
    assert _worth(in_millions, small) * 1e6 == pytest.approx(own)
    before = rollout.plan(sites, programme)
    after = rollout.plan(in_millions.sample(frac=1, random_state=seed), small)
    assert before.complexes["year"].to_dict() == after.complexes["year"].to_dict()


def _sites(**columns):
    return pd.DataFrame({"cost_krw": [6e6, 5e6, 10e6], "npv_krw": [12e6, 8e6, 9e6], **columns},
                        index=["A", "B", "C"])  # fmt: skip


def test_learning_by_hand_the_third_start_becomes_affordable():
    # 6 and 5 fill the first year (11); C then costs 8 and saves 2: 12 + 8 + (9 + 2) / 1.1 = 30
    learning = pd.Series({0: 1.0, 2: 0.8})
    programme = Programme(pd.Series([11e6, 8e6], index=[2027, 2028]), 0.1, learning=learning)
    best = rollout.plan(_sites(), programme)
    assert best.complexes["year"].to_dict() == {"A": 2027, "B": 2027, "C": 2028}
    assert best.complexes.loc["C", "cost_krw"] == 8e6
    assert best.npv_krw == pytest.approx(30e6)
    assert best.years["cost_factor"].tolist() == [1.0, 0.8]


def test_a_budget_one_krw_short_is_not_overdrawn():
    sites = pd.DataFrame({"cost_krw": [4_999_999_999.0, 5_000_000_001.0], "value": 1.0},
                         index=["A", "B"])  # fmt: skip
    best = rollout.plan(sites, Programme(pd.Series({2027: 9_999_999_999.0})), objective="value")
    assert len(best.complexes) == 1
    enough = Programme(pd.Series({2027: 10_000_000_000.0}))
    assert len(rollout.plan(sites, enough, objective="value").complexes) == 2


def test_a_hub_opens_no_earlier_than_needed_unless_only_then_there_is_money():
    sites = pd.DataFrame({"cost_krw": [10.0], "value": [1.0], "hubs": ["H"]}, index=["A"])
    hub = pd.Series({"H": 5.0})
    late = Programme(pd.Series([5.0, 15.0], index=[2027, 2028]), hub_costs_krw=hub)
    early = replace(late, budgets_krw=pd.Series([5.0, 10.0], index=[2027, 2028]))
    assert rollout.plan(sites, late, objective="value").hubs["year"].tolist() == [2028]
    assert rollout.plan(sites, early, objective="value").hubs["year"].tolist() == [2027]


def test_years_that_are_not_next_to_each_other_are_discounted_by_the_calendar():
    sites = pd.DataFrame({"cost_krw": [1.0], "value": [8.0], "earliest": [2030]}, index=["A"])
    best = rollout.plan(sites, Programme(pd.Series({2027: 1.0, 2030: 1.0}), 1.0), objective="value")
    assert best.value == 1.0


def test_unknown_worth_of_what_is_not_maximised_stays_unknown():
    sites = _sites(value=[1.0, np.nan, 1.0])
    best = rollout.plan(sites, Programme(pd.Series({2027: 11e6})))
    assert best.npv_krw == 20e6
    assert np.isnan(best.value)


def test_a_budget_below_the_cheapest_complex_starts_nothing_and_says_which():
    best = rollout.plan(_sites(), Programme(pd.Series({2027: 4e6, 2028: 0.0})))
    assert best.complexes.empty
    assert best.npv_krw == 0
    assert [text.en for text in best.said] == [
        "Nothing starts: even the cheapest complex, B, costs KRW 5,000,000, and the largest budget "
        "of a year is KRW 4,000,000."
    ]


def test_one_candidate_is_planned():
    best = rollout.plan(_sites().loc[["C"]], Programme(pd.Series({2027: 10e6})))
    assert best.complexes.index.tolist() == ["C"]
    assert best.said == ()


def test_a_year_without_candidates_is_said():
    programme = Programme(pd.Series(30e6, index=[2027, 2028]))
    best = rollout.plan(_sites(earliest=2028), programme)
    assert best.years["starts"].tolist() == [0, 3]
    assert "2027" in best.said[0].en
    assert "2027" in best.said[0].ko


def test_nothing_worth_its_cost_is_said():
    best = rollout.plan(_sites(npv_krw=-1.0), Programme(pd.Series({2027: 30e6})))
    assert best.complexes.empty
    assert best.said[0].en.startswith("Nothing starts: no complex")


def _need(least):
    return pd.DataFrame([("region", "south", least, np.inf)],
                        columns=["group", "name", "least", "most"])  # fmt: skip


def test_an_impossible_plan_names_the_fewest_limits_and_the_least_loosening():
    sites = _sites(region="south")
    programme = Programme(pd.Series([6e6, 5e6], index=[2027, 2028]), balance=_need(3))
    found = rollout.plan(sites, programme)
    # with C impossible in both years, one number less is less than 4 or 5 million: same count
    assert len(found.blocked) == 1
    assert found.complexes.empty
    assert np.isnan(found.npv_krw)
    assert found.said[0].en.startswith("No plan meets every limit.")
    assert found.said[0].ko.startswith("모든 제한을 지키는 계획이 없다.")


def test_the_limit_in_the_way_is_the_body_that_runs_the_complexes():
    sites = _sites(region="south", operator="KOMIA", branch="mold")
    limits = pd.concat([_need(3), _need(3).assign(group="branch", name="mold")])
    programme = Programme(pd.Series({2027: 30e6}), balance=limits,
                          capacity=pd.Series({"KOMIA": 2.0}))  # fmt: skip
    found = rollout.plan(sites, programme)
    row = found.blocked.iloc[0]
    assert found.blocked["limit"].tolist() == ["operator"]
    assert (row["name"], row["year"], row["given"], row["needed"]) == ("KOMIA", 2027, 2, 3)
    assert "starts that KOMIA can run in 2027, from 2 to 3" in found.said[0].en


def test_the_budget_in_the_way_is_told_to_the_krw():
    sites = _sites(region="south", branch="mold")
    limits = pd.concat([_need(3), _need(3).assign(group="branch", name="mold")])
    found = rollout.plan(sites, Programme(pd.Series({2027: 20e6}), balance=limits))
    assert found.blocked["limit"].tolist() == ["budget"]
    assert found.blocked["needed"].iloc[0] == pytest.approx(21e6)


def test_a_least_value_binds_and_can_be_out_of_reach():
    sites = _sites(value=[1.0, 1.0, 5.0])
    one = Programme(pd.Series({2027: 11e6}))
    assert rollout.plan(sites, one).npv_krw == 20e6
    assert rollout.plan(sites, replace(one, least_value=5.0)).npv_krw == 9e6
    found = rollout.plan(sites, replace(one, least_value=6.0))
    assert len(found.blocked) == 1


@pytest.mark.parametrize(
    ("programme", "said"),
    [
        (Programme(pd.Series(dtype="float64")), "no budget"),
        (Programme(pd.Series({2028: 1.0, 2027: 1.0})), "ascending"),
        (Programme(pd.Series({2027: np.nan})), "budgets_krw of 2027: allowed 0 or more"),
        (Programme(pd.Series({2027: 1.0}), -1.0), "rate = -1.0"),
        (Programme(pd.Series({2027: 1.0}), learning=pd.Series({0: 1.0, 2: 1.1})), "learning"),
        (Programme(pd.Series({2027: 1.0}), capacity=pd.Series({"X": 1.0})), "capacity of X"),
        (Programme(pd.Series({2027: 1.0}), balance=_need(1)), "no candidate is there; allowed nor"),
        (
            Programme(pd.Series({2027: 1.0}), balance=_need(4).assign(name="north")),
            "least 4, but only 3 candidates are there",
        ),
        (
            Programme(pd.Series({2027: 1.0}), balance=_need(2).assign(name="north", most=1)),
            "least 2 and most 1 contradict each other",
        ),
        (Programme(pd.Series({2027: 1.0}), least_npv_krw=np.nan), "least_npv_krw = nan"),
    ],
)  # fmt: skip
def test_a_faulty_programme_is_refused(programme, said):
    with pytest.raises(SettingsError, match=said):
        rollout.plan(_sites(region="north"), programme)


def test_every_fault_is_listed_at_once():
    sites = _sites(hubs="H", earliest=np.nan).assign(cost_krw=[np.nan, -1.0, 1.0])
    sites["npv_krw"] = [np.nan, np.inf, 1.0]
    with pytest.raises(SettingsError) as raised:
        rollout.plan(pd.concat([sites, sites.iloc[2:]]), Programme(pd.Series(dtype="float64")))
    for said in ("no budget", "C: allowed once", "cost_krw of A, B", "npv_krw of A, B",
                 "earliest of A, B, C", "hub H has no cost"):  # fmt: skip
        assert said in str(raised.value)
    with pytest.raises(SettingsError, match="no candidates"):
        rollout.plan(sites.iloc[:0], Programme(pd.Series({2027: 1.0})))
    with pytest.raises(SettingsError, match="objective = 'profit'"):
        rollout.plan(sites, Programme(pd.Series({2027: 1.0})), objective="profit")


def test_regret_and_shares_by_hand():
    sites = pd.DataFrame({"cost_krw": 1.0, "npv_krw": [3.0, 2.0, 1.0]}, index=list("ABC"))
    one = Programme(pd.Series({2027: 1.0}), 0.0)
    plans = rollout_plans.best_plans(sites, one, k=2)
    draws = pd.DataFrame({"A": [3.0, 1.0], "B": [2.0, 2.0], "C": [1.0, 6.0]})
    found = rollout_plans.robust(sites, one, draws, plans=plans)
    assert found.plans["regret_most"].tolist() == [1.0, 1.0]
    assert found.pool == 2
    solved = rollout_plans.robust(sites, one, draws, plans=plans, solve=2)
    assert solved.complexes["in_best"].tolist() == [0.5, 0.0, 0.5]
    assert solved.plans["regret_most"].tolist() == [5.0, 4.0]
    assert solved.plans["regret_mean"].tolist() == [2.5, 2.5]
    assert solved.minimax == 1
    wide = rollout_plans.robust(sites, one, draws, plans=plans, solve=2, within=0.4)
    assert wide.complexes["in_good"].tolist() == [0.5, 0.5, 0.5]
    assert wide.complexes["in_every_good"].tolist() == [0.0, 0.0, 0.5]


@pytest.mark.parametrize("seed", range(500, 505))
def test_worth_of_a_draw_is_that_of_the_same_plan_solved_anew(seed):
    sites, programme = _instance(seed, free=True)
    plans = rollout_plans.best_plans(sites, programme, k=3)
    g = np.random.default_rng(seed)
    draws = pd.DataFrame(g.normal(4e6, 5e6, (6, len(sites))), columns=sites.index)
    found = rollout_plans.robust(sites, programme, draws, plans=plans, solve=6)
    best = [rollout.plan(sites.assign(npv_krw=own), programme).npv_krw
            for _, own in draws.iterrows()]  # fmt: skip
    mean = [plans[0].npv_krw + (draws - sites["npv_krw"]).loc[row, plans[0].complexes.index].mul(
        1.05 ** (2027 - plans[0].complexes["year"])).sum() for row in draws.index]  # fmt: skip
    regret = np.array(best) - mean
    assert found.plans["regret_mean"].iloc[0] == pytest.approx(regret.mean(), abs=1e-2)
    assert found.plans["regret_most"].iloc[0] == pytest.approx(regret.max(), abs=1e-2)


def test_faulty_draws_are_refused():
    sites = _sites()
    programme = Programme(pd.Series({2027: 11e6}))
    plans = [rollout.plan(sites, programme)]
    with pytest.raises(SettingsError, match="no column C"):
        rollout_plans.robust(sites, programme, pd.DataFrame({"A": [1.0], "B": 1.0}), plans=plans)
    with pytest.raises(SettingsError, match="finite numbers only"):
        rollout_plans.robust(
            sites, programme, pd.DataFrame(np.nan, [0], list("ABC")), plans=plans
        )  # fmt: skip
    with pytest.raises(SettingsError, match="no plans"):
        rollout_plans.robust(sites, programme, pd.DataFrame(1.0, [0], list("ABC")), plans=[])


def test_names_in_a_cell():
    assert rollout_model.names_in("a; b;") == {"a", "b"}
    assert rollout_model.names_in(frozenset(["a"])) == {"a"}
    assert rollout_model.names_in(None) == rollout_model.names_in(np.nan) == frozenset()

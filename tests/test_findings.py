"""Tables and sentences on weights, flips and worlds, in both languages."""

import re

import made_up
import numpy as np
import pandas as pd
import pytest

from site_select import assessment, challenges, findings, study
from site_select.messages import Text

PANEL = made_up.ROOT / "data" / "studies" / "panel"
TOLD = (
    r"no single answer makes it first|"
    r"(S\d: ((all but )?fewer than \d of \d+|all \d+|\d+ of \d+) firms(, | and |$))+"
)


@pytest.fixture(scope="module")
def panel():
    read = study.read(PANEL, {"n_samples": 4_000, "logistics.n_draws": 100})
    return read, assessment.assess(read)


@pytest.fixture(scope="module")
def flips(panel):
    return challenges.smallest_changes(*panel)


def both(texts):
    """Whether every cell is said in Korean and in English."""
    return all(isinstance(text, Text) and text.ko and text.en for text in texts)


# before the score


def test_real_say_of_all_indicators_is_the_whole():
    table = findings.sound(made_up.desk(), made_up.desk_result())
    assert table["say"].sum() == pytest.approx(1)
    assert table["weight"].sum() == pytest.approx(1)
    assert both(table["name"])
    assert both(table["flag"])


def test_nearest_twin_is_told_with_its_sign():
    """Saving and days short avoided of the desk study go against each other."""
    table = findings.sound(made_up.desk(), made_up.desk_result())
    assert table.loc["saving_per_firm", "twin"].en.startswith("Days short avoided (-0.9")
    assert table.loc["saving_per_firm", "twin"].ko.startswith("줄어드는 부족 일수 (-0.9")


# weights of people


def test_without_a_panel_the_weights_are_said_to_be_ours_and_nothing_else_is_shown():
    desk, result = made_up.desk(), made_up.desk_result()
    assert findings.weights_text(desk, result).en.startswith("Nobody has judged")
    assert findings.opinions(desk, result).empty
    assert findings.consistency(desk, result).empty
    assert findings.by_rule(desk, result).empty


def test_panel_is_told_with_its_size_its_consensus_and_who_is_left_out(panel):
    said = findings.weights_text(*panel)
    assert "geometric mean of those of 5 evaluators" in said.en
    assert f"Consensus: {panel[1].panel.consensus:.0%}" in said.en
    assert "ratio of 0.15 or are incomplete: E6." in said.en
    assert "평가자 5명" in said.ko


def test_opinions_are_weights_of_the_criteria_by_evaluator(panel):
    table = findings.opinions(*panel)
    assert table.index.tolist() == ["E1", "E2", "E3", "E4", "E5"]
    np.testing.assert_allclose(table.sum(axis=1), 1)


def test_judgement_to_ask_again_is_the_one_that_was_turned_round(panel):
    """E6 holds infrastructure for four times as important as stability, and wrote the reverse."""
    table = findings.consistency(*panel)
    worst = table[table["evaluator"] == "E6"].iloc[0]
    assert worst["flag"].en == "over the limit: ask again"
    assert (
        worst["repair"].en == "Supply-chain stability against Basic infrastructure: 4, rather 1/4"
    )
    careful = table[table["evaluator"] != "E6"]
    assert {text.en for text in careful["repair"]} == {"–"}


def test_other_rules_of_aggregation_stand_beside_the_one_used(panel):
    table = findings.by_rule(*panel)
    np.testing.assert_allclose(table[["used", "joint", "without_extremes"]].sum(), 1)
    assert (table["lowest"] <= table["used"]).all()
    assert (table["used"] <= table["highest"]).all()


def test_ruled_out_complex_is_named_with_what_it_broke(panel):
    said = findings.ruled_out(*panel)
    assert said.en == "Made-up Sarang (S7) (Legal fare to the nearest container port)"
    assert findings.ruled_out(made_up.desk(), made_up.desk_result()).en == "none"


# methods and flips


def test_ranks_by_method_have_a_first_for_each_and_tell_who_is_dominated():
    desk, result = made_up.desk(), made_up.desk_result()
    table = findings.by_method(desk, result, len(result.scores))
    assert (table[list(findings.METHODS)].min() == 1).all()
    assert both(table["dominated"])
    for label in table.index[[text.en == "yes" for text in table["dominated"]]]:
        better = (result.values >= result.values.loc[label]).all(axis=1)
        assert better.sum() > 1


def test_flip_sentences_say_who_what_and_how_far(panel, flips):
    table = findings.flips(*panel, flips, 3)
    assert list(table.columns) == ["name", "weights", "criteria", "cell", "evaluator", "answer"]
    assert all(both(table[column]) for column in table)
    first = table.loc["S2"]
    for column, found in (("weights", flips.indicators), ("criteria", flips.criteria)):
        share = found.loc["S2", "distance"]
        assert first[column].en.startswith(f"{share:.1%} of the weight moves: ")
    assert flips.indicators.loc["S2", "distance"] < flips.criteria.loc["S2", "distance"]
    assert " → " in first["cell"].en
    assert first["evaluator"].en == "if E4 counted 0.60 times"
    for label, told in table["answer"].items():
        assert re.fullmatch(TOLD, told.en), label


def test_flips_without_evaluators_and_answers_have_no_such_columns():
    desk, result = made_up.desk(), made_up.desk_result()
    found = challenges.smallest_changes(desk, result)
    table = findings.flips(desk, result, found, 5)
    assert list(table.columns) == ["name", "weights", "criteria", "cell"]
    assert len(table) == 5
    assert findings.largest_tie(found) <= 1e-9


def test_flip_of_an_unknown_cell_says_that_it_is_unknown():
    """The saving of RC03 is drawn from other complexes."""
    desk, result = made_up.desk(), made_up.desk_result()
    found = challenges.smallest_changes(desk, result)
    row = found.cells.set_index("rival").loc["RC03"]
    known = result.performance.loc[(row["whose"], row["criterion"]), "basis"] == "own"
    said = findings.flips(desk, result, found, 10).loc["RC03", "cell"]
    assert ("unknown and drawn as if" in said.en) != known
    assert ("모르는 값" in said.ko) != known


def test_flip_of_a_known_cell_begins_at_what_was_told(panel, flips):
    _, result = panel
    row = flips.cells.set_index("rival").loc["S2"]
    told = result.performance.loc[(row["whose"], row["criterion"]), "value"]
    said = findings.flips(*panel, flips, 3).loc["S2", "cell"]
    assert f" {findings._figure(told)} → " in said.en


def test_points_of_the_settings_are_said_beside_the_panel(panel):
    read = study.read(PANEL, {"points.economic_effect": 2})
    said = findings.weights_text(read, panel[1])
    assert "times the points stated in the settings (Economic effect × 2)" in said.en


def test_one_evaluator_alone_is_said_to_have_no_spread(panel):
    _, result = panel
    alone = result.panel._replace(priorities=result.panel.priorities[:1])
    one = result._replace(panel=alone)
    assert "one evaluator alone" in findings.weights_drawn(one).en
    assert "those of 1 evaluator, who" in findings.weights_text(panel[0], one).en


@pytest.mark.parametrize(
    ("number", "written"), [(3_416_123.0, "3,416,000"), (36.0312, "36.03"), (0.5, "0.5"), (0, "0")]
)
def test_figures_of_flips_have_four_digits(number, written):
    assert findings._figure(number) == written


@pytest.mark.parametrize(
    ("ratio", "written"), [(5.0, "5"), (1 / 5, "1/5"), (1.0, "1"), (0.111111, "1/9"), (2.5, "2.5")]
)
def test_judgements_are_written_as_they_were_made(ratio, written):
    assert findings._judged(ratio) == written


# worlds and members


@pytest.fixture(scope="module")
def worlds():
    return challenges.worlds(made_up.desk_result())


def test_every_choice_and_option_of_the_worlds_has_a_name(worlds):
    desk = made_up.desk()
    assert both(findings.choice_names(worlds).values())
    names = findings.option_names(desk, worlds)
    assert both(names.values())
    assert set(names) == {
        (choice, option) for choice in worlds.worlds for option in worlds.worlds[choice].unique()
    }
    assert names["weighting", "double:economic_effect"].en == "Economic effect twice"


def test_choice_that_matters_most_comes_first(worlds):
    order = list(findings.choices_first(worlds).columns)
    total = worlds.shares_of_choice["total"]
    assert order[0] == total.idxmax()
    assert total[order].is_monotonic_decreasing


def test_worlds_are_told_with_the_complex_that_wins_most_of_them(worlds):
    desk = made_up.desk()
    said = findings.worlds_said(desk, worlds)
    table = findings.worlds(desk, worlds, 5)
    assert said["share"] == table["share"].iloc[0] == worlds.share.max()
    assert table["share"].is_monotonic_decreasing
    assert (table["best"] <= table["median"]).all()
    assert (table["median"] <= table["worst"]).all()
    assert len(findings.shown(worlds)) <= 5


def test_left_out_table_keeps_all_members_and_only_counts_the_firms():
    rows = pd.DataFrame({
        "kind": ["complex", "criterion"], "name": ["RC15", "economic_effect"],
        "leader": ["RC13", "RC15"], "lead": [0.1, 0.1],
    })  # fmt: skip
    firms = pd.DataFrame({
        "complex_id": ["RC15"] * 9 + ["RC13"] * 4 + ["RC02"] * 4, "firm": list("abcdefghijklmnopq"),
        "firms": [1] * 16 + [24], "leader": "RC13", "lead": 0.123456,
        "changes": [True] * 4 + [False] * 5 + [True] + [False] * 3 + [False] * 3 + [True],
    })  # fmt: skip
    table = findings.left_out(made_up.desk(), rows, firms)
    assert [text.en for text in table["name"]][1:] == [
        "Economic effect", *(made_up.desk().names[label].en for label in ("RC02", "RC13", "RC15"))
    ]  # fmt: skip
    assert [text.en for text in table["leader"]][2:] == [
        "another with 24 of 27 firms", "another with fewer than 3 of 4 firms",
        "another with 4 of 9 firms",
    ]  # fmt: skip
    assert list(table["lead"])[2:] == [findings.NOTHING] * 3
    assert both(table["kind"])


def test_weight_with_the_least_room_on_one_side_is_the_narrowest():
    """An end at 0 or 1 is no limit."""
    intervals = pd.DataFrame(
        {"low": [0.0, 0.1, 0.0], "weight": [0.01, 0.3, 0.2], "high": [1.0, 0.9, 0.25]},
        index=["a", "b", "c"],
    )
    assert findings.narrowest(intervals) == "c"
    assert findings.narrowest(intervals[:2]) == "b"


def test_questions_are_numbered_and_worth_something():
    desk, result = made_up.desk(), made_up.desk_result()
    table = findings.questions(desk, challenges.questions(result), 7)
    assert table.index.tolist() == list(range(1, len(table) + 1))
    assert (table["gain"] > 0).all()
    assert both(table["name"])
    assert both(table["indicator"])

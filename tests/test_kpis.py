"""What a pilot is measured by, and the rule that stops, mends or lets go on."""

import re
from functools import partial
from itertools import permutations

import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_select import economics, kpis, listings, messages, pilot, report, study
from site_select.errors import SettingsError

HANGUL = re.compile("[가-힣]")
RULES = pd.DataFrame(
    {"better": ["less", "more", "less"], "go_on": [0.5, 2.0, 7.0], "stop": [1.0, 0.0, np.nan],
     "gate": [1, 2, 2]},
    index=["orders", "parts", "days"],
)  # fmt: skip
ORDER = ["stop", "mend", "go_on"]


@pytest.fixture(scope="module")
def read():
    return study.read(made_up.ROOT / "data" / "studies" / "gwangju-2020")


@pytest.fixture(scope="module")
def evaluation(read):
    site = economics.sites(read, ["RC15"])["RC15"]
    return pilot.evaluation(read.survey.pilot_gwangju, site, n_samples=32, seed=1)


def decided(**figures):
    return kpis.decide(pd.Series(figures, dtype="float64"), RULES)


# the rule


@pytest.mark.parametrize(
    ("figures", "word", "words"),
    [
        ({"orders": 0.2, "parts": 2, "days": 3}, "go_on", ["go_on", "go_on", "go_on"]),
        ({"orders": 0.5, "parts": 2, "days": 7}, "go_on", ["go_on", "go_on", "go_on"]),
        ({"orders": 0.6, "parts": 2, "days": 3}, "mend", ["mend", "go_on", "go_on"]),
        ({"orders": 0.2, "parts": 1, "days": 99}, "mend", ["go_on", "mend", "mend"]),
        ({"orders": 1.0, "parts": 3, "days": 3}, "stop", ["stop", "go_on", "go_on"]),
        ({"orders": 0.2, "parts": 0, "days": 3}, "stop", ["go_on", "stop", "go_on"]),
        ({"orders": 0.2, "parts": 2}, "mend", ["go_on", "go_on", "measure"]),
        ({"orders": 9.0}, "stop", ["stop", "measure", "measure"]),
        ({"orders": np.nan, "parts": 5, "days": 0}, "mend", ["measure", "go_on", "go_on"]),
        ({}, "mend", ["measure", "measure", "measure"]),
    ],
)
def test_word_is_that_of_the_worst_figure(figures, word, words):
    found = decided(**figures)
    assert found.word == word
    assert found.reasons["word"].tolist() == words
    assert list(found.reasons.index) == list(RULES.index)


figure = st.one_of(st.none(), st.floats(0, 40))
numbers = st.fixed_dictionaries({"orders": figure, "parts": figure, "days": figure})


@given(numbers, st.sampled_from(list(RULES.index)), st.floats(0, 40))
def test_worse_figure_never_moves_the_word_up(figures, name, change):
    if figures[name] is None:
        return
    is_less = RULES.loc[name, "better"] == "less"
    worse = figures[name] + change if is_less else max(figures[name] - change, 0.0)
    before, after = decided(**figures), decided(**figures | {name: worse})
    assert ORDER.index(after.word) <= ORDER.index(before.word)


@given(numbers, st.sampled_from(list(RULES.index)))
def test_with_a_figure_unknown_nothing_goes_on(figures, name):
    found = decided(**figures | {name: None})
    assert found.word != "go_on"
    assert found.reasons.loc[name, "word"] == "measure"


@given(numbers)
def test_order_of_figures_and_rows_changes_nothing(figures):
    found = decided(**figures)
    for names in permutations(RULES.index):
        other = kpis.decide(
            pd.Series(figures, dtype="float64")[list(names)], RULES.loc[list(names)]
        )
        assert other.word == found.word
        pd.testing.assert_frame_equal(other.reasons.loc[found.reasons.index], found.reasons)


def test_figures_and_thresholds_stay_as_they_were():
    figures, rows = pd.Series({"orders": 0.25}), RULES.copy()
    kpis.decide(figures, rows)
    assert figures.to_dict() == {"orders": 0.25}
    pd.testing.assert_frame_equal(rows, RULES)


def test_every_fault_is_in_one_message():
    crossed = RULES.assign(stop=[0.5, 0.0, np.nan])
    figures = pd.Series({"orders": -1.0, "parts": np.inf, "colour": 1.0})
    with pytest.raises(SettingsError) as caught:
        kpis.decide(figures, crossed)
    assert str(caught.value) == (
        "colour = 1.0: no such KPI; allowed orders, parts, days; "
        "orders = -1.0: allowed 0 or more, or nothing where it is unknown; "
        "parts = inf: allowed 0 or more, or nothing where it is unknown; "
        "orders: stop 0.5 is no worse than the target 0.5"
    )
    with pytest.raises(SettingsError, match="'orders' stands twice"):
        kpis.decide(pd.Series([1.0, 2.0], ["orders", "orders"]), RULES)
    with pytest.raises(SettingsError, match="no KPI: allowed one or more"):
        kpis.decide(pd.Series(dtype="float64"), RULES.iloc[:0])


def test_gate_decides_on_what_is_asked_up_to_it():
    """One part where two are asked: the first gate does not ask for parts yet."""
    found = kpis.by_gate(pd.Series({"orders": 0.2, "parts": 1.0, "days": 3.0}), RULES)
    assert {gate: made.word for gate, made in found.items()} == {1: "go_on", 2: "mend"}
    assert list(found[1].reasons.index) == ["orders"]
    assert list(found[2].reasons.index) == ["orders", "parts", "days"]


# the table, and the pilot's own result


def test_table_of_kpis_can_be_decided_on(read):
    rows = kpis.thresholds(read)
    assert set(rows.index) == {"firms", "parts", "orders", "lead_time", "stock_outs", "saving",
                               "logistics_cost", "co2e"}  # fmt: skip
    assert kpis.decide(rows["go_on"], rows).word == "go_on"
    for name in rows.index[rows["stop"].notna()]:
        at_line = rows["go_on"].where(rows.index != name, rows["stop"])
        assert kpis.decide(at_line, rows).word == "stop", name
    assert set(rows["quality"]) == {"assumed"}


def test_result_of_the_pilot_as_kpis(read):
    """3 of 12 orders; 1 - 0.71; 13 of 140 M; (13 + 52) of 150 M; one part; nothing else told."""
    published = read.survey.pilot_gwangju
    assert kpis.told(published, "plan_2020").to_dict() == pytest.approx(
        {"parts": 1, "orders": 0.25, "logistics_cost": 0.29, "saving": 13 / 140}
    )
    assert kpis.told(published, "plan_2021")["saving"] == pytest.approx(65 / 150)


def test_result_stops_by_the_promise_of_2020_and_is_mended_by_that_of_2021(read):
    """13 of 140 M is 9%, below a quarter; 65 of 150 M is 43%, below four fifths."""
    found = kpis.results(read)
    assert {promise: made.word for promise, made in found.items()} == {
        "plan_2020": "stop", "plan_2021": "mend",
    }  # fmt: skip
    words = found["plan_2020"].reasons["word"]
    assert words[words == "stop"].index.tolist() == ["saving"]
    assert set(words[words == "measure"].index) == {"firms", "lead_time", "stock_outs", "co2e"}
    said = kpis.said(read)
    assert (said["known"], said["count"]) == (4, 8)
    assert said["plan_2020"] == messages.text("kpis.word.stop")
    assert said["unknown"].en == "Firms taking part, Lead time, Stock-outs and CO2e"


def test_decisions_and_gates_print_what_the_rule_says(read):
    table = kpis.decisions(read)
    assert len(table) == 9
    assert table["plan_2020_word"].iloc[-1] == messages.text("kpis.word.stop")
    assert table["plan_2021_word"].iloc[-1] == messages.text("kpis.word.mend")
    assert table["plan_2020_value"].tolist() == [
        "–", "1.00", "0.25", "–", "–", "0.29", "0.09", "–", "–",
    ]  # fmt: skip
    gates = kpis.stage_gates(read)
    word = partial(messages.text)
    assert gates["plan_2020"].tolist() == [word(f"kpis.word.{one}") for one in
                                           ("mend", "mend", "stop")]  # fmt: skip
    assert gates["asks"].iloc[0].en == "Firms taking part and Parts in the joint order"


def test_model_expects_what_its_draws_say(read, evaluation):
    """Six orders of thirty are planned in every draw; the saving is held to 140 M."""
    found = kpis.modelled(evaluation, read.survey.pilot_gwangju)
    run = evaluation.independent["plan", "complex"]
    np.testing.assert_allclose(found["orders"], 0.2)
    np.testing.assert_allclose(found["saving"], run["paid"]["saving"] / 140e6)
    np.testing.assert_allclose(found["logistics_cost"], 1 - run["paid"]["rate"])
    np.testing.assert_allclose(found["co2e"], 1 - run["all"]["co2e_rate"])


def test_tables_have_headings_and_words_in_both_languages(read, evaluation):
    page = report.Page()
    for name, key, frame in (
        ("kpis", "kpis", kpis.table(read, evaluation)),
        ("decisions", "decisions", kpis.decisions(read)),
        ("stage_gates", "gates", kpis.stage_gates(read)),
    ):
        headers = listings.headers(name)
        assert set(frame) <= set(headers), name
        body = page.table(f"evaluation.{key}", frame, headers=headers).body
        assert not HANGUL.search(body.en), name
        assert HANGUL.search(body.ko), name
        assert "unknown" not in body.en, name


def test_targets_and_stop_lines_are_printed_with_their_direction(read, evaluation):
    table = kpis.table(read, evaluation).set_index(kpis.thresholds(read).index)
    assert table.loc["orders", ["go_on", "stop"]].tolist() == ["≤ 0.5", "≥ 1"]
    assert table.loc["firms", ["go_on", "stop"]].tolist() == ["≥ 0.5", "≤ 0.1"]
    assert table.loc["co2e", "stop"] == "–"
    assert table.loc["orders", "expected"] == "0.20 (0.20 … 0.20)"
    assert table.loc["stock_outs", "expected"] == "–"
    assert table.loc["lead_time", "before"].en.startswith("30 days before, as published; ")

"""Scenarios from a file: every combination, samples inside their ranges, all faults at once."""

import datetime as dt

import made_up
import pytest

from site_select import scenarios
from site_select.errors import InputError, SettingsError


def read(tmp_path, text):
    file = tmp_path / "scenarios.toml"
    file.write_text(text, encoding="utf-8")
    return scenarios.read(file, made_up.desk())


def test_a_grid_is_every_combination_after_the_study_as_set(tmp_path):
    found = read(
        tmp_path,
        """
        [grid]
        points.economic_effect = [1, 2]
        rules_day = [2020-07-01]
        rates.tour_truck = [0.5, 2]
    """,
    )
    day = {"rules_day": dt.date(2020, 7, 1)}
    assert found == [
        {},
        day | {"points.economic_effect": 1, "rates.tour_truck": 0.5},
        day | {"points.economic_effect": 1, "rates.tour_truck": 2},
        day | {"points.economic_effect": 2, "rates.tour_truck": 0.5},
        day | {"points.economic_effect": 2, "rates.tour_truck": 2},
    ]


def test_a_sample_fills_each_range_evenly_and_meets_every_combination(tmp_path):
    text = """
        [grid]
        logistics.sea_route = ["shortest", "suez_closed"]
        [sample]
        count = 10
        seed = 3
        rates.tour_truck = [1, 2]
        points.economic_effect = [0.0, 5.0]
    """
    found = read(tmp_path, text)
    assert found == read(tmp_path, text)
    assert found != read(tmp_path, text.replace("seed = 3", "seed = 4"))
    assert len(found) == 1 + 10 * 2
    # a Latin hypercube: one point in each tenth of each range
    drawn = sorted({one["rates.tour_truck"] for one in found[1:]})
    assert [int((value - 1) * 10) for value in drawn] == list(range(10))
    drawn = sorted({one["points.economic_effect"] for one in found[1:]})
    assert [int(value * 2) for value in drawn] == list(range(10))


def test_every_fault_of_a_file_is_told_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        read(
            tmp_path,
            """
            [grid]
            points.nowhere = [1]
            seed = [1]
            rules_day = []
            [sample]
            count = 0
            rates.tour_truck = [2, 1]
            [more]
        """,
        )
    said = str(caught.value)
    for words in ("column more", "column seed", "column rules_day: found []", "count, seed",
                  "column rates.tour_truck: found [2, 1]"):  # fmt: skip
        assert words in said


def test_every_faulty_value_is_told_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        read(
            tmp_path,
            """
            [grid]
            points.nowhere = [1]
            rules_day = ["soon", 2020-07-01]
            rates.participation = [1, 1.5]
            rates.nothing = [1]
            rates.tour_truck = [true, 0, 1]
        """,
        )
    assert len(caught.value.faults) == 6
    for words in ("points.nowhere", "'soon'", "share of more than 1", "rates.nothing: no such",
                  "rates.tour_truck = True", "rates.tour_truck = 0"):  # fmt: skip
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no setting"),
        ("[grid", "allowed: TOML"),
        ("[sample]\ncount = 100_001\nseed = 1\nrates.tour_truck = [1, 2]", "100,001 scenarios"),
    ],
)
def test_a_file_that_is_no_file_of_scenarios_is_refused(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        read(tmp_path, text)


def test_a_rate_moves_its_whole_range_and_nothing_else():
    desk = made_up.desk()
    plain = desk.survey.logistics_parameters
    found = scenarios.applied(desk, {"rates.tour_truck": 2}).survey.logistics_parameters
    is_moved = plain["parameter"] == "tour_truck"
    # 0.95, 1.1 and 1.45 EUR/km in logistics_parameters.csv
    assert found.loc[is_moved, ["low", "value", "high"]].to_numpy().tolist() == [[1.9, 2.2, 2.9]]
    assert found[~is_moved].equals(plain[~is_moved])


def test_a_scenario_without_an_open_port_is_refused():
    with pytest.raises(SettingsError, match="every port of 'busan_new' is closed"):
        scenarios.applied(made_up.desk(), {"logistics.closed_ports": "busan_new"})

"""The ratios that benchmarks are held to, without measuring anything."""

import runpy
from types import SimpleNamespace

import made_up
import pandas as pd
import pytest

BENCHMARKS = made_up.ROOT / "benchmarks"
ratios = SimpleNamespace(**runpy.run_path(str(BENCHMARKS / "ratios.py")))
Line = ratios.Line


def found(**by_name):
    """Ratios to a peer by name."""
    lines = [Line(what, 1.0, None, "", ratio) for what, ratio in by_name.items()]
    return ratios.of_lines(lines, yardstick_s=1.0, day="2027-01-01")


def test_ratio_is_worse_below_half_of_the_committed_one_and_only_there():
    committed = found(slower=30, half=30, better=30)
    assert ratios.worse(committed, found(slower=14.9, half=15, better=900)) == [
        "slower: ratio to the peer 14.9, committed 30, allowed 15 or more"
    ]


def test_ratio_to_the_machine_is_held_too():
    ours = [Line("ours", 4.0, limit_s=9.0, ratio=0.2)]
    before = ratios.of_lines(ours, yardstick_s=1.0, day="")
    now = ratios.of_lines([ours[0]._replace(ratio=0.09)], yardstick_s=1.0, day="")
    (said,) = ratios.worse(before, now)
    assert said.startswith("ours: ratio to the machine 0.09, committed 0.2, allowed 0.1")


def test_busy_machine_on_which_everything_takes_three_times_as_long_is_no_fault():
    idle = [Line("ours", 2.0, limit_s=9.0)]
    busy = [Line("ours", 6.0, limit_s=9.0)]
    before = ratios.of_lines(idle, yardstick_s=0.5, day="")
    assert before["machine"].tolist() == [0.25]
    assert ratios.worse(before, ratios.of_lines(busy, yardstick_s=1.5, day="")) == []
    assert len(ratios.worse(before, ratios.of_lines(busy, yardstick_s=0.5, day=""))) == 1


def test_what_is_new_or_was_not_measured_is_no_fault_and_keeps_its_ratio_and_day():
    committed = found(kept=30, measured=10).assign(measured="2026-01-01")
    now = found(measured=9, new=2)
    assert ratios.worse(committed, now) == []
    every = ratios.merged(committed, now)
    assert every["peer"].to_dict() == {"kept": 30, "measured": 9, "new": 2}
    assert every["measured"].to_dict() == {
        "kept": "2026-01-01", "measured": "2027-01-01", "new": "2027-01-01",
    }  # fmt: skip


def test_line_without_limit_and_ratio_is_held_to_nothing():
    assert ratios.of_lines([Line("tours", 20.0)], yardstick_s=1.0, day="").empty


@pytest.mark.parametrize(
    ("line", "is_missed"),
    [
        (Line("a", 2.0, 3.0), False),
        (Line("a", 4.0, 3.0), True),
        (Line("a", 4.0), False),
        (Line("a", 2.0, 3.0, "2 GiB, MISSED"), True),
    ],
)
def test_limit_is_missed_by_time_or_by_what_the_note_says(line, is_missed):
    assert line.is_missed is is_missed


def test_committed_ratios_are_read_as_written_and_each_is_told_once():
    committed = ratios.read()
    assert committed.index.is_unique
    assert list(committed.columns) == list(ratios.COLUMNS)
    has_one = committed[["peer", "machine"]].notna().sum(axis=1)
    assert has_one.eq(1).all()
    assert (committed[["peer", "machine"]].max(axis=1) > 0).all()
    assert pd.to_datetime(committed["measured"]).notna().all()


def test_first_run_has_nothing_to_be_held_to(tmp_path):
    assert ratios.read(tmp_path / "none.csv").empty
    assert ratios.worse(ratios.read(tmp_path / "none.csv"), found(new=1)) == []


def test_figure_has_the_same_bytes_each_time_and_names_everything(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    draw = runpy.run_path(str(BENCHMARKS / "drawing.py"))["draw"]
    every = found(quick=900, slow=1.2)
    for name in ("a.svg", "b.svg"):
        draw(every, found(quick=800), tmp_path / name)
    drawn = (tmp_path / "a.svg").read_bytes()
    assert drawn == (tmp_path / "b.svg").read_bytes()
    assert b"quick" in drawn
    assert b"slow" in drawn

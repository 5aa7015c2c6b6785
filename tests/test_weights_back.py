"""Weights given out by a decision brief, read back: stated in place of panel and points."""

import dataclasses
import json

import made_up
import nbformat
import numpy as np
import pandas as pd
import pytest

from site_select import (
    assessment,
    cli,
    decision_files,
    economics,
    freezes,
    publish,
    scoring,
    study,
    weighting,
)
from site_select.errors import InputError, SettingsError

PANEL = made_up.ROOT / "data" / "studies" / "panel"
FEW = {"n_samples": 500, "logistics.n_draws": 100}
NAMES = ["lead_time_days", "firms_sharing_one_order", "shared_logistics", "hall",
         "port_haulage_fare"]  # fmt: skip


@pytest.fixture(scope="module")
def panel():
    read = study.read(PANEL, FEW)
    return read, assessment.assess(read)


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Study in which S1 is best on everything and all is known of it."""
    return study.read(made_up.best_and_known(tmp_path_factory.mktemp("known")))


def with_weights(read, weights):
    return study.changed(read, {"weights": dict(weights)})


# the assessment


def test_own_weights_of_a_panel_read_back_give_the_same_scores_and_coverage(panel):
    read, result = panel
    back = assessment.assess(with_weights(read, result.weights))
    assert (back.scores - result.scores).abs().max() < 1e-15
    assert (back.coverage - result.coverage).abs().max() < 1e-12
    assert back.verdict.coverage == pytest.approx(result.verdict.coverage)


def test_stated_weights_are_scored_as_the_sum_by_hand(known):
    stated = dict(zip(NAMES, (1, 2, 3, 0, 4), strict=True))
    result = assessment.assess(with_weights(known, stated))
    assert result.weights.to_dict() == pytest.approx({
        "lead_time_days": 0.1, "firms_sharing_one_order": 0.2, "shared_logistics": 0.3,
        "port_haulage_fare": 0.4,
    })  # fmt: skip
    by_hand = sum(result.values[name] * weight / 10 for name, weight in stated.items() if weight)
    assert result.scores.to_dict() == pytest.approx(by_hand.to_dict(), abs=1e-15)
    additive = scoring.additive_value(result.values, result.weights)
    assert result.scores.to_dict() == additive.to_dict()


def test_weights_may_be_on_any_scale(known):
    small, large = (
        assessment.assess(with_weights(known, dict.fromkeys(NAMES, scale)))
        for scale in (1e-9, 1e12)
    )
    assert small.weights.to_list() == pytest.approx([0.2] * 5, abs=1e-15)
    assert large.weights.to_list() == pytest.approx([0.2] * 5, abs=1e-15)


def test_stated_weights_are_certain_and_take_the_place_of_panel_and_points(panel):
    read, _ = panel
    stated = {"origin_concentration": 3, "shared_logistics": 1}
    result = assessment.assess(with_weights(read, stated))
    assert result.panel is None
    drawn = result.draw(7, np.random.default_rng(1))
    assert drawn.tolist() == [[0.75, 0.25]] * 7
    doubled = study.changed(read, {"weights": stated, "points.origin_concentration": 9})
    assert assessment.assess(doubled).scores.to_dict() == result.scores.to_dict()
    central = result.smaa.central_weights
    assert np.allclose(central, [0.75, 0.25])


def test_data_alone_decide_who_is_first_under_stated_weights(known):
    """One known indicator alone: its best is first in every draw."""
    result = assessment.assess(with_weights(known, {"firms_sharing_one_order": 1}))
    assert result.smaa.first["S1"] == 1
    assert result.verdict.share == 1


def test_an_indicator_weighs_in_coverage_as_far_as_it_was_moved():
    """Two criteria alike, of the first one indicator of two scored: coverage by hand."""
    tree = pd.DataFrame({"parent": ["root", "root", "a", "a", "b"]}, ["a", "b", "a1", "a2", "b1"])
    plain = study.read(made_up.DESK)
    read = dataclasses.replace(
        plain, criteria=tree,
        settings=dataclasses.replace(plain.settings, weights={"a1": 3.0, "b1": 1.0}),
    )  # fmt: skip
    # points: a1 .25, a2 .25, b1 .5; scored a1 .5, b1 .5; stated .75, .25 are 1.5 and .5 times that
    whole = assessment._whole_weights(read, None, pd.Series({"a1": 0.75, "b1": 0.25}), ["a1", "b1"])
    assert whole.to_dict() == pytest.approx({"a1": 3 / 7, "a2": 2 / 7, "b1": 2 / 7})
    same = assessment._whole_weights(read, None, pd.Series({"a1": 0.5, "b1": 0.5}), ["a1", "b1"])
    assert same.to_dict() == pytest.approx({"a1": 0.25, "a2": 0.25, "b1": 0.5})


def test_weights_on_nothing_that_can_be_scored_are_refused(known):
    read = with_weights(known, {"hall": 1})
    scored = weighting.within(known.criteria, ["lead_time_days", "shared_logistics"])
    with pytest.raises(SettingsError, match="lead_time_days, shared_logistics are all 0, and no"):
        assessment.group_weights(read, None, scored)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"hall": -1}, "weights.hall = -1: allowed 0 or more"),
        ({"hall": float("nan")}, "weights.hall = nan"),
        ({"hall": float("inf")}, "weights.hall = inf"),
        ({"hall": 10**400}, "weights.hall = 1000"),
        ({"hall": "much"}, "weights.hall = 'much'"),
        ({"hall": True}, "weights.hall = True"),
        ({"hall": 0, "lead_time_days": 0.0}, "weights are all 0"),
        ({"colour": 1, "supply": 2}, "weights.colour, weights.supply"),
    ],
)
def test_weights_that_are_none_are_refused(known, weights, said):
    with pytest.raises(SettingsError, match=said.replace("(", r"\(")):
        with_weights(known, weights)


def test_weights_that_are_no_table_are_refused(known):
    with pytest.raises(SettingsError, match="weights = 3: allowed a table"):
        study.changed(known, {"weights": 3})


def test_weights_written_after_a_freeze_are_a_change(tmp_path):
    folder = made_up.best_and_known(tmp_path)
    read = study.read(folder)
    now = study.frozen_parts(folder, read.everything)
    freezes.write(folder, now, reason="", name="", day=read.settings.as_of)
    assert study.read(folder).settings.weights == {}
    assert "weights" not in json.loads(now.settings)
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(f"{text}\n[weights]\nhall = 1\n", "utf-8")
    with pytest.raises(InputError, match=r"weights\.hall"):
        study.read(folder)


# the file


def written(folder, text):
    path = folder / "weights.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_copied_text_gives_every_digit_back(tmp_path):
    weights = {"near": 0.1 + 0.2, "large": 1 / 3, "far": 0.0}
    lines = [f"{name} = {weight!r}" for name, weight in weights.items()]
    text = "\r\n".join(["# weights set in the decision brief of desk", "[weights]", *lines, ""])
    assert decision_files.read_weights(written(tmp_path, text), list(weights)) == weights
    assert decision_files.read_weights(written(tmp_path, "\ufeff" + text), [*weights, "new"]) == (
        weights
    )


def test_every_fault_is_told_with_its_line(tmp_path):
    text = """\
hall = 1
[weights]
hall = 2
place = 1
far = -1
deep = nan
wide = inf
high = "much"
flag = true
huge = 1e400
near 0.25
near = 0.5
far.away = 2
"" = 1
[weights]
[points]
"""
    with pytest.raises(InputError) as caught:
        decision_files.read_weights(
            written(tmp_path, text), ["hall", "far", "deep", "wide", "high", "flag", "huge", "near"]
        )
    told = {fault.row: (fault.found, fault.allowed) for fault in caught.value.faults}
    assert set(told) == {1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16}
    assert told[1] == ("'hall = 1'", "weights below the line [weights]")
    assert told[3] == ("'hall = 2'", "each name once")
    assert told[4][1].startswith("indicator = weight, of hall, far, deep")
    assert {told[row][1] for row in (5, 6, 7, 8, 9, 10)} == {"a number, 0 to 1e+12"}
    assert told[11][0] == "'near 0.25'"
    assert told[13][1] == "each name once"
    assert told[15] == ("'[weights]'", "each name once")
    assert {fault.file for fault in caught.value.faults} == {"weights.toml"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no weight above 0"),
        ("[weights]\n", "no weight above 0"),
        ("[weights]\nhall = 0\nnear = 0.0\n", "no weight above 0"),
        (b"\xff\xfe[\x00", "can't decode"),
        ('[weights]\n"\x1b[31mhall" = 1\n', r"\\x1b\[31m"),
    ],
)
def test_file_without_weights_is_refused(tmp_path, text, said):
    with pytest.raises(InputError, match=said) as caught:
        decision_files.read_weights(written(tmp_path, text), ["hall", "near"])
    assert "\x1b" not in str(caught.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        decision_files.read_weights(tmp_path / "none.toml", ["hall"])


# the report


NOTEBOOK = (
    'study_folder = ""\nchanges = {}',
    "import site_select as ss\nstudy = ss.study.read(study_folder, changes)\n"
    'page = ss.summaries.opening(study, "scores", "en")\n'
    "print({name: repr(value) for name, value in study.settings.weights.items()})",
)


@pytest.fixture
def ready(tmp_path):
    (tmp_path / "mine").mkdir()
    made_up.best_and_known(tmp_path / "mine")
    v4 = nbformat.v4
    cells = [v4.new_code_cell(NOTEBOOK[0], metadata={"tags": ["parameters"]})]
    cells += [v4.new_code_cell(source) for source in NOTEBOOK[1:]]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (tmp_path / "notebooks").mkdir()
    nbformat.write(
        v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "notebooks" / "00_one.ipynb"
    )
    return tmp_path


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_report_with_weights_is_a_variant_that_names_them(ready, monkeypatch, capsys):
    weights = written(ready, f"[weights]\nhall = {0.1 + 0.2!r}\nlead_time_days = 1\n")
    monkeypatch.chdir(ready)
    words = ["report", "mine", "--notebooks", "notebooks", "--language", "en", "--workers", "1",
             "--weights", str(weights)]  # fmt: skip
    assert cli.main(words) == cli.DONE
    index = ready / "reports" / "mine-variant" / "index.html"
    assert capsys.readouterr().out.split()[-1] == str(index)
    page = (index.parent / "00_one.en.html").read_text("utf-8")
    assert 'class="notice variant"' in page
    assert "weights.hall = 0.30000000000000004; weights.lead_time_days = 1.0" in page
    assert "{&#39;hall&#39;: &#39;0.30000000000000004&#39;" in page
    assert "Variant" in index.read_text("utf-8")
    assert not (ready / "reports" / "mine").exists()


def test_a_file_of_weights_takes_the_place_of_all_that_a_study_states(ready):
    toml = ready / "mine" / "study.toml"
    toml.write_text(toml.read_text("utf-8") + "\n[weights]\nhall = 2\n", "utf-8")
    read = study.read(ready / "mine")
    changes = cli._weights(read, written(ready, "[weights]\nlead_time_days = 1\n"))
    result = assessment.assess(study.changed(read, changes))
    assert result.weights.to_dict() == {"lead_time_days": 1.0}


def test_faulty_weights_stop_before_any_notebook(ready, monkeypatch, capsys):
    monkeypatch.chdir(ready)
    monkeypatch.setattr(publish, "report", None)
    weights = written(ready, "[weights]\ncolour = 1\nhall = -2\n")
    assert cli.main(["report", "mine", "--weights", str(weights)]) == cli.WRONG_INPUT
    said = capsys.readouterr().err
    assert "2 faults" in said
    assert "weights.toml, row 2" in said
    assert "weights.toml, row 3" in said


# comparisons of both chains, kept for equal inputs


@pytest.fixture
def counted(monkeypatch):
    """Count how often the chains are compared, without the time that takes."""
    calls = []
    monkeypatch.setattr(assessment, "KEPT", {})
    monkeypatch.setattr(economics, "own_comparisons", lambda *sites: calls.append(sites))
    monkeypatch.setattr(assessment, "COMPARED", {"saving_per_firm": lambda *_: "found"})
    return calls


def compared(read, **changes):
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return assessment._compared(study.changed(read, dotted), ["saving_per_firm"])


def test_variants_that_change_no_site_share_one_comparison(counted):
    read = study.read(made_up.DESK)
    first = compared(read)
    assert compared(read, weights__saving_per_firm=1.0, n_samples=7, points__airport_km=2) is first
    assert len(counted) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 7},
        {"logistics__price_year": 2024},
        {"limits__count_drift_per_year": 0.2},
        {"as_of": "2020-07-01"},
    ],
)
def test_what_bears_on_a_comparison_makes_it_anew(counted, change):
    read = study.read(made_up.DESK)
    compared(read)
    compared(read, **change)
    assert len(counted) == 2


def test_what_is_kept_is_what_would_be_made_anew(monkeypatch):
    read = study.read(PANEL, FEW)
    monkeypatch.setattr(assessment, "KEPT", {})
    first = assessment.performance(read)
    kept = assessment.performance(study.changed(read, {"n_samples": 7}))
    assessment.KEPT.clear()
    anew = assessment.performance(study.changed(read, {"n_samples": 7}))
    pd.testing.assert_frame_equal(kept, first)
    pd.testing.assert_frame_equal(kept, anew)


def test_no_more_tables_are_read_than_the_comparison_is_kept_by():
    """A table that is read but not part of the key would hand one variant the result of another."""
    read = study.read(PANEL, FEW)
    own = economics.own_comparisons(read)
    seen = set()

    class Watched:
        def __getattr__(self, name):
            seen.add(name)
            return getattr(read.survey, name)

    watched = dataclasses.replace(read, survey=Watched())
    for function in assessment.COMPARED.values():
        function(watched, own)
    assert seen <= set(assessment.ALSO_READ)


def test_few_results_are_kept(known, monkeypatch):
    monkeypatch.setattr(assessment, "KEPT", {str(n): {} for n in range(assessment.MOST_KEPT)})
    monkeypatch.setattr(assessment, "COMPARED", {"hall": lambda _study, _own: "found"})
    assert assessment._compared(known, ["hall"]) == {"hall": "found"}
    assert len(assessment.KEPT) == assessment.MOST_KEPT
    assert "0" not in assessment.KEPT

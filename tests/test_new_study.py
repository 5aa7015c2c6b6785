"""A new study reads at once, as the one it began as, and nothing is ever overwritten."""

import dataclasses
import subprocess

import made_up
import pandas as pd
import pytest

from site_select import cli, new_study, sending, study
from site_select.errors import InputError, WriteError


@pytest.mark.parametrize("start", new_study.STARTS)
def test_a_new_study_reads_as_the_one_it_began_as(tmp_path, start):
    new_study.make(tmp_path / "my-study", start=start)
    ours, theirs = study.read(tmp_path / "my-study"), study.read(made_up.DESK.parent / start)
    renamed = {"name_ko": "my-study", "name_en": "my-study", "reference": ""}
    assert ours.settings == dataclasses.replace(theirs.settings, **renamed)
    for name in theirs.survey.files:
        pd.testing.assert_frame_equal(getattr(ours.survey, name), getattr(theirs.survey, name))


def test_the_command_lists_the_files_and_says_what_is_next(tmp_path, capsys):
    folder = tmp_path / "deep" / "내-연구_2027"
    assert cli.main(["init", str(folder)]) == cli.DONE
    assert capsys.readouterr().out.splitlines() == [
        ".gitignore", "criteria.csv", "identified/evaluators.csv", "questions.csv", "study.toml",
        f"next: site-select check {folder}; site-select report {folder}",
    ]  # fmt: skip
    assert study.read(folder).settings.name_ko == "내-연구_2027"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_an_own_table_takes_the_place_of_that_of_the_program(tmp_path):
    new_study.make(tmp_path / "mine")
    rows = made_up.rows_of(made_up.REFERENCE / "rules.csv")
    made_up.write_table(tmp_path / "mine", "rules", rows[:1])
    read = study.read(tmp_path / "mine")
    assert len(read.everything.rules) == 1
    assert read.survey.files["rules"].parent == tmp_path / "mine"
    assert read.survey.files["complexes"].parent == made_up.REFERENCE


def test_the_list_of_evaluators_is_empty_and_takes_rows(tmp_path):
    new_study.make(tmp_path / "mine")
    assert sending.evaluators(tmp_path / "mine").empty
    with (tmp_path / "mine" / "identified" / "evaluators.csv").open("a", encoding="utf-8") as file:
        file.write("E1,Kim,Office,kim@example.org\n")
    assert list(sending.evaluators(tmp_path / "mine")["evaluator"]) == ["E1"]


def test_names_and_returned_workbooks_stay_out_of_git(tmp_path):
    new_study.make(folder := tmp_path / "mine")
    for name in ("returned", "forms", "ballots"):
        (folder / name).mkdir()
        (folder / name / "RC01.xlsx").touch()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert listed.stdout.split() == [".gitignore", "criteria.csv", "questions.csv", "study.toml"]


@pytest.mark.parametrize(
    "name",
    ["=cmd|1", "<script>alert(1)</script>", "a b", "-x", "_x", "a{b}", 'x"y', "x\\y", "a" * 41,
     "a..b", "x\ny", "@SUM(A1)", "a.b"],
)  # fmt: skip
def test_a_name_that_is_not_plain_is_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(InputError, match="allowed: letters, digits, - and _, at most 40"):
        new_study.make(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_no_notebook_could_run_in_is_refused_at_once(tmp_path):
    with pytest.raises(InputError, match="braces"):
        new_study.make(tmp_path / "a{b}" / "mine")


def test_a_folder_that_holds_anything_is_left_alone_and_every_fault_is_told(tmp_path, capsys):
    (folder := tmp_path / "my study").mkdir()
    (folder / "diary.txt").write_text("mine", "utf-8")
    assert cli.main(["init", str(folder)]) == cli.WRONG_INPUT
    told = capsys.readouterr().err
    assert told.startswith("site-select: 2 faults in the input:")
    assert "found a folder that holds diary.txt; " in told
    assert [path.name for path in folder.iterdir()] == ["diary.txt"]


def test_an_empty_folder_is_filled_and_a_file_or_the_folder_one_is_in_is_not(tmp_path, monkeypatch):
    (folder := tmp_path / "mine").mkdir()
    new_study.make(folder)
    assert (folder / "study.toml").is_file()
    (tmp_path / "file").write_text("", "utf-8")
    (here := tmp_path / "here").mkdir()
    monkeypatch.chdir(here)
    for place in (tmp_path / "file", here):
        with pytest.raises(InputError, match="the folder you are in, or a file"):
            new_study.make(place)


def test_what_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(new_study.shutil, "copyfile", full)
    with pytest.raises(WriteError, match="No space left"):
        new_study.make(tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []

import signal
import subprocess
import sys
import time

import made_up
import nbformat
import pytest

from site_select import cli, publish
from site_select.errors import InputError, NotebookError, WriteError

pytestmark = pytest.mark.filterwarnings(
    # joblib's workers are told apart by forking, which Python 3.12 warns of under threads
    "ignore:.*use of fork.*:DeprecationWarning",
)


def write_notebook(folder, name, *sources):
    v4 = nbformat.v4
    cells = [v4.new_code_cell('study_folder = ""', metadata={"tags": ["parameters"]})]
    cells += [v4.new_code_cell(source) for source in sources]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    folder.mkdir(exist_ok=True)
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), folder / f"{name}.ipynb")


PAGE = """
from pathlib import Path
from site_select import exhibits
from site_select.messages import text
exhibits.Exhibit("title", text("common.report"), text("common.report_note"), "common.report")
"""


@pytest.fixture
def folders(tmp_path):
    (tmp_path / "desk").mkdir()
    write_notebook(tmp_path / "notebooks", "00_overview", PAGE)
    write_notebook(
        tmp_path / "notebooks", "01_long_list", "import os; print(study_folder, os.getcwd())"
    )
    return tmp_path


def run(folders, **options):
    return publish.report(
        folders / "desk",
        out=folders / "out" / "desk",
        **{"notebooks": folders / "notebooks", **options},
    )


def test_report_has_a_page_a_language_of_every_notebook(folders, capfd):
    index = run(folders)
    assert index == folders / "out" / "desk" / "index.html"
    assert sorted(path.name for path in index.parent.iterdir()) == [
        "00_overview.en.html",
        "00_overview.ko.html",
        "01_long_list.en.html",
        "01_long_list.ko.html",
        "index.html",
        "manifest.json",
    ]
    assert "Site-selection report" in index.read_text(encoding="utf-8")
    page = (index.parent / "01_long_list.ko.html").read_text(encoding="utf-8")
    assert str(folders / "desk") in page
    assert str(folders / "notebooks") in page
    assert 'href="00_overview.ko.html"' in page
    assert 'href="01_long_list.en.html"' in page
    assert sorted(path.name for path in index.parent.parent.iterdir()) == ["desk"]
    shown = capfd.readouterr().err
    assert "00_overview  " in shown
    assert "01_long_list  " in shown

    run(folders, languages=("en",), workers=1)
    assert sorted(path.name for path in index.parent.iterdir()) == [
        "00_overview.en.html",
        "01_long_list.en.html",
        "index.html",
        "manifest.json",
    ]


def test_only_the_notebooks_asked_for_are_run(folders):
    write_notebook(folders / "notebooks", "01_long_list", "1 / 0")
    index = run(folders, only=["00_overview"], languages=("en",), workers=1)
    assert sorted(path.name for path in index.parent.iterdir()) == [
        "00_overview.en.html",
        "index.html",
        "manifest.json",
    ]
    assert "01_long_list" not in index.read_text(encoding="utf-8")


def test_notebooks_asked_for_that_do_not_exist_are_named_with_those_that_do(folders):
    with pytest.raises(InputError) as caught:
        run(folders, only=["00_overview", "02_nothing", "overview"])
    allowed = "allowed: names among 00_overview, 01_long_list; to mend: correct the name"
    assert str(caught.value) == (
        "2 faults in the input:\n"
        f"  study.toml, column notebooks: found '02_nothing'; {allowed}\n"
        f"  study.toml, column notebooks: found 'overview'; {allowed}"
    )
    assert not (folders / "out").exists()


@pytest.mark.parametrize(
    ("written", "names"),
    [("", []), ("00_overview;07_robustness", ["00_overview", "07_robustness"])],
)
def test_command_line_runs_the_notebooks_that_the_settings_name(
    written, names, monkeypatch, tmp_path
):
    asked = {}

    def take(study_folder, **options):
        asked.update(options)
        return study_folder / "index.html"

    monkeypatch.setattr(cli.publish, "report", take)
    settings = made_up.desk_copy(tmp_path) / "study.toml"
    lines = settings.read_text("utf-8").splitlines()
    others = [line for line in lines if not line.startswith("notebooks =")]
    settings.write_text("\n".join([f'notebooks = "{written}"', *others]), "utf-8")
    assert cli.main(["report", str(tmp_path)]) == cli.DONE
    assert asked["only"] == names


def test_failing_notebook_leaves_the_former_report_and_is_kept(folders):
    out = folders / "out" / "desk"
    out.mkdir(parents=True)
    (out / "index.html").write_text("former", encoding="utf-8")
    write_notebook(folders / "notebooks", "01_long_list", "1 / 0", "print('never')")
    with pytest.raises(NotebookError, match=r"01_long_list: cell 2 stopped with ZeroDivision"):
        run(folders)
    assert (out / "index.html").read_text(encoding="utf-8") == "former"
    assert "ZeroDivisionError" in (out.parent / "desk-failed" / "01_long_list.ipynb").read_text(
        encoding="utf-8"
    )
    assert sorted(path.name for path in out.parent.iterdir()) == ["desk", "desk-failed"]


def test_file_that_is_no_notebook_is_named(folders):
    (folders / "notebooks" / "00_overview.ipynb").write_text("not a notebook", encoding="utf-8")
    with pytest.raises(NotebookError, match="00_overview: it could not be run"):
        run(folders, workers=1)


def test_leftovers_of_an_interrupted_run_are_cleaned(folders):
    out = folders / "out"
    for leftover in (".desk.building", ".desk.former"):
        (out / leftover).mkdir(parents=True)
        (out / leftover / "index.html").write_text("left", encoding="utf-8")
    (folders / "notebooks" / "01_long_list.ipynb").unlink()
    run(folders, workers=1)
    assert sorted(path.name for path in out.iterdir()) == ["desk"]


def test_former_report_comes_back_if_a_run_stopped_between_two_renames(folders):
    former = folders / "out" / ".desk.former"
    former.mkdir(parents=True)
    (former / "index.html").write_text("former", encoding="utf-8")
    write_notebook(folders / "notebooks", "00_overview", "1 / 0")
    with pytest.raises(NotebookError):
        run(folders, workers=1)
    assert (folders / "out" / "desk" / "index.html").read_text(encoding="utf-8") == "former"


def test_file_where_the_folder_should_be_is_refused(folders):
    (folders / "out").mkdir()
    (folders / "out" / "desk").write_text("a file", encoding="utf-8")
    with pytest.raises(WriteError, match="is a file; name a folder"):
        run(folders)


def test_folder_that_cannot_be_made_is_refused(folders):
    (folders / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(WriteError, match="cannot be written"):
        run(folders)


def test_folder_with_anything_else_is_not_replaced(folders):
    (folders / "out" / "desk").mkdir(parents=True)
    (folders / "out" / "desk" / "thesis.docx").write_text("precious", encoding="utf-8")
    with pytest.raises(WriteError, match=r"not of a report \(thesis\.docx\)"):
        run(folders)


def test_missing_study_and_notebooks_are_said_at_once(tmp_path):
    with pytest.raises(InputError, match=r"(?s)2 faults.*no notebook.*no such folder"):
        publish.report(tmp_path / "none", out=tmp_path / "out", notebooks=tmp_path / "none")


@pytest.mark.parametrize("name", ["{study_folder}", "a..b"])
def test_names_that_the_runner_would_expand_are_refused(folders, name):
    (folders / name).mkdir()
    with pytest.raises(InputError, match="rename the folder"):
        publish.report(folders / name, out=folders / "out", notebooks=folders / "notebooks")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_interrupted_run_leaves_the_former_report_and_the_next_run_succeeds(folders):
    out = folders / "out" / "desk"
    out.mkdir(parents=True)
    (out / "index.html").write_text("former", encoding="utf-8")
    began = folders / "began"
    write_notebook(
        folders / "notebooks",
        "01_long_list",
        f"import pathlib, time; pathlib.Path({str(began)!r}).touch(); time.sleep(60)",
    )
    code = (
        "from pathlib import Path; from site_select import publish; "
        f"publish.report(Path({str(folders / 'desk')!r}), out=Path({str(out)!r}), "
        f"notebooks=Path({str(folders / 'notebooks')!r}))"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, start_new_session=True
    )
    waited = time.monotonic() + 60
    while not began.exists() and time.monotonic() < waited:
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=30)[1]
    assert b"KeyboardInterrupt" in said
    assert (out / "index.html").read_text(encoding="utf-8") == "former"
    (folders / "notebooks" / "01_long_list.ipynb").unlink()
    run(folders, workers=1)
    assert sorted(path.name for path in out.parent.iterdir()) == ["desk"]
    assert "former" not in (out / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["--help"], ["report", "--help"], ["check", "--help"]])
def test_help_documents_the_exit_codes(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 0
    assert "130  interrupted" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [[], ["report"], ["report", "x", "--workers", "0"], ["report", "x", "--language", "de"]],
)
def test_wrong_use_ends_with_2(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    assert "usage: site-select" in capsys.readouterr().err


def test_wrong_language_in_the_environment_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("REPORT_LANG", "de")
    with pytest.raises(SystemExit) as stopped:
        cli.main(["report", "x"])
    assert stopped.value.code == 2
    assert "'de' is none of ko, en, both" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["report", "check"])
def test_missing_study_ends_with_2(command, tmp_path, capsys):
    assert cli.main([command, str(tmp_path / "none")]) == cli.WRONG_INPUT
    assert "1 fault in the input" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotebookError("n"), cli.NOTEBOOK_FAILED),
        (WriteError("w"), cli.NOT_WRITTEN),
        (KeyboardInterrupt(), cli.INTERRUPTED),
    ],
)
def test_each_failure_has_its_exit_code(error, code, monkeypatch, capsys):
    def fail(_):
        raise error

    monkeypatch.setattr(cli.study, "read", fail)
    assert cli.main(["report", "desk"]) == code
    assert capsys.readouterr().err.startswith("site-select: ")

"""What the machine lacks is said in a line each, and only what a report needs stops anybody."""

import sys
from types import SimpleNamespace

import pytest

from site_select import __main__ as program
from site_select import cli, fonts, installed, machine


@pytest.fixture
def doctor(monkeypatch, tmp_path, capsys):
    """Examine this machine on which everything is there, and what a test takes away."""
    monkeypatch.setattr(installed, "libraries", list)
    monkeypatch.setattr(installed, "pins", list)
    path = tmp_path / "bin"
    path.mkdir()
    (path / "chromium").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(path))
    room = SimpleNamespace(available=8 * machine.GIB, free=9 * machine.GIB)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: room)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: room)
    alone = SimpleNamespace(cpu_affinity=lambda: [0, 1])
    monkeypatch.setattr(machine.psutil, "Process", lambda: alone)

    def run():
        code = cli.main(["doctor", "--out", str(tmp_path / "not" / "yet")])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return SimpleNamespace(run=run, path=path, room=room, alone=alone)


def not_ok(lines):
    return [line for line in lines if not line.startswith("ok ")]


def test_nothing_is_missing_where_everything_is_there(doctor):
    code, lines, errors = doctor.run()
    assert (code, not_ok(lines), errors) == (cli.DONE, [], "")
    assert [line[8:].partition(":")[0] for line in lines] == [
        "Python", "tables and notebooks", "Korean font", "Chromium", "memory", "cores",
        "folder of reports", "temporary folder", "UTF-8",
    ]  # fmt: skip


def test_without_chromium_a_report_lacks_only_its_pdf(doctor):
    (doctor.path / "chromium").unlink()
    code, lines, _ = doctor.run()
    (line,) = not_ok(lines)
    assert code == cli.DONE
    assert line.startswith("missing Chromium: none of chromium, ")
    assert "; reports have no PDF of the brief; to mend: install Chromium" in line


def test_little_memory_and_an_old_library_stop_a_report_and_both_are_named(doctor, monkeypatch):
    doctor.room.available = machine.GIB // 2
    old = installed.Finding("old", "numpy", "1.25", "the program needs >=1.26", "install it")
    monkeypatch.setattr(installed, "libraries", lambda: [old])
    code, lines, errors = doctor.run()
    assert code == cli.NOT_WRITTEN
    assert not_ok(lines)[0].startswith("old     numpy: 1.25; ")
    assert not_ok(lines)[1].startswith("missing memory: 0.5 GiB free; ")
    assert errors == (
        "site-select: no report can be made here before this is mended: numpy, memory\n"
    )


def test_a_full_disk_and_a_folder_that_cannot_be_written_are_told_apart(doctor, monkeypatch):
    doctor.room.free = 0.1 * machine.GIB
    code, lines, _ = doctor.run()
    assert code == cli.NOT_WRITTEN
    assert all(" 0.1 GiB free in " in line for line in not_ok(lines))

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    doctor.room.free = machine.GIB
    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)
    code, lines, _ = doctor.run()
    assert code == cli.NOT_WRITTEN
    assert [" cannot be written (Permission denied); " in line for line in not_ok(lines)] == [
        True
    ] * 2


def test_one_core_and_another_encoding_cost_comfort_only(doctor, monkeypatch):
    doctor.alone.cpu_affinity = lambda: [3]
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "cp949")
    code, lines, _ = doctor.run()
    assert code == cli.DONE
    assert [line.partition(";")[0] for line in not_ok(lines)] == [
        "missing cores: 1", "missing UTF-8: cp949 and utf-8",
    ]  # fmt: skip


# fontTools leaves a file open that is no font
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_font_that_is_not_there_or_no_font_stops_a_report(doctor, monkeypatch, tmp_path):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    for place, error in ((broken, "TTLibError"), (tmp_path / "none.ttf", "FileNotFoundError")):
        monkeypatch.setattr(fonts, "path", lambda _, place=place: place)
        code, lines, _ = doctor.run()
        assert code == cli.NOT_WRITTEN
        assert f"Korean font: NanumGothic does not load ({error}); " in not_ok(lines)[0]


def test_a_font_whose_package_was_never_installed_is_one_line_among_all(doctor, monkeypatch):
    monkeypatch.setattr(fonts.metadata, "files", lambda _: None)
    code, lines, _ = doctor.run()
    assert code == cli.NOT_WRITTEN
    assert "Korean font: NanumGothic is not installed; no figure" in not_ok(lines)[0]
    assert len(lines) > len(not_ok(lines))


def test_tables_that_did_not_come_along_stop_a_report(doctor, monkeypatch, tmp_path):
    monkeypatch.setattr(installed, "folder", lambda name: tmp_path / name)
    code, lines, _ = doctor.run()
    assert code == cli.NOT_WRITTEN
    assert "tables and notebooks: no " in not_ok(lines)[0]


def test_a_missing_library_is_named_instead_of_a_traceback(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "site_select.cli", None)
    monkeypatch.setattr(installed.metadata, "requires", lambda _: ["no-such-library>=1"])
    assert program.main() == cli.NOT_WRITTEN
    assert "missing no-such-library: not installed; " in capsys.readouterr().err

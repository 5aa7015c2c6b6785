"""Versions held against ranges and pins; folders that come with the program."""

import pytest
from packaging.requirements import Requirement

from site_select import installed


@pytest.fixture
def requiring(monkeypatch):
    """Let the program need other libraries, of which these versions are there."""

    def need(lines, versions):
        monkeypatch.setattr(installed.metadata, "requires", lambda _: lines)
        monkeypatch.setattr(installed, "_versions", lambda: versions)

    return need


def test_every_library_out_of_its_range_has_a_line_and_no_other_has(requiring):
    requiring(
        [
            "a>=2,<3",
            "b>=1",
            "Big_Name>=1",
            "d<2",
            "t>=9 ; extra == 'test'",
            "w>=9 ; os_name == 'x'",
        ],
        {"a": "1.9", "b": "1.0", "d": "2.0"},
    )
    assert [str(one) for one in installed.libraries()] == [
        "old     a: 1.9; the program needs <3,>=2; to mend: pip install 'a<3,>=2'",
        "missing Big_Name: not installed; the program needs >=1; to mend: "
        "pip install 'Big_Name>=1'",
        "new     d: 2.0; the program needs <2; to mend: pip install 'd<2'",
    ]
    assert all(one.is_needed for one in installed.libraries())


def test_one_line_where_every_library_fits(requiring):
    requiring(["a>=2,<3", "Big_Name>=1"], {"a": "2.5", "big-name": "1.0"})
    assert list(map(str, installed.libraries())) == ["ok      libraries: all 2 in their ranges"]


@pytest.mark.parametrize(
    ("version", "state"),
    [("1.26.0", "ok"), ("3.0rc1", "ok"), ("1.25.9", "old"), ("4", "new"), ("2.1", "new")],
)
def test_a_version_that_is_ruled_out_is_new_where_it_is_not_old(version, state):
    assert installed.state(Requirement("x>=1.26,<4,!=2.1"), version) == state


def test_pins_count_only_what_is_installed_here_and_name_what_differs(requiring, tmp_path):
    requiring([], {"a": "1.0", "big-name": "2.0", "c": "3.0"})
    file = tmp_path / "constraints.txt"
    file.write_text("a==1.0\nBig.Name==2.1\nc==2.9 ; os_name == 'x'\nd==1.0\n", "utf-8")
    (found,) = installed.pins(file)
    assert (found.state, found.is_needed) == ("old", False)
    assert found.found == "1 of 2 at another version (Big.Name 2.0)"
    file.write_text("a==1.0\nBig.Name==1.9\n", "utf-8")
    assert installed.pins(file)[0].state == "new"
    file.write_text("a==1.0\nd==1.0\n", "utf-8")
    assert list(map(str, installed.pins(file))) == [
        "ok      constraints.txt: all 1 installed versions as listed"
    ]


def test_no_pins_where_there_is_no_such_file(tmp_path):
    assert installed.pins(tmp_path / "constraints.txt") == []


def test_a_folder_inside_the_package_goes_before_one_beside_it(monkeypatch, tmp_path):
    """Beside an installed package stands whatever others have installed."""
    package = tmp_path / "site_select"
    (tmp_path / "data").mkdir()
    package.mkdir()
    monkeypatch.setattr(installed, "__file__", str(package / "installed.py"))
    assert installed.folder("data") == tmp_path / "data"
    (package / "data").mkdir()
    assert installed.folder("data") == package / "data"

"""A new study: a folder that reads at once, to be changed piece by piece."""

import re
import shutil
from pathlib import Path

from site_select import folders, installed, tables, workbooks
from site_select.errors import Fault, InputError
from site_select.messages import LANGUAGES

STARTS = ("desk", "gwangju-2020", "panel")
_NAME = re.compile(r"[^\W_][\w-]{0,39}")
_HEAD = "# Made by `site-select init` from the study {start}. Every setting: docs/own_study.md\n"
_OPTIONS = """\
# reference = "tables"          # folder of reference tables of your own; left out, the program's
# begins = 2027-01-04           # first day of the survey, from which gates and dues are counted
# contact = "name, telephone"   # whom respondents may ask, on forms and letters"""
_IGNORED = """\
# names, addresses, forms and returned workbooks: never in a repository
identified/
forms/
ballots/
returned/
"""


def make(folder: Path, *, start: str = "desk") -> list[str]:
    """Make a study with its settings, criteria, questions of the forms and list of evaluators.

    Every other table is the program's until the folder holds one of that name.

    Parameters
    ----------
    folder
        A folder that does not exist or is empty; its name is that of the study.
    start
        Study of `STARTS` that it begins as.

    Returns
    -------
    list of str
        Its files.

    Raises
    ------
    InputError
        If the name is no plain one or the folder holds anything.
    WriteError
        If the folder cannot be written.
    """
    place, data = folder.resolve(), installed.folder("data")
    _check(place)
    source = data / "studies" / start
    with folders.staged(place) as staging:
        whole = staging / "whole"
        (whole / "identified").mkdir(parents=True)
        for table in (data / "reference" / "questions.csv", *source.glob("*.csv")):
            shutil.copyfile(table, whole / table.name)
        settings = (source / "study.toml").read_text("utf-8")
        (whole / "study.toml").write_text(_named(settings, place.name, start), encoding="utf-8")
        (whole / ".gitignore").write_text(_IGNORED, encoding="utf-8")
        workbooks.write_csv(tables.empty("evaluators"), whole / "identified" / "evaluators.csv")
        if place.exists():
            place.rmdir()
        folders.swap(whole, place)
    return sorted(one.relative_to(place).as_posix() for one in place.rglob("*") if one.is_file())


def _named(settings: str, name: str, start: str) -> str:
    for language in LANGUAGES:
        settings = re.sub(rf"(?m)^name_{language} = .*", f'name_{language} = "{name}"', settings)
    return _HEAD.format(start=start) + re.sub(r"(?m)^reference = .*", _OPTIONS, settings)


def _check(place: Path) -> None:
    faults = []
    if not _NAME.fullmatch(place.name) or folders.NOT_IN_PATHS.search(str(place)):
        faults.append(
            Fault(str(place), 0, "", "a name with other characters, or braces or .. in the path",
                  "letters, digits, - and _, at most 40, a letter or digit first",
                  "give the study a plain name"))  # fmt: skip
    if place.is_dir() and (held := sorted(one.name for one in place.iterdir())):
        faults.append(
            Fault(str(place), 0, "", f"a folder that holds {', '.join(held[:5])}",
                  "a folder that does not exist or is empty", "name another folder"))  # fmt: skip
    if place == Path.cwd() or (place.exists() and not place.is_dir()):
        faults.append(
            Fault(str(place), 0, "", "the folder you are in, or a file", "a new folder",
                  "name a folder that does not exist"))  # fmt: skip
    if faults:
        raise InputError(faults)

"""The wheel carries all that a report needs and nothing of a survey, the same bytes every time."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from site_select import origins

ROOT = Path(__file__).parents[1]
PACKED = ("site_select", "data", "notebooks")
PLANTED = (
    "data/studies/desk/orders.csv", "data/studies/desk/identified/evaluators.csv",
    "data/studies/panel/collected/answers.csv", "data/studies/panel/returned/RC01.xlsx",
    "data/studies/gwangju-2020/restricted.xlsx", "data/studies/mine/criteria.csv",
    "data/reference/boundaries/__pycache__/rebuild.pyc", "site_select/.mypy_cache/x.json",
    "notebooks/.ipynb_checkpoints/00_overview-checkpoint.ipynb", "notebooks/notes.txt",
    "reports/desk/index.html", "tests/test_x.py",
)  # fmt: skip
STUDIES = {
    "desk": ("criteria.csv", "study.toml"),
    "gwangju-2020": ("criteria.csv", "orders.csv", "study.toml"),
    "panel": ("complex_facts.csv", "complexes.csv", "criteria.csv", "judgements.csv",
              "orders.csv", "port_distances.csv", "study.toml"),
}  # fmt: skip


def build(place, into, kind):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)],
        cwd=place, check=True, capture_output=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1600000000"},
    )  # fmt: skip
    (made,) = into.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of a copy of the checkout in which answers, caches and reports lie about."""
    place = tmp_path_factory.mktemp("checkout")
    for name in PACKED:
        shutil.copytree(ROOT / name, place / name)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copyfile(ROOT / name, place / name)
    for name in PLANTED:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("secret", "utf-8")
    return build(place, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("source"), "sdist")


@pytest.fixture(scope="module")
def target(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    shutil.unpack_archive(wheel, folder, "zip")
    return folder


def expected():
    """Files of the program, by where they stand once installed."""
    found = [
        *(ROOT / "site_select").glob("*.py"), *(ROOT / "site_select" / "schema").glob("*.csv"),
        *(ROOT / "site_select" / "catalogue").glob("*.toml"),
        *(ROOT / "site_select" / "templates").iterdir(),
    ]  # fmt: skip
    names = {path.relative_to(ROOT).as_posix() for path in found}
    inside = [
        ROOT / "data" / "README.md", *(ROOT / "notebooks").glob("*.ipynb"),
        *(ROOT / "data" / "reference").rglob("*.csv"),
        *(ROOT / "data" / "reference").rglob("*.geojson"),
        *(ROOT / "data" / "studies" / study / name
          for study, files in STUDIES.items() for name in files),
    ]  # fmt: skip
    return names | {f"site_select/{path.relative_to(ROOT).as_posix()}" for path in inside}


def test_wheel_holds_what_a_report_needs_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    assert names == expected()


def test_source_gives_the_same_wheel_to_the_byte_though_its_files_are_of_another_day(
    wheel, source, tmp_path
):
    shutil.unpack_archive(source, tmp_path / "unpacked", filter="data")
    (place,) = (tmp_path / "unpacked").iterdir()
    assert not {"tests", "reports", "benchmarks"} & {path.name for path in place.iterdir()}
    again = build(place, tmp_path / "again", "wheel")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def run(target, folder, *words):
    """Run the installed program, with the libraries of this environment, far from any checkout."""
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=os.environ | {"PYTHONPATH": str(target)},
        check=True, capture_output=True, text=True, encoding="utf-8",
    ).stdout.splitlines()  # fmt: skip


def test_installed_program_makes_and_checks_a_study_without_a_checkout(target, tmp_path):
    run(target, tmp_path, "-m", "site_select", "init", "my-study")
    assert run(target, tmp_path, "-m", "site_select", "check", "my-study")[-1] == (
        "my-study: no fault"
    )


def test_installed_program_is_the_same_code_and_finds_its_notebooks(target, tmp_path):
    """The pages of both are the same, then: `verify` computes on one what the other printed."""
    says = "from site_select import origins, publish; print(origins.code(), publish.NOTEBOOKS)"
    (line,) = run(target, tmp_path, "-c", says)
    assert line == f"{origins.code()} {target / 'site_select' / 'notebooks'}"

"""The frame around the rooms: dependencies said once, small modules, clean notebooks and paths."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec, VersionSpec
from rattler import Version as CondaVersion

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
ROOMS = sorted((ROOT / "site_select").glob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

CONDA_NAMES = {"matplotlib": "matplotlib-base"}
PYPI_ONLY = {
    "django-js-lib-leaflet", "django-js-lib-vega-embed", "koreanize-matplotlib", "pyvrp",
    "resvg-py", "xstatic-jquery",
}  # fmt: skip
CONDA_ONLY = {"python", "pip"}

CODE_LINES_A_MODULE = 300
CODE_LINES_A_FUNCTION = 40
CODE_LINES_OF_ALL_ROOMS = 19_700
LINES_A_CELL = 15
LARGEST_FILE_BYTES = 1_000_000


def _requirements(lines):
    return {
        canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)
    }


RUN_TIME = _requirements(PROJECT["project"]["dependencies"])
CLUSTER = _requirements(PROJECT["project"]["optional-dependencies"]["cluster"])
TEST = _requirements(PROJECT["project"]["optional-dependencies"]["test"])
CONDA = dict(
    line.partition(" ")[::2] for line in ENVIRONMENT["dependencies"] if isinstance(line, str)
)
PINS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
]


def _by_name(path):
    return path.name


# dependencies


def test_conda_environment_names_what_pyproject_names_and_nothing_else():
    expected = {CONDA_NAMES.get(name, name) for name in RUN_TIME.keys() - PYPI_ONLY}
    assert set(CONDA) == expected | CONDA_ONLY


@pytest.mark.parametrize("name", sorted(RUN_TIME.keys() - PYPI_ONLY))
def test_conda_range_equals_the_range_of_pyproject(name):
    assert SpecifierSet(CONDA[CONDA_NAMES.get(name, name)]) == RUN_TIME[name].specifier


def test_conda_python_is_the_python_of_pyproject():
    assert SpecifierSet(CONDA["python"]) == SpecifierSet(PROJECT["project"]["requires-python"])


@pytest.mark.parametrize("name", sorted(RUN_TIME.keys() - PYPI_ONLY))
def test_conda_reads_the_spec_and_the_installed_version_satisfies_it(name):
    conda_name = CONDA_NAMES.get(name, name)
    spec = MatchSpec(f"{conda_name} {CONDA[conda_name]}")
    installed = CondaVersion(metadata.version(name))
    assert VersionSpec(str(spec.version)).matches(installed)


def test_conda_asks_conda_forge_only_and_installs_the_package_itself():
    assert ENVIRONMENT["name"] == PROJECT["project"]["name"]
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]
    assert ENVIRONMENT["dependencies"][-1] == {"pip": ["-e ."]}


def test_constraints_carry_no_address():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text
    assert not re.search(r"^\s*-", text, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(RUN_TIME | TEST))
@pytest.mark.parametrize("python", ["3.11.7", "3.12.1", "3.13.0"])
def test_constraints_pin_every_dependency_within_its_range(name, python):
    environment = {"python_version": python[:4], "python_full_version": python}
    pins = [
        pin
        for pin in PINS
        if canonicalize_name(pin.name) == name
        and (pin.marker is None or pin.marker.evaluate(environment))
    ]
    versions = [str(pin.specifier).removeprefix("==") for pin in pins]
    assert len(versions) == 1
    assert Version(versions[0]) in (RUN_TIME | TEST)[name].specifier


def test_every_constraint_is_one_exact_version():
    assert {pin.name for pin in PINS if not re.fullmatch(r"==[\w.]+", str(pin.specifier))} == set()


def _imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def test_every_package_that_a_room_imports_is_a_dependency():
    imported = {
        name.partition(".")[0] for room in ROOMS for name in _imported(room.read_text("utf-8"))
    }
    ours = {"site_select", *sys.stdlib_module_names}
    carriers = metadata.packages_distributions()
    undeclared = {
        name
        for name in imported - ours
        if not (RUN_TIME | CLUSTER).keys()
        & {canonicalize_name(carrier) for carrier in carriers.get(name, [])}
    }
    assert undeclared == set()


def test_the_version_is_the_same_wherever_it_stands():
    version = PROJECT["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version
    assert f"[{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# rooms


def test_rooms_import_only_downwards():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_stands_on_a_floor():
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    floors = set(re.findall(r"\w+", " ".join(layers)))
    assert {room.stem for room in ROOMS if room.stem != "__init__"} <= floors


def _docstring_lines(tree):
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
        for line in range(node.body[0].lineno, node.body[0].end_lineno + 1)
    }


def _code_lines(source):
    """Line numbers that carry code: no blank line, no comment, no docstring."""
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in silent
        for line in range(token.start[0], token.end[0] + 1)
    }
    return lines - _docstring_lines(ast.parse(source))


def test_code_lines_leave_out_blanks_comments_and_docstrings():
    source = (
        '"""Doc\n\nmore"""\n\n# why\nx = """a\nb"""\n\n\ndef f():\n    """Doc."""\n    return x\n'
    )
    assert _code_lines(source) == {6, 7, 10, 12}


@pytest.mark.parametrize("room", ROOMS, ids=_by_name)
def test_a_room_is_small(room):
    assert len(_code_lines(room.read_text("utf-8"))) < CODE_LINES_A_MODULE


@pytest.mark.parametrize("room", ROOMS, ids=_by_name)
def test_a_function_is_small(room):
    source = room.read_text("utf-8")
    lines = _code_lines(source)
    sizes = {
        node.name: len(lines & set(range(node.lineno, node.end_lineno + 1)))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: size for name, size in sizes.items() if size >= CODE_LINES_A_FUNCTION} == {}


def test_the_whole_package_can_be_read_in_a_day():
    assert (
        sum(len(_code_lines(room.read_text("utf-8"))) for room in ROOMS) < CODE_LINES_OF_ALL_ROOMS
    )


# notebooks


def _code_cells(notebook):
    return [
        cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=_by_name)
def test_a_notebook_is_kept_without_outputs(notebook):
    cells = _code_cells(notebook)
    assert [cell for cell in cells if cell.outputs or cell.execution_count is not None] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=_by_name)
def test_a_notebook_runs_on_the_kernel_everyone_has(notebook):
    assert nbformat.read(notebook, as_version=4).metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=_by_name)
def test_the_first_code_cell_holds_the_parameters(notebook):
    tagged = ["parameters" in cell.metadata.get("tags", []) for cell in _code_cells(notebook)]
    assert tagged[0]
    assert sum(tagged) == 1


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=_by_name)
def test_a_notebook_calls_and_does_not_define(notebook):
    banned = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While)
    cells = [cell.source for cell in _code_cells(notebook)]
    found = [
        ast.get_source_segment(cell, node)
        for cell in cells
        for node in ast.walk(ast.parse(cell))
        if isinstance(node, banned)
    ]
    assert found == []
    assert [cell for cell in cells if len(cell.splitlines()) > LINES_A_CELL] == []


# files


def _kept_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def test_no_kept_file_names_a_path_of_one_machine():
    # An address such as https://host/home/page is no path: a letter or a slash stands before it.
    machine = re.compile(rb"(?<![\w./:-])/(?:home|root|work|Users)/|\.\./shared|[A-Z]:\\Users\\")
    found = {
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in _kept_files()
        if (match := machine.search(path.read_bytes()))
    }
    assert found == set()


def test_no_kept_file_is_large():
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in _kept_files()}
    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE_BYTES} == {}

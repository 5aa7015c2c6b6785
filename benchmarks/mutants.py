"""Would the tests notice? Rooms changed in one place at a time, each held against its own tests.

``python benchmarks/mutants.py [ROOM ...]`` writes the survivors into ``mutants.md``; what is said
there of why one lives is kept. Each change is made to the syntax tree and tried in a forked
process, so that nothing is written and libraries are imported once. Texts of messages and types
are left alone.
"""

import ast
import gc
import os
import re
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import CodeType

import hypothesis
import pytest
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "benchmarks" / "mutants.md"
ROOMS = ("scoring", "valuation", "appraisal", "replenishment")
SECONDS, MOST_BYTES = 60, 4 << 30
LEAST_KILLED = 0.8
OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Div, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.LShift: ast.RShift,
}  # fmt: skip
LEFT_ALONE = {"annotation", "returns", "decorator_list", "format_spec", "type_params"}
HEAD = """# Mutants

Rooms changed in one place at a time: an operator, a comparison, a number, a text, a condition
turned round, an argument by name left out. Killed is a change that makes one of the room's own
tests or doctests fail or run over {seconds} s; those that read the desk study do not run. Made by
`make mutants`; why a survivor lives is written by hand.

"""
COUNTS = ["room", "changes", "killed", "share"]
SURVIVORS = ["room", "line", "function", "before", "after", "why it lives"]


def others(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - a case per kind
    """Yield what could stand in place of a node."""
    match node:
        case ast.Compare(left, operators, right):
            for at, operator in enumerate(operators):
                swapped = [*operators[:at], OTHER[type(operator)](), *operators[at + 1 :]]
                yield ast.Compare(left, swapped, right)
        case ast.BinOp(left, operator, right) if type(operator) in OTHER:
            yield ast.BinOp(left, OTHER[type(operator)](), right)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(OTHER[type(operator)](), values)
        case ast.AugAssign(target, operator, value) if type(operator) in OTHER:
            yield ast.AugAssign(target, OTHER[type(operator)](), value)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(str(value)):
            yield ast.Constant(f"{value}!")
        case ast.Call(function, arguments, named):
            for at in range(len(named)):
                yield ast.Call(function, arguments, named[:at] + named[at + 1 :])
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)


def mutants(node: ast.AST, function: str = "") -> Iterator[tuple[str, int, str, str]]:
    """Change a tree in one place after the other: function, line, before and after."""
    if isinstance(node, ast.JoinedStr | ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        return  # texts of messages, docstrings
    function = getattr(node, "name", function) if isinstance(node, ast.stmt) else function
    for field, value in ast.iter_fields(node):
        slots = enumerate(value) if isinstance(value, list) else [(None, value)]
        for at, child in () if field in LEFT_ALONE else list(slots):
            if not isinstance(child, ast.AST):
                continue
            for other in others(child):
                before = _shown(node, child)
                _put(node, field, at, ast.copy_location(other, child))
                yield function, getattr(child, "lineno", 0), before, _shown(node, other)
                _put(node, field, at, child)
            yield from mutants(child, function)


def _put(node: ast.AST, field: str, at: int | None, child: ast.AST) -> None:
    if at is None:
        setattr(node, field, child)
    else:
        getattr(node, field)[at] = child


def _shown(parent: ast.AST, child: ast.AST) -> str:
    """Expression that changes, with what stands around it where it is only a number or a name."""
    whole = parent if isinstance(child, ast.Constant | ast.Name) else child
    if isinstance(whole, ast.If):
        return f"if {ast.unparse(whole.test)}"
    return re.sub(r"\s+", " ", ast.unparse(whole))[:160].replace("|", "\\|")


def survives(room: str, code: CodeType) -> bool:
    """Tell whether the tests of a room pass with other code in its place."""
    if child := os.fork():
        return os.waitpid(child, 0)[1] == 0
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    phases = hypothesis.Phase.explicit, hypothesis.Phase.generate
    try:
        exec(code, vars(sys.modules[f"site_select.{room}"]))  # noqa: S102 - what this is about
    except Exception:  # noqa: BLE001 - a change may raise anything
        os._exit(1)
    hypothesis.settings.register_profile(
        "mutants", deadline=None, derandomize=True, phases=phases, database=None, max_examples=20
    )
    done = pytest.main([
        "-x", "-q", "-o", "addopts=", "--doctest-modules", "--assert=plain", "-k", "not desk_study",
        "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "_hypothesis_pytestplugin",
        "--hypothesis-profile=mutants", f"tests/test_{room}.py", f"site_select/{room}.py",
    ])  # fmt: skip
    os._exit(int(done))


def tried(room: str) -> tuple[int, list[list[str]]]:
    """Try every change of a room: how many there are, and what is known of those that live."""
    file = ROOT / "site_select" / f"{room}.py"
    tree, count, lives = ast.parse(file.read_text("utf-8")), 0, []
    as_it_is, empty = (compile(change, file, "exec") for change in (tree, "globals().clear()"))
    if not survives(room, as_it_is) or survives(room, empty):
        sys.exit(f"{room}: its tests fail as it is, or do not see a change")
    for function, line, before, after in tqdm(mutants(tree), room, mininterval=20):
        with warnings.catch_warnings(action="ignore"):  # "is" with a text, for instance
            code = compile(ast.fix_missing_locations(tree), file, "exec")
        count += 1
        if survives(room, code):
            lives.append([room, str(line), function, f"`{before}`", f"`{after}`"])
    return count, lives


def main(rooms: list[str]) -> None:
    """Try every change of some rooms and renew their part of the page."""
    old = PAGE.read_text("utf-8").splitlines() if PAGE.is_file() else []
    cells = [line.strip("| ").split(" | ") for line in old if line.startswith("|")]
    counts = {row[0]: row for row in cells if row[0] in ROOMS and len(row) == len(COUNTS)}
    known = [row for row in cells if row[0] in ROOMS and len(row) == len(SURVIVORS)]
    why = {(row[0], *row[2:5]): row[5] for row in known}  # lines move
    lives = [row for row in known if row[0] not in rooms]
    for room in rooms:
        count, found = tried(room)
        counts[room] = [room, str(count), str(count - len(found)), f"{1 - len(found) / count:.0%}"]
        lives += [[*row, why.get((row[0], *row[2:]), "?")] for row in found]
    lives.sort(key=lambda row: (ROOMS.index(row[0]), int(row[1])))
    text = HEAD.format(seconds=SECONDS) + _table(COUNTS, [counts[r] for r in ROOMS if r in counts])
    PAGE.write_text(f"{text}\n## Survivors\n\n{_table(SURVIVORS, lives)}", "utf-8")
    if few := [
        room for room in rooms if int(counts[room][2]) < LEAST_KILLED * int(counts[room][1])
    ]:
        sys.exit(f"{', '.join(few)}: less than {LEAST_KILLED:.0%} killed; see {PAGE}")


def _table(names: list[str], rows: list[list[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    for name in (
        "conftest",
        "made_up",
        "hypothesis.extra.numpy",
        *(f"site_select.{r}" for r in ROOMS),
    ):
        import_module(name)
    gc.freeze()
    main(sys.argv[1:] or list(ROOMS))

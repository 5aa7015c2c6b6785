"""Pages say what is so: links lead somewhere, commands, functions and files exist, code runs."""

import ast
import doctest
import re
import subprocess
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from site_select import cli

ROOT = Path(__file__).parents[1]
LISTED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
)
PAGES = LISTED.stdout.split()
ROOMS = {room.stem for room in (ROOT / "site_select").glob("*.py")} - {"__init__"}
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMMANDS = next(
    action.choices for action in cli._parser()._actions if isinstance(action.choices, dict)
)
FILES = {"csv", "toml", "html", "ko", "en"}  # `study.toml` is a file, not a name of the room


def _text(page):
    return (ROOT / page).read_text("utf-8")


def _prose(text):
    """Text without blocks of code and what stands in backticks."""
    return re.sub(
        r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    )


def _anchors(text):
    """Anchors of the headings, as repositories and Sphinx make them."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    seen, anchors = Counter(), set()
    for heading in re.findall(r"^#+ +(.+)$", without_code, re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return anchors


def _dead(page, text):
    """Relative links of a page that lead nowhere."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(text)):
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if "://" in target:
            continue
        if not file.exists() or (anchor and anchor not in _anchors(file.read_text("utf-8"))):
            yield target


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_anchor_leads_somewhere(page):
    assert list(_dead(page, _text(page))) == []


def test_dead_links_and_anchors_are_found_and_code_is_no_link():
    text = (
        "# One, two\n[a](#one-two) [b](#three) [c](docs/no.md) `[d](no.md)`\n```\n[e](no.md)\n```\n"
    )
    assert _anchors(text + "# One, two\n") == {"one-two", "one-two-1"}
    assert list(_dead("README.md", text.replace("#one-two", "docs/rollout.md#objective"))) == [
        "#three", "docs/no.md",
    ]  # fmt: skip


def test_documentation_leads_to_every_page():
    source = _text("docs/conf.py")
    parts = re.search(r"^PARTS = (\{.*?^\})", source, re.DOTALL | re.MULTILINE)[1]
    shown = {f"{name}.md" for pages in ast.literal_eval(parts).values() for name in pages}
    wanted = {page for page in PAGES if page.rpartition("/")[0] in {"", "docs", "benchmarks"}}
    assert wanted - shown == {"README.md"}


def test_floor_plan_shows_the_rooms_that_there_are():
    plan = _text("docs/design.md").partition("## Floor plan")[2].partition("## Glossary")[0]
    floors = re.findall(r"^ (\w+(?: \| \w+)*)", plan, re.MULTILINE)
    assert set(re.findall(r"\w+", " ".join(floors))) == ROOMS


def test_every_name_of_the_glossary_is_in_the_code():
    glossary = _text("docs/design.md").partition("## Glossary")[2]
    files = [*(ROOT / "site_select").glob("*.py"), *(ROOT / "site_select/schema").glob("*.csv")]
    code = set(re.findall(r"\w+", " ".join(file.read_text("utf-8") for file in files)))
    named = set(re.findall(r"`(\w+)`", glossary))
    assert "complex_id" in named
    assert named - code == set()


def test_methods_say_of_every_room_what_it_computes_or_that_it_does_not():
    named = set(re.findall(r"`([a-z]\w*)[`.]", _text("docs/methods.md")))
    assert ROOMS - {"__main__"} - named == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_function_that_a_page_names_exists(page):
    named = set(re.findall(r"(?:`|\bss\.)([a-z]\w*)\.([A-Za-z]\w*)", _text(page)))
    missing = {
        f"{room}.{name}" for room, name in named
        if room in ROOMS and name not in FILES
        and not hasattr(import_module(f"site_select.{room}"), name)
    }  # fmt: skip
    assert missing == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page):
    folders = "data|docs|site_select|notebooks|tests|benchmarks"
    named = re.findall(rf"`((?:{folders})/[\w./-]+)`", _text(page))
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


def _options(command):
    return {option for action in COMMANDS[command]._actions for option in action.option_strings}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_that_a_page_names_exists(page):
    unknown = set()
    for command, rest in re.findall(r"site-select ([a-z]+)\b([^`|#\n]*)", _text(page)):
        own = _options(command) if command in COMMANDS else set()
        unknown |= {command} - set(COMMANDS)
        unknown |= {
            f"{command} {o}" for o in re.findall(r"(?<!\S)\[?(--[a-z-]+)", rest) if o not in own
        }
    targets = set(re.findall(r"(?:`|^)make ([a-z]+)\b", _text(page), re.MULTILINE))
    assert unknown == set()
    assert targets <= set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_every_command_option_and_target_is_in_the_reference():
    text = _text("docs/command_line.md")
    options = {(command, option) for command in COMMANDS for option in _options(command)}
    assert {name for name in COMMANDS if f"`site-select {name} " not in text} == set()
    assert {(name, o) for name, o in options if not re.search(rf"{o}\b", text)} == set()
    targets = re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE)
    assert [target for target in targets if f"`make {target}`" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_python_on_a_page_is_python_and_gives_what_it_says(page):
    for block in re.findall(r"^```python\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE):
        if ">>>" not in block:
            ast.parse(block)
    assert doctest.testfile(str(ROOT / page), module_relative=False, encoding="utf-8").failed == 0

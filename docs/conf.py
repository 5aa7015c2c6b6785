"""Sphinx: README, pages and docstrings made into static pages, which ask no network for anything.

Files stay plain Markdown that reads well in a repository; only here is said in which order they
stand. Docstrings are in reStructuredText, so Sphinx reads them as they are.
"""

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ROOMS = ROOT / "docs" / "rooms"
PARTS = {
    "Tutorial": ["docs/reading_a_report", "docs/reading_a_report.ko", "docs/own_study"],
    "How to": [
        "docs/howto_survey", "docs/howto_takeaway", "docs/howto_compare", "docs/howto_update",
        "docs/sweeps", "docs/when_things_fail", "CONTRIBUTING",
    ],
    "Methods": ["docs/methods", "docs/rollout", "docs/agreement", "docs/design"],
    "Reference": [
        "docs/command_line", "docs/data_dictionary", "data/README", "docs/rooms/index",
        "benchmarks/README", "benchmarks/results", "benchmarks/mutants", "benchmarks/kills",
        "CHANGELOG",
    ],
}  # fmt: skip

project = "Site Select"
author = "The Site Select authors"
version = release = PROJECT["project"]["version"]
html_title = f"{project} {version}"
html_theme = "furo"
html_copy_source = False
html_show_copyright = False
smartquotes = False  # a quotation mark in a table of allowed text is meant
html_show_search_summary = False  # it would ask for pages
root_doc = "README"
include_patterns = ["*.md", "docs/**", "data/README.md", "benchmarks/*.md"]
exclude_patterns = ["docs/images"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
default_role = "py:obj"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_attr_annotations = False
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"


def write_rooms(_app: Sphinx) -> None:
    """Write a page per room, and one that lists them floor by floor from the top."""
    ROOMS.mkdir(exist_ok=True)
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    lines = ["# Rooms", "", "From the top floor down; a room imports only from floors below it."]
    for number, floor in zip(range(len(layers), 0, -1), layers, strict=True):
        lines += ["", f"**Floor {number}**", ""]
        for room in sorted(name.strip(" ()") for name in floor.split("|")):
            summary = str(import_module(f"site_select.{room}").__doc__).partition("\n")[0]
            lines.append(f"- [{room}]({room}.rst): {summary}")
            page = (
                f"{room}\n{'=' * len(room)}\n\n.. automodule:: site_select.{room}\n   :members:\n"
            )
            (ROOMS / f"{room}.rst").write_text(page, "utf-8")
    lines += ["", "```{toctree}", ":hidden:", ":glob:", "", "*", "```", ""]
    (ROOMS / "index.md").write_text("\n".join(lines), "utf-8")


def add_navigation(_app: Sphinx, page: str, source: list[str]) -> None:
    """Put the four parts behind the README."""
    if page == root_doc:
        for part, pages in PARTS.items():
            listed = "\n".join(f"/{name}" for name in pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {part}\n\n{listed}\n```\n"


def is_no_member(_app: Sphinx, _what: str, _name: str, member: Any, *_: object) -> bool | None:  # noqa: ANN401 - anything can be a member
    """Leave out what Python says of a field of a named tuple: its class tells more."""
    return True if str(member.__doc__).startswith("Alias for field") else None


def number_apart(
    _app: Sphinx, _what: str, name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Number the references of a docstring apart from those of others on the page."""
    label = name.replace(".", "-")
    lines[:] = [
        re.sub(r"(?<=\.\. )\[(\d)\]|\[(\d)\](?=_)", rf"[#{label}-\1\2]", line) for line in lines
    ]


def finish(app: Sphinx, error: Exception | None) -> None:
    """Let the folder open at the README, and refuse a page that asks the network for something."""
    if error:
        return
    asks = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*')
    pages = {page: page.read_text("utf-8") for page in app.outdir.rglob("*.html")}
    if found := [f"{page}: {ask[0]}" for page, html in pages.items() if (ask := asks.search(html))]:
        raise ExtensionError("\n".join(found))
    (app.outdir / "index.html").write_text(pages[app.outdir / "README.html"], "utf-8")


def setup(app: Sphinx) -> None:
    """Connect the above."""
    app.connect("builder-inited", write_rooms)
    app.connect("source-read", add_navigation)
    app.connect("autodoc-process-docstring", number_apart)
    app.connect("autodoc-skip-member", is_no_member)
    app.connect("build-finished", finish)

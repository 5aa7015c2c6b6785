"""What differs between two pages of a report, figure by figure and cell by cell.

A page may come from anywhere, so it is only read, by `html.parser`: nothing of it is run, and what
is quoted from it holds no sign that a terminal would obey.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any, NamedTuple

_WHOLE = {
    "dl", "details", "figure", "h1", "h2", "h3", "nav", "ol", "p", "script", "style", "title",
}  # fmt: skip
_WHOLE_DIVISIONS = {"said", "output"}
_NAMES = {
    "dl": "Provenance", "details": "Code", "nav": "Navigation", "ol": "List", "script": "Script",
    "style": "Style", "title": "Title",
}  # fmt: skip
MOST_LINES = 10  # of one part
MOST_PAIRS = 4_000_000  # of units compared with each other, about two seconds
QUOTED = 70  # characters


class Token(NamedTuple):
    """A tag, a run of text or anything else between; ``tag`` is empty inside a frame."""

    kind: str
    tag: str
    attributes: dict[str, str | None]
    content: str


class _Unit(NamedTuple):
    """What is compared: a tag or a run of text, and where in its part it stands."""

    where: str
    content: str


@dataclass
class _Part:
    """A figure, table, paragraph, script or other piece that has a name of its own."""

    key: tuple[str, str]
    tokens: list[Token] = field(default_factory=list)
    units: list[_Unit] = field(default_factory=list)
    name: str = "Page"

    @property
    def contents(self) -> tuple[str, ...]:
        return tuple(unit.content for unit in self.units)


class _Reader(HTMLParser):
    """Reads a page, and the documents in its frames, as one row of tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[Token] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        inner = [value for name, value in attrs if name == "srcdoc"]
        shown = " ".join(f'{name}="{value}"' for name, value in attrs if name != "srcdoc")
        written = f"<{tag} {shown}>" if inner else self.get_starttag_text() or ""
        self.tokens.append(Token("open", tag, dict(attrs), written))
        for document in inner:
            reader = _Reader()
            reader.feed(document or "")
            reader.close()
            self.tokens += [token._replace(tag="") for token in reader.tokens]

    def handle_endtag(self, tag: str) -> None:
        self.tokens.append(Token("close", tag, {}, f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        lines = data.splitlines() if len(data) > QUOTED else [data]  # of a script
        self.tokens += [Token("text", "", {}, line) for line in lines if line.strip()]

    def handle_comment(self, data: str) -> None:
        self.tokens.append(Token("other", "", {}, f"<!--{data}-->"))

    def handle_decl(self, decl: str) -> None:
        self.tokens.append(Token("other", "", {}, f"<!{decl}>"))

    def unknown_decl(self, data: str) -> None:
        self.handle_decl(data)

    def handle_pi(self, data: str) -> None:
        self.tokens.append(Token("other", "", {}, f"<?{data}>"))


def differences(printed: str, recomputed: str) -> list[str]:
    """Say what differs between a page as it was found and as it should be.

    Parameters
    ----------
    printed
        The page as it was found.
    recomputed
        The page as it should be.

    Returns
    -------
    list
        A line for each difference, those of the provenance first; none if the pages are the same,
        character by character.

    Examples
    --------
    >>> differences("<p>firm</p><p>RC02 leads</p>", "<p>firm</p><p>RC03 leads</p>")
    ["Text 'RC03 leads': printed 'RC02 leads', recomputed 'RC03 leads'"]
    """
    if printed == recomputed:
        return []
    found, expected = _parts(printed), _parts(recomputed)
    lines = [line for pair in _paired(found, expected) for line in _told(*pair)]
    lines.sort(key=lambda line: not line.startswith(_NAMES["dl"]))
    return lines or [_hidden(printed.splitlines(), recomputed.splitlines())]


def read(html: str) -> list[Token]:
    """Tokens of a page in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.tokens


def _parts(html: str) -> list[_Part]:
    """Parts of a page in order; the last is what stands between the others."""
    page, depth = _Part(("page", "")), 0
    parts: list[_Part] = []
    for token in read(html):
        if not depth and not _is_whole(token):
            after = parts[-1].name if parts else "the beginning"
            page.units.append(_Unit(f"after {after}", token.content))
            continue
        if not depth:
            parts.append(_Part((token.tag, str(token.attributes.get("id", "")))))
        part = parts[-1]
        part.tokens.append(token)
        if token.tag == part.key[0]:
            depth += (token.kind == "open") - (token.kind == "close")
        if not depth:
            part.units, part.name = _located(part), _name(part)
    for part in parts[-1:] if depth else []:  # never closed
        part.units, part.name = _located(part), _name(part)
    return [*parts, page]


def _is_whole(token: Token) -> bool:
    kinds = str(token.attributes.get("class", "")).split()
    is_division = token.tag == "div" and not _WHOLE_DIVISIONS.isdisjoint(kinds)
    return token.kind == "open" and (token.tag in _WHOLE or is_division)


def _located(part: _Part) -> list[_Unit]:
    """Say of every token of a part where it stands: row and column, term, or nearest name."""
    if part.key == ("script", "record"):
        ends = part.tokens[0], part.tokens[-1]
        return [*_record(part), *(_Unit("", token.content) for token in ends)]
    units, heads, where, row, column = [], list[str](), "", 0, 0
    for number, token in enumerate(part.tokens):
        opens = token.tag if token.kind == "open" else ""
        if opens == "tr":
            row, column, where = row + 1, 0, f"row {row}"
        elif opens in {"td", "th"}:
            column += 1
            head = heads[column - 1] if column <= len(heads) and row > 1 else f"column {column}"
            where = f"row {row - 1}, {head}" if row > 1 else head
        elif opens == "table":
            row, heads = 0, []
        elif opens == "dt":
            where = _text(part.tokens[number : number + 2])
        elif opens and number and "id" in token.attributes:
            where = f"at {token.attributes['id']}"
        elif token.kind == "close" and token.tag in {"td", "th", "table"}:
            where = ""
        if row == 1 and opens == "th":
            heads.append(_text(part.tokens[number : number + 2]) or f"column {column}")
        units.append(_Unit(where, token.content))
    return units


def _record(part: _Part) -> list[_Unit]:
    """Every value of a record by its path; as it is written where it cannot be read."""
    written = "".join(token.content for token in part.tokens if token.kind == "text")
    try:
        return list(_flat(json.loads(written), ""))
    except (ValueError, RecursionError):
        return [_Unit("", written)]


def _flat(value: Any, path: str) -> Iterator[_Unit]:  # noqa: ANN401 - JSON
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value, start=1)
        if isinstance(value, list)
        else None
    )
    if inside is None:
        yield _Unit(path, json.dumps(value, ensure_ascii=False))
    for name, one in inside or ():
        yield from _flat(one, f"{path}.{name}" if path else str(name))


def _name(part: _Part) -> str:
    """Name a part as its page does: number and caption, or how its text begins."""
    tag, anchor = part.key
    if tag == "figure":
        caption = _between(part.tokens, "figcaption")
        label = _between(caption, "b")
        rest = _text(_without_notes(caption)).removeprefix(_text(label)).strip()
        return f"{_quoted(_text(label), 30)} ({_quoted(rest, 40)})"
    if (tag, anchor) == ("script", "record"):
        return "Record"
    if any(token.tag == "dl" for token in part.tokens):
        return _NAMES["dl"]
    return _NAMES.get(tag) or f"Text '{_quoted(_text(part.tokens), 40)}'"


def _between(tokens: Sequence[Token], tag: str) -> Sequence[Token]:
    ends = [n for n, token in enumerate(tokens) if token.tag == tag]
    return tokens[ends[0] : ends[-1]] if ends else []


def _without_notes(tokens: Sequence[Token]) -> list[Token]:
    """Leave out the marks that lead to sources."""
    return [token for before, token in pairwise([Token("", "", {}, ""), *tokens])
            if before.tag != "a"]  # fmt: skip


def _text(tokens: Sequence[Token]) -> str:
    return " ".join("".join(t.content for t in tokens if t.kind == "text").split())


def _paired(
    found: Sequence[_Part], expected: Sequence[_Part]
) -> Iterator[tuple[_Part | None, _Part | None]]:
    """Parts that differ, each with the one it should be; alone where there is none."""
    ours, theirs = ([part.contents for part in parts] for parts in (found, expected))
    for kind, *span in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        own, other = found[slice(*span[:2])], expected[slice(*span[2:])]
        keys = [part.key for part in own], [part.key for part in other]
        for same, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
            if same == "equal":
                yield from zip(own[a:b], other[c:d], strict=True)
            else:
                yield from ((part, None) for part in own[a:b])
                yield from ((None, part) for part in other[c:d])


def _told(found: _Part | None, expected: _Part | None) -> Iterator[str]:
    if found is None or expected is None:
        part = found or expected
        said = "is in the page, but not in the recomputed one" if found else "is missing"
        if part:
            yield f"{part.name} {said}: '{_quoted(_text(part.tokens), QUOTED)}'"
        return
    lines = [_line(expected.name, *pair) for pair in _changed(found.units, expected.units)]
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"{expected.name}: {len(lines) - MOST_LINES} more differences"


def _changed(
    found: Sequence[_Unit], expected: Sequence[_Unit]
) -> Iterator[tuple[Sequence[_Unit], Sequence[_Unit]]]:
    """Runs of units that differ."""
    ours, theirs = ([unit.content for unit in units] for units in (found, expected))
    if len(ours) == len(theirs):
        pairs = zip(found, expected, strict=True)
        yield from (([a], [b]) for a, b in pairs if a.content != b.content)
        return
    if len(ours) * len(theirs) > MOST_PAIRS:
        yield found, expected
        return
    for kind, *span in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind != "equal":
            yield found[slice(*span[:2])], expected[slice(*span[2:])]


def _line(name: str, found: Sequence[_Unit], expected: Sequence[_Unit]) -> str:
    where = next((unit.where for unit in [*expected, *found] if unit.where), "")
    ours, theirs = (_words(units) for units in (found, expected))
    same = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), 0)
    start = max(0, same - QUOTED // 3) if max(len(ours), len(theirs)) > QUOTED else 0
    told = [_quoted(text, QUOTED, start) for text in (ours, theirs)]
    said = [(f"'{text}'" if " " in text else text) or "nothing" for text in told]
    place = f"{name}: {_quoted(where, QUOTED)}" if where else name
    return f"{place}: printed {said[0]}, recomputed {said[1]}"


def _words(units: Sequence[_Unit]) -> str:
    """Text of units; their tags where there is none."""
    contents = [unit.content for unit in units]
    said = [content for content in contents if not content.startswith("<")]
    return " ".join(" ".join(said or contents).split())


def _quoted(text: str, most: int, start: int = 0) -> str:
    """Part of a text, without any sign that is no letter."""
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    part = shown[start : start + most]
    return ("…" if start else "") + part + ("…" if start + most < len(shown) else "")


def _hidden(printed: Sequence[str], recomputed: Sequence[str]) -> str:
    pairs = enumerate(zip(printed, recomputed, strict=False), start=1)
    number = next((n for n, (a, b) in pairs if a != b), min(len(printed), len(recomputed)) + 1)
    return f"Page: the files differ in signs that are not shown, first in line {number}"

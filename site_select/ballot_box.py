"""Read a ballot that came back: judgements, interests, and how far they contradict each other."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd
from openpyxl.utils import get_column_letter, range_boundaries

from site_select import ahp, ballots, layouts, tables, workbooks
from site_select.ballots import Node
from site_select.errors import SettingsError
from site_select.layouts import FIRST_ROW, Flaw
from site_select.messages import Text

JUDGEMENTS = ("evaluator", "round", "parent", "first", "second", "ratio")
ROUNDS = ("evaluator", "round", "parent", "method", "consistency_ratio")
MOST_POINTS = 100.0
FURTHEST = 9.0  # times as important; a judgement of pairs goes no further either


class Ballot(NamedTuple):
    """What an evaluator judged.

    Attributes
    ----------
    judgements
        ``evaluator, round, parent, first, second, ratio``; points as the ratios they mean.
    interests
        ``evaluator, round, complex_id``: where one was declared, ``none`` where there is none.
    rounds
        ``evaluator, round, parent, method, consistency_ratio``.
    cells
        Where every judgement stands: ``table, row, column, reply, sheet, cell``.
    flaws
        What is wrong; a ratio above the limit, or a pair left out, is a query.
    """

    judgements: pd.DataFrame
    interests: pd.DataFrame
    rounds: pd.DataFrame
    cells: pd.DataFrame
    flaws: list[Flaw]


def read(
    sheets: Mapping[str, workbooks.Sheet], stamp: Mapping[str, str], *, criteria: pd.DataFrame,
    complexes: "pd.Series[Any]", ratio_limit: float,
) -> Ballot:  # fmt: skip
    """Read a ballot; nothing is raised for what stands in it.

    Parameters
    ----------
    sheets
        Cells by sheet.
    stamp
        What the ballot says of itself.
    criteria
        Value tree, indexed by criterion.
    complexes
        Names of the complexes by number.
    ratio_limit
        Consistency ratio above which a second round is asked for.
    """
    box, who = _Box(sheets, criteria), (stamp["about"], int(stamp["round"]))
    judged, rounds = list[tuple[object, ...]](), list[tuple[object, ...]]()
    methods = box.methods()
    for node in ballots.nodes(criteria):
        method, place = methods.get(node.parent, ("pairs", ("", 0, "")))
        place = (node.title, 0, "") if method == "pairs" else place
        pairs = box.pairs(node) if method == "pairs" else box.points(node, method)
        box.note_other(node, method, place)
        is_judged = bool(pairs) or method == "pairs"
        ratio = box.consistency(node, pairs, place, ratio_limit) if is_judged else None
        judged += [(*who, node.parent, *pair) for pair in pairs]
        rounds.append((*who, node.parent, method, ratio))
    interests = [(*who, label) for label in box.interests(complexes)]
    return Ballot(
        pd.DataFrame(judged, columns=list(JUDGEMENTS)),
        pd.DataFrame(interests, columns=["evaluator", "round", "complex_id"]),
        pd.DataFrame(rounds, columns=list(ROUNDS)).astype({"consistency_ratio": "float64"}),
        pd.DataFrame(box.cells, columns=["table", "row", "column", "reply", "sheet", "cell"]),
        box.flaws,
    )


@dataclass
class _Box:
    """A ballot that is being read; flaws and places gather in it."""

    sheets: Mapping[str, workbooks.Sheet]
    criteria: pd.DataFrame
    flaws: list[Flaw] = field(default_factory=list)
    cells: list[tuple[object, ...]] = field(default_factory=list)
    read: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)

    def add(self, kind: str, place: tuple[str, int, str], words: Text, **values: object) -> None:
        """Note a flaw."""
        self.flaws.append(layouts.flaw(kind, place, words, **values))  # type: ignore[arg-type]

    def rows(self, title: str, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
        """Give the rows of a sheet by our names; each sheet is looked at once."""
        if title not in self.read:
            self.read[title] = self._rows(title, columns)
        return self.read[title]

    def _rows(self, title: str, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
        """Read a sheet; merged cells, and a formula where an answer goes, are flaws."""
        if title not in self.sheets:
            others = ", ".join(name[:40] for name in self.sheets if not name.startswith("_"))
            self.add("sheet", (title, 0, ""), Text(title, title), sheets=others)
            return []
        sheet, rows = self.sheets[title], []
        for area in sheet.merged:
            left, top, _, bottom = range_boundaries(area)
            if bottom >= FIRST_ROW:
                place = (title, max(top, FIRST_ROW), get_column_letter(left))
                self.add("merged", place, Text(title, title), area=area)
        answers = {columns.index(name) + 1 for name in ("judgement", "points", "interest")
                   if name in columns}  # fmt: skip
        for line in sorted({row for row, column in sheet.cells if column == 1}):
            if line < FIRST_ROW:
                continue
            found = {}
            for number, name in enumerate(columns, start=1):
                cell = sheet.cells.get((line, number))
                found[name] = cell.text if cell else ""
                if cell and number in answers and cell.kind in {"formula", "error"}:
                    place = (title, line, get_column_letter(number))
                    self.add(cell.kind, place, Text(title, title), found=cell.text[:80])
                    found[name] = ""
            rows.append((line, found))
        return rows

    def words(self, child: str) -> Text:
        """Name of a node of the tree."""
        return Text(*self.criteria.loc[child, ["name_ko", "name_en"]])

    def methods(self) -> dict[str, tuple[str, tuple[str, int, str]]]:
        """How each node is judged, by parent, and where it says so."""
        found = {}
        for line, row in self.rows(ballots.POINTS, ballots.POINT_COLUMNS):
            if row["child"]:
                continue
            place, said = (ballots.POINTS, line, "E"), row["points"]
            words = {word: (*word.split(" / "), name) for word, name in ballots.METHODS.items()}
            plain = said.strip().casefold() or "pairs"
            method = next((word for word, any_ in words.items() if plain in (word, *any_)), "")
            if not method:
                listed = " | ".join(ballots.METHODS)
                title = Text(ballots.POINTS, ballots.POINTS)
                self.add("choice", place, title, found=said[:80], listed=listed)
            found[row["parent"]] = (ballots.METHODS.get(method, "pairs"), place)
        return found

    def pairs(self, node: Node) -> list[tuple[str, str, float]]:
        """Judgements of pairs; those left out have no row."""
        wanted, found = set(itertools.combinations(node.children, 2)), []
        for line, row in self.rows(node.title, ballots.PAIR_COLUMNS):
            first, second, said = row["first"], row["second"], row["judgement"]
            if (first, second) not in wanted:
                continue
            wanted.remove((first, second))
            place = (node.title, line, "D")
            ratio = _ratio(said)
            reply = "given" if said else "not_asked"
            self.cells.append(("judgements", line, first, reply, node.title, f"D{line}"))
            if said and ratio is None:
                listed = " | ".join(ballots.SCALE)
                self.add("choice", place, self.words(first), found=said[:80], listed=listed)
            elif ratio is not None:
                found.append((first, second, ratio))
        if wanted and node.title in self.sheets:
            pair = min(wanted)
            said = f"{self.words(pair[0]).ko} – {self.words(pair[1]).ko}"
            self.add("column", (node.title, 0, ""), Text(said, said), column=said)
        return found

    def points(self, node: Node, method: str) -> list[tuple[str, str, float]]:
        """Points of the children, as the ratios they mean."""
        points: dict[str, float] = {}
        for line, row in self.rows(ballots.POINTS, ballots.POINT_COLUMNS):
            child = row["child"]
            if row["parent"] != node.parent or child not in node.children:
                continue
            place, words = (ballots.POINTS, line, "E"), self.words(child)
            self.cells.append(("judgements", line, child, "given", ballots.POINTS, f"E{line}"))
            try:
                points[child] = tables.number(row["points"])
            except ValueError:
                self.add("ballot_points", place, words, found=row["points"][:80] or "–")
                continue
            if not 0 < points[child] <= MOST_POINTS:
                self.add("ballot_points", place, words, found=row["points"][:80])
        if set(points) != set(node.children) or not all(
            0 < p <= MOST_POINTS for p in points.values()
        ):
            return []
        least, most = min(points.values()), max(points.values())
        place, title = (ballots.POINTS, 0, ""), Text(node.title, node.title)
        if most / least > FURTHEST + 1e-6:
            self.add("ballot_range", place, title, least=least, most=most)
            return []
        if method == "swing" and most != MOST_POINTS:
            self.add("ballot_swing", place, title, most=most)
        return [(first, second, _within(points[first] / points[second]))
                for first, second in itertools.combinations(node.children, 2)]  # fmt: skip

    def note_other(self, node: Node, method: str, place: tuple[str, int, str]) -> None:
        """Ask about answers of the method that was not chosen."""
        rows = (
            self.rows(ballots.POINTS, ballots.POINT_COLUMNS) if method == "pairs"
            else self.rows(node.title, ballots.PAIR_COLUMNS)
        )  # fmt: skip
        is_other = any(
            (row["child"] and row["points"] and row["parent"] == node.parent)
            if method == "pairs" else row["judgement"] for _, row in rows
        )  # fmt: skip
        if is_other:
            counts = next(word for word, name in ballots.METHODS.items() if name == method)
            title = Text(node.title, node.title)
            self.flaws.append(
                layouts.flaw("ballot_methods", place, title, is_query=True, counts=counts)
            )

    def consistency(
        self, node: Node, pairs: list[tuple[str, str, float]], place: tuple[str, int, str],
        limit: float,
    ) -> float | None:  # fmt: skip
        """Consistency ratio of the judgements of a node; what is wrong with them is noted."""
        table = pd.DataFrame(pairs, columns=["first", "second", "ratio"])
        title = Text(node.title, node.title)
        left = math.comb(len(node.children), 2) - len(pairs)
        try:
            (matrix,) = ahp.matrices(table.assign(evaluator="E", parent="P")).values()
        except (SettingsError, ValueError):  # several groups, or none
            matrix = pd.DataFrame()
        if len(matrix) < len(node.children):
            if node.title in self.sheets:
                self.add("ballot_apart", place, title, left=left)
            return None
        if left:
            self.flaws.append(layouts.flaw("ballot_left", place, title, is_query=True, left=left))
        ratio = round(ahp.priorities(matrix).consistency_ratio, 6)
        repair = ahp.worst_judgement(matrix) if ratio > limit else None
        if repair is not None:
            said = {"ratio": f"{ratio:.2f}", "limit": f"{limit:.2f}",
                    "first": self.words(repair.first), "second": self.words(repair.second),
                    "found": _said(repair.found), "mended": _said(repair.mended)}  # fmt: skip
            pair = {repair.first, repair.second}
            place = next(
                ((node.title, line, "D")
                 for line, row in self.rows(node.title, ballots.PAIR_COLUMNS)
                 if {row["first"], row["second"]} == pair), place,
            )  # fmt: skip
            self.flaws.append(
                layouts.flaw("ballot_inconsistent", place, title, is_query=True, **said)
            )
        return ratio

    def interests(self, complexes: "pd.Series[Any]") -> list[str]:
        """Complexes in which an interest was declared; ``none`` where there is none."""
        said, empty, declared = {}, [], []
        for line, row in self.rows(ballots.INTERESTS, ballots.INTEREST_COLUMNS):
            label, words = row["complex_id"], row["interest"]
            answer = layouts.understood(words, ("yes", "no")) if words else ""
            place = (ballots.INTERESTS, line, "C")
            self.cells.append(
                ("interests", line, label, "given" if words else "not_asked", ballots.INTERESTS,
                 f"C{line}")
            )  # fmt: skip
            if answer is None:
                listed = " | ".join(map(layouts.shown, ("yes", "no")))
                self.add("choice", place, Text(label, label), found=words[:80], listed=listed)
            said[label] = answer
            if label in complexes and answer == "yes":
                declared.append(label)
            if label in complexes and not words:
                empty.append(place)
        nobody = said.get(ballots.EVERYONE) == "yes"
        title = Text(ballots.INTERESTS, ballots.INTERESTS)
        if empty and not nobody:
            self.add("ballot_interests", empty[0], title, count=len(empty))
        if nobody and declared:
            self.add("ballot_both", (ballots.INTERESTS, FIRST_ROW, "C"), title, count=len(declared))
        for label in complexes.index.difference(list(said)) if said else ():  # else no sheet
            name = complexes[label]
            self.add("column", (ballots.INTERESTS, 0, ""), name, column=name)
        return list(dict.fromkeys(declared)) or ["none"]


def _within(ratio: float) -> float:
    """The ratio inside 1/9 to 9, which rounding may have left."""
    return min(max(ratio, 1 / FURTHEST), FURTHEST)


def _ratio(said: str) -> float | None:
    """Ratio of a word of the scale."""
    word = layouts.understood(said, ballots.SCALE)
    return None if word is None else ballots.SCALE[word]


def _said(ratio: float) -> str:
    """Write a ratio as the scale does."""
    return min(ballots.SCALE, key=lambda word: abs(math.log(ballots.SCALE[word] / ratio)))

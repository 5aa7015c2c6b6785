"""The page that tells what changed between two runs, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from site_select import figures, messages, origins, pages, runs
from site_select.errors import WriteError
from site_select.exhibits import Exhibit
from site_select.messages import Language, Text
from site_select.pages import Links
from site_select.report import Page
from site_select.runs import ENDS, Mixed, Run

CELLS_SHOWN = 15
HEADINGS = "comparison.head."
OWN = 'id="comparison-runs"'  # stands in every page that is written here
NOTHING = Text("–", "–")
CHANGE = "+z.3f"
FORMATS = {
    "rank_before": "count", "rank_after": "count", "score_before": "score3",
    "score_after": "score3", "by_weights": CHANGE, "by_values": CHANGE, "by_indicators": CHANGE,
    "first_before": "percent1", "first_after": "percent1",
}  # fmt: skip
WEIGHT_FORMATS = {"before": "percent1", "after": "percent1", "change": "+z.1%"}
CELL_FORMATS = {"before": "score3", "after": "score3", "effect": CHANGE}


@dataclass(frozen=True)
class _Collected(Page):
    """A page that keeps what it is told to show."""

    shown: list[Exhibit] = field(default_factory=list)

    def _show(self, exhibit: Exhibit) -> None:
        self.shown.append(exhibit)


def write(before: Run, after: Run, *, out: Path, languages: Sequence[Language]) -> list[Path]:
    """Write what changed as pages that open without a network.

    Parameters
    ----------
    before, after
        The runs, called A and B.
    out
        File of the first language; that of another has its name before the ending.
    languages
        Languages of the pages; each leads to the other.

    Raises
    ------
    WriteError
        If it cannot be written, or anything but such a page would be replaced.
    """
    files = {language: out.with_suffix(f".{language}.html") for language in languages[1:]}
    files = {languages[0]: out} | files
    shown = page(before, after)
    written = {}
    for language, file in files.items():
        other = next((other.name for key, other in files.items() if key != language), "")
        links = Links(other_language=other)
        written[file] = pages.render(_notebook(shown), language=language, links=links)
    try:
        for file in files.values():
            _check_replaceable(file)
        for file, html in written.items():
            part = file.with_name(f".{file.name}.building")
            part.write_text(html, "utf-8", newline="\n")
            part.replace(file)
    except (OSError, UnicodeDecodeError) as error:
        raise WriteError(f"{out} cannot be written: {error}") from error
    return list(files.values())


def _check_replaceable(file: Path) -> None:
    if file.suffix != ".html":
        raise WriteError(f"{file}: allowed a name that ends in .html; name another with --out")
    if file.exists() and OWN not in file.read_text("utf-8"):
        raise WriteError(f"{file} is no comparison of two runs; name another file with --out")


def _notebook(shown: Sequence[Exhibit]) -> dict[str, object]:
    """The exhibits as if a notebook had put them out."""
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": exhibit._repr_mimebundle_()}
        for exhibit in shown
    ]
    cell = {"cell_type": "code", "source": "", "metadata": {}, "outputs": outputs}
    return {"cells": [cell], "metadata": {}}


def page(before: Run, after: Run) -> list[Exhibit]:
    """Everything that changed, the answer first.

    Parameters
    ----------
    before, after
        The runs, called A and B.
    """
    sheet = _Collected(is_synthetic=before.synthetic or after.synthetic)
    sheet.title("comparison.title", subtitle="comparison.question")
    if sheet.is_synthetic:
        sheet.notice("synthetic")
    found = runs.mixed(before, after)
    sheet.say(_answer(before, after), **_answered(before, after, found))
    sheet.table("comparison.runs", _about(before, after), headers=messages.under(HEADINGS))
    _show_ranks(sheet, before, after, found)
    _show_weights(sheet, before, after)
    _show_values(sheet, before, after)
    sheet.section("comparison.origins.heading")
    sheet.table("comparison.origins", _origins(before, after), headers=messages.under(HEADINGS))
    sheet.provenance({"A": before.manifest, "B": after.manifest, "site-select": origins.code()})
    return sheet.shown


def _called(run: Run, label: str) -> Text:
    """Name of a complex with its number, because names look alike."""
    name = run.alternatives["name"][label]
    return Text(f"{name.ko}({label})", f"{name.en} ({label})")


def _answer(before: Run, after: Run) -> str:
    if (before.word, before.leader) != (after.word, after.leader):
        return "comparison.answer.other"
    is_same = before.origin == after.origin and not runs.differing(before, after)
    return f"comparison.answer.{'identical' if is_same else 'same'}"


def _answered(before: Run, after: Run, found: Mixed) -> dict[str, Any]:
    said = {
        end: messages.text(
            f"comparison.said.{run.word}", leader=_called(run, run.leader),
            share=run.alternatives["first"][run.leader],
        )
        for run, end in ((before, "before"), (after, "after"))
    }  # fmt: skip
    return {**said, "cause": _cause(before, after, found), "moved": found.moved.get("after", 0),
            "count": len(found.parts)}  # fmt: skip


def _cause(before: Run, after: Run, found: Mixed) -> Text:
    what = [messages.text(f"comparison.what.{name}") for name in runs.differing(before, after)]
    first = {end: _called(after, label) for end, label in found.first.items()}
    gone = before.leader not in after.scores.index
    leaders = [run.alternatives.loc[run.leader] for run in (before, after)]
    return messages.text(
        f"comparison.cause.{runs.cause(before, after, found)}",
        what=messages.formatted(what, "list") if what else messages.text("comparison.what.nothing"),
        leader=_called(*((before, before.leader) if gone else (after, after.leader))),
        only="A" if gone else "B", by_weights=first.get("weights", NOTHING),
        by_values=first.get("values", NOTHING), last=first.get("after", NOTHING),
        **{f"{name}{end}": row[name] for row, end in zip(leaders, ENDS, strict=True)
           for name in ("first", "coverage")},
    )  # fmt: skip


def _about(before: Run, after: Run) -> pd.DataFrame:
    """What each run is and says, A beside B."""

    def column(run: Run) -> dict[str, object]:
        row = run.alternatives.loc[run.leader]
        changed = sum(kind == "changes" for kind, _ in run.origin)
        return {
            "study": run.name, "day": run.day, "manifest": run.manifest[:12],
            "changes": messages.formatted(changed, "count") if changed else NOTHING,
            "complexes": messages.formatted(len(run.scores), "count"),
            "indicators": messages.formatted(len(run.weights), "count"),
            "verdict": messages.text(f"findings.verdict.{run.word}"),
            "leader": _called(run, run.leader),
            "first": messages.formatted(row["first"], "percent1"),
            "coverage": messages.formatted(row["coverage"], "percent"),
            "rivals": messages.formatted([_called(run, label) for label in run.rivals], "list")
            if run.rivals else NOTHING,
        }  # fmt: skip

    table = pd.DataFrame({"before": column(before), "after": column(after)}, dtype=object)
    table.insert(0, "item", [messages.text(f"comparison.item.{name}") for name in table.index])
    return table.reset_index(drop=True)


def _show_ranks(sheet: Page, before: Run, after: Run, found: Mixed) -> None:
    table = runs.ranks(before, after, found.parts)
    sheet.section("comparison.ranks.heading")
    if found.first:
        moved: dict[str, Any] = dict(found.moved)
        sheet.say("comparison.ranks.text", count=len(found.parts), **moved)
        rows = {name: (messages.text(f"comparison.mixed.{name}"), found.moved[name],
                       _called(after, label)) for name, label in found.first.items()}  # fmt: skip
        mixed = pd.DataFrame.from_dict(rows, orient="index", columns=["mixed", "moved", "first"])
        sheet.table("comparison.mixed", mixed, headers=messages.under(HEADINGS))
    is_moved = table["rank_before"].fillna(0) != table["rank_after"].fillna(0)
    sheet.figure("comparison.slopes", slopes, table if is_moved.any() else table[:0])
    if not table["by_indicators"].abs().max() > runs.ROUNDING:
        table = table.drop(columns="by_indicators")
    steps = table["rank_before"] - table["rank_after"]
    is_new = table["rank_before"].isna()
    moves = [_move(*pair) for pair in zip(steps, is_new, strict=True)]
    table.insert(3, "move", pd.Series(moves, table.index, dtype=object))
    shown = table.map(lambda cell: NOTHING if messages.is_unknown(cell) else cell)
    sheet.table("comparison.ranks", shown, headers=messages.under(HEADINGS), formats=FORMATS)


def _move(steps: float, is_new: bool) -> Text:  # noqa: FBT001 - a cell of a table
    if pd.isna(steps):
        return messages.text(f"comparison.move.{'new' if is_new else 'lost'}")
    said = f"{'▲' if steps > 0 else '▼'} {abs(steps):.0f}"
    return Text(said, said) if steps else NOTHING


def _show_weights(sheet: Page, before: Run, after: Run) -> None:
    sheet.section("comparison.weights.heading")
    for key in ("criteria", "indicators"):
        table = runs.weights(getattr(before, key), getattr(after, key))
        is_other = (table["change"].abs() > runs.ROUNDING).any()
        sheet.table(
            f"comparison.{key}", table.rename_axis(None) if is_other else table[:0],
            headers=messages.under(HEADINGS), formats=WEIGHT_FORMATS,
        )  # fmt: skip


def _show_values(sheet: Page, before: Run, after: Run) -> None:
    found = runs.cells(before, after)
    sheet.section("comparison.values.heading")
    top = found.head(CELLS_SHOWN).astype({"complex_id": object})
    top["complex_id"] = top["complex_id"].map(lambda label: _called(after, label))
    top["indicator"] = top["indicator"].map(after.indicators["name"])
    sheet.table(
        "comparison.values", top, headers=messages.under(HEADINGS), formats=CELL_FORMATS,
        values={"count": len(found), "shown": len(top)},
    )  # fmt: skip


def _origins(before: Run, after: Run) -> pd.DataFrame:
    """What differs in what the runs were made from; hashes are cut."""
    rows = [
        (messages.text(f"comparison.kind.{kind}"), item or NOTHING,
         *(NOTHING if value is None else value[:12] if kind == "inputs" else value
           for value in values))
        for kind, item, *values in runs.origins(before, after).itertuples(index=False, name=None)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "item", "before", "after"], dtype=object)


def slopes(table: pd.DataFrame, *, language: Language, ax: Axes | None = None) -> Axes:
    """Ranks in A and B, a line per complex: solid upwards, dashed downwards, thin where it stays.

    Parameters
    ----------
    table
        Result of `runs.ranks`; a complex of one run stands on its side alone, with a dot.
    language
        Language of the names.
    ax
        Where to draw; new axes when left out.
    """
    sides = [table[f"rank{end}"].dropna().sort_values(kind="stable") for end in ENDS]
    places = [pd.Series(range(len(side)), side.index) for side in sides]
    ax = figures.blank_axes(ax, 8.2, 0.19 * max(map(len, sides)) + 1.0)
    for label in places[0].index.intersection(places[1].index):
        steps = table["rank_before"][label] - table["rank_after"][label]
        colour = (figures.MUTED, figures.ACCENT, figures.MARKED)[int(np.sign(steps))]
        ax.plot([0, 1], [place[label] for place in places], color=colour, marker="o", markersize=3,
                linestyle="--" if steps < 0 else "-", linewidth=1.8 if steps else 0.8)  # fmt: skip
    for x, (side, place) in enumerate(zip(sides, places, strict=True)):
        for label, rank in zip(map(str, side.index), side, strict=True):
            name = f"{figures.short_name(table['name'][label].in_(language))} {label}"
            mark = "" if label in places[1 - x].index else "●"
            words = f"{mark} {rank:.0f}  {name}" if x else f"{name}  {rank:.0f} {mark}"
            ax.annotate(words, (x, place[label]), (5 if x else -5, 0), va="center", fontsize=7.5,
                        textcoords="offset points", ha="left" if x else "right")  # fmt: skip
    ax.set(xlim=(-1.2, 2.2), xticks=[0, 1], xticklabels=["A", "B"], yticks=[])
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.margins(y=0.02)
    ax.invert_yaxis()
    ax.spines[:].set_visible(False)
    return ax

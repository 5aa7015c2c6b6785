"""One function per figure, drawn on the axes it is given; nothing is computed here.

Colours are the Okabe-Ito set, told apart in grey by lightness, hatching or a letter in the cell.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from site_select import messages
from site_select.messages import Language, Text

# What is marked is also written in its colour: 5 to 1 on white.
ACCENT, MUTED, MARKED = "#0b5394", "#8a8f98", "#b84f00"
CRITERION_COLOURS = ("#0b5394", "#56b4e9", "#e69f00", "#a0a4ab")
CRITERION_HATCHES = ("", "//", "..", "")
QUALITIES: Mapping[str, tuple[str, str]] = {
    "official": ("#0b5394", "O"), "surveyed": ("#332288", "R"), "press": ("#56b4e9", "P"),
    "computed": ("#009e73", "C"), "assumed": ("#e69f00", "A"), "synthetic": ("#cc79a7", "S"),
    "proxy": ("#f0e442", "N"), "unknown": ("#eceef1", ""),
}  # fmt: skip
MANY_NAMES = 34
FEW_RANKS = 12


def words(key: str, language: Language, **values: object) -> str:
    """Take a label of a figure from the catalogue."""
    return messages.text(f"figures.{key}", **values).in_(language)


def blank_axes(ax: Axes | None, width: float, height: float) -> Axes:
    """Return the axes given, or new ones of this size [inches]."""
    return plt.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else ax


def short_name(name: str) -> str:
    """Cut a name to what an axis can hold."""
    return name if len(name) <= MANY_NAMES else f"{name[: MANY_NAMES - 1]}…"


def _complexes(
    ax: Axes, index: pd.Index, names: Mapping[Any, Text], *, marked: str, language: Language
) -> None:
    """Name a row per complex, short enough for an axis; the id stays, because names look alike."""
    written = [names[label].in_(language) for label in index]
    _rows(ax, [f"{short_name(name)} {label}" for name, label in zip(written, index, strict=True)])
    for tick, label in zip(ax.get_yticklabels(), index, strict=True):
        if label == marked:
            tick.set(fontweight="bold", color=MARKED)


def _rows(ax: Axes, ticks: Sequence[str]) -> None:
    ax.set_yticks(range(len(ticks)), ticks, fontsize=8)
    ax.tick_params(axis="y", length=0)
    if not ax.yaxis_inverted():
        ax.invert_yaxis()


def funnel(
    steps: pd.DataFrame, labels: Mapping[Any, Text], *, language: Language, ax: Axes | None = None
) -> Axes:
    """Complexes still standing after each rule, those in doubt hatched.

    Parameters
    ----------
    steps
        Result of `screening.funnel`.
    labels
        Name of each rule.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.2, 0.55 * len(steps) + 1.1)
    sure = steps["standing"] - steps["cannot_tell"]
    positions = np.arange(len(steps))
    ax.barh(positions, sure, color=ACCENT, label=words("funnel.met", language))
    ax.barh(
        positions, steps["cannot_tell"], left=sure, color="#cfe2f3", hatch="///", edgecolor=ACCENT,
        linewidth=0.5, label=words("funnel.cannot_tell", language),
    )  # fmt: skip
    ax.barh(
        positions, steps["excluded"], left=steps["standing"], color=MARKED,
        label=words("funnel.excluded", language),
    )  # fmt: skip
    for position, (_, row) in zip(positions, steps.iterrows(), strict=True):
        counts = f"{row['standing']}" + (f" (−{row['excluded']})" if row["excluded"] else "")
        ax.text(
            row["standing"] + row["excluded"] + 0.6,
            float(position),
            counts,
            va="center",
            fontsize=9,
        )
    _rows(ax, [labels[rule].in_(language) for rule in steps.index])
    ax.set_xlabel(words("axis.complexes", language))
    ax.set_xlim(0, steps["standing"].max() * 1.12)
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, frameon=False, fontsize=8)
    return ax


def quality(
    grades: pd.DataFrame, coverage: "pd.Series[Any]", names: Mapping[Any, Text],
    labels: Mapping[Any, Text], *, needed: float, marked: str = "", language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """What each cell rests on, complex by indicator, a letter and a colour for each quality.

    Parameters
    ----------
    grades
        Quality by complex and indicator, ``proxy`` for national shares.
    coverage
        Share of weight that is known by complex, missing for one that may not stand; written at
        the end of the row, in the colour of a warning where it is below ``needed``.
    names, labels
        Names of complexes and indicators.
    marked
        Complex whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 8.2, 0.2 * len(grades) + 2.2)
    order = list(QUALITIES)
    codes = grades.map(order.index).to_numpy()
    palette = ListedColormap([colour for colour, _ in QUALITIES.values()])
    ax.imshow(codes, cmap=palette, vmin=-0.5, vmax=len(order) - 0.5, aspect="auto")
    for (row, column), code in np.ndenumerate(codes):
        letter = QUALITIES[order[code]][1]
        dark = order[code] in {"official", "surveyed"}
        ax.text(column, row, letter, ha="center", va="center", fontsize=7,
                color="white" if dark else "black")  # fmt: skip
    _grid(ax, grades, names, labels, marked=marked, language=language)
    for row, share in enumerate(coverage.reindex(grades.index)):
        if share == share:  # noqa: PLR0124 - missing for a complex that may not stand
            ax.text(grades.shape[1] - 0.3, row, f"{share:.0%}", va="center", fontsize=7,
                    color=MARKED if share < needed else "black")  # fmt: skip
    present = [name for name in order if (grades == name).any(axis=None)]
    ax.legend(
        handles=[Patch(facecolor=QUALITIES[name][0], edgecolor=MUTED, linewidth=0.5,
                       label=f"{QUALITIES[name][1]} {words(f'quality.{name}', language)}".strip())
                 for name in present],
        loc="upper center", bbox_to_anchor=(0.4, -0.01), ncols=4, frameon=False, fontsize=8,
    )  # fmt: skip
    return ax


def _grid(
    ax: Axes, frame: pd.DataFrame, names: Mapping[Any, Text], labels: Mapping[Any, Text], *,
    marked: str, language: Language,
) -> None:  # fmt: skip
    ax.set_xticks(
        range(frame.shape[1]), [labels[name].in_(language) for name in frame.columns],
        rotation=40, ha="left", fontsize=8,
    )  # fmt: skip
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0)
    _complexes(ax, frame.index, names, marked=marked, language=language)
    ax.spines[:].set_visible(False)
    ax.set_xticks(np.arange(frame.shape[1] + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(frame) + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1)
    ax.tick_params(which="minor", length=0)


def intervals(
    estimate: pd.DataFrame, names: Mapping[Any, Text], *, axis: str, marked: str = "",
    language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Value of each complex with its low and high; complexes without a value are counted below.

    Parameters
    ----------
    estimate
        Estimates by complex with ``low, value, high``.
    names
        Names of the complexes.
    axis
        Message of the axis, unit included.
    marked
        Complex whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    known = estimate.dropna(subset=["value"]).sort_values("value", ascending=False)
    ax = blank_axes(ax, 7.2, 0.19 * len(known) + 1.1)
    positions = np.arange(len(known))
    colours = [MARKED if label == marked else ACCENT for label in known.index]
    ax.hlines(positions, known["low"], known["high"], color=colours, alpha=0.45, linewidth=4)
    ax.scatter(known["value"], positions, color=colours, s=18, zorder=3)
    _complexes(ax, known.index, names, marked=marked, language=language)
    ax.grid(axis="x", color="#e3e5e8", linewidth=0.6)
    ax.set_axisbelow(True)
    if (known["low"] < 0).any():
        ax.axvline(0, color="#222", linewidth=1.0)
    else:
        ax.set_xlim(left=0)
    ax.margins(y=0.01)
    unknown = len(estimate) - len(known)
    note = words("intervals.unknown", language, count=unknown) if unknown else ""
    ax.set_xlabel(words(axis, language) + (f"\n{note}" if note else ""), linespacing=1.6)
    return ax


def items(
    table: pd.DataFrame, branches: Mapping[Any, Text], *, language: Language, ax: Axes | None = None
) -> Axes:
    """Concentration of the imports of each item, a row per branch, the highest ones named.

    Parameters
    ----------
    table
        Result of `stability.item_concentration`.
    branches
        Name of each branch, in the order of the rows.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    exploded = table.assign(branch=table["branches"].str.split(";")).explode("branch")
    shown = [branch for branch in branches.keys() if branch in set(exploded["branch"])]  # noqa: SIM118 - a Series iterates over its values
    ax = blank_axes(ax, 7.6, 0.62 * len(shown) + 1.0)
    for position, branch in enumerate(shown):
        own = exploded[exploded["branch"] == branch].sort_values("value", ascending=False)
        ax.hlines([position] * len(own), own["low"], own["high"], color=ACCENT, alpha=0.35, lw=3)
        ax.scatter(own["value"], [position] * len(own), color=ACCENT, s=22, zorder=3)
        ax.plot([own["value"].median()] * 2, [position - 0.28, position + 0.28], color=MARKED, lw=2)
        item, origin = (
            messages.text_or(f"{group}.{name}", name).in_(language)
            for group, name in zip(("items", "countries"), own.iloc[0][["item", "origin"]],
                                   strict=True)
        )  # fmt: skip
        ax.text(0.995, position - 0.3, f"{item[:44]} ({origin})", fontsize=7,
                ha="right", transform=ax.get_yaxis_transform(), color="#444")  # fmt: skip
    _rows(ax, [branches[branch].in_(language) for branch in shown])
    ax.set_xlim(0, 1.02)
    ax.grid(axis="x", color="#e3e5e8", linewidth=0.6)
    ax.set_xlabel(words("axis.concentration", language))
    return ax


def values(
    partial: pd.DataFrame, known: pd.DataFrame, names: Mapping[Any, Text],
    labels: Mapping[Any, Text], *, marked: str = "", language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Partial values as a heat map, dark is good; a cell drawn because unknown carries a ring.

    Parameters
    ----------
    partial
        Expected partial value by complex and indicator, rows in the order wanted.
    known
        Whether each cell is known of the complex itself.
    names, labels
        Names of complexes and indicators.
    marked
        Complex whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.8, 0.2 * len(partial) + 2.2)
    image = ax.imshow(partial.to_numpy(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    rows, columns = np.nonzero(~known.loc[partial.index, partial.columns].to_numpy())
    ax.scatter(columns, rows, s=16, facecolors="none", edgecolors=MARKED, linewidths=0.9)
    _grid(ax, partial, names, labels, marked=marked, language=language)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.4, pad=0.02)
    bar.set_label(words("axis.value", language))
    return ax


def contributions(
    parts: pd.DataFrame, names: Mapping[Any, Text], labels: Mapping[Any, Text], *,
    marked: str = "", language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """What each criterion adds to the score, stacked, one bar per complex.

    Parameters
    ----------
    parts
        Contribution by complex and criterion, rows in the order wanted.
    names, labels
        Names of complexes and criteria.
    marked
        Complex whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.2, 0.24 * len(parts) + 1.2)
    left = np.zeros(len(parts))
    styles = zip(parts.columns, CRITERION_COLOURS, CRITERION_HATCHES, strict=False)
    for criterion, colour, hatch in styles:
        ax.barh(
            range(len(parts)), parts[criterion], left=left, color=colour, hatch=hatch,
            edgecolor="white", linewidth=0.4, label=labels[criterion].in_(language),
        )  # fmt: skip
        left += parts[criterion].to_numpy()
    for position, score in enumerate(left):
        ax.text(score + 0.006, position, f"{score:.2f}", va="center", fontsize=8)
    _complexes(ax, parts.index, names, marked=marked, language=language)
    ax.margins(y=0.01)
    ax.set_xlim(0, left.max() * 1.1)
    ax.set_xlabel(words("axis.score", language))
    ax.legend(loc="lower center", bbox_to_anchor=(0.35, 1.0), ncols=4, frameon=False, fontsize=8)
    return ax


def rank_acceptability(
    share: pd.DataFrame, names: Mapping[Any, Text], *,
    marked: str = "", language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Share of draws in which each complex takes each rank, as a heat map.

    Parameters
    ----------
    share
        Complex by rank, rows in the order wanted; rows sum to 1.
    names
        Names of the complexes.
    marked
        Complex whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.8, 0.17 * len(share) + 1.4)
    top = float(share.to_numpy().max())
    image = ax.imshow(
        np.sqrt(share.to_numpy()), cmap="Blues", vmin=0, vmax=np.sqrt(top), aspect="auto"
    )
    _complexes(ax, share.index, names, marked=marked, language=language)
    every = 1 if share.shape[1] <= FEW_RANKS else 5
    shown = [1, *range(max(2, every), share.shape[1] + 1, every)]
    ax.set_xticks([rank - 1 for rank in shown], [str(rank) for rank in shown], fontsize=8)
    ax.set_xlabel(words("axis.rank", language))
    ax.spines[:].set_visible(False)
    levels = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if every > 1 else (0.05, 0.2, 0.5, 1.0)
    ticks = [level for level in levels if level <= top]
    shrink = 0.5 if every > 1 else 1.0
    bar = ax.figure.colorbar(image, ax=ax, shrink=shrink, pad=0.02, ticks=np.sqrt(ticks))
    bar.ax.set_yticklabels([f"{level:.0%}" for level in ticks])
    bar.set_label(words("axis.share", language))
    return ax


def first_by_treatment(
    first: pd.DataFrame, names: Mapping[Any, Text], labels: Mapping[Any, Text], *,
    marked: str = "", language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """First-rank share of the leading complexes under each treatment of unknown cells.

    Parameters
    ----------
    first
        Share by complex and treatment, rows in the order wanted.
    names, labels
        Names of complexes and treatments.
    marked
        Complex whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.2, 0.3 * len(first) + 1.2)
    ax.hlines(range(len(first)), first.min(axis=1), first.max(axis=1), color="#c5c9cf", linewidth=2)
    styles = zip(
        first.columns, ("o", "v", "^", "s"), (ACCENT, "#56b4e9", "#e69f00", "#555"), strict=False
    )
    for treatment, marker, colour in styles:
        ax.scatter(first[treatment], range(len(first)), marker=marker, color=colour, s=34, zorder=3,
                   label=labels[treatment].in_(language))  # fmt: skip
    _complexes(ax, first.index, names, marked=marked, language=language)
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))  # labels have room
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.grid(axis="x", color="#e3e5e8", linewidth=0.6)
    ax.set_xlim(left=0)
    ax.set_xlabel(words("axis.first", language))
    ax.legend(loc="lower center", bbox_to_anchor=(0.35, 1.0), ncols=2, frameon=False, fontsize=8)
    return ax

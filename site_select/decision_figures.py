"""One function per figure of what decides the choice, drawn on the axes it is given.

Nothing is computed here but places on the page. What differs in colour differs in marker, hatching,
dashes or letter as well.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from string import ascii_uppercase
from textwrap import wrap
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from site_select import messages
from site_select.cost_figures import name_rows, place_legend, sobol
from site_select.figures import ACCENT, CRITERION_COLOURS, MARKED, blank_axes, short_name
from site_select.messages import Language, Text

PALE = "#a9c8e4"
LINE_LETTERS: Mapping[Language, int] = {"ko": 22, "en": 40}
EVALUATORS = ("o", "s", "^", "D", "v", "P", "X", "<", "p", ">", "*", "h")
EVALUATOR_COLOURS = (ACCENT, "#56b4e9", "#009e73", "#cc79a7", "#f0e442")
LEADERS = (
    (ACCENT, ""), ("#56b4e9", "//"), ("#009e73", "\\\\"), ("#cc79a7", ".."), ("#f0e442", "--"),
    ("#555", "xx"),
)  # fmt: skip
OTHERS = "#d5d8dc"
STROKE = np.array([[0.0], *[[1.0]] * 6, [0.0]])  # rows of pixels: a gap, a stroke, a gap
STROKES_PIXELS = 2000  # or more across: fine strokes are then blended, wide ones stay sharp
LETTER_SHARE = 0.02  # of the worlds that a letter needs to stand in
CLASS = 0.1
MONTH_WEEKS = 4
TASK_LETTERS: Mapping[Language, int] = {"ko": 13, "en": 22}


def words(key: str, language: Language, **values: object) -> str:
    """Take a label of these figures from the catalogue."""
    return messages.text(f"decision_figures.{key}", **values).in_(language)


def _rows(
    ax: Axes, keys: pd.Index, labels: "Mapping[Any, Text] | pd.Series[Any]", axis: str, *,
    marked: str, language: Language,
) -> np.ndarray:  # fmt: skip
    """Name the rows, each in two lines at most, and set one off; return their positions."""
    wide = LINE_LETTERS[language]
    written = ("\n".join(wrap(labels[key].in_(language), wide, max_lines=2, placeholder="…"))
               for key in keys)  # fmt: skip
    positions = name_rows(ax, written, words(f"axis.{axis}", language))
    _set_off(ax, keys, marked)
    return positions


def _set_off(ax: Axes, keys: Iterable[Any], marked: str) -> None:
    for tick, key in zip(ax.get_yticklabels(), keys, strict=True):
        if key == marked:
            tick.set(fontweight="bold", color=MARKED)


def effective_weights(
    table: pd.DataFrame, labels: Mapping[Any, Text], *, marked: str = "", language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Weight that is stated and say in the differences between scores, joined by a line.

    Parameters
    ----------
    table
        By indicator, in the order wanted: ``weight`` and ``say``, which may be a little negative.
    labels
        Names of the indicators.
    marked
        Indicator whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.32 * len(table) + 1.2)
    positions = _rows(ax, table.index, labels, "weights", marked=marked, language=language)
    ax.hlines(positions, table["weight"], table["say"], color=PALE, linewidth=3)
    for column, marker, face in (("weight", "o", "white"), ("say", "D", ACCENT)):
        ax.scatter(table[column], positions, marker=marker, facecolors=face, edgecolors=ACCENT,
                   s=34, linewidths=1.5, zorder=3, clip_on=False,
                   label=words(f"weights.{column}", language))  # fmt: skip
    if (table["say"] < 0).any():
        ax.axvline(0, color="#222", linewidth=1.0)
    else:
        ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter("{x:.0%}")
    return place_legend(ax, 2)


def evaluators(
    weights: pd.DataFrame, group: "pd.Series[Any]", labels: Mapping[Any, Text], *,
    marked: str = "", language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Weights of every evaluator, a row per criterion, and of the group as a thick tick.

    Evaluators stand a little below each other in a row, so that equal weights stay apart.

    Parameters
    ----------
    weights
        Evaluator by criterion; the index holds anonymous codes, which the legend shows.
    group
        Weight of the group by criterion, rows in this order.
    labels
        Names of the criteria.
    marked
        Criterion whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.46 * len(group) + 1.6)
    positions = _rows(ax, group.index, labels, "evaluators", marked=marked, language=language)
    ax.vlines(group, positions - 0.4, positions + 0.4, color=MARKED, linewidth=4,
              label=words("evaluators.group", language))  # fmt: skip
    shifts = np.linspace(-0.27, 0.27, len(weights)) if len(weights) > 1 else [0.0]
    looks = zip(cycle(EVALUATORS), cycle(EVALUATOR_COLOURS), strict=False)
    for code, shift, (marker, colour) in zip(weights.index, shifts, looks, strict=False):
        ax.scatter(weights.loc[code, group.index], positions + shift, marker=marker, color=colour,
                   edgecolors="#222", linewidths=0.5, s=34, zorder=3, clip_on=False,
                   label=str(code))  # fmt: skip
    ax.hlines(positions[:-1] + 0.5, 0, 1, color="#e3e5e8", linewidth=0.6,
              transform=ax.get_yaxis_transform())  # fmt: skip
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter("{x:.0%}")
    return place_legend(ax, 7)


def stability(
    intervals: pd.DataFrame, labels: Mapping[Any, Text], *, marked: str = "", language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """How far each weight may move alone: thick bar, same leader; thin bar, same first three.

    Neither interval need hold the other.

    Parameters
    ----------
    intervals
        By criterion: ``low, weight, high`` of `flips.stability_intervals`, and ``low_top,
        high_top`` within which the same three stay first.
    labels
        Names of the criteria.
    marked
        Criterion whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.38 * len(intervals) + 1.2)
    positions = _rows(ax, intervals.index, labels, "stability", marked=marked, language=language)
    for suffix, height, colour in (("", 0.64, PALE), ("_top", 0.24, ACCENT)):
        low, high = intervals[f"low{suffix}"], intervals[f"high{suffix}"]
        ax.barh(positions, high - low, left=low, height=height, color=colour, edgecolor=ACCENT,
                linewidth=0.6, label=words(f"stability.first{suffix}", language))  # fmt: skip
    ax.vlines(intervals["weight"], positions - 0.42, positions + 0.42, color=MARKED, linewidth=2.5,
              label=words("stability.weight", language))  # fmt: skip
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter("{x:.0%}")
    return place_legend(ax, 3)


def multiverse(
    worlds: pd.DataFrame, leaders: "pd.Series[Any]", choices: Mapping[Any, Text],
    names: Mapping[Any, Text], labels: Mapping[tuple[Any, Any], Text], *, shown: Sequence[str],
    marked: str = "", language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Specification curve: who is first in which world, and the choices that make it so.

    A world is a column. Those with the same leader stand side by side, most frequent first, in
    the order of the choices; a dark stroke says that the world uses the option of the row. A leader
    over strokes of one option only owes its first rank to that option.

    Parameters
    ----------
    worlds
        Option by world and choice, as in `multiverse.Multiverse`; best with the choice of most
        influence first.
    leaders
        Who is first, by world; joint leaders count among the others unless they are shown.
    choices
        Names of the choices.
    names
        Names of the complexes shown.
    labels
        Names of the options, by choice and option.
    shown
        Complexes with a colour of their own.
    marked
        Complex in the colour of what is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    counts = leaders.value_counts().reindex(list(shown), fill_value=0)
    counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
    # the others, which have no place and so -1, come last
    place = counts.index.get_indexer(pd.Index(leaders)) % (len(counts) + 1)
    codes = [pd.factorize(worlds[choice])[0] for choice in worlds]
    ordered = worlds.iloc[np.lexsort((*reversed(codes), place))]
    nothing = np.zeros(len(worlds), dtype=bool)
    rows = [(words("multiverse.leader", language), nothing)]
    for choice in worlds:
        rows.append((choices[choice].in_(language), nothing))
        rows += [(short_name(labels[choice, option].in_(language)),
                  (ordered[choice] == option).to_numpy())
                 for option in worlds[choice].unique()]  # fmt: skip
    ax = blank_axes(ax, 7.8, 0.19 * len(rows) + 1.4)
    written, used = zip(*rows, strict=True)
    stroke = np.repeat(STROKE, -(-STROKES_PIXELS // len(worlds)), axis=1)
    ax.imshow(np.kron(np.array(used), stroke), cmap="Greys", vmin=0, vmax=1.2, aspect="auto",
              extent=(0, len(worlds), len(rows) - 0.5, -0.5), rasterized=True)  # fmt: skip
    name_rows(ax, written, words("axis.worlds", language, count=len(worlds)))
    ax.grid(visible=False)
    for tick, row in zip(ax.get_yticklabels(), used, strict=True):
        tick.set_fontweight("normal" if row.any() else "bold")
    titles = {key: f"{short_name(names[key].in_(language))} {key}" for key in counts.index}
    _strip(ax, counts, titles, len(worlds), marked=marked, language=language)
    ax.vlines(counts.cumsum(), -0.5, len(rows) - 0.5, color="#222", linewidth=0.8)
    return place_legend(ax, 2)


def _strip(
    ax: Axes, counts: "pd.Series[Any]", titles: Mapping[Any, str], total: int, *, marked: str,
    language: Language,
) -> None:  # fmt: skip
    """Draw the worlds of each leader as one block, with a letter where it is wide enough."""
    left, looks = 0, zip(ascii_uppercase, cycle(LEADERS), strict=False)
    for (key, count), (letter, look) in zip(counts.items(), looks, strict=False):
        colour, hatch = (MARKED, "") if key == marked else look
        ax.barh(0, count, left=left, height=0.9, color=colour, hatch=hatch, edgecolor="#333",
                linewidth=0.4, label=f"{letter}  {titles[key]}")  # fmt: skip
        if count >= LETTER_SHARE * total:
            ax.text(left + count / 2, 0, letter, ha="center", va="center", fontsize=8,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
        left += count
    if left < total:
        ax.barh(0, total - left, left=left, height=0.9, color=OTHERS, edgecolor="#333",
                linewidth=0.4, label=words("multiverse.other", language))  # fmt: skip


def choice_shares(
    shares: pd.DataFrame, labels: Mapping[Any, Text], *, marked: str = "", language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Share of the variance of the ranks that each choice of method explains.

    Parameters
    ----------
    shares
        By choice, in the order wanted: ``first`` and ``total``, as in `multiverse.Multiverse`.
    labels
        Names of the choices.
    marked
        Choice whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = sobol(shares, labels, language=language, ax=ax)
    _set_off(ax, shares.index, marked)
    ax.set_xlabel(words("axis.choices", language))
    ax.xaxis.set_major_formatter("{x:.0%}")
    return ax


def tornado(
    table: pd.DataFrame, labels: Mapping[Any, Text], base: float, *,
    ends: Literal["weights", "cells"], marked: str = "", language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Lead of the first complex over the next best with one indicator at its low and at its high.

    Both ends may lie on the same side, because the next best may be another one at each.

    Parameters
    ----------
    table
        By indicator, in the order wanted: the lead at ``low`` and at ``high``.
    labels
        Names of the indicators.
    base
        Lead as it stands.
    ends
        What low and high are: the weight 0 and doubled, or the cells at their low and high.
    marked
        Indicator whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.36 * len(table) + 1.5)
    positions = _rows(ax, table.index, labels, "lead", marked=marked, language=language)
    for end, shift, colour, hatch in (("low", -0.17, "white", "////"), ("high", 0.17, ACCENT, "")):
        ax.barh(positions + shift, table[end] - base, left=base, height=0.34, color=colour,
                hatch=hatch, edgecolor="#333", linewidth=0.5,
                label=words(f"tornado.{ends}_{end}", language))  # fmt: skip
    ax.axvline(base, color="#222", linewidth=1.2,
               label=words("tornado.base", language, lead=base))  # fmt: skip
    ax.axvline(0, color=MARKED, linewidth=1.8, linestyle="--",
               label=words("tornado.zero", language))  # fmt: skip
    return place_legend(ax, 2)


def information(
    table: pd.DataFrame, *, marked: str = "", language: Language, ax: Axes | None = None
) -> Axes:
    """What one more answer is worth; at the end, the chance that it makes another complex first.

    Parameters
    ----------
    table
        In the order wanted: ``label`` (Text), ``gain`` in expected score and, where known,
        ``changes``, as of `information.cells` and `information.indicators`.
    marked
        Label of the index of the row whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    axis = "changes" if "changes" in table else "gain"
    ax = blank_axes(ax, 7.6, 0.32 * len(table) + 0.9)
    positions = _rows(ax, table.index, table["label"], axis, marked=marked, language=language)
    ax.barh(positions, table["gain"], height=0.6, color=ACCENT)
    if "changes" in table:
        for gain, position, share in zip(table["gain"], positions, table["changes"], strict=True):
            ax.annotate(f"{share:.0%}", (gain, position), (4, 0), textcoords="offset points",
                        va="center", fontsize=8)  # fmt: skip
    ax.margins(x=0.08)
    ax.set_xlim(left=0)
    return ax


def error_rates(
    table: pd.DataFrame, firm: float, conditional: float, *, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """How often the leader was the wrong one, by the share of first ranks claimed for it.

    A method that can be taken at its word stays on the dashed line; bars above it claim too much.

    Parameters
    ----------
    table
        Result of `verdicts.error_rates`: ``studies, wrong, low, high, regret`` by the lower bound
        of the class, classes 0.1 wide.
    firm, conditional
        Shares from which on a leader is called so; infinite where no share suffices.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 3.9)
    middle = table.index.to_numpy(dtype="float64") + CLASS / 2
    ax.bar(middle, table["wrong"], width=0.9 * CLASS, color=PALE, edgecolor=ACCENT,
           label=words("errors.wrong", language))  # fmt: skip
    ends = (table["wrong"] - table["low"], table["high"] - table["wrong"])
    ax.errorbar(middle, table["wrong"], yerr=np.clip(ends, 0, None), fmt="none", ecolor="#222",
                elinewidth=1.0, capsize=3)  # fmt: skip
    ax.plot([0, 1], [1, 0], color="#222", linestyle="--", linewidth=1.2,
            label=words("errors.claimed", language))  # fmt: skip
    for name, share, dashes in (("firm", firm, "-"), ("conditional", conditional, ":")):
        label = words(f"errors.{name}.{'at' if share <= 1 else 'never'}", language, share=share)
        ax.axvline(share, color=MARKED, linestyle=dashes, linewidth=2.4, label=label)
    ticks = [words("errors.class", language, low=low, high=low + CLASS, studies=studies,
                   regret=regret)
             for low, studies, regret in table[["studies", "regret"]].itertuples()]  # fmt: skip
    ax.set_xticks(middle, ticks, fontsize=7.5, linespacing=1.4)
    ax.tick_params(axis="x", length=0)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel=words("axis.claimed", language),
           ylabel=words("axis.wrong", language))  # fmt: skip
    ax.yaxis.set_major_formatter("{x:.0%}")
    return place_legend(ax, 2)


def plan(
    tasks: pd.DataFrame, *, begins: dt.date | None = None, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Plan of a survey: a bar for each task, and a line and a diamond for each gate.

    The number in a bar is that of the gate which waits for the task; a gate falls at the end of
    the last week of its tasks. Beside the bar stands who does it.

    Parameters
    ----------
    tasks
        Table ``plan``.
    begins
        First day of week 1; without it there are weeks and no days.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    tasks = tasks.sort_values(["gate", "week_from", "week_to"], kind="stable")
    ax = blank_axes(ax, 5.6, 0.36 * len(tasks) + 1.4)
    written = ("\n".join(wrap(what, TASK_LETTERS[language], max_lines=2, placeholder="…"))
               for what in tasks[f"what_{language}"])  # fmt: skip
    positions = name_rows(ax, written, messages.text("gates.chart.weeks").in_(language))
    lefts, rights = tasks["week_from"].to_numpy(float) - 1, tasks["week_to"].to_numpy(float)
    last = rights.max()
    colours = [CRITERION_COLOURS[gate - 1] for gate in tasks["gate"]]
    ax.barh(positions, rights - lefts, left=lefts, height=0.62, color=colours, edgecolor="#333",
            linewidth=0.5)  # fmt: skip
    for left, right, position, gate, who in zip(
        lefts, rights, positions, tasks["gate"], tasks[f"who_{language}"], strict=True
    ):
        ax.text((left + right) / 2, position, str(gate), ha="center", va="center", fontsize=8,
                fontweight="bold", color="white" if gate == 1 else "black")  # fmt: skip
        place, shift, side = (left, -3, "right") if left > last - right else (right, 3, "left")
        ax.annotate(who, (place, position), (shift, 0), textcoords="offset points", ha=side,
                    va="center", fontsize=8, zorder=3,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})  # fmt: skip
    _gates(ax, tasks.groupby("gate")["week_to"].max(), begins, language)
    ticks = range(0, int(last) + 1, MONTH_WEEKS)
    ax.set_xticks(ticks, [_after(week, begins) for week in ticks], fontsize=8)
    ax.set_xlim(0, last)
    return ax


def _gates(ax: Axes, weeks: "pd.Series[Any]", begins: dt.date | None, language: Language) -> None:
    for gate, week in weeks.items():
        ax.axvline(week, color=MARKED, linestyle="--", linewidth=1.2, zorder=0.9)
        ax.plot([week], [1], marker="D", color=MARKED, markersize=7, clip_on=False,
                transform=ax.get_xaxis_transform())  # fmt: skip
        label = messages.text(f"gates.chart.gate_{gate}").in_(language)
        if begins:
            label += f"\n{begins + dt.timedelta(weeks=int(week)):%m-%d}"
        ax.annotate(label, (week, 1), (0, 8), xycoords=ax.get_xaxis_transform(), ha="center",
                    textcoords="offset points", fontsize=8, fontweight="bold")  # fmt: skip


def _after(week: int, begins: dt.date | None) -> str:
    """Number of a week's end, and its day where the plan has days."""
    return f"{week}\n{begins + dt.timedelta(weeks=week):%Y-%m-%d}" if begins else str(week)

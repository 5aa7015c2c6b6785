"""One function per figure of costs, drawn on the axes it is given; nothing is computed here.

Money comes in KRW a year and is drawn in millions. Parts differ in lightness or hatching, not only
in colour.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from site_select import messages, milkrun, sharing
from site_select.figures import ACCENT, MANY_NAMES, MARKED, MUTED, blank_axes, short_name
from site_select.messages import Language, Text

MILLION = 1e6
EDGE: Mapping[str, Any] = {"edgecolor": "#333", "linewidth": 0.4}
WAYS: Mapping[str, tuple[str, Any, float]] = {
    "air": (MARKED, "--", 1.8), "ship": (ACCENT, "-", 2.6), "road": ("#444", ":", 1.8),
    "local": ("#009e73", "-.", 1.8),
}  # fmt: skip
NODES: Mapping[str, tuple[str, ...]] = {
    "air": ("supplier", "departure_airport", "arrival_airport", "complex"),
    "sea": ("supplier", "departure_port", "arrival_port", "complex"),
    "truck": ("supplier", "complex"),
}
COLUMNS = {"supplier": 0, "departure": 1, "arrival": 2, "warehouse": 3, "complex": 4}
COLUMN_INCHES, LANE_INCHES, EDGE_INCHES = 1.8, 1.3, 0.5
GROUPS = (
    (milkrun.TRANSPORT, "", ("#08306b", "#2f7fbc", "#8fc1e3", "#dbe9f6")),
    (("ordering",), "xxx", ("white",)),
    (milkrun.SHARED, "///", ("#d55e00", "#f4a261", "#fde3cf")),
    (milkrun.STOCK, "...", ("#00734f", "#5fbf9b", "#d4efe4")),
)
SHOWN_FROM = 0.15  # share of the complexes whose losses may go on beyond the axis
STEP_STYLES: Mapping[str, tuple[str, str, int]] = {
    "existing": (ACCENT, "", 1), "milk_run": (ACCENT, "", 1), "step": ("#7fc3ee", "", -1),
    "extra": (MARKED, "...", -1), "price_effect": ("white", "///", 1),
}  # fmt: skip
RULES: Mapping[str, tuple[str, str]] = {
    "equal": ("s", "#e69f00"), "proportional": ("o", ACCENT), "square_root": ("^", "#009e73")
}  # fmt: skip


def words(key: str, language: Language, **values: object) -> str:
    """Take a label of these figures from the catalogue."""
    return messages.text(f"cost_figures.{key}", **values).in_(language)


def name_rows(ax: Axes, labels: Iterable[str], axis: str) -> np.ndarray:
    """Name the rows, first one on top, and the axis below; return their positions."""
    written = list(labels)
    ax.set_yticks(range(len(written)), written, fontsize=8)
    ax.set_ylim(len(written) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, pad=5)
    ax.grid(axis="x", color="#e3e5e8", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(axis)
    return np.arange(len(written))


def place_legend(ax: Axes, columns: int, **given: Any) -> Axes:  # noqa: ANN401 - handed on
    """Set the legend above the axes, without a frame."""
    ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=columns, frameon=False,
              fontsize=8, **given)  # fmt: skip
    return ax


def chains(
    stretches: pd.DataFrame, names: Mapping[str, Text], *, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Existing logistics and the milk run, a lane each from the suppliers to the firms.

    Days and cost stand above each arrow, emissions below; what is zero is not written.

    Parameters
    ----------
    stretches
        Result of `chains.stretches`.
    names
        Names of the places: ``supplier``, ``departure_airport``, ``departure_port``,
        ``arrival_airport``, ``arrival_port``, ``warehouse``, ``complex``; general words where
        left out.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    lanes = list(stretches.groupby(level="chain", sort=False))
    width, height = 4 * COLUMN_INCHES + 2 * EDGE_INCHES, LANE_INCHES * len(lanes)
    ax, wide = blank_axes(ax, width, height + 0.7), 10 if language == "ko" else 15
    for number, (chain, lane) in enumerate(lanes):
        first, y = lane.iloc[0], -LANE_INCHES * number
        nodes = NODES[first["mode"].partition("_")[0]]
        kind = "milk_run" if str(chain) == "milk_run" else "existing"
        if kind == "milk_run":
            nodes = (*nodes[:-1], "warehouse", nodes[-1])
        title = words(
            f"lane.{kind}", language, mode=messages.text(f"cost_figures.chain.{first['mode']}"),
            shipments=float(first["shipments"]), days=float(first["lead_days"]),
        )  # fmt: skip
        ax.text(-EDGE_INCHES, y + 0.56, title, fontsize=9.5, fontweight="bold", va="center")
        boxes = [
            _box(ax, (COLUMN_INCHES * COLUMNS[node.partition("_")[0]], y),
                 names.get(node, messages.text(f"cost_figures.node.{node}")).in_(language), wide)
            for node in nodes
        ]  # fmt: skip
        for ends, (_, row) in zip(pairwise(boxes), lane.iterrows(), strict=True):
            _stretch(ax, ends, row, language)
    ways = [way for way in WAYS if way in set(stretches["way"])]
    handles = [Line2D([], [], color=WAYS[way][0], linestyle=WAYS[way][1], linewidth=WAYS[way][2],
                      label=words(f"way.{way}", language)) for way in ways]  # fmt: skip
    ax.set(xlim=(-EDGE_INCHES, width - EDGE_INCHES), ylim=(0.7 - height, 0.75))
    ax.set_axis_off()
    return place_legend(ax, 4, handles=handles)


def _box(ax: Axes, at: tuple[float, float], name: str, wide: int) -> Annotation:
    wrapped = fill(name, wide, break_long_words=False, max_lines=4, placeholder="…")
    frame = {"boxstyle": "round,pad=0.6", "facecolor": "#f5f6f8", "edgecolor": MUTED}
    return ax.annotate(wrapped, at, ha="center", va="center", fontsize=7.5, bbox=frame)


def _stretch(
    ax: Axes, ends: tuple[Annotation, Annotation], row: "pd.Series[Any]", language: Language
) -> None:
    colour, dashes, line = WAYS[row["way"]]
    (start, y), (end, _) = (box.xy for box in ends)
    ax.annotate("", (end, y), (start, y), arrowprops={
        "arrowstyle": "-|>", "color": colour, "linestyle": dashes, "linewidth": line,
        "mutation_scale": 13, "patchA": ends[0].get_bbox_patch(),
        "patchB": ends[1].get_bbox_patch(),
    })  # fmt: skip
    told = {"days": row["days"], "cost": row["krw"] / MILLION, "co2e": row["co2e_t"]}
    days, cost, co2e = (words(f"stretch.{name}", language, value=float(value)) if value else ""
                        for name, value in told.items())  # fmt: skip
    for height, align, said in ((0.08, "bottom", f"{days}\n{cost}".strip()), (-0.1, "top", co2e)):
        ax.text((start + end) / 2, y + height, said, ha="center", va=align, fontsize=7.5,
                linespacing=1.35)  # fmt: skip


def components(table: pd.DataFrame, *, language: Language, ax: Axes | None = None) -> Axes:
    """Cost of each chain by component, stacked, with its total; one that is zero is not drawn.

    Parameters
    ----------
    table
        Mean cost by chain and component of `milkrun.COMPONENTS` [KRW/year]; means add up.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.5 * len(table) + 1.5)
    labels = (words(f"chain.{chain}", language) for chain in table.index)
    positions = name_rows(ax, labels, words("axis.cost", language))
    left = np.zeros(len(table))
    for names, hatch, colours in GROUPS:
        for name, colour in zip(names, colours, strict=True):
            if table[name].any():
                width = table[name].to_numpy() / MILLION
                ax.barh(positions, width, left=left, height=0.62, color=colour, hatch=hatch,
                        label=words(f"component.{name}", language), **EDGE)  # fmt: skip
                left += width
    for position, total in zip(positions, left, strict=True):
        ax.annotate(f"{total:,.0f}", (total, position), (4, 0), textcoords="offset points",
                    va="center", fontsize=9)  # fmt: skip
    ax.margins(x=0.08)
    return place_legend(ax, 4)


def waterfall(steps: pd.DataFrame, *, language: Language, ax: Axes | None = None) -> Axes:
    """What each step from existing logistics to the milk run saves, the price effect set apart.

    Bars are means, because medians do not add up; whiskers are 5% and 95% of the draws.

    Parameters
    ----------
    steps
        Result of `milkrun.waterfall` [KRW/year].
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 3.9)
    mean, low, high = (found / MILLION for found in (
        steps.mean(), steps.quantile(0.05), steps.quantile(0.95)))  # fmt: skip
    level, places = 0.0, np.arange(len(mean)) + 0.6 * (mean.index == "price_effect")
    for place, name in zip(places, mean.index, strict=True):
        kind = name if name in STEP_STYLES else "step" if mean[name] >= 0 else "extra"
        colour, hatch, sign = STEP_STYLES[kind]
        foot = level if sign < 0 else 0.0
        end = foot + sign * mean[name]
        ax.bar(place, end - foot, bottom=foot, width=0.56, color=colour, edgecolor="#333",
               linewidth=0.6, hatch=hatch)  # fmt: skip
        ax.vlines(place + 0.36, foot + sign * low[name], foot + sign * high[name], color="#222",
                  linewidth=1.2)  # fmt: skip
        written = format(sign * mean[name], "+z,.0f" if sign < 0 else ",.0f")
        ax.annotate(written, (place, max(foot, end)), (0, 3), textcoords="offset points",
                    ha="center", fontsize=9)  # fmt: skip
        if kind not in {"milk_run", "price_effect"}:
            level = end
            ax.hlines(level, place + 0.28, place + 0.72, color=MUTED, linewidth=0.8)
    wide = 9 if language == "ko" else 14
    ax.set_xticks(places, [fill(words(f"step.{name}", language), wide) for name in mean.index],
                  fontsize=8)  # fmt: skip
    ax.tick_params(axis="x", length=0)
    ax.axhline(0, color="#333", linewidth=0.8)
    ax.set_ylabel(words("axis.waterfall", language))
    return ax


def tornado(
    table: pd.DataFrame, names: Mapping[Any, Text], base: float, *, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Saving with one parameter at its low and at its high, around all parameters at their value.

    Parameters
    ----------
    table
        Result of `parameters.tornado` [KRW/year], as many rows as are to be drawn.
    names
        Names of the parameters.
    base
        Saving with every parameter at its value [KRW/year].
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.3 * len(table) + 1.3)
    labels = (short_name(names[name].in_(language)) for name in table.index)
    positions = name_rows(ax, labels, words("axis.tornado", language, base=base / MILLION))
    for end, colour, hatch in (("at_high", ACCENT, ""), ("at_low", "none", "////")):
        ax.barh(positions, (table[end] - base) / MILLION, left=base / MILLION, height=0.66,
                facecolor=colour, hatch=hatch, edgecolor="#333", linewidth=0.6,
                label=words(f"tornado.{end}", language))  # fmt: skip
    ax.axvline(base / MILLION, color="#222", linewidth=1.0)
    ax.axvline(0, color=MARKED, linewidth=1.2, linestyle="--")
    return place_legend(ax, 2)


def sobol(
    table: pd.DataFrame, names: Mapping[Any, Text], *, language: Language, ax: Axes | None = None
) -> Axes:
    """Share of the variance that each parameter explains alone and with its interactions.

    Parameters
    ----------
    table
        Result of `parameters.sobol`, as many rows as are to be drawn.
    names
        Names of the parameters.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.36 * len(table) + 1.3)
    labels = (short_name(names[name].in_(language)) for name in table.index)
    positions = name_rows(ax, labels, words("axis.variance", language))
    styles = (("first", -0.19, ACCENT, ""), ("total", 0.19, "#cfe2f3", "///"))
    for index, shift, colour, hatch in styles:
        ax.barh(positions + shift, table[index], height=0.36, color=colour, hatch=hatch,
                label=words(f"sobol.{index}", language), **EDGE)  # fmt: skip
    return place_legend(ax, 2)


def firm_costs(
    shares: Mapping[str, np.ndarray], *, language: Language, ax: Axes | None = None
) -> Axes:
    """What each firm pays alone and under each rule; filled where it pays more than alone.

    Parameters
    ----------
    shares
        Cost by firm under ``alone``, ``equal``, ``proportional`` and ``square_root`` [KRW/year].
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    order = np.argsort(shares["alone"])
    alone, numbers = shares["alone"][order], np.arange(1, len(order) + 1)
    ax = blank_axes(ax, 7.6, 3.8)
    ax.plot(numbers, alone / MILLION, color="#222", linewidth=1.6, marker="_", markersize=9,
            label=words("rule.alone", language))  # fmt: skip
    for rule, (marker, colour) in RULES.items():
        paid = shares[rule][order]
        faces = np.where(sharing.pays_more(paid, alone), colour, "white")
        ax.scatter(numbers, paid / MILLION, marker=marker, facecolors=faces, edgecolors=colour,
                   s=30, zorder=3)  # fmt: skip
        ax.scatter([], [], marker=marker, facecolors="white", edgecolors=colour, s=30,
                   label=words(f"rule.{rule}", language))  # fmt: skip
    ax.set_xticks([1, *range(5, len(order) + 1, 5)])
    ax.set_ylim(bottom=0)
    ax.set_xlabel(words("axis.firms", language))
    ax.set_ylabel(words("axis.firm_cost", language))
    return place_legend(ax, 4)


def against_published(
    rows: pd.DataFrame, *, language: Language, axis: str, ax: Axes | None = None
) -> Axes:
    """Intervals of the model with the published figures beside them.

    Parameters
    ----------
    rows
        ``label`` (Text), ``low, value, high`` and ``published_low, published, published_high``,
        in the unit of the axis; the published ends may be missing.
    language
        Language of the labels.
    axis
        Message of the axis, unit included: ``saving``, ``rate``, ``share_of_purchase``, ``runs``.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.42 * len(rows) + 1.3)
    labels = (fill(label.in_(language), MANY_NAMES) for label in rows["label"])
    positions = name_rows(ax, labels, words(f"axis.{axis}", language))
    for kind, (low, value, high), shift, colour, marker in (
        ("model", ("low", "value", "high"), -0.14, ACCENT, "o"),
        ("published", ("published_low", "published", "published_high"), 0.14, MARKED, "D"),
    ):
        ax.hlines(positions + shift, rows[low], rows[high], color=colour, alpha=0.5, linewidth=4)
        ax.scatter(rows[value], positions + shift, color=colour, marker=marker, s=30, zorder=3,
                   label=words(f"against.{kind}", language))  # fmt: skip
    return place_legend(ax, 2)


def prior_posterior(
    table: pd.DataFrame, names: Mapping[Any, Text], *, language: Language, ax: Axes | None = None
) -> Axes:
    """Each assumption in all settings tried (wide band) and in those nearest to the figures.

    Both on the scale of the wide band, 5% at 0 and 95% at 1; filled where the assumption had to
    move.

    Parameters
    ----------
    table
        Result of `pilot.prior_posterior`, as many rows as are to be drawn.
    names
        Names of the parameters.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.36 * len(table) + 1.3)
    labels = (short_name(names[name].in_(language)) for name in table.index)
    positions = name_rows(ax, labels, words("axis.prior", language))
    width = table["prior_high"] - table["prior_low"]
    low, value, high = ((table[end] - table["prior_low"]) / width
                        for end in ("low", "value", "high"))  # fmt: skip
    ax.barh(positions, 1.0, height=0.6, color="#e3e5e8", label=words("prior.tried", language),
            **EDGE)  # fmt: skip
    ax.hlines(positions, low, high, color=ACCENT, linewidth=3)
    faces = np.where(table["is_moved"], ACCENT, "white")
    ax.scatter(value, positions, c=faces, edgecolors=ACCENT, s=34, zorder=3)
    for kind, face in (("moved", ACCENT), ("kept", "white")):
        ax.plot([], [], color=ACCENT, linewidth=3, marker="o", markerfacecolor=face,
                label=words(f"prior.{kind}", language))  # fmt: skip
    return place_legend(ax, 3)


def savings(
    table: pd.DataFrame, names: Mapping[Any, Text], *, marked: str = "", language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Saving per firm by complex: thin with all uncertainty, thick with what differs between them.

    The axis ends where few losses go on; these carry an arrow and their saving.

    Parameters
    ----------
    table
        Result of `economics.every_complex`.
    names
        Names of the complexes.
    marked
        Complex whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    rows = table.sort_values("own", ascending=False)
    ax = blank_axes(ax, 7.6, 0.2 * len(rows) + 1.4)
    labels = (f"{short_name(names[label].in_(language))} {label}" for label in rows.index)
    positions = name_rows(ax, labels, words("axis.per_firm", language))
    colours = [MARKED if label == marked else ACCENT for label in rows.index]
    money = rows / MILLION
    for name, width in (("per_firm", 1.2), ("own", 4.5)):
        ax.hlines(positions, money[f"{name}_low"], money[f"{name}_high"], color=colours,
                  linewidth=width, alpha=0.6)  # fmt: skip
        ax.plot([], [], color=ACCENT, linewidth=width, alpha=0.6,
                label=words(f"savings.{name}", language))  # fmt: skip
    ax.scatter(money["own"], positions, color=colours, edgecolor="white", s=26, zorder=3)
    for tick, label in zip(ax.get_yticklabels(), rows.index, strict=True):
        if label == marked:
            tick.set(fontweight="bold", color=MARKED)
    ax.axvline(0, color="#222", linewidth=1.0)
    left = float(money["per_firm_low"].quantile(SHOWN_FROM, interpolation="lower"))
    ax.set_xlim(left=left)
    for place in np.flatnonzero(money["per_firm_low"] < left):
        ax.annotate(f"◀ {money['own'].iloc[place]:,.0f}", (left, place), (2, 0), va="center",
                    textcoords="offset points", fontsize=8, zorder=5,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    return place_legend(ax, 2)

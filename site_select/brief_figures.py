"""Figures of the decision brief, small enough for one printed page; nothing is computed here."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from textwrap import fill
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from site_select import figures, messages
from site_select.cost_figures import COLUMNS, MILLION, WAYS
from site_select.figures import ACCENT, MARKED, MUTED, blank_axes
from site_select.messages import Language, Text

WEST, EAST = (125.15, 129.95)  # where the numbers stand on the map
MIDDLE_DEGREES = 127.7
LABEL_DEGREES = 0.34  # apart far enough to be read
COLUMN, LANE, LINE = 1.72, 0.94, 0.18  # inches
QUIET = "#51606f"
BOUNDS = ["low", "middle", "high"]
MEASURES = {"days": 1.05, "shipments": 2.3, "cost": 4.1, "co2e": 5.9}  # inches from the left


def words(key: str, language: Language, **values: object) -> str:
    """Take a label of these figures from the catalogue."""
    return messages.text(f"brief.chart.{key}", **values).in_(language)


def locations(
    points: pd.DataFrame, provinces: gpd.GeoDataFrame, *, marked: str = "",
    language: Language,  # noqa: ARG001 - ranks read alike in both
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw a small map: a dot for each alternative, and the rank of those that are shown.

    Parameters
    ----------
    points
        ``latitude, longitude, rank, is_shown`` by complex; without a place it is left out.
    provinces
        Boundaries in EPSG:4326.
    marked
        Complex that is set off by its colour and a square.
    language
        Language of the page.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 2.2, 2.8)
    provinces.plot(ax=ax, facecolor="#f0f2f5", edgecolor="#b8bdc5", linewidth=0.5)
    located = points.dropna(subset=["latitude", "longitude"])
    ax.scatter(located["longitude"], located["latitude"], s=9, color=MUTED, linewidths=0, zorder=3)
    shown = located[located["is_shown"]].sort_values("latitude")
    for is_west, side in shown.groupby(shown["longitude"] < MIDDLE_DEGREES):
        heights = _spaced(side["latitude"].to_numpy(float), LABEL_DEGREES)
        for (label, row), height in zip(side.iterrows(), heights, strict=True):
            colour, shape = (MARKED, "square") if label == marked else (ACCENT, "circle")
            at = (row["longitude"], row["latitude"])
            ax.scatter(*at, s=16, color=colour, linewidths=0, zorder=5)
            ax.annotate(
                f"{row['rank']}", at, (WEST if is_west else EAST, height), fontsize=7,
                ha="center", va="center", color="white", fontweight="bold", zorder=6,
                bbox={"boxstyle": f"{shape},pad=0.25", "facecolor": colour, "edgecolor": "white"},
                arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6},
            )  # fmt: skip
    ax.set(xlim=(124.8, 130.3), ylim=(33.0, 38.7), aspect=1.26)
    ax.set_axis_off()
    return ax


def _spaced(heights: np.ndarray, gap: float) -> np.ndarray:
    """Move ascending heights apart to at least ``gap``, as much up as down."""
    steps = gap * np.arange(len(heights))
    spaced = np.maximum.accumulate(heights - steps) + steps
    return np.asarray(spaced - (spaced - heights).mean())


def leaders(
    parts: pd.DataFrame, names: Mapping[Any, Text], labels: Mapping[Any, Text], *,
    marked: str = "", language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """What each of the criteria adds to the score of a few complexes.

    Parameters
    ----------
    parts
        Contribution by complex and criterion, rows in the order wanted.
    names, labels
        Names of complexes, with their rank, and of criteria.
    marked
        Complex whose name is set off.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 4.5, 2.95)
    figures.contributions(parts, names, labels, marked=marked, language=language, ax=ax)
    ax.tick_params(labelsize=7)
    ax.set_xlabel(ax.get_xlabel(), fontsize=7)
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=7)
    return ax


def chains(
    stretches: pd.DataFrame, measures: pd.DataFrame, names: Mapping[tuple[str, str], Text], *,
    language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Existing logistics and the milk run as two chains, each with its measures and their spread.

    Days stand on the stretches; below each chain lead time, shipments, cost and emissions. Where
    existing logistics was surveyed, the measures of each firm's own best way follow it.

    Parameters
    ----------
    stretches
        ``chain`` (``existing``, ``milk_run``), ``step, way, low, high`` [days].
    measures
        ``low, middle, high`` by chain (``surveyed, own_best, milk_run``) and measure: ``days``,
        ``shipments`` [per year], ``cost`` [KRW/year], ``co2e`` [t/year].
    names
        Names of ``supplier, departure, arrival, warehouse, complex`` by chain.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    told = list(measures.index.unique("chain"))
    extra = LINE * (len(told) - 2)
    width, height = 4 * COLUMN + 0.9, 2 * LANE + extra
    ax = blank_axes(ax, width, height)
    for chain, y, own in (("existing", 0.0, told[:-1]), ("milk_run", -LANE - extra, told[-1:])):
        ax.text(-0.45, y + 0.34, words(f"lane.{own[0]}", language), fontsize=8.5, va="center",
                fontweight="bold")  # fmt: skip
        own_names = {node: text for (of, node), text in names.items() if of == chain}
        _lane(ax, y, stretches[stretches["chain"] == chain], own_names, language)
        for place, kind in enumerate(own):
            _measures(ax, y - 0.31 - LINE * place, kind, measures.loc[kind], language)
    ax.set(xlim=(-0.45, width - 0.45), ylim=(0.44 - height, 0.44))
    ax.set_axis_off()
    return ax


def _lane(
    ax: Axes, y: float, rows: pd.DataFrame, names: Mapping[str, Text], language: Language
) -> None:
    wide = 11 if language == "ko" else 18
    boxes = [
        _box(ax, (COLUMN * COLUMNS[node.partition("_")[0]], y), names[node].in_(language), wide)
        for node in _nodes(rows)
    ]
    for ends, (_, step) in zip(pairwise(boxes), rows.groupby("step", sort=True), strict=True):
        lifts = np.linspace(0.13, -0.13, len(step)) if len(step) > 1 else [0.0]
        for lift, (_, row) in zip(lifts, step.iterrows(), strict=True):
            _stretch(ax, ends, lift, row, language)


def _nodes(rows: pd.DataFrame) -> Sequence[str]:
    """Places that a chain of so many steps passes."""
    is_pooled = "local" in set(rows["way"])
    between = ("departure", "arrival") if rows["step"].nunique() - is_pooled > 1 else ()
    return ("supplier", *between, *(("warehouse",) if is_pooled else ()), "complex")


def _box(ax: Axes, at: tuple[float, float], name: str, wide: int) -> Annotation:
    wrapped = fill(name, wide, break_long_words=False, max_lines=3, placeholder="…")
    frame = {"boxstyle": "round,pad=0.45", "facecolor": "#f5f6f8", "edgecolor": MUTED}
    return ax.annotate(wrapped, at, ha="center", va="center", fontsize=7, bbox=frame, zorder=4)


def _stretch(
    ax: Axes, ends: tuple[Annotation, Annotation], lift: float, row: "pd.Series[Any]",
    language: Language,
) -> None:  # fmt: skip
    colour, dashes, line = WAYS[row["way"]]
    (start, y), (end, _) = (box.xy for box in ends)
    ax.annotate("", (end, y + lift), (start, y + lift), arrowprops={
        "arrowstyle": "-|>", "color": colour, "linestyle": dashes, "linewidth": line,
        "mutation_scale": 11, "patchA": ends[0].get_bbox_patch(),
        "patchB": ends[1].get_bbox_patch(),
    })  # fmt: skip
    low, high = (f"{row[end]:.1f}" for end in ("low", "high"))
    days = low if low == high else f"{low}–{high}"
    way = messages.text(f"cost_figures.way.{row['way']}").in_(language)
    said = words("stretch" if row["high"] > 0 else "way", language, way=way, days=days)
    middle = (start + _half_width(ends[0]) + end - _half_width(ends[1])) / 2
    ax.text(middle, y + lift + 0.03, said, ha="center", va="bottom", fontsize=7)


def _half_width(box: Annotation) -> float:
    """Roughly half the width of a box [inches]: a syllable is twice as wide as a letter."""
    lines = box.get_text().split("\n")
    letters = max(sum(2 if sign > "\u1100" else 1 for sign in line) for line in lines)
    return 0.05 + 0.025 * letters


def _measures(ax: Axes, y: float, kind: str, of: pd.DataFrame, language: Language) -> None:
    name = messages.text(f"cost_figures.chain.{kind}").in_(language)
    ax.text(-0.45, y, name, fontsize=7.5, va="center", color=QUIET)
    for measure, x in MEASURES.items():
        scale = MILLION if measure == "cost" else 1.0
        low, middle, high = (
            f"{value:z,.0f}" for value in of.loc[measure, BOUNDS].to_numpy(float) / scale
        )
        said = words(f"measure.{measure}", language, middle=middle, low=low, high=high)
        ax.text(x, y, said, fontsize=7.5, va="center")

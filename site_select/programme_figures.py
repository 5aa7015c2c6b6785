"""Figures of the rollout: a map per year, value against worth, how sure each start is."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from site_select import messages
from site_select.figures import ACCENT, MARKED, MUTED, blank_axes, short_name
from site_select.messages import Language, Text

COLUMNS = 3  # maps beside each other
LABELS_EAST, LINE_DEGREES = 130.2, 0.3  # where labels stand, and how far apart


def words(key: str, language: Language, **values: object) -> str:
    """Take a label of these figures from the catalogue."""
    return messages.text(f"programmes.chart.{key}", **values).in_(language)


def years(places: pd.DataFrame, provinces: gpd.GeoDataFrame, *, language: Language) -> Axes:
    """Map of every year of a plan: new starts filled and named, earlier ones open, others dots.

    Parameters
    ----------
    places
        ``latitude, longitude, year`` by complex; year is missing where it does not start.
    provinces
        Boundaries in EPSG:4326.
    language
        Language of the labels.
    """
    every = [int(year) for year in sorted(places["year"].dropna().unique())] or [0]
    rows = max(1, -(-len(every) // COLUMNS))
    figure, grid = plt.subplots(
        rows, COLUMNS, figsize=(7.6, 3.3 * rows), layout="constrained", squeeze=False
    )
    for ax in grid.flat:
        ax.set_axis_off()
    for ax, year in zip(grid.flat, every, strict=False):
        provinces.plot(ax=ax, facecolor="#f0f2f5", edgecolor="#b8bdc5", linewidth=0.4)
        ax.scatter(places["longitude"], places["latitude"], s=4, color=MUTED, linewidths=0)
        _points(ax, places[places["year"] < year], filled=False)
        now = places[places["year"] == year]
        _points(ax, now, filled=True)
        _labels(ax, now.dropna(subset=["latitude"]))
        ax.set(xlim=(125.6, 131.2), ylim=(33.0, 38.7), aspect=1.26)
        said = words("year" if len(now) else "nothing", language, year=str(year), count=len(now))
        ax.set_title(said, fontsize=9, fontweight="bold", loc="left")
    figure.align_titles()
    first: Axes = grid[0, 0]
    return first


def _points(ax: Axes, rows: pd.DataFrame, *, filled: bool) -> None:
    ax.scatter(
        rows["longitude"], rows["latitude"], s=34 if filled else 22, linewidths=1.1, zorder=4,
        facecolor=ACCENT if filled else "white", edgecolor=ACCENT,
    )  # fmt: skip


def _labels(ax: Axes, rows: pd.DataFrame) -> None:
    """Numbers in a column beside the map, north first, each with a line to its place."""
    heights = rows["latitude"].sort_values(ascending=False, kind="stable")
    for place, label in enumerate(heights.index):
        lower = heights.iloc[place - 1] - LINE_DEGREES if place else heights[label]
        heights[label] = min(heights[label], lower)
        ax.annotate(
            str(label), (rows["longitude"][label], rows["latitude"][label]),
            (LABELS_EAST, heights[label]), fontsize=7, va="center",
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkB": 3},
        )  # fmt: skip


def trade_off(table: pd.DataFrame, *, language: Language, ax: Axes | None = None) -> Axes:
    """Value against net present value of plans: the efficient ones joined, the best as crosses.

    Parameters
    ----------
    table
        Result of `programmes.efficient`.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 6.6, 3.4)
    for kind, style in (("efficient", {"marker": "o", "linestyle": "-", "color": ACCENT}),
                        ("best", {"marker": "x", "linestyle": "", "color": MARKED})):  # fmt: skip
        rows = table[table["kind"] == kind]
        ax.plot(rows["npv"], rows["value"], label=words(kind, language), **style)  # type: ignore[arg-type]
    for _, row in table[table["kind"] == "efficient"].iterrows():
        said = words("starts", language, count=int(row["starts"]))
        ax.annotate(said, (row["npv"], row["value"]), (6, 5), textcoords="offset points",
                    fontsize=7.5)  # fmt: skip
    ax.axvline(0, color=MUTED, linewidth=0.8)
    ax.set(xlabel=words("npv", language), ylabel=words("value", language))
    ax.margins(0.08, 0.15)
    ax.legend(frameon=False, fontsize=8, loc="lower left")
    return ax


def sureness(
    shares: pd.DataFrame, names: Mapping[Any, Text], *, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """How often each complex is in a good plan, and in every good plan, over the draws.

    Parameters
    ----------
    shares
        ``in_good, in_every_good`` and ``is_first``, whether the best plan starts it, by complex.
    names
        Name of each complex.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.2, 0.24 * len(shares) + 1.2)
    spots = range(len(shares))
    ax.hlines(spots, shares["in_every_good"], shares["in_good"], color="#cfd4da", linewidth=3)
    ax.scatter(shares["in_every_good"], spots, marker="s", s=26, color=ACCENT, zorder=3,
               label=words("every", language))  # fmt: skip
    ax.scatter(shares["in_good"], spots, s=30, facecolor="white", edgecolor=ACCENT, zorder=3,
               label=words("good", language))  # fmt: skip
    written = [f"{short_name(names[label].in_(language))} {label}" for label in shares.index]
    ax.set_yticks(spots, written, fontsize=8)
    for tick, is_first in zip(ax.get_yticklabels(), shares["is_first"], strict=True):
        tick.set_fontweight("bold" if is_first else "normal")
    ax.set(xlim=(-0.03, 1.03), ylim=(max(len(shares), 1) - 0.5, -0.5))
    ax.set_xlabel(words("share", language))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="#e3e5e8", linewidth=0.6)
    ax.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return ax

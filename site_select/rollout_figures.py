"""One function per figure of look-alikes and of the national screening; nothing is computed here.

What differs in colour differs in marker, filling or hatching as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from site_select import messages
from site_select.figures import ACCENT, MARKED, MUTED, blank_axes, short_name
from site_select.messages import Language, Text

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
COLOURS = (ACCENT, "#56b4e9", "#009e73", "#cc79a7", "#e69f00", "#555")
STANDINGS: Mapping[str, tuple[str, str, str]] = {  # colour, hatching and message of each standing
    "eligible": (ACCENT, "", "eligible"), "cannot tell": ("#cfe2f3", "///", "cannot_tell"),
    "not eligible": ("#e8e9ec", "", "not_eligible"),
}  # fmt: skip
POINTS_PER_COMPLEX = 5.0  # area of a circle [points²]
KEYS = (1, 10, 30)


def words(key: str, language: Language, **values: object) -> str:
    """Take a label of these figures from the catalogue."""
    return messages.text(f"rollout_figures.{key}", **values).in_(language)


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(axis="x", color="#e3e5e8", linewidth=0.6)
    ax.set_axisbelow(True)


def _named(label: str, names: "Mapping[Any, Text] | pd.Series[Any]", language: Language) -> str:
    """Name with the number of a complex, for complexes look alike; a branch has no number."""
    name = short_name(names[label].in_(language))
    return f"{name} {label}" if label[-1].isdigit() else name


def likeness(
    found: pd.DataFrame, names: "Mapping[Any, Text] | pd.Series[Any]", *, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Distance from the reference with its spread, and how often each is among the nearest.

    Parameters
    ----------
    found
        Rows of `lookalikes.nearest` in the order wanted.
    names
        Name of each label.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.2, 0.27 * len(found) + 1.2)
    rows = np.arange(len(found))
    ax.hlines(rows, found["low"], found["high"], color=ACCENT, alpha=0.4, linewidth=4)
    ax.scatter(found["distance"], rows, color=ACCENT, s=24, zorder=3)
    for row, share in enumerate(found["among_nearest"]):
        ax.text(1.01, row, f"{share:.0%}", transform=ax.get_yaxis_transform(), va="center",
                fontsize=8)  # fmt: skip
    ax.text(1.01, 1.0, words("among_nearest", language), transform=ax.transAxes, fontsize=8,
            va="bottom")  # fmt: skip
    _name_rows(ax, [_named(label, names, language) for label in found.index])
    ax.set_xlim(left=0)
    ax.set_xlabel(words("axis.distance", language))
    return ax


def profiles(
    profile: pd.DataFrame, known: pd.DataFrame, shown: Sequence[str],
    names: "Mapping[Any, Text] | pd.Series[Any]", features: "Mapping[Any, Text] | pd.Series[Any]",
    *, marked: str, language: Language, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Every feature of the reference and of its nearest, the others as a grey background.

    A filled mark is known, a hollow one the mean of what was drawn because unknown.

    Parameters
    ----------
    profile
        Result of `lookalikes.profile`.
    known
        Whether each feature of each label is known.
    shown
        Labels set off, the reference among them.
    names, features
        Names of labels and features.
    marked
        The reference.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.4, 0.46 * profile.shape[1] + 1.6)
    rows = np.arange(profile.shape[1])
    for _, values in profile.drop(index=list(shown)).iterrows():
        ax.scatter(values, rows, marker="|", s=60, color="#c5c9cf", linewidths=0.8)
    others = [label for label in shown if label != marked]
    styles = {marked: ("*", MARKED, 120)} | {
        label: (MARKERS[place % len(MARKERS)], COLOURS[place % len(COLOURS)], 40)
        for place, label in enumerate(others)
    }
    heights = np.linspace(-0.28, 0.28, len(styles))
    for (label, (marker, colour, size)), height in zip(styles.items(), heights, strict=True):
        filled = np.where(known[profile.columns].loc[label], colour, "white")
        ax.scatter(profile.loc[label], rows + height, marker=marker, s=size, c=filled,
                   edgecolors=colour, linewidths=1.1, zorder=3)  # fmt: skip
        ax.scatter([], [], marker=marker, s=size, color=colour,
                   label=_named(label, names, language))  # fmt: skip
    _name_rows(ax, [features[name].in_(language) for name in profile.columns])
    ax.set_xlabel(words("axis.profile", language))
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2, frameon=False, fontsize=8)
    return ax


def stability(
    stability: pd.DataFrame, thresholds: Mapping[str, float], *, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Adjusted Rand index between samples by number of groups, with what counts as how good.

    Parameters
    ----------
    stability
        ``low, value, high`` by number of groups, part of `lookalikes.Clusters`.
    thresholds
        Least index by word, as `lookalikes.STABLE`.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 6.4, 2.8)
    ax.vlines(stability.index, stability["low"], stability["high"], color=ACCENT, alpha=0.4,
              linewidth=5)  # fmt: skip
    ax.scatter(stability.index, stability["value"], color=ACCENT, s=30, zorder=3)
    for word, least in thresholds.items():
        if least >= 0:
            ax.axhline(least, color=MUTED, linewidth=0.8, linestyle="--")
            ax.text(1.01, least, words(f"stable.{word}", language), va="center", fontsize=8,
                    transform=ax.get_yaxis_transform())  # fmt: skip
    ax.set_xticks(stability.index)
    ax.set_ylim(min(0.0, stability["low"].min()) - 0.05, 1.05)
    ax.set_xlabel(words("axis.groups", language))
    ax.set_ylabel(words("axis.rand", language))
    return ax


def standing(
    counts: pd.DataFrame, names: "Mapping[Any, Text] | pd.Series[Any]", *, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Industrial complexes by standing, a bar per province or kind, those in doubt hatched.

    Parameters
    ----------
    counts
        Result of `national.counts`.
    names
        Name of each row.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.2, 0.27 * len(counts) + 1.3)
    left = np.zeros(len(counts))
    for word, (colour, hatch, key) in STANDINGS.items():
        ax.barh(range(len(counts)), counts[word], left=left, color=colour, hatch=hatch,
                edgecolor=MUTED, linewidth=0.5,
                label=words(f"standing.{key}", language))  # fmt: skip
        left += counts[word].to_numpy()
    for row, (total, count) in enumerate(zip(left, counts["eligible"], strict=True)):
        ax.text(total, row, f" {count} / {total:.0f}", va="center", fontsize=8)
    _name_rows(ax, [names[label].in_(language) for label in counts.index])
    ax.set_xlim(0, left.max() * 1.12)
    ax.set_xlabel(words("axis.complexes", language))
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, frameon=False, fontsize=8)
    return ax


def standing_map(
    counties: pd.DataFrame, provinces: gpd.GeoDataFrame, *, language: Language,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Map of the counties: an open circle for all complexes, filled as far as none is excluded.

    Parameters
    ----------
    counties
        Result of `national.by_county`.
    provinces
        Boundaries in EPSG:4326.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.0, 7.4)
    provinces.plot(ax=ax, facecolor="#f5f6f8", edgecolor="#b8bdc5", linewidth=0.6)
    place = counties["longitude"], counties["latitude"]
    sizes = POINTS_PER_COMPLEX * counties[list(STANDINGS)]
    ax.scatter(*place, s=sizes.sum(axis=1), facecolors="none", edgecolors=MUTED, linewidths=0.9)
    ax.scatter(*place, s=sizes[["eligible", "cannot tell"]].sum(axis=1), color="#56b4e9",
               alpha=0.75, linewidths=0)  # fmt: skip
    named = counties[counties["eligible"] > 0]
    ax.scatter(named["longitude"], named["latitude"], marker="*", s=70, color=MARKED,
               edgecolors="white", linewidths=0.5, zorder=4,
               label=words("map.eligible", language))  # fmt: skip
    ax.scatter([], [], s=60, color="#56b4e9", label=words("map.standing", language))
    for count in KEYS:
        ax.scatter([], [], s=POINTS_PER_COMPLEX * count, facecolors="none", edgecolors=MUTED,
                   label=words("map.all", language, count=count))  # fmt: skip
    ax.legend(loc="lower right", frameon=False, fontsize=8, labelspacing=1.0)
    ax.set(xlim=(124.4, 131.2), ylim=(33.0, 38.7), aspect=1.26)
    ax.set_axis_off()
    return ax

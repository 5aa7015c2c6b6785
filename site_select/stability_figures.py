"""One function per figure of how the chain stands a stop, drawn on the axes it is given.

Nothing is computed here but places on the page. Chains differ in dashes, marker and hatching, not
only in colour.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from site_select import messages
from site_select.cost_figures import name_rows, place_legend
from site_select.figures import ACCENT, MARKED, MUTED, blank_axes
from site_select.messages import Language, Text

CHAINS: Mapping[str, tuple[str, str, str]] = {
    "existing": (MARKED, "--", "////"), "milk_run": (ACCENT, "-", ""),
    "second_origin": ("#009e73", ":", "...."),
}  # fmt: skip
NETWORK_INCHES, WHOLE_INCHES, BOX_INCHES, GAP_INCHES, EDGE_INCHES = 9.0, 3.2, 0.13, 0.1, 0.05
LABEL_POINTS, LABEL_LINES, LINE_INCHES = 7.5, 3, 0.125
DAY_TICKS = (0, 0.1, 1, 10, 100, 1000)
BAND, SMALL = "#a9c8e4", 0.005
BOXES: Mapping[bool, Mapping[str, Any]] = {
    False: {"facecolor": MUTED, "edgecolor": "#555", "linewidth": 0.6},
    True: {"facecolor": "#f6c6a0", "edgecolor": "#111", "linewidth": 2.2, "hatch": "/////"},
}


def words(key: str, language: Language, **values: object) -> str:
    """Take a label of these figures from the catalogue."""
    return messages.text(f"stability_figures.{key}", **values).in_(language)


def survival(curves: pd.DataFrame, *, language: Language, ax: Axes | None = None) -> Axes:
    """Share of firms that still run, by days since a stop began, a step line for each chain.

    Parameters
    ----------
    curves
        ``chain`` (``existing, milk_run, second_origin``), ``days`` and the share of firms with its
        5% and 95% of the draws, ``low, middle, high``.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 3.8)
    for chain, curve in curves.groupby("chain", sort=False):
        colour, dashes, hatch = CHAINS[str(chain)]
        days = curve["days"]
        ax.fill_between(days, curve["low"], curve["high"], step="post", facecolor=(colour, 0.15),
                        edgecolor=(colour, 0.5), hatch=hatch, linewidth=0.7)  # fmt: skip
        ax.step(days, curve["middle"], where="post", color=colour, linestyle=dashes, linewidth=2.4,
                label=words(f"chain.{chain}", language))  # fmt: skip
    ax.set_ylim(0, 1.02)
    ax.margins(x=0)
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.grid(color="#e3e5e8", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(words("axis.days", language))
    ax.set_ylabel(words("axis.running", language))
    return place_legend(ax, 3)


def steps(table: pd.DataFrame, *, language: Language, ax: Axes | None = None) -> Axes:
    """Days short at each step from existing logistics to the milk run, a what-if with open mark.

    Parameters
    ----------
    table
        Days short per firm [days/year] by step (``existing, pooled_shipments, shared_stock,
        second_origin``): ``low, middle, high``.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.5 * len(table) + 0.8)
    wide = 16 if language == "ko" else 22
    labels = ("\n".join(wrap(words(f"step.{step}", language), wide)) for step in table.index)
    positions = name_rows(ax, labels, words("axis.steps", language))
    _intervals(ax, table[["low", "middle", "high"]], positions, ACCENT,
               facecolors=np.where(table.index == "second_origin", "white", ACCENT))  # fmt: skip
    for position, middle in zip(positions, table["middle"], strict=True):
        ax.annotate(f"{middle:,.1f}", (middle, position), (0, 6), textcoords="offset points",
                    ha="center", fontsize=9)  # fmt: skip
    return ax


def scenarios(
    table: pd.DataFrame, names: Mapping[Any, Text], *, language: Language, ax: Axes | None = None
) -> Axes:
    """Days short per firm in each scenario, existing logistics above the milk run.

    The scale is logarithmic from a tenth of a day on, for the scenarios differ by orders of size.

    Parameters
    ----------
    table
        By scenario [days]: ``existing`` and ``milk_run``, each with ``_low`` and ``_high``.
    names
        Names of the scenarios.
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    ax = blank_axes(ax, 7.6, 0.46 * len(table) + 1.3)
    labels = ("\n".join(wrap(names[key].in_(language), 34, max_lines=2, placeholder="…"))
              for key in table.index)  # fmt: skip
    positions = name_rows(ax, labels, words("axis.scenarios", language))
    for chain, shift, marker in (("existing", -0.17, "o"), ("milk_run", 0.17, "s")):
        colour = CHAINS[chain][0]
        _intervals(ax, table[[f"{chain}_low", chain, f"{chain}_high"]], positions + shift, colour,
                   marker=marker, facecolors=colour,
                   label=words(f"chain.{chain}", language))  # fmt: skip
    ax.set_xscale("symlog", linthresh=DAY_TICKS[1])
    ax.set_xticks(DAY_TICKS, [f"{days:g}" for days in DAY_TICKS])
    ax.set_xlim(0, max(2 * float(np.nanmax(table.to_numpy(float))), 1.0))
    ax.minorticks_off()
    return place_legend(ax, 2)


def _intervals(
    ax: Axes, table: pd.DataFrame, positions: np.ndarray, colour: str, **marks: Any  # noqa: ANN401 - handed on
) -> None:  # fmt: skip
    """Draw intervals of the columns low, middle and high, in this order."""
    low, middle, high = (table[name] for name in table)
    ax.hlines(positions, low, high, color=colour, alpha=0.6, linewidth=2.5)
    ax.scatter(middle, positions, edgecolors=colour, s=36, zorder=3, linewidths=1.5, clip_on=False,
               **marks)  # fmt: skip
    ax.set_xlim(left=0)


def network(
    nodes: pd.DataFrame, links: pd.DataFrame, *, language: Language, ax: Axes | None = None
) -> Axes:
    """Who depends on what: boxes by stage and bands between them, both as thick as their weight.

    A box that all of some part passes is hatched, with a heavy edge. A band that leaves out stages
    passes between their boxes.

    Parameters
    ----------
    nodes
        By key: ``stage`` (whole number, left to right), ``name`` (Text), ``weight`` (the larger of
        what flows in and out) [t/year], ``critical`` (bool).
    links
        ``start`` and ``end``, keys of nodes, the end at a later stage, and ``weight`` [t/year].
    language
        Language of the labels.
    ax
        Axes to draw on.
    """
    nodes, links = _through(nodes, links)
    nodes = _placed(nodes, links, language)
    ax = blank_axes(ax, NETWORK_INCHES, nodes["tall"].max() + 0.4)
    ax.set_axis_off()
    for path in _bands(nodes, links):
        ax.add_patch(PathPatch(path, facecolor=(BAND, 0.6), edgecolor="#6b9ac4", linewidth=0.4))
    boxes = nodes[nodes["is_box"]]
    for critical, look in BOXES.items():
        own = boxes[boxes["critical"] == critical]
        ax.bar(own["left"], own["height"], BOX_INCHES, own["top"], align="edge", **look,
               label=words(f"network.{'critical' if critical else 'other'}", language))  # fmt: skip
    ax.set(xlim=(-EDGE_INCHES, NETWORK_INCHES), ylim=(nodes["tall"].max(), 0))
    _write(ax, boxes)
    return place_legend(ax, 2)


def _through(nodes: pd.DataFrame, links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give each band a place without a box in the stages that it leaves out."""
    places, parts = {}, []
    whole = links.groupby(["start", "end"], as_index=False)["weight"].sum()
    for band, start, end, weight in whole.itertuples():
        stops = [start]
        for stage in range(nodes["stage"][start] + 1, nodes["stage"][end]):
            stops.append(f"{start}\x1f{end}\x1f{stage}")  # pandas 2 groups a text up to its \0
            places[stops[-1]] = {"stage": stage, "name": Text("", ""), "weight": weight}
        parts += [(band, *ends, weight) for ends in pairwise([*stops, end])]
    every = pd.concat([nodes, pd.DataFrame.from_dict(places, orient="index")])
    return (every.assign(is_box=~every.index.isin(list(places))),
            pd.DataFrame(parts, columns=["band", "start", "end", "weight"]))  # fmt: skip


def _placed(nodes: pd.DataFrame, links: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Labels and places [inches]; in a stage, in the order of what flows in, less bands cross."""
    whole = nodes.groupby("stage")["weight"].sum().max()
    column = NETWORK_INCHES / (np.ptp(nodes["stage"]) + 1)
    nodes = nodes.assign(
        label=[_label(name.in_(language), weight / whole, column * 72 / LABEL_POINTS)
               for name, weight in zip(nodes["name"], nodes["weight"], strict=True)],
        height=nodes["weight"] * WHOLE_INCHES / whole, top=0.0,
        left=(nodes["stage"] - nodes["stage"].min()) * column,
        room=column - BOX_INCHES - 3 * EDGE_INCHES,
    )  # fmt: skip
    nodes["right"] = nodes["left"] + BOX_INCHES * nodes["is_box"]
    lines = (nodes["label"].str.count("\n") + 1) * nodes["is_box"]
    slot = nodes["height"].clip(lower=lines * LINE_INCHES) + GAP_INCHES
    nodes["tall"] = slot.groupby(nodes["stage"]).transform("sum")
    for _, stage in nodes.groupby("stage"):
        flows = links[links["end"].isin(stage.index)]
        middle = flows["start"].map(nodes["top"] + nodes["height"] / 2).astype(float)
        sums = flows.assign(pull=flows["weight"] * middle).groupby("end")[["pull", "weight"]].sum()
        pull = (sums["pull"] / sums["weight"]).reindex(stage.index)
        own = slot[pull.sort_values(kind="stable").index]
        free = nodes["tall"].max() - own.sum()
        nodes.loc[own.index, "top"] = (
            free / 2 + own.cumsum() - own / 2 - nodes.loc[own.index, "height"] / 2
        )
    return nodes


def _label(name: str, share: float, wide_em: float) -> str:
    is_narrow = max(name, default="") < "\u1100"  # no Hangul, which is as wide as high
    wide = max(4, int(wide_em * (1.6 if is_narrow else 0.9)))
    part = "<1%" if share < SMALL else f"{share:.0%}"
    return "\n".join([*wrap(name, wide, max_lines=LABEL_LINES, placeholder="…"), part])


def _bands(nodes: pd.DataFrame, links: pd.DataFrame) -> Iterator[Path]:
    """Outlines of the bands; those of one box lie in the order of the boxes they join."""
    scale = nodes["height"].max() / nodes["weight"].max()
    parts = links.assign(height=links["weight"] * scale, left=links["start"].map(nodes["right"]),
                         right=links["end"].map(nodes["left"]))  # fmt: skip
    for side, other in (("start", "end"), ("end", "start")):
        order = parts.assign(place=parts[other].map(nodes["top"])).sort_values("place")
        above = order.groupby(side)["height"].cumsum() - order["height"]
        parts[f"{side}_top"] = parts[side].map(nodes["top"]) + above
    for _, band in parts.groupby("band"):
        there = [(band["left"].iloc[0], band["start_top"].iloc[0])]
        for x0, x1, y0, y1 in band[["left", "right", "start_top", "end_top"]].to_numpy():
            there += [((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1), (x1, y1)]
        back = [(x, y + band["height"].iloc[0]) for x, y in reversed(there)]
        curve = [Path.CURVE4] * (len(there) - 1)
        codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
        yield Path([*there, *back, there[0]], codes)


def _write(ax: Axes, boxes: pd.DataFrame) -> None:
    """Write the labels beside the boxes, smaller where one would reach the next stage."""
    said = [
        ax.text(box["right"] + EDGE_INCHES, box["top"] + box["height"] / 2, box["label"],
                fontsize=LABEL_POINTS, va="center", linespacing=1.1,
                fontweight="bold" if box["critical"] else "normal",
                bbox={"facecolor": (1, 1, 1, 0.7), "edgecolor": "none", "pad": 0.6})
        for _, box in boxes.iterrows()
    ]  # fmt: skip
    page: Any = ax.figure
    page.figure.draw_without_rendering()  # lays the page out, so that widths are final
    inch = np.ptp(ax.transData.transform([[0, 0], [1, 0]])[:, 0])
    for text, room in zip(said, boxes["room"], strict=True):
        text.set_fontsize(LABEL_POINTS * min(1, room * inch / text.get_window_extent().width))

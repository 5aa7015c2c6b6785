"""The figure of all ratios; apart, for what is measured shall not carry matplotlib along."""

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from ratios import WORST

FIGURE = Path(__file__).with_name("results.svg")
LONGEST = 70  # letters of a name
KINDS = {  # marker and its filling
    "peer": ("o", "#1a1a1a", "time of a peer / ours"),
    "machine": ("s", "white", "time of the machine's limit or of the yardstick / ours"),
}


def draw(ratios: pd.DataFrame, committed: pd.DataFrame, path: Path = FIGURE) -> None:
    """Draw every ratio on a logarithmic axis, and how far it may fall from the committed one."""
    style = {"svg.hashsalt": "ratios", "svg.fonttype": "none", "font.size": 7}
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(8, 0.6 + 0.17 * len(ratios)), layout="constrained")
        for kind, (marker, face, label) in KINDS.items():
            own = ratios[kind].to_numpy()
            axes.plot(own, range(len(own)), marker, mfc=face, mec="#1a1a1a", ms=4, label=label)
            held = committed[kind].reindex(ratios.index).to_numpy()
            axes.hlines(range(len(own)), WORST * held, held, color="#9a9a9a", lw=2.5, zorder=0)
        axes.set(xscale="log", xlabel="ratio; grey: from half of the committed one to it")
        axes.set_yticks(range(len(ratios)), [shortened(str(what)) for what in ratios.index])
        axes.invert_yaxis()
        axes.axvline(1, color="#9a9a9a", lw=0.5)
        axes.grid(axis="x", lw=0.3)
        axes.legend(loc="lower right")
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)


def shortened(what: str) -> str:
    """Cut a name to what the figure has room for."""
    return what if len(what) <= LONGEST else f"{what[: LONGEST - 1]}…"


def growth(
    curves: dict[str, list[tuple[int, float]]], path: Path, *, limit_s: float
) -> None:  # fmt: skip
    """Draw seconds against size, both logarithmic, a curve for each thing that grows."""
    style = {"svg.hashsalt": "growth", "svg.fonttype": "none", "font.size": 8}
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
        for (name, points), look in zip(curves.items(), ("o-", "s--"), strict=True):
            axes.plot(*zip(*sorted(points), strict=True), look, color="#1a1a1a", label=name)
        axes.axhline(limit_s, color="#9a9a9a", lw=1)
        axes.annotate("limit", (axes.get_xlim()[0], limit_s), xytext=(4, 3),
                      textcoords="offset points", color="#666666")  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="how many", ylabel="seconds")
        axes.grid(lw=0.3)
        axes.legend(frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)

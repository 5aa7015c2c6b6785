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


def growth(table: pd.DataFrame, path: Path, *, limit_s: float, limit_gib: float) -> None:
    """Draw seconds and memory against scenarios, a curve for each kind and number of complexes."""
    style = {"svg.hashsalt": "growth", "svg.fonttype": "none", "font.size": 8}
    with plt.rc_context(style):
        figure, both = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
        for (kind, complexes), own in table.groupby(["kind", "complexes"]):
            for axes, column in zip(both, ("seconds", "gib"), strict=True):
                line = "--" if kind == "sample" else "-"
                label = f"{complexes:,} complexes, {kind}"
                axes.plot(own["scenarios"], own[column], line, marker="o", ms=4, label=label)
        for axes, limit, name in zip(both, (limit_s, limit_gib), ("time [s]", "memory [GiB]"),
                                     strict=True):  # fmt: skip
            axes.axhline(limit, color="black", linewidth=0.8)
            axes.set(xscale="log", xlabel="scenarios", ylabel=name, ylim=0)
        both[0].set(yscale="log", ylim=(1, 2_000))
        both[0].legend(frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)

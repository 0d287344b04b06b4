"""The plot: how much of what each bar allows is used."""

from collections.abc import Sequence
from pathlib import Path

from chicago_crashes_bench.results import Measurement

SMALLEST, LARGEST = 0.01, 10.0


def draw(measurements: Sequence[Measurement], file: Path) -> None:
    """Write the plot as a PNG file."""
    from matplotlib.figure import Figure

    shown = [
        (f"{measurement.measure}\n({measurement.bar_in_words})", share, measurement.is_met)
        for measurement in measurements
        if (share := measurement.share_of_bar) is not None
    ][::-1]
    figure = Figure(figsize=(10, 0.45 * len(shown) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    bars = axes.barh(
        [name for name, _, _ in shown],
        [min(max(share, SMALLEST), LARGEST) for _, share, _ in shown],
        color=["#2a7f62" if is_met else "#c0392b" for _, _, is_met in shown],
    )
    axes.axvline(1, color="black", linewidth=1, zorder=0)
    labels = axes.bar_label(bars, labels=[f"{share:.2f}" for _, share, _ in shown], padding=3, fontsize=8)
    for label in labels:
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    axes.set_xscale("log")
    axes.set_xlim(SMALLEST, LARGEST * 1.5)
    axes.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.set_xlabel("share of what the bar allows (left of 1: met)")
    axes.tick_params(axis="y", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=110, metadata={"Software": None})

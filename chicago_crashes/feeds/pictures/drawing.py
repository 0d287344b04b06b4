"""A sheet to draw on and the PNG it becomes, by matplotlib.

Everything here is made for speed, because loads wait for it: no axis is drawn, a picture says its few numbers itself.
Matplotlib is loaded when the first picture is drawn: that takes longer than drawing it, and most processes draw none.
"""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_PER_INCH = 100
PAPER, MUTED, ACCENT, INK = "#f7f9fa", "#a9bcc9", "#c2410c", "#3d4a52"
"""The ground, what is there anyway, what it is about, and words."""


def sheet(width: int, height: int) -> "tuple[Figure, Axes]":
    """An empty sheet of a size in pixels, without axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH, facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return figure, axes


def png(figure: "Figure") -> bytes:
    """The sheet as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()

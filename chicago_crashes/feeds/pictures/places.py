"""A map of places: a dot each, in the box that Chicago fills, without any ground map."""

from math import cos, radians
from typing import TYPE_CHECKING

from chicago_crashes.feeds.catalogue.columns import LATITUDE_BOUNDS, LONGITUDE_BOUNDS
from chicago_crashes.feeds.pictures.drawing import ACCENT, png, sheet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEIGHT = 430
MIDDLE = sum(LATITUDE_BOUNDS) / 2
WIDTH = round(
    HEIGHT
    * (LONGITUDE_BOUNDS[1] - LONGITUDE_BOUNDS[0])
    * cos(radians(MIDDLE))
    / (LATITUDE_BOUNDS[1] - LATITUDE_BOUNDS[0])
)
"""So that a mile is as long northwards as eastwards."""

FEW = 1500
"""Up to so many places a dot is large enough to be seen by itself; of more, pixels show the streets."""


def places_map(longitudes: "NDArray[np.float64]", latitudes: "NDArray[np.float64]") -> bytes:
    """The places, drawn; what lies outside the box is not shown."""
    figure, axes = sheet(WIDTH, HEIGHT)
    if len(longitudes) <= FEW:
        axes.plot(longitudes, latitudes, "o", color=ACCENT, alpha=0.7, markersize=2.5, markeredgewidth=0)
    else:
        axes.plot(longitudes, latitudes, ",", color=ACCENT, alpha=0.5)
    axes.set_xlim(*LONGITUDE_BOUNDS)
    axes.set_ylim(*LATITUDE_BOUNDS)
    return png(figure)

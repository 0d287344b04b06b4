"""How far an uploaded file may go before it is refused: in size, in every respect, and in what may read it."""

from dataclasses import dataclass

ALLOWED_DRIVERS = frozenset({"ESRI Shapefile", "GPKG"})
"""Of GDAL's; GeoJSON is read without it."""

REFUSED = 3
"""The exit status by which the process that reads with GDAL says that the file is at fault."""

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is taken; far above any layer of a city, far below what a machine cannot bear."""

    file_bytes: int = 100 * MEGABYTE
    unzipped_bytes: int = 400 * MEGABYTE
    members: int = 100
    compression_ratio: int = 100
    """Real shapefiles stay below 30; a bomb needs hundreds."""

    freely_compressed_bytes: int = MEGABYTE
    """Members up to this size may be compressed however well: a small table of blanks is no bomb."""

    features: int = 100_000
    fields: int = 200
    vertices: int = 5_000_000
    text: int = 20_000
    """Characters of one value."""

    key: int = 200
    """Characters of a key, by which people name a feature; a label is cut to as many."""


LIMITS = Limits()

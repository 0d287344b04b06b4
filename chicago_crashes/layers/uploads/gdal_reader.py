"""A process by itself: reads one layer of one file with GDAL, and writes it down as Arrow.

It is given to what nobody vouches for, so it has little memory, little time, no network, and only the drivers that
`gdal.py` lets it have. The last line of its errors is the reason it failed.

Use: python -m chicago_crashes.layers.uploads.gdal_reader DRIVER FILE LAYER ENCODING RESULT
"""

import resource
import sys
from collections.abc import Sequence

import pyarrow.feather
import pyogrio

BYTES_OF_MEMORY = 6 << 30
BYTES_OF_RESULT = 4 << 30
SECONDS_OF_PROCESSOR = 120

ALLOWED_DRIVERS = frozenset({"ESRI Shapefile", "GPKG"})


def main(arguments: Sequence[str]) -> int:
    """Read, and say why not."""
    driver, file, layer, encoding, result = arguments
    _take_little()
    there_are = frozenset(pyogrio.list_drivers())
    if not there_are <= ALLOWED_DRIVERS:
        sys.stderr.write(f"GDAL has drivers it must not use: {', '.join(sorted(there_are - ALLOWED_DRIVERS))}\n")
        return 1
    try:
        described = pyogrio.read_info(file, layer=layer)
        if described["driver"] != driver:
            sys.stderr.write(f"it is not what its name says, but {described['driver']}\n")
            return 1
        _, table = pyogrio.read_arrow(file, layer=layer, encoding=encoding or None, datetime_as_string=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    pyarrow.feather.write_feather(table, result, compression="uncompressed")
    return 0


def _take_little() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_OF_PROCESSOR, SECONDS_OF_PROCESSOR))
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES_OF_RESULT, BYTES_OF_RESULT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (BYTES_OF_MEMORY, BYTES_OF_MEMORY))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

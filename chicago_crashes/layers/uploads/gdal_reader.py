"""A process by itself: reads one layer of one file with GDAL, and writes it down as Arrow.

It is given to what nobody vouches for, so it has little memory, little time, no network, and only the drivers that
`gdal.py` lets it have. The last line of its errors is the reason it failed.

Use: python -m chicago_crashes.layers.uploads.gdal_reader DRIVER FILE LAYER ENCODING RESULT
"""

import resource
import sys
from collections.abc import Sequence

# pyogrio would import these two if it could, which takes longer than reading most files.
sys.modules.update({"geopandas": None, "pandas": None})  # type: ignore[dict-item]

import pyarrow as pa  # noqa: E402
import pyogrio  # noqa: E402

from chicago_crashes.layers.uploads.limits import ALLOWED_DRIVERS, REFUSED  # noqa: E402

BYTES_OF_MEMORY = 6 << 30
BYTES_OF_RESULT = 4 << 30
SECONDS_OF_PROCESSOR = 120

UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    pa.ArrowException,
    UnicodeDecodeError,
    MemoryError,
)
"""What a file can be at fault for; anything else is a fault of ours."""


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
            return REFUSED
        _, table = pyogrio.read_arrow(file, layer=layer, encoding=encoding or None, datetime_as_string=True)
    except UNREADABLE as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    with pa.OSFile(result, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return 0


def _take_little() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_OF_PROCESSOR, SECONDS_OF_PROCESSOR))
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES_OF_RESULT, BYTES_OF_RESULT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (BYTES_OF_MEMORY, BYTES_OF_MEMORY))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

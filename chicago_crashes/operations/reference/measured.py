"""What was measured of the columns of a loaded copy, kept as a small file, so that the dictionary needs no database.

`python -m chicago_crashes.operations.reference.dictionary --measure` measures the current database and writes the file
anew.
"""

from dataclasses import asdict, dataclass
from datetime import date

import orjson
from psycopg import Connection

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.operations.reference.measuring import MeasuredColumn, MeasuredTable, measure
from chicago_crashes.settings import PROJECT_ROOT

FILE = PROJECT_ROOT / "docs" / "measured.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """The measured tables, by feed, and when that was. A feed that nobody has loaded then is not among them."""

    measured_on: date
    tables: dict[str, MeasuredTable]


def measure_all(connection: Connection, today: date) -> Measured:
    """Measure every table that holds rows.

    Raises:
        PermanentError: none does.
    """
    tables = {feed.name: table for feed in FEEDS if (table := measure(connection, feed))}
    if not tables:
        raise PermanentError("Nothing can be measured: every table of a feed is empty. Load days of a feed first.")
    return Measured(today, tables)


def write(measured: Measured) -> None:
    """Keep what was measured."""
    FILE.write_bytes(orjson.dumps(asdict(measured), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read() -> Measured | None:
    """What was measured last; None if nobody ever has."""
    try:
        kept = orjson.loads(FILE.read_bytes())
    except FileNotFoundError:
        return None
    return Measured(
        date.fromisoformat(kept["measured_on"]),
        {
            name: MeasuredTable(
                table["rows"],
                date.fromisoformat(table["first_day"]),
                date.fromisoformat(table["last_day"]),
                {column: MeasuredColumn(**found) for column, found in table["columns"].items()},
            )
            for name, table in kept["tables"].items()
        },
    )

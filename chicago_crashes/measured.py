"""What was measured of the columns of a loaded copy, kept as a small file, so that the dictionary needs no database.

`python -m chicago_crashes.dictionary --measure` measures the current database and writes the file anew.
"""

from dataclasses import asdict, dataclass
from datetime import date

import orjson
from psycopg import Connection

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds import FEEDS
from chicago_crashes.postgis.measuring import MeasuredColumn, MeasuredTable, measure
from chicago_crashes.settings import PROJECT_ROOT

FILE = PROJECT_ROOT / "docs" / "measured.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """The measured tables, by feed, and when that was."""

    measured_on: date
    tables: dict[str, MeasuredTable]


def measure_all(connection: Connection, today: date) -> Measured:
    """Measure every table.

    Raises:
        PermanentError: a table is empty.
    """
    tables = {feed.name: measure(connection, feed) for feed in FEEDS}
    empty = [feed.table for feed in FEEDS if tables[feed.name] is None]
    if empty:
        raise PermanentError(
            f"Nothing can be measured of an empty table: {', '.join(empty)}. Load days of every feed first."
        )
    return Measured(today, {name: table for name, table in tables.items() if table is not None})


def write(measured: Measured) -> None:
    """Keep what was measured."""
    FILE.write_bytes(orjson.dumps(asdict(measured), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read() -> Measured:
    """What was measured last."""
    kept = orjson.loads(FILE.read_bytes())
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

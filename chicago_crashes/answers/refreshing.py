"""What a refresh of a mart says of itself, the record of when it was, and that refreshes take turns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from psycopg import Connection

from chicago_crashes.answers.costs import DEFAULT_COST_TABLE
from chicago_crashes.storage.locks import TURN

WORK_MEMORY = "192MB"
"""What joins over the whole history need to stay out of temporary files."""


Number = int | float | str | Mapping[str, int]
"""What can be shown of a refresh; a mapping holds counts by name."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many rows a mart has now, and whatever else people want to see of its refresh, by name."""

    rows: int
    numbers: Mapping[str, Number] = field(default_factory=dict)


@contextmanager
def taking_turns(connection: Connection) -> Iterator[None]:
    """Let nobody else refresh places or marts meanwhile; may be nested.

    Whatever was committed before is then visible, so that no day can slip between one mart and the next.
    """
    # Whoever was killed while it had its turn would otherwise keep it until its statement ends.
    connection.execute("set client_connection_check_interval = '5s'")
    connection.execute("select pg_advisory_lock(hashtext(%s))", [TURN])
    try:
        connection.execute("select set_config('work_mem', %s, false)", [WORK_MEMORY])
        # Compiling sums of fifty columns takes longer than adding up what they are asked for.
        connection.execute("set jit = off")
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(hashtext(%s))", [TURN])


def record_refresh(
    connection: Connection, mart: str, *, rows: int, through: date | None = None, as_of: datetime | None = None
) -> None:
    """Say that the mart stands for everything there was at a time, and priced by which cost table.

    The time is when this transaction began, unless another is given.
    """
    connection.execute(
        "insert into ops.mart_refreshes as known (mart, refreshed_at, through, rows, cost_table)"
        " values (%s, coalesce(%s, now()), %s, %s, %s)"
        " on conflict (mart) do update set refreshed_at = excluded.refreshed_at, through = excluded.through,"
        " rows = excluded.rows, cost_table = excluded.cost_table",
        [mart, as_of, through, rows, DEFAULT_COST_TABLE],
    )

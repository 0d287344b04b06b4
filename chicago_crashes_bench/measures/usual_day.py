"""A usual day: a new day and scattered amended ones, brought into the loaded history by `chicago-crashes refresh`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import psycopg
from psycopg import sql

from chicago_crashes.feeds.catalogue import CRASHES, PEOPLE, VEHICLES, Feed, feed_named
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.soql import between
from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.history import COMMAND
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.sizes import FIRST_DAY, NEW_ROWS
from chicago_crashes_bench.watching import ProgramFailedError, run_watched

AMENDED = {
    "crashes": ("street_name", "AMENDED STREET"),
    "people": ("hospital", "AMENDED HOSPITAL"),
    "vehicles": ("make", "AMENDED MAKE"),
}
"""An amended report changes a crash, a person and a vehicle of its day."""


def measure(bench: Bench) -> Found:
    """Seconds until the command has ended with every day as the portal has it."""
    history, portal = bench.history, bench.portal
    days, new_day, new = happen(bench, 1)
    bench.tell("a usual day: chicago-crashes refresh")
    refresh = run_watched(
        [*COMMAND, "refresh"],
        bench.workplace.environment(history.database_url, portal.url, history.lake),
        bench.workplace.folder / "refresh",
    )
    for feed in (CRASHES, PEOPLE, VEHICLES):
        _require_arrival(history.database_url, feed, new_day, amended=len(days))
    yield Measurement(
        "a usual day: portal to checked tables",
        f"{' + '.join(str(new[name]) for name in NEW_ROWS)} new rows, {len(days)} amended days",
        Amount(refresh.seconds, Unit.SECONDS),
        Bar(Kind.UNDER, 60),
    )


def happen(bench: Bench, which: int) -> tuple[list[date], date, Mapping[str, int]]:
    """Let the portal amend a report on each of some days and add a day: which they are, and the rows of the new one.

    It is the first day after the history or a later one, as `which` says, and amends to other values.
    """
    days, portal = _scattered(bench), bench.portal
    bench.tell(f"a usual day: {len(days)} days are amended, one is new")
    for name, (column, value) in AMENDED.items():
        ids = list(_a_row_of_each(portal.url, feed_named(name), days))
        portal.ask(feed=name, amend=ids, changes={column: f"{value} {which}"})
    new_day = bench.last_day + timedelta(days=which)
    return days, new_day, portal.ask(add_day=new_day.isoformat())


def _scattered(bench: Bench) -> list[date]:
    """Days as far from one another as the history allows."""
    count = bench.sizes.amended_days
    step = bench.sizes.history_days // count
    return [FIRST_DAY + timedelta(days=step * number) for number in range(count)]


def _a_row_of_each(portal_url: str, feed: Feed, days: Sequence[date]) -> Iterator[str]:
    with Portal(portal_url, ceiling=Unlimited()) as portal:
        for day in days:
            where = between(feed, day, day + timedelta(days=1))
            reply = portal.get_rows(feed.dataset_id, {"$select": ":id", "$where": where, "$limit": "1"})
            yield reply.rows[0][":id"]


def _require_arrival(database_url: str, feed: Feed, new_day: date, *, amended: int) -> None:
    column, value = AMENDED[feed.name]
    query = sql.SQL("select count(*) filter (where {} = %s), count(*) filter (where {}::date = %s) from {}").format(
        sql.Identifier(column), sql.Identifier(feed.date), sql.Identifier(feed.table)
    )
    with psycopg.connect(database_url) as connection:
        ((amended_rows, new_rows),) = connection.execute(query, [f"{value} 1", new_day]).fetchall()
    if amended_rows != amended or not new_rows:
        raise ProgramFailedError(
            f"After the refresh {feed.table} holds {amended_rows} of {amended} amended rows and {new_rows} new ones."
        )

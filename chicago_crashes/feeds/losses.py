"""What the shrink guard remembers: what was accepted of which days, which rows left, which days were held back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import polars as pl
from psycopg import Connection, sql
from psycopg.rows import class_row
from sqlalchemy.dialects import postgresql

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.storage.copy import copy_from_query
from chicago_crashes.storage.sql_files import sql_file
from chicago_crashes.storage.tables import table_of

REMEMBERED = timedelta(days=365)
"""For so long rows that left are added up."""

By = Literal["portal", "quarantine"]


@dataclass(frozen=True, slots=True)
class AcceptedDay:
    """Somebody's word that of a day the portal may publish as few rows, and as many may go to quarantine."""

    day: date
    stored_rows: int
    published_rows: int
    quarantined_rows: int = 0


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a person accepted, and what became of it: on how many of its days it holds, or how it ended there."""

    acceptance_id: int
    first_day: date
    last_day: date
    published_rows: int
    stored_rows: int
    reason: str
    accepted_by: str
    accepted_at: datetime
    open_days: int
    recovered_days: int

    @property
    def state(self) -> str:
        """In words."""
        if self.open_days:
            return f"holds for {self.open_days} days that were not loaded since"
        return "void: the portal recovered" if self.recovered_days else "spent: its days were loaded"


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows of a feed that left its table unaccepted and are not back: how many, since when, from which days."""

    rows: int
    since: datetime | None
    first_day: date | None
    last_day: date | None


def accept(
    connection: Connection,
    feed: Feed,
    first: date,
    last: date,
    days: Sequence[AcceptedDay],
    *,
    reason: str,
    accepted_by: str,
) -> None:
    """Record that these losses are right, and every earlier one from `first` to `last` that is still remembered."""
    with connection.transaction():
        (acceptance,) = connection.execute(
            "insert into ops.accepted_shrinks"
            " (feed, first_day, last_day, published_rows, stored_rows, reason, accepted_by)"
            " values (%(feed)s, %(first)s, %(last)s, %(published)s, %(stored)s, %(reason)s, %(by)s)"
            " returning acceptance_id",
            {
                "feed": feed.name,
                "first": first,
                "last": last,
                "published": sum(day.published_rows for day in days),
                "stored": sum(day.stored_rows for day in days),
                "reason": reason,
                "by": accepted_by,
            },
        ).fetchall()[0]
        _end(connection, feed, [day.day for day in days], "replaced")
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into ops.accepted_days"
                " (acceptance_id, feed, day, stored_rows, published_rows, quarantined_rows)"
                " values (%s, %s, %s, %s, %s, %s)",
                [
                    (acceptance, feed.name, day.day, day.stored_rows, day.published_rows, day.quarantined_rows)
                    for day in days
                ],
            )
        connection.execute(
            "update ops.losses set acceptance_id = %s"
            " where feed = %s and day between %s and %s and acceptance_id is null",
            [acceptance, feed.name, first, last],
        )


def acceptances(connection: Connection, feed: Feed) -> list[Acceptance]:
    """Everything that was accepted of a feed, newest first."""
    with connection.cursor(row_factory=class_row(Acceptance)) as cursor:
        return cursor.execute(
            "select accepted.acceptance_id, first_day, last_day, accepted.published_rows, accepted.stored_rows, reason,"
            " accepted_by, accepted_at, count(day) filter (where ended_at is null)::int as open_days,"
            " count(day) filter (where ended_by = 'recovered')::int as recovered_days"
            " from ops.accepted_shrinks as accepted left join ops.accepted_days using (acceptance_id)"
            " where accepted.feed = %s group by accepted.acceptance_id order by accepted_at desc",
            [feed.name],
        ).fetchall()


def accepted_days(connection: Connection, feed: Feed) -> dict[date, AcceptedDay]:
    """The days of which a loss is accepted and was not loaded yet."""
    with connection.cursor(row_factory=class_row(AcceptedDay)) as cursor:
        found = cursor.execute(
            "select day, stored_rows, published_rows, quarantined_rows from ops.accepted_days"
            " where feed = %s and ended_at is null",
            [feed.name],
        ).fetchall()
    return {accepted.day: accepted for accepted in found}


def spend(connection: Connection, feed: Feed, days: Collection[date]) -> list[date]:
    """End the acceptances of days that are being loaded; returns the days that had one."""
    return _end(connection, feed, days, "loaded")


def settle_recovered(connection: Connection, feed: Feed, days: Collection[date]) -> None:
    """End what is accepted and forget what was held back of days that the portal publishes as before."""
    if days:
        _end(connection, feed, days, "recovered")
        let_through(connection, feed, days)


def _end(connection: Connection, feed: Feed, days: Collection[date], ended_by: str) -> list[date]:
    ended = connection.execute(
        "update ops.accepted_days set ended_at = now(), ended_by = %s"
        " where feed = %s and day = any(%s) and ended_at is null returning day",
        [ended_by, feed.name, list(days)],
    ).fetchall()
    return [day for (day,) in ended]


def raise_floor(connection: Connection, feed: Feed, day: date, published_rows: int) -> None:
    """The portal publishes more of an accepted day than it did: only what it lacks now stays accepted."""
    connection.execute(
        "update ops.accepted_days set published_rows = %s where feed = %s and day = %s and ended_at is null",
        [published_rows, feed.name, day],
    )


def record_losses(connection: Connection, feed: Feed, lost: Mapping[date, int]) -> None:
    """Remember rows that leave the table in this transaction, by day."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.losses (feed, day, lost_at, rows) values (%s, %s, now(), %s)",
            [(feed.name, day, rows) for day, rows in lost.items()],
        )


def still_gone(connection: Connection, feed: Feed) -> Gone:
    """What left within a year, was not accepted and is not back."""
    parts = history_parts(feed) | {
        "feed": sql.Placeholder("feed"),
        "since": sql.SQL("now() - {}::interval").format(sql.Placeholder("remembered")),
    }
    params = {"feed": feed.name, "remembered": REMEMBERED}
    return Gone(*connection.execute(sql_file(__file__, "still_gone").format(**parts), params).fetchall()[0])


def history_parts(feed: Feed) -> dict[str, sql.Composable]:
    """What statements leave open that look up rows of `history` in the feed's table, which they call `stored`."""
    same_key = sql.SQL(" and ").join(_same_key_in_history(feed))
    return {"table": sql.Identifier(feed.table), "same_key": same_key}


def _same_key_in_history(feed: Feed) -> Iterable[sql.Composable]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for name in feed.key:
        type_ = table_of(feed).c[name].type.compile(dialect)
        yield sql.SQL("stored.{} = (history.old_row ->> {})::{}").format(
            sql.Identifier(name), sql.Literal(name), sql.SQL(type_)
        )


@dataclass(frozen=True, slots=True)
class HeldDay:
    """A day that was not let through, and what the load said."""

    day: date
    rows: int
    told: str


def hold_back(connection: Connection, feed: Feed, days: Sequence[HeldDay], *, by: By) -> None:
    """Remember that these days were not let through."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.held_back (feed, day, by, rows, told) values (%s, %s, %s, %s, %s)"
            " on conflict (feed, day) do update"
            " set by = excluded.by, rows = excluded.rows, told = excluded.told, held_at = now()",
            [(feed.name, held.day, by, held.rows, held.told) for held in days],
        )


def held_days(connection: Connection, feed: Feed, days: Collection[date], *, by: By) -> dict[date, HeldDay]:
    """Those of the days that were not let through when they were loaded last."""
    with connection.cursor(row_factory=class_row(HeldDay)) as cursor:
        found = cursor.execute(
            "select day, rows, told from ops.held_back where feed = %s and day = any(%s) and by = %s order by day",
            [feed.name, list(days), by],
        ).fetchall()
    return {held.day: held for held in found}


def all_held_days(connection: Connection, feed: Feed) -> set[date]:
    """Every day of the feed that was not let through when it was loaded last."""
    found = connection.execute("select day from ops.held_back where feed = %s", [feed.name]).fetchall()
    return {day for (day,) in found}


def let_through(connection: Connection, feed: Feed, days: Collection[date], *, by: By | None = None) -> None:
    """Forget that these days were held back, for one reason or whatever the reason."""
    connection.execute(
        "delete from ops.held_back where feed = %s and day = any(%s) and by = coalesce(%s, by)",
        [feed.name, list(days), by],
    )


def stored_keys(connection: Connection, feed: Feed, days: Collection[date]) -> pl.DataFrame:
    """The keys of the days' stored rows as text, with their `day`."""
    query = sql.SQL(
        "select {date}::date as day, {key} from {table}"
        " where {date} >= %(first)s and {date} < %(after_last)s and {date}::date = any(%(days)s)"
    ).format(
        date=sql.Identifier(feed.date),
        key=sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in feed.key),
        table=sql.Identifier(feed.table),
    )
    bounds = {"first": min(days), "after_last": max(days) + timedelta(days=1), "days": list(days)}
    return copy_from_query(connection, query, {"day": pl.Date(), **dict.fromkeys(feed.key, pl.String())}, bounds)

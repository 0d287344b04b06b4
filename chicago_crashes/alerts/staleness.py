"""Is the copy as new as it should be? Two ways to grow old: nobody asks the portal, or nothing new comes of it."""

from datetime import UTC, date, datetime, timedelta

from psycopg import Connection, sql

from chicago_crashes.alerts.incidents import Incident, Kind, Severity, record, resolve
from chicago_crashes.feeds.catalogue import Feed

STALE_AFTER = timedelta(days=4)
"""How long the portal may go unasked."""


def review_polls(connection: Connection, last_poll: datetime, *, now: datetime) -> None:
    """Record, or resolve, that the portal has not been asked successfully for too long."""
    incident = Incident(
        kind=Kind.STALENESS,
        severity=Severity.HIGH,
        subject="last poll",
        cause=f"The portal was last asked successfully on {last_poll.astimezone(UTC):%Y-%m-%d %H:%M} UTC, more than "
        f"{STALE_AFTER.days} days ago. Nothing the City has published or changed since is in the tables.",
        remedy="See in Dagster's UI under Automation whether the sensor portal_changes is on and why its ticks fail, "
        "and whether the portal answers (`chicago-crashes status`).",
    )
    _settle(connection, incident, is_stale=now - last_poll > STALE_AFTER)


def review_newest(connection: Connection, feed: Feed, *, today: date, is_loading: bool) -> None:
    """Record, or resolve, that the newest row of a feed is too old. While newer days are loaded, nothing is judged.

    `today` is Chicago's. An empty table is not stale: it was never filled.
    """
    newest = newest_row(connection, feed)
    if newest is None or feed.quiet_for is None:
        return
    is_stale = today - newest.date() > feed.quiet_for
    if is_stale and is_loading:
        return
    incident = Incident(
        kind=Kind.STALENESS,
        severity=Severity.HIGH,
        subject="newest row",
        feed=feed.name,
        cause=f"The newest row of {feed.table} is of {newest:%Y-%m-%d}, more than {feed.quiet_for.days} days ago.",
        remedy="See with `chicago-crashes status` whether days are missing: then load them with `chicago-crashes "
        "refresh`. If none are, the City has published nothing newer; its portal may say why.",
    )
    _settle(connection, incident, is_stale=is_stale)


def newest_row(connection: Connection, feed: Feed) -> datetime | None:
    """What the newest row of the table is dated, in Chicago's wall time."""
    query = sql.SQL("select max({}) from {}").format(sql.Identifier(feed.date), sql.Identifier(feed.table))
    found: tuple[datetime | None] = connection.execute(query).fetchone() or (None,)
    return found[0]


def _settle(connection: Connection, incident: Incident, *, is_stale: bool) -> None:
    if is_stale:
        record(connection, incident)
    else:
        resolve(connection, incident.key)

"""Incidents: what went wrong, kept in `ops.incidents` from when it is first noticed until it is mended.

An incident has a key that says what is wrong, not when it was noticed. Whoever notices it again makes no second one;
once it was resolved, the same key opens a new one.

An incident of a step is mended once the step went well over all its days: `mend`, which `operations.defs.alerts` calls
for every run that ended. The others are closed where they are noticed: in `causes`, `staleness` and
`feeds.quality_incidents`.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import LiteralString

from psycopg import Connection, sql
from psycopg.rows import class_row
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

ONE_DAY = timedelta(days=1)
LONGEST_CAUSE = 2000
RESTS_AFTER = timedelta(days=30)
"""An incident nobody noticed again for so long is closed without a word, so that its return is told."""


class Kind(StrEnum):
    """What sort of thing went wrong."""

    RUN_FAILURE = "run_failure"
    BLOCKING_CHECK = "blocking_check"
    STALENESS = "staleness"
    QUALITY = "quality"
    SHRINK_GUARD = "shrink_guard"
    UNLOADABLE = "unloadable"
    SCHEMA_DRIFT = "schema_drift"
    DAMAGED_FILE = "damaged_file"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - the name of a kind


class Severity(StrEnum):
    """Critical: numbers in the tables may be wrong. High: somebody has to act. Warning: somebody should know."""

    CRITICAL = "critical"
    HIGH = "high"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that went wrong.

    `subject` tells incidents of the same kind and feed apart, and is the same at every retry. `feed` may name several,
    joined by a comma and a space. `step` is the Dagster step that failed and whose success over `days` mends it.
    """

    kind: Kind
    severity: Severity
    subject: str
    cause: str
    remedy: str
    feed: str | None = None
    days: Sequence[date] = ()
    step: str | None = None
    run_id: str | None = None

    @property
    def key(self) -> str:
        """What the incident is recognised by."""
        return "/".join([self.kind, self.feed or "", self.subject])


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """An incident as it is kept. `told_to` are the channels it has reached, `told_at` is when it had reached all."""

    incident_id: int
    key: str
    kind: Kind
    severity: Severity
    feed: str | None
    days: Multirange[date] | None
    cause: str
    remedy: str
    run_id: str | None
    first_seen: datetime
    last_seen: datetime
    times: int
    told_to: list[str]
    told_at: datetime | None
    resolved_at: datetime | None


def digest(text: str) -> str:
    """A short name for a cause that is the same however its numbers, days and ids change from one retry to the next."""
    constant = re.sub(r"\b(0x)?[0-9a-f]{8,}(-[0-9a-f]{4,})*\b", "#", text.lower())
    constant = re.sub(r"[\d…][\d\-:.,t …]*", "#", constant)
    return hashlib.sha256(constant.encode()).hexdigest()[:12]


def record(connection: Connection, incident: Incident) -> None:
    """Keep an incident, or that one which is open already was noticed once more."""
    days = multirange(incident.days)
    connection.execute(
        "insert into ops.incidents as known"
        " (key, kind, severity, feed, step, days, open_days, cause, remedy, run_id)"
        " values (%(key)s, %(kind)s, %(severity)s, %(feed)s, %(step)s, %(days)s::datemultirange,"
        " %(days)s::datemultirange, %(cause)s, %(remedy)s, %(run_id)s)"
        " on conflict (key) where resolved_at is null do update set"
        " last_seen = clock_timestamp(), times = known.times + 1,"
        " days = known.days + excluded.days, open_days = known.open_days + excluded.open_days,"
        " cause = excluded.cause, remedy = excluded.remedy, run_id = coalesce(excluded.run_id, known.run_id)",
        {
            "key": incident.key,
            "kind": incident.kind.value,
            "severity": incident.severity.value,
            "feed": incident.feed,
            "step": incident.step,
            "days": days,
            "cause": _storable(incident.cause),
            "remedy": _storable(incident.remedy),
            "run_id": incident.run_id,
        },
    )


def resolve(connection: Connection, key: str) -> None:
    """Close the incident of this key, if there is an open one."""
    connection.execute(
        "update ops.incidents set resolved_at = clock_timestamp() where key = %s and resolved_at is null", [key]
    )


def resolve_kind(connection: Connection, kind: Kind, feed: str | None = None, *, but: Collection[str] = ()) -> None:
    """Close every open incident of this kind (and feed) that no step has to mend, except those with the keys `but`."""
    connection.execute(
        "update ops.incidents set resolved_at = clock_timestamp()"
        " where resolved_at is null and kind = %s and step is null and feed is not distinct from %s"
        " and not key = any(%s)",
        [kind.value, feed, list(but)],
    )


def is_any_open(connection: Connection) -> bool:
    """Whether there is anything to resolve."""
    return connection.execute("select from ops.incidents where resolved_at is null limit 1").fetchone() is not None


def mend(
    connection: Connection, *, days: Sequence[date], steps: Collection[str] = (), feeds: Collection[str] = ()
) -> None:
    """Take what went well from what is open: these steps, and whole runs of these feeds, over these days.

    An incident is resolved when none of its days is left; one without days by the first success.
    """
    connection.execute(
        "with mended as ("
        " select incident_id, open_days - coalesce(%(days)s::datemultirange, '{}') as left_over from ops.incidents"
        " where resolved_at is null and (step = any(%(steps)s)"
        " or (step is null and kind = 'run_failure' and string_to_array(feed, ', ') <@ %(feeds)s)))"
        " update ops.incidents as known set open_days = left_over,"
        " resolved_at = case when coalesce(isempty(left_over), true) then clock_timestamp() end"
        " from mended where mended.incident_id = known.incident_id",
        {"days": multirange(days), "steps": list(steps), "feeds": list(feeds)},
    )


def let_rest(connection: Connection) -> None:
    """Close, without a word, incidents that were told and that nobody noticed again for long."""
    connection.execute(
        "update ops.incidents set resolved_at = clock_timestamp(), resolution_told_at = clock_timestamp()"
        " where resolved_at is null and told_at is not null and last_seen < clock_timestamp() - %s::interval",
        [RESTS_AFTER],
    )


def untold(connection: Connection, limit: int) -> list[KnownIncident]:
    """Incidents that have not reached every channel yet, oldest first."""
    return _select(connection, "told_at is null", limit)


def untold_resolutions(connection: Connection, limit: int) -> list[KnownIncident]:
    """Incidents that were told, are resolved, and nobody was told of that yet."""
    return _select(connection, "told_at is not null and resolved_at is not null and resolution_told_at is null", limit)


def keep_told(connection: Connection, incident: KnownIncident, told_to: Collection[str], *, to_all: bool) -> None:
    """Record which channels an incident has reached. One that was resolved by then needs no second message."""
    connection.execute(
        "update ops.incidents set told_to = %(told_to)s,"
        " told_at = case when %(to_all)s then clock_timestamp() end,"
        " resolution_told_at = case when %(to_all)s and %(was_resolved)s then clock_timestamp() end"
        " where incident_id = %(incident_id)s",
        {
            "told_to": sorted(told_to),
            "to_all": to_all,
            "was_resolved": incident.resolved_at is not None,
            "incident_id": incident.incident_id,
        },
    )


def keep_resolution_told(connection: Connection, incident: KnownIncident) -> None:
    """Record that people were told that it is over."""
    connection.execute(
        "update ops.incidents set resolution_told_at = clock_timestamp() where incident_id = %s",
        [incident.incident_id],
    )


def days_in_words(days: Multirange[date] | None) -> str:
    """The days as people say them, both ends inclusive."""
    spans = [
        f"{span.lower}" if last == span.lower else f"{span.lower} to {last}"
        for span in days or ()
        if span.lower is not None and span.upper is not None
        for last in [span.upper - ONE_DAY]
    ]
    return ", ".join(spans[:10]) + (f" and {len(spans) - 10} more" if len(spans) > 10 else "")


def multirange(days: Sequence[date]) -> Multirange[date] | None:
    """The days as PostgreSQL keeps them; None where there are none."""
    spans: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if spans and spans[-1][1] == day:
            spans[-1] = (spans[-1][0], day + ONE_DAY)
        else:
            spans.append((day, day + ONE_DAY))
    return Multirange(Range(first, end) for first, end in spans) if spans else None


def _storable(text: str) -> str:
    """Text that PostgreSQL takes and people can read to its end."""
    text = text.replace("\0", "").strip()
    return text if len(text) <= LONGEST_CAUSE else f"{text[:LONGEST_CAUSE]} …"


def _select(connection: Connection, condition: LiteralString, limit: int) -> list[KnownIncident]:
    query = sql.SQL(
        "select incident_id, key, kind, severity, feed, days, cause, remedy, run_id, first_seen, last_seen, times,"
        " told_to, told_at, resolved_at from ops.incidents where {} order by incident_id limit %s"
    ).format(sql.SQL(condition))
    with connection.cursor(row_factory=class_row(KnownIncident)) as cursor:
        return cursor.execute(query, [limit]).fetchall()

"""What people are told of months whose quality score is low."""

from psycopg import Connection

from chicago_crashes.alerts.incidents import Incident, Kind, Severity, record, resolve_kind
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.quality import LOW, VERY_LOW, LowScores


def review_low_scores(connection: Connection, feed: Feed, low: LowScores, *, run_id: str) -> None:
    """Record that months of a feed have a low quality score, or resolve it: none has any more."""
    level = VERY_LOW if low.is_very_low else LOW
    incident = Incident(
        kind=Kind.QUALITY,
        severity=Severity.CRITICAL if low.is_very_low else Severity.HIGH,
        subject=f"below {level}",
        cause=low.in_words if low.months else "",
        remedy=f"See the asset quality/{feed.name} in Dagster's UI and the table ops.quality_scores; docs/quality.md "
        "tells what each part counts and how to find the rows.",
        feed=feed.name,
        run_id=run_id,
    )
    if low.months:
        record(connection, incident)
    resolve_kind(connection, Kind.QUALITY, feed.name, but=[incident.key] if low.months else [])

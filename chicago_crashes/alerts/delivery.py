"""Tell people of incidents: once each, to every channel, as often as it takes until it has arrived.

What arrived is recorded after it was sent, so a process killed between the two sends a message twice rather than never.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection

from chicago_crashes.alerts.channels import Channel, Tone, send
from chicago_crashes.alerts.incidents import (
    KnownIncident,
    Severity,
    days_in_words,
    keep_resolution_told,
    keep_told,
    untold,
    untold_resolutions,
)

logger = logging.getLogger(__name__)

MESSAGES_AT_ONCE = 20
"""A sensor has a minute. What is left over is told at its next look."""

TELLER = 0x63726173
"""The advisory lock that lets one process tell at a time."""

HEADLINES = {
    "run_failure": "run failed",
    "blocking_check": "blocking check failed",
    "staleness": "data is stale",
    "quality": "quality score is low",
    "unloadable": "rows cannot be loaded",
    "shrink_guard": "the shrink guard held days back",
    "schema_drift": "published columns changed",
    "damaged_file": "raw files are damaged",
    "invalid_token": "app token refused",
}


@dataclass(frozen=True, slots=True)
class Told:
    """How many messages arrived everywhere, and what kept others from it, by channel."""

    messages: int
    failures: dict[str, str]


def tell(connection: Connection, channels: Sequence[Channel], ui_url: str) -> Told:
    """Tell what is not told yet. Without channels it goes to the log. Failing to deliver raises nothing."""
    (is_ours,) = connection.execute("select pg_try_advisory_lock(%s)", [TELLER]).fetchone() or (False,)
    if not is_ours:
        return Told(0, {})
    try:
        return _tell(connection, channels, ui_url)
    finally:
        connection.execute("select pg_advisory_unlock(%s)", [TELLER])


def _tell(connection: Connection, channels: Sequence[Channel], ui_url: str) -> Told:
    failures: dict[str, str] = {}
    messages = 0
    for incident in untold(connection, MESSAGES_AT_ONCE):
        if not channels:
            _log(incident, ui_url)
        title, body, tone = title_of(incident), body_of(incident, ui_url), _tone(incident)
        reached = _deliver([c for c in channels if c.mark not in incident.told_to], title, body, tone, failures)
        to_all = {channel.mark for channel in channels} <= {*incident.told_to, *reached}
        keep_told(connection, incident, {*incident.told_to, *reached}, to_all=to_all)
        messages += to_all
    for incident in untold_resolutions(connection, MESSAGES_AT_ONCE):
        title = title_of(incident, over=True)
        if not channels:
            logger.warning("%s", title)
        reached = _deliver(channels, title, body_of(incident, ui_url, over=True), Tone.SUCCESS, failures)
        if reached or not channels:  # good news is not worth a second message to those it has reached
            keep_resolution_told(connection, incident)
            messages += 1
    for name, cause in failures.items():
        logger.warning("An alert did not reach %s and is sent again later: %s", name, cause)
    return Told(messages, failures)


def _deliver(channels: Sequence[Channel], title: str, body: str, tone: Tone, failures: dict[str, str]) -> list[str]:
    """Send to all channels but those that failed a moment ago, and return the marks of those it has reached."""
    reached = []
    for channel in channels:
        if channel.name in failures:
            continue
        cause = send(channel, title, body, tone)
        if cause is None:
            reached.append(channel.mark)
        else:
            failures[channel.name] = cause
    return reached


def title_of(incident: KnownIncident, *, over: bool = False) -> str:
    """One line: how bad, what, where, when."""
    what = HEADLINES.get(incident.kind, incident.kind.replace("_", " "))
    about = ", ".join(filter(None, [incident.feed, days_in_words(incident.days)]))
    is_over = over or incident.resolved_at is not None
    mark = "resolved" if over else f"{incident.severity}, resolved meanwhile" if is_over else incident.severity
    return f"[{mark}] Chicago Crashes: {what}" + (f": {about}" if about else "")


def body_of(incident: KnownIncident, ui_url: str, *, over: bool = False) -> str:
    """Everything one needs to act, a line each."""
    ended = f", resolved at {incident.resolved_at:%Y-%m-%d %H:%M %Z}" if incident.resolved_at else ""
    lines = {
        "Severity": incident.severity,
        "Feed": incident.feed or "all",
        "Days": days_in_words(incident.days),
        "Cause": incident.cause,
        "What to do": "" if over else incident.remedy,
        "Seen": f"since {incident.first_seen:%Y-%m-%d %H:%M %Z}, {incident.times} times{ended}",
        "Run" if incident.run_id else "Dagster": link(ui_url, incident.run_id),
    }
    return "\n".join(f"{name}: {text}" for name, text in lines.items() if text)


def link(ui_url: str, run_id: str | None) -> str:
    """Where Dagster's UI shows the run; without a run, where it shows the alerts' sensors."""
    return f"{ui_url.rstrip('/')}/runs/{run_id}" if run_id else f"{ui_url.rstrip('/')}/overview"


def _tone(incident: KnownIncident) -> Tone:
    return Tone.WARNING if incident.severity == Severity.WARNING else Tone.FAILURE


def _log(incident: KnownIncident, ui_url: str) -> None:
    level = logging.WARNING if incident.severity == Severity.WARNING else logging.ERROR
    logger.log(level, "%s\n%s", title_of(incident), body_of(incident, ui_url))

"""What kind of incident a failure is, and what to do about it: sorted once here, so that nothing is told twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from psycopg import Connection

from chicago_crashes.alerts.incidents import Incident, Kind, Severity, digest, mend, record, resolve, resolve_kind
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.verdict import Verdict

MISSING_COLUMNS = ("no longer publishes", "no-such-column")
"""How failures read that are one thing: a declared column is gone. The first words are ours, the other the portal's."""

COLUMNS_LOST = "missing columns"
TO_LOAD_AGAIN = "`chicago-crashes refresh`, which loads what is missing"
TO_DO_AGAIN = {
    "layers__uploaded": "`chicago-crashes layer replace NAME FILE` with a file that is mended",
    "layers__": "`chicago-crashes layer refresh`",
    "areas__": "`chicago-crashes answers`",
    "marts__": "`chicago-crashes answers`",
}
"""What a person can run for steps whose names begin so, the first that fits; all others load days."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A step, or with `step` None a whole run, that failed. `errors` are the names of the exceptions behind it."""

    message: str
    errors: frozenset[str]
    may_pass: bool
    feed: str | None
    days: Sequence[date]
    step: str | None
    run_id: str


def incident_of(failure: Failure) -> Incident:
    """The incident that a failure is or repeats."""
    if "MassQuarantineError" in failure.errors:
        return _incident(
            failure,
            Kind.SHRINK_GUARD,
            Severity.HIGH,
            subject="quarantine",
            remedy="See in the raw lake what the portal publishes in the columns that the cause names. If a column has "
            "changed its form, change the feed's declaration in chicago_crashes/feeds/catalogue and load again. If the "
            "rows "
            "really are of no use, run the command `chicago-crashes accept-shrink` that the cause names.",
        )
    if "ShrinkError" in failure.errors:
        return _incident(
            failure,
            Kind.SHRINK_GUARD,
            Severity.HIGH,
            subject="",
            remedy="Wait for the portal to recover, usually within hours. If the City really removed the rows, run the "
            "command `chicago-crashes accept-shrink` that the cause names.",
        )
    if any(words in failure.message for words in MISSING_COLUMNS):
        return _incident(
            failure,
            Kind.SCHEMA_DRIFT,
            Severity.HIGH,
            subject=COLUMNS_LOST,
            remedy="Look at the dataset's page on the portal. If the City renamed or dropped the column, change the "
            "feed's declaration in chicago_crashes/feeds/catalogue; then load again. Until then the feed grows stale.",
        )
    return _incident(
        failure,
        Kind.RUN_FAILURE,
        Severity.WARNING if failure.may_pass else Severity.HIGH,
        subject=f"{failure.step or 'run'} {digest(failure.message)}",
        remedy=f"{'It may pass by itself: try again later' if failure.may_pass else 'Mend the cause, then try again'}. "
        f"In Dagster's UI: Re-execute → From failure; or {_command_for(failure.step)}.",
    )


def _command_for(step: str | None) -> str:
    return next((told for name, told in TO_DO_AGAIN.items() if (step or "").startswith(name)), TO_LOAD_AGAIN)


def _incident(failure: Failure, kind: Kind, severity: Severity, *, subject: str, remedy: str) -> Incident:
    return Incident(
        kind=kind,
        severity=severity,
        subject=subject,
        cause=failure.message,
        remedy=remedy,
        feed=failure.feed,
        days=failure.days,
        step=failure.step,
        run_id=failure.run_id,
    )


def blocking_check_failed(
    failure: Failure, check: str, failed_days: Sequence[date], *, example_of: str, numbers: Mapping[str, object]
) -> Incident:
    """The incident of a check that promises that numbers are right, and did not hold; with its numbers for example."""
    days = sorted(set(failed_days))
    counted = ", ".join(f"{name} {value}" for name, value in numbers.items())
    return Incident(
        kind=Kind.BLOCKING_CHECK,
        severity=Severity.CRITICAL,
        subject=f"{check} {digest_of_days(days)}",
        cause=f"The check {check} failed." + (f" {example_of}: {counted}." if counted else ""),
        remedy="Do not quote numbers of these days. Load them anew with `chicago-crashes load START END --refetch "
        f"--feed {failure.feed}`; if it fails again, report it.",
        feed=failure.feed,
        days=days or failure.days,
        step=failure.step,
        run_id=failure.run_id,
    )


def digest_of_days(days: Sequence[date]) -> str:
    """Names a set of days."""
    return "-".join(f"{day:%Y%m%d}" for day in (days[0], days[-1])) + f" {len(days)}" if days else ""


def raw_files_set_aside(feed: Feed, day: date, kept: Sequence[str], *, run_id: str) -> Incident:
    """The incident of raw files that were damaged or foreign; the days that it happens to add up."""
    return Incident(
        kind=Kind.DAMAGED_FILE,
        severity=Severity.WARNING,
        subject="set aside",
        cause=f"Raw files of {feed.name} were damaged or not written by this platform and are set aside. The last, "
        f"of {day}: {', '.join(kept)}. What the portal publishes of the day is in the lake.",
        remedy="Find out what happens to the files of CRASHES_RAW_URL: its disk, and what else writes there. When you "
        "have seen them, remove the files that end with .set-aside.",
        feed=feed.name,
        days=[day],
        run_id=run_id,
    )


def record_lost_columns(connection: Connection, feed: Feed, message: str) -> None:
    """Record that a feed is not loaded, because the portal no longer publishes a column that it must have.

    It is mended by the first fetch of the feed that goes well, and by the first look that finds the column again.
    """
    step = f"raw__{feed.name}"
    failure = Failure(message, frozenset(), may_pass=False, feed=feed.name, days=[], step=step, run_id="")
    record(connection, replace(incident_of(failure), run_id=None))


def resolve_lost_columns(connection: Connection, feed: Feed) -> None:
    """The portal publishes every column that a feed must have, though perhaps nothing is left to be fetched."""
    resolve(connection, Incident(Kind.SCHEMA_DRIFT, Severity.HIGH, COLUMNS_LOST, "", "", feed=feed.name).key)


def review_unknown_columns(connection: Connection, feed: Feed, unknown: Sequence[str], *, run_id: str) -> None:
    """Record that the portal publishes columns that are not declared, or resolve it: they are declared or gone."""
    incident = Incident(
        kind=Kind.SCHEMA_DRIFT,
        severity=Severity.WARNING,
        subject="unknown columns " + ", ".join(sorted(unknown)),
        cause=f"The portal publishes columns of {feed.name} that are not declared: {', '.join(sorted(unknown))}. Their "
        f"values are kept in the column extra of {feed.table}, as published.",
        remedy=f"Declare them in chicago_crashes/feeds/catalogue/{feed.name}.py and add a migration, or leave them in "
        "extra.",
        feed=feed.name,
        run_id=run_id,
    )
    if unknown:
        record(connection, incident)
    resolve_kind(connection, Kind.SCHEMA_DRIFT, feed.name, but=[incident.key] if unknown else [])


def review_unloadable(connection: Connection, feed: Feed, verdicts: Sequence[Verdict], *, run_id: str) -> None:
    """Record the days of which too few rows could be loaded, and mend those of which they can be now.

    The check that found it stops no run, so no failed step tells of it; `step` is a name that no step has.
    """
    days = [verdict.day for verdict in verdicts if verdict.day]
    bad = [verdict.day for verdict in verdicts if verdict.day and verdict.is_fault]
    step = f"{feed.table} is loadable"
    if bad:
        first = next(verdict for verdict in verdicts if verdict.day == bad[0])
        record(
            connection,
            Incident(
                kind=Kind.UNLOADABLE,
                severity=Severity.HIGH,
                subject="",
                cause=f"{bad[0]}: {' '.join(first.reasons)}.",
                remedy="See in ops.quarantine which rows they are and why. If a column has changed its form, change "
                "the feed's declaration in chicago_crashes/feeds/catalogue and load the days again.",
                feed=feed.name,
                days=bad,
                step=step,
                run_id=run_id,
            ),
        )
    mend(connection, days=sorted(set(days) - set(bad)), steps=[step])


TOKEN_KEY = Incident(Kind.INVALID_TOKEN, Severity.WARNING, "", "", "").key


def record_refused_token(connection: Connection, message: str) -> None:
    """Record that the portal does not accept our app token; the message says so and holds no token."""
    record(
        connection,
        Incident(
            kind=Kind.INVALID_TOKEN,
            severity=Severity.WARNING,
            subject="",
            cause=message,
            remedy="Register a new token on the portal and set CRASHES_APP_TOKEN to it, or remove the setting.",
        ),
    )


def resolve_refused_token(connection: Connection) -> None:
    """The portal accepts our token, or we have none any more."""
    resolve(connection, TOKEN_KEY)

"""The two sensors behind the alerts: one reads how runs ended and tells people, the other watches how old the data is.

Every run of the instance is looked at, those inside of commands included. They carry no code location, so Dagster's own
run failure sensors would pass them over; and failures and successes have to be read in one order, or a run that failed
after another had succeeded would look mended.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Literal

import dagster as dg
from dagster_shared.error import SerializableErrorInfo
from psycopg import Connection

from chicago_crashes.alerts.causes import Failure, blocking_check_failed, incident_of, resolve_refused_token
from chicago_crashes.alerts.channels import channels
from chicago_crashes.alerts.delivery import tell
from chicago_crashes.alerts.incidents import Incident, is_any_open, let_rest, mend, record
from chicago_crashes.alerts.staleness import newest_row, review_newest, review_polls
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.defs.sensors import UNDER_WAY, days_of
from chicago_crashes.orchestration.dagster_internals import UserFailureData
from chicago_crashes.orchestration.day_reports import PERMANENT_FAILURE
from chicago_crashes.orchestration.description import portal_key, raw_key, table_key
from chicago_crashes.orchestration.partitions import CHICAGO
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.settings import Settings

SECONDS_BETWEEN_LOOKS = 30
SECONDS_BETWEEN_REVIEWS = 900
LOOKS_BACK = timedelta(days=1)
"""How far the first look of all goes back."""

RUNS_AT_ONCE = 50

WILL_BE_RETRIED = "dagster/will_retry"
Ending = Literal[dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE]
ENDINGS: tuple[Ending, ...] = (dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE)


def alert_sensors(configured: Settings) -> list[dg.SensorDefinition]:
    """The sensors that alert. They start by themselves only in a deployment that asks for it."""
    status = dg.DefaultSensorStatus.RUNNING if configured.schedules_on else dg.DefaultSensorStatus.STOPPED
    return [_incident_sensor(configured, status), _staleness_sensor(status)]


def _incident_sensor(configured: Settings, status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        description="Reads how runs ended, records what went wrong or was mended in ops.incidents, and tells it to "
        "CRASHES_ALERT_URLS, once.",
        default_status=status,
    )
    def look(context: dg.SensorEvaluationContext, postgis: PostgisResource) -> dg.SkipReason:
        with postgis.connect() as connection:
            ended = _ended_runs(context.instance, context.cursor)
            for storage_id, run_id in ended:
                _review_run(context.instance, connection, run_id)
                context.update_cursor(str(storage_id))
            if configured.app_token is None:
                resolve_refused_token(connection)
            let_rest(connection)
            told = tell(connection, channels(configured.alert_urls), configured.ui_url)
        for name, cause in told.failures.items():
            context.log.warning(f"An alert did not reach {name} and is sent again at the next look: {cause}")
        return dg.SkipReason(f"{len(ended)} runs had ended; {told.messages} messages were told.")

    return look


def _staleness_sensor(status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    @dg.sensor(
        name="staleness",
        minimum_interval_seconds=SECONDS_BETWEEN_REVIEWS,
        description="Records in ops.incidents when the newest row or the last poll is older than it should be.",
        default_status=status,
    )
    def review(context: dg.SensorEvaluationContext, postgis: PostgisResource) -> dg.SkipReason:
        now = datetime.now(UTC)
        if context.cursor is None:
            context.update_cursor(now.isoformat())
        switched_on_at = datetime.fromisoformat(context.cursor or now.isoformat())
        with postgis.connect() as connection:
            review_polls(connection, max(switched_on_at, _last_poll(context.instance)), now=now)
            loading = list(_days_under_way(context.instance))
            for feed in FEEDS:
                newest = newest_row(connection, feed)
                is_loading = newest is not None and any(last > newest.date() for last in loading)
                review_newest(connection, feed, today=now.astimezone(CHICAGO).date(), is_loading=is_loading)
        return dg.SkipReason("What is stale is in ops.incidents; the sensor alerts tells it.")

    return review


def _ended_runs(instance: dg.DagsterInstance, cursor: str | None) -> list[tuple[int, str]]:
    """The runs that ended since the last look, in the order in which they ended, with the ids of these events."""
    after_id = int(cursor) if cursor else None
    after_time = None if cursor else (datetime.now(UTC) - LOOKS_BACK).timestamp()
    found = chain.from_iterable(
        instance.fetch_run_status_changes(
            dg.RunStatusChangeRecordsFilter(event_type, after_storage_id=after_id, after_timestamp=after_time),
            limit=RUNS_AT_ONCE,
            ascending=True,
        ).records
        for event_type in ENDINGS
    )
    return sorted((record.storage_id, record.run_id) for record in found)[:RUNS_AT_ONCE]


def _review_run(instance: dg.DagsterInstance, connection: Connection, run_id: str) -> None:
    run = instance.get_run_by_id(run_id)
    if run is None:
        return
    if is_any_open(connection):
        steps, feeds = _done(instance, run)
        mend(connection, days=_days(run), steps=steps, feeds=feeds)
    if run.status == dg.DagsterRunStatus.FAILURE and run.tags.get(WILL_BE_RETRIED) != "true":
        for incident in incidents_of(instance, run):
            record(connection, incident)


def incidents_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[Incident]:
    """What a failed run is to be told as: its failed steps, or, where no step failed, the run."""
    failed_steps = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in failed_steps:
        event = entry.get_dagster_event()
        data = event.step_failure_data
        told = data.user_failure_data
        chain_of_errors = list(_chain(data.error))
        failure = Failure(
            message=(told.description if told else None) or _first_message(chain_of_errors),
            errors=frozenset(error.cls_name for error in chain_of_errors if error.cls_name),
            may_pass=bool(told) and PERMANENT_FAILURE not in run.tags,
            feed=_feed_name(event.step_key),
            days=_failed_days(told, _days(run)),
            step=event.step_key,
            run_id=run.run_id,
        )
        if "DagsterAssetCheckFailedError" in failure.errors:
            yield from _blocking_checks(instance, failure)
        else:
            yield incident_of(failure)
    if not failed_steps:
        yield incident_of(_failure_of_run(instance, run))


def _blocking_checks(instance: dg.DagsterInstance, failure: Failure) -> Iterator[Incident]:
    """One incident for each blocking check of the step that did not hold, with its days."""
    evaluations = [
        event.asset_check_evaluation_data
        for entry in instance.all_logs(failure.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        if (event := entry.get_dagster_event()).step_key == failure.step
    ]
    broken = [
        found
        for found in evaluations
        if found.blocking and not found.passed and found.severity == dg.AssetCheckSeverity.ERROR
    ]
    for name in dict.fromkeys(found.check_name for found in broken):
        of_check = [found for found in broken if found.check_name == name]
        of_days = [found for found in of_check if found.partition]
        example = (of_days or of_check)[0]
        yield blocking_check_failed(
            failure,
            name,
            [date.fromisoformat(found.partition) for found in of_days if found.partition] or failure.days,
            example_of=example.partition or "In all",
            numbers={key: metadata.value for key, metadata in example.metadata.items()},
        )


def _failure_of_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Failure:
    """The failure of a run none of whose steps failed: it was killed, or never began."""
    ends = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    event = ends[-1].get_dagster_event() if ends else None
    data = event.job_failure_data if event else None
    errors = list(_chain(data.error if data else None))
    feeds = [feed.name for feed in FEEDS if run.asset_selection and table_key(feed) in run.asset_selection]
    return Failure(
        message=_first_message(errors) if errors else (event.message if event else None) or "The run failed.",
        errors=frozenset(error.cls_name for error in errors if error.cls_name),
        may_pass=not errors,
        feed=", ".join(feeds) or None,
        days=_days(run),
        step=None if feeds else run.job_name,
        run_id=run.run_id,
    )


def _done(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[set[str], set[str]]:
    """The steps of a run that went well (its job, if all did), and the feeds whose tables it brought up to date."""
    steps = {
        event.step_key
        for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_SUCCESS)
        if (event := entry.get_dagster_event()).step_key
    }
    feeds = {feed.name for feed in FEEDS if table_key(feed).to_python_identifier() in steps}
    return steps | ({run.job_name} if run.status == dg.DagsterRunStatus.SUCCESS else set()), feeds


def _days(run: dg.DagsterRun) -> list[date]:
    first_and_last = days_of(run)
    if first_and_last is None:
        return []
    first, last = first_and_last
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _failed_days(told: UserFailureData | None, days: list[date]) -> list[date]:
    """The days of the run that a step named as failed; all of them, if it does not name every one that is not done."""
    named, done = (told.metadata.get(name) if told else None for name in ("failed_days", "days_done"))
    if not isinstance(named, dg.JsonMetadataValue) or not isinstance(done, dg.IntMetadataValue):
        return days
    failed = [date.fromisoformat(str(day)) for day in named.value or ()]
    return failed if len(failed) + (done.value or 0) == len(days) else days


def _feed_name(step: str | None) -> str | None:
    return next((feed.name for feed in FEEDS if step in _steps_of(feed)), None)


def _steps_of(feed: Feed) -> tuple[str, ...]:
    return (raw_key(feed).to_python_identifier(), table_key(feed).to_python_identifier(), f"{feed.table}_checks")


def _chain(error: SerializableErrorInfo | None) -> Iterator[SerializableErrorInfo]:
    while error is not None:
        yield error
        error = error.cause


def _first_message(errors: Sequence[SerializableErrorInfo]) -> str:
    """The message of the exception that started it all; Dagster wraps it in its own."""
    return errors[-1].message.strip() if errors else "It failed without a message; see the run's log."


def _last_poll(instance: dg.DagsterInstance) -> datetime:
    """When the portal last answered for every feed: to the change sensor, or to a run that fetched."""
    return min(max(_materialized_at(instance, key) for key in (portal_key(feed), raw_key(feed))) for feed in FEEDS)


def _materialized_at(instance: dg.DagsterInstance, key: dg.AssetKey) -> datetime:
    event = instance.get_latest_materialization_event(key)
    return datetime.fromtimestamp(event.timestamp if event else 0, UTC)


def _days_under_way(instance: dg.DagsterInstance) -> Iterator[date]:
    """The last days of the runs that are queued or going on."""
    for run in instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY)):
        if days := days_of(run):
            yield days[1]

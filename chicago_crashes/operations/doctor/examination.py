"""Everything that is looked at, in order: what is broken below is told before what stands on it."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import dagster as dg
import psycopg

from chicago_crashes.definitions import build_defs
from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.operations.doctor import check_answers, check_dagster, check_database, check_lake, check_portal
from chicago_crashes.operations.doctor.condition import Condition, State, examined, problem, unexamined, warning
from chicago_crashes.operations.workplace import dagster_instance, some_database
from chicago_crashes.orchestration.partitions import day_of, day_partitions
from chicago_crashes.settings import Settings
from chicago_crashes.soda.ceiling import Ceiling, Unlimited, postgres_ceiling
from chicago_crashes.soda.client import Portal
from chicago_crashes.storage.private_cluster import cluster, place
from chicago_crashes.storage.schema.migrate import engine_for

OF_DATABASE = ("PostGIS", "schema", "indexes")
OF_DAGSTER = ("Dagster's storage", "automation", "daemon", "answers", "event log")
OF_DAYS = tuple(f"days {feed.name}" for feed in FEEDS)


def examine(configured: Settings) -> Iterator[Condition]:
    """The condition of everything; no data is changed, and a private database that was stopped is stopped again."""
    with ExitStack() as opened:
        url: str | None = None
        connection: psycopg.Connection | None = None
        try:
            url = _database_url(configured, opened)
            connection = opened.enter_context(psycopg.connect(_plain(url), autocommit=True, connect_timeout=10))
        except (CrashesError, psycopg.Error) as error:
            yield from examined("database", partial(_without_database, str(error)))
            yield from unexamined(OF_DATABASE, "the database does not answer")
        has_schema = False
        if url and connection:
            yield from examined("database", partial(check_database.server, connection))
            yield from examined("PostGIS", partial(check_database.extension, connection))
            of_schema = list(examined("schema", partial(check_database.schema, url)))
            has_schema = all(found.state is State.OK for found in of_schema)
            yield from of_schema
            yield from examined("indexes", partial(check_database.indexes, connection))
        ready = connection if has_schema else None
        in_lake = list(examined("lake", partial(check_lake.lake, configured.raw_url)))
        has_lake = in_lake[0].state is State.OK
        yield from _of_portal(configured, url, ready, has_lake=has_lake)
        yield from in_lake
        yield from _of_raw_files(configured, ready, has_lake=has_lake)
        yield from _of_dagster(configured, url, connection, has_schema=has_schema)


def _database_url(configured: Settings, opened: ExitStack) -> str:
    if configured.database_url is None and place.find(cluster.HOME) is None:
        raise CrashesError("There is no database yet: CRASHES_DATABASE_URL is not set, and no private one was made.")
    return opened.enter_context(some_database())


def _plain(database_url: str) -> str:
    """The URL for psycopg, whatever driver SQLAlchemy was to use; raises a `PermanentError` if it is none."""
    return engine_for(database_url).url.set(drivername="postgresql").render_as_string(hide_password=False)


def _without_database(error: str) -> Iterator[Condition]:
    yield problem(
        "database",
        error,
        "See that it runs and check CRASHES_DATABASE_URL; or unset that and run `chicago-crashes db start`.",
    )


def _of_raw_files(
    configured: Settings, connection: psycopg.Connection | None, *, has_lake: bool
) -> Iterator[Condition]:
    if connection is None:
        yield from unexamined([check_lake.FILES], "the database is not ready")
    elif not has_lake:
        yield from unexamined([check_lake.FILES], "the raw lake cannot be used")
    else:
        yield from examined(check_lake.FILES, partial(check_lake.files, configured.raw_url, connection))


def _of_portal(
    configured: Settings, url: str | None, connection: psycopg.Connection | None, *, has_lake: bool
) -> Iterator[Condition]:
    """The portal is examined without the database, too; then nobody counts what is asked."""
    ceiling: Ceiling = Unlimited()
    if url and connection:
        of_requests = list(
            examined("requests", partial(check_portal.ceiling, connection, configured.requests_per_hour))
        )
        yield from of_requests
        if of_requests[0].state is not State.OK:
            names = [f"feed {feed.name}" for feed in FEEDS]
            yield from unexamined([*names, "token", *OF_DAYS], "every further request would have to wait")
            return
        ceiling = postgres_ceiling(url, configured.requests_per_hour)
    alerts: list[str] = []
    token = configured.app_token.get_secret_value() if configured.app_token else None
    try:
        portal = Portal(
            configured.portal_url, app_token=token, ceiling=ceiling, attempts=1, read_timeout=60, on_alert=alerts.append
        )
    except CrashesError as error:
        yield from examined("portal", partial(_without_portal, str(error)))
        return
    with portal:
        of_feeds = [
            found
            for feed in FEEDS
            for found in examined(f"feed {feed.name}", partial(check_portal.dataset, portal, connection, feed))
        ]
        yield from of_feeds
        if all(found.state is State.PROBLEM for found in of_feeds) and not alerts:
            yield from unexamined(["token"], "the portal does not answer")
        else:
            yield from examined("token", partial(check_portal.token, bool(token), alerts))
        if connection is None:
            yield from unexamined(OF_DAYS, "the database is not ready")
            return
        if not has_lake:
            yield from unexamined(OF_DAYS, "the raw lake cannot be used")
            return
        last = day_partitions(configured.start_date).get_last_partition_key()
        days = (configured.start_date, day_of(last) if last else configured.start_date)
        for feed in FEEDS:
            yield from examined(
                f"days {feed.name}", partial(check_portal.days, portal, connection, configured.raw_url, feed, *days)
            )


def _without_portal(error: str) -> Iterator[Condition]:
    yield problem("portal", error, "Mend CRASHES_PORTAL_URL or CRASHES_APP_TOKEN.")


def _of_dagster(
    configured: Settings, url: str | None, connection: psycopg.Connection | None, *, has_schema: bool
) -> Iterator[Condition]:
    if url is None or connection is None:
        yield from unexamined(OF_DAGSTER, "the database does not answer")
        return
    if connection.execute("select to_regclass('dagster.runs') is null").fetchone() == (True,):
        nothing = "Dagster has no tables here yet: nothing has ever run."
        yield warning("Dagster's storage", nothing, "Run `make up`, or `chicago-crashes refresh`.")
        return
    with ExitStack() as opened:
        instances: list[dg.DagsterInstance] = []

        def storage() -> Iterator[Condition]:
            instances.append(opened.enter_context(dagster_instance(url)))
            yield from check_dagster.storage(instances[0])

        yield from examined("Dagster's storage", storage)
        if instances:
            defs = build_defs(configured)
            everything = (*(defs.schedules or []), *(defs.sensors or []))
            declared = [each for each in everything if isinstance(each, dg.ScheduleDefinition | dg.SensorDefinition)]
            switched_on = configured.schedules_on
            for name, look in (("automation", check_dagster.automation), ("daemon", check_dagster.daemon)):
                yield from examined(name, partial(look, instances[0], declared, switched_on=switched_on))
            if has_schema:
                yield from examined("answers", partial(check_answers.answers, connection, instances[0]))
            else:
                yield from unexamined(["answers"], "the schema is not that of this version")
        else:
            yield from unexamined(("automation", "daemon", "answers"), "Dagster's storage cannot be opened")
    yield from examined("event log", partial(check_dagster.event_log, connection))

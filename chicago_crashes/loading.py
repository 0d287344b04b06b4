"""Load a range of days from a command: everything is checked before the first run is launched."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import psycopg
from dagster import DagsterInstance

from chicago_crashes.assets.partitions import day_of, day_partitions, require_days
from chicago_crashes.automation.launch import OnStep, Outcome, launch, steps_of
from chicago_crashes.definitions import build_defs
from chicago_crashes.feeds import FEEDS, Feed, feeds_named
from chicago_crashes.local.workplace import dagster_instance, database
from chicago_crashes.settings import settings
from chicago_crashes.soda.ceiling import postgres_ceiling
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.columns import published_columns
from chicago_crashes.status import FeedStatus, feed_status


@dataclass(frozen=True, slots=True)
class Loading:
    """A range of days that is ready to be loaded."""

    instance: DagsterInstance
    feeds: Sequence[Feed]
    first: date
    last: date

    @property
    def steps(self) -> int:
        """How many steps the runs will report."""
        return steps_of(self.first, self.last, self.feeds, settings().days_per_run)

    def run(self, on_step: OnStep) -> Outcome:
        """Launch the runs, one after another."""
        configured = settings()
        return launch(
            build_defs(configured),
            self.instance,
            self.feeds,
            self.first,
            self.last,
            days_per_run=configured.days_per_run,
            on_step=on_step,
        )


@contextmanager
def load_range(first: date, last: date, feed_names: Sequence[str]) -> Iterator[Loading]:
    """Everything a load needs, proven to be there: the feeds, the days, the database, the portal.

    Raises:
        PermanentError: an unknown feed, a reversed or impossible range, a database without PostGIS, a lost column.
        TransientError: the portal or the database does not answer.
    """
    feeds = feeds_named(feed_names)
    require_days(day_partitions(settings().start_date), first, last)
    with database() as url:
        require_portal(url, feeds)
        with dagster_instance(url) as instance:
            yield Loading(instance, feeds, first, last)


def require_portal(database_url: str, feeds: Sequence[Feed]) -> None:
    """Ask the portal for the feeds' columns once, so that a wrong address is told before anything is launched."""
    with _portal(database_url) as portal:
        for feed in feeds:
            published_columns(portal, feed)


def all_statuses() -> list[FeedStatus]:
    """The state of every feed over all days that are over."""
    partitions = day_partitions(settings().start_date)
    last = partitions.get_last_partition_key()
    first_day = settings().start_date
    last_day = day_of(last) if last else first_day
    with (
        database() as url,
        dagster_instance(url) as instance,
        psycopg.connect(url, autocommit=True) as connection,
        _portal(url) as portal,
    ):
        return [feed_status(connection, instance, portal, feed, first=first_day, last=last_day) for feed in FEEDS]


def _portal(database_url: str) -> Portal:
    configured = settings()
    token = configured.app_token.get_secret_value() if configured.app_token else None
    ceiling = postgres_ceiling(database_url, configured.requests_per_hour)
    return Portal(configured.portal_url, app_token=token, ceiling=ceiling)

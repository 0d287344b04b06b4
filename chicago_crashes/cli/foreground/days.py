"""Load a range of days from a command: everything is checked before the first run is launched."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import psycopg
from dagster import DagsterInstance

from chicago_crashes.alerts.causes import record_lost_columns, resolve_lost_columns
from chicago_crashes.alerts.recording import record_safely
from chicago_crashes.cli.foreground.workers import launch_side_by_side
from chicago_crashes.definitions import build_defs
from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS, Feed, feeds_named
from chicago_crashes.feeds.changes import Changes, DayRange, find_changes, ranges_of
from chicago_crashes.feeds.defs.launch import launch, steps_of
from chicago_crashes.feeds.reading import has_values
from chicago_crashes.feeds.stale import StaleDay
from chicago_crashes.operations.status import FeedStatus, feed_status
from chicago_crashes.operations.workplace import dagster_instance, database
from chicago_crashes.orchestration.dead_runs import end_dead_runs
from chicago_crashes.orchestration.outcomes import OnStep, Outcome
from chicago_crashes.orchestration.partitions import chunks, day_of, day_partitions, require_days
from chicago_crashes.orchestration.presence import is_present, present
from chicago_crashes.settings import settings
from chicago_crashes.soda.ceiling import postgres_ceiling
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.columns import LostColumnsError, published_columns
from chicago_crashes.soda.errors import NoSuchDatasetError
from chicago_crashes.storage.lake import Lake


@dataclass(frozen=True, slots=True)
class Loading:
    """Ranges of days that are ready to be loaded."""

    database_url: str
    instance: DagsterInstance
    ranges: Sequence[DayRange]
    refetch: bool
    workers: int = 1

    @property
    def steps(self) -> int:
        """How many steps the runs will report."""
        return steps_of(self.ranges)

    def run(self, on_step: OnStep) -> Outcome:
        """Launch the runs, `workers` at a time; what a killed command left behind must not be in their way."""
        end_dead_runs(self.instance, lambda token: is_present(self.database_url, token))
        if min(self.workers, len(self.ranges)) > 1:
            return launch_side_by_side(
                self.database_url, self.ranges, workers=self.workers, on_step=on_step, refetch=self.refetch
            )
        with present(self.database_url) as token:
            return launch(
                build_defs(settings()),
                self.instance,
                self.ranges,
                on_step=on_step,
                refetch=self.refetch,
                command=token,
            )


LOOKS = 3

PATIENT_ATTEMPTS = 6
QUICK_ATTEMPTS = 3
"""How often a command asks the portal before it has begun anything: a wrong address should be told at once."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did, and what its last look found, by feed."""

    outcomes: Sequence[Outcome]
    changes: Sequence[Changes]
    lost_columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether every run did what it should, nothing is stale now for any reason, and no column is lost."""
        return (
            all(outcome.succeeded for outcome in self.outcomes)
            and not any(change.stale or change.out_of_reach for change in self.changes)
            and not self.lost_columns
        )


@contextmanager
def load_range(
    first: date, last: date, feed_names: Sequence[str], *, refetch: bool = False, workers: int = 1
) -> Iterator[Loading]:
    """Everything a load needs, proven to be there: the feeds, the days, the database, the portal.

    Raises:
        PermanentError: an unknown feed, a reversed or impossible range, a database without PostGIS, a lost column.
        TransientError: the portal or the database does not answer.
    """
    feeds = feeds_named(feed_names)
    require_days(day_partitions(settings().start_date), first, last)
    ranges = [DayRange(start, end, feeds) for start, end in chunks(first, last, settings().days_per_run)]
    with database() as url, proven_portal(url, feeds), dagster_instance(url) as instance:
        yield Loading(url, instance, ranges, refetch, workers)


def refresh(
    feed_names: Sequence[str],
    progress: Callable[[int], AbstractContextManager[OnStep]],
    *,
    workers: int = 1,
    tell: Callable[[Sequence[Changes]], None] = lambda _changes: None,
) -> Refreshed:
    """Load exactly the stale days, and look again, until nothing is stale or nothing more can be done.

    The portal may change while its days are loaded, so a second look may find new stale days; there are at most
    `LOOKS` of them. A day of which nothing else is wrong than before it was loaded is not loaded again; that keeps no
    other day from its second look. `tell` is told what is to be loaded, before it is.
    """
    asked = feeds_named(feed_names)
    partitions = day_partitions(settings().start_date)
    last = partitions.get_last_partition_key()
    if last is None:
        return Refreshed([], [])
    outcomes: list[Outcome] = []
    tried: set[_Mark] = set()
    lake = Lake(settings().raw_url)
    with (
        database() as url,
        dagster_instance(url) as instance,
        psycopg.connect(url, autocommit=True) as connection,
        open_portal(url) as portal,
    ):
        lost = lost_columns(url, asked)
        for feed in asked:
            record_safely(partial(_review_columns, connection, feed, lost.get(feed.name)))
        feeds = [feed for feed in asked if feed.name not in lost]

        def look() -> list[Changes]:
            return [find_changes(portal, connection, lake, feed, settings().start_date, day_of(last)) for feed in feeds]

        changes = look()
        while len(outcomes) < LOOKS and (due := _not_tried(changes, tried)):
            tell(due)
            tried |= _marks(due)
            loading = Loading(
                url, instance, ranges_of(due, longest=settings().days_per_run), refetch=False, workers=workers
            )
            with progress(loading.steps) as on_step:
                outcomes.append(loading.run(on_step))
            changes = look()
    return Refreshed(outcomes, changes, {name: str(error) for name, error in lost.items()})


def _review_columns(connection: psycopg.Connection, feed: Feed, lost: LostColumnsError | None) -> None:
    if lost:
        record_lost_columns(connection, feed, str(lost))
    else:
        resolve_lost_columns(connection, feed)


_Mark = tuple[str, date, str]
"""Feed, day, and what was to be mended of it."""


def _not_tried(changes: Sequence[Changes], tried: Collection[_Mark]) -> list[Changes]:
    """The stale days, but those that were loaded already and are as wrong as before; no feed without any."""
    left = [change.only(partial(_is_new, tried, change.feed.name)) for change in changes]
    return [change for change in left if change.stale]


def _is_new(tried: Collection[_Mark], feed: str, day: date, stale: StaleDay) -> bool:
    return (feed, day, stale.mark) not in tried


def _marks(changes: Sequence[Changes]) -> set[_Mark]:
    return {(change.feed.name, day, stale.mark) for change in changes for day, stale in change.stale.items()}


@contextmanager
def proven_portal(database_url: str, feeds: Sequence[Feed]) -> Iterator[Portal]:
    """The portal, asked for the feeds' columns once, so that a wrong address is told before anything is launched.

    A feed that lost columns does not stop the others: its own step of the run fails.
    """
    lost = lost_columns(database_url, feeds)
    if len(lost) == len(feeds):
        raise next(iter(lost.values()))
    with open_portal(database_url) as portal:
        yield portal


def lost_columns(database_url: str, feeds: Sequence[Feed]) -> dict[str, LostColumnsError]:
    """The feeds of which the portal no longer publishes a column that must be there, and what to say of it."""
    lost = {}
    with (
        open_portal(database_url, attempts=QUICK_ATTEMPTS) as portal,
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        for feed in feeds:
            try:
                published_columns(portal, feed, was_loaded=partial(has_values, connection, feed))
            except LostColumnsError as error:
                lost[feed.name] = error
            except NoSuchDatasetError as error:
                raise PermanentError(
                    f"{error} Or {portal.base_url} is not the portal: check CRASHES_PORTAL_URL."
                ) from error
    return lost


def all_statuses() -> list[FeedStatus]:
    """The state of every feed over all days that are over; the portal is asked once, because people wait for it."""
    partitions = day_partitions(settings().start_date)
    last = partitions.get_last_partition_key()
    first_day = settings().start_date
    last_day = day_of(last) if last else first_day
    with (
        database() as url,
        dagster_instance(url) as instance,
        psycopg.connect(url, autocommit=True) as connection,
        open_portal(url, attempts=1) as portal,
    ):
        lake = Lake(settings().raw_url)
        return [feed_status(connection, instance, portal, lake, feed, first=first_day, last=last_day) for feed in FEEDS]


def open_portal(database_url: str, *, attempts: int = PATIENT_ATTEMPTS) -> Portal:
    """The configured portal, counted against the ceiling that all processes share."""
    configured = settings()
    token = configured.app_token.get_secret_value() if configured.app_token else None
    ceiling = postgres_ceiling(database_url, configured.requests_per_hour)
    return Portal(configured.portal_url, app_token=token, ceiling=ceiling, attempts=attempts)

"""The ways the platform loads what changed: below Dagster, in another process, through Dagster."""

import logging
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from multiprocessing.process import BaseProcess

import psycopg
from tenacity import RetryCallState

from chicago_crashes.errors import CrashesError, ShrinkError
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.changes import Changes, find_changes, ranges_of
from chicago_crashes.feeds.ingest import FetchedDay, fetch_days, load_days
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.download import DayFailure
from chicago_crashes.storage.lake import Lake

LOOKS = 3
DAYS_PER_RUN = 100
APPLICATION = "soak"
"""The name under which the connections of a load are known to the server, so that they can be cut."""

PROCESSES = multiprocessing.get_context("spawn")


class Desk:
    """Where a load works: its portal client, its connection, its lake; one desk for each load at a time."""

    def __init__(self, portal: Portal, connection: psycopg.Connection, lake: Lake) -> None:
        self.portal = portal
        self.connection = connection
        self.lake = lake


@contextmanager
def desk(database_url: str, portal_url: str, lake: str) -> Iterator[Desk]:
    """A desk for a load; its client tries again at once, because waiting proves nothing here."""
    with (
        Portal(portal_url, ceiling=Unlimited(), wait=_at_once, read_timeout=10) as portal,
        psycopg.connect(database_url, autocommit=True, application_name=APPLICATION) as connection,
    ):
        yield Desk(portal, connection, Lake(lake))


def _at_once(_: RetryCallState) -> float:
    return 0.0


def look(at: Desk, first: date, last: date) -> list[Changes]:
    """What is stale now, in every feed."""
    return [find_changes(at.portal, at.connection, at.lake, feed, first, last) for feed in FEEDS]


def refresh(at: Desk, first: date, last: date, *, run_id: str) -> list[CrashesError]:
    """Load exactly the stale days and look again, as the command `refresh` does; returns what failed last.

    Raises:
        CrashesError: the portal would not even say what is stale.
    """
    failures: list[CrashesError] = []
    for _ in range(LOOKS):
        changes = look(at, first, last)
        if not any(change.stale for change in changes):
            return []
        failures = [
            failure
            for days in ranges_of(changes, longest=DAYS_PER_RUN)
            for feed in days.feeds
            for failure in _load(at, feed, _days(days.first, days.last), run_id)
        ]
        if failures:
            break
    return failures


def _load(at: Desk, feed: Feed, days: Sequence[date], run_id: str) -> Iterator[CrashesError]:
    fetched = []
    try:
        for outcome in fetch_days(at.portal, at.connection, at.lake, feed, days, run_id=run_id):
            if isinstance(outcome, FetchedDay):
                fetched.append(outcome.day)
            else:
                yield outcome.error
    except CrashesError as error:
        yield error
    for loaded in load_days(at.connection, at.lake, feed, fetched, run_id=run_id):
        if isinstance(loaded, DayFailure):
            yield loaded.error


def _days(first: date, last: date) -> list[date]:
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]


def refusals(failures: Sequence[CrashesError]) -> list[ShrinkError]:
    """The failures a person may lift by accepting that the portal shrank."""
    return [failure for failure in failures if isinstance(failure, ShrinkError)]


def started_elsewhere(database_url: str, portal_url: str, lake: str, first: date, last: date) -> BaseProcess:
    """A refresh under way in a process of its own."""
    process = PROCESSES.Process(target=_refresh_here, args=(database_url, portal_url, lake, first, last), daemon=True)
    process.start()
    return process


def _refresh_here(database_url: str, portal_url: str, lake: str, first: date, last: date) -> None:
    logging.disable(logging.CRITICAL)
    try:
        with desk(database_url, portal_url, lake) as at:
            refresh(at, first, last, run_id="killed")
    except CrashesError:
        sys.exit(1)  # a fault came before the kill

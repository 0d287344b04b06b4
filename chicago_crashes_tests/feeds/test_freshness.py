"""Freshness: the newest row and the last look at the portal, and when their age is too much."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, Feed
from chicago_crashes.feeds.freshness import fresh
from chicago_crashes_tests.feeds.loading import Connection, connected, load

NOW = datetime(2022, 1, 4, 9, tzinfo=ZoneInfo("America/Chicago"))


@pytest.fixture
def db(database_url: str) -> Iterator[Connection]:
    with connected(database_url) as connection:
        yield connection


@pytest.mark.parametrize(
    ("feed", "day", "polled", "passed"),
    [
        (CRASHES, date(2022, 1, 3), timedelta(hours=1), True),
        (CRASHES, date(2021, 12, 31), timedelta(days=4), True),
        (CRASHES, date(2021, 12, 30), timedelta(hours=1), False),
        (CRASHES, date(2022, 1, 3), timedelta(days=4, minutes=1), False),
        (FATALITIES, date(2021, 11, 1), timedelta(hours=1), True),
    ],
)
def test_four_days_are_fresh(db: Connection, feed: Feed, day: date, polled: timedelta, passed: bool) -> None:
    load(db, feed, {day: [{}]})

    verdict = fresh(db, feed, last_poll=NOW - polled, now=NOW)

    assert (verdict.passed, verdict.is_fault, bool(verdict.reasons)) == (passed, False, not passed)
    assert verdict.numbers["days_since_newest_row"] == (NOW.date() - day).days


def test_an_empty_table_and_a_portal_never_asked_are_told(db: Connection) -> None:
    verdict = fresh(db, CRASHES, last_poll=None, now=NOW)

    assert list(verdict.reasons) == ["The table is empty.", "The portal was never asked."]

"""Signatures: every day of a range, asked for with one request."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chicago_crashes.errors import TransientError
from chicago_crashes.feeds.catalogue import FEEDS, Feed, feed_named
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import EMPTY, MOST_DAYS, Signature, day_signatures, published_days
from chicago_crashes.soda.system_times import utc
from chicago_crashes_tests.soda.small_portal import SmallPortal, json_answer

CRASHES = feed_named("crashes")
Client = Callable[..., Portal]


def row(moment: str, updated_at: str = "2024-01-15T10:02:03.456Z") -> dict[str, Any]:
    return {":updated_at": updated_at, "crash_date": moment}


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_every_day_is_present_and_the_end_is_not(small_portal: SmallPortal, client: Client, feed: Feed) -> None:
    small_portal.publish(
        feed,
        [
            row("2021-12-26T23:59:59.000"),
            row("2021-12-27T00:00:00.000"),
            row("2021-12-27T23:59:59.999", "2025-08-18T07:00:00.120Z"),
            row("2021-12-29T12:00:00.000"),
            row("2021-12-30T00:00:00.000"),
        ],
    )

    assert day_signatures(client(), feed, date(2021, 12, 27), date(2021, 12, 30)) == {
        date(2021, 12, 27): Signature(2, datetime(2025, 8, 18, 7, 0, 0, 120_000, tzinfo=UTC)),
        date(2021, 12, 28): EMPTY,
        date(2021, 12, 29): Signature(1, datetime(2024, 1, 15, 10, 2, 3, 456_000, tzinfo=UTC)),
    }
    (request,) = small_portal.requests
    assert (
        request.params["$select"] == "date_trunc_ymd(crash_date) as day,count(*) as rows,max(:updated_at) as updated_at"
    )
    assert (
        request.params["$where"] == "crash_date >= '2021-12-27T00:00:00.000' and crash_date < '2021-12-30T00:00:00.000'"
    )
    assert request.params["$group"] == "day"


def test_thirteen_years_are_more_groups_than_the_portal_gives_unasked(
    small_portal: SmallPortal, client: Client
) -> None:
    moments = [
        f"{year}-{month:02}-{day:02}T08:00:00.000"
        for year in range(2013, 2026)
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    small_portal.publish(CRASHES, [row(moment) for moment in moments])

    signatures = day_signatures(client(), CRASHES, date(2013, 1, 1), date(2026, 1, 1))

    assert sum(signature.rows for signature in signatures.values()) == len(moments) > 4_000
    assert len(small_portal.requests) == 1


def test_no_days_need_no_request(small_portal: SmallPortal, client: Client) -> None:
    assert day_signatures(client(), CRASHES, date(2021, 1, 1), date(2021, 1, 1)) == {}
    assert not small_portal.requests


@pytest.mark.parametrize(
    "rows",
    [
        [{"day": "2021-12-27T00:00:00.000", "rows": "1", "updated_at": "2024-01-15T10:02:03.456Z"}] * 2,
        [{"day": "2020-12-27T00:00:00.000", "rows": "1", "updated_at": "2024-01-15T10:02:03.456Z"}],
        [{"day": "2021-12-27T00:00:00.000", "rows": "many", "updated_at": "2024-01-15T10:02:03.456Z"}],
        [{"day": "2021-12-27T00:00:00.000", "rows": "1"}],
        [{"rows": "1", "updated_at": "2024-01-15T10:02:03.456Z"}],
    ],
    ids=["a day twice", "another day", "no number", "no time", "no day"],
)
def test_nonsense_is_no_plan(small_portal: SmallPortal, client: Client, rows: list[dict[str, str]]) -> None:
    small_portal.fail_once(json_answer(rows), times=10)

    with pytest.raises(TransientError, match="crashes"):
        day_signatures(client(), CRASHES, date(2021, 12, 27), date(2021, 12, 30))


def test_everything_the_portal_holds_is_asked_for(small_portal: SmallPortal, client: Client) -> None:
    time = "2024-01-15T10:02:03.456Z"
    groups = [
        {"day": "1999-01-01T00:00:00.000", "rows": "2", "updated_at": time},
        {"day": "2021-12-27T00:00:00.000", "rows": "3", "updated_at": time},
        {"rows": "4", "updated_at": time},
    ]
    small_portal.fail_once(json_answer(groups))

    published = published_days(client(), CRASHES)

    day = date(2021, 12, 27)
    assert published.between(day, day) == {day: Signature(3, utc(time))}
    assert published.rows_outside(day, day) == 6
    assert "$where" not in small_portal.requests[-1].params


@pytest.mark.parametrize(
    "groups",
    [
        [{"rows": "1"}, {"rows": "2"}],
        [{"rows": "many"}],
        [{"day": "2021-12-27T00:00:00.000", "rows": "1", "updated_at": "2024-01-15T10:02:03.456Z"}] * 2,
        [{"rows": "1"}] * MOST_DAYS,
    ],
    ids=["two groups without a day", "no number", "a day twice", "a list that may have been cut"],
)
def test_groups_that_cannot_be_are_told(
    small_portal: SmallPortal, client: Client, groups: list[dict[str, str]]
) -> None:
    small_portal.fail_once(json_answer(groups), times=10)

    with pytest.raises(TransientError, match="crashes"):
        published_days(client(), CRASHES)

"""What is asked of the portal, to the letter and to the row: queries, limits, sizes of windows, the bill."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from chicago_crashes.errors import TransientError
from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.soda import soql
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.download import (
    FETCHES_PER_DAY,
    SMALLEST_WINDOW,
    DayFailure,
    DayRows,
    HeldDay,
    Reviewed,
    download,
)
from chicago_crashes.soda.signatures import PublishedDays, Signature, day_signatures
from chicago_crashes.soda.system_times import utc
from chicago_crashes_tests.soda.small_portal import Answer, Request, SmallPortal, json_answer
from chicago_crashes_tests.soda.test_download import ONE_DAY, START, days, rows_per_day, whole

CRASHES = feed_named("crashes")
Client = Callable[..., Portal]
TIME = "2024-01-15T10:02:03.456Z"


@pytest.mark.parametrize(
    ("name", "written"),
    [("crash_date", "crash_date"), ("_x9", "_x9"), ("9x", "`9x`"), ("a b", "`a b`"), ("A", "`A`"), ("a.b", "`a.b`")],
)
def test_unusual_names_stand_in_backticks(name: str, written: str) -> None:
    assert soql.column(name) == written


def test_a_text_is_quoted() -> None:
    assert soql.literal("it's") == "'it''s'"


def test_rows_are_asked_for_by_name_in_order_and_with_room_for_more(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(2, 0, 3))
    small_portal.columns[CRASHES.dataset_id].append("Odd name")

    list(download(client(), CRASHES, days(3)))

    columns, signatures, rows = small_portal.requests
    assert columns.path == "/api/views/85ca-t3if.json"
    assert signatures.params["$limit"] == "4"
    assert rows.params["$select"].startswith(":id,:created_at,:updated_at,:version,crash_record_id,")
    assert rows.params["$select"].endswith(",`Odd name`")
    assert rows.params["$where"] == soql.between(CRASHES, START, START + 3 * ONE_DAY)
    assert (rows.params["$order"], rows.params["$limit"]) == (":id", "1005")


def test_scattered_days_are_one_request(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(2, 1, 3))

    list(download(client(), CRASHES, [START, START + 2 * ONE_DAY]))

    one, other = (soql.between(CRASHES, day, day + ONE_DAY) for day in (START, START + 2 * ONE_DAY))
    assert small_portal.requests[-1].params["$where"] == f"({one}) or ({other})"
    assert small_portal.requests[-1].params["$limit"] == "1005"


@pytest.mark.parametrize(("rows", "requests"), [(10, 1), (11, 2), (20, 3), (21, 3)])
def test_only_a_day_larger_than_a_window_is_read_page_by_page(
    small_portal: SmallPortal, client: Client, rows: int, requests: int
) -> None:
    """Of a page that is full nobody knows whether it was the last."""
    small_portal.publish(CRASHES, rows_per_day(rows))

    (day,) = whole(list(download(client(), CRASHES, [START], max_rows=10)))

    asked = [request.params for request in small_portal.requests if request.is_for_rows]
    assert len(asked) == requests
    assert [params["$limit"] for params in asked] == (["1010"] if rows == 10 else ["10"] * requests)
    assert day.rows.height == rows
    assert day.requests == requests + 2


def slow_above(small_portal: SmallPortal, rows: int) -> Callable[[Request], Answer | None]:
    return lambda request: (
        Answer(504, b"") if request.is_for_rows and len(small_portal.query(CRASHES, request.params)) > rows else None
    )


def test_windows_halve_while_the_portal_is_slow_and_double_when_it_is_not(
    small_portal: SmallPortal, client: Client
) -> None:
    """8,000 rows are too many, 4,000 are too many, 2,000 are not; then 4,000 are asked for again, and are too many."""
    rows = rows_per_day(*[1000] * 8)
    small_portal.publish(CRASHES, rows)
    small_portal.faults.append(slow_above(small_portal, 2000))

    results = whole(list(download(client(), CRASHES, days(8), max_rows=8000)))

    assert sorted(result.day for result in results) == days(8)
    asked = [len(small_portal.query(CRASHES, request.params)) for request in small_portal.requests[2:]]
    sizes = [size for size, before in zip(asked, [0, *asked], strict=False) if size != before]
    assert sizes[:5] == [8000, 4000, 2000, 4000, 2000]


@pytest.mark.parametrize(("bearable", "arrives"), [(1000, True), (700, True), (699, False)])
def test_a_window_is_not_halved_below_the_smallest(
    small_portal: SmallPortal, client: Client, bearable: int, arrives: bool
) -> None:
    """Of 1,400 rows the half would be 700; 1,000 are asked for, which are one day of 700."""
    assert SMALLEST_WINDOW == 1000
    small_portal.publish(CRASHES, rows_per_day(700, 700))
    small_portal.faults.append(slow_above(small_portal, bearable))

    results = list(download(client(), CRASHES, days(2), max_rows=1400))

    assert [type(one) for one in results] == [DayRows if arrives else DayFailure] * 2


def test_a_day_is_fetched_three_times_and_planned_anew_each_time(small_portal: SmallPortal, client: Client) -> None:
    assert FETCHES_PER_DAY == 3
    small_portal.publish(CRASHES, rows_per_day(3))
    small_portal.faults.append(lambda request: json_answer([]) if request.is_for_rows else None)

    (failure,) = download(client(), CRASHES, [START])

    assert isinstance(failure, DayFailure)
    asked = [request.is_for_rows for request in small_portal.requests]
    assert asked == [False, False, True, False, True, False, True]


def test_a_day_that_agrees_the_third_time_is_delivered(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(3))
    lies = iter([json_answer([])] * 2)
    small_portal.faults.append(lambda request: next(lies, None) if request.is_for_rows else None)

    (day,) = whole(list(download(client(), CRASHES, [START])))

    assert (day.rows.height, day.requests) == (3, 7)


def test_a_plan_that_cannot_be_made_again_fails_its_days_only(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(3, 3))
    lost = iter([True])
    plans = iter([None])

    def fault(request: Request) -> Answer | None:
        if request.is_for_rows and "12-20T" in request.params["$where"] and next(lost, False):
            return json_answer([])
        return next(plans, Answer(503, b"")) if request.is_for_signatures else None

    small_portal.faults.append(fault)

    failure, day = download(client(attempts=1), CRASHES, days(2), max_rows=3)

    assert isinstance(failure, DayFailure)
    assert (failure.day, type(day)) == (START, DayRows)


def test_days_that_are_held_are_told_and_not_fetched(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(3, 2, 1))
    held = START + ONE_DAY

    results = list(
        download(client(), CRASHES, days(3), review=lambda plan: Reviewed([day for day in plan if day == held]))
    )

    assert [(type(one), one.day) for one in results] == [
        (HeldDay, held), (DayRows, START), (DayRows, START + 2 * ONE_DAY),
    ]  # fmt: skip
    assert isinstance(results[0], HeldDay)
    assert results[0].signature.rows == 2


def test_days_that_came_together_share_the_bill_by_their_rows(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(0, 1, 3, 0))
    portal = client()

    bills = {result.day: result for result in whole(list(download(portal, CRASHES, days(4))))}

    empty, one, three, last = (bills[day] for day in days(4))
    assert (empty.requests, one.requests, three.requests, last.requests) == (2, 0, 1, 0), "columns and plan came first"
    assert one.bytes * 3 == pytest.approx(three.bytes, abs=3)
    assert one.seconds * 3 == pytest.approx(three.seconds)
    assert empty.bytes + one.bytes + three.bytes == portal.bytes_received


@pytest.mark.parametrize("day", ["2021-12-26", "2021-12-30"])
def test_a_day_just_outside_what_was_asked_is_no_plan(small_portal: SmallPortal, client: Client, day: str) -> None:
    group = {"day": f"{day}T00:00:00.000", "rows": "1", "updated_at": TIME}
    small_portal.fail_once(json_answer([group]), times=10)

    with pytest.raises(TransientError, match="one signature per day from 2021-12-27 to 2021-12-29"):
        day_signatures(client(), CRASHES, date(2021, 12, 27), date(2021, 12, 30))


def test_days_between_and_rows_outside_are_told_with_both_ends() -> None:
    each = dict(zip(days(5), powers(), strict=False))
    published = PublishedDays({day: Signature(rows, utc(TIME)) for day, rows in each.items()}, 100)

    assert list(published.between(days(5)[1], days(5)[3])) == days(5)[1:4]
    assert published.rows_outside(days(5)[1], days(5)[3]) == 100 + 1 + 16


def powers() -> Iterator[int]:
    """Numbers whose sums tell which of them were added."""
    return (2**number for number in range(10))

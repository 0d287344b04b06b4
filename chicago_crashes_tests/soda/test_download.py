"""A day arrives whole or not at all, whatever the portal does meanwhile."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.feeds.catalogue import FEEDS, SYSTEM_FIELDS, Feed, feed_named
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.download import DayFailure, DayRows, HeldDay, download
from chicago_crashes.soda.errors import PortalTimeoutError
from chicago_crashes_tests.soda.small_portal import Answer, Request, SmallPortal, json_answer

CRASHES = feed_named("crashes")
START = date(2021, 12, 20)
ONE_DAY = timedelta(days=1)
Client = Callable[..., Portal]
Row = dict[str, Any]

ID_ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"


def row(day: date, chance: random.Random, **values: Any) -> Row:
    """A row whose `:id` says nothing of its place, like the portal's."""
    groups = ["".join(chance.choices(ID_ALPHABET, k=4)) for _ in range(3)]
    return {
        ":id": f"row-{groups[0]}{chance.choice('-._~')}{groups[1]}{chance.choice('-._~')}{groups[2]}",
        ":created_at": "2022-01-01T00:00:00.000Z",
        ":updated_at": f"2024-01-{chance.randint(1, 28):02}T10:02:03.456Z",
        ":version": f"rv-{groups[0]}~{groups[1]}~{groups[2]}",
        "crash_record_id": "".join(chance.choices("0123456789abcdef", k=16)),
        "crash_date": f"{day}T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00.000",
    } | values


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - rows, not secrets


def rows_per_day(*counts: int) -> list[Row]:
    chance = seeded(8)
    rows = [row(START + ONE_DAY * number, chance) for number, count in enumerate(counts) for _ in range(count)]
    chance.shuffle(rows)
    return rows


def days(count: int) -> list[date]:
    return [START + ONE_DAY * number for number in range(count)]


def of_day(rows: list[Row], day: date) -> list[Row]:
    return [row for row in rows if row["crash_date"].startswith(day.isoformat())]


def whole(results: list[DayRows | HeldDay | DayFailure]) -> list[DayRows]:
    assert [result for result in results if isinstance(result, DayFailure)] == []
    return [result for result in results if isinstance(result, DayRows)]


def assert_equals_portal(results: list[DayRows | HeldDay | DayFailure], rows: list[Row], wanted: list[date]) -> None:
    assert sorted(result.day for result in results) == wanted
    for result in whole(results):
        published = [
            {key: value for key, value in row.items() if value is not None} for row in of_day(rows, result.day)
        ]
        delivered = [{key: value for key, value in row.items() if value is not None} for row in result.rows.to_dicts()]
        assert delivered == published
        assert result.signature.rows == len(published)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_every_row_of_every_day_arrives_as_text(small_portal: SmallPortal, client: Client, feed: Feed) -> None:
    chance = seeded(1)
    rows = [
        {name: value for name, value in row(START, chance).items() if name in SYSTEM_FIELDS + feed.column_names}
        for _ in range(20)
    ]
    small_portal.publish(feed, rows)

    (day,) = whole(list(download(client(), feed, [START])))

    assert day.rows.columns == [*SYSTEM_FIELDS, *feed.column_names]
    assert set(day.rows.dtypes) == {pl.String}
    assert_equals_portal([day], rows, [START])


def test_values_stay_as_delivered(small_portal: SmallPortal, client: Client) -> None:
    values = {
        "crash_record_id": '  Ünïcödé "quoted" \\ \'\n\t🚲 ',
        "latitude": "41.70",
        "injuries_total": 2,
        "longitude": -87.5,
        "hit_and_run_i": True,
        "dooring_i": False,
        "street_name": "",
        "location": {"type": "Point", "coordinates": [-87.683387053281, 41.764608912236]},
        "beat_of_occurrence": None,
    }
    small_portal.publish(CRASHES, [row(START, seeded(1), **values)])

    (day,) = whole(list(download(client(), CRASHES, [START])))
    (delivered,) = day.rows.to_dicts()

    assert {name: delivered[name] for name in values} == values | {
        "injuries_total": "2",
        "longitude": "-87.5",
        "hit_and_run_i": "true",
        "dooring_i": "false",
        "location": '{"type":"Point","coordinates":[-87.683387053281,41.764608912236]}',
    }


def test_nothing_asked_is_nothing_requested(small_portal: SmallPortal, client: Client) -> None:
    assert list(download(client(), CRASHES, [])) == []
    assert not small_portal.requests


def test_empty_days_arrive_empty_and_are_not_fetched(small_portal: SmallPortal, client: Client) -> None:
    rows = rows_per_day(0, 3, 0, 2, 0)
    small_portal.publish(CRASHES, rows)

    results = list(download(client(), CRASHES, days(5)))

    assert_equals_portal(results, rows, days(5))
    assert [result.day for result in results] == days(5)
    assert [request.is_for_rows for request in small_portal.requests] == [False, False, True]


def test_only_days_that_were_asked_for_arrive(small_portal: SmallPortal, client: Client) -> None:
    rows = rows_per_day(2, 2, 2, 2, 2)
    small_portal.publish(CRASHES, rows)
    wanted = [days(5)[number] for number in (0, 1, 3)]

    assert_equals_portal(list(download(client(), CRASHES, [*reversed(wanted), wanted[0]])), rows, wanted)
    assert len(small_portal.requests) == 3, "columns, signatures, and scattered days with one request"


@pytest.mark.parametrize("rows_in_day", [9, 10, 11, 20, 25])
def test_a_day_larger_than_a_window_is_read_by_key(small_portal: SmallPortal, client: Client, rows_in_day: int) -> None:
    rows = rows_per_day(3, rows_in_day, 3)
    small_portal.publish(CRASHES, rows)

    assert_equals_portal(list(download(client(), CRASHES, days(3), max_rows=10)), rows, days(3))


def test_a_day_read_page_by_page_is_no_newer_than_its_first_page(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(25))
    answered: list[datetime] = []
    small_portal.after_request = lambda request: answered.append(datetime.now(UTC)) if request.is_for_rows else None

    (day,) = whole(list(download(client(), CRASHES, [START], max_rows=10)))

    assert len(answered) == 3
    assert day.fetched_at < answered[0]


def test_an_empty_day_is_as_new_as_the_plan_that_proved_it_empty(small_portal: SmallPortal, client: Client) -> None:
    """Its rows go between the first plan and the fetch; the second plan finds it empty."""
    small_portal.publish(CRASHES, rows_per_day(3, 3))
    planned: list[datetime] = []

    def empty_the_day(request: Request) -> Answer | None:
        if request.is_for_signatures:
            planned.append(datetime.now(UTC))
        elif request.is_for_rows:
            small_portal.rows[CRASHES.dataset_id] = of_day(small_portal.rows[CRASHES.dataset_id], START)
        return None

    small_portal.faults.append(empty_the_day)

    full, emptied = sorted(whole(list(download(client(), CRASHES, days(2)))), key=lambda day: day.day)

    assert len(planned) == 2
    assert (full.rows.height, emptied.rows.height) == (3, 0)
    assert planned[0] < emptied.fetched_at <= planned[1]


@given(counts=st.lists(st.integers(0, 12), min_size=1, max_size=12), max_rows=st.integers(1, 15))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_shape_of_days_loses_or_doubles_a_row(
    small_portal: SmallPortal, client: Client, counts: list[int], max_rows: int
) -> None:
    rows = rows_per_day(*counts)
    small_portal.publish(CRASHES, rows)
    portal = client()

    results = list(download(portal, CRASHES, days(len(counts)), max_rows=max_rows))

    assert_equals_portal(results, rows, days(len(counts)))
    assert sum(day.requests for day in whole(results)) == portal.requests_made
    assert sum(day.bytes for day in whole(results)) == portal.bytes_received
    assert sum(day.seconds for day in whole(results)) == pytest.approx(portal.seconds_spent)


def test_a_row_that_appears_between_plan_and_fetch_is_not_missed(small_portal: SmallPortal, client: Client) -> None:
    rows = rows_per_day(3, 3, 3)
    small_portal.publish(CRASHES, rows)
    late = row(START + ONE_DAY, seeded(99), **{":updated_at": "2025-01-01T00:00:00.000Z"})

    def publish_late(request: Request) -> None:
        if request.is_for_signatures and late not in rows:
            rows.append(late)

    small_portal.after_request = publish_late

    results = list(download(client(), CRASHES, days(3)))

    assert_equals_portal(results, rows, days(3))
    assert [result.day for result in results] == [START, START + 2 * ONE_DAY, START + ONE_DAY]
    assert [day.signature.rows for day in whole(results)] == [3, 3, 4]


def test_a_row_amended_between_plan_and_fetch_is_seen_though_the_count_is_right(
    small_portal: SmallPortal, client: Client
) -> None:
    rows = rows_per_day(3)
    small_portal.publish(CRASHES, rows)

    def amend(request: Request) -> None:
        if request.is_for_signatures:
            rows[0][":updated_at"] = "2026-01-01T00:00:00.000Z"

    small_portal.after_request = amend

    (day,) = whole(list(download(client(), CRASHES, [START])))

    assert day.signature.updated_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert [request.is_for_rows for request in small_portal.requests] == [False, False, True, False, True]


def test_a_day_that_becomes_empty_arrives_empty(small_portal: SmallPortal, client: Client) -> None:
    rows = rows_per_day(2, 2)
    small_portal.publish(CRASHES, rows)

    def withdraw(request: Request) -> None:
        if request.is_for_signatures:
            rows[:] = of_day(rows, START)

    small_portal.after_request = withdraw

    assert_equals_portal(list(download(client(), CRASHES, days(2))), rows, days(2))


def test_a_day_that_never_agrees_fails_alone_and_the_others_go_on(small_portal: SmallPortal, client: Client) -> None:
    rows = rows_per_day(3, 3, 3)
    small_portal.publish(CRASHES, rows)
    lost = of_day(rows, START + ONE_DAY)[0]

    def lose_a_row(request: Request) -> Answer | None:
        if not request.is_for_rows:
            return None
        sent = small_portal.query(CRASHES, request.params)
        return json_answer([row for row in sent if row[":id"] != lost[":id"]])

    small_portal.faults.append(lose_a_row)

    first, second, failure = download(client(), CRASHES, days(3))

    assert_equals_portal([first, second], rows, [START, START + 2 * ONE_DAY])
    assert isinstance(failure, DayFailure)
    assert failure.day == START + ONE_DAY
    assert isinstance(failure.error, TransientError)
    assert "crashes of 2021-12-21: the portal promised 3 rows" in str(failure.error)
    assert "sent 2 rows" in str(failure.error)
    assert sum(request.is_for_rows for request in small_portal.requests) == 3


def double(rows: list[Row]) -> list[Row]:
    return [*rows, rows[0]]


def one_twice_instead_of_another(rows: list[Row]) -> list[Row]:
    first = rows[0]
    other = next(row for row in rows[1:] if row["crash_date"][:10] == first["crash_date"][:10])
    return [first if row is other else row for row in rows]


def without_id(rows: list[Row]) -> list[Row]:
    return [{name: value for name, value in rows[0].items() if name != ":id"}, *rows[1:]]


def of_another_day(rows: list[Row]) -> list[Row]:
    return [rows[0] | {"crash_date": "2001-01-01T00:00:00.000"}, *rows[1:]]


def and_one_of_another_day(rows: list[Row]) -> list[Row]:
    return [*rows, rows[0] | {":id": "row-aaaa.bbbb~cccc", "crash_date": "2001-01-01T00:00:00.000"}]


def without_a_date(rows: list[Row]) -> list[Row]:
    return [rows[0] | {"crash_date": None}, *rows[1:]]


def with_a_field_nobody_asked_for(rows: list[Row]) -> list[Row]:
    return [row | {"shifted": "x"} for row in rows]


def with_an_unreadable_time(rows: list[Row]) -> list[Row]:
    return [rows[0] | {":updated_at": "yesterday"}, *rows[1:]]


def the_newest_missing(rows: list[Row]) -> list[Row]:
    return rows[:-1]


LIES = [
    double,
    one_twice_instead_of_another,
    and_one_of_another_day,
    without_id,
    of_another_day,
    without_a_date,
    with_a_field_nobody_asked_for,
    the_newest_missing,
    with_an_unreadable_time,
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
@pytest.mark.parametrize("times", [1, 99])
def test_a_reply_that_is_whole_but_wrong_is_never_delivered(
    small_portal: SmallPortal, client: Client, lie: Callable[[list[Row]], list[Row]], times: int
) -> None:
    rows = [row | {":updated_at": "2024-01-15T10:02:03.456Z"} for row in rows_per_day(3, 3)]
    small_portal.publish(CRASHES, rows)
    left = times

    def fault(request: Request) -> Answer | None:
        nonlocal left
        if not request.is_for_rows or left == 0:
            return None
        left -= 1
        return json_answer(lie(small_portal.query(CRASHES, request.params)))

    small_portal.faults.append(fault)

    results = list(download(client(), CRASHES, days(2)))

    assert sorted(result.day for result in results) == days(2)
    assert_equals_portal(
        [result for result in results if isinstance(result, DayRows)],
        rows,
        sorted(result.day for result in results if isinstance(result, DayRows)),
    )
    assert any(isinstance(result, DayFailure) for result in results) == (times == 99)


def test_a_key_that_the_portal_ignores_ends_and_is_told(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(25))

    def ignore_key(request: Request) -> Answer | None:
        if not request.is_for_rows:
            return None
        where = request.params["$where"].partition(" and :id")[0]
        return json_answer(small_portal.query(CRASHES, request.params | {"$where": where}))

    small_portal.faults.append(ignore_key)

    (failure,) = download(client(), CRASHES, [START], max_rows=10)

    assert isinstance(failure, DayFailure)
    assert "more and more" in str(failure.error)


def test_a_window_that_fails_costs_only_its_days(small_portal: SmallPortal, client: Client) -> None:
    rows = rows_per_day(5, 5, 5)
    small_portal.publish(CRASHES, rows)

    def fault(request: Request) -> Answer | None:
        is_hit = request.is_for_rows and "2021-12-21T00:00:00.000' and" in request.params["$where"]
        return Answer(503, b"") if is_hit else None

    small_portal.faults.append(fault)

    first, failure, last = download(client(attempts=2), CRASHES, days(3), max_rows=5)

    assert_equals_portal([first, last], rows, [START, START + 2 * ONE_DAY])
    assert isinstance(failure, DayFailure)
    assert failure.day == START + ONE_DAY
    assert "503" in str(failure.error)


def test_after_two_timeouts_a_window_halves_until_the_portal_can_bear_it(
    small_portal: SmallPortal, client: Client
) -> None:
    rows = rows_per_day(1500, 1500, 1500, 1500)
    small_portal.publish(CRASHES, rows)

    def fault(request: Request) -> Answer | None:
        is_large = request.is_for_rows and len(small_portal.query(CRASHES, request.params)) > 2000
        return Answer(504, b"") if is_large else None

    small_portal.faults.append(fault)

    assert_equals_portal(list(download(client(), CRASHES, days(4))), rows, days(4))


def test_a_portal_too_slow_for_anything_fails_every_day(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(1500, 1500))
    small_portal.faults.append(lambda request: Answer(504, b"") if request.is_for_rows else None)

    results = list(download(client(), CRASHES, days(2)))

    assert sorted(result.day for result in results) == days(2)
    assert all(isinstance(result, DayFailure) and isinstance(result.error, PortalTimeoutError) for result in results)
    assert len(small_portal.requests) < 15


def test_a_dataset_that_goes_away_stops_everything(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, rows_per_day(3, 3))
    gone = replace(json_answer({"code": "dataset.missing", "message": "Not found"}), status=404)
    small_portal.faults.append(lambda request: gone if request.is_for_rows else None)

    with pytest.raises(PermanentError, match="85ca-t3if"):
        list(download(client(), CRASHES, days(2)))


def test_a_new_column_is_fetched_and_reported(small_portal: SmallPortal, client: Client) -> None:
    rows = [row(START, seeded(1), weather_station="ORD")]
    small_portal.publish(CRASHES, rows)
    small_portal.columns[CRASHES.dataset_id].append("weather_station")

    (day,) = whole(list(download(client(), CRASHES, [START])))

    assert day.unknown_columns == ("weather_station",)
    assert day.rows["weather_station"].to_list() == ["ORD"]

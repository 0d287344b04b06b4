"""Windows pack days greedily and never lose one."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chicago_crashes.soda.signatures import EMPTY, Signature
from chicago_crashes.soda.windows import MAX_WINDOWS, Window, first_batch, plan_windows

START = date(2019, 12, 25)
NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)
ONE_DAY = timedelta(days=1)


def day(number: int) -> date:
    return START + ONE_DAY * number


def signatures(rows: dict[int, int]) -> dict[date, Signature]:
    return {day(number): Signature(count, NOON) if count else EMPTY for number, count in rows.items()}


plans = st.dictionaries(st.integers(0, 60), st.one_of(st.just(0), st.integers(1, 30))).map(signatures)
sizes = st.integers(1, 50)


def days_of(window: Window) -> list[date]:
    return [window.start + ONE_DAY * number for number in range((window.end - window.start).days)]


@given(plans, sizes)
def test_every_row_is_in_exactly_one_window(plan: dict[date, Signature], size: int) -> None:
    covered = [day for window in plan_windows(plan, size) for day in days_of(window)]

    assert len(covered) == len(set(covered))
    assert {day for day in plan if plan[day].rows} <= set(covered)
    assert sum(window.rows for window in plan_windows(plan, size)) == sum(each.rows for each in plan.values())


@given(plans, sizes)
def test_a_window_holds_only_requested_days_and_knows_their_rows(plan: dict[date, Signature], size: int) -> None:
    for window in plan_windows(plan, size):
        assert set(days_of(window)) <= plan.keys()
        assert window.rows == sum(plan[day].rows for day in days_of(window))
        assert plan[window.start].rows
        assert plan[window.end - ONE_DAY].rows


@given(plans, sizes)
def test_only_a_single_day_may_be_larger_than_a_window(plan: dict[date, Signature], size: int) -> None:
    for window in plan_windows(plan, size):
        assert window.rows <= size or len(days_of(window)) == 1


@given(plans, sizes)
def test_windows_are_in_order_and_none_could_have_taken_the_next_day(plan: dict[date, Signature], size: int) -> None:
    for window, following in pairwise(plan_windows(plan, size)):
        assert window.end <= following.start
        between = [window.end + ONE_DAY * number for number in range((following.start - window.end).days)]
        is_gap = any(day not in plan for day in between)
        assert is_gap or window.rows + plan[following.start].rows > size


def test_empty_days_do_not_break_a_window_and_gaps_do() -> None:
    plan = signatures({0: 0, 1: 5, 2: 0, 3: 5, 4: 0, 6: 5})

    assert plan_windows(plan) == [Window(day(1), day(4), 10), Window(day(6), day(7), 5)]


def test_a_window_may_be_exactly_full() -> None:
    plan = signatures({0: 4, 1: 6, 2: 1})

    assert plan_windows(plan, 10) == [Window(day(0), day(2), 10), Window(day(2), day(3), 1)]


def test_a_day_that_is_larger_than_a_window_is_one_by_itself() -> None:
    plan = signatures({0: 11, 1: 1})

    assert plan_windows(plan, 10) == [Window(day(0), day(1), 11), Window(day(1), day(2), 1)]


def test_a_batch_may_be_exactly_full() -> None:
    windows = plan_windows(signatures({0: 4, 2: 6, 4: 1}), 10)
    batch = first_batch(windows, 10)

    assert batch is not None
    assert (list(batch.windows), batch.rows, batch.start) == (windows[:2], 10, day(0))
    assert [batch.holds(day(number)) for number in range(5)] == [True, False, True, False, False]


def test_a_batch_is_no_longer_than_an_address_may_be() -> None:
    windows = plan_windows(signatures({2 * number: 1 for number in range(MAX_WINDOWS + 1)}))
    batch = first_batch(windows)

    assert batch is not None
    assert len(batch.windows) == MAX_WINDOWS == 16


def test_what_is_fetched_is_told_in_days() -> None:
    one = first_batch(plan_windows(signatures({0: 1, 1: 1})))
    two = first_batch(plan_windows(signatures({0: 1, 2: 1})))

    assert str(one) == "2019-12-25 to 2019-12-26"
    assert str(two) == "2019-12-25 to 2019-12-27, 2 windows"


def test_days_without_rows_need_no_window() -> None:
    assert plan_windows(signatures({0: 0, 1: 0})) == []


@given(plans, sizes)
def test_a_batch_takes_windows_from_the_first_as_far_as_one_request_can_bring_them(
    plan: dict[date, Signature], size: int
) -> None:
    windows = plan_windows(plan, size)
    batch = first_batch(windows, size)

    if batch is None:
        assert windows == []
        return
    count = len(batch.windows)
    assert list(batch.windows) == windows[:count]
    assert 1 <= count <= MAX_WINDOWS
    assert batch.rows <= size or count == 1
    assert count == MAX_WINDOWS or windows[count:] == [] or batch.rows + windows[count].rows > size
    assert [day for day in plan if batch.holds(day)] == [
        day for day in plan if any(day in days_of(window) for window in batch.windows)
    ]

"""The day partitions all assets share: calendar days in Chicago, from `CRASHES_START_DATE` to yesterday."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from chicago_crashes.errors import PermanentError

TIME_ZONE = "America/Chicago"
CHICAGO = ZoneInfo(TIME_ZONE)
DAY_FORMAT = "%Y-%m-%d"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def day_partitions(start: date) -> dg.DailyPartitionsDefinition:
    """One partition per calendar day. A day is a partition from the moment it is over in Chicago."""
    return dg.DailyPartitionsDefinition(start_date=start.isoformat(), timezone=TIME_ZONE, fmt=DAY_FORMAT)


def last_day_over(now: datetime) -> date:
    """The last day that is over in Chicago at a moment, wherever that was read off the clock."""
    return now.astimezone(CHICAGO).date() - timedelta(days=1)


def day_of(partition_key: str) -> date:
    """The calendar day of a partition key."""
    return date.fromisoformat(partition_key)


def is_day(partition_key: str) -> bool:
    """Whether a partition is a day; a month's key is shorter."""
    return len(partition_key) == len("2013-03-03")


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags that make one run cover all days from `first` to `last`, both inclusive."""
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}


def chunks(first: date, last: date, size: int) -> list[tuple[date, date]]:
    """Consecutive runs of at most `size` days that cover `first` to `last`, both inclusive."""
    return [
        (start, min(start + timedelta(days=size - 1), last))
        for start in (first + timedelta(days=offset) for offset in range(0, (last - first).days + 1, size))
    ]


def require_days(partitions: dg.DailyPartitionsDefinition, first: date, last: date) -> None:
    """Raise a `PermanentError` unless `first` to `last` is a range of existing partitions."""
    if first > last:
        raise PermanentError(
            f"The range is reversed: it starts on {first} and ends on {last}. Give the earlier day first."
        )
    earliest, latest = partitions.get_first_partition_key(), partitions.get_last_partition_key()
    if earliest is None or latest is None:
        raise PermanentError("There is no day to load yet: CRASHES_START_DATE lies in the future.")
    for day in (first, last):
        if not day_of(earliest) <= day <= day_of(latest):
            raise PermanentError(
                f"{day} is outside the days that can be loaded: {earliest} (CRASHES_START_DATE) to {latest} "
                "(the last day that is over in Chicago)."
            )

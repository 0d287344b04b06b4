"""The calendar of the synthetic portal: how many crashes a day has, and at what time they happen."""

from datetime import date

import polars as pl

from chicago_crashes.stand_in.synthetic.draws import Draws, keys_of

FIRST_DAY = date(2013, 1, 1)
"""Identifiers count from here; no day before it can be generated."""
IDS_PER_DAY = 100_000
"""How many identifiers of one kind a day may use; 58 years of them fit into a 32-bit integer."""
MOST_ROWS_PER_DAY = 15_000

_BY_MONTH = (0.93, 0.88, 0.92, 0.93, 1.06, 1.06, 1.03, 1.03, 1.05, 1.09, 1.00, 1.02)
_BY_WEEKDAY = (0.95, 0.98, 0.98, 1.00, 1.15, 1.03, 0.91)
_NOISE = 0.12

_HOURS_OF_WORKDAYS = (
    1.7, 1.3, 1.0, 0.8, 0.8, 1.3, 2.4, 5.0, 5.6, 4.4, 4.2, 4.8, 5.6, 5.8, 6.6, 8.0, 8.3, 8.1, 6.4, 4.9, 4.0, 3.5, 3.1,
    2.4,
)  # fmt: skip
_HOURS_OF_WEEKENDS = (
    4.6, 4.2, 3.8, 3.0, 2.4, 2.0, 1.9, 2.1, 2.6, 3.4, 4.2, 5.0, 5.8, 6.0, 6.1, 6.1, 6.0, 5.9, 5.6, 4.9, 4.4, 4.0, 3.6,
    3.4,
)  # fmt: skip


def days_between(start: date, end: date, *, seed: int, rows_per_day: int) -> pl.DataFrame:
    """One row for each day from `start` to `end`: its key, its ordinal and how many crashes it has."""
    days = pl.select(day=pl.date_range(start, end)).with_columns(
        ordinal=(pl.col("day") - FIRST_DAY).dt.total_days(),
        month_factor=pl.col("day").dt.month().replace_strict(dict(enumerate(_BY_MONTH, 1))),
        weekday_factor=pl.col("day").dt.weekday().replace_strict(dict(enumerate(_BY_WEEKDAY, 1))),
    )
    seeds = pl.repeat(seed % 2**64, days.height, dtype=pl.UInt64, eager=True)
    keys = keys_of(seeds, "day", days["ordinal"])
    noise = 1 - _NOISE + 2 * _NOISE * Draws(keys).uniform("crashes of the day")
    crashes = (rows_per_day * days["month_factor"] * days["weekday_factor"] * noise).round().cast(pl.Int64)
    return days.select("day", "ordinal", day_key=keys, crashes=crashes)


def times_of(days: pl.Series, draws: Draws) -> pl.Series:
    """A plausible wall-clock time on each of `days`; the hour that spring skips never shows."""
    kinds = pl.select(pl.when(days.dt.weekday() >= 6).then(pl.lit("weekend")).otherwise(pl.lit("workday"))).to_series()
    hours = draws.pick_by(
        "hour",
        kinds,
        {"workday": dict(enumerate(_HOURS_OF_WORKDAYS)), "weekend": dict(enumerate(_HOURS_OF_WEEKENDS))},
    )
    minutes = draws.pick("minute", _MINUTES)
    times = pl.DataFrame({"day": days, "hours": hours, "minutes": minutes}).select(
        pl.col("day").cast(pl.Datetime("ms")) + pl.duration(hours="hours", minutes="minutes", time_unit="ms")
    )
    return times.select(existing(pl.first())).to_series()


def existing(time: pl.Expr) -> pl.Expr:
    """The time itself, or one hour later if Chicago's clocks skipped it (2 to 3 on the second Sunday of March)."""
    is_skipped = (
        (time.dt.month() == 3) & (time.dt.weekday() == 7) & time.dt.day().is_between(8, 14) & (time.dt.hour() == 2)
    )
    return pl.when(is_skipped).then(time.dt.offset_by("1h")).otherwise(time)


def _weight_of_minute(minute: int) -> float:
    """People round: a sixth of all crashes happen "on the hour", many more at a multiple of five."""
    if minute == 0:
        return 17.0
    if minute == 30:
        return 7.0
    return 2.6 if minute % 5 == 0 else 1.05


_MINUTES = {minute: _weight_of_minute(minute) for minute in range(60)}

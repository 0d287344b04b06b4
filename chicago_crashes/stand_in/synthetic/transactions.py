"""When a row entered the portal and when it last changed: whole batches at a time, in UTC, after the crash."""

import polars as pl

from chicago_crashes.stand_in.synthetic.days import FIRST_DAY
from chicago_crashes.stand_in.synthetic.draws import Draws, keys_of

_DAYS_TO_FINALISE = {0: 78, 1: 11, 2: 5, 3: 2.5, 5: 1.5, 8: 1, 14: 0.6, 30: 0.4}
_DAYS_TO_AMENDMENT = {0: 82, 1: 5, 2: 3, 4: 3, 7: 2.5, 14: 2, 30: 1.5, 60: 1}
_FIRST_HOUR = 9
_LONGEST_DELAY_MS = 150 * 60 * 1000
_MONTHLY_DELAY = 35


def with_transactions(rows: pl.DataFrame, feed: str, *, seed: int, groups: str, finished: str) -> pl.DataFrame:
    """`rows` with `:created_at` and `:updated_at`; rows of one crash (`groups` holds its key) travel together.

    A crash is published at the earliest on the morning after `finished`, the day its report was taken.
    """
    draws = Draws(rows[groups])
    wait = draws.pick("days to finalise", _DAYS_TO_FINALISE) + 1 + (_MONTHLY_DELAY if feed == "fatalities" else 0)
    created = (rows[finished].dt.date() - FIRST_DAY).dt.total_days() + wait
    updated = created + draws.pick("days to amendment", _DAYS_TO_AMENDMENT)
    return rows.with_columns(
        pl.Series(":created_at", _batch_time(created, feed, seed)),
        pl.Series(":updated_at", _batch_time(updated, feed, seed)),
    )


def _batch_time(ordinals: pl.Series, feed: str, seed: int) -> pl.Series:
    """The moment of the feed's one batch of that day, between 09:00 and 11:30 UTC."""
    seeds = pl.repeat(seed % 2**64, ordinals.len(), dtype=pl.UInt64, eager=True)
    delay = Draws(keys_of(seeds, f"batch of {feed}", ordinals)).whole("delay", 0, _LONGEST_DELAY_MS)
    times = pl.DataFrame({"days": ordinals, "delay": delay}).select(
        pl.lit(FIRST_DAY).cast(pl.Datetime("ms", "UTC"))
        + pl.duration(days="days", hours=_FIRST_HOUR, milliseconds="delay", time_unit="ms")
    )
    return times.to_series()

"""The full history: portal to checked tables, against row-by-row upserts and against dlt; and the memory it takes."""

from chicago_crashes_bench.baselines import dlt_merge, orm
from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.sizes import FULL

MOST_MEMORY = 1024
FLAT = 1.25
"""The peak of the last third may be this many times that of the first: what grows with the range grows more. A short
load has spent its first third on starting."""


def measure(bench: Bench) -> Found:
    """Wall time and memory of the load, and both baselines."""
    history = bench.history
    size = f"{history.rows:,} rows, {bench.sizes.history_days:,} days"
    seconds = Amount(history.load.seconds, Unit.SECONDS)
    plain = orm.measured(bench, history)
    yield Measurement(
        "full history, by row-by-row ORM upserts",
        f"{size} (baseline from {plain.rows:,} rows)",
        seconds,
        Bar(Kind.TIMES_FASTER, 60),
        Amount(plain.seconds * history.rows / plain.rows, Unit.SECONDS),
    )
    other = dlt_merge.measured(bench)
    yield Measurement(
        "full history, by dlt with merge",
        f"{size} (baseline from {other.rows:,} rows)",
        seconds,
        Bar(Kind.TIMES_FASTER, 4),
        Amount(other.seconds * history.rows / other.rows, Unit.SECONDS),
    )
    yield Measurement(
        "full history: peak memory of any process",
        size,
        Amount(history.load.peak / 2**20, Unit.MEBIBYTES),
        Bar(Kind.UNDER, MOST_MEMORY),
    )
    yield Measurement(
        "full history: peak of the last third by the first's",
        size,
        Amount(history.load.peak_growth, Unit.TIMES),
        Bar(Kind.AT_MOST, FLAT) if bench.sizes is FULL else None,
    )
    yield Growth("full history", history.pace)

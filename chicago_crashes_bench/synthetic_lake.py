"""A raw lake filled with synthetic days, in the form in which the portal's rows reach it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl

from chicago_crashes.feeds.catalogue import SYSTEM_FIELDS, Feed, Kind
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.stand_in.mutations import PORTAL_TIME
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes.storage.lake import Lake
from chicago_crashes_bench.sizes import CRASHES_A_DAY, FIRST_DAY

DAY = "day of the row"


def fill(lake: Lake, feeds: Sequence[Feed], rows: int) -> dict[str, dict[date, int]]:
    """Write days from the first one on until each feed has so many rows; how many each day got, by feed."""
    written: dict[str, dict[date, int]] = {feed.name: {} for feed in feeds}
    start = FIRST_DAY.replace(day=1)
    for batch in generate(start, start + timedelta(days=rows), rows_per_day=CRASHES_A_DAY):
        lacking = [feed for feed in feeds if sum(written[feed.name].values()) < rows]
        if not lacking:
            break
        for feed in lacking:
            published = as_published(feed, batch.frames[feed.name], batch.start)
            for (day,), part in published.partition_by(DAY, as_dict=True, include_key=False).items():
                _write(lake, feed, day, part)
                written[feed.name][day] = part.height
    return written


def as_published(feed: Feed, rows: pl.DataFrame, salt: date) -> pl.DataFrame:
    """Generated rows as text with the portal's system fields, and the day each belongs to."""
    points = [column.name for column in feed.columns if column.kind is Kind.POINT]
    return rows.with_columns(
        pl.format("row-{}-{}", pl.lit(str(salt)), pl.int_range(pl.len())).alias(":id"),
        pl.lit("rv-1").alias(":version"),
        pl.col(":created_at", ":updated_at").dt.strftime(PORTAL_TIME),
        *(_as_json(name) for name in points),
        pl.col(feed.date).str.slice(0, len("2024-01-01")).str.to_date("%Y-%m-%d", strict=False).alias(DAY),
    ).select(DAY, *SYSTEM_FIELDS, *feed.column_names)


def _as_json(point: str) -> pl.Expr:
    return pl.col(point).str.replace(r"^POINT \((\S+) (\S+)\)$", '{"type":"Point","coordinates":[$1,$2]}')


def _write(lake: Lake, feed: Feed, day: date, rows: pl.DataFrame) -> None:
    lake.write(
        feed,
        day,
        rows,
        source_updated_at=signature_of(rows).updated_at,
        fetched_at=datetime.now(UTC),
        run_id="bench",
    )

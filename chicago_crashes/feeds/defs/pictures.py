"""What the UI shows of a table after a load, beside the numbers of the days: its size, a chart, a map, a few rows.

It belongs to the newest day of a run, whose event is the one that the asset's page opens with; of a range it is made
once, so that thousands of days stay cheap.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import dagster as dg
from psycopg import Connection

from chicago_crashes.feeds.catalogue import Feed, Kind
from chicago_crashes.feeds.overviews import newest_rows, places, rows_by_month
from chicago_crashes.feeds.pictures.months import months_chart
from chicago_crashes.feeds.pictures.places import places_map

ROWS_SHOWN = 5
COLUMNS_SHOWN = 9
LONGEST_VALUE = 24
NOT_SHOWN = frozenset({Kind.TEXT, Kind.POINT})
"""Kinds that the preview leaves out: free text may hold names and telephone numbers, and a point is there twice."""


def what_is_shown(connection: Connection, feed: Feed, days: Sequence[date]) -> dict[str, dg.MetadataValue[Any]]:
    """The table's size, the rows of every month, and of these days the places and the newest rows."""
    first, last = min(days), max(days)
    by_month = rows_by_month(connection, feed)
    shown: dict[str, dg.MetadataValue[Any]] = {"dagster/row_count": dg.MetadataValue.int(sum(by_month.values()))}
    if not any(by_month.values()):
        return shown
    shown["pictures"] = dg.MetadataValue.md("\n\n".join(_pictures(connection, feed, by_month, first, last)))
    shown.update(_preview(connection, feed, first, last))
    return shown


def preview_columns(feed: Feed) -> list[str]:
    """The columns of the preview: the key, then the first that hold no free text."""
    others = [column.name for column in feed.columns if column.kind not in NOT_SHOWN and column.name not in feed.key]
    return [*feed.key, *others[:COLUMNS_SHOWN]]


def _pictures(
    connection: Connection, feed: Feed, by_month: Mapping[date, int], first: date, last: date
) -> Iterator[str]:
    caption = f"Rows of {feed.table} per month as stored; in orange the months of {first} to {last}."
    yield from (caption, _drawn(caption, months_chart(by_month, first, last)))
    if feed.coordinates is None:
        return
    found = places(connection, feed, feed.coordinates, first, last)
    if not found.is_empty():
        caption = f"The {found.height:,} places of {feed.table} from {first} to {last}."
        yield from (caption, _drawn(caption, places_map(found["longitude"].to_numpy(), found["latitude"].to_numpy())))


def _preview(
    connection: Connection, feed: Feed, first: date, last: date
) -> Iterator[tuple[str, dg.MetadataValue[Any]]]:
    columns = preview_columns(feed)
    rows = newest_rows(connection, feed, first, last, columns, ROWS_SHOWN)
    if rows:
        schema = dg.TableSchema([dg.TableColumn(name, "text") for name in columns])
        records = [dg.TableRecord({name: _text(value) for name, value in row.items()}) for row in rows]
        yield "preview", dg.MetadataValue.table(records, schema)


def _text(value: object) -> str:
    if value is None:
        return ""
    text = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _drawn(caption: str, picture: bytes) -> str:
    return f"![{caption}](data:image/png;base64,{b64encode(picture).decode()})"

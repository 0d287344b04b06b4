"""The keys of published rows and nothing else of them: to tell rows that moved from rows that are gone."""

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.cleaning.parsing import parsed, stated_text
from chicago_crashes.soda import soql
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.soda.windows import MAX_ROWS, plan_windows

SPARE_ROWS = 1_000
"""How far `$limit` lies above the plan: rows may be published meanwhile."""


def published_keys(portal: Portal, feed: Feed, days: Mapping[date, Signature]) -> Iterator[pl.DataFrame]:
    """The readable keys of the days' rows as text, window by window.

    Raises:
        CrashesError: the portal does not give them.
    """
    columns = [column for column in feed.columns if column.name in feed.key]
    names = [column.name for column in columns]
    for window in plan_windows(days, MAX_ROWS):
        reply = portal.get_frame(
            feed.dataset_id,
            {
                "$select": ",".join([":id", *map(soql.column, names)]),
                "$where": soql.between(feed, window.start, window.end),
                "$order": ":id",
                "$limit": str(window.rows + SPARE_ROWS),
            },
            [":id", *names],
            feed=feed.name,
            purpose=f"keys {window}",
        )
        stated = reply.rows.select(map(stated_text, columns))
        yield stated.select(parsed(column).cast(pl.String) for column in columns).drop_nulls()

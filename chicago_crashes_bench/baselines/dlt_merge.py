"""dlt loading the same feeds from the same portal: pages over HTTP, merged by key into the same server.

Run as a program it loads once and says what it took: dlt keeps its settings in the environment of its process.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from chicago_crashes.feeds.catalogue import FEEDS, Feed, feed_named
from chicago_crashes_bench.baselines import Rate
from chicago_crashes_bench.bench import Bench
from chicago_crashes_bench.database import settle
from chicago_crashes_bench.sizes import FIRST_DAY
from chicago_crashes_bench.watching import run_watched

ROWS_A_PAGE = 50_000
SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    # Whole pages in memory, one file for each, both cores at work on them.
    "DATA_WRITER__BUFFER_MAX_ITEMS": str(ROWS_A_PAGE),
    "DATA_WRITER__FILE_MAX_ITEMS": str(ROWS_A_PAGE),
    "NORMALIZE__WORKERS": "2",
    "LOAD__WORKERS": "4",
}


def measured(bench: Bench) -> Rate:
    """Load the first days of every feed into a database of its own."""
    last = min(FIRST_DAY + timedelta(days=bench.sizes.dlt_days - 1), bench.last_day)
    bench.tell(f"dlt: {FIRST_DAY} to {last}")
    with bench.workplace.database("dlt") as url, bench.workplace.place("dlt") as folder:
        settle(url)
        environment = bench.workplace.environment(url, bench.portal.url) | SETTINGS | {"DLT_DATA_DIR": str(folder)}
        end = (last + timedelta(days=1)).isoformat()
        command = [sys.executable, "-m", __name__, bench.portal.url, FIRST_DAY.isoformat(), end, url, str(folder)]
        load = run_watched(command, environment, bench.workplace.folder / "dlt_load")
    return Rate(**json.loads(load.output.strip().splitlines()[-1]))


def pages(portal_url: str, feed_name: str, start: str, end: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of the days from `start` to before `end`, page by page; rows without a key cannot be merged."""
    from dlt.common import json as fast_json
    from dlt.sources.helpers import requests

    feed = feed_named(feed_name)
    offset = 0
    while True:
        reply = requests.get(
            f"{portal_url}/resource/{feed.dataset_id}.json",
            params={
                "$select": ":*,*",
                "$where": f"{feed.date} >= '{start}' and {feed.date} < '{end}'",
                "$order": ":id",
                "$limit": str(ROWS_A_PAGE),
                "$offset": str(offset),
            },
        )
        rows: list[dict[str, Any]] = fast_json.loadb(reply.content)
        if rows:
            yield [row for row in rows if all(name in row for name in _key(feed))]
        if len(rows) < ROWS_A_PAGE:
            return
        offset += ROWS_A_PAGE


def _key(feed: Feed) -> tuple[str, ...]:
    """What tells rows apart; the feed without a key of its own has the portal's."""
    return (":id",) if feed.surrogate else feed.key


def load(portal_url: str, start: str, end: str, database_url: str, folder: str) -> Rate:
    """Extract, normalise and load everything; how many rows in how many seconds."""
    import dlt

    pipeline = dlt.pipeline(
        "crashes",
        destination=dlt.destinations.postgres(credentials=database_url),
        dataset_name="loaded_by_dlt",
        pipelines_dir=folder,
    )
    resources = [
        dlt.resource(
            pages(portal_url, feed.name, start, end),
            name=feed.table,
            write_disposition="merge",
            primary_key=list(_key(feed)),
            max_table_nesting=0,
        )
        for feed in FEEDS
    ]
    started = time.perf_counter()
    pipeline.run(resources, loader_file_format=FILE_FORMAT)
    seconds = time.perf_counter() - started
    with pipeline.sql_client() as client:
        return Rate(sum(_rows(client, feed) for feed in FEEDS), seconds)


def _rows(client: Any, feed: Feed) -> int:
    with client.execute_query(f"select count(*) from {client.make_qualified_table_name(feed.table)}") as cursor:  # noqa: S608
        return int(cursor.fetchone()[0])


FILE_FORMAT = "csv"
"""COPY, the fastest way dlt has into PostgreSQL."""


if __name__ == "__main__":
    loaded = load(*sys.argv[1:])
    sys.stdout.write(json.dumps({"rows": loaded.rows, "seconds": loaded.seconds}) + "\n")

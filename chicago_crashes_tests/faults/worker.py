"""A load in a process of its own, to be killed: `python -m chicago_crashes_tests.faults.worker FEED MAX_ROWS ...`."""

import sys

import psycopg

from chicago_crashes.feeds.catalogue import feed_named
from chicago_crashes.feeds.ingest import fetch_days, load_days
from chicago_crashes.storage.lake import Lake
from chicago_crashes_tests.faults.scene import DAYS, eager_client


def work(feed_name: str, max_rows: str, database_url: str, portal_url: str, lake_folder: str) -> None:
    """Fetch and load the four days."""
    feed, lake = feed_named(feed_name), Lake(lake_folder)
    with eager_client(portal_url) as client, psycopg.connect(database_url, autocommit=True) as connection:
        for _ in fetch_days(client, connection, lake, feed, DAYS, run_id="killed", max_rows=int(max_rows)):
            pass
        for _ in load_days(connection, lake, feed, DAYS, run_id="killed"):
            pass


if __name__ == "__main__":
    work(*sys.argv[1:])

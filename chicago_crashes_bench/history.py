"""The full history, loaded once by `chicago-crashes load` in a process of its own, for all that is measured on it."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.orchestration.partitions import RANGE_END_TAG, RANGE_START_TAG
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import published_days
from chicago_crashes_bench.database import keep_house
from chicago_crashes_bench.portal import PortalProcess
from chicago_crashes_bench.watching import ProgramFailedError, Watched, run_watched
from chicago_crashes_bench.workplace import Workplace

COMMAND = (sys.executable, "-m", "chicago_crashes_bench.command")


@dataclass(frozen=True, slots=True)
class History:
    """A loaded history: where it is, what the load took, how many published rows of it were found again."""

    database_url: str
    lake: Path
    load: Watched
    rows: int
    pace: list[tuple[int, float]]


def loaded_history(
    workplace: Workplace, portal: PortalProcess, stack: ExitStack, tell: Callable[[str], None]
) -> History:
    """Load everything the portal publishes, and hold it against the portal; database and lake end with the stack."""
    url = stack.enter_context(workplace.database("history"))
    lake = stack.enter_context(workplace.place("raw"))
    tell(f"chicago-crashes load {portal.first} {portal.last}")
    load = run_watched(
        [*COMMAND, "load", str(portal.first), str(portal.last)],
        workplace.environment(url, portal.url, lake),
        workplace.folder / "load",
    )
    tell("the tables are compared with the portal")
    _require_complete(load)
    rows = sum(_compared(portal, url, feed) for feed in FEEDS)
    keep_house(url)
    return History(url, lake, load, rows, list(_pace(url)))


def _require_complete(load: Watched) -> None:
    """Every check must have been asked, and the blocking one have passed; others tell of the dirt that is generated."""
    asked = re.findall(r"\d+ of (\d+)", load.output)
    if not asked or "0" in asked or re.search(r"check failed \w+: complete", load.errors):
        raise ProgramFailedError(f"The full history is not complete:\n{load.output}\n{load.errors[-2000:]}")


def _compared(portal: PortalProcess, url: str, feed: Feed) -> int:
    """How many rows the portal publishes of the feed; day by day as many must be in the table or in quarantine."""
    with Portal(portal.url, ceiling=Unlimited()) as client:
        days = published_days(client, feed).between(portal.first, portal.last)
    published = {day: signature.rows for day, signature in days.items()}
    with psycopg.connect(url) as connection:
        held: dict[date, int] = dict(
            connection.execute(
                sql.SQL(
                    "select day, count(*) from (select {}::date as day from {} union all"
                    " select day from ops.quarantine where feed = %s) as held group by 1"
                ).format(sql.Identifier(feed.date), sql.Identifier(feed.table)),
                [feed.name],
            ).fetchall()
        )
    differing = [day for day in published.keys() | held.keys() if published.get(day, 0) != held.get(day, 0)]
    if differing:
        raise ProgramFailedError(f"{feed.name}: {len(differing)} days differ from the portal, first {min(differing)}.")
    return sum(published.values())


def _pace(url: str) -> Iterator[tuple[int, float]]:
    """Rows loaded and seconds passed when a tenth of the runs had ended, a third, and all."""
    with psycopg.connect(url) as connection:
        runs = connection.execute(
            "select runs.start_time, runs.end_time, (select sum(source_rows)::int from ops.signatures"
            " where day between first.value::date and last.value::date) from dagster.runs as runs"
            " join dagster.run_tags as first on first.run_id = runs.run_id and first.key = %s"
            " join dagster.run_tags as last on last.run_id = runs.run_id and last.key = %s order by runs.end_time",
            [RANGE_START_TAG, RANGE_END_TAG],
        ).fetchall()
    began = min(start for start, _, _ in runs)
    for mark in sorted({max(len(runs) // 10, 1), max(len(runs) // 3, 1), len(runs)}):
        yield sum(rows for _, _, rows in runs[:mark]), runs[mark - 1][1] - began

"""The oracle itself: it agrees with a sound load of dirty rows, and sees whatever is planted in the database."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import psycopg
import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, FEEDS, Feed
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import HEAVY_DIRT, generate
from chicago_crashes_tests.faults.scene import FIRST, LAST
from chicago_crashes_tests.oracle import Judgement, judge
from chicago_crashes_tests.soak.changing import synthetic_portal
from chicago_crashes_tests.soak.loads import desk, refresh


@pytest.fixture(scope="module")
def store() -> PortalStore:
    """Four days with every kind of dirt, a crash that is published twice, and one without a key."""
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=40, dirt=HEAVY_DIRT):
        for feed in FEEDS[:3]:
            store.publish(feed.dataset_id, batch.frames[feed.name])
    victims = mutations.content(synthetic_portal(FIRST, LAST, 1), FATALITIES)
    mutations.publish_more(store, FATALITIES, victims.select(FATALITIES.column_names))
    crashes = mutations.content(store, CRASHES).select(CRASHES.column_names)
    twin, keyless = crashes[:1], crashes[-1:].with_columns(pl.lit(None, pl.String).alias("crash_record_id"))
    mutations.publish_more(store, CRASHES, pl.concat([twin, keyless]))
    return store


@pytest.fixture(scope="module")
def connection(
    store: PortalStore, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    """A database into which everything was loaded."""
    lake = str(tmp_path_factory.mktemp("raw"))
    with serving(store) as portal, desk(module_database_url, portal.url, lake) as at:
        assert refresh(at, FIRST, LAST, run_id="run") == []
        yield at.connection


def judged(connection: psycopg.Connection, store: PortalStore, feed: Feed = CRASHES) -> Judgement:
    return judge(connection, store, feed, FIRST, LAST)


@contextmanager
def planted(connection: psycopg.Connection, statement: str) -> Iterator[None]:
    """A change that is taken back afterwards."""
    with connection.transaction(force_rollback=True):
        written = connection.execute(statement.encode())
        assert written.rowcount > 0, "nothing was planted"
        yield


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_a_sound_load_is_what_is_published(connection: psycopg.Connection, store: PortalStore, feed: Feed) -> None:
    found = judged(connection, store, feed)

    assert found.differences == ()
    assert (found.missing, found.extra, found.stale, found.unaccounted) == (0, 0, 0, 0)
    assert found.rows > 0


THE_ROW = (
    "crash_record_id = (select min(crash_record_id) from crashes where posted_speed_limit > 0 and location is not null)"
)
ANOTHER_DAY = "crash_date + interval '1 day' * case when crash_date < '2024-03-11' then 1 else -1 end"
A_SIGNATURE = "feed = 'crashes' and day = '2024-03-09'"
PLANTED = {
    "a row is gone": ("delete from crashes where THE_ROW", (1, 0, 0, 1)),
    "a number is another": (
        "update crashes set posted_speed_limit = 1 + posted_speed_limit where THE_ROW",
        (0, 0, 1, 0),
    ),
    "a number is gone": ("update crashes set posted_speed_limit = null where THE_ROW", (0, 0, 1, 0)),
    "a text is another": ("update crashes set street_name = street_name || 'X' where THE_ROW", (0, 0, 1, 0)),
    "a point is another": ("update crashes set location = 'POINT (-87.5 41.8)' where THE_ROW", (0, 0, 1, 0)),
    "a flag is another": ("update crashes set hit_and_run_i = hit_and_run_i is not true where THE_ROW", (0, 0, 1, 0)),
    "a row is on another day": ("update crashes set crash_date = ANOTHER_DAY where THE_ROW", (0, 0, 1, 2)),
    "a row is on no day of ours": ("update crashes set crash_date = '2020-01-01' where THE_ROW", (0, 0, 1, 2)),
    "a column came from nowhere": ('update crashes set extra = \'{"x": "1"}\' where THE_ROW', (0, 0, 1, 0)),
    "a row is too many": (
        "insert into crashes (crash_record_id, crash_date, coordinate_status) values ('x', '2024-03-09', 'missing')",
        (0, 1, 0, 1),
    ),
    "a signature is another": ("update ops.signatures set source_rows = 1 where A_SIGNATURE", (0, 0, 0, 1)),
    "a signature is older": ("update ops.signatures set source_updated_at = now() where A_SIGNATURE", (0, 0, 0, 1)),
    "a good row is refused": (
        "with gone as (delete from crashes where THE_ROW returning *) INTO_QUARANTINE",
        (0, 0, 0, 1),
    ),
    "the quarantine is lost": ("delete from ops.quarantine where feed = 'crashes'", (2, 0, 0, 2)),
}
INTO_QUARANTINE = (
    "insert into ops.quarantine (feed, day, digest, copy, reason, raw_row)"
    " select 'crashes', crash_date::date, 'x', 1, 'second row with the same key',"
    " jsonb_build_object(':id', 'THE_ID') from gone"
)


@pytest.mark.parametrize(("statement", "expected"), PLANTED.values(), ids=PLANTED)
def test_what_is_planted_is_seen(
    connection: psycopg.Connection, store: PortalStore, statement: str, expected: tuple[int, int, int, int]
) -> None:
    with planted(connection, _filled_in(connection, store, statement)):
        found = judged(connection, store)

    assert (found.missing, found.extra, found.stale, found.unaccounted) == expected
    assert len(found.differences) > 0
    assert judged(connection, store).differences == ()


def _filled_in(connection: psycopg.Connection, store: PortalStore, statement: str) -> str:
    ((key,),) = connection.execute(f"select crash_record_id from crashes where {THE_ROW}".encode()).fetchall()  # noqa: S608
    rows = store.rows(CRASHES.dataset_id)
    row_id = rows.filter(rows["crash_record_id"].str.strip_chars() == key)[":id"][0]
    for name in ("INTO_QUARANTINE", "THE_ROW", "ANOTHER_DAY", "A_SIGNATURE"):
        statement = statement.replace(name, globals()[name])
    return statement.replace("THE_ID", row_id)


def test_a_victim_without_a_key_who_is_another_is_seen(connection: psycopg.Connection, store: PortalStore) -> None:
    with planted(connection, "update vision_zero_fatalities set victim = 'NOBODY'"):
        found = judged(connection, store, FATALITIES)

    assert (found.missing, found.extra) == (found.rows, found.rows)

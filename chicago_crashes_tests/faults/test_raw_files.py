"""Damaged, foreign and lost raw files, and clocks that were ahead: the next load ends with what is published."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg import sql

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, PEOPLE, Feed
from chicago_crashes.feeds.ingest import FetchedDay, fetch_days
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.stand_in import faults
from chicago_crashes.storage.lake import DayFile
from chicago_crashes_tests.faults.changing import change_every_day
from chicago_crashes_tests.faults.scene import DAYS, Loaded, Scene

DAY = DAYS[1]
OFTEN_AHEAD = timedelta(days=400)


def fetched(scene: Scene, feed: Feed = CRASHES, *, refetch: bool = False) -> list[FetchedDay]:
    """Fetch all days, and load none."""
    outcomes = list(fetch_days(scene.client, scene.connection, scene.lake, feed, DAYS, run_id="run", refetch=refetch))
    assert all(isinstance(outcome, FetchedDay) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, FetchedDay)]


def newest(scene: Scene, feed: Feed = CRASHES) -> DayFile:
    file = scene.lake.newest(feed, DAY)
    assert file is not None
    return file


def flip_a_bit(scene: Scene) -> Path:
    """Where values are; the file's end stays sound, so that the day seems to be held."""
    path = Path(newest(scene).path)
    content = bytearray(path.read_bytes())
    content[200] ^= 4
    path.write_bytes(content)
    return path


def cut_short(scene: Scene) -> Path:
    path = Path(newest(scene).path)
    path.write_bytes(path.read_bytes()[:900])
    return path


def people_under_its_name(scene: Scene) -> Path:
    scene.load(PEOPLE)
    path = Path(newest(scene).path)
    path.write_bytes(Path(newest(scene, PEOPLE).path).read_bytes())
    return path


def another_day_beside_it(scene: Scene) -> Path:
    """A sound version of another day, fetched later than the day's own."""
    other = DAYS[2]
    (file,) = (file for _, file in scene.lake.newest_files(CRASHES, [other]) if file)
    rows = scene.lake.read(file)
    scene.lake.write(
        CRASHES,
        other,
        rows.head(2),
        source_updated_at=signature_of(rows.head(2)).updated_at,
        fetched_at=datetime.now(UTC),
        run_id="run",
    )
    moved = scene.lake.newest(CRASHES, other)
    assert moved is not None
    path = Path(newest(scene).path).with_name(Path(moved.path).name)
    Path(moved.path).rename(path)
    return path


DAMAGES = [flip_a_bit, cut_short, people_under_its_name, another_day_beside_it]


@pytest.fixture
def held(scene: Scene) -> Scene:
    """Crashes are in the lake and not in the table, as after a load that was killed, or when the database was lost."""
    fetched(scene)
    scene.own_copy()
    return scene


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_file_is_set_aside_and_its_day_fetched_anew(
    held: Scene, damage: Callable[[Scene], Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = damage(held)
    before = len(held.portal.requests)

    outcome = held.load(CRASHES)

    assert not outcome.errors
    assert len(held.row_requests(before)) == 1
    assert [day.day for day in outcome.fetched if day.set_aside] == [DAY]
    assert [day.set_aside for day in outcome.fetched if day.set_aside] == [(f"{path}.set-aside",)]
    assert Path(f"{path}.set-aside").exists()
    assert f"crashes {DAY}: the raw file {path}" in caplog.text
    assert "the day is fetched anew" in caplog.text
    held.equals_portal(CRASHES)
    assert held.load(CRASHES).written == 0


def test_a_file_of_somebody_else_is_set_aside_and_nothing_is_fetched(held: Scene) -> None:
    strange = Path(newest(held).path).with_name("mine.parquet")
    strange.write_bytes(b"mine")
    before = len(held.portal.requests)

    outcome = held.load(CRASHES)

    assert not outcome.errors
    assert held.row_requests(before) == []
    assert Path(f"{strange}.set-aside").read_bytes() == b"mine"
    held.equals_portal(CRASHES)


def test_a_day_that_is_merged_from_its_file_already_is_not_read_again(scene: Scene) -> None:
    scene.load(CRASHES)
    path = flip_a_bit(scene)

    outcome = scene.load(CRASHES)

    assert not outcome.errors
    assert path.exists()
    scene.equals_portal(CRASHES)
    assert [day.set_aside for day in fetched(scene, refetch=True) if day.day == DAY] == [()]
    assert Path(f"{path}.set-aside").exists()
    assert not scene.load(CRASHES).errors
    scene.equals_portal(CRASHES)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_load_step_alone_fails_the_day_and_says_what_to_do(held: Scene, damage: Callable[[Scene], Path]) -> None:
    path = damage(held)

    for words in (f"It is kept as {path}.set-aside", "is not in the raw lake|set aside; the one before it"):
        (error,) = held.merge(CRASHES, DAYS, Loaded()).errors
        assert isinstance(error, PermanentError)
        with pytest.raises(PermanentError, match=rf"crashes {DAY}.*{words}"):
            raise error
    assert held.rows("select count(*) from crashes where crash_date::date = %s", DAY) == [(0,)]
    assert not held.load(CRASHES).errors
    held.equals_portal(CRASHES)


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_version_does_not_take_the_place_of_a_damaged_one(held: Scene, version: int) -> None:
    """The lake has two versions; the newer is damaged, and the portal publishes it, or the older one again."""
    old = held.own_copy()
    change_every_day(held, CRASHES)
    fetched(held)
    cut_short(held)
    if version == 1:
        held.portal.store = old
    held.fails_with(faults.unavailable(times=None, query_has=":updated_at,:version"))

    assert held.load(CRASHES).errors
    assert [str(DAY) in str(error) for error in held.merge(CRASHES, [DAY], Loaded()).errors] == [True]
    assert held.rows("select count(*) from crashes where crash_date::date = %s", DAY) == [(0,)]

    held.fails_with()
    assert not held.load(CRASHES).errors
    held.equals_portal(CRASHES)
    assert held.stale(CRASHES) == []


def test_a_load_that_was_killed_before_the_merge_and_a_portal_that_went_back(loaded: Scene, feed: Feed) -> None:
    """The newest files hold what the portal no longer publishes, and the table what it publishes again."""
    old = loaded.own_copy()
    change_every_day(loaded, feed)
    fetched(loaded, feed)
    loaded.portal.store = old

    assert not loaded.load(feed).errors

    loaded.equals_portal(feed)
    assert loaded.stale(feed) == []
    recorded = dict(loaded.rows("select day, raw_digest from ops.signatures where feed = %s", feed.name))
    names = loaded.lake.newest_names(feed).by_day
    assert {day: names[day].digest_prefix for day in DAYS} == {day: recorded[day][:12] for day in DAYS}


def with_a_clock_ahead(scene: Scene, feed: Feed) -> None:
    """All days were fetched and loaded by a host whose clock was ahead."""
    for day in DAYS:
        file = scene.lake.newest(feed, day)
        assert file is not None
        rows = scene.lake.read(file)
        Path(file.path).unlink()
        scene.lake.write(
            feed,
            day,
            rows,
            source_updated_at=file.note.source_updated_at,
            fetched_at=file.note.fetched_at + OFTEN_AHEAD,
            run_id="ahead",
        )
    scene.connection.execute("truncate ops.signatures")  # as if nothing was loaded yet
    assert not scene.merge(feed, DAYS, Loaded()).errors


def lake_kept(_: Scene, __: Feed) -> None:
    """Name and record are ahead."""


def lake_lost(scene: Scene, feed: Feed) -> None:
    """Only what is recorded of loaded days is ahead."""
    for path in (scene.lake_folder / feed.name).rglob("*.parquet"):
        path.unlink()


def record_lost(scene: Scene, feed: Feed) -> None:
    """Only the names of files are ahead."""
    scene.connection.execute(sql.SQL("truncate ops.signatures, {}").format(sql.Identifier(feed.table)))


@pytest.mark.parametrize("lost", [lake_kept, lake_lost, record_lost])
@pytest.mark.parametrize("refetch", [False, True])
@pytest.mark.parametrize("feed", [CRASHES, FATALITIES], ids=lambda feed: feed.name)
def test_a_clock_that_was_ahead_once_hides_nothing(
    loaded: Scene, feed: Feed, lost: Callable[[Scene, Feed], None], refetch: bool
) -> None:
    with_a_clock_ahead(loaded, feed)
    lost(loaded, feed)
    for _ in range(2):
        change_every_day(loaded, feed)
        if refetch:
            fetched(loaded, feed, refetch=True)
        assert not loaded.load(feed).errors

        loaded.equals_portal(feed)
        assert loaded.stale(feed) == []


def test_a_lake_restored_older_is_brought_up_to_date(loaded: Scene, feed: Feed) -> None:
    """The newest files are gone; their days are fetched anew when they are asked for, and supersede what is loaded."""
    old = {Path(file.path) for _, file in loaded.lake.newest_files(feed, DAYS) if file}
    change_every_day(loaded, feed)
    assert not loaded.load(feed).errors
    for path in (loaded.lake_folder / feed.name).rglob("*.parquet"):
        if path not in old:
            path.unlink()

    outcome = loaded.load(feed)

    assert not outcome.errors
    assert all(day.is_new_version for day in outcome.fetched)
    loaded.equals_portal(feed)

"""The raw lake: what was published comes back byte for byte, nothing is overwritten, nothing is left half-written."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pyarrow.fs import FileSystem

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import CRASHES, PEOPLE, feed_named
from chicago_crashes.settings import PROJECT_ROOT
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.storage.lake import ABANDONED_AFTER, DamagedFileError, DayFile, Lake, LakeUnavailableError
from chicago_crashes.storage.lake_files import digest_of
from chicago_crashes.storage.lake_names import newest_of_each_day
from chicago_crashes_tests.feeds.cleaning.raw_rows import raw_frame

DAY = date(2021, 12, 31)
FETCHED = datetime(2022, 1, 5, 12, 30, 15, 123456, tzinfo=UTC)
SIGNED = datetime(2022, 1, 5, 10, tzinfo=UTC)
"""When the rows of these tests were published."""
AWKWARD = ["", " ", "a,b", 'say "hi"', "a\nb\r\n", "\0", "NULL", "ﬁ 🚲", "0001", "1e5", "\ufeff", None]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "raw"))


def rows(*names: str | None) -> pl.DataFrame:
    return raw_frame(
        CRASHES, [{":id": f"row-{place}", "street_name": name} for place, name in enumerate(names)], day=None
    )


def write(lake: Lake, frame: pl.DataFrame, *, day: date = DAY, hours: int = 0) -> tuple[DayFile, bool]:
    fetched_at = FETCHED + timedelta(hours=hours)
    return lake.write(
        CRASHES,
        day,
        frame,
        source_updated_at=signature_of(frame).updated_at,
        fetched_at=fetched_at,
        run_id="a run",
    )


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def stored(lake: Lake, day: date = DAY) -> DayFile:
    file = lake.newest(CRASHES, day)
    assert file is not None
    return file


def test_rows_come_back_as_they_were_published(lake: Lake) -> None:
    frame = rows(*AWKWARD)

    file, is_new = write(lake, frame)

    assert is_new
    assert_frame_equal(lake.read(file), frame)
    assert_frame_equal(lake.read(stored(lake)), frame)


def test_a_file_says_what_it_holds(lake: Lake) -> None:
    file, _ = write(lake, rows("A", "B"))

    found = stored(lake)

    assert found == file
    assert (found.rows, found.note.source_rows) == (2, 2)
    assert (found.note.feed, found.note.day, found.note.run_id) == ("crashes", DAY, "a run")
    assert (found.note.source_updated_at, found.note.fetched_at) == (SIGNED, FETCHED)
    assert found.bytes == Path(found.path).stat().st_size


def test_a_day_is_a_folder_and_a_version_is_a_file(lake: Lake, tmp_path: Path) -> None:
    write(lake, rows("A"))

    (path,) = files_below(tmp_path)
    assert path.parent == tmp_path / "raw" / "crashes" / "2021" / "2021-12-31"
    assert path.name.startswith("20220105T123015.123456Z-")
    assert path.suffix == ".parquet"


def test_other_tools_can_read_a_day(lake: Lake, tmp_path: Path) -> None:
    write(lake, rows("A", None))

    assert pl.read_parquet(tmp_path / "raw/crashes/2021/**/*.parquet")["street_name"].to_list() == ["A", None]


def test_an_unchanged_day_writes_nothing(lake: Lake, tmp_path: Path) -> None:
    first, _ = write(lake, rows("A", "B"))
    before = [(path, path.stat().st_mtime_ns) for path in files_below(tmp_path)]

    again, is_new = write(lake, rows("A", "B").reverse(), hours=1)

    assert not is_new
    assert again == first
    assert [(path, path.stat().st_mtime_ns) for path in files_below(tmp_path)] == before


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.with_columns(street_name=pl.lit("Z")),
        lambda frame: frame.with_columns(pl.lit("2023-01-01T00:00:00.000Z").alias(":updated_at")),
        lambda frame: frame.with_columns(street_name=pl.lit(None, pl.String)),
        lambda frame: frame.with_columns(street_name=pl.lit("")),
        lambda frame: frame.with_columns(rd_no=pl.lit(None, pl.String)),
        lambda frame: frame.head(1),
        lambda frame: frame.clear(),
    ],
    ids=["value", "system field", "null", "empty text", "column", "withdrawn", "all withdrawn"],
)
def test_a_changed_day_adds_a_file_and_the_newest_wins(
    lake: Lake, tmp_path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    first, _ = write(lake, rows("A", "B"))

    second, is_new = write(lake, change(rows("A", "B")), hours=1)

    assert is_new
    assert stored(lake) == second
    assert len(files_below(tmp_path)) == 2
    assert_frame_equal(lake.read(first), rows("A", "B"))


def test_a_day_that_changes_back_is_a_third_version(lake: Lake, tmp_path: Path) -> None:
    for hours, name in enumerate("ABA"):
        write(lake, rows(name), hours=hours)

    assert len(files_below(tmp_path)) == 3
    assert lake.read(stored(lake))["street_name"].to_list() == ["A"]


def test_an_empty_day_is_a_file_without_rows(lake: Lake) -> None:
    file, is_new = lake.write(
        CRASHES, DAY, rows("A").clear(), source_updated_at=None, fetched_at=FETCHED, run_id="a run"
    )

    assert is_new
    assert (file.rows, file.note.source_updated_at) == (0, None)
    assert lake.newest(CRASHES, DAY) == file
    assert lake.read(file).columns == rows("A").columns
    assert not write(lake, rows("A").clear(), hours=1)[1]


def test_days_and_feeds_are_kept_apart(lake: Lake) -> None:
    write(lake, rows("A"))

    assert lake.newest(CRASHES, DAY - timedelta(days=1)) is None
    assert lake.newest(PEOPLE, DAY) is None
    assert [(day, file is not None) for day, file in lake.newest_files(CRASHES, [DAY, date(2022, 1, 1)])] == [
        (DAY, True),
        (date(2022, 1, 1), False),
    ]


def test_names_alone_tell_the_newest_version_of_each_day(lake: Lake) -> None:
    write(lake, rows("A"))
    newest, _ = write(lake, rows("B"), hours=1)
    other, _ = write(lake, rows("C"), day=date(2022, 1, 1))
    for file in files_below(Path(newest.path).parents[2]):
        file.write_bytes(b"nobody opens this")

    names = lake.newest_names(CRASHES)

    assert names.foreign == []
    assert {day: (name.path, name.fetched_at, name.digest_prefix) for day, name in names.by_day.items()} == {
        file.note.day: (file.path, file.note.fetched_at, file.note.digest[:12]) for file in (newest, other)
    }
    assert lake.newest_names(PEOPLE).by_day == {}


def test_the_newest_name_wins_in_whatever_order_names_are_listed() -> None:
    folder = "raw/crashes/2021/2021-12-31"
    old, new = (f"{folder}/20220105T12301{second}.000000Z-0123456789ab.parquet" for second in "12")

    for listed in ([old, new], [new, old]):
        assert newest_of_each_day("raw/crashes", listed).by_day[DAY].path == new


@pytest.mark.parametrize(
    "place",
    [
        "2021/2021-12-31/mine.parquet",
        "2021/2021-12-31/20221305T123015.123456Z-0123456789ab.parquet",
        "2021/2021-12-31/20220105T123015.123456Z-0123456789ab.parquet.old",
        "2022/2021-12-31/20220105T123015.123456Z-0123456789ab.parquet",
        "2021/2021-12-32/20220105T123015.123456Z-0123456789ab.parquet",
        "2021/2021-12-31/more/20220105T123015.123456Z-0123456789ab.parquet",
        "20220105T123015.123456Z-0123456789ab.parquet",
    ],
)
def test_names_that_are_not_of_the_lake_are_counted_and_ignored(lake: Lake, tmp_path: Path, place: str) -> None:
    file, _ = write(lake, rows("A"))
    strange = tmp_path / "raw/crashes" / place
    strange.parent.mkdir(parents=True, exist_ok=True)
    for path in (strange, Path(f"{file.path}.unfinished"), Path(f"{file.path}.set-aside")):
        path.write_bytes(b"")

    names = lake.newest_names(CRASHES)

    assert names.foreign == [str(strange)]
    assert {day: name.path for day, name in names.by_day.items()} == {DAY: file.path}


def test_a_lake_that_cannot_be_listed_says_so(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/crashes").write_text("in the way")

    with pytest.raises(LakeUnavailableError, match=r"crashes: the raw lake at .* cannot be listed"):
        lake.newest_names(CRASHES)


def test_nothing_is_made_by_asking(lake: Lake, tmp_path: Path) -> None:
    assert lake.newest(CRASHES, DAY) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_stores_nothing(lake: Lake, tmp_path: Path) -> None:
    blocked = tmp_path / "raw" / "crashes" / "2021"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("in the way")

    with pytest.raises(LakeUnavailableError, match=r"2021"):
        write(lake, rows("A"))

    assert files_below(tmp_path) == [blocked]


def test_a_name_that_is_taken_leaves_nothing_unfinished(lake: Lake, tmp_path: Path) -> None:
    """The last step fails after everything was written: the file cannot take its name, which a folder has."""
    later, _ = write(lake, rows("B"), hours=1)
    name = f"{FETCHED:%Y%m%dT%H%M%S.%fZ}-{digest_of(rows('A'))[:12]}.parquet"
    (Path(later.path).parent / name / "something").mkdir(parents=True)

    with pytest.raises(LakeUnavailableError, match=r"\.unfinished"):
        write(lake, rows("A"))

    assert files_below(tmp_path) == [Path(later.path)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_stores_nothing(lake: Lake, tmp_path: Path) -> None:
    write(lake, rows("A"))
    folder = files_below(tmp_path)[0].parent
    folder.chmod(0o500)

    with pytest.raises(PermissionError):
        write(lake, rows("B"), hours=1)

    folder.chmod(0o700)
    assert len(files_below(tmp_path)) == 1


def test_the_newest_name_wins_whatever_the_times_of_files(lake: Lake) -> None:
    old, _ = write(lake, rows("A"))
    new, _ = write(lake, rows("B"), hours=1)
    long_ago = time.time() - 10_000
    os.utime(new.path, (long_ago, long_ago))

    assert stored(lake) == new
    lake.set_aside(CRASHES, DAY, old.path)
    assert lake.current(CRASHES, DAY) == new


def test_what_was_fetched_after_a_version_was_known_is_newer_whatever_the_clock_says(lake: Lake) -> None:
    """That the clock is right again shows by the earlier time; two runs that overlap keep the order of their times."""
    ahead, _ = write(lake, rows("A"), hours=1000)
    written, is_new = lake.write(
        CRASHES,
        DAY,
        rows("B"),
        source_updated_at=SIGNED,
        fetched_at=FETCHED,
        run_id="a run",
        not_before=ahead.note.fetched_at,
    )

    assert is_new
    assert written.note.fetched_at == ahead.note.fetched_at + timedelta(microseconds=1)
    assert stored(lake) == written
    write(lake, rows("C"), hours=1)
    assert stored(lake) == written


def test_a_version_older_than_the_newest_that_is_known_does_not_stand_for_the_same_rows(lake: Lake) -> None:
    old, _ = write(lake, rows("A"))
    known = FETCHED + timedelta(hours=5)

    for not_before, is_new in [(FETCHED, False), (known, True), (known, False)]:
        file, written = lake.write(
            CRASHES,
            DAY,
            rows("A"),
            source_updated_at=SIGNED,
            fetched_at=FETCHED + timedelta(hours=1),
            run_id="a run",
            not_before=not_before,
        )
        assert written == is_new
    assert (old.note.fetched_at, file.note.fetched_at) == (FETCHED, known + timedelta(microseconds=1))


def test_an_unfinished_file_is_never_read(lake: Lake, tmp_path: Path) -> None:
    file, _ = write(lake, rows("A"))
    (Path(file.path).parent / ".29990101T000000.000000Z-x.parquet.1.unfinished").write_bytes(b"half")

    assert stored(lake) == file
    assert tmp_path in Path(file.path).parents


def test_what_a_killed_process_left_is_removed_but_not_what_is_being_written(lake: Lake) -> None:
    folder = Path(write(lake, rows("A"))[0].path).parent
    abandoned, under_way = folder / ".a.parquet.1.unfinished", folder / ".a.parquet.2.unfinished"
    for file in (abandoned, under_way):
        file.write_bytes(b"half")
    long_ago = time.time() - 2 * ABANDONED_AFTER.total_seconds()
    os.utime(abandoned, (long_ago, long_ago))

    write(lake, rows("B"), hours=1)

    assert not abandoned.exists()
    assert under_way.exists()


def test_a_day_in_another_order_is_the_same_day(lake: Lake) -> None:
    with_ids = rows("A", None, "B", "A")
    without_ids = with_ids.with_columns(pl.lit(None, pl.String).alias(":id"))
    for hours, frame in enumerate([with_ids, without_ids]):
        first, _ = write(lake, frame, hours=hours)

        for other in (frame.reverse(), frame.select(sorted(frame.columns)), frame.select(reversed(frame.columns))):
            assert write(lake, other, hours=2 + hours) == (first, False)


def test_rows_that_are_there_twice_are_counted(lake: Lake) -> None:
    frame = rows("A", "B").with_columns(pl.lit(None, pl.String).alias(":id"))
    write(lake, frame[[0, 0, 1]])

    assert write(lake, frame[[0, 1, 1]], hours=1)[1]


def test_the_digest_does_not_depend_on_the_order_of_columns() -> None:
    frame = rows("A", "B", "C")

    assert digest_of(frame) == digest_of(frame.select(sorted(frame.columns)))
    assert digest_of(frame) == digest_of(frame.select(reversed(frame.columns)))


def test_the_digest_tells_values_apart() -> None:
    versions = [rows("A", "B"), rows("B", "A"), rows("A", None), rows("A", ""), rows("A"), rows("A,B"), rows('A"', "B")]
    versions.append(rows("A").rename({"street_name": "road_name"}))

    assert len({digest_of(frame) for frame in versions}) == len(versions)


def test_the_digest_is_the_same_for_ever() -> None:
    frame = pl.DataFrame({":id": ["row-1", "row-2"], "name": ["Ä\n", None]})

    whole = '[":id",["row-1","row-2"]]["name",["Ä\\n",null]]'
    assert digest_of(frame) == hashlib.sha256(whole.encode()).hexdigest()


def test_an_address_that_means_nothing_is_explained() -> None:
    with pytest.raises(PermanentError, match=r"cannot be opened.*CRASHES_RAW_URL"):
        Lake("nowhere://at/all")


def test_a_file_url_is_a_local_folder(tmp_path: Path) -> None:
    lake = Lake(f"file://{tmp_path}/raw")

    write(lake, rows("A"))

    assert lake.read(stored(lake))["street_name"].to_list() == ["A"]
    assert len(files_below(tmp_path / "raw")) == 1


def test_a_relative_path_is_taken_from_the_project_whoever_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    lake = Lake(os.path.relpath(tmp_path / "raw", PROJECT_ROOT))
    write(lake, rows("A"))

    assert stored(lake).rows == 1
    assert (tmp_path / "raw" / feed_named("crashes").name).is_dir()


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of an empty folder of a bucket on a local server that speaks S3, which keeps what earlier tests wrote."""
    server = pytest.importorskip("moto.server", reason="install moto[server] to test the lake on S3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    service = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    service.start()
    host, port = service.get_host_and_port()
    endpoint = f"scheme=http&endpoint_override={host}:{port}&region=us-east-1&allow_bucket_creation=true"
    yield f"s3://crashes-lake/{tmp_path.name}?{endpoint}"
    service.stop()


def test_a_lake_on_s3_is_the_same_lake(bucket: str) -> None:
    lake = Lake(bucket)
    assert lake.newest(CRASHES, DAY) is None

    first, is_new = write(lake, rows(*AWKWARD))
    again, is_new_again = write(lake, rows(*AWKWARD), hours=1)
    second, _ = write(lake, rows("B"), hours=2)

    assert (is_new, is_new_again) == (True, False)
    assert again == first
    assert_frame_equal(lake.read(first), rows(*AWKWARD))
    assert stored(lake) == second
    assert lake.newest_names(CRASHES).by_day[DAY].path == second.path
    assert lake.newest_names(PEOPLE).by_day == {}
    assert lake.read(stored(Lake(bucket)))["street_name"].to_list() == ["B"]


def test_a_damaged_file_on_s3_is_set_aside(bucket: str) -> None:
    lake = Lake(bucket)
    old, _ = write(lake, rows("A"))
    damaged, _ = write(lake, rows("B"), hours=1)
    files, _ = FileSystem.from_uri(bucket)
    with files.open_output_stream(damaged.path) as target:
        target.write(b"half")

    with pytest.raises(DamagedFileError, match=r"crashes 2021-12-31.*is damaged"):
        lake.newest(CRASHES, DAY)
    kept = lake.set_aside(CRASHES, DAY, damaged.path)

    assert kept == f"{damaged.path}.set-aside"
    assert lake.newest(CRASHES, DAY) == old
    with pytest.raises(PermanentError, match=r"set aside.*chicago-crashes load 2021-12-31 2021-12-31"):
        lake.current(CRASHES, DAY)
    again, is_new = write(lake, rows("B"), hours=2)
    assert is_new
    assert lake.current(CRASHES, DAY) == again
    assert_frame_equal(lake.read(again), rows("B"))

"""A raw file reads back as it was written, or it is refused: bits that flipped, files cut short, files of others."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE
from chicago_crashes.storage.lake import DamagedFileError, DayFile, Lake
from chicago_crashes.storage.lake_files import NOTE_KEY, SEAL_KEY
from chicago_crashes_tests.feeds.cleaning.raw_rows import raw_frame
from chicago_crashes_tests.storage.test_lake import DAY, SIGNED, lake, rows, stored, write

__all__ = ["lake"]

VERSION = "20220105T123015.123456Z-0123456789ab.parquet"
FLIPS = 700


def crashes() -> pl.DataFrame:
    """As many rows, and as long identifiers, as a usual day has."""
    return raw_frame(
        CRASHES,
        [
            {"crash_record_id": f"{place * 7919:0128x}", ":id": f"row-{place}", "street_name": f"{place % 11} ST"}
            for place in range(90)
        ],
        day=None,
    )


def without_seal(path: Path) -> None:
    """Make a file what it would have been before there were seals."""
    note = pl.read_parquet_metadata(path)[NOTE_KEY]
    pl.read_parquet(path).write_parquet(path, metadata={NOTE_KEY: note})


def what_is_read(lake: Lake) -> pl.DataFrame | None:
    """The rows of the day; None if its file is refused."""
    try:
        return lake.read(stored(lake))
    except DamagedFileError:
        return None


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "of before there were seals"])
def test_a_flipped_bit_is_harmless_or_the_file_is_refused(lake: Lake, sealed: bool) -> None:
    path = Path(write(lake, crashes())[0].path)
    if not sealed:
        without_seal(path)
    content, note = path.read_bytes(), stored(lake).note
    chance = random.Random(20220105)  # noqa: S311 - a test's choice
    outcomes: Counter[str] = Counter()

    for place in chance.sample(range(len(content) * 8), FLIPS):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        frame = what_is_read(lake)
        if frame is not None:
            assert_frame_equal(frame, crashes(), check_column_order=False)
            assert not sealed or stored(lake).note == note
        outcomes["refused" if frame is None else "equal"] += 1

    assert outcomes["refused"] > FLIPS * (0.95 if sealed else 0.4)


def test_every_length_a_file_may_be_cut_to_is_refused(lake: Lake) -> None:
    path = Path(write(lake, crashes())[0].path)
    content = path.read_bytes()

    for length in [*range(12), *range(12, len(content), 997), len(content) - 1]:
        path.write_bytes(content[:length])
        assert what_is_read(lake) is None


def test_a_file_that_was_emptied_in_the_middle_is_refused_although_its_end_is_sound(lake: Lake) -> None:
    file, _ = write(lake, crashes())
    content = bytearray(Path(file.path).read_bytes())
    content[4:500] = bytes(496)
    Path(file.path).write_bytes(content)

    assert stored(lake) == file
    with pytest.raises(DamagedFileError, match=r"its seal is broken. Load the day again"):
        lake.read(stored(lake))


def test_files_of_before_there_were_seals_are_read(lake: Lake) -> None:
    for hours, frame in enumerate([crashes(), crashes().clear()]):
        file, _ = write(lake, frame, hours=hours)
        without_seal(Path(file.path))

        assert stored(lake).note == file.note
        assert_frame_equal(lake.read(stored(lake)), frame)


def retold(path: Path, **told: object) -> None:
    """Let a file without a seal tell something else of the same rows."""
    note = json.loads(pl.read_parquet_metadata(path)[NOTE_KEY]) | told
    pl.read_parquet(path).write_parquet(path, metadata={NOTE_KEY: json.dumps(note)})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"feed": "people"}, "belongs to another place: it holds people of 2021-12-31"),
        ({"day": "2021-12-30"}, "belongs to another place: it holds crashes of 2021-12-30"),
        ({"fetched_at": "2022-01-05T12:30:15.123457+00:00"}, "was renamed"),
        ({"digest": "0" * 64}, "was renamed"),
        ({"source_rows": 91}, "holds 90 rows, but 91 were verified"),
        ({"source_updated_at": "2022-01-05T10:00:00.001+00:00"}, "has rows of 2022-01-05 10:00:00"),
        ({"source_updated_at": None}, "has rows of 2022-01-05 10:00:00"),
        ({"fetched_at": "soon"}, "not written by this platform"),
    ],
    ids=str,
)
def test_a_note_that_is_not_of_these_rows_in_this_place_is_not_believed(
    lake: Lake, told: dict[str, object], words: str
) -> None:
    path = Path(write(lake, crashes())[0].path)
    retold(path, **told)

    with pytest.raises(DamagedFileError, match=words):
        lake.read(stored(lake))


def test_rows_that_are_not_those_of_the_digest_are_not_believed(lake: Lake) -> None:
    path = Path(write(lake, crashes())[0].path)
    note = pl.read_parquet_metadata(path)[NOTE_KEY]
    crashes().with_columns(posted_speed_limit=pl.lit("35")).write_parquet(path, metadata={NOTE_KEY: note})

    with pytest.raises(DamagedFileError, match="its rows are not those that were written"):
        lake.read(stored(lake))


def test_a_seal_of_another_file_is_broken(lake: Lake) -> None:
    path = Path(write(lake, crashes())[0].path)
    told = {key: value for key, value in pl.read_parquet_metadata(path).items() if key in (NOTE_KEY, SEAL_KEY)}
    crashes().with_columns(posted_speed_limit=pl.lit("35")).write_parquet(path, metadata=told)

    with pytest.raises(DamagedFileError, match="its seal is broken"):
        lake.read(stored(lake))


@pytest.mark.parametrize(
    "content", [None, b"", b"PAR1", b"not parquet at all, but long enough to hold a footer"], ids=repr
)
def test_a_file_of_somebody_else_under_a_name_of_ours_is_told(
    lake: Lake, tmp_path: Path, content: bytes | None
) -> None:
    folder = tmp_path / "raw/crashes/2021/2021-12-31"
    folder.mkdir(parents=True)
    pl.DataFrame({"a": ["x"]}).write_parquet(folder / VERSION)
    if content is not None:
        (folder / VERSION).write_bytes(content)

    with pytest.raises(DamagedFileError, match=rf"crashes 2021-12-31.*{VERSION}.*not written by this platform"):
        lake.newest(CRASHES, DAY)


@pytest.mark.parametrize("note", ["{}", "[]", "no json", '{"feed": "crashes"}'])
def test_a_file_with_another_note_is_told(lake: Lake, tmp_path: Path, note: str) -> None:
    folder = tmp_path / "raw/crashes/2021/2021-12-31"
    folder.mkdir(parents=True)
    pl.DataFrame({"a": ["x"]}).write_parquet(folder / VERSION, metadata={NOTE_KEY: note})

    with pytest.raises(DamagedFileError, match=r"not written by this platform"):
        lake.newest(CRASHES, DAY)


def test_a_file_whose_name_is_not_ours_is_no_version(lake: Lake) -> None:
    file, _ = write(lake, rows("A"))
    mine = Path(file.path).with_name("mine.parquet")
    mine.write_bytes(b"mine")

    assert stored(lake) == file
    assert lake.folder(CRASHES, DAY).foreign == [str(mine)]


def another_feed(lake: Lake) -> DayFile:
    people = raw_frame(PEOPLE, [{}], day=None)
    at = datetime.fromisoformat("2022-01-05T14:00:00+00:00")
    return lake.write(PEOPLE, DAY, people, source_updated_at=SIGNED, fetched_at=at, run_id="a run")[0]


def another_day(lake: Lake) -> DayFile:
    return write(lake, rows("B"), day=date(2021, 12, 30), hours=1)[0]


@pytest.mark.parametrize("other", [another_feed, another_day])
def test_a_sound_file_of_another_place_is_replaced_and_kept(lake: Lake, other: Callable[[Lake], DayFile]) -> None:
    mine, _ = write(lake, rows("A"))
    strange = Path(other(lake).path)
    here = Path(mine.path).parent / strange.name
    here.write_bytes(strange.read_bytes())

    with pytest.raises(DamagedFileError, match="belongs to another place"):
        lake.newest(CRASHES, DAY)
    lake.set_aside(CRASHES, DAY, str(here))
    lake.set_aside(CRASHES, DAY, str(here))

    assert not here.exists()
    assert Path(f"{here}.set-aside").read_bytes() == strange.read_bytes()
    assert stored(lake) == mine
    with pytest.raises(PermanentError, match=r"set aside.*may be out of date"):
        lake.current(CRASHES, DAY)


def test_what_cannot_be_read_is_set_aside_when_the_day_is_written(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    """One file has no readable end; the rows of the one before it cannot be read, which only reading them shows."""
    rotten, _ = write(lake, rows("A", "B"))
    cut, _ = write(lake, rows("A", "C"), hours=1)
    content = Path(rotten.path).read_bytes()
    Path(rotten.path).write_bytes(content[:4] + bytes([content[4] ^ 1]) + content[5:])
    Path(cut.path).write_bytes(content[:40])

    written, is_new = write(lake, rows("A", "B"), hours=2)

    assert is_new
    assert_frame_equal(lake.read(stored(lake)), rows("A", "B"))
    assert lake.current(CRASHES, DAY) == written
    for file in (rotten, cut):
        assert Path(f"{file.path}.set-aside").exists()
        assert f"crashes 2021-12-31: the raw file {file.path}" in caplog.text
    assert "the version that is written now replaces it" in caplog.text


def test_every_feed_is_read_back(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    for feed in FEEDS:
        frame = raw_frame(feed, [{}, {}], day=None)
        file, _ = lake.write(
            feed, DAY, frame, source_updated_at=SIGNED, fetched_at=SIGNED + timedelta(hours=1), run_id="a run"
        )
        assert_frame_equal(lake.read(file), frame)

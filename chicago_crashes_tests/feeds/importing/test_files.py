"""Which files of a folder are imported, which are refused, which are passed over."""

import os
from pathlib import Path

import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS, Feed, feed_named
from chicago_crashes.feeds.importing.files import ExportFile, RefusedFile, find_exports
from chicago_crashes_tests.feeds.importing.export_files import header_line, sound_line, write_lines

CRASHES = feed_named("crashes")
every_feed = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)


def _one(folder: Path) -> ExportFile | RefusedFile:
    (found,) = find_exports(folder)
    return found


def _refusal(folder: Path) -> str:
    found = _one(folder)
    assert isinstance(found, RefusedFile)
    return str(found.error)


@every_feed
@pytest.mark.parametrize("form", ["export", "api", "shouted"])
def test_a_file_is_known_by_its_columns_whatever_its_name(tmp_path: Path, feed: Feed, form: str) -> None:
    headers = {
        "export": header_line(feed),
        "api": ",".join(f'"{name}"' for name in feed.column_names),
        "shouted": header_line(feed).upper(),
    }
    write_lines(tmp_path / "Traffic_Crashes_-_Download (1).CSV", [headers[form], sound_line(feed)])
    found = _one(tmp_path)
    assert isinstance(found, ExportFile)
    assert found.feed is feed
    assert found.columns == feed.column_names


@every_feed
def test_a_lost_column_is_named(tmp_path: Path, feed: Feed) -> None:
    required = [column for column in feed.columns if column.published_since is None]
    write_lines(tmp_path / "x.csv", [",".join(column.header for column in required[1:])])
    assert f"lacks 1 of its columns: {required[0].name}." in _refusal(tmp_path)


def test_a_column_of_later_vintages_may_be_missing(tmp_path: Path) -> None:
    required = [column.header for column in CRASHES.columns if column.published_since is None]
    assert len(required) < len(CRASHES.columns)
    write_lines(tmp_path / "crashes.csv", [",".join(required)])
    assert isinstance(_one(tmp_path), ExportFile)


def test_unknown_columns_are_kept_under_the_name_the_api_would_give_them(tmp_path: Path) -> None:
    write_lines(tmp_path / "crashes.csv", [header_line(CRASHES) + ",RD_NO,Some New-Column,,:version,:updated_at"])
    found = _one(tmp_path)
    assert isinstance(found, ExportFile)
    nameless = f"column_{len(CRASHES.columns) + 3}"
    assert found.columns[-5:] == ("rd_no", "some_new_column", nameless, "version", ":updated_at")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "its first line is empty"),
        (b"\n", "its first line is empty"),
        (b"PK\x03\x04\xff\xfe", "no readable header"),
        (header_line(CRASHES).encode("utf-16"), "no readable header"),
        (header_line(CRASHES).replace(",", ";").encode(), "crash_record_id"),
        (header_line(CRASHES).encode() + b",crash_date", "columns twice: crash_date"),
        (b"," * 5000 + b"x", "more than any export"),
        (b"x" * 3_000_000, "no readable header"),
    ],
    ids=["empty", "blank", "zip", "utf-16", "semicolons", "twice", "too many", "endless"],
)
def test_a_file_that_is_no_export_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "crashes.csv").write_bytes(content)
    assert told in _refusal(tmp_path)


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    (tmp_path / "crashes.txt").write_text(header_line(CRASHES))
    with pytest.raises(PermanentError, match="holds no CSV export"):
        list(find_exports(tmp_path))


def test_only_the_feeds_asked_for(tmp_path: Path) -> None:
    for feed in FEEDS:
        write_lines(tmp_path / f"{feed.name}.csv", [header_line(feed)])
    (tmp_path / "people_2.csv").write_text("broken")
    found = list(find_exports(tmp_path, [CRASHES]))
    assert [file.path.name for file in found] == ["crashes.csv"]


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="cannot be read as a folder"):
        list(find_exports(tmp_path / "nowhere"))


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    write_lines(outside, [header_line(CRASHES)])
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "crashes.csv").symlink_to(outside)
    assert "it is a link" in _refusal(folder)


def test_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "crashes.csv")
    (tmp_path / "people.csv").mkdir()
    told = [str(file.error) for file in find_exports(tmp_path) if isinstance(file, RefusedFile)]
    assert ["no regular file" in message for message in told] == [True, True]


def test_a_name_that_garbles_terminals_and_records_is_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "crashes\x1b[31m.csv", [header_line(CRASHES)])
    assert "Rename it" in _refusal(tmp_path)

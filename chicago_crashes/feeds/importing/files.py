"""Which files of a folder are exports of which feed, told by their headers.

The folder is not trusted: only regular files in it are opened, and never through a link.
"""

import codecs
import csv
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS, Feed

SUFFIX = ".csv"
LONGEST_HEADER = 1024 * 1024
MOST_COLUMNS = 1_000
UPDATED_AT = ":updated_at"
"""When the portal touched a row last: exports of the API may tell it, those of the Export button do not."""

LIKELY = 0.5
"""A file with this share of a feed's columns is meant as an export of it, whatever its name."""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One readable export. `columns` are the API's names of its columns, in the order of the file."""

    path: Path
    feed: Feed
    columns: tuple[str, ...]
    bytes: int

    @property
    def name(self) -> str:
        """The file's name, by which its rows are known in the records."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """One file that looks like an export but cannot be imported, and why."""

    path: Path
    error: PermanentError


def find_exports(directory: Path, feeds: Collection[Feed] = FEEDS) -> Iterator[ExportFile | RefusedFile]:
    """The exports of `feeds` in a folder, by name; other files are passed over.

    Raises:
        PermanentError: there is no such folder, or no export of these feeds in it.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix.lower() == SUFFIX)
    except OSError as error:
        raise PermanentError(
            f"{directory} cannot be read as a folder of CSV exports: {error.strerror}. Give the folder that holds them."
        ) from error
    found = [export for path in paths if (export := _recognised(path, feeds)) is not None]
    if not found:
        raise PermanentError(
            f"{directory} holds no CSV export of {', '.join(feed.name for feed in feeds)}. Download the datasets from "
            "the portal (Export, CSV) into it; their files are recognised by their columns."
        )
    yield from found


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading, never through a link.

    Raises:
        PermanentError: it is a link, a folder, a pipe or a device, or may not be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise PermanentError(f"{path} cannot be read: {_why_not(path, error)}.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PermanentError(f"{path} cannot be read: it is no regular file. Put the export itself into the folder.")
    return os.fdopen(descriptor, "rb")


def _why_not(path: Path, error: OSError) -> str:
    if path.is_symlink():
        return "it is a link, and links are not followed. Put the export itself into the folder"
    return error.strerror or str(error)


def _recognised(path: Path, feeds: Collection[Feed]) -> ExportFile | RefusedFile | None:
    try:
        with open_regular(path) as file:
            header = _header(path, file.readline(LONGEST_HEADER))
            size = os.fstat(file.fileno()).st_size
    except PermanentError as error:
        feed = _feed_by_name(path)
        return RefusedFile(path, error) if feed is None or feed in feeds else None
    feed = _best_feed(path, header)
    if feed is None or feed not in feeds:
        return None
    try:
        columns = _columns(path, feed, header)
    except PermanentError as error:
        return RefusedFile(path, error)
    return ExportFile(path, feed, columns, size)


def _header(path: Path, line: bytes) -> list[str]:
    if not path.name.isprintable():
        raise PermanentError(f"{str(path)!r} has unprintable characters in its name. Rename it.")
    try:
        text = line.removeprefix(codecs.BOM_UTF8).decode()
        header = next(csv.reader([text], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise PermanentError(
            f"{path} has no readable header: {error}. Expected a CSV file in UTF-8; download it again from the portal."
        ) from error
    if not any(header):
        raise PermanentError(f"{path} has no header: its first line is empty. Download it again from the portal.")
    if len(header) > MOST_COLUMNS:
        raise PermanentError(f"{path} has {len(header):,} columns, more than any export. Download it again.")
    return header


def _best_feed(path: Path, header: list[str]) -> Feed | None:
    """The feed that most of the columns speak for, or that the name speaks for if the columns do not."""
    shares = {feed.name: 1 - len(_missing(feed, header)) / len(_required(feed)) for feed in FEEDS}
    best = max(FEEDS, key=lambda feed: shares[feed.name])
    return best if shares[best.name] >= LIKELY else _feed_by_name(path)


def _feed_by_name(path: Path) -> Feed | None:
    """The feed that a word in the file's name stands for; of several words the one in the fewest feeds' titles.

    The portal names its exports by the titles, and puts some words into the titles of many feeds.
    """
    name = _plain(path.stem)
    words = [(word, feed) for feed in FEEDS for word in (feed.name, *feed.named_like) if word in name]
    return min(words, key=lambda found: _titles_with(found[0]), default=("", None))[1]


def _titles_with(word: str) -> int:
    return sum(word in _plain(feed.title) for feed in FEEDS)


def _required(feed: Feed) -> list[str]:
    return [column.name for column in feed.columns if column.published_since is None]


def _missing(feed: Feed, header: list[str]) -> list[str]:
    present = set(_api_names(feed, header))
    return [name for name in _required(feed) if name not in present]


def _columns(path: Path, feed: Feed, header: list[str]) -> tuple[str, ...]:
    if missing := _missing(feed, header):
        raise PermanentError(
            f"{path} is no whole export of {feed.name}: it lacks {len(missing)} of its columns: {', '.join(missing)}. "
            "Nothing of it was imported. Download the whole dataset again from the portal."
        )
    names = _api_names(feed, header)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PermanentError(
            f"{path} has columns twice: {', '.join(twice)}. Nothing of it was imported. Remove one of each."
        )
    return names


def _api_names(feed: Feed, header: list[str]) -> tuple[str, ...]:
    """The API's name of every column; a column nobody declared gets the name the API would give it."""
    known = (*feed.column_names, UPDATED_AT)
    declared: Mapping[str, str] = {column.header.lower(): column.name for column in feed.columns}
    names = []
    for place, title in enumerate(header, 1):
        plain = title.strip().lower()
        invented = _plain(title) or f"column_{place}"
        names.append(plain if plain in known else declared.get(plain, invented))
    return tuple(names)


def _plain(text: str) -> str:
    """Lower-case letters and figures, with underscores between the words."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")

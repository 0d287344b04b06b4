"""The names of raw files: where a version of a day lies, and what its name alone tells of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

SUFFIX = ".parquet"
UNFINISHED = ".unfinished"
SET_ASIDE = ".set-aside"
"""What a file ends with that is no version of its day any more: it was damaged, or belongs elsewhere."""

DIGEST_LENGTH = 12
"""How many characters of a version's digest are in its name."""

_NAME = re.compile(rf"(\d{{8}}T\d{{6}}\.\d{{6}}Z)-([0-9a-f]{{{DIGEST_LENGTH}}}){re.escape(SUFFIX)}")
_PLACE = re.compile(r"(\d{4})/(\1-\d{2}-\d{2})/([^/]+)")


@dataclass(frozen=True, slots=True)
class VersionName:
    """What the name of a day's version says: when it was fetched, and how the digest of its rows begins."""

    path: str
    fetched_at: datetime
    digest_prefix: str


@dataclass(frozen=True, slots=True)
class NewestNames:
    """The newest version of each day of a feed, told by names alone; nothing was opened.

    `foreign` are the files in the feed's folder that are neither versions nor anything else of ours. They are ignored
    here; who reads such a day sets them aside.
    """

    by_day: Mapping[date, VersionName]
    foreign: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DayFolder:
    """The files of one day, as their names tell.

    `fetched_at` is when the newest version was fetched, be it set aside or not. If it is set aside, `newest` is an
    older one, which nobody should take for what the portal publishes. `foreign` are names no version has.
    """

    newest: VersionName | None
    fetched_at: datetime | None
    foreign: Sequence[str]


def version_file_name(fetched_at: datetime, digest: str) -> str:
    """The name of a version that was fetched at a time, in UTC."""
    return f"{fetched_at:%Y%m%dT%H%M%S.%fZ}-{digest[:DIGEST_LENGTH]}{SUFFIX}"


def version_named(path: str) -> VersionName | None:
    """What the last part of a path says; None if no version is called so."""
    found = _NAME.fullmatch(path.rsplit("/", 1)[-1])
    if found is None:
        return None
    try:
        return VersionName(path, datetime.fromisoformat(found[1]), found[2])
    except ValueError:
        return None


def day_folder(paths: Iterable[str]) -> DayFolder:
    """Sort the files of a day's folder."""
    finished = [path for path in paths if not path.endswith(UNFINISHED)]
    present = [path for path in finished if not path.endswith(SET_ASIDE)]
    named = {path: version_named(path) for path in present}
    versions = [version for version in named.values() if version]
    ever = [version for path in finished if (version := version_named(path.removesuffix(SET_ASIDE)))]
    return DayFolder(
        newest=max(versions, key=lambda version: version.path, default=None),
        fetched_at=max((version.fetched_at for version in ever), default=None),
        foreign=[path for path, version in named.items() if version is None and path.endswith(SUFFIX)],
    )


def newest_of_each_day(folder: str, paths: Iterable[str]) -> NewestNames:
    """Sort the files of a feed's folder into newest versions and foreign files."""
    newest: dict[date, VersionName] = {}
    foreign = []
    for path in paths:
        if path.endswith((UNFINISHED, SET_ASIDE)):
            continue
        day, version = _day_of(path.removeprefix(f"{folder}/")), version_named(path)
        if day is None or version is None:
            foreign.append(path)
        elif day not in newest or newest[day].path < path:
            newest[day] = version
    return NewestNames(newest, foreign)


def _day_of(place: str) -> date | None:
    """The day of a place below a feed's folder, `<year>/<day>/<name>`; None if it is no such place."""
    found = _PLACE.fullmatch(place)
    try:
        return date.fromisoformat(found[2]) if found else None
    except ValueError:
        return None

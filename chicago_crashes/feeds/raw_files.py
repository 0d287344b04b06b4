"""Which raw files stand for what the portal publishes now, and what becomes of files that stand for nothing.

A file that is damaged, or is not of its folder's feed and day, is set aside: it keeps its name with a suffix, is no
version of the day any more, and the day is fetched anew. An older version never takes its place unasked.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from psycopg import Connection

from chicago_crashes.errors import CrashesError, PermanentError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.cleaning.version import rules_digest
from chicago_crashes.feeds.reading import Merged, merged_days
from chicago_crashes.feeds.records import newest_fetches
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.storage.lake import DamagedFileError, DayFile, Lake
from chicago_crashes.storage.lake_names import DayFolder

logger = logging.getLogger(__name__)


class RawFiles:
    """What is known of days before they are fetched.

    `held` are the files of days that need not be fetched. `not_before` is when the newest known version of a day was
    fetched: what is fetched after this look is newer, whatever any host's clock says. `set_aside` are the files that
    were renamed, by day.
    """

    def __init__(self, connection: Connection, lake: Lake, feed: Feed) -> None:
        """Know nothing yet."""
        self._connection = connection
        self._lake = lake
        self._feed = feed
        self.held: dict[date, DayFile] = {}
        self.not_before: dict[date, datetime] = {}
        self.set_aside: dict[date, list[str]] = defaultdict(list)

    def look(self, plan: Mapping[date, Signature], *, refetch: bool) -> Collection[date]:
        """Look at the days of a plan; returns those that are held, of which there are none if they are refetched."""
        merged = merged_days(self._connection, self._feed, list(plan))
        recorded = newest_fetches(self._connection, self._feed, list(plan))
        held = set()
        for day, signature in plan.items():
            try:
                folder = self._lake.folder(self._feed, day)
                self._put_foreign_aside(day, folder)
                self._know_of(day, folder, recorded.get(day))
                if not refetch and (file := self._sound(day, folder, signature, merged.get(day))):
                    self.held[day] = file
                    held.add(day)
            except CrashesError as error:
                logger.warning("%s %s is fetched again; what is there cannot be read: %s", self._feed.name, day, error)
        return held

    def _know_of(self, day: date, folder: DayFolder, recorded: datetime | None) -> None:
        known = [moment for moment in (folder.fetched_at, recorded, self.not_before.get(day)) if moment]
        if known:
            self.not_before[day] = max(known)

    def _sound(self, day: date, folder: DayFolder, signature: Signature, merged: Merged | None) -> DayFile | None:
        """The newest file, if the portal gives its signature; of what is not merged from it, the rows are proven."""
        if folder.newest is None or folder.newest.fetched_at < self.not_before[day]:
            return None
        try:
            file = self._lake.opened(self._feed, day, folder.newest)
            if _signature(file) != signature:
                return None
            if merged is None or not is_merged_from(self._feed, merged, file):
                self._lake.read(file)
        except DamagedFileError as error:
            self._put_aside(day, error.path, error.what)
            return None
        return file

    def _put_foreign_aside(self, day: date, folder: DayFolder) -> None:
        for path in folder.foreign:
            self._put_aside(day, path, "was not written by this platform")

    def _put_aside(self, day: date, path: str, what: str) -> None:
        kept = self._lake.set_aside(self._feed, day, path)
        self.set_aside[day].append(kept)
        logger.error(
            "%s %s: the raw file %s %s. It is kept as %s. If it was the newest of the day, the day is fetched anew.",
            self._feed.name,
            day,
            path,
            what,
            kept,
        )


def is_merged_from(feed: Feed, merged: Merged, file: DayFile) -> bool:
    """Whether a day was merged from these very rows, whenever they were fetched, by the rules we have now.

    What is recorded of the day has to be what the file says, too: otherwise merging it again mends the record.
    """
    recorded = merged.signature, merged.raw_digest, merged.rules_digest
    return recorded == (_signature(file), file.note.digest, rules_digest(feed))


def _signature(file: DayFile) -> Signature:
    return Signature(file.note.source_rows, file.note.source_updated_at)


def newest_known(connection: Connection, lake: Lake, feed: Feed, days: Sequence[date]) -> dict[date, datetime]:
    """When the newest version of each day that was ever fetched was: what is stored now is newer."""
    known = newest_fetches(connection, feed, days)
    for day in days:
        moments = [moment for moment in (lake.folder(feed, day).fetched_at, known.get(day)) if moment]
        if moments:
            known[day] = max(moments)
    return known


def put_aside_to_fail(lake: Lake, feed: Feed, error: DamagedFileError) -> CrashesError:
    """Set a damaged file aside where nothing can be fetched; returns why its day fails."""
    try:
        kept = lake.set_aside(feed, error.day, error.path)
    except CrashesError as unmoved:
        return unmoved
    return PermanentError(
        f"{feed.name} {error.day}: the raw file {error.path} {error.what}. It is kept as {kept}, and nothing of the "
        f"day was loaded. Fetch the day anew: `chicago-crashes load {error.day} {error.day} --feed {feed.name}`, or in "
        f"Dagster materialise raw/{feed.name} and the table for this day."
    )

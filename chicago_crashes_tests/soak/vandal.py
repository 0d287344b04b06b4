"""What happens to what is ours: files that rot, vanish or come from elsewhere, rows deleted by hand, a clock ahead."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from psycopg import Connection, sql

from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.storage.lake import DayFile, Lake
from chicago_crashes.storage.lake_names import SET_ASIDE, SUFFIX, version_file_name

MOST_DAYS = 4
MOST_ROWS = 3
AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to a feed. `must_be_told` are its days that must be stale now, `must_go` files to be set aside."""

    kind: str
    feed: Feed
    must_be_told: frozenset[date] = frozenset()
    must_go: tuple[Path, ...] = ()


@dataclass
class Vandal:
    """Somebody who spoils the database and the lake at random, while nobody loads."""

    connection: Connection
    lake: Lake
    days: list[date]
    rng: Random
    done: Counter[str] = field(default_factory=Counter)

    def spoil(self) -> Deed | None:
        """Do one thing to one feed; None if there was nothing to spoil."""
        kinds: dict[str, Callable[[Feed], Deed | None]] = {
            "rows deleted by hand": self._delete_rows,
            "quarantine deleted by hand": self._delete_quarantine,
            "files lost": self._lose_files,
            "older lake": self._go_back,
            "bits flipped": self._flip_bits,
            "another feed's file": self._mix_up,
            "clock ahead": self._set_clock_ahead,
        }
        for kind in self.rng.sample(list(kinds), len(kinds)):
            if deed := kinds[kind](self.rng.choice(FEEDS)):
                self.done[kind] += 1
                return deed
        return None

    def _delete_rows(self, feed: Feed) -> Deed | None:
        query = sql.SQL(
            "delete from {table} where ctid in (select ctid from {table} order by {key} offset %s limit %s)"
            " returning {date}::date"
        ).format(
            table=sql.Identifier(feed.table),
            key=sql.SQL(", ").join(map(sql.Identifier, feed.key)),
            date=sql.Identifier(feed.date),
        )
        gone = self.connection.execute(query, [self.rng.randrange(30), self.rng.randint(1, MOST_ROWS)]).fetchall()
        return self._deed("rows deleted by hand", feed, {day for (day,) in gone})

    def _delete_quarantine(self, feed: Feed) -> Deed | None:
        gone = self.connection.execute(
            "delete from ops.quarantine where feed = %s and day is not null returning day", [feed.name]
        ).fetchall()
        return self._deed("quarantine deleted by hand", feed, {day for (day,) in gone})

    def _deed(self, kind: str, feed: Feed, days: set[date]) -> Deed | None:
        return Deed(kind, feed, frozenset(days)) if days else None

    def _some_files(self, feed: Feed) -> list[DayFile]:
        """The newest files of some days that are loaded and have rows."""
        loaded = {
            day
            for (day,) in self.connection.execute(
                "select day from ops.signatures where feed = %s and source_rows > 0", [feed.name]
            )
        }
        held = [file for day, file in self.lake.newest_files(feed, self.days) if file and day in loaded and file.rows]
        return self.rng.sample(held, min(len(held), self.rng.randint(1, MOST_DAYS)))

    def _lose_files(self, feed: Feed) -> Deed | None:
        files = self._some_files(feed)
        for file in files:
            for path in Path(file.path).parent.iterdir():
                path.unlink()
        return self._deed("files lost", feed, {file.note.day for file in files})

    def _go_back(self, feed: Feed) -> Deed | None:
        """The newest version of every day that has several is gone, as in a copy from before."""
        days = set()
        for file in self._some_files(feed):
            digests = [path.name.rsplit("-", 1)[1] for path in Path(file.path).parent.glob(f"*{SUFFIX}")]
            if len(digests) > 1 and digests.count(Path(file.path).name.rsplit("-", 1)[1]) == 1:
                Path(file.path).unlink()
                days.add(file.note.day)
        return self._deed("older lake", feed, days)

    def _flip_bits(self, feed: Feed) -> Deed | None:
        """Files rot, and the database has forgotten their days, or nobody would read them."""
        files = self._some_files(feed)
        for file in files:
            content = bytearray(Path(file.path).read_bytes())
            content[self.rng.randrange(4, len(content) - 8)] ^= 1 << self.rng.randrange(8)
            Path(file.path).write_bytes(content)
            self.connection.execute(
                "delete from ops.signatures where feed = %s and day = %s", [feed.name, file.note.day]
            )
        if not files:
            return None
        paths = tuple(Path(file.path) for file in files)
        return Deed("bits flipped", feed, frozenset(file.note.day for file in files), paths)

    def _mix_up(self, feed: Feed) -> Deed | None:
        other = self.rng.choice([each for each in FEEDS if each != feed])
        files = self._some_files(feed)
        strange = self._some_files(other)
        if not files or not strange:
            return None
        name = version_file_name(datetime.now(UTC) + timedelta(seconds=1), strange[0].note.digest)
        path = Path(files[0].path).with_name(name)
        path.write_bytes(Path(strange[0].path).read_bytes())
        return Deed("another feed's file", feed, frozenset([files[0].note.day]), (path,))

    def _set_clock_ahead(self, feed: Feed) -> Deed | None:
        """Some days were fetched, and perhaps loaded, by a host whose clock was ahead."""
        files = self._some_files(feed)
        for file in files:
            rows = self.lake.read(file)
            at = file.note.fetched_at + AHEAD
            Path(file.path).unlink()
            self.lake.write(
                feed,
                file.note.day,
                rows,
                source_updated_at=file.note.source_updated_at,
                fetched_at=at,
                run_id=file.note.run_id,
            )
            if self.rng.random() < 0.5:
                self.connection.execute(
                    "update ops.signatures set fetched_at = %s where feed = %s and day = %s",
                    [at, feed.name, file.note.day],
                )
        return Deed("clock ahead", feed) if files else None


def unmended(deed: Deed) -> list[str]:
    """What a refresh did not do about the files of a deed."""
    return [
        f"{path} was not set aside"
        for path in deed.must_go
        if path.exists() or not path.with_name(path.name + SET_ASIDE).exists()
    ]

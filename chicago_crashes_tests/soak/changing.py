"""Random changes of a portal: what the City does to its rows, drawn from a seeded source."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import polars as pl

from chicago_crashes.feeds.catalogue import CRASHES, FEEDS, PEOPLE, VEHICLES, Feed
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.store import TIMES, PortalStore
from chicago_crashes.stand_in.synthetic import generate

CRASHES_PER_DAY = 12
VICTIMS = 60
KEY_COLUMNS = {"crashes": "crash_record_id", "people": "person_id", "vehicles": "crash_unit_id"}
"""The column that makes a row another one."""
MOST_NEW_COLUMNS = 3
FAR_AWAY = (None, "2001-02-03T04:05:00.000")
"""Dates of rows that belong to no day."""


def synthetic_portal(first: date, last: date, seed: int) -> PortalStore:
    """A small portal with some dirt and a few fatalities, some of them twins."""
    store = PortalStore()
    rng = Random(seed)  # noqa: S311 - drawn again from the same seed, which is the point
    for batch in generate(first, last, seed=seed, rows_per_day=CRASHES_PER_DAY):
        for feed in FEEDS:
            rows = batch.frames[feed.name]
            store.publish(feed.dataset_id, _victims(rows, first, last, rng) if feed.name == "fatalities" else rows)
    return store


def _victims(like: pl.DataFrame, first: date, last: date, rng: Random) -> pl.DataFrame:
    columns = [name for name in like.columns if name not in TIMES]
    rows = [
        {
            "person_id": rng.choice([None, f"F{rng.randrange(VICTIMS)}"]),
            "crash_date": f"{_some_day(rng, first, last)}T{rng.randrange(24):02}:00:00.000",
            "crash_location": rng.choice(["100 N STATE ST", "2500 W FULLERTON AVE"]),
            "victim": rng.choice(["DRIVER", "PEDESTRIAN"]),
        }
        for _ in range(VICTIMS)
    ]
    return pl.DataFrame([rows[0], *rows], schema=dict.fromkeys(columns, pl.String))


def _some_day(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))


@dataclass
class City:
    """Somebody who changes a portal at random and counts what was done, by kind."""

    store: PortalStore
    first: date
    last: date
    rng: Random
    done: dict[str, int] = field(default_factory=dict)
    _earlier: dict[str, pl.DataFrame] = field(default_factory=dict)
    _taken_back: set[str] = field(default_factory=set)
    _fresh: int = 0
    _new_columns: int = 0

    def change(self) -> str:
        """Do one thing to one feed; the kind of thing it was."""
        kinds: dict[str, tuple[Callable[[Feed], int], float]] = {
            "late rows": (self._publish_late, 5),
            "amended": (self._amend, 6),
            "new value": (self._new_value, 2),
            "other key": (self._other_key, 1),
            "moved": (self._move, 4),
            "moved out of the days": (self._move_away, 1),
            "deleted": (self._delete, 4),
            "replaced": (self._replace, 1),
            "lost": (self._lose, 0.7),
            "lost a day": (self._lose_a_day, 0.7),
            "new column": (self._add_column, 0.3),
            "twins": (self._publish_twins, 1.5),
            "twins mended": (self._mend_twins, 1.5),
            "taken back": (self._take_back, 1.5),
        }
        weights = [weight for _, weight in kinds.values()]
        (kind,) = self.rng.choices(list(kinds), weights)
        rows = kinds[kind][0](self.rng.choice(FEEDS))
        if rows:
            self.done[kind] = self.done.get(kind, 0) + 1
        return kind

    def begin_round(self) -> None:
        """Remember what is published now of some feeds: an earlier version that the portal may go back to."""
        self._taken_back.clear()
        feed = self.rng.choice(FEEDS)
        if self.rng.random() < 0.5:
            self._earlier[feed.name] = self.store.rows(feed.dataset_id)

    def small_change(self) -> None:
        """Something that happens in the middle of a load."""
        kind, do = self.rng.choice(
            [
                ("late rows", self._publish_late),
                ("amended", self._amend),
                ("moved", self._move),
                ("deleted", self._delete),
            ]
        )
        do(self.rng.choice(FEEDS))
        self.done[f"{kind} during a load"] = self.done.get(f"{kind} during a load", 0) + 1

    def next_day(self, day: date, rows: int) -> None:
        """What a day brings: crashes of the day, and a few late, amended, moved and withdrawn rows."""
        for batch in generate(day, day, seed=self.rng.randrange(2**31), rows_per_day=rows):
            for feed in FEEDS:
                if batch.frames[feed.name].height:
                    mutations.publish_more(self.store, feed, self._with_fresh_keys(feed, batch.frames[feed.name]))
        self.last = day
        for feed in (CRASHES, PEOPLE, VEHICLES):
            self._publish_late(feed)
            self._amend(feed)
            self._delete(feed)
        self._move(self.rng.choice(FEEDS))

    def _sample(self, feed: Feed, most: int) -> pl.DataFrame:
        rows = mutations.content(self.store, feed)
        if not rows.height:
            return rows
        return rows.sample(min(rows.height, self.rng.randint(1, most)), seed=self.rng.randrange(2**31))

    def _some_day(self) -> date:
        return _some_day(self.rng, self.first, self.last)

    def _moment(self) -> str:
        return f"{self._some_day()}T{self.rng.randrange(24):02}:{self.rng.randrange(60):02}:00.000"

    def _new_key(self, feed: Feed) -> str:
        self._fresh += 1
        return {
            "crashes": f"{self._fresh:0128x}",
            "people": f"Q{self._fresh}",
            "vehicles": str(9_000_000 + self._fresh),
        }.get(feed.name, f"F{10_000 + self._fresh}")

    def _with_fresh_keys(self, feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
        """A generator with another seed uses the same numbers for other units and persons."""
        if feed.name not in ("people", "vehicles"):
            return rows
        fresh = pl.Series([self._new_key(feed) for _ in range(rows.height)], dtype=pl.String)
        return rows.with_columns(fresh.alias(KEY_COLUMNS[feed.name]))

    def _publish_late(self, feed: Feed) -> int:
        rows = self._sample(feed, 6)
        if not rows.height:
            return 0
        plain = rows.select(name for name in rows.columns if not name.startswith(":"))
        keys = pl.Series([self._new_key(feed) for _ in range(rows.height)], dtype=pl.String)
        dates = pl.Series([self._moment() for _ in range(rows.height)], dtype=pl.String)
        late = plain.with_columns(keys.alias(KEY_COLUMNS.get(feed.name, "person_id")), dates.alias(feed.date))
        mutations.publish_more(self.store, feed, late)
        return late.height

    def _amend(self, feed: Feed) -> int:
        rows = self._sample(feed, 8)
        names = self.rng.sample(self._columns(feed), self.rng.randint(1, 3))
        other = self._sample(feed, 1)
        for row_id in rows[":id"]:
            changes = {name: self.rng.choice([None, other[name][0]]) for name in names}
            mutations.amend(self.store, feed, {":id": row_id}, changes)
        return rows.height

    def _columns(self, feed: Feed) -> list[str]:
        """What may be amended to the value of another row."""
        kept = {feed.date, KEY_COLUMNS.get(feed.name)}
        if feed.name == "people":
            kept.add("crash_record_id")
        return [name for name in feed.column_names if name not in kept]

    def _new_value(self, feed: Feed) -> int:
        name = self.rng.choice(self._columns(feed))
        rows = self._sample(feed, 4)
        for row_id in rows[":id"]:
            value = self.rng.choice(
                [f"SOMETHING NEW {self.rng.randrange(100)}", "-1", "99999999999", "a\0b", "Zürich ü"]
            )
            mutations.amend(self.store, feed, {":id": row_id}, {name: value})
        return rows.height

    def _other_key(self, feed: Feed) -> int:
        rows = self._sample(feed, 2)
        for row_id in rows[":id"]:
            changes = {KEY_COLUMNS.get(feed.name, "person_id"): self.rng.choice([None, self._new_key(feed)])}
            mutations.amend(self.store, feed, {":id": row_id}, changes)
        return rows.height

    def _move(self, feed: Feed) -> int:
        rows = self._sample(feed, 5)
        for row_id in rows[":id"]:
            mutations.move(self.store, feed, {":id": row_id}, self._moment())
        return rows.height

    def _move_away(self, feed: Feed) -> int:
        rows = self._sample(feed, 2)
        for row_id in rows[":id"]:
            mutations.amend(self.store, feed, {":id": row_id}, {feed.date: self.rng.choice(FAR_AWAY)})
        return rows.height

    def _publish_twins(self, feed: Feed) -> int:
        """The same keys once more, on other days."""
        if feed.surrogate:
            return 0
        rows = self._sample(feed, 3)
        plain = rows.select(name for name in rows.columns if not name.startswith(":"))
        dates = pl.Series([self._moment() for _ in range(rows.height)], dtype=pl.String)
        mutations.publish_more(self.store, feed, plain.with_columns(dates.alias(feed.date)))
        return rows.height

    def _mend_twins(self, feed: Feed) -> int:
        """Of rows that share a key, the older ones go, or the newer ones."""
        if feed.surrogate or feed.name in self._taken_back:
            return 0
        rows = mutations.content(self.store, feed).with_row_index("place").sort(":updated_at", maintain_order=True)
        keyed = rows.drop_nulls(feed.key)
        kept = keyed.unique(feed.key, keep=self.rng.choice(["first", "last"]), maintain_order=True)
        places = keyed.join(kept, on="place", how="anti")["place"].to_list()
        return mutations.delete_rows(self.store, feed, places) if places else 0

    def _take_back(self, feed: Feed) -> int:
        """The portal is restored from a backup: changes are undone, and bear the times they bore before."""
        rows = self._earlier.get(feed.name)
        if rows is None:
            return 0
        self._taken_back.add(feed.name)
        mutations.take_back(self.store, feed, rows)
        return rows.height

    def _delete(self, feed: Feed) -> int:
        if feed.name in self._taken_back:
            return 0  # together they might leave as many rows of the same newest time, which no signature tells apart
        rows = self._sample(feed, 6)
        for row_id in rows[":id"]:
            mutations.delete(self.store, feed, {":id": row_id})
        return rows.height

    def _replace(self, feed: Feed) -> int:
        mutations.replace_all(self.store, feed)
        return 1

    def _lose(self, feed: Feed) -> int:
        """A share of a feed vanishes; sometimes it comes back at once, as after an outage, sometimes never."""
        if feed.name in self._taken_back:
            return 0
        share = self.rng.choice([0.05, 0.2, 0.4])
        lost = mutations.shrink(self.store, feed, share, self.rng.randrange(2**31))
        if self.rng.random() < 0.5:
            mutations.restore(self.store, feed, lost)
        return lost.height

    def _lose_a_day(self, feed: Feed) -> int:
        if feed.name in self._taken_back:
            return 0
        rows = mutations.content(self.store, feed)
        day = str(self._some_day())
        places = rows.with_row_index("place").filter(pl.col(feed.date).str.starts_with(day))["place"].to_list()
        if not places:
            return 0
        return mutations.delete_rows(self.store, feed, places)

    def _add_column(self, feed: Feed) -> int:
        if self._new_columns >= MOST_NEW_COLUMNS:
            return 0
        self._new_columns += 1
        choices: list[list[str | None]] = [["new", None, '"quoted", ü'], [None], ["x"]]
        mutations.add_column(self.store, feed, f"added_{self._new_columns}", self.rng.choice(choices))
        return 1

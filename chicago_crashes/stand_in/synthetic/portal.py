"""A whole synthetic portal, month by month: what it publishes and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.stand_in.synthetic import crashes as crashes_feed
from chicago_crashes.stand_in.synthetic import declared
from chicago_crashes.stand_in.synthetic import fatalities as fatalities_feed
from chicago_crashes.stand_in.synthetic import people as people_feed
from chicago_crashes.stand_in.synthetic import vehicles as vehicles_feed
from chicago_crashes.stand_in.synthetic.days import FIRST_DAY, MOST_ROWS_PER_DAY, days_between
from chicago_crashes.stand_in.synthetic.dirt import DOCUMENTED_DIRT, Account, Dirt, second_rows, stain
from chicago_crashes.stand_in.synthetic.transactions import with_transactions

CRASHES_PER_DAY = 297
"""The City's average, and the default."""
SYSTEM_COLUMNS = (":created_at", ":updated_at")


@dataclass(frozen=True, slots=True)
class Batch:
    """What the portal publishes of the crashes of `start` to `end`, both included, within one calendar month.

    `frames` holds a frame for each feed: its declared columns as text (null where there is no value) and the system
    times `:created_at` and `:updated_at`. `seeded` is the account of the dirt in them: how many `rows` of a `feed` and
    `day` (of `crash_date`) have a given kind of `dirt` in a `column`.
    """

    start: date
    end: date
    frames: dict[str, pl.DataFrame]
    seeded: pl.DataFrame


def generate(
    start: date,
    end: date,
    *,
    seed: int = 7,
    rows_per_day: int = CRASHES_PER_DAY,
    dirt: Dirt | None = DOCUMENTED_DIRT,
) -> Iterator[Batch]:
    """The crashes of every day from `start` to `end`, both included, and all that belongs to them, month by month.

    A day's rows depend on the seed, the day, `rows_per_day` (crashes on an average day) and the dirt, never on the
    range asked for. Without dirt, no row breaks a rule of its feed's declaration and no row contradicts another.

    Raises:
        PermanentError: the range or the number of rows cannot be generated; raised at once, not at the first batch.
    """
    if not FIRST_DAY <= start <= end:
        raise PermanentError(
            f"There is no synthetic portal from {start} to {end}. "
            f"Give a first day on or after {FIRST_DAY} and a last day on or after the first."
        )
    if not 0 <= rows_per_day <= MOST_ROWS_PER_DAY:
        raise PermanentError(
            f"A synthetic day cannot have {rows_per_day} crashes. Ask for 0 to {MOST_ROWS_PER_DAY} rows per day."
        )
    return (_batch(first, last, seed, rows_per_day, dirt) for first, last in _months(start, end))


def _months(start: date, end: date) -> Iterator[tuple[date, date]]:
    while start <= end:
        next_month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(end, next_month - timedelta(days=1))
        start = next_month


def _batch(start: date, end: date, seed: int, rows_per_day: int, dirt: Dirt | None) -> Batch:
    days = days_between(start, end, seed=seed, rows_per_day=rows_per_day)
    account = Account()

    all_crashes = crashes_feed.crashes_of(days, seed=seed, dirt=dirt)
    units = vehicles_feed.units_of(all_crashes)
    people = people_feed.people_of(units)
    victims = fatalities_feed.fatalities_of(people, all_crashes)
    crashes = all_crashes.filter(~pl.col("is_withheld"))

    published = {
        "crashes": crashes_feed.published(crashes, people_feed.injuries_by_crash(people)),
        "people": people_feed.published(people),
        "vehicles": vehicles_feed.published(units),
        "fatalities": fatalities_feed.published(victims),
    }
    published |= {feed.name: declared.rows_of(feed, days) for feed in FEEDS if feed.name not in published}
    if dirt is not None:
        _note_structure(crashes, units, people, account)
        published["fatalities"] = fatalities_feed.repeat_persons(published["fatalities"], dirt, account)
        stains = {
            "crashes": crashes_feed.stains(dirt),
            "people": people_feed.stains(dirt),
            "vehicles": vehicles_feed.stains(dirt),
            "fatalities": fatalities_feed.stains(dirt),
        }
        published = {name: stain(name, rows, stains.get(name, ()), account) for name, rows in published.items()}
        # Equal victims are no fault: their list has no key, so they are numbered.
        for feed in FEEDS:
            if feed.surrogate is None:
                published[feed.name] = second_rows(feed, published[feed.name], dirt, account)
    return Batch(start, end, _finished(published, seed), account.total())


def _note_structure(crashes: pl.DataFrame, units: pl.DataFrame, people: pl.DataFrame, account: Account) -> None:
    """Account for what is wrong between rows, not within one."""
    without_people = crashes.filter("is_without_people")["day"]
    account.note("crashes", "injuries_total", "crash_without_people", without_people)
    account.note("crashes", "date_police_notified", "late_notification", crashes.filter("is_late")["day"])
    account.note("vehicles", "crash_record_id", "orphan", units.filter("is_withheld")["day"])
    account.note("people", "crash_record_id", "orphan", people.filter("is_withheld")["day"])


def _finished(published: dict[str, pl.DataFrame], seed: int) -> dict[str, pl.DataFrame]:
    finished = {}
    for feed in FEEDS:
        rows = declared.with_all_columns(feed, published[feed.name])
        groups = "crash_key" if "crash_key" in rows.columns else "key"
        timed = with_transactions(rows, feed.name, seed=seed, groups=groups, finished="notified")
        finished[feed.name] = timed.select(*feed.column_names, *SYSTEM_COLUMNS)
    return finished

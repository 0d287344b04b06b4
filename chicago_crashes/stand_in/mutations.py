"""What the City does to its datasets after the first publication: every way in which they are known to change.

Each function is one transaction over a store that may be served meanwhile. What it writes gets one `:updated_at`:
`now`, or a moment later than everything the dataset holds. Rows are picked by `where`, published texts by column.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.stand_in.datasets import HIDDEN_NUMBER, Dataset, PublishedColumn, SodaType
from chicago_crashes.stand_in.store import TIMES, PortalStore, Transaction
from chicago_crashes.stand_in.translate import quoted

Where = Mapping[str, str | None]

PORTAL_TIME = "%Y-%m-%dT%H:%M:%S%.3fZ"


def content(store: PortalStore, feed: Feed) -> pl.DataFrame:
    """All rows the portal holds of a feed, with `:id`, `:created_at`, `:updated_at` and `:version`, as text.

    Points are as they were published, `POINT (lon lat)`; the order is that of the hidden numbers.
    """
    rows = store.rows(feed.dataset_id)
    return rows.drop(HIDDEN_NUMBER).with_columns(pl.col(TIMES).dt.strftime(PORTAL_TIME))


def publish_more(store: PortalStore, feed: Feed, rows: pl.DataFrame, *, now: datetime | None = None) -> None:
    """Add late or new rows; columns the dataset lacks are added to it, columns the rows lack are empty."""
    unstamped = rows.drop(TIMES, strict=False)
    store.publish(feed.dataset_id, unstamped.with_columns(pl.lit(now).alias(name) for name in TIMES if now))


def amend(
    store: PortalStore, feed: Feed, where: Where, changes: Mapping[str, str | None], *, now: datetime | None = None
) -> int:
    """Change values of rows, which keep their `:id`; returns how many rows there were."""
    with store.transaction(feed.dataset_id, now) as transaction:
        return _amend(transaction, where, changes)


def move(store: PortalStore, feed: Feed, where: Where, crash_date: str, *, now: datetime | None = None) -> int:
    """Amend the date of rows, for instance to `2024-03-09T17:30:00.000`; children keep the date they had."""
    return amend(store, feed, where, {feed.date: crash_date}, now=now)


def delete(store: PortalStore, feed: Feed, where: Where, *, now: datetime | None = None) -> int:
    """Take rows away without a trace; returns how many."""
    with store.transaction(feed.dataset_id, now) as transaction:
        condition, values = _condition(transaction.dataset, where)
        return _counted(transaction, f"delete from {transaction.table} where {condition}", values)  # noqa: S608


def delete_rows(store: PortalStore, feed: Feed, row_numbers: Sequence[int], *, now: datetime | None = None) -> int:
    """Take away the rows at these places of `content`; returns how many."""
    with store.transaction(feed.dataset_id, now) as transaction:
        return _take(transaction, row_numbers).height


def replace_all(store: PortalStore, feed: Feed, *, now: datetime | None = None) -> None:
    """Publish the same rows all over: every `:id`, `:created_at`, `:updated_at` and `:version` is new."""
    with store.transaction(feed.dataset_id, now) as transaction:
        rows = transaction.rows()
        transaction.cursor.execute(f"delete from {transaction.table}")  # noqa: S608 - a quoted identifier
        stamped = rows.with_columns(pl.lit(transaction.moment).alias(name) for name in TIMES)
        transaction.insert(transaction.numbered(stamped))


def shrink(store: PortalStore, feed: Feed, share: float, seed: int, *, now: datetime | None = None) -> pl.DataFrame:
    """Lose a share of all rows, as the portal has for hours; returns them, for `restore`."""
    with store.transaction(feed.dataset_id, now) as transaction:
        (count,) = transaction.cursor.execute(f"select count(*) from {transaction.table}").fetchall()[0]  # noqa: S608
        places = pl.int_range(count, eager=True).sample(round(count * share), seed=seed)
        return _take(transaction, places.to_list())


def restore(store: PortalStore, feed: Feed, lost: pl.DataFrame, *, now: datetime | None = None) -> None:
    """Give back what `shrink` took, exactly as it was."""
    with store.transaction(feed.dataset_id, now) as transaction:
        transaction.insert(lost)


def take_back(store: PortalStore, feed: Feed, rows: pl.DataFrame, *, now: datetime | None = None) -> None:
    """Publish what `store.rows` gave earlier, ids and times included, as a portal restored from a backup does."""
    with store.transaction(feed.dataset_id, now) as transaction:
        transaction.cursor.execute(f"delete from {transaction.table}")  # noqa: S608 - a quoted identifier
        transaction.insert(rows)


def add_column(
    store: PortalStore, feed: Feed, name: str, values: Sequence[str | None], *, now: datetime | None = None
) -> None:
    """Publish one more column. Rows take the values in turn, over and over; those that get one are written anew."""
    with store.transaction(feed.dataset_id, now) as transaction:
        if name in transaction.dataset.types:
            raise PermanentError(f"{feed.name} has a column {name} already; take another name.")
        transaction.cursor.execute(f"alter table {transaction.table} add column {quoted(name)} varchar")
        column = PublishedColumn(name, SodaType.TEXT, name.upper())
        transaction.dataset = replace(transaction.dataset, columns=(*transaction.dataset.columns, column))
        ids = transaction.rows()[":id"]
        given = pl.DataFrame({":id": ids, "value": list(itertools.islice(itertools.cycle(values), ids.len()))})
        transaction.cursor.register("given", given.drop_nulls().to_arrow())
        transaction.cursor.execute(
            f'update {transaction.table} as stored set {quoted(name)} = given.value, ":updated_at" = $1,'  # noqa: S608
            ' ":version" = $2 from given where given.":id" = stored.":id"',
            [transaction.moment, transaction.version],
        )
        transaction.cursor.unregister("given")


def drop_column(store: PortalStore, feed: Feed, name: str, *, now: datetime | None = None) -> None:
    """Publish a column no more; rows are not written for that."""
    with store.transaction(feed.dataset_id, now) as transaction:
        _require_columns(transaction.dataset, [name])
        transaction.cursor.execute(f"alter table {transaction.table} drop column {quoted(name)}")
        transaction.dataset = replace(
            transaction.dataset,
            columns=tuple(column for column in transaction.dataset.columns if column.name != name),
            regions={region: place for region, place in transaction.dataset.regions.items() if place != name},
        )


def rename_column(store: PortalStore, feed: Feed, name: str, new_name: str, *, now: datetime | None = None) -> None:
    """Publish a column under another name; rows are not written for that."""
    with store.transaction(feed.dataset_id, now) as transaction:
        _require_columns(transaction.dataset, [name])
        transaction.cursor.execute(f"alter table {transaction.table} rename {quoted(name)} to {quoted(new_name)}")
        dataset = transaction.dataset
        transaction.dataset = replace(
            dataset,
            columns=tuple(replace(each, name=new_name) if each.name == name else each for each in dataset.columns),
            regions={region: new_name if place == name else place for region, place in dataset.regions.items()},
            odd_times=frozenset(new_name if each == name else each for each in dataset.odd_times),
        )


def reverse_columns(store: PortalStore, feed: Feed, *, now: datetime | None = None) -> None:
    """Publish the columns in the opposite order; rows are not written for that."""
    with store.transaction(feed.dataset_id, now) as transaction:
        transaction.dataset = replace(transaction.dataset, columns=transaction.dataset.columns[::-1])


def withdraw_dataset(store: PortalStore, feed: Feed) -> None:
    """Let the dataset be gone: whoever asks for its id is told that there is none."""
    store.withdraw(feed.dataset_id)


def publish_dataset_again(store: PortalStore, feed: Feed) -> None:
    """Let a dataset that was gone be there again, with all it held."""
    store.put_back(feed.dataset_id)


def _amend(transaction: Transaction, where: Where, changes: Mapping[str, str | None]) -> int:
    _require_columns(transaction.dataset, changes)
    transaction.review_times(pl.DataFrame([changes], schema=dict.fromkeys(changes, pl.String), orient="row"))
    condition, values = _condition(transaction.dataset, where)
    settings = ", ".join(f"{quoted(name)} = ?" for name in [*changes, ":updated_at", ":version"])
    return _counted(
        transaction,
        f"update {transaction.table} set {settings} where {condition}",  # noqa: S608 - known names, bound values
        [*changes.values(), transaction.moment, transaction.version, *values],
    )


def _take(transaction: Transaction, places: Sequence[int]) -> pl.DataFrame:
    """Remove the rows at these places, and have them."""
    taken = transaction.rows()[sorted(set(places))]
    transaction.cursor.register("taken", taken.select(":id").to_arrow())
    transaction.cursor.execute(
        f'delete from {transaction.table} where ":id" in (select ":id" from taken)'  # noqa: S608 - a quoted identifier
    )
    transaction.cursor.unregister("taken")
    return taken


def _condition(dataset: Dataset, where: Where) -> tuple[str, list[str | None]]:
    _require_columns(dataset, [name for name in where if name != ":id"])
    conditions = [f"{quoted(name)} is not distinct from ?" for name in where]
    return " and ".join(conditions) or "true", list(where.values())


def _require_columns(dataset: Dataset, names: Sequence[str] | Mapping[str, object]) -> None:
    unknown = [name for name in names if name not in dataset.column_names]
    if unknown:
        raise PermanentError(f"{dataset.id} publishes no {', '.join(unknown)}; give columns that it has.")


def _counted(transaction: Transaction, statement: str, values: Sequence[object]) -> int:
    """How many rows a statement wrote."""
    ((count,),) = transaction.cursor.execute(statement, list(values)).fetchall()
    return int(count)

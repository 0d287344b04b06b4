"""The proof: whether the rows that arrived are the rows that were promised."""

from collections.abc import Collection
from datetime import date

import polars as pl

from chicago_crashes.feeds import Feed
from chicago_crashes.soda.errors import PortalDisagreesError
from chicago_crashes.soda.signatures import Signature, utc

DAY = "__day"


def split_by_day(rows: pl.DataFrame, feed: Feed, days: Collection[date]) -> dict[date, pl.DataFrame]:
    """The rows of each of `days`, in the order they came.

    Raises:
        PortalDisagreesError: a row has no `:id`, an `:id` came twice, or a row belongs to none of the days asked for.
    """
    ids = rows[":id"]
    if ids.null_count():
        raise PortalDisagreesError(
            f"The portal sent {ids.null_count()} rows of {feed.name} without :id. Try again later."
        )
    if ids.n_unique() < rows.height:
        raise PortalDisagreesError(
            f"The portal sent {rows.height - ids.n_unique()} rows of {feed.name} twice in one answer. Try again later."
        )
    marked = rows.with_columns(pl.col(feed.date).str.slice(0, len("2021-12-31")).alias(DAY))
    parts = {str(key[0]): part for key, part in marked.partition_by(DAY, as_dict=True, include_key=False).items()}
    strange = parts.keys() - {day.isoformat() for day in days}
    if strange:
        raise PortalDisagreesError(
            f"The portal sent rows of {feed.name} for days that were not asked for: {', '.join(sorted(strange)[:5])}. "
            "Try again later."
        )
    return {day: parts.get(day.isoformat(), rows.clear()) for day in days}


def disagreement(feed: Feed, day: date, rows: pl.DataFrame, promised: Signature) -> PortalDisagreesError | None:
    """Why `rows` are not what the portal promised for `day`; `None` if they are."""
    delivered = signature_of(rows)
    if delivered == promised:
        return None
    return PortalDisagreesError(
        f"{feed.name} of {day}: the portal promised {_words(promised)} and sent {_words(delivered)}. "
        "Nothing of this day was stored; its data may be moving. Try again later."
    )


def signature_of(rows: pl.DataFrame) -> Signature:
    """The signature that rows from the portal amount to."""
    times = rows[":updated_at"].drop_nulls().unique()
    try:
        return Signature(rows.height, max(map(utc, times), default=None))
    except ValueError as error:
        raise PortalDisagreesError(f"The portal sent an unreadable :updated_at: {error}. Try again later.") from error


def _words(signature: Signature) -> str:
    when = signature.updated_at.isoformat(timespec="milliseconds") if signature.updated_at else "never"
    return f"{signature.rows} rows (last written {when})"

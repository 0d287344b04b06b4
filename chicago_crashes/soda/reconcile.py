"""The proof: whether the rows that arrived are the rows that were promised."""

from collections.abc import Collection
from datetime import date, datetime

import polars as pl

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.soda.errors import PortalDisagreesError
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.soda.system_times import UnreadableTimeError, utc_times

DAY = "our:day"
"""A column beside the published ones, whose names never have a colon within."""


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
    try:
        delivered = signature_of(rows)
    except UnreadableTimeError as error:
        return PortalDisagreesError(
            f"{feed.name} of {day}: the portal sent a row with the :updated_at {error}. Nothing of this day was "
            "stored. Try again later; if it is sent again, the portal's times have a new form: please report it."
        )
    if delivered == promised:
        return None
    return PortalDisagreesError(
        f"{feed.name} of {day}: the portal promised {_words(promised)} and sent {_words(delivered)}. "
        "Nothing of this day was stored; its data may be moving. Try again later."
    )


def signature_of(rows: pl.DataFrame) -> Signature:
    """The signature that rows from the portal amount to.

    Raises:
        UnreadableTimeError: an `:updated_at` says no time.
    """
    return Signature(rows.height, _newest(utc_times(rows[":updated_at"])))


def _newest(times: pl.Series) -> datetime | None:
    newest = times.max()
    return newest if isinstance(newest, datetime) else None


def _words(signature: Signature) -> str:
    when = signature.updated_at.isoformat(timespec="milliseconds") if signature.updated_at else "never"
    return f"{signature.rows} rows (last written {when})"

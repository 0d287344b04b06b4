"""The portal's own timestamps (`:created_at`, `:updated_at`), in every form that says when: read here and nowhere else.

What is read is a moment in UTC. A text without an offset means UTC. A text that says no moment is an error: a row
whose time is unknown would lose against every other one.
"""

from datetime import UTC, datetime

import polars as pl

UTC_TIME = pl.Datetime("us", "UTC")


class UnreadableTimeError(ValueError):
    """A text that says no moment; `text` is it."""

    def __init__(self, text: str) -> None:
        """Keep the text, so that whoever knows feed and day can name it."""
        super().__init__(f"{text!r} is not a time")
        self.text = text


def utc(text: str) -> datetime:
    """The moment a text says, to the microsecond.

    Raises:
        UnreadableTimeError: it says none.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableTimeError(text) from error


def is_time(text: str) -> bool:
    """Whether a text says a moment."""
    try:
        utc(text)
    except UnreadableTimeError:
        return False
    return True


def utc_times(texts: pl.Series) -> pl.Series:
    """The moments a column of texts says; null where there is no text.

    Raises:
        UnreadableTimeError: one of the texts says none.
    """
    stated = texts.drop_nulls().unique()
    moments = pl.Series([utc(text) for text in stated], dtype=UTC_TIME)
    return texts.replace_strict(stated, moments, default=None, return_dtype=UTC_TIME)

"""Accept what the shrink guard held back: the losses there are now, day by day, and no others."""

from datetime import date

from psycopg import Connection

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.losses import AcceptedDay, HeldDay, accept, held_days, still_gone
from chicago_crashes.feeds.records import recorded_signatures
from chicago_crashes.feeds.shrink import losses
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.signatures import ONE_DAY, Signature, day_signatures
from chicago_crashes.words import counted


def accept_losses(
    portal: Portal, connection: Connection, feed: Feed, first: date, last: date, *, reason: str, accepted_by: str
) -> str:
    """Record that what the days from `first` to `last` lose now is right; what was accepted, in a sentence.

    Rows of these days that left earlier and are not back are accepted with it, whatever the reason.

    Raises:
        PermanentError: there is nothing to accept.
        TransientError: the portal does not say what it publishes.
    """
    published = day_signatures(portal, feed, first, last + ONE_DAY)
    stored = {day: known for day, known in recorded_signatures(connection, feed).items() if first <= day <= last}
    aside = held_days(connection, feed, stored.keys(), by="quarantine")
    affected = sorted(losses(stored, published).keys() | aside.keys())
    days = [_accepted(day, stored[day], published[day], aside.get(day)) for day in affected]
    if not days and not _left_earlier(connection, feed, first, last):
        raise PermanentError(
            f"There is nothing to accept: from {first} to {last}, the portal publishes no fewer rows of any day of "
            f"{feed.name} than we hold, and none would leave for quarantine."
        )
    accept(connection, feed, first, last, days, reason=reason, accepted_by=accepted_by)
    return _in_words(feed, days)


def _left_earlier(connection: Connection, feed: Feed, first: date, last: date) -> bool:
    gone = still_gone(connection, feed)
    return gone.first_day is not None and gone.first_day <= last and first <= (gone.last_day or gone.first_day)


def _accepted(day: date, stored: Signature, published: Signature, aside: HeldDay | None) -> AcceptedDay:
    return AcceptedDay(day, stored.rows, min(stored.rows, published.rows), aside.rows if aside else 0)


def _in_words(feed: Feed, days: list[AcceptedDay]) -> str:
    if not days:
        return f"Accepted: rows of {feed.name} that left earlier and are not back."
    held, now = sum(day.stored_rows for day in days), sum(day.published_rows for day in days)
    to_quarantine = sum(day.quarantined_rows for day in days)
    also = f"; {counted(to_quarantine, 'row')} may go to quarantine" if to_quarantine else ""
    return (
        f"Accepted for {counted(len(days), 'day')} from {days[0].day} to {days[-1].day}: the portal publishes "
        f"{counted(now, 'row')} of {feed.name}, we hold {held:,}{also}."
    )

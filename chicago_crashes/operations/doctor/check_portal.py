"""The portal: whether it answers, takes our token, and publishes what the feeds declare."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

from psycopg import Connection

from chicago_crashes.errors import CrashesError
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.changes import find_changes
from chicago_crashes.feeds.reading import has_values
from chicago_crashes.feeds.stale import told, told_out_of_reach
from chicago_crashes.operations.doctor.condition import Condition, ok, problem, warning
from chicago_crashes.soda.ceiling import SCHEMA, TABLE
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.columns import LostColumnsError, published_columns
from chicago_crashes.soda.drift import never
from chicago_crashes.soda.errors import NoSuchDatasetError
from chicago_crashes.storage.lake import Lake

REQUESTS = 2 * len(FEEDS) + 2
"""What an examination asks the portal."""


def ceiling(connection: Connection, per_hour: int) -> Iterator[Condition]:
    """How much of the ceiling is used up; whoever is over it waits, and an examination must not."""
    table = f'{SCHEMA}."ratelimit___{TABLE}"'
    if connection.execute("select to_regclass(%s) is null", [table]).fetchone() == (True,):
        yield ok("requests", f"None yet; {per_hour:,} an hour are allowed.")
        return
    used = used_requests(connection)
    says = f"{used:,} of {per_hour:,} in the last hour."
    if used + REQUESTS > per_hour:
        yield warning(
            "requests",
            says,
            "Wait: whoever asks the portal now does. Raise CRASHES_REQUESTS_PER_HOUR if that happens often.",
        )
    else:
        yield ok("requests", says)


def used_requests(connection: Connection) -> int:
    """How many requests the whole deployment has sent in the last hour."""
    statement = (
        f'select count(*) from {SCHEMA}."ratelimit___{TABLE}"'  # noqa: S608 - names of our own
        " where item_timestamp > timezone('UTC', now()) - interval '1 hour'"
    )
    return int(connection.execute(statement.encode()).fetchall()[0][0])


def dataset(portal: Portal, connection: Connection | None, feed: Feed) -> Iterator[Condition]:
    """Whether the feed's dataset is there with the declared columns; a `connection` tells which were ever loaded."""
    name = f"feed {feed.name}"
    try:
        columns = published_columns(
            portal, feed, was_loaded=partial(has_values, connection, feed) if connection else never
        )
    except NoSuchDatasetError as error:
        yield problem(name, str(error), f"See that {portal.base_url} is the portal: check CRASHES_PORTAL_URL.")
        return
    except LostColumnsError as error:
        yield problem(
            name,
            f"{_missing(feed, error.columns)}. {error}",
            "Look at the dataset's page on the portal, then change the feed's declaration in "
            "chicago_crashes/feeds/catalogue.",
        )
        return
    except CrashesError as error:
        yield problem(name, str(error), "Check CRASHES_PORTAL_URL and the network.")
        return
    if columns.missing:
        known = "no loaded row has values there" if connection else "the database cannot be asked for loaded values"
        yield warning(
            name,
            f"{_missing(feed, columns.missing)}; {known}.",
            "An older copy of the dataset lacks it; the City's own has it. See that this is the portal you mean.",
        )
    elif columns.unknown:
        yield warning(
            name,
            f"{feed.dataset_id} has new columns: {', '.join(columns.unknown)}.",
            "Nothing is lost, they are in the column `extra`; declare them in chicago_crashes/feeds/catalogue.",
        )
    else:
        yield ok(name, f"{feed.dataset_id} has all {len(feed.columns)} declared columns.")


def _missing(feed: Feed, columns: Sequence[str]) -> str:
    declared = len(feed.columns)
    named = ", ".join(columns)
    verb = "is" if len(columns) == 1 else "are"
    return (
        f"{feed.dataset_id} has {declared} declared columns, {declared - len(columns)} are published: {named} {verb} "
        "missing"
    )


def token(is_set: bool, alerts: Sequence[str]) -> Iterator[Condition]:
    """Whether the portal took our app token in what it was asked before; `alerts` are what the client said then."""
    if alerts:
        yield problem("token", alerts[0], "Renew CRASHES_APP_TOKEN, or remove it.")
    elif is_set:
        yield ok("token", "The portal takes it.")
    else:
        yield ok("token", "None is set (CRASHES_APP_TOKEN); the portal answers, and throttles sooner.")


def days(
    portal: Portal, connection: Connection, raw_url: str, feed: Feed, first: date, last: date
) -> Iterator[Condition]:
    """How many days are loaded, and how many are stale for which reason."""
    name = f"days {feed.name}"
    changes = find_changes(portal, connection, Lake(raw_url), feed, first, last)
    loaded = f"{changes.held.days:,} loaded"
    if changes.stale:
        yield warning(
            name,
            f"{loaded}, {len(changes.stale):,} stale or missing: {told(changes.stale)}.",
            f"Run `chicago-crashes refresh --feed {feed.name}`, or switch the sensor portal_changes on.",
        )
    elif not changes.out_of_reach:
        yield ok(name, f"{loaded}, none stale.")
    if changes.out_of_reach:
        yield problem(name, f"{loaded}. {told_out_of_reach(feed, changes.out_of_reach)}", "Do as the message says.")

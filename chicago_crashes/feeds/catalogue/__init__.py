"""What the City publishes: one declaration per feed, whole, under the portal's own names."""

from collections.abc import Iterable

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue.columns import Cadence, Column, Coordinates, Feed, Kind, Reported, Surrogate
from chicago_crashes.feeds.catalogue.crashes import CRASHES
from chicago_crashes.feeds.catalogue.fatalities import FATALITIES
from chicago_crashes.feeds.catalogue.people import PEOPLE
from chicago_crashes.feeds.catalogue.registry import Registry
from chicago_crashes.feeds.catalogue.vehicles import VEHICLES

FEEDS = Registry(CRASHES, PEOPLE, VEHICLES, FATALITIES)
"""Every feed there is. A new one is declared in a module of its own and named here."""

SYSTEM_FIELDS = (":id", ":created_at", ":updated_at", ":version")
"""What the portal keeps of every row beside its columns (dev.socrata.com/docs/system-fields)."""


def feed_named(name: str) -> Feed:
    """The feed called `name`.

    Raises:
        PermanentError: there is no such feed; the message lists the ones there are.
    """
    for feed in FEEDS:
        if feed.name == name:
            return feed
    known = ", ".join(feed.name for feed in FEEDS)
    raise PermanentError(f"There is no feed called {name!r}. The feeds are: {known}.")


def feeds_named(names: Iterable[str]) -> tuple[Feed, ...]:
    """The feeds called `names`, or all of them if `names` is empty."""
    return tuple(feed_named(name) for name in names) or tuple(FEEDS)


__all__ = [
    "CRASHES",
    "FATALITIES",
    "FEEDS",
    "PEOPLE",
    "SYSTEM_FIELDS",
    "VEHICLES",
    "Cadence",
    "Column",
    "Coordinates",
    "Feed",
    "Kind",
    "Reported",
    "Surrogate",
    "feed_named",
    "feeds_named",
]

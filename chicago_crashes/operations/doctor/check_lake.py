"""The raw lake: whether it can be written and read, the room that is left, and whether it holds what was loaded."""

from collections.abc import Iterator

from psycopg import Connection

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.reading import records
from chicago_crashes.feeds.stale import StaleDay, of_raw_file, told
from chicago_crashes.operations.doctor.condition import Condition, ok, problem, warning
from chicago_crashes.storage.lake import Lake, LakeUnavailableError

GIGABYTE = 1_000_000_000
COMFORT, NEED = 5 * GIGABYTE, GIGABYTE
"""The whole history takes about a gigabyte; a day of it, some hundred kilobytes."""


FILES = "raw files"


def files(raw_url: str, connection: Connection) -> Iterator[Condition]:
    """Whether the lake holds, of every loaded day, the rows it was loaded from."""
    opened = Lake(raw_url)
    loaded, found = 0, []
    for feed in FEEDS:
        recorded = records(connection, feed)
        newest = opened.newest_names(feed).by_day
        stale = {
            day: StaleDay(record.signature, dict(of_raw_file(record, newest.get(day))))
            for day, record in recorded.items()
        }
        loaded += len(recorded)
        if says := told(stale):
            found.append(f"{feed.name}: {says}")
    if found:
        yield warning(
            FILES,
            f"The lake at {raw_url} is not what was loaded from it. {'. '.join(found)}.",
            "If it was restored or moved, see that CRASHES_RAW_URL is right; then run `chicago-crashes refresh`, which "
            "fetches these days again as long as the portal has them.",
        )
    else:
        yield ok(FILES, f"Each of {loaded:,} loaded days has the file it was loaded from.")


def lake(raw_url: str, *, comfort: int = COMFORT, need: int = NEED) -> Iterator[Condition]:
    """How the lake is; below `comfort` bytes of room it is worth a look, below `need` it is broken."""
    opened = Lake(raw_url)
    try:
        opened.try_out()
    except LakeUnavailableError as error:
        yield problem("lake", str(error), "Make room, give the rights, or set CRASHES_RAW_URL to another place.")
        return
    yield ok("lake", f"{raw_url} can be read and written.")
    free = opened.free_bytes()
    if free is None:
        return
    says = f"{free / GIGABYTE:,.1f} GB are free at {raw_url}."
    remedy = "Make room, or move the lake and set CRASHES_RAW_URL."
    if free < need:
        yield problem("room", says, remedy)
    elif free < comfort:
        yield warning("room", says, remedy)
    else:
        yield ok("room", says)

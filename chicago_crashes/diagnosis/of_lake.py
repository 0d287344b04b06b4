"""The raw lake: whether it can be written and read, and the room that is left."""

from collections.abc import Iterator

from chicago_crashes.diagnosis.condition import Condition, ok, problem, warning
from chicago_crashes.lake import Lake, LakeUnavailableError

GIGABYTE = 1_000_000_000
COMFORT, NEED = 5 * GIGABYTE, GIGABYTE
"""The whole history takes about a gigabyte; a day of it, some hundred kilobytes."""


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

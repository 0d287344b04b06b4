"""Other ways to do the same, as somebody who follows their documentation would write them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How many rows were loaded in how many seconds."""

    rows: int
    seconds: float

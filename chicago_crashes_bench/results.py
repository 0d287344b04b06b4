"""What a benchmark finds: amounts, a baseline, a bar, a verdict. Nothing here measures or prints."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What an amount counts."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS_PER_ROW = "µs/row"
    MEBIBYTES = "MiB"
    BYTES = "bytes"
    ROWS = "rows"
    REQUESTS = "requests"
    TIMES = "×"


@dataclass(frozen=True, slots=True)
class Amount:
    """A measured number and what it counts."""

    value: float
    unit: Unit

    def __str__(self) -> str:
        match self.unit:
            case Unit.BYTES | Unit.ROWS | Unit.REQUESTS:
                return f"{self.value:,.0f} {self.unit}"
            case Unit.TIMES:
                return f"{self.value:.2f} {self.unit}"
        digits = 0 if self.value >= 100 else 1 if self.value >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}"


class Kind(StrEnum):
    """How a bar is meant."""

    AT_MOST_TIMES = "at most {limit:g} × the baseline"
    TIMES_FASTER = "at least {limit:g} × faster"
    UNDER = "under {limit:g} {unit}"
    AT_MOST = "at most {limit:g} {unit}"


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked of a measurement."""

    kind: Kind
    limit: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number of ours, what it was measured at, and what it is held against."""

    measure: str
    size: str
    ours: Amount
    bar: Bar | None = None
    baseline: Amount | None = None

    @property
    def ratio(self) -> float | None:
        """Ours by the baseline, or how many times faster than it we are where the bar is meant so."""
        if self.baseline is None:
            return None
        if self.bar is not None and self.bar.kind is Kind.TIMES_FASTER:
            return self.baseline.value / self.ours.value
        return self.ours.value / self.baseline.value

    @property
    def share_of_bar(self) -> float | None:
        """How much of what the bar allows was used: up to 1 it is met, whichever way it is meant."""
        if self.bar is None:
            return None
        used = self.ours.value if self.ratio is None else self.ratio
        if self.bar.kind is Kind.TIMES_FASTER:
            return self.bar.limit / used
        if self.bar.limit == 0:
            return 0.0 if used == 0 else float("inf")
        return used / self.bar.limit

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is met; None if there is none."""
        share = self.share_of_bar
        if share is None or self.bar is None:
            return None
        return share < 1 if self.bar.kind is Kind.UNDER else share <= 1

    @property
    def verdict(self) -> str:
        """The answer in a word."""
        return {True: "met", False: "missed", None: ""}[self.is_met]

    @property
    def bar_in_words(self) -> str:
        """What is asked, as people write it."""
        return self.bar.kind.format(limit=self.bar.limit, unit=self.ours.unit) if self.bar else ""

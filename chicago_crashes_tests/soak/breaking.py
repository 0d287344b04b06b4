"""Random faults of a portal, drawn from a seeded source, and a count of those that struck."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.stand_in.faults import (
    ROWS,
    SIGNATURES,
    Fault,
    accepted,
    gateway_timeout,
    internal_error,
    internal_error_page,
    request_timeout,
    stale_replica,
    too_many_requests,
    unavailable,
)
from chicago_crashes.stand_in.serve import RunningPortal
from chicago_crashes.stand_in.store import PortalStore

MOST_FAULTS = 4
MANY_TIMES = 8
"""More often than a client asks again."""

KINDS: dict[str, Callable[..., Fault]] = {
    "429": too_many_requests,
    "500": internal_error,
    "500 as a page": internal_error_page,
    "503": unavailable,
    "504": gateway_timeout,
    "408": request_timeout,
    "202": accepted,
    "cut body": lambda **meant: Fault(keep=100, **meant),
    "empty body": lambda **meant: Fault(keep=0, **meant),
    "cut gzip": lambda **meant: Fault(keep_packed=40, **meant),
    "hung up": lambda **meant: Fault(breaks_off=True, **meant),
    "out of date": lambda **meant: Fault(is_out_of_date=True, **meant),
    "shuffled": lambda **meant: Fault(is_shuffled=True, **meant),
    "slow": lambda **meant: Fault(seconds_before=0.1, **meant),
}
REPLICAS = {"old copy": True, "old copy, unmarked": False}


@dataclass
class Breaker:
    """Somebody who breaks a portal at random and mends it again."""

    portal: RunningPortal
    rng: Random
    struck: Counter[str] = field(default_factory=Counter)
    _active: list[tuple[str, int, Fault]] = field(default_factory=list)

    def break_something(self, old: PortalStore | None, *, is_patient: bool) -> list[str]:
        """Up to a few faults at once; `old` is a copy of the portal that some answers may come from.

        With a patient client, which waits longer after each failure, no fault strikes twice.
        """
        for _ in range(self.rng.randrange(MOST_FAULTS + 1)):
            times = 1 if is_patient else self.rng.choice([1, 1, 2, 3, MANY_TIMES])
            meant: dict[str, Any] = {
                "times": times,
                "dataset_id": self.rng.choice(["", *(feed.dataset_id for feed in FEEDS)]),
                "query_has": self.rng.choice(["", SIGNATURES, ROWS]),
            }
            kind = self.rng.choice([*KINDS, *REPLICAS])
            if kind in KINDS:
                fault = KINDS[kind](**meant)
            elif old is None:
                continue
            else:
                fault = stale_replica(old, says_so=REPLICAS[kind], **meant)
            self._active.append((kind, times, fault))
        self.portal.faults.extend(fault for _, _, fault in self._active)
        return [kind for kind, _, _ in self._active]

    def lift(self) -> None:
        """Let the faults rest while somebody only looks."""
        self.portal.faults.clear()

    def strike(self) -> None:
        """Let the faults strike that rested."""
        self.portal.faults.extend(fault for _, _, fault in self._active)

    def mend(self) -> None:
        """Let nothing be wrong any more, and count what was."""
        self.portal.faults.clear()
        for kind, times, fault in self._active:
            if used := times - (fault.times or 0):
                self.struck[kind] += used
        self._active.clear()

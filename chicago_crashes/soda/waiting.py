"""How long to wait before asking the portal again."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, wait_exponential_jitter

Wait = Callable[[RetryCallState], float]

LONGEST_WAIT = 300.0
"""However long the portal asks us to stay away, in seconds: longer waits are left to whoever retries the run."""


def backoff(retry_state: RetryCallState) -> float:
    """2, 4, 8 ... seconds and up to two more by chance, or what `Retry-After` asks for if that is longer."""
    error = retry_state.outcome.exception() if retry_state.outcome else None
    asked = getattr(error, "retry_after", None) or 0.0
    return max(asked, _exponential(retry_state))


def seconds_asked_for(retry_after: str | None, *, now: datetime | None = None) -> float | None:
    """What a `Retry-After` header asks for, in seconds, at most `LONGEST_WAIT`; `None` if it cannot be read."""
    if not retry_after:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            moment = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


_exponential = wait_exponential_jitter(multiplier=2, exp_base=2, max=60, jitter=2)

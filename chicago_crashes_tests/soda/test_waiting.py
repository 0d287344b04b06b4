"""What `Retry-After` may say."""

from datetime import UTC, datetime

import pytest

from chicago_crashes.soda.waiting import LONGEST_WAIT, seconds_asked_for

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-3", 0),
        ("86400", LONGEST_WAIT),
        ("inf", LONGEST_WAIT),
        ("Sat, 21 Nov 2026 12:00:42 GMT", 42),
        ("Sat, 21 Nov 2026 06:00:42 -0600", 42),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 12:00:00 GMT", LONGEST_WAIT),
        ("soon", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_longer_than_we_bear(
    header: str | None, seconds: float | None
) -> None:
    assert seconds_asked_for(header, now=NOW) == seconds

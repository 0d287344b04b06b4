"""The portal's timestamps: one reading for plan, proof and cleaning, whatever form they come in."""

import re
from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chicago_crashes.feeds.catalogue import CRASHES
from chicago_crashes.soda.reconcile import disagreement, signature_of
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.soda.system_times import UnreadableTimeError, utc, utc_times
from chicago_crashes_tests.feeds.cleaning.raw_rows import A_DAY, raw_frame

NOON = datetime(2022, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-01-05T12:00:00.000Z", NOON),
        ("2022-01-05T12:00:00", NOON),
        ("2022-01-05T12:00:00+00:00", NOON),
        ("2022-01-05T06:00:00.000-06:00", NOON),
        ("2022-01-05T14:00:00.5+02:00", NOON + timedelta(seconds=0.5)),
        ("2022-01-05T12:00:00.123456Z", NOON + timedelta(microseconds=123456)),
    ],
)
def test_every_form_says_its_moment(text: str, moment: datetime) -> None:
    assert utc(text) == moment
    assert utc(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "soon", "2022-13-05T12:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_says_no_moment_is_an_error_that_has_it(text: str) -> None:
    with pytest.raises(UnreadableTimeError, match=re.escape(repr(text))) as raised:
        utc_times(pl.Series(["2022-01-05T12:00:00Z", None, text]))
    assert raised.value.text == text


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=OFFSETS)  # noqa: DTZ001 - the zone is given


@given(st.lists(st.none() | MOMENTS))
def test_a_column_is_read_as_its_texts_are(moments: list[datetime | None]) -> None:
    texts = [moment and moment.isoformat() for moment in moments]

    times = utc_times(pl.Series(texts, dtype=pl.String))

    assert times.to_list() == moments == [text and utc(text) for text in texts]


def test_the_newest_is_the_latest_moment_and_not_the_last_text() -> None:
    """`2022-01-05T09:00:00.000-06:00` is later than `2022-01-05T12:00:00.000Z`, and sorts before it."""
    texts = ["2022-01-05T12:00:00.000Z", "2022-01-05T09:00:00.000-06:00", "2022-01-05T13:00:00.000+05:00"]
    rows = raw_frame(CRASHES, [{":updated_at": text} for text in texts])

    assert signature_of(rows) == Signature(3, datetime(2022, 1, 5, 15, tzinfo=UTC))


def test_a_time_that_cannot_be_read_is_told_with_feed_day_and_value() -> None:
    error = disagreement(CRASHES, A_DAY, raw_frame(CRASHES, [{":updated_at": "soon"}]), Signature(1, NOON))

    assert all(word in str(error) for word in ("crashes", str(A_DAY), "'soon'"))

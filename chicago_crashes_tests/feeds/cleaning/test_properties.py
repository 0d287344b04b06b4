"""Whatever the portal publishes: a typed value, a finding or a stated null, never an exception, and nothing disappears.

What a text means is written here once more, in plain Python, so that the cleaning is not measured by itself.
"""

# ruff: noqa: DTZ001 - the portal's timestamps are wall time and carry no zone

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chicago_crashes.feeds.catalogue import FEEDS, Column, Feed, Kind, feed_named
from chicago_crashes.feeds.cleaning.clean import DAY, Cleaned, clean
from chicago_crashes.feeds.cleaning.keys import row_key_of
from chicago_crashes_tests.feeds.cleaning.raw_rows import A_DAY, Row, raw_frame

NOTHING, FAULT = object(), object()
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
MARKERS = {"", "NULL", "N/A", "UNKNOWN", "UNK"}
QUICK = settings(max_examples=12, derandomize=True)

numbers = st.one_of(
    st.integers(-200, 12_000).map(str),
    st.integers().map(str),
    st.integers(0, 10**8).map(lambda n: f"{n:,}"),
    st.integers(-99, 9_999).map(lambda n: f"{n}.0"),
    st.floats().map(repr),
    st.floats(-90, 90).map(repr),
    st.from_regex(r"[+-]?[0-9,]{0,9}(\.[0-9]{0,3})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
moments = st.datetimes(datetime(1880, 1, 1), datetime(2220, 1, 1)) | st.datetimes()
timestamps = st.one_of(
    moments.map(lambda moment: moment.isoformat(timespec="milliseconds")),
    moments.map(lambda moment: moment.isoformat(timespec="seconds")),
    moments.map(lambda moment: f"{moment:%m/%d}/{moment.year:04} {moment:%I:%M:%S %p}"),
    st.from_regex(r"[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}T[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{0,10})?", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{1,5} [0-9]{1,2}:[0-9]{2}:[0-9]{2} [AP]M", fullmatch=True),
)
degrees = st.floats(41.5, 42.2) | st.floats(-88, -87.4) | st.just(0.0) | st.floats(allow_nan=False)
points = st.one_of(
    st.tuples(degrees, degrees).map(lambda pair: f"POINT ({pair[0]!r} {pair[1]!r})"),
    st.tuples(degrees, degrees).map(lambda pair: json.dumps({"type": "Point", "coordinates": pair})),
    st.from_regex(r"(?i:point) ?\([-0-9. e]{0,20}\)", fullmatch=True),
)
words = st.one_of(
    st.sampled_from(
        ["", " ", "NULL", "n/a", "UNKNOWN", "Unk ", "Y", "N", "U", "true", "FALSE", "y ", "NA", "\0", "a\0b"]
    ),
    st.text(max_size=12),
    st.integers(490, 510).map("x".__mul__),
)
anything = st.none() | words | numbers | timestamps | points


def texts_for(column: Column) -> st.SearchStrategy[str | None]:
    """Texts for a column: all that could be meant for it, and all that could not."""
    fitting: dict[Kind, st.SearchStrategy[str]] = {
        Kind.INTEGER: numbers,
        Kind.CODE: numbers,
        Kind.NUMBER: numbers | degrees.map(repr),
        Kind.TIMESTAMP: timestamps,
        Kind.POINT: points,
        Kind.CATEGORY: st.sampled_from(column.values or ("",)),
    }
    return fitting.get(column.kind, words) | anything


ONE_OF_EVERY_KIND = [
    ("crashes", "street_name"),
    ("crashes", "weather_condition"),
    ("crashes", "beat_of_occurrence"),
    ("crashes", "hit_and_run_i"),
    ("crashes", "lane_cnt"),
    ("crashes", "date_police_notified"),
    ("crashes", "location"),
    ("crashes", "latitude"),
    ("people", "age"),
    ("people", "bac_result_value"),
    ("vehicles", "vehicle_year"),
    ("fatalities", "geocoded_column"),
]


@pytest.mark.parametrize(("feed_name", "column_name"), ONE_OF_EVERY_KIND)
def test_any_text_becomes_a_value_a_finding_or_a_stated_null(feed_name: str, column_name: str) -> None:
    feed = feed_named(feed_name)

    @QUICK
    @given(st.lists(texts_for(feed.column(column_name)), min_size=1, max_size=25))
    def check(texts: list[str | None]) -> None:
        assert_all_accounted(feed, [{**_own_key(feed, place), column_name: text} for place, text in enumerate(texts)])

    check()


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_nothing_disappears_from_any_rows(feed: Feed) -> None:
    stains = st.sampled_from(feed.columns).flatmap(lambda column: st.tuples(st.just(column.name), texts_for(column)))
    vital = st.sampled_from([*(name for name in feed.key if name in feed.column_names), feed.date])
    rows = st.builds(
        lambda place, stained, lost: {**_own_key(feed, place), **dict(stained), **dict(lost)},
        st.integers(0, 3),
        st.lists(stains, max_size=5),
        st.lists(st.tuples(vital, anything), max_size=1),
    )

    @QUICK
    @given(st.lists(rows, max_size=8))
    def check(rows: list[Row]) -> None:
        assert_all_accounted(feed, rows)

    check()


@QUICK
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), anything), max_size=8))
def test_every_day_accounts_for_its_own_rows(places: list[tuple[int, int, str | None]]) -> None:
    feed = feed_named("people")
    frames = [
        raw_frame(
            feed, [{"person_id": f"O{key}", "age": text, "crash_date": f"2021-12-{day + 1:02}T00:00:00.000"}]
        ).with_columns(pl.lit(date(2021, 12, day + 1)).alias(DAY))
        for day, key, text in places
    ]
    raw = pl.concat([raw_frame(feed, []), *frames])

    result = clean(feed, raw)

    outcome = pl.concat([result.rows[DAY], result.quarantined["day"].alias(DAY)])
    assert sorted(outcome) == sorted(raw[DAY])


def assert_all_accounted(feed: Feed, rows: Sequence[Row]) -> None:
    """Every row is in the result or in quarantine; every value is there, or in a finding, or was none."""
    raw = raw_frame(feed, rows)
    result = clean(feed, raw)
    assert result.rows.height + result.quarantined.height == raw.height

    refused = {json.loads(text)[":id"] for text in result.quarantined["raw_row"]}
    published = [row for row in raw.iter_rows(named=True) if row[":id"] not in refused]
    broken: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for finding in result.findings.iter_rows(named=True):
        place = (finding["row_key"], finding["column_name"])
        broken.setdefault(place, []).append((finding["action"], finding["value"]))
    for source, row in zip(published, result.rows.iter_rows(named=True), strict=True):
        key = row_key_of(feed, row)
        for column in feed.columns:
            assert_accounted(column, source[column.name], row[column.name], broken.get((key, column.name), []))
    assert result.findings.height == sum(map(len, broken.values()))
    assert_cleaning_again_changes_nothing(feed, result)


def assert_accounted(column: Column, text: str | None, value: object, broken: list[tuple[str, str]]) -> None:
    meaning = meaning_of(column, text)
    where = (column.name, text, value, broken)
    nulled = [kept for action, kept in broken if action == "nulled"]
    for _, kept in broken:
        assert text is not None, where
        assert kept == text.strip(WHITE_SPACE).replace("\0", "\N{REPLACEMENT CHARACTER}"), where
    if meaning is NOTHING:
        assert value is None, where
        assert not broken, where
    elif nulled:
        assert value is None, where
        assert meaning is FAULT or may_break_a_rule(column, meaning), where
    else:
        assert value == meaning, where
        if column.kind is Kind.CATEGORY:
            assert bool(broken) == (meaning not in column.values), where


def may_break_a_rule(column: Column, meaning: object) -> bool:
    """Whether a readable value can be one that the column does not hold; the exact bounds are tested by hand."""
    if column.is_bounded or column.kind is Kind.POINT:
        return True
    match meaning:
        case bool():
            return False
        case int():
            return abs(meaning) >= 2**31
        case float():
            return False
        case datetime():
            return not 1900 <= meaning.year < 2200
        case _:
            return len(str(meaning)) > (column.max_length or column.digits or 0)


def meaning_of(column: Column, text: str | None) -> object:
    """What a published text says: nothing, a value, or something that is no value of the column."""
    if text is None:
        return NOTHING
    said = text.strip(WHITE_SPACE)
    if said.upper() in MARKERS and said.upper() not in column.values:
        return NOTHING
    match column.kind:
        case Kind.TEXT | Kind.CATEGORY:
            return FAULT if "\0" in said else said
        case Kind.FLAG:
            return {"Y": True, "TRUE": True, "N": False, "FALSE": False, "U": NOTHING}.get(said.upper(), FAULT)
        case Kind.INTEGER:
            return _number(said, whole=True)
        case Kind.CODE:
            number = _number(said, whole=True)
            return f"{number:04}" if isinstance(number, int) and number >= 0 else FAULT
        case Kind.NUMBER:
            return _number(said, whole=False)
        case Kind.TIMESTAMP:
            return _moment(said)
        case Kind.POINT:
            return _point(said)


def _number(said: str, *, whole: bool) -> object:
    grouped = re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?([eE].*)?", said)
    plain = said.replace(",", "") if grouped else said
    if whole:
        return int(plain.partition(".")[0]) if re.fullmatch(r"[+-]?[0-9]+(\.0*)?", plain) else FAULT
    try:
        number = float(plain)
    except ValueError:
        return FAULT
    return number if math.isfinite(number) else FAULT


def _moment(said: str) -> object:
    iso = re.fullmatch(r"\+?(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(?:\.(\d*))?", said)
    if iso:
        year, month, day, hour, minute, second = map(int, iso.groups()[:6])
        microsecond = int(f"{iso[7] or '':0<6}"[:6])
    elif export := re.fullmatch(r"(\d+)/(\d+)/(\d+) (\d+):(\d+):(\d+) ([AaPp])[Mm]", said):
        month, day, year, hour, minute, second = map(int, export.groups()[:6])
        hour, microsecond = hour % 12 + 12 * (export[7].upper() == "P"), 0
    else:
        return FAULT
    try:
        return datetime(year, month, day, hour, minute, second, microsecond)
    except ValueError:
        return FAULT


def _point(said: str) -> object:
    if wkt := re.fullmatch(r"(?i:point)\s*\(\s*(\S+)\s+(\S+?)\s*\)", said):
        return f"POINT ({wkt[1]} {wkt[2]})"
    try:
        x, y = json.loads(said, parse_float=str, parse_int=str)["coordinates"]
    except (ValueError, KeyError, TypeError):
        return FAULT
    return f"POINT ({x} {y})"


def assert_cleaning_again_changes_nothing(feed: Feed, once: Cleaned) -> None:
    """Clean values, published as they are, come out as they are, and nothing is found that would null one."""
    columns = [
        pl.Series(column.name, [published(value) for value in once.rows[column.name]], pl.String)
        for column in feed.columns
    ]
    system = [pl.Series(":id", [str(place) for place in range(once.rows.height)], pl.String)]
    again = clean(feed, pl.DataFrame([*system, *columns, once.rows[DAY]]))

    assert again.quarantined.is_empty()
    assert again.rows.select(feed.column_names).equals(once.rows.select(feed.column_names))
    assert "nulled" not in again.findings["action"]
    flagged = once.findings.filter(action="flagged")
    assert again.findings["value"].sort().equals(flagged["value"].sort())


def published(value: object) -> str | None:
    """A clean value in the form the portal would publish it in."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, float):
        return repr(value)
    return None if value is None else str(value)


def _own_key(feed: Feed, place: int) -> Mapping[str, str]:
    """A key for each place, so that rows are told apart."""
    own = {"crashes": f"c{place}", "people": f"O{place}", "vehicles": str(place), "fatalities": f"O{place}"}
    column = {"crashes": "crash_record_id", "vehicles": "crash_unit_id"}.get(feed.name, "person_id")
    return {column: own[feed.name]}


def test_the_rows_of_these_tests_are_of_one_day() -> None:
    assert raw_frame(feed_named("crashes"), [{}])[DAY].to_list() == [A_DAY]

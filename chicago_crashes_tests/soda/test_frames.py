"""Whatever the body, the fast way to columns gives what the exact one gives, or leaves the body to it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from chicago_crashes.soda import bodies, lines
from chicago_crashes.soda.bodies import Body, UnreadableError, rows_of
from chicago_crashes.soda.errors import PortalDisagreesError
from chicago_crashes.soda.frames import frame_of_rows, text_frame
from chicago_crashes.soda.lines import NotPlainError, frame_of_lines

COLUMNS = (":id", "name", "note 1", "place", "geo.place")
POINTS = ("place", "geo.place")
Row = dict[str, Any]

coordinate = st.integers(-180, 180) | st.floats(allow_nan=False, allow_infinity=False)
point = st.fixed_dictionaries({"type": st.just("Point"), "coordinates": st.lists(coordinate, max_size=3)})
text = st.text(max_size=12) | st.sampled_from(['"place":{}', "\n,{", "]\n", "\0", "\\", '"', "🚲", "\x7f\u2028"])
scalar = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | coordinate | text
anything = st.recursive(scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))

plain_row = st.fixed_dictionaries(
    {},
    optional={name: st.none() | (point if name in POINTS else text) for name in COLUMNS},
)
any_row = st.dictionaries(st.sampled_from(COLUMNS), anything, max_size=len(COLUMNS))


@pytest.fixture(autouse=True, scope="module")
def _small_blocks() -> Iterator[None]:
    """So that a few rows are several pieces and several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "PIECE_BYTES", 60)
        patch.setattr(lines, "BLOCK_BYTES", 1000)
        yield


def published(rows: list[Row]) -> bytes:
    """As the portal lays it out."""
    return b"[" + b"\n,".join(map(orjson.dumps, rows)) + b"]\n"


def exactly(content: bytes) -> pl.DataFrame:
    return frame_of_rows(rows_of(Body(content)), COLUMNS)


def plainly(content: bytes) -> pl.DataFrame:
    return frame_of_lines(Body(content).pieces(), COLUMNS, POINTS)


def outcome(content: bytes, *, is_exact: bool) -> pl.DataFrame | type[Exception]:
    try:
        return exactly(content) if is_exact else text_frame(Body(content), COLUMNS, POINTS)
    except (UnreadableError, PortalDisagreesError) as error:
        return type(error)


def assert_same_outcome(content: bytes) -> None:
    expected, found = outcome(content, is_exact=True), outcome(content, is_exact=False)
    if isinstance(expected, pl.DataFrame) and isinstance(found, pl.DataFrame):
        assert_frame_equal(found, expected)
    else:
        assert found is expected


@given(st.lists(plain_row, min_size=1, max_size=6), st.integers(1, 5))
def test_plain_rows_are_read_the_fast_way(some: list[Row], times: int) -> None:
    """The same few rows again and again are as many blocks as other rows would be, and drawn in a fifth of the time."""
    rows = some * times
    assert_frame_equal(plainly(published(rows)), exactly(published(rows)))


@given(st.lists(plain_row | any_row, max_size=12), st.sampled_from(["portal", "compact", "spaced", "indented"]))
def test_rows_of_any_values_and_layout_are_read_alike(rows: list[Row], layout: str) -> None:
    bodies_of: dict[str, Callable[[list[Row]], bytes]] = {
        "portal": published,
        "compact": orjson.dumps,
        "spaced": lambda rows: json.dumps(rows).encode(),
        "indented": lambda rows: json.dumps(rows, indent=1, ensure_ascii=False).encode(),
    }
    assert_same_outcome(bodies_of[layout](rows))


DAMAGE = st.sampled_from([b"", b"\n", b",", b"]", b"[", b"{", b"}", b'"', b"\\", b"\xff", b"\0", b"0", b" x", b"null"])


@given(
    st.lists(plain_row, min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), DAMAGE), min_size=1, max_size=3),
)
@settings(max_examples=500)
def test_damage_anywhere_is_judged_alike(rows: list[Row], damages: list[tuple[float, int, bytes]]) -> None:
    content = published(rows)
    for where, taken, put in damages:
        place = round(where * len(content))
        content = content[:place] + put + content[place + taken :]

    assert_same_outcome(content)


def test_a_body_cut_anywhere_is_refused() -> None:
    whole = published([{":id": "1", "name": "A", "place": {"type": "Point", "coordinates": [0, 1.5]}}] * 5)

    for length in range(len(whole.rstrip())):
        with pytest.raises(UnreadableError):
            text_frame(Body(whole[:length]), COLUMNS, POINTS)


@pytest.mark.parametrize(
    "content",
    [
        b'[{"name":"A"}\n{"name":"B"}]',
        b'[{"name":"A"}\n,,{"name":"B"}]',
        b'[{"name":"A"}{"name":"B"}\n,{"name":"C"}]',
        b'[{"name":"A"}\n,]',
        b'[{"name":"A"}\n,{"name":"B"}',
        b'[{"name":"A"}\n,{"name":"B"}]]',
        b'[{"name":"A"}\n,{"name":"B"}]}',
        b'[{"name":"A"}\n,{"name":"B"}]x',
        b'[{"name":"A"}]}\n{"rows":[{"name":"B"}]',
        b'[{"name":"A"}],"rows":[{"name":"B"}]',
        b'[{"name":"A"}\n,null]',
        b'[{"name":"A"}\n,"B"]',
        b'[{"name":"A"}\n,[]]',
        b'[{"name":"\xff"}]',
        b'[{"name":"\xed\xa0\x80"}]',
        b'[{"name":"\\ud800"}]',
        b'[{"name":"A\nB"}]',
        b'[{"place":{"type":"Point","coordinates":[01]}}]',
        b'[{"place":{"type":"Point","coordinates":[NaN]}}]',
        b'\xef\xbb\xbf[{"name":"A"}]',
    ],
    ids=repr,
)
def test_what_is_no_list_of_rows_is_refused(content: bytes) -> None:
    assert outcome(content, is_exact=False) is UnreadableError


@pytest.mark.parametrize(
    "row",
    [
        b'{"name":1}',
        b'{"name":true}',
        b'{"name":{"type":"Point","coordinates":[1,2]}}',
        b'{"name":"A","name":"B"}',
        b'{"place":"text"}',
        b'{"place":{"type":"Point","coordinates":["1"]}}',
        b'{"place":{"type":"Point","coordinates":[1],"crs":"x"}}',
        b'{"place":{"type":"}","coordinates":[1]}}',
        b'{"pl\\u0061ce":{"type":"Point","coordinates":[1]}}',
        b'{"place": {"type":"Point","coordinates":[1]}}',
    ],
    ids=repr,
)
def test_what_is_not_plain_is_left_to_the_exact_way(row: bytes) -> None:
    content = b'[{"name":"before"}\n,' + row + b"]\n"

    with pytest.raises(NotPlainError):
        plainly(content)
    assert_frame_equal(text_frame(Body(content), COLUMNS, POINTS), exactly(content))


@pytest.mark.parametrize("place", [0, 1, 19])
def test_a_field_nobody_asked_for_is_named(place: int) -> None:
    rows = [{":id": str(number), "name": "A"} for number in range(20)]
    rows[place]["shifted"] = "x"

    with pytest.raises(PortalDisagreesError, match="nobody asked for: shifted"):
        text_frame(Body(published(rows)), COLUMNS, POINTS)


def test_points_keep_their_digits() -> None:
    points = ["[0,0]", "[0.0,-0.0]", "[-87.683387053281,41.764608912236]", "[1e-7,1E+20]", "[]"]
    content = b"\n,".join(b'{"place":{"type":"Point","coordinates":%s}}' % point.encode() for point in points)

    frame = plainly(b"[" + content + b"]\n")

    assert [text.removeprefix('{"type":"Point","coordinates":') for text in frame["place"]] == [
        "[0,0]}",
        "[0.0,-0.0]}",
        "[-87.683387053281,41.764608912236]}",
        "[1e-7,1e+20]}",
        "[]}",
    ]
    assert_frame_equal(frame, exactly(b"[" + content + b"]\n"))


def test_no_rows_are_a_frame_of_the_same_columns() -> None:
    frame = text_frame(Body(b"[]\n"), COLUMNS, POINTS)

    assert frame.schema == dict.fromkeys(COLUMNS, pl.String())
    assert frame.is_empty()

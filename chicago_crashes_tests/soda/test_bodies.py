"""A body is read whole, however it was packed, or not at all."""

import gzip
import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chicago_crashes.soda import bodies
from chicago_crashes.soda.bodies import Body, UnreadableError, object_of, rows_of

TEXT = b'[{"a":"1"}\n,{"a":"2"}]\n' * 50


@pytest.fixture(autouse=True, scope="module")
def _small_pieces() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "PIECE_BYTES", 40)
        yield


@given(st.binary(max_size=2000))
def test_a_body_is_what_was_packed(content: bytes) -> None:
    assert Body(gzip.compress(content), is_gzip=True).whole() == content
    assert Body(content).whole() == content


def test_a_body_can_be_read_again() -> None:
    body = Body(gzip.compress(TEXT), is_gzip=True)

    assert body.whole() == body.whole() == b"".join(body.pieces()) == TEXT


def test_a_stream_of_several_is_read_to_its_end() -> None:
    assert Body(gzip.compress(TEXT) + gzip.compress(b"more"), is_gzip=True).whole() == TEXT + b"more"


def test_a_stream_is_refused_wherever_it_is_cut() -> None:
    packed = gzip.compress(TEXT)

    for length in range(len(packed)):
        with pytest.raises(UnreadableError, match="gzip stream is"):
            Body(packed[:length], is_gzip=True).whole()


def test_damage_never_goes_unnoticed() -> None:
    content = random.Random(1).randbytes(300)  # noqa: S311 - bytes, not secrets
    packed = gzip.compress(content)
    refused = 0

    for place, bit in itertools.product(range(len(packed)), range(8)):
        damaged = bytearray(packed)
        damaged[place] ^= 1 << bit
        try:
            # A few bits mean nothing, such as those of the time of packing.
            assert Body(bytes(damaged), is_gzip=True).whole() == content
        except UnreadableError:
            refused += 1

    assert refused > 8 * len(content)


@pytest.mark.parametrize("rest", [b"x", b"garbage after the end", gzip.compress(b"cut", mtime=0)[:-3]])
def test_what_follows_a_stream_must_be_one(rest: bytes) -> None:
    with pytest.raises(UnreadableError, match="gzip stream is"):
        Body(gzip.compress(TEXT) + rest, is_gzip=True).whole()


@pytest.mark.parametrize("content", [b"", b"[", b'[{"a":1}] x', b"[1]", b"[[]]", b"{}", b"null", b'[{"a":1},null]'])
def test_rows_are_a_list_of_objects(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        rows_of(Body(content))


@pytest.mark.parametrize("content", [b"", b"{", b"{} x", b"[]", b"null"])
def test_an_object_is_an_object(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        object_of(Body(content))

"""The body of a reply: unpacked, and as JSON if it is whole and of the expected shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from isal import isal_zlib

GZIP = 16 + isal_zlib.MAX_WBITS
PIECE_BYTES = 256 << 10


class UnreadableError(ValueError):
    """The body is cut, damaged or something else than was asked for; the message says which."""


@dataclass(frozen=True, slots=True)
class Body:
    """What came over the wire. It is unpacked as it is read, and may be read more than once.

    Reading raises `UnreadableError` if the gzip stream was cut or damaged, at its end at the latest.
    """

    content: bytes
    is_gzip: bool = False

    def pieces(self) -> Iterator[bytes]:
        """The body bit by bit: a window unpacked is six times as large as it came."""
        pieces = (self.content[start : start + PIECE_BYTES] for start in range(0, len(self.content), PIECE_BYTES))
        return _unpacked(pieces) if self.is_gzip else pieces

    def whole(self) -> bytes:
        """All of the body at once."""
        return b"".join(self.pieces())


def rows_of(body: Body) -> list[dict[str, Any]]:
    """The rows of a body, exactly as delivered.

    Raises:
        UnreadableError: the body is no whole list of rows.
    """
    content = _json(body)
    if not isinstance(content, list) or not all(type(row) is dict for row in content):
        raise UnreadableError("it is JSON, but no list of rows")
    return content


def object_of(body: Body) -> dict[str, Any]:
    """The one object a body holds.

    Raises:
        UnreadableError: the body is no whole object.
    """
    content = _json(body)
    if not isinstance(content, dict):
        raise UnreadableError("it is JSON, but no object")
    return content


def _json(body: Body) -> Any:
    try:
        return orjson.loads(body.whole())
    except orjson.JSONDecodeError as error:
        raise UnreadableError(f"the JSON is cut or damaged: {error}") from error


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = isal_zlib.decompressobj(GZIP)
    for piece in pieces:
        packed = piece
        while packed:
            if unpacker.eof:
                # A gzip stream may be several, one after the other.
                unpacker = isal_zlib.decompressobj(GZIP)
            try:
                unpacked = unpacker.decompress(packed)
            except isal_zlib.error as error:  # type: ignore[misc] # a class, though its stub says an instance
                raise UnreadableError(f"the gzip stream is damaged: {error}") from error
            packed = unpacker.unused_data
            yield unpacked
    if not unpacker.eof:
        raise UnreadableError("the gzip stream is cut")

"""The fast way from a body to columns: for rows that stand on lines of their own and hold nothing but text and points.

The portal's bodies are like that, and a window of them holds millions of values: here hardly any of them becomes a
Python object. Whatever is not exactly so is refused, not interpreted.
"""

import re
from collections.abc import Collection, Iterator, Sequence

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json

WHITESPACE = b" \t\r\n"
BETWEEN_ROWS = b"\n,{"
"""Never inside a row: JSON text holds no bare line end, and a point holds no object."""

BLOCK_BYTES = 2 << 20
"""Rows are parsed in blocks of at least this size, so that besides the columns only little memory is taken."""

POINT = pa.struct({"type": pa.string(), "coordinates": pa.list_(pa.float64())})


class NotPlainError(ValueError):
    """The body must be read in another way; it may be sound or not."""


def frame_of_lines(pieces: Iterator[bytes], columns: Sequence[str], points: Collection[str]) -> pl.DataFrame:
    """The rows of a plain body that comes in pieces, one text column per name in `columns`.

    Points become compact JSON.

    Raises:
        NotPlainError: the body is no list of rows on lines of their own, has a field that is not in `columns` or one
            that comes twice in a row, or a value that is neither text, null, nor a point in one of `points`.
    """
    schema = pa.schema({name: POINT if name in points else pa.string() for name in columns})
    try:
        table = pa.concat_tables(_table(block, schema) for block in _blocks(pieces))
    except (pa.ArrowInvalid, orjson.JSONDecodeError) as error:
        raise NotPlainError(str(error)) from error
    return pl.DataFrame(table)


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The rows between the brackets in blocks of many, without the comma between two blocks."""
    rest = next(pieces, b"")
    if not rest.startswith(b"[{"):
        raise NotPlainError("it does not begin with a row")
    rest = rest[1:]
    for piece in pieces:
        rest += piece
        if len(rest) >= BLOCK_BYTES:
            cut = rest.rfind(BETWEEN_ROWS)
            if cut < 0:
                raise NotPlainError("its rows do not stand on lines of their own")
            yield rest[:cut]
            rest = rest[cut + BETWEEN_ROWS.index(b"{") :]
    rest = rest.rstrip(WHITESPACE)
    if not rest.endswith(b"]"):
        raise NotPlainError("it does not end as a list")
    yield rest[:-1]


def _table(block: bytes, schema: pa.Schema) -> pa.Table:
    document = b"".join((b'{"rows":[', block, b"]}"))
    parsed = arrow_json.read_json(
        pa.BufferReader(document),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(document)),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=pa.schema({"rows": pa.list_(pa.struct(schema))}),
            unexpected_field_behavior="error",
            newlines_in_values=True,
        ),
    )
    rows = parsed["rows"].combine_chunks().flatten()
    if parsed.num_rows != 1 or rows.null_count:
        raise NotPlainError("it is no list of rows")
    table = pa.Table.from_struct_array(rows)
    for place, field in enumerate(schema):
        if field.type == POINT:
            texts = _point_texts(block, field.name, rows.field(place))
            table = table.set_column(place, field.name, texts)
    # The parser takes bytes for text without a look; this is the look.
    table.validate(full=True)
    return table


def _point_texts(block: bytes, name: str, parsed: pa.StructArray) -> pa.Array:
    """The points as JSON texts with the published digits: parsed numbers no longer tell `0` from `0.0`."""
    published = re.findall(rb'"%s":(\{[^{}]*\})' % re.escape(name.encode()), block)
    if len(published) != len(parsed) - parsed.null_count:
        raise NotPlainError(f"the points of {name} cannot be found")
    texts = pa.array([orjson.dumps(orjson.loads(point)).decode() for point in published], pa.string())
    return pc.replace_with_mask(pa.nulls(len(parsed), pa.string()), parsed.is_valid(), texts)

"""The text the database writes is, to the byte, what a plain writer makes of the same values."""

import csv
import io
import json
import re
from collections.abc import Sequence

import orjson
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chicago_crashes.stand_in.formats import REPLIES
from chicago_crashes.stand_in.soql import parse_clauses
from chicago_crashes.stand_in.store import ROWS_PER_BATCH, PortalStore
from chicago_crashes.stand_in.translate import translate
from chicago_crashes_tests.stand_in.asking import CRASH_DATASET, ask, five_crashes, many_crashes

ODD_NAME, POINT_NAME = 'it\'s "$1" {}, é', "location"
NAMES = ("crash_record_id", "posted_speed_limit", POINT_NAME, ODD_NAME)

Values = tuple[str | None, ...]

# Control characters without a short form can be written in two ways; they have a test of their own.
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('"\\\n\t\r\b\f,:{}'), max_size=12)
numbers = st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{1,15})?", fullmatch=True)
points = st.builds("POINT{}({} {})".format, st.sampled_from(["", " ", "  "]), numbers, numbers)
rows = st.lists(st.tuples(*(st.none() | kind for kind in (texts, numbers | texts, points | texts, texts))), max_size=5)


def served(values: Sequence[Values], wanted: str, select: str = "*,1=1 as yes") -> bytes:
    store = PortalStore()
    store.publish(CRASH_DATASET, pl.DataFrame(list(values), dict.fromkeys(NAMES, pl.String), orient="row"))
    found = body(store, wanted, select)
    store.close()
    return found


def body(store: PortalStore, wanted: str, select: str) -> bytes:
    dataset = store.dataset(CRASH_DATASET)
    assert dataset is not None
    query = parse_clauses({"$select": select, "$order": ":id", "$limit": "100000"})
    reply = REPLIES[wanted](translate(query, dataset))
    return b"".join(reply.body(store.read(reply.sql, reply.parameters)))


def in_json(name: str, value: object) -> object:
    """A value for `orjson`; a point keeps the digits it has, except zeros before the first."""
    point = re.fullmatch(r"POINT ?\((-?)0*([0-9]+(?:\.[0-9]+)?) (-?)0*([0-9]+(?:\.[0-9]+)?)\)", str(value))
    if name != POINT_NAME or point is None:
        return value
    sign, longitude, other_sign, latitude = point.groups()
    coordinates = f"[{sign}{longitude},{other_sign}{latitude}]"
    return orjson.Fragment(f'{{"type":"Point","coordinates":{coordinates}}}'.encode())


@given(rows)
@example([])
@example([(None, None, None, None), ("", "", "", "")])
@example([('a"b', "a\\b", "POINT (-007.50 00.5)", "a\nb"), (",", '",""', "POINT(0 000)", "POINT (1 2)")])
@settings(max_examples=60)
def test_json_is_what_a_plain_writer_makes(values: Sequence[Values]) -> None:
    objects = [
        {name: in_json(name, value) for name, value in zip(NAMES, row, strict=True) if value is not None}
        | {"yes": True}
        for row in values
    ]
    expected = b"[" + b"\n,".join(map(orjson.dumps, objects)) + b"]\n"
    assert served(values, "json") == expected


@given(rows)
@example([])
@example([(None, None, None, None), ("", '"', '""', "a,b")])
@settings(max_examples=30)
def test_csv_is_what_a_plain_writer_makes(values: Sequence[Values]) -> None:
    def cell(value: str | None) -> str:
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    lines = [",".join(map(cell, row)) + "\n" for row in [(*NAMES, "yes"), *((*row, "true") for row in values)]]
    assert served(values, "csv").decode() == "".join(lines)


@given(rows)
@example([])
@example([(None, None, None, None), ("a", "1", "POINT (-87.600000000001 41.80)", 'say "x"')])
@settings(max_examples=30)
def test_geojson_is_what_a_plain_writer_makes(values: Sequence[Values]) -> None:
    features = []
    for row in values:
        properties = {name: value for name, value in zip(NAMES, row, strict=True) if name != POINT_NAME} | {"yes": True}
        geometry = in_json(POINT_NAME, row[NAMES.index(POINT_NAME)])
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    found = served(values, "geojson")
    assert b",\n".join(map(orjson.dumps, features)) in found
    assert len(json.loads(found)["features"]) == len(values)


def test_control_characters_come_back_as_they_were() -> None:
    every = "".join(map(chr, range(0x20))) + "\x7f\u2028"
    values = [(every, None, every, every)]
    (row,) = json.loads(served(values, "json"))
    assert row == {"crash_record_id": every, POINT_NAME: every, ODD_NAME: every, "yes": True}
    (_, cells) = csv.reader(io.StringIO(served(values, "csv").decode().replace("\0", "0"), newline=""))
    assert cells[0] == every.replace("\0", "0")


def test_a_geometry_alone_has_no_properties() -> None:
    (first, *_) = json.loads(body(five_crashes(), "geojson", POINT_NAME))["features"]
    assert first["properties"] == {}
    assert first["geometry"] == {"type": "Point", "coordinates": [-87.7, 41.9]}


def test_only_the_first_row_of_all_batches_has_no_separator() -> None:
    count = 2 * ROWS_PER_BATCH + 1
    store = many_crashes(count)
    ids = [f"c{number}" for number in range(count)]
    assert [row["crash_record_id"] for row in ask(store, order=":id", limit=str(count))] == ids
    assert body(store, "csv", "crash_record_id").decode().split() == [
        '"crash_record_id"',
        *(f'"{each}"' for each in ids),
    ]
    features = json.loads(body(store, "geojson", "crash_record_id"))["features"]
    assert [each["properties"]["crash_record_id"] for each in features] == ids

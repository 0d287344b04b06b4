"""Files with random damage: each is taken, or refused in words; nothing else ever happens."""

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.uploads.upload import read_upload
from chicago_crashes_tests.layers.uploads.files import (
    Columns,
    archive,
    collection,
    feature,
    geopackage,
    named,
    shapefile,
    square,
    squares,
    zipped,
)

SEEDS = range(3)
REPLACEMENTS: list[Any] = [
    None,
    True,
    -1,
    10**400,
    1e308,
    "",
    "Polygon",
    "\x00\ud800",
    [],
    {},
    [[]],
    {"type": "Point"},
    [None],
    [1],
    {"a": {}},
]
COLUMNS: Columns = {"name": [f"Zoné {number}" for number in range(6)], "n": list(range(6))}


def outcome(path: Path) -> str:
    try:
        read_upload(path, "mine")
    except PermanentError:
        return "refused"
    return "taken"


def damaged(data: bytes, chance: random.Random) -> bytes:
    held = bytearray(data)
    for _ in range(chance.choice([1, 1, 3, 10])):
        place = chance.randrange(len(held))
        match chance.randrange(4):
            case 0:
                held[place] = chance.randrange(256)
            case 1:
                held[place : place + 4] = chance.choice(
                    [b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"]
                )
            case 2:
                del held[place : place + chance.randrange(1, 40)]
            case _:
                held[place:place] = chance.randbytes(8)
    return bytes(held) or b"x"


def strange(document: Any, chance: random.Random) -> Any:
    """The document with something else in one place."""
    changed = copy.deepcopy(document)
    node: Any = changed
    while True:
        places = list(node) if isinstance(node, dict) else range(len(node))
        place = chance.choice(list(places))
        below = node[place]
        if not isinstance(below, dict | list) or not below or chance.random() < 0.15:
            node[place] = chance.choice(REPLACEMENTS)
            return changed
        node = below


def of_shapefile(path: Path, chance: random.Random) -> None:
    parts = shapefile(squares(6), COLUMNS)
    hit = chance.choice([".shp", ".shx", ".dbf", ".prj", "all"])
    if hit == "all":
        path.write_bytes(damaged(archive(named(parts)), chance))
    else:
        zipped(path, named({**parts, hit: damaged(parts[hit], chance)}))


def of_geopackage(path: Path, chance: random.Random) -> None:
    path.write_bytes(
        damaged(geopackage(path.with_name("whole.gpkg"), {"areas": squares(6)}, COLUMNS).read_bytes(), chance)
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "make"), [("map.zip", of_shapefile), ("map.gpkg", of_geopackage)], ids=["shapefile", "geopackage"]
)
def test_damaged_bytes(tmp_path: Path, name: str, make: Callable[[Path, random.Random], None], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same damage every time
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        make(folder / name, chance)
        outcome(folder / name)


def test_strange_geojson(tmp_path: Path) -> None:
    features = [feature(square(place), name=f"Zone {place}", deep={"a": [1]}) for place in range(3)]
    document = collection(features, crs={"type": "name", "properties": {"name": "EPSG:4326"}})
    chance = random.Random(7)  # noqa: S311 - the same damage every time
    path = tmp_path / "map.geojson"
    outcomes = set()
    for _ in range(400):
        path.write_text(json.dumps(strange(document, chance)))
        outcomes.add(outcome(path))
    assert outcomes == {"taken", "refused"}

"""The real outline of the city, and real crashes of two days: the field is the whole city and no crash is lost."""

import csv
import json
from collections import Counter
from datetime import date

import psycopg
import pytest
from psycopg.types.json import Jsonb

from chicago_crashes.answers.hot_spots.cell_analysis import refresh_hot_spots
from chicago_crashes_tests.answers.hot_spots.facts import Crashes, add_crashes
from chicago_crashes_tests.real_data import REAL_DATA, needs_real_data

SEVERITIES = {
    "FATAL": "K",
    "INCAPACITATING INJURY": "A",
    "NONINCAPACITATING INJURY": "B",
    "REPORTED, NOT EVIDENT": "C",
    "NO INDICATION OF INJURY": "O",
    "": "U",
}
LOCATED = 987


@needs_real_data
def test_the_whole_city_is_covered_and_every_real_crash_is_in_a_cell(database_url: str) -> None:
    """The city has 231 square miles: 14,800 squares of an eighth of a mile, and those along its border."""
    with (REAL_DATA / "portal-2021-12" / "crashes.csv").open(encoding="utf-8") as file:
        rows = [
            Crashes(
                date.fromisoformat(row["crash_date"][:10]),
                (float(row["longitude"]), float(row["latitude"])) if row["latitude"] else None,
                SEVERITIES[row["most_severe_injury"]],
            )
            for row in csv.DictReader(file)
        ]
    counted = Counter(crash.severity for crash in rows if crash.place)
    with psycopg.connect(database_url, autocommit=True) as connection:
        add_crashes(connection, rows, in_degrees=True)
        _add_city(connection)
        refreshed = refresh_hot_spots(connection)
        totals = connection.execute(
            "select grid, sum(crashes), sum(ksi_crashes), sum(city_index), sum(epdo) from hot_spots"
            " where measure = 'crashes' group by grid"
        ).fetchall()
        ((land,),) = connection.execute(
            "select st_area(st_transform(st_union(geometry), 3435)) / 5280 ^ 2 from areas"
        ).fetchall()
    assert sum(counted.values()) == LOCATED
    ksi, injured = counted["K"] + counted["A"], counted["B"] + counted["C"]
    epdo = 167.88 * ksi + 22.03 * counted["B"] + 10.91 * counted["C"] + counted["O"]
    assert {row[0]: row[1:4] for row in totals} == dict.fromkeys(("h3", "square"), (LOCATED, ksi, 5 * ksi + injured))
    assert [row[4] for row in totals] == [pytest.approx(epdo)] * 2
    squares = refreshed.numbers["square_cells"]
    assert isinstance(squares, int)
    assert land * 64 < squares < land * 64 + 1000, "a square mile has 64 of them"


def _add_city(connection: psycopg.Connection) -> None:
    published = json.loads((REAL_DATA / "boundaries" / "city.geojson").read_text())
    ((layer,),) = connection.execute(
        "insert into layers (layer, title, kind, shape, source, version, digest, features, repaired, left_out)"
        " values ('city_boundary', 'City', 'published', 'polygon', 'test', 1, '', 1, 0, 0) returning layer_id"
    ).fetchall()
    for place, feature in enumerate(published["features"]):
        connection.execute(
            "insert into areas (layer_id, area, label, position, properties, square_feet, geometry)"
            " values (%s, %s, 'City', 1, '{}', 1, st_multi(st_setsrid(st_geomfromgeojson(%s::jsonb), 4326)))",
            [layer, str(place), Jsonb(feature["geometry"])],
        )

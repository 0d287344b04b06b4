"""From facts to tables: nothing lost, a cluster found, everything stated, the same again, nothing where nothing is."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from psycopg.rows import dict_row

from chicago_crashes.answers.defs.hot_spots import hot_spot_assets
from chicago_crashes.answers.hot_spots.cell_analysis import NOTHING_TO_COUNT, refresh_hot_spots
from chicago_crashes.answers.hot_spots.parameters import HotSpotParameters, Period, SegmentParameters
from chicago_crashes.answers.hot_spots.store import cell_accounts, period, segment_account
from chicago_crashes.answers.hot_spots.street_analysis import ANALYSIS, NO_STREETS, refresh_high_crash_segments
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes.settings import settings
from chicago_crashes_tests.answers.hot_spots.facts import SIDE, Crashes, add_boundary, add_crashes, add_streets
from chicago_crashes_tests.cli.running import run

LAST = date(2024, 6, 30)
FIRST = date(2021, 7, 1)
PROVISIONAL = LAST + timedelta(days=1)
CELLS_A_SIDE = 20
PLANTED = {(column, row) for column in (9, 10, 11) for row in (9, 10, 11)}


def middle(column: int, row: int) -> tuple[float, float]:
    return ((column + 0.5) * SIDE, (row + 0.5) * SIDE)


def scattered() -> list[Crashes]:
    """In every square none, one or two crashes without a pattern; 24 more with injuries in the planted ones."""
    crashes = []
    for column in range(CELLS_A_SIDE):
        for row in range(CELLS_A_SIDE):
            number = (column * 7919 + row * 104_729 + column * row * 31) % 11 % 3
            day = LAST - timedelta(days=(column * 31 + row * 17) % 1000)
            if number:
                crashes.append(Crashes(day, middle(column, row), "O", number))
            if (column, row) in PLANTED:
                crashes.append(Crashes(day, middle(column, row), "A", 8, "W TEST ST"))
                crashes.append(Crashes(day, middle(column, row), "C", 16, "W TEST ST"))
    return crashes


NOT_COUNTED = [
    Crashes(FIRST - timedelta(days=1), middle(3, 3), "K", 50),
    Crashes(PROVISIONAL, middle(3, 3), "K", 50),
    Crashes(LAST, None, "K", 50),
]
"""Before the period, provisional, without a place."""
FIRST_AND_LAST = [Crashes(FIRST, middle(0, 0)), Crashes(LAST, middle(0, 0), "U")]
EXPECTED = sum(crash.number for crash in [*scattered(), *FIRST_AND_LAST])

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def analysed(module_database_url: str) -> str:
    """A city of squares, streets along its rows, analysed."""
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        add_crashes(connection, [*scattered(), *FIRST_AND_LAST, *NOT_COUNTED], provisional=[PROVISIONAL])
        add_boundary(connection, 1, 1, CELLS_A_SIDE * SIDE - 1, CELLS_A_SIDE * SIDE - 1)
        add_streets(
            connection,
            a=("W TEST ST", [(0, 10.5 * SIDE), (5280, 10.5 * SIDE)]),
            b=("W TEST ST", [(5280, 10.5 * SIDE), (5280 + 2640, 10.5 * SIDE)]),
            c=("W OTHER ST", [(0, 2.4 * SIDE), (1320, 2.4 * SIDE)]),
        )
        refresh_hot_spots(connection)
        refresh_high_crash_segments(connection)
    return module_database_url


@pytest.fixture
def db(analysed: str) -> Iterator[Connection]:
    with psycopg.connect(analysed, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def plain(analysed: str) -> Iterator[Connection]:
    with psycopg.connect(analysed, autocommit=True) as connection:
        yield connection


def test_every_crash_of_the_period_is_in_one_cell_of_each_grid(db: Connection) -> None:
    counted = db.execute("select grid, measure, sum(crashes) as crashes from hot_spots group by 1, 2").fetchall()
    assert len(counted) == 8
    assert {row["crashes"] for row in counted} == {EXPECTED}
    assert all(account.located == account.counted == EXPECTED for account in cell_accounts(db))


def test_the_planted_squares_are_hot_and_only_those_that_touch_them_may_be(db: Connection) -> None:
    touching = {(column + x, row + y) for column, row in PLANTED for x in (-1, 0, 1) for y in (-1, 0, 1)}
    for measure in ("crashes", "ksi_crashes", "epdo", "city_index"):
        cells = db.execute("select cell from hot_spots where grid = 'square' and measure = %s and is_hot", [measure])
        hot = {_from_corner(row["cell"]) for row in cells}
        assert hot >= PLANTED, measure
        assert hot <= touching, measure


def test_hot_hexagons_are_near_the_planted_squares(db: Connection) -> None:
    """A hexagon and its six neighbours reach less than 2,400 feet from the middle to the farthest corner."""
    (row,) = db.execute(
        "select count(*) as hot, max(st_distance(st_transform(st_centroid(hot.geometry), 3435), planted.area)) as feet"
        " from hot_spots as hot, (select st_union(st_transform(geometry, 3435)) as area from hot_spots"
        "  where grid = 'square' and measure = 'ksi_crashes' and ksi_crashes > 0) as planted"
        " where grid = 'h3' and measure = 'ksi_crashes' and is_hot"
    ).fetchall()
    assert row["hot"] >= 3
    assert row["feet"] < 2400


def test_a_cell_by_hand(db: Connection) -> None:
    """8 A and 16 C crashes beside so many O: EPDO 8 x 167.88 + 16 x 10.91 + the O crashes; the City's 5 x 8 + 16."""
    cells = db.execute("select * from hot_spots where grid = 'square' and measure = 'epdo'").fetchall()
    (cell,) = (row for row in cells if _from_corner(row["cell"]) == (10, 10))
    damage = sum(crash.number for crash in scattered() if crash.place == middle(10, 10) and crash.severity == "O")
    assert (cell["crashes"], cell["ksi_crashes"], cell["city_index"]) == (24 + damage, 8, 56)
    assert cell["epdo"] == pytest.approx(8 * 167.88 + 16 * 10.91 + damage)
    assert cell["is_hot"]
    assert cell["rank"] <= len(PLANTED)
    assert (cell["first_day"], cell["last_day"]) == (FIRST, LAST)


def test_the_field_is_the_city_with_its_empty_cells(db: Connection) -> None:
    (row,) = db.execute(
        "select count(*) as cells, count(*) filter (where crashes = 0) as empty from hot_spots"
        " where grid = 'square' and measure = 'crashes'"
    ).fetchall()
    assert row["cells"] == CELLS_A_SIDE**2
    assert 50 < row["empty"] < 250


def test_cells_are_drawn_where_they_are(db: Connection) -> None:
    """Valid outlines in longitude and latitude, one for every cell, around the places of its crashes."""
    (row,) = db.execute(
        "select bool_and(st_isvalid(geometry)) as valid, bool_and(st_srid(geometry) = 4326) as degrees,"
        " max(abs(st_area(st_transform(geometry, 3435)) - 660 * 660)) filter (where grid = 'square') as off"
        " from hot_spots"
    ).fetchall()
    assert row["valid"]
    assert row["degrees"]
    assert row["off"] < 1
    (row,) = db.execute(
        "select count(*) as astray from (select grid, sum(crashes) as crashes from hot_spots"
        "  where measure = 'crashes' group by grid) as counted"
        " where crashes <> (select count(*) from crash_facts join hot_spots as cells on cells.grid = counted.grid"
        "  and measure = 'crashes' and st_covers(cells.geometry, crash_facts.geometry)"
        "  where crash_facts.day between cells.first_day and cells.last_day)"
    ).fetchall()
    assert row["astray"] == 0


def test_every_choice_is_stored_with_the_result(db: Connection) -> None:
    (made,) = db.execute("select * from hot_spot_parameters where analysis = 'square epdo'").fetchall()
    assert (made["first_day"], made["last_day"]) == (FIRST, LAST)
    parameters, numbers = made["parameters"], made["numbers"]
    assert parameters["side_feet"] == SIDE
    assert parameters["study_area"] == "city_boundary"
    assert parameters["level"] == 0.05
    assert parameters["rings"] == 1
    assert parameters["draws"] >= 2 * CELLS_A_SIDE**2 / 0.05
    assert parameters["epdo_weights"]["K"] == parameters["epdo_weights"]["A"] == 167.88
    assert parameters["correction"] == "Benjamini-Hochberg"
    assert numbers["cells"] == CELLS_A_SIDE**2
    assert numbers["crashes"] == EXPECTED
    assert numbers["hot_cells"] >= len(PLANTED)
    assert numbers["skewness"] > 1
    assert numbers["moran_i"] > 0
    (made,) = db.execute("select * from hot_spot_parameters where analysis = 'streets'").fetchall()
    assert made["parameters"]["shortest_street_feet"] == 2640
    marts = db.execute("select mart, through from ops.mart_refreshes").fetchall()
    assert {row["mart"]: row["through"] for row in marts} == {"hot_spots": LAST, "high_crash_segments": LAST}


def test_the_index_of_streets_by_hand(db: Connection) -> None:
    """Twelve squares along the street: eight on its first mile, four on the half mile after it, three of them planted.

    So the mile has nobody hurt, and the half mile 5 x 24 A + 48 C crashes = 168, 336 a mile.
    The street: 168 over a mile and a half = 112.
    """
    rows = db.execute("select * from high_crash_segments order by kind, line").fetchall()
    found = {(row["kind"], row["line"]): row for row in rows}
    half_mile, street = found["segment", "b"], found["street", "a"]
    assert (half_mile["a_crashes"], half_mile["bc_crashes"], half_mile["city_index"]) == (24, 48, 168)
    assert half_mile["miles"] == pytest.approx(0.5, abs=1e-5)
    assert half_mile["index_per_mile"] == pytest.approx(336, abs=0.01)
    assert half_mile["rank"] == 1
    assert half_mile["label"] == "W TEST ST 101–198"
    assert found["segment", "a"]["index_per_mile"] == 0
    assert street["segments"] == 2
    assert street["index_per_mile"] == pytest.approx(112, abs=0.01)
    (row,) = db.execute(
        "select st_numgeometries(geometry) as parts, st_length(st_transform(geometry, 3435)) as feet"
        " from high_crash_segments where kind = 'street' and line = 'a'"
    ).fetchall()
    assert row["parts"] == 2
    assert row["feet"] == pytest.approx(7920, abs=0.1)


def test_crashes_on_segments_and_out_of_reach_are_all_there_are(db: Connection) -> None:
    account = segment_account(db, ANALYSIS)
    assert account.located == EXPECTED
    assert account.counted + account.out_of_reach == EXPECTED
    assert 72 <= account.counted < EXPECTED
    assert account.misjudged == 0


FOUND = "select grid, measure, cell, crashes, z, p, p_adjusted, is_hot, rank from hot_spots order by 1, 2, 3"
RANKED = "select kind, line, crashes, index_per_mile, rank, st_asewkt(geometry) from high_crash_segments order by 1, 2"


def test_worked_out_again_it_is_the_same(plain: Connection) -> None:
    before = [plain.execute(query).fetchall() for query in (FOUND, RANKED)]
    refresh_hot_spots(plain)
    refresh_high_crash_segments(plain)
    assert [plain.execute(query).fetchall() for query in (FOUND, RANKED)] == before


def test_the_accounts_notice_what_is_lost_or_misjudged(db: Connection) -> None:
    with db.transaction(force_rollback=True):
        db.execute(
            "delete from hot_spots where grid = 'h3' and measure = 'crashes' and crashes > 0 and cell in"
            " (select cell from hot_spots where crashes > 0 limit 1)"
        )
        db.execute("update hot_spots set is_hot = not is_hot where grid = 'square' and measure = 'epdo'")
        db.execute("update high_crash_segments set index_per_mile = index_per_mile + 1 where kind = 'street'")
        accounts = {account.analysis: account for account in cell_accounts(db)}
        assert accounts["h3 crashes"].counted < EXPECTED
        assert accounts["square epdo"].misjudged == CELLS_A_SIDE**2
        assert accounts["square crashes"].misjudged == 0
        assert segment_account(db, ANALYSIS).misjudged == 2


@pytest.mark.parametrize(
    ("years", "expected"),
    [(1, Period(date(2023, 7, 1), LAST)), (3, Period(FIRST, LAST)), (9, Period(date(2021, 6, 30), LAST))],
)
def test_the_period_ends_with_the_newest_closed_day(plain: Connection, years: int, expected: Period) -> None:
    """And begins so many years before, or with the first loaded day."""
    assert period(plain, years) == expected


def test_the_period_does_not_begin_before_every_district_reported(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        add_crashes(connection, [Crashes(date(2016, 1, 1), (0, 0)), Crashes(date(2018, 1, 1), (0, 0))])
        assert period(connection, 5) == Period(date(2017, 9, 1), date(2018, 1, 1))
        connection.execute("delete from ops.fact_days where day > '2017-01-01'")
        assert period(connection, 5) is None


def test_where_nothing_is_loaded_nothing_is_worked_out(make_database: Callable[[], str]) -> None:
    url = make_database()
    with psycopg.connect(url, autocommit=True) as connection:
        assert refresh_hot_spots(connection).numbers == {"nothing": NOTHING_TO_COUNT}
        assert refresh_high_crash_segments(connection).numbers == {"nothing": NO_STREETS}
        add_crashes(connection, [Crashes(LAST, None)])
        refreshed = refresh_hot_spots(connection)
        assert (refreshed.rows, refreshed.numbers) == (0, {"nothing": NOTHING_TO_COUNT})
        assert cell_accounts(connection) == []
        add_crashes(connection, [Crashes(LAST, middle(0, 0), "C", 3)])
        refreshed = refresh_hot_spots(connection)
        assert refreshed.numbers["square_crashes_hot_cells"] in (0, 1, 9)
        assert {account.counted for account in cell_accounts(connection)} == {3}
        alike = connection.execute("select count(*), count(z), max(p) from hot_spots where measure = 'ksi_crashes'")
        assert alike.fetchone()[1:] == (0, 1), "no KSI crash anywhere: nothing to compare"  # type: ignore[index]
        connection.execute("truncate crash_facts")
        assert refresh_hot_spots(connection).rows == 0
        assert connection.execute("select count(*) from hot_spots").fetchone() == (0,)
    ended = run({"CRASHES_DATABASE_URL": url}, "hot-spots")
    assert ended.status == 1
    assert "No hot spots of h3 crashes have been worked out" in ended.errors
    assert "chicago-crashes answers" in ended.errors


def test_without_the_boundary_the_field_is_what_lies_around_the_crashes(database_url: str) -> None:
    """A quarter of a mile around the hull: three squares of 660 feet to each side of a place, less at the corners."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        add_crashes(connection, [Crashes(LAST, middle(0, 0)), Crashes(LAST, middle(4, 0))])
        refresh_hot_spots(connection)
        row = connection.execute(
            "select count(*), sum(crashes) from hot_spots where grid = 'square' and measure = 'crashes'"
        ).fetchone()
        assert row is not None
        assert 35 <= row[0] <= 45
        assert row[1] == 2
        (told,) = connection.execute(
            "select parameters ->> 'study_area' from hot_spot_parameters where analysis = 'h3 epdo'"
        ).fetchall()
        assert "hull" in told[0]


@pytest.fixture
def in_use(analysed: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The analysed database is the one that the platform uses."""
    monkeypatch.setenv("CRASHES_DATABASE_URL", analysed)
    settings.cache_clear()
    yield analysed
    settings.cache_clear()


def test_the_assets_take_parameters_show_numbers_and_check(in_use: str) -> None:
    result = dg.materialize(
        hot_spot_assets(),
        resources={"postgis": PostgisResource(database_url=settings().database_url)},
        run_config={
            "ops": {
                "marts__hot_spots": {"config": {"years": 1, "resolution": 8, "side_feet": 1320.0, "level": 0.1}},
                "marts__high_crash_segments": {"config": {"shortest_street_feet": 0.0}},
            }
        },
    )
    assert result.success
    shown = {
        event.asset_key.path[-1]: {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    assert shown["hot_spots"]["square_cells"] == 110, (
        "ten columns, and eleven rows: squares begin at the origin, not at the city"
    )
    assert shown["hot_spots"]["dagster/row_count"] == 4 * 110 + 4 * int(str(shown["hot_spots"]["h3_cells"]))
    assert shown["high_crash_segments"]["ranked_streets"] == 2
    checks = {(each.asset_key.path[-1], each.check_name): each for each in result.get_asset_check_evaluations()}
    assert checks.keys() == {
        ("hot_spots", "every_crash_is_counted"),
        ("hot_spots", "level_is_stated"),
        ("high_crash_segments", "every_crash_is_counted"),
        ("high_crash_segments", "index_is_its_formula"),
    }
    assert all(each.passed for each in checks.values())
    with psycopg.connect(in_use, autocommit=True) as connection:
        ((first, level),) = connection.execute(
            "select first_day, parameters ->> 'level' from hot_spot_parameters where analysis = 'h3 crashes'"
        ).fetchall()
        assert (first, level) == (date(2023, 7, 1), "0.1")
        refresh_hot_spots(connection, HotSpotParameters())
        refresh_high_crash_segments(connection, SegmentParameters())


@pytest.mark.usefixtures("in_use")
def test_a_parameter_without_sense_fails_the_run_with_a_message() -> None:
    result = dg.materialize(
        hot_spot_assets()[:1],
        resources={"postgis": PostgisResource(database_url=settings().database_url)},
        run_config={"ops": {"marts__hot_spots": {"config": {"level": 7.0}}}},
        raise_on_error=False,
    )
    assert not result.success
    (failure,) = result.get_step_failure_events()
    assert "level is 7; expected 0.0001 to 0.5" in str(failure.event_specific_data)


def test_the_commands_show_and_export(analysed: str, tmp_path: Path) -> None:
    environment = {"CRASHES_DATABASE_URL": analysed}
    file = tmp_path / "cells.geojson"
    told = run(
        environment,
        "hot-spots",
        "--grid",
        "square",
        "--measure",
        "epdo",
        "--top",
        "3",
        "--json",
        "--geojson",
        str(file),
    )
    assert told.status == 0, told.errors
    answer = json.loads(told.output)
    assert [row["rank"] for row in answer["rows"]] == [1, 2, 2], "as hot as one another"
    assert answer["analysis"]["parameters"]["level"] == 0.05
    drawn = json.loads(file.read_text())
    assert len(drawn["features"]) == CELLS_A_SIDE**2
    assert drawn["features"][0]["geometry"]["type"] == "Polygon"
    assert drawn["features"][0]["properties"]["cell"] == answer["rows"][0]["cell"]

    file = tmp_path / "streets.geojson"
    told = run(environment, "high-crash-streets", "--by", "segment", "--geojson", str(file))
    assert told.status == 0, told.errors
    assert "W TEST ST" in told.output
    assert "features written" in told.output
    kinds = {feature["geometry"]["type"] for feature in json.loads(file.read_text())["features"]}
    assert kinds == {"MultiLineString"}


def _from_corner(cell: str) -> tuple[int, int]:
    column, _, row = cell.partition("/")
    return int(column) - 1758, int(row) - 2849

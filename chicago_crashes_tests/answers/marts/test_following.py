"""Refreshed bit by bit, marts become what they are if made at once; and checks notice what does not fit."""

import random
from datetime import date, timedelta

import dagster as dg
import pytest
from psycopg import sql
from pydantic import SecretStr

from chicago_crashes.answers.defs.checks import answer_check
from chicago_crashes.answers.defs.facts import mart_key
from chicago_crashes.answers.defs.marts import counted_marts
from chicago_crashes.answers.mart_tables import AREA_DAILY
from chicago_crashes.answers.marts.mart_checks import MART_CHECKS
from chicago_crashes.orchestration.resources import PostgisResource
from chicago_crashes_tests.answers.marts.city import (
    REFRESHES,
    add_crash,
    assign,
    load_days,
    make_facts,
    put_layer,
    refresh_all,
    rows_of_mart,
)
from chicago_crashes_tests.answers.marts.test_streets import CROSSING, add_location, put_streets
from chicago_crashes_tests.feeds.loading import Connection, rows_of

FIRST = date(2019, 1, 1)
CHECKS = {check.name: check for checks in MART_CHECKS.values() for check in checks}
COLUMNS = "select column_name from information_schema.columns where table_name = '{}'"


def add_some_crash(db: Connection, dice: random.Random, day: date, places: list[int]) -> None:
    add_crash(
        db,
        f"{day}T{dice.randrange(24):02}:30",
        dice.choice("KABCOOOOU"),
        dice.choice([None, *places]),
        primary_cause=dice.choice([None, "WEATHER", "ANIMAL"]),
        secondary_cause=dice.choice([None, "WEATHER", "ANIMAL"]),
        street=dice.choice([None, "N STATE ST", "W LAKE ST"]),
        crash_record_id=str(dice.random()),
        pedestrians_k=dice.randrange(2),
    )


def all_marts(db: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {mart: rows_of_mart(db, mart) for mart in REFRESHES}


def test_bit_by_bit_is_at_once(db: Connection) -> None:
    """Days arrive, are amended, and lose crashes; layers come, change and go; and each time all marts are refreshed."""
    dice = random.Random(6)  # noqa: S311 - the same in every run
    put_streets(db, *CROSSING)
    places = [add_location(db, 40.0 * place, 0) for place in range(4)]
    put_layer(db, "wards", ["1", "2", "10"])
    assign(db, "wards", dict(zip(places, ["1", "2", None], strict=False)))
    newest = FIRST
    for step in range(8):
        last = newest + timedelta(days=dice.randrange(60, 190))
        for _ in range(60):
            add_some_crash(db, dice, newest + timedelta(days=dice.randrange((last - newest).days)), places)
        load_days(db, str(newest), str(last - timedelta(days=1)))
        for _ in range(3):
            amended = FIRST + timedelta(days=dice.randrange((last - FIRST).days))
            add_some_crash(db, dice, amended, places)
            db.execute("delete from crash_facts where day = %s", [amended + timedelta(days=1)])
            make_facts(db, str(amended), str(amended + timedelta(days=1)))
        if step == 3:
            put_layer(db, "zones", ["A"])
            assign(db, "zones", {places[0]: "A", places[3]: "A"})
        if step == 5:
            put_layer(db, "wards", ["1", "3"])
            assign(db, "wards", dict(zip(places, ["3", "3", None, "1"], strict=True)))
        if step == 6:
            db.execute("update layers set is_active = false where layer = 'zones'")
        newest = last
        refresh_all(db)
    followed = all_marts(db)

    for mart in REFRESHES:
        db.execute("delete from ops.mart_refreshes where mart = %s", [mart])
    refresh_all(db)

    made_at_once = all_marts(db)
    for mart, rows in followed.items():
        assert rows, mart
        assert rows == made_at_once[mart], mart
    assert all(check.judge(db).passed for check in CHECKS.values())


def test_a_second_refresh_writes_nothing_but_the_city_s_months(db: Connection) -> None:
    put_layer(db, "wards", ["1"])
    assign(db, "wards", {1: "1"})
    add_crash(db, "2024-05-01", "A", 1, street="W LAKE ST")
    load_days(db, "2024-05-01", "2024-05-09")
    refresh_all(db)
    versions = "select xmin::text, ctid::text from {}"
    marts = [mart for mart in REFRESHES if mart != "citywide_monthly"]
    before = [rows_of(db, versions.format(mart)) for mart in marts]
    refreshed = refresh_all(db)
    assert [rows_of(db, versions.format(mart)) for mart in marts] == before
    assert refreshed["area_daily"].numbers["new_days"] == 0


def test_what_was_priced_by_another_cost_table_is_made_anew(db: Connection) -> None:
    put_layer(db, "wards", ["1"])
    assign(db, "wards", {1: "1"})
    add_crash(db, "2024-05-01", "A", 1, persons_a=1, street="W LAKE ST", primary_cause="WEATHER")
    load_days(db, "2024-05-01", "2024-05-09")
    refresh_all(db)
    before = all_marts(db)
    priced = [mart for mart, rows in before.items() if rows and ("cost",) in rows_of(db, COLUMNS.format(mart))]
    assert len(priced) == 8
    for mart in priced:
        db.execute(sql.SQL("update {} set cost = cost + 1").format(sql.Identifier(mart)))
    refresh_all(db)
    assert all(all_marts(db)[mart] != before[mart] for mart in priced), "nothing else tells that prices are others"
    db.execute("update ops.mart_refreshes set cost_table = 'nsc_2022_economic'")
    refresh_all(db)
    assert all_marts(db) == before


@pytest.fixture
def counted(db: Connection) -> Connection:
    """A database of a few crashes whose marts are refreshed."""
    put_layer(db, "wards", ["1"])
    assign(db, "wards", {1: "1"})
    for severity in "KO":
        add_crash(db, "2024-05-01", severity, 1, street="W LAKE ST", primary_cause="WEATHER")
    load_days(db, "2024-05-01", "2024-05-09")
    refresh_all(db)
    return db


@pytest.mark.parametrize(
    ("name", "falsify"),
    [
        ("days_add_up", "update citywide_daily set dooring_crashes = 1 where day = '2024-05-01'"),
        ("days_add_up", "update citywide_daily set crashes = 1 where day = '2024-05-02'"),
        ("classes_add_up", "update citywide_daily set injured = injured + 1 where day = '2024-05-01'"),
        ("months_add_up", "update citywide_monthly set persons_o = 1"),
        ("areas_add_up", "update area_daily set cost = cost + 1"),
        ("areas_add_up", "delete from area_daily"),
        ("area_months_add_up", "update area_monthly set ksi = 0 where area = '1'"),
        ("area_years_add_up", "update area_yearly set older_adults_ksi = 1 where area = '1'"),
        ("causes_add_up", "delete from causes"),
        ("hours_add_up", "update time_of_week set crashes = crashes - 1"),
        ("streets_add_up", "update streets set crashes = crashes + 1"),
    ],
)
def test_checks_notice_what_does_not_add_up(counted: Connection, name: str, falsify: str) -> None:
    judge = CHECKS[name].judge
    assert judge(counted).passed
    counted.execute(falsify.encode())
    judged = judge(counted)
    assert not judged.passed
    assert judged.is_fault
    assert judged.reason


def test_a_crash_that_contradicts_itself_is_no_fault_of_the_marts(db: Connection) -> None:
    add_crash(db, "2024-05-01", "K", persons_k=0)
    load_days(db, "2024-05-01", "2024-05-01")
    refresh_all(db)
    assert CHECKS["classes_add_up"].judge(db).passed
    assert db.execute("select fatal_crashes, persons_k from citywide_daily").fetchall() == [(1, 0)]


def test_marts_are_refreshed_by_dagster(marts_database: str, db: Connection) -> None:
    put_layer(db, "wards", ["1"])
    assign(db, "wards", {1: "1"})
    add_crash(db, "2024-05-01", "K", 1)
    load_days(db, "2024-05-01", "2024-05-01")

    result = dg.materialize(
        [
            *counted_marts(),
            *(answer_check(mart_key(mart), check) for mart, checks in MART_CHECKS.items() for check in checks),
        ],
        resources={"postgis": PostgisResource(database_url=SecretStr(marts_database))},
    )

    assert {
        mart: result.asset_materializations_for_node(f"marts__{mart}") != [] for mart in REFRESHES
    } == dict.fromkeys(REFRESHES, True)
    (materialized,) = result.asset_materializations_for_node(f"marts__{AREA_DAILY.name}")
    assert materialized.metadata["dagster/row_count"].value == 1
    assert materialized.metadata["layers_counted_anew"].value == "wards"
    evaluations = result.get_asset_check_evaluations()
    assert {evaluation.check_name for evaluation in evaluations} == CHECKS.keys()
    assert len(evaluations) == len(CHECKS)
    assert all(evaluation.passed for evaluation in evaluations)

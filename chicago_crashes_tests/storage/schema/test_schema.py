"""The schema: migrations equal the declared tables, every column explains itself, and the bounds hold by themselves."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection as AlchemyConnection
from sqlalchemy import text

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, FEEDS, PEOPLE, VEHICLES, Feed, Kind
from chicago_crashes.storage.schema import migrate
from chicago_crashes.storage.schema.all_tables import metadata
from chicago_crashes_tests.feeds.loading import Connection, connected, load, rows_of

# ruff: noqa: DTZ001 - the portal's timestamps are wall time and carry no zone

DAY = date(2021, 12, 31)
MADE_BY_OTHERS = ("spatial_ref_sys", "alembic_version", "geometry_columns", "geography_columns")
VIEWS = ("executions", "findings_summary", "crash_areas")
"""What only a migration makes, because it is no table."""
every_feed = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)


@pytest.fixture
def alchemy(shared_database: str) -> Iterator[AlchemyConnection]:
    engine = migrate.engine_for(shared_database)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_the_migrations_make_what_is_declared(alchemy: AlchemyConnection) -> None:
    def is_ours(_element: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
        return kind != "table" or (name not in MADE_BY_OTHERS and not str(name).startswith("ratelimit_"))

    context = MigrationContext.configure(
        alchemy,
        opts={
            "include_schemas": True,
            "include_name": lambda name, kind, _parents: kind != "schema" or name in {None, "public", "ops"},
            "include_object": is_ours,
            "compare_type": True,
            "compare_server_default": True,
        },
    )
    assert compare_metadata(context, metadata) == []


CATALOGUE = {
    "columns": """
        select table_schema, table_name, ordinal_position, column_name, data_type, is_nullable, column_default,
            generation_expression,
            col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position)
        from information_schema.columns where table_schema in ('public', 'ops')""",
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace in ('public'::regnamespace, 'ops'::regnamespace)""",
    "indexes": """
        select schemaname, tablename, indexname, indexdef from pg_indexes where schemaname in ('public', 'ops')""",
    "tables": """
        select oid::regclass::text, relkind::text, obj_description(oid) from pg_class
        where relkind in ('r', 'S', 'v') and relnamespace in ('public'::regnamespace, 'ops'::regnamespace)""",
}


def test_the_catalogue_is_the_same_whoever_makes_the_tables(
    shared_database: str, make_database: Callable[[], str]
) -> None:
    """Alembic compares no CHECK constraints, so the catalogues themselves are compared, constraint by constraint."""
    declared_url = make_database()
    engine = migrate.engine_for(declared_url)
    with engine.begin() as connection:
        connection.execute(text("drop schema ops cascade"))
        connection.execute(text("create schema ops"))
        for table in metadata.sorted_tables:
            connection.execute(text(f"drop table if exists {table.fullname} cascade"))
        metadata.create_all(connection)
    engine.dispose()

    with connected(shared_database) as migrated, connected(declared_url) as declared:
        for name, query in CATALOGUE.items():
            assert ours(rows_of(migrated, query)) == ours(rows_of(declared, query)), name


def ours(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The rows that speak of none of what others keep in the database."""
    strangers = (*MADE_BY_OTHERS, *VIEWS, "ratelimit_")
    return sorted((row for row in rows if not any(name in str(row[:3]) for name in strangers)), key=str)


def test_the_migrations_can_be_undone_and_done_again(database_url: str) -> None:
    engine = migrate.engine_for(database_url)
    with engine.connect() as connection:
        command.downgrade(migrate.alembic_of(connection), "base")
        connection.commit()
        left = "select count(*) from information_schema.tables where table_name = any(:names)"
        names = [table.name for table in metadata.sorted_tables]
        assert connection.execute(text(left), {"names": names}).scalar() == 0
    engine.dispose()

    migrate.upgrade(database_url)

    migrate.require_current(database_url)
    with connected(database_url) as db:
        assert load(db, CRASHES, {DAY: [{}]})[DAY].inserted == 1


def test_upgrading_twice_does_nothing(database_url: str) -> None:
    with connected(database_url) as db:
        load(db, CRASHES, {DAY: [{}]})

    migrate.upgrade(database_url)

    with connected(database_url) as db:
        assert rows_of(db, "select count(*) from crashes") == [(1,)]


@every_feed
def test_every_column_of_a_feed_is_stored_under_its_name_and_explained(db: Connection, feed: Feed) -> None:
    described = rows_of(
        db,
        "select attname, col_description(attrelid, attnum) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
        feed.table,
    )
    stored = {str(name): comment for name, comment in described}
    assert stored.keys() >= {*feed.column_names, "extra", "source_updated_at", "created_at", "updated_at"}
    assert [name for name, comment in stored.items() if not comment] == []
    assert {name: stored[name] for name in feed.column_names} == {
        column.name: column.description for column in feed.columns
    }
    assert rows_of(db, "select obj_description(%s::regclass)", feed.table) == [(feed.description,)]


INDEXED = {
    "crashes": ["crash_date, latitude, longitude", "gist (geometry)", "beat_of_occurrence", "most_severe_injury"],
    "crash_people": ["crash_record_id, person_id", "person_type", "injury_classification", "age", "crash_date"],
    "crash_vehicles": ["crash_unit_id", "crash_record_id", "vehicle_type", "vehicle_year", "make", "crash_date"],
    "vision_zero_fatalities": ["fatality_id", "person_id", "gist (geometry)"],
}


@pytest.mark.parametrize("table", INDEXED)
def test_the_indexes_that_questions_need_exist(db: Connection, table: str) -> None:
    definitions = [str(row[0]) for row in rows_of(db, "select indexdef from pg_indexes where tablename = %s", table)]
    for wanted in INDEXED[table]:
        form = f"USING {wanted}" if wanted.startswith("gist") else f"USING btree ({wanted})"
        assert any(definition.endswith(form) for definition in definitions), wanted


def insert(db: Connection, feed: Feed, **values: object) -> None:
    """Put a sound row straight into the table, changed as told."""
    sound: dict[str, object] = {"crash_date": datetime(2021, 12, 31, 12)} | dict.fromkeys(feed.key, "k")
    if feed is VEHICLES:
        sound["crash_unit_id"] = 1
    if feed.coordinates:
        sound |= {"coordinate_status": "ok", "latitude": 41.9, "longitude": -87.7}
    row = sound | values
    db.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(feed.table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
        ),
        list(row.values()),
    )


MISSING: dict[str, object] = {"coordinate_status": "missing", "latitude": None, "longitude": None}
REFUSED: list[tuple[Feed, dict[str, object]]] = [
    (CRASHES, {"latitude": 41.599}),
    (CRASHES, {"latitude": 42.101}),
    (CRASHES, {"longitude": -87.951}),
    (CRASHES, {"longitude": -87.499}),
    (CRASHES, {"latitude": None}),
    (CRASHES, {"longitude": None}),
    (CRASHES, {**MISSING, "latitude": 41.9}),
    (CRASHES, {**MISSING, "longitude": -87.7}),
    (CRASHES, {"coordinate_status": "zero"}),
    (CRASHES, {"coordinate_status": "ok", "latitude": None, "longitude": None}),
    (CRASHES, {**MISSING, "coordinate_status": "lost"}),
    (CRASHES, {"beat_of_occurrence": "811"}),
    (CRASHES, {"beat_of_occurrence": "08110"}),
    (CRASHES, {"beat_of_occurrence": "081A"}),
    (CRASHES, {"street_name": "x" * 501}),
    (CRASHES, {"weather_condition": "x" * 501}),
    (CRASHES, {"crash_record_id": "x" * 129}),
    (PEOPLE, {"age": -1}),
    (PEOPLE, {"age": 121}),
    (PEOPLE, {"person_id": "x" * 501}),
    (VEHICLES, {"vehicle_year": 1899}),
    (VEHICLES, {"vehicle_year": 2023}),
    (VEHICLES, {"make": "x" * 501}),
    (FATALITIES, {"latitude": 0, "longitude": 0}),
    (FATALITIES, {"longitude": -87.499}),
    (FATALITIES, {"crash_circumstances": "x" * 4001}),
]


@pytest.mark.parametrize(("feed", "values"), REFUSED, ids=lambda part: part.name if isinstance(part, Feed) else None)
def test_the_database_refuses_what_cleaning_should_have_caught(
    db: Connection, feed: Feed, values: dict[str, object]
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        insert(db, feed, **values)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_the_database_refuses_rows_without_key_or_date(db: Connection, feed: Feed) -> None:
    for name in (*feed.key, feed.date):
        with pytest.raises(psycopg.errors.NotNullViolation):
            insert(db, feed, **{name: None})


def test_every_length_is_enforced(db: Connection) -> None:
    for feed in FEEDS:
        for column in feed.columns:
            if column.kind in (Kind.TEXT, Kind.CATEGORY):
                with pytest.raises(psycopg.errors.CheckViolation):
                    insert(db, feed, **{column.name: "é" * ((column.max_length or 0) + 1)})


ALLOWED: list[tuple[Feed, dict[str, object]]] = [
    (CRASHES, {"latitude": 41.6, "longitude": -87.95}),
    (CRASHES, {"latitude": 42.1, "longitude": -87.5}),
    (CRASHES, MISSING),
    (CRASHES, {"beat_of_occurrence": "0811", "street_name": "é" * 500}),
    (PEOPLE, {"age": 0}),
    (PEOPLE, {"age": 120}),
    (VEHICLES, {"vehicle_year": 1900}),
    (VEHICLES, {"vehicle_year": 2022}),
    (FATALITIES, MISSING),
]


@pytest.mark.parametrize(("feed", "values"), ALLOWED, ids=lambda part: part.name if isinstance(part, Feed) else None)
def test_the_bounds_are_inclusive(db: Connection, feed: Feed, values: dict[str, object]) -> None:
    with db.transaction(force_rollback=True):
        insert(db, feed, **values)


def test_the_longest_values_fit_into_the_indexes(db: Connection) -> None:
    """An index entry has room for 2,704 bytes: text of the greatest length, in the widest characters, must fit."""
    for feed in FEEDS:
        widest = {
            column.name: "".join(chr(0x10000 + 37 * n + 7 * n * n % 50_000) for n in range(column.max_length))
            for column in feed.columns
            if column.max_length and column.max_length <= 500
        }
        with db.transaction(force_rollback=True):
            insert(db, feed, **widest)


@pytest.mark.parametrize("feed", [CRASHES, FATALITIES], ids=lambda feed: feed.name)
def test_the_database_builds_the_place(db: Connection, feed: Feed) -> None:
    query = sql.SQL("select st_astext(geometry), st_srid(geometry), needs_geocoding from {}")
    built = query.format(sql.Identifier(feed.table)).as_string()
    with db.transaction(force_rollback=True):
        insert(db, feed)
        assert rows_of(db, built) == [("POINT(-87.7 41.9)", 4326, False)]
    with db.transaction(force_rollback=True):
        insert(db, feed, **MISSING)
        assert rows_of(db, built) == [(None, None, True)]
    for name, value in (("geometry", None), ("needs_geocoding", True)):
        with pytest.raises(psycopg.errors.GeneratedAlways):
            insert(db, feed, **{name: value})

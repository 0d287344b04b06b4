"""Crashes, people and units by hand, and the days they were loaded on."""

from collections.abc import Sequence
from datetime import date

from psycopg import sql

from chicago_crashes_tests.feeds.loading import Connection

Value = str | int | float | bool | None

DAY = date(2024, 1, 10)


def add_crash(db: Connection, key: str, *, at: Value = f"{DAY} 14:30", **columns: Value) -> None:
    """A crash without injuries, unless told otherwise."""
    unhurt: dict[str, Value] = {
        "most_severe_injury": "NO INDICATION OF INJURY",
        "injuries_total": 0,
        "injuries_fatal": 0,
        "injuries_incapacitating": 0,
        "injuries_non_incapacitating": 0,
        "injuries_reported_not_evident": 0,
        "injuries_no_indication": 1,
        "num_units": 1,
    }
    place = "ok" if columns.get("latitude") is not None else "missing"
    _insert(db, "crashes", {"crash_record_id": key, "crash_date": at, "coordinate_status": place, **unhurt, **columns})


def add_person(db: Connection, crash: str, key: str, *, at: Value = f"{DAY} 14:30", **columns: Value) -> None:
    """A driver who is not hurt, unless told otherwise."""
    unhurt: dict[str, Value] = {"person_type": "DRIVER", "injury_classification": "NO INDICATION OF INJURY"}
    _insert(db, "crash_people", {"crash_record_id": crash, "person_id": key, "crash_date": at, **unhurt, **columns})


def add_unit(db: Connection, crash: str, key: int, *, at: Value = f"{DAY} 14:30", **columns: Value) -> None:
    """A car that somebody drives, unless told otherwise."""
    car: dict[str, Value] = {"unit_type": "DRIVER", "vehicle_type": "PASSENGER", "vehicle_id": key}
    _insert(db, "crash_vehicles", {"crash_record_id": crash, "crash_unit_id": key, "crash_date": at, **car, **columns})


def sign(db: Connection, *days: date | str, feeds: Sequence[str] = ("crashes", "people", "vehicles")) -> None:
    """Say that the days were loaded just now."""
    for feed in feeds:
        for day in days:
            db.execute(
                "insert into ops.signatures (feed, day, source_rows, raw_rows, table_rows, quarantined_rows,"
                " repaired_rows, fetched_at, loaded_at, run_id) values (%s, %s, 1, 1, 1, 0, 0, now(), now(), 'a run')"
                " on conflict (feed, day) do update set loaded_at = now()",
                [feed, day],
            )


def _insert(db: Connection, table: str, row: dict[str, Value]) -> None:
    db.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        list(row.values()),
    )

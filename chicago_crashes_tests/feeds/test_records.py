"""What is read back of histories and quarantine: of one feed, one crash, some days, and in order."""

import json
from datetime import UTC, date, datetime

from chicago_crashes.feeds.catalogue import CRASHES, PEOPLE
from chicago_crashes.feeds.reading import FINDING_TYPES, findings, quarantined_by_reason, table_rows
from chicago_crashes.feeds.records import current_rows, old_versions
from chicago_crashes_tests.answers.marts.feed_rows import DAY, add_crash, add_person
from chicago_crashes_tests.feeds.loading import Connection

AFTER = date(2024, 1, 11)


def keep(db: Connection, row: str, hour: int, *, feed: str = "people", crash: str = "x", name: str = "") -> None:
    db.execute(
        "insert into ops.history (feed, row_key, day, kind, valid_from, valid_to, run_id, old_row)"
        " values (%s, %s, %s, 'amended', '2024-01-11 00:00+00', %s, 'a run', %s)",
        [feed, row, DAY, datetime(2024, 1, 11, hour, tzinfo=UTC), json.dumps({"crash_record_id": crash, "name": name})],
    )


def test_old_versions_are_those_of_the_crash_by_row_oldest_first(db: Connection) -> None:
    keep(db, "x/O2", 5)
    keep(db, "x/O1", 9)
    keep(db, "x/O1", 7, name="stored first")
    keep(db, "x/O1", 7, name="stored last")
    keep(db, "y/O1", 7, crash="y")
    keep(db, "x", 7, feed="crashes")

    found = old_versions(db, PEOPLE, "x")

    assert [(one.row_key, one.valid_to.astimezone(UTC).hour, one.old_row["name"]) for one in found] == [
        ("x/O1", 7, "stored first"), ("x/O1", 7, "stored last"), ("x/O1", 9, ""), ("x/O2", 5, ""),
    ]  # fmt: skip
    assert {(one.feed, one.kind, one.run_id) for one in found} == {("people", "amended", "a run")}
    assert [one.feed for one in old_versions(db, CRASHES, "x")] == ["crashes"]


def test_current_rows_are_those_of_the_crash_without_what_we_made_of_them(db: Connection) -> None:
    for key in ("x", "y"):
        add_crash(db, key)
        add_person(db, key, f"O {key}")

    (crash,) = current_rows(db, CRASHES, "x")
    (person,) = current_rows(db, PEOPLE, "x")

    assert (crash["crash_record_id"], person["person_id"]) == ("x", "O x")
    assert not {"geometry", "needs_geocoding"} & crash.keys()


def test_reasons_are_counted_by_day(db: Connection) -> None:
    for number, (feed, day, reason) in enumerate(
        [
            ("people", DAY, "a"),
            ("people", DAY, "a"),
            ("people", DAY, "b"),
            ("people", AFTER, "a"),
            ("crashes", DAY, "a"),
        ]
    ):
        db.execute(
            "insert into ops.quarantine (feed, day, digest, copy, reason, raw_row) values (%s, %s, %s, 0, %s, '{}')",
            [feed, day, str(number), reason],
        )
    assert quarantined_by_reason(db, PEOPLE, [DAY, AFTER]) == {DAY: {"a": 2, "b": 1}, AFTER: {"a": 1}}
    assert quarantined_by_reason(db, PEOPLE, [AFTER]) == {AFTER: {"a": 1}}


def test_findings_are_those_of_the_days_in_order(db: Connection) -> None:
    for feed, day, row, column in [
        ("people", AFTER, "1", "age"),
        ("people", DAY, "2", "age"),
        ("people", DAY, "1", "sex"),
        ("people", DAY, "1", "age"),
        ("crashes", DAY, "1", "latitude"),
    ]:
        db.execute(
            "insert into ops.findings (feed, day, row_key, column_name, rule, value, action)"
            " values (%s, %s, %s, %s, 'bounds', 'x', 'nulled')",
            [feed, day, row, column],
        )
    of_day = [(DAY, "1", "age", "bounds", "x"), (DAY, "1", "sex", "bounds", "x"), (DAY, "2", "age", "bounds", "x")]
    assert findings(db, PEOPLE, [DAY]).rows() == of_day
    assert findings(db, PEOPLE, [AFTER, DAY]).rows() == [*of_day, (AFTER, "1", "age", "bounds", "x")]


def test_rows_are_those_of_the_days_from_the_first_moment_to_the_last(db: Connection) -> None:
    for number, at in enumerate(["2024-01-09 23:59:59.9", f"{DAY} 00:00", f"{AFTER} 23:59:59.9", "2024-01-12 00:00"]):
        add_person(db, "x", f"O{number}", at=at)
    types = {"person_id": FINDING_TYPES["value"]}
    assert sorted(table_rows(db, PEOPLE, DAY, AFTER, types)["person_id"]) == ["O1", "O2"]
    assert table_rows(db, PEOPLE, DAY, DAY, types)["person_id"].to_list() == ["O1"]

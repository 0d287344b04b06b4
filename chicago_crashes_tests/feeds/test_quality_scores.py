"""The scores, against months whose every number was worked out by hand."""

from datetime import date

import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, PEOPLE, VEHICLES, Feed
from chicago_crashes.feeds.quality import Score
from chicago_crashes.feeds.quality_scores import score_months, scores, unscored_months
from chicago_crashes_tests.feeds.loading import Connection

JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))


def add_crashes(db: Connection, *, rows: int, day: str = "2024-01-10") -> None:
    """Crashes without fault, each with one person unhurt, whose numbers are the ends of their ids."""
    db.execute(
        "insert into crashes (crash_record_id, crash_date, date_police_notified, latitude, longitude,"
        " coordinate_status, first_crash_type, prim_contributory_cause, injuries_total, most_severe_injury,"
        " crash_hour, num_units)"
        " select 'crash ' || n, %(day)s::timestamp, %(day)s::timestamp + interval '7 days', 41.9, -87.7, 'ok', 'ANGLE',"
        " 'WEATHER', 0, 'NO INDICATION OF INJURY', 0, 1 from generate_series(1, %(rows)s) as n",
        {"day": day, "rows": rows},
    )
    db.execute(
        "insert into crash_people (crash_record_id, person_id, crash_date, person_type, injury_classification, sex)"
        " select crash_record_id, 'P' || split_part(crash_record_id, ' ', 2), crash_date, 'DRIVER',"
        " 'NO INDICATION OF INJURY', 'F' from crashes"
    )
    db.execute(
        "insert into crash_vehicles (crash_record_id, crash_unit_id, crash_date, unit_type)"
        " select crash_record_id, split_part(crash_record_id, ' ', 2)::int, crash_date, 'DRIVER' from crashes"
    )


def add_signature(db: Connection, feed: Feed, day: str, *, published: int, stored: int) -> None:
    db.execute(
        "insert into ops.signatures (feed, day, source_rows, raw_rows, table_rows, quarantined_rows, repaired_rows,"
        " fetched_at, loaded_at, run_id) values (%s, %s, %s, %s, %s, %s, 0, now(), now(), 'a run')",
        [feed.name, day, published, published, stored, published - stored],
    )


def add_finding(db: Connection, feed: Feed, day: str, row: str, column: str, rule: str) -> None:
    db.execute(
        "insert into ops.findings (feed, day, row_key, column_name, rule, action)"
        " values (%s, %s, %s, %s, %s, 'nulled')",
        [feed.name, day, row, column, rule],
    )


def only_score(db: Connection, feed: Feed) -> Score:
    (score,) = score_months(db, feed, JANUARY, FEBRUARY)
    return score


@pytest.mark.parametrize("feed", [CRASHES, PEOPLE, VEHICLES], ids=lambda feed: feed.name)
def test_a_month_without_fault_has_all_points(db: Connection, feed: Feed) -> None:
    add_crashes(db, rows=100)
    add_signature(db, feed, "2024-01-10", published=100, stored=100)
    score = only_score(db, feed)
    parts = (score.completeness, score.accuracy, score.consistency, score.timeliness, score.validity)
    assert parts == (30, 30, 20, 10, 10)
    assert score.score == 100
    assert (score.incomplete, score.inaccurate, score.inconsistent, score.late, score.invalid) == (0, 0, 0, 0, 0)


def test_crashes_worked_out_by_hand(db: Connection) -> None:
    """104 published, 100 stored. All points are lost at 20 rows of 100, and at 20.8 of 104."""
    add_crashes(db, rows=100)
    add_signature(db, CRASHES, "2024-01-10", published=104, stored=100)
    db.execute("update crashes set injuries_total = null where crash_record_id in ('crash 1', 'crash 2')")
    db.execute("delete from crash_people where crash_record_id in ('crash 1', 'crash 2')")
    db.execute("update crashes set most_severe_injury = null where crash_record_id in ('crash 1', 'crash 2')")
    for row in range(1, 6):
        add_finding(db, CRASHES, "2024-01-10", f"crash {row}", "latitude", "coordinates_zero")
    add_finding(db, CRASHES, "2024-01-10", "crash 5", "longitude", "coordinates_zero")
    db.execute("update crashes set crash_hour = 5 where crash_record_id in ('crash 1', 'crash 2', 'crash 3')")
    db.execute("update crashes set num_units = 2 where crash_record_id in ('crash 3', 'crash 4')")
    db.execute(
        "update crashes set date_police_notified = crash_date + interval '7 days 1 minute'"
        " where split_part(crash_record_id, ' ', 2)::int <= 10"
    )
    add_finding(db, CRASHES, "2024-01-10", "crash 7", "weather_condition", "category")

    score = only_score(db, CRASHES)
    assert (score.published, score.stored, score.incomplete) == (104, 100, 2)
    assert (score.inaccurate, score.inconsistent, score.late, score.invalid) == (5, 4, 10, 1)
    assert score.completeness == 21.3  # 30 x (1 - (4 + 2) / 20.8)
    assert score.accuracy == 22.5  # 30 x (1 - 5 / 20)
    assert score.consistency == 16.0  # 20 x (1 - 4 / 20)
    assert score.timeliness == 5.0  # 10 x (1 - 10 / 20)
    assert score.validity == 9.5  # 10 x (1 - 1 / 20)
    assert score.score == 74.3


def test_people_and_vehicles_are_as_late_as_their_crash(db: Connection) -> None:
    add_crashes(db, rows=40)
    db.execute("update crashes set date_police_notified = crash_date + interval '9 days' where num_units = 1")
    db.execute("update crash_people set crash_record_id = 'unknown' where crash_record_id = 'crash 1'")
    for feed, late in ((PEOPLE, 39), (VEHICLES, 40)):
        add_signature(db, feed, "2024-01-10", published=40, stored=40)
        score = only_score(db, feed)
        assert (score.late, score.timeliness) == (late, 0)
    assert scores(db, PEOPLE)[0].inconsistent == 1, "its crash is not there"


def test_what_cannot_be_judged_is_left_out(db: Connection) -> None:
    """40 deaths, 2 without a victim's kind: 30 x (1 - 2 / 8) + 30 + 20 + 10 of 90 points."""
    db.execute(
        "insert into vision_zero_fatalities (fatality_id, crash_date, latitude, longitude, coordinate_status, victim)"
        " select n::text, '2024-01-10', 41.9, -87.7, 'ok', case when n > 2 then 'DRIVER' end"
        " from generate_series(1, 40) as n"
    )
    add_signature(db, FATALITIES, "2024-01-10", published=40, stored=40)
    score = only_score(db, FATALITIES)
    assert (score.completeness, score.timeliness) == (22.5, None)
    assert score.score == 91.7


def test_a_few_rows_are_taken_as_thirty(db: Connection) -> None:
    """1 of 5 rows lacks a value: 30 x (1 - 1 / 6), because a fifth of 30 is 6."""
    add_crashes(db, rows=5)
    db.execute("update crashes set first_crash_type = null where crash_record_id = 'crash 1'")
    add_signature(db, CRASHES, "2024-01-10", published=5, stored=5)
    assert only_score(db, CRASHES).completeness == 25.0


def test_a_row_too_many_makes_up_for_none_that_another_day_lacks(db: Connection) -> None:
    """98 of 102 published rows are stored on one day, and two on another of which none is published."""
    add_crashes(db, rows=100)
    add_signature(db, CRASHES, "2024-01-10", published=102, stored=100)
    db.execute(
        "update crashes set crash_date = crash_date + interval '1 day', date_police_notified = null"
        " where crash_record_id in ('crash 1', 'crash 2')"
    )
    add_signature(db, CRASHES, "2024-01-11", published=0, stored=0)
    score = only_score(db, CRASHES)
    assert (score.published, score.stored) == (104, 100)
    assert score.completeness == 24.2  # 30 x (1 - 4 / 20.8)


def test_rows_that_are_published_and_not_stored_leave_nothing(db: Connection) -> None:
    add_signature(db, CRASHES, "2024-01-10", published=50, stored=0)
    score = only_score(db, CRASHES)
    assert (score.score, score.completeness, score.accuracy) == (0, 0, None)


def test_a_month_without_rows_has_no_score(db: Connection) -> None:
    add_signature(db, FATALITIES, "2024-01-10", published=0, stored=0)
    assert score_months(db, FATALITIES, JANUARY, FEBRUARY) == []
    assert unscored_months(db) == {}


def test_only_the_months_asked_for_are_scored_anew(db: Connection) -> None:
    add_crashes(db, rows=100)
    add_crashes_of_february = "update crashes set crash_date = '2024-02-10' where crash_record_id <> 'crash 1'"
    db.execute(add_crashes_of_february)
    for day, rows in (("2024-01-10", 1), ("2024-02-10", 99)):
        add_signature(db, CRASHES, day, published=rows, stored=rows)
    assert [score.month for score in score_months(db, CRASHES, JANUARY, MARCH)] == [JANUARY, FEBRUARY]
    db.execute("delete from crashes")
    assert [score.stored for score in score_months(db, CRASHES, JANUARY, FEBRUARY)] == [0]
    assert [score.stored for score in scores(db, CRASHES)] == [0, 99]


def test_a_month_is_unscored_until_it_is_scored_and_again_once_a_feed_is_loaded(db: Connection) -> None:
    add_crashes(db, rows=1)
    add_signature(db, CRASHES, "2024-01-10", published=1, stored=1)
    assert list(unscored_months(db)) == [JANUARY]
    score_months(db, CRASHES, JANUARY, FEBRUARY)
    assert unscored_months(db) == {}
    add_signature(db, PEOPLE, "2024-01-11", published=1, stored=1)
    assert list(unscored_months(db)) == [JANUARY]

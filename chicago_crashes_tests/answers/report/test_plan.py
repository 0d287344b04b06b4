"""A report of a small place goes by the indexes, in the statement that runs inside the function."""

from datetime import date

import psycopg
import pytest

from chicago_crashes_bench.synthetic_facts import fill

CRASHES, DAYS = 40_000, 2_000
FIRST = date(2018, 1, 1)


@pytest.fixture(scope="module")
def plans(module_database_url: str) -> list[str]:
    """The plans of all statements of a report, as the server logs them."""
    fill(module_database_url, CRASHES, FIRST, DAYS)
    logged: list[str] = []
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        ((longitude, latitude),) = connection.execute("select longitude, latitude from locations limit 1").fetchall()
        connection.add_notice_handler(lambda notice: logged.append(notice.message_primary or ""))
        connection.execute("load 'auto_explain'")
        for setting, value in (
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_nested_statements", "on"),
            ("client_min_messages", "log"),
        ):
            connection.execute("select set_config(%s, %s, false)", [setting, value])
        connection.execute(
            "select report_of_point(%s, %s, 500, %s, %s)", [latitude, longitude, FIRST, date(2023, 1, 1)]
        )
    return logged


def test_the_places_are_found_by_their_index(plans: list[str]) -> None:
    assert [plan for plan in plans if "locations_geometry_feet_idx" in plan]
    assert not [plan for plan in plans if "Seq Scan on locations" in plan]


def test_the_crashes_are_found_by_their_index(plans: list[str]) -> None:
    found = [plan for plan in plans if "Function Scan on unnest chosen" in plan]
    assert found
    assert all("crash_facts_location_id_day_idx" in plan for plan in found)
    assert not [plan for plan in plans if "Seq Scan on crash_facts" in plan]

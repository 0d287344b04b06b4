"""Every number of a report, counted again in Python from the rows of crashes and people."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pyproj import Geod
from shapely import Point
from shapely.geometry import shape

from chicago_crashes.answers.costs import DEFAULT_COST_TABLE as DEFAULT_COSTS
from chicago_crashes.answers.report.numbers import crashes_of, report_of
from chicago_crashes.answers.report.places import Area, Circle, Place, Polygon
from chicago_crashes.errors import PermanentError
from chicago_crashes_tests.answers.report import city
from chicago_crashes_tests.answers.report.city import Crash, between, of_ward, totals

WARD_1, WARD_2 = Area("wards", "1"), Area("wards", "2")
CIRCLE = Circle(city.CORNER[1], city.CORNER[0], 500)
TRIANGLE = Polygon(
    '{"type": "Polygon", "coordinates": [[[-87.7, 41.9], [-87.66, 41.9], [-87.68, 41.92], [-87.7, 41.9]]]}', "triangle"
)
BOW_TIE = Polygon(
    '{"type":"Polygon","coordinates":[[[-87.7,41.9],[-87.6,42],[-87.7,42],[-87.6,41.9],[-87.7,41.9]]]}', "bow tie"
)
RANGES = {
    "whole": (city.FIRST, city.LAST),
    "a year": (date(2023, 1, 1), date(2023, 12, 31)),
    "odd days": (date(2023, 2, 17), date(2024, 3, 3)),
    "one day": (date(2023, 5, 4), date(2023, 5, 4)),
    "months": (date(2023, 4, 1), date(2023, 7, 31)),
    "beyond": (date(2024, 2, 1), date(2024, 6, 30)),
}
NEWEST_WHOLE = city.LAST - timedelta(days=3)


def chosen(place: Place, crashes: Sequence[Crash]) -> list[Crash]:
    """The crashes of a place, found without the database."""
    match place:
        case Area(_, ward):
            return [crash for crash in crashes if of_ward(ward)(crash)]
        case Circle(latitude, longitude, radius):
            return [crash for crash in crashes if crash.place and _feet(crash.place, (longitude, latitude)) <= radius]
        case Polygon():
            outline = shape(json.loads(place.geojson))
            return [crash for crash in crashes if crash.place and outline.covers(Point(crash.place))]


def _feet(one: tuple[float, float], other: tuple[float, float]) -> float:
    _, _, meters = Geod(ellps="GRS80").inv(*one, *other)
    return float(meters) / 0.3048


def of(db: psycopg.Connection, place: Place, first: date, last: date, costs: str = DEFAULT_COSTS) -> dict[str, Any]:
    return report_of(db, place, first, last, costs)


@pytest.fixture(params=[WARD_1, WARD_2, CIRCLE, TRIANGLE], ids=["ward 1", "ward 2", "circle", "polygon"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.param
    return found


@pytest.fixture(params=RANGES.values(), ids=list(RANGES))
def days(request: pytest.FixtureRequest) -> tuple[date, date]:
    first, last = request.param
    return first, last


@pytest.fixture
def expected(place: Place, days: tuple[date, date], crashes: Sequence[Crash]) -> list[Crash]:
    return between(chosen(place, crashes), *days)


@pytest.fixture(scope="module")
def reports() -> dict[tuple[Place, tuple[date, date]], dict[str, Any]]:
    """Each place and range is asked for once; many tests look at it."""
    return {}


@pytest.fixture
def report(
    db: psycopg.Connection,
    place: Place,
    days: tuple[date, date],
    reports: dict[tuple[Place, tuple[date, date]], dict[str, Any]],
) -> dict[str, Any]:
    if (place, days) not in reports:
        reports[place, days] = of(db, place, *days)
    return reports[place, days]


def test_the_city_has_everything_that_is_counted(crashes: Sequence[Crash]) -> None:
    """A number that is zero on both sides proves nothing."""
    for place in (WARD_1, WARD_2, CIRCLE, TRIANGLE):
        assert all(totals(chosen(place, crashes)).values())
    assert any(crash.place == city.NEAR_WARD_2 for crash in crashes)
    assert any(crash.place is None for crash in crashes)


def test_totals(report: dict[str, Any], expected: list[Crash]) -> None:
    assert report["totals"] == totals(expected)


@pytest.mark.parametrize("ward", [WARD_1, WARD_2])
def test_a_report_and_the_mart_of_areas_agree(db: psycopg.Connection, ward: Area, days: tuple[date, date]) -> None:
    counted = of(db, ward, *days)["totals"]
    query = sql.SQL("select {} from area_daily where layer = %s and area = %s and day between %s and %s").format(
        sql.SQL(", ").join(sql.SQL("coalesce(sum({}), 0)").format(sql.Identifier(name)) for name in counted)
    )
    row = db.execute(query, [ward.layer, ward.area, *days]).fetchone()
    assert row is not None
    assert dict(zip(counted, row, strict=True)) == counted


def test_the_crashes_themselves(
    db: psycopg.Connection, place: Place, days: tuple[date, date], expected: list[Crash]
) -> None:
    listed = crashes_of(db, place, *days)
    assert [crash.crash_record_id for crash in listed] == [
        crash.key for crash in sorted(expected, key=lambda crash: (crash.at, crash.key))
    ]
    by_key = {crash.key: crash for crash in expected}
    for crash in listed:
        published = by_key[crash.crash_record_id]
        assert (crash.longitude, crash.latitude) == published.place
        assert (crash.severity, crash.crash_date) == (published.severity, published.at)
        assert (crash.killed, crash.seriously_injured, crash.injured) == tuple(map(published.count, ("K", "A", "KABC")))
        assert crash.pedestrians_injured == published.count("KABC", "pedestrians")
        assert crash.cyclists_injured == published.count("KABC", "cyclists")


def test_the_city_and_the_rates(
    report: dict[str, Any], expected: list[Crash], days: tuple[date, date], crashes: Sequence[Crash]
) -> None:
    here, everywhere = totals(expected), totals(between(crashes, *days))
    assert report["city"] == everywhere
    named = {
        "injury_crashes_per_100_crashes": "injury_crashes",
        "ksi_crashes_per_100_crashes": "ksi_crashes",
        "fatal_crashes_per_100_crashes": "fatal_crashes",
        "injured_per_100_crashes": "injured",
        "killed_per_100_crashes": "persons_k",
        "hit_and_run_per_100_crashes": "hit_and_run_crashes",
    }
    for where, counts in (("place", here), ("city", everywhere)):
        assert report["rates"][where] == {
            rate: pytest.approx(100 * counts[name] / counts["crashes"]) if counts["crashes"] else None
            for rate, name in named.items()
        }
    assert report["rates"]["share_of_city"] == {
        name: pytest.approx(here[name] / everywhere[name]) if everywhere[name] else None
        for name in ("crashes", "injured", "ksi", "persons_k")
    }


def test_people(report: dict[str, Any], expected: list[Crash]) -> None:
    def of_group(crash: Crash, group: str, injuries: str) -> int:
        return crash.count(injuries, group) if group in city.MODES else crash.aged(injuries, group)

    ksi = sum(crash.count("KA") for crash in expected)
    for row in report["people"]:
        group = row["group"]
        assert {key: row[key] for key in ("crashes", "involved", "k", "a", "b", "c", "injured", "ksi")} == {
            "crashes": sum(of_group(crash, group, "KABCOU") > 0 for crash in expected),
            "involved": sum(of_group(crash, group, "KABCOU") for crash in expected),
            **{letter.lower(): sum(of_group(crash, group, letter) for crash in expected) for letter in "KABC"},
            "injured": sum(of_group(crash, group, "KABC") for crash in expected),
            "ksi": sum(of_group(crash, group, "KA") for crash in expected),
        }
        assert row["share_of_ksi"] == (pytest.approx(row["ksi"] / ksi) if ksi else None)
    assert [row["group"] for row in report["people"]] == [*city.MODES, "children", "older_adults"]


def test_circumstances(report: dict[str, Any], expected: list[Crash]) -> None:
    dark = {"DAYLIGHT": False, "DARKNESS, LIGHTED ROAD": True}
    flags: dict[str, Callable[[Crash], bool | None]] = {
        "hit_and_run": lambda crash: crash.hit_and_run is True,
        "dooring": lambda crash: crash.dooring is True,
        "alcohol": lambda crash: city.ALCOHOL in (crash.cause, crash.second_cause),
        "speed": lambda crash: city.SPEED in (crash.cause, crash.second_cause),
        "dark": lambda crash: dark.get(crash.light),
        "intersection": lambda crash: crash.intersection,
        "work_zone": lambda crash: crash.work_zone is True,
    }
    assert [row["name"] for row in report["circumstances"]] == list(flags)
    for row in report["circumstances"]:
        holds = [(crash, flags[row["name"]](crash)) for crash in expected]
        assert row["crashes"] == sum(held is True for _, held in holds)
        assert row["ksi_crashes"] == sum(held is True and crash.severity in "KA" for crash, held in holds)
        assert row["known"] == sum(held is not None for _, held in holds)
        is_known = row["known"] and row["known"] * 2 >= len(expected)
        assert row["share"] == (pytest.approx(row["crashes"] / row["known"]) if is_known else None)


def test_causes_and_crash_types(report: dict[str, Any], expected: list[Crash]) -> None:
    causes = Counter(crash.cause for crash in expected)
    ranked = sorted(causes.items(), key=lambda item: (-item[1], item[0]))
    assert [(row["name"], row["crashes"]) for row in report["causes"]] == ranked[:15]
    assert report["other_causes"] == {
        "causes": len(ranked[15:]),
        "crashes": sum(count for _, count in ranked[15:]),
    }
    types = Counter(crash.kind for crash in expected)
    assert {row["name"]: row["crashes"] for row in report["crash_types"]} == types
    for section, field in (("causes", "cause"), ("crash_types", "kind")):
        for row in report[section]:
            of_kind = [crash for crash in expected if getattr(crash, field) == row["name"]]
            assert row["injury_crashes"] == sum(crash.severity in "KABC" for crash in of_kind)
            assert row["ksi_crashes"] == sum(crash.severity in "KA" for crash in of_kind)
            assert row["fatal_crashes"] == sum(crash.severity == "K" for crash in of_kind)
            assert row["share"] == pytest.approx(len(of_kind) / len(expected))


def test_time_of_week(report: dict[str, Any], expected: list[Crash]) -> None:
    hours = Counter((crash.at.isoweekday(), crash.at.hour) for crash in expected)
    ksi = Counter((crash.at.isoweekday(), crash.at.hour) for crash in expected if crash.severity in "KA")
    assert [(row["weekday"], row["hour"]) for row in report["time_of_week"]] == [
        (weekday, hour) for weekday in range(1, 8) for hour in range(24)
    ]
    for row in report["time_of_week"]:
        when = row["weekday"], row["hour"]
        assert (row["crashes"], row["ksi_crashes"]) == (hours[when], ksi[when])


@pytest.mark.parametrize("unit", ["month", "year"])
def test_months_and_years(report: dict[str, Any], expected: list[Crash], days: tuple[date, date], unit: str) -> None:
    first, last = days

    def begins(day: date) -> date:
        return max(day.replace(day=1) if unit == "month" else day.replace(month=1, day=1), first)

    every_day = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    by_period: dict[date, list[date]] = {}
    for day in every_day:
        by_period.setdefault(begins(day), []).append(day)
    rows = report[f"{unit}s"]
    assert [row["first"] for row in rows] == [day.isoformat() for day in by_period]
    for row, within in zip(rows, by_period.values(), strict=True):
        loaded = [day for day in within if city.FIRST <= day <= city.LAST and day != city.MISSING]
        assert (row["days"], row["days_loaded"]) == (len(within), len(loaded))
        assert row["days_provisional"] == sum(day > NEWEST_WHOLE for day in loaded)
        assert row["is_partial"] == (not _is_whole(within[0], within[-1], unit))
        counts = totals(between(expected, within[0], within[-1]))
        for name in ("crashes", "injury_crashes", "ksi_crashes", "fatal_crashes", "injured", "ksi", "persons_k"):
            assert row[name] == (counts[name] if loaded else None), row


def _is_whole(first: date, last: date, unit: str) -> bool:
    after = last + timedelta(days=1)
    if unit == "month":
        return first.day == 1 and after.day == 1
    return (first.month, first.day) == (1, 1) and (after.month, after.day) == (1, 1)


COSTS = {
    "fhwa_2024_comprehensive": {"K": 11_258_495, "A": 1_089_524, "B": 224_597, "C": 111_281, "PDO": 10_196},
    "usdot_2023": {"K": 13_200_000, "A": 1_254_700, "B": 246_900, "C": 118_000, "O": 5_300},
}


@pytest.mark.parametrize("table", COSTS)
def test_cost(db: psycopg.Connection, crashes: Sequence[Crash], table: str) -> None:
    counts = totals(between(chosen(WARD_1, crashes), *RANGES["a year"]))
    cost = of(db, WARD_1, *RANGES["a year"], table)["cost"]
    named = {"PDO": "pdo_vehicles", **{letter: f"persons_{letter.lower()}" for letter in "KABCO"}}
    assert [(line["class"], line["count"], line["unit_dollars"], line["subtotal"]) for line in cost["lines"]] == [
        (letter, counts[named[letter]], dollars, counts[named[letter]] * dollars)
        for letter, dollars in COSTS[table].items()
    ]
    assert cost["total"] == sum(counts[named[letter]] * dollars for letter, dollars in COSTS[table].items())
    assert (cost["unknown_people"], cost["unknown_crashes"]) == (counts["persons_u"], counts["unknown_crashes"])
    assert cost["unknown_people"]
    assert cost["unknown_crashes"]
    assert {line["unit"] for line in cost["lines"] if line["class"] == "PDO"} <= {"vehicle"}


COMPARISONS: dict[tuple[date, date], dict[str, tuple[date, date, date, date]]] = {
    # A year of whole months: the year before, which is also the time just before.
    (date(2023, 9, 1), date(2024, 3, 31)): {
        "year_before": (date(2023, 9, 1), date(2024, 3, 31), date(2022, 9, 1), date(2023, 3, 31)),
        "period_before": (date(2023, 9, 1), date(2024, 3, 31), date(2023, 2, 1), date(2023, 8, 31)),
    },
    (date(2024, 2, 1), date(2024, 2, 29)): {
        "year_before": (date(2024, 2, 1), date(2024, 2, 29), date(2023, 2, 1), date(2023, 2, 28)),
        "period_before": (date(2024, 2, 1), date(2024, 2, 29), date(2024, 1, 1), date(2024, 1, 31)),
    },
    (date(2023, 5, 10), date(2023, 5, 19)): {
        "year_before": (date(2023, 5, 10), date(2023, 5, 19), date(2022, 5, 10), date(2022, 5, 19)),
        "period_before": (date(2023, 5, 10), date(2023, 5, 19), date(2023, 4, 30), date(2023, 5, 9)),
    },
    # Provisional days are left out, and days that are not there yet.
    (date(2024, 4, 10), date(2024, 5, 31)): {
        "year_before": (date(2024, 4, 10), NEWEST_WHOLE, date(2023, 4, 10), date(2023, 4, 17)),
        "period_before": (date(2024, 4, 10), NEWEST_WHOLE, date(2024, 4, 2), date(2024, 4, 9)),
    },
    # A whole year: both would be the same.
    (date(2023, 1, 15), date(2024, 1, 14)): {
        "year_before": (date(2023, 1, 15), date(2024, 1, 14), date(2022, 1, 15), date(2023, 1, 14)),
    },
    # A day more than a year: the year before would overlap it.
    (date(2023, 1, 15), date(2024, 1, 15)): {
        "latest_year": (date(2023, 1, 16), date(2024, 1, 15), date(2022, 1, 16), date(2023, 1, 15)),
        "period_before": (date(2023, 1, 15), date(2024, 1, 15), date(2022, 1, 14), date(2023, 1, 14)),
    },
    (date(2022, 2, 1), date(2024, 4, 15)): {
        "latest_year": (date(2023, 4, 16), date(2024, 4, 15), date(2022, 4, 16), date(2023, 4, 15)),
        "period_before": (date(2022, 2, 1), date(2024, 4, 15), date(2019, 11, 19), date(2022, 1, 31)),
    },
    (date(2024, 4, 19), date(2024, 4, 20)): {},
}


@pytest.mark.parametrize("days_asked", COMPARISONS, ids=lambda days: f"{days[0]} to {days[1]}")
def test_comparisons(db: psycopg.Connection, crashes: Sequence[Crash], days_asked: tuple[date, date]) -> None:
    here = chosen(WARD_1, crashes)
    found = {row["name"]: row for row in of(db, WARD_1, *days_asked)["comparisons"]}
    assert found.keys() == COMPARISONS[days_asked].keys()
    for name, (now_first, now_last, then_first, then_last) in COMPARISONS[days_asked].items():
        row = found[name]
        assert [row[key] for key in ("current_first", "current_last", "earlier_first", "earlier_last")] == [
            day.isoformat() for day in (now_first, now_last, then_first, then_last)
        ]
        spans = ((now_first, now_last), (then_first, then_last))
        gap = any(first <= city.MISSING <= last or first < city.FIRST for first, last in spans)
        assert row["is_comparable"] == (not gap)
        if gap:
            assert "not loaded" in row["why_not"]
            assert row["counts"] == []
            continue
        now, then, city_now, city_then = (totals(between(rows, *span)) for rows in (here, crashes) for span in spans)
        assert [each["name"] for each in row["counts"]] == list(city.COMPARED)
        for each in row["counts"]:
            key = each["name"]
            assert (each["current"], each["earlier"]) == (now[key], then[key])
            assert (each["city_current"], each["city_earlier"]) == (city_now[key], city_then[key])
            assert each["change"] == (pytest.approx(now[key] / then[key] - 1) if then[key] else None)
            assert each["city_change"] == (
                pytest.approx(city_now[key] / city_then[key] - 1) if city_then[key] else None
            )


def test_an_area_of_another_layer_that_has_the_same_name_is_another_place(db: psycopg.Connection) -> None:
    """Of a layer that calls ward 2 by the name of ward 1."""
    days = RANGES["a year"]
    totals_of_wards = [of(db, ward, *days)["totals"] for ward in (WARD_1, WARD_2)]
    db.execute(
        "insert into layers (layer, title, kind, shape, source, version, digest, features, repaired, left_out)"
        " select 'precincts', 'Precincts', kind, shape, source, version, digest, features, repaired, left_out"
        " from layers where layer = 'wards'"
    )
    db.execute(
        "insert into areas (layer_id, area, label, position, properties, square_feet, geometry)"
        " select precincts.layer_id, '1', '1', 1, '{}', square_feet, geometry"
        " from areas, layers as precincts where areas.area = '2' and precincts.layer = 'precincts'"
    )
    db.execute(
        "insert into location_areas (layer_id, location_id, area_id, feet_away)"
        " select same.layer_id, location_areas.location_id, same.area_id, location_areas.feet_away"
        " from location_areas join areas using (area_id)"
        " join areas as same on same.geometry = areas.geometry and same.area_id <> areas.area_id"
        " where areas.area = '2'"
    )
    db.execute(
        "insert into ops.assignments (layer_id, version, assigned_at)"
        " select layer_id, version, now() from layers where layer = 'precincts'"
    )
    found = [of(db, place, *days)["totals"] for place in (WARD_1, Area("precincts", "1"))]
    assert found == totals_of_wards


def test_data_are_as_new_as_the_crashes(db: psycopg.Connection) -> None:
    """People that were loaded later do not make the crashes newer; what was counted, and to which day, is told."""
    db.execute("update ops.signatures set loaded_at = '2024-04-25 12:00+00' where feed = 'people'")
    db.execute("update ops.signatures set loaded_at = '2024-04-20 12:00+00' where feed = 'vehicles'")
    ((counted,),) = db.execute("select max(refreshed_at) from ops.fact_days").fetchall()
    as_of = of(db, WARD_1, *RANGES["a year"])["data_as_of"]
    assert {name: datetime.fromisoformat(value) for name, value in as_of.items()} == {
        "newest_day": datetime(city.LAST.year, city.LAST.month, city.LAST.day),  # noqa: DTZ001 - a day
        "loaded_at": datetime(2024, 4, 21, 12, tzinfo=UTC),
        "counted_at": counted,
    }


def test_nothing_is_compared_with_days_before_every_district_reported(db: psycopg.Connection) -> None:
    db.execute("update ops.fact_days set day = day - 1642")  # as if the city's history began in July 2017
    db.execute("update crash_facts set day = day - 1642, crash_date = crash_date - interval '1642 days'")
    (row,) = (
        each
        for each in of(db, WARD_1, date(2018, 3, 1), date(2018, 8, 31))["comparisons"]
        if each["name"] == "year_before"
    )
    assert not row["is_comparable"]
    assert "March 1, 2017" in row["why_not"]
    assert "since September 2017" in row["why_not"]


def caveats(report: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: each["words"] for each in report["caveats"]}


def test_caveats_of_a_quiet_range(db: psycopg.Connection, crashes: Sequence[Crash]) -> None:
    first, last = date(2023, 9, 1), date(2023, 12, 31)
    found = caveats(of(db, WARD_1, first, last))
    nowhere = sum(crash.place is None for crash in between(crashes, first, last))
    assert found.keys() == {"no_place", "unknown_severity"}
    assert found["no_place"].startswith(f"{nowhere} crashes of the whole city")


def test_caveats_of_a_range_that_reaches_too_far(db: psycopg.Connection) -> None:
    found = caveats(of(db, WARD_1, date(2017, 1, 1), date(2024, 6, 30)))
    assert found.keys() == {
        "not_citywide", "beyond_loaded", "days_missing", "provisional", "no_place", "boundaries", "unknown_severity",
    }  # fmt: skip
    assert found["days_missing"] == (
        "1 day within the range is not loaded, so that numbers are too low: August 9, 2023."
    )
    assert "January 10, 2022 to April 20, 2024 are loaded" in found["beyond_loaded"]
    assert "April 18, 2024" in found["provisional"]
    assert "May 15, 2023" in found["boundaries"]


def test_days_loaded_again_since_are_told(db: psycopg.Connection) -> None:
    db.execute(
        "update ops.signatures set loaded_at = loaded_at + interval '1 hour' where feed = 'people' and day = %s",
        [date(2023, 9, 9)],
    )
    assert "1 was loaded again" in caveats(of(db, WARD_1, date(2023, 9, 1), date(2023, 9, 30)))["answers_behind"]
    assert "answers_behind" not in caveats(of(db, WARD_1, date(2023, 10, 1), date(2023, 10, 31)))


def test_where_officers_mark_only_yes_there_is_no_share(db: psycopg.Connection) -> None:
    db.execute("update crash_facts set is_intersection = null where not is_intersection")
    (marked,) = (each for each in of(db, WARD_1, *RANGES["a year"])["circumstances"] if each["name"] == "intersection")
    assert marked["crashes"] == marked["known"] > 0
    assert marked["share"] is None


def test_people_who_are_not_published_are_told(db: psycopg.Connection) -> None:
    report = of(db, WARD_1, *RANGES["a year"])
    assert "people_differ" not in caveats(report)
    injured = report["totals"]["injured"]
    db.execute(
        "update crash_facts set pedestrians_b = pedestrians_b - 1 where crash_record_id in ("
        "  select crash_record_id from crash_facts join location_areas using (location_id) join areas using (area_id)"
        "  where area = '1' and year = 2023 and pedestrians_b > 0 limit 1)"
    )
    words = caveats(of(db, WARD_1, *RANGES["a year"]))["people_differ"]
    assert words.endswith(f"of {injured} people hurt or killed by the crashes, {injured - 1} are among the people.")


def test_a_city_that_is_not_counted_yet_is_no_city_without_crashes(db: psycopg.Connection) -> None:
    db.execute("delete from citywide_daily")
    db.execute("delete from ops.mart_refreshes where mart = 'citywide_daily'")
    report = of(db, WARD_1, date(2023, 9, 1), date(2023, 12, 31))
    assert report["city"] is None
    assert set(report["rates"]["city"].values()) == {None}
    assert set(report["rates"]["share_of_city"].values()) == {None}
    assert {each["city_current"] for each in report["comparisons"][0]["counts"]} <= {None}
    assert "city_behind" in caveats(report)


def test_few_crashes_are_called_few(db: psycopg.Connection) -> None:
    assert "small_numbers" in caveats(of(db, Circle(41.8, -87.60, 10), date(2023, 9, 1), date(2023, 9, 30)))


def test_a_place_without_crashes(db: psycopg.Connection) -> None:
    report = of(db, Circle(41.7, -87.7, 100), date(2023, 1, 1), date(2023, 12, 31))
    assert set(report["totals"].values()) == {0}
    assert report["causes"] == report["crash_types"] == []
    assert set(report["rates"]["place"].values()) == {None}
    assert report["cost"]["total"] == 0
    assert len(report["months"]) == 12
    assert {row["share"] for row in report["circumstances"]} == {None}


@pytest.mark.parametrize(
    ("place", "first", "last", "costs", "words"),
    [
        (Area("wards", "99"), city.FIRST, city.LAST, DEFAULT_COSTS, "no area '99'"),
        (WARD_1, city.LAST, city.FIRST, DEFAULT_COSTS, "not before it"),
        (WARD_1, date(2030, 1, 1), date(2030, 12, 31), DEFAULT_COSTS, "loaded are days from 2022-01-10 to 2024-04-20"),
        (WARD_1, city.FIRST, city.LAST, "guesses", "Choose one of: fhwa_2024_comprehensive"),
        (Circle(41.9, -87.6, -1), city.FIRST, city.LAST, DEFAULT_COSTS, "radius"),
        (Circle(41.9, -87.6, float("nan")), city.FIRST, city.LAST, DEFAULT_COSTS, "radius"),
        (Circle(0, 0, 100), city.FIRST, city.LAST, DEFAULT_COSTS, "not in Chicago"),
        (BOW_TIE, city.FIRST, city.LAST, DEFAULT_COSTS, "valid polygon"),
    ],
)
def test_a_question_without_an_answer_is_refused(
    db: psycopg.Connection, place: Place, first: date, last: date, costs: str, words: str
) -> None:
    with pytest.raises(PermanentError, match=words):
        of(db, place, first, last, costs)


def test_a_layer_whose_crashes_are_not_assigned_has_no_report(db: psycopg.Connection) -> None:
    db.execute("update layers set version = version + 1")
    with pytest.raises(PermanentError, match="to which crashes are assigned"):
        of(db, WARD_1, city.FIRST, city.LAST)

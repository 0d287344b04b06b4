"""The documents hold what they say: their SQL runs and gives true numbers, their tables and names are the code's."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
import typer

from chicago_crashes import cli
from chicago_crashes.alerts.causes import record_refused_token
from chicago_crashes.answers.facts.crash_facts import refresh_facts
from chicago_crashes.answers.hot_spots.cell_analysis import refresh_hot_spots
from chicago_crashes.answers.hot_spots.parameters import HotSpotParameters
from chicago_crashes.answers.places.assignment import assign_locations
from chicago_crashes.cli.commands import alert, db, layer
from chicago_crashes.feeds.catalogue import FEEDS, feed_named
from chicago_crashes.feeds.ingest import LoadedDay, fetch_days, load_days
from chicago_crashes.feeds.losses import AcceptedDay, accept
from chicago_crashes.feeds.quality_scores import score_months
from chicago_crashes.layers.published import CITY_BOUNDARY, COMMUNITY_AREAS, POLICE_BEATS, STREET_CENTER_LINES, WARDS
from chicago_crashes.layers.refreshing import refresh_layer
from chicago_crashes.operations.reference import dictionary
from chicago_crashes.settings import PROJECT_ROOT, Settings
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.stand_in.faults import ROWS, Fault
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes.stand_in.synthetic.layers import offer_layers
from chicago_crashes.storage.lake import Lake
from chicago_crashes_tests.answers.marts.city import refresh_all
from chicago_crashes_tests.cli.running import load_here, publish, settings_for
from chicago_crashes_tests.feeds.loading import Connection

README, DATA, OPERATING = PROJECT_ROOT / "README.md", PROJECT_ROOT / "docs/data.md", PROJECT_ROOT / "docs/operating.md"
QUALITY = PROJECT_ROOT / "docs/quality.md"
PLACES, ANSWERS_PAGE = PROJECT_ROOT / "docs/places.md", PROJECT_ROOT / "docs/answers.md"
JOBS, CHECKS = PROJECT_ROOT / "docs/jobs.md", PROJECT_ROOT / "docs/checks.md"
DICTIONARY, DOCKER = PROJECT_ROOT / "docs/dictionary.md", PROJECT_ROOT / "docker/README.md"
ARCHITECTURE, CONTRIBUTING = PROJECT_ROOT / "docs/architecture.md", PROJECT_ROOT / "CONTRIBUTING.md"
CHANGELOG = PROJECT_ROOT / "CHANGELOG.md"
DOCUMENTS = (
    *(README, DATA, PLACES, ANSWERS_PAGE, OPERATING, CHECKS, QUALITY, JOBS, DICTIONARY, DOCKER),
    *(ARCHITECTURE, CONTRIBUTING, CHANGELOG),
)
DAYS = tuple(date(2024, 3, 4) + timedelta(days=number) for number in range(3))
WRITTEN_BY_USERS = {"docker/.env"}
KSI = ("FATAL", "INCAPACITATING INJURY")
AFOOT = ("PEDESTRIAN", "BICYCLE")
INJURIES = pl.col("^injuries_.*$")

Rows = Sequence[tuple[Any, ...]]
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Copy:
    """A loaded database, and what the portal publishes by now."""

    url: str
    published: Frames
    before_the_change: datetime
    killed_before: int

    def rows(self, statement: str) -> Rows:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement.encode()).fetchall()

    def number(self, feed: str, condition: pl.Expr) -> int:
        """How many published rows of a feed meet a condition."""
        return self.published[feed].filter(condition).height

    def counted(self, feed: str, column: str) -> dict[str | None, int]:
        """How often each published value occurs among the rows that have a key."""
        return dict(Counter(self.published[feed].filter(pl.col("crash_record_id").is_not_null())[column]))


def sql_blocks(document: Path) -> list[str]:
    return re.findall(r"^```sql\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def copy(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Three days of all feeds with one fault of each kind, and one crash amended and one withdrawn afterwards."""
    (batch,) = generate(DAYS[0], DAYS[-1], rows_per_day=150, dirt=None)
    first = with_faults(batch.frames)
    second = changed(first)
    lake = Lake(str(tmp_path_factory.mktemp("lake")))
    load(module_database_url, lake, first)
    with psycopg.connect(module_database_url) as connection:
        between = connection.execute("select clock_timestamp()").fetchall()[0][0]
    load(module_database_url, lake, second)
    with psycopg.connect(module_database_url) as connection:
        accept(
            connection,
            feed_named("crashes"),
            DAYS[0],
            DAYS[1],
            [AcceptedDay(DAYS[0], stored_rows=2, published_rows=1)],
            reason="shown in the test",
            accepted_by="a test",
        )
        record_refused_token(connection, "It was refused.")
    run_twice(module_database_url, lake, second)
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        for feed in FEEDS:
            score_months(connection, feed, date(2024, 3, 1), date(2024, 4, 1))
        answer(connection)
    return Copy(module_database_url, second, between, killed(first))


def answer(connection: Connection) -> None:
    """Some of the City's layers, the areas of all crashes, and everything that is counted from them."""
    store = PortalStore()
    offer_layers(store)
    with serving(store) as running, Portal(running.url, ceiling=Unlimited()) as portal:
        for layer in (WARDS, COMMUNITY_AREAS, POLICE_BEATS, CITY_BOUNDARY, STREET_CENTER_LINES):
            refresh_layer(portal, connection, layer)
    assign_locations(connection)
    refresh_facts(connection)
    refresh_all(connection)
    # There are three days only, and hot spots leave out the last three, whose reports still come in.
    connection.execute("update ops.fact_days set is_provisional = false")
    refresh_hot_spots(connection, HotSpotParameters(resolution=7, side_feet=5_280))


def run_twice(url: str, lake: Lake, frames: Frames) -> None:
    """Two runs of Dagster over days that are loaded: one that finds nothing to change, and one that is refused."""
    refused = Fault(times=None, query_has=ROWS, status=400)
    with serving(PortalStore()) as portal:
        publish(portal.store, frames)
        environment = settings_for(url, portal.url, Path(lake.url), DAYS[0])
        assert load_here(environment, DAYS[0], DAYS[0], "vehicles").succeeded
        portal.faults.append(refused)
        assert not load_here(environment, DAYS[1], DAYS[1], "vehicles", refetch=True).succeeded


def load(url: str, lake: Lake, frames: Frames) -> None:
    store = PortalStore()
    for feed in FEEDS:
        store.publish(feed.dataset_id, frames[feed.name])
    with (
        serving(store) as running,
        Portal(running.url, ceiling=Unlimited()) as portal,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        for feed in FEEDS:
            list(fetch_days(portal, connection, lake, feed, DAYS, run_id="a run"))
            loaded = list(load_days(connection, lake, feed, DAYS, run_id="a run"))
            assert all(isinstance(day, LoadedDay) and day.counts.reconciled for day in loaded)


def with_faults(frames: Frames) -> Frames:
    place = {"latitude": "41.8821", "longitude": "-87.6279", "location": "POINT (-87.6279 41.8821)"}
    crashes = with_values(frames["crashes"], [0, 1, 2], place)
    crashes = with_values(crashes, [3], {"latitude": "0", "longitude": "0", "location": "POINT (0 0)"})
    crashes = with_values(crashes, [4], {"weather_condition": "LOCUSTS"})
    crashes = with_values(crashes, [5], {"weather_condition": "UNKNOWN"})
    crashes = crashes.with_columns(pl.when(pl.int_range(pl.len()) == 6).then(None).otherwise(INJURIES).name.keep())
    crashes = with_values(crashes, [7], {"injuries_fatal": "1", "most_severe_injury": "FATAL"})
    crashes = with_values(crashes, [8], {"crash_record_id": None})
    killed_person = (
        frames["fatalities"]
        .clear()
        .vstack(
            pl.DataFrame(
                [{"crash_date": "2024-03-05T10:00:00.000", "victim": "PEDESTRIAN"}], frames["fatalities"].schema
            )
        )
    )
    written = crashes[":created_at"].max()
    return {
        "crashes": crashes,
        "people": on_two_days(with_values(frames["people"], [0], {"crash_record_id": "f" * 128})),
        "vehicles": with_values(frames["vehicles"], [0], {"vehicle_year": "9999"}),
        "fatalities": killed_person.with_columns(
            pl.lit(written).alias(name) for name in (":created_at", ":updated_at")
        ),
    }


def on_two_days(people: pl.DataFrame) -> pl.DataFrame:
    """The people, the first of them once more on the last day."""
    return people.vstack(with_values(people.head(1), [0], {"crash_date": f"{DAYS[-1]}T10:00:00.000"}))


def with_values(frame: pl.DataFrame, places: Sequence[int], values: Mapping[str, str | None]) -> pl.DataFrame:
    """The frame with other values in the rows at `places`."""
    is_meant = pl.int_range(pl.len()).is_in(places)
    return frame.with_columns(
        pl.when(is_meant).then(pl.lit(value)).otherwise(name).alias(name) for name, value in values.items()
    )


def changed(frames: Frames) -> Frames:
    """One more person killed in one crash, written a day later, and the last crash withdrawn."""
    crashes = with_values(frames["crashes"], [7], {"injuries_fatal": "2"})
    newest = pl.col(":updated_at").max() + timedelta(days=1)
    later = pl.when(pl.int_range(pl.len()) == 7).then(newest).otherwise(":updated_at")
    return {**frames, "crashes": crashes.with_columns(later.alias(":updated_at")).head(-1)}


def killed(frames: Frames) -> int:
    return sum(int(number) for number in loaded_crashes(frames)["injuries_fatal"].drop_nulls())


def loaded_crashes(frames: Frames) -> pl.DataFrame:
    return frames["crashes"].filter(pl.col("crash_record_id").is_not_null())


def by_year(rows: Rows, copy: Copy) -> None:
    crashes = loaded_crashes(copy.published)
    hurt = crashes["injuries_total"].cast(pl.Int64).sum()
    assert rows == [(2024, crashes.height, hurt, killed(copy.published))]


def by_beat(rows: Rows, copy: Copy) -> None:
    beats: Counter[str] = Counter()
    columns = ("beat_of_occurrence", "injuries_fatal", "injuries_incapacitating")
    for beat, fatal, incapacitating in loaded_crashes(copy.published).select(columns).iter_rows():
        beats[beat] += int(fatal or 0) + int(incapacitating or 0)
    assert len(rows) == 10
    assert rows[0][1] + rows[0][2] == max(beats.values()) > 0
    assert re.fullmatch(r"\d{4}", rows[0][0])


def by_month_afoot(rows: Rows, copy: Copy) -> None:
    known = pl.col("crash_record_id").is_in(loaded_crashes(copy.published)["crash_record_id"].implode())
    for _, person_type, people, ksi in rows:
        is_meant = known & (pl.col("person_type") == person_type)
        assert people == copy.number("people", is_meant)
        assert ksi == copy.number("people", is_meant & pl.col("injury_classification").is_in(KSI))
    assert {row[:2] for row in rows} == {(date(2024, 3, 1), person_type) for person_type in AFOOT}


def by_cause(rows: Rows, copy: Copy) -> None:
    severe = loaded_crashes(copy.published).filter(pl.col("most_severe_injury").is_in(KSI))
    assert dict(rows) == dict(Counter(severe["prim_contributory_cause"]))


def near_state_and_madison(rows: Rows, _copy: Copy) -> None:
    assert len(rows) == 3


def drivers_and_vehicles(rows: Rows, copy: Copy) -> None:
    assert len(rows) == 20
    makes = set(copy.published["vehicles"]["make"])
    assert all(make is None or make in makes for make, *_ in rows)
    joined = copy.published["people"].join(copy.published["vehicles"], on=["crash_record_id", "vehicle_id"])
    drivers = joined.filter(pl.col("person_type") == "DRIVER").sort("crash_date", "person_id").head(20)
    assert [age for _, _, age, _ in rows] == [int(age) if age else None for age in drivers["age"]]


def people_afoot(rows: Rows, copy: Copy) -> None:
    units = copy.published["vehicles"].filter(pl.col("unit_type").is_in(AFOOT))
    ids = ("O" + units["crash_unit_id"]).implode()
    assert sum(people for *_, people in rows) == copy.number("people", pl.col("person_id").is_in(ids)) > 0


def orphans(rows: Rows, copy: Copy) -> None:
    known = loaded_crashes(copy.published)["crash_record_id"].implode()
    for feed, without_crash, everybody in rows:
        in_quarantine = 1 if feed == "people" else 0
        assert everybody == copy.published[feed].height - in_quarantine
        assert without_crash == copy.number(feed, ~pl.col("crash_record_id").is_in(known)) - in_quarantine > 0


def newest_days(rows: Rows, copy: Copy) -> None:
    per_day = Counter(text[:10] for text in copy.published["crashes"]["crash_date"])
    assert {str(day): rows for day, rows, *_ in rows} == per_day


def knowledge_of_injuries(rows: Rows, copy: Copy) -> None:
    total = loaded_crashes(copy.published)["injuries_total"].cast(pl.Int64)
    assert rows == [(total.len(), (total == 0).sum(), (total > 0).sum(), 1)]


def by_weather(rows: Rows, copy: Copy) -> None:
    assert dict(rows) == copy.counted("crashes", "weather_condition")
    assert ("UNKNOWN", copy.number("crashes", pl.col("weather_condition") == "UNKNOWN")) in rows


def by_coordinate_status(rows: Rows, copy: Copy) -> None:
    found = {status: (crashes, with_a_point) for status, crashes, with_a_point in rows}
    missing = loaded_crashes(copy.published)["latitude"].null_count()
    assert found["zero"] == (1, 0)
    assert found.get("missing", (0, 0)) == (missing, 0)
    assert found["ok"][0] == found["ok"][1] == loaded_crashes(copy.published).height - missing - 1


def two_counts_of_the_killed(rows: Rows, copy: Copy) -> None:
    assert rows == [(2024, killed(copy.published), 1)]


def findings_by_rule(rows: Rows, _copy: Copy) -> None:
    found = {row[:3]: row[4:] for row in rows}
    assert found["vehicles", "vehicle_year", "bounds"] == (1, "9999")
    assert found["crashes", "weather_condition", "category"] == (1, "LOCUSTS")
    assert found["crashes", "latitude", "coordinates_zero"] == (1, "0")


def years_as_published(rows: Rows, copy: Copy) -> None:
    assert [(make, year) for _, make, year in rows] == [(copy.published["vehicles"]["make"][0], "9999")]


def quarantined_rows(rows: Rows, copy: Copy) -> None:
    found = {feed: rest for feed, *rest in rows}
    assert found.keys() == {"crashes", "people"}
    assert found["people"][1] == "second row with the same key on another day"
    day, reason, key, rival_day, raw_row = found["crashes"]
    assert (day, key, rival_day) == (date.fromisoformat(copy.published["crashes"]["crash_date"][8][:10]), None, None)
    assert reason == "no readable crash_record_id"
    assert raw_row["crash_date"] == copy.published["crashes"]["crash_date"][8]


def history_by_kind(rows: Rows, _copy: Copy) -> None:
    assert {(feed, kind): count for feed, kind, _, count in rows} == {
        ("crashes", "amended"): 1,
        ("crashes", "withdrawn"): 1,
    }


def table_as_it_was(rows: Rows, copy: Copy) -> None:
    now = loaded_crashes(copy.published).height
    assert rows == [(2024, now, killed(copy.published))]
    (statement,) = (block for block in sql_blocks(DATA) if "crashes_then" in block)
    then = copy.rows(statement.replace("now()", f"timestamptz '{copy.before_the_change.isoformat()}'"))
    assert then == [(2024, now + 1, copy.killed_before)]


def last_loads(rows: Rows, copy: Copy) -> None:
    assert {feed: (first, last, days, count) for feed, _, first, last, days, count, _ in rows} == {
        feed.name: (DAYS[0], DAYS[-1], 3, copy.published[feed.name].height) for feed in FEEDS
    }


def open_incidents(rows: Rows, _copy: Copy) -> None:
    ((severity, kind, *_, cause, remedy, _run),) = rows
    assert (severity, kind, cause) == ("warning", "invalid_token", "It was refused.")
    assert "CRASHES_APP_TOKEN" in remedy


def latest_runs(rows: Rows, _copy: Copy) -> None:
    failed, loaded = rows
    assert failed[1:5] == (["vehicles"], DAYS[1], DAYS[1], "FAILURE")
    assert failed[-1].startswith("1 of 1 days failed")
    assert loaded[1:5] == (["vehicles"], DAYS[0], DAYS[0], "SUCCESS")
    assert loaded[6:] == (0, 0, 0, None)


def last_runs(rows: Rows, _copy: Copy) -> None:
    assert [row[1:6] for row in rows] == [
        ("load_days", ["vehicles"], DAYS[1], DAYS[1], "FAILURE"),
        ("load_days", ["vehicles"], DAYS[0], DAYS[0], "SUCCESS"),
    ]


def failed_runs(rows: Rows, _copy: Copy) -> None:
    ((_, feeds, first, last, error),) = rows
    assert (feeds, first, last) == (["vehicles"], DAYS[1], DAYS[1])
    assert "The portal refused" in error


def runs_by_month(rows: Rows, _copy: Copy) -> None:
    assert [row[1:] for row in rows] == [(1, 0, 0)]


def accepted(rows: Rows, _copy: Copy) -> None:
    assert [row[:6] for row in rows] == [("crashes", DAYS[0], DAYS[1], 2, 1, "shown in the test")]
    assert sum(rows[0][8:]) == 1


def days_with_faults(rows: Rows, copy: Copy) -> None:
    crashes = [row for row in rows if row[0] == "crashes"]
    assert sum(quarantined for *_, quarantined, _ in crashes) == 1
    assert all(source == stored + quarantined for _, _, source, stored, quarantined, _ in rows)
    assert any(feed == "vehicles" and repaired == 1 for feed, *_, repaired in rows)
    assert copy.published["crashes"].height >= sum(row[2] for row in crashes)


def summed_up_findings(rows: Rows, copy: Copy) -> None:
    counts = copy.rows("select feed, day, column_name, rule, count(*) from ops.findings group by 1, 2, 3, 4")
    assert {row[:5] for row in rows} <= set(counts)
    assert len(rows) == min(len(counts), 20)
    for *_, findings, values, keys in rows:
        assert len(values) == len(keys) == min(findings, 3)


def keys_on_two_days(rows: Rows, copy: Copy) -> None:
    ((feed, key, day, stored_day, _),) = rows
    assert (feed, day, stored_day) == ("people", DAYS[0], DAYS[-1])
    assert key == f"{'f' * 128}/{copy.published['people']['person_id'][0]}"


def new_categories(rows: Rows, _copy: Copy) -> None:
    assert ("crashes", "weather_condition", "LOCUSTS", 1) in [row[:4] for row in rows]


def scored_months(rows: Rows, copy: Copy) -> None:
    names = ("completeness", "accuracy", "consistency", "timeliness", "validity")
    counts = ("published", "stored", "incomplete", "inaccurate", "inconsistent", "late", "invalid")
    found = {row[0]: dict(zip(("month", "score", *names, *counts), row[1:], strict=True)) for row in rows}
    crashes, vehicles = found["crashes"], found["vehicles"]
    assert found.keys() == {feed.name for feed in FEEDS}
    assert crashes["month"] == "2024-03"
    assert crashes["stored"] == loaded_crashes(copy.published).height == crashes["published"] - 1
    assert crashes["inaccurate"] == crashes["invalid"] == 1, "the place (0, 0) and the locusts"
    assert (vehicles["inaccurate"], vehicles["invalid"]) == (1, 0)
    parts = sum(vehicles[name] for name in names)
    assert abs(vehicles["score"] - parts) < 1, "of vehicles, all parts are judged"
    assert found["fatalities"]["timeliness"] is None


def findings_by_month(rows: Rows, _copy: Copy) -> None:
    assert ("crashes", "2024-03", "category", "weather_condition", 1, "LOCUSTS") in rows
    assert ("vehicles", "2024-03", "bounds", "vehicle_year", 1, "9999") in rows


def sizes(rows: Rows, _copy: Copy) -> None:
    assert {"public.crashes", "public.crash_people", "ops.signatures"} <= {name for name, *_ in rows}
    assert all(re.fullmatch(r"\d+ (bytes|kB|MB|GB)", size) for _, size, _ in rows)


def by_community_area(rows: Rows, copy: Copy) -> None:
    assert len(rows) == 10
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    ((total, labels),) = copy.rows(
        "select count(*), count(distinct area) from crash_areas where layer = 'community_areas' and area is not null"
    )
    assert sum(crashes for _, crashes, _ in rows) <= total <= loaded_crashes(copy.published).height
    assert labels > 10


def beats_of_both_kinds(rows: Rows, copy: Copy) -> None:
    found: dict[bool, int] = dict(rows)
    ((located,),) = copy.rows("select count(*) from crashes where geometry is not null")
    assert sum(found.values()) <= located
    assert found[True] > 100 * found.get(False, 0) / 2, "generated crashes lie in the beats they name"


def ksi_by_way_of_travel(rows: Rows, copy: Copy) -> None:
    known = loaded_crashes(copy.published)["crash_record_id"].implode()
    severe = pl.col("injury_classification").is_in(KSI) & pl.col("crash_record_id").is_in(known)
    ((year, on_foot, on_bicycles, on_motorcycles, in_motor_vehicles),) = rows
    assert year == 2024
    assert on_foot == copy.number("people", severe & (pl.col("person_type") == "PEDESTRIAN"))
    assert on_bicycles == copy.number("people", severe & (pl.col("person_type") == "BICYCLE"))
    inside = severe & pl.col("person_type").is_in(("DRIVER", "PASSENGER"))
    assert on_motorcycles + in_motor_vehicles == copy.number("people", inside) > 0


def wards_of_the_year(rows: Rows, copy: Copy) -> None:
    ranks = [row[-1] for row in rows]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    assert all(row[4] is None and row[5] is None for row in rows), "there is no earlier year to compare with"
    counted: dict[str, int] = dict(
        copy.rows("select ward, count(*) from crash_facts where ward is not null group by ward")
    )
    assert {label: crashes for label, crashes, *_ in rows} == {label: counted.get(label, 0) for label, *_ in rows}


def whole_months(rows: Rows, copy: Copy) -> None:
    ((month, crashes, _ksi, is_whole, is_comparable),) = rows
    assert (month, crashes) == (date(2024, 3, 1), loaded_crashes(copy.published).height)
    assert not is_whole
    assert not is_comparable


def worst_intersections(rows: Rows, copy: Copy) -> None:
    assert [row[-1] for row in rows] == sorted(row[-1] for row in rows)
    assert all(crashes > 0 and " & " in name for name, crashes, *_ in rows)
    assert sum(row[1] for row in rows) <= loaded_crashes(copy.published).height


def hottest_cells(rows: Rows, _copy: Copy) -> None:
    assert len(rows) == 10
    order = [(not is_hot, -z) for *_, z, _, is_hot in rows]
    assert order == sorted(order), "hot cells first"
    assert all(is_hot == (adjusted <= 0.05) for *_, adjusted, is_hot in rows)


def priced_injuries(rows: Rows, _copy: Copy) -> None:
    assert {(name, count): subtotal for name, _, count, _, subtotal in rows} == {
        ("K", 1): 13_200_000,
        ("A", 2): 2 * 1_254_700,
        ("B", 3): 3 * 246_900,
        ("C", 4): 4 * 118_000,
        ("O", 5): 5 * 5_300,
    }


def around_state_and_madison(rows: Rows, _copy: Copy) -> None:
    (((totals),),) = rows
    assert totals["crashes"] >= 3, "the three that were put there"


ANSWERS: Mapping[Path, Sequence[Callable[[Rows, Copy], None]]] = {
    README: (by_year, by_beat, by_month_afoot, by_cause, near_state_and_madison),
    DATA: (
        drivers_and_vehicles,
        people_afoot,
        orphans,
        newest_days,
        knowledge_of_injuries,
        by_weather,
        by_coordinate_status,
        two_counts_of_the_killed,
        findings_by_rule,
        years_as_published,
        quarantined_rows,
        history_by_kind,
        table_as_it_was,
    ),
    PLACES: (by_community_area, beats_of_both_kinds),
    ANSWERS_PAGE: (
        ksi_by_way_of_travel,
        wards_of_the_year,
        whole_months,
        worst_intersections,
        hottest_cells,
        priced_injuries,
        around_state_and_madison,
    ),
    CHECKS: (summed_up_findings,),
    JOBS: (last_runs, failed_runs, runs_by_month),
    QUALITY: (scored_months, findings_by_month),
    OPERATING: (
        last_loads,
        latest_runs,
        open_incidents,
        accepted,
        days_with_faults,
        keys_on_two_days,
        new_categories,
        sizes,
    ),
}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        pytest.param(document, place, id=f"{document.stem}-{answer.__name__}")
        for document, answers in ANSWERS.items()
        for place, answer in enumerate(answers)
    ],
)
def test_the_sql_of_a_document_gives_true_numbers(copy: Copy, document: Path, place: int) -> None:
    rows = copy.rows(sql_blocks(document)[place])
    assert rows
    ANSWERS[document][place](rows, copy)


def test_all_sql_of_the_documents_is_tried() -> None:
    for document in DOCUMENTS:
        assert len(sql_blocks(document)) == len(ANSWERS.get(document, ())), document


def table_under(document: Path, heading: str) -> Iterator[list[str]]:
    """The cells of the table whose first heading is `heading`."""
    lines = iter(document.read_text().splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            break
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_settings_table_is_complete_and_true() -> None:
    told = {name.strip("` "): default.strip("` ") for name, _, default in table_under(README, "setting")}
    assert told.keys() == {f"CRASHES_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = told[f"CRASHES_{name.upper()}"]
        if field.default in (None, ""):
            assert default.startswith(("none", "a private cluster")), name
        else:
            assert default.lower() == str(field.default).lower(), name


def test_the_commands_table_is_complete() -> None:
    spans = [span for cell, _ in table_under(README, "command") for span in re.findall(r"`([^`]+)`", cell)]
    words = [span.removeprefix("chicago-crashes ").split() for span in spans if not span.startswith("--")]
    nested = {"alert": alert.app, "db": db.app, "layer": layer.app}
    told = {" ".join(word[: 2 if word[0] in nested else 1]) for word in words}
    group = typer.main.get_group(cli.app)
    inner = {
        f"{name} {info.name or getattr(info.callback, '__name__', '')}"
        for name, app in nested.items()
        for info in app.registered_commands
    }
    assert told == (set(group.commands) - nested.keys()) | inner


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"(?:`|^|&& )make ([a-z]+)", document.read_text(), re.MULTILINE))
        assert named <= targets, document


def test_documents_mention_only_files_that_are_there() -> None:
    for document in DOCUMENTS:
        text = document.read_text()
        linked = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", text)
        missing = [name for name in linked if not (document.parent / name).exists()]
        ours = re.findall(r"`((?:chicago_crashes|docker|docs)/[\w./-]+|[\w/-]+\.(?:py|sql|yaml|toml|lock))`", text)
        folders = (PROJECT_ROOT, PROJECT_ROOT / "chicago_crashes")
        missing += [name for name in ours if not any((folder / name).exists() for folder in folders)]
        assert set(missing) <= WRITTEN_BY_USERS, document


def test_headings_that_are_linked_exist() -> None:
    for document in DOCUMENTS:
        text = document.read_text()
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors, document


def test_the_dictionary_is_current() -> None:
    assert dictionary.FILE.read_text() == dictionary.dictionary(), "run `make docs`"

"""CSV files in either form are served as the API would serve them."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.catalogue.crashes import CRASHES
from chicago_crashes.feeds.catalogue.fatalities import FATALITIES
from chicago_crashes.feeds.catalogue.people import PEOPLE
from chicago_crashes.feeds.catalogue.vehicles import VEHICLES
from chicago_crashes.stand_in.exports import publish_directory, publish_export
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.real_data import REAL_DATA, needs_real_data
from chicago_crashes_tests.stand_in.asking import asking

EXPORT = """\
CRASH_RECORD_ID,RD_NO,CRASH_DATE,POSTED_SPEED_LIMIT,STREET_NO,DATE_POLICE_NOTIFIED,LATITUDE,LOCATION,NUM_UNITS
c1,JE1,12/31/2021 02:00:00 PM,35,"1,191,625",01/01/2022 12:05:00 AM,41.794849958,POINT (-87.767280356289 41.79),2
"c ""2"" x",,13/45/2021 02:00:00 PM,1.0,"1,19",,,,
"""


def served(store: PortalStore, feed: Feed, **clauses: str) -> list[dict[str, object]]:
    with asking(store) as portal:
        reply = portal.get(f"/resource/{feed.dataset_id}.json", **clauses)
        rows: list[dict[str, object]] = reply.json()
        return rows


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


def test_an_export_with_display_names_and_us_dates(tmp_path: Path) -> None:
    store = PortalStore()
    publish_export(store, write(tmp_path, "crashes.csv", EXPORT), CRASHES)
    first, second = served(store, CRASHES, order=":id")
    assert first == {
        "crash_record_id": "c1",
        "rd_no": "JE1",
        "crash_date": "2021-12-31T14:00:00.000",
        "posted_speed_limit": "35",
        "street_no": "1191625",
        "date_police_notified": "2022-01-01T00:05:00.000",
        "latitude": "41.794849958",
        "location": {"type": "Point", "coordinates": [-87.767280356289, 41.79]},
        "num_units": "2",
    }
    assert second == {
        "crash_record_id": 'c "2" x',
        "crash_date": "13/45/2021 02:00:00 PM",
        "posted_speed_limit": "1.0",
        "street_no": "1,19",
    }


def test_the_headers_of_the_fatalities(tmp_path: Path) -> None:
    text = "Person_ID,Crash_Date,Crash_Location,Victim,Crash_Circumstances,Longitude,Latitude,Location\n"
    text += 'O1,03/19/2023 11:30:00 AM,2400 S WENTWORTH AVE,PEDESTRIAN,"one\ntwo",-87.6,41.8,POINT (-87.6 41.8)\n'
    store = PortalStore()
    publish_export(store, write(tmp_path, "fatalities_2023.csv", text, "utf-8-sig"), FATALITIES)
    (row,) = served(store, FATALITIES)
    assert row == {
        "person_id": "O1",
        "crash_date": "2023-03-19T11:30:00.000",
        "crash_location": "2400 S WENTWORTH AVE",
        "victim": "PEDESTRIAN",
        "crash_circumstances": "one\ntwo",
        "longitude": "-87.6",
        "latitude": "41.8",
        "geocoded_column": {"type": "Point", "coordinates": [-87.6, 41.8]},
    }


def test_the_form_of_the_api_is_left_alone(tmp_path: Path) -> None:
    text = '"crash_record_id","crash_date","latitude"\n"c1","2021-12-31T14:00:00.000",\n,"2021-12-31T15:00:00.000",""\n'
    store = PortalStore()
    publish_export(store, write(tmp_path, "crashes.csv", text), CRASHES)
    assert served(store, CRASHES, order=":id") == [
        {"crash_record_id": "c1", "crash_date": "2021-12-31T14:00:00.000"},
        {"crash_date": "2021-12-31T15:00:00.000"},
    ]


def test_the_invented_times_follow_the_crash_and_stay_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, "crashes.csv", EXPORT)
    times = []
    for _ in range(2):
        store = PortalStore()
        publish_export(store, path, CRASHES)
        times.append(served(store, CRASHES, select=":created_at,:updated_at", order=":id"))
    assert times[0] == times[1]
    assert times[0][0] == {":created_at": "2022-01-01T14:00:00.000Z", ":updated_at": "2022-01-03T14:00:00.000Z"}
    assert times[0][1][":updated_at"]


def test_a_directory_of_some_feeds(tmp_path: Path) -> None:
    write(tmp_path, "crashes-1.csv", EXPORT)
    write(tmp_path, "crashes-2.csv", EXPORT)
    people = "PERSON_ID,CRASH_RECORD_ID,CRASH_DATE,BAC_RESULT VALUE\nO1,c1,12/31/2021 02:00:00 PM,0.1\n"
    write(tmp_path, "people.csv", people)
    write(tmp_path, "other.csv", "x\n1\n")
    store = PortalStore()
    publish_directory(store, tmp_path)
    assert served(store, CRASHES, select="count(*)") == [{"count": "4"}]
    assert served(store, PEOPLE, select="bac_result_value") == [{"bac_result_value": "0.1"}]
    for missing in (VEHICLES, FATALITIES):
        assert served(store, missing) == []
        dataset = store.dataset(missing.dataset_id)
        assert dataset is not None
        assert dataset.column_names == missing.column_names


def test_a_file_with_nothing_but_a_header(tmp_path: Path) -> None:
    store = PortalStore()
    publish_export(store, write(tmp_path, "crashes.csv", "CRASH_RECORD_ID,CRASH_DATE\n"), CRASHES)
    dataset = store.dataset(CRASHES.dataset_id)
    assert dataset is not None
    assert dataset.column_names == ("crash_record_id", "crash_date")
    assert served(store, CRASHES) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column crash_date"),
        ("a,b\n1,2\n", "no column crash_date"),
        ("CRASH_DATE,crash_date\n1,2\n", "a column twice"),
        ("CRASH_DATE,CRASH_DATE\n1,2\n", "a column twice"),
        ("CRASH_DATE,X\n1,2\n1,2,3\n", "cannot be read as a CSV export of crashes"),
    ],
)
def test_files_that_are_no_export(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PermanentError, match=said):
        publish_export(PortalStore(), write(tmp_path, "crashes.csv", text), CRASHES)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "crashes.csv"
    path.write_bytes(b"CRASH_RECORD_ID,CRASH_DATE\n\xff\xfe\x00,x\n")
    with pytest.raises(PermanentError, match="cannot be read"):
        publish_export(PortalStore(), path, CRASHES)


def test_directories_without_exports(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"crashes\*\.csv, people\*\.csv, .* it has none of them"):
        publish_directory(PortalStore(), tmp_path)
    with pytest.raises(PermanentError, match="there is no such folder"):
        publish_directory(PortalStore(), tmp_path / "nowhere")


@needs_real_data
@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_the_real_files_are_served_day_by_day(feed: Feed) -> None:
    store = PortalStore()
    publish_directory(store, REAL_DATA / "portal-2021-12", REAL_DATA / "fatalities")
    folder = REAL_DATA / ("fatalities" if feed is FATALITIES else "portal-2021-12")
    in_file: Counter[str] = Counter()
    with (folder / f"{feed.name}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            date = row.get("crash_date") or row["Crash_Date"]
            in_file["-".join([date[6:10], date[:2], date[3:5]]) if "/" in date else date[:10]] += 1
    rows = served(store, feed, select="date_trunc_ymd(crash_date) as day,count(*) as rows", group="day", limit="5000")
    assert {str(row["day"])[:10]: int(str(row["rows"])) for row in rows} == in_file


@needs_real_data
def test_the_api_form_comes_back_byte_for_byte() -> None:
    store = PortalStore()
    publish_directory(store, REAL_DATA / "portal-2021-12")
    for feed in (CRASHES, PEOPLE, VEHICLES):
        path = REAL_DATA / "portal-2021-12" / f"{feed.name}.csv"
        with asking(store) as portal:
            reply = portal.get(f"/resource/{feed.dataset_id}.csv", select="*", order=":id", limit="5000")
        assert reply.content == path.read_bytes()

"""What the store keeps of what is published, and what it adds."""

from datetime import UTC, datetime

import polars as pl
import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.catalogue.crashes import CRASHES
from chicago_crashes.feeds.catalogue.people import PEOPLE
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.stand_in.asking import CRASH_DATASET, ask, five_crashes


def columns_of(store: PortalStore, dataset_id: str = CRASH_DATASET) -> tuple[str, ...]:
    dataset = store.dataset(dataset_id)
    assert dataset is not None
    return dataset.column_names


def test_every_feed_is_there_from_the_start_with_its_declared_columns() -> None:
    store = PortalStore()
    for feed in FEEDS:
        assert columns_of(store, feed.dataset_id) == feed.column_names
    assert ask(store) == []
    assert store.dataset("zzzz-zzzz") is None


def test_only_what_was_published_exists() -> None:
    store = PortalStore()
    store.publish(CRASH_DATASET, pl.DataFrame({"crash_record_id": ["c1"], "rd_no": ["JE1"], "crash_date": [None]}))
    assert columns_of(store) == ("crash_record_id", "rd_no", "crash_date")
    assert ask(store, select="rd_no,crash_date") == [{"rd_no": "JE1"}]


def test_later_rows_may_lack_columns_and_bring_new_ones() -> None:
    store = PortalStore()
    store.publish(CRASH_DATASET, pl.DataFrame({"crash_record_id": ["c1"], "latitude": ["41.9"]}))
    store.publish(CRASH_DATASET, pl.DataFrame({"idot_control_no": ["i2"], "crash_record_id": ["c2"]}))
    assert columns_of(store) == ("crash_record_id", "latitude", "idot_control_no")
    assert ask(store, order=":id") == [
        {"crash_record_id": "c1", "latitude": "41.9"},
        {"crash_record_id": "c2", "idot_control_no": "i2"},
    ]


def test_rows_are_written_now_unless_they_say_when() -> None:
    store = PortalStore()
    before = datetime.now(UTC)
    store.publish(CRASH_DATASET, pl.DataFrame({"crash_record_id": ["c1"]}))
    (row,) = ask(store, select=":created_at,:updated_at")
    assert row[":created_at"] == row[":updated_at"]
    assert 0 <= (datetime.fromisoformat(row[":updated_at"]) - before).total_seconds() + 0.001 < 60


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    store = PortalStore()
    time = datetime(2024, 7, 1, 12, tzinfo=UTC)
    frame = pl.DataFrame({"crash_record_id": ["c1"], ":updated_at": [time]}).with_columns(
        pl.col(":updated_at").dt.convert_time_zone("America/Chicago")
    )
    store.publish(CRASH_DATASET, frame)
    assert ask(store, select=":updated_at") == [{":updated_at": "2024-07-01T12:00:00.000Z"}]


def test_every_publication_is_a_write() -> None:
    store = five_crashes()
    before = store.dataset(CRASH_DATASET)
    first = ask(store, select=":version")
    store.publish(CRASH_DATASET, pl.DataFrame({"crash_record_id": ["c6"]}))
    after = store.dataset(CRASH_DATASET)
    assert before is not None
    assert after is not None
    assert after.writes == before.writes + 1
    assert after.modified_at > before.modified_at
    assert ask(store, select=":version", where="crash_record_id = 'c6'") != first[:1]


def test_the_modification_is_that_of_the_newest_row() -> None:
    dataset = five_crashes().dataset(CRASH_DATASET)
    assert dataset is not None
    assert dataset.modified_at == datetime(2024, 3, 2, 1, 15, 0, 456000, tzinfo=UTC)


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"injuries_total": [1]}),
        pl.DataFrame({":id": ["row-aaaa.aaaa.aaaa"]}),
        pl.DataFrame({":updated_at": ["2024-01-01"]}),
        pl.DataFrame({"crash_date": [datetime(2024, 1, 1)]}),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_published(frame: pl.DataFrame) -> None:
    store = PortalStore()
    with pytest.raises(PermanentError, match="cannot be published in 85ca-t3if"):
        store.publish(CRASH_DATASET, frame)
    assert ask(store) == []


def test_types_are_those_of_the_portal() -> None:
    store = PortalStore()
    crashes, people = store.dataset(CRASHES.dataset_id), store.dataset(PEOPLE.dataset_id)
    assert crashes is not None
    assert people is not None
    assert [crashes.types[name] for name in ("crash_date", "beat_of_occurrence", "hit_and_run_i", "location")] == [
        "floating_timestamp",
        "number",
        "text",
        "point",
    ]
    # The one id that the portal publishes as text.
    assert people.types["vehicle_id"] == "text"
    assert people.types["age"] == "number"

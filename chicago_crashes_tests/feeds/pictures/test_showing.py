"""What a table's page shows after a load: size, chart, map and a few rows, once per run."""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg
import pytest

from chicago_crashes.feeds.catalogue import CRASHES, FATALITIES, FEEDS, PEOPLE, Feed, Kind
from chicago_crashes.feeds.defs.pictures import preview_columns
from chicago_crashes.orchestration.description import table_key
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate
from chicago_crashes_tests.platform import Platform, platform

FIRST, MIDDLE, LAST = date(2024, 3, 30), date(2024, 3, 31), date(2024, 4, 2)
SHOWN = {"dagster/row_count", "pictures", "preview"}
LARGEST = 60_000


@pytest.fixture(scope="module")
def loaded(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Four days, loaded once; only the last test that looks at them loads one again."""
    store = PortalStore()
    for batch in generate(FIRST, LAST, rows_per_day=30, dirt=None):
        for feed in FEEDS:
            rows = batch.frames[feed.name]
            store.publish(feed.dataset_id, rows if feed is not FATALITIES else rows.clear())
    with platform(store, module_database_url, tmp_path_factory.mktemp("lake"), start=FIRST) as made:
        assert made.load(FIRST, LAST).succeeded
        yield made


def test_the_newest_day_of_a_run_shows_the_table_and_no_other_day_does(loaded: Platform) -> None:
    for feed in FEEDS:
        for day in (FIRST, MIDDLE):
            assert not SHOWN & metadata_of(loaded, feed, day).keys()
    assert metadata_of(loaded, CRASHES, LAST).keys() >= SHOWN
    latest = loaded.instance.get_latest_materialization_event(table_key(CRASHES))
    assert latest is not None
    assert latest.asset_materialization is not None
    assert latest.asset_materialization.partition == LAST.isoformat(), "the page opens with this event"


def test_pictures_are_drawn_and_small(loaded: Platform) -> None:
    shown = metadata_of(loaded, CRASHES, LAST)
    ((places,),) = loaded.query("select count(*) from crashes where geometry is not null")
    text = shown["pictures"].value
    assert f"The {places:,} places of crashes from {FIRST} to {LAST}" in text
    assert f"in orange the months of {FIRST} to {LAST}" in text
    drawn = re.findall(r"!\[[^]]+\]\(data:image/png;base64,([^)]+)\)", text)
    assert len(drawn) == 2
    for picture in drawn:
        assert b64decode(picture).startswith(b"\x89PNG")
        assert len(picture) < LARGEST
    without_places = metadata_of(loaded, PEOPLE, LAST)["pictures"].value
    assert without_places.count("data:image/png") == 1


def test_the_preview_holds_the_newest_rows(loaded: Platform) -> None:
    preview = metadata_of(loaded, CRASHES, LAST)["preview"]
    assert isinstance(preview, dg.TableMetadataValue)
    dates = [record.data["crash_date"] for record in preview.records]
    newest = loaded.query("select crash_date::text from crashes order by crash_date desc, crash_record_id limit 5")
    assert dates == [moment for (moment,) in newest]
    assert [column.name for column in preview.schema.columns] == preview_columns(CRASHES)


def test_a_table_without_rows_shows_that_it_has_none(loaded: Platform) -> None:
    shown = metadata_of(loaded, FATALITIES, LAST)
    assert shown["dagster/row_count"].value == 0
    assert SHOWN & shown.keys() == {"dagster/row_count"}


def test_the_size_is_that_of_the_whole_table(loaded: Platform) -> None:
    assert loaded.load(MIDDLE, MIDDLE).succeeded
    ((rows,),) = loaded.query("select count(*) from crashes")
    for day in (MIDDLE, LAST):
        assert metadata_of(loaded, CRASHES, day)["dagster/row_count"].value == rows > 60


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_the_preview_shows_no_free_text(feed: Feed) -> None:
    columns = preview_columns(feed)
    assert columns[: len(feed.key)] == list(feed.key)
    assert len(columns) >= 4
    for name in columns[len(feed.key) :]:
        assert feed.column(name).kind is not Kind.TEXT


def metadata_of(loaded: Platform, feed: Feed, day: date) -> Mapping[str, dg.MetadataValue[Any]]:
    filtered = dg.AssetRecordsFilter(asset_key=table_key(feed), asset_partitions=[day.isoformat()])
    newest = loaded.instance.fetch_materializations(filtered, limit=1).records[0]
    assert newest.asset_materialization is not None
    return newest.asset_materialization.metadata

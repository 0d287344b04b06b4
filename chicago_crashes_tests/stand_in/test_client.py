"""The platform's own client gets every row the portal holds, whatever goes wrong on the way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from chicago_crashes.feeds.catalogue import FEEDS, Feed, Kind
from chicago_crashes.feeds.catalogue.crashes import CRASHES
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.columns import published_columns
from chicago_crashes.soda.download import DayRows, download
from chicago_crashes.soda.signatures import published_days
from chicago_crashes.stand_in import faults
from chicago_crashes.stand_in.faults import Fault
from chicago_crashes.stand_in.serve import RunningPortal, serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic import generate

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 31)
DAYS = [FIRST + timedelta(days=number) for number in range(31)]


@pytest.fixture(scope="module")
def published() -> dict[str, pl.DataFrame]:
    """A month of the synthetic portal, dirt included."""
    (batch,) = generate(FIRST, LAST, rows_per_day=60)
    return batch.frames


@pytest.fixture(scope="module")
def portal(published: dict[str, pl.DataFrame]) -> Iterator[RunningPortal]:
    store = PortalStore()
    for feed in FEEDS:
        store.publish(feed.dataset_id, published[feed.name])
    with serving(store) as running:
        yield running


@pytest.fixture
def client(portal: RunningPortal) -> Iterator[Portal]:
    with Portal(portal.url, ceiling=Unlimited(), wait=lambda _: 0.0, read_timeout=10) as asking:
        yield asking
    portal.faults.clear()


def downloaded(client: Portal, feed: Feed, *, max_rows: int = 50_000) -> pl.DataFrame:
    outcomes = list(download(client, feed, DAYS, max_rows=max_rows))
    assert all(isinstance(outcome, DayRows) for outcome in outcomes), outcomes
    assert [outcome.day for outcome in outcomes] == DAYS
    return pl.concat([outcome.rows for outcome in outcomes if isinstance(outcome, DayRows)])


def as_published(rows: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """Downloaded rows in the form they were published in: points as text, times as times."""
    points = [column.name for column in feed.columns if column.kind is Kind.POINT]
    return rows.select(
        *(
            pl.col(name).str.replace(r'^\{"type":"Point","coordinates":\[(.+),(.+)\]\}$', "POINT ($1 $2)")
            if name in points
            else pl.col(name)
            for name in feed.column_names
        ),
        *(
            pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ms", time_zone="UTC")
            for name in (":created_at", ":updated_at")
        ),
    )


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_every_published_value_arrives(client: Portal, published: dict[str, pl.DataFrame], feed: Feed) -> None:
    found = as_published(downloaded(client, feed), feed)
    there = published[feed.name]
    assert found.height == there.height
    columns = [*feed.column_names, ":created_at", ":updated_at"]
    points = [column.name for column in feed.columns if column.kind is Kind.POINT]
    assert found.sort(columns).drop(points).equals(there.select(columns).sort(columns).drop(points))
    for name in points:
        # The client writes coordinates as numbers in their shortest form.
        assert _coordinates(found[name]) == _coordinates(there[name])


def _coordinates(points: pl.Series) -> list[tuple[float, ...] | None]:
    values = points.drop_nulls().str.extract_all(r"-?[0-9.]+").to_list()
    return [None] * points.null_count() + sorted(tuple(map(float, pair)) for pair in values)


def test_the_portal_describes_what_it_publishes(client: Portal) -> None:
    for feed in FEEDS:
        columns = published_columns(client, feed)
        assert columns.names == feed.column_names
        assert columns.unknown == ()


def test_rows_without_a_day_are_counted(client: Portal, published: dict[str, pl.DataFrame]) -> None:
    inside = published["crashes"].filter(pl.col("crash_date").str.slice(0, 7) == "2024-01").height
    held = published_days(client, CRASHES)
    assert held.rows_outside(FIRST, LAST) == published["crashes"].height - inside
    assert held.rows_outside(FIRST + timedelta(days=5), LAST) > 0


def test_a_month_costs_a_plan_a_description_and_few_windows(client: Portal, portal: RunningPortal) -> None:
    before = len(portal.requests)
    downloaded(client, CRASHES)
    assert [entry.path.rpartition("/")[0] for entry in portal.requests[before:]] == [
        "/api/views",
        "/resource",
        "/resource",
    ]


@pytest.mark.parametrize("max_rows", [40, 100, 500])
def test_small_windows_and_pages_lose_nothing(
    client: Portal, published: dict[str, pl.DataFrame], max_rows: int
) -> None:
    found = downloaded(client, CRASHES, max_rows=max_rows)
    assert sorted(found["crash_record_id"]) == sorted(published["crashes"]["crash_record_id"])
    assert found[":id"].n_unique() == found.height


@pytest.mark.parametrize(
    "fault",
    [
        faults.too_many_requests(),
        faults.too_many_requests(retry_after="0"),
        faults.internal_error(),
        faults.internal_error_page(),
        faults.unavailable(times=3),
        faults.gateway_timeout(),
        faults.request_timeout(),
        faults.accepted(),
        Fault(keep=0),
        Fault(keep=1),
        Fault(keep=5_000),
        Fault(keep_packed=5_000),
        Fault(keep_packed=0),
        Fault(breaks_off=True),
        Fault(is_out_of_date=True, times=3),
        Fault(is_shuffled=True, times=None),
    ],
    ids=str,
)
@pytest.mark.parametrize("query_has", ["$group", "$order"], ids=["plan", "rows"])
def test_every_fault_ends_with_every_row(
    client: Portal, portal: RunningPortal, published: dict[str, pl.DataFrame], fault: Fault, query_has: str
) -> None:
    portal.faults.append(replace(fault, query_has=query_has))
    found = downloaded(client, CRASHES, max_rows=500)
    assert sorted(found["crash_record_id"]) == sorted(published["crashes"]["crash_record_id"])


def test_an_invalid_token_is_given_up(portal: RunningPortal) -> None:
    alerts: list[str] = []
    with (
        serving(portal.store, invalid_tokens=("expired",)) as strict,
        Portal(strict.url, app_token="expired", ceiling=Unlimited(), on_alert=alerts.append) as client,
    ):
        assert downloaded(client, CRASHES).height > 0
    assert len(alerts) == 1

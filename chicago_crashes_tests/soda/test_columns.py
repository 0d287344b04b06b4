"""The portal's columns against the declared ones."""

from collections.abc import Callable

import pytest

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.feeds.catalogue import FEEDS, Feed, feed_named
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.columns import LostColumnsError, published_columns
from chicago_crashes_tests.soda.small_portal import SmallPortal, json_answer

CRASHES = feed_named("crashes")
Client = Callable[..., Portal]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_declared_columns_are_found_and_computed_regions_ignored(
    small_portal: SmallPortal, client: Client, feed: Feed
) -> None:
    small_portal.publish(feed, [])

    columns = published_columns(client(), feed)

    assert columns.names == feed.column_names
    assert columns.unknown == ()


def test_an_older_vintage_has_columns_more_and_less(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, [])
    small_portal.columns[CRASHES.dataset_id].remove("idot_control_no")
    small_portal.columns[CRASHES.dataset_id].insert(1, "rd_no")

    columns = published_columns(client(), CRASHES)

    assert columns.unknown == ("rd_no",)
    assert columns.names[:2] == ("crash_record_id", "rd_no")
    assert "idot_control_no" not in columns.names


def test_missing_columns_stop_everything_with_their_names(small_portal: SmallPortal, client: Client) -> None:
    small_portal.publish(CRASHES, [])
    for name in ("private_property_i", "latitude"):
        small_portal.columns[CRASHES.dataset_id].remove(name)

    with pytest.raises(PermanentError, match=r"private_property_i, latitude of crashes \(85ca-t3if\)"):
        published_columns(client(), CRASHES)


def test_metadata_without_columns_is_asked_for_later(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(json_answer({"id": CRASHES.dataset_id}))

    with pytest.raises(TransientError, match="lists no columns"):
        published_columns(client(), CRASHES)


def test_a_column_that_loaded_rows_have_is_lost_though_older_vintages_lack_it(
    small_portal: SmallPortal, client: Client
) -> None:
    small_portal.publish(CRASHES, [])
    small_portal.columns[CRASHES.dataset_id].remove("idot_control_no")
    with pytest.raises(LostColumnsError, match="no longer publishes idot_control_no of crashes") as lost:
        published_columns(client(), CRASHES, was_loaded=lambda name: name == "idot_control_no")
    assert lost.value.columns == ["idot_control_no"]
    assert published_columns(client(), CRASHES).missing == ("idot_control_no",)

"""What Dagster's UI says of a feed's assets: columns, tags, owners, links, all from the feed's declaration."""

from datetime import timedelta

import dagster as dg

from chicago_crashes.feeds import SYSTEM_FIELDS, Column, Feed
from chicago_crashes.postgis.tables import TABLES

OWNERS = ["team:data"]
LOADED_WEEKLY = frozenset({"fatalities"})


def portal_key(feed: Feed) -> dg.AssetKey:
    """The portal's dataset, as an external asset at the root of the lineage."""
    return dg.AssetKey(["portal", feed.name])


def raw_key(feed: Feed) -> dg.AssetKey:
    """The feed's days in the raw lake."""
    return dg.AssetKey(["raw", feed.name])


def table_key(feed: Feed) -> dg.AssetKey:
    """The feed's table in PostGIS."""
    return dg.AssetKey(["postgis", feed.table])


def dataset_url(feed: Feed) -> str:
    """The dataset's page on the City's portal, whatever portal is configured."""
    return f"https://data.cityofchicago.org/d/{feed.dataset_id}"


def tags(feed: Feed) -> dict[str, str]:
    """Tags to filter by."""
    return {"feed": feed.name, "dataset": feed.dataset_id}


def freshness(feed: Feed) -> dg.FreshnessPolicy:
    """How old the last load of the feed may be, for the display: the schedules load more often.

    A backfill of old days counts as a load. Whether the newest crash is new enough is asked elsewhere.
    """
    if feed.name in LOADED_WEEKLY:
        return dg.FreshnessPolicy.time_window(warn_window=timedelta(days=8), fail_window=timedelta(days=15))
    return dg.FreshnessPolicy.time_window(warn_window=timedelta(days=2), fail_window=timedelta(days=4))


def raw_columns(feed: Feed) -> dg.TableSchema:
    """The columns of a raw file: text, as published."""
    system = [dg.TableColumn(name, "text", "System field of the portal") for name in SYSTEM_FIELDS]
    published = [dg.TableColumn(column.name, "text", column.description) for column in feed.columns]
    return dg.TableSchema([*system, *published])


def table_columns(feed: Feed) -> dg.TableSchema:
    """The columns of the table, with the types and descriptions they have in the database."""
    declared = {column.name: column for column in feed.columns}
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                "geometry(Point,4326)" if column.name == "geometry" else column.type.compile().lower(),
                column.comment,
                constraints=dg.TableColumnConstraints(
                    nullable=bool(column.nullable),
                    unique=column.name in feed.key and len(feed.key) == 1,
                    other=bounds(declared[column.name]) if column.name in declared else [],
                ),
            )
            for column in TABLES[feed.name].columns
        ]
    )


def bounds(column: Column) -> list[str]:
    """A column's bounds, in words."""
    words = []
    if column.lowest is not None:
        words.append(f"at least {column.lowest}")
    if column.highest is not None:
        words.append(f"at most {column.highest}")
    if column.highest_year_after is not None:
        words.append(f"at most the year after {column.highest_year_after}")
    return words

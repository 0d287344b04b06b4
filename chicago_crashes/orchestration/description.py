"""What Dagster's UI says of assets: columns, tags, owners, links, all from the declarations of feeds and tables."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import dagster as dg
from sqlalchemy import Table

from chicago_crashes.feeds.catalogue import SYSTEM_FIELDS, Column, Feed
from chicago_crashes.layers.published import PublishedLayer
from chicago_crashes.orchestration.references import CODE_REFERENCES, links_to_code
from chicago_crashes.storage.tables import table_of

OWNERS = ["team:data"]

Dataset = Feed | PublishedLayer
"""What the portal publishes."""


def portal_key(dataset: Dataset) -> dg.AssetKey:
    """The portal's dataset, as an external asset at the root of the lineage."""
    return dg.AssetKey(["portal", dataset.name])


def raw_key(feed: Feed) -> dg.AssetKey:
    """The feed's days in the raw lake."""
    return dg.AssetKey(["raw", feed.name])


def table_key(feed: Feed) -> dg.AssetKey:
    """The feed's table in PostGIS."""
    return dg.AssetKey(["postgis", feed.table])


def dataset_link(dataset: Dataset) -> dg.UrlMetadataValue:
    """The dataset's page on the City's portal, whatever portal is configured."""
    return dg.MetadataValue.url(f"https://data.cityofchicago.org/d/{dataset.dataset_id}")


def tags(dataset: Dataset) -> dict[str, str]:
    """Tags to filter by."""
    return {"feed" if isinstance(dataset, Feed) else "layer": dataset.name, "dataset": dataset.dataset_id}


def freshness(feed: Feed) -> dg.FreshnessPolicy:
    """How old the last load of the feed may be, for the display: the schedules load more often.

    A backfill of old days counts as a load. Whether the newest row is new enough is asked elsewhere.
    """
    return dg.FreshnessPolicy.time_window(warn_window=feed.cadence.late_after, fail_window=feed.cadence.stale_after)


def weekly_freshness() -> dg.FreshnessPolicy:
    """How old the last load may be of what is loaded once a week."""
    return dg.FreshnessPolicy.time_window(warn_window=timedelta(days=8), fail_window=timedelta(days=15))


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
            for column in table_of(feed).columns
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


def table_metadata(table: Table, work: Callable[..., Any], *, feed: Feed | None = None) -> dict[str, Any]:
    """Of an asset that is a table as it is declared: its columns, its name in the database, the code behind it."""
    return {
        "dagster/column_schema": column_schema(table),
        "dagster/table_name": f"{table.schema or 'public'}.{table.name}",
        CODE_REFERENCES: links_to_code(work, feed=feed),
    }


def column_schema(table: Table) -> dg.TableSchema:
    """The columns of a table, with the types and comments they have in the database."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                _type_name(column.type),
                column.comment,
                constraints=dg.TableColumnConstraints(nullable=bool(column.nullable)),
            )
            for column in table.columns
        ]
    )


def _type_name(kind: Any) -> str:
    if hasattr(kind, "geometry_type"):
        return f"geometry({kind.geometry_type},{kind.srid})"
    return str(kind).lower()

"""The portal's datasets, as external assets: the roots of the lineage."""

import dagster as dg

from chicago_crashes.assets.description import dataset_url, portal_key, raw_columns, tags
from chicago_crashes.feeds import Feed


def portal_asset(feed: Feed) -> dg.AssetSpec:
    """The dataset the City publishes."""
    return dg.AssetSpec(
        portal_key(feed),
        group_name="portal",
        description=f"{feed.title}, as the City of Chicago publishes it. {feed.description}",
        kinds={"socrata"},
        tags=tags(feed),
        metadata={
            "dagster/column_schema": raw_columns(feed),
            "dataset": dg.MetadataValue.url(dataset_url(feed)),
        },
    )

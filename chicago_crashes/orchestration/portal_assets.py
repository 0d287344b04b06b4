"""The portal's datasets, as external assets: the roots of the lineage."""

import dagster as dg

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.orchestration.description import Dataset, dataset_link, portal_key, raw_columns, tags


def portal_asset(dataset: Dataset) -> dg.AssetSpec:
    """The dataset the City publishes; the columns of a layer are those of the day, and declared nowhere."""
    columns = {"dagster/column_schema": raw_columns(dataset)} if isinstance(dataset, Feed) else {}
    return dg.AssetSpec(
        portal_key(dataset),
        group_name="portal",
        description=f"{dataset.title}, as the City of Chicago publishes it. {dataset.description}",
        kinds={"socrata"},
        tags=tags(dataset),
        metadata={**columns, "dataset": dataset_link(dataset)},
    )

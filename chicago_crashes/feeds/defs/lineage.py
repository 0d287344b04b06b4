"""Which column comes from which, from the portal over the raw lake to the tables, told from the declarations."""

from collections.abc import Mapping, Sequence

import dagster as dg

from chicago_crashes.feeds.catalogue import SYSTEM_FIELDS, Feed
from chicago_crashes.orchestration.description import portal_key, raw_key
from chicago_crashes.storage.tables import table_of


def raw_lineage(feed: Feed) -> dg.TableColumnLineage:
    """The columns of the raw files: those of the dataset, by the same names."""
    return _lineage(portal_key(feed), {name: [name] for name in (*SYSTEM_FIELDS, *feed.column_names)})


def table_lineage(feed: Feed) -> dg.TableColumnLineage:
    """The columns of the table; those that only say what we did with a row come from nowhere."""
    return _lineage(
        raw_key(feed),
        {column.name: sources for column in table_of(feed).columns if (sources := _sources(feed, column.name))},
    )


def _sources(feed: Feed, name: str) -> Sequence[str]:
    if name in feed.column_names:
        return [name]
    if name == "source_updated_at":
        return [":updated_at"]
    if feed.surrogate and name == feed.surrogate.name:
        return feed.surrogate.parts
    if feed.coordinates and name in ("geometry", "coordinate_status", "needs_geocoding"):
        return [feed.coordinates.longitude, feed.coordinates.latitude]
    return []


def _lineage(upstream: dg.AssetKey, sources: Mapping[str, Sequence[str]]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {column: [dg.TableColumnDep(upstream, name) for name in names] for column, names in sources.items()}
    )

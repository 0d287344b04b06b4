"""CSV exports of the portal, published as its API would serve them.

Two forms exist: what the API sends as CSV (API names, ISO dates) and what the Export button gives (display names,
12-hour US dates, commas in thousands). Every value is taken by its own form, so a mixture does no harm.
"""

import csv
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.stand_in.datasets import SodaType, published_type
from chicago_crashes.stand_in.layers import geojson_files, publish_geojson
from chicago_crashes.stand_in.store import PortalStore

CREATED_AFTER, UPDATED_AFTER = timedelta(days=1), timedelta(days=3)
"""Exports do not say when the portal wrote a row; these are invented, the same every time."""
WRITTEN_WITHOUT_DATE = datetime(2024, 1, 1)  # noqa: DTZ001 - the store's times are UTC without saying so

US_DATE = "%m/%d/%Y %I:%M:%S %p"
ISO_DATE = "%Y-%m-%dT%H:%M:%S%.3f"
WITH_COMMAS = r"^-?\d{1,3}(,\d{3})+(\.\d+)?$"
BYTES_PER_BATCH = 16 * 1024 * 1024


def publish_directory(store: PortalStore, *directories: Path) -> None:
    """Publish every CSV file of `directories` whose name begins with a feed's (`crashes*.csv`).

    GeoJSON files named after layers are published, too. A feed without a file is served empty.

    Raises:
        PermanentError: a directory has none of these files, or a file is no export of its feed or layer.
    """
    for directory in directories:
        files = [(feed, path) for feed in FEEDS for path in sorted(directory.glob(f"{feed.name}*.csv"))]
        layers = geojson_files(directory)
        if not files and not layers:
            expected = ", ".join([*(f"{feed.name}*.csv" for feed in FEEDS), "wards.geojson, ..."])
            found = "it has none of them" if directory.is_dir() else "there is no such folder"
            raise PermanentError(f"Expected exports ({expected}) in {directory}, but {found}. Check --export.")
        for feed, path in files:
            publish_export(store, path, feed)
        for path in layers:
            publish_geojson(store, path)


def publish_export(store: PortalStore, path: Path, feed: Feed) -> None:
    """Publish one CSV file as rows of `feed`.

    Raises:
        PermanentError: the file cannot be read, or is no export of the feed.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        names = _api_names(header, feed, path)
        for batch in _batches(path, header):
            texts = pl.DataFrame(pl.from_arrow(batch)).cast(pl.String)
            store.publish(feed.dataset_id, _as_served(texts.rename(names), feed))
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise PermanentError(
            f"{path} cannot be read as a CSV export of {feed.name}: {error}. Download it again from the portal."
        ) from error


def _batches(path: Path, header: list[str]) -> Iterator[pa.RecordBatch]:
    with arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(block_size=BYTES_PER_BATCH),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    ) as reader:
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)
        yield from reader


def _api_names(header: list[str], feed: Feed, path: Path) -> dict[str, str]:
    """The API's name of every column of the file."""
    by_header = {column.header.lower(): column.name for column in feed.columns}
    names = {}
    for title in header:
        plain = title.strip().lower()
        invented = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
        names[title] = plain if plain in feed.column_names else by_header.get(plain, invented)
    if feed.date not in names.values():
        raise PermanentError(
            f"{path} is no export of {feed.name}: it has no column {feed.date}. "
            f"It has: {', '.join(header) or 'nothing'}. Rename the file or take it away."
        )
    if len(set(names.values())) < len(header):
        raise PermanentError(f"{path} has a column twice: {', '.join(header)}. Remove one of them.")
    return names


def _as_served(texts: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    types = {column.name: published_type(column) for column in feed.columns}
    dates = [name for name in texts.columns if types.get(name) is SodaType.FLOATING]
    numbers = [name for name in texts.columns if types.get(name) is SodaType.NUMBER]
    served = texts.with_columns(*map(_iso, dates), *map(_without_commas, numbers))
    crash = pl.col(feed.date).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="ms")
    return served.with_columns(
        (crash + CREATED_AFTER).fill_null(WRITTEN_WITHOUT_DATE).alias(":created_at"),
        (crash + UPDATED_AFTER).fill_null(WRITTEN_WITHOUT_DATE).alias(":updated_at"),
    )


def _iso(name: str) -> pl.Expr:
    us = pl.col(name).str.to_datetime(US_DATE, strict=False, time_unit="ms")
    return pl.coalesce(us.dt.to_string(ISO_DATE), name).alias(name)


def _without_commas(name: str) -> pl.Expr:
    text = pl.col(name)
    plain = text.str.replace_all(",", "", literal=True)
    return pl.when(text.str.contains(WITH_COMMAS)).then(plain).otherwise(text).alias(name)

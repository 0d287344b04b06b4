"""The layers people bring, as one asset with a partition per layer: from a file in the folder to stored features."""

from collections.abc import Mapping, Sequence

import dagster as dg

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.defs.layers import AREAS, layer_key
from chicago_crashes.layers.place_tables import AREAS as AREAS_TABLE
from chicago_crashes.layers.store import store_layer
from chicago_crashes.layers.uploads.fields import FieldSummary
from chicago_crashes.layers.uploads.folder import LayersFolder
from chicago_crashes.layers.uploads.names import require_name
from chicago_crashes.layers.uploads.texts import shown
from chicago_crashes.orchestration.day_reports import failure_of
from chicago_crashes.orchestration.description import OWNERS, table_metadata
from chicago_crashes.orchestration.resources import PostgisResource

UPLOADED = layer_key("uploaded")
PARTITIONS = "uploaded_layers"
DIGEST = "file_digest"
"""The metadata by which the sensor knows what was loaded."""

MESSAGES_SHOWN = 50
FIELDS_SHOWN = 50
FEATURES_SHOWN = 10


def uploaded_partitions() -> dg.DynamicPartitionsDefinition:
    """One partition per uploaded layer, its name the key."""
    return dg.DynamicPartitionsDefinition(name=PARTITIONS)


def uploaded_asset(layers_folder: str) -> dg.AssetsDefinition:
    """The uploaded layers."""

    @dg.asset(
        key=UPLOADED,
        partitions_def=uploaded_partitions(),
        group_name=AREAS,
        kinds={"postgres", "gdal"},
        owners=OWNERS,
        description="Layers that people brought as GeoJSON, zipped Shapefile or GeoPackage: each file in "
        "`CRASHES_LAYERS_FOLDER` is one. It is stored whole or refused with the reason.",
        metadata=table_metadata(AREAS_TABLE, load_upload),
    )
    def load(context: dg.AssetExecutionContext, postgis: PostgisResource) -> dg.MaterializeResult[None]:
        try:
            return load_upload(LayersFolder(layers_folder), context.partition_key, postgis)
        except PermanentError as error:
            raise failure_of(context, error) from error

    return load


def load_upload(folder: LayersFolder, name: str, postgis: PostgisResource) -> dg.MaterializeResult[None]:
    """Read the file of a layer and store it, whole or not at all.

    Raises:
        PermanentError: the file is refused.
    """
    # GDAL's companions take a while to import, and whoever lists assets need not wait for them.
    from chicago_crashes.layers.uploads.upload import read_upload

    file = folder.file(require_name(name))
    digest = file.digest()
    upload = read_upload(file.path, name, file.wishes())
    with postgis.connect() as connection:
        stored = store_layer(
            connection, upload.layer, upload.features, repaired=upload.repaired, left_out=upload.left_out
        )
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": stored.features,
            "features": stored.features,
            "repaired": upload.repaired,
            "left_out": upload.left_out,
            "version": stored.version,
            "added": stored.added,
            "amended": stored.amended,
            "removed": stored.removed,
            "title": upload.layer.title,
            "shape": upload.layer.shape.value,
            "label_field": upload.layer.label_field or "none: features are numbered",
            "key_field": upload.key_field or "none: features are numbered",
            "crs": upload.system,
            "file": upload.layer.source,
            DIGEST: digest,
            **({"fields": _table([_field(field) for field in upload.fields[:FIELDS_SHOWN]])} if upload.fields else {}),
            "first_features": _table(
                [{"key": feature.key, "label": feature.label} for feature in upload.features[:FEATURES_SHOWN]]
            ),
            "messages": dg.MetadataValue.json(list(upload.messages[:MESSAGES_SHOWN])),
        }
    )


def _field(field: FieldSummary) -> dict[str, str | int]:
    return {
        "field": field.name,
        "type": field.type,
        "distinct": field.distinct,
        "nulls": field.nulls,
        "examples": ", ".join(map(shown, field.examples)),
    }


def _table(rows: Sequence[Mapping[str, str | int]]) -> dg.TableMetadataValue:
    columns = [dg.TableColumn(name, "int" if isinstance(value, int) else "text") for name, value in rows[0].items()]
    return dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in rows], dg.TableSchema(columns))

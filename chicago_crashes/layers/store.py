"""The layers in the database: stored by set, versioned by content, and what people may do with them afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

import orjson
import shapely
from psycopg import Connection, sql
from psycopg.rows import class_row
from sqlalchemy import Table

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.features import Feature, Layer, Shape
from chicago_crashes.layers.place_tables import AREAS, LINES, POINTS, SRID_FEET
from chicago_crashes.storage.locks import take_turn
from chicago_crashes.storage.sql_files import sql_file

MOST_LOST = 0.10
"""The share of its features a layer may lose without anybody's word for it."""

LAYER_COLUMNS = sql.SQL(
    "layer_id, layer as name, title, kind, shape, source, label_field, version, digest, features, repaired, left_out,"
    " is_active, valid_from, valid_to, loaded_at"
)


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as the table `layers` has it."""

    layer_id: int
    name: str
    title: str
    kind: str
    shape: str
    source: str
    label_field: str | None
    version: int
    digest: str
    features: int
    repaired: int
    left_out: int
    is_active: bool
    valid_from: date | None
    valid_to: date | None
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """What storing a layer came to: its version, and how many features were added, amended and removed for it."""

    layer_id: int
    name: str
    version: int
    features: int
    is_changed: bool
    added: int
    amended: int
    removed: int


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Where features of a shape are: the table, the column of their keys, and what is measured of a geometry."""

    table: Table
    key: str
    measure: str | None = None
    function: str | None = None

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.table.name


TABLES = {
    Shape.POLYGON: FeatureTable(AREAS, "area", "square_feet", "ST_Area"),
    Shape.LINE: FeatureTable(LINES, "line", "feet", "ST_Length"),
    Shape.POINT: FeatureTable(POINTS, "point"),
}


def store_layer(
    connection: Connection,
    layer: Layer,
    features: Sequence[Feature],
    *,
    repaired: int,
    left_out: int,
    may_shrink: bool = True,
) -> StoredLayer:
    """Make the stored layer equal to these features, whose order is that of their positions.

    It is one transaction: the function's own, or a part of the caller's if one is open. The same content again writes
    no feature and keeps the version. Otherwise features keep their ids by their keys, and those that change or go are
    kept in `ops.layer_history`. A refresh of places or marts that is going on is waited for.

    Raises:
        PermanentError: there are no features, a key comes twice, the name is taken by a layer of the other kind, or,
            unless it `may_shrink`, more than a tenth of the stored features would go.
    """
    _require_sense(layer, features)
    digest = digest_of(layer.shape, features)
    with connection.transaction():
        take_turn(connection)
        stored = find_layer(connection, layer.name)
        if stored is None:
            return _add(connection, layer, features, digest, repaired, left_out)
        if stored.kind != layer.kind:
            raise PermanentError(
                f"There is a layer {layer.name} already, which is {stored.kind}. Nothing was stored. Take another name."
            )
        _describe(connection, stored.layer_id, layer, repaired, left_out)
        if stored.digest == digest:
            return StoredLayer(stored.layer_id, layer.name, stored.version, stored.features, False, 0, 0, 0)
        if not may_shrink:
            _refuse_to_shrink(stored, features)
        return _replace(connection, stored, layer, features, digest)


def layers(connection: Connection) -> list[LayerState]:
    """All layers: the published ones first, then the uploaded, by name."""
    with connection.cursor(row_factory=class_row(LayerState)) as cursor:
        return cursor.execute(sql.SQL("select {} from layers order by kind, layer").format(LAYER_COLUMNS)).fetchall()


def find_layer(connection: Connection, name: str) -> LayerState | None:
    """The layer of this name, if there is one."""
    with connection.cursor(row_factory=class_row(LayerState)) as cursor:
        query = sql.SQL("select {} from layers where layer = %s").format(LAYER_COLUMNS)
        return cursor.execute(query, [name]).fetchone()


def set_active(connection: Connection, name: str, active: bool) -> None:
    """Say whether crashes get assigned to the layer.

    Raises:
        PermanentError: there is no such layer.
    """
    if not connection.execute("update layers set is_active = %s where layer = %s", [active, name]).rowcount:
        raise _unknown(connection, name)


def delete_layer(connection: Connection, name: str) -> None:
    """Remove a layer with its features, which are kept in `ops.layer_history`, and with all assignments to them.

    Raises:
        PermanentError: there is no such layer.
    """
    with connection.transaction():
        take_turn(connection)
        stored = find_layer(connection, name)
        if stored is None:
            raise _unknown(connection, name)
        _keep_all(connection, stored)
        connection.execute("delete from layers where layer_id = %s", [stored.layer_id])


def digest_of(shape: Shape, features: Sequence[Feature]) -> str:
    """The SHA-256 of what a layer holds: shape, keys, labels, properties, geometries, in their order."""
    digest = sha256(shape.encode())
    for feature in features:
        described = [feature.key, feature.label, dict(feature.properties)]
        for part in (orjson.dumps(described, option=orjson.OPT_SORT_KEYS), shapely.to_wkb(feature.geometry)):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _require_sense(layer: Layer, features: Sequence[Feature]) -> None:
    if not features:
        raise PermanentError(f"The layer {layer.name} has no features. Nothing was stored. Check {layer.source}.")
    seen: set[str] = set()
    for feature in features:
        if feature.key in seen:
            raise PermanentError(f"The layer {layer.name} has the key {feature.key!r} twice. Nothing was stored.")
        seen.add(feature.key)


def _refuse_to_shrink(stored: LayerState, features: Sequence[Feature]) -> None:
    lost = stored.features - len(features)
    if lost > stored.features * MOST_LOST:
        raise PermanentError(
            f"The layer {stored.name} would shrink from {stored.features:,} to {len(features):,} features, by more "
            f"than {MOST_LOST:.0%}. Nothing was changed. If {stored.source} is right, say so: "
            f"`chicago-crashes layer refresh {stored.name} --accept-shrink`."
        )


def _add(
    connection: Connection, layer: Layer, features: Sequence[Feature], digest: str, repaired: int, left_out: int
) -> StoredLayer:
    """A layer that was not there; if one of its name was deleted before, its versions go on where that one's ended."""
    row = connection.execute(
        "insert into layers (layer, title, kind, shape, source, label_field, version, digest, features, repaired,"
        " left_out, valid_from, valid_to)"
        " select %(name)s, %(title)s, %(kind)s, %(shape)s, %(source)s, %(label_field)s, coalesce(max(version), 0) + 1,"
        " %(digest)s, %(features)s, %(repaired)s, %(left_out)s, %(valid_from)s, %(valid_to)s"
        " from ops.layer_history where layer = %(name)s"
        " returning layer_id, version",
        {
            "name": layer.name,
            "kind": layer.kind,
            "digest": digest,
            "features": len(features),
            **_said_of(layer, repaired, left_out),
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always yields a row
    layer_id, version = row
    _stage(connection, features)
    added = _run(connection, "add_features", layer.shape, layer_id)
    return StoredLayer(layer_id, layer.name, version, len(features), True, added, 0, 0)


def _replace(
    connection: Connection, stored: LayerState, layer: Layer, features: Sequence[Feature], digest: str
) -> StoredLayer:
    removed = 0
    if stored.shape != layer.shape:
        removed = _keep_all(connection, stored)
        table = sql.Identifier(TABLES[Shape(stored.shape)].name)
        connection.execute(sql.SQL("delete from {} where layer_id = %s").format(table), [stored.layer_id])
    _stage(connection, features)
    _run(connection, "keep_features", layer.shape, stored.layer_id, name=layer.name, version=stored.version)
    removed += _run(connection, "remove_features", layer.shape, stored.layer_id)
    amended = _run(connection, "amend_features", layer.shape, stored.layer_id)
    _run(connection, "order_features", layer.shape, stored.layer_id)
    added = _run(connection, "add_features", layer.shape, stored.layer_id)
    connection.execute(
        "update layers set version = version + 1, digest = %s, features = %s, loaded_at = now() where layer_id = %s",
        [digest, len(features), stored.layer_id],
    )
    return StoredLayer(stored.layer_id, layer.name, stored.version + 1, len(features), True, added, amended, removed)


def _describe(connection: Connection, layer_id: int, layer: Layer, repaired: int, left_out: int) -> None:
    """What is said of the layer besides its features; written only where it differs."""
    connection.execute(
        "update layers set title = %(title)s, shape = %(shape)s, source = %(source)s, label_field = %(label_field)s,"
        " repaired = %(repaired)s, left_out = %(left_out)s, valid_from = %(valid_from)s, valid_to = %(valid_to)s"
        " where layer_id = %(layer_id)s"
        " and (title, shape, source, label_field, repaired, left_out, valid_from, valid_to) is distinct from"
        " (%(title)s, %(shape)s, %(source)s, %(label_field)s, %(repaired)s, %(left_out)s,"
        " %(valid_from)s::date, %(valid_to)s::date)",
        {"layer_id": layer_id, **_said_of(layer, repaired, left_out)},
    )


def _said_of(layer: Layer, repaired: int, left_out: int) -> dict[str, object]:
    return {
        "title": layer.title,
        "shape": layer.shape,
        "source": layer.source,
        "label_field": layer.label_field,
        "repaired": repaired,
        "left_out": left_out,
        "valid_from": layer.valid_from,
        "valid_to": layer.valid_to,
    }


def _stage(connection: Connection, features: Sequence[Feature]) -> None:
    """The features in a temporary table, by COPY; it goes with the transaction, or with the next layer in it."""
    connection.execute("drop table if exists pg_temp.staged_features")
    connection.execute(
        "create temporary table staged_features ("
        " feature text primary key, label text, position integer, properties jsonb, geometry geometry(geometry, 4326)"
        ") on commit drop"
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("copy staged_features (feature, label, position, properties, geometry) from stdin") as copy,
    ):
        for position, feature in enumerate(features, 1):
            geometry = shapely.to_wkb(shapely.set_srid(feature.geometry, 4326), hex=True, include_srid=True)
            properties = orjson.dumps(dict(feature.properties), option=orjson.OPT_SORT_KEYS).decode()
            copy.write_row((feature.key, feature.label, position, properties, geometry))
    connection.execute("analyze staged_features")


def _keep_all(connection: Connection, stored: LayerState) -> int:
    table = TABLES[Shape(stored.shape)]
    statement = sql.SQL(
        "insert into ops.layer_history (layer, version, feature, label, properties, geometry)"
        " select %s, %s, {key}, label, properties, geometry from {table} where layer_id = %s"
    ).format(key=sql.Identifier(table.key), table=sql.Identifier(table.name))
    return connection.execute(statement, [stored.name, stored.version, stored.layer_id]).rowcount


def _run(
    connection: Connection, statement: str, shape: Shape, layer_id: int, *, name: str = "", version: int = 0
) -> int:
    """Run a statement over the staged features and those of the layer; how many rows it wrote."""
    table = TABLES[shape]
    query = sql_file(__file__, statement).format(
        table=sql.Identifier(table.name), key=sql.Identifier(table.key), **_measuring(table)
    )
    return connection.execute(query, {"layer_id": layer_id, "name": name, "version": version}).rowcount


def _measuring(table: FeatureTable) -> dict[str, sql.Composable]:
    """The pieces of the statements that measure a geometry; points have nothing to measure."""
    if table.measure is None or table.function is None:
        return dict.fromkeys(("measure", "measured", "set_measure"), sql.SQL(""))
    column = sql.Identifier(table.measure)
    value = sql.SQL("{}(ST_Transform(staged.geometry, {}))").format(sql.SQL(table.function), SRID_FEET)
    return {
        "measure": sql.SQL(", {}").format(column),
        "measured": sql.SQL(", {}").format(value),
        "set_measure": sql.SQL(", {} = {}").format(column, value),
    }


def _unknown(connection: Connection, name: str) -> PermanentError:
    known = ", ".join(layer.name for layer in layers(connection)) or "none"
    return PermanentError(f"There is no layer {name}. There are: {known}.")

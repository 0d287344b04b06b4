"""How Alembic runs the migrations: on the connection `chicago_crashes.storage.schema.migrate` hands it."""

from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers

from chicago_crashes.storage.schema.all_tables import metadata
from chicago_crashes.storage.schema.migrate import VERSION_SCHEMA

OUR_SCHEMAS = {None, "public", "ops"}


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave alone what others keep in the same database, such as Dagster's own schema."""
    return kind != "schema" or name in OUR_SCHEMAS


def include_object(element: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Leave alone what PostGIS itself keeps in `public`, and Alembic's own table."""
    if kind == "table" and name in {"spatial_ref_sys", "alembic_version"}:
        return False
    return bool(alembic_helpers.include_object(element, name, kind, reflected, compared))  # type: ignore[no-untyped-call]


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=VERSION_SCHEMA,
    include_schemas=True,
    include_name=include_name,
    include_object=include_object,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()

"""`chicago-crashes layer preview|add|replace|activate|deactivate|delete`: layers that people bring."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from chicago_crashes.cli.commands.console import console

if TYPE_CHECKING:
    from chicago_crashes.cli.foreground.uploads import Uploaded
    from chicago_crashes.layers.store import LayerState
    from chicago_crashes.layers.uploads.upload import Upload

FEATURES_SHOWN = 5
PREVIEW = "preview"

File = Annotated[Path, typer.Argument(help="GeoJSON (.geojson, .json), zipped Shapefile (.zip) or GeoPackage (.gpkg).")]
Existing = Annotated[str, typer.Argument(help="The layer's name, as `layer list` shows it.")]
Title = Annotated[str | None, typer.Option(help="What people read above it. Without: made of the name.")]
LabelField = Annotated[
    str | None, typer.Option(help="The field that people call a feature by. Without: it is detected.")
]
KeyField = Annotated[str | None, typer.Option(help="The field that tells features apart. Without: it is detected.")]
LayerInFile = Annotated[
    str | None,
    typer.Option(help="Which layer of a GeoPackage, or which shapefile of a zip file, if there are several."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def preview(
    file: File,
    label_field: LabelField = None,
    key_field: KeyField = None,
    layer_in_file: LayerInFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what a file would become: its fields, how features would be called and sorted. Nothing is stored."""
    from chicago_crashes.layers.uploads.upload import Wishes, read_upload

    upload = read_upload(
        file, PREVIEW, Wishes(label_field=label_field, key_field=key_field, layer_in_file=layer_in_file)
    )
    if as_json:
        print(json.dumps(_described(upload), indent=2))  # noqa: T201 - the output itself
        return
    _show(upload)


def add(
    file: File,
    name: Annotated[str, typer.Option(help="What the layer is called from now on: small letters, digits and _.")],
    title: Title = None,
    label_field: LabelField = None,
    key_field: KeyField = None,
    layer_in_file: LayerInFile = None,
) -> None:
    """Make a layer of a file. It is stored whole, or refused with the reason."""
    from chicago_crashes.cli.foreground.uploads import add_layer
    from chicago_crashes.layers.uploads.upload import Wishes

    _tell(add_layer(file, name, Wishes(title, label_field, key_field, layer_in_file)), "added")


def replace(
    name: Existing,
    file: File,
    title: Title = None,
    label_field: LabelField = None,
    key_field: KeyField = None,
    layer_in_file: LayerInFile = None,
) -> None:
    """Put another file in the place of an uploaded layer. What the old one held is kept in ops.layer_history."""
    from chicago_crashes.cli.foreground.uploads import replace_layer
    from chicago_crashes.layers.uploads.upload import Wishes

    _tell(replace_layer(file, name, Wishes(title, label_field, key_field, layer_in_file)), "replaced")


def activate(name: Existing) -> None:
    """Have crashes assigned to a layer again."""
    _set_active(name, active=True)


def deactivate(name: Existing) -> None:
    """Leave a layer out of the answers, but keep it."""
    _set_active(name, active=False)


def delete(name: Existing, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete an uploaded layer: its features, everything counted by it, and its file."""
    from chicago_crashes.cli.foreground.uploads import remove_layer

    def confirm(state: "LayerState | None") -> bool:
        what = f"{state.features:,} features" if state else "a file that is not loaded"
        return yes or typer.confirm(f"Delete the layer {name} ({what}) and its file?")

    if not remove_layer(name, confirm):
        console.print("Nothing was deleted.")
        raise typer.Exit(1)
    console.print(f"The layer {escape(name)} is deleted.", highlight=False)


def _set_active(name: str, *, active: bool) -> None:
    import psycopg

    from chicago_crashes.layers.store import set_active
    from chicago_crashes.operations.workplace import database

    with database() as url, psycopg.connect(url) as connection:
        set_active(connection, name, active)
    state = "active: crashes are assigned to it" if active else "inactive: no crashes are assigned to it"
    console.print(f"The layer {escape(name)} is {state} from the next refresh of the answers on.", highlight=False)


def _tell(uploaded: "Uploaded", done: str) -> None:
    _show(uploaded.upload)
    state = uploaded.state
    console.print(
        f"The layer {state.name} is {done}: version {state.version}, {state.features:,} features, "
        f"{state.repaired:,} repaired, {state.left_out:,} left out.",
        highlight=False,
    )


def _show(upload: "Upload") -> None:
    layer = upload.layer
    label = layer.label_field or "none: features are numbered"
    key = upload.key_field or "none: features are numbered"
    console.print(
        f"{escape(layer.source)}: {len(upload.features):,} features ({layer.shape}), {escape(upload.system)}\n"
        f"label field: {escape(label)}; key field: {escape(key)}",
        highlight=False,
        soft_wrap=True,
    )
    table = Table(title="Fields", title_justify="left")
    for heading in ("field", "type", "distinct", "nulls", "examples"):
        table.add_column(heading, justify="right" if heading in ("distinct", "nulls") else "left", overflow="fold")
    for field in upload.fields:
        examples = escape(", ".join(_short(example) for example in field.examples))
        table.add_row(escape(field.name), field.type, f"{field.distinct:,}", f"{field.nulls:,}", examples)
    console.print(table)
    labels = ", ".join(_short(feature.label) for feature in upload.features[:FEATURES_SHOWN])
    more = ", …" if len(upload.features) > FEATURES_SHOWN else ""
    console.print(f"In order: {escape(labels)}{more}", highlight=False, soft_wrap=True)
    for message in upload.messages:
        console.print(message, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _short(text: str) -> str:
    from chicago_crashes.layers.uploads.texts import shown

    return shown(text)


def _described(upload: "Upload") -> dict[str, object]:
    return {
        "file": upload.layer.source,
        "shape": upload.layer.shape,
        "crs": upload.system,
        "label_field": upload.layer.label_field,
        "key_field": upload.key_field,
        "features": len(upload.features),
        "repaired": upload.repaired,
        "left_out": upload.left_out,
        "messages": list(upload.messages),
        "fields": [asdict(field) for field in upload.fields],
        "labels": [feature.label for feature in upload.features],
    }


COMMANDS = (preview, add, replace, activate, deactivate, delete)
"""What they are called is their names."""

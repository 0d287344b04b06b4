"""`chicago-crashes layer`: the boundaries, streets and points that places are told by."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
from rich.markup import escape
from rich.table import Table

from chicago_crashes.cli.commands.console import console, progress_bar, tell_failed_check, tell_failures
from chicago_crashes.operations.workplace import database

if TYPE_CHECKING:
    from chicago_crashes.layers.defs.layer_runs import LayersOutcome
    from chicago_crashes.layers.store import LayerState

SHOWN = ("published_rows", "features", "repaired", "left_out", "merged", "version", "added", "amended", "removed")

app = typer.Typer(help="Layers: the City's boundaries and streets, and layers of your own.", no_args_is_help=True)


@app.callback()
def layer() -> None:
    """Layers: the City's boundaries and streets, and layers of your own."""


@app.command(name="list")
def list_layers(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List the layers there are, published and uploaded, with their versions."""
    from chicago_crashes.layers.store import layers  # geometries take a while to import

    with database() as url, psycopg.connect(url) as connection:
        found = layers(connection)
    if as_json:
        print(json.dumps([asdict(each) for each in found], default=str, indent=2))  # noqa: T201 - the output itself
        return
    if not found:
        console.print("There are no layers yet. `chicago-crashes layer refresh` brings the City's.")
        return
    console.print(_table(found))


@app.command()
def refresh(
    names: Annotated[
        list[str] | None, typer.Argument(help="Layers of the City, such as wards or beats; all of them without.")
    ] = None,
    accept_shrink: Annotated[
        bool, typer.Option("--accept-shrink", help="Let the layers lose more than a tenth of their features.")
    ] = False,
) -> None:
    """Bring the City's layers up to what the portal publishes now.

    It is a run like those from Dagster's UI, and shows there. The exit status is 0 only if every layer was refreshed.
    """
    from chicago_crashes.cli.foreground.layers import refresh_layers  # Dagster is slow to import

    outcome = refresh_layers(names or [], progress_bar, accept_shrink=accept_shrink)
    show(outcome)
    if outcome.failures:
        raise typer.Exit(1)


def _table(found: "list[LayerState]") -> Table:
    table = Table(title="Layers")
    table.add_column("layer", overflow="fold")
    for heading in ("kind", "shape"):
        table.add_column(heading)
    for heading in ("features", "repaired", "left out", "version"):
        table.add_column(heading, justify="right")
    for heading in ("crashes assigned", "in force", "loaded", "source"):
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(
            escape(each.name),
            each.kind,
            each.shape,
            f"{each.features:,}",
            f"{each.repaired:,}",
            f"{each.left_out:,}",
            str(each.version),
            _assigned(each),
            _in_force(each),
            f"{each.loaded_at:%Y-%m-%d %H:%M}",
            escape(each.source),
        )
    return table


def _assigned(each: "LayerState") -> str:
    """Whether crashes are assigned to the layer; only areas can have crashes."""
    if each.shape != "polygon":
        return ""
    return "yes" if each.is_active else "no"


def _in_force(each: "LayerState") -> str:
    if each.valid_from is None and each.valid_to is None:
        return ""
    return f"{each.valid_from or '…'} to {each.valid_to or 'now'}"


def show(outcome: "LayersOutcome") -> None:
    """Print what became of the layers, and what failed."""
    table = Table(title="Layers")
    table.add_column("layer")
    for name in SHOWN:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_column("checks passed", justify="right", no_wrap=True)
    for name, found in outcome.layers.items():
        passed = f"{found.checks_passed} of {found.checks_passed + len(found.checks_failed)}"
        shown = [f"{found.numbers[each]:,}" if each in found.numbers else "" for each in SHOWN]
        table.add_row(name, *shown, passed if found.numbers else "failed")
    console.print(table)
    for name, found in outcome.layers.items():
        for note in found.notes:
            console.print(f"{name}: {note}", markup=False, highlight=False, soft_wrap=True)
        for check, reason in found.checks_failed.items():
            tell_failed_check(f"{name}: {check}", reason)
    tell_failures(outcome.failures)

"""`chicago-crashes db`: the database, private or one's own."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Column, Table

from chicago_crashes.cli.commands.console import console
from chicago_crashes.operations.workplace import some_database
from chicago_crashes.storage.private_cluster import cluster
from chicago_crashes.storage.schema import migrate
from chicago_crashes.storage.schema.downgrade import Loss, losses
from chicago_crashes.storage.schema.downgrade import downgrade as take_back

app = typer.Typer(help="The database: start, stop, migrate.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to the schema of this version."""
    with some_database() as url:
        migrate.upgrade(url)
    console.print("The database has the current schema.")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="The schema version to go back to, such as 0011; base: to nothing.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take the database back to the schema of an older version; says what that would lose, and asks.

    Stop the platform first. Afterwards install the older version: this one brings a private database to its own schema
    with the next command.
    """
    with some_database() as url:
        console.print(_told(losses(url, revision)))
        if not yes:
            typer.confirm(f"Take the database back to {revision}?", abort=True)
        take_back(url, revision)
    console.print(f"The database has schema version {revision}.")


def _told(lost: Sequence[Loss]) -> RenderableType:
    if not lost:
        return "Nothing stored would be lost."
    table = Table("Lost", Column("rows", justify="right"), title="What goes", title_justify="left")
    for loss in lost:
        table.add_row(escape(loss.what), f"{loss.rows:,}")
    return table


@app.command()
def start() -> None:
    """Start the private cluster and leave it running; prints its URL for psql, QGIS and notebooks."""
    url = cluster.start()
    migrate.upgrade(url)
    console.print(url, highlight=False, soft_wrap=True)


@app.command()
def stop() -> None:
    """Stop the private cluster."""
    cluster.stop()
    console.print("The private cluster is stopped.")


@app.command()
def url() -> None:
    """Print the URL of the database in use, password included."""
    console.print(cluster.database_url(), highlight=False, soft_wrap=True)

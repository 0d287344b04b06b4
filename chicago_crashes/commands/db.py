"""`chicago-crashes db`: the database, private or one's own."""

import typer

from chicago_crashes.commands.console import console
from chicago_crashes.local import cluster
from chicago_crashes.local.workplace import some_database
from chicago_crashes.postgis import migrate

app = typer.Typer(help="The database: start, stop, migrate.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to the schema of this version."""
    with some_database() as url:
        migrate.upgrade(url)
    console.print("The database has the current schema.")


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

"""The `chicago-crashes` command: everything one does with the platform outside Dagster's UI."""

import sys

import typer

from chicago_crashes.commands import accept_shrink, db, demo, history, load, portal, refresh, status, up
from chicago_crashes.errors import CrashesError

app = typer.Typer(
    help="Chicago's traffic crash data: complete, verified, in PostGIS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(name="load")(load.load)
app.command(name="refresh")(refresh.refresh)
app.command(name="status")(status.status)
app.command(name="history")(history.history)
app.command(name="accept-shrink")(accept_shrink.accept_shrink)
app.command(name="portal")(portal.portal)
app.command(name="demo")(demo.demo)
app.command(name="up")(up.up)
app.add_typer(db.app, name="db")


def main() -> None:
    """Run a command; a failure people can understand is one message and a non-zero exit status."""
    try:
        app()
    except CrashesError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)

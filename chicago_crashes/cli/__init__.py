"""The `chicago-crashes` command: everything one does with the platform outside Dagster's UI."""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

import psycopg
import typer
from pydantic import ValidationError

from chicago_crashes.cli.commands import (
    accept_shrink,
    alert,
    answers,
    db,
    demo,
    doctor,
    history,
    hot_spots,
    import_exports,
    layer,
    layer_uploads,
    load,
    portal,
    raw,
    refresh,
    report,
    status,
    up,
)
from chicago_crashes.errors import CrashesError
from chicago_crashes.orchestration import logs
from chicago_crashes.settings import Settings, settings

logger = logging.getLogger(__name__)

app = typer.Typer(
    help="Chicago's traffic crash data: complete, verified, in PostGIS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(name="load")(load.load)
app.command(name="refresh")(refresh.refresh)
app.command(name="answers")(answers.answers)
app.command(name="hot-spots")(hot_spots.hot_spots)
app.command(name="high-crash-streets")(hot_spots.high_crash_streets)
app.command(name="import")(import_exports.import_exports)
app.command(name="status")(status.status)
app.command(name="doctor")(doctor.doctor)
app.command(name="history")(history.history)
app.command(name="report")(report.report)
app.command(name="raw")(raw.raw)
app.command(name="accept-shrink")(accept_shrink.accept_shrink)
app.command(name="portal")(portal.portal)
app.command(name="demo")(demo.demo)
app.command(name="up")(up.up)
app.add_typer(alert.app, name="alert")
app.add_typer(layer.app, name="layer")
app.add_typer(db.app, name="db")
for command in layer_uploads.COMMANDS:
    layer.app.command()(command)

SECONDS_TO_CONNECT = "10"
"""How long every PostgreSQL client of the process waits for a connection, unless the environment says otherwise."""


def main() -> None:
    """Run a command; a failure people can understand is one message and a non-zero exit status."""
    os.environ.setdefault("PGCONNECT_TIMEOUT", SECONDS_TO_CONNECT)
    _begin_to_log()
    try:
        app()
    except CrashesError as error:
        _end(str(error))
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        _end(_faults_of_settings(error))
    except psycopg.OperationalError as error:
        _end(f"The database was lost: {str(error).strip()} See that it runs, then repeat the command.")


def _begin_to_log() -> None:
    """Log as the settings say; if they are at fault, the command tells of that as soon as it needs them."""
    with suppress(ValidationError):
        # That the portal is asked a second time is no message for people; an app token that it refuses is.
        logs.configure(settings(), level="error")


def _end(message: str) -> NoReturn:
    if logging.getLogger().handlers:
        logger.error(message)
    else:
        sys.stderr.write(f"{message}\n")
    sys.exit(1)


def _faults_of_settings(error: ValidationError) -> str:
    faults = [
        f"CRASHES_{'_'.join(map(str, fault['loc'])).upper()} cannot be {fault['input']!r}: {fault['msg']}."
        for fault in error.errors()
    ]
    return " ".join([*faults, "Mend the environment or the file .env."])

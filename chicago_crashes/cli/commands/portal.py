"""`chicago-crashes portal`: a stand-in for the City's portal, on this machine."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chicago_crashes.cli.commands.console import console
from chicago_crashes.errors import PermanentError
from chicago_crashes.stand_in.synthetic import DOCUMENTED_DIRT, HEAVY_DIRT, Dirt

FIRST_DAY, LAST_DAY = datetime(2024, 1, 1), datetime(2024, 1, 31)  # noqa: DTZ001 - calendar days


class DirtChoice(StrEnum):
    """How dirty synthetic data is."""

    NONE = "none"
    DOCUMENTED = "documented"
    HEAVY = "heavy"


def portal(
    export: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of CSV exports, and of GeoJSON files named after layers; may be repeated."),
    ] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Serve generated data instead.")] = False,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First synthetic day.")] = FIRST_DAY,
    end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last synthetic day.")] = LAST_DAY,
    seed: Annotated[int, typer.Option(help="Another seed, other synthetic data.")] = 7,
    dirt: Annotated[DirtChoice, typer.Option(help="How dirty the synthetic data is.")] = DirtChoice.DOCUMENTED,
    host: Annotated[str, typer.Option(help="Where to listen; loopback unless told otherwise.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8099,
) -> None:
    """Serve a stand-in portal that speaks SODA 2.1, from CSV exports or from generated data.

    Point the platform at it with CRASHES_PORTAL_URL.
    """
    if bool(export) == synthetic:
        raise PermanentError("Say what to serve: either --export FOLDER (with exports) or --synthetic.")
    from chicago_crashes.cli.demo import synthetic_store
    from chicago_crashes.stand_in.exports import publish_directory
    from chicago_crashes.stand_in.serve import serve_forever
    from chicago_crashes.stand_in.store import PortalStore

    if export:
        store = PortalStore()
        publish_directory(store, *export)
    else:
        store = synthetic_store(start.date(), end.date(), seed, _amount(dirt))
    console.print(f"The stand-in portal is at http://{host}:{port} (stop it with Ctrl-C)")
    serve_forever(store, host, port)


def _amount(choice: DirtChoice) -> Dirt | None:
    return {DirtChoice.NONE: None, DirtChoice.DOCUMENTED: DOCUMENTED_DIRT, DirtChoice.HEAVY: HEAVY_DIRT}[choice]

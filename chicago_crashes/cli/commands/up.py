"""`chicago-crashes up`: the whole platform on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from chicago_crashes.cli.commands.console import console


def up(
    demo: Annotated[bool, typer.Option("--demo", help="With the demo's data and its stand-in portal.")] = False,
    host: Annotated[str, typer.Option(help="Where the UI listens; loopback unless told otherwise.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port of the UI.")] = 3000,
) -> None:
    """Run PostGIS, Dagster's webserver and daemon until Ctrl-C; the schedules are on, except in the demo."""
    from chicago_crashes.operations.workplace import database
    from chicago_crashes.orchestration import dagster_home
    from chicago_crashes.orchestration.dagster_dev import require_free, serve, stopped_by_signals
    from chicago_crashes.settings import settings

    require_free(host, port)
    with stopped_by_signals(), _demo_if(demo), database() as url:
        environment = dagster_home.prepare(url)
        if not demo:
            dagster_home.write_env_file(environment)
            environment["CRASHES_SCHEDULES_ON"] = "true"
        if "ui_url" not in settings().model_fields_set:
            environment["CRASHES_UI_URL"] = f"http://localhost:{port}"
        console.print(f"Dagster's UI will be at http://{host}:{port} (stop everything with Ctrl-C)")
        serve(environment, host, port)


@contextmanager
def _demo_if(demo: bool) -> Iterator[None]:
    if not demo:
        yield
        return
    from chicago_crashes.cli.demo import demo_workplace

    with demo_workplace():
        yield

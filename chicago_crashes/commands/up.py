"""`chicago-crashes up`: the whole platform on this machine."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from chicago_crashes.commands.console import console


def up(
    demo: Annotated[bool, typer.Option("--demo", help="With the demo's data and its stand-in portal.")] = False,
    host: Annotated[str, typer.Option(help="Where the UI listens; loopback unless told otherwise.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port of the UI.")] = 3000,
) -> None:
    """Run PostGIS, Dagster's webserver and daemon until Ctrl-C; the schedules are on, except in the demo."""
    from chicago_crashes.local import dagster_home
    from chicago_crashes.local.workplace import database

    with _demo_if(demo), database() as url:
        environment = dagster_home.prepare(url)
        if not demo:
            dagster_home.write_env_file(environment)
            environment["CRASHES_SCHEDULES_ON"] = "true"
        console.print(f"Dagster's UI will be at http://{host}:{port} (stop everything with Ctrl-C)")
        status = _run_until_stopped(
            [str(Path(sys.executable).with_name("dagster")), "dev", "--host", host, "--port", str(port)], environment
        )
    if status:
        raise typer.Exit(status)


@contextmanager
def _demo_if(demo: bool) -> Iterator[None]:
    if not demo:
        yield
        return
    from chicago_crashes.local.demo import demo_workplace

    with demo_workplace():
        yield


def _run_until_stopped(command: list[str], environment: dict[str, str]) -> int:
    """Run the command; being told to stop is a good end, for it and for us."""
    from chicago_crashes.settings import PROJECT_ROOT

    process = subprocess.Popen(  # noqa: S603 - our own interpreter's dagster, arguments as a list
        command, env=os.environ | environment, cwd=PROJECT_ROOT, start_new_session=True
    )
    stopped = False

    def stop(number: int, _frame: object) -> None:
        nonlocal stopped
        stopped = True
        process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    status = process.wait()
    return 0 if stopped else status

"""Answers: all that is counted from the loaded history, from nothing and after a usual day."""

import re

import psycopg

from chicago_crashes_bench import database
from chicago_crashes_bench.bench import Bench, Found
from chicago_crashes_bench.history import COMMAND
from chicago_crashes_bench.measures.usual_day import happen
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.synthetic_layers import put_layers
from chicago_crashes_bench.watching import Watched, run_watched


def measure(bench: Bench) -> Found:
    """Seconds of `chicago-crashes answers` over the whole history, and after a usual day."""
    history, portal = bench.history, bench.portal
    with psycopg.connect(history.database_url, autocommit=True) as connection:
        if connection.execute("select from layers limit 1").fetchone() is None:
            put_layers(connection)
    size = f"{bench.sizes.history_days:,} days"
    bench.tell("answers: all of them from nothing")
    first = _run(bench, "answers")
    yield Measurement("answers from nothing: places, facts and all marts", size, Amount(first.seconds, Unit.SECONDS))
    database.keep_house(history.database_url)
    days, _new_day, new = happen(bench, 2)
    bench.tell("answers: chicago-crashes refresh")
    _run(bench, "refresh", portal.url)
    database.settle(history.database_url)
    bench.tell("answers: after a usual day")
    usual = _run(bench, "answers")
    size = f"{' + '.join(map(str, new.values()))} new rows, {len(days)} amended days"
    yield Measurement(
        "answers after a usual day", size, Amount(_seconds_of_steps(usual), Unit.SECONDS), Bar(Kind.UNDER, 30)
    )
    yield Measurement("answers after a usual day, the whole command", size, Amount(usual.seconds, Unit.SECONDS))


def _run(bench: Bench, command: str, portal_url: str = "") -> Watched:
    environment = bench.workplace.environment(bench.history.database_url, portal_url, bench.history.lake)
    return run_watched([*COMMAND, command], environment, bench.workplace.folder / command)


def _seconds_of_steps(answered: Watched) -> float:
    """The seconds of all answers, as the command prints them, without starting Python and Dagster."""
    return sum(float(seconds) for seconds in re.findall(r"(?:areas|marts)/\w+\W+[\d,]+\W+?([\d.]+)", answered.output))

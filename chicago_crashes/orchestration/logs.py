"""How log lines look, in commands and in Dagster's processes: text for people, or JSON with one object a line.

Whoever logs gives a record its facts (`extra={"feed": ..., "day": ...}`); what a record of a Dagster run knows of the
run is added here. No line shows a secret.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.secrets import without_secrets
from chicago_crashes.settings import Settings

OURS = "chicago_crashes"
TEXT = "%(message)s"
RUN_FACTS = {"run_id": "run_id", "job_name": "job", "step_key": "step"}
FIRST_DAY = "dagster/asset_partition_range_start"
LAST_DAY = "dagster/asset_partition_range_end"
ONE_DAY = "dagster/partition"

Facts = MutableMapping[str, Any]


def configure(configured: Settings, *, level: str = "error", stream: TextIO | None = None) -> None:
    """Let this process log to `stream` (stderr) as the settings say; `level` holds where they say nothing."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(configured.log_format))
    chosen = logging.getLevelNamesMapping()[(configured.log_level or level).upper()]
    root = logging.getLogger()
    for present in list(root.handlers):
        root.removeHandler(present)
    root.addHandler(handler)
    root.setLevel(max(chosen, logging.WARNING))  # what libraries do in detail is theirs
    logging.getLogger(OURS).setLevel(chosen)


def formatter(log_format: str) -> logging.Formatter:
    """What makes a line of a record."""
    return json_formatter() if log_format == "json" else _TextFormatter(TEXT)


def json_formatter() -> logging.Formatter:
    """One JSON object a line: time (UTC), level, logger, message, and every fact the record has."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(),
            _add_the_run,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            _hide_secrets,
            _leading_first,
            structlog.processors.JSONRenderer(default=str),
        ],
    )


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


def _feed_of_step(step: str | None) -> str | None:
    return next((feed.name for feed in FEEDS if step in (f"raw__{feed.name}", f"postgis__{feed.table}")), None)


def _add_the_run(_logger: object, _method: str, facts: Facts) -> Facts:
    """The facts of the Dagster run a record belongs to: its id, job, step, feed and days."""
    facts.pop("dagster_event", None)  # the whole event is in Dagster's event log
    facts.pop("dagster_event_batch_metadata", None)
    run = facts.pop("dagster_meta", None)
    if not isinstance(run, Mapping):
        return facts
    facts["event"] = run.get("orig_message") or facts["event"]
    for name, ours in RUN_FACTS.items():
        if run.get(name):
            facts.setdefault(ours, run[name])
    if feed := _feed_of_step(run.get("step_key")):
        facts.setdefault("feed", feed)
    tags = run.get("job_tags") or {}
    first = tags.get(FIRST_DAY)
    if first and first != tags.get(LAST_DAY):
        facts.setdefault("first_day", first)
        facts.setdefault("last_day", tags.get(LAST_DAY))
    elif day := first or tags.get(ONE_DAY):
        facts.setdefault("day", day)
    return facts


def _hide_secrets(_logger: object, _method: str, facts: Facts) -> Facts:
    return {name: _hidden(value) for name, value in facts.items()}


def _hidden(value: object) -> object:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {str(name): _hidden(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return without_secrets(str(value))


def _leading_first(_logger: object, _method: str, facts: Facts) -> Facts:
    leading = ("time", "level", "logger", "message")
    return {name: facts[name] for name in leading if name in facts} | dict(facts)

"""Logs in the processes of Dagster that load our code: its code server, and every run.

Webserver and daemon load none of it; `dagster dev --log-format` tells them how to log.
"""

import logging

from chicago_crashes.orchestration import logs
from chicago_crashes.settings import Settings


def configure(configured: Settings) -> None:
    """Let a process of Dagster log as the settings say; any other process has told already how it logs."""
    root = logging.getLogger()
    if root.handlers:
        return
    logs.configure(configured, level="warning")
    for handler in root.handlers:
        handler.addFilter(_is_not_taken)
    if configured.log_format == "json":
        for handler in logging.getLogger("dagster").handlers:
            handler.setFormatter(logs.json_formatter())
        logging.setLoggerClass(_JsonLogger)


def _is_not_taken(record: logging.LogRecord) -> bool:
    """Whether nobody else tells of a record: while a run goes on, Dagster takes ours and shows them as the run's."""
    return not (record.name.startswith(logs.OURS) and logging.getLogger(logs.OURS).handlers)


class _JsonLogger(logging.Logger):
    """Writes JSON to the console, whoever adds the handler.

    Dagster makes a logger for every run, with a handler that colours lines for people; a job or a run may choose
    another, but runs that the UI and backfills launch take that one.
    """

    def addHandler(self, hdlr: logging.Handler) -> None:  # noqa: N802 - the standard library's name
        if isinstance(hdlr, logging.StreamHandler) and not isinstance(hdlr, logging.FileHandler):
            hdlr.setFormatter(logs.json_formatter())
        super().addHandler(hdlr)

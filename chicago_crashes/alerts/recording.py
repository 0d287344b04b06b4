"""Keep what a load notices by the way. That must never cost the load: what cannot be kept is logged."""

import logging
from collections.abc import Callable

import psycopg

logger = logging.getLogger(__name__)


def record_safely(what: Callable[[], None]) -> None:
    """Record or resolve incidents; a database that does not take them is only logged."""
    try:
        what()
    except psycopg.Error as error:
        logger.warning("An incident could not be recorded: %s", error)

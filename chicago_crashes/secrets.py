"""What must never be shown: tokens and passwords are taken out of every text that leaves the process."""

import re
from collections.abc import Iterator

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from chicago_crashes.settings import settings

HIDDEN = "***"
LOGIN = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)", re.IGNORECASE)
"""The password in the login of any URL."""

SHORTEST = 8
"""A shorter one would take harmless words out of every text; in a URL it is hidden all the same."""


def without_secrets(text: str) -> str:
    """The text with every secret of the settings, and the password of every URL, made unreadable."""
    for secret in _secrets():
        text = text.replace(secret, HIDDEN)
    return LOGIN.sub(rf"\g<before>{HIDDEN}", text)


def _secrets() -> list[str]:
    """The secrets of the settings, longest first: one may hold another."""
    return sorted((secret for secret in _configured() if len(secret) >= SHORTEST), key=len, reverse=True)


def _configured() -> Iterator[str]:
    configured = settings()
    if configured.app_token:
        yield configured.app_token.get_secret_value().strip()
    if configured.database_url:
        yield from _passwords(configured.database_url.get_secret_value())
    yield from re.split(r"[\s,]+", configured.alert_urls)


def _passwords(url: str) -> Iterator[str]:
    """The password of a database's URL, as it is and as it is written there."""
    written = re.search(r"://([^:/@]*):([^@]+)@", url)
    if written and written.group(1) != written.group(2):
        yield written.group(2)
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return
    if parts.password and parts.password != parts.username:
        yield parts.password

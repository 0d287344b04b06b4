"""Texts of an uploaded file: kept as they are, but for what would harm a terminal, a page or the database."""

import re

from chicago_crashes.errors import PermanentError

LONGEST_SHOWN = 60

_BLANKS = re.compile(r"[\t\r\n\u2028\u2029]+")
# Control characters, and those that turn the direction of writing, by which a name may look like another.
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Halves of characters, which JSON can spell and UTF-8 cannot.
_HALVES = re.compile("[\ud800-\udfff]")


class RefusedError(PermanentError):
    """A file that is not taken: why, and what to do."""


def cleaned(text: str) -> str:
    """The text without control characters; line breaks and tabs become blanks."""
    return _HALVES.sub("\ufffd", _HARMFUL.sub("", _BLANKS.sub(" ", text))).strip()


def shown(text: str, longest: int = LONGEST_SHOWN) -> str:
    """The text as a message may quote it: cleaned and not long."""
    text = cleaned(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def quoted(text: str) -> str:
    """The text in quotes, as a message names a field, a feature, a file."""
    return f"“{shown(text)}”"

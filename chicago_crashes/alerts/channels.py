"""The channels of `CRASHES_ALERT_URLS`: send a message to one of them, and never show what is secret in its address."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.plugins import NotifyBase

BETWEEN_URLS = re.compile(r"[\s,]+(?=[A-Za-z][\w+.-]*://)")
"""A comma inside of an address, as e-mail addresses have them, does not end it."""

SHORTEST_SECRET = 4

_sender_log = logging.getLogger("apprise")
_wire_log = logging.getLogger("urllib3.connectionpool")


class Tone(StrEnum):
    """How a channel shows a message, where it has colours or icons."""

    FAILURE = "failure"
    WARNING = "warning"
    SUCCESS = "success"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Channel:
    """One address that alerts go to. `name` may be shown, `mark` recognises the address later without telling it."""

    url: str = field(repr=False)
    name: str
    mark: str


def channels(alert_urls: str) -> list[Channel]:
    """The channels of the setting, each once, in its order."""
    text = alert_urls.strip(" \t\r\n,")
    urls = dict.fromkeys(BETWEEN_URLS.split(text)) if text else {}
    return [Channel(url, _masked(url), sha256(url.encode()).hexdigest()[:8]) for url in urls]


def send(channel: Channel, title: str, body: str, tone: Tone) -> str | None:
    """Send a message; None if it arrived, otherwise why not, without secrets."""
    with _overheard() as said:
        server = _server(channel.url)
        if server is None:
            return f"This is no address that Apprise knows ({_without_secrets(channel.url, said)})."
        sender = Apprise(asset=server.asset)
        sender.add(server)
        kind = NotifyType(tone.value)
        arrived = sender.notify(body=body, title=title, notify_type=kind, body_format=NotifyFormat.TEXT)
    return None if arrived else _without_secrets(channel.url, said)


def _server(url: str) -> NotifyBase | None:
    asset = AppriseAsset(app_id="Chicago Crashes", async_mode=False)
    return Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


def _masked(url: str) -> str:
    """The service and the host. The rest may be secret, and with many services the host is, too: Apprise masks it."""
    with _overheard():
        server = _server(url)
    if server is None:
        scheme, found, _ = url.partition("://")
        return f"{scheme}://…" if found and re.fullmatch(r"[\w+.-]{1,20}", scheme) else "…"
    masked = str(server.url(privacy=True))  # type: ignore[no-untyped-call]
    scheme, _, rest = masked.partition("://")
    host = re.split(r"[/?#]", rest)[0].rpartition("@")[2]
    return f"{server.service_name} ({scheme}://{host}/…)"


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What Apprise says of its failures, kept from every other log: it may name whole addresses."""
    said: list[str] = []
    listener = _Listener(said)
    before = _sender_log.propagate, _sender_log.level, _wire_log.level
    _sender_log.propagate = False
    _sender_log.setLevel(logging.WARNING)
    _wire_log.setLevel(logging.INFO)  # below that, the paths of requests are logged
    _sender_log.addHandler(listener)
    try:
        yield said
    finally:
        _sender_log.removeHandler(listener)
        _sender_log.propagate = before[0]
        _sender_log.setLevel(before[1])
        _wire_log.setLevel(before[2])


class _Listener(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


def _without_secrets(url: str, said: list[str]) -> str:
    """What was said, with every part of the address left out that may be secret."""
    text = " ".join(" ".join(said).split()) or "no reason was given"
    _, _, rest = url.partition("://")
    host = re.split(r"[/?#]", rest)[0].rpartition("@")[2]
    name, _, port = host.partition(":")
    harmless = {host, name, port} if "." in name or name == "localhost" else {port}
    parts = [url, rest, *re.split(r"[/?#&=:@,;]", rest)]
    for part in sorted({*parts, *map(unquote, parts)}, key=len, reverse=True):
        if len(part) >= SHORTEST_SECRET and part not in harmless:
            text = text.replace(part, "****")
    return text

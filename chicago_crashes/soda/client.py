"""Asking the portal, and believing nothing it says until the answer is whole.

One request is one query: no paging happens here. What a reply must be to count
is in `_body_of`, `_read` and `bodies`; which failures are asked again is in `_refuse`.
"""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx
import polars as pl
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from chicago_crashes.errors import PermanentError
from chicago_crashes.soda.bodies import Body, UnreadableError, object_of, rows_of
from chicago_crashes.soda.ceiling import Ceiling
from chicago_crashes.soda.deadline import Watchdog
from chicago_crashes.soda.errors import (
    NoSuchDatasetError,
    PortalError,
    PortalRefusalError,
    PortalTimeoutError,
    PortalUnavailableError,
)
from chicago_crashes.soda.frames import text_frame
from chicago_crashes.soda.waiting import Wait, backoff, seconds_asked_for

logger = logging.getLogger(__name__)

TIMEOUTS_BEFORE_GIVING_UP = 2
"""A query that was too slow twice is too big; whoever asked should ask for less."""

CONNECTIONS_BEFORE_GIVING_UP = 3
"""Nothing listens there: a wrong address is told quickly, a portal that is down is tried again by whoever runs us."""

ASK_AGAIN = {202, 408, 429}
"""Besides every 5xx."""

OUT_OF_DATE = "X-SODA2-Data-Out-Of-Date"

Content = TypeVar("Content", bound=Sized)


@dataclass(frozen=True, slots=True)
class Reply(Generic[Content]):
    """A whole answer to one query, no older than `asked_at` (UTC).

    `asked_at` and `bytes`, what came over the wire, are those of the successful attempt only.
    """

    rows: Content
    headers: Mapping[str, str]
    bytes: int
    seconds: float
    attempts: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class _Question:
    url: str
    params: Mapping[str, str]
    dataset_id: str
    feed: str
    purpose: str

    def __str__(self) -> str:
        whose = f"{self.feed} ({self.dataset_id})" if self.feed else self.dataset_id
        return f"{self.purpose} of {whose} at {self.url}"


@dataclass(frozen=True, slots=True)
class _Answer(Generic[Content]):
    content: Content
    headers: Mapping[str, str]
    bytes: int
    asked_at: datetime


class _AttemptError(Exception):
    """One attempt that failed in a way that may pass; `error` is what the user reads if it does not."""

    def __init__(self, error: PortalUnavailableError, retry_after: float | None = None, connected: bool = True) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after
        self.connected = connected


class _TokenRefusedError(Exception):
    """The portal does not accept our app token; without one it answers."""


class Portal:
    """The portal as a client sees it: ask for rows or for metadata, get all of it or a `PortalError`.

    `requests_made`, `bytes_received` and `seconds_spent` count everything since the portal was opened, failed
    attempts included. It may be shared by threads; at most `max_in_flight` requests run at once.
    """

    def __init__(
        self,
        base_url: str,
        *,
        app_token: str | None = None,
        ceiling: Ceiling,
        connect_timeout: float = 10,
        read_timeout: float = 120,
        total_timeout: float = 600,
        attempts: int = 6,
        max_in_flight: int = 2,
        wait: Wait = backoff,
        on_alert: Callable[[str], None] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = _checked_address(base_url)
        self.requests_made = 0
        self.bytes_received = 0
        self.seconds_spent = 0.0
        self._app_token = _checked_token(app_token)
        self._ceiling = ceiling
        self._total_timeout = total_timeout
        self._attempts = attempts
        self._in_flight = threading.BoundedSemaphore(max_in_flight)
        self._wait = wait
        self._on_alert = on_alert or logger.error
        self._lock = threading.Lock()
        self._http = httpx.Client(
            timeout=httpx.Timeout(read_timeout, connect=connect_timeout),
            # Every request opens its connection: the watchdog must know it, and an idle one may have died.
            limits=httpx.Limits(max_keepalive_connections=0),
            verify=_tls_context(),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "chicago-crashes"},
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open; the portal answers nothing afterwards."""
        self._http.close()

    def get_rows(
        self, dataset_id: str, params: Mapping[str, str], *, feed: str = "", purpose: str = "rows"
    ) -> Reply[list[dict[str, Any]]]:
        """The rows of one query, exactly as delivered; `feed` and `purpose` say in logs and errors what it was for.

        Raises:
            PortalTimeoutError: the portal was too slow twice.
            PortalUnavailableError: no attempt brought a whole, current answer.
            PortalRefusalError: the portal said no.
        """
        return self._get(dataset_id, params, rows_of, feed, purpose)

    def get_frame(
        self,
        dataset_id: str,
        params: Mapping[str, str],
        columns: Sequence[str],
        *,
        points: Collection[str] = (),
        feed: str = "",
        purpose: str = "rows",
    ) -> Reply[pl.DataFrame]:
        """The rows of one query as text columns, for many rows: see `text_frame`. Raises as `get_rows` does.

        Raises:
            PortalDisagreesError: a row has a field that is not in `columns`.
        """
        return self._get(dataset_id, params, partial(text_frame, columns=columns, points=points), feed, purpose)

    def _get(
        self, dataset_id: str, params: Mapping[str, str], read: Callable[[Body], Content], feed: str, purpose: str
    ) -> Reply[Content]:
        question = _Question(f"{self.base_url}/resource/{dataset_id}.json", params, dataset_id, feed, purpose)
        started = time.monotonic()
        answer, attempts = self._ask(question, read)
        seconds = time.monotonic() - started
        return Reply(answer.content, answer.headers, answer.bytes, seconds, attempts, answer.asked_at)

    def get_metadata(self, dataset_id: str, *, feed: str = "") -> dict[str, Any]:
        """What the portal says about a dataset. Raises as `get_rows` does."""
        question = _Question(f"{self.base_url}/api/views/{dataset_id}.json", {}, dataset_id, feed, "metadata")
        answer, _ = self._ask(question, object_of)
        return answer.content

    def _ask(self, question: _Question, read: Callable[[Body], Content]) -> tuple[_Answer[Content], int]:
        attempts = 0
        timeouts = 0

        def attempt() -> _Answer[Content]:
            nonlocal attempts, timeouts
            while True:
                attempts += 1
                token = self._app_token
                try:
                    return self._attempt(question, token, read, attempts)
                except _TokenRefusedError:
                    self._do_without_token(token)
                except _AttemptError as failure:
                    timeouts += isinstance(failure.error, PortalTimeoutError)
                    raise

        def is_enough(state: RetryCallState) -> bool:
            failure = state.outcome.exception() if state.outcome else None
            connected = not isinstance(failure, _AttemptError) or failure.connected
            return (
                state.attempt_number >= self._attempts
                or timeouts >= TIMEOUTS_BEFORE_GIVING_UP
                or (not connected and state.attempt_number >= CONNECTIONS_BEFORE_GIVING_UP)
            )

        retrying = Retrying(
            retry=retry_if_exception_type(_AttemptError),
            wait=self._wait,
            stop=is_enough,
            before_sleep=_log_wait,
            reraise=True,
        )
        try:
            return retrying(attempt), attempts
        except _AttemptError as failure:
            kind = type(failure.error)
            raise kind(f"{failure.error} Gave up after {attempts} attempt{'s' if attempts > 1 else ''}.") from failure

    def _attempt(
        self, question: _Question, token: str | None, read: Callable[[Body], Content], attempt: int
    ) -> _Answer[Content]:
        with self._in_flight:
            self._ceiling.acquire()
            started = time.monotonic()
            asked_at = datetime.now(UTC)
            outcome = "failed"
            answer: _Answer[Content] | None = None
            size = 0
            try:
                response, body = self._exchange(question, token)
                size = len(body)
                outcome = str(response.status_code)
                _refuse(question, response, body)
                content = _read(question, response, _body_of(question, response, body), read)
                answer = _Answer(content, dict(response.headers), size, asked_at)
            except (_AttemptError, PortalError) as failure:
                outcome = str(failure)
                raise
            except _TokenRefusedError:
                outcome = "the app token was refused"
                raise
            else:
                return answer
            finally:
                seconds = time.monotonic() - started
                with self._lock:
                    self.requests_made += 1
                    self.bytes_received += size
                    self.seconds_spent += seconds
                _log_request(question, attempt, outcome, answer, size, seconds)

    def _exchange(self, question: _Question, token: str | None) -> tuple[httpx.Response, bytes]:
        """Send the request and read the reply to its end, undecoded."""
        headers = {"X-App-Token": token} if token else {}
        watchdog = Watchdog(self._total_timeout)
        try:
            with (
                watchdog,
                self._http.stream(
                    "GET",
                    question.url,
                    params=question.params,
                    headers=headers,
                    extensions={"trace": watchdog.trace},
                ) as response,
            ):
                body = b"".join(response.iter_raw())
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _AttemptError(
                PortalUnavailableError(
                    f"Nothing answers at {self.base_url} ({_words(error)}); {question} was not read. "
                    "Check CRASHES_PORTAL_URL and whether the portal is up."
                ),
                connected=False,
            ) from error
        except httpx.TransportError as error:
            if watchdog.has_bitten:
                raise _AttemptError(self._too_slow(question)) from error
            if isinstance(error, httpx.TimeoutException):
                raise _AttemptError(
                    PortalTimeoutError(
                        f"The portal fell silent while sending {question} ({_words(error)}). Try again later."
                    )
                ) from error
            raise _AttemptError(
                PortalUnavailableError(
                    f"The connection broke while reading {question} ({_words(error)}). Try again later."
                )
            ) from error
        if watchdog.has_bitten:
            raise _AttemptError(self._too_slow(question))
        return response, body

    def _too_slow(self, question: _Question) -> PortalTimeoutError:
        return PortalTimeoutError(
            f"The portal did not finish sending {question} within {self._total_timeout:g} s. Try again later."
        )

    def _do_without_token(self, refused: str | None) -> None:
        with self._lock:
            is_first = self._app_token is not None and self._app_token == refused
            self._app_token = None
        if is_first:
            self._on_alert(
                "The portal refuses our app token (403 Invalid app_token); going on without one, which is throttled "
                "sooner. Renew or remove CRASHES_APP_TOKEN."
            )


@cache
def _tls_context() -> ssl.SSLContext:
    """How to know a server we trust; made once, because it takes longer than a small request."""
    return httpx.create_ssl_context()


def _checked_address(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise PermanentError(
            f"The portal's address must look like https://data.cityofchicago.org, and {base_url!r} does not. "
            "Check CRASHES_PORTAL_URL."
        )
    return base_url.rstrip("/")


def _checked_token(app_token: str | None) -> str | None:
    """The token, if it can be sent at all; the HTTP library would quote an unfit one in its error."""
    token = (app_token or "").strip()
    if not token.isascii() or not token.isprintable():
        raise PermanentError("The app token holds characters that no header may hold. Check CRASHES_APP_TOKEN.")
    return token or None


def _refuse(question: _Question, response: httpx.Response, body: bytes) -> None:
    """Let only status 200 pass; sort every other one by whether to ask again."""
    status = response.status_code
    if status == 200:
        return
    said = _message(response, body)
    if status in ASK_AGAIN or status >= 500:
        kind = PortalTimeoutError if status in {408, 504} else PortalUnavailableError
        raise _AttemptError(
            kind(f"The portal could not answer for {question}: status {status}, {said}. Try again later."),
            retry_after=seconds_asked_for(response.headers.get("Retry-After")),
        )
    if status == 403 and "app_token" in said and "X-App-Token" in response.request.headers:
        raise _TokenRefusedError
    if status == 404:
        raise NoSuchDatasetError(
            f"The portal has no dataset {question.dataset_id} ({question}: status 404, {said}). "
            "The City may have replaced it under a new id; look for it on the portal and change the feed's declaration."
        )
    if 300 <= status < 400:
        raise PortalRefusalError(
            f"The portal sends us elsewhere for {question}: status {status}, to {response.headers.get('Location')}. "
            "If that is its new address, set CRASHES_PORTAL_URL."
        )
    raise PortalRefusalError(
        f"The portal refused {question}: status {status}, {said}. Asking again changes nothing: the query, the feed's "
        "declaration or the settings must change."
    )


def _body_of(question: _Question, response: httpx.Response, content: bytes) -> Body:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise _unreadable(question, f"the encoding {encoding!r} was not asked for")
    return Body(content, is_gzip=encoding == "gzip")


def _read(question: _Question, response: httpx.Response, body: Body, read: Callable[[Body], Content]) -> Content:
    """What the body says, if it is current, says that it is JSON, and is whole."""
    _require_current(question, response)
    try:
        content_type = response.headers.get("Content-Type", "nothing")
        if content_type.split(";")[0].strip().lower() != "application/json":
            raise _unreadable(question, f"it is {content_type}, not JSON: {_excerpt(body.whole())}")
        return read(body)
    except UnreadableError as error:
        raise _unreadable(question, str(error)) from error


def _require_current(question: _Question, response: httpx.Response) -> None:
    marks = response.headers.get(OUT_OF_DATE, "false").strip().lower()
    if marks not in ("false", "[]"):
        raise _AttemptError(
            PortalUnavailableError(
                f"The portal marks {question} as out of date ({OUT_OF_DATE}: {marks}); an old copy is not loaded. "
                "Try again when the portal has caught up."
            ),
            retry_after=seconds_asked_for(response.headers.get("Retry-After")),
        )


def _unreadable(question: _Question, reason: str) -> _AttemptError:
    return _AttemptError(
        PortalUnavailableError(f"The portal's answer for {question} is not whole: {reason}. Try again later.")
    )


def _message(response: httpx.Response, body: bytes) -> str:
    """What the portal says of its own failure: in either of its two envelopes, or the beginning of whatever came."""
    try:
        readable = Body(body, is_gzip=response.headers.get("Content-Encoding") == "gzip").whole()
    except UnreadableError:
        return "a damaged body"
    try:
        envelope = object_of(Body(readable))
    except UnreadableError:
        return _excerpt(readable)
    code = envelope.get("errorCode") or envelope.get("code") or "no code"
    return f"{code}: {envelope.get('message', 'no message')}"


def _excerpt(body: bytes) -> str:
    text = " ".join(body[:200].decode("utf-8", errors="replace").split())
    return repr(text) if text else "an empty body"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _log_wait(state: RetryCallState) -> None:
    failure = state.outcome.exception() if state.outcome else None
    logger.warning("%s Asking again in %.1f s.", failure, state.upcoming_sleep)


def _log_request(
    question: _Question, attempt: int, outcome: str, answer: _Answer[Any] | None, size: int, seconds: float
) -> None:
    rows = len(answer.content) if answer and not isinstance(answer.content, dict) else None
    logger.info(
        "%s of %s: %s, %s rows, %d bytes, %.2f s, attempt %d",
        question.purpose,
        question.feed or question.dataset_id,
        outcome,
        "no" if rows is None else rows,
        size,
        seconds,
        attempt,
        extra={
            "feed": question.feed,
            "dataset": question.dataset_id,
            "purpose": question.purpose,
            "outcome": outcome,
            "rows": rows,
            "bytes": size,
            "seconds": seconds,
            "attempt": attempt,
        },
    )

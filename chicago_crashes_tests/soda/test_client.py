"""Each way the portal fails, and what the client makes of it."""

import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tenacity import RetryCallState

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.soda.ceiling import Unlimited
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.errors import NoSuchDatasetError, PortalError, PortalTimeoutError
from chicago_crashes.soda.waiting import backoff
from chicago_crashes_tests.soda.conftest import at_once
from chicago_crashes_tests.soda.small_portal import Answer, Request, SmallPortal, json_answer

DATASET = "85ca-t3if"
ROWS = [{"crash_record_id": f"{number:0128x}", "note": "Ä ' \" \\ 🚲"} for number in range(50)]
GOOD = json_answer(ROWS)
TOKEN = "a-token-nobody-may-see"
Client = Callable[..., Portal]
HTML = {"Content-Type": "text/html"}
PLAIN_JSON = {"Content-Type": "application/json"}


def broken_middle(body: bytes) -> bytes:
    packed = bytearray(gzip.compress(body))
    packed[len(packed) // 2] ^= 0xFF
    return bytes(packed)


PASSING_FAULTS = {
    "202, the result comes later": json_answer({"message": "later"}, status=202),
    "408": json_answer({"message": "Request timed out", "errorCode": "request-timeout"}, status=408),
    "429": json_answer({"message": "Too many requests", "errorCode": "too-many-requests"}, status=429),
    "500 as JSON": json_answer({"message": "internal", "errorCode": "internal-error"}, status=500),
    "500 as HTML": Answer(500, b"<html>Internal Server Error</html>", HTML),
    "502": Answer(502, b"", HTML),
    "503": json_answer({"message": "down", "errorCode": "service-unavailable"}, status=503),
    "504": Answer(504, b"<html>Gateway Timeout</html>", HTML),
    "HTML with status 200": Answer(200, b"<html>Maintenance</html>", HTML),
    "rows that claim to be HTML": replace(GOOD, headers=HTML),
    "HTML that claims to be JSON": Answer(200, b"<html>Maintenance</html>", PLAIN_JSON),
    "an error envelope with status 200": json_answer({"message": "oops", "code": "x"}),
    "a list that holds no rows": json_answer([1, 2]),
    "an empty body": Answer(200, b"", PLAIN_JSON, packed=False),
    "JSON cut, announced short": replace(GOOD, packed=False, keep=len(GOOD.body) // 2),
    "JSON cut after a whole row": replace(GOOD, packed=False, keep=GOOD.body.index(b"}\n,") + 1),
    "JSON cut, hung up": replace(GOOD, packed=False, keep=len(GOOD.body) // 2, breaks_off=True),
    "gzip cut, announced short": replace(GOOD, keep=len(GOOD.wire_bytes) // 2),
    "gzip cut by its last byte": replace(GOOD, keep=len(GOOD.wire_bytes) - 1),
    "gzip cut, hung up": replace(GOOD, keep=len(GOOD.wire_bytes) // 2, breaks_off=True),
    "reset": replace(GOOD, keep=10, breaks_off=True, resets=True),
    "gzip damaged": Answer(200, broken_middle(GOOD.body), PLAIN_JSON | {"Content-Encoding": "gzip"}, packed=False),
    "not gzip at all": Answer(200, GOOD.body, PLAIN_JSON | {"Content-Encoding": "gzip"}, packed=False),
    "an encoding nobody asked for": Answer(200, GOOD.body, PLAIN_JSON | {"Content-Encoding": "br"}, packed=False),
    "an old copy": json_answer([{"crash_record_id": "old"}], headers={"X-SODA2-Data-Out-Of-Date": "true"}),
    "an old copy, as SODA 3 says it": json_answer([], headers={"X-SODA2-Data-Out-Of-Date": '["truth"]'}),
}


@pytest.mark.parametrize("fault", PASSING_FAULTS.values(), ids=PASSING_FAULTS.keys())
def test_a_fault_that_passes_is_asked_again(small_portal: SmallPortal, client: Client, fault: Answer) -> None:
    small_portal.fail_once(fault, times=1)
    small_portal.fail_once(GOOD)
    portal = client()

    reply = portal.get_rows(DATASET, {"$limit": "60"})

    assert reply.rows == ROWS
    assert reply.attempts == 2
    assert portal.requests_made == 2 == len(small_portal.requests)


@pytest.mark.parametrize("fault", PASSING_FAULTS.values(), ids=PASSING_FAULTS.keys())
def test_columns_are_asked_for_again_like_rows(small_portal: SmallPortal, client: Client, fault: Answer) -> None:
    small_portal.fail_once(fault, times=1)
    small_portal.fail_once(GOOD)

    reply = client().get_frame(DATASET, {"$limit": "60"}, ["note", "crash_record_id", "street_name"])

    assert reply.rows.drop("street_name").to_dicts() == ROWS
    assert reply.rows["street_name"].null_count() == len(ROWS)
    assert reply.attempts == 2


@pytest.mark.parametrize("fault", PASSING_FAULTS.values(), ids=PASSING_FAULTS.keys())
def test_a_fault_that_stays_ends_as_transient(small_portal: SmallPortal, client: Client, fault: Answer) -> None:
    small_portal.fail_once(fault, times=100)

    with pytest.raises(TransientError, match=r"85ca-t3if.*Gave up after \d attempts") as caught:
        client(attempts=4).get_rows(DATASET, {}, feed="crashes")

    assert isinstance(caught.value, PortalError)
    is_slowness = fault.status in (408, 504)
    assert isinstance(caught.value, PortalTimeoutError) == is_slowness
    assert len(small_portal.requests) == (2 if is_slowness else 4)


@pytest.mark.parametrize("header", ["false", "[]"])
def test_a_current_reply_may_say_so(small_portal: SmallPortal, client: Client, header: str) -> None:
    small_portal.fail_once(json_answer(ROWS, headers={"X-SODA2-Data-Out-Of-Date": header}))

    assert client().get_rows(DATASET, {}).attempts == 1


@pytest.mark.parametrize(
    ("status", "envelope", "said"),
    [
        (400, {"message": "No such column: x", "errorCode": "query.soql.no-such-column"}, "No such column: x"),
        (400, {"message": "Could not parse", "code": "query.compiler.malformed", "error": True}, "Could not parse"),
        (404, {"message": "Not found", "code": "dataset.missing", "error": True}, "dataset.missing: Not found"),
        (403, {"message": "You must be logged in", "code": "permission_denied"}, "You must be logged in"),
        (406, {"message": "not acceptable"}, "not acceptable"),
        (301, {"message": "moved"}, "301"),
    ],
)
def test_a_refusal_is_never_asked_again(
    small_portal: SmallPortal, client: Client, status: int, envelope: dict[str, Any], said: str
) -> None:
    small_portal.fail_once(json_answer(envelope, status=status), times=10)

    with pytest.raises(PermanentError, match=said):
        client(app_token=TOKEN).get_rows(DATASET, {}, feed="crashes")

    assert len(small_portal.requests) == 1


def test_a_missing_dataset_says_what_the_city_may_have_done(client: Client) -> None:
    with pytest.raises(NoSuchDatasetError, match=r"no dataset zzzz-zzzz.*replaced it under a new id"):
        client().get_rows("zzzz-zzzz", {})


def test_silence_counts_as_slow_and_twice_is_enough(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(replace(GOOD, seconds_before=2), times=10)

    with pytest.raises(PortalTimeoutError, match="fell silent"):
        client(read_timeout=0.1).get_rows(DATASET, {})

    assert len(small_portal.requests) == 2


def test_a_drip_of_bytes_is_cut_off_although_no_read_times_out(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(replace(GOOD, seconds_between_bytes=0.05), times=10)
    started = time.monotonic()

    with pytest.raises(PortalTimeoutError, match=r"did not finish .* within 0\.3 s"):
        client(read_timeout=5, total_timeout=0.3).get_rows(DATASET, {})

    assert time.monotonic() - started < 3


def test_a_drip_of_headers_is_cut_off_too(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(replace(GOOD, seconds_between_header_bytes=0.05), times=10)

    with pytest.raises(PortalTimeoutError, match="did not finish"):
        client(read_timeout=30, total_timeout=0.2).get_rows(DATASET, {})


def test_nothing_listening_is_told_after_three_connections() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        portal = Portal(url, ceiling=Unlimited(), wait=at_once)
        with portal, pytest.raises(TransientError, match=f"Nothing answers at {url}.*CRASHES_PORTAL_URL"):
            portal.get_rows(DATASET, {})

    assert portal.requests_made == 3


@pytest.mark.parametrize("address", ["localhost:8000", "", "http://", "ftp://portal", "http://portal:port"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(PermanentError, match="CRASHES_PORTAL_URL"):
        Portal(address, ceiling=Unlimited())


def test_a_token_that_cannot_be_sent_is_refused_without_being_told() -> None:
    with pytest.raises(PermanentError, match="CRASHES_APP_TOKEN") as caught:
        Portal("http://127.0.0.1", app_token="secret\nsecret", ceiling=Unlimited())

    assert "secret" not in str(caught.value)


def test_what_an_html_page_says_is_readable_in_the_error(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(Answer(503, b"<html>Back at noon</html>", HTML), times=10)

    with pytest.raises(TransientError, match="status 503, '<html>Back at noon</html>'"):
        client().get_rows(DATASET, {})


def test_no_more_requests_are_in_flight_than_allowed(small_portal: SmallPortal, client: Client) -> None:
    lock = threading.Lock()
    now = 0
    most = 0

    def count(_: Request) -> Answer:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.05)
        with lock:
            now -= 1
        return GOOD

    small_portal.faults.append(count)
    portal = client(max_in_flight=2)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: portal.get_rows(DATASET, {}), range(6)))

    assert most == 2
    assert [reply.rows for reply in replies] == [ROWS] * 6
    assert portal.requests_made == 6


def test_a_refused_token_is_dropped_once_and_alerted(small_portal: SmallPortal, client: Client) -> None:
    def refuse_tokens(request: Any) -> Answer | None:
        if "X-App-Token" not in request.headers:
            return GOOD
        return json_answer({"code": "permission_denied", "message": "Invalid app_token specified"}, status=403)

    small_portal.faults.append(refuse_tokens)
    alerts: list[str] = []
    portal = client(app_token=TOKEN, on_alert=alerts.append)

    assert portal.get_rows(DATASET, {}).attempts == 2
    assert portal.get_rows(DATASET, {}).attempts == 1
    assert len(alerts) == 1
    assert "CRASHES_APP_TOKEN" in alerts[0]
    assert [request.headers.get("X-App-Token") for request in small_portal.requests] == [TOKEN, None, None]


def test_a_portal_that_refuses_us_without_a_token_is_not_asked_for_ever(
    small_portal: SmallPortal, client: Client
) -> None:
    refusal = json_answer({"code": "permission_denied", "message": "Invalid app_token specified"}, status=403)
    small_portal.fail_once(refusal, times=10)

    with pytest.raises(PermanentError, match="Invalid app_token"):
        client(app_token=TOKEN, on_alert=lambda _: None).get_rows(DATASET, {})

    assert len(small_portal.requests) == 2


def test_the_token_is_in_no_log_and_no_error(
    small_portal: SmallPortal, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    small_portal.fail_once(Answer(500, b"", HTML), times=2)
    small_portal.fail_once(json_answer({"message": "no", "code": "x"}, status=400))
    with pytest.raises(PermanentError) as caught:
        client(app_token=TOKEN).get_rows(DATASET, {})

    told = [str(caught.value), repr(caught.value), *(str(vars(record)) for record in caplog.records)]
    told += [record.getMessage() for record in caplog.records]
    assert small_portal.requests[0].headers["X-App-Token"] == TOKEN
    assert all(TOKEN not in text for text in told)


def test_every_request_is_logged_with_its_numbers(
    small_portal: SmallPortal, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="chicago_crashes.soda.client")
    small_portal.fail_once(Answer(503, b"", HTML))
    small_portal.fail_once(GOOD)

    reply = client().get_rows(DATASET, {}, feed="crashes", purpose="a test")

    first, second = [vars(record) for record in caplog.records if hasattr(record, "attempt")]
    assert (first["feed"], first["dataset"], first["purpose"], first["attempt"]) == ("crashes", DATASET, "a test", 1)
    assert (first["rows"], second["rows"], second["attempt"]) == (None, 50, 2)
    assert second["bytes"] == reply.bytes == len(GOOD.wire_bytes)
    assert 0 < second["seconds"] < 5


def test_what_retry_after_asks_for_is_waited(small_portal: SmallPortal, client: Client) -> None:
    waits: list[float] = []

    def remember(state: RetryCallState) -> float:
        waits.append(backoff(state))
        return 0.0

    small_portal.fail_once(json_answer({}, status=429, headers={"Retry-After": "77"}))
    small_portal.fail_once(json_answer({}, status=503, headers={"Retry-After": "86400"}))
    small_portal.fail_once(
        json_answer([], headers={"X-SODA2-Data-Out-Of-Date": "true", "Retry-After": "33"})  # an old copy
    )
    small_portal.fail_once(json_answer({}, status=503))
    small_portal.fail_once(GOOD)

    client(wait=remember).get_rows(DATASET, {})

    assert waits[:3] == [77, 300, 33]
    assert 16 <= waits[3] <= 20


def test_metadata_must_be_an_object(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(json_answer([]))
    small_portal.fail_once(json_answer({"id": DATASET}))

    assert client().get_metadata(DATASET) == {"id": DATASET}
    assert len(small_portal.requests) == 2

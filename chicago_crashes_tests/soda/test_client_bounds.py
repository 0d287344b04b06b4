"""Where the client draws its lines: how often it asks, which status means what, what headers may look like."""

import gzip
from collections.abc import Callable
from dataclasses import replace

import pytest

from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.soda.client import Portal
from chicago_crashes.soda.errors import NoSuchDatasetError, PortalRefusalError, PortalTimeoutError
from chicago_crashes_tests.soda.small_portal import Answer, SmallPortal, json_answer

Client = Callable[..., Portal]
DATASET = "85ca-t3if"
GOOD = json_answer([{"a": "1"}])
BUSY = Answer(503, b"busy", {"Content-Type": "text/plain"})


def test_a_portal_that_cannot_answer_is_asked_six_times(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(BUSY, times=100)

    with pytest.raises(TransientError, match="Gave up after 6 attempts"):
        client().get_rows(DATASET, {})

    assert len(small_portal.requests) == 6


def test_the_last_attempt_counts(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(BUSY, times=5)
    small_portal.fail_once(GOOD)

    assert client().get_rows(DATASET, {}).attempts == 6


def test_one_attempt_is_one_attempt(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(BUSY)

    with pytest.raises(TransientError, match=r"Gave up after 1 attempt\.$"):
        client(attempts=1).get_rows(DATASET, {})


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (201, PortalRefusalError, "refused rows"),
        (204, PortalRefusalError, "refused rows"),
        (300, PortalRefusalError, "sends us elsewhere .* to /there"),
        (399, PortalRefusalError, "sends us elsewhere .* to /there"),
        (400, PortalRefusalError, "refused rows"),
        (401, PortalRefusalError, "refused rows"),
        (403, PortalRefusalError, "refused rows"),
        (404, NoSuchDatasetError, "no dataset 85ca-t3if"),
        (405, PortalRefusalError, "refused rows"),
        (499, PortalRefusalError, "refused rows"),
    ],
)
def test_which_status_is_a_refusal(
    small_portal: SmallPortal, client: Client, status: int, kind: type[PermanentError], words: str
) -> None:
    small_portal.fail_once(json_answer({"message": "no"}, status=status, headers={"Location": "/there"}), times=10)

    with pytest.raises(kind, match=f"{words}.*"):
        client(app_token="a-token").get_rows(DATASET, {})

    assert len(small_portal.requests) == 1


@pytest.mark.parametrize("status", [500, 501, 505, 599])
def test_every_fault_of_the_server_is_asked_again(small_portal: SmallPortal, client: Client, status: int) -> None:
    small_portal.fail_once(Answer(status, b"", {}))
    small_portal.fail_once(GOOD)

    assert client().get_rows(DATASET, {}).attempts == 2


@pytest.mark.parametrize(("status", "message"), [(401, "Invalid app_token"), (403, "Invalid password")])
def test_only_a_403_about_the_token_is_a_refused_token(
    small_portal: SmallPortal, client: Client, status: int, message: str
) -> None:
    small_portal.fail_once(json_answer({"message": message}, status=status))
    alerts: list[str] = []

    with pytest.raises(PortalRefusalError, match=message):
        client(app_token="a-token", on_alert=alerts.append).get_rows(DATASET, {})

    assert alerts == []


@pytest.mark.parametrize(("token", "sent"), [(" a-token\n", "a-token"), ("  ", None), ("", None), (None, None)])
def test_the_token_is_sent_without_white_space_if_there_is_one(
    small_portal: SmallPortal, client: Client, token: str | None, sent: str | None
) -> None:
    small_portal.fail_once(GOOD)
    client(app_token=token).get_rows(DATASET, {})

    assert small_portal.requests[0].headers.get("X-App-Token") == sent


@pytest.mark.parametrize("token", ["tök-en", "tok\ten"])
def test_a_token_that_no_header_may_hold_is_refused(client: Client, token: str) -> None:
    with pytest.raises(PermanentError, match="CRASHES_APP_TOKEN"):
        client(app_token=token)


def test_an_address_may_end_in_a_slash(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(GOOD)
    portal = Portal(f"{small_portal.url}/", ceiling=client()._ceiling)
    with portal:
        assert portal.base_url == small_portal.url
        assert portal.get_rows(DATASET, {}).rows == [{"a": "1"}]
    assert small_portal.requests[0].path == f"/resource/{DATASET}.json"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "Application/JSON ; charset=utf-8"},
        {"Content-Type": "application/json;charset=UTF-8"},
        {"X-SODA2-Data-Out-Of-Date": " FALSE "},
    ],
)
def test_headers_may_be_written_otherwise(small_portal: SmallPortal, client: Client, headers: dict[str, str]) -> None:
    small_portal.fail_once(replace(GOOD, headers=GOOD.headers | headers))

    assert client().get_rows(DATASET, {}).attempts == 1


@pytest.mark.parametrize("encoding", [" GZIP ", "gzip"])
def test_a_packed_reply_is_unpacked_however_that_is_written(
    small_portal: SmallPortal, client: Client, encoding: str
) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    small_portal.fail_once(Answer(200, gzip.compress(GOOD.body), headers, packed=False))

    assert client().get_rows(DATASET, {}).attempts == 1


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_a_reply_need_not_be_packed(small_portal: SmallPortal, client: Client, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    small_portal.fail_once(Answer(200, GOOD.body, headers, packed=False))

    assert client().get_rows(DATASET, {}).attempts == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (json_answer({"errorCode": "a", "code": "b", "message": "m"}, status=400), "status 400, a: m. "),
        (json_answer({"code": "b", "message": "m"}, status=400), "status 400, b: m. "),
        (json_answer({"message": "m"}, status=400), "status 400, no code: m. "),
        (json_answer({"code": "b"}, status=400), "status 400, b: no message. "),
        (Answer(400, b"", {}), "status 400, an empty body. "),
        (Answer(400, b" a \n b ", {}), "status 400, 'a b'. "),
        (Answer(400, b"x" * 201, {}), f"status 400, '{'x' * 200}'. "),
        (Answer(400, b"no gzip", {"Content-Encoding": "gzip"}, packed=False), "status 400, a damaged body. "),
    ],
)
def test_what_the_portal_says_of_its_failure_is_told(
    small_portal: SmallPortal, client: Client, fault: Answer, said: str
) -> None:
    small_portal.fail_once(fault)

    with pytest.raises(PortalRefusalError) as caught:
        client().get_rows(DATASET, {}, feed="crashes", purpose="a test")

    assert said in str(caught.value)
    assert f"a test of crashes (85ca-t3if) at {small_portal.url}/resource/{DATASET}.json" in str(caught.value)


def test_failed_attempts_count_in_what_was_asked_and_received(small_portal: SmallPortal, client: Client) -> None:
    small_portal.fail_once(replace(BUSY, packed=False))
    small_portal.fail_once(GOOD)
    small_portal.fail_once(json_answer({"message": "no"}, status=400))
    portal = client()

    reply = portal.get_rows(DATASET, {})
    sizes = [len(BUSY.body), len(GOOD.wire_bytes)]
    assert (reply.bytes, portal.requests_made, portal.bytes_received) == (sizes[1], 2, sum(sizes))
    assert reply.seconds > 0
    spent = portal.seconds_spent
    with pytest.raises(PortalRefusalError):
        portal.get_rows(DATASET, {})
    assert portal.requests_made == 3
    assert portal.seconds_spent > spent


def test_a_slow_answer_and_a_broken_one_are_not_two_slow_ones(small_portal: SmallPortal, client: Client) -> None:
    late = json_answer({"message": "late"}, status=504)
    for fault in (BUSY, late, BUSY, GOOD):
        small_portal.fail_once(fault)

    assert client().get_rows(DATASET, {}).attempts == 4

    for fault in (BUSY, late, BUSY, late, GOOD):
        small_portal.fail_once(fault)
    with pytest.raises(PortalTimeoutError, match="Gave up after 4 attempts"):
        client().get_rows(DATASET, {})


@pytest.mark.parametrize("body", [b"[]", b"3", b'"a"', b"null"])
def test_metadata_that_are_no_object_are_asked_for_again(
    small_portal: SmallPortal, client: Client, body: bytes
) -> None:
    small_portal.fail_once(replace(GOOD, body=body))
    small_portal.fail_once(json_answer({"id": DATASET}))
    portal = client()

    assert portal.get_metadata(DATASET) == {"id": DATASET}
    assert [request.path for request in small_portal.requests] == [f"/api/views/{DATASET}.json"] * 2


def test_a_refused_token_is_told_as_an_error_if_nobody_else_listens(
    small_portal: SmallPortal, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    small_portal.fail_once(json_answer({"message": "Invalid app_token"}, status=403))
    small_portal.fail_once(GOOD)

    client(app_token="a-token").get_rows(DATASET, {})

    assert [record.levelname for record in caplog.records if "CRASHES_APP_TOKEN" in record.message] == ["ERROR"]


def test_what_is_logged_of_a_description_has_no_rows(
    small_portal: SmallPortal, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="chicago_crashes.soda.client")
    small_portal.fail_once(json_answer({"id": DATASET, "columns": []}))
    small_portal.fail_once(json_answer([]))
    portal = client()

    portal.get_metadata(DATASET, feed="crashes")
    portal.get_rows(DATASET, {})

    described, rows = [vars(record) for record in caplog.records if hasattr(record, "attempt")]
    assert (described["rows"], described["purpose"], described["outcome"]) == (None, "metadata", "200")
    assert (rows["rows"], rows["attempt"], rows["outcome"]) == (0, 1, "200")
    assert described["bytes"] == len(json_answer({"id": DATASET, "columns": []}).wire_bytes)
    assert 0 < described["seconds"] < 60


def test_each_failure_is_told_with_the_wait(
    small_portal: SmallPortal, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    small_portal.fail_once(BUSY)
    small_portal.fail_once(GOOD)

    client().get_rows(DATASET, {})

    (warning,) = (record.message for record in caplog.records if record.levelname == "WARNING")
    assert "status 503, 'busy'" in warning
    assert warning.endswith("Asking again in 0.0 s.")


def test_a_closed_portal_answers_nothing(small_portal: SmallPortal, client: Client) -> None:
    with client() as portal:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        portal.get_rows(DATASET, {})
    assert small_portal.requests == []

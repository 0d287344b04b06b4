"""What goes wrong on command does so as often as it was told to, for those it was meant for."""

import gzip
import time
import zlib

import httpx
import orjson
import pytest

from chicago_crashes.feeds.catalogue.people import PEOPLE
from chicago_crashes.stand_in import faults
from chicago_crashes.stand_in.faults import Fault
from chicago_crashes_tests.stand_in.asking import CRASH_DATASET, Asking, asking, five_crashes, many_crashes

ROWS = f"/resource/{CRASH_DATASET}.json"


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (faults.too_many_requests(), 429, "too-many-requests"),
        (faults.internal_error(), 500, "internal-error"),
        (faults.internal_error_page(), 500, "<html>"),
        (faults.unavailable(), 503, "service-unavailable"),
        (faults.gateway_timeout(), 504, "query.datasource.unavailable"),
        (faults.request_timeout(), 408, "request-timeout"),
        (faults.accepted(), 202, "Accepted"),
    ],
)
def test_an_answer_instead_of_rows_once(fault: Fault, status: int, said: str) -> None:
    with asking(five_crashes(), fault) as portal:
        reply = portal.get()
        assert reply.status_code == status
        assert said in reply.text
        assert "Retry-After" not in reply.headers
        assert portal.get().status_code == 200
        assert [entry.status for entry in portal.portal.requests] == [status, 200]


def test_how_long_to_wait_can_be_said() -> None:
    with asking(five_crashes(), faults.too_many_requests(retry_after="7", times=2)) as portal:
        assert [portal.get().headers.get("Retry-After") for _ in range(3)] == ["7", "7", None]


def test_faults_meet_only_whom_they_are_meant_for() -> None:
    unlucky = faults.unavailable(times=None, dataset_id=CRASH_DATASET, query_has="count(*) as rows")
    with asking(five_crashes()) as portal:
        portal.portal.faults.append(unlucky)
        assert portal.get(select="count(*) as rows").status_code == 503
        assert portal.get(select="count(*) as rows").status_code == 503
        assert portal.get(select="count(*) as n").status_code == 200
        assert portal.get(f"/resource/{PEOPLE.dataset_id}.json", select="count(*) as rows").status_code == 200
        portal.portal.faults.remove(unlucky)
        assert portal.get(select="count(*) as rows").status_code == 200


def test_a_body_cut_in_good_order() -> None:
    with asking(five_crashes(), Fault(keep=100, times=2)) as portal:
        whole = portal._http.get(f"{portal.portal.url}/api/views/{PEOPLE.dataset_id}").content
        cut = portal.get()
        packed = portal.get(Accept_Encoding_="gzip")
        assert portal.get().content.startswith(cut.content)
    assert len(whole) == 100
    assert (cut.status_code, len(cut.content)) == (200, 100)
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(cut.content)
    assert len(packed.content) > 100


def test_a_cut_body_is_still_whole_gzip() -> None:
    with asking(five_crashes(), Fault(keep=100)) as portal:
        assert len(portal.get(Accept_Encoding_="gzip").content) == 100


def test_a_cut_gzip_stream() -> None:
    with (
        asking(five_crashes(), Fault(keep_packed=60)) as portal,
        portal._http.stream("GET", portal.portal.url + ROWS, headers={"Accept-Encoding": "gzip"}) as reply,
    ):
        body = b"".join(reply.iter_raw())
    assert (reply.status_code, len(body)) == (200, 60)
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress(body)


def test_a_connection_that_breaks_off() -> None:
    with asking(five_crashes(), Fault(breaks_off=True)) as portal:
        with pytest.raises(httpx.RemoteProtocolError):
            portal.get()
        assert portal.get().status_code == 200


def test_a_stale_reply() -> None:
    with asking(five_crashes(), Fault(is_out_of_date=True)) as portal:
        assert portal.get().headers["X-SODA2-Data-Out-Of-Date"] == "true"
        assert portal.get().headers["X-SODA2-Data-Out-Of-Date"] == "false"


def test_rows_without_an_order_come_in_any() -> None:
    def first_ids(portal: Asking, **clauses: str) -> list[str]:
        return [row["crash_record_id"] for row in portal.rows(limit="50", **clauses)]

    with asking(many_crashes(500), Fault(is_shuffled=True, times=None)) as portal:
        assert first_ids(portal) != first_ids(portal)
        assert first_ids(portal, order=":id") == [f"c{number}" for number in range(50)]


def test_a_slow_first_byte() -> None:
    with asking(five_crashes(), Fault(seconds_before=0.3)) as portal:
        started = time.monotonic()
        assert portal.get().status_code == 200
        assert time.monotonic() - started >= 0.3


def test_the_first_fault_that_strikes_is_taken() -> None:
    with asking(five_crashes(), faults.unavailable(), faults.internal_error()) as portal:
        assert [portal.get().status_code for _ in range(3)] == [503, 500, 200]

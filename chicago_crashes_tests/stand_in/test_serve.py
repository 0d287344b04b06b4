"""Starting and stopping: on a free port, with a clear word when it cannot be."""

import logging
import socket

import httpx
import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.stand_in.faults import Fault
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore


def test_two_portals_side_by_side_on_loopback_and_gone_afterwards() -> None:
    with serving(PortalStore()) as one, serving(PortalStore()) as other:
        assert one.url != other.url
        assert one.url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{one.url}/resource/85ca-t3if.json").content == b"[]\n"
        assert other.requests == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{one.url}/resource/85ca-t3if.json")


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(PermanentError, match=f"cannot listen on 127.0.0.1:{port}"),
            serving(PortalStore(), port=port),
        ):
            pytest.fail("nothing can run there")


def test_the_port_is_free_again_at_once() -> None:
    with serving(PortalStore()) as first:
        port = int(first.url.rpartition(":")[2])
        httpx.get(f"{first.url}/resource/85ca-t3if.json")
    with serving(PortalStore(), port=port) as second:
        assert httpx.get(f"{second.url}/resource/85ca-t3if.json").status_code == 200


def test_faults_that_were_asked_for_are_not_logged_and_the_log_keeps_nothing(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("uvicorn.error")
    before = list(log.filters)
    with serving(PortalStore(), faults=[Fault(breaks_off=True)]) as longer:
        with serving(PortalStore()):
            assert log.filters != before
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{longer.url}/resource/85ca-t3if.json")
    assert [record.getMessage() for record in caplog.records if record.name == log.name] == []
    assert log.filters == before

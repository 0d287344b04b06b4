"""How the portal fails, on demand: each fault says what goes wrong, for which requests and how often."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chicago_crashes.stand_in.store import PortalStore

JSON = {"Content-Type": "application/json;charset=utf-8"}
HTML = {"Content-Type": "text/html"}
HTML_PAGE = b"<html>\r\n<head><title>500 Internal Server Error</title></head>\r\n<body></body>\r\n</html>\r\n"

SIGNATURES = "$group"
ROWS = "$order"
"""What only the platform's questions for signatures have in them, and only those for rows: for `query_has`."""

_counting = threading.Lock()


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with the next `times` requests, or with every one if `times` is None.

    Only requests for `dataset_id` whose query contains `query_has` and reaches beyond `deeper_than` rows are meant, as
    far as these are given. With a `status` the request is answered by that alone; otherwise it is answered truly, but
    as the other fields say.
    """

    times: int | None = 1
    dataset_id: str = ""
    query_has: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    keep: int | None = None
    """Send only so many bytes of the rows, closed in good order and with status 200."""
    keep_packed: int | None = None
    """Send only so many bytes of the gzip stream."""
    breaks_off: bool = False
    """Hang up in the middle of the body."""
    is_out_of_date: bool = False
    is_shuffled: bool = False
    seconds_before: float = 0.0
    deeper_than: int | None = None
    replica: PortalStore | None = None
    """Answer from this copy, whatever the portal holds now."""
    before: Callable[[], object] | None = None
    """Do this first, for instance change what is about to be read."""

    def strikes(self, dataset_id: str, query: str) -> bool:
        """Whether this request is struck; each yes uses up one of the times."""
        if self.dataset_id not in ("", dataset_id) or self.query_has not in query:
            return False
        if self.deeper_than is not None and _depth(query) <= self.deeper_than:
            return False
        with _counting:
            if self.times is None:
                return True
            if self.times <= 0:
                return False
            self.times -= 1
            return True


def too_many_requests(
    *, retry_after: str = "", times: int | None = 1, dataset_id: str = "", query_has: str = ""
) -> Fault:
    """429, by default without saying how long to wait."""
    headers = JSON | ({"Retry-After": retry_after} if retry_after else {})
    body = b'{"message":"Too many requests","errorCode":"too-many-requests","data":{}}'
    return Fault(times, dataset_id, query_has, 429, headers, body)


def internal_error(*, times: int | None = 1, dataset_id: str = "", query_has: str = "") -> Fault:
    """500 from the server itself."""
    body = b'{"message":"Internal error","errorCode":"internal-error","data":{"tag":"0f2d5c1e"}}'
    return Fault(times, dataset_id, query_has, 500, JSON, body)


def internal_error_page(*, times: int | None = 1, dataset_id: str = "", query_has: str = "") -> Fault:
    """500 from what stands before the server: a page of HTML."""
    return Fault(times, dataset_id, query_has, 500, HTML, HTML_PAGE)


def unavailable(*, times: int | None = 1, dataset_id: str = "", query_has: str = "") -> Fault:
    """503: the whole domain is down."""
    body = b'{"message":"Service unavailable","errorCode":"service-unavailable","data":{}}'
    return Fault(times, dataset_id, query_has, 503, JSON, body)


def gateway_timeout(*, times: int | None = 1, dataset_id: str = "", query_has: str = "") -> Fault:
    """504: the query took longer than the portal allows."""
    body = b'{"message":"Query timed out","errorCode":"query.datasource.unavailable","data":{}}'
    return Fault(times, dataset_id, query_has, 504, JSON, body)


def request_timeout(*, times: int | None = 1, dataset_id: str = "", query_has: str = "") -> Fault:
    """408: the same, said otherwise."""
    body = b'{"message":"Request timed out","errorCode":"request-timeout","data":{"customTimeout":null}}'
    return Fault(times, dataset_id, query_has, 408, JSON, body)


def accepted(*, times: int | None = 1, dataset_id: str = "", query_has: str = "") -> Fault:
    """202: the result comes later."""
    return Fault(times, dataset_id, query_has, 202, JSON, b'{"message":"Accepted"}')


def stale_replica(
    old: PortalStore, *, says_so: bool = True, times: int | None = 1, dataset_id: str = "", query_has: str = ""
) -> Fault:
    """An answer from an old copy of the portal (`PortalStore.copy`), with the mark of being out of date or without."""
    return Fault(times, dataset_id, query_has, replica=old, is_out_of_date=says_so)


def changing(
    change: Callable[[], object], *, times: int | None = 1, dataset_id: str = "", query_has: str = ROWS
) -> Fault:
    """The data changes just before an answer: by default between the plan and the rows."""
    return Fault(times, dataset_id, query_has, before=change)


def slow_deep_reads(
    deeper_than: int, seconds: float, *, times: int | None = None, dataset_id: str = "", query_has: str = ""
) -> Fault:
    """Whatever reaches beyond so many rows, by `$limit` and `$offset` together, takes its time."""
    return Fault(times, dataset_id, query_has, seconds_before=seconds, deeper_than=deeper_than)


def _depth(query: str) -> int:
    """How many rows a query reaches over."""
    return sum(int(number) for number in re.findall(r"\$(?:limit|offset)=(\d+)", query))

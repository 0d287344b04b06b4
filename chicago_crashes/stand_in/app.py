"""The portal over HTTP: which request gets which bytes and headers, and a log of them all."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from urllib.parse import unquote_plus

import duckdb
import pyarrow as pa
from isal import isal_zlib
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chicago_crashes.stand_in import refusals
from chicago_crashes.stand_in.datasets import Dataset
from chicago_crashes.stand_in.faults import Fault
from chicago_crashes.stand_in.formats import CONTENT_TYPES, REPLIES, Piece
from chicago_crashes.stand_in.metadata import describe
from chicago_crashes.stand_in.refusals import RefusalError
from chicago_crashes.stand_in.requests import format_of, query_of
from chicago_crashes.stand_in.soql import SoqlError
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.translate import Field, translate

logger = logging.getLogger(__name__)

LONGEST_FIELDS_HEADER = 5_000
SMALLEST_PIECE = 64 * 1024
"""Smaller pieces of a body are sent together."""
NO_FAULT = Fault()


@dataclass(slots=True)
class LoggedRequest:
    """A request the portal answered; `rows` counts those sent so far."""

    moment: float
    path: str
    params: Mapping[str, str]
    status: int = 0
    rows: int = 0


class BrokenOffError(Exception):
    """Raised in the middle of a body, so that the server hangs up."""


class PortalApp:
    """The stand-in portal as an ASGI application (`asgi`), with its log and its faults.

    Faults are asked in order; the first that strikes is taken. Any app token is accepted but `invalid_tokens`.
    """

    def __init__(
        self, store: PortalStore, *, faults: Iterable[Fault] = (), invalid_tokens: Collection[str] = ()
    ) -> None:
        self.store = store
        self.faults = list(faults)
        self.requests: list[LoggedRequest] = []
        self.asgi = Starlette(
            routes=[
                Route("/resource/{name}", self._resource, methods=["GET"]),
                Route("/api/views/{name}", self._view, methods=["GET"]),
                Route("/{path:path}", self._nothing, methods=["GET"]),
            ]
        )
        self._invalid_tokens = frozenset(invalid_tokens)

    def _resource(self, request: Request) -> Response:
        dataset_id, _, extension = request.path_params["name"].partition(".")
        return self._logged(
            request, dataset_id, lambda fault, entry: self._rows(request, dataset_id, extension, fault, entry)
        )

    def _view(self, request: Request) -> Response:
        dataset_id = request.path_params["name"].removesuffix(".json")
        return self._logged(request, dataset_id, lambda fault, _: self._description(request, dataset_id, fault))

    def _nothing(self, request: Request) -> Response:
        def refuse(_: Fault, __: LoggedRequest) -> Response:
            raise refusals.front_end(404, "not_found", "Not found")

        return self._logged(request, "", refuse)

    def _logged(
        self, request: Request, dataset_id: str, answer: Callable[[Fault, LoggedRequest], Response]
    ) -> Response:
        entry = LoggedRequest(time.monotonic(), request.url.path, dict(request.query_params))
        self.requests.append(entry)
        fault = self._fault(dataset_id, unquote_plus(request.url.query))
        if fault.before is not None:
            fault.before()
        threading.Event().wait(fault.seconds_before)
        if fault.status is not None:
            response = Response(fault.body, fault.status, dict(fault.headers))
        else:
            try:
                self._check_token(request)
                response = answer(fault, entry)
            except SoqlError as error:
                response = _refused(refusals.of_query(error, dataset_id))
            except RefusalError as refusal:
                response = _refused(refusal)
            except duckdb.Error:
                tag = uuid.uuid4().hex[:8]
                logger.exception("The stand-in portal failed at %s (tag %s)", request.url, tag)
                response = _refused(refusals.engine(500, "internal-error", "Internal error", {"tag": tag}))
        entry.status = response.status_code
        response.headers.update(
            {
                "Server": "nginx",
                "Access-Control-Allow-Origin": "*",
                "Age": "0",
                "X-Socrata-Region": "local",
                "X-Socrata-RequestId": uuid.uuid4().hex,
                "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            }
        )
        return response

    def _fault(self, dataset_id: str, query: str) -> Fault:
        return next((fault for fault in list(self.faults) if fault.strikes(dataset_id, query)), NO_FAULT)

    def _check_token(self, request: Request) -> None:
        tokens = (request.headers.get("X-App-Token"), request.query_params.get("$$app_token"))
        if any(token in self._invalid_tokens for token in tokens):
            raise refusals.front_end(403, "permission_denied", "Invalid app_token specified")

    def _dataset(self, dataset_id: str, fault: Fault) -> Dataset:
        dataset = (fault.replica or self.store).dataset(dataset_id)
        if dataset is None:
            raise refusals.missing(dataset_id)
        return dataset

    def _description(self, request: Request, dataset_id: str, fault: Fault) -> Response:
        dataset = self._dataset(dataset_id, fault)
        headers = _validators(request, dataset, "metadata") | {"Content-Type": CONTENT_TYPES["json"]}
        if (unchanged := _unchanged(request, headers)) is not None:
            return unchanged
        body = json.dumps(describe(dataset)).encode()
        return _streamed(request, [body], headers, fault)

    def _rows(self, request: Request, dataset_id: str, extension: str, fault: Fault, entry: LoggedRequest) -> Response:
        dataset = self._dataset(dataset_id, fault)
        wanted = format_of(extension, request.headers.get("Accept", ""))
        query, is_bare = query_of(request.query_params.multi_items(), dataset)
        translation = translate(query, dataset, is_bare=is_bare, is_shuffled=fault.is_shuffled)
        headers = _validators(request, dataset, f"{wanted} {sorted(request.query_params.multi_items())}")
        headers |= {"Content-Type": CONTENT_TYPES[wanted], **_field_headers(translation.fields)}
        modified = headers["Last-Modified"]
        headers |= {
            "X-SODA2-Data-Out-Of-Date": str(fault.is_out_of_date).lower(),
            "X-SODA2-Truth-Last-Modified": modified,
            "X-SODA2-Secondary-Last-Modified": modified,
        }
        if (unchanged := _unchanged(request, headers)) is not None:
            return unchanged
        reply = REPLIES[wanted](translation)
        batches = (fault.replica or self.store).read(reply.sql, reply.parameters)
        return _streamed(request, reply.body(_counted(batches, entry)), headers, fault)


def _validators(request: Request, dataset: Dataset, what: str) -> dict[str, str]:
    """The headers a reply is recognised by; any write to the dataset changes them, and so does the encoding."""
    encoding = "gzip" if _takes_gzip(request) else "identity"
    digest = blake2b(f"{dataset.id} {dataset.writes} {what}".encode(), digest_size=16).hexdigest()
    return {
        "ETag": f'"{digest}---{encoding}"',
        "Last-Modified": format_datetime(dataset.modified_at, usegmt=True),
        "Vary": "Accept-Encoding",
    }


def _unchanged(request: Request, headers: Mapping[str, str]) -> Response | None:
    """304 if the client has these very bytes, 412 if it insists on others; `None` if it wants them."""
    if_match = request.headers.get("If-Match")
    if if_match is not None and not _names(if_match, headers["ETag"]):
        return _refused(refusals.engine(412, "precondition-failed", "Precondition failed"))
    if_none_match = request.headers.get("If-None-Match")
    is_known = (
        _names(if_none_match, headers["ETag"])
        if if_none_match is not None
        else _is_since(request.headers.get("If-Modified-Since"), headers["Last-Modified"])
    )
    if not is_known:
        return None
    return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Vary")})


def _names(condition: str, etag: str) -> bool:
    return condition.strip() == "*" or etag in [entry.strip() for entry in condition.split(",")]


def _is_since(condition: str | None, modified: str) -> bool:
    if condition is None:
        return False
    try:
        moment = parsedate_to_datetime(condition)
    except ValueError:
        return False
    return _utc(moment) >= _utc(parsedate_to_datetime(modified))


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _field_headers(fields: Sequence[Field]) -> dict[str, str]:
    headers = {
        "X-SODA2-Fields": json.dumps([field.name for field in fields], separators=(",", ":")),
        "X-SODA2-Types": json.dumps([field.type for field in fields], separators=(",", ":")),
    }
    if sum(map(len, headers.values())) > LONGEST_FIELDS_HEADER:
        return {"X-SODA2-Warning": "X-SODA2-Fields and X-SODA2-Types are too long and were left out"}
    return headers


def _refused(refusal: RefusalError) -> Response:
    body = json.dumps(refusal.envelope).encode()
    return Response(body, refusal.status, {"Content-Type": CONTENT_TYPES["json"]})


def _takes_gzip(request: Request) -> bool:
    weights = {}
    for entry in request.headers.get("Accept-Encoding", "").split(","):
        encoding, _, weight = entry.replace(" ", "").lower().partition(";q=")
        weights[encoding] = weight.strip("0.") != "" if weight else True
    return weights.get("gzip", weights.get("*", False))


def _counted(batches: Iterable[pa.StringArray], entry: LoggedRequest) -> Iterator[pa.StringArray]:
    for batch in batches:
        entry.rows += len(batch)
        yield batch


def _streamed(request: Request, body: Iterable[Piece], headers: Mapping[str, str], fault: Fault) -> Response:
    """200 in pieces, without a length, packed if the client takes it; cut as `fault` says."""
    pieces = _cut(body, fault.keep)
    sent = dict(headers)
    if _takes_gzip(request):
        sent["Content-Encoding"] = "gzip"
        pieces = _cut(_packed(pieces), fault.keep_packed)
    pieces = _gathered(pieces)
    return StreamingResponse(_broken_off(pieces) if fault.breaks_off else pieces, headers=sent)


def _cut(pieces: Iterable[Piece], keep: int | None) -> Iterator[Piece]:
    """The first `keep` bytes."""
    if keep is None:
        yield from pieces
        return
    for piece in pieces:
        yield piece[:keep]
        keep -= len(piece)
        if keep <= 0:
            return


def _packed(pieces: Iterable[Piece]) -> Iterator[bytes]:
    packer = isal_zlib.compressobj(level=1, wbits=31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _gathered(pieces: Iterable[Piece]) -> Iterator[bytes]:
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) >= SMALLEST_PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _broken_off(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The first half of the first piece, and then nothing more."""
    for piece in pieces:
        yield piece[: len(piece) // 2]
        break
    raise BrokenOffError

"""The portal over HTTP: exact bytes, headers, validators, refusals, and the log."""

import csv
import gzip
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from email.utils import parsedate_to_datetime

import polars as pl
import pytest

from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.catalogue.crashes import CRASHES
from chicago_crashes.feeds.catalogue.vehicles import VEHICLES
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.stand_in.asking import CRASH_DATASET, EVENING, Asking, asking, five_crashes, many_crashes

ROWS = f"/resource/{CRASH_DATASET}"
REGION = ":@computed_region_rpca_8um6"


@pytest.fixture(scope="module")
def portal() -> Iterator[Asking]:
    """Nothing here changes what it serves."""
    with asking(five_crashes()) as running:
        yield running


def test_the_bytes_of_json(portal: Asking) -> None:
    reply = portal.get(select="crash_record_id,injuries_total,location", order=":id", limit="4", offset="1")
    assert reply.content == (
        b'[{"crash_record_id":"c2","injuries_total":"10",'
        b'"location":{"type":"Point","coordinates":[-87.600000000001,41.8]}}\n'
        b',{"crash_record_id":"c3","injuries_total":"9","location":{"type":"Point","coordinates":[-87.5,41.7]}}\n'
        b',{"crash_record_id":"c4"}\n'
        b',{"crash_record_id":"c5","injuries_total":"2.0","location":"nowhere"}]\n'
    )
    assert portal.get(where="false").content == b"[]\n"


def test_the_bytes_of_csv(portal: Asking) -> None:
    reply = portal.get(f"{ROWS}.csv", select="crash_record_id,street_name,location,1=1 as yes", order=":id", offset="2")
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.content.decode() == (
        '"crash_record_id","street_name","location","yes"\n'
        '"c3","say ""hi"", \\ é","POINT (-87.5 41.7)","true"\n'
        '"c4",,,"true"\n'
        '"c5","archer ave","nowhere","true"\n'
    )
    assert portal.get(f"{ROWS}.csv", select="latitude", where="false").content == b'"latitude"\n'


def test_geojson(portal: Asking) -> None:
    reply = portal.get(f"{ROWS}.geojson", select="crash_record_id,latitude,location", order=":id", limit="4")
    assert reply.headers["Content-Type"] == "application/vnd.geo+json;charset=utf-8"
    collection = reply.json()
    assert collection["type"] == "FeatureCollection"
    assert collection["crs"]["properties"]["name"].endswith("CRS84")
    assert collection["features"][1] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-87.600000000001, 41.8]},
        "properties": {"crash_record_id": "c2", "latitude": "41.8"},
    }
    assert collection["features"][3] == {
        "type": "Feature",
        "geometry": None,
        "properties": {"crash_record_id": "c4", "latitude": None},
    }
    assert portal.get(f"{ROWS}.geojson", where="false").json()["features"] == []


def test_json_says_the_same_as_csv(portal: Asking) -> None:
    in_json = portal.rows(select=":*,crash_record_id,street_name,injuries_total", order=":id")
    in_csv = csv.DictReader(
        io.StringIO(portal.get(f"{ROWS}.csv", select=":*,crash_record_id,street_name,injuries_total", order=":id").text)
    )
    assert in_json == [{name: value for name, value in row.items() if value} for row in in_csv]


def test_the_format_follows_the_address_or_else_what_is_accepted(portal: Asking) -> None:
    def kind(path: str, accept: str) -> str:
        return portal.get(path, Accept_=accept).headers["Content-Type"].partition(";")[0]

    assert kind(ROWS, "*/*") == "application/json"
    assert kind(ROWS, "text/csv") == "text/csv"
    assert kind(ROWS, "text/html, text/csv;q=0.5, application/vnd.geo+json;q=0.9") == "application/vnd.geo+json"
    assert kind(f"{ROWS}.csv", "application/json") == "text/csv"
    refused = portal.get(ROWS, Accept_="text/html")
    assert (refused.status_code, refused.json()["errorCode"]) == (406, "not-acceptable")
    assert portal.get(f"{ROWS}.xml").status_code == 406


def test_the_headers_of_rows(portal: Asking) -> None:
    reply = portal.get(select=":id,:updated_at,:version,crash_date,injuries_total,location,1=1 as yes")
    assert reply.headers["Content-Type"] == "application/json;charset=utf-8"
    assert "Content-Length" not in reply.headers
    assert reply.headers["Transfer-Encoding"] == "chunked"
    assert reply.headers["X-SODA2-Fields"] == (
        '[":id",":updated_at",":version","crash_date","injuries_total","location","yes"]'
    )
    assert reply.headers["X-SODA2-Types"] == (
        '["row_identifier","fixed_timestamp","row_version","floating_timestamp","number","point","boolean"]'
    )
    assert reply.headers["X-SODA2-Data-Out-Of-Date"] == "false"
    moments = {
        reply.headers[name]
        for name in ("Last-Modified", "X-SODA2-Truth-Last-Modified", "X-SODA2-Secondary-Last-Modified")
    }
    assert {parsedate_to_datetime(moment) for moment in moments} == {EVENING.replace(microsecond=0, tzinfo=UTC)}
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["X-Socrata-RequestId"])


def test_the_widest_feed_still_fits_into_the_headers(portal: Asking) -> None:
    reply = portal.get(f"/resource/{VEHICLES.dataset_id}.json", select=":*,*")
    assert reply.json() == []
    assert len(reply.headers["X-SODA2-Fields"].split(",")) == len(VEHICLES.columns) + 4
    endless = portal.get(select=",".join(f"crash_date as {'x' * 60}{number}" for number in range(80)))
    assert "X-SODA2-Fields" not in endless.headers
    assert "X-SODA2-Warning" in endless.headers


def test_computed_regions_show_only_unasked_or_with_the_system_fields(portal: Asking) -> None:
    (first, *_, last) = portal.rows()
    assert list(first)[-1] == REGION
    assert 1 <= int(first[REGION]) <= 50
    assert REGION in last
    assert REGION not in portal.rows(order=":id")[0]
    assert REGION not in portal.rows(select="*")[0]
    assert list(portal.rows(select=":*")[0]) == [":id", ":created_at", ":updated_at", ":version", REGION]
    assert list(portal.rows(select=f"{REGION}")[0]) == [REGION]
    assert all(REGION not in row for row in portal.rows(select=":*", where="location is null"))
    assert set(portal.rows(select=":*,*")[0]) == {*portal.rows()[0], *portal.rows(select=":*")[0]}


def test_simple_filters_are_anded(portal: Asking) -> None:
    def found(**filters: str) -> list[str]:
        reply = portal._http.get(f"{portal.portal.url}{ROWS}.json", params={"$order": ":id", **filters})
        return [row["crash_record_id"] for row in reply.json()]

    assert found(posted_speed_limit="30") == ["c1", "c2"]
    assert found(posted_speed_limit="30", street_name="O'HARE ST") == ["c2"]
    assert found(street_name="O'HARE ST' or '1'='1") == []
    assert portal._http.get(f"{portal.portal.url}{ROWS}.json", params={"nothing": "x"}).json()["errorCode"] == (
        "query.soql.no-such-column"
    )


def test_a_statement_goes_alone(portal: Asking) -> None:
    assert portal.rows(query="select count(*) where injuries_total > 5") == [{"count": "2"}]
    both = portal.get(query="select count(*)", limit="5")
    assert (both.status_code, both.json()["code"]) == (400, "query.compiler.malformed")


def test_unknown_parameters_are_refused(portal: Asking) -> None:
    assert portal.get(q="archer").status_code == 400
    assert portal.get(slect="*").status_code == 400
    assert portal.get(**{"$$app_token": "t", "$$bom": "true"}).status_code == 200


def test_the_default_limit_cuts_rows_and_groups() -> None:
    with asking(many_crashes(1_500)) as portal:
        assert len(portal.rows()) == 1000
        assert len(portal.rows(select="crash_record_id,count(*)", group="crash_record_id")) == 1000
        assert len(portal.rows(select="crash_record_id,count(*)", group="crash_record_id", limit="5000")) == 1500
        assert len(portal.rows(query="select crash_record_id")) == 1000
        assert len(portal.rows(limit="60000")) == 1500


def test_the_envelope_of_the_query_engine(portal: Asking) -> None:
    reply = portal.get(select="x")
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "application/json;charset=utf-8"
    assert reply.json() == {
        "message": "Query coordinator error: query.soql.no-such-column; No such column: x; "
        'position: Map(row -> 1, column -> 8, line -> "SELECT x")',
        "errorCode": "query.soql.no-such-column",
        "data": {
            "column": "x",
            "dataset": CRASH_DATASET,
            "position": {"row": 1, "column": 8, "line": "SELECT x"},
        },
    }
    several_lines = portal.get(where="1 = 1\n and x = 2").json()["data"]["position"]
    assert several_lines == {"row": 2, "column": 6, "line": " and x = 2"}


def test_the_envelope_of_the_front_end(portal: Asking) -> None:
    missing = portal.get("/resource/zzzz-zzzz.json")
    assert missing.status_code == 404
    assert missing.json() == {
        "code": "dataset.missing",
        "error": True,
        "message": "Not found",
        "data": {"id": "zzzz-zzzz"},
    }
    malformed = portal.get(where="crash_date >")
    assert malformed.status_code == 400
    assert malformed.json() == {
        "code": "query.compiler.malformed",
        "error": True,
        "message": 'Could not parse SoQL query "SELECT * WHERE crash_date >" at line 1 character 28: '
        "Expected an expression, but got end of input",
        "data": {"query": "SELECT * WHERE crash_date >"},
    }
    assert portal.get("/elsewhere").status_code == 404
    assert portal.get("/api/views/zzzz-zzzz.json").json()["code"] == "dataset.missing"


def test_only_invalid_tokens_are_refused() -> None:
    with asking(five_crashes(), invalid_tokens=("expired",)) as portal:
        assert portal.get().status_code == 200
        assert portal.get(X_App_Token_="anything").status_code == 200
        refused = portal.get(X_App_Token_="expired")
        assert refused.status_code == 403
        assert refused.json() == {
            "code": "permission_denied",
            "error": True,
            "message": "Invalid app_token specified",
        }
        assert portal.get(**{"$$app_token": "expired"}).status_code == 403


def test_gzip_only_for_those_who_take_it(portal: Asking) -> None:
    plain = portal.get(order=":id")
    assert "Content-Encoding" not in plain.headers
    with portal._http.stream(
        "GET", f"{portal.portal.url}{ROWS}.json", params={"$order": ":id"}, headers={"Accept-Encoding": "br, gzip"}
    ) as packed:
        body = b"".join(packed.iter_raw())
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Length" not in packed.headers
    assert gzip.decompress(body) == plain.content
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Content-Encoding" not in portal.get(Accept_Encoding_="gzip;q=0, *").headers


def test_validators() -> None:
    store = five_crashes()
    with asking(store) as portal:
        reply = portal.get()
        etag = reply.headers["ETag"]
        assert re.fullmatch(r'"[^"]+"', etag)
        assert portal.get().headers["ETag"] == etag
        assert portal.get(limit="5").headers["ETag"] != etag
        assert portal.get(f"{ROWS}.csv").headers["ETag"] != etag

        unchanged = portal.get(If_None_Match_=f'"other", {etag}')
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["ETag"] == etag
        assert unchanged.headers["Vary"] == "Accept-Encoding"
        assert portal.get(If_None_Match_="*").status_code == 304
        assert portal.get(If_None_Match_='"other"').status_code == 200
        assert portal.get(If_Modified_Since_=reply.headers["Last-Modified"]).status_code == 304
        assert portal.get(If_Modified_Since_="Fri, 01 Mar 2024 00:00:00 GMT").status_code == 200
        assert portal.get(If_Modified_Since_="yesterday").status_code == 200
        assert portal.get(If_Match_=etag).status_code == 200
        failed = portal.get(If_Match_='"other"')
        assert (failed.status_code, failed.json()["errorCode"]) == (412, "precondition-failed")

        store.publish(CRASH_DATASET, pl.DataFrame({"crash_record_id": ["c6"]}))
        assert portal.get(If_None_Match_=etag).status_code == 200
        assert portal.get().headers["ETag"] != etag
        assert portal.get(If_Match_=etag).status_code == 412


def test_the_description_of_a_dataset(portal: Asking) -> None:
    described = portal.get(f"/api/views/{CRASH_DATASET}.json").json()
    assert described == portal.get(f"/api/views/{CRASH_DATASET}").json()
    assert described["id"] == CRASH_DATASET
    assert described["name"] == "Traffic Crashes - Crashes"
    assert described["rowsUpdatedAt"] == int(EVENING.replace(tzinfo=UTC).timestamp())
    columns = described["columns"]
    assert [column["fieldName"] for column in columns] == [
        "crash_record_id",
        "crash_date",
        "injuries_total",
        "posted_speed_limit",
        "street_name",
        "latitude",
        "location",
        REGION,
    ]
    assert [column["dataTypeName"] for column in columns] == [
        *("text", "calendar_date", "number", "number", "text", "number", "point", "number"),
    ]
    assert [column["position"] for column in columns] == list(range(1, 9))
    assert columns[1]["name"] == "CRASH_DATE"
    assert columns[1]["description"] == CRASHES.column("crash_date").description
    assert columns[2]["cachedContents"] == {
        "non_null": "4",
        "null": "1",
        "count": "5",
        "cardinality": "4",
        "smallest": "0",
        "largest": "9",
    }
    assert columns[-1]["computationStrategy"]["source_columns"] == ["location"]


def test_descriptions_of_what_is_not_published_yet_and_of_what_is_profiled_no_more() -> None:
    store = PortalStore()
    with asking(store) as portal:
        for feed in FEEDS:
            described = portal.get(f"/api/views/{feed.dataset_id}.json").json()
            names = [column["fieldName"] for column in described["columns"] if column["fieldName"][0] != ":"]
            assert names == list(feed.column_names)
        store.publish(CRASH_DATASET, pl.DataFrame({"crash_record_id": ["c1"]}))
        store.publish(CRASH_DATASET, pl.DataFrame({"crash_record_id": ["c2"]}))
        (column,) = portal.get(f"/api/views/{CRASH_DATASET}.json").json()["columns"]
        assert column["cachedContents"]["count"] == "1"


def test_requests_are_logged_with_what_was_sent() -> None:
    with asking(five_crashes()) as portal:
        portal.get(select="crash_record_id", limit="2")
        portal.get("/resource/zzzz-zzzz.json")
        first, second = portal.portal.requests
        assert (first.path, first.status, first.rows) == (f"{ROWS}.json", 200, 2)
        assert first.params == {"$select": "crash_record_id", "$limit": "2"}
        assert (second.status, second.rows) == (404, 0)
        assert second.moment >= first.moment


def test_a_window_that_many_ask_for_at_once() -> None:
    store = many_crashes(20_000)
    with asking(store) as crowded, ThreadPoolExecutor(4) as pool:
        where = "crash_date >= '2024-01-01T01:00:00.000' and crash_date < '2024-01-01T02:00:00.000'"
        replies = list(pool.map(lambda _: crowded.rows(where=where, order=":id", limit="9000"), range(8)))
    expected = [f"c{number}" for number in range(6_000, 12_000)]
    for rows in replies:
        assert [row["crash_record_id"] for row in rows] == expected


def test_publishing_while_being_read() -> None:
    store = many_crashes(5_000)
    with asking(store) as portal, portal._http.stream("GET", f"{portal.portal.url}{ROWS}.json?$limit=9000") as reply:
        pieces = reply.iter_bytes(1_000)
        beginning = next(pieces)
        store.publish(CRASH_DATASET, pl.DataFrame({"crash_record_id": ["late"], "new": ["x"]}))
        body = beginning + b"".join(pieces)
    assert body.count(b"crash_record_id") == 5_000

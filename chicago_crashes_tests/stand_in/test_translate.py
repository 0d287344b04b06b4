"""What queries find: types, functions, groups, names, and the portal's own words for what does not fit."""

import polars as pl
import pytest

from chicago_crashes.feeds.catalogue.crashes import CRASHES
from chicago_crashes.stand_in import mutations
from chicago_crashes.stand_in.soql import SoqlError
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.stand_in.asking import CRASH_DATASET, ask, five_crashes, ids, many_crashes


@pytest.fixture(scope="module")
def store() -> PortalStore:
    return five_crashes()


def code_of(store: PortalStore, **clauses: str) -> str:
    with pytest.raises(SoqlError) as caught:
        ask(store, **clauses)
    return caught.value.code.removeprefix("query.soql.")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("injuries_total > 2", ["c2", "c3"]),
        ("injuries_total = '10'", ["c2"]),
        ("injuries_total = 2", ["c5"]),
        ("injuries_total in (0, 9)", ["c1", "c3"]),
        ("injuries_total not in (0, 9)", ["c2", "c5"]),
        ("injuries_total between 0 and 9", ["c1", "c3", "c5"]),
        ("injuries_total is null", ["c4"]),
        ("injuries_total + 1 = 11", ["c2"]),
        ("-injuries_total < -9", ["c2"]),
        ("injuries_total / 0 > 1", []),
        ("posted_speed_limit = 30", ["c1", "c2"]),
        ("posted_speed_limit is null", []),
        ("street_name = 'O''HARE ST'", ["c2"]),
        ("street_name = 'o''hare st'", []),
        ("lower(street_name) = 'archer ave'", ["c1", "c5"]),
        ("upper(street_name) like 'ARCHER%'", ["c1", "c5"]),
        ("starts_with(street_name, 'ARCHER')", ["c1"]),
        ("street_name || '!' = 'ARCHER AVE!'", ["c1"]),
        ("coalesce(street_name, 'none') = 'none'", ["c4"]),
        ("street_name != 'ARCHER AVE'", ["c2", "c3", "c5"]),
        ("crash_date < '2024-01-02'", ["c1", "c2"]),
        ("crash_date >= '2024-01-01T23:59' and crash_date < '2024-01-02T08:30:00.001'", ["c2", "c3"]),
        ("crash_date between '2024-01-01T23:59:00' and '2024-01-02T08:30:00.000'", ["c2", "c3"]),
        ("crash_date is null or crash_date >= '2024-02-01T00:00:00.000'", ["c4", "c5"]),
        ("date_trunc_ymd(crash_date) = '2024-01-01'", ["c1", "c2"]),
        ("date_trunc_ym(crash_date) = '2024-01-01'", ["c1", "c2", "c3"]),
        ("date_trunc_y(crash_date) = '2024-01-01'", ["c1", "c2", "c3", "c4"]),
        ("date_extract_hh(crash_date) = 8", ["c3"]),
        ("date_extract_y(crash_date) = 2024 and date_extract_m(crash_date) = 2", ["c4"]),
        ("date_extract_dow(crash_date) = 1", ["c1", "c2"]),
        (":updated_at > '2024-03-01T09:30:00.123Z'", ["c3", "c4", "c5"]),
        (":updated_at >= '2024-03-01T19:15:00.456-06:00'", ["c3", "c4", "c5"]),
        ("date_trunc_ymd(:updated_at, 'America/Chicago') = '2024-03-01'", ["c1", "c2", "c3", "c4", "c5"]),
        ("datez_trunc_ymd(:updated_at) = '2024-03-02'", ["c3", "c4", "c5"]),
        ("within_box(location, 41.95, -87.75, 41.75, -87.55)", ["c1", "c2"]),
        ("within_circle(location, 41.9, -87.7, 1000)", ["c1"]),
        ("within_circle(location, 41.9, -87.7, 14000)", ["c1", "c2"]),
        ("location is null", ["c4"]),
        ("case(injuries_total > 5, 'many', true, 'few') = 'many'", ["c2", "c3"]),
        ("case when injuries_total > 5 then 1 else 0 end = 0", ["c1", "c4", "c5"]),
        ("not (injuries_total > 5)", ["c1", "c5"]),
        ("true", ["c1", "c2", "c3", "c4", "c5"]),
        ("1 = 2 or crash_record_id = 'c3'", ["c3"]),
    ],
)
def test_conditions(store: PortalStore, condition: str, found: list[str]) -> None:
    assert ids(store, where=condition, order=":id") == found


COMPARISONS_OF_TIMES = [
    "crash_date < '2024-01-02'",
    "crash_date <= '2024-01-02T08:30'",
    "crash_date > '2024-01-01'",
    "crash_date >= '2024-01-01T23:59' and crash_date < '2024-01-02T08:30:00.001'",
    "crash_date > '2024-01-02T08:29:59.9999'",
    "crash_date = '2024-01-02 08:30'",
    "crash_date != '2024-01-02'",
    "crash_date between '2024-01-01' and '2024-01-02T08:30:00.000'",
    "crash_date not between '2024-01-01' and '2024-01-02'",
    "crash_date in ('2024-01-01', '2024-02-10T12:00:00')",
    "not (crash_date > '0999-01-01')",
]


@pytest.mark.parametrize("condition", COMPARISONS_OF_TIMES)
def test_times_compare_alike_however_they_are_stored(condition: str) -> None:
    """As long as all texts are written as the portal writes times they are compared as they are."""
    store = five_crashes()
    as_texts = ids(store, where=condition, order=":id")
    crashes = store.dataset(CRASH_DATASET)
    assert crashes is not None
    assert not crashes.odd_times
    mutations.amend(store, CRASHES, {"crash_record_id": "c5"}, {"crash_date": "2024-1-2"})
    crashes = store.dataset(CRASH_DATASET)
    assert crashes is not None
    assert crashes.odd_times == {"crash_date"}
    assert [each for each in ids(store, where=condition, order=":id") if each != "c5"] == as_texts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024-1-3", ["odd"]),
        ("2024-01-03 10:00:00", ["odd"]),
        ("2024-01-03T10:00:00.5", ["odd"]),
        ("2024-01-03T25:00:00.000", []),
        ("2024-02-30T10:00:00.000", []),
        ("January 3", []),
    ],
)
@pytest.mark.parametrize("way", ["published", "amended", "renamed"])
def test_a_text_that_is_no_usual_time_is_read_as_what_it_is(text: str, found: list[str], way: str) -> None:
    store = five_crashes()
    name = "crash_date"
    odd = pl.DataFrame({"crash_record_id": ["odd"], name: [text if way != "amended" else None]})
    store.publish(CRASH_DATASET, odd)
    if way == "amended":
        mutations.amend(store, CRASHES, {"crash_record_id": "odd"}, {name: text})
    if way == "renamed":
        mutations.rename_column(store, CRASHES, name, "happened")
        name = "happened"
    condition = f"{name} >= '2024-01-03' and {name} < '2024-01-04' or {name} between '2024-02-28' and '2024-03-02'"
    assert ids(store, where=condition) == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("injuries_total", ["c1", "c5", "c3", "c2", "c4"]),
        ("injuries_total desc", ["c4", "c2", "c3", "c5", "c1"]),
        ("injuries_total null first", ["c4", "c1", "c5", "c3", "c2"]),
        ("injuries_total desc null last", ["c2", "c3", "c5", "c1", "c4"]),
        ("crash_date desc null last, :id", ["c4", "c3", "c2", "c1", "c5"]),
        (":updated_at desc, :id desc", ["c5", "c4", "c3", "c2", "c1"]),
        ("upper(street_name), :id desc", ["c5", "c1", "c2", "c3", "c4"]),
        (":id", ["c1", "c2", "c3", "c4", "c5"]),
    ],
)
def test_orders(store: PortalStore, order: str, found: list[str]) -> None:
    assert ids(store, order=order) == found


def test_a_limit_and_an_offset(store: PortalStore) -> None:
    assert ids(store, order=":id", limit="2", offset="1") == ["c2", "c3"]
    assert ids(store, limit="0") == []


def test_what_is_selected_is_served_as_published(store: PortalStore) -> None:
    (row,) = ask(store, select="injuries_total,posted_speed_limit,location", where="crash_record_id = 'c5'")
    assert row == {"injuries_total": "2.0", "posted_speed_limit": "1,191,625", "location": "nowhere"}
    (row,) = ask(store, select="injuries_total + 0 as n, street_name", where="crash_record_id = 'c5'")
    assert row == {"n": "2", "street_name": "archer ave"}


def test_fields_are_named_as_the_portal_does(store: PortalStore) -> None:
    (row,) = ask(
        store,
        select="count(*), count(1), max(injuries_total), max(:updated_at), min(crash_date), count(distinct latitude)",
    )
    assert row == {
        "count": "5",
        "count_1": "5",
        "max_injuries_total": "10",
        "max_updated_at": "2024-03-02T01:15:00.456Z",
        "min_crash_date": "2024-01-01T00:00:00.000",
        "count_distinct_latitude": "4",
    }
    grouped = ask(store, select="date_trunc_ymd(crash_date), count(*)", group="date_trunc_ymd(crash_date)")
    assert {"date_trunc_ymd_crash_date": "2024-01-01T00:00:00.000", "count": "2"} in grouped
    twice = ask(store, select="upper('a'), upper('a')", limit="1")
    assert twice == [{"upper_a": "A", "upper_a_1": "A"}]


def test_groups_by_alias_keep_the_group_without_value(store: PortalStore) -> None:
    rows = ask(
        store,
        select="date_trunc_ymd(crash_date) as day, count(*) as rows, max(:updated_at) as updated_at",
        group="day",
        order="day",
    )
    assert rows == [
        {"day": "2024-01-01T00:00:00.000", "rows": "2", "updated_at": "2024-03-01T09:30:00.123Z"},
        {"day": "2024-01-02T00:00:00.000", "rows": "1", "updated_at": "2024-03-02T01:15:00.456Z"},
        {"day": "2024-02-10T00:00:00.000", "rows": "1", "updated_at": "2024-03-02T01:15:00.456Z"},
        {"rows": "1", "updated_at": "2024-03-02T01:15:00.456Z"},
    ]


def test_having_and_expressions_over_groups(store: PortalStore) -> None:
    rows = ask(
        store,
        select="date_trunc_ym(crash_date) as month, sum(injuries_total) / count(*) as mean, avg(injuries_total) as a",
        where="crash_date is not null",
        group="date_trunc_ym(crash_date)",
        having="count(*) > 1",
    )
    assert rows == [{"month": "2024-01-01T00:00:00.000", "mean": "6.333333333333333", "a": "6.333333333333333"}]


def test_aggregates_of_nothing(store: PortalStore) -> None:
    assert ask(store, select="count(*), max(crash_date)", where="crash_record_id = 'none'") == [{"count": "0"}]
    assert ask(store, select="crash_date, count(*)", where="false", group="crash_date") == []


def test_the_newest_row_by_its_hidden_number(store: PortalStore) -> None:
    last = ask(store, select=":id", where="crash_record_id = 'c5'")[0][":id"]
    assert ask(store, select="max(:id)") == [{"max_id": last}]


def test_a_whole_statement_and_distinct_values(store: PortalStore) -> None:
    assert ask(store, query="select crash_record_id where latitude > 41.75 order by latitude limit 1") == [
        {"crash_record_id": "c2"}
    ]
    assert ask(store, query="select distinct posted_speed_limit + 0 as s where posted_speed_limit < 100") == [
        {"s": "30"},
        {"s": "35"},
    ]


def test_aliases_stand_for_fields_everywhere(store: PortalStore) -> None:
    assert ask(
        store, select="injuries_total * 2 as twice, twice + 1 as more", where="more > 18", order="twice desc"
    ) == [{"twice": "20", "more": "21"}, {"twice": "18", "more": "19"}]


@pytest.mark.parametrize(
    ("clauses", "code"),
    [
        ({"select": "nothing"}, "no-such-column"),
        ({"where": "`#` = 1"}, "no-such-column"),
        ({"select": ":id2"}, "no-such-column"),
        ({"where": "read_csv('/etc/passwd') is null"}, "no-such-function"),
        ({"where": "upper() = 'X'"}, "no-such-function"),
        ({"where": "upper(distinct street_name) = 'X'"}, "no-such-function"),
        ({"select": "count(crash_date, latitude)"}, "no-such-function"),
        ({"where": "crash_date = 'yesterday'"}, "type-mismatch"),
        ({"where": "crash_date = '2024-13-01'"}, "type-mismatch"),
        ({"where": "crash_date = '2024-01-01T00:00:00Z'"}, "type-mismatch"),
        ({"where": "crash_date > 5"}, "type-mismatch"),
        ({"where": ":updated_at > 'x'"}, "type-mismatch"),
        ({"where": ":id > 'c1'"}, "type-mismatch"),
        ({"where": ":id > 'row-aaaa.aaaa'"}, "type-mismatch"),
        ({"where": "injuries_total = 'many'"}, "type-mismatch"),
        ({"where": "location = 'POINT (1 2)'"}, "type-mismatch"),
        ({"where": "date_trunc_ymd(:updated_at) = '2024-01-01'"}, "type-mismatch"),
        ({"where": "date_trunc_ymd(:updated_at, 'Mars') = '2024-01-01'"}, "type-mismatch"),
        ({"where": "upper(injuries_total) = 'X'"}, "type-mismatch"),
        ({"where": "injuries_total and true"}, "type-mismatch"),
        ({"select": "max(location)"}, "type-mismatch"),
        ({"select": "max(1 = 1)"}, "type-mismatch"),
        ({"select": "sum(street_name)"}, "type-mismatch"),
        ({"where": "injuries_total"}, "non-boolean-where"),
        ({"select": "count(*)", "having": "count(*)"}, "non-boolean-having"),
        ({"order": "location"}, "un-orderable-order"),
        ({"where": "count(*) > 1"}, "aggregate-in-ungrouped-context"),
        ({"select": "crash_date", "group": "max(crash_date)"}, "aggregate-in-ungrouped-context"),
        ({"select": "max(max(crash_date))"}, "aggregate-in-ungrouped-context"),
        ({"select": "crash_date, count(*)"}, "column-not-in-group-bys"),
        ({"select": "*", "group": "crash_date"}, "column-not-in-group-bys"),
        ({"select": "count(*)", "group": "crash_date", "order": "latitude"}, "column-not-in-group-bys"),
        ({"select": "crash_date as a, latitude as a"}, "duplicate-alias"),
        ({"select": "crash_date, crash_date"}, "duplicate-alias"),
        ({"select": "b + 1 as a, a + 1 as b"}, "circular-alias-definition"),
        ({"select": "a + 1 as a"}, "circular-alias-definition"),
    ],
)
def test_what_does_not_fit(store: PortalStore, clauses: dict[str, str], code: str) -> None:
    assert code_of(store, **clauses) == code


@pytest.mark.parametrize(
    "hostile",
    [
        "x' or '1'='1",
        '\'; drop table "85ca-t3if"; --',
        "x'' or 1=1 --",
        "$1",
        "%",
        '" union select 1',
        "é\u2028\U0001f6b2",
        "\\",
        "{0}",
    ],
)
def test_literals_are_only_ever_values(store: PortalStore, hostile: str) -> None:
    literal = "'" + hostile.replace("'", "''") + "'"
    assert ids(store, where=f"street_name = {literal}") == []
    assert ask(store, select=f"{literal} as said", limit="1") == [{"said": hostile}]
    assert ids(store, where=f"street_name in ({literal}, 'ARCHER AVE')") == ["c1"]
    assert len(ids(store)) == 5


def test_aliases_are_only_ever_names(store: PortalStore) -> None:
    name = 'a" from x; --'
    assert ask(store, select=f"latitude as `{name}`", where=f"`{name}` > 41.85") == [{name: "41.9"}]


def test_columns_with_odd_names_can_be_published_and_asked() -> None:
    store = PortalStore()
    store.publish(CRASH_DATASET, pl.DataFrame({"crash_date": ["2024-01-01"], "od\"d na'me": ["x"]}))
    assert ask(store, select="`od\"d na'me`", where="`od\"d na'me` = 'x'") == [{"od\"d na'me": "x"}]


def test_aliases_cannot_be_piled_up() -> None:
    store = five_crashes()
    doubling = "crash_record_id as a0," + ",".join(f"a{n}||a{n} as a{n + 1}" for n in range(40))
    nesting = "crash_record_id as a0," + ",".join(f"upper(a{n}) as a{n + 1}" for n in range(400))
    assert code_of(store, select=doubling) == "query.compiler.malformed"
    assert code_of(store, select=nesting) == "query.compiler.malformed"


def test_keyset_paging_by_id_visits_every_row_once() -> None:
    store = many_crashes(2_345)
    seen: list[str] = []
    texts: list[str] = []
    where: dict[str, str] = {}
    while True:
        page = ask(store, select=":id,crash_record_id", order=":id", limit="100", **where)
        seen += [row["crash_record_id"] for row in page]
        texts += [row[":id"] for row in page]
        if len(page) < 100:
            break
        where = {"where": f":id > '{page[-1][':id']}'"}
    assert seen == [f"c{number}" for number in range(2_345)]
    assert texts != sorted(texts)
    assert len(set(texts)) == len(texts)
    assert ids(store, where=f":id = '{texts[1000]}'") == ["c1000"]
    assert ids(store, where=f":id in ('{texts[7]}', '{texts[2000]}')", order=":id desc") == ["c2000", "c7"]
    assert len(ids(store, where=f":id <= '{texts[99]}'")) == 100

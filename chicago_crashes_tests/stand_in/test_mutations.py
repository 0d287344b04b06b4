"""Every way in which the data changes is one transaction, touches what it should touch, and is seen over HTTP."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue.crashes import CRASHES
from chicago_crashes.stand_in import faults, mutations
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes_tests.stand_in.asking import CRASH_DATASET, ask, asking, five_crashes, many_crashes

SYSTEM = [":id", ":created_at", ":updated_at", ":version"]
LATER = datetime(2024, 3, 3, 9, 0, 0, 250000, tzinfo=UTC)
LATER_TEXT = "2024-03-03T09:00:00.250Z"


def content(store: PortalStore) -> pl.DataFrame:
    return mutations.content(store, CRASHES)


def test_the_content_is_all_that_is_published() -> None:
    store = five_crashes()
    expected = ask(store, select=":*,*", order=":id")
    regions = [":@computed_region_rpca_8um6", "location"]
    for row, found in zip(content(store).iter_rows(named=True), expected, strict=True):
        stated = {name: value for name, value in row.items() if value is not None and name not in regions}
        assert stated == {name: value for name, value in found.items() if name not in regions}
    assert content(store)["location"].to_list()[:2] == ["POINT (-87.7 41.9)", "POINT (-87.600000000001 41.8)"]


def test_late_rows_come_with_the_time_of_their_transaction() -> None:
    store = five_crashes()
    before = content(store)
    mutations.publish_more(store, CRASHES, pl.DataFrame({"crash_record_id": ["c6"]}), now=LATER)
    after = content(store)
    assert after.head(5).equals(before)
    assert after.select("crash_record_id", ":created_at", ":updated_at").row(5) == ("c6", LATER_TEXT, LATER_TEXT)
    assert after[":id"].n_unique() == 6


def test_amended_rows_keep_their_id_and_get_a_new_time_and_version() -> None:
    store = five_crashes()
    before = content(store)
    where = {":updated_at": "x"}
    with pytest.raises(PermanentError, match="publishes no :updated_at"):
        mutations.amend(store, CRASHES, where, {"injuries_total": "3"})
    changes = {"injuries_total": "3", "street_name": None}
    assert mutations.amend(store, CRASHES, {"posted_speed_limit": "30"}, changes, now=LATER) == 2
    after = content(store)
    assert after.tail(3).equals(before.tail(3))
    assert after.head(2).select("injuries_total", "street_name").rows() == [("3", None)] * 2
    assert after.head(2)[":updated_at"].to_list() == [LATER_TEXT] * 2
    assert after.head(2).select(":id", ":created_at").equals(before.head(2).select(":id", ":created_at"))
    versions = after.head(2)[":version"]
    assert versions.n_unique() == 1
    assert versions[0] not in before[":version"].to_list()


def test_rows_are_also_picked_by_id_and_by_having_no_value() -> None:
    store = five_crashes()
    first = content(store)[":id"][0]
    assert mutations.amend(store, CRASHES, {":id": first}, {"injuries_total": "1"}) == 1
    assert mutations.delete(store, CRASHES, {"crash_date": None}) == 1
    assert mutations.delete(store, CRASHES, {"crash_record_id": "c9"}) == 0
    assert content(store)["crash_record_id"].to_list() == ["c1", "c2", "c3", "c4"]


def test_a_moved_crash_has_another_date() -> None:
    store = five_crashes()
    assert mutations.move(store, CRASHES, {"crash_record_id": "c1"}, "2024-01-05T10:00:00.000") == 1
    (row,) = ask(store, select="crash_record_id", where="date_trunc_ymd(crash_date) = '2024-01-05'")
    assert row == {"crash_record_id": "c1"}


def test_deleted_rows_leave_no_trace() -> None:
    store = five_crashes()
    before = content(store)
    assert mutations.delete_rows(store, CRASHES, [1, 3, 3]) == 2
    assert content(store).equals(before[[0, 2, 4]])
    assert mutations.delete(store, CRASHES, {}) == 3
    assert content(store).is_empty()


def test_a_full_replace_changes_every_system_field_and_nothing_else() -> None:
    store = five_crashes()
    before = content(store)
    mutations.replace_all(store, CRASHES)
    after = content(store)
    assert after.drop(SYSTEM).equals(before.drop(SYSTEM))
    for name in SYSTEM:
        assert set(after[name]).isdisjoint(before[name])
    assert after[":updated_at"].min() > before[":updated_at"].max()  # type: ignore[operator]
    assert ask(store, select=":id", order=":id") == [{":id": each} for each in after[":id"]]


def test_what_a_shrink_loses_comes_back_as_it_was() -> None:
    store = many_crashes(100)
    before = content(store)
    lost = mutations.shrink(store, CRASHES, 0.75, seed=1)
    assert content(store).height == 25
    assert not content(store).equals(before.head(25))
    mutations.restore(store, CRASHES, lost)
    assert content(store).equals(before)


def test_a_new_column_touches_the_rows_that_have_a_value_in_it() -> None:
    store = five_crashes()
    before = content(store)
    mutations.add_column(store, CRASHES, "idot_control_no", ["x", None], now=LATER)
    after = content(store)
    assert after["idot_control_no"].to_list() == ["x", None, "x", None, "x"]
    assert [time == LATER_TEXT for time in after[":updated_at"]] == [True, False, True, False, True]
    assert after.drop("idot_control_no", ":updated_at", ":version").equals(before.drop(":updated_at", ":version"))
    assert ask(store, select="idot_control_no", where="crash_record_id = 'c3'") == [{"idot_control_no": "x"}]
    with pytest.raises(PermanentError, match="already"):
        mutations.add_column(store, CRASHES, "crash_date", ["x"])


def test_columns_are_dropped_renamed_and_reordered_for_all_who_ask() -> None:
    with asking(five_crashes()) as portal:
        store = portal.portal.store
        before = content(store)
        mutations.drop_column(store, CRASHES, "latitude")
        mutations.rename_column(store, CRASHES, "street_name", "street")
        mutations.reverse_columns(store, CRASHES)
        assert portal.get(select="latitude").json()["errorCode"] == "query.soql.no-such-column"
        assert portal.rows(select="street", where="street = 'ARCHER AVE'") == [{"street": "ARCHER AVE"}]
        described = portal.get(f"/api/views/{CRASH_DATASET}.json").json()["columns"]
        names = [each["fieldName"] for each in described if not each["fieldName"].startswith(":")]
        assert names == ["location", "street", "posted_speed_limit", "injuries_total", "crash_date", "crash_record_id"]
        after = content(store).rename({"street": "street_name"})
        assert after.equals(before.drop("latitude").select(after.columns))
        mutations.drop_column(store, CRASHES, "location")
        assert ":@computed_region_rpca_8um6" not in portal.get().headers["X-SODA2-Fields"]
        with pytest.raises(PermanentError, match="publishes no latitude"):
            mutations.drop_column(store, CRASHES, "latitude")


def test_a_dataset_goes_and_comes_back_with_all_it_held() -> None:
    with asking(five_crashes()) as portal:
        mutations.withdraw_dataset(portal.portal.store, CRASHES)
        for path in (f"/resource/{CRASH_DATASET}.json", f"/api/views/{CRASH_DATASET}.json"):
            reply = portal.get(path)
            assert (reply.status_code, reply.json()["code"]) == (404, "dataset.missing")
        mutations.publish_dataset_again(portal.portal.store, CRASHES)
        assert len(portal.rows()) == 5


Change = Callable[[PortalStore], object]
CHANGES: dict[str, Change] = {
    "publish_more": lambda store: mutations.publish_more(store, CRASHES, pl.DataFrame({"crash_record_id": ["c6"]})),
    "amend": lambda store: mutations.amend(store, CRASHES, {}, {"injuries_total": "1"}),
    "delete": lambda store: mutations.delete(store, CRASHES, {"crash_record_id": "c1"}),
    "replace_all": lambda store: mutations.replace_all(store, CRASHES),
    "add_column": lambda store: mutations.add_column(store, CRASHES, "idot_control_no", ["x"]),
    "drop_column": lambda store: mutations.drop_column(store, CRASHES, "latitude"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_later_is_later_and_every_change_is_a_write(change: Change) -> None:
    store = five_crashes()
    far = datetime(2099, 1, 1, tzinfo=UTC)
    mutations.amend(store, CRASHES, {"crash_record_id": "c5"}, {"injuries_total": "9"}, now=far)
    before = store.dataset(CRASH_DATASET)
    change(store)
    after = store.dataset(CRASH_DATASET)
    assert before is not None
    assert after is not None
    assert after.writes == before.writes + 1
    assert after.modified_at > before.modified_at
    written = content(store).filter(pl.col(":updated_at") > "2099-01-01T00:00:00.000Z")
    assert written[":updated_at"].n_unique() <= 1


def test_a_change_that_fails_changes_nothing() -> None:
    store = five_crashes()
    before = content(store)

    def delete_and_fail() -> None:
        with store.transaction(CRASH_DATASET) as transaction:
            transaction.cursor.execute('delete from "85ca-t3if"')
            raise PermanentError("thought better of it")

    with pytest.raises(PermanentError, match="thought better"):
        delete_and_fail()
    assert content(store).equals(before)


def test_whoever_reads_meanwhile_sees_all_of_a_change_or_nothing() -> None:
    store = many_crashes(500)
    limits = [str(number) for number in range(40)]
    seen: set[tuple[int, int]] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            rows = ask(store, select="count(*) as n,count(distinct posted_speed_limit) as limits")
            seen.add((int(rows[0]["n"]), int(rows[0]["limits"])))

    mutations.add_column(store, CRASHES, "posted_speed_limit", ["none"])
    reader = threading.Thread(target=read)
    reader.start()
    try:
        for limit in limits:
            mutations.amend(store, CRASHES, {}, {"posted_speed_limit": limit})
            mutations.replace_all(store, CRASHES)
    finally:
        done.set()
        reader.join()
    assert seen == {(500, 1)}


def test_a_stale_replica_serves_an_old_copy_and_may_say_so() -> None:
    with asking(five_crashes()) as portal:
        store = portal.portal.store
        old = store.copy()
        mutations.delete(store, CRASHES, {"crash_record_id": "c1"})
        portal.portal.faults.append(faults.stale_replica(old))
        portal.portal.faults.append(faults.stale_replica(old, says_so=False, query_has=faults.SIGNATURES))
        replies = [portal.get(order=":id") for _ in range(2)]
        counts = [portal.rows(select="count(*) as n", group="true") for _ in range(2)]
        assert old.dataset("zzzz-zzzz") is None
    assert [reply.headers["X-SODA2-Data-Out-Of-Date"] for reply in replies] == ["true", "false"]
    assert [len(reply.json()) for reply in replies] == [5, 4]
    assert replies[0].json()[1:] == replies[1].json()
    assert [rows[0]["n"] for rows in counts] == ["5", "4"]


def test_the_data_can_change_between_two_requests() -> None:
    with asking(five_crashes()) as portal:
        store = portal.portal.store
        portal.portal.faults.append(faults.changing(lambda: mutations.delete_rows(store, CRASHES, [0])))
        assert portal.rows(select="count(*) as n") == [{"n": "5"}]
        assert len(portal.rows(order=":id")) == 4
        assert len(portal.rows(order=":id")) == 4


def test_only_deep_reads_are_slow() -> None:
    fault = faults.slow_deep_reads(100, 0.0)
    assert [fault.strikes("", query) for query in ("$limit=100", "$limit=101", "$offset=60&$limit=50", "")] == [
        False,
        True,
        True,
        False,
    ]

"""Why a day is stale, by hand: each number by one row too few and too many, each file, each word that is told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chicago_crashes.feeds.catalogue import CRASHES
from chicago_crashes.feeds.reading import NO_ACCOUNT, Account, Record
from chicago_crashes.feeds.stale import Reason, StaleDay, tallies, told, told_in_full, told_out_of_reach, why_stale
from chicago_crashes.soda.signatures import EMPTY, Signature
from chicago_crashes.storage.lake_names import VersionName

FETCHED = datetime(2024, 4, 1, 12, 30, tzinfo=UTC)
SIGNED = datetime(2024, 3, 9, 10, tzinfo=UTC)
DIGEST = "0123456789ab" + "c" * 52
RECORD = Record(10, SIGNED, 10, 9, 1, 2, FETCHED, DIGEST, "rules")
SOUND = Account(9, 1, RECORD)
PUBLISHED = Signature(10, SIGNED)
FILE = VersionName("here", FETCHED, DIGEST[:12])
MISSING, TOO_MANY = Reason.ROWS_MISSING, Reason.ROWS_TOO_MANY


def found(
    account: Account = SOUND,
    published: Signature = PUBLISHED,
    newest: VersionName | None = FILE,
    rules: str = "rules",
) -> dict[Reason, str]:
    return why_stale(account, published, newest, rules)


def test_a_sound_day_is_not_stale() -> None:
    assert found() == {}
    assert found(NO_ACCOUNT, EMPTY, None) == {}


@pytest.mark.parametrize(
    ("table", "quarantine", "reasons"),
    [
        (8, 1, {MISSING}),
        (10, 1, {TOO_MANY}),
        (9, 0, {MISSING}),
        (9, 2, {TOO_MANY}),
        (8, 2, {MISSING, TOO_MANY}),
        (10, 0, {MISSING, TOO_MANY}),
        (0, 0, {MISSING}),
    ],
)
def test_table_and_quarantine_are_each_counted(table: int, quarantine: int, reasons: set[Reason]) -> None:
    assert set(found(Account(table, quarantine, RECORD))) == reasons


@pytest.mark.parametrize(
    ("recorded", "reasons"),
    [
        (replace(RECORD, source_rows=11), {MISSING}),
        (replace(RECORD, source_rows=9), {TOO_MANY}),
        (replace(RECORD, raw_rows=9), {MISSING}),
        (replace(RECORD, raw_rows=11), {TOO_MANY}),
    ],
)
def test_a_record_that_never_added_up_is_stale(recorded: Record, reasons: set[Reason]) -> None:
    assert set(found(Account(9, 1, recorded), recorded.signature)) == reasons


def test_a_miscounted_day_is_told_with_all_its_numbers() -> None:
    assert found(Account(8, 1, RECORD)) == {
        MISSING: "8 rows in the table and 1 in quarantine; the load counted 9 and 1, of 10 published"
    }


@pytest.mark.parametrize("published", [Signature(11, SIGNED), Signature(10, SIGNED + timedelta(seconds=1)), EMPTY])
def test_another_signature_is_news(published: Signature) -> None:
    assert set(found(published=published)) == {Reason.PORTAL_CHANGED}


def test_news_are_told_with_both_signatures() -> None:
    says = found(published=EMPTY)[Reason.PORTAL_CHANGED]
    assert says == "0 rows published, 10 rows of 2024-03-09 10:00:00 UTC loaded"


def test_a_day_that_was_never_loaded() -> None:
    assert found(NO_ACCOUNT, Signature(1_200, SIGNED)) == {Reason.NEVER_LOADED: "1,200 rows published"}
    assert set(found(Account(1, 0, None), EMPTY)) == set(found(Account(0, 1, None), EMPTY)) == {TOO_MANY}
    assert set(found(Account(1, 0, None), PUBLISHED)) == {Reason.NEVER_LOADED}


@pytest.mark.parametrize("digest", ["others", None])
def test_other_rules(digest: str | None) -> None:
    assert set(found(Account(9, 1, replace(RECORD, rules_digest=digest)))) == {Reason.OTHER_RULES}


@pytest.mark.parametrize(
    ("newest", "reason"),
    [
        (None, Reason.RAW_FILE_LOST),
        (VersionName("here", FETCHED, "f" * 12), Reason.RAW_FILE_OLDER),
        (VersionName("here", FETCHED - timedelta(days=9), "f" * 12), Reason.RAW_FILE_OLDER),
        (VersionName("here", FETCHED + timedelta(microseconds=1), "f" * 12), Reason.RAW_FILE_NOT_MERGED),
    ],
)
def test_a_file_with_other_rows(newest: VersionName | None, reason: Reason) -> None:
    assert set(found(newest=newest)) == {reason}


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_file_with_the_same_rows_is_the_one_that_was_loaded(days: int) -> None:
    assert found(newest=replace(FILE, fetched_at=FETCHED + timedelta(days=days))) == {}


def test_a_record_without_a_digest_is_of_no_file_that_is_known() -> None:
    assert set(found(Account(9, 1, replace(RECORD, raw_digest=None)))) == {Reason.RAW_FILE_OLDER}


def test_what_is_to_be_mended_is_another_thing_if_the_portal_or_the_count_changes() -> None:
    one, other = StaleDay(PUBLISHED, {MISSING: "1"}), StaleDay(PUBLISHED, {MISSING: "2"})
    assert one.mark != other.mark
    assert one.mark != replace(one, reasons={TOO_MANY: "1"}).mark
    news = {Reason.PORTAL_CHANGED: "x"}
    assert StaleDay(PUBLISHED, news).mark == StaleDay(PUBLISHED, {**news, MISSING: "1"}).mark
    assert StaleDay(PUBLISHED, news).mark != StaleDay(Signature(11, SIGNED), news).mark


def test_which_days_are_only_miscounted() -> None:
    assert StaleDay(PUBLISHED, {MISSING: "", TOO_MANY: ""}).is_only_miscounted
    assert not StaleDay(PUBLISHED, {MISSING: "", Reason.OTHER_RULES: ""}).is_only_miscounted


def test_days_are_told_by_reason_and_the_first_five_by_name() -> None:
    days = [date(2024, 3, day) for day in (7, 3, 1, 4, 5, 6)]
    stale = {day: StaleDay(PUBLISHED, {MISSING: f"{day.day} found"}) for day in days}
    stale[date(2024, 3, 3)] = StaleDay(PUBLISHED, {MISSING: "3 found", Reason.OTHER_RULES: "old"})
    assert {reason: tally.days for reason, tally in tallies(stale).items()} == {Reason.OTHER_RULES: 1, MISSING: 6}
    named = "2024-03-01, 2024-03-03, 2024-03-04, 2024-03-05, 2024-03-06 …"
    assert told(stale) == f"other rules, 1 day: 2024-03-03; rows missing, 6 days: {named}"
    assert told_in_full(stale) == [
        "other rules, 1 day: 2024-03-03 (2024-03-03: old)",
        f"rows missing, 6 days: {named} (2024-03-01: 1 found)",
    ]
    del stale[date(2024, 3, 7)]
    assert told(stale).endswith("5 days: 2024-03-01, 2024-03-03, 2024-03-04, 2024-03-05, 2024-03-06")


def test_rows_that_no_load_removes_are_told_with_their_table() -> None:
    says = told_out_of_reach(CRASHES, {date(2099, 1, 2): 3, date(2099, 1, 1): 1})
    assert "crashes: 4 stored rows lie outside of the days that are loaded (2 days: 2099-01-01, 2099-01-02)" in says
    assert "delete them from crashes or ops.quarantine" in says

"""An incident is told once, to every channel, whatever happens meanwhile; what returns after it was mended is new."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from chicago_crashes.alerts.causes import (
    Failure,
    incident_of,
    record_lost_columns,
    record_refused_token,
    resolve_refused_token,
    review_unknown_columns,
)
from chicago_crashes.alerts.channels import Tone, channels, send
from chicago_crashes.alerts.delivery import MESSAGES_AT_ONCE, TELLER, Told, tell
from chicago_crashes.alerts.incidents import (
    Incident,
    Kind,
    Severity,
    days_in_words,
    digest,
    let_rest,
    mend,
    multirange,
    record,
    resolve,
    untold,
)
from chicago_crashes.alerts.staleness import review_newest, review_polls
from chicago_crashes.feeds.catalogue import CRASHES, PEOPLE, feed_named
from chicago_crashes_tests.alerts.receiver import SECRETS, Receiver, receiving

UI = "http://ui.example:3000/"
DAYS = [date(2024, 3, number) for number in (1, 2, 3, 7)]
NOW = datetime(2024, 3, 20, tzinfo=UTC)

Connection = psycopg.Connection


def an_incident(kind: Kind = Kind.RUN_FAILURE, subject: str = "a cause") -> Incident:
    return Incident(
        kind=kind,
        severity=Severity.HIGH,
        subject=subject,
        cause="The portal said no.",
        remedy="Ask it nicely.",
        feed="crashes",
        days=DAYS,
        step="raw__crashes",
        run_id="a-run",
    )


def told(connection: Connection, *receivers: Receiver) -> Told:
    return tell(connection, channels(" ".join(receiver.url for receiver in receivers)), UI)


@pytest.mark.parametrize("kind", Kind)
def test_an_incident_of_each_kind_arrives_once(connection: Connection, receiver: Receiver, kind: Kind) -> None:
    record(connection, an_incident(kind))
    assert told(connection, receiver) == Told(1, {})
    record(connection, an_incident(kind))
    assert told(connection, receiver) == Told(0, {})
    (message,) = receiver.messages
    assert message["title"].startswith("[high] Chicago Crashes: ")
    assert message["title"].endswith(": crashes, 2024-03-01 to 2024-03-03, 2024-03-07")
    assert message["type"] == "failure"
    for line in (
        "Severity: high",
        "Feed: crashes",
        "Days: 2024-03-01 to 2024-03-03, 2024-03-07",
        "Cause: The portal said no.",
        "What to do: Ask it nicely.",
        "Run: http://ui.example:3000/runs/a-run",
    ):
        assert line in message["message"].splitlines()


def test_one_that_returns_after_it_was_resolved_is_told_again(connection: Connection, receiver: Receiver) -> None:
    incident = an_incident()
    record(connection, incident)
    told(connection, receiver)
    resolve(connection, incident.key)
    told(connection, receiver)
    record(connection, incident)
    told(connection, receiver)
    told(connection, receiver)
    assert [title.split("]")[0] for title in receiver.titles] == ["[high", "[resolved", "[high"]
    assert receiver.messages[1]["type"] == "success"
    assert "What to do" not in receiver.messages[1]["message"]


def test_a_receiver_that_is_down_loses_nothing(
    connection: Connection, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 500
    for subject in ("one", "another"):
        record(connection, an_incident(subject=subject))
    with caplog.at_level(logging.DEBUG):
        outcome = told(connection, receiver)
    assert outcome.messages == 0
    assert "500" in "".join(outcome.failures.values())
    assert "did not reach" in caplog.text
    assert not any(secret in caplog.text or secret in str(outcome) for secret in SECRETS)
    receiver.status = 200
    assert told(connection, receiver) == Told(2, {})
    assert told(connection, receiver) == Told(0, {})
    assert len(receiver.messages) == 2


def test_a_receiver_that_is_gone_holds_up_no_other_and_nothing_is_told_twice(
    connection: Connection, receiver: Receiver
) -> None:
    with receiving() as gone:
        pass
    record(connection, an_incident())
    for _ in range(2):
        outcome = told(connection, gone, receiver)
        assert "127.0.0.1" in "".join(outcome.failures.values())
    assert len(receiver.messages) == 1
    assert [incident.told_at for incident in untold(connection, 5)] == [None]


def test_what_was_resolved_before_it_could_be_told_is_one_message(connection: Connection, receiver: Receiver) -> None:
    record(connection, an_incident())
    resolve(connection, an_incident().key)
    told(connection, receiver)
    told(connection, receiver)
    assert [title.split("]")[0] for title in receiver.titles] == ["[high, resolved meanwhile"]


def test_many_are_told_in_portions_and_all_arrive(connection: Connection, receiver: Receiver) -> None:
    for number in range(MESSAGES_AT_ONCE + 5):
        record(connection, an_incident(subject=f"number {number}"))
    assert told(connection, receiver).messages == MESSAGES_AT_ONCE
    assert told(connection, receiver).messages == 5
    assert len(receiver.messages) == MESSAGES_AT_ONCE + 5


def test_while_another_process_tells_nothing_is_told(
    connection: Connection, receiver: Receiver, module_database_url: str
) -> None:
    record(connection, an_incident())
    with psycopg.connect(module_database_url) as other:
        other.execute("select pg_advisory_lock(%s)", [TELLER])
        assert told(connection, receiver) == Told(0, {})
        other.execute("select pg_advisory_unlock(%s)", [TELLER])
    assert told(connection, receiver) == Told(1, {})


def test_without_channels_an_incident_is_logged_once(connection: Connection, caplog: pytest.LogCaptureFixture) -> None:
    record(connection, an_incident())
    for _ in range(2):
        tell(connection, [], UI)
    (line,) = [entry for entry in caplog.records if "Chicago Crashes" in entry.message]
    assert line.levelname == "ERROR"
    assert "http://ui.example:3000/runs/a-run" in line.message


def test_the_days_of_an_incident_are_mended_one_after_another(connection: Connection, receiver: Receiver) -> None:
    record(connection, an_incident())
    told(connection, receiver)
    mend(connection, days=DAYS[:3], steps=["raw__people"], feeds=["people"])
    mend(connection, days=DAYS[:3], steps=["raw__crashes"], feeds=["crashes"])
    told(connection, receiver)
    assert len(receiver.messages) == 1
    mend(connection, days=[DAYS[3]], steps=["raw__crashes"], feeds=["crashes"])
    told(connection, receiver)
    assert receiver.titles[1] == "[resolved] Chicago Crashes: run failed: crashes, 2024-03-01 to 2024-03-03, 2024-03-07"


def test_days_that_join_an_incident_later_have_to_be_mended_too(connection: Connection) -> None:
    record(connection, replace(an_incident(), days=DAYS[:2]))
    record(connection, replace(an_incident(), days=DAYS[2:3]))
    mend(connection, days=DAYS[:2], steps=["raw__crashes"])
    assert is_open(connection)
    mend(connection, days=DAYS[2:3], steps=["raw__crashes"])
    assert not is_open(connection)


def test_an_incident_without_days_is_mended_by_the_first_success_of_its_step(connection: Connection) -> None:
    record_lost_columns(connection, CRASHES, "The portal no longer publishes a_column of crashes.")
    assert keys(connection) == ["schema_drift/crashes/missing columns"]
    mend(connection, days=DAYS[:1], steps=["raw__people"])
    assert is_open(connection)
    mend(connection, days=DAYS[:1], steps=["raw__crashes"])
    assert not is_open(connection)


def test_a_run_that_was_killed_is_mended_by_all_of_its_feeds(connection: Connection) -> None:
    names = ["crashes", "people"]
    record(connection, incident_of(a_failure("It was killed.", feed=", ".join(names), step=None)))
    mend(connection, days=DAYS, feeds=["crashes"])
    assert is_open(connection)
    mend(connection, days=DAYS, feeds=["people", "crashes"])
    assert not is_open(connection)


def test_what_nobody_noticed_for_long_rests_without_a_word(connection: Connection, receiver: Receiver) -> None:
    record(connection, an_incident())
    told(connection, receiver)
    connection.execute("update ops.incidents set last_seen = now() - interval '31 days'")
    let_rest(connection)
    assert not is_open(connection)
    assert told(connection, receiver) == Told(0, {})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "3 of 5 days failed: 2024-03-01, 2024-03-02 …. It broke at row 17",
            "1 of 9 days failed: 2024-04-01. It broke at row 2",
        ),
        ("Gone after 0x7f3a12bcde", "Gone after 0x7f3a12bcff"),
        ("Run 0a1b2c3d-1111-2222-3333-444455556666 died.", "Run ffffffff-9999-2222-3333-444455556666 died."),
    ],
)
def test_the_same_cause_has_the_same_digest_whatever_its_numbers(first: str, second: str) -> None:
    assert digest(first) == digest(second) != digest("Something else.")


def test_failures_are_sorted_by_what_they_are() -> None:
    shrink = incident_of(a_failure("Much less.", errors={"Failure", "ShrinkError"}))
    gone = incident_of(a_failure("The portal no longer publishes a_column of crashes. Nothing was loaded."))
    refused = incident_of(a_failure("The portal refused it: status 400, query.soql.no-such-column: No such column"))
    passing = incident_of(a_failure("The portal is busy.", may_pass=True))
    lasting = incident_of(a_failure("The code is wrong."))
    assert [incident.kind for incident in (shrink, gone, refused, passing, lasting)] == [
        Kind.SHRINK_GUARD,
        Kind.SCHEMA_DRIFT,
        Kind.SCHEMA_DRIFT,
        Kind.RUN_FAILURE,
        Kind.RUN_FAILURE,
    ]
    assert (passing.severity, lasting.severity) == (Severity.WARNING, Severity.HIGH)


def a_failure(
    message: str,
    *,
    errors: set[str] | None = None,
    may_pass: bool = False,
    feed: str = "crashes",
    step: str | None = "raw__crashes",
) -> Failure:
    return Failure(message, frozenset(errors or ()), may_pass, feed, DAYS, step, "a-run")


@pytest.mark.parametrize(
    ("step", "command"),
    [
        ("raw__crashes", "chicago-crashes refresh"),
        (None, "chicago-crashes refresh"),
        ("layers__wards", "chicago-crashes layer refresh"),
        ("layers__uploaded", "chicago-crashes layer replace NAME FILE"),
        ("areas__location_areas", "chicago-crashes answers"),
        ("marts__area_daily", "chicago-crashes answers"),
    ],
)
def test_the_remedy_names_the_command_that_does_it_again(step: str | None, command: str) -> None:
    failure = Failure("It did not work.", frozenset(), may_pass=True, feed=None, days=[], step=step, run_id="a-run")
    assert f"`{command}`" in incident_of(failure).remedy


def test_unknown_columns_are_one_incident_until_they_are_declared_or_others(connection: Connection) -> None:
    for unknown in (["b", "a"], ["a", "b"], ["a"]):
        review_unknown_columns(connection, CRASHES, unknown, run_id="a-run")
    assert keys(connection) == ["schema_drift/crashes/unknown columns a"]
    review_unknown_columns(connection, PEOPLE, [], run_id="a-run")
    assert is_open(connection)
    review_unknown_columns(connection, CRASHES, [], run_id="a-run")
    assert not is_open(connection)


def test_a_refused_token_is_an_incident_until_it_is_accepted(connection: Connection) -> None:
    for _ in range(3):
        record_refused_token(connection, "The portal refuses our app token.")
    assert [incident.times for incident in untold(connection, 5)] == [3]
    resolve_refused_token(connection)
    assert not is_open(connection)


@pytest.fixture
def with_a_crash(connection: Connection) -> Iterator[None]:
    """The newest crash is of 2024-03-15."""
    connection.execute(
        "insert into crashes (crash_record_id, crash_date, coordinate_status)"
        " values ('x', '2024-03-15 10:00', 'missing')"
    )
    connection.execute(
        "insert into vision_zero_fatalities (fatality_id, crash_date, coordinate_status)"
        " values ('x', '2024-01-15 10:00', 'missing')"
    )
    yield
    connection.execute("truncate crashes, vision_zero_fatalities")


@pytest.mark.usefixtures("with_a_crash")
def test_a_newest_crash_older_than_four_days_is_stale(connection: Connection) -> None:
    review_newest(connection, CRASHES, today=date(2024, 3, 19), is_loading=False)
    assert not is_open(connection)
    review_newest(connection, CRASHES, today=date(2024, 3, 20), is_loading=True)
    assert not is_open(connection)
    review_newest(connection, CRASHES, today=date(2024, 3, 20), is_loading=False)
    assert keys(connection) == ["staleness/crashes/newest row"]
    review_newest(connection, CRASHES, today=date(2024, 3, 18), is_loading=True)
    assert not is_open(connection)


@pytest.mark.usefixtures("with_a_crash")
def test_weeks_without_a_death_and_tables_never_filled_are_not_stale(connection: Connection) -> None:
    for name in ("fatalities", "people"):
        review_newest(connection, feed_named(name), today=date(2024, 3, 20), is_loading=False)
    assert not is_open(connection)


def test_a_last_poll_older_than_four_days_is_stale(connection: Connection) -> None:
    review_polls(connection, NOW - timedelta(days=4), now=NOW)
    assert not is_open(connection)
    review_polls(connection, NOW - timedelta(days=4, seconds=1), now=NOW)
    assert keys(connection) == ["staleness//last poll"]
    review_polls(connection, NOW, now=NOW)
    assert not is_open(connection)


def test_addresses_are_told_apart_and_never_shown() -> None:
    text = (
        " slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#all, tgram://123456789:abcdefg_hijklmnop/12315544/\n"
        "mailto://me:geheimes@example.org?to=a@example.org,b@example.org nosuch://geheimes,"
    )
    found = channels(text)
    assert [channel.name.split("/…")[0].removesuffix("…") for channel in found] == [
        "Slack (slack://T...2",
        "Telegram (tgram://1...p",
        "E-Mail (mailto://example.org",
        "nosuch:/",
    ]
    assert found[2].url.endswith("?to=a@example.org,b@example.org")
    assert not any(secret in repr(found) for secret in ("T1JJ3T3L2", "abcdefg", "geheimes"))
    cause = send(found[3], "a title", "a body", Tone.INFO)
    assert cause is not None
    assert "no address that Apprise knows" in cause
    assert "geheimes" not in cause


def test_no_address_is_no_channel() -> None:
    assert channels("") == channels(" , ") == []


def test_days_are_told_as_people_say_them() -> None:
    assert days_in_words(multirange(DAYS)) == "2024-03-01 to 2024-03-03, 2024-03-07"
    assert days_in_words(None) == ""
    apart = [date(2024, 1, 1) + timedelta(days=2 * number) for number in range(12)]
    assert days_in_words(multirange(apart)).endswith("2024-01-19 and 2 more")


def is_open(connection: Connection) -> bool:
    return bool(keys(connection))


def keys(connection: Connection) -> list[str]:
    """What is open."""
    rows = connection.execute("select key from ops.incidents where resolved_at is null order by key").fetchall()
    return [key for (key,) in rows]

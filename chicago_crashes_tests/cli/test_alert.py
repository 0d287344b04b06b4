"""`alert test` tells the truth about every channel, and shows no secret."""

import pytest

from chicago_crashes_tests.alerts.receiver import SECRETS, receiving
from chicago_crashes_tests.cli.running import run


def test_it_arrives() -> None:
    with receiving() as receiver:
        outcome = run({"CRASHES_ALERT_URLS": receiver.url}, "alert", "test")
    assert outcome.status == 0, outcome
    assert outcome.output == f"JSON (json://127.0.0.1:{receiver.port}/…): arrived\n"
    assert "this channel works" in receiver.titles[0]
    assert "http://localhost:3000" in receiver.messages[0]["message"]


@pytest.mark.parametrize("level", ["error", "debug"])
def test_one_that_does_not_arrive_fails_the_command_and_holds_up_no_other(level: str) -> None:
    with receiving() as gone:
        pass
    with receiving() as refusing, receiving() as working:
        refusing.status = 500
        urls = f"{gone.url}, {refusing.url}\n{working.url},nosuch://{SECRETS[0]}"
        outcome = run({"CRASHES_ALERT_URLS": urls, "CRASHES_LOG_LEVEL": level}, "alert", "test")
    assert outcome.status == 1
    said = [line.split("): ")[-1].split(":")[0] for line in outcome.output.splitlines()]
    assert said == ["did not arrive", "did not arrive", "arrived", "nosuch"]
    assert "error=500" in outcome.output
    assert "3 of 4 channels" in outcome.errors
    assert len(working.messages) == 1
    assert not any(secret in outcome.output + outcome.errors for secret in SECRETS)


def test_without_channels_it_says_how_to_set_them() -> None:
    outcome = run({"CRASHES_ALERT_URLS": ""}, "alert", "test")
    assert outcome.status == 1
    assert "Set CRASHES_ALERT_URLS" in outcome.errors

"""What measures found is kept from one invocation to the next, each with the machine it was taken on."""

from pathlib import Path

from chicago_crashes_bench import stored
from chicago_crashes_bench.growth import Growth
from chicago_crashes_bench.results import Amount, Bar, Kind, Measurement, Unit
from chicago_crashes_bench.stored import Taken

EARLIER = {"date": "2026-01-01", "machine": "two cores"}
LATER = {"date": "2026-02-02", "machine": "two cores"}


def taken(machine: dict[str, str], seconds: float) -> Taken:
    against = Amount(4.0, Unit.SECONDS)
    return Taken(
        machine,
        [
            Measurement(
                "a load", "5 rows", Amount(seconds, Unit.SECONDS), Bar(Kind.AT_MOST_TIMES, 2.0), baseline=against
            )
        ],
        [Growth("a load", [(10, 0.1), (100, 1.0)])],
    )


def test_what_is_stored_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "performance.json"
    assert stored.read(file) == {}
    stored.write(file, {"tables": taken(EARLIER, 6.0)})
    (found,) = stored.read(file)["tables"].measurements
    assert (found.ratio, found.is_met, found.bar_in_words) == (1.5, True, "at most 2 × the baseline")


def test_a_measure_taken_again_replaces_itself_only() -> None:
    before = {"tables": taken(EARLIER, 6.0), "poll": taken(EARLIER, 1.0), "given up": taken(EARLIER, 1.0)}
    after = stored.merged(before, {"poll": taken(LATER, 2.0)}, ["poll", "tables", "never taken"])
    assert {name: each.machine["date"] for name, each in after.items()} == {
        "poll": "2026-02-02",
        "tables": "2026-01-01",
    }
    assert list(after) == ["poll", "tables"]


def test_the_page_says_which_measure_was_taken_when() -> None:
    told = stored.machines({"tables": taken(EARLIER, 6.0), "poll": taken(LATER, 2.0), "fetch": taken(LATER, 2.0)})
    assert told == {"date": "2026-01-01 (tables); 2026-02-02 (poll, fetch)", "machine": "two cores"}

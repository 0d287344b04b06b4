"""The randomised campaign: change the portal, break the way to it, load, kill; then ask whether everything is there.

Everything is drawn from the seed, so the same seed takes the same decisions; when a process is killed or a connection
cut depends on the machine as well.
"""

import contextlib
import io
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import psycopg

from chicago_crashes.cli.commands.accept_shrink import accept_shrink
from chicago_crashes.cli.foreground import days as foreground
from chicago_crashes.errors import CrashesError, ShrinkError
from chicago_crashes.feeds.catalogue import FEEDS
from chicago_crashes.feeds.changes import find_changes
from chicago_crashes.stand_in.serve import RunningPortal
from chicago_crashes_tests.faults.convergence import tables_equal_portal
from chicago_crashes_tests.platform import platform
from chicago_crashes_tests.soak.agreement import agreements
from chicago_crashes_tests.soak.breaking import Breaker
from chicago_crashes_tests.soak.changing import City, synthetic_portal
from chicago_crashes_tests.soak.loads import APPLICATION, desk, look, refresh, refusals, started_elsewhere
from chicago_crashes_tests.soak.trials import TRIALS, Trial
from chicago_crashes_tests.soak.vandal import Deed, Vandal, unmended

FIRST, LAST = date(2024, 3, 1), date(2024, 3, 20)
COMMAND = Path(sys.executable).with_name("chicago-crashes")

MOST_CHANGES = 4
MOST_ACCEPTANCES = 4
SPOILT, REFUSED = 0.5, 0.25
"""The shares of rounds in which something of ours is spoilt, and in which something must be refused."""
SECONDS_TO_END = 120.0
UNFINISHED = ".unfinished"

PLAIN, MOVING, TWICE, KILLED, CUT = "plain", "moving", "twice", "killed", "cut off"
DAGSTER, DAGSTER_KILLED = "dagster", "dagster killed"
BELOW_DAGSTER = {PLAIN: 5, MOVING: 5, TWICE: 3, KILLED: 3, CUT: 3}
THROUGH_DAGSTER = {DAGSTER: 1.0, DAGSTER_KILLED: 1.0}


class SoakError(AssertionError):
    """Tables and portal differ after everything calmed down."""


@dataclass
class Totals:
    """What a campaign did and found."""

    rounds: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    connections_cut: int = 0
    failed_loads: int = 0
    shrinks_accepted: int = 0
    requests: int = 0
    rows_compared: int = 0
    missing: int = 0
    extra: int = 0
    stale: int = 0
    unaccounted: int = 0
    unwarned: int = 0
    deeds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unfinished_left_by_kills: int = 0

    def __str__(self) -> str:
        return (
            f"rounds {self.rounds}: {_told(self.ways)}\n"
            f"changes {sum(self.changes.values())}: {_told(self.changes)}\n"
            f"faults {sum(self.faults.values())}: {_told(self.faults)}\n"
            f"spoilt {sum(self.deeds.values())}: {_told(self.deeds)}\n"
            f"refused until mended {sum(self.refused.values())}: {_told(self.refused)}\n"
            f"processes killed {self.kills}, connections cut {self.connections_cut}, "
            f"loads that failed {self.failed_loads}, shrinks accepted {self.shrinks_accepted}, "
            f"unfinished files left by kills {self.unfinished_left_by_kills}, requests {self.requests:,}\n"
            f"rows compared {self.rows_compared:,}, missing {self.missing}, extra {self.extra}, stale {self.stale}, "
            f"unaccounted {self.unaccounted}, unwarned {self.unwarned}"
        )


def _told(counts: dict[str, int] | Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items(), key=lambda item: -item[1]))


def run_campaign(
    *, rounds: int, seed: int, database_url: str, folder: Path, say: Callable[[str], None], through_dagster: bool
) -> Totals:
    """Run so many rounds against an empty, migrated database.

    Raises:
        SoakError: after a round the tables did not hold what the portal publishes; it says which seed and round.
    """
    store = synthetic_portal(FIRST, LAST, seed)
    with platform(store, database_url, folder, start=FIRST) as running:
        rng = Random(seed)  # noqa: S311 - to be drawn again from the same seed
        city = City(store, FIRST, LAST, rng)
        breaker = Breaker(running.portal, rng)
        campaign = _Campaign(city, breaker, running.portal, database_url, folder / "raw", rng, through_dagster)
        for number in range(1, rounds + 1):
            try:
                say(campaign.round(number))
            except Exception as error:
                raise SoakError(f"seed {seed}, round {number} of {rounds}: {error}") from error
        campaign.totals.changes = dict(city.done)
        campaign.totals.faults = breaker.struck
        campaign.totals.requests = len(running.portal.requests)
        return campaign.totals


class _Campaign:
    def __init__(
        self,
        city: City,
        breaker: Breaker,
        portal: RunningPortal,
        database_url: str,
        lake: Path,
        rng: Random,
        through_dagster: bool,
    ) -> None:
        self.totals = Totals()
        self._city = city
        self._breaker = breaker
        self._portal = portal
        self._database_url = database_url
        self._lake = lake
        self._rng = rng
        ways = BELOW_DAGSTER | (THROUGH_DAGSTER if through_dagster else {})
        self._ways = {
            way: (run, ways[way])
            for way, run in {
                PLAIN: self._load,
                MOVING: self._load_while_it_changes,
                TWICE: self._load_twice,
                KILLED: self._load_and_kill,
                CUT: self._load_and_cut,
                DAGSTER: self._load_through_dagster,
                DAGSTER_KILLED: self._load_through_dagster_and_kill,
            }.items()
            if way in ways
        }

    def round(self, number: int) -> str:
        """Change, break, load, mend, refresh, compare; what happened, in a line."""
        started = time.monotonic()
        history = self._history()
        self._city.begin_round()
        old = self._city.store.copy() if self._rng.random() < 0.4 else None
        changes = [self._city.change() for _ in range(self._rng.randint(1, MOST_CHANGES))]
        (way,) = self._rng.choices(list(self._ways), [weight for _, weight in self._ways.values()])
        faults = self._breaker.break_something(old, is_patient=way in THROUGH_DAGSTER)
        before = self.totals.kills, self.totals.connections_cut
        deed = self._spoil() if self._rng.random() < SPOILT else None
        self._ways[way][0]()
        self._breaker.mend()
        self._settle()
        rows = self._compare(history)
        if deed is not None:
            self._require_told([f"{deed.kind}: {what}" for what in unmended(deed)])
        if self._rng.random() < REFUSED:
            history = self._history()
            changes.append(self._be_refused())
            self._settle()
            rows += self._compare(history)
        if old is not None:
            old.close()
        self._count_unfinished(was_killed=(self.totals.kills, self.totals.connections_cut) != before)
        self.totals.rounds += 1
        self.totals.ways[way] += 1
        return (
            f"round {number:3}  {way:14}  changes: {', '.join(changes)}  faults: {', '.join(faults) or 'none'}  "
            f"{f'spoilt: {deed.kind} of {deed.feed.name}  ' if deed else ''}"
            f"{rows:,} rows equal  {time.monotonic() - started:.1f} s"
        )

    # --- what is spoilt, and what must be refused -------------------------------------------------------------------

    def _spoil(self) -> Deed | None:
        """Spoil something of ours; it must show before anything is loaded."""
        with desk(self._database_url, self._portal.url, str(self._lake)) as at:
            days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
            deed = Vandal(at.connection, at.lake, days, self._rng).spoil()
            if deed is None:
                return None
            self.totals.deeds[deed.kind] += 1
            if deed.must_be_told:
                self._breaker.lift()
                stale = find_changes(at.portal, at.connection, at.lake, deed.feed, FIRST, LAST).stale
                self._breaker.strike()
                unseen = sorted(deed.must_be_told - stale.keys())
                self._require_told([f"{deed.kind} of {deed.feed.name}: {day} is not stale" for day in unseen])
        return deed

    def _require_told(self, untold: Sequence[str]) -> None:
        self.totals.unwarned += len(untold)
        if untold:
            raise SoakError("\n".join(untold))

    def _be_refused(self) -> str:
        """Publish what must not be loaded, prove that it is refused and told, and let the portal recover."""
        trial = self._rng.choice(list(TRIALS))
        feed = self._rng.choice(FEEDS[:3])
        with desk(self._database_url, self._portal.url, str(self._lake)) as at:
            self._require_told(TRIALS[trial](Trial(at, self._city, feed, self._rng, FIRST, LAST, self._accept)))
        self.totals.refused[trial] += 1
        return trial

    # --- the ways to load -------------------------------------------------------------------------------------------

    def _load(self) -> None:
        """One load; whatever becomes of it, nothing may be wrong afterwards that a refresh does not mend."""
        try:
            with desk(self._database_url, self._portal.url, str(self._lake)) as at:
                failures: Sequence[Exception] = refresh(at, FIRST, LAST, run_id="soak")
        except (CrashesError, psycopg.OperationalError) as error:
            failures = [error]
        if failures:
            self.totals.failed_loads += 1

    def _load_while_it_changes(self) -> None:
        load = _in_thread(self._load)
        for _ in range(self._rng.randint(1, 4)):
            self._wait_for_requests(self._rng.randint(1, 5), lambda: not load.is_alive())
            self._city.small_change()
        _joined(load)

    def _load_twice(self) -> None:
        loads = [_in_thread(self._load), _in_thread(self._load)]
        for load in loads:
            _joined(load)

    def _load_and_cut(self) -> None:
        load = _in_thread(self._load)
        for _ in range(self._rng.randint(1, 3)):
            self._wait_for_requests(self._rng.randint(1, 10), lambda: not load.is_alive())
            threading.Event().wait(self._rng.uniform(0, 0.1))
            self.totals.connections_cut += self._cut_connections()
        _joined(load)

    def _load_and_kill(self) -> None:
        process = started_elsewhere(self._database_url, self._portal.url, str(self._lake), FIRST, LAST)
        self._wait_for_requests(self._rng.randint(1, 14), lambda: not process.is_alive())
        threading.Event().wait(self._rng.uniform(0, 0.15))
        self.totals.kills += process.is_alive()
        process.kill()
        process.join(SECONDS_TO_END)

    def _load_through_dagster(self) -> None:
        outcome = self._refreshed_through_dagster()
        if isinstance(outcome, CrashesError) or not outcome.succeeded:
            self.totals.failed_loads += 1

    def _load_through_dagster_and_kill(self) -> None:
        process = subprocess.Popen([COMMAND, "refresh"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait_for_requests(self._rng.randint(5, 20), lambda: process.poll() is not None)
        threading.Event().wait(self._rng.uniform(0, 0.5))
        self.totals.kills += process.poll() is None
        process.kill()
        process.wait(SECONDS_TO_END)
        self._breaker.mend()
        again = subprocess.run(
            [COMMAND, "refresh"], capture_output=True, text=True, check=False, timeout=SECONDS_TO_END
        )
        if again.returncode and "accept-shrink" not in again.stdout + again.stderr:
            raise SoakError(f"a refresh after a killed one failed: {again.stdout} {again.stderr}")

    def _refreshed_through_dagster(self) -> foreground.Refreshed | CrashesError:
        try:
            return foreground.refresh([], lambda _steps: contextlib.nullcontext(lambda _step: None))
        except CrashesError as error:
            return error

    def _wait_for_requests(self, count: int, is_over: Callable[[], bool]) -> None:
        wanted, deadline = len(self._portal.requests) + count, time.monotonic() + SECONDS_TO_END
        while len(self._portal.requests) < wanted and not is_over() and time.monotonic() < deadline:
            time.sleep(0.002)

    def _cut_connections(self) -> int:
        with psycopg.connect(self._database_url) as connection:
            found = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s", [APPLICATION]
            )
            return len(found.fetchall())

    # --- afterwards -------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """One refresh, and more only after somebody accepted that the portal shrank."""
        for _ in range(MOST_ACCEPTANCES):
            with desk(self._database_url, self._portal.url, str(self._lake)) as at:
                failures = refresh(at, FIRST, LAST, run_id="soak, in peace")
                refused = refusals(failures)
                if not refused:
                    still_stale = {change.feed.name: list(change.stale) for change in look(at, FIRST, LAST)}
                    if failures or any(still_stale.values()):
                        raise SoakError(f"in peace, a refresh failed: {failures}; stale: {still_stale}")
                    return
            for refusal in refused:
                self._accept(refusal)
        raise SoakError(f"the shrink guard still refuses what was accepted {MOST_ACCEPTANCES} times: {refused}")

    def _accept(self, refusal: ShrinkError) -> None:
        """Do what the refusal says to do."""
        told = re.search(r"accept-shrink (\S+) (\S+) (\S+) --reason", str(refusal))
        if told is None:
            raise SoakError(f"the refusal does not say how to accept: {refusal}")
        feed, first, last = told.groups()
        with contextlib.redirect_stdout(io.StringIO()):
            accept_shrink(feed, datetime.fromisoformat(first), datetime.fromisoformat(last), "the soak meant it")
        self.totals.shrinks_accepted += 1

    def _compare(self, history: tuple[int, int]) -> int:
        with psycopg.connect(self._database_url) as connection:
            found = agreements(connection, self._city.store, FIRST, LAST)
            kept = connection.execute(
                "select count(*) from ops.history where history_id <= %s", [history[0]]
            ).fetchall()
        rows = sum(agreement.rows for agreement in found)
        self.totals.rows_compared += rows
        self.totals.missing += sum(agreement.missing for agreement in found)
        self.totals.extra += sum(agreement.extra for agreement in found)
        self.totals.stale += sum(agreement.stale for agreement in found)
        self.totals.unaccounted += sum(agreement.unaccounted for agreement in found)
        if differences := [told for agreement in found for told in agreement.differences]:
            raise SoakError("\n".join(differences))
        with psycopg.connect(self._database_url) as connection:
            tables_equal_portal(connection, self._city.store, FIRST, LAST)
        if kept != [(history[1],)]:
            raise SoakError(f"history lost rows: {history[1]} before, {kept} of them after")
        return rows

    def _history(self) -> tuple[int, int]:
        """The newest entry of the history, and how many there are."""
        with psycopg.connect(self._database_url) as connection:
            ((newest, count),) = connection.execute(
                "select coalesce(max(history_id), 0), count(*) from ops.history"
            ).fetchall()
        return newest, count

    def _count_unfinished(self, *, was_killed: bool) -> None:
        """Only a process that was killed in the middle of a write may leave an unfinished file; nobody reads it."""
        found = list(self._lake.rglob(f".*{UNFINISHED}"))
        new = len(found) - self.totals.unfinished_left_by_kills
        if new and not was_killed:
            raise SoakError(f"unfinished files in the lake: {found}")
        self.totals.unfinished_left_by_kills = len(found)


def _in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _joined(thread: threading.Thread) -> None:
    thread.join(SECONDS_TO_END)
    if thread.is_alive():
        raise SoakError(f"a load did not end within {SECONDS_TO_END:g} s")

"""What must not be loaded: each trial publishes it, proves that it is refused and told, and lets the portal recover."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from psycopg import sql

from chicago_crashes.errors import CrashesError, ShrinkError
from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.stand_in import mutations
from chicago_crashes_tests.soak.changing import KEY_COLUMNS, City
from chicago_crashes_tests.soak.loads import Desk, refresh, refusals

LOST = 0.3
FEW = 20
"""So few rows may go before the guard speaks: some stale days are loaded before the loss is known to be large."""


@dataclass(frozen=True)
class Trial:
    """A feed that is put to the test, and what is needed for it. `accept` does what a refusal says to do."""

    at: Desk
    city: City
    feed: Feed
    rng: Random
    first: date
    last: date
    accept: Callable[[ShrinkError], None]

    def refreshed(self) -> list[CrashesError]:
        """Why a refresh did not load everything."""
        try:
            return refresh(self.at, self.first, self.last, run_id="trial")
        except CrashesError as error:
            return [error]

    def rows(self) -> int:
        """How many rows the table holds."""
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(self.feed.table))
        ((count,),) = self.at.connection.execute(query).fetchall()
        return int(count)

    def amend_one(self) -> None:
        """A reason to load."""
        row = mutations.content(self.city.store, self.feed).row(0, named=True)
        mutations.amend(self.city.store, self.feed, {":id": row[":id"]}, {self.feed.columns[-1].name: None})

    def shrink(self, share: float) -> Callable[[], None]:
        """Lose a share of the feed; what is returned gives it back."""
        store, feed = self.city.store, self.feed
        lost = mutations.shrink(store, feed, share, self.rng.randrange(2**31))
        return lambda: mutations.restore(store, feed, lost)


def lost_column(trial: Trial) -> list[str]:
    """A declared column has another name for a while."""
    kept = {*trial.feed.key, trial.feed.date}
    name = trial.rng.choice([name for name in trial.feed.column_names if name not in kept])
    before = trial.rows()
    trial.amend_one()
    mutations.rename_column(trial.city.store, trial.feed, name, "renamed")
    failures = trial.refreshed()
    mutations.rename_column(trial.city.store, trial.feed, "renamed", name)
    return [
        *([] if any(name in str(failure) for failure in failures) else [f"nobody told that {name} is lost"]),
        *([] if trial.rows() == before else ["rows went with the column"]),
    ]


def nulled_keys(trial: Trial) -> list[str]:
    """A third of the keys are null for a while: those rows would leave the table for quarantine."""
    store, feed = trial.city.store, trial.feed
    whole = store.rows(feed.dataset_id)
    before = trial.rows()
    ids = whole.sample(round(whole.height * LOST), seed=trial.rng.randrange(2**31))[":id"]
    for row_id in ids:
        mutations.amend(store, feed, {":id": row_id}, {KEY_COLUMNS[feed.name]: None})
    failures = trial.refreshed()
    left = trial.rows()
    mutations.take_back(store, feed, whole)
    return [
        *([] if failures else [f"nobody told that {ids.len()} rows of {feed.name} lost their key"]),
        *([] if before - left <= FEW else [f"{before - left} rows of {feed.name} left the table for quarantine"]),
    ]


def accepted_once(trial: Trial) -> list[str]:
    """A loss is accepted, and mended; then a smaller one comes, which nobody has accepted."""
    untold = []
    give_back = trial.shrink(LOST)
    refused = refusals(trial.refreshed())
    if not refused:
        untold.append("the first loss was not refused")
    for refusal in refused:
        trial.accept(refusal)
    untold += [f"what was accepted was refused: {failure}" for failure in trial.refreshed()]
    give_back()
    untold += [f"what came back was refused: {failure}" for failure in trial.refreshed()]
    give_back = trial.shrink(LOST - 0.02)
    before = trial.rows()
    if not refusals(trial.refreshed()):
        untold.append("an acceptance that was spent let another loss pass")
    if before - trial.rows() > FEW:
        untold.append("rows were withdrawn that nobody gave up")
    give_back()
    return untold


TRIALS: dict[str, Callable[[Trial], list[str]]] = {
    "lost column": lost_column,
    "nulled keys": nulled_keys,
    "accepted once": accepted_once,
}

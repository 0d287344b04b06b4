"""Why a day is stale: every way in which what is loaded of it may differ from what should be.

The reasons are declared here, and every command, check and sensor tells them by these names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.feeds.reading import Account, Record
from chicago_crashes.soda.signatures import EMPTY, Signature
from chicago_crashes.storage.lake_names import VersionName
from chicago_crashes.words import counted

DAYS_NAMED = 5


class Reason(StrEnum):
    """What is not as it should be of a day."""

    NEVER_LOADED = "never_loaded"
    PORTAL_CHANGED = "portal_changed"
    OTHER_RULES = "other_rules"
    ROWS_MISSING = "rows_missing"
    ROWS_TOO_MANY = "rows_too_many"
    RAW_FILE_LOST = "raw_file_lost"
    RAW_FILE_OLDER = "raw_file_older"
    RAW_FILE_NOT_MERGED = "raw_file_not_merged"

    @property
    def words(self) -> str:
        """The reason as people read it."""
        return self.value.replace("_", " ")


NEWS = frozenset({Reason.NEVER_LOADED, Reason.PORTAL_CHANGED})
"""The portal has something else than we loaded."""

COUNTED = frozenset({Reason.ROWS_MISSING, Reason.ROWS_TOO_MANY})
"""The database does not hold what was loaded into it."""

RAW_FILES = frozenset({Reason.RAW_FILE_LOST, Reason.RAW_FILE_OLDER, Reason.RAW_FILE_NOT_MERGED})
"""The raw lake does not hold what was loaded from it."""

FAULTS = COUNTED | {Reason.RAW_FILE_LOST, Reason.RAW_FILE_OLDER}
"""What never happens by itself: somebody or something took or put rows or files."""


@dataclass(frozen=True, slots=True)
class StaleDay:
    """A stale day: the signature the portal gives now, and for each reason what was found and what was expected."""

    published: Signature
    reasons: Mapping[Reason, str]

    @property
    def mark(self) -> str:
        """Names what is to be mended: it stays the same as long as loading the day mends nothing.

        While the portal has news, these are all that matters: loading them counts and cleans the day anew, too.
        """
        if NEWS & self.reasons.keys():
            return f"{self.published.rows} {self.published.updated_at}"
        return "; ".join(f"{reason}: {found}" for reason, found in self.reasons.items())

    @property
    def is_only_miscounted(self) -> bool:
        """Whether nothing but its counts is wrong, which nobody but ourselves can mend."""
        return self.reasons.keys() <= COUNTED


Stale = Mapping[date, StaleDay]


def why_stale(account: Account, published: Signature, newest: VersionName | None, rules: str) -> dict[Reason, str]:
    """Everything that is not as it should be of a day, each with what was found.

    Args:
        account: what was recorded of the day, and what is counted of it.
        published: the signature the portal gives now.
        newest: the newest raw file of the day in the lake.
        rules: the digest of the rules by which rows are cleaned now.
    """
    if account.recorded is None:
        return dict(_of_a_day_never_loaded(account, published))
    return dict(_of_a_loaded_day(account.recorded, account, published, newest, rules))


def _of_a_day_never_loaded(account: Account, published: Signature) -> Iterator[tuple[Reason, str]]:
    if published != EMPTY:
        yield Reason.NEVER_LOADED, f"{counted(published.rows, 'row')} published"
    elif account.table_rows or account.quarantined_rows:
        yield Reason.ROWS_TOO_MANY, _counted(account)


def _of_a_loaded_day(
    recorded: Record, account: Account, published: Signature, newest: VersionName | None, rules: str
) -> Iterator[tuple[Reason, str]]:
    if published != recorded.signature:
        yield Reason.PORTAL_CHANGED, f"{_signature(published)} published, {_signature(recorded.signature)} loaded"
    if recorded.rules_digest != rules:
        yield Reason.OTHER_RULES, f"{(recorded.rules_digest or 'none')[:8]} recorded, {rules[:8]} now"
    yield from _of_counts(recorded, account)
    yield from of_raw_file(recorded, newest)


def _of_counts(recorded: Record, account: Account) -> Iterator[tuple[Reason, str]]:
    """Table and quarantine are each compared with what the load recorded: one short and one over are two faults."""
    differences = (
        account.table_rows - recorded.table_rows,
        account.quarantined_rows - recorded.quarantined_rows,
        account.stored_rows - recorded.source_rows,
        recorded.raw_rows - recorded.source_rows,
    )
    says = (
        f"{_counted(account)}; the load counted {recorded.table_rows:,} and {recorded.quarantined_rows:,}, of "
        f"{recorded.source_rows:,} published"
    )
    if min(differences) < 0:
        yield Reason.ROWS_MISSING, says
    if max(differences) > 0:
        yield Reason.ROWS_TOO_MANY, says


def of_raw_file(recorded: Record, newest: VersionName | None) -> Iterator[tuple[Reason, str]]:
    """What is wrong with the newest raw file of a loaded day: it is not there, or has other rows than were loaded."""
    loaded = f"loaded from one of {_moment(recorded.fetched_at)}"
    if newest is None:
        yield Reason.RAW_FILE_LOST, loaded
    elif not holds_what_was_loaded(newest, recorded):
        is_newer = newest.fetched_at > recorded.fetched_at
        reason = Reason.RAW_FILE_NOT_MERGED if is_newer else Reason.RAW_FILE_OLDER
        yield reason, f"the newest is of {_moment(newest.fetched_at)}, {loaded}"


def holds_what_was_loaded(newest: VersionName, recorded: Record) -> bool:
    """Whether a raw file has the rows the day was merged from, whenever it was fetched."""
    return recorded.raw_digest is not None and recorded.raw_digest.startswith(newest.digest_prefix)


def _counted(account: Account) -> str:
    return f"{counted(account.table_rows, 'row')} in the table and {account.quarantined_rows:,} in quarantine"


def _signature(signature: Signature) -> str:
    of = f" of {_moment(signature.updated_at)}" if signature.updated_at else ""
    return f"{counted(signature.rows, 'row')}{of}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many days are stale for a reason, the first of them, and what was found of the very first."""

    days: int
    first_days: tuple[date, ...]
    found: str

    def __str__(self) -> str:
        named = ", ".join(map(str, self.first_days)) + (" …" if self.days > len(self.first_days) else "")
        return f"{counted(self.days, 'day')}: {named}"


def tallies(stale: Stale) -> dict[Reason, Tally]:
    """The stale days by reason; a day that is stale for several counts for each."""
    found = {}
    for reason in Reason:
        days = sorted(day for day, each in stale.items() if reason in each.reasons)
        if days:
            found[reason] = Tally(len(days), tuple(days[:DAYS_NAMED]), stale[days[0]].reasons[reason])
    return found


def told(stale: Stale) -> str:
    """How many days are stale for which reason, and the first of them."""
    return "; ".join(f"{reason.words}, {tally}" for reason, tally in tallies(stale).items())


def told_in_full(stale: Stale) -> list[str]:
    """For each reason how many days are stale, the first of them, and what was found of the very first."""
    return [
        f"{reason.words}, {tally} ({tally.first_days[0]}: {tally.found})" for reason, tally in tallies(stale).items()
    ]


def told_out_of_reach(feed: Feed, rows: Mapping[date, int]) -> str:
    """That rows are stored on days no load covers, and what a person does about it."""
    days = Tally(len(rows), tuple(sorted(rows)[:DAYS_NAMED]), "")
    return (
        f"{feed.name}: {sum(rows.values()):,} stored rows lie outside of the days that are loaded ({days}), so no load "
        f"removes them. Unless CRASHES_START_DATE is wrong, delete them from {feed.table} or ops.quarantine by hand."
    )


def told_unwatched(feed: Feed, rows: Mapping[date, int]) -> str:
    """That loaded days lie outside of those that are looked at, and what that means."""
    days = Tally(len(rows), tuple(sorted(rows)[:DAYS_NAMED]), "")
    return (
        f"{feed.name}: {sum(rows.values()):,} stored rows are of days that were loaded when CRASHES_START_DATE was "
        f"earlier ({days}). What the portal changes of them stays unseen, and of rows that share a key with them, "
        "these are stored if they are newer. Set CRASHES_START_DATE back to keep them up to date."
    )

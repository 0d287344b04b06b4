"""One export into the raw lake and its table: read, refuse, sort by month, store day by day, merge.

Every row that is read is accounted for: it is stored in the lake, or refused, or held already, because it or its day
was fetched from the portal, whose own answer is the better one. The account is checked at the end.

Rows that share a key are stored in the lake, all of them, as those of the portal are. Which of them is loaded, and
which are in quarantine for it, is for cleaning and merging to say.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import polars as pl
from psycopg import Connection

from chicago_crashes.errors import CrashesError, PermanentError, TransientError
from chicago_crashes.feeds.catalogue import SYSTEM_FIELDS, Feed
from chicago_crashes.feeds.importing.files import ExportFile, open_regular
from chicago_crashes.feeds.importing.judging import DAY, LINE, Kept, judge, key_columns, typed
from chicago_crashes.feeds.importing.quarantine import Recorded, RefusalFile, record
from chicago_crashes.feeds.importing.records import Row, read_records
from chicago_crashes.feeds.importing.refusals import Reason, Refusal
from chicago_crashes.feeds.importing.spool import Spool
from chicago_crashes.feeds.importing.stored_keys import IMPORTED_BY, days_from_the_portal, rows_from_the_portal
from chicago_crashes.feeds.ingest import LoadedDay, load_days
from chicago_crashes.feeds.merge import DayCounts
from chicago_crashes.feeds.raw_files import newest_known
from chicago_crashes.feeds.records import recorded_signatures
from chicago_crashes.feeds.shrink import FEED_MAY_LOSE, FEWEST_ROWS, losses
from chicago_crashes.soda.download import DayFailure
from chicago_crashes.soda.reconcile import signature_of
from chicago_crashes.soda.signatures import Signature
from chicago_crashes.storage.lake import DayFile, Lake
from chicago_crashes.words import counted

ROWS_A_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class ImportedDay:
    """A day that is in the lake and in the table, as the file has it."""

    day: date
    file: DayFile
    is_new_version: bool
    counts: DayCounts


@dataclass(slots=True)
class FileOutcome:
    """What became of a file.

    `days_held` were fetched from the portal before; `rows_held` are their rows, and those whose crash the portal has
    moved to such a day.
    """

    rows_read: int = 0
    rows_stored: int = 0
    rows_held: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    new_refusals: int = 0
    days: set[date] = field(default_factory=set)
    days_held: int = 0
    new_versions: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    recleaned: int = 0
    quarantined: int = 0
    repaired: int = 0
    failures: list[DayFailure] = field(default_factory=list)

    @property
    def changed_nothing(self) -> bool:
        """Whether the lake, the table and the quarantine are as they were before."""
        written = self.inserted or self.updated or self.withdrawn or self.recleaned
        return not (self.new_versions or written or self.new_refusals)

    @property
    def is_accounted_for(self) -> bool:
        """Whether every row that was read is stored, refused or held."""
        return self.rows_read == self.rows_stored + self.refused.total() + self.rows_held


OnBytes = Callable[[int], None]
"""Called with how many bytes of the file are read."""

OnDays = Callable[[Sequence[ImportedDay]], None]
"""Called with days that are in the table, a month's at a time."""


def import_file(
    connection: Connection,
    lake: Lake,
    export: ExportFile,
    kept: Kept,
    *,
    taken: Mapping[date, str],
    on_bytes: OnBytes,
    on_days: OnDays,
) -> FileOutcome:
    """Import one export. Doing it again changes nothing.

    Args:
        connection: a connection outside a transaction.
        lake: the raw lake.
        export: the file.
        kept: rows of other days are refused.
        taken: the days other files of the feed brought a moment ago, with the name of the file.
        on_bytes: for a progress bar.
        on_days: told of days as soon as they are in the table.

    Raises:
        PermanentError: the file was refused; nothing of it was imported.
        TransientError: the disk is full or the lake does not answer; whole days were imported, or nothing.
    """
    outcome = FileOutcome()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="chicago-crashes-import-") as folder,
            Spool(Path(folder)) as spool,
            RefusalFile(Path(folder) / "refusals") as refusals,
        ):
            _read(export, kept, outcome, spool, refusals, on_bytes)
            _require_days_of_its_own(export, spool.rows_by_day, taken)
            sharing = spool.days_sharing_keys()
            held = days_from_the_portal(connection, lake, export.feed, sorted(spool.rows_by_day))
            _require_no_shrink(connection, export, spool.rows_by_day, held)
            imported: dict[date, ImportedDay] = {}
            for month in spool.months:
                days = _import_month(connection, lake, export, spool.month(month), held, outcome)
                on_days(days)
                imported.update((day.day, day) for day in days if day.day in sharing)
            on_days(_merged_since(connection, lake, export, imported, outcome))
            recorded = record(connection, export.feed, export.name, refusals)
    except OSError as error:
        raise TransientError(
            f"{export.path} could not be imported to its end: {error}. The days imported so far are whole. Make room "
            "(temporary files are in TMPDIR, the raw lake in CRASHES_RAW_URL), then import it again."
        ) from error
    outcome.new_refusals = recorded.new
    _require_account(export, outcome, recorded)
    return outcome


def _read(
    export: ExportFile, kept: Kept, outcome: FileOutcome, spool: Spool, refusals: RefusalFile, on_bytes: OnBytes
) -> None:
    with open_regular(export.path) as file:
        for batch in _batches(file, len(export.columns)):
            rows = [record for record in batch if isinstance(record, Row)]
            refused = [record for record in batch if isinstance(record, Refusal)]
            if rows:
                judged = judge(export.feed, export.columns, rows, kept)
                spool.add(judged.rows)
                refused.extend(judged.refused)
            _refuse(refused, outcome, refusals)
            outcome.rows_read += len(batch)
            on_bytes(file.tell())
    spool.close()


def _batches(file: BinaryIO, width: int) -> Iterator[list[Row | Refusal]]:
    records = read_records(file, width)
    while batch := list(islice(records, ROWS_A_BATCH)):
        yield batch


def _refuse(refused: Sequence[Refusal], outcome: FileOutcome, refusals: RefusalFile) -> None:
    outcome.refused.update(refusal.reason for refusal in refused)
    refusals.add(refused)


def _import_month(
    connection: Connection,
    lake: Lake,
    export: ExportFile,
    rows: pl.DataFrame,
    held: set[date],
    outcome: FileOutcome,
) -> list[ImportedDay]:
    """Store the days of a month and merge them into the table; days that are held already are counted only."""
    run_id = IMPORTED_BY + export.name
    outcome.days_held += rows.filter(pl.col(DAY).is_in(list(held)))[DAY].n_unique()
    others = rows.filter(~pl.col(DAY).is_in(list(held)))
    imports = others.filter(~rows_from_the_portal(connection, export.feed, others))
    outcome.rows_held += rows.height - imports.height
    stored: dict[date, tuple[DayFile, bool]] = {}
    parts = sorted(imports.partition_by(DAY, as_dict=True, include_key=False).items())
    known = newest_known(connection, lake, export.feed, [day for (day,), _ in parts])
    for (day,), part in parts:
        rows_of_day = _as_stored(export.feed, part)
        stored[day] = lake.write(
            export.feed,
            day,
            rows_of_day,
            source_updated_at=signature_of(rows_of_day).updated_at,
            fetched_at=datetime.now(UTC),
            run_id=run_id,
            not_before=known.get(day),
        )
        outcome.rows_stored += stored[day][0].rows
        outcome.new_versions += stored[day][1]
    imported = []
    for result in load_days(connection, lake, export.feed, list(stored), run_id=run_id):
        if isinstance(result, DayFailure):
            outcome.failures.append(result)
        else:
            imported.append(ImportedDay(result.day, *stored[result.day], result.counts))
            _count(outcome, result)
            if not result.counts.reconciled:
                outcome.failures.append(DayFailure(result.day, _unreconciled(export, result)))
    return imported


def _merged_since(
    connection: Connection,
    lake: Lake,
    export: ExportFile,
    imported: Mapping[date, ImportedDay],
    outcome: FileOutcome,
) -> list[ImportedDay]:
    """Those of the days that a later month has taken a row from, with what is in table and quarantine of them now."""
    changed = []
    for result in load_days(connection, lake, export.feed, sorted(imported), run_id=IMPORTED_BY + export.name):
        if isinstance(result, DayFailure):
            outcome.failures.append(result)
            continue
        day = imported[result.day]
        counts = _since(day.counts, result.counts)
        if not counts.reconciled:
            outcome.failures.append(DayFailure(result.day, _unreconciled(export, replace(result, counts=counts))))
        if counts != day.counts:
            changed.append(replace(day, counts=counts))
            outcome.quarantined += counts.quarantined - day.counts.quarantined
            outcome.repaired += counts.repaired - day.counts.repaired
    return changed


def _since(first: DayCounts, now: DayCounts) -> DayCounts:
    """What an import wrote of a day, and how the day is now."""
    return replace(first, table_rows=now.table_rows, quarantined=now.quarantined, repaired=now.repaired)


def _unreconciled(export: ExportFile, loaded: LoadedDay) -> PermanentError:
    counts = loaded.counts
    return PermanentError(
        f"{export.feed.name} {loaded.day}: of {counted(counts.raw_rows, 'row')} of {export.name} in the raw lake, "
        f"{counts.table_rows:,} are in the table and {counts.quarantined:,} in quarantine. See whether somebody put a "
        f"trigger on the table {export.feed.table}, then import the file again."
    )


def _as_stored(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as the lake has those of the portal, by key; of rows with one key, the file's last one comes last."""
    published = rows.drop(LINE)
    untold = [name for name in SYSTEM_FIELDS if name not in published.columns]
    system = [pl.lit(None, pl.String).alias(name) for name in untold]
    keys = key_columns(feed)
    order = typed(feed, published, keys).cast(pl.String) if keys else published
    return published.sort(order.get_columns(), nulls_last=True, maintain_order=True).select(*system, pl.all())


def _count(outcome: FileOutcome, loaded: LoadedDay) -> None:
    outcome.days.add(loaded.day)
    outcome.inserted += loaded.counts.inserted
    outcome.updated += loaded.counts.updated
    outcome.unchanged += loaded.counts.unchanged
    outcome.withdrawn += loaded.counts.withdrawn
    outcome.recleaned += loaded.counts.recleaned
    outcome.quarantined += loaded.counts.quarantined
    outcome.repaired += loaded.counts.repaired


def _require_days_of_its_own(export: ExportFile, days: Mapping[date, int], taken: Mapping[date, str]) -> None:
    """A day is imported whole, so two files of one feed cannot have rows of the same day."""
    shared = sorted(days.keys() & taken.keys())
    if shared:
        raise PermanentError(
            f"{export.path} was not imported: {len(shared)} of its days, {shared[0]} to {shared[-1]}, are in "
            f"{taken[shared[0]]} as well, and a day must be whole in one file. Keep the newer one of two downloads, or "
            "put the pieces of a divided one together."
        )


def _require_no_shrink(connection: Connection, export: ExportFile, rows: Mapping[date, int], held: set[date]) -> None:
    """A file with much fewer rows than an earlier import brought is a download that was cut, not an amendment."""
    recorded = recorded_signatures(connection, export.feed)
    lost = losses(recorded, {day: Signature(count, None) for day, count in rows.items() if day not in held})
    gone, known = sum(lost.values()), sum(signature.rows for signature in recorded.values())
    if gone > FEWEST_ROWS and gone > FEED_MAY_LOSE * known:
        less = f"{counted(gone, 'row')} less of {counted(len(lost), 'day')}"
        raise PermanentError(
            f"{export.path} was not imported: it has {less} from {min(lost)} to {max(lost)} than were "
            f"imported before. More than {FEED_MAY_LOSE:.1%} of the feed at once is taken for a "
            f"download that was cut. Download it again, or load the days from the portal: "
            f"`chicago-crashes load {min(lost)} {max(lost)} --feed {export.feed.name}`."
        )


def _require_account(export: ExportFile, outcome: FileOutcome, recorded: Recorded) -> None:
    if not outcome.is_accounted_for or recorded.rows != outcome.refused.total():
        raise CrashesError(
            f"{export.path}: {outcome.rows_read:,} rows were read, but {outcome.rows_stored:,} are stored, "
            f"{outcome.rows_held:,} were fetched from the portal before, {outcome.refused.total():,} were refused "
            f"and {recorded.rows:,} of these are in quarantine. This is a fault of the platform: please report it."
        )

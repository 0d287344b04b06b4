insert into ops.signatures as known (
    feed, day, source_rows, source_updated_at, raw_rows, table_rows, quarantined_rows, repaired_rows,
    fetched_at, raw_digest, rules_digest, loaded_at, run_id
)
select
    {feed}, staged.day, staged.source_rows, staged.source_updated_at, staged.raw_rows, staged.table_rows,
    staged.quarantined_rows, staged.repaired_rows, staged.fetched_at, staged.raw_digest, staged.rules_digest,
    now(), {run_id}
from {stage} as staged
on conflict (feed, day) do update set
    source_rows = excluded.source_rows, source_updated_at = excluded.source_updated_at,
    raw_rows = excluded.raw_rows, table_rows = excluded.table_rows, quarantined_rows = excluded.quarantined_rows,
    repaired_rows = excluded.repaired_rows, fetched_at = excluded.fetched_at, raw_digest = excluded.raw_digest,
    rules_digest = excluded.rules_digest, loaded_at = excluded.loaded_at, run_id = excluded.run_id
where
    (known.source_rows, known.source_updated_at, known.raw_rows, known.table_rows, known.quarantined_rows,
     known.repaired_rows, known.fetched_at, known.raw_digest, known.rules_digest)
    is distinct from
    (excluded.source_rows, excluded.source_updated_at, excluded.raw_rows, excluded.table_rows,
     excluded.quarantined_rows, excluded.repaired_rows, excluded.fetched_at, excluded.raw_digest,
     excluded.rules_digest)

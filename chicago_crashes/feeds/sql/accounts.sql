-- Of each day that was ever loaded or that holds rows: what was recorded at its last load, and what is counted now.
with
recorded as (
    select * from ops.signatures as signed where signed.feed = {feed} and {is_of_days}
),

stored as (
    select {date}::date as day, count(*) as rows from {table} where {is_stored_of_days} group by 1
),

set_aside as (
    select day, count(*) as rows from ops.quarantine where feed = {feed} and day is not null and {is_of_days} group by day
)

select
    day, coalesce(stored.rows, 0) as stored, coalesce(set_aside.rows, 0) as set_aside,
    recorded.source_rows, recorded.source_updated_at, recorded.raw_rows, recorded.table_rows,
    recorded.quarantined_rows, recorded.repaired_rows, recorded.fetched_at, recorded.raw_digest, recorded.rules_digest
from recorded
full join stored using (day)
full join set_aside using (day)

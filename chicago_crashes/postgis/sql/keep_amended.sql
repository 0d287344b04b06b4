-- The old version of every row that changes.
insert into ops.history (feed, row_key, day, kind, valid_from, valid_to, run_id, old_row)
select {feed}, {stored_row_key}, stored.{date}::date, 'amended', stored.updated_at, now(), {run_id}, {stored_row}
from {table} as stored
join {amended} as staged using ({key})
where staged."values:differ"

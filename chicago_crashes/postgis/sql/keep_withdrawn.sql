-- The last version of every row of the staged days that the portal no longer publishes.
insert into ops.history (feed, row_key, day, kind, valid_from, valid_to, run_id, old_row)
select {feed}, {stored_row_key}, stored.{date}::date, 'withdrawn', stored.updated_at, now(), {run_id}, {stored_row}
from {table} as stored
where {is_withdrawn}

-- The last version of every row of the staged days that the portal no longer publishes, or that our rules now set aside.
insert into ops.history (
    feed, row_key, day, kind, valid_from, valid_to, run_id, old_row, rules_before, rules_after
)
select
    {feed}, {stored_row_key}, stored.{date}::date, coalesce(ours.kind, 'withdrawn'), stored.updated_at, now(), {run_id},
    {stored_row}, ours.rules_before, ours.rules_after
from {table} as stored
left join {recleaned} as ours on ours.day = stored.{date}::date
where {is_withdrawn}

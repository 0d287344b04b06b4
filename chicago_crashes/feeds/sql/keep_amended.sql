-- The old version of every row that changes: amended by the City, or recleaned by us.
insert into ops.history (
    feed, row_key, day, kind, valid_from, valid_to, run_id, old_row, rules_before, rules_after
)
select
    {feed}, {stored_row_key}, stored.{date}::date, coalesce(ours.kind, 'amended'), stored.updated_at, now(), {run_id},
    {stored_row}, ours.rules_before, ours.rules_after
from {table} as stored
join {amended} as staged using ({key})
left join {recleaned} as ours on ours.day = staged.{date}::date
where staged."values:differ"

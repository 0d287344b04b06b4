-- What became of the days. A day with a crash whose place is not among the locations yet is not done: it is made again
-- next time. A day that was only affected by another's people or units is as done as it was.
with made as (
    select day from affected
    union
    select day from part
),
counted as (
    select
        day, count(*) as crashes, count(*) filter (where geometry is not null and location_id is null) as unplaced
    from made
    join crash_facts using (day)
    group by day
)
insert into ops.fact_days as known (day, crashes, is_provisional, made_from, refreshed_at)
select
    day,
    coalesce(counted.crashes, 0),
    day = any(%(provisional)s),
    case
        when counted.unplaced > 0 then null
        when part.day is null then before.made_from
        else part.made_from
    end,
    now()
from made
left join part using (day)
left join counted using (day)
left join ops.fact_days as before using (day)
on conflict (day) do update set
    crashes = excluded.crashes, is_provisional = excluded.is_provisional, made_from = excluded.made_from,
    refreshed_at = excluded.refreshed_at

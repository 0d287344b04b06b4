-- The days that are made now, with what they are made from, and when what their facts stand for had been loaded. A row
-- that was stored later is new to them. Without facts, or if the clock was set back since, every row is.
create temporary table part on commit drop as
select
    loaded.day,
    array[crashes_at, people_at, vehicles_at] as made_from,
    case when crashes_at >= known.made_from[1] then known.made_from[1] else '-infinity' end as knows_crashes_of,
    case when people_at >= known.made_from[2] then known.made_from[2] else '-infinity' end as knows_people_of,
    case when vehicles_at >= known.made_from[3] then known.made_from[3] else '-infinity' end as knows_vehicles_of
from (
    select
        asked.day,
        max(loaded_at) filter (where feed = 'crashes') as crashes_at,
        max(loaded_at) filter (where feed = 'people') as people_at,
        max(loaded_at) filter (where feed = 'vehicles') as vehicles_at
    from unnest(%(days)s::date[]) as asked (day)
    left join ops.signatures as signature on signature.day = asked.day and feed in ('crashes', 'people', 'vehicles')
    group by asked.day
) as loaded
left join ops.fact_days as known using (day)

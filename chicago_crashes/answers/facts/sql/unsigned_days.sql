-- Days with crashes or with facts of which no load is recorded: nothing tells whether they changed.
select day
from (
    select distinct crash_date::date as day from crashes
    union
    select day from ops.fact_days where crashes > 0
) as held
where not exists (select from ops.signatures where feed = 'crashes' and signatures.day = held.day)
order by day

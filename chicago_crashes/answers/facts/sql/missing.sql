-- Days whose facts are not one row per crash, though nothing was loaded since they were made.
with crash as (
    select crash_date::date as day, count(*) as crashes from crashes group by 1
),
fact as (
    select day, count(*) as crashes from crash_facts group by 1
),
loaded as (
    select
        day,
        array[
            max(loaded_at) filter (where feed = 'crashes'),
            max(loaded_at) filter (where feed = 'people'),
            max(loaded_at) filter (where feed = 'vehicles')
        ] as loaded_at
    from ops.signatures
    where feed in ('crashes', 'people', 'vehicles')
    group by day
)
select
    coalesce(sum(crash.crashes), 0)::bigint as crashes,
    coalesce(sum(fact.crashes), 0)::bigint as facts,
    count(*) filter (where coalesce(crash.crashes, 0) <> coalesce(fact.crashes, 0) and not is_pending) as wrong_days,
    count(*) filter (where coalesce(crash.crashes, 0) <> coalesce(fact.crashes, 0) and is_pending) as pending_days,
    (array_agg(day::text order by day) filter (
        where coalesce(crash.crashes, 0) <> coalesce(fact.crashes, 0) and not is_pending
    ))[1:5] as examples
from crash
full join fact using (day)
left join loaded using (day)
left join ops.fact_days as known using (day)
cross join lateral (
    select loaded.loaded_at is null or known.made_from is distinct from loaded.loaded_at as is_pending
) as state

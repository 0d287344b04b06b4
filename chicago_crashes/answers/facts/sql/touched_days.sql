-- Days that were loaded since their facts were made. Each day's facts remember when what they were made from had been
-- loaded, and are compared with that: no clock decides, so nothing slips through while a load and a refresh overlap.
with loaded as (
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
select loaded.day
from loaded
left join ops.fact_days as facts on facts.day = loaded.day
where facts.made_from is distinct from loaded.loaded_at
order by loaded.day

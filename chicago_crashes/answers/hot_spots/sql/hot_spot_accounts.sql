-- Each analysis of cells held against the facts: are all located crashes in its cells, and is hot what its level says.
with made as (
    select *, (parameters ->> 'level')::float8 as level
    from hot_spot_parameters
    where parameters ? 'correction'
),
located as materialized (
    select first_day, last_day, count(crash_facts.location_id)::int as crashes
    from (select distinct first_day, last_day from made) as period
    left join crash_facts on crash_facts.day between first_day and last_day
    group by first_day, last_day
),
counted as (
    select
        made.analysis,
        sum(cell.crashes)::int as crashes,
        count(*)::int as cells,
        count(*) filter (where cell.is_hot)::int as hot,
        count(*) filter (where cell.is_hot <> (cell.p_adjusted <= made.level))::int as misjudged
    from made
    join hot_spots as cell on cell.grid || ' ' || cell.measure = made.analysis
    group by made.analysis
)
select
    made.analysis,
    made.level,
    located.crashes as located,
    coalesce(counted.crashes, 0) as counted,
    coalesce(counted.cells, 0) as cells,
    coalesce(counted.hot, 0) as hot,
    coalesce(counted.misjudged, 0) as misjudged
from made
join located using (first_day, last_day)
left join counted using (analysis)
order by made.analysis

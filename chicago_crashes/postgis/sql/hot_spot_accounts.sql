-- Each analysis of cells held against the facts: are all located crashes in its cells, and is hot what its level says.
select
    made.analysis,
    made.level,
    (
        select count(*) from crash_facts
        where day between made.first_day and made.last_day and location_id is not null
    )::int as located,
    coalesce(cells.crashes, 0)::int as counted,
    coalesce(cells.cells, 0)::int as cells,
    coalesce(cells.hot, 0)::int as hot,
    coalesce(cells.misjudged, 0)::int as misjudged
from (
    select *, (parameters ->> 'level')::float8 as level
    from hot_spot_parameters
    where parameters ? 'correction'
) as made
left join lateral (
    select
        sum(crashes) as crashes,
        count(*) as cells,
        count(*) filter (where is_hot) as hot,
        count(*) filter (where is_hot <> (p_adjusted <= made.level)) as misjudged
    from hot_spots
    where grid || ' ' || measure = made.analysis
) as cells on true
order by made.analysis

-- The segments held against the facts: no crash is on two of them, and the index is what its formula says.
select
    (
        select count(*) from crash_facts, hot_spot_parameters as made
        where made.analysis = %(analysis)s and day between made.first_day and made.last_day and location_id is not null
    )::int as located,
    coalesce(sum(crashes) filter (where kind = 'segment'), 0)::int as counted,
    coalesce(
        (select (numbers ->> 'crashes_out_of_reach')::int from hot_spot_parameters where analysis = %(analysis)s), 0
    ) as out_of_reach,
    count(*) filter (
        where abs(index_per_mile * miles - (5 * (k_crashes + a_crashes) + bc_crashes)) > 0.000001
    )::int as misjudged
from high_crash_segments

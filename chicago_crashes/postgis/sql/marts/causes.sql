-- The crashes of a year by their primary cause, as published: "UNABLE TO DETERMINE" and "NOT APPLICABLE" are causes
-- like any other here. A crash adds to its primary cause only, so the causes of a year add up to the city;
-- secondary_crashes tells how many name the cause beside another.
insert into causes (
    cause,
    year,
    {columns},
    secondary_crashes
)
with primary_causes as (
    select
        coalesce(fact.primary_cause, '(none)') as cause,
        {sums}
    from crash_facts as fact
    where fact.day >= %(first)s and fact.day < %(after_last)s
    group by coalesce(fact.primary_cause, '(none)')
),
secondary_causes as (
    select fact.secondary_cause as cause, count(*) as crashes
    from crash_facts as fact
    where fact.day >= %(first)s and fact.day < %(after_last)s and fact.secondary_cause is not null
    group by fact.secondary_cause
)
select
    cause,
    extract(year from %(first)s::date)::smallint,
    {counts},
    coalesce(secondary_causes.crashes, 0)
from primary_causes
full join secondary_causes using (cause)

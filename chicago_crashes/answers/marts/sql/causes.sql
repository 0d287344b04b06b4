-- The crashes of some years by their primary cause, as published: "UNABLE TO DETERMINE" and "NOT APPLICABLE" are causes
-- like any other here. A crash adds to its primary cause only, so the causes of a year add up to the city;
-- secondary_crashes tells how many name the cause beside another.
with primary_causes as (
    select
        coalesce(fact.primary_cause, '(none)') as cause,
        fact.year,
        {sums}
    from crash_facts as fact
    where fact.day between %(first)s and %(last)s and fact.year = any(%(years)s)
    group by coalesce(fact.primary_cause, '(none)'), fact.year
),
secondary_causes as (
    select fact.secondary_cause as cause, fact.year, count(*) as crashes
    from crash_facts as fact
    where fact.day between %(first)s and %(last)s and fact.year = any(%(years)s) and fact.secondary_cause is not null
    group by fact.secondary_cause, fact.year
)
select
    cause,
    year,
    {counts},
    coalesce(secondary_causes.crashes, 0) as secondary_crashes
from primary_causes
full join secondary_causes using (cause, year)

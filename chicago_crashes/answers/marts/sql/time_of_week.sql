-- The crashes of some years by weekday and hour, on the clock of Chicago; hours without a crash have no row. One in five
-- reports names a full hour, so an hour holds some crashes of the half hour before it.
select
    fact.year,
    fact.weekday,
    fact.hour,
    {sums}
from crash_facts as fact
where fact.day between %(first)s and %(last)s and fact.year = any(%(years)s)
group by fact.year, fact.weekday, fact.hour

-- The crashes of a year by weekday and hour, on the clock of Chicago; hours without a crash have no row. One in five
-- reports names a full hour, so an hour holds some crashes of the half hour before it.
insert into time_of_week (
    year,
    weekday,
    hour,
    {columns}
)
select
    fact.year,
    fact.weekday,
    fact.hour,
    {sums}
from crash_facts as fact
where fact.day >= %(first)s and fact.day < %(after_last)s
group by fact.year, fact.weekday, fact.hour

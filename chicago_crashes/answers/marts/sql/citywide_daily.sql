-- The crashes of whole days, those without a place included.
insert into citywide_daily (
    day,
    {columns}
)
select
    fact.day,
    {sums}
from crash_facts as fact
where fact.day = any(%(days)s)
group by fact.day

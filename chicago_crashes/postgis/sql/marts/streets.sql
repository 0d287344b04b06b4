-- The crashes of every street since every district reports. A street is what the report names, direction and name;
-- crashes whose report names none are left out. Streets that tie share the better rank, and the next is left out.
insert into streets (
    street,
    {columns},
    epdo,
    rank_ksi,
    rank_epdo
)
with counted as (
    select
        fact.street,
        {sums},
        sum({epdo}) as epdo
    from crash_facts as fact
    where fact.day >= %(citywide_since)s and fact.street is not null
    group by fact.street
)
select
    street,
    {columns},
    epdo,
    rank() over (order by ksi desc),
    rank() over (order by epdo desc)
from counted

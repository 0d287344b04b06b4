-- The crashes of every street since every district reports. A street is what the report names, direction and name;
-- crashes whose report names none are left out. Streets that tie share the better rank, and the next is left out.
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
    rank() over (order by ksi desc) as rank_ksi,
    rank() over (order by epdo desc) as rank_epdo
from counted

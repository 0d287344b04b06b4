select
    location_id,
    longitude,
    latitude,
    st_x(geometry_feet) as x_feet,
    st_y(geometry_feet) as y_feet,
    street,
    k, a, b, c, o, u
from (
    select
        location_id,
        {street} as street,
        count(*) filter (where severity = 'K') as k,
        count(*) filter (where severity = 'A') as a,
        count(*) filter (where severity = 'B') as b,
        count(*) filter (where severity = 'C') as c,
        count(*) filter (where severity = 'O') as o,
        count(*) filter (where severity = 'U') as u
    from crash_facts
    where day between %(first)s and %(last)s and location_id is not null
    group by 1, 2
) as counted
join locations using (location_id)

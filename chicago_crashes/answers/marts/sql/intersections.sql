-- The crashes where streets meet, since every district reports; those of meeting_places.sql without a crash included.
-- A crash belongs to the nearest intersection within a stated distance, whatever its report says of the place, and to
-- none beyond it; at equal distance to that of the smaller number. Intersections that tie share the better rank, and
-- the next is left out.
insert into intersections (
    intersection_id,
    name,
    legs,
    geometry,
    {columns},
    epdo,
    rank_ksi,
    rank_epdo
)
with nearest as (
    select distinct on (near.location_id) near.location_id, meeting_places.intersection_id
    from meeting_places
    -- The offset keeps the intersections first: they are a tenth of the locations, whose index then is asked as often.
    cross join lateral (
        select locations.location_id, ST_Distance(locations.geometry_feet, meeting_places.place) as feet
        from locations
        where ST_DWithin(locations.geometry_feet, meeting_places.place, %(reach)s)
        offset 0
    ) as near
    order by near.location_id, near.feet, meeting_places.intersection_id
),
counted as (
    select
        nearest.intersection_id,
        {sums},
        sum({epdo}) as epdo
    from crash_facts as fact
    join nearest using (location_id)
    where fact.day >= %(citywide_since)s
    group by nearest.intersection_id
),
filled as (
    select
        meeting_places.*,
        {counts},
        coalesce(counted.epdo, 0) as epdo
    from meeting_places
    left join counted using (intersection_id)
)
select
    intersection_id,
    name,
    legs,
    ST_Transform(place, {srid}),
    {columns},
    epdo,
    rank() over (order by ksi desc),
    rank() over (order by epdo desc)
from filled

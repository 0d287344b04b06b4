-- The crashes of whole days in the areas of one layer. A crash lies where its location does; one without a location,
-- or with a location that is in no area and near none, is counted as unknown, so that a layer's areas always add up to
-- the city.
insert into area_daily (
    layer,
    area,
    day,
    {columns}
)
select
    %(layer)s,
    coalesce(areas.area, 'unknown') as area,
    fact.day,
    {sums}
from crash_facts as fact
left join location_areas on location_areas.layer_id = %(layer_id)s and location_areas.location_id = fact.location_id
left join areas on areas.area_id = location_areas.area_id
where fact.day = any(%(days)s)
group by coalesce(areas.area, 'unknown'), fact.day
-- The rows of a day lie together, so that a month is read from few pages.
order by fact.day

-- The areas of their places: one row per layer and place becomes one column per layer.
create temporary table named on commit drop as
select
    location_id,
    {name_areas}
from (select distinct location_id from placed) as once
join location_areas using (location_id)
join layers using (layer_id)
join areas using (area_id)
where layer = any(%(layers)s)
group by location_id

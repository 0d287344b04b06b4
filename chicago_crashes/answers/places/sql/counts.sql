-- How many locations each layer has, and how many of them lie in none of its areas.
select
    layers.layer,
    count(*) as locations,
    count(*) filter (where feet_away > 0) as near,
    count(*) filter (where area_id is null) as unknown
from location_areas
join layers using (layer_id)
group by layers.layer
order by layers.layer

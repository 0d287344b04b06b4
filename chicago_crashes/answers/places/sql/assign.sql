-- The area of each layer in which each location lies: its cell is found by two whole numbers, and only where a border
-- crosses the cell is there a small polygon to be asked. On a border that areas share, the first of them has it.
-- What lies in none gets a row without an area.
insert into location_areas (layer_id, location_id, area_id, feet_away)
select distinct on (layer.layer_id, location.location_id)
    layer.layer_id, location.location_id, cell.area_id, case when cell.area_id is not null then 0 end
from unnest(%(layers)s::smallint[]) as layer (layer_id)
cross join locations as location
left join (
    select cell.layer_id, cell.x, cell.y, cell.area_id, cell.piece, area.position
    from ops.area_cells as cell
    join areas as area on area.area_id = cell.area_id
    where cell.layer_id = any(%(layers)s)
) as cell
    on cell.layer_id = layer.layer_id
    and cell.x = floor(location.longitude * %(cells)s)::int
    and cell.y = floor(location.latitude * %(cells)s)::int
    and (cell.piece is null or ST_Intersects(cell.piece, location.geometry))
where location.location_id > %(after)s
order by layer.layer_id, location.location_id, cell.position, cell.area_id

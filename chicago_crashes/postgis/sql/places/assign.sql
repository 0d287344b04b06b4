-- The area of each layer in which each location lies: its cell is found by two whole numbers, and only where a border
-- crosses the cell is there a small polygon to be asked. On a border that areas share, the first of them has it.
insert into location_areas (layer_id, location_id, area_id, feet_away)
select distinct on (cell.layer_id, location.location_id)
    cell.layer_id, location.location_id, cell.area_id, 0
from locations as location
join ops.area_cells as cell
    on cell.x = floor(location.longitude * %(cells)s)::int
    and cell.y = floor(location.latitude * %(cells)s)::int
join areas as area on area.area_id = cell.area_id
where location.location_id > %(after)s
    and cell.layer_id = any(%(layers)s)
    and (cell.piece is null or ST_Intersects(cell.piece, location.geometry))
order by cell.layer_id, location.location_id, area.position, area.area_id

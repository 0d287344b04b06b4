-- Locations in no area: the nearest one that is near enough. A cell is larger than what counts as near, so all that is
-- near is in the cell of the location or in one of the eight around it. Distances are measured in feet.
with lost as materialized (
    select
        placed.layer_id,
        location.location_id,
        location.geometry,
        location.geometry_feet,
        floor(location.longitude * %(cells)s)::int as x,
        floor(location.latitude * %(cells)s)::int as y
    from location_areas as placed
    join locations as location using (location_id)
    where placed.area_id is null and placed.layer_id = any(%(layers)s) and placed.location_id > %(after)s
),
found as (
    select lost.layer_id, lost.location_id, nearest.area_id, nearest.feet_away
    from lost
    cross join lateral (
        select area.area_id, distance.feet_away
        from ops.area_cells as cell
        join areas as area on area.area_id = cell.area_id
        cross join lateral (
            select ST_Distance(
                lost.geometry_feet,
                ST_Transform(
                    coalesce(
                        cell.piece,
                        ST_MakeEnvelope(
                            cell.x::float8 / %(cells)s,
                            cell.y::float8 / %(cells)s,
                            (cell.x + 1)::float8 / %(cells)s,
                            (cell.y + 1)::float8 / %(cells)s,
                            4326
                        )
                    ),
                    3435
                )
            ) as feet
        ) as measured
        cross join lateral (
            select
                case
                    when measured.feet >= %(least_feet)s then measured.feet
                    -- A hair off the pieces, whose corners were rounded when they were cut; the whole area decides.
                    when ST_Intersects(area.geometry, lost.geometry) then 0
                    else %(least_feet)s
                end as feet_away
        ) as distance
        where cell.layer_id = lost.layer_id
            and cell.x between lost.x - 1 and lost.x + 1
            and cell.y between lost.y - 1 and lost.y + 1
            and measured.feet <= %(within_feet)s
        order by distance.feet_away, area.position, area.area_id
        limit 1
    ) as nearest
)
update location_areas
set area_id = found.area_id, feet_away = found.feet_away
from found
where location_areas.layer_id = found.layer_id and location_areas.location_id = found.location_id

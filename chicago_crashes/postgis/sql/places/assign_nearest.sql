-- Locations in no area: the nearest one that is near enough, or none. A cell is larger than what counts as near, so all
-- that is near is in the cell of the location or in one of the eight around it. Distances are measured in feet.
with lost as materialized (
    select
        layer.layer_id,
        location.location_id,
        location.geometry,
        location.geometry_feet,
        floor(location.longitude * %(cells)s)::int as x,
        floor(location.latitude * %(cells)s)::int as y
    from unnest(%(layers)s::smallint[]) as layer (layer_id)
    cross join locations as location
    where location.location_id > %(after)s
        and not exists (
            select from location_areas as known
            where known.layer_id = any(%(layers)s)
                and known.layer_id = layer.layer_id
                and known.location_id = location.location_id
        )
)
insert into location_areas (layer_id, location_id, area_id, feet_away)
select lost.layer_id, lost.location_id, nearest.area_id, nearest.feet_away
from lost
left join lateral (
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
) as nearest on true

-- Locations in no area: the nearest one that is near enough, or none. Distances are measured in feet, along borders whose
-- long sides are divided first, because a straight line in degrees is none in feet.
with border as materialized (
    select layer_id, area_id, position, geometry, ST_Transform(ST_Segmentize(geometry, 0.001), 3435) as geometry_feet
    from areas
    where layer_id = any(%(layers)s)
),
lost as materialized (
    select layer.layer_id, location.location_id, location.geometry, location.geometry_feet
    from unnest(%(layers)s::smallint[]) as layer (layer_id)
    cross join locations as location
    where location.location_id > %(after)s
        and not exists (
            select from location_areas as known
            where known.layer_id = layer.layer_id and known.location_id = location.location_id
        )
)
insert into location_areas (layer_id, location_id, area_id, feet_away)
select lost.layer_id, lost.location_id, nearest.area_id, nearest.feet_away
from lost
left join lateral (
    select
        border.area_id,
        case
            -- A hair off the pieces of the cells, which were rounded when they were cut.
            when ST_Intersects(border.geometry, lost.geometry) then 0
            else greatest(ST_Distance(border.geometry_feet, lost.geometry_feet), %(least_feet)s)
        end as feet_away
    from border
    where border.layer_id = lost.layer_id and ST_DWithin(border.geometry_feet, lost.geometry_feet, %(within_feet)s)
    order by feet_away, border.position, border.area_id
    limit 1
) as nearest on true

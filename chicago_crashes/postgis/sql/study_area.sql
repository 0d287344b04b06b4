-- The City's boundary; without that layer, the hull of the places with crashes and a margin around it.
with boundary as (
    select st_union(areas.geometry) as area
    from areas
    join layers using (layer_id)
    where layers.layer = %(layer)s
),
hull as (
    select st_transform(st_buffer(st_convexhull(st_collect(geometry_feet)), %(margin_feet)s), 4326) as area
    from locations
    where (select area from boundary) is null
        and location_id in (
            select location_id from crash_facts where day between %(first)s and %(last)s
        )
),
chosen as (
    select boundary.area is not null as is_boundary, coalesce(boundary.area, hull.area) as area
    from boundary, hull
)
select is_boundary, st_asbinary(area), st_asbinary(st_transform(area, 3435))
from chosen

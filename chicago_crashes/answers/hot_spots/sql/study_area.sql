-- The City's boundary; without that layer, the hull of the places with crashes and a margin around it.
with boundary as (
    select st_union(areas.geometry) as area
    from areas
    join layers using (layer_id)
    where layers.layer = %(layer)s
),
hull as (
    select st_transform(st_buffer(st_geomfromwkb(%(hull)s, 3435), %(margin_feet)s), 4326) as area
),
chosen as (
    select boundary.area is not null as is_boundary, coalesce(boundary.area, hull.area) as area
    from boundary, hull
)
select is_boundary, st_asbinary(area), st_asbinary(st_transform(area, 3435))
from chosen

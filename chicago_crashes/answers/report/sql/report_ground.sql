-- What a map of a place shows below its crashes: its outline, the areas around it, and streets. Of a small place all
-- streets, of a larger one the main ones, of a very large one none.
with chosen as (
    select areas.geometry, areas.area_id, areas.layer_id
    from areas
    join layers using (layer_id)
    where layers.layer = %(layer)s::text and areas.area = %(area)s::text
    union all
    select
        ST_Transform(
            ST_Buffer(
                ST_Transform(
                    ST_SetSRID(
                        ST_MakePoint(%(longitude)s::double precision, %(latitude)s::double precision), 4326
                    ),
                    3435
                ),
                %(radius_feet)s::double precision,
                32
            ),
            4326
        ),
        null,
        null
    where %(radius_feet)s::double precision is not null
    union all
    select ST_GeomFromGeoJSON(%(geojson)s::text), null, null
    where %(geojson)s::text is not null
),
place as materialized (
    select
        geometry, area_id, layer_id,
        greatest(ST_XMax(geometry) - ST_XMin(geometry), ST_YMax(geometry) - ST_YMin(geometry)) as degrees
    from chosen
),
-- Somewhat more than the map shows, which has another shape.
frame as materialized (
    select ST_Envelope(ST_Expand(geometry, degrees * 0.8, degrees * 0.5)) as geometry, degrees
    from place
),
neighbours as (
    select ST_AsGeoJSON(
        ST_SimplifyPreserveTopology(ST_ClipByBox2D(areas.geometry, frame.geometry), frame.degrees / 600), 6
    )::jsonb as outline
    from frame
    join place on true
    join areas on areas.geometry && frame.geometry and areas.area_id <> place.area_id and areas.layer_id = place.layer_id
    where ST_Intersects(areas.geometry, frame.geometry)
    union all
    -- A place that is no area of a layer lies in the city.
    select ST_AsGeoJSON(
        ST_SimplifyPreserveTopology(ST_ClipByBox2D(areas.geometry, frame.geometry), frame.degrees / 600), 6
    )::jsonb
    from frame
    join place on place.area_id is null
    join layers on layers.layer = 'city_boundary'
    join areas on areas.layer_id = layers.layer_id and ST_Intersects(areas.geometry, frame.geometry)
),
streets as (
    select
        layer_lines.label as name,
        layer_lines.properties->>'class' in ('1', '2') as is_main,
        ST_AsGeoJSON(
            ST_Simplify(ST_ClipByBox2D(layer_lines.geometry, frame.geometry), frame.degrees / 1000), 6
        )::jsonb as line
    from frame
    join layers on layers.layer = 'street_center_lines'
    join layer_lines on layer_lines.layer_id = layers.layer_id and layer_lines.geometry && frame.geometry
    where frame.degrees < 0.02 or frame.degrees < 0.15 and layer_lines.properties->>'class' in ('1', '2')
)
select jsonb_build_object(
    'outline', (select ST_AsGeoJSON(ST_SimplifyPreserveTopology(geometry, degrees / 4000), 6)::jsonb from place),
    'neighbours', coalesce((select jsonb_agg(outline) from neighbours where outline is not null), '[]'),
    'streets', coalesce(
        (
            select jsonb_agg(
                jsonb_build_object('name', name, 'is_main', coalesce(is_main, false), 'line', line) order by name
            )
            from streets
            where line is not null
        ),
        '[]'
    )
)

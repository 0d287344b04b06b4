-- A place becomes locations, and locations become crashes. In SQL columns are written with their table's alias
-- and parameters with their function's name, because several share a name.

create or replace function report_locations_of_area(layer text, area text) returns setof integer
language sql stable parallel safe as $$
    select placed.location_id
    from layers as chosen
    join areas as found on found.layer_id = chosen.layer_id
    join location_areas as placed on placed.area_id = found.area_id
    where chosen.layer = report_locations_of_area.layer and found.area = report_locations_of_area.area
$$;
comment on function report_locations_of_area is
    'The locations that are counted in an area: within it, or nearest to it of those that are in none';

create or replace function report_locations_near(
    latitude double precision, longitude double precision, radius_feet double precision
) returns setof integer
language sql stable parallel safe as $$
    select near.location_id
    from locations as near
    where ST_DWithin(
        near.geometry_feet,
        ST_Transform(
            ST_SetSRID(ST_MakePoint(report_locations_near.longitude, report_locations_near.latitude), 4326), 3435
        ),
        report_locations_near.radius_feet
    )
$$;
comment on function report_locations_near is 'The locations within so many feet of a point, measured in EPSG:3435';

create or replace function report_locations_within(polygon geometry) returns setof integer
language sql stable parallel safe as $$
    select within.location_id
    from locations as within
    where ST_Intersects(within.geometry_feet, ST_Transform(report_locations_within.polygon, 3435))
$$;
comment on function report_locations_within is 'The locations within a polygon, those on its edge included';

create or replace function report_facts(locations integer[], first date, last date)
returns table (
    {% for column in fact_columns %}
    {{ column.name }} {{ column.kind }}{{ "," if not loop.last }}
    {% endfor %}
)
language sql stable parallel safe as $$
    select
        {% for column in fact_columns %}
        fact.{{ column.name }}{{ "," if not loop.last }}
        {% endfor %}
    from unnest(report_facts.locations) as chosen (location_id)
    join crash_facts as fact on fact.location_id = chosen.location_id
    where fact.day between report_facts.first and report_facts.last
$$;
comment on function report_facts is 'The crashes of some days at some locations, each of which is given once';

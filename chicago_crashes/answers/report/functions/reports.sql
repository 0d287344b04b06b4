-- The report itself, and the three ways to choose its place.

create or replace function report_of_locations(place jsonb, locations integer[], first date, last date, cost_table text)
returns jsonb
language plpgsql stable
-- How many locations there are decides the plan, so it is made anew for each list of them.
set plan_cache_mode = force_custom_plan
-- Compiling the statements takes longer than running them.
set jit = off
set work_mem = '64MB'
as $$
declare
    earliest date;
    daily report_counts_of_day[];
    city_daily report_counts_of_day[];
    counts jsonb;
    city jsonb;
    people jsonb;
begin
    perform report_require_days(first, last);
    earliest := report_earliest(first, last);
    daily := array(select each from report_daily(locations, earliest, last) as each);
    counts := report_counts(daily, first, last);
    -- A city that is not counted yet is no city without crashes.
    if exists (select from citywide_daily as each where each.day between first and last) then
        city_daily := array(select each from report_city_daily(earliest, last) as each);
        city := report_counts(city_daily, first, last);
    end if;
    people := report_people(locations, first, last, counts, city);
    return jsonb_build_object(
        'place', place || jsonb_build_object('locations', cardinality(locations)),
        'range', report_range(first, last),
        'totals', counts,
        'city', city,
        'rates', report_rates(counts, city),
        'people', people,
        'circumstances', report_circumstances(locations, first, last),
        'time_of_week', report_time_of_week(locations, first, last),
        'months', report_series('month', daily, first, last),
        'years', report_series('year', daily, first, last),
        'comparisons', report_comparisons(daily, city_daily, first, last),
        'cost', report_cost(counts, cost_table),
        'caveats', report_caveats(place, counts, people, first, last),
        'data_as_of', report_data_as_of()
    )
        -- Its causes, other_causes and crash_types come from one reading.
        || report_kinds(locations, first, last);
end
$$;
comment on function report_of_locations is
    'Everything a report says of some locations; place is what it says they are. Asked by report_of_area, '
    'report_of_point and report_of_polygon';

create or replace function report_of_area(
    layer text, area text, first date, last date, cost_table text default 'fhwa_2024_comprehensive'
) returns jsonb
language plpgsql stable as $$
declare
    place jsonb;
begin
    select jsonb_build_object(
        'kind', 'area',
        'layer', chosen.layer,
        'title', chosen.title,
        'area', found.area,
        'label', found.label,
        'square_feet', found.square_feet,
        'valid_from', chosen.valid_from,
        'valid_to', chosen.valid_to,
        'layer_version', chosen.version,
        'layer_source', chosen.source
    )
    into place
    from layers as chosen
    join areas as found on found.layer_id = chosen.layer_id
    join ops.assignments as assigned on assigned.layer_id = chosen.layer_id and assigned.version = chosen.version
    where chosen.layer = report_of_area.layer and found.area = report_of_area.area and chosen.is_active;
    if not found then
        raise no_data_found using message = format(
            'There is no area %L in an active layer %L to which crashes are assigned.',
            report_of_area.area, report_of_area.layer
        );
    end if;
    return report_of_locations(
        place, array(select report_locations_of_area(report_of_area.layer, report_of_area.area)),
        report_of_area.first, report_of_area.last, report_of_area.cost_table
    );
end
$$;
comment on function report_of_area is
    'The location report of an area, as in report_of_area(''wards'', ''35'', ''2021-01-01'', ''2025-12-31''): crashes '
    'are those of area_daily, the nearest ones outside every area included';

create or replace function report_of_point(
    latitude double precision, longitude double precision, radius_feet double precision, first date, last date,
    cost_table text default 'fhwa_2024_comprehensive'
) returns jsonb
language plpgsql stable as $$
begin
    if latitude is null or longitude is null or latitude not between 41.6 and 42.1
        or longitude not between -87.95 and -87.5
    then
        raise invalid_parameter_value using message = format(
            'Latitude %s, longitude %s is not in Chicago (latitude 41.6 to 42.1, longitude -87.95 to -87.5).',
            coalesce(latitude::text, 'null'), coalesce(longitude::text, 'null')
        );
    end if;
    if radius_feet is null or not (radius_feet > 0 and radius_feet <= 26400) then
        raise invalid_parameter_value using message = format(
            'The radius must be more than 0 and at most 26400 feet, which are 5 miles, not %s.',
            coalesce(radius_feet::text, 'null')
        );
    end if;
    return report_of_locations(
        jsonb_build_object(
            'kind', 'point', 'latitude', latitude, 'longitude', longitude, 'radius_feet', radius_feet,
            'square_feet', pi() * radius_feet * radius_feet
        ),
        array(select report_locations_near(latitude, longitude, radius_feet)),
        report_of_point.first, report_of_point.last, report_of_point.cost_table
    );
end
$$;
comment on function report_of_point is
    'The location report of all within so many feet of a point, as in '
    'report_of_point(41.8781, -87.6298, 500, ''2021-01-01'', ''2025-12-31'')';

create or replace function report_of_polygon(
    polygon geometry, first date, last date, cost_table text default 'fhwa_2024_comprehensive'
) returns jsonb
language plpgsql stable as $$
begin
    if polygon is null or ST_SRID(polygon) = 0 or ST_Dimension(polygon) <> 2 or ST_IsEmpty(polygon)
        or not ST_IsValid(polygon)
    then
        raise invalid_parameter_value using message = 'A report needs a valid polygon whose SRID is known.';
    end if;
    return report_of_locations(
        jsonb_build_object('kind', 'polygon', 'square_feet', ST_Area(ST_Transform(polygon, 3435))),
        array(select report_locations_within(polygon)),
        report_of_polygon.first, report_of_polygon.last, report_of_polygon.cost_table
    );
end
$$;
comment on function report_of_polygon is
    'The location report of all within a polygon, as in '
    'report_of_polygon(ST_GeomFromGeoJSON(''{...}''), ''2021-01-01'', ''2025-12-31'')';
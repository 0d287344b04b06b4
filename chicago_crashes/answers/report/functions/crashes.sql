-- The crashes that a report counts, one by one.

create type report_crash as (
    crash_record_id text,
    crash_date timestamp,
    severity text,
    killed smallint,
    seriously_injured smallint,
    injured integer,
    pedestrians_injured integer,
    cyclists_injured integer,
    is_hit_and_run boolean,
    street text,
    primary_cause text,
    first_crash_type text,
    is_provisional boolean,
    latitude double precision,
    longitude double precision,
    location_id integer
);
comment on type report_crash is 'What maps and lists show of a crash';

create or replace function report_crashes(locations integer[], first date, last date) returns setof report_crash
language sql stable parallel safe as $$
    select fact.crash_record_id, fact.crash_date, fact.severity, fact.persons_k, fact.persons_a,
        (fact.persons_k + fact.persons_a + fact.persons_b + fact.persons_c)::integer,
        (fact.pedestrians_k + fact.pedestrians_a + fact.pedestrians_b + fact.pedestrians_c)::integer,
        (fact.cyclists_k + fact.cyclists_a + fact.cyclists_b + fact.cyclists_c)::integer,
        fact.is_hit_and_run, fact.street, fact.primary_cause, fact.first_crash_type, fact.is_provisional,
        placed.latitude, placed.longitude, fact.location_id
    from report_facts(report_crashes.locations, report_crashes.first, report_crashes.last) as fact
    join locations as placed on placed.location_id = fact.location_id
    order by fact.crash_date, fact.crash_record_id
$$;
comment on function report_crashes is 'The crashes a report of some locations counts, for maps and lists';

create or replace function report_crashes_of_area(layer text, area text, first date, last date) returns setof report_crash
language sql stable parallel safe as $$
    select listed.* from report_crashes(
        array(select report_locations_of_area(report_crashes_of_area.layer, report_crashes_of_area.area)),
        report_crashes_of_area.first, report_crashes_of_area.last
    ) as listed
$$;
comment on function report_crashes_of_area is 'The crashes that report_of_area counts';

create or replace function report_crashes_of_point(
    center_latitude double precision, center_longitude double precision, radius_feet double precision, first date,
    last date
) returns setof report_crash
language sql stable parallel safe as $$
    select listed.* from report_crashes(
        array(
            select report_locations_near(
                report_crashes_of_point.center_latitude, report_crashes_of_point.center_longitude,
                report_crashes_of_point.radius_feet
            )
        ),
        report_crashes_of_point.first, report_crashes_of_point.last
    ) as listed
$$;
comment on function report_crashes_of_point is 'The crashes that report_of_point counts';

create or replace function report_crashes_of_polygon(polygon geometry, first date, last date) returns setof report_crash
language sql stable parallel safe as $$
    select listed.* from report_crashes(
        array(select report_locations_within(report_crashes_of_polygon.polygon)),
        report_crashes_of_polygon.first, report_crashes_of_polygon.last
    ) as listed
$$;
comment on function report_crashes_of_polygon is 'The crashes that report_of_polygon counts';

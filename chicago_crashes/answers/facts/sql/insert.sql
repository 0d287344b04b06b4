-- The facts of the touched crashes. People and units belong to a crash by its id, never by date; those whose crash is
-- not published are left out by that.
with speed (cause) as (
    values
        ('EXCEEDING AUTHORIZED SPEED LIMIT'),
        ('EXCEEDING SAFE SPEED FOR CONDITIONS'),
        -- The charge Illinois knows for driving too fast to stop in time.
        ('FAILING TO REDUCE SPEED TO AVOID CRASH')
),
alcohol (cause) as (
    values
        ('UNDER THE INFLUENCE OF ALCOHOL/DRUGS (USE WHEN ARREST IS EFFECTED)'),
        ('HAD BEEN DRINKING (USE WHEN ARREST IS NOT MADE)')
),
-- Not the autocycle: its people sit in seats, with belts and a steering wheel.
motorcycle (vehicle_type) as (
    values
        ('MOTORCYCLE (OVER 150CC)'),
        ('MOTOR DRIVEN CYCLE'),
        ('MOPED OR MOTORIZED BICYCLE'),
        ('3-WHEELED MOTORCYCLE (2 REAR WHEELS)')
),
-- What stands or moves on an engine and was hit. A vehicle without contact was not; of a unit whose type is not
-- published only a vehicle has a vehicle_id.
motor_vehicle (unit_type) as (
    values ('DRIVER'), ('PARKED'), ('DRIVERLESS'), ('DISABLED VEHICLE')
),
unit as materialized (
    select
        crash_record_id,
        vehicle_id,
        unit_type in (select unit_type from motor_vehicle) or unit_type is null and vehicle_id is not null
            as is_motor_vehicle,
        vehicle_type in (select vehicle_type from motorcycle) as is_motorcycle
    from touched
    join crash_vehicles using (crash_record_id)
),
units as (
    select crash_record_id, count(*) filter (where is_motor_vehicle) as motor_vehicles
    from unit
    group by crash_record_id
),
person as (
    select
        crash_record_id,
        case injury_classification
            when 'FATAL' then 'k'
            when 'INCAPACITATING INJURY' then 'a'
            when 'NONINCAPACITATING INJURY' then 'b'
            when 'REPORTED, NOT EVIDENT' then 'c'
            when 'NO INDICATION OF INJURY' then 'o'
            else 'u'
        end as injury,
        case
            when person_type = 'PEDESTRIAN' then 'pedestrians'
            when person_type = 'BICYCLE' then 'cyclists'
            when person_type not in ('DRIVER', 'PASSENGER') or person_type is null then 'others'
            when riding.vehicle_id is not null then 'motorcyclists'
            else 'occupants'
        end as mode,
        -- A driver whose age nobody knows is published as 0 years old.
        age between 0 and 17 and not (age = 0 and person_type = 'DRIVER') as is_children,
        age >= 65 as is_older_adults
    from touched
    join crash_people using (crash_record_id)
    left join (
        select distinct crash_record_id, vehicle_id from unit where is_motorcycle and vehicle_id is not null
    ) as riding using (crash_record_id, vehicle_id)
),
people as (
    select
        crash_record_id,
        count(*) filter (where injury = 'u') as persons_u,
        {count_people}
    from person
    group by crash_record_id
),
inserted as (
    insert into crash_facts (
        crash_record_id, crash_date, day, month, year, weekday, hour, severity, is_ksi,
        persons_k, persons_a, persons_b, persons_c, persons_o, persons_u,
        {people},
        units, motor_vehicles, is_hit_and_run, is_dooring, is_work_zone, is_speed_related, is_alcohol_related,
        is_dark, is_intersection, primary_cause, secondary_cause, first_crash_type, street, posted_speed_limit,
        is_provisional, location_id, geometry, {areas}, reported_beat
    )
    select
        crash_record_id,
        crash_date,
        crash_date::date,
        date_trunc('month', crash_date),
        extract(year from crash_date),
        extract(isodow from crash_date),
        extract(hour from crash_date),
        severity,
        severity in ('K', 'A'),
        coalesce(injuries_fatal, 0),
        coalesce(injuries_incapacitating, 0),
        coalesce(injuries_non_incapacitating, 0),
        coalesce(injuries_reported_not_evident, 0),
        coalesce(injuries_no_indication, 0),
        coalesce(persons_u, 0),
        {people_or_none},
        num_units,
        coalesce(motor_vehicles, 0),
        coalesce(hit_and_run_i, false),
        coalesce(dooring_i, false),
        coalesce(work_zone_i, false),
        exists (select from speed where cause in (prim_contributory_cause, sec_contributory_cause)),
        exists (select from alcohol where cause in (prim_contributory_cause, sec_contributory_cause)),
        case
            when lighting_condition in ('DARKNESS', 'DARKNESS, LIGHTED ROAD') then true
            when lighting_condition in ('DAYLIGHT', 'DAWN', 'DUSK') then false
        end,
        intersection_related_i,
        prim_contributory_cause,
        sec_contributory_cause,
        first_crash_type,
        nullif(concat_ws(' ', street_direction, street_name), ''),
        -- What no sign shows is a number that belongs elsewhere.
        case when posted_speed_limit between 0 and 99 then posted_speed_limit end,
        crash_date::date = any(%(provisional)s),
        location_id,
        geometry,
        {areas},
        beat_of_occurrence
    from touched
    join crashes using (crash_record_id)
    cross join lateral (
        select
            case most_severe_injury
                when 'FATAL' then 'K'
                when 'INCAPACITATING INJURY' then 'A'
                when 'NONINCAPACITATING INJURY' then 'B'
                when 'REPORTED, NOT EVIDENT' then 'C'
                when 'NO INDICATION OF INJURY' then 'O'
                else 'U'
            end as severity
    ) as worst
    left join units using (crash_record_id)
    left join people using (crash_record_id)
    left join placed using (crash_record_id)
    left join named using (location_id)
    returning day
)
insert into affected (day)
select distinct day from inserted

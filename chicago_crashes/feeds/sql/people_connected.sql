-- Every person of some days against the crash and the unit the row names.
-- A relation is true where it holds, false where it is broken, null where it does not apply.
--
-- Both are named by id, never by date. Nearly all are dated like the person, so those of the same days are read in one
-- pass, and only what is not among them is looked up.
with near as materialized (
    select crash_unit_id, vehicle_id, crash_record_id
    from crash_vehicles
    where crash_date >= %(first)s and crash_date < %(after_last)s
),
person as (
    select
        crash_record_id, person_id, crash_date, vehicle_id,
        case when person_id ~ '^O[0-9]{1,18}$' then substr(person_id, 2)::bigint end as unit_id
    from crash_people
    where crash_date >= %(first)s and crash_date < %(after_last)s
),
judged as (
    select
        person.*,
        coalesce(
            crash.crash_date, (select crash_date from crashes where crashes.crash_record_id = person.crash_record_id)
        ) as date_of_crash,
        unit.crash_record_id = person.crash_record_id as has_unit,
        vehicle.crash_record_id = person.crash_record_id as has_vehicle
    from person
    left join (
        select crash_record_id, crash_date from crashes
        where crash_date >= %(first)s and crash_date < %(after_last)s
    ) as crash on crash.crash_record_id = person.crash_record_id
    left join near as unit on unit.crash_unit_id = person.unit_id
    left join (
        select distinct on (vehicle_id) vehicle_id, crash_record_id from near where vehicle_id is not null
    ) as vehicle on vehicle.vehicle_id = person.vehicle_id
)
select
    crash_date::date as day,
    replace(replace(crash_record_id, '\', '\\'), '/', '\/')
    || '/' || replace(replace(person_id, '\', '\\'), '/', '\/') as row_key,
    date_of_crash is not null as crash_exists,
    date_of_crash = crash_date as dated_like_crash,
    case
        when unit_id is null then null
        when has_unit then true
        else 0 < (
            select count(*) from crash_vehicles as unit
            where unit.crash_unit_id = judged.unit_id and unit.crash_record_id = judged.crash_record_id
        )
    end as unit_exists,
    case
        when vehicle_id is null then null
        when has_vehicle then true
        else 0 < (
            select count(*) from crash_vehicles as unit
            where unit.vehicle_id = judged.vehicle_id and unit.crash_record_id = judged.crash_record_id
        )
    end as vehicle_exists
from judged

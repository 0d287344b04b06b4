-- Every unit of some days against the crash the row names.
-- A relation is true where it holds, false where it is broken, null where it does not apply.
--
-- The crash is named by id, never by date. Nearly all are dated like the unit, so those of the same days are read in
-- one pass, and only what is not among them is looked up.
with judged as (
    select
        unit.crash_date,
        unit.crash_unit_id,
        coalesce(
            crash.crash_date, (select crash_date from crashes where crashes.crash_record_id = unit.crash_record_id)
        ) as date_of_crash
    from (
        select crash_unit_id, crash_record_id, crash_date from crash_vehicles
        where crash_date >= %(first)s and crash_date < %(after_last)s
    ) as unit
    left join (
        select crash_record_id, crash_date from crashes
        where crash_date >= %(first)s and crash_date < %(after_last)s
    ) as crash on crash.crash_record_id = unit.crash_record_id
)
select
    crash_date::date as day,
    crash_unit_id::text as row_key,
    date_of_crash is not null as crash_exists,
    date_of_crash = crash_date as dated_like_crash
from judged

-- The crashes that are made anew: those of the days that are new or amended, that have no fact on their day, or have one
-- and are gone; and those of which a person or a unit of the days is new or amended, or was one until it was amended or
-- withdrawn. People and units may be dated otherwise than their crash.
create temporary table touched on commit drop as
with held as materialized (
    select day, crash_record_id, updated_at > knows_crashes_of as is_new
    from part
    join crashes on crash_date >= day and crash_date < day + 1
),
known as materialized (
    select day, crash_record_id from part join crash_facts using (day)
),
changed as materialized (
    select 'people' as feed, person_id as row_key, crash_record_id, knows_people_of as knows
    from part
    join crash_people on crash_date >= day and crash_date < day + 1 and updated_at > knows_people_of
    union all
    select 'vehicles', crash_unit_id::text, crash_record_id, knows_vehicles_of
    from part
    join crash_vehicles on crash_date >= day and crash_date < day + 1 and updated_at > knows_vehicles_of
    union all
    select feed, row_key, old_row ->> 'crash_record_id', knows_people_of
    from part
    join ops.history using (day)
    where feed = 'people' and valid_to > knows_people_of
    union all
    select feed, row_key, old_row ->> 'crash_record_id', knows_vehicles_of
    from part
    join ops.history using (day)
    where feed = 'vehicles' and valid_to > knows_vehicles_of
)
select crash_record_id from held where is_new
union
select crash_record_id from (select day, crash_record_id from held except select * from known) as without_fact
union
select crash_record_id from (select * from known except select day, crash_record_id from held) as without_crash
union
select crash_record_id from changed
union
-- What changed here may have come from another day, and from another crash.
select history.old_row ->> 'crash_record_id'
from changed
join ops.history using (feed, row_key)
where history.valid_to > knows

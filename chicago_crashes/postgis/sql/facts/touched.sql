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
)
select crash_record_id from held where is_new
union
select crash_record_id from (select day, crash_record_id from held except select * from known) as without_fact
union
select crash_record_id from (select * from known except select day, crash_record_id from held) as without_crash
union
select crash_record_id
from part
join crash_people on crash_date >= day and crash_date < day + 1 and updated_at > knows_people_of
union
select crash_record_id
from part
join crash_vehicles on crash_date >= day and crash_date < day + 1 and updated_at > knows_vehicles_of
union
select history.old_row ->> 'crash_record_id'
from part
join ops.history as history on history.day = part.day
where history.feed = 'people' and history.valid_to > knows_people_of
    or history.feed = 'vehicles' and history.valid_to > knows_vehicles_of
union
-- A row that moved here from another day was, until then, of that day.
select history.old_row ->> 'crash_record_id'
from part
join ops.signatures as signature using (day)
join ops.history as history on history.feed = signature.feed and history.valid_to = signature.loaded_at
where signature.feed in ('people', 'vehicles')

-- The crashes that are made anew: those that are or were in the facts of the days, and those of which a person or a unit
-- of the days is one, or was one until it was amended or withdrawn. People and units may be dated otherwise than their
-- crash.
create temporary table touched on commit drop as
select crash_record_id from part join crashes on crash_date >= day and crash_date < day + 1
union
select crash_record_id from part join crash_facts using (day)
union
select crash_record_id from part join crash_people on crash_date >= day and crash_date < day + 1
union
select crash_record_id from part join crash_vehicles on crash_date >= day and crash_date < day + 1
union
select history.old_row ->> 'crash_record_id'
from part
join ops.fact_days as known using (day)
join ops.history as history on history.day = part.day and history.feed in ('people', 'vehicles')
where history.valid_to > coalesce(
    known.made_from[case history.feed when 'people' then 2 else 3 end], '-infinity'::timestamptz
)
union
select history.old_row ->> 'crash_record_id'
from part
join ops.signatures as signature using (day)
join ops.history as history on history.feed = signature.feed and history.valid_to = signature.loaded_at
where signature.feed in ('people', 'vehicles')

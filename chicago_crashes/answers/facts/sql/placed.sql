-- Where the touched crashes lie. They are found first: the planner takes a longitude and a latitude for independent of
-- one another, expects all but no crash to share both with a location, and would look through the touched ones for each.
create temporary table placed on commit drop as
with touched_crash as materialized (
    select crash_record_id, longitude, latitude
    from touched
    join crashes using (crash_record_id)
    where longitude is not null
)
select crash_record_id, location_id
from touched_crash
join locations using (longitude, latitude)

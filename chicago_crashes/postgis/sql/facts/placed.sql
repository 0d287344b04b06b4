-- Where the touched crashes lie.
create temporary table placed on commit drop as
select crash_record_id, location_id
from touched
join crashes using (crash_record_id)
join locations using (longitude, latitude)

-- Which crash lies in which area, so that nobody has to know how places and layers hang together.

create or replace view crash_areas as
select crash_facts.crash_record_id, layers.layer, areas.area, areas.label, location_areas.feet_away
from crash_facts
join location_areas using (location_id)
join layers using (layer_id)
left join areas using (area_id);
comment on view crash_areas is 'In which area of every active polygon layer each located crash lies';
comment on column crash_areas.crash_record_id is 'The crash, as in crash_facts';
comment on column crash_areas.layer is 'Name of the layer: wards, police_beats, ...';
comment on column crash_areas.area is 'Key of the area within the layer; null: in none, and none is near';
comment on column crash_areas.label is 'What people call the area';
comment on column crash_areas.feet_away is '0 inside; how far the nearest area is otherwise; null where none is near';

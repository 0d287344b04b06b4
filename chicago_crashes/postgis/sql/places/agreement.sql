-- How the places of crashes fit the reports and the city: of crashes with a place and a reported beat, how many the
-- polygon of that beat holds; of crashes with a place, how many lie outside the city.
select
    count(*) filter (where beat.area_id is not null and reported is not null) as compared,
    count(*) filter (where beat.area = reported) as agreeing,
    count(*) filter (where beat.area = reported and beat.feet_away = 0) as agreeing_inside,
    count(city.location_id) as located,
    count(*) filter (where city.location_id is not null and city.feet_away is distinct from 0) as outside
from (
    select longitude, latitude, beat_of_occurrence as reported from crashes where latitude is not null
) as crash
join locations using (longitude, latitude)
left join (
    select location_id, area_id, area, feet_away
    from location_areas
    join areas using (area_id)
    where location_areas.layer_id = (select layer_id from layers where layer = %(beats)s)
) as beat using (location_id)
left join (
    select location_id, feet_away
    from location_areas
    where layer_id = (select layer_id from layers where layer = %(city)s)
) as city using (location_id)

-- How the places of crashes fit the reports and the city: of crashes with a place and a reported beat, how many the
-- polygon of that beat holds; of crashes with a place, how many lie outside the city. Places get their areas before they
-- get their crashes: the planner takes longitude and latitude for independent of one another, expects hardly any crash
-- to have a place, and would look up the areas of each.
with place as materialized (
    select
        longitude,
        latitude,
        beat.area as beat,
        beat.feet_away as feet_from_beat,
        city.location_id is not null as is_assigned,
        city.feet_away as feet_from_city
    from locations
    left join (
        select location_id, area, feet_away
        from location_areas
        join areas using (area_id)
        where location_areas.layer_id = (select layer_id from layers where layer = %(beats)s)
    ) as beat using (location_id)
    left join (
        select location_id, feet_away
        from location_areas
        where layer_id = (select layer_id from layers where layer = %(city)s)
    ) as city using (location_id)
)
select
    count(*) filter (where beat is not null and beat_of_occurrence is not null) as compared,
    count(*) filter (where beat = beat_of_occurrence) as agreeing,
    count(*) filter (where beat = beat_of_occurrence and feet_from_beat = 0) as agreeing_inside,
    count(*) filter (where is_assigned) as located,
    count(*) filter (where is_assigned and feet_from_city is distinct from 0) as outside
from crashes
join place using (longitude, latitude)

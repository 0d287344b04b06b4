-- The columns of layers that were assigned anew, or are assigned no more, for all crashes.
update crash_facts
set {set_areas}
from (
    select
        location_id,
        {name_areas}
    from locations
    left join (
        select location_id, layer, area
        from location_areas
        join layers using (layer_id)
        join areas using (area_id)
        where layer = any(%(layers)s)
    ) as named using (location_id)
    group by location_id
) as area
where area.location_id = crash_facts.location_id and ({differ})

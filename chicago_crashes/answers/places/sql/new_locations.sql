-- Every place of a crash that is not among the locations yet. Asking all crashes is cheap (an index holds their places)
-- and exact: no clock tells which crashes changed while another transaction was writing them. Neighbours are stored
-- beside one another, which fills the indexes twice as fast.
insert into locations (longitude, latitude)
select distinct longitude, latitude
from crashes
where latitude is not null and longitude is not null
    and not exists (
        select from locations
        where locations.longitude = crashes.longitude and locations.latitude = crashes.latitude
    )
order by longitude, latitude

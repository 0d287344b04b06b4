-- Every place of a crash that is not among the locations yet. Asking all crashes is cheap (their index holds the places)
-- and exact: no clock tells which crashes changed while another transaction was writing them.
insert into locations (longitude, latitude)
select distinct longitude, latitude
from crashes
where latitude is not null and longitude is not null
    and not exists (
        select from locations
        where locations.longitude = crashes.longitude and locations.latitude = crashes.latitude
    )

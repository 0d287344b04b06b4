insert into hot_spots (
    grid, measure, cell, first_day, last_day, crashes, ksi_crashes, epdo, city_index, z, p, p_adjusted, is_hot, rank,
    geometry
)
with counted as materialized (
    select cell, crashes, ksi_crashes, epdo, city_index, st_transform(geometry, 4326) as geometry from staged_cells
)
select
    %(grid)s, found.measure, cell, %(first)s, %(last)s, counted.crashes, counted.ksi_crashes, counted.epdo,
    counted.city_index, found.z, found.p, found.p_adjusted, found.is_hot,
    rank() over (partition by found.measure order by found.is_hot desc, found.z desc nulls last),
    counted.geometry
from counted
join staged_findings as found using (cell)
order by found.measure, cell

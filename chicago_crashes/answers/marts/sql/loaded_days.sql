-- Days that are loaded and have no crash get a row of zeros; days that are not loaded any more lose theirs. A day of
-- which people or vehicles are loaded, and no crashes, is not loaded; nor is one whose crashes are stored and whose
-- facts are not made yet: zero would be wrong.
with loaded as (
    select day from ops.fact_days where crashes > 0
    union
    select day from ops.signatures where feed = 'crashes' and table_rows = 0
),
no_longer_loaded as (
    delete from citywide_daily where day not in (select day from loaded)
)
insert into citywide_daily (
    day,
    {columns}
)
select
    day,
    {zeros}
from loaded
where day not in (select day from citywide_daily)

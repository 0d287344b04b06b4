-- Days that are loaded and have no crash get a row of zeros; days that are not loaded any more lose theirs. A day is
-- loaded if its facts are made, or if there is nothing to make them of. A day whose crashes are stored and whose facts
-- are not made yet has no row: zero would be wrong.
with loaded as (
    select day from ops.fact_days
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

-- Write only what is new or differs. A reply older than the stored row never overwrites it.
with written as (
    insert into {table} as stored ({columns}, source_updated_at)
    select {columns}, source_updated_at from {stage} as staged
    order by {date}
    on conflict ({key}) do update
        set ({values}, source_updated_at, updated_at) = row({excluded_values}, excluded.source_updated_at, now())
        where {excluded_is_newer} and {excluded_differs}
    returning stored.{date}::date as day, stored.xmax = 0 as is_new
)
select day, count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated
from written
group by day

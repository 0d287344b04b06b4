-- Those of the staged keys that the table holds. Each is looked up by the index (which `offset 0` makes sure of): reading
-- the whole table instead would cost more with every row it holds. What is stored of a day that is not merged tells its
-- day and its time, in microseconds since 1970.
select
    {staged_key},
    case when is_elsewhere then stored_day end,
    case when is_elsewhere then (extract(epoch from source_updated_at) * 1000000)::bigint end
from {keys} as staged,
lateral (
    select
        stored.{date}::date as stored_day,
        stored.{date}::date <> all({days}) as is_elsewhere,
        stored.source_updated_at
    from {table} as stored
    where {same_key}
    offset 0
) as known

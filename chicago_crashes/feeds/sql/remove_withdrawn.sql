delete from {table} as stored
where {is_withdrawn}
returning stored.{date}::date as day

with written as (
    update {table} as stored
    set ({values}, source_updated_at, updated_at) = row({staged_values}, staged.source_updated_at, now())
    from {amended} as staged
    where {same_key} and staged."values:differ"
    returning stored.{date}::date as day
)
select day, count(*) from written group by day

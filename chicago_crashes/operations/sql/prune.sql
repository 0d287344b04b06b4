with batch as (
    delete from {doomed}
    where id in (select id from {doomed} order by id limit %(batch)s)
    returning id
),
gone as (
    delete from {kept} as entry
    using batch
    where entry.id = batch.id
    returning pg_column_size(entry.*) as bytes
)
select (select count(*) from batch), count(*), coalesce(sum(bytes), 0) from gone

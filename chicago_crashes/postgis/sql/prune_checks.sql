with batch as (
    delete from doomed_checks
    where id in (select id from doomed_checks order by id limit %(batch)s)
    returning id
),
gone as (
    delete from dagster.asset_check_executions as result
    using batch
    where result.id = batch.id
    returning pg_column_size(result.*) as bytes
)
select (select count(*) from batch), count(*), coalesce(sum(bytes), 0) from gone

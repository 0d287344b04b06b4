with batch as (
    delete from doomed_events
    where id in (select id from doomed_events order by id limit %(batch)s)
    returning id
),
gone as (
    delete from dagster.event_logs as event
    using batch
    where event.id = batch.id
    returning pg_column_size(event.*) as bytes
)
select (select count(*) from batch), count(*), coalesce(sum(bytes), 0) from gone

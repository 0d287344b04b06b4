create temporary table doomed_checks on commit preserve rows as
with newest as (
    select asset_key, check_name, "partition", max(id) as id
    from dagster.asset_check_executions
    where execution_status <> 'PLANNED'
    group by asset_key, check_name, "partition"
)
select result.id, result.evaluation_event_storage_id as event_id
from dagster.asset_check_executions as result
join dagster.runs as run using (run_id)
join newest
    on newest.asset_key = result.asset_key
    and newest.check_name = result.check_name
    and newest."partition" is not distinct from result."partition"
where run.status = any(%(ended)s)
    and run.update_timestamp < %(before)s
    and result.id < newest.id

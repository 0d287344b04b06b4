create temporary table doomed_events on commit preserve rows as
with ended as materialized (
    select run_id, status from dagster.runs
    where status = any(%(ended)s) and update_timestamp < %(before)s
),
kept_result as materialized (
    select result.evaluation_event_storage_id as event_id
    from dagster.asset_check_executions as result
    where result.evaluation_event_storage_id is not null
        and not exists (select from doomed_checks where doomed_checks.id = result.id)
)
select event.id
from dagster.event_logs as event
join ended using (run_id)
where event.dagster_event_type is null or event.dagster_event_type = any(%(of_runs)s)
union all
select event.id
from dagster.event_logs as event
join ended using (run_id)
where event.dagster_event_type = any(%(of_plans)s) and ended.status = 'SUCCESS'
union all
select event.id
from dagster.event_logs as event
join ended using (run_id)
where event.dagster_event_type = any(%(of_checks)s)
    and not exists (select from kept_result where kept_result.event_id = event.id)

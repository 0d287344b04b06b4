-- Runs as rows: what ran, over which days of which feeds, how it ended and what it changed.
--
-- Dagster keeps its runs in the schema `dagster` of this database, whose tables Dagster makes and changes. A plain view
-- over them could only be made once they are there, would stand in the way when Dagster changes them, and could not be
-- restored from a dump without them. So the view asks functions, which look for the tables when they are called; without
-- them there are no runs. Each column is computed only where it is asked for.

create or replace function ops.dagster_runs()
    returns table (
        run_id text, job text, status text, first_day date, last_day date, started timestamptz, ended timestamptz
    )
    language plpgsql stable rows 2000
as $$
begin
    if to_regclass('dagster.runs') is null or to_regclass('dagster.run_tags') is null then
        return;
    end if;
    return query
        select
            run.run_id::text,
            run.pipeline_name::text,
            run.status::text,
            coalesce(days.range_start, days.one_day)::date,
            coalesce(days.range_end, days.one_day)::date,
            to_timestamp(run.start_time),
            to_timestamp(run.end_time)
        from dagster.runs as run
        left join (
            select
                tag.run_id,
                max(tag.value) filter (where tag.key = 'dagster/asset_partition_range_start') as range_start,
                max(tag.value) filter (where tag.key = 'dagster/asset_partition_range_end') as range_end,
                max(tag.value) filter (where tag.key = 'dagster/partition') as one_day
            from dagster.run_tags as tag
            where tag.value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
                and tag.key in (
                    'dagster/asset_partition_range_start', 'dagster/asset_partition_range_end', 'dagster/partition'
                )
            group by tag.run_id
        ) as days on days.run_id = run.run_id;
end
$$;

create or replace function ops.run_feeds(wanted_run text) returns text[]
    language plpgsql stable cost 10000
as $$
begin
    if to_regclass('dagster.event_logs') is null then
        return null;
    end if;
    return (
        select array_agg(distinct feed order by feed)
        from (
            select case asset
                {% for feed in feeds if feed.table != feed.name %}
                when '{{ feed.table }}' then '{{ feed.name }}'
                {% endfor %}
                else asset
            end as feed
            from (
                select event.asset_key::jsonb ->> 0 as room, event.asset_key::jsonb ->> 1 as asset
                from dagster.event_logs as event
                where event.run_id = wanted_run
                    and event.asset_key is not null
                    and event.dagster_event_type in (
                        'ASSET_MATERIALIZATION', 'ASSET_MATERIALIZATION_PLANNED', 'ASSET_FAILED_TO_MATERIALIZE'
                    )
                group by event.asset_key
            ) as asset_of_run
            where room in ('raw', 'postgis')
        ) as feed_of_run
    );
end
$$;

create or replace function ops.run_rows(wanted_run text, counted text) returns bigint
    language plpgsql stable cost 100000
as $$
begin
    if to_regclass('dagster.event_logs') is null then
        return null;
    end if;
    return (
        select sum((
            jsonb_path_query_first(
                event.event::jsonb,
                '$.dagster_event.event_specific_data.materialization.metadata_entries[*]
                    ? (@.label == $counted).entry_data.value',
                jsonb_build_object('counted', counted)
            ) #>> '{}'
        )::bigint)
        from dagster.event_logs as event
        where event.run_id = wanted_run
            and event.dagster_event_type = 'ASSET_MATERIALIZATION'
            and event.asset_key like '["postgis", %'
    );
end
$$;

create or replace function ops.run_error(wanted_run text) returns text
    language plpgsql stable cost 10000
as $$
declare
    failure jsonb;
    step_error jsonb;
begin
    if to_regclass('dagster.event_logs') is null then
        return null;
    end if;
    select event.event::jsonb -> 'dagster_event' into failure
    from dagster.event_logs as event
    where event.run_id = wanted_run and event.dagster_event_type in ('STEP_FAILURE', 'PIPELINE_FAILURE')
    order by event.dagster_event_type = 'STEP_FAILURE' desc, event.id
    limit 1;
    step_error := failure #> '{event_specific_data,error}';
    while jsonb_typeof(step_error -> 'cause') = 'object' loop
        step_error := step_error -> 'cause';
    end loop;
    return coalesce(
        nullif(failure #>> '{event_specific_data,user_failure_data,description}', ''),
        nullif(trim(both from step_error ->> 'message', e' \n'), ''),
        failure ->> 'message'
    );
end
$$;

create or replace view ops.executions as
select
    run_id,
    job,
    ops.run_feeds(run_id) as feeds,
    first_day,
    last_day,
    status,
    started,
    ended,
    ended - started as duration,
    ops.run_rows(run_id, 'inserted') as inserted,
    ops.run_rows(run_id, 'updated') as updated,
    ops.run_rows(run_id, 'withdrawn') as withdrawn,
    case when status in ('FAILURE', 'CANCELED') then ops.run_error(run_id) end as error
from ops.dagster_runs();
comment on view ops.executions is
    'Every run Dagster knows: what it loaded, how it ended, what it changed';

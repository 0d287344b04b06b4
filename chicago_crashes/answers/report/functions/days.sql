-- What is known of the days that are asked about.

create or replace function report_citywide_since() returns date
language sql immutable parallel safe as $$
    select date '{{ citywide_since }}'
$$;
comment on function report_citywide_since is 'The first day on which every police district reported its crashes';

create or replace function report_loaded() returns table (oldest date, newest date, newest_whole date)
language sql stable parallel safe as $$
    select min(made.day), max(made.day), max(made.day) filter (where not made.is_provisional)
    from ops.fact_days as made
$$;
comment on function report_loaded is
    'The first and the last day that is loaded, and the last one that is not provisional; null where there is none';

create or replace function report_days(first date, last date)
returns table (days integer, days_loaded bigint, days_provisional bigint)
language sql stable parallel safe as $$
    select report_days.last - report_days.first + 1, count(*), count(*) filter (where made.is_provisional)
    from ops.fact_days as made
    where made.day between report_days.first and report_days.last
$$;
comment on function report_days is 'How many days there are, how many of them are loaded, and how many provisional';

create or replace function report_days_missing(first date, last date) returns setof date
language sql stable parallel safe as $$
    select each.day::date
    from report_loaded() as loaded
    cross join generate_series(
        greatest(report_days_missing.first, loaded.oldest)::timestamp,
        least(report_days_missing.last, loaded.newest)::timestamp,
        interval '1 day'
    ) as each (day)
    where not exists (select from ops.fact_days as made where made.day = each.day::date)
$$;
comment on function report_days_missing is 'The days that are not loaded, between the first and the last that is';

create or replace function report_days_behind(first date, last date) returns bigint
language sql stable parallel safe as $$
    select count(*)
    from (
        select signed.day,
            array[
                max(signed.loaded_at) filter (where signed.feed = 'crashes'),
                max(signed.loaded_at) filter (where signed.feed = 'people'),
                max(signed.loaded_at) filter (where signed.feed = 'vehicles')
            ] as loaded_at
        from ops.signatures as signed
        where signed.feed in ('crashes', 'people', 'vehicles')
            and signed.day between report_days_behind.first and report_days_behind.last
        group by signed.day
    ) as loads
    left join ops.fact_days as made on made.day = loads.day
    where made.made_from is distinct from loads.loaded_at
$$;
comment on function report_days_behind is 'How many days were loaded again after their crash facts were made';

create or replace function report_days_behind_in_city(first date, last date) returns bigint
language sql stable parallel safe as $$
    select count(*)
    from ops.fact_days as made
    left join ops.mart_refreshes as followed on followed.mart = 'citywide_daily'
    where made.day between report_days_behind_in_city.first and report_days_behind_in_city.last
        and (followed.mart is null or made.refreshed_at > followed.refreshed_at)
$$;
comment on function report_days_behind_in_city is
    'Of how many days citywide_daily does not count the newest crash facts';

create or replace function report_range(first date, last date) returns jsonb
language sql stable parallel safe as $$
    select jsonb_build_object(
        'first', report_range.first,
        'last', report_range.last,
        'days', known.days,
        'days_loaded', known.days_loaded,
        'days_missing', (select count(*) from report_days_missing(report_range.first, report_range.last)),
        'days_provisional', known.days_provisional
    )
    from report_days(report_range.first, report_range.last) as known
$$;
comment on function report_range is 'The days that are asked about, and how many of them are loaded';

create or replace function report_data_as_of() returns jsonb
language sql stable parallel safe as $$
    select jsonb_build_object(
        'newest_day', (select max(made.day) from ops.fact_days as made),
        'loaded_at', (select max(signed.loaded_at) from ops.signatures as signed where signed.feed = 'crashes'),
        'counted_at', (select max(made.refreshed_at) from ops.fact_days as made)
    )
$$;
comment on function report_data_as_of is 'How new everything is that a report counts';

create or replace function report_require_days(first date, last date) returns void
language plpgsql stable as $$
declare
    loaded record;
begin
    if report_require_days.first is null or report_require_days.last is null
        or report_require_days.first > report_require_days.last
    then
        raise invalid_parameter_value using message = format(
            'A report needs a first day and a last day that is not before it, not %s and %s.',
            coalesce(report_require_days.first::text, 'null'), coalesce(report_require_days.last::text, 'null')
        );
    end if;
    select * into loaded from report_loaded();
    if loaded.newest is null then
        raise no_data_found using message = 'No crash facts have been made yet.';
    end if;
    perform from ops.fact_days as made where made.day between report_require_days.first and report_require_days.last;
    if not found then
        raise no_data_found using message = format(
            'No day from %s to %s is loaded; loaded are days from %s to %s.',
            report_require_days.first, report_require_days.last, loaded.oldest, loaded.newest
        );
    end if;
end
$$;
comment on function report_require_days is 'Refuses days of which nothing can be told, and says why';

-- The location report. Three ways to choose a place become locations, locations become crashes, and every number is
-- made from those in one function, report_of_locations. Columns are written with their table's alias and parameters
-- with their function's name, because several share a name.

create function report_locations_of_area(layer text, area text) returns setof integer
language sql stable parallel safe as $$
    select placed.location_id
    from layers as chosen
    join areas as found on found.layer_id = chosen.layer_id
    join location_areas as placed on placed.area_id = found.area_id
    where chosen.layer = report_locations_of_area.layer and found.area = report_locations_of_area.area
$$;
comment on function report_locations_of_area is
    'The locations that are counted in an area: within it, or nearest to it of those that are in none';

create function report_locations_near(
    latitude double precision, longitude double precision, radius_feet double precision
) returns setof integer
language sql stable parallel safe as $$
    select near.location_id
    from locations as near
    where ST_DWithin(
        near.geometry_feet,
        ST_Transform(
            ST_SetSRID(ST_MakePoint(report_locations_near.longitude, report_locations_near.latitude), 4326), 3435
        ),
        report_locations_near.radius_feet
    )
$$;
comment on function report_locations_near is 'The locations within so many feet of a point, measured in EPSG:3435';

create function report_locations_within(polygon geometry) returns setof integer
language sql stable parallel safe as $$
    select within.location_id
    from locations as within
    where ST_Intersects(within.geometry_feet, ST_Transform(report_locations_within.polygon, 3435))
$$;
comment on function report_locations_within is 'The locations within a polygon, those on its edge included';

create function report_facts(locations integer[], first date, last date) returns setof crash_facts
language sql stable parallel safe as $$
    select fact.*
    from unnest(report_facts.locations) as chosen (location_id)
    join crash_facts as fact on fact.location_id = chosen.location_id
    where fact.day between report_facts.first and report_facts.last
$$;
comment on function report_facts is 'The crashes of some days at some locations, each of which is given once';

create function report_day(day date) returns text
language sql immutable parallel safe as $$
    select to_char(report_day.day, 'FMMonth FMDD, YYYY')
$$;
comment on function report_day is 'A day as people write it';

create function report_share(part bigint, whole bigint) returns double precision
language sql immutable parallel safe as $$
    select report_share.part::double precision / nullif(report_share.whole, 0)
$$;
comment on function report_share is 'The part as a share of the whole: 0.1 is 10 %; null of nothing';

create function report_change(current bigint, earlier bigint) returns double precision
language sql immutable parallel safe as $$
    select (report_change.current - report_change.earlier)::double precision / nullif(report_change.earlier, 0)
$$;
comment on function report_change is 'By which share a number has grown: 0.1 is 10 % more; null where there was nothing';

create function report_rates(counts jsonb) returns jsonb
language sql immutable parallel safe as $$
    select jsonb_object_agg(
        rate.name, 100 * report_share((report_rates.counts->>rate.of)::bigint, (report_rates.counts->>'crashes')::bigint)
    )
    from (
        values ('injury_crashes_per_100_crashes', 'injury_crashes'), ('ksi_crashes_per_100_crashes', 'ksi_crashes'),
        ('fatal_crashes_per_100_crashes', 'fatal_crashes'), ('injured_per_100_crashes', 'injured'),
        ('killed_per_100_crashes', 'persons_k'), ('hit_and_run_per_100_crashes', 'hit_and_run_crashes')
    ) as rate (name, of)
$$;
comment on function report_rates is 'Counts per 100 crashes; null where there are no crashes';

create function report_cost(counts jsonb, cost_table text) returns jsonb
language sql stable parallel safe as $$
    select jsonb_build_object(
        'cost_table', report_cost.cost_table,
        'dollars_of', (
            select max(priced.dollars_of) from unit_costs as priced where priced.cost_table = report_cost.cost_table
        ),
        'source', (
            select max(priced.source) from unit_costs as priced where priced.cost_table = report_cost.cost_table
        ),
        'lines', jsonb_agg(
            jsonb_build_object(
                'class', line.class, 'unit', line.unit, 'count', line.count, 'unit_dollars', line.unit_dollars,
                'subtotal', line.subtotal
            )
            order by line.position
        ),
        'total', sum(line.subtotal),
        'unknown_people', (report_cost.counts->>'persons_u')::bigint,
        'unknown_crashes', (report_cost.counts->>'unknown_crashes')::bigint,
        'cost_tables', (select jsonb_agg(distinct priced.cost_table) from unit_costs as priced)
    )
    from crash_cost_lines(
        report_cost.cost_table,
        (report_cost.counts->>'persons_k')::bigint, (report_cost.counts->>'persons_a')::bigint,
        (report_cost.counts->>'persons_b')::bigint, (report_cost.counts->>'persons_c')::bigint,
        (report_cost.counts->>'persons_o')::bigint, (report_cost.counts->>'pdo_vehicles')::bigint
    ) with ordinality as line (class, unit, count, unit_dollars, subtotal, position)
$$;
comment on function report_cost is
    'What the counted injuries and damages cost by one table of unit_costs, line by line; what is unknown has no price';

create function report_of_locations(place jsonb, locations integer[], first date, last date, cost_table text)
returns jsonb
language plpgsql stable
-- How many locations there are decides the plan, so it is made anew for each list of them.
set plan_cache_mode = force_custom_plan
-- Compiling the statement takes longer than running it.
set jit = off
set work_mem = '64MB'
as $report$
declare
    citywide_since constant date := '2017-09-01';
    few_crashes constant integer := 30;
    most_causes constant integer := 15;
    oldest date;
    newest date;
    newest_whole date;
    judged_last date;
    is_months boolean;
    earliest date;
    report jsonb;
begin
    if report_of_locations.first is null or report_of_locations.last is null
        or report_of_locations.first > report_of_locations.last
    then
        raise invalid_parameter_value using message = format(
            'A report needs a first day and a last day that is not before it, not %s and %s.',
            coalesce(report_of_locations.first::text, 'null'), coalesce(report_of_locations.last::text, 'null')
        );
    end if;
    select min(made.day), max(made.day), max(made.day) filter (where not made.is_provisional)
    into oldest, newest, newest_whole
    from ops.fact_days as made;
    if newest is null then
        raise no_data_found using message = 'No crash facts have been made yet.';
    end if;
    perform from ops.fact_days as made where made.day between report_of_locations.first and report_of_locations.last;
    if not found then
        raise no_data_found using message = format(
            'No day from %s to %s is loaded; loaded are days from %s to %s.',
            report_of_locations.first, report_of_locations.last, oldest, newest
        );
    end if;

    -- What is compared ends with the last day that is not provisional: those are always short. Whole months are
    -- compared with whole months, which have other numbers of days.
    judged_last := least(report_of_locations.last, coalesce(newest_whole, oldest - 1));
    is_months := extract(day from report_of_locations.first) = 1 and extract(day from judged_last + 1) = 1
        and judged_last > report_of_locations.first;

    with comparisons (name, current_first, current_last, earlier_first, earlier_last) as (
        select 'period_before', report_of_locations.first, judged_last,
            case
                when is_months then (
                    report_of_locations.first - age(judged_last + 1, report_of_locations.first)
                )::date
                else report_of_locations.first - (judged_last - report_of_locations.first + 1)
            end,
            report_of_locations.first - 1
        where judged_last >= report_of_locations.first
            -- Of a whole year both are the same.
            and judged_last <> (report_of_locations.first + interval '1 year')::date - 1
        union all
        select 'year_before', report_of_locations.first, judged_last,
            (report_of_locations.first - interval '1 year')::date,
            case
                when is_months then (judged_last + 1 - interval '1 year')::date - 1
                else (judged_last - interval '1 year')::date
            end
        where judged_last >= report_of_locations.first
            and judged_last < (report_of_locations.first + interval '1 year')::date
        union all
        select 'latest_year', (judged_last + 1 - interval '1 year')::date, judged_last,
            (judged_last + 1 - interval '2 years')::date, (judged_last + 1 - interval '1 year')::date - 1
        where judged_last >= (report_of_locations.first + interval '1 year')::date
    )
    select
        least(min(compared.earlier_first) filter (where compared.earlier_first >= citywide_since),
            report_of_locations.first),
        jsonb_agg(to_jsonb(compared) order by compared.name)
    into earliest, report
    from comparisons as compared;

    with comparisons as materialized (
        select compared.*, compared.earlier_first >= citywide_since as is_citywide
        from jsonb_to_recordset(coalesce(report, '[]')) as compared (
            name text, current_first date, current_last date, earlier_first date, earlier_last date
        )
    ),
    -- All days that are asked about, and what is known of each.
    loads as (
        select signed.day,
            array[
                max(signed.loaded_at) filter (where signed.feed = 'crashes'),
                max(signed.loaded_at) filter (where signed.feed = 'people'),
                max(signed.loaded_at) filter (where signed.feed = 'vehicles')
            ] as loaded_at
        from ops.signatures as signed
        where signed.feed in ('crashes', 'people', 'vehicles')
            and signed.day between earliest and report_of_locations.last
        group by signed.day
    ),
    days as materialized (
        select each.day::date as day,
            made.day is not null as is_counted,
            coalesce(made.is_provisional, false) as is_provisional,
            loads.loaded_at is not null and made.made_from is distinct from loads.loaded_at as is_behind,
            coalesce(made.refreshed_at > followed.refreshed_at, made.day is not null) as is_behind_in_city,
            each.day::date between report_of_locations.first and report_of_locations.last as is_asked
        from generate_series(earliest::timestamp, report_of_locations.last::timestamp, interval '1 day') as each (day)
        left join ops.fact_days as made on made.day = each.day::date
        left join loads on loads.day = each.day::date
        left join ops.mart_refreshes as followed on followed.mart = 'citywide_daily'
    ),
    facts as materialized (
        select fact.day, fact.weekday, fact.hour, fact.severity, fact.is_ksi,
            fact.persons_k, fact.persons_a, fact.persons_b, fact.persons_c, fact.persons_o, fact.persons_u,
            fact.pedestrians, fact.pedestrians_k, fact.pedestrians_a, fact.pedestrians_b, fact.pedestrians_c,
            fact.cyclists, fact.cyclists_k, fact.cyclists_a, fact.cyclists_b, fact.cyclists_c,
            fact.motorcyclists, fact.motorcyclists_k, fact.motorcyclists_a, fact.motorcyclists_b,
            fact.motorcyclists_c,
            fact.occupants, fact.occupants_k, fact.occupants_a, fact.occupants_b, fact.occupants_c,
            fact.others, fact.others_k, fact.others_a, fact.others_b, fact.others_c,
            fact.children, fact.children_k, fact.children_a, fact.children_b, fact.children_c,
            fact.older_adults, fact.older_adults_k, fact.older_adults_a, fact.older_adults_b, fact.older_adults_c,
            fact.motor_vehicles, fact.is_hit_and_run, fact.is_dooring, fact.is_work_zone, fact.is_speed_related,
            fact.is_alcohol_related, fact.is_dark, fact.is_intersection, fact.primary_cause, fact.first_crash_type
        from report_facts(report_of_locations.locations, earliest, report_of_locations.last) as fact
    ),
    asked as not materialized (
        select * from facts where facts.day >= report_of_locations.first
    ),
    daily as (
        select 'place' as who, facts.day,
            count(*)::int as crashes,
            (count(*) filter (where facts.severity in ('K', 'A', 'B', 'C')))::int as injury_crashes,
            (count(*) filter (where facts.is_ksi))::int as ksi_crashes,
            (count(*) filter (where facts.severity = 'K'))::int as fatal_crashes,
            (count(*) filter (where facts.severity = 'O'))::int as pdo_crashes,
            (count(*) filter (where facts.severity = 'U'))::int as unknown_crashes,
            sum(facts.persons_k)::int as persons_k,
            sum(facts.persons_a)::int as persons_a,
            sum(facts.persons_b)::int as persons_b,
            sum(facts.persons_c)::int as persons_c,
            sum(facts.persons_o)::int as persons_o,
            sum(facts.persons_u)::int as persons_u,
            sum(facts.persons_k + facts.persons_a + facts.persons_b + facts.persons_c)::int as injured,
            sum(facts.persons_k + facts.persons_a)::int as ksi,
            sum(facts.pedestrians_k + facts.pedestrians_a + facts.pedestrians_b + facts.pedestrians_c)::int
                as pedestrians_injured,
            sum(facts.pedestrians_k + facts.pedestrians_a)::int as pedestrians_ksi,
            sum(facts.cyclists_k + facts.cyclists_a + facts.cyclists_b + facts.cyclists_c)::int as cyclists_injured,
            sum(facts.cyclists_k + facts.cyclists_a)::int as cyclists_ksi,
            sum(facts.motorcyclists_k + facts.motorcyclists_a + facts.motorcyclists_b + facts.motorcyclists_c)::int
                as motorcyclists_injured,
            sum(facts.motorcyclists_k + facts.motorcyclists_a)::int as motorcyclists_ksi,
            sum(facts.occupants_k + facts.occupants_a + facts.occupants_b + facts.occupants_c)::int
                as occupants_injured,
            sum(facts.occupants_k + facts.occupants_a)::int as occupants_ksi,
            sum(facts.others_k + facts.others_a + facts.others_b + facts.others_c)::int as others_injured,
            sum(facts.others_k + facts.others_a)::int as others_ksi,
            sum(facts.children_k + facts.children_a + facts.children_b + facts.children_c)::int as children_injured,
            sum(facts.children_k + facts.children_a)::int as children_ksi,
            sum(facts.older_adults_k + facts.older_adults_a + facts.older_adults_b + facts.older_adults_c)::int
                as older_adults_injured,
            sum(facts.older_adults_k + facts.older_adults_a)::int as older_adults_ksi,
            (count(*) filter (where facts.is_hit_and_run))::int as hit_and_run_crashes,
            (count(*) filter (where facts.is_dooring))::int as dooring_crashes,
            coalesce(sum(facts.motor_vehicles) filter (where facts.severity = 'O'), 0)::int as pdo_vehicles
        from facts
        group by facts.day
        union all
        select 'city', city.day,
            city.crashes, city.injury_crashes, city.ksi_crashes, city.fatal_crashes, city.pdo_crashes,
            city.unknown_crashes, city.persons_k, city.persons_a, city.persons_b, city.persons_c, city.persons_o,
            city.persons_u, city.injured, city.ksi, city.pedestrians_injured, city.pedestrians_ksi,
            city.cyclists_injured, city.cyclists_ksi, city.motorcyclists_injured, city.motorcyclists_ksi,
            city.occupants_injured, city.occupants_ksi, city.others_injured, city.others_ksi, city.children_injured,
            city.children_ksi, city.older_adults_injured, city.older_adults_ksi, city.hit_and_run_crashes,
            city.dooring_crashes, city.pdo_vehicles
        from citywide_daily as city
        where city.day between earliest and report_of_locations.last
    ),
    -- The range, and what is compared: few periods, which may overlap.
    spans (name, first, last) as (
        select 'range', report_of_locations.first, report_of_locations.last
        union all
        select compared.name || ' now', compared.current_first, compared.current_last
        from comparisons as compared
        where compared.is_citywide
        union all
        select compared.name || ' then', compared.earlier_first, compared.earlier_last
        from comparisons as compared
        where compared.is_citywide
    ),
    -- Its months and years: many periods, which do not.
    parts (name, first, last) as materialized (
        select 'month', greatest(month.first::date, report_of_locations.first),
            least((month.first + interval '1 month')::date - 1, report_of_locations.last)
        from generate_series(
            date_trunc('month', report_of_locations.first::timestamp), report_of_locations.last::timestamp,
            interval '1 month'
        ) as month (first)
        union all
        select 'year', greatest(year.first::date, report_of_locations.first),
            least((year.first + interval '1 year')::date - 1, report_of_locations.last)
        from generate_series(
            date_trunc('year', report_of_locations.first::timestamp), report_of_locations.last::timestamp,
            interval '1 year'
        ) as year (first)
    ),
    periods (who, name, first, last) as materialized (
        select who.name, span.name, span.first, span.last
        from spans as span
        cross join (values ('place'), ('city')) as who (name)
        union all
        select 'place', part.name, part.first, part.last from parts as part
    ),
    -- Every day belongs to one month and one year, which its date tells.
    known_days as (
        select span.name, span.first, days.is_counted, days.is_provisional
        from spans as span
        join days on days.day between span.first and span.last
        union all
        select part.name, greatest(date_trunc(part.name, days.day)::date, report_of_locations.first),
            days.is_counted, days.is_provisional
        from days
        cross join (values ('month'), ('year')) as part (name)
        where days.is_asked
    ),
    known_periods as materialized (
        select known.name, known.first,
            count(*) as days,
            count(*) filter (where known.is_counted) as days_loaded,
            count(*) filter (where known.is_provisional) as days_provisional
        from known_days as known
        group by known.name, known.first
    ),
    tagged as (
        select span.name as period_name, span.first as period_first, daily.*
        from spans as span
        join daily on daily.day between span.first and span.last
        union all
        select part.name, greatest(date_trunc(part.name, daily.day)::date, report_of_locations.first), daily.*
        from daily
        cross join (values ('month'), ('year')) as part (name)
        where daily.who = 'place' and daily.day >= report_of_locations.first
    ),
    summed as (
        select period.who, period.name, period.first,
            coalesce(sum(daily.crashes), 0) as crashes,
            coalesce(sum(daily.injury_crashes), 0) as injury_crashes,
            coalesce(sum(daily.ksi_crashes), 0) as ksi_crashes,
            coalesce(sum(daily.fatal_crashes), 0) as fatal_crashes,
            coalesce(sum(daily.pdo_crashes), 0) as pdo_crashes,
            coalesce(sum(daily.unknown_crashes), 0) as unknown_crashes,
            coalesce(sum(daily.persons_k), 0) as persons_k,
            coalesce(sum(daily.persons_a), 0) as persons_a,
            coalesce(sum(daily.persons_b), 0) as persons_b,
            coalesce(sum(daily.persons_c), 0) as persons_c,
            coalesce(sum(daily.persons_o), 0) as persons_o,
            coalesce(sum(daily.persons_u), 0) as persons_u,
            coalesce(sum(daily.injured), 0) as injured,
            coalesce(sum(daily.ksi), 0) as ksi,
            coalesce(sum(daily.pedestrians_injured), 0) as pedestrians_injured,
            coalesce(sum(daily.pedestrians_ksi), 0) as pedestrians_ksi,
            coalesce(sum(daily.cyclists_injured), 0) as cyclists_injured,
            coalesce(sum(daily.cyclists_ksi), 0) as cyclists_ksi,
            coalesce(sum(daily.motorcyclists_injured), 0) as motorcyclists_injured,
            coalesce(sum(daily.motorcyclists_ksi), 0) as motorcyclists_ksi,
            coalesce(sum(daily.occupants_injured), 0) as occupants_injured,
            coalesce(sum(daily.occupants_ksi), 0) as occupants_ksi,
            coalesce(sum(daily.others_injured), 0) as others_injured,
            coalesce(sum(daily.others_ksi), 0) as others_ksi,
            coalesce(sum(daily.children_injured), 0) as children_injured,
            coalesce(sum(daily.children_ksi), 0) as children_ksi,
            coalesce(sum(daily.older_adults_injured), 0) as older_adults_injured,
            coalesce(sum(daily.older_adults_ksi), 0) as older_adults_ksi,
            coalesce(sum(daily.hit_and_run_crashes), 0) as hit_and_run_crashes,
            coalesce(sum(daily.dooring_crashes), 0) as dooring_crashes,
            coalesce(sum(daily.pdo_vehicles), 0) as pdo_vehicles
        from periods as period
        left join tagged as daily
            on daily.who = period.who and daily.period_name = period.name and daily.period_first = period.first
        group by period.who, period.name, period.first
    ),
    counted as materialized (
        select summed.who, summed.name, summed.first, known.days, known.days_loaded, known.days_provisional,
            to_jsonb(summed) - array['who', 'name', 'first'] as counts
        from summed
        join known_periods as known using (name, first)
    ),
    here as materialized (select counted.counts from counted where counted.who = 'place' and counted.name = 'range'),
    city as materialized (
        select case when exists (
            select from citywide_daily as each
            where each.day between report_of_locations.first and report_of_locations.last
        ) then counted.counts end as counts
        from counted
        where counted.who = 'city' and counted.name = 'range'
    ),
    time_series as (
        select period.name,
            jsonb_agg(
                jsonb_build_object(
                    'first', period.first,
                    'last', period.last,
                    'is_partial', period.first > date_trunc(period.name, period.first)
                        or period.last + 1 < date_trunc(period.name, period.first) + ('1 ' || period.name)::interval,
                    'days', counted.days,
                    'days_loaded', counted.days_loaded,
                    'days_provisional', counted.days_provisional
                ) || case
                    -- Nothing is known of a period without a loaded day, which is not the same as no crashes.
                    when counted.days_loaded = 0 then (
                        select jsonb_object_agg(key, null)
                        from unnest(array[
                            'crashes', 'injury_crashes', 'ksi_crashes', 'fatal_crashes', 'injured', 'ksi', 'persons_k'
                        ]) as key
                    )
                    else jsonb_build_object(
                        'crashes', counted.counts->'crashes',
                        'injury_crashes', counted.counts->'injury_crashes',
                        'ksi_crashes', counted.counts->'ksi_crashes',
                        'fatal_crashes', counted.counts->'fatal_crashes',
                        'injured', counted.counts->'injured',
                        'ksi', counted.counts->'ksi',
                        'persons_k', counted.counts->'persons_k'
                    )
                end
                order by period.first
            ) as periods
        from parts as period
        join counted using (name, first)
        group by period.name
    ),
    compared as (
        select comparison.name,
            jsonb_build_object(
                'name', comparison.name,
                'current_first', comparison.current_first,
                'current_last', comparison.current_last,
                'earlier_first', comparison.earlier_first,
                'earlier_last', comparison.earlier_last,
                'is_comparable', judged.why_not is null,
                'why_not', judged.why_not,
                'counts', case when judged.why_not is null then (
                    select jsonb_agg(
                        jsonb_build_object(
                            'name', compared.key,
                            'current', here_now.count,
                            'earlier', here_then.count,
                            'change', report_change(here_now.count, here_then.count),
                            'city_current', city_now.count,
                            'city_earlier', city_then.count,
                            'city_change', report_change(city_now.count, city_then.count)
                        )
                        order by compared.position
                    )
                    from unnest(array[
                        'crashes', 'injury_crashes', 'ksi_crashes', 'fatal_crashes', 'injured', 'ksi', 'persons_k',
                        'pedestrians_injured', 'pedestrians_ksi', 'cyclists_injured', 'cyclists_ksi',
                        'children_injured', 'children_ksi', 'older_adults_injured', 'older_adults_ksi',
                        'hit_and_run_crashes'
                    ]) with ordinality as compared (key, position)
                    cross join lateral (select (place_now.counts->>compared.key)::bigint) as here_now (count)
                    cross join lateral (select (place_then.counts->>compared.key)::bigint) as here_then (count)
                    cross join lateral (
                        select case when city.counts is not null then (whole_now.counts->>compared.key)::bigint end
                    ) as city_now (count)
                    cross join lateral (
                        select case when city.counts is not null then (whole_then.counts->>compared.key)::bigint end
                    ) as city_then (count)
                ) else '[]' end
            ) as comparison
        from comparisons as comparison
        cross join city
        left join counted as place_now on place_now.who = 'place' and place_now.name = comparison.name || ' now'
        left join counted as place_then on place_then.who = 'place' and place_then.name = comparison.name || ' then'
        left join counted as whole_now on whole_now.who = 'city' and whole_now.name = comparison.name || ' now'
        left join counted as whole_then on whole_then.who = 'city' and whole_then.name = comparison.name || ' then'
        cross join lateral (
            select place_now.days - place_now.days_loaded + place_then.days - place_then.days_loaded as missing
        ) as gaps
        cross join lateral (
            select case
                when not comparison.is_citywide then format(
                    'It would reach back to %s, and crashes are published citywide only since September 2017.',
                    report_day(comparison.earlier_first)
                )
                when gaps.missing > 0 then format(
                    'Of the days that would be compared %s %s not loaded.', gaps.missing,
                    case gaps.missing when 1 then 'is' else 'are' end
                )
            end
        ) as judged (why_not)
    ),
    groups as (
        select involved.name, involved.position,
            count(*) filter (where involved.people > 0) as crashes,
            sum(involved.people) as involved,
            sum(involved.k) as k, sum(involved.a) as a, sum(involved.b) as b, sum(involved.c) as c
        from asked
        cross join lateral (
            values
            (1, 'pedestrians', asked.pedestrians,
                asked.pedestrians_k, asked.pedestrians_a, asked.pedestrians_b, asked.pedestrians_c),
            (2, 'cyclists', asked.cyclists, asked.cyclists_k, asked.cyclists_a, asked.cyclists_b, asked.cyclists_c),
            (3, 'motorcyclists', asked.motorcyclists,
                asked.motorcyclists_k, asked.motorcyclists_a, asked.motorcyclists_b, asked.motorcyclists_c),
            (4, 'occupants', asked.occupants,
                asked.occupants_k, asked.occupants_a, asked.occupants_b, asked.occupants_c),
            (5, 'others', asked.others, asked.others_k, asked.others_a, asked.others_b, asked.others_c),
            (6, 'children', asked.children, asked.children_k, asked.children_a, asked.children_b, asked.children_c),
            (7, 'older_adults', asked.older_adults,
                asked.older_adults_k, asked.older_adults_a, asked.older_adults_b, asked.older_adults_c)
        ) as involved (position, name, people, k, a, b, c)
        group by involved.position, involved.name
    ),
    people as (
        select jsonb_agg(
            jsonb_build_object(
                'group', known.name,
                'kind', case when known.position <= 5 then 'mode' else 'age' end,
                'crashes', coalesce(groups.crashes, 0),
                'involved', coalesce(groups.involved, 0),
                'k', coalesce(groups.k, 0),
                'a', coalesce(groups.a, 0),
                'b', coalesce(groups.b, 0),
                'c', coalesce(groups.c, 0),
                'injured', here.counts->(known.name || '_injured'),
                'ksi', here.counts->(known.name || '_ksi'),
                'share_of_ksi', report_share(
                    (here.counts->>(known.name || '_ksi'))::bigint, (here.counts->>'ksi')::bigint
                ),
                'city_share_of_ksi', report_share(
                    (city.counts->>(known.name || '_ksi'))::bigint, (city.counts->>'ksi')::bigint
                )
            )
            order by known.position
        ) as listed
        from unnest(array[
            'pedestrians', 'cyclists', 'motorcyclists', 'occupants', 'others', 'children', 'older_adults'
        ]) with ordinality as known (name, position)
        cross join here
        cross join city
        left join groups using (name)
    ),
    circumstances as (
        select jsonb_agg(
            jsonb_build_object(
                'name', marked.name, 'crashes', marked.crashes, 'ksi_crashes', marked.ksi_crashes,
                'known', marked.known,
                -- Where officers mark little else than yes, the share of yes says nothing.
                'share', case
                    when marked.known * 2 >= (here.counts->>'crashes')::bigint
                    then report_share(marked.crashes, marked.known)
                end
            )
            order by marked.position
        ) as listed
        from here
        cross join (
            select flag.position, flag.name,
                count(*) filter (where flag.holds) as crashes,
                count(*) filter (where flag.holds and asked.is_ksi) as ksi_crashes,
                count(flag.holds) as known
            from (values (1, 'hit_and_run'), (2, 'dooring'), (3, 'alcohol'), (4, 'speed'), (5, 'dark'),
                (6, 'intersection'), (7, 'work_zone')) as named (position, name)
            left join asked on true
            cross join lateral (
                select named.position, named.name, case named.name
                    when 'hit_and_run' then asked.is_hit_and_run
                    when 'dooring' then asked.is_dooring
                    when 'alcohol' then asked.is_alcohol_related
                    when 'speed' then asked.is_speed_related
                    when 'dark' then asked.is_dark
                    when 'intersection' then asked.is_intersection
                    when 'work_zone' then asked.is_work_zone
                end
            ) as flag (position, name, holds)
            group by flag.position, flag.name
        ) as marked
    ),
    kinds as (
        select named.kind, named.name,
            count(*) as crashes,
            count(*) filter (where asked.severity in ('K', 'A', 'B', 'C')) as injury_crashes,
            count(*) filter (where asked.is_ksi) as ksi_crashes,
            count(*) filter (where asked.severity = 'K') as fatal_crashes,
            row_number() over (partition by named.kind order by count(*) desc, named.name) as position
        from asked
        cross join lateral (
            values ('cause', coalesce(asked.primary_cause, '(none)')),
            ('crash_type', coalesce(asked.first_crash_type, '(none)'))
        ) as named (kind, name)
        group by named.kind, named.name
    ),
    listed_kinds as (
        select kinds.kind,
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'name', kinds.name, 'crashes', kinds.crashes, 'injury_crashes', kinds.injury_crashes,
                        'ksi_crashes', kinds.ksi_crashes, 'fatal_crashes', kinds.fatal_crashes,
                        'share', report_share(kinds.crashes, (here.counts->>'crashes')::bigint)
                    )
                    order by kinds.position
                ) filter (where kinds.kind <> 'cause' or kinds.position <= most_causes),
                '[]'
            ) as listed,
            count(*) filter (where kinds.kind = 'cause' and kinds.position > most_causes) as others,
            coalesce(sum(kinds.crashes) filter (where kinds.kind = 'cause' and kinds.position > most_causes), 0)
                as crashes_of_others
        from kinds
        cross join here
        group by kinds.kind
    ),
    hours as (
        select asked.weekday, asked.hour, count(*) as crashes, count(*) filter (where asked.is_ksi) as ksi_crashes
        from asked
        group by asked.weekday, asked.hour
    ),
    week as (
        select jsonb_agg(
            jsonb_build_object(
                'weekday', weekday, 'hour', hour,
                'crashes', coalesce(hours.crashes, 0), 'ksi_crashes', coalesce(hours.ksi_crashes, 0)
            )
            order by weekday, hour
        ) as listed
        from generate_series(1, 7) as weekday
        cross join generate_series(0, 23) as hour
        left join hours using (weekday, hour)
    ),
    rates as (
        select jsonb_build_object(
            'place', report_rates(here.counts),
            'city', report_rates(city.counts),
            'share_of_city', jsonb_build_object(
                'crashes', report_share((here.counts->>'crashes')::bigint, (city.counts->>'crashes')::bigint),
                'injured', report_share((here.counts->>'injured')::bigint, (city.counts->>'injured')::bigint),
                'ksi', report_share((here.counts->>'ksi')::bigint, (city.counts->>'ksi')::bigint),
                'persons_k', report_share((here.counts->>'persons_k')::bigint, (city.counts->>'persons_k')::bigint)
            )
        ) as listed
        from here
        cross join city
    ),
    known as (
        select count(*) as days,
            count(*) filter (where days.is_counted) as days_loaded,
            count(*) filter (where not days.is_counted and days.day between oldest and newest) as days_missing,
            count(*) filter (where days.is_provisional) as days_provisional,
            count(*) filter (where days.is_behind) as days_behind,
            count(*) filter (where days.is_behind_in_city) as days_behind_in_city,
            array_to_string(
                (array_agg(report_day(days.day) order by days.day) filter (
                    where not days.is_counted and days.day between oldest and newest
                ))[1:5],
                '; '
            ) as some_missing
        from days
        where days.is_asked
    ),
    nowhere as (
        select count(*) as crashes
        from crash_facts as fact
        where fact.location_id is null
            and fact.day between report_of_locations.first and report_of_locations.last
    ),
    caveats (position, code, words) as (
        select 1, 'not_citywide',
            'Before September 2017 not every police district reported its crashes in this form: earlier numbers are '
            'too low, and trends that reach further back mislead.'
        where report_of_locations.first < citywide_since
        union all
        select 2, 'beyond_loaded', format(
            'Days from %s to %s are loaded; of the %s days asked for, nothing is known of the others.',
            report_day(oldest), report_day(newest), known.days
        )
        from known
        where report_of_locations.first < oldest or report_of_locations.last > newest
        union all
        select 3, 'days_missing', format(
            '%s %s within the range %s not loaded, so that numbers are too low: %s%s.', known.days_missing,
            case known.days_missing when 1 then 'day' else 'days' end,
            case known.days_missing when 1 then 'is' else 'are' end,
            known.some_missing, case when known.days_missing > 5 then '; ...' else '' end
        )
        from known
        where known.days_missing > 0
        union all
        select 4, 'provisional', format(
            'The newest days, from %s on, are provisional: reports of them are still coming in.',
            report_day(coalesce(newest_whole + 1, oldest))
        )
        from known
        where known.days_provisional > 0
        union all
        select 5, 'answers_behind', format(
            'Of the days asked for %s %s loaded again after these numbers were made; `chicago-crashes answers` makes '
            'them anew.', known.days_behind, case known.days_behind when 1 then 'was' else 'were' end
        )
        from known
        where known.days_behind > 0
        union all
        select 6, 'city_behind',
            'The numbers of the whole city are older than those of the place, or there are none; '
            '`chicago-crashes answers` makes them anew.'
        from known
        where known.days_behind_in_city > 0
        union all
        select 7, 'no_place', format(
            '%s %s of the whole city in this range %s published without a place, and so in no report of a place.',
            to_char(nowhere.crashes, 'FM999,999,990'), case nowhere.crashes when 1 then 'crash' else 'crashes' end,
            case nowhere.crashes when 1 then 'is' else 'are' end
        )
        from nowhere
        where nowhere.crashes > 0
        union all
        select 8, 'boundaries', format(
            'The boundaries are those in force since %s; crashes of days before are counted within them, too.',
            report_day((report_of_locations.place->>'valid_from')::date)
        )
        where (report_of_locations.place->>'valid_from')::date > report_of_locations.first
        union all
        select 9, 'old_boundaries', format(
            'The boundaries were in force until %s; crashes of later days are counted within them, too.',
            report_day((report_of_locations.place->>'valid_to')::date)
        )
        where (report_of_locations.place->>'valid_to')::date < report_of_locations.last
        union all
        select 10, 'unknown_severity', format(
            'Of %s %s no injuries are published, and of %s %s no injury class: they are counted by themselves, taken '
            'for no severity, and not priced.',
            here.counts->>'unknown_crashes',
            case (here.counts->>'unknown_crashes')::bigint when 1 then 'crash' else 'crashes' end,
            here.counts->>'persons_u', case (here.counts->>'persons_u')::bigint when 1 then 'person' else 'people' end
        )
        from here
        where (here.counts->>'unknown_crashes')::bigint + (here.counts->>'persons_u')::bigint > 0
        union all
        select 11, 'people_differ', format(
            'Ways of travel and ages are counted from the published people, injuries from the crashes themselves: of '
            '%s people hurt or killed by the crashes, %s are among the people.',
            to_char((here.counts->>'injured')::bigint, 'FM999,999,990'), to_char(listed.injured, 'FM999,999,990')
        )
        from here
        cross join (
            select coalesce(sum(groups.k + groups.a + groups.b + groups.c) filter (where groups.position <= 5), 0)
                as injured
            from groups
        ) as listed
        where listed.injured <> (here.counts->>'injured')::bigint
        union all
        select 12, 'small_numbers', format(
            'Rates and changes of so few crashes (fewer than %s) are mostly chance.', few_crashes
        )
        from here
        where (here.counts->>'crashes')::bigint < few_crashes
    )
    select jsonb_build_object(
        'place', report_of_locations.place || jsonb_build_object(
            'locations', cardinality(report_of_locations.locations)
        ),
        'range', jsonb_build_object(
            'first', report_of_locations.first,
            'last', report_of_locations.last,
            'days', known.days,
            'days_loaded', known.days_loaded,
            'days_missing', known.days_missing,
            'days_provisional', known.days_provisional
        ),
        'totals', here.counts,
        'city', city.counts,
        'rates', rates.listed,
        'people', people.listed,
        'circumstances', circumstances.listed,
        'causes', coalesce((select listed from listed_kinds where kind = 'cause'), '[]'),
        'other_causes', jsonb_build_object(
            'causes', coalesce((select others from listed_kinds where kind = 'cause'), 0),
            'crashes', coalesce((select crashes_of_others from listed_kinds where kind = 'cause'), 0)
        ),
        'crash_types', coalesce((select listed from listed_kinds where kind = 'crash_type'), '[]'),
        'time_of_week', week.listed,
        'months', (select periods from time_series where name = 'month'),
        'years', (select periods from time_series where name = 'year'),
        'comparisons', coalesce((select jsonb_agg(compared.comparison order by compared.name) from compared), '[]'),
        'cost', report_cost(here.counts, report_of_locations.cost_table),
        'caveats', coalesce(
            (
                select jsonb_agg(jsonb_build_object('code', code, 'words', words) order by position) from caveats
            ),
            '[]'
        ),
        'data_as_of', jsonb_build_object(
            'newest_day', newest,
            'loaded_at', (select max(signed.loaded_at) from ops.signatures as signed where signed.feed = 'crashes'),
            'counted_at', (select max(made.refreshed_at) from ops.fact_days as made)
        )
    )
    into report
    from known, here, city, rates, people, circumstances, week;
    return report;
end
$report$;
comment on function report_of_locations is
    'Everything a report says of some locations; place is what it says they are. Asked by report_of_area, '
    'report_of_point and report_of_polygon';

create function report_of_area(
    layer text, area text, first date, last date, cost_table text default 'fhwa_2024_comprehensive'
) returns jsonb
language plpgsql stable as $$
declare
    place jsonb;
begin
    select jsonb_build_object(
        'kind', 'area',
        'layer', chosen.layer,
        'title', chosen.title,
        'area', found.area,
        'label', found.label,
        'square_feet', found.square_feet,
        'valid_from', chosen.valid_from,
        'valid_to', chosen.valid_to,
        'layer_version', chosen.version,
        'layer_source', chosen.source
    )
    into place
    from layers as chosen
    join areas as found on found.layer_id = chosen.layer_id
    join ops.assignments as assigned on assigned.layer_id = chosen.layer_id and assigned.version = chosen.version
    where chosen.layer = report_of_area.layer and found.area = report_of_area.area and chosen.is_active;
    if not found then
        raise no_data_found using message = format(
            'There is no area %L in an active layer %L to which crashes are assigned.',
            report_of_area.area, report_of_area.layer
        );
    end if;
    return report_of_locations(
        place, array(select report_locations_of_area(report_of_area.layer, report_of_area.area)),
        report_of_area.first, report_of_area.last, report_of_area.cost_table
    );
end
$$;
comment on function report_of_area is
    'The location report of an area, as in report_of_area(''wards'', ''35'', ''2021-01-01'', ''2025-12-31''): crashes '
    'are those of area_daily, the nearest ones outside every area included';

create function report_of_point(
    latitude double precision, longitude double precision, radius_feet double precision, first date, last date,
    cost_table text default 'fhwa_2024_comprehensive'
) returns jsonb
language plpgsql stable as $$
begin
    if latitude is null or longitude is null or latitude not between 41.6 and 42.1
        or longitude not between -87.95 and -87.5
    then
        raise invalid_parameter_value using message = format(
            'Latitude %s, longitude %s is not in Chicago (latitude 41.6 to 42.1, longitude -87.95 to -87.5).',
            coalesce(latitude::text, 'null'), coalesce(longitude::text, 'null')
        );
    end if;
    if radius_feet is null or not (radius_feet > 0 and radius_feet <= 26400) then
        raise invalid_parameter_value using message = format(
            'The radius must be more than 0 and at most 26400 feet, which are 5 miles, not %s.',
            coalesce(radius_feet::text, 'null')
        );
    end if;
    return report_of_locations(
        jsonb_build_object(
            'kind', 'point', 'latitude', latitude, 'longitude', longitude, 'radius_feet', radius_feet,
            'square_feet', pi() * radius_feet * radius_feet
        ),
        array(select report_locations_near(latitude, longitude, radius_feet)),
        report_of_point.first, report_of_point.last, report_of_point.cost_table
    );
end
$$;
comment on function report_of_point is
    'The location report of all within so many feet of a point, as in '
    'report_of_point(41.8781, -87.6298, 500, ''2021-01-01'', ''2025-12-31'')';

create function report_of_polygon(
    polygon geometry, first date, last date, cost_table text default 'fhwa_2024_comprehensive'
) returns jsonb
language plpgsql stable as $$
begin
    if polygon is null or ST_SRID(polygon) = 0 or ST_Dimension(polygon) <> 2 or ST_IsEmpty(polygon)
        or not ST_IsValid(polygon)
    then
        raise invalid_parameter_value using message = 'A report needs a valid polygon whose SRID is known.';
    end if;
    return report_of_locations(
        jsonb_build_object('kind', 'polygon', 'square_feet', ST_Area(ST_Transform(polygon, 3435))),
        array(select report_locations_within(polygon)),
        report_of_polygon.first, report_of_polygon.last, report_of_polygon.cost_table
    );
end
$$;
comment on function report_of_polygon is
    'The location report of all within a polygon, as in '
    'report_of_polygon(ST_GeomFromGeoJSON(''{...}''), ''2021-01-01'', ''2025-12-31'')';

create function report_crashes(locations integer[], first date, last date)
returns table (
    crash_record_id text, crash_date timestamp, severity text, killed smallint, seriously_injured smallint,
    injured integer, pedestrians_injured integer, cyclists_injured integer, is_hit_and_run boolean, street text,
    primary_cause text, first_crash_type text, is_provisional boolean, latitude double precision,
    longitude double precision, location_id integer
)
language sql stable parallel safe as $$
    select fact.crash_record_id, fact.crash_date, fact.severity, fact.persons_k, fact.persons_a,
        (fact.persons_k + fact.persons_a + fact.persons_b + fact.persons_c)::integer,
        (fact.pedestrians_k + fact.pedestrians_a + fact.pedestrians_b + fact.pedestrians_c)::integer,
        (fact.cyclists_k + fact.cyclists_a + fact.cyclists_b + fact.cyclists_c)::integer,
        fact.is_hit_and_run, fact.street, fact.primary_cause, fact.first_crash_type, fact.is_provisional,
        placed.latitude, placed.longitude, fact.location_id
    from report_facts(report_crashes.locations, report_crashes.first, report_crashes.last) as fact
    join locations as placed on placed.location_id = fact.location_id
    order by fact.crash_date, fact.crash_record_id
$$;
comment on function report_crashes is 'The crashes a report of some locations counts, for maps and lists';

create function report_crashes_of_area(layer text, area text, first date, last date)
returns table (
    crash_record_id text, crash_date timestamp, severity text, killed smallint, seriously_injured smallint,
    injured integer, pedestrians_injured integer, cyclists_injured integer, is_hit_and_run boolean, street text,
    primary_cause text, first_crash_type text, is_provisional boolean, latitude double precision,
    longitude double precision, location_id integer
)
language sql stable parallel safe as $$
    select listed.* from report_crashes(
        array(select report_locations_of_area(report_crashes_of_area.layer, report_crashes_of_area.area)),
        report_crashes_of_area.first, report_crashes_of_area.last
    ) as listed
$$;
comment on function report_crashes_of_area is 'The crashes that report_of_area counts';

create function report_crashes_of_point(
    center_latitude double precision, center_longitude double precision, radius_feet double precision, first date,
    last date
)
returns table (
    crash_record_id text, crash_date timestamp, severity text, killed smallint, seriously_injured smallint,
    injured integer, pedestrians_injured integer, cyclists_injured integer, is_hit_and_run boolean, street text,
    primary_cause text, first_crash_type text, is_provisional boolean, latitude double precision,
    longitude double precision, location_id integer
)
language sql stable parallel safe as $$
    select listed.* from report_crashes(
        array(
            select report_locations_near(
                report_crashes_of_point.center_latitude, report_crashes_of_point.center_longitude,
                report_crashes_of_point.radius_feet
            )
        ),
        report_crashes_of_point.first, report_crashes_of_point.last
    ) as listed
$$;
comment on function report_crashes_of_point is 'The crashes that report_of_point counts';

create function report_crashes_of_polygon(polygon geometry, first date, last date)
returns table (
    crash_record_id text, crash_date timestamp, severity text, killed smallint, seriously_injured smallint,
    injured integer, pedestrians_injured integer, cyclists_injured integer, is_hit_and_run boolean, street text,
    primary_cause text, first_crash_type text, is_provisional boolean, latitude double precision,
    longitude double precision, location_id integer
)
language sql stable parallel safe as $$
    select listed.* from report_crashes(
        array(select report_locations_within(report_crashes_of_polygon.polygon)),
        report_crashes_of_polygon.first, report_crashes_of_polygon.last
    ) as listed
$$;
comment on function report_crashes_of_polygon is 'The crashes that report_of_polygon counts';

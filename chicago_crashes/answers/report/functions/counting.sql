-- The crashes of a place and of the whole city, added up by day and over days.

create type report_counts_of_day as (
    day date,
    {% for count in counts %}
    {{ count.name }} integer{{ "," if not loop.last }}
    {% endfor %}
);
comment on type report_counts_of_day is 'Everything that is counted, of one day';

create or replace function report_daily(locations integer[], first date, last date)
returns setof report_counts_of_day
language sql stable parallel safe as $$
    select fact.day,
        {% for count in counts %}
        sum({{ count.per_crash }})::int as {{ count.name }}{{ "," if not loop.last }}
        {% endfor %}
    from report_facts(report_daily.locations, report_daily.first, report_daily.last) as fact
    group by fact.day
$$;
comment on function report_daily is
    'The crashes of some locations by day, as citywide_daily has those of the city; days without crashes are left out';

create or replace function report_city_daily(first date, last date) returns setof report_counts_of_day
language sql stable parallel safe as $$
    select counted.day,
        {% for count in counts %}
        counted.{{ count.name }}{{ "," if not loop.last }}
        {% endfor %}
    from citywide_daily as counted
    where counted.day between report_city_daily.first and report_city_daily.last
$$;
comment on function report_city_daily is 'The crashes of the whole city by day';

create or replace function report_counts(daily report_counts_of_day[], first date, last date) returns jsonb
-- Strict, as nothing is known of a city that is not counted yet.
language sql stable strict parallel safe as $$
    select to_jsonb(summed)
    from (
        select
            {% for count in counts %}
            coalesce(sum(daily.{{ count.name }}), 0) as {{ count.name }}{{ "," if not loop.last }}
            {% endfor %}
        from unnest(report_counts.daily) as daily
        where daily.day between report_counts.first and report_counts.last
    ) as summed
$$;
comment on function report_counts is 'Everything that is counted, added up over some days; zeros where there are none';

create or replace function report_per_100_crashes(counts jsonb) returns jsonb
language sql immutable parallel safe as $$
    select jsonb_object_agg(
        rate.name,
        100 * report_share(
            (report_per_100_crashes.counts->>rate.of)::bigint, (report_per_100_crashes.counts->>'crashes')::bigint
        )
    )
    from (
        values
            {% for name, rate in rates.items() %}
            ('{{ name }}', '{{ rate.of }}'){{ "," if not loop.last }}
            {% endfor %}
    ) as rate (name, of)
$$;
comment on function report_per_100_crashes is 'Counts per 100 crashes; null where there are no crashes';

create or replace function report_rates(counts jsonb, city jsonb) returns jsonb
language sql immutable parallel safe as $$
    select jsonb_build_object(
        'place', report_per_100_crashes(report_rates.counts),
        'city', report_per_100_crashes(report_rates.city),
        'share_of_city', jsonb_object_agg(
            shared.name,
            report_share((report_rates.counts->>shared.name)::bigint, (report_rates.city->>shared.name)::bigint)
        )
    )
    from unnest(array['{{ shared_with_city | join("', '") }}']) as shared (name)
$$;
comment on function report_rates is
    'What a place has per 100 crashes, beside the whole city, and its share of the city';

create or replace function report_cost(counts jsonb, cost_table text) returns jsonb
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

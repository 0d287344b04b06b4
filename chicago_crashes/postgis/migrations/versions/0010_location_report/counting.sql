-- The crashes of a place and of the whole city, added up by day and over days.

create function report_daily(locations integer[], first date, last date) returns setof citywide_daily
language sql stable parallel safe as $$
    select fact.day,
        count(*)::int as crashes,
        (count(*) filter (where fact.severity in ('K', 'A', 'B', 'C')))::int as injury_crashes,
        (count(*) filter (where fact.is_ksi))::int as ksi_crashes,
        (count(*) filter (where fact.severity = 'K'))::int as fatal_crashes,
        (count(*) filter (where fact.severity = 'O'))::int as pdo_crashes,
        (count(*) filter (where fact.severity = 'U'))::int as unknown_crashes,
        sum(fact.persons_k)::int as persons_k,
        sum(fact.persons_a)::int as persons_a,
        sum(fact.persons_b)::int as persons_b,
        sum(fact.persons_c)::int as persons_c,
        sum(fact.persons_o)::int as persons_o,
        sum(fact.persons_u)::int as persons_u,
        sum(fact.persons_k + fact.persons_a + fact.persons_b + fact.persons_c)::int as injured,
        sum(fact.persons_k + fact.persons_a)::int as ksi,
        sum(fact.pedestrians_k + fact.pedestrians_a + fact.pedestrians_b + fact.pedestrians_c)::int
            as pedestrians_injured,
        sum(fact.pedestrians_k + fact.pedestrians_a)::int as pedestrians_ksi,
        sum(fact.cyclists_k + fact.cyclists_a + fact.cyclists_b + fact.cyclists_c)::int as cyclists_injured,
        sum(fact.cyclists_k + fact.cyclists_a)::int as cyclists_ksi,
        sum(fact.motorcyclists_k + fact.motorcyclists_a + fact.motorcyclists_b + fact.motorcyclists_c)::int
            as motorcyclists_injured,
        sum(fact.motorcyclists_k + fact.motorcyclists_a)::int as motorcyclists_ksi,
        sum(fact.occupants_k + fact.occupants_a + fact.occupants_b + fact.occupants_c)::int
            as occupants_injured,
        sum(fact.occupants_k + fact.occupants_a)::int as occupants_ksi,
        sum(fact.others_k + fact.others_a + fact.others_b + fact.others_c)::int as others_injured,
        sum(fact.others_k + fact.others_a)::int as others_ksi,
        sum(fact.children_k + fact.children_a + fact.children_b + fact.children_c)::int as children_injured,
        sum(fact.children_k + fact.children_a)::int as children_ksi,
        sum(fact.older_adults_k + fact.older_adults_a + fact.older_adults_b + fact.older_adults_c)::int
            as older_adults_injured,
        sum(fact.older_adults_k + fact.older_adults_a)::int as older_adults_ksi,
        (count(*) filter (where fact.is_hit_and_run))::int as hit_and_run_crashes,
        (count(*) filter (where fact.is_dooring))::int as dooring_crashes,
        coalesce(sum(fact.motor_vehicles) filter (where fact.severity = 'O'), 0)::int as pdo_vehicles,
        -- Priced is the sum of all days, by the table that is asked for.
        null::bigint as cost
    from report_facts(report_daily.locations, report_daily.first, report_daily.last) as fact
    group by fact.day
$$;
comment on function report_daily is
    'The crashes of some locations by day, as citywide_daily has those of the city; days without crashes are left out';

create function report_counts(daily citywide_daily[], first date, last date) returns jsonb
-- Strict, as nothing is known of a city that is not counted yet.
language sql stable strict parallel safe as $$
    select to_jsonb(summed)
    from (
        select
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
        from unnest(report_counts.daily) as daily
        where daily.day between report_counts.first and report_counts.last
    ) as summed
$$;
comment on function report_counts is 'Everything that is counted, added up over some days; zeros where there are none';

create function report_per_100_crashes(counts jsonb) returns jsonb
language sql immutable parallel safe as $$
    select jsonb_object_agg(
        rate.name,
        100 * report_share(
            (report_per_100_crashes.counts->>rate.of)::bigint, (report_per_100_crashes.counts->>'crashes')::bigint
        )
    )
    from (
        values ('injury_crashes_per_100_crashes', 'injury_crashes'), ('ksi_crashes_per_100_crashes', 'ksi_crashes'),
        ('fatal_crashes_per_100_crashes', 'fatal_crashes'), ('injured_per_100_crashes', 'injured'),
        ('killed_per_100_crashes', 'persons_k'), ('hit_and_run_per_100_crashes', 'hit_and_run_crashes')
    ) as rate (name, of)
$$;
comment on function report_per_100_crashes is 'Counts per 100 crashes; null where there are no crashes';

create function report_rates(counts jsonb, city jsonb) returns jsonb
language sql immutable parallel safe as $$
    select jsonb_build_object(
        'place', report_per_100_crashes(report_rates.counts),
        'city', report_per_100_crashes(report_rates.city),
        'share_of_city', jsonb_object_agg(
            shared.name,
            report_share((report_rates.counts->>shared.name)::bigint, (report_rates.city->>shared.name)::bigint)
        )
    )
    from unnest(array['crashes', 'injured', 'ksi', 'persons_k']) as shared (name)
$$;
comment on function report_rates is
    'What a place has per 100 crashes, beside the whole city, and its share of the city';

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

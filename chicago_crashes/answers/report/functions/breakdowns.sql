-- The crashes of a place by who was hurt, what happened, why, and when. Each function reads the crashes for itself: an
-- index finds them again sooner than an array could hand them on, and a report of the whole city has a million of them.

create or replace function report_people(locations integer[], first date, last date, counts jsonb, city jsonb) returns jsonb
language sql stable parallel safe as $$
    with summed as (
        select
            {% for group in groups %}
            count(*) filter (where fact.{{ group }} > 0) as {{ group }}_crashes,
            {% for injury in injuries %}
            sum(fact.{{ group }}_{{ injury }}) as {{ group }}_{{ injury }},
            {% endfor %}
            sum(fact.{{ group }}) as {{ group }}_involved{{ "," if not loop.last }}
            {% endfor %}
        from report_facts(report_people.locations, report_people.first, report_people.last) as fact
    )
    select jsonb_agg(
        jsonb_build_object(
            'group', listed.name,
            'kind', listed.kind,
            'crashes', here.sums->(listed.name || '_crashes'),
            'involved', coalesce(here.sums->(listed.name || '_involved'), '0'),
            {% for injury in injuries %}
            '{{ injury }}', coalesce(here.sums->(listed.name || '_{{ injury }}'), '0'),
            {% endfor %}
            'injured', report_people.counts->(listed.name || '_injured'),
            'ksi', report_people.counts->(listed.name || '_ksi'),
            'share_of_ksi', report_share(
                (report_people.counts->>(listed.name || '_ksi'))::bigint, (report_people.counts->>'ksi')::bigint
            ),
            'city_share_of_ksi', report_share(
                (report_people.city->>(listed.name || '_ksi'))::bigint, (report_people.city->>'ksi')::bigint
            )
        )
        order by listed.position
    )
    from (select jsonb_strip_nulls(to_jsonb(summed)) from summed) as here (sums)
    cross join (
        values
            {% for group in groups %}
            ({{ loop.index }}, '{{ "mode" if group in modes else "age" }}', '{{ group }}'){{ "," if not loop.last }}
            {% endfor %}
    ) as listed (position, kind, name)
$$;
comment on function report_people is
    'Who was involved and who was hurt, by way of travel and by age, beside the counts of the place and of the city';

create or replace function report_circumstances(locations integer[], first date, last date) returns jsonb
language sql stable parallel safe as $$
    -- What is marked comes together in few ways, and those are quickly taken apart.
    with together as (
        select fact.is_hit_and_run, fact.is_dooring, fact.is_alcohol_related, fact.is_speed_related, fact.is_dark,
            fact.is_intersection, fact.is_work_zone,
            count(*) as crashes,
            count(*) filter (where fact.is_ksi) as ksi_crashes
        from report_facts(
            report_circumstances.locations, report_circumstances.first, report_circumstances.last
        ) as fact
        group by 1, 2, 3, 4, 5, 6, 7
    ),
    marked as (
        select flag.name,
            sum(together.crashes) as all_crashes,
            coalesce(sum(together.crashes) filter (where flag.holds), 0)::bigint as crashes,
            coalesce(sum(together.ksi_crashes) filter (where flag.holds), 0)::bigint as ksi_crashes,
            coalesce(sum(together.crashes) filter (where flag.holds is not null), 0)::bigint as known
        from together
        cross join lateral (
            values ('hit_and_run', together.is_hit_and_run), ('dooring', together.is_dooring),
            ('alcohol', together.is_alcohol_related), ('speed', together.is_speed_related), ('dark', together.is_dark),
            ('intersection', together.is_intersection), ('work_zone', together.is_work_zone)
        ) as flag (name, holds)
        group by flag.name
    )
    select jsonb_agg(
        jsonb_build_object(
            'name', listed.name,
            'crashes', coalesce(marked.crashes, 0),
            'ksi_crashes', coalesce(marked.ksi_crashes, 0),
            'known', coalesce(marked.known, 0),
            -- Where officers mark little else than yes, the share of yes says nothing.
            'share', case
                when marked.known * 2 >= marked.all_crashes then report_share(marked.crashes, marked.known)
            end
        )
        order by listed.position
    )
    from unnest(array[
        'hit_and_run', 'dooring', 'alcohol', 'speed', 'dark', 'intersection', 'work_zone'
    ]) with ordinality as listed (name, position)
    left join marked using (name)
$$;
comment on function report_circumstances is 'Of how many crashes something was marked, and of how many it is known';

create or replace function report_kinds(locations integer[], first date, last date) returns jsonb
language sql stable parallel safe as $$
    -- Causes and types come together in few ways, and those are quickly taken apart.
    with together as (
        select coalesce(fact.primary_cause, '(none)') as cause, coalesce(fact.first_crash_type, '(none)') as crash_type,
            count(*) as crashes,
            count(*) filter (where fact.severity in ('K', 'A', 'B', 'C')) as injury_crashes,
            count(*) filter (where fact.is_ksi) as ksi_crashes,
            count(*) filter (where fact.severity = 'K') as fatal_crashes
        from report_facts(report_kinds.locations, report_kinds.first, report_kinds.last) as fact
        group by 1, 2
    ),
    kinds as (
        select named.kind, named.name,
            row_number() over (partition by named.kind order by sum(together.crashes) desc, named.name) as position,
            sum(together.crashes) as crashes,
            jsonb_build_object(
                'name', named.name,
                'crashes', sum(together.crashes),
                'injury_crashes', sum(together.injury_crashes),
                'ksi_crashes', sum(together.ksi_crashes),
                'fatal_crashes', sum(together.fatal_crashes),
                'share', report_share(
                    sum(together.crashes)::bigint, (sum(sum(together.crashes)) over (partition by named.kind))::bigint
                )
            ) as described
        from together
        cross join lateral (
            values ('cause', together.cause), ('crash_type', together.crash_type)
        ) as named (kind, name)
        group by named.kind, named.name
    )
    select jsonb_build_object(
        'causes', coalesce(
            jsonb_agg(kinds.described order by kinds.position)
                filter (where kinds.kind = 'cause' and not listed.is_rare),
            '[]'
        ),
        'other_causes', jsonb_build_object(
            'causes', count(*) filter (where kinds.kind = 'cause' and listed.is_rare),
            'crashes', coalesce(sum(kinds.crashes) filter (where kinds.kind = 'cause' and listed.is_rare), 0)
        ),
        'crash_types', coalesce(
            jsonb_agg(kinds.described order by kinds.position) filter (where kinds.kind = 'crash_type'), '[]'
        )
    )
    from kinds
    cross join lateral (select kinds.position > 15) as listed (is_rare)
$$;
comment on function report_kinds is
    'The causes of crashes, most frequent first and the rare ones together, and the types of crashes';

create or replace function report_time_of_week(locations integer[], first date, last date) returns jsonb
language sql stable parallel safe as $$
    with hours as (
        select fact.weekday, fact.hour, count(*) as crashes, count(*) filter (where fact.is_ksi) as ksi_crashes
        from report_facts(report_time_of_week.locations, report_time_of_week.first, report_time_of_week.last) as fact
        group by fact.weekday, fact.hour
    )
    select jsonb_agg(
        jsonb_build_object(
            'weekday', weekday, 'hour', hour,
            'crashes', coalesce(hours.crashes, 0), 'ksi_crashes', coalesce(hours.ksi_crashes, 0)
        )
        order by weekday, hour
    )
    from generate_series(1, 7) as weekday
    cross join generate_series(0, 23) as hour
    left join hours using (weekday, hour)
$$;
comment on function report_time_of_week is 'Crashes by day of the week and hour, those without crashes included';

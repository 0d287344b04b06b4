-- How the numbers of a place change: months and years, and what a range is compared with.

create or replace function report_series(period text, daily report_counts_of_day[], first date, last date) returns jsonb
language sql stable parallel safe as $$
    with periods as (
        select begun.at,
            begun.at::date < report_series.first or ends.day > report_series.last as is_partial,
            greatest(begun.at::date, report_series.first) as first,
            least(ends.day, report_series.last) as last
        from generate_series(
            date_trunc(report_series.period, report_series.first::timestamp), report_series.last::timestamp,
            ('1 ' || report_series.period)::interval
        ) as begun (at)
        cross join lateral (
            select (begun.at + ('1 ' || report_series.period)::interval)::date - 1
        ) as ends (day)
    ),
    loaded as (
        select date_trunc(report_series.period, made.day::timestamp) as at,
            count(*) as days,
            count(*) filter (where made.is_provisional) as days_provisional
        from ops.fact_days as made
        where made.day between report_series.first and report_series.last
        group by 1
    ),
    counted as (
        select date_trunc(report_series.period, daily.day::timestamp) as at,
            {% for name in shown_first %}
            sum(daily.{{ name }}) as {{ name }}{{ "," if not loop.last }}
            {% endfor %}
        from unnest(report_series.daily) as daily
        where daily.day between report_series.first and report_series.last
        group by 1
    )
    select jsonb_agg(
        jsonb_build_object(
            'first', period.first,
            'last', period.last,
            'is_partial', period.is_partial,
            'days', period.last - period.first + 1,
            'days_loaded', coalesce(loaded.days, 0),
            'days_provisional', coalesce(loaded.days_provisional, 0),
            -- Nothing is known of a period without a loaded day, which is not the same as no crashes.
            {% for name in shown_first %}
            '{{ name }}', case when loaded.days > 0 then coalesce(counted.{{ name }}, 0) end{{ "," if not loop.last }}
            {% endfor %}
        )
        order by period.first
    )
    from periods as period
    left join loaded using (at)
    left join counted using (at)
$$;
comment on function report_series is
    'Some days by month or by year, as period says, each of which tells how much of it is loaded';

create or replace function report_compared(first date, last date)
returns table (name text, current_first date, current_last date, earlier_first date, earlier_last date)
language sql stable parallel safe as $$
    select compared.*
    from (
        -- What is compared ends with the last day that is not provisional: those are always short.
        select least(report_compared.last, coalesce(loaded.newest_whole, loaded.oldest - 1))
        from report_loaded() as loaded
    ) as judged (last)
    cross join lateral (
        -- Whole months are compared with whole months, which have other numbers of days.
        select extract(day from report_compared.first) = 1 and extract(day from judged.last + 1) = 1
            and judged.last > report_compared.first
    ) as range (is_months)
    cross join lateral (
        select 'period_before', report_compared.first, judged.last,
            case
                when range.is_months
                then (report_compared.first - age(judged.last + 1, report_compared.first))::date
                else report_compared.first - (judged.last - report_compared.first + 1)
            end,
            report_compared.first - 1
        where judged.last >= report_compared.first
            -- Of a whole year both are the same.
            and judged.last <> (report_compared.first + interval '1 year')::date - 1
        union all
        select 'year_before', report_compared.first, judged.last,
            (report_compared.first - interval '1 year')::date,
            case
                when range.is_months then (judged.last + 1 - interval '1 year')::date - 1
                else (judged.last - interval '1 year')::date
            end
        where judged.last >= report_compared.first
            and judged.last < (report_compared.first + interval '1 year')::date
        union all
        select 'latest_year', (judged.last + 1 - interval '1 year')::date, judged.last,
            (judged.last + 1 - interval '2 years')::date, (judged.last + 1 - interval '1 year')::date - 1
        where judged.last >= (report_compared.first + interval '1 year')::date
    ) as compared (name, current_first, current_last, earlier_first, earlier_last)
$$;
comment on function report_compared is 'Which days are compared with which earlier ones in a report of some days';

create or replace function report_earliest(first date, last date) returns date
language sql stable parallel safe as $$
    select least(report_earliest.first, min(compared.earlier_first))
    from report_compared(report_earliest.first, report_earliest.last) as compared
    where compared.earlier_first >= report_citywide_since()
$$;
comment on function report_earliest is 'The first day whose crashes a report of some days counts, for what it compares';

create or replace function report_why_not_compared(current_first date, current_last date, earlier_first date, earlier_last date)
returns text
language sql stable parallel safe as $$
    select case
        when report_why_not_compared.earlier_first < report_citywide_since() then format(
            'It would reach back to %s, and crashes are published citywide only since September 2017.',
            report_day(report_why_not_compared.earlier_first)
        )
        when gaps.missing > 0 then format(
            'Of the days that would be compared %s %s not loaded.', gaps.missing,
            case gaps.missing when 1 then 'is' else 'are' end
        )
    end
    from (
        select sum(known.days - known.days_loaded)
        from (
            select * from report_days(report_why_not_compared.current_first, report_why_not_compared.current_last)
            union all
            select * from report_days(report_why_not_compared.earlier_first, report_why_not_compared.earlier_last)
        ) as known
    ) as gaps (missing)
$$;
comment on function report_why_not_compared is 'Why days cannot be compared with earlier ones; null where they can be';

create or replace function report_counts_compared(current jsonb, earlier jsonb, city_current jsonb, city_earlier jsonb)
returns jsonb
language sql immutable parallel safe as $$
    select jsonb_agg(
        jsonb_build_object(
            'name', listed.name,
            'current', here.current,
            'earlier', here.earlier,
            'change', report_change(here.current, here.earlier),
            'city_current', city.current,
            'city_earlier', city.earlier,
            'city_change', report_change(city.current, city.earlier)
        )
        order by listed.position
    )
    from unnest(array[
        {% for name in compared %}
        '{{ name }}'{{ "," if not loop.last }}
        {% endfor %}
    ]) with ordinality as listed (name, position)
    cross join lateral (
        select (report_counts_compared.current->>listed.name)::bigint,
            (report_counts_compared.earlier->>listed.name)::bigint
    ) as here (current, earlier)
    cross join lateral (
        select (report_counts_compared.city_current->>listed.name)::bigint,
            (report_counts_compared.city_earlier->>listed.name)::bigint
    ) as city (current, earlier)
$$;
comment on function report_counts_compared is 'What was counted beside what was counted earlier, here and in the city';

create or replace function report_comparisons(
    daily report_counts_of_day[], city_daily report_counts_of_day[], first date, last date
)
returns jsonb
language sql stable parallel safe as $$
    select coalesce(
        jsonb_agg(
            jsonb_build_object(
                'name', compared.name,
                'current_first', compared.current_first,
                'current_last', compared.current_last,
                'earlier_first', compared.earlier_first,
                'earlier_last', compared.earlier_last,
                'is_comparable', judged.why_not is null,
                'why_not', judged.why_not,
                'counts', case when judged.why_not is null then report_counts_compared(
                    report_counts(report_comparisons.daily, compared.current_first, compared.current_last),
                    report_counts(report_comparisons.daily, compared.earlier_first, compared.earlier_last),
                    report_counts(report_comparisons.city_daily, compared.current_first, compared.current_last),
                    report_counts(report_comparisons.city_daily, compared.earlier_first, compared.earlier_last)
                ) else '[]' end
            )
            order by compared.name
        ),
        '[]'
    )
    from report_compared(report_comparisons.first, report_comparisons.last) as compared
    cross join lateral (
        select report_why_not_compared(
            compared.current_first, compared.current_last, compared.earlier_first, compared.earlier_last
        )
        -- Asked once for each, though it is looked at three times.
        offset 0
    ) as judged (why_not)
$$;
comment on function report_comparisons is 'What the days of a report are compared with, and whether that says anything';

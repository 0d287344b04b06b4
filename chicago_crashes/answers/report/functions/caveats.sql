-- What readers have to know before they quote a number.

create or replace function report_caveats_of_days(first date, last date)
returns table (number integer, code text, words text)
language sql stable parallel safe as $$
    select 1, 'not_citywide',
        'Before September 2017 not every police district reported its crashes in this form: earlier numbers are too '
        'low, and trends that reach further back mislead.'
    where report_caveats_of_days.first < report_citywide_since()
    union all
    select 2, 'beyond_loaded', format(
        'Days from %s to %s are loaded; of the %s days asked for, nothing is known of the others.',
        report_day(loaded.oldest), report_day(loaded.newest),
        report_caveats_of_days.last - report_caveats_of_days.first + 1
    )
    from report_loaded() as loaded
    where report_caveats_of_days.first < loaded.oldest or report_caveats_of_days.last > loaded.newest
    union all
    select 3, 'days_missing', format(
        '%s %s within the range %s not loaded, so that numbers are too low: %s%s.', count(*),
        case count(*) when 1 then 'day' else 'days' end,
        case count(*) when 1 then 'is' else 'are' end,
        array_to_string((array_agg(report_day(missing.day) order by missing.day))[1:5], '; '),
        case when count(*) > 5 then '; ...' else '' end
    )
    from report_days_missing(report_caveats_of_days.first, report_caveats_of_days.last) as missing (day)
    having count(*) > 0
    union all
    select 4, 'provisional', format(
        'The newest days, from %s on, are provisional: reports of them are still coming in.',
        report_day(coalesce(loaded.newest_whole + 1, loaded.oldest))
    )
    from report_loaded() as loaded
    cross join report_days(report_caveats_of_days.first, report_caveats_of_days.last) as known
    where known.days_provisional > 0
    union all
    select 5, 'answers_behind', format(
        'Of the days asked for %s %s loaded again after these numbers were made; `chicago-crashes answers` makes them '
        'anew.', behind.days, case behind.days when 1 then 'was' else 'were' end
    )
    from report_days_behind(report_caveats_of_days.first, report_caveats_of_days.last) as behind (days)
    where behind.days > 0
    union all
    select 6, 'city_behind',
        'The numbers of the whole city are older than those of the place, or there are none; '
        '`chicago-crashes answers` makes them anew.'
    where report_days_behind_in_city(report_caveats_of_days.first, report_caveats_of_days.last) > 0
$$;
comment on function report_caveats_of_days is 'What is to be known of the days that are asked about';

create or replace function report_caveats_of_place(place jsonb, first date, last date)
returns table (number integer, code text, words text)
language sql stable parallel safe as $$
    select 7, 'no_place', format(
        '%s %s of the whole city in this range %s published without a place, and so in no report of a place.',
        to_char(count(*), 'FM999,999,990'), case count(*) when 1 then 'crash' else 'crashes' end,
        case count(*) when 1 then 'is' else 'are' end
    )
    from crash_facts as fact
    where fact.location_id is null
        and fact.day between report_caveats_of_place.first and report_caveats_of_place.last
    having count(*) > 0
    union all
    select 8, 'boundaries', format(
        'The boundaries are those in force since %s; crashes of days before are counted within them, too.',
        report_day((report_caveats_of_place.place->>'valid_from')::date)
    )
    where (report_caveats_of_place.place->>'valid_from')::date > report_caveats_of_place.first
    union all
    select 9, 'old_boundaries', format(
        'The boundaries were in force until %s; crashes of later days are counted within them, too.',
        report_day((report_caveats_of_place.place->>'valid_to')::date)
    )
    where (report_caveats_of_place.place->>'valid_to')::date < report_caveats_of_place.last
$$;
comment on function report_caveats_of_place is 'What is to be known of the place that is asked about';

create or replace function report_caveats_of_counts(counts jsonb, people jsonb)
returns table (number integer, code text, words text)
language sql stable parallel safe as $$
    select 10, 'unknown_severity', format(
        'Of %s %s no injuries are published, and of %s %s no injury class: they are counted by themselves, taken for '
        'no severity, and not priced.',
        here.unknown_crashes, case here.unknown_crashes when 1 then 'crash' else 'crashes' end,
        here.persons_u, case here.persons_u when 1 then 'person' else 'people' end
    )
    from jsonb_to_record(report_caveats_of_counts.counts) as here (unknown_crashes bigint, persons_u bigint)
    where here.unknown_crashes + here.persons_u > 0
    union all
    select 11, 'people_differ', format(
        'Ways of travel and ages are counted from the published people, injuries from the crashes themselves: of %s '
        'people hurt or killed by the crashes, %s are among the people.',
        to_char(here.injured, 'FM999,999,990'), to_char(listed.injured, 'FM999,999,990')
    )
    from jsonb_to_record(report_caveats_of_counts.counts) as here (injured bigint)
    cross join (
        select sum(groups.k + groups.a + groups.b + groups.c)
        from jsonb_to_recordset(report_caveats_of_counts.people) as groups (
            kind text, k bigint, a bigint, b bigint, c bigint
        )
        where groups.kind = 'mode'
    ) as listed (injured)
    where listed.injured <> here.injured
    union all
    select 12, 'small_numbers', format(
        'Rates and changes of so few crashes (fewer than %s) are mostly chance.', few.crashes
    )
    from (values (30)) as few (crashes)
    where (report_caveats_of_counts.counts->>'crashes')::bigint < few.crashes
$$;
comment on function report_caveats_of_counts is 'What is to be known of the numbers themselves';

create or replace function report_caveats(place jsonb, counts jsonb, people jsonb, first date, last date) returns jsonb
language sql stable parallel safe as $$
    select coalesce(
        jsonb_agg(jsonb_build_object('code', caveat.code, 'words', caveat.words) order by caveat.number), '[]'
    )
    from (
        select * from report_caveats_of_days(report_caveats.first, report_caveats.last)
        union all
        select * from report_caveats_of_place(report_caveats.place, report_caveats.first, report_caveats.last)
        union all
        select * from report_caveats_of_counts(report_caveats.counts, report_caveats.people)
    ) as caveat
$$;
comment on function report_caveats is 'Everything that is to be known of a report before it is quoted';

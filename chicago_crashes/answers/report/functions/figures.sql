-- How a day is written, and how a number is set against another.

create or replace function report_day(day date) returns text
language sql immutable parallel safe as $$
    select to_char(report_day.day, 'FMMonth FMDD, YYYY')
$$;
comment on function report_day is 'A day as people write it';

create or replace function report_share(part bigint, whole bigint) returns double precision
language sql immutable parallel safe as $$
    select report_share.part::double precision / nullif(report_share.whole, 0)
$$;
comment on function report_share is 'The part as a share of the whole: 0.1 is 10 %; null of nothing';

create or replace function report_change(current bigint, earlier bigint) returns double precision
language sql immutable parallel safe as $$
    select (report_change.current - report_change.earlier)::double precision / nullif(report_change.earlier, 0)
$$;
comment on function report_change is
    'By which share a number has grown: 0.1 is 10 % more; null where there was nothing';

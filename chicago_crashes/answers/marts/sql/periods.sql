-- The months, or the years, of which any day is loaded, and with which earlier ones each is compared; for the
-- statements that follow in the same transaction.
--
-- A day is settled if it is not provisional, as the last three loaded days are. A period is whole if all its days are
-- loaded and settled.
--
-- A period is compared by its same days in earlier years. These are its days from the first to the last that is
-- settled; if one of them is not loaded, it is not compared at all. 29 February is never among them: most years have
-- none, and a February of 29 days would seem worse than it was. An earlier year counts if the same days of it are all
-- loaded, and if its period began when every district reported already.
create temporary table days on commit drop as
select
    day,
    date_trunc({unit}, day)::date as period,
    {season} as season,
    extract(year from day)::int as year,
    (extract(month from day) * 100 + extract(day from day))::int as month_and_day,
    -- A loaded day of which there are no facts has no crashes; it is as provisional as those around it.
    not coalesce(
        fact_days.is_provisional,
        day >= (select min(day) from ops.fact_days where is_provisional),
        false
    ) as is_settled
from citywide_daily
left join ops.fact_days using (day);

create temporary table periods on commit drop as
with counted as (
    select
        period,
        season,
        year,
        (period + ('1 ' || {unit})::interval)::date as next_period,
        count(*) filter (where is_settled) as settled,
        max(day) filter (where is_settled) as last_settled
    from days
    group by period, season, year
),
judged as (
    select
        *,
        settled = next_period - period as is_whole,
        settled = last_settled - period + 1 as is_without_gap
    from counted
),
same_days as (
    select later.period, later.last_settled, max(day.month_and_day) as through, count(*) as days
    from judged as later
    join days as day using (period)
    where later.is_without_gap and day.day <= later.last_settled and day.month_and_day <> 229
    group by later.period, later.last_settled
),
earlier as (
    select same_days.period, early.period as earlier_period
    from same_days
    join judged as later using (period)
    join judged as early
        on early.season = later.season and early.year < later.year and early.period >= {citywide_since}
    join days as day
        on day.period = early.period and day.month_and_day <= same_days.through and day.month_and_day <> 229
    group by same_days.period, early.period, same_days.days
    having count(*) = same_days.days
),
comparable as (
    select period, array_agg(earlier_period) as earlier_periods from earlier group by period
)
select
    judged.period,
    judged.next_period,
    judged.season,
    judged.is_whole,
    coalesce(cardinality(comparable.earlier_periods), 0) as earlier_years,
    coalesce(comparable.earlier_periods, array[]::date[]) as earlier_periods,
    case when comparable.period is not null then same_days.through end as through,
    case when comparable.period is not null then same_days.last_settled end as compared_through
from judged
left join same_days using (period)
left join comparable using (period);

analyze days;
analyze periods

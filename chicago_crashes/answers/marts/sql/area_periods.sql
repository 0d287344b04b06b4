-- The crashes of every area in every month, or year, of which any day is loaded: also where there is none. Months in
-- between of which nothing is loaded have no row, for zero would be wrong. `periods` and `days` say what is compared
-- with what; see periods.sql. Made anew are some layers, of them some seasons: a season is a month of all years.
--
-- The mean of earlier years counts those in which the area has no crash as zero. Areas that tie share the better rank,
-- and the next rank is left out. Crashes in no area are a row of their own, unknown, without rank.
insert into {mart} (
    layer,
    area,
    label,
    {period_column},
    {columns},
    is_whole,
    earlier_years,
    compared_through,
    compared_crashes,
    mean_crashes,
    change_crashes,
    compared_ksi,
    mean_ksi,
    change_ksi,
    rank_crashes,
    rank_ksi
)
with wanted as (
    select * from periods where season = any(%(seasons)s)
),
{counted_and_months},
-- Up to which month and day periods are compared, and up to which month those before it are whole.
cutoffs as (
    select distinct
        season,
        through,
        through / 100 - case when mod(through, 100) < days_of_its_month then 1 else 0 end as whole_months
    from wanted
    cross join lateral (
        select extract(day from make_date(2001, through / 100, 1) + interval '1 month - 1 day') as days_of_its_month
    ) as calendar
    where earlier_years > 0
),
-- The crashes of the same days: those of whole months, plus those of the days of the last month if it is not whole,
-- less those of 29 February, which the months contain.
parts as (
    select months.layer, months.area, months.period, cutoffs.through, months.crashes, months.ksi
    from months
    join periods using (period)
    join cutoffs on cutoffs.season = periods.season and extract(month from months.month) <= cutoffs.whole_months
    union all
    select daily.layer, daily.area, days.period, cutoffs.through, daily.crashes, daily.ksi
    from cutoffs
    join days
        on days.season = cutoffs.season
        and days.month_and_day between cutoffs.whole_months * 100 + 101 and cutoffs.through
        and days.month_and_day <> 229
        and days.day >= %(citywide_since)s
    join area_daily as daily on daily.day = days.day and daily.layer = any(%(layers)s)
    union all
    select daily.layer, daily.area, days.period, cutoffs.through, -daily.crashes, -daily.ksi
    from cutoffs
    join days on days.season = cutoffs.season and days.month_and_day = 229 and cutoffs.whole_months >= 2
    join area_daily as daily on daily.day = days.day and daily.layer = any(%(layers)s)
),
same_days as materialized (
    select layer, area, period, through, sum(crashes) as crashes, sum(ksi) as ksi
    from parts
    group by layer, area, period, through
),
means as (
    select
        same_days.layer,
        same_days.area,
        wanted.period,
        sum(same_days.crashes)::float8 / wanted.earlier_years as crashes,
        sum(same_days.ksi)::float8 / wanted.earlier_years as ksi
    from wanted
    cross join unnest(wanted.earlier_periods) as earlier (period)
    join same_days on same_days.period = earlier.period and same_days.through = wanted.through
    group by same_days.layer, same_days.area, wanted.period, wanted.earlier_years
),
places as (
    select layers.layer, areas.area, areas.label
    from layers
    join areas using (layer_id)
    where layers.layer = any(%(layers)s) and areas.area <> 'unknown'
    union all
    select layer, 'unknown', 'unknown' from unnest(%(layers)s) as named (layer)
),
filled as (
    select
        places.layer,
        places.area,
        places.label,
        wanted.period,
        {counts},
        wanted.is_whole,
        wanted.earlier_years,
        wanted.compared_through,
        case when wanted.earlier_years > 0 then coalesce(this.crashes, 0) end as compared_crashes,
        case when wanted.earlier_years > 0 then coalesce(means.crashes, 0) end as mean_crashes,
        case when wanted.earlier_years > 0 then coalesce(this.ksi, 0) end as compared_ksi,
        case when wanted.earlier_years > 0 then coalesce(means.ksi, 0) end as mean_ksi
    from places
    cross join wanted
    left join counted using (layer, area, period)
    left join same_days as this
        on this.layer = places.layer and this.area = places.area and this.period = wanted.period
        and this.through = wanted.through
    left join means on means.layer = places.layer and means.area = places.area and means.period = wanted.period
)
select
    layer,
    area,
    label,
    {period_label},
    {columns},
    is_whole,
    earlier_years,
    compared_through,
    compared_crashes,
    mean_crashes,
    compared_crashes / nullif(mean_crashes, 0) - 1,
    compared_ksi,
    mean_ksi,
    compared_ksi / nullif(mean_ksi, 0) - 1,
    case when area <> 'unknown' then rank() over (by_place order by crashes desc) end,
    case when area <> 'unknown' then rank() over (by_place order by ksi desc) end
from filled
window by_place as (partition by layer, period, area = 'unknown')

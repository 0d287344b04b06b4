-- What area_periods.sql counts for the months, from the days.
counted as (
    select
        daily.layer,
        daily.area,
        days.period,
        {sums}
    from area_daily as daily
    join days using (day)
    where daily.layer = any(%(layers)s) and days.season = any(%(seasons)s)
    group by daily.layer, daily.area, days.period
),
months as (
    select layer, area, period, period as month, crashes, ksi from counted
)

-- What area_periods.sql counts for the months: new ones from the days.
counted as (
    select
        daily.layer,
        daily.area,
        days.period,
        {sums}
    from area_daily as daily
    join days using (day)
    where daily.layer = any(%(layers)s) and days.period = any(%(new_periods)s)
    group by daily.layer, daily.area, days.period
    union all
    select * from kept
),
months as (
    select layer, area, period, period as month, crashes, ksi from counted
)

-- What area_periods.sql counts for the years: new ones from the months, which are fewer rows than the days by far.
counted as (
    select
        monthly.layer,
        monthly.area,
        date_trunc('year', monthly.month)::date as period,
        {sums}
    from area_monthly as monthly
    where monthly.layer = any(%(layers)s) and date_trunc('year', monthly.month)::date = any(%(new_periods)s)
    group by monthly.layer, monthly.area, date_trunc('year', monthly.month)
    union all
    select * from kept
),
months as (
    select layer, area, date_trunc('year', month)::date as period, month, crashes, ksi
    from area_monthly
    where layer = any(%(layers)s)
)

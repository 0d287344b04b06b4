-- What area_periods.sql counts for the years, from the months, which are a tenth as many rows as the days.
counted as (
    select
        monthly.layer,
        monthly.area,
        date_trunc('year', monthly.month)::date as period,
        {sums}
    from area_monthly as monthly
    where monthly.layer = any(%(layers)s)
    group by monthly.layer, monthly.area, date_trunc('year', monthly.month)
),
months as (
    select layer, area, date_trunc('year', month)::date as period, month, crashes, ksi
    from area_monthly
    where layer = any(%(layers)s)
)

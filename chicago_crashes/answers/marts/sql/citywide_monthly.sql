-- The crashes of every month of which any day is loaded. Until August 2017 not every police district reported electronically, so that
-- crashes seem to rise until then; is_comparable is for trends.
insert into citywide_monthly (
    month,
    {columns},
    is_whole,
    is_comparable
)
select
    periods.period,
    {sums},
    periods.is_whole,
    periods.is_whole and periods.period >= %(citywide_since)s
from periods
join citywide_daily as daily on daily.day >= periods.period and daily.day < periods.next_period
group by periods.period, periods.is_whole

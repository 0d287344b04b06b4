-- The years up to the newest day that is not provisional; less, where less is loaded or not every district reported.
select greatest(min(day), %(citywide_since)s, (max(day) - make_interval(years => %(years)s))::date + 1), max(day)
from ops.fact_days
where not is_provisional

-- Days that are provisional no more, and days that have become so.
with moved as (
    update ops.fact_days
    set is_provisional = not is_provisional, refreshed_at = now()
    where is_provisional <> (day = any(%(provisional)s))
    returning day, is_provisional
)
update crash_facts
set is_provisional = moved.is_provisional
from moved
where crash_facts.day = moved.day and crash_facts.is_provisional <> moved.is_provisional

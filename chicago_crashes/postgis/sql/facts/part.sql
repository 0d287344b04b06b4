-- The days that are made now, with what they are made from.
create temporary table part on commit drop as
select
    asked.day,
    array[
        max(loaded_at) filter (where feed = 'crashes'),
        max(loaded_at) filter (where feed = 'people'),
        max(loaded_at) filter (where feed = 'vehicles')
    ] as made_from
from unnest(%(days)s::date[]) as asked (day)
left join ops.signatures as signature on signature.day = asked.day and feed in ('crashes', 'people', 'vehicles')
group by asked.day

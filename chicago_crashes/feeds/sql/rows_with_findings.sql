-- How many rows of a feed have a finding of one of some rules, each with its column.
select count(*)
from (
    select distinct found.day, found.row_key
    from ops.findings as found
    inner join unnest(%(columns)s::text[], %(rules)s::text[]) as asked (column_name, rule) using (column_name, rule)
    where found.feed = %(feed)s
) as broken

-- The newest findings of some rules, each with its column.
select found.row_key, found.column_name, found.value
from ops.findings as found
inner join unnest(%(columns)s::text[], %(rules)s::text[]) as asked (column_name, rule) using (column_name, rule)
where found.feed = %(feed)s
order by found.day desc, found.row_key, found.column_name, found.rule
limit %(length)s

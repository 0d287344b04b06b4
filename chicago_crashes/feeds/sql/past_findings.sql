-- What the year before each of some days held: how many findings of a rule on a column, and how many published rows.
select
    asked.day,
    asked.column_name,
    asked.rule,
    (
        select count(*) from ops.findings as found
        where found.feed = %(feed)s and found.day >= asked.day - %(length)s::int and found.day < asked.day
            and found.column_name = asked.column_name and found.rule = asked.rule
    ) as broken,
    (
        select coalesce(sum(source_rows), 0)::int from ops.signatures as signed
        where signed.feed = %(feed)s and signed.day >= asked.day - %(length)s::int and signed.day < asked.day
    ) as rows
from unnest(%(days)s::date[], %(columns)s::text[], %(rules)s::text[]) as asked (day, column_name, rule)

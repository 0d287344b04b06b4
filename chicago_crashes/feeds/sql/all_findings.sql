-- All findings of a feed by column and rule: in all, in the newest days, and in the year before those.
select
    column_name,
    rule,
    count(*) as broken,
    count(*) filter (where day >= %(recent)s) as recent,
    count(*) filter (where day < %(recent)s and day >= %(past)s) as past
from ops.findings
where feed = %(feed)s
group by column_name, rule

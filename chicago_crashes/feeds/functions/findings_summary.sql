-- Findings counted by feed, day, column and rule, with examples.

create or replace view ops.findings_summary as
select
    feed,
    day,
    column_name,
    rule,
    action,
    count(*) as findings,
    (array_agg(value order by row_key))[1:3] as example_values,
    (array_agg(row_key order by row_key))[1:3] as example_keys
from ops.findings
group by feed, day, column_name, rule, action;
comment on view ops.findings_summary is
    'Findings by feed, day, column and rule, with the published values and the keys of up to three of them';
comment on column ops.findings_summary.findings is 'How many rows of the day break the rule';
comment on column ops.findings_summary.example_values is
    'What was published in up to three of these rows';
comment on column ops.findings_summary.example_keys is 'The keys of these rows; `chicago-crashes raw` shows a row as published';

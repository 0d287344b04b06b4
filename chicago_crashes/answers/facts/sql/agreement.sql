-- Whether people and severities say what the crashes themselves say.
select
    count(*) as crashes,
    count(*) filter (where {people_add_up}) as people_add_up,
    count(*) filter (
        where severity = case
            when persons_k > 0 then 'K'
            when persons_a > 0 then 'A'
            when persons_b > 0 then 'B'
            when persons_c > 0 then 'C'
            when severity = 'U' then 'U'
            else 'O'
        end
    ) as severity_agrees
from crash_facts

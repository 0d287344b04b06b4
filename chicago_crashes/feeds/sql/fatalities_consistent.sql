-- Every victim of some days that names a person, against that person. Ids that name none (blank, two at once) do not
-- apply. Reviewers move the time by minutes, so the person is looked for a day around, and may be dated to its edge.
-- A relation is true where it holds, false where it is broken, null where it does not apply.
with victim as materialized (
    select fatality_id, crash_date, case when person_id ~ '^[OP][0-9]+$' then person_id end as person_id
    from vision_zero_fatalities
    where crash_date >= %(first)s and crash_date < %(after_last)s
),
person as materialized (
    select person_id, crash_date::date as day, bool_or(injury_classification = 'FATAL') as died
    from crash_people
    where crash_date >= %(first)s::date - 1 and crash_date < %(after_last)s::date + 1
        and person_id in (select person_id from victim)
    group by person_id, crash_date::date
)
select
    victim.crash_date::date as day,
    victim.fatality_id as row_key,
    case when victim.person_id is not null then person.person_id is not null end as person_exists,
    person.died as person_died
from victim
left join lateral (
    select person.person_id, bool_or(person.died) as died
    from person
    where person.person_id = victim.person_id
        and person.day between victim.crash_date::date - 1 and victim.crash_date::date + 1
    group by person.person_id
) as person on true

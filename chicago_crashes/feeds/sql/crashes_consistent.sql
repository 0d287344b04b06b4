-- Every crash of some days against itself, its units and its people.
-- A relation is true where it holds, false where it is broken, null where it does not apply.
--
-- Units and people belong to a crash by its id, never by date. Nearly all are dated like it, so those of the same days
-- are read in one pass, and only where they contradict the crash are all of its units or people looked up.
with crash as materialized (
    select
        crash_record_id, crash_date, crash_hour, crash_day_of_week, crash_month, num_units, most_severe_injury,
        injuries_total, injuries_fatal, injuries_incapacitating, injuries_non_incapacitating,
        injuries_reported_not_evident
    from crashes
    where crash_date >= %(first)s and crash_date < %(after_last)s
),
class (name, rank) as (
    values
        ('NO INDICATION OF INJURY', 0),
        ('REPORTED, NOT EVIDENT', 1),
        ('NONINCAPACITATING INJURY', 2),
        ('INCAPACITATING INJURY', 3),
        ('FATAL', 4)
),
units as (
    select crash_record_id, count(*) as rows
    from crash_vehicles
    where crash_date >= %(first)s and crash_date < %(after_last)s
    group by crash_record_id
),
people as (
    select crash_record_id, count(*) filter (where rank = 4) as killed, max(rank) as worst
    from crash_people
    left join class on class.name = injury_classification
    where crash_date >= %(first)s and crash_date < %(after_last)s
    group by crash_record_id
)
select
    crash_date::date as day,
    crash.crash_record_id as row_key,
    injuries_total = injuries_fatal + injuries_incapacitating + injuries_non_incapacitating
        + injuries_reported_not_evident as injuries_add_up,
    crash_hour = extract(hour from crash_date) as hour_of_date,
    crash_day_of_week = extract(dow from crash_date) + 1 as weekday_of_date,
    crash_month = extract(month from crash_date) as month_of_date,
    case
        when num_units = coalesce(units.rows, 0) then true
        else num_units = (
            select count(*) from crash_vehicles where crash_vehicles.crash_record_id = crash.crash_record_id
        )
    end as units_counted,
    case
        when class.rank is not distinct from people.worst then true
        else class.rank is not distinct from (
            select max(of_person.rank)
            from crash_people
            join class as of_person on of_person.name = injury_classification
            where crash_people.crash_record_id = crash.crash_record_id
        )
    end as worst_injury_of_people,
    case
        when injuries_fatal = coalesce(people.killed, 0) then true
        else injuries_fatal = (
            select count(*) from crash_people
            where crash_people.crash_record_id = crash.crash_record_id and injury_classification = 'FATAL'
        )
    end as fatal_people_counted,
    case
        when injuries_total is not null then null
        when people.crash_record_id is not null then false
        else 0 = (select count(*) from crash_people where crash_people.crash_record_id = crash.crash_record_id)
    end as unknown_injuries_without_people
from crash
left join class on class.name = most_severe_injury
left join units using (crash_record_id)
left join people using (crash_record_id)

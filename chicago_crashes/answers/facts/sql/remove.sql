-- The facts of the touched crashes, on whatever day they were.
with removed as (
    delete from crash_facts using touched where crash_facts.crash_record_id = touched.crash_record_id returning day
)
insert into affected (day)
select distinct day from removed

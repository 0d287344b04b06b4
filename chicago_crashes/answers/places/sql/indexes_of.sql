-- How the indexes of a table are dropped, those of its keys included, and how they are made again as they were.
select
    case
        when conname is null then format('drop index %%s', indexrelid::regclass)
        else format('alter table %%s drop constraint %%I', indrelid::regclass, conname)
    end,
    case
        when conname is null then pg_get_indexdef(indexrelid)
        else format('alter table %%s add constraint %%I %%s', indrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid))
    end
from pg_index
left join pg_constraint on conindid = indexrelid
where indrelid = %(table)s::regclass
order by indexrelid

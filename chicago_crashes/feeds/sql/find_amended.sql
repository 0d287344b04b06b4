-- The staged versions that change a stored row, and those whose time alone went back, as after a backup was restored.
create temporary table {amended} on commit drop as
select staged.*, {values_differ} as "values:differ"
from {stage} as staged, lateral (select * from {table} as stored where {same_key} offset 0) as stored
where
    {values_differ}
    or coalesce(staged.source_updated_at, '-infinity') < coalesce(stored.source_updated_at, '-infinity')

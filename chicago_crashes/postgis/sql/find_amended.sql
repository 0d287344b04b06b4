-- The staged versions that change a stored row. A reply older than the stored row never overwrites it.
create temporary table {amended} on commit drop as
select staged.*
from {stage} as staged, lateral (select * from {table} as stored where {same_key} offset 0) as stored
where {staged_is_newer} and {values_differ}

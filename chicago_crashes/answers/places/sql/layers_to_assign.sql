-- Active polygon layers whose areas changed since they were assigned, or that never were; within a transaction none of
-- them can be replaced until it ends.
select layers.layer_id, layers.layer, layers.version
from layers
where layers.shape = 'polygon' and layers.is_active
    and not exists (
        select from ops.assignments
        where assignments.layer_id = layers.layer_id and assignments.version = layers.version
    )
order by layers.layer_id
for share of layers

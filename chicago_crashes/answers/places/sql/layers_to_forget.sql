-- Layers that were assigned, and are gone or active no more.
select held.layer_id
from (
    select layer_id from ops.assignments
    union
    select layer_id from ops.area_cells
) as held
left join layers on layers.layer_id = held.layer_id
left join ops.assignments on assignments.layer_id = held.layer_id
where layers.is_active is not true or layers.shape <> 'polygon' or assignments.layer_id is null

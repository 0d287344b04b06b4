-- Active polygon layers whose areas changed since they were assigned, or that never were.
select layers.layer_id, layers.layer
from layers
left join ops.assignments on assignments.layer_id = layers.layer_id
where layers.shape = 'polygon' and layers.is_active and assignments.version is distinct from layers.version
order by layers.layer_id

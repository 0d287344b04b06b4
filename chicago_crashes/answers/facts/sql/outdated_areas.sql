-- Layers whose column of crash_facts stands for another assignment than there is now.
select
    coalesce(made.layer, now_assigned.layer),
    now_assigned.assigned_at
from ops.fact_areas as made
full join (
    select layer, assigned_at from ops.assignments join layers using (layer_id) where layer = any(%(layers)s)
) as now_assigned on now_assigned.layer = made.layer
where made.assigned_at is distinct from now_assigned.assigned_at

-- Layers whose newest version is assigned; none of them can be replaced until the transaction ends.
select layers.layer_id
from layers
join ops.assignments using (layer_id, version)
where layers.shape = 'polygon' and layers.is_active
order by layers.layer_id
for share of layers

insert into {table} (layer_id, {key}, label, position, properties, geometry{measure})
select %(layer_id)s, staged.feature, staged.label, staged.position, staged.properties, staged.geometry{measured}
from staged_features as staged
where not exists (
    select from {table} as stored where stored.layer_id = %(layer_id)s and stored.{key} = staged.feature
)
order by staged.position

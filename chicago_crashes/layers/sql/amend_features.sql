update {table} as stored
set label = staged.label, properties = staged.properties, geometry = staged.geometry{set_measure}
from staged_features as staged
where stored.layer_id = %(layer_id)s
    and staged.feature = stored.{key}
    and (stored.label, stored.properties, stored.geometry)
        is distinct from (staged.label, staged.properties, staged.geometry)

insert into ops.layer_history (layer, version, feature, label, properties, geometry)
select %(name)s, %(version)s, stored.{key}, stored.label, stored.properties, stored.geometry
from {table} as stored
left join staged_features as staged on staged.feature = stored.{key}
where stored.layer_id = %(layer_id)s
    and (
        staged.feature is null
        or (stored.label, stored.properties, stored.geometry)
            is distinct from (staged.label, staged.properties, staged.geometry)
    )
order by stored.position

delete from {table} as stored
where stored.layer_id = %(layer_id)s
    and not exists (select from staged_features as staged where staged.feature = stored.{key})

-- Records of the merged days that no longer hold.
delete from {table} as stored
where stored.feed = {feed} and stored.day = any({days})
and not exists (select from {stage} as staged where {same_record})

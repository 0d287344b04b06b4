-- Rows that were refused of an earlier file of that name, and are not refused of this one.
delete from ops.quarantine as stored
where stored.feed = %(feed)s and starts_with(stored.origin, %(prefix)s)
and not exists (
    select from staged_refusals as staged
    where (staged.digest, staged.copy, staged.reason, staged.origin)
    = (stored.digest, stored.copy, stored.reason, stored.origin)
)

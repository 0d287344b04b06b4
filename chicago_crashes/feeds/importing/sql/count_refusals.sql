select count(*)
from staged_refusals as staged
join ops.quarantine as stored using (digest, copy)
where stored.feed = %(feed)s and stored.day is null

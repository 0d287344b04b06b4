-- The line of a row tells it from equal rows of the file.
insert into ops.quarantine (feed, digest, copy, reason, origin, raw_row)
select %(feed)s, digest, copy, reason, origin, raw_row from staged_refusals
on conflict do nothing

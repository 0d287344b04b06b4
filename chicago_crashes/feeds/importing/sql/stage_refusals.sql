create temporary table staged_refusals on commit drop as
select digest, copy, reason, origin, raw_row from ops.quarantine with no data

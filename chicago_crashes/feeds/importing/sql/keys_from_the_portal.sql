-- Of the staged keys those whose row in the table was fetched from the portal, whatever its day.
select {row_key}
from {table} as stored
join staged_keys as staged using ({key})
where exists (
    select from ops.signatures as signed
    where signed.feed = %(feed)s and signed.day = stored.{date}::date and not starts_with(signed.run_id, %(imported_by)s)
)

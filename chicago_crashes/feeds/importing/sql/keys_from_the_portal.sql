-- Of the staged keys those whose row in the table was fetched from the portal, whatever its day.
select {row_key}
from {table} as stored
join staged_keys as staged using ({key})
where stored.source_updated_at is not null

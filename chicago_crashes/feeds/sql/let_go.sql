-- Rows of days that were not merged, in quarantine for the sake of a row that is no longer stored where the record says,
-- or that is the older one now. Their days are short until they are merged again, and whoever counts sees that.
delete from ops.quarantine as waiting
where
    waiting.feed = %(feed)s
    and waiting.rival_day <> waiting.day
    and waiting.rival_day = any(%(touched)s)
    and waiting.day <> all(%(merged)s)
    and not exists (
        select from {table} as stored
        where
            stored.{date} >= waiting.rival_day
            and stored.{date} < waiting.rival_day + 1
            and {stored_row_key} = waiting.row_key
            and (coalesce(stored.source_updated_at, '-infinity'), waiting.rival_day)
            > (coalesce(waiting.source_updated_at, '-infinity'), waiting.day)
        offset 0
    )
returning waiting.row_key, waiting.day, waiting.rival_day

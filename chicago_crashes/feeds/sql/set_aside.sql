-- Rows that left the table in this transaction and went to quarantine, by day: no more than were newly set aside, and no
-- more than are not stored under another day; and for which reasons.
select aside.day, least(aside.rows, gone.rows) as rows, aside.reasons
from (
    select day, count(*)::int as rows, array_agg(distinct reason order by reason) as reasons
    from ops.quarantine
    where feed = {feed} and day = any({days}) and quarantined_at = now()
    group by day
) as aside,
    lateral (
        select count(*)::int as rows
        from ops.history as history
        where history.feed = {feed} and history.day = aside.day and history.kind <> 'amended'
            and history.valid_to = now()
            and not exists (select from {table} as stored where {same_key})
    ) as gone
where gone.rows > 0

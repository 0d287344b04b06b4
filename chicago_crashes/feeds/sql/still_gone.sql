-- Rows that left the table since a moment, that nobody accepted, and that are not back under whatever day.
select coalesce(sum(gone.rows), 0)::int, min(gone.lost_at), min(gone.day), max(gone.day)
from (
    select loss.day, loss.lost_at, least(loss.rows, back.missing) as rows
    from ops.losses as loss,
        lateral (
            select count(*)::int as missing
            from ops.history as history
            where history.feed = loss.feed and history.day = loss.day and history.kind <> 'amended'
                and history.valid_to = loss.lost_at
                and not exists (select from {table} as stored where {same_key})
        ) as back
    where loss.feed = {feed} and loss.acceptance_id is null and loss.lost_at > {since}
) as gone
where gone.rows > 0

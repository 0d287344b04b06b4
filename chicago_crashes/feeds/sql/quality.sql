-- The quality of a feed's months: rows are counted first, points given then. A share of failing rows is held against
-- the tolerance; where it cannot be told, the part is null and the others are scaled to 100.
with signed as (
    select day, source_rows as rows
    from ops.signatures
    where feed = %(feed)s and day >= %(first)s and day < %(after_last)s
),
stored_days as (
    select {date}::date as day, count(*) as rows
    from {table}
    where {date} >= %(first)s and {date} < %(after_last)s
    group by 1
),
-- Compared day by day: a row too many on one day makes up for none that another lacks.
published as (
    select
        date_trunc('month', day)::date as month,
        sum(greatest(coalesce(signed.rows, 0), coalesce(stored_days.rows, 0))) as rows
    from signed
    full join stored_days using (day)
    group by 1
),
stored as (
    select
        date_trunc('month', this.{date})::date as month,
        count(*) as rows,
        count(*) filter (where {incomplete}) as incomplete,
        count({delay}) as reported,
        count(*) filter (where {delay} > make_interval(days => %(days_to_report)s)) as late
    from {table} as this {reporting}
    where this.{date} >= %(first)s and this.{date} < %(after_last)s
    group by 1
),
found as (
    select
        date_trunc('month', day)::date as month,
        count(distinct row_key) filter (where rule = any(%(inaccurate)s)) as inaccurate,
        count(distinct row_key) filter (where rule = any(%(invalid)s)) as invalid
    from ops.findings
    where feed = %(feed)s and day >= %(first)s and day < %(after_last)s
    group by 1
),
compared as (
    select date_trunc('month', day)::date as month, count(distinct row_key) as inconsistent
    from ({broken}) as broken
    group by 1
),
counted as (
    select
        month,
        published.rows as published,
        coalesce(stored.rows, 0) as stored,
        coalesce(stored.incomplete, 0) as incomplete,
        coalesce(found.inaccurate, 0) as inaccurate,
        coalesce(compared.inconsistent, 0) as inconsistent,
        coalesce(stored.reported, 0) as reported,
        coalesce(stored.late, 0) as late,
        coalesce(found.invalid, 0) as invalid
    from published
    left join stored using (month)
    left join found using (month)
    left join compared using (month)
),
judged as (
    select
        *,
        %(completeness)s * greatest(0, 1 - (published - stored + incomplete) / most_published) as completeness,
        case when stored > 0 then %(accuracy)s * greatest(0, 1 - inaccurate / most_stored) end as accuracy,
        case when stored > 0 and {has_relations} then %(consistency)s * greatest(0, 1 - inconsistent / most_stored) end as consistency,
        case when reported > 0 then %(timeliness)s * greatest(0, 1 - late / most_reported) end as timeliness,
        case when stored > 0 then %(validity)s * greatest(0, 1 - invalid / most_stored) end as validity
    from counted
    cross join lateral (
        select
            %(tolerance)s * greatest(published, %(fewest_rows)s) as most_published,
            %(tolerance)s * greatest(stored, %(fewest_rows)s) as most_stored,
            %(tolerance)s * greatest(reported, %(fewest_rows)s) as most_reported
    ) as so_many_take_all_points
    where published > 0
)
insert into ops.quality_scores (
    feed, month, score, completeness, accuracy, consistency, timeliness, validity,
    published, stored, incomplete, inaccurate, inconsistent, late, invalid
)
select
    %(feed)s, month,
    round(
        100 * (completeness + coalesce(accuracy, 0) + coalesce(consistency, 0) + coalesce(timeliness, 0)
            + coalesce(validity, 0))
        / (%(completeness)s + case when accuracy is null then 0 else %(accuracy)s end
            + case when consistency is null then 0 else %(consistency)s end
            + case when timeliness is null then 0 else %(timeliness)s end
            + case when validity is null then 0 else %(validity)s end),
        1
    ),
    round(completeness, 1), round(accuracy, 1), round(consistency, 1), round(timeliness, 1), round(validity, 1),
    published, stored, incomplete, inaccurate, inconsistent, late, invalid
from judged

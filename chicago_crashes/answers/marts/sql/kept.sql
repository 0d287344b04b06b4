-- What stays of the periods that are made anew only because they are compared with new ones, or are whole now: their
-- counts. For the statement that follows in the same transaction.
create temporary table kept on commit drop as
select
    layer,
    area,
    {first_day} as period,
    {columns}
from {mart}
where layer = any({layers}) and {season} = any({seasons}) and {first_day} <> all({new_periods})

-- Where streets meet, made from the segments of the layer of street centre lines: each segment names the node it
-- comes from and the node it goes to, and a node where at least three of their ends and two street names meet is an
-- intersection. The City has no list of intersections; this is the platform's own.
--
-- Rivers, sidewalks and the city's limits are lines of that layer too; no vehicles drive there, so they are no legs.
-- The ends of the segments at a node do not always lie on one another: their median is taken, which one stray end
-- does not move. A street is told by name and type, without direction: where North State Street becomes South State
-- Street, nothing is crossed.
create temporary table meeting_places on commit drop as
with segments as (
    select
        properties ->> 'fnode_id' as from_node,
        properties ->> 'tnode_id' as to_node,
        nullif(concat_ws(' ', nullif(trim(properties ->> 'street_nam'), ''), nullif(trim(properties ->> 'street_typ'), '')), '')
            as street,
        ST_Transform(geometry, {feet}) as geometry
    from layer_lines
    join layers using (layer_id)
    where
        layers.layer = {layer}
        and layers.is_active
        and coalesce(properties ->> 'class', '') <> all({not_driven})
),
ends as (
    select from_node as node, street, ST_StartPoint(ST_GeometryN(geometry, 1)) as point from segments
    union all
    select to_node, street, ST_EndPoint(ST_GeometryN(geometry, ST_NumGeometries(geometry))) from segments
)
select
    split_part(node, '.', 1)::int as intersection_id,
    string_agg(distinct street, ' & ' order by street) as name,
    count(*) as legs,
    ST_SetSRID(
        ST_MakePoint(
            percentile_cont(0.5) within group (order by ST_X(point)),
            percentile_cont(0.5) within group (order by ST_Y(point))
        ),
        {feet}
    ) as place
from ends
where node ~ '^0*[1-9][0-9]{{0,8}}(\.0*)?$'
group by split_part(node, '.', 1)::int
having count(*) >= {fewest_legs} and count(distinct street) >= {fewest_streets};

create index on meeting_places using gist (place);
analyze meeting_places

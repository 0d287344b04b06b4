-- The areas of a layer, cut along the grid. They are quartered again and again, so that a whole outline is cut a few
-- times only; a part that fills its square is not cut any further. The sides of all squares are powers of two, so that
-- their corners are exact numbers and no location falls between two of them. Clipping takes a fifth of the time of an
-- intersection, which is asked only where clipping finds nothing (it does not see what merely touches) or fails.
with recursive part (area_id, per_degree, x, y, piece) as (
    select area_id, %(coarse)s::int, x, y, (ST_Dump(geometry)).geom
    from areas
    cross join lateral generate_series(
        floor(ST_XMin(geometry) * %(coarse)s)::int, floor(ST_XMax(geometry) * %(coarse)s)::int
    ) as x
    cross join lateral generate_series(
        floor(ST_YMin(geometry) * %(coarse)s)::int, floor(ST_YMax(geometry) * %(coarse)s)::int
    ) as y
    where layer_id = %(layer)s
    union all
    select
        part.area_id,
        part.per_degree * 2,
        quarter.x,
        quarter.y,
        case when ST_NPoints(cut.geom) = 5 and ST_Equals(cut.geom, square) then null else cut.geom end
    from part
    cross join lateral (
        values
            (2 * part.x, 2 * part.y),
            (2 * part.x + 1, 2 * part.y),
            (2 * part.x, 2 * part.y + 1),
            (2 * part.x + 1, 2 * part.y + 1)
    ) as quarter (x, y)
    cross join lateral ST_MakeEnvelope(
        quarter.x::float8 / (part.per_degree * 2),
        quarter.y::float8 / (part.per_degree * 2),
        (quarter.x + 1)::float8 / (part.per_degree * 2),
        (quarter.y + 1)::float8 / (part.per_degree * 2),
        4326
    ) as square
    cross join lateral ST_ClipByBox2D(part.piece, square) as clipped
    cross join lateral ST_Dump(
        case
            when ST_IsEmpty(clipped) or not ST_IsValid(clipped) then ST_Intersection(part.piece, square)
            else clipped
        end
    ) as cut
    where part.per_degree < %(cells)s
        and part.piece && square
        and not ST_IsEmpty(cut.geom)
)
insert into ops.area_cells (layer_id, x, y, area_id, piece)
select %(layer)s, x, y, area_id, piece
from part
where per_degree = %(cells)s
union all
select %(layer)s, fine_x, fine_y, area_id, null
from part
cross join lateral generate_series(
    x * (%(cells)s / per_degree), (x + 1) * (%(cells)s / per_degree) - 1
) as fine_x
cross join lateral generate_series(
    y * (%(cells)s / per_degree), (y + 1) * (%(cells)s / per_degree) - 1
) as fine_y
where piece is null and per_degree < %(cells)s

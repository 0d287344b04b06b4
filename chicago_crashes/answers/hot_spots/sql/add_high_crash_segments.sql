insert into high_crash_segments (
    kind, line, street, label, segments, miles, first_day, last_day, crashes, k_crashes, a_crashes, bc_crashes,
    city_index, index_per_mile, rank, geometry
)
select
    kind, ranked.of, ranked.street, ranked.label, ranked.segments, ranked.miles, %(first)s, %(last)s, ranked.crashes,
    ranked.k_crashes, ranked.a_crashes, ranked.bc_crashes, ranked.city_index, ranked.index_per_mile, ranked.rank,
    drawn.geometry
from staged_segments as ranked
join (
    select members.kind, members.of, st_multi(st_collectionextract(st_collect(lines.geometry order by lines.line), 2)) as geometry
    from staged_members as members
    join layer_lines as lines using (line)
    join layers using (layer_id)
    where layers.layer = %(layer)s
    group by members.kind, members.of
) as drawn using (kind, of)
order by kind, ranked.rank, ranked.of

-- What can be wrong with the areas of a layer. Overlaps are measured only where areas must not overlap.
select
    (select count(*) from areas where layer_id = %(layer_id)s) as features,
    (select count(*) from areas where layer_id = %(layer_id)s and not ST_IsValid(geometry)) as invalid,
    (
        select coalesce(array_agg(label order by label), '{{}}')
        from (
            select label from areas where layer_id = %(layer_id)s group by label having count(*) > 1
        ) as repeated
    ) as repeated_labels,
    (select coalesce(sum(square_feet), 0) from areas where layer_id = %(layer_id)s) as square_feet,
    (
        select coalesce(
            sum(ST_Area(ST_Transform(ST_Intersection(this.geometry, other.geometry), {srid_feet}))), 0
        )
        from areas as this
        join areas as other
            on other.layer_id = this.layer_id and other.area_id > this.area_id and other.geometry && this.geometry
        where this.layer_id = %(layer_id)s and %(with_overlaps)s
    ) as overlapping_square_feet

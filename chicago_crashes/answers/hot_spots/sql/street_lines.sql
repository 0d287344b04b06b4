select
    line,
    coalesce(
        nullif(
            concat_ws(
                ' ',
                nullif(properties ->> 'pre_dir', ''),
                nullif(properties ->> 'street_nam', ''),
                nullif(properties ->> 'street_typ', ''),
                nullif(properties ->> 'suf_dir', '')
            ),
            ''
        ),
        ''
    ) as street,
    properties ->> 'l_f_add' as l_f_add,
    properties ->> 'l_t_add' as l_t_add,
    properties ->> 'r_f_add' as r_f_add,
    properties ->> 'r_t_add' as r_t_add,
    feet,
    encode(st_asbinary(st_transform(layer_lines.geometry, 3435)), 'hex') as geometry
from layer_lines
join layers using (layer_id)
where layers.layer = %(layer)s and feet > 0
order by line

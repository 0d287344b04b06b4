-- What crashes cost, by the tables of unit_costs.

create or replace function crash_cost_lines(
    cost_table text, k bigint, a bigint, b bigint, c bigint, o bigint, pdo_vehicles bigint
)
returns table (class text, unit text, count bigint, unit_dollars integer, subtotal bigint)
language plpgsql stable strict parallel safe
as $$
begin
    if not exists (select from public.unit_costs as known where known.cost_table = crash_cost_lines.cost_table) then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = format('There is no cost table named %L.', crash_cost_lines.cost_table),
            hint = format(
                'Choose one of: %s.',
                (select string_agg(distinct known.cost_table, ', ' order by known.cost_table)
                    from public.unit_costs as known)
            );
    end if;
    return query
        select priced.class, priced.unit, counted.count, priced.dollars, counted.count * priced.dollars
        from public.unit_costs as priced
        join (
            values (1, 'K', k), (2, 'A', a), (3, 'B', b), (4, 'C', c), (5, 'O', o), (6, 'PDO', pdo_vehicles)
        ) as counted (place, class, count) on counted.class = priced.class
        where priced.cost_table = crash_cost_lines.cost_table
        order by counted.place;
end
$$;
comment on function crash_cost_lines is
    'The arithmetic of crash_cost, line by line: what is counted, its unit cost, the product';

create or replace function crash_cost(
    cost_table text, k bigint, a bigint, b bigint, c bigint, o bigint, pdo_vehicles bigint
)
returns bigint
language sql stable strict parallel safe
as $$
    select sum(line.subtotal)::bigint
    from public.crash_cost_lines(
        crash_cost.cost_table, crash_cost.k, crash_cost.a, crash_cost.b, crash_cost.c, crash_cost.o,
        crash_cost.pdo_vehicles
    ) as line
$$;
comment on function crash_cost is
    'Dollars by one table of unit_costs: people killed (k), hurt (a, b, c) and not hurt (o), and motor '
    'vehicles of crashes with property damage only. A class the table does not price adds nothing; people and crashes '
    'of unknown severity are in no class, and to be told beside it';

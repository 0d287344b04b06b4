-- What the portal publishes of one feed beside what is stored of it, cell by cell as canonical text. Relations it reads:
--   published  id, day, updated_at, and a text column for every declared one, "extra" included
--   stored     number, day, and the same columns as text
--   kinds      name, kind, is_key: of the declared columns
--   nulled     day, name, value: texts that were repaired to null, as the platform tells
--   refused    day, id, reason: the quarantine
--   recorded   day, source_rows, source_updated_at: the signatures

-- So few rows are worked out quickest by one thread.
set threads = 1;

create or replace macro stated(x) as
    case when upper(x) not in ('', 'NULL', 'N/A', 'UNKNOWN', 'UNK') then x end;

create or replace macro whole(x) as
    case when regexp_full_match(x, '[+-]?[0-9]+(,[0-9]{3})*(\.0*)?')
        then try_cast(replace(split_part(x, '.', 1), ',', '') as bigint) end;

create or replace macro typed(kind, x) as
    case
        when kind = 'flag' then
            case when upper(x) in ('Y', 'TRUE') then 'true' when upper(x) in ('N', 'FALSE') then 'false' end
        when kind = 'integer' then case when abs(whole(x)) < 2147483648 then whole(x)::varchar end
        when kind = 'code' then case when whole(x) >= 0 then whole(x)::varchar end
        when kind = 'number' then try_cast(replace(x, ',', '') as double)::varchar
        when kind = 'timestamp' then
            coalesce(try_cast(x as timestamp), try_strptime(x, '%m/%d/%Y %I:%M:%S %p'))::varchar
        when kind = 'point' then
            nullif(list_transform(regexp_extract_all(x, '[-+]?[0-9][-+0-9.eE]*'), lambda n: n::double)::varchar, '[]')
        when not contains(x, chr(0)) then x
    end;

create or replace temp table published_texts as
select id, day, name, stated(regexp_replace(text, '^\s+|\s+$', '', 'g')) as text
from published unpivot include nulls (text for name in (columns(* exclude (id, day, updated_at))));

create or replace temp table published_cells as
select said.id, said.day, said.name, is_key, case when nulled.name is null then typed(kind, said.text) end as value
from published_texts as said
join kinds using (name)
left join (select distinct * from nulled) as nulled
    on nulled.day = said.day and nulled.name = said.name
    -- A point is told as it came over HTTP, and kept by the portal as it was published.
    and if(kind = 'point', typed(kind, nulled.value) = typed(kind, said.text),
        nulled.value = replace(said.text, chr(0), chr(65533)));

create or replace temp table stored_texts as
select number, day, name, stated(text) as text
from stored unpivot include nulls (text for name in (columns(* exclude (number, day))));

create or replace temp table stored_cells as
select number, day, name, is_key, typed(kind, text) as value from stored_texts join kinds using (name);

create or replace temp table published_rows as
select id, day, any_value(updated_at) as updated_at,
    string_agg(coalesce(value, ''), chr(31) order by name) filter (is_key) as row_key,
    bool_and(value is not null) filter (is_key) as has_key,
    list(coalesce(name || '=' || value, '') order by name) as cells
from published_cells join published using (id, day) group by id, day;

create or replace temp table stored_rows as
select day, string_agg(coalesce(value, ''), chr(31) order by name) filter (is_key) as row_key,
    list(coalesce(name || '=' || value, '') order by name) as cells
from stored_cells group by number, day;

create or replace temp table expected_rows as
select * from published_rows where id not in (select id from refused);

create or replace temp table lacking as
select day, row_key, cells from expected_rows except all select day, row_key, cells from stored_rows;

create or replace temp table surplus as
select day, row_key, cells from stored_rows except all select day, row_key, cells from expected_rows;

-- Rows of the quarantine that are not published, or might have been loaded.
create or replace temp table wrongly_refused as
select refused.day, refused.id, refused.reason
from refused
left join published_rows as row using (id, day)
where row.id is null
    or starts_with(reason, 'no readable') and not exists (
        from published_cells as cell
        where cell.id = row.id and contains(reason, cell.name)
            and (cell.value is null or length(cell.value) > 128
                or not coalesce(try_cast(cell.value as timestamp) between '1900-01-01' and '2200-01-01', true))
    )
    or starts_with(reason, 'second row') and not exists (
        from expected_rows as rival
        where rival.row_key = row.row_key and rival.updated_at >= row.updated_at
    );

-- Per day: published = table + quarantine = recorded, each counted where it is.
create or replace temp table unaccounted as
select coalesce(said.day, held.day) as day, coalesce(said.rows, 0) as published, coalesce(held.rows, 0) as held,
    coalesce(recorded.source_rows, 0) as recorded, said.updated_at, recorded.source_updated_at
from (select day, count(*) as rows, max(updated_at) as updated_at from published group by day) as said
full join (
    select day, count(*) as rows
    from (select day from stored union all by name select day from refused) group by day
) as held using (day)
full join recorded on recorded.day = coalesce(said.day, held.day)
where coalesce(said.rows, 0) <> coalesce(held.rows, 0)
    or coalesce(said.rows, 0) <> coalesce(recorded.source_rows, 0)
    or said.updated_at is distinct from recorded.source_updated_at;

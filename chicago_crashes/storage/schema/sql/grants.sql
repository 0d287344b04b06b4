-- The statements that grant again what was granted on functions, views and types, once they were dropped and made anew.
-- Where nobody ever granted or revoked anything there is nothing to say.
with granted as (
    select 'function' as kind, member.name, proacl as acl, proowner as owner
    from unnest(cast(:kinds as text[]), cast(:names as text[])) as member (kind, name)
    join pg_proc on member.kind = 'function' and pg_proc.oid = to_regproc(member.name)
    union all
    select 'table', member.name, relacl, relowner
    from unnest(cast(:kinds as text[]), cast(:names as text[])) as member (kind, name)
    join pg_class on member.kind = 'view' and pg_class.oid = to_regclass(member.name)
    union all
    select 'type', member.name, typacl, typowner
    from unnest(cast(:kinds as text[]), cast(:names as text[])) as member (kind, name)
    join pg_type on member.kind = 'type' and pg_type.oid = to_regtype(member.name)
),
statements as (
    select 1 as place, format('revoke all on %s %s from public', kind, name) as statement
    from granted
    where acl is not null
    union all
    select 2, format(
        'grant %s on %s %s to %s%s', privilege.privilege_type, kind, name,
        case privilege.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(privilege.grantee)) end,
        case when privilege.is_grantable then ' with grant option' else '' end
    )
    from granted
    cross join aclexplode(acl) as privilege
    where privilege.grantee <> owner
)
select statement from statements order by place

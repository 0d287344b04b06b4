"""Bring the functions and views of a database to what their files say, in the transaction of an upgrade.

`ops.functions` keeps the digest of every statement as it was applied, so an upgrade applies those that changed. What
can be replaced is replaced, and keeps its grants and whatever depends on it. Where a result, a parameter or a type is
another, all of the part is dropped and made anew, and granted as before.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chicago_crashes.errors import PermanentError
from chicago_crashes.storage.schema.functions import FUNCTIONS, PARTS, Statement, statements, statements_of
from chicago_crashes.storage.sql_files import sql_file

Member = tuple[str, str]
"""Kind and name."""

OTHERS_DEPEND = "2BP01"
CANNOT_BE_REPLACED = frozenset({"42P13", "42P16", "42809", "42710", "42P07", OTHERS_DEPEND})
"""The result, a parameter or a column is another; a type is there; something needs what is to go."""

APPLIED = """
select kind, name, digest from ops.functions
where case kind
    when 'view' then to_regclass(name) is not null
    when 'type' then to_regtype(name) is not null
    else exists (select from pg_proc where proname = split_part(name, '.', -1))
end
"""


def outdated(connection: Connection) -> list[str]:
    """The functions, views and types that are missing, were made by other statements, or are made no more."""
    applied, wanted = _applied(connection), {each.member: each.digest for each in statements()}
    return [member[1] for member in {**wanted, **applied} if wanted.get(member) != applied.get(member)]


def renew(connection: Connection) -> None:
    """Apply the statements that changed, and drop what no statement makes any more.

    Raises:
        PermanentError: what has to be dropped is needed by something that is not the platform's.
    """
    if not outdated(connection):
        return
    applied = _applied(connection)
    gone = [part for part in _recorded_parts(connection) if part not in PARTS]
    for part in [*gone, *PARTS]:
        _renew(connection, part, applied)
    _record(connection)


def drop(connection: Connection, part: str) -> None:
    """Drop whatever the part makes: what the undoing of a migration begins with whose tables the part needs."""
    _drop(connection, [each.member for each in statements_of(part)])


def _renew(connection: Connection, part: str, applied: Mapping[Member, str]) -> None:
    wanted, recorded = statements_of(part), _recorded(connection, part)
    made = [each.member for each in wanted]
    try:
        with connection.begin_nested():
            _drop(connection, [member for member in recorded if member not in made])
            _apply(connection, [each for each in wanted if applied.get(each.member) != each.digest])
    except DBAPIError as error:
        if _sqlstate(error) not in CANNOT_BE_REPLACED:
            raise
        grants = _grants(connection, made)
        _drop_all(connection, part, list(dict.fromkeys([*recorded, *made])))
        _apply(connection, wanted)
        for statement in grants:
            connection.exec_driver_sql(statement)


def _drop_all(connection: Connection, part: str, members: Sequence[Member]) -> None:
    """Drop members until none is left, those first that no other needs: in which order they were made is not known."""
    waiting = list(reversed(members))
    while waiting:
        refused = {member: error for member in waiting if (error := _refused(connection, member))}
        if len(refused) == len(waiting):
            error = next(iter(refused.values()))
            raise PermanentError(
                f"The database functions of {part!r} have changed, and something of your own needs them: "
                f"{error.orig} Drop it, run `chicago-crashes db upgrade`, and make it again."
            ) from error
        waiting = list(refused)


def _refused(connection: Connection, member: Member) -> DBAPIError | None:
    """Drop a member, or return why it is still needed."""
    try:
        with connection.begin_nested():
            _drop(connection, [member])
    except DBAPIError as error:
        if _sqlstate(error) != OTHERS_DEPEND:
            raise
        return error
    return None


def _drop(connection: Connection, members: Sequence[Member]) -> None:
    for kind, name in reversed(members):
        connection.exec_driver_sql(f"drop {kind} if exists {name}")


def _apply(connection: Connection, wanted: Iterable[Statement]) -> None:
    for each in wanted:
        connection.exec_driver_sql(each.sql.replace("%", "%%"))


def _applied(connection: Connection) -> dict[Member, str]:
    """The digests of what is recorded and still there."""
    return {(kind, name): digest for kind, name, digest in connection.execute(text(APPLIED))}


def _recorded_parts(connection: Connection) -> list[str]:
    return [part for (part,) in connection.execute(text("select distinct part from ops.functions"))]


def _recorded(connection: Connection, part: str) -> list[Member]:
    rows = connection.execute(
        text("select kind, name from ops.functions where part = :part order by place"), {"part": part}
    )
    return [(kind, name) for kind, name in rows]


def _record(connection: Connection) -> None:
    connection.execute(FUNCTIONS.delete())
    connection.execute(
        FUNCTIONS.insert(),
        [
            {"kind": each.kind, "name": each.name, "part": each.part, "place": place, "digest": each.digest}
            for place, each in enumerate(statements())
        ],
    )


def _grants(connection: Connection, members: Sequence[Member]) -> list[str]:
    kinds, names = zip(*members, strict=True)
    found = connection.execute(
        text(sql_file(__file__, "grants").as_string()), {"kinds": list(kinds), "names": list(names)}
    )
    return [statement for (statement,) in found]


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)

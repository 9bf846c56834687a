"""The statements on institutions that upload to the supervisor, and on what is bound for them on the console."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from yiqiao.storage import turns
from yiqiao.storage.bulk import as_set, insert_many, matching, plan_afresh
from yiqiao.storage.tables.supervision import supervision_binding as binding
from yiqiao.storage.tables.supervision import supervision_institution as institution


class InstitutionRow(NamedTuple):
    """An internet hospital; `hosp_id` is the code that the platform gave it."""

    app_id: str
    hosp_id: str
    name: str
    open: int
    opened_at: int
    changed_at: int


class BindingRow(NamedTuple):
    """`kind` subject: department `code` is bound to `subject`; partner: `code` is a cooperating hospital."""

    app_id: str
    kind: str
    code: str
    subject: str
    name: str
    bound_at: int


_INSTITUTION = tuple(institution.c[name] for name in InstitutionRow._fields)
_BINDING = tuple(binding.c[name] for name in BindingRow._fields)


def alone(connection: Connection, app_id: str) -> None:
    """Let nobody else write what this institution uploads until our transaction ends."""
    turns.one_at_a_time(connection, "supervision", app_id)
    plan_afresh(connection)


def institutions(connection: Connection) -> list[InstitutionRow]:
    """All institutions."""
    found = connection.execute(select(*_INSTITUTION).order_by(institution.c.app_id))
    return [InstitutionRow._make(row) for row in found]


def find_institution(connection: Connection, app_id: str) -> InstitutionRow | None:
    """One institution, open or closed."""
    row = connection.execute(select(*_INSTITUTION).where(institution.c.app_id == app_id)).first()
    return None if row is None else InstitutionRow._make(row)


def add_institution(connection: Connection, row: InstitutionRow) -> bool:
    """File an institution; answers whether it was new."""
    made = insert_many(
        connection, institution, InstitutionRow._fields, [row], skip_conflicts=True, returning=("app_id",)
    )
    return bool(made)


def change_institution(connection: Connection, app_id: str, now_ms: int, **values: object) -> bool:
    """Set some of its columns; answers whether there is such an institution."""
    changed = update(institution).where(institution.c.app_id == app_id).values(**values, changed_at=now_ms)
    return connection.execute(changed).rowcount == 1


def bindings(connection: Connection, app_id: str) -> list[BindingRow]:
    """What is bound for an institution."""
    found = select(*_BINDING).where(binding.c.app_id == app_id).order_by(binding.c.kind, binding.c.code)
    return [BindingRow._make(row) for row in connection.execute(found)]


def bind(connection: Connection, row: BindingRow) -> None:
    """Bind, in the place of what was bound under the code before."""
    unbind(connection, row.app_id, row.kind, row.code)
    insert_many(connection, binding, BindingRow._fields, [row])


def unbind(connection: Connection, app_id: str, kind: str, code: str) -> bool:
    """Take a binding back; answers whether there was one."""
    gone = delete(binding).where(binding.c.app_id == app_id, binding.c.kind == kind, binding.c.code == code)
    return connection.execute(gone).rowcount == 1


def bound(connection: Connection, app_id: str, kind: str, codes: Sequence[str]) -> set[str]:
    """Which of these codes are bound."""
    first, second = ("$1", "$2") if connection.dialect.name == "postgresql" else ("?1", "?2")
    sql = (
        f"SELECT code FROM supervision_binding WHERE app_id = {first} AND kind = {second}"
        f" AND {matching(connection, 'code', 3)}"
    )
    found = connection.exec_driver_sql(sql, (app_id, kind, as_set(connection, codes)))
    return {row[0] for row in found}

"""The people who run a hub: filing them, their roles and passwords.

The first administrator is made when the hub starts on an empty database; the caller prints the password, once.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select, update

from yiqiao.clock import Clock
from yiqiao.errors import DomainError
from yiqiao.partners import passwords
from yiqiao.partners.audit import NOBODY, audit
from yiqiao.partners.passwords import Passwords
from yiqiao.partners.roles import Role
from yiqiao.storage import Database
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.operators import operator, operator_session

FIRST = "admin"
_NEW = ("name", "role", "password_hash", "state", "created_at", "changed_at", "failed_count")
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


class OperatorState(StrEnum):
    """Whether an operator may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class OperatorExists(DomainError):
    """The name is taken."""


class UnknownOperator(DomainError):
    """Nobody has this name."""


class OperatorUnfit(DomainError):
    """A name that cannot be."""


class LastAdministrator(DomainError):
    """Without this one nobody could manage the hub any more."""

    def __init__(self) -> None:
        super().__init__("这是最后一个可用的管理员账号，不能停用或改变角色，请先指定另一名管理员")


@dataclass(frozen=True)
class Operator:
    """An operator as on file."""

    name: str
    role: Role
    state: OperatorState
    created_at: int
    changed_at: int
    locked_until: int | None


class Operators:
    """Filing operators. Every change names who makes it (`by`) and is audited in its own transaction."""

    def __init__(self, database: Database, clock: Clock, hashing: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = hashing

    async def ensure_first_administrator(self) -> str | None:
        """Where there is no operator yet, file `admin` and answer the password, to be shown this once; else None."""
        if await self._database.read(_count):
            return None
        password = passwords.generate()
        hashed = await self._passwords.hash(password)

        def work(connection: Connection) -> bool:
            if _count(connection):
                return False
            _insert(connection, self._clock.now_ms(), FIRST, Role.ADMINISTRATOR, hashed)
            audit(connection, self._clock.now_ms(), NOBODY, "operator.first", FIRST)
            return True

        try:
            return password if await self._database.write(work) else None
        except OperatorExists:  # another process that started in the same moment was first
            return None

    async def list(self) -> tuple[Operator, ...]:
        """All operators by name."""
        return await self._database.read(_all)

    async def add(self, by: str, name: str, role: Role) -> str:
        """File an operator; answers the password, to be shown this once. Raises OperatorUnfit, OperatorExists."""
        if not could_be_name(name):
            raise OperatorUnfit("用户名应为 2 至 32 位，以小写字母开头，由小写字母、数字、点、下划线或连字符组成")
        password = passwords.generate()
        hashed = await self._passwords.hash(password)

        def work(connection: Connection) -> None:
            _insert(connection, self._clock.now_ms(), name, role, hashed)
            audit(connection, self._clock.now_ms(), by, "operator.add", name, {"role": role})

        await self._database.write(work)
        return password

    async def reset_password(self, by: str, name: str) -> str:
        """Give a new password, to be shown this once; ends sessions and locks. Raises UnknownOperator."""
        password = passwords.generate()
        await self._set_password(by, name, password, "operator.reset_password")
        return password

    async def change_password(self, name: str, old: str, new: str) -> None:
        """An operator's own change; ends all of their sessions. Raises PasswordUnfit, UnknownOperator, Busy."""
        passwords.check_fit(new, name)
        hashed = await self._database.read(lambda c: c.scalar(select(operator.c.password_hash).filter_by(name=name)))
        if not await self._passwords.verify(old, hashed):
            raise passwords.PasswordUnfit("原密码不正确")
        await self._set_password(name, name, new, "operator.change_password")

    async def set_role(self, by: str, name: str, role: Role) -> None:
        """Give another role, from the next request on. Raises UnknownOperator, LastAdministrator."""

        def work(connection: Connection) -> None:
            if role is not Role.ADMINISTRATOR:
                _keep_an_administrator(connection, name)
            _change(connection, self._clock.now_ms(), name, role=role.value)
            audit(connection, self._clock.now_ms(), by, "operator.set_role", name, {"role": role})

        await self._database.write(work)

    async def disable(self, by: str, name: str) -> None:
        """Let the operator sign in no more and end their sessions. Raises UnknownOperator, LastAdministrator."""

        def work(connection: Connection) -> None:
            _keep_an_administrator(connection, name)
            _change(connection, self._clock.now_ms(), name, state=OperatorState.DISABLED.value)
            end_sessions(connection, name)
            audit(connection, self._clock.now_ms(), by, "operator.disable", name)

        await self._database.write(work)

    async def enable(self, by: str, name: str) -> None:
        """Let the operator sign in again. Raises UnknownOperator."""

        def work(connection: Connection) -> None:
            now = self._clock.now_ms()
            _change(connection, now, name, state=OperatorState.ACTIVE.value, failed_count=0, locked_until=None)
            audit(connection, now, by, "operator.enable", name)

        await self._database.write(work)

    async def _set_password(self, by: str, name: str, password: str, act: str) -> None:
        hashed = await self._passwords.hash(password)

        def work(connection: Connection) -> None:
            now = self._clock.now_ms()
            _change(connection, now, name, password_hash=hashed, failed_count=0, locked_until=None)
            end_sessions(connection, name)
            audit(connection, now, by, act, name)

        await self._database.write(work)


def could_be_name(text: str) -> bool:
    """Whether anybody could have this name."""
    return _NAME.fullmatch(text) is not None


def end_sessions(connection: Connection, name: str) -> None:
    """Sign an operator out everywhere."""
    connection.execute(delete(operator_session).where(operator_session.c.operator == name))


def _count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(operator)) or 0


def _insert(connection: Connection, now_ms: int, name: str, role: Role, hashed: str) -> None:
    row = (name, role.value, hashed, OperatorState.ACTIVE.value, now_ms, now_ms, 0)
    if not insert_many(connection, operator, _NEW, [row], skip_conflicts=True, returning=("name",)):
        raise OperatorExists(f"用户名 {name} 已存在")


def _change(connection: Connection, now_ms: int, name: str, **columns: object) -> None:
    changed = connection.execute(update(operator).where(operator.c.name == name).values(changed_at=now_ms, **columns))
    if changed.rowcount == 0:
        raise UnknownOperator(f"没有名为 {name} 的账号")


def _keep_an_administrator(connection: Connection, name: str) -> None:
    """Raises LastAdministrator if `name` is the only active one. Locks them all: two could otherwise leave together."""
    active = connection.scalars(
        select(operator.c.name)
        .where(operator.c.role == Role.ADMINISTRATOR.value, operator.c.state == OperatorState.ACTIVE.value)
        .order_by(operator.c.name)
        .with_for_update()
    ).all()
    if list(active) == [name]:
        raise LastAdministrator


def _all(connection: Connection) -> tuple[Operator, ...]:
    return tuple(
        Operator(row.name, Role(row.role), OperatorState(row.state), row.created_at, row.changed_at, row.locked_until)
        for row in connection.execute(select(operator).order_by(operator.c.name))
    )

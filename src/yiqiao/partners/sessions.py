"""Signing in and out, and what a signed-in browser carries: a token in a cookie and a CSRF token in its forms.

An attempt is counted before the password is looked at, so guesses made side by side count like guesses one after the
other. A refusal says the same for an unknown name, a wrong password, a locked and a disabled account, and costs the
same work, so that it tells a stranger nothing.
"""

import hmac
import secrets
from dataclasses import dataclass, field

from sqlalchemy import Connection, case, delete, insert, select, update

from yiqiao.clock import Clock
from yiqiao.crypto import sm3
from yiqiao.errors import DomainError
from yiqiao.partners import passwords
from yiqiao.partners.audit import NOBODY, audit
from yiqiao.partners.operators import OperatorState, could_be_name
from yiqiao.partners.passwords import Passwords
from yiqiao.partners.roles import Right, Role, require
from yiqiao.storage import Database
from yiqiao.storage.tables.operators import operator, operator_session

ATTEMPTS = 5
LOCK_S = 15 * 60
IDLE_S = 30 * 60
LIFE_S = 12 * 3600
SEEN_EVERY_S = 60
"""How exactly `seen_at` is kept: a page that polls must not write at every poll."""


class SignInRefused(DomainError):
    """Unknown name, wrong password, locked or disabled: which of them is not said."""

    def __init__(self) -> None:
        super().__init__(
            f"登录失败：用户名或密码不正确，或账号暂不可用。连续 {ATTEMPTS} 次失败后账号锁定 {LOCK_S // 60} 分钟，"
            "如忘记密码请联系管理员重置"
        )


class SessionEnded(DomainError):
    """There is no such session, or not any more."""

    def __init__(self) -> None:
        super().__init__("登录已失效，请重新登录")


class ForgeryRefused(DomainError):
    """A form came without the session's CSRF token."""

    def __init__(self) -> None:
        super().__init__("页面已过期，请刷新后重新提交")


@dataclass(frozen=True)
class Session:
    """A signed-in operator; times epoch ms."""

    operator: str
    role: Role
    csrf: str = field(repr=False)
    digest: bytes = field(repr=False)
    created_at: int
    seen_at: int
    expires_at: int
    address: str

    def require(self, right: Right) -> None:
        """Raises RightMissing unless the operator's role holds the right."""
        require(self.role, right)

    def check_form(self, csrf: str) -> None:
        """Raises ForgeryRefused unless the form carries this session's token."""
        if not hmac.compare_digest(self.csrf.encode(), csrf.encode(errors="replace")):
            raise ForgeryRefused


@dataclass(frozen=True)
class SignedIn:
    """The outcome of signing in: the token for the cookie (kept by us as a digest only), and the session."""

    token: str = field(repr=False)
    session: Session


class Sessions:
    """The operators who are signed in."""

    def __init__(self, database: Database, clock: Clock, hashing: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = hashing

    async def sign_in(self, name: str, password: str, address: str) -> SignedIn:
        """Open a session. Raises SignInRefused, Busy, StorageUnreachable, StorageFailed."""
        now = self._clock.now_ms()
        name = name if could_be_name(name) else ""
        hashed = await self._database.write(lambda connection: _attempt(connection, now, name, address))
        if not await self._passwords.verify(password, hashed) or hashed is None:
            raise SignInRefused
        better = await self._passwords.hash(password) if passwords.outdated(hashed) else hashed
        token = secrets.token_urlsafe(32)

        def work(connection: Connection) -> Session:
            role = _proven(connection, name, hashed, better)
            return _open(connection, self._clock.now_ms(), name, role, sm3(token.encode()), address)

        return SignedIn(token, await self._database.write(work))

    async def find(self, token: str) -> Session:
        """The session of a token, which thereby stays awake. Raises SessionEnded."""
        digest, now = sm3(token.encode(errors="replace")), self._clock.now_ms()
        found = await self._database.read(lambda connection: _find(connection, digest))
        if found is None or now >= found.expires_at or now >= found.seen_at + IDLE_S * 1000:
            raise SessionEnded
        if now >= found.seen_at + SEEN_EVERY_S * 1000:
            await self._database.write(lambda connection: _see(connection, digest, now))
        return found

    async def sign_out(self, session: Session) -> None:
        """End a session; one that has ended is ended."""

        def work(connection: Connection) -> None:
            connection.execute(delete(operator_session).where(operator_session.c.token_digest == session.digest))
            audit(connection, self._clock.now_ms(), session.operator, "sign_out", session.address)

        await self._database.write(work)

    async def sweep(self) -> int:
        """Forget sessions that are over; answers how many."""
        now = self._clock.now_ms()
        over = (operator_session.c.expires_at <= now) | (operator_session.c.seen_at <= now - IDLE_S * 1000)
        return await self._database.write(lambda c: c.execute(delete(operator_session).where(over)).rowcount)


def _attempt(connection: Connection, now_ms: int, name: str, address: str) -> str | None:
    """Count an attempt; answers the hash to hold the password against, None where none may succeed."""
    free = operator.c.locked_until.is_(None) | (operator.c.locked_until <= now_ms)
    # A lock that is over starts a new count.
    count = case((operator.c.locked_until.is_not(None), 1), else_=operator.c.failed_count + 1)
    lock = case((count >= ATTEMPTS, now_ms + LOCK_S * 1000), else_=None)
    known = connection.scalar(select(operator.c.name).where(operator.c.name == name))
    hashed: str | None = connection.scalar(
        update(operator)
        .where(operator.c.name == name, operator.c.state == OperatorState.ACTIVE.value, free)
        .values(failed_count=count, locked_until=lock)
        .returning(operator.c.password_hash)
    )
    # What was typed for a name that nobody has may be a password: it is not written down.
    audit(connection, now_ms, known or NOBODY, "sign_in.attempt", address, {"open": hashed is not None})
    return hashed


def _proven(connection: Connection, name: str, hashed: str, better: str) -> Role:
    """The password was right: the count starts anew. Raises SignInRefused if the account was changed meanwhile."""
    role = connection.scalar(
        update(operator)
        .where(
            operator.c.name == name,
            operator.c.state == OperatorState.ACTIVE.value,
            operator.c.password_hash == hashed,
        )
        .values(failed_count=0, locked_until=None, password_hash=better)
        .returning(operator.c.role)
    )
    if role is None:
        raise SignInRefused
    return Role(role)


def _open(connection: Connection, now_ms: int, name: str, role: Role, digest: bytes, address: str) -> Session:
    csrf, expires_at = secrets.token_urlsafe(24), now_ms + LIFE_S * 1000
    connection.execute(
        insert(operator_session).values(
            token_digest=digest,
            operator=name,
            csrf=csrf,
            created_at=now_ms,
            seen_at=now_ms,
            expires_at=expires_at,
            address=address,
        )
    )
    audit(connection, now_ms, name, "sign_in", address)
    return Session(name, role, csrf, digest, now_ms, now_ms, expires_at, address)


def _find(connection: Connection, digest: bytes) -> Session | None:
    row = connection.execute(
        select(operator_session, operator.c.role)
        .join(operator, operator.c.name == operator_session.c.operator)
        .where(operator_session.c.token_digest == digest, operator.c.state == OperatorState.ACTIVE.value)
    ).first()
    if row is None:
        return None
    return Session(
        row.operator,
        Role(row.role),
        row.csrf,
        digest,
        row.created_at,
        row.seen_at,
        row.expires_at,
        row.address,
    )


def _see(connection: Connection, digest: bytes, now_ms: int) -> None:
    connection.execute(update(operator_session).where(operator_session.c.token_digest == digest).values(seen_at=now_ms))

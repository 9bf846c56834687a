"""Passwords of operators: argon2id, never more than a few at once, never on the event loop.

One verification takes about 50 ms and 64 MB by design, so a flood of attempts must queue, and a long queue is refused.
"""

import asyncio
import secrets
import string

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from yiqiao.errors import DomainError
from yiqiao.storage import Busy

SHORTEST = 10
LONGEST = 128
AT_ONCE = 2
MOST_WAITING = 64
_ALPHABET = "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI")  # none that look alike
_GROUPS = 4
_GROUP = 5

_hasher = PasswordHasher()


class PasswordUnfit(DomainError):
    """A password that will not do."""


def generate() -> str:
    """A fresh password of four groups of five characters (116 bits)."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def check_fit(password: str, operator: str) -> None:
    """Raises PasswordUnfit for a password that is too short, too long, or the name itself."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordUnfit(f"密码长度应为 {SHORTEST} 至 {LONGEST} 个字符")
    if operator.casefold() in password.casefold() or len(set(password)) < SHORTEST // 2:
        raise PasswordUnfit("密码过于简单：不得包含用户名，也不得只由少数几个字符重复组成")


class Passwords:
    """Hashes and verifies, beside the event loop."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The argon2id hash. Raises Busy."""
        return await self._run(password, None)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password is the hashed one; as much work for no hash at all (an unknown name). Raises Busy."""
        if self._decoy is None:
            self._decoy = await self.hash(generate())
        answer = await self._run(password, hashed or self._decoy)
        return bool(answer) and hashed is not None

    async def _run(self, password: str, hashed: str | None) -> str:
        if self._waiting >= MOST_WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._places:
                return await asyncio.to_thread(_work, password, hashed)
        finally:
            self._waiting -= 1


def outdated(hashed: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(hashed)


def _work(password: str, hashed: str | None) -> str:
    """The hash of a password; or, held against a hash, that hash where it fits and nothing where it does not."""
    typed = password[: LONGEST + 1].encode(errors="surrogatepass")
    if hashed is None:
        return _hasher.hash(typed)
    try:
        _hasher.verify(hashed, typed)
    except (VerificationError, InvalidHashError):
        return ""
    return hashed

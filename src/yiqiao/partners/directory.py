"""All partners at hand: every message asks who its sender is, and must not wait for the database to know.

A change made through this process is seen by it at once, one made by another process within a second. What time alone
changes (a key of a rotation that comes to its end) needs nobody to look.
"""

import asyncio
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto import DecryptionFailed
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.partners import store
from yiqiao.partners.partner import Partner, PartnerFile, PartnerKey
from yiqiao.storage import Database
from yiqiao.storage.database import Work

T = TypeVar("T")
REFRESH_S = 1.0
NEVER = 1 << 62

log = structlog.get_logger("yiqiao.partners")

_Opened = tuple[PartnerFile, tuple[tuple[PartnerKey, str], ...]]


class Directory:
    """The partners in memory, kept in step with the database while it is open."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, *, refresh_s: float = REFRESH_S) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._refresh_s = refresh_s
        self._version = -1
        self._filed: tuple[_Opened, ...] = ()
        self._partners: Mapping[tuple[str, str], Partner] = {}
        self._good_until = NEVER
        self._looking = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Load all partners and keep watching for changes. Raises StorageUnreachable, StorageFailed."""
        await self.refresh()
        self._watch = asyncio.create_task(self._watching(), name="partner directory")

    async def close(self) -> None:
        """Stop watching; what is known stays known."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
            self._watch = None

    def find(self, dialect: str, app_id: str) -> Partner | None:
        """The partner as it stands now, or None."""
        return self._standing_now().get((dialect, app_id))

    def all(self) -> tuple[Partner, ...]:
        """Every partner as it stands now."""
        return tuple(self._standing_now().values())

    async def change(self, work: Work[T]) -> T:
        """Run a change to the partners (a function of `store`) in a transaction of its own, and see it at once.

        Raises what `work` raises, StorageUnreachable, StorageFailed.
        """
        result = await self._database.write(work)
        await self.refresh()
        return result

    async def refresh(self) -> None:
        """Look whether anything was changed, and load it. Raises StorageUnreachable, StorageFailed."""
        async with self._looking:
            found = await self._database.read(self._load)
            if found is None:
                return
            self._version, self._filed = found
            self._settle()

    def _load(self, connection: Connection) -> tuple[int, tuple[_Opened, ...]] | None:
        # The version is read first: what is changed while we read shows as a version that moved, at the next look.
        version = store.version(connection)
        if version == self._version:
            return None
        return version, tuple((file, tuple(self._opened(file))) for file in store.list_partners(connection))

    def _opened(self, file: PartnerFile) -> Iterable[tuple[PartnerKey, str]]:
        now = self._clock.now_ms()
        for key in reversed(file.keys):
            if key.valid_to is not None and key.valid_to <= now:
                continue
            try:
                context = store.key_context(file.dialect, file.app_id, key.key_no)
                yield key, self._keyring.unseal(key.key_id, key.sealed, context).decode()
            except DecryptionFailed:
                # One unreadable key must not keep every other partner out.
                log.error("partner key not readable", dialect=file.dialect, app_id=file.app_id, key_no=key.key_no)

    def _standing_now(self) -> Mapping[tuple[str, str], Partner]:
        if self._clock.now_ms() >= self._good_until:
            self._settle()
        return self._partners

    def _settle(self) -> None:
        now = self._clock.now_ms()
        self._partners = {(file.dialect, file.app_id): _standing(file, keys, now) for file, keys in self._filed}
        moments = (m for _, keys in self._filed for key, _ in keys for m in (key.valid_from, key.valid_to))
        self._good_until = min((m for m in moments if m is not None and m > now), default=NEVER)

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_s)
            try:
                await self.refresh()
            except DomainError as failure:
                log.warning("partners not refreshed, the last known are used", reason=failure.name)
            except Exception:
                log.exception("partners not refreshed, the last known are used")


def _standing(file: PartnerFile, keys: tuple[tuple[PartnerKey, str], ...], now_ms: int) -> Partner:
    return Partner(
        dialect=file.dialect,
        app_id=file.app_id,
        name=file.name,
        profile=file.profile,
        state=file.state,
        operations=frozenset(file.operations),
        terminals=frozenset(terminal.term_id for terminal in file.terminals),
        networks=tuple(ip_network(address) for address in file.addresses),
        clock_window_s=file.clock_window_s,
        secrets=tuple(secret for key, secret in keys if key.live(now_ms)),
        settings=file.settings,
    )

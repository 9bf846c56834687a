"""The hospitals at which the region books: those of this hub, and those elsewhere that are registered."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import structlog

from yiqiao.app.hospitals import REFRESH_S
from yiqiao.app.store import Store
from yiqiao.dialects.convenience.client import AsyncClient, Style
from yiqiao.dialects.convenience.line import Line
from yiqiao.dialects.convenience.remote import RemoteHospital
from yiqiao.errors import DomainError
from yiqiao.ports.hospital import Hospitals, HospitalSystem
from yiqiao.region.hospitals.registry import opened
from yiqiao.region.hospitals.sync import enqueue_looks
from yiqiao.spec import SpecError
from yiqiao.storage import remote_hospitals as stored
from yiqiao.storage.remote_hospitals import RemoteRow

TIMEOUT_S = 10.0
log = structlog.get_logger("yiqiao.app")


@dataclass(frozen=True)
class _Reached:
    row: RemoteRow
    client: AsyncClient
    system: HospitalSystem


@dataclass(eq=False)
class RegionHospitals:
    """`Hospitals` of the region, in step with the database while it is open: who was just registered is there within a
    second, who was taken out of service is not.
    """

    store: Store
    here: Hospitals
    _elsewhere: dict[str, _Reached] = field(default_factory=dict)
    _left: list[AsyncClient] = field(default_factory=list)
    _watch: asyncio.Task[None] | None = None

    def of(self, hospital_id: str) -> HospitalSystem:
        """Raises UnknownHospital."""
        found = self._elsewhere.get(hospital_id)
        return found.system if found is not None else self.here.of(hospital_id)

    def all(self) -> tuple[HospitalSystem, ...]:
        """Every hospital where something can be booked."""
        here = (one for one in self.here.all() if one.hospital_id not in self._elsewhere)
        return (*here, *(one.system for one in self._elsewhere.values()))

    async def open(self) -> None:
        """Look which there are, and go on looking. Raises StorageUnreachable, StorageFailed."""
        await self.refresh()
        self._watch = asyncio.create_task(self._watching(), name="hospitals elsewhere")

    async def close(self) -> None:
        """Stop looking, and let go of all connections."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
            self._watch = None
        for client in (*self._left, *(one.client for one in self._elsewhere.values())):
            await client.aclose()
        self._elsewhere, self._left = {}, []

    async def refresh(self) -> None:
        """Look which there are now, and have those that are new looked at."""
        database, now = self.store.database, self.store.clock.now_ms()
        rows = await database.read(stored.all_of)
        before = self._elsewhere
        kept = {row.hospital_id: before.get(row.hospital_id) for row in rows if row.active}
        found: dict[str, _Reached] = {}
        for row in rows:
            known = kept.get(row.hospital_id)
            if known is not None and known.row == row:
                found[row.hospital_id] = known
            elif row.active:
                reached = self._reached(row)
                if reached is not None:
                    found[row.hospital_id] = reached
        # Calls that are under way keep what they have; it is closed with the hub.
        self._left += [one.client for name, one in before.items() if found.get(name) is not one]
        new = sorted(found.keys() - before.keys())
        self._elsewhere = found
        if new:
            await database.write(lambda c: enqueue_looks(c, now, new))

    def _reached(self, row: RemoteRow) -> _Reached | None:
        try:
            address = opened(self.store.keyring, row)
            client = AsyncClient(
                address.url,
                user_id=address.user_id,
                secret=address.secret,
                profile=address.profile,
                style=cast(Style, address.style),
                namespace=address.namespace,
                timeout_s=TIMEOUT_S,
            )
        except (DomainError, SpecError) as unfit:
            log.error("a hospital elsewhere cannot be reached as it is registered", why=str(unfit))
            return None
        system = RemoteHospital(address.hospital_id, Line(client), clock=self.store.clock)
        return _Reached(row, client, cast(HospitalSystem, system))

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await self.refresh()
            except DomainError as failure:
                log.warning("hospitals elsewhere not refreshed, the last known are used", reason=failure.name)
            except Exception:
                log.exception("hospitals elsewhere not refreshed, the last known are used")

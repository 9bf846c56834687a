"""The hospitals as their callers see them: those that keep their data here, and those that have a HIS already."""

import asyncio
from collections.abc import Mapping

import structlog

from yiqiao.adapters.callback.acts import Acts
from yiqiao.app.existing_his import ConnectedHospital
from yiqiao.errors import DomainError
from yiqiao.hospital.billing.service import LocalOutpatient
from yiqiao.hospital.booking.records import LocalRecords
from yiqiao.hospital.booking.service import LocalBooking
from yiqiao.hospital.catalogue.service import LocalCatalogue
from yiqiao.hospital.checkups.service import LocalCheckups
from yiqiao.hospital.house import House
from yiqiao.hospital.inpatient.service import LocalInpatient
from yiqiao.hospital.patients.service import LocalPatients
from yiqiao.hospital.prescriptions.service import LocalPrescriptions
from yiqiao.hospital.queue.service import LocalQueue
from yiqiao.hospital.reports.service import LocalReports
from yiqiao.ports.hospital import HospitalSystem, UnknownHospital
from yiqiao.ports.insured import Insurer
from yiqiao.storage.hospital import hospital_ids

REFRESH_S = 1.0

log = structlog.get_logger("yiqiao.app")


class LocalHospital:
    """One of them."""

    def __init__(self, house: House, hospital_id: str, insurer: Insurer) -> None:
        self.hospital_id = hospital_id
        self.patients = LocalPatients(house, hospital_id, insurer)
        self.outpatient = LocalOutpatient(house, hospital_id, self.patients)
        self.inpatient = LocalInpatient(house, hospital_id)
        self.catalogue = LocalCatalogue(house, hospital_id)
        self.booking = LocalBooking(house, hospital_id)
        self.records = LocalRecords(house, hospital_id)
        self.queue = LocalQueue(house, hospital_id)
        self.reports = LocalReports(house, hospital_id)
        self.checkups = LocalCheckups(house, hospital_id)
        self.prescriptions = LocalPrescriptions(house, hospital_id)
        self._house = house

    async def now_ms(self) -> int:
        await self._house.database.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
        return self._house.clock.now_ms()


class LocalHospitals:
    """Finds them, in step with the database while it is open: one that was just imported is there within a second."""

    def __init__(self, house: House, insurer: Insurer) -> None:
        self._house = house
        self._insurer = insurer
        self._known: dict[str, LocalHospital] = {}
        self._watch: asyncio.Task[None] | None = None

    def of(self, hospital_id: str) -> HospitalSystem:
        """Raises UnknownHospital."""
        found = self._known.get(hospital_id)
        if found is None:
            raise UnknownHospital(hospital_id)
        return found

    def all(self) -> tuple[HospitalSystem, ...]:
        """Every hospital that is served."""
        return tuple(self._known.values())

    async def open(self) -> None:
        """Look which there are, and go on looking. Raises StorageUnreachable, StorageFailed."""
        await self.refresh()
        self._watch = asyncio.create_task(self._watching(), name="hospitals")

    async def close(self) -> None:
        """Stop looking."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
            self._watch = None

    async def refresh(self) -> None:
        """Look which there are now."""
        ids = await self._house.database.read(hospital_ids)
        self._known = {one: self._known.get(one) or LocalHospital(self._house, one, self._insurer) for one in ids}

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await self.refresh()
            except DomainError as failure:
                log.warning("hospitals not refreshed, the last known are used", reason=failure.name)
            except Exception:
                log.exception("hospitals not refreshed, the last known are used")


class AllHospitals:
    """Those of the settings, each with a HIS of its own, before those that keep their data here."""

    def __init__(self, local: LocalHospitals, connected: Mapping[str, ConnectedHospital]) -> None:
        self._local = local
        self._connected = connected

    @property
    def acts(self) -> Mapping[str, Acts]:
        """What HISes are asked to do, by hospital."""
        return {one.hospital_id: one.acts for one in self._connected.values() if one.acts is not None}

    def of(self, hospital_id: str) -> HospitalSystem:
        """Raises UnknownHospital."""
        return self._connected.get(hospital_id) or self._local.of(hospital_id)

    def all(self) -> tuple[HospitalSystem, ...]:
        """Every hospital that is served."""
        local = (one for one in self._local.all() if one.hospital_id not in self._connected)
        return (*self._connected.values(), *local)

    async def open(self) -> None:
        """Look which keep their data here, and go on looking. Raises StorageUnreachable, StorageFailed."""
        await self._local.open()

    async def close(self) -> None:
        """Stop looking, and let go of every HIS."""
        await self._local.close()
        for one in self._connected.values():
            await one.close()

    async def refresh(self) -> None:
        """Look which keep their data here now."""
        await self._local.refresh()

"""By which number a hospital knows somebody: from appointments there, or by a card that a citizen has linked."""

from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.hospital import Hospitals, HospitalSystem
from yiqiao.ports.hospital.booking import Document
from yiqiao.ports.hospital.patients import PatientRecord, Stated
from yiqiao.ports.hospital.refusals import HospitalMisconfigured, HospitalUnreachable, NotOffered, UnknownPatient
from yiqiao.ports.login import Citizen
from yiqiao.region.appointments.appointment import Appointment
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.family.service import Family, UnknownMember
from yiqiao.region.records.record import Link, Patient, Record, UnknownRecord, opened, seal
from yiqiao.storage import Busy, Database, StorageFailed, StorageUnreachable, patient_links

CARD, NUMBER = "card", "number"
KINDS: Mapping[str, tuple[int, ...]] = {CARD: (7, 8), NUMBER: (9,)}
"""What can be linked, by the types (CARD_TYPE) that hospitals file it under: a visit card, the hospital's own number.
"""
LONGEST = 32
ATTEMPTS = 5
"""Cards of a day that may turn out not to be theirs: numbers are easily guessed, and open what is kept of somebody."""
NO_ANSWER = (HospitalUnreachable, HospitalMisconfigured, NotOffered, Busy, StorageFailed, StorageUnreachable)
"""What says nothing of the card."""


class CardUnfit(DomainError):
    """What was filled in cannot be the number of a card."""

    def __init__(self) -> None:
        super().__init__("请填写卡片或病历上的号码")


class TooManyAttempts(DomainError):
    """So many cards of a day were not theirs that no more are asked about."""

    def __init__(self) -> None:
        super().__init__("今天填错的次数过多，请明天再试，或到医院窗口办理")


@dataclass(frozen=True)
class Records:
    """The records of citizens and their families at the hospitals that are served here."""

    database: Database
    keyring: Keyring
    clock: Clock
    hospitals: Hospitals
    appointments: Appointments
    family: Family

    async def people(self, citizen: Citizen) -> tuple[Patient, ...]:
        """The citizen, then their family."""
        return (Patient.citizen(citizen), *map(Patient.of, await self.family.members(citizen)))

    async def person(self, citizen: Citizen, member_id: str) -> Patient:
        """One of them. Raises UnknownMember."""
        found = next((one for one in await self.people(citizen) if one.member_id == member_id), None)
        if found is None:
            raise UnknownMember
        return found

    async def of(self, citizen: Citizen) -> tuple[Record, ...]:
        """All that are known: the citizen's own first. A card that was linked goes before what appointments say."""
        mine = self.family.person_id(citizen)
        booked = await self.appointments.of_person(mine)
        links = {
            (row.member_id, row.hospital_id): opened(self.keyring, row)
            for row in await self.database.read(lambda connection: patient_links.of_person(connection, mine))
        }
        found = []
        for patient in await self.people(citizen):
            for system in self.hospitals.all():
                link = links.get((patient.member_id, system.hospital_id))
                record = _linked(patient, system, link) if link else _booked(patient, system, booked)
                if record is not None:
                    found.append(record)
        return tuple(found)

    async def find(self, citizen: Citizen, member_id: str, hospital_id: str) -> Record:
        """One of them. Raises UnknownRecord."""
        wanted = (member_id, hospital_id)
        for record in await self.of(citizen):
            if (record.patient.member_id, record.hospital_id) == wanted:
                return record
        raise UnknownRecord

    async def link(self, citizen: Citizen, member_id: str, hospital_id: str, kind: str, number: str) -> None:
        """Keep that a card is somebody's, once the hospital has said so.

        Raises UnknownMember, UnknownHospital, CardUnfit, TooManyAttempts, and what the hospital refuses.
        """
        patient, system = await self.person(citizen, member_id), self.hospitals.of(hospital_id)
        number = "".join(number.split())
        if kind not in KINDS or not 0 < len(number) <= LONGEST or not number.isprintable():
            raise CardUnfit
        found = await self._asked(citizen, system, KINDS[kind], number, patient)
        hospital = await system.catalogue.hospital()
        link = Link(found.patient_id, hospital.name, found.card)
        mine, now = self.family.person_id(citizen), self.clock.now_ms()
        row = seal(self.keyring, mine, member_id, hospital_id, link, now)
        await self.database.write(lambda connection: patient_links.put(connection, row))

    async def _asked(
        self, citizen: Citizen, system: HospitalSystem, kinds: tuple[int, ...], number: str, patient: Patient
    ) -> PatientRecord:
        """Who holds the card. Counted before it is asked, so that many at once are no way around."""
        mine, day = self.family.person_id(citizen), beijing(self.clock.now_ms()).date().isoformat()
        if await self.database.write(lambda c: patient_links.count_attempt(c, mine, day)) > ATTEMPTS:
            raise TooManyAttempts
        try:
            found = await _holder(system, kinds, number, patient)
        except NO_ANSWER:
            await self.database.write(lambda c: patient_links.forgive_attempt(c, mine, day))
            raise
        await self.database.write(lambda c: patient_links.forgive_attempt(c, mine, day))
        return found

    async def unlink(self, citizen: Citizen, member_id: str, hospital_id: str | None = None) -> None:
        """Take a link back; all of somebody's, where no hospital is named."""
        mine = self.family.person_id(citizen)
        await self.database.write(lambda c: patient_links.remove(c, mine, member_id, hospital_id))


async def _holder(system: HospitalSystem, kinds: tuple[int, ...], number: str, patient: Patient) -> PatientRecord:
    """Who holds a card, filed under any of these types: nobody can tell them apart by looking at theirs."""
    stated = Stated(name=patient.name, certificate_no=patient.certificate.number)
    refusals = []
    for kind in kinds:
        try:
            return await system.patients.find(Document(kind, number), stated)
        except UnknownPatient as refusal:
            refusals.append(refusal)
    raise refusals[0]


def _linked(patient: Patient, system: HospitalSystem, link: Link) -> Record:
    return Record(system.hospital_id, link.hospital_name, patient, link.patient_id, by_card=True)


def _booked(patient: Patient, system: HospitalSystem, booked: list[Appointment]) -> Record | None:
    for one in booked:
        patient_id = one.kept.slip.patient_id
        if patient_id and one.row.hospital_id == system.hospital_id and patient.is_(one.kept.visitor):
            return Record(system.hospital_id, one.row.hospital_name, patient, patient_id, by_card=False)
    return None

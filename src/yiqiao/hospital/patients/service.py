"""The records of one of our own hospitals: creating, finding, and who somebody is to the insurer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.errors import DomainError
from yiqiao.hospital.booking.archives import VISIT_CARD, Archives, Claim, password
from yiqiao.hospital.house import House
from yiqiao.hospital.patients import records
from yiqiao.ports.hospital.booking import Document
from yiqiao.ports.hospital.patients import Filed, NewPatient, PatientRecord, Stated
from yiqiao.ports.hospital.refusals import (
    CardMismatch,
    IdentityMismatch,
    PatientNotCreated,
    SeveralArchives,
    UnknownPatient,
)
from yiqiao.ports.insured import Insured, InsuredIdentity, Insurer
from yiqiao.storage import Lane, Write, archives, ordinary

OWN_ID = 9
"""The type of "card" (CARD_TYPE) whose number is the hospital's own number of the patient."""
SHORTEST_PASSWORD = 6


@dataclass(frozen=True)
class LocalPatients:
    """`Patients` over our own tables."""

    house: House
    hospital_id: str
    insurer: Insurer

    async def create(self, wish: NewPatient) -> Write[Filed]:
        """File somebody, or find them."""
        return Write(Lane("hospital.patients", self._create_all), (self.hospital_id, wish))

    def _create_all(
        self, connection: Connection, commands: Sequence[tuple[str, NewPatient]]
    ) -> list[Filed | DomainError]:
        filing = Archives(connection, self.house.keyring, self.house.clock.now_ms())
        claims = [Claim(hospital_id, None, wish.visitor) for hospital_id, wish in commands]
        filing.know(claims)
        outcomes: list[Filed | DomainError] = []
        passwords = []
        for claim, (hospital_id, wish) in zip(claims, commands, strict=True):
            certificate = wish.visitor.certificate or wish.visitor.guardian
            try:
                is_new = filing.find(claim) is None
                archive = filing.of(claim)
            except (IdentityMismatch, CardMismatch) as refusal:
                outcomes.append(PatientNotCreated(refusal.message))
                continue
            except DomainError as refusal:
                outcomes.append(refusal)
                continue
            if certificate is None:
                raise RuntimeError("a record without a certificate")
            card = archive.card or wish.visitor.card or Document(OWN_ID, archive.patient_id)
            outcomes.append(Filed(archive.patient_id, card, certificate, wish.visitor.name))
            if is_new:
                word = wish.password or certificate.number[-SHORTEST_PASSWORD:]
                digest = password(self.house.keyring, hospital_id, archive.patient_id, word)
                passwords.append((hospital_id, archive.patient_id, digest))
        filing.write()
        archives.add_passwords(connection, passwords)
        return outcomes

    async def find(self, card: Document, stated: Stated) -> PatientRecord:
        """Who holds a card."""
        return await self.house.database.read(lambda connection: self._find(connection, card, stated))

    def _find(self, connection: Connection, card: Document, stated: Stated) -> PatientRecord:
        keyring = self.house.keyring
        index = keyring.blind("card", f"{card.kind}|{card.number}")
        wanted = {card.number} if card.kind == OWN_ID else set()
        held = archives.cards(connection, {self.hospital_id}, wanted, {index})
        holders = {row.patient_id for row in held if row.card_index == index or row.patient_id in wanted} | wanted
        if stated.patient_id is not None:
            holders &= {stated.patient_id}
        people = records.patients_of(connection, self.hospital_id, holders)
        if not people:
            raise UnknownPatient("未查询到该卡号，请核对卡类型与卡号")
        if len(people) > 1:
            raise SeveralArchives
        row = next(iter(people.values()))
        same = [one for one in held if one.patient_id == row.patient_id]
        shown = next((one for one in same if one.card_index == index), None)
        shown = shown or next((one for one in same if one.card_type == VISIT_CARD), None)
        who = records.known(keyring, row)
        number = (stated.certificate_no or who.certificate.number).upper()
        if (stated.name or who.name, number) != (who.name, who.certificate.number.upper()):
            raise UnknownPatient("卡号与姓名或证件号不一致，请核对后再查")
        return PatientRecord(
            patient_id=row.patient_id,
            created_at=row.created_at,
            certified=bool(row.certified),
            certificate=who.certificate,
            card=card if shown is None else Document(shown.card_type, records.card_number(keyring, shown)),
            card_state=0 if shown is None else shown.state,
            card_issued_at=row.created_at if shown is None else shown.issued_at,
            card_used_at=None if shown is None else shown.used_at,
            visited=row.visited_at is not None,
            sex=who.sex,
            name=who.name,
            birthday=who.birthday,
            mobile=who.mobile,
            address=who.address,
        )

    async def authenticate(self, patient_id: str) -> Write[InsuredIdentity]:
        """Ask the insurer, and keep what a settlement needs."""
        found = await self.insurer.identify(await self.insured(patient_id))
        row = (self.hospital_id, patient_id, found.settlement_no, int(found.code_due), self.house.clock.now_ms())

        def keep(connection: Connection) -> InsuredIdentity:
            archives.keep_identity(connection, row)
            return found

        return ordinary(keep)

    async def insured(self, patient_id: str) -> Insured:
        """A patient as the insurer knows people. Raises UnknownPatient."""
        row = await self.house.database.read(lambda c: records.patient_of(c, self.hospital_id, patient_id))
        who = records.known(self.house.keyring, row)
        return Insured(who.certificate.kind, who.certificate.number, who.name)
